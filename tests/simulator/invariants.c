/*
 * What must be true after every step, whatever fate and liars do.  The first breach ends the run.
 */
#include "simulator/internal.h"

#include "crypto/hash.h"

#include <stdarg.h>

void
breach(struct simulator *sim, const char *format, ...)
{
    va_list arguments;

    if (sim->breach[0] != 0)
        return;
    va_start(arguments, format);
    vsnprintf(sim->breach, sizeof sim->breach, format, arguments);
    va_end(arguments);
    simulator_trace(sim, "BREACH: %s", sim->breach);
}

const char *
simulator_breach(const struct simulator *sim)
{
    return sim->breach[0] == 0 ? NULL : sim->breach;
}

static uint64_t
short_id(const struct entry_id *id)
{
    uint64_t value;

    memcpy(&value, id->bytes, sizeof value);
    return value;
}

/* ---- what honest parties signed: one id for each seq ---- */

static uint32_t
slot_in_index(const struct simulator *sim, const struct position *position)
{
    uint64_t hash =
        ((uint64_t)position->slot << 48 | (uint64_t)position->inc << 32 | position->seq) *
        0x9E3779B97F4A7C15u;
    uint32_t at = (uint32_t)(hash >> 40) & (sim->entry_index_size - 1);

    while (sim->entry_index[at] != 0) {
        const struct position *there = &sim->entries[sim->entry_index[at] - 1].position;
        if (there->slot == position->slot && there->inc == position->inc &&
            there->seq == position->seq)
            break;
        at = (at + 1) & (sim->entry_index_size - 1);
    }
    return at;
}

static void
grow_index(struct simulator *sim)
{
    if (sim->entries_count < sim->entries_size)
        return;
    sim->entries_size = sim->entries_size == 0 ? 256 : sim->entries_size * 2;
    sim->entry_index_size = sim->entries_size * 2;
    sim->entries = realloc(sim->entries, sim->entries_size * sizeof *sim->entries);
    free(sim->entry_index);
    sim->entry_index = calloc(sim->entry_index_size, sizeof *sim->entry_index);
    need(sim->entries != NULL && sim->entry_index != NULL, "no memory");
    for (uint32_t i = 0; i < sim->entries_count; i++)
        sim->entry_index[slot_in_index(sim, &sim->entries[i].position)] = i + 1;
}

static const struct signed_entry *
signed_at(const struct simulator *sim, uint8_t slot, uint16_t inc, uint32_t seq)
{
    struct position position = {.slot = slot, .inc = inc, .seq = seq};

    if (sim->entry_index == NULL)
        return NULL;
    uint32_t at = slot_in_index(sim, &position);
    return sim->entry_index[at] == 0 ? NULL : &sim->entries[sim->entry_index[at] - 1];
}

static void
cover(const struct simulator *sim, struct reach *reach, const struct position *position)
{
    const struct signed_entry *entry =
        signed_at(sim, position->slot, position->inc, position->seq);

    if (entry == NULL || !entry_id_equal(&entry->position.id, &position->id) ||
        position->inc > LANES_INC_MAX)
        return;
    for (uint32_t slot = 0; slot < sim->options.parties; slot++)
        for (uint32_t inc = 1; inc <= LANES_INC_MAX; inc++)
            if (reach->seq[slot][inc] < entry->covers.seq[slot][inc])
                reach->seq[slot][inc] = entry->covers.seq[slot][inc];
    if (reach->seq[position->slot][position->inc] < position->seq)
        reach->seq[position->slot][position->inc] = position->seq;
}

static struct reach
covered_by(const struct simulator *sim, const struct entry *entry)
{
    struct reach reach = {0};
    struct position before = {
        .slot = entry->slot, .inc = entry->inc, .seq = entry->seq - 1, .id = entry->prev};

    cover(sim, &reach, &before);
    for (unsigned i = 0; i < entry->deps_count; i++) {
        struct position dep = entry_dep(entry, i);
        cover(sim, &reach, &dep);
    }
    return reach;
}

static void
note_signed(struct simulator *sim, struct instance *instance, const struct entry *entry,
    const struct entry_id *id)
{
    struct position position = entry_position(entry, id);

    grow_index(sim);
    uint32_t at = slot_in_index(sim, &position);
    if (sim->entry_index[at] != 0) {
        struct signed_entry *there = &sim->entries[sim->entry_index[at] - 1];
        if (entry_id_equal(&there->position.id, id))
            return;
        /* What was signed and never left is no fork: a crash before the journal took it. */
        if (there->has_left && !sim->may_fork[instance->party])
            breach(sim, "honest party %u signed two entries %u of incarnation %u",
                instance->party + 1u, entry->seq, entry->inc);
        there->position = position;
        there->kind = entry->kind;
        there->covers = covered_by(sim, entry);
        there->has_left = false;
        return;
    }
    sim->entries[sim->entries_count] = (struct signed_entry){
        .position = position,
        .kind = entry->kind,
        .instance = instance->index,
        .covers = covered_by(sim, entry)};
    sim->entry_index[at] = ++sim->entries_count;
}

