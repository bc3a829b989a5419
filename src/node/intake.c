/* What comes in: segments, registers and proofs, from links, bundles and the keyholder's journal.
 */
#include "node/internal.h"

static bool
is_own_trouble(enum entente_error error)
{
    return entente_error_whose(error) == ENTENTE_MACHINE;
}

static void
store_admitted(struct node *node, struct room *room, const struct admitted *admitted)
{
    struct effect *effect;

    if (admitted->new_branch && (effect = effect_add(node, EFFECT_STORE_BRANCH)) != NULL) {
        effect->room = room->id;
        effect->admitted = admitted;
    }
    effect = effect_add(node, EFFECT_STORE_SEGMENT);
    if (effect != NULL) {
        effect->room = room->id;
        effect->admitted = admitted;
    }
    node->commit_due = true;
}

static void
store_proof(struct node *node, struct room *room, const struct proven *proven)
{
    struct effect *effect = effect_add(node, EFFECT_STORE_PROOF);

    if (effect == NULL)
        return;
    effect->room = room->id;
    effect->slot = proven->slot;
    effect->inc = proven->inc;
    effect->data = proven->payload;
    node->commit_due = true;
}

static void
note_progress(
    struct node *node, struct room *room, struct link *link, const struct admitted *admitted)
{
    const struct branch_row *row = &admitted->branch;
    struct position head = {row->slot, row->inc, admitted->row.last_seq, admitted->row.last_id};

    asker_got(&room->asker, &head, node->mono_ms + node->options.request_timeout_ms);
    if (link != NULL)
        feeder_know(
            &link->rooms[room_index(node, room)].feeder, row->index, admitted->row.last_seq);
    /* Own entries too: a peer that is far behind is not pushed, it asks. */
    if (room->announce_at_ms == 0)
        room->announce_at_ms = node->mono_ms + node->options.announce_delay_ms;
}

void
intake_admission(
    struct node *node, struct room *room, struct link *link, const struct admission *admission)
{
    for (const struct admitted *a = admission->first; a != NULL; a = a->next) {
        store_admitted(node, room, a);
        note_progress(node, room, a == admission->first ? link : NULL, a);
        links_push(node, room, a);
    }
    for (const struct proven *p = admission->faults; p != NULL; p = p->next) {
        store_proof(node, room, p);
        trace(node, ENTENTE_ERR_EQUIVOCATION, "record",
            "a party showed two faces; its lane is contested, its operator "
            "must certify a new incarnation (entente keys resume)");
        links_fault(node, room, link, p->slot, p->inc, p->payload);
    }
    if (admission->first != NULL || admission->faults != NULL) {
        struct effect *effect = effect_add(node, EFFECT_NEWS);
        if (effect != NULL)
            effect->room = room->id;
        room->writer.may_ack = true;
        room->has_more = true;
        if (room->writer.quiet_since_ms == 0)
            room->writer.quiet_since_ms = node->mono_ms;
    }
    if (admission->is_pending && link != NULL)
        links_ask(node, room, link, &admission->missing);
}

static enum entente_error
take_admission(struct node *node, struct room *room, struct link *link,
    const struct admission *admission, enum entente_error error)
{
    if (is_own_trouble(error))
        node_trouble(node, error);
    intake_admission(node, room, link, admission);
    return entente_error_whose(error) == ENTENTE_PEER ? error : ENTENTE_OK;
}

enum entente_error
intake_segment(struct node *node, struct room *room, struct link *link, struct bytes segment,
    struct bytes payloads)
{
    struct admission admission;

    enum entente_error error =
        record_receive(room->record, segment, payloads, &node->effects->arena, &admission);
    return take_admission(node, room, link, &admission, error);
}

enum entente_error
intake_signed(struct node *node, struct room *room, struct bytes segment, struct bytes payloads)
{
    struct admission admission;

    enum entente_error error =
        record_receive_own(room->record, segment, payloads, &node->effects->arena, &admission);
    return take_admission(node, room, NULL, &admission, error);
}

