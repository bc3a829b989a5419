#include "documents/documents.h"

static enum entente_error
minutes_html(struct document *document, const struct document_options *options)
{
    return document_minutes(document, options, NULL, DOCUMENT_HTML);
}

static enum entente_error
minutes_markdown(struct document *document, const struct document_options *options)
{
    return document_minutes(document, options, NULL, DOCUMENT_MARKDOWN);
}

static const struct {
    const char *name;
    const char *media_type;
    enum entente_error (*write)(struct document *document, const struct document_options *options);
} exports[] = {
    {"commitments.csv", "text/csv; charset=utf-8; header=present", document_commitments_csv},
    {"sessions.ics", "text/calendar; charset=utf-8", document_sessions_ical},
    {"readouts.atom", "application/atom+xml", document_readouts_atom},
    {"readouts.ninjs.json", "application/json", document_readouts_ninjs},
    {"minutes.html", "text/html; charset=utf-8", minutes_html},
    {"minutes.md", "text/markdown; charset=utf-8", minutes_markdown},
};

enum entente_error
document_export(struct document *document, const struct document_options *options, const char *name,
    const char **media_type)
{
    *media_type = NULL;
    for (size_t i = 0; i < sizeof exports / sizeof *exports; i++) {
        if (strcmp(exports[i].name, name) != 0)
            continue;
        *media_type = exports[i].media_type;
        return exports[i].write(document, options);
    }
    return ENTENTE_ERR_NOT_FOUND;
}
