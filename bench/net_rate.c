/*
 * How fast frames go between two nodes over loopback: megabytes a second and round-trip times.
 *
 *     net_rate [--threads | --idle]
 *
 * Without --threads both ends share one thread, so that one core pays for both; with it each end
 * has its own.  --idle prints the resident memory of a process with two links and nothing to do.
 * Plain TCP between two blocking threads is measured beside it, as the floor for round trips.
 */
#include "net/certificate.h"
#include "net/net.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 4000, RATE_BYTES = 256 << 20, PING_BYTES = 500 };

/* The first byte of a frame says what to do with it. */
enum command {
    DATA, /* nothing */
    LAST, /* answer DONE */
    DONE, /* the driver's measurement is over */
    PING, /* send it back as PONG */
    PONG,
    GENERATE, /* send so many frames of that size, the last one as LAST */
};

struct end {
    uv_loop_t own_loop;
    uv_loop_t *loop;
    uv_async_t stop;
    struct net *net;
    struct net_link *link;
    bool driver;
    uint8_t *frame;
    size_t frame_size;
    uint64_t frames_left; /* still to be sent */
    int step;
    uint64_t started;
    double started_cpu;
    uint64_t rounds;
    uint64_t times[ROUNDS];
};

static const size_t sizes[] = {4096, 30000, 65536, 262144, 1048576};
enum { SIZES = sizeof sizes / sizeof sizes[0] };
static struct end *ends[2];

static uint64_t
nanoseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* What the whole process has had of the processors so far: both ends, user and system. */
static double
processor_seconds(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void
must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "net_rate: %s\n", what);
    exit(2);
}

static int
compare(const void *a, const void *b)
{
    const uint64_t *one = a, *two = b;

    return (*one > *two) - (*one < *two);
}

static void
print_times(const char *name, uint64_t *times, size_t count)
{
    qsort(times, count, sizeof times[0], compare);
    printf("%-34s p50 %6.1f us   p99 %6.1f us\n", name, (double)times[count / 2] / 1000,
        (double)times[count * 99 / 100] / 1000);
}

static void
send_command(struct end *end, enum command command, size_t size)
{
    end->frame[0] = (uint8_t)command;
    must(net_send(end->link, (struct bytes){end->frame, size}) == ENTENTE_OK, "a send failed");
}

/* Until the link takes no more. */
static void
generate(struct end *end)
{
    while (end->frames_left > 0) {
        end->frame[0] = end->frames_left == 1 ? LAST : DATA;
        enum entente_error error = net_send(end->link, (struct bytes){end->frame, end->frame_size});
        if (error == ENTENTE_ERR_FLOOD)
            return;
        must(error == ENTENTE_OK, "a send failed");
        end->frames_left--;
    }
}

static void
start_generating(struct end *end, size_t size)
{
    end->frame_size = size;
    end->frames_left = RATE_BYTES / size;
    generate(end);
}

/* The driver's programme: round trips, then each size out and back. */
static void
next_step(struct end *end)
{
    int step = end->step++;

    end->started = nanoseconds();
    end->started_cpu = processor_seconds();
    if (step == 0) {
        send_command(end, PING, PING_BYTES);
    } else if (step <= SIZES) {
        start_generating(end, sizes[step - 1]);
    } else if (step <= 2 * SIZES) {
        uint32_t size = (uint32_t)sizes[step - 1 - SIZES];
        memcpy(end->frame + 1, &size, sizeof size);
        send_command(end, GENERATE, 1 + sizeof size);
    } else {
        for (int i = 0; i < 2; i++)
            uv_async_send(&ends[i]->stop);
    }
}

static void
print_rate(const struct end *end)
{
    bool out = end->step - 2 < SIZES;
    size_t size = sizes[out ? end->step - 2 : end->step - 2 - SIZES];
    double seconds = (double)(nanoseconds() - end->started) / 1e9;
    double cpu = processor_seconds() - end->started_cpu;

    printf("%8zu-byte frames, %-14s %6.0f MB/s   %6.0f MB per second of processor, both ends\n",
        size, out ? "dialler sends" : "dialled sends", (double)RATE_BYTES / 1e6 / seconds,
        (double)RATE_BYTES / 1e6 / cpu);
}

static void
on_pong(struct end *end)
{
    end->times[end->rounds++] = nanoseconds() - end->started;
    if (end->rounds < ROUNDS) {
        end->started = nanoseconds();
        send_command(end, PING, PING_BYTES);
        return;
    }
    print_times("round trip of a 500-byte frame", end->times, ROUNDS);
    next_step(end);
}

