#include "acts/world.h"

#include <stdlib.h>

static const struct {
    const char *name;
    struct acts_mutations acts;
} rules[RULES] = {
    [RULE_ALL] = {"all rules", {0}},
    [RULE_NO_MAILBOX] = {"without the mailbox rule", {.no_mailbox = true}},
    [RULE_NO_LOCK] = {"without the slot lock", {.no_lock = true}},
    [RULE_NO_RATIFY] = {"without ratification", {.no_ratify = true}},
    [RULE_RATIFY_DEAD] = {"with ratification of what is dead", {.ratify_dead = true}},
    [RULE_NO_BARRIER] = {"without the barrier", {0}},
    [RULE_OWN_BARRIER] = {"with the own barrier only", {0}},
    [RULE_NO_STRAY] = {"without the stray rule", {0}},
    [RULE_VOID_VOUCHER] = {"with void vouchers", {0}},
    [RULE_ANY_VOUCHER] = {"with a voucher of each incarnation", {0}},
    [RULE_FEED_FIRST] = {"with a voucher of each feed", {0}},
};

static void
require(enum entente_error error)
{
    if (error != ENTENTE_OK)
        abort();
}

const char *
world_rule_name(enum world_rule rule)
{
    return rules[rule].name;
}

struct acts_mutations
world_mutations(enum world_rule rule)
{
    return rules[rule].acts;
}

/* ---- I2, I3 ---- */

/* The smallest (inc, seq) of a covering entry of `slot` that may vouch; false: none. */
static bool
first_voucher(const struct world *world, int resume, uint8_t slot, entry_set set, uint16_t *inc,
    uint32_t *seq)
{
    bool found = false;

    for (int e = 0; e < world->count; e++) {
        const struct world_entry *entry = &world->entries[e];
        if (!world_has(set, e) || entry->slot != slot || !world_has(entry->past, resume) ||
            (found && (entry->inc > *inc || (entry->inc == *inc && entry->seq >= *seq))) ||
            (world->rule != RULE_VOID_VOUCHER && !world_is_admissible(world, e, set)))
            continue;
        found = true;
        *inc = entry->inc;
        *seq = entry->seq;
    }
    return found;
}

/* The refuted drafts: which covering entries vouch there. */
static bool
vouches_in_draft(const struct world *world, int resume, int e, entry_set set)
{
    const struct world_entry *entry = &world->entries[e];

    if (world->rule == RULE_FEED_FIRST)
        return entry->before == WORLD_NONE ||
               !world_has(world->entries[entry->before].past, resume);
    if (!world_is_admissible(world, e, set))
        return false;
    for (int f = 0; f < world->count; f++)
        if (f != e && world_has(entry->past, f) && world->entries[f].slot == entry->slot &&
            world_has(world->entries[f].past, resume))
            return false;
    return true;
}

/* Whether party `slot` has a voucher in `set`; one with `target` in its past, unless that is NONE.
 */
static bool
is_vouched(const struct world *world, int resume, uint8_t slot, entry_set set, int target)
{
    bool is_draft = world->rule == RULE_FEED_FIRST || world->rule == RULE_ANY_VOUCHER;
    uint16_t inc = 0;
    uint32_t seq = 0;

    if (!is_draft && !first_voucher(world, resume, slot, set, &inc, &seq))
        return false;
    for (int e = 0; e < world->count; e++) {
        const struct world_entry *entry = &world->entries[e];
        if (!world_has(set, e) || entry->slot != slot || !world_has(entry->past, resume) ||
            (target != WORLD_NONE && !world_has(entry->past, target)))
            continue;
        if (is_draft ? vouches_in_draft(world, resume, e, set)
                     : entry->inc == inc && entry->seq == seq &&
                           (world->rule == RULE_VOID_VOUCHER || world_is_admissible(world, e, set)))
            return true;
    }
    return false;
}

bool
world_is_admissible(const struct world *world, int entry, entry_set set)
{
    const struct world_entry *asked = &world->entries[entry];

    if (world->rule == RULE_NO_STRAY)
        return true;
    for (int r = 0; r < world->count; r++) {
        const struct world_entry *resume = &world->entries[r];
        bool vouched = false;
        if (!world_has(set, r) || resume->kind != ENTRY_RESUME || resume->slot != asked->slot ||
            resume->inc <= asked->inc || world_has(resume->past, entry))
            continue;
        for (uint8_t slot = 0; slot < world->parties && !vouched; slot++)
            vouched = slot != asked->slot && is_vouched(world, r, slot, set, entry);
        if (!vouched)
            return false;
    }
    return true;
}

