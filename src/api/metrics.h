/* What the desk counts of its requests, and OpenMetrics 1.0 of it. */
#ifndef ENTENTE_API_METRICS_H
#define ENTENTE_API_METRICS_H

#include "api/contract.h"

#include <stdio.h>

struct metrics;

struct metrics *metrics_new(const struct contract *contract); /* borrowed */
void metrics_free(struct metrics *metrics);

/* `operation` NULL: a request that belongs to none. */
void metrics_count(
    struct metrics *metrics, const struct operation *operation, uint16_t status, uint64_t took_ms);

/* The families of requests, as OpenMetrics. */
void metrics_write(const struct metrics *metrics, FILE *out);

#endif
