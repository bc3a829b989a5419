/*
 * Goal: never two effective acts for one slot key, never an act complete and dead without a proven
 * fork, nobody bound by an act that he saw dead; and each rule is needed for it.
 * Method: every history of small rooms; random ones with restores and liars; short ones directed at
 * restores; the same with each rule switched off, which must show.  The verdicts against their
 * definition, and under other orders of arrival.  ENTENTE_SEEDS multiplies the random ones.
 */
#include "acts/oracle.h"
#include "acts/search.h"
#include "support/test.h"

static const struct scenario scenarios[] = {{"honest", 0, 0}, {"restores", 0, 2}, {"storm", 0, 4},
    {"a liar", 1, 0}, {"all but one lie", ALL_BUT_ONE, 0}, {"a liar, a restore", 1, 1}};
#define SCENARIOS (sizeof scenarios / sizeof scenarios[0])

static uint64_t
times(uint64_t count)
{
    const char *seeds = getenv("ENTENTE_SEEDS");
    uint64_t wanted = seeds != NULL ? strtoull(seeds, NULL, 10) : 0;

    return wanted > 240 ? count * (wanted / 240) : count;
}

static void
report(const char *name, const struct found *found)
{
    printf("# %s: %llu histories, %llu complete, %llu effective\n", name,
        (unsigned long long)found->histories, (unsigned long long)found->complete,
        (unsigned long long)found->effective);
    if (found_breaches(found) > 0)
        printf("# two effective %llu, complete and dead %llu, two complete %llu, deceived %llu, "
               "first seed %llu\n",
            (unsigned long long)found->two_effective, (unsigned long long)found->complete_and_dead,
            (unsigned long long)found->two_complete, (unsigned long long)found->deceived,
            (unsigned long long)found->first);
    CHECK(found_breaches(found) == 0);
}

TEST(every_history_of_two_parties_with_six_entries)
{
    struct found found;

    search_exhaustive(&found, 2, 6, RULE_ALL);
    report("2 parties, 6 entries", &found);
    CHECK(found.histories == 75031 && found.complete > 0);
}

TEST(every_history_of_three_parties_with_five_entries)
{
    struct found found;

    search_exhaustive(&found, 3, 5, RULE_ALL);
    report("3 parties, 5 entries", &found);
    CHECK(found.histories == 315076 && found.complete > 0);
}

TEST(random_histories)
{
    struct found found;

    for (size_t i = 0; i < SCENARIOS; i++) {
        search_random(&found, &scenarios[i], RULE_ALL, 0, times(6000));
        report(scenarios[i].name, &found);
        CHECK(found.effective > found.histories / 100);
    }
}

TEST(histories_directed_at_restores)
{
    struct found found;

    for (uint8_t parties = 3; parties <= 4; parties++) {
        search_directed(&found, parties, RULE_ALL, 0, times(50000));
        report("directed", &found);
        CHECK(found.complete > found.histories / 10);
    }
}

/* ---- each rule ---- */

/* Chunks, so that the first breach ends the search. */
static bool
is_caught(enum world_rule rule, const struct scenario *scenario, uint64_t from, uint64_t limit)
{
    struct found found = {0};

    for (uint64_t seed = from; seed < limit && found_breaches(&found) == 0; seed += 1000) {
        if (scenario == NULL)
            search_directed(&found, 3, rule, seed, 1000);
        else
            search_random(&found, scenario, rule, seed, 1000);
    }
    printf("# %s: first breach with seed %llu\n", world_rule_name(rule),
        (unsigned long long)found.first);
    return found_breaches(&found) > 0;
}

TEST(the_mailbox_rule_is_needed)
{
    struct found found;

    search_exhaustive(&found, 2, 5, RULE_NO_MAILBOX);
    CHECK(found.complete_and_dead > 0);
    CHECK(is_caught(RULE_NO_MAILBOX, &scenarios[0], 0, 20000));
}

