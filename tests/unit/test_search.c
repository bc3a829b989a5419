/*
 * Goal: a search finds the texts that hold all of its words, in each script, latest first, and nothing else; a
 * page goes on where the one before ended.
 * Method: the room is a list of bodies in this file.  Chosen texts of four languages with what people
 * type for them; random texts of small alphabets against a plain scan of the folded texts; the same in
 * pages; a room that cannot be read for a while.
 */
#include "search/search.h"
#include "support/test.h"
#include "text/fold.h"

#include <stdlib.h>

#define TEXTS_MAX 600u
#define TEXT_BYTES_MAX 160u

static struct {
    struct body body;
    char text[TEXT_BYTES_MAX];
    char speaker[TEXT_BYTES_MAX];
    bool is_unreadable;
} said[TEXTS_MAX];
static uint32_t said_count;
static uint8_t own_slot;
static uint64_t broken_from; /* reads of changes from this one fail; 0: none */

/* ---- the room ---- */

uint64_t
room_changes(const struct room *room)
{
    (void)room;
    return said_count;
}

/* All was written by slot 1. */
uint8_t
room_slot(const struct room *room)
{
    (void)room;
    return own_slot;
}

enum entente_error
room_change(struct room *room, uint64_t change, struct room_entry *entry)
{
    (void)room;
    *entry = (struct room_entry){.change = change, .entry.slot = 1};
    if (change == 0 || change > said_count)
        return ENTENTE_ERR_NOT_FOUND;
    if (broken_from != 0 && change >= broken_from)
        return ENTENTE_ERR_IO;
    if (!said[change - 1].is_unreadable)
        entry->body = &said[change - 1].body;
    return ENTENTE_OK;
}

static void
say(const char *speaker, const char *text)
{
    struct body *body = &said[said_count].body;

    snprintf(said[said_count].text, TEXT_BYTES_MAX, "%s", text);
    snprintf(said[said_count].speaker, TEXT_BYTES_MAX, "%s", speaker);
    *body = (struct body){.count = 1};
    body->sections[0].type = SECTION_STATEMENT;
    body->sections[0].statement.text = bytes_of_text(said[said_count].text);
    body->sections[0].statement.speaker = bytes_of_text(said[said_count].speaker);
    said[said_count++].is_unreadable = false;
}

static struct search *
make(void)
{
    struct search *search;
    bool more = true;

    CHECK(search_new(&search, NULL) == ENTENTE_OK);
    while (more)
        CHECK(search_advance(search, 7, &more) == ENTENTE_OK);
    CHECK(search_is_current(search));
    return search;
}

static void
forget(void)
{
    said_count = 0;
    broken_from = 0;
}

/* ---- asking ---- */

struct found {
    uint64_t changes[TEXTS_MAX];
    size_t count, limit;
    uint64_t place;
    char snippet[TEXT_BYTES_MAX];
};

static bool
take(void *state, const struct search_hit *hit)
{
    struct found *found = state;

    if (found->count == found->limit)
        return false;
    snprintf(found->snippet, sizeof found->snippet, "%.*s", (int)hit->snippet.size,
        (const char *)hit->snippet.data);
    found->place = hit->place;
    found->changes[found->count++] = hit->entry->change;
    return true;
}

static bool
finds(struct search *search, const char *query, const char *wanted)
{
    struct found found = {.limit = TEXTS_MAX};
    char got[256] = "";

    if (search_find(search, bytes_of_text(query), 0, take, &found) != ENTENTE_OK)
        return false;
    for (size_t i = 0; i < found.count; i++)
        snprintf(got + strlen(got), sizeof got - strlen(got), "%llu ",
            (unsigned long long)found.changes[i]);
    if (strcmp(got, wanted) != 0)
        printf("# '%s' finds '%s', not '%s'\n", query, got, wanted);
    return strcmp(got, wanted) == 0;
}

