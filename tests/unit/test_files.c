/*
 * Goal: what is given in pieces of any size comes back byte for byte, in whole and in part; the
 * node sees sealed chunks only, and never more at a time than the window; every error ends the
 * thing that it hit. Method: the desk's part with a node played beside it over channels in memory:
 * it keeps what it is given, and answers, late, wrongly or not at all.
 */
#include "crypto/crypto.h"
#include "crypto/hash.h"
#include "files/files.h"
#include "support/test.h"

#define CHUNKS_MAX 40u
#define SIZE_MAX_HERE (CHUNKS_MAX * FILE_CHUNK_BYTES)

static struct channel *to_node;
static struct files *files;

/* The node's side. */
static uint8_t kept[CHUNKS_MAX][FILE_SEALED_BYTES_MAX];
static size_t kept_bytes[CHUNKS_MAX];
static uint8_t leaves[CHUNKS_MAX * ID_BYTES];
static uint64_t put_tickets[64];
static uint32_t taken_chunks, removals, statuses;
static bool holds_back; /* chunks are taken, and not answered */
static enum entente_error refuses;
static struct digest removed;

/* The caller's side. */
static uint8_t given[SIZE_MAX_HERE], got[SIZE_MAX_HERE];
static size_t got_bytes;
static bool is_done, is_ready, has_ended, is_removed;
static enum entente_error done_error, piece_error;
static struct file_made made;
static struct file_status last_status;
static const struct room_id room = {{7}};

static void
ready(void *state)
{
    (void)state;
    is_ready = true;
}

static void
done(void *state, enum entente_error error, const struct file_made *what)
{
    (void)state;
    CHECK(!is_done);
    is_done = true;
    done_error = error;
    if (what != NULL)
        made = *what;
}

static const struct files_put_calls put_calls = {NULL, ready, done};

static void
piece(void *state, struct bytes data, enum entente_error error)
{
    (void)state;
    piece_error = error;
    has_ended = data.size == 0;
    if (data.size > 0 && got_bytes + data.size <= sizeof got)
        memcpy(got + got_bytes, data.data, data.size);
    got_bytes += data.size;
}

static const struct files_get_calls get_calls = {NULL, piece};

static void
answer_put(uint64_t ticket)
{
    files_node_done(files, &(struct message_node_done){ticket, (uint16_t)refuses});
}

static void
take_put(struct bytes body)
{
    struct message_node_file_put message;

    REQUIRE(message_node_file_put_read(body, &message) == ENTENTE_OK);
    REQUIRE(message.index < CHUNKS_MAX && message.sealed.size <= sizeof kept[0]);
    CHECK(room_id_equal(&message.room, &room));
    memcpy(kept[message.index], message.sealed.data, message.sealed.size);
    kept_bytes[message.index] = message.sealed.size;
    if (taken_chunks < 64)
        put_tickets[taken_chunks] = message.ticket;
    taken_chunks++;
    if (!holds_back)
        answer_put(message.ticket);
}

static void
take_end(struct bytes body)
{
    struct message_node_file_end message;

    REQUIRE(message_node_file_end_read(body, &message) == ENTENTE_OK);
    REQUIRE(message.leaves.size == (size_t)file_chunks(message.size) * ID_BYTES);
    for (uint32_t i = 0; i < file_chunks(message.size); i++) {
        struct digest leaf;
        file_make_leaf(&leaf, (struct bytes){kept[i], kept_bytes[i]});
        CHECK(memcmp(leaf.bytes, message.leaves.data + i * ID_BYTES, ID_BYTES) == 0);
    }
    memcpy(leaves, message.leaves.data, message.leaves.size);
    files_node_done(files, &(struct message_node_done){message.ticket, (uint16_t)refuses});
}

static void
take_get(struct bytes body)
{
    struct message_node_file_get message;

    REQUIRE(message_node_file_get_read(body, &message) == ENTENTE_OK);
    struct message_node_file_chunk answer = {message.ticket, (uint16_t)refuses, {0}};
    if (refuses == ENTENTE_OK && message.index < CHUNKS_MAX)
        answer.sealed = (struct bytes){kept[message.index], kept_bytes[message.index]};
    files_node_chunk(files, &answer);
}

