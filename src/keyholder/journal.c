#include "keyholder/journal_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define WAITING_BYTES 65536u
#define WAITING_BYTES_KEPT 1048576u /* what a large batch needed is given back */

/* Every file keeps room for the record that closes it. */
#define CLOSING_BYTES JOURNAL_RECORD_HEAD_BYTES

void
journal_free(struct journal *journal)
{
    if (journal == NULL)
        return;
    for (uint32_t i = 0; i < journal->rooms_count; i++)
        free(journal->rooms[i].places);
    free(journal->waiting);
    free(journal->reading);
    free(journal);
}

const struct journal_head *
journal_head(const struct journal *journal, const struct room_id *room)
{
    for (uint32_t i = 0; i < journal->rooms_count; i++)
        if (room_id_equal(&journal->rooms[i].head.room, room))
            return &journal->rooms[i].head;
    return NULL;
}

bool
journal_is_dirty(const struct journal *journal)
{
    return journal->waiting_used > 0;
}

static enum entente_error
fail(struct journal *journal, enum entente_error error)
{
    journal->failed = error;
    return error;
}

/* Only now is it known what is durable before them. */
static enum entente_error
write_waiting(struct journal *journal)
{
    const struct journal_disk *disk = &journal->options.disk;
    struct bytes waiting = {journal->waiting, journal->waiting_used};

    for (size_t at = 0; at < journal->waiting_used;)
        at += journal_record_finish(journal->waiting + at, journal->previous, journal->durable);
    enum entente_error error = disk->write(disk->state, journal->file, journal->written, waiting);
    if (error != ENTENTE_OK)
        return error;
    journal->written += (uint32_t)journal->waiting_used;
    journal->committing = journal->number;
    journal->waiting_used = 0;
    if (journal->waiting_size > WAITING_BYTES_KEPT) {
        free(journal->waiting);
        journal->waiting = NULL;
        journal->waiting_size = 0;
    }
    return ENTENTE_OK;
}

static enum entente_error
note_synced(struct journal *journal, enum entente_error error)
{
    journal->is_committing = false;
    if (error != ENTENTE_OK)
        return fail(journal, error);
    journal->durable = journal->committing;
    journal->is_marked = false;
    return ENTENTE_OK;
}

enum entente_error
journal_commit_begin(struct journal *journal)
{
    const struct journal_disk *disk = &journal->options.disk;

    if (disk->sync_begin == NULL)
        return journal_commit(journal);
    enum entente_error error = journal_commit_end(journal);
    if (error != ENTENTE_OK || journal->waiting_used == 0)
        return error;
    error = write_waiting(journal);
    if (error == ENTENTE_OK)
        error = disk->sync_begin(disk->state, journal->file);
    if (error != ENTENTE_OK)
        return fail(journal, error);
    journal->is_committing = true;
    return ENTENTE_OK;
}

enum entente_error
journal_commit_end(struct journal *journal)
{
    const struct journal_disk *disk = &journal->options.disk;

    if (!journal->is_committing)
        return journal->failed;
    return note_synced(journal, disk->sync_end(disk->state));
}

bool
journal_is_committing(const struct journal *journal)
{
    return journal->is_committing;
}

enum entente_error
journal_commit(struct journal *journal)
{
    const struct journal_disk *disk = &journal->options.disk;

    enum entente_error error = journal_commit_end(journal);
    if (error != ENTENTE_OK || journal->waiting_used == 0)
        return error;
    error = write_waiting(journal);
    if (error == ENTENTE_OK)
        error = disk->sync(disk->state, journal->file);
    return note_synced(journal, error);
}

