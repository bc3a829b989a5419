/*
 * Several nets on one loop, over real TLS on ports that the kernel chooses, and what each of them
 * told its owner.
 */
#ifndef ENTENTE_TESTS_NET_WORLD_H
#define ENTENTE_TESTS_NET_WORLD_H

#include "net/net.h"
#include "support/test.h"

enum { NODES_MAX = 4, NODE_PEERS = 4 };

struct node {
    struct world *world;
    struct net *net;
    bool closed;
    char listen[32];
    struct net_link *links[NODE_PEERS]; /* by peer index, NULL when down */
    uint8_t exporters[NODE_PEERS][NET_EXPORTER_BYTES];
    uint32_t ups;
    uint32_t downs;
    uint32_t writables;
    uint32_t troubles;
    uint32_t strangers;
    char reason[NET_REASON_BYTES_MAX + 1];  /* of the last link_down() */
    char trouble[NET_REASON_BYTES_MAX + 1]; /* the last one told */
    uint64_t frames;
    uint64_t bytes;
    uint64_t digest; /* of all frames in their order */
    uint8_t *last;   /* the last frame */
    size_t last_size;
    bool echo;             /* sends each frame back */
    const char *cut_first; /* cuts the link at the first frame, for this reason */
    bool cuts_at_once;     /* cuts each link as soon as it is up */
};

struct world {
    uv_loop_t loop;
    uv_timer_t pulse;
    void (*each_turn)(void *argument); /* or NULL */
    void *each_turn_argument;
    struct node nodes[NODES_MAX];
};

/* Waits of milliseconds instead of seconds, so that tests are quick. */
struct net_options world_options(void);

void world_start(struct world *world);

/* Node `i` has a key of its own; it listens at a free port unless `options` say otherwise. */
enum entente_error world_node(struct world *world, uint32_t i, const struct net_options *options);

/* The raw seed of node `i`. */
void world_seed(uint32_t i, uint8_t seed[static 32]);

/* The public key that belongs to it. */
void world_key(uint32_t i, uint8_t key[static NET_KEY_BYTES]);

/* Node `at` gets node `of` as a peer, with its address if `dials`; returns the index. */
uint32_t world_peer(struct world *world, uint32_t at, uint32_t of, bool dials);

/* The same with any address, which may be NULL. */
uint32_t world_peer_at(struct world *world, uint32_t at, uint32_t of, const char *address);

/* One turn of the loop, which takes at most a few milliseconds when nothing happens. */
void world_turn(struct world *world);

/* Turns for so long. */
void world_wait(struct world *world, uint64_t ms);

/* How many descriptors this process has open, give or take a constant. */
int world_descriptors(void);

/* Closes one net, and runs until it is gone. */
void world_end_node(struct world *world, uint32_t i);

/* Closes all, and checks that nothing is left on the loop. */
void world_end(struct world *world);

/* Folds `frame` into the digest that node.digest is. */
uint64_t world_digest(uint64_t digest, struct bytes frame);

/* Turns until `condition` holds; false, and the test has failed, when it does not in 15 s. */
#define RUN_UNTIL(world, condition)                                                                \
    do {                                                                                           \
        uint64_t until = uv_now(&(world)->loop) + 15000;                                           \
        while (!(condition) && uv_now(&(world)->loop) < until)                                     \
            world_turn(world);                                                                     \
        CHECK(condition);                                                                          \
    } while (0)

#endif
