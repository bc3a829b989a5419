/* What the files of the simulator share.  Nobody else includes this. */
#ifndef ENTENTE_TESTS_SIMULATOR_INTERNAL_H
#define ENTENTE_TESTS_SIMULATOR_INTERNAL_H

#include "simulator/simulator.h"

#include "format/proof.h"
#include "keyholder/keyholder.h"
#include "store/store.h"
#include "support/build.h"
#include "support/memory_disk.h"

#include <stdio.h>
#include <stdlib.h>

#define SIMULATOR_REGISTER_ENTRIES 4u /* of each party when the room is founded */
#define EPOCH_MS 1700000000000u       /* the wall clock when virtual time is 0 */

/* ---- events that wait for their time ---- */

enum task_kind {
    TASK_CONNECT,    /* a, b: try to talk */
    TASK_LINK_UP,    /* instance, link */
    TASK_LINK_DOWN,  /* instance, link */
    TASK_FRAME,      /* instance, link, data */
    TASK_TIMER,      /* instance */
    TASK_COMMIT,     /* instance, number: batch */
    TASK_KEYHOLDER,  /* instance, data: a message for the keyholder; none: its disk is ready */
    TASK_MARK,       /* instance, number: the batch that its journal is to mark */
    TASK_ANSWER,     /* instance, number: the type of a message for the node, data: its body */
    TASK_HOLDER_BACK /* instance: the keyholder runs again */
};

struct task {
    uint64_t at_ms;
    uint64_t order;
    enum task_kind kind;
    uint32_t instance;
    uint32_t life; /* of the instance, or of its keyholder: stale tasks are dropped */
    uint32_t a, b;
    uint32_t link;
    uint64_t number;
    uint8_t *memory; /* owned */
    size_t data_size;
    size_t payloads_size;
};

/* ---- the keyholder: the real one, over a disk that may lose power ---- */

struct holder {
    struct signing_key key; /* for liars, who also sign without it */
    uint8_t slot;
    uint16_t inc;
    struct memory_disk disk;
    struct keyholder *process; /* NULL: it does not run */
    struct channel *arrived;   /* what node and desk asked for, while it waited for its disk */
    bool is_busy;              /* it waits for its disk */
    bool is_retired;           /* as it said last */
    bool is_damaged;           /* bits of its journal changed: it need not open */
    uint64_t unmarked;         /* the batch that waits for its mark */
    uint32_t faults;           /* entries of that kind that it signed in its life */
    uint32_t first_seq;        /* that its journal still had, the last time that it was synced */
    uint32_t life;
    uint64_t answers_at_ms; /* answers come in the order of the requests */
};

struct instance;
/* holder_life.c: a new installation; its process does not run yet. */
void holder_init(struct holder *holder, struct simulator *sim, uint8_t party, uint16_t inc);
void holder_free(struct holder *holder);
/* Its disk as it is now; the process does not run. */
void holder_copy(struct holder *to, const struct holder *from);
void holder_start(struct simulator *sim, struct instance *instance);

/* The process alone is killed; what it wrote is written. */
void holder_kill(struct simulator *sim, struct instance *instance);
/* Its node is gone: it does what has arrived, and ends. */
void holder_finish(struct simulator *sim, struct instance *instance);
/* The machine loses power: what was not synced is lost, torn, or there in another order. */
void holder_lose_power(struct simulator *sim, struct instance *instance);

/* The machine loses power, and a bit of the last durable segment is another one afterwards; false:
 * there is none. */
bool holder_damage(struct simulator *sim, struct instance *instance);

/* keyholder.c */
void holder_effect(
    struct simulator *sim, struct instance *instance, const struct effect *effect);
void holder_task(struct simulator *sim, struct instance *instance, const struct task *task);
void holder_say(struct simulator *sim, struct instance *instance, uint32_t payload_bytes);
/* Does all that has arrived, as one turn; false when the power failed meanwhile. */
bool holder_turn(struct simulator *sim, struct instance *instance);
/* Makes it durable; then the answers leave. */
bool holder_end_turn(struct simulator *sim, struct instance *instance);
/* Something was sealed, and is neither in the feed nor refused. */
bool holder_owes(const struct instance *instance);
/* A liar, or a mutant: the barrier does not hold it. */
bool holder_ignores_barrier(const struct simulator *sim, const struct instance *instance);

/* memo.c: what is random from now on comes from the run's seed. */
void memo_begin(struct simulator *sim);

/* ---- machines ---- */

#define LANES_INC_MAX 15u

/* The last seq of each lane, branch 0. */
struct reach {
    uint32_t seq[SIMULATOR_PARTIES_MAX][LANES_INC_MAX + 1];
};

