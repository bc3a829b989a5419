/*
 * Our party, whose processes meet with faults, and its peer, which lives on; what they write, and
 * what must be true whatever happened to ours.
 */
#ifndef ENTENTE_TESTS_SWEEP_PAIR_H
#define ENTENTE_TESTS_SWEEP_PAIR_H

#include "party.h"

struct pair {
    struct world world;
    struct known known;
    struct party ours;
    struct party peer;
    bool is_alone; /* there is no peer: the operator lifts the start barrier */
};
extern struct pair pair;

void pair_begin(bool is_alone);
void pair_end(void);

/* `count` statements of `bytes` bytes, acknowledged unless ours is gone before. */
void pair_write_ours(uint32_t count, size_t bytes);
/* The same by the peer, until ours has them. */
void pair_write_peers(uint32_t count, size_t bytes);

/* What a life of ours meets with. */
struct life {
    enum party_part part; /* meets with `faults` */
    bool from_start;      /* counted from its first call; else from the first acknowledged entry */
    bool both;            /* FAULT_CUT: the power is gone for both processes */
    size_t bytes;         /* of a statement */
    struct fault_control faults;
};

/*
 * Starts ours, checks what the lives before left, and writes until the fault came; once where
 * `faults.at` is 0.  Then -9, or the cut, and what was claimed is looked for on the disk.
 */
void pair_live(const struct life *life);

/* The same as a check only: no fault comes. */
void pair_check(void);

#endif
