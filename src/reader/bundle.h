/* Bundle files, frame by frame: PROTOCOL.md section 10. */
#ifndef ENTENTE_READER_BUNDLE_H
#define ENTENTE_READER_BUNDLE_H

#include "format/frame.h"
#include "record/record.h"

#define BUNDLE_MAGIC_BYTES 16u
#define BUNDLE_READ_BYTES 65536u

/* Which frames may follow which: MANIFEST, then any number of REGISTER, SEGMENT, FAULT, then END.
 */
enum bundle_stage { BUNDLE_STARTS, BUNDLE_GOES_ON, BUNDLE_ENDED };

/* ENTENTE_ERR_UNEXPECTED where `kind` may not come now; otherwise `*stage` moves on. */
MUST_USE enum entente_error bundle_step(enum bundle_stage *stage, uint8_t kind);

/*
 * A bundle that is read from a file descriptor, in pieces of BUNDLE_READ_BYTES.  Memory: one frame.
 * Nothing but form is checked: each frame is for the node, which treats it like a peer's.
 */
struct bundle;

/* `file` is borrowed and read from where it stands.  ENTENTE_ERR_NO_MEMORY. */
MUST_USE enum entente_error bundle_new(struct bundle **bundle, int file);
void bundle_free(struct bundle *bundle);

/*
 * The next frame; views in it are valid until the next call.
 *   ENTENTE_ERR_NOT_FOUND    behind END: the bundle was read to its end
 *   ENTENTE_ERR_IO           reading failed
 *   ENTENTE_ERR_TRUNCATED    the file ends inside a frame or before END
 *   ENTENTE_ERR_MALFORMED    no bundle, bytes behind END, or what frame_parse() says
 *   ENTENTE_ERR_TOO_LARGE    a frame over FRAME_BYTES_MAX
 *   ENTENTE_ERR_UNEXPECTED   a frame that may not come now
 * After an error every call returns it again.
 */
MUST_USE enum entente_error bundle_next(struct bundle *bundle, struct frame *frame);

/* Where the frame given last begins in the file. */
uint64_t bundle_offset(const struct bundle *bundle);

/* The frame given last, kind and body, as it arrived. */
struct bytes bundle_frame_bytes(const struct bundle *bundle);

/* Entries of one lane (inc REGISTER_INC: of a register) that pending segments wait for. */
struct bundle_gap {
    uint8_t slot;
    uint16_t inc;
    uint32_t after_seq; /* the last one that is here; 0: none */
    uint32_t to_seq;
};

/*
 * What an import left missing: the exact ranges to ask for, ascending by (slot, inc), at most
 * `max`. Returns their count.
 */
uint32_t bundle_gaps(const struct record *record, struct bundle_gap *gaps, uint32_t max);

/* One line about a gap, such as "party 1, incarnation 1: entries 65 to 128", into `text`. */
void bundle_gap_text(char *text, size_t size, const struct bundle_gap *gap);

#endif
