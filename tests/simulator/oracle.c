/*
 * A second opinion.  Everything that an honest node stores is judged here again, from PROTOCOL.md
 * and in the simplest way: the past of an entry is a set of entries, kept as bits.  Validity
 * depends on an entry and its causal past alone, so one verdict serves all nodes.
 */
#include "simulator/internal.h"

#define WORD_BITS 64u

struct oracle *
oracle_new(void)
{
    struct oracle *oracle = calloc(1, sizeof *oracle);

    need(oracle != NULL, "no memory");
    oracle->index_size = 1024;
    oracle->index = calloc(oracle->index_size, sizeof *oracle->index);
    need(oracle->index != NULL, "no memory");
    return oracle;
}

void
oracle_free(struct oracle *oracle)
{
    if (oracle == NULL)
        return;
    for (uint32_t i = 0; i < oracle->count; i++)
        free(oracle->known[i].past);
    free(oracle->known);
    free(oracle->index);
    free(oracle->resumes);
    free(oracle);
}

/* ---- the entries, by id ---- */

static uint32_t
place_of(const struct oracle *oracle, const struct entry_id *id)
{
    uint64_t hash;

    memcpy(&hash, id->bytes, sizeof hash);
    uint32_t at = (uint32_t)hash & (oracle->index_size - 1);
    while (oracle->index[at] != 0 &&
           !entry_id_equal(&oracle->known[oracle->index[at] - 1].position.id, id))
        at = (at + 1) & (oracle->index_size - 1);
    return at;
}

const struct known *
oracle_find(const struct oracle *oracle, const struct entry_id *id)
{
    uint32_t found = oracle->index[place_of(oracle, id)];

    return found == 0 ? NULL : &oracle->known[found - 1];
}

static void
grow(struct oracle *oracle)
{
    oracle->size = oracle->size == 0 ? 256 : 2 * oracle->size;
    oracle->known = realloc(oracle->known, oracle->size * sizeof *oracle->known);
    oracle->index_size = 4 * oracle->size;
    free(oracle->index);
    oracle->index = calloc(oracle->index_size, sizeof *oracle->index);
    need(oracle->known != NULL && oracle->index != NULL, "no memory");
    for (uint32_t i = 0; i < oracle->count; i++)
        oracle->index[place_of(oracle, &oracle->known[i].position.id)] = i + 1;
}

bool
oracle_is_in_past(const struct known *entry, const struct known *of)
{
    return entry->number / WORD_BITS < of->words &&
           (of->past[entry->number / WORD_BITS] >> entry->number % WORD_BITS & 1u) != 0;
}

static void
include(struct known *into, const struct known *cause)
{
    for (uint32_t w = 0; w < cause->words; w++)
        into->past[w] |= cause->past[w];
    for (uint32_t slot = 0; slot < SIMULATOR_PARTIES_MAX; slot++)
        if (into->registers[slot] < cause->registers[slot])
            into->registers[slot] = cause->registers[slot];
}

/* ---- the rules, each in its own words ---- */

static const char *
judge_prev(const struct oracle *oracle, const struct entry *entry, struct known *made,
    const struct incarnation *incarnation)
{
    if (entry->seq == 1) {
        if (!entry_id_equal(&entry->prev, &incarnation->certificate))
            return "E5: its prev is not its certificate";
        return (entry->kind == ENTRY_RESUME) == (entry->inc > 1) ? NULL : "E9: resume";
    }
    const struct known *prev = oracle_find(oracle, &entry->prev);
    if (prev == NULL || prev->position.slot != entry->slot || prev->position.inc != entry->inc ||
        prev->position.seq + 1 != entry->seq)
        return "E5: its prev is not the entry before it";
    if (entry->t_ms <= prev->t_ms)
        return "E8: its time does not grow";
    if (entry->reg_number < prev->registers[entry->slot])
        return "E6: its register position goes back";
    include(made, prev);
    return entry->kind == ENTRY_RESUME ? "E9: resume" : NULL;
}

