/*
 * What a node keeps in memory is bounded, whatever peers, liars and people do: after every step each
 * queue and buffer is held against the bound that its header names.
 */
#include "simulator/internal.h"

#include "keyholder/tickets.h"
#include "node/internal.h"
#include "record/internal.h"

static void
hold(struct simulator *sim, const struct instance *instance, const char *what, uint64_t has,
    uint64_t most)
{
    if (has > most)
        breach(sim, "node %u keeps %llu of %s, and may keep %llu", instance->index,
            (unsigned long long)has, what, (unsigned long long)most);
}

static void
check_shared(struct simulator *sim, const struct instance *instance, const struct shared *shared)
{
    hold(sim, instance, "heads that a peer has", shared->ahead_count, AHEAD_MAX);
    hold(sim, instance, "entries that a peer needs", shared->feeder.needs_count, FEEDER_NEEDS_MAX);
    hold(sim, instance, "branches that a peer follows", shared->feeder.feeds_size,
        RECORD_BRANCHES_MAX + 8u);
}

static void
check_link(struct simulator *sim, const struct instance *instance, const struct link *link)
{
    const struct node *node = instance->node;

    hold(sim, instance, "bytes of credit", link->credit, CREDIT_INITIAL);
    hold(sim, instance, "bytes that are not credited", link->taken, CREDIT_INITIAL / 4);
    for (uint32_t r = 0; r < node->rooms_count; r++)
        check_shared(sim, instance, &link->rooms[r]);
}

static void
check_record(struct simulator *sim, const struct instance *instance, const struct record *record)
{
    hold(sim, instance, "bytes of what waits (L2)", record_pending_bytes(record),
        RECORD_PENDING_BYTES_MAX);
    hold(sim, instance, "segments that wait (L2)", record->pending_count,
        RECORD_PENDING_SEGMENTS_MAX);
    hold(sim, instance, "admitted segments that waited", record->done_count, RECORD_RETRIES_MAX);
    hold(sim, instance, "branches", record->branches_count, RECORD_BRANCHES_MAX);
}

static void
check_writer(struct simulator *sim, const struct instance *instance,
    const struct writer_state *writer)
{
    const struct gathered *gathered = &writer->gathered;
    uint64_t sealed = 0, faults = 0, largest_fault = 0;

    for (const struct waiting *w = writer->first; w != NULL; w = w->next) {
        sealed += w->payload == NULL;
        if (w->payload == NULL)
            continue;
        faults += w->sealed.payload_bytes;
        if (w->sealed.payload_bytes > largest_fault)
            largest_fault = w->sealed.payload_bytes;
    }
    hold(sim, instance, "sealed entries", sealed, TICKETS_MAX);
    hold(sim, instance, "bytes of fault entries", faults,
        instance->node->options.fault_bytes_max + largest_fault);
    if (faults != writer->waiting_bytes)
        breach(sim, "node %u miscounts what waits for its place", instance->index);
    hold(sim, instance, "segments at the keyholder", writer->appends_count, NODE_APPENDS_MAX);
    hold(sim, instance, "signed entries", gathered->count, SEGMENT_ENTRIES_MAX);
    hold(sim, instance, "signed bytes", gathered->payloads_size, SEGMENT_PAYLOAD_BYTES_MAX);
}

static void
check_keyholder(struct simulator *sim, const struct instance *instance)
{
    const struct keyholder *process = instance->holder.process;

    for (uint32_t r = 0; process != NULL && r < process->rooms_count; r++)
        hold(sim, instance, "sealed bytes", process->rooms[r].tickets.payload_bytes,
            TICKETS_BYTES_MAX);
}

void
bounds_check(struct simulator *sim, const struct instance *instance)
{
    const struct node *node = instance->node;

    hold(sim, instance, "effects of a step", sim->effects.count, NODE_EFFECTS_MAX);
    hold(sim, instance, "bytes of a step", sim->effects.arena.used, NODE_ARENA_BYTES);
    check_keyholder(sim, instance);
    for (uint32_t r = 0; r < node->rooms_count; r++) {
        hold(sim, instance, "requests", node->rooms[r]->asker.count, ASKER_MAX);
        check_record(sim, instance, node->rooms[r]->record);
        check_writer(sim, instance, &node->rooms[r]->writer);
    }
    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++)
        if (node->links[i] != NULL)
            check_link(sim, instance, node->links[i]);
}
