/*
 * Goal: a day's minutes become sessions, headings, conclusions and statements in document order,
 * each word with its speaker, whatever form the note-takers used and whatever bytes come.
 * Method: small pages, one for each form, and the whole trace of what was read compared; pages that
 * are too long, not UTF-8, or not minutes at all.
 */
#include "cli/minutes_page.h"
#include "support/minutes_trace.h"
#include "support/test.h"

/* The trace of a page; static, good until the next call. */
static const char *
read_page(struct attendance *attendance, struct bytes content)
{
    static struct minutes_trace trace;
    struct minutes_sink sink = trace_sink(&trace);
    struct minutes_page page = {.file = "a.md", .content = content};

    memset(&trace, 0, sizeof trace);
    CHECK(minutes_page_read(&page, attendance, &sink) == ENTENTE_OK);
    return trace.text;
}

static bool
is_read_as(const char *content, const char *trace)
{
    struct attendance *attendance = attendance_new();
    const char *got = read_page(attendance, bytes_of_text(content));
    bool same = strcmp(got, trace) == 0;

    for (const char *rest = got; !same && *rest != '\0';) {
        int size = (int)strcspn(rest, "\n");
        printf("# got: %.*s\n", size, rest);
        rest += size + (rest[size] == '\n');
    }
    attendance_free(attendance);
    return same;
}

#define TITLE "# March 4, 2015 Meeting Notes\n-----\n"
#define PEOPLE "Ann Lee (AL), Bo Öst (BO), **Remote attendees:** Cy Lee (CYL)\n\n## One\n"
#define SESSION                                                                                    \
    "session a.md:1 2015-03-04 () March 4, 2015 Meeting Notes\n"                                   \
    "present Ann Lee|\npresent Bo Öst|\npresent Cy Lee|\nheading a.md:5 2 One\n"

TEST(reads_titles_in_both_orders)
{
    char date[11];

    CHECK(minutes_page_date(bytes_of_text("# January 27, 2015 Meeting Notes   \n"), date));
    CHECK(strcmp(date, "2015-01-27") == 0);
    CHECK(minutes_page_date(bytes_of_text("\n\n# 1 September, 2021 Meeting Notes"), date));
    CHECK(strcmp(date, "2021-09-01") == 0);
    CHECK(minutes_page_date(bytes_of_text("# June 01, 2020 Meeting Notes\r\n"), date));
    CHECK(strcmp(date, "2020-06-01") == 0);
}

TEST(refuses_titles_without_a_whole_date)
{
    static const char *const titles[] = {"", "# May 2016 - Table of Contents",
        "# Summary for the 65th meeting", "January 27, 2015", "# Agenda\n# January 27, 2015",
        "# January 32, 2015", "# January 0, 2015", "# January 27, 215", "# January 27, 20155",
        "# Janvier 27, 2015", "# January 27, 2015 \xFF",
        "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n# May 1, 2015"};
    char date[11];

    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
        CHECK(!minutes_page_date(bytes_of_text(titles[i]), date) && date[0] == '\0');
}

TEST(finds_the_place_in_a_summary)
{
    static const char summary[] =
        "# Summary\n\nThe committee held a three day meeting hosted by Acme in Bern, BE on May 2nd.";
    struct bytes place = minutes_page_place(bytes_of_text(summary));

    CHECK(bytes_equal(place, bytes_of_text("hosted by Acme in Bern, BE")));
    CHECK(minutes_page_place(bytes_of_text("We held a meeting on May 2nd")).size == 0);
    CHECK(minutes_page_place(bytes_of_text("They held a meeting at Acme")).size == 0);
    CHECK(minutes_page_place(bytes_of_text("They held a meeting at \xFF on May 2nd")).size == 0);
    CHECK(minutes_page_place((struct bytes){0}).size == 0);
}

