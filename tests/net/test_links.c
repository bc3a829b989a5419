/*
 * Goal: pinned peers have exactly one link, over which frames arrive whole and in order, and it
 * comes back by itself; nobody else has one.
 * Method: two to four nets in one process, real TLS over loopback.
 */
#include "net/world.h"

/* Nodes 0 and 1, of which 0 dials. */
static void
start_pair(struct world *world)
{
    const struct net_options options = world_options();

    world_start(world);
    for (uint32_t i = 0; i < 2; i++)
        CHECK(world_node(world, i, &options) == ENTENTE_OK);
    world_peer(world, 1, 0, false);
    world_peer(world, 0, 1, true);
    RUN_UNTIL(world, world->nodes[0].links[0] != NULL && world->nodes[1].links[0] != NULL);
}

static uint8_t *
make_frame(size_t size, uint64_t seed)
{
    uint8_t *data = malloc(size + 1);

    for (size_t i = 0; i < size; i += 8) {
        uint64_t word = test_random(&seed);
        memcpy(data + i, &word, size - i < 8 ? size - i : 8);
    }
    return data;
}

TEST(frames_of_all_sizes_arrive_whole_both_ways)
{
    static const size_t sizes[] = {0, 1, 125, 126, 127, 16375, 16376, 16384, 16385, 65527, 65528,
        65529, 65535, 65536, 65537, 131072, 1000000, NET_FRAME_BYTES_MAX - 1, NET_FRAME_BYTES_MAX};
    struct world world;

    start_pair(&world);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint8_t *data = make_frame(sizes[i], i);
        for (uint32_t from = 0; from < 2; from++) {
            struct node *to = &world.nodes[1 - from];
            uint64_t before = to->frames;
            CHECK(
                net_send(world.nodes[from].links[0], (struct bytes){data, sizes[i]}) == ENTENTE_OK);
            RUN_UNTIL(&world, to->frames > before);
            CHECK(bytes_equal(
                (struct bytes){to->last, to->last_size}, (struct bytes){data, sizes[i]}));
        }
        free(data);
    }
    uint8_t *large = make_frame(NET_FRAME_BYTES_MAX + 1, 1);
    CHECK(net_send(world.nodes[0].links[0], (struct bytes){large, NET_FRAME_BYTES_MAX + 1}) ==
          ENTENTE_ERR_TOO_LARGE);
    free(large);
    CHECK(world.nodes[0].downs == 0 && world.nodes[1].downs == 0);
    world_end(&world);
}

TEST(many_frames_keep_their_order_while_the_reader_pauses)
{
    struct world world;
    uint64_t random = 7, digest = 0;
    uint8_t *data = make_frame(300000, 3);

    start_pair(&world);
    for (uint32_t from = 0; from < 2; from++) {
        struct node *to = &world.nodes[1 - from];
        digest = to->digest = to->frames = 0;
        for (uint32_t sent = 0; sent < 3000;) {
            size_t size = test_random(&random) % (test_random(&random) % 50 == 0 ? 300000 : 700);
            struct bytes frame = {data + test_random(&random) % (300000 - size), size};
            enum entente_error error = net_send(world.nodes[from].links[0], frame);
            if (error == ENTENTE_OK) {
                digest = world_digest(digest, frame);
                sent++;
            }
            if (error != ENTENTE_OK || test_random(&random) % 20 == 0)
                world_turn(&world);
            if (test_random(&random) % 10 == 0)
                net_pause(to->links[0]);
            else if (test_random(&random) % 2 == 0)
                net_resume(to->links[0]);
        }
        net_resume(to->links[0]);
        RUN_UNTIL(&world, to->frames == 3000);
        CHECK(to->digest == digest);
    }
    free(data);
    world_end(&world);
}

