/*
 * Goal: a segment is read only where it is consecutive entries of one lane (S1, E6, E8), signed by
 * the lane's key, with the payloads that its headers promise (S2).
 * Method: segments of 1, 3 and 64 entries against every shorter input and every flipped bit; for
 * each way to break a link between two entries a segment that breaks just that one, though it is
 * signed and its ids follow; payloads that are cut, longer or changed.
 */
#include "crypto/crypto.h"
#include "support/build.h"
#include "support/test.h"

static struct build_party party;
static const struct room_id room = {{0x11}};
static struct segment segment;

static enum entente_error
parse(struct bytes input)
{
    struct reader reader = reader_of(input);

    return segment_parse(&reader, &segment);
}

/* `count` sealed entries with payloads of 3, 4, 5... bytes. */
static void
build(struct built_segment *built, struct build_feed *feed, uint32_t count)
{
    static const uint8_t payload[SEGMENT_ENTRIES_MAX + 3] = {1, 2, 3, 4, 5};
    static const struct position dep = {1, 1, 1, {{9}}};
    struct build_entry entries[SEGMENT_ENTRIES_MAX] = {0};

    for (uint32_t i = 0; i < count; i++)
        entries[i] = (struct build_entry){.kind = ENTRY_SEALED,
            .index = i,
            .payload = {payload, i + 3},
            .deps = &dep,
            .deps_count = i % 2};
    build_segment(built, feed, entries, count);
}

TEST(what_is_built_is_read)
{
    const uint32_t counts[] = {1, 3, SEGMENT_ENTRIES_MAX};
    struct build_feed feed;
    const struct incarnation *incarnation = register_incarnation(party.reg, 1);

    build_feed(&feed, &party, &room, 0, 1);
    for (unsigned i = 0; i < 3; i++) {
        struct built_segment built;
        build(&built, &feed, counts[i]);
        REQUIRE(parse(built.segment) == ENTENTE_OK);
        CHECK(segment.count == counts[i] && bytes_equal(segment.encoded, built.segment));
        CHECK(segment.payload_bytes == built.payloads.size);
        CHECK(segment_check_signature(&segment, &incarnation->key));
        CHECK(segment_check_payloads(&segment, built.payloads) == ENTENTE_OK);
        struct position head = segment_head(&segment);
        CHECK(position_compare(&head, &feed.head) == 0);
        CHECK(segment_last(&segment)->seq == feed.head.seq);
        for (uint32_t j = 0; j < counts[i]; j++) {
            CHECK(entry_id_equal(&segment.ids[j], &built.positions[j].id));
            CHECK(segment_payload(&segment, built.payloads, j).size == j + 3);
        }

        uint8_t again[SEGMENT_BYTES_MAX];
        struct writer writer = writer_of(again, sizeof again);
        struct bytes headers = {built.segment.data + 5, built.segment.size - 5 - 64};
        segment_write(&writer, segment.count, headers, &segment.signature);
        CHECK(bytes_equal(writer_written(&writer), built.segment));
        built_segment_free(&built);
    }
}

TEST(every_shorter_input_is_truncated)
{
    static const struct segment zero;
    struct build_feed feed;
    struct built_segment built;

    build_feed(&feed, &party, &room, 0, 1);
    build(&built, &feed, 3);
    for (size_t size = 0; size < built.segment.size; size++) {
        CHECK(parse((struct bytes){built.segment.data, size}) == ENTENTE_ERR_TRUNCATED);
        CHECK(memcmp(&segment, &zero, sizeof zero) == 0);
    }
    built_segment_free(&built);
}

