/* The state hash: equal sets of entries give equal hashes (O2). */
#include "record/internal.h"

#include "crypto/hash.h"

#include <stdlib.h>

static void
add_number(struct hasher *hasher, uint64_t value, size_t size)
{
    uint8_t field[8];
    struct writer writer = writer_of(field, sizeof field);

    writer_u64(&writer, value);
    hasher_add(hasher, (struct bytes){field + 8 - size, size});
}

static void
add_branch(struct hasher *hasher, const struct position *head)
{
    add_number(hasher, head->seq, 4);
    hasher_add(hasher, (struct bytes){head->id.bytes, sizeof head->id.bytes});
}

/* The greatest seq of `branch` that an uncontested lane covers. */
static uint32_t
covered_seq(const struct record *record, uint32_t branch)
{
    uint32_t covered = 0;

    for (uint32_t i = record->parties; i < record->branches_count; i++) {
        const struct branch *by = &record->branches[i];
        if (record->mutations.state_of_all_heads && i == branch)
            return by->head.seq;
        if (contested_find(record, by->row.slot, by->row.inc) == NULL && branch < by->past_size &&
            by->past[branch] > covered)
            covered = by->past[branch];
    }
    return covered;
}

static int
compare(const void *a, const void *b)
{
    return position_compare(a, b);
}

/* The covered heads of a contested lane, without those that another one continues. */
static enum entente_error
contested_heads(struct record *record, uint8_t slot, uint16_t inc, struct position *heads,
    uint32_t *count)
{
    *count = 0;
    for (struct branch *b = branch_first(record, slot, inc); b != NULL;
         b = branch_next(record, b)) {
        uint32_t index = b->row.index;
        uint32_t seq = covered_seq(record, index);
        bool continued = false;
        for (struct branch *c = branch_first(record, slot, inc); c != NULL;
             c = branch_next(record, c))
            if (c != b && covered_seq(record, c->row.index) > c->row.fork_seq &&
                c->row.fork_seq >= seq &&
                branch_of_seq(record, c->row.index, seq > 0 ? seq : 1) == index)
                continued = true;
        if (seq <= b->row.fork_seq || continued)
            continue;
        heads[*count] = (struct position){.slot = slot, .inc = inc, .seq = seq};
        enum entente_error error = record_id_at(record, index, seq, &heads[*count].id);
        if (error != ENTENTE_OK)
            return error;
        ++*count;
    }
    qsort(heads, *count, sizeof *heads, compare);
    return ENTENTE_OK;
}

static enum entente_error
add_lane(struct record *record, struct hasher *hasher, uint8_t slot, uint16_t inc,
    struct position *heads)
{
    bool is_contested = contested_find(record, slot, inc) != NULL;
    uint32_t count = 1;
    enum entente_error error = ENTENTE_OK;

    if (is_contested)
        error = contested_heads(record, slot, inc, heads, &count);
    else
        heads[0] = branch_first(record, slot, inc)->head;
    add_number(hasher, slot, 1);
    add_number(hasher, inc, 2);
    add_number(hasher, is_contested, 1);
    add_number(hasher, count, 1);
    for (uint32_t i = 0; i < count && error == ENTENTE_OK; i++)
        add_branch(hasher, &heads[i]);
    return error;
}

/* A lane that is contested counts before anything of it is here: a proof comes by itself. */
static uint16_t
greatest_inc(const struct record *record, uint8_t slot)
{
    uint16_t greatest = record_incarnation(record, slot);

    for (uint32_t i = 0; i < record->contested_count; i++)
        if (record->contested[i].slot == slot && record->contested[i].inc > greatest)
            greatest = record->contested[i].inc;
    return greatest;
}

enum entente_error
record_state_hash(struct record *record, struct digest *hash)
{
    struct hasher hasher;
    enum entente_error error = ENTENTE_OK;
    struct position *heads = calloc(record->branches_count + 1, sizeof *heads);

    if (heads == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    branch_refresh_registers(record);
    hasher_start(&hasher, "entente/state/v1");
    hasher_add(&hasher, (struct bytes){record->room.bytes, sizeof record->room.bytes});
    for (uint8_t slot = 0; slot < record->parties && error == ENTENTE_OK; slot++) {
        add_branch(&hasher, &record->branches[slot].head);
        uint16_t last = greatest_inc(record, slot);
        for (uint32_t inc = 1; inc <= last && error == ENTENTE_OK; inc++)
            if (branch_first(record, slot, (uint16_t)inc) != NULL ||
                contested_find(record, slot, (uint16_t)inc) != NULL)
                error = add_lane(record, &hasher, slot, (uint16_t)inc, heads);
    }
    hasher_finish(&hasher, hash->bytes);
    free(heads);
    return error;
}
