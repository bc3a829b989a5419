/*
 * Strays, vouchers and barriers (I2, I3).  Each verdict is computed from the vectors, either over
 * the whole record or over the past of one entry (`limit`); nothing is stored.
 *
 * Whether a stray counts rests on whether entries that may vouch for it count, which may be strays
 * too.  All strays that a verdict rests on are gathered first; then verdicts are reached step by
 * step, each from those before.  What rests on itself in a circle is never reached, and void.
 */
#include "record/internal.h"

#include <stdlib.h>

#define COUNTS_ANYWAY UINT32_MAX

enum verdict { VERDICT_OPEN, VERDICT_COUNTS, VERDICT_VOID };

struct stray {
    uint32_t branch;
    uint32_t seq;
    enum verdict verdict;
    uint32_t supports; /* the place of the first one; they end where those of the next stray begin */
};

/* An entry that may vouch for the stray: the first one of its branch that covers the resume. */
struct support {
    uint32_t resume; /* the place of its mark */
    uint8_t by;
    uint16_t inc;
    uint32_t seq;
    uint32_t stray; /* which one it is itself, or COUNTS_ANYWAY */
    bool knows;     /* it has the stray that it is to vouch for in its past */
};

struct inquiry {
    struct record *record;
    const uint32_t *limit; /* NULL: the whole record */
    uint32_t *vector;
    struct stray strays[STRAYS_MAX + 1];
    uint32_t strays_count;
    struct support *supports;
    uint32_t supports_count, supports_size;
};

static uint32_t
limit_of(const struct inquiry *inquiry, uint32_t branch)
{
    return inquiry->limit == NULL ? inquiry->record->branches[branch].head.seq
                                  : inquiry->limit[branch];
}

/* ---- who may vouch ---- */

static enum entente_error
covers(struct inquiry *inquiry, uint32_t branch, uint32_t seq, const struct mark *resume, bool *is)
{
    enum entente_error error = vector_at(inquiry->record, branch, seq, inquiry->vector);

    *is = error == ENTENTE_OK && inquiry->vector[resume->branch] >= resume->seq;
    return error;
}

/* The first entry of `branch` that covers the resume; `*seq` is 0 when none does. */
static enum entente_error
first_covering(
    struct inquiry *inquiry, uint32_t branch, const struct mark *resume, uint32_t *seq)
{
    uint32_t low = inquiry->record->branches[branch].row.fork_seq + 1;
    uint32_t high = limit_of(inquiry, branch);
    bool is = false;

    *seq = 0;
    if (high < low)
        return ENTENTE_OK;
    enum entente_error error = covers(inquiry, branch, high, resume, &is);
    if (error != ENTENTE_OK || !is)
        return error;
    while (low < high && error == ENTENTE_OK) {
        uint32_t middle = low + (high - low) / 2;
        error = covers(inquiry, branch, middle, resume, &is);
        if (is)
            high = middle;
        else
            low = middle + 1;
    }
    *seq = high;
    return error;
}

/* Whether the entry is a stray because of this mark: a later resume of its party leaves it out. */
static enum entente_error
is_left_out(
    struct inquiry *inquiry, uint32_t branch, uint32_t seq, const struct mark *mark, bool *is)
{
    const struct branch_row *row = &inquiry->record->branches[branch].row;
    const struct branch_row *resumed = &inquiry->record->branches[mark->branch].row;
    bool covered = true;
    enum entente_error error = ENTENTE_OK;

    if (mark->kind == ENTRY_RESUME && resumed->slot == row->slot && resumed->inc > row->inc &&
        limit_of(inquiry, mark->branch) >= mark->seq)
        error = record_in_past(inquiry->record, branch, seq, mark->branch, mark->seq, &covered);
    *is = error == ENTENTE_OK && !covered;
    return error;
}

