/* The record's reads, and the walks over rooms and registers. */
#include "format/segment.h"
#include "store/rows.h"

static enum entente_error
read_segment(uint32_t branch, struct reader content, struct segment_row *row)
{
    row->branch = reader_u32(&content);
    row->first_seq = reader_u32(&content);
    row->last_seq = reader_u32(&content);
    row->last_t_ms = reader_u64(&content);
    reader_copy(&content, row->last_id.bytes, sizeof row->last_id.bytes);
    uint32_t vectors_size = reader_u32(&content);
    uint32_t segment_size = reader_u32(&content);
    row->vectors = reader_bytes(&content, vectors_size);
    row->segment = reader_bytes(&content, segment_size);
    row->payloads = content.rest;
    if (content.failed || (branch != UINT32_MAX && row->branch != branch) || row->first_seq == 0 ||
        row->last_seq < row->first_seq || row->last_seq - row->first_seq >= SEGMENT_ENTRIES_MAX ||
        row->segment.size > SEGMENT_BYTES_MAX || row->payloads.size > SEGMENT_PAYLOAD_BYTES_MAX)
        return ENTENTE_ERR_CORRUPT;
    return ENTENTE_OK;
}

/* The segment that a span refers to. */
static enum entente_error
segment_of_span(struct store *store, uint32_t room, uint32_t branch, const struct found *span,
    struct segment_row *row)
{
    struct reader key_rest = span->key;
    struct reader span_content = span->content;
    struct reader content;

    uint32_t last_seq = reader_u32(&key_rest);
    uint32_t first_seq = reader_u32(&span_content);
    uint64_t arrival = reader_u64(&span_content);
    if (row_finish(&key_rest) != ENTENTE_OK || row_finish(&span_content) != ENTENTE_OK)
        return ENTENTE_ERR_CORRUPT;
    struct key key = key_of_segment(room, arrival);
    enum entente_error error = row_get(store, &key, &content);
    if (error != ENTENTE_OK)
        return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_ERR_CORRUPT : error;
    row->arrival = arrival;
    error = read_segment(branch, content, row);
    if (error == ENTENTE_OK && (row->first_seq != first_seq || row->last_seq != last_seq))
        error = ENTENTE_ERR_CORRUPT;
    return error;
}

enum entente_error
source_segment_ending(
    struct store *store, uint32_t room, uint32_t branch, uint32_t seq, struct segment_row *row)
{
    struct key key = key_of_span(room, branch, seq);
    struct found span;

    *row = (struct segment_row){0};
    enum entente_error error = row_first_from(store, &key, PREFIX_SPANS, &span);
    if (error == ENTENTE_OK)
        error = segment_of_span(store, room, branch, &span, row);
    return error;
}

static enum entente_error
segment_at(
    void *state, const struct room_id *room, uint32_t branch, uint32_t seq, struct segment_row *row)
{
    uint32_t number;

    *row = (struct segment_row){0};
    enum entente_error error = room_number(state, room, &number);
    if (error == ENTENTE_OK)
        error = source_segment_ending(state, number, branch, seq, row);
    if (error == ENTENTE_OK && row->first_seq > seq)
        error = ENTENTE_ERR_NOT_FOUND;
    if (error != ENTENTE_OK)
        *row = (struct segment_row){0};
    return error;
}

static enum entente_error
last_of_branch(void *state, const struct room_id *room, uint32_t branch, struct segment_row *row)
{
    struct found span;
    uint32_t number;

    *row = (struct segment_row){0};
    enum entente_error error = room_number(state, room, &number);
    if (error == ENTENTE_OK) {
        struct key key = key_of_span(number, branch, UINT32_MAX);
        error = row_last_up_to(state, &key, PREFIX_SPANS, &span);
    }
    if (error == ENTENTE_OK)
        error = segment_of_span(state, number, branch, &span, row);
    if (error != ENTENTE_OK)
        *row = (struct segment_row){0};
    return error;
}

static enum entente_error
segment_after(void *state, const struct room_id *room, uint64_t arrival, struct segment_row *row)
{
    struct found found;
    uint32_t number;

    *row = (struct segment_row){0};
    if (arrival == UINT64_MAX)
        return ENTENTE_ERR_NOT_FOUND;
    enum entente_error error = room_number(state, room, &number);
    if (error == ENTENTE_OK) {
        struct key key = key_of_segment(number, arrival + 1);
        error = row_first_from(state, &key, PREFIX_ROOM, &found);
    }
    if (error == ENTENTE_OK) {
        row->arrival = reader_u64(&found.key);
        error = row_finish(&found.key);
    }
    if (error == ENTENTE_OK)
        error = read_segment(UINT32_MAX, found.content, row);
    if (error != ENTENTE_OK)
        *row = (struct segment_row){0};
    return error;
}

