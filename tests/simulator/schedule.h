/*
 * What may happen next in a small world, and how to make it happen: the simulator with fate's part
 * played by a search.  Messages, disks and keyholders take any time they like, each in the order of
 * its own queue; time passes when nothing is under way, to the next timer, and a few times earlier
 * where the world says so.
 */
#ifndef ENTENTE_TESTS_SIMULATOR_SCHEDULE_H
#define ENTENTE_TESTS_SIMULATOR_SCHEDULE_H

#include "simulator/simulator.h"

#define CHOICES_MAX 64u
#define WORLD_SWITCHES_MAX 4u

/* What may happen to one instance, once. */
enum fate {
    FATE_NONE,
    FATE_CRASH_NODE,      /* what the store did not commit is forgotten */
    FATE_CRASH_MACHINE,   /* the journal's disk loses power too: in each of the places of a commit,
                             with all, nothing or some of what was not synced */
    FATE_CRASH_KEYHOLDER, /* the same places; it comes back by itself */
    FATE_FAIL_STORE,      /* the next write of the store fails */
    FATE_LOSE_STORE,
    FATE_BACKUP_COMES_BACK, /* the store as it was when the world began */
    FATE_SNAPSHOT_COMES_BACK, /* the whole machine as it was when the world began (I4) */
    FATE_NEW_MACHINE,         /* the next incarnation, from nothing (I1) */
    FATE_NEW_MACHINE_FROM_BACKUP
};

/* What a machine does by itself, and comes before all else but fate: where that is not of interest. */
enum prompt {
    PROMPT_NOTHING,
    PROMPT_KEYHOLDER, /* and due timers */
    PROMPT_DISK       /* these, and commits */
};

struct world {
    const char *name;
    uint32_t parties;
    void (*prepare)(struct simulator *sim); /* before the search begins; NULL: nothing */
    uint8_t says[SIMULATOR_INSTANCES_MAX];  /* appends by each instance, at any time */
    enum fate fate; /* of instance 0 */
    uint8_t early_ticks; /* how often time may pass while something is under way */
    enum prompt prompt;
    /* Rules of switches.c whose absence breaks an invariant here; NULL behind the last. */
    const char *notices[WORLD_SWITCHES_MAX + 1];
};

enum choice_kind { CHOICE_TASK, CHOICE_SAY, CHOICE_START, CHOICE_FATE, CHOICE_TICK };

struct choice {
    enum choice_kind kind;
    uint32_t instance;
    uint32_t place;   /* of the task in the queue */
    uint32_t variant; /* of fate */
};

struct choices {
    struct choice list[CHOICES_MAX];
    uint32_t count;
    bool is_end; /* everything was said, everybody is up, and nothing is under way or timed */
};

/* 128 bits that stand for a state: equal states go on alike. */
struct state_key {
    uint64_t words[2];
};

/* The world when its parties have met and fallen silent. */
struct schedule;
struct schedule *schedule_new(const struct world *world, const struct mutations *mutations);
void schedule_free(struct schedule *schedule);
struct simulator *schedule_simulator(const struct schedule *schedule);

void schedule_choices(struct schedule *schedule, struct choices *choices);
void schedule_take(struct schedule *schedule, const struct choice *choice);
void schedule_key(const struct schedule *schedule, struct state_key *key);
/* For people: what the choice is. */
void schedule_describe(const struct schedule *schedule, const struct choice *choice,
    char text[static 160]);

/* What must hold where a schedule ends; NULL, or a sentence. */
const char *schedule_judge_end(struct schedule *schedule);

#endif
