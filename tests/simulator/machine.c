/* Machines: how they start, crash, are lost, restored, rolled back and copied. */
#include "simulator/internal.h"

void
machine_setup(struct simulator *sim, struct instance *instance, uint8_t party, uint16_t inc)
{
    instance->party = party;
    instance->is_honest = true;
    instance->store = disk_fresh(sim);
    holder_init(&instance->holder, sim, party, inc);
    watch_read_store(sim, instance);
}

void
machine_free(struct instance *instance)
{
    node_free(instance->node);
    store_close(instance->store);
    store_close(instance->backup);
    store_close(instance->snapshot_store);
    if (instance->snapshot_holder != NULL)
        holder_free(instance->snapshot_holder);
    free(instance->snapshot_holder);
    holder_free(&instance->holder);
    watch_free(&instance->watch);
}

/* ---- start and stop of the node's process ---- */

static void
add_register(struct instance *instance, const struct party_id *party)
{
    struct bytes encoded;

    for (uint32_t number = 1;; number++) {
        enum entente_error error = store_register_entry(instance->store, party, number, &encoded);
        if (error == ENTENTE_ERR_NOT_FOUND)
            return;
        need(error == ENTENTE_OK && node_add_register(instance->node, encoded) == ENTENTE_OK,
            "a register of the store");
    }
}

/* Its own people hand it its own register, new certificates included. */
static void
put_own_register(struct simulator *sim, struct instance *instance)
{
    const struct party_register *reg = sim->parties[instance->party].reg;

    need(store_begin(instance->store) == ENTENTE_OK, "begin");
    for (uint32_t number = 1; number <= register_count(reg); number++)
        need(store_put_register(instance->store, register_party(reg), number,
                 register_encoded(reg, number)) == ENTENTE_OK,
            "own register");
    need(store_commit(instance->store) == ENTENTE_OK, "commit");
}

void
machine_start_node(struct simulator *sim, struct instance *instance)
{
    struct node_options options = {.self = *register_party(sim->parties[instance->party].reg),
        .files = store_files(instance->store),
        .fault_bytes_max = sim->options.seed % 2}; /* in half of the runs one after the other */
    struct event event = {.kind = EVENT_TIMER};
    struct record_mutations lying = {.no_revocation = true};

    lying.no_fault_link_rule = lying.cover_contested = lying.no_contested_hold =
        (instance->lies & LIE_COLLUDE) != 0;

    if (instance->is_honest && sim->options.mutations != NULL) {
        options.mutations = &sim->options.mutations->record;
        options.node_mutations = sim->options.mutations->node;
    } else if (!instance->is_honest) {
        options.node_mutations.no_fault_entry = lying.cover_contested;
        options.mutations = &lying;
    }
    need(node_new(&instance->node, &options) == ENTENTE_OK, "node");
    store_memory_fail_after(instance->store, 0, ENTENTE_OK);
    put_own_register(sim, instance);
    watch_read_store(sim, instance);
    for (uint32_t slot = 0; slot < sim->options.parties; slot++)
        add_register(instance, register_party(sim->parties[slot].reg));
    enum entente_error error = node_add_room(instance->node,
        (struct bytes){sim->genesis_file, sim->genesis_size}, store_source(instance->store));
    if (error != ENTENTE_OK) {
        breach(sim, "node %u cannot load its own record: %s", instance->index,
            entente_error_text(error));
        return;
    }
    instance->is_up = true;
    instance->life++;
    instance->timer_ms = 0;
    instance->commit_at_ms = 0;
    step(sim, instance, &event);
    for (uint32_t other = 0; other < sim->instances_count; other++)
        if (other != instance->index)
            network_seek(sim, instance->index, other);
}

void
machine_stop_node(struct simulator *sim, struct instance *instance)
{
    instance->is_up = false;
    instance->life++;
    network_drop_all(sim, instance->index);
    node_free(instance->node);
    instance->node = NULL;
    store_memory_crash(instance->store);
    watch_read_store(sim, instance);
}

static void
crash_keyholder_alone(struct simulator *sim, struct instance *instance)
{
    struct event event = {.kind = EVENT_KEYHOLDER_GONE};

    holder_kill(sim, instance);
    step(sim, instance, &event);
}

void
simulator_silence(struct simulator *sim, uint32_t index)
{
    simulator_trace(sim, "the keyholder of node %u is switched off", index);
    sim->instances[index].is_silent = true;
    crash_keyholder_alone(sim, &sim->instances[index]);
}

