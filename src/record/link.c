/* Causal links: rules L1, L2, L4 and the register position of an entry (E6, E7, E9). */
#include "record/internal.h"

static enum entente_error
check_incarnation(struct record *record, const struct entry *entry)
{
    enum entente_error error = ENTENTE_OK;
    const struct incarnation *incarnation = register_incarnation_at(
        record->registers[entry->slot], entry->inc, entry->reg_number, &error);

    if (incarnation == NULL && error == ENTENTE_ERR_REVOKED && record->mutations.no_revocation)
        incarnation = register_incarnation(record->registers[entry->slot], entry->inc);
    if (incarnation == NULL)
        return error;
    if (entry->seq == 1 && !record->mutations.no_prev_rule &&
        !entry_id_equal(&entry->prev, &incarnation->certificate))
        return ENTENTE_ERR_CHAIN;
    if ((entry->kind == ENTRY_RESUME) != (entry->inc > 1 && entry->seq == 1) &&
        !record->mutations.no_resume_rule)
        return ENTENTE_ERR_RESUME;
    return ENTENTE_OK;
}

static bool
register_has(const struct record *record, uint8_t slot, uint32_t number, const struct entry_id *id)
{
    return number <= register_count(record->registers[slot]) &&
           entry_id_equal(register_id(record->registers[slot], number), id);
}

static enum entente_error
find_dep(struct record *record, const struct position *dep, uint32_t *branch,
    struct position *missing)
{
    enum entente_error error = ENTENTE_ERR_NOT_FOUND;

    if (dep->slot >= record->parties)
        return ENTENTE_ERR_NOT_A_PARTY;
    if (dep->inc != REGISTER_INC)
        error = record_find(record, dep, branch);
    else if (register_has(record, dep->slot, dep->seq, &dep->id)) {
        *branch = dep->slot;
        error = ENTENTE_OK;
    }
    if (error == ENTENTE_ERR_NOT_FOUND && record->mutations.dep_without_id &&
        record_lane(record, dep->slot, dep->inc, branch) == ENTENTE_OK &&
        record_head(record, *branch).seq >= dep->seq)
        error = ENTENTE_OK;
    if (error == ENTENTE_ERR_NOT_FOUND) {
        *missing = *dep;
        error = ENTENTE_ERR_PENDING;
    }
    return error;
}

/* L4: who has a fault against a lane in its past refers to that lane no more. */
static enum entente_error
check_contested(const struct record *record, const struct entry *entry, const uint32_t *past)
{
    for (uint32_t m = 0; m < record->marks_count; m++) {
        const struct mark *mark = &record->marks[m];
        if (mark->kind != ENTRY_FAULT || past[mark->branch] < mark->seq)
            continue;
        for (unsigned i = 0; i < entry->deps_count; i++) {
            struct position dep = entry_dep(entry, i);
            if (dep.slot == mark->slot && dep.inc == mark->inc)
                return ENTENTE_ERR_DEPS;
        }
    }
    return ENTENTE_OK;
}

static enum entente_error
apply_deps(struct record *record, const struct entry *entry, uint32_t *past,
    struct position *missing)
{
    uint32_t places = record->branches_count;
    uint32_t branches[ENTRY_DEPS_MAX];
    bool check = !record->mutations.no_deps_rule;
    enum entente_error error = vector_reserve(
        &record->dep_work, &record->dep_work_size, places * (uint32_t)entry->deps_count);

    for (unsigned i = 0; i < entry->deps_count && error == ENTENTE_OK; i++) {
        struct position dep = entry_dep(entry, i);
        error = find_dep(record, &dep, &branches[i], missing);
        if (error == ENTENTE_OK && check && past[branches[i]] >= dep.seq)
            error = ENTENTE_ERR_DEPS;
    }
    for (unsigned i = 0; i < entry->deps_count && error == ENTENTE_OK; i++)
        error = vector_at(
            record, branches[i], entry_dep(entry, i).seq, record->dep_work + i * places);

    for (unsigned i = 0; i < entry->deps_count && error == ENTENTE_OK && check; i++)
        for (unsigned j = 0; j < entry->deps_count && error == ENTENTE_OK; j++)
            if (i != j && record->dep_work[j * places + branches[i]] >= entry_dep(entry, i).seq)
                error = ENTENTE_ERR_DEPS;
    for (unsigned i = 0; i < entry->deps_count && error == ENTENTE_OK; i++)
        for (uint32_t b = 0; b < places; b++)
            if (record->dep_work[i * places + b] > past[b])
                past[b] = record->dep_work[i * places + b];
    return error;
}

enum entente_error
link_apply(struct record *record, const struct entry *entry, uint32_t *past, bool *moved,
    struct position *missing)
{
    if (!register_has(record, entry->slot, entry->reg_number, &entry->reg_id)) {
        *missing = (struct position){
            entry->slot, REGISTER_INC, entry->reg_number, entry->reg_id};
        return ENTENTE_ERR_PENDING;
    }
    *moved = entry->deps_count > 0 || past[entry->slot] != entry->reg_number;

    enum entente_error error = check_incarnation(record, entry);
    if (error == ENTENTE_OK && entry->deps_count > 0)
        error = apply_deps(record, entry, past, missing);
    if (error == ENTENTE_OK && past[entry->slot] > entry->reg_number &&
        !record->mutations.no_register_rule)
        error = ENTENTE_ERR_REGISTER_CHAIN;
    if (error == ENTENTE_OK && !record->mutations.no_fault_link_rule)
        error = check_contested(record, entry, past);
    if (error == ENTENTE_OK)
        past[entry->slot] = entry->reg_number;
    return error;
}
