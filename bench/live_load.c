/*
 * How long a statement that is posted at one desk needs to those who follow the others.
 *
 *   live_load COUNT FOLLOWERS FOLDER...
 *
 * FOLLOWERS WebSocket clients are opened at the API of each FOLDER's desk.  COUNT statements are then posted at
 * the desks in turn, each when all have the one before and 50 to 150 ms after it, as people talk; what counts is the time from the first byte of the request to
 * the last follower of each other desk.  Last the round trip of 256 bytes over TCP on loopback.  Prints one line
 * of JSON; `lost` are changes that a follower was not told of, or not in order, and statements that did not come
 * within LOST_MS.
 */
#include "clock.h"
#include "write_all.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DESKS_MAX = 8, BUFFER_BYTES = 1 << 16, LOST_MS = 10000, PAUSE_MS_MIN = 50, PAUSE_MS_MORE = 100, TRIPS = 1000, TRIP_BYTES = 256 };

static const char live[] = "GET /api/v1/rooms/only/live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
                           "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                           "Sec-WebSocket-Key: bGl2ZSBsb2FkIG9mIGJlbg==\r\n\r\n";

/* A connection to a desk: of a follower, or the one that posts. */
struct connection {
    int socket;
    uint32_t desk;
    bool is_follower, is_open; /* the answer to the upgrade was read */
    size_t used;
    uint64_t change; /* the last that it was told of; 0: none yet */
    uint64_t seen;   /* number of the last statement; 0: none yet */
    uint64_t lost;
    uint64_t answers;
    char *buffer;
};

struct load {
    int epoll;
    uint32_t desks, followers;
    struct connection *all; /* followers, then one that posts for each desk */
    uint64_t number;        /* of the statement under way */
    double posted;
    uint32_t missing;          /* followers that have not seen it */
    uint32_t missing_at[DESKS_MAX];
    double reached[DESKS_MAX]; /* when its last follower saw it */
};

static void
fail(const char *what)
{
    fprintf(stderr, "live_load: %s: %s\n", what, strerror(errno));
    exit(2);
}

static void
connect_to(struct load *load, struct connection *made, const char *folder)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = made};

    if (snprintf(name.sun_path, sizeof name.sun_path, "%s/api.sock", folder) >= (int)sizeof name.sun_path)
        fail("the folder's name is too long");
    made->buffer = malloc(BUFFER_BYTES);
    made->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made->buffer == NULL || made->socket < 0 ||
        connect(made->socket, (const struct sockaddr *)&name, sizeof name) != 0)
        fail(name.sun_path);
    if (epoll_ctl(load->epoll, EPOLL_CTL_ADD, made->socket, &event) != 0)
        fail("epoll");
    if (made->is_follower)
        if (!write_all(made->socket, live, sizeof live - 1))
            fail("write");
}

/* ---- what a follower is told ---- */

static void
take_message(struct load *load, struct connection *of, const char *text, size_t size)
{
    static const char change[] = "{\"change\":", mark[] = "live statement ";

    if (size < sizeof change || memcmp(text, change, sizeof change - 1) != 0)
        return; /* how it begins, or news between changes */
    const char *at = memmem(text, size, mark, sizeof mark - 1);
    uint64_t number = strtoull(text + sizeof change - 1, NULL, 10);
    of->lost += of->change != 0 && number != of->change + 1;
    of->change = number;
    if (at == NULL)
        return;
    of->seen = strtoull(at + sizeof mark - 1, NULL, 10);
    if (of->seen != load->number)
        return;
    load->missing--;
    if (--load->missing_at[of->desk] == 0)
        load->reached[of->desk] = now_ms();
}

/* Who does not answer a ping is closed.  RFC 6455: a client masks what it sends, here with zeros. */
static void
answer_ping(const struct connection *of, const uint8_t *data, size_t size)
{
    char pong[6 + 125] = {(char)0x8A, (char)(0x80 | size)};

    if (size <= 125) {
        memcpy(pong + 6, data, size);
        if (!write_all(of->socket, pong, 6 + size))
            fail("write");
    }
}