static enum entente_error
branch_at(void *state, const struct room_id *room, uint32_t index, struct branch_row *row)
{
    struct reader content;
    uint32_t number;

    *row = (struct branch_row){0};
    enum entente_error error = room_number(state, room, &number);
    if (error == ENTENTE_OK) {
        struct key key = key_of_branch(number, index);
        error = row_get(state, &key, &content);
    }
    if (error != ENTENTE_OK)
        return error;
    row->index = index;
    row->slot = reader_u8(&content);
    row->inc = reader_u16(&content);
    row->branch = reader_u16(&content);
    row->parent = reader_u16(&content);
    row->fork_seq = reader_u32(&content);
    if (row_finish(&content) != ENTENTE_OK || row->slot >= PARTIES_MAX) {
        *row = (struct branch_row){0};
        return ENTENTE_ERR_CORRUPT;
    }
    return ENTENTE_OK;
}

static enum entente_error
special_from(void *state, const struct room_id *room, uint8_t kind, uint32_t branch,
    uint64_t detail, uint32_t seq, struct special_row *row)
{
    struct special_row from = {kind, branch, seq, detail};
    struct found found;
    uint32_t number;

    *row = (struct special_row){0};
    enum entente_error error = room_number(state, room, &number);
    if (error == ENTENTE_OK) {
        struct key key = key_of_special(number, &from);
        error = row_first_from(state, &key, PREFIX_SPECIALS, &found);
    }
    if (error != ENTENTE_OK)
        return error;
    from.detail = reader_u64(&found.key);
    from.seq = reader_u32(&found.key);
    if (row_finish(&found.key) != ENTENTE_OK || row_finish(&found.content) != ENTENTE_OK)
        return ENTENTE_ERR_CORRUPT;
    *row = from;
    return ENTENTE_OK;
}

static enum entente_error
proof_of(void *state, const struct room_id *room, uint8_t slot, uint16_t inc, struct bytes *proof)
{
    struct reader content;
    uint32_t number;

    *proof = (struct bytes){0};
    enum entente_error error = room_number(state, room, &number);
    if (error == ENTENTE_OK) {
        struct key key = key_of_proof(number, slot, inc);
        error = row_get(state, &key, &content);
    }
    if (error == ENTENTE_OK)
        *proof = content.rest;
    return error;
}

enum entente_error
store_proof_from(struct store *store, const struct room_id *room, uint8_t *slot, uint16_t *inc)
{
    struct found found;
    uint32_t number;

    enum entente_error error = room_number(store, room, &number);
    if (error == ENTENTE_OK) {
        struct key key = key_of_proof(number, *slot, *inc);
        error = row_first_from(store, &key, PREFIX_ROOM, &found);
    }
    if (error != ENTENTE_OK)
        return error;
    *slot = reader_u8(&found.key);
    *inc = reader_u16(&found.key);
    return row_finish(&found.key);
}

void
source_init(struct record_source *source, struct store *store)
{
    *source = (struct record_source){
        .state = store,
        .segment_at = segment_at,
        .segment_last = last_of_branch,
        .segment_after = segment_after,
        .branch_at = branch_at,
        .special_from = special_from,
        .proof_of = proof_of,
    };
}

enum entente_error
store_room_at(struct store *store, uint32_t index, struct room_id *room, struct bytes *genesis_file)
{
    struct reader content;

    *room = (struct room_id){0};
    *genesis_file = (struct bytes){0};
    if (index == UINT32_MAX)
        return ENTENTE_ERR_NOT_FOUND;
    struct key key = key_of_room(index + 1);
    enum entente_error error = row_get(store, &key, &content);
    if (error != ENTENTE_OK)
        return error;
    reader_copy(&content, room->bytes, sizeof room->bytes);
    if (content.failed)
        return ENTENTE_ERR_CORRUPT;
    *genesis_file = content.rest;
    return ENTENTE_OK;
}

enum entente_error
store_register_entry(
    struct store *store, const struct party_id *party, uint32_t number, struct bytes *encoded)
{
    struct key key = key_of_register(party, number);
    struct reader content;

    *encoded = (struct bytes){0};
    enum entente_error error = row_get(store, &key, &content);
    if (error == ENTENTE_OK)
        *encoded = content.rest;
    return error;
}
