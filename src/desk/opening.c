/* A sealed entry's way through the keyholder: open, or bring the chain that it wants, and open again. */
#include "desk/desk.h"

#include "format/keys.h"

enum entente_error
opening_ask(struct desk *desk, const struct opening *opening)
{
    return message_open_queue(desk->keyholder,
        &(struct message_open){opening->ticket, opening->header, opening->payload});
}

/* The next entry that may have the chain: the one that announced it, then those that give it again. */
static enum entente_error
ask_source(struct desk *desk, struct opening *opening)
{
    const struct message_chain_wanted *wanted = &opening->wanted;
    struct message_node_keys ask = {wanted->ticket, wanted->room, wanted->slot, wanted->inc,
        wanted->chain, opening->sources++};

    return message_node_keys_queue(desk->node, &ask);
}

enum entente_error
opening_chain_wanted(
    struct desk *desk, struct opening *opening, const struct message_chain_wanted *wanted)
{
    opening->wanted = *wanted;
    return ask_source(desk, opening);
}

/* What the `keys` entry commits to: help shall give that chain and no other (K4). */
static void
note_commitment(struct opening *opening, struct bytes payload)
{
    static struct keys keys;

    if (keys_parse(payload, &keys) == ENTENTE_OK && keys.chain == opening->wanted.chain)
        opening->commitment = keys.commitment;
}

enum entente_error
opening_keys(
    struct desk *desk, struct opening *opening, const struct message_node_keys_are *keys)
{
    enum entente_error error = (enum entente_error)keys->error;

    if (error == ENTENTE_ERR_NOT_FOUND && opening->sources == 1)
        return ask_source(desk, opening); /* who announced it may have hidden that; help has not */
    if (error == ENTENTE_OK && opening->sources == 1)
        note_commitment(opening, keys->payload);
    if (error == ENTENTE_OK) {
        struct message_chain chain = {keys->ticket | TICKET_CHAIN, opening->wanted.slot,
            opening->wanted.inc, opening->wanted.chain, opening->commitment, keys->header,
            keys->payload};
        error = message_chain_queue(desk->keyholder, &chain);
    }
    if (error == ENTENTE_OK)
        error = opening_ask(desk, opening);
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_ERR_UNSEALABLE : error;
}
