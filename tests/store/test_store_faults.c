/*
 * Goal: whatever a disk does, what was committed is there, nothing is there by half, and the store
 * goes on when the cause is gone.
 * Method: a fixed run of transactions on a disk in memory (disk.h); the n-th read, write and sync
 * fails, once or as a power cut that tears writes, for every n; a full and a read-only disk; and
 * damaged pages, of which every row must come back as it was or not at all.
 */
#include "store/disk.h"
#include "store/sample.h"

#include <sqlite3.h>

enum {
    BATCHES_FEW = 4,
    BATCHES_MANY =
        80, /* the WAL goes back into the file within the run, not only when it is closed */
};

static uint32_t batches = BATCHES_FEW;

/* Commits up to `batches` and returns how many succeeded; each failed one is tried `tries` times.
 */
static uint32_t
run_batches(struct store *store, uint32_t from, int tries)
{
    enum entente_error error = ENTENTE_ERR_IO;

    for (int i = 0; i < tries && error != ENTENTE_OK; i++)
        error = put_beginning(store);
    for (uint32_t number = from; error == ENTENTE_OK && number <= batches; number++) {
        error = ENTENTE_ERR_IO;
        for (int i = 0; i < tries && error != ENTENTE_OK; i++)
            error = put_batch(store, number);
        if (error != ENTENTE_OK)
            return number - 1;
    }
    return error == ENTENTE_OK ? batches : 0;
}

/* `committed` batches are whole, the next one is whole or absent, the others are absent. */
static bool
holds(struct store *store, uint32_t committed)
{
    enum entente_error error = ENTENTE_OK;
    uint32_t last = committed;

    for (uint32_t number = 1; number <= batches + 1; number++) {
        int rows = count_batch(store, number, &error);
        bool is_whole = rows == BATCH_ROWS, is_absent = rows == 0;
        if (number <= committed ? !is_whole : !is_absent && !(number == committed + 1 && is_whole))
            return false;
        if (is_whole)
            last = number;
    }
    return file_here(store, batches + 1, &error) == (int)last && error == ENTENTE_OK;
}

