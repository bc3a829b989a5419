/* The conversations with other nodes: PROTOCOL.md section 9. */
#include "node/internal.h"

#include <stdlib.h>

#define WANT_GATHER_MS 3u

struct link *
node_link_find(const struct node *node, uint32_t id)
{
    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++)
        if (node->links[i] != NULL && node->links[i]->is_up && node->links[i]->id == id)
            return node->links[i];
    return NULL;
}

static void
link_drop(struct node *node, uint32_t index)
{
    struct link *link = node->links[index];

    files_forget_link(node, index);
    for (uint32_t r = 0; r < NODE_ROOMS_MAX; r++)
        feeder_free(&link->rooms[r].feeder);
    for (uint32_t r = 0; r < node->rooms_count; r++)
        asker_forget_link(&node->rooms[r]->asker, link->id);
    free(link);
    node->links[index] = NULL;
}

static void
link_down(struct node *node, uint32_t id)
{
    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++)
        if (node->links[i] != NULL && node->links[i]->id == id)
            link_drop(node, i);
    for (uint32_t r = 0; r < node->rooms_count; r++)
        links_ask_ahead(node, node->rooms[r]);
}

void
links_cut_all(struct node *node, enum entente_error error)
{
    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++)
        if (node->links[i] != NULL && node->links[i]->is_up)
            cut(node, node->links[i], error);
}

/* ---- what we say ---- */

static int
compare_tags(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

static void
say_hello(struct node *node, struct link *link)
{
    uint8_t tags[NODE_ROOMS_MAX][32];
    struct frame frame = {.kind = FRAME_HELLO};

    for (uint32_t i = 0; i < node->rooms_count; i++)
        frame_room_tag(tags[i], link->exporter, &node->rooms[i]->id);
    qsort(tags, node->rooms_count, sizeof tags[0], compare_tags);
    frame.hello.version = FRAME_VERSION;
    frame.hello.party = node->options.self;
    frame.hello.rooms_count = (uint8_t)node->rooms_count;
    frame.hello.rooms = (struct bytes){tags[0], node->rooms_count * sizeof tags[0]};
    send_frame(node, link, &frame, 64 + frame.hello.rooms.size);
}

static int
compare_positions(const void *a, const void *b)
{
    return position_compare(a, b);
}

/* All heads of the room, or those that the peer is not known to have. */
static void
say_have(struct node *node, struct room *room, struct link *link, bool complete)
{
    struct record *record = room->record;
    struct shared *shared = &link->rooms[room_index(node, room)];
    uint32_t branches = record_branches(record);
    uint32_t count = 0;
    struct frame frame = {.kind = FRAME_HAVE, .room = room->id};
    struct position *heads = arena_take(&node->effects->arena, branches, sizeof *heads);
    uint8_t *lanes = arena_take(&node->effects->arena, branches, POSITION_BYTES);

    if (heads == NULL || lanes == NULL) {
        node_trouble(node, ENTENTE_ERR_NO_MEMORY);
        return;
    }
    for (uint32_t i = 0; i < branches && count < FRAME_LANES_MAX; i++) {
        struct position head = record_head(record, i);
        const struct feed *feed = feeder_feed(&shared->feeder, i);
        if (node->options.node_mutations.no_own_lane_for_peer && head.inc != REGISTER_INC &&
            party_id_equal(&room->genesis.parties[head.slot].party, &link->party))
            continue;
        if (head.seq > 0 && (complete || (feed != NULL && feed->known_seq < head.seq)))
            heads[count++] = head;
    }
    if (count == 0 && !complete)
        return;
    qsort(heads, count, sizeof *heads, compare_positions);
    struct writer writer = writer_of(lanes, branches * POSITION_BYTES);
    for (uint32_t i = 0; i < count; i++)
        position_write(&writer, &heads[i]);
    frame.have.complete = complete;
    frame.have.lanes_count = (uint16_t)count;
    frame.have.lanes = writer_written(&writer);
    send_frame(node, link, &frame, 64 + frame.have.lanes.size);
}

static void
say_want(struct node *node, struct room *room, struct link *link, const struct position *target)
{
    struct frame frame = {.kind = FRAME_WANT, .room = room->id};
    uint32_t branch;

    frame.want.after = (struct position){.slot = target->slot, .inc = target->inc};
    frame.want.to_seq = target->seq;
    if (record_lane(room->record, target->slot, target->inc, &branch) == ENTENTE_OK &&
        record_head(room->record, branch).seq > 0)
        frame.want.after = record_head(room->record, branch);
    /* Y3: what the peer has differs from ours below our head: ask from where it stands. */
    if (frame.want.after.seq >= target->seq &&
        record_id_at(room->record, branch, target->seq, &frame.want.after.id) == ENTENTE_OK)
        frame.want.after.seq = target->seq;
    send_frame(node, link, &frame, 128);
}

static void
say_need(struct node *node, struct room *room, struct link *link, const struct position *target)
{
    struct frame frame = {.kind = FRAME_NEED, .room = room->id, .need = *target};

    send_frame(node, link, &frame, 128);
}

/* Ask for what a pending segment waits for: the lane up to there, or the one entry. */
void
links_ask(struct node *node, struct room *room, struct link *link, const struct position *missing)
{
    uint64_t until_ms = node->mono_ms + node->options.request_timeout_ms;
    uint32_t branch = 0;
    bool is_beyond = true;

    if (record_lane(room->record, missing->slot, missing->inc, &branch) == ENTENTE_OK)
        is_beyond = record_head(room->record, branch).seq < missing->seq;
    if (record_is_contested(room->record, missing->slot, missing->inc))
        is_beyond = false;
    if (!asker_ask(&room->asker, missing, !is_beyond, link->id, until_ms))
        return;
    if (is_beyond)
        say_want(node, room, link, missing);
    else
        say_need(node, room, link, missing);
}

/* Whether we have the peer's head: then it is known to be there; otherwise it is ahead, or forked. */
static bool
knows_head(struct room *room, struct shared *shared, const struct position *head)
{
    uint32_t branch;

    if (record_find(room->record, head, &branch) != ENTENTE_OK)
        return false;
    feeder_know(&shared->feeder, branch, head->seq);
    return true;
}

/* The `turn`-th link to ask: a peer that keeps its answers back must not be asked first for ever. */
static struct link *
link_in_turn(struct node *node, const struct room *room, uint32_t turn)
{
    return node->links[(room->ask_first + turn) % NODE_LINKS_MAX];
}

void
links_ask_elsewhere(struct node *node, struct room *room, uint32_t silent)
{
    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++)
        if (node->links[i] != NULL && node->links[i]->id == silent)
            room->ask_first = i + 1;
    links_ask_ahead(node, room);
}

