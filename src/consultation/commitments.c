/* Commitments: PROTOCOL.md section 16.  The giver's word and the receiver's are kept apart. */
#include "consultation/internal.h"

static uint64_t
add(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* D3: of each receiver the last word about the delivery counts, for what it says. */
static enum entente_error
add_receipts(const struct consultation *consultation, const struct object *delivery,
    uint32_t receivers, struct pledge_state *state)
{
    const struct fact_note *note;
    struct fact fact, last = {0};
    int slot = -1;
    enum entente_error error = ENTENTE_OK;

    for (uint32_t i = 0; error == ENTENTE_OK;) {
        error = object_next(consultation, delivery, FACT_RECEIPT, &i, &note, &fact);
        bool is_other = error != ENTENTE_OK || note->slot != slot;
        if (is_other && slot >= 0 && last.what == RECEIPT_CONFIRMED)
            state->confirmed = add(state->confirmed, last.quantity);
        if (is_other && slot >= 0 && last.what == RECEIPT_DISPUTED)
            state->disputed = add(state->disputed, last.quantity);
        if (error != ENTENTE_OK)
            break;
        slot = (receivers >> note->slot & 1) != 0 ? note->slot : -1;
        last = fact;
    }
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

static void
change(struct pledge_state *state, const struct fact *fact)
{
    switch ((enum pledge_change)fact->what) {
    case PLEDGE_WITHDRAWN:
        state->is_withdrawn = true;
        break;
    case PLEDGE_DUE:
        state->due_ms = fact->when_ms;
        break;
    case PLEDGE_QUANTITY:
        state->pledged = fact->quantity;
        break;
    }
}

static enum entente_error
add_notes(const struct consultation *consultation, const struct object *object,
    struct pledge_state *state)
{
    const struct fact_note *note;
    struct fact fact;
    enum entente_error error = ENTENTE_OK;

    for (uint32_t i = 0; error == ENTENTE_OK;) {
        error = object_next(consultation, object, 0, &i, &note, &fact);
        if (error != ENTENTE_OK || note->slot != state->giver)
            continue; /* D2: of a pledge, only its giver speaks */
        if (note->type == FACT_PLEDGE_CHANGE)
            change(state, &fact);
        if (note->type != FACT_DELIVERY)
            continue;
        state->deliveries++;
        state->delivered = add(state->delivered, fact.quantity);
        error = add_receipts(consultation, consultation_object(consultation, &note->object),
            state->pledge.parties, state);
    }
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

enum entente_error
consultation_pledge(const struct consultation *consultation, const struct digest *pledge,
    struct pledge_state *state)
{
    const struct object *object;

    *state = (struct pledge_state){0};
    enum entente_error error =
        object_of_type(consultation, pledge, FACT_PLEDGE, &object, &state->pledge);
    if (error == ENTENTE_OK) {
        state->giver = object->made.slot;
        state->due_ms = state->pledge.when_ms;
        state->pledged = state->pledge.quantity;
        error = add_notes(consultation, object, state);
    }
    if (error != ENTENTE_OK)
        *state = (struct pledge_state){0};
    return error;
}

enum entente_error
pledge_hash(
    const struct consultation *consultation, const struct object *object, struct hasher *hasher)
{
    struct pledge_state state;
    enum entente_error error = consultation_pledge(consultation, &object->id, &state);

    hash_number(hasher, state.is_withdrawn, 1);
    hash_number(hasher, state.due_ms, 8);
    hash_number(hasher, state.pledged, 8);
    hash_number(hasher, state.delivered, 8);
    hash_number(hasher, state.confirmed, 8);
    hash_number(hasher, state.disputed, 8);
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}
