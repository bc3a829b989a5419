/* Files: their rows, the node's reads of them, and how they are removed. */
#include "format/file.h"

#include "store/rows.h"

#include <assert.h>

#define FILE_ROW_BYTES (ID_BYTES + 8u)

static_assert(FILE_LEAVES_BYTES_MAX <= VALUE_BYTES_MAX / 2, "the leaves are one row");

/* ---- what is put ---- */

static enum entente_error
put_row(struct store *store, const struct key *key, struct bytes content)
{
    return row_put(store, key, &content, 1);
}

static enum entente_error
remove_row(struct store *store, const struct key *key)
{
    return store->maker->remove(store, (struct bytes){key->data, key->size});
}

enum entente_error
store_begin_upload(struct store *store, const struct room_id *room, const struct digest *place)
{
    uint32_t number;

    if (!store->is_open)
        return ENTENTE_ERR_USAGE;
    enum entente_error error = room_number(store, room, &number);
    if (error == ENTENTE_OK) {
        struct key key = key_of_digest(ROW_UPLOAD, number, place);
        error = put_row(store, &key, (struct bytes){0});
    }
    return store_end_write(store, error);
}

enum entente_error
store_put_chunk(struct store *store, const struct room_id *room, const struct digest *place,
    uint32_t index, struct bytes sealed)
{
    uint32_t number;

    assert(index < FILE_CHUNKS_MAX && sealed.size <= FILE_SEALED_BYTES_MAX);
    if (!store->is_open)
        return ENTENTE_ERR_USAGE;
    enum entente_error error = room_number(store, room, &number);
    if (error == ENTENTE_OK) {
        struct key key = key_of_chunk(number, place, index);
        error = put_row(store, &key, sealed);
    }
    return store_end_write(store, error);
}

static enum entente_error
put_file(struct store *store, uint32_t room, const struct digest *root, const struct file_row *row,
    struct bytes leaves)
{
    uint8_t encoded[FILE_ROW_BYTES];
    struct writer writer = writer_of(encoded, sizeof encoded);
    struct key key = key_of_digest(ROW_FILE, room, root);

    writer_copy(&writer, row->place.bytes, sizeof row->place.bytes);
    writer_u64(&writer, row->size);
    enum entente_error error = put_row(store, &key, writer_written(&writer));
    if (error != ENTENTE_OK)
        return error;
    key = key_of_digest(ROW_LEAVES, room, root);
    error = put_row(store, &key, leaves);
    if (error != ENTENTE_OK)
        return error;
    key = key_of_digest(ROW_UPLOAD, room, &row->place);
    return remove_row(store, &key);
}

enum entente_error
store_put_file(struct store *store, const struct room_id *room, const struct digest *root,
    const struct file_row *row, struct bytes leaves)
{
    uint32_t number;

    assert(leaves.size == (size_t)file_chunks(row->size) * ID_BYTES);
    if (!store->is_open)
        return ENTENTE_ERR_USAGE;
    enum entente_error error = room_number(store, room, &number);
    if (error == ENTENTE_OK)
        error = put_file(store, number, root, row, leaves);
    return store_end_write(store, error);
}

/* ---- what is read ---- */

static enum entente_error
read_file(struct store *store, uint32_t room, const struct digest *root, struct file_row *row)
{
    struct key key = key_of_digest(ROW_FILE, room, root);
    struct reader content;

    enum entente_error error = row_get(store, &key, &content);
    if (error != ENTENTE_OK)
        return error;
    reader_copy(&content, row->place.bytes, sizeof row->place.bytes);
    row->size = reader_u64(&content);
    error = row_finish(&content);
    return error == ENTENTE_OK && file_chunks(row->size) == 0 ? ENTENTE_ERR_CORRUPT : error;
}

static enum entente_error
find_file(void *state, const struct room_id *room, const struct digest *root, struct file_row *row)
{
    uint32_t number;

    enum entente_error error = room_number(state, room, &number);
    if (error == ENTENTE_OK)
        error = read_file(state, number, root, row);
    if (error != ENTENTE_OK)
        *row = (struct file_row){0};
    return error;
}

static enum entente_error
get_content(struct store *store, const struct key *key, struct bytes *content)
{
    struct reader reader;

    enum entente_error error = row_get(store, key, &reader);
    *content = error == ENTENTE_OK ? reader.rest : (struct bytes){0};
    return error;
}

static enum entente_error
find_leaves(
    void *state, const struct room_id *room, const struct digest *root, struct bytes *leaves)
{
    uint32_t number;

    *leaves = (struct bytes){0};
    enum entente_error error = room_number(state, room, &number);
    if (error != ENTENTE_OK)
        return error;
    struct key key = key_of_digest(ROW_LEAVES, number, root);
    return get_content(state, &key, leaves);
}

static enum entente_error
find_chunk(void *state, const struct room_id *room, const struct digest *place, uint32_t index,
    struct bytes *sealed)
{
    uint32_t number;

