/*
 * Own entries: placing what the keyholder sealed, acks (H2), fault entries (F2), the resume (I1),
 * the start barrier (I4), and catching up with the keyholder's journal after a loss.
 */
#include "node/internal.h"

#include <stdlib.h>

#define BARRIER_GRACE_MS 500u /* so long other parties may still answer after the first one has */
#define CLAIM_PATIENCE_MS 15000u /* so long a peer may prove that it has more of our own feed */
#define RESUME_PATIENCE_MS 5000u /* so long a resume waits for what peers said they have */
#define FAULTS_PAUSE_MS 1000u
#define FAULTS_PAUSE_MS_MAX 3600000u
#define APPEND_PAYLOAD_BYTES_MAX SEGMENT_PAYLOAD_BYTES_MAX

static void
waiting_free(struct waiting *waiting)
{
    free(waiting->payload);
    free(waiting);
}

static void
appends_forget(struct writer_state *writer, uint32_t count)
{
    writer->appends_count -= count;
    memmove(
        writer->appends, writer->appends + count, writer->appends_count * sizeof *writer->appends);
}

/* Forget what waits to be placed: all of it, or only what is this node's own. */
static void
waiting_forget(struct writer_state *writer, bool all)
{
    struct waiting **at = &writer->first;

    while (*at != NULL) {
        struct waiting *waiting = *at;
        if (!all && waiting->sealed.ticket != 0) {
            at = &waiting->next;
            continue;
        }
        *at = waiting->next;
        writer->waiting_bytes -= waiting->payload == NULL ? 0 : waiting->sealed.payload_bytes;
        waiting_free(waiting);
    }
    writer->last = at;
}

void
writer_pause(struct room *room)
{
    struct writer_state *writer = &room->writer;

    appends_forget(writer, writer->appends_count);
    waiting_forget(writer, false);
    gather_forget(&writer->gathered);
    struct writer_state kept = *writer;
    *writer = (struct writer_state){.past = kept.past,
        .past_size = kept.past_size,
        .first = kept.first,
        .last = kept.first == NULL ? &writer->first : kept.last,
        .waiting_bytes = kept.waiting_bytes,
        .may_ack = true,
        .is_alone = kept.is_alone,
        .gathered = kept.gathered,
        .faults_again_ms = kept.faults_again_ms,
        .faults_wait_ms = kept.faults_wait_ms,
        .faults_lanes = kept.faults_lanes};
}

void
writer_reset(struct room *room)
{
    waiting_forget(&room->writer, true);
    writer_pause(room);
}

/* ---- learning where the feed stands ---- */

/* Nothing is on its way to the store, this step's own rows included. */
static bool
all_is_durable(const struct node *node)
{
    return node->stored == node->batch && !node->commit_due;
}

/* The vector behind the last own entry, when the record has it on disk: the next entry vouches for
 * all of it. */
static void
learn_past(struct node *node, struct room *room)
{
    struct writer_state *writer = &room->writer;
    uint32_t branches = record_branches(room->record);
    uint32_t branch;

    enum entente_error error = ENTENTE_OK;
    if (writer->past_size < branches + 1) {
        uint32_t *grown = realloc(writer->past, (branches + 8) * sizeof *grown);
        if (grown == NULL)
            error = ENTENTE_ERR_NO_MEMORY;
        else {
            memset(
                grown + writer->past_size, 0, (branches + 8 - writer->past_size) * sizeof *grown);
            writer->past = grown;
            writer->past_size = branches + 8;
        }
    }
    if (error != ENTENTE_OK) {
        node_trouble(node, error);
        writer->past_known = false;
        return;
    }
    if (writer->past_known)
        return;
    memset(writer->past, 0, writer->past_size * sizeof *writer->past);
    if (writer->next_seq == 1) {
        writer->past_known = true;
        return;
    }
    if (!all_is_durable(node) ||
        record_lane(room->record, room->slot, writer->keyholder.inc, &branch) != ENTENTE_OK ||
        record_head(room->record, branch).seq + 1 != writer->next_seq) {
        writer->past_known = node->options.node_mutations.write_before_recovery;
        return;
    }
    record_past(room->record, branch, writer->past, writer->past_size);
    writer->past_known = true;
}

