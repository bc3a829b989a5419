#include "net/http_world.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PULSE_MS = 2 };

static void
on_pulse(uv_timer_t *pulse)
{
    (void)pulse;
}

static socklen_t
name_of(struct http_world *world, struct sockaddr_un *name)
{
    static unsigned number;

    *name = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (world->address[0] == '\0')
        snprintf(
            world->address, sizeof world->address, "entente-test-%ld-%u", (long)getpid(), ++number);
    memcpy(name->sun_path + 1, world->address, strlen(world->address));
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(world->address));
}

void
http_world_start(struct http_world *world, struct http_limits limits)
{
    struct sockaddr_un name;

    *world = (struct http_world){0};
    signal(SIGPIPE, SIG_IGN);
    socklen_t size = name_of(world, &name);
    world->listening = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    CHECK(bind(world->listening, (struct sockaddr *)&name, size) == 0);
    CHECK(listen(world->listening, 4096) == 0);
    uv_loop_init(&world->loop);
    uv_timer_init(&world->loop, &world->pulse);
    uv_timer_start(&world->pulse, on_pulse, PULSE_MS, PULSE_MS);
    const struct http_options options = {&world->loop, http_handler_calls(&world->handler), limits};
    CHECK(http_server_new(&world->server, &options) == ENTENTE_OK);
    CHECK(http_server_listen_fd(world->server, world->listening, HTTP_LOCAL_SOCKET, NULL) ==
          ENTENTE_OK);
}

static void
on_gone(void *state)
{
    ((struct http_world *)state)->is_gone = true;
}

uint64_t
http_world_end_within(struct http_world *world, uint32_t ms)
{
    uint64_t begun = uv_now(&world->loop);

    http_server_end(world->server, ms, on_gone, world);
    RUN_UNTIL(world, world->is_gone);
    uint64_t took = uv_now(&world->loop) - begun;
    CHECK(world->handler.told == world->handler.ended && world->handler.served == NULL);
    CHECK(world->handler.sockets == 0);
    close(world->listening);
    uv_close((uv_handle_t *)&world->pulse, NULL);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&world->loop) == 0);
    return took;
}

void
http_world_end(struct http_world *world)
{
    http_world_end_within(world, 0);
}

void
http_world_turn(struct http_world *world)
{
    uv_run(&world->loop, UV_RUN_ONCE);
}

void
http_world_wait(struct http_world *world, uint64_t ms)
{
    for (uint64_t until = uv_now(&world->loop) + ms; uv_now(&world->loop) < until;)
        http_world_turn(world);
}

void
peer_connect(struct peer *peer, struct http_world *world)
{
    struct sockaddr_un name;
    socklen_t size = name_of(world, &name);

    *peer = (struct peer){.world = world, .got = calloc(1, 1)};
    peer->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    while (connect(peer->fd, (struct sockaddr *)&name, size) != 0 && errno == EAGAIN)
        http_world_turn(world);
}

bool
peer_write(struct peer *peer, struct bytes data)
{
    struct http_world *world = peer->world;
    uint64_t until = uv_now(&world->loop) + WAIT_MS;

    while (data.size > 0) {
        ssize_t sent = send(peer->fd, data.data, data.size, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN)
            return false;
        if (sent < 0 && uv_now(&world->loop) > until)
            return false;
        if (sent < 0) {
            http_world_turn(world);
            continue;
        }
        data.data += sent;
        data.size -= (size_t)sent;
    }
    return true;
}

bool
peer_text(struct peer *peer, const char *text)
{
    return peer_write(peer, bytes_of_text(text));
}

void
peer_read(struct peer *peer)
{
    static char part[65536];

    for (;;) {
        ssize_t size = recv(peer->fd, part, sizeof part, 0);
        if (size == 0 || (size < 0 && errno != EAGAIN))
            peer->is_closed = true;
        if (size <= 0)
            return;
        peer->got = realloc(peer->got, peer->size + (size_t)size + 1);
        memcpy(peer->got + peer->size, part, (size_t)size);
        peer->size += (size_t)size;
        peer->got[peer->size] = '\0';
    }
}