static enum entente_error
reserve_waiting(struct journal *journal, size_t more)
{
    size_t size = journal->waiting_size == 0 ? WAITING_BYTES : journal->waiting_size;

    while (size < journal->waiting_used + more)
        size *= 2;
    if (size == journal->waiting_size)
        return ENTENTE_OK;
    uint8_t *grown = realloc(journal->waiting, size);
    if (grown == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    journal->waiting = grown;
    journal->waiting_size = size;
    return ENTENTE_OK;
}

/* Room for `size` bytes is reserved. */
static void
add_record(struct journal *journal, struct journal_record *record)
{
    record->number = journal->number + 1;
    journal_record_write(journal->waiting + journal->waiting_used, record);
    journal->waiting_used += record->size;
    journal->number = record->number;
}

/*
 * Turn to the next file.  Its header, with every head, is durable before the old file is closed;
 * the closing record is durable before the new file gets its first: whatever the power cut leaves,
 * a file that took over is never forgotten for an older one.
 */
static enum entente_error
turn(struct journal *journal)
{
    enum entente_error error = journal_commit(journal);

    if (error != ENTENTE_OK)
        return error;
    uint32_t file = journal_free_file(journal, &error);
    if (file == JOURNAL_FILES_MAX)
        return error;
    uint32_t old_file = journal->file, old_written = journal->written;
    uint8_t previous[HASH_BYTES];
    memcpy(previous, journal->previous, sizeof previous);
    uint64_t generation = journal->generations[old_file] + 1;
    error = journal_begin_file(journal, file, generation, journal_oldest_needed(journal));
    if (error == ENTENTE_OK)
        error = journal_close_file(journal, old_file, old_written, previous);
    journal->is_marked = error == ENTENTE_OK; /* by the closing record */
    return error == ENTENTE_OK ? ENTENTE_OK : fail(journal, error);
}

static uint32_t
file_bytes(const struct journal *journal)
{
    return journal->options.file_bytes;
}

/* Make sure that a record of `size` bytes fits behind what is there. */
static enum entente_error
make_room(struct journal *journal, size_t size)
{
    if (journal->failed != ENTENTE_OK)
        return journal->failed;
    if (size > file_bytes(journal) - JOURNAL_HEADER_BYTES - CLOSING_BYTES)
        return ENTENTE_ERR_TOO_LARGE;
    if (journal->written + journal->waiting_used + size + CLOSING_BYTES > file_bytes(journal)) {
        enum entente_error error = turn(journal);
        if (error != ENTENTE_OK)
            return error;
    }
    return reserve_waiting(journal, size);
}

static enum entente_error
append(struct journal *journal, struct journal_record *record)
{
    size_t size = journal_record_size(record->kind, record->segment.size, record->payloads.size);

    if (journal_head(journal, &record->head.room) == NULL &&
        journal->rooms_count == JOURNAL_ROOMS_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    enum entente_error error = make_room(journal, size);
    if (error != ENTENTE_OK)
        return error;
    struct journal_room *room = journal_room_make(journal, &record->head);
    assert(record->kind == JOURNAL_RETIRED || record->first_seq == room->head.seq + 1);
    error = journal_place_reserve(room);
    if (error != ENTENTE_OK)
        return error;
    struct journal_place place = {.last_seq = record->head.seq,
        .offset = (uint32_t)(journal->written + journal->waiting_used),
        .size = (uint32_t)size,
        .file = journal->file};
    add_record(journal, record);
    if (record->kind == JOURNAL_SEGMENT)
        journal_place_add(room, record->first_seq, &place);
    room->head = record->head;
    return ENTENTE_OK;
}

enum entente_error
journal_append(struct journal *journal, const struct journal_head *head, uint32_t first_seq,
    struct bytes segment, struct bytes payloads)
{
    struct journal_record record = {.kind = JOURNAL_SEGMENT,
        .head = *head,
        .first_seq = first_seq,
        .segment = segment,
        .payloads = payloads};

    assert(first_seq > 0 && first_seq <= head->seq);
    return append(journal, &record);
}

enum entente_error
journal_retire(struct journal *journal, const struct journal_head *head)
{
    struct journal_record record = {.kind = JOURNAL_RETIRED, .head = *head};

    return append(journal, &record);
}

uint64_t
journal_unmarked(const struct journal *journal)
{
    return journal->is_marked ? 0 : journal->durable;
}

enum entente_error
journal_mark(struct journal *journal)
{
    struct journal_record record = {.kind = JOURNAL_MARK};

    enum entente_error error = journal_commit(journal);
    if (error == ENTENTE_OK && !journal->is_marked)
        error = make_room(journal, JOURNAL_RECORD_HEAD_BYTES);
    if (error != ENTENTE_OK || journal->is_marked)
        return error;
    add_record(journal, &record);
    error = journal_commit(journal);
    journal->is_marked = error == ENTENTE_OK;
    return error;
}

uint32_t
journal_first_seq(const struct journal *journal, const struct room_id *id)
{
    struct journal_room *room = journal_room((struct journal *)journal, id);

    return room == NULL || room->start == room->count ? 0 : room->first_seq;
}

/* The first place whose last seq is not below `seq`. */
static const struct journal_place *
find_place(const struct journal_room *room, uint32_t seq)
{
    uint32_t low = room->start, high = room->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (room->places[middle].last_seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low == room->count ? NULL : &room->places[low];
}

enum entente_error
journal_read(struct journal *journal, const struct room_id *id, uint32_t seq, uint32_t *last_seq,
    struct bytes *segment, struct bytes *payloads)
{
    const struct journal_disk *disk = &journal->options.disk;
    struct journal_room *room = journal_room(journal, id);
    struct journal_record record;

    *segment = *payloads = (struct bytes){0};
    *last_seq = 0;
    const struct journal_place *place =
        room == NULL || seq < room->first_seq ? NULL : find_place(room, seq);
    if (place == NULL)
        return ENTENTE_ERR_NOT_FOUND;
    enum entente_error error = journal_commit(journal);
    if (error != ENTENTE_OK)
        return error;
    if (place->size > journal->reading_size || journal->reading_size > WAITING_BYTES_KEPT) {
        free(journal->reading);
        journal->reading = malloc(place->size);
        journal->reading_size = journal->reading == NULL ? 0 : place->size;
        if (journal->reading == NULL)
            return ENTENTE_ERR_NO_MEMORY;
    }
    error = disk->read(disk->state, place->file, place->offset, journal->reading, place->size);
    if (error == ENTENTE_OK)
        error = journal_record_parse((struct bytes){journal->reading, place->size}, &record);
    if (error == ENTENTE_OK && (record.kind != JOURNAL_SEGMENT || record.size != place->size))
        error = ENTENTE_ERR_CORRUPT;
    if (error != ENTENTE_OK)
        return error;
    *last_seq = place->last_seq;
    *segment = record.segment;
    *payloads = record.payloads;
    return ENTENTE_OK;
}

void
journal_release(
    struct journal *journal, const struct room_id *id, uint32_t stored_seq, uint32_t held_seq)
{
    struct journal_room *room = journal_room(journal, id);

    if (room == NULL)
        return;
    room->stored_seq = stored_seq > room->stored_seq ? stored_seq : room->stored_seq;
    room->held_seq = held_seq > room->held_seq ? held_seq : room->held_seq;
    uint32_t both = room->stored_seq < room->held_seq ? room->stored_seq : room->held_seq;
    journal_places_drop(room, both);
}
