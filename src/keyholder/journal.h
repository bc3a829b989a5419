/*
 * The journal: the feed's write-ahead log.  A segment is here, durable, before anybody hears of it;
 * the node's store may lose its tail, this may not.
 *
 * A ring of files of one size.  Each begins with a header: which installation (node key and inc),
 * its generation, and the head of every room (the high-water marks), so that an old file can be
 * given up without losing them.  Then records follow, each with a checksum that also covers the one
 * before. Files are written over in place, never grown: fdatasync has no metadata to write.
 * (Departure from "two alternating files": with a party away the retained tail is large, and
 * copying it at each turn of two files would stall the writer; here a turn copies nothing.)
 *
 * After a power cut the tail may be torn: what was not synced was never acknowledged and is
 * dropped. Every record says which ones were durable when it was written, so damage to one of those
 * is told apart from a torn tail and reported, never skipped.
 *
 * Of the very last batch no later record says so yet.  To say it before the answer would cost each
 * append a second sync, so it is said when nobody waits: journal_mark(), after a second of quiet
 * and at an orderly end.  What is left is damage to a batch that was the last one, less than a
 * second before the power went: it looks like a torn tail and is dropped.  Then the start barrier
 * (I4) retires the key as soon as the node's own store or any other party has an entry of it; where
 * nobody has, nobody can see that its seqs are used again.  The entry itself was on one disk only,
 * which broke.
 */
#ifndef ENTENTE_KEYHOLDER_JOURNAL_H
#define ENTENTE_KEYHOLDER_JOURNAL_H

#include "crypto/sign.h"
#include "format/ids.h"

#define JOURNAL_FILES_MAX 66u
#define JOURNAL_FILE_BYTES 4194304u
#define JOURNAL_ROOMS_MAX 64u

/* Kept at most for others who do not have it yet: 256 MiB and the file being written. */
#define JOURNAL_RETAINED_FILES_MAX (JOURNAL_FILES_MAX - 2u)

/* The disk, or what a simulator makes of one.  `file` is below JOURNAL_FILES_MAX. */
struct journal_disk {
    void *state;
    /* 0 where the file is not there. */
    enum entente_error (*size)(void *state, uint32_t file, uint64_t *size);
    /* All of [offset, offset + size), which lies within the file. */
    enum entente_error (*read)(
        void *state, uint32_t file, uint64_t offset, void *data, size_t size);
    /* Creates or extends the file where it must.  ENTENTE_ERR_DISK_FULL, ENTENTE_ERR_IO, ... */
    enum entente_error (*write)(void *state, uint32_t file, uint64_t offset, struct bytes data);
    /* Makes durable what was written to the file, its size and its name. */
    enum entente_error (*sync)(void *state, uint32_t file);
    /*
     * The same in two steps: begin it, and wait until it is done.  One at a time, and no other call
     * for the file meanwhile.  NULL where the disk cannot.
     */
    enum entente_error (*sync_begin)(void *state, uint32_t file);
    enum entente_error (*sync_end)(void *state);
};

struct journal_options {
    struct journal_disk disk;
    struct public_key node_key;
    uint16_t inc;
    uint32_t file_bytes; /* 0: JOURNAL_FILE_BYTES; smaller ones for tests */
};

/* How far a room's feed was signed. */
struct journal_head {
    struct room_id room;
    uint8_t slot;
    bool is_retired;
    uint32_t seq; /* 0: nothing was signed */
    struct entry_id id;
    uint32_t reg_number;
    struct entry_id reg_id;
    uint64_t t_ms;
};

struct journal;

/*
 * Make an empty journal, durable on return.  Once, when the node key is made: a journal that is
 * missing later is a loss, not a beginning.
 *   ENTENTE_ERR_EXISTS   there is one
 *   or what the disk says
 */
MUST_USE enum entente_error journal_create(const struct journal_options *options);

/*
 * Open it, drop a torn tail, and make durable what stands.  Reads all that is retained.
 *   ENTENTE_ERR_NOT_FOUND   there is none
 *   ENTENTE_ERR_OTHER_KEY   it is another key's or incarnation's
 *   ENTENTE_ERR_CORRUPT     an acknowledged record, or a file that is needed, is damaged
 *   ENTENTE_ERR_NO_MEMORY, or what the disk says
 */
MUST_USE enum entente_error journal_open(
    struct journal **journal, const struct journal_options *options);
void journal_free(struct journal *journal);

/* The head of a room, borrowed until the next append; NULL: nothing was signed there. */
const struct journal_head *journal_head(const struct journal *journal, const struct room_id *room);

/*
 * Add a segment with its payloads; `head` is the room's afterwards, `first_seq` continues what the
 * room had.  Not durable before journal_commit().  Turning to the next file commits first.
 *   ENTENTE_ERR_DISK_FULL   no file can be made or given up; nothing changed, try again later
 *   ENTENTE_ERR_TOO_LARGE   more than a file, or a room too many; nothing changed
 *   ENTENTE_ERR_NO_MEMORY   nothing changed
 *   any other               see journal_commit()
 */
MUST_USE enum entente_error journal_append(struct journal *journal, const struct journal_head *head,
    uint32_t first_seq, struct bytes segment, struct bytes payloads);

/* Record that the room's key is retired: no entry, the head says so. */
MUST_USE enum entente_error journal_retire(
    struct journal *journal, const struct journal_head *head);

/*
 * Make durable what was appended: one write and one sync for all of it, none when there is nothing.
 * After an error nothing is known of the disk: the journal refuses everything with that error, and
 * must be opened anew.
 */
MUST_USE enum entente_error journal_commit(struct journal *journal);

/*
 * The same in two steps, where the disk can: write, and let the sync go on by itself.  What is
 * appended meanwhile waits for the next commit.  Whatever needs the disk ends it first, so it may be
 * over sooner.  journal_commit_end() waits; where none is under way it says what journal_commit()
 * would say.
 */
MUST_USE enum entente_error journal_commit_begin(struct journal *journal);
MUST_USE enum entente_error journal_commit_end(struct journal *journal);
bool journal_is_committing(const struct journal *journal);

/* Whether anything waits for journal_commit(). */
bool journal_is_dirty(const struct journal *journal);

/* The number of the last durable record, where no later one says yet that it is; else 0. */
uint64_t journal_unmarked(const struct journal *journal);

/*
 * Say behind the last batch that it was durable: one write and one sync, none where it is said.
 *   ENTENTE_ERR_DISK_FULL and so on: nothing is lost; or see journal_commit()
 */
MUST_USE enum entente_error journal_mark(struct journal *journal);

/* The first seq of the room that can still be read; 0: none. */
uint32_t journal_first_seq(const struct journal *journal, const struct room_id *room);

/*
 * The retained segment that contains `seq`, and its last seq; both views are borrowed until the
 * next call.
 *   ENTENTE_ERR_NOT_FOUND   not retained, or not signed yet
 *   ENTENTE_ERR_CORRUPT, or what the disk or journal_commit() says
 */
MUST_USE enum entente_error journal_read(struct journal *journal, const struct room_id *room,
    uint32_t seq, uint32_t *last_seq, struct bytes *segment, struct bytes *payloads);

/*
 * The node's store has the room's entries up to `stored_seq`, another party up to `held_seq`.  What
 * is both may go; what is only stored goes when JOURNAL_RETAINED_FILES_MAX is reached.
 */
void journal_release(
    struct journal *journal, const struct room_id *room, uint32_t stored_seq, uint32_t held_seq);

#endif
