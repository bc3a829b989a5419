#include "reader/index.h"

#include "reader/walk.h"

#include <stdlib.h>

#define CHUNK_WORDS 262144u /* of 4 bytes: a place in a chunk takes 18 bits */
#define CHUNK_BITS 18u
#define CHUNKS_MAX 16384u

/* Copied segments have this bit in `offset`, and behind it their number. */
#define COPIED (UINT64_C(1) << 63)

struct piece {
    uint64_t offset; /* of the frame */
    uint32_t branch;
    uint32_t first_seq;
    uint32_t vectors; /* chunk << CHUNK_BITS | place in it, in words */
};

/* A list that grows: `count` items, room for `size`. */
struct list {
    void *items;
    uint32_t count;
    uint32_t size;
};

struct lane {
    struct branch_row row;
    struct list arrivals; /* uint32_t: the arrivals of its segments, ascending */
    uint32_t last_seq;
};

struct copy {
    struct bytes segment;
    struct bytes payloads;
};

struct proof {
    uint8_t slot;
    uint16_t inc;
    struct bytes payload;
};

struct index {
    struct bytes file;
    struct record_source source;
    struct list pieces;   /* struct piece, by arrival - 1 */
    struct list lanes;    /* struct lane, by the branch's index */
    struct list chunks;   /* uint8_t * */
    uint32_t chunk_used;  /* words of the last chunk */
    struct list copies;   /* struct copy */
    struct list proofs;   /* struct proof */
    struct list specials; /* struct special_row */
    size_t copied_bytes;
};

/* Room for one more item of `item_size` bytes, zeroed; NULL without memory. */
static void *
list_add(struct list *list, size_t item_size)
{
    if (list->count == list->size) {
        uint32_t size = list->size < 16 ? 16 : list->size + list->size / 2;
        void *grown = realloc(list->items, size * item_size);
        if (grown == NULL)
            return NULL;
        list->items = grown;
        list->size = size;
    }
    uint8_t *item = (uint8_t *)list->items + list->count++ * item_size;
    memset(item, 0, item_size);
    return item;
}

static struct lane *
lane_at(const struct index *index, uint32_t branch)
{
    return branch < index->lanes.count ? (struct lane *)index->lanes.items + branch : NULL;
}

static const struct piece *
piece_at(const struct index *index, uint64_t arrival)
{
    return (const struct piece *)index->pieces.items + (arrival - 1);
}

/* Where the vectors of a segment are: a chunk of its own where they are larger than a chunk. */
static uint8_t *
vectors_place(const struct index *index, uint32_t place)
{
    uint8_t *chunk = ((uint8_t **)index->chunks.items)[place >> CHUNK_BITS];

    return chunk + 4 * (size_t)(place & (CHUNK_WORDS - 1));
}

static struct bytes
vectors_of(const struct index *index, uint32_t place)
{
    const uint8_t *data = vectors_place(index, place);
    struct reader reader = reader_of((struct bytes){data, 8});
    size_t places = reader_u32(&reader);
    size_t count = reader_u32(&reader);

    return (struct bytes){data, 8 + 4 * count * (places + 1)};
}

static enum entente_error
vectors_keep(struct index *index, struct bytes vectors, uint32_t *place)
{
    size_t words = vectors.size / 4;

    if (index->chunks.count == 0 || words > CHUNK_WORDS - index->chunk_used) {
        size_t size = words > CHUNK_WORDS ? words : CHUNK_WORDS;
        uint8_t *chunk = index->chunks.count < CHUNKS_MAX ? malloc(4 * size) : NULL;
        uint8_t **added = chunk == NULL ? NULL : list_add(&index->chunks, sizeof *added);
        if (added == NULL) {
            free(chunk);
            return ENTENTE_ERR_NO_MEMORY;
        }
        *added = chunk;
        index->chunk_used = 0;
    }
    *place = (index->chunks.count - 1) << CHUNK_BITS | index->chunk_used;
    memcpy(vectors_place(index, *place), vectors.data, vectors.size);
    index->chunk_used = words > CHUNK_WORDS ? CHUNK_WORDS : index->chunk_used + (uint32_t)words;
    return ENTENTE_OK;
}

static enum entente_error
copy_keep(struct index *index, const struct segment_row *row, uint64_t *offset)
{
    size_t size = row->segment.size + row->payloads.size;

    if (size > INDEX_COPIES_BYTES_MAX - index->copied_bytes)
        return ENTENTE_ERR_FLOOD;
    uint8_t *data = malloc(size);
    struct copy *copy = data == NULL ? NULL : list_add(&index->copies, sizeof *copy);
    if (copy == NULL) {
        free(data);
        return ENTENTE_ERR_NO_MEMORY;
    }
    memcpy(data, row->segment.data, row->segment.size);
    if (row->payloads.size > 0)
        memcpy(data + row->segment.size, row->payloads.data, row->payloads.size);
    *copy =
        (struct copy){{data, row->segment.size}, {data + row->segment.size, row->payloads.size}};
    index->copied_bytes += size;
    *offset = COPIED | (index->copies.count - 1);
    return ENTENTE_OK;
}

