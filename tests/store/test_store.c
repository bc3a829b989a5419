/*
 * Goal: every maker of stores keeps store.h and record/source.h, and all alike.
 * Method: one suite over the memory and the SQLite maker (a real file in a folder of its own).
 */
#include "store/sample.h"

#include "format/file.h"
#include "format/genesis.h"
#include "format/segment.h"

#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64], path[96];

/* A store whose process ends and starts again, without a commit in between. */
struct kind {
    enum entente_error (*open)(struct store **store);
    void (*restart)(struct store **store);
};

static enum entente_error
open_file(struct store **store)
{
    static const char *const ends[] = {"", "-wal"};
    char name[128];

    for (size_t i = 0; i < 2; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
    return store_open_sqlite(store, path);
}

static void
restart_file(struct store **store)
{
    store_close(*store);
    CHECK(store_open_sqlite(store, path) == ENTENTE_OK);
}

static void
restart_memory(struct store **store)
{
    store_memory_crash(*store);
}

static const struct kind memory = {store_open_memory, restart_memory};
static const struct kind sqlite = {open_file, restart_file};

#define BOTH(name)                                                                                 \
    static void name(const struct kind *kind, struct store *store);                                \
    TEST(memory_##name)                                                                            \
    {                                                                                              \
        run(&memory, name);                                                                        \
    }                                                                                              \
    TEST(sqlite_##name)                                                                            \
    {                                                                                              \
        run(&sqlite, name);                                                                        \
    }                                                                                              \
    static void name(const struct kind *kind, struct store *store)
#define CASES(name) CASE(memory_##name), CASE(sqlite_##name)

/* The tests restart the store in place, so that it is closed here whatever they do. */
static struct store *current;

static void
run(const struct kind *kind, void (*test)(const struct kind *kind, struct store *store))
{
    REQUIRE(kind->open(&current) == ENTENTE_OK);
    test(kind, current);
    store_close(current);
    current = NULL;
}

static struct store *
restart(const struct kind *kind)
{
    kind->restart(&current);
    return current;
}

BOTH(gives_back_what_was_put)
{
    struct room_id room;
    struct bytes bytes;
    struct branch_row branch = {4, 29, REGISTER_INC, 65535, 65534, UINT32_MAX}, got;

    REQUIRE(put_beginning(store) == ENTENTE_OK);
    REQUIRE(store_begin(store) == ENTENTE_OK);
    CHECK(store_put_room(store, &room_two, bytes_of_text("")) == ENTENTE_OK);
    CHECK(store_put_branch(store, &room_two, &branch) == ENTENTE_OK);
    CHECK(store_commit(store) == ENTENTE_OK);
    REQUIRE(put_batch(store, 1) == ENTENTE_OK);
    REQUIRE(put_batch(store, 2) == ENTENTE_OK);
    for (int round = 0; round < 2; round++) {
        const struct record_source *source = store_source(store);
        enum entente_error error = ENTENTE_OK;
        CHECK(store_room_at(store, 0, &room, &bytes) == ENTENTE_OK);
        CHECK(room_id_equal(&room, &room_one) && bytes_equal(bytes, bytes_of_text("genesis one")));
        CHECK(store_room_at(store, 1, &room, &bytes) == ENTENTE_OK);
        CHECK(room_id_equal(&room, &room_two) && bytes.size == 0);
        CHECK(store_room_at(store, 2, &room, &bytes) == ENTENTE_ERR_NOT_FOUND);
        CHECK(source->branch_at(source->state, &room_two, 4, &got) == ENTENTE_OK);
        CHECK(got.index == branch.index && got.slot == branch.slot && got.inc == branch.inc &&
              got.branch == branch.branch && got.parent == branch.parent &&
              got.fork_seq == branch.fork_seq);
        CHECK(source->branch_at(source->state, &room_two, 3, &got) == ENTENTE_ERR_NOT_FOUND);
        CHECK(source->branch_at(source->state, &room_one, 3, &got) == ENTENTE_OK);
        CHECK(got.slot == 1 && got.inc == 1 && got.index == 3);
        CHECK(count_batch(store, 1, &error) == BATCH_ROWS);
        CHECK(count_batch(store, 2, &error) == BATCH_ROWS);
        CHECK(count_batch(store, 3, &error) == 0 && error == ENTENTE_OK);
        store = restart(kind);
    }
}

BOTH(walks_segments)
{
    const struct record_source *source = store_source(store);
    struct segment_row row, other = row_of(9, 10);

    (void)kind;
    REQUIRE(put_beginning(store) == ENTENTE_OK);
    CHECK(source->segment_last(source->state, &room_one, 3, &row) == ENTENTE_ERR_NOT_FOUND);
    REQUIRE(put_batch(store, 1) == ENTENTE_OK && put_batch(store, 2) == ENTENTE_OK);
    REQUIRE(store_begin(store) == ENTENTE_OK);
    other.branch = 2;
    CHECK(store_put_segment(store, &room_one, &other, NULL, 0) == ENTENTE_OK);
    CHECK(store_put_room(store, &room_two, bytes_of_text("two")) == ENTENTE_OK);
    other.branch = 3;
    other.arrival = 1;
    CHECK(store_put_segment(store, &room_two, &other, NULL, 0) == ENTENTE_OK);

    row.arrival = 0;
    for (uint32_t i = 1; i <= 4; i++) {
        struct segment_row wanted = row_of(i, 20000);
        CHECK(source->segment_after(source->state, &room_one, row.arrival, &row) == ENTENTE_OK);
        CHECK(row_equal(&row, &wanted));
    }
    CHECK(source->segment_after(source->state, &room_one, 1, &row) == ENTENTE_OK && row.arrival == 2);
    CHECK(source->segment_after(source->state, &room_one, 3, &row) == ENTENTE_OK && row.arrival == 4);
    CHECK(source->segment_after(source->state, &room_one, 4, &row) == ENTENTE_OK);
    CHECK(row.arrival == 9 && row.branch == 2);
    CHECK(source->segment_after(source->state, &room_one, 9, &row) == ENTENTE_ERR_NOT_FOUND);
    CHECK(
        source->segment_after(source->state, &room_one, UINT64_MAX, &row) == ENTENTE_ERR_NOT_FOUND);
    CHECK(row.segment.data == NULL && row.last_seq == 0);
    CHECK(source->segment_last(source->state, &room_one, 3, &row) == ENTENTE_OK);
    CHECK(row.last_seq == 16);
    CHECK(source->segment_last(source->state, &room_one, 4, &row) == ENTENTE_ERR_NOT_FOUND);
    for (uint32_t seq = 1; seq <= 16; seq++) {
        CHECK(source->segment_at(source->state, &room_one, 3, seq, &row) == ENTENTE_OK);
        CHECK(row.first_seq <= seq && seq <= row.last_seq);
    }
    CHECK(source->segment_at(source->state, &room_one, 3, 17, &row) == ENTENTE_ERR_NOT_FOUND);
    CHECK(source->segment_at(source->state, &room_one, 3, 0, &row) == ENTENTE_ERR_NOT_FOUND);
    CHECK(source->segment_at(source->state, &room_one, 2, 32, &row) == ENTENTE_ERR_NOT_FOUND);
    CHECK(source->segment_at(source->state, &room_two, 3, 1, &row) == ENTENTE_ERR_NOT_FOUND);
    CHECK(source->segment_at(source->state, &room_two, 3, 34, &row) == ENTENTE_OK);
}

BOTH(walks_specials_in_the_order_of_detail_and_seq)
{
    const struct special_row specials[] = {{3, 3, 1, UINT64_MAX}, {3, 3, 2, 0},
        {3, 3, 3, (uint64_t)1 << 63}, {3, 3, 4, 0}, {2, 3, 4, 0}, {3, 2, 4, 0}, {4, 3, 4, 0}};
    static const uint32_t order[] = {2, 4, 3, 1};
    const struct record_source *source = store_source(store);
    struct segment_row row = row_of(1, 0);
    struct special_row special = {0};

    (void)kind;
    REQUIRE(put_beginning(store) == ENTENTE_OK && store_begin(store) == ENTENTE_OK);
    REQUIRE(store_put_segment(store, &room_one, &row, specials, 7) == ENTENTE_OK);
    for (size_t i = 0; i < 4; i++) {
        CHECK(source->special_from(source->state, &room_one, 3, 3, special.detail,
                  i == 0 ? 0 : special.seq + 1, &special) == ENTENTE_OK);
        CHECK(special.seq == order[i] && special.kind == 3 && special.branch == 3);
    }
    CHECK(source->special_from(source->state, &room_one, 3, 3, UINT64_MAX, 2, &special) ==
          ENTENTE_ERR_NOT_FOUND);
    CHECK(source->special_from(source->state, &room_two, 3, 3, 0, 0, &special) ==
          ENTENTE_ERR_NOT_FOUND);
}

/* The view is read after calls that do not touch the store; sanitizers see what is gone. */
BOTH(views_last_until_the_next_call)
{
    const struct record_source *source = store_source(store);
    struct segment_row row, wanted = row_of(1, SEGMENT_PAYLOAD_BYTES_MAX);

    (void)kind;
    REQUIRE(put_beginning(store) == ENTENTE_OK && store_begin(store) == ENTENTE_OK);
    REQUIRE(store_put_segment(store, &room_one, &wanted, NULL, 0) == ENTENTE_OK);
    CHECK(source->segment_at(source->state, &room_one, 3, 2, &row) == ENTENTE_OK);
    CHECK(row_equal(&row, &wanted)); /* not committed, and the largest there may be */
    CHECK(store_commit(store) == ENTENTE_OK);
    CHECK(source->segment_after(source->state, &room_one, 0, &row) == ENTENTE_OK);
    CHECK(row_equal(&row, &wanted));
    CHECK(store_begin(store) == ENTENTE_OK); /* a view still open is no hindrance */
    wanted = row_of(2, 1);
    CHECK(store_put_segment(store, &room_one, &wanted, NULL, 0) == ENTENTE_OK);
}

BOTH(a_duplicate_changes_nothing)
{
    struct segment_row row = row_of(2, 20000), last;
    const struct record_source *source = store_source(store);
    enum entente_error error = ENTENTE_OK;

    (void)kind;
    REQUIRE(put_beginning(store) == ENTENTE_OK && put_batch(store, 1) == ENTENTE_OK);
    CHECK(put_beginning(store) == ENTENTE_OK && put_batch(store, 1) == ENTENTE_OK);
    CHECK(count_batch(store, 1, &error) == BATCH_ROWS);
    CHECK(store_begin(store) == ENTENTE_OK);
    row.arrival = 77; /* again, as another arrival: it is here already */
    CHECK(store_put_segment(store, &room_one, &row, NULL, 0) == ENTENTE_OK);
    CHECK(source->segment_after(source->state, &room_one, 2, &last) == ENTENTE_ERR_NOT_FOUND);
    CHECK(source->segment_last(source->state, &room_one, 3, &last) == ENTENTE_OK);
    CHECK(last.arrival == 2);
}

enum { CONFLICTS = 9 };

static enum entente_error
put_conflict(struct store *store, int number)
{
    struct branch_row branch = {.index = 3, .slot = 1, .inc = 2};
    struct segment_row row = row_of(2, 20000), fresh = row_of(3, 20000);

    switch (number) {
    case 0:
        return store_put_room(store, &room_one, bytes_of_text("genesis two"));
    case 1:
        return store_put_branch(store, &room_one, &branch);
    case 2:
        return store_put_register(store, &party_one, 1, bytes_of_text("other"));
    case 3:
        return store_put_proof(store, &room_one, 1, 1, bytes_of_text("other"));
    case 4:
        row.last_id.bytes[31] ^= 1;
        return store_put_segment(store, &room_one, &row, NULL, 0);
    case 5:
        row.payloads.size--;
        return store_put_segment(store, &room_one, &row, NULL, 0);
    case 6: /* overlaps with its beginning only */
        row.arrival = fresh.arrival;
        row.first_seq = row.last_seq;
        row.last_seq += 3;
        return store_put_segment(store, &room_one, &row, NULL, 0);
    case 7: /* the arrival is free, but later ones are not */
        fresh.arrival = 9;
        if (store_put_segment(store, &room_one, &fresh, NULL, 0) != ENTENTE_OK)
            return ENTENTE_ERR_IO;
        fresh = row_of(4, 10);
        return store_put_segment(store, &room_one, &fresh, NULL, 0);
    case 8: /* came before something that is here */
        fresh.arrival = 2;
        return store_put_segment(store, &room_one, &fresh, NULL, 0);
    default:
        fresh.arrival = 1;
        fresh.branch = 4;
        return store_put_segment(store, &room_one, &fresh, NULL, 0);
    }
}

BOTH(a_conflict_is_refused_and_rolls_back)
{
    struct bytes bytes;
    enum entente_error error = ENTENTE_OK;

    (void)kind;
    REQUIRE(put_beginning(store) == ENTENTE_OK && put_batch(store, 1) == ENTENTE_OK);
    for (int i = 0; i < CONFLICTS; i++) {
        CHECK(store_begin(store) == ENTENTE_OK);
        CHECK(store_put_register(store, &party_one, 100, bytes_of_text("lost")) == ENTENTE_OK);
        CHECK(put_conflict(store, i) == ENTENTE_ERR_EXISTS);
        CHECK(store_put_register(store, &party_one, 101, bytes_of_text("no")) == ENTENTE_ERR_USAGE);
        CHECK(store_commit(store) == ENTENTE_OK);
        CHECK(store_register_entry(store, &party_one, 100, &bytes) == ENTENTE_ERR_NOT_FOUND);
        CHECK(bytes.data == NULL);
    }
    CHECK(count_batch(store, 1, &error) == BATCH_ROWS);
    CHECK(put_batch(store, 2) == ENTENTE_OK);
}

BOTH(needs_a_transaction_and_the_room)
{
    struct segment_row row = row_of(1, 10), got;
    struct branch_row branch = {0};
    const struct record_source *source = store_source(store);

    (void)kind;
    CHECK(store_put_room(store, &room_one, bytes_of_text("x")) == ENTENTE_ERR_USAGE);
    CHECK(store_put_branch(store, &room_one, &branch) == ENTENTE_ERR_USAGE);
    CHECK(store_put_segment(store, &room_one, &row, NULL, 0) == ENTENTE_ERR_USAGE);
    CHECK(store_put_proof(store, &room_one, 0, 1, bytes_of_text("x")) == ENTENTE_ERR_USAGE);
    CHECK(store_commit(store) == ENTENTE_OK);
    CHECK(store_begin(store) == ENTENTE_OK && store_begin(store) == ENTENTE_OK);
    CHECK(store_put_segment(store, &room_one, &row, NULL, 0) == ENTENTE_ERR_NOT_FOUND);
    CHECK(source->segment_at(source->state, &room_one, 3, 1, &got) == ENTENTE_ERR_NOT_FOUND);
    /* A room that a rollback took back is gone, although it was the last one used. */
    CHECK(store_begin(store) == ENTENTE_OK);
    CHECK(store_put_room(store, &room_one, bytes_of_text("x")) == ENTENTE_OK);
    CHECK(store_put_segment(store, &room_one, &row, NULL, 0) == ENTENTE_OK);
    CHECK(store_put_room(store, &room_one, bytes_of_text("y")) == ENTENTE_ERR_EXISTS);
    CHECK(store_begin(store) == ENTENTE_OK);
    CHECK(store_put_segment(store, &room_one, &row, NULL, 0) == ENTENTE_ERR_NOT_FOUND);
}

BOTH(a_restart_keeps_what_was_committed_only)
{
    enum entente_error error = ENTENTE_OK;
    struct segment_row row = row_of(3, 5);

    REQUIRE(put_beginning(store) == ENTENTE_OK && put_batch(store, 1) == ENTENTE_OK);
    CHECK(store_begin(store) == ENTENTE_OK);
    CHECK(store_put_segment(store, &room_one, &row, NULL, 0) == ENTENTE_OK);
    CHECK(store_put_register(store, &party_one, 2, bytes_of_text("x")) == ENTENTE_OK);
    store = restart(kind);
    CHECK(count_batch(store, 1, &error) == BATCH_ROWS && count_batch(store, 2, &error) == 0);
    CHECK(put_batch(store, 2) == ENTENTE_OK);
    store = restart(kind);
    CHECK(count_batch(store, 2, &error) == BATCH_ROWS);
}

static struct digest
place_of(uint8_t first)
{
    return (struct digest){{first, 7}};
}

static uint32_t
chunks_here(struct store *store, const struct room_id *room, const struct digest *place)
{
    const struct file_source *files = store_files(store);
    uint32_t count = 0;

    for (uint32_t i = 0; files->next_chunk(files->state, room, place, &i) == ENTENTE_OK; i++)
        count++;
    return count;
}

BOTH(a_file_is_there_in_parts)
{
    static const uint32_t put[] = {0, 3, FILE_CHUNKS_MAX - 1};
    static uint8_t leaves[FILE_LEAVES_BYTES_MAX], sealed[FILE_SEALED_BYTES_MAX];
    const struct file_source *files = store_files(store);
    struct digest root = place_of(1), other = place_of(2);
    struct file_row row = {root, FILE_BYTES_MAX}, got;
    struct bytes bytes;
    uint32_t next = 1;

    REQUIRE(put_beginning(store) == ENTENTE_OK && store_begin(store) == ENTENTE_OK);
    memset(leaves, 'l', sizeof leaves);
    memset(sealed, 's', sizeof sealed);
    CHECK(store_put_room(store, &room_two, bytes_of_text("two")) == ENTENTE_OK);
    CHECK(store_put_file(store, &room_one, &root, &row, (struct bytes){leaves, sizeof leaves}) ==
          ENTENTE_OK);
    for (size_t i = 0; i < 3; i++)
        CHECK(store_put_chunk(store, &room_one, &root, put[i],
                  (struct bytes){sealed, sizeof sealed}) == ENTENTE_OK);
    CHECK(store_commit(store) == ENTENTE_OK);
    store = restart(kind);
    files = store_files(store);
    CHECK(files->file(files->state, &room_one, &root, &got) == ENTENTE_OK);
    CHECK(got.size == FILE_BYTES_MAX && memcmp(&got.place, &root, sizeof root) == 0);
    CHECK(files->leaves(files->state, &room_one, &root, &bytes) == ENTENTE_OK);
    CHECK(bytes_equal(bytes, (struct bytes){leaves, sizeof leaves}));
    CHECK(files->next_chunk(files->state, &room_one, &root, &next) == ENTENTE_OK && next == 3);
    CHECK(files->chunk(files->state, &room_one, &root, 3, &bytes) == ENTENTE_OK);
    CHECK(bytes_equal(bytes, (struct bytes){sealed, sizeof sealed}));
    CHECK(files->chunk(files->state, &room_one, &root, 2, &bytes) == ENTENTE_ERR_NOT_FOUND);
    CHECK(chunks_here(store, &room_one, &root) == 3);
    CHECK(chunks_here(store, &room_one, &other) == 0);
    CHECK(files->file(files->state, &room_one, &other, &got) == ENTENTE_ERR_NOT_FOUND);
    CHECK(files->file(files->state, &room_two, &root, &got) == ENTENTE_ERR_NOT_FOUND);
    CHECK(chunks_here(store, &room_two, &root) == 0);
}

BOTH(a_file_is_removed_in_steps)
{
    static uint8_t leaves[5 * ID_BYTES];
    struct digest root = place_of(1), other = place_of(2);
    struct file_row row = {root, 5 * FILE_CHUNK_BYTES}, other_row = {other, 1}, got;
    const struct file_source *files;
    uint32_t count = 3;

    REQUIRE(put_beginning(store) == ENTENTE_OK && store_begin(store) == ENTENTE_OK);
    CHECK(store_put_file(store, &room_one, &root, &row, (struct bytes){leaves, sizeof leaves}) ==
          ENTENTE_OK);
    CHECK(store_put_file(store, &room_one, &other, &other_row, (struct bytes){leaves, ID_BYTES}) ==
          ENTENTE_OK);
    for (uint32_t i = 0; i < 5; i++)
        CHECK(store_put_chunk(store, &room_one, &root, i, bytes_of_text("x")) == ENTENTE_OK);
    CHECK(store_put_chunk(store, &room_one, &other, 0, bytes_of_text("y")) == ENTENTE_OK);
    CHECK(store_commit(store) == ENTENTE_OK && store_begin(store) == ENTENTE_OK);
    CHECK(store_remove_file(store, &room_one, &root, &count) == ENTENTE_OK && count == 3);
    store = restart(kind); /* without a commit: it is all there */
    CHECK(chunks_here(store, &room_one, &root) == 5 && store_begin(store) == ENTENTE_OK);
    CHECK(store_remove_file(store, &room_one, &root, &count) == ENTENTE_OK && count == 3);
    CHECK(chunks_here(store, &room_one, &root) == 2 && store_commit(store) == ENTENTE_OK);
    store = restart(kind);
    files = store_files(store);
    CHECK(files->file(files->state, &room_one, &root, &got) == ENTENTE_OK);
    CHECK(chunks_here(store, &room_one, &root) == 2 && store_begin(store) == ENTENTE_OK);
    CHECK(store_remove_file(store, &room_one, &root, &count) == ENTENTE_OK && count == 2);
    CHECK(store_remove_file(store, &room_one, &root, &count) == ENTENTE_ERR_NOT_FOUND);
    CHECK(files->file(files->state, &room_one, &root, &got) == ENTENTE_ERR_NOT_FOUND);
    /* It may come again, in the same transaction; the other file never went. */
    CHECK(store_put_chunk(store, &room_one, &root, 1, bytes_of_text("z")) == ENTENTE_OK);
    CHECK(store_commit(store) == ENTENTE_OK);
    store = restart(kind);
    CHECK(chunks_here(store, &room_one, &root) == 1 && chunks_here(store, &room_one, &other) == 1);
}

BOTH(an_upload_that_was_not_ended_is_swept)
{
    static uint8_t leaves[ID_BYTES];
    struct digest ended = place_of(1), open = place_of(2), root = place_of(3);
    struct file_row row = {ended, 1};
    uint32_t count = 2;

    REQUIRE(put_beginning(store) == ENTENTE_OK && store_begin(store) == ENTENTE_OK);
    CHECK(store_begin_upload(store, &room_one, &ended) == ENTENTE_OK);
    CHECK(store_begin_upload(store, &room_one, &open) == ENTENTE_OK);
    CHECK(store_put_chunk(store, &room_one, &ended, 0, bytes_of_text("x")) == ENTENTE_OK);
    for (uint32_t i = 0; i < 3; i++)
        CHECK(store_put_chunk(store, &room_one, &open, i, bytes_of_text("x")) == ENTENTE_OK);
    CHECK(store_put_file(store, &room_one, &root, &row, (struct bytes){leaves, ID_BYTES}) ==
          ENTENTE_OK);
    CHECK(store_commit(store) == ENTENTE_OK);
    store = restart(kind);
    CHECK(store_sweep_uploads(store, &count) == ENTENTE_ERR_USAGE);
    CHECK(store_begin(store) == ENTENTE_OK);
    CHECK(store_remove_upload(store, &room_one, &ended, &count) == ENTENTE_ERR_NOT_FOUND);
    CHECK(store_remove_upload(store, &room_one, &open, &count) == ENTENTE_OK && count == 2);
    CHECK(store_sweep_uploads(store, &count) == ENTENTE_OK && count == 1);
    CHECK(store_sweep_uploads(store, &count) == ENTENTE_ERR_NOT_FOUND);
    CHECK(store_commit(store) == ENTENTE_OK);
    store = restart(kind);
    CHECK(chunks_here(store, &room_one, &open) == 0 && chunks_here(store, &room_one, &ended) == 1);
}

/* SQLite's own account of its memory: sanitizers would hide ours in theirs. */
BOTH(stays_small_with_100000_segments)
{
    enum { COUNT = 100000, MEMORY_MAX = 8 << 20 };
    const struct record_source *source = store_source(store);
    struct segment_row row;
    enum entente_error error = put_beginning(store);

    sqlite3_memory_highwater(1);
    for (uint32_t i = 1; i <= COUNT && error == ENTENTE_OK; i++) {
        row = row_of(i, 200);
        error = store_begin(store);
        if (error == ENTENTE_OK)
            error = store_put_segment(store, &room_one, &row, NULL, 0);
        if (error == ENTENTE_OK && i % 5000 == 0)
            error = store_commit(store);
    }
    CHECK(error == ENTENTE_OK);
    CHECK(store_begin(store) == ENTENTE_OK); /* within one, a walk goes on where it was */
    uint32_t count = 0;
    row.arrival = 0;
    while (source->segment_after(source->state, &room_one, row.arrival, &row) == ENTENTE_OK) {
        struct segment_row wanted = row_of(++count, 200);
        if (!row_equal(&row, &wanted))
            break;
    }
    CHECK(count == COUNT);
    CHECK(source->segment_after(source->state, &room_one, 0x104, &row) == ENTENTE_OK && row.arrival == 0x105);
    CHECK(source->segment_after(source->state, &room_one, 0x1FF, &row) == ENTENTE_OK && row.arrival == 0x200);
    printf("# SQLite took %d kB at most\n", (int)(sqlite3_memory_highwater(0) / 1024));
    if (kind == &sqlite)
        CHECK(sqlite3_memory_highwater(0) < MEMORY_MAX);
}

TEST(memory_a_snapshot_is_what_is_durable)
{
    struct digest removed = {{0x40, 1}}; /* the file of batch 1 */
    struct store *store, *copy;
    enum entente_error error = ENTENTE_OK;
    uint32_t chunks = 3;

    REQUIRE(store_open_memory(&store) == ENTENTE_OK);
    CHECK(put_beginning(store) == ENTENTE_OK && put_batch(store, 1) == ENTENTE_OK);
    CHECK(store_begin(store) == ENTENTE_OK);
    CHECK(store_put_register(store, &party_one, 2, bytes_of_text("x")) == ENTENTE_OK);
    CHECK(store_remove_file(store, &room_one, &removed, &chunks) == ENTENTE_OK);
    CHECK(store_memory_snapshot(store, &copy) == ENTENTE_OK);
    CHECK(store_commit(store) == ENTENTE_OK && file_here(store, 1, &error) == 0);
    store_close(store);
    CHECK(file_here(copy, 1, &error) == 1);
    CHECK(count_batch(copy, 1, &error) == BATCH_ROWS && count_batch(copy, 2, &error) == 0);
    CHECK(put_batch(copy, 2) == ENTENTE_OK);
    store_close(copy);
}

TEST(sqlite_a_second_process_is_locked_out)
{
    struct store *store, *second;
    enum entente_error error = ENTENTE_OK;
    int status = -1;

    REQUIRE(open_file(&store) == ENTENTE_OK);
    CHECK(store_open_sqlite(&second, path) == ENTENTE_ERR_LOCKED && second == NULL);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit(store_open_sqlite(&second, path) == ENTENTE_ERR_LOCKED ? 0 : 1);
    CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    CHECK(put_beginning(store) == ENTENTE_OK && put_batch(store, 1) == ENTENTE_OK);
    CHECK(count_batch(store, 1, &error) == BATCH_ROWS);
    store_close(store);
    CHECK(store_open_sqlite(&second, path) == ENTENTE_OK);
    store_close(second);
}

static void
change_file(const char *text)
{
    sqlite3 *database;

    CHECK(sqlite3_open(path, &database) == SQLITE_OK);
    CHECK(sqlite3_exec(database, text, NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(database);
}

TEST(sqlite_refuses_files_that_are_not_its_own)
{
    struct store *store;

    REQUIRE(open_file(&store) == ENTENTE_OK);
    store_close(store);
    change_file("PRAGMA user_version = 2");
    CHECK(store_open_sqlite(&store, path) == ENTENTE_ERR_NEWER_STORE && store == NULL);
    change_file("PRAGMA user_version = 1; PRAGMA application_id = 7");
    CHECK(store_open_sqlite(&store, path) == ENTENTE_ERR_CORRUPT);
    change_file("PRAGMA application_id = 0x456e7465");
    CHECK(store_open_sqlite(&store, path) == ENTENTE_OK);
    store_close(store);
    change_file("DROP TABLE row");
    CHECK(store_open_sqlite(&store, path) == ENTENTE_ERR_CORRUPT);
    unlink(path);
    change_file("CREATE TABLE other (a)");
    CHECK(store_open_sqlite(&store, path) == ENTENTE_ERR_CORRUPT);

    FILE *file = fopen(path, "w");
    REQUIRE(file != NULL);
    for (int i = 0; i < 5000; i++)
        fputc(i % 251, file);
    fclose(file);
    CHECK(store_open_sqlite(&store, path) == ENTENTE_ERR_CORRUPT);
    unlink(path);
    CHECK(store_open_sqlite(&store, "/nonexistent/store") == ENTENTE_ERR_IO && store == NULL);
}

static int
run_all(int argc, char **argv)
{
    const struct test_case cases[] = {
        CASES(gives_back_what_was_put),
        CASES(walks_segments),
        CASES(walks_specials_in_the_order_of_detail_and_seq),
        CASES(views_last_until_the_next_call),
        CASES(a_duplicate_changes_nothing),
        CASES(a_conflict_is_refused_and_rolls_back),
        CASES(needs_a_transaction_and_the_room),
        CASES(a_restart_keeps_what_was_committed_only),
        CASES(a_file_is_there_in_parts),
        CASES(a_file_is_removed_in_steps),
        CASES(an_upload_that_was_not_ended_is_swept),
        CASES(stays_small_with_100000_segments),
        CASE(memory_a_snapshot_is_what_is_durable),
        CASE(sqlite_a_second_process_is_locked_out),
        CASE(sqlite_refuses_files_that_are_not_its_own),
    };
    return test_run(cases, sizeof cases / sizeof cases[0], argc, argv);
}

int
main(int argc, char **argv)
{
    const char *base = getenv("TMPDIR");

    snprintf(folder, sizeof folder, "%.40s/entente-XXXXXX", base == NULL ? "/tmp" : base);
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/store", folder);
    int status = run_all(argc, argv);
    unlink(path);
    rmdir(folder);
    return status;
}
