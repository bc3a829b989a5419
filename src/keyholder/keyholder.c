#include "keyholder/keyholder.h"

#include "crypto/secret.h"

#include <stdlib.h>

/* ---- the node's messages ---- */

static enum entente_error
say_state(struct keyholder *keyholder, const struct keyholder_room *room)
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
    return room == NULL ? ENTENTE_OK : say_state(keyholder, room);
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
            error = journal_commit(keyholder->journal);
    }
    return error == ENTENTE_OK ? say_state(keyholder, room) : error;
}

static enum entente_error
refuse_append(
    struct keyholder *keyholder, const struct message_append *asked, enum entente_error error)
{
    struct message_refused refused = {
        asked->room, signer_first_seq(asked->headers), (uint16_t)error};

    for (size_t i = 0; i < message_tickets_count(asked->tickets); i++) {
        uint64_t ticket = message_ticket(asked->tickets, i);
        if (ticket == 0 || ticket >> 63 != 0)
            continue;
        enum entente_error queued = message_seal_refused_queue(
            keyholder->desk, &(struct message_seal_refused){ticket, (uint16_t)error});
        if (queued != ENTENTE_OK)
            return queued;
    }
    return message_refused_queue(keyholder->node, &refused);
}

static enum entente_error
keep_answer(struct keyholder *keyholder, const struct message_append *asked, struct bytes segment)
{
    struct keyholder_answer *answer = calloc(1, sizeof *answer);
    uint8_t *copy = malloc(segment.size);

    if (answer == NULL || copy == NULL) {
        free(answer);
        free(copy);
        return ENTENTE_ERR_NO_MEMORY;
    }
    memcpy(copy, segment.data, segment.size);
    answer->room = asked->room;
    answer->segment = copy;
    answer->segment_bytes = segment.size;
    answer->tickets_bytes = asked->tickets.size;
    memcpy(answer->tickets, asked->tickets.data, asked->tickets.size);
    *keyholder->last = answer;
    keyholder->last = &answer->next;
    return ENTENTE_OK;
}

static enum entente_error
append(struct keyholder *keyholder, struct keyholder_room *room, const struct message_append *asked)
{
    static struct segment segment;
    static uint8_t out[SEGMENT_BYTES_MAX];
    struct writer writer = writer_of(out, sizeof out);
    uint32_t count = (uint32_t)message_tickets_count(asked->tickets);
    uint32_t first = signer_first_seq(asked->headers);
    struct signer_request request = {
        .count = count, .headers = asked->headers, .payloads = asked->payloads};
    struct signer next = room->signer;
    struct bytes unused;
    uint32_t last_seq;
    bool is_repeat = false;

    if (first != 0 && first <= room->signer.seq &&
        journal_read(keyholder->journal, &room->id, first, &last_seq, &request.journaled, &unused) !=
            ENTENTE_OK)
        request.journaled = (struct bytes){0};
    enum entente_error error = signer_append(
        &next, &request, &keyholder->secrets->signing, &writer, &segment, &is_repeat);
    if (error == ENTENTE_OK && !is_repeat) {
        struct journal_head head = head_of(&next);
        error = journal_append(
            keyholder->journal, &head, first, writer_written(&writer), asked->payloads);
    }
    if (error == ENTENTE_OK)
        error = keep_answer(keyholder, asked, writer_written(&writer));
    if (error == ENTENTE_OK)
        room->signer = next;
    return error;
}

