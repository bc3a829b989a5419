/* One connection: reading, writing, and its turn. */
#include "net/http_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char preface[HTTP_PREFACE_BYTES + 1] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

static void
on_event(uv_poll_t *poll, int status, int events)
{
    struct http_client *client = poll->data;

    client->is_readable = true; /* also to hear of its end */
    if (status < 0 || (events & UV_PRIORITIZED) != 0)
        client->is_dead = true;
    if ((events & UV_WRITABLE) != 0 || client->tls_swapped)
        client->is_blocked = false;
    client->tls_swapped = false;
    http_client_due(client);
    http_settle(client->server);
}

struct http_client *
http_client_new(struct http_server *server, const struct http_listener *listener, int fd)
{
    struct http_client *client = calloc(1, sizeof *client);

    if (client == NULL) {
        close(fd);
        return NULL;
    }
    client->server = server;
    client->fd = fd;
    client->origin = listener->origin;
    client->progress_at = http_now(server);
    client->deadline = http_now(server) + server->limits.request_ms_max;
    if (listener->tls != NULL)
        client->tls = http_tls_new(listener->tls, fd);
    if ((listener->tls != NULL && client->tls == NULL) ||
        uv_poll_init(server->loop, &client->poll, fd) != 0) {
        http_tls_free(client->tls);
        close(fd);
        free(client);
        return NULL;
    }
    client->poll.data = client;
    client->previous = server->last;
    *(server->last != NULL ? &server->last->next : &server->first) = client;
    server->last = client;
    server->clients++;
    client->is_readable = true;
    http_client_due(client);
    http_clock_start(server);
    return client;
}

void
http_client_due(struct http_client *client)
{
    struct http_server *server = client->server;

    client->is_moving |= client->in_turn;
    if (client->is_due || client->is_closing || client->in_turn)
        return;
    client->is_due = true;
    client->due_next = NULL;
    *(server->due != NULL ? &server->due_last->due_next : &server->due) = client;
    server->due_last = client;
    http_turn_soon(server);
}

static void
on_closed(uv_handle_t *handle)
{
    struct http_client *client = handle->data;
    struct http_server *server = client->server;

    http_tls_free(client->tls);
    close(client->fd);
    free(client);
    server->handles--;
    http_server_check_gone(server);
}

static void
close_client(struct http_client *client)
{
    struct http_server *server = client->server;

    client->is_closing = true;
    while (client->exchanges != NULL)
        http_exchange_end(client->exchanges);
    http_two_free(client);
    http_websocket_free(client);
    queue_free(&client->out);
    client->waiting = 0;
    free(client->held);
    client->held = NULL;
    http_client_count(client);
    *(client->previous != NULL ? &client->previous->next : &server->first) = client->next;
    *(client->next != NULL ? &client->next->previous : &server->last) = client->previous;
    server->clients--;
    server->handles++;
    uv_close((uv_handle_t *)&client->poll, on_closed);
}

void
http_client_kill(struct http_client *client)
{
    client->is_dead = true;
    http_client_due(client);
}

bool
http_client_is_idle(const struct http_client *client)
{
    const struct http_exchange *exchange = client->exchanges;

    while (exchange != NULL && !exchange->is_announced)
        exchange = exchange->next;
    return exchange == NULL;
}

/* ---- what waits to be written ---- */

size_t
http_client_unsent(const struct http_client *client)
{
    return client->out.bytes + client->waiting;
}

void
http_client_count(struct http_client *client)
{
    size_t unsent = client->is_dead ? 0 : http_client_unsent(client);

    client->server->unsent += unsent - client->counted;
    client->counted = unsent;
}

/* Beyond the sum of all, whoever has most goes. */
static void
limit_all(struct http_server *server)
{
    struct http_client *most = server->first;

    if (server->unsent <= server->limits.queues_bytes_max)
        return;
    for (struct http_client *client = most; client != NULL; client = client->next)
        if (client->counted > most->counted && !client->is_dead)
            most = client;
    if (most == NULL)
        return;
    http_client_kill(most);
    http_client_count(most);
}

