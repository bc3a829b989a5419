/* The record as it lies in the store, checked anew: what the node checked when it came, in case that it changed since. */
#include "room/internal.h"

#include <stdlib.h>

#define SLICE_BYTES_MAX 1048576u /* about: a slice ends with the segment that goes beyond */

/* What the entry follows, and what its writer had seen, is in the record. */
static enum entente_error
check_links(struct room *room, const struct entry *entry)
{
    struct position before = {entry->slot, entry->inc, entry->seq - 1, entry->prev};
    uint32_t branch;
    enum entente_error error =
        entry->seq > 1 ? record_find(room->record, &before, &branch) : ENTENTE_OK;

    for (unsigned i = 0; i < entry->deps_count && error == ENTENTE_OK; i++) {
        struct position seen = entry_dep(entry, i);
        error = record_find(room->record, &seen, &branch);
    }
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_ERR_CHAIN : error;
}

/* What one call works in: the store's views end with its next call, and links are looked up in it. */
struct work {
    struct segment segment;
    uint8_t encoded[SEGMENT_BYTES_MAX];
};

static enum entente_error
check_segment(struct room *room, const struct segment_row *row, struct work *work)
{
    struct segment *segment = &work->segment;

    *segment = (struct segment){0};
    if (row->segment.size > sizeof work->encoded)
        return ENTENTE_ERR_TOO_LARGE;
    memcpy(work->encoded, row->segment.data, row->segment.size);
    struct reader reader = reader_of((struct bytes){work->encoded, row->segment.size});
    enum entente_error error = segment_parse(&reader, segment);
    if (error != ENTENTE_OK)
        return error;
    const struct entry *last = segment_last(segment);
    if (!room_id_equal(&last->room, &room->options.id))
        return ENTENTE_ERR_WRONG_ROOM;
    if (last->slot >= room->genesis.parties_count)
        return ENTENTE_ERR_NOT_A_PARTY;
    const struct incarnation *signer = register_incarnation_at(
        room->registers[last->slot], last->inc, last->reg_number, &error);
    if (signer == NULL)
        return error;
    if (!segment_check_signature(segment, &signer->key))
        return ENTENTE_ERR_SIGNATURE;
    error = segment_check_payloads(segment, row->payloads);
    for (uint32_t i = 0; i < segment->count && error == ENTENTE_OK; i++)
        error = check_links(room, &segment->entries[i]);
    return error;
}

static void
note_wrong(struct room_verified *verified, const struct segment *segment, enum entente_error error)
{
    verified->wrong = error;
    if (segment->count == 0)
        return; /* not even its form is right */
    const struct entry *first = &segment->entries[0];
    verified->at = (struct position){first->slot, first->inc, first->seq, segment->ids[0]};
}

enum entente_error
room_verify(struct room *room, uint64_t after, uint32_t limit, struct room_verified *verified)
{
    const struct record_source *source = store_source(room->options.store);
    struct work *work = malloc(sizeof *work);
    enum entente_error error = work != NULL ? ENTENTE_OK : ENTENTE_ERR_NO_MEMORY;
    size_t bytes = 0;

    *verified = (struct room_verified){.last = after};
    while (error == ENTENTE_OK && verified->wrong == ENTENTE_OK && verified->segments < limit &&
           bytes < SLICE_BYTES_MAX) {
        struct segment_row row;
        error = source->segment_after(source->state, &room->options.id, verified->last, &row);
        if (error == ENTENTE_OK && row.arrival > record_last_arrival(room->record))
            error = ENTENTE_ERR_NOT_FOUND; /* the node stored it just now: it is not taken in here */
        if (error != ENTENTE_OK)
            break;
        bytes += row.segment.size + row.payloads.size;
        verified->last = row.arrival;
        verified->segments++;
        verified->entries += row.last_seq - row.first_seq + 1;
        enum entente_error wrong = check_segment(room, &row, work);
        if (wrong != ENTENTE_OK && entente_error_whose(wrong) == ENTENTE_MACHINE)
            error = wrong;
        else if (wrong != ENTENTE_OK)
            note_wrong(verified, &work->segment, wrong);
    }
    verified->is_end = error == ENTENTE_ERR_NOT_FOUND;
    free(work);
    return verified->is_end ? ENTENTE_OK : error;
}
