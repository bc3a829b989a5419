#include "api/metrics.h"

#include <stdlib.h>
#include <string.h>

#define STATUSES_MAX                                                                               \
    16u /* different ones of one operation; further ones are counted with the last */

static const unsigned bucket_ms[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 30000};
#define BUCKETS_COUNT (sizeof bucket_ms / sizeof bucket_ms[0])

struct counted {
    uint16_t statuses[STATUSES_MAX];
    uint64_t counts[STATUSES_MAX];
    uint64_t buckets[BUCKETS_COUNT + 1]; /* each by itself; the last: longer */
    uint64_t total_ms;
};

struct metrics {
    const struct contract *contract;
    struct counted *counted; /* by the operation's index; the last: no operation */
};

struct metrics *
metrics_new(const struct contract *contract)
{
    struct metrics *metrics = calloc(1, sizeof *metrics);

    if (metrics == NULL)
        return NULL;
    metrics->contract = contract;
    metrics->counted = calloc(contract_operations(contract) + 1, sizeof *metrics->counted);
    if (metrics->counted == NULL) {
        free(metrics);
        return NULL;
    }
    return metrics;
}

void
metrics_free(struct metrics *metrics)
{
    if (metrics == NULL)
        return;
    free(metrics->counted);
    free(metrics);
}

void
metrics_count(
    struct metrics *metrics, const struct operation *operation, uint16_t status, uint64_t took_ms)
{
    uint32_t index = operation != NULL ? operation->index : contract_operations(metrics->contract);
    struct counted *counted = &metrics->counted[index];
    size_t i = 0, bucket = 0;

    while (i < STATUSES_MAX - 1 && counted->statuses[i] != 0 && counted->statuses[i] != status)
        i++;
    counted->statuses[i] = status;
    counted->counts[i]++;
    while (bucket < BUCKETS_COUNT && took_ms > bucket_ms[bucket])
        bucket++;
    counted->buckets[bucket]++;
    counted->total_ms += took_ms;
}

static const char *
counted_name(const struct metrics *metrics, uint32_t index)
{
    return index < contract_operations(metrics->contract)
               ? contract_operation(metrics->contract, index)->name
               : "";
}

static void
histogram_write(const struct counted *counted, const char *name, FILE *out)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < BUCKETS_COUNT; i++) {
        sum += counted->buckets[i];
        fprintf(out,
            "entente_request_duration_seconds_bucket{operation=\"%s\",le=\"%u.%03u\"} %llu\n", name,
            bucket_ms[i] / 1000, bucket_ms[i] % 1000, (unsigned long long)sum);
    }
    sum += counted->buckets[BUCKETS_COUNT];
    fprintf(out,
        "entente_request_duration_seconds_bucket{operation=\"%s\",le=\"+Inf\"} %llu\n"
        "entente_request_duration_seconds_count{operation=\"%s\"} %llu\n"
        "entente_request_duration_seconds_sum{operation=\"%s\"} %llu.%03llu\n",
        name, (unsigned long long)sum, name, (unsigned long long)sum, name,
        (unsigned long long)(counted->total_ms / 1000),
        (unsigned long long)(counted->total_ms % 1000));
}

void
metrics_write(const struct metrics *metrics, FILE *out)
{
    uint32_t count = contract_operations(metrics->contract) + 1;

    fputs("# TYPE entente_requests counter\n"
          "# HELP entente_requests Requests answered; operation \"\": of no operation.\n",
        out);
    for (uint32_t i = 0; i < count; i++)
        for (size_t j = 0; j < STATUSES_MAX && metrics->counted[i].counts[j] > 0; j++)
            fprintf(out, "entente_requests_total{operation=\"%s\",status=\"%u\"} %llu\n",
                counted_name(metrics, i), metrics->counted[i].statuses[j],
                (unsigned long long)metrics->counted[i].counts[j]);
    fputs("# TYPE entente_request_duration_seconds histogram\n"
          "# UNIT entente_request_duration_seconds seconds\n"
          "# HELP entente_request_duration_seconds From a whole request to its answer.\n",
        out);
    for (uint32_t i = 0; i < count; i++)
        if (metrics->counted[i].counts[0] > 0)
            histogram_write(&metrics->counted[i], counted_name(metrics, i), out);
}
