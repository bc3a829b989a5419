/*
 * Goal: whatever a client sends, in whatever pieces: the HTTP server keeps to its memory, ends
 * every exchange that it told the handler of, and lets go of the client. Method: the first byte
 * chooses the size of the pieces, the rest is sent in them over a Unix socket to a real server, one
 * for all inputs; whatever waits is answered; the client hears the end, or goes.
 */
#include "fuzz.h"

#include "net/http_world.h"

#include <sys/socket.h>

enum { TURNS_MAX = 200 };

static struct http_world *
the_world(void)
{
    static struct http_world world;
    static bool is_started;

    if (!is_started)
        http_world_start(&world, (struct http_limits){0});
    is_started = true;
    return &world;
}

static void
turn(struct http_world *world, struct peer *peer)
{
    uv_run(&world->loop, UV_RUN_NOWAIT);
    http_handler_release(&world->handler);
    peer_read(peer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_world *world = the_world();
    struct peer peer;
    size_t piece = size > 0 && data[0] < 128 ? data[0] + 1u : size;

    peer_connect(&peer, world);
    for (size_t at = 1; at < size; at += piece) {
        size_t now = piece < size - at ? piece : size - at;
        if (send(peer.fd, data + at, now, MSG_NOSIGNAL) < 0)
            break;
        turn(world, &peer);
    }
    shutdown(peer.fd, SHUT_WR);
    for (int i = 0; i < TURNS_MAX && !peer.is_closed; i++)
        turn(world, &peer);
    peer_end(&peer);
    for (int i = 0; i < TURNS_MAX && http_server_clients(world->server) > 0; i++)
        uv_run(&world->loop, UV_RUN_NOWAIT);
    fuzz_require(http_server_clients(world->server) == 0);
    fuzz_require(world->handler.told == world->handler.ended && world->handler.served == NULL);
    return 0;
}
