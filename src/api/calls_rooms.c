/* The rooms that the party is in, and how they stand. */
#include "api/internal.h"

#include "api/formats.h"

#include <stdlib.h>

static json_t *
json_of_party(struct room *room, uint8_t slot, const struct status *status)
{
    const struct status_party *party =
        status != NULL && slot < status->parties_count ? &status->parties[slot] : NULL;
    struct party_id id = room_genesis(room)->parties[slot].party;
    bool is_own = slot == room_slot(room);

    return json_pack("{s:i, s:o, s:o, s:b, s:b, s:o, s:I, s:I, s:I, s:b}", "slot", slot, "party",
        json_of_id(id.bytes), "name", json_of_utf8(room_party_name(room, slot)), "is_own", is_own,
        "is_linked", party != NULL && party->is_linked, "heard",
        party != NULL ? json_of_time(party->heard_at_ms) : json_null(), "holds",
        (json_int_t)(party != NULL ? party->holds : 0), "behind",
        (json_int_t)(party != NULL ? party->behind : 0), "missing",
        (json_int_t)(party != NULL ? party->missing : 0), "is_contested",
        party != NULL && party->is_contested);
}

static json_t *
json_of_parties(struct room *room, const struct status *status)
{
    json_t *list = json_array();

    for (uint8_t slot = 0; slot < room_parties(room); slot++)
        json_array_append_new(list, json_of_party(room, slot, status));
    return list;
}

/* Links as they were known a second ago, or none yet: of all rooms at once the node is not asked.
 */
static void
room_list(struct call *call)
{
    const struct api *api = call->api;
    uint32_t rooms = api->desk.rooms(api->desk.state);
    json_t *list = json_array();

    for (uint32_t i = 0; i < rooms; i++) {
        struct room *room = api->desk.room_at(api->desk.state, i);
        if (room == NULL)
            continue;
        live_watch(api->live, room);
        json_array_append_new(
            list, json_pack("{s:o, s:o, s:i, s:o}", "room", json_of_id(room_id(room)->bytes),
                      "title", json_of_utf8(room_genesis(room)->title), "slot", room_slot(room),
                      "parties", json_of_parties(room, live_known(api->live, room))));
    }
    call_reply(call, 200, json_pack("{s:o, s:n}", "rooms", list, "next"));
}

/* enum node_writing, in the words of the API. */
static const char *
writing_name(uint8_t writing)
{
    static const char *const names[] = {"starting", "waiting", "ready", "retired"};

    return names[writing < sizeof names / sizeof names[0] ? writing : 0];
}

static json_t *
json_of_offices(struct room *room)
{
    const struct genesis *genesis = room_genesis(room);
    json_t *list = json_array();

    for (uint8_t i = 0; i < genesis->offices_count; i++)
        json_array_append_new(list, json_of_utf8(genesis->offices[i]));
    return list;
}

static void
show_status(struct call *call, const struct status *status)
{
    struct room *room = call_room(call);
    char life[LIFE_TEXT_BYTES];
    const char *with = call_parameter(call, "with");
    struct digest hash;

    life_to_text(life, room_life(room));
    json_t *json = json_pack("{s:o, s:o, s:i, s:s, s:I, s:I, s:o, s:b, s:s, s:I, s:o, s:o}", "room",
        json_of_id(room_id(room)->bytes), "title", json_of_utf8(room_genesis(room)->title), "slot",
        room_slot(room), "writing", writing_name(status->writing), "entries",
        (json_int_t)status->entries, "held_by_all", (json_int_t)status->held_by_all, "state",
        json_of_id(status->state.bytes), "is_current", room_is_current(room), "life", life,
        "changes", (json_int_t)room_changes(room), "required_offices", json_of_offices(room),
        "parties", json_of_parties(room, status));
    /* Linear in the record: only for who asks for it. */
    if (json != NULL && with != NULL && strcmp(with, "consultation_state") == 0 &&
        consultation_state_hash(room_consultation(room), &hash) == ENTENTE_OK)
        json_object_set_new(json, "consultation_state", json_of_id(hash.bytes));
    call_reply(call, 200, json);
}

static void
room_show(struct call *call)
{
    call_ask_status(call, show_status);
}

const struct call_entry calls_of_rooms[] = {
    {.operation = "roomList", .run = room_list},
    {.operation = "roomShow", .run = room_show},
    {0},
};