uint8_t *
http_client_put_room(struct http_client *client, struct queue *queue, size_t size)
{
    if (client->is_dead || client->is_closing)
        return NULL;
    if (client->protocol == HTTP_WEBSOCKET &&
        http_client_unsent(client) + size > HTTP_CLIENT_QUEUE_BYTES_MAX && !client->close_sent) {
        queue_cut(&client->out);
        http_client_count(client);
        http_websocket_close(
            client, 1008, bytes_of_text("the client does not read what it is sent"));
        return NULL;
    }
    uint8_t *data = NULL;
    bool was_empty = http_client_unsent(client) == 0;
    if (http_client_unsent(client) + size <= HTTP_CLIENT_QUEUE_BYTES_MAX + HTTP_ROOM_BYTES)
        data = queue_new_block(queue, size);
    if (data == NULL) {
        http_client_kill(client);
        return NULL;
    }
    if (was_empty)
        client->progress_at = http_now(client->server);
    if (queue != &client->out)
        client->waiting += size + QUEUE_FRAME_COST;
    http_client_count(client);
    limit_all(client->server);
    return client->is_dead ? NULL : data;
}

void
http_client_put(struct http_client *client, struct bytes data)
{
    uint8_t *room = data.size > 0 ? http_client_put_room(client, &client->out, data.size) : NULL;

    if (room != NULL)
        memcpy(room, data.data, data.size);
    if (room != NULL)
        http_client_due(client);
}

static ssize_t
write_some(struct http_client *client, struct bytes data)
{
    if (client->tls != NULL)
        return http_tls_write(client->tls, data.data, data.size, &client->tls_swapped);
    return send(client->fd, data.data, data.size, MSG_NOSIGNAL);
}

static void
write_all(struct http_client *client)
{
    while (!client->is_blocked && !client->is_dead) {
        if (client->protocol == HTTP_TWO && queue_is_empty(&client->out))
            http_two_pull(client);
        if (queue_is_empty(&client->out))
            return;
        bool begun;
        ssize_t size = write_some(client, queue_front(&client->out, &begun));
        if (size < 0 && errno == EINTR)
            continue;
        if (size == 0 || (size < 0 && errno != EAGAIN && errno != EWOULDBLOCK)) {
            client->is_dead = true;
        } else if (size < 0) {
            client->is_blocked = true;
        } else {
            queue_wrote(&client->out, (size_t)size);
            client->progress_at = http_now(client->server);
            http_client_count(client);
        }
    }
}

/* ---- what comes in ---- */

/* HTTP/1.1 or 2: TLS has agreed on it, or the first bytes show it. */
static size_t
decide(struct http_client *client, struct bytes data)
{
    size_t size = data.size < HTTP_PREFACE_BYTES ? data.size : HTTP_PREFACE_BYTES;
    bool is_two =
        client->tls != NULL ? http_tls_is_two(client->tls) : memcmp(data.data, preface, size) == 0;

    if (is_two && client->tls == NULL && size < HTTP_PREFACE_BYTES)
        return 0; /* not all of it yet */
    client->deadline = http_now(client->server) + client->server->limits.request_ms_max;
    if (!is_two)
        http_one_start(client);
    else if (!http_two_start(client))
        client->is_dead = true;
    return 0;
}

static bool
wants(const struct http_client *client)
{
    if (client->is_dead || client->ends)
        return false;
    switch (client->protocol) {
    case HTTP_ONE:
        return http_one_wants(client);
    case HTTP_TWO:
        return http_two_wants(client);
    case HTTP_WEBSOCKET:
        return !client->close_heard && http_client_unsent(client) < HTTP_CLIENT_QUEUE_BYTES_MAX;
    case HTTP_UNDECIDED:
    case HTTP_LINGERING:
        break;
    }
    return true;
}