/* Whether own entries that we lack are to come from another party, with what they depend on. */
static bool
others_have_more(const struct node *node, const struct room *room)
{
    uint32_t index = room_index(node, room);

    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++) {
        const struct link *link = node->links[i];
        for (uint32_t a = 0; link != NULL && link->is_up && a < link->rooms[index].ahead_count; a++)
            if (link->rooms[index].ahead[a].slot == room->slot)
                return true;
    }
    return false;
}

static void
ask_journal(struct node *node, struct room *room)
{
    struct writer_state *writer = &room->writer;
    uint32_t branch;
    uint32_t have = 0;

    if (!writer->has_state || writer->journal_asked || writer->gathered.count > 0 ||
        writer->keyholder.journal_first_seq == 0)
        return;
    if (record_lane(room->record, room->slot, writer->keyholder.inc, &branch) == ENTENTE_OK)
        have = record_head(room->record, branch).seq;
    if (have >= writer->keyholder.seq || writer->keyholder.journal_first_seq > have + 1)
        return;
    /* After the loss of a store the others bring most of it, causes first; what they never had is
     * the journal's.  It must not fill the room for pending segments before. */
    if (others_have_more(node, room) ||
        (have == 0 && writer->barrier_at_ms == 0 && !writer->is_alone))
        return;
    if (have == writer->journal_asked_seq && node->mono_ms < writer->journal_again_ms)
        return;
    struct effect *effect = effect_add(node, EFFECT_JOURNAL_ASK);
    if (effect == NULL)
        return;
    effect->room = room->id;
    effect->seq = have;
    writer->journal_asked = true;
    writer->journal_asked_seq = have;
    writer->journal_again_ms = node->mono_ms + node->options.request_timeout_ms;
    wake(node, writer->journal_again_ms);
}

static void
take_state(struct node *node, struct room *room, const struct keyholder_state *state)
{
    struct writer_state *writer = &room->writer;
    uint32_t reported_seq = writer->reported_seq;
    uint64_t barrier_at_ms = writer->barrier_at_ms;

    if (writer->has_state && writer->appends_count > 0)
        return; /* an answer from before what is under way */
    if (!writer->has_state)
        intake_tell_registers(node, room);
    writer->has_state = true;
    writer->state_asked = false;
    writer->keyholder = *state;
    writer->next_seq = state->seq + 1;
    writer->t_ms = state->t_ms;
    writer->reg_number = state->reg_number;
    writer->prev = state->id;
    writer->reported_seq = reported_seq;
    writer->barrier_at_ms = barrier_at_ms;
    writer->past_known = false;
    writer->barrier_sent = false;
    writer->writing = state->is_retired       ? NODE_WRITING_RETIRED
                      : state->barrier_passed ? NODE_WRITING_OPEN
                                              : NODE_WRITING_BARRIER;
    if (state->slot != room->slot) {
        writer->writing = NODE_WRITING_UNKNOWN;
        trace(node, ENTENTE_ERR_REFUSED, "keyholder", "it holds the keys of another party");
    }
    if (state->is_retired)
        trace(node, ENTENTE_ERR_RETIRED, "keyholder",
            "this party wrote on with this key elsewhere (a restored snapshot or a second copy); run "
            "entente keys resume");
    if (state->seq == 0) {
        const struct incarnation *own =
            register_incarnation(room->registers[room->slot], state->inc);
        if (own != NULL)
            writer->prev = own->certificate;
    }
    ask_journal(node, room);
}

static void
ask_state(struct node *node, struct room *room)
{
    struct effect *effect;

    if (room->writer.state_asked || (effect = effect_add(node, EFFECT_STATE_ASK)) == NULL)
        return;
    effect->room = room->id;
    room->writer.state_asked = true;
}

/* ---- the start barrier ---- */

/* The greatest own entry that is proven by its signature: HAVE is not signed, so it proves nothing.
 */
static struct position
proven_head(const struct room *room)
{
    uint16_t inc = room->writer.keyholder.inc;
    struct position head = record_pending_head(room->record, room->slot, inc);
    uint32_t branch;

    if (record_lane(room->record, room->slot, inc, &branch) == ENTENTE_OK &&
        record_head(room->record, branch).seq >= head.seq)
        head = record_head(room->record, branch);
    return head;
}

