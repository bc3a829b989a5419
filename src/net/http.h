/*
 * An HTTP server: HTTP/1.1 and 2, and WebSocket over HTTP/1.1, on listening sockets that somebody
 * else made.  It knows nothing of what is served: requests go out whole (or in parts, where the
 * handler wants a stream), answers come in when they are ready, also later.
 *
 * Everything that arrives is hostile: sizes, times and numbers are bounded here, and a client that
 * is slow or greedy ends alone.  What is refused here, is so with a problem (RFC 9457) that says
 * why.
 *
 * A server runs on one libuv loop and must be used from that loop's thread.  It opens no file and
 * no socket: a process that may only accept, read, write and wait can make one.  SIGPIPE must be
 * ignored.
 *
 * HTTP/2 is spoken where TLS agrees on it (ALPN "h2") and to whom begins with its preface.  Not
 * here: WebSocket over HTTP/2 (browsers fall back by themselves), server push, trailers (skipped),
 * methods that no RFC knows (400) and CONNECT (501).
 */
#ifndef ENTENTE_NET_HTTP_H
#define ENTENTE_NET_HTTP_H

#include "base/bytes.h"
#include "base/error.h"

#define HTTP_PATH_BYTES_MAX 2048    /* with the query: 414 */
#define HTTP_HEADERS_BYTES_MAX 8192 /* names and values, and 4 for each: 431 */
#define HTTP_HEADERS_MAX 100        /* their number: 431 */
#define HTTP_BODY_BYTES_MAX 1572864 /* of a request that is no stream: 413; of a message: 1009 */
#define HTTP_BODIES_BYTES_MAX 67108864u /* of all clients, on their way here: 503; 1013 */

/* Beyond, the oldest without a request under way is closed; where there is none: 503. */
#define HTTP_CLIENTS_MAX 1024u
#define HTTP_STREAMS_MAX 64u /* requests under way of one HTTP/2 client */

/* Unsent to one client: a WebSocket beyond it is closed (1008), another client without a word. */
#define HTTP_CLIENT_QUEUE_BYTES_MAX 4194304u
#define HTTP_ROOM_BYTES 262144u         /* up to here there is room */
#define HTTP_QUEUES_BYTES_MAX 67108864u /* to all; beyond, the one with most is closed */

/*
 * From the first byte to the last of a request that is no stream: 408.  Also from the connection to
 * the first byte, between two parts of a stream (408), and without any progress in reading what was
 * answered, or after the other side's last byte until its answer: then it is closed.
 */
#define HTTP_REQUEST_MS_MAX 30000u
#define HTTP_IDLE_MS_MAX 120000u /* between two requests */
/* A WebSocket that is silent for so long is pinged, and closed after twice that. */
#define HTTP_PING_MS 30000u

struct uv_loop_s;
struct http_server;
struct http_exchange; /* one request and its answer; or one WebSocket */

enum http_origin { HTTP_LOCAL_SOCKET, HTTP_LOOPBACK, HTTP_TLS };

struct http_request {
    struct bytes method; /* "GET", ... */
    struct bytes path; /* as sent, percent-encoded, without the query; begins with '/', or is "*" */
    struct bytes query; /* as sent, without '?'; empty: none */
    struct bytes body;  /* whole; empty where it is streamed */
    enum http_origin origin;
    bool is_websocket;
};

/*
 * A header of the request by its name in small letters; size 0: it is not there.  Borrowed for the
 * exchange.  One that came several times is joined by ", " (cookies: "; "); where that would be
 * wrong (host, origin, authorization, content-type, ...) the request was refused with 400.
 */
struct bytes http_header(const struct http_exchange *exchange, const char *name);

/*
 * What the handler is told, always from the loop and never from inside its own calls.  What these
 * are given is borrowed for the call, but `request` (without its body) for the exchange.
 */
