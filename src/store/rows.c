#include "store/rows.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>

#define SUM_BYTES 8u
/* A larger buffer is given back at once: such rows are rare. */
#define VALUE_BYTES_KEPT 262144u

static struct writer
key_begin(struct key *key, enum row_kind kind)
{
    struct writer writer = writer_of(key->data, sizeof key->data);

    writer_u8(&writer, (uint8_t)kind);
    return writer;
}

static void
key_end(struct key *key, const struct writer *writer)
{
    assert(!writer->failed);
    key->size = writer->used;
}

struct key
key_of_room(uint32_t number)
{
    struct key key;
    struct writer writer = key_begin(&key, ROW_ROOM);

    writer_u32(&writer, number);
    key_end(&key, &writer);
    return key;
}

struct key
key_of_room_number(const struct room_id *id)
{
    struct key key;
    struct writer writer = key_begin(&key, ROW_ROOM_NUMBER);

    writer_copy(&writer, id->bytes, sizeof id->bytes);
    key_end(&key, &writer);
    return key;
}

struct key
key_of_register(const struct party_id *party, uint32_t number)
{
    struct key key;
    struct writer writer = key_begin(&key, ROW_REGISTER);

    writer_copy(&writer, party->bytes, sizeof party->bytes);
    writer_u32(&writer, number);
    key_end(&key, &writer);
    return key;
}

struct key
key_of_branch(uint32_t room, uint32_t index)
{
    struct key key;
    struct writer writer = key_begin(&key, ROW_BRANCH);

    writer_u32(&writer, room);
    writer_u32(&writer, index);
    key_end(&key, &writer);
    return key;
}

struct key
key_of_segment(uint32_t room, uint64_t arrival)
{
    struct key key;
    struct writer writer = key_begin(&key, ROW_SEGMENT);

    writer_u32(&writer, room);
    writer_u64(&writer, arrival);
    key_end(&key, &writer);
    return key;
}

struct key
key_of_span(uint32_t room, uint32_t branch, uint32_t last_seq)
{
    struct key key;
    struct writer writer = key_begin(&key, ROW_SPAN);

    writer_u32(&writer, room);
    writer_u32(&writer, branch);
    writer_u32(&writer, last_seq);
    key_end(&key, &writer);
    return key;
}

struct key
key_of_special(uint32_t room, const struct special_row *row)
{
    struct key key;
    struct writer writer = key_begin(&key, ROW_SPECIAL);

    writer_u32(&writer, room);
    writer_u8(&writer, row->kind);
    writer_u32(&writer, row->branch);
    writer_u64(&writer, row->detail);
    writer_u32(&writer, row->seq);
    key_end(&key, &writer);
    return key;
}

struct key
key_of_proof(uint32_t room, uint8_t slot, uint16_t inc)
{
    struct key key;
    struct writer writer = key_begin(&key, ROW_PROOF);

    writer_u32(&writer, room);
    writer_u8(&writer, slot);
    writer_u16(&writer, inc);
    key_end(&key, &writer);
    return key;
}

struct key
key_of_digest(enum row_kind kind, uint32_t room, const struct digest *digest)
{
    struct key key;
    struct writer writer = key_begin(&key, kind);

    writer_u32(&writer, room);
    writer_copy(&writer, digest->bytes, sizeof digest->bytes);
    key_end(&key, &writer);
    return key;
}

struct key
key_of_chunk(uint32_t room, const struct digest *place, uint32_t index)
{
    struct key key;
    struct writer writer = key_begin(&key, ROW_CHUNK);

    writer_u32(&writer, room);
    writer_copy(&writer, place->bytes, sizeof place->bytes);
    writer_u32(&writer, index);
    key_end(&key, &writer);
    return key;
}

/* Each step is a bijection of `sum` and of the word, so no single changed word goes unseen. */
static uint64_t
sum_word(uint64_t sum, uint64_t word)
{
    sum ^= word;
    return (sum << 29 | sum >> 35) * 0x9e3779b97f4a7c15u;
}

static uint64_t
sum_bytes(uint64_t sum, struct bytes bytes)
{
    uint64_t word;
    size_t at = 0;

    for (; at + sizeof word <= bytes.size; at += sizeof word) {
        memcpy(&word, bytes.data + at, sizeof word);
        sum = sum_word(sum, le64toh(word));
    }
    word = 0;
    if (at < bytes.size)
        memcpy(&word, bytes.data + at, bytes.size - at);
    sum = sum_word(sum, le64toh(word));
    return sum_word(sum, bytes.size);
}

static uint64_t
sum_of(struct bytes key, struct bytes content)
{
    return sum_bytes(sum_bytes(0, key), content);
}