void
writer_report(struct node *node, struct room *room, uint32_t seq, bool is_complete)
{
    struct writer_state *writer = &room->writer;

    if (seq > writer->reported_seq)
        writer->reported_seq = seq;
    if (is_complete && writer->barrier_at_ms == 0)
        writer->barrier_at_ms = node->mono_ms + 1;
}

/* The feed went on elsewhere while we were writing: the keyholder decides. */
static void
notice_another_writer(const struct node *node, struct room *room)
{
    struct writer_state *writer = &room->writer;

    if (node->options.node_mutations.ignore_another_writer ||
        writer->writing != NODE_WRITING_OPEN || writer->appends_count > 0 ||
        proven_head(room).seq <= writer->keyholder.seq ||
        proven_head(room).seq <= writer->judged_seq)
        return; /* an operator who overrode it once is not asked again */
    writer->writing = NODE_WRITING_BARRIER;
    writer->barrier_sent = false;
}

static bool
all_reported(const struct node *node, const struct room *room)
{
    uint32_t index = room_index(node, room);
    uint32_t reported = 0;

    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++)
        reported += node->links[i] != NULL && node->links[i]->is_up &&
                    node->links[i]->rooms[index].has_have;
    return reported + 1u >= record_parties(room->record);
}

/* Until when the barrier waits, in steady time; 0: for the first report. */
static uint64_t
barrier_until_ms(const struct node *node, const struct room *room)
{
    const struct writer_state *writer = &room->writer;

    if (writer->is_alone || node->options.node_mutations.no_start_barrier ||
        proven_head(room).seq > writer->keyholder.seq)
        return node->mono_ms;
    if (writer->barrier_at_ms == 0)
        return 0;
    if (writer->reported_seq > writer->keyholder.seq)
        return writer->barrier_at_ms + CLAIM_PATIENCE_MS;
    return all_reported(node, room) ? node->mono_ms : writer->barrier_at_ms + BARRIER_GRACE_MS;
}

static void
pass_barrier(struct node *node, struct room *room)
{
    struct writer_state *writer = &room->writer;
    uint64_t until_ms = barrier_until_ms(node, room);
    struct position proven = proven_head(room);

    if (node->options.node_mutations.no_start_barrier)
        proven = (struct position){0};
    if (writer->writing != NODE_WRITING_BARRIER || writer->barrier_sent || until_ms == 0 ||
        node->mono_ms < until_ms)
        return;
    struct effect *effect = effect_add(node, EFFECT_BARRIER);
    if (effect == NULL)
        return;
    effect->room = room->id;
    effect->seq = proven.seq;
    effect->id = proven.id;
    effect->overridden = writer->is_alone;
    writer->judged_seq = proven.seq;
    writer->barrier_sent = true;
    writer->state_asked = true;
}

/* ---- placing entries ---- */

static void
queue_own(struct node *node, struct room *room, uint8_t kind, struct bytes payload)
{
    struct writer_state *writer = &room->writer;
    struct waiting *waiting = calloc(1, sizeof *waiting);
    uint8_t *copy = malloc(payload.size + 1);

    if (waiting == NULL || copy == NULL) {
        free(waiting);
        free(copy);
        node_trouble(node, ENTENTE_ERR_NO_MEMORY);
        return;
    }
    if (payload.size > 0)
        memcpy(copy, payload.data, payload.size);
    waiting->sealed.kind = kind;
    waiting->sealed.payload_bytes = (uint32_t)payload.size;
    payload_make_hash(&waiting->sealed.payload_hash, payload);
    waiting->payload = copy;
    waiting->next = writer->first;
    writer->first = waiting;
    if (writer->last == &writer->first)
        writer->last = &waiting->next;
    writer->waiting_bytes += payload.size;
}

static void
take_sealed(struct node *node, struct room *room, const struct event *event)
{
    struct writer_state *writer = &room->writer;
    struct waiting *waiting = calloc(1, sizeof *waiting);

    if (waiting == NULL) {
        node_trouble(node, ENTENTE_ERR_NO_MEMORY);
        return;
    }
    waiting->sealed = event->sealed;
    *writer->last = waiting;
    writer->last = &waiting->next;
}

