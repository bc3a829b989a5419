/* What the files of the hand-over brief share.  Nobody else includes this. */
#ifndef ENTENTE_DOCUMENTS_BRIEF_H
#define ENTENTE_DOCUMENTS_BRIEF_H

#include "documents/listing.h"
#include "documents/page.h"

struct brief {
    struct page page;
    struct room *room;
    struct consultation *consultation;
    struct bytes office; /* of the own party */
    uint64_t since_ms;
};

/* ---- pieces of it (brief_pieces.c) ---- */

enum phrase phrase_of_act(uint8_t kind);
/* Kind and title: the first line of the text, in the document's language where the text has it. */
void put_act(struct brief *brief, const struct digest *act);
/* When it was proposed; 0 where that cannot be read. */
MUST_USE enum entente_error act_time(struct brief *brief, const struct digest *act, uint64_t *t_ms);
/* The name of an object: a session's, a pledge's with its quantity, whom a dialogue is with. */
void put_object(struct brief *brief, const struct digest *id);

/* ---- parts of it ---- */

MUST_USE enum entente_error brief_waits(struct brief *brief);   /* brief_waits.c */
MUST_USE enum entente_error brief_changed(struct brief *brief); /* brief_changed.c */
MUST_USE enum entente_error brief_acts(struct brief *brief);    /* brief_acts.c */
MUST_USE enum entente_error brief_duties(
    struct brief *brief); /* brief_duties.c: commitments, dialogues */

#endif
