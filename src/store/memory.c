/* The maker for the simulator: sorted arrays of rows, and the faults that a disk can have. */
#include "store/rows.h"

#include <assert.h>
#include <stdlib.h>

/* One allocation: key, then value. */
struct kept {
    size_t key_size;
    size_t value_size;
    bool is_durable;
    uint8_t data[];
};

/* Ascending by key. */
struct table {
    struct kept **rows;
    size_t count;
    size_t size;
};

struct memory {
    struct store store;
    struct table tables[ROW_KINDS];
    struct kept **fresh; /* of the open transaction */
    size_t fresh_count;
    size_t fresh_size;
    struct kept **removed; /* durable rows that the open transaction took out */
    size_t removed_count;
    size_t removed_size;
    uint64_t fail_calls; /* 0: none */
    enum entente_error fail_error;
};

static struct memory *
memory_of(struct store *store)
{
    return (struct memory *)store;
}

static int
compare(const struct kept *row, struct bytes key)
{
    size_t size = row->key_size < key.size ? row->key_size : key.size;
    int order = memcmp(row->data, key.data, size);

    if (order != 0)
        return order;
    return (row->key_size > key.size) - (row->key_size < key.size);
}

/* Where the first row from `key` on stands, or would stand. */
static size_t
find(const struct table *table, struct bytes key)
{
    size_t low = 0, high = table->count;

    if (high > 0 && compare(table->rows[high - 1], key) < 0)
        return high; /* rows mostly come in order */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(table->rows[middle], key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static enum entente_error
grow(struct kept ***rows, size_t *size, size_t count)
{
    if (count < *size)
        return ENTENTE_OK;
    size_t wanted = *size == 0 ? 16 : 2 * *size;
    struct kept **grown = realloc(*rows, wanted * sizeof(struct kept *));
    if (grown == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    *rows = grown;
    *size = wanted;
    return ENTENTE_OK;
}

static enum entente_error
insert(struct table *table, size_t at, struct kept *row)
{
    enum entente_error error = grow(&table->rows, &table->size, table->count);

    if (error != ENTENTE_OK)
        return error;
    memmove(table->rows + at + 1, table->rows + at, (table->count - at) * sizeof(struct kept *));
    table->rows[at] = row;
    table->count++;
    return ENTENTE_OK;
}

static void
take_out(struct table *table, size_t at)
{
    table->count--;
    memmove(table->rows + at, table->rows + at + 1, (table->count - at) * sizeof(struct kept *));
}

static struct kept *
keep(struct bytes key, struct bytes value)
{
    struct kept *row = malloc(sizeof *row + key.size + value.size);

    if (row == NULL)
        return NULL;
    *row = (struct kept){.key_size = key.size, .value_size = value.size};
    memcpy(row->data, key.data, key.size);
    if (value.size > 0)
        memcpy(row->data + key.size, value.data, value.size);
    return row;
}

static enum entente_error
meet_fault(struct memory *memory)
{
    if (memory->fail_calls == 0 || --memory->fail_calls > 0)
        return ENTENTE_OK;
    return memory->fail_error;
}

static enum entente_error
memory_put(struct store *store, struct bytes key, struct bytes value)
{
    struct memory *memory = memory_of(store);
    struct table *table = &memory->tables[key.data[0]];

    enum entente_error error = meet_fault(memory);
    if (error != ENTENTE_OK)
        return error;
    size_t at = find(table, key);
    if (at < table->count && compare(table->rows[at], key) == 0)
        return ENTENTE_ERR_EXISTS;
    error = grow(&memory->fresh, &memory->fresh_size, memory->fresh_count);
    if (error != ENTENTE_OK)
        return error;
    struct kept *row = keep(key, value);
    error = row == NULL ? ENTENTE_ERR_NO_MEMORY : insert(table, at, row);
    if (error != ENTENTE_OK) {
        free(row);
        return error;
    }
    memory->fresh[memory->fresh_count++] = row;
    return ENTENTE_OK;
}

/* A row of the open transaction is as if it had never been; a durable one comes back by rollback.
 */
static enum entente_error
memory_remove(struct store *store, struct bytes key)
{
    struct memory *memory = memory_of(store);
    struct table *table = &memory->tables[key.data[0]];

    enum entente_error error = meet_fault(memory);
    size_t at = find(table, key);
    if (error != ENTENTE_OK || at == table->count || compare(table->rows[at], key) != 0)
        return error;
    struct kept *row = table->rows[at];
    error = grow(&memory->removed, &memory->removed_size, memory->removed_count);
    if (error != ENTENTE_OK)
        return error;
    if (row->is_durable)
        memory->removed[memory->removed_count++] = row;
    take_out(table, at);
    for (size_t i = memory->fresh_count; !row->is_durable && i-- > 0;)
        if (memory->fresh[i] == row) {
            memory->fresh[i] = memory->fresh[--memory->fresh_count];
            free(row);
            break;
        }
    return ENTENTE_OK;
}

static enum entente_error
show(const struct kept *kept, struct bytes key, size_t prefix_size, struct row *row)
{
    if (kept->key_size < prefix_size || memcmp(kept->data, key.data, prefix_size) != 0)
        return ENTENTE_ERR_NOT_FOUND;
    row->key = (struct bytes){kept->data, kept->key_size};
    row->value = (struct bytes){kept->data + kept->key_size, kept->value_size};
    return ENTENTE_OK;
}

static enum entente_error
memory_first_from(struct store *store, struct bytes key, size_t prefix_size, struct row *row)
{
    const struct table *table = &memory_of(store)->tables[key.data[0]];
    size_t at = find(table, key);

    if (at == table->count)
        return ENTENTE_ERR_NOT_FOUND;
    return show(table->rows[at], key, prefix_size, row);
}

static enum entente_error
memory_last_up_to(struct store *store, struct bytes key, size_t prefix_size, struct row *row)
{
    const struct table *table = &memory_of(store)->tables[key.data[0]];
    size_t at = find(table, key);

    if (at < table->count && compare(table->rows[at], key) == 0)
        return show(table->rows[at], key, prefix_size, row);
    if (at == 0)
        return ENTENTE_ERR_NOT_FOUND;
    return show(table->rows[at - 1], key, prefix_size, row);
}

static enum entente_error
memory_first_key_from(
    struct store *store, struct bytes key, size_t prefix_size, struct bytes *found)
{
    struct row row;

    enum entente_error error = memory_first_from(store, key, prefix_size, &row);
    *found = error == ENTENTE_OK ? row.key : (struct bytes){0};
    return error;
}

static enum entente_error
memory_begin(struct store *store)
{
    (void)store;
    return ENTENTE_OK;
}

static enum entente_error
memory_commit(struct store *store)
{
    struct memory *memory = memory_of(store);

    enum entente_error error = meet_fault(memory);
    if (error != ENTENTE_OK)
        return error;
    for (size_t i = 0; i < memory->fresh_count; i++)
        memory->fresh[i]->is_durable = true;
    memory->fresh_count = 0;
    while (memory->removed_count > 0)
        free(memory->removed[--memory->removed_count]);
    return ENTENTE_OK;
}

static void
memory_rollback(struct store *store)
{
    struct memory *memory = memory_of(store);

    while (memory->fresh_count > 0) {
        struct kept *row = memory->fresh[--memory->fresh_count];
        struct table *table = &memory->tables[row->data[0]];
        size_t at = find(table, (struct bytes){row->data, row->key_size});
        take_out(table, at);
        free(row);
    }
    while (memory->removed_count > 0) {
        struct kept *row = memory->removed[--memory->removed_count];
        struct table *table = &memory->tables[row->data[0]];
        size_t at = find(table, (struct bytes){row->data, row->key_size});
        enum entente_error error = insert(table, at, row);
        assert(error == ENTENTE_OK); /* it was there before: the room for it is still there */
        (void)error;
    }
}

static void
memory_close(struct store *store)
{
    struct memory *memory = memory_of(store);

    for (size_t kind = 0; kind < ROW_KINDS; kind++) {
        for (size_t i = 0; i < memory->tables[kind].count; i++)
            free(memory->tables[kind].rows[i]);
        free(memory->tables[kind].rows);
    }
    free(memory->fresh);
    free(memory->removed); /* store_close() has rolled back */
    free(memory);
}

static const struct store_maker memory_maker = {
    .close = memory_close,
    .begin = memory_begin,
    .commit = memory_commit,
    .rollback = memory_rollback,
    .put = memory_put,
    .first_from = memory_first_from,
    .last_up_to = memory_last_up_to,
    .first_key_from = memory_first_key_from,
    .remove = memory_remove,
};

enum entente_error
store_open_memory(struct store **store)
{
    struct memory *memory = calloc(1, sizeof *memory);

    *store = NULL;
    if (memory == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    store_init(&memory->store, &memory_maker);
    *store = &memory->store;
    return ENTENTE_OK;
}

void
store_memory_crash(struct store *store)
{
    memory_rollback(store);
    store->is_open = false;
    store->recent = (struct recent_room){0};
}

static enum entente_error
copy_row(const struct kept *row, struct table *to)
{
    struct bytes key = {row->data, row->key_size};
    struct kept *copy = keep(key, (struct bytes){row->data + row->key_size, row->value_size});
    enum entente_error error =
        copy == NULL ? ENTENTE_ERR_NO_MEMORY : insert(to, find(to, key), copy);

    if (error != ENTENTE_OK) {
        free(copy);
        return error;
    }
    copy->is_durable = true;
    return ENTENTE_OK;
}

static enum entente_error
copy_durable(const struct table *from, struct table *to)
{
    enum entente_error error = ENTENTE_OK;

    for (size_t i = 0; i < from->count && error == ENTENTE_OK; i++)
        if (from->rows[i]->is_durable)
            error = copy_row(from->rows[i], to);
    return error;
}

enum entente_error
store_memory_snapshot(const struct store *store, struct store **copy)
{
    const struct memory *memory = (const struct memory *)store;

    enum entente_error error = store_open_memory(copy);
    for (size_t kind = 0; kind < ROW_KINDS && error == ENTENTE_OK; kind++)
        error = copy_durable(&memory->tables[kind], &memory_of(*copy)->tables[kind]);
    for (size_t i = 0; i < memory->removed_count && error == ENTENTE_OK; i++)
        error =
            copy_row(memory->removed[i], &memory_of(*copy)->tables[memory->removed[i]->data[0]]);
    if (error != ENTENTE_OK) {
        store_close(*copy);
        *copy = NULL;
    }
    return error;
}

void
store_memory_fail_after(struct store *store, uint64_t calls, enum entente_error error)
{
    struct memory *memory = memory_of(store);

    memory->fail_calls = calls;
    memory->fail_error = error;
}
