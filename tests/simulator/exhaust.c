/*
 * Goal: in worlds small enough to try everything, no schedule breaks an invariant; and a rule that is
 * switched off is noticed there.
 *
 * Method: depth first through all choices of schedule.h, over the real nodes, records and keyholders.
 * The invariants are checked after each step, and where a schedule ends all must agree and be silent.
 * A state that was met before is not entered again.  It is known by what happened at each instance,
 * in order, and by what is under way: instances touch each other through messages alone, so steps at
 * different instances lead to the same state in either order, and nothing is left out by that.
 *   exhaust [--world=NAME] [--without=SWITCH] [--shard=I/OF]
 *   exhaust --world=NAME --path=N,N,... [--without=SWITCH]     one schedule, for people
 */
#include "simulator/region.h"
#include "simulator/switches.h"
#include "simulator/worlds.h"

#include "crypto/crypto.h"
#include "simulator/internal.h"

#include <inttypes.h>
#include <time.h>

#define STEPS_MAX 600u /* a schedule that is longer never ends */
#define STATES_MAX ((size_t)1 << 21)

struct state {
    struct state_key key;
    double schedules; /* from here to an end; 0: the place is free, -1: it is being searched */
};

static struct {
    struct schedule *schedule;
    struct state *states; /* a hash table */
    uint64_t states_count, steps, ends;
    uint32_t path[STEPS_MAX];
    uint32_t path_count, path_longest;
    char breach[256];
} search;

static struct state *
find_state(const struct state_key *key)
{
    size_t at = key->words[0] % STATES_MAX;

    while (search.states[at].schedules != 0 &&
           memcmp(&search.states[at].key, key, sizeof *key) != 0)
        at = (at + 1) % STATES_MAX;
    return &search.states[at];
}

static void
note_breach(const char *what)
{
    if (what != NULL && search.breach[0] == 0)
        snprintf(search.breach, sizeof search.breach, "%s", what);
}

/* It must stop where it is: `path` says how it came there. */
static bool
is_broken(void)
{
    note_breach(simulator_breach(schedule_simulator(search.schedule)));
    return search.breach[0] != 0;
}

static double explore(void);

static double
take_each(const struct choices *choices)
{
    struct region_copy copy;
    double schedules = choices->is_end ? 1 : 0;

    if (choices->count > 1)
        region_copy(&copy);
    for (uint32_t i = 0; i < choices->count; i++) {
        if (i > 0)
            region_restore(&copy);
        search.path[search.path_count++] = i;
        schedule_take(search.schedule, &choices->list[i]);
        search.steps++;
        if (!is_broken())
            schedules += explore();
        if (is_broken())
            return schedules;
        search.path_count--;
    }
    if (choices->count > 1)
        region_drop(&copy);
    return schedules;
}

/* What the judge does to the records is undone. */
static void
judge_end(void)
{
    struct region_copy copy;

    search.ends++;
    region_copy(&copy);
    note_breach(schedule_judge_end(search.schedule));
    region_restore(&copy);
    region_drop(&copy);
}

/* Returns how many schedules lead from here to an end. */
static double
explore(void)
{
    struct state_key key;
    struct choices choices;

    schedule_key(search.schedule, &key);
    struct state *state = find_state(&key);
    if (state->schedules != 0)
        return state->schedules;
    need(search.states_count++ < STATES_MAX / 2, "the world is too large");
    *state = (struct state){key, -1};
    if (search.path_longest < search.path_count)
        search.path_longest = search.path_count;
    schedule_choices(search.schedule, &choices);
    if (choices.is_end)
        judge_end();
    else if (choices.count == 0)
        note_breach("nothing can happen any more, and not everything was said");
    else if (search.path_count == STEPS_MAX)
        note_breach("the room does not fall silent");
    if (is_broken())
        return 0;
    state->schedules = take_each(&choices);
    return state->schedules;
}

static double
seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
begin(const struct world *world, const struct mutations *mutations)
{
    search.schedule = schedule_new(world, mutations);
    search.states_count = search.steps = search.ends = 0;
    search.path_count = search.path_longest = 0;
    search.breach[0] = 0;
}

static void
print_path(const struct world *world, const struct rule_switch *rule)
{
    printf("# %s\n# see it: build-seeds/tests/simulator/exhaust --world=%s%s%s --path=",
        search.breach, world->name, rule == NULL ? "" : " --without=",
        rule == NULL ? "" : rule->name);
    for (uint32_t i = 0; i < search.path_count; i++)
        printf("%s%u", i == 0 ? "" : ",", search.path[i]);
    printf("\n");
}

