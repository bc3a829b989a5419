#include "keyholder/keyholder.h"

#include "crypto/secret.h"

#include <stdlib.h>

/* ---- the node's messages ---- */

enum entente_error
keyholder_say_state(struct keyholder *keyholder, const struct keyholder_room *room)
{
    const struct signer *signer = &room->signer;
    struct message_state state = {room->id, signer->slot, signer->inc, signer->seq, signer->id,
        signer->reg_number, signer->reg_id, signer->t_ms,
        journal_first_seq(keyholder->journal, &room->id), signer->barrier_passed,
        signer->is_retired};

    return message_state_queue(keyholder->node, &state);
}

static enum entente_error
take_state_ask(struct keyholder *keyholder, struct bytes body)
{
    struct message_state_ask asked;

    enum entente_error error = message_state_ask_read(body, &asked);
    if (error != ENTENTE_OK)
        return error;
    const struct keyholder_room *room = keyholder_room_find(keyholder, &asked.room);
    if (room != NULL)
        return keyholder_say_state(keyholder, room);
    /* The supervisor names the room soon, on a channel of its own: then it is answered. */
    if (keyholder->asked_count < KEYHOLDER_ROOMS_MAX)
        keyholder->asked[keyholder->asked_count++] = asked.room;
    return ENTENTE_OK;
}

static struct journal_head
head_of(const struct signer *signer)
{
    return (struct journal_head){signer->room, signer->slot, signer->is_retired, signer->seq,
        signer->id, signer->reg_number, signer->reg_id, signer->t_ms};
}

/* The own id at `seq`, when the journal still knows it. */
static bool
journaled_id(struct keyholder *keyholder, const struct keyholder_room *room, uint32_t seq,
    struct entry_id *id)
{
    static struct segment segment;
    struct bytes encoded;
    struct bytes payloads;
    uint32_t last_seq;

    if (seq != 0 && seq == room->signer.seq) {
        *id = room->signer.id;
        return true;
    }
    if (seq == 0 || journal_read(keyholder->journal, &room->id, seq, &last_seq, &encoded,
                        &payloads) != ENTENTE_OK)
        return false;
    struct reader reader = reader_of(encoded);
    if (segment_parse(&reader, &segment) != ENTENTE_OK || segment.entries[0].seq > seq ||
        seq - segment.entries[0].seq >= segment.count)
        return false;
    *id = segment.ids[seq - segment.entries[0].seq];
    return true;
}

static enum entente_error
take_barrier(struct keyholder *keyholder, struct bytes body)
{
    struct message_barrier asked;
    struct entry_id own;

    enum entente_error error = message_barrier_read(body, &asked);
    if (error != ENTENTE_OK)
        return error;
    struct keyholder_room *room = keyholder_room_find(keyholder, &asked.room);
    if (room == NULL)
        return ENTENTE_OK;
    bool was_retired = room->signer.is_retired;
    bool known = journaled_id(keyholder, room, asked.seq, &own);
    signer_barrier(&room->signer, asked.seq, &asked.id, known ? &own : NULL);
    if (room->signer.is_retired && !was_retired) {
        struct journal_head head = head_of(&room->signer);
        error = journal_retire(keyholder->journal, &head);
        if (error == ENTENTE_OK)
            error = keyholder_refuse_all(keyholder, room, ENTENTE_ERR_RETIRED);
    }
    return error == ENTENTE_OK ? keyholder_say_state(keyholder, room) : error;
}

/*
 * Nothing of it was signed: its tickets end, with those that the node left out before them, and the
 * node asks again where the feed stands.
 */
static enum entente_error
refuse_append(struct keyholder *keyholder, struct keyholder_room *room,
    const struct message_append *asked, enum entente_error why)
{
    struct message_refused refused = {asked->room, signer_first_seq(asked->headers), (uint16_t)why};
    enum entente_error error = ENTENTE_OK;
    struct ticket ticket;

    while (error == ENTENTE_OK && room != NULL &&
           tickets_drop(&room->tickets, asked->tickets, &ticket))
        error = keyholder_refuse_ticket(keyholder, room, &ticket, why);
    return error == ENTENTE_OK ? message_refused_queue(keyholder->node, &refused) : error;
}