TEST(nothing_is_left_in_the_buffers_after_a_pause)
{
    struct world world;
    struct net_options options = world_options();
    uint8_t *data = make_frame(1000, 3);

    world_start(&world);
    options.heartbeat_ms = 20000; /* which would hide what was left */
    options.silence_ms = 40000;
    for (uint32_t i = 0; i < 2; i++)
        CHECK(world_node(&world, i, &options) == ENTENTE_OK);
    world_peer(&world, 1, 0, false);
    world_peer(&world, 0, 1, true);
    RUN_UNTIL(&world, world.nodes[0].ups == 1 && world.nodes[1].ups == 1);
    /* Just above what is read in one turn, so that its end is in OpenSSL's buffer by then. */
    for (uint64_t count = 520; count < 600; count += 8) {
        world.nodes[1].frames = 0;
        net_pause(world.nodes[1].links[0]);
        for (uint64_t i = 0; i < count; i++)
            CHECK(net_send(world.nodes[0].links[0], (struct bytes){data, 1000}) == ENTENTE_OK);
        RUN_UNTIL(&world, net_queued(world.nodes[0].links[0]) == 0);
        world_turn(&world);
        net_resume(world.nodes[1].links[0]);
        RUN_UNTIL(&world, world.nodes[1].frames == count);
    }
    free(data);
    world_end(&world);
}

/* What the socket holds already is not read in one turn, or nobody else would have one while a peer sends. */
TEST(a_link_with_much_to_read_leaves_turns_to_others)
{
    struct world world;
    uint8_t *data = make_frame(60000, 3);
    uint64_t sent = 0, most = 0;

    start_pair(&world);
    struct node *to = &world.nodes[1];
    net_pause(to->links[0]);
    for (int quiet = 0; quiet < 100; quiet++) {
        while (net_send(world.nodes[0].links[0], (struct bytes){data, 60000}) == ENTENTE_OK) {
            sent += 60000;
            quiet = 0;
        }
        world_turn(&world);
    }
    to->bytes = 0;
    net_resume(to->links[0]);
    while (to->bytes < sent) {
        uint64_t before = to->bytes;
        uv_run(&world.loop, UV_RUN_NOWAIT);
        most = to->bytes - before > most ? to->bytes - before : most;
    }
    CHECK(sent > 4000000 && most < 1300000); /* once for the clock, once for the socket */
    free(data);
    world_end(&world);
}

TEST(both_ends_export_the_same_secret_and_each_link_its_own)
{
    struct world world;
    uint8_t first[NET_EXPORTER_BYTES];

    start_pair(&world);
    memcpy(first, world.nodes[0].exporters[0], sizeof first);
    CHECK(memcmp(first, world.nodes[1].exporters[0], sizeof first) == 0);
    net_cut(world.nodes[0].links[0], "once more");
    RUN_UNTIL(&world, world.nodes[0].ups == 2 && world.nodes[1].ups == 2);
    CHECK(memcmp(world.nodes[0].exporters[0], world.nodes[1].exporters[0], sizeof first) == 0);
    CHECK(memcmp(first, world.nodes[1].exporters[0], sizeof first) != 0);
    world_end(&world);
}

/* The second one starts to dial a varied number of turns after the first. */
static void
dial_each_other(uint32_t first, uint32_t turns)
{
    struct world world;
    const struct net_options options = world_options();
    struct node *nodes = world.nodes;

    world_start(&world);
    for (uint32_t i = 0; i < 2; i++)
        CHECK(world_node(&world, i, &options) == ENTENTE_OK);
    world_peer(&world, 1 - first, first, false);
    world_peer(&world, first, 1 - first, true);
    for (uint32_t turn = 0; turn < turns; turn++)
        world_turn(&world);
    struct net_peer peer = {.address = nodes[first].listen};
    memcpy(peer.transport_key, net_key(nodes[first].net), NET_KEY_BYTES);
    CHECK(net_peer_update(nodes[1 - first].net, 0, &peer) == ENTENTE_OK);

    RUN_UNTIL(&world, nodes[0].links[0] != NULL && nodes[1].links[0] != NULL);
    world_wait(&world, 60);
    for (uint32_t i = 0; i < 2; i++)
        CHECK(nodes[i].ups == 1 && nodes[i].downs == 0);
    CHECK(memcmp(nodes[0].exporters[0], nodes[1].exporters[0], NET_EXPORTER_BYTES) == 0);
    /* The smaller key's dial is never turned away. */
    uint32_t smaller =
        memcmp(net_key(nodes[0].net), net_key(nodes[1].net), NET_KEY_BYTES) < 0 ? 0 : 1;
    CHECK(nodes[smaller].troubles == 0);
    if (test_failures > 0)
        printf("# node %u dialled first, by %u turns: %u and %u links\n", first, turns,
            nodes[0].ups, nodes[1].ups);
    world_end(&world);
}

