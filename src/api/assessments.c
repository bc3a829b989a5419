/* Assessments: who gave what, who holds it, who was asked for it back.  PROTOCOL.md section 20. */
#include "api/accounts.h"
#include "api/handling.h"
#include "files/files.h"

#include "format/marking.h"

static const char *const holding_words[] = {"whole", "partly", "none"};
static const struct words holdings = WORDS(holding_words);
static const char *const answer_words[] = {"deleted", "kept"};
static const struct words withdrawal_answers = WORDS(answer_words);

/* ---- showing ---- */

static json_t *
json_of_marking(const struct marking *marking)
{
    uint8_t text[MARKING_PRINTED_BYTES_MAX];
    struct writer writer = writer_of(text, sizeof text);

    marking_print(&writer, marking);
    return json_of_utf8(writer_written(&writer));
}

static bool
holds_some(const struct assessment_holder *holder)
{
    return holder->holding == HOLDING_WHOLE || holder->holding == HOLDING_PARTLY;
}

static const char *
name_of_holding(const struct assessment_state *state, uint8_t slot)
{
    const struct assessment_holder *holder = &state->holders[slot];

    if (assessment_owes_answer(state, slot))
        return "withdrawal-not-acknowledged";
    if (holder->answer == WITHDRAWAL_DELETED)
        return "deleted";
    if (holder->answer == WITHDRAWAL_KEPT)
        return "kept";
    return holds_some(holder) ? "held" : "offered";
}

/* All to whom it is released, and who said something of it all the same. */
static json_t *
json_of_ledger(struct room *room, const struct assessment_state *state)
{
    json_t *list = json_array();

    for (uint8_t slot = 0; slot < state->parties; slot++) {
        const struct assessment_holder *holder = &state->holders[slot];
        if (!assessment_is_released(state, slot) && holder->holding == 0 && holder->answer == 0)
            continue;
        json_t *made = json_object();
        put_party(&made, room, "slot", "party", slot);
        json_put(&made, "state", json_string(name_of_holding(state, slot)));
        json_put(&made, "chunks", json_integer(holder->chunks < 16384 ? holder->chunks : 16384));
        json_put(&made, "time",
            json_of_time(holder->answer != 0 ? holder->answered_ms : holder->when_ms));
        json_put(&made, "text", json_of_utf8(holder->reason));
        json_add(&list, made);
    }
    return list;
}

static json_t *
json_of_assessment(
    struct room *room, const struct object *object, const struct assessment_state *state)
{
    const struct fact *fact = &state->assessment;
    uint32_t everybody = (UINT32_C(1) << room_parties(room)) - 1;
    json_t *made = json_object();

    json_put(&made, "id", json_of_id(object_id(object)));
    put_party(&made, room, "slot", "party", state->giver);
    json_put(&made, "file", json_of_value(&fact->root));
    json_put(&made, "sha256", json_of_value(&fact->sha256));
    json_put(&made, "name", json_of_utf8(fact->name));
    json_put(&made, "media_type", json_of_utf8(fact->media_type));
    put_text(&made, fact);
    json_put(&made, "size", json_integer((json_int_t)fact->size));
    json_put(&made, "marking", json_of_marking(&fact->marking));
    json_put(&made, "releasable_to", json_of_slots(fact->marking.parties & everybody));
    json_put(&made, "about", json_of_id(&fact->subject));
    json_put(&made, "previous", json_of_id(&fact->previous));
    json_put(&made, "newer", json_of_id(&state->newer));
    json_put(&made, "version", json_integer(state->version));
    json_put(&made, "is_withdrawn", json_boolean(state->is_withdrawn));
    json_put(&made, "reason", json_of_utf8(state->reason));
    json_put(&made, "ledger", json_of_ledger(room, state));
    json_put(&made, "origin", json_of_origin_at(room, &object_made_by(object)->place));
    return made;
}

/* NOT_FOUND also where the marking keeps it from this party's people (V3). */
static enum entente_error
show_assessment(struct room *room, const struct object *object, json_t **shown)
{
    struct assessment_state state;

    *shown = NULL;
    enum entente_error error =
        consultation_assessment(room_consultation(room), object_id(object), &state);
    if (error == ENTENTE_OK && !assessment_is_released(&state, room_slot(room)))
        error = ENTENTE_ERR_NOT_FOUND;
    if (error == ENTENTE_OK)
        *shown = json_of_assessment(room, object, &state);
    return error;
}

static void
list_assessments(struct call *call)
{
    reply_objects(call, "assessments", FACT_ASSESSMENT, show_assessment);
}

