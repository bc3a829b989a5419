/*
 * Goal: documents say no more and no less in pieces, in any language, of an empty consultation and
 * of one that is not there; numbers and times are exact.  (What they say is read by others' parsers
 * in tests/documents/.) Method: the consultation of support/summit.h and an empty one; the sums and
 * times at their limits.
 */
#include "base/text.h"
#include "documents/buffer.h"
#include "documents/phrases.h"
#include "support/summit.h"
#include "support/test.h"

static struct document_options
options_of(const struct summit *summit, const char *language)
{
    return (struct document_options){
        .room = summit->room, .language = language, .now_ms = SUMMIT_AT(24 * 69, 0)};
}

static bool
has(const struct document *document, const char *text)
{
    return memmem(document->data, document->size, text, strlen(text)) != NULL;
}

struct sink {
    uint8_t data[1048576];
    size_t size;
    uint32_t parts;
    enum entente_error error;
};

static enum entente_error
take_part(void *state, struct bytes part)
{
    struct sink *sink = state;

    if (sink->error != ENTENTE_OK || part.size > sizeof sink->data - sink->size)
        return sink->error;
    memcpy(sink->data + sink->size, part.data, part.size);
    sink->size += part.size;
    sink->parts++;
    return ENTENTE_OK;
}

static struct sink sink;

TEST(what_is_flushed_is_the_document)
{
    static const char line[] = "a line of some length, again and again\n";
    struct document document = {.flush = take_part, .state = &sink};

    sink = (struct sink){0};
    for (int i = 0; i < 10000; i++)
        document_put_text(&document, line);
    CHECK(document_finish(&document) == ENTENTE_OK && sink.parts > 3);
    CHECK(sink.size == 10000 * (sizeof line - 1) && document.room < 4 * DOCUMENT_FLUSH_BYTES);
    for (size_t i = 0; i < sink.size; i++)
        if (sink.data[i] != (uint8_t)line[i % (sizeof line - 1)])
            test_failed(__FILE__, __LINE__, "other bytes");
    document_free(&document);
    sink = (struct sink){.error = ENTENTE_ERR_DISK_FULL};
    document = (struct document){.flush = take_part, .state = &sink};
    for (int i = 0; i < 10000; i++)
        document_put_text(&document, line);
    CHECK(document_finish(&document) == ENTENTE_ERR_DISK_FULL && sink.size == 0);
    document_free(&document);
}

static bool
prints(uint64_t quantity, uint8_t scale, const char *wanted)
{
    char out[DECIMAL_BYTES_MAX];

    decimal_print(out, quantity, scale);
    return strcmp(out, wanted) == 0;
}

TEST(decimals_and_times_are_exact)
{
    char out[TIME_BYTES_MAX];

    CHECK(prints(0, 0, "0") && prints(0, 9, "0") && prints(5, 1, "0.5") && prints(50, 1, "5"));
    CHECK(prints(1, 9, "0.000000001") && prints(1000000001, 9, "1.000000001"));
    CHECK(prints(UINT64_MAX, 0, "18446744073709551615"));
    CHECK(prints(UINT64_MAX, 9, "18446744073.709551615"));
    CHECK(prints(2500, 3, "2.5") && prints(25, 2, "0.25") && prints(205, 2, "2.05"));
    time_print(out, SUMMIT_AT(1, 2) + 3999);
    CHECK(strcmp(out, "2020-11-13T01:02:03Z") == 0);
    time_print(out, 0);
    CHECK(strcmp(out, "1970-01-01T00:00:00Z") == 0);
    time_print(out, UINT64_MAX);
    CHECK(strcmp(out, "9999-12-31T23:59:59Z") == 0);
}

