/*
 * How long libentente takes to verify an exported record.
 *
 *   verify_rate FILE [THREADS]
 *
 * Prints one line of JSON; beside it belongs what `blake2b FILE` prints in the same minutes.
 */
#include <entente/record.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "clock.h"

/* Memory of this process that is not the mapped file, in KiB. */
static long
anonymous_kib(void)
{
    char line[128];
    long kib = 0;
    FILE *status = fopen("/proc/self/status", "r");

    while (status != NULL && fgets(line, sizeof line, status) != NULL)
        if (sscanf(line, "RssAnon: %ld", &kib) == 1)
            break;
    if (status != NULL)
        fclose(status);
    return kib;
}

int
main(int count, char **words)
{
    struct entente_options options = {0};
    struct entente_report report;
    struct entente_record *record;
    struct rusage usage;

    if (count < 2) {
        fprintf(stderr, "usage: verify_rate FILE [THREADS]\n");
        return 1;
    }
    if (count > 2)
        options.threads = (unsigned)strtoul(words[2], NULL, 10);
    double started = now_ms();
    double processor = clock_ms(CLOCK_PROCESS_CPUTIME_ID);
    enum entente_outcome outcome = entente_record_open(&record, words[1], &report);
    if (outcome == ENTENTE_GOOD)
        outcome = entente_record_verify(record, &options, &report);
    double seconds = (now_ms() - started) / 1000;
    processor = (clock_ms(CLOCK_PROCESS_CPUTIME_ID) - processor) / 1000;
    getrusage(RUSAGE_SELF, &usage);
    long kib = anonymous_kib();
    entente_record_close(record);
    if (outcome != ENTENTE_GOOD) {
        fprintf(stderr, "%s: %s\n", words[1], report.text);
        return (int)outcome;
    }
    printf("{\"entries\": %llu, \"segments\": %llu, \"bytes\": %llu, \"seconds\": %.6f, "
           "\"processor_seconds\": %.6f, \"anonymous_mib\": %.1f, \"peak_mib\": %.1f}\n",
        (unsigned long long)report.entries, (unsigned long long)report.segments,
        (unsigned long long)report.bytes, seconds, processor, (double)kib / 1024,
        (double)usage.ru_maxrss / 1024);
    return 0;
}
