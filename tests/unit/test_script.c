/*
 * Goal: script_next() gives every field byte for byte, and refuses every slip with its line; the
 * demo's own scripts are read whole and hold what demonstration/README.md says of them.
 * Method: lines of each form; a table of slips; the limits on both sides; the three scripts
 * counted.
 */
#include "cli/script.h"
#include "support/test.h"

static bool
is_saying(struct script *script, enum script_kind kind, const char *language, const char *speaker,
    const char *text)
{
    struct script_saying saying;
    bool found;

    return script_next(script, &saying, &found) == ENTENTE_OK && found && saying.kind == kind &&
           bytes_equal(saying.language, bytes_of_text(language)) &&
           bytes_equal(saying.speaker, bytes_of_text(speaker)) &&
           bytes_equal(saying.text, bytes_of_text(text));
}

TEST(reads_headings_and_statements)
{
    struct script script = script_of(bytes_of_text("# who\n"
                                                   "heading|ko|안건\n"
                                                   "\n"
                                                   "statement|ja|局長|一|二\n"
                                                   "#statement|en|A|b\n"
                                                   "statement|ar-EG|المستشار|نص\n"));
    struct script_saying saying;
    bool found = true;

    CHECK(is_saying(&script, SCRIPT_HEADING, "ko", "", "안건") && script.line == 2);
    CHECK(is_saying(&script, SCRIPT_STATEMENT, "ja", "局長", "一|二") && script.line == 4);
    CHECK(is_saying(&script, SCRIPT_STATEMENT, "ar-EG", "المستشار", "نص") && script.line == 6);
    CHECK(script_next(&script, &saying, &found) == ENTENTE_OK && !found);
    CHECK(script_next(&script, &saying, &found) == ENTENTE_OK && !found);
}

TEST(reads_an_empty_script)
{
    struct script script = script_of((struct bytes){0});
    struct script_saying saying;
    bool found = true;

    CHECK(script_next(&script, &saying, &found) == ENTENTE_OK && !found && script.line == 0);
}

TEST(refuses_every_slip_with_its_line)
{
    static const struct {
        enum entente_error error;
        const char *line;
    } slips[] = {
        {ENTENTE_ERR_MALFORMED, "heading\n"},
        {ENTENTE_ERR_MALFORMED, "heading|en\n"},
        {ENTENTE_ERR_MALFORMED, "heading|en|\n"},
        {ENTENTE_ERR_MALFORMED, "heading||a\n"},
        {ENTENTE_ERR_MALFORMED, "heading|e_n|a\n"},
        {ENTENTE_ERR_MALFORMED, "heading|en|a\r\n"},
        {ENTENTE_ERR_MALFORMED, "heading|en|a\tb\n"},
        {ENTENTE_ERR_MALFORMED, "heading|en|a\x7F\n"},
        {ENTENTE_ERR_MALFORMED, "heading|en| a\n"},
        {ENTENTE_ERR_MALFORMED, "heading|en|a \n"},
        {ENTENTE_ERR_MALFORMED, " heading|en|a\n"},
        {ENTENTE_ERR_MALFORMED, "Heading|en|a\n"},
        {ENTENTE_ERR_MALFORMED, "speech|en|a\n"},
        {ENTENTE_ERR_MALFORMED, "statement|en|a\n"},
        {ENTENTE_ERR_MALFORMED, "statement|en||a\n"},
        {ENTENTE_ERR_MALFORMED, "statement|en|a|\n"},
        {ENTENTE_ERR_MALFORMED, "statement|en|a |b\n"},
        {ENTENTE_ERR_MALFORMED, "statement|en|a\x01|b\n"},
        {ENTENTE_ERR_MALFORMED, " \n"},
        {ENTENTE_ERR_TEXT, "heading|en|\xFF\n"},
        {ENTENTE_ERR_TEXT, "statement|en|\xC3|a\n"},
        {ENTENTE_ERR_TRUNCATED, "heading|en|a"},
        {ENTENTE_ERR_TRUNCATED, "# a"},
    };

    for (size_t i = 0; i < sizeof slips / sizeof slips[0]; i++) {
        char content[128];
        struct script_saying saying;
        bool found;

        snprintf(content, sizeof content, "\n# a\nheading|en|first\n%s", slips[i].line);
        struct script script = script_of(bytes_of_text(content));
        CHECK(is_saying(&script, SCRIPT_HEADING, "en", "", "first"));
        enum entente_error error = script_next(&script, &saying, &found);
        if (error != slips[i].error)
            printf("# %s for %s", entente_error_name(error), slips[i].line);
        CHECK(error == slips[i].error && !found && script.line == 4);
        CHECK(saying.language.data == NULL && saying.speaker.data == NULL &&
              saying.text.data == NULL);
    }
}

