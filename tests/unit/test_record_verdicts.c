/*
 * Goal: the verdicts over strays and barriers (I2, I3) are those of PROTOCOL.md, over the whole record
 * and over the past of each entry; and nobody can make them take long.
 * Method: random small worlds, in which old machines write on behind the resume of a new one, against
 * a model that knows nothing but sets of entries; then the worlds that a liar would build.
 */
#include "support/room.h"

#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#define PARTIES 3u
#define INCS 3u
#define WORLDS 400u
#define ENTRIES_MAX 30u

struct model_entry {
    uint8_t slot;
    uint16_t inc;
    uint32_t seq;
    uint64_t past; /* a bit for each entry, its own included */
    struct built_segment built;
};

struct machine {
    bool is_there;
    struct replica replica;
    struct build_feed feed;
    uint64_t view;
};

struct world {
    uint64_t random;
    struct model_entry entries[ENTRIES_MAX];
    uint32_t count;
    struct machine machines[PARTIES][INCS + 1]; /* by incarnation */
};

static struct test_room room;
static uint32_t strays_seen, void_seen, circles_seen, before_seen, barriers_seen;

/* ---- the model ---- */

enum { OPEN, COUNTS, VOID };

static bool
has(uint64_t set, uint32_t entry)
{
    return (set >> entry & 1u) != 0;
}

static bool
is_resume(const struct model_entry *entry)
{
    return entry->inc > 1 && entry->seq == 1;
}

/* Whether the voucher of `by` in `set` for `resume` has `target` in its past. */
static int
voucher_knows(const struct world *world, uint64_t set, const int *verdicts, uint32_t resume,
    uint8_t by, uint32_t target)
{
    for (uint16_t inc = 1; inc <= INCS; inc++)
        for (uint32_t seq = 1; seq <= world->count; seq++)
            for (uint32_t v = 0; v < world->count; v++) {
                const struct model_entry *entry = &world->entries[v];
                if (entry->slot != by || entry->inc != inc || entry->seq != seq || !has(set, v) ||
                    !has(entry->past, resume) || verdicts[v] == VOID)
                    continue;
                return verdicts[v] == OPEN ? OPEN : has(entry->past, target) ? COUNTS : VOID;
            }
    return VOID;
}

static int
judge(const struct world *world, uint64_t set, const int *verdicts, uint32_t e)
{
    const struct model_entry *entry = &world->entries[e];
    int verdict = COUNTS;

    for (uint32_t r = 0; r < world->count; r++) {
        const struct model_entry *resume = &world->entries[r];
        bool has_open = false, has_voucher = false;
        if (!has(set, r) || !is_resume(resume) || resume->slot != entry->slot ||
            resume->inc <= entry->inc || has(resume->past, e))
            continue;
        for (uint8_t by = 0; by < PARTIES; by++) {
            int knows = by == entry->slot ? VOID
                                          : voucher_knows(world, set, verdicts, r, by, e);
            has_voucher = has_voucher || knows == COUNTS;
            has_open = has_open || knows == OPEN;
        }
        if (!has_voucher && !has_open)
            return VOID;
        if (!has_voucher)
            verdict = OPEN;
    }
    return verdict;
}

/* Step by step, until no more verdict is reached; what is open then is void. */
static void
judge_all(const struct world *world, uint64_t set, int verdicts[static ENTRIES_MAX])
{
    bool is_new = true;

    memset(verdicts, 0, ENTRIES_MAX * sizeof *verdicts);
    while (is_new) {
        is_new = false;
        for (uint32_t e = 0; e < world->count; e++) {
            if (!has(set, e) || verdicts[e] != OPEN)
                continue;
            verdicts[e] = judge(world, set, verdicts, e);
            is_new = is_new || verdicts[e] != OPEN;
        }
    }
}

static bool
is_past_barriers(const struct world *world, uint32_t e)
{
    int verdicts[ENTRIES_MAX];
    uint64_t past = world->entries[e].past;

    judge_all(world, past, verdicts);
    for (uint32_t r = 0; r < world->count; r++)
        for (uint8_t by = 0; by < PARTIES; by++) {
            bool has_voucher = false;
            if (!has(past, r) || !is_resume(&world->entries[r]) || by == world->entries[r].slot)
                continue;
            for (uint32_t v = 0; v < world->count; v++)
                has_voucher = has_voucher || (has(past, v) && world->entries[v].slot == by &&
                                                 has(world->entries[v].past, r) &&
                                                 verdicts[v] == COUNTS);
            if (!has_voucher)
                return false;
        }
    return true;
}

/* ---- a random world ---- */

static uint32_t
draw(struct world *world, uint32_t below)
{
    return (uint32_t)(test_random(&world->random) % below);
}

static void
deliver(struct world *world, struct machine *machine, uint64_t set)
{
    for (uint32_t e = 0; e < world->count; e++) {
        if (!has(set, e) || has(machine->view, e))
            continue;
        CHECK(replica_receive(&machine->replica, &world->entries[e].built) == ENTENTE_OK);
        machine->view |= UINT64_C(1) << e;
    }
}

