/*
 * A keyholder: what it signs continues what it signed before, and is on its disk before anybody
 * hears of it.  It has its own process and its own disk, apart from the node's.
 */
#include "simulator/internal.h"

void
keyholder_init(struct keyholder *holder, struct simulator *sim, uint8_t party, uint16_t inc)
{
    const struct party_register *reg = sim->parties[party].reg;
    const struct incarnation *own = register_incarnation(reg, inc);
    struct public_key public;
    uint32_t life = holder->life;

    need(own != NULL, "the incarnation is not certified");
    *holder = (struct keyholder){.slot = party, .inc = inc, .life = life + 1, .is_up = true};
    build_key(&holder->key, &public, sim->parties[party].seed, BUILD_NODE, inc);
    holder->reg_number = own->certified_at;
    holder->reg_id = own->certificate;
    holder->base.reg_number = holder->reg_number;
    holder->base.reg_id = holder->reg_id;
    holder->barrier_passed = sim->options.keyholder.no_start_barrier;
}

static void
journal_forget(struct keyholder *holder, uint32_t first, uint32_t count)
{
    for (uint32_t i = first; i < first + count; i++)
        free(holder->journal[i].memory);
    if (count > 0)
        memmove(holder->journal + first, holder->journal + first + count,
        (holder->journal_count - first - count) * sizeof *holder->journal);
    holder->journal_count -= count;
}

void
keyholder_free(struct keyholder *holder)
{
    journal_forget(holder, 0, holder->journal_count);
    free(holder->journal);
    holder->journal = NULL;
}

void
keyholder_copy(struct keyholder *to, const struct keyholder *from)
{
    *to = *from;
    to->journal = calloc(from->journal_count + 1, sizeof *to->journal);
    need(to->journal != NULL, "no memory");
    for (uint32_t i = 0; i < from->journal_count; i++) {
        size_t size = from->journal[i].segment_size + from->journal[i].payloads_size;
        to->journal[i] = from->journal[i];
        to->journal[i].memory = malloc(size + 1);
        need(to->journal[i].memory != NULL, "no memory");
        memcpy(to->journal[i].memory, from->journal[i].memory, size);
    }
}

/* ---- answers, in order ---- */

static struct task *
answer(struct simulator *sim, struct instance *instance, enum event_kind kind, uint64_t at_ms)
{
    struct keyholder *holder = &instance->holder;

    if (holder->answers_at_ms > at_ms)
        at_ms = holder->answers_at_ms;
    holder->answers_at_ms = at_ms;
    struct task *task = task_add(sim, TASK_ANSWER, at_ms);
    task->instance = instance->index;
    task->life = instance->life;
    task->a = holder->life;
    task->event.kind = kind;
    task->event.room = sim->room;
    return task;
}

static void
answer_state(struct simulator *sim, struct instance *instance)
{
    const struct keyholder *holder = &instance->holder;
    struct task *task = answer(sim, instance, EVENT_KEYHOLDER_STATE, sim->now_ms);

    task->event.state = (struct keyholder_state){
        .slot = holder->slot,
        .inc = holder->inc,
        .seq = holder->seq,
        .id = holder->id,
        .reg_number = holder->reg_number,
        .reg_id = holder->reg_id,
        .t_ms = holder->t_ms,
        .journal_first_seq = holder->journal_count == 0 ? 0 : holder->journal[0].first_seq,
        .barrier_passed = holder->barrier_passed,
        .is_retired = holder->is_retired,
    };
}

static void
refuse(struct simulator *sim, struct instance *instance, enum entente_error error)
{
    struct task *task = answer(sim, instance, EVENT_REFUSED, sim->now_ms);

    simulator_trace(sim, "keyholder %u refuses to sign: %s", instance->index,
        entente_error_text(error));
    task->event.error = error;
}

/* ---- signing ---- */

