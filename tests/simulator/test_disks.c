/*
 * Goal: whatever a power cut leaves of the journal, nothing acknowledged is missing, nothing is
 * signed twice, and the party goes on; what a bad disk takes is noticed; and these checks can fail.
 * Method: two parties talk; the power of one fails after n operations of its disk, for every n
 * until it does not fail any more, with tears as a few seeds decide.  Then keyholders that break a
 * rule: some seed must show it.
 */
#include "simulator/scenario.h"

#include "support/test.h"

#include <string.h>

static struct simulator *
parties(uint32_t count, uint64_t seed, struct keyholder_mutations mutations)
{
    struct simulator_options options = {.seed = seed,
        .parties = count,
        .latency_ms_max = 20,
        .disk_ms_max = 5,
        .keyholder = mutations};

    struct simulator *sim = simulator_new(&options);
    simulator_run(sim, 2000);
    return sim;
}

static struct simulator *
two_parties(uint64_t seed, struct keyholder_mutations mutations)
{
    return parties(2, seed, mutations);
}

static void
talk(struct simulator *sim, uint32_t times)
{
    for (uint32_t i = 0; i < times; i++) {
        simulator_say(sim, 0, 200);
        simulator_say(sim, 0, 150);
        simulator_run(sim, 30);
    }
}

static const char *
heal(struct simulator *sim)
{
    simulator_heal(sim);
    simulator_run(sim, 30000);
    return simulator_breach(sim) != NULL ? simulator_breach(sim) : simulator_converged(sim);
}

/* Seeds whose journal has small files turn to the next one meanwhile. */
TEST(power_may_fail_after_any_operation_of_the_disk)
{
    for (uint64_t seed = 0; seed < 6; seed++) {
        bool has_failed = true;
        for (uint32_t n = 1; has_failed; n++) {
            struct simulator *sim = two_parties(seed, (struct keyholder_mutations){0});
            simulator_cut_power(sim, 0, n);
            talk(sim, 30);
            has_failed = !simulator_is_up(sim, 0);
            CHECK(has_failed || n > 40);
            const char *what = heal(sim);
            if (what != NULL)
                printf("# seed %u, after %u operations: %s\n", (unsigned)seed, n, what);
            CHECK(what == NULL);
            CHECK(simulator_acknowledged(sim) > 0);
            simulator_free(sim);
        }
    }
}

/* It fails again while the journal opens. */
TEST(power_may_fail_at_each_start)
{
    for (uint64_t seed = 0; seed < 40; seed++) {
        struct simulator *sim = two_parties(seed, (struct keyholder_mutations){0});
        talk(sim, 1 + (uint32_t)seed % 12);
        simulator_crash(sim, 0, CRASH_MACHINE);
        simulator_cut_power(sim, 0, 1);
        simulator_start(sim, 0);
        CHECK(simulator_is_up(sim, 0));
        CHECK(heal(sim) == NULL);
        simulator_free(sim);
    }
}

/*
 * The process is killed between write and sync, and what it wrote is read when it comes back: from
 * then on it counts, so a power cut must not take it.
 */
TEST(what_a_killed_process_left_is_made_durable)
{
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct simulator *sim = two_parties(seed, (struct keyholder_mutations){0});
        simulator_say(sim, 0, 100);
        simulator_run(sim, 2);
        simulator_crash(sim, 0, CRASH_KEYHOLDER);
        while (simulator_writing(sim, 0) == NODE_WRITING_UNKNOWN)
            simulator_run(sim, 1);
        simulator_crash(sim, 0, CRASH_MACHINE);
        const char *what = heal(sim);
        if (what != NULL)
            printf("# seed %u: %s\n", (unsigned)seed, what);
        CHECK(what == NULL);
        simulator_free(sim);
    }
}

static uint32_t
count_breaches(struct keyholder_mutations mutations, const char *of)
{
    uint32_t count = 0;

    for (uint64_t seed = 0; seed < 20; seed++) {
        struct simulator *sim = two_parties(seed, mutations);
        talk(sim, 5);
        simulator_crash(sim, 0, CRASH_MACHINE);
        simulator_start(sim, 0);
        const char *what = simulator_breach(sim);
        count += what != NULL && strstr(what, of) != NULL;
        simulator_free(sim);
    }
    return count;
}