static size_t
take(struct http_client *client, struct bytes data)
{
    switch (client->protocol) {
    case HTTP_UNDECIDED:
        return decide(client, data);
    case HTTP_ONE:
        return http_one_take(client, data);
    case HTTP_TWO:
        return http_two_take(client, data);
    case HTTP_WEBSOCKET:
        return http_websocket_take(client, data);
    case HTTP_LINGERING:
        client->dropped += data.size;
        client->is_dead |= client->dropped > HTTP_LINGER_BYTES;
        break;
    }
    return data.size;
}

/* Gives `data` to the protocol as far as it wants it; how much that was. */
static size_t
feed(struct http_client *client, struct bytes data)
{
    size_t used = 0;

    while (used < data.size && wants(client)) {
        enum http_protocol was = client->protocol;
        size_t took = take(client, (struct bytes){data.data + used, data.size - used});
        used += took;
        if (took == 0 && client->protocol == was)
            break;
    }
    return used;
}

static bool
hold(struct http_client *client, struct bytes rest)
{
    if (rest.size == 0)
        return true;
    uint8_t *held = realloc(client->held, client->held_size + rest.size);
    if (held == NULL) {
        client->is_dead = true;
        return false;
    }
    memcpy(held + client->held_size, rest.data, rest.size);
    client->held = held;
    client->held_size += rest.size;
    return true;
}

/* What was held goes first. */
static void
feed_held(struct http_client *client)
{
    uint8_t *held = client->held;
    size_t size = client->held_size;

    if (size == 0)
        return;
    client->held = NULL;
    client->held_size = 0;
    size_t used = feed(client, (struct bytes){held, size});
    hold(client, (struct bytes){held + used, size - used});
    free(held);
}

static ssize_t
read_some(struct http_client *client)
{
    struct http_server *server = client->server;

    if (client->tls != NULL)
        return http_tls_read(
            client->tls, server->scratch, sizeof server->scratch, &client->tls_swapped);
    return recv(client->fd, server->scratch, sizeof server->scratch, 0);
}

/* One read; true when there was something. */
static bool
read_once(struct http_client *client)
{
    struct http_server *server = client->server;

    ssize_t size = read_some(client);
    if (size > 0) {
        struct bytes data = {server->scratch, (size_t)size};
        client->heard_at = http_now(server);
        if (client->held_size > 0)
            return hold(client, data);
        size_t used = feed(client, data);
        hold(client, (struct bytes){server->scratch + used, (size_t)size - used});
        return true;
    }
    if (size < 0 && errno == EINTR)
        return true;
    client->is_readable = false;
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return false;
    client->has_eof = true;
    client->is_dead |= size < 0;
    client->deadline = http_now(server) + server->limits.request_ms_max;
    return true;
}

/* Whether to read from the socket: it is wanted, or nothing is held and its end would be news. */
static bool
reads(const struct http_client *client)
{
    if (client->has_eof || client->is_dead || client->is_closing)
        return false;
    return client->held_size == 0 ||
           (client->protocol == HTTP_UNDECIDED && client->held_size < HTTP_PREFACE_BYTES);
}

/* ---- a turn ---- */

/* All is said: the other side is to close first, so that it has read it all (RFC 9112 9.6). */
static void
linger(struct http_client *client)
{
    while (client->exchanges != NULL)
        http_exchange_end(client->exchanges);
    if (client->tls != NULL)
        http_tls_end(client->tls);
    shutdown(client->fd, SHUT_WR);
    client->ends = false;
    client->protocol = HTTP_LINGERING;
    client->held_size = 0;
    client->is_readable = true;
    client->deadline = http_now(client->server) + HTTP_LINGER_MS;
}

/* After the other side's last byte: what it has asked for whole is answered, then it ends. */
static void
see_end(struct http_client *client)
{
    const struct http_exchange *exchange = client->exchanges;

    if (!client->has_eof || (client->held_size > 0 && client->protocol != HTTP_UNDECIDED))
        return;
    while (exchange != NULL && !exchange->is_complete)
        exchange = exchange->next;
    bool waits = exchange != NULL && client->protocol != HTTP_WEBSOCKET;
    if (!waits && (queue_is_empty(&client->out) || client->protocol == HTTP_LINGERING))
        client->is_dead = true;
}

