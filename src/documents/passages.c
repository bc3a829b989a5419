#include "documents/passages.h"

#include "crypto/hash.h"

#include <stdlib.h>

/* Behind the last sentence of an agency's report: in brackets, or between strokes or dashes. */
static const char *const end_marks[] = {"END", "End", "end", "FIN", "끝", "終", "終わり", "了",
    "完", "結束", "انتهى", "النهاية", "نهاية", "انتهي"};

static enum entente_error
number_of_key(struct map *map, const struct digest *key, uint32_t *number)
{
    *number = map_get(map, key);
    if (*number != MAP_NONE)
        return ENTENTE_OK;
    *number = map->count;
    return map_set(map, key, *number);
}

static enum entente_error
number_word(struct names *names, const struct word *word, uint32_t *number)
{
    struct digest key;

    hash_once(key.bytes, "entente/checkwrd", word->form);
    return number_of_key(&names->word_numbers, &key, number);
}

static enum entente_error
take_end_mark(void *state, const struct word *word)
{
    struct names *names = state;

    return number_word(names, word, &names->end_marks[names->end_marks_count]);
}

enum entente_error
names_start(struct names *names)
{
    *names = (struct names){0};
    enum entente_error error = words_new(&names->words);
    for (size_t i = 0; error == ENTENTE_OK && i < sizeof end_marks / sizeof *end_marks; i++) {
        error = words_each(names->words, bytes_of_text(end_marks[i]), take_end_mark, names);
        names->end_marks_count++;
    }
    return error;
}

void
names_free(struct names *names)
{
    words_free(names->words);
    map_free(&names->word_numbers);
    map_free(&names->sentence_numbers);
    *names = (struct names){0};
}

void
passages_free(struct passages *passages)
{
    free(passages->tokens);
    free(passages->sentences);
    free(passages->items);
    *passages = (struct passages){0};
}

void
passages_cut(struct passages *passages, uint32_t count)
{
    if (count >= passages->count)
        return;
    passages->tokens_count = passages->items[count].tokens.from;
    passages->sentences_count = passages->items[count].sentences.from;
    passages->count = count;
}

/* ---- words ---- */

struct taking {
    struct names *names;
    struct passages *passages;
};

static enum entente_error
take_word(void *state, const struct word *word)
{
    struct taking *taking = state;
    struct passages *passages = taking->passages;
    struct token token = {.mark = word->mark, .follows_space = word->follows_space};
    enum entente_error error = number_word(taking->names, word, &token.word);

    if (error == ENTENTE_OK)
        error = list_grow(
            &passages->tokens, &passages->tokens_room, passages->tokens_count, sizeof token);
    if (error == ENTENTE_OK)
        passages->tokens[passages->tokens_count++] = token;
    return error;
}

static bool
is_end_mark(const struct names *names, uint32_t word)
{
    for (uint32_t i = 0; i < names->end_marks_count; i++)
        if (names->end_marks[i] == word)
            return true;
    return false;
}

/* Without the bullets before it. */
static struct run
without_bullets(const struct token *tokens, struct run run)
{
    while (run.count > 0) {
        uint8_t mark = tokens[run.from].mark;
        if (mark == WORD_IS_NO_MARK || mark == WORD_IS_QUOTE || mark == WORD_IS_BRACKET ||
            mark == WORD_IS_LENTICULAR)
            break;
        run.from++;
        run.count--;
    }
    return run;
}

/* Without "(END)", "-끝-", "/انتهى/" behind it. */
static struct run
without_end(const struct names *names, const struct token *tokens, struct run run)
{
    const struct token *end = tokens + run.from + run.count;

    if (run.count >= 3 && end[-1].mark != WORD_IS_NO_MARK && is_end_mark(names, end[-2].word) &&
        (end[-3].mark == WORD_IS_BRACKET || end[-3].mark == WORD_IS_DASH ||
            end[-3].mark == WORD_IS_OTHER_MARK))
        run.count -= 3;
    return run;
}

static bool
is_stop(const struct token *token)
{
    return token->mark == WORD_IS_FULL_STOP || token->mark == WORD_IS_STOP;
}

/* Where the sentence that begins at `from` ends: behind its stop and what closes after it. */
static uint32_t
sentence_end(const struct token *tokens, uint32_t from, uint32_t end)
{
    while (from < end && !is_stop(&tokens[from]))
        from++;
    while (from < end && tokens[from].mark != WORD_IS_NO_MARK &&
           (!tokens[from].follows_space || is_stop(&tokens[from])))
        from++;
    return from;
}

/* A number for the words of a sentence. */
static enum entente_error
number_sentence(struct names *names, const struct token *tokens, struct run run, uint32_t *number)
{
    struct hasher hasher;
    struct digest key;

    hasher_start(&hasher, "entente/checksen");
    for (uint32_t i = run.from; i < run.from + run.count; i++)
        if (tokens[i].mark != WORD_IS_FULL_STOP)
            hasher_add(
                &hasher, (struct bytes){(const uint8_t *)&tokens[i].word, sizeof tokens[i].word});
    hasher_finish(&hasher, key.bytes);
    return number_of_key(&names->sentence_numbers, &key, number);
}

enum entente_error
passages_cut_sentences(struct passages *passages, struct names *names, struct run tokens,
    uint32_t passage, struct run *sentences)
{
    uint32_t end = tokens.from + tokens.count, next;
    enum entente_error error = ENTENTE_OK;

    *sentences = (struct run){passages->sentences_count, 0};
    for (uint32_t at = tokens.from; error == ENTENTE_OK && at < end; at = next) {
        next = sentence_end(passages->tokens, at, end);
        struct sentence sentence = {.passage = passage, .tokens = {at, next - at}};
        error = number_sentence(names, passages->tokens, sentence.tokens, &sentence.same);
        if (error == ENTENTE_OK)
            error = list_grow(&passages->sentences, &passages->sentences_room,
                passages->sentences_count, sizeof sentence);
        if (error == ENTENTE_OK)
            passages->sentences[passages->sentences_count++] = sentence;
    }
    sentences->count = passages->sentences_count - sentences->from;
    return error;
}

static bool
has_words(const struct token *tokens, struct run run)
{
    for (uint32_t i = run.from; i < run.from + run.count; i++)
        if (tokens[i].mark == WORD_IS_NO_MARK)
            return true;
    return false;
}

enum entente_error
passages_add(struct passages *passages, struct names *names, struct bytes text, uint32_t in,
    uint32_t number, bool *is_empty)
{
    struct passage passage = {.text = text, .in = in, .number = number};
    struct taking taking = {names, passages};
    uint32_t from = passages->tokens_count;

    *is_empty = false;
    enum entente_error error =
        list_grow(&passages->items, &passages->room, passages->count, sizeof passage);
    if (error == ENTENTE_OK)
        error = words_each(names->words, text, take_word, &taking);
    if (error != ENTENTE_OK)
        return error;
    struct run all = {from, passages->tokens_count - from};
    passage.tokens = without_end(names, passages->tokens, without_bullets(passages->tokens, all));
    *is_empty = !has_words(passages->tokens, passage.tokens);
    if (*is_empty) {
        passages->tokens_count = from;
        return ENTENTE_OK;
    }
    error = passages_cut_sentences(
        passages, names, passage.tokens, passages->count, &passage.sentences);
    if (error == ENTENTE_OK)
        passages->items[passages->count++] = passage;
    return error;
}
