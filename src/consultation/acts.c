#include "consultation/acts.h"

#include "consultation/map.h"

#include <stdlib.h>

/* A sign, withdraw or ratify entry, or a witness of a death. */
struct deed {
    uint8_t slot;
    uint8_t rule; /* that makes it void; 0: it counts */
    struct place place;
};

struct deeds {
    struct deed *items;
    uint32_t count;
    uint32_t room;
};

struct act {
    struct digest id;
    bool is_proposed;
    bool has_brackets;
    bool has_slot;
    uint32_t next_in_slot; /* index of another act of the slot key, or MAP_NONE */
    struct digest slot_key;
    struct place proposal;
    struct deeds signs; /* valid ones only */
    struct deeds voids; /* the others: to be shown */
    struct deeds withdraws;
    struct deeds ratifies;  /* all: A10 counts void ones as well */
    struct deeds witnesses; /* of death (A9), the first of each branch */
};

/* The acts with a withdrawal on which this branch has not spoken yet. */
struct branch_acts {
    uint32_t *undecided;
    uint32_t count;
    uint32_t room;
    uint32_t imported; /* how many of `withdrawn` */
};

struct acts {
    uint8_t parties;
    struct causality causality;
    struct acts_mutations mutations;
    struct map ids;
    struct map slots; /* slot key -> the act of it that came last */
    struct act *list;
    uint32_t count;
    uint32_t room;
    uint32_t *withdrawn;
    uint32_t withdrawn_count;
    uint32_t withdrawn_room;
    struct branch_acts *branches;
    uint32_t branches_count;
    uint32_t branches_room;
};