static void
start_machine(struct world *world, uint8_t slot, uint16_t inc)
{
    struct machine *machine = &world->machines[slot][inc];

    machine->is_there = true;
    machine->view = 0;
    replica_make(&machine->replica, &room, &(struct replica_options){.heads_only = true});
    test_room_feed(&machine->feed, &room, slot, inc);
    if (inc == 1)
        return;
    for (uint32_t i = 0; i < 2 && world->count > 0; i++)
        if (draw(world, 2) == 0)
            deliver(world, machine, world->entries[draw(world, world->count)].past);
}

static void
write_entry(struct world *world, uint8_t slot, uint16_t inc)
{
    struct machine *machine = &world->machines[slot][inc];
    struct model_entry *made = &world->entries[world->count];
    uint8_t kind = inc > 1 && machine->feed.head.seq == 0 ? ENTRY_RESUME : ENTRY_ACK;

    REQUIRE(replica_write(
        &machine->replica, &machine->feed, kind, (struct bytes){0}, &made->built));
    machine->view |= UINT64_C(1) << world->count;
    made->slot = slot;
    made->inc = inc;
    made->seq = made->built.positions[0].seq;
    made->past = machine->view;
    world->count++;
}

static void
live(struct world *world)
{
    for (uint8_t slot = 0; slot < PARTIES; slot++)
        start_machine(world, slot, 1);
    while (world->count < ENTRIES_MAX) {
        uint8_t slot = (uint8_t)draw(world, PARTIES);
        uint16_t inc = (uint16_t)(1 + draw(world, INCS));
        while (inc > 1 && !world->machines[slot][inc - 1].is_there)
            inc--;
        if (!world->machines[slot][inc].is_there && draw(world, 3) > 0)
            continue;
        if (!world->machines[slot][inc].is_there)
            start_machine(world, slot, inc);
        else if (world->count > 0 && draw(world, 3) > 0)
            deliver(world, &world->machines[slot][inc],
                world->entries[draw(world, world->count)].past);
        write_entry(world, slot, inc);
    }
}

/* ---- the record against the model ---- */

static uint32_t
branch_of(struct replica *replica, const struct model_entry *entry)
{
    uint32_t branch = UINT32_MAX;

    CHECK(record_find(replica->record, &entry->built.positions[0], &branch) == ENTENTE_OK);
    return branch;
}

static void
compare_before(const struct world *world, struct replica *all, uint32_t of)
{
    const struct model_entry *later = &world->entries[of];
    uint64_t past = later->past & ~(UINT64_C(1) << of);
    uint32_t of_branch = branch_of(all, later);
    int verdicts[ENTRIES_MAX];
    bool is;

    judge_all(world, past, verdicts);
    for (uint32_t e = 0; e < of; e++) {
        const struct model_entry *entry = &world->entries[e];
        if (!has(past, e))
            continue;
        CHECK(record_is_admissible_before(all->record, branch_of(all, entry), entry->seq, of_branch,
                  later->seq, &is) == ENTENTE_OK);
        CHECK(is == (verdicts[e] == COUNTS));
        before_seen += !is;
    }
}

static void
compare_all(const struct world *world, struct replica *all)
{
    int verdicts[ENTRIES_MAX];
    bool is;

    judge_all(world, UINT64_MAX, verdicts);
    for (uint32_t e = 0; e < world->count; e++) {
        const struct model_entry *entry = &world->entries[e];
        uint32_t branch = branch_of(all, entry);
        CHECK(record_is_admissible(all->record, branch, entry->seq, &is) == ENTENTE_OK);
        CHECK(is == (verdicts[e] == COUNTS));
        void_seen += verdicts[e] == VOID;
        circles_seen += verdicts[e] == OPEN;
        for (uint32_t r = 0; r < world->count; r++)
            strays_seen += is_resume(&world->entries[r]) &&
                           world->entries[r].slot == entry->slot &&
                           world->entries[r].inc > entry->inc && !has(world->entries[r].past, e);
        CHECK(record_is_past_barriers(all->record, branch, entry->seq, &is) == ENTENTE_OK);
        CHECK(is == is_past_barriers(world, e));
        barriers_seen += !is;
        compare_before(world, all, e);
    }
}

TEST(verdicts_are_those_of_the_model)
{
    struct world *world = malloc(sizeof *world);

    REQUIRE(world != NULL);
    for (uint32_t seed = 1; seed <= WORLDS && test_failures == 0; seed++) {
        struct machine all = {0};
        memset(world, 0, sizeof *world);
        world->random = seed * 0x9E3779B97F4A7C15u;
        live(world);
        replica_make(&all.replica, &room, &(struct replica_options){.heads_only = true});
        deliver(world, &all, UINT64_MAX);
        compare_all(world, &all.replica);
        if (test_failures > 0)
            printf("# world %u\n", seed);
        replica_free(&all.replica);
        for (uint8_t slot = 0; slot < PARTIES; slot++)
            for (uint16_t inc = 1; inc <= INCS; inc++)
                if (world->machines[slot][inc].is_there)
                    replica_free(&world->machines[slot][inc].replica);
        for (uint32_t e = 0; e < world->count; e++)
            built_segment_free(&world->entries[e].built);
    }
    free(world);
    printf("# %u worlds: left out %u times, %u void, %u in circles, %u void in a past, %u before barriers\n",
        WORLDS, strays_seen, void_seen, circles_seen, before_seen, barriers_seen);
    CHECK(strays_seen > void_seen && void_seen > 0 && circles_seen > 0 && before_seen > 0 &&
          barriers_seen > 0);
}

