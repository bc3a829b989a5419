/* Sessions, their agenda and conclusions.  PROTOCOL.md section 15. */
#include "api/handling.h"
#include "api/last_words.h"

#include <stdlib.h>

static const char *const step_words[] = {
    "take", "open", "suspend", "resume", "close", "call-item", "give-floor", "admit"};
static const struct words steps = WORDS(step_words);
static const char *const mode_words[] = {"room", "video", "telephone"};
static const struct words modes = WORDS(mode_words);
static const char *const attendance_words[] = {"join", "leave"};
static const struct words attendances = WORDS(attendance_words);
static const char *const queue_words[] = {"ask", "leave"};
static const struct words queues = WORDS(queue_words);
static const char *const status_words[] = {"called", "open", "suspended", "closed"};
static const struct words statuses = WORDS(status_words); /* enum session_status counts from 0 */

/* ---- items ---- */

static json_t *
show_conclusion(const struct shown *shown)
{
    json_t *made = json_object();

    json_put(&made, "number", json_integer(shown->fact->number));
    put_text(&made, shown->fact);
    put_note(&made, shown);
    return made;
}

static enum entente_error
put_conclusions(json_t **answer, struct room *room, const struct object *item)
{
    struct last_words words;
    json_t *list = json_array();
    enum entente_error error = last_words_find(&words, room, item, FACT_CONCLUSION, key_none);

    for (uint32_t i = 0; error == ENTENTE_OK && i < words.count; i++)
        json_add(
            &list, show_conclusion(&(struct shown){
                       .room = room, .note = words.list[i].note, .fact = &words.list[i].fact}));
    json_put(answer, "conclusions", list);
    free(words.list);
    return error;
}

static json_t *
show_paper(const struct shown *shown)
{
    json_t *made = json_object();

    json_put(&made, "paper", json_of_value(&shown->fact->subject));
    json_put(&made, "name", json_of_utf8(shown->fact->name));
    json_put(&made, "origin", json_of_origin_at(shown->room, &shown->note->place));
    return made;
}

/* `context`: the session's state. */
static json_t *
show_item(const struct shown *shown)
{
    const struct session_state *state = shown->context;
    const struct object *item =
        consultation_object(room_consultation(shown->room), &shown->note->object);
    json_t *made = json_object();

    json_put(&made, "number", json_integer(shown->fact->number));
    json_put(&made, "minutes", json_integer(shown->fact->minutes));
    put_party(&made, shown->room, "owner", "owner_party", shown->fact->slot);
    put_text(&made, shown->fact);
    json_put(&made, "is_current", json_boolean(digest_equal(&state->item, &shown->note->object)));
    json_put(&made, "statements", json_integer(object_under_count(item)));
    if (put_conclusions(&made, shown->room, item) != ENTENTE_OK ||
        put_notes(&made, "papers", shown->room, item, FACT_PAPER, show_paper, NULL) != ENTENTE_OK) {
        json_decref(made);
        return NULL;
    }
    put_note(&made, shown);
    return made;
}

/* `context`: the session. */
static json_t *
show_step(const struct shown *shown)
{
    json_t *made = json_object();
    bool counts;

    if (consultation_step_counts(
            room_consultation(shown->room), shown->context, shown->note, &counts) != ENTENTE_OK) {
        json_decref(made);
        return NULL;
    }
    json_put(&made, "step", json_of_word(&steps, shown->fact->what));
    json_put(&made, "term", json_integer(shown->fact->number));
    json_put(&made, "subject", json_of_id(&shown->fact->subject));
    json_put(&made, "counts", json_boolean(counts));
    json_put(&made, "origin", json_of_origin_at(shown->room, &shown->note->place));
    return made;
}

/* ---- persons (M5) ---- */