    *sealed = (struct bytes){0};
    enum entente_error error = room_number(state, room, &number);
    if (error != ENTENTE_OK)
        return error;
    struct key key = key_of_chunk(number, place, index);
    return get_content(state, &key, sealed);
}

static enum entente_error
find_next(struct store *store, uint32_t room, const struct digest *place, uint32_t *index)
{
    struct key key = key_of_chunk(room, place, *index);
    struct reader found;

    enum entente_error error = row_first_key_from(store, &key, PREFIX_CHUNKS, &found);
    if (error != ENTENTE_OK)
        return error;
    *index = reader_u32(&found);
    return row_finish(&found);
}

static enum entente_error
find_next_chunk(
    void *state, const struct room_id *room, const struct digest *place, uint32_t *index)
{
    uint32_t number;

    enum entente_error error = room_number(state, room, &number);
    return error == ENTENTE_OK ? find_next(state, number, place, index) : error;
}

void
files_init(struct file_source *files, struct store *store)
{
    *files = (struct file_source){
        .state = store,
        .file = find_file,
        .leaves = find_leaves,
        .chunk = find_chunk,
        .next_chunk = find_next_chunk,
    };
}

/* ---- what is removed ---- */

/* Up to `count` chunks of the place; `*removed` how many it was. */
static enum entente_error
remove_chunks(struct store *store, uint32_t room, const struct digest *place, uint32_t count,
    uint32_t *removed)
{
    enum entente_error error = ENTENTE_OK;

    for (*removed = 0; *removed < count && error == ENTENTE_OK;) {
        uint32_t index = 0;
        error = find_next(store, room, place, &index);
        if (error == ENTENTE_ERR_NOT_FOUND)
            return ENTENTE_OK;
        struct key key = key_of_chunk(room, place, index);
        if (error == ENTENTE_OK)
            error = remove_row(store, &key);
        if (error == ENTENTE_OK)
            ++*removed;
    }
    return error;
}

static enum entente_error
remove_file(struct store *store, uint32_t room, const struct digest *root, uint32_t *count)
{
    static const enum row_kind kinds[] = {ROW_LEAVES, ROW_FILE};
    struct file_row row;
    uint32_t asked = *count;

    enum entente_error error = read_file(store, room, root, &row);
    if (error == ENTENTE_OK)
        error = remove_chunks(store, room, &row.place, asked, count);
    for (size_t i = 0; i < 2 && error == ENTENTE_OK && *count < asked; i++) {
        struct key key = key_of_digest(kinds[i], room, root);
        error = remove_row(store, &key);
    }
    return error;
}

/* What is not there any more needs no rollback. */
static enum entente_error
end_removal(struct store *store, enum entente_error error)
{
    return error == ENTENTE_ERR_NOT_FOUND ? error : store_end_write(store, error);
}

enum entente_error
store_remove_file(
    struct store *store, const struct room_id *room, const struct digest *root, uint32_t *count)
{
    uint32_t number;

    if (!store->is_open)
        return ENTENTE_ERR_USAGE;
    enum entente_error error = room_number(store, room, &number);
    if (error == ENTENTE_OK)
        error = remove_file(store, number, root, count);
    return end_removal(store, error);
}

static enum entente_error
remove_upload(struct store *store, uint32_t room, const struct digest *place, uint32_t *count)
{
    struct key key = key_of_digest(ROW_UPLOAD, room, place);
    struct reader content;
    uint32_t asked = *count;

    enum entente_error error = row_get(store, &key, &content);
    if (error == ENTENTE_OK)
        error = remove_chunks(store, room, place, asked, count);
    if (error == ENTENTE_OK && *count < asked)
        error = remove_row(store, &key);
    return error;
}

enum entente_error
store_remove_upload(
    struct store *store, const struct room_id *room, const struct digest *place, uint32_t *count)
{
    uint32_t number;

    if (!store->is_open)
        return ENTENTE_ERR_USAGE;
    enum entente_error error = room_number(store, room, &number);
    if (error == ENTENTE_OK)
        error = remove_upload(store, number, place, count);
    return end_removal(store, error);
}

enum entente_error
store_sweep_uploads(struct store *store, uint32_t *count)
{
    const struct digest zero = {{0}};
    struct key key = key_of_digest(ROW_UPLOAD, 0, &zero);
    struct digest place;
    struct reader found;

    if (!store->is_open)
        return ENTENTE_ERR_USAGE;
    enum entente_error error = row_first_key_from(store, &key, PREFIX_KIND, &found);
    if (error != ENTENTE_OK)
        return end_removal(store, error);
    uint32_t room = reader_u32(&found);
    reader_copy(&found, place.bytes, sizeof place.bytes);
    error = row_finish(&found);
    if (error == ENTENTE_OK)
        error = remove_upload(store, room, &place, count);
    return end_removal(store, error);
}
