/* A record that follows another one's store: what was admitted there is taken over as it stands. */
#include "record/internal.h"

#include <stdlib.h>

enum entente_error
record_follow_branch(struct record *record, const struct branch_row *row)
{
    if (row->index < record->branches_count)
        return ENTENTE_OK;
    return record->branches_count == RECORD_BRANCHES_MAX ? ENTENTE_ERR_CORRUPT
                                                         : branch_add(record, row);
}

enum entente_error
record_follow_proof(struct record *record, uint8_t slot, uint16_t inc)
{
    if (slot >= record->parties)
        return ENTENTE_ERR_CORRUPT;
    return contested_find(record, slot, inc) != NULL ? ENTENTE_OK
                                                     : contested_add(record, slot, inc);
}

/* Behind what is here, and with a past that is here: the last vector has the greatest places. */
static enum entente_error
check_place(const struct record *record, const struct branch *branch, const struct segment *segment,
    const struct vectors *vectors)
{
    uint32_t before = branch->head.seq > 0 ? branch->head.seq : branch->row.fork_seq;
    const struct entry *first = &segment->entries[0];
    const uint32_t *last = vectors->data + (vectors->count - 1) * ((size_t)vectors->places + 1) + 1;

    if (branch->row.inc == REGISTER_INC || first->slot != branch->row.slot ||
        first->inc != branch->row.inc || first->seq != before + 1 ||
        vectors->places < record->parties)
        return ENTENTE_ERR_CORRUPT;
    if (vectors->places > record->branches_count)
        return ENTENTE_ERR_PENDING;
    for (uint8_t slot = 0; slot < record->parties; slot++)
        if (last[slot] > register_count(record->registers[slot]))
            return ENTENTE_ERR_PENDING;
    return ENTENTE_OK;
}

static enum entente_error
add_marks(struct record *record, uint32_t branch, const struct segment *segment,
    struct bytes payloads)
{
    uint32_t before = record->marks_count;

    for (uint32_t i = 0; i < segment->count; i++) {
        const struct entry *entry = &segment->entries[i];
        struct mark mark = {.kind = entry->kind, .branch = branch, .seq = entry->seq};
        if (entry->kind != ENTRY_FAULT && entry->kind != ENTRY_RESUME)
            continue;
        if (entry->kind == ENTRY_FAULT) {
            struct reader reader = reader_of(segment_payload(segment, payloads, i));
            mark.slot = reader_u8(&reader);
            mark.inc = reader_u16(&reader);
        }
        enum entente_error error = mark_add(record, &mark);
        if (error != ENTENTE_OK) {
            record->marks_count = before;
            return error;
        }
    }
    return ENTENTE_OK;
}

/* What is held (H1) stays known where the new head does not say it.  Memory was reserved. */
static void
keep_held(struct branch *branch, const struct segment *segment, const struct vectors *vectors)
{
    uint32_t at = holding_entry(segment);

    if (at == segment->count && branch->holds)
        memcpy(branch->held_past, branch->past, branch->past_size * sizeof *branch->past);
    if (at + 1 >= segment->count)
        return;
    memset(branch->held_past, 0, branch->held_past_size * sizeof *branch->held_past);
    vectors_get(vectors, at, branch->held_past);
    branch->held_past[branch->row.index] = segment->entries[at].seq;
}

static void
move_head(struct record *record, struct branch *branch, const struct segment *segment,
    const struct vectors *vectors)
{
    const struct entry *last = segment_last(segment);

    keep_held(branch, segment, vectors);
    memset(branch->past, 0, branch->past_size * sizeof *branch->past);
    vectors_get(vectors, segment->count - 1, branch->past);
    branch->past[branch->row.index] = last->seq;
    branch->head = segment_head(segment);
    branch->head_t_ms = last->t_ms;
    branch->holds = (last->flags & ENTRY_FLAG_HOLDS) != 0;
    for (uint32_t i = 0; i < segment->count; i++)
        if (segment->entries[i].kind != ENTRY_ACK)
            branch->content_seq = segment->entries[i].seq;
    record->entries += segment->count;
}

enum entente_error
record_follow(
    struct record *record, const struct segment_row *row, const struct segment *segment)
{
    struct vectors vectors;

    if (row->last_seq != segment_last(segment)->seq ||
        row->payloads.size != segment->payload_bytes)
        return ENTENTE_ERR_CORRUPT;
    if (row->branch >= record->branches_count)
        return ENTENTE_ERR_PENDING;
    struct branch *branch = &record->branches[row->branch];
    if (row->last_seq <= branch->head.seq)
        return ENTENTE_OK;
    enum entente_error error = vectors_read(row->vectors, &vectors);
    if (error == ENTENTE_OK)
        error = check_place(record, branch, segment, &vectors);
    if (error == ENTENTE_OK)
        error = vector_reserve(&branch->past, &branch->past_size, record->branches_count);
    if (error == ENTENTE_OK && holding_entry(segment) + 1 != segment->count)
        error = vector_reserve(&branch->held_past, &branch->held_past_size, branch->past_size);
    if (error == ENTENTE_OK)
        error = add_marks(record, row->branch, segment, row->payloads);
    if (error == ENTENTE_OK) {
        move_head(record, branch, segment, &vectors);
        if (row->arrival > record->arrival)
            record->arrival = row->arrival;
    }
    vectors_free(&vectors);
    return error;
}
