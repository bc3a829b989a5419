/* The grams of folded text.  Internal to search/. */
#ifndef ENTENTE_SEARCH_LETTERS_H
#define ENTENTE_SEARCH_LETTERS_H

#include "text/fold.h"

struct gram_list {
    uint32_t *list;
    size_t count;
    size_t room;
};

/* Add what the index keeps of a text.  Unordered, with repetitions: see gram_list_settle().  False: no memory. */
bool letters_of_text(struct gram_list *grams, const struct folded *text);

/*
 * Add what every text has that holds the points [from, to), which are a word of a query: without spaces.
 */
bool letters_of_word(struct gram_list *grams, const uint32_t *points, size_t count);

/* Each gram once. */
void gram_list_settle(struct gram_list *grams);
void gram_list_free(struct gram_list *grams);

#endif
