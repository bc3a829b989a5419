#include "acts/oracle.h"

static bool
is_deed(const struct world *world, int e, entry_set set, uint8_t kind, uint8_t act)
{
    return world_has(set, e) && world->entries[e].kind == kind && world->entries[e].act == act;
}

static entry_set
past_before(const struct world *world, int entry)
{
    return world->entries[entry].past & ~world_bit(entry);
}

bool
oracle_signs(const struct world *world, int entry)
{
    const struct world_entry *asked = &world->entries[entry];
    entry_set past = past_before(world, entry);
    uint8_t other = asked->act ^ 1;
    bool has_signed = false;

    for (int e = 0; e < world->count; e++)
        if (is_deed(world, e, past, ENTRY_WITHDRAW, asked->act))
            return false;
    if (!world_is_past_barriers(world, entry))
        return false;
    for (int e = 0; e < entry && !has_signed; e++)
        has_signed = is_deed(world, e, past, ENTRY_SIGN, other) &&
                     world->entries[e].slot == asked->slot && oracle_signs(world, e);
    return !has_signed || oracle_is_dead(world, other, past);
}

/* Whether `slot` has a signature that counts in the set, admissible or not. */
static bool
has_signed_in(const struct world *world, uint8_t slot, uint8_t act, entry_set set)
{
    for (int e = 0; e < world->count; e++)
        if (is_deed(world, e, set, ENTRY_SIGN, act) && world->entries[e].slot == slot &&
            oracle_signs(world, e))
            return true;
    return false;
}

bool
oracle_is_dead(const struct world *world, uint8_t act, entry_set set)
{
    for (int w = 0; w < world->count; w++)
        for (int a = 0; is_deed(world, w, set, ENTRY_WITHDRAW, act) && a < world->count; a++)
            if (world_has(set, a) && world_has(world->entries[a].past, w) &&
                world_is_admissible(world, a, set) && world_is_past_barriers(world, a) &&
                !has_signed_in(world, world->entries[a].slot, act, world->entries[a].past))
                return true;
    return false;
}

bool
oracle_is_complete(const struct world *world, uint8_t act, entry_set set)
{
    uint32_t parties = 0;

    for (int e = 0; e < world->count; e++)
        if (is_deed(world, e, set, ENTRY_SIGN, act) && oracle_signs(world, e) &&
            world_is_admissible(world, e, set))
            parties |= UINT32_C(1) << world->entries[e].slot;
    return parties == (UINT32_C(1) << world->parties) - 1;
}

bool
oracle_ratifies(const struct world *world, int entry)
{
    const struct world_entry *asked = &world->entries[entry];
    entry_set past = past_before(world, entry);

    if (!oracle_is_complete(world, asked->act, past) || !world_is_past_barriers(world, entry) ||
        oracle_is_dead(world, asked->act, past))
        return false;
    for (int e = 0; e < world->count; e++)
        if (is_deed(world, e, past, ENTRY_RATIFY, asked->act ^ 1) &&
            world->entries[e].slot == asked->slot && world_is_admissible(world, e, past))
            return false;
    return true;
}

bool
oracle_is_effective(const struct world *world, uint8_t act, entry_set set)
{
    uint32_t ratified = 0, liars = world_equivocators(world, set);

    for (int e = 0; e < world->count; e++)
        if (is_deed(world, e, set, ENTRY_RATIFY, act) && oracle_ratifies(world, e) &&
            world_is_admissible(world, e, set))
            ratified |= UINT32_C(1) << world->entries[e].slot;
    return oracle_is_complete(world, act, set) && ratified != 0 &&
           (((UINT32_C(1) << world->parties) - 1) & ~liars & ~ratified) == 0;
}