static json_t *
show_person(struct room *room, const struct last_word *person)
{
    json_t *made = json_object();

    put_party(&made, room, "slot", "party", person->note->slot);
    json_put(&made, "name", json_of_utf8(person->fact.name));
    json_put(&made, "office", json_of_utf8(person->fact.office));
    json_put(&made, "mode", json_of_word(&modes, person->fact.mode));
    json_put(&made, "since", json_of_time(person->fact.when_ms));
    json_put(&made, "is_here", json_boolean(person->fact.what == ATTENDANCE_JOIN));
    json_put(&made, "id", json_of_id(&person->note->object));
    json_put(&made, "origin", json_of_origin_at(room, &person->note->place));
    return made;
}

/* `context`: the attendance, as struct last_words. */
static json_t *
show_invited(const struct shown *shown)
{
    const struct last_words *attendance = shown->context;
    json_t *made = json_object();
    bool is_here = false;

    for (uint32_t i = 0; i < attendance->count && !is_here; i++)
        is_here = attendance->list[i].note->slot == shown->fact->slot &&
                  bytes_equal(attendance->list[i].fact.name, shown->fact->name) &&
                  attendance->list[i].fact.what == ATTENDANCE_JOIN;
    put_party(&made, shown->room, "slot", "party", shown->fact->slot);
    json_put(&made, "name", json_of_utf8(shown->fact->name));
    json_put(&made, "office", json_of_utf8(shown->fact->office));
    json_put(&made, "mode", json_null());
    json_put(&made, "since", json_null());
    json_put(&made, "is_here", json_boolean(is_here));
    put_note(&made, shown);
    return made;
}

static json_t *
show_queued(struct room *room, const struct last_word *person, const struct session_state *state)
{
    json_t *made = json_object();

    json_put(&made, "id", json_of_id(&person->note->object));
    put_party(&made, room, "slot", "party", person->note->slot);
    json_put(&made, "name", json_of_utf8(person->fact.name));
    json_put(&made, "item", json_of_id(&person->fact.subject));
    json_put(&made, "has_floor", json_boolean(digest_equal(&state->floor, &person->note->object)));
    json_put(&made, "origin", json_of_origin_at(room, &person->note->place));
    return made;
}

static enum entente_error
put_attendance(json_t **answer, struct room *room, const struct object *session)
{
    struct last_words persons;
    json_t *list = json_array();
    enum entente_error error = last_words_find(&persons, room, session, FACT_ATTENDANCE, key_name);

    for (uint32_t i = 0; error == ENTENTE_OK && i < persons.count; i++)
        json_add(&list, show_person(room, &persons.list[i]));
    json_put(answer, "attendance", list);
    if (error == ENTENTE_OK)
        error = put_notes(answer, "invited", room, session, FACT_INVITE, show_invited, &persons);
    free(persons.list);
    return error;
}

static enum entente_error
put_queue(json_t **answer, struct room *room, const struct object *session,
    const struct session_state *state)
{
    struct last_words persons;
    json_t *list = json_array();
    enum entente_error error = last_words_find(&persons, room, session, FACT_QUEUE, key_name);

    for (uint32_t i = 0; error == ENTENTE_OK && i < persons.count; i++)
        if (persons.list[i].fact.what == QUEUE_ASK)
            json_add(&list, show_queued(room, &persons.list[i], state));
    json_put(answer, "queue", list);
    free(persons.list);
    return error;
}

/* ---- a session ---- */

static json_t *
json_of_chairs(struct bytes chairs)
{
    json_t *list = json_array();

    for (size_t i = 0; i < chairs.size; i++)
        json_add(&list, json_integer(chairs.data[i]));
    return list;
}

