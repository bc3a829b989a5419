/*
 * Conversations between machines.  One keeps the order of its frames in each direction and loses
 * none until it ends, as TCP does; it ends when a side cuts it, crashes, or fate parts them, and
 * then what is under way is lost.  Either direction may stall by itself.
 */
#include "simulator/internal.h"

struct pair *
network_pair(struct simulator *sim, uint32_t a, uint32_t b)
{
    return a < b ? &sim->pairs[a][b] : &sim->pairs[b][a];
}

static struct direction *
direction_from(struct simulator *sim, uint32_t from, uint32_t to)
{
    return &network_pair(sim, from, to)->directions[from < to ? 0 : 1];
}

/* When something that leaves now arrives: behind all that left before. */
static uint64_t
arrival(struct simulator *sim, uint32_t from, uint32_t to)
{
    struct direction *direction = direction_from(sim, from, to);
    uint64_t at_ms = sim->now_ms + latency(sim);

    if (at_ms < direction->stalled_until_ms)
        at_ms = direction->stalled_until_ms;
    if (at_ms < direction->last_ms)
        at_ms = direction->last_ms;
    direction->last_ms = at_ms;
    return at_ms;
}

static void
seek_after(struct simulator *sim, uint32_t a, uint32_t b, uint64_t pause_ms)
{
    struct pair *pair = network_pair(sim, a, b);

    if (pair->connect_due || pair->is_connected || !pair->may_talk)
        return;
    pair->connect_due = true;
    struct task *task = task_add(sim, TASK_CONNECT, sim->now_ms + pause_ms);
    task->a = a;
    task->b = b;
}

void
network_seek(struct simulator *sim, uint32_t a, uint32_t b)
{
    seek_after(sim, a, b, 20 + simulator_random(sim, 400));
}

static void
link_task(struct simulator *sim, enum task_kind kind, uint32_t at, uint32_t other, uint32_t link,
    uint64_t at_ms)
{
    struct task *task = task_add(sim, kind, at_ms);

    task->instance = at;
    task->life = sim->instances[at].life;
    task->a = at;
    task->b = other;
    task->link = link;
}

static void
connect(struct simulator *sim, uint32_t a, uint32_t b)
{
    struct pair *pair = network_pair(sim, a, b);

    pair->connect_due = false;
    if (!pair->may_talk || pair->is_connected)
        return;
    if (!sim->instances[a].is_up || !sim->instances[b].is_up)
        return; /* whoever starts seeks again */
    pair->is_connected = true;
    pair->link = ++sim->links;
    pair->directions[0].credit = pair->directions[1].credit = CREDIT_INITIAL;
    simulator_trace(sim, "node %u and node %u talk (conversation %u)", a, b, pair->link);
    link_task(sim, TASK_LINK_UP, a, b, pair->link, arrival(sim, b, a));
    link_task(sim, TASK_LINK_UP, b, a, pair->link, arrival(sim, a, b));
}

/* Each side learns of the end in its own time; frames under way are lost. */
void
network_drop(struct simulator *sim, uint32_t a, uint32_t b)
{
    struct pair *pair = network_pair(sim, a, b);

    if (!pair->is_connected)
        return;
    pair->is_connected = false;
    pair->lost_link = pair->link;
    simulator_trace(sim, "conversation %u of node %u and node %u is over", pair->link, a, b);
    link_task(sim, TASK_LINK_DOWN, a, b, pair->link, sim->now_ms + latency(sim));
    link_task(sim, TASK_LINK_DOWN, b, a, pair->link, sim->now_ms + latency(sim));
    pair->directions[0] = pair->directions[1] = (struct direction){0};
    network_seek(sim, a, b);
}

void
network_drop_all(struct simulator *sim, uint32_t instance)
{
    for (uint32_t other = 0; other < sim->instances_count; other++)
        if (other != instance)
            network_drop(sim, instance, other);
}

struct instance *
network_peer(struct simulator *sim, const struct instance *instance, uint32_t link)
{
    for (uint32_t i = 0; i < sim->instances_count; i++) {
        struct pair *pair = network_pair(sim, i, instance->index);
        if (i != instance->index && pair->is_connected && pair->link == link)
            return &sim->instances[i];
    }
    return NULL;
}

/* The shell cuts a link whose queue is full; among the honest that is never necessary. */
static bool
is_full(struct simulator *sim, const struct instance *from, const struct instance *to, size_t size)
{
    struct direction *direction = direction_from(sim, from->index, to->index);

    direction->queued += size;
    if (direction->queued <= NODE_LINK_BYTES_MAX || !from->is_honest)
        return false;
    if (to->is_honest)
        breach(sim, "node %u has %llu bytes for node %u, more than a link's queue takes", from->index,
            (unsigned long long)direction->queued, to->index);
    network_drop(sim, from->index, to->index);
    return true;
}

void
network_send(struct simulator *sim, struct instance *from, uint32_t link, struct bytes frame)
{
    struct instance *to = network_peer(sim, from, link);

    if (to == NULL || is_full(sim, from, to, frame.size))
        return;
    struct task *task = task_add(sim, TASK_FRAME, arrival(sim, from->index, to->index));
    task->instance = to->index;
    task->life = to->life;
    task->link = link;
    task->a = to->index;
    task->b = from->index;
    task_give(task, frame, (struct bytes){0});
}