TEST(what_people_type)
{
    say("국가안보실장", "한반도 비핵화와 항구적 평화를 논의하였다.");
    say("国家安全保障局長", "朝鮮半島の非核化と恒久的な平和について。");
    say("National Security Adviser", "Denuclearisation, and COVID-19 vaccines.");
    say("مستشار الأمن الوطني", "نزع السلاح النووي وإحلال السلام الدائم، والتعـــاون الأمنيّ.");
    say("Secretary", "Ｆｕｌｌ ｗｉｄｔｈ and Straße");
    struct search *search = make();

    CHECK(finds(search, "비핵화", "1 "));
    CHECK(finds(search, "평화", "1 "));
    CHECK(finds(search, "핵", "1 "));
    CHECK(finds(search, "핵화와 평화를", "1 "));
    CHECK(finds(search, "안보실장", "1 "));
    CHECK(finds(search, "\u1107\u1175\u1112\u1162\u11A8", "1 ")); /* decomposed */
    CHECK(finds(search, "平和", "2 "));
    CHECK(finds(search, "核", "2 "));
    CHECK(finds(search, "非核化 恒久", "2 "));
    CHECK(finds(search, "について", "2 "));
    CHECK(finds(search, "denuclear", "3 "));
    CHECK(finds(search, "VACCINES", "3 "));
    CHECK(finds(search, "accine", "3 "));
    CHECK(finds(search, "covid-19", "3 "));
    CHECK(finds(search, "de", "3 "));
    CHECK(finds(search, "security", "3 "));
    CHECK(finds(search, "السلاح", "4 "));
    CHECK(finds(search, "الامن", "4 "));     /* alef without its hamza */
    CHECK(finds(search, "والتعاون", "4 "));  /* without tatweel */
    CHECK(finds(search, "الأمني", "4 "));    /* without a vowel mark */
    CHECK(finds(search, "full width", "5 "));
    CHECK(finds(search, "strasse", "5 "));
    CHECK(finds(search, "se", "5 3 ")); /* where a word begins with it */
    CHECK(finds(search, "평화 平和", ""));
    CHECK(finds(search, "nothing of it", ""));
    search_free(search);
    forget();
}

TEST(what_is_no_word)
{
    struct found found = {.limit = 1};

    say("", "x");
    struct search *search = make();
    CHECK(search_find(search, bytes_of_text(""), 0, take, &found) == ENTENTE_ERR_USAGE);
    CHECK(search_find(search, bytes_of_text(" \t\n"), 0, take, &found) == ENTENTE_ERR_USAGE);
    CHECK(search_find(search, bytes_of_text("\xD9\x80\xD9\x8B"), 0, take, &found) == ENTENTE_ERR_USAGE);
    CHECK(finds(search, "\xFF\xFE", ""));
    CHECK(finds(search, "\" OR grams NEAR(", ""));
    search_free(search);
    forget();
}

TEST(snippet_is_around_the_word)
{
    struct found found = {.limit = 1};
    char text[TEXT_BYTES_MAX] = "";

    for (int i = 0; i < 40; i++)
        strcat(text, "한");
    strcat(text, " needle ");
    say("", text);
    struct search *search = make();
    CHECK(search_find(search, bytes_of_text("needle"), 0, take, &found) == ENTENTE_OK);
    CHECK(found.count == 1 && strstr(found.snippet, "needle") != NULL);
    CHECK(strncmp(found.snippet, "한", strlen("한")) == 0 && strlen(found.snippet) < strlen(text));
    search_free(search);
    forget();
}

/* ---- against a plain scan ---- */

static const char *const letters[] = {"가", "나", "核", "平", "あ", "a", "b", "c", "ب", "س", " ", " ", "é", "-"};

static uint64_t seed = 7;

static uint32_t
pick(size_t count)
{
    return (uint32_t)(test_random(&seed) % count);
}

static void
random_text(char *text, uint32_t count)
{
    text[0] = '\0';
    for (uint32_t i = 0; i < count; i++)
        strcat(text, letters[pick(sizeof letters / sizeof letters[0])]);
}

static bool
holds(const char *text, const char *word)
{
    struct folded a = {0}, b = {0};
    bool is = false;

    CHECK(fold_text(&a, bytes_of_text(text)) == ENTENTE_OK);
    CHECK(fold_text(&b, bytes_of_text(word)) == ENTENTE_OK);
    for (size_t i = 0; i + b.count <= a.count && !is; i++)
        is = memcmp(a.points + i, b.points, b.count * sizeof b.points[0]) == 0;
    folded_free(&a);
    folded_free(&b);
    return is;
}

