/*
 * Goal: a file goes to whom wants it, whatever happens to links and nodes on the way: nothing that
 * was stored is fetched again, nothing false is stored, and entries never wait for chunks. Method:
 * three real nodes over memory stores, joined by wires in memory; wires that are cut with all that
 * is on them, nodes that start again, peers that are silent or lie, by seeds.
 */
#include "crypto/crypto.h"
#include "format/file.h"
#include "node/node.h"
#include "store/store.h"
#include "support/build.h"
#include "support/test.h"

#define NODES 3u
#define WIRE_FRAMES_MAX 4096u

/* What is on its way from one node to another. */
struct wire {
    bool is_up;
    uint32_t link; /* number at both ends */
    struct bytes frames[WIRE_FRAMES_MAX];
    uint32_t first, count;
};

/* What happens to a frame on the wire. */
enum tamper { TAMPER_NONE, TAMPER_CHUNK, TAMPER_LEAVES, TAMPER_SILENT, TAMPER_TWICE };

struct machine {
    struct store *store;
    struct node *node;
    struct effects effects;
    uint64_t timer_ms;
    enum entente_error cut; /* the last reason for which it cut a link */
    bool has_failed;        /* its store did: nothing more is kept in this step */
    uint32_t failures;
};

static struct build_party parties[NODES];
static struct built_room room;
static struct machine machines[NODES];
static struct wire wires[NODES][NODES];
static uint64_t now_ms;
static uint32_t links;
static uint32_t chunks_carried;
static struct node_mutations mutations;
static enum tamper tamper;                          /* of what node 0 sends */
static enum entente_error failure = ENTENTE_ERR_IO; /* what a store that fails says */

/* ---- the world ---- */

static void step(uint32_t index, struct event event);

static void
send(uint32_t from, const struct effect *effect)
{
    for (uint32_t to = 0; to < NODES; to++) {
        struct wire *wire = &wires[from][to];
        if (!wire->is_up || wire->link != effect->link)
            continue;
        REQUIRE(wire->count < WIRE_FRAMES_MAX);
        uint8_t *copy = malloc(effect->data.size);
        REQUIRE(copy != NULL);
        memcpy(copy, effect->data.data, effect->data.size);
        wire->frames[(wire->first + wire->count++) % WIRE_FRAMES_MAX] =
            (struct bytes){copy, effect->data.size};
    }
}

static void
clear(struct wire *wire)
{
    for (; wire->count > 0; wire->count--, wire->first++)
        free((void *)wire->frames[wire->first % WIRE_FRAMES_MAX].data);
    wire->is_up = false;
}

static void
disconnect(uint32_t a, uint32_t b)
{
    struct event event = {.kind = EVENT_LINK_DOWN, .link = wires[a][b].link};

    if (!wires[a][b].is_up)
        return;
    clear(&wires[a][b]);
    clear(&wires[b][a]);
    if (machines[a].node != NULL)
        step(a, event);
    if (machines[b].node != NULL)
        step(b, event);
}

static void
connect(uint32_t a, uint32_t b)
{
    struct event event = {.kind = EVENT_LINK_UP, .link = ++links};

    disconnect(a, b);
    wires[a][b].is_up = wires[b][a].is_up = true;
    wires[a][b].link = wires[b][a].link = links;
    memset(event.exporter, (int)links, sizeof event.exporter);
    event.party = *register_party(parties[b].reg);
    step(a, event);
    event.party = *register_party(parties[a].reg);
    step(b, event);
}

static enum entente_error
keep(struct machine *machine, const struct effect *effect)
{
    const struct admitted *a = effect->admitted;
    enum entente_error error = store_begin(machine->store);

    if (error != ENTENTE_OK)
        return error;
    if (effect->kind == EFFECT_STORE_FILE)
        return store_put_file(
            machine->store, &room.room, &effect->root, &effect->file, effect->data);
    if (effect->kind == EFFECT_STORE_CHUNK)
        return store_put_chunk(
            machine->store, &room.room, &effect->file.place, effect->seq, effect->data);
    if (effect->kind == EFFECT_STORE_BRANCH)
        return store_put_branch(machine->store, &room.room, &a->branch);
    return store_put_segment(machine->store, &room.room, &a->row, a->specials, a->specials_count);
}

