#include "store/grams.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#define ADDED_AT_ONCE 1000u /* rows of one transaction: FTS5 writes a segment for each */
#define GRAM_TEXT_BYTES 9u  /* eight digits and a space */

struct grams {
    sqlite3 *database;
    sqlite3_stmt *add, *find;
    uint32_t added; /* in the open transaction */
    char *text;     /* of one row */
    size_t text_room;
};

static enum entente_error
run(struct grams *grams, const char *sql)
{
    return sqlite3_exec(grams->database, sql, NULL, NULL, NULL) == SQLITE_OK
               ? ENTENTE_OK
               : ENTENTE_ERR_NO_MEMORY;
}

static bool
prepare(struct grams *grams, const char *sql, sqlite3_stmt **statement)
{
    return sqlite3_prepare_v3(
               grams->database, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL) == SQLITE_OK;
}

enum entente_error
grams_new(struct grams **grams)
{
    *grams = calloc(1, sizeof **grams);
    if (*grams == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    if (sqlite3_open(":memory:", &(*grams)->database) == SQLITE_OK &&
        run(*grams, "PRAGMA temp_store = memory") == ENTENTE_OK &&
        run(*grams, "CREATE VIRTUAL TABLE grams USING fts5(text, content = '', detail = none, "
                    "columnsize = 0, tokenize = 'ascii')") == ENTENTE_OK &&
        prepare(*grams, "INSERT INTO grams (rowid, text) VALUES (?1, ?2)", &(*grams)->add) &&
        prepare(*grams,
            "SELECT rowid FROM grams WHERE grams MATCH ?1 AND rowid < ?2 ORDER BY rowid DESC",
            &(*grams)->find))
        return ENTENTE_OK;
    grams_free(*grams);
    *grams = NULL;
    return ENTENTE_ERR_NO_MEMORY;
}

void
grams_free(struct grams *grams)
{
    if (grams == NULL)
        return;
    sqlite3_finalize(grams->add);
    sqlite3_finalize(grams->find);
    sqlite3_close(grams->database);
    free(grams->text);
    free(grams);
}

/* The list as words of eight digits, with `between` behind each but the last; false: no memory. */
static bool
write_list(struct grams *grams, const uint32_t *list, size_t count, const char *between, int *size)
{
    size_t width = GRAM_TEXT_BYTES + 4, used = 0;

    if (count * width + 1 > grams->text_room) {
        char *grown = realloc(grams->text, count * width + 1);
        if (grown == NULL)
            return false;
        grams->text = grown;
        grams->text_room = count * width + 1;
    }
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(
            grams->text + used, width + 1, "%08x%s", list[i], i + 1 < count ? between : "");
    *size = (int)used;
    return true;
}

static enum entente_error
commit(struct grams *grams)
{
    if (grams->added == 0)
        return ENTENTE_OK;
    grams->added = 0;
    return run(grams, "COMMIT");
}

enum entente_error
grams_add(struct grams *grams, uint64_t row, const uint32_t *list, size_t count)
{
    int size;

    if (count == 0)
        return ENTENTE_OK;
    if (!write_list(grams, list, count, " ", &size))
        return ENTENTE_ERR_NO_MEMORY;
    if (grams->added == 0 && run(grams, "BEGIN") != ENTENTE_OK)
        return ENTENTE_ERR_NO_MEMORY;
    grams->added++;
    sqlite3_bind_int64(grams->add, 1, (sqlite3_int64)row);
    sqlite3_bind_text(grams->add, 2, grams->text, size, SQLITE_STATIC);
    bool is_added = sqlite3_step(grams->add) == SQLITE_DONE;
    sqlite3_reset(grams->add);
    sqlite3_clear_bindings(grams->add);
    if (!is_added)
        return ENTENTE_ERR_NO_MEMORY;
    return grams->added >= ADDED_AT_ONCE ? commit(grams) : ENTENTE_OK;
}

enum entente_error
grams_find(struct grams *grams, const uint32_t *list, size_t count, uint64_t before,
    bool (*take)(void *state, uint64_t row), void *state)
{
    int size, step = SQLITE_ROW;

    enum entente_error error = commit(grams);
    if (error != ENTENTE_OK || !write_list(grams, list, count, " AND ", &size))
        return ENTENTE_ERR_NO_MEMORY;
    sqlite3_bind_text(grams->find, 1, grams->text, size, SQLITE_STATIC);
    sqlite3_bind_int64(grams->find, 2, before == 0 ? INT64_MAX : (sqlite3_int64)before);
    while ((step = sqlite3_step(grams->find)) == SQLITE_ROW)
        if (!take(state, (uint64_t)sqlite3_column_int64(grams->find, 0)))
            break;
    sqlite3_reset(grams->find);
    sqlite3_clear_bindings(grams->find);
    return step == SQLITE_ROW || step == SQLITE_DONE ? ENTENTE_OK : ENTENTE_ERR_NO_MEMORY;
}

uint64_t
grams_bytes(struct grams *grams)
{
    int now = 0, most = 0;

    sqlite3_db_status(grams->database, SQLITE_DBSTATUS_CACHE_USED, &now, &most, 0);
    return (uint64_t)now;
}
