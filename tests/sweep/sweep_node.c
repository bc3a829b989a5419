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
#include "party.h"
#include "support/test.h"

static struct world world;
static struct known known;
static struct party ours, peer;

/* ---- work ---- */

/* Whether all that the peer was told is written arrived here; what we write then covers it. */
static bool
is_here(void)
{
    uint32_t asked = ours.statuses;

    party_ask_status(&ours);
    PARTY_UNTIL(&ours, ours.statuses > asked);
    return ours.status.parties[1].head_seq >= known.greatest[1];
}

static void
write_ours(uint32_t count)
{
    uint32_t before = ours.appended;

    for (uint32_t i = 0; i < count && !ours.is_gone; i++)
        party_say(&ours, 300);
    PARTY_UNTIL(&ours, ours.appended == before + count);
    CHECK(ours.is_gone || ours.appended == before + count); /* it goes on writing */
}

static void
write_peers(uint32_t count)
{
    uint32_t before = peer.appended;

    for (uint32_t i = 0; i < count; i++)
        party_say(&peer, 300);
    PARTY_UNTIL(&peer, peer.appended == before + count);
    CHECK(peer.appended == before + count);
    PARTY_UNTIL(&ours, is_here());
    CHECK(ours.is_gone || is_here() || ours.is_gone); /* asking may find it gone */
}

/* Appends, and intake between them, until the n-th call. */
static void
work(const struct fault_control *faults)
{
    for (int round = 0; round < 20 && !ours.is_gone && test_failures == 0 &&
                        (faults->at == 0 ? round == 0 : faults->calls < faults->at);
         round++) {
        write_ours(1);
        if (!ours.is_gone)
            write_peers(1);
        if (!ours.is_gone)
            write_ours(3);
        if (!ours.is_gone)
            write_peers(2);
    }
}

/* ---- checks ---- */

/* What the peer was told that we hold of its entries, is on our disk now. */
static void
check_claims(void)
{
    REQUIRE(party_list(&peer));
    party_read_store(&ours);
    for (uint32_t seq = 1; seq < SEQS_MAX; seq++)
        if ((peer.held[1][seq] & 1u) && !(ours.held[1][seq] & PARTY_LISTED)) {
            printf("# seq %u of the peer's\n", seq);
            test_failed(__FILE__, __LINE__, "an entry that it said to hold is not in its store");
            return;
        }
}

/* Both sides have it all; nothing acknowledged is missing, nothing is there twice. */
static void
check_all(void)
{
    if (party_list(&ours))
        party_check(&ours);
    else
        CHECK(ours.is_gone);
    REQUIRE(party_list(&peer));
    party_check(&peer);
}

/* One life, until one of its processes is killed before its n-th call; n 0: by us, at its end. */
static void
live(enum party_part part, bool disk_only, bool from_start, uint32_t n)
{
    struct fault_control *faults = ours.faults[part];

    *faults = (struct fault_control){.action = FAULT_KILL, .disk_only = disk_only, .at = n};
    faults->is_armed = from_start;
    ours.is_faulty[part] = true;
    party_spawn(&ours);
    PARTY_UNTIL(&ours, party_is_up(&ours));
    if (!ours.is_gone)
        write_ours(1); /* then the barrier is passed, and the journal given back */
    if (!ours.is_gone)
        check_all();
    faults->is_armed = 1;
    work(faults);
    CHECK(faults->hits == (n > 0)); /* nothing else ends it */
    party_kill(&ours);
    check_claims();
}

/* One in `step` of the first `calls` calls; and a last life that shows what the last kill left. */
static void
sweep(enum party_part part, bool disk_only, bool from_start, uint32_t calls, uint32_t step)
{
    const char *asked = getenv("ENTENTE_SWEEP");
    uint64_t seed = asked == NULL ? 1 : strtoull(asked, NULL, 10);
    uint32_t kills = 0, n = 1;

    if (asked != NULL && strcmp(asked, "all") == 0)
        step = 1;
    while (n <= calls && test_failures == 0) {
        live(part, disk_only, from_start, n);
        kills++;
        if (test_failures > 0)
            printf("# killed before call %u\n", n);
        n += step == 1 ? 1 : 1 + (uint32_t)(test_random(&seed) % (2 * step - 1));
    }
    if (test_failures == 0)
        live(part, disk_only, false, 0);
    printf("# %u kills, %u entries acknowledged\n", kills, known.acknowledged);
}

static void
begin(void)
{
    memset(&known, 0, sizeof known);
    party_make(&ours, &world, &known, 0);
    party_make(&peer, &world, &known, 1);
    party_spawn(&peer);
    PARTY_UNTIL(&peer, party_is_up(&peer));
    CHECK(party_is_up(&peer));
}

static void
finish(void)
{
    party_free(&ours);
    party_free(&peer);
}

TEST(killed_between_any_two_calls_that_change_its_files)
{
    begin();
    sweep(PARTY_NODE, true, false, 28, 1);
    finish();
}

TEST(killed_between_calls_while_it_writes_and_takes_in)
{
    begin();
    sweep(PARTY_NODE, false, false, 240, 16);
    finish();
}

TEST(killed_between_calls_while_it_starts)
{
    begin();
    sweep(PARTY_NODE, false, true, 1200, 60);
    finish();
}

TEST(the_keyholder_beside_it_killed_between_any_two_calls_that_change_its_files)
{
    begin();
    sweep(PARTY_KEYHOLDER, true, false, 8, 1);
    finish();
}

int
main(int argc, char **argv)
{
    const struct test_case cases[] = {CASE(killed_between_any_two_calls_that_change_its_files),
        CASE(killed_between_calls_while_it_writes_and_takes_in),
        CASE(killed_between_calls_while_it_starts),
        CASE(the_keyholder_beside_it_killed_between_any_two_calls_that_change_its_files)};

    if (argc < 4)
        return 1;
    world_make(&world, argv + 1);
    int status = test_run(cases, sizeof cases / sizeof cases[0], argc - 3, argv + 3);
    world_free(&world);
    return status;
}
