/*
 * The verdicts over incarnations (I2, I3) once more, straight from their definitions: sets of
 * entries, and a search through all of them.  Slow, so they are compared now and then.
 */
#include "simulator/internal.h"

#define WORD_BITS 64u

/* A causally closed set of entries, and what is being decided (an answer cannot rest on itself). */
struct view {
    const struct oracle *oracle;
    const uint64_t *set;
    uint32_t words;
    uint8_t *open;
};

static bool
has(const struct view *view, const struct known *entry)
{
    return entry->number / WORD_BITS < view->words &&
           (view->set[entry->number / WORD_BITS] >> entry->number % WORD_BITS & 1u) != 0;
}

static bool is_admissible(const struct view *view, const struct known *entry);

static bool
is_before(const struct position *a, const struct position *b)
{
    return a->inc != b->inc ? a->inc < b->inc : a->seq < b->seq;
}

/* Party `by`'s voucher for `resume`; a forked party may have several at one place: `target` picks
 * one. */
static const struct known *
voucher(const struct view *view, const struct known *resume, uint8_t by, const struct known *target)
{
    const struct known *found = NULL;

    for (uint32_t i = resume->number + 1; i < view->oracle->count; i++) {
        const struct known *entry = &view->oracle->known[i];
        if (entry->position.slot != by || !has(view, entry) || !oracle_is_in_past(resume, entry) ||
            (found != NULL && is_before(&found->position, &entry->position)) ||
            !is_admissible(view, entry))
            continue;
        if (found == NULL || is_before(&entry->position, &found->position) ||
            (target != NULL && !oracle_is_in_past(target, found)))
            found = entry;
    }
    return found;
}

static bool
is_vouched_for(const struct view *view, const struct known *resume, const struct known *entry)
{
    for (uint8_t by = 0; by < SIMULATOR_PARTIES_MAX; by++) {
        const struct known *found =
            by == entry->position.slot ? NULL : voucher(view, resume, by, entry);
        if (found != NULL && oracle_is_in_past(entry, found))
            return true;
    }
    return false;
}

static bool
is_admissible(const struct view *view, const struct known *entry)
{
    bool is = view->open[entry->number] == 0;

    view->open[entry->number]++;
    for (uint32_t r = 0; r < view->oracle->resumes_count && is; r++) {
        const struct known *resume = &view->oracle->known[view->oracle->resumes[r]];
        if (resume->position.slot == entry->position.slot &&
            resume->position.inc > entry->position.inc && has(view, resume) &&
            !oracle_is_in_past(entry, resume))
            is = is_vouched_for(view, resume, entry);
    }
    view->open[entry->number]--;
    return is;
}

static bool
is_past_barriers(const struct view *of, const struct known *entry, uint32_t parties)
{
    struct view past = {of->oracle, entry->past, entry->words, of->open};

    for (uint32_t r = 0; r < of->oracle->resumes_count; r++) {
        const struct known *resume = &of->oracle->known[of->oracle->resumes[r]];
        if (!oracle_is_in_past(resume, entry))
            continue;
        for (uint8_t by = 0; by < parties; by++)
            if (by != resume->position.slot && voucher(&past, resume, by, NULL) == NULL)
                return false;
    }
    return true;
}

static void
compare(struct simulator *sim, const struct instance *instance, const struct view *view,
    const struct known *entry)
{
    struct record *record = node_record(instance->node, &sim->room);
    uint32_t branch;
    bool admissible, past;

    if (record_find(record, &entry->position, &branch) != ENTENTE_OK ||
        record_is_admissible(record, branch, entry->position.seq, &admissible) != ENTENTE_OK ||
        record_is_past_barriers(record, branch, entry->position.seq, &past) != ENTENTE_OK) {
        breach(sim, "node %u has no verdict", instance->index);
        return;
    }
    if (admissible != is_admissible(view, entry))
        breach(sim, "node %u takes entry %u of party %u (incarnation %u) for %s (I2)",
            instance->index, entry->position.seq, entry->position.slot + 1u, entry->position.inc,
            admissible ? "admissible" : "void");
    if (past != is_past_barriers(view, entry, sim->options.parties))
        breach(sim, "node %u takes entry %u of party %u (incarnation %u) for %s its barriers (I3)",
            instance->index, entry->position.seq, entry->position.slot + 1u, entry->position.inc,
            past ? "past" : "before");
}

void
verdicts_check(struct simulator *sim, const struct instance *instance, const uint64_t *set)
{
    struct oracle *oracle = sim->oracle;
    struct view view = {oracle, set, oracle->count / WORD_BITS + 1, NULL};

    if (oracle->resumes_count == 0)
        return;
    view.open = calloc(oracle->count, 1);
    need(view.open != NULL, "no memory");
    for (uint32_t i = 0; i < oracle->count && sim->breach[0] == 0; i++)
        if (has(&view, &oracle->known[i]) &&
            (oracle->known[i].kind == ENTRY_RESUME || (i + instance->index) % 4 == 0))
            compare(sim, instance, &view, &oracle->known[i]);
    free(view.open);
}