TEST(two_that_dial_at_once_get_one_link_that_stays)
{
    for (uint32_t first = 0; first < 2; first++)
        for (uint32_t turns = 0; turns < 14; turns++)
            dial_each_other(first, turns);
}

TEST(four_nodes_make_a_full_mesh)
{
    struct world world;
    const struct net_options options = world_options();

    world_start(&world);
    for (uint32_t i = 0; i < 4; i++)
        CHECK(world_node(&world, i, &options) == ENTENTE_OK);
    for (uint32_t at = 0; at < 4; at++)
        for (uint32_t of = 0; of < 4; of++)
            if (at != of)
                world_peer(&world, at, of, true);
    for (uint32_t i = 0; i < 4; i++)
        RUN_UNTIL(&world, world.nodes[i].links[0] != NULL && world.nodes[i].links[1] != NULL &&
                              world.nodes[i].links[2] != NULL);
    world_wait(&world, 200);
    for (uint32_t i = 0; i < 4; i++)
        CHECK(world.nodes[i].ups == 3 && world.nodes[i].downs == 0);
    world_end(&world);
}

TEST(a_node_with_another_key_than_expected_gets_no_link)
{
    struct world world;
    const struct net_options options = world_options();

    world_start(&world);
    for (uint32_t i = 0; i < 3; i++)
        CHECK(world_node(&world, i, &options) == ENTENTE_OK);
    /* Node 0 believes that node 2 lives where node 1 does. */
    world_peer(&world, 1, 0, false);
    world_peer_at(&world, 0, 2, world.nodes[1].listen);
    RUN_UNTIL(&world, world.nodes[0].troubles > 0);
    CHECK(strcmp(world.nodes[0].trouble, "another node answers at its address") == 0);
    CHECK(strcmp(net_peer_trouble(world.nodes[0].net, 0), world.nodes[0].trouble) == 0);
    world_wait(&world, 200);
    CHECK(world.nodes[0].ups == 0 && world.nodes[1].ups == 0);
    CHECK(world.nodes[0].troubles == 1); /* told once, although it was tried many times */
    world_end(&world);
}

TEST(a_node_whom_nobody_expects_is_turned_away)
{
    struct world world;
    const struct net_options options = world_options();

    world_start(&world);
    for (uint32_t i = 0; i < 3; i++)
        CHECK(world_node(&world, i, &options) == ENTENTE_OK);
    world_peer(&world, 0, 1, true);
    world_peer(&world, 1, 2, false);
    RUN_UNTIL(&world, world.nodes[0].troubles > 0 && world.nodes[1].strangers > 0);
    CHECK(strncmp(world.nodes[1].trouble, "turned away: no peer has the key ", 33) == 0);
    world_wait(&world, 200);
    CHECK(world.nodes[0].ups == 0 && world.nodes[1].ups == 0);
    CHECK(world.nodes[1].strangers == 1); /* at most one report a second */

    world_peer(&world, 1, 0, false);
    RUN_UNTIL(&world, world.nodes[0].ups == 1 && world.nodes[1].ups == 1);
    world_end(&world);
}