bool
find_assessment(struct call *call, struct found_object *assessment, struct assessment_state *state)
{
    struct room *room = call_room(call);

    if (!find_object(call, "assessment", FACT_ASSESSMENT, assessment))
        return false;
    enum entente_error error =
        consultation_assessment(room_consultation(room), &assessment->id, state);
    if (error != ENTENTE_OK)
        call_fail(call, error);
    else if (!assessment_is_released(state, room_slot(room)))
        call_refuse(call, 403, "assessment", "V3",
            "its marking does not release it to this party: ask its giver, who is party %d",
            state->giver);
    else
        return true;
    return false;
}

static void
show_one_assessment(struct call *call)
{
    struct found_object assessment;
    struct assessment_state state;

    if (find_assessment(call, &assessment, &state))
        call_reply(call, 200, json_of_assessment(call_room(call), assessment.object, &state));
}

/* ---- writing ---- */

/* Who of the party says it. */
static struct bytes
name_of_account(const struct call *call)
{
    return bytes_of_text(call_account(call)->name);
}

/* What the node has of the file is what is said; without one, what the body says. */
static void
say_holding(struct call *call, const struct file_status *status)
{
    struct found_object assessment;
    struct assessment_state state;
    struct fact fact = {.what = HOLDING_WHOLE};
    uint64_t chunks = 0;

    if (!find_assessment(call, &assessment, &state))
        return;
    take_word(call, "holding", &holdings, &fact.what);
    call_field_number(call, "chunks", &chunks);
    if (status != NULL) {
        chunks = status->here;
        fact.what = status->here == 0                ? HOLDING_NONE
                    : status->here == status->chunks ? HOLDING_WHOLE
                                                     : HOLDING_PARTLY;
    }
    fact.object = assessment.id;
    fact.number = (uint32_t)chunks;
    fact.when_ms = call_now_ms(call);
    fact.name = name_of_account(call);
    write_fact(call, FACT_HOLDING, &fact);
}

static void
receive(struct call *call)
{
    struct found_object assessment;
    struct assessment_state state;

    if (find_assessment(call, &assessment, &state) &&
        !file_ask(call, &state.assessment.root, say_holding))
        say_holding(call, NULL);
}

static void
withdraw(struct call *call)
{
    struct found_object assessment;
    struct assessment_state state;
    struct fact fact = {
        .tag = bytes_of_text("und")}; /* where nothing is said, no language is meant */

    if (!find_assessment(call, &assessment, &state))
        return;
    if (state.giver != room_slot(call_room(call))) {
        call_refuse(call, 409, "assessment", "V4", "it is party %d's: only its giver withdraws it",
            state.giver);
        return;
    }
    if (state.is_withdrawn) {
        call_refuse(call, 409, "assessment", "V4", "it is withdrawn already, and for good");
        return;
    }
    take_text(call, &fact);
    fact.object = assessment.id;
    fact.when_ms = call_now_ms(call);
    write_fact(call, FACT_WITHDRAWAL, &fact);
}

static void
say_answer(struct call *call, const struct file_status *status)
{
    struct found_object assessment;
    struct assessment_state state;
    struct fact fact = {0};

    (void)status;
    if (!find_assessment(call, &assessment, &state))
        return;
    take_word(call, "is", &withdrawal_answers, &fact.what);
    call_field_text(call, "text", &fact.text);
    fact.object = state.withdrawal;
    fact.when_ms = call_now_ms(call);
    fact.name = name_of_account(call);
    write_fact(call, FACT_WITHDRAWAL_ANSWER, &fact);
}

/* Who says that it is deleted has it deleted first. */
static void
acknowledge(struct call *call)
{
    struct found_object assessment;
    struct assessment_state state;
    struct bytes text = {0};
    uint8_t what = 0;

    if (!find_assessment(call, &assessment, &state))
        return;
    if (!state.is_withdrawn) {
        call_refuse(
            call, 409, "assessment", "V5", "it was not withdrawn: there is nothing to answer");
        return;
    }
    take_word(call, "is", &withdrawal_answers, &what);
    call_field_text(call, "text", &text);
    if (what == WITHDRAWAL_KEPT && text.size == 0)
        call_refuse(call, 422, "/text", "V5", "text: why the copy is kept");
    else if (what != WITHDRAWAL_DELETED || !file_remove(call, &state.assessment.root, say_answer))
        say_answer(call, NULL);
}

const struct call_entry calls_of_assessments[] = {
    {.operation = "assessmentList", .run = list_assessments},
    {.operation = "assessmentShow", .run = show_one_assessment},
    {.operation = "assessmentReceive", .run = receive, .ended = file_asking_ended},
    {.operation = "assessmentWithdraw", .run = withdraw},
    {.operation = "assessmentAcknowledge", .run = acknowledge, .ended = file_asking_ended},
    {.operation = NULL},
};