void
links_ask_ahead(struct node *node, struct room *room)
{
    uint32_t index = room_index(node, room);

    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++) {
        struct link *link = link_in_turn(node, room, i);
        if (link == NULL || !link->is_up || !link->rooms[index].is_shared)
            continue;
        struct shared *shared = &link->rooms[index];
        for (uint32_t a = shared->ahead_count; a-- > 0;) {
            const struct position ahead = shared->ahead[a];
            if (knows_head(room, shared, &ahead) ||
                record_is_contested(room->record, ahead.slot, ahead.inc)) {
                shared->ahead[a] = shared->ahead[--shared->ahead_count];
                continue;
            }
            if (asker_ask(&room->asker, &ahead, false, link->id,
                    node->mono_ms + node->options.request_timeout_ms))
                say_want(node, room, link, &ahead);
        }
    }
    struct position missing;
    for (uint32_t p = 0; record_pending_at(room->record, p, &missing); p++)
        for (uint32_t i = 0; i < NODE_LINKS_MAX; i++) {
            struct link *link = link_in_turn(node, room, i);
            if (link != NULL && link->is_up && link->rooms[index].is_shared)
                links_ask(node, room, link, &missing);
        }
}

void
links_announce(struct node *node, struct room *room)
{
    uint32_t index = room_index(node, room);

    if (room->announce_at_ms == 0 || room->announce_at_ms > node->mono_ms)
        return;
    room->announce_at_ms = 0;
    if (node->options.node_mutations.no_announcement)
        return;
    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++)
        if (node->links[i] != NULL && node->links[i]->is_up &&
            node->links[i]->rooms[index].has_have)
            say_have(node, room, node->links[i], false);
}

void
links_fault(struct node *node, struct room *room, struct link *from, uint8_t slot, uint16_t inc,
    struct bytes payload)
{
    uint32_t index = room_index(node, room);
    struct frame frame = {.kind = FRAME_FAULT, .room = room->id};

    frame.fault.slot = slot;
    frame.fault.inc = inc;
    frame.fault.payload = payload;
    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++) {
        struct link *link = node->links[i];
        if (link != NULL && link != from && link->is_up && link->rooms[index].is_shared)
            send_frame(node, link, &frame, 64 + payload.size);
    }
}

/* ---- sending segments ---- */

