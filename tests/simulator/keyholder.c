/*
 * A keyholder at work: the real one, asked and answering in the real messages.  A turn is what had
 * arrived when it began; its answers leave when the journal is on the disk, and what arrives until
 * then waits for the next turn.
 */
#include "simulator/internal.h"

#include "daemon/keyholder_messages.h"
#include "format/section.h"

#define MARK_AFTER_MS 1000u /* as in src/keyholder/main.c */
#define FAULTS_MAX 100u

bool
holder_ignores_barrier(const struct simulator *sim, const struct instance *instance)
{
    return sim->options.keyholder.no_start_barrier || (instance->lies & LIE_FORK) != 0;
}

bool
holder_owes(const struct instance *instance)
{
    const struct keyholder *process = instance->holder.process;

    if (process == NULL)
        return false;
    const struct tickets *tickets = &process->rooms[0].tickets;
    for (uint32_t i = tickets->start; i < tickets->count; i++)
        if (tickets->list[i].number != 0)
            return true;
    return false;
}

/* ---- what it is asked ---- */

/* The one message in `sim->scratch` is on its way. */
static void
ask(struct simulator *sim, struct instance *instance)
{
    struct holder *holder = &instance->holder;
    struct bytes message = channel_queued(sim->scratch);
    uint64_t at_ms = sim->now_ms + simulator_random(sim, 2);
    struct task *task = task_add(
        sim, TASK_KEYHOLDER, at_ms < holder->answers_at_ms ? holder->answers_at_ms : at_ms);

    holder->answers_at_ms = task->at_ms;
    task->instance = instance->index;
    task->life = holder->life;
    task_give(task, message, (struct bytes){0});
    channel_sent(sim->scratch, message.size);
}

void
holder_effect(struct simulator *sim, struct instance *instance, const struct effect *effect)
{
    if (instance->holder.process == NULL)
        return;
    need(keyholder_effect_queue(sim->scratch, effect) == ENTENTE_OK, "a message to the keyholder");
    ask(sim, instance);
}

void
holder_say(struct simulator *sim, struct instance *instance, uint32_t payload_bytes)
{
    struct section section = {.type = SECTION_STATEMENT, .statement.tag = bytes_of_text("en")};
    uint8_t *text = malloc(payload_bytes + 1);
    uint8_t *sections = malloc(payload_bytes + 64);
    struct writer writer = writer_of(sections, payload_bytes + 64);

    need(text != NULL && sections != NULL, "no memory");
    for (uint32_t i = 0; i < payload_bytes; i++)
        text[i] = (uint8_t)('a' + simulator_random(sim, 26));
    section.statement.text = (struct bytes){text, payload_bytes};
    writer_u16(&writer, 1);
    writer_u16(&writer, section.type);
    writer_u32(&writer, (uint32_t)section_size(&section));
    section_write(&writer, &section);
    struct message_seal seal = {++instance->ticket, sim->room, writer_written(&writer)};
    need(!writer.failed && message_seal_queue(sim->scratch, &seal) == ENTENTE_OK, "a seal");
    ask(sim, instance);
    free(text);
    free(sections);
}

/* ---- what it answers ---- */

static void
answer(struct simulator *sim, struct instance *instance, uint16_t type, struct bytes body)
{
    struct holder *holder = &instance->holder;
    struct task *task = task_add(sim, TASK_ANSWER,
        holder->answers_at_ms > sim->now_ms ? holder->answers_at_ms : sim->now_ms);

    holder->answers_at_ms = task->at_ms;
    task->instance = instance->index;
    task->life = instance->life;
    task->a = holder->life;
    task->number = type;
    task_give(task, body, (struct bytes){0});
}

static void
note_left(struct simulator *sim, struct instance *instance, struct bytes encoded)
{
    struct segment *segment = malloc(sizeof *segment);
    struct reader reader = reader_of(encoded);

    need(segment != NULL && segment_parse(&reader, segment) == ENTENTE_OK, "a signed segment");
    watch_acknowledged(sim, instance, segment->entries[0].seq, segment_last(segment)->seq);
    free(segment);
}

static void
note_state(struct simulator *sim, struct instance *instance, const struct message_state *state)
{
    struct holder *holder = &instance->holder;

    if (state->is_retired && !holder->is_retired) {
        watch_retired(sim, instance);
        simulator_trace(sim,
            "keyholder %u retires its key: its journal ends at %u, others have more",
            instance->index, state->seq);
    }
    holder->is_retired = state->is_retired;
}

