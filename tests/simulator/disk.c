/*
 * The store's disk: a commit takes time, and a crash before it forgets what was written since the
 * one before.  A write may fail: the store then rolls back, and the node is told.
 */
#include "simulator/internal.h"

struct store *
disk_fresh(struct simulator *sim)
{
    struct store *store;

    need(store_open_memory(&store) == ENTENTE_OK && store_begin(store) == ENTENTE_OK, "store");
    need(store_put_room(store, &sim->room,
             (struct bytes){sim->genesis_file, sim->genesis_size}) == ENTENTE_OK, "room");
    for (uint32_t slot = 0; slot < sim->options.parties; slot++) {
        const struct party_register *reg = sim->parties[slot].reg;
        struct branch_row row = {.index = slot, .slot = (uint8_t)slot, .inc = REGISTER_INC};
        /* A new room starts with what the genesis cites; the rest comes by itself. */
        for (uint32_t number = 1; number <= SIMULATOR_REGISTER_ENTRIES; number++)
            need(store_put_register(store, register_party(reg), number,
                     register_encoded(reg, number)) == ENTENTE_OK, "register");
        need(store_put_branch(store, &sim->room, &row) == ENTENTE_OK, "branch");
    }
    need(store_commit(store) == ENTENTE_OK, "commit");
    return store;
}

static enum entente_error
put(struct simulator *sim, struct instance *instance, const struct effect *effect)
{
    const struct admitted *a = effect->admitted;
    enum entente_error error = store_begin(instance->store);

    if (error != ENTENTE_OK)
        return error;
    if (effect->kind == EFFECT_STORE_BRANCH)
        return store_put_branch(instance->store, &sim->room, &a->branch);
    if (effect->kind == EFFECT_STORE_SEGMENT)
        return store_put_segment(
            instance->store, &sim->room, &a->row, a->specials, a->specials_count);
    if (effect->kind == EFFECT_STORE_REGISTER)
        return store_put_register(instance->store, &effect->party, effect->seq, effect->data);
    if (effect->kind == EFFECT_STORE_FILE)
        return store_put_file(
            instance->store, &sim->room, &effect->root, &effect->file, effect->data);
    if (effect->kind == EFFECT_STORE_CHUNK)
        return store_put_chunk(
            instance->store, &sim->room, &effect->file.place, effect->seq, effect->data);
    return store_put_proof(
        instance->store, &sim->room, effect->slot, effect->inc, effect->data);
}

static void
report_failure(struct simulator *sim, struct instance *instance, enum entente_error error)
{
    simulator_trace(
        sim, "the store of node %u fails: %s", instance->index, entente_error_text(error));
    if (error != ENTENTE_ERR_IO)
        breach(sim, "the store of node %u refuses what the node gave it: %s", instance->index,
            entente_error_text(error));
    instance->store_broken = true;
    instance->store_life++; /* commits under way have nothing left to keep */
}

void
disk_end_step(struct simulator *sim, struct instance *instance)
{
    struct event event = {.kind = EVENT_STORE_FAILED, .error = ENTENTE_ERR_IO};

    if (!instance->store_broken)
        return;
    instance->store_broken = false;
    watch_read_store(sim, instance);
    step(sim, instance, &event);
}

void
disk_effect(struct simulator *sim, struct instance *instance, const struct effect *effect)
{
    if (effect->kind != EFFECT_COMMIT) {
        enum entente_error error = instance->store_broken ? ENTENTE_OK : put(sim, instance, effect);
        if (error != ENTENTE_OK)
            report_failure(sim, instance, error);
        return;
    }
    if (instance->store_broken)
        return;
    uint64_t at_ms = sim->now_ms + disk_delay(sim);
    if (at_ms < instance->commit_at_ms)
        at_ms = instance->commit_at_ms;
    instance->commit_at_ms = at_ms;
    struct task *task = task_add(sim, TASK_COMMIT, at_ms);
    task->instance = instance->index;
    task->life = instance->life;
    task->a = instance->store_life;
    task->number = effect->batch;
}

void
disk_task(struct simulator *sim, struct instance *instance, const struct task *task)
{
    struct event event = {.kind = EVENT_STORED, .batch = task->number};

    if (task->life != instance->life)
        return;
    if (task->a != instance->store_life)
        return;
    enum entente_error error = store_commit(instance->store);
    if (error != ENTENTE_OK) {
        report_failure(sim, instance, error);
        disk_end_step(sim, instance);
        return;
    }
    watch_committed(sim, instance);
    step(sim, instance, &event);
}

void
simulator_fail_store(struct simulator *sim, uint32_t instance, uint64_t calls)
{
    if (sim->instances[instance].store != NULL)
        store_memory_fail_after(sim->instances[instance].store, calls, ENTENTE_ERR_IO);
}
