#include "api/last_words.h"

#include <stdlib.h>

struct bytes
key_name(const struct fact *fact)
{
    return fact->name;
}

struct bytes
key_office(const struct fact *fact)
{
    return fact->office;
}

struct bytes
key_none(const struct fact *fact)
{
    (void)fact;
    return (struct bytes){0};
}

static int
compare_names(struct bytes a, struct bytes b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common > 0 ? memcmp(a.data, b.data, common) : 0;

    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

/* Zero where one takes the place of the other. */
static int
compare_keys(const struct last_words *words, const struct last_word *a, const struct last_word *b)
{
    if (a->note->slot != b->note->slot)
        return a->note->slot < b->note->slot ? -1 : 1;
    if (a->fact.number != b->fact.number)
        return a->fact.number < b->fact.number ? -1 : 1;
    return compare_names(words->key(&a->fact), words->key(&b->fact));
}

static int
compare_words(const void *a, const void *b, void *words)
{
    const struct last_word *one = a, *other = b;
    int order = compare_keys(words, one, other);

    return order != 0 ? order : (one->index > other->index) - (one->index < other->index);
}

static enum entente_error
add_word(struct last_words *words, const struct last_word *word)
{
    if (words->count == words->room) {
        uint32_t wanted = words->room > 0 ? 2 * words->room : 16;
        struct last_word *grown = realloc(words->list, wanted * sizeof *grown);
        if (grown == NULL)
            return ENTENTE_ERR_NO_MEMORY;
        words->list = grown;
        words->room = wanted;
    }
    words->list[words->count++] = *word;
    return ENTENTE_OK;
}

enum entente_error
last_words_find(struct last_words *words, struct room *room, const struct object *object,
    uint16_t type, struct bytes (*key)(const struct fact *fact))
{
    struct last_word word;
    enum entente_error error = object != NULL ? ENTENTE_OK : ENTENTE_ERR_NOT_FOUND;
    uint32_t kept = 0;

    *words = (struct last_words){.key = key};
    for (uint32_t i = 0; error == ENTENTE_OK;) {
        error = object_next(room_consultation(room), object, type, &i, &word.note, &word.fact);
        word.index = i;
        if (error == ENTENTE_OK)
            error = add_word(words, &word);
    }
    if (words->count > 1)
        qsort_r(words->list, words->count, sizeof *words->list, compare_words, words);
    for (uint32_t i = 0; i < words->count; i++)
        if (i + 1 == words->count || compare_keys(words, &words->list[i], &words->list[i + 1]) != 0)
            words->list[kept++] = words->list[i];
    words->count = kept;
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

bool
last_words_has(
    const struct last_words *words, const struct fact_note *note, const struct fact *fact)
{
    struct last_word asked = {.note = note, .fact = *fact};
    uint32_t low = 0, high = words->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = compare_keys(words, &words->list[middle], &asked);
        if (order == 0)
            return words->list[middle].note == note;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}
