/*
 * Goal: a press report held against a readout says of each paragraph what a careful reader would
 * say, in any of the languages, whatever an agency's typing did; and a hostile text costs no more
 * time than a long one. Method: a readout in four languages and reports made from it by the changes
 * that agencies make; every verdict and number is written out.  Texts that are alike everywhere are
 * held to processor time.
 */
#include "documents/readout_check.h"
#include "support/test.h"

#include <time.h>

#define ENGLISH                                                                                    \
    "The three advisers met by video on 13 November. They agreed that cooperation goes on "        \
    "\"without a gap\".\n\n"                                                                       \
    "They exchanged assessments of the recent situation. They spoke of ways to resume the "        \
    "dialogue. No further dates were named.\n\n"                                                   \
    "They will work together on developing and supplying vaccines.\n"
#define KOREAN                                                                                                                                 \
    "세 안보보좌관은 11월 13일 화상으로 만났다. 이들은 협력이 “공백 없이” 이어진다는 데 동의했다.\n\n" \
    "이들은 최근 정세에 대한 평가를 교환했다. 대화를 재개할 방법을 논의했다.\n\n"                                \
    "이들은 백신의 개발과 공급에 함께 힘쓰기로 했다.\n"
#define JAPANESE                                                                                                                 \
    "三人の補佐官は11月13日にビデオで会談した。協力は「空白なく」続くことで一致した。\n\n" \
    "最近の情勢についての評価を交換した。対話を再開する方法を話し合った。\n\n"                 \
    "ワクチンの開発と供給で協力することにした。\n"
#define ARABIC                                                                                                                                                                 \
    "اجتمع المستشارون الثلاثة عبر الفيديو في 13 نوفمبر. واتفقوا على أن التعاون يستمر \"دون فراغ\".\n\n" \
    "وتبادلوا التقييمات بشأن الوضع الأخير. وبحثوا سبل استئناف الحوار.\n\n"                                               \
    "وسيعملون معا على تطوير اللقاحات وتوفيرها.\n"

static struct readout_check check;

static void
hold(const char *report, const char *const *texts, uint32_t count)
{
    struct bytes views[8];

    for (uint32_t i = 0; i < count; i++)
        views[i] = bytes_of_text(texts[i]);
    readout_check_free(&check);
    CHECK(readout_check(&check, bytes_of_text(report), views, count) == ENTENTE_OK);
}

static const char *const all[] = {ENGLISH, KOREAN, JAPANESE, ARABIC};

static bool
is(uint32_t index, uint8_t verdict, uint32_t of)
{
    if (index >= check.count)
        return false;
    const struct checked_paragraph *paragraph = &check.paragraphs[index];
    if (paragraph->is != verdict || paragraph->of != of)
        printf("# %u is %s of %u (%.2f)\n", index, check_verdict_name(paragraph->is), paragraph->of,
            paragraph->similarity);
    return paragraph->is == verdict && paragraph->of == of;
}

TEST(a_readout_is_word_for_word_itself_in_each_language)
{
    for (uint32_t i = 0; i < 4; i++) {
        hold(all[i], all, 4);
        CHECK(check.has_text && check.text == i && check.count == 3);
        for (uint32_t j = 0; j < 3; j++)
            CHECK(is(j, CHECKED_VERBATIM, j + 1) && check.paragraphs[j].similarity == 1);
        CHECK(check.counts[CHECKED_VERBATIM] == 3);
    }
    readout_check_free(&check);
}

/* Title, dateline, lines without empty ones between, other quotation marks, an end mark; and the
 * same again. */
TEST(an_agencys_formatting_is_no_alteration)
{
    hold(
        "Agreement of three on cooperation\n"
        "SEOUL, Nov. 13 (Agency) -- The three advisers met by video on 13 November. They agreed that "
        "cooperation goes on “without a gap”.\n"
        "• They exchanged assessments of the recent situation. They spoke of ways to resume the "
        "dialogue. No further dates were named.\n"
        "\"They will work together on developing and supplying vaccines\"\n"
        "They will work together on developing and supplying vaccines. (END)\n"
        "(END)\n",
        all, 4);
    CHECK(check.count == 5 && check.text == 0);
    CHECK(is(0, CHECKED_NOT_IN_READOUT, 0));
    CHECK(is(1, CHECKED_VERBATIM, 1));
    CHECK(is(2, CHECKED_VERBATIM, 2));
    CHECK(is(3, CHECKED_VERBATIM, 3));
    CHECK(is(4, CHECKED_VERBATIM, 3)); /* the quotation marks are in the way of "repeated" */
    readout_check_free(&check);
}