/* Reads the headers and checks that they continue the feed. */
static enum entente_error
read_headers(const struct simulator *sim, const struct instance *instance, struct bytes headers,
    uint32_t count, struct segment *segment)
{
    const struct keyholder *holder = &instance->holder;
    bool lies = (instance->lies & LIE_FORK) != 0;
    struct reader reader = reader_of(headers);
    struct journaled last = {.last_seq = holder->seq, .last_id = holder->id,
        .t_ms = holder->t_ms, .reg_number = holder->reg_number};

    segment->count = count;
    for (uint32_t i = 0; i < count; i++) {
        struct entry *entry = &segment->entries[i];
        enum entente_error error = entry_parse(&reader, entry);
        if (error != ENTENTE_OK)
            return error;
        entry_make_id(&segment->ids[i], entry);
        if (!room_id_equal(&entry->room, &sim->room) || entry->slot != holder->slot ||
            entry->inc != holder->inc)
            return ENTENTE_ERR_REFUSED;
        if (!lies && (entry->seq != last.last_seq + 1 || entry->reg_number < last.reg_number ||
            (last.last_seq > 0 && !entry_id_equal(&entry->prev, &last.last_id)) ||
            entry->t_ms <= last.t_ms))
            return ENTENTE_ERR_BEHIND;
        last.last_seq = entry->seq;
        last.last_id = segment->ids[i];
        last.t_ms = entry->t_ms;
        last.reg_number = entry->reg_number;
    }
    return reader_finish(&reader);
}

static void
journal_write(struct simulator *sim, struct keyholder *holder, const struct segment *segment,
    struct bytes headers, struct bytes payloads)
{
    const struct entry *last = &segment->entries[segment->count - 1];
    uint8_t bytes[SEGMENT_SIGNED_BYTES];
    struct signature signature;
    struct position head = {last->slot, last->inc, last->seq, segment->ids[segment->count - 1]};
    size_t size = headers.size + 5 + sizeof signature;

    segment_signed_bytes(bytes, &sim->room, &head);
    sign_make(&signature, &holder->key, "entente/head/v1 ", (struct bytes){bytes, sizeof bytes});
    holder->journal =
        realloc(holder->journal, (holder->journal_count + 1) * sizeof *holder->journal);
    need(holder->journal != NULL, "no memory");
    struct journaled *journaled = &holder->journal[holder->journal_count++];
    *journaled = (struct journaled){.first_seq = segment->entries[0].seq, .last_seq = last->seq,
        .last_id = head.id, .t_ms = last->t_ms, .reg_number = last->reg_number,
        .reg_id = last->reg_id, .segment_size = size, .payloads_size = payloads.size};
    journaled->memory = malloc(size + payloads.size + 1);
    need(journaled->memory != NULL, "no memory");
    struct writer writer = writer_of(journaled->memory, size);
    segment_write(&writer, segment->count, headers, &signature);
    need(!writer.failed && writer.used == size, "a segment's size");
    if (payloads.size > 0)
        memcpy(journaled->memory + size, payloads.data, payloads.size);
    holder->seq = last->seq;
    holder->id = head.id;
    holder->t_ms = last->t_ms;
    holder->reg_number = last->reg_number;
    holder->reg_id = last->reg_id;
}

/* The signature leaves when the journal is on the disk. */
static void
append(struct simulator *sim, struct instance *instance, const struct task *task)
{
    struct keyholder *holder = &instance->holder;
    struct bytes headers = {task->memory, task->data_size};
    struct bytes payloads = {task->memory + task->data_size, task->payloads_size};
    struct segment *segment = calloc(1, sizeof *segment);
    enum entente_error error = ENTENTE_OK;

    need(segment != NULL, "no memory");
    if ((instance->lies & LIE_FORK) == 0)
        error = holder->is_retired        ? ENTENTE_ERR_RETIRED
                : !holder->barrier_passed ? ENTENTE_ERR_BARRIER
                                          : ENTENTE_OK;
    if (error == ENTENTE_OK)
        error = read_headers(sim, instance, headers, task->request.seq, segment);
    if (error != ENTENTE_OK) {
        refuse(sim, instance, error);
        free(segment);
        return;
    }
    watch_signed(sim, instance, segment, task->life == instance->life);
    journal_write(sim, holder, segment, headers, payloads);
    free(segment);
    struct task *synced =
        task_add(sim, TASK_KEYHOLDER, sim->options.keyholder.no_journal ? sim->now_ms
                                                                        : sim->now_ms + disk_delay(sim));
    synced->instance = instance->index;
    synced->a = holder->life;
    synced->request = (struct request){.kind = REQUEST_SYNCED, .seq = holder->seq};
}

