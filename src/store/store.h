/*
 * Where a node keeps rooms, registers and records.  One interface, several makers: memory (for the
 * simulator), SQLite (default), PostgreSQL later.  Writes are gathered in a transaction that
 * store_commit() makes durable; the record's reads (record/source.h) see them at once.  Nothing is
 * cached beyond what the maker's library does, so memory is bounded whatever the record's size.
 *
 * Errors, for every function: ENTENTE_ERR_IO, ENTENTE_ERR_DISK_FULL, ENTENTE_ERR_READ_ONLY,
 * ENTENTE_ERR_CORRUPT, ENTENTE_ERR_LOCKED, ENTENTE_ERR_NO_MEMORY, and those named below.  After any
 * error of a put or of the commit the whole open transaction is rolled back and store_begin() must
 * come again; the store stays usable when the cause is gone.  (If the machine then stops before the
 * next commit, a transaction whose commit failed may be there as a whole after all.)
 *
 * What is read was checked against a sum made when it was put, so that damage is CORRUPT, not a
 * wrong answer.  Damage to the tree of keys may hide a row: NOT_FOUND.
 */
#ifndef ENTENTE_STORE_STORE_H
#define ENTENTE_STORE_STORE_H

#include "record/file_source.h"
#include "record/source.h"

struct store;

/*
 * Opens or creates `path`, which no other process may have open to write.  SQLite, WAL, synchronous
 * FULL.
 *   ENTENTE_ERR_NEWER_STORE   its schema is of a newer version
 *   ENTENTE_ERR_CORRUPT       damaged, or no file of ours
 *   ENTENTE_ERR_LOCKED        another process writes it
 */
MUST_USE enum entente_error store_open_sqlite(struct store **store, const char *path);

/*
 * The files of a store that a process of this node has open to write, opened to be read: what a
 * process needs that will be confined before it reads, and may then open nothing.  -1: not open.
 */
struct store_files {
    int database;
    int log;
    int index; /* of the log */
};
/*
 * Opens the files of the store at `path`.  On error none is open.
 *   ENTENTE_ERR_NOT_FOUND   nobody has it open to write, or there is none
 */
MUST_USE enum entente_error store_files_open(struct store_files *files, const char *path);
void store_files_close(struct store_files *files);

/*
 * Reads, while another process writes, what that one has committed; it is never made to wait, and
 * what is damaged here cannot be damaged there: all files are open to read only.  `files` is borrowed for the
 * store's life; at most one such store at a time.  Every put is ENTENTE_ERR_READ_ONLY.
 *   ENTENTE_ERR_IO   the writing process has ended
 *   or as for store_open_sqlite()
 */
MUST_USE enum entente_error store_open_sqlite_reading(
    struct store **store, const struct store_files *files);

/*
 * From here to store_snapshot_end() all reads see the store as it is at the first of them, however
 * another process goes on writing.  Short: its log cannot be given back to the file meanwhile.
 * Does nothing where this process is the one that writes.
 */
MUST_USE enum entente_error store_snapshot(struct store *store);
void store_snapshot_end(struct store *store);
MUST_USE enum entente_error store_open_memory(struct store **store);

/* Rolls back what was not committed.  store_close(NULL) does nothing. */
void store_close(struct store *store);

/* Begins a transaction; does nothing when one is open. */
MUST_USE enum entente_error store_begin(struct store *store);

/* Returns when everything since store_begin() is on the disk.  OK when nothing was open. */
MUST_USE enum entente_error store_commit(struct store *store);

/*
 * Inputs are borrowed for the call.  A key that is there already with the same content is
 * ENTENTE_OK and changes nothing. ENTENTE_ERR_EXISTS      it is there with other content
 *   ENTENTE_ERR_NOT_FOUND   the room was never put
 *   ENTENTE_ERR_USAGE       no transaction is open: none was begun, or an error rolled it back
 */
MUST_USE enum entente_error store_put_room(
    struct store *store, const struct room_id *room, struct bytes genesis_file);
MUST_USE enum entente_error store_put_register(
    struct store *store, const struct party_id *party, uint32_t number, struct bytes encoded);
MUST_USE enum entente_error store_put_branch(
    struct store *store, const struct room_id *room, const struct branch_row *branch);
/*
 * `row->arrival` is given by the caller.  EXISTS also when it is not greater than all before in the
 * room, or when the segment overlaps with one of its branch.  The same segment under another
 * arrival is the same.  `specials` go with it.
 */
MUST_USE enum entente_error store_put_segment(struct store *store, const struct room_id *room,
    const struct segment_row *row, const struct special_row *specials, size_t specials_count);
MUST_USE enum entente_error store_put_proof(struct store *store, const struct room_id *room,
    uint8_t slot, uint16_t inc, struct bytes proof);

/*
 * Files (PROTOCOL.md section 19), errors as above.  Chunks lie under a place: that of a file which
 * is fetched is its root, that of an upload is a number by chance, as its root is known at its end
 * only. An upload that its process did not end is removed by store_sweep_uploads().
 */
MUST_USE enum entente_error store_begin_upload(
    struct store *store, const struct room_id *room, const struct digest *place);
MUST_USE enum entente_error store_put_chunk(struct store *store, const struct room_id *room,
    const struct digest *place, uint32_t index, struct bytes sealed);
/* The leaves are file_chunks(size) x 32 bytes.  `place` is no unfinished upload any more. */
MUST_USE enum entente_error store_put_file(struct store *store, const struct room_id *room,
    const struct digest *root, const struct file_row *row, struct bytes leaves);

/*
 * Removes chunks of a file, at most `*count` of them, and sets `*count` to how
 * many it was; when none is left, the file itself.  NOT_FOUND: it is not here (any more).
 */
MUST_USE enum entente_error store_remove_file(
    struct store *store, const struct room_id *room, const struct digest *root, uint32_t *count);

/* The same for an upload that was begun and not put, by its place. */
MUST_USE enum entente_error store_remove_upload(
    struct store *store, const struct room_id *room, const struct digest *place, uint32_t *count);

/* The same for any such upload of any room; NOT_FOUND: there is none left. */
MUST_USE enum entente_error store_sweep_uploads(struct store *store, uint32_t *count);

/* Walks: `index` from 0 until ENTENTE_ERR_NOT_FOUND.  Views borrowed until the store's next call.
 */
MUST_USE enum entente_error store_room_at(
    struct store *store, uint32_t index, struct room_id *room, struct bytes *genesis_file);
MUST_USE enum entente_error store_register_entry(
    struct store *store, const struct party_id *party, uint32_t number, struct bytes *encoded);

/*
 * The first proof against a lane from (slot, inc) on: reads both, and the lane that it is about into
 * them.  ENTENTE_ERR_NOT_FOUND   no more of them
 */
MUST_USE enum entente_error store_proof_from(
    struct store *store, const struct room_id *room, uint8_t *slot, uint16_t *inc);

/* The record's view of this store; lives as long as the store. */
const struct record_source *store_source(struct store *store);

/* The node's view of its files; lives as long. */
const struct file_source *store_files(struct store *store);

/*
 * The memory maker's faults, for the simulator.  A crash forgets what was not committed; a snapshot
 * is a deep copy of what is durable (an old backup, a clone); `fail_after` makes the n-th write of
 * a row (a segment is two, and one for each special), removal or commit from now (1: the next)
 * return `error` (0 switches it off).
 */
void store_memory_crash(struct store *store);
MUST_USE enum entente_error store_memory_snapshot(const struct store *store, struct store **copy);
void store_memory_fail_after(struct store *store, uint64_t calls, enum entente_error error);

#endif
