/*
 * Puts load on NATS JetStream, over the plain text protocol that its manual describes.
 *
 *   nats_load append PORT SUBJECT COUNT IN_FLIGHT BYTES
 *       publish COUNT messages, IN_FLIGHT of them waiting for their acknowledgement at any time
 *   nats_load gap PORT SUBJECT SECONDS PAUSE_MS TIMEOUT_MS BYTES
 *       publish one, wait until it is acknowledged (or try again after TIMEOUT_MS), pause, and so
 * on
 *
 * The server is on loopback.  Prints one line of JSON.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "stalls.h"

enum {
    COUNT_MAX = 10000000,
    BYTES_MAX = 4096,
    BUFFER_BYTES = 1 << 17,
    ANSWER_MS_MAX = 10000,
    FAILED_MAX = 100,
};

enum event {
    EVENT_TIMEOUT,
    EVENT_CLOSED,
    EVENT_OTHER, /* of no interest here */
    EVENT_ACKNOWLEDGED,
    EVENT_REFUSED, /* by JetStream, or since no server serves the stream just now */
};

struct link {
    int socket;
    const char *subject;
    size_t bytes; /* of a message's payload */
    size_t in_used;
    size_t out_used;
    char in[BUFFER_BYTES];
    char out[BUFFER_BYTES];
};

static bool
link_flush(struct link *link)
{
    size_t sent = 0;
    while (sent < link->out_used) {
        ssize_t written = send(link->socket, link->out + sent, link->out_used - sent, MSG_NOSIGNAL);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        sent += (size_t)written;
    }
    link->out_used = 0;
    return true;
}

static bool
link_write(struct link *link, const char *data, size_t size)
{
    if (link->out_used + size > sizeof link->out && !link_flush(link))
        return false;
    memcpy(link->out + link->out_used, data, size);
    link->out_used += size;
    return true;
}

/* `index` comes back in the subject of the acknowledgement. */
static bool
link_publish(struct link *link, size_t index)
{
    static const char payload[BYTES_MAX] = {'x'};
    char line[256];
    int size = snprintf(line, sizeof line, "PUB %s _INBOX.load%d.%zu %zu\r\n", link->subject,
        (int)getpid(), index, link->bytes);
    return link_write(link, line, (size_t)size) && link_write(link, payload, link->bytes) &&
           link_write(link, "\r\n", 2);
}