static enum entente_error
value_reserve(struct store *store, size_t size)
{
    if (size <= store->value_size)
        return ENTENTE_OK;
    free(store->value);
    store->value = malloc(size);
    store->value_size = store->value == NULL ? 0 : size;
    return store->value == NULL ? ENTENTE_ERR_NO_MEMORY : ENTENTE_OK;
}

static void
value_trim(struct store *store)
{
    if (store->value_size <= VALUE_BYTES_KEPT)
        return;
    free(store->value);
    store->value = NULL;
    store->value_size = 0;
}

static enum entente_error
compare_with_stored(struct store *store, struct bytes key, struct bytes value)
{
    struct row row;

    enum entente_error error = store->maker->first_from(store, key, key.size, &row);
    if (error == ENTENTE_ERR_NOT_FOUND)
        return ENTENTE_ERR_CORRUPT; /* it said that the key is there */
    if (error == ENTENTE_OK && !bytes_equal(row.value, value))
        error = ENTENTE_ERR_EXISTS;
    return error;
}

enum entente_error
row_put(struct store *store, const struct key *key, const struct bytes *parts, size_t count)
{
    struct bytes key_bytes = {key->data, key->size};
    size_t size = SUM_BYTES;

    for (size_t i = 0; i < count; i++)
        size += parts[i].size;
    assert(size <= VALUE_BYTES_MAX);
    enum entente_error error = value_reserve(store, size);
    if (error != ENTENTE_OK)
        return error;

    struct writer writer = writer_of(store->value + SUM_BYTES, size - SUM_BYTES);
    for (size_t i = 0; i < count; i++)
        writer_bytes(&writer, parts[i]);
    uint64_t sum = sum_of(key_bytes, writer_written(&writer));
    writer = writer_of(store->value, SUM_BYTES);
    writer_u64(&writer, sum);

    struct bytes value = {store->value, size};
    error = store->maker->put(store, key_bytes, value);
    if (error == ENTENTE_ERR_EXISTS)
        error = compare_with_stored(store, key_bytes, value);
    value_trim(store);
    return error;
}

static enum entente_error
open_row(const struct row *row, size_t prefix_size, struct found *found)
{
    struct reader value = reader_of(row->value);
    uint64_t sum = reader_u64(&value);

    found->key = reader_of(row->key);
    reader_bytes(&found->key, prefix_size);
    found->content = reader_of(value.rest);
    if (value.failed || sum != sum_of(row->key, value.rest))
        return ENTENTE_ERR_CORRUPT;
    return ENTENTE_OK;
}

enum entente_error
row_first_from(struct store *store, const struct key *key, size_t prefix_size, struct found *found)
{
    struct row row;

    enum entente_error error =
        store->maker->first_from(store, (struct bytes){key->data, key->size}, prefix_size, &row);
    return error == ENTENTE_OK ? open_row(&row, prefix_size, found) : error;
}

enum entente_error
row_last_up_to(struct store *store, const struct key *key, size_t prefix_size, struct found *found)
{
    struct row row;

    enum entente_error error =
        store->maker->last_up_to(store, (struct bytes){key->data, key->size}, prefix_size, &row);
    return error == ENTENTE_OK ? open_row(&row, prefix_size, found) : error;
}

enum entente_error
row_first_key_from(
    struct store *store, const struct key *key, size_t prefix_size, struct reader *found)
{
    struct bytes row_key;

    enum entente_error error = store->maker->first_key_from(
        store, (struct bytes){key->data, key->size}, prefix_size, &row_key);
    *found = (struct reader){0};
    if (error != ENTENTE_OK)
        return error;
    *found = reader_of(row_key);
    reader_bytes(found, prefix_size);
    return ENTENTE_OK;
}

enum entente_error
row_get(struct store *store, const struct key *key, struct reader *content)
{
    struct found found;

    enum entente_error error = row_first_from(store, key, key->size, &found);
    if (error != ENTENTE_OK)
        return error;
    *content = found.content;
    return row_finish(&found.key);
}

enum entente_error
row_finish(const struct reader *reader)
{
    return reader_finish(reader) == ENTENTE_OK ? ENTENTE_OK : ENTENTE_ERR_CORRUPT;
}

enum entente_error
room_number(struct store *store, const struct room_id *room, uint32_t *number)
{
    struct reader content;

    *number = store->recent.number;
    if (*number != 0 && room_id_equal(&store->recent.id, room))
        return ENTENTE_OK;
    struct key key = key_of_room_number(room);
    enum entente_error error = row_get(store, &key, &content);
    if (error != ENTENTE_OK)
        return error;
    *number = reader_u32(&content);
    error = row_finish(&content);
    if (error == ENTENTE_OK && *number == 0)
        error = ENTENTE_ERR_CORRUPT;
    if (error == ENTENTE_OK)
        store->recent = (struct recent_room){.id = *room, .number = *number};
    return error;
}
