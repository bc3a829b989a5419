/* keys help: the room's `keys` entries, page by page from the node, to the keyholder for sealing
 * anew. */
#include "desk/desk.h"

static void
ask_chains(struct desk *desk, struct request *request)
{
    struct helping *helping = &request->helping;
    struct message_node_chains ask = {
        request->ticket, helping->room, helping->branch, helping->chain};

    if (message_node_chains_queue(desk->node, &ask) != ENTENTE_OK)
        request_fail(desk, request, ENTENTE_ERR_NO_MEMORY);
}

void
helping_begin(struct desk *desk, struct request *request, const struct message_help *asked)
{
    request->helping = (struct helping){.room = asked->room, .slot = asked->slot};
    ask_chains(desk, request);
}

/* What was asked of the keyholder is done, and in the feed where there was something. */
void
helping_go_on(struct desk *desk, struct request *request)
{
    if (request->helping.more) {
        ask_chains(desk, request);
        return;
    }
    struct message_helped done = {request->client_ticket, request->helping.chains};
    struct channel *channel = request_channel(desk, request);
    request_end(desk, request);
    enum entente_error queued = message_helped_queue(channel, &done);
    (void)queued; /* a client that does not read its answers is dropped by the loop */
}

void
helping_chains(
    struct desk *desk, struct request *request, const struct message_node_chains_are *message)
{
    struct helping *helping = &request->helping;

    if (message->error != ENTENTE_OK) {
        request_fail(desk, request, (enum entente_error)message->error);
        return;
    }
    helping->branch = message->branch;
    helping->chain = message->chain;
    helping->more = message->more;
    if (message->entries.size == 0) {
        helping_go_on(desk, request);
        return;
    }
    struct message_key_help ask = {request->ticket, helping->room, helping->slot, message->entries};
    if (message_key_help_queue(desk->keyholder, &ask) != ENTENTE_OK)
        request_fail(desk, request, ENTENTE_ERR_NO_MEMORY);
}

void
helping_helped(struct desk *desk, struct request *request, const struct message_key_helped *message)
{
    if (message->error != ENTENTE_OK) {
        request_fail(desk, request, (enum entente_error)message->error);
        return;
    }
    request->helping.chains += message->count;
    if (message->count == 0)
        helping_go_on(desk, request); /* otherwise when it is in the feed */
}