TEST(a_keyholder_that_does_not_sync_is_caught)
{
    CHECK(count_breaches((struct keyholder_mutations){0}, "") == 0);
    CHECK(count_breaches((struct keyholder_mutations){.no_journal = true}, "acknowledged") > 0);
}

/* Back to a snapshot, and the other party has what was signed since. */
static enum node_writing
roll_back(struct keyholder_mutations mutations)
{
    struct simulator *sim = two_parties(1, mutations);

    simulator_snapshot(sim, 0);
    talk(sim, 5);
    simulator_roll_back(sim, 0);
    simulator_start(sim, 0);
    simulator_run(sim, 30000);
    enum node_writing writing = simulator_writing(sim, 0);
    simulator_free(sim);
    return writing;
}

TEST(a_machine_that_went_back_retires_its_key)
{
    CHECK(roll_back((struct keyholder_mutations){0}) == NODE_WRITING_RETIRED);
    CHECK(
        roll_back((struct keyholder_mutations){.no_start_barrier = true}) != NODE_WRITING_RETIRED);
}

enum outcome { DOES_NOT_OPEN, RETIRES, GOES_ON };

/* A bit of the last acknowledged batch changes, after so much quiet. */
static enum outcome
damage(uint64_t seed, uint64_t quiet_ms)
{
    struct simulator *sim = two_parties(seed, (struct keyholder_mutations){0});
    enum outcome outcome = DOES_NOT_OPEN;

    talk(sim, 1 + (uint32_t)seed % 5);
    simulator_run(sim, quiet_ms);
    simulator_damage_journal(sim, 0);
    simulator_start(sim, 0);
    if (simulator_is_up(sim, 0)) {
        simulator_run(sim, 30000);
        outcome = simulator_writing(sim, 0) == NODE_WRITING_RETIRED ? RETIRES : GOES_ON;
    }
    CHECK(!simulator_is_contested(sim, 0));
    if (outcome != GOES_ON)
        simulator_resume(sim, 0);
    const char *what = heal(sim);
    if (what != NULL)
        printf("# seed %u, %u ms: %s\n", (unsigned)seed, (unsigned)quiet_ms, what);
    CHECK(what == NULL);
    simulator_free(sim);
    return outcome;
}

/* At once it may look like a torn tail: then the others know better.  Once marked it never does. */
TEST(damage_to_the_last_batch_is_noticed)
{
    uint32_t outcomes[3] = {0};

    for (uint64_t seed = 0; seed < 40; seed++) {
        CHECK(damage(seed, 3000) == DOES_NOT_OPEN);
        outcomes[damage(seed, 0)]++;
    }
    printf(
        "# at once: %u do not open, %u retire, %u go on\n", outcomes[0], outcomes[1], outcomes[2]);
    CHECK(outcomes[RETIRES] > 0);
}

/*
 * What was sealed waits for the start barrier, as one of the others may still answer, when the
 * store fails on what the first one sends: it is said all the same.
 */
TEST(what_was_said_before_the_store_failed_is_not_forgotten)
{
    for (uint64_t seed = 0; seed < 10; seed++) {
        struct simulator *sim = parties(3, seed, (struct keyholder_mutations){0});
        simulator_link(sim, 0, 1, false);
        simulator_link(sim, 0, 2, false);
        simulator_crash(sim, 0, CRASH_KEYHOLDER);
        simulator_run(sim, 3000);
        simulator_say(sim, 0, 100);
        simulator_say(sim, 1, 100);
        simulator_run(sim, 100);
        simulator_fail_store(sim, 0, 1);
        simulator_link(sim, 0, 1, true);
        simulator_run(sim, 2000);
        const char *what = heal(sim);
        if (what != NULL)
            printf("# seed %u: %s\n", (unsigned)seed, what);
        CHECK(what == NULL);
        simulator_free(sim);
    }
}

TEST_MAIN(CASE(power_may_fail_after_any_operation_of_the_disk), CASE(power_may_fail_at_each_start),
    CASE(what_a_killed_process_left_is_made_durable),
    CASE(a_keyholder_that_does_not_sync_is_caught), CASE(a_machine_that_went_back_retires_its_key),
    CASE(damage_to_the_last_batch_is_noticed),
    CASE(what_was_said_before_the_store_failed_is_not_forgotten))