/*
 * Whoever lost its store holds nothing before it has what it had vouched for: its journal still knows
 * of that.  Where the journal went back, too, all that it signs may cover is what it has: what went
 * with both and no one in reach has seen, it cannot know of (I4).
 */
static bool
may_hold(const struct simulator *sim, const struct instance *instance, const struct entry *entry)
{
    const struct watch *watch = &instance->watch;
    const struct signed_entry *noted = signed_at(sim, entry->slot, entry->inc, entry->seq);
    uint16_t own = instance->holder.inc;

    if (!watch->claims_void)
        return true;
    if (!sim->may_fork[instance->party] || noted == NULL ||
        watch->durable.seq[instance->party][own] < watch->vouched.seq[instance->party][own])
        return false;
    for (uint32_t slot = 0; slot < sim->options.parties; slot++)
        for (uint32_t inc = 1; inc <= LANES_INC_MAX; inc++)
            if (!sim->is_liar[slot] && !sim->may_fork[slot] &&
                watch->durable.seq[slot][inc] < noted->covers.seq[slot][inc])
                return false;
    return true;
}

void
watch_signed(struct simulator *sim, struct instance *instance, const struct segment *segment,
    bool is_asked_now)
{
    if (sim->is_liar[instance->party])
        return;
    simulator_trace(sim, "node %u writes %u to %u (%s)", instance->index, segment->entries[0].seq,
        segment_last(segment)->seq,
        segment->entries[0].kind == ENTRY_ACK      ? "ack"
        : segment->entries[0].kind == ENTRY_FAULT  ? "fault"
        : segment->entries[0].kind == ENTRY_RESUME ? "resume"
                                                   : "sealed");
    for (uint32_t i = 0; i < segment->count; i++) {
        const struct entry *entry = &segment->entries[i];
        note_signed(sim, instance, entry, &segment->ids[i]);
        if (is_asked_now && (entry->flags & ENTRY_FLAG_HOLDS) != 0 &&
            !may_hold(sim, instance, entry))
            breach(sim, "node %u signs that it holds what its store lost", instance->index);
    }
    sim->last_signed_ms = sim->now_ms;
}

void
watch_acknowledged(
    struct simulator *sim, struct instance *instance, uint32_t first_seq, uint32_t last_seq)
{
    struct position position = {.slot = instance->party, .inc = instance->holder.inc};

    if (sim->is_liar[instance->party])
        return;
    for (position.seq = first_seq; position.seq <= last_seq; position.seq++) {
        uint32_t at = slot_in_index(sim, &position);
        need(sim->entry_index[at] != 0, "acknowledged and never signed");
        struct signed_entry *entry = &sim->entries[sim->entry_index[at] - 1];
        entry->has_left = true;
        if (!entry->was_acknowledged)
            sim->acknowledged++;
        entry->was_acknowledged = true;
    }
}

void
watch_retired(struct simulator *sim, struct instance *instance)
{
    if (!sim->may_fork[instance->party] && !sim->is_liar[instance->party])
        breach(sim, "honest node %u retires its key though its machine never went back",
            instance->index);
}

void
watch_replaced(struct simulator *sim, uint8_t party)
{
    for (uint32_t i = 0; i < sim->entries_count; i++)
        if (sim->entries[i].position.slot == party)
            sim->entries[i].may_be_lost = true;
}

/* ---- what a store has ---- */

static uint64_t
mixed(const void *data, size_t size)
{
    uint8_t hash[HASH_BYTES];
    uint64_t value;

    hash_once(hash, "entente/test/set", (struct bytes){data, size});
    memcpy(&value, hash, sizeof value);
    return value;
}

/* Registers count as the node has them in memory: what the store drops comes back by itself. */
static uint64_t
registers_mark(const struct record *record)
{
    uint64_t mark = 0;

    for (uint8_t slot = 0; slot < record_parties(record); slot++) {
        uint32_t count = register_count(record_register(record, slot));
        uint8_t bytes[] = {slot, (uint8_t)(count >> 8), (uint8_t)count};
        mark ^= mixed(bytes, sizeof bytes);
    }
    return mark;
}

