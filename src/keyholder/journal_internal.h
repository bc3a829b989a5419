/* What the journal's files share: its state.  Internal to the journal. */
#ifndef ENTENTE_KEYHOLDER_JOURNAL_INTERNAL_H
#define ENTENTE_KEYHOLDER_JOURNAL_INTERNAL_H

#include "keyholder/journal_format.h"

/* Where a retained segment is. */
struct journal_place {
    uint32_t last_seq;
    uint32_t offset;
    uint32_t size;
    uint32_t file;
};

struct journal_room {
    struct journal_head head;
    uint32_t first_seq;  /* of the first place */
    uint32_t stored_seq; /* journal_release() */
    uint32_t held_seq;
    struct journal_place *places; /* [start, count) are retained, without gaps, oldest first */
    uint32_t start;
    uint32_t count;
    uint32_t size;
};

struct journal {
    struct journal_options options;
    uint64_t generations[JOURNAL_FILES_MAX]; /* of each file; 0: free, or not there */
    bool is_prepared[JOURNAL_FILES_MAX];     /* a free file of full size */
    uint32_t file;                           /* the one being written */
    uint64_t oldest;                         /* as its header says */
    uint32_t written;                        /* bytes of it that are written */
    uint64_t number;                         /* of the last record, also of one not yet written */
    uint64_t durable;                        /* of the last record that is durable */
    uint64_t committing;                     /* of the last record that a sync is under way for */
    bool is_committing;
    bool is_marked;                          /* a later one says that it is, or it is none */
    uint8_t previous[HASH_BYTES];            /* the checksum of the last record that is written */
    uint8_t *waiting;                        /* records for the next commit, not finished */
    size_t waiting_used;
    size_t waiting_size;
    uint8_t *reading; /* the record that journal_read() gave */
    size_t reading_size;
    enum entente_error failed;
    uint32_t rooms_count;
    struct journal_room rooms[JOURNAL_ROOMS_MAX];
};

struct journal_room *journal_room(struct journal *journal, const struct room_id *room);

/* The room of `head`, made where it is new; NULL when there are JOURNAL_ROOMS_MAX. */
struct journal_room *journal_room_make(struct journal *journal, const struct journal_head *head);

/* Room for one more place, so that journal_place_add() cannot fail. */
MUST_USE enum entente_error journal_place_reserve(struct journal_room *room);
void journal_place_add(
    struct journal_room *room, uint32_t first_seq, const struct journal_place *place);
void journal_places_drop(struct journal_room *room, uint32_t up_to_seq);

/* Make `file` exist in full size, of zeros, durable.  ENTENTE_ERR_DISK_FULL and so on: try again.
 */
MUST_USE enum entente_error journal_prepare(const struct journal_options *options, uint32_t file);

/* Write the header of `generation` to `file` and make it durable. */
MUST_USE enum entente_error journal_begin_file(
    struct journal *journal, uint32_t file, uint64_t generation, uint64_t oldest);

/*
 * Write the record that says that the next generation took over behind what `file` holds: `written`
 * bytes, the last record's checksum being `previous`, which is used up.  The journal's number is that of the record.
 */
MUST_USE enum entente_error journal_close_file(struct journal *journal, uint32_t file,
    uint32_t written, uint8_t previous[static HASH_BYTES]);

/* The oldest generation that holds a retained segment, at most that of the file being written. */
uint64_t journal_oldest_needed(const struct journal *journal);

/* A file that can be begun, prepared; JOURNAL_FILES_MAX and `*error` when there is none. */
uint32_t journal_free_file(struct journal *journal, enum entente_error *error);

#endif
