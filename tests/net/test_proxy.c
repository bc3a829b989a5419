/*
 * Goal: nodes find each other through an HTTP proxy, and notice when what lies between them goes
 * dead without a word.
 * Method: a relay between two nodes, once as a proxy that is asked with CONNECT, once as a wire
 * that carries bytes until it is cut and then keeps the connections open.
 */
#include "net/world.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

struct relay {
    bool is_proxy;
    bool cut;
    int listening;
    int near; /* -1 until somebody connects */
    int far;
    uint16_t port;        /* its own */
    uint16_t target_port; /* where it leads */
    char request[512];    /* the first bytes that came to the proxy */
};

static int
open_socket(void)
{
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int
connect_to(uint16_t port)
{
    struct sockaddr_in name = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = open_socket();

    CHECK(connect(fd, (struct sockaddr *)&name, sizeof name) == 0);
    return fd;
}

/* What one side has said so far, to the other. */
static void
carry(int *from, int *to)
{
    uint8_t data[65536];
    ssize_t size = recv(*from, data, sizeof data, MSG_DONTWAIT);

    if (size < 0)
        return;
    if (size > 0) {
        CHECK(send(*to, data, (size_t)size, MSG_NOSIGNAL) == size);
        return;
    }
    close(*from);
    close(*to);
    *from = *to = -1;
}

static void
answer_connect(struct relay *relay)
{
    static const char answer[] = "HTTP/1.1 200 Connection established\r\n\r\n";
    ssize_t size = recv(relay->near, relay->request, sizeof relay->request - 1, MSG_DONTWAIT);

    if (size <= 0)
        return;
    relay->request[size] = '\0';
    relay->far = connect_to(relay->target_port);
    CHECK(send(relay->near, answer, sizeof answer - 1, MSG_NOSIGNAL) == sizeof answer - 1);
}

static void
relay_turn(void *argument)
{
    struct relay *relay = argument;

    if (relay->cut)
        return;
    if (relay->near < 0) {
        relay->near = accept4(relay->listening, NULL, NULL, SOCK_CLOEXEC);
        relay->far = relay->near >= 0 && !relay->is_proxy ? connect_to(relay->target_port) : -1;
    } else if (relay->far < 0) {
        answer_connect(relay);
    } else {
        carry(&relay->near, &relay->far);
        if (relay->far >= 0)
            carry(&relay->far, &relay->near);
    }
}

static void
relay_start(struct relay *relay, struct world *world, bool is_proxy)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof name;

    *relay = (struct relay){.is_proxy = is_proxy, .near = -1, .far = -1};
    relay->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    CHECK(bind(relay->listening, (struct sockaddr *)&name, size) == 0);
    CHECK(listen(relay->listening, 4) == 0);
    CHECK(getsockname(relay->listening, (struct sockaddr *)&name, &size) == 0);
    relay->port = ntohs(name.sin_port);
    world->each_turn = relay_turn;
    world->each_turn_argument = relay;
}

static void
relay_end(struct relay *relay)
{
    close(relay->listening);
    if (relay->near >= 0)
        close(relay->near);
    if (relay->far >= 0)
        close(relay->far);
}

static void
link_through_proxy(const char *proxy_host, const char *peer_address, const char *request)
{
    struct world world;
    struct relay relay;
    struct net_options options = world_options();
    char proxy[64];

    world_start(&world);
    relay_start(&relay, &world, true);
    CHECK(world_node(&world, 1, &options) == ENTENTE_OK);
    relay.target_port = net_port(world.nodes[1].net);
    snprintf(proxy, sizeof proxy, "%s:%u", proxy_host, relay.port);
    options.proxy = proxy;
    CHECK(world_node(&world, 0, &options) == ENTENTE_OK);
    world_peer(&world, 1, 0, false);
    world_peer_at(&world, 0, 1, peer_address);
    RUN_UNTIL(&world, world.nodes[0].ups == 1 && world.nodes[1].ups == 1);
    CHECK(strncmp(relay.request, request, strlen(request)) == 0);

    CHECK(net_send(world.nodes[0].links[0], bytes_of_text("through the proxy")) == ENTENTE_OK);
    RUN_UNTIL(&world, world.nodes[1].frames == 1);
    world_end(&world);
    relay_end(&relay);
}

TEST(a_proxy_is_asked_to_connect_and_finds_the_name_itself)
{
    link_through_proxy(
        "127.0.0.1", "node.ministry.invalid:443", "CONNECT node.ministry.invalid:443 HTTP/1.1\r\n");
    link_through_proxy(
        "127.0.0.1", "[2001:db8::1]:8443", "CONNECT [2001:db8::1]:8443 HTTP/1.1\r\n");
}

TEST(the_name_of_the_proxy_is_looked_up)
{
    link_through_proxy("localhost", "192.0.2.1:443", "CONNECT 192.0.2.1:443 HTTP/1.1\r\n");
}

TEST(a_proxy_in_the_environment_is_not_used)
{
    struct world world;
    struct relay relay;
    const struct net_options options = world_options();
    char proxy[64];

    world_start(&world);
    relay_start(&relay, &world, true);
    snprintf(proxy, sizeof proxy, "127.0.0.1:%u", relay.port);
    setenv("http_proxy", proxy, 1);
    for (uint32_t i = 0; i < 2; i++)
        CHECK(world_node(&world, i, &options) == ENTENTE_OK);
    unsetenv("http_proxy");
    world_peer(&world, 1, 0, false);
    world_peer(&world, 0, 1, true);
    RUN_UNTIL(&world, world.nodes[0].ups == 1 && world.nodes[1].ups == 1);
    CHECK(relay.request[0] == '\0');
    world_end(&world);
    relay_end(&relay);
}

TEST(both_sides_notice_a_dead_wire)
{
    struct world world;
    struct relay relay;
    struct net_options options = world_options();
    char address[64];

    world_start(&world);
    relay_start(&relay, &world, false);
    options.heartbeat_ms = 50;
    options.silence_ms = 200;
    for (uint32_t i = 0; i < 2; i++)
        CHECK(world_node(&world, i, &options) == ENTENTE_OK);
    relay.target_port = net_port(world.nodes[1].net);
    snprintf(address, sizeof address, "127.0.0.1:%u", relay.port);
    world_peer(&world, 1, 0, false);
    world_peer_at(&world, 0, 1, address);
    RUN_UNTIL(&world, world.nodes[0].ups == 1 && world.nodes[1].ups == 1);
    world_wait(&world, 400);
    CHECK(world.nodes[0].downs == 0 && world.nodes[1].downs == 0);

    relay.cut = true;
    RUN_UNTIL(&world, world.nodes[0].downs == 1 && world.nodes[1].downs == 1);
    for (uint32_t i = 0; i < 2; i++)
        CHECK(strcmp(world.nodes[i].reason, "nothing was heard from the peer") == 0);

    /* The wire is mended: what lay in it is thrown away, and they find each other again. */
    close(relay.near);
    close(relay.far);
    relay.near = relay.far = -1;
    relay.cut = false;
    RUN_UNTIL(&world, world.nodes[0].ups == 2 && world.nodes[1].ups == 2);
    world_end(&world);
    relay_end(&relay);
}

TEST_MAIN(CASE(a_proxy_is_asked_to_connect_and_finds_the_name_itself),
    CASE(the_name_of_the_proxy_is_looked_up), CASE(a_proxy_in_the_environment_is_not_used),
    CASE(both_sides_notice_a_dead_wire))