static void
perform(uint32_t index, const struct effect *effect, uint64_t *batch)
{
    struct machine *machine = &machines[index];

    if (effect->kind == EFFECT_SEND)
        send(index, effect);
    else if (effect->kind == EFFECT_CUT)
        machine->cut = effect->error;
    else if (effect->kind == EFFECT_TIMER)
        machine->timer_ms = effect->at_ms;
    else if (effect->kind == EFFECT_COMMIT)
        *batch = effect->batch;
    else if (effect->kind == EFFECT_STORE_FILE || effect->kind == EFFECT_STORE_CHUNK ||
             effect->kind == EFFECT_STORE_BRANCH || effect->kind == EFFECT_STORE_SEGMENT)
        machine->has_failed = machine->has_failed || keep(machine, effect) != ENTENTE_OK;
}

static void
commit(uint32_t index, uint64_t batch)
{
    struct machine *machine = &machines[index];
    struct event event = {.kind = EVENT_STORED, .batch = batch};

    if (machine->has_failed || store_commit(machine->store) != ENTENTE_OK) {
        event.kind = EVENT_STORE_FAILED;
        event.error = failure;
        machine->failures++;
    }
    machine->has_failed = false;
    step(index, event);
}

static void
step(uint32_t index, struct event event)
{
    struct machine *machine = &machines[index];
    uint32_t cut_links[8];
    uint32_t cuts = 0;
    uint64_t batch = 0;

    event.now_ms = BUILD_T_MS + now_ms;
    event.mono_ms = now_ms;
    machine->timer_ms = UINT64_MAX;
    CHECK(node_step(machine->node, &event, &machine->effects) == ENTENTE_OK);
    for (uint32_t i = 0; i < machine->effects.count; i++) {
        const struct effect *effect = &machine->effects.list[i];
        perform(index, effect, &batch);
        if (effect->kind == EFFECT_CUT && cuts < 8)
            cut_links[cuts++] = effect->link;
    }
    for (uint32_t other = 0; other < NODES; other++)
        for (uint32_t c = 0; c < cuts; c++)
            if (wires[index][other].is_up && wires[index][other].link == cut_links[c])
                disconnect(index, other);
    if (batch != 0)
        commit(index, batch);
}

static void
start_node(uint32_t index)
{
    struct machine *machine = &machines[index];
    struct node_options options = {.self = *register_party(parties[index].reg),
        .request_timeout_ms = 1000,
        .files = store_files(machine->store),
        .node_mutations = mutations};

    REQUIRE(node_new(&machine->node, &options) == ENTENTE_OK);
    for (uint32_t i = 0; i < NODES; i++) {
        size_t size;
        uint8_t *entries = build_register_bytes(parties[i].reg, &size);
        CHECK(node_add_register(machine->node, (struct bytes){entries, size}) == ENTENTE_OK);
        free(entries);
    }
    REQUIRE(node_add_room(machine->node, room.file, store_source(machine->store)) == ENTENTE_OK);
    step(index, (struct event){.kind = EVENT_TIMER});
}

/* The process ends and begins again; what was not committed is gone. */
static void
restart_node(uint32_t index)
{
    for (uint32_t other = 0; other < NODES; other++)
        if (other != index)
            disconnect(index, other);
    node_free(machines[index].node);
    machines[index].node = NULL;
    store_memory_crash(machines[index].store);
    start_node(index);
}

static void
start(void)
{
    now_ms = 1000;
    links = chunks_carried = 0;
    tamper = TAMPER_NONE;
    for (uint32_t i = 0; i < NODES; i++)
        build_party(&parties[i], (uint8_t)(i + 1));
    build_room(&room, parties, NODES, "files");
    for (uint32_t i = 0; i < NODES; i++) {
        struct machine *machine = &machines[i];
        *machine = (struct machine){0};
        machine->effects.list = calloc(NODE_EFFECTS_MAX, sizeof *machine->effects.list);
        arena_init(&machine->effects.arena, malloc(NODE_ARENA_BYTES), NODE_ARENA_BYTES);
        REQUIRE(store_open_memory(&machine->store) == ENTENTE_OK);
        REQUIRE(store_begin(machine->store) == ENTENTE_OK);
        CHECK(store_put_room(machine->store, &room.room, room.file) == ENTENTE_OK);
        for (uint32_t slot = 0; slot < NODES; slot++) {
            struct branch_row row = {.index = slot, .slot = (uint8_t)slot, .inc = REGISTER_INC};
            CHECK(store_put_branch(machine->store, &room.room, &row) == ENTENTE_OK);
        }
        CHECK(store_commit(machine->store) == ENTENTE_OK);
        start_node(i);
    }
}

