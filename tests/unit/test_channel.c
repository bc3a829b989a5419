/*
 * Goal: messages arrive as they were sent, however the bytes are cut; buffers stay bounded; a
 * broken process is found out; a burst costs few system calls. Method: the two ends of a socket
 * pair, and channels without sockets fed byte by byte.  Each message of the table is read from
 * every shortened and every lengthened body.
 */
#include "support/test.h"

#include "channel/messages.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUEUE_BYTES (4u << 20)

struct ends {
    int sockets[2];
    struct channel *a;
    struct channel *b;
};

static bool
ends_open(struct ends *ends)
{
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends->sockets) == 0 &&
           channel_new(&ends->a, ends->sockets[0], QUEUE_BYTES) == ENTENTE_OK &&
           channel_new(&ends->b, ends->sockets[1], QUEUE_BYTES) == ENTENTE_OK;
}

static void
ends_close(struct ends *ends)
{
    channel_free(ends->a);
    channel_free(ends->b);
    close(ends->sockets[0]);
    close(ends->sockets[1]);
}

static enum entente_error
queue_text(struct channel *channel, uint16_t type, const char *text)
{
    struct bytes part = bytes_of_text(text);

    return channel_queue(channel, type, &part, 1);
}

TEST(messages_cross_a_socket_in_order)
{
    struct ends ends;
    uint16_t type;
    struct bytes body;

    REQUIRE(ends_open(&ends));
    CHECK(queue_text(ends.a, 7, "first") == ENTENTE_OK);
    CHECK(queue_text(ends.a, 8, "") == ENTENTE_OK);
    CHECK(channel_wants_write(ends.a));
    CHECK(channel_flush(ends.a) == ENTENTE_OK && !channel_wants_write(ends.a));
    CHECK(channel_fill(ends.b) == ENTENTE_OK);
    CHECK(channel_next(ends.b, &type, &body) == ENTENTE_OK);
    CHECK(type == 7 && bytes_equal(body, bytes_of_text("first")));
    CHECK(channel_next(ends.b, &type, &body) == ENTENTE_OK && type == 8 && body.size == 0);
    CHECK(channel_next(ends.b, &type, &body) == ENTENTE_ERR_PENDING);
    CHECK(channel_fill(ends.b) == ENTENTE_OK); /* nothing arrived: not an error */
    ends_close(&ends);
}

TEST(bytes_may_arrive_one_by_one)
{
    struct channel *from, *to;
    uint16_t type;
    struct bytes body;
    size_t whole = 0;

    REQUIRE(channel_new(&from, -1, QUEUE_BYTES) == ENTENTE_OK);
    REQUIRE(channel_new(&to, -1, QUEUE_BYTES) == ENTENTE_OK);
    for (int i = 0; i < 3; i++)
        CHECK(queue_text(from, (uint16_t)(i + 1), "slowly") == ENTENTE_OK);
    while (channel_wants_write(from)) {
        struct bytes queued = channel_queued(from);
        CHECK(channel_feed(to, (struct bytes){queued.data, 1}) == ENTENTE_OK);
        channel_sent(from, 1);
        if (channel_next(to, &type, &body) != ENTENTE_OK)
            continue;
        CHECK(type == ++whole && bytes_equal(body, bytes_of_text("slowly")));
    }
    CHECK(whole == 3);
    channel_free(from);
    channel_free(to);
}