/* What invariants.c knows of one instance. */
struct watch {
    uint64_t set;         /* XOR over short hashes of all stored entries and proofs */
    struct reach stored;  /* what the store was given */
    struct reach durable; /* what it committed */
    struct reach claimed; /* what its own entries cover */
    struct reach vouched; /* the same, when the store was lost */
    bool claims_void;     /* it lost what it had vouched for; until it is whole again */
    uint32_t *held;       /* by branch: held by all was true up to here */
    uint32_t held_size;
    uint32_t incarnations; /* the sum over the parties, when `held` was noted */
    uint32_t *order;       /* the last walk in display order: numbers of the oracle */
    uint32_t order_count;
    bool has_changed; /* the step stored something */
};

struct instance {
    uint32_t index;
    uint8_t party;
    bool is_honest;
    bool is_up;
    bool is_gone; /* never comes back */
    bool is_silent; /* its keyholder was switched off */
    uint32_t life;
    uint32_t lies;
    struct node *node;
    struct store *store;
    struct store *backup; /* of the store alone */
    struct holder holder;
    struct store *snapshot_store;
    struct holder *snapshot_holder;
    int64_t clock_ms; /* how far its wall clock is off */
    uint64_t timer_ms;
    bool store_broken;
    uint32_t store_life;
    uint64_t commit_at_ms;
    uint64_t ticket;
    struct watch watch;
};

/* One direction of a conversation. */
struct direction {
    uint64_t last_ms; /* frames never overtake each other */
    uint64_t stalled_until_ms;
    int64_t credit; /* bytes that its sender may still send, as far as it knows (Y6) */
    uint64_t queued; /* bytes that its sender has handed over and its reader has not had */
};

struct pair {
    bool may_talk;
    bool is_connected;
    uint32_t link;      /* the running number of the conversation: the same on both sides */
    uint32_t lost_link; /* of this one and those before, nothing arrives any more */
    bool connect_due;
    struct direction directions[2];
};

/* Something an honest party signed. */
struct signed_entry {
    struct position position;
    uint8_t kind;
    bool has_left; /* the signature was handed out */
    bool was_acknowledged;
    bool may_be_lost; /* its incarnation was replaced or its machine went back: only a resume may do
                         that */
    uint32_t instance;
    struct reach covers; /* all that is in its past and an honest party signed */
};

/* ---- what the oracle knows of the entries that honest nodes store ---- */

struct known {
    struct position position;
    uint8_t kind;
    uint8_t accused; /* fault: the lane */
    uint16_t accused_inc;
    uint64_t t_ms;
    uint32_t number; /* its place in the sets */
    uint32_t words;
    uint64_t *past;                            /* the set of its causes, itself included */
    uint32_t registers[SIMULATOR_PARTIES_MAX]; /* how far its past reaches into each */
};

struct oracle {
    struct known *known; /* causes first */
    uint32_t count, size;
    uint32_t *index; /* hash table over ids: place in `known` + 1 */
    uint32_t index_size;
    uint32_t *resumes; /* places in `known` */
    uint32_t resumes_count;
};

struct seen_set {
    uint64_t set;
    struct digest hash;
};

struct simulator {
    struct simulator_options options;
    uint64_t random;
    uint64_t now_ms;
    uint64_t digest;
    uint64_t tasks_done_now; /* in this millisecond */
    struct task *tasks;
    uint32_t tasks_count, tasks_size;
    uint64_t tasks_order;

    struct build_party parties[SIMULATOR_PARTIES_MAX];
    bool is_liar[SIMULATOR_PARTIES_MAX];
    bool may_fork[SIMULATOR_PARTIES_MAX]; /* a machine went back or was copied: I4 cannot always
                                             help */
    uint8_t *genesis_file;
    size_t genesis_size;
    struct room_id room;
    struct genesis *genesis;

    struct instance instances[SIMULATOR_INSTANCES_MAX];
    uint32_t instances_count;
    struct pair pairs[SIMULATOR_INSTANCES_MAX][SIMULATOR_INSTANCES_MAX];
    uint32_t links;

    struct effects effects;
    uint8_t *arena;
    struct channel *scratch; /* where a message is put together */
    uint32_t journal_file_bytes;

    struct signed_entry *entries;
    uint32_t entries_count, entries_size;
    uint32_t *entry_index; /* hash table over (slot, inc, seq): place in `entries` + 1 */
    uint32_t entry_index_size;
    struct oracle *oracle;
    struct seen_set *sets;
    uint32_t sets_count, sets_size;
    uint64_t acknowledged;
    uint64_t last_signed_ms;
    uint32_t crash_place;    /* how far a commit of a journal is when it is cut off, from 1; 0: by chance */
    uint64_t last_learnt_ms; /* an honest node stored something */
    uint64_t replayed; /* frames of another room, for liars */
    char breach[256];
};

