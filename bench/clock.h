/* The clock and the percentiles, in one place so that all helpers count alike. */
#ifndef ENTENTE_BENCH_CLOCK_H
#define ENTENTE_BENCH_CLOCK_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline double
clock_ms(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static inline double
now_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

static inline int
compare_doubles(const void *left, const void *right)
{
    const double *a = left;
    const double *b = right;
    return (*a > *b) - (*a < *b);
}

/* The nearest rank: the smallest value that `percent` of the sorted values do not exceed. */
static inline double
percentile(const double *sorted, size_t count, size_t percent)
{
    size_t rank = (count * percent + 99) / 100;
    return count == 0 ? 0 : sorted[rank > 0 ? rank - 1 : 0];
}

/* Sorts `latencies` and prints them as members of a JSON object, without a comma at either end. */
static inline void
print_latencies(double *latencies, size_t count)
{
    qsort(latencies, count, sizeof *latencies, compare_doubles);
    printf("\"p50_ms\": %.4f, \"p99_ms\": %.4f, \"max_ms\": %.4f", percentile(latencies, count, 50),
        percentile(latencies, count, 99), percentile(latencies, count, 100));
}

#endif