static void
received(void *context, struct net_link *link, struct bytes frame)
{
    struct end *end = context;
    uint32_t size;

    (void)link;
    switch ((enum command)frame.data[0]) {
    case DATA:
        break;
    case LAST:
        if (end->driver) {
            print_rate(end);
            next_step(end);
        } else {
            send_command(end, DONE, 1);
        }
        break;
    case DONE:
        print_rate(end);
        next_step(end);
        break;
    case PING:
        send_command(end, PONG, frame.size);
        break;
    case PONG:
        on_pong(end);
        break;
    case GENERATE:
        memcpy(&size, frame.data + 1, sizeof size);
        start_generating(end, size);
        break;
    }
}

static void
writable(void *context, struct net_link *link)
{
    (void)link;
    generate(context);
}

static void
link_up(void *context, struct net_link *link, uint32_t peer,
    const uint8_t exporter[static NET_EXPORTER_BYTES])
{
    struct end *end = context;

    (void)peer;
    (void)exporter;
    end->link = link;
    if (end->driver)
        next_step(end);
}

static void
link_down(void *context, struct net_link *link, const char *reason)
{
    (void)context;
    (void)link;
    must(false, reason);
}

static void
on_stop(uv_async_t *stop)
{
    struct end *end = stop->data;

    net_close(end->net);
    uv_close((uv_handle_t *)stop, NULL);
}

static struct net *
make_net(struct end *end, uint8_t seed_byte, const char *listen)
{
    uint8_t seed[32];
    struct net *net;

    memset(seed, seed_byte, sizeof seed);
    end->frame = calloc(1, NET_FRAME_BYTES_MAX);
    must(end->frame != NULL, "out of memory");
    must(uv_async_init(end->loop, &end->stop, on_stop) == 0, "no loop");
    end->stop.data = end;
    const struct net_options options = {
        .transport_seed = seed,
        .listen = listen,
        .callbacks = {.link_up = link_up,
            .link_down = link_down,
            .received = received,
            .writable = writable},
        .context = end,
    };
    must(net_new(&net, end->loop, &options) == ENTENTE_OK, "cannot start");
    return net;
}

static void
key_of_seed(const uint8_t seed[static NET_KEY_BYTES], uint8_t key[static NET_KEY_BYTES])
{
    X509 *certificate;
    EVP_PKEY *secret;

    must(certificate_make(seed, &certificate, &secret) == ENTENTE_OK &&
             certificate_key(certificate, key) == ENTENTE_OK,
        "no certificate");
    X509_free(certificate);
    EVP_PKEY_free(secret);
}

static void *
run_loop(void *argument)
{
    uv_run(argument, UV_RUN_DEFAULT);
    return NULL;
}

static void
measure_net(bool threads)
{
    static struct end dialler, dialled;
    char address[32];
    uint32_t index;

    for (int i = 0; i < 2; i++) {
        struct end *end = ends[i] = i == 0 ? &dialler : &dialled;
        uv_loop_init(&end->own_loop);
        end->loop = threads ? &end->own_loop : &dialler.own_loop;
        end->driver = i == 0;
        end->net = make_net(end, (uint8_t)(1 + i), i == 0 ? NULL : "127.0.0.1:0");
    }
    snprintf(address, sizeof address, "127.0.0.1:%u", net_port(dialled.net));
    struct net_peer one = {.address = NULL}, two = {.address = address};
    memcpy(one.transport_key, net_key(dialler.net), NET_KEY_BYTES);
    memcpy(two.transport_key, net_key(dialled.net), NET_KEY_BYTES);
    must(net_peer_add(dialled.net, &one, &index) == ENTENTE_OK, "no peer");
    must(net_peer_add(dialler.net, &two, &index) == ENTENTE_OK, "no peer");

    pthread_t thread;
    if (threads)
        must(pthread_create(&thread, NULL, run_loop, &dialled.own_loop) == 0, "no thread");
    run_loop(&dialler.own_loop);
    if (threads)
        pthread_join(thread, NULL);
    for (int i = 0; i < 2; i++) {
        uv_loop_close(&ends[i]->own_loop);
        free(ends[i]->frame);
    }
}

static void *
echo_plainly(void *argument)
{
    int fd = *(int *)argument;
    uint8_t buffer[PING_BYTES];

    while (recv(fd, buffer, sizeof buffer, MSG_WAITALL) == (ssize_t)sizeof buffer)
        must(send(fd, buffer, sizeof buffer, 0) == (ssize_t)sizeof buffer, "plain TCP failed");
    return NULL;
}