TEST(no_flipped_bit_is_accepted)
{
    struct build_feed feed;
    struct built_segment built;
    const struct incarnation *incarnation = register_incarnation(party.reg, 1);

    build_feed(&feed, &party, &room, 0, 1);
    build(&built, &feed, 2);
    for (size_t bit = 0; bit < 8 * built.segment.size; bit++) {
        built.memory[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CHECK(parse(built.segment) != ENTENTE_OK ||
              !segment_check_signature(&segment, &incarnation->key));
        built.memory[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    CHECK(parse(built.segment) == ENTENTE_OK);
    CHECK(segment_check_signature(&segment, &incarnation->key));
    struct signing_key key;
    struct public_key public;
    build_key(&key, &public, party.seed, BUILD_NODE, 2);
    CHECK(!segment_check_signature(&segment, &public));
    built_segment_free(&built);
}

/* The outcome of two entries, the second of which `changed` gives; its prev is right. */
static enum entente_error
outcome_of_second(void (*changed)(struct entry *))
{
    static uint8_t encoded[2 * ENTRY_HEADER_BYTES_MAX], whole[SEGMENT_BYTES_MAX];
    static const struct signature signature;
    struct writer headers = writer_of(encoded, sizeof encoded);
    struct writer writer = writer_of(whole, sizeof whole);
    struct entry entry = {
        .kind = ENTRY_ACK, .slot = 1, .inc = 2, .seq = 3, .reg_number = 4, .t_ms = 5, .room = room};

    entry_write(&headers, &entry);
    entry.header = writer_written(&headers);
    entry_make_id(&entry.prev, &entry);
    entry.seq++;
    entry.t_ms++;
    changed(&entry);
    entry_write(&headers, &entry);
    segment_write(&writer, 2, writer_written(&headers), &signature);
    return parse(writer_written(&writer));
}

#define CHANGE(name, statement)                                                                    \
    static void name(struct entry *entry)                                                          \
    {                                                                                              \
        statement;                                                                                 \
    }
CHANGE(nothing, (void)entry)
CHANGE(slot, entry->slot++)
CHANGE(inc, entry->inc++)
CHANGE(seq_stays, entry->seq--)
CHANGE(seq_jumps, entry->seq++)
CHANGE(other_room, entry->room.bytes[31] ^= 1)
CHANGE(prev, entry->prev.bytes[0] ^= 1)
CHANGE(reg_grows, entry->reg_number++)
CHANGE(reg_shrinks, entry->reg_number--)
CHANGE(reg_id, entry->reg_id.bytes[0] ^= 1)
CHANGE(time_stays, entry->t_ms--)
CHANGE(form, entry->flags = 2)

TEST(every_link_holds)
{
    CHECK(outcome_of_second(nothing) == ENTENTE_OK);
    CHECK(outcome_of_second(slot) == ENTENTE_ERR_CHAIN);        /* S1 */
    CHECK(outcome_of_second(inc) == ENTENTE_ERR_CHAIN);         /* S1 */
    CHECK(outcome_of_second(other_room) == ENTENTE_ERR_CHAIN);  /* S1 */
    CHECK(outcome_of_second(seq_stays) == ENTENTE_ERR_CHAIN);   /* S1, E5 */
    CHECK(outcome_of_second(seq_jumps) == ENTENTE_ERR_CHAIN);   /* S1, E5 */
    CHECK(outcome_of_second(prev) == ENTENTE_ERR_CHAIN);        /* S1, E5 */
    CHECK(outcome_of_second(reg_grows) == ENTENTE_OK);          /* E6 */
    CHECK(outcome_of_second(reg_shrinks) == ENTENTE_ERR_CHAIN); /* E6 */
    CHECK(outcome_of_second(reg_id) == ENTENTE_ERR_CHAIN);      /* E6 */
    CHECK(outcome_of_second(time_stays) == ENTENTE_ERR_TIME);   /* E8 */
    CHECK(outcome_of_second(form) == ENTENTE_ERR_MALFORMED);    /* E1 */
}

TEST(the_frame_of_a_segment_is_exact)
{
    struct build_feed feed;
    struct built_segment built;

    build_feed(&feed, &party, &room, 0, 1);
    build(&built, &feed, 2);
    built.memory[0] = 0;
    built.memory[4] = 0;
    CHECK(parse(built.segment) == ENTENTE_ERR_TOO_LARGE); /* no entry, some headers */
    memset(built.memory, 0, 5);
    CHECK(parse(built.segment) == ENTENTE_ERR_MALFORMED);
    built_segment_free(&built);

    build(&built, &feed, 2);
    built.memory[0] = 1;
    CHECK(parse(built.segment) == ENTENTE_ERR_MALFORMED); /* a header is left over */
    built.memory[0] = 3;
    CHECK(parse(built.segment) == ENTENTE_ERR_TRUNCATED);
    built.memory[0] = SEGMENT_ENTRIES_MAX + 1;
    CHECK(parse(built.segment) == ENTENTE_ERR_TOO_LARGE);
    built.memory[0] = 2;
    built.memory[2] = 1;
    CHECK(parse(built.segment) == ENTENTE_ERR_TOO_LARGE); /* more than two headers can be */
    built_segment_free(&built);
}

TEST(s2_payloads)
{
    struct build_feed feed;
    struct built_segment built;

    build_feed(&feed, &party, &room, 0, 1);
    build(&built, &feed, 3); /* 3, 4 and 5 bytes */
    uint8_t *payloads = built.memory + built.segment.size;
    REQUIRE(parse(built.segment) == ENTENTE_OK);
    CHECK(segment_payload(&segment, built.payloads, 2).data == payloads + 7);
    for (size_t size = 0; size < built.payloads.size; size++)
        CHECK(segment_check_payloads(&segment, (struct bytes){payloads, size}) ==
              ENTENTE_ERR_TRUNCATED);
    for (size_t i = 0; i < built.payloads.size; i++) {
        payloads[i] ^= 1;
        CHECK(segment_check_payloads(&segment, built.payloads) == ENTENTE_ERR_HASH);
        payloads[i] ^= 1;
    }
    uint8_t longer[13];
    memcpy(longer, payloads, 12);
    longer[12] = 0;
    CHECK(segment_check_payloads(&segment, (struct bytes){longer, 13}) == ENTENTE_ERR_MALFORMED);
    CHECK(segment_check_payloads(&segment, (struct bytes){longer, 12}) == ENTENTE_OK);
    built_segment_free(&built);
}

TEST(s2_the_sum_of_payloads)
{
    uint8_t *half = calloc(2, SEGMENT_PAYLOAD_BYTES_MAX / 2 + 1);
    struct build_entry entries[2] = {{.kind = ENTRY_KEYS}, {.kind = ENTRY_KEYS}};
    struct build_feed feed;
    struct built_segment built;

    REQUIRE(half != NULL);
    build_feed(&feed, &party, &room, 0, 1);
    for (unsigned more = 0; more < 2; more++) {
        entries[0].payload = (struct bytes){half, SEGMENT_PAYLOAD_BYTES_MAX / 2};
        entries[1].payload = (struct bytes){half, SEGMENT_PAYLOAD_BYTES_MAX / 2 + more};
        build_segment(&built, &feed, entries, 2);
        CHECK(parse(built.segment) == (more == 0 ? ENTENTE_OK : ENTENTE_ERR_TOO_LARGE));
        built_segment_free(&built);
    }
    free(half);
}

int
main(int argc, char **argv)
{
    const struct test_case cases[] = {
        CASE(what_is_built_is_read),
        CASE(every_shorter_input_is_truncated),
        CASE(no_flipped_bit_is_accepted),
        CASE(every_link_holds),
        CASE(the_frame_of_a_segment_is_exact),
        CASE(s2_payloads),
        CASE(s2_the_sum_of_payloads),
    };

    if (crypto_start() != ENTENTE_OK)
        return 1;
    build_party(&party, 1);
    int status = test_run(cases, sizeof cases / sizeof cases[0], argc, argv);
    build_party_free(&party);
    return status;
}
