/* Dialogues with outside parties.  PROTOCOL.md section 17. */
#include "api/handling.h"
#include "api/last_words.h"

#include <stdlib.h>

static const char *const state_words[] = {"proposed", "open", "broken-off", "resumed", "closed"};
static const struct words states = WORDS(state_words);
static const char *const outcome_words[] = {
    "under-way", "agreed", "adjourned", "failed", "collapsed"};
static const struct words outcomes = WORDS(outcome_words);
static const char *const result_words[] = {"answered", "silent", "refused"};
static const struct words results = WORDS(result_words);
static const char *const mandate_words[] = {"speaks", "line"};
static const struct words mandates = WORDS(mandate_words);

/* ---- showing ---- */

static json_t *
show_round(const struct shown *shown)
{
    json_t *made = json_object();

    json_put(&made, "number", json_integer(shown->fact->number));
    json_put(&made, "outcome", json_of_word(&outcomes, shown->fact->what));
    json_put(&made, "begins", json_of_time(shown->fact->when_ms));
    json_put(&made, "ends", json_of_time(shown->fact->until_ms));
    json_put(&made, "place", json_of_utf8(shown->fact->name));
    put_text(&made, shown->fact);
    put_note(&made, shown);
    return made;
}

/* Q2: what others than the owner say of the state is shown as theirs.  `context`: the dialogue. */
static json_t *
show_state(const struct shown *shown)
{
    const struct dialogue_view *view = shown->context;
    json_t *made = json_object();

    json_put(&made, "state", json_of_word(&states, shown->fact->what));
    json_put(&made, "since", json_of_time(shown->fact->when_ms));
    put_text(&made, shown->fact);
    json_put(&made, "counts", json_boolean(shown->note->slot == view->owner));
    put_note(&made, shown);
    return made;
}

static json_t *
show_check(const struct shown *shown)
{
    json_t *made = json_object();

    json_put(&made, "result", json_of_word(&results, shown->fact->what));
    json_put(&made, "time", json_of_time(shown->fact->when_ms));
    json_put(&made, "channel", json_of_utf8(shown->fact->label));
    json_put(&made, "text", json_of_utf8(shown->fact->text));
    put_note(&made, shown);
    return made;
}

static json_t *
show_contact(const struct shown *shown)
{
    json_t *made = json_object();

    json_put(&made, "time", json_of_time(shown->fact->when_ms));
    json_put(&made, "person", json_of_utf8(shown->fact->name));
    json_put(&made, "channel", json_of_utf8(shown->fact->label));
    put_text(&made, shown->fact);
    put_note(&made, shown);
    return made;
}

/* `context`: the last words of each party's offices (Q4). */
static json_t *
show_position(const struct shown *shown)
{
    json_t *made = json_object();

    put_party(&made, shown->room, "slot", "party", shown->note->slot);
    json_put(&made, "office", json_of_utf8(shown->fact->office));
    put_text(&made, shown->fact);
    json_put(
        &made, "is_last", json_boolean(last_words_has(shown->context, shown->note, shown->fact)));
    put_note(&made, shown);
    return made;
}

static json_t *
show_mandate(const struct shown *shown)
{
    json_t *made = json_object();

    json_put(&made, "kind", json_of_word(&mandates, shown->fact->what));
    json_put(&made, "slot", json_integer(shown->fact->slot));
    json_put(&made, "name", json_of_utf8(shown->fact->name));
    json_put(&made, "act", json_of_id(&shown->fact->subject));
    put_text(&made, shown->fact);
    put_note(&made, shown);
    return made;
}

static json_t *
json_of_dialogue(struct room *room, const struct object *object, const struct dialogue_view *view)
{
    json_t *made = json_object();

    json_put(&made, "id", json_of_id(object_id(object)));
    put_party(&made, room, "owner", "owner_party", view->owner);
    json_put(&made, "outside_party", json_of_utf8(view->dialogue.name));
    json_put(&made, "channel", json_of_utf8(view->dialogue.label));
    put_text(&made, &view->dialogue);
    json_put(&made, "state", json_of_word(&states, view->state));
    json_put(&made, "since", json_of_time(view->since_ms));
    json_put(&made, "last_check", json_of_word(&results, view->last_check));
    json_put(&made, "checked", json_of_time(view->checked_ms));
    json_put(&made, "origin", json_of_origin_at(room, &object_made_by(object)->place));
    return made;
}

static enum entente_error
show_dialogue(struct room *room, const struct object *object, json_t **shown)
{
    struct dialogue_view view;
    enum entente_error error =
        consultation_dialogue(room_consultation(room), object_id(object), &view);

    *shown = error == ENTENTE_OK ? json_of_dialogue(room, object, &view) : NULL;
    return error;
}

static void
list_dialogues(struct call *call)
{
    reply_objects(call, "dialogues", FACT_DIALOGUE, show_dialogue);
}

