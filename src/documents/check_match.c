#include "documents/check_match.h"

#include "documents/readout_check.h"

#include <stdlib.h>

#define DATELINE_WORDS_MAX 24u

/* ---- the index of the readout ---- */

static int
compare_numbers(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

static int
compare_places(const void *a, const void *b)
{
    const struct sentence_place *one = a, *other = b;
    int order = compare_numbers(one->same, other->same);

    return order != 0 ? order : compare_numbers(one->sentence, other->sentence);
}

static int
compare_words(const uint32_t a[static 2], const uint32_t b[static 2])
{
    int order = compare_numbers(a[0], b[0]);

    return order != 0 ? order : compare_numbers(a[1], b[1]);
}

static int
compare_pairs(const void *a, const void *b)
{
    const struct word_pair *one = a, *other = b;
    int order = compare_words(one->words, other->words);

    return order != 0 ? order : compare_numbers(one->token, other->token);
}

static void
index_pairs(struct matcher *matcher)
{
    const struct passages *readout = &matcher->readout;

    for (uint32_t i = 0; i < readout->count; i++) {
        const struct run *run = &readout->items[i].tokens;
        for (uint32_t t = run->from; t + 1 < run->from + run->count; t++)
            matcher->pairs[matcher->pairs_count++] =
                (struct word_pair){{readout->tokens[t].word, readout->tokens[t + 1].word}, i, t};
    }
    if (matcher->pairs_count > 0)
        qsort(matcher->pairs, matcher->pairs_count, sizeof *matcher->pairs, compare_pairs);
}

enum entente_error
matcher_start(struct matcher *matcher)
{
    const struct passages *readout = &matcher->readout;
    size_t count = readout->count;

    matcher->places = calloc((size_t)readout->sentences_count + 1, sizeof *matcher->places);
    matcher->pairs = calloc((size_t)readout->tokens_count + 1, sizeof *matcher->pairs);
    matcher->common = calloc(count + 1, sizeof *matcher->common);
    matcher->touched = calloc(count + 1, sizeof *matcher->touched);
    if (matcher->places == NULL || matcher->pairs == NULL || matcher->common == NULL ||
        matcher->touched == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    for (uint32_t i = 0; i < readout->sentences_count; i++)
        matcher->places[i] = (struct sentence_place){readout->sentences[i].same, i};
    if (readout->sentences_count > 0)
        qsort(matcher->places, readout->sentences_count, sizeof *matcher->places, compare_places);
    index_pairs(matcher);
    return ENTENTE_OK;
}

void
matcher_free(struct matcher *matcher)
{
    names_free(&matcher->names);
    passages_free(&matcher->readout);
    passages_free(&matcher->report);
    free(matcher->places);
    free(matcher->pairs);
    free(matcher->common);
    free(matcher->touched);
    free(matcher->row);
    *matcher = (struct matcher){0};
}

/* The index of the first of `count` sorted items that is not before `key`. */
static uint32_t
first_from(const void *items, uint32_t count, size_t size, const void *key,
    int (*compare)(const void *a, const void *b))
{
    uint32_t low = 0, high = count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (compare((const uint8_t *)items + middle * size, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool
is_in(const struct run *run, uint32_t index)
{
    return index >= run->from && index - run->from < run->count;
}

/* ---- word for word ---- */

/* Whether the report's sentences are the readout's from `at` on, within one text. */
static bool
is_run_at(struct matcher *matcher, struct run sentences, uint32_t at)
{
    const struct passages *readout = &matcher->readout;

    if (sentences.count > readout->sentences_count - at)
        return false;
    uint32_t in = readout->items[readout->sentences[at].passage].in;
    const struct sentence *last = &readout->sentences[at + sentences.count - 1];
    if (readout->items[last->passage].in != in)
        return false;
    for (uint32_t i = 0; i < sentences.count; i++, matcher->steps++)
        if (readout->sentences[at + i].same != matcher->report.sentences[sentences.from + i].same)
            return false;
    return true;
}

static void
set_verbatim(const struct matcher *matcher, uint32_t at, uint32_t count, struct match *match)
{
    const struct sentence *first = &matcher->readout.sentences[at], *last = first + count - 1;

    *match = (struct match){.is_verbatim = true,
        .is_found = true,
        .passage = first->passage,
        .last = last->passage,
        .tokens = {first->tokens.from, last->tokens.from + last->tokens.count - first->tokens.from},
        .similarity = 1};
}

/* Whole paragraphs before parts of one. */
static void
find_sentences(
    struct matcher *matcher, struct run sentences, const struct scope *scope, struct match *match)
{
    const struct passages *readout = &matcher->readout;
    struct sentence_place key = {
        matcher->report.sentences[sentences.from].same, scope->sentences.from};
    uint32_t place =
        first_from(matcher->places, readout->sentences_count, sizeof key, &key, compare_places);
    uint32_t end = place + MATCH_PLACES_MAX;

    for (; place < readout->sentences_count && place < end; place++) {
        uint32_t at = matcher->places[place].sentence;
        if (matcher->places[place].same != key.same || !is_in(&scope->sentences, at))
            return;
        if (matcher->steps > MATCH_STEPS_MAX || !is_run_at(matcher, sentences, at))
            continue;
        const struct run *whole = &readout->items[readout->sentences[at].passage].sentences;
        bool is_whole = whole->from == at && whole->count <= sentences.count;
        if (is_whole || !match->is_found)
            set_verbatim(matcher, at, sentences.count, match);
        if (is_whole)
            return;
    }
}

static enum entente_error
find_verbatim(
    struct matcher *matcher, struct run tokens, const struct scope *scope, struct match *match)
{
    struct run sentences;
    uint32_t count = matcher->report.sentences_count;
    enum entente_error error =
        passages_cut_sentences(&matcher->report, &matcher->names, tokens, 0, &sentences);

    if (error == ENTENTE_OK && sentences.count > 0)
        find_sentences(matcher, sentences, scope, match);
    matcher->report.sentences_count = count;
    return error;
}

/* ---- nearly ---- */

static void
note_pair(struct matcher *matcher, const struct word_pair *pair)
{
    struct common *common = &matcher->common[pair->passage];

    if (common->pairs == 0) {
        matcher->touched[matcher->touched_count++] = pair->passage;
        *common = (struct common){0, pair->token, pair->token};
    }
    common->pairs++;
    common->first = pair->token < common->first ? pair->token : common->first;
    common->last = pair->token > common->last ? pair->token : common->last;
}

/* Count what the tokens have in common with each passage. */
static void
count_common(struct matcher *matcher, struct run tokens, const struct scope *scope)
{
    const struct token *report = matcher->report.tokens;

    for (uint32_t t = tokens.from; t + 1 < tokens.from + tokens.count; t++) {
        struct word_pair key = {
            .words = {report[t].word, report[t + 1].word}, .token = scope->tokens.from};
        uint32_t at =
            first_from(matcher->pairs, matcher->pairs_count, sizeof key, &key, compare_pairs);
        uint32_t end = at + MATCH_PLACES_MAX;
        for (; at < matcher->pairs_count && at < end; at++) {
            const struct word_pair *pair = &matcher->pairs[at];
            if (compare_words(pair->words, key.words) != 0 || !is_in(&scope->tokens, pair->token))
                break;
            note_pair(matcher, pair);
        }
    }
}

/* The touched passage with the most in common, which is forgotten; false when there is none. */
static bool
next_candidate(struct matcher *matcher, uint32_t *passage, struct common *common)
{
    uint32_t best = 0;

    if (matcher->touched_count == 0)
        return false;
    for (uint32_t i = 1; i < matcher->touched_count; i++) {
        const struct common *one = &matcher->common[matcher->touched[i]];
        const struct common *most = &matcher->common[matcher->touched[best]];
        if (one->pairs > most->pairs ||
            (one->pairs == most->pairs && matcher->touched[i] < matcher->touched[best]))
            best = i;
    }
    *passage = matcher->touched[best];
    *common = matcher->common[*passage];
    matcher->common[*passage] = (struct common){0};
    matcher->touched[best] = matcher->touched[--matcher->touched_count];
    return true;
}

static void
forget_candidates(struct matcher *matcher)
{
    while (matcher->touched_count > 0)
        matcher->common[matcher->touched[--matcher->touched_count]] = (struct common){0};
}

/* How many words, in order, two runs have in common at most. */
static uint32_t
longest_common(struct matcher *matcher, struct run report, struct run readout)
{
    const struct token *rows = matcher->report.tokens + report.from;
    const struct token *columns = matcher->readout.tokens + readout.from;
    uint32_t *row = matcher->row;

    memset(row, 0, (readout.count + 1) * sizeof *row);
    for (uint32_t i = 0; i < report.count; i++) {
        uint32_t diagonal = 0;
        for (uint32_t j = 0; j < readout.count; j++) {
            uint32_t above = row[j + 1];
            if (rows[i].word == columns[j].word)
                row[j + 1] = diagonal + 1;
            else if (row[j] > above)
                row[j + 1] = row[j];
            diagonal = above;
        }
    }
    return row[readout.count];
}

static enum entente_error
make_row(struct matcher *matcher, uint32_t count)
{
    if (count <= matcher->row_room)
        return ENTENTE_OK;
    uint32_t *row = realloc(matcher->row, count * sizeof *row);
    if (row == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    matcher->row = row;
    matcher->row_room = count;
    return ENTENTE_OK;
}

/* Twice the words in common over the words of both; by pairs where these are too many. */
static enum entente_error
compare_runs(struct matcher *matcher, struct run report, struct run readout, uint32_t pairs,
    double *similarity)
{
    uint64_t steps = (uint64_t)report.count * readout.count;
    uint32_t fewer = report.count < readout.count ? report.count : readout.count;
    uint32_t common = pairs < fewer ? pairs : fewer;
    enum entente_error error = ENTENTE_OK;

    if (steps <= MATCH_PAIR_STEPS_MAX && matcher->steps + steps <= MATCH_STEPS_MAX) {
        matcher->steps += steps;
        error = make_row(matcher, readout.count + 1);
        if (error == ENTENTE_OK)
            common = longest_common(matcher, report, readout);
    } else {
        matcher->is_rough = true;
    }
    *similarity = 2.0 * common / ((double)report.count + readout.count);
    return error;
}

/* The sentence of a passage that has the token. */
static uint32_t
sentence_of(const struct passages *passages, const struct passage *passage, uint32_t token)
{
    uint32_t low = passage->sentences.from, high = low + passage->sentences.count - 1;

    while (low < high) {
        uint32_t middle = low + (high - low + 1) / 2;
        if (passages->sentences[middle].tokens.from <= token)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* The sentences of the passage in which there is something in common. */
static struct run
window_of(const struct matcher *matcher, const struct passage *passage, const struct common *common)
{
    const struct passages *readout = &matcher->readout;
    const struct sentence *first =
        &readout->sentences[sentence_of(readout, passage, common->first)];
    const struct sentence *last =
        &readout->sentences[sentence_of(readout, passage, common->last + 1)];

    return (struct run){
        first->tokens.from, last->tokens.from + last->tokens.count - first->tokens.from};
}

/* The passage as a whole, or the sentences of it that the report took. */
static enum entente_error
weigh(struct matcher *matcher, struct run tokens, uint32_t index, const struct common *common,
    struct match *best)
{
    const struct passage *passage = &matcher->readout.items[index];
    struct run window = window_of(matcher, passage, common);
    double whole = 0, part = 0;
    enum entente_error error =
        compare_runs(matcher, tokens, passage->tokens, common->pairs, &whole);

    if (error == ENTENTE_OK && window.count < passage->tokens.count)
        error = compare_runs(matcher, tokens, window, common->pairs, &part);
    double similarity = whole >= part ? whole : part;
    if (error == ENTENTE_OK && similarity > best->similarity)
        *best = (struct match){.passage = index,
            .last = index,
            .tokens = whole >= part ? passage->tokens : window,
            .similarity = similarity};
    return error;
}

static enum entente_error
find_altered(
    struct matcher *matcher, struct run tokens, const struct scope *scope, struct match *match)
{
    struct common common;
    uint32_t index;
    enum entente_error error = ENTENTE_OK;

    count_common(matcher, tokens, scope);
    for (uint32_t i = 0; i < MATCH_CANDIDATES && error == ENTENTE_OK; i++) {
        if (!next_candidate(matcher, &index, &common))
            break;
        error = weigh(matcher, tokens, index, &common, match);
    }
    forget_candidates(matcher);
    match->is_found = match->similarity >= READOUT_CHECK_ALTERED_MIN;
    if (!match->is_found)
        *match = (struct match){0};
    return error;
}

/* ---- a paragraph ---- */

/* What stands before the text of a report's first paragraph: how many words, 0 where there is
 * nothing. */
static uint32_t
dateline_size(const struct token *tokens, uint32_t count)
{
    bool has_bracket = false;

    for (uint32_t i = 0; i + 1 < count && i < DATELINE_WORDS_MAX; i++) {
        const struct token *token = &tokens[i];
        if (i > 0 && token->mark == WORD_IS_LENTICULAR && tokens[0].mark == WORD_IS_LENTICULAR)
            return i + 1;
        has_bracket = has_bracket || token->mark == WORD_IS_BRACKET;
        if (has_bracket && token->mark == WORD_IS_EQUALS_SIGN && token->follows_space)
            return i + 1;
        if (has_bracket && token->mark == WORD_IS_DASH && token->follows_space &&
            token[1].mark == WORD_IS_DASH)
            return i + 2;
        if (has_bracket && token->mark == WORD_IS_DASH && token->follows_space &&
            token[1].follows_space)
            return i + 1;
    }
    return 0;
}

/* Without "SEOUL, Nov. 13 (Agency) -- ", "(서울=통신사) 기자 이름 = " or "【ソウル通信社】". */
static struct run
without_dateline(const struct token *tokens, struct run run)
{
    uint32_t size = dateline_size(tokens + run.from, run.count);

    return (struct run){run.from + size, run.count - size};
}

static struct run
without_quotes(const struct token *tokens, struct run run)
{
    if (run.count > 2 && tokens[run.from].mark == WORD_IS_QUOTE &&
        tokens[run.from + run.count - 1].mark == WORD_IS_QUOTE)
        return (struct run){run.from + 1, run.count - 2};
    return run;
}

enum entente_error
matcher_find(
    struct matcher *matcher, uint32_t index, const struct scope *scope, struct match *match)
{
    const struct passage *passage = &matcher->report.items[index];
    struct run whole = passage->tokens;
    struct run body = without_dateline(matcher->report.tokens, whole);
    struct run tries[] = {whole, without_quotes(matcher->report.tokens, whole), body,
        without_quotes(matcher->report.tokens, body)};
    enum entente_error error = ENTENTE_OK;

    *match = (struct match){0};
    for (size_t i = 0; i < 4 && error == ENTENTE_OK && !match->is_found; i++)
        if (i == 0 || memcmp(&tries[i], &tries[i - 1], sizeof tries[i]) != 0)
            error = find_verbatim(matcher, tries[i], scope, match);
    if (error == ENTENTE_OK && !match->is_found)
        error = find_altered(matcher, body, scope, match);
    return error;
}
