/* Sessions: PROTOCOL.md section 15. */
#include "consultation/internal.h"

#include <stdlib.h>

/* A chair's fact. */
struct step {
    const struct fact_note *note;
    struct digest subject;
    uint32_t term;
    uint8_t what;
};

/* Those about one session that count for the record, in their order, and which of them take the chair in turn. */
struct steps {
    struct step *list;
    uint32_t count;
    uint32_t room;
    uint32_t *takes;
    uint32_t takes_count;
    uint32_t takes_room;
};

/* M2: the party whose the term is. */
static uint8_t
chair_of(const struct fact *call, uint32_t term)
{
    return call->items.data[term % call->items_count];
}

static void
steps_free(struct steps *steps)
{
    free(steps->list);
    free(steps->takes);
}

static enum entente_error
add_step(struct steps *steps, const struct fact *call, const struct fact_note *note,
    const struct fact *fact)
{
    enum entente_error error =
        list_grow(&steps->list, &steps->room, steps->count, sizeof *steps->list);

    if (error == ENTENTE_OK)
        error = list_grow(
            &steps->takes, &steps->takes_room, steps->takes_count, sizeof *steps->takes);
    if (error != ENTENTE_OK)
        return error;
    if (fact->what == CHAIR_TAKE && note->slot == chair_of(call, fact->number))
        steps->takes[steps->takes_count++] = steps->count;
    steps->list[steps->count++] = (struct step){note, fact->subject, fact->number, fact->what};
    return ENTENTE_OK;
}

static enum entente_error
steps_read(const struct consultation *consultation, const struct object *object,
    const struct fact *call, struct steps *steps)
{
    enum entente_error error = ENTENTE_OK;
    const struct fact_note *note;
    struct fact fact;

    *steps = (struct steps){0};
    for (uint32_t i = 0; error == ENTENTE_OK;) {
        error = object_next(consultation, object, FACT_CHAIR, &i, &note, &fact);
        if (error == ENTENTE_OK)
            error = add_step(steps, call, note, &fact);
    }
    if (error == ENTENTE_ERR_NOT_FOUND)
        return ENTENTE_OK;
    steps_free(steps);
    return error;
}

/* M3: whether its writer has the term, took it before, and did not know of a later one. */
static enum entente_error
step_counts(const struct consultation *consultation, const struct steps *steps,
    const struct fact *call, const struct step *step, bool *counts)
{
    const struct causality *causality = &consultation->causality;
    bool has_taken = step->term == 0, knows_of_later = false;
    enum entente_error error = ENTENTE_OK;

    *counts = false;
    if (step->note->slot != chair_of(call, step->term))
        return ENTENTE_OK;
    for (uint32_t i = 0; i < steps->takes_count && !knows_of_later && error == ENTENTE_OK; i++) {
        const struct step *take = &steps->list[steps->takes[i]];
        if (take->term == step->term)
            has_taken |= note_compare(take->note, step->note) <= 0;
        else if (take->term > step->term)
            error = causality->in_past(
                causality->state, &take->note->place, &step->note->place, &knows_of_later);
    }
    *counts = has_taken && !knows_of_later;
    return error;
}

enum entente_error
consultation_step_counts(const struct consultation *consultation, const struct digest *session,
    const struct fact_note *note, bool *counts)
{
    const struct object *object;
    struct fact call, fact;
    struct steps steps;

    *counts = false;
    enum entente_error error = object_of_type(consultation, session, FACT_SESSION, &object, &call);
    if (error == ENTENTE_OK)
        error = fact_parse(&fact, FACT_CHAIR, note->content);
    if (error == ENTENTE_OK)
        error = steps_read(consultation, object, &call, &steps);
    if (error != ENTENTE_OK)
        return error;
    struct step step = {note, fact.subject, fact.number, fact.what};
    error = step_counts(consultation, &steps, &call, &step, counts);
    steps_free(&steps);
    return error;
}

static void
take_step(struct session_state *state, const struct step *step)
{
    state->term = (uint16_t)step->term;
    switch ((enum chair_step)step->what) {
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
        state->item = step->subject;
        break;
    case CHAIR_FLOOR:
        state->floor = step->subject;
        break;
    case CHAIR_TAKE:
    case CHAIR_ADMIT:
        break;
    }
}

static int
compare_steps(const void *a, const void *b)
{
    const struct step *one = a, *other = b;

    if (one->term != other->term)
        return one->term < other->term ? -1 : 1;
    return note_compare(one->note, other->note);
}

/*
 * The chair's facts in order: by term, and within a term as its one writer wrote them.  A close
 * ends it: what comes behind it changes nothing (M4).
 */