TEST(the_slot_lock_is_needed)
{
    struct found found;

    search_exhaustive(&found, 2, 5, RULE_NO_LOCK);
    CHECK(found.two_complete > 0);
    CHECK(is_caught(RULE_NO_LOCK, &scenarios[0], 0, 20000));
}

TEST(ratification_is_needed)
{
    struct found found;

    search_random(&found, &scenarios[3], RULE_NO_RATIFY, 0, 6000);
    CHECK(found.two_effective > 0);
    search_random(&found, &scenarios[3], RULE_RATIFY_DEAD, 0, 6000);
    CHECK(found.deceived > 0);
}

TEST(barrier_and_strays_are_needed)
{
    CHECK(is_caught(RULE_NO_BARRIER, NULL, 0, 100000));
    /* Once in some hundred thousand histories: from seeds known to be near. */
    CHECK(is_caught(RULE_OWN_BARRIER, NULL, 40000, 100000));
    CHECK(is_caught(RULE_FEED_FIRST, NULL, 430000, 500000));
    CHECK(is_caught(RULE_NO_STRAY, NULL, 0, 100000));
}

/* ---- the verdicts ---- */

static void
compare_with_definition(struct world *world, void *context)
{
    entry_set all = world_bit(world->count) - 1;
    uint64_t *compared = context;

    for (uint8_t act = 0; act < 2; act++) {
        struct act_verdict verdict = world_verdict(world, act);
        CHECK(verdict.is_complete == oracle_is_complete(world, act, all));
        CHECK(verdict.is_dead == oracle_is_dead(world, act, all));
        CHECK(verdict.is_effective == oracle_is_effective(world, act, all));
        *compared += verdict.is_dead + verdict.is_effective;
    }
}

TEST(the_verdicts_are_those_of_the_definition)
{
    for (size_t i = 0; i < SCENARIOS; i++) {
        uint64_t compared = 0;
        for (uint64_t seed = 0; seed < times(150); seed++)
            search_show(&scenarios[i], seed, compare_with_definition, &compared);
        CHECK(compared > 20);
    }
}

/* All entries again, in a random order that has causes first. */
static void
compare_shuffled(struct world *world, void *context)
{
    uint64_t *state = context;
    struct acts_mutations none = world_mutations(RULE_ALL);
    struct causality causality;
    struct acts *acts;
    entry_set added = 0;
    int left = world->count;

    world_causality(world, &causality);
    REQUIRE(acts_new(&acts, world->parties, &causality, &none) == ENTENTE_OK);
    for (uint8_t act = 0; act < 2; act++)
        CHECK(acts_add(acts, &(struct act_entry){.kind = ENTRY_PROPOSE,
                                 .place = {0, act},
                                 .act = world->act[act ^ 1],
                                 .slot_key = {{1}}}) == ENTENTE_OK);
    while (left > 0) {
        int e = (int)(test_random(state) % (uint64_t)world->count);
        const struct world_entry *entry = &world->entries[e];
        if (world_has(added, e) || ((entry->past & ~world_bit(e)) & ~added) != 0)
            continue;
        CHECK(acts_add(acts, &(struct act_entry){.kind = entry->kind,
                                 .slot = entry->slot,
                                 .place = entry->place,
                                 .act = world->act[entry->act],
                                 .is_authorised = true}) == ENTENTE_OK);
        added |= world_bit(e);
        left--;
    }
    for (uint8_t act = 0; act < 2; act++) {
        struct act_verdict wanted = world_verdict(world, act), found;
        CHECK(acts_verdict(acts, &world->act[act], &found) == ENTENTE_OK);
        CHECK(memcmp(&wanted, &found, sizeof found) == 0);
    }
    acts_free(acts);
}

