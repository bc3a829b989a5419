/*
 * Of the facts of one type about an object: the last one of each party and key.  A person is here
 * who came last, a receipt counts that nothing of its party follows (M5, M7, D3, Q4).
 */
#ifndef ENTENTE_API_LAST_WORDS_H
#define ENTENTE_API_LAST_WORDS_H

#include "room/room.h"

struct last_word {
    uint32_t index; /* the order of what was said */
    const struct fact_note *note;
    struct fact fact;
};
/* Ascending by party, `number` and key. */
struct last_words {
    struct last_word *list;
    uint32_t count, room;
    struct bytes (*key)(const struct fact *fact);
};

/* What facts of a name are about; the same of an office; nothing beside party and number. */
struct bytes key_name(const struct fact *fact);
struct bytes key_office(const struct fact *fact);
struct bytes key_none(const struct fact *fact);

/*
 * Those that count (I2), in time of n log n.  `list` is the caller's to free, also where it fails;
 * its views are borrowed as consultation.h says.  Errors of this machine.
 */
MUST_USE enum entente_error last_words_find(struct last_words *words, struct room *room,
    const struct object *object, uint16_t type, struct bytes (*key)(const struct fact *fact));

/* Whether the fact is one of them. */
bool last_words_has(
    const struct last_words *words, const struct fact_note *note, const struct fact *fact);

#endif
