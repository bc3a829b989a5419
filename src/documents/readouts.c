#include "documents/readouts.h"

#include "base/text.h"
#include "consultation/texts.h"
#include "documents/listing.h"

#include <stdlib.h>
#include <strings.h>

/* Who published it, and when, as far as that lies behind. */
static enum entente_error
read_publications(struct consultation *consultation, const struct digest *act, uint64_t now_ms,
    struct published *published)
{
    const struct object *object = consultation_object(consultation, act);
    const struct fact_note *note;
    struct fact fact;
    enum entente_error error = object == NULL ? ENTENTE_ERR_NOT_FOUND : ENTENTE_OK;

    for (uint32_t i = 0; error == ENTENTE_OK;) {
        error = object_next(consultation, object, FACT_PUBLICATION, &i, &note, &fact);
        if (error != ENTENTE_OK)
            break;
        uint64_t t_ms = fact.when_ms != 0 ? fact.when_ms : note->t_ms;
        if (t_ms > now_ms)
            continue;
        if (published->published_by == 0 || t_ms < published->published_ms)
            published->published_ms = t_ms;
        if (t_ms > published->updated_ms)
            published->updated_ms = t_ms;
        published->published_by |= 1u << note->slot;
    }
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

/* Whether everybody may read the act's text now; what of it is known then. */
static enum entente_error
read_act(const struct document_options *options, const struct digest *act,
    struct published *published, bool *is_public)
{
    struct consultation *consultation = room_consultation(options->room);
    struct readout_state state;
    struct act_verdict verdict;
    enum entente_error error = consultation_readout(consultation, act, &state);

    *published = (struct published){.act = *act};
    *is_public = false;
    if (error != ENTENTE_OK)
        return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
    error = acts_verdict(consultation_acts(consultation), act, &verdict);
    if (error == ENTENTE_OK)
        error = read_publications(consultation, act, options->now_ms, published);
    published->kind = state.proposal.kind;
    published->subject = state.proposal.subject;
    published->number = state.number;
    *is_public = error == ENTENTE_OK && verdict.is_effective && published->published_by != 0 &&
                 state.embargo_ms <= options->now_ms;
    return error;
}

static enum entente_error
tell_texts(struct consultation *consultation, struct published *published,
    enum entente_error (*take)(void *state, const struct published *published), void *state)
{
    struct proposal proposal;
    struct text_state *text = calloc(1, sizeof *text);
    enum entente_error error = text == NULL ? ENTENTE_ERR_NO_MEMORY : ENTENTE_OK;

    if (error == ENTENTE_OK && consultation_proposal(consultation, &published->act, &proposal))
        error = consultation_text(consultation, &proposal.root, text);
    for (uint16_t i = 0; error == ENTENTE_OK && i < text->languages; i++) {
        if (!text->files[i].is_here)
            continue;
        published->language = text->files[i].language;
        published->data = text->files[i].data;
        published->is_text =
            text_is_utf8(published->data) && published->language.media_type.size > 5 &&
            strncasecmp((const char *)published->language.media_type.data, "text/", 5) == 0;
        error = take(state, published);
    }
    free(text);
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

enum entente_error
published_each(const struct document_options *options,
    enum entente_error (*take)(void *state, const struct published *published), void *state)
{
    struct consultation *consultation = room_consultation(options->room);
    struct listing listing = {0};
    struct published published;
    struct digest act;
    bool is_public;
    enum entente_error error = ENTENTE_OK;

    for (uint32_t i = 0; error == ENTENTE_OK && acts_at(consultation_acts(consultation), i, &act);
         i++) {
        error = read_act(options, &act, &published, &is_public);
        if (error == ENTENTE_OK && is_public)
            error = listing_add(&listing, &act, published.published_ms);
    }
    listing_sort(&listing);
    for (uint32_t i = 0; error == ENTENTE_OK && i < listing.count; i++) {
        error = read_act(options, &listing.items[i].id, &published, &is_public);
        if (error == ENTENTE_OK)
            error = tell_texts(consultation, &published, take, state);
    }
    listing_free(&listing);
    return error;
}

struct bytes
published_title(const struct published *published)
{
    struct bytes rest = published->data, paragraph = {0};

    if (!published->is_text || !text_paragraph_next(&rest, &paragraph))
        return (struct bytes){0};
    const uint8_t *end = memchr(paragraph.data, '\n', paragraph.size);
    if (end != NULL)
        paragraph.size = (size_t)(end - paragraph.data);
    while (paragraph.size > 0 && (paragraph.data[0] == ' ' || paragraph.data[0] == '#')) {
        paragraph.data++;
        paragraph.size--;
    }
    while (paragraph.size > 0 && strchr(" \r\t", paragraph.data[paragraph.size - 1]) != NULL)
        paragraph.size--;
    return paragraph;
}
