/*
 * The record of one room: all feeds, their causal links, and what follows from them.  PROTOCOL.md
 * sections 5 to 7.  Pure: reads go through a record_source, writes come out as an admission list.
 *
 * Memory is bounded by the number of parties, incarnations and forks, a cache of
 * RECORD_SPANS_MAX recent segments and RECORD_PENDING_BYTES_MAX of pending ones; not by the size
 * of the record.
 */
#ifndef ENTENTE_RECORD_RECORD_H
#define ENTENTE_RECORD_RECORD_H

#include "base/arena.h"
#include "format/genesis.h"
#include "format/segment.h"
#include "record/source.h"

#define RECORD_SPANS_MAX 128u
#define RECORD_PENDING_SEGMENTS_MAX 1024u
/* Pending segments admitted by one call: fewer than the cache of spans, since the store may not have
 * been given any of them yet.  record_registers_grew() goes on with the rest. */
#define RECORD_RETRIES_MAX 64u
#define RECORD_PENDING_LANE_BYTES_MAX 4194304u
#define RECORD_PENDING_BYTES_MAX 16777216u
#define RECORD_BRANCHES_MAX 4096u
#define CONTESTED_ENTRIES_MAX 64u
#define STRAYS_MAX 256u /* on which the verdict over one stray may rest (I2) */

/*
 * Rules that a test may switch off to show that the checkers notice; all false in production.  Each
 * switch has its line in tests/simulator/mutations.c, which says who notices.
 */
struct record_mutations {
    bool no_prev_rule;         /* E5: any prev is taken for what is before it */
    bool no_register_rule;     /* E6 */
    bool no_revocation;        /* E7 */
    bool no_time_rule;         /* E8 */
    bool no_resume_rule;       /* E9 */
    bool no_deps_rule;         /* L1 */
    bool pending_without_end;  /* L2: what waits is kept, however much it is */
    bool dep_without_id;       /* L2: a dep is found by its seq alone */
    bool no_fault_link_rule;   /* L4 */
    bool no_signature_rule;    /* S1 */
    bool no_payload_rule;      /* S2 */
    bool no_proof_rule;        /* F1, F2: every accusation is believed */
    bool cover_contested;      /* F3: the own entries go on covering a contested lane */
    bool no_contested_hold;    /* F3: a contested lane is taken in like any other */
    bool no_contested_budget;  /* F3: without end through each other party */
    bool no_stray_rule;        /* I2: every stray counts */
    bool any_voucher;          /* I2: first covering entry of each feed, void or not (refuted draft) */
    bool no_barrier_rule;      /* I3 */
    bool own_barrier_only;     /* I3 for the writer's own resumes only (refuted draft) */
    bool any_incarnation_holds; /* H1: what an earlier incarnation covered counts */
    bool cover_unstored;       /* H1: cover what is not yet durable */
    bool ack_acks;             /* H2 */
    bool order_by_arrival;     /* O1 */
    bool state_of_all_heads;   /* O2: of a contested lane, what nobody covers counts too */
};

struct record_options {
    const struct genesis *genesis;           /* copied as far as it is needed */
    struct room_id room;
    struct party_register *const *registers; /* one for each slot, borrowed for the record's life */
    const struct record_source *source;      /* borrowed for the record's life */
    const struct record_mutations *mutations; /* NULL: none */
    /* S4: the caller checks the signature on each lane's last segment itself, and everything before it
     * is carried by the chain of ids; the others are not checked one by one. */
    bool heads_only;
    /* S2: the caller checks the payloads' hashes itself; their sizes are checked here. */
    bool payloads_elsewhere;
};

struct record;

/*
 * Reads the heads from the source: time linear in the number of branches, not of entries.  In a new
 * room the registers' branches (index = slot) exist at once; the caller has them stored.
 */
MUST_USE enum entente_error record_new(
    struct record **record, const struct record_options *options);
void record_free(struct record *record);

/* What one admitted segment asks the store to keep, in this order. */
struct admitted {
    bool new_branch;
    struct branch_row branch;
    struct segment_row row; /* views borrowed from the input, the pending buffer or the arena */
    struct special_row *specials;
    uint32_t specials_count;
    struct admitted *next;
};

/* What record_receive() found out. */
struct admission {
    struct admitted *first; /* admitted now, causes first: the segment and pending ones that waited */
    struct admitted **last;
    uint32_t entries;         /* how many entries were admitted */
    bool is_pending;          /* the segment waits for `missing` */
    bool was_dropped;         /* it should wait, but there is no room: ask again later */
    struct position missing;  /* inc REGISTER_INC: a register entry */
    struct proven *faults;    /* lanes that became contested; NULL: none */
};

