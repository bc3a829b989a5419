/* The table of protective rules: how each is switched off, and who must notice. */
#ifndef ENTENTE_TESTS_SIMULATOR_SWITCHES_H
#define ENTENTE_TESTS_SIMULATOR_SWITCHES_H

#include "simulator/directed.h"
#include "simulator/scenario.h"

struct rule_switch {
    const char *rule; /* of PROTOCOL.md */
    const char *name;
    size_t offset;               /* of a bool in struct mutations */
    const struct script *script; /* NULL: a scenario of this kind: */
    enum scenario_mode mode;
    uint32_t lies;       /* 0: as the seed says */
    uint32_t seeds;      /* within so many, one must break an invariant */
    const char *noticed; /* a part of the sentence that names it; or another one, behind a | */
};

extern const struct rule_switch rule_switches[];
extern const size_t rule_switches_count;

/* `mutations` with this one rule switched off. */
struct mutations rule_switch_off(const struct rule_switch *rule);
/* NULL: there is none of that name. */
const struct rule_switch *rule_switch_find(const char *name);

#endif