/* One frame of the server: not masked, in one piece.  Its size, or 0: it is not whole. */
static size_t
take_frame(struct load *load, struct connection *of, const uint8_t *data, size_t size)
{
    size_t head = 2, length;

    if (size < 2)
        return 0;
    length = data[1] & 0x7F;
    if (length >= 126)
        head = length == 126 ? 4 : 10;
    if (size < head)
        return 0;
    if (head > 2)
        length = 0;
    for (size_t i = 2; i < head; i++)
        length = length << 8 | data[i];
    if (size - head < length)
        return 0;
    if ((data[0] & 0x0F) == 8) {
        fprintf(stderr, "live_load: a desk closed a follower: %.*s\n", length > 2 ? (int)length - 2 : 0,
            (const char *)data + head + 2);
        exit(2);
    }
    if ((data[0] & 0x0F) == 9)
        answer_ping(of, data + head, length);
    if ((data[0] & 0x0F) == 1)
        take_message(load, of, (const char *)data + head, length);
    return head + length;
}

static size_t
take_upgrade(struct connection *of)
{
    const char *end = memmem(of->buffer, of->used, "\r\n\r\n", 4);

    if (end == NULL)
        return 0;
    if (memcmp(of->buffer, "HTTP/1.1 101 ", 13) != 0) {
        errno = EPROTO;
        of->buffer[of->used < 300 ? of->used : 300] = 0;
        fail(of->buffer);
    }
    of->is_open = true;
    return (size_t)(end + 4 - of->buffer);
}

static void
take_answers(struct connection *of)
{
    char *at = of->buffer, *end = of->buffer + of->used;

    while ((at = memmem(at, (size_t)(end - at), "HTTP/1.1 ", 9)) != NULL && end - at >= 12) {
        if (at[9] != '2') {
            errno = EPROTO;
            fail(at);
        }
        of->answers++;
        at += 9;
    }
    of->used = 0;
}

static void
take_bytes(struct load *load, struct connection *of)
{
    ssize_t got = read(of->socket, of->buffer + of->used, BUFFER_BYTES - 1 - of->used);
    size_t taken = 0, one;

    if (got <= 0)
        fail("a desk went away");
    of->used += (size_t)got;
    of->buffer[of->used] = '\0';
    if (!of->is_follower) {
        take_answers(of);
        return;
    }
    do {
        one = !of->is_open ? take_upgrade(of)
                           : take_frame(load, of, (const uint8_t *)of->buffer + taken, of->used - taken);
        taken += one;
    } while (one != 0 && taken < of->used);
    memmove(of->buffer, of->buffer + taken, of->used - taken);
    of->used -= taken;
}

static void
wait_some(struct load *load, int timeout_ms)
{
    struct epoll_event events[256];
    int count = epoll_wait(load->epoll, events, 256, timeout_ms);

    for (int i = 0; i < count; i++)
        take_bytes(load, events[i].data.ptr);
}

/* ---- the load ---- */

static void
open_all(struct load *load, char **folders)
{
    uint32_t followers = load->desks * load->followers;

    for (uint32_t i = 0; i < followers + load->desks; i++) {
        struct connection *one = &load->all[i];
        one->desk = i % load->desks;
        one->is_follower = i < followers;
        connect_to(load, one, folders[one->desk]);
        double end = now_ms() + LOST_MS;
        while (one->is_follower && !one->is_open && now_ms() < end)
            wait_some(load, 100);
        if (one->is_follower && !one->is_open)
            fail("a desk does not answer a follower");
    }
}

