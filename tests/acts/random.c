/* Random histories, broad and directed. */
#include "acts/search.h"

#include "support/test.h"

struct party {
    bool lies;
    entry_set view;
    int head; /* or WORLD_NONE */
    uint16_t inc;
    bool has_snapshot;
    entry_set snapshot;
    entry_set views[WORLD_ENTRIES_MAX]; /* after each own entry */
    int views_count;
};

struct history {
    struct world world;
    struct party party[WORLD_PARTIES_MAX];
    uint64_t state;
};

static uint32_t
below(struct history *history, uint32_t limit)
{
    return (uint32_t)(test_random(&history->state) >> 16) % limit;
}

static void
start(struct history *history, uint8_t parties, enum world_rule rule, uint64_t seed)
{
    history->state = seed * 2654435761u + 1;
    world_start(&history->world, parties, rule);
    for (uint8_t p = 0; p < parties; p++)
        history->party[p] = (struct party){.head = WORLD_NONE, .inc = 1};
}

static void
wrote(struct history *history, uint8_t slot, int entry)
{
    struct party *party = &history->party[slot];

    party->head = entry;
    party->view |= history->world.entries[entry].past;
    party->views[party->views_count++] = party->view;
}

static void
write_entry(struct history *history, uint8_t slot, uint8_t kind, uint8_t act)
{
    struct party *party = &history->party[slot];

    wrote(history, slot,
        world_write(&history->world, kind, act, slot, party->inc, party->head, party->view));
}

/* Only where it counts; false where it does not. */
static bool
try_entry(struct history *history, uint8_t slot, uint8_t kind, uint8_t act)
{
    struct party *party = &history->party[slot];
    int entry = world_try(&history->world, kind, act, slot, party->inc, party->head, party->view);

    if (entry != WORLD_NONE)
        wrote(history, slot, entry);
    return entry != WORLD_NONE;
}

/* Back with the state of an earlier time: a new incarnation. */
static void
resume(struct history *history, uint8_t slot, entry_set view)
{
    struct party *party = &history->party[slot];

    party->view = view;
    party->inc++;
    party->head = WORLD_NONE;
    write_entry(history, slot, ENTRY_RESUME, 0);
}

/* Whether the party knows of an own entry of the kind, about the act. */
static bool
knows_own(const struct history *history, uint8_t slot, uint8_t kind, uint8_t act)
{
    const struct world *world = &history->world;

    for (int e = 0; e < world->count; e++)
        if (world_has(history->party[slot].view, e) && world->entries[e].slot == slot &&
            world->entries[e].kind == kind && world->entries[e].act == act)
            return true;
    return false;
}

static bool
has_causes(const struct history *history, uint8_t slot, int entry)
{
    const struct world *world = &history->world;

    return !world_has(history->party[slot].view, entry) &&
           ((world->entries[entry].past & ~world_bit(entry)) & ~history->party[slot].view) == 0;
}

static void
hear_one(struct history *history, uint8_t slot)
{
    int heard = WORLD_NONE;
    uint32_t choices = 0;

    for (int e = 0; e < history->world.count; e++)
        if (has_causes(history, slot, e) && below(history, ++choices) == 0)
            heard = e;
    if (heard != WORLD_NONE)
        history->party[slot].view |= world_bit(heard);
}

/* Whatever it likes: any own entry before it, anything that exists as its past. */
static void
lie(struct history *history, uint8_t slot)
{
    static const uint8_t kinds[] = {ENTRY_SIGN, ENTRY_WITHDRAW, ENTRY_RATIFY, ENTRY_ACK};
    const struct world *world = &history->world;
    int before = WORLD_NONE;
    uint32_t choices = 0;
    entry_set deps = 0;

    for (int e = 0; e < world->count; e++)
        if (world->entries[e].slot == slot && below(history, ++choices) == 0)
            before = e;
    if (below(history, 10) == 0)
        before = WORLD_NONE;
    for (uint32_t i = below(history, 4); i > 0 && world->count > 0; i--)
        deps |= world->entries[below(history, (uint32_t)world->count)].past;
    world_write(&history->world, kinds[below(history, 4)], (uint8_t)below(history, 2), slot, 1,
        before, deps);
}

static bool
ratify_what_is_complete(struct history *history, uint8_t slot)
{
    uint8_t first = (uint8_t)below(history, 2);

    for (uint8_t i = 0; i < 2; i++) {
        uint8_t act = first ^ i;
        if (!knows_own(history, slot, ENTRY_RATIFY, 0) &&
            !knows_own(history, slot, ENTRY_RATIFY, 1) &&
            try_entry(history, slot, ENTRY_RATIFY, act))
            return true;
    }
    return false;
}

