/*
 * Goal: WebSocket as RFC 6455 has it: messages arrive whole, in order and once; whoever breaks its
 * rules is told the code and closed; whoever does not read, answer or stop is closed, too. Method:
 * a real server on a Unix socket; clients that write the frames by hand.
 */
#include "net/http_world.h"

#include <sys/socket.h>

enum { FIN = 0x80, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

static const struct http_limits quick = {.request_ms_max = 300, .idle_ms_max = 300, .ping_ms = 100};

static void
upgrade(struct peer *peer, struct http_world *world)
{
    peer_connect(peer, world);
    CHECK(peer_upgrade(peer));
}

/* The next message, put together from its fragments; size 0 where it did not come. */
static size_t
next_message(struct peer *peer, size_t *at, uint8_t *room)
{
    size_t size = 0;
    uint8_t first;
    struct bytes part;

    do {
        if (!peer_next_frame(peer, at, &first, &part))
            return 0;
        CHECK((first & 0x0F) == (size == 0 ? TEXT : 0));
        memcpy(room + size, part.data, part.size);
        size += part.size;
    } while ((first & FIN) == 0);
    return size;
}

/* A close frame with `code` (0: with none) comes, and after our answer the connection's end. */
static void
expect_close(struct peer *peer, size_t *at, uint16_t code)
{
    uint8_t first = 0;
    struct bytes payload = {0};

    CHECK(peer_next_frame(peer, at, &first, &payload) && first == (FIN | CLOSE));
    struct reader reader = reader_of(payload);
    CHECK(code == 0 ? payload.size == 0 : reader_u16(&reader) == code);
    if (test_failures > 0)
        printf("# expected %u, got %02x with %zu bytes\n", code, first, payload.size);
    peer_frame(peer, FIN | CLOSE, (struct bytes){0});
    CHECK(peer_is_closed(peer) && peer->size == *at);
}

static void
ask(struct http_world *world, const char *request, const char *first)
{
    struct peer peer;

    peer_ask(&peer, world, request);
    CHECK(strncmp(peer.got, first, strlen(first)) == 0);
    if (test_failures > 0)
        printf("# %s\n# %.100s\n", request, peer.got);
    peer_end(&peer);
}

#define UPGRADE "Host: x\r\nUpgrade: WebSocket\r\nConnection: upgrade\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"

TEST(the_handshake_is_checked)
{
    struct http_world world;
    struct peer peer;

    http_world_start(&world, (struct http_limits){0});
    ask(&world, "GET /ws HTTP/1.1\r\n" UPGRADE KEY "\r\n", "HTTP/1.1 426 ");
    ask(&world, "GET /ws HTTP/1.1\r\n" UPGRADE KEY "Sec-WebSocket-Version: 8\r\n\r\n",
        "HTTP/1.1 426 ");
    ask(&world, "GET /ws HTTP/1.1\r\n" UPGRADE VERSION "\r\n", "HTTP/1.1 400 ");
    ask(&world, "GET /ws HTTP/1.1\r\n" UPGRADE VERSION "Sec-WebSocket-Key: short\r\n\r\n",
        "HTTP/1.1 400 ");
    ask(&world, "GET /ws HTTP/1.1\r\n" UPGRADE VERSION KEY KEY "\r\n", "HTTP/1.1 400 ");
    ask(&world, "POST /ws HTTP/1.1\r\n" UPGRADE VERSION KEY "\r\n", "HTTP/1.1 400 ");
    ask(&world, "GET /ws HTTP/1.1\r\n" UPGRADE VERSION KEY "Content-Length: 3\r\n\r\nabc",
        "HTTP/1.1 400 ");
    CHECK(world.handler.told == 0);
    ask(&world, "GET /no-ws HTTP/1.1\r\n" UPGRADE VERSION KEY "\r\n", "HTTP/1.1 403 ");
    ask(&world, "GET /ws HTTP/1.0\r\n" UPGRADE VERSION KEY "\r\n", "HTTP/1.1 404 ");
    ask(&world, "GET /plain HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n",
        "HTTP/1.1 200 ");
    ask(&world, "GET /plain HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n", "HTTP/1.1 200 ");
    peer_connect(&peer, &world);
    CHECK(peer_text(&peer, "GET /ws HTTP/1.1\r\n" UPGRADE VERSION KEY
                           "Sec-WebSocket-Protocol: other, entente\r\n\r\n"));
    CHECK(peer_reads(&peer, 0, "\r\nsec-websocket-protocol: entente\r\n\r\n"));
    peer_end(&peer);
    http_world_end(&world);
}

TEST(frames_right_behind_the_request_are_not_left_lying)
{
    struct http_world world;
    struct peer peer;
    uint8_t first;
    struct bytes payload;

    http_world_start(&world, (struct http_limits){0});
    peer_connect(&peer, &world);
    CHECK(peer_text(&peer, "GET /ws HTTP/1.1\r\n" UPGRADE VERSION KEY
                           "\r\n\x81\x82\x01\x02\x03\x04ik\x89\x80\x01\x02\x03\x04"));
    CHECK(peer_reads(&peer, 0, "\r\n\r\n"));
    size_t at = (size_t)(strstr(peer.got, "\r\n\r\n") + 4 - peer.got);
    CHECK(peer_next_frame(&peer, &at, &first, &payload) && first == (FIN | TEXT));
    CHECK(payload.size == 2 && memcmp(payload.data, "hi", 2) == 0);
    CHECK(peer_next_frame(&peer, &at, &first, &payload) && first == (FIN | PONG) &&
          payload.size == 0);
    peer_end(&peer);
    http_world_end(&world);
}

TEST(a_message_of_a_mebibyte_comes_back_whole)
{
    enum { SIZE = 1048576 };
    struct http_world world;
    struct peer peer;
    uint8_t *text = malloc(SIZE), *back = malloc(2 * SIZE);
    uint64_t seed = 1;

    for (size_t i = 0; i < SIZE; i++)
        text[i] = (uint8_t)(' ' + test_random(&seed) % 90);
    http_world_start(&world, (struct http_limits){0});
    upgrade(&peer, &world);
    for (int round = 0; round < 4; round++) {
        size_t at = peer.size;
        size_t done = 0;
        bool is_first = true;
        while (done < SIZE) { /* in fragments of all sizes, with pings between */
            size_t size = test_random(&seed) % (round == 0 ? SIZE + 1 : 200000);
            size = size < SIZE - done ? size : SIZE - done;
            uint8_t last = done + size == SIZE ? FIN : 0;
            CHECK(peer_frame(
                &peer, (uint8_t)(last | (is_first ? TEXT : 0)), (struct bytes){text + done, size}));
            is_first = false;
            done += size;
            if (round == 3 && last == 0)
                CHECK(peer_frame(&peer, FIN | PING, bytes_of_text("p")));
        }
        uint8_t first;
        struct bytes payload;
        while (
            round == 3 && peer_reads_size(&peer, at + 1) && (uint8_t)peer.got[at] == (FIN | PONG))
            CHECK(peer_next_frame(&peer, &at, &first, &payload));
        CHECK(next_message(&peer, &at, back) == SIZE && memcmp(text, back, SIZE) == 0);
    }
    CHECK(world.handler.messages == 4);
    free(text);
    free(back);
    peer_end(&peer);
    http_world_end(&world);
}

TEST(everybody_gets_every_broadcast_once_and_in_order)
{
    enum { CLIENTS = 200, MESSAGES = 100 };
    struct http_world world;
    struct peer *peers = calloc(CLIENTS, sizeof *peers);
    uint8_t back[256];

    http_world_start(&world, (struct http_limits){0});
    for (int i = 0; i < CLIENTS; i++)
        upgrade(&peers[i], &world);
    size_t begin = peers[0].size;
    CHECK(world.handler.sockets == CLIENTS);
    for (int m = 0; m < MESSAGES; m++) {
        char text[128];
        snprintf(text, sizeof text, "message %d of many", m);
        http_handler_broadcast(&world.handler, bytes_of_text(text));
        if (m % 7 == 0)
            http_world_turn(&world);
    }
    for (int i = 0; i < CLIENTS; i++) {
        size_t at = begin;
        for (int m = 0; m < MESSAGES; m++) {
            char text[128];
            snprintf(text, sizeof text, "message %d of many", m);
            size_t size = next_message(&peers[i], &at, back);
            REQUIRE(size == strlen(text) && memcmp(back, text, size) == 0);
        }
        peer_read(&peers[i]);
        CHECK(peers[i].size == at);
        peer_end(&peers[i]);
    }
    free(peers);
    RUN_UNTIL(&world, world.handler.sockets == 0);
    http_world_end(&world);
}

TEST(a_close_is_answered_with_its_code)
{
    static const struct {
        const char *payload;
        size_t size;
        uint16_t code; /* of the answer */
    } closes[] = {{"", 0, 0}, {"\x03\xE8", 2, 1000}, {"\x03\xE9gone", 6, 1001},
        {"\x0B\xB8", 2, 3000}, {"\x13\x87", 2, 4999}, {"\x03", 1, 1002}, {"\x03\xED", 2, 1002},
        {"\x03\xEE", 2, 1002}, {"\x03\xEF", 2, 1007}, {"\x03\xE7", 2, 1002}, {"\x13\x88", 2, 1002},
        {"\x03\xE8\xFF", 3, 1007}};
    struct http_world world;

    http_world_start(&world, (struct http_limits){0});
    for (size_t i = 0; i < sizeof closes / sizeof closes[0]; i++) {
        struct peer peer;
        upgrade(&peer, &world);
        size_t at = peer.size;
        CHECK(peer_frame(&peer, FIN | CLOSE,
            (struct bytes){(const uint8_t *)closes[i].payload, closes[i].size}));
        expect_close(&peer, &at, closes[i].code);
        peer_end(&peer);
        RUN_UNTIL(&world, world.handler.sockets == 0);
    }
    http_world_end(&world);
}

TEST(the_handler_closes_with_a_code)
{
    struct http_world world;
    struct peer peer, deaf;
    uint8_t first;
    struct bytes payload;

    http_world_start(&world, (struct http_limits){0});
    upgrade(&peer, &world);
    size_t at = peer.size;
    CHECK(peer_frame(&peer, FIN | TEXT, bytes_of_text("close 4001 enough")));
    CHECK(peer_frame(&peer, FIN | TEXT, bytes_of_text("more"))); /* is not heard any more */
    CHECK(peer_next_frame(&peer, &at, &first, &payload) && first == (FIN | CLOSE));
    CHECK(payload.size == 8 && memcmp(payload.data,
                                   "\x0F\xA1"
                                   "enough",
                                   8) == 0);
    CHECK(world.handler.sockets == 1);
    CHECK(peer_frame(&peer, FIN | CLOSE, bytes_of_text("\x0F\xA1")));
    CHECK(peer_is_closed(&peer) && peer.size == at && world.handler.messages == 1);
    peer_end(&peer);

    upgrade(&deaf, &world); /* who does not answer it is not waited for for long */
    CHECK(peer_frame(&deaf, FIN | TEXT, bytes_of_text("close 1000 ")));
    uint64_t begun = uv_now(&world.loop);
    CHECK(peer_is_closed(&deaf));
    CHECK(uv_now(&world.loop) - begun < 5000);
    peer_end(&deaf);
    http_world_end(&world);
}

TEST(whoever_breaks_the_rules_is_told_and_closed)
{
    static const struct {
        const char *bytes;
        size_t size;
        uint16_t code;
    } bad[] = {
        {"\x81\x02hi", 4, 1002},                                          /* not masked */
        {"\x82\x81\x00\x00\x00\x00x", 7, 1003},                           /* binary */
        {"\xC1\x81\x00\x00\x00\x00x", 7, 1002},                           /* a reserved bit */
        {"\x83\x81\x00\x00\x00\x00x", 7, 1002},                           /* a reserved opcode */
        {"\x80\x81\x00\x00\x00\x00x", 7, 1002},                           /* the end of nothing */
        {"\x01\x81\x00\x00\x00\x00x\x81\x81\x00\x00\x00\x00x", 14, 1002}, /* a beginning inside */
        {"\x09\x80\x00\x00\x00\x00", 6, 1002},                            /* a ping in fragments */
        {"\x89\xFE\x00\x7E\x00\x00\x00\x00", 8, 1002},                    /* a ping of 126 bytes */
        {"\x81\xFE\x00\x05\x00\x00\x00\x00", 8, 1002}, /* a length in too many bytes */
        {"\x81\xFF\x00\x00\x00\x00\x00\x18\x00\x01\x00\x00\x00\x00", 14,
            1009}, /* one byte too many */
        {"\x81\xFF\x80\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00", 14,
            1002},                                         /* a negative length */
        {"\x81\x82\x00\x00\x00\x00\xC3(", 8, 1007},        /* not UTF-8 */
        {"\x81\x83\x00\x00\x00\x00\xED\xA0\x80", 9, 1007}, /* a surrogate */
    };
    struct http_world world;

    http_world_start(&world, (struct http_limits){0});
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct peer peer;
        upgrade(&peer, &world);
        size_t at = peer.size;
        CHECK(peer_write(&peer, (struct bytes){(const uint8_t *)bad[i].bytes, bad[i].size}));
        expect_close(&peer, &at, bad[i].code);
        peer_end(&peer);
    }
    CHECK(world.handler.messages == 0);
    RUN_UNTIL(&world, world.handler.sockets == 0);
    http_world_end(&world);
}

