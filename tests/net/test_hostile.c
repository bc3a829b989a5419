/*
 * Goal: whoever is not a peer gets nothing, whoever is one and breaks the rules is cut off, and
 * neither hurts anybody else.
 * Method: node 0 listens and expects nodes 1 and 2; the attacker, with or without the key of
 * node 1, speaks TLS and WebSocket by hand.  After each attack node 2 still gets its link.
 */
#include "net/raw.h"

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    FIN = 0x80,
    CONTINUATION = 0,
    TEXT = 1,
    BINARY = 2,
    PING = 9,
};

/* Node 0 expects 1 and 2; the attacker is connected to it, and has so long to say who it is. */
static void
start_attack_within(struct world *world, struct raw *raw, uint32_t handshake_ms)
{
    struct net_options options = world_options();

    world_start(world);
    options.handshake_ms = handshake_ms;
    for (uint32_t i = 0; i < 3; i++)
        CHECK(world_node(world, i, &options) == ENTENTE_OK);
    world_peer(world, 0, 1, false);
    world_peer(world, 0, 2, false);
    raw_connect(raw, world, 0);
}

static void
start_attack(struct world *world, struct raw *raw)
{
    start_attack_within(world, raw, 300);
}

static void
end_attack(struct world *world, struct raw *raw)
{
    raw_end(raw);
    world_peer(world, 2, 0, true);
    RUN_UNTIL(world, world->nodes[0].links[1] != NULL && world->nodes[2].links[0] != NULL);
    world_end(world);
}

/* With the key of node 1, and as far as a WebSocket. */
static void
become_peer(struct world *world, struct raw *raw)
{
    uint8_t seed[32];

    world_seed(1, seed);
    CHECK(raw_handshake(raw, seed, TLS1_3_VERSION));
    CHECK(raw_upgrade(raw));
    RUN_UNTIL(world, world->nodes[0].ups == 1);
}

/* The link goes down with a reason that begins so, and the connection is closed. */
static void
expect_cut(struct world *world, struct raw *raw, const char *reason)
{
    RUN_UNTIL(world, world->nodes[0].downs == 1);
    CHECK(strncmp(world->nodes[0].reason, reason, strlen(reason)) == 0);
    if (test_failures > 0)
        printf("# cut because: %s\n", world->nodes[0].reason);
    CHECK(raw_is_closed(raw));
    CHECK(world->nodes[0].frames == 0);
}

TEST(tls_1_2_is_refused)
{
    struct world world;
    struct raw raw;
    uint8_t seed[32];

    world_seed(1, seed);
    start_attack(&world, &raw);
    CHECK(!raw_handshake(&raw, seed, TLS1_2_VERSION));
    end_attack(&world, &raw);
}

TEST(a_client_without_a_certificate_is_refused)
{
    struct world world;
    struct raw raw;

    start_attack(&world, &raw);
    /* In TLS 1.3 the client is through before it hears what the server thinks of it. */
    CHECK(raw_handshake(&raw, NULL, TLS1_3_VERSION));
    CHECK(!raw_upgrade(&raw) && raw_is_closed(&raw));
    CHECK(world.nodes[0].ups == 0);
    end_attack(&world, &raw);
}

TEST(a_client_with_an_unknown_key_is_refused)
{
    struct world world;
    struct raw raw;
    const uint8_t seed[32] = {99};

    start_attack(&world, &raw);
    raw_handshake(&raw, seed, TLS1_3_VERSION);
    CHECK(!raw_upgrade(&raw) && raw_is_closed(&raw));
    CHECK(world.nodes[0].ups == 0 && world.nodes[0].strangers == 1);
    end_attack(&world, &raw);
}