void
simulator_crash(struct simulator *sim, uint32_t index, enum crash crash)
{
    struct instance *instance = &sim->instances[index];

    if (!instance->is_up || (crash == CRASH_KEYHOLDER && instance->holder.process == NULL))
        return;
    simulator_trace(sim, "%s %u crashes",
        crash == CRASH_NODE        ? "node"
        : crash == CRASH_KEYHOLDER ? "keyholder"
                                   : "machine",
        index);
    if (crash == CRASH_KEYHOLDER) {
        struct task *task =
            task_add(sim, TASK_HOLDER_BACK, sim->now_ms + 50 + simulator_random(sim, 2000));
        task->instance = index;
        crash_keyholder_alone(sim, instance);
        return;
    }
    machine_stop_node(sim, instance);
    if (crash == CRASH_MACHINE)
        holder_lose_power(sim, instance);
    else
        holder_finish(sim, instance);
}

void
simulator_start(struct simulator *sim, uint32_t index)
{
    struct instance *instance = &sim->instances[index];

    if (instance->is_up || instance->is_gone)
        return;
    if (instance->holder.process == NULL)
        holder_start(sim, instance);
    instance->is_silent = false;
    if (instance->holder.process == NULL)
        return; /* a node does not run without its keyholder */
    simulator_trace(sim, "node %u starts (party %u, incarnation %u)", index, instance->party + 1u,
        instance->holder.inc);
    machine_start_node(sim, instance);
}

void
simulator_cut_power(struct simulator *sim, uint32_t index, uint32_t operations)
{
    struct memory_disk *disk = &sim->instances[index].holder.disk;

    simulator_trace(sim, "the power of node %u will fail after %u operations of its disk", index,
        operations);
    disk->power_until = disk->operations + operations;
}

void
simulator_damage_journal(struct simulator *sim, uint32_t index)
{
    struct instance *instance = &sim->instances[index];

    if (!instance->is_up || instance->holder.process == NULL || !holder_damage(sim, instance))
        return;
    sim->may_fork[instance->party] = true;
    watch_replaced(sim, instance->party);
}

void
simulator_heal(struct simulator *sim)
{
    simulator_trace(sim, "everything is healed");
    for (uint32_t a = 0; a < sim->instances_count; a++) {
        sim->instances[a].holder.disk.power_until = 0;
        simulator_start(sim, a);
        for (uint32_t b = 0; b < a; b++) {
            struct pair *pair = network_pair(sim, a, b);
            pair->directions[0].stalled_until_ms = pair->directions[1].stalled_until_ms = 0;
            pair->directions[0].last_ms = pair->directions[1].last_ms = 0;
            network_drop(sim, a, b);
            if (sim->instances[a].party != sim->instances[b].party)
                simulator_link(sim, a, b, true);
        }
        if (sim->instances[a].store != NULL)
            store_memory_fail_after(sim->instances[a].store, 0, ENTENTE_OK);
    }
}

void
simulator_jump_clock(struct simulator *sim, uint32_t instance, int64_t ms)
{
    simulator_trace(sim, "the clock of node %u jumps by %lld ms", instance, (long long)ms);
    sim->instances[instance].clock_ms += ms;
}

void
simulator_say(struct simulator *sim, uint32_t index, uint32_t payload_bytes)
{
    struct instance *instance = &sim->instances[index];

    if (!instance->is_up || instance->holder.process == NULL || instance->holder.is_retired)
        return;
    simulator_trace(sim, "somebody says %u bytes at node %u", payload_bytes, index);
    holder_say(sim, instance, payload_bytes);
}

/* ---- losses of the store alone ---- */

static bool
is_known_elsewhere(
    struct simulator *sim, const struct instance *instance, uint8_t slot, uint32_t inc)
{
    uint32_t seq = instance->watch.durable.seq[slot][inc];

    if (instance->party == slot && instance->holder.inc == inc &&
        instance->holder.first_seq == 1)
        return true;
    for (uint32_t i = 0; i < sim->instances_count; i++)
        if (&sim->instances[i] != instance && !sim->instances[i].is_gone &&
            sim->instances[i].is_honest && sim->instances[i].watch.durable.seq[slot][inc] >= seq)
            return true;
    return false;
}

bool
simulator_may_lose_store(struct simulator *sim, uint32_t index)
{
    for (uint8_t slot = 0; slot < sim->options.parties; slot++)
        for (uint32_t inc = 1; inc <= LANES_INC_MAX; inc++)
            if (!is_known_elsewhere(sim, &sim->instances[index], slot, inc))
                return false;
    return true;
}

/* What others have covered of its own lanes, and one of them still has: whoever lost a store since
 * gets its own entries back only behind these. */
