/*
 * A record as the rules see it: entries with their pasts as sets, and the rules of incarnations
 * (I2, I3) by their definition.  No bytes, no signatures: a history costs microseconds, and its
 * last entry can be taken back.  PROTOCOL.md sections 7 and 12.
 */
#ifndef ENTENTE_TESTS_ACTS_WORLD_H
#define ENTENTE_TESTS_ACTS_WORLD_H

#include "consultation/acts.h"

#define WORLD_ENTRIES_MAX 128
#define WORLD_PARTIES_MAX 4
#define WORLD_NONE (-1)

__extension__ typedef unsigned __int128 entry_set;

/*
 * Rules that are switched off, and drafts that were refuted.  That a void entry may vouch, or the
 * first one of each incarnation, is not told from the full rules by millions of histories of up to
 * four parties: the searches are no proof that these two parts of I2 are needed.
 */
enum world_rule {
    RULE_ALL,          /* everything as written */
    RULE_NO_MAILBOX,   /* A5 */
    RULE_NO_LOCK,      /* A6 */
    RULE_NO_RATIFY,    /* A10 */
    RULE_RATIFY_DEAD,  /* A10 */
    RULE_NO_BARRIER,   /* I3 */
    RULE_OWN_BARRIER,  /* I3 for the writer's own resumes only */
    RULE_NO_STRAY,     /* I2: every stray counts */
    RULE_VOID_VOUCHER, /* I2: a void entry may vouch */
    RULE_ANY_VOUCHER,  /* I2: each incarnation's first covering entry may vouch */
    RULE_FEED_FIRST,   /* I2: the first covering entry of each feed may vouch, void or not; and own
                          barrier */
    RULES
};
const char *world_rule_name(enum world_rule rule);

struct world_entry {
    uint8_t kind; /* enum entry_kind */
    uint8_t slot;
    uint8_t act; /* 0 or 1, of sign, withdraw and ratify */
    uint16_t inc;
    uint32_t seq;
    int before;
    entry_set past; /* itself included */
    struct place place;
};

struct world {
    uint8_t parties;
    enum world_rule rule;
    int count;
    struct world_entry entries[WORLD_ENTRIES_MAX];
    uint32_t branches;
    int branch_head[WORLD_ENTRIES_MAX];
    int by_place[WORLD_ENTRIES_MAX][WORLD_ENTRIES_MAX];
    struct digest act[2];
    struct acts *acts; /* both acts are proposed, with one slot key, in everybody's past */
};

void world_start(struct world *world, uint8_t parties, enum world_rule rule);
void world_end(struct world *world);

/* What the acts are asked through; borrows the world. */
void world_causality(struct world *world, struct causality *causality);
struct acts_mutations world_mutations(enum world_rule rule);

static inline entry_set
world_bit(int entry)
{
    return (entry_set)1 << entry;
}

static inline bool
world_has(entry_set set, int entry)
{
    return (set >> entry & 1) != 0;
}

/* Write an entry behind `before` (or WORLD_NONE) that covers `deps`, closed under causes. */
int world_write(struct world *world, uint8_t kind, uint8_t act, uint8_t slot, uint16_t inc,
    int before, entry_set deps);

/* The same, but only if a sign or ratify entry counts; WORLD_NONE where it does not. */
int world_try(struct world *world, uint8_t kind, uint8_t act, uint8_t slot, uint16_t inc,
    int before, entry_set deps);

/*
 * For a search that goes down and comes back: write an entry of incarnation 1 and evaluate the acts
 * anew, keeping those above it; take both back.  `counts` is false for a sign entry that is void.
 */
struct world_step {
    bool counts;
    struct acts *above;
};
void world_write_below(struct world *world, struct world_step *step, uint8_t kind, uint8_t act,
    uint8_t slot, int before, entry_set deps);
void world_take_back(struct world *world, struct world_step *step);

/* What the acts make of the entries that lie in `set`, which is closed, evaluated anew. */
struct act_verdict world_verdict_in(struct world *world, entry_set set, uint8_t act);
struct act_verdict world_verdict(struct world *world, uint8_t act);

/* ---- the rules of incarnations, over the closed set `set` ---- */

bool world_is_admissible(const struct world *world, int entry, entry_set set);
bool world_is_past_barriers(const struct world *world, int entry);

/* Parties with two entries of one (inc, seq) in the set. */
uint32_t world_equivocators(const struct world *world, entry_set set);

#endif
