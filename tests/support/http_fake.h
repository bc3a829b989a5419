/*
 * net/http.h without sockets: requests are made by a test, and what is answered is kept for it.  A
 * program links this or the real one.
 */
#ifndef ENTENTE_TESTS_SUPPORT_HTTP_FAKE_H
#define ENTENTE_TESTS_SUPPORT_HTTP_FAKE_H

#include "net/http.h"

#define FAKE_HEADERS_MAX 8u
#define FAKE_MESSAGES_MAX 256u

/* Zeroed but for what the test says; texts are borrowed. */
struct fake_request {
    const char *method; /* NULL: GET */
    const char *path;
    const char *query; /* NULL: none */
    const char *body;  /* NULL: none; its type is JSON where no header says another */
    size_t body_bytes; /* 0: up to the closing zero */
    enum http_origin origin;
    bool is_websocket;
    bool is_slow; /* one part of a streamed answer at a time has room: see fake_drain() */
    const char *headers[FAKE_HEADERS_MAX][2]; /* name in small letters, value */
};

struct http_exchange {
    struct fake_request request;
    void *user;
    unsigned answers; /* how often it was answered */
    uint16_t status;
    char fields[4096]; /* "name: value\n" of each */
    uint8_t *body;     /* with a closing zero */
    size_t body_bytes;
    bool is_streamed;
    bool is_accepted;
    bool is_aborted;
    bool is_full; /* the test says that there is no room */
    unsigned parts; /* that were not drained yet */
    uint16_t closed;
    unsigned messages;
    char *message[FAKE_MESSAGES_MAX];
};

/* Asks, as the server would.  To be given back to fake_end(). */
struct http_exchange *fake_ask(const struct http_calls *calls, const struct fake_request *request);
/* The exchange is over: the client is gone, or has everything. */
void fake_end(const struct http_calls *calls, struct http_exchange *exchange);
/* A slow client has taken what there was. */
void fake_drain(const struct http_calls *calls, struct http_exchange *exchange);
/* What the answer's header holds, borrowed until the next call; "": it is not there. */
const char *fake_field(const struct http_exchange *exchange, const char *name);

#endif
