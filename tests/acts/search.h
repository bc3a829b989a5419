/* The three searches over worlds; each tells what it found. */
#ifndef ENTENTE_TESTS_ACTS_SEARCH_H
#define ENTENTE_TESTS_ACTS_SEARCH_H

#include "acts/world.h"

struct found {
    uint64_t histories; /* exhaustive: sets of entries */
    uint64_t
        complete; /* of them with a complete act: so that a search which finds nothing says so */
    uint64_t effective;
    /* What must not be: */
    uint64_t two_effective;     /* two acts of one slot key are effective */
    uint64_t complete_and_dead; /* without a proven fork */
    uint64_t two_complete;      /* without a proven fork */
    uint64_t deceived; /* an honest party that kept its state is bound though it did not ratify, or
                          after it had seen the act dead */
    uint64_t first;    /* the seed of the first one of them */
};

static inline uint64_t
found_breaches(const struct found *found)
{
    return found->two_effective + found->complete_and_dead + found->two_complete + found->deceived;
}

struct scenario {
    const char *name;
    uint8_t liars;    /* parties that fork as they like; ALL_BUT_ONE: up to that */
    uint8_t restores; /* how often a party comes back with an old state; one never does */
};
#define ALL_BUT_ONE 255

/* Random histories of two to four parties (models/acts.py). */
void search_random(struct found *found, const struct scenario *scenario, enum world_rule rule,
    uint64_t seed, uint64_t count);

/* Make the history of one seed and show it before it is forgotten. */
void search_show(const struct scenario *scenario, uint64_t seed,
    void (*show)(struct world *world, void *context), void *context);

/*
 * One act, honest parties, many restores, short histories: what I2 and I3 are about
 * (models/directed.py).  One party, unknown to the others, never loses its state.
 */
void search_directed(
    struct found *found, uint8_t parties_max, enum world_rule rule, uint64_t seed, uint64_t count);

/*
 * Every history of honest parties with up to `depth` entries (models/exhaust.py); histories that
 * differ in the names of parties or acts only are counted once.
 */
void search_exhaustive(struct found *found, uint8_t parties, int depth, enum world_rule rule);

#endif
