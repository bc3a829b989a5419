/* Who was at a session: the attendances of each person, by party and name (M5). */
#ifndef ENTENTE_DOCUMENTS_PERSONS_H
#define ENTENTE_DOCUMENTS_PERSONS_H

#include "documents/documents.h"

struct attendance_note {
    uint8_t slot;
    struct bytes name;
    uint32_t order; /* of the object's facts */
};

/* Ascending by slot, name and order, so that those of one person stand together. */
struct persons {
    struct attendance_note *notes;
    uint32_t count;
    uint32_t room;
};

/* Views borrow from the consultation.  Time: that of sorting the attendances. */
MUST_USE enum entente_error persons_read(
    struct persons *persons, const struct consultation *consultation, const struct object *session);
void persons_free(struct persons *persons);

/* Behind the last attendance of the person whose first one is at `from`. */
uint32_t persons_end(const struct persons *persons, uint32_t from);

bool persons_has(const struct persons *persons, uint8_t slot, struct bytes name);

#endif