static enum entente_error
run_chair(const struct consultation *consultation, const struct object *object,
    struct session_state *state)
{
    struct steps steps;
    uint32_t kept = 0;
    enum entente_error error = steps_read(consultation, object, &state->call, &steps);

    if (error != ENTENTE_OK)
        return error;
    struct step *counting = calloc(steps.count + 1, sizeof *counting);
    error = counting == NULL ? ENTENTE_ERR_NO_MEMORY : ENTENTE_OK;
    for (uint32_t i = 0; i < steps.count && error == ENTENTE_OK; i++) {
        bool counts;
        error = step_counts(consultation, &steps, &state->call, &steps.list[i], &counts);
        if (counts)
            counting[kept++] = steps.list[i];
    }
    if (kept > 1)
        qsort(counting, kept, sizeof *counting, compare_steps);
    for (uint32_t i = 0; i < kept && state->status != SESSION_IS_CLOSED; i++)
        take_step(state, &counting[i]);
    state->chair = chair_of(&state->call, state->term);
    free(counting);
    steps_free(&steps);
    return error;
}

/* ---- persons (M5) ---- */

static int
compare_persons(uint8_t slot, struct bytes name, uint8_t other_slot, struct bytes other)
{
    if (slot != other_slot)
        return slot < other_slot ? -1 : 1;
    int order = memcmp(name.data, other.data, name.size < other.size ? name.size : other.size);
    return order != 0 ? order : (name.size > other.size) - (name.size < other.size);
}

/* Same persons side by side, the last word of each last. */
static int
compare_words(const void *a, const void *b)
{
    const struct person *one = a, *other = b;
    int order = compare_persons(one->note->slot, one->name, other->note->slot, other->name);

    return order != 0 ? order : note_compare(one->note, other->note);
}

static enum entente_error
read_words(const struct consultation *consultation, const struct object *object, uint16_t type,
    struct persons *persons)
{
    enum entente_error error = ENTENTE_OK;
    const struct fact_note *note;
    struct fact fact;

    persons->count = 0;
    for (uint32_t i = 0; error == ENTENTE_OK;) {
        error = object_next(consultation, object, type, &i, &note, &fact);
        if (error == ENTENTE_OK)
            error =
                list_grow(&persons->list, &persons->room, persons->count, sizeof *persons->list);
        if (error == ENTENTE_OK)
            persons->list[persons->count++] = (struct person){note, fact.name, fact.what};
    }
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

/* Each person's last word, ascending by (slot, name); read once for as long as nothing comes in. */
static enum entente_error
read_persons(const struct consultation *consultation, const struct object *object, uint16_t type,
    const struct persons **read)
{
    uint32_t index = map_get(&consultation->ids, &object->id), kept = 0;
    struct persons *persons =
        &consultation->objects[index]->persons[type == FACT_ATTENDANCE ? 0 : 1];

    *read = persons;
    if (persons->changes == consultation->changes)
        return ENTENTE_OK;
    enum entente_error error = read_words(consultation, object, type, persons);
    if (error != ENTENTE_OK)
        return error;
    if (persons->count > 1)
        qsort(persons->list, persons->count, sizeof *persons->list, compare_words);
    for (uint32_t i = 0; i < persons->count; i++) {
        const struct person *word = &persons->list[i];
        bool is_last = i + 1 == persons->count ||
                       compare_persons(word->note->slot, word->name, word[1].note->slot,
                           word[1].name) != 0;
        if (is_last)
            persons->list[kept++] = *word;
    }
    persons->count = kept;
    persons->changes = consultation->changes;
    return ENTENTE_OK;
}

/* How many persons' last word is `what`. */
static enum entente_error
count_persons(const struct consultation *consultation, const struct object *object, uint16_t type,
    uint8_t what, uint32_t *count)
{
    const struct persons *persons;
    enum entente_error error = read_persons(consultation, object, type, &persons);

    *count = 0;
    for (uint32_t i = 0; error == ENTENTE_OK && i < persons->count; i++)
        *count += persons->list[i].what == what;
    return error;
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
    const struct persons *persons;
    const struct object *object;
    struct fact fact;

    *note = (struct fact_note){0};
    enum entente_error error = object_of_type(consultation, session, FACT_SESSION, &object, &fact);
    if (error == ENTENTE_OK)
        error = read_persons(consultation, object, type, &persons);
    if (error == ENTENTE_OK && index >= persons->count)
        error = ENTENTE_ERR_NOT_FOUND;
    if (error == ENTENTE_OK)
        *note = *persons->list[index].note;
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
