/*
 * Goal: the real node, killed with -9 between any two of its system calls while its people write
 * and while it takes in what a peer writes, loses nothing: what was acknowledged comes back from
 * the keyholder's journal, what it told others that it holds is in its store, its feed goes on
 * without a gap, and no seq is signed twice.  Method: node and keyholder run as in a party that
 * serves; a tracer kills the node before its n-th call, and the next life, with the same folder,
 * is both the check of the last kill and the place of the next.  The peer lives through all of it.
 *
 * Of the calls that change files all are swept, of all calls some, others with another
 * ENTENTE_SWEEP=SEED; ENTENTE_SWEEP=all sweeps each of them.
 */
#include "pair.h"
#include "support/test.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* One in `step` of the first `calls` calls; and a last life that shows what the last kill left. */
static void
sweep(enum party_part part, bool disk_only, bool from_start, uint32_t calls, uint32_t step)
{
    struct life life = {.part = part, .from_start = from_start, .bytes = 300};
    const char *asked = getenv("ENTENTE_SWEEP");
    uint64_t seed = asked == NULL ? 1 : strtoull(asked, NULL, 10);
    uint32_t kills = 0, n = 1;

    if (asked != NULL && strcmp(asked, "all") == 0)
        step = 1;
    pair_begin(false);
    while (n <= calls && test_failures == 0) {
        life.faults = (struct fault_control){.action = FAULT_KILL, .disk_only = disk_only, .at = n};
        pair_live(&life);
        kills++;
        if (test_failures > 0)
            printf("# killed before call %u\n", n);
        n += step == 1 ? 1 : 1 + (uint32_t)(test_random(&seed) % (2 * step - 1));
    }
    if (test_failures == 0)
        pair_check();
    printf("# %u kills, %u entries acknowledged\n", kills, pair.known.acknowledged);
    pair_end();
}

TEST(killed_between_any_two_calls_that_change_its_files)
{
    sweep(PARTY_NODE, true, false, 28, 1);
}

TEST(killed_between_calls_while_it_writes_and_takes_in)
{
    sweep(PARTY_NODE, false, false, 240, 16);
}

TEST(killed_between_calls_while_it_starts)
{
    sweep(PARTY_NODE, false, true, 1200, 60);
}

TEST(the_keyholder_beside_it_killed_between_any_two_calls_that_change_its_files)
{
    sweep(PARTY_KEYHOLDER, true, false, 8, 1);
}

/* The node hears that the keyholder is gone before it hears that the supervisor is, at once. */
TEST(a_supervisor_that_ends_is_no_trouble)
{
    struct party *ours = &pair.ours;

    pair_begin(true);
    party_spawn(ours);
    PARTY_UNTIL(ours, party_is_up(ours));
    CHECK(party_is_up(ours) && kill(ours->pids[PARTY_NODE], SIGSTOP) == 0);
    party_forget_trace(ours);
    for (int part = 0; part < (int)PARTY_PARTS; part++) {
        CHECK(close(ours->sockets[part]) == 0);
        ours->sockets[part] = -1;
        if (part == PARTY_KEYHOLDER)
            CHECK(waitpid(ours->pids[part], NULL, 0) == ours->pids[part]);
    }
    ours->pids[PARTY_KEYHOLDER] = 0;
    CHECK(kill(ours->pids[PARTY_NODE], SIGCONT) == 0);
    (void)party_ended_well(ours);
    CHECK(ours->pids[PARTY_NODE] == 0 && !party_traced(ours, "process of this node"));
    for (int part = 0; part < (int)PARTY_PARTS; part++) {
        channel_free(ours->channels[part]);
        ours->channels[part] = NULL;
    }
    pair_end();
}

int
main(int argc, char **argv)
{
    const struct test_case cases[] = {CASE(killed_between_any_two_calls_that_change_its_files),
        CASE(killed_between_calls_while_it_writes_and_takes_in),
        CASE(killed_between_calls_while_it_starts),
        CASE(the_keyholder_beside_it_killed_between_any_two_calls_that_change_its_files),
        CASE(a_supervisor_that_ends_is_no_trouble)};

    if (argc < 4)
        return 1;
    world_make(&pair.world, argv + 1);
    int status = test_run(cases, sizeof cases / sizeof cases[0], argc - 3, argv + 3);
    world_free(&pair.world);
    return status;
}