/* simulator.c */
struct task *task_add(struct simulator *sim, enum task_kind kind, uint64_t at_ms);
/* Copies both into the task's own memory. */
void task_give(struct task *task, struct bytes data, struct bytes payloads);
/* Takes the task at `place` in `sim->tasks` and does it; the one at 0 is due first. */
void task_run(struct simulator *sim, uint32_t place);
void step(struct simulator *sim, struct instance *instance, struct event *event);
void digest_add(struct simulator *sim, const void *data, size_t size);
uint64_t latency(struct simulator *sim);
uint64_t disk_delay(struct simulator *sim);
void need(bool ok, const char *what); /* the harness itself is broken: ends the program */

/* machine.c */
void machine_setup(struct simulator *sim, struct instance *instance, uint8_t party, uint16_t inc);
void machine_free(struct instance *instance);
void machine_start_node(struct simulator *sim, struct instance *instance);
void machine_stop_node(struct simulator *sim, struct instance *instance);

/* disk.c */
struct store *disk_fresh(struct simulator *sim);
void disk_effect(struct simulator *sim, struct instance *instance, const struct effect *effect);
void disk_task(struct simulator *sim, struct instance *instance, const struct task *task);
/* Tells the node at once when the store refused something. */
void disk_end_step(struct simulator *sim, struct instance *instance);

/* network.c */
void network_effect(struct simulator *sim, struct instance *instance, const struct effect *effect);
void network_task(struct simulator *sim, const struct task *task);
void network_drop(struct simulator *sim, uint32_t a, uint32_t b);
void network_drop_all(struct simulator *sim, uint32_t instance);
void network_seek(struct simulator *sim, uint32_t a, uint32_t b);
struct pair *network_pair(struct simulator *sim, uint32_t a, uint32_t b);
/* The other end of a conversation, or NULL when it is over. */
struct instance *network_peer(
    struct simulator *sim, const struct instance *instance, uint32_t link);
void network_send(struct simulator *sim, struct instance *from, uint32_t link, struct bytes frame);

/* liar.c */
/* Sends `frame` as this liar would: spoiled, doubled, or not at all. */
void liar_send(struct simulator *sim, struct instance *from, uint32_t link, struct bytes frame);
/* LIE_DEAF */
bool liar_ignores(const struct simulator *sim, struct bytes frame);

/* oracle.c */
struct oracle *oracle_new(void);
void oracle_free(struct oracle *oracle);
/* An honest node stores the segment: everything in it must be valid. */
void oracle_judge(struct simulator *sim, const struct instance *instance,
    const struct segment *segment, struct bytes payloads);
/* NULL: no honest node ever stored it. */
const struct known *oracle_find(const struct oracle *oracle, const struct entry_id *id);
bool oracle_is_in_past(const struct known *entry, const struct known *of);

/* bounds.c */
/* After a step of an honest node. */
void bounds_check(struct simulator *sim, const struct instance *instance);

/* verdicts.c */
/* Whether the node judges the entries of `set` (bits by number) as I2 and I3 say. */
void verdicts_check(struct simulator *sim, const struct instance *instance, const uint64_t *set);

/* invariants.c */
void breach(struct simulator *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* `is_asked_now`: by the process that runs now, not by one that crashed. */
void watch_signed(struct simulator *sim, struct instance *instance, const struct segment *segment,
    bool is_asked_now);
void watch_acknowledged(
    struct simulator *sim, struct instance *instance, uint32_t first_seq, uint32_t last_seq);
void watch_retired(struct simulator *sim, struct instance *instance);
void watch_effect(struct simulator *sim, struct instance *instance, const struct effect *effect);
void watch_committed(struct simulator *sim, struct instance *instance);
void watch_step(struct simulator *sim, struct instance *instance, enum entente_error trouble);
/* The store is what it is: count it anew. */
void watch_read_store(struct simulator *sim, struct instance *instance);
/* Before its store goes: what it vouched for is void until it is whole again. */
void watch_lost_store(struct simulator *sim, struct instance *instance);
/* Where its journal ends: a lost store is not whole before it has that again, with its causes. */
void watch_journal(struct instance *instance, uint32_t seq);
/* What the party signed in its current incarnation may be lost from now on. */
void watch_replaced(struct simulator *sim, uint8_t party);
void watch_free(struct watch *watch);
/* Whether the last walks of all honest nodes that run show the same order. */
const char *watch_compare_orders(struct simulator *sim);

#endif