bool
world_is_past_barriers(const struct world *world, int entry)
{
    const struct world_entry *asked = &world->entries[entry];

    if (world->rule == RULE_NO_BARRIER)
        return true;
    for (int r = 0; r < world->count; r++) {
        const struct world_entry *resume = &world->entries[r];
        if (!world_has(asked->past, r) || resume->kind != ENTRY_RESUME ||
            (world->rule == RULE_OWN_BARRIER && resume->slot != asked->slot))
            continue;
        for (uint8_t slot = 0; slot < world->parties; slot++)
            if (slot != resume->slot && !is_vouched(world, r, slot, asked->past, WORLD_NONE))
                return false;
    }
    return true;
}

uint32_t
world_equivocators(const struct world *world, entry_set set)
{
    uint32_t parties = 0;

    for (int e = 0; e < world->count; e++)
        for (int f = 0; f < e; f++)
            if (world_has(set, e) && world_has(set, f) && world->entries[e].slot < PARTIES_MAX &&
                world->entries[e].slot == world->entries[f].slot &&
                world->entries[e].inc == world->entries[f].inc &&
                world->entries[e].seq == world->entries[f].seq)
                parties |= UINT32_C(1) << world->entries[e].slot;
    return parties;
}

/* ---- what the acts ask ---- */

/* The register of slot 0 is where both acts are proposed: in the past of all. */
#define PROPOSAL_BRANCH 0u

static int
entry_at(const struct world *world, const struct place *place)
{
    return world->by_place[place->branch][place->seq];
}

static enum entente_error
in_past(void *state, const struct place *entry, const struct place *of, bool *is)
{
    const struct world *world = state;

    *is = entry->branch == PROPOSAL_BRANCH ||
          world_has(world->entries[entry_at(world, of)].past, entry_at(world, entry));
    return ENTENTE_OK;
}

static enum entente_error
is_admissible(void *state, const struct place *entry, const struct place *before, bool *is)
{
    const struct world *world = state;
    entry_set set = ~(entry_set)0;

    if (before != NULL) {
        int limit = entry_at(world, before);
        set = world->entries[limit].past & ~world_bit(limit);
    }
    *is = world_is_admissible(world, entry_at(world, entry), set);
    return ENTENTE_OK;
}

static enum entente_error
is_past_barriers(void *state, const struct place *entry, bool *is)
{
    *is = world_is_past_barriers(state, entry_at(state, entry));
    return ENTENTE_OK;
}

static bool
has_equivocated(void *state, uint8_t slot)
{
    return (world_equivocators(state, ~(entry_set)0) >> slot & 1) != 0;
}

void
world_causality(struct world *world, struct causality *causality)
{
    *causality =
        (struct causality){world, in_past, is_admissible, is_past_barriers, has_equivocated};
}

/* ---- writing ---- */

static struct act_entry
as_act_entry(const struct world *world, const struct world_entry *entry)
{
    return (struct act_entry){.kind = entry->kind,
        .slot = entry->slot,
        .place = entry->place,
        .act = world->act[entry->act],
        .is_authorised = true};
}

static struct acts *
acts_made(struct world *world)
{
    struct causality causality;
    struct acts_mutations mutations = world_mutations(world->rule);
    struct acts *acts;

    world_causality(world, &causality);
    require(acts_new(&acts, world->parties, &causality, &mutations));
    for (uint8_t act = 0; act < 2; act++)
        require(acts_add(acts, &(struct act_entry){.kind = ENTRY_PROPOSE,
                                   .place = {PROPOSAL_BRANCH, act},
                                   .act = world->act[act],
                                   .slot_key = {{1}}}));
    return acts;
}

void
world_start(struct world *world, uint8_t parties, enum world_rule rule)
{
    world->parties = parties;
    world->rule = rule;
    world->count = 0;
    world->branches = PROPOSAL_BRANCH + 1;
    for (uint8_t act = 0; act < 2; act++)
        world->act[act] = (struct digest){{(uint8_t)(act + 1)}};
    world->acts = acts_made(world);
}

