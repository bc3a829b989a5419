/* The maker that keeps rows in one SQLite file. */
#include "store/handed.h"
#include "store/maker.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#define APPLICATION_ID 0x456e7465 /* "Ente": what file(1) and we know our files by */
#define SCHEMA_VERSION 1

enum statement {
    BEGIN,
    SNAPSHOT,
    COMMIT,
    ROLLBACK,
    PUT,
    FIRST_FROM,
    LAST_UP_TO,
    FIRST_KEY_FROM,
    REMOVE,
    STATEMENTS
};

static const char *const texts[STATEMENTS] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [SNAPSHOT] = "BEGIN",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [PUT] = "INSERT INTO row (key, value) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
    [FIRST_FROM] = "SELECT key, value FROM row WHERE key >= ?1 ORDER BY key",
    [LAST_UP_TO] = "SELECT key, value FROM row WHERE key <= ?1 ORDER BY key DESC LIMIT 1",
    [FIRST_KEY_FROM] = "SELECT key FROM row WHERE key >= ?1 ORDER BY key LIMIT 1",
    [REMOVE] = "DELETE FROM row WHERE key = ?1",
};

/*
 * Others may read meanwhile: the index of the WAL is a mapped file, as SQLite has it by default.
 * Nothing is written before page_size.
 *
 * Pages of 16 KiB, as measured with bench/store_rate: a segment of 35 kB is two or three of them,
 * so a bulk load takes half the time that it takes with 4 KiB, and one small commit (three pages)
 * still costs what the disk's own sync costs.  At 32 KiB the small commit gets slower and the cache
 * larger. The WAL goes back into the file every 8 MiB: longer ones only make that pause longer.
 */
static const char settings[] = "PRAGMA trusted_schema = OFF;"
                               "PRAGMA cell_size_check = ON;"
                               "PRAGMA temp_store = MEMORY;"
                               "PRAGMA secure_delete = ON;"
                               "PRAGMA mmap_size = 0;"
                               "PRAGMA page_size = 16384;"
                               "PRAGMA synchronous = FULL;"
                               "PRAGMA wal_autocheckpoint = 512;"
                               "PRAGMA journal_size_limit = 67108864;";

/* Each commit of the writer takes a reader's pages away: it has few. */
static const char reading_settings[] = "PRAGMA trusted_schema = OFF;"
                                       "PRAGMA cell_size_check = ON;"
                                       "PRAGMA query_only = ON;"
                                       "PRAGMA temp_store = MEMORY;"
                                       "PRAGMA mmap_size = 0;"
                                       "PRAGMA cache_size = -2048;";

/* After the file's pages are known: SQLite turns the size into a number of pages at once. */
static const char cache_setting[] = "PRAGMA cache_size = -4096";

/*
 * Rows carry values of some 35 kB: a rowid table keeps them out of the tree of keys, and appends
 * them to the file in the order in which they come.
 */
static const char schema[] =
    "CREATE TABLE row (number INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, value BLOB NOT NULL)";

struct sqlite {
    struct store store;
    sqlite3 *database;
    sqlite3_stmt *statements[STATEMENTS];
    sqlite3_stmt *shown; /* the one whose row the caller may still look at */
    int guard;           /* the writer's lock on the file; -1: none */
};

static struct sqlite *
sqlite_of(struct store *store)
{
    return (struct sqlite *)store;
}

static enum entente_error
error_of_system(int system_errno)
{
    switch (system_errno) {
    case ENOSPC:
    case EDQUOT:
        return ENTENTE_ERR_DISK_FULL;
    case EROFS:
    case EACCES:
    case EPERM:
        return ENTENTE_ERR_READ_ONLY;
    default:
        return ENTENTE_ERR_IO;
    }
}

/*
 * What the system said of the file that failed, where it did.  sqlite3_system_errno() has often
 * been overwritten by what SQLite does after the failure.
 */
