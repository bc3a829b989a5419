#include "net/world.h"
#include "net/certificate.h"

#include <dirent.h>

enum { PULSE_MS = 2 };

struct net_options
world_options(void)
{
    return (struct net_options){
        .heartbeat_ms = 100,
        .silence_ms = 3000,
        .handshake_ms = 3000,
        .retry_ms_min = 10,
        .retry_ms_max = 50,
    };
}

uint64_t
world_digest(uint64_t digest, struct bytes frame)
{
    /* FNV-1a over the size and a sample of the bytes: a mix-up shows, and a megabyte is quick. */
    size_t stride = frame.size / 997 + 1;

    digest = (digest ^ frame.size) * 0x100000001B3u;
    for (size_t i = 0; i < frame.size; i += stride)
        digest = (digest ^ frame.data[i]) * 0x100000001B3u;
    return digest;
}

static void
link_up(void *context, struct net_link *link, uint32_t peer,
    const uint8_t exporter[static NET_EXPORTER_BYTES])
{
    struct node *node = context;

    node->ups++;
    CHECK(peer < NODE_PEERS && node->links[peer] == NULL);
    CHECK(net_link_peer(link) == peer && net_peer_link(node->net, peer) == link);
    CHECK(net_peer_trouble(node->net, peer)[0] == '\0');
    node->links[peer] = link;
    memcpy(node->exporters[peer], exporter, NET_EXPORTER_BYTES);
    if (node->cuts_at_once)
        net_cut(link, "not now");
}

static void
link_down(void *context, struct net_link *link, const char *reason)
{
    struct node *node = context;
    uint32_t peer = net_link_peer(link);

    node->downs++;
    CHECK(node->links[peer] == link && net_peer_link(node->net, peer) != link);
    CHECK(reason[0] != '\0');
    CHECK(net_send(link, bytes_of_text("too late")) == ENTENTE_ERR_GONE);
    node->links[peer] = NULL;
    snprintf(node->reason, sizeof node->reason, "%s", reason);
}

static void
received(void *context, struct net_link *link, struct bytes frame)
{
    struct node *node = context;

    node->frames++;
    node->bytes += frame.size;
    node->digest = world_digest(node->digest, frame);
    node->last = realloc(node->last, frame.size + 1);
    if (frame.size > 0)
        memcpy(node->last, frame.data, frame.size);
    node->last_size = frame.size;
    if (node->echo)
        CHECK(net_send(link, frame) == ENTENTE_OK);
    if (node->cut_first != NULL)
        net_cut(link, node->cut_first);
}

static void
writable(void *context, struct net_link *link)
{
    struct node *node = context;

    (void)link;
    node->writables++;
}

static void
trouble(void *context, uint32_t peer, const char *reason)
{
    struct node *node = context;

    if (peer == NET_NO_PEER)
        node->strangers++;
    else
        node->troubles++;
    snprintf(node->trouble, sizeof node->trouble, "%s", reason);
}

static void
closed(void *context)
{
    struct node *node = context;

    node->closed = true;
}

static void
on_pulse(uv_timer_t *pulse)
{
    (void)pulse;
}

void
world_start(struct world *world)
{
    memset(world, 0, sizeof *world);
    uv_loop_init(&world->loop);
    uv_timer_init(&world->loop, &world->pulse);
    uv_timer_start(&world->pulse, on_pulse, PULSE_MS, PULSE_MS);
}

void
world_seed(uint32_t i, uint8_t seed[static 32])
{
    memset(seed, (int)(0x40 + i), 32);
}

enum entente_error
world_node(struct world *world, uint32_t i, const struct net_options *options)
{
    struct node *node = &world->nodes[i];
    struct net_options wanted = *options;
    uint8_t seed[32];

    world_seed(i, seed);
    wanted.transport_seed = seed;
    if (wanted.listen == NULL)
        wanted.listen = node->listen[0] != '\0' ? node->listen : "127.0.0.1:0";
    wanted.callbacks =
        (struct net_callbacks){link_up, link_down, received, writable, trouble, closed};
    wanted.context = node;
    wanted.jitter_seed = i;

    uint8_t *last = node->last;
    char listen[sizeof node->listen];
    memcpy(listen, node->listen, sizeof listen);
    *node = (struct node){.world = world, .last = last};
    memcpy(node->listen, listen, sizeof listen);
    enum entente_error error = net_new(&node->net, &world->loop, &wanted);
    /* A node that is started again listens where it did before. */
    if (error == ENTENTE_OK)
        snprintf(node->listen, sizeof node->listen, "127.0.0.1:%u", net_port(node->net));
    return error;
}

void
world_key(uint32_t i, uint8_t key[static NET_KEY_BYTES])
{
    uint8_t seed[32];
    X509 *certificate;
    EVP_PKEY *secret;

    world_seed(i, seed);
    CHECK(certificate_make(seed, &certificate, &secret) == ENTENTE_OK);
    CHECK(certificate_key(certificate, key) == ENTENTE_OK);
    X509_free(certificate);
    EVP_PKEY_free(secret);
}

uint32_t
world_peer_at(struct world *world, uint32_t at, uint32_t of, const char *address)
{
    struct net_peer peer = {.address = address};
    uint32_t index;

    world_key(of, peer.transport_key);
    CHECK(net_peer_add(world->nodes[at].net, &peer, &index) == ENTENTE_OK);
    return index;
}

uint32_t
world_peer(struct world *world, uint32_t at, uint32_t of, bool dials)
{
    return world_peer_at(world, at, of, dials ? world->nodes[of].listen : NULL);
}

int
world_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;

    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

void
world_turn(struct world *world)
{
    if (world->each_turn != NULL)
        world->each_turn(world->each_turn_argument);
    uv_run(&world->loop, UV_RUN_ONCE);
}

void
world_wait(struct world *world, uint64_t ms)
{
    uint64_t until = uv_now(&world->loop) + ms;

    while (uv_now(&world->loop) < until)
        world_turn(world);
}

void
world_end_node(struct world *world, uint32_t i)
{
    struct node *node = &world->nodes[i];

    if (node->net == NULL)
        return;
    net_close(node->net);
    RUN_UNTIL(world, node->closed);
    node->net = NULL;
}

void
world_end(struct world *world)
{
    for (uint32_t i = 0; i < NODES_MAX; i++) {
        world_end_node(world, i);
        free(world->nodes[i].last);
    }
    uv_close((uv_handle_t *)&world->pulse, NULL);
    for (int turn = 0; turn < 100 && uv_run(&world->loop, UV_RUN_NOWAIT) != 0; turn++)
        continue;
    CHECK(uv_loop_close(&world->loop) == 0);
}