/* In the journal: what of it the desk asked for, and what the node left out before it. */
static enum entente_error
settle(struct keyholder *keyholder, struct keyholder_room *room, const struct message_append *asked,
    const struct segment *segment)
{
    enum entente_error error = ENTENTE_OK;
    struct settling settling = {0};
    struct ticket ticket;

    while (error == ENTENTE_OK &&
           tickets_settle(&room->tickets, asked->tickets, &settling, &ticket)) {
        if (!settling.is_written) {
            error = keyholder_refuse_ticket(keyholder, room, &ticket, ENTENTE_ERR_GONE);
            continue;
        }
        if (ticket.number & TICKET_OWN)
            continue;
        const struct entry *entry = &segment->entries[settling.index];
        error = message_appended_queue(
            keyholder->desk, &(struct message_appended){ticket.number, entry->slot, entry->inc,
                                 entry->seq, segment->ids[settling.index], entry->t_ms});
    }
    return error;
}

static uint64_t
sealed_entries(struct bytes tickets)
{
    uint64_t sealed = 0;

    for (size_t i = 0; i < message_tickets_count(tickets); i++)
        sealed |= (uint64_t)(message_ticket(tickets, i) != 0) << i;
    return sealed;
}

/* What take_append() makes. */
struct signing {
    struct segment segment;
    uint8_t encoded[SEGMENT_BYTES_MAX];
    uint8_t payloads[SEGMENT_PAYLOAD_BYTES_MAX];
    struct message_signed answer; /* its views are into these, or into what journal_read() gave */
    bool is_repeat;
};

/* Check and sign in a copy of the state; it counts when the journal has it. */
static enum entente_error
sign(struct keyholder *keyholder, struct keyholder_room *room, const struct message_append *asked,
    struct signing *signing)
{
    uint32_t first = signer_first_seq(asked->headers), last_seq;
    struct signer_request request = {.count = (uint32_t)message_tickets_count(asked->tickets),
        .headers = asked->headers,
        .payloads = asked->payloads,
        .elsewhere = sealed_entries(asked->tickets)};
    struct writer out = writer_of(signing->encoded, sizeof signing->encoded);
    struct writer payloads = writer_of(signing->payloads, sizeof signing->payloads);
    struct signer next = room->signer;
    struct bytes journaled = {0};

    if (first != 0 && first <= room->signer.seq &&
        journal_read(keyholder->journal, &room->id, first, &last_seq, &request.journaled,
            &journaled) != ENTENTE_OK)
        request.journaled = (struct bytes){0};
    enum entente_error error = signer_append(&next, &request, &keyholder->secrets->signing, &out,
        &signing->segment, &signing->is_repeat);
    signing->answer = (struct message_signed){asked->room, writer_written(&out), journaled};
    if (error != ENTENTE_OK || signing->is_repeat)
        return error;
    error = tickets_check(&room->tickets, &signing->segment, asked->tickets);
    if (error != ENTENTE_OK)
        return error;
    tickets_payloads(
        &room->tickets, &signing->segment, asked->tickets, asked->payloads, &payloads);
    signing->answer.payloads = writer_written(&payloads);
    struct journal_head head = head_of(&next);
    error = journal_append(keyholder->journal, &head, first, signing->answer.segment,
        signing->answer.payloads);
    if (error == ENTENTE_OK)
        room->signer = next;
    return error;
}

static enum entente_error
take_append(struct keyholder *keyholder, struct bytes body)
{
    static struct signing signing;
    struct message_append asked;

    enum entente_error error = message_append_read(body, &asked);
    if (error != ENTENTE_OK)
        return error;
    struct keyholder_room *room = keyholder_room_find(keyholder, &asked.room);
    error = room == NULL ? ENTENTE_ERR_NOT_FOUND : sign(keyholder, room, &asked, &signing);
    if (error != ENTENTE_OK)
        return refuse_append(keyholder, room, &asked, error);
    /* From here on it is in the journal: what fails now ends the process, it refuses nothing. */
    error = message_signed_queue(keyholder->node, &signing.answer);
    return error == ENTENTE_OK && !signing.is_repeat
               ? settle(keyholder, room, &asked, &signing.segment) : error;
}