/* The place of the entry among the strays, where it joins the others; or COUNTS_ANYWAY. */
static enum entente_error
place_stray(struct inquiry *inquiry, uint32_t branch, uint32_t seq, uint32_t *place)
{
    bool is_stray = false;

    for (*place = 0; *place < inquiry->strays_count; ++*place)
        if (inquiry->strays[*place].branch == branch && inquiry->strays[*place].seq == seq)
            return ENTENTE_OK;
    *place = COUNTS_ANYWAY;
    for (uint32_t m = 0; m < inquiry->record->marks_count && !is_stray; m++) {
        const struct mark mark = inquiry->record->marks[m];
        enum entente_error error = is_left_out(inquiry, branch, seq, &mark, &is_stray);
        if (error != ENTENTE_OK)
            return error;
    }
    if (!is_stray)
        return ENTENTE_OK;
    if (inquiry->strays_count == STRAYS_MAX + 1)
        return ENTENTE_ERR_TOO_LARGE;
    *place = inquiry->strays_count++;
    inquiry->strays[*place] = (struct stray){.branch = branch, .seq = seq};
    return ENTENTE_OK;
}

static enum entente_error
add_support(struct inquiry *inquiry, const struct support *support)
{
    if (inquiry->supports_count == inquiry->supports_size) {
        uint32_t size = 2 * inquiry->supports_size + 64;
        struct support *grown = realloc(inquiry->supports, size * sizeof *grown);
        if (grown == NULL)
            return ENTENTE_ERR_NO_MEMORY;
        inquiry->supports = grown;
        inquiry->supports_size = size;
    }
    inquiry->supports[inquiry->supports_count++] = *support;
    return ENTENTE_OK;
}

static int
compare_supports(const void *left, const void *right)
{
    const struct support *a = left, *b = right;

    if (a->resume != b->resume)
        return a->resume < b->resume ? -1 : 1;
    if (a->by != b->by)
        return a->by < b->by ? -1 : 1;
    if (a->inc != b->inc)
        return a->inc < b->inc ? -1 : 1;
    return (a->seq > b->seq) - (a->seq < b->seq);
}

/* Everybody who may vouch for `stray` because of one resume. */
static enum entente_error
gather_for(struct inquiry *inquiry, const struct stray *stray, uint32_t m)
{
    struct record *record = inquiry->record;
    const struct mark mark = record->marks[m];
    uint32_t on = branch_of_seq(record, stray->branch, stray->seq);
    uint8_t slot = record->branches[stray->branch].row.slot;
    enum entente_error error = ENTENTE_OK;

    for (uint32_t b = record->parties; b < record->branches_count && error == ENTENTE_OK; b++) {
        const struct branch_row row = record->branches[b].row;
        struct support support = {.resume = m, .by = row.slot, .inc = row.inc};
        if (row.slot == slot)
            continue;
        error = first_covering(inquiry, b, &mark, &support.seq);
        if (error == ENTENTE_OK && support.seq != 0)
            error = vector_at(record, b, support.seq, inquiry->vector);
        if (error != ENTENTE_OK || support.seq == 0)
            continue;
        support.knows = inquiry->vector[on] >= stray->seq;
        error = place_stray(inquiry, b, support.seq, &support.stray);
        if (error == ENTENTE_OK)
            error = add_support(inquiry, &support);
    }
    return error;
}

/* A resume for which nobody may vouch needs a support too: one that decides nothing. */
static enum entente_error
gather(struct inquiry *inquiry)
{
    enum entente_error error = ENTENTE_OK;

    for (uint32_t i = 0; i < inquiry->strays_count && error == ENTENTE_OK; i++) {
        uint32_t first = inquiry->supports_count;
        inquiry->strays[i].supports = first;
        for (uint32_t m = 0; m < inquiry->record->marks_count && error == ENTENTE_OK; m++) {
            const struct stray stray = inquiry->strays[i];
            const struct mark mark = inquiry->record->marks[m];
            bool is_out;
            error = is_left_out(inquiry, stray.branch, stray.seq, &mark, &is_out);
            if (error != ENTENTE_OK || !is_out)
                continue;
            uint32_t before = inquiry->supports_count;
            error = gather_for(inquiry, &stray, m);
            if (error == ENTENTE_OK && inquiry->supports_count == before)
                error = add_support(
                    inquiry, &(struct support){.resume = m, .stray = COUNTS_ANYWAY});
        }
        if (inquiry->supports_count > first)
            qsort(inquiry->supports + first, inquiry->supports_count - first,
                sizeof *inquiry->supports, compare_supports);
    }
    return error;
}

/* ---- verdicts ---- */

static enum verdict
verdict_of(const struct inquiry *inquiry, const struct support *support)
{
    return support->stray == COUNTS_ANYWAY ? VERDICT_COUNTS
                                           : inquiry->strays[support->stray].verdict;
}