static bool
is_complete_for(struct history *history, uint8_t slot, uint8_t act)
{
    return world_verdict_in(&history->world, history->party[slot].view, act).is_complete;
}

static void
act_honestly(struct history *history, uint8_t slot)
{
    uint8_t act;

    if (ratify_what_is_complete(history, slot))
        return;
    act = (uint8_t)below(history, 2);
    bool has_spoken = knows_own(history, slot, ENTRY_WITHDRAW, act);
    if (world_equivocators(&history->world, history->party[slot].view) == 0) {
        if (below(history, 100) < 55) {
            if (!has_spoken && !knows_own(history, slot, ENTRY_SIGN, act) &&
                try_entry(history, slot, ENTRY_SIGN, act))
                return;
        } else if (below(history, 2) == 0 && !has_spoken && !is_complete_for(history, slot, act)) {
            write_entry(history, slot, ENTRY_WITHDRAW, act);
            return;
        }
    }
    write_entry(history, slot, ENTRY_ACK, 0);
}

static void
step(struct history *history, uint8_t slot, uint8_t restores, uint8_t keeper, uint32_t *lost)
{
    struct party *party = &history->party[slot];
    uint32_t chance = below(history, 100);

    if (party->lies) {
        lie(history, slot);
    } else if (chance < 55) {
        hear_one(history, slot);
    } else if (restores > 0 && chance < (restores > 2 ? 70u : 62u)) {
        if (!party->has_snapshot || below(history, 10) < 3) {
            party->has_snapshot = true;
            party->snapshot = party->view;
        } else if (*lost < restores && slot != keeper) {
            ++*lost;
            party->has_snapshot = false;
            resume(history, slot, party->snapshot);
        }
    } else {
        act_honestly(history, slot);
    }
}

/* Everybody hears everything, and ratifies what can be, until barriers and strays have settled. */
static void
settle(struct history *history)
{
    for (int round = 0; round < 3; round++)
        for (uint8_t p = 0; p < history->world.parties; p++) {
            if (history->party[p].lies)
                continue;
            history->party[p].view = world_bit(history->world.count) - 1;
            if (!ratify_what_is_complete(history, p))
                write_entry(history, p, ENTRY_ACK, 0);
        }
}

/* An effective act binds `slot`: it must have ratified, and not have seen the act dead before. */
static bool
is_deceived(struct history *history, uint8_t slot, uint8_t act)
{
    struct world *world = &history->world;
    int last = WORLD_NONE; /* before its ratification, or of all */

    for (int e = 0; e < world->count; e++) {
        if (world->entries[e].slot != slot)
            continue;
        if (world->entries[e].kind == ENTRY_RATIFY && world->entries[e].act == act)
            return last != WORLD_NONE &&
                   world_verdict_in(world, world->entries[last].past, act).is_dead;
        last = e;
    }
    return true;
}

static void
judge(struct history *history, struct found *found, uint64_t seed)
{
    struct world *world = &history->world;
    struct act_verdict verdict[2] = {world_verdict(world, 0), world_verdict(world, 1)};
    bool is_forked = world_equivocators(world, ~(entry_set)0) != 0;
    uint64_t before = found_breaches(found);

    found->histories++;
    found->complete += verdict[0].is_complete || verdict[1].is_complete;
    found->effective += verdict[0].is_effective || verdict[1].is_effective;
    found->two_effective += verdict[0].is_effective && verdict[1].is_effective;
    if (!is_forked) {
        found->two_complete += verdict[0].is_complete && verdict[1].is_complete;
        for (int act = 0; act < 2; act++)
            found->complete_and_dead += verdict[act].is_complete && verdict[act].is_dead;
    }
    for (uint8_t act = 0; act < 2; act++)
        for (uint8_t p = 0; verdict[act].is_effective && p < world->parties; p++)
            if (!history->party[p].lies && history->party[p].inc == 1)
                found->deceived += is_deceived(history, p, act);
    if (before == 0 && found_breaches(found) > 0)
        found->first = seed;
}

static void
make_random(
    struct history *history, const struct scenario *scenario, enum world_rule rule, uint64_t seed)
{
    uint32_t lost = 0;

