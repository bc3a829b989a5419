/*
 * Goal: what http.h says of requests and answers, and each of its limits, is so.
 * Method: a real server on a Unix socket; clients that write bytes by hand, whole and slowly, and
 * read what comes.
 */
#include "net/http_world.h"

#include <sys/socket.h>
#include <unistd.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"
#define LAST(path) "GET " path " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

static const struct http_limits quick = {.request_ms_max = 300, .idle_ms_max = 300, .ping_ms = 200};

static bool
begins(const struct peer *peer, const char *text)
{
    return strncmp(peer->got, text, strlen(text)) == 0;
}

static bool
ends(const struct peer *peer, const char *text)
{
    return peer->size >= strlen(text) && strcmp(peer->got + peer->size - strlen(text), text) == 0;
}

/* One request that ends its connection; the answer begins and ends so. */
static void
expect(struct http_world *world, const char *request, const char *first, const char *last)
{
    struct peer peer;

    peer_ask(&peer, world, request);
    int before = test_failures;
    CHECK(begins(&peer, first) && ends(&peer, last));
    if (test_failures > before)
        printf("# %.300s\n# %.*s\n", request, (int)(peer.size < 400 ? peer.size : 400), peer.got);
    peer_end(&peer);
}

TEST(requests_are_answered)
{
    struct http_world world;

    http_world_start(&world, (struct http_limits){0});
    expect(&world, GET("/plain"), "HTTP/1.1 200 OK\r\ndate: ",
        "\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nplain");
    expect(&world, LAST("/plain"), "HTTP/1.1 200 ", "\r\nconnection: close\r\n\r\nplain");
    expect(&world, "HEAD /plain HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 ",
        "\r\ncontent-length: 5\r\n\r\n");
    expect(&world, "GET /plain HTTP/1.0\r\n\r\n", "HTTP/1.1 200 ",
        "\r\nconnection: close\r\n\r\nplain");
    expect(&world, "GET /plain HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "HTTP/1.1 200 ",
        "\r\nconnection: keep-alive\r\n\r\nplain");
    expect(&world, GET("/none"), "HTTP/1.1 204 No Content\r\n", " GMT\r\n\r\n");
    expect(&world, GET("/nothing"), "HTTP/1.1 404 Not Found\r\n", "no such path");
    expect(&world, GET("/bad-field"), "HTTP/1.1 500 ", "was meant.\"}\n");
    expect(&world, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
        "HTTP/1.1 200 ", "\r\n\r\nabc");
    expect(&world, "\r\n\r\n" GET("/plain"), "HTTP/1.1 200 ", "plain");
    CHECK(world.handler.told == 10);
    http_world_end(&world);
}

TEST(the_path_comes_as_it_was_sent)
{
    struct http_world world;

    http_world_start(&world, (struct http_limits){0});
    expect(&world, GET("/a%2Fb//c/../d%00?x=1&y=%26?"), "HTTP/1.1 404 ", "no such path");
    expect(&world,
        "PUT /about?x=%2F&y=/? HTTP/1.1\r\nHost: h\r\nCookie: a=1\r\naccept:  one \r\nCOOKIE: b=2\r\nX-Empty:\r\n"
        "Accept: two\r\n\r\n",
        "HTTP/1.1 200 ",
        "\r\n\r\nPUT\n/about\nx=%2F&y=/?\n0\nhost=h\ncookie=a=1; b=2\naccept=one, two\nx-empty=\ncontent-type=\n");
    expect(&world, "GET http://h:1/about?q HTTP/1.1\r\nHost: h:1\r\n\r\n", "HTTP/1.1 200 ",
        "GET\n/about\nq\n0\nhost=h:1\ncookie=\naccept=\nx-empty=\ncontent-type=\n");
    expect(&world, "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 404 ", "no such path");
    http_world_end(&world);
}

