/*
 * A consultation in which everything happened once: what documents are made of.  Three parties,
 * sessions, texts and acts, commitments, a dialogue, readouts, in four languages, with hostile text
 * among it; in a real room over a store in memory, as party 0 reads it.  What parties say of their
 * times is written out.
 */
#ifndef ENTENTE_TESTS_SUPPORT_SUMMIT_H
#define ENTENTE_TESTS_SUPPORT_SUMMIT_H

#include "room/room.h"
#include "support/room.h"

#define SUMMIT_PARTIES 3u
#define SUMMIT_OFFICE "National Security Adviser"
#define SUMMIT_DAY_MS UINT64_C(1605225600000) /* 2020-11-13 00:00 UTC */
#define SUMMIT_AT(hour, minute)                                                                    \
    (SUMMIT_DAY_MS + (uint64_t)(hour)*3600000 + (uint64_t)(minute)*60000)

struct summit {
    struct room *room;
    struct digest session;
    struct digest second;     /* a session that is called only */
    struct digest joint_text; /* an act, effective */
    struct digest open_act;   /* signed by party 1 alone */
    struct digest readout;    /* effective, published, its embargo over at SUMMIT_AT(12, 0) */
    struct digest silent;     /* a readout that is effective and not published */
    struct digest pledge;
};

/* One at a time. */
void summit_make(struct summit *summit);
void summit_free(struct summit *summit);

/* A consultation of the same parties in which nothing happened yet. */
void summit_make_empty(struct summit *summit);

#endif