/* ---- what a liar builds ---- */

static void
write_with(struct replica *replica, struct build_feed *feed, uint8_t kind,
    const struct position *deps, uint8_t deps_count, struct position *made)
{
    struct build_entry entry = {.kind = kind, .deps = deps, .deps_count = deps_count};
    struct built_segment built;

    build_segment(&built, feed, &entry, 1);
    CHECK(replica_receive(replica, &built) == ENTENTE_OK && replica->admission.entries == 1);
    *made = built.positions[0];
    built_segment_free(&built);
}

/*
 * Party 1 has `count` old machines, each of which covers party 0's resume and is left out by the
 * next; its last one knows the stray of party 0.
 */
static bool
counts_behind(uint32_t count)
{
    struct test_room large;
    struct replica replica;
    struct build_feed feed;
    struct position stray, resume, unused;
    uint32_t branch;
    bool is = false;

    test_room_make(&large, 2, 900 + count);
    build_party_certify(&large.party[0]);
    for (uint32_t inc = 2; inc <= count + 1; inc++)
        build_party_certify(&large.party[1]);
    replica_make(&replica, &large, &(struct replica_options){.heads_only = true});
    test_room_feed(&feed, &large, 0, 1);
    write_with(&replica, &feed, ENTRY_ACK, NULL, 0, &stray);
    test_room_feed(&feed, &large, 0, 2);
    write_with(&replica, &feed, ENTRY_RESUME, NULL, 0, &resume);
    for (uint32_t inc = 1; inc <= count + 1; inc++) {
        struct position both[] = {stray, resume};
        test_room_feed(&feed, &large, 1, (uint16_t)inc);
        if (inc > 1)
            write_with(&replica, &feed, ENTRY_RESUME, NULL, 0, &unused);
        if (inc <= count)
            write_with(&replica, &feed, ENTRY_ACK, &resume, 1, &unused);
        else
            write_with(&replica, &feed, ENTRY_ACK, both, 2, &unused);
    }
    CHECK(record_find(replica.record, &stray, &branch) == ENTENTE_OK);
    CHECK(record_is_admissible(replica.record, branch, 1, &is) == ENTENTE_OK);
    replica_free(&replica);
    test_room_free(&large);
    return is;
}

TEST(a_verdict_rests_on_so_many_strays_and_no_more)
{
    CHECK(counts_behind(1));
    CHECK(counts_behind(100));
    CHECK(counts_behind(STRAYS_MAX));
    CHECK(!counts_behind(STRAYS_MAX + 1));
}

/* Two old machines, each of which knows the other party's resume and is left out by its own. */
TEST(who_vouches_in_a_circle_is_void)
{
    struct replica replica;
    struct build_feed feed[2], resumed[2];
    struct position resume[2], stray[2];
    uint32_t branch;
    bool is;

    replica_make(&replica, &room, NULL);
    for (uint8_t slot = 0; slot < 2; slot++) {
        test_room_feed(&feed[slot], &room, slot, 1);
        test_room_feed(&resumed[slot], &room, slot, 2);
        write_with(&replica, &resumed[slot], ENTRY_RESUME, NULL, 0, &resume[slot]);
    }
    for (uint8_t slot = 0; slot < 2; slot++)
        write_with(&replica, &feed[slot], ENTRY_ACK, &resume[1 - slot], 1, &stray[slot]);
    for (uint8_t slot = 0; slot < 2; slot++) {
        CHECK(record_find(replica.record, &stray[slot], &branch) == ENTENTE_OK);
        CHECK(record_is_admissible(replica.record, branch, 1, &is) == ENTENTE_OK && !is);
        CHECK(record_find(replica.record, &resume[slot], &branch) == ENTENTE_OK);
        CHECK(record_is_admissible(replica.record, branch, 1, &is) == ENTENTE_OK && is);
    }
    replica_free(&replica);
}

int
main(int argc, char **argv)
{
    static const struct test_case cases[] = {CASE(verdicts_are_those_of_the_model),
        CASE(a_verdict_rests_on_so_many_strays_and_no_more), CASE(who_vouches_in_a_circle_is_void)};

    test_room_make(&room, PARTIES, 7);
    for (uint32_t i = 0; i < PARTIES; i++)
        for (uint32_t inc = 2; inc <= INCS; inc++)
            build_party_certify(&room.party[i]);
    int status = test_run(cases, sizeof cases / sizeof cases[0], argc, argv);
    test_room_free(&room);
    return status;
}
