/* What all makers share: transactions, the rows of each put, and what a duplicate is. */
#include "store/store.h"

#include "format/segment.h"
#include "store/rows.h"

#include <assert.h>
#include <stdlib.h>

#define SEGMENT_FIXED_BYTES (4u + 4u + 4u + 8u + ID_BYTES + 4u + 4u)

void
store_init(struct store *store, const struct store_maker *maker)
{
    store->maker = maker;
    source_init(&store->source, store);
    files_init(&store->files, store);
}

const struct record_source *
store_source(struct store *store)
{
    return &store->source;
}

const struct file_source *
store_files(struct store *store)
{
    return &store->files;
}

static void
roll_back(struct store *store)
{
    if (!store->is_open)
        return;
    store->is_open = false;
    store->recent = (struct recent_room){0};
    store->maker->rollback(store);
}

void
store_close(struct store *store)
{
    if (store == NULL)
        return;
    roll_back(store);
    free(store->value);
    store->maker->close(store);
}

enum entente_error
store_begin(struct store *store)
{
    if (store->is_open)
        return ENTENTE_OK;
    enum entente_error error = store->maker->begin(store);
    store->is_open = error == ENTENTE_OK;
    return error;
}

enum entente_error
store_commit(struct store *store)
{
    if (!store->is_open)
        return ENTENTE_OK;
    enum entente_error error = store->maker->commit(store);
    if (error != ENTENTE_OK)
        roll_back(store);
    store->is_open = false;
    return error;
}

enum entente_error
store_snapshot(struct store *store)
{
    return store->maker->snapshot == NULL ? ENTENTE_OK : store->maker->snapshot(store);
}

void
store_snapshot_end(struct store *store)
{
    if (store->maker->snapshot_end != NULL)
        store->maker->snapshot_end(store);
}

enum entente_error
store_end_write(struct store *store, enum entente_error error)
{
    if (error != ENTENTE_OK)
        roll_back(store);
    return error;
}

static enum entente_error
add_room(struct store *store, const struct room_id *room, struct bytes genesis_file)
{
    struct bytes parts[2] = {{room->bytes, sizeof room->bytes}, genesis_file};
    uint8_t encoded[4];
    struct key key = key_of_room(UINT32_MAX);
    struct found last;
    uint32_t number = 0;

    enum entente_error error = room_number(store, room, &number);
    if (error == ENTENTE_ERR_NOT_FOUND) {
        number = 1;
        error = row_last_up_to(store, &key, PREFIX_KIND, &last);
        if (error == ENTENTE_OK)
            number += reader_u32(&last.key);
        if (error == ENTENTE_ERR_NOT_FOUND)
            error = ENTENTE_OK;
        if (error == ENTENTE_OK && number == 0)
            error = ENTENTE_ERR_CORRUPT;
    }
    if (error != ENTENTE_OK)
        return error;

    key = key_of_room(number);
    error = row_put(store, &key, parts, 2);
    if (error != ENTENTE_OK)
        return error;
    struct writer writer = writer_of(encoded, sizeof encoded);
    writer_u32(&writer, number);
    key = key_of_room_number(room);
    return row_put(store, &key, &(struct bytes){encoded, sizeof encoded}, 1);
}

enum entente_error
store_put_room(struct store *store, const struct room_id *room, struct bytes genesis_file)
{
    if (!store->is_open)
        return ENTENTE_ERR_USAGE;
    return store_end_write(store, add_room(store, room, genesis_file));
}

enum entente_error
store_put_register(
    struct store *store, const struct party_id *party, uint32_t number, struct bytes encoded)
{
    struct key key = key_of_register(party, number);

    if (!store->is_open)
        return ENTENTE_ERR_USAGE;
    return store_end_write(store, row_put(store, &key, &encoded, 1));
}

enum entente_error
store_put_branch(struct store *store, const struct room_id *room, const struct branch_row *branch)
{
    uint8_t encoded[11];
    uint32_t number;

    assert(branch->slot < PARTIES_MAX);
    if (!store->is_open)
        return ENTENTE_ERR_USAGE;
    struct writer writer = writer_of(encoded, sizeof encoded);
    writer_u8(&writer, branch->slot);
    writer_u16(&writer, branch->inc);
    writer_u16(&writer, branch->branch);
    writer_u16(&writer, branch->parent);
    writer_u32(&writer, branch->fork_seq);
    enum entente_error error = room_number(store, room, &number);
    if (error == ENTENTE_OK) {
        struct key key = key_of_branch(number, branch->index);
        error = row_put(store, &key, &(struct bytes){encoded, sizeof encoded}, 1);
    }
    return store_end_write(store, error);
}

enum entente_error
store_put_proof(
    struct store *store, const struct room_id *room, uint8_t slot, uint16_t inc, struct bytes proof)
{
    uint32_t number;

    if (!store->is_open)
        return ENTENTE_ERR_USAGE;
    enum entente_error error = room_number(store, room, &number);
    if (error == ENTENTE_OK) {
        struct key key = key_of_proof(number, slot, inc);
        error = row_put(store, &key, &proof, 1);
    }
    return store_end_write(store, error);
}