TEST(the_order_of_arrival_does_not_matter)
{
    uint64_t state = 5;

    for (size_t i = 0; i < SCENARIOS; i++)
        for (uint64_t seed = 0; seed < times(300); seed++)
            search_show(&scenarios[i], seed, compare_shuffled, &state);
}

/* ---- single rules, written out ---- */

static struct world world;

static unsigned
judged(uint8_t kind, uint8_t act, uint8_t slot, int before, entry_set deps, bool is_authorised)
{
    int e = world_write(&world, ENTRY_ACK, act, slot, 1, before, deps);
    struct act_entry entry = {.kind = kind,
        .slot = slot,
        .place = world.entries[e].place,
        .act = world.act[act],
        .is_authorised = is_authorised};
    unsigned rule;

    CHECK(acts_judge(world.acts, &entry, &rule) == ENTENTE_OK);
    return rule;
}

TEST(a_void_signature_names_its_rule)
{
    world_start(&world, 2, RULE_ALL);
    CHECK(judged(ENTRY_SIGN, 0, 0, WORLD_NONE, 0, true) == 0);
    CHECK(judged(ENTRY_SIGN, 0, 0, WORLD_NONE, 0, false) == 8); /* no consents */
    CHECK(judged(ENTRY_RATIFY, 0, 0, WORLD_NONE, 0, true) == 9);
    int withdrawal = world_write(&world, ENTRY_WITHDRAW, 0, 1, 1, WORLD_NONE, 0);
    entry_set heard = world.entries[withdrawal].past;
    CHECK(judged(ENTRY_SIGN, 0, 0, WORLD_NONE, heard, true) == 5);
    int sign = world_write(&world, ENTRY_SIGN, 0, 0, 1, WORLD_NONE, 0);
    CHECK(judged(ENTRY_SIGN, 1, 0, sign, 0, true) == 6);
    /* The withdrawer never signed, so his own entry says that the act is dead: the slot is free. */
    CHECK(judged(ENTRY_SIGN, 1, 0, sign, heard, true) == 0);
    world.act[1].bytes[0] = 9; /* an act that nobody proposed */
    CHECK(judged(ENTRY_SIGN, 1, 0, sign, heard, true) == 4);
    world_end(&world);
}

TEST(a_text_with_brackets_cannot_be_signed)
{
    struct digest act = {{7}}, found;
    struct act_verdict verdict;
    unsigned rule;

    world_start(&world, 2, RULE_ALL);
    CHECK(acts_add(world.acts,
              &(struct act_entry){
                  .kind = ENTRY_PROPOSE, .place = {0, 2}, .act = act, .has_brackets = true}) ==
          ENTENTE_OK);
    int e = world_write(&world, ENTRY_ACK, 0, 0, 1, WORLD_NONE, 0);
    struct act_entry sign = {
        .kind = ENTRY_SIGN, .place = world.entries[e].place, .act = act, .is_authorised = true};
    CHECK(acts_judge(world.acts, &sign, &rule) == ENTENTE_OK && rule == 4);
    CHECK(acts_add(world.acts, &sign) == ENTENTE_OK);
    CHECK(acts_verdict(world.acts, &act, &verdict) == ENTENTE_OK);
    CHECK(verdict.is_proposed && verdict.signed_by == 0);
    CHECK(acts_at(world.acts, 2, &found) && memcmp(&found, &act, sizeof act) == 0);
    CHECK(!acts_at(world.acts, 3, &found));
    world_end(&world);
}

/* P8: the root withdraws past a node that has not heard of it. */
TEST(a_register_entry_withdraws)
{
    struct act_verdict verdict;

    world_start(&world, 2, RULE_ALL);
    CHECK(acts_add_register(world.acts, 1, &(struct place){0, 5}, &world.act[0]) == ENTENTE_OK);
    CHECK(judged(ENTRY_SIGN, 0, 0, WORLD_NONE, 0, true) == 5);
    verdict = world_verdict(&world, 0);
    CHECK(verdict.withdrawn_by == 2 && verdict.is_dead);
    CHECK(!world_verdict(&world, 1).is_dead);
    world_end(&world);
}

