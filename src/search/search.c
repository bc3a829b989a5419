#include "search/search.h"

#include "search/letters.h"
#include "store/grams.h"

#include <stdlib.h>
#include <string.h>

#define SECTION_BITS 6u /* BODY_SECTIONS_MAX */
#define SNIPPET_BEFORE 40u /* letters */
#define SNIPPET_LETTERS 160u

struct search {
    struct room *room;
    struct grams *index;
    uint64_t taken; /* the last change that is in the index */
    struct folded text;
    struct gram_list letters;
};

enum entente_error
search_new(struct search **search, struct room *room)
{
    *search = calloc(1, sizeof **search);
    if (*search == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    (*search)->room = room;
    enum entente_error error = grams_new(&(*search)->index);
    if (error == ENTENTE_OK)
        return error;
    search_free(*search);
    *search = NULL;
    return error;
}

void
search_free(struct search *search)
{
    if (search == NULL)
        return;
    grams_free(search->index);
    folded_free(&search->text);
    gram_list_free(&search->letters);
    free(search);
}

/* ---- what of a section can be searched ---- */

#define PARTS_MAX 5u

static unsigned
parts_of(const struct section *section, struct bytes parts[static PARTS_MAX])
{
    const struct fact *fact = &section->fact;

    switch (section->type) {
    case SECTION_STATEMENT:
        parts[0] = section->statement.text;
        parts[1] = section->statement.speaker;
        return 2;
    case SECTION_HEADING:
        parts[0] = section->heading.text;
        return 1;
    case SECTION_FILE:
        parts[0] = section->file.name;
        return 1;
    default:
        break;
    }
    if (!fact_is_known(section->type))
        return 0;
    parts[0] = fact->text;
    parts[1] = fact->name;
    parts[2] = fact->office;
    parts[3] = fact->label;
    parts[4] = section->type == FACT_TEXT_PART ? fact->data : (struct bytes){0};
    return 5;
}

/* ---- the index ---- */

static enum entente_error
take_section(struct search *search, uint64_t row, const struct section *section)
{
    struct bytes parts[PARTS_MAX];
    unsigned count = parts_of(section, parts);
    enum entente_error error = ENTENTE_OK;

    search->letters.count = 0;
    for (unsigned i = 0; i < count && error == ENTENTE_OK; i++) {
        error = fold_text(&search->text, parts[i]);
        if (error == ENTENTE_OK && !letters_of_text(&search->letters, &search->text))
            error = ENTENTE_ERR_NO_MEMORY;
    }
    if (error != ENTENTE_OK)
        return error;
    gram_list_settle(&search->letters);
    return grams_add(search->index, row, search->letters.list, search->letters.count);
}

/* V3: what a marking keeps from this party's people is not found either. */
static bool
may_be_found(
    const struct search *search, const struct room_entry *entry, const struct section *section)
{
    return section->type != FACT_ASSESSMENT ||
           marking_allows(&section->fact.marking, entry->entry.slot, room_slot(search->room),
               MARKING_SHOW);
}

static enum entente_error
take_change(struct search *search, uint64_t change)
{
    struct room_entry entry;
    enum entente_error error = room_change(search->room, change, &entry);

    for (uint32_t i = 0; error == ENTENTE_OK && entry.body != NULL && i < entry.body->count; i++)
        if (may_be_found(search, &entry, &entry.body->sections[i]))
            error = take_section(search, change << SECTION_BITS | i, &entry.body->sections[i]);
    return error;
}

enum entente_error
search_advance(struct search *search, uint32_t limit, bool *more)
{
    enum entente_error error = ENTENTE_OK;

    while (error == ENTENTE_OK && limit-- > 0 && !search_is_current(search)) {
        error = take_change(search, search->taken + 1);
        if (error == ENTENTE_OK)
            search->taken++;
    }
    *more = !search_is_current(search);
    return error;
}

bool
search_is_current(const struct search *search)
{
    return search->taken == room_changes(search->room);
}

uint64_t
search_bytes(const struct search *search)
{
    return grams_bytes(search->index);
}

/* ---- finding ---- */

struct finding {
    struct search *search;
    struct folded query;
    struct gram_list letters;
    size_t words_count;
    struct {
        size_t from, size;
    } words[SEARCH_WORDS_MAX];
    bool (*take)(void *state, const struct search_hit *hit);
    void *state;
    enum entente_error error;
};

/* The words of the query, by their places in it, and their letters. */
static enum entente_error
read_query(struct finding *finding, struct bytes query)
{
    enum entente_error error = fold_text(&finding->query, query);
    const uint32_t *points = finding->query.points;

    for (size_t i = 0; error == ENTENTE_OK && i < finding->query.count;) {
        size_t from = i;
        while (i < finding->query.count && points[i] != ' ')
            i++;
        if (i > from && finding->words_count < SEARCH_WORDS_MAX) {
            finding->words[finding->words_count].from = from;
            finding->words[finding->words_count++].size = i - from;
            if (!letters_of_word(&finding->letters, points + from, i - from))
                error = ENTENTE_ERR_NO_MEMORY;
        }
        while (i < finding->query.count && points[i] == ' ')
            i++;
    }
    if (error != ENTENTE_OK)
        return error;
    gram_list_settle(&finding->letters);
    if (finding->letters.count > GRAMS_ASKED_MAX)
        finding->letters.count = GRAMS_ASKED_MAX; /* the rest is looked at */
    return finding->letters.count > 0 ? ENTENTE_OK : ENTENTE_ERR_USAGE;
}

/* Where the word is in the text, or its count. */
static size_t
find_word(const struct folded *text, const uint32_t *word, size_t size)
{
    for (size_t i = 0; i + size <= text->count; i++)
        if (text->points[i] == word[0] &&
            memcmp(text->points + i, word, size * sizeof *word) == 0)
            return i;
    return text->count;
}

/* The part of `text` around the letter `at` of its folded form. */
static void
cut_snippet(const struct folded *folded, struct bytes text, size_t at, struct search_hit *hit)
{
    size_t from = at > SNIPPET_BEFORE ? at - SNIPPET_BEFORE : 0;
    size_t to = from + SNIPPET_LETTERS < folded->count ? from + SNIPPET_LETTERS : folded->count;
    size_t start = from > 0 ? folded->at[from] : 0;
    size_t end = to < folded->count ? folded->at[to] : text.size;

    hit->snippet = (struct bytes){text.data + start, end - start};
    hit->is_cut_before = start > 0;
    hit->is_cut_after = end < text.size;
}

/* Whether every word is in some part of the section; the snippet is of the part that has the first. */
static enum entente_error
look_at(struct finding *finding, const struct section *section, struct search_hit *hit, bool *found)
{
    struct folded *folded = &finding->search->text;
    struct bytes parts[PARTS_MAX];
    unsigned count = parts_of(section, parts);
    uint32_t seen = 0;

    for (unsigned i = 0; i < count; i++) {
        enum entente_error error = fold_text(folded, parts[i]);
        if (error != ENTENTE_OK)
            return error;
        for (size_t w = 0; w < finding->words_count; w++) {
            size_t at = find_word(folded, finding->query.points + finding->words[w].from,
                finding->words[w].size);
            if (at == folded->count)
                continue;
            if (hit->snippet.size == 0 || (w == 0 && (seen & 1) == 0))
                cut_snippet(folded, parts[i], at, hit);
            seen |= 1u << w;
        }
    }
    *found = seen == (1u << finding->words_count) - 1;
    return ENTENTE_OK;
}

static bool
take_row(void *state, uint64_t row)
{
    struct finding *finding = state;
    struct room_entry entry;
    struct search_hit hit = {
        .entry = &entry, .section = (uint32_t)(row & ((1u << SECTION_BITS) - 1)), .place = row};
    bool found = false;

    finding->error = room_change(finding->search->room, row >> SECTION_BITS, &entry);
    if (finding->error == ENTENTE_OK && entry.body != NULL && hit.section < entry.body->count)
        finding->error = look_at(finding, &entry.body->sections[hit.section], &hit, &found);
    if (finding->error != ENTENTE_OK)
        return false;
    return !found || finding->take(finding->state, &hit);
}

enum entente_error
search_find(struct search *search, struct bytes query, uint64_t place,
    bool (*take)(void *state, const struct search_hit *hit), void *state)
{
    struct finding finding = {.search = search, .take = take, .state = state};

    enum entente_error error = read_query(&finding, query);
    if (error == ENTENTE_OK)
        error = grams_find(search->index, finding.letters.list, finding.letters.count, place, take_row,
            &finding);
    if (error == ENTENTE_OK)
        error = finding.error;
    folded_free(&finding.query);
    gram_list_free(&finding.letters);
    return error;
}