static void
stop(void)
{
    for (uint32_t a = 0; a < NODES; a++)
        for (uint32_t b = 0; b < NODES; b++)
            clear(&wires[a][b]);
    for (uint32_t i = 0; i < NODES; i++) {
        node_free(machines[i].node);
        store_close(machines[i].store);
        free(machines[i].effects.list);
        free(machines[i].effects.arena.block);
        build_party_free(&parties[i]);
    }
    built_room_free(&room);
    mutations = (struct node_mutations){0};
}

/* What node 0 sends may be changed on the wire: so it lies, as far as the others can see. */
static bool
carry(uint32_t from, uint32_t to)
{
    struct wire *wire = &wires[from][to];
    struct bytes frame = wire->frames[wire->first % WIRE_FRAMES_MAX];
    uint8_t *data = (uint8_t *)(uintptr_t)frame.data;

    if (!wire->is_up || wire->count == 0)
        return false;
    wire->first++;
    wire->count--;
    struct event event = {.kind = EVENT_RECEIVED, .link = wire->link, .data = frame};
    uint8_t kind = data[0];
    chunks_carried += kind == FRAME_CHUNK;
    if (from == 0 && tamper == TAMPER_CHUNK && kind == FRAME_CHUNK)
        data[frame.size - 1] ^= 1;
    if (from == 0 && tamper == TAMPER_LEAVES && kind == FRAME_LEAVES)
        data[frame.size - 1] ^= 1;
    bool is_kept_back = from == 0 && tamper == TAMPER_SILENT && kind == FRAME_CHUNK;
    if (!is_kept_back)
        step(to, event);
    if (from == 0 && tamper == TAMPER_TWICE && kind == FRAME_CHUNK && wire->is_up)
        step(to, event);
    free(data);
    return true;
}

/* One frame on each wire, or the next timer. */
static void
turn(void)
{
    bool progress = false;
    uint64_t next_ms = UINT64_MAX;

    for (uint32_t from = 0; from < NODES; from++)
        for (uint32_t to = 0; to < NODES; to++)
            progress |= carry(from, to);
    now_ms++;
    for (uint32_t i = 0; i < NODES; i++)
        next_ms = machines[i].timer_ms < next_ms ? machines[i].timer_ms : next_ms;
    if (!progress && next_ms != UINT64_MAX && next_ms > now_ms)
        now_ms = next_ms;
    for (uint32_t i = 0; i < NODES; i++)
        if (machines[i].timer_ms <= now_ms)
            step(i, (struct event){.kind = EVENT_TIMER});
}

/* ---- files ---- */

static uint8_t leaves[FILE_LEAVES_BYTES_MAX];

static void
make_chunk(uint64_t size, uint32_t index, uint8_t *sealed, struct bytes *chunk)
{
    uint64_t state = index + 1;

    chunk->data = sealed;
    chunk->size = file_chunk_bytes(size, index) + AEAD_TAG_BYTES;
    for (size_t i = 0; i < chunk->size; i += 64)
        sealed[i] = (uint8_t)test_random(&state);
}

static struct digest
put_file(uint32_t index, uint64_t size)
{
    static uint8_t sealed[FILE_SEALED_BYTES_MAX];
    struct machine *machine = &machines[index];
    struct file_row row = {{{0x99, (uint8_t)size, (uint8_t)(size >> 16)}}, size}; /* not its root */
    struct digest root, leaf;
    struct bytes chunk;

    CHECK(store_begin(machine->store) == ENTENTE_OK);
    for (uint32_t i = 0; i < file_chunks(size); i++) {
        make_chunk(size, i, sealed, &chunk);
        file_make_leaf(&leaf, chunk);
        memcpy(leaves + (size_t)i * ID_BYTES, leaf.bytes, ID_BYTES);
        CHECK(store_put_chunk(machine->store, &room.room, &row.place, i, chunk) == ENTENTE_OK);
    }
    file_make_root(&root, size, leaves);
    CHECK(store_put_file(machine->store, &room.room, &root, &row,
              (struct bytes){leaves, (size_t)file_chunks(size) * ID_BYTES}) == ENTENTE_OK);
    CHECK(store_commit(machine->store) == ENTENTE_OK);
    step(index, (struct event){.kind = EVENT_FILE_CHANGED, .room = room.room, .root = root});
    return root;
}

