/* The server's beginning and end, who arrives, and the clock. */
#include "net/http_internal.h"
#include "net/listener.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TICK_MS_MAX = 1000, TICK_MS_MIN = 5 };

uint64_t
http_now(const struct http_server *server)
{
    return uv_now(server->loop);
}

/* ---- turns ---- */

void
http_settle(struct http_server *server)
{
    struct http_client *due = server->due;

    /* Those who are due again meanwhile come when the others had their turn. */
    server->due = server->due_last = NULL;
    while (due != NULL) {
        struct http_client *client = due;
        due = client->due_next;
        client->is_due = false;
        http_client_turn(client);
    }
    if (server->due == NULL)
        uv_idle_stop(&server->turn);
    http_server_check_gone(server);
}

static void
on_turn(uv_idle_t *idle)
{
    http_settle(idle->data);
}

void
http_turn_soon(struct http_server *server)
{
    uv_idle_start(&server->turn, on_turn);
}

/* ---- who arrives ---- */

/* Best effort: whoever has no room for this has none for an answer either. */
static void
refuse_one(const struct http_listener *listener, int fd)
{
    char text[512];
    char answer[1024];

    int size = snprintf(answer, sizeof answer,
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nconnection: close\r\n"
        "retry-after: 2\r\ncontent-length: %zu\r\n\r\n%s",
        strlen(http_problem(503, text)), http_problem(503, text));
    if (listener->tls == NULL && size > 0)
        (void)!send(fd, answer, (size_t)size, MSG_NOSIGNAL | MSG_DONTWAIT);
    shutdown(fd, SHUT_WR);
    close(fd);
}

/* Room for one more: whoever waits longest without a request under way goes. */
static bool
make_room(struct http_server *server)
{
    struct http_client *client = server->first;

    if (server->clients < server->limits.clients_max)
        return true;
    while (client != NULL && (client->is_dead || !http_client_is_idle(client)))
        client = client->next;
    if (client == NULL)
        return false;
    http_client_kill(client);
    return server->clients < 2 * server->limits.clients_max;
}

static void
stop_accepting(struct http_server *server)
{
    for (int i = 0; i < HTTP_LISTENERS_MAX; i++)
        if (server->listeners[i].fd >= 0)
            uv_poll_stop(&server->listeners[i].poll);
}

static void
on_arrival(uv_poll_t *poll, int status, int events)
{
    struct http_listener *listener = poll->data;
    struct http_server *server = listener->server;

    (void)status;
    (void)events;
    for (int i = 0; i < HTTP_ACCEPTS_A_TURN; i++) {
        bool exhausted;
        int fd = listener_accept(listener->fd, &exhausted);
        if (fd < 0 && exhausted) {
            /* It would be readable again at once, for ever. */
            server->accept_at = http_now(server) + HTTP_EXHAUSTED_MS;
            stop_accepting(server);
            http_clock_start(server);
        }
        if (fd < 0)
            break;
        if (make_room(server))
            http_client_new(server, listener, fd);
        else
            refuse_one(listener, fd);
    }
    http_settle(server);
}

static void
start_accepting(struct http_server *server)
{
    server->accept_at = 0;
    for (int i = 0; i < HTTP_LISTENERS_MAX; i++)
        if (server->listeners[i].fd >= 0)
            uv_poll_start(&server->listeners[i].poll, UV_READABLE, on_arrival);
}

enum entente_error
http_server_listen_fd(struct http_server *server, int fd, enum http_origin origin,
    const struct http_identity *identity)
{
    struct http_listener *listener = server->listeners;
    enum entente_error error = ENTENTE_OK;

    while (listener < server->listeners + HTTP_LISTENERS_MAX && listener->fd >= 0)
        listener++;
    if (listener == server->listeners + HTTP_LISTENERS_MAX ||
        (identity != NULL) != (origin == HTTP_TLS))
        return ENTENTE_ERR_USAGE;
    if (identity != NULL)
        error = http_tls_server_new(&listener->tls, identity);
    if (error == ENTENTE_OK && uv_poll_init(server->loop, &listener->poll, fd) != 0) {
        http_tls_server_free(listener->tls);
        error = ENTENTE_ERR_IO;
    }
    if (error != ENTENTE_OK) {
        listener->tls = NULL;
        return error;
    }
    listener->fd = fd;
    listener->origin = origin;
    listener->server = server;
    listener->poll.data = listener;
    server->handles++;
    uv_poll_start(&listener->poll, UV_READABLE, on_arrival);
    return ENTENTE_OK;
}

/* ---- the clock ---- */

