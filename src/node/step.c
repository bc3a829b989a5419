/* One step: dispatch the event, then whatever it made possible, then the store and the timer. */
#include "node/internal.h"

#include <stdlib.h>

#define RELOAD_PAUSE_MS 1000u
#define REGISTERS_PAUSE_MS 1000u

static void
all_stored(struct node *node, uint64_t batch)
{
    if (batch < node->batch)
        return; /* more was handed to the store since: wait for the last */
    node->stored = batch;
    for (uint32_t i = 0; i < node->rooms_count; i++) {
        if (node->rooms[i]->is_broken)
            continue;
        record_stored(node->rooms[i]->record);
        writer_stored(node, node->rooms[i]);
    }
    files_stored(node);
}

/* What the store dropped must leave memory too: load again from what it kept. */
static void
store_failed(struct node *node, enum entente_error error)
{
    trace(node, error, "store", "what came last was not kept; it is fetched again when the store "
                                "can be written");
    node->stored = node->batch;
    node->registers_due_ms = node->mono_ms + REGISTERS_PAUSE_MS;
    links_cut_all(node, error);
    files_reload(node, error);
    if (node->options.node_mutations.keep_what_store_lost)
        return;
    for (uint32_t i = 0; i < node->rooms_count; i++) {
        node->rooms[i]->is_broken = true;
        writer_pause(node->rooms[i]); /* people wait for what they said */
    }
}

static void
reload_broken(struct node *node)
{
    for (uint32_t i = 0; i < node->rooms_count; i++) {
        struct room *room = node->rooms[i];
        if (!room->is_broken)
            continue;
        enum entente_error error = room_load(node, room);
        if (error == ENTENTE_OK)
            continue;
        node_trouble(node, error);
        wake(node, node->mono_ms + RELOAD_PAUSE_MS);
    }
}

static void
keyholder_event(struct node *node, const struct event *event)
{
    if (event->kind == EVENT_KEYHOLDER_GONE || event->kind == EVENT_READ) {
        for (uint32_t i = 0; i < node->rooms_count; i++)
            if (event->kind == EVENT_KEYHOLDER_GONE || !node->rooms[i]->is_broken)
                writer_event(node, node->rooms[i], event);
        return;
    }
    struct room *room = room_find(node, &event->room);
    if (room == NULL || (room->is_broken && event->kind != EVENT_SEALED))
        return;
    writer_event(node, room, event);
}

static enum entente_error
bundle_event(struct node *node, struct room *room, const struct frame *frame)
{
    if (frame->kind == FRAME_SEGMENT)
        return intake_segment(node, room, NULL, frame->segment.segment, frame->segment.payloads);
    if (frame->kind == FRAME_FAULT)
        return intake_fault(node, room, NULL, frame->fault.payload);
    if (frame->kind != FRAME_REGISTER)
        return ENTENTE_ERR_UNEXPECTED;
    if (frame->reg.slot >= room->genesis.parties_count)
        return ENTENTE_ERR_NOT_A_PARTY;
    return intake_register(
        node, &room->genesis.parties[frame->reg.slot].party, frame->reg.entries);
}

static void
take_bundle(struct node *node, const struct event *event)
{
    struct frame frame;
    struct room *room = room_find(node, &event->room);

    if (room == NULL || room->is_broken)
        return;
    enum entente_error error = frame_parse(event->data, &frame);
    if (error == ENTENTE_OK)
        error = bundle_event(node, room, &frame);
    if (error != ENTENTE_OK)
        trace(node, error, "bundle", "a frame of the bundle was refused; the rest is read on");
}

static void
dispatch(struct node *node, const struct event *event)
{
    switch (event->kind) { /* no default: -Wswitch-enum names the case we forget */
    case EVENT_TIMER:
        break;
    case EVENT_LINK_UP:
    case EVENT_LINK_DOWN:
    case EVENT_RECEIVED:
    case EVENT_WRITABLE:
        links_event(node, event);
        break;
    case EVENT_STORED:
        all_stored(node, event->batch);
        break;
    case EVENT_STORE_FAILED:
        store_failed(node, event->error);
        reload_broken(node);
        break;
    case EVENT_KEYHOLDER_STATE:
    case EVENT_SEALED:
    case EVENT_SIGNED:
    case EVENT_REFUSED:
    case EVENT_JOURNALED:
    case EVENT_JOURNAL_END:
    case EVENT_KEYHOLDER_GONE:
    case EVENT_OVERRIDE:
    case EVENT_READ:
        keyholder_event(node, event);
        break;
    case EVENT_REGISTER: {
        enum entente_error error = intake_register(node, &event->party, event->data);
        if (error != ENTENTE_OK)
            trace(node, error, "register", "what the operator gave was refused");
        break;
    }
    case EVENT_BUNDLE:
        take_bundle(node, event);
        break;
    case EVENT_FILE_WANT:
    case EVENT_FILE_LEAVE:
    case EVENT_FILE_CHANGED:
        files_event(node, event);
        break;
    }
}