static entry_set
everything(void)
{
    return world_bit(world.count) - 1;
}

/* Both parties sign act 0, each knowing all; then slot 0 has heard it. */
static void
sign_by_both(int *head)
{
    for (uint8_t slot = 0; slot < 2; slot++)
        head[slot] = world_write(&world, ENTRY_SIGN, 0, slot, 1, head[slot], everything());
    head[0] = world_write(&world, ENTRY_ACK, 0, 0, 1, head[0], everything());
}

TEST(a_ratification_before_all_signed_is_void)
{
    int head[2] = {WORLD_NONE, WORLD_NONE};

    world_start(&world, 2, RULE_ALL);
    head[1] = world_write(&world, ENTRY_RATIFY, 0, 1, 1, WORLD_NONE, 0);
    sign_by_both(head);
    world_write(&world, ENTRY_RATIFY, 0, 0, 1, head[0], everything());
    CHECK(world_verdict(&world, 0).ratified_by == 1 && !world_verdict(&world, 0).is_effective);
    world_write(&world, ENTRY_RATIFY, 0, 1, 1, head[1], everything());
    CHECK(world_verdict(&world, 0).is_effective);
    world_end(&world);
}

/* Otherwise it would matter whether the proposal or the deed arrived first. */
TEST(a_deed_on_an_unknown_proposal_is_none)
{
    struct digest act = {{7}};
    int head[2] = {WORLD_NONE, WORLD_NONE};

    world_start(&world, 2, RULE_ALL);
    head[1] = world_write(&world, ENTRY_ACK, 0, 1, 1, WORLD_NONE, 0);
    CHECK(acts_add(world.acts, &(struct act_entry){.kind = ENTRY_PROPOSE,
                                   .slot = 1,
                                   .place = world.entries[head[1]].place,
                                   .act = act,
                                   .slot_key = {{1}}}) == ENTENTE_OK);
    head[0] = world_write(&world, ENTRY_ACK, 0, 0, 1, WORLD_NONE, 0);
    CHECK(acts_add(world.acts, &(struct act_entry){.kind = ENTRY_RATIFY,
                                   .place = world.entries[head[0]].place,
                                   .act = act}) == ENTENTE_OK);
    sign_by_both(head);
    CHECK(judged(ENTRY_RATIFY, 0, 0, head[0], everything(), true) == 0);
    world_end(&world);
}

TEST(nothing_is_effective_that_nobody_ratified)
{
    int head[2] = {WORLD_NONE, WORLD_NONE};

    world_start(&world, 2, RULE_ALL);
    sign_by_both(head);
    for (uint8_t slot = 0; slot < 2; slot++) /* each shows another first entry: all are liars */
        world_write(&world, ENTRY_ACK, 0, slot, 1, WORLD_NONE, 0);
    CHECK(world_verdict(&world, 0).is_complete && !world_verdict(&world, 0).is_effective);
    world_end(&world);
}

TEST_MAIN(CASE(every_history_of_two_parties_with_six_entries),
    CASE(every_history_of_three_parties_with_five_entries), CASE(random_histories),
    CASE(histories_directed_at_restores), CASE(the_mailbox_rule_is_needed),
    CASE(the_slot_lock_is_needed), CASE(ratification_is_needed),
    CASE(barrier_and_strays_are_needed), CASE(the_verdicts_are_those_of_the_definition),
    CASE(the_order_of_arrival_does_not_matter), CASE(a_void_signature_names_its_rule),
    CASE(a_text_with_brackets_cannot_be_signed), CASE(a_register_entry_withdraws),
    CASE(a_ratification_before_all_signed_is_void), CASE(a_deed_on_an_unknown_proposal_is_none),
    CASE(nothing_is_effective_that_nobody_ratified))
