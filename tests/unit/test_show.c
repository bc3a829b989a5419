/*
 * Goal: nothing that somebody else wrote can move the cursor, turn the order of a line, or pass
 * for another name unseen; and nothing that people honestly write is touched.
 * Method: every character of Unicode through show_line() and show_text(); texts in many scripts
 * that must come out as they went in; names that must be marked, and names that must not.
 */
#include "text/show.h"
#include "support/test.h"

#include <unicode/utf8.h>

typedef void (*show_function)(FILE *out, struct bytes text);

/* What `show` makes of `text`; to be freed. */
static char *
shown(show_function show, struct bytes text)
{
    char *written = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&written, &size);

    show(out, text);
    fclose(out);
    return written;
}

static bool
shows(show_function show, const char *text, const char *expected)
{
    char *written = shown(show, bytes_of_text(text));
    bool equal = strcmp(written, expected) == 0;

    if (!equal)
        printf("# \"%s\", not \"%s\"\n", written, expected);
    free(written);
    return equal;
}

/* The names from the standard: controls of the terminal, of direction, and what cannot be seen. */
static bool
must_be_written_out(unsigned c)
{
    static const unsigned hidden[][2] = {{0x00, 0x1F}, {0x7F, 0x9F}, {0xAD, 0xAD}, {0x34F, 0x34F},
        {0x61C, 0x61C}, {0x115F, 0x1160}, {0x180B, 0x180F}, {0x200B, 0x200F}, {0x2028, 0x202E},
        {0x2060, 0x206F}, {0x3164, 0x3164}, {0xE000, 0xF8FF}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF},
        {0xFFA0, 0xFFA0}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE0FFF}, {0xF0000, 0x10FFFF}};

    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++) {
        if (c >= hidden[i][0] && c <= hidden[i][1])
            return true;
    }
    return false;
}

static struct bytes
encode(uint8_t room[static 4], unsigned c)
{
    size_t size = 0;

    U8_APPEND_UNSAFE(room, size, c);
    return (struct bytes){room, size};
}

TEST(a_line_never_holds_what_hides)
{
    int wrong = 0;

    for (unsigned c = 0; c <= 0x10FFFF; c++) {
        uint8_t room[4];
        char escape[16];
        if (c >= 0xD800 && c <= 0xDFFF)
            continue;
        struct bytes text = encode(room, c);
        char *written = shown(show_line, text);
        snprintf(escape, sizeof escape, "\\u{%04X}", c);
        bool is_escaped = strcmp(written, escape) == 0;
        bool is_same = strlen(written) == text.size && memcmp(written, text.data, text.size) == 0;
        if (is_escaped == is_same || (must_be_written_out(c) && !is_escaped)) {
            if (wrong++ == 0)
                printf("# U+%04X\n", c);
        }
        free(written);
    }
    CHECK(wrong == 0);
}

TEST(what_people_write_stays)
{
    static const char *const texts[] = {"", "Republic of Korea", "대한민국 외교부", "日本国",
        "アメリカ合衆国", "الولايات المتحدة", "ישראל", "Ελληνική Δημοκρατία", "Россия", "ประเทศไทย",
        "ÅÉÎ e\xCC\x81", "a\\b \\u \\n", "50 % — “quoted”", "🇰🇷 🏥"};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        CHECK(shows(show_line, texts[i], texts[i]));
        CHECK(shows(show_text, texts[i], texts[i]));
        CHECK(shows(show_name, texts[i], texts[i]));
    }
}

TEST(escapes_have_one_reading)
{
    CHECK(shows(show_line, "a\xE2\x80\xAEz", "a\\u{202E}z"));
    CHECK(shows(show_line, "a\\u{202E}z", "a\\u{005C}u{202E}z"));
    CHECK(shows(show_line, "\\x{FF}", "\\u{005C}x{FF}"));
    CHECK(shows(show_line, "\x1B[2Jgone\r", "\\u{001B}[2Jgone\\u{000D}"));
}