static const char *
judge_register_dep(const struct simulator *sim, const struct entry *entry,
    const struct position *dep, const struct known *before)
{
    const struct party_register *reg = sim->parties[dep->slot].reg;

    if (dep->slot == entry->slot || dep->seq > register_count(reg) ||
        !entry_id_equal(register_id(reg, dep->seq), &dep->id))
        return "L2: a dep on a register names nothing";
    return dep->seq <= before->registers[dep->slot] ? "L1: covers a register twice" : NULL;
}

/* Whether dep `i` is in the past of another one. */
static bool
is_redundant(const struct oracle *oracle, const struct entry *entry, unsigned i)
{
    struct position dep = entry_dep(entry, i);
    const struct known *target = oracle_find(oracle, &dep.id);

    for (unsigned j = 0; j < entry->deps_count; j++) {
        struct position other = entry_dep(entry, j);
        const struct known *by = oracle_find(oracle, &other.id);
        if (i == j || by == NULL)
            continue;
        if (dep.inc == REGISTER_INC ? by->registers[dep.slot] >= dep.seq
                                    : target != NULL && oracle_is_in_past(target, by))
            return true;
    }
    return false;
}

static const char *
judge_deps(const struct simulator *sim, const struct entry *entry, struct known *made)
{
    const struct oracle *oracle = sim->oracle;
    struct known before = *made;
    const char *broken = NULL;

    before.past = malloc((made->words + 1) * sizeof *made->past);
    need(before.past != NULL, "no memory");
    memcpy(before.past, made->past, made->words * sizeof *made->past);
    for (unsigned i = 0; i < entry->deps_count && broken == NULL; i++) {
        struct position dep = entry_dep(entry, i);
        const struct known *target = oracle_find(oracle, &dep.id);
        if (dep.inc == REGISTER_INC) {
            broken = judge_register_dep(sim, entry, &dep, &before);
            if (broken == NULL && made->registers[dep.slot] < dep.seq)
                made->registers[dep.slot] = dep.seq;
        } else if (target == NULL || position_compare(&target->position, &dep) != 0) {
            broken = "L2: a dep names nothing that is here";
        } else {
            if (oracle_is_in_past(target, &before))
                broken = "L1: covers an entry twice";
            include(made, target);
        }
        if (broken == NULL && is_redundant(oracle, entry, i))
            broken = "L1: a dep is in the past of another one";
    }
    free(before.past);
    return broken;
}

/* L4 over the past of the entry, itself included. */
static const char *
judge_faults(const struct oracle *oracle, const struct entry *entry, const struct known *made)
{
    for (uint32_t f = 0; f < oracle->count; f++) {
        const struct known *fault = &oracle->known[f];
        if (fault->kind != ENTRY_FAULT || !oracle_is_in_past(fault, made))
            continue;
        for (unsigned i = 0; i < entry->deps_count; i++) {
            struct position dep = entry_dep(entry, i);
            if (dep.slot == fault->accused && dep.inc == fault->accused_inc)
                return "L4: feeds a lane that it knows to be forked";
        }
    }
    return NULL;
}

static const char *
judge_fault_entry(const struct simulator *sim, struct known *made, struct bytes payload)
{
    struct segment *scratch = calloc(2, sizeof *scratch);
    const struct incarnation *accused = NULL;
    struct fault fault;

    need(scratch != NULL, "no memory");
    if (fault_parse(payload, &fault) == ENTENTE_OK && fault.slot < sim->options.parties)
        accused = register_incarnation(sim->parties[fault.slot].reg, fault.inc);
    bool is_proof =
        accused != NULL && fault_check(&fault, &sim->room, &accused->key, scratch) == ENTENTE_OK;
    free(scratch);
    if (!is_proof)
        return "F2: accuses without a proof";
    made->accused = fault.slot;
    made->accused_inc = fault.inc;
    return NULL;
}