    history->state = seed;
    uint8_t liars = scenario->liars;
    if (liars == ALL_BUT_ONE)
        liars = (uint8_t)(1 + below(history, 3));
    uint8_t least = liars == 0 ? 2 : (uint8_t)(liars + 1);
    uint8_t parties = (uint8_t)(least + below(history, WORLD_PARTIES_MAX + 1u - least));
    start(history, parties, rule, seed);
    uint8_t first = (uint8_t)below(history, parties);
    for (uint8_t i = 0; i < liars; i++)
        history->party[(first + i) % parties].lies = true;
    uint8_t keeper = (uint8_t)((first + liars) % parties);
    for (uint8_t p = 0; p < parties; p++)
        if (!history->party[p].lies)
            write_entry(history, p, ENTRY_ACK, 0);
    for (uint32_t i = 15 + below(history, 46); i > 0; i--)
        step(history, (uint8_t)below(history, parties), scenario->restores, keeper, &lost);
    settle(history);
}

static struct history made;

void
search_show(const struct scenario *scenario, uint64_t seed,
    void (*show)(struct world *world, void *context), void *context)
{
    make_random(&made, scenario, RULE_ALL, seed);
    show(&made.world, context);
    world_end(&made.world);
}

void
search_random(struct found *found, const struct scenario *scenario, enum world_rule rule,
    uint64_t seed, uint64_t count)
{
    *found = (struct found){0};
    for (uint64_t i = 0; i < count; i++) {
        make_random(&made, scenario, rule, seed + i);
        judge(&made, found, seed + i);
        world_end(&made.world);
    }
}

/* ---- directed ---- */

/* Own entries that were lost come back only from somebody else. */
static void
hear_some(struct history *history, uint8_t slot, uint32_t percent, bool also_own_from_nobody)
{
    entry_set others = 0;

    for (uint8_t p = 0; p < history->world.parties; p++)
        if (p != slot)
            others |= history->party[p].view;
    for (int e = 0; e < history->world.count; e++)
        if (has_causes(history, slot, e) && below(history, 100) < percent &&
            (world_has(others, e) ||
                (!also_own_from_nobody && history->world.entries[e].slot != slot)))
            history->party[slot].view |= world_bit(e);
}

static void
step_directed(struct history *history, uint8_t slot, uint8_t keeper, uint32_t restores_percent)
{
    static const uint32_t percents[] = {20, 50, 80};
    struct party *party = &history->party[slot];

    hear_some(history, slot, percents[below(history, 3)], false);
    uint32_t chance = below(history, 100);
    if (chance < restores_percent && party->views_count > 0 && slot != keeper) {
        uint32_t back = below(history, (uint32_t)party->views_count);
        party->view = back == 0 ? 0 : party->views[back - 1];
        hear_some(history, slot, 40, true);
        resume(history, slot, party->view);
        return;
    }
    bool has_withdrawn = knows_own(history, slot, ENTRY_WITHDRAW, 0);
    if (chance < 60 && !has_withdrawn && !knows_own(history, slot, ENTRY_SIGN, 0) &&
        try_entry(history, slot, ENTRY_SIGN, 0))
        return;
    if (chance < 75 && !has_withdrawn && !is_complete_for(history, slot, 0))
        write_entry(history, slot, ENTRY_WITHDRAW, 0);
    else
        write_entry(history, slot, ENTRY_ACK, 0);
}

static void
run_directed(struct found *found, uint8_t parties_max, enum world_rule rule, uint64_t seed)
{
    static const uint32_t percents[] = {10, 15, 20};

    made.state = seed;
    uint8_t parties = (uint8_t)(2 + below(&made, parties_max - 1u));
    start(&made, parties, rule, seed);
    uint8_t keeper = (uint8_t)below(&made, parties);
    uint32_t percent = percents[below(&made, 3)];
    for (uint32_t i = 7 + below(&made, 10); i > 0; i--)
        step_directed(&made, (uint8_t)below(&made, parties), keeper, percent);
    for (int round = 0; round < 2; round++)
        for (uint8_t p = 0; p < parties; p++) {
            made.party[p].view = world_bit(made.world.count) - 1;
            write_entry(&made, p, ENTRY_ACK, 0);
        }
    judge(&made, found, seed);
    world_end(&made.world);
}

void
search_directed(
    struct found *found, uint8_t parties_max, enum world_rule rule, uint64_t seed, uint64_t count)
{
    *found = (struct found){0};
    for (uint64_t i = 0; i < count; i++)
        run_directed(found, parties_max, rule, seed + i);
}