/* The part of the row that lies in the file or in a copy. */
static enum entente_error
read_piece(const struct index *index, const struct piece *piece, struct segment_row *row)
{
    struct frame frame;

    if ((piece->offset & COPIED) != 0) {
        const struct copy *copy =
            (const struct copy *)index->copies.items + (piece->offset & ~COPIED);
        row->segment = copy->segment;
        row->payloads = copy->payloads;
        return ENTENTE_OK;
    }
    enum entente_error error = walk_frame_at(index->file, (size_t)piece->offset, &frame);
    if (error != ENTENTE_OK || frame.kind != FRAME_SEGMENT)
        return ENTENTE_ERR_CORRUPT; /* the file changed under us */
    row->segment = frame.segment.segment;
    row->payloads = frame.segment.payloads;
    return ENTENTE_OK;
}

/* Time and id of the last entry, without the ids of the others. */
static enum entente_error
read_last(struct segment_row *row)
{
    struct reader reader = reader_of(row->segment);
    struct entry entry = {0};
    unsigned count = reader_u8(&reader);

    (void)reader_u32(&reader);
    for (unsigned i = 0; i < count; i++)
        if (entry_parse(&reader, &entry) != ENTENTE_OK)
            return ENTENTE_ERR_CORRUPT;
    row->last_seq = entry.seq;
    row->last_t_ms = entry.t_ms;
    entry_make_id(&row->last_id, &entry);
    return ENTENTE_OK;
}

static enum entente_error
read_row(const struct index *index, uint64_t arrival, struct segment_row *row)
{
    const struct piece *piece = piece_at(index, arrival);

    *row = (struct segment_row){
        .arrival = arrival, .branch = piece->branch, .first_seq = piece->first_seq};
    row->vectors = vectors_of(index, piece->vectors);
    enum entente_error error = read_piece(index, piece, row);
    if (error == ENTENTE_OK)
        error = read_last(row);
    if (error != ENTENTE_OK)
        *row = (struct segment_row){0};
    return error;
}

static enum entente_error
row_at(
    void *state, const struct room_id *room, uint32_t branch, uint32_t seq, struct segment_row *row)
{
    const struct index *index = state;
    const struct lane *lane = lane_at(index, branch);

    (void)room; /* a file holds one */
    *row = (struct segment_row){0};
    if (lane == NULL || lane->arrivals.count == 0 || seq > lane->last_seq)
        return ENTENTE_ERR_NOT_FOUND;
    const uint32_t *arrivals = lane->arrivals.items;
    uint32_t low = 0;
    uint32_t high = lane->arrivals.count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (piece_at(index, arrivals[middle])->first_seq <= seq)
            low = middle;
        else
            high = middle;
    }
    if (piece_at(index, arrivals[low])->first_seq > seq)
        return ENTENTE_ERR_NOT_FOUND;
    return read_row(index, arrivals[low], row);
}

static enum entente_error
row_last(void *state, const struct room_id *room, uint32_t branch, struct segment_row *row)
{
    const struct lane *lane = lane_at(state, branch);

    *row = (struct segment_row){0};
    if (lane == NULL || lane->arrivals.count == 0)
        return ENTENTE_ERR_NOT_FOUND;
    return row_at(state, room, branch, lane->last_seq, row);
}

static enum entente_error
row_after(void *state, const struct room_id *room, uint64_t arrival, struct segment_row *row)
{
    const struct index *index = state;

    (void)room;
    *row = (struct segment_row){0};
    if (arrival >= index->pieces.count)
        return ENTENTE_ERR_NOT_FOUND;
    return read_row(index, arrival + 1, row);
}

static enum entente_error
branch_at(void *state, const struct room_id *room, uint32_t number, struct branch_row *row)
{
    const struct lane *lane = lane_at(state, number);

    (void)room;
    *row = lane == NULL ? (struct branch_row){0} : lane->row;
    return lane == NULL ? ENTENTE_ERR_NOT_FOUND : ENTENTE_OK;
}

/* Time linear in the number of specials: reading never asks, only a record that starts from here.
 */
static enum entente_error
special_from(void *state, const struct room_id *room, uint8_t kind, uint32_t branch,
    uint64_t detail, uint32_t seq, struct special_row *row)
{
    const struct index *index = state;
    const struct special_row *all = index->specials.items;
    const struct special_row *best = NULL;

    (void)room;
    for (uint32_t i = 0; i < index->specials.count; i++) {
        const struct special_row *one = &all[i];
        if (one->kind != kind || one->branch != branch || one->detail < detail ||
            (one->detail == detail && one->seq < seq))
            continue;
        if (best == NULL || one->detail < best->detail ||
            (one->detail == best->detail && one->seq < best->seq))
            best = one;
    }
    *row = best == NULL ? (struct special_row){0} : *best;
    return best == NULL ? ENTENTE_ERR_NOT_FOUND : ENTENTE_OK;
}