static void
faults_wait(const struct node *node, struct writer_state *writer, uint32_t lanes)
{
    writer->faults_wait_ms =
        writer->faults_wait_ms == 0 ? FAULTS_PAUSE_MS : 2 * writer->faults_wait_ms;
    if (writer->faults_wait_ms > FAULTS_PAUSE_MS_MAX)
        writer->faults_wait_ms = FAULTS_PAUSE_MS_MAX;
    writer->faults_again_ms = node->mono_ms + writer->faults_wait_ms;
    writer->faults_lanes = lanes;
}

/*
 * A fault entry for each contested lane against which this party has none (F2).  Where the own lane
 * is contested too, the own record may refuse what its keyholder signed: then it is tried again, but
 * ever more rarely, as each attempt fills the journal.
 */
static void
queue_faults(struct node *node, struct room *room)
{
    struct writer_state *writer = &room->writer;
    const struct node_mutations *mutations = &node->options.node_mutations;
    bool is_missing = false;
    bool is_queued = false;
    bool is_full = false;
    uint32_t lanes = 0;
    uint8_t slot;
    uint16_t inc;
    struct bytes proof;

    if (writer->first != NULL || writer->appends_count > 0)
        return;
    while (record_contested_at(room->record, lanes, &slot, &inc))
        lanes++;
    bool is_due = node->mono_ms >= writer->faults_again_ms || lanes > writer->faults_lanes ||
                  mutations->fault_entry_again;
    for (uint32_t i = 0; record_contested_at(room->record, i, &slot, &inc); i++) {
        if (slot == room->slot || mutations->no_fault_entry ||
            (record_has_fault_by(room->record, room->slot, slot, inc) &&
                !mutations->fault_entry_again))
            continue;
        is_missing = true;
        /* In the step that finds the fork, the store has not been given the proof yet. */
        if (!is_due || is_full || i < writer->faults_next ||
            room->source->proof_of(room->source->state, &room->id, slot, inc, &proof) != ENTENTE_OK)
            continue;
        is_full = is_queued &&
                  writer->waiting_bytes + proof.size > node->options.fault_bytes_max;
        if (is_full) {
            writer->faults_next = i; /* when these have their place */
            continue;
        }
        queue_own(node, room, ENTRY_FAULT, proof);
        is_queued = true;
    }
    if (!is_missing || lanes > writer->faults_lanes)
        writer->faults_wait_ms = 0;
    if (is_due && !is_full && (is_queued || writer->faults_next > 0)) {
        writer->faults_next = 0;
        faults_wait(node, writer, lanes);
    }
    if (!is_missing)
        writer->faults_again_ms = 0;
    else if (!is_due || is_queued)
        wake(node, writer->faults_again_ms);
}

static bool
must_resume(const struct room *room)
{
    return room->writer.keyholder.inc > 1 && room->writer.next_seq == 1;
}

/* A resume covers what could be had: it waits a while for what peers said they have (I1). */
static bool
may_resume(const struct node *node, const struct room *room)
{
    uint32_t index = room_index(node, room);

    if (node->mono_ms > room->writer.barrier_at_ms + RESUME_PATIENCE_MS ||
        node->options.node_mutations.resume_at_once)
        return true;
    if (!all_is_durable(node))
        return false;
    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++)
        if (node->links[i] != NULL && node->links[i]->is_up &&
            node->links[i]->rooms[index].ahead_count > 0)
            return false;
    return true;
}

static bool
ack_is_due(const struct node *node, const struct room *room)
{
    const struct writer_state *writer = &room->writer;

    return writer->may_ack && writer->past_known && all_is_durable(node) &&
           node->mono_ms >= writer->quiet_since_ms + node->options.ack_delay_ms &&
           (writer->acked_at_ms == 0 ||
               node->mono_ms >= writer->acked_at_ms + node->options.ack_interval_ms);
}

/* One segment under construction. */
struct draft {
    struct writer headers;
    struct writer payloads; /* those that the keyholder has not */
    size_t payload_bytes;   /* of all */
    uint64_t *tickets;
    uint32_t count;
};