static void
want(uint32_t index, const struct digest *root)
{
    step(index, (struct event){.kind = EVENT_FILE_WANT, .room = room.room, .root = *root});
}

static struct node_file_status
status(uint32_t index, const struct digest *root)
{
    struct node_file_status found;

    CHECK(node_file_status(machines[index].node, &room.room, root, &found) == ENTENTE_OK);
    return found;
}

static bool
is_whole(uint32_t index, const struct digest *root)
{
    struct node_file_status found = status(index, root);

    return found.chunks > 0 && found.here == found.chunks;
}

/* Every byte of it is in the store of the node. */
static bool
has_all(uint32_t index, const struct digest *root, uint64_t size)
{
    static uint8_t wanted[FILE_SEALED_BYTES_MAX];
    const struct file_source *files = store_files(machines[index].store);
    struct file_row row;
    struct bytes chunk, made;

    if (files->file(files->state, &room.room, root, &row) != ENTENTE_OK || row.size != size)
        return false;
    for (uint32_t i = 0; i < file_chunks(size); i++) {
        make_chunk(size, i, wanted, &made);
        if (files->chunk(files->state, &room.room, &row.place, i, &chunk) != ENTENTE_OK ||
            !bytes_equal(chunk, made))
            return false;
    }
    return true;
}

static bool
fetched(uint32_t index, const struct digest *root, uint32_t turns)
{
    for (uint32_t i = 0; i < turns && !is_whole(index, root); i++)
        turn();
    return is_whole(index, root);
}

/* ---- the tests ---- */

TEST(a_file_is_fetched_when_it_is_wanted)
{
    static const uint64_t sizes[] = {0, 1, FILE_CHUNK_BYTES, 40 * FILE_CHUNK_BYTES + 5};

    start();
    connect(0, 1);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct digest root = put_file(0, sizes[i]);
        for (int t = 0; t < 50; t++)
            turn();
        CHECK(status(1, &root).chunks == 0); /* nobody wants it */
        CHECK(is_whole(0, &root));
        want(1, &root);
        CHECK(status(1, &root).is_wanted);
        CHECK(fetched(1, &root, 400));
        CHECK(has_all(1, &root, sizes[i]));
        CHECK(status(1, &root).at == 1 && status(1, &root).size == sizes[i]);
    }
    CHECK(chunks_carried == 1 + 1 + 1 + 41 && machines[1].cut == ENTENTE_OK);
    stop();
}

static bool
has_chunk(uint32_t index, const struct digest *root, uint32_t number)
{
    const struct file_source *files = store_files(machines[index].store);
    struct file_row row;
    struct bytes chunk;

    return files->file(files->state, &room.room, root, &row) == ENTENTE_OK &&
           files->chunk(files->state, &room.room, &row.place, number, &chunk) == ENTENTE_OK;
}

/* Two readers, who ask for a few chunks at once: all of them come before what nobody waits for. */
TEST(what_is_read_comes_first)
{
    static const uint32_t awaited[] = {0, 1, 2, 3, 300, 301, 302, 303};
    bool all_here = false;

    start();
    connect(0, 1);
    struct digest root = put_file(0, 400 * FILE_CHUNK_BYTES);
    for (size_t i = 0; i < sizeof awaited / sizeof awaited[0]; i++)
        step(1, (struct event){.kind = EVENT_FILE_WANT,
                    .room = room.room,
                    .root = root,
                    .seq = awaited[i]});
    for (int i = 0; i < 4000 && !all_here; i++) {
        turn();
        all_here = true;
        for (size_t k = 0; k < sizeof awaited / sizeof awaited[0]; k++)
            all_here = all_here && has_chunk(1, &root, awaited[k]);
    }
    CHECK(all_here && status(1, &root).here < 100);
    CHECK(fetched(1, &root, 4000));
    stop();
}