/* A new proof, for the store. */
struct proven {
    uint8_t slot;
    uint16_t inc;
    struct bytes payload; /* of a fault entry, in the arena or borrowed from the input */
    struct proven *next;
};

/*
 * Take in a segment from anywhere: a peer, a bundle, our own keyholder.
 *
 * Results live in `arena` and borrow from `segment` and `payloads`; the store must have been given
 * them before the next call.  Nothing is admitted unless it is valid.
 *   ENTENTE_OK              see `*admission`: admitted, pending, or a fault was found
 *   ENTENTE_ERR_DUPLICATE   all of it is here
 *   ENTENTE_ERR_CONTESTED   its lane is contested, and nobody accepted refers to it (F3)
 *   ENTENTE_ERR_NO_MEMORY, ENTENTE_ERR_IO, ENTENTE_ERR_CORRUPT   this machine; try again
 *   any other               the rule that the segment breaks: its sender or its writer is at fault
 */
MUST_USE enum entente_error record_receive(struct record *record, struct bytes segment,
    struct bytes payloads, struct arena *arena, struct admission *admission);

/*
 * The same for what this party's own keyholder has just checked and signed: its signature and the
 * hashes of its payloads are not computed a second time, all that depends on the record is.
 */
MUST_USE enum entente_error record_receive_own(struct record *record, struct bytes segment,
    struct bytes payloads, struct arena *arena, struct admission *admission);

/*
 * Take in a proof of a fault (a FAULT frame, or the payload of a fault entry).
 * ENTENTE_OK with `admission->faults` when it is new, ENTENTE_ERR_DUPLICATE, or why it is none.
 */
MUST_USE enum entente_error record_prove(struct record *record, struct bytes fault_payload,
    struct arena *arena, struct admission *admission);

/* The registers grew, or admissions were many: pending segments are tried again. */
MUST_USE enum entente_error record_registers_grew(
    struct record *record, struct arena *arena, struct admission *admission);

/* What pending segments and their payloads take; at most RECORD_PENDING_BYTES_MAX. */
size_t record_pending_bytes(const struct record *record);

/* What pending segments wait for, by index from 0; false beyond the last. */
bool record_pending_at(const struct record *record, uint32_t index, struct position *missing);

/* The greatest entry of a lane that pending segments with a verified signature have; seq 0: none. */
struct position record_pending_head(const struct record *record, uint8_t slot, uint16_t inc);

/*
 * ---- following ----
 *
 * What the record of another process (the node's) has admitted and its store has: taken over as it is,
 * in the order of arrival, without checking a rule again.  For who only reads: such a record admits
 * nothing itself.  On error nothing has changed.
 *   ENTENTE_ERR_PENDING     record_follow(): its branch, or a branch or register entry in its past, is not here
 *   ENTENTE_ERR_CORRUPT     it does not continue what is here
 *   ENTENTE_ERR_NO_MEMORY
 */
MUST_USE enum entente_error record_follow_branch(
    struct record *record, const struct branch_row *row);
/* A proof against the lane is stored. */
MUST_USE enum entente_error record_follow_proof(struct record *record, uint8_t slot, uint16_t inc);
/* `segment` is the reading of `row->segment`.  What is here already changes nothing. */
MUST_USE enum entente_error record_follow(
    struct record *record, const struct segment_row *row, const struct segment *segment);

/* All that was admitted so far is durable: it may be covered, and counts as held by this node. */
void record_stored(struct record *record);

/* ---- reading ---- */

const struct room_id *record_room(const struct record *record);
uint8_t record_parties(const struct record *record);
struct party_register *record_register(const struct record *record, uint8_t slot);
uint32_t record_branches(const struct record *record);
const struct branch_row *record_branch(const struct record *record, uint32_t branch);

/* The last entry of a branch; seq 0 when it has none.  For registers, its last entry. */
struct position record_head(const struct record *record, uint32_t branch);
uint64_t record_head_time(const struct record *record, uint32_t branch);

/* Contested lanes, by index from 0; false beyond the last. */
bool record_contested_at(const struct record *record, uint32_t index, uint8_t *slot, uint16_t *inc);

/* Whether party `by` has a fault entry against the lane in the record (F2: one for each party). */
bool record_has_fault_by(const struct record *record, uint8_t by, uint8_t slot, uint16_t inc);

/* Whether a proof against the lane is known. */
bool record_is_contested(const struct record *record, uint8_t slot, uint16_t inc);