/* An own segment that was just signed goes out from memory to all who follow; others read the store. */
void
links_push(struct node *node, struct room *room, const struct admitted *admitted)
{
    uint32_t index = room_index(node, room);
    const struct segment_row *row = &admitted->row;
    size_t size = 1 + row->segment.size + row->payloads.size;
    struct frame frame = {.kind = FRAME_SEGMENT};
    struct bytes made = {0};

    if (admitted->branch.slot != room->slot)
        return;
    frame.segment.segment = row->segment;
    frame.segment.payloads = row->payloads;
    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++) {
        struct link *link = node->links[i];
        if (link == NULL || !link->is_up || !link->rooms[index].has_have)
            continue;
        struct feed *feed = feeder_feed(&link->rooms[index].feeder, row->branch);
        if (feed == NULL)
            continue;
        feeder_push(&link->rooms[index].feeder, row->branch, row->first_seq - 1);
        if (feed->to_seq != UINT32_MAX || feed->known_seq + 1 != row->first_seq ||
            (link->credit < size && !node->options.node_mutations.send_beyond_credit))
            continue;
        if (made.size == 0) {
            uint8_t *data = arena_take(&node->effects->arena, 1, size);
            if (data == NULL)
                return; /* the pump sends it later */
            struct writer writer = writer_of(data, size);
            frame_write(&writer, &frame);
            made = writer_written(&writer);
        }
        struct effect *effect = effect_add(node, EFFECT_SEND);
        if (effect == NULL)
            return;
        effect->link = link->id;
        effect->data = made;
        link->credit -= link->credit < size ? link->credit : (uint32_t)size;
        feed->known_seq = row->last_seq;
    }
}

static bool
pump_room(struct node *node, struct link *link, struct room *room, struct shared *shared)
{
    struct bytes made;
    bool progress = false;

    enum entente_error error = feeder_next(&shared->feeder, room->record, room->source,
        node->options.node_mutations.send_beyond_credit ? FRAME_BYTES_MAX : link->credit,
        &node->effects->arena, &made);
    if (error == ENTENTE_ERR_NO_MEMORY)
        wake(node, node->mono_ms); /* this step's arena is full: go on in the next */
    else if (error != ENTENTE_OK && error != ENTENTE_ERR_FLOOD)
        node_trouble(node, error);
    if (error == ENTENTE_OK && made.size > 0) {
        struct effect *effect = effect_add(node, EFFECT_SEND);
        if (effect == NULL)
            return false;
        effect->link = link->id;
        effect->data = made;
        link->credit -= link->credit < made.size ? link->credit : (uint32_t)made.size;
        progress = true;
    }
    return progress;
}

/* Reads must see what was performed, so nothing is pumped in a step that stores (node_step()). */
void
links_pump(struct node *node)
{
    bool progress = true;

    while (progress) {
        progress = false;
        for (uint32_t i = 0; i < NODE_LINKS_MAX; i++) {
            struct link *link = node->links[i];
            for (uint32_t r = 0; link != NULL && link->is_up && r < node->rooms_count; r++)
                if (link->rooms[r].has_have &&
                    feeder_is_hungry(&link->rooms[r].feeder, node->rooms[r]->record))
                    progress |= pump_room(node, link, node->rooms[r], &link->rooms[r]);
        }
    }
}

/* ---- what we hear ---- */

static enum entente_error
hear_hello(struct node *node, struct link *link, const struct frame *frame)
{
    uint8_t tag[32];

    if (link->has_hello)
        return ENTENTE_ERR_UNEXPECTED;
    if (!party_id_equal(&frame->hello.party, &link->party))
        return ENTENTE_ERR_NOT_A_PARTY;
    if (frame->hello.version < FRAME_VERSION)
        return ENTENTE_ERR_VERSION;
    link->has_hello = true;
    for (uint32_t r = 0; r < node->rooms_count; r++) {
        uint8_t slot;
        frame_room_tag(tag, link->exporter, &node->rooms[r]->id);
        for (uint32_t i = 0; i < frame->hello.rooms_count; i++)
            if (memcmp(frame->hello.rooms.data + i * 32, tag, 32) == 0 &&
                slot_of(node->rooms[r], &link->party, &slot))
                link->rooms[r].is_shared = true;
        if (link->rooms[r].is_shared)
            say_have(node, node->rooms[r], link, true);
    }
    return ENTENTE_OK;
}

