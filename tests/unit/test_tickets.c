/*
 * Goal: an entry with sealed content is signed only as it was sealed, once, in order, behind its
 * chain's announcement; every ticket ends exactly once.
 * Method: a queue of tickets and segments built to match; each rule has a case that breaks just it.
 */
#include "support/build.h"
#include "support/test.h"

#include "channel/messages.h"
#include "crypto/crypto.h"
#include "keyholder/tickets.h"

#define CHAIN 77u

static struct segment segment;
static uint8_t numbers[MESSAGE_TICKETS_MAX * MESSAGE_TICKET_BYTES];

static struct bytes
payload_of(uint64_t number)
{
    static const uint8_t text[] = "what was sealed here for the entry with this number";

    return (struct bytes){text + number, number % 7};
}

/* The entry that belongs to the ticket: number 1 announces CHAIN, the others use it. */
static struct entry
entry_of(uint64_t number)
{
    struct entry entry = {.kind = number == 1 ? ENTRY_KEYS : ENTRY_SEALED};

    payload_make_hash(&entry.payload_hash, payload_of(number));
    entry.payload_bytes = (uint32_t)payload_of(number).size;
    if (number != 1) {
        entry.chain = CHAIN;
        entry.index = (uint32_t)number;
        memset(entry.pcommit.bytes, (int)number + 100, sizeof entry.pcommit.bytes);
    }
    return entry;
}

static struct ticket
ticket_of(uint64_t number)
{
    struct entry entry = entry_of(number);

    return (struct ticket){
        .number = number, .kind = entry.kind, .chain = CHAIN, .index = entry.index,
        .pcommit = entry.pcommit};
}

static void
fill(struct tickets *tickets, uint64_t count)
{
    *tickets = (struct tickets){0};
    for (uint64_t number = 1; number <= count; number++) {
        struct ticket ticket = ticket_of(number);
        REQUIRE(tickets_add(tickets, &ticket, payload_of(number)) == ENTENTE_OK);
    }
}

/* A segment of the entries of these tickets, 0 for an own one. */
static struct bytes
segment_of(const uint64_t *list, uint32_t count)
{
    segment.count = count;
    for (uint32_t i = 0; i < count; i++) {
        segment.entries[i] = list[i] == 0 ? (struct entry){.kind = ENTRY_ACK} : entry_of(list[i]);
        message_ticket_write(numbers, i, list[i]);
    }
    return (struct bytes){numbers, count * MESSAGE_TICKET_BYTES};
}