static bool
is_covered_elsewhere(const struct simulator *sim, const struct instance *instance, uint32_t inc)
{
    uint32_t covered = 0;
    uint32_t has = 0;

    for (uint32_t i = 0; i < sim->instances_count; i++) {
        const struct instance *other = &sim->instances[i];
        const struct watch *watch = &other->watch;
        const struct reach *claims = watch->claims_void ? &watch->vouched : &watch->claimed;
        if (other->party == instance->party || !other->is_honest || other->is_gone)
            continue;
        if (covered < claims->seq[instance->party][inc])
            covered = claims->seq[instance->party][inc];
        if (has < watch->durable.seq[instance->party][inc])
            has = watch->durable.seq[instance->party][inc];
    }
    return has >= covered;
}

bool
simulator_may_lose_machine(struct simulator *sim, uint32_t index)
{
    const struct instance *instance = &sim->instances[index];

    for (uint8_t slot = 0; slot < sim->options.parties; slot++)
        for (uint32_t inc = 1; inc <= LANES_INC_MAX; inc++)
            if (slot == instance->party ? !is_covered_elsewhere(sim, instance, inc)
                                        : !is_known_elsewhere(sim, instance, slot, inc))
                return false;
    return true;
}

static struct store *
copy_of(const struct store *store)
{
    struct store *copy;

    need(store_memory_snapshot(store, &copy) == ENTENTE_OK, "snapshot");
    return copy;
}

static void
set_store(struct simulator *sim, struct instance *instance, struct store *store)
{
    store_close(instance->store);
    instance->store = store;
    instance->store_life++;
    watch_read_store(sim, instance);
}

void
simulator_lose_store(struct simulator *sim, uint32_t index, bool to_backup)
{
    struct instance *instance = &sim->instances[index];
    bool has_backup = to_backup && instance->backup != NULL;

    simulator_crash(sim, index, CRASH_NODE);
    simulator_trace(sim, "node %u loses its store%s", index,
        has_backup ? "; an old backup takes its place" : "");
    watch_lost_store(sim, instance);
    set_store(sim, instance, has_backup ? copy_of(instance->backup) : disk_fresh(sim));
}

void
simulator_backup(struct simulator *sim, uint32_t index)
{
    struct instance *instance = &sim->instances[index];

    simulator_trace(sim, "a backup of the store of node %u is taken", index);
    store_close(instance->backup);
    instance->backup = copy_of(instance->store);
}

/* ---- new incarnations ---- */

/* The keys are new, and nothing of the old journal is left; false: no incarnation is. */
static bool
begin_incarnation(struct simulator *sim, struct instance *instance, bool revokes)
{
    struct build_party *party = &sim->parties[instance->party];
    uint16_t old = instance->holder.inc;

    if (register_incarnation_last(party->reg)->inc >= LANES_INC_MAX - 1)
        return false;
    simulator_crash(sim, instance->index, CRASH_MACHINE);
    watch_replaced(sim, instance->party);
    build_party_certify(party);
    if (revokes)
        build_party_revoke(party, old);
    holder_free(&instance->holder);
    holder_init(&instance->holder, sim, instance->party, register_incarnation_last(party->reg)->inc);
    instance->is_gone = false;
    return true;
}

void
simulator_restore(struct simulator *sim, uint32_t index, bool revokes)
{
    struct instance *instance = &sim->instances[index];

    if (!begin_incarnation(sim, instance, revokes))
        return;
    simulator_trace(sim, "the machine of node %u is lost; party %u begins incarnation %u from %s",
        index, instance->party + 1u, instance->holder.inc,
        instance->backup == NULL ? "nothing" : "a backup");
    watch_lost_store(sim, instance);
    set_store(sim, instance,
        instance->backup == NULL ? disk_fresh(sim) : copy_of(instance->backup));
    /* What counts is what the new incarnation says. */
    instance->watch.claims_void = false;
    instance->watch.claimed = (struct reach){0};
    simulator_start(sim, index);
}

void
simulator_resume(struct simulator *sim, uint32_t index)
{
    struct instance *instance = &sim->instances[index];

    if (!begin_incarnation(sim, instance, false))
        return;
    simulator_trace(sim, "party %u begins incarnation %u, with the store that it has",
        instance->party + 1u, instance->holder.inc);
    instance->watch.claims_void = false;
    instance->watch.claimed = (struct reach){0};
    simulator_start(sim, index);
}

/* ---- whole machines that go back or are copied ---- */

void
simulator_snapshot(struct simulator *sim, uint32_t index)
{
    struct instance *instance = &sim->instances[index];

    simulator_trace(sim, "a snapshot of the whole machine of node %u is taken", index);
    store_close(instance->snapshot_store);
    instance->snapshot_store = copy_of(instance->store);
    if (instance->snapshot_holder == NULL)
        instance->snapshot_holder = calloc(1, sizeof *instance->snapshot_holder);
    else
        holder_free(instance->snapshot_holder);
    need(instance->snapshot_holder != NULL, "no memory");
    holder_copy(instance->snapshot_holder, &instance->holder);
}