/* The arrival is where the store keeps it, not what it is. */
static bool
same_segment(const struct segment_row *a, const struct segment_row *b)
{
    return a->first_seq == b->first_seq && a->last_seq == b->last_seq &&
           a->last_t_ms == b->last_t_ms && entry_id_equal(&a->last_id, &b->last_id) &&
           bytes_equal(a->vectors, b->vectors) && bytes_equal(a->segment, b->segment) &&
           bytes_equal(a->payloads, b->payloads);
}

static enum entente_error
load_last_arrival(struct store *store)
{
    struct key key = key_of_segment(store->recent.number, UINT64_MAX);
    struct found found;

    if (store->recent.has_arrival)
        return ENTENTE_OK;
    store->recent.last_arrival = 0;
    enum entente_error error = row_last_up_to(store, &key, PREFIX_ROOM, &found);
    if (error == ENTENTE_OK) {
        store->recent.last_arrival = reader_u64(&found.key);
        error = row_finish(&found.key);
    }
    if (error == ENTENTE_ERR_NOT_FOUND)
        error = ENTENTE_OK;
    store->recent.has_arrival = error == ENTENTE_OK;
    return error;
}

static enum entente_error
add_segment(struct store *store, const struct segment_row *row)
{
    uint8_t fixed[SEGMENT_FIXED_BYTES], span[12];
    struct bytes parts[4] = {{fixed, sizeof fixed}, row->vectors, row->segment, row->payloads};
    struct key key = key_of_segment(store->recent.number, row->arrival);

    struct writer writer = writer_of(fixed, sizeof fixed);
    writer_u32(&writer, row->branch);
    writer_u32(&writer, row->first_seq);
    writer_u32(&writer, row->last_seq);
    writer_u64(&writer, row->last_t_ms);
    writer_copy(&writer, row->last_id.bytes, sizeof row->last_id.bytes);
    writer_u32(&writer, (uint32_t)row->vectors.size);
    writer_u32(&writer, (uint32_t)row->segment.size);
    enum entente_error error = row_put(store, &key, parts, 4);
    if (error != ENTENTE_OK)
        return error;
    store->recent.last_arrival = row->arrival;

    key = key_of_span(store->recent.number, row->branch, row->last_seq);
    writer = writer_of(span, sizeof span);
    writer_u32(&writer, row->first_seq);
    writer_u64(&writer, row->arrival);
    return row_put(store, &key, &(struct bytes){span, sizeof span}, 1);
}

/* Nothing of the branch lies at or behind it: no segment was found there, or it is the last one. */
static void
note_end(struct store *store, const struct segment_row *row)
{
    uint32_t place = row->branch % RECENT_BRANCHES_MAX;

    store->recent.ends[place].branch = row->branch;
    store->recent.ends[place].last_seq = row->last_seq;
}

static bool
follows_the_end(const struct store *store, const struct segment_row *row)
{
    uint32_t place = row->branch % RECENT_BRANCHES_MAX;

    return store->recent.ends[place].branch == row->branch &&
           store->recent.ends[place].last_seq != 0 &&
           store->recent.ends[place].last_seq < row->first_seq;
}

static enum entente_error
put_segment(struct store *store, const struct room_id *room, const struct segment_row *row,
    const struct special_row *specials, size_t specials_count)
{
    struct segment_row stored;
    uint32_t number;

    enum entente_error error = room_number(store, room, &number);
    if (error != ENTENTE_OK)
        return error;
    if (!follows_the_end(store, row)) {
        error = source_segment_ending(store, number, row->branch, row->first_seq, &stored);
        if (error == ENTENTE_OK)
            return same_segment(row, &stored) ? ENTENTE_OK : ENTENTE_ERR_EXISTS;
        if (error != ENTENTE_ERR_NOT_FOUND)
            return error;
    }
    error = load_last_arrival(store);
    if (error == ENTENTE_OK && row->arrival <= store->recent.last_arrival)
        error = ENTENTE_ERR_EXISTS;
    if (error == ENTENTE_OK)
        error = add_segment(store, row);
    for (size_t i = 0; i < specials_count && error == ENTENTE_OK; i++) {
        struct key key = key_of_special(number, &specials[i]);
        error = row_put(store, &key, NULL, 0);
    }
    if (error == ENTENTE_OK)
        note_end(store, row);
    return error;
}

enum entente_error
store_put_segment(struct store *store, const struct room_id *room, const struct segment_row *row,
    const struct special_row *specials, size_t specials_count)
{
    assert(row->first_seq > 0 && row->first_seq <= row->last_seq);
    assert(row->last_seq - row->first_seq < SEGMENT_ENTRIES_MAX);
    assert(row->segment.size <= SEGMENT_BYTES_MAX);
    assert(row->payloads.size <= SEGMENT_PAYLOAD_BYTES_MAX);
    if (!store->is_open)
        return ENTENTE_ERR_USAGE;
    return store_end_write(store, put_segment(store, room, row, specials, specials_count));
}
