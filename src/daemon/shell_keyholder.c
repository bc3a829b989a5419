/* Between the node and the keyholder: what keyholder_messages.c does not do alone. */
#include "daemon/keyholder_messages.h"
#include "daemon/shell.h"

void
shell_keyholder_effect(struct shell *shell, const struct effect *effect)
{
    enum entente_error error = keyholder_effect_queue(shell->keyholder, effect);

    /* Not at the end of the turn: the keyholder signs while we do the rest of it. */
    if (error == ENTENTE_OK && effect->kind == EFFECT_APPEND)
        error = channel_flush(shell->keyholder);
    if (error != ENTENTE_OK)
        shell_end(shell, "the keyholder does not take what it is asked");
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

void
shell_keyholder_message(struct shell *shell, uint16_t type, struct bytes body)
{
    struct event event = shell_event(EVENT_KEYHOLDER_STATE); /* the kind follows from the message */

    if (type == MESSAGE_BUNDLE_SIGNED) {
        if (bundle_signed(shell, body) == ENTENTE_OK)
            return;
    } else if (keyholder_event_read(type, body, &event) == ENTENTE_OK) {
        shell_step(shell, &event);
        return;
    }
    shell_end(shell, "the keyholder said something that it may not say");
}
