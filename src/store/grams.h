/*
 * Which rows hold which grams: an inverted index, in memory only, over SQLite's FTS5 (detail none, no
 * content).  What a gram is, is the caller's business.
 */
#ifndef ENTENTE_STORE_GRAMS_H
#define ENTENTE_STORE_GRAMS_H

#include "base/bytes.h"

struct grams;

/* ENTENTE_ERR_NO_MEMORY for all of these: the index is good still, but for what was not added. */
MUST_USE enum entente_error grams_new(struct grams **grams);
void grams_free(struct grams *grams);

/* `row` is new, and not 0; the grams in any order, each once. */
MUST_USE enum entente_error grams_add(
    struct grams *grams, uint64_t row, const uint32_t *list, size_t count);

/*
 * The rows that hold all of `count` grams, 1 <= count <= GRAMS_ASKED_MAX, descending from below `before`
 * (0: from the last), until `take` returns false.
 */
#define GRAMS_ASKED_MAX 64u
MUST_USE enum entente_error grams_find(struct grams *grams, const uint32_t *list, size_t count,
    uint64_t before, bool (*take)(void *state, uint64_t row), void *state);

/* What the index takes in memory, about. */
uint64_t grams_bytes(struct grams *grams);

#endif
