/* Who holds what (H1), and what the next own entry covers (L1, H2, F3). */
#include "record/internal.h"

#include <stdlib.h>

static uint32_t
place(const uint32_t *vector, uint32_t size, uint32_t index)
{
    return index < size ? vector[index] : 0;
}

void
record_stored(struct record *record)
{
    branch_refresh_registers(record);
    for (uint32_t i = 0; i < record->branches_count; i++) {
        struct branch *branch = &record->branches[i];
        if (branch->durable.seq == branch->head.seq)
            continue;
        /* Without memory the durable head stays where it was: later, never wrong. */
        if (vector_reserve(&branch->durable_past, &branch->durable_past_size,
                branch->past_size) != ENTENTE_OK)
            continue;
        if (branch->past_size > 0)
            memcpy(branch->durable_past, branch->past, branch->past_size * sizeof *branch->past);
        branch->durable = branch->head;
    }
}

static uint32_t
held_by_incarnation(const struct record *record, uint8_t slot, uint16_t inc, uint32_t branch)
{
    uint32_t held = 0;

    for (const struct branch *b = branch_first(record, slot, inc); b != NULL && inc != 0;
         b = branch_next(record, b)) {
        uint32_t covered = b->holds ? place(b->past, b->past_size, branch)
                                    : place(b->held_past, b->held_past_size, branch);
        if (covered > held)
            held = covered;
    }
    return held;
}

uint32_t
holding_entry(const struct segment *segment)
{
    for (uint32_t i = segment->count; i-- > 0;)
        if ((segment->entries[i].flags & ENTRY_FLAG_HOLDS) != 0)
            return i;
    return segment->count;
}

uint32_t
record_held_by(const struct record *record, uint8_t slot, uint32_t branch)
{
    uint16_t inc = record_incarnation(record, slot);

    if (record->branches[branch].row.slot == slot)
        return record->branches[branch].head.seq;
    uint32_t held = held_by_incarnation(record, slot, inc, branch);
    while (record->mutations.any_incarnation_holds && inc > 1) {
        uint32_t before = held_by_incarnation(record, slot, --inc, branch);
        held = before > held ? before : held;
    }
    return held;
}

uint32_t
record_held_by_all(const struct record *record, uint32_t branch)
{
    uint32_t held = record->branches[branch].head.seq;

    for (uint8_t slot = 0; slot < record->parties; slot++) {
        uint32_t by = record_held_by(record, slot, branch);
        if (by < held)
            held = by;
    }
    return held;
}

uint32_t
record_held_by_another(const struct record *record, uint32_t branch)
{
    uint32_t held = 0;

    for (uint8_t slot = 0; slot < record->parties; slot++) {
        if (slot == record->branches[branch].row.slot)
            continue;
        uint32_t by = record_held_by(record, slot, branch);
        if (by > held)
            held = by;
    }
    return held;
}

uint32_t
record_content(const struct record *record, uint32_t branch)
{
    return record->branches[branch].content_seq;
}

void
record_past(const struct record *record, uint32_t branch, uint32_t *past, uint32_t past_count)
{
    const struct branch *of = &record->branches[branch];

    for (uint32_t i = 0; i < past_count; i++)
        past[i] = place(of->past, of->past_size, i);
}

/* What may be covered of a branch, and the vector of that entry. */
struct candidate {
    const struct branch *branch;
    struct position head;
    const uint32_t *past;
    uint32_t past_size;
};

static bool
candidate_of(const struct record *record, const struct branch *branch, uint8_t slot, uint16_t inc,
    const uint32_t *past, struct candidate *candidate)
{
    const struct branch_row *row = &branch->row;
    bool now = record->mutations.cover_unstored || row->inc == REGISTER_INC;

    *candidate = (struct candidate){branch, now ? branch->head : branch->durable,
        now ? branch->past : branch->durable_past, now ? branch->past_size : branch->durable_past_size};
    if (row->slot == slot && (row->inc == inc || row->inc == REGISTER_INC))
        return false;
    if (!record->mutations.cover_contested && contested_find(record, row->slot, row->inc) != NULL)
        return false;
    return candidate->head.seq > past[row->index];
}

static bool
is_covered_by_another(
    const struct candidate *candidates, uint32_t count, const struct candidate *candidate)
{
    for (uint32_t i = 0; i < count; i++)
        if (&candidates[i] != candidate &&
            place(candidates[i].past, candidates[i].past_size, candidate->branch->row.index) >=
                candidate->head.seq)
            return true;
    return false;
}

static int
compare(const void *a, const void *b)
{
    return position_compare(a, b);
}

enum entente_error
record_frontier(struct record *record, uint8_t slot, uint16_t inc, uint32_t *past,
    uint32_t past_count, struct arena *arena, struct frontier *frontier)
{
    uint32_t count = 0;

    *frontier = (struct frontier){0};
    branch_refresh_registers(record);
    struct candidate *candidates = arena_take(arena, past_count + 1, sizeof *candidates);
    frontier->deps = arena_take(arena, ENTRY_DEPS_MAX, sizeof *frontier->deps);
    if (candidates == NULL || frontier->deps == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    for (uint32_t i = 0; i < record->branches_count && i < past_count; i++)
        if (candidate_of(record, &record->branches[i], slot, inc, past, &candidates[count]))
            count++;
    for (uint32_t i = 0; i < count; i++) {
        const struct branch *branch = candidates[i].branch;
        if ((branch->content_seq > past[branch->row.index] || record->mutations.ack_acks) &&
            candidates[i].head.seq > past[branch->row.index])
            frontier->has_content = true;
        if (!is_covered_by_another(candidates, count, &candidates[i]) &&
            frontier->deps_count < ENTRY_DEPS_MAX)
            frontier->deps[frontier->deps_count++] = candidates[i].head;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct candidate *c = &candidates[i];
        if (is_covered_by_another(candidates, count, c))
            continue;
        for (uint32_t b = 0; b < past_count && b < c->past_size; b++)
            if (c->past[b] > past[b])
                past[b] = c->past[b];
        past[c->branch->row.index] = c->head.seq;
    }
    qsort(frontier->deps, frontier->deps_count, sizeof *frontier->deps, compare);
    return ENTENTE_OK;
}