static uint64_t
proof_mark(uint8_t slot, uint16_t inc)
{
    uint8_t bytes[] = {slot, (uint8_t)(inc >> 8), (uint8_t)inc, 0};

    return mixed(bytes, sizeof bytes);
}

static void
note_row(struct simulator *sim, struct instance *instance, const struct segment_row *row,
    bool is_first_branch, bool is_given_now)
{
    struct watch *watch = &instance->watch;
    struct segment *segment = malloc(sizeof *segment);
    struct reader reader = reader_of(row->segment);

    need(segment != NULL && segment_parse(&reader, segment) == ENTENTE_OK, "a stored segment");
    if (is_given_now && instance->is_honest)
        oracle_judge(sim, instance, segment, row->payloads);
    for (uint32_t i = 0; i < segment->count; i++)
        watch->set ^= short_id(&segment->ids[i]);
    const struct entry *last = segment_last(segment);
    if (is_first_branch && last->inc <= LANES_INC_MAX)
        watch->stored.seq[last->slot][last->inc] = last->seq;
    free(segment);
}

void
watch_effect(struct simulator *sim, struct instance *instance, const struct effect *effect)
{
    struct watch *watch = &instance->watch;

    if (instance->store_broken)
        return;
    if (effect->kind == EFFECT_STORE_SEGMENT)
        note_row(sim, instance, &effect->admitted->row, effect->admitted->branch.branch == 0, true);
    else if (effect->kind == EFFECT_STORE_PROOF)
        watch->set ^= proof_mark(effect->slot, effect->inc);
    else {
        const struct instance *peer =
            effect->kind == EFFECT_CUT ? network_peer(sim, instance, effect->link) : NULL;
        if (peer != NULL && peer->is_honest && instance->is_honest &&
            entente_error_whose(effect->error) == ENTENTE_PEER)
            breach(sim, "honest node %u cuts honest node %u: %s", instance->index, peer->index,
                entente_error_text(effect->error));
        return;
    }
    watch->has_changed = true;
    if (instance->is_honest)
        sim->last_learnt_ms = sim->now_ms;
}

static void
read_lanes(struct simulator *sim, struct instance *instance)
{
    const struct record_source *source = store_source(instance->store);
    struct watch *watch = &instance->watch;
    struct segment_row row;
    struct branch_row branch;
    struct bytes proof;

    for (uint64_t arrival = 0;
         source->segment_after(source->state, &sim->room, arrival, &row) == ENTENTE_OK;) {
        arrival = row.arrival;
        struct segment_row kept = row;
        need(source->branch_at(source->state, &sim->room, kept.branch, &branch) == ENTENTE_OK,
            "a segment without its branch");
        need(source->segment_at(source->state, &sim->room, kept.branch, kept.last_seq, &row) ==
                 ENTENTE_OK,
            "a segment");
        note_row(sim, instance, &row, branch.branch == 0, false);
    }
    for (uint8_t slot = 0; slot < sim->options.parties; slot++)
        for (uint16_t inc = 1; inc <= LANES_INC_MAX; inc++)
            if (source->proof_of(source->state, &sim->room, slot, inc, &proof) == ENTENTE_OK)
                watch->set ^= proof_mark(slot, inc);
}

/* A lost store is whole again when it has what this party vouched for. */
static void
note_durable(struct simulator *sim, struct watch *watch)
{
    watch->durable = watch->stored;
    if (!watch->claims_void)
        return;
    for (uint32_t slot = 0; slot < sim->options.parties; slot++)
        for (uint32_t inc = 1; inc <= LANES_INC_MAX; inc++)
            if (watch->durable.seq[slot][inc] < watch->vouched.seq[slot][inc])
                return;
    watch->claims_void = false;
}

void
watch_read_store(struct simulator *sim, struct instance *instance)
{
    struct watch *watch = &instance->watch;

    watch->set = 0;
    memset(&watch->stored, 0, sizeof watch->stored);
    read_lanes(sim, instance);
    note_durable(sim, watch);
    watch->has_changed = false;
    free(watch->held);
    watch->held = NULL;
    watch->held_size = 0;
    watch->order_count = 0;
}

void
watch_committed(struct simulator *sim, struct instance *instance)
{
    note_durable(sim, &instance->watch);
}

void
watch_lost_store(struct simulator *sim, struct instance *instance)
{
    struct watch *watch = &instance->watch;

    (void)sim;
    if (!watch->claims_void)
        watch->vouched = watch->claimed;
    watch->claims_void = true;
    /* What was signed last may never have reached the store: its journal says what it is. */
    if (instance->holder.inc <= LANES_INC_MAX)
        watch->vouched.seq[instance->party][instance->holder.inc] = UINT32_MAX;
}

