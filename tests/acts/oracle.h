/* The verdicts by their definition (PROTOCOL.md section 12), slowly: models/acts.py in C. */
#ifndef ENTENTE_TESTS_ACTS_ORACLE_H
#define ENTENTE_TESTS_ACTS_ORACLE_H

#include "acts/world.h"

/* Whether sign entry `entry` counts (A5 to A7). */
bool oracle_signs(const struct world *world, int entry);
bool oracle_is_complete(const struct world *world, uint8_t act, entry_set set);
bool oracle_is_dead(const struct world *world, uint8_t act, entry_set set);
bool oracle_ratifies(const struct world *world, int entry);
bool oracle_is_effective(const struct world *world, uint8_t act, entry_set set);

#endif