/* It leaves for the node. */
static void
note(struct simulator *sim, struct instance *instance, uint16_t type, struct bytes body)
{
    struct message_state state;
    struct message_signed signed_;
    struct message_journaled journaled;
    struct message_refused refused;

    if (type == MESSAGE_STATE && message_state_read(body, &state) == ENTENTE_OK)
        note_state(sim, instance, &state);
    if (type == MESSAGE_SIGNED && message_signed_read(body, &signed_) == ENTENTE_OK)
        note_left(sim, instance, signed_.segment);
    if (type == MESSAGE_JOURNALED && message_journaled_read(body, &journaled) == ENTENTE_OK)
        note_left(sim, instance, journaled.segment);
    if (type == MESSAGE_REFUSED && message_refused_read(body, &refused) == ENTENTE_OK)
        simulator_trace(sim, "keyholder %u refuses to sign: %s", instance->index,
            entente_error_text((enum entente_error)refused.error));
}

/* It leaves for the desk: a person is told that it is in the feed. */
static void
note_appended(struct simulator *sim, struct instance *instance, uint16_t type, struct bytes body)
{
    struct message_appended appended;

    if (type == MESSAGE_APPENDED && message_appended_read(body, &appended) == ENTENTE_OK)
        watch_acknowledged(sim, instance, appended.seq, appended.seq);
}

static bool
next_message(struct reader *reader, uint16_t *type, struct bytes *body)
{
    if (reader->rest.size == 0)
        return false;
    uint32_t size = reader_u32(reader);
    *type = reader_u16(reader);
    *body = reader_bytes(reader, size);
    need(!reader->failed, "a message");
    return true;
}

static void
send_answers(struct simulator *sim, struct instance *instance)
{
    struct keyholder *process = instance->holder.process;
    struct reader node = reader_of(channel_queued(process->node));
    struct reader desk = reader_of(channel_queued(process->desk));
    uint16_t type;
    struct bytes body;

    while (next_message(&node, &type, &body)) {
        note(sim, instance, type, body);
        answer(sim, instance, type, body);
    }
    while (next_message(&desk, &type, &body))
        note_appended(sim, instance, type, body);
    channel_sent(process->node, channel_queued(process->node).size);
    channel_sent(process->desk, channel_queued(process->desk).size);
}

/* ---- turns ---- */

/* Not even a liar's node goes on accusing the others without end. */
static void
note_faults(struct simulator *sim, struct instance *instance, const struct segment *segment)
{
    struct holder *holder = &instance->holder;

    for (uint32_t i = 0; i < segment->count; i++)
        holder->faults += segment->entries[i].kind == ENTRY_FAULT;
    if (holder->faults > FAULTS_MAX && sim->options.mutations == NULL)
        breach(sim, "node %u signed %u fault entries", instance->index, holder->faults);
}

/* What it signs now, though nobody hears of it yet. */
static void
note_signed(struct simulator *sim, struct instance *instance, size_t before)
{
    struct bytes queued = channel_queued(instance->holder.process->node);
    struct reader reader = reader_of((struct bytes){queued.data + before, queued.size - before});
    struct segment *segment = malloc(sizeof *segment);
    struct message_signed message;
    uint16_t type;
    struct bytes body;

    need(segment != NULL, "no memory");
    while (queued.size > before && next_message(&reader, &type, &body)) {
        if (type != MESSAGE_SIGNED || message_signed_read(body, &message) != ENTENTE_OK)
            continue;
        struct reader encoded = reader_of(message.segment);
        need(segment_parse(&encoded, segment) == ENTENTE_OK, "a signed segment");
        watch_signed(sim, instance, segment, instance->is_up);
        note_faults(sim, instance, segment);
    }
    free(segment);
}

static enum entente_error
take(struct simulator *sim, struct instance *instance, uint16_t type, struct bytes body)
{
    struct keyholder *process = instance->holder.process;
    size_t before = channel_queued(process->node).size;

    if (message_is_allowed(type, PROCESS_DESK, PROCESS_KEYHOLDER))
        return keyholder_desk_message(process, type, body);
    if (type == MESSAGE_BARRIER && holder_ignores_barrier(sim, instance))
        return keyholder_say_state(process, &process->rooms[0]);
    enum entente_error error = keyholder_node_message(process, type, body);
    if (error == ENTENTE_OK && type == MESSAGE_APPEND)
        note_signed(sim, instance, before);
    return error;
}

/* Whether it goes on; where the power failed, the whole machine is off now. */
static bool
survives(struct simulator *sim, struct instance *instance, enum entente_error error)
{
    if (error == ENTENTE_OK)
        return true;
    if (!instance->holder.disk.is_off)
        breach(
            sim, "the keyholder of node %u ends: %s", instance->index, entente_error_text(error));
    return false;
}

