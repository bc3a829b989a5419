/*
 * Many nodes in one thread: the real node, record and sync over a memory store, a network, disks,
 * keyholders and a clock that are simulated.  One seed decides everything; the same seed repeats a
 * run exactly.
 *
 * An *instance* is one machine: a node, its store and its keyholder.  A party has one; a clone or
 * a liar's second face is one more instance of the same party.
 */
#ifndef ENTENTE_TESTS_SIMULATOR_H
#define ENTENTE_TESTS_SIMULATOR_H

#include "node/node.h"

#define SIMULATOR_PARTIES_MAX 6u
#define SIMULATOR_INSTANCES_MAX 10u

struct simulator;

/* Rules of the keyholder that a test may switch off. */
struct keyholder_mutations {
    bool no_journal;       /* it answers before its journal is on the disk, and keeps none */
    bool no_start_barrier; /* it signs at once after a start (I4) */
    bool no_ticket_limit;  /* it seals however much waits for its place */
};

struct mutations {
    struct record_mutations record;
    struct node_mutations node;
    struct keyholder_mutations keyholder;
};

struct simulator_options {
    uint64_t seed;
    uint32_t parties; /* 2 to SIMULATOR_PARTIES_MAX, each with one instance of the same index */
    uint32_t latency_ms_min;
    uint32_t latency_ms_max;
    uint32_t journal_file_bytes; /* 0: as the seed says */
    uint32_t disk_ms_max;        /* how long a commit or a journal write takes at most */
    bool trace;                           /* print what happens, for people */
    const struct mutations *mutations;    /* of all honest machines, borrowed; NULL: none */
    struct keyholder_mutations keyholder; /* of all machines; taken from `mutations` */
};

struct simulator *simulator_new(const struct simulator_options *options);
void simulator_free(struct simulator *sim);

/* Lets `ms` of virtual time pass. */
void simulator_run(struct simulator *sim, uint64_t ms);

/* ---- what people and fate do; an instance that is down ignores what it is asked ---- */

void simulator_say(struct simulator *sim, uint32_t instance, uint32_t payload_bytes);

enum crash {
    CRASH_NODE,      /* the node's process: what was not committed is forgotten */
    CRASH_KEYHOLDER, /* the keyholder's: requests under way are void, it comes back by itself */
    CRASH_MACHINE    /* both, and the journal loses or tears what was not synced */
};
void simulator_crash(struct simulator *sim, uint32_t instance, enum crash crash);
void simulator_start(struct simulator *sim, uint32_t instance);
bool simulator_is_up(const struct simulator *sim, uint32_t instance);

/* Whether two instances may talk. */
void simulator_link(struct simulator *sim, uint32_t a, uint32_t b, bool up);
/* Cuts a conversation that is under way; it comes back by itself. */
void simulator_flap(struct simulator *sim, uint32_t a, uint32_t b);
/* Frames from `a` to `b` are late by up to `ms`; the other way is not touched. */
void simulator_stall(struct simulator *sim, uint32_t a, uint32_t b, uint64_t ms);
/* Ends partitions and stalls, and starts all that are down. */
void simulator_heal(struct simulator *sim);

/* The machine's wall clock jumps; timers do not go by it. */
void simulator_jump_clock(struct simulator *sim, uint32_t instance, int64_t ms);

/*
 * The machine loses power in the middle of what its journal's disk does after `operations` (from 1)
 * more writes and syncs, whoever asks for them: a commit, a turn to the next file, a start.
 */
void simulator_cut_power(struct simulator *sim, uint32_t instance, uint32_t operations);

/*
 * The machine loses power, and a bit of what its keyholder acknowledged last is another one when it
 * is back.  Its key may have to be given up: then it does not start, or retires.
 */
void simulator_damage_journal(struct simulator *sim, uint32_t instance);

/* The `calls`-th write of the store from now fails. */
void simulator_fail_store(struct simulator *sim, uint32_t instance, uint64_t calls);

/* Whether others, or the journal, have all that the store has: losing it is no second disaster. */
bool simulator_may_lose_store(struct simulator *sim, uint32_t instance);
/* The same for the whole machine, where only such entries of its own party may be lost as nobody has
 * covered. */
bool simulator_may_lose_machine(struct simulator *sim, uint32_t instance);
/* The store alone is lost (or rolled back to the backup): keyholder and journal stay. */
void simulator_lose_store(struct simulator *sim, uint32_t instance, bool to_backup);
/* Takes a backup of the store. */
void simulator_backup(struct simulator *sim, uint32_t instance);
/* The machine is lost; a new one begins the next incarnation (I1), from the backup if there is one.
 */
