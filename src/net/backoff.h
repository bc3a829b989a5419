/* How long to wait before the next attempt: longer each time, and never in step with others. */
#ifndef ENTENTE_NET_BACKOFF_H
#define ENTENTE_NET_BACKOFF_H

#include <stdint.h>

struct backoff {
    uint32_t min_ms;
    uint32_t max_ms;
    uint32_t failures; /* in a row */
    uint64_t random;   /* state of the jitter; whoever sets it decides the whole sequence */
};

/* The next attempt is made at once: the first wait after it is `min_ms` again. */
void backoff_reset(struct backoff *backoff);

/*
 * The wait after one more failure: doubled from `min_ms` to `max_ms`, of which a random half is
 * taken off, so that two nodes that lost each other do not keep colliding.
 */
uint32_t backoff_next_ms(struct backoff *backoff);

#endif
