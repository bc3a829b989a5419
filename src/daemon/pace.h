/*
 * How often the node commits.  Nobody waits for a commit who wrote (an own entry is durable in the
 * keyholder's journal before, a peer's is acked only 50 ms after the last: H2), while each makes
 * the keyholder's own sync wait where both write to one disk.  But those who read at this party see
 * an entry only behind its commit: so what people can read is committed at once as long as they
 * talk as people do, and only a stream is gathered.
 *
 * A commit costs PACE_COST times as long as it took, at least PACE_COST_NS_MIN and at most
 * PACE_COST_NS_MAX.  What can be read may come PACE_AHEAD_NS before that time is over, the rest
 * (acks) waits for its end or goes along. Pure: times are of a steady clock, in nanoseconds.
 */
#ifndef ENTENTE_DAEMON_PACE_H
#define ENTENTE_DAEMON_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define PACE_COST 16u
#define PACE_COST_NS_MIN UINT64_C(20000000)
#define PACE_COST_NS_MAX UINT64_C(100000000)
#define PACE_AHEAD_NS UINT64_C(200000000)

/* All zero: nothing was committed yet. */
struct pace {
    uint64_t paid_ns; /* the time that the commits so far use up */
};

/* How long the next commit has to wait from now on; 0: it need not.  `is_read`: people can read
 * what is in it. */
uint64_t pace_wait_ns(const struct pace *pace, uint64_t now_ns, bool is_read);

/* A commit ended now, and took so long. */
void pace_note(struct pace *pace, uint64_t now_ns, uint64_t took_ns);

#endif
