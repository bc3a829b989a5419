/*
 * What a record asks of its store: reads of rows, by key.  A read changes nothing and sees every
 * write that was handed to the store before it, durable or not.  Reads are plain calls, not
 * events: the answer is a function of the writes before, so a run repeats exactly, and the core
 * stays pure in all that matters (no clock, no chance, no waiting).
 */
#ifndef ENTENTE_RECORD_SOURCE_H
#define ENTENTE_RECORD_SOURCE_H

#include "format/ids.h"

/*
 * One branch of one lane.  Branch 0 begins at seq 1; another one exists only where the party
 * forked its feed, and begins behind `fork_seq` of branch `parent`.  `index` numbers the branches
 * of a room from 0 in the order in which this node met them; it is the place in vectors.  A
 * register is a branch of the inc REGISTER_INC.
 */
struct branch_row {
    uint32_t index;
    uint8_t slot;
    uint16_t inc;
    uint16_t branch;
    uint16_t parent;
    uint32_t fork_seq;
};

/* One stored segment.  Views are borrowed from the source until the next call of the source. */
struct segment_row {
    uint64_t arrival; /* grows with each segment stored in this room, from 1 */
    uint32_t branch;  /* branch_row.index */
    uint32_t first_seq;
    uint32_t last_seq;
    uint64_t last_t_ms;
    struct entry_id last_id;
    struct bytes vectors; /* of its entries, opaque to the store (record/vectors.c); not empty */
    struct bytes segment; /* as it arrived */
    struct bytes payloads;
};

/* An entry of a kind that is looked up by kind: all but `sealed` and `ack`. */
struct special_row {
    uint8_t kind;
    uint32_t branch;
    uint32_t seq;
    uint64_t detail; /* `keys`: the chain id; otherwise 0 */
};

/*
 * Every function returns ENTENTE_OK, ENTENTE_ERR_NOT_FOUND, ENTENTE_ERR_IO, ENTENTE_ERR_CORRUPT
 * or ENTENTE_ERR_NO_MEMORY, and zeroes `*row` on error.
 */
struct record_source {
    void *state;

    /* The segment of `branch` that contains `seq`; NOT_FOUND beyond its end. */
    enum entente_error (*segment_at)(
        void *state, const struct room_id *room, uint32_t branch, uint32_t seq,
        struct segment_row *row);

    /* The last segment of `branch`. */
    enum entente_error (*segment_last)(
        void *state, const struct room_id *room, uint32_t branch, struct segment_row *row);

    /* The first segment whose arrival is greater than `arrival`. */
    enum entente_error (*segment_after)(
        void *state, const struct room_id *room, uint64_t arrival, struct segment_row *row);

    /* The branch of the given index; NOT_FOUND ends a walk from 0. */
    enum entente_error (*branch_at)(
        void *state, const struct room_id *room, uint32_t index, struct branch_row *row);

    /*
     * The first special entry of `kind` in `branch` whose (detail, seq) is at least the given one,
     * in that order.
     */
    enum entente_error (*special_from)(void *state, const struct room_id *room, uint8_t kind,
        uint32_t branch, uint64_t detail, uint32_t seq, struct special_row *row);

    /* The stored proof against a lane, borrowed. */
    enum entente_error (*proof_of)(void *state, const struct room_id *room, uint8_t slot,
        uint16_t inc, struct bytes *proof);
};

#endif
