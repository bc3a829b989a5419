/* JSON of what all answers have. */
#include "api/formats.h"
#include "api/handling.h"

#include <stdlib.h>

json_t *
json_of_value(const void *value32)
{
    char text[HEX_TEXT_BYTES];

    hex_to_text(text, value32, ID_BYTES);
    return json_string(text);
}

json_t *
json_of_id(const void *id32)
{
    static const uint8_t zero[ID_BYTES];

    return memcmp(id32, zero, ID_BYTES) == 0 ? json_null() : json_of_value(id32);
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

/* A NUL ends the string of many a reader, and others refuse the whole answer for it. */
static json_t *
without_nul(struct bytes text)
{
    static const char shown[] = "\xEF\xBF\xBD"; /* U+FFFD */
    size_t size = 0;

    for (size_t i = 0; i < text.size; i++)
        size += text.data[i] == 0 ? sizeof shown - 1 : 1;
    char *copy = malloc(size + 1);
    if (copy == NULL)
        return NULL;
    struct writer writer = writer_of(copy, size);
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] == 0)
            writer_copy(&writer, shown, sizeof shown - 1);
        else
            writer_u8(&writer, text.data[i]);
    json_t *made = json_stringn(copy, size);
    free(copy);
    return made;
}

json_t *
json_of_utf8(struct bytes text)
{
    if (text.size > 0 && memchr(text.data, 0, text.size) != NULL)
        return without_nul(text);
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
            json_add(&slots, json_integer(slot));
    return slots;
}

json_t *
json_of_origin(struct room *room, const struct room_entry *entry)
{
    uint32_t all = (UINT32_C(1) << room_parties(room)) - 1;
    char time[TIME_TEXT_BYTES];
    json_t *made = json_object();

    time_to_text(time, entry->entry.t_ms); /* each entry has one, though it may be 0 */
    json_put(&made, "entry", json_of_id(entry->id.bytes));
    put_party(&made, room, "slot", "party", entry->entry.slot);
    json_put(&made, "incarnation", json_integer(entry->entry.inc));
    json_put(&made, "number", json_integer(entry->entry.seq));
    json_put(&made, "time", json_string(time));
    json_put(&made, "held", json_of_slots(entry->held));
    json_put(&made, "held_by_all", json_boolean((entry->held & all) == all));
    json_put(&made, "contested", json_boolean(entry->is_contested));
    json_put(&made, "void", json_boolean(entry->is_void));
    json_put(&made, "late", json_boolean(entry->is_late));
    json_put(&made, "change", json_integer((json_int_t)entry->change));
    return made;
}

json_t *
json_of_origin_at(struct room *room, const struct place *place)
{
    struct room_entry entry;

    if (room_entry(room, place, &entry) != ENTENTE_OK)
        return json_null();
    return json_of_origin(room, &entry);
}
