/*
 * A record as the bytes of a bundle file (PROTOCOL.md section 10), piece by piece: the magic and
 * the manifest, the registers, the segments in the order of their arrival (so causes come first),
 * the proofs of faults, and the end, which the caller has signed.  Pure.
 *
 * What is exported is the record as it was at export_new(): the record may grow meanwhile.
 */
#ifndef ENTENTE_READER_EXPORT_H
#define ENTENTE_READER_EXPORT_H

#include "format/frame.h"
#include "record/record.h"

/* The most that one export_next() writes: magic, size and frame. */
#define EXPORT_PIECE_BYTES_MAX (16u + 4u + FRAME_BYTES_MAX)
#define EXPORT_SIGNED_BYTES 72u /* behind the context "entente/bunsign1" */
#define EXPORT_WHY_BYTES_MAX 200u

struct export_options {
    struct bytes genesis_file; /* borrowed for the export's life */
    struct record *record;     /* likewise, as is its source */
    const struct record_source *source;
    uint8_t slot; /* who signs the end: this node's lane */
    uint16_t inc;
    struct bytes why; /* a few words for people, borrowed; at most EXPORT_WHY_BYTES_MAX */
    const struct position
        *from; /* what the receiver has: heads as in HAVE, distinct, copied; empty: nothing */
    uint16_t from_count; /* at most FRAME_LANES_MAX */
};

struct export;

/*
 *   ENTENTE_ERR_USAGE       `why` or `from` is too long
 *   ENTENTE_ERR_NO_MEMORY, and what the source returns
 */
MUST_USE enum entente_error export_new(struct export **made, const struct export_options *options);
void export_free(struct export *export);

/*
 * Writes the next piece, at most EXPORT_PIECE_BYTES_MAX.
 *   ENTENTE_ERR_INCOMPLETE   only the end is left: sign export_signed_bytes(), call export_sign()
 *   ENTENTE_ERR_NOT_FOUND    the end was written
 *   ENTENTE_ERR_TOO_LARGE    `writer` has too little room; what it holds is to be thrown away
 *   what the source returns
 */
MUST_USE enum entente_error export_next(struct export *export, struct writer *writer);

/* What the node key of the lane signs under EXPORT_CONTEXT (U1): known from the beginning. */
#define EXPORT_CONTEXT "entente/bunsign1"
void export_signed_bytes(
    const struct export *export, uint8_t signed_bytes[static EXPORT_SIGNED_BYTES]);
void export_sign(struct export *export, const struct signature *signature);

/* The same bytes from their parts. */
void end_signed_bytes(uint8_t signed_bytes[static EXPORT_SIGNED_BYTES], const struct room_id *room,
    const struct digest *state, uint64_t entries);

/*
 * Where an export begins.  since_held_by() gives what party `slot` is known to hold (H1), distinct
 * and ascending, at most FRAME_LANES_MAX; since_skips() sets, for each branch, up to which seq a
 * receiver with the heads `from` needs nothing.  A feed of which it has more than we is left out but
 * for our last segment: that shows whether it is the same feed (Y3).
 * What the source returns, or ENTENTE_ERR_NO_MEMORY.
 */
MUST_USE enum entente_error since_held_by(
    struct record *record, uint8_t slot, struct position *from, uint16_t *count);
MUST_USE enum entente_error since_skips(
    struct record *record, const struct position *from, uint16_t count, uint32_t *skip);

/*
 * The heads of all lanes, branches and registers, ascending, as a MANIFEST lists them: those beyond
 * FRAME_LANES_MAX are left out.  The caller frees `*encoded`.  ENTENTE_ERR_NO_MEMORY.
 */
MUST_USE enum entente_error heads_encode(
    const struct record *record, uint8_t **encoded, uint16_t *count);

/* For a progress line: segments are counted by arrival. */
uint64_t export_done_segments(const struct export *export);
uint64_t export_all_segments(const struct export *export);

#endif