/*
 * More pending segments may have become possible than one call admits.  What this step's effects
 * borrow from the record lives until the record is called again: then the next step goes on.
 */
void
intake_go_on(struct node *node, struct room *room)
{
    struct position missing;
    struct admission admission;

    if (!room->has_more)
        return;
    if (node->commit_due) {
        wake(node, node->mono_ms);
        return;
    }
    room->has_more = false;
    if (!record_pending_at(room->record, 0, &missing))
        return;
    enum entente_error error =
        record_registers_grew(room->record, &node->effects->arena, &admission);
    if (is_own_trouble(error))
        node_trouble(node, error);
    intake_admission(node, room, NULL, &admission);
    if (room->has_more)
        wake(node, node->mono_ms);
}

/* The keyholder verifies them itself, and skips what it has.  A message takes what a frame takes. */
static void
tell_keyholder(struct node *node, const struct party_register *reg, uint32_t from, uint32_t to)
{
    for (uint32_t number = from + 1; number <= to;) {
        struct bytes some = register_encoded(reg, number);
        while (++number <= to && some.size + REGISTER_ENTRY_BYTES_MAX <= FRAME_BYTES_MAX)
            some.size += register_encoded(reg, number).size;
        struct effect *effect = effect_add(node, EFFECT_KEYHOLDER_REGISTER);
        if (effect == NULL)
            return;
        effect->party = *register_party(reg);
        effect->data = some;
    }
}

void
intake_tell_registers(struct node *node, const struct room *room)
{
    if (node->options.node_mutations.no_registers_told)
        return;
    for (uint32_t slot = 0; slot < record_parties(room->record); slot++)
        tell_keyholder(node, room->registers[slot], 0, register_count(room->registers[slot]));
}

static void
register_grew(struct node *node, const struct party_id *party, uint32_t from, uint32_t to)
{
    struct party_register *reg = node_register(node, party);

    for (uint32_t number = from + 1; number <= to; number++) {
        struct effect *effect = effect_add(node, EFFECT_STORE_REGISTER);
        if (effect == NULL)
            return;
        effect->party = *party;
        effect->seq = number;
        effect->data = register_encoded(reg, number);
    }
    node->commit_due = true;
    tell_keyholder(node, reg, from, to);
    for (uint32_t i = 0; i < node->rooms_count; i++) {
        struct room *room = node->rooms[i];
        uint8_t slot;
        if (!slot_of(room, party, &slot))
            continue;
        struct position head = {slot, REGISTER_INC, to, *register_id(reg, to)};
        asker_got(&room->asker, &head, node->mono_ms + node->options.request_timeout_ms);
        room->has_more = true;
        room->writer.may_ack = true;
        if (room->announce_at_ms == 0)
            room->announce_at_ms = node->mono_ms + node->options.announce_delay_ms;
    }
}

enum entente_error
intake_register(struct node *node, const struct party_id *party, struct bytes entries)
{
    struct party_register *reg = node_register(node, party);

    if (reg == NULL)
        return ENTENTE_ERR_NOT_A_PARTY;
    uint32_t before = register_count(reg);
    enum entente_error error = register_add_all(reg, entries);
    uint32_t after = register_count(reg);
    if (after > before)
        register_grew(node, party, before, after);
    if (error == ENTENTE_ERR_EQUIVOCATION)
        trace(node, error, "register",
            "a party shows another register than the one trusted here; "
            "the one trusted first is kept: ask its people (R7)");
    if (is_own_trouble(error))
        node_trouble(node, error);
    if (error == ENTENTE_ERR_EQUIVOCATION || entente_error_whose(error) != ENTENTE_PEER)
        return ENTENTE_OK;
    return error;
}

enum entente_error
intake_fault(struct node *node, struct room *room, struct link *link, struct bytes payload)
{
    struct admission admission;

    enum entente_error error =
        record_prove(room->record, payload, &node->effects->arena, &admission);
    return take_admission(node, room, link, &admission, error);
}
