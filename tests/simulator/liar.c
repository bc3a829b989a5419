/*
 * Liars: a machine whose keyholder knows no start barrier, and whose node's frames are spoiled,
 * doubled, replaced or kept back on the way out.  Each lie is one that a party could tell with its
 * own key in hand.
 */
#include "simulator/internal.h"

#define FLOOD_FRAMES 24u

void
simulator_corrupt(struct simulator *sim, uint32_t index, uint32_t lies)
{
    struct instance *instance = &sim->instances[index];

    simulator_trace(sim, "party %u is in the hands of a liar (%x)", instance->party + 1u, lies);
    instance->is_honest = false;
    instance->lies = lies;
    sim->is_liar[instance->party] = true;
    watch_replaced(sim, instance->party);
    simulator_crash(sim, index, CRASH_NODE); /* its node is another program from now on */
    simulator_start(sim, index);
}

static void
send_spoiled(
    struct simulator *sim, struct instance *from, uint32_t link, struct bytes frame, size_t at)
{
    uint8_t *copy = malloc(frame.size);

    need(copy != NULL, "no memory");
    memcpy(copy, frame.data, frame.size);
    copy[at % frame.size] ^= (uint8_t)(1u << simulator_random(sim, 8));
    network_send(sim, from, link, (struct bytes){copy, frame.size});
    free(copy);
}

static uint8_t
writer_slot(const struct frame *frame)
{
    struct reader reader = reader_of(frame->segment.segment);

    (void)reader_bytes(&reader, 1 + 4 + 1 + 1 + 2 + 32);
    return reader_u8(&reader);
}

static bool
is_own(const struct instance *from, const struct frame *frame)
{
    return writer_slot(frame) == from->party;
}

bool
liar_ignores(const struct simulator *sim, struct bytes data)
{
    struct frame frame;

    if (frame_parse(data, &frame) != ENTENTE_OK || frame.kind != FRAME_SEGMENT)
        return false;
    uint8_t slot = writer_slot(&frame);
    return slot < sim->options.parties && !sim->is_liar[slot];
}

/* A HAVE that names this party's own lanes only. */
static void
send_hidden(struct simulator *sim, struct instance *from, uint32_t link, const struct frame *frame)
{
    uint8_t lanes[FRAME_LANES_MAX * POSITION_BYTES];
    struct writer writer = writer_of(lanes, sizeof lanes);
    struct frame hidden = *frame;
    uint8_t made[sizeof lanes + 64];

    hidden.have.lanes_count = 0;
    for (uint32_t i = 0; i < frame->have.lanes_count; i++) {
        struct position head = frame_lane(frame->have.lanes, i);
        if (head.slot != from->party)
            continue;
        position_write(&writer, &head);
        hidden.have.lanes_count++;
    }
    hidden.have.lanes = writer_written(&writer);
    struct writer out = writer_of(made, sizeof made);
    frame_write(&out, &hidden);
    network_send(sim, from, link, writer_written(&out));
}

/* ---- headers that break a rule, with a good signature ---- */

/* An older position of its own register, none at all, or the newest one, which may revoke the key.
 */
static bool
craft_register(struct simulator *sim, struct entry *entry)
{
    const struct party_register *reg = sim->parties[entry->slot].reg;
    uint32_t numbers[] = {entry->reg_number - 1, register_count(reg) + 1, register_count(reg)};

    entry->reg_number = numbers[simulator_random(sim, 3)];
    if (entry->reg_number == 0)
        return false;
    if (entry->reg_number <= register_count(reg))
        entry->reg_id = *register_id(reg, entry->reg_number);
    return true;
}

static bool
craft_redundant(struct simulator *sim, struct entry *entry, uint8_t *deps)
{
    struct writer writer = writer_of(deps, ENTRY_DEPS_MAX * POSITION_BYTES);
    const struct signed_entry *earlier = NULL;

    if (entry->deps_count != 1)
        return false;
    struct position dep = entry_dep(entry, 0);
    for (uint32_t i = 0; i < sim->entries_count; i++)
        if (sim->entries[i].position.slot < dep.slot &&
            sim->entries[i].position.slot != entry->slot)
            earlier = &sim->entries[i];
    if (earlier == NULL)
        return false;
    position_write(&writer, &earlier->position);
    position_write(&writer, &dep);
    entry->deps = writer_written(&writer);
    entry->deps_count = 2;
    return true;
}

