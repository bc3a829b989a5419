/*
 * The times between one acknowledged write and the next, as one writer sees them.
 *
 * Those of the first WARM_UP_MS are not counted, and what is still waited for at the end is.
 */
#ifndef ENTENTE_BENCH_STALLS_H
#define ENTENTE_BENCH_STALLS_H

#include <stdbool.h>

#include "clock.h"

enum {
    STALLS_WARM_UP_MS = 1000,
};

struct stalls {
    double *ms;
    size_t count;
    size_t size;
    double counted_from_ms;
    double last_ms; /* on the monotonic clock, like all here but the next */
    double longest_ms;
    double longest_began_ms; /* Unix time, to be compared with the time of the kill */
    size_t failed;
};

/* Room for `seconds` of writes with at least 1 ms from one to the next; false without memory. */
static inline bool
stalls_start(struct stalls *stalls, double seconds)
{
    *stalls = (struct stalls){.size = (size_t)(seconds * 1000) + 1};
    stalls->ms = calloc(stalls->size, sizeof *stalls->ms);
    stalls->last_ms = now_ms();
    stalls->counted_from_ms = stalls->last_ms + STALLS_WARM_UP_MS;
    return stalls->ms != NULL;
}

static inline void
stalls_note(struct stalls *stalls, double now)
{
    double stall = now - stalls->last_ms;
    if (now >= stalls->counted_from_ms) {
        if (stall > stalls->longest_ms) {
            stalls->longest_ms = stall;
            stalls->longest_began_ms = clock_ms(CLOCK_REALTIME) - stall;
        }
        if (stalls->count < stalls->size)
            stalls->ms[stalls->count++] = stall;
    }
    stalls->last_ms = now;
}

static inline void
stalls_acknowledged(struct stalls *stalls)
{
    stalls_note(stalls, now_ms());
}

/* Prints one line of JSON, and frees. */
static inline void
stalls_finish(struct stalls *stalls)
{
    size_t acknowledged = stalls->count;
    stalls_note(stalls, now_ms());
    printf("{\"acknowledged\": %zu, \"failed\": %zu, \"longest_ms\": %.3f, "
           "\"longest_began_ms\": %.3f, ",
        acknowledged, stalls->failed, stalls->longest_ms, stalls->longest_began_ms);
    print_latencies(stalls->ms, acknowledged);
    printf("}\n");
    free(stalls->ms);
}

#endif
