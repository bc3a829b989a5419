/* The readouts as ninjs 2.0 (IPTC, "News in JSON"): an array of items, one for each text. */
#include "documents/readouts.h"

#include <jansson.h>
#include <stdlib.h>

struct items {
    const struct document_options *options;
    json_t *array;
};

static json_t *
json_shown(struct bytes text, bool is_line)
{
    char *shown = shown_text(text, is_line);
    json_t *string = shown == NULL ? NULL : json_string(shown);

    free(shown);
    return string;
}

static json_t *
json_time(uint64_t t_ms)
{
    char out[TIME_BYTES_MAX];

    time_print(out, t_ms);
    return json_string(out);
}

static json_t *
json_urn(const char *kind, const uint8_t id[static ID_BYTES], struct bytes tag)
{
    struct document urn = {0};

    document_printf(&urn, "urn:entente:%s:", kind);
    document_put_hex(&urn, id, ID_BYTES);
    if (tag.size > 0) {
        document_put_text(&urn, ":");
        document_put(&urn, tag);
    }
    json_t *string =
        urn.error == ENTENTE_OK ? json_stringn((const char *)urn.data, urn.size) : NULL;
    document_free(&urn);
    return string;
}

static json_t *
headlines_of(const struct published *published)
{
    struct bytes title = published_title(published);
    json_t *number = json_sprintf("Readout %u", published->number);

    return json_pack("[{s:s, s:o}]", "role", "main", "value",
        title.size > 0 ? (json_decref(number), json_shown(title, true)) : number);
}

static size_t
count_characters(struct bytes text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.size; i++)
        count += (text.data[i] & 0xC0) != 0x80;
    return count;
}

/* What was agreed, to the letter. */
static json_t *
bodies_of(const struct published *published)
{
    return json_pack("[{s:s, s:o, s:I, s:s%}]", "role", "main", "contenttype",
        json_shown(published->language.media_type, true), "charcount",
        (json_int_t)count_characters(published->data), "value", (const char *)published->data.data,
        published->data.size);
}

static json_t *
organisations_of(const struct items *items, uint32_t mask)
{
    json_t *list = json_array();

    for (uint8_t slot = 0; slot < room_parties(items->options->room); slot++) {
        if ((mask >> slot & 1) == 0)
            continue;
        json_array_append_new(list,
            json_pack("{s:o, s:s, s:o}", "name",
                json_shown(room_party_name(items->options->room, slot), true), "rel", "publisher",
                "uri",
                json_urn("party", room_genesis(items->options->room)->parties[slot].party.bytes,
                    (struct bytes){0})));
    }
    return list;
}

static json_t *
people_of(const struct items *items, const struct published *published)
{
    json_t *list = json_array();
    struct spokesperson person;

    for (uint32_t i = 0;; i++) {
        if (consultation_spokesperson(
                room_consultation(items->options->room), &published->act, i, &person) != ENTENTE_OK)
            break;
        json_array_append_new(list,
            json_pack("{s:o, s:s}", "name", json_shown(person.name, true), "rel", "spokesperson"));
    }
    return list;
}

static enum entente_error
add_item(void *state, const struct published *published)
{
    struct items *items = state;

    if (!published->is_text)
        return ENTENTE_OK; /* a body is text; Atom carries the others */
    json_t *item = json_pack("{s:o, s:s, s:s, s:s, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:s}",
        "uri", json_urn("readout", published->act.bytes, published->language.tag), "type", "text",
        "representationtype", "full", "version", "1", "firstcreated",
        json_time(published->published_ms), "versioncreated", json_time(published->updated_ms),
        "pubstatus", "usable", "language", json_shown(published->language.tag, true), "headlines",
        headlines_of(published), "bodies", bodies_of(published), "people",
        people_of(items, published), "organisations",
        organisations_of(items, published->published_by), "profile",
        published->language.is_authentic ? "authentic" : "translation");

    return json_array_append_new(items->array, item) == 0 ? ENTENTE_OK : ENTENTE_ERR_NO_MEMORY;
}

enum entente_error
document_readouts_ninjs(struct document *document, const struct document_options *options)
{
    struct items items = {.options = options, .array = json_array()};
    enum entente_error error =
        items.array == NULL ? ENTENTE_ERR_NO_MEMORY : published_each(options, add_item, &items);
    char *text = error == ENTENTE_OK ? json_dumps(items.array, JSON_INDENT(1)) : NULL;

    if (error == ENTENTE_OK && text == NULL)
        error = ENTENTE_ERR_NO_MEMORY;
    if (error == ENTENTE_OK) {
        document_put_text(document, text);
        document_put_text(document, "\n");
    }
    free(text);
    json_decref(items.array);
    return error == ENTENTE_OK ? document_finish(document) : error;
}