static void
node_turn(void)
{
    struct channel *node;
    uint16_t type;
    struct bytes body;

    REQUIRE(channel_new(&node, -1, 2 * CHANNEL_BODY_BYTES_MAX) == ENTENTE_OK);
    struct bytes queued = channel_queued(to_node);
    CHECK(channel_feed(node, queued) == ENTENTE_OK);
    channel_sent(to_node, queued.size);
    while (channel_next(node, &type, &body) == ENTENTE_OK) {
        struct message_node_file_remove remove;
        struct message_node_file_status status;
        CHECK(message_is_allowed(type, PROCESS_DESK, PROCESS_NODE));
        if (type == MESSAGE_NODE_FILE_PUT)
            take_put(body);
        else if (type == MESSAGE_NODE_FILE_END)
            take_end(body);
        else if (type == MESSAGE_NODE_FILE_GET)
            take_get(body);
        else if (type == MESSAGE_NODE_FILE_REMOVE &&
                 message_node_file_remove_read(body, &remove) == ENTENTE_OK) {
            removals++;
            removed = remove.root;
            files_node_done(files, &(struct message_node_done){remove.ticket, ENTENTE_OK});
        } else if (message_node_file_status_read(body, &status) == ENTENTE_OK) {
            statuses++;
            files_node_status(files, &(struct message_node_file_status_is){status.ticket,
                                         ENTENTE_OK, status.want == FILE_WANT_FETCH, 9, 1, 1, 2});
        }
    }
    channel_free(node);
    files_go_on(files);
}

static void
start(void)
{
    uint64_t state = 3;

    REQUIRE(channel_new(&to_node, -1, 4 * CHANNEL_BODY_BYTES_MAX) == ENTENTE_OK);
    REQUIRE(files_new(&files, to_node) == ENTENTE_OK);
    for (size_t i = 0; i < sizeof given; i += 8) {
        uint64_t word = test_random(&state);
        memcpy(given + i, &word, sizeof word);
    }
    taken_chunks = removals = statuses = 0;
    got_bytes = 0;
    holds_back = is_done = is_ready = has_ended = is_removed = false;
    refuses = done_error = piece_error = ENTENTE_OK;
    memset(kept_bytes, 0, sizeof kept_bytes);
}

static void
stop(void)
{
    files_free(files);
    channel_free(to_node);
}

/* Gives `size` bytes in pieces; ends when the node has answered all. */
static void
give(size_t size, size_t piece_bytes)
{
    struct files_put *put;
    size_t at = 0, taken;

    is_done = false;
    REQUIRE(files_put_begin(files, &room, &put_calls, &put) == ENTENTE_OK);
    for (int turns = 0; at < size && turns < 100000; turns++) {
        size_t wanted = size - at < piece_bytes ? size - at : piece_bytes;
        REQUIRE(files_put(put, (struct bytes){given + at, wanted}, &taken) == ENTENTE_OK);
        at += taken;
        if (taken < wanted)
            node_turn();
    }
    files_put_end(put);
    for (int turns = 0; turns < 100 && !is_done; turns++)
        node_turn();
    CHECK(is_done);
}

/* Reads from `from` to `to`. */
static void
read_part(const uint8_t *key, uint64_t size, uint64_t from, uint64_t to)
{
    struct files_wanted wanted = {
        .room = room, .root = made.root, .size = size, .from = from, .to = to};
    struct files_get *get;

    memcpy(wanted.key, key, sizeof wanted.key);
    got_bytes = 0;
    has_ended = false;
    REQUIRE(files_get_begin(files, &wanted, &get_calls, &get) == ENTENTE_OK);
    for (int turns = 0; turns < 1000 && !has_ended; turns++) {
        files_get_more(get);
        node_turn();
    }
    CHECK(has_ended);
    files_get_end(get);
}

TEST(what_is_given_comes_back)
{
    static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 300000, 20 * 65536};
    static const size_t pieces[] = {1000, 65536, 1 << 20};
    uint8_t hash[HASH_BYTES];

    start();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (size_t p = 0; p < 3; p++) {
            give(sizes[i], pieces[p]);
            CHECK(done_error == ENTENTE_OK && made.size == sizes[i]);
            sha256_once(hash, (struct bytes){given, sizes[i]});
            CHECK(memcmp(hash, made.sha256.bytes, sizeof hash) == 0);
            struct digest root;
            file_make_root(&root, sizes[i], leaves);
            CHECK(digest_equal(&root, &made.root));
            CHECK(sizes[i] < 64 || memcmp(kept[0], given, 64) != 0); /* it is sealed */
            read_part(made.key, sizes[i], 0, sizes[i]);
            CHECK(piece_error == ENTENTE_OK && got_bytes == sizes[i]);
            CHECK(memcmp(got, given, sizes[i]) == 0);
            const struct file_made *remembered = files_made(files, &made.root);
            CHECK(remembered != NULL && memcmp(remembered->key, made.key, sizeof made.key) == 0);
        }
    CHECK(files_made(files, &(struct digest){{0xEE}}) == NULL);
    stop();
}

