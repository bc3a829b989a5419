/* Making and opening the journal: which file is the newest, what its records say, what is torn. */
#include "keyholder/journal_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* One file, read from its header to where its records end. */
struct scan {
    struct journal *journal;
    uint8_t *data; /* a whole file */
    uint32_t file;
    struct journal_header header;
    uint32_t end;
    uint64_t number;
    uint8_t previous[HASH_BYTES];
    bool is_closed;
    bool is_marked; /* the last record is a mark, or there is none */
};

static struct journal_options
with_defaults(const struct journal_options *given)
{
    struct journal_options options = *given;

    if (options.file_bytes == 0)
        options.file_bytes = JOURNAL_FILE_BYTES;
    assert(options.file_bytes % JOURNAL_ALIGNMENT == 0 &&
           options.file_bytes > 2 * JOURNAL_HEADER_BYTES - JOURNAL_RECORD_HEAD_BYTES);
    return options;
}

/* The header of `file`; NOT_FOUND also where the file is not there or not yet whole. */
static enum entente_error
read_header(const struct journal_options *options, uint32_t file, struct journal_header *header)
{
    const struct journal_disk *disk = &options->disk;
    uint8_t bytes[JOURNAL_HEADER_BYTES];
    uint64_t size;

    *header = (struct journal_header){0};
    enum entente_error error = disk->size(disk->state, file, &size);
    if (error != ENTENTE_OK)
        return error;
    if (size < sizeof bytes)
        return ENTENTE_ERR_NOT_FOUND;
    error = disk->read(disk->state, file, 0, bytes, sizeof bytes);
    if (error != ENTENTE_OK)
        return error;
    error = journal_header_parse(bytes, header);
    return error == ENTENTE_OK && size < options->file_bytes ? ENTENTE_ERR_CORRUPT : error;
}