static enum entente_error
take_journal_ask(struct keyholder *keyholder, struct bytes body)
{
    struct message_journal_ask asked;

    enum entente_error error = message_journal_ask_read(body, &asked);
    if (error != ENTENTE_OK)
        return error;
    struct keyholder_room *room = keyholder_room_find(keyholder, &asked.room);
    if (room == NULL)
        return ENTENTE_OK;
    uint32_t first = journal_first_seq(keyholder->journal, &room->id);
    room->journal_to = room->signer.seq;
    room->journal_next = asked.after_seq < first ? first : asked.after_seq + 1;
    if (first == 0 || room->journal_next == 0 || room->journal_next > room->journal_to)
        room->journal_next = room->journal_to = 0;
    if (room->journal_next == 0)
        return message_journal_end_queue(keyholder->node, &(struct message_journal_end){room->id});
    return ENTENTE_OK; /* keyholder_pump() sends them */
}

bool
keyholder_wants_pump(const struct keyholder *keyholder)
{
    for (uint32_t i = 0; i < keyholder->rooms_count; i++)
        if (keyholder->rooms[i].journal_next != 0)
            return true;
    return false;
}

static enum entente_error
pump_room(struct keyholder *keyholder, struct keyholder_room *room)
{
    struct message_journaled journaled = {.room = room->id};
    uint32_t last_seq;

    enum entente_error error = journal_read(keyholder->journal, &room->id, room->journal_next,
        &last_seq, &journaled.segment, &journaled.payloads);
    if (error == ENTENTE_OK)
        error = message_journaled_queue(keyholder->node, &journaled);
    /* Released meanwhile: the node has it.  Otherwise on to the next one. */
    bool is_last = error == ENTENTE_ERR_NOT_FOUND || last_seq >= room->journal_to;
    room->journal_next = is_last ? 0 : last_seq + 1;
    if (error != ENTENTE_OK && error != ENTENTE_ERR_NOT_FOUND)
        return error;
    return is_last
               ? message_journal_end_queue(keyholder->node, &(struct message_journal_end){room->id})
               : ENTENTE_OK;
}

enum entente_error
keyholder_pump(struct keyholder *keyholder)
{
    for (uint32_t i = 0; i < keyholder->rooms_count; i++) {
        struct keyholder_room *room = &keyholder->rooms[i];
        while (room->journal_next != 0 && keyholder_has_room(keyholder)) {
            enum entente_error error = pump_room(keyholder, room);
            if (error != ENTENTE_OK)
                return error;
        }
    }
    return ENTENTE_OK;
}

static enum entente_error
take_stored(struct keyholder *keyholder, struct bytes body)
{
    struct message_stored message;

    enum entente_error error = message_stored_read(body, &message);
    if (error == ENTENTE_OK)
        journal_release(keyholder->journal, &message.room, message.stored_seq, message.held_seq);
    return error;
}

/* A party has another node now: the next seal begins a chain that it can open, and the old one not.
 */
static void
renew_chains(struct keyholder *keyholder, const struct party_register *reg)
{
    for (uint32_t i = 0; i < keyholder->rooms_count; i++)
        for (uint8_t slot = 0; slot < keyholder->rooms[i].parties; slot++)
            if (keyholder->rooms[i].registers[slot] == reg)
                keyholder->rooms[i].chain_id = 0;
}

/* Verified here too: the node might be taken over. */
static enum entente_error
take_register(struct keyholder *keyholder, struct bytes body)
{
    struct message_register message;

    enum entente_error error = message_register_read(body, &message);
    if (error != ENTENTE_OK)
        return error;
    for (uint32_t i = 0; i < keyholder->registers_count; i++) {
        struct party_register *reg = keyholder->registers[i];
        if (!party_id_equal(register_party(reg), &message.party))
            continue;
        uint32_t count = register_count(reg);
        error = register_add_all(reg, message.entries);
        if (register_count(reg) > count)
            renew_chains(keyholder, reg);
        return error == ENTENTE_ERR_NO_MEMORY ? error : ENTENTE_OK;
    }
    return ENTENTE_OK;
}

