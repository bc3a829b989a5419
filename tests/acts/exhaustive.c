/* Every history of a small room. */
#include "acts/search.h"

#include <string.h>

struct walk {
    struct world world;
    struct found *found;
    int feeds[WORLD_PARTIES_MAX][16];
    int lengths[WORLD_PARTIES_MAX];
    int seen[WORLD_PARTIES_MAX][WORLD_PARTIES_MAX];
};

static void
check(struct walk *walk)
{
    struct act_verdict x = world_verdict(&walk->world, 0), y = world_verdict(&walk->world, 1);
    struct found *found = walk->found;

    found->histories++;
    found->complete += x.is_complete || y.is_complete;
    found->effective += x.is_effective || y.is_effective;
    found->two_complete += x.is_complete && y.is_complete;
    found->complete_and_dead += (x.is_complete && x.is_dead) || (y.is_complete && y.is_dead);
}

/* The entries that a party knows which has `counts` of each feed; false: that is not closed. */
static bool
close_over(const struct walk *walk, uint8_t party, const int *counts, entry_set *known)
{
    const struct world *world = &walk->world;

    *known = 0;
    for (uint8_t q = 0; q < world->parties; q++)
        if (counts[q] > 0)
            *known |= world->entries[walk->feeds[q][counts[q] - 1]].past;
    for (uint8_t q = 0; q < world->parties; q++)
        for (int i = counts[q]; q != party && i < walk->lengths[q]; i++)
            if (world_has(*known, walk->feeds[q][i]))
                return false;
    return true;
}

static bool
has_own(const struct walk *walk, uint8_t party, uint8_t kind, uint8_t act)
{
    for (int i = 0; i < walk->lengths[party]; i++) {
        const struct world_entry *entry = &walk->world.entries[walk->feeds[party][i]];
        if (entry->kind == kind && entry->act == act)
            return true;
    }
    return false;
}

/* Only signatures that count are ever written here. */
static bool
is_complete_in(const struct world *world, uint8_t act, entry_set set)
{
    uint32_t signed_by = 0;

    for (int e = 0; e < world->count; e++)
        if (world_has(set, e) && world->entries[e].kind == ENTRY_SIGN &&
            world->entries[e].act == act)
            signed_by |= UINT32_C(1) << world->entries[e].slot;
    return signed_by == (UINT32_C(1) << world->parties) - 1;
}

/* What an honest node would write. */
static bool
is_sensible(const struct walk *walk, uint8_t party, const int *counts, entry_set known,
    uint8_t kind, uint8_t act)
{
    if (kind == ENTRY_SIGN)
        return !has_own(walk, party, ENTRY_SIGN, act) && !has_own(walk, party, ENTRY_WITHDRAW, act);
    if (kind == ENTRY_WITHDRAW)
        return !has_own(walk, party, ENTRY_WITHDRAW, act) &&
               !is_complete_in(&walk->world, act, known);
    for (uint8_t q = 0; q < walk->world.parties; q++)
        if (q != party && counts[q] != walk->seen[party][q])
            return true;
    return false; /* an ack of nothing new */
}

static void walk_on(struct walk *walk, int depth);

static void
write_one(struct walk *walk, uint8_t party, const int *counts, entry_set known, uint8_t kind,
    uint8_t act, int depth)
{
    int *length = &walk->lengths[party];
    int before = *length > 0 ? walk->feeds[party][*length - 1] : WORLD_NONE;
    int seen[WORLD_PARTIES_MAX];
    struct world_step step;

    world_write_below(&walk->world, &step, kind, act, party, before, known);
    if (step.counts) {
        memcpy(seen, walk->seen[party], sizeof seen);
        memcpy(walk->seen[party], counts, sizeof seen);
        walk->feeds[party][(*length)++] = walk->world.count - 1;
        walk_on(walk, depth - 1);
        (*length)--;
        memcpy(walk->seen[party], seen, sizeof seen);
    }
    world_take_back(&walk->world, &step);
}

static void
write_all(struct walk *walk, uint8_t party, const int *counts, int depth)
{
    static const struct {
        uint8_t kind, act;
    } deeds[] = {
        {ENTRY_SIGN, 0}, {ENTRY_WITHDRAW, 0}, {ENTRY_SIGN, 1}, {ENTRY_WITHDRAW, 1}, {ENTRY_ACK, 0}};
    entry_set known;

    if (!close_over(walk, party, counts, &known))
        return;
    for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++) {
        if (walk->world.count == 0 && deeds[i].act == 1)
            continue; /* the first act is called 0 */
        if (is_sensible(walk, party, counts, known, deeds[i].kind, deeds[i].act))
            write_one(walk, party, counts, known, deeds[i].kind, deeds[i].act, depth);
    }
}

/* All that `party` may have heard when it writes, by feed from `q` on. */
static void
hear(struct walk *walk, uint8_t party, uint8_t q, int *counts, int depth)
{
    if (q == walk->world.parties) {
        write_all(walk, party, counts, depth);
        return;
    }
    int last = walk->lengths[q];
    for (int count = q == party ? last : walk->seen[party][q]; count <= last; count++) {
        counts[q] = count;
        hear(walk, party, (uint8_t)(q + 1), counts, depth);
    }
}

static void
walk_on(struct walk *walk, int depth)
{
    check(walk);
    for (uint8_t party = 0; depth > 0 && party < walk->world.parties; party++) {
        int counts[WORLD_PARTIES_MAX] = {0};
        hear(walk, party, 0, counts, depth);
        if (walk->lengths[party] == 0)
            break; /* parties that wrote nothing yet are alike */
    }
}

void
search_exhaustive(struct found *found, uint8_t parties, int depth, enum world_rule rule)
{
    static struct walk walk;

    memset(&walk, 0, sizeof walk);
    *found = (struct found){0};
    walk.found = found;
    world_start(&walk.world, parties, rule);
    walk_on(&walk, depth);
    world_end(&walk.world);
}