/* The statement, and until all have it; its time to each other desk. */
static uint64_t
post(struct load *load, uint32_t desk, double *latencies)
{
    struct connection *poster = &load->all[load->desks * load->followers + desk];
    char body[256], request[512];

    load->number++;
    load->missing = load->desks * load->followers;
    for (uint32_t i = 0; i < load->desks; i++)
        load->missing_at[i] = load->followers;
    int size = snprintf(body, sizeof body, "{\"language\":\"en\",\"text\":\"live statement %llu of the load that is measured\"}",
        (unsigned long long)load->number);
    snprintf(request, sizeof request,
        "POST /api/v1/rooms/only/statements HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
        size, body);
    uint64_t answers = poster->answers;
    load->posted = now_ms();
    if (!write_all(poster->socket, request, strlen(request)))
        fail("write");
    while ((load->missing > 0 || poster->answers == answers) && now_ms() - load->posted < LOST_MS)
        wait_some(load, 100);
    for (uint32_t i = 0, other = 0; i < load->desks; i++)
        if (i != desk)
            latencies[other++] = load->missing_at[i] == 0 ? load->reached[i] - load->posted : LOST_MS;
    return load->missing;
}

/* ---- the round trip ---- */

static void
echo(int file)
{
    char data[TRIP_BYTES];
    ssize_t got;

    while ((got = read(file, data, sizeof data)) > 0)
        if (!write_all(file, data, (size_t)got))
            fail("write");
    _exit(0);
}

static void
round_trips(double *latencies)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t name_size = sizeof name;
    char data[TRIP_BYTES] = {0};
    int one = 1, listening = socket(AF_INET, SOCK_STREAM, 0), own = socket(AF_INET, SOCK_STREAM, 0);

    if (bind(listening, (const struct sockaddr *)&name, sizeof name) != 0 || listen(listening, 1) != 0 ||
        getsockname(listening, (struct sockaddr *)&name, &name_size) != 0 ||
        connect(own, (const struct sockaddr *)&name, sizeof name) != 0)
        fail("loopback");
    int other = accept(listening, NULL, NULL);
    setsockopt(own, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(other, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    pid_t child = fork();
    if (child == 0) {
        close(own);
        echo(other);
    }
    close(other);
    for (size_t i = 0; i < TRIPS; i++) {
        double before = now_ms();
        if (!write_all(own, data, sizeof data))
            fail("write");
        for (size_t got = 0; got < sizeof data;) {
            ssize_t part = read(own, data, sizeof data - got);
            if (part <= 0)
                fail("loopback");
            got += (size_t)part;
        }
        latencies[i] = now_ms() - before;
    }
    close(own);
    close(listening);
    waitpid(child, NULL, 0);
}

int
main(int count, char **words)
{
    struct load load = {.desks = count > 3 ? (uint32_t)count - 3 : 0};
    static double trips[TRIPS];
    uint64_t lost = 0;

    uint32_t statements = load.desks > 0 ? (uint32_t)strtoul(words[1], NULL, 10) : 0;
    load.followers = load.desks > 0 ? (uint32_t)strtoul(words[2], NULL, 10) : 0;
    if (load.desks < 2 || load.desks > DESKS_MAX || statements == 0 || load.followers == 0) {
        fprintf(stderr, "usage: live_load COUNT FOLLOWERS FOLDER FOLDER...\n");
        return 1;
    }
    size_t all = (size_t)load.desks * (load.followers + 1), others = load.desks - 1;
    double *latencies = calloc((size_t)statements * others, sizeof *latencies);
    load.all = calloc(all, sizeof *load.all);
    load.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (latencies == NULL || load.all == NULL || load.epoll < 0)
        fail("it does not start");
    open_all(&load, words + 3);
    for (uint32_t i = 0; i < statements; i++) {
        double end = now_ms() + PAUSE_MS_MIN + (double)(random() % PAUSE_MS_MORE);
        while (now_ms() < end)
            wait_some(&load, (int)(end - now_ms()) + 1);
        lost += post(&load, i % load.desks, latencies + i * others);
    }
    for (size_t i = 0; i < all; i++)
        lost += load.all[i].lost;
    round_trips(trips);
    printf("{\"statements\": %u, \"followers\": %u, \"lost\": %llu, ", statements,
        load.desks * load.followers, (unsigned long long)lost);
    print_latencies(latencies, (size_t)statements * others);
    printf(", \"round_trip\": {");
    print_latencies(trips, TRIPS);
    printf("}}\n");
    return 0;
}