static bool
draft_start(struct node *node, const struct room *room, struct draft *draft)
{
    struct arena *arena = &node->effects->arena;
    size_t payload_bytes = 0;
    uint32_t count = 0;

    for (const struct waiting *w = room->writer.first; w != NULL && count < SEGMENT_ENTRIES_MAX;
         w = w->next, count++)
        payload_bytes += w->payload == NULL ? 0 : w->sealed.payload_bytes;
    if (payload_bytes > APPEND_PAYLOAD_BYTES_MAX)
        payload_bytes = APPEND_PAYLOAD_BYTES_MAX;
    size_t headers_bytes = ENTRY_HEADER_BYTES_MAX + (count + 1u) * (size_t)ENTRY_HEADER_BYTES_MIN;
    uint8_t *headers = arena_take(arena, 1, headers_bytes);
    uint8_t *payloads = arena_take(arena, 1, payload_bytes + 1);
    draft->tickets = arena_take(arena, SEGMENT_ENTRIES_MAX, sizeof *draft->tickets);
    draft->count = 0;
    draft->payload_bytes = 0;
    if (headers == NULL || payloads == NULL || draft->tickets == NULL)
        return false;
    draft->headers = writer_of(headers, headers_bytes);
    draft->payloads = writer_of(payloads, payload_bytes);
    return true;
}

static void
draft_add(struct node *node, struct room *room, struct draft *draft, const struct sealed *sealed,
    struct bytes payload, const struct frontier *frontier)
{
    struct writer_state *writer = &room->writer;
    const struct party_register *reg = room->registers[room->slot];
    struct entry entry = {
        .kind = sealed->kind,
        .slot = room->slot,
        .flags = ENTRY_FLAG_HOLDS,
        .inc = writer->keyholder.inc,
        .seq = writer->next_seq,
        .room = room->id,
        .prev = writer->prev,
        .reg_number = writer->reg_number,
        .reg_id = *register_id(reg, writer->reg_number),
        .t_ms = node->now_ms > writer->t_ms ? node->now_ms : writer->t_ms + 1,
        .chain = sealed->chain,
        .index = sealed->index,
        .pcommit = sealed->pcommit,
        .payload_bytes = sealed->payload_bytes,
        .payload_hash = sealed->payload_hash,
    };
    uint8_t deps[ENTRY_DEPS_MAX * POSITION_BYTES];
    struct writer deps_writer = writer_of(deps, sizeof deps);

    memcpy(entry.tag, sealed->tag, sizeof entry.tag);
    for (unsigned i = 0; frontier != NULL && i < frontier->deps_count; i++)
        position_write(&deps_writer, &frontier->deps[i]);
    entry.deps = writer_written(&deps_writer);
    entry.deps_count = frontier == NULL ? 0 : frontier->deps_count;

    size_t before = draft->headers.used;
    entry_write(&draft->headers, &entry);
    writer_bytes(&draft->payloads, payload);
    draft->payload_bytes += sealed->payload_bytes;
    entry.header = (struct bytes){draft->headers.data + before, draft->headers.used - before};
    entry_make_id(&writer->prev, &entry);
    writer->t_ms = entry.t_ms;
    writer->next_seq++;
    draft->tickets[draft->count++] = sealed->ticket;
}

static void
send_append(struct node *node, struct room *room, struct draft *draft, uint32_t first_seq)
{
    struct writer_state *writer = &room->writer;
    struct append *append = &writer->appends[writer->appends_count];
    struct effect *effect = effect_add(node, EFFECT_APPEND);

    if (effect == NULL) {
        /* next_seq and prev moved on: only the keyholder's word brings them back. */
        node_trouble(node, ENTENTE_ERR_NO_MEMORY);
        writer->has_state = false;
        writer->writing = NODE_WRITING_UNKNOWN;
        return;
    }
    append->first_seq = first_seq;
    append->last_seq = writer->next_seq - 1;
    writer->appends_count++;
    effect->room = room->id;
    effect->tickets = draft->tickets;
    effect->count = draft->count;
    effect->data = writer_written(&draft->headers);
    effect->payloads = writer_written(&draft->payloads);
}

/* An own entry covers what is durable; what is not yet so asks for an ack of its own (H2). */
static void
note_answered(const struct node *node, struct writer_state *writer)
{
    writer->may_ack = !all_is_durable(node);
    writer->quiet_since_ms = writer->may_ack ? node->mono_ms : 0;
}

/* What the next entry covers, and its register position; `has_content` says whether an ack is due.
 */
