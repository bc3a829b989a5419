/*
 * Goal: a power cut at any moment, which undoes what was written but not synced, loses nothing that
 * was acknowledged or claimed to be held, and leads to no second signature for a seq.  Method: node
 * and keyholder run under a tracer that remembers what each of their files was at its last sync;
 * before the n-th call that changes files it kills, and puts the files back: all of them, or (with
 * a seed) a random choice of their sectors of 512 bytes and of the names whose folder was not
 * synced.  The other process loses its power at the same time.  The next life is the check.
 *
 * ENTENTE_SWEEP=SEED makes other choices, ENTENTE_SWEEP=all more of them.
 */
#include "pair.h"
#include "support/keyholder_process.h"
#include "support/test.h"

#include <sys/stat.h>

static uint64_t seed = 1;
static bool is_all;

/* Nothing that was not synced survives, then what chance leaves of it, in turns. */
static struct life
cut_before(enum party_part part, uint32_t n, bool tears)
{
    struct life life = {.part = part, .both = true, .bytes = 300};

    life.faults = (struct fault_control){
        .action = FAULT_CUT, .disk_only = 1, .at = n, .seed = tears ? test_random(&seed) | 1u : 0};
    return life;
}

static void
live(const struct life *life, uint32_t *undone)
{
    pair_live(life);
    for (int part = 0; part < (int)PARTY_PARTS; part++)
        *undone += pair.ours.faults[part]->undone;
    if (test_failures > 0)
        printf("# the power was cut before call %u of the %s, seed %llu\n", life->faults.at,
            life->part == PARTY_NODE ? "node" : "keyholder", (unsigned long long)life->faults.seed);
}

static void
sweep(enum party_part part, uint32_t calls)
{
    uint32_t undone = 0, cuts = 0;

    pair_begin(false);
    for (uint32_t n = 1; n <= calls && test_failures == 0; n++)
        for (uint32_t again = 0; again < (is_all ? 8 : 1) && test_failures == 0; again++) {
            struct life life = cut_before(part, n, (n + again) % 2 == 0);
            live(&life, &undone);
            cuts++;
        }
    if (test_failures == 0)
        pair_check();
    CHECK(test_failures > 0 || undone >= calls / 4); /* the cuts took something away */
    printf("# %u cuts changed %u files; %u entries acknowledged\n", cuts, undone,
        pair.known.acknowledged);
    pair_end();
}

TEST(the_power_is_cut_while_the_keyholder_writes)
{
    sweep(PARTY_KEYHOLDER, 8);
}

TEST(the_power_is_cut_while_the_node_writes)
{
    sweep(PARTY_NODE, 12);
}

/* Four statements fill a file of the journal: another one is made, begun, and the old one closed.
 */
TEST(the_power_is_cut_while_the_journal_turns_to_another_file)
{
    uint32_t undone = 0;

    pair_begin(true);
    for (uint32_t n = 6; n <= 26 && test_failures == 0; n += is_all ? 1 : 4) {
        struct life life = cut_before(PARTY_KEYHOLDER, n, n % 4 != 0);
        life.bytes = 1000000;
        live(&life, &undone);
    }
    if (test_failures == 0)
        pair_check();
    printf("# the cuts changed %u files\n", undone);
    pair_end();
}

/* A kill leaves in the file what no sync made durable; the power cut that follows takes it away. */
TEST(the_power_is_cut_after_a_kill)
{
    uint32_t undone = 0;

    pair_begin(false);
    for (uint32_t n = 1; n <= (is_all ? 12 : 4) && test_failures == 0; n++) {
        enum party_part part = n % 2 == 0 ? PARTY_NODE : PARTY_KEYHOLDER;
        struct life life = {.part = part, .both = true, .bytes = 300};
        life.faults = (struct fault_control){.action = FAULT_KILL, .disk_only = 1, .at = 1 + n};
        pair_live(&life);
        life = cut_before(part, 1 + n / 2, n % 3 == 0);
        life.from_start = true;
        live(&life, &undone);
    }
    if (test_failures == 0)
        pair_check();
    printf("# the cuts changed %u files\n", undone);
    pair_end();
}

/* The first start makes the store: whatever is left of that, the second one goes on. */
TEST(the_power_is_cut_while_the_store_is_made)
{
    uint32_t undone = 0;

    for (uint32_t n = 1; n <= 24 && test_failures == 0; n += is_all ? 1 : 5) {
        struct life life = cut_before(PARTY_NODE, n, n % 2 == 0);
        life.from_start = true;
        pair_begin(true);
        live(&life, &undone);
        if (test_failures == 0)
            pair_check();
        pair_end();
    }
    CHECK(undone > 0);
}

/* All but the control pages, which this process and the tracers have mapped. */
static void
copy_party(const char *from, const char *to)
{
    const char *folders[] = {"store", "keyholder", "node.faults.disk"};
    char a[512], b[512];

    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        snprintf(a, sizeof a, "%s/%s", from, folders[i]);
        snprintf(b, sizeof b, "%s/%s", to, folders[i]);
        folder_copy(a, b);
    }
}

/* As many statements as bring the write-ahead log to where its next commits are checkpointed. */
static void
fill_log(void)
{
    char path[512];
    struct stat status = {0};

    pair.ours.is_faulty[PARTY_NODE] = true; /* so that its shadows are there, too */
    party_spawn(&pair.ours);
    PARTY_UNTIL(&pair.ours, party_is_up(&pair.ours));
    party_be_alone(&pair.ours);
    snprintf(path, sizeof path, "%s/store/record.sqlite-wal", pair.ours.folder);
    for (int i = 0; i < 100 && status.st_size < 7600000 && test_failures == 0; i++) {
        pair_write_ours(1, 200000);
        (void)!stat(path, &status);
    }
    CHECK(status.st_size >= 7600000);
    party_kill(&pair.ours);
}

TEST(the_power_is_cut_while_the_log_goes_back_into_the_file)
{
    static struct known before;
    char kept[256];
    uint32_t undone = 0;

    pair_begin(true);
    fill_log();
    before = pair.known;
    folder_make(kept);
    copy_party(pair.ours.folder, kept);
    for (uint32_t n = 1; n <= 560 && test_failures == 0; n += is_all ? 3 : 111) {
        struct life life = cut_before(PARTY_NODE, n, n % 2 == 0);
        life.bytes = 200000;
        life.both = false; /* what the keyholder has is durable when it is told */
        live(&life, &undone);
        if (test_failures == 0)
            pair_check();
        copy_party(kept, pair.ours.folder);
        pair.known = before;
    }
    folder_remove_all(kept);
    pair_end();
}

int
main(int argc, char **argv)
{
    const struct test_case cases[] = {CASE(the_power_is_cut_while_the_keyholder_writes),
        CASE(the_power_is_cut_while_the_node_writes),
        CASE(the_power_is_cut_while_the_journal_turns_to_another_file),
        CASE(the_power_is_cut_after_a_kill), CASE(the_power_is_cut_while_the_store_is_made),
        CASE(the_power_is_cut_while_the_log_goes_back_into_the_file)};
    const char *asked = getenv("ENTENTE_SWEEP");

    if (argc < 4)
        return 1;
    is_all = asked != NULL && strcmp(asked, "all") == 0;
    if (asked != NULL && !is_all)
        seed = strtoull(asked, NULL, 10);
    world_make(&pair.world, argv + 1);
    int status = test_run(cases, sizeof cases / sizeof cases[0], argc - 3, argv + 3);
    world_free(&pair.world);
    return status;
}
