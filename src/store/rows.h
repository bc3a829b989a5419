/*
 * Keys and values of the rows: a key is a kind and big-endian numbers, so that memcmp() is their
 * order; a value is a sum over key and content, then the content.  The sum is against disks that
 * change bits and programs that write into our file, not against people: those have the
 * signatures against them.
 */
#ifndef ENTENTE_STORE_ROWS_H
#define ENTENTE_STORE_ROWS_H

#include "store/maker.h"

enum row_kind {
    ROW_ROOM = 1,    /* number u32 -> id 32, genesis file */
    ROW_ROOM_NUMBER, /* id 32 -> number u32 */
    ROW_REGISTER,    /* party 32, number u32 -> entry */
    ROW_BRANCH,      /* room u32, index u32 -> slot, inc, branch, parent, fork seq */
    ROW_SEGMENT,     /* room u32, arrival u64 -> a segment_row without its arrival */
    ROW_SPAN,        /* room u32, branch u32, last seq u32 -> first seq u32, arrival u64 */
    ROW_SPECIAL,     /* room u32, kind u8, branch u32, detail u64, seq u32 -> nothing */
    ROW_PROOF,       /* room u32, slot u8, inc u16 -> proof */
    ROW_FILE,        /* room u32, root 32 -> place 32, size u64 */
    ROW_LEAVES,      /* room u32, root 32 -> leaves */
    ROW_CHUNK,       /* room u32, place 32, index u32 -> sealed chunk */
    ROW_UPLOAD,      /* room u32, place 32 -> nothing: it is not a file yet */
    ROW_KINDS
};

struct key {
    uint8_t data[KEY_BYTES_MAX];
    size_t size;
};

struct key key_of_room(uint32_t number);
struct key key_of_room_number(const struct room_id *id);
struct key key_of_register(const struct party_id *party, uint32_t number);
struct key key_of_branch(uint32_t room, uint32_t index);
struct key key_of_segment(uint32_t room, uint64_t arrival);
struct key key_of_span(uint32_t room, uint32_t branch, uint32_t last_seq);
struct key key_of_special(uint32_t room, const struct special_row *row);
struct key key_of_proof(uint32_t room, uint8_t slot, uint16_t inc);
/* Of the three kinds that end with a root or a place. */
struct key key_of_digest(enum row_kind kind, uint32_t room, const struct digest *digest);
struct key key_of_chunk(uint32_t room, const struct digest *place, uint32_t index);

/* How many bytes of a key are common to all rows of one room, or of one branch of it. */
#define PREFIX_KIND 1u
#define PREFIX_ROOM 5u
#define PREFIX_SPANS 9u
#define PREFIX_SPECIALS 10u
#define PREFIX_CHUNKS 37u /* of one place */

/*
 * Adds a row whose content is `parts`, one after the other.  The same content there already is
 * ENTENTE_OK, other content ENTENTE_ERR_EXISTS.
 */
MUST_USE enum entente_error row_put(
    struct store *store, const struct key *key, const struct bytes *parts, size_t count);

/* Views borrowed until the store's next call.  ENTENTE_ERR_CORRUPT when the sum is wrong. */
struct found {
    struct reader key; /* behind its first `prefix_size` bytes */
    struct reader content;
};
MUST_USE enum entente_error row_get(
    struct store *store, const struct key *key, struct reader *content);
MUST_USE enum entente_error row_first_from(
    struct store *store, const struct key *key, size_t prefix_size, struct found *found);
MUST_USE enum entente_error row_last_up_to(
    struct store *store, const struct key *key, size_t prefix_size, struct found *found);

/* The key alone, behind its prefix; the value is not read.  Borrowed as above. */
MUST_USE enum entente_error row_first_key_from(
    struct store *store, const struct key *key, size_t prefix_size, struct reader *found);

/* ENTENTE_OK when all was read and nothing is left, otherwise ENTENTE_ERR_CORRUPT. */
MUST_USE enum entente_error row_finish(const struct reader *reader);

/* The number of a room in keys.  ENTENTE_ERR_NOT_FOUND when it was never put. */
MUST_USE enum entente_error room_number(
    struct store *store, const struct room_id *room, uint32_t *number);

/* source.c: the segment whose span is the first one of `branch` that ends at `seq` or later. */
MUST_USE enum entente_error source_segment_ending(
    struct store *store, uint32_t room, uint32_t branch, uint32_t seq, struct segment_row *row);
void source_init(struct record_source *source, struct store *store);

/* files.c */
void files_init(struct file_source *files, struct store *store);

/* Every put and removal ends with this: one that failed takes the whole transaction with it. */
MUST_USE enum entente_error store_end_write(struct store *store, enum entente_error error);

#endif
