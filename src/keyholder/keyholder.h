/*
 * The keyholder: the one process with keys.  It signs what follows the feed (signer.h), seals what the own
 * people write, and opens what they may read.  Messages in, messages and journal records out; the shell in
 * main.c moves bytes.  What is absent from the tables of keyholder.c is refused.
 */
#ifndef ENTENTE_KEYHOLDER_KEYHOLDER_H
#define ENTENTE_KEYHOLDER_KEYHOLDER_H

#include "channel/messages.h"
#include "format/genesis.h"
#include "keyholder/chains.h"
#include "keyholder/journal.h"
#include "keyholder/signer.h"

#define KEYHOLDER_ROOMS_MAX JOURNAL_ROOMS_MAX
#define KEYHOLDER_REGISTERS_MAX 256u

struct keyholder_room {
    struct room_id id;
    uint8_t parties;
    struct party_register *registers[PARTIES_MAX]; /* of the keyholder's list */
    struct signer signer;
    uint64_t chain_id;    /* the own chain in use; 0: none announced since the start */
    uint32_t chain_index; /* its next step */
};

/* A segment that is in the journal and will be answered when it is durable. */
struct keyholder_answer {
    struct room_id room;
    uint8_t *segment;
    size_t segment_bytes;
    uint8_t tickets[MESSAGE_TICKETS_MAX * MESSAGE_TICKET_BYTES];
    size_t tickets_bytes;
    struct keyholder_answer *next;
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
    struct keyholder_answer *first;
    struct keyholder_answer **last;
    uint64_t own_tickets;
};

/*
 * A room that the supervisor names: its genesis must be complete under the cards, and one party's
 * register must certify the node key.
 *   ENTENTE_ERR_NOT_A_PARTY, ENTENTE_ERR_NOT_TRUSTED, or what parsers and registers say
 */
MUST_USE enum entente_error keyholder_join(
    struct keyholder *keyholder, const struct message_room *message);

/*
 * A message of the node or the desk.  What it asks for wrongly is answered; ENTENTE_ERR_REFUSED means that
 * the process is broken or taken over, and the keyholder ends.
 */
MUST_USE enum entente_error keyholder_node_message(
    struct keyholder *keyholder, uint16_t type, struct bytes body);
MUST_USE enum entente_error keyholder_desk_message(
    struct keyholder *keyholder, uint16_t type, struct bytes body);

/*
 * The end of a turn: one sync of the journal for all that was appended, then the answers.
 * An error is the disk's: nothing of the turn was answered, and the keyholder must start anew.
 */
MUST_USE enum entente_error keyholder_commit(struct keyholder *keyholder);

void keyholder_free(struct keyholder *keyholder);

/* rooms.c */
struct keyholder_room *keyholder_room_find(
    const struct keyholder *keyholder, const struct room_id *id);

/* sealing.c */
MUST_USE enum entente_error keyholder_seal(struct keyholder *keyholder, struct bytes body);
MUST_USE enum entente_error keyholder_open(struct keyholder *keyholder, struct bytes body);
MUST_USE enum entente_error keyholder_chain(struct keyholder *keyholder, struct bytes body);

#endif