TEST(fragments_that_add_up_to_too_much_are_refused)
{
    struct http_world world;
    struct peer peer;
    uint8_t *part = calloc(1, 100000);

    http_world_start(&world, (struct http_limits){0});
    upgrade(&peer, &world);
    size_t at = peer.size;
    CHECK(peer_frame(&peer, TEXT, (struct bytes){part, 100000}));
    for (int i = 0; i < 15; i++)
        peer_frame(&peer, 0, (struct bytes){part, 100000});
    expect_close(&peer, &at, 1009);
    free(part);
    peer_end(&peer);
    http_world_end(&world);
}

TEST(all_messages_under_way_have_a_limit_together)
{
    struct http_world world;
    struct peer first, second;
    uint8_t *part = malloc(600000), *back = malloc(400001);

    memset(part, 'a', 600000);
    http_world_start(&world, (struct http_limits){.bodies_bytes_max = 900000});
    upgrade(&first, &world);
    upgrade(&second, &world);
    size_t at_first = first.size, at_second = second.size;
    CHECK(peer_frame(&first, TEXT, (struct bytes){part, 400000}));
    http_world_wait(&world, 20);
    peer_frame(&second, TEXT, (struct bytes){part, 600000});
    expect_close(&second, &at_second, 1013);
    CHECK(peer_frame(&first, FIN, bytes_of_text("b")));
    CHECK(next_message(&first, &at_first, back) == 400001 && world.handler.messages == 1);
    free(back);
    free(part);
    peer_end(&first);
    peer_end(&second);
    http_world_end(&world);
}