static void
synced(struct simulator *sim, struct instance *instance, uint32_t seq)
{
    struct keyholder *holder = &instance->holder;

    for (uint32_t i = 0; i < holder->journal_count; i++) {
        struct journaled *journaled = &holder->journal[i];
        if (journaled->last_seq > seq || journaled->is_synced)
            continue;
        journaled->is_synced = true;
        watch_acknowledged(sim, instance, journaled->first_seq, journaled->last_seq);
        struct task *task = answer(sim, instance, EVENT_SIGNED, sim->now_ms);
        task_give(task, (struct bytes){journaled->memory, journaled->segment_size},
            (struct bytes){0});
    }
}

/* ---- the other requests ---- */

static void
barrier(struct simulator *sim, struct instance *instance, const struct request *request)
{
    struct keyholder *holder = &instance->holder;
    bool went_on_elsewhere = request->seq > holder->seq ||
                             (request->seq > 0 && request->seq == holder->seq &&
                                 !entry_id_equal(&request->id, &holder->id));

    bool lies = (instance->lies & LIE_FORK) != 0;
    if (went_on_elsewhere && !lies && !sim->options.keyholder.no_start_barrier) {
        holder->is_retired = true;
        watch_retired(sim, instance);
        simulator_trace(sim, "keyholder %u retires its key: it is known to have written up to %u, "
                             "its journal ends at %u", instance->index, request->seq, holder->seq);
    } else {
        holder->barrier_passed = true;
    }
    answer_state(sim, instance);
}

static void
send_journal(struct simulator *sim, struct instance *instance, uint32_t after_seq)
{
    struct keyholder *holder = &instance->holder;

    for (uint32_t i = 0; i < holder->journal_count; i++) {
        const struct journaled *journaled = &holder->journal[i];
        if (journaled->last_seq <= after_seq || !journaled->is_synced)
            continue;
        struct task *task = answer(sim, instance, EVENT_JOURNALED, sim->now_ms);
        task_give(task, (struct bytes){journaled->memory, journaled->segment_size},
            (struct bytes){journaled->memory + journaled->segment_size, journaled->payloads_size});
    }
    (void)answer(sim, instance, EVENT_JOURNAL_END, sim->now_ms);
}

static void
release(struct keyholder *holder, uint32_t seq)
{
    uint32_t count = 0;

    while (count < holder->journal_count && holder->journal[count].last_seq <= seq &&
           holder->journal[count].is_synced)
        count++;
    if (count > 0) {
        holder->base = holder->journal[count - 1];
        holder->base.memory = NULL;
    }
    journal_forget(holder, 0, count);
}

void
keyholder_effect(struct simulator *sim, struct instance *instance, const struct effect *effect)
{
    struct keyholder *holder = &instance->holder;

    if (!holder->is_up)
        return;
    if (effect->kind == EFFECT_RELEASE) {
        release(holder, effect->seq < effect->seq_held ? effect->seq : effect->seq_held);
        return;
    }
    uint64_t at_ms = sim->now_ms + simulator_random(sim, 2);
    struct task *task = task_add(sim, TASK_KEYHOLDER,
        at_ms < holder->answers_at_ms ? holder->answers_at_ms : at_ms);
    holder->answers_at_ms = task->at_ms;
    task->instance = instance->index;
    task->life = instance->life;
    task->a = holder->life;
    task->request = (struct request){.seq = effect->seq, .id = effect->id,
        .overridden = effect->overridden};
    if (effect->kind == EFFECT_APPEND) {
        task->request.kind = REQUEST_APPEND;
        task->request.seq = effect->count;
        task_give(task, effect->data, effect->payloads);
    } else {
        task->request.kind = effect->kind == EFFECT_STATE_ASK ? REQUEST_STATE
                             : effect->kind == EFFECT_BARRIER ? REQUEST_BARRIER
                                                              : REQUEST_JOURNAL;
    }
}

/* What it says of itself comes after what it is just writing to its disk. */
static bool
is_busy(const struct keyholder *holder)
{
    return holder->journal_count > 0 && !holder->journal[holder->journal_count - 1].is_synced;
}

static void
serve_later(struct simulator *sim, const struct task *task)
{
    struct task *later = task_add(sim, TASK_KEYHOLDER, sim->now_ms + 1);

    later->instance = task->instance;
    later->life = task->life;
    later->a = task->a;
    later->request = task->request;
}

