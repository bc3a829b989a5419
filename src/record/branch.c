/* The table of branches, and vectors over it. */
#include "record/internal.h"

#include <stdlib.h>

enum entente_error
vector_reserve(uint32_t **vector, uint32_t *size, uint32_t wanted)
{
    if (wanted <= *size)
        return ENTENTE_OK;
    uint32_t *grown = realloc(*vector, (size_t)wanted * sizeof **vector);
    if (grown == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    memset(grown + *size, 0, (size_t)(wanted - *size) * sizeof *grown);
    *vector = grown;
    *size = wanted;
    return ENTENTE_OK;
}

enum entente_error
branch_add(struct record *record, const struct branch_row *row)
{
    if (row->index != record->branches_count || row->slot >= record->parties)
        return ENTENTE_ERR_CORRUPT;
    if (record->branches_count == record->branches_size) {
        uint32_t size = record->branches_size == 0 ? 8 : 2 * record->branches_size;
        struct branch *grown = realloc(record->branches, size * sizeof *grown);
        if (grown == NULL)
            return ENTENTE_ERR_NO_MEMORY;
        record->branches = grown;
        record->branches_size = size;
    }
    record->branches[record->branches_count++] = (struct branch){
        .row = *row, .head = {.slot = row->slot, .inc = row->inc}};
    return ENTENTE_OK;
}

struct branch *
branch_next(const struct record *record, const struct branch *after)
{
    for (uint32_t i = after->row.index + 1; i < record->branches_count; i++) {
        struct branch *branch = &record->branches[i];
        if (branch->row.slot == after->row.slot && branch->row.inc == after->row.inc)
            return branch;
    }
    return NULL;
}

struct branch *
branch_first(const struct record *record, uint8_t slot, uint16_t inc)
{
    for (uint32_t i = 0; i < record->branches_count; i++)
        if (record->branches[i].row.slot == slot && record->branches[i].row.inc == inc)
            return &record->branches[i];
    return NULL;
}

static struct branch *
lane_branch(const struct record *record, uint8_t slot, uint16_t inc, uint16_t number)
{
    struct branch *branch = branch_first(record, slot, inc);

    while (branch != NULL && branch->row.branch != number)
        branch = branch_next(record, branch);
    return branch;
}

uint32_t
branch_of_seq(const struct record *record, uint32_t branch, uint32_t seq)
{
    const struct branch_row *row = &record->branches[branch].row;

    while (row->branch != 0 && seq <= row->fork_seq)
        row = &lane_branch(record, row->slot, row->inc, row->parent)->row;
    return row->index;
}

void
branch_refresh_registers(struct record *record)
{
    for (uint8_t slot = 0; slot < record->parties; slot++) {
        struct branch *branch = &record->branches[slot];
        uint32_t count = register_count(record->registers[slot]);
        if (count == 0 || branch->head.seq == count)
            continue;
        branch->head.seq = count;
        branch->head.id = *register_id(record->registers[slot], count);
        branch->content_seq = count;
    }
}

const struct branch_row *
record_branch(const struct record *record, uint32_t branch)
{
    return branch < record->branches_count ? &record->branches[branch].row : NULL;
}

uint32_t
record_branches(const struct record *record)
{
    return record->branches_count;
}

struct position
record_head(const struct record *record, uint32_t branch)
{
    return record->branches[branch].head;
}

uint64_t
record_head_time(const struct record *record, uint32_t branch)
{
    return record->branches[branch].head_t_ms;
}

enum entente_error
record_lane(const struct record *record, uint8_t slot, uint16_t inc, uint32_t *branch)
{
    const struct branch *found = branch_first(record, slot, inc);

    if (found == NULL)
        return ENTENTE_ERR_NOT_FOUND;
    *branch = found->row.index;
    return ENTENTE_OK;
}

uint16_t
record_incarnation(const struct record *record, uint8_t slot)
{
    uint16_t greatest = 0;

    for (uint32_t i = record->parties; i < record->branches_count; i++) {
        const struct branch_row *row = &record->branches[i].row;
        if (row->slot == slot && row->inc > greatest)
            greatest = row->inc;
    }
    return greatest;
}