/* A query of one word whose grams every text has that holds it: dense letters, or three others in each run. */
static bool
is_promised(const char *word)
{
    struct folded folded = {0};
    size_t run = 0;
    bool is = true;

    CHECK(fold_text(&folded, bytes_of_text(word)) == ENTENTE_OK);
    for (size_t i = 0; i < folded.count; i++) {
        bool dense = fold_is_dense(folded.points[i]);
        run = dense ? 0 : run + 1;
        bool ends = !dense && (i + 1 == folded.count || fold_is_dense(folded.points[i + 1]));
        if (ends && run < 3)
            is = false;
    }
    folded_free(&folded);
    return is;
}

TEST(random_texts)
{
    char text[TEXT_BYTES_MAX], word[64];
    uint32_t promised = 0;

    for (uint32_t i = 0; i < TEXTS_MAX; i++) {
        random_text(text, 1 + pick(30));
        say("", text);
        said[i].is_unreadable = pick(20) == 0;
    }
    struct search *search = make();
    for (uint32_t round = 0; round < 2000; round++) {
        struct found found = {.limit = TEXTS_MAX}, page = {.limit = 3};
        random_text(word, 1 + pick(5));
        if (strchr(word, ' ') != NULL)
            continue;
        CHECK(search_find(search, bytes_of_text(word), 0, take, &found) == ENTENTE_OK);
        uint32_t next = 0;
        for (uint32_t i = TEXTS_MAX; i-- > 0;) {
            bool is = holds(said[i].text, word) && !said[i].is_unreadable;
            bool got = next < found.count && found.changes[next] == i + 1;
            next += got;
            CHECK(!got || is);
            CHECK(got || !is || !is_promised(word));
        }
        CHECK(next == found.count);
        promised += is_promised(word) && found.count > 0;
        size_t seen = 0;
        do {
            page.count = 0;
            CHECK(search_find(search, bytes_of_text(word), page.place, take, &page) == ENTENTE_OK);
            CHECK(memcmp(page.changes, found.changes + seen, page.count * sizeof page.changes[0]) == 0);
            seen += page.count;
        } while (page.count == page.limit);
        CHECK(seen == found.count);
    }
    CHECK(promised >= 100);
    printf("# %u words that had to be found were\n", promised);
    search_free(search);
    forget();
}

TEST(a_room_that_cannot_be_read)
{
    struct search *search;
    struct found found = {.limit = 1};
    bool more;

    for (uint32_t i = 0; i < 20; i++)
        say("", i == 15 ? "late word" : "other");
    broken_from = 10;
    CHECK(search_new(&search, NULL) == ENTENTE_OK);
    CHECK(search_advance(search, 100, &more) == ENTENTE_ERR_IO && more);
    CHECK(!search_is_current(search));
    broken_from = 0;
    CHECK(search_advance(search, 100, &more) == ENTENTE_OK && !more);
    CHECK(finds(search, "late", "16 "));
    broken_from = 16;
    CHECK(search_find(search, bytes_of_text("late"), 0, take, &found) == ENTENTE_ERR_IO);
    search_free(search);
    forget();
}

/* An assessment is found by those whom its marking lets see it, and by its giver (V3). */
TEST(what_is_not_released_is_not_found)
{
    forget();
    say("", "");
    said[0].body.sections[0] = (struct section){.type = FACT_ASSESSMENT,
        .fact = {.name = bytes_of_text("Yongbyon estimate"),
            .marking = {.scheme = MARKING_TLP, .level = MARKING_CLEAR, .parties = 1}}};
    for (own_slot = 0; own_slot < 3; own_slot++) {
        struct search *search = make();
        CHECK(finds(search, "yongbyon", own_slot < 2 ? "1 " : ""));
        search_free(search);
    }
    own_slot = 0;
    forget();
}

TEST_MAIN(CASE(what_people_type),
    CASE(what_is_not_released_is_not_found),
    CASE(what_is_no_word),
    CASE(snippet_is_around_the_word),
    CASE(random_texts),
    CASE(a_room_that_cannot_be_read))
