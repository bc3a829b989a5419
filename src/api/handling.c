#include "api/handling.h"

#include <inttypes.h>
#include <stdlib.h>

/* ---- building ---- */

void
json_put(json_t **object, const char *key, json_t *value)
{
    if (*object == NULL) {
        json_decref(value);
    } else if (value == NULL || json_object_set_new_nocheck(*object, key, value) != 0) {
        json_decref(*object);
        *object = NULL;
    }
}

void
json_add(json_t **array, json_t *value)
{
    if (*array == NULL) {
        json_decref(value);
    } else if (value == NULL || json_array_append_new(*array, value) != 0) {
        json_decref(*array);
        *array = NULL;
    }
}

json_t *
json_of_party(struct room *room, uint8_t slot)
{
    return slot < room_parties(room) ? json_of_utf8(room_party_name(room, slot)) : json_string("");
}

json_t *
json_of_word(const struct words *words, unsigned what)
{
    return what >= 1 && what <= words->count ? json_string(words->list[what - 1]) : json_null();
}

enum entente_error
put_notes(json_t **answer, const char *key, struct room *room, const struct object *object,
    uint16_t type, show_note show, const void *context)
{
    struct fact fact;
    struct shown shown = {.room = room, .fact = &fact, .context = context};
    json_t *list = json_array();
    enum entente_error error = object != NULL ? ENTENTE_OK : ENTENTE_ERR_NOT_FOUND;

    for (uint32_t i = 0; error == ENTENTE_OK;) {
        error = object_next(room_consultation(room), object, type, &i, &shown.note, &fact);
        if (error == ENTENTE_OK)
            json_add(&list, show(&shown));
    }
    json_put(answer, key, list);
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

void
put_note(json_t **object, const struct shown *shown)
{
    json_put(object, "id", json_of_id(&shown->note->object));
    json_put(object, "origin", json_of_origin_at(shown->room, &shown->note->place));
}

void
put_party(
    json_t **object, struct room *room, const char *slot_key, const char *party_key, uint8_t slot)
{
    json_put(object, slot_key, json_integer(slot));
    json_put(object, party_key, json_of_party(room, slot));
}

void
put_text(json_t **object, const struct fact *fact)
{
    json_put(object, "language", json_of_utf8(fact->tag));
    json_put(object, "text", json_of_utf8(fact->text));
}

/* ---- answering ---- */

void
reply_or_fail(struct call *call, enum entente_error error, json_t *answer)
{
    if (error == ENTENTE_OK) {
        call_reply(call, 200, answer);
        return;
    }
    json_decref(answer);
    call_fail(call, error);
}

void
write_fact(struct call *call, uint16_t type, const struct fact *fact)
{
    struct section section = {.type = type, .fact = *fact};

    call_write(call, ENTRY_SEALED, &section, 1, 0);
}

/* ---- lists in pages ---- */

bool
page_of_call(struct call *call, struct page *page)
{
    const char *after = call_parameter(call, "after"), *limit = call_parameter(call, "limit");
    size_t digits = after != NULL ? strspn(after, "0123456789") : 0;

    *page = (struct page){.limit = PAGE_LIMIT_DEFAULT};
    if (limit != NULL)
        page->limit = (uint32_t)strtoul(limit, NULL, 10);
    if (after == NULL)
        return true;
    if (digits == 0 || digits > 9 || after[digits] != '\0') {
        call_refuse(call, 400, "after", NULL,
            "after: %s is no `next` of a page of this list: begin without it", after);
        return false;
    }
    page->next = (uint32_t)strtoul(after, NULL, 10);
    return true;
}

void
reply_page(struct call *call, enum entente_error error, const char *key, json_t *list,
    const struct page *page, bool has_more)
{
    json_t *answer = json_object();
    char next[16];

    snprintf(next, sizeof next, "%" PRIu32, page->next);
    json_put(&answer, key, list);
    json_put(&answer, "next", has_more ? json_string(next) : json_null());
    reply_or_fail(call, error, answer);
}

void
reply_objects(struct call *call, const char *key, uint16_t type,
    enum entente_error (*show)(struct room *room, const struct object *object, json_t **shown))
{
    struct room *room = call_room(call);
    struct page page;
    json_t *list = json_array();
    enum entente_error error = ENTENTE_OK;
    const struct object *object;
    bool has_more = false;

    if (!page_of_call(call, &page)) {
        json_decref(list);
        return;
    }
    while (error == ENTENTE_OK &&
           (object = consultation_object_at(room_consultation(room), page.next)) != NULL) {
        json_t *shown = NULL;
        if (object_type(object) == type && (page.taken == page.limit || page.bytes >= PAGE_BYTES)) {
            has_more = true;
            break;
        }
        page.next++;
        if (object_type(object) != type)
            continue;
        error = show(room, object, &shown);
        if (error == ENTENTE_OK) {
            page.bytes += 1024 + json_string_length(json_object_get(shown, "text"));
            json_add(&list, shown);
            page.taken++;
        } else if (error == ENTENTE_ERR_NOT_FOUND) {
            error = ENTENTE_OK; /* its entry does not count (I2) */
        }
    }
    reply_page(call, error, key, list, &page, has_more);
}

/* ---- reading ---- */

bool
has_field(const struct call *call, const char *field)
{
    json_t *value = json_object_get(call_body(call), field);

    return value != NULL && !json_is_null(value);
}

/* A field's pointer (RFC 6901). */
struct pointer {
    char text[80];
};
static struct pointer
pointer_to(const char *field)
{
    struct pointer made;

    snprintf(made.text, sizeof made.text, "/%s", field);
    return made;
}

void
take_word(const struct call *call, const char *field, const struct words *words, uint8_t *what)
{
    struct bytes given;

    if (!call_field_text(call, field, &given))
        return;
    for (uint8_t i = 0; i < words->count; i++)
        if (bytes_equal(given, bytes_of_text(words->list[i])))
            *what = (uint8_t)(i + 1);
}

void
take_time_or_now(const struct call *call, const char *field, uint64_t *t_ms)
{
    if (!call_field_time(call, field, t_ms))
        *t_ms = call_now_ms(call);
}

void
take_text(const struct call *call, struct fact *fact)
{
    call_field_text(call, "language", &fact->tag);
    call_field_text(call, "text", &fact->text);
}

struct bytes
text_in(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return (struct bytes){(const uint8_t *)json_string_value(value), json_string_length(value)};
}

static bool
is_party(struct call *call, const char *field, json_int_t slot)
{
    if (slot >= 0 && slot < room_parties(call_room(call)))
        return true;
    call_refuse(call, 404, pointer_to(field).text, NULL,
        "%s: the room has no party %" JSON_INTEGER_FORMAT ": its parties are 0 to %d", field, slot,
        room_parties(call_room(call)) - 1);
    return false;
}

bool
take_slot(struct call *call, const char *field, uint8_t *slot)
{
    json_t *value = json_object_get(call_body(call), field);

    if (!has_field(call, field))
        return true;
    if (!is_party(call, field, json_integer_value(value)))
        return false;
    *slot = (uint8_t)json_integer_value(value);
    return true;
}

bool
take_slots(struct call *call, const char *field, uint32_t *mask)
{
    json_t *list = json_object_get(call_body(call), field), *value;
    size_t i;

    json_array_foreach(list, i, value)
    {
        if (!is_party(call, field, json_integer_value(value)))
            return false;
        *mask |= UINT32_C(1) << json_integer_value(value);
    }
    return true;
}

/* ---- finding ---- */

static const char *
name_of_type(uint16_t type)
{
    switch (type) {
    case FACT_QUEUE:
        return "request for the floor";
    case FACT_ITEM:
        return "agenda item";
    case FACT_PLEDGE:
        return "commitment";
    default:
        return fact_type_name(type);
    }
}

static bool
find(struct call *call, const char *where, uint16_t type, struct found_object *found)
{
    enum entente_error error = object_of_type(
        room_consultation(call_room(call)), &found->id, type, &found->object, &found->fact);

    if (error == ENTENTE_OK)
        return true;
    if (error == ENTENTE_ERR_NOT_FOUND)
        call_refuse(call, 404, where, NULL,
            "%s: no %s with this id is in the record here; it may not have arrived yet", where,
            name_of_type(type));
    else
        call_fail(call, error);
    return false;
}

bool
find_object(struct call *call, const char *name, uint16_t type, struct found_object *found)
{
    *found = (struct found_object){0};
    call_id(call, name, &found->id);
    return find(call, name, type, found);
}

bool
find_field(struct call *call, const char *field, uint16_t type, struct found_object *found)
{
    *found = (struct found_object){0};
    call_field_id(call, field, &found->id);
    return find(call, pointer_to(field).text, type, found);
}

static bool
is_act(struct call *call, const char *where, const struct digest *act, struct proposal *proposal)
{
    if (consultation_proposal(room_consultation(call_room(call)), act, proposal))
        return true;
    call_refuse(call, 404, where, NULL,
        "%s: no act with this id was proposed in the record here; it may not have arrived yet",
        where);
    return false;
}

bool
find_act(struct call *call, struct proposal *proposal)
{
    struct digest act = {0};

    call_id(call, "act", &act);
    return is_act(call, "act", &act, proposal);
}

bool
take_act(struct call *call, const char *field, struct digest *act)
{
    struct proposal proposal;

    return !call_field_id(call, field, act) || is_act(call, pointer_to(field).text, act, &proposal);
}

bool
take_known(struct call *call, const char *field, struct digest *id)
{
    struct room *room = call_room(call);
    struct consultation *consultation = room_consultation(room);
    struct room_entry entry;
    struct proposal proposal;
    struct entry_id entry_id;

    if (!call_field_id(call, field, id))
        return true;
    memcpy(&entry_id, id, sizeof entry_id);
    const struct object *object = consultation_object(consultation, id);
    if ((object != NULL && object_made_by(object) != NULL) ||
        consultation_proposal(consultation, id, &proposal) ||
        room_entry_of_id(room, &entry_id, &entry) == ENTENTE_OK)
        return true;
    call_refuse(call, 404, pointer_to(field).text, NULL,
        "%s: nothing in the record here has this id; it may not have arrived yet", field);
    return false;
}