TEST(any_part_can_be_read)
{
    static const uint64_t parts[][2] = {{0, 0}, {0, 1}, {65535, 65537}, {65536, 131072},
        {1, 299999}, {299999, 300000}, {300000, 300000}, {131072, 131073}};

    start();
    give(300000, 9999);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        read_part(made.key, 300000, parts[i][0], parts[i][1]);
        CHECK(piece_error == ENTENTE_OK && got_bytes == parts[i][1] - parts[i][0]);
        CHECK(memcmp(got, given + parts[i][0], got_bytes) == 0);
    }
    stop();
}

TEST(a_file_that_is_another_is_refused)
{
    uint8_t key[AEAD_KEY_BYTES] = {0};

    start();
    give(100000, 100000);
    read_part(key, 100000, 0, 100000);
    CHECK(piece_error == ENTENTE_ERR_UNSEALABLE && got_bytes == 0);
    read_part(made.key, 100001, 0, 100001);
    CHECK(piece_error == ENTENTE_ERR_USAGE);
    kept[0][5] ^= 1;
    read_part(made.key, 100000, 0, 100000);
    CHECK(piece_error == ENTENTE_ERR_UNSEALABLE);
    refuses = ENTENTE_ERR_NOT_FOUND;
    read_part(made.key, 100000, 0, 100000);
    CHECK(piece_error == ENTENTE_ERR_NOT_FOUND);
    stop();
}

TEST(who_gives_too_fast_waits)
{
    struct files_put *put;
    size_t taken;

    start();
    holds_back = true;
    REQUIRE(files_put_begin(files, &room, &put_calls, &put) == ENTENTE_OK);
    CHECK(files_put(put, (struct bytes){given, sizeof given}, &taken) == ENTENTE_OK);
    CHECK(taken == 9 * FILE_CHUNK_BYTES); /* eight under way, one gathered */
    node_turn();
    CHECK(taken_chunks == 8 && !is_ready);
    answer_put(put_tickets[0]);
    CHECK(is_ready);
    size_t more;
    CHECK(files_put(put, (struct bytes){given + taken, FILE_CHUNK_BYTES + 1}, &more) == ENTENTE_OK);
    CHECK(more == FILE_CHUNK_BYTES);
    files_put_abort(put);
    node_turn();
    CHECK(removals == 1 && !is_done);
    answer_put(put_tickets[1]); /* comes too late for anybody */
    stop();
}

TEST(a_failure_of_the_node_ends_the_upload)
{
    struct files_put *put;
    size_t taken;

    start();
    refuses = ENTENTE_ERR_DISK_FULL;
    REQUIRE(files_put_begin(files, &room, &put_calls, &put) == ENTENTE_OK);
    CHECK(files_put(put, (struct bytes){given, 3 * FILE_CHUNK_BYTES}, &taken) == ENTENTE_OK);
    node_turn();
    CHECK(is_done && done_error == ENTENTE_ERR_DISK_FULL);
    node_turn();
    CHECK(removals == 1);
    give(10, 10); /* fails at its end, too */
    CHECK(done_error == ENTENTE_ERR_DISK_FULL);
    stop();
}

static void
note_status(void *state, enum entente_error error, const struct file_status *status)
{
    (void)state;
    CHECK(error == ENTENTE_OK);
    last_status = *status;
}

static void
note_removed(void *state, enum entente_error error)
{
    (void)state;
    is_removed = error == ENTENTE_OK;
}

TEST(asks_how_it_stands_and_removes)
{
    struct digest root = {{0x31}};

    start();
    CHECK(files_status(files, &room, &root, FILE_WANT_FETCH, NULL, note_status) == ENTENTE_OK);
    node_turn();
    CHECK(statuses == 1 && last_status.is_wanted && last_status.size == 9 && last_status.at == 2);
    CHECK(files_remove(files, &room, &root, NULL, note_removed) == ENTENTE_OK);
    node_turn();
    CHECK(is_removed && digest_equal(&removed, &root));
    stop();
}

int
main(int argc, char **argv)
{
    const struct test_case cases[] = {
        CASE(what_is_given_comes_back),
        CASE(any_part_can_be_read),
        CASE(a_file_that_is_another_is_refused),
        CASE(who_gives_too_fast_waits),
        CASE(a_failure_of_the_node_ends_the_upload),
        CASE(asks_how_it_stands_and_removes),
    };

    if (crypto_start() != ENTENTE_OK)
        return 1;
    return test_run(cases, sizeof cases / sizeof cases[0], argc, argv);
}