TEST(whoever_does_not_read_is_closed_with_1008)
{
    struct http_world world;
    struct peer peer, other;
    uint8_t *text = malloc(500000), *back = malloc(2000000);

    memset(text, 'a', 500000);
    http_world_start(&world, (struct http_limits){0});
    upgrade(&peer, &world);
    upgrade(&other, &world);
    size_t at = peer.size, at_other = other.size;
    for (int i = 0; i < 12; i++) {
        http_handler_broadcast(&world.handler, (struct bytes){text, 500000});
        CHECK(next_message(&other, &at_other, back) == 500000); /* who reads is not disturbed */
    }
    uint8_t first;
    struct bytes payload;
    int whole = 0;
    while (peer_next_frame(&peer, &at, &first, &payload) && first != (FIN | CLOSE))
        whole += (first & FIN) != 0;
    CHECK(first == (FIN | CLOSE) && payload.size > 2 && memcmp(payload.data, "\x03\xF0", 2) == 0);
    CHECK(whole == 1); /* the one that was begun; what waited behind it is dropped */
    CHECK(peer_is_closed(&peer));
    RUN_UNTIL(&world, world.handler.sockets == 1);
    free(text);
    free(back);
    peer_end(&peer);
    peer_end(&other);
    http_world_end(&world);
}

