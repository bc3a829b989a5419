/*
 * Runs seeds.
 *   simulate --seed=N [--mode=NAME] [--trace]   one seed; --trace prints what happens, for people
 *   simulate --count=N [--shard=I/OF] [--from=N] [--mode=NAME]
 *   simulate --script=NAME [--seed=N] [--trace]   one of directed.h
 *   simulate --scripts --count=N                  N seeds of each of them
 *   --lies=HEX gives all liars these lies; --without=SWITCH switches a rule off, see switches.c
 * As a test it speaks TAP: one line for each shard.  ENTENTE_SEEDS overrides the count.
 */
#include "simulator/switches.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
    struct scenario_options scenario;
    struct mutations mutations;
    const struct script *script;
    bool all_scripts;
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
                    "       simulate --script=NAME [--seed=N] [--trace]\n"
                    "       simulate --scripts --count=N\n"
                    "       --lies=HEX  --without=SWITCH\n"
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
switch_off(struct arguments *arguments, const char *name)
{
    const struct rule_switch *rule = rule_switch_find(name);

    if (rule == NULL)
        usage();
    arguments->mutations = rule_switch_off(rule);
    arguments->scenario.mutations = &arguments->mutations;
}

static const struct script *
script_of(const char *name)
{
    for (size_t i = 0; i < scripts_count; i++)
        if (strcmp(scripts[i]->name, name) == 0)
            return scripts[i];
    usage();
    return NULL;
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
        } else if (strncmp(argv[i], "--lies=", 7) == 0) {
            arguments->scenario.lies = (uint32_t)strtoul(argv[i] + 7, NULL, 16);
        } else if (strcmp(argv[i], "--scripts") == 0) {
            arguments->all_scripts = true;
        } else if (strncmp(argv[i], "--script=", 9) == 0) {
            arguments->script = script_of(argv[i] + 9);
        } else if (strncmp(argv[i], "--without=", 10) == 0) {
            switch_off(arguments, argv[i] + 10);
        } else if (strcmp(argv[i], "--trace") == 0) {
            arguments->trace = true;
        } else if (sscanf(argv[i], "--shard=%u/%u", &arguments->shard, &arguments->shards) != 2 ||
                   arguments->shards == 0 || arguments->shard >= arguments->shards) {
            usage();
        }
    }
}

static int
run_script(const struct arguments *arguments)
{
    char breach[256];

    script_run(arguments->script, arguments->scenario.seed, arguments->scenario.mutations,
        arguments->trace, breach);
    printf("%s: %s\n", arguments->script->name, breach[0] == 0 ? "everything held" : breach);
    return breach[0] != 0;
}

static int
run_scripts(const struct arguments *arguments)
{
    char breach[256] = "";
    int failures = 0;

    printf("1..%zu\n", scripts_count);
    for (size_t i = 0; i < scripts_count; i++) {
        uint64_t seed = 0;
        breach[0] = 0;
        while (seed < arguments->count && breach[0] == 0)
            script_run(scripts[i], seed++, arguments->scenario.mutations, false, breach);
        if (breach[0] != 0)
            printf("# seed %llu: %s\n", (unsigned long long)seed - 1, breach);
        printf("%s %zu - %s\n", breach[0] == 0 ? "ok" : "not ok", i + 1, scripts[i]->name);
        failures += breach[0] != 0;
    }
    return failures != 0;
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
    for (uint64_t i = arguments->shard; i < arguments->count && failures < 5;
         i += arguments->shards) {
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
        printf("# %s\n# repeat it: build-seeds/tests/simulator/simulate --seed=%llu%s%s --trace\n", what,
            (unsigned long long)arguments->scenario.seed,
            arguments->scenario.mode == SCENARIO_MODES ? "" : " --mode=",
            arguments->scenario.mode == SCENARIO_MODES
                ? ""
                : scenario_mode_name(arguments->scenario.mode));
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
    if (arguments.all_scripts)
        return run_scripts(&arguments);
    if (arguments.script != NULL)
        return run_script(&arguments);
    return arguments.is_single ? run_one(&arguments) : run_many(&arguments);
}
