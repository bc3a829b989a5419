#include "sync/asker.h"

static bool
is_same_lane(const struct position *a, const struct position *b)
{
    return a->slot == b->slot && a->inc == b->inc;
}

static void
forget(struct asker *asker, uint32_t index)
{
    asker->asks[index] = asker->asks[--asker->count];
}

bool
asker_ask(struct asker *asker, const struct position *target, bool is_need, uint32_t link,
    uint64_t until_ms)
{
    for (uint32_t i = 0; i < asker->count; i++) {
        const struct ask *ask = &asker->asks[i];
        if (ask->is_need == is_need && is_same_lane(&ask->target, target) &&
            (!is_need || position_compare(&ask->target, target) == 0))
            return false;
    }
    if (asker->count == ASKER_MAX)
        return false;
    asker->asks[asker->count++] = (struct ask){*target, is_need, link, until_ms};
    return true;
}

void
asker_got(struct asker *asker, const struct position *head, uint64_t until_ms)
{
    for (uint32_t i = asker->count; i-- > 0;) {
        if (!is_same_lane(&asker->asks[i].target, head))
            continue;
        if (asker->asks[i].target.seq <= head->seq)
            forget(asker, i);
        else
            asker->asks[i].until_ms = until_ms;
    }
}

void
asker_refused(struct asker *asker, const struct position *target, uint64_t until_ms)
{
    for (uint32_t i = asker->count; i-- > 0;)
        if (asker->asks[i].is_need && position_compare(&asker->asks[i].target, target) == 0)
            asker->asks[i].until_ms = until_ms;
}

void
asker_forget_link(struct asker *asker, uint32_t link)
{
    for (uint32_t i = asker->count; i-- > 0;)
        if (asker->asks[i].link == link)
            forget(asker, i);
}

bool
asker_expire(struct asker *asker, uint64_t mono_ms, uint32_t *link)
{
    uint32_t before = asker->count;

    for (uint32_t i = asker->count; i-- > 0;) {
        if (asker->asks[i].until_ms > mono_ms)
            continue;
        *link = asker->asks[i].link;
        forget(asker, i);
    }
    return asker->count != before;
}

uint64_t
asker_next_ms(const struct asker *asker)
{
    uint64_t next = UINT64_MAX;

    for (uint32_t i = 0; i < asker->count; i++)
        if (asker->asks[i].until_ms < next)
            next = asker->asks[i].until_ms;
    return next;
}