static bool
place_causes(struct node *node, struct room *room, uint32_t *past, struct frontier *frontier)
{
    struct writer_state *writer = &room->writer;
    uint32_t branches = record_branches(room->record);

    memcpy(past, writer->past, branches * sizeof *past);
    enum entente_error error = record_frontier(room->record, room->slot, writer->keyholder.inc,
        past, branches, &node->effects->arena, frontier);
    if (error != ENTENTE_OK)
        node_trouble(node, error);
    return error == ENTENTE_OK;
}

static void
write_segment(struct node *node, struct room *room, uint8_t lone_kind)
{
    struct writer_state *writer = &room->writer;
    uint32_t branches = record_branches(room->record);
    uint32_t first_seq = writer->next_seq;
    struct frontier frontier = {0};
    struct draft draft;
    uint32_t *past = arena_take(&node->effects->arena, branches + 1, sizeof *past);

    if (past == NULL || !draft_start(node, room, &draft) ||
        (writer->past_known && !place_causes(node, room, past, &frontier)))
        return;
    if (lone_kind == ENTRY_ACK && !frontier.has_content) {
        note_answered(node, writer);
        return;
    }
    uint32_t own_register = register_count(room->registers[room->slot]);
    if (writer->reg_number < own_register)
        writer->reg_number = own_register;
    if (lone_kind != 0) {
        struct sealed lone = {.kind = lone_kind};
        payload_make_hash(&lone.payload_hash, (struct bytes){0});
        draft_add(node, room, &draft, &lone, (struct bytes){0}, &frontier);
    }
    while (writer->first != NULL && draft.count < SEGMENT_ENTRIES_MAX && lone_kind != ENTRY_ACK) {
        struct waiting *waiting = writer->first;
        struct bytes payload = {0};
        if (draft.payload_bytes + waiting->sealed.payload_bytes > APPEND_PAYLOAD_BYTES_MAX)
            break;
        if (waiting->payload != NULL)
            payload = (struct bytes){waiting->payload, waiting->sealed.payload_bytes};
        draft_add(
            node, room, &draft, &waiting->sealed, payload, draft.count == 0 ? &frontier : NULL);
        writer->first = waiting->next;
        if (writer->first == NULL)
            writer->last = &writer->first;
        writer->waiting_bytes -= payload.size;
        waiting_free(waiting);
    }
    if (writer->past_known) {
        memcpy(writer->past, past, branches * sizeof *past);
        if (writer->past[room->slot] < writer->reg_number)
            writer->past[room->slot] = writer->reg_number;
    }
    writer->acked_at_ms = lone_kind == ENTRY_ACK ? node->mono_ms : writer->acked_at_ms;
    note_answered(node, writer);
    send_append(node, room, &draft, first_seq);
}

/* Whether anything may be appended: the feed is ours to write, and it is known what lies behind. */
static bool
may_write(const struct room *room)
{
    const struct writer_state *writer = &room->writer;

    /* After the loss of a store, own entries must come back first: each entry says that its writer
     * holds all that it covers, by prev too (H1). */
    return writer->writing == NODE_WRITING_OPEN && writer->past_known;
}

static void
write_waiting(struct node *node, struct room *room)
{
    struct writer_state *writer = &room->writer;

    while (writer->first != NULL && writer->appends_count < NODE_APPENDS_MAX && may_write(room)) {
        uint32_t before = writer->next_seq;
        write_segment(node, room, 0);
        if (writer->next_seq == before)
            return;
    }
}

void
writer_go_on(struct node *node, struct room *room)
{
    struct writer_state *writer = &room->writer;

    gather_go_on(node, room, !writer->past_known);
    if (!writer->has_state) {
        ask_state(node, room);
        return;
    }
    notice_another_writer(node, room);
    pass_barrier(node, room);
    learn_past(node, room);
    if (!writer->past_known)
        ask_journal(node, room); /* others may have brought us to where the journal begins */
    if (!may_write(room))
        return;
    queue_faults(node, room);
    if (must_resume(room)) {
        if (may_resume(node, room) && writer->appends_count == 0)
            write_segment(node, room, ENTRY_RESUME);
        return;
    }
    write_waiting(node, room);
    if (writer->first == NULL && writer->appends_count == 0 && ack_is_due(node, room))
        write_segment(node, room, ENTRY_ACK);
}

/* ---- the keyholder's answers ---- */

