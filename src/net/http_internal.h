/*
 * What the parts of the HTTP server share: http_server.c (beginning, end, clock), http_client.c
 * (one connection: reading, writing, its turn), http_head.c (a request's headers), http_exchange.c
 * (what the handler is told), http_answer.c (what it calls), http_one.c, http_two.c and
 * http_websocket.c (the protocols), http_tls.c.
 *
 * What the handler calls only notes and queues; the connection then is due, and does the rest when
 * its turn comes, on the loop.  Only there are exchanges and clients freed, so no pointer goes
 * stale inside a call.
 */
#ifndef ENTENTE_NET_HTTP_INTERNAL_H
#define ENTENTE_NET_HTTP_INTERNAL_H

#include "net/http.h"
#include "net/http_tls.h"
#include "net/queue.h"
#include "net/wire.h"

#include <http_parser.h>
#include <nghttp2/nghttp2.h>
#include <uv.h>

enum {
    HTTP_READ_BYTES = 16384,
    HTTP_WRITE_BYTES = 65536, /* taken from an HTTP/2 session before the socket has had it */
    HTTP_TURNS = 16,          /* requests of one client before others get their turn */
    HTTP_LISTENERS_MAX = 4,
    HTTP_ACCEPTS_A_TURN = 16,
    HTTP_METHOD_BYTES_MAX = 16,
    HTTP_LINGER_MS = 2000,       /* after the last byte the client has so long to close */
    HTTP_LINGER_BYTES = 4194304, /* and may send so much into the void */
    HTTP_EXHAUSTED_MS = 200,     /* until accepting is tried again when descriptors ran out */
    HTTP_RESETS_MAX = 200, /* streams that one client may break off in the time of one request */
    HTTP_PREFACE_BYTES = 24,
};

struct http_field_place {
    uint16_t name_at, name_size, value_at, value_size; /* in the head */
};

struct http_head {
    uint8_t *data; /* the target, then names and values */
    size_t size;
    size_t room;
    size_t target_size;
    size_t counted; /* against HTTP_HEADERS_BYTES_MAX */
    uint32_t count;
    bool in_value;    /* of the last field */
    uint16_t refusal; /* status; 0: none */
    char method[HTTP_METHOD_BYTES_MAX + 1];
    struct http_field_place fields[HTTP_HEADERS_MAX];
};

struct http_exchange {
    struct http_client *client;
    struct http_exchange *next; /* of the client */
    void *user;
    struct http_request request;
    struct http_head head;
    uint8_t *body; /* of the request; of a stream what waits while it is paused */
    size_t body_size;
    size_t body_room;
    uint64_t deadline; /* for the rest of the request */
    size_t dropped;    /* of the body, when nobody wanted it any more */
    bool has_head;     /* all headers are there */
    bool is_announced; /* the handler knows it */
    bool is_asked;     /* the whole request was handed over */
    bool is_streamed;
    bool is_paused;
    bool expects_body; /* HTTP/1.1: the headers announce one */
    bool is_complete;  /* all of the request is here */
    bool is_begun;     /* the answer is */
    bool is_finished;  /* the answer is */
    bool is_head;      /* HEAD, or a status without a body */
    bool is_old;       /* HTTP/1.0 */
    bool is_chunked;
    bool keeps; /* the connection, after it */
    bool is_aborted;
    bool owes_drained;
    bool has_size;
    uint64_t left; /* of the answer's announced size */
    int32_t stream;
    bool is_deferred; /* HTTP/2 waits for more of the answer */
    struct queue out; /* HTTP/2: of the answer's body */
};

enum http_protocol {
    HTTP_UNDECIDED,
    HTTP_ONE,
    HTTP_TWO,
    HTTP_WEBSOCKET,
    HTTP_LINGERING, /* all is said; what comes is thrown away */
};

struct http_client {
    struct http_server *server;
    struct http_client *previous; /* by arrival */
    struct http_client *next;
    struct http_client *due_next;
    bool is_due;
    bool in_turn;
    bool is_moving; /* something happened in its turn, so that it goes on */
    enum http_origin origin;
    enum http_protocol protocol;
    int fd;
    struct http_tls *tls; /* NULL: none */
    uv_poll_t poll;
    int events;       /* that are watched */
    bool is_readable; /* may be */
    bool is_blocked;  /* the socket takes nothing more */
    bool tls_swapped; /* TLS reads to write, or writes to read */
    bool has_eof;
    bool ends;       /* when all is written */
    bool is_dead;    /* to be closed without a word */
    bool is_closing; /* libuv is letting go of it */
    uint8_t *held;   /* bytes that were read and wait */
    size_t held_size;
    struct queue out;
    size_t waiting;       /* bytes in the exchanges' queues */
    size_t counted;       /* in the server's sum */
    uint64_t progress_at; /* since when nothing of `out` went */
    uint64_t deadline;    /* of what it waits for: a greeting, a request, the other side's close */
    uint64_t dropped;     /* bytes, while lingering */
    struct http_exchange *exchanges;
    http_parser parser;
    nghttp2_session *session;
    uint32_t resets;
    uint64_t resets_since;
    struct wire wire;
    size_t assembled; /* of a message, counted among the bodies */
    uint64_t heard_at;
    bool is_pinged;
    bool close_sent;
    bool close_heard;
};

struct http_listener {
    uv_poll_t poll;
    int fd; /* -1: free */
    enum http_origin origin;
    struct http_tls_server *tls;
    struct http_server *server;
};