/* Registers stay in memory when the store drops them: nobody would send them again. */
static void
store_registers(struct node *node)
{
    if (node->registers_due_ms == 0 || node->mono_ms < node->registers_due_ms)
        return;
    node->registers_due_ms = 0;
    for (uint32_t i = 0; i < node->registers_count; i++) {
        const struct party_register *reg = node->registers[i];
        for (uint32_t number = 1; number <= register_count(reg); number++) {
            struct effect *effect = effect_add(node, EFFECT_STORE_REGISTER);
            if (effect == NULL)
                return;
            effect->party = *register_party(reg);
            effect->seq = number;
            effect->data = register_encoded(reg, number);
        }
    }
    node->commit_due = true;
}

static void
go_on(struct node *node)
{
    store_registers(node);
    for (uint32_t i = 0; i < node->rooms_count; i++) {
        struct room *room = node->rooms[i];
        if (room->is_broken)
            continue;
        intake_go_on(node, room);
        uint32_t silent;
        if (!node->options.node_mutations.never_ask_elsewhere &&
            asker_expire(&room->asker, node->mono_ms, &silent))
            links_ask_elsewhere(node, room, silent);
        links_announce(node, room);
        writer_go_on(node, room);
    }
    files_go_on(node);
}

static bool
stores_something(const struct effects *effects)
{
    for (uint32_t i = 0; i < effects->count; i++)
        if (effects->list[i].kind == EFFECT_STORE_SEGMENT)
            return true;
    return false;
}

static bool
is_hungry(const struct node *node)
{
    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++) {
        const struct link *link = node->links[i];
        for (uint32_t r = 0; link != NULL && link->is_up && r < node->rooms_count; r++)
            if (link->rooms[r].has_have && !node->rooms[r]->is_broken &&
                feeder_is_hungry(&link->rooms[r].feeder, node->rooms[r]->record))
                return true;
    }
    return files_are_owed(node);
}

static void
set_timer(struct node *node)
{
    for (uint32_t i = 0; i < node->rooms_count; i++) {
        const struct room *room = node->rooms[i];
        if (room->is_broken) {
            wake(node, node->mono_ms + RELOAD_PAUSE_MS);
            continue;
        }
        wake(node, writer_next_ms(node, room));
        wake(node, gather_next_ms(room));
        wake(node, asker_next_ms(&room->asker));
        if (room->announce_at_ms != 0)
            wake(node, room->announce_at_ms);
    }
    if (node->registers_due_ms != 0)
        wake(node, node->registers_due_ms);
    if (node->timer_ms == UINT64_MAX)
        return;
    struct effect *effect = effect_add(node, EFFECT_TIMER);
    if (effect != NULL)
        effect->at_ms = node->timer_ms;
}

/* What was sealed waits for the next step, so that all that came at once is placed at once. */
static void
take_sealed_only(struct node *node, const struct event *event)
{
    const struct room *room = room_find(node, &event->room);
    bool is_first = room != NULL && room->writer.first == NULL;

    keyholder_event(node, event);
    struct effect *effect = is_first ? effect_add(node, EFFECT_TIMER) : NULL;
    if (effect != NULL)
        effect->at_ms = node->mono_ms;
}

enum entente_error
node_step(struct node *node, const struct event *event, struct effects *effects)
{
    arena_reset(&effects->arena);
    effects->count = 0;
    node->effects = effects;
    node->now_ms = event->now_ms;
    node->mono_ms = event->mono_ms;
    node->trouble = ENTENTE_OK;
    node->timer_ms = UINT64_MAX;
    node->commit_due = false;

    if (event->kind == EVENT_SEALED) {
        take_sealed_only(node, event);
        node->effects = NULL;
        return node->trouble;
    }
    reload_broken(node);
    dispatch(node, event);
    go_on(node);
    if (stores_something(effects) || node->mono_ms < node->pump_at_ms) {
        if (is_hungry(node))
            wake(node, node->pump_at_ms);
    } else {
        links_pump(node);
        files_pump(node);
    }
    if (node->commit_due) {
        struct effect *effect = effect_add(node, EFFECT_COMMIT);
        if (effect != NULL)
            effect->batch = ++node->batch;
    }
    set_timer(node);
    node->effects = NULL;
    return node->trouble;
}
