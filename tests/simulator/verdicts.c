/*
 * The verdicts over incarnations (I2, I3) once more, straight from their definitions: sets of
 * entries, and verdicts that are reached step by step.  Slow, so they are compared now and then.
 */
#include "simulator/internal.h"

#define WORD_BITS 64u

/* A causally closed set of entries, and the verdicts over them that were reached so far. */
struct view {
    const struct oracle *oracle;
    const uint64_t *set;
    uint32_t words;
    enum { OPEN, COUNTS, VOID } *verdicts;
};

static bool
has(const struct view *view, const struct known *entry)
{
    return entry->number / WORD_BITS < view->words &&
           (view->set[entry->number / WORD_BITS] >> entry->number % WORD_BITS & 1u) != 0;
}

static bool
is_before(const struct position *a, const struct position *b)
{
    return a->inc != b->inc ? a->inc < b->inc : a->seq < b->seq;
}

/*
 * The place of party `by`'s voucher for `resume`: the lowest admissible one that covers it.  False
 * where the verdict over a lower one is open, or where there is none: then `*place` is NULL.
 */
static bool
find_voucher(const struct view *view, const struct known *resume, uint8_t by,
    const struct known **place)
{
    const struct known *open = NULL;

    *place = NULL;
    for (uint32_t i = resume->number + 1; i < view->oracle->count; i++) {
        const struct known *entry = &view->oracle->known[i];
        const struct known **found = view->verdicts[i] == OPEN ? &open : place;
        if (entry->position.slot != by || !has(view, entry) || !oracle_is_in_past(resume, entry) ||
            view->verdicts[i] == VOID)
            continue;
        if (*found == NULL || is_before(&entry->position, &(*found)->position))
            *found = entry;
    }
    return open == NULL || (*place != NULL && is_before(&(*place)->position, &open->position));
}

/* Whether a voucher of `by` has `entry` in its past; a forked party may have several at one place. */
static int
is_vouched_by(
    const struct view *view, const struct known *resume, uint8_t by, const struct known *entry)
{
    const struct known *place;

    if (!find_voucher(view, resume, by, &place))
        return OPEN;
    for (uint32_t i = 0; place != NULL && i < view->oracle->count; i++) {
        const struct known *voucher = &view->oracle->known[i];
        if (voucher->position.slot == by && has(view, voucher) && view->verdicts[i] == COUNTS &&
            voucher->position.inc == place->position.inc &&
            voucher->position.seq == place->position.seq && oracle_is_in_past(resume, voucher) &&
            oracle_is_in_past(entry, voucher))
            return COUNTS;
    }
    return VOID;
}

static int
judge(const struct view *view, const struct known *entry)
{
    int verdict = COUNTS;

    for (uint32_t r = 0; r < view->oracle->resumes_count && verdict != VOID; r++) {
        const struct known *resume = &view->oracle->known[view->oracle->resumes[r]];
        int found = VOID;
        if (resume->position.slot != entry->position.slot ||
            resume->position.inc <= entry->position.inc || !has(view, resume) ||
            oracle_is_in_past(entry, resume))
            continue;
        for (uint8_t by = 0; by < SIMULATOR_PARTIES_MAX && found != COUNTS; by++) {
            int says = by == entry->position.slot ? VOID : is_vouched_by(view, resume, by, entry);
            found = says == VOID ? found : says;
        }
        verdict = found == COUNTS ? verdict : found;
    }
    return verdict;
}

/* Step by step, until no more verdict is reached. */
static void
judge_all(const struct view *view)
{
    bool is_new = true;

    memset(view->verdicts, 0, view->oracle->count * sizeof *view->verdicts);
    while (is_new) {
        is_new = false;
        for (uint32_t i = 0; i < view->oracle->count; i++) {
            if (view->verdicts[i] != OPEN || !has(view, &view->oracle->known[i]))
                continue;
            view->verdicts[i] = judge(view, &view->oracle->known[i]);
            is_new = is_new || view->verdicts[i] != OPEN;
        }
    }
}

static bool
is_past_barriers(const struct view *of, const struct known *entry, uint32_t parties)
{
    struct view past = {of->oracle, entry->past, entry->words, NULL};
    bool is = true;

    past.verdicts = calloc(of->oracle->count, sizeof *past.verdicts);
    need(past.verdicts != NULL, "no memory");
    judge_all(&past);
    for (uint32_t r = 0; r < of->oracle->resumes_count; r++) {
        const struct known *resume = &of->oracle->known[of->oracle->resumes[r]];
        const struct known *place;
        if (!oracle_is_in_past(resume, entry))
            continue;
        for (uint8_t by = 0; by < parties && is; by++) {
            if (by == resume->position.slot)
                continue;
            (void)find_voucher(&past, resume, by, &place);
            is = place != NULL;
        }
    }
    free(past.verdicts);
    return is;
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
    if (admissible != (view->verdicts[entry->number] == COUNTS))
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
    view.verdicts = calloc(oracle->count, sizeof *view.verdicts);
    need(view.verdicts != NULL, "no memory");
    judge_all(&view);
    for (uint32_t i = 0; i < oracle->count && sim->breach[0] == 0; i++)
        if (has(&view, &oracle->known[i]) &&
            (oracle->known[i].kind == ENTRY_RESUME || (i + instance->index) % 4 == 0))
            compare(sim, instance, &view, &oracle->known[i]);
    free(view.verdicts);
}
