/* Where an export begins: what the receiver has already. */
#include "reader/export.h"

#include <stdlib.h>

static int
compare(const void *a, const void *b)
{
    return position_compare(a, b);
}

/*
 * Up to which seq of each branch the party holds the record.  Of its own feeds that is what its
 * newest one covers, not all that we have of them: it may have lost its tail.
 */
static uint32_t
known_to(const struct record *record, uint8_t slot, uint32_t branch, uint32_t *past)
{
    uint32_t branches = record_branches(record);
    uint16_t inc = record_incarnation(record, slot);
    uint32_t known = 0;

    if (record_branch(record, branch)->slot != slot)
        return record_held_by(record, slot, branch);
    for (uint32_t i = record_parties(record); i < branches; i++) {
        const struct branch_row *row = record_branch(record, i);
        if (row->slot != slot || row->inc != inc)
            continue;
        record_past(record, i, past, branches);
        known = past[branch] > known ? past[branch] : known;
    }
    return known;
}

enum entente_error
since_held_by(struct record *record, uint8_t slot, struct position *from, uint16_t *count)
{
    uint32_t branches = record_branches(record);
    uint32_t *past = calloc(branches + 1, sizeof *past);
    enum entente_error error = past == NULL ? ENTENTE_ERR_NO_MEMORY : ENTENTE_OK;

    *count = 0;
    for (uint32_t i = 0; i < branches && error == ENTENTE_OK && *count < FRAME_LANES_MAX; i++) {
        const struct branch_row *row = record_branch(record, i);
        struct position *known = &from[*count];
        *known = (struct position){
            .slot = row->slot, .inc = row->inc, .seq = known_to(record, slot, i, past)};
        if (known->seq <= row->fork_seq)
            continue;
        error = record_id_at(record, i, known->seq, &known->id);
        ++*count;
    }
    free(past);
    qsort(from, *count, sizeof *from, compare);
    return error;
}

static void
note(uint32_t *skip, uint32_t branch, uint32_t seq)
{
    if (seq > skip[branch])
        skip[branch] = seq;
}

/* Whoever has an entry of a branch has what the branch forked from. */
static void
note_found(const struct record *record, uint32_t *skip, uint32_t branch, uint32_t seq)
{
    const struct branch_row *row = record_branch(record, branch);

    note(skip, branch, seq);
    while (row->branch != 0) {
        uint32_t parent = record_parties(record);
        while (record_branch(record, parent)->slot != row->slot ||
               record_branch(record, parent)->inc != row->inc ||
               record_branch(record, parent)->branch != row->parent)
            parent++;
        note(skip, parent, row->fork_seq);
        row = record_branch(record, parent);
    }
}

/*
 * The receiver has an entry that is not here.  Either it has more of the feed than we, or another
 * face of it: the segment at that place shows which (Y3).  Of a feed that is contested nothing is
 * assumed.
 */
static void
note_unknown(const struct record *record, uint32_t *skip, const struct position *from)
{
    if (record_is_contested(record, from->slot, from->inc))
        return;
    for (uint32_t i = 0; i < record_branches(record); i++) {
        const struct branch_row *row = record_branch(record, i);
        uint32_t head = record_head(record, i).seq;
        uint32_t seq = from->seq < head ? from->seq : head;
        if (row->slot == from->slot && row->inc == from->inc && seq > 0)
            note(skip, i, seq - 1);
    }
}

enum entente_error
since_skips(struct record *record, const struct position *from, uint16_t count, uint32_t *skip)
{
    for (uint16_t i = 0; i < count; i++) {
        uint32_t branch;
        enum entente_error error = record_find(record, &from[i], &branch);
        if (error == ENTENTE_OK)
            note_found(record, skip, branch, from[i].seq);
        else if (error == ENTENTE_ERR_NOT_FOUND)
            note_unknown(record, skip, &from[i]);
        else
            return error;
    }
    return ENTENTE_OK;
}
