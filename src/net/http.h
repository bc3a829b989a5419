/*
 * An HTTP server: HTTP/1.1 and 2, WebSocket, over sockets that others accepted or listen on.  It knows
 * nothing of what is served: requests go out whole (or in parts, where the handler wants a stream),
 * answers come in when they are ready, also later.
 *
 * Everything that arrives is hostile: sizes, times and numbers are bounded here, and a client that is slow or
 * greedy ends alone.
 */
#ifndef ENTENTE_NET_HTTP_H
#define ENTENTE_NET_HTTP_H

#include "base/bytes.h"
#include "base/error.h"

#define HTTP_PATH_BYTES_MAX 2048u    /* with the query: 414 */
#define HTTP_HEADERS_BYTES_MAX 8192u /* 431 */
#define HTTP_BODY_BYTES_MAX 1572864u /* of a request that is not streamed: 413 */
#define HTTP_CLIENTS_MAX 1024u       /* beyond: 503, and closed */
#define HTTP_CLIENT_QUEUE_BYTES_MAX 4194304u /* unsent to one client; a WebSocket beyond it is closed (1008) */
#define HTTP_REQUEST_SECONDS_MAX 30u /* from the first byte to the last of a request that is not streamed: 408 */

struct http_server;
struct http_exchange; /* one request and its answer; or one WebSocket */

enum http_origin { HTTP_LOCAL_SOCKET, HTTP_LOOPBACK, HTTP_TLS };

struct http_request {
    struct bytes method; /* "GET", ... */
    struct bytes path;   /* as sent, percent-encoded, without the query */
    struct bytes query;  /* as sent, without '?'; empty: none */
    struct bytes body;   /* whole; empty where it is streamed */
    enum http_origin origin;
    bool is_websocket;
};

/* A header of the request by its name in small letters; size 0: it is not there.  Borrowed for the exchange. */
struct bytes http_header(const struct http_exchange *exchange, const char *name);

struct http_calls {
    void *state;
    /*
     * Headers are there.  Return true for a stream: `part` is called with each part of the body as the handler
     * has room (see http_resume()), then with an empty one.  Otherwise `request` is called with the whole.
     */
    bool (*wants_stream)(void *state, struct http_exchange *exchange, const struct http_request *request);
    /* A whole request: answer now or later, exactly once.  For a WebSocket: http_accept() or an answer. */
    void (*request)(void *state, struct http_exchange *exchange, const struct http_request *request);
    /* Return false to be given nothing more before http_resume(). */
    bool (*part)(void *state, struct http_exchange *exchange, struct bytes part);
    /* A whole text message of a WebSocket (at most HTTP_BODY_BYTES_MAX). */
    void (*message)(void *state, struct http_exchange *exchange, struct bytes text);
    /* There is room for more of a streamed answer. */
    void (*drained)(void *state, struct http_exchange *exchange);
    /* The client is gone, or all was sent: the exchange is no more after this call.  Always called, once. */
    void (*ended)(void *state, struct http_exchange *exchange);
};

/* The handler's own pointer on an exchange; NULL at first. */
void http_set_user(struct http_exchange *exchange, void *user);
void *http_user(const struct http_exchange *exchange);

struct http_field {
    const char *name; /* small letters */
    struct bytes value;
};

/*
 * Answer whole.  Everything is copied.  HEAD is answered like GET without the body.
 */
void http_answer(struct http_exchange *exchange, uint16_t status, const struct http_field *fields,
    size_t fields_count, struct bytes body);

/* Answer in parts: the head (size < 0: not known), then parts as http_has_room(), then the end. */
void http_answer_begin(struct http_exchange *exchange, uint16_t status,
    const struct http_field *fields, size_t fields_count, int64_t size);
void http_answer_part(struct http_exchange *exchange, struct bytes part);
void http_answer_end(struct http_exchange *exchange);
bool http_has_room(const struct http_exchange *exchange);
void http_resume(struct http_exchange *exchange);

/* WebSocket: accept with a subprotocol ("" for none), send a text message, close with a code (RFC 6455 7.4). */
void http_accept(struct http_exchange *exchange, const char *subprotocol);
void http_send(struct http_exchange *exchange, struct bytes text);
void http_close(struct http_exchange *exchange, uint16_t code, const char *why);

#endif
