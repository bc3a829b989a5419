#include "consultation/offices.h"

#include <stdlib.h>

struct office {
    uint32_t number;
    uint32_t count;
    uint32_t room;
    struct office_state **states; /* ascending by number */
};

struct void_entry {
    uint32_t number;
    unsigned rule;
};

struct offices {
    const struct party_register *reg;
    uint32_t taken; /* register entries */
    struct office *list;
    uint32_t count;
    uint32_t room;
    struct void_entry *voids;
    uint32_t voids_count;
    uint32_t voids_room;
};

enum entente_error
offices_new(struct offices **offices, const struct party_register *reg)
{
    *offices = calloc(1, sizeof **offices);
    if (*offices == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    (*offices)->reg = reg;
    return ENTENTE_OK;
}

void
offices_free(struct offices *offices)
{
    if (offices == NULL)
        return;
    for (uint32_t i = 0; i < offices->count; i++) {
        for (uint32_t j = 0; j < offices->list[i].count; j++)
            free(offices->list[i].states[j]);
        free(offices->list[i].states);
    }
    free(offices->list);
    free(offices->voids);
    free(offices);
}

/* ---- the rules, each as a change of a state; they return 0 or the rule that is broken ---- */

static int
find_in_line(const struct office_state *state, const struct public_key *key)
{
    for (int i = 0; i < state->count; i++)
        if (memcmp(&state->line[i].key, key, sizeof *key) == 0)
            return i;
    return -1;
}

/* Who acts, unless a deputy has assumed: the first in line who is not away; -1: nobody. */
static int
first_present(const struct office_state *state)
{
    for (int i = 0; i < state->count; i++)
        if (!state->line[i].is_away)
            return i;
    return -1;
}

/* P6; an assumption ends with the person's place or presence. */
static unsigned
settle(struct office_state *state, const struct public_key *assumed)
{
    int acting = assumed != NULL ? find_in_line(state, assumed) : -1;

    state->is_assumed = acting >= 0 && !state->line[acting].is_away;
    if (!state->is_assumed)
        acting = first_present(state);
    if (acting < 0)
        return 6;
    state->acting = (uint8_t)acting;
    return 0;
}

static void
remove_from_line(struct office_state *state, int at)
{
    for (int i = at; i + 1 < state->count; i++)
        state->line[i] = state->line[i + 1];
    state->count--;
}

static unsigned
appoint(struct office_state *state, const struct register_entry *entry)
{
    static const struct public_key nobody;
    struct office_holder made = {
        .key = entry->key, .rank = entry->rank, .appointed_at = entry->number};
    int at = 0;

    if (find_in_line(state, &entry->key) >= 0)
        return 2;
    if (memcmp(&entry->replaces, &nobody, sizeof nobody) != 0) {
        at = find_in_line(state, &entry->replaces);
        if (at < 0 || state->line[at].rank != entry->rank)
            return 2;
        state->line[at] = made;
        return 0;
    }
    while (at < state->count && state->line[at].rank < entry->rank)
        at++;
    if (at < state->count && state->line[at].rank == entry->rank)
        return 2;
    for (int i = state->count; i > at; i--)
        state->line[i] = state->line[i - 1]; /* ranks are distinct: there is room */
    state->line[at] = made;
    state->count++;
    return 0;
}

/* What `entry` makes of `state`, which is a copy.  The entry's office exists. */
static unsigned
change(struct office_state *state, const struct register_entry *entry)
{
    struct public_key acting = state->line[state->acting].key;
    const struct public_key *assumed = state->is_assumed ? &acting : NULL;
    int at = find_in_line(state, &entry->key);

    if (entry->kind == REGISTER_APPOINT) {
        unsigned rule = appoint(state, entry);
        return rule != 0 ? rule : settle(state, assumed);
    }
    if (entry->kind == REGISTER_POLICY) {
        state->flags = entry->flags;
        return 0;
    }
    if (entry->kind == REGISTER_DEPUTISE) {
        if (at < 0)
            return 3;
        state->line[at].kinds = entry->kinds;
        return 0;
    }
    if (entry->kind == REGISTER_ASSUME) {
        if ((state->flags & OFFICE_DEPUTIES_MAY_ASSUME) == 0 || at < 0 || state->line[at].is_away ||
            at == state->acting || !office_assume_check(entry))
            return 5;
        return settle(state, &entry->key);
    }
    if (entry->kind == REGISTER_RELIEVE && entry->what == RELIEVE_ASSUMPTION) {
        if (!state->is_assumed || at != state->acting)
            return 4;
        return settle(state, NULL);
    }
    if (at < 0 || (entry->kind == REGISTER_AWAY && state->line[at].is_away == entry->what))
        return 4;
    if (entry->kind == REGISTER_AWAY)
        state->line[at].is_away = entry->what;
    else
        remove_from_line(state, at);
    return settle(state, assumed);
}

static struct office *
find_office(const struct offices *offices, uint32_t number)
{
    uint32_t low = 0, high = offices->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (offices->list[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < offices->count && offices->list[low].number == number ? &offices->list[low] : NULL;
}

/* The state that `entry` makes, or the rule that makes the entry void. */
static unsigned
evaluate(
    const struct offices *offices, const struct register_entry *entry, struct office_state *state)
{
    unsigned rule = 0;

    *state = (struct office_state){0};
    if (entry->kind == REGISTER_OFFICE) {
        if (offices_named(offices, entry->name, UINT32_MAX) != 0)
            return 1;
        state->flags = entry->flags;
        state->count = 1;
        state->line[0] =
            (struct office_holder){.key = entry->key, .rank = 1, .appointed_at = entry->number};
    } else {
        const struct office *office = find_office(offices, entry->office);
        if (office == NULL)
            return 1;
        *state = *office->states[office->count - 1];
        rule = change(state, entry);
    }
    state->number = entry->number;
    state->kind = entry->kind;
    state->t_ms = entry->t_ms;
    return rule;
}

static bool
is_about_offices(uint8_t kind)
{
    return kind >= REGISTER_OFFICE && kind <= REGISTER_POLICY;
}

unsigned
offices_check(const struct offices *offices, const struct register_entry *entry)
{
    struct office_state state;

    return is_about_offices(entry->kind) ? evaluate(offices, entry, &state) : 0;
}

/* ---- taking in the register ---- */

static bool
reserve(void **items, uint32_t *room, uint32_t count, size_t size)
{
    if (count < *room)
        return true;
    uint32_t wanted = *room > 0 ? *room * 2 : 4;
    void *grown = realloc(*items, wanted * size);
    if (grown == NULL)
        return false;
    *items = grown;
    *room = wanted;
    return true;
}

static enum entente_error
add_void(struct offices *offices, uint32_t number, unsigned rule)
{
    void *items = offices->voids;

    if (!reserve(&items, &offices->voids_room, offices->voids_count, sizeof *offices->voids))
        return ENTENTE_ERR_NO_MEMORY;
    offices->voids = items;
    offices->voids[offices->voids_count++] = (struct void_entry){number, rule};
    return ENTENTE_OK;
}

static enum entente_error
add_state(struct offices *offices, uint32_t number, const struct office_state *state)
{
    struct office *office = find_office(offices, number);
    struct office_state *kept = malloc(sizeof *kept);
    void *list = offices->list;

    if (kept == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    if (office == NULL) {
        if (!reserve(&list, &offices->room, offices->count, sizeof *offices->list)) {
            free(kept);
            return ENTENTE_ERR_NO_MEMORY;
        }
        offices->list = list;
        office = &offices->list[offices->count];
        *office = (struct office){.number = number};
    }
    void *states = office->states;
    if (!reserve(&states, &office->room, office->count, sizeof(struct office_state *))) {
        free(kept);
        return ENTENTE_ERR_NO_MEMORY;
    }
    *kept = *state;
    office->states = states;
    office->states[office->count++] = kept;
    if (office == &offices->list[offices->count])
        offices->count++;
    return ENTENTE_OK;
}

static enum entente_error
take(struct offices *offices, uint32_t number)
{
    struct reader reader = reader_of(register_encoded(offices->reg, number));
    struct register_entry entry;
    struct office_state state;

    enum entente_error error = register_entry_parse(&reader, &entry);
    if (error != ENTENTE_OK || !is_about_offices(entry.kind))
        return error;
    unsigned rule = evaluate(offices, &entry, &state);
    if (rule != 0)
        return add_void(offices, number, rule);
    return add_state(offices, entry.kind == REGISTER_OFFICE ? number : entry.office, &state);
}

enum entente_error
offices_update(struct offices *offices)
{
    enum entente_error error = ENTENTE_OK;

    while (error == ENTENTE_OK && offices->taken < register_count(offices->reg)) {
        error = take(offices, offices->taken + 1);
        if (error == ENTENTE_OK)
            offices->taken++;
    }
    return error;
}

/* ---- reading ---- */

unsigned
offices_void(const struct offices *offices, uint32_t number)
{
    for (uint32_t i = 0; i < offices->voids_count; i++)
        if (offices->voids[i].number == number)
            return offices->voids[i].rule;
    return 0;
}

uint32_t
offices_at(const struct offices *offices, uint32_t index)
{
    return index < offices->count ? offices->list[index].number : 0;
}

uint32_t
offices_named(const struct offices *offices, struct bytes name, uint32_t number)
{
    for (uint32_t i = 0; i < offices->count && offices->list[i].number <= number; i++)
        if (bytes_equal(office_name(offices, offices->list[i].number), name))
            return offices->list[i].number;
    return 0;
}

/* Register entry `number`, which was read before. */
static struct register_entry
entry_of(const struct offices *offices, uint32_t number)
{
    struct reader reader = reader_of(register_encoded(offices->reg, number));
    struct register_entry entry;

    if (register_entry_parse(&reader, &entry) != ENTENTE_OK)
        abort(); /* our own mistake: the register holds what it parsed */
    return entry;
}

struct bytes
office_name(const struct offices *offices, uint32_t office)
{
    return entry_of(offices, office).name;
}

struct bytes
office_person(const struct offices *offices, const struct office_holder *holder)
{
    return entry_of(offices, holder->appointed_at).person;
}

uint32_t
offices_position(const struct offices *offices, uint64_t t_ms)
{
    for (uint32_t number = offices->taken; number > 0; number--)
        if (entry_of(offices, number).t_ms <= t_ms)
            return number;
    return 0;
}

const struct office_state *
office_at(const struct offices *offices, uint32_t office, uint32_t number)
{
    const struct office *found = find_office(offices, office);
    uint32_t low = 0, high = found != NULL ? found->count : 0;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (found->states[middle]->number <= number)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? found->states[low - 1] : NULL;
}

const struct office_state *
office_history(const struct offices *offices, uint32_t office, uint32_t index)
{
    const struct office *found = find_office(offices, office);

    return found != NULL && index < found->count ? found->states[index] : NULL;
}

bool
office_may_act(const struct offices *offices, uint32_t office, uint32_t number,
    const struct public_key *key, uint8_t act_kind)
{
    const struct office_state *state = office_at(offices, office, number);
    int at = state != NULL ? find_in_line(state, key) : -1;

    if (at < 0)
        return false;
    return at == state->acting ||
           (!state->line[at].is_away && act_kind < 64 && (state->line[at].kinds >> act_kind & 1));
}
