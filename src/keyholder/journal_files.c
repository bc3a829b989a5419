/* Which files the journal has: made, begun, given up, and what of them is still needed. */
#include "keyholder/journal_internal.h"

#include <stdlib.h>
#include <string.h>

#define ZEROS_BYTES 65536u

struct journal_room *
journal_room(struct journal *journal, const struct room_id *room)
{
    for (uint32_t i = 0; i < journal->rooms_count; i++)
        if (room_id_equal(&journal->rooms[i].head.room, room))
            return &journal->rooms[i];
    return NULL;
}

struct journal_room *
journal_room_make(struct journal *journal, const struct journal_head *head)
{
    struct journal_room *room = journal_room(journal, &head->room);

    if (room != NULL || journal->rooms_count == JOURNAL_ROOMS_MAX)
        return room;
    room = &journal->rooms[journal->rooms_count++];
    *room = (struct journal_room){.head = {.room = head->room, .slot = head->slot}};
    return room;
}

enum entente_error
journal_place_reserve(struct journal_room *room)
{
    if (room->count < room->size)
        return ENTENTE_OK;
    uint32_t held = room->count - room->start;
    if (held * 2 <= room->size && room->size > 0) {
        memmove(room->places, room->places + room->start, held * sizeof *room->places);
        room->start = 0;
        room->count = held;
        return ENTENTE_OK;
    }
    uint32_t size = room->size == 0 ? 64 : room->size * 2;
    struct journal_place *grown = realloc(room->places, size * sizeof *grown);
    if (grown == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    room->places = grown;
    room->size = size;
    return ENTENTE_OK;
}

void
journal_place_add(struct journal_room *room, uint32_t first_seq, const struct journal_place *place)
{
    if (room->start == room->count)
        room->first_seq = first_seq;
    room->places[room->count++] = *place;
}

void
journal_places_drop(struct journal_room *room, uint32_t up_to_seq)
{
    while (room->start < room->count && room->places[room->start].last_seq <= up_to_seq) {
        room->first_seq = room->places[room->start].last_seq + 1;
        room->start++;
    }
}

enum entente_error
journal_prepare(const struct journal_options *options, uint32_t file)
{
    static const uint8_t zeros[ZEROS_BYTES];
    const struct journal_disk *disk = &options->disk;
    enum entente_error error = ENTENTE_OK;

    for (uint32_t at = 0; at < options->file_bytes && error == ENTENTE_OK;) {
        uint32_t left = options->file_bytes - at;
        struct bytes piece = {zeros, left < ZEROS_BYTES ? left : ZEROS_BYTES};
        error = disk->write(disk->state, file, at, piece);
        at += (uint32_t)piece.size;
    }
    return error == ENTENTE_OK ? disk->sync(disk->state, file) : error;
}

enum entente_error
journal_begin_file(struct journal *journal, uint32_t file, uint64_t generation, uint64_t oldest)
{
    const struct journal_disk *disk = &journal->options.disk;
    struct journal_header header = {.generation = generation,
        .oldest = oldest,
        .first_number = journal->number + 1,
        .node_key = journal->options.node_key,
        .inc = journal->options.inc,
        .heads_count = (uint16_t)journal->rooms_count};
    uint8_t bytes[JOURNAL_HEADER_BYTES];

    for (uint32_t i = 0; i < journal->rooms_count; i++)
        header.heads[i] = journal->rooms[i].head;
    journal_header_write(bytes, &header);
    enum entente_error error =
        disk->write(disk->state, file, 0, (struct bytes){bytes, sizeof bytes});
    if (error == ENTENTE_OK)
        error = disk->sync(disk->state, file);
    if (error != ENTENTE_OK)
        return error;
    journal->generations[file] = generation;
    journal->is_prepared[file] = false;
    journal->file = file;
    journal->oldest = oldest;
    journal->written = JOURNAL_HEADER_BYTES;
    memcpy(journal->previous, header.checksum, sizeof journal->previous);
    return ENTENTE_OK;
}

uint64_t
journal_oldest_needed(const struct journal *journal)
{
    uint64_t oldest = journal->generations[journal->file];

    for (uint32_t i = 0; i < journal->rooms_count; i++) {
        const struct journal_room *room = &journal->rooms[i];
        if (room->start == room->count)
            continue;
        uint64_t generation = journal->generations[room->places[room->start].file];
        oldest = generation < oldest ? generation : oldest;
    }
    return oldest;
}

enum entente_error
journal_close_file(struct journal *journal, uint32_t file, uint32_t written,
    uint8_t previous[static HASH_BYTES])
{
    const struct journal_disk *disk = &journal->options.disk;
    struct journal_record closing = {.kind = JOURNAL_CLOSED, .number = journal->number + 1};
    uint8_t bytes[JOURNAL_RECORD_HEAD_BYTES];

    journal_record_write(bytes, &closing);
    (void)journal_record_finish(bytes, previous, journal->number);
    enum entente_error error =
        disk->write(disk->state, file, written, (struct bytes){bytes, sizeof bytes});
    return error == ENTENTE_OK ? disk->sync(disk->state, file) : error;
}

/*
 * Room is short: what the node has stored need not wait for another party any longer.  The oldest
 * generation is enough, as each turn uses up one file.
 */
static void
drop_oldest(struct journal *journal)
{
    uint64_t oldest = journal_oldest_needed(journal);

    for (uint32_t i = 0; i < journal->rooms_count; i++) {
        struct journal_room *room = &journal->rooms[i];
        while (room->start < room->count &&
               journal->generations[room->places[room->start].file] == oldest &&
               room->places[room->start].last_seq <= room->stored_seq)
            journal_places_drop(room, room->places[room->start].last_seq);
    }
}

/*
 * Files that the header of the file being written does not name any more are free.  So a file is
 * written over one turn after it was last needed, and never while an older header still asks for
 * it.
 */
static void
free_files(struct journal *journal)
{
    for (uint32_t i = 0; i < JOURNAL_FILES_MAX; i++) {
        if (journal->generations[i] == 0 || journal->generations[i] >= journal->oldest)
            continue;
        journal->generations[i] = 0;
        journal->is_prepared[i] = true;
    }
}

uint32_t
journal_free_file(struct journal *journal, enum entente_error *error)
{
    uint32_t found = JOURNAL_FILES_MAX, in_use = 0;

    *error = ENTENTE_ERR_DISK_FULL;
    free_files(journal);
    for (uint32_t i = 0; i < JOURNAL_FILES_MAX; i++) {
        in_use += journal->generations[i] > 0;
        if (journal->generations[i] > 0 || (found < JOURNAL_FILES_MAX && !journal->is_prepared[i]))
            continue;
        if (found == JOURNAL_FILES_MAX || !journal->is_prepared[found])
            found = i;
    }
    if (in_use >= JOURNAL_RETAINED_FILES_MAX)
        drop_oldest(journal);
    /* The last file only carries a header that frees others; else nothing could ever free one. */
    if (in_use + 1 >= JOURNAL_FILES_MAX && journal_oldest_needed(journal) <= journal->oldest)
        return JOURNAL_FILES_MAX;
    if (found == JOURNAL_FILES_MAX || journal->is_prepared[found])
        return found;
    *error = journal_prepare(&journal->options, found);
    if (*error != ENTENTE_OK)
        return JOURNAL_FILES_MAX;
    journal->is_prepared[found] = true;
    return found;
}
