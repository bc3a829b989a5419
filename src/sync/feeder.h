/*
 * What one peer gets of one room: for each branch, how far the peer is known to be, and how far it
 * asked or is to be pushed.  Segments are read from the store when there is credit for them; nothing
 * is queued.  PROTOCOL.md Y3 to Y6.
 */
#ifndef ENTENTE_SYNC_FEEDER_H
#define ENTENTE_SYNC_FEEDER_H

#include "base/arena.h"
#include "record/record.h"

#define FEEDER_NEEDS_MAX 64u
#define FEEDER_REGISTER_ENTRIES_MAX 64u
#define FEEDER_PUSH_MAX 256u

struct feed {
    uint32_t known_seq; /* the peer has the branch up to here */
    uint32_t to_seq;    /* the peer asked up to here; UINT32_MAX: whatever comes (the author pushes) */
    uint32_t next_seq;  /* for which next_arrival was looked up */
    uint64_t next_arrival;
};

struct feeder {
    struct feed *feeds; /* by branch index */
    uint32_t feeds_size;
    struct position needs[FEEDER_NEEDS_MAX];
    uint32_t needs_count;
};

void feeder_free(struct feeder *feeder);

/* The feed of `branch`, or NULL without memory. */
struct feed *feeder_feed(struct feeder *feeder, uint32_t branch);

/* The peer has the branch up to `seq`. */
void feeder_know(struct feeder *feeder, uint32_t branch, uint32_t seq);

/*
 * Everything of `branch` is to be pushed from now on, if the peer is no further behind `head_seq` than
 * FEEDER_PUSH_MAX.  One that is asks for all that it lacks at one place, where causes come first.
 */
void feeder_push(struct feeder *feeder, uint32_t branch, uint32_t head_seq);

/*
 * WANT: "I have the lane up to `after`, send me up to `to_seq`."  Where our lane has another id there,
 * or another branch does and nothing is to come on this one, the segment that covers it is queued
 * instead (Y3).
 */
MUST_USE enum entente_error feeder_want(
    struct feeder *feeder, struct record *record, const struct position *after, uint32_t to_seq);

/* NEED.  Forgotten when the queue is full: the peer asks again. */
void feeder_need(struct feeder *feeder, const struct position *position);

/* Whether feeder_next() would have something. */
bool feeder_is_hungry(const struct feeder *feeder, const struct record *record);

/*
 * The next frame for the peer, in `arena`, if it is no larger than `credit`.  Of several branches the
 * segment that arrived here first comes first, so that its causes are sent before it.
 *   ENTENTE_OK              *frame is set, or empty when there is nothing
 *   ENTENTE_ERR_FLOOD       the next frame needs more credit
 *   ENTENTE_ERR_NO_MEMORY   the arena has no room now
 *   ENTENTE_ERR_IO, ENTENTE_ERR_CORRUPT
 */
MUST_USE enum entente_error feeder_next(struct feeder *feeder, struct record *record,
    const struct record_source *source, size_t credit, struct arena *arena, struct bytes *frame);

#endif
