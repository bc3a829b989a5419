/* Commitments: the giver's word and the receivers'.  PROTOCOL.md section 16. */
#include "api/handling.h"
#include "api/last_words.h"

#include <stdlib.h>

static const char *const change_words[] = {"withdrawn", "due", "quantity"};
static const struct words changes = WORDS(change_words);
static const char *const verdict_words[] = {"confirmed", "disputed"};
static const struct words verdicts = WORDS(verdict_words);

/* ---- showing ---- */

static bool
is_receiver(const struct pledge_state *state, uint8_t slot)
{
    return (state->pledge.parties >> slot & 1) != 0;
}

static void
put_claim(json_t **made, const struct shown *shown, const struct pledge_state *state)
{
    json_put(made, "quantity", json_of_decimal(shown->fact->quantity, state->pledge.scale));
    json_put(made, "time", json_of_time(shown->fact->when_ms));
    json_put(made, "evidence", json_of_id(&shown->fact->subject));
    json_put(made, "text", json_of_utf8(shown->fact->text));
    put_note(made, shown);
}

/* What shows a receipt: the commitment, and of each party the last word about the delivery (D3). */
struct receipts {
    const struct pledge_state *state;
    struct last_words last;
};

static json_t *
show_receipt(const struct shown *shown)
{
    const struct receipts *receipts = shown->context;
    json_t *made = json_object();

    put_party(&made, shown->room, "slot", "party", shown->note->slot);
    json_put(&made, "verdict", json_of_word(&verdicts, shown->fact->what));
    json_put(&made, "counts",
        json_boolean(is_receiver(receipts->state, shown->note->slot) &&
                     last_words_has(&receipts->last, shown->note, shown->fact)));
    put_claim(&made, shown, receipts->state);
    return made;
}

static json_t *
show_delivery(const struct shown *shown)
{
    const struct object *delivery =
        consultation_object(room_consultation(shown->room), &shown->note->object);
    struct receipts receipts = {.state = shown->context};
    json_t *made = json_object();
    enum entente_error error =
        last_words_find(&receipts.last, shown->room, delivery, FACT_RECEIPT, key_none);

    put_claim(&made, shown, receipts.state);
    if (error == ENTENTE_OK)
        error = put_notes(
            &made, "receipts", shown->room, delivery, FACT_RECEIPT, show_receipt, &receipts);
    free(receipts.last.list);
    if (error == ENTENTE_OK)
        return made;
    json_decref(made);
    return NULL;
}