TEST(a_link_comes_back_soon_after_the_dialled_node_was_restarted)
{
    struct world world;
    const struct net_options options = world_options();

    start_pair(&world);
    world_end_node(&world, 1);
    RUN_UNTIL(&world, world.nodes[0].downs == 1);
    world_wait(&world, 150);
    CHECK(world_node(&world, 1, &options) == ENTENTE_OK);
    world_peer(&world, 1, 0, false);
    uint64_t start = uv_now(&world.loop);
    RUN_UNTIL(&world, world.nodes[0].ups == 2 && world.nodes[1].ups == 1);
    CHECK(uv_now(&world.loop) - start < 1000);
    world_end(&world);
}

TEST(a_restarted_node_that_dials_need_not_wait_for_the_other_ones_patience)
{
    struct world world;
    struct net_options options = world_options();

    world_start(&world);
    options.retry_ms_min = options.retry_ms_max = 60000;
    CHECK(world_node(&world, 0, &options) == ENTENTE_OK);
    options = world_options();
    CHECK(world_node(&world, 1, &options) == ENTENTE_OK);
    world_peer(&world, 1, 0, false);
    world_peer(&world, 0, 1, true);
    RUN_UNTIL(&world, world.nodes[0].ups == 1);
    world_end_node(&world, 1);
    RUN_UNTIL(&world, world.nodes[0].downs == 1);
    world_wait(&world, 50);
    CHECK(world_node(&world, 1, &options) == ENTENTE_OK);
    world_peer(&world, 1, 0, true);
    RUN_UNTIL(&world, world.nodes[0].ups == 2 && world.nodes[1].ups == 1);
    world_end(&world);
}

TEST(patience_is_regained_when_the_peer_dials)
{
    struct world world;
    struct net_options options = world_options();

    world_start(&world);
    options.retry_ms_min = 2;
    options.retry_ms_max = 60000;
    for (uint32_t i = 0; i < 2; i++)
        CHECK(world_node(&world, i, &options) == ENTENTE_OK);
    world_end_node(&world, 1);
    struct net_peer peer = {.address = world.nodes[1].listen};
    world_key(1, peer.transport_key);
    uint32_t index;
    CHECK(net_peer_add(world.nodes[0].net, &peer, &index) == ENTENTE_OK);
    world_wait(&world, 1000); /* nine failures; the next wait is more than half a second */

    CHECK(world_node(&world, 1, &options) == ENTENTE_OK);
    world_peer(&world, 1, 0, true);
    RUN_UNTIL(&world, world.nodes[0].ups == 1 && world.nodes[1].ups == 1);
    world_end_node(&world, 1);
    CHECK(world_node(&world, 1, &options) == ENTENTE_OK);
    world_peer(&world, 1, 0, false);
    uint64_t start = uv_now(&world.loop);
    RUN_UNTIL(&world, world.nodes[0].ups == 2);
    CHECK(uv_now(&world.loop) - start < 400);
    world_end(&world);
}

TEST(a_link_that_is_cut_again_and_again_is_not_dialled_in_a_hurry)
{
    struct world world;
    struct net_options options = world_options();

    world_start(&world);
    options.retry_ms_min = options.retry_ms_max = 100;
    for (uint32_t i = 0; i < 2; i++)
        CHECK(world_node(&world, i, &options) == ENTENTE_OK);
    world.nodes[1].cuts_at_once = true;
    world_peer(&world, 1, 0, false);
    world_peer(&world, 0, 1, true);
    world_wait(&world, 400);
    CHECK(world.nodes[0].ups >= 2 && world.nodes[0].ups <= 9);
    world.nodes[1].cuts_at_once = false;
    RUN_UNTIL(&world, world.nodes[0].links[0] != NULL && world.nodes[1].links[0] != NULL);
    world_end(&world);
}

