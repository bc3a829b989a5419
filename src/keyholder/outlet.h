/*
 * What the keyholder says to one other process, on its way out: at once where nothing of it rests
 * on the disk, else when the journal has what it rests on.  What is said while a commit is under way
 * rests on the next one.
 */
#ifndef ENTENTE_KEYHOLDER_OUTLET_H
#define ENTENTE_KEYHOLDER_OUTLET_H

#include "channel/channel.h"

struct outlet {
    struct channel *said;      /* the keyholder queues here */
    struct channel *next;      /* rests on the commit that comes next */
    struct channel *under_way; /* rests on the one that is under way */
    struct channel *out;       /* may leave; what comes in is here, too */
};

/* `socket` as in channel_new().  ENTENTE_ERR_NO_MEMORY: nothing was made. */
MUST_USE enum entente_error outlet_new(struct outlet *outlet, int socket);
void outlet_free(struct outlet *outlet);

/* Whether what one round of messages leads to has room, wherever it waits. */
bool outlet_has_room(const struct outlet *outlet);

/* What was said may leave at once; or it rests on the next commit. */
MUST_USE enum entente_error outlet_let_go(struct outlet *outlet);
MUST_USE enum entente_error outlet_hold(struct outlet *outlet);

/* The next commit began; the one under way is over. */
MUST_USE enum entente_error outlet_commit_began(struct outlet *outlet);
MUST_USE enum entente_error outlet_committed(struct outlet *outlet);

#endif