void simulator_restore(struct simulator *sim, uint32_t instance, bool revokes);
/* Its key or its journal is of no more use: the next incarnation begins, with the store as it is. */
void simulator_resume(struct simulator *sim, uint32_t instance);
/* The whole machine as it stands, keyholder and journal too; and back to it (I4). */
void simulator_snapshot(struct simulator *sim, uint32_t instance);
void simulator_roll_back(struct simulator *sim, uint32_t instance);
/* A second live copy of the machine; returns its index. */
uint32_t simulator_clone(struct simulator *sim, uint32_t instance);

/* The machine as it stands is put aside, for simulator_restore() to replace it: a mistake that
 * people make.  Returns its index; its life goes on with simulator_start(). */
uint32_t simulator_keep_old(struct simulator *sim, uint32_t instance);
/* Its operator lifts the start barrier (I4). */
void simulator_override(struct simulator *sim, uint32_t instance);
/* The keyholder ends and does not come back by itself: the node reads on. */
void simulator_silence(struct simulator *sim, uint32_t instance);

/* The machine is switched off for good. */
void simulator_switch_off(struct simulator *sim, uint32_t instance);

/* From now on `instance` is in the hands of a liar: no rule of its keyholder binds it. */
enum lie {
    LIE_FORK = 1u << 0,      /* no barrier holds its keyholder, no head beyond retires its key */
    LIE_SIGNATURE = 1u << 1, /* spoils signatures on the way out */
    LIE_WITHHOLD = 1u << 2,  /* does not send segments of others */
    LIE_FLOOD = 1u << 3,     /* sends beyond the credit */
    LIE_REPLAY = 1u << 4,    /* says what was said, and well signed, in another room */
    LIE_CRAFT = 1u << 5,     /* signs headers that break a rule: deps, time, register, seq, kind */
    LIE_HIDE = 1u << 6,      /* names no lane of others in HAVE */
    LIE_GARBAGE = 1u << 7,   /* flips bits in any frame */
    LIE_COLLUDE = 1u << 8,   /* covers contested lanes for ever */
    LIE_PAYLOAD = 1u << 9,   /* sends other payloads than were signed */
    LIE_ACCUSE = 1u << 10,   /* shows proofs that are none */
    LIE_DEAF =
        1u << 11, /* takes in nothing that honest parties write: it need not know of a fault */
    LIES_ALL = (1u << 12) - 1
};
void simulator_corrupt(struct simulator *sim, uint32_t instance, uint32_t lies);
/* The liar's party revokes the incarnation with which it goes on. */
void simulator_revoke(struct simulator *sim, uint32_t instance);
bool simulator_is_honest(const struct simulator *sim, uint32_t instance);
/* Another live machine of a liar's party, with the same key: as it stands, or empty. */
uint32_t simulator_add_face(struct simulator *sim, uint32_t instance, bool is_empty);
bool simulator_has_room_for_another(const struct simulator *sim);

/* ---- what the run must show ---- */

/* A sentence that names the first breach of an invariant, or NULL. */
const char *simulator_breach(const struct simulator *sim);

/* What must be true some time after simulator_heal() and a simulator_check_order(); each a
 * sentence, or NULL. */
const char *simulator_converged(struct simulator *sim);

/* Walks all records in display order and compares with the last walk (O1). */
void simulator_check_order(struct simulator *sim);

uint64_t simulator_now(const struct simulator *sim);
uint64_t simulator_signed(const struct simulator *sim);       /* entries by honest parties */
uint64_t simulator_acknowledged(const struct simulator *sim); /* of them: told to a person */
uint64_t simulator_last_signed_ms(const struct simulator *sim);
/* When an honest node last stored something that was new to it. */
uint64_t simulator_last_learnt_ms(const struct simulator *sim);
uint32_t simulator_instances(const struct simulator *sim);
/* Whether somebody has a proof against the instance's incarnation. */
bool simulator_is_contested(const struct simulator *sim, uint32_t instance);
enum node_writing simulator_writing(const struct simulator *sim, uint32_t instance);

/* A digest of everything that happened: equal for equal seeds. */
uint64_t simulator_digest(const struct simulator *sim);

struct node *simulator_node(const struct simulator *sim, uint32_t instance);
const struct room_id *simulator_room(const struct simulator *sim);
uint64_t simulator_random(struct simulator *sim, uint64_t below); /* 0 to below - 1 */
bool simulator_chance(struct simulator *sim, uint32_t percent);
void simulator_trace(struct simulator *sim, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