TEST(a_full_queue_refuses_and_says_when_there_is_room)
{
    struct world world;
    uint8_t *data = make_frame(100000, 5);
    uint64_t sent = 0;
    enum entente_error error = ENTENTE_OK;

    start_pair(&world);
    net_pause(world.nodes[1].links[0]);
    for (int refused = 0; refused < 5;) { /* first the sockets' buffers fill, then the queue */
        error = net_send(world.nodes[0].links[0], (struct bytes){data, 100000});
        refused = error == ENTENTE_OK ? 0 : refused + 1;
        sent += error == ENTENTE_OK;
        world_wait(&world, error == ENTENTE_OK ? 0 : 20);
        world_turn(&world);
    }
    CHECK(error == ENTENTE_ERR_FLOOD);
    CHECK(net_queued(world.nodes[0].links[0]) <= NET_QUEUE_BYTES_MAX);
    CHECK(net_queued(world.nodes[0].links[0]) > NET_QUEUE_BYTES_MAX - 110000);
    CHECK(world.nodes[1].frames < sent);
    uint32_t turns = 0; /* waiting for either side costs nothing but the pulse of the world */
    for (uint64_t until = uv_now(&world.loop) + 100; uv_now(&world.loop) < until; turns++)
        world_turn(&world);
    CHECK(turns < 150);
    uint32_t before = world.nodes[0].writables;

    net_resume(world.nodes[1].links[0]);
    RUN_UNTIL(&world, world.nodes[0].writables == before + 1);
    CHECK(net_queued(world.nodes[0].links[0]) <= NET_QUEUE_BYTES_MAX / 2);
    RUN_UNTIL(&world, world.nodes[1].frames == sent);
    CHECK(net_queued(world.nodes[0].links[0]) == 0 && world.nodes[0].writables == before + 1);
    free(data);
    world_end(&world);
}

TEST(empty_frames_count_against_the_queue_too)
{
    struct world world;
    uint8_t *data = make_frame(NET_FRAME_BYTES_MAX, 5);
    uint32_t count = 0;

    start_pair(&world);
    net_pause(world.nodes[1].links[0]);
    while (net_queued(world.nodes[0].links[0]) == 0) {
        CHECK(net_send(world.nodes[0].links[0], (struct bytes){data, NET_FRAME_BYTES_MAX}) ==
              ENTENTE_OK);
        world_turn(&world);
    }
    while (count < NET_QUEUE_BYTES_MAX &&
           net_send(world.nodes[0].links[0], (struct bytes){0}) == ENTENTE_OK)
        count++;
    CHECK(count < NET_QUEUE_BYTES_MAX / 32);
    free(data);
    world_end(&world);
}

TEST(a_blocked_peer_has_no_link_until_it_is_unblocked)
{
    struct world world;

    start_pair(&world);
    net_peer_block(world.nodes[1].net, 0, true); /* the side that is dialled */
    RUN_UNTIL(&world, world.nodes[0].downs == 1 && world.nodes[1].downs == 1);
    world_wait(&world, 300);
    CHECK(world.nodes[0].ups == 1 && world.nodes[1].ups == 1);
    CHECK(world.nodes[1].strangers == 0);
    net_peer_block(world.nodes[1].net, 0, false);
    RUN_UNTIL(&world, world.nodes[0].ups == 2 && world.nodes[1].ups == 2);

    net_peer_block(world.nodes[0].net, 0, true); /* the side that dials */
    RUN_UNTIL(&world, world.nodes[0].downs == 2 && world.nodes[1].downs == 2);
    world_wait(&world, 300);
    CHECK(world.nodes[0].ups == 2 && world.nodes[1].ups == 2);
    net_peer_block(world.nodes[0].net, 0, false);
    RUN_UNTIL(&world, world.nodes[0].ups == 3 && world.nodes[1].ups == 3);
    world_end(&world);
}

TEST(the_reason_of_a_cut_reaches_the_peer)
{
    struct world world;

    start_pair(&world);
    net_cut(world.nodes[1].links[0], "the data is not well formed \xE2\x80\xA6");
    CHECK(world.nodes[1].downs == 0); /* not from inside the call */
    CHECK(net_send(world.nodes[1].links[0], bytes_of_text("more")) == ENTENTE_ERR_GONE);
    RUN_UNTIL(&world, world.nodes[0].downs == 1 && world.nodes[1].downs == 1);
    CHECK(strcmp(world.nodes[1].reason, "the data is not well formed ???") == 0);
    CHECK(strcmp(world.nodes[0].reason,
              "the peer closed the link: the data is not well formed ???") == 0);
    world_end(&world);
}