static enum entente_error
take_append(struct keyholder *keyholder, struct bytes body)
{
    struct message_append asked;

    enum entente_error error = message_append_read(body, &asked);
    if (error != ENTENTE_OK)
        return error;
    struct keyholder_room *room = keyholder_room_find(keyholder, &asked.room);
    error = room == NULL ? ENTENTE_ERR_NOT_FOUND : append(keyholder, room, &asked);
    return error == ENTENTE_OK ? ENTENTE_OK : refuse_append(keyholder, &asked, error);
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
    uint32_t seq = asked.after_seq + 1;
    uint32_t first = journal_first_seq(keyholder->journal, &room->id);
    if (seq < first)
        seq = first;
    while (first != 0 && seq <= room->signer.seq &&
           channel_has_room(keyholder->node, CHANNEL_BODY_BYTES_MAX)) {
        struct message_journaled journaled = {.room = room->id};
        uint32_t last_seq;
        error = journal_read(keyholder->journal, &room->id, seq, &last_seq, &journaled.segment,
            &journaled.payloads);
        if (error != ENTENTE_OK)
            return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
        error = message_journaled_queue(keyholder->node, &journaled);
        if (error != ENTENTE_OK)
            return error;
        seq = last_seq + 1;
    }
    return message_journal_end_queue(
        keyholder->node, &(struct message_journal_end){room->id});
}

static enum entente_error
take_stored(struct keyholder *keyholder, struct bytes body)
{
    struct message_stored message;

    enum entente_error error = message_stored_read(body, &message);
    if (error == ENTENTE_OK)
        journal_release(
            keyholder->journal, &message.room, message.stored_seq, message.held_seq);
    return error;
}

/* Verified here too: the node might be taken over. */
static enum entente_error
take_register(struct keyholder *keyholder, struct bytes body)
{
    struct message_register message;

    enum entente_error error = message_register_read(body, &message);
    if (error != ENTENTE_OK)
        return error;
    for (uint32_t i = 0; i < keyholder->registers_count; i++)
        if (party_id_equal(register_party(keyholder->registers[i]), &message.party)) {
            error = register_add_all(keyholder->registers[i], message.entries);
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
    {MESSAGE_OPEN, keyholder_open},
    {MESSAGE_CHAIN, keyholder_chain},
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
    return handle(keyholder, node_handlers, sizeof node_handlers / sizeof node_handlers[0], type,
        body);
}

enum entente_error
keyholder_desk_message(struct keyholder *keyholder, uint16_t type, struct bytes body)
{
    return handle(keyholder, desk_handlers, sizeof desk_handlers / sizeof desk_handlers[0], type,
        body);
}

/* ---- the end of a turn ---- */

static enum entente_error
say_appended(struct keyholder *keyholder, const struct keyholder_answer *answer)
{
    static struct segment segment;
    struct reader reader = reader_of((struct bytes){answer->segment, answer->segment_bytes});
    struct bytes tickets = {answer->tickets, answer->tickets_bytes};

    enum entente_error error = segment_parse(&reader, &segment);
    if (error != ENTENTE_OK)
        return error;
    error = message_signed_queue(keyholder->node,
        &(struct message_signed){answer->room, {answer->segment, answer->segment_bytes}});
    for (uint32_t i = 0; i < segment.count && error == ENTENTE_OK; i++) {
        const struct entry *entry = &segment.entries[i];
        uint64_t ticket = message_ticket(tickets, i);
        if (ticket == 0 || ticket >> 63 != 0)
            continue;
        error = message_appended_queue(keyholder->desk,
            &(struct message_appended){
                ticket, entry->slot, entry->inc, entry->seq, segment.ids[i], entry->t_ms});
    }
    return error;
}

enum entente_error
keyholder_commit(struct keyholder *keyholder)
{
    enum entente_error error = journal_commit(keyholder->journal);

    while (error == ENTENTE_OK && keyholder->first != NULL) {
        struct keyholder_answer *answer = keyholder->first;
        error = say_appended(keyholder, answer);
        keyholder->first = answer->next;
        free(answer->segment);
        free(answer);
    }
    if (keyholder->first == NULL)
        keyholder->last = &keyholder->first;
    return error;
}

void
keyholder_free(struct keyholder *keyholder)
{
    while (keyholder->first != NULL) {
        struct keyholder_answer *next = keyholder->first->next;
        free(keyholder->first->segment);
        free(keyholder->first);
        keyholder->first = next;
    }
    for (uint32_t i = 0; i < keyholder->registers_count; i++)
        register_free(keyholder->registers[i]);
    free(keyholder->rooms);
    journal_free(keyholder->journal);
    secret_free(keyholder->secrets);
    secret_free(keyholder->chains);
    *keyholder = (struct keyholder){0};
}