/* Wires are cut with what is on them, the nodes start again: what was stored is not sent again. */
TEST(it_goes_on_after_interruptions)
{
    const uint64_t size = 60 * FILE_CHUNK_BYTES - 7;

    for (uint64_t seed = 1; seed <= 10; seed++) {
        uint64_t state = seed;
        uint32_t interruptions = 0;
        start();
        connect(0, 1);
        struct digest root = put_file(0, size);
        want(1, &root);
        for (int t = 0; t < 3000 && !is_whole(1, &root); t++) {
            turn();
            if (test_random(&state) % 5 != 0 || interruptions == 12)
                continue;
            interruptions++;
            uint32_t restarted = (uint32_t)(test_random(&state) % 3);
            if (restarted < 2)
                restart_node(restarted);
            connect(0, 1);
            want(1, &root);
        }
        CHECK(has_all(1, &root, size) && interruptions > 3);
        CHECK(chunks_carried <= 60 + 2 * interruptions * FRAME_CHUNKS_MAX / 2);
        CHECK(machines[0].cut == ENTENTE_OK && machines[1].cut == ENTENTE_OK);
        stop();
    }
}

TEST(whoever_has_it_serves_it)
{
    const uint64_t size = 20 * FILE_CHUNK_BYTES;

    start();
    connect(0, 1);
    struct digest root = put_file(0, size);
    want(1, &root);
    CHECK(fetched(1, &root, 200));
    disconnect(0, 1);
    connect(1, 2);
    want(2, &root);
    CHECK(fetched(2, &root, 200) && has_all(2, &root, size));
    CHECK(status(2, &root).at == 2);
    stop();
}

/* Who wants what only a part of the others has gets it from them alone. */
TEST(who_has_it_not_says_so)
{
    start();
    connect(0, 1);
    connect(1, 2);
    struct digest root = put_file(2, 3 * FILE_CHUNK_BYTES);
    struct digest nowhere = {{0xAB}};
    want(1, &nowhere);
    want(1, &root);
    CHECK(fetched(1, &root, 200));
    CHECK(status(1, &root).at == 4 && status(1, &nowhere).chunks == 0);
    CHECK(machines[1].cut == ENTENTE_OK && machines[0].cut == ENTENTE_OK);
    step(1, (struct event){.kind = EVENT_FILE_LEAVE, .room = room.room, .root = nowhere});
    CHECK(!status(1, &nowhere).is_wanted);
    stop();
}

static void
check_lie(enum tamper lie, enum entente_error reason)
{
    const uint64_t size = 20 * FILE_CHUNK_BYTES;

    start();
    struct digest root = put_file(0, size);
    put_file(2, size);
    tamper = lie;
    connect(0, 1);
    want(1, &root);
    for (int t = 0; t < 100 && machines[1].cut == ENTENTE_OK; t++)
        turn();
    CHECK(machines[1].cut == reason && !wires[0][1].is_up);
    CHECK(!is_whole(1, &root));
    connect(1, 2);
    CHECK(fetched(1, &root, 400) && has_all(1, &root, size));
    stop();
}

TEST(who_sends_another_chunk_is_cut)
{
    check_lie(TAMPER_CHUNK, ENTENTE_ERR_HASH);
}

TEST(who_sends_other_leaves_is_cut)
{
    check_lie(TAMPER_LEAVES, ENTENTE_ERR_HASH);
}

TEST(who_sends_unasked_is_cut)
{
    check_lie(TAMPER_TWICE, ENTENTE_ERR_UNEXPECTED);
}

TEST(who_is_silent_is_passed_by)
{
    const uint64_t size = 20 * FILE_CHUNK_BYTES;

    start();
    struct digest root = put_file(0, size);
    tamper = TAMPER_SILENT;
    connect(0, 1);
    want(1, &root);
    for (int t = 0; t < 20; t++)
        turn();
    put_file(2, size);
    connect(1, 2);
    CHECK(fetched(1, &root, 800) && has_all(1, &root, size));
    CHECK(wires[0][1].is_up && machines[1].cut == ENTENTE_OK); /* slow is no breach */
    stop();
}

/* Frames that a peer makes by itself. */
static void
inject(uint32_t from, uint32_t to, const struct frame *frame)
{
    static uint8_t data[FRAME_BYTES_MAX];
    struct writer writer = writer_of(data, sizeof data);

    frame_write(&writer, frame);
    step(to,
        (struct event){
            .kind = EVENT_RECEIVED, .link = wires[from][to].link, .data = writer_written(&writer)});
}