#define SEGMENT(...)                                                                               \
    segment_of((const uint64_t[]){__VA_ARGS__},                                                    \
        sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

TEST(takes_what_was_sealed_in_order)
{
    struct tickets tickets;
    struct ticket ticket;
    struct settling settling = {0};
    const uint32_t places[] = {1, 2, 4};

    fill(&tickets, 4);
    struct bytes given = SEGMENT(0, 1, 2, 0, 3);
    CHECK(tickets_check(&tickets, &segment, given) == ENTENTE_OK);
    for (uint64_t number = 1; number <= 3; number++)
        CHECK(tickets_settle(&tickets, given, &settling, &ticket) && settling.is_written &&
              ticket.number == number && settling.index == places[number - 1]);
    CHECK(!tickets_settle(&tickets, given, &settling, &ticket));
    given = SEGMENT(4); /* its chain was announced by what is in the feed */
    CHECK(tickets_check(&tickets, &segment, given) == ENTENTE_OK);
    given = SEGMENT(3); /* once */
    CHECK(tickets_check(&tickets, &segment, given) == ENTENTE_ERR_REFUSED);
    tickets_free(&tickets);
}

TEST(refuses_what_was_not_sealed_here)
{
    struct tickets tickets;

    fill(&tickets, 3);
    struct bytes given = SEGMENT(1, 2);
    CHECK(tickets_check(&tickets, &segment, given) == ENTENTE_OK);
    for (int i = 0; i < 8; i++) {
        given = SEGMENT(1, 2);
        struct entry *entry = &segment.entries[1];
        if (i == 0)
            entry->payload_hash.bytes[31] ^= 1;
        if (i == 1)
            entry->pcommit.bytes[0] ^= 1;
        if (i == 2)
            entry->chain++;
        if (i == 3)
            entry->index++;
        if (i == 4)
            entry->tag[0] = 1;
        if (i == 5)
            entry->kind = ENTRY_KEYS;
        if (i == 6)
            message_ticket_write(numbers, 1, 9);
        if (i == 7)
            entry->payload_bytes++;
        CHECK(tickets_check(&tickets, &segment, given) == ENTENTE_ERR_REFUSED);
    }
    given = SEGMENT(1, 2);
    segment.entries[1].kind =
        ENTRY_KEY_HELP; /* the node makes up help, and has a ticket for it, or none */
    CHECK(tickets_check(&tickets, &segment, given) == ENTENTE_ERR_REFUSED);
    message_ticket_write(numbers, 1, 0);
    CHECK(tickets_check(&tickets, &segment, given) == ENTENTE_ERR_REFUSED);
    for (uint8_t kind = ENTRY_PROPOSE; kind <= ENTRY_CLOSE; kind++) {
        bool is_own = kind == ENTRY_FAULT || kind == ENTRY_RESUME || kind == ENTRY_PREKEY;
        given = SEGMENT(1, 0); /* an act without a ticket is the node's invention */
        segment.entries[1].kind = kind;
        CHECK(tickets_check(&tickets, &segment, given) ==
              (is_own ? ENTENTE_OK : ENTENTE_ERR_REFUSED));
    }
    given = SEGMENT(1, 2);
    segment.entries[0].payload_hash.bytes[0] ^= 1;
    CHECK(tickets_check(&tickets, &segment, given) == ENTENTE_ERR_REFUSED);
    given = SEGMENT(1, 2);
    message_ticket_write(numbers, 1, 0); /* sealed, and no ticket */
    CHECK(tickets_check(&tickets, &segment, given) == ENTENTE_ERR_REFUSED);
    given = SEGMENT(1, 2);
    message_ticket_write(numbers, 0, 0); /* keys, and no ticket */
    CHECK(tickets_check(&tickets, &segment, given) == ENTENTE_ERR_REFUSED);
    given = SEGMENT(1, 0);
    message_ticket_write(numbers, 1, 2); /* a ticket, and not sealed */
    CHECK(tickets_check(&tickets, &segment, given) == ENTENTE_ERR_REFUSED);
    given = SEGMENT(1, 2);
    given.size -= MESSAGE_TICKET_BYTES;
    CHECK(tickets_check(&tickets, &segment, given) == ENTENTE_ERR_REFUSED);
    tickets_free(&tickets);
}

TEST(refuses_another_order_and_a_chain_that_nobody_heard_of)
{
    struct tickets tickets;

    fill(&tickets, 3);
    struct bytes given = SEGMENT(1, 3, 2);
    CHECK(tickets_check(&tickets, &segment, given) == ENTENTE_ERR_REFUSED);
    given = SEGMENT(2);
    CHECK(tickets_check(&tickets, &segment, given) == ENTENTE_ERR_REFUSED);
    given = SEGMENT(1, 2, 2);
    CHECK(tickets_check(&tickets, &segment, given) == ENTENTE_ERR_REFUSED);
    given = SEGMENT(1, 3);
    CHECK(tickets_check(&tickets, &segment, given) == ENTENTE_OK);
    tickets_free(&tickets);
}

TEST(what_was_left_out_is_never_written)
{
    struct tickets tickets;
    struct ticket ticket;
    struct settling settling = {0};

    fill(&tickets, 4);
    struct bytes given = SEGMENT(1, 4);
    CHECK(tickets_check(&tickets, &segment, given) == ENTENTE_OK);
    for (uint64_t number = 1; number <= 4; number++) {
        REQUIRE(tickets_settle(&tickets, given, &settling, &ticket));
        CHECK(ticket.number == number && settling.is_written == (number == 1 || number == 4));
    }
    CHECK(!tickets_settle(&tickets, given, &settling, &ticket));
    given = SEGMENT(2);
    CHECK(tickets_check(&tickets, &segment, given) == ENTENTE_ERR_REFUSED);
    tickets_free(&tickets);
}

TEST(a_refused_segment_takes_those_before_it_along)
{
    struct tickets tickets;
    struct ticket ticket;

    fill(&tickets, 4);
    CHECK(tickets_refuse(&tickets, 2, &ticket));
    struct bytes given = SEGMENT(3, 9); /* 9 is none */
    CHECK(tickets_drop(&tickets, given, &ticket) && ticket.number == 1);
    CHECK(tickets_drop(&tickets, given, &ticket) && ticket.number == 3);
    CHECK(!tickets_drop(&tickets, given, &ticket) && ticket.number == 0);
    CHECK(tickets_take(&tickets, &ticket) && ticket.number == 4);
    tickets_free(&tickets);
}

TEST(a_refused_ticket_is_over)
{
    struct tickets tickets;
    struct ticket ticket;

    fill(&tickets, 3);
    CHECK(tickets_refuse(&tickets, 2, &ticket) && ticket.number == 2);
    CHECK(!tickets_refuse(&tickets, 2, &ticket) && !tickets_refuse(&tickets, 0, &ticket));
    struct bytes given = SEGMENT(1, 2);
    CHECK(tickets_check(&tickets, &segment, given) == ENTENTE_ERR_REFUSED);
    CHECK(tickets_take(&tickets, &ticket) && ticket.number == 1);
    CHECK(tickets_take(&tickets, &ticket) && ticket.number == 3);
    CHECK(!tickets_take(&tickets, &ticket) && ticket.number == 0);
    tickets_free(&tickets);
}

TEST(the_queue_is_bounded_and_moves_on)
{
    struct tickets tickets = {0};
    struct ticket ticket = ticket_of(1), taken;
    uint64_t next = 1, first = 1;

    for (int round = 0; round < 50; round++) { /* the block does not grow with what went through */
        for (int i = 0; i < 1000; i++) {
            ticket.number = next++;
            REQUIRE(tickets_add(&tickets, &ticket, (struct bytes){0}) == ENTENTE_OK);
        }
        for (int i = 0; i < 1000; i++)
            REQUIRE(tickets_take(&tickets, &taken) && taken.number == first++);
    }
    CHECK(tickets.size <= 4096);
    for (uint32_t i = 0; i < TICKETS_MAX; i++)
        REQUIRE(tickets_add(&tickets, &ticket, (struct bytes){0}) == ENTENTE_OK);
    CHECK(tickets_add(&tickets, &ticket, (struct bytes){0}) == ENTENTE_ERR_NO_MEMORY);
    CHECK(tickets_take(&tickets, &taken) && tickets_add(&tickets, &ticket, (struct bytes){0}) == ENTENTE_OK);
    tickets_free(&tickets);
}

TEST(payloads_are_kept_until_they_are_signed)
{
    static uint8_t out[4096];
    struct tickets tickets;
    struct ticket ticket;
    struct settling settling = {0};
    struct writer writer = writer_of(out, sizeof out);

    fill(&tickets, 6);
    struct bytes given = SEGMENT(1, 2, 0, 5);
    segment.entries[2].payload_bytes = 3;
    REQUIRE(tickets_check(&tickets, &segment, given) == ENTENTE_OK);
    tickets_payloads(&tickets, &segment, given, bytes_of_text("own"), &writer);
    size_t at = 0;
    const uint64_t wanted[] = {1, 2, 0, 5};
    for (int i = 0; i < 4; i++) {
        struct bytes payload = wanted[i] == 0 ? bytes_of_text("own") : payload_of(wanted[i]);
        CHECK(bytes_equal((struct bytes){out + at, payload.size}, payload));
        at += payload.size;
    }
    CHECK(at == writer.used);
    while (tickets_settle(&tickets, given, &settling, &ticket))
        CHECK(ticket.payload == NULL);
    CHECK(tickets.payload_bytes == payload_of(6).size);
    tickets_free(&tickets);
}

/* Bytes count while a ticket is under way, however it ends. */
TEST(the_payloads_under_way_are_bounded)
{
    static uint8_t large[TICKETS_BYTES_MAX / 4];
    struct bytes quarter = {large, sizeof large}, one = {large, 1};
    struct tickets tickets = {0};
    struct ticket ticket = ticket_of(1), ended;

    for (uint64_t number = 1; number <= 4; number++) {
        ticket.number = number;
        REQUIRE(tickets_add(&tickets, &ticket, quarter) == ENTENTE_OK);
    }
    ticket.number = 5;
    CHECK(tickets_add(&tickets, &ticket, one) == ENTENTE_ERR_NO_MEMORY);
    CHECK(tickets_refuse(&tickets, 2, &ended));
    CHECK(tickets_add(&tickets, &ticket, one) == ENTENTE_OK);
    ticket.number = 6;
    CHECK(tickets_add(&tickets, &ticket, quarter) == ENTENTE_ERR_NO_MEMORY);
    CHECK(tickets_take(&tickets, &ended) && ended.number == 1);
    CHECK(tickets_add(&tickets, &ticket, quarter) == ENTENTE_OK);
    while (tickets_take(&tickets, &ended))
        ;
    CHECK(tickets.payload_bytes == 0);
    tickets_free(&tickets);
}

TEST_MAIN(CASE(takes_what_was_sealed_in_order), CASE(refuses_what_was_not_sealed_here),
    CASE(refuses_another_order_and_a_chain_that_nobody_heard_of),
    CASE(what_was_left_out_is_never_written), CASE(a_refused_segment_takes_those_before_it_along),
    CASE(a_refused_ticket_is_over), CASE(the_queue_is_bounded_and_moves_on),
    CASE(the_payloads_under_way_are_bounded),
    CASE(payloads_are_kept_until_they_are_signed))