/*
 * Whether one party vouches: its supports are [first, end), ascending.  The lowest that counts is the
 * voucher; a forked party may have several at one place, and one that knows the stray is enough.
 */
static enum verdict
judge_party(
    const struct inquiry *inquiry, const struct support *first, const struct support *end)
{
    bool knows = false;
    bool is_found = false;

    for (const struct support *s = first; s < end; s++) {
        bool is_first_of_place = s == first || s->inc != s[-1].inc || s->seq != s[-1].seq;
        if (is_first_of_place && is_found && !inquiry->record->mutations.any_voucher)
            break;
        enum verdict verdict = inquiry->record->mutations.any_voucher ? VERDICT_COUNTS
                                                                      : verdict_of(inquiry, s);
        if (verdict == VERDICT_OPEN)
            return VERDICT_OPEN;
        is_found = is_found || verdict == VERDICT_COUNTS;
        knows = knows || (verdict == VERDICT_COUNTS && s->knows);
    }
    return knows ? VERDICT_COUNTS : VERDICT_VOID;
}

/* Whether anybody vouches for the stray against one resume, whose supports are [first, end). */
static enum verdict
judge_resume(
    const struct inquiry *inquiry, const struct support *first, const struct support *end)
{
    enum verdict found = VERDICT_VOID;

    while (first < end) {
        const struct support *next = first;
        while (next < end && next->by == first->by)
            next++;
        enum verdict verdict = judge_party(inquiry, first, next);
        if (verdict == VERDICT_COUNTS)
            return VERDICT_COUNTS;
        if (verdict == VERDICT_OPEN)
            found = VERDICT_OPEN;
        first = next;
    }
    return found;
}

/* It must be vouched for against each resume that leaves it out. */
static enum verdict
judge(const struct inquiry *inquiry, uint32_t place)
{
    const struct support *first = inquiry->supports + inquiry->strays[place].supports;
    const struct support *end =
        inquiry->supports + (place + 1 < inquiry->strays_count
                                    ? inquiry->strays[place + 1].supports
                                    : inquiry->supports_count);
    enum verdict found = VERDICT_COUNTS;

    while (first < end) {
        const struct support *next = first;
        while (next < end && next->resume == first->resume)
            next++;
        enum verdict verdict = judge_resume(inquiry, first, next);
        if (verdict == VERDICT_VOID)
            return VERDICT_VOID;
        if (verdict == VERDICT_OPEN)
            found = VERDICT_OPEN;
        first = next;
    }
    return found;
}

static void
judge_all(struct inquiry *inquiry)
{
    bool is_new = true;

    while (is_new && inquiry->strays[0].verdict == VERDICT_OPEN) {
        is_new = false;
        for (uint32_t i = 0; i < inquiry->strays_count; i++) {
            if (inquiry->strays[i].verdict != VERDICT_OPEN)
                continue;
            inquiry->strays[i].verdict = judge(inquiry, i);
            is_new = is_new || inquiry->strays[i].verdict != VERDICT_OPEN;
        }
    }
}

static enum entente_error
inquire(struct inquiry *inquiry, uint32_t branch, uint32_t seq, bool *is)
{
    uint32_t place;

    inquiry->strays_count = inquiry->supports_count = 0;
    enum entente_error error = place_stray(inquiry, branch, seq, &place);
    *is = error == ENTENTE_OK && place == COUNTS_ANYWAY;
    if (error != ENTENTE_OK || place == COUNTS_ANYWAY)
        return error;
    error = gather(inquiry);
    if (error == ENTENTE_ERR_TOO_LARGE)
        return ENTENTE_OK; /* it rests on more than STRAYS_MAX others: void */
    if (error != ENTENTE_OK)
        return error;
    judge_all(inquiry);
    *is = inquiry->strays[0].verdict == VERDICT_COUNTS;
    return ENTENTE_OK;
}