static const char *
judge(const struct simulator *sim, const struct entry *entry, struct bytes payload,
    struct known *made)
{
    enum entente_error error;

    if (entry->slot >= sim->options.parties || !room_id_equal(&entry->room, &sim->room))
        return "E2: of another room";
    const struct party_register *reg = sim->parties[entry->slot].reg;
    if (entry->reg_number > register_count(reg) ||
        !entry_id_equal(register_id(reg, entry->reg_number), &entry->reg_id))
        return "E6: its register position names nothing";
    const struct incarnation *incarnation =
        register_incarnation_at(reg, entry->inc, entry->reg_number, &error);
    if (incarnation == NULL)
        return "E7: its incarnation is not certified, or is revoked";
    const char *broken = judge_prev(sim->oracle, entry, made, incarnation);
    if (broken == NULL)
        broken = judge_deps(sim, entry, made);
    if (broken == NULL && made->registers[entry->slot] > entry->reg_number)
        broken = "E6: its past knows more of its own register";
    made->registers[entry->slot] = entry->reg_number;
    made->past[made->number / WORD_BITS] |= (uint64_t)1 << made->number % WORD_BITS;
    if (broken == NULL && entry->kind == ENTRY_FAULT)
        broken = judge_fault_entry(sim, made, payload);
    if (broken == NULL)
        broken = judge_faults(sim->oracle, entry, made);
    return broken;
}

static const char *
add(struct simulator *sim, const struct entry *entry, const struct entry_id *id,
    struct bytes payload)
{
    struct oracle *oracle = sim->oracle;

    if (oracle->count == oracle->size)
        grow(oracle);
    struct known *made = &oracle->known[oracle->count];
    *made = (struct known){.position = entry_position(entry, id),
        .kind = entry->kind,
        .t_ms = entry->t_ms,
        .number = oracle->count,
        .words = oracle->count / WORD_BITS + 1};
    made->past = calloc(made->words, sizeof *made->past);
    need(made->past != NULL, "no memory");
    uint32_t place = place_of(oracle, id);
    oracle->count++; /* a fault entry is in its own past */
    const char *broken = judge(sim, entry, payload, made);
    oracle->index[place] = oracle->count;
    if (entry->kind == ENTRY_RESUME) {
        oracle->resumes =
            realloc(oracle->resumes, (oracle->resumes_count + 1) * sizeof *oracle->resumes);
        need(oracle->resumes != NULL, "no memory");
        oracle->resumes[oracle->resumes_count++] = made->number;
    }
    return broken;
}

static const char *
judge_segment(struct simulator *sim, const struct segment *segment, struct bytes payloads)
{
    const struct entry *last = segment_last(segment);
    const struct incarnation *incarnation =
        last->slot < sim->options.parties
            ? register_incarnation(sim->parties[last->slot].reg, last->inc)
            : NULL;

    if (segment_check_payloads(segment, payloads) != ENTENTE_OK)
        return "S2: other payloads than its headers say";
    for (uint32_t i = 0; i < segment->count; i++) {
        const char *broken = oracle_find(sim->oracle, &segment->ids[i]) != NULL
                                 ? NULL
                                 : add(sim, &segment->entries[i], &segment->ids[i],
                                       segment_payload(segment, payloads, i));
        if (broken != NULL)
            return broken;
    }
    if (incarnation == NULL || !segment_check_signature(segment, &incarnation->key))
        return "S1: without a good signature";
    return NULL;
}

void
oracle_judge(struct simulator *sim, const struct instance *instance, const struct segment *segment,
    struct bytes payloads)
{
    const char *broken = judge_segment(sim, segment, payloads);

    if (broken != NULL)
        breach(sim, "node %u stores entries up to %u of party %u, which break %s", instance->index,
            segment_last(segment)->seq, segment_last(segment)->slot + 1u, broken);
}
