/*
 * Goal: what a marking forbids is refused, a missing one forbids most, and its text says what its
 * bytes say.
 * Method: every level with every use, for a party that it is released to, one that it is not, and
 * the giver; every marking that breaks a bound; texts read and printed again, wrong ones refused.
 */
#include "format/marking.h"
#include "support/test.h"

static const struct bytes names[] = {
    {(const uint8_t *)"KOR", 3}, {(const uint8_t *)"JPN", 3}, {(const uint8_t *)"USA", 3}};

static struct marking
parsed(const char *text)
{
    struct marking marking;

    CHECK(marking_parse(&marking, bytes_of_text(text), names, 3) == ENTENTE_OK);
    CHECK(marking_is_good(&marking));
    return marking;
}

static bool
prints(const char *text, const char *wanted)
{
    uint8_t printed[MARKING_PRINTED_BYTES_MAX];
    struct writer writer = writer_of(printed, sizeof printed);
    struct marking marking = parsed(text);

    marking_print(&writer, &marking);
    return !writer.failed && bytes_equal(writer_written(&writer), bytes_of_text(wanted));
}

TEST(a_level_allows_what_is_no_wider)
{
    for (uint8_t level = MARKING_CLEAR; level <= MARKING_RED; level++) {
        struct marking marking = {.scheme = MARKING_TLP, .level = level, .parties = 2};
        for (unsigned use = MARKING_PUBLISH; use <= MARKING_SHOW; use++) {
            CHECK(marking_allows(&marking, 0, 1, (enum marking_use)use) == (use >= level));
            CHECK(!marking_allows(&marking, 0, 2, (enum marking_use)use));
            CHECK(marking_allows(&marking, 0, 0, (enum marking_use)use));
        }
        CHECK(!marking_allows(&marking, 0, PARTIES_MAX, MARKING_SHOW));
    }
}

TEST(a_missing_one_is_the_most_restricted)
{
    struct marking missing = marking_missing();

    CHECK(marking_is_good(&missing));
    CHECK(marking_allows(&missing, 0, 29, MARKING_SHOW));
    CHECK(!marking_allows(&missing, 0, 29, MARKING_EXPORT));
    CHECK(!marking_allows(&missing, 0, 29, MARKING_PUBLISH));
    struct marking red = parsed("TLP:RED");
    CHECK(marking_covers(&missing, &red) && marking_covers(&red, &missing));
}

TEST(orders_by_level_and_by_parties)
{
    struct marking clear = parsed("TLP:CLEAR"), strict = parsed("TLP:AMBER+STRICT");
    struct marking two = parsed("NATO SECRET//REL KOR JPN"), one = parsed("NATO SECRET//REL KOR");
    struct marking other = parsed("NATO SECRET//REL USA");

    CHECK(marking_covers(&strict, &clear) && !marking_covers(&clear, &strict));
    CHECK(marking_covers(&one, &two) && !marking_covers(&two, &one));
    CHECK(!marking_covers(&one, &other) && !marking_covers(&other, &one));
    CHECK(marking_covers(&one, &one) && marking_covers(&one, &strict));
}

TEST(reads_what_people_write)
{
    struct marking marking = parsed("nato confidential//rel kor usa");

    CHECK(marking.scheme == MARKING_POLICY && marking.level == MARKING_AMBER);
    CHECK(marking.parties == 5 && bytes_equal(marking.policy, bytes_of_text("nato")));
    CHECK(bytes_equal(marking.releasable, bytes_of_text("kor usa")));
    marking = parsed("TOP SECRET");
    CHECK(marking.policy.size == 0 && marking.level == MARKING_RED);
    CHECK(marking.parties == MARKING_PARTIES_ALL);
    marking = parsed("ROK TOP SECRET//REL JPN");
    CHECK(bytes_equal(marking.policy, bytes_of_text("ROK")) && marking.parties == 2);
    CHECK(parsed("NATO SECRET//REL ATLANTIS").parties == 0);
    CHECK(parsed("TLP:GREEN//REL KOR,JPN").parties == 3);
    /* Words that nobody knows: the most restricted, unless the level stands beside them. */
    CHECK(parsed("대한민국 대외비").level == MARKING_RED);
    CHECK(parsed("대한민국 대외비//LEVEL 3").level == MARKING_AMBER);
    CHECK(parsed("ISECRET").level == MARKING_RED);
}