static enum entente_error
show_session(struct room *room, const struct object *object, json_t **shown)
{
    struct session_state state;
    json_t *made = NULL;
    enum entente_error error =
        consultation_session(room_consultation(room), object_id(object), &state);

    *shown = NULL;
    if (error != ENTENTE_OK)
        return error;
    made = json_object();
    json_put(&made, "id", json_of_id(object_id(object)));
    json_put(&made, "name", json_of_utf8(state.call.name));
    put_text(&made, &state.call);
    json_put(&made, "begins", json_of_time(state.call.when_ms));
    json_put(&made, "ends", json_of_time(state.call.until_ms));
    json_put(&made, "status", json_of_word(&statuses, state.status + 1u));
    json_put(&made, "chairs", json_of_chairs(state.call.items));
    json_put(&made, "term", json_integer(state.term));
    put_party(&made, room, "chair", "chair_party", state.chair);
    json_put(&made, "item", json_of_id(&state.item));
    json_put(&made, "floor", json_of_id(&state.floor));
    json_put(&made, "attending", json_integer(state.attending));
    json_put(&made, "waiting", json_integer(state.waiting));
    json_put(&made, "origin", json_of_origin_at(room, &object_made_by(object)->place));
    *shown = made;
    return ENTENTE_OK;
}

static void
list_sessions(struct call *call)
{
    reply_objects(call, "sessions", FACT_SESSION, show_session);
}

/* The session of the path and its state; false: the call was refused. */
static bool
find_session(struct call *call, struct found_object *session, struct session_state *state)
{
    if (!find_object(call, "session", FACT_SESSION, session))
        return false;
    enum entente_error error =
        consultation_session(room_consultation(call_room(call)), &session->id, state);
    if (error != ENTENTE_OK)
        call_fail(call, error);
    return error == ENTENTE_OK;
}

static void
show_whole_session(struct call *call)
{
    struct room *room = call_room(call);
    struct found_object session;
    struct session_state state;
    json_t *answer;

    if (!find_session(call, &session, &state))
        return;
    enum entente_error error = show_session(room, session.object, &answer);
    if (error == ENTENTE_OK)
        error = put_notes(&answer, "items", room, session.object, FACT_ITEM, show_item, &state);
    if (error == ENTENTE_OK)
        error = put_attendance(&answer, room, session.object);
    if (error == ENTENTE_OK)
        error = put_queue(&answer, room, session.object, &state);
    if (error == ENTENTE_OK)
        error = put_notes(
            &answer, "chair_steps", room, session.object, FACT_CHAIR, show_step, &session.id);
    reply_or_fail(call, error, answer);
}

/* ---- writing ---- */

/* The chairs' order by party, each once; `chairs` has room for PARTIES_MAX. */
static bool
take_chairs(struct call *call, uint8_t *chairs, struct fact *fact)
{
    json_t *list = json_object_get(call_body(call), "chairs"), *value;
    uint32_t mask = 0;
    size_t i;

    if (!take_slots(call, "chairs", &mask))
        return false;
    json_array_foreach(list, i, value)
    {
        json_int_t slot = json_integer_value(value);
        if (i >= PARTIES_MAX || (mask >> slot & 1) == 0) {
            call_refuse(call, 422, "/chairs", "M1",
                "chairs: party %" JSON_INTEGER_FORMAT
                " is named twice; the order has each party once",
                slot);
            return false;
        }
        mask &= ~(UINT32_C(1) << slot);
        chairs[i] = (uint8_t)slot;
    }
    fact->items_count = (uint16_t)json_array_size(list);
    fact->items = (struct bytes){chairs, fact->items_count};
    return true;
}

static void
call_session(struct call *call)
{
    struct fact fact = {0};
    uint8_t chairs[PARTIES_MAX];

    call_field_time(call, "begins", &fact.when_ms);
    call_field_time(call, "ends", &fact.until_ms);
    call_field_text(call, "name", &fact.name);
    take_text(call, &fact);
    if (!take_chairs(call, chairs, &fact))
        return;
    if (fact.until_ms != 0 && fact.until_ms < fact.when_ms) {
        call_refuse(call, 422, "/ends", NULL, "ends: the session would end before it begins");
        return;
    }
    write_fact(call, FACT_SESSION, &fact);
}

/* What everybody here would see come late (M4) is refused to who knows of the close. */
static bool
find_running(struct call *call, struct found_object *session, struct session_state *state)
{
    if (!find_session(call, session, state))
        return false;
    if (state->status != SESSION_IS_CLOSED)
        return true;
    call_refuse(call, 409, "session", "M4",
        "the session is closed: what is written now is not the session's any more");
    return false;
}