TEST(reads_running_lists)
{
    CHECK(is_read_as(TITLE "Ann Lee (AL), Bo Öst(BO), Cy (Kit) Ng [CKN], Di Fo (DIF?) Ed Go (EG)\n"
                           "Remote:\n"
                           "**Remote attendees:** \n"
                           "Remote: Fi Hu (FH)\n"
                           "nobody else\n"
                           " (ZZ), Gu Im (GI)\n"
                           "AL: a\nBO: b\nCKN: c\nDIF: d\nEG: e\nFH: f\nZZ: z\nGI: g\n",
        "session a.md:1 2015-03-04 () March 4, 2015 Meeting Notes\n"
        "unread a.md:7 no abbreviation in this line of the attendance\n"
        "unread a.md:8 an attendee without a name, or too many attendees\n"
        "present Ann Lee|\npresent Bo Öst|\npresent Cy (Kit) Ng|\npresent Di Fo|\n"
        "present Ed Go|\npresent Fi Hu|\npresent Gu Im|\n"
        "statement a.md:9 AL|Ann Lee| a\n"
        "statement a.md:10 BO|Bo Öst| b\n"
        "statement a.md:11 CKN|Cy (Kit) Ng| c\n"
        "statement a.md:12 DIF|Di Fo| d\n"
        "statement a.md:13 EG|Ed Go| e\n"
        "statement a.md:14 FH|Fi Hu| f\n"
        "statement a.md:15 ZZ|| z\n"
        "statement a.md:16 GI|Gu Im| g\n"));
}

TEST(reads_tables)
{
    CHECK(is_read_as(TITLE "| Name | Abbreviation | Organization |\n"
                           "|------|:------------:|--------------|\n"
                           "|      |              |              |\n"
                           "| Ann Lee | AL | Acme, Inc. |\n"
                           "| Bo Öst  | BO |\n"
                           "| Cy Ng   |    | Acme |\n"
                           "|         | DF | Acme |\n"
                           "| Ed Go   | eg | Acme |\n"
                           "## One\n"
                           "AL: a\nBO: b\n"
                           "| x | AL | Other |\n",
        "session a.md:1 2015-03-04 () March 4, 2015 Meeting Notes\n"
        "unread a.md:8 a row of the attendance without a name and an abbreviation\n"
        "unread a.md:9 a row of the attendance without a name and an abbreviation\n"
        "unread a.md:10 a row of the attendance without a name and an abbreviation\n"
        "present Ann Lee|Acme, Inc.\npresent Bo Öst|\n"
        "heading a.md:11 2 One\n"
        "statement a.md:12 AL|Ann Lee|Acme, Inc. a\n"
        "statement a.md:13 BO|Bo Öst| b/| x | AL | Other |\n"));
}

TEST(knows_people_on_later_days_only)
{
    struct attendance *attendance = attendance_new();
    const char *trace = read_page(attendance, bytes_of_text(TITLE "AL: before\n"));

    CHECK(strstr(trace, "AL|| before") != NULL);
    read_page(attendance, bytes_of_text(TITLE "| Ann Lee | AL | Acme |\n"));
    trace = read_page(attendance, bytes_of_text(TITLE "AL: after\nAnn: not here\n"));
    CHECK(strstr(trace, "AL|Ann Lee|Acme after/Ann: not here") != NULL);
    trace = read_page(attendance, bytes_of_text(TITLE "Ann Lee-Wu (AL)\n\nAL: later\nAnn: here\n"));
    CHECK(strstr(trace, "AL|Ann Lee-Wu|Acme later\n") != NULL);
    CHECK(strstr(trace, "AL|Ann Lee-Wu|Acme here\n") != NULL);
    attendance_free(attendance);
}