/* The branch that `position` lies on, by id.  NOT_FOUND when it is not in the record. */
MUST_USE enum entente_error record_find(
    struct record *record, const struct position *position, uint32_t *branch);

/* The id of entry `seq` of `branch` (or of the branch that it forked from). */
MUST_USE enum entente_error record_id_at(
    struct record *record, uint32_t branch, uint32_t seq, struct entry_id *id);

/* Whether (branch, seq) is in the past of (of_branch, of_seq); both exist.  One comparison and,
 * for old entries, one read. */
MUST_USE enum entente_error record_in_past(struct record *record, uint32_t branch, uint32_t seq,
    uint32_t of_branch, uint32_t of_seq, bool *in_past);

/* The vector of entry `seq` of `branch`, itself included, into `past`: a place for each branch. */
MUST_USE enum entente_error record_past_of(
    struct record *record, uint32_t branch, uint32_t seq, uint32_t *past);

/* The total of entries in all feeds (registers not counted). */
uint64_t record_entries(const struct record *record);
uint64_t record_last_arrival(const struct record *record);

/* ---- held (H1) ---- */

/* Up to which seq of `branch` party `slot` holds the lane; its own lanes wholly. */
uint32_t record_held_by(const struct record *record, uint8_t slot, uint32_t branch);
uint32_t record_held_by_all(const struct record *record, uint32_t branch);
/* The same over all others than the branch's writer: somebody else has it. */
uint32_t record_held_by_another(const struct record *record, uint32_t branch);

/* The last entry of a branch that is not an ack.  Acks behind it ask for no ack (H2): when this one is
 * held by all, the branch is. */
uint32_t record_content(const struct record *record, uint32_t branch);

/* ---- writing ---- */

/* Where the next own entry stands: kept by the node for entries that are under way. */
struct frontier {
    struct position *deps; /* in the arena, ascending */
    uint8_t deps_count;
    bool has_content; /* something uncovered is not an ack (H2) */
};

/*
 * What an entry behind `past` (a vector as of record_past()) of lane (slot, inc) would newly cover
 * (L1), and add it to `past`.  Only what is durable is covered.
 */
MUST_USE enum entente_error record_frontier(struct record *record, uint8_t slot, uint16_t inc,
    uint32_t *past, uint32_t past_count, struct arena *arena, struct frontier *frontier);

/* Copies the vector of the head of `branch` into `past` (zeros where it has none). */
void record_past(
    const struct record *record, uint32_t branch, uint32_t *past, uint32_t past_count);

/* The branch 0 of a lane; NOT_FOUND when nothing of it is here. */
MUST_USE enum entente_error record_lane(
    const struct record *record, uint8_t slot, uint16_t inc, uint32_t *branch);

/* The greatest incarnation of which the record has an entry; 0: none. */
uint16_t record_incarnation(const struct record *record, uint8_t slot);

/* ---- verdicts over incarnations (I2, I3) ---- */

/*
 * Whether entry `seq` of `branch` counts: it is no stray, or a voucher has it in its past.  For what
 * is no stray one comparison for each later resume of its party; for a stray the time also grows with
 * the branches of the others, and with at most STRAYS_MAX strays on which the verdict rests.
 */
MUST_USE enum entente_error record_is_admissible(
    struct record *record, uint32_t branch, uint32_t seq, bool *admissible);

/* The same, judged by what (of_branch, of_seq) knew before it was written. */
MUST_USE enum entente_error record_is_admissible_before(struct record *record, uint32_t branch,
    uint32_t seq, uint32_t of_branch, uint32_t of_seq, bool *admissible);

/* Whether entry `seq` of `branch` is past its barriers. */
MUST_USE enum entente_error record_is_past_barriers(
    struct record *record, uint32_t branch, uint32_t seq, bool *past);

/* The same of an entry that would have all that is here in its past. */
MUST_USE enum entente_error record_would_be_past_barriers(struct record *record, bool *past);

/* ---- order and state ---- */

/* O2.  Time linear in the number of branches. */
MUST_USE enum entente_error record_state_hash(struct record *record, struct digest *hash);

/* A walk over all entries in display order (O1).  Memory: one segment for each branch. */
struct order;

struct ordered {
    struct entry entry; /* views valid until the next order_next() */
    struct entry_id id;
    struct bytes payload;
    uint32_t branch;
};

MUST_USE enum entente_error order_new(struct order **order, struct record *record);
void order_free(struct order *order);

/* ENTENTE_ERR_NOT_FOUND at the end. */
MUST_USE enum entente_error order_next(struct order *order, struct ordered *ordered);

#endif