/* What a party might sign to get on, or to do harm.  Returns false where nothing fits. */
static bool
craft_entry(struct simulator *sim, struct entry *entry, uint8_t *deps)
{
    struct writer writer = writer_of(deps, ENTRY_DEPS_MAX * POSITION_BYTES);
    const struct signed_entry *other;

    switch (simulator_random(sim, 10)) {
    case 0: /* covers one entry more, most likely one that it covered before (L1) */
        if (sim->entries_count == 0 || entry->deps_count > 0)
            return false;
        other = &sim->entries[simulator_random(sim, sim->entries_count)];
        if (other->position.slot == entry->slot)
            return false;
        position_write(&writer, &other->position);
        entry->deps = writer_written(&writer);
        entry->deps_count = 1;
        return true;
    case 1: /* forgets what it knew */
        entry->deps_count = 0;
        entry->deps = (struct bytes){0};
        return true;
    case 2:
        entry->t_ms = simulator_chance(sim, 50) ? 1 : UINT64_MAX - 1;
        return true;
    case 3:
        return craft_register(sim, entry);
    case 4:
        entry->seq += (uint32_t)simulator_random(sim, 3) + 1;
        return true;
    case 5:
        entry->prev.bytes[0] ^= 1;
        return true;
    case 6:
        entry->inc++;
        return true;
    case 7: /* another entry than the one that is there (L2) */
        if (entry->deps_count == 0)
            return false;
        writer_bytes(&writer, entry->deps);
        deps[writer.used - 1] ^= 1;
        entry->deps = writer_written(&writer);
        return true;
    case 8: /* of two entries of one lane, the earlier one too (L1) */
        return craft_redundant(sim, entry, deps);
    default:
        entry->kind = entry->payload_bytes == 0 ? ENTRY_RESUME : ENTRY_FAULT;
        memset(entry->tag, 0, sizeof entry->tag);
        entry->chain = entry->index = 0;
        memset(&entry->pcommit, 0, sizeof entry->pcommit);
        return true;
    }
}

static bool
send_crafted(struct simulator *sim, struct instance *from, uint32_t link, const struct frame *frame,
    bool is_replayed)
{
    struct segment *segment = malloc(sizeof *segment);
    struct reader reader = reader_of(frame->segment.segment);
    uint8_t deps[ENTRY_DEPS_MAX * POSITION_BYTES], header[ENTRY_HEADER_BYTES_MAX];
    uint8_t bytes[SEGMENT_SIGNED_BYTES];
    uint8_t *made = malloc(FRAME_BYTES_MAX);
    uint8_t encoded[ENTRY_HEADER_BYTES_MAX + 128];
    struct signature signature;
    bool is_sent = false;

    need(segment != NULL && made != NULL, "no memory");
    if (segment_parse(&reader, segment) != ENTENTE_OK || segment->count != 1)
        goto out;
    struct entry entry = segment->entries[0];
    struct room_id room = sim->room;
    room.bytes[0] ^= is_replayed;
    entry.room = room;
    if (!is_replayed && !craft_entry(sim, &entry, deps))
        goto out;
    struct writer writer = writer_of(header, sizeof header);
    entry_write(&writer, &entry);
    entry.header = writer_written(&writer);
    struct position head = {entry.slot, entry.inc, entry.seq, {{0}}};
    entry_make_id(&head.id, &entry);
    segment_signed_bytes(bytes, &room, &head);
    sign_make(
        &signature, &from->holder.key, "entente/head/v1 ", (struct bytes){bytes, sizeof bytes});
    writer = writer_of(encoded, sizeof encoded);
    segment_write(&writer, 1, entry.header, &signature);
    struct frame crafted = *frame;
    crafted.segment.segment = writer_written(&writer);
    writer = writer_of(made, FRAME_BYTES_MAX);
    frame_write(&writer, &crafted);
    network_send(sim, from, link, writer_written(&writer));
    is_sent = true;
out:
    free(segment);
    free(made);
    return is_sent;
}