/* The file is sound by SQLite's own check, too. */
static bool
is_sound(void)
{
    sqlite3 *database;
    sqlite3_stmt *statement = NULL;
    bool sound = false;

    if (sqlite3_open("store", &database) == SQLITE_OK &&
        sqlite3_exec(database, "PRAGMA locking_mode = EXCLUSIVE", NULL, NULL, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(database, "PRAGMA integrity_check", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        sound = strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return sound;
}

/* One run in which the n-th call fails once.  False when the run is over before it. */
static bool
fail_once(enum disk_call call, uint64_t number, int code)
{
    struct store *store;

    disk_install();
    disk_fail(call, number, code);
    if (store_open_sqlite(&store, "store") != ENTENTE_OK) {
        CHECK(disk_has_failed() && store == NULL);
        CHECK(store_open_sqlite(&store, "store") == ENTENTE_OK);
    }
    CHECK(store != NULL && run_batches(store, 1, 2) == batches && holds(store, batches));
    store_close(store);
    bool has_failed = disk_has_failed();
    disk_fail(call, 0, SQLITE_OK);
    CHECK(store_open_sqlite(&store, "store") == ENTENTE_OK);
    CHECK(store != NULL && holds(store, batches));
    store_close(store);
    CHECK(is_sound());
    disk_remove();
    return has_failed;
}

/* One run in which the power goes at the n-th call. */
static bool
cut_power(enum disk_call call, uint64_t number, uint64_t seed)
{
    struct store *store;
    uint32_t committed = 0;

    disk_install();
    disk_cut(call, number);
    if (store_open_sqlite(&store, "store") == ENTENTE_OK)
        committed = run_batches(store, 1, 1);
    store_close(store);
    bool has_failed = disk_has_failed();
    disk_power_on(seed);
    CHECK(store_open_sqlite(&store, "store") == ENTENTE_OK);
    CHECK(store != NULL && holds(store, committed));
    CHECK(store != NULL && run_batches(store, committed + 1, 1) == batches);
    CHECK(store != NULL && holds(store, batches));
    store_close(store);
    CHECK(is_sound());
    disk_remove();
    return has_failed;
}

TEST(every_call_fails_once)
{
    static const int codes[DISK_CALLS] = {
        SQLITE_IOERR_READ, SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC};

    for (size_t call = 0; call < DISK_CALLS; call++) {
        uint64_t number = 1;
        while (fail_once((enum disk_call)call, number, codes[call]) && test_failures == 0)
            number++;
        printf("# call %zu: %d places\n", call, (int)number - 1);
        CHECK(number > 5);
    }
}

static void
cut_power_at_every(enum disk_call call, uint64_t step, uint64_t tries)
{
    uint64_t number = 1;
    bool goes_on = true;

    for (; goes_on && test_failures == 0; number += step)
        for (uint64_t seed = 1; seed <= tries; seed++)
            goes_on = cut_power(call, number, seed * 1000 + number);
    printf("# call %d: up to number %d\n", (int)call, (int)(number - step));
    CHECK(number > 10);
}

TEST(the_power_goes_at_every_call)
{
    cut_power_at_every(DISK_WRITE, 1, 2);
    cut_power_at_every(DISK_SYNC, 1, 2);
}

TEST(the_power_goes_while_the_wal_goes_back)
{
    batches = BATCHES_MANY;
    cut_power_at_every(DISK_WRITE, 101, 1);
    cut_power_at_every(DISK_SYNC, 11, 1);
    batches = BATCHES_FEW;
}

/* Every write of the memory maker, for the simulator: the same promises. */
TEST(memory_every_write_fails_once)
{
    uint64_t number = 1;

    for (bool goes_on = true; goes_on && test_failures == 0; number++) {
        struct store *store;
        REQUIRE(store_open_memory(&store) == ENTENTE_OK);
        store_memory_fail_after(store, number, ENTENTE_ERR_DISK_FULL);
        uint32_t committed = run_batches(store, 1, 1);
        goes_on = committed < batches;
        store_memory_fail_after(store, 0, ENTENTE_OK);
        store_memory_crash(store);
        CHECK(holds(store, committed));
        enum entente_error error = ENTENTE_OK;
        CHECK(count_batch(store, committed + 1, &error) == 0); /* not even whole */
        CHECK(file_here(store, batches, &error) == (int)committed);
        CHECK(run_batches(store, committed + 1, 1) == batches && holds(store, batches));
        store_close(store);
    }
    CHECK(number > batches * (BATCH_ROWS + 6));
}

TEST(a_full_disk_is_said_and_left_behind)
{
    struct store *store;
    enum entente_error error;

    disk_install();
    REQUIRE(store_open_sqlite(&store, "store") == ENTENTE_OK);
    CHECK(put_beginning(store) == ENTENTE_OK && put_batch(store, 1) == ENTENTE_OK);
    disk_set_full(true);
    for (int i = 0; i < 3; i++)
        CHECK(put_batch(store, 2) == ENTENTE_ERR_DISK_FULL);
    CHECK(holds(store, 1) && count_batch(store, 2, &error) == 0);
    disk_set_full(false);
    CHECK(run_batches(store, 2, 1) == batches && holds(store, batches));
    store_close(store);
    disk_set_full(true);
    CHECK(store_open_sqlite(&store, "other") == ENTENTE_ERR_DISK_FULL && store == NULL);
    disk_remove();
}

TEST(a_read_only_disk_is_said)
{
    struct store *store;

    disk_install();
    disk_set_read_only(true);
    CHECK(store_open_sqlite(&store, "store") == ENTENTE_ERR_READ_ONLY && store == NULL);
    disk_set_read_only(false);
    REQUIRE(store_open_sqlite(&store, "store") == ENTENTE_OK);
    CHECK(put_beginning(store) == ENTENTE_OK && put_batch(store, 1) == ENTENTE_OK);
    disk_set_read_only(true);
    CHECK(put_batch(store, 2) == ENTENTE_ERR_READ_ONLY);
    disk_set_read_only(false);
    CHECK(put_batch(store, 2) == ENTENTE_OK && holds(store, 2));
    store_close(store);
    disk_set_read_only(true);
    CHECK(store_open_sqlite(&store, "store") == ENTENTE_ERR_READ_ONLY && store == NULL);
    disk_remove();
}

/* Reads all of a damaged file.  Counts what could not be read; false when a row was wrong. */
static bool
read_damaged(uint32_t *refused)
{
    struct store *store;

    enum entente_error error = store_open_sqlite(&store, "store");
    if (error != ENTENTE_OK) {
        ++*refused;
        return error == ENTENTE_ERR_CORRUPT;
    }
    bool good = true;
    for (uint32_t number = 1; number <= batches; number++) {
        error = ENTENTE_OK;
        int rows = count_batch(store, number, &error);
        if (rows == BATCH_ROWS)
            continue;
        ++*refused;
        /* A damaged key hides its row: that is NOT_FOUND.  Anything else must say CORRUPT. */
        good = good && (error == ENTENTE_ERR_CORRUPT || (error == ENTENTE_OK && rows >= 0));
    }
    store_close(store);
    return good;
}

TEST(damaged_pages_are_refused_and_never_believed)
{
    enum { DAMAGES = 400 };
    struct store *store;
    size_t size;
    uint64_t chance = 5;
    uint32_t refused = 0, unnoticed = 0;

    disk_install();
    REQUIRE(store_open_sqlite(&store, "store") == ENTENTE_OK);
    batches = 30;
    CHECK(run_batches(store, 1, 1) == batches);
    store_close(store);
    uint8_t *data = disk_file("store", &size);
    REQUIRE(data != NULL);
    uint8_t *good = malloc(size);
    REQUIRE(good != NULL);
    memcpy(good, data, size);
    for (int i = 0; i < DAMAGES && test_failures == 0; i++) {
        size_t at = (size_t)(test_random(&chance) % size);
        size_t length = i % 3 == 0 ? 1 : i % 3 == 1 ? 16 : 4096;
        for (size_t j = at; j < at + length && j < size; j++)
            data[j] ^= (uint8_t)(test_random(&chance) | 1);
        uint32_t before = refused;
        CHECK(read_damaged(&refused));
        unnoticed += refused == before;
        data = disk_file("store", &size);
        memcpy(data, good, size);
    }
    printf("# %u damages of no consequence\n", unnoticed);
    CHECK(unnoticed < DAMAGES / 4); /* only unused parts of pages and columns that nobody reads */
    free(good);
    batches = BATCHES_FEW;
    disk_remove();
}

TEST_MAIN(CASE(every_call_fails_once), CASE(the_power_goes_at_every_call),
    CASE(the_power_goes_while_the_wal_goes_back), CASE(memory_every_write_fails_once),
    CASE(a_full_disk_is_said_and_left_behind), CASE(a_read_only_disk_is_said),
    CASE(damaged_pages_are_refused_and_never_believed))