static void
watch(struct http_client *client)
{
    int events = UV_DISCONNECT;

    if (reads(client) && !client->is_readable)
        events |= UV_READABLE;
    if (client->is_blocked || client->tls_swapped)
        events |= client->tls_swapped ? UV_READABLE | UV_WRITABLE : UV_WRITABLE;
    if (client->has_eof || client->is_readable)
        events &= ~UV_DISCONNECT; /* it would strike for ever */
    if (events == 0 && client->has_eof && client->held_size == 0)
        events = UV_PRIORITIZED; /* it stands for: the other side does not read either */
    if (events == client->events)
        return;
    client->events = events;
    if (events == 0)
        uv_poll_stop(&client->poll);
    else
        uv_poll_start(&client->poll, events, on_event);
}

static bool
go_on(struct http_client *client)
{
    bool moved = false;

    if (client->protocol == HTTP_ONE)
        moved = http_one_go_on(client);
    if (client->protocol == HTTP_TWO && client->server->is_ending && client->exchanges == NULL &&
        !client->ends)
        http_two_goodbye(client);
    for (struct http_exchange *exchange = client->exchanges, *next; exchange != NULL;
         exchange = next) {
        next = exchange->next;
        http_exchange_feed(exchange);
        http_exchange_offer_room(exchange);
    }
    if (client->ends && queue_is_empty(&client->out) && client->protocol != HTTP_LINGERING &&
        (client->session == NULL || nghttp2_session_want_write(client->session) == 0)) {
        linger(client);
        moved = true;
    }
    return moved;
}

void
http_client_turn(struct http_client *client)
{
    client->in_turn = true;
    client->is_moving = true;
    for (int turn = 0; turn < HTTP_TURNS && client->is_moving && !client->is_dead; turn++) {
        client->is_moving = false;
        write_all(client);
        bool moved = go_on(client);
        size_t held = client->held_size;
        feed_held(client);
        moved |= client->held_size < held;
        if (reads(client) && client->is_readable)
            moved |= read_once(client);
        client->is_moving |= moved;
        see_end(client);
    }
    client->in_turn = false;
    if (client->is_dead) {
        close_client(client);
        return;
    }
    watch(client);
    if (client->is_moving)
        http_client_due(client);
}

/* ---- time ---- */

static void
tick_exchanges(struct http_client *client)
{
    uint64_t now = http_now(client->server);

    for (struct http_exchange *exchange = client->exchanges, *next; exchange != NULL;
         exchange = next) {
        next = exchange->next;
        if (exchange->is_complete || exchange->is_paused || now < exchange->deadline)
            continue;
        if (exchange->is_finished)
            http_two_cut(exchange);
        else
            http_exchange_refuse(exchange, HTTP_STATUS_REQUEST_TIMEOUT);
    }
}

void
http_client_tick(struct http_client *client)
{
    struct http_server *server = client->server;
    uint64_t now = http_now(server);

    if (http_client_unsent(client) > 0 &&
        now - client->progress_at >= server->limits.request_ms_max)
        http_client_kill(client);
    else if (client->protocol == HTTP_WEBSOCKET)
        http_websocket_tick(client);
    else if (client->exchanges != NULL && !client->has_eof)
        tick_exchanges(client);
    else if (now >= client->deadline && client->protocol == HTTP_TWO && !client->ends &&
             !client->has_eof)
        http_two_goodbye(client);
    else if (now >= client->deadline)
        http_client_kill(client);
    http_client_due(client);
}

void
http_client_say_goodbye(struct http_client *client)
{
    if (client->protocol == HTTP_WEBSOCKET)
        http_websocket_close(client, 1001, bytes_of_text("the node is stopping"));
    else if (client->protocol == HTTP_TWO)
        http_two_goodbye(client);
    else if (client->exchanges == NULL && client->protocol != HTTP_LINGERING)
        client->ends = true;
    http_client_due(client);
}
