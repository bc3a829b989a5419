/* Readouts: PROTOCOL.md section 21.  What may be published, when, and who speaks about it. */
#include "consultation/internal.h"

/* The last word about the readout of one party; NOT_FOUND: it has none. */
static enum entente_error
last_word(const struct consultation *consultation, const struct digest *act, uint8_t slot,
    struct fact *word)
{
    const struct object *object = consultation_object(consultation, act);
    const struct fact_note *note;
    struct fact fact;
    bool has_found = false;
    enum entente_error error = object != NULL ? ENTENTE_OK : ENTENTE_ERR_NOT_FOUND;

    *word = (struct fact){0};
    for (uint32_t i = 0; error == ENTENTE_OK;) {
        error = object_next(consultation, object, FACT_READOUT, &i, &note, &fact);
        if (error != ENTENTE_OK || note->slot != slot)
            continue;
        *word = fact;
        has_found = true;
    }
    return error == ENTENTE_ERR_NOT_FOUND && has_found ? ENTENTE_OK : error;
}

static enum entente_error
count_publications(
    const struct consultation *consultation, const struct digest *act, uint32_t *count)
{
    const struct object *object = consultation_object(consultation, act);
    const struct fact_note *note;
    struct fact fact;
    enum entente_error error = object != NULL ? ENTENTE_OK : ENTENTE_ERR_NOT_FOUND;

    for (uint32_t i = 0; error == ENTENTE_OK;) {
        error = object_next(consultation, object, FACT_PUBLICATION, &i, &note, &fact);
        *count += error == ENTENTE_OK;
    }
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

enum entente_error
consultation_readout(
    const struct consultation *consultation, const struct digest *act, struct readout_state *state)
{
    struct fact word;

    *state = (struct readout_state){0};
    if (!consultation_proposal(consultation, act, &state->proposal) ||
        (state->proposal.kind != ACT_READOUT && state->proposal.kind != ACT_CORRECTION)) {
        *state = (struct readout_state){0};
        return ENTENTE_ERR_NOT_FOUND;
    }
    enum entente_error error = last_word(consultation, act, state->proposal.slot, &word);
    state->number = error == ENTENTE_OK ? word.number : state->proposal.number;
    state->embargo_ms = word.when_ms;
    if (error == ENTENTE_OK || error == ENTENTE_ERR_NOT_FOUND)
        error = count_publications(consultation, act, &state->publications);
    if (error != ENTENTE_OK)
        *state = (struct readout_state){0};
    return error;
}

enum entente_error
consultation_spokesperson(const struct consultation *consultation, const struct digest *act,
    uint32_t index, struct spokesperson *person)
{
    struct fact word;

    for (uint8_t slot = 0; slot < consultation->parties; slot++) {
        enum entente_error error = last_word(consultation, act, slot, &word);
        if (error != ENTENTE_OK && error != ENTENTE_ERR_NOT_FOUND)
            return error;
        struct reader reader = reader_of(word.items);
        while (spokesperson_next(&reader, person))
            if (person->slot == slot && index-- == 0)
                return ENTENTE_OK;
    }
    *person = (struct spokesperson){0};
    return ENTENTE_ERR_NOT_FOUND;
}