TEST(a_link_that_is_cut_while_it_is_paused_is_closed_without_delay)
{
    struct world world;
    const struct net_options options = world_options();

    world_start(&world);
    for (uint32_t i = 0; i < 2; i++)
        CHECK(world_node(&world, i, &options) == ENTENTE_OK);
    int before = world_descriptors();
    world_peer(&world, 1, 0, false);
    world_peer(&world, 0, 1, true);
    RUN_UNTIL(&world, world.nodes[0].ups == 1 && world.nodes[1].ups == 1);
    net_pause(world.nodes[1].links[0]);
    net_peer_block(world.nodes[1].net, 0, true);
    RUN_UNTIL(&world, world.nodes[0].downs == 1);
    net_peer_block(world.nodes[0].net, 0, true);
    uint64_t start = uv_now(&world.loop);
    RUN_UNTIL(&world, world_descriptors() == before);
    CHECK(uv_now(&world.loop) - start < 1000);
    world_end(&world);
}

TEST(a_link_can_be_cut_from_inside_received)
{
    struct world world;

    start_pair(&world);
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t downs = world.nodes[0].downs;
        world.nodes[i].frames = 0;
        world.nodes[i].cut_first = "enough";
        for (int sent = 0; sent < 3; sent++)
            CHECK(net_send(world.nodes[1 - i].links[0], bytes_of_text("a frame")) == ENTENTE_OK);
        RUN_UNTIL(&world, world.nodes[0].downs > downs && world.nodes[1].downs > downs);
        CHECK(world.nodes[i].frames == 1);
        CHECK(strcmp(world.nodes[1 - i].reason, "the peer closed the link: enough") == 0);
        world.nodes[i].cut_first = NULL;
        RUN_UNTIL(&world, world.nodes[0].links[0] != NULL && world.nodes[1].links[0] != NULL);
    }
    world_end(&world);
}

TEST(frames_can_be_sent_from_inside_received)
{
    struct world world;
    uint8_t *data = make_frame(400000, 9);

    start_pair(&world);
    world.nodes[1].echo = true;
    for (int i = 0; i < 5; i++)
        CHECK(net_send(world.nodes[0].links[0], (struct bytes){data, 400000}) == ENTENTE_OK);
    RUN_UNTIL(&world, world.nodes[0].frames == 5);
    CHECK(world.nodes[0].digest == world.nodes[1].digest);
    free(data);
    world_end(&world);
}

TEST(peers_come_go_and_change_at_run_time)
{
    struct world world;
    const struct net_options options = world_options();
    struct net_peer peer = {.address = NULL};
    uint32_t index;

    start_pair(&world);
    CHECK(world_node(&world, 2, &options) == ENTENTE_OK);
    world_peer(&world, 2, 0, false);

    memcpy(peer.transport_key, net_key(world.nodes[1].net), NET_KEY_BYTES);
    CHECK(net_peer_add(world.nodes[0].net, &peer, &index) == ENTENTE_ERR_EXISTS);
    memcpy(peer.transport_key, net_key(world.nodes[0].net), NET_KEY_BYTES);
    CHECK(net_peer_add(world.nodes[0].net, &peer, &index) == ENTENTE_ERR_EXISTS);
    CHECK(index == NET_NO_PEER);
    CHECK(net_peer_update(world.nodes[0].net, 9, &peer) == ENTENTE_ERR_NOT_FOUND);

    /* The peer is another node from now on. */
    peer.address = world.nodes[2].listen;
    memcpy(peer.transport_key, net_key(world.nodes[2].net), NET_KEY_BYTES);
    CHECK(net_peer_update(world.nodes[0].net, 0, &peer) == ENTENTE_OK);
    RUN_UNTIL(&world, world.nodes[0].links[0] != NULL && world.nodes[2].links[0] != NULL);
    RUN_UNTIL(&world, world.nodes[1].downs == 1);
    CHECK(world.nodes[0].downs == 1);

    net_peer_remove(world.nodes[0].net, 0);
    CHECK(net_peer_link(world.nodes[0].net, 0) == NULL);
    RUN_UNTIL(&world, world.nodes[0].downs == 2 && world.nodes[2].downs == 1);
    CHECK(world_peer(&world, 0, 1, true) == 0);
    RUN_UNTIL(&world, world.nodes[0].ups == 3 && world.nodes[1].ups == 2);
    world_end(&world);
}