TEST(a_peer_that_is_blocked_after_its_handshake_is_refused)
{
    struct world world;
    struct raw raw;
    uint8_t seed[32];

    world_seed(1, seed);
    for (int removed = 0; removed < 2; removed++) {
        start_attack(&world, &raw);
        CHECK(raw_handshake(&raw, seed, TLS1_3_VERSION));
        for (int turn = 0; turn < 5; turn++)
            world_turn(&world); /* so that the server has seen its end, too */
        if (removed)
            net_peer_remove(world.nodes[0].net, 0);
        else
            net_peer_block(world.nodes[0].net, 0, true);
        CHECK(!raw_upgrade(&raw) && raw_is_closed(&raw));
        CHECK(world.nodes[0].ups == 0);
        end_attack(&world, &raw);
    }
}

TEST(bytes_that_are_no_tls_are_refused)
{
    static const char *const texts[] = {"GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\xFF\xFF\x01",
        "SSH-2.0-OpenSSH_9.2\r\n", "\x80\x2E\x01\x03\x01"};
    struct world world;
    struct raw raw;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        start_attack(&world, &raw);
        CHECK(raw_write(&raw, bytes_of_text(texts[i])));
        CHECK(raw_is_closed(&raw));
        end_attack(&world, &raw);
    }
}

TEST(whoever_says_nothing_is_closed_in_time)
{
    struct world world;
    struct raw raw;
    uint8_t seed[32];

    start_attack(&world, &raw);
    uint64_t start = uv_now(&world.loop);
    CHECK(raw_is_closed(&raw)); /* not even a greeting */
    CHECK(uv_now(&world.loop) - start >= 250);
    raw_end(&raw);

    world_seed(1, seed);
    raw_connect(&raw, &world, 0);
    CHECK(raw_handshake(&raw, seed, TLS1_3_VERSION));
    CHECK(raw_is_closed(&raw)); /* no request */
    raw_end(&raw);

    raw_connect(&raw, &world, 0);
    CHECK(raw_handshake(&raw, seed, TLS1_3_VERSION));
    CHECK(raw_write(&raw, bytes_of_text("GET / HTTP/1.1\r\nHost: x\r\nUpgra")));
    CHECK(raw_is_closed(&raw)); /* half a request */
    CHECK(world.nodes[0].ups == 0);
    end_attack(&world, &raw);
}

TEST(http_that_asks_for_no_websocket_is_refused)
{
    static const char *const requests[] = {"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
        "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Protocol: chat\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\x01\x02\x03\x04\r\n\r\n"};
    struct world world;
    struct raw raw;
    uint8_t seed[32];
    char answer[512];

    world_seed(1, seed);
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        start_attack_within(&world, &raw, 4000);
        CHECK(raw_handshake(&raw, seed, TLS1_3_VERSION));
        CHECK(raw_write(&raw, bytes_of_text(requests[i])));
        memset(answer, 0, sizeof answer);
        uint64_t start = uv_now(&world.loop);
        if (raw_read(&raw, (uint8_t *)answer, sizeof answer - 1) > 0)
            CHECK(strstr(answer, " 101 ") == NULL && strstr(answer, " 200 ") == NULL);
        CHECK(raw_is_closed(&raw));
        CHECK(uv_now(&world.loop) - start < 1500); /* not only when its time is over */
        CHECK(world.nodes[0].ups == 0);
        end_attack(&world, &raw);
    }
}

TEST(a_frame_that_announces_too_much_is_cut_before_it_arrives)
{
    struct world world;
    struct raw raw;
    uint8_t data[14 + 64] = {0};
    static const uint64_t sizes[] = {NET_FRAME_BYTES_MAX + 1, UINT32_MAX, INT64_MAX};

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct writer writer = writer_of(data, sizeof data);
        start_attack(&world, &raw);
        become_peer(&world, &raw);
        writer_u8(&writer, FIN | BINARY);
        writer_u8(&writer, 0x80 | 127);
        writer_u64(&writer, sizes[i]);
        CHECK(raw_write(&raw, (struct bytes){data, sizeof data}));
        expect_cut(&world, &raw, "the frame is larger than the protocol allows");
        end_attack(&world, &raw);
    }
}