static enum entente_error
hear_have(struct node *node, struct link *link, struct room *room, const struct frame *frame)
{
    struct shared *shared = &link->rooms[room_index(node, room)];
    uint16_t own_inc = room->writer.keyholder.inc;
    uint32_t own_seq = 0;
    uint32_t branch;

    if (frame->have.complete)
        shared->ahead_count = 0;
    for (uint32_t i = 0; i < frame->have.lanes_count; i++) {
        struct position head = frame_lane(frame->have.lanes, i);
        if (head.slot >= record_parties(room->record))
            return ENTENTE_ERR_NOT_A_PARTY;
        if (head.slot == room->slot && head.inc == own_inc && head.seq > own_seq)
            own_seq = head.seq;
        if (knows_head(room, shared, &head))
            continue;
        bool is_there = false;
        for (uint32_t a = 0; a < shared->ahead_count && !is_there; a++)
            if (shared->ahead[a].slot == head.slot && shared->ahead[a].inc == head.inc) {
                shared->ahead[a] = head;
                is_there = true;
            }
        if (!is_there && shared->ahead_count < AHEAD_MAX)
            shared->ahead[shared->ahead_count++] = head;
    }
    if (frame->have.complete)
        shared->has_have = true;
    for (uint32_t inc = 1; inc <= own_inc; inc++)
        if (record_lane(room->record, room->slot, (uint16_t)inc, &branch) == ENTENTE_OK)
            feeder_push(&shared->feeder, branch, record_head(room->record, branch).seq);
    writer_report(node, room, own_seq, frame->have.complete);
    links_ask_ahead(node, room);
    return ENTENTE_OK;
}

static enum entente_error
hear_segment(struct node *node, struct link *link, const struct frame *frame)
{
    /* The segment names its room itself; its header begins with version, kind and flags. */
    struct reader reader = reader_of(frame->segment.segment);
    struct room_id id;

    (void)reader_bytes(&reader, 1 + 4 + 1 + 1 + 2);
    reader_copy(&reader, id.bytes, sizeof id.bytes);
    struct room *room = room_find(node, &id);
    if (reader.failed)
        return ENTENTE_ERR_TRUNCATED;
    if (room == NULL || !link->rooms[room_index(node, room)].is_shared)
        return ENTENTE_ERR_WRONG_ROOM;
    if (room->is_broken)
        return ENTENTE_OK;
    enum entente_error error =
        intake_segment(node, room, link, frame->segment.segment, frame->segment.payloads);
    if (error == ENTENTE_OK)
        links_ask_ahead(node, room);
    return error;
}

static void
take_in(struct node *node, struct link *link, size_t size)
{
    link->taken += (uint32_t)size;
    if (link->taken < CREDIT_INITIAL / 4)
        return;
    struct frame frame = {.kind = FRAME_CREDIT, .credit = link->taken};
    send_frame(node, link, &frame, 8);
    link->taken = 0;
}

static enum entente_error
hear_in_room(struct node *node, struct link *link, struct room *room, const struct frame *frame)
{
    struct shared *shared = &link->rooms[room_index(node, room)];

    if (!shared->is_shared)
        return ENTENTE_ERR_WRONG_ROOM;
    if (room->is_broken)
        return ENTENTE_OK;
    if (frame->kind == FRAME_HAVE)
        return hear_have(node, link, room, frame);
    if (!shared->has_have && frame->kind != FRAME_WANT && frame->kind != FRAME_FAULT &&
        frame->kind != FRAME_REGISTER)
        return ENTENTE_ERR_UNEXPECTED;
    if (frame->kind == FRAME_WANT) {
        if (frame->want.after.slot >= record_parties(room->record))
            return ENTENTE_ERR_NOT_A_PARTY;
        /* All lanes that it asks for are sent as one, causes first: a lane that ran ahead of the others
         * would fill the peer's room for pending segments. */
        node->pump_at_ms = node->mono_ms + WANT_GATHER_MS;
        uint32_t found;
        if (node->options.node_mutations.no_fork_answer && frame->want.after.seq > 0 &&
            record_find(room->record, &frame->want.after, &found) != ENTENTE_OK)
            return ENTENTE_OK;
        enum entente_error error = feeder_want(
            &shared->feeder, room->record, &frame->want.after, frame->want.to_seq);
        if (error != ENTENTE_OK)
            node_trouble(node, error);
        return ENTENTE_OK;
    }
    if (frame->kind == FRAME_NEED) {
        feeder_need(&shared->feeder, &frame->need);
        return ENTENTE_OK;
    }
    if (frame->kind == FRAME_NOHAVE) {
        asker_refused(
            &room->asker, &frame->need, node->mono_ms + node->options.request_timeout_ms / 5);
        return ENTENTE_OK;
    }
    if (frame->kind == FRAME_REGISTER) {
        if (frame->reg.slot >= room->genesis.parties_count)
            return ENTENTE_ERR_NOT_A_PARTY;
        return intake_register(
            node, &room->genesis.parties[frame->reg.slot].party, frame->reg.entries);
    }
    return intake_fault(node, room, link, frame->fault.payload);
}

