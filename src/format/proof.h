/* Proofs of equivocation: PROTOCOL.md section 7. */
#ifndef ENTENTE_FORMAT_PROOF_H
#define ENTENTE_FORMAT_PROOF_H

#include "format/segment.h"

#define FAULT_HEAD_BYTES 3u /* slot, inc */
#define PROOF_BYTES_MAX (8u + 2u * SEGMENT_BYTES_MAX)

/* The payload of a `fault` entry: which lane, and the proof.  Views borrow from the input. */
struct fault {
    uint8_t slot;
    uint16_t inc;
    struct bytes first;  /* segment A of F1, encoded */
    struct bytes second; /* segment B */
};

/*
 * Read a payload, which is used to its end.  The segments are not looked into: see fault_check().
 *   ENTENTE_ERR_TRUNCATED   `payload` ends too early
 *   ENTENTE_ERR_TOO_LARGE   a segment is over SEGMENT_BYTES_MAX
 *   ENTENTE_ERR_MALFORMED   a slot or inc that cannot be, an empty segment, or bytes left over
 * On error `*fault` is zeroed.
 */
MUST_USE enum entente_error fault_parse(struct bytes payload, struct fault *fault);
void fault_write(struct writer *writer, const struct fault *fault);

/*
 * Compare two segments of one lane; puts them in the order of F1 and says at which seq their ids
 * first differ.  Checks no signature.  False when they do not contradict each other, or are of two
 * lanes or rooms; then the outputs are untouched.
 */
bool proof_find(const struct segment *one, const struct segment *other, uint32_t *differing_seq,
    bool *one_is_first);

/*
 * Whether `fault` proves what it claims (F1) in `room`, for the lane's node key `key`.
 * `scratch` is two segments of working memory.
 *   ENTENTE_ERR_WRONG_ROOM   a segment is of another room
 *   ENTENTE_ERR_NO_PROOF     another lane, no contradiction, or the segments are not in F1's order
 *   ENTENTE_ERR_SIGNATURE    a signature is wrong
 *   or what segment_parse() says; MALFORMED where bytes are left over behind a segment
 */
MUST_USE enum entente_error fault_check(const struct fault *fault, const struct room_id *room,
    const struct public_key *key, struct segment scratch[static 2]);

#endif
