/* An entry's header: PROTOCOL.md section 5. */
#ifndef ENTENTE_FORMAT_ENTRY_H
#define ENTENTE_FORMAT_ENTRY_H

#include "format/ids.h"

enum entry_kind {
    ENTRY_SEALED = 1,
    ENTRY_ACK = 2,
    ENTRY_KEYS = 3,
    ENTRY_PROPOSE = 4,
    ENTRY_SIGN = 5,
    ENTRY_WITHDRAW = 6,
    ENTRY_RATIFY = 7,
    ENTRY_FAULT = 8,
    ENTRY_RESUME = 9,
    ENTRY_PREKEY = 10,
    ENTRY_KEY_HELP = 11,
    ENTRY_CLOSE = 12
};

/* Such as "key-help"; "unknown" for a number that is none of these.  Never NULL. */
const char *entry_kind_name(uint8_t kind);

#define ENTRY_VERSION 1
#define ENTRY_FLAG_HOLDS 0x0001u /* the writer's disk holds the payloads of all that it covers */
#define ENTRY_HEADER_BYTES_MIN 216u
#define ENTRY_DEPS_MAX 64u
#define ENTRY_HEADER_BYTES_MAX (ENTRY_HEADER_BYTES_MIN + ENTRY_DEPS_MAX * POSITION_BYTES)
#define ENTRY_PAYLOAD_BYTES_MAX 1179648u
#define ENTRY_TAG_BYTES 16

struct entry {
    uint8_t kind; /* enum entry_kind */
    uint8_t slot;
    uint16_t flags;
    uint16_t inc;
    uint32_t seq;
    struct room_id room;
    struct entry_id prev;
    uint32_t reg_number;
    struct entry_id reg_id;
    uint64_t t_ms; /* writer's clock, Unix time; a claim, not a fact */
    uint8_t tag[ENTRY_TAG_BYTES];
    uint64_t chain;
    uint32_t index;
    uint8_t deps_count;
    struct bytes deps; /* deps_count x POSITION_BYTES, borrowed; see entry_dep() */
    struct digest pcommit;
    uint32_t payload_bytes;     /* clen */
    struct digest payload_hash; /* chash */
    struct bytes header;        /* the header as it arrived, borrowed; set by entry_parse() */
};

/*
 * Read one header from `reader`, which may hold more behind it.
 * Views in `*entry` borrow from the reader's input.  Allocates nothing.
 *
 * Checks form only: E1 to E4, but for what the genesis says of slots.
 *   ENTENTE_ERR_TRUNCATED   the input ends inside the header
 *   ENTENTE_ERR_VERSION     unknown version
 *   ENTENTE_ERR_TOO_LARGE   over ENTRY_DEPS_MAX deps or ENTRY_PAYLOAD_BYTES_MAX
 *   ENTENTE_ERR_MALFORMED   any other breach of E1 to E4
 * On error `*entry` is zeroed.
 */
MUST_USE enum entente_error entry_parse(struct reader *reader, struct entry *entry);

/* The i-th dep, i < entry->deps_count. */
struct position entry_dep(const struct entry *entry, unsigned i);

/* Write the header; the entry need not have `header` set.  The writer fails where it does not fit.
 */
void entry_write(struct writer *writer, const struct entry *entry);

/* The id of a header as it arrived (`entry->header`), two hash calls. */
void entry_make_id(struct entry_id *id, const struct entry *entry);

/* The hash that a header carries for its payload (chash). */
void payload_make_hash(struct digest *hash, struct bytes payload);

static inline struct position
entry_position(const struct entry *entry, const struct entry_id *id)
{
    return (struct position){entry->slot, entry->inc, entry->seq, *id};
}

#endif