TEST(prints_it_so_that_it_reads_the_same)
{
    static const char *const forms[] = {"TLP:RED", "TLP:AMBER+STRICT", "TLP:AMBER", "TLP:GREEN",
        "TLP:CLEAR", "TLP:AMBER//REL KOR", "NATO CONFIDENTIAL//REL KOR JPN USA", "TOP SECRET",
        "EU RESTRICTED", "UNCLASSIFIED", "대한민국 대외비//LEVEL 3//REL KOR JPN",
        "NATO SECRET//LEVEL 5", "JAPAN SPECIAL"};

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        CHECK(prints(forms[i], forms[i]));
    CHECK(prints("  tlp:amber+strict ", "TLP:AMBER+STRICT"));
    CHECK(prints("JAPAN SPECIAL", "JAPAN SPECIAL"));
    CHECK(prints("top  secret", "top secret//LEVEL 4")); /* as written, it was "secret" */
}

TEST(refuses_what_is_no_marking)
{
    static const char *const wrong[] = {"", "   ", "TLP:", "TLP:WHITE", "TLP:RED//LEVEL 5",
        "//REL KOR", "A:B SECRET", "NATO SECRET//LEVEL 0", "NATO SECRET//LEVEL 6",
        "NATO SECRET//LEVEL 44"};
    static char longer[600];
    struct marking marking;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CHECK(marking_parse(&marking, bytes_of_text(wrong[i]), names, 3) == ENTENTE_ERR_USAGE);
    CHECK(marking_parse(&marking, bytes_of_text("NATO \xff"), names, 3) == ENTENTE_ERR_TEXT);
    memset(longer, 'X', sizeof longer - 1);
    CHECK(marking_parse(&marking, bytes_of_text(longer), names, 3) == ENTENTE_ERR_USAGE);
}

TEST(a_marking_has_one_encoding)
{
    static const struct marking wrong[] = {
        {.scheme = 3, .level = 5},
        {.scheme = MARKING_TLP, .level = 0},
        {.scheme = MARKING_TLP, .level = 6},
        {.scheme = MARKING_TLP, .level = 2, .parties = UINT32_C(1) << PARTIES_MAX},
        {.scheme = MARKING_TLP, .level = 2, .policy = {(const uint8_t *)"N", 1}},
        {.scheme = MARKING_TLP, .level = 2, .classification = {(const uint8_t *)"S", 1}},
        {.scheme = MARKING_POLICY, .level = 2, .policy = {(const uint8_t *)"N", 1}},
        {.scheme = MARKING_POLICY, .level = 2, .classification = {(const uint8_t *)"\xff", 1}},
        {.scheme = MARKING_TLP, .level = 2, .releasable = {(const uint8_t *)"A//REL B", 8}},
        {.scheme = MARKING_TLP, .level = 2, .releasable = {(const uint8_t *)"A\n", 2}},
        {.scheme = MARKING_TLP, .level = 2, .releasable = {(const uint8_t *)" A", 2}},
        {.scheme = MARKING_POLICY, .level = 5, .classification = {(const uint8_t *)"TLP:X", 5}},
        {.scheme = MARKING_MISSING, .level = 5, .parties = 1},
        {.scheme = MARKING_MISSING, .level = 1, .parties = MARKING_PARTIES_ALL},
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint8_t written[64];
        struct writer writer = writer_of(written, sizeof written);
        struct marking read;
        CHECK(!marking_is_good(&wrong[i]));
        marking_write(&writer, &wrong[i]);
        CHECK(writer.used == marking_size(&wrong[i]));
        struct reader reader = reader_of(writer_written(&writer));
        CHECK(!marking_read(&reader, &read));
    }
}

TEST_MAIN(CASE(a_level_allows_what_is_no_wider), CASE(a_missing_one_is_the_most_restricted),
    CASE(orders_by_level_and_by_parties), CASE(reads_what_people_write),
    CASE(prints_it_so_that_it_reads_the_same), CASE(refuses_what_is_no_marking),
    CASE(a_marking_has_one_encoding))