static enum entente_error
proof_of(void *state, const struct room_id *room, uint8_t slot, uint16_t inc, struct bytes *payload)
{
    const struct index *index = state;
    const struct proof *all = index->proofs.items;

    (void)room;
    *payload = (struct bytes){0};
    for (uint32_t i = 0; i < index->proofs.count; i++)
        if (all[i].slot == slot && all[i].inc == inc) {
            *payload = all[i].payload;
            return ENTENTE_OK;
        }
    return ENTENTE_ERR_NOT_FOUND;
}

enum entente_error
index_new(struct index **index, struct bytes file)
{
    *index = calloc(1, sizeof **index);
    if (*index == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    (*index)->file = file;
    (*index)->source = (struct record_source){
        *index, row_at, row_last, row_after, branch_at, special_from, proof_of};
    return ENTENTE_OK;
}

void
index_free(struct index *index)
{
    if (index == NULL)
        return;
    for (uint32_t i = 0; i < index->lanes.count; i++)
        free(lane_at(index, i)->arrivals.items);
    for (uint32_t i = 0; i < index->chunks.count; i++)
        free(((uint8_t **)index->chunks.items)[i]);
    for (uint32_t i = 0; i < index->copies.count; i++)
        free((void *)(uintptr_t)((struct copy *)index->copies.items)[i].segment.data);
    for (uint32_t i = 0; i < index->proofs.count; i++)
        free((void *)(uintptr_t)((struct proof *)index->proofs.items)[i].payload.data);
    free(index->pieces.items);
    free(index->lanes.items);
    free(index->chunks.items);
    free(index->copies.items);
    free(index->proofs.items);
    free(index->specials.items);
    free(index);
}

const struct record_source *
index_source(struct index *index)
{
    return &index->source;
}

uint64_t
index_segments(const struct index *index)
{
    return index->pieces.count;
}

/* Lanes up to `branch` exist afterwards; the registers' lanes are never put, and stay empty. */
static struct lane *
lane_reserve(struct index *index, const struct branch_row *row)
{
    while (index->lanes.count <= row->index) {
        uint32_t number = index->lanes.count;
        struct lane *lane = list_add(&index->lanes, sizeof *lane);
        if (lane == NULL)
            return NULL;
        lane->row =
            (struct branch_row){.index = number, .slot = (uint8_t)number, .inc = REGISTER_INC};
    }
    lane_at(index, row->index)->row = *row;
    return lane_at(index, row->index);
}

enum entente_error
index_put(struct index *index, const struct admitted *admitted, size_t offset)
{
    const struct segment_row *row = &admitted->row;
    uint64_t place = offset;
    uint32_t vectors = 0;
    struct frame frame;
    enum entente_error error = ENTENTE_OK;

    if (walk_frame_at(index->file, offset, &frame) != ENTENTE_OK || frame.kind != FRAME_SEGMENT ||
        frame.segment.segment.data != row->segment.data)
        error = copy_keep(index, row, &place);
    if (error == ENTENTE_OK)
        error = vectors_keep(index, row->vectors, &vectors);
    if (error != ENTENTE_OK)
        return error;
    struct lane *lane = lane_reserve(index, &admitted->branch);
    uint32_t *arrival = lane == NULL ? NULL : list_add(&lane->arrivals, sizeof *arrival);
    struct piece *piece = arrival == NULL ? NULL : list_add(&index->pieces, sizeof *piece);
    if (piece == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    *arrival = index->pieces.count;
    *piece = (struct piece){place, row->branch, row->first_seq, vectors};
    lane->last_seq = row->last_seq;
    for (uint32_t i = 0; i < admitted->specials_count; i++) {
        struct special_row *special = list_add(&index->specials, sizeof *special);
        if (special == NULL)
            return ENTENTE_ERR_NO_MEMORY;
        *special = admitted->specials[i];
    }
    return ENTENTE_OK;
}

enum entente_error
index_put_proof(struct index *index, uint8_t slot, uint16_t inc, struct bytes payload)
{
    uint8_t *data = malloc(payload.size + 1);
    struct proof *proof = data == NULL ? NULL : list_add(&index->proofs, sizeof *proof);

    if (proof == NULL) {
        free(data);
        return ENTENTE_ERR_NO_MEMORY;
    }
    if (payload.size > 0)
        memcpy(data, payload.data, payload.size);
    *proof = (struct proof){slot, inc, {data, payload.size}};
    return ENTENTE_OK;
}