TEST(reads_labels_of_all_forms)
{
    CHECK(is_read_as(TITLE PEOPLE
        "AL: a\nAL:b\n  BO : c\nAL?: d\nAL, BO: e\nBO/AL : f\nAL and BO: g\n"
        "XY: h\nal: i\n??: j\nEveryone: k\nBO (later): l\nann lee: m\nÖst: n\nLee: o\n"
        "AL & BO + CYL (all): p\n",
        SESSION "statement a.md:6 AL|Ann Lee| a\n"
                "statement a.md:7 AL|Ann Lee| b\n"
                "statement a.md:8 BO|Bo Öst| c\n"
                "statement a.md:9 AL|Ann Lee| d\n"
                "statement a.md:10 AL, BO|| e\n"
                "statement a.md:11 BO/AL|| f\n"
                "statement a.md:12 AL and BO|| g\n"
                "statement a.md:13 XY|| h\n"
                "statement a.md:14 AL|Ann Lee| i\n"
                "statement a.md:15 ??|| j\n"
                "statement a.md:16 Everyone|| k\n"
                "statement a.md:17 BO|Bo Öst| l\n"
                "statement a.md:18 AL|Ann Lee| m\n"
                "statement a.md:19 BO|Bo Öst| n\n"
                "statement a.md:20 Lee|| o\n"
                "statement a.md:21 AL & BO + CYL|| p\n"));
}

TEST(leaves_other_colons_to_the_speaker)
{
    CHECK(is_read_as(TITLE PEOPLE "AL: a\nTODO: b\nNext: c\n    BO: d\n- BO: e\nBO::f\nFTP://g\n"
                                  "ABCDEF: h\nAL, next: i\nA1b: j\n: k\nBO (l: m\nBO (l) m: n\n",
        SESSION "statement a.md:6 AL|Ann Lee| a/TODO: b/Next: c/    BO: d/- BO: e/BO::f/"
                "FTP://g/ABCDEF: h/AL, next: i/A1b: j/: k/BO (l: m/BO (l) m: n\n"));
}

TEST(gives_paragraphs_and_lists_to_the_last_speaker)
{
    CHECK(is_read_as(TITLE PEOPLE "AL: a  \r\n\n- b\n  - c\n\n\n\nd\n\n-----\n\ne\n\nBO:\n\n- f\n",
        SESSION "statement a.md:6 AL|Ann Lee| a//- b/  - c//d//e\n"
                "statement a.md:19 BO|Bo Öst| - f\n"));
}

TEST(keeps_conclusions_apart)
{
    CHECK(
        is_read_as(TITLE PEOPLE "note\n\nAL: a\n#### Conclusion/Resolution ##\n- b\n- c\nBO: d\ne\n"
                                "## Two\nf\n### conclusions\n### Resolution (g)\n#### Consensus\n"
                                "## Resolution of names\nAL: h\n\nConclusion: i\nj\n##Typed\n#k\n",
            SESSION "note a.md:6 note\n"
                    "statement a.md:8 AL|Ann Lee| a\n"
                    "conclusion a.md:9 4 Conclusion/Resolution\n"
                    "resolution a.md:10 - b/- c\n"
                    "statement a.md:12 BO|Bo Öst| d/e\n"
                    "heading a.md:14 2 Two\n"
                    "note a.md:15 f\n"
                    "conclusion a.md:16 3 conclusions\n"
                    "conclusion a.md:17 3 Resolution (g)\n"
                    "conclusion a.md:18 4 Consensus\n"
                    "heading a.md:19 2 Resolution of names\n"
                    "statement a.md:20 AL|Ann Lee| h\n"
                    "resolution a.md:22 Conclusion: i/j\n"
                    "heading a.md:24 2 Typed\n"
                    "note a.md:25 #k\n"));
}