TEST(silence_is_asked_about_and_ended)
{
    struct http_world world;
    struct peer live, dead;
    uint8_t first;
    struct bytes payload;

    http_world_start(&world, quick);
    upgrade(&live, &world);
    upgrade(&dead, &world);
    size_t at = live.size;
    for (int i = 0; i < 5; i++) { /* five times longer than a request may take, or an idle client */
        CHECK(peer_next_frame(&live, &at, &first, &payload) && first == (FIN | PING));
        CHECK(peer_frame(&live, FIN | PONG, payload));
    }
    CHECK(peer_is_closed(&dead));
    CHECK(world.handler.sockets == 1);
    peer_end(&live); /* gone without a word */
    peer_end(&dead);
    RUN_UNTIL(&world, world.handler.sockets == 0);
    http_world_end(&world);
}

TEST_MAIN(CASE(the_handshake_is_checked), CASE(frames_right_behind_the_request_are_not_left_lying),
    CASE(a_message_of_a_mebibyte_comes_back_whole),
    CASE(everybody_gets_every_broadcast_once_and_in_order), CASE(a_close_is_answered_with_its_code),
    CASE(the_handler_closes_with_a_code), CASE(whoever_breaks_the_rules_is_told_and_closed),
    CASE(fragments_that_add_up_to_too_much_are_refused),
    CASE(all_messages_under_way_have_a_limit_together),
    CASE(whoever_does_not_read_is_closed_with_1008), CASE(silence_is_asked_about_and_ended))