static bool
link_open(struct link *link, uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1;
    link->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (link->socket < 0 ||
        connect(link->socket, (struct sockaddr *)&address, sizeof address) != 0 ||
        setsockopt(link->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
        return false;

    char hello[256];
    int size = snprintf(hello, sizeof hello,
        "CONNECT {\"verbose\":false,\"headers\":true,\"no_responders\":true,\"protocol\":1}\r\n"
        "SUB _INBOX.load%d.* 1\r\n",
        (int)getpid());
    return link_write(link, hello, (size_t)size);
}

/* A message to our inbox: how JetStream answered which publication. */
static enum event
read_answer(const char *subject, bool headers, const char *body, size_t size, size_t *index)
{
    const char *last = strrchr(subject, '.');
    *index = last == NULL ? SIZE_MAX : strtoul(last + 1, NULL, 10);
    /* JetStream acknowledges without headers; with them it says that nobody serves the stream. */
    return !headers && memmem(body, size, "\"error\"", 7) == NULL ? EVENT_ACKNOWLEDGED
                                                                  : EVENT_REFUSED;
}

/* Takes one operation from the front of what was read; false when it is not all there yet. */
static bool
link_take(struct link *link, enum event *event, size_t *index)
{
    char *end = memmem(link->in, link->in_used, "\r\n", 2);
    if (end == NULL)
        return false;
    *end = '\0';
    size_t used = (size_t)(end - link->in) + 2;
    size_t size = 0;
    char subject[128];
    bool headers = sscanf(link->in, "HMSG %127s %*s %*u %zu", subject, &size) == 2;
    *event = EVENT_OTHER;
    if (headers || sscanf(link->in, "MSG %127s %*s %zu", subject, &size) == 2) {
        if (link->in_used < used + size + 2) {
            *end = '\r';
            return false;
        }
        *event = read_answer(subject, headers, link->in + used, size, index);
        used += size + 2;
    } else if (strncmp(link->in, "PING", 4) == 0 && !link_write(link, "PONG\r\n", 6)) {
        *event = EVENT_CLOSED;
    }
    link->in_used -= used;
    memmove(link->in, link->in + used, link->in_used);
    return true;
}

/* The next answer, or what else happened before `deadline_ms`. */
static enum event
link_next(struct link *link, double deadline_ms, size_t *index)
{
    for (;;) {
        enum event event;
        while (link_take(link, &event, index)) {
            if (event != EVENT_OTHER)
                return event;
        }
        double left = deadline_ms - now_ms();
        struct pollfd wanted = {.fd = link->socket, .events = POLLIN};
        if (!link_flush(link))
            return EVENT_CLOSED;
        int ready = poll(&wanted, 1, left > 0 ? (int)left + 1 : 0);
        if (ready == 0)
            return EVENT_TIMEOUT;
        ssize_t got = recv(
            link->socket, link->in + link->in_used, sizeof link->in - link->in_used, MSG_DONTWAIT);
        if (got > 0)
            link->in_used += (size_t)got;
        else if (got == 0 || (errno != EAGAIN && errno != EINTR))
            return EVENT_CLOSED;
    }
}

static int
run_append(struct link *link, size_t count, size_t in_flight)
{
    double *latencies = calloc(count, sizeof *latencies);
    if (latencies == NULL)
        return 1;
    size_t sent = 0;
    size_t failed = 0;
    enum event event = EVENT_OTHER;
    double started = now_ms();
    for (size_t done = 0; done < count && event != EVENT_CLOSED;) {
        for (; sent < count && sent - done < in_flight; sent++) {
            latencies[sent] = now_ms();
            if (!link_publish(link, sent))
                return 1;
        }
        size_t index;
        event = link_next(link, now_ms() + ANSWER_MS_MAX, &index);
        if (event == EVENT_TIMEOUT || event == EVENT_CLOSED || index >= count) {
            fprintf(stderr, "nats_load: %s\n",
                event == EVENT_TIMEOUT ? "no answer" : "the server is gone");
            return 1;
        }
        if (event == EVENT_REFUSED) {
            if (++failed > FAILED_MAX || !link_publish(link, index))
                return 1;
            continue;
        }
        latencies[index] = now_ms() - latencies[index];
        done++;
    }
    double seconds = (now_ms() - started) / 1000;
    printf("{\"count\": %zu, \"failed\": %zu, \"seconds\": %.4f, \"per_s\": %.1f, ", count, failed,
        seconds, (double)count / seconds);
    print_latencies(latencies, count);
    printf("}\n");
    free(latencies);
    return 0;
}

/* Until our own publication `index` is answered; answers to earlier ones come too late to count. */
static enum event
await_answer(struct link *link, size_t index, double deadline_ms)
{
    enum event event;
    size_t answered;
    do {
        event = link_next(link, deadline_ms, &answered);
    } while (event >= EVENT_ACKNOWLEDGED && answered != index);
    return event;
}

static int
run_gap(struct link *link, double seconds, long pause_ms, double timeout_ms)
{
    struct stalls stalls;
    struct timespec pause = {.tv_sec = pause_ms / 1000, .tv_nsec = pause_ms % 1000 * 1000000};
    enum event event = EVENT_OTHER;
    if (!stalls_start(&stalls, seconds))
        return 1;
    double end = now_ms() + seconds * 1000;
    for (size_t index = 0; now_ms() < end && event != EVENT_CLOSED; index++) {
        event = link_publish(link, index) ? await_answer(link, index, now_ms() + timeout_ms)
                                          : EVENT_CLOSED;
        if (event == EVENT_ACKNOWLEDGED)
            stalls_acknowledged(&stalls);
        else
            stalls.failed++;
        nanosleep(&pause, NULL);
    }
    stalls_finish(&stalls);
    return 0;
}

static int
usage(void)
{
    fprintf(stderr, "usage: nats_load append PORT SUBJECT COUNT IN_FLIGHT BYTES\n"
                    "       nats_load gap PORT SUBJECT SECONDS PAUSE_MS TIMEOUT_MS BYTES\n");
    return 1;
}

int
main(int count, char **words)
{
    static struct link link;
    bool append = count == 7 && strcmp(words[1], "append") == 0;
    bool gap = count == 8 && strcmp(words[1], "gap") == 0;
    if (!append && !gap)
        return usage();

    uint16_t port = (uint16_t)strtoul(words[2], NULL, 10);
    unsigned long numbers[4] = {0};
    for (int i = 4; i < count; i++)
        numbers[i - 4] = strtoul(words[i], NULL, 10);
    link.subject = words[3];
    link.bytes = numbers[append ? 2 : 3];
    if (strlen(link.subject) > 64 || link.bytes > BYTES_MAX || numbers[0] < 1 ||
        numbers[0] > COUNT_MAX || numbers[1] < 1 || numbers[1] > 10000)
        return usage();
    if (!link_open(&link, port)) {
        perror("nats_load: connect");
        return 1;
    }
    if (append)
        return run_append(&link, numbers[0], numbers[1]);
    return run_gap(&link, (double)numbers[0], (long)numbers[1], (double)numbers[2]);
}