#define READ_UNTIL(peer, condition)                                                                \
    do {                                                                                           \
        uint64_t until = uv_now(&(peer)->world->loop) + WAIT_MS;                                   \
        peer_read(peer);                                                                           \
        while (!(condition) && !(peer)->is_closed && uv_now(&(peer)->world->loop) < until) {       \
            http_world_turn((peer)->world);                                                        \
            peer_read(peer);                                                                       \
        }                                                                                          \
    } while (0)

bool
peer_reads(struct peer *peer, size_t from, const char *text)
{
    READ_UNTIL(peer, peer->size > from && strstr(peer->got + from, text) != NULL);
    return peer->size > from && strstr(peer->got + from, text) != NULL;
}

bool
peer_reads_size(struct peer *peer, size_t size)
{
    READ_UNTIL(peer, peer->size >= size);
    return peer->size >= size;
}

bool
peer_is_closed(struct peer *peer)
{
    READ_UNTIL(peer, false);
    return peer->is_closed;
}

void
peer_end(struct peer *peer)
{
    close(peer->fd);
    free(peer->got);
    *peer = (struct peer){.fd = -1};
}

void
peer_ask(struct peer *peer, struct http_world *world, const char *text)
{
    peer_connect(peer, world);
    peer_text(peer, text);
    shutdown(peer->fd, SHUT_WR);
    CHECK(peer_is_closed(peer));
}

size_t
peer_count(const struct peer *peer, const char *text)
{
    size_t count = 0;

    for (const char *at = peer->got; (at = strstr(at, text)) != NULL; at++)
        count++;
    return count;
}

bool
peer_upgrade(struct peer *peer)
{
    /* The example of RFC 6455 1.3. */
    return peer_text(peer,
               "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n") &&
           peer_reads(peer, 0, "\r\n\r\n") && strstr(peer->got, "HTTP/1.1 101 ") == peer->got &&
           strstr(peer->got, "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") != NULL;
}

bool
peer_frame(struct peer *peer, uint8_t first_byte, struct bytes payload)
{
    static const uint8_t mask[4] = {0x11, 0x22, 0x33, 0x44};
    uint8_t *frame = malloc(payload.size + 14);
    struct writer writer = writer_of(frame, payload.size + 14);

    writer_u8(&writer, first_byte);
    if (payload.size < 126) {
        writer_u8(&writer, (uint8_t)(0x80 | payload.size));
    } else if (payload.size <= UINT16_MAX) {
        writer_u8(&writer, 0x80 | 126);
        writer_u16(&writer, (uint16_t)payload.size);
    } else {
        writer_u8(&writer, 0x80 | 127);
        writer_u64(&writer, payload.size);
    }
    writer_copy(&writer, mask, sizeof mask);
    for (size_t i = 0; i < payload.size; i++)
        writer_u8(&writer, payload.data[i] ^ mask[i % 4]);
    bool written = peer_write(peer, writer_written(&writer));
    free(frame);
    return written;
}

bool
peer_next_frame(struct peer *peer, size_t *at, uint8_t *first, struct bytes *payload)
{
    size_t header = 2;
    uint64_t size;

    if (!peer_reads_size(peer, *at + 2))
        return false;
    *first = (uint8_t)peer->got[*at];
    size = (uint8_t)peer->got[*at + 1];
    if (size > 127)
        return false; /* a server does not mask */
    if (size >= 126) {
        header = size == 126 ? 4 : 10;
        if (!peer_reads_size(peer, *at + header))
            return false;
        struct reader reader =
            reader_of((struct bytes){(uint8_t *)peer->got + *at + 2, header - 2});
        size = header == 4 ? reader_u16(&reader) : reader_u64(&reader);
    }
    if (!peer_reads_size(peer, *at + header + size))
        return false;
    *payload = (struct bytes){(uint8_t *)peer->got + *at + header, size};
    *at += header + size;
    return true;
}
