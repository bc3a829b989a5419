#include "daemon/pace.h"

uint64_t
pace_wait_ns(const struct pace *pace, uint64_t now_ns, bool is_read)
{
    uint64_t paid_until_ns = now_ns + (is_read ? PACE_AHEAD_NS : 0);

    return pace->paid_ns > paid_until_ns ? pace->paid_ns - paid_until_ns : 0;
}

void
pace_note(struct pace *pace, uint64_t now_ns, uint64_t took_ns)
{
    uint64_t cost_ns =
        took_ns < PACE_COST_NS_MAX / PACE_COST ? PACE_COST * took_ns : PACE_COST_NS_MAX;

    if (cost_ns < PACE_COST_NS_MIN)
        cost_ns = PACE_COST_NS_MIN;
    pace->paid_ns = (pace->paid_ns > now_ns ? pace->paid_ns : now_ns) + cost_ns;
}