TEST(languages_and_directions)
{
    CHECK(phrase_language_of("ko-KR") == IN_KOREAN && phrase_language_of("JA") == IN_JAPANESE);
    CHECK(phrase_language_of("ar-EG") == IN_ARABIC && phrase_language_of("kok") == IN_ENGLISH);
    CHECK(phrase_language_of(NULL) == IN_ENGLISH && phrase_language_of("") == IN_ENGLISH);
    CHECK(
        tag_is_right_to_left(bytes_of_text("ar")) && tag_is_right_to_left(bytes_of_text("he-IL")));
    CHECK(tag_is_right_to_left(bytes_of_text("pa-Arab-PK")));
    CHECK(!tag_is_right_to_left(bytes_of_text("ar-Latn")));
    CHECK(!tag_is_right_to_left(bytes_of_text("arn")) && !tag_is_right_to_left(bytes_of_text("")));
    for (int language = 0; language < PHRASE_LANGUAGES; language++)
        for (int say = 0; say < PHRASE_COUNT; say++)
            CHECK(phrase((enum phrase_language)language, (enum phrase)say)[0] != '\0');
}

TEST(an_empty_consultation_has_documents_too)
{
    struct summit summit;
    struct document document = {0};
    static const struct digest nobody = {{9}};

    summit_make_empty(&summit);
    struct document_options options = options_of(&summit, "ja");
    CHECK(document_minutes(&document, &options, NULL, DOCUMENT_HTML) == ENTENTE_OK);
    CHECK(has(&document, "なし。") && has(&document, "</html>"));
    document_free(&document);
    CHECK(document_minutes(&document, &options, &nobody, DOCUMENT_HTML) == ENTENTE_ERR_NOT_FOUND);
    CHECK(document.size == 0);
    document_free(&document);
    summit_free(&summit);
}

TEST(minutes_of_all_sessions_begin_with_their_contents)
{
    struct summit summit;
    struct document document = {0};

    summit_make(&summit);
    struct document_options options = options_of(&summit, "en");
    CHECK(document_minutes(&document, &options, NULL, DOCUMENT_HTML) == ENTENTE_OK);
    CHECK(has(&document, "Contents") && has(&document, "Follow-up of experts"));
    CHECK(has(&document, "This was said while the link was cut.") && has(&document, "called"));
    document_free(&document);
    CHECK(document_minutes(&document, &options, &summit.second, DOCUMENT_HTML) == ENTENTE_OK);
    CHECK(!has(&document, "Contents") && !has(&document, "the link was cut"));
    document_free(&document);
    summit_free(&summit);
}

TEST(a_brief_is_of_an_office_that_the_party_has)
{
    struct bytes office = bytes_of_text(SUMMIT_OFFICE);
    struct summit summit;
    struct document document = {0};

    summit_make_empty(&summit);
    struct document_options options = options_of(&summit, "en");
    CHECK(document_brief(&document, &options, office, 0, DOCUMENT_MARKDOWN) == ENTENTE_OK);
    CHECK(has(&document, "## What waits for this office\n\n*None.*"));
    CHECK(!has(&document, "What changed since") && has(&document, "(Suh Hoon)"));
    document_free(&document);
    document = (struct document){0};
    CHECK(document_brief(&document, &options, bytes_of_text("Gardener"), 0, DOCUMENT_HTML) ==
          ENTENTE_ERR_NOT_FOUND);
    CHECK(document.size == 0);
    summit_free(&summit);
}

TEST(exports_are_known_by_name)
{
    static const char *const names[] = {"commitments.csv", "sessions.ics", "readouts.atom",
        "readouts.ninjs.json", "minutes.html", "minutes.md"};
    struct summit summit;
    const char *media_type;

    summit_make_empty(&summit);
    struct document_options options = options_of(&summit, NULL);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct document document = {0};
        CHECK(document_export(&document, &options, names[i], &media_type) == ENTENTE_OK);
        CHECK(document.size > 0 && media_type != NULL &&
              text_is_utf8((struct bytes){document.data, document.size}));
        document_free(&document);
    }
    struct document document = {0};
    CHECK(
        document_export(&document, &options, "accounts.csv", &media_type) == ENTENTE_ERR_NOT_FOUND);
    CHECK(document.size == 0 && media_type == NULL);
    summit_free(&summit);
}

TEST_MAIN(CASE(a_brief_is_of_an_office_that_the_party_has), CASE(exports_are_known_by_name),
    CASE(what_is_flushed_is_the_document), CASE(decimals_and_times_are_exact),
    CASE(languages_and_directions), CASE(an_empty_consultation_has_documents_too),
    CASE(minutes_of_all_sessions_begin_with_their_contents))
