/* Virtual time, the seed, the queue of tasks, and one step of one node. */
#include "simulator/internal.h"

#include "crypto/crypto.h"
#include "support/test.h"

#include <malloc.h>
#include <stdarg.h>

#define STEPS_PER_MS_MAX 20000u

void
need(bool ok, const char *what)
{
    if (ok)
        return;
    printf("Bail out! simulator: %s\n", what);
    exit(1);
}

uint64_t
simulator_random(struct simulator *sim, uint64_t below)
{
    return below == 0 ? 0 : test_random(&sim->random) % below;
}

bool
simulator_chance(struct simulator *sim, uint32_t percent)
{
    return simulator_random(sim, 100) < percent;
}

uint64_t
latency(struct simulator *sim)
{
    const struct simulator_options *o = &sim->options;

    return o->latency_ms_min + simulator_random(sim, o->latency_ms_max - o->latency_ms_min + 1u);
}

uint64_t
disk_delay(struct simulator *sim)
{
    return simulator_random(sim, sim->options.disk_ms_max + 1u);
}

void
digest_add(struct simulator *sim, const void *data, size_t size)
{
    const uint8_t *bytes = data;

    for (size_t i = 0; i < size; i++)
        sim->digest = (sim->digest ^ bytes[i]) * 0x100000001B3u;
}