static void
serve(struct simulator *sim, struct instance *instance, const struct task *task)
{
    if (task->request.kind != REQUEST_APPEND && task->request.kind != REQUEST_SYNCED &&
        is_busy(&instance->holder)) {
        serve_later(sim, task);
        return;
    }
    switch (task->request.kind) {
    case REQUEST_STATE:
        answer_state(sim, instance);
        break;
    case REQUEST_BARRIER:
        barrier(sim, instance, &task->request);
        break;
    case REQUEST_APPEND:
        append(sim, instance, task);
        break;
    case REQUEST_JOURNAL:
        send_journal(sim, instance, task->request.seq);
        break;
    case REQUEST_SYNCED:
        synced(sim, instance, task->request.seq);
        break;
    }
}

void
keyholder_task(struct simulator *sim, struct instance *instance, const struct task *task)
{
    struct event event = task->event;

    if (task->kind == TASK_HOLDER_BACK) {
        if (!instance->holder.is_up && instance->is_up) {
            keyholder_start(sim, instance);
            answer_state(sim, instance);
        }
        return;
    }
    if (task->a != instance->holder.life)
        return;
    if (task->kind == TASK_KEYHOLDER) {
        /* A node that crashed does not take back what it asked for. */
        if (task->request.kind == REQUEST_APPEND || task->request.kind == REQUEST_SYNCED ||
            task->life == instance->life)
            serve(sim, instance, task);
        return;
    }
    if (task->life != instance->life)
        return;
    event.data = (struct bytes){task->memory, task->data_size};
    event.payloads = (struct bytes){task->memory + task->data_size, task->payloads_size};
    step(sim, instance, &event);
}

/* ---- life ---- */

void
keyholder_crash(struct simulator *sim, struct instance *instance, bool machine)
{
    struct keyholder *holder = &instance->holder;
    uint32_t kept = 0;

    holder->is_up = false;
    holder->life++;
    holder->answers_at_ms = 0;
    holder->barrier_passed = false;
    /* Without the journal, a crash of the machine forgets all that was signed since its start. */
    bool forgets = machine && sim->options.keyholder.no_journal;
    while (kept < holder->journal_count && holder->journal[kept].is_synced && !forgets)
        kept++;
    if (!forgets && kept < holder->journal_count &&
        (!machine || simulator_chance(sim, 50))) {
        /* It is on the disk, and nobody was told: it comes back out of the journal. */
        watch_acknowledged(
            sim, instance, holder->journal[kept].first_seq, holder->journal[kept].last_seq);
        holder->journal[kept++].is_synced = true;
    }
    if (kept == holder->journal_count)
        return;
    const struct journaled *last = kept > 0 ? &holder->journal[kept - 1] : &holder->base;
    holder->seq = last->last_seq;
    holder->id = last->last_id;
    holder->t_ms = last->t_ms;
    holder->reg_number = last->reg_number;
    holder->reg_id = last->reg_id;
    simulator_trace(sim, "keyholder %u loses %u segments that were not on its disk; it ends at %u",
        instance->index, holder->journal_count - kept, holder->seq);
    journal_forget(holder, kept, holder->journal_count - kept);
}

void
keyholder_start(struct simulator *sim, struct instance *instance)
{
    instance->holder.is_up = true;
    instance->holder.barrier_passed = sim->options.keyholder.no_start_barrier;
    simulator_trace(sim, "keyholder %u runs again, its journal ends at %u", instance->index,
        instance->holder.seq);
}

void
keyholder_seal(struct simulator *sim, struct instance *instance, uint32_t payload_bytes)
{
    uint8_t *payload = malloc(payload_bytes + 1);
    struct task *task;

    need(payload != NULL, "no memory");
    for (uint32_t i = 0; i < payload_bytes; i++)
        payload[i] = (uint8_t)simulator_random(sim, 256);
    task = answer(sim, instance, EVENT_SEALED, sim->now_ms);
    task->event.sealed = (struct sealed){.ticket = ++instance->ticket, .kind = ENTRY_SEALED,
        .chain = 1, .index = (uint32_t)instance->ticket};
    task->event.sealed.pcommit.bytes[0] = 1;
    task_give(task, (struct bytes){payload, payload_bytes}, (struct bytes){0});
    free(payload);
}