bool
holder_turn(struct simulator *sim, struct instance *instance)
{
    struct holder *holder = &instance->holder;
    enum entente_error error = ENTENTE_OK;
    uint16_t type;
    struct bytes body;

    memo_begin(sim);
    holder->process->now_us =
        (uint64_t)((int64_t)(EPOCH_MS + sim->now_ms) + instance->clock_ms) * 1000;
    while (error == ENTENTE_OK && channel_next(holder->arrived, &type, &body) == ENTENTE_OK)
        error = take(sim, instance, type, body);
    return survives(sim, instance, error);
}

/* What stays the last batch for a while is marked, as main.c does it. */
static void
mark_later(struct simulator *sim, struct instance *instance)
{
    struct holder *holder = &instance->holder;
    uint64_t unmarked = journal_unmarked(holder->process->journal);

    if (unmarked == 0 || unmarked == holder->unmarked)
        return;
    holder->unmarked = unmarked;
    struct task *task = task_add(sim, TASK_MARK, sim->now_ms + MARK_AFTER_MS);
    task->instance = instance->index;
    task->life = holder->life;
    task->number = unmarked;
}

static void
mark(struct simulator *sim, struct instance *instance, const struct task *task)
{
    struct holder *holder = &instance->holder;

    if (task->life != holder->life || holder->process == NULL || holder->is_busy ||
        journal_unmarked(holder->process->journal) != task->number)
        return;
    enum entente_error error = journal_mark(holder->process->journal);
    /* As the program does: a full journal is no reason to end. */
    if (error != ENTENTE_ERR_DISK_FULL && !survives(sim, instance, error))
        simulator_crash(sim, instance->index, CRASH_MACHINE);
}

bool
holder_end_turn(struct simulator *sim, struct instance *instance)
{
    struct holder *holder = &instance->holder;

    enum entente_error error = keyholder_commit(holder->process);
    holder->is_busy = false;
    if (error == ENTENTE_OK)
        send_answers(sim, instance);
    while (error == ENTENTE_OK && keyholder_wants_pump(holder->process)) {
        error = keyholder_pump(holder->process);
        if (error == ENTENTE_OK)
            send_answers(sim, instance);
    }
    holder->first_seq = journal_first_seq(holder->process->journal, &sim->room);
    mark_later(sim, instance);
    return survives(sim, instance, error);
}

static void
begin_turn(struct simulator *sim, struct instance *instance)
{
    struct holder *holder = &instance->holder;

    if (!holder_turn(sim, instance)) {
        simulator_crash(sim, instance->index, CRASH_MACHINE);
        return;
    }
    if (!journal_is_dirty(holder->process->journal) || sim->options.keyholder.no_journal) {
        if (!holder_end_turn(sim, instance))
            simulator_crash(sim, instance->index, CRASH_MACHINE);
        return;
    }
    holder->is_busy = true;
    struct task *task = task_add(sim, TASK_KEYHOLDER, sim->now_ms + disk_delay(sim));
    task->instance = instance->index;
    task->life = holder->life;
}

static void
serve(struct simulator *sim, struct instance *instance, const struct task *task)
{
    struct holder *holder = &instance->holder;

    if (task->life != holder->life || holder->process == NULL)
        return;
    if (task->data_size > 0) {
        need(channel_feed(holder->arrived, (struct bytes){task->memory, task->data_size}) ==
                 ENTENTE_OK,
            "no memory");
        if (!holder->is_busy)
            begin_turn(sim, instance);
        return;
    }
    if (holder_end_turn(sim, instance))
        begin_turn(sim, instance);
    else
        simulator_crash(sim, instance->index, CRASH_MACHINE);
}

static void
come_back(struct simulator *sim, struct instance *instance)
{
    struct holder *holder = &instance->holder;

    if (holder->process != NULL || !instance->is_up)
        return;
    holder_start(sim, instance);
    if (holder->process == NULL)
        return;
    need(keyholder_say_state(holder->process, &holder->process->rooms[0]) == ENTENTE_OK, "state");
    send_answers(sim, instance);
}

void
holder_task(struct simulator *sim, struct instance *instance, const struct task *task)
{
    struct event event = {0};

    if (task->kind == TASK_HOLDER_BACK) {
        come_back(sim, instance);
        return;
    }
    if (task->kind == TASK_MARK) {
        mark(sim, instance, task);
        return;
    }
    if (task->kind == TASK_KEYHOLDER) {
        serve(sim, instance, task);
        return;
    }
    if (task->life != instance->life || task->a != instance->holder.life)
        return;
    need(keyholder_event_read((uint16_t)task->number, (struct bytes){task->memory, task->data_size},
             &event) == ENTENTE_OK,
        "an answer");
    step(sim, instance, &event);
}