static enum entente_error
take_bundle_sign(struct keyholder *keyholder, struct bytes body)
{
    struct message_bundle_sign asked;
    uint8_t signed_bytes[72];
    struct message_bundle_signed answer;

    enum entente_error error = message_bundle_sign_read(body, &asked);
    if (error != ENTENTE_OK)
        return error;
    struct writer writer = writer_of(signed_bytes, sizeof signed_bytes);
    writer_copy(&writer, asked.room.bytes, sizeof asked.room.bytes);
    writer_copy(&writer, asked.state.bytes, sizeof asked.state.bytes);
    writer_u64(&writer, asked.entries);
    answer.room = asked.room;
    sign_make(&answer.signature, &keyholder->secrets->signing, "entente/bunsign1",
        writer_written(&writer));
    return message_bundle_signed_queue(keyholder->node, &answer);
}

/* ---- tables: what is absent is refused ---- */

struct handler {
    uint16_t type;
    enum entente_error (*take)(struct keyholder *keyholder, struct bytes body);
};

static const struct handler node_handlers[] = {
    {MESSAGE_STATE_ASK, take_state_ask},
    {MESSAGE_BARRIER, take_barrier},
    {MESSAGE_APPEND, take_append},
    {MESSAGE_JOURNAL_ASK, take_journal_ask},
    {MESSAGE_STORED, take_stored},
    {MESSAGE_REGISTER, take_register},
    {MESSAGE_BUNDLE_SIGN, take_bundle_sign},
};

static const struct handler desk_handlers[] = {
    {MESSAGE_SEAL, keyholder_seal},
    {MESSAGE_ACT, keyholder_act},
    {MESSAGE_OPEN, keyholder_open},
    {MESSAGE_CHAIN, keyholder_chain},
    {MESSAGE_KEY_HELP, keyholder_key_help},
};

static enum entente_error
handle(struct keyholder *keyholder, const struct handler *handlers, size_t count, uint16_t type,
    struct bytes body)
{
    for (size_t i = 0; i < count; i++)
        if (handlers[i].type == type)
            return handlers[i].take(keyholder, body);
    return ENTENTE_ERR_REFUSED;
}

enum entente_error
keyholder_node_message(struct keyholder *keyholder, uint16_t type, struct bytes body)
{
    return handle(
        keyholder, node_handlers, sizeof node_handlers / sizeof node_handlers[0], type, body);
}

enum entente_error
keyholder_desk_message(struct keyholder *keyholder, uint16_t type, struct bytes body)
{
    return handle(
        keyholder, desk_handlers, sizeof desk_handlers / sizeof desk_handlers[0], type, body);
}

/* ---- the end of a turn ---- */

bool
keyholder_has_room(const struct keyholder *keyholder)
{
    /* The most that one message leads to: the largest answer, and one for each of its tickets. */
    return channel_has_room(keyholder->node, 2 * (size_t)CHANNEL_BODY_BYTES_MAX) &&
           channel_has_room(keyholder->desk, 2 * (size_t)CHANNEL_BODY_BYTES_MAX);
}

bool
keyholder_expects_more(const struct keyholder *keyholder)
{
    for (uint32_t i = 0; i < keyholder->rooms_count; i++)
        if (keyholder->rooms[i].tickets.start < keyholder->rooms[i].tickets.count)
            return true;
    return false;
}

enum entente_error
keyholder_commit(struct keyholder *keyholder)
{
    return journal_commit(keyholder->journal);
}

void
keyholder_node_gone(struct keyholder *keyholder)
{
    for (uint32_t i = 0; i < keyholder->rooms_count; i++)
        if (keyholder_refuse_all(keyholder, &keyholder->rooms[i], ENTENTE_ERR_GONE) != ENTENTE_OK)
            return; /* the desk does not listen: it learns of it when we end */
}

void
keyholder_free(struct keyholder *keyholder)
{
    for (uint32_t i = 0; i < keyholder->registers_count; i++)
        register_free(keyholder->registers[i]);
    for (uint32_t i = 0; i < keyholder->rooms_count; i++)
        tickets_free(&keyholder->rooms[i].tickets);
    free(keyholder->rooms);
    journal_free(keyholder->journal);
    secret_free(keyholder->secrets);
    secret_free(keyholder->chains);
    *keyholder = (struct keyholder){0};
}
