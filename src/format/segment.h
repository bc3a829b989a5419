/* Segments: 1 to 64 consecutive entries under one signature.  PROTOCOL.md section 6. */
#ifndef ENTENTE_FORMAT_SEGMENT_H
#define ENTENTE_FORMAT_SEGMENT_H

#include "crypto/sign.h"
#include "format/entry.h"

#define SEGMENT_ENTRIES_MAX 64u
#define SEGMENT_PAYLOAD_BYTES_MAX 1179648u
#define SEGMENT_BYTES_MAX (5u + SEGMENT_ENTRIES_MAX * ENTRY_HEADER_BYTES_MAX + 64u)

/* Some 25 kB: lives on the heap or in an arena, not on a small stack. */
struct segment {
    uint32_t count;
    uint32_t payload_bytes;     /* the sum of the entries' payload_bytes */
    struct bytes encoded;       /* the segment as it arrived, borrowed */
    struct signature signature; /* located, not verified: segment_check_signature() */
    struct entry entries[SEGMENT_ENTRIES_MAX];
    struct entry_id ids[SEGMENT_ENTRIES_MAX];
};

/*
 * Read one segment, which may be followed by more in `reader`.  Computes the ids, and checks that
 * the headers are consecutive entries of one lane of one room linked by prev (S1), with growing t
 * (E8) and no decreasing reg, one id for each (E6).  Borrows from the reader's input.
 *
 *   ENTENTE_ERR_TRUNCATED, ENTENTE_ERR_VERSION, ENTENTE_ERR_TOO_LARGE, ENTENTE_ERR_MALFORMED  form
 *   ENTENTE_ERR_CHAIN       the headers are not consecutive, or reg goes back
 *   ENTENTE_ERR_TIME        t does not grow
 * On error `*segment` is zeroed.
 */
MUST_USE enum entente_error segment_parse(struct reader *reader, struct segment *segment);

/* The last entry, its id and its position. */
const struct entry *segment_last(const struct segment *segment);
struct position segment_head(const struct segment *segment);

/* Whether `key` signed the segment's last id (S1). */
bool segment_check_signature(const struct segment *segment, const struct public_key *key);

/*
 * Whether `payloads`, all of them in order, have the lengths and hashes of the headers (S2).
 *   ENTENTE_ERR_TRUNCATED or ENTENTE_ERR_MALFORMED   the sizes do not add up
 *   ENTENTE_ERR_HASH                                  a payload has another hash
 */
MUST_USE enum entente_error segment_check_payloads(
    const struct segment *segment, struct bytes payloads);

/* The payload of entry `index` within `payloads`, borrowed.  Sizes must have been checked. */
struct bytes segment_payload(const struct segment *segment, struct bytes payloads, uint32_t index);

/* What a segment's signature covers, under its context. */
#define SEGMENT_CONTEXT "entente/head/v1 "
#define SEGMENT_SIGNED_BYTES 71u
void segment_signed_bytes(uint8_t signed_bytes[static SEGMENT_SIGNED_BYTES],
    const struct room_id *room, const struct position *head);

/*
 * The parts of a segment that was checked before, which is not looked into: `*headers` borrows.
 * ENTENTE_ERR_TRUNCATED, ENTENTE_ERR_MALFORMED   it never was one
 */
MUST_USE enum entente_error segment_take_apart(
    struct bytes encoded, uint32_t *count, struct bytes *headers, struct signature *signature);

/* Write count, headers (already encoded, concatenated) and signature. */
void segment_write(
    struct writer *writer, uint32_t count, struct bytes headers, const struct signature *signature);

#endif