TEST(what_is_no_good_request_is_refused)
{
    static const char *const bad[] = {"\x01\x02\r\n\r\n", "GET\r\n\r\n", "GET /plain\r\n\r\n",
        "FETCH /plain HTTP/1.1\r\nHost: x\r\n\r\n", "GET /plain HTTP/1.1\r\n\r\n",
        "GET /plain HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
        "GET plain HTTP/1.1\r\nHost: x\r\n\r\n", "GET * HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /pl ain HTTP/1.1\r\nHost: x\r\n\r\n", "GET /plain HTTP/1.1\r\nHost : x\r\n\r\n",
        "GET /plain HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n",
        "GET /plain HTTP/1.1\r\nHost: x\r\nA: b\x01\r\n\r\n",
        "GET /plain HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
        "GET /plain HTTP/1.1\r\nHost: x\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1x\r\n\r\na",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\na",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\nabc",
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc"};
    struct http_world world;

    http_world_start(&world, (struct http_limits){0});
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct peer peer;
        peer_ask(&peer, &world, bad[i]);
        int before = test_failures;
        CHECK(begins(&peer, "HTTP/1.1 400 ") && ends(&peer, "breaks the rules of HTTP.\"}\n"));
        CHECK(peer_count(&peer, "HTTP/1.1 ") == 1);
        if (test_failures > before)
            printf("# %zu: %s -> %.*s\n", i, bad[i], 100, peer.got);
        peer_end(&peer);
    }
    CHECK(world.handler.requests == 0);
    expect(&world, "CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 501 ", "\"}\n");
    expect(&world, "GET / HTTP/1.2\r\nHost: x\r\n\r\n", "HTTP/1.1 505 ", "\"}\n");
    http_world_end(&world);
}

/* ---- sizes ---- */

static char *
long_request(const char *before, size_t count, const char *after)
{
    char *text = malloc(strlen(before) + count + strlen(after) + 1);

    memcpy(text, before, strlen(before));
    memset(text + strlen(before), 'a', count);
    strcpy(text + strlen(before) + count, after);
    return text;
}

static void
expect_long(struct http_world *world, const char *before, size_t count, const char *after,
    const char *first)
{
    char *text = long_request(before, count, after);

    expect(world, text, first, "");
    free(text);
}

TEST(a_path_has_its_limit)
{
    struct http_world world;

    http_world_start(&world, (struct http_limits){0});
    expect_long(
        &world, "GET /", HTTP_PATH_BYTES_MAX - 1, " HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404 ");
    expect_long(
        &world, "GET /", HTTP_PATH_BYTES_MAX, " HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 414 ");
    expect_long(&world, "GET /about?", HTTP_PATH_BYTES_MAX - 6, " HTTP/1.1\r\nHost: x\r\n\r\n",
        "HTTP/1.1 414 ");
    expect_long(&world, "GET /", 1000000, "", "HTTP/1.1 414 "); /* before it is all there */
    http_world_end(&world);
}

TEST(headers_have_their_limits)
{
    struct http_world world;
    char many[8192] = "GET /plain HTTP/1.1\r\nHost: x\r\n";

    http_world_start(&world, (struct http_limits){0});
    /* host and x-a, their values, and 4 for each */
    size_t most = HTTP_HEADERS_BYTES_MAX - 5 - 4 - 3 - 4;
    expect_long(
        &world, "GET /plain HTTP/1.1\r\nHost: x\r\nX-A: ", most, "\r\n\r\n", "HTTP/1.1 200 ");
    expect_long(
        &world, "GET /plain HTTP/1.1\r\nHost: x\r\nX-A: ", most + 1, "\r\n\r\n", "HTTP/1.1 431 ");
    expect_long(&world, "GET /plain HTTP/1.1\r\nHost: x\r\n", 1000000, "", "HTTP/1.1 431 ");
    for (unsigned i = 1; i < HTTP_HEADERS_MAX; i++)
        snprintf(many + strlen(many), 32, "h%u: %u\r\n", i, i);
    size_t end = strlen(many);
    strcpy(many + end, "\r\n");
    expect(&world, many, "HTTP/1.1 200 ", "plain");
    strcpy(many + end, "one: more\r\n\r\n");
    expect(&world, many, "HTTP/1.1 431 ", "or are more than 100.\"}\n");
    expect_long(&world,
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ", 20000,
        "\r\n\r\n", "HTTP/1.1 431 "); /* a trailer */
    expect_long(&world,
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ", 2000,
        "\r\n\r\n", "HTTP/1.1 200 ");
    http_world_end(&world);
}

TEST(a_body_has_its_limit)
{
    struct http_world world;

    http_world_start(&world, (struct http_limits){0});
    expect_long(&world, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1572864\r\n\r\n",
        1572864, "", "HTTP/1.1 200 ");
    expect(&world, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1572865\r\n\r\n",
        "HTTP/1.1 413 ", "has more than 1572864 bytes.\"}\n"); /* before any of it comes */
    expect_long(&world,
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n180000\r\n", 1572864,
        "\r\n0\r\n\r\n", "HTTP/1.1 200 ");
    expect_long(&world,
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n180001\r\n", 1572865,
        "\r\n0\r\n\r\n", "HTTP/1.1 413 ");
    expect_long(&world, "POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n",
        3000000, "", "HTTP/1.1 200 ");
    http_world_end(&world);
}

