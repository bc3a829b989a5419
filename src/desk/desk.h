/*
 * The desk: the process that faces the party's own people.  It takes requests from local clients (the
 * CLI, later the page), has what they write sealed by the keyholder, and what they read fetched from
 * the node and opened by the keyholder.  It sees plaintext, holds no keys, and gets no other
 * party's bytes that the node has not verified.
 */
#ifndef ENTENTE_DESK_DESK_H
#define ENTENTE_DESK_DESK_H

#include "channel/messages.h"
#include "desk/web.h"
#include "format/entry.h"

#define DESK_FD_SUPERVISOR 3
#define DESK_FD_KEYHOLDER 4
#define DESK_FD_NODE 5
#define DESK_FD_LISTENING 6
#define DESK_FD_API 7 /* HTTP: listening sockets; which there are, the second argument says (web.h) */
#define DESK_FD_PAGE 8
#define DESK_FD_CERTIFICATE 9
#define DESK_FD_KEY 10

#define DESK_CLIENTS_MAX 256u
#define DESK_REQUESTS_MAX 4096u        /* under way, of all clients */
#define DESK_SAID_BYTES_MAX 4194304u   /* to be sealed, of all clients */
#define DESK_PAGE_ENTRIES_MAX 128u
#define DESK_PAGE_LIMIT 64u            /* asked for; a page holds whole segments */
#define DESK_QUEUE_BYTES_MAX 16777216u /* of one channel */

struct client {
    struct channel *channel; /* NULL: free */
    int socket;
    uint32_t requests; /* under way */
};

/* One entry of a page, until the whole page can be handed on. */
struct reading_entry {
    struct message_node_entry message; /* its views point into `held` */
    uint8_t *held;
    uint8_t *body;
    size_t body_bytes;
    enum entente_error error;
    bool is_done;
    uint32_t sources; /* of its chain that were tried */
    struct message_chain_wanted wanted;
    struct digest commitment; /* of that chain; zero: not known */
};

/* A LIST under way. */
struct reading {
    struct room_id room;
    uint8_t order;
    uint64_t after;
    bool follow;
    bool page_asked;
    bool page_ended;
    bool more;
    bool is_waiting; /* follows: nothing more to read now */
    bool has_news;   /* the node told that something came since the page was asked for */
    uint32_t count;
    uint32_t done;
    struct reading_entry entries[DESK_PAGE_ENTRIES_MAX];
};

/* A HELP under way. */
struct helping {
    struct room_id room;
    uint8_t slot;
    uint32_t branch; /* where the next page begins */
    uint64_t chain;
    bool more;
    uint32_t chains; /* sealed so far */
};

struct request {
    uint64_t ticket; /* ours, to node and keyholder; 0: free */
    uint16_t kind;   /* message type */
    uint32_t client;
    uint64_t client_ticket;
    size_t said_bytes;
    struct reading *reading;
    struct helping helping;
};

struct desk {
    struct channel *supervisor;
    struct channel *keyholder;
    struct channel *node;
    struct client clients[DESK_CLIENTS_MAX];
    struct request requests[DESK_REQUESTS_MAX];
    uint32_t requests_count;
    uint32_t request_next; /* where to look for a free one */
    uint64_t counter;
    size_t said_bytes;
    struct web web;
    bool is_ending;
};

/*
 * Tickets to node and keyholder carry the place of the request (and of the entry within its page), and a
 * counter, so that an answer that comes after its client went away meets nothing.
 */
#define TICKET_CHAIN (UINT64_C(1) << 62)

/* requests.c */
struct request *request_new(
    struct desk *desk, uint32_t client, uint16_t kind, uint64_t client_ticket);
struct request *request_find(struct desk *desk, uint64_t ticket, uint32_t *entry);
uint64_t request_entry_ticket(const struct request *request, uint32_t entry);
void request_end(struct desk *desk, struct request *request);
/* The client's channel. */
struct channel *request_channel(const struct desk *desk, const struct request *request);
/* Tells the client, in the form that its request is answered in, that it failed; ends the request. */
void request_fail(struct desk *desk, struct request *request, enum entente_error error);

/* clients.c */
void clients_accept(struct desk *desk);
/* Takes what the client's channel has, as far as the desk has room for more requests. */
void client_take(struct desk *desk, uint32_t index);
void client_drop(struct desk *desk, uint32_t index);

/* answers.c */
MUST_USE enum entente_error node_message(struct desk *desk, uint16_t type, struct bytes body);
MUST_USE enum entente_error keyholder_message(struct desk *desk, uint16_t type, struct bytes body);

/* helping.c */
void helping_begin(struct desk *desk, struct request *request, const struct message_help *asked);
void helping_chains(
    struct desk *desk, struct request *request, const struct message_node_chains_are *message);
void helping_helped(
    struct desk *desk, struct request *request, const struct message_key_helped *message);
void helping_go_on(struct desk *desk, struct request *request);

/* reading.c */
void reading_begin(struct desk *desk, struct request *request, const struct message_list *asked);
void reading_entry(struct desk *desk, struct request *request, const struct message_node_entry *m);
void reading_page_end(
    struct desk *desk, struct request *request, const struct message_node_listed *message);
void reading_opened(struct desk *desk, struct request *request, uint32_t entry, struct bytes body,
    enum entente_error error);
void reading_chain_wanted(struct desk *desk, struct request *request, uint32_t entry,
    const struct message_chain_wanted *message);
void reading_keys(struct desk *desk, struct request *request, uint32_t entry,
    const struct message_node_keys_are *message);
void reading_news(struct desk *desk);
/* Hands on what waited for room in the client's channel. */
void reading_go_on(struct desk *desk, struct request *request);
void reading_free(struct reading *reading);

#endif
