/* The readouts as an Atom feed (RFC 4287), by libxml2's writer: an entry for each text. */
#include "documents/readouts.h"

#include <libxml/xmlwriter.h>
#include <stdio.h>
#include <stdlib.h>

#define ATOM "http://www.w3.org/2005/Atom"
#define URN_BYTES_MAX 160u

struct feed {
    const struct document_options *options;
    xmlTextWriterPtr writer;
    bool is_broken; /* memory ran out */
    uint64_t updated_ms;
};

static void
keep(struct feed *feed, int result)
{
    feed->is_broken = feed->is_broken || result < 0;
}

static void
start(struct feed *feed, const char *element)
{
    keep(feed, xmlTextWriterStartElement(feed->writer, BAD_CAST element));
}

static void
end(struct feed *feed)
{
    keep(feed, xmlTextWriterEndElement(feed->writer));
}

static void
attribute(struct feed *feed, const char *name, const char *value)
{
    keep(feed, xmlTextWriterWriteAttribute(feed->writer, BAD_CAST name, BAD_CAST value));
}

/* Text from outside: what XML cannot hold was written out by shown_text(). */
static void
put_shown(struct feed *feed, struct bytes text, bool is_line)
{
    char *shown = shown_text(text, is_line);

    keep(feed, shown == NULL ? -1 : xmlTextWriterWriteString(feed->writer, BAD_CAST shown));
    free(shown);
}

static void
put_element(struct feed *feed, const char *element, const char *value)
{
    keep(feed, xmlTextWriterWriteElement(feed->writer, BAD_CAST element, BAD_CAST value));
}

static void
put_name(struct feed *feed, const char *element, struct bytes name)
{
    start(feed, element);
    start(feed, "name");
    put_shown(feed, name, true);
    end(feed);
    end(feed);
}

static void
put_time(struct feed *feed, const char *element, uint64_t t_ms)
{
    char out[TIME_BYTES_MAX];

    time_print(out, t_ms);
    put_element(feed, element, out);
}

static void
put_urn(struct feed *feed, const char *kind, const uint8_t id[static ID_BYTES], struct bytes tag)
{
    struct document urn = {0};

    document_printf(&urn, "urn:entente:%s:", kind);
    document_put_hex(&urn, id, ID_BYTES);
    if (tag.size > 0) {
        document_put_text(&urn, ":");
        document_put(&urn, tag);
    }
    document_put(&urn, (struct bytes){(const uint8_t *)"", 1});
    if (urn.error == ENTENTE_OK)
        put_element(feed, "id", (const char *)urn.data);
    feed->is_broken = feed->is_broken || urn.error != ENTENTE_OK;
    document_free(&urn);
}

/* Where a browser finds them, where the desk has an address. */
static void
put_link(struct feed *feed)
{
    struct document href = {0};

    if (feed->options->site == NULL)
        return;
    document_put_text(&href, feed->options->site);
    document_put_text(&href, "/public/");
    document_put_hex(&href, room_id(feed->options->room)->bytes, ID_BYTES);
    document_put_text(&href, "/readouts");
    document_put(&href, (struct bytes){(const uint8_t *)"", 1});
    start(feed, "link");
    attribute(feed, "rel", "alternate");
    attribute(feed, "href", href.error == ENTENTE_OK ? (const char *)href.data : "");
    end(feed);
    feed->is_broken = feed->is_broken || href.error != ENTENTE_OK;
    document_free(&href);
}

static void
put_authors(struct feed *feed, uint32_t mask)
{
    for (uint8_t slot = 0; slot < room_parties(feed->options->room); slot++)
        if ((mask >> slot & 1) != 0)
            put_name(feed, "author", room_party_name(feed->options->room, slot));
}

static void
put_spokespersons(struct feed *feed, const struct published *published)
{
    struct spokesperson person;

    for (uint32_t i = 0;; i++) {
        if (consultation_spokesperson(
                room_consultation(feed->options->room), &published->act, i, &person) != ENTENTE_OK)
            break;
        put_name(feed, "contributor", person.name);
    }
}

/* What XML 1.0 can hold: no control characters, no U+FFFE and U+FFFF.  It is UTF-8. */
static bool
is_xml_text(struct bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        const uint8_t *at = text.data + i;
        if (*at < 0x20 && *at != '\t' && *at != '\n' && *at != '\r')
            return false;
        if (*at == 0xEF && at[1] == 0xBF && at[2] >= 0xBE)
            return false;
    }
    return true;
}

/* What was agreed, to the letter; written out only where XML cannot hold it. */
static void
put_agreed(struct feed *feed, struct bytes text)
{
    char *copy =
        is_xml_text(text) ? strndup((const char *)text.data, text.size) : shown_text(text, false);

    keep(feed, copy == NULL ? -1 : xmlTextWriterWriteString(feed->writer, BAD_CAST copy));
    free(copy);
}