void
simulator_trace(struct simulator *sim, const char *format, ...)
{
    va_list arguments;

    if (!sim->options.trace)
        return;
    printf("%8llu.%03llu  ", (unsigned long long)(sim->now_ms / 1000),
        (unsigned long long)(sim->now_ms % 1000));
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

/* ---- the queue: a heap by (time, order) ---- */

static bool
is_before(const struct task *a, const struct task *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void
swap_tasks(struct task *a, struct task *b)
{
    struct task kept = *a;

    *a = *b;
    *b = kept;
}

static uint32_t
sift_up(struct simulator *sim, uint32_t i)
{
    while (i > 0 && is_before(&sim->tasks[i], &sim->tasks[(i - 1) / 2])) {
        swap_tasks(&sim->tasks[i], &sim->tasks[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    return i;
}

struct task *
task_add(struct simulator *sim, enum task_kind kind, uint64_t at_ms)
{
    if (sim->tasks_count == sim->tasks_size) {
        sim->tasks_size = sim->tasks_size == 0 ? 256 : sim->tasks_size * 2;
        sim->tasks = realloc(sim->tasks, sim->tasks_size * sizeof *sim->tasks);
        need(sim->tasks != NULL, "no memory");
    }
    struct task *task = &sim->tasks[sim->tasks_count++];
    *task = (struct task){.kind = kind, .at_ms = at_ms, .order = sim->tasks_order++};
    return &sim->tasks[sift_up(sim, sim->tasks_count - 1)];
}

void
task_give(struct task *task, struct bytes data, struct bytes payloads)
{
    task->memory = malloc(data.size + payloads.size + 1);
    need(task->memory != NULL, "no memory");
    task->data_size = data.size;
    task->payloads_size = payloads.size;
    if (data.size > 0)
        memcpy(task->memory, data.data, data.size);
    if (payloads.size > 0)
        memcpy(task->memory + data.size, payloads.data, payloads.size);
}

static struct task
task_take(struct simulator *sim, uint32_t place)
{
    struct task taken = sim->tasks[place];

    sim->tasks[place] = sim->tasks[--sim->tasks_count];
    uint32_t i = place < sim->tasks_count ? sift_up(sim, place) : place;
    for (;;) {
        uint32_t least = i;
        for (uint32_t child = 2 * i + 1; child <= 2 * i + 2; child++)
            if (child < sim->tasks_count && is_before(&sim->tasks[child], &sim->tasks[least]))
                least = child;
        if (least == i)
            return taken;
        swap_tasks(&sim->tasks[i], &sim->tasks[least]);
        i = least;
    }
}

/* ---- one step ---- */

static void
trace_effect(struct simulator *sim, const struct instance *instance, const struct effect *effect)
{
    if (effect->kind == EFFECT_TRACE)
        simulator_trace(sim, "node %u says: %.*s (%s)", instance->index, (int)effect->data.size,
            (const char *)effect->data.data, entente_error_text(effect->error));
}

static void
perform(struct simulator *sim, struct instance *instance, const struct effect *effect)
{
    switch (effect->kind) {
    case EFFECT_SEND:
    case EFFECT_CUT:
        network_effect(sim, instance, effect);
        break;
    case EFFECT_STORE_BRANCH:
    case EFFECT_STORE_SEGMENT:
    case EFFECT_STORE_REGISTER:
    case EFFECT_STORE_PROOF:
    case EFFECT_STORE_FILE:
    case EFFECT_STORE_CHUNK:
    case EFFECT_COMMIT:
        disk_effect(sim, instance, effect);
        break;
    case EFFECT_STATE_ASK:
    case EFFECT_BARRIER:
    case EFFECT_APPEND:
    case EFFECT_JOURNAL_ASK:
    case EFFECT_RELEASE:
    case EFFECT_KEYHOLDER_REGISTER:
        holder_effect(sim, instance, effect);
        break;
    case EFFECT_TIMER:
        if (effect->at_ms == instance->timer_ms)
            break;
        instance->timer_ms = effect->at_ms;
        struct task *task = task_add(sim, TASK_TIMER, effect->at_ms);
        task->at_ms = effect->at_ms < sim->now_ms ? sim->now_ms : effect->at_ms;
        task->instance = instance->index;
        task->life = instance->life;
        task->number = effect->at_ms;
        break;
    case EFFECT_NEWS:
    case EFFECT_TRACE:
        break;
    }
}

/* The last steps of a busy loop, for whoever reads the trace. */
static void
trace_loop(struct simulator *sim, const struct instance *instance, const struct event *event)
{
    simulator_trace(sim, "node %u gets event %d (frame %d); its effects:", instance->index,
        (int)event->kind, event->data.size > 0 ? event->data.data[0] : 0);
    for (uint32_t i = 0; i < sim->effects.count; i++) {
        const struct effect *effect = &sim->effects.list[i];
        simulator_trace(sim, "    effect %d (frame %d)", (int)effect->kind,
            effect->kind == EFFECT_SEND ? effect->data.data[0] : 0);
    }
}

void
step(struct simulator *sim, struct instance *instance, struct event *event)
{
    if (!instance->is_up || sim->breach[0] != 0)
        return;
    event->mono_ms = sim->now_ms + 1; /* 0 means "not set" inside the node */
    event->now_ms = (uint64_t)((int64_t)(EPOCH_MS + sim->now_ms) + instance->clock_ms);
    uint64_t note[] = {sim->now_ms, (uint64_t)event->kind, instance->index, event->link,
        event->batch, event->data.size};
    digest_add(sim, note, sizeof note);
    digest_add(sim, event->data.data, event->data.size < 128 ? event->data.size : 128);

    enum entente_error trouble = node_step(instance->node, event, &sim->effects);
    for (uint32_t i = 0; i < sim->effects.count; i++) {
        trace_effect(sim, instance, &sim->effects.list[i]);
        watch_effect(sim, instance, &sim->effects.list[i]);
        perform(sim, instance, &sim->effects.list[i]);
    }
    watch_step(sim, instance, trouble);
    if (sim->tasks_done_now + 6 > STEPS_PER_MS_MAX)
        trace_loop(sim, instance, event);
    if (++sim->tasks_done_now > STEPS_PER_MS_MAX)
        breach(sim, "%u steps within one millisecond: a busy loop", STEPS_PER_MS_MAX);
    disk_end_step(sim, instance);
}

static void
timer_task(struct simulator *sim, struct instance *instance, const struct task *task)
{
    struct event event = {.kind = EVENT_TIMER};

    if (task->life != instance->life || task->number != instance->timer_ms)
        return;
    instance->timer_ms = 0;
    step(sim, instance, &event);
}

static void
run(struct simulator *sim, const struct task *task)
{
    struct instance *instance = &sim->instances[task->instance];

    switch (task->kind) {
    case TASK_CONNECT:
    case TASK_LINK_UP:
    case TASK_LINK_DOWN:
    case TASK_FRAME:
        network_task(sim, task);
        break;
    case TASK_TIMER:
        timer_task(sim, instance, task);
        break;
    case TASK_COMMIT:
        disk_task(sim, instance, task);
        break;
    case TASK_KEYHOLDER:
    case TASK_MARK:
    case TASK_ANSWER:
    case TASK_HOLDER_BACK:
        holder_task(sim, instance, task);
        break;
    }
}

void
task_run(struct simulator *sim, uint32_t place)
{
    struct task task = task_take(sim, place);

    run(sim, &task);
    free(task.memory);
}

void
simulator_run(struct simulator *sim, uint64_t ms)
{
    uint64_t until_ms = sim->now_ms + ms;

    while (sim->tasks_count > 0 && sim->tasks[0].at_ms <= until_ms && sim->breach[0] == 0) {
        if (sim->tasks[0].at_ms > sim->now_ms) {
            sim->now_ms = sim->tasks[0].at_ms;
            sim->tasks_done_now = 0;
        }
        task_run(sim, 0);
    }
    if (sim->now_ms < until_ms) {
        sim->now_ms = until_ms;
        sim->tasks_done_now = 0;
    }
}

/* ---- the room ---- */

static void
make_genesis(struct simulator *sim)
{
    struct genesis genesis = {.t_ms = EPOCH_MS - 1000,
        .title = bytes_of_text("Simulated room"),
        .languages_count = 1,
        .parties_count = (uint8_t)sim->options.parties};
    struct genesis_consents consents = {0};
    uint8_t *memory = malloc(GENESIS_BYTES_MAX);
    struct signing_key key;
    struct public_key public;

    need(memory != NULL, "no memory");
    genesis.nonce[0] = 7;
    genesis.languages[0] = bytes_of_text("en");
    for (uint8_t i = 0; i < genesis.parties_count; i++) {
        const struct party_register *reg = sim->parties[i].reg;
        genesis.parties[i].party = *register_party(reg);
        genesis.parties[i].reg_number = register_count(reg);
        genesis.parties[i].reg_id = *register_id(reg, register_count(reg));
    }
    struct writer writer = writer_of(memory, GENESIS_BYTES_MAX);
    genesis_write(&writer, &genesis);
    genesis_make_room(&sim->room, writer_written(&writer));
    for (uint8_t i = 0; i < genesis.parties_count; i++) {
        build_key(&key, &public, sim->parties[i].seed, BUILD_ROOT, 0);
        consents.counts[i] = 1;
        genesis_sign(&consents.signatures[i][0].signature, &key, &sim->room);
    }
    genesis.encoded = (struct bytes){malloc(writer.used), writer.used};
    need(genesis.encoded.data != NULL, "no memory");
    uint8_t *encoded = (uint8_t *)(uintptr_t)genesis.encoded.data;
    memcpy(encoded, memory, writer.used);
    writer = writer_of(memory, GENESIS_BYTES_MAX);
    genesis_file_write(&writer, &genesis, &consents);
    need(!writer.failed, "the genesis does not fit");
    sim->genesis_file = memory;
    sim->genesis_size = writer.used;
    free(encoded);
}

struct simulator *
simulator_new(const struct simulator_options *options)
{
    struct simulator *sim = calloc(1, sizeof *sim);

    need(sim != NULL && crypto_start() == ENTENTE_OK, "no memory");
    /* Thousands of runs: what one gives back is the next one's. */
    (void)mallopt(M_MMAP_THRESHOLD, 1 << 26);
    (void)mallopt(M_TRIM_THRESHOLD, 1 << 28);
    need(options->parties >= 2 && options->parties <= SIMULATOR_PARTIES_MAX, "number of parties");
    sim->options = *options;
    if (options->mutations != NULL)
        sim->options.keyholder = options->mutations->keyholder;
    sim->random = options->seed * 0x9E3779B97F4A7C15u + 1;
    sim->digest = 0xCBF29CE484222325u;
    sim->arena = malloc(NODE_ARENA_BYTES);
    sim->effects.list = calloc(NODE_EFFECTS_MAX, sizeof *sim->effects.list);
    need(sim->arena != NULL && sim->effects.list != NULL, "no memory");
    arena_init(&sim->effects.arena, sim->arena, NODE_ARENA_BYTES);
    need(channel_new(&sim->scratch, -1, 4u * CHANNEL_BODY_BYTES_MAX) == ENTENTE_OK, "no memory");
    /* Some turn to the next file of their journal often, some never. */
    sim->journal_file_bytes = options->journal_file_bytes != 0 ? options->journal_file_bytes
                                                               : 24576u << options->seed % 3;
    for (uint32_t i = 0; i < options->parties; i++)
        build_party(&sim->parties[i], (uint8_t)(i + 1));
    make_genesis(sim);
    sim->oracle = oracle_new();
    sim->instances_count = options->parties;
    for (uint32_t i = 0; i < options->parties; i++) {
        sim->instances[i].index = i;
        machine_setup(sim, &sim->instances[i], (uint8_t)i, 1);
        for (uint32_t j = 0; j < i; j++)
            network_pair(sim, i, j)->may_talk = true;
    }
    for (uint32_t i = 0; i < options->parties; i++)
        simulator_start(sim, i);
    return sim;
}

void
simulator_free(struct simulator *sim)
{
    if (sim == NULL)
        return;
    for (uint32_t i = 0; i < sim->instances_count; i++)
        machine_free(&sim->instances[i]);
    for (uint32_t i = 0; i < sim->tasks_count; i++)
        free(sim->tasks[i].memory);
    for (uint32_t i = 0; i < sim->options.parties; i++)
        build_party_free(&sim->parties[i]);
    channel_free(sim->scratch);
    free(sim->tasks);
    free(sim->genesis_file);
    free(sim->effects.list);
    free(sim->arena);
    free(sim->entries);
    free(sim->entry_index);
    free(sim->sets);
    oracle_free(sim->oracle);
    free(sim);
}

uint64_t
simulator_now(const struct simulator *sim)
{
    return sim->now_ms;
}

uint64_t
simulator_digest(const struct simulator *sim)
{
    return sim->digest;
}

uint32_t
simulator_instances(const struct simulator *sim)
{
    return sim->instances_count;
}

struct node *
simulator_node(const struct simulator *sim, uint32_t instance)
{
    return sim->instances[instance].node;
}

const struct room_id *
simulator_room(const struct simulator *sim)
{
    return &sim->room;
}

bool
simulator_is_up(const struct simulator *sim, uint32_t instance)
{
    return sim->instances[instance].is_up;
}

enum node_writing
simulator_writing(const struct simulator *sim, uint32_t instance)
{
    const struct instance *of = &sim->instances[instance];

    return of->is_up ? node_writing(of->node, &sim->room) : NODE_WRITING_UNKNOWN;
}

bool
simulator_is_honest(const struct simulator *sim, uint32_t instance)
{
    return sim->instances[instance].is_honest;
}

bool
simulator_is_contested(const struct simulator *sim, uint32_t instance)
{
    const struct instance *of = &sim->instances[instance];

    for (uint32_t i = 0; i < sim->instances_count; i++)
        if (sim->instances[i].is_up && sim->instances[i].is_honest &&
            record_is_contested(
                node_record(sim->instances[i].node, &sim->room), of->party, of->holder.inc))
            return true;
    return false;
}