TEST(fragments_that_add_up_to_too_much_are_cut)
{
    struct world world;
    struct raw raw;
    size_t size = 100000, sent = 0;
    uint8_t *data = calloc(1, size);

    start_attack(&world, &raw);
    become_peer(&world, &raw);
    while (world.nodes[0].downs == 0 && sent < 2 * NET_FRAME_BYTES_MAX &&
           raw_fragment(&raw, sent == 0 ? BINARY : CONTINUATION, (struct bytes){data, size}))
        sent += size;
    expect_cut(&world, &raw, "the frame is larger than the protocol allows");
    end_attack(&world, &raw);
    free(data);
}

TEST(text_is_cut)
{
    struct world world;
    struct raw raw;

    start_attack(&world, &raw);
    become_peer(&world, &raw);
    CHECK(raw_fragment(&raw, FIN | TEXT, bytes_of_text("hello")));
    expect_cut(&world, &raw, "frames are binary, not text");
    end_attack(&world, &raw);
}

TEST(broken_framing_is_cut)
{
    static const uint8_t first_bytes[] = {FIN | CONTINUATION, /* of nothing */
        FIN | 3, FIN | 0xB,                                   /* no such opcodes */
        FIN | 0x40 | BINARY, FIN | 0x10 | BINARY,             /* no extension was agreed on */
        PING};                                                /* in fragments */
    struct world world;
    struct raw raw;

    for (size_t i = 0; i < sizeof first_bytes; i++) {
        start_attack(&world, &raw);
        become_peer(&world, &raw);
        CHECK(raw_fragment(&raw, first_bytes[i], bytes_of_text("hello")));
        expect_cut(&world, &raw, "the peer broke the rules of WebSocket");
        end_attack(&world, &raw);
    }
}

TEST(a_second_beginning_inside_a_frame_is_cut)
{
    struct world world;
    struct raw raw;

    start_attack(&world, &raw);
    become_peer(&world, &raw);
    CHECK(raw_fragment(&raw, BINARY, bytes_of_text("half")));
    CHECK(raw_fragment(&raw, FIN | BINARY, bytes_of_text("another")));
    expect_cut(&world, &raw, "the peer broke the rules of WebSocket");
    end_attack(&world, &raw);
}

TEST(random_bytes_in_the_place_of_frames_do_no_harm)
{
    struct world world;
    struct raw raw;
    uint64_t random = 11;

    for (int round = 0; round < 20; round++) {
        uint8_t data[3000];
        for (size_t i = 0; i < sizeof data; i++)
            data[i] = (uint8_t)test_random(&random);
        start_attack(&world, &raw);
        become_peer(&world, &raw);
        raw_write(&raw, (struct bytes){data, sizeof data});
        for (int turn = 0; turn < 5; turn++)
            world_turn(&world);
        end_attack(&world, &raw);
    }
}

TEST(a_peer_that_is_gone_without_a_word_leaves_no_link)
{
    struct world world;
    struct raw raw;

    start_attack(&world, &raw);
    become_peer(&world, &raw);
    close(raw.fd);
    raw.fd = -1;
    RUN_UNTIL(&world, world.nodes[0].downs == 1);
    CHECK(strcmp(world.nodes[0].reason, "the connection broke off") == 0);
    end_attack(&world, &raw);
}

TEST(a_peer_that_falls_silent_is_given_up)
{
    struct world world;
    struct raw raw;
    struct net_options options = world_options();

    world_start(&world);
    options.heartbeat_ms = 50;
    options.silence_ms = 200;
    CHECK(world_node(&world, 0, &options) == ENTENTE_OK);
    for (uint32_t i = 1; i < 3; i++)
        CHECK(world_node(&world, i, &options) == ENTENTE_OK);
    world_peer(&world, 0, 1, false);
    world_peer(&world, 0, 2, false);
    raw_connect(&raw, &world, 0);
    become_peer(&world, &raw); /* and never sends a heartbeat, nor closes */
    RUN_UNTIL(&world, world.nodes[0].downs == 1);
    CHECK(strcmp(world.nodes[0].reason, "nothing was heard from the peer") == 0);
    CHECK(raw_is_closed(&raw));
    end_attack(&world, &raw);
}

