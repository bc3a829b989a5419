/* Sessions: PROTOCOL.md section 15. */
#include "consultation/internal.h"

/* A chair's fact, with what decides which of two is the later one: the term, then its writer. */
struct step {
    struct fact fact;
    const struct fact_note *note;
};

/* M2: the party whose the term is. */
static uint8_t
chair_of(const struct fact *call, uint32_t term)
{
    return call->items.data[term % call->items_count];
}

/* Whether its writer has taken the chair of the term before the fact. */
static enum entente_error
has_taken(const struct consultation *consultation, const struct object *object,
    const struct step *step, bool *has)
{
    enum entente_error error = ENTENTE_OK;
    struct step other;

    *has = step->fact.number == 0;
    for (uint32_t i = 0; !*has && error == ENTENTE_OK;) {
        error = object_next(consultation, object, FACT_CHAIR, &i, &other.note, &other.fact);
        if (error == ENTENTE_OK && other.note->slot == step->note->slot &&
            other.fact.what == CHAIR_TAKE && other.fact.number == step->fact.number)
            *has = note_compare(other.note, step->note) <= 0;
    }
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

/* M3: a chair that knew of a later term is no chair any more. */
static enum entente_error
knows_of_later(const struct consultation *consultation, const struct object *object,
    const struct fact *call, const struct step *step, bool *knows)
{
    const struct causality *causality = &consultation->causality;
    enum entente_error error = ENTENTE_OK;
    struct step other;

    *knows = false;
    for (uint32_t i = 0; !*knows && error == ENTENTE_OK;) {
        error = object_next(consultation, object, FACT_CHAIR, &i, &other.note, &other.fact);
        if (error == ENTENTE_OK && other.fact.what == CHAIR_TAKE &&
            other.fact.number > step->fact.number &&
            other.note->slot == chair_of(call, other.fact.number))
            error =
                causality->in_past(causality->state, &other.note->place, &step->note->place, knows);
    }
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

static enum entente_error
step_counts(const struct consultation *consultation, const struct object *object,
    const struct fact *call, const struct step *step, bool *counts)
{
    bool knows = false;

    *counts = false;
    if (step->note->slot != chair_of(call, step->fact.number))
        return ENTENTE_OK;
    enum entente_error error = has_taken(consultation, object, step, counts);
    if (error == ENTENTE_OK && *counts)
        error = knows_of_later(consultation, object, call, step, &knows);
    *counts = *counts && !knows;
    return error;
}

enum entente_error
consultation_step_counts(const struct consultation *consultation, const struct digest *session,
    const struct fact_note *note, bool *counts)
{
    struct step step = {.note = note};
    const struct object *object;
    struct fact call;

    *counts = false;
    enum entente_error error = object_of_type(consultation, session, FACT_SESSION, &object, &call);
    if (error == ENTENTE_OK)
        error = fact_parse(&step.fact, FACT_CHAIR, note->content);
    return error != ENTENTE_OK ? error : step_counts(consultation, object, &call, &step, counts);
}

static void
take_step(struct session_state *state, const struct step *step)
{
    state->term = (uint16_t)step->fact.number;
    switch ((enum chair_step)step->fact.what) {
    case CHAIR_OPEN:
    case CHAIR_RESUME:
        state->status = SESSION_IS_OPEN;
        break;
    case CHAIR_SUSPEND:
        state->status = SESSION_IS_SUSPENDED;
        break;
    case CHAIR_CLOSE:
        state->status = SESSION_IS_CLOSED;
        state->close = step->note->place;
        break;
    case CHAIR_ITEM:
        state->item = step->fact.subject;
        break;
    case CHAIR_FLOOR:
        state->floor = step->fact.subject;
        break;
    case CHAIR_TAKE:
    case CHAIR_ADMIT:
        break;
    }
}

/*
 * The chair's facts in order: by term, and within a term as its one writer wrote them.  A close
 * ends it: what comes behind it changes nothing (M4).
 */
static enum entente_error
run_chair(const struct consultation *consultation, const struct object *object,
    struct session_state *state)
{
    uint32_t term = 0, next;
    enum entente_error error;

    do {
        next = UINT32_MAX;
        error = ENTENTE_OK;
        for (uint32_t i = 0; error == ENTENTE_OK;) {
            struct step step;
            bool counts;
            error = object_next(consultation, object, FACT_CHAIR, &i, &step.note, &step.fact);
            if (error != ENTENTE_OK || step.fact.number < term)
                continue;
            error = step_counts(consultation, object, &state->call, &step, &counts);
            if (!counts || error != ENTENTE_OK)
                continue;
            if (step.fact.number > term)
                next = step.fact.number < next ? step.fact.number : next;
            else if (state->status != SESSION_IS_CLOSED)
                take_step(state, &step);
        }
        term = next;
    } while (error == ENTENTE_ERR_NOT_FOUND && next != UINT32_MAX);
    state->chair = chair_of(&state->call, state->term);
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

static int
compare_persons(uint8_t slot, struct bytes name, uint8_t other_slot, struct bytes other)
{
    if (slot != other_slot)
        return slot < other_slot ? -1 : 1;
    int order = memcmp(name.data, other.data, name.size < other.size ? name.size : other.size);
    return order != 0 ? order : (name.size > other.size) - (name.size < other.size);
}

/* The next person behind (slot, name), by their last fact; `slot` is -1 for the first one. */
static enum entente_error
next_person(const struct consultation *consultation, const struct object *object, uint16_t type,
    int slot, struct bytes name, struct fact_note *found)
{
    struct bytes best = {0};
    const struct fact_note *note;
    struct fact fact;
    bool has_found = false;
    enum entente_error error = ENTENTE_OK;

    for (uint32_t i = 0; error == ENTENTE_OK;) {
        error = object_next(consultation, object, type, &i, &note, &fact);
        if (error != ENTENTE_OK ||
            (slot >= 0 && compare_persons(note->slot, fact.name, (uint8_t)slot, name) <= 0))
            continue;
        if (has_found && compare_persons(note->slot, fact.name, found->slot, best) > 0)
            continue;
        *found = *note; /* facts come in their writer's order: the last one stays */
        best = fact.name;
        has_found = true;
    }
    return error == ENTENTE_ERR_NOT_FOUND && has_found ? ENTENTE_OK : error;
}

/* How many persons' last word is `what`. */
static enum entente_error
count_persons(const struct consultation *consultation, const struct object *object, uint16_t type,
    uint8_t what, uint32_t *count)
{
    struct fact_note found;
    struct fact fact = {0};
    int slot = -1;
    enum entente_error error = ENTENTE_OK;

    *count = 0;
    while (error == ENTENTE_OK) {
        error = next_person(consultation, object, type, slot, fact.name, &found);
        if (error == ENTENTE_OK)
            error = fact_parse(&fact, type, found.content);
        if (error != ENTENTE_OK)
            break;
        slot = found.slot;
        *count += fact.what == what;
    }
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

static enum entente_error
count_notes(const struct consultation *consultation, const struct object *object, uint16_t type,
    uint32_t *count)
{
    const struct fact_note *note;
    struct fact fact;
    enum entente_error error = ENTENTE_OK;

    *count = 0;
    for (uint32_t i = 0; error == ENTENTE_OK;) {
        error = object_next(consultation, object, type, &i, &note, &fact);
        *count += error == ENTENTE_OK;
    }
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

enum entente_error
consultation_session(const struct consultation *consultation, const struct digest *session,
    struct session_state *state)
{
    const struct object *object;

    *state = (struct session_state){0};
    enum entente_error error =
        object_of_type(consultation, session, FACT_SESSION, &object, &state->call);
    if (error == ENTENTE_OK)
        error = run_chair(consultation, object, state);
    if (error == ENTENTE_OK)
        error = count_notes(consultation, object, FACT_ITEM, &state->items);
    if (error == ENTENTE_OK)
        error = count_notes(consultation, object, FACT_INVITE, &state->invited);
    if (error == ENTENTE_OK)
        error = count_persons(
            consultation, object, FACT_ATTENDANCE, ATTENDANCE_JOIN, &state->attending);
    if (error == ENTENTE_OK)
        error = count_persons(consultation, object, FACT_QUEUE, QUEUE_ASK, &state->waiting);
    if (error != ENTENTE_OK)
        *state = (struct session_state){0};
    return error;
}

enum entente_error
consultation_person(const struct consultation *consultation, const struct digest *session,
    uint16_t type, uint32_t index, struct fact_note *note)
{
    const struct object *object;
    struct fact fact;
    int slot = -1;

    *note = (struct fact_note){0};
    enum entente_error error = object_of_type(consultation, session, FACT_SESSION, &object, &fact);
    for (uint32_t i = 0; error == ENTENTE_OK && i <= index; i++) {
        error = next_person(consultation, object, type, slot, fact.name, note);
        if (error == ENTENTE_OK)
            error = fact_parse(&fact, type, note->content);
        slot = note->slot;
    }
    if (error != ENTENTE_OK)
        *note = (struct fact_note){0};
    return error;
}

enum entente_error
session_hash(
    const struct consultation *consultation, const struct object *object, struct hasher *hasher)
{
    struct session_state state;
    enum entente_error error = consultation_session(consultation, &object->id, &state);

    hash_number(hasher, state.status, 1);
    hash_number(hasher, state.term, 2);
    hash_number(hasher, state.chair, 1);
    hasher_add(hasher, (struct bytes){state.item.bytes, ID_BYTES});
    hasher_add(hasher, (struct bytes){state.floor.bytes, ID_BYTES});
    hash_number(hasher, state.attending, 4);
    hash_number(hasher, state.waiting, 4);
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}