static bool
uses_credit(struct bytes frame)
{
    return frame.data[0] == FRAME_SEGMENT || frame.data[0] == FRAME_REGISTER;
}

static void
check_credit(struct simulator *sim, struct instance *instance, const struct effect *effect)
{
    const struct instance *peer = network_peer(sim, instance, effect->link);

    if (peer == NULL || !uses_credit(effect->data))
        return;
    struct direction *direction = direction_from(sim, instance->index, peer->index);
    direction->credit -= (int64_t)effect->data.size;
    if (direction->credit < 0 && instance->is_honest)
        breach(sim, "node %u sends %lld bytes beyond the credit that it has at node %u",
            instance->index, (long long)-direction->credit, peer->index);
}

void
network_effect(struct simulator *sim, struct instance *instance, const struct effect *effect)
{
    if (effect->kind == EFFECT_SEND) {
        check_credit(sim, instance, effect);
        if (instance->lies == 0)
            network_send(sim, instance, effect->link, effect->data);
        else
            liar_send(sim, instance, effect->link, effect->data);
        return;
    }
    struct instance *peer = network_peer(sim, instance, effect->link);
    simulator_trace(sim, "node %u cuts conversation %u: %s", instance->index, effect->link,
        entente_error_text(effect->error));
    if (peer == NULL)
        return;
    /* The other side still gets what was sent, the reason too; then it hears the end. */
    struct pair *pair = network_pair(sim, instance->index, peer->index);
    pair->is_connected = false;
    link_task(sim, TASK_LINK_DOWN, peer->index, instance->index, pair->link,
        arrival(sim, instance->index, peer->index));
    link_task(sim, TASK_LINK_DOWN, instance->index, peer->index, pair->link, sim->now_ms);
    pair->directions[0] = pair->directions[1] = (struct direction){0};
    /* Who was cut off for a fault is not let in again at once (backoff.h). */
    if (entente_error_whose(effect->error) == ENTENTE_PEER)
        seek_after(sim, instance->index, peer->index, 1000 + simulator_random(sim, 4000));
    else
        network_seek(sim, instance->index, peer->index);
}

static void
link_event(struct simulator *sim, struct instance *instance, const struct task *task)
{
    struct event event = {.kind = task->kind == TASK_LINK_UP ? EVENT_LINK_UP : EVENT_LINK_DOWN};

    event.link = task->link;
    event.party = *register_party(sim->parties[sim->instances[task->b].party].reg);
    memcpy(event.exporter, &task->link, sizeof task->link);
    step(sim, instance, &event);
}

/* A frame that no reader can read, or too much credit, ends the conversation at once (Y6, Y8). */
static void
deliver(struct simulator *sim, struct instance *to, uint32_t from, struct event *event)
{
    struct direction *back = direction_from(sim, to->index, from);
    struct frame frame;

    if ((to->lies & LIE_DEAF) != 0 && liar_ignores(sim, event->data))
        return;
    bool is_fault = frame_parse(event->data, &frame) != ENTENTE_OK;

    if (!is_fault && frame.kind == FRAME_CREDIT) {
        back->credit += frame.credit;
        is_fault = back->credit > CREDIT_INITIAL;
    }
    step(sim, to, event);
    if (is_fault && to->is_honest && to->is_up && network_peer(sim, to, event->link) != NULL)
        breach(
            sim, "node %u goes on talking with node %u, which sends it garbage", to->index, from);
}

void
network_task(struct simulator *sim, const struct task *task)
{
    struct instance *instance = &sim->instances[task->instance];
    const struct pair *pair = network_pair(sim, task->a, task->b);

    if (task->kind == TASK_CONNECT) {
        connect(sim, task->a, task->b);
        return;
    }
    if (task->life != instance->life)
        return;
    if (task->kind == TASK_LINK_UP && task->link <= pair->lost_link)
        return; /* over before it began */
    if (task->kind != TASK_FRAME) {
        link_event(sim, instance, task);
        return;
    }
    if (task->link <= pair->lost_link)
        return;
    if (pair->is_connected && task->link == pair->link)
        direction_from(sim, task->b, task->a)->queued -= task->data_size;
    struct event event = {.kind = EVENT_RECEIVED, .link = task->link};
    event.data = (struct bytes){task->memory, task->data_size};
    deliver(sim, instance, task->b, &event);
}

/* ---- what fate does ---- */

void
simulator_link(struct simulator *sim, uint32_t a, uint32_t b, bool up)
{
    struct pair *pair = network_pair(sim, a, b);

    if (a == b || pair->may_talk == up)
        return;
    simulator_trace(sim, "node %u and node %u %s", a, b, up ? "may talk again" : "are parted");
    pair->may_talk = up;
    if (up)
        network_seek(sim, a, b);
    else
        network_drop(sim, a, b);
}

void
simulator_flap(struct simulator *sim, uint32_t a, uint32_t b)
{
    if (a != b)
        network_drop(sim, a, b);
}

void
simulator_stall(struct simulator *sim, uint32_t a, uint32_t b, uint64_t ms)
{
    if (a == b)
        return;
    simulator_trace(
        sim, "what node %u says to node %u is late by %llu ms", a, b, (unsigned long long)ms);
    direction_from(sim, a, b)->stalled_until_ms = sim->now_ms + ms;
}