TEST(a_peer_that_does_not_read_is_given_up_and_its_queue_with_it)
{
    struct world world;
    struct raw raw;
    struct net_options options = world_options();
    uint8_t *data = calloc(1, NET_FRAME_BYTES_MAX);

    world_start(&world);
    options.heartbeat_ms = 50;
    options.silence_ms = 200;
    for (uint32_t i = 0; i < 3; i++)
        CHECK(world_node(&world, i, &options) == ENTENTE_OK);
    world_peer(&world, 0, 1, false);
    world_peer(&world, 0, 2, false);
    int before = world_descriptors();
    raw_connect(&raw, &world, 0);
    become_peer(&world, &raw);
    while (
        world.nodes[0].links[0] != NULL &&
        net_send(world.nodes[0].links[0], (struct bytes){data, NET_FRAME_BYTES_MAX}) == ENTENTE_OK)
        world_turn(&world);
    RUN_UNTIL(&world, world.nodes[0].downs == 1);
    RUN_UNTIL(&world, world_descriptors() == before + 1); /* ours is left, the node's are not */
    end_attack(&world, &raw);
    free(data);
}

TEST(a_crowd_of_strangers_does_not_keep_a_peer_out)
{
    enum { CROWD = NET_STRANGERS_MAX + 40 };
    struct world world;
    struct raw crowd[CROWD];
    struct net_options options = world_options();

    world_start(&world);
    options.handshake_ms = 20000; /* time does not help them out */
    for (uint32_t i = 0; i < 3; i++)
        CHECK(world_node(&world, i, &options) == ENTENTE_OK);
    world_peer(&world, 0, 2, false);
    for (int i = 0; i < CROWD; i++) {
        raw_connect(&crowd[i], &world, 0);
        world_turn(&world);
    }
    world_peer(&world, 2, 0, true);
    RUN_UNTIL(&world, world.nodes[0].ups == 1 && world.nodes[2].ups == 1);
    CHECK(raw_is_closed(&crowd[0])); /* the oldest made room */
    for (int i = 0; i < CROWD; i++)
        raw_end(&crowd[i]);
    world_end(&world);
}

TEST(no_descriptors_left_is_no_reason_to_stop_or_to_spin)
{
    struct world world;
    struct raw raw;
    struct rlimit old, tight;
    int probe = dup(0);

    start_attack(&world, &raw);
    CHECK(getrlimit(RLIMIT_NOFILE, &old) == 0);
    world_wait(&world, 20);
    tight = old;
    int lowest = dup(0);
    tight.rlim_cur = (rlim_t)lowest;
    close(lowest);
    struct raw second;
    raw_connect(&second, &world, 0); /* takes the last descriptor, so none is left to accept it */
    CHECK(setrlimit(RLIMIT_NOFILE, &tight) == 0);
    uint32_t turns = 0;
    for (uint64_t until = uv_now(&world.loop) + 150; uv_now(&world.loop) < until; turns++)
        world_turn(&world);
    CHECK(turns < 200); /* of which the pulse causes 75 */
    CHECK(setrlimit(RLIMIT_NOFILE, &old) == 0);
    uint8_t seed[32];
    world_seed(1, seed);
    CHECK(raw_handshake(&second, seed, TLS1_3_VERSION)); /* it is let in as soon as there is room */
    raw_end(&second);
    close(probe);
    end_attack(&world, &raw);
}

/* Node 0 dials an attacker, who has the right key and answers in some bad way. */
static void
start_trap(struct world *world, struct raw *raw)
{
    struct net_options options = world_options();
    char address[32];
    uint8_t seed[32];

    world_start(world);
    options.handshake_ms = 300;
    for (uint32_t i = 0; i < 3; i++)
        CHECK(world_node(world, i, &options) == ENTENTE_OK);
    raw_listen(raw, world, address);
    world_peer_at(world, 0, 1, address);
    world_peer(world, 0, 2, false);
    world_seed(1, seed);
    CHECK(raw_accept(raw));
    CHECK(raw_handshake(raw, seed, TLS1_3_VERSION));
}

