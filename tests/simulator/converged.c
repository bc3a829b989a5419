/* What must be true when faults have ended and some time has passed. */
#include "simulator/internal.h"

static char sentence[256];

static bool
is_part(const struct instance *instance)
{
    return instance->is_up && instance->is_honest;
}

static bool
writes(const struct simulator *sim, const struct instance *instance)
{
    return is_part(instance) && node_writing(instance->node, &sim->room) == NODE_WRITING_OPEN;
}

static const char *
check_states(struct simulator *sim)
{
    const struct instance *first = NULL;
    struct digest hash, other;

    for (uint32_t i = 0; i < sim->instances_count; i++) {
        const struct instance *instance = &sim->instances[i];
        if (!is_part(instance))
            continue;
        if (record_state_hash(node_record(instance->node, &sim->room), &other) != ENTENTE_OK)
            return "a state hash cannot be had";
        if (first == NULL) {
            first = instance;
            hash = other;
        } else if (memcmp(&hash, &other, sizeof hash) != 0) {
            snprintf(sentence, sizeof sentence, "nodes %u and %u do not agree", first->index, i);
            return sentence;
        }
    }
    return NULL;
}

/* Nothing that a person was told of is lost, unless a resume says so. */
static const char *
check_acknowledged(struct simulator *sim)
{
    for (uint32_t e = 0; e < sim->entries_count; e++) {
        const struct signed_entry *entry = &sim->entries[e];
        if (!entry->was_acknowledged || entry->may_be_lost || sim->may_fork[entry->position.slot])
            continue;
        for (uint32_t i = 0; i < sim->instances_count; i++) {
            uint32_t branch;
            if (!is_part(&sim->instances[i]))
                continue;
            struct record *record = node_record(sim->instances[i].node, &sim->room);
            if (record_find(record, &entry->position, &branch) == ENTENTE_OK)
                continue;
            snprintf(sentence, sizeof sentence,
                "entry %u of party %u (incarnation %u) was acknowledged and is not at node %u",
                entry->position.seq, entry->position.slot + 1u, entry->position.inc, i);
            return sentence;
        }
    }
    return NULL;
}

/* All that is no ack is held by every honest party that writes. */
static const char *
check_held(struct simulator *sim)
{
    for (uint32_t e = 0; e < sim->entries_count; e++) {
        const struct signed_entry *entry = &sim->entries[e];
        if (entry->kind == ENTRY_ACK || !entry->was_acknowledged || entry->may_be_lost ||
            sim->may_fork[entry->position.slot])
            continue;
        for (uint32_t i = 0; i < sim->instances_count; i++) {
            uint32_t branch;
            if (!is_part(&sim->instances[i]))
                continue;
            struct record *record = node_record(sim->instances[i].node, &sim->room);
            if (record_find(record, &entry->position, &branch) != ENTENTE_OK)
                return "an entry is missing";
            for (uint32_t q = 0; q < sim->instances_count; q++) {
                const struct instance *holder = &sim->instances[q];
                if (!writes(sim, holder) ||
                    record_held_by(record, holder->party, branch) >= entry->position.seq)
                    continue;
                snprintf(sentence, sizeof sentence,
                    "entry %u of party %u (incarnation %u, kind "
                    "%u) is not held by party %u, says node %u",
                    entry->position.seq, entry->position.slot + 1u, entry->position.inc,
                    entry->kind, holder->party + 1u, i);
                return sentence;
            }
        }
    }
    return NULL;
}

static const char *
check_writing(struct simulator *sim)
{
    for (uint32_t i = 0; i < sim->instances_count; i++) {
        const struct instance *instance = &sim->instances[i];
        if (!is_part(instance) || instance->holder.is_retired || instance->is_silent ||
            writes(sim, instance))
            continue;
        snprintf(sentence, sizeof sentence, "node %u cannot write (%d)", i,
            (int)node_writing(instance->node, &sim->room));
        return sentence;
    }
    return NULL;
}

/* What people said is in the feed, or they were told that it is not. */
static const char *
check_answers(struct simulator *sim)
{
    for (uint32_t i = 0; i < sim->instances_count; i++) {
        const struct instance *instance = &sim->instances[i];
        if (!is_part(instance) || instance->holder.is_retired || !holder_owes(instance))
            continue;
        snprintf(sentence, sizeof sentence, "somebody at node %u still waits for an answer", i);
        return sentence;
    }
    return NULL;
}

/* Where each honest node stands, for whoever reads the trace. */
static void
trace_records(struct simulator *sim)
{
    struct position missing;
    uint8_t slot;
    uint16_t inc;

    for (uint32_t i = 0; i < sim->instances_count; i++) {
        const struct instance *instance = &sim->instances[i];
        if (!is_part(instance))
            continue;
        struct record *record = node_record(instance->node, &sim->room);
        simulator_trace(sim, "node %u: %s", i, writes(sim, instance) ? "writes" : "does not write");
        for (uint32_t b = 0; b < record_branches(record); b++) {
            const struct branch_row *row = record_branch(record, b);
            simulator_trace(sim, "    party %u incarnation %u branch %u (behind %u): up to %u",
                row->slot + 1u, row->inc, row->branch, row->fork_seq, record_head(record, b).seq);
        }
        for (uint32_t p = 0; record_pending_at(record, p, &missing); p++)
            simulator_trace(sim, "    something waits for entry %u of party %u, incarnation %u",
                missing.seq, missing.slot + 1u, missing.inc);
        for (uint32_t c = 0; record_contested_at(record, c, &slot, &inc); c++)
            simulator_trace(sim, "    incarnation %u of party %u is contested", inc, slot + 1u);
    }
}

/* Who knows of a fork says so in its own feed (F2), and a register that a node has is on its disk. */
static const char *
check_duties(struct simulator *sim)
{
    struct bytes encoded;
    uint8_t slot;
    uint16_t inc;

    for (uint32_t i = 0; i < sim->instances_count; i++) {
        const struct instance *instance = &sim->instances[i];
        if (!is_part(instance))
            continue;
        struct record *record = node_record(instance->node, &sim->room);
        for (uint32_t c = 0; record_contested_at(record, c, &slot, &inc); c++)
            if (writes(sim, instance) && slot != instance->party &&
                !record_has_fault_by(record, instance->party, slot, inc))
                return "a node knows of a fork and does not say so (F2)";
        for (slot = 0; slot < sim->options.parties; slot++) {
            const struct party_register *reg = record_register(record, slot);
            if (store_register_entry(instance->store, register_party(reg), register_count(reg),
                    &encoded) != ENTENTE_OK)
                return "a node uses a register entry that its store does not have";
        }
    }
    return NULL;
}

const char *
simulator_converged(struct simulator *sim)
{
    const char *what = check_writing(sim);

    if (what == NULL)
        what = check_states(sim);
    if (what == NULL)
        what = watch_compare_orders(sim);
    if (what == NULL)
        what = check_acknowledged(sim);
    if (what == NULL)
        what = check_held(sim);
    if (what == NULL)
        what = check_duties(sim);
    if (what == NULL)
        what = check_answers(sim);
    if (what != NULL && sim->options.trace)
        trace_records(sim);
    return what;
}

uint64_t
simulator_signed(const struct simulator *sim)
{
    return sim->entries_count;
}

uint64_t
simulator_acknowledged(const struct simulator *sim)
{
    return sim->acknowledged;
}

uint64_t
simulator_last_signed_ms(const struct simulator *sim)
{
    return sim->last_signed_ms;
}

uint64_t
simulator_last_learnt_ms(const struct simulator *sim)
{
    return sim->last_learnt_ms;
}
