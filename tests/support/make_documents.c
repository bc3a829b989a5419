/* Writes the documents of the consultation of summit.h into a folder: make_documents FOLDER. */
#include "documents/documents.h"
#include "support/summit.h"

#include <stdio.h>
#include <stdlib.h>

static const char *folder;
static struct document_options options;

static int
save(const char *name, struct document *document, enum entente_error error)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = error == ENTENTE_OK ? fopen(path, "wb") : NULL;
    bool is_done =
        file != NULL && fwrite(document->data, 1, document->size, file) == document->size;
    if (file != NULL && fclose(file) != 0)
        is_done = false;
    if (!is_done)
        fprintf(stderr, "make_documents: %s: %s\n", path, entente_error_text(error));
    document_free(document);
    return is_done ? 0 : 1;
}

static int
save_minutes(const char *language, const struct summit *summit)
{
    struct document document = {0};
    char name[64];

    options.language = language;
    snprintf(name, sizeof name, "minutes.%s.html", language);
    int failed = save(
        name, &document, document_minutes(&document, &options, &summit->session, DOCUMENT_HTML));
    document = (struct document){0};
    snprintf(name, sizeof name, "minutes.%s.md", language);
    return failed + save(name, &document,
                        document_minutes(&document, &options, &summit->session, DOCUMENT_MARKDOWN));
}

static int
save_brief(const char *language)
{
    struct document document = {0};
    struct bytes office = bytes_of_text(SUMMIT_OFFICE);
    char name[64];

    options.language = language;
    snprintf(name, sizeof name, "brief.%s.html", language);
    int failed = save(name, &document,
        document_brief(&document, &options, office, SUMMIT_AT(12, 0), DOCUMENT_HTML));
    document = (struct document){0};
    snprintf(name, sizeof name, "brief.%s.md", language);
    return failed +
           save(name, &document, document_brief(&document, &options, office, 0, DOCUMENT_MARKDOWN));
}

static int
save_exports(const char *prefix)
{
    static const char *const names[] = {
        "commitments.csv", "sessions.ics", "readouts.atom", "readouts.ninjs.json", "minutes.html"};
    int failed = 0;

    options.language = "en";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct document document = {0};
        const char *media_type;
        char name[64];
        snprintf(name, sizeof name, "%s%s", prefix, names[i]);
        enum entente_error error = document_export(&document, &options, names[i], &media_type);
        failed += save(name, &document, error);
    }
    return failed;
}

int
main(int count, char **arguments)
{
    static const char *const languages[] = {"en", "ko", "ja", "ar"};
    struct summit summit;
    int failed = 0;

    if (count != 2)
        return 1;
    folder = arguments[1];
    summit_make(&summit);
    options = (struct document_options){
        .room = summit.room, .now_ms = SUMMIT_AT(24 * 69, 0), .site = "https://desk.example"};
    for (size_t i = 0; i < 4; i++)
        failed += save_minutes(languages[i], &summit) + save_brief(languages[i]);
    failed += save_exports("");
    options.now_ms = SUMMIT_AT(11, 59); /* the embargo is not over */
    failed += save_exports("early.");
    summit_free(&summit);
    return failed == 0 ? 0 : 1;
}