static int
last_errno(sqlite3 *database)
{
    sqlite3_file *log = NULL;
    int number = 0;

    if (sqlite3_file_control(database, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK &&
        log != NULL && log->pMethods != NULL)
        (void)log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &number);
    if (number == 0)
        (void)sqlite3_file_control(database, "main", SQLITE_FCNTL_LAST_ERRNO, &number);
    return number != 0 ? number : sqlite3_system_errno(database);
}

/* SQLite's codes are many; these are the ones with an own reaction. */
static enum entente_error
error_of(sqlite3 *database, int code)
{
    if (code == SQLITE_IOERR_NOMEM)
        return ENTENTE_ERR_NO_MEMORY;
    if (code == SQLITE_IOERR_CORRUPTFS)
        return ENTENTE_ERR_CORRUPT;
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return ENTENTE_OK;
    case SQLITE_FULL:
        return ENTENTE_ERR_DISK_FULL;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
    case SQLITE_TOOBIG:
        return ENTENTE_ERR_CORRUPT;
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return ENTENTE_ERR_READ_ONLY;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ENTENTE_ERR_LOCKED;
    case SQLITE_NOMEM:
        return ENTENTE_ERR_NO_MEMORY;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        return error_of_system(last_errno(database));
    default:
        return ENTENTE_ERR_IO;
    }
}

static void
hide(struct sqlite *sqlite)
{
    if (sqlite->shown != NULL)
        sqlite3_reset(sqlite->shown);
    sqlite->shown = NULL;
}

static enum entente_error
run(struct sqlite *sqlite, enum statement which)
{
    hide(sqlite);
    sqlite3_step(sqlite->statements[which]);
    return error_of(sqlite->database, sqlite3_reset(sqlite->statements[which]));
}

static enum entente_error
execute(struct sqlite *sqlite, const char *text)
{
    return error_of(sqlite->database, sqlite3_exec(sqlite->database, text, NULL, NULL, NULL));
}

