/* JSON of what all answers have. */
#include "api/call.h"
#include "api/formats.h"

json_t *
json_of_id(const void *id32)
{
    static const uint8_t zero[ID_BYTES];
    char text[HEX_TEXT_BYTES];

    if (memcmp(id32, zero, ID_BYTES) == 0)
        return json_null();
    hex_to_text(text, id32, ID_BYTES);
    return json_string(text);
}

json_t *
json_of_time(uint64_t t_ms)
{
    char text[TIME_TEXT_BYTES];

    if (t_ms == 0)
        return json_null();
    time_to_text(text, t_ms);
    return json_string(text);
}

json_t *
json_of_utf8(struct bytes text)
{
    return json_stringn(text.size > 0 ? (const char *)text.data : "", text.size);
}

json_t *
json_of_decimal(uint64_t quantity, uint8_t scale)
{
    char text[DECIMAL_TEXT_BYTES];

    decimal_to_text(text, quantity, scale);
    return json_string(text);
}

json_t *
json_of_slots(uint32_t mask)
{
    json_t *slots = json_array();

    for (int slot = 0; slot < (int)PARTIES_MAX; slot++)
        if (mask & 1u << slot)
            json_array_append_new(slots, json_integer(slot));
    return slots;
}

json_t *
json_of_origin(struct room *room, const struct room_entry *entry)
{
    uint8_t slot = entry->entry.slot;
    uint32_t all = (uint32_t)((UINT64_C(1) << room_parties(room)) - 1);

    return json_pack("{s:o, s:i, s:o, s:i, s:I, s:o, s:o, s:b, s:b, s:b, s:b, s:I}", "entry",
        json_of_id(entry->id.bytes), "slot", slot, "party",
        json_of_utf8(room_party_name(room, slot)), "incarnation", entry->entry.inc, "number",
        (json_int_t)entry->entry.seq, "time", json_of_time(entry->entry.t_ms), "held",
        json_of_slots(entry->held), "held_by_all", (entry->held & all) == all, "contested",
        entry->is_contested, "void", entry->is_void, "late", entry->is_late, "change",
        (json_int_t)entry->change);
}

json_t *
json_of_origin_at(struct room *room, const struct place *place)
{
    struct room_entry entry;

    if (room_entry(room, place, &entry) != ENTENTE_OK)
        return json_null();
    return json_of_origin(room, &entry);
}