static enum entente_error
inquiry_new(struct inquiry **made, struct record *record, const uint32_t *limit)
{
    struct inquiry *inquiry = calloc(1, sizeof *inquiry);

    *made = inquiry;
    if (inquiry == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    inquiry->record = record;
    inquiry->limit = limit;
    inquiry->vector = calloc(record->branches_count, sizeof *inquiry->vector);
    return inquiry->vector == NULL ? ENTENTE_ERR_NO_MEMORY : ENTENTE_OK;
}

static void
inquiry_free(struct inquiry *inquiry)
{
    if (inquiry == NULL)
        return;
    free(inquiry->vector);
    free(inquiry->supports);
    free(inquiry);
}

static enum entente_error
is_admissible(
    struct record *record, uint32_t branch, uint32_t seq, const uint32_t *limit, bool *is)
{
    struct inquiry *inquiry = NULL;
    enum entente_error error = ENTENTE_OK;

    *is = record->mutations.no_stray_rule;
    if (!*is)
        error = inquiry_new(&inquiry, record, limit);
    if (!*is && error == ENTENTE_OK)
        error = inquire(inquiry, branch, seq, is);
    inquiry_free(inquiry);
    return error;
}

enum entente_error
record_is_admissible(struct record *record, uint32_t branch, uint32_t seq, bool *is)
{
    return is_admissible(record, branch, seq, NULL, is);
}

enum entente_error
record_is_admissible_before(struct record *record, uint32_t branch, uint32_t seq,
    uint32_t of_branch, uint32_t of_seq, bool *is)
{
    uint32_t *limit = calloc(record->branches_count, sizeof *limit);

    *is = false;
    if (limit == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    enum entente_error error = vector_at(record, of_branch, of_seq, limit);
    limit[of_branch] = of_seq - 1;
    if (error == ENTENTE_OK)
        error = is_admissible(record, branch, seq, limit, is);
    free(limit);
    return error;
}

/* ---- barriers ---- */

/* Whether party `by` has a voucher for the resume. */
static enum entente_error
has_voucher(struct inquiry *inquiry, const struct mark *resume, uint8_t by, bool *has)
{
    enum entente_error error = ENTENTE_OK;
    const struct record *record = inquiry->record;

    *has = false;
    for (uint32_t b = record->parties; b < record->branches_count && !*has && error == ENTENTE_OK;
         b++) {
        uint32_t seq;
        if (record->branches[b].row.slot != by)
            continue;
        error = first_covering(inquiry, b, resume, &seq);
        if (error != ENTENTE_OK || seq == 0)
            continue;
        *has = record->mutations.any_voucher || record->mutations.no_stray_rule;
        if (!*has)
            error = inquire(inquiry, b, seq, has);
    }
    return error;
}

static enum entente_error
check_barriers(struct inquiry *inquiry, uint8_t writer, bool *past)
{
    struct record *record = inquiry->record;
    enum entente_error error = ENTENTE_OK;

    for (uint32_t m = 0; m < record->marks_count && *past && error == ENTENTE_OK; m++) {
        const struct mark resume = record->marks[m];
        uint8_t resumed = record->branches[resume.branch].row.slot;
        if (resume.kind != ENTRY_RESUME || limit_of(inquiry, resume.branch) < resume.seq ||
            record->mutations.no_barrier_rule ||
            (record->mutations.own_barrier_only && resumed != writer))
            continue;
        for (uint8_t by = 0; by < record->parties && *past && error == ENTENTE_OK; by++)
            if (by != resumed)
                error = has_voucher(inquiry, &resume, by, past);
    }
    return error;
}

enum entente_error
record_is_past_barriers(struct record *record, uint32_t branch, uint32_t seq, bool *past)
{
    uint32_t *limit = calloc(record->branches_count, sizeof *limit);
    struct inquiry *inquiry = NULL;
    enum entente_error error = ENTENTE_ERR_NO_MEMORY;

    *past = true;
    if (limit != NULL)
        error = inquiry_new(&inquiry, record, limit);
    if (error == ENTENTE_OK)
        error = vector_at(record, branch, seq, limit);
    if (error == ENTENTE_OK)
        error = check_barriers(inquiry, record->branches[branch].row.slot, past);
    inquiry_free(inquiry);
    free(limit);
    return error;
}

enum entente_error
record_would_be_past_barriers(struct record *record, bool *past)
{
    struct inquiry *inquiry = NULL;

    *past = true;
    enum entente_error error = inquiry_new(&inquiry, record, NULL);
    if (error == ENTENTE_OK)
        error = check_barriers(inquiry, PARTIES_MAX, past);
    inquiry_free(inquiry);
    return error;
}