void
watch_journal(struct instance *instance, uint32_t seq)
{
    if (instance->watch.claims_void)
        instance->watch.vouched.seq[instance->party][instance->holder.inc] = seq;
}

void
watch_free(struct watch *watch)
{
    free(watch->held);
    free(watch->order);
}

/* ---- after each step ---- */

/* The same set of entries gives the same state hash, here and everywhere, now and later (O2). */
static void
check_state(struct simulator *sim, struct instance *instance, struct record *record)
{
    struct digest hash;
    uint64_t set = instance->watch.set ^ registers_mark(record);

    enum entente_error error = record_state_hash(record, &hash);
    if (error != ENTENTE_OK) {
        breach(sim, "node %u has no state hash: %s", instance->index, entente_error_text(error));
        return;
    }
    for (uint32_t i = sim->sets_count; i-- > 0;) {
        if (sim->sets[i].set != set)
            continue;
        if (memcmp(&sim->sets[i].hash, &hash, sizeof hash) != 0)
            breach(sim, "node %u has another state hash than there was for the same entries",
                instance->index);
        return;
    }
    if (sim->sets_count == sim->sets_size) {
        sim->sets_size = sim->sets_size == 0 ? 128 : sim->sets_size * 2;
        sim->sets = realloc(sim->sets, sim->sets_size * sizeof *sim->sets);
        need(sim->sets != NULL, "no memory");
    }
    sim->sets[sim->sets_count++] = (struct seen_set){set, hash};
}

/* "Held by q" is about q's disk (H1). */
static void
check_held(struct simulator *sim, struct instance *instance, struct record *record)
{
    for (uint32_t i = 0; i < sim->instances_count; i++) {
        const struct instance *holder = &sim->instances[i];
        if (holder->party == instance->party || sim->is_liar[holder->party] ||
            sim->may_fork[holder->party] || holder->watch.claims_void ||
            record_incarnation(record, holder->party) != holder->holder.inc)
            continue;
        for (uint32_t b = sim->options.parties; b < record_branches(record); b++) {
            const struct branch_row *row = record_branch(record, b);
            if (row->branch != 0 || sim->is_liar[row->slot] || sim->may_fork[row->slot] ||
                row->slot == holder->party)
                continue;
            uint32_t held = record_held_by(record, holder->party, b);
            if (held > holder->watch.durable.seq[row->slot][row->inc])
                breach(sim,
                    "node %u shows entry %u of party %u as held by node %u, whose disk ends "
                    "at %u",
                    instance->index, held, row->slot + 1u, i,
                    holder->watch.durable.seq[row->slot][row->inc]);
        }
    }
}

/* Held by all stays so, until a party begins another incarnation. */
static void
check_held_by_all(struct simulator *sim, struct instance *instance, struct record *record)
{
    struct watch *watch = &instance->watch;
    uint32_t branches = record_branches(record);
    uint32_t incarnations = 0;

    for (uint8_t slot = 0; slot < sim->options.parties; slot++)
        incarnations += record_incarnation(record, slot);
    if (watch->held_size < branches) {
        watch->held = realloc(watch->held, branches * sizeof *watch->held);
        need(watch->held != NULL, "no memory");
        memset(
            watch->held + watch->held_size, 0, (branches - watch->held_size) * sizeof *watch->held);
        watch->held_size = branches;
    }
    for (uint32_t b = sim->options.parties; b < branches; b++) {
        uint32_t held = record_held_by_all(record, b);
        if (held < watch->held[b] && incarnations == watch->incarnations)
            breach(sim, "at node %u entry %u of branch %u was held by all and is no more",
                instance->index, watch->held[b], b);
        watch->held[b] = held;
    }
    watch->incarnations = incarnations;
}

static void
check_contested(struct simulator *sim, struct instance *instance, struct record *record)
{
    uint8_t slot;
    uint16_t inc;

    for (uint32_t i = 0; record_contested_at(record, i, &slot, &inc); i++)
        if (!sim->is_liar[slot] && !sim->may_fork[slot])
            breach(sim, "node %u has a proof against honest party %u", instance->index, slot + 1u);
}

