/*
 * Goal: no bytes, no order of them and no lack of memory or descriptors harm the server: it answers
 * the next client, and every exchange that the handler was told of ends. Method: good conversations
 * (HTTP/1.1, WebSocket, HTTP/2), cut at every byte, with every bit turned, byte by byte, and random
 * bytes from a seed; floods; each allocation of ours fails once (the linker wraps malloc and its
 * like).
 */
#include "net/http_world.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define PLAIN "GET /plain HTTP/1.1\r\nHost: x\r\n\r\n"
#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define SETTINGS "\0\0\0\4\0\0\0\0\0"
#define ACK "\0\0\0\4\1\0\0\0\0"
/* Without Huffman codes: POST (3) http (6), :path and :authority as literals (4, 1) that are not
 * indexed. */
#define POST_ECHO "\x83\x86\x04\x05/echo\x01\x01x"
#define GET_PLAIN "\x82\x86\x04\x06/plain\x01\x01x"
#define GET_NEVER "\x82\x86\x04\x06/never\x01\x01x"

struct conversation {
    struct bytes bytes;
    const char *answer; /* is in what comes back */
};

#define FIXED(text)                                                                                \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }
#define BYTES(text) ((struct bytes)FIXED(text))

static const struct conversation conversations[] = {
    {{(const uint8_t *)PLAIN PLAIN, 2 * sizeof PLAIN - 2}, "plainHTTP/1.1 200 "},
    {FIXED(
         "POST /echo?q HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nCookie: a\r\nCookie: b\r\n\r\nhello" PLAIN),
        "\r\n\r\nhello"},
    {FIXED(
         "PUT /count HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n3;a=b\r\nabc\r\n0\r\nT: t\r\n\r\n"),
        "\r\n\r\n3"},
    {FIXED(
         "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x01\x82\x01\x02\x03\x04ik\x89\x81\x01\x02\x03\x04q"
         "\x80\x81\x01\x02\x03\x04x\x88\x82\x01\x02\x03\x04\x02\xEA"),
        "\x81\x03hiy"},
    {FIXED(PREFACE SETTINGS "\0\0\x0C\1\4\0\0\0\1" POST_ECHO "\0\0\5\0\1\0\0\0\1hello" ACK
                            "\0\0\x0D\1\5\0\0\0\3" GET_PLAIN "\0\0\x08\6\0\0\0\0\0pingping"
                            "\0\0\4\x08\0\0\0\0\0\0\0\1\0"
                            "\0\0\x08\7\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        "hello"},
};

enum { CONVERSATIONS = sizeof conversations / sizeof conversations[0] };

/* memmem() over all that came, since HTTP/2 has zeros in it. */
static bool
has(const struct peer *peer, const char *text)
{
    return memmem(peer->got, peer->size, text, strlen(text)) != NULL;
}

static void
still_serves(struct http_world *world)
{
    struct peer peer;

    peer_ask(&peer, world, PLAIN);
    CHECK(has(&peer, "\r\n\r\nplain"));
    peer_end(&peer);
}

/* Says it, and goes when there is no more to hear; whatever was answered. */
static void
say_and_leave(struct http_world *world, struct bytes bytes)
{
    struct peer peer;

    peer_connect(&peer, world);
    peer_write(&peer, bytes);
    http_world_turn(world);
    peer_read(&peer);
    peer_end(&peer);
    http_world_turn(world);
}

TEST(the_conversations_are_good)
{
    struct http_world world;

    http_world_start(&world, (struct http_limits){0});
    for (size_t i = 0; i < CONVERSATIONS; i++) {
        struct peer peer;
        peer_connect(&peer, &world);
        CHECK(peer_write(&peer, conversations[i].bytes));
        shutdown(peer.fd, SHUT_WR);
        CHECK(peer_is_closed(&peer));
        CHECK(has(&peer, conversations[i].answer));
        if (test_failures > 0)
            printf("# conversation %zu\n", i);
        peer_end(&peer);
    }
    http_world_end(&world);
}

TEST(byte_by_byte_is_the_same)
{
    struct http_world world;

    http_world_start(&world, (struct http_limits){0});
    for (size_t i = 0; i < CONVERSATIONS; i++) {
        struct peer peer;
        peer_connect(&peer, &world);
        for (size_t at = 0; at < conversations[i].bytes.size; at++) {
            peer_write(&peer, (struct bytes){conversations[i].bytes.data + at, 1});
            uv_run(&world.loop, UV_RUN_NOWAIT);
        }
        shutdown(peer.fd, SHUT_WR);
        CHECK(peer_is_closed(&peer));
        CHECK(has(&peer, conversations[i].answer));
        if (test_failures > 0)
            printf("# conversation %zu\n", i);
        peer_end(&peer);
    }
    http_world_end(&world);
}

TEST(a_cut_at_any_byte_does_no_harm)
{
    struct http_world world;

    http_world_start(&world, (struct http_limits){.request_ms_max = 1000});
    for (size_t i = 0; i < CONVERSATIONS; i++)
        for (size_t size = 0; size < conversations[i].bytes.size; size++)
            say_and_leave(&world, (struct bytes){conversations[i].bytes.data, size});
    still_serves(&world);
    RUN_UNTIL(&world, http_server_clients(world.server) == 0);
    CHECK(world.handler.told == world.handler.ended);
    http_world_end(&world);
}

TEST(no_bit_that_is_turned_does_harm)
{
    struct http_world world;
    uint8_t changed[1024];

    http_world_start(&world, (struct http_limits){.request_ms_max = 1000});
    for (size_t i = 0; i < CONVERSATIONS; i++) {
        struct bytes good = conversations[i].bytes;
        for (size_t bit = 0; bit < 8 * good.size; bit++) {
            memcpy(changed, good.data, good.size);
            changed[bit / 8] ^= (uint8_t)(1 << bit % 8);
            say_and_leave(&world, (struct bytes){changed, good.size});
        }
    }
    still_serves(&world);
    RUN_UNTIL(&world, http_server_clients(world.server) == 0);
    CHECK(world.handler.told == world.handler.ended);
    http_world_end(&world);
}

TEST(random_bytes_do_no_harm)
{
    struct http_world world;
    uint8_t bytes[600];
    uint64_t seed = 7;

    http_world_start(&world, (struct http_limits){.request_ms_max = 1000});
    for (int round = 0; round < 1500; round++) {
        /* From any place of a good one on nothing is good, and some of it is of another one. */
        struct bytes good = conversations[test_random(&seed) % CONVERSATIONS].bytes;
        struct bytes other = conversations[test_random(&seed) % CONVERSATIONS].bytes;
        size_t size = test_random(&seed) % (good.size + 1);
        memcpy(bytes, good.data, size);
        if (round % 2 == 0)
            for (int i = 0; i < 40; i++)
                bytes[size++] = (uint8_t)test_random(&seed);
        else
            while (size < sizeof bytes - 1 && test_random(&seed) % 50 != 0)
                bytes[size++] = other.data[test_random(&seed) % other.size];
        say_and_leave(&world, (struct bytes){bytes, size});
    }
    still_serves(&world);
    RUN_UNTIL(&world, http_server_clients(world.server) == 0);
    http_world_end(&world);
}

/* ---- HTTP/2 ---- */

static void
begin_two(struct peer *peer, struct http_world *world)
{
    peer_connect(peer, world);
    CHECK(peer_write(peer, BYTES(PREFACE SETTINGS ACK)));
}

static size_t
put_frame(uint8_t *place, uint8_t type, uint8_t flags, uint32_t stream, struct bytes payload)
{
    struct writer writer = writer_of(place, 9 + payload.size);

    writer_u8(&writer, (uint8_t)(payload.size >> 16));
    writer_u16(&writer, (uint16_t)payload.size);
    writer_u8(&writer, type);
    writer_u8(&writer, flags);
    writer_u32(&writer, stream);
    writer_bytes(&writer, payload);
    return writer.used;
}

/* Until the other side has enough of it; how many frames that were. */
static uint32_t
flood(struct peer *peer, uint8_t type, uint8_t flags, struct bytes payload, uint32_t most)
{
    uint8_t frames[100 * 600];
    uint32_t count = 0;

    while (count < most && !peer->is_closed) {
        size_t size = 0;
        for (int i = 0; i < 100; i++, count++)
            size += put_frame(frames + size, type, flags, 0, payload);
        ssize_t sent = 0;
        for (size_t at = 0; at < size && sent >= 0; at += sent > 0 ? (size_t)sent : 0)
            if ((sent = send(peer->fd, frames + at, size - at, MSG_NOSIGNAL)) <= 0)
                break;
        http_world_turn(peer->world);
        if (send(peer->fd, "", 0, MSG_NOSIGNAL) < 0 || sent < 0)
            peer->is_closed |= recv(peer->fd, frames, 0, 0) < 0;
        if (http_server_clients(peer->world->server) == 0)
            peer->is_closed = true;
    }
    return count;
}

TEST(floods_of_http_2_are_ended)
{
    struct http_world world;
    struct peer peer;

    http_world_start(&world, (struct http_limits){.request_ms_max = 1000});
    begin_two(&peer, &world); /* pings that are not read */
    CHECK(flood(&peer, 6, 0, BYTES("12345678"), 200000) < 200000);
    peer_end(&peer);
    begin_two(&peer, &world); /* settings */
    CHECK(flood(&peer, 4, 0, BYTES("\0\3\0\0\0\1"), 200000) < 200000);
    peer_end(&peer);
    RUN_UNTIL(&world, http_server_clients(world.server) == 0);
    still_serves(&world);
    http_world_end(&world);
}

TEST(streams_that_are_begun_and_broken_off_end_the_connection)
{
    struct http_world world;
    struct peer peer;
    uint8_t frames[64];
    uint32_t stream = 1;

    http_world_start(&world, (struct http_limits){0});
    begin_two(&peer, &world);
    for (; stream < 20000 && !peer.is_closed; stream += 2) {
        size_t size = put_frame(frames, 1, 5, stream, BYTES(GET_NEVER));
        size += put_frame(frames + size, 3, 0, stream, BYTES("\0\0\0\x08"));
        if (!peer_write(&peer, (struct bytes){frames, size}))
            break;
        if (stream % 31 == 0)
            http_world_turn(&world);
        peer_read(&peer);
    }
    CHECK(peer_is_closed(&peer));
    CHECK(world.handler.told > 10 && world.handler.told < 300);
    RUN_UNTIL(&world, world.handler.told == world.handler.ended);
    peer_end(&peer);
    still_serves(&world);
    http_world_end(&world);
}

TEST(headers_without_end_are_ended)
{
    struct http_world world;
    struct peer peer;
    uint8_t frame[9 + 500];
    uint8_t literal[500];

    /* "x: aaa..." again and again: small on the wire where it is indexed, large when it is told. */
    memset(literal, 'a', sizeof literal);
    memcpy(literal, "\x40\x01x\x7F\xF1\x02", 6); /* 127 + 113 + 2 * 128 = 496 bytes */
    http_world_start(&world, (struct http_limits){0});
    begin_two(&peer, &world);
    size_t size = put_frame(frame, 1, 1, 1, BYTES(GET_PLAIN));
    CHECK(peer_write(&peer, (struct bytes){frame, size}));
    int count = 0;
    for (; count < 10000 && !peer.is_closed; count++) {
        size = put_frame(frame, 9, 0, 1, (struct bytes){literal, sizeof literal});
        if (!peer_write(&peer, (struct bytes){frame, size}))
            break;
        http_world_turn(&world);
        peer_read(&peer);
    }
    CHECK(count < 10000 && peer_is_closed(&peer) && world.handler.told == 0);
    peer_end(&peer);
    still_serves(&world);
    http_world_end(&world);
}

TEST(headers_that_grow_when_they_are_told_are_refused)
{
    struct http_world world;
    struct peer peer;
    uint8_t frame[9 + 8192], block[8192];
    size_t size = 0;

    /* 1000 bytes go to the table once, and are named 200 times with one byte each. */
    memcpy(block, GET_PLAIN, sizeof GET_PLAIN - 1);
    size = sizeof GET_PLAIN - 1;
    memcpy(block + size, "\x40\x01x\x7F\xE9\x06", 6); /* 127 + 105 + 6 * 128 = 1000 */
    size += 6;
    memset(block + size, 'a', 1000);
    size += 1000;
    memset(block + size, 0xBE, 200);
    size += 200;
    http_world_start(&world, (struct http_limits){0});
    begin_two(&peer, &world);
    CHECK(peer_write(
        &peer, (struct bytes){frame, put_frame(frame, 1, 5, 1, (struct bytes){block, size})}));
    RUN_UNTIL(&world, (peer_read(&peer), has(&peer, "more than 8192 bytes") || peer.is_closed));
    CHECK(world.handler.told == 0);
    peer_end(&peer);
    still_serves(&world);
    http_world_end(&world);
}

TEST(a_window_that_stays_shut_ends_its_client)
{
    struct http_world world;
    struct peer peer;
    uint8_t frame[64];

    http_world_start(&world, (struct http_limits){.request_ms_max = 300});
    peer_connect(&peer, &world);
    CHECK(peer_write(&peer, BYTES(PREFACE "\0\0\6\4\0\0\0\0\0"
                                          "\0\4\0\0\0\0" ACK)));
    CHECK(peer_write(&peer, (struct bytes){frame, put_frame(frame, 1, 5, 1, BYTES(GET_PLAIN))}));
    RUN_UNTIL(&world, world.handler.told == 1);
    uint64_t begun = uv_now(&world.loop);
    RUN_UNTIL(&world, world.handler.ended == 1 && http_server_clients(world.server) == 0);
    CHECK(uv_now(&world.loop) - begun < 2000);
    peer_end(&peer);
    http_world_end(&world);
}

TEST(a_slow_request_of_http_2_is_refused)
{
    struct http_world world;
    struct peer peer;
    uint8_t frame[64];

    http_world_start(&world, (struct http_limits){.request_ms_max = 300, .idle_ms_max = 300});
    begin_two(&peer, &world);
    CHECK(peer_write(&peer, (struct bytes){frame, put_frame(frame, 1, 4, 1, BYTES(POST_ECHO))}));
    CHECK(peer_write(&peer, (struct bytes){frame, put_frame(frame, 0, 0, 1, BYTES("half"))}));
    RUN_UNTIL(&world, (peer_read(&peer), has(&peer, "send it faster") || peer.is_closed));
    CHECK(has(&peer, "send it faster") && world.handler.requests == 0);
    CHECK(peer_is_closed(&peer)); /* idle */
    peer_end(&peer);
    http_world_end(&world);
}

/* ---- masses ---- */

TEST(a_flood_of_requests_leaves_room_for_others)
{
    enum { COUNT = 20000 };
    struct http_world world;
    struct peer flooder, other;
    char *all = malloc(COUNT * (sizeof PLAIN - 1));
    size_t at = 0, size = COUNT * (sizeof PLAIN - 1);

    for (size_t i = 0; i < COUNT; i++)
        memcpy(all + i * (sizeof PLAIN - 1), PLAIN, sizeof PLAIN - 1);
    http_world_start(&world, (struct http_limits){0});
    peer_connect(&flooder, &world);
    for (int round = 0; at < size; round++) {
        ssize_t sent = send(flooder.fd, all + at, size - at, MSG_NOSIGNAL);
        at += sent > 0 ? (size_t)sent : 0;
        if (round % 50 == 0) { /* another one waits a few turns, not for the end of the flood */
            uint32_t before = world.handler.requests;
            peer_ask(&other, &world, PLAIN);
            CHECK(has(&other, "\r\n\r\nplain") && world.handler.requests - before < 1000);
            peer_end(&other);
        }
        http_world_turn(&world);
        peer_read(&flooder);
        if (flooder.size > 1000000)
            flooder.size = 0;
    }
    RUN_UNTIL(&world, (peer_read(&flooder), world.handler.ended >= COUNT));
    free(all);
    peer_end(&flooder);
    http_world_end(&world);
}

TEST(no_descriptors_left_is_no_reason_to_stop_or_to_spin)
{
    struct http_world world;
    struct rlimit old, tight;
    struct peer peer;

    http_world_start(&world, (struct http_limits){0});
    still_serves(&world);
    peer_connect(&peer, &world);
    peer_end(&peer); /* its number is the lowest that is free */
    CHECK(getrlimit(RLIMIT_NOFILE, &old) == 0);
    peer_connect(&peer, &world);
    tight = old;
    tight.rlim_cur = (rlim_t)peer.fd + 1;
    CHECK(setrlimit(RLIMIT_NOFILE, &tight) == 0);
    CHECK(peer_text(&peer, PLAIN));
    uint32_t turns = 0;
    for (uint64_t until = uv_now(&world.loop) + 300; uv_now(&world.loop) < until; turns++)
        http_world_turn(&world);
    CHECK(turns < 400); /* of which the pulse makes 150 */
    CHECK(setrlimit(RLIMIT_NOFILE, &old) == 0);
    CHECK(peer_reads(&peer, 0, "\r\n\r\nplain")); /* let in as soon as there is room */
    peer_end(&peer);
    http_world_end(&world);
}

/* ---- memory ---- */

static int64_t allocations_left = -1; /* -1: as many as wanted */

static bool
fails(void)
{
    if (allocations_left < 0)
        return false;
    return allocations_left-- == 0; /* this one, and none after it */
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *data, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *data, size_t size);

void *
__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *data, size_t size)
{
    return fails() ? NULL : __real_realloc(data, size);
}

/* Holds a conversation while the n-th allocation of ours fails; false when there were not so many.
 */
static bool
converse_with_failure(
    struct http_world *world, const struct conversation *conversation, int64_t nth)
{
    struct peer peer;
    char room[4096];
    ssize_t size = 1;
    uint64_t until;

    peer_connect(&peer, world);
    peer_write(&peer, conversation->bytes);
    shutdown(peer.fd, SHUT_WR);
    allocations_left = nth;
    for (until = uv_now(&world->loop) + WAIT_MS; size != 0 && uv_now(&world->loop) < until;) {
        http_world_turn(world);
        size = recv(peer.fd, room, sizeof room, 0); /* into no memory that would have to be made */
        size = size < 0 && errno != EAGAIN ? 0 : size;
    }
    bool has_failed = allocations_left < 0;
    allocations_left = -1;
    CHECK(size == 0);
    peer_end(&peer);
    return has_failed;
}

TEST(any_allocation_that_fails_harms_only_its_client)
{
    struct http_world world;

    http_world_start(&world, (struct http_limits){0});
    for (size_t i = 0; i < CONVERSATIONS; i++) {
        int64_t nth = 0;
        while (converse_with_failure(&world, &conversations[i], nth))
            nth++;
        CHECK(nth >= 5);
        printf("# conversation %zu: %d allocations\n", i, (int)nth);
        still_serves(&world);
    }
    RUN_UNTIL(&world, http_server_clients(world.server) == 0);
    CHECK(world.handler.told == world.handler.ended);
    http_world_end(&world);
}

TEST_MAIN(CASE(the_conversations_are_good), CASE(byte_by_byte_is_the_same),
    CASE(a_cut_at_any_byte_does_no_harm), CASE(no_bit_that_is_turned_does_harm),
    CASE(random_bytes_do_no_harm), CASE(floods_of_http_2_are_ended),
    CASE(streams_that_are_begun_and_broken_off_end_the_connection),
    CASE(headers_without_end_are_ended), CASE(headers_that_grow_when_they_are_told_are_refused),
    CASE(a_window_that_stays_shut_ends_its_client), CASE(a_slow_request_of_http_2_is_refused),
    CASE(a_flood_of_requests_leaves_room_for_others),
    CASE(no_descriptors_left_is_no_reason_to_stop_or_to_spin),
    CASE(any_allocation_that_fails_harms_only_its_client))
