/* Between the node and the keyholder: effects to messages, messages to events. */
#include "daemon/shell.h"

static enum entente_error
queue_append(struct shell *shell, const struct effect *effect)
{
    uint8_t tickets[MESSAGE_TICKETS_MAX * MESSAGE_TICKET_BYTES];
    struct message_append message = {
        .room = effect->room, .headers = effect->data, .payloads = effect->payloads};

    for (uint32_t i = 0; i < effect->count; i++)
        message_ticket_write(tickets, i, effect->tickets[i]);
    message.tickets = (struct bytes){tickets, effect->count * MESSAGE_TICKET_BYTES};
    return message_append_queue(shell->keyholder, &message);
}

static enum entente_error
queue(struct shell *shell, const struct effect *effect)
{
    if (effect->kind == EFFECT_APPEND)
        return queue_append(shell, effect);
    if (effect->kind == EFFECT_STATE_ASK)
        return message_state_ask_queue(
            shell->keyholder, &(struct message_state_ask){effect->room});
    if (effect->kind == EFFECT_BARRIER)
        return message_barrier_queue(shell->keyholder,
            &(struct message_barrier){effect->room, effect->seq, effect->id, effect->overridden});
    if (effect->kind == EFFECT_JOURNAL_ASK)
        return message_journal_ask_queue(
            shell->keyholder, &(struct message_journal_ask){effect->room, effect->seq});
    if (effect->kind == EFFECT_RELEASE)
        return message_stored_queue(shell->keyholder,
            &(struct message_stored){effect->room, effect->seq, effect->seq_held});
    return message_register_queue(
        shell->keyholder, &(struct message_register){effect->party, effect->data});
}

void
shell_keyholder_effect(struct shell *shell, const struct effect *effect)
{
    if (queue(shell, effect) != ENTENTE_OK)
        shell_end(shell, "the keyholder does not take what it is asked");
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
step_state(struct shell *shell, struct bytes body)
{
    struct message_state message;
    struct event event = shell_event(EVENT_KEYHOLDER_STATE);

    enum entente_error error = message_state_read(body, &message);
    if (error != ENTENTE_OK)
        return error;
    event.room = message.room;
    event.state = state_of(&message);
    shell_step(shell, &event);
    return ENTENTE_OK;
}

static enum entente_error
step_sealed(struct shell *shell, struct bytes body)
{
    struct message_sealed message;
    struct event event = shell_event(EVENT_SEALED);

    enum entente_error error = message_sealed_read(body, &message);
    if (error != ENTENTE_OK)
        return error;
    event.room = message.room;
    event.sealed = (struct sealed){
        .ticket = message.ticket,
        .kind = message.kind,
        .chain = message.chain,
        .index = message.index,
        .pcommit = message.pcommit,
    };
    memcpy(event.sealed.tag, message.tag.bytes, sizeof event.sealed.tag);
    event.data = message.payload;
    shell_step(shell, &event);
    return ENTENTE_OK;
}

static enum entente_error
step_signed(struct shell *shell, struct bytes body)
{
    struct message_signed message;
    struct event event = shell_event(EVENT_SIGNED);

    enum entente_error error = message_signed_read(body, &message);
    if (error != ENTENTE_OK)
        return error;
    event.room = message.room;
    event.data = message.segment;
    shell_step(shell, &event);
    return ENTENTE_OK;
}

static enum entente_error
step_refused(struct shell *shell, struct bytes body)
{
    struct message_refused message;
    struct event event = shell_event(EVENT_REFUSED);

    enum entente_error error = message_refused_read(body, &message);
    if (error != ENTENTE_OK)
        return error;
    event.room = message.room;
    event.seq = message.first_seq;
    event.error = (enum entente_error)message.error;
    shell_step(shell, &event);
    return ENTENTE_OK;
}

static enum entente_error
step_journaled(struct shell *shell, struct bytes body)
{
    struct message_journaled message;
    struct event event = shell_event(EVENT_JOURNALED);

    enum entente_error error = message_journaled_read(body, &message);
    if (error != ENTENTE_OK)
        return error;
    event.room = message.room;
    event.data = message.segment;
    event.payloads = message.payloads;
    shell_step(shell, &event);
    return ENTENTE_OK;
}

static enum entente_error
step_journal_end(struct shell *shell, struct bytes body)
{
    struct message_journal_end message;
    struct event event = shell_event(EVENT_JOURNAL_END);

    enum entente_error error = message_journal_end_read(body, &message);
    if (error != ENTENTE_OK)
        return error;
    event.room = message.room;
    shell_step(shell, &event);
    return ENTENTE_OK;
}

static enum entente_error
bundle_signed(struct shell *shell, struct bytes body)
{
    struct message_bundle_signed message;

    enum entente_error error = message_bundle_signed_read(body, &message);
    if (error == ENTENTE_OK)
        query_bundle_signed(shell, &message);
    return error;
}

/* What the keyholder may say; anything else is refused. */
static const struct {
    uint16_t type;
    enum entente_error (*take)(struct shell *shell, struct bytes body);
} handlers[] = {
    {MESSAGE_STATE, step_state},
    {MESSAGE_SEALED, step_sealed},
    {MESSAGE_SIGNED, step_signed},
    {MESSAGE_REFUSED, step_refused},
    {MESSAGE_JOURNALED, step_journaled},
    {MESSAGE_JOURNAL_END, step_journal_end},
    {MESSAGE_BUNDLE_SIGNED, bundle_signed},
};

void
shell_keyholder_message(struct shell *shell, uint16_t type, struct bytes body)
{
    for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++)
        if (handlers[i].type == type && handlers[i].take(shell, body) == ENTENTE_OK)
            return;
    shell_end(shell, "the keyholder said something that it may not say");
}