/* Only the giver's deliveries are any (D2). */
static enum entente_error
put_deliveries(json_t **answer, struct room *room, const struct object *object,
    const struct pledge_state *state)
{
    struct fact fact;
    struct shown shown = {.room = room, .fact = &fact, .context = state};
    json_t *list = json_array();
    enum entente_error error = ENTENTE_OK;

    for (uint32_t i = 0; error == ENTENTE_OK;) {
        error = object_next(room_consultation(room), object, FACT_DELIVERY, &i, &shown.note, &fact);
        if (error == ENTENTE_OK && shown.note->slot == state->giver)
            json_add(&list, show_delivery(&shown));
    }
    json_put(answer, "deliveries", list);
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

static json_t *
show_change(const struct shown *shown)
{
    const struct pledge_state *state = shown->context;
    const struct fact *fact = shown->fact;
    json_t *made = json_object();

    json_put(&made, "what", json_of_word(&changes, fact->what));
    json_put(&made, "quantity",
        fact->what == PLEDGE_QUANTITY ? json_of_decimal(fact->quantity, state->pledge.scale)
                                      : json_null());
    json_put(&made, "due", fact->what == PLEDGE_DUE ? json_of_time(fact->when_ms) : json_null());
    json_put(&made, "text", json_of_utf8(fact->text));
    json_put(&made, "counts", json_boolean(shown->note->slot == state->giver));
    json_put(&made, "origin", json_of_origin_at(shown->room, &shown->note->place));
    return made;
}

static json_t *
json_of_commitment(struct room *room, const struct object *object, const struct pledge_state *state)
{
    uint8_t scale = state->pledge.scale;
    json_t *made = json_object();

    json_put(&made, "id", json_of_id(object_id(object)));
    put_party(&made, room, "giver", "giver_party", state->giver);
    json_put(&made, "receivers", json_of_slots(state->pledge.parties));
    json_put(&made, "name", json_of_utf8(state->pledge.name));
    put_text(&made, &state->pledge);
    json_put(&made, "act", json_of_id(&state->pledge.subject));
    json_put(&made, "unit", json_of_utf8(state->pledge.label));
    json_put(&made, "due", json_of_time(state->due_ms));
    json_put(&made, "is_withdrawn", json_boolean(state->is_withdrawn));
    json_put(&made, "pledged", json_of_decimal(state->pledged, scale));
    json_put(&made, "delivered", json_of_decimal(state->delivered, scale));
    json_put(&made, "confirmed", json_of_decimal(state->confirmed, scale));
    json_put(&made, "disputed", json_of_decimal(state->disputed, scale));
    json_put(&made, "origin", json_of_origin_at(room, &object_made_by(object)->place));
    return made;
}

static enum entente_error
show_commitment(struct room *room, const struct object *object, json_t **shown)
{
    struct pledge_state state;
    enum entente_error error =
        consultation_pledge(room_consultation(room), object_id(object), &state);

    *shown = error == ENTENTE_OK ? json_of_commitment(room, object, &state) : NULL;
    return error;
}

static void
list_commitments(struct call *call)
{
    reply_objects(call, "commitments", FACT_PLEDGE, show_commitment);
}

/* ---- finding ---- */

static bool
find_state(struct call *call, const struct digest *pledge, struct pledge_state *state)
{
    enum entente_error error =
        consultation_pledge(room_consultation(call_room(call)), pledge, state);

    if (error != ENTENTE_OK)
        call_fail(call, error);
    return error == ENTENTE_OK;
}

static bool
find_pledge(struct call *call, struct found_object *pledge, struct pledge_state *state)
{
    return find_object(call, "commitment", FACT_PLEDGE, pledge) &&
           find_state(call, &pledge->id, state);
}

static void
show_whole_commitment(struct call *call)
{
    struct room *room = call_room(call);
    struct found_object pledge;
    struct pledge_state state;

    if (!find_pledge(call, &pledge, &state))
        return;
    json_t *answer = json_of_commitment(room, pledge.object, &state);
    enum entente_error error = put_deliveries(&answer, room, pledge.object, &state);
    if (error == ENTENTE_OK)
        error = put_notes(
            &answer, "changes", room, pledge.object, FACT_PLEDGE_CHANGE, show_change, &state);
    reply_or_fail(call, error, answer);
}

/* D2 */
static bool
is_giver(struct call *call, const struct pledge_state *state)
{
    if (state->giver == room_slot(call_room(call)))
        return true;
    call_refuse(call, 409, "commitment", "D2",
        "this commitment is party %d's: only its giver changes it and delivers on it",
        state->giver);
    return false;
}

/* ---- writing ---- */

/* The quantity in the units of the pledge (D4): 2.5 is 250 where it has two digits behind the
 * point. */
static bool
take_quantity(struct call *call, uint8_t scale, uint64_t *quantity)
{
    uint8_t given = 0;

    if (!call_field_decimal(call, "quantity", quantity, &given))
        return true;
    for (; given > scale && *quantity % 10 == 0; given--)
        *quantity /= 10;
    if (given > scale) {
        call_refuse(call, 422, "/quantity", "D4",
            "quantity: the commitment was pledged with %d digits behind the point, and counts no "
            "smaller parts",
            scale);
        return false;
    }
    for (; given < scale; given++)
        if (__builtin_mul_overflow(*quantity, UINT64_C(10), quantity)) {
            call_refuse(call, 422, "/quantity", "D4", "quantity: too large to be counted");
            return false;
        }
    return true;
}

static void
pledge(struct call *call)
{
    struct fact fact = {0};

    call_field_decimal(call, "quantity", &fact.quantity, &fact.scale);
    call_field_time(call, "due", &fact.when_ms);
    call_field_text(call, "unit", &fact.label);
    call_field_text(call, "name", &fact.name);
    take_text(call, &fact);
    if (!take_slots(call, "receivers", &fact.parties) || !take_act(call, "act", &fact.subject))
        return;
    if ((fact.parties >> room_slot(call_room(call)) & 1) != 0) {
        call_refuse(call, 422, "/receivers", "D1", "receivers: the giver is none of them");
        return;
    }
    write_fact(call, FACT_PLEDGE, &fact);
}

static void
change_pledge(struct call *call)
{
    struct found_object found;
    struct pledge_state state;
    struct fact fact = {0};

    if (!find_pledge(call, &found, &state) || !is_giver(call, &state) ||
        !take_quantity(call, state.pledge.scale, &fact.quantity))
        return;
    take_word(call, "what", &changes, &fact.what);
    call_field_time(call, "due", &fact.when_ms);
    call_field_text(call, "text", &fact.text);
    if (state.is_withdrawn) {
        call_refuse(call, 409, "commitment", "D2", "the commitment is withdrawn, and stays so");
        return;
    }
    bool wants_quantity = fact.what == PLEDGE_QUANTITY, wants_due = fact.what == PLEDGE_DUE;
    if (has_field(call, "quantity") != wants_quantity || has_field(call, "due") != wants_due) {
        bool is_quantity = has_field(call, "quantity") != wants_quantity;
        call_refuse(call, 422, is_quantity ? "/quantity" : "/due", NULL,
            "%s belongs to a change of it, and to no other", is_quantity ? "quantity" : "due");
        return;
    }
    fact.object = found.id;
    write_fact(call, FACT_PLEDGE_CHANGE, &fact);
}

static void
deliver(struct call *call)
{
    struct found_object found;
    struct pledge_state state;
    struct fact fact = {0};

    if (!find_pledge(call, &found, &state) || !is_giver(call, &state) ||
        !take_quantity(call, state.pledge.scale, &fact.quantity) ||
        !take_known(call, "evidence", &fact.subject))
        return;
    call_field_text(call, "text", &fact.text);
    take_time_or_now(call, "time", &fact.when_ms);
    fact.object = found.id;
    write_fact(call, FACT_DELIVERY, &fact);
}

static void
receive(struct call *call)
{
    uint8_t own = room_slot(call_room(call));
    struct found_object delivery;
    struct pledge_state state;
    struct fact fact = {0};

    if (!find_object(call, "delivery", FACT_DELIVERY, &delivery) ||
        !find_state(call, &delivery.fact.object, &state))
        return;
    if (object_made_by(delivery.object)->slot != state.giver) {
        call_refuse(
            call, 409, "delivery", "D2", "what is claimed here is not of the commitment's giver");
        return;
    }
    if (!is_receiver(&state, own)) {
        call_refuse(call, 409, "delivery", "D3",
            "this party is no receiver of the commitment: only receivers confirm or dispute");
        return;
    }
    if (!take_quantity(call, state.pledge.scale, &fact.quantity) ||
        !take_known(call, "evidence", &fact.subject))
        return;
    take_word(call, "verdict", &verdicts, &fact.what);
    call_field_text(call, "text", &fact.text);
    take_time_or_now(call, "time", &fact.when_ms);
    fact.object = delivery.id;
    write_fact(call, FACT_RECEIPT, &fact);
}

const struct call_entry calls_of_commitments[] = {
    {.operation = "commitmentList", .run = list_commitments},
    {.operation = "commitmentShow", .run = show_whole_commitment},
    {.operation = "commitmentPledge", .run = pledge},
    {.operation = "commitmentChange", .run = change_pledge},
    {.operation = "deliveryAdd", .run = deliver},
    {.operation = "receiptAdd", .run = receive},
    {.operation = NULL},
};