/* What the last own entry covers: its flag says that the disk holds all of it. */
static void
note_claims(struct simulator *sim, struct instance *instance, struct record *record)
{
    uint32_t past[64];
    uint32_t branches = record_branches(record);
    uint32_t own;

    if (branches > 64 ||
        record_lane(record, instance->party, instance->holder.inc, &own) != ENTENTE_OK)
        return;
    record_past(record, own, past, branches);
    for (uint32_t b = sim->options.parties; b < branches; b++) {
        const struct branch_row *row = record_branch(record, b);
        if (row->branch == 0 && !sim->is_liar[row->slot] && !sim->may_fork[row->slot] && b != own)
            instance->watch.claimed.seq[row->slot][row->inc] = past[b];
    }
}

void
watch_step(struct simulator *sim, struct instance *instance, enum entente_error trouble)
{
    struct record *record = node_record(instance->node, &sim->room);

    if (!instance->is_honest)
        return;
    if (trouble != ENTENTE_OK && trouble != ENTENTE_ERR_IO)
        breach(
            sim, "a step of node %u ends with: %s", instance->index, entente_error_text(trouble));
    bounds_check(sim, instance);
    if (!instance->watch.has_changed || instance->store_broken)
        return;
    instance->watch.has_changed = false;
    check_state(sim, instance, record);
    note_claims(sim, instance, record);
    check_held(sim, instance, record);
    check_held_by_all(sim, instance, record);
    check_contested(sim, instance, record);
}

/* ---- now and then: the order in which people read ---- */

/* The last walk must be found in this one, in the same order. */
static void
check_order(struct simulator *sim, struct instance *instance)
{
    struct record *record = node_record(instance->node, &sim->room);
    uint64_t total = record_entries(record);
    uint32_t *walk = calloc(total + 1, sizeof *walk);
    uint64_t *set = calloc(sim->oracle->count / 64 + 1, sizeof *set);
    struct ordered ordered;
    struct order *order;
    uint32_t count = 0;
    uint32_t found = 0;

    need(walk != NULL && set != NULL && order_new(&order, record) == ENTENTE_OK, "no order");
    enum entente_error error = ENTENTE_OK;
    while (count <= total && (error = order_next(order, &ordered)) == ENTENTE_OK) {
        const struct known *known = oracle_find(sim->oracle, &ordered.id);
        if (known == NULL) {
            breach(sim, "node %u shows an entry that it never stored", instance->index);
            break;
        }
        if (found < instance->watch.order_count && instance->watch.order[found] == known->number)
            found++;
        if (count < total)
            walk[count] = known->number;
        set[known->number / 64] |= (uint64_t)1 << known->number % 64;
        count++;
    }
    order_free(order);
    if (error != ENTENTE_ERR_NOT_FOUND || count != total)
        breach(sim, "node %u walks %u of %llu entries, then: %s", instance->index, count,
            (unsigned long long)total, entente_error_text(error));
    else if (found != instance->watch.order_count)
        breach(sim, "node %u shows entries in another order than before", instance->index);
    free(instance->watch.order);
    instance->watch.order = walk;
    instance->watch.order_count = count;
    verdicts_check(sim, instance, set);
    free(set);
}

void
simulator_check_order(struct simulator *sim)
{
    for (uint32_t i = 0; i < sim->instances_count && sim->breach[0] == 0; i++)
        if (sim->instances[i].is_up && sim->instances[i].is_honest)
            check_order(sim, &sim->instances[i]);
}

/* What both show, they show in the same order: of a contested lane one may have more (F3). */
static bool
agree_in_order(const struct simulator *sim, const struct watch *a, const struct watch *b)
{
    uint8_t *has = calloc(sim->oracle->count + 1, 1); /* 1: in a, 2: in b, 3: in both */
    uint32_t j = 0;
    bool agree = true;

    need(has != NULL, "no memory");
    for (uint32_t i = 0; i < a->order_count; i++)
        has[a->order[i]] |= 1;
    for (uint32_t i = 0; i < b->order_count; i++)
        has[b->order[i]] |= 2;
    for (uint32_t i = 0; i < a->order_count && agree; i++) {
        if (has[a->order[i]] != 3)
            continue;
        while (has[b->order[j]] != 3)
            j++;
        agree = a->order[i] == b->order[j++];
    }
    free(has);
    return agree;
}

const char *
watch_compare_orders(struct simulator *sim)
{
    const struct watch *first = NULL;

    for (uint32_t i = 0; i < sim->instances_count; i++) {
        const struct watch *watch = &sim->instances[i].watch;
        if (!sim->instances[i].is_up || !sim->instances[i].is_honest)
            continue;
        if (first != NULL && !agree_in_order(sim, first, watch))
            return "two nodes show the same entries in another order";
        first = watch;
    }
    return NULL;
}
