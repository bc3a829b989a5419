/*
 * Goal: minutes_page_read() holds against any bytes, and what it tells is fit for the record.
 * Method: every text that it tells must be UTF-8, not empty, and within its limit; every line that
 * it names must exist; the same bytes read again over the same people must not fail.
 */
#include "fuzz.h"

#include "base/text.h"
#include "cli/minutes_page.h"

#include <string.h>

struct told {
    uint32_t lines;     /* in the input */
    uint32_t last_line; /* of the last item */
};

static enum entente_error
check_item(void *context, const struct minutes_item *item)
{
    struct told *told = context;

    fuzz_require(item->line >= 1 && item->line <= told->lines);
    fuzz_require(item->kind == MINUTES_SESSION || item->line > told->last_line);
    told->last_line = item->kind == MINUTES_SESSION ? 0 : item->line;
    fuzz_require(item->text.size > 0 && item->text.size <= MINUTES_TEXT_BYTES_MAX);
    fuzz_require(text_is_utf8(item->text) && text_is_utf8(item->abbreviation));
    fuzz_require(text_is_utf8(item->speaker) && text_is_utf8(item->organisation));
    fuzz_require((item->kind == MINUTES_STATEMENT) == (item->abbreviation.size > 0));
    fuzz_require(item->party < MINUTES_PARTIES && item->level <= 6);
    return ENTENTE_OK;
}

static void
check_unread(void *context, const char *file, uint32_t line, const char *reason)
{
    const struct told *told = context;

    fuzz_require(strcmp(file, "fuzz.md") == 0 && reason[0] != '\0');
    fuzz_require(line >= 1 && line <= told->lines);
}

static enum entente_error
check_person(void *context, const struct minutes_person *person)
{
    (void)context;
    fuzz_require(person->name[0] != '\0' && text_is_utf8(bytes_of_text(person->name)));
    fuzz_require(text_is_utf8(bytes_of_text(person->organisation)));
    return ENTENTE_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct attendance *attendance = attendance_new();
    struct minutes_page page = {.file = "fuzz.md", .content = {data, size}};
    struct told told = {.lines = 1};
    struct minutes_sink sink = {&told, check_item, check_unread, check_person};
    char date[11];

    fuzz_require(attendance != NULL);
    for (size_t i = 0; i < size; i++)
        told.lines += data[i] == '\n';
    fuzz_require(minutes_page_date(page.content, date) == (date[0] != '\0'));
    page.place = minutes_page_place(page.content);
    fuzz_require(text_is_utf8(page.place));
    for (int pass = 0; pass < 2; pass++) {
        told.last_line = 0;
        fuzz_require(minutes_page_read(&page, attendance, &sink) == ENTENTE_OK);
    }
    attendance_free(attendance);
    return 0;
}