TEST(writing_may_differ_where_reading_does_not)
{
    hold("  وتبادلوا التقييماتِ بشأن الوضعِ الأخــير. \xE2\x80\xAB"
         "وبحثوا سُبُل استئناف الحوار\xE2\x80\xAC.\r\n\r\n"
         "وسيعملون معا على\nتطوير اللقاحات  وتوفيرها",
        all, 4);
    CHECK(check.text == 3 && is(0, CHECKED_VERBATIM, 2) && is(1, CHECKED_VERBATIM, 3));
    CHECK(is(2, CHECKED_MISSING, 1) && check.count == 3);
    hold("【ソウル通信社】三人の補佐官は１１月１３日にビデオで会談した。協力は『空白なく』続\n"
         "くことで一\r\n致した。\n\nﾜｸﾁﾝの開発と供給で協力することにした。",
        all, 4);
    CHECK(check.text == 2 && is(0, CHECKED_VERBATIM, 1) && is(1, CHECKED_VERBATIM, 3));
    /* The same syllables in pieces: conjoining jamo. */
    hold("(서울=통신사) 홍 기자 = 이들은 백신의 개발과 공급에 함께 힘쓰기로 했다. (끝)", all, 4);
    CHECK(check.text == 1 && is(0, CHECKED_VERBATIM, 3));
    readout_check_free(&check);
}

TEST(what_was_changed_is_altered_and_says_how_far)
{
    hold("The three advisers met by telephone on 13 November. They agreed that cooperation goes on "
         "\"without a gap\".\n\n"
         "They spoke of ways to resume the dialogue. No further dates were named?\n\n"
         "Officials in the capital declined to comment on the weather.",
        all, 4);
    CHECK(is(0, CHECKED_ALTERED, 1));
    CHECK(check.paragraphs[0].similarity > 0.9 && check.paragraphs[0].similarity < 1);
    CHECK(is(1, CHECKED_ALTERED, 2)); /* a question is another sentence */
    CHECK(is(2, CHECKED_NOT_IN_READOUT, 0));
    CHECK(is(3, CHECKED_MISSING, 3));
    CHECK(bytes_equal(check.paragraphs[3].text, (struct bytes){0}));
    CHECK(check.paragraphs[3].readout_text.size > 0 && check.paragraphs[3].number == 0);
    readout_check_free(&check);
}

/* Whole sentences in their order are the readout's words; half a sentence is not. */
TEST(a_part_of_a_paragraph_is_verbatim_by_sentences_only)
{
    hold("They spoke of ways to resume the dialogue. No further dates were named.\n\n"
         "They agreed that cooperation goes on.\n\n"
         "The three advisers met by video on 13 November. They agreed that cooperation goes on "
         "\"without a gap\". They exchanged assessments of the recent situation. They spoke of "
         "ways to resume the dialogue. No further dates were named.",
        all, 4);
    CHECK(is(0, CHECKED_VERBATIM, 2));
    CHECK(is(1, CHECKED_ALTERED, 1));
    CHECK(is(2, CHECKED_VERBATIM, 1) && check.paragraphs[2].of_last == 2);
    CHECK(is(3, CHECKED_MISSING, 3) && check.count == 4);
    readout_check_free(&check);
}

TEST(what_the_report_says_twice_is_repeated)
{
    hold("وتبادلوا التقييمات بشأن الوضع الأخير. وبحثوا سبل استئناف الحوار.\n"
         "قال مراسل إن الطقس كان جميلا.\n"
         "وتبادلوا التقييمات بشأن الوضع الأخير. وبحثوا سبل استئناف الحوار.\n"
         "قال مراسل إن الطقس كان جميلا",
        all, 4);
    CHECK(check.count == 6 && check.text == 3);
    CHECK(is(0, CHECKED_VERBATIM, 2) && is(1, CHECKED_NOT_IN_READOUT, 0));
    CHECK(is(2, CHECKED_REPEATED, 2) && check.paragraphs[2].first == 1);
    CHECK(is(3, CHECKED_REPEATED, 0) && check.paragraphs[3].first == 2);
    CHECK(is(4, CHECKED_MISSING, 1) && is(5, CHECKED_MISSING, 3));
    readout_check_free(&check);
}

/* Two readouts that share a sentence; and one that ends as the next one begins. */
TEST(a_report_is_from_one_text_as_far_as_it_can_be)
{
    static const char *const two[] = {"They met. They spoke of peace.\n\nThey will meet in May.",
        "They spoke of vaccines and of treatments for all.\n\nThey met. They spoke of peace."};

    hold("They met. They spoke of peace.\n\nThey spoke of vaccines and of treatments for all.", two,
        2);
    CHECK(check.text == 1 && check.count == 2);
    CHECK(is(0, CHECKED_VERBATIM, 2) && check.paragraphs[0].in == 1);
    CHECK(is(1, CHECKED_VERBATIM, 1) && check.paragraphs[1].in == 1);
    hold("They will meet in May. They spoke of vaccines and of treatments for all.", two, 2);
    CHECK(check.count > 0 && check.paragraphs[0].is == CHECKED_ALTERED);
    readout_check_free(&check);
}

