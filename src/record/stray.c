/*
 * Strays, vouchers and barriers (I2, I3).  Each verdict is computed from the vectors, either over
 * the whole record or over the past of one entry (`limit`); nothing is stored.
 */
#include "record/internal.h"

#include <stdlib.h>

/* The recursion climbs the causal order: each level looks at an entry that covers the one before.
 */
#define STRAY_DEPTH_MAX 64u

static enum entente_error admissible(struct record *record, uint32_t branch, uint32_t seq,
    const uint32_t *limit, unsigned depth, bool *is);

static uint32_t
limit_of(const struct record *record, uint32_t branch, const uint32_t *limit)
{
    return limit == NULL ? record->branches[branch].head.seq : limit[branch];
}

static enum entente_error
covers(struct record *record, uint32_t branch, uint32_t seq, const struct mark *resume, bool *is,
    uint32_t *vector)
{
    enum entente_error error = vector_at(record, branch, seq, vector);

    *is = error == ENTENTE_OK && vector[resume->branch] >= resume->seq;
    return error;
}

/* The first entry of `branch` that covers the resume; `*seq` is 0 when none does. */
static enum entente_error
first_covering(struct record *record, uint32_t branch, const struct mark *resume,
    const uint32_t *limit, uint32_t *vector, uint32_t *seq)
{
    uint32_t low = record->branches[branch].row.fork_seq + 1;
    uint32_t high = limit_of(record, branch, limit);
    bool is = false;

    *seq = 0;
    if (high < low)
        return ENTENTE_OK;
    enum entente_error error = covers(record, branch, high, resume, &is, vector);
    if (error != ENTENTE_OK || !is)
        return error;
    while (low < high && error == ENTENTE_OK) {
        uint32_t middle = low + (high - low) / 2;
        error = covers(record, branch, middle, resume, &is, vector);
        if (is)
            high = middle;
        else
            low = middle + 1;
    }
    *seq = high;
    return error;
}

/* Whether party `by` has a voucher for the resume; if `target` is given, one that has it in its
 * past. */
static enum entente_error
vouched_by(struct record *record, const struct mark *resume, uint8_t by, const uint32_t *limit,
    unsigned depth, const struct position *target, uint32_t target_branch, bool *is)
{
    enum entente_error error = ENTENTE_OK;
    uint16_t done_inc = 0;
    uint32_t *vector = calloc(record->branches_count, sizeof *vector);

    *is = false;
    if (vector == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    for (;;) {
        /* The next incarnation of `by` that is in the record: vouchers are of the lowest. */
        uint16_t inc = REGISTER_INC;
        for (uint32_t i = record->parties; i < record->branches_count; i++) {
            const struct branch_row *row = &record->branches[i].row;
            if (row->slot == by && row->inc > done_inc && row->inc < inc)
                inc = row->inc;
        }
        if (inc == REGISTER_INC)
            break;
        done_inc = inc;

        uint32_t lowest = 0;
        for (int round = 0; round < 2 && error == ENTENTE_OK; round++)
            for (uint32_t i = record->parties; i < record->branches_count && error == ENTENTE_OK;
                 i++) {
                const struct branch_row *row = &record->branches[i].row;
                uint32_t seq;
                bool counts = true;
                if (row->slot != by || row->inc != inc)
                    continue;
                error = first_covering(record, i, resume, limit, vector, &seq);
                if (error != ENTENTE_OK || seq == 0)
                    continue;
                if (!record->mutations.any_voucher)
                    error = admissible(record, i, seq, limit, depth + 1, &counts);
                if (error != ENTENTE_OK || !counts)
                    continue;
                if (round == 0) {
                    if (lowest == 0 || seq < lowest)
                        lowest = seq;
                    continue;
                }
                if (seq != lowest && !record->mutations.any_voucher)
                    continue;
                if (target != NULL)
                    error = vector_at(record, i, seq, vector);
                if (target == NULL || vector[target_branch] >= target->seq)
                    *is = true;
            }
        if (error != ENTENTE_OK || *is || (lowest != 0 && !record->mutations.any_voucher))
            break;
    }
    free(vector);
    return error;
}

static enum entente_error
admissible(struct record *record, uint32_t branch, uint32_t seq, const uint32_t *limit,
    unsigned depth, bool *is)
{
    const struct branch_row *row = &record->branches[branch].row;
    struct position target = {.slot = row->slot, .inc = row->inc, .seq = seq};
    enum entente_error error = ENTENTE_OK;

    *is = true;
    if (record->mutations.no_stray_rule)
        return ENTENTE_OK;
    if (depth > STRAY_DEPTH_MAX) {
        *is = false;
        return ENTENTE_OK;
    }
    for (uint32_t m = 0; m < record->marks_count && *is && error == ENTENTE_OK; m++) {
        const struct mark resume = record->marks[m];
        const struct branch_row *resumed = &record->branches[resume.branch].row;
        bool covered;
        if (resume.kind != ENTRY_RESUME || resumed->slot != row->slot || resumed->inc <= row->inc ||
            limit_of(record, resume.branch, limit) < resume.seq)
            continue;
        error = record_in_past(record, branch, seq, resume.branch, resume.seq, &covered);
        if (error != ENTENTE_OK || covered)
            continue;
        *is = false;
        uint32_t on = branch_of_seq(record, branch, seq);
        for (uint8_t by = 0; by < record->parties && !*is && error == ENTENTE_OK; by++)
            if (by != row->slot)
                error = vouched_by(record, &resume, by, limit, depth, &target, on, is);
    }
    return error;
}

enum entente_error
record_is_admissible(struct record *record, uint32_t branch, uint32_t seq, bool *is)
{
    return admissible(record, branch, seq, NULL, 0, is);
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
        error = admissible(record, branch, seq, limit, 0, is);
    free(limit);
    return error;
}

/* Whether all resumes within the limit, which is an entry's past or the record, have their vouchers
 * there. */
static enum entente_error
are_vouched(struct record *record, uint8_t writer, const uint32_t *limit, bool *are)
{
    enum entente_error error = ENTENTE_OK;

    *are = true;
    for (uint32_t m = 0; m < record->marks_count && *are && error == ENTENTE_OK; m++) {
        const struct mark resume = record->marks[m];
        uint8_t resumed = record->branches[resume.branch].row.slot;
        if (resume.kind != ENTRY_RESUME || limit_of(record, resume.branch, limit) < resume.seq ||
            record->mutations.no_barrier_rule ||
            (record->mutations.own_barrier_only && resumed != writer))
            continue;
        for (uint8_t by = 0; by < record->parties && *are && error == ENTENTE_OK; by++)
            if (by != resumed)
                error = vouched_by(record, &resume, by, limit, 0, NULL, 0, are);
    }
    return error;
}

enum entente_error
record_is_past_barriers(struct record *record, uint32_t branch, uint32_t seq, bool *past)
{
    uint32_t *limit = calloc(record->branches_count, sizeof *limit);

    *past = true;
    if (limit == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    enum entente_error error = vector_at(record, branch, seq, limit);
    if (error == ENTENTE_OK)
        error = are_vouched(record, record->branches[branch].row.slot, limit, past);
    free(limit);
    return error;
}

enum entente_error
record_would_be_past_barriers(struct record *record, bool *past)
{
    return are_vouched(record, PARTIES_MAX, NULL, past);
}
