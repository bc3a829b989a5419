/* One seed's story: what fate does in which order, and what must be true in the end. */
#ifndef ENTENTE_TESTS_SIMULATOR_SCENARIO_H
#define ENTENTE_TESTS_SIMULATOR_SCENARIO_H

#include "simulator/simulator.h"

enum scenario_mode {
    SCENARIO_CALM,      /* latency alone */
    SCENARIO_HONEST,    /* crashes, partitions, stalls, failing and lost stores */
    SCENARIO_RESTORES,  /* and machines that are lost and begin another incarnation */
    SCENARIO_SNAPSHOTS, /* and machines that go back or are copied, keyholder and all */
    SCENARIO_LIARS,     /* and a minority that lies */
    SCENARIO_MODES
};

struct scenario_options {
    uint64_t seed;
    enum scenario_mode mode; /* SCENARIO_MODES: as the seed says */
    bool trace;
    uint32_t lies;                     /* of all liars; 0: as the seed says */
    const struct mutations *mutations; /* borrowed; NULL: none */
};

struct scenario_result {
    char breach[256]; /* empty: everything held */
    uint64_t digest;
    uint64_t signed_entries;
    uint64_t acknowledged;
    uint64_t virtual_ms;
};

void scenario_run(const struct scenario_options *options, struct scenario_result *result);
const char *scenario_mode_name(enum scenario_mode mode);

#endif