void
simulator_roll_back(struct simulator *sim, uint32_t index)
{
    struct instance *instance = &sim->instances[index];

    if (instance->snapshot_store == NULL || instance->snapshot_holder->inc != instance->holder.inc)
        return;
    simulator_crash(sim, index, CRASH_MACHINE);
    simulator_trace(sim, "the whole machine of node %u goes back to its snapshot", index);
    sim->may_fork[instance->party] = true;
    watch_replaced(sim, instance->party);
    watch_lost_store(sim, instance);
    set_store(sim, instance, copy_of(instance->snapshot_store));
    uint32_t life = instance->holder.life;
    holder_free(&instance->holder);
    holder_copy(&instance->holder, instance->snapshot_holder);
    instance->holder.life = life + 1;
}

static uint32_t
add_instance(struct simulator *sim, uint8_t party)
{
    uint32_t index = sim->instances_count;

    need(index < SIMULATOR_INSTANCES_MAX, "too many instances");
    sim->instances_count++;
    struct instance *made = &sim->instances[index];
    made->index = index;
    machine_setup(sim, made, party, 1);
    for (uint32_t i = 0; i < index; i++)
        network_pair(sim, i, index)->may_talk = sim->instances[i].party != party;
    return index;
}

uint32_t
simulator_clone(struct simulator *sim, uint32_t index)
{
    uint32_t twin = add_instance(sim, sim->instances[index].party);
    struct instance *from = &sim->instances[index];
    struct instance *to = &sim->instances[twin];

    simulator_trace(sim, "the machine of node %u is cloned: node %u", index, twin);
    sim->may_fork[from->party] = true;
    watch_replaced(sim, from->party);
    set_store(sim, to, copy_of(from->store));
    holder_free(&to->holder);
    holder_copy(&to->holder, &from->holder);
    return twin;
}

uint32_t
simulator_keep_old(struct simulator *sim, uint32_t index)
{
    uint32_t old = add_instance(sim, sim->instances[index].party);
    struct instance *from = &sim->instances[index];
    struct instance *to = &sim->instances[old];

    simulator_crash(sim, index, CRASH_MACHINE);
    simulator_trace(sim, "the machine of node %u is put aside: node %u", index, old);
    set_store(sim, to, copy_of(from->store));
    holder_free(&to->holder);
    holder_copy(&to->holder, &from->holder);
    to->clock_ms = from->clock_ms;
    return old;
}

void
simulator_override(struct simulator *sim, uint32_t index)
{
    struct event event = {.kind = EVENT_OVERRIDE, .room = sim->room};

    simulator_trace(sim, "the operator of node %u lifts the start barrier", index);
    step(sim, &sim->instances[index], &event);
}

bool
simulator_has_room_for_another(const struct simulator *sim)
{
    return sim->instances_count < SIMULATOR_INSTANCES_MAX;
}

uint32_t
simulator_add_face(struct simulator *sim, uint32_t index, bool is_empty)
{
    uint32_t face = add_instance(sim, sim->instances[index].party);
    struct instance *from = &sim->instances[index];
    struct instance *to = &sim->instances[face];

    simulator_trace(sim, "party %u shows another face: node %u%s", from->party + 1u, face,
        is_empty ? ", which knows nothing" : "");
    to->is_honest = false;
    to->lies = from->lies | LIE_FORK;
    if (!is_empty) {
        set_store(sim, to, copy_of(from->store));
        holder_free(&to->holder);
        holder_copy(&to->holder, &from->holder);
    }
    return face;
}

void
simulator_revoke(struct simulator *sim, uint32_t index)
{
    struct instance *instance = &sim->instances[index];
    struct build_party *party = &sim->parties[instance->party];

    enum entente_error error;

    if (register_incarnation_last(party->reg)->inc >= LANES_INC_MAX - 1 ||
        register_incarnation_at(
            party->reg, instance->holder.inc, register_count(party->reg), &error) == NULL)
        return;
    simulator_trace(sim, "party %u revokes its incarnation %u and goes on with it",
        instance->party + 1u, instance->holder.inc);
    build_party_certify(party);
    build_party_revoke(party, instance->holder.inc);
    simulator_crash(sim, index, CRASH_NODE);
    simulator_start(sim, index);
}

void
simulator_switch_off(struct simulator *sim, uint32_t index)
{
    simulator_crash(sim, index, CRASH_MACHINE);
    simulator_trace(sim, "node %u is switched off for good", index);
    sim->instances[index].is_gone = true;
}