TEST(who_asks_for_too_much_is_cut)
{
    struct frame frame = {.kind = FRAME_CHUNK_WANT, .room = room.room};

    start();
    struct digest root = put_file(1, 40 * FILE_CHUNK_BYTES);
    connect(0, 1);
    for (int t = 0; t < 20; t++)
        turn();
    frame.room = room.room;
    frame.file.root = root;
    frame.file.count = FRAME_CHUNKS_MAX;
    inject(0, 1, &frame);
    CHECK(machines[1].cut == ENTENTE_OK);
    machines[1].cut = ENTENTE_OK;
    frame.room.bytes[0] ^= 1;
    inject(0, 1, &frame);
    CHECK(machines[1].cut == ENTENTE_ERR_WRONG_ROOM);
    stop();

    start();
    root = put_file(1, 40 * FILE_CHUNK_BYTES);
    connect(0, 1);
    for (int t = 0; t < 20; t++)
        turn();
    frame.room = room.room;
    frame.file.root = root;
    for (int i = 0; i < 8 && machines[1].cut == ENTENTE_OK; i++) /* credit runs out: they pile up */
        inject(0, 1, &frame);
    CHECK(machines[1].cut == ENTENTE_ERR_FLOOD);
    stop();
}

static size_t
bytes_on(const struct wire *wire, uint8_t kind)
{
    size_t bytes = 0;

    for (uint32_t i = 0; i < wire->count; i++) {
        struct bytes frame = wire->frames[(wire->first + i) % WIRE_FRAMES_MAX];
        bytes += frame.data[0] == kind ? frame.size : 0;
    }
    return bytes;
}

/*
 * Node 1 asks node 0 for chunks without taking them in, so that node 0 gets no credit back; then an
 * entry comes: it is sent, and before the chunks that wait.
 */
TEST(entries_do_not_wait_for_chunks)
{
    struct frame want_chunks = {.kind = FRAME_CHUNK_WANT}, want_lane = {.kind = FRAME_WANT};
    struct build_feed feed;
    struct built_segment built;

    start();
    struct digest root = put_file(0, 100 * FILE_CHUNK_BYTES);
    connect(0, 1);
    connect(0, 2);
    for (int t = 0; t < 20; t++)
        turn();
    want_chunks.room = want_lane.room = room.room;
    want_chunks.file.root = root;
    want_chunks.file.count = FRAME_CHUNKS_MAX;
    size_t sent = 0;
    for (uint32_t asked = 0; sent >= asked * (size_t)FILE_CHUNK_BYTES; asked += FRAME_CHUNKS_MAX) {
        want_chunks.file.index = asked;
        inject(1, 0, &want_chunks);
        for (int t = 0; t < 3; t++) {
            now_ms += 10;
            step(0, (struct event){.kind = EVENT_TIMER});
        }
        sent = bytes_on(&wires[0][1], FRAME_CHUNK);
    }
    CHECK(machines[0].cut == ENTENTE_OK);
    CHECK(sent > CREDIT_INITIAL / 4 && sent <= CREDIT_INITIAL / 2);

    /* More chunks are owed than may be sent; an entry of party 2 comes and is asked for. */
    build_feed(&feed, &parties[2], &room.room, 2, 1);
    build_segment(&built, &feed,
        (struct build_entry[]){{.kind = ENTRY_SEALED, .payload = bytes_of_text("sealed")}}, 1);
    struct frame segment = {.kind = FRAME_SEGMENT, .segment = {built.segment, built.payloads}};
    inject(2, 0, &segment);
    want_lane.want.after = (struct position){.slot = 2, .inc = 1};
    want_lane.want.to_seq = 1;
    inject(1, 0, &want_lane);
    for (int t = 0; t < 5; t++) {
        now_ms += 10;
        step(0, (struct event){.kind = EVENT_TIMER});
    }
    CHECK(bytes_on(&wires[0][1], FRAME_SEGMENT) > 0);
    built_segment_free(&built);
    stop();
}

