/*
 * The API within the desk's process: what it asks of the node, the keyholder and the rooms, and
 * where the accounts are kept.  There is no API, and no memory of one, before the first request
 * comes.
 */
#ifndef ENTENTE_DESK_SERVING_H
#define ENTENTE_DESK_SERVING_H

#include "api/api.h"
#include "channel/messages.h"
#include "desk/rooms.h"

struct desk;

struct serving_change {
    struct room *room;
    uint64_t change; /* the newest; 0: told */
};

enum serving_asked { ASKED_WRITE, ASKED_STATUS, ASKED_PART, ASKED_CONTROL };

struct serving_failure {
    struct serving_failure *next;
    uint64_t ticket;
    enum serving_asked asked;
    enum entente_error error;
};

struct serving {
    struct api *api;    /* NULL: nobody came yet */
    bool is_broken;     /* it could not be made; said once */
    int accounts[2];    /* the two files, see serving_begin(); -1: not open */
    uint64_t saved;     /* number of the last save */
    uint8_t *loaded;    /* content of the accounts, for the API's start */
    uint64_t ticked_ms; /* steady */
    bool has_work;      /* the API has, at once */
    uint32_t rooms;     /* how many there are, as counted at `counted_ms` */
    uint64_t counted_ms;
    struct serving_change changes[DESK_ROOMS_MAX];
    struct serving_failure *failures; /* to be told at the next turn */
};

/*
 * Before the process is confined: opens DIR/accounts.1 and DIR/accounts.2, since after it nothing
 * is opened by name.  Each holds all accounts behind a number and a hash; a save writes the older
 * one, so that a power cut leaves one of both whole. ENTENTE_ERR_IO   they cannot be opened
 */
MUST_USE enum entente_error serving_begin(struct desk *desk, const char *folder);
struct http_calls serving_calls(struct desk *desk);

/* What the node said under a ticket of the API. */
void serving_status(struct desk *desk, const struct message_node_status_is *message);
void serving_exported(struct desk *desk, const struct message_node_exported *message);
void serving_controlled(struct desk *desk, const struct message_node_done *message);

/* Once a turn of the loop; and how long until there is something to do, in ms; -1: nothing. */
void serving_turn(struct desk *desk);
int serving_wait_ms(const struct desk *desk);
void serving_end(struct desk *desk);

#endif
