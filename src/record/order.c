/* The display order (O1): one cursor for each branch, the smallest entry whose causes are placed next. */
#include "record/internal.h"

#include <stdlib.h>

struct cursor {
    uint8_t *held; /* a copy of the segment and its payloads; views below point into it */
    struct segment *segment;
    struct bytes payloads;
    uint32_t at;     /* offset of the candidate in the segment */
    uint32_t placed; /* the last seq that was given out */
    bool is_loaded;
};

struct order {
    struct record *record;
    uint32_t count; /* branches when the walk began; later ones are not part of it */
    uint32_t *limit;
    struct cursor *cursors;
};

void
order_free(struct order *order)
{
    if (order == NULL)
        return;
    for (uint32_t i = 0; order->cursors != NULL && i < order->count; i++) {
        free(order->cursors[i].held);
        free(order->cursors[i].segment);
    }
    free(order->cursors);
    free(order->limit);
    free(order);
}

enum entente_error
order_new(struct order **order, struct record *record)
{
    *order = NULL;
    branch_refresh_registers(record);
    struct order *made = calloc(1, sizeof *made);
    if (made == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    made->record = record;
    made->count = record->branches_count;
    made->limit = calloc(made->count, sizeof *made->limit);
    made->cursors = calloc(made->count, sizeof *made->cursors);
    if (made->limit == NULL || made->cursors == NULL) {
        order_free(made);
        return ENTENTE_ERR_NO_MEMORY;
    }
    for (uint32_t i = 0; i < made->count; i++) {
        made->limit[i] = record->branches[i].head.seq;
        made->cursors[i].placed = record->branches[i].row.fork_seq;
    }
    *order = made;
    return ENTENTE_OK;
}

static enum entente_error
cursor_load(struct order *order, uint32_t branch)
{
    struct record *record = order->record;
    struct cursor *cursor = &order->cursors[branch];
    struct segment_row row;

    enum entente_error error = record->source->segment_at(
        record->source->state, &record->room, branch, cursor->placed + 1, &row);
    if (error != ENTENTE_OK)
        return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_ERR_CORRUPT : error;
    if (cursor->segment == NULL)
        cursor->segment = calloc(1, sizeof *cursor->segment);
    free(cursor->held);
    cursor->held = malloc(row.segment.size + row.payloads.size + 1);
    if (cursor->segment == NULL || cursor->held == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    memcpy(cursor->held, row.segment.data, row.segment.size);
    if (row.payloads.size > 0)
        memcpy(cursor->held + row.segment.size, row.payloads.data, row.payloads.size);
    cursor->payloads = (struct bytes){cursor->held + row.segment.size, row.payloads.size};

    struct reader reader = reader_of((struct bytes){cursor->held, row.segment.size});
    if (segment_parse(&reader, cursor->segment) != ENTENTE_OK ||
        cursor->segment->payload_bytes != cursor->payloads.size ||
        cursor->segment->entries[0].seq > cursor->placed + 1 ||
        cursor->placed + 1 - cursor->segment->entries[0].seq >= cursor->segment->count)
        return ENTENTE_ERR_CORRUPT;
    cursor->at = cursor->placed + 1 - cursor->segment->entries[0].seq;
    cursor->is_loaded = true;
    return ENTENTE_OK;
}

static enum entente_error
is_ready(struct order *order, uint32_t branch, bool *ready)
{
    struct record *record = order->record;
    const struct branch_row *row = &record->branches[branch].row;
    const struct cursor *cursor = &order->cursors[branch];
    const struct entry *entry = &cursor->segment->entries[cursor->at];

    *ready = true;
    if (row->branch != 0 && cursor->placed == row->fork_seq && row->fork_seq > 0) {
        uint32_t parent = branch_of_seq(record, branch, row->fork_seq);
        *ready = order->cursors[parent].placed >= row->fork_seq;
    }
    for (unsigned i = 0; i < entry->deps_count && *ready; i++) {
        struct position dep = entry_dep(entry, i);
        if (dep.inc == REGISTER_INC)
            continue;
        const struct branch *first = branch_first(record, dep.slot, dep.inc);
        uint32_t on = first == NULL ? 0 : first->row.index;
        enum entente_error error = first == NULL ? ENTENTE_ERR_CORRUPT : ENTENTE_OK;
        if (first != NULL && branch_next(record, first) != NULL)
            error = record_find(record, &dep, &on);
        if (error != ENTENTE_OK)
            return error;
        *ready = on < order->count && order->cursors[on].placed >= dep.seq;
    }
    return ENTENTE_OK;
}

/* Ascending by (t, slot, inc, seq, id). */
static bool
comes_before(const struct record *record, const struct cursor *a, const struct cursor *b)
{
    const struct entry *one = &a->segment->entries[a->at];
    const struct entry *other = &b->segment->entries[b->at];
    struct position position = entry_position(one, &a->segment->ids[a->at]);
    struct position other_position = entry_position(other, &b->segment->ids[b->at]);

    if (record->mutations.order_by_arrival)
        return false;
    if (one->t_ms != other->t_ms)
        return one->t_ms < other->t_ms;
    return position_compare(&position, &other_position) < 0;
}

enum entente_error
order_next(struct order *order, struct ordered *ordered)
{
    struct cursor *best = NULL;
    uint32_t best_branch = 0;

    *ordered = (struct ordered){0};
    for (uint32_t i = order->record->parties; i < order->count; i++) {
        struct cursor *cursor = &order->cursors[i];
        bool ready = false;
        enum entente_error error = ENTENTE_OK;
        if (cursor->placed >= order->limit[i])
            continue;
        if (!cursor->is_loaded)
            error = cursor_load(order, i);
        if (error == ENTENTE_OK)
            error = is_ready(order, i, &ready);
        if (error != ENTENTE_OK)
            return error;
        if (ready && (best == NULL || comes_before(order->record, cursor, best))) {
            best = cursor;
            best_branch = i;
        }
    }
    if (best == NULL)
        return ENTENTE_ERR_NOT_FOUND;

    *ordered = (struct ordered){best->segment->entries[best->at], best->segment->ids[best->at],
        segment_payload(best->segment, best->payloads, best->at), best_branch};
    best->placed++;
    best->at++;
    best->is_loaded = best->at < best->segment->count;
    return ENTENTE_OK;
}