/* As text, or in base64 where it is of another kind (RFC 4287, 4.1.3.3). */
static void
put_content(struct feed *feed, const struct published *published)
{
    char *media_type = shown_text(published->language.media_type, true);

    start(feed, "content");
    attribute(feed, "type", published->is_text || media_type == NULL ? "text" : media_type);
    if (published->is_text)
        put_agreed(feed, published->data);
    else
        keep(feed, xmlTextWriterWriteBase64(feed->writer, (const char *)published->data.data, 0,
                       (int)published->data.size));
    end(feed);
    free(media_type);
}

static void
put_title(struct feed *feed, const struct published *published)
{
    struct bytes title = published_title(published);
    char number[32];

    snprintf(number, sizeof number, "Readout %u", published->number);
    start(feed, "title");
    put_shown(feed, title.size > 0 ? title : bytes_of_text(number), true);
    end(feed);
}

static void
put_category(struct feed *feed, const char *term)
{
    start(feed, "category");
    attribute(feed, "term", term);
    end(feed);
}

static enum entente_error
put_entry(void *state, const struct published *published)
{
    struct feed *feed = state;
    char *tag = shown_text(published->language.tag, true);

    start(feed, "entry");
    keep(feed, tag == NULL
                   ? -1
                   : xmlTextWriterWriteAttribute(feed->writer, BAD_CAST "xml:lang", BAD_CAST tag));
    free(tag);
    put_urn(feed, "readout", published->act.bytes, published->language.tag);
    put_title(feed, published);
    put_time(feed, "published", published->published_ms);
    put_time(feed, "updated", published->updated_ms);
    put_authors(feed, published->published_by);
    put_spokespersons(feed, published);
    put_category(feed, published->kind == ACT_CORRECTION ? "correction" : "readout");
    put_category(feed, published->language.is_authentic ? "authentic" : "translation");
    put_link(feed);
    put_content(feed, published);
    end(feed);
    return feed->is_broken ? ENTENTE_ERR_NO_MEMORY : ENTENTE_OK;
}

/* The feed was updated when the last of its entries was. */
static enum entente_error
note_updated(void *state, const struct published *published)
{
    struct feed *feed = state;

    if (published->updated_ms > feed->updated_ms)
        feed->updated_ms = published->updated_ms;
    return ENTENTE_OK;
}

static enum entente_error
put_feed(struct feed *feed)
{
    const struct genesis *genesis = room_genesis(feed->options->room);

    feed->updated_ms = genesis->t_ms;
    enum entente_error error = published_each(feed->options, note_updated, feed);
    if (error != ENTENTE_OK)
        return error;
    keep(feed, xmlTextWriterStartDocument(feed->writer, "1.0", "UTF-8", NULL));
    keep(feed, xmlTextWriterStartElementNS(feed->writer, NULL, BAD_CAST "feed", BAD_CAST ATOM));
    put_urn(feed, "room", room_id(feed->options->room)->bytes, (struct bytes){0});
    start(feed, "title");
    put_shown(feed, genesis->title, true);
    end(feed);
    put_time(feed, "updated", feed->updated_ms);
    put_authors(feed, (uint32_t)((UINT64_C(1) << room_parties(feed->options->room)) - 1));
    start(feed, "generator");
    attribute(feed, "version", ENTENTE_VERSION);
    put_shown(feed, bytes_of_text("Entente"), true);
    end(feed);
    put_link(feed);
    error = published_each(feed->options, put_entry, feed);
    keep(feed, xmlTextWriterEndDocument(feed->writer));
    if (error == ENTENTE_OK && feed->is_broken)
        error = ENTENTE_ERR_NO_MEMORY;
    return error;
}

enum entente_error
document_readouts_atom(struct document *document, const struct document_options *options)
{
    struct feed feed = {.options = options};
    xmlBufferPtr buffer = xmlBufferCreate();
    enum entente_error error = ENTENTE_ERR_NO_MEMORY;

    if (buffer != NULL)
        feed.writer = xmlNewTextWriterMemory(buffer, 0);
    if (feed.writer != NULL) {
        xmlTextWriterSetIndent(feed.writer, 1);
        error = put_feed(&feed);
        xmlFreeTextWriter(feed.writer); /* flushes */
    }
    if (error == ENTENTE_OK)
        document_put(
            document, (struct bytes){xmlBufferContent(buffer), (size_t)xmlBufferLength(buffer)});
    xmlBufferFree(buffer);
    return error == ENTENTE_OK ? document_finish(document) : error;
}