enum entente_error
journal_create(const struct journal_options *given)
{
    struct journal *journal = calloc(1, sizeof *journal);
    struct journal_header header;
    enum entente_error error = ENTENTE_OK;

    if (journal == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    journal->options = with_defaults(given);
    for (uint32_t i = 0; i < JOURNAL_FILES_MAX && error == ENTENTE_OK; i++) {
        error = read_header(&journal->options, i, &header);
        if (error == ENTENTE_OK || error == ENTENTE_ERR_CORRUPT)
            error = ENTENTE_ERR_EXISTS;
        if (error == ENTENTE_ERR_NOT_FOUND)
            error = ENTENTE_OK;
    }
    if (error == ENTENTE_OK)
        error = journal_prepare(&journal->options, 0);
    if (error == ENTENTE_OK)
        error = journal_begin_file(journal, 0, 1, 1);
    journal_free(journal);
    return error;
}

/* Learn every file's generation.  A header that is no header is one whose writing was cut off. */
static enum entente_error
read_headers(struct journal *journal, uint64_t *newest)
{
    bool is_damaged = false;

    *newest = 0;
    for (uint32_t i = 0; i < JOURNAL_FILES_MAX; i++) {
        const struct journal_disk *disk = &journal->options.disk;
        struct journal_header header;
        uint64_t size;
        enum entente_error error = disk->size(disk->state, i, &size);
        if (error == ENTENTE_OK)
            error = read_header(&journal->options, i, &header);
        if (error != ENTENTE_OK && error != ENTENTE_ERR_NOT_FOUND && error != ENTENTE_ERR_CORRUPT)
            return error;
        is_damaged = is_damaged || error == ENTENTE_ERR_CORRUPT;
        journal->is_prepared[i] = error != ENTENTE_OK && size >= journal->options.file_bytes;
        if (error != ENTENTE_OK)
            continue;
        if (memcmp(&header.node_key, &journal->options.node_key, sizeof header.node_key) != 0 ||
            header.inc != journal->options.inc)
            return ENTENTE_ERR_OTHER_KEY;
        journal->generations[i] = header.generation;
        *newest = header.generation > *newest ? header.generation : *newest;
    }
    if (*newest == 0)
        return is_damaged ? ENTENTE_ERR_CORRUPT : ENTENTE_ERR_NOT_FOUND;
    return ENTENTE_OK;
}

/* The one file of `generation`, or JOURNAL_FILES_MAX where there is none, or more than one. */
static uint32_t
find_generation(const struct journal *journal, uint64_t generation)
{
    uint32_t found = JOURNAL_FILES_MAX, count = 0;

    for (uint32_t i = 0; i < JOURNAL_FILES_MAX; i++) {
        if (journal->generations[i] != generation)
            continue;
        found = i;
        count++;
    }
    return count == 1 ? found : JOURNAL_FILES_MAX;
}

/* What the header says of the heads must be what the records before it led to. */
static enum entente_error
take_heads(struct journal *journal, const struct journal_header *header)
{
    for (uint16_t i = 0; i < header->heads_count; i++) {
        const struct journal_head *head = &header->heads[i];
        bool is_new = journal_room(journal, &head->room) == NULL;
        struct journal_room *room = journal_room_make(journal, head);
        if (room == NULL)
            return ENTENTE_ERR_CORRUPT;
        if (is_new)
            room->head = *head;
        if (room->head.seq != head->seq || !entry_id_equal(&room->head.id, &head->id) ||
            room->head.is_retired != head->is_retired)
            return ENTENTE_ERR_CORRUPT;
    }
    return journal->rooms_count == header->heads_count ? ENTENTE_OK : ENTENTE_ERR_CORRUPT;
}

static enum entente_error
take_record(struct scan *scan, const struct journal_record *record)
{
    struct journal_room *room = journal_room_make(scan->journal, &record->head);

    if (room == NULL || record->head.seq < room->head.seq ||
        (record->kind == JOURNAL_SEGMENT && record->first_seq != room->head.seq + 1))
        return ENTENTE_ERR_CORRUPT;
    enum entente_error error = journal_place_reserve(room);
    if (error != ENTENTE_OK)
        return error;
    struct journal_place place = {.last_seq = record->head.seq,
        .offset = scan->end,
        .size = record->size,
        .file = scan->file};
    if (record->kind == JOURNAL_SEGMENT)
        journal_place_add(room, record->first_seq, &place);
    room->head = record->head;
    return ENTENTE_OK;
}

/*
 * Whether anything behind the end was written when the record that is missing there was already
 * durable: then the end is no torn tail but damage.
 */
static bool
lost_something(const struct scan *scan)
{
    uint32_t size = scan->journal->options.file_bytes;
    struct journal_record record;

    for (uint32_t at = scan->end; at + JOURNAL_RECORD_HEAD_BYTES <= size; at += JOURNAL_ALIGNMENT) {
        struct bytes rest = {scan->data + at, size - at};
        if (journal_record_claims(rest) > scan->number &&
            journal_record_parse(rest, &record) == ENTENTE_OK)
            return true;
    }
    return false;
}

static enum entente_error
scan_records(struct scan *scan)
{
    uint32_t size = scan->journal->options.file_bytes;
    struct journal_record record;

    while (!scan->is_closed) {
        struct bytes rest = {scan->data + scan->end, size - scan->end};
        if (journal_record_parse(rest, &record) != ENTENTE_OK ||
            record.number != scan->number + 1 ||
            memcmp(record.previous, scan->previous, sizeof record.previous) != 0)
            return lost_something(scan) ? ENTENTE_ERR_CORRUPT : ENTENTE_OK;
        scan->is_closed = record.kind == JOURNAL_CLOSED;
        scan->is_marked = record.kind == JOURNAL_MARK;
        enum entente_error error =
            scan->is_closed || scan->is_marked ? ENTENTE_OK : take_record(scan, &record);
        if (error != ENTENTE_OK)
            return error;
        if (!scan->is_closed) {
            scan->number = record.number;
            scan->end += record.size;
            memcpy(scan->previous, record.checksum, sizeof scan->previous);
        }
    }
    return ENTENTE_OK;
}

static enum entente_error
scan_file(struct scan *scan, uint32_t file)
{
    struct journal *journal = scan->journal;
    const struct journal_disk *disk = &journal->options.disk;

    enum entente_error error =
        disk->read(disk->state, file, 0, scan->data, journal->options.file_bytes);
    if (error == ENTENTE_OK)
        error = journal_header_parse(scan->data, &scan->header);
    if (error == ENTENTE_OK)
        error = take_heads(journal, &scan->header);
    if (error != ENTENTE_OK)
        return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_ERR_CORRUPT : error;
    scan->file = file;
    scan->end = JOURNAL_HEADER_BYTES;
    scan->number = scan->header.first_number - 1;
    scan->is_closed = false;
    scan->is_marked = true;
    memcpy(scan->previous, scan->header.checksum, sizeof scan->previous);
    return scan_records(scan);
}

/* All files that are needed, oldest first; the newest is where writing goes on. */
static enum entente_error
scan_files(struct scan *scan, uint64_t newest)
{
    struct journal *journal = scan->journal;
    struct journal_header header;

    uint32_t file = find_generation(journal, newest);
    if (file == JOURNAL_FILES_MAX)
        return ENTENTE_ERR_CORRUPT;
    enum entente_error error = read_header(&journal->options, file, &header);
    if (error != ENTENTE_OK)
        return error;
    journal->oldest = header.oldest;
    if (newest - header.oldest >= JOURNAL_FILES_MAX)
        return ENTENTE_ERR_CORRUPT;
    for (uint64_t at = header.oldest; at <= newest; at++) {
        file = find_generation(journal, at);
        if (file == JOURNAL_FILES_MAX)
            return ENTENTE_ERR_CORRUPT;
        struct scan before = *scan;
        error = scan_file(scan, file);
        if (error != ENTENTE_OK)
            return error;
        if (at > header.oldest && scan->header.first_number != before.number + 1)
            return ENTENTE_ERR_CORRUPT; /* the file before lost its tail */
        journal->number = scan->header.first_number - 1;
        /* The power cut came between the new file's header and the old file's last record. */
        if (at > header.oldest && !before.is_closed)
            error = journal_close_file(journal, before.file, before.end, before.previous);
        if (error != ENTENTE_OK)
            return error;
    }
    return scan->is_closed ? ENTENTE_ERR_CORRUPT : ENTENTE_OK; /* closed: the newest is missing */
}

/* So that the first turn to another file need not make one.  It may fail: that turn tries again. */
static void
prepare_one(struct journal *journal)
{
    enum entente_error error;

    (void)journal_free_file(journal, &error);
}

static enum entente_error
open_journal(struct journal *journal)
{
    const struct journal_disk *disk = &journal->options.disk;
    struct scan scan = {.journal = journal};
    uint64_t newest;

    enum entente_error error = read_headers(journal, &newest);
    if (error != ENTENTE_OK)
        return error;
    scan.data = malloc(journal->options.file_bytes);
    if (scan.data == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    error = scan_files(&scan, newest);
    free(scan.data);
    if (error != ENTENTE_OK)
        return error;
    journal->file = scan.file;
    journal->written = scan.end;
    journal->number = journal->durable = scan.number;
    journal->is_marked = scan.is_marked;
    memcpy(journal->previous, scan.previous, sizeof journal->previous);
    /* What a killed process wrote and did not sync is read, so it will be acted on: make it last.
     */
    error = disk->sync(disk->state, journal->file);
    if (error == ENTENTE_OK)
        prepare_one(journal);
    return error;
}

enum entente_error
journal_open(struct journal **journal, const struct journal_options *options)
{
    enum entente_error error = ENTENTE_ERR_NO_MEMORY;

    *journal = calloc(1, sizeof **journal);
    if (*journal != NULL) {
        (*journal)->options = with_defaults(options);
        error = open_journal(*journal);
    }
    if (error != ENTENTE_OK) {
        journal_free(*journal);
        *journal = NULL;
    }
    return error;
}