static void
invite(struct call *call)
{
    struct found_object session;
    struct session_state state;
    struct fact fact = {0};

    if (!find_running(call, &session, &state) || !take_slot(call, "party", &fact.slot))
        return;
    call_field_text(call, "name", &fact.name);
    call_field_text(call, "office", &fact.office);
    fact.object = session.id;
    write_fact(call, FACT_INVITE, &fact);
}

static void
add_item(struct call *call)
{
    struct found_object session;
    struct session_state state;
    struct fact fact = {0};
    uint64_t number = 0, minutes = 0;

    call_field_number(call, "number", &number);
    call_field_number(call, "minutes", &minutes);
    if (!find_running(call, &session, &state) || !take_slot(call, "owner", &fact.slot))
        return;
    take_text(call, &fact);
    fact.object = session.id;
    fact.number = (uint32_t)number;
    fact.minutes = (uint16_t)minutes;
    write_fact(call, FACT_ITEM, &fact);
}

static void
attend(struct call *call)
{
    struct found_object session;
    struct session_state state;
    struct fact fact = {0};

    take_word(call, "step", &attendances, &fact.what);
    bool found = fact.what == ATTENDANCE_JOIN ? find_running(call, &session, &state)
                                              : find_session(call, &session, &state);
    if (!found)
        return;
    take_word(call, "mode", &modes, &fact.mode);
    call_field_text(call, "name", &fact.name);
    call_field_text(call, "office", &fact.office);
    take_time_or_now(call, "time", &fact.when_ms);
    fact.object = session.id;
    write_fact(call, FACT_ATTENDANCE, &fact);
}

/* The object of the field is about this session; otherwise 404, or 409 where it is another's. */
static bool
take_of_session(struct call *call, const char *field, uint16_t type, const struct digest *session,
    struct digest *subject)
{
    struct found_object found;

    if (!has_field(call, field))
        return true;
    if (!find_field(call, field, type, &found))
        return false;
    if (!digest_equal(&found.fact.object, session)) {
        char pointer[16];
        snprintf(pointer, sizeof pointer, "/%s", field);
        call_refuse(call, 409, pointer, "M1", "%s is of another session", field);
        return false;
    }
    *subject = found.id;
    return true;
}

static void
queue(struct call *call)
{
    struct found_object session;
    struct session_state state;
    struct fact fact = {0};

    if (!find_running(call, &session, &state) ||
        !take_of_session(call, "item", FACT_ITEM, &session.id, &fact.subject))
        return;
    take_word(call, "step", &queues, &fact.what);
    call_field_text(call, "name", &fact.name);
    fact.object = session.id;
    write_fact(call, FACT_QUEUE, &fact);
}

/* ---- the chair ---- */

/* The next term that is the own party's; false: none, and the call was refused. */
static bool
next_term(struct call *call, const struct session_state *state, uint32_t *term)
{
    uint8_t own = room_slot(call_room(call));
    const struct fact *chairs = &state->call;

    if (state->chair == own) {
        call_refuse(call, 409, "/step", "M2", "this party has the chair already");
        return false;
    }
    for (uint32_t i = 1; i <= chairs->items_count; i++) {
        *term = state->term + i;
        if (chairs->items.data[*term % chairs->items_count] == own && *term <= FACT_TERM_MAX)
            return true;
    }
    call_refuse(call, 409, "/step", "M2",
        "this party is not in the order of chairs of this session: only those in it take the chair");
    return false;
}