/* The one number that `text` answers. */
static enum entente_error
ask(struct sqlite *sqlite, const char *text, int64_t *answer)
{
    sqlite3_stmt *statement = NULL;

    *answer = 0;
    int code = sqlite3_prepare_v2(sqlite->database, text, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *answer = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return error_of(sqlite->database, code);
}

static void
sqlite_rollback(struct store *store)
{
    struct sqlite *sqlite = sqlite_of(store);

    hide(sqlite);
    /* SQLite has often rolled back on its own; what fails here, begin() meets again. */
    if (!sqlite3_get_autocommit(sqlite->database))
        (void)run(sqlite, ROLLBACK);
}

static enum entente_error
sqlite_begin(struct store *store)
{
    struct sqlite *sqlite = sqlite_of(store);

    if (!sqlite3_get_autocommit(sqlite->database)) {
        enum entente_error error = run(sqlite, ROLLBACK);
        if (error != ENTENTE_OK)
            return error;
    }
    return run(sqlite, BEGIN);
}

static enum entente_error
sqlite_commit(struct store *store)
{
    return run(sqlite_of(store), COMMIT);
}

static int
bind(sqlite3_stmt *statement, int place, struct bytes bytes)
{
    return sqlite3_bind_blob64(statement, place, bytes.size > 0 ? bytes.data : (const uint8_t *)"",
        bytes.size, SQLITE_STATIC);
}

static enum entente_error
sqlite_put(struct store *store, struct bytes key, struct bytes value)
{
    struct sqlite *sqlite = sqlite_of(store);
    sqlite3_stmt *statement = sqlite->statements[PUT];

    hide(sqlite);
    int code = bind(statement, 1, key);
    if (code == SQLITE_OK)
        code = bind(statement, 2, value);
    if (code == SQLITE_OK) {
        sqlite3_step(statement);
        code = sqlite3_reset(statement);
    }
    sqlite3_clear_bindings(statement); /* they point to the caller's memory */
    if (code != SQLITE_OK)
        return error_of(sqlite->database, code);
    return sqlite3_changes(sqlite->database) == 1 ? ENTENTE_OK : ENTENTE_ERR_EXISTS;
}

static enum entente_error
sqlite_remove(struct store *store, struct bytes key)
{
    struct sqlite *sqlite = sqlite_of(store);
    sqlite3_stmt *statement = sqlite->statements[REMOVE];

    hide(sqlite);
    int code = bind(statement, 1, key);
    if (code == SQLITE_OK) {
        sqlite3_step(statement);
        code = sqlite3_reset(statement);
    }
    sqlite3_clear_bindings(statement);
    return error_of(sqlite->database, code);
}

static struct bytes
column(sqlite3_stmt *statement, int place)
{
    const uint8_t *data = sqlite3_column_blob(statement, place);

    return (struct bytes){data, (size_t)sqlite3_column_bytes(statement, place)};
}

static enum entente_error
show_key(sqlite3_stmt *statement, struct bytes key, size_t prefix_size, struct row *row)
{
    if (sqlite3_column_type(statement, 0) != SQLITE_BLOB)
        return ENTENTE_ERR_CORRUPT;
    row->key = column(statement, 0);
    if (row->key.size < prefix_size || memcmp(row->key.data, key.data, prefix_size) != 0)
        return ENTENTE_ERR_NOT_FOUND;
    return row->key.size > KEY_BYTES_MAX ? ENTENTE_ERR_CORRUPT : ENTENTE_OK;
}

/*
 * The value of the row that was found.  It may span pages that were not read yet: if that fails,
 * SQLite gives NULL and keeps the error.
 */
static enum entente_error
show_value(struct sqlite *sqlite, sqlite3_stmt *statement, struct row *row)
{
    row->value = column(statement, 1);
    if (row->value.size > VALUE_BYTES_MAX)
        return ENTENTE_ERR_CORRUPT;
    if (row->value.data == NULL) {
        enum entente_error error =
            error_of(sqlite->database, sqlite3_extended_errcode(sqlite->database));
        return error == ENTENTE_OK ? ENTENTE_ERR_CORRUPT : error;
    }
    return ENTENTE_OK;
}

/*
 * Whether the row from `key` on is the one behind the row that is shown: it is where no key fits between them.
 * Who walks through rows asks like that.  Within a snapshot only: without one, the shown row may be of the past.
 */
static bool
is_next(struct sqlite *sqlite, enum statement which, struct bytes key)
{
    if (which != FIRST_FROM || sqlite->shown != sqlite->statements[FIRST_FROM] ||
        sqlite3_get_autocommit(sqlite->database) || key.size == 0)
        return false;
    struct bytes shown = column(sqlite->shown, 0);
    if (shown.size != key.size)
        return false;
    size_t last = key.size - 1;
    while (last > 0 && key.data[last] == 0 && shown.data[last] == 0xFF)
        last--;
    return memcmp(shown.data, key.data, last) == 0 && key.data[last] != 0 &&
           shown.data[last] == key.data[last] - 1;
}

static enum entente_error
seek(struct sqlite *sqlite, enum statement which, struct bytes key, size_t prefix_size,
    struct row *row)
{
    sqlite3_stmt *statement = sqlite->statements[which];
    enum entente_error error;

    int code = SQLITE_OK;
    if (!is_next(sqlite, which, key)) {
        hide(sqlite);
        /* Copied: the caller's key is gone before the statement is. */
        code = sqlite3_bind_blob64(statement, 1, key.data, key.size, SQLITE_TRANSIENT);
    }
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    sqlite->shown = statement;
    if (code == SQLITE_ROW)
        error = show_key(statement, key, prefix_size, row);
    else
        error = code == SQLITE_DONE ? ENTENTE_ERR_NOT_FOUND : error_of(sqlite->database, code);
    if (error == ENTENTE_OK && which != FIRST_KEY_FROM)
        error = show_value(sqlite, statement, row);
    if (error != ENTENTE_OK)
        hide(sqlite);
    return error;
}

static enum entente_error
sqlite_first_from(struct store *store, struct bytes key, size_t prefix_size, struct row *row)
{
    return seek(sqlite_of(store), FIRST_FROM, key, prefix_size, row);
}

static enum entente_error
sqlite_last_up_to(struct store *store, struct bytes key, size_t prefix_size, struct row *row)
{
    return seek(sqlite_of(store), LAST_UP_TO, key, prefix_size, row);
}

static enum entente_error
sqlite_first_key_from(
    struct store *store, struct bytes key, size_t prefix_size, struct bytes *found)
{
    struct row row;

    enum entente_error error = seek(sqlite_of(store), FIRST_KEY_FROM, key, prefix_size, &row);
    *found = error == ENTENTE_OK ? row.key : (struct bytes){0};
    return error;
}

static void
sqlite_close(struct store *store)
{
    struct sqlite *sqlite = sqlite_of(store);

    for (size_t i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(sqlite->statements[i]);
    sqlite3_close(sqlite->database);
    if (sqlite->guard >= 0)
        close(sqlite->guard); /* not before: it would take SQLite's own locks away */
    free(sqlite);
}

/* ---- reading only ---- */

static enum entente_error
reading_refuses(struct store *store)
{
    (void)store;
    return ENTENTE_ERR_READ_ONLY;
}

static enum entente_error
reading_refuses_put(struct store *store, struct bytes key, struct bytes value)
{
    (void)store;
    (void)key;
    (void)value;
    return ENTENTE_ERR_READ_ONLY;
}

static enum entente_error
reading_refuses_removal(struct store *store, struct bytes key)
{
    (void)store;
    (void)key;
    return ENTENTE_ERR_READ_ONLY;
}

static enum entente_error
reading_snapshot(struct store *store)
{
    sqlite_rollback(store); /* where the last one could not be ended */
    return run(sqlite_of(store), SNAPSHOT);
}

static const struct store_maker reading_maker = {
    .close = sqlite_close,
    .begin = reading_refuses,
    .commit = reading_refuses,
    .rollback = sqlite_rollback,
    .put = reading_refuses_put,
    .first_from = sqlite_first_from,
    .last_up_to = sqlite_last_up_to,
    .first_key_from = sqlite_first_key_from,
    .remove = reading_refuses_removal,
    .snapshot = reading_snapshot,
    .snapshot_end = sqlite_rollback,
};

static const struct store_maker sqlite_maker = {
    .close = sqlite_close,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .put = sqlite_put,
    .first_from = sqlite_first_from,
    .last_up_to = sqlite_last_up_to,
    .first_key_from = sqlite_first_key_from,
    .remove = sqlite_remove,
};

static enum entente_error
create_schema(struct sqlite *sqlite)
{
    char *text = sqlite3_mprintf("BEGIN; %s; PRAGMA application_id = %d; PRAGMA user_version = %d;"
                                 "COMMIT;",
        schema, APPLICATION_ID, SCHEMA_VERSION);
    enum entente_error error = text == NULL ? ENTENTE_ERR_NO_MEMORY : execute(sqlite, text);

    sqlite3_free(text);
    return error;
}

/* A new file gets our schema, where it may be written; any other must have it. */
static enum entente_error
check_schema(struct sqlite *sqlite, bool may_create)
{
    int64_t application, version, tables;

    enum entente_error error = ask(sqlite, "PRAGMA application_id", &application);
    if (error == ENTENTE_OK)
        error = ask(sqlite, "PRAGMA user_version", &version);
    if (error == ENTENTE_OK)
        error = ask(sqlite, "SELECT count(*) FROM sqlite_schema", &tables);
    if (error != ENTENTE_OK)
        return error;
    if (may_create && application == 0 && version == 0 && tables == 0)
        return create_schema(sqlite);
    if (application != APPLICATION_ID || version < 1)
        return ENTENTE_ERR_CORRUPT;
    return version > SCHEMA_VERSION ? ENTENTE_ERR_NEWER_STORE : ENTENTE_OK;
}

static enum entente_error
prepare(struct sqlite *sqlite)
{
    for (size_t i = 0; i < STATEMENTS; i++) {
        int code = sqlite3_prepare_v3(sqlite->database, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
            &sqlite->statements[i], NULL);
        if (code == SQLITE_ERROR)
            return ENTENTE_ERR_CORRUPT; /* our version, but not our table */
        if (code != SQLITE_OK)
            return error_of(sqlite->database, code);
    }
    return ENTENTE_OK;
}

static enum entente_error
open_database(struct sqlite *sqlite, const char *path, int flags)
{
    int code = sqlite3_open_v2(
        path, &sqlite->database, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);

    if (code != SQLITE_OK)
        return error_of(sqlite->database, code);
    sqlite3_limit(sqlite->database, SQLITE_LIMIT_LENGTH, (int)VALUE_BYTES_MAX + 65536);
    sqlite3_db_config(sqlite->database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    return ENTENTE_OK;
}

/* One writer: a second one is told so, and not only when both write at once. */
static enum entente_error
guard(struct sqlite *sqlite, const char *path)
{
    sqlite->guard = open(path, O_RDONLY | O_CLOEXEC);
    if (sqlite->guard < 0)
        return errno == ENOENT ? ENTENTE_OK : error_of_system(errno); /* no file of the system's */
    return flock(sqlite->guard, LOCK_EX | LOCK_NB) == 0 ? ENTENTE_OK : ENTENTE_ERR_LOCKED;
}

static enum entente_error
open_writing(struct sqlite *sqlite, const char *path)
{
    enum entente_error error =
        open_database(sqlite, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);

    if (error == ENTENTE_OK && sqlite3_db_readonly(sqlite->database, "main") == 1)
        error = ENTENTE_ERR_READ_ONLY;
    if (error == ENTENTE_OK)
        error = execute(sqlite, settings);
    if (error == ENTENTE_OK)
        error = execute(sqlite, "PRAGMA journal_mode = WAL");
    if (error == ENTENTE_OK)
        error = check_schema(sqlite, true);
    if (error == ENTENTE_OK)
        error = guard(sqlite, path);
    if (error == ENTENTE_OK)
        error = execute(sqlite, cache_setting);
    return error == ENTENTE_OK ? prepare(sqlite) : error;
}

static enum entente_error
open_reading(struct sqlite *sqlite, const char *path)
{
    enum entente_error error = open_database(sqlite, path, SQLITE_OPEN_READONLY);

    if (error == ENTENTE_OK)
        error = execute(sqlite, reading_settings);
    if (error == ENTENTE_OK)
        error = check_schema(sqlite, false);
    return error == ENTENTE_OK ? prepare(sqlite) : error;
}

static enum entente_error
open_store(struct store **store, const char *path, const struct store_maker *maker,
    enum entente_error (*opens)(struct sqlite *sqlite, const char *path))
{
    struct sqlite *sqlite = calloc(1, sizeof *sqlite);

    *store = NULL;
    if (sqlite == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    sqlite->guard = -1;
    store_init(&sqlite->store, maker);
    enum entente_error error = opens(sqlite, path);
    if (error != ENTENTE_OK) {
        store_close(&sqlite->store);
        return error;
    }
    *store = &sqlite->store;
    return ENTENTE_OK;
}

enum entente_error
store_open_sqlite(struct store **store, const char *path)
{
    return open_store(store, path, &sqlite_maker, open_writing);
}

enum entente_error
store_open_sqlite_reading(struct store **store, const struct store_files *files)
{
    *store = NULL;
    if (!handed_install(files))
        return ENTENTE_ERR_IO;
    return open_store(store, HANDED_PATH, &reading_maker, open_reading);
}