/* One statement whose speaker and whole line have these sizes. */
static enum entente_error
read_sized(size_t speaker_bytes, size_t line_bytes)
{
    char *content = malloc(line_bytes + 2);
    struct script_saying saying;
    bool found;

    memset(content, 'x', line_bytes);
    memcpy(content, "statement|en|", 13);
    content[13 + speaker_bytes] = '|';
    content[line_bytes] = '\n';
    struct script script = script_of((struct bytes){(const uint8_t *)content, line_bytes + 1});
    enum entente_error error = script_next(&script, &saying, &found);
    CHECK(found == (error == ENTENTE_OK));
    free(content);
    return error;
}

TEST(keeps_its_limits)
{
    CHECK(read_sized(SCRIPT_SPEAKER_BYTES_MAX, SCRIPT_LINE_BYTES_MAX) == ENTENTE_OK);
    CHECK(read_sized(SCRIPT_SPEAKER_BYTES_MAX + 1, SCRIPT_LINE_BYTES_MAX) == ENTENTE_ERR_TOO_LARGE);
    CHECK(read_sized(SCRIPT_SPEAKER_BYTES_MAX, SCRIPT_LINE_BYTES_MAX + 1) == ENTENTE_ERR_TOO_LARGE);
}

struct tally {
    size_t headings;
    size_t statements;
    size_t own;    /* statements in the party's own language */
    size_t arabic; /* and in the language of the readout */
};

static struct tally
count_script(const char *name, const char *language)
{
    const char *source = getenv("ENTENTE_SOURCE");
    struct tally tally = {0};
    struct script_saying saying;
    bool found = true;
    char path[4096];
    static uint8_t content[1 << 18];

    snprintf(path, sizeof path, "%s/demonstration/statements/%s", source != NULL ? source : ".", name);
    FILE *file = fopen(path, "rb");
    size_t size = file == NULL ? 0 : fread(content, 1, sizeof content, file);
    if (file != NULL)
        fclose(file);
    struct script script = script_of((struct bytes){content, size});
    while (found) {
        enum entente_error error = script_next(&script, &saying, &found);
        if (error != ENTENTE_OK)
            printf("# %s:%u: %s\n", name, script.line, entente_error_text(error));
        CHECK(error == ENTENTE_OK);
        tally.headings += found && saying.kind == SCRIPT_HEADING;
        if (!found || saying.kind == SCRIPT_HEADING)
            continue;
        tally.statements++;
        tally.own += bytes_equal(saying.language, bytes_of_text(language));
        tally.arabic += bytes_equal(saying.language, bytes_of_text("ar"));
    }
    return tally;
}

TEST(reads_the_scripts_of_the_demo)
{
    static const char *const scripts[][2] = {
        {"korea.txt", "ko"}, {"japan.txt", "ja"}, {"united-states.txt", "en"}};

    for (size_t i = 0; i < 3; i++) {
        struct tally tally = count_script(scripts[i][0], scripts[i][1]);
        CHECK(tally.headings == 6);
        CHECK(tally.statements >= 30);
        CHECK(tally.own >= 20);
        CHECK(tally.arabic >= 4);
    }
}

TEST_MAIN(CASE(reads_headings_and_statements), CASE(reads_an_empty_script),
    CASE(refuses_every_slip_with_its_line), CASE(keeps_its_limits),
    CASE(reads_the_scripts_of_the_demo))