enum entente_error
acts_new(struct acts **acts, uint8_t parties, const struct causality *causality,
    const struct acts_mutations *mutations)
{
    *acts = calloc(1, sizeof **acts);
    if (*acts == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    (*acts)->parties = parties;
    (*acts)->causality = *causality;
    if (mutations != NULL)
        (*acts)->mutations = *mutations;
    return ENTENTE_OK;
}

void
acts_free(struct acts *acts)
{
    if (acts == NULL)
        return;
    for (uint32_t i = 0; i < acts->count; i++) {
        free(acts->list[i].signs.items);
        free(acts->list[i].voids.items);
        free(acts->list[i].withdraws.items);
        free(acts->list[i].ratifies.items);
        free(acts->list[i].witnesses.items);
    }
    for (uint32_t i = 0; i < acts->branches_count; i++)
        free(acts->branches[i].undecided);
    free(acts->branches);
    free(acts->withdrawn);
    free(acts->list);
    map_free(&acts->ids);
    map_free(&acts->slots);
    free(acts);
}

/* ---- sets of entries: the past of `before` without itself, or everything where it is NULL ---- */

static enum entente_error
knows(struct acts *acts, const struct deed *deed, const struct place *before, bool *is)
{
    *is = true;
    if (before == NULL)
        return ENTENTE_OK;
    return acts->causality.in_past(acts->causality.state, &deed->place, before, is);
}

/* Whether the deed is in the set and counts there (I2). */
static enum entente_error
counts(struct acts *acts, const struct deed *deed, const struct place *before, bool *is)
{
    enum entente_error error = knows(acts, deed, before, is);

    if (error != ENTENTE_OK || !*is)
        return error;
    return acts->causality.is_admissible(acts->causality.state, &deed->place, before, is);
}

/* The parties with a deed in the list that counts. */
static enum entente_error
parties_of(
    struct acts *acts, const struct deeds *deeds, const struct place *before, uint32_t *parties)
{
    enum entente_error error = ENTENTE_OK;

    *parties = 0;
    for (uint32_t i = 0; i < deeds->count && error == ENTENTE_OK; i++) {
        const struct deed *deed = &deeds->items[i];
        bool is = false;
        if ((*parties >> deed->slot & 1) == 0 && deed->rule == 0)
            error = counts(acts, deed, before, &is);
        if (is)
            *parties |= UINT32_C(1) << deed->slot;
    }
    return error;
}

static uint32_t
everybody(const struct acts *acts)
{
    return (UINT32_C(1) << acts->parties) - 1;
}

/* A9 */
static enum entente_error
is_complete(struct acts *acts, const struct act *act, const struct place *before, bool *is)
{
    uint32_t parties;
    enum entente_error error = parties_of(acts, &act->signs, before, &parties);

    *is = error == ENTENTE_OK && parties == everybody(acts);
    return error;
}

static enum entente_error
is_dead(struct acts *acts, const struct act *act, const struct place *before, bool *is)
{
    enum entente_error error = ENTENTE_OK;

    *is = false;
    for (uint32_t i = 0; i < act->witnesses.count && !*is && error == ENTENTE_OK; i++)
        error = counts(acts, &act->witnesses.items[i], before, is);
    return error;
}

/* Whether one of the deeds, of `slot` only where it is not PARTIES_MAX, is known. */
static enum entente_error
knows_any(struct acts *acts, const struct deeds *deeds, uint8_t slot, const struct place *before,
    bool *is)
{
    enum entente_error error = ENTENTE_OK;

    *is = false;
    for (uint32_t i = 0; i < deeds->count && !*is && error == ENTENTE_OK; i++)
        if (slot == PARTIES_MAX || deeds->items[i].slot == slot)
            error = knows(acts, &deeds->items[i], before, is);
    return error;
}

/* ---- judging ---- */

/* Judged is what `entry` would be before its place, or, where that is NULL, after all that is here.
 */

/* A6: every other act of the slot key that the party signed is dead. */
static enum entente_error
is_free(struct acts *acts, const struct act *act, const struct act_entry *entry,
    const struct place *before, bool *is)
{
    enum entente_error error = ENTENTE_OK;

    *is = true;
    if (!act->has_slot || acts->mutations.no_lock)
        return ENTENTE_OK;
    for (uint32_t i = map_get(&acts->slots, &act->slot_key);
         i != MAP_NONE && *is && error == ENTENTE_OK; i = acts->list[i].next_in_slot) {
        const struct act *other = &acts->list[i];
        bool has_signed = false;
        if (other == act)
            continue;
        error = knows_any(acts, &other->signs, entry->slot, before, &has_signed);
        if (error == ENTENTE_OK && has_signed)
            error = is_dead(acts, other, before, is);
    }
    return error;
}

static enum entente_error
judge_sign(struct acts *acts, const struct act *act, const struct act_entry *entry,
    const struct place *before, unsigned *rule)
{
    struct deed proposal = {.place = act->proposal};
    bool is = false;

    *rule = 4;
    enum entente_error error = knows(acts, &proposal, before, &is);
    if (error != ENTENTE_OK || !is || act->has_brackets)
        return error;
    *rule = 5;
    if (!acts->mutations.no_mailbox) {
        error = knows_any(acts, &act->withdraws, PARTIES_MAX, before, &is);
        if (error != ENTENTE_OK || is)
            return error;
    }
    *rule = 7;
    error = acts->causality.is_past_barriers(acts->causality.state, before, &is);
    if (error != ENTENTE_OK || !is)
        return error;
    *rule = 6;
    error = is_free(acts, act, entry, before, &is);
    if (error != ENTENTE_OK || !is)
        return error;
    *rule = entry->is_authorised ? 0 : 8;
    return ENTENTE_OK;
}

/* A10: the party ratified no other act of the slot key. */
static enum entente_error
has_ratified_other(struct acts *acts, const struct act *act, const struct act_entry *entry,
    const struct place *before, bool *has)
{
    enum entente_error error = ENTENTE_OK;

    *has = false;
    if (!act->has_slot || acts->mutations.no_ratify)
        return ENTENTE_OK;
    for (uint32_t i = map_get(&acts->slots, &act->slot_key);
         i != MAP_NONE && !*has && error == ENTENTE_OK; i = acts->list[i].next_in_slot)
        for (uint32_t j = 0; j < acts->list[i].ratifies.count && !*has && error == ENTENTE_OK; j++)
            if (&acts->list[i] != act && acts->list[i].ratifies.items[j].slot == entry->slot)
                error = counts(acts, &acts->list[i].ratifies.items[j], before, has);
    return error;
}

static enum entente_error
judge_ratify(struct acts *acts, const struct act *act, const struct act_entry *entry,
    const struct place *before, unsigned *rule)
{
    struct deed proposal = {.place = act->proposal};
    bool is = false;

    *rule = 4;
    enum entente_error error = knows(acts, &proposal, before, &is);
    if (error != ENTENTE_OK || !is)
        return error;
    *rule = 9;
    error = is_complete(acts, act, before, &is);
    if (error != ENTENTE_OK || !is)
        return error;
    *rule = 7;
    error = acts->causality.is_past_barriers(acts->causality.state, before, &is);
    if (error != ENTENTE_OK || !is)
        return error;
    *rule = 10;
    if (!acts->mutations.ratify_dead) {
        error = is_dead(acts, act, before, &is);
        if (error != ENTENTE_OK || is)
            return error;
    }
    error = has_ratified_other(acts, act, entry, before, &is);
    if (error == ENTENTE_OK && !is)
        *rule = 0;
    return error;
}

static enum entente_error
judge(struct acts *acts, const struct act_entry *entry, const struct place *before, unsigned *rule)
{
    uint32_t index = map_get(&acts->ids, &entry->act);

    *rule = 4;
    if (index == MAP_NONE || !acts->list[index].is_proposed)
        return ENTENTE_OK;
    if (entry->kind == ENTRY_SIGN)
        return judge_sign(acts, &acts->list[index], entry, before, rule);
    return judge_ratify(acts, &acts->list[index], entry, before, rule);
}

enum entente_error
acts_judge(struct acts *acts, const struct act_entry *entry, unsigned *rule)
{
    return judge(acts, entry, &entry->place, rule);
}

enum entente_error
acts_judge_next(struct acts *acts, const struct act_entry *entry, unsigned *rule)
{
    return judge(acts, entry, NULL, rule);
}

/* ---- taking in ---- */

static enum entente_error
add_deed(struct deeds *deeds, uint8_t slot, const struct place *place, unsigned rule)
{
    enum entente_error error =
        list_grow(&deeds->items, &deeds->room, deeds->count, sizeof *deeds->items);

    if (error == ENTENTE_OK)
        deeds->items[deeds->count++] = (struct deed){slot, (uint8_t)rule, *place};
    return error;
}

/* The act of that id, made where a withdrawal names it before its proposal is here. */
static enum entente_error
act_of(struct acts *acts, const struct digest *id, uint32_t *index)
{
    *index = map_get(&acts->ids, id);
    if (*index != MAP_NONE)
        return ENTENTE_OK;
    enum entente_error error = list_grow(&acts->list, &acts->room, acts->count, sizeof *acts->list);
    if (error == ENTENTE_OK)
        error = map_set(&acts->ids, id, acts->count);
    if (error != ENTENTE_OK)
        return error;
    *index = acts->count++;
    acts->list[*index] = (struct act){.id = *id, .next_in_slot = MAP_NONE};
    return ENTENTE_OK;
}

static enum entente_error
add_proposal(struct acts *acts, const struct act_entry *entry)
{
    static const struct digest zero;
    uint32_t index;
    enum entente_error error = act_of(acts, &entry->act, &index);

    if (error != ENTENTE_OK)
        return error;
    struct act *act = &acts->list[index];
    act->is_proposed = true;
    act->has_brackets = entry->has_brackets;
    act->proposal = entry->place;
    act->slot_key = entry->slot_key;
    act->has_slot = memcmp(&entry->slot_key, &zero, sizeof zero) != 0;
    if (!act->has_slot)
        return ENTENTE_OK;
    act->next_in_slot = map_get(&acts->slots, &act->slot_key);
    return map_set(&acts->slots, &act->slot_key, index);
}

static enum entente_error
add_withdrawal(struct acts *acts, uint8_t slot, const struct place *place, const struct digest *id)
{
    uint32_t index;
    enum entente_error error = act_of(acts, id, &index);

    if (error == ENTENTE_OK)
        error = list_grow(&acts->withdrawn, &acts->withdrawn_room, acts->withdrawn_count,
            sizeof *acts->withdrawn);
    if (error != ENTENTE_OK)
        return error;
    struct act *act = &acts->list[index];
    if (act->withdraws.count == 0)
        acts->withdrawn[acts->withdrawn_count++] = index;
    return add_deed(&act->withdraws, slot, place, 0);
}

static enum entente_error
add_judged(struct acts *acts, const struct act_entry *entry)
{
    unsigned rule;
    enum entente_error error = acts_judge(acts, entry, &rule);
    uint32_t index = map_get(&acts->ids, &entry->act);

    if (error != ENTENTE_OK || rule == 4)
        return error; /* a deed on what its writer could not know is none, whenever that arrives */
    if (entry->kind == ENTRY_RATIFY)
        return add_deed(&acts->list[index].ratifies, entry->slot, &entry->place, rule);
    struct act *act = &acts->list[index];
    return add_deed(rule == 0 ? &act->signs : &act->voids, entry->slot, &entry->place, rule);
}

static enum entente_error
branch_of(struct acts *acts, uint32_t index, struct branch_acts **branch)
{
    while (acts->branches_count <= index) {
        enum entente_error error = list_grow(
            &acts->branches, &acts->branches_room, acts->branches_count, sizeof *acts->branches);
        if (error != ENTENTE_OK)
            return error;
        acts->branches[acts->branches_count++] = (struct branch_acts){0};
    }
    *branch = &acts->branches[index];
    while ((*branch)->imported < acts->withdrawn_count) {
        enum entente_error error = list_grow(&(*branch)->undecided, &(*branch)->room,
            (*branch)->count, sizeof *(*branch)->undecided);
        if (error != ENTENTE_OK)
            return error;
        (*branch)->undecided[(*branch)->count++] = acts->withdrawn[(*branch)->imported++];
    }
    return ENTENTE_OK;
}

/*
 * A9: whether this entry is a witness that the act is dead.  `*decided`: no later entry of its
 * branch has to be asked, since this one is a witness, or the party signed in its past, which stays
 * in the past of what follows.
 */
static enum entente_error
witness(struct acts *acts, struct act *act, const struct act_entry *entry, bool *decided)
{
    bool is = false;

    *decided = false;
    enum entente_error error = knows_any(acts, &act->withdraws, PARTIES_MAX, &entry->place, &is);
    if (error != ENTENTE_OK || !is)
        return error;
    error = knows_any(acts, &act->signs, entry->slot, &entry->place, decided);
    if (error != ENTENTE_OK || *decided)
        return error;
    error = acts->causality.is_past_barriers(acts->causality.state, &entry->place, decided);
    if (error != ENTENTE_OK || !*decided)
        return error;
    return add_deed(&act->witnesses, entry->slot, &entry->place, 0);
}

static enum entente_error
add_witnesses(struct acts *acts, const struct act_entry *entry)
{
    struct branch_acts *branch;
    enum entente_error error = branch_of(acts, entry->place.branch, &branch);
    uint32_t kept = 0;

    for (uint32_t i = 0; error == ENTENTE_OK && i < branch->count; i++) {
        uint32_t index = branch->undecided[i];
        bool decided;
        error = witness(acts, &acts->list[index], entry, &decided);
        if (!decided)
            branch->undecided[kept++] = index;
    }
    if (error == ENTENTE_OK)
        branch->count = kept;
    return error;
}

enum entente_error
acts_add(struct acts *acts, const struct act_entry *entry)
{
    enum entente_error error = ENTENTE_OK;

    if (entry->kind == ENTRY_PROPOSE)
        error = add_proposal(acts, entry);
    else if (entry->kind == ENTRY_WITHDRAW)
        error = add_withdrawal(acts, entry->slot, &entry->place, &entry->act);
    else if (entry->kind == ENTRY_SIGN || entry->kind == ENTRY_RATIFY)
        error = add_judged(acts, entry);
    return error != ENTENTE_OK ? error : add_witnesses(acts, entry);
}

enum entente_error
acts_add_register(
    struct acts *acts, uint8_t slot, const struct place *place, const struct digest *act)
{
    return add_withdrawal(acts, slot, place, act);
}

/* ---- verdicts ---- */

static uint32_t
equivocators(const struct acts *acts)
{
    uint32_t parties = 0;

    for (uint8_t slot = 0; slot < acts->parties; slot++)
        if (acts->causality.has_equivocated(acts->causality.state, slot))
            parties |= UINT32_C(1) << slot;
    return parties;
}

/* A11 */
static bool
is_effective(const struct acts *acts, const struct act_verdict *verdict)
{
    uint32_t needed = everybody(acts) & ~equivocators(acts);

    if (!verdict->is_complete || acts->mutations.no_ratify)
        return verdict->is_complete;
    return verdict->ratified_by != 0 && (needed & ~verdict->ratified_by) == 0;
}

enum entente_error
acts_verdict(struct acts *acts, const struct digest *id, struct act_verdict *verdict)
{
    uint32_t index = map_get(&acts->ids, id);

    *verdict = (struct act_verdict){0};
    if (index == MAP_NONE)
        return ENTENTE_OK;
    const struct act *act = &acts->list[index];
    struct act_verdict made = {.is_proposed = act->is_proposed};
    for (uint32_t i = 0; i < act->withdraws.count; i++)
        made.withdrawn_by |= UINT32_C(1) << act->withdraws.items[i].slot;
    enum entente_error error = parties_of(acts, &act->signs, NULL, &made.signed_by);
    if (error == ENTENTE_OK)
        error = parties_of(acts, &act->ratifies, NULL, &made.ratified_by);
    if (error == ENTENTE_OK)
        error = is_dead(acts, act, NULL, &made.is_dead);
    if (error != ENTENTE_OK)
        return error;
    made.is_complete = made.signed_by == everybody(acts);
    made.is_effective = is_effective(acts, &made);
    *verdict = made;
    return ENTENTE_OK;
}

bool
acts_at(const struct acts *acts, uint32_t index, struct digest *act)
{
    if (index >= acts->count)
        return false;
    *act = acts->list[index].id;
    return true;
}

bool
acts_deed_at(const struct acts *acts, const struct digest *id, uint8_t kind, uint32_t index,
    struct act_deed *deed)
{
    uint32_t at = map_get(&acts->ids, id);
    const struct act *act = at != MAP_NONE ? &acts->list[at] : NULL;
    const struct deeds *deeds = NULL;

    if (act != NULL && kind == ENTRY_SIGN) {
        deeds = index < act->signs.count ? &act->signs : &act->voids;
        index -= deeds == &act->voids ? act->signs.count : 0;
    } else if (act != NULL) {
        deeds = kind == ENTRY_WITHDRAW ? &act->withdraws : &act->ratifies;
    }
    if (deeds == NULL || index >= deeds->count)
        return false;
    *deed = (struct act_deed){
        deeds->items[index].slot, deeds->items[index].rule, deeds->items[index].place};
    return true;
}
