/* What was taken in, in its order: for those who follow a room. */
#include "api/internal.h"

#include "api/formats.h"

#include <stdlib.h>

#define PAGE_CHANGES 100u   /* where no limit is given */
#define PAGE_BYTES 1048576u /* about: a page ends with the change that goes beyond */

/* ---- one change ---- */

/* What the section creates, and what it is about. */
static json_t *
json_of_fact(const struct room_entry *entry, uint32_t index)
{
    const struct section *section = &entry->body->sections[index];
    struct digest object;

    fact_make_object(&object, &entry->id, (uint16_t)index);
    return json_pack("{s:s, s:o, s:o}", "type", fact_type_name(section->type), "object",
        json_of_id(object.bytes), "about", json_of_id(section->fact.object.bytes));
}

static bool
add_sections(json_t *json, struct room *room, const struct room_entry *entry)
{
    json_t *facts = json_array(), *statement = NULL;
    bool done = json_object_set_new(json, "facts", facts) == 0;

    for (uint32_t i = 0; done && entry->body != NULL && i < entry->body->count; i++) {
        if (fact_is_known(entry->body->sections[i].type))
            done = json_array_append_new(facts, json_of_fact(entry, i)) == 0;
        else if (statement == NULL)
            statement = json_of_statement(room, entry, i);
    }
    return done && (statement == NULL || json_object_set_new(json, "statement", statement) == 0);
}

json_t *
json_of_change(struct room *room, uint64_t change)
{
    struct room_entry entry;

    if (room_change(room, change, &entry) != ENTENTE_OK)
        return NULL;
    json_t *json = json_pack("{s:I, s:o, s:s, s:i, s:o}", "change", (json_int_t)change, "entry",
        json_of_id(entry.id.bytes), "kind", entry_kind_name(entry.entry.kind), "slot",
        entry.entry.slot, "time", json_of_time(entry.entry.t_ms));
    if (json != NULL && !add_sections(json, room, &entry)) {
        json_decref(json);
        return NULL;
    }
    return json;
}

/* ---- a page of them ---- */

static void
change_list(struct call *call)
{
    struct room *room = call_room(call);
    uint64_t after = call_number(call, "after", 0),
             limit = call_number(call, "limit", PAGE_CHANGES);
    const char *life = call_parameter(call, "life");
    char own_life[LIFE_TEXT_BYTES];
    json_t *list = json_array();
    size_t bytes = 0;

    life_to_text(own_life, room_life(room));
    if (life != NULL && strcmp(life, own_life) != 0)
        after = 0; /* of another life of the desk: begin anew, and see `life` in the answer */
    for (uint64_t change = after + 1;
         change <= room_changes(room) && json_array_size(list) < limit && bytes < PAGE_BYTES;
         change++) {
        json_t *json = json_of_change(room, change);
        if (json == NULL || json_array_append(list, json) != 0) {
            json_decref(json);
            json_decref(list);
            call_fail(call, ENTENTE_ERR_IO);
            return;
        }
        bytes +=
            512 + json_string_length(json_object_get(json_object_get(json, "statement"), "text"));
        json_decref(json);
    }
    call_reply(call, 200,
        json_pack("{s:s, s:o, s:I}", "life", own_life, "changes", list, "last",
            (json_int_t)room_changes(room)));
}

const struct call_entry calls_of_changes[] = {
    {.operation = "changeList", .run = change_list},
    {0},
};
