/*
 * What one room asks the other parties for: at most one request under way for each lane and for
 * each single entry, so that nothing is sent twice; unanswered ones time out and go elsewhere.
 */
#ifndef ENTENTE_SYNC_ASKER_H
#define ENTENTE_SYNC_ASKER_H

#include "format/ids.h"

#define ASKER_MAX 512u

struct ask {
    struct position target; /* a lane up to seq (WANT), or one entry by id (NEED) */
    bool is_need;
    uint32_t link;
    uint64_t until_ms;
};

struct asker {
    struct ask asks[ASKER_MAX];
    uint32_t count;
};

/*
 * Notes a request over `link` and says whether to send it now: false while one for the same lane (or
 * the same entry) is under way over any link.  More of a lane is asked when that has come.
 */
bool asker_ask(struct asker *asker, const struct position *target, bool is_need, uint32_t link,
    uint64_t until_ms);

/* The lane is here up to `head`: requests that this answers are done, others have until `until_ms`. */
void asker_got(struct asker *asker, const struct position *head, uint64_t until_ms);

/* The peer does not have it: it is asked elsewhere when `until_ms` has come. */
void asker_refused(struct asker *asker, const struct position *target, uint64_t until_ms);

/* The link is gone: what was asked over it may be asked elsewhere. */
void asker_forget_link(struct asker *asker, uint32_t link);

/* Forgets what timed out; true when there was something, and `*link` is one that did not answer. */
bool asker_expire(struct asker *asker, uint64_t mono_ms, uint32_t *link);

/* The earliest time-out, or UINT64_MAX. */
uint64_t asker_next_ms(const struct asker *asker);

#endif