/* The largest message, which a socket's own buffer cannot hold; and one byte more. */
TEST(the_largest_message_passes_and_no_larger)
{
    struct ends ends;
    uint16_t type = 0;
    struct bytes body = {0};
    struct writer writer;
    uint8_t *large = calloc(1, CHANNEL_BODY_BYTES_MAX + 1);

    REQUIRE(large != NULL && ends_open(&ends));
    large[CHANNEL_BODY_BYTES_MAX - 1] = 9;
    struct bytes part = {large, CHANNEL_BODY_BYTES_MAX + 1};
    CHECK(channel_queue(ends.a, 1, &part, 1) == ENTENTE_ERR_TOO_LARGE);
    CHECK(channel_begin(ends.a, 1, part.size, &writer) == ENTENTE_ERR_TOO_LARGE && writer.failed);
    part.size--;
    CHECK(channel_queue(ends.a, 1, &part, 1) == ENTENTE_OK);
    while (channel_next(ends.b, &type, &body) == ENTENTE_ERR_PENDING) {
        REQUIRE(channel_flush(ends.a) == ENTENTE_OK);
        REQUIRE(channel_fill(ends.b) == ENTENTE_OK);
    }
    CHECK(type == 1 && bytes_equal(body, part));
    free(large);
    ends_close(&ends);
}

TEST(a_size_beyond_the_limit_is_refused)
{
    struct channel *channel;
    uint8_t head[6];
    uint16_t type;
    struct bytes body;
    struct writer writer = writer_of(head, sizeof head);

    writer_u32(&writer, CHANNEL_BODY_BYTES_MAX + 1);
    writer_u16(&writer, 1);
    REQUIRE(channel_new(&channel, -1, QUEUE_BYTES) == ENTENTE_OK);
    CHECK(channel_feed(channel, writer_written(&writer)) == ENTENTE_OK);
    CHECK(channel_next(channel, &type, &body) == ENTENTE_ERR_REFUSED);
    channel_free(channel);
}

TEST(the_queue_is_bounded)
{
    struct channel *channel;
    size_t count = 0;
    struct bytes part = {(const uint8_t[1000]){0}, 1000};

    REQUIRE(channel_new(&channel, -1, QUEUE_BYTES) == ENTENTE_OK);
    while (channel_has_room(channel, part.size)) {
        REQUIRE(channel_queue(channel, 1, &part, 1) == ENTENTE_OK);
        count++;
    }
    CHECK(count == QUEUE_BYTES / (part.size + CHANNEL_HEAD_BYTES));
    size_t before = channel_queued(channel).size;
    CHECK(channel_queue(channel, 1, &part, 1) == ENTENTE_ERR_NO_MEMORY);
    CHECK(channel_queued(channel).size == before);
    channel_free(channel);
}

TEST(a_closed_end_is_gone)
{
    struct ends ends;
    uint16_t type;
    struct bytes body;

    REQUIRE(ends_open(&ends));
    CHECK(queue_text(ends.a, 3, "last words") == ENTENTE_OK);
    CHECK(channel_flush(ends.a) == ENTENTE_OK);
    shutdown(ends.sockets[0], SHUT_RDWR);
    CHECK(channel_fill(ends.b) == ENTENTE_OK);
    CHECK(channel_fill(ends.b) == ENTENTE_ERR_GONE);
    CHECK(channel_next(ends.b, &type, &body) == ENTENTE_OK && type == 3);
    CHECK(queue_text(ends.b, 1, "anybody?") == ENTENTE_OK);
    CHECK(channel_flush(ends.b) == ENTENTE_ERR_GONE);
    ends_close(&ends);
}

/* 5,000 messages through sockets whose buffers are far smaller, cut wherever they are. */
TEST(a_burst_costs_few_calls)
{
    struct ends ends;
    uint16_t type;
    struct bytes body;
    uint32_t taken = 0, calls = 0;

    REQUIRE(ends_open(&ends));
    for (uint32_t i = 0; i < 5000; i++) {
        struct message_stored message = {.stored_seq = i, .held_seq = i / 2};
        REQUIRE(message_stored_queue(ends.a, &message) == ENTENTE_OK);
    }
    while (taken < 5000 && calls < 100) {
        calls++;
        REQUIRE(channel_flush(ends.a) == ENTENTE_OK);
        REQUIRE(channel_fill(ends.b) == ENTENTE_OK);
        while (channel_next(ends.b, &type, &body) == ENTENTE_OK) {
            struct message_stored message;
            REQUIRE(message_stored_read(body, &message) == ENTENTE_OK);
            REQUIRE(message.stored_seq == taken++);
        }
    }
    CHECK(taken == 5000 && calls <= 10);
    ends_close(&ends);
}

