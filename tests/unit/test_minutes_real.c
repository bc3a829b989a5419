/*
 * Goal: seven years of a standards committee's public minutes are read whole.
 * Method: every count of what is read and of what is not is compared with what was found when the
 * lines were last looked through by hand.  Skipped where the minutes are not at hand: they are
 * looked for in $ENTENTE_SHARED, else in ../shared beside the source tree.
 */
#include "cli/minutes.h"
#include "support/test.h"

#include <unistd.h>

struct counts {
    size_t kinds[MINUTES_KINDS];
    size_t parties[MINUTES_PARTIES]; /* of statements */
    size_t named;
    size_t with_organisation;
    size_t with_place;
    size_t text_bytes;
    size_t unread_files;
    size_t unread_lines;
    char last_date[11];
    bool in_order;
};

static enum entente_error
count_item(void *context, const struct minutes_item *item)
{
    struct counts *counts = context;

    counts->kinds[item->kind]++;
    counts->in_order &= strcmp(item->date, counts->last_date) >= 0;
    memcpy(counts->last_date, item->date, sizeof item->date);
    counts->with_place += item->place.size > 0;
    if (item->kind == MINUTES_STATEMENT) {
        counts->parties[item->party]++;
        counts->named += item->speaker.size > 0;
        counts->with_organisation += item->organisation.size > 0;
        counts->text_bytes += item->text.size;
    }
    return ENTENTE_OK;
}

static void
count_unread(void *context, const char *file, uint32_t line, const char *reason)
{
    struct counts *counts = context;

    if (line == 0)
        counts->unread_files++;
    else
        counts->unread_lines++;
    printf("# %s:%u: %s\n", file, line, reason);
}

TEST(reads_the_minutes_of_2015_to_2021)
{
    const char *shared = getenv("ENTENTE_SHARED");
    const char *source = getenv("ENTENTE_SOURCE");
    char path[4096];
    struct counts counts = {.in_order = true};
    struct minutes_sink sink = {&counts, count_item, count_unread, NULL};

    snprintf(path, sizeof path, "%s%s/data/minutes-2015-2021.tar.zst",
        shared != NULL   ? shared
        : source != NULL ? source
                         : "..",
        shared != NULL ? "" : "/../shared");
    if (access(path, R_OK) != 0)
        SKIP("the minutes are not at hand");

    REQUIRE(minutes_read(path, &sink) == ENTENTE_OK);
    CHECK(counts.kinds[MINUTES_SESSION] == 134);
    CHECK(counts.kinds[MINUTES_HEADING] == 1769);
    CHECK(counts.kinds[MINUTES_CONCLUSION] == 1187);
    CHECK(counts.kinds[MINUTES_RESOLUTION] == 1174);
    CHECK(counts.kinds[MINUTES_STATEMENT] == 42594);
    CHECK(counts.kinds[MINUTES_NOTE] == 1389);
    CHECK(counts.parties[0] == 10523);
    CHECK(counts.parties[1] == 17087);
    CHECK(counts.parties[2] == 14984);
    CHECK(counts.named == 41534);
    CHECK(counts.with_organisation == 10893);
    CHECK(counts.with_place == 25);
    CHECK(counts.text_bytes == 8557750);
    CHECK(counts.unread_files == 43);
    CHECK(counts.unread_lines == 47);
    CHECK(counts.in_order);
}

TEST_MAIN(CASE(reads_the_minutes_of_2015_to_2021))
