/* Dialogues with outside parties: PROTOCOL.md section 17. */
#include "consultation/internal.h"

static void
take_note(struct dialogue_view *view, const struct fact_note *note, const struct fact *fact)
{
    switch (note->type) {
    case FACT_DIALOGUE_STATE:
        if (note->slot == view->owner) { /* Q2 */
            view->state = fact->what;
            view->since_ms = fact->when_ms;
        }
        break;
    case FACT_CHANNEL_CHECK:
        if (fact->when_ms >= view->checked_ms) { /* Q3: anybody may test the line */
            view->checked_ms = fact->when_ms;
            view->last_check = fact->what;
        }
        break;
    case FACT_ROUND:
        view->rounds++;
        break;
    case FACT_CONTACT:
        view->contacts++;
        break;
    case FACT_POSITION:
        view->positions++;
        break;
    case FACT_MANDATE:
        view->mandates++;
        break;
    default:
        break;
    }
}

enum entente_error
consultation_dialogue(const struct consultation *consultation, const struct digest *dialogue,
    struct dialogue_view *view)
{
    const struct object *object;
    const struct fact_note *note;
    struct fact fact;

    *view = (struct dialogue_view){0};
    enum entente_error error =
        object_of_type(consultation, dialogue, FACT_DIALOGUE, &object, &view->dialogue);
    if (error != ENTENTE_OK)
        return error;
    view->owner = object->made.slot;
    view->state = DIALOGUE_PROPOSED;
    for (uint32_t i = 0; error == ENTENTE_OK;) {
        error = object_next(consultation, object, 0, &i, &note, &fact);
        if (error == ENTENTE_OK)
            take_note(view, note, &fact);
    }
    if (error == ENTENTE_ERR_NOT_FOUND)
        return ENTENTE_OK;
    *view = (struct dialogue_view){0};
    return error;
}

enum entente_error
consultation_position(const struct consultation *consultation, const struct digest *dialogue,
    uint8_t slot, struct bytes office, struct fact *position)
{
    const struct object *object = consultation_object(consultation, dialogue);
    const struct fact_note *note;
    struct fact fact;
    bool has_found = false;
    enum entente_error error = object != NULL ? ENTENTE_OK : ENTENTE_ERR_NOT_FOUND;

    *position = (struct fact){0};
    for (uint32_t i = 0; error == ENTENTE_OK;) {
        error = object_next(consultation, object, FACT_POSITION, &i, &note, &fact);
        if (error != ENTENTE_OK || note->slot != slot || !bytes_equal(fact.office, office))
            continue;
        *position = fact;
        has_found = true;
    }
    return error == ENTENTE_ERR_NOT_FOUND && has_found ? ENTENTE_OK : error;
}

enum entente_error
dialogue_hash(
    const struct consultation *consultation, const struct object *object, struct hasher *hasher)
{
    struct dialogue_view view;
    enum entente_error error = consultation_dialogue(consultation, &object->id, &view);

    hash_number(hasher, view.owner, 1);
    hash_number(hasher, view.state, 1);
    hash_number(hasher, view.since_ms, 8);
    hash_number(hasher, view.last_check, 1);
    hash_number(hasher, view.checked_ms, 8);
    hash_number(hasher, view.rounds, 4);
    hash_number(hasher, view.positions, 4);
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}
