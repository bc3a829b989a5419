/* Assessments: PROTOCOL.md section 20.  Who gave what to whom, who holds it, who was asked for it
 * back and said what. */
#include "consultation/internal.h"

/* V2: how many versions of the same giver's lead to this one, itself included. */
static enum entente_error
count_versions(const struct consultation *consultation, struct assessment_state *state)
{
    const struct object *object;
    struct digest previous = state->assessment.previous;
    struct fact fact;

    for (state->version = 1;
         state->version < ASSESSMENT_VERSIONS_MAX && !digest_is_zero(&previous);) {
        enum entente_error error =
            object_of_type(consultation, &previous, FACT_ASSESSMENT, &object, &fact);
        if (error == ENTENTE_ERR_NOT_FOUND ||
            (error == ENTENTE_OK && object->made.slot != state->giver))
            break;
        if (error != ENTENTE_OK)
            return error;
        state->version++;
        previous = fact.previous;
    }
    return ENTENTE_OK;
}

/* What a party said last of its copy, and where that stands among what it said. */
struct word {
    const struct fact_note *held;
    const struct fact_note *answered;
};

static void
take_holding(struct assessment_state *state, struct word *words, const struct fact_note *note,
    struct fact *fact)
{
    struct assessment_holder *holder = &state->holders[note->slot];

    holder->holding = fact->what;
    holder->chunks = fact->number;
    holder->when_ms = fact->when_ms;
    words[note->slot].held = note;
}

static enum entente_error
take_answers(const struct consultation *consultation, const struct digest *withdrawal,
    struct assessment_state *state, struct word *words)
{
    const struct object *object = consultation_object(consultation, withdrawal);
    const struct fact_note *note;
    struct fact fact;
    enum entente_error error = ENTENTE_OK;

    for (uint32_t i = 0; object != NULL && error == ENTENTE_OK;) {
        error = object_next(consultation, object, FACT_WITHDRAWAL_ANSWER, &i, &note, &fact);
        if (error != ENTENTE_OK || note->slot >= state->parties)
            continue;
        struct word *word = &words[note->slot];
        if (word->answered != NULL && note_compare(note, word->answered) < 0)
            continue; /* to an earlier withdrawal, but said before */
        struct assessment_holder *holder = &state->holders[note->slot];
        holder->answer = fact.what;
        holder->answered_ms = fact.when_ms;
        holder->reason = fact.text;
        word->answered = note;
    }
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

static enum entente_error
take_notes(const struct consultation *consultation, const struct object *object,
    struct assessment_state *state, struct word *words)
{
    const struct fact_note *note;
    struct fact fact;
    enum entente_error error = ENTENTE_OK;

    for (uint32_t i = 0; error == ENTENTE_OK;) {
        error = object_next(consultation, object, 0, &i, &note, &fact);
        if (error != ENTENTE_OK || note->slot >= state->parties)
            continue;
        if (note->type == FACT_HOLDING)
            take_holding(state, words, note, &fact);
        if (note->slot != state->giver)
            continue; /* V2, V4: of its versions and of its withdrawal, only the giver speaks */
        if (note->type == FACT_ASSESSMENT && digest_equal(&fact.previous, &object->id))
            state->newer = note->object;
        if (note->type != FACT_WITHDRAWAL)
            continue;
        if (!state->is_withdrawn) {
            state->is_withdrawn = true;
            state->withdrawal = note->object;
            state->withdrawn_ms = fact.when_ms;
            state->reason = fact.text;
        }
        error = take_answers(consultation, &note->object, state, words);
    }
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

/* V5: of "I hold it" and "it is deleted" the later word is true. */
static void
settle(struct assessment_holder *holder, const struct word *word)
{
    if (word->answered == NULL || holder->answer != WITHDRAWAL_DELETED)
        return;
    if (word->held == NULL || note_compare(word->held, word->answered) < 0)
        holder->holding = HOLDING_NONE;
    else if (holder->holding != HOLDING_NONE)
        holder->answer = 0;
}

enum entente_error
consultation_assessment(const struct consultation *consultation, const struct digest *assessment,
    struct assessment_state *state)
{
    struct word words[PARTIES_MAX] = {0};
    const struct object *object;

    *state = (struct assessment_state){0};
    enum entente_error error =
        object_of_type(consultation, assessment, FACT_ASSESSMENT, &object, &state->assessment);
    if (error == ENTENTE_OK) {
        state->giver = object->made.slot;
        state->parties = consultation->parties;
        state->holders[state->giver].holding = HOLDING_WHOLE;
        error = count_versions(consultation, state);
    }
    if (error == ENTENTE_OK)
        error = take_notes(consultation, object, state, words);
    for (uint8_t slot = 0; slot < state->parties; slot++)
        settle(&state->holders[slot], &words[slot]);
    if (error != ENTENTE_OK)
        *state = (struct assessment_state){0};
    return error;
}

bool
assessment_is_released(const struct assessment_state *state, uint8_t slot)
{
    return marking_allows(&state->assessment.marking, state->giver, slot, MARKING_SHOW);
}

bool
assessment_owes_answer(const struct assessment_state *state, uint8_t slot)
{
    const struct assessment_holder *holder = &state->holders[slot];

    return state->is_withdrawn && slot != state->giver && holder->answer == 0 &&
           (holder->holding == HOLDING_WHOLE || holder->holding == HOLDING_PARTLY);
}

enum entente_error
assessment_hash(
    const struct consultation *consultation, const struct object *object, struct hasher *hasher)
{
    struct assessment_state state;
    enum entente_error error = consultation_assessment(consultation, &object->id, &state);

    hash_number(hasher, state.giver, 1);
    hash_number(hasher, state.version, 4);
    hasher_add(hasher, (struct bytes){state.newer.bytes, ID_BYTES});
    hash_number(hasher, state.is_withdrawn, 1);
    for (uint8_t slot = 0; slot < consultation->parties; slot++) {
        hash_number(hasher, state.holders[slot].holding, 1);
        hash_number(hasher, state.holders[slot].answer, 1);
    }
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}