static void
take_signed(struct node *node, struct room *room, const struct event *event)
{
    struct writer_state *writer = &room->writer;

    if (writer->appends_count == 0)
        return;
    struct append *append = &writer->appends[0];
    writer->keyholder.seq = append->last_seq;
    if (writer->keyholder.journal_first_seq == 0)
        writer->keyholder.journal_first_seq = append->first_seq;
    writer->keyholder.reg_number = writer->reg_number;
    appends_forget(writer, 1);
    /* First the keyholder gets what waits: it signs while we take in what it has signed. */
    if (!must_resume(room))
        write_waiting(node, room);
    gather_signed(node, room, event->data, event->payloads);
}

/* The other parties have told where the feed stands, and nobody will tell it again (I4). */
static void
keyholder_gone(struct room *room)
{
    uint32_t reported_seq = room->writer.reported_seq;
    uint64_t barrier_at_ms = room->writer.barrier_at_ms;

    writer_reset(room);
    room->writer.reported_seq = reported_seq;
    room->writer.barrier_at_ms = barrier_at_ms;
}

static void
take_refusal(struct node *node, struct room *room, const struct event *event)
{
    struct writer_state *writer = &room->writer;

    trace(node, event->error, "keyholder", "it refused an entry; its state is asked again");
    appends_forget(writer, writer->appends_count);
    writer->has_state = false;
    writer->state_asked = false;
    writer->past_known = false;
    writer->writing = NODE_WRITING_UNKNOWN;
}

void
writer_event(struct node *node, struct room *room, const struct event *event)
{
    struct writer_state *writer = &room->writer;

    if (event->kind == EVENT_KEYHOLDER_STATE)
        take_state(node, room, &event->state);
    if (event->kind == EVENT_SEALED)
        take_sealed(node, room, event);
    if (event->kind == EVENT_SIGNED)
        take_signed(node, room, event);
    if (event->kind == EVENT_REFUSED)
        take_refusal(node, room, event);
    if (event->kind == EVENT_JOURNALED)
        (void)intake_segment(node, room, NULL, event->data, event->payloads);
    if (event->kind == EVENT_JOURNAL_END)
        writer->journal_asked = false;
    if (event->kind == EVENT_KEYHOLDER_GONE)
        keyholder_gone(room);
    if (event->kind == EVENT_READ)
        gather_go_on(node, room, true);
    if (event->kind == EVENT_OVERRIDE) {
        writer->is_alone = true;
        writer->barrier_sent = false;
    }
}

void
writer_stored(struct node *node, struct room *room)
{
    struct writer_state *writer = &room->writer;
    uint32_t branch;

    if (!writer->has_state ||
        record_lane(room->record, room->slot, writer->keyholder.inc, &branch) != ENTENTE_OK)
        return;
    uint32_t seq = record_head(room->record, branch).seq;
    uint32_t held = record_held_by_another(room->record, branch);
    if (seq == writer->released_seq && held == writer->released_held)
        return;
    struct effect *effect = effect_add(node, EFFECT_RELEASE);
    if (effect == NULL)
        return;
    effect->room = room->id;
    effect->seq = seq;
    effect->seq_held = node->options.node_mutations.release_unheld ? seq : held;
    writer->released_seq = seq;
    writer->released_held = held;
}

uint64_t
writer_next_ms(const struct node *node, const struct room *room)
{
    const struct writer_state *writer = &room->writer;
    uint64_t next = UINT64_MAX;

    if (writer->writing == NODE_WRITING_BARRIER && !writer->barrier_sent &&
        barrier_until_ms(node, room) != 0)
        next = barrier_until_ms(node, room);
    if (writer->writing == NODE_WRITING_OPEN && must_resume(room) && writer->appends_count == 0)
        next = writer->barrier_at_ms + RESUME_PATIENCE_MS + 1;
    if (writer->writing == NODE_WRITING_OPEN && !must_resume(room) && writer->may_ack &&
        writer->past_known && writer->first == NULL && writer->appends_count == 0 &&
        node->stored == node->batch) {
        uint64_t at = writer->quiet_since_ms + node->options.ack_delay_ms;
        if (writer->acked_at_ms != 0 && at < writer->acked_at_ms + node->options.ack_interval_ms)
            at = writer->acked_at_ms + node->options.ack_interval_ms;
        next = at < next ? at : next;
    }
    return next;
}