TEST(running_text_keeps_lines_and_joiners)
{
    CHECK(shows(show_text, "one\n\ttwo", "one\n\ttwo"));
    CHECK(shows(show_line, "one\n\ttwo", "one\\u{000A}\\u{0009}two"));
    CHECK(shows(show_text, "می\xE2\x80\x8Cخواهم", "می\xE2\x80\x8Cخواهم"));
    CHECK(shows(show_line, "می\xE2\x80\x8Cخواهم", "می\\u{200C}خواهم"));
    CHECK(
        shows(show_text, "\xE2\x80\xAE\x1B\r\xE2\x80\x8B", "\\u{202E}\\u{001B}\\u{000D}\\u{200B}"));
}

TEST(broken_bytes_are_written_out)
{
    CHECK(shows(show_line, "a\xFFz", "a\\x{FF}z"));
    CHECK(shows(show_line, "\xC0\xAF", "\\x{C0}\\x{AF}"));
    CHECK(shows(show_line, "\xED\xA0\x80", "\\x{ED}\\x{A0}\\x{80}"));
    CHECK(shows(show_text, "\xE2\x80", "\\x{E2}\\x{80}"));

    char *written = shown(show_line, (struct bytes){(const uint8_t *)"a\0z", 3});
    CHECK(strcmp(written, "a\\u{0000}z") == 0);
    free(written);
}

TEST(names_of_mixed_scripts_are_marked)
{
    CHECK(shows(show_name, "J\xD0\xB0pan", "J\xD0\xB0pan [mixed scripts]")); /* Cyrillic a */
    CHECK(show_is_mixed(bytes_of_text("\xCE\x9Aorea")));                     /* Greek Kappa */
    CHECK(show_is_mixed(bytes_of_text("Ministry of He\xD0\xB0lth")));
    CHECK(!show_is_mixed(bytes_of_text("ООН UN")));
    CHECK(!show_is_mixed(bytes_of_text("Korea/대한민국, 日本の東京 Tokyo東京")));
    CHECK(!show_is_mixed(bytes_of_text("G7 WHO-ВОЗ")));
    CHECK(!show_is_mixed(bytes_of_text("")));
}

TEST(names_that_look_alike_are_alike)
{
    CHECK(show_are_alike(bytes_of_text("Japan"), bytes_of_text("J\xD0\xB0p\xD0\xB0n")));
    CHECK(show_are_alike(bytes_of_text("Japan"), bytes_of_text("JAPAN")));
    CHECK(show_are_alike(bytes_of_text("Japan"), bytes_of_text("Jap\xE2\x80\x8B"
                                                               "an")));
    CHECK(!show_are_alike(bytes_of_text("Japan"), bytes_of_text("Jordan")));
    CHECK(!show_are_alike(bytes_of_text("대한민국"), bytes_of_text("日本")));
}

TEST(a_fingerprint_has_two_lines_of_eight_groups)
{
    uint8_t id[32];
    char *written = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&written, &size);

    for (uint8_t i = 0; i < 32; i++)
        id[i] = (uint8_t)(i * 8 + 1);
    show_fingerprint(out, "  ", id);
    fclose(out);
    CHECK(strcmp(written, "  0109 1119 2129 3139 4149 5159 6169 7179\n"
                          "  8189 9199 a1a9 b1b9 c1c9 d1d9 e1e9 f1f9\n") == 0);
    free(written);
}

TEST_MAIN(CASE(a_line_never_holds_what_hides), CASE(what_people_write_stays),
    CASE(escapes_have_one_reading), CASE(running_text_keeps_lines_and_joiners),
    CASE(broken_bytes_are_written_out), CASE(names_of_mixed_scripts_are_marked),
    CASE(names_that_look_alike_are_alike), CASE(a_fingerprint_has_two_lines_of_eight_groups))
