/*
 * Runs seeds.
 *   simulate --seed=N [--mode=NAME] [--trace]   one seed; --trace prints what happens, for people
 *   simulate --count=N [--shard=I/OF] [--from=N] [--mode=NAME]
 * As a test it speaks TAP: one line for each shard.  ENTENTE_SEEDS overrides the count.
 */
#include "simulator/scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
    struct scenario_options scenario;
    bool is_single;
    bool trace;
    uint64_t from;
    uint64_t count;
    uint32_t shard;
    uint32_t shards;
};

static void
usage(void)
{
    fprintf(stderr, "usage: simulate --seed=N [--mode=NAME] [--trace]\n"
                    "       simulate --count=N [--shard=I/OF] [--from=N] [--mode=NAME]\n"
                    "modes: calm honest restores snapshots liars\n");
    exit(1);
}

static enum scenario_mode
mode_of(const char *name)
{
    for (enum scenario_mode mode = 0; mode < SCENARIO_MODES; mode++)
        if (strcmp(scenario_mode_name(mode), name) == 0)
            return mode;
    usage();
    return SCENARIO_MODES;
}

static void
read_arguments(struct arguments *arguments, int argc, char **argv)
{
    *arguments = (struct arguments){.scenario.mode = SCENARIO_MODES, .count = 100, .shards = 1};
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--seed=", 7) == 0) {
            arguments->is_single = true;
            arguments->scenario.seed = strtoull(argv[i] + 7, NULL, 10);
        } else if (strncmp(argv[i], "--from=", 7) == 0) {
            arguments->from = strtoull(argv[i] + 7, NULL, 10);
        } else if (strncmp(argv[i], "--count=", 8) == 0) {
            arguments->count = strtoull(argv[i] + 8, NULL, 10);
        } else if (strncmp(argv[i], "--mode=", 7) == 0) {
            arguments->scenario.mode = mode_of(argv[i] + 7);
        } else if (strcmp(argv[i], "--trace") == 0) {
            arguments->trace = true;
        } else if (sscanf(argv[i], "--shard=%u/%u", &arguments->shard, &arguments->shards) != 2 ||
                   arguments->shards == 0 || arguments->shard >= arguments->shards) {
            usage();
        }
    }
}

static int
run_one(struct arguments *arguments)
{
    struct scenario_result result;

    arguments->scenario.trace = arguments->trace;
    scenario_run(&arguments->scenario, &result);
    printf("seed %llu: %s; %llu entries, digest %016llx\n",
        (unsigned long long)arguments->scenario.seed,
        result.breach[0] == 0 ? "everything held" : result.breach,
        (unsigned long long)result.signed_entries, (unsigned long long)result.digest);
    return result.breach[0] != 0;
}

/* The whole point of a seed. */
static bool
repeats(const struct scenario_options *options, uint64_t digest)
{
    struct scenario_result again;

    scenario_run(options, &again);
    return again.digest == digest;
}

static int
run_many(struct arguments *arguments)
{
    const char *wanted = getenv("ENTENTE_SEEDS");
    struct scenario_result result;
    uint64_t entries = 0;
    uint32_t failures = 0;

    if (wanted != NULL && wanted[0] != 0)
        arguments->count = strtoull(wanted, NULL, 10);
    for (uint64_t i = arguments->shard; i < arguments->count && failures < 5; i += arguments->shards) {
        arguments->scenario.seed = arguments->from + i;
        scenario_run(&arguments->scenario, &result);
        entries += result.signed_entries;
        const char *what = result.breach[0] != 0 ? result.breach : NULL;
        if (what == NULL && i % 64 == arguments->shard &&
            !repeats(&arguments->scenario, result.digest))
            what = "the seed does not repeat its run";
        if (what == NULL)
            continue;
        failures++;
        printf("# %s\n# repeat it: build/tests/simulator/simulate --seed=%llu%s%s --trace\n", what,
            (unsigned long long)arguments->scenario.seed,
            arguments->scenario.mode == SCENARIO_MODES ? "" : " --mode=",
            arguments->scenario.mode == SCENARIO_MODES
                ? "" : scenario_mode_name(arguments->scenario.mode));
        fflush(stdout);
    }
    printf("# %llu seeds in all, shard %u of %u, %llu entries\n",
        (unsigned long long)arguments->count, arguments->shard + 1, arguments->shards,
        (unsigned long long)entries);
    printf("1..1\n%s 1 - no_seed_breaks_an_invariant\n", failures == 0 ? "ok" : "not ok");
    return failures != 0;
}

int
main(int argc, char **argv)
{
    struct arguments arguments;

    read_arguments(&arguments, argc, argv);
    return arguments.is_single ? run_one(&arguments) : run_many(&arguments);
}
