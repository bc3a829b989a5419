/* One request: what comes in, and what the handler is told of it. */
#include "net/http_internal.h"

#include <stdlib.h>
#include <string.h>

enum { BODY_ROOM_FIRST = 4096 };

struct http_exchange *
http_exchange_new(struct http_client *client)
{
    struct http_exchange *exchange = calloc(1, sizeof *exchange);

    if (exchange == NULL)
        return NULL;
    exchange->client = client;
    exchange->next = client->exchanges;
    exchange->keeps = true;
    exchange->deadline = http_now(client->server) + client->server->limits.request_ms_max;
    client->exchanges = exchange;
    return exchange;
}

static void
set_body_room(struct http_exchange *exchange, size_t room)
{
    struct http_server *server = exchange->client->server;

    server->bodies -= exchange->body_room;
    server->bodies += room;
    exchange->body_room = room;
}

static void
drop_body(struct http_exchange *exchange)
{
    free(exchange->body);
    exchange->body = NULL;
    exchange->body_size = 0;
    set_body_room(exchange, 0);
}

void
http_exchange_end(struct http_exchange *exchange)
{
    struct http_client *client = exchange->client;
    struct http_server *server = client->server;
    struct http_exchange **place = &client->exchanges;

    while (*place != exchange)
        place = &(*place)->next;
    *place = exchange->next;
    if (exchange->is_announced)
        server->calls.ended(server->calls.state, exchange);
    client->waiting -= exchange->out.bytes;
    queue_free(&exchange->out);
    drop_body(exchange);
    free(exchange->head.data);
    free(exchange);
    http_client_count(client);
}

/* ---- what comes in ---- */

void
http_exchange_begin(struct http_exchange *exchange)
{
    struct http_server *server = exchange->client->server;
    const struct http_calls *calls = &server->calls;

    exchange->has_head = true;
    exchange->request.origin = exchange->client->origin;
    exchange->is_head = strcmp(exchange->head.method, "HEAD") == 0;
    if (exchange->request.is_websocket)
        return;
    exchange->is_announced = true;
    exchange->is_streamed = calls->wants_stream(calls->state, exchange, &exchange->request);
}

static bool
make_body_room(struct http_exchange *exchange, size_t size)
{
    struct http_server *server = exchange->client->server;
    size_t room = exchange->body_room == 0 ? BODY_ROOM_FIRST : exchange->body_room;

    while (room < size)
        room *= 2;
    if (room == exchange->body_room)
        return true;
    if (server->bodies - exchange->body_room + room > server->limits.bodies_bytes_max)
        return false;
    uint8_t *body = realloc(exchange->body, room);
    if (body == NULL)
        return false;
    exchange->body = body;
    set_body_room(exchange, room);
    return true;
}

static void
keep(struct http_exchange *exchange, struct bytes part)
{
    if (!exchange->is_streamed && part.size > HTTP_BODY_BYTES_MAX - exchange->body_size) {
        http_exchange_refuse(exchange, HTTP_STATUS_PAYLOAD_TOO_LARGE);
    } else if (!make_body_room(exchange, exchange->body_size + part.size)) {
        http_exchange_refuse(exchange, HTTP_STATUS_SERVICE_UNAVAILABLE);
    } else {
        memcpy(exchange->body + exchange->body_size, part.data, part.size);
        exchange->body_size += part.size;
    }
}

static void
hand_part(struct http_exchange *exchange, struct bytes part)
{
    struct http_server *server = exchange->client->server;

    exchange->deadline = http_now(server) + server->limits.request_ms_max;
    http_two_taken(exchange, part.size);
    if (!server->calls.part(server->calls.state, exchange, part) && part.size > 0)
        exchange->is_paused = true;
}

/* Clients that first write all and then read would otherwise not see the answer. */
static void
drop_part(struct http_exchange *exchange, size_t size)
{
    exchange->dropped += size;
    if (exchange->dropped <= HTTP_LINGER_BYTES)
        http_two_taken(exchange, size);
    else if (exchange->is_finished)
        http_two_cut(exchange);
}

void
http_exchange_body(struct http_exchange *exchange, struct bytes part)
{
    if (part.size == 0)
        return;
    if (exchange->is_finished || exchange->is_aborted ||
        (exchange->is_begun && !exchange->is_streamed)) {
        drop_part(exchange, part.size);
        return;
    }
    if (!exchange->is_streamed) {
        http_two_taken(exchange, part.size);
        keep(exchange, part);
    } else if (exchange->is_paused || exchange->body_size > 0) {
        keep(exchange, part);
    } else {
        hand_part(exchange, part);
    }
}

void
http_exchange_feed(struct http_exchange *exchange)
{
    if (!exchange->is_streamed || exchange->is_paused || exchange->is_finished)
        return;
    if (exchange->body_size > 0) {
        uint8_t *body = exchange->body;
        size_t size = exchange->body_size;
        exchange->body = NULL;
        exchange->body_size = 0;
        set_body_room(exchange, 0);
        hand_part(exchange, (struct bytes){body, size});
        free(body);
    }
    if (exchange->is_complete && !exchange->is_asked && !exchange->is_paused) {
        exchange->is_asked = true;
        hand_part(exchange, (struct bytes){0});
    }
}

void
http_exchange_complete(struct http_exchange *exchange)
{
    const struct http_calls *calls = &exchange->client->server->calls;

    exchange->is_complete = true;
    if (exchange->is_streamed) {
        http_exchange_feed(exchange);
        return;
    }
    exchange->is_asked = true;
    if (exchange->is_begun || exchange->is_aborted)
        return;
    exchange->is_announced = true;
    exchange->request.body = (struct bytes){exchange->body, exchange->body_size};
    calls->request(calls->state, exchange, &exchange->request);
}

void
http_resume(struct http_exchange *exchange)
{
    if (!exchange->is_paused)
        return;
    exchange->is_paused = false;
    exchange->deadline =
        http_now(exchange->client->server) + exchange->client->server->limits.request_ms_max;
    exchange->client->is_readable = true;
    http_client_due(exchange->client);
}

struct bytes
http_header(const struct http_exchange *exchange, const char *name)
{
    return http_head_find(&exchange->head, name);
}

void
http_set_user(struct http_exchange *exchange, void *user)
{
    exchange->user = user;
}

void *
http_user(const struct http_exchange *exchange)
{
    return exchange->user;
}