TEST(a_changed_address_is_dialled_at_once)
{
    struct world world;
    struct net_options options = world_options();

    world_start(&world);
    options.retry_ms_min = options.retry_ms_max = 60000;
    for (uint32_t i = 0; i < 2; i++)
        CHECK(world_node(&world, i, &options) == ENTENTE_OK);
    world_peer(&world, 1, 0, false);
    world_peer_at(&world, 0, 1, "127.0.0.1:1"); /* nobody listens there */
    RUN_UNTIL(&world, world.nodes[0].troubles == 1);

    struct net_peer peer = {.address = world.nodes[1].listen};
    memcpy(peer.transport_key, net_key(world.nodes[1].net), NET_KEY_BYTES);
    CHECK(net_peer_update(world.nodes[0].net, 0, &peer) == ENTENTE_OK);
    RUN_UNTIL(&world, world.nodes[0].ups == 1);
    world_end(&world);
}

TEST(names_are_looked_up)
{
    struct world world;
    const struct net_options options = world_options();
    char address[40];

    world_start(&world);
    for (uint32_t i = 0; i < 3; i++)
        CHECK(world_node(&world, i, &options) == ENTENTE_OK);
    world_peer(&world, 1, 0, false);
    snprintf(address, sizeof address, "localhost:%u", net_port(world.nodes[1].net));
    world_peer_at(&world, 0, 1, address);
    RUN_UNTIL(&world, world.nodes[0].ups == 1 && world.nodes[1].ups == 1);

    world_peer_at(&world, 0, 2, "no-such-host.invalid:443");
    RUN_UNTIL(&world, world.nodes[0].troubles == 1);
    CHECK(strcmp(world.nodes[0].trouble, "the name of its host is not known") == 0);
    world_end(&world);
}

TEST(a_quiet_link_stays_and_a_paused_one_too)
{
    struct world world;
    struct net_options options = world_options();

    world_start(&world);
    options.heartbeat_ms = 50;
    options.silence_ms = 300;
    for (uint32_t i = 0; i < 2; i++)
        CHECK(world_node(&world, i, &options) == ENTENTE_OK);
    world_peer(&world, 1, 0, false);
    world_peer(&world, 0, 1, true);
    RUN_UNTIL(&world, world.nodes[0].ups == 1 && world.nodes[1].ups == 1);
    world_wait(&world, 900);
    net_pause(world.nodes[0].links[0]);
    world_wait(&world, 900);
    net_resume(world.nodes[0].links[0]);
    net_pause(world.nodes[1].links[0]);
    world_wait(&world, 900);
    net_resume(world.nodes[1].links[0]);
    world_wait(&world, 100);
    CHECK(world.nodes[0].downs == 0 && world.nodes[1].downs == 0);
    world_end(&world);
}

TEST(a_net_can_be_closed_with_much_under_way)
{
    struct world world;
    uint8_t *data = make_frame(1000000, 5);

    start_pair(&world);
    world.nodes[1].echo = true;
    for (int i = 0; i < 4; i++)
        CHECK(net_send(world.nodes[0].links[0], (struct bytes){data, 1000000}) == ENTENTE_OK);
    for (int i = 0; i < 5; i++)
        world_turn(&world);
    CHECK(world.nodes[0].downs == 0);
    free(data);
    world_end(&world);
    CHECK(world.nodes[0].downs == 0); /* no callback but closed() after net_close() */
}

