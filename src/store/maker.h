/*
 * What a maker of stores provides: an ordered map from short keys to values, with transactions.
 * Rows of the record are only ever added; those of files may be removed.  What the rows mean, their
 * checks and sums, duplicates and the rollback after an error are one code for all makers (rows.c,
 * store.c, source.c).
 *
 * What a third maker, PostgreSQL, will need: one table (key bytea primary key, value bytea).  put()
 * must not wait for the server: gather rows in a buffer of some MB, sorted by key, send them as two
 * arrays with `INSERT ... SELECT unnest(...) ON CONFLICT DO NOTHING RETURNING key` in pipeline mode
 * when the buffer is full and at the commit, and look into the buffer before asking the server.
 * Keys which the server had already are compared then, so a conflict may come as late as the
 * commit. store_put_segment() looks for a later span of the same branch before each put: answer it
 * from the last span of each branch, kept for this purpose (RECORD_BRANCHES_MAX for a room).
 */
#ifndef ENTENTE_STORE_MAKER_H
#define ENTENTE_STORE_MAKER_H

#include "store/store.h"

#define KEY_BYTES_MAX 48u
#define VALUE_BYTES_MAX 4194304u

/* Borrowed from the maker until its next call. */
struct row {
    struct bytes key;
    struct bytes value;
};

/*
 * Every function may return the machine's errors that store.h names.  Writes are called in a
 * transaction only; store.c calls rollback() after any error of put(), remove() and commit().
 */
struct store_maker {
    void (*close)(struct store *store);
    enum entente_error (*begin)(struct store *store);
    enum entente_error (*commit)(struct store *store);
    void (*rollback)(struct store *store);

    /* ENTENTE_ERR_EXISTS, and nothing changes, when the key is there. */
    enum entente_error (*put)(struct store *store, struct bytes key, struct bytes value);

    /*
     * The row with the smallest key from `key` on, or with the greatest one up to it, in the order
     * of memcmp(), if it begins with the first `prefix_size` bytes of `key`; else
     * ENTENTE_ERR_NOT_FOUND.
     */
    enum entente_error (*first_from)(
        struct store *store, struct bytes key, size_t prefix_size, struct row *row);
    enum entente_error (*last_up_to)(
        struct store *store, struct bytes key, size_t prefix_size, struct row *row);

    /* As first_from(), without reading the value. */
    enum entente_error (*first_key_from)(
        struct store *store, struct bytes key, size_t prefix_size, struct bytes *found);

    /* Removes the row of `key`, if there is one. */
    enum entente_error (*remove)(struct store *store, struct bytes key);

    /* See store_snapshot(); NULL where nobody else writes. */
    enum entente_error (*snapshot)(struct store *store);
    void (*snapshot_end)(struct store *store);
};

#define RECENT_BRANCHES_MAX 8u

/*
 * The room that was used last, and where its branches end that were written to last, to spare
 * look-ups for each row; forgotten by a rollback.
 */
struct recent_room {
    struct room_id id;
    uint32_t number; /* 0: none */
    bool has_arrival;
    uint64_t last_arrival;
    struct {
        uint32_t branch;
        uint32_t last_seq; /* 0: none */
    } ends[RECENT_BRANCHES_MAX]; /* a branch has one place: its index, modulo */
};

/* The first member of each maker's own struct. */
struct store {
    const struct store_maker *maker;
    struct record_source source;
    struct file_source files;
    struct recent_room recent;
    bool is_open;   /* a transaction */
    uint8_t *value; /* where values are put together; given back when it is large */
    size_t value_size;
};

/* Fills in what all makers share; `store` is zeroed. */
void store_init(struct store *store, const struct store_maker *maker);

#endif
