#include "daemon/keyholder_messages.h"

static enum entente_error
queue_append(struct channel *channel, const struct effect *effect)
{
    uint8_t tickets[MESSAGE_TICKETS_MAX * MESSAGE_TICKET_BYTES];
    struct message_append message = {
        .room = effect->room, .headers = effect->data, .payloads = effect->payloads};

    for (uint32_t i = 0; i < effect->count; i++)
        message_ticket_write(tickets, i, effect->tickets[i]);
    message.tickets = (struct bytes){tickets, effect->count * MESSAGE_TICKET_BYTES};
    return message_append_queue(channel, &message);
}

enum entente_error
keyholder_effect_queue(struct channel *channel, const struct effect *effect)
{
    switch (effect->kind) {
    case EFFECT_STATE_ASK:
        return message_state_ask_queue(channel, &(struct message_state_ask){effect->room});
    case EFFECT_BARRIER:
        return message_barrier_queue(channel,
            &(struct message_barrier){effect->room, effect->seq, effect->id, effect->overridden});
    case EFFECT_APPEND:
        return queue_append(channel, effect);
    case EFFECT_JOURNAL_ASK:
        return message_journal_ask_queue(
            channel, &(struct message_journal_ask){effect->room, effect->seq});
    case EFFECT_RELEASE:
        return message_stored_queue(
            channel, &(struct message_stored){effect->room, effect->seq, effect->seq_held});
    case EFFECT_KEYHOLDER_REGISTER:
        return message_register_queue(
            channel, &(struct message_register){effect->party, effect->data});
    case EFFECT_SEND:
    case EFFECT_CUT:
    case EFFECT_STORE_BRANCH:
    case EFFECT_STORE_SEGMENT:
    case EFFECT_STORE_REGISTER:
    case EFFECT_STORE_PROOF:
    case EFFECT_STORE_FILE:
    case EFFECT_STORE_CHUNK:
    case EFFECT_COMMIT:
    case EFFECT_NEWS:
    case EFFECT_TIMER:
    case EFFECT_TRACE:
        break;
    }
    return ENTENTE_ERR_USAGE;
}

static struct keyholder_state
state_of(const struct message_state *message)
{
    return (struct keyholder_state){
        .slot = message->slot,
        .inc = message->inc,
        .seq = message->seq,
        .id = message->id,
        .reg_number = message->reg_number,
        .reg_id = message->reg_id,
        .t_ms = message->t_ms,
        .journal_first_seq = message->journal_first_seq,
        .barrier_passed = message->barrier_passed,
        .is_retired = message->is_retired,
    };
}

static enum entente_error
read_state(struct bytes body, struct event *event)
{
    struct message_state message;

    enum entente_error error = message_state_read(body, &message);
    if (error != ENTENTE_OK)
        return error;
    event->kind = EVENT_KEYHOLDER_STATE;
    event->room = message.room;
    event->state = state_of(&message);
    return ENTENTE_OK;
}

static enum entente_error
read_sealed(struct bytes body, struct event *event)
{
    struct message_sealed message;

    enum entente_error error = message_sealed_read(body, &message);
    if (error != ENTENTE_OK)
        return error;
    event->kind = EVENT_SEALED;
    event->room = message.room;
    event->sealed = (struct sealed){
        .ticket = message.ticket,
        .kind = message.kind,
        .chain = message.chain,
        .index = message.index,
        .pcommit = message.pcommit,
        .payload_bytes = message.payload_bytes,
        .payload_hash = message.payload_hash,
    };
    memcpy(event->sealed.tag, message.tag.bytes, sizeof event->sealed.tag);
    return ENTENTE_OK;
}

static enum entente_error
read_signed(struct bytes body, struct event *event)
{
    struct message_signed message;

    enum entente_error error = message_signed_read(body, &message);
    if (error != ENTENTE_OK)
        return error;
    event->kind = EVENT_SIGNED;
    event->room = message.room;
    event->data = message.segment;
    event->payloads = message.payloads;
    return ENTENTE_OK;
}

static enum entente_error
read_refused(struct bytes body, struct event *event)
{
    struct message_refused message;

    enum entente_error error = message_refused_read(body, &message);
    if (error != ENTENTE_OK)
        return error;
    event->kind = EVENT_REFUSED;
    event->room = message.room;
    event->seq = message.first_seq;
    event->error = (enum entente_error)message.error;
    return ENTENTE_OK;
}

static enum entente_error
read_journaled(struct bytes body, struct event *event)
{
    struct message_journaled message;

    enum entente_error error = message_journaled_read(body, &message);
    if (error != ENTENTE_OK)
        return error;
    event->kind = EVENT_JOURNALED;
    event->room = message.room;
    event->data = message.segment;
    event->payloads = message.payloads;
    return ENTENTE_OK;
}

static enum entente_error
read_journal_end(struct bytes body, struct event *event)
{
    struct message_journal_end message;

    enum entente_error error = message_journal_end_read(body, &message);
    if (error != ENTENTE_OK)
        return error;
    event->kind = EVENT_JOURNAL_END;
    event->room = message.room;
    return ENTENTE_OK;
}

static const struct {
    uint16_t type;
    enum entente_error (*read)(struct bytes body, struct event *event);
} readers[] = {
    {MESSAGE_STATE, read_state},
    {MESSAGE_SEALED, read_sealed},
    {MESSAGE_SIGNED, read_signed},
    {MESSAGE_REFUSED, read_refused},
    {MESSAGE_JOURNALED, read_journaled},
    {MESSAGE_JOURNAL_END, read_journal_end},
};

enum entente_error
keyholder_event_read(uint16_t type, struct bytes body, struct event *event)
{
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
        if (readers[i].type == type)
            return readers[i].read(body, event);
    return ENTENTE_ERR_REFUSED;
}