TEST(reads_nothing_into_code)
{
    CHECK(is_read_as(TITLE PEOPLE
        "AL: a\n```js\n# b\nBO: c\n-----\n~~~\n```\n~~~\nBO: d\n~~~\nBO: e\n"
        "```f()```\nBO: g\n```\nBO: h\n",
        SESSION "statement a.md:6 AL|Ann Lee| a/```js/# b/BO: c/-----/~~~/```/~~~/BO: d/~~~\n"
                "statement a.md:16 BO|Bo Öst| e/```f()```\n"
                "unread a.md:19 a block of code that never ends: read as text\n"
                "statement a.md:18 BO|Bo Öst| g/```\n"
                "statement a.md:20 BO|Bo Öst| h\n"));

    /* What opens a block with a language cannot close one. */
    CHECK(is_read_as(TITLE PEOPLE "AL: a\n```\n```c\nBO: b\n",
        SESSION "unread a.md:7 a block of code that never ends: read as text\n"
                "unread a.md:8 a block of code that never ends: read as text\n"
                "statement a.md:6 AL|Ann Lee| a/```/```c\n"
                "statement a.md:9 BO|Bo Öst| b\n"));
}

TEST(learns_presenters)
{
    CHECK(is_read_as(TITLE PEOPLE "Presenter: Zoe Ax (ZA)\nPresenter: Al Li (AL)\n\nZA: a\nAL: b\n",
        SESSION "note a.md:6 Presenter: Zoe Ax (ZA)/Presenter: Al Li (AL)\n"
                "statement a.md:9 ZA|Zoe Ax| a\n"
                "statement a.md:10 AL|Ann Lee| b\n"));
}

TEST(reports_what_it_cannot_read)
{
    CHECK(is_read_as(TITLE PEOPLE "AL:\nBO: a\nb \xC3\nc\n###\n\nd\n",
        SESSION "unread a.md:6 a speaker without words\n"
                "unread a.md:8 not UTF-8\n"
                "statement a.md:7 BO|Bo Öst| a/c\n"
                "unread a.md:10 a heading without words\n"
                "note a.md:12 d\n"));

    struct attendance *attendance = attendance_new();
    static const char zero[] = TITLE "AL: a\0b\nAL: c\n";
    const char *trace =
        read_page(attendance, (struct bytes){(const uint8_t *)zero, sizeof zero - 1});
    CHECK(strstr(trace, "unread a.md:3 a zero byte\nstatement a.md:4 AL|| c\n") != NULL);
    attendance_free(attendance);
}

TEST(reads_on_after_a_line_of_10_mb)
{
    size_t size = 10u << 20;
    char *content = malloc(size + 64);
    struct attendance *attendance = attendance_new();

    REQUIRE(content != NULL && attendance != NULL);
    int used = sprintf(content, TITLE "AL: ");
    memset(content + used, 'x', size);
    strcpy(content + used + size, "\nAL: after\n");
    const char *trace = read_page(attendance, bytes_of_text(content));
    CHECK(strstr(trace, "unread a.md:3 the line is over 65536 bytes\n"
                        "statement a.md:4 AL|| after\n") != NULL);

    /* The longest line that is read. */
    strcpy(content + used + MINUTES_LINE_BYTES_MAX - 4, "\nAL: after\n");
    trace = read_page(attendance, bytes_of_text(content));
    CHECK(strstr(trace, "unread") == NULL && strstr(trace, "statement a.md:3 AL|| xxx") != NULL);
    attendance_free(attendance);
    free(content);
}

struct sizes {
    size_t statements;
    size_t text_bytes;
    size_t unread;
};

static enum entente_error
note_size(void *context, const struct minutes_item *item)
{
    struct sizes *sizes = context;

    if (item->kind == MINUTES_STATEMENT) {
        sizes->statements++;
        sizes->text_bytes += item->text.size;
    }
    return ENTENTE_OK;
}

static void
count_unread(void *context, const char *file, uint32_t line, const char *reason)
{
    struct sizes *sizes = context;

    (void)file;
    (void)line;
    sizes->unread += strstr(reason, "1 MiB") != NULL;
}

