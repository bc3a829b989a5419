/*
 * Says a long list of things at one node, so many at a time, and goes on when the node dies and comes
 * back: what was not acknowledged is said again (so it may stand twice in the record, never not at all).
 */
#ifndef ENTENTE_CLI_PLAYER_H
#define ENTENTE_CLI_PLAYER_H

#include "desk/client.h"
#include "format/section.h"

#include <stdio.h>

struct player_options {
    const char *folder; /* of the party */
    struct room_id room;
    uint32_t in_flight;   /* 1 or more said before one is acknowledged */
    uint32_t pause_ms;    /* between two of them */
    uint32_t patience_ms; /* how long a node that is gone is waited for; 0: not at all */
    FILE *acknowledged;   /* gets "slot inc seq id" for each, or NULL */
};

struct player_report {
    uint64_t acknowledged;
    uint64_t said_again;      /* after the node was gone */
    double seconds;           /* from the first to the last acknowledgment */
    double longest_ms;        /* between two acknowledgments while something was waited for */
    double longest_at_s;      /* when it began, after the start */
};

struct player;

MUST_USE enum entente_error player_new(
    struct player **player, const struct player_options *options);
void player_free(struct player *player);

/*
 * Say these sections as one entry.  Waits while `in_flight` are under way.  `id`, where it is not NULL, gets
 * the entry's id when that is acknowledged, and stays where it is until then.
 *   ENTENTE_ERR_NOT_RUNNING   the node is gone for longer than the patience
 *   ENTENTE_ERR_TOO_LARGE, ENTENTE_ERR_TEXT   it cannot be said: nothing was
 *   what the node says of it
 */
MUST_USE enum entente_error player_say(
    struct player *player, const struct section *sections, uint16_t count, struct entry_id *id);

/* Waits until all of it is acknowledged. */
MUST_USE enum entente_error player_wait(struct player *player);

/* The same, and reports. */
MUST_USE enum entente_error player_finish(struct player *player, struct player_report *report);

#endif