TEST(a_server_that_answers_with_anything_but_a_websocket_is_left)
{
    static const char *const answers[] = {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 301 Moved\r\nLocation: https://127.0.0.1/\r\nContent-Length: 0\r\n\r\n",
        ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n"),
        "\r\n\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n", ""};
    struct world world;
    struct raw raw;

    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        start_trap(&world, &raw);
        CHECK(raw_write(&raw, bytes_of_text(answers[i])));
        CHECK(raw_is_closed(&raw));
        RUN_UNTIL(&world, world.nodes[0].troubles > 0);
        CHECK(world.nodes[0].ups == 0);
        end_attack(&world, &raw);
    }
}

TEST(a_server_that_sends_bad_frames_is_cut)
{
    struct world world;
    struct raw raw;
    uint8_t data[10] = {FIN | BINARY, 127, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF};

    start_trap(&world, &raw);
    CHECK(raw_answer_upgrade(&raw, bytes_of_text("")));
    RUN_UNTIL(&world, world.nodes[0].ups == 1);
    CHECK(raw_fragment(&raw, FIN | TEXT, bytes_of_text("hello")));
    expect_cut(&world, &raw, "frames are binary, not text");
    end_attack(&world, &raw);

    uint8_t *filler = calloc(1, 20000);
    start_trap(&world, &raw);
    CHECK(raw_answer_upgrade(&raw, bytes_of_text("")));
    RUN_UNTIL(&world, world.nodes[0].ups == 1);
    CHECK(raw_write(&raw, (struct bytes){data, sizeof data}));
    raw_write(&raw, (struct bytes){filler, 20000});
    expect_cut(&world, &raw, "the frame is larger than the protocol allows");
    end_attack(&world, &raw);
    free(filler);
}

TEST(a_frame_right_behind_the_answer_is_not_left_lying)
{
    struct world world;
    struct raw raw;

    start_trap(&world, &raw);
    CHECK(raw_answer_upgrade(&raw, bytes_of_text("\x82\x05"
                                                 "hello")));
    RUN_UNTIL(&world, world.nodes[0].ups == 1);
    uint64_t start = uv_now(&world.loop);
    RUN_UNTIL(&world, world.nodes[0].frames == 1 && world.nodes[0].downs == 0);
    CHECK(uv_now(&world.loop) - start < 1000);
    end_attack(&world, &raw);
}

TEST(a_ping_is_answered)
{
    struct world world;
    struct raw raw;
    uint8_t answer[64] = {0};

    start_attack(&world, &raw);
    become_peer(&world, &raw);
    CHECK(raw_fragment(&raw, FIN | PING, bytes_of_text("there?")));
    CHECK(raw_read(&raw, answer, sizeof answer) == 8);
    CHECK(memcmp(answer, "\x8A\x06there?", 8) == 0);
    end_attack(&world, &raw);
}

TEST(a_dial_that_hangs_does_not_keep_the_peer_out)
{
    struct world world;
    struct raw raw;
    struct net_options options = world_options();
    char address[32];

    world_start(&world);
    options.handshake_ms = 20000;
    for (uint32_t i = 0; i < 2; i++)
        CHECK(world_node(&world, i, &options) == ENTENTE_OK);
    raw_listen(&raw, &world, address);
    for (uint32_t i = 0; i < 2; i++) { /* each dials somebody who accepts and says nothing */
        world_peer_at(&world, i, 1 - i, address);
        CHECK(raw_accept(&raw));
        close(raw.fd);
        CHECK(raw_accept(&raw)); /* again, after the wait */
        struct net_peer peer = {.address = world.nodes[i].listen};
        memcpy(peer.transport_key, net_key(world.nodes[i].net), NET_KEY_BYTES);
        uint32_t index;
        CHECK(net_peer_add(world.nodes[1 - i].net, &peer, &index) == ENTENTE_OK);
        RUN_UNTIL(&world, world.nodes[0].links[0] != NULL && world.nodes[1].links[0] != NULL);
        for (uint32_t k = 0; k < 2; k++)
            net_peer_remove(world.nodes[k].net, 0);
        RUN_UNTIL(&world, world.nodes[0].links[0] == NULL && world.nodes[1].links[0] == NULL);
        close(raw.fd);
    }
    raw.fd = -1;
    raw_end(&raw);
    world_end(&world);
}

