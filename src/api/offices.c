/* The offices of all parties: who acts, at any date.  PROTOCOL.md section 13. */
#include "api/formats.h"
#include "api/handling.h"

#include <stdlib.h>

static const char *const event_words[] = {
    "office", "appoint", "deputise", "assume", "relieve", "away", "policy"};
static const struct words events =
    WORDS(event_words); /* as enum register_kind, from REGISTER_OFFICE */

/* The acts for which a person is a deputy (P3); a kind that has no name here is shown by its
 * number. */
static json_t *
json_of_kinds(uint64_t kinds)
{
    json_t *list = json_array();

    for (unsigned kind = 0; kind <= ACT_KIND_MAX; kind++) {
        char number[16];
        if ((kinds >> kind & 1) == 0)
            continue;
        json_t *word = json_of_word(&act_kinds, kind);
        snprintf(number, sizeof number, "%u", kind);
        if (json_is_null(word)) {
            json_decref(word);
            word = json_string(number);
        }
        json_add(&list, word);
    }
    return list;
}

/* The claimed time of a register entry that was read before. */
static uint64_t
register_time(const struct party_register *reg, uint32_t number)
{
    struct reader reader = reader_of(register_encoded(reg, number));
    struct register_entry entry;

    return register_entry_parse(&reader, &entry) == ENTENTE_OK ? entry.t_ms : 0;
}

static json_t *
json_of_line(struct room *room, uint8_t slot, const struct office_state *state)
{
    const struct offices *offices = consultation_offices(room_consultation(room), slot);
    json_t *list = json_array();

    for (uint8_t i = 0; i < state->count; i++) {
        const struct office_holder *holder = &state->line[i];
        json_t *made = json_object();
        json_put(&made, "name", json_of_utf8(office_person(offices, holder)));
        json_put(&made, "key", json_of_value(holder->key.bytes));
        json_put(&made, "rank", json_integer(holder->rank));
        json_put(&made, "is_away", json_boolean(holder->is_away));
        json_put(&made, "is_acting", json_boolean(i == state->acting));
        json_put(&made, "deputises", json_of_kinds(holder->kinds));
        json_put(&made, "appointed",
            json_of_time(register_time(room_register(room, slot), holder->appointed_at)));
        json_add(&list, made);
    }
    return list;
}

/* Who acts, and the line. */
static void
put_state(json_t **made, struct room *room, uint8_t slot, const struct office_state *state)
{
    const struct offices *offices = consultation_offices(room_consultation(room), slot);

    json_put(made, "acting", json_of_utf8(office_person(offices, &state->line[state->acting])));
    json_put(made, "is_assumed", json_boolean(state->is_assumed));
    json_put(made, "line", json_of_line(room, slot, state));
}

static json_t *
json_of_office(struct room *room, uint8_t slot, uint32_t office, uint32_t position)
{
    const struct offices *offices = consultation_offices(room_consultation(room), slot);
    const struct office_state *state = office_at(offices, office, position);
    json_t *made = json_object();

    put_party(&made, room, "slot", "party", slot);
    json_put(&made, "office", json_of_utf8(office_name(offices, office)));
    json_put(&made, "number", json_integer(office));
    put_state(&made, room, slot, state);
    json_put(&made, "since", json_of_time(state->t_ms));
    json_put(&made, "register_number", json_integer(position));
    return made;
}

/* The position of the party's register at the moment that is asked for; now, where none is. */
static uint32_t
position_asked(const struct call *call, uint8_t slot)
{
    struct room *room = call_room(call);
    const char *at = call_parameter(call, "at");
    uint64_t t_ms;

    if (at == NULL || !time_of_text(bytes_of_text(at), &t_ms))
        return register_count(room_register(room, slot));
    return offices_position(consultation_offices(room_consultation(room), slot), t_ms);
}

