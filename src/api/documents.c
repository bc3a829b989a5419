/* What people take out of a consultation, and reports held against what was published. */
#include "api/formats.h"
#include "api/handling.h"

#include "base/text.h"
#include "documents/documents.h"
#include "documents/readout_check_json.h"

#include <stdlib.h>

/* ---- documents ---- */

static struct document_options
options_of(struct call *call)
{
    return (struct document_options){.room = call_room(call),
        .language = call_parameter(call, "language"),
        .now_ms = call_now_ms(call)};
}

static enum document_form
form_of(const struct call *call)
{
    const char *format = call_parameter(call, "format");

    return format != NULL && strcmp(format, "markdown") == 0 ? DOCUMENT_MARKDOWN : DOCUMENT_HTML;
}

/* `document` is freed. */
static void
reply_document(
    struct call *call, enum entente_error error, struct document *document, const char *media_type)
{
    if (error == ENTENTE_OK)
        call_reply_bytes(call, 200, media_type, (struct bytes){document->data, document->size});
    else
        call_fail(call, error);
    document_free(document);
}

static const char *
media_type_of(enum document_form form)
{
    return form == DOCUMENT_HTML ? "text/html; charset=utf-8" : "text/markdown; charset=utf-8";
}

static void
draft_minutes(struct call *call)
{
    struct document document = {0};
    struct document_options options = options_of(call);
    enum document_form form = form_of(call);
    struct found_object session;

    if (!find_object(call, "session", FACT_SESSION, &session))
        return;
    enum entente_error error = document_minutes(&document, &options, &session.id, form);
    reply_document(call, error, &document, media_type_of(form));
}

static void
write_brief(struct call *call)
{
    struct document document = {0};
    struct document_options options = options_of(call);
    enum document_form form = form_of(call);
    const char *office = call_parameter(call, "office"), *since = call_parameter(call, "since");
    uint64_t since_ms = 0;

    if (since != NULL)
        time_of_text(bytes_of_text(since), &since_ms); /* its form was checked */
    enum entente_error error =
        document_brief(&document, &options, bytes_of_text(office), since_ms, form);
    if (error != ENTENTE_ERR_NOT_FOUND) {
        reply_document(call, error, &document, media_type_of(form));
        return;
    }
    document_free(&document);
    call_refuse(call, 404, "office", NULL, "office: this party has no office of that name");
}

static void
export_list(struct call *call)
{
    struct document document = {0};
    struct document_options options = options_of(call);
    const char *media_type = NULL;
    enum entente_error error =
        document_export(&document, &options, call_parameter(call, "export"), &media_type);

    reply_document(call, error, &document, media_type);
}

/* ---- checking a report ---- */

/* The texts of readouts: what a report is checked against. */
struct against {
    uint32_t count;
    size_t bytes;
    struct bytes texts[READOUT_CHECK_TEXTS_MAX];
    struct bytes tags[READOUT_CHECK_TEXTS_MAX];
    struct digest acts[READOUT_CHECK_TEXTS_MAX];
};

/* Whether it is a readout that the report is to be checked against: effective, or for everybody,
 * published. */
static enum entente_error
is_to_check(struct call *call, const struct digest *act, bool is_public,
    struct readout_state *state, bool *is)
{
    struct consultation *consultation = room_consultation(call_room(call));
    struct act_verdict verdict;
    uint64_t when_ms = 0;

    *is = false;
    enum entente_error error = consultation_readout(consultation, act, state);
    if (error == ENTENTE_OK)
        error = acts_verdict(consultation_acts(consultation), act, &verdict);
    if (error == ENTENTE_OK && is_public)
        error = readout_publication(call_room(call), state, call_now_ms(call), &when_ms);
    if (error == ENTENTE_OK)
        *is = is_public ? when_ms != 0 : verdict.is_effective;
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

static void
add_texts(struct against *against, const struct readout_state *state, const struct text_state *text,
    struct bytes tag)
{
    for (uint16_t i = 0; i < text->languages; i++) {
        const struct text_file *file = &text->files[i];
        bool is_asked = tag.size == 0 || bytes_equal(tag, file->language.tag);
        if (!is_asked || !file->is_here || !text_is_utf8(file->data) ||
            against->count == READOUT_CHECK_TEXTS_MAX ||
            file->data.size > READOUT_CHECK_TEXTS_BYTES_MAX - against->bytes)
            continue;
        against->texts[against->count] = file->data;
        against->tags[against->count] = file->language.tag;
        against->acts[against->count++] = state->proposal.act;
        against->bytes += file->data.size;
    }
}

/* The latest ones, as many as are checked at once. */
static enum entente_error
find_texts(struct call *call, bool is_public, struct bytes tag, struct against *against)
{
    struct consultation *consultation = room_consultation(call_room(call));
    struct acts *acts = consultation_acts(consultation);
    enum entente_error error = ENTENTE_OK;
    struct digest act;
    uint32_t index = 0;

    while (acts_at(acts, index, &act))
        index++;
    while (error == ENTENTE_OK && index-- > 0 && acts_at(acts, index, &act)) {
        struct readout_state state;
        struct text_state text;
        bool is;
        error = is_to_check(call, &act, is_public, &state, &is);
        if (error != ENTENTE_OK || !is)
            continue;
        error = consultation_text(consultation, &state.proposal.root, &text);
        if (error == ENTENTE_OK)
            add_texts(against, &state, &text, tag);
        else if (error == ENTENTE_ERR_NOT_FOUND)
            error = ENTENTE_OK;
    }
    return error;
}

/* Whose text the report is from, where it is from one. */
static json_t *
json_of_check(const struct readout_check *check, const struct against *against)
{
    json_t *made = readout_check_json(check, json_of_utf8);

    if (check->has_text) {
        json_put(&made, "readout", json_of_id(&against->acts[check->text]));
        json_put(&made, "language", json_of_utf8(against->tags[check->text]));
    }
    return made;
}

static void
check_report(struct call *call, bool is_public)
{
    struct against *against = calloc(1, sizeof *against);
    struct readout_check check;
    struct bytes report = {0}, tag = {0};
    json_t *answer = NULL;

    call_field_text(call, "text", &report);
    call_field_text(call, "language", &tag);
    enum entente_error error =
        against == NULL ? ENTENTE_ERR_NO_MEMORY : find_texts(call, is_public, tag, against);
    if (error == ENTENTE_OK)
        error = readout_check(&check, report, against->texts, against->count);
    if (error == ENTENTE_OK) {
        answer = json_of_check(&check, against);
        readout_check_free(&check);
    }
    free(against);
    reply_or_fail(call, error, answer);
}

static void
check_readouts(struct call *call)
{
    check_report(call, false);
}

static void
check_public(struct call *call)
{
    check_report(call, true);
}

const struct call_entry calls_of_documents[] = {
    {.operation = "minutesDraft", .run = draft_minutes},
    {.operation = "brief", .run = write_brief},
    {.operation = "export", .run = export_list},
    {.operation = "readoutCheck", .run = check_readouts},
    {.operation = "publicCheck", .run = check_public},
    {.operation = NULL},
};
