/*
 * Requests that may come twice: an Idempotency-Key makes the second a question for the first's
 * answer. In memory only: a restart of the desk forgets them all.
 */
#ifndef ENTENTE_API_REPLAYS_H
#define ENTENTE_API_REPLAYS_H

#include "base/bytes.h"
#include "format/ids.h"

#define REPLAYS_MAX 4096u /* the oldest is forgotten for a new one */
#define REPLAYS_BYTES_MAX 16777216u
#define REPLAY_MS_MAX 86400000u

struct call;
struct replay;
struct replays;

struct replays *replays_new(void);
void replays_free(struct replays *replays);

enum replay_verdict {
    REPLAY_FIRST,    /* do it, and then tell replay_answered() or replay_forget() */
    REPLAY_WAIT,     /* the first is under way: see replay_wait() */
    REPLAY_ANSWERED, /* see replay_answer() */
    REPLAY_OTHER,    /* the key was used for another request */
    REPLAY_FULL      /* too many are under way, or memory is out */
};

/* `key`: who asks and the key; `request`: all that it says.  `*replay` is NULL for OTHER and FULL.
 */
enum replay_verdict replay_ask(struct replays *replays, const struct digest *key,
    const struct digest *request, uint64_t now_ms, struct replay **replay);

/* Those who wait, a list by call.replay_next. */
struct call **replay_waiting(struct replay *replay);

/* It was done: the answer is copied and kept for others.  Where memory is out it is forgotten. */
void replay_answered(struct replays *replays, struct replay *replay, uint16_t status,
    const char *media_type, struct bytes content);
/* Nothing was done: who asks again does it anew. */
void replay_forget(struct replays *replays, struct replay *replay);

struct bytes replay_answer(const struct replay *replay, uint16_t *status, const char **media_type);

#endif