TEST(wrong_addresses_and_taken_ports_are_told_apart)
{
    struct world world;
    struct net_options options = world_options();
    static const char *const wrong[] = {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000",
        "localhost:0", "[::1]", "[127.0.0.1:1", "203.0.113.1:0"};

    world_start(&world);
    CHECK(world_node(&world, 0, &options) == ENTENTE_OK);
    options.listen = world.nodes[0].listen;
    CHECK(world_node(&world, 1, &options) == ENTENTE_ERR_PORT_IN_USE);
    CHECK(world.nodes[1].net == NULL);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        options.listen = wrong[i];
        CHECK(world_node(&world, 1, &options) == ENTENTE_ERR_ADDRESS);
    }
    options = world_options();
    options.proxy = "nowhere";
    CHECK(world_node(&world, 1, &options) == ENTENTE_ERR_ADDRESS);
    options = world_options();
    options.queue_bytes_max = 1000;
    CHECK(world_node(&world, 1, &options) == ENTENTE_ERR_USAGE);

    const struct net_peer peer = {.transport_key = {1}, .address = "somewhere"};
    uint32_t index;
    CHECK(net_peer_add(world.nodes[0].net, &peer, &index) == ENTENTE_ERR_ADDRESS);
    world_end(&world);
}

TEST(no_more_peers_than_said)
{
    struct world world;
    const struct net_options options = world_options();
    struct net_peer peer = {.address = NULL};
    uint32_t index;

    world_start(&world);
    CHECK(world_node(&world, 0, &options) == ENTENTE_OK);
    for (uint32_t i = 0; i < NET_PEERS_MAX; i++) {
        peer.transport_key[0] = (uint8_t)i;
        CHECK(net_peer_add(world.nodes[0].net, &peer, &index) == ENTENTE_OK && index == i);
    }
    peer.transport_key[0] = NET_PEERS_MAX;
    CHECK(net_peer_add(world.nodes[0].net, &peer, &index) == ENTENTE_ERR_TOO_LARGE);
    net_peer_remove(world.nodes[0].net, 5);
    CHECK(net_peer_add(world.nodes[0].net, &peer, &index) == ENTENTE_OK && index == 5);
    world_end(&world);
}

TEST_MAIN(CASE(frames_of_all_sizes_arrive_whole_both_ways),
    CASE(many_frames_keep_their_order_while_the_reader_pauses),
    CASE(nothing_is_left_in_the_buffers_after_a_pause),
    CASE(a_link_with_much_to_read_leaves_turns_to_others),
    CASE(both_ends_export_the_same_secret_and_each_link_its_own),
    CASE(two_that_dial_at_once_get_one_link_that_stays), CASE(four_nodes_make_a_full_mesh),
    CASE(a_node_with_another_key_than_expected_gets_no_link),
    CASE(a_node_whom_nobody_expects_is_turned_away),
    CASE(a_link_comes_back_soon_after_the_dialled_node_was_restarted),
    CASE(a_restarted_node_that_dials_need_not_wait_for_the_other_ones_patience),
    CASE(patience_is_regained_when_the_peer_dials),
    CASE(a_link_that_is_cut_again_and_again_is_not_dialled_in_a_hurry),
    CASE(a_full_queue_refuses_and_says_when_there_is_room),
    CASE(empty_frames_count_against_the_queue_too),
    CASE(a_blocked_peer_has_no_link_until_it_is_unblocked),
    CASE(the_reason_of_a_cut_reaches_the_peer),
    CASE(a_link_that_is_cut_while_it_is_paused_is_closed_without_delay),
    CASE(a_link_can_be_cut_from_inside_received), CASE(frames_can_be_sent_from_inside_received),
    CASE(peers_come_go_and_change_at_run_time), CASE(a_changed_address_is_dialled_at_once),
    CASE(names_are_looked_up), CASE(a_quiet_link_stays_and_a_paused_one_too),
    CASE(a_net_can_be_closed_with_much_under_way),
    CASE(wrong_addresses_and_taken_ports_are_told_apart), CASE(no_more_peers_than_said))