TEST(all_bodies_together_have_a_limit)
{
    struct http_world world;
    struct peer first, second;

    http_world_start(&world, (struct http_limits){.bodies_bytes_max = 600000});
    char *most = long_request(
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 520000\r\n\r\n", 500000, "");
    peer_connect(&first, &world);
    CHECK(peer_text(&first, most));
    peer_connect(&second, &world);
    CHECK(peer_text(&second, most));
    CHECK(peer_is_closed(&second));
    CHECK(begins(&second, "HTTP/1.1 503 ") && strstr(second.got, "\r\nretry-after: ") != NULL);
    CHECK(peer_write(&first, (struct bytes){(uint8_t *)most + 100, 20000}));
    CHECK(peer_reads(&first, 0, "\r\n\r\n") && begins(&first, "HTTP/1.1 200 "));
    free(most);
    peer_end(&first);
    peer_end(&second);
    http_world_end(&world);
}

/* ---- bodies ---- */

TEST(a_chunked_body_comes_whole)
{
    struct http_world world;

    http_world_start(&world, (struct http_limits){0});
    expect(&world,
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1;ext=1\r\nd\r\n0\r\n\r\n",
        "HTTP/1.1 200 ", "\r\n\r\nabcd");
    expect(&world,
        "POST /count HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\nHost: y\r\n\r\n",
        "HTTP/1.1 200 ", "\r\n\r\n4");
    http_world_end(&world);
}

TEST(expect_100_continue_is_met)
{
    struct http_world world;
    struct peer peer;

    http_world_start(&world, (struct http_limits){0});
    peer_connect(&peer, &world);
    CHECK(peer_text(&peer,
        "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\n"));
    CHECK(peer_reads(&peer, 0, "HTTP/1.1 100 Continue\r\n\r\n"));
    CHECK(peer_text(&peer, "abc") && peer_reads(&peer, 0, "\r\n\r\nabc"));
    peer_end(&peer);
    /* Nothing is asked for that will not be taken. */
    expect(&world,
        "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2000000\r\n\r\n",
        "HTTP/1.1 413 ", "\"}\n");
    expect(&world,
        "POST /early HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 403 ", "early");
    expect(&world, "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: more\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 417 ", "\"}\n");
    http_world_end(&world);
}

TEST(a_stream_that_is_not_wanted_is_not_read)
{
    struct http_world world;
    struct peer peer;
    char *body = long_request("", 1000000, "");

    http_world_start(&world, (struct http_limits){0});
    peer_connect(&peer, &world);
    CHECK(peer_text(
        &peer, "POST /slow-count HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"));
    CHECK(peer_write(&peer, (struct bytes){(uint8_t *)body, 100}));
    RUN_UNTIL(&world, world.handler.parts == 1);
    size_t sent = 100;
    for (int turn = 0; turn < 50; turn++) {
        ssize_t more = send(peer.fd, body, 1000000 - sent, MSG_NOSIGNAL);
        sent += more > 0 ? (size_t)more : 0;
        http_world_turn(&world);
    }
    CHECK(sent < 900000 && world.handler.parts == 1);
    while (sent < 1000000) {
        http_handler_release(&world.handler);
        http_world_turn(&world);
        ssize_t more = send(peer.fd, body, 1000000 - sent, MSG_NOSIGNAL);
        sent += more > 0 ? (size_t)more : 0;
    }
    RUN_UNTIL(&world, (http_handler_release(&world.handler), peer_read(&peer), peer.size > 0));
    CHECK(begins(&peer, "HTTP/1.1 200 ") && ends(&peer, "\r\n\r\n1000000"));
    free(body);
    peer_end(&peer);
    http_world_end(&world);
}

TEST(an_early_answer_is_seen_by_who_writes_all_first)
{
    struct http_world world;
    struct peer peer;
    char *body = long_request(
        "POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n", 2000000, "");

    http_world_start(&world, (struct http_limits){0});
    peer_connect(&peer, &world);
    CHECK(peer_text(&peer, body));
    CHECK(peer_is_closed(&peer));
    CHECK(begins(&peer, "HTTP/1.1 403 ") && ends(&peer, "\r\nconnection: close\r\n\r\nearly"));
    free(body);
    peer_end(&peer);
    http_world_end(&world);
}

/* ---- answers ---- */

TEST(answers_in_parts_come_whole)
{
    struct http_world world;
    struct peer peer;

    http_world_start(&world, (struct http_limits){0});
    peer_ask(&peer, &world, GET("/sized/3000"));
    CHECK(begins(&peer, "HTTP/1.1 200 ") &&
          strstr(peer.got, "\r\ncontent-length: 3000000\r\n\r\n") != NULL);
    CHECK(peer.size - (size_t)(strstr(peer.got, "\r\n\r\n") + 4 - peer.got) == 3000000);
    peer_end(&peer);
    peer_ask(&peer, &world, GET("/parts/2"));
    CHECK(strstr(peer.got, "\r\ntransfer-encoding: chunked\r\n\r\n3e8\r\n") != NULL);
    size_t head = (size_t)(strstr(peer.got, "\r\n\r\n") + 4 - peer.got);
    CHECK(peer.size - head == 2 * (5 + 1000 + 2) + 5 &&
          memcmp(peer.got + peer.size - 5, "0\r\n\r\n", 5) == 0);
    peer_end(&peer);
    peer_ask(&peer, &world, "GET /parts/3000 HTTP/1.0\r\n\r\n");
    CHECK(strstr(peer.got, "chunked") == NULL &&
          strstr(peer.got, "\r\nconnection: close\r\n\r\n") != NULL);
    CHECK(peer.size - (size_t)(strstr(peer.got, "\r\n\r\n") + 4 - peer.got) == 3000000);
    peer_end(&peer);
    peer_ask(&peer, &world, GET("/short") GET("/plain")); /* something is missing, and it shows */
    CHECK(strstr(peer.got, "plain") == NULL);
    peer_end(&peer);
    peer_ask(&peer, &world, "HEAD /parts/3 HTTP/1.1\r\nHost: x\r\n\r\n" GET("/plain"));
    CHECK(peer_count(&peer, "HTTP/1.1 200 ") == 2 && ends(&peer, "\r\n\r\nplain"));
    peer_end(&peer);
    http_world_end(&world);
}

TEST(an_answer_may_come_later)
{
    struct http_world world;
    struct peer peer;

    http_world_start(&world, quick);
    peer_connect(&peer, &world);
    CHECK(peer_text(&peer, GET("/later") GET("/plain")));
    RUN_UNTIL(&world, world.handler.requests == 1);
    http_world_wait(&world, 500);       /* longer than a request may take */
    CHECK(world.handler.requests == 1); /* the next one waits its turn */
    http_handler_release(&world.handler);
    CHECK(peer_reads(&peer, 0, "\r\n\r\nplain") &&
          strstr(peer.got, "\r\n\r\nlaterHTTP/1.1 200 ") != NULL);
    peer_end(&peer);
    http_world_end(&world);
}

TEST(many_requests_in_one_write_are_answered_in_order)
{
    enum { COUNT = 2000 };
    struct http_world world;
    struct peer peer;
    char *all = calloc(COUNT, 100);
    size_t size = 0;

    http_world_start(&world, (struct http_limits){0});
    for (int i = 0; i < COUNT; i++)
        size += (size_t)sprintf(
            all + size, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\n=%04d=", i);
    peer_connect(&peer, &world);
    for (size_t at = 0; at < size;) { /* writing and reading take turns */
        ssize_t sent = send(peer.fd, all + at, size - at, MSG_NOSIGNAL);
        at += sent > 0 ? (size_t)sent : 0;
        http_world_turn(&world);
        peer_read(&peer);
    }
    CHECK(peer_reads(&peer, 0, "=1999="));
    const char *at = peer.got;
    for (int i = 0; i < COUNT && at != NULL; i++) {
        char text[16];
        sprintf(text, "=%04d=", i);
        at = strstr(at, text);
    }
    CHECK(at != NULL && world.handler.requests == COUNT);
    free(all);
    peer_end(&peer);
    http_world_end(&world);
}

/* ---- time ---- */

TEST(a_slow_request_is_ended)
{
    struct http_world world;
    struct peer silent, slow, drip, body, stream;

    http_world_start(&world, quick);
    peer_connect(&silent, &world);
    peer_connect(&slow, &world);
    CHECK(peer_text(&slow, "GET /plain HTTP/1.1\r\nHo"));
    peer_connect(&body, &world);
    CHECK(peer_text(&body, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc"));
    peer_connect(&stream, &world);
    CHECK(peer_text(&stream, "POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc"));
    peer_connect(&drip, &world);
    uint64_t begun = uv_now(&world.loop);
    for (
        const char *next =
            "GET /plain HTTP/1.1\r\nX-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
        *next != '\0' && !drip.is_closed && drip.size == 0; next++) {
        peer_write(&drip,
            (struct bytes){(const uint8_t *)next, 1}); /* one byte each 20 ms is no progress */
        http_world_wait(&world, 20);
        peer_read(&drip);
    }
    CHECK(begins(&drip, "HTTP/1.1 408 ") && uv_now(&world.loop) - begun < 1000);
    CHECK(peer_is_closed(&silent) && silent.size == 0);
    CHECK(peer_is_closed(&slow) && begins(&slow, "HTTP/1.1 408 Request Timeout\r\n") &&
          ends(&slow, "send it faster.\"}\n"));
    CHECK(peer_is_closed(&body) && begins(&body, "HTTP/1.1 408 "));
    CHECK(peer_is_closed(&stream) && begins(&stream, "HTTP/1.1 408 "));
    peer_end(&silent);
    peer_end(&slow);
    peer_end(&drip);
    peer_end(&body);
    peer_end(&stream);
    http_world_end(&world);
}

TEST(a_stream_that_goes_on_may_take_its_time)
{
    struct http_world world;
    struct peer peer;

    http_world_start(&world, quick);
    peer_connect(&peer, &world);
    CHECK(peer_text(&peer, "POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"));
    for (int i = 0; i < 10; i++) { /* a second in all */
        CHECK(peer_text(&peer, "a"));
        http_world_wait(&world, 100);
    }
    CHECK(peer_reads(&peer, 0, "\r\n\r\n10"));
    CHECK(peer_is_closed(&peer)); /* and idle for too long after it */
    peer_end(&peer);
    http_world_end(&world);
}

TEST(whoever_does_not_read_is_closed)
{
    struct http_world world;
    struct peer whole, parts;

    http_world_start(&world, quick);
    peer_connect(&whole, &world);
    CHECK(peer_text(&whole, GET("/size/3000000")));
    peer_connect(&parts, &world);
    CHECK(peer_text(&parts, GET("/parts/100000")));
    RUN_UNTIL(&world, world.handler.requests == 2);
    uint64_t begun = uv_now(&world.loop);
    RUN_UNTIL(&world, world.handler.ended == 2);
    CHECK(uv_now(&world.loop) - begun < 2000 && uv_now(&world.loop) - begun >= 200);
    RUN_UNTIL(&world, http_server_clients(world.server) == 0);
    peer_end(&whole);
    peer_end(&parts);
    http_world_end(&world);
}

TEST(what_waits_for_a_slow_reader_is_bounded)
{
    struct http_world world;
    struct peer peers[8];

    http_world_start(&world, (struct http_limits){.queues_bytes_max = 8000000});
    for (int i = 0; i < 8; i++) {
        peer_connect(&peers[i], &world);
        CHECK(peer_text(&peers[i], GET("/size/3000000"))); /* one after the other, none is read */
        RUN_UNTIL(&world, (int)world.handler.requests == i + 1);
    }
    http_world_wait(&world, 20);
    CHECK(world.handler.ended >= 5 && world.handler.ended <= 6); /* two have room, all the time */
    for (int i = 0; i < 8; i++)
        peer_end(&peers[i]);
    http_world_end(&world);
}

/* ---- numbers ---- */

TEST(too_many_clients_are_told_so)
{
    struct http_world world;
    struct peer peers[4], idle, late;

    http_world_start(&world, (struct http_limits){.clients_max = 4});
    for (int i = 0; i < 3; i++) {
        peer_connect(&peers[i], &world);
        CHECK(peer_text(&peers[i], GET("/later")));
    }
    RUN_UNTIL(&world, world.handler.requests == 3);
    peer_connect(&idle, &world);
    RUN_UNTIL(&world, http_server_clients(world.server) == 4);
    peer_connect(&peers[3], &world); /* who only waits makes room */
    CHECK(peer_text(&peers[3], GET("/later")));
    RUN_UNTIL(&world, world.handler.requests == 4);
    CHECK(peer_is_closed(&idle) && idle.size == 0);
    peer_connect(&late, &world); /* nobody does */
    CHECK(peer_is_closed(&late) && begins(&late, "HTTP/1.1 503 ") &&
          ends(&late, "try again later.\"}\n"));
    http_handler_release(&world.handler);
    for (int i = 0; i < 4; i++) {
        CHECK(peer_reads(&peers[i], 0, "\r\n\r\nlater"));
        peer_end(&peers[i]);
    }
    peer_end(&late);
    peer_end(&idle);
    expect(&world, GET("/plain"), "HTTP/1.1 200 ", "plain");
    http_world_end(&world);
}

TEST(a_thousand_clients_at_once)
{
    enum { COUNT = 1000 };
    struct http_world world;
    struct peer *peers = calloc(COUNT, sizeof *peers);

    http_world_start(&world, (struct http_limits){0});
    for (int i = 0; i < COUNT; i++)
        peer_connect(&peers[i], &world);
    for (int i = 0; i < COUNT; i++)
        CHECK(peer_text(&peers[i], GET("/plain")));
    for (int i = 0; i < COUNT; i++) {
        CHECK(peer_reads(&peers[i], 0, "\r\n\r\nplain"));
        peer_end(&peers[i]);
    }
    free(peers);
    RUN_UNTIL(&world, http_server_clients(world.server) == 0);
    http_world_end(&world);
}

/* ---- the end ---- */

TEST(an_end_lets_what_is_under_way_be_finished)
{
    struct http_world world;
    struct peer idle, busy, half, socket;

    http_world_start(&world, (struct http_limits){0});
    peer_connect(&idle, &world);
    CHECK(peer_text(&idle, GET("/plain")) && peer_reads(&idle, 0, "plain"));
    peer_connect(&busy, &world);
    CHECK(peer_text(&busy, GET("/later")));
    peer_connect(&half, &world);
    CHECK(peer_text(&half, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na"));
    peer_connect(&socket, &world);
    CHECK(peer_upgrade(&socket));
    RUN_UNTIL(&world, world.handler.requests == 3);
    http_server_end(world.server, 10000, NULL, NULL);
    CHECK(peer_is_closed(&idle));
    CHECK(peer_reads_size(&socket, socket.size + 1) &&
          memcmp(socket.got + socket.size - 22, "\x03\xE9the node is", 13) == 0);
    struct peer late;
    peer_connect(&late, &world);
    CHECK(peer_text(&late, GET("/plain")));
    http_world_wait(&world, 20);
    peer_read(&late);
    CHECK(late.size == 0); /* it waits for whoever listens next */
    CHECK(peer_text(&half, "b") && peer_is_closed(&half));
    CHECK(ends(&half, "\r\nconnection: close\r\n\r\nab"));
    http_handler_release(&world.handler);
    CHECK(peer_is_closed(&busy) && ends(&busy, "\r\nconnection: close\r\n\r\nlater"));
    peer_end(&idle);
    peer_end(&busy);
    peer_end(&half);
    peer_end(&socket);
    peer_end(&late);
    CHECK(http_world_end_within(&world, 10000) < 5000);
}

TEST(an_end_does_not_wait_for_ever)
{
    struct http_world world;
    struct peer never, socket;

    http_world_start(&world, quick);
    peer_connect(&never, &world);
    CHECK(peer_text(&never, GET("/never")));
    peer_connect(&socket, &world);
    CHECK(peer_upgrade(&socket));
    RUN_UNTIL(&world, world.handler.requests == 2);
    uint64_t took = http_world_end_within(&world, 300);
    CHECK(took >= 250 && took < 2000);
    CHECK(peer_is_closed(&never) && never.size == 0);
    peer_end(&never);
    peer_end(&socket);
}

TEST_MAIN(CASE(requests_are_answered), CASE(the_path_comes_as_it_was_sent),
    CASE(what_is_no_good_request_is_refused), CASE(a_path_has_its_limit),
    CASE(headers_have_their_limits), CASE(a_body_has_its_limit),
    CASE(all_bodies_together_have_a_limit), CASE(a_chunked_body_comes_whole),
    CASE(expect_100_continue_is_met), CASE(a_stream_that_is_not_wanted_is_not_read),
    CASE(an_early_answer_is_seen_by_who_writes_all_first), CASE(answers_in_parts_come_whole),
    CASE(an_answer_may_come_later), CASE(many_requests_in_one_write_are_answered_in_order),
    CASE(a_slow_request_is_ended), CASE(a_stream_that_goes_on_may_take_its_time),
    CASE(whoever_does_not_read_is_closed), CASE(what_waits_for_a_slow_reader_is_bounded),
    CASE(too_many_clients_are_told_so), CASE(a_thousand_clients_at_once),
    CASE(an_end_lets_what_is_under_way_be_finished), CASE(an_end_does_not_wait_for_ever))