static void
show_whole_dialogue(struct call *call)
{
    struct room *room = call_room(call);
    struct found_object found;
    struct dialogue_view view;

    if (!find_object(call, "dialogue", FACT_DIALOGUE, &found))
        return;
    struct last_words positions;
    enum entente_error error =
        last_words_find(&positions, room, found.object, FACT_POSITION, key_office);
    if (error == ENTENTE_OK)
        error = consultation_dialogue(room_consultation(room), &found.id, &view);
    const struct {
        const char *key;
        uint16_t type;
        show_note show;
        const void *context;
    } lists[] = {
        {"rounds", FACT_ROUND, show_round, NULL},
        {"states", FACT_DIALOGUE_STATE, show_state, &view},
        {"checks", FACT_CHANNEL_CHECK, show_check, NULL},
        {"contacts", FACT_CONTACT, show_contact, NULL},
        {"positions", FACT_POSITION, show_position, &positions},
        {"mandates", FACT_MANDATE, show_mandate, NULL},
    };
    json_t *answer = error == ENTENTE_OK ? json_of_dialogue(room, found.object, &view) : NULL;
    for (size_t i = 0; error == ENTENTE_OK && i < sizeof lists / sizeof lists[0]; i++)
        error = put_notes(&answer, lists[i].key, room, found.object, lists[i].type, lists[i].show,
            lists[i].context);
    free(positions.list);
    reply_or_fail(call, error, answer);
}

/* ---- writing ---- */

static void
create_dialogue(struct call *call)
{
    struct fact fact = {0};

    call_field_text(call, "outside_party", &fact.name);
    call_field_text(call, "channel", &fact.label);
    take_text(call, &fact);
    write_fact(call, FACT_DIALOGUE, &fact);
}

/* Begins a fact about the dialogue of the path, which has a text; false: the call was refused. */
static bool
begin_fact(struct call *call, struct fact *fact)
{
    struct found_object dialogue;

    *fact = (struct fact){0};
    if (!find_object(call, "dialogue", FACT_DIALOGUE, &dialogue))
        return false;
    fact->object = dialogue.id;
    take_text(call, fact);
    return true;
}

/* Anybody may: what is said by another than the owner is shown as theirs, and decides nothing (Q2).
 */
static void
set_state(struct call *call)
{
    struct fact fact;

    if (!begin_fact(call, &fact))
        return;
    take_word(call, "state", &states, &fact.what);
    take_time_or_now(call, "time", &fact.when_ms);
    write_fact(call, FACT_DIALOGUE_STATE, &fact);
}

static void
add_round(struct call *call)
{
    struct fact fact;
    uint64_t number = 0;

    call_field_number(call, "number", &number);
    if (!begin_fact(call, &fact))
        return;
    take_word(call, "outcome", &outcomes, &fact.what);
    call_field_text(call, "place", &fact.name);
    call_field_time(call, "begins", &fact.when_ms);
    call_field_time(call, "ends", &fact.until_ms);
    if (fact.until_ms != 0 && fact.until_ms < fact.when_ms) {
        call_refuse(call, 422, "/ends", NULL, "ends: the round would end before it begins");
        return;
    }
    fact.number = (uint32_t)number;
    write_fact(call, FACT_ROUND, &fact);
}

static void
add_check(struct call *call)
{
    struct fact fact;

    if (!begin_fact(call, &fact))
        return;
    take_word(call, "result", &results, &fact.what);
    call_field_text(call, "channel", &fact.label);
    take_time_or_now(call, "time", &fact.when_ms);
    write_fact(call, FACT_CHANNEL_CHECK, &fact);
}

static void
add_contact(struct call *call)
{
    struct fact fact;

    if (!begin_fact(call, &fact))
        return;
    call_field_text(call, "person", &fact.name);
    call_field_text(call, "channel", &fact.label);
    take_time_or_now(call, "time", &fact.when_ms);
    write_fact(call, FACT_CONTACT, &fact);
}

static void
add_position(struct call *call)
{
    struct room *room = call_room(call);
    uint8_t own = room_slot(room);
    struct fact fact;

    if (!begin_fact(call, &fact))
        return;
    call_field_text(call, "office", &fact.office);
    if (offices_named(consultation_offices(room_consultation(room), own), fact.office,
            register_count(room_register(room, own))) == 0) {
        call_refuse(call, 404, "/office", "Q4", "office: this party has no office of that name");
        return;
    }
    write_fact(call, FACT_POSITION, &fact);
}

static void
add_mandate(struct call *call)
{
    struct fact fact;

    if (!begin_fact(call, &fact) || !take_slot(call, "party", &fact.slot) ||
        !take_act(call, "act", &fact.subject))
        return;
    take_word(call, "kind", &mandates, &fact.what);
    call_field_text(call, "name", &fact.name);
    write_fact(call, FACT_MANDATE, &fact);
}

const struct call_entry calls_of_dialogues[] = {
    {.operation = "dialogueList", .run = list_dialogues},
    {.operation = "dialogueShow", .run = show_whole_dialogue},
    {.operation = "dialogueCreate", .run = create_dialogue},
    {.operation = "dialogueState", .run = set_state},
    {.operation = "roundAdd", .run = add_round},
    {.operation = "checkAdd", .run = add_check},
    {.operation = "contactAdd", .run = add_contact},
    {.operation = "positionAdd", .run = add_position},
    {.operation = "mandateAdd", .run = add_mandate},
    {.operation = NULL},
};
