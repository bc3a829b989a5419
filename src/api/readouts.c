/* Readouts: what is published, when, and who speaks about it.  PROTOCOL.md section 21. */
#include "api/accounts.h"
#include "api/formats.h"
#include "api/handling.h"

/* ---- showing ---- */

static json_t *
show_publication(const struct shown *shown)
{
    json_t *made = json_object();

    put_party(&made, shown->room, "slot", "party", shown->note->slot);
    json_put(&made, "time", json_of_time(shown->fact->when_ms));
    json_put(&made, "where", json_of_utf8(shown->fact->name));
    put_note(&made, shown);
    return made;
}

static enum entente_error
put_spokespersons(json_t **answer, struct room *room, const struct digest *act)
{
    struct spokesperson person;
    json_t *list = json_array();
    enum entente_error error = ENTENTE_OK;

    for (uint32_t i = 0; error == ENTENTE_OK; i++) {
        error = consultation_spokesperson(room_consultation(room), act, i, &person);
        if (error != ENTENTE_OK)
            break;
        json_t *made = json_object();
        json_put(&made, "party", json_integer(person.slot));
        json_put(&made, "name", json_of_utf8(person.name));
        json_add(&list, made);
    }
    json_put(answer, "spokespersons", list);
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

/* The acts that correct this one, in the order of arrival. */
static json_t *
json_of_corrections(struct consultation *consultation, const struct digest *act)
{
    json_t *list = json_array();
    struct digest other;

    for (uint32_t i = 0; acts_at(consultation_acts(consultation), i, &other); i++) {
        struct proposal proposal;
        if (consultation_proposal(consultation, &other, &proposal) &&
            proposal.kind == ACT_CORRECTION && digest_equal(&proposal.subject, act))
            json_add(&list, json_of_id(&other));
    }
    return list;
}

static enum entente_error
put_readout_text(json_t **answer, struct room *room, const struct digest *root)
{
    json_t *text = NULL;
    enum entente_error error = text_show(room, root, &text);

    if (error == ENTENTE_OK)
        json_put(answer, "text", text);
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

enum entente_error
readout_show(
    struct room *room, const struct digest *act, uint64_t now_ms, bool with_text, json_t **shown)
{
    struct consultation *consultation = room_consultation(room);
    struct readout_state state;
    struct act_verdict verdict;
    json_t *made;

    *shown = NULL;
    enum entente_error error = consultation_readout(consultation, act, &state);
    if (error == ENTENTE_OK)
        error = acts_verdict(consultation_acts(consultation), act, &verdict);
    if (error != ENTENTE_OK)
        return error;
    made = json_object();
    json_put(&made, "act", json_of_id(act));
    json_put(&made, "verdict", json_of_verdict(&verdict));
    json_put(&made, "number", json_integer(state.number));
    json_put(&made, "embargo", json_of_time(state.embargo_ms));
    json_put(&made, "is_embargoed", json_boolean(now_ms < state.embargo_ms));
    json_put(&made, "corrections", json_of_corrections(consultation, act));
    error = put_spokespersons(&made, room, act);
    if (error == ENTENTE_OK)
        error = put_notes(&made, "publications", room, consultation_object(consultation, act),
            FACT_PUBLICATION, show_publication, NULL);
    if (error == ENTENTE_OK && with_text)
        error = put_readout_text(&made, room, &state.proposal.root);
    if (error == ENTENTE_OK)
        *shown = made;
    else
        json_decref(made);
    return error;
}

/* What a list of readouts holds, and how each is shown; NOT_FOUND: it is none of them. */
typedef enum entente_error (*show_one)(struct call *call, const struct digest *act, json_t **shown);

/* About the size of the files that are in it. */
static size_t
bytes_of_files(const json_t *shown)
{
    const json_t *files = json_object_get(shown, "files");
    size_t bytes = 1024;

    for (size_t i = 0; i < json_array_size(files); i++)
        bytes += json_string_length(json_object_get(json_array_get(files, i), "text"));
    return bytes;
}

static void
reply_readouts(struct call *call, show_one show)
{
    struct acts *acts = consultation_acts(room_consultation(call_room(call)));
    json_t *list = json_array();
    enum entente_error error = ENTENTE_OK;
    struct digest act;
    struct page page;
    bool has_more = false;

    if (!page_of_call(call, &page)) {
        json_decref(list);
        return;
    }
    for (; error == ENTENTE_OK && acts_at(acts, page.next, &act); page.next++) {
        json_t *shown = NULL;
        error = show(call, &act, &shown);
        has_more = error == ENTENTE_OK && (page.taken == page.limit || page.bytes >= PAGE_BYTES);
        if (has_more) {
            json_decref(shown);
            break;
        }
        page.taken += error == ENTENTE_OK;
        page.bytes += bytes_of_files(shown);
        if (error == ENTENTE_OK)
            json_add(&list, shown);
        else if (error == ENTENTE_ERR_NOT_FOUND)
            error = ENTENTE_OK;
    }
    reply_page(call, error, "readouts", list, &page, has_more);
}

static enum entente_error
show_listed(struct call *call, const struct digest *act, json_t **shown)
{
    return readout_show(call_room(call), act, call_now_ms(call), false, shown);
}

static void
list_readouts(struct call *call)
{
    reply_readouts(call, show_listed);
}

/* The readout of the path, and its act's verdict; false: the call was refused. */
static bool
find_readout(struct call *call, struct readout_state *state, struct act_verdict *verdict)
{
    struct consultation *consultation = room_consultation(call_room(call));
    struct proposal proposal;

    if (!find_act(call, &proposal))
        return false;
    enum entente_error error = consultation_readout(consultation, &proposal.act, state);
    if (error == ENTENTE_OK)
        error = acts_verdict(consultation_acts(consultation), &proposal.act, verdict);
    if (error == ENTENTE_ERR_NOT_FOUND)
        call_refuse(
            call, 404, "act", "N1", "act: this act is no readout, and no correction of one");
    else if (error != ENTENTE_OK)
        call_fail(call, error);
    return error == ENTENTE_OK;
}

static void
show_readout(struct call *call)
{
    struct readout_state state;
    struct act_verdict verdict;
    json_t *answer;

    if (!find_readout(call, &state, &verdict))
        return;
    enum entente_error error =
        readout_show(call_room(call), &state.proposal.act, call_now_ms(call), true, &answer);
    reply_or_fail(call, error, answer);
}

/* ---- for everybody ---- */

enum entente_error
readout_publication(
    struct room *room, const struct readout_state *state, uint64_t now_ms, uint64_t *when_ms)
{
    struct consultation *consultation = room_consultation(room);
    const struct object *object = consultation_object(consultation, &state->proposal.act);
    const struct fact_note *note;
    struct act_verdict verdict;
    struct fact fact;

    *when_ms = 0;
    enum entente_error error =
        acts_verdict(consultation_acts(consultation), &state->proposal.act, &verdict);
    if (error != ENTENTE_OK || !verdict.is_effective || now_ms < state->embargo_ms)
        return error;
    for (uint32_t i = 0; object != NULL && error == ENTENTE_OK && *when_ms == 0;) {
        error = object_next(consultation, object, FACT_PUBLICATION, &i, &note, &fact);
        if (error == ENTENTE_OK && note->slot == room_slot(room))
            *when_ms = fact.when_ms;
    }
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

/* The words, and whose they are; nothing of who holds what, or when it was written. */
static enum entente_error
show_public(struct call *call, const struct digest *act, json_t **shown)
{
    struct room *room = call_room(call);
    struct consultation *consultation = room_consultation(room);
    struct readout_state state;
    struct text_state text;
    uint64_t when_ms;
    json_t *made = json_object();

    *shown = NULL;
    enum entente_error error = consultation_readout(consultation, act, &state);
    if (error == ENTENTE_OK)
        error = readout_publication(room, &state, call_now_ms(call), &when_ms);
    if (error == ENTENTE_OK && when_ms == 0)
        error = ENTENTE_ERR_NOT_FOUND;
    if (error == ENTENTE_OK)
        error = consultation_text(consultation, &state.proposal.root, &text);
    if (error == ENTENTE_OK)
        error = put_spokespersons(&made, room, act);
    if (error != ENTENTE_OK) {
        json_decref(made);
        return error;
    }
    json_put(&made, "act", json_of_id(act));
    json_put(&made, "root", json_of_value(&state.proposal.root));
    json_put(&made, "number", json_integer(state.number));
    json_put(&made, "published", json_of_time(when_ms));
    json_put(&made, "corrects",
        state.proposal.kind == ACT_CORRECTION ? json_of_id(&state.proposal.subject) : json_null());
    json_put(&made, "files", text_files(&text));
    *shown = made;
    return ENTENTE_OK;
}

static void
list_public_readouts(struct call *call)
{
    reply_readouts(call, show_public);
}

/* ---- writing ---- */

#define SPOKESPERSONS_BYTES_MAX (PARTIES_MAX * (2 + FACT_NAME_BYTES_MAX))

static bool
take_spokespersons(struct call *call, struct fact *fact, uint8_t *list)
{
    const json_t *given = json_object_get(call_body(call), "spokespersons"), *value;
    struct writer writer = writer_of(list, SPOKESPERSONS_BYTES_MAX);
    uint8_t own = room_slot(call_room(call));
    char pointer[48];
    size_t i;

    json_array_foreach((json_t *)given, i, value)
    {
        struct spokesperson person = {own, text_in(value, "name")};
        snprintf(pointer, sizeof pointer, "/spokespersons/%zu", i);
        if (json_integer_value(json_object_get(value, "party")) != own) {
            call_refuse(
                call, 422, pointer, "N2", "%s: a party names its own spokespersons only", pointer);
            return false;
        }
        spokesperson_write(&writer, &person);
    }
    fact->items_count = (uint16_t)json_array_size(given);
    fact->items = writer_written(&writer);
    return true;
}

static void
create_readout(struct call *call)
{
    struct fact fact = {0};
    struct readout_state state;
    uint8_t spokespersons[SPOKESPERSONS_BYTES_MAX];

    if (!take_act(call, "act", &fact.object))
        return;
    enum entente_error error =
        consultation_readout(room_consultation(call_room(call)), &fact.object, &state);
    if (error != ENTENTE_OK) {
        call_refuse(
            call, 409, "/act", "N1", "act: this act is no readout, and no correction of one");
        return;
    }
    bool is_proposer = state.proposal.slot == room_slot(call_room(call));
    if (!is_proposer && (has_field(call, "embargo") || has_field(call, "number"))) {
        call_refuse(call, 409, has_field(call, "embargo") ? "/embargo" : "/number", "N1",
            "number and embargo are the word of the readout's proposer, who is party %d",
            state.proposal.slot);
        return;
    }
    uint64_t number = state.number;
    call_field_number(call, "number", &number);
    fact.number = (uint32_t)number;
    fact.when_ms = is_proposer ? state.embargo_ms : 0;
    call_field_time(call, "embargo", &fact.when_ms);
    if (take_spokespersons(call, &fact, spokespersons))
        write_fact(call, FACT_READOUT, &fact);
}

/* N3 */
static bool
may_publish(struct call *call, const struct readout_state *state, const struct act_verdict *verdict,
    uint64_t when_ms)
{
    if (!verdict->is_effective) {
        call_refuse(call, 409, "act", "N3",
            verdict->is_dead
                ? "the readout is dead: it will never be agreed"
                : "the readout is not effective: not all parties have signed and ratified it");
        return false;
    }
    if (call_now_ms(call) < state->embargo_ms || when_ms < state->embargo_ms) {
        char text[TIME_TEXT_BYTES];
        time_to_text(text, state->embargo_ms);
        call_refuse(call, 409, "act", "N3", "the readout is under embargo until %s", text);
        return false;
    }
    if (when_ms > call_now_ms(call)) {
        call_refuse(call, 422, "/time", "N3", "time: it is published when it is, not later");
        return false;
    }
    return true;
}

/* N2: a holder speaks for the party anyhow; a spokesperson about what the party named him for. */
static bool
may_speak(struct call *call, const struct readout_state *state)
{
    struct room *room = call_room(call);
    const struct account *account = call_account(call);
    struct spokesperson person;
    enum entente_error error = ENTENTE_OK;
    bool may = (account->roles >> ROLE_HOLDER & 1) != 0;

    for (uint32_t i = 0; !may && error == ENTENTE_OK; i++) {
        error =
            consultation_spokesperson(room_consultation(room), &state->proposal.act, i, &person);
        may = error == ENTENTE_OK && person.slot == room_slot(room) &&
              bytes_equal(person.name, bytes_of_text(account->name));
    }
    if (error != ENTENTE_OK && error != ENTENTE_ERR_NOT_FOUND)
        call_fail(call, error);
    else if (!may)
        call_refuse(call, 403, NULL, "N2",
            "%s is none of this party's spokespersons for this readout: a holder or secretary names them",
            account->name);
    return may;
}

static void
publish(struct call *call)
{
    struct readout_state state;
    struct act_verdict verdict;
    struct fact fact = {0};

    if (!find_readout(call, &state, &verdict))
        return;
    call_field_text(call, "where", &fact.name);
    take_time_or_now(call, "time", &fact.when_ms);
    if (!may_publish(call, &state, &verdict, fact.when_ms) || !may_speak(call, &state))
        return;
    fact.object = state.proposal.act;
    write_fact(call, FACT_PUBLICATION, &fact);
}

const struct call_entry calls_of_readouts[] = {
    {.operation = "readoutList", .run = list_readouts},
    {.operation = "readoutShow", .run = show_readout},
    {.operation = "readoutCreate", .run = create_readout},
    {.operation = "readoutPublish", .run = publish},
    {.operation = "publicReadouts", .run = list_public_readouts},
    {.operation = NULL},
};