struct http_calls {
    void *state;
    /*
     * Headers are there (of any request but a WebSocket's).  Return true for a stream: `part` is
     * called with each part of the body as the handler has room (see http_resume()), then with an
     * empty one, and `request` is not called.  Otherwise `request` is called with the whole.  It
     * may be answered here already: nothing but `ended` is called then.
     */
    bool (*wants_stream)(
        void *state, struct http_exchange *exchange, const struct http_request *request);
    /* A whole request: answer now or later, exactly once.  For a WebSocket: http_accept() or an
     * answer. */
    void (*request)(
        void *state, struct http_exchange *exchange, const struct http_request *request);
    /* Return false to be given nothing more before http_resume(); this part is taken all the same.
     */
    bool (*part)(void *state, struct http_exchange *exchange, struct bytes part);
    /* A whole text message of a WebSocket (at most HTTP_BODY_BYTES_MAX), valid UTF-8. */
    void (*message)(void *state, struct http_exchange *exchange, struct bytes text);
    /* There is room for more: after http_has_room() was false. */
    void (*drained)(void *state, struct http_exchange *exchange);
    /* The client is gone, or all was sent: the exchange is no more after this call.  Called once
       for each exchange that one of the others was called for. */
    void (*ended)(void *state, struct http_exchange *exchange);
};

/* 0 stands for the constant above. */
struct http_limits {
    uint32_t clients_max;
    uint32_t request_ms_max;
    uint32_t idle_ms_max;
    uint32_t ping_ms;
    size_t bodies_bytes_max;
    size_t queues_bytes_max;
};

struct http_options {
    struct uv_loop_s *loop;
    struct http_calls calls; /* all of them */
    struct http_limits limits;
};

/* ENTENTE_ERR_NO_MEMORY, ENTENTE_ERR_IO: then `*server` is NULL. */
MUST_USE enum entente_error http_server_new(
    struct http_server **server, const struct http_options *options);

/* Certificate chain and key in PEM, borrowed for the call. */
struct http_identity {
    struct bytes certificate;
    struct bytes key;
};

/*
 * Accepts on `fd` from now on: a socket that listens and does not block.  It stays the caller's,
 * who may close it when the server is gone.  `identity` is for HTTP_TLS only, else NULL.
 *   ENTENTE_ERR_MALFORMED   the certificate or the key cannot be read, or they do not belong
 * together ENTENTE_ERR_USAGE       this program was built without TLS ENTENTE_ERR_NO_MEMORY,
 * ENTENTE_ERR_IO
 */
MUST_USE enum entente_error http_server_listen_fd(struct http_server *server, int fd,
    enum http_origin origin, const struct http_identity *identity);

/*
 * No new clients and requests; idle clients are closed, WebSockets with 1001, and what is under way
 * may be finished within `ms`; then everything is closed (0: at once).  The loop has to run until
 * `gone` (may be NULL) is called: the server is freed by then.  May be called again with less time.
 */
void http_server_end(
    struct http_server *server, uint32_t ms, void (*gone)(void *state), void *state);

/* Ends it at once, as http_server_end(server, 0, NULL, NULL).  Does nothing with NULL. */
void http_server_free(struct http_server *server);

/* How many clients are connected. */
uint32_t http_server_clients(const struct http_server *server);

/* The handler's own pointer on an exchange; NULL at first. */
void http_set_user(struct http_exchange *exchange, void *user);
void *http_user(const struct http_exchange *exchange);

/* Not: date, connection, content-length, transfer-encoding, which are made here. */
struct http_field {
    const char *name;   /* small letters */
    struct bytes value; /* with a control character in it the answer becomes a 500 */
};

/*
 * Answer whole, with at most HTTP_CLIENT_QUEUE_BYTES_MAX.  Everything is copied.  HEAD is answered
 * like GET without the body.
 */
void http_answer(struct http_exchange *exchange, uint16_t status, const struct http_field *fields,
    size_t fields_count, struct bytes body);

/*
 * Answer in parts: the head (size < 0: not known), then parts as http_has_room(), then the end.  An
 * end before `size` bytes breaks the connection off, so that the client sees that something is
 * missing.
 */
void http_answer_begin(struct http_exchange *exchange, uint16_t status,
    const struct http_field *fields, size_t fields_count, int64_t size);
void http_answer_part(struct http_exchange *exchange, struct bytes part);
void http_answer_end(struct http_exchange *exchange);
bool http_has_room(struct http_exchange *exchange);
void http_resume(struct http_exchange *exchange);

/* Breaks off: the connection is closed, of HTTP/2 the stream. */
void http_abort(struct http_exchange *exchange);

/* WebSocket: accept with a subprotocol ("" for none), send a text message, close with a code (RFC
   6455 7.4) and at most 123 bytes that say why; after it no message is handed over. */
void http_accept(struct http_exchange *exchange, const char *subprotocol);
void http_send(struct http_exchange *exchange, struct bytes text);
void http_close(struct http_exchange *exchange, uint16_t code, const char *why);

#endif