TEST(nothing_against_nothing)
{
    hold("", all, 4);
    CHECK(check.count == 0 && !check.has_text);
    hold("Something.", NULL, 0);
    CHECK(check.count == 1 && is(0, CHECKED_NOT_IN_READOUT, 0));
    hold("\xFF\xC0\x80 \n\n ***\n---\n", all, 4);
    CHECK(check.count == 1 || check.count == 0);
    readout_check_free(&check);
}

/* ---- at the limits ---- */

static uint8_t *
filled(const char *unit, size_t size)
{
    uint8_t *text = malloc(size);
    size_t step = strlen(unit);

    if (text == NULL)
        abort();
    for (size_t i = 0; i < size; i++)
        text[i] = (uint8_t)unit[i % step];
    return text;
}

/* Processor time, of which other programs take nothing. */
static double
seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

/* What a report of `size` bytes, filled with one unit, costs against a readout filled with another.
 */
static double
cost(const char *report_unit, const char *readout_unit, size_t size)
{
    uint8_t *report = filled(report_unit, size), *readout = filled(readout_unit, size);
    struct bytes text = {readout, size};
    double start = seconds();

    CHECK(readout_check(&check, (struct bytes){report, size}, &text, 1) == ENTENTE_OK);
    double took = seconds() - start;
    readout_check_free(&check);
    free(report);
    free(readout);
    return took;
}

/* `size` bytes of paragraphs of two thousand words each, all from a few. */
static uint8_t *
paragraphs_of(size_t size, uint64_t seed)
{
    uint8_t *text = filled("a ", size);

    for (size_t i = 0; i < size; i += 2)
        text[i] = (uint8_t)('a' + test_random(&seed) % 8);
    for (size_t i = 4000; i + 1 < size; i += 4000)
        text[i] = text[i + 1] = '\n';
    return text;
}

/* Words enough in common everywhere that comparing each with each would be 10^11 steps. */
TEST(comparing_ends_when_its_steps_are_made)
{
    const size_t size = READOUT_CHECK_REPORT_BYTES_MAX;
    uint8_t *report = paragraphs_of(size, 1), *readout = paragraphs_of(size, 2);
    struct bytes text = {readout, size};
    double start = seconds();

    CHECK(readout_check(&check, (struct bytes){report, size}, &text, 1) == ENTENTE_OK);
    CHECK(check.is_rough && seconds() - start < 30);
    readout_check_free(&check);
    free(report);
    free(readout);
}

/* At 256 KiB a quadratic search makes 10^10 steps and more. */
TEST(texts_that_are_alike_everywhere_end_in_time)
{
    static const char *const reports[] = {"a", "a ", "a.", "a. ", "a\n", "a b\n", "a b c d e f\n\n",
        "\xCC\x81\xCC\xA3", "\xEF\xB7\xBA", "核", "ก", "a b. c\n\n", "a b a c\n"};
    static const char *const readouts[] = {"a b ", "a. ", "a\n\n", "a b c d e. f\n\n", "核"};

    for (size_t i = 0; i < sizeof reports / sizeof *reports; i++)
        for (size_t j = i % 2; j < sizeof readouts / sizeof *readouts; j += 2)
            CHECK(cost(reports[i], readouts[j], READOUT_CHECK_REPORT_BYTES_MAX / 32) < 5);
    CHECK(cost("a\n", "a. ", READOUT_CHECK_REPORT_BYTES_MAX / 4) < 30);
}

TEST(more_than_the_limits_is_refused)
{
    size_t size = READOUT_CHECK_REPORT_BYTES_MAX + 1;
    uint8_t *report = filled("a", size);
    struct bytes text = {report, size};

    CHECK(readout_check(&check, text, &text, 1) == ENTENTE_ERR_TOO_LARGE);
    CHECK(check.count == 0 && check.paragraphs == NULL);
    struct bytes texts[] = {text, text, text, text};
    CHECK(readout_check(&check, (struct bytes){report, 1}, texts, 4) == ENTENTE_ERR_TOO_LARGE);
    free(report);
}

TEST_MAIN(CASE(a_readout_is_word_for_word_itself_in_each_language),
    CASE(an_agencys_formatting_is_no_alteration), CASE(writing_may_differ_where_reading_does_not),
    CASE(what_was_changed_is_altered_and_says_how_far),
    CASE(a_part_of_a_paragraph_is_verbatim_by_sentences_only),
    CASE(what_the_report_says_twice_is_repeated),
    CASE(a_report_is_from_one_text_as_far_as_it_can_be), CASE(nothing_against_nothing),
    CASE(comparing_ends_when_its_steps_are_made), CASE(texts_that_are_alike_everywhere_end_in_time),
    CASE(more_than_the_limits_is_refused))
