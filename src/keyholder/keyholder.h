/*
 * The keyholder: the one process with keys.  It signs what follows the feed (signer.h), seals what
 * the own people write, and opens what they may read.  Messages in, messages and journal records
 * out; the shell in main.c moves bytes.  What is absent from the tables of keyholder.c is refused.
 */
#ifndef ENTENTE_KEYHOLDER_KEYHOLDER_H
#define ENTENTE_KEYHOLDER_KEYHOLDER_H

#include "channel/messages.h"
#include "format/genesis.h"
#include "keyholder/chains.h"
#include "keyholder/journal.h"
#include "keyholder/signer.h"
#include "keyholder/tickets.h"

#define KEYHOLDER_ROOMS_MAX JOURNAL_ROOMS_MAX
#define KEYHOLDER_REGISTERS_MAX 256u

struct keyholder_room {
    struct room_id id;
    uint8_t parties;
    struct party_register *registers[PARTIES_MAX]; /* of the keyholder's list */
    struct signer signer;
    struct tickets tickets; /* what was sealed and is not in the feed yet */
    uint64_t chain_id;      /* the own chain in use; 0: the next seal begins a new one */
    uint64_t chain_last_id; /* of the chain begun last: ids grow */
    uint32_t chain_index;   /* its next step */
    uint32_t journal_next;  /* the next seq that the node is sent out of the journal; 0: none */
    uint32_t journal_to;    /* the last one that it asked for */
};

struct keyholder {
    uint16_t inc;
    struct public_key node_key;
    struct node_secrets *secrets; /* locked memory */
    struct chains *chains;        /* locked memory */
    struct journal *journal;
    struct channel *node;
    struct channel *desk;
    struct keyholder_room *rooms;
    uint32_t rooms_count;
    struct party_register *registers[KEYHOLDER_REGISTERS_MAX];
    uint32_t registers_count;
    struct room_id asked[KEYHOLDER_ROOMS_MAX]; /* states asked for before the room was named */
    uint32_t asked_count;
    uint64_t own_tickets;
    uint64_t now_us; /* the wall clock, as the shell read it when the turn began */
};

/*
 * A room that the supervisor names: its genesis must be complete under the cards, and one party's
 * register must certify the node key.
 *   ENTENTE_ERR_NOT_A_PARTY, ENTENTE_ERR_NOT_TRUSTED, or what parsers and registers say
 */
MUST_USE enum entente_error keyholder_join(
    struct keyholder *keyholder, const struct message_room *message);

/*
 * Whether messages may be taken now: what they can lead to fits into both queues.  Where not, the
 * shell sends first; a slow process makes the others wait, it does not make them fail.
 */
bool keyholder_has_room(const struct keyholder *keyholder);

/* Whether something was handed over to the node that it has not placed yet. */
bool keyholder_expects_more(const struct keyholder *keyholder);

/*
 * A message of the node or the desk.  Its answers are queued at once, and must not be sent before
 * keyholder_commit() came back: that is what makes them durable.
 * What is asked for wrongly is answered.  An error ends the keyholder: ENTENTE_ERR_REFUSED means
 * that the other process is broken or taken over, any other that this machine failed.
 */
MUST_USE enum entente_error keyholder_node_message(
    struct keyholder *keyholder, uint16_t type, struct bytes body);
MUST_USE enum entente_error keyholder_desk_message(
    struct keyholder *keyholder, uint16_t type, struct bytes body);

/*
 * The end of a turn: one sync of the journal for all that was appended.  Nothing queued may be sent
 * after an error: the disk's state is unknown, and the keyholder must start anew.
 */
MUST_USE enum entente_error keyholder_commit(struct keyholder *keyholder);

/* Send the node more of the journal that it asked for, as far as its queue has room. */
MUST_USE enum entente_error keyholder_pump(struct keyholder *keyholder);
bool keyholder_wants_pump(const struct keyholder *keyholder);

/* The node is gone: what is under way will never be written, and the desk is told so. */
void keyholder_node_gone(struct keyholder *keyholder);

void keyholder_free(struct keyholder *keyholder);

/* rooms.c */
struct keyholder_room *keyholder_room_find(
    const struct keyholder *keyholder, const struct room_id *id);

/* sealing.c */
MUST_USE enum entente_error keyholder_seal(struct keyholder *keyholder, struct bytes body);
MUST_USE enum entente_error keyholder_act(struct keyholder *keyholder, struct bytes body);
MUST_USE enum entente_error keyholder_open(struct keyholder *keyholder, struct bytes body);
MUST_USE enum entente_error keyholder_chain(struct keyholder *keyholder, struct bytes body);

/*
 * Have the node place a payload in the feed, which is copied and kept until then.  Size and hash in
 * `sealed` are filled in here.
 */
MUST_USE enum entente_error keyholder_hand_over(struct keyholder *keyholder,
    struct keyholder_room *room, struct message_sealed *sealed, uint64_t chain,
    struct bytes payload);

/* helping.c */
MUST_USE enum entente_error keyholder_key_help(struct keyholder *keyholder, struct bytes body);

/* sealing.c */
/* The desk is told that its ticket is refused; a chain whose `keys` entry is refused is given up.
 */
MUST_USE enum entente_error keyholder_refuse_ticket(struct keyholder *keyholder,
    struct keyholder_room *room, const struct ticket *ticket, enum entente_error why);

/* The same for all that is under way in the room. */
MUST_USE enum entente_error keyholder_refuse_all(
    struct keyholder *keyholder, struct keyholder_room *room, enum entente_error why);

/* Queues STATE for the node. */
MUST_USE enum entente_error keyholder_say_state(
    struct keyholder *keyholder, const struct keyholder_room *room);

#endif