/* 4 MiB wait at the other end: what is not taken stays there, not in our memory. */
TEST(who_takes_no_messages_gets_no_more_bytes)
{
    struct ends ends;
    struct bytes part = {(const uint8_t[1000]){0}, 1000}, body;
    uint16_t type;
    uint32_t taken = 0, sent = 0;

    REQUIRE(ends_open(&ends));
    for (; channel_has_room(ends.a, part.size); sent++)
        REQUIRE(channel_queue(ends.a, 1, &part, 1) == ENTENTE_OK);
    for (int i = 0; i < 100; i++) {
        REQUIRE(channel_flush(ends.a) == ENTENTE_OK);
        REQUIRE(channel_fill(ends.b) == ENTENTE_OK);
    }
    CHECK(channel_wants_write(ends.a));
    while (channel_next(ends.b, &type, &body) == ENTENTE_OK)
        taken++;
    CHECK(taken > 50 && taken <= 131072 / 1006);
    for (int i = 0; i < 1000 && taken < sent; i++) {
        REQUIRE(channel_flush(ends.a) == ENTENTE_OK && channel_fill(ends.b) == ENTENTE_OK);
        while (channel_next(ends.b, &type, &body) == ENTENTE_OK)
            taken++;
    }
    CHECK(taken == sent);
    ends_close(&ends);
}

/* Give each reader every shorter body, and one longer: only what ends in `rest` may accept one. */
static void
check_strictness(const char *name, struct bytes body, bool (*accepts)(struct bytes))
{
    uint8_t longer[1024] = {0};

    REQUIRE(body.size < sizeof longer);
    if (body.size > 0)
        memcpy(longer, body.data, body.size);
    if (!accepts((struct bytes){longer, body.size}))
        test_failed(__FILE__, __LINE__, name);
    size_t shortest = body.size;
    while (shortest > 0 && accepts((struct bytes){longer, shortest - 1}))
        shortest--;
    for (size_t size = 0; size < shortest; size++)
        if (accepts((struct bytes){longer, size}))
            test_failed(__FILE__, __LINE__, name);
    bool ends_in_rest = accepts((struct bytes){longer, body.size + 1});
    if (!ends_in_rest && shortest != body.size)
        test_failed(__FILE__, __LINE__, name);
}

#define X(NAME, name, number, from, to, what)                                                      \
    static bool accepts_##name(struct bytes body)                                                  \
    {                                                                                              \
        struct message_##name message;                                                             \
        return message_##name##_read(body, &message) == ENTENTE_OK;                                \
    }
MESSAGES(X)
#undef X

