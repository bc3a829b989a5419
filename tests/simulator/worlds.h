/* The small worlds that exhaust.c searches. */
#ifndef ENTENTE_TESTS_SIMULATOR_WORLDS_H
#define ENTENTE_TESTS_SIMULATOR_WORLDS_H

#include "simulator/schedule.h"

extern const struct world worlds[];
extern const size_t worlds_count;

const struct world *world_find(const char *name);

#endif
