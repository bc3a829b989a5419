#include "consultation/causality.h"

static enum entente_error
in_past(void *state, const struct place *entry, const struct place *of, bool *is)
{
    return record_in_past(state, entry->branch, entry->seq, of->branch, of->seq, is);
}

static enum entente_error
is_admissible(void *state, const struct place *entry, const struct place *before, bool *is)
{
    if (before == NULL)
        return record_is_admissible(state, entry->branch, entry->seq, is);
    return record_is_admissible_before(
        state, entry->branch, entry->seq, before->branch, before->seq, is);
}

static enum entente_error
is_past_barriers(void *state, const struct place *entry, bool *is)
{
    if (entry == NULL)
        return record_would_be_past_barriers(state, is);
    return record_is_past_barriers(state, entry->branch, entry->seq, is);
}

static bool
has_equivocated(void *state, uint8_t slot)
{
    uint8_t contested;
    uint16_t inc;

    for (uint32_t i = 0; record_contested_at(state, i, &contested, &inc); i++)
        if (contested == slot)
            return true;
    return false;
}

void
causality_of_record(struct causality *causality, struct record *record)
{
    *causality =
        (struct causality){record, in_past, is_admissible, is_past_barriers, has_equivocated};
}
