/*
 * Between the node's core and the keyholder: effects as messages, messages as events.  Pure, so the
 * simulator speaks to the keyholder in the words of the process.
 */
#ifndef ENTENTE_DAEMON_KEYHOLDER_MESSAGES_H
#define ENTENTE_DAEMON_KEYHOLDER_MESSAGES_H

#include "channel/messages.h"
#include "node/node.h"

/*
 * Queue what an effect asks of the keyholder: EFFECT_STATE_ASK, EFFECT_BARRIER, EFFECT_APPEND,
 * EFFECT_JOURNAL_ASK, EFFECT_RELEASE or EFFECT_KEYHOLDER_REGISTER.
 *   ENTENTE_ERR_USAGE   any other kind
 *   or what channel_begin() says
 */
MUST_USE enum entente_error keyholder_effect_queue(
    struct channel *channel, const struct effect *effect);

/*
 * Read what the keyholder said into `*event`, of which the times are left alone; views borrow from
 * `body`.  What is absent from the table is refused.
 *   ENTENTE_ERR_REFUSED   it may not say that, or not so; the event is of no use
 */
MUST_USE enum entente_error keyholder_event_read(
    uint16_t type, struct bytes body, struct event *event);

#endif