static void
measure_plain_tcp(void)
{
    static uint64_t times[ROUNDS];
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof name;
    const int yes = 1;
    uint8_t buffer[PING_BYTES] = {0};
    int fd[3];
    pthread_t thread;

    fd[0] = socket(AF_INET, SOCK_STREAM, 0);
    fd[1] = socket(AF_INET, SOCK_STREAM, 0);
    must(bind(fd[0], (struct sockaddr *)&name, size) == 0 && listen(fd[0], 1) == 0 &&
             getsockname(fd[0], (struct sockaddr *)&name, &size) == 0 &&
             connect(fd[1], (struct sockaddr *)&name, size) == 0,
        "no plain TCP");
    fd[2] = accept(fd[0], NULL, NULL);
    for (int i = 1; i < 3; i++)
        setsockopt(fd[i], IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    must(pthread_create(&thread, NULL, echo_plainly, &fd[2]) == 0, "no thread");
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t start = nanoseconds();
        must(send(fd[1], buffer, sizeof buffer, 0) == (ssize_t)sizeof buffer &&
                 recv(fd[1], buffer, sizeof buffer, MSG_WAITALL) == (ssize_t)sizeof buffer,
            "plain TCP failed");
        times[i] = nanoseconds() - start;
    }
    print_times("the same over plain TCP", times, ROUNDS);
    shutdown(fd[1], SHUT_RDWR);
    pthread_join(thread, NULL);
    for (int i = 0; i < 3; i++)
        close(fd[i]);
}

/* In a process of its own: two nodes that dial the port which comes through the pipe. */
static void
run_two_peers(int from_parent)
{
    static struct end peers[2];
    uv_loop_t *loop = uv_default_loop();
    uint16_t port;
    char address[32];
    uint32_t index;

    must(read(from_parent, &port, sizeof port) == (ssize_t)sizeof port, "the pipe broke");
    snprintf(address, sizeof address, "127.0.0.1:%u", port);
    for (int i = 0; i < 2; i++) {
        uint8_t seed[32];
        struct net_peer peer = {.address = address};
        peers[i].loop = loop;
        struct net *net = make_net(&peers[i], (uint8_t)(1 + i), NULL);
        memset(seed, 3, sizeof seed);
        key_of_seed(seed, peer.transport_key);
        must(net_peer_add(net, &peer, &index) == ENTENTE_OK, "no peer");
    }
    uv_run(loop, UV_RUN_DEFAULT);
}

static void
print_memory(uv_timer_t *timer)
{
    char line[256];
    FILE *file = fopen("/proc/self/status", "r");

    must(file != NULL, "no /proc/self/status");
    while (fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "VmRSS", 5) == 0 || strncmp(line, "Rss", 3) == 0)
            fputs(line, stdout);
    fclose(file);
    uv_stop(timer->loop);
}

static void
measure_memory(void)
{
    static struct end end;
    uv_timer_t timer;
    int channel[2];

    must(pipe(channel) == 0, "no pipe");
    pid_t child = fork();
    if (child == 0) {
        run_two_peers(channel[0]);
        _exit(0);
    }
    end.loop = uv_default_loop();
    struct net *net = make_net(&end, 3, "127.0.0.1:0");
    for (uint8_t i = 1; i < 3; i++) {
        uint8_t seed[32];
        struct net_peer peer = {.address = NULL};
        uint32_t index;
        memset(seed, i, sizeof seed);
        key_of_seed(seed, peer.transport_key);
        must(net_peer_add(net, &peer, &index) == ENTENTE_OK, "no peer");
    }
    uint16_t port = net_port(net);
    must(write(channel[1], &port, sizeof port) == (ssize_t)sizeof port, "the pipe broke");
    uv_timer_init(end.loop, &timer);
    uv_timer_start(&timer, print_memory, 1500, 0);
    uv_run(end.loop, UV_RUN_DEFAULT);
    must(net_peer_link(net, 0) != NULL && net_peer_link(net, 1) != NULL, "a link is missing");
    kill(child, SIGKILL);
}

int
main(int argc, char **argv)
{
    bool threads = false, idle = false;

    for (int i = 1; i < argc; i++) {
        threads |= strcmp(argv[i], "--threads") == 0;
        idle |= strcmp(argv[i], "--idle") == 0;
    }
    if (idle) {
        measure_memory();
        return 0;
    }
    measure_plain_tcp();
    measure_net(threads);
    return 0;
}
