/*
 * A server with the handler of http_handler.h on one loop, and clients as an attacker has them:
 * bare sockets and bytes of choice.  All calls let the loop turn while they wait, at most WAIT_MS.
 */
#ifndef ENTENTE_TESTS_NET_HTTP_WORLD_H
#define ENTENTE_TESTS_NET_HTTP_WORLD_H

#include "net/http_handler.h"
#include "support/test.h"

#include <uv.h>

enum { WAIT_MS = 15000, GOT_BYTES = 16777216 };

struct http_world {
    uv_loop_t loop;
    uv_timer_t pulse;
    struct http_server *server;
    struct http_handler handler;
    char address[108]; /* of an abstract Unix socket */
    int listening;
    bool is_gone;
};

/* What one client has read, and a zero behind it. */
struct peer {
    struct http_world *world;
    int fd;
    char *got;
    size_t size;
    bool is_closed;
};

/* Limits of 0 are the real ones. */
void http_world_start(struct http_world *world, struct http_limits limits);

/* Ends the server within `ms`, and checks that every exchange has ended and nothing is left; how
   many milliseconds it took. */
uint64_t http_world_end_within(struct http_world *world, uint32_t ms);
void http_world_end(struct http_world *world);

/* One turn of the loop, a few milliseconds when nothing happens. */
void http_world_turn(struct http_world *world);
void http_world_wait(struct http_world *world, uint64_t ms);

void peer_connect(struct peer *peer, struct http_world *world);
/* Writes all of it; false when the other side does not take it. */
bool peer_write(struct peer *peer, struct bytes data);
bool peer_text(struct peer *peer, const char *text);
/* Reads what is there. */
void peer_read(struct peer *peer);
/* Reads until `text` was read behind the first `from` bytes, or the other side closed. */
bool peer_reads(struct peer *peer, size_t from, const char *text);
bool peer_reads_size(struct peer *peer, size_t size);
/* Reads until the other side closes. */
bool peer_is_closed(struct peer *peer);
/* The other side's whole answer to `text`, in one connection that is closed then by us. */
void peer_ask(struct peer *peer, struct http_world *world, const char *text);
void peer_end(struct peer *peer);

/* How often `text` is in what was read. */
size_t peer_count(const struct peer *peer, const char *text);

/* Upgrades to a WebSocket. */
bool peer_upgrade(struct peer *peer);
/* One frame, masked. */
bool peer_frame(struct peer *peer, uint8_t first_byte, struct bytes payload);
/* The next whole frame from `*at` on, which then is behind it; `*first` its first byte.  Waits for
 * it. */
bool peer_next_frame(struct peer *peer, size_t *at, uint8_t *first, struct bytes *payload);

#define RUN_UNTIL(world, condition)                                                                \
    do {                                                                                           \
        uint64_t until = uv_now(&(world)->loop) + WAIT_MS;                                         \
        while (!(condition) && uv_now(&(world)->loop) < until)                                     \
            http_world_turn(world);                                                                \
        CHECK(condition);                                                                          \
    } while (0)

#endif