static void
list_offices(struct call *call)
{
    struct room *room = call_room(call);
    json_t *list = json_array();
    struct page page;
    uint32_t seen = 0;
    bool has_more = false;

    if (!page_of_call(call, &page)) {
        json_decref(list);
        return;
    }
    uint32_t first = page.next;
    for (uint8_t slot = 0; slot < room_parties(room) && !has_more; slot++) {
        const struct offices *offices = consultation_offices(room_consultation(room), slot);
        uint32_t position = position_asked(call, slot), office;
        for (uint32_t i = 0; (office = offices_at(offices, i)) != 0 && !has_more; i++) {
            if (office_at(offices, office, position) == NULL || seen++ < first)
                continue;
            has_more = page.taken == page.limit;
            if (has_more)
                break;
            json_add(&list, json_of_office(room, slot, office, position));
            page.taken++;
            page.next++;
        }
    }
    reply_page(call, ENTENTE_OK, "offices", list, &page, has_more);
}

/* ---- history ---- */

static bool
find_slot(struct call *call, uint8_t *slot)
{
    const char *given = call_parameter(call, "slot");
    unsigned long number = strtoul(given, NULL, 10);

    if (number < room_parties(call_room(call))) {
        *slot = (uint8_t)number;
        return true;
    }
    call_refuse(call, 404, "slot", NULL, "slot: the room's parties are 0 to %d",
        room_parties(call_room(call)) - 1);
    return false;
}

/* Whether the register's entry is about this office, and what it is; its rule where it is void. */
static bool
is_about(const struct party_register *reg, uint32_t number, uint32_t office, struct bytes name,
    struct register_entry *entry)
{
    struct reader reader = reader_of(register_encoded(reg, number));

    if (register_entry_parse(&reader, entry) != ENTENTE_OK)
        return false;
    if (entry->kind == REGISTER_OFFICE)
        return number == office || bytes_equal(entry->name, name);
    return entry->kind > REGISTER_OFFICE && entry->kind <= REGISTER_POLICY &&
           entry->office == office;
}

static json_t *
json_of_event(struct room *room, uint8_t slot, uint32_t office, const struct register_entry *entry)
{
    const struct offices *offices = consultation_offices(room_consultation(room), slot);
    unsigned rule = offices_void(offices, entry->number);
    json_t *made = json_object();
    char text[16];

    snprintf(text, sizeof text, "P%u", rule);
    json_put(&made, "register_number", json_integer(entry->number));
    json_put(&made, "time", json_of_time(entry->t_ms));
    json_put(&made, "what", json_of_word(&events, entry->kind - REGISTER_OFFICE + 1u));
    const struct office_state *state = office_at(offices, office, entry->number);
    if (state != NULL) {
        put_state(&made, room, slot, state);
    } else { /* void, and before the office was made */
        json_put(&made, "acting", json_string(""));
        json_put(&made, "line", json_array());
    }
    json_put(&made, "void_rule", rule != 0 ? json_string(text) : json_null());
    return made;
}

static void
show_history(struct call *call)
{
    struct room *room = call_room(call);
    struct bytes name = bytes_of_text(call_parameter(call, "office"));
    struct register_entry entry;
    struct page page;
    uint8_t slot;
    bool has_more = false;

    if (!find_slot(call, &slot) || !page_of_call(call, &page))
        return;
    const struct party_register *reg = room_register(room, slot);
    const struct offices *offices = consultation_offices(room_consultation(room), slot);
    uint32_t office = offices_named(offices, name, register_count(reg));
    if (office == 0) {
        call_refuse(call, 404, "office", NULL, "office: the party has no office of that name");
        return;
    }
    json_t *list = json_array();
    for (; page.next < register_count(reg); page.next++) {
        if (!is_about(reg, page.next + 1, office, name, &entry))
            continue;
        has_more = page.taken == page.limit;
        if (has_more)
            break;
        json_add(&list, json_of_event(room, slot, office, &entry));
        page.taken++;
    }
    reply_page(call, ENTENTE_OK, "events", list, &page, has_more);
}

const struct call_entry calls_of_offices[] = {
    {.operation = "officeList", .run = list_offices},
    {.operation = "officeHistory", .run = show_history},
    {.operation = NULL},
};