TEST(cuts_a_statement_at_1_mib_and_says_so_once)
{
    size_t lines = 1200;
    char *content = malloc(lines * 1001 + 128);
    struct attendance *attendance = attendance_new();
    struct sizes sizes = {0};
    struct minutes_sink sink = {&sizes, note_size, count_unread, NULL};

    REQUIRE(content != NULL && attendance != NULL);
    char *end = content + sprintf(content, TITLE "AL: ");
    for (size_t i = 0; i < lines; i++) {
        memset(end, 'x', 1000);
        end[1000] = '\n';
        end += 1001;
    }
    strcpy(end, "AL: after");
    struct minutes_page page = {.file = "a.md", .content = bytes_of_text(content)};
    CHECK(minutes_page_read(&page, attendance, &sink) == ENTENTE_OK);
    CHECK(sizes.statements == 2 && sizes.unread == 1);
    CHECK(sizes.text_bytes == 1047 * 1001 - 1 + 5); /* whole lines only, and "after" */
    attendance_free(attendance);
    free(content);
}

TEST(stops_where_the_sink_says)
{
    static const char content[] = TITLE PEOPLE "a\nAL: b\n### Conclusion\nc\n";
    struct attendance *attendance = attendance_new();

    for (size_t fail_at = 1; fail_at <= 6; fail_at++) {
        struct minutes_trace trace = {.fail_at = fail_at};
        struct minutes_sink sink = trace_sink(&trace);
        struct minutes_page page = {.file = "a.md", .content = bytes_of_text(content)};
        CHECK(minutes_page_read(&page, attendance, &sink) == ENTENTE_ERR_GONE);
        CHECK(trace.items == fail_at);
    }
    attendance_free(attendance);
}

TEST(bounds_who_is_known)
{
    struct attendance *attendance = attendance_new();
    size_t left_out = 0;
    size_t known = 0;
    char line[256];

    REQUIRE(attendance != NULL);
    for (unsigned i = 0; i < ATTENDANCE_KNOWN_MAX + 10; i++) {
        if (i % ATTENDANCE_TODAY_MAX == 0)
            attendance_begin_day(attendance);
        snprintf(line, sizeof line, "N%u (A%u)", i, i);
        known += attendance_read_list(attendance, bytes_of_text(line), &left_out);
        CHECK(left_out == (i >= ATTENDANCE_KNOWN_MAX));
    }
    CHECK(known == ATTENDANCE_KNOWN_MAX);
    for (unsigned i = 0; i < ATTENDANCE_KNOWN_MAX; i++) {
        snprintf(line, sizeof line, "a%u", i);
        const struct attendee *attendee =
            attendance_by_abbreviation(attendance, bytes_of_text(line));
        REQUIRE(attendee != NULL && atoi(attendee->name + 1) == (int)i);
    }

    attendance_begin_day(attendance);
    for (unsigned i = 0; i <= ATTENDANCE_TODAY_MAX; i++) {
        snprintf(line, sizeof line, "N (A%u)", i);
        attendance_read_list(attendance, bytes_of_text(line), &left_out);
        CHECK(left_out == (i == ATTENDANCE_TODAY_MAX));
    }
    memset(line, 'n', 130);
    strcpy(line + 127, " (A1)");
    CHECK(attendance_read_list(attendance, bytes_of_text(line), &left_out) == 1);
    strcpy(line + 127, "n (A1)");
    CHECK(attendance_read_list(attendance, bytes_of_text(line), &left_out) == 0 && left_out == 1);
    attendance_free(attendance);
}

TEST_MAIN(CASE(reads_titles_in_both_orders), CASE(refuses_titles_without_a_whole_date),
    CASE(finds_the_place_in_a_summary), CASE(reads_running_lists), CASE(reads_tables),
    CASE(knows_people_on_later_days_only), CASE(reads_labels_of_all_forms),
    CASE(leaves_other_colons_to_the_speaker), CASE(gives_paragraphs_and_lists_to_the_last_speaker),
    CASE(keeps_conclusions_apart), CASE(reads_nothing_into_code), CASE(learns_presenters),
    CASE(reports_what_it_cannot_read), CASE(reads_on_after_a_line_of_10_mb),
    CASE(cuts_a_statement_at_1_mib_and_says_so_once), CASE(stops_where_the_sink_says),
    CASE(bounds_who_is_known))