static void
search_world(const struct world *world, const struct mutations *mutations)
{
    region_begin();
    begin(world, mutations);
    struct simulator *sim = schedule_simulator(search.schedule);
    region_ignore(sim->arena);
    region_ignore(sim->effects.list);
    region_set_base();
    memset(search.states, 0, STATES_MAX * sizeof *search.states);
    double start = seconds();
    double schedules = explore();
    if (search.breach[0] == 0)
        printf("# %s: %.3g schedules of up to %u steps, %" PRIu64 " distinct states, %" PRIu64
               " steps, %" PRIu64 " ends, %.1f s\n",
            world->name, schedules, search.path_longest, search.states_count, search.steps,
            search.ends, seconds() - start);
    schedule_free(search.schedule);
}

static bool
holds(const struct world *world)
{
    search_world(world, NULL);
    if (search.breach[0] != 0)
        print_path(world, NULL);
    return search.breach[0] == 0;
}

static bool
notices(const struct world *world, const struct rule_switch *rule)
{
    struct mutations mutations = rule_switch_off(rule);

    search_world(world, &mutations);
    if (search.breach[0] == 0)
        printf("# no schedule shows that %s is gone\n", rule->rule);
    else
        print_path(world, rule);
    return search.breach[0] != 0;
}

static void
replay(const struct world *world, const struct mutations *mutations, const char *path)
{
    struct choices choices;
    char text[160];

    begin(world, mutations);
    struct simulator *sim = schedule_simulator(search.schedule);
    sim->options.trace = true;
    while (*path != 0) {
        char *end;
        unsigned long number = strtoul(path, &end, 10);
        path = *end == ',' ? end + 1 : end;
        schedule_choices(search.schedule, &choices);
        need(number < choices.count, "no such choice");
        schedule_describe(search.schedule, &choices.list[number], text);
        printf("%*s%lu of %u: %s\n", 14, "", number, choices.count, text);
        schedule_take(search.schedule, &choices.list[number]);
    }
    const char *what = schedule_judge_end(search.schedule);
    printf("%s\n", what == NULL ? "everything held" : what);
    schedule_free(search.schedule);
}

struct arguments {
    const struct world *world; /* NULL: all */
    const struct rule_switch *rule;
    const char *path;
    unsigned shard, shards;
};

static void
read_arguments(struct arguments *arguments, int argc, char **argv)
{
    *arguments = (struct arguments){.shards = 1};
    for (int i = 1; i < argc; i++) {
        bool ok = true;
        if (strncmp(argv[i], "--world=", 8) == 0)
            ok = (arguments->world = world_find(argv[i] + 8)) != NULL;
        else if (strncmp(argv[i], "--without=", 10) == 0)
            ok = (arguments->rule = rule_switch_find(argv[i] + 10)) != NULL;
        else if (strncmp(argv[i], "--path=", 7) == 0)
            arguments->path = argv[i] + 7;
        else
            ok = sscanf(argv[i], "--shard=%u/%u", &arguments->shard, &arguments->shards) == 2 &&
                 arguments->shard < arguments->shards;
        need(ok, "usage: exhaust [--world=NAME [--path=N,N,...]] [--without=SWITCH] [--shard=I/OF]");
    }
    need(arguments->path == NULL || arguments->world != NULL, "a path is one through a --world");
}

/* One line of TAP for the world, and one for each rule whose absence it notices. */
static void
test_world(const struct world *world, const struct arguments *arguments, unsigned counts[2])
{
    if (arguments->rule == NULL) {
        bool ok = holds(world);
        printf("%s - %s\n", ok ? "ok" : "not ok", world->name);
        counts[ok]++;
    }
    for (unsigned i = 0; i < WORLD_SWITCHES_MAX && world->notices[i] != NULL; i++) {
        const struct rule_switch *rule = rule_switch_find(world->notices[i]);
        need(rule != NULL, "a world names a switch that there is not");
        if (arguments->rule != NULL && arguments->rule != rule)
            continue;
        bool ok = notices(world, rule);
        printf("%s - %s_notices_%s_without_%s\n", ok ? "ok" : "not ok", world->name, rule->rule,
            rule->name);
        counts[ok]++;
    }
}

int
main(int argc, char **argv)
{
    static char out[BUFSIZ]; /* outside of the region */
    struct arguments arguments;
    unsigned counts[2] = {0};

    setvbuf(stdout, out, _IOLBF, sizeof out);
    read_arguments(&arguments, argc, argv);
    need(crypto_start() == ENTENTE_OK, "no cryptography"); /* what it takes it keeps */
    search.states = region_outside(STATES_MAX * sizeof *search.states);
    if (arguments.path != NULL) {
        struct mutations mutations;
        if (arguments.rule != NULL)
            mutations = rule_switch_off(arguments.rule);
        replay(arguments.world, arguments.rule == NULL ? NULL : &mutations, arguments.path);
        return 0;
    }
    for (unsigned i = 0; i < worlds_count; i++)
        if (arguments.world == NULL ? i % arguments.shards == arguments.shard
                                    : arguments.world == &worlds[i])
            test_world(&worlds[i], &arguments, counts);
    printf("1..%u\n# %u passed, %u failed\n", counts[0] + counts[1], counts[1], counts[0]);
    return counts[0] != 0;
}