/* A segment and a spoiled copy of it: they contradict each other, and only one of them is signed.
 */
static void
send_accusation(
    struct simulator *sim, struct instance *from, uint32_t link, const struct frame *frame)
{
    struct bytes segment = frame->segment.segment;
    struct reader reader = reader_of(segment);
    struct frame made = {.kind = FRAME_FAULT, .room = sim->room};
    uint8_t *spoiled = malloc(segment.size);
    uint8_t *payload = malloc(PROOF_BYTES_MAX + FAULT_HEAD_BYTES);
    uint8_t *out = malloc(FRAME_BYTES_MAX);

    need(spoiled != NULL && payload != NULL && out != NULL, "no memory");
    memcpy(spoiled, segment.data, segment.size);
    spoiled[segment.size - 64 - 1] ^= 1; /* in the last header's payload hash */
    (void)reader_bytes(&reader, 1 + 4 + 1 + 1 + 2 + 32);
    struct fault fault = {
        .slot = reader_u8(&reader), .first = segment, .second = {spoiled, segment.size}};
    fault.inc = reader_u16(&reader);
    struct writer writer = writer_of(payload, PROOF_BYTES_MAX + FAULT_HEAD_BYTES);
    fault_write(&writer, &fault);
    made.fault.slot = fault.slot;
    made.fault.inc = fault.inc;
    made.fault.payload = writer_written(&writer);
    writer = writer_of(out, FRAME_BYTES_MAX);
    frame_write(&writer, &made);
    network_send(sim, from, link, writer_written(&writer));
    free(spoiled);
    free(payload);
    free(out);
}

static void
send_segment(struct simulator *sim, struct instance *from, uint32_t link, const struct frame *frame,
    struct bytes data)
{
    if ((from->lies & LIE_WITHHOLD) != 0 && !is_own(from, frame))
        return;
    if ((from->lies & LIE_SIGNATURE) != 0 && simulator_chance(sim, 20)) {
        send_spoiled(
            sim, from, link, data, 1 + frame->segment.segment.size - 1 - simulator_random(sim, 64));
        return;
    }
    if ((from->lies & LIE_PAYLOAD) != 0 && frame->segment.payloads.size > 0 &&
        simulator_chance(sim, 20)) {
        send_spoiled(sim, from, link, data,
            data.size - 1 - simulator_random(sim, frame->segment.payloads.size));
        return;
    }
    if ((from->lies & LIE_ACCUSE) != 0 && simulator_chance(sim, 10))
        send_accusation(sim, from, link, frame);
    if ((from->lies & LIE_REPLAY) != 0 && is_own(from, frame) && simulator_chance(sim, 20) &&
        send_crafted(sim, from, link, frame, true))
        return;
    if ((from->lies & LIE_CRAFT) != 0 && is_own(from, frame) && simulator_chance(sim, 20) &&
        send_crafted(sim, from, link, frame, false))
        return;
    if ((from->lies & LIE_FLOOD) != 0 && simulator_chance(sim, 20))
        for (uint32_t i = 0; i < FLOOD_FRAMES; i++)
            network_send(sim, from, link, data);
    network_send(sim, from, link, data);
}

void
liar_send(struct simulator *sim, struct instance *from, uint32_t link, struct bytes data)
{
    struct frame frame;

    if (frame_parse(data, &frame) != ENTENTE_OK) {
        network_send(sim, from, link, data);
        return;
    }
    if ((from->lies & LIE_GARBAGE) != 0 && simulator_chance(sim, 5)) {
        send_spoiled(sim, from, link, data, simulator_random(sim, data.size));
        return;
    }
    if (frame.kind == FRAME_SEGMENT)
        send_segment(sim, from, link, &frame, data);
    else if (frame.kind == FRAME_HAVE && (from->lies & LIE_HIDE) != 0)
        send_hidden(sim, from, link, &frame);
    else
        network_send(sim, from, link, data);
}
