/*
 * What the tests of the HTTP server serve: every way to answer, one path each.
 *
 *   GET  /plain             "plain"
 *   GET  /size/N            N bytes at once
 *   GET  /parts/N           N parts of 1000 bytes, as there is room, size not known
 *   GET  /sized/N           the same, size known
 *   GET  /short             announces 10 bytes and ends after 5
 *   GET  /later             answered when http_handler_release() is called
 *   GET  /never             never answered
 *   GET  /abort             broken off
 *   GET  /bad-field         a header with a line break in it
 *   any  /echo              the body comes back
 *   any  /about             method, path, query, some headers, one a line
 *   any  /count             the body is streamed; how many bytes it had
 *   any  /early             the body is a stream, and answered 403 before it is read
 *   any  /slow-count        as /count, with a pause after each part
 *   GET  /ws                WebSocket: text comes back; "close 4001 why" closes; "all TEXT" goes to
 * all GET  /no-ws             WebSocket refused with 403
 */
#ifndef ENTENTE_TESTS_NET_HTTP_HANDLER_H
#define ENTENTE_TESTS_NET_HTTP_HANDLER_H

#include "net/http.h"

struct http_handler {
    uint32_t told;     /* exchanges that were told of, and */
    uint32_t ended;    /* have ended */
    uint32_t requests; /* whole ones */
    uint32_t parts;
    uint32_t messages;
    uint32_t sockets;      /* open WebSockets */
    struct served *served; /* all that have not ended */
};

struct http_calls http_handler_calls(struct http_handler *handler);

/* Answers what waits at /later. */
void http_handler_release(struct http_handler *handler);

/* Sends to all WebSockets. */
void http_handler_broadcast(struct http_handler *handler, struct bytes text);

#endif
