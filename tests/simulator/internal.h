/* What the files of the simulator share.  Nobody else includes this. */
#ifndef ENTENTE_TESTS_SIMULATOR_INTERNAL_H
#define ENTENTE_TESTS_SIMULATOR_INTERNAL_H

#include "simulator/simulator.h"

#include "store/store.h"
#include "support/build.h"

#include <stdio.h>
#include <stdlib.h>

#define SIMULATOR_REGISTER_ENTRIES 4u /* of each party when the room is founded */
#define EPOCH_MS 1700000000000u /* the wall clock when virtual time is 0 */

/* ---- events that wait for their time ---- */

enum task_kind {
    TASK_CONNECT,    /* a, b: try to talk */
    TASK_LINK_UP,    /* instance, link */
    TASK_LINK_DOWN,  /* instance, link */
    TASK_FRAME,      /* instance, link, data */
    TASK_TIMER,      /* instance */
    TASK_COMMIT,     /* instance, number: batch */
    TASK_KEYHOLDER,  /* instance, request */
    TASK_ANSWER,     /* instance, answer: an event for the node */
    TASK_HOLDER_BACK /* instance: the keyholder runs again */
};

enum request_kind { REQUEST_STATE, REQUEST_BARRIER, REQUEST_APPEND, REQUEST_JOURNAL, REQUEST_SYNCED };

struct request {
    enum request_kind kind;
    uint32_t seq;
    struct entry_id id;
    bool overridden;
};

struct task {
    uint64_t at_ms;
    uint64_t order;
    enum task_kind kind;
    uint32_t instance;
    uint32_t life;  /* of the instance, or of its keyholder: stale tasks are dropped */
    uint32_t a, b;
    uint32_t link;
    uint64_t number;
    struct request request;
    struct event event; /* TASK_ANSWER; data and payloads point into `memory` */
    uint8_t *memory;    /* owned */
    size_t data_size;
    size_t payloads_size;
};

/* ---- the keyholder's model ---- */

/* One segment in the journal. */
struct journaled {
    uint32_t first_seq;
    uint32_t last_seq;
    struct entry_id last_id;
    uint64_t t_ms;
    uint32_t reg_number;
    struct entry_id reg_id;
    uint8_t *memory;
    size_t segment_size;
    size_t payloads_size;
    uint32_t tickets;
    bool is_synced;
};

struct keyholder {
    struct signing_key key;
    uint8_t slot;
    uint16_t inc;
    struct journaled *journal;
    uint32_t journal_count;
    struct journaled base; /* the last segment that the journal forgot, without its bytes */
    /* The last entry, whether or not the journal still has it. */
    uint32_t seq;
    struct entry_id id;
    uint64_t t_ms;
    uint32_t reg_number;
    struct entry_id reg_id;
    bool is_retired;     /* survives starts */
    bool barrier_passed; /* does not */
    bool is_up;
    uint32_t life;
    uint64_t answers_at_ms; /* answers come in the order of the requests */
};

/* keyholder.c */
struct instance;
void keyholder_init(struct keyholder *holder, struct simulator *sim, uint8_t party, uint16_t inc);
void keyholder_free(struct keyholder *holder);
void keyholder_copy(struct keyholder *to, const struct keyholder *from);
/* The process or the whole machine ends: `machine` loses or tears what was not synced. */
void keyholder_crash(struct simulator *sim, struct instance *instance, bool machine);
void keyholder_start(struct simulator *sim, struct instance *instance);
void keyholder_effect(
    struct simulator *sim, struct instance *instance, const struct effect *effect);
void keyholder_task(struct simulator *sim, struct instance *instance, const struct task *task);
void keyholder_seal(struct simulator *sim, struct instance *instance, uint32_t payload_bytes);

/* ---- machines ---- */

#define LANES_INC_MAX 15u

/* The last seq of each lane, branch 0. */
struct reach {
    uint32_t seq[SIMULATOR_PARTIES_MAX][LANES_INC_MAX + 1];
};

/* What invariants.c knows of one instance. */
struct watch {
    uint64_t set;          /* XOR over short hashes of all entries, register entries and proofs */
    struct reach stored;   /* what the store was given */
    struct reach durable;  /* what it committed */
    struct reach claimed;  /* what its own entries cover */
    struct reach vouched;  /* the same, when the store was lost */
    bool claims_void;      /* it lost what it had vouched for; until it is whole again */
    uint32_t *held;        /* by branch: held by all was true up to here */
    uint32_t held_size;
    uint32_t incarnations; /* the sum over the parties, when `held` was noted */
    uint64_t *order;       /* the last walk in display order: short ids */
    uint32_t order_count;
    bool has_changed;      /* the step stored something */
};

struct instance {
    uint32_t index;
    uint8_t party;
    bool is_honest;
    bool is_up;
    bool is_gone;   /* never comes back */
    uint32_t life;
    uint32_t lies;
    struct node *node;
    struct store *store;
    struct store *backup; /* of the store alone */
    struct keyholder holder;
    struct store *snapshot_store;
    struct keyholder *snapshot_holder;
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
};

struct pair {
    bool may_talk;
    bool is_connected;
    uint32_t link; /* the running number of the conversation: the same on both sides */
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
    bool may_be_lost; /* its incarnation was replaced or its machine went back: only a resume may do that */
    uint32_t instance;
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
    bool may_fork[SIMULATOR_PARTIES_MAX]; /* a machine went back or was copied: I4 cannot always help */
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

    struct signed_entry *entries;
    uint32_t entries_count, entries_size;
    uint32_t *entry_index; /* hash table over (slot, inc, seq): place in `entries` + 1 */
    uint32_t entry_index_size;
    struct seen_set *sets;
    uint32_t sets_count, sets_size;
    uint64_t acknowledged;
    uint64_t last_signed_ms;
    uint64_t replayed; /* frames of another room, for liars */
    char breach[256];
};

/* simulator.c */
struct task *task_add(struct simulator *sim, enum task_kind kind, uint64_t at_ms);
/* Copies both into the task's own memory. */
void task_give(struct task *task, struct bytes data, struct bytes payloads);
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
struct instance *network_peer(struct simulator *sim, const struct instance *instance, uint32_t link);
void network_send(struct simulator *sim, struct instance *from, uint32_t link, struct bytes frame);

/* liar.c */
/* Sends `frame` as this liar would: spoiled, doubled, or not at all. */
void liar_send(struct simulator *sim, struct instance *from, uint32_t link, struct bytes frame);

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
/* What the party signed in its current incarnation may be lost from now on. */
void watch_replaced(struct simulator *sim, uint8_t party);
void watch_free(struct watch *watch);

#endif
