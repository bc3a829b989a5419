#include "store/sample.h"

#include "format/segment.h"

const struct room_id room_one = {{1, 0xff}}, room_two = {{2}};
const struct party_id party_one = {{9}};

static uint8_t noise[SEGMENT_PAYLOAD_BYTES_MAX + 4096];

static const uint8_t *
noise_at(uint32_t number)
{
    uint64_t state = 42;

    if (noise[1] == 0 && noise[2] == 0)
        for (size_t i = 0; i < sizeof noise; i++)
            noise[i] = (uint8_t)test_random(&state);
    return noise + number % 1024;
}

struct segment_row
row_of(uint32_t number, size_t payload_bytes)
{
    const uint8_t *data = noise_at(number);
    struct segment_row row = {
        .arrival = number,
        .branch = 3,
        .first_seq = 4 * number - 3,
        .last_seq = 4 * number,
        .last_t_ms = UINT64_MAX - number,
        .vectors = {data, 20},
        .segment = {data + 20, 100 + number % 50},
        .payloads = {data + 200, payload_bytes},
    };
    memcpy(row.last_id.bytes, data, ID_BYTES);
    return row;
}

bool
row_equal(const struct segment_row *a, const struct segment_row *b)
{
    return a->arrival == b->arrival && a->branch == b->branch && a->first_seq == b->first_seq &&
           a->last_seq == b->last_seq && a->last_t_ms == b->last_t_ms &&
           entry_id_equal(&a->last_id, &b->last_id) && bytes_equal(a->vectors, b->vectors) &&
           bytes_equal(a->segment, b->segment) && bytes_equal(a->payloads, b->payloads);
}

enum entente_error
put_beginning(struct store *store)
{
    struct branch_row branch = {.index = 3, .slot = 1, .inc = 1};

    enum entente_error error = store_begin(store);
    if (error == ENTENTE_OK)
        error = store_put_room(store, &room_one, bytes_of_text("genesis one"));
    if (error == ENTENTE_OK)
        error = store_put_branch(store, &room_one, &branch);
    return error == ENTENTE_OK ? store_commit(store) : error;
}

static struct bytes
register_entry(uint32_t number)
{
    return (struct bytes){noise_at(number), 300 + number};
}

static struct bytes
proof(uint32_t number)
{
    return (struct bytes){noise_at(number + 7), 5000 + number};
}

#define FILE_BYTES 70000u

static struct digest
root_of(uint32_t number)
{
    return (struct digest){{0x40, (uint8_t)number, (uint8_t)(number >> 8)}};
}

static struct file_row
file_row_of(uint32_t number)
{
    return (struct file_row){{{0x80, (uint8_t)number, (uint8_t)(number >> 8)}}, FILE_BYTES};
}

static struct bytes
leaves_of(uint32_t number)
{
    return (struct bytes){noise_at(number + 11), 2 * ID_BYTES};
}

static struct bytes
chunk_of(uint32_t number, uint32_t index)
{
    return (struct bytes){noise_at(number + 13 + index), 900 + number};
}

enum entente_error
put_file(struct store *store, uint32_t number)
{
    struct file_row row = file_row_of(number);
    struct digest root = root_of(number);

    enum entente_error error = store_begin_upload(store, &room_one, &row.place);
    for (uint32_t i = 0; i < 2 && error == ENTENTE_OK; i++)
        error = store_put_chunk(store, &room_one, &row.place, i, chunk_of(number, i));
    if (error == ENTENTE_OK)
        error = store_put_file(store, &room_one, &root, &row, leaves_of(number));
    return error;
}

static enum entente_error
remove_file(struct store *store, uint32_t number)
{
    struct digest root = root_of(number);
    uint32_t count = 3;

    enum entente_error error = store_remove_file(store, &room_one, &root, &count);
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

enum entente_error
put_batch(struct store *store, uint32_t number)
{
    enum entente_error error = store_begin(store);

    if (error == ENTENTE_OK)
        error = store_put_register(store, &party_one, number, register_entry(number));
    for (uint32_t i = 2 * number - 1; i <= 2 * number && error == ENTENTE_OK; i++) {
        struct segment_row row = row_of(i, 20000);
        struct special_row special = {2, row.branch, row.last_seq, UINT64_MAX - i};
        error = store_put_segment(store, &room_one, &row, &special, 1);
    }
    if (error == ENTENTE_OK)
        error = store_put_proof(store, &room_one, 1, (uint16_t)number, proof(number));
    if (error == ENTENTE_OK)
        error = put_file(store, number);
    if (error == ENTENTE_OK)
        error = remove_file(store, number - 1);
    return error == ENTENTE_OK ? store_commit(store) : error;
}

static int
note(enum entente_error got, bool is_right, enum entente_error *error)
{
    if (got == ENTENTE_ERR_NOT_FOUND)
        return 0;
    if (got != ENTENTE_OK)
        *error = got;
    return got == ENTENTE_OK && is_right ? 1 : -1000;
}

int
count_batch(struct store *store, uint32_t number, enum entente_error *error)
{
    const struct record_source *source = store_source(store);
    struct bytes bytes;
    int count = 0;

    enum entente_error got = store_register_entry(store, &party_one, number, &bytes);
    count += note(got, bytes_equal(bytes, register_entry(number)), error);
    for (uint32_t i = 2 * number - 1; i <= 2 * number; i++) {
        struct segment_row wanted = row_of(i, 20000), row;
        struct special_row special;
        got = source->segment_at(source->state, &room_one, 3, wanted.first_seq + 1, &row);
        count += note(got, row_equal(&row, &wanted), error);
        got = source->special_from(
            source->state, &room_one, 2, 3, UINT64_MAX - i, wanted.last_seq, &special);
        if (got != ENTENTE_OK || special.detail == UINT64_MAX - i)
            count += note(got, special.seq == wanted.last_seq, error);
    }
    got = source->proof_of(source->state, &room_one, 1, (uint16_t)number, &bytes);
    count += note(got, bytes_equal(bytes, proof(number)), error);
    return count < 0 ? -1 : count;
}

/* 4 rows when it is there, 0 when it is not. */
static int
count_file(struct store *store, uint32_t number, enum entente_error *error)
{
    const struct file_source *files = store_files(store);
    struct file_row wanted = file_row_of(number), row;
    struct digest root = root_of(number);
    struct bytes bytes;

    enum entente_error got = files->file(files->state, &room_one, &root, &row);
    int count = note(got,
        row.size == wanted.size && memcmp(&row.place, &wanted.place, sizeof row.place) == 0, error);
    got = files->leaves(files->state, &room_one, &root, &bytes);
    count += note(got, bytes_equal(bytes, leaves_of(number)), error);
    for (uint32_t i = 0; i < 2; i++) {
        got = files->chunk(files->state, &room_one, &wanted.place, i, &bytes);
        count += note(got, bytes_equal(bytes, chunk_of(number, i)), error);
    }
    return count;
}

int
file_here(struct store *store, uint32_t last, enum entente_error *error)
{
    int here = 0;

    for (uint32_t number = 1; number <= last; number++) {
        int count = count_file(store, number, error);
        if (count == 0)
            continue;
        if (count != 4 || here != 0)
            return -1;
        here = (int)number;
    }
    return here;
}