struct http_server {
    uv_loop_t *loop;
    struct http_calls calls;
    struct http_limits limits;
    struct http_listener listeners[HTTP_LISTENERS_MAX];
    uv_timer_t clock;
    uv_idle_t turn;
    int handles; /* of libuv, open */
    struct http_client *first;
    struct http_client *last;
    uint32_t clients;
    struct http_client *due;
    struct http_client *due_last;
    size_t unsent;
    size_t bodies;
    uint64_t accept_at; /* 0: accepting */
    bool is_ending;
    uint64_t end_at;
    void (*gone)(void *state);
    void *gone_state;
    uint8_t scratch[HTTP_READ_BYTES];
};

/* http_server.c */

uint64_t http_now(const struct http_server *server);

/* Everybody who is due gets a turn, and those who are due again get one when the loop comes back.
 */
void http_settle(struct http_server *server);

/* Somebody is due: a turn comes as soon as the loop does. */
void http_turn_soon(struct http_server *server);

/* The clock ticks while there are clients. */
void http_clock_start(struct http_server *server);

/* Frees the server when nothing is left. */
void http_server_check_gone(struct http_server *server);

/* http_client.c */

/* NULL, with the socket closed, where there is no memory. */
struct http_client *http_client_new(
    struct http_server *server, const struct http_listener *listener, int fd);
void http_client_due(struct http_client *client);
void http_client_turn(struct http_client *client);
/* What is due by the clock. */
void http_client_tick(struct http_client *client);
/* To be closed without a word. */
void http_client_kill(struct http_client *client);
/* Idle: has no request of which the handler knows, and no WebSocket. */
bool http_client_is_idle(const struct http_client *client);
/* The server ends. */
void http_client_say_goodbye(struct http_client *client);

/* Queues; kills the client where it cannot. */
void http_client_put(struct http_client *client, struct bytes data);
/* Room for `size` bytes at the end of the queue; NULL, and the client killed, where there is none.
 */
uint8_t *http_client_put_room(struct http_client *client, struct queue *queue, size_t size);
/* Notes that its queues have changed. */
void http_client_count(struct http_client *client);
/* All that it has not had yet. */
size_t http_client_unsent(const struct http_client *client);

/* http_exchange.c */

struct http_exchange *http_exchange_new(struct http_client *client);
/* Tells the handler where it knows of it, and frees it. */
void http_exchange_end(struct http_exchange *exchange);
/* All headers are there: asks the handler whether it wants a stream. */
void http_exchange_begin(struct http_exchange *exchange);
/* A part of the body. */
void http_exchange_body(struct http_exchange *exchange, struct bytes part);
/* All of the request is there. */
void http_exchange_complete(struct http_exchange *exchange);
/* Hands over what waited while it was paused. */
void http_exchange_feed(struct http_exchange *exchange);

/* http_answer.c */

/* Answers in the handler's place, if that is still possible; the connection (or stream) ends then.
 */
void http_exchange_refuse(struct http_exchange *exchange, uint16_t status);
/* Tells the handler that there is room again. */
void http_exchange_offer_room(struct http_exchange *exchange);
/* "Mon, 30 Nov 2026 21:55:01 GMT", of Unix time */
void http_date(uint64_t seconds, char text[static 32]);
/* The problem that is sent for `status`. */
const char *http_problem(uint16_t status, char text[static 512]);

/* http_head.c */

void http_head_target(struct http_head *head, struct bytes piece);
void http_head_name(struct http_head *head, struct bytes piece);
void http_head_value(struct http_head *head, struct bytes piece);
/* All are there: checks and joins them.  Sets `refusal` where the request is not acceptable. */
void http_head_end(struct http_head *head, struct http_request *request, bool needs_host);
struct bytes http_head_find(const struct http_head *head, const char *name);
/* Whether a list such as "keep-alive, Upgrade" has `word` in it. */
bool http_list_has(struct bytes list, const char *word);

/* http_one.c */

void http_one_start(struct http_client *client);
/* Takes what it can of `data`; returns how much. */
size_t http_one_take(struct http_client *client, struct bytes data);
bool http_one_wants(const struct http_client *client);
/* What can be finished is; true when something was. */
bool http_one_go_on(struct http_client *client);
void http_one_head(struct http_exchange *exchange, uint16_t status, const struct http_field *fields,
    size_t fields_count, int64_t size, struct bytes body);
void http_one_part(struct http_exchange *exchange, struct bytes part);
void http_one_end(struct http_exchange *exchange);
void http_one_refuse(struct http_client *client, uint16_t status);

/* http_two.c */

bool http_two_start(struct http_client *client);
size_t http_two_take(struct http_client *client, struct bytes data);
bool http_two_wants(const struct http_client *client);
/* Moves what the session has to say into the client's queue. */
void http_two_pull(struct http_client *client);
void http_two_goodbye(struct http_client *client);
void http_two_free(struct http_client *client);
void http_two_head(struct http_exchange *exchange, uint16_t status, const struct http_field *fields,
    size_t fields_count, int64_t size);
void http_two_part(struct http_exchange *exchange, struct bytes part);
void http_two_end(struct http_exchange *exchange);
void http_two_taken(struct http_exchange *exchange, size_t size);
/* The answer is out, and the rest of the request is not waited for. */
void http_two_cut(struct http_exchange *exchange);

/* http_websocket.c */

/* Whether the head asks for a WebSocket as RFC 6455 4.2.1 wants it; else `*refusal` is a status, or
   0 when it asks for none. */
bool http_websocket_is_asked(const struct http_exchange *exchange, uint16_t *refusal);
size_t http_websocket_take(struct http_client *client, struct bytes data);
void http_websocket_free(struct http_client *client);
void http_websocket_tick(struct http_client *client);
void http_websocket_close(struct http_client *client, uint16_t code, struct bytes why);

#endif
