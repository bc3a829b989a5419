/* What several documents list alike: objects of one kind, and who is who. */
#ifndef ENTENTE_DOCUMENTS_LISTING_H
#define ENTENTE_DOCUMENTS_LISTING_H

#include "documents/documents.h"

/* One line of a list that is sorted. */
struct listed {
    struct digest id;
    uint64_t t_ms;  /* by this, then by id */
    uint32_t index; /* whatever the list is of */
};
struct listing {
    struct listed *items;
    uint32_t count;
    uint32_t room;
};
void listing_free(struct listing *listing);

/* Every object of the consultation that a fact of `type` made that counts, as it was made. */
MUST_USE enum entente_error listing_objects(
    struct listing *listing, struct consultation *consultation, uint16_t type);
/* The sessions, sorted by when they begin, as they were called for. */
MUST_USE enum entente_error listing_sessions(
    struct listing *listing, struct consultation *consultation);
MUST_USE enum entente_error listing_add(
    struct listing *listing, const struct digest *id, uint64_t t_ms);
/* When anything was last said of an object, or it was made. */
uint64_t listing_last_word(const struct object *object);
void listing_sort(struct listing *listing);

#endif
