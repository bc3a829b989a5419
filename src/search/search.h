/*
 * Full-text search over everything of a room that can be read.  The index is in memory only, so that
 * nothing readable is at rest; it is made anew when the desk starts.
 *
 * A text is found by parts of its words, in any language: of scripts without spaces by each pair of
 * letters (and each single one), of others by each three letters within a word, and by one or two where they
 * begin a word.  The index is asked for candidates; each is then read and looked at, so that what is found
 * does hold the words.
 */
#ifndef ENTENTE_SEARCH_SEARCH_H
#define ENTENTE_SEARCH_SEARCH_H

#include "room/room.h"

struct search;

/* `room` is borrowed for the search's life.  ENTENTE_ERR_NO_MEMORY */
MUST_USE enum entente_error search_new(struct search **search, struct room *room);
void search_free(struct search *search);

/*
 * Take in changes of the room that it does not have, at most `limit`; `*more`: there are others.
 *   ENTENTE_ERR_NO_MEMORY, or what room_change() says: try again
 */
MUST_USE enum entente_error search_advance(struct search *search, uint32_t limit, bool *more);

/* Whether all that the room has is in the index. */
bool search_is_current(const struct search *search);

struct search_hit {
    const struct room_entry *entry; /* borrowed for the call */
    uint32_t section;               /* index in the entry's body */
    struct bytes snippet;           /* of the text around the first word; UTF-8; borrowed for the call */
    bool is_cut_before, is_cut_after;
    uint64_t place; /* for the next page */
};

/*
 * The texts that hold all words of `query`, latest first, from behind `place` (0: the latest), until `take`
 * returns false.
 *   ENTENTE_ERR_USAGE      no word can be asked for
 *   ENTENTE_ERR_NO_MEMORY, or what room_change() says
 */
#define SEARCH_WORDS_MAX 16u
MUST_USE enum entente_error search_find(struct search *search, struct bytes query, uint64_t place,
    bool (*take)(void *state, const struct search_hit *hit), void *state);

/* What the index takes in memory, about. */
uint64_t search_bytes(const struct search *search);

#endif
