/*
 * The desk: the process that faces the party's own people.  It takes requests from local clients (the
 * CLI, later the page), has what they write sealed by the keyholder, and what they read fetched from
 * the node and opened by the keyholder.  It sees plaintext, holds no keys, and gets no other
 * party's bytes that the node has not verified.
 */
#ifndef ENTENTE_DESK_DESK_H
#define ENTENTE_DESK_DESK_H

#include "channel/messages.h"
#include "files/files.h"
#include "desk/rooms.h"
#include "desk/serving.h"
#include "desk/web.h"
#include "desk/writing.h"
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
#define DESK_NO_CLIENT DESK_CLIENTS_MAX /* a request of the desk's own */
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

/* One sealed entry on its way through the keyholder, with the chains that it needs. */
struct opening {
    uint64_t ticket;              /* to keyholder and node */
    struct bytes header, payload; /* borrowed from whose it is, until it ends */
    uint32_t sources;             /* of its chain that were tried */
    struct message_chain_wanted wanted;
    struct digest commitment; /* of that chain; zero: not known */
};

/* One entry of a page, until the whole page can be handed on. */
struct reading_entry {
    struct message_node_entry message; /* its views point into `held` */
    uint8_t *held;
    uint8_t *body;
    size_t body_bytes;
    enum entente_error error;
    bool is_done;
    struct opening opening;
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

/* What is to be written, until it is handed to the keyholder. */
struct writing {
    uint8_t kind;
    size_t size;
    uint8_t sections[];
};
struct filing; /* filing.c: a file that a client gives or reads */

struct request {
    uint64_t ticket; /* ours, to node and keyholder; 0: free */
    uint16_t kind;   /* message type */
    uint32_t client; /* DESK_NO_CLIENT: the desk's own, of which `done` hears */
    uint64_t client_ticket;
    size_t said_bytes;
    struct room_id room; /* of what is written; zero: the only one */
    struct reading *reading;
    struct helping helping;
    struct writing *writing; /* NULL: handed over, or none */
    void (*done)(void *state, const struct desk_written *written);
    void *done_state;
    struct filing *filing;
};

struct desk {
    struct channel *supervisor;
    struct channel *keyholder;
    struct channel *node;
    struct files *files;
    struct client clients[DESK_CLIENTS_MAX];
    struct request requests[DESK_REQUESTS_MAX];
    uint32_t requests_count;
    uint32_t readings_count; /* of the requests, those that read: LIST */
    uint32_t request_next; /* where to look for a free one */
    uint64_t counter;
    size_t said_bytes;
    uint32_t writings_count; /* requests that are not handed over yet */
    struct rooms *rooms;
    bool has_work; /* in the rooms, at once */
    struct web web;
    struct serving serving;
    bool is_ending;
};

/*
 * Tickets to node and keyholder carry the place of the request (and of the entry within its page), and a
 * counter, so that an answer that comes after its client went away meets nothing.
 */
#define TICKET_CHAIN (UINT64_C(1) << 62)
#define TICKET_API (UINT64_C(1) << 60)  /* of the API: serving.c knows it */
#define TICKET_ROOM (UINT64_C(1) << 61) /* of what a room has opened: rooms.c knows it */
/* And TICKET_FILES of files.h. */

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

/* opening.c: an error ends the opening. */
MUST_USE enum entente_error opening_ask(struct desk *desk, const struct opening *opening);
MUST_USE enum entente_error opening_chain_wanted(
    struct desk *desk, struct opening *opening, const struct message_chain_wanted *wanted);
MUST_USE enum entente_error opening_keys(
    struct desk *desk, struct opening *opening, const struct message_node_keys_are *keys);

/* rooms.c */
/* What this party wrote last in a room; and whether a room has all of that. */
void rooms_written(
    struct desk *desk, const struct room_id *room, const struct message_appended *appended);
bool rooms_has_written(const struct desk *desk, struct room *room);
/* Opens what will be needed: the store's files, the spills.  Before the desk is confined. */
MUST_USE enum entente_error rooms_start(
    struct desk *desk, const char *folder, const struct message_reading *reading);
/* Some of the work that there is; true: there is more at once. */
bool rooms_turn(struct desk *desk);
/* How long until there is something to be tried again, in ms; -1: nothing is. */
int rooms_wait_ms(const struct desk *desk);
void rooms_stored(struct desk *desk, const struct message_node_stored *stored);
void rooms_opened(
    struct desk *desk, uint64_t ticket, struct bytes body, enum entente_error error);
void rooms_chain_wanted(struct desk *desk, const struct message_chain_wanted *wanted);
void rooms_keys(struct desk *desk, const struct message_node_keys_are *keys);
void rooms_status(struct desk *desk, const struct message_node_status_is *message);

/* ratifying.c */
#define RATIFYING_MAX 64u /* under way in a room; others wait for the next change */
struct ratifying {
    bool is_asked; /* how far the own feed goes */
    bool is_answered;
    uint16_t inc;  /* as the node said */
    uint32_t seq;
    struct digest acts[RATIFYING_MAX]; /* handed over, and not seen in the room yet */
    uint32_t count;
};
/*
 * The room is current: what is to be ratified is.  `ticket` is for the node's status.
 *   ENTENTE_ERR_PENDING   nobody knows yet how far the own feed goes: later again
 */
MUST_USE enum entente_error ratify(
    struct desk *desk, struct room *room, struct ratifying *ratifying, uint64_t ticket);
void ratify_status(struct ratifying *ratifying, const struct message_node_status_is *message);

/* writing.c */
MUST_USE struct request *writing_new(struct desk *desk, uint32_t client, uint64_t client_ticket,
    const struct room_id *room, uint8_t kind, struct bytes sections);
/* Hands over, or ends, what can be. */
void writing_turn(struct desk *desk);
/* What the request became; it ends. */
void writing_end(
    struct desk *desk, struct request *request, const struct desk_written *written);
/* The request under way of that client, kind and ticket, or a new one; NULL: there are too many. */
struct request *request_same(
    struct desk *desk, uint32_t client, uint16_t kind, uint64_t client_ticket);

/* clients.c */
void clients_accept(struct desk *desk);
/* Takes what the client's channel has, as far as the desk has room for more requests. */
void client_take(struct desk *desk, uint32_t index);
void client_drop(struct desk *desk, uint32_t index);

/* answers.c */
MUST_USE enum entente_error node_message(struct desk *desk, uint16_t type, struct bytes body);
MUST_USE enum entente_error keyholder_message(struct desk *desk, uint16_t type, struct bytes body);

/* filing.c */
MUST_USE enum entente_error take_file_put(struct desk *desk, uint32_t client, struct bytes body);
MUST_USE enum entente_error take_file_get(struct desk *desk, uint32_t client, struct bytes body);
MUST_USE enum entente_error take_file_status(struct desk *desk, uint32_t client, struct bytes body);
MUST_USE enum entente_error take_file_remove(struct desk *desk, uint32_t client, struct bytes body);
/* The request is over: what was not ended is given up. */
void filing_free(struct filing *filing);

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