void
world_end(struct world *world)
{
    acts_free(world->acts);
    world->acts = NULL;
}

static int
place_entry(struct world *world, uint8_t kind, uint8_t act, uint8_t slot, uint16_t inc, int before,
    entry_set deps)
{
    int index = world->count;

    if (index >= WORLD_ENTRIES_MAX - 1)
        abort();
    struct world_entry *entry = &world->entries[index];
    *entry = (struct world_entry){.kind = kind,
        .slot = slot,
        .act = act,
        .inc = inc,
        .before = before,
        .past = deps | world_bit(index),
        .seq = 1};
    uint32_t branch = world->branches;
    if (before != WORLD_NONE) {
        entry->seq = world->entries[before].seq + 1;
        entry->past |= world->entries[before].past;
        if (world->branch_head[world->entries[before].place.branch] == before)
            branch = world->entries[before].place.branch;
    }
    if (branch == world->branches)
        world->branches++;
    entry->place = (struct place){branch, entry->seq};
    world->branch_head[branch] = index;
    world->by_place[branch][entry->seq] = index;
    world->count++;
    return index;
}

static void
take_back(struct world *world)
{
    const struct world_entry *entry = &world->entries[--world->count];

    if (entry->before != WORLD_NONE &&
        world->entries[entry->before].place.branch == entry->place.branch)
        world->branch_head[entry->place.branch] = entry->before;
    else
        world->branches--;
}

int
world_write(struct world *world, uint8_t kind, uint8_t act, uint8_t slot, uint16_t inc, int before,
    entry_set deps)
{
    int index = place_entry(world, kind, act, slot, inc, before, deps);
    struct act_entry entry = as_act_entry(world, &world->entries[index]);

    require(acts_add(world->acts, &entry));
    return index;
}

int
world_try(struct world *world, uint8_t kind, uint8_t act, uint8_t slot, uint16_t inc, int before,
    entry_set deps)
{
    int index = place_entry(world, kind, act, slot, inc, before, deps);
    struct act_entry entry = as_act_entry(world, &world->entries[index]);
    unsigned rule;

    require(acts_judge(world->acts, &entry, &rule));
    if (rule != 0) {
        take_back(world);
        return WORLD_NONE;
    }
    require(acts_add(world->acts, &entry));
    return index;
}

void
world_write_below(struct world *world, struct world_step *step, uint8_t kind, uint8_t act,
    uint8_t slot, int before, entry_set deps)
{
    int index = place_entry(world, kind, act, slot, 1, before, deps);
    struct act_entry entry = as_act_entry(world, &world->entries[index]);
    unsigned rule = 0;

    *step = (struct world_step){.above = world->acts};
    if (kind == ENTRY_SIGN)
        require(acts_judge(world->acts, &entry, &rule));
    step->counts = rule == 0;
    if (!step->counts)
        return;
    world->acts = acts_made(world);
    for (int e = 0; e < world->count; e++) {
        entry = as_act_entry(world, &world->entries[e]);
        require(acts_add(world->acts, &entry));
    }
}

void
world_take_back(struct world *world, struct world_step *step)
{
    if (step->counts)
        acts_free(world->acts);
    world->acts = step->above;
    take_back(world);
}

struct act_verdict
world_verdict(struct world *world, uint8_t act)
{
    struct act_verdict verdict;

    require(acts_verdict(world->acts, &world->act[act], &verdict));
    return verdict;
}

/* By a world of its own that has no other entries: places keep their numbers. */
struct act_verdict
world_verdict_in(struct world *world, entry_set set, uint8_t act)
{
    static struct world part;

    part = *world;
    part.acts = acts_made(&part);
    for (int e = 0; e < world->count; e++) {
        struct act_entry entry = as_act_entry(&part, &part.entries[e]);
        if (world_has(set, e))
            require(acts_add(part.acts, &entry));
        else
            part.entries[e].kind = ENTRY_ACK; /* no resume, and nobody's past has it */
    }
    for (int e = 0; e < world->count; e++)
        if (!world_has(set, e))
            part.entries[e].slot = UINT8_MAX;
    struct act_verdict verdict = world_verdict(&part, act);
    world_end(&part);
    return verdict;
}
