/* search MODE RULE COUNT [SEED]: for people who look for numbers. */
#include "acts/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
main(int argc, char **argv)
{
    static const struct scenario scenarios[] = {{"honest", 0, 0}, {"restores", 0, 2},
        {"storm", 0, 4}, {"liar", 1, 0}, {"liars", ALL_BUT_ONE, 0}, {"liar-restores", 1, 1}};
    struct found found = {0};

    if (argc < 4)
        return 1;
    enum world_rule rule = (enum world_rule)atoi(argv[2]);
    uint64_t count = strtoull(argv[3], NULL, 10), seed = argc > 4 ? strtoull(argv[4], NULL, 10) : 0;
    for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++)
        if (strcmp(argv[1], scenarios[i].name) == 0)
            search_random(&found, &scenarios[i], rule, seed, count);
    if (strncmp(argv[1], "directed", 8) == 0)
        search_directed(&found, (uint8_t)atoi(argv[1] + 8), rule, seed, count);
    if (strncmp(argv[1], "exhaust", 7) == 0)
        search_exhaustive(&found, (uint8_t)atoi(argv[1] + 7), (int)count, rule);
    printf(
        "%s, %s: %llu histories, %llu complete, %llu effective; two effective %llu, complete and "
        "dead %llu, two complete %llu, deceived %llu, first %llu\n",
        argv[1], world_rule_name(rule), (unsigned long long)found.histories,
        (unsigned long long)found.complete, (unsigned long long)found.effective,
        (unsigned long long)found.two_effective, (unsigned long long)found.complete_and_dead,
        (unsigned long long)found.two_complete, (unsigned long long)found.deceived,
        (unsigned long long)found.first);
    return 0;
}