/* What a step presupposes of the session's state (M4). */
static bool
may_step(struct call *call, uint8_t step, uint8_t status)
{
    static const struct {
        uint8_t step, status;
        const char *detail;
    } wanted[] = {
        {CHAIR_OPEN, SESSION_CALLED, "the session was opened already: a suspended one is resumed"},
        {CHAIR_SUSPEND, SESSION_IS_OPEN, "only an open session is suspended"},
        {CHAIR_RESUME, SESSION_IS_SUSPENDED, "only a suspended session is resumed"},
    };

    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        if (wanted[i].step == step && wanted[i].status != status) {
            call_refuse(call, 409, "/step", "M4", "%s", wanted[i].detail);
            return false;
        }
    return true;
}

static bool
take_subject(struct call *call, const struct digest *session, struct fact *fact)
{
    uint16_t type = fact->what == CHAIR_ITEM    ? FACT_ITEM
                    : fact->what == CHAIR_FLOOR ? FACT_QUEUE
                                                : FACT_ATTENDANCE;

    if (fact->what < CHAIR_ITEM) {
        if (has_field(call, "subject"))
            call_refuse(call, 422, "/subject", NULL, "subject: this step has none");
        return !has_field(call, "subject");
    }
    if (fact->what == CHAIR_ADMIT && !has_field(call, "subject")) {
        call_refuse(
            call, 422, "/subject", NULL, "subject: the attendance that is admitted is missing");
        return false;
    }
    return take_of_session(call, "subject", type, session, &fact->subject);
}

static void
step(struct call *call)
{
    struct found_object session;
    struct session_state state;
    struct fact fact = {0};

    take_word(call, "step", &steps, &fact.what);
    if (!find_running(call, &session, &state) || !take_subject(call, &session.id, &fact))
        return;
    fact.object = session.id;
    fact.number = state.term;
    if (fact.what == CHAIR_TAKE) {
        if (!next_term(call, &state, &fact.number))
            return;
    } else if (state.chair != room_slot(call_room(call))) {
        call_refuse(call, 409, "/step", "M3",
            "the chair is party %d's: this party may take it where it is next in the order",
            state.chair);
        return;
    } else if (!may_step(call, fact.what, state.status)) {
        return;
    }
    write_fact(call, FACT_CHAIR, &fact);
}

/* ---- items ---- */

/* The item of the path, of a session that is not closed. */
static bool
find_item(struct call *call, struct found_object *item)
{
    struct session_state state;

    if (!find_object(call, "item", FACT_ITEM, item))
        return false;
    enum entente_error error =
        consultation_session(room_consultation(call_room(call)), &item->fact.object, &state);
    if (error == ENTENTE_ERR_NOT_FOUND ||
        (error == ENTENTE_OK && state.status != SESSION_IS_CLOSED))
        return true;
    if (error != ENTENTE_OK)
        call_fail(call, error);
    else
        call_refuse(call, 409, "item", "M4",
            "the session of this item is closed: what is written now is not the session's any more");
    return false;
}

static void
conclude(struct call *call)
{
    struct found_object item;
    struct fact fact = {0};
    uint64_t number = 0;

    call_field_number(call, "number", &number);
    if (!find_item(call, &item))
        return;
    take_text(call, &fact);
    fact.object = item.id;
    fact.number = (uint32_t)number;
    write_fact(call, FACT_CONCLUSION, &fact);
}

static void
add_paper(struct call *call)
{
    struct found_object item;
    struct fact fact = {0};

    if (!find_item(call, &item) || !take_known(call, "paper", &fact.subject))
        return;
    call_field_text(call, "name", &fact.name);
    fact.object = item.id;
    write_fact(call, FACT_PAPER, &fact);
}

const struct call_entry calls_of_sessions[] = {
    {.operation = "sessionList", .run = list_sessions},
    {.operation = "sessionCall", .run = call_session},
    {.operation = "sessionShow", .run = show_whole_session},
    {.operation = "sessionInvite", .run = invite},
    {.operation = "itemAdd", .run = add_item},
    {.operation = "sessionStep", .run = step},
    {.operation = "sessionAttend", .run = attend},
    {.operation = "sessionQueue", .run = queue},
    {.operation = "conclusionAdd", .run = conclude},
    {.operation = "paperAdd", .run = add_paper},
    {.operation = NULL},
};