TEST(a_dial_without_an_answer_is_given_up)
{
    struct world world;
    struct raw raw;
    struct net_options options = world_options();
    char address[32];

    world_start(&world);
    options.handshake_ms = 100;
    for (uint32_t i = 0; i < 2; i++)
        CHECK(world_node(&world, i, &options) == ENTENTE_OK);
    raw_listen(&raw, &world, address);
    world_peer_at(&world, 0, 1, address);
    CHECK(raw_accept(&raw));
    uint64_t start = uv_now(&world.loop);
    RUN_UNTIL(&world, world.nodes[0].troubles > 0);
    CHECK(strcmp(world.nodes[0].trouble, "no answer in time") == 0);
    CHECK(uv_now(&world.loop) - start < 2000);
    CHECK(raw_is_closed(&raw));
    raw_end(&raw);
    world_end(&world);
}

TEST(a_server_that_speaks_tls_1_2_is_left)
{
    struct world world;
    struct raw raw;
    const struct net_options options = world_options();
    char address[32];
    uint8_t seed[32];

    world_start(&world);
    for (uint32_t i = 0; i < 3; i++)
        CHECK(world_node(&world, i, &options) == ENTENTE_OK);
    raw_listen(&raw, &world, address);
    world_peer_at(&world, 0, 1, address);
    world_peer(&world, 0, 2, false);
    world_seed(1, seed);
    CHECK(raw_accept(&raw));
    CHECK(!raw_handshake(&raw, seed, TLS1_2_VERSION));
    RUN_UNTIL(&world, world.nodes[0].troubles > 0);
    end_attack(&world, &raw);
}

TEST_MAIN(CASE(tls_1_2_is_refused), CASE(a_client_without_a_certificate_is_refused),
    CASE(a_client_with_an_unknown_key_is_refused),
    CASE(a_peer_that_is_blocked_after_its_handshake_is_refused),
    CASE(bytes_that_are_no_tls_are_refused), CASE(whoever_says_nothing_is_closed_in_time),
    CASE(http_that_asks_for_no_websocket_is_refused),
    CASE(a_frame_that_announces_too_much_is_cut_before_it_arrives),
    CASE(fragments_that_add_up_to_too_much_are_cut), CASE(text_is_cut), CASE(broken_framing_is_cut),
    CASE(a_second_beginning_inside_a_frame_is_cut),
    CASE(random_bytes_in_the_place_of_frames_do_no_harm),
    CASE(a_peer_that_is_gone_without_a_word_leaves_no_link),
    CASE(a_peer_that_falls_silent_is_given_up),
    CASE(a_peer_that_does_not_read_is_given_up_and_its_queue_with_it),
    CASE(a_crowd_of_strangers_does_not_keep_a_peer_out),
    CASE(no_descriptors_left_is_no_reason_to_stop_or_to_spin),
    CASE(a_server_that_answers_with_anything_but_a_websocket_is_left),
    CASE(a_server_that_sends_bad_frames_is_cut),
    CASE(a_frame_right_behind_the_answer_is_not_left_lying), CASE(a_ping_is_answered),
    CASE(a_dial_that_hangs_does_not_keep_the_peer_out), CASE(a_dial_without_an_answer_is_given_up),
    CASE(a_server_that_speaks_tls_1_2_is_left))
