/*
 * What was sealed for a room and is not in its feed yet, in the order of sealing.
 *
 * The node places what it is given and nothing else: an entry of kind `sealed`, `keys`, `key-help`
 * or of an act's is signed only for a ticket that is under way, with the very payload that was made for
 * it.  A node that is taken over can keep the party silent, but cannot put words into its mouth.
 * And every ticket ends: in the feed, or refused and then never in the feed.
 */
#ifndef ENTENTE_KEYHOLDER_TICKETS_H
#define ENTENTE_KEYHOLDER_TICKETS_H

#include "format/segment.h"

#define TICKETS_MAX 16384u
#define TICKETS_BYTES_MAX 8388608u /* of the payloads that are under way */
#define TICKETS_ANNOUNCED_MAX                                                                      \
    32u /* chains in use at once: TICKETS_MAX over CHAIN_STEPS_MAX, and more */
#define TICKET_OWN (UINT64_C(1) << 63) /* the keyholder's own, for `keys`; the desk's are below */

struct ticket {
    uint64_t number; /* 0: refused already */
    uint8_t kind;    /* ENTRY_SEALED, ENTRY_KEYS, ENTRY_KEY_HELP, or that of an act */
    uint64_t chain;  /* the one that it uses, or announces */
    uint32_t index;
    struct digest pcommit;
    struct digest payload_hash;
    uint8_t *payload; /* the list's; not there any more in what was taken out of it */
    uint32_t payload_bytes;
};

/* Zeroed: empty.  [start, count) of `list` is under way. */
struct tickets {
    struct ticket *list;
    uint32_t start;
    uint32_t count;
    uint32_t size;
    size_t payload_bytes; /* of all that is under way */
    bool has_no_limit;    /* only a test says so */
    uint64_t announced[TICKETS_ANNOUNCED_MAX]; /* chains whose `keys` entry is in the feed */
    uint32_t announced_count;                  /* so far: the oldest place is used again */
};

void tickets_free(struct tickets *tickets);

/*
 * Hash and copy of `payload` are made here.  ENTENTE_ERR_NO_MEMORY: TICKETS_MAX or TICKETS_BYTES_MAX
 * are under way, or there is none; nothing changed.
 */
MUST_USE enum entente_error tickets_add(
    struct tickets *tickets, struct ticket *ticket, struct bytes payload);

/*
 * Whether each entry of `segment` may be signed for its number of `numbers` (see message_ticket()):
 * `sealed`, `keys`, `key-help` and acts carry one that is under way, in order, with their own bytes,
 * `sealed` behind the `keys` entry of its chain; every other kind carries 0.  Changes nothing.
 * ENTENTE_ERR_REFUSED no
 */
MUST_USE enum entente_error tickets_check(
    const struct tickets *tickets, const struct segment *segment, struct bytes numbers);

/*
 * All payloads of a segment that tickets_check() let pass, in order: those of the tickets, and
 * `others` for the entries without one, which has exactly theirs.  `out` has room for all.
 */
void tickets_payloads(const struct tickets *tickets, const struct segment *segment,
    struct bytes numbers, struct bytes others, struct writer *out);

/* Zeroed at first.  Of the ticket that was taken last: */
struct settling {
    bool is_written; /* false: the node left it out, and so it will never be in the feed */
    uint32_t index;  /* its entry in the segment, where it is written */
    uint32_t next;   /* where the next one is looked for */
};

/*
 * The segment, which tickets_check() let pass, is in the feed: take the next ticket that was under
 * way before or in it.  False when its last one was taken.
 */
bool tickets_settle(struct tickets *tickets, struct bytes numbers, struct settling *settling,
    struct ticket *ticket);

/*
 * The segment is refused: take the next ticket that was under way before or in it.  False when its
 * last one was taken.  Those before it the node left out: it goes by their order, so it lost them.
 */
bool tickets_drop(struct tickets *tickets, struct bytes numbers, struct ticket *ticket);

/* Take `number` out, wherever it is: it is refused.  False where it is not under way. */
bool tickets_refuse(struct tickets *tickets, uint64_t number, struct ticket *ticket);

/* Take the oldest one out, to refuse it; false when there is none. */
bool tickets_take(struct tickets *tickets, struct ticket *ticket);

#endif