/* Within one step, too: what is due goes out in this order. */
TEST(entries_go_before_chunks)
{
    struct frame want_chunks = {.kind = FRAME_CHUNK_WANT}, want_lane = {.kind = FRAME_WANT};
    struct build_feed feed;
    struct built_segment built;
    bool seen_chunk = false, seen_segment = false;

    start();
    struct digest root = put_file(0, 10 * FILE_CHUNK_BYTES);
    connect(0, 1);
    connect(0, 2);
    build_feed(&feed, &parties[2], &room.room, 2, 1);
    build_segment(&built, &feed,
        (struct build_entry[]){{.kind = ENTRY_SEALED, .payload = bytes_of_text("sealed")}}, 1);
    for (int t = 0; t < 20; t++)
        turn();
    struct frame segment = {.kind = FRAME_SEGMENT, .segment = {built.segment, built.payloads}};
    inject(2, 0, &segment);
    want_chunks.room = want_lane.room = room.room;
    want_lane.want.after = (struct position){.slot = 2, .inc = 1};
    want_lane.want.to_seq = 1;
    want_chunks.file.root = root;
    want_chunks.file.count = 2;
    inject(1, 0, &want_lane); /* gathers for some milliseconds */
    inject(1, 0, &want_chunks);
    uint32_t first = wires[0][1].count;
    now_ms += 10;
    step(0, (struct event){.kind = EVENT_TIMER});
    for (uint32_t i = first; i < wires[0][1].count; i++) {
        uint8_t kind = wires[0][1].frames[(wires[0][1].first + i) % WIRE_FRAMES_MAX].data[0];
        CHECK(kind != FRAME_SEGMENT || !seen_chunk);
        seen_chunk |= kind == FRAME_CHUNK;
        seen_segment |= kind == FRAME_SEGMENT;
    }
    CHECK(seen_chunk && seen_segment);
    built_segment_free(&built);
    stop();
}

/* Each write of the store fails once: what it lost is fetched again when the link is back. */
TEST(what_the_store_lost_is_fetched_again)
{
    const uint64_t size = 6 * FILE_CHUNK_BYTES;
    uint32_t failures = 1;

    for (uint64_t write = 1; failures > 0; write++) {
        start();
        connect(0, 1);
        struct digest root = put_file(0, size);
        store_memory_fail_after(machines[1].store, write, ENTENTE_ERR_IO);
        want(1, &root);
        for (int t = 0; t < 400 && !is_whole(1, &root); t++) {
            turn();
            if (!wires[0][1].is_up) {
                CHECK(!is_whole(1, &root));
                connect(0, 1);
            }
        }
        CHECK(is_whole(1, &root) && has_all(1, &root, size));
        failures = machines[1].failures;
        CHECK(write < 40);
        stop();
    }
}

/* What room is left belongs to entries: the people ask again when there is more. */
TEST(a_full_disk_ends_the_fetching)
{
    start();
    connect(0, 1);
    struct digest root = put_file(0, 20 * FILE_CHUNK_BYTES);
    failure = ENTENTE_ERR_DISK_FULL;
    store_memory_fail_after(machines[1].store, 5, ENTENTE_ERR_DISK_FULL);
    want(1, &root);
    for (int t = 0; t < 100; t++) {
        turn();
        if (!wires[0][1].is_up)
            connect(0, 1);
    }
    CHECK(machines[1].failures == 1 && !status(1, &root).is_wanted && !is_whole(1, &root));
    want(1, &root);
    CHECK(fetched(1, &root, 400) && has_all(1, &root, 20 * FILE_CHUNK_BYTES));
    failure = ENTENTE_ERR_IO;
    stop();
}

int
main(int argc, char **argv)
{
    const struct test_case cases[] = {
        CASE(a_file_is_fetched_when_it_is_wanted), CASE(what_is_read_comes_first),
        CASE(it_goes_on_after_interruptions),
        CASE(whoever_has_it_serves_it),
        CASE(who_has_it_not_says_so),
        CASE(who_sends_another_chunk_is_cut),
        CASE(who_sends_other_leaves_is_cut),
        CASE(who_sends_unasked_is_cut),
        CASE(who_is_silent_is_passed_by),
        CASE(who_asks_for_too_much_is_cut),
        CASE(entries_do_not_wait_for_chunks),
        CASE(entries_go_before_chunks),
        CASE(what_the_store_lost_is_fetched_again),
        CASE(a_full_disk_ends_the_fetching),
    };

    if (crypto_start() != ENTENTE_OK)
        return 1;
    return test_run(cases, sizeof cases / sizeof cases[0], argc, argv);
}