static enum entente_error
hear(struct node *node, struct link *link, struct bytes data)
{
    struct frame frame;

    enum entente_error error = frame_parse(data, &frame);
    if (error != ENTENTE_OK)
        return error;
    if (frame.kind == FRAME_HELLO)
        return hear_hello(node, link, &frame);
    if (!link->has_hello && frame.kind != FRAME_BYE)
        return ENTENTE_ERR_UNEXPECTED;
    if (frame.kind == FRAME_SEGMENT || frame.kind == FRAME_REGISTER || frame.kind == FRAME_LEAVES ||
        frame.kind == FRAME_CHUNK)
        take_in(node, link, data.size);
    switch ((enum frame_kind)frame.kind) {
    case FRAME_SEGMENT:
        return hear_segment(node, link, &frame);
    case FRAME_CREDIT:
        if (frame.credit > CREDIT_INITIAL - link->credit &&
            !node->options.node_mutations.any_credit)
            return ENTENTE_ERR_FLOOD;
        link->credit += frame.credit;
        return ENTENTE_OK;
    case FRAME_PING:
        frame.kind = FRAME_PONG;
        send_frame(node, link, &frame, 16);
        return ENTENTE_OK;
    case FRAME_PONG:
        return ENTENTE_OK;
    case FRAME_BYE:
        trace(node, (enum entente_error)(frame.bye.error < ENTENTE_ERR_COUNT ? frame.bye.error : 0),
            "link", "the other node ends the conversation and gives this reason");
        return ENTENTE_OK;
    case FRAME_HAVE:
    case FRAME_WANT:
    case FRAME_REGISTER:
    case FRAME_NEED:
    case FRAME_NOHAVE:
    case FRAME_FAULT: {
        struct room *room = room_find(node, &frame.room);
        return room == NULL ? ENTENTE_ERR_WRONG_ROOM : hear_in_room(node, link, room, &frame);
    }
    case FRAME_LEAVES_WANT:
    case FRAME_LEAVES:
    case FRAME_CHUNK_WANT:
    case FRAME_CHUNK:
    case FRAME_NOCHUNK: {
        struct room *room = room_find(node, &frame.room);
        if (room == NULL || !link->rooms[room_index(node, room)].is_shared)
            return ENTENTE_ERR_WRONG_ROOM;
        return files_hear(node, link, room, &frame);
    }
    case FRAME_HELLO:
    case FRAME_MANIFEST:
    case FRAME_END:
        break;
    }
    return ENTENTE_ERR_UNEXPECTED;
}

static void
link_up(struct node *node, const struct event *event)
{
    uint32_t index = 0;

    while (index < NODE_LINKS_MAX && node->links[index] != NULL && node->links[index]->is_up)
        index++;
    if (index == NODE_LINKS_MAX) {
        node_trouble(node, ENTENTE_ERR_NO_MEMORY);
        return;
    }
    if (node->links[index] != NULL)
        link_drop(node, index);
    struct link *link = calloc(1, sizeof *link);
    if (link == NULL) {
        node_trouble(node, ENTENTE_ERR_NO_MEMORY);
        return;
    }
    link->id = event->link;
    link->is_up = true;
    link->party = event->party;
    memcpy(link->exporter, event->exporter, sizeof link->exporter);
    link->credit = CREDIT_INITIAL;
    link->asks_max = FILE_ASKS_FIRST;
    node->links[index] = link;
    say_hello(node, link);
}

static void
note_heard(struct node *node, const struct link *link)
{
    for (uint32_t r = 0; r < node->rooms_count; r++) {
        uint8_t slot;
        if (link->rooms[r].is_shared && slot_of(node->rooms[r], &link->party, &slot))
            node->heard_at_ms[r][slot] = node->now_ms;
    }
}

void
links_event(struct node *node, const struct event *event)
{
    struct link *link;

    if (event->kind == EVENT_LINK_UP) {
        link_up(node, event);
        return;
    }
    if (event->kind == EVENT_LINK_DOWN) {
        link_down(node, event->link);
        return;
    }
    link = node_link_find(node, event->link);
    if (link == NULL || event->kind != EVENT_RECEIVED)
        return;
    enum entente_error error = hear(node, link, event->data);
    note_heard(node, link);
    if (error == ENTENTE_OK || node->options.node_mutations.no_cut)
        return;
    trace(node, error, "link", "the other node broke the protocol and is cut off; its record stays");
    cut(node, link, error);
}