TEST(each_message_reads_what_was_written_and_nothing_else)
{
    struct channel *channel;
    uint16_t type;
    struct bytes body;

    REQUIRE(channel_new(&channel, -1, QUEUE_BYTES) == ENTENTE_OK);
#define X(NAME, name, number, from, to, what)                                                      \
    {                                                                                              \
        struct message_##name message = {0}, found;                                                \
        CHECK(message_##name##_queue(channel, &message) == ENTENTE_OK);                            \
        struct bytes queued = channel_queued(channel);                                             \
        REQUIRE(channel_feed(channel, queued) == ENTENTE_OK);                                      \
        REQUIRE(channel_next(channel, &type, &body) == ENTENTE_OK && type == number);              \
        CHECK(message_##name##_read(body, &found) == ENTENTE_OK);                                  \
        check_strictness(#name, body, accepts_##name);                                             \
        channel_sent(channel, queued.size);                                                        \
    }
    MESSAGES(X)
#undef X
    channel_free(channel);
}

TEST(fields_keep_their_values)
{
    struct channel *channel;
    uint16_t type;
    struct bytes body;
    uint8_t tickets[2 * MESSAGE_TICKET_BYTES];
    struct message_append found;

    message_ticket_write(tickets, 0, 17);
    message_ticket_write(tickets, 1, UINT64_MAX);
    struct message_append message = {.room = {{1, 2, 3}},
        .tickets = {tickets, sizeof tickets},
        .headers = bytes_of_text("headers"),
        .payloads = bytes_of_text("payloads")};
    REQUIRE(channel_new(&channel, -1, QUEUE_BYTES) == ENTENTE_OK);
    REQUIRE(message_append_queue(channel, &message) == ENTENTE_OK);
    REQUIRE(channel_feed(channel, channel_queued(channel)) == ENTENTE_OK);
    REQUIRE(channel_next(channel, &type, &body) == ENTENTE_OK);
    REQUIRE(message_append_read(body, &found) == ENTENTE_OK);
    CHECK(room_id_equal(&found.room, &message.room));
    CHECK(message_tickets_count(found.tickets) == 2);
    CHECK(message_ticket(found.tickets, 0) == 17);
    CHECK(message_ticket(found.tickets, 1) == UINT64_MAX);
    CHECK(bytes_equal(found.headers, message.headers));
    CHECK(bytes_equal(found.payloads, message.payloads));
    channel_free(channel);
}

TEST(a_flag_is_0_or_1_and_tickets_are_bounded)
{
    uint8_t barrier[69] = {0}, append[32 + 1 + 65 * 8 + 4] = {0};
    struct message_barrier read_barrier;
    struct message_append read_append;

    barrier[68] = 2;
    CHECK(message_barrier_read((struct bytes){barrier, 69}, &read_barrier) == ENTENTE_ERR_REFUSED);
    barrier[68] = 1;
    CHECK(message_barrier_read((struct bytes){barrier, 69}, &read_barrier) == ENTENTE_OK);
    append[32] = 65;
    CHECK(message_append_read((struct bytes){append, sizeof append}, &read_append) ==
          ENTENTE_ERR_REFUSED);
    append[32] = 64;
    CHECK(
        message_append_read((struct bytes){append, sizeof append - 8}, &read_append) == ENTENTE_OK);
}

TEST(what_the_table_does_not_list_is_forbidden)
{
    CHECK(message_is_allowed(MESSAGE_APPEND, PROCESS_NODE, PROCESS_KEYHOLDER));
    CHECK(!message_is_allowed(MESSAGE_APPEND, PROCESS_DESK, PROCESS_KEYHOLDER));
    CHECK(!message_is_allowed(MESSAGE_APPEND, PROCESS_KEYHOLDER, PROCESS_NODE));
    CHECK(!message_is_allowed(MESSAGE_UNLOCK, PROCESS_NODE, PROCESS_KEYHOLDER));
    CHECK(!message_is_allowed(0, PROCESS_NODE, PROCESS_KEYHOLDER));
    CHECK(strcmp(message_name(MESSAGE_SEALED), "SEALED") == 0);
    CHECK(strcmp(message_name(0), "unknown") == 0);
}

TEST_MAIN(CASE(messages_cross_a_socket_in_order), CASE(bytes_may_arrive_one_by_one),
    CASE(the_largest_message_passes_and_no_larger), CASE(a_size_beyond_the_limit_is_refused),
    CASE(the_queue_is_bounded), CASE(a_closed_end_is_gone), CASE(a_burst_costs_few_calls),
    CASE(who_takes_no_messages_gets_no_more_bytes),
    CASE(each_message_reads_what_was_written_and_nothing_else), CASE(fields_keep_their_values),
    CASE(a_flag_is_0_or_1_and_tickets_are_bounded), CASE(what_the_table_does_not_list_is_forbidden))
