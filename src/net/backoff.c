#include "net/backoff.h"

void
backoff_reset(struct backoff *backoff)
{
    backoff->failures = 0;
}

/* SplitMix64: no secret depends on it, it only has to differ between nodes. */
static uint64_t
draw(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

uint32_t
backoff_next_ms(struct backoff *backoff)
{
    uint64_t wait = backoff->min_ms;

    for (uint32_t i = 0; i < backoff->failures && wait < backoff->max_ms; i++)
        wait *= 2;
    if (wait > backoff->max_ms)
        wait = backoff->max_ms;
    if (backoff->failures < UINT32_MAX)
        backoff->failures++;
    return (uint32_t)(wait - draw(&backoff->random) % (wait / 2 + 1));
}