static void
on_tick(uv_timer_t *clock)
{
    struct http_server *server = clock->data;
    uint64_t now = http_now(server);

    for (struct http_client *client = server->first; client != NULL; client = client->next) {
        if (server->end_at != 0 && now >= server->end_at)
            http_client_kill(client);
        http_client_tick(client);
    }
    if (server->accept_at != 0 && now >= server->accept_at && !server->is_ending)
        start_accepting(server);
    if (server->first == NULL && server->accept_at == 0)
        uv_timer_stop(clock);
    http_settle(server);
}

void
http_clock_start(struct http_server *server)
{
    const struct http_limits *limits = &server->limits;
    uint32_t least =
        limits->request_ms_max < limits->ping_ms ? limits->request_ms_max : limits->ping_ms;
    uint32_t tick = least / 16;

    if (uv_is_active((uv_handle_t *)&server->clock))
        return;
    tick = tick > TICK_MS_MAX ? TICK_MS_MAX : tick;
    tick = tick < TICK_MS_MIN ? TICK_MS_MIN : tick;
    uv_timer_start(&server->clock, on_tick, tick, tick);
}

/* ---- beginning and end ---- */

static uint32_t
or_default(uint32_t value, uint32_t standard)
{
    return value != 0 ? value : standard;
}

static void
set_limits(struct http_limits *limits)
{
    limits->clients_max = or_default(limits->clients_max, HTTP_CLIENTS_MAX);
    limits->request_ms_max = or_default(limits->request_ms_max, HTTP_REQUEST_MS_MAX);
    limits->idle_ms_max = or_default(limits->idle_ms_max, HTTP_IDLE_MS_MAX);
    limits->ping_ms = or_default(limits->ping_ms, HTTP_PING_MS);
    if (limits->bodies_bytes_max == 0)
        limits->bodies_bytes_max = HTTP_BODIES_BYTES_MAX;
    if (limits->queues_bytes_max == 0)
        limits->queues_bytes_max = HTTP_QUEUES_BYTES_MAX;
}

enum entente_error
http_server_new(struct http_server **server, const struct http_options *options)
{
    *server = NULL;
    struct http_server *made = calloc(1, sizeof *made);
    if (made == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    made->loop = options->loop;
    made->calls = options->calls;
    made->limits = options->limits;
    set_limits(&made->limits);
    for (int i = 0; i < HTTP_LISTENERS_MAX; i++)
        made->listeners[i].fd = -1;
    uv_timer_init(made->loop, &made->clock);
    uv_idle_init(made->loop, &made->turn);
    made->clock.data = made->turn.data = made;
    made->handles = 2;
    *server = made;
    return ENTENTE_OK;
}

static void
on_handle_closed(uv_handle_t *handle)
{
    struct http_server *server = handle->data;

    server->handles--;
    http_server_check_gone(server);
}

static void
on_listener_closed(uv_handle_t *handle)
{
    struct http_listener *listener = handle->data;
    struct http_server *server = listener->server;

    http_tls_server_free(listener->tls);
    server->handles--;
    http_server_check_gone(server);
}

void
http_server_check_gone(struct http_server *server)
{
    void (*gone)(void *) = server->gone;
    void *state = server->gone_state;

    if (!server->is_ending)
        return;
    if (server->first == NULL && server->handles == 2 &&
        !uv_is_closing((uv_handle_t *)&server->clock)) {
        uv_close((uv_handle_t *)&server->clock, on_handle_closed);
        uv_close((uv_handle_t *)&server->turn, on_handle_closed);
    }
    if (server->handles > 0)
        return;
    free(server);
    if (gone != NULL)
        gone(state);
}

void
http_server_end(struct http_server *server, uint32_t ms, void (*gone)(void *state), void *state)
{
    uint64_t end_at = http_now(server) + ms;

    if (server->end_at == 0 || end_at < server->end_at)
        server->end_at = end_at > 0 ? end_at : 1;
    if (gone != NULL) {
        server->gone = gone;
        server->gone_state = state;
    }
    if (!server->is_ending) {
        server->is_ending = true;
        for (int i = 0; i < HTTP_LISTENERS_MAX; i++)
            if (server->listeners[i].fd >= 0)
                uv_close((uv_handle_t *)&server->listeners[i].poll, on_listener_closed);
    }
    for (struct http_client *client = server->first; client != NULL; client = client->next) {
        if (ms == 0)
            http_client_kill(client);
        else
            http_client_say_goodbye(client);
    }
    if (server->first != NULL) /* strikes when the time is over, and not a tick later */
        uv_timer_start(&server->clock, on_tick, ms, TICK_MS_MAX / 10);
    http_turn_soon(server);
}

void
http_server_free(struct http_server *server)
{
    if (server != NULL)
        http_server_end(server, 0, NULL, NULL);
}

uint32_t
http_server_clients(const struct http_server *server)
{
    return server->clients;
}
