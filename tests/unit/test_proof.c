/*
 * Goal: fault_check() accepts a proof when two signed segments of one lane give different ids at
 * one seq, in F1's order, and nothing else; proof_find() finds the first such seq.
 * Method: a feed that is copied and goes on twice, with forks at the first, a middle and no seq and
 * segments that overlap in every way; for each clause of F1 a payload that breaks just that one.
 */
#include "crypto/crypto.h"
#include "support/build.h"
#include "support/test.h"

static struct build_party party;
static const struct room_id room = {{0x11}};
static struct segment scratch[2];

/* The next `count` entries of the feed; `salt` makes one fork's differ from another's. */
static void
go_on(struct built_segment *built, struct build_feed *feed, uint32_t count, uint8_t salt)
{
    struct build_entry entries[SEGMENT_ENTRIES_MAX] = {0};

    for (uint32_t i = 0; i < count; i++)
        entries[i] = (struct build_entry){.kind = ENTRY_SEALED, .index = i, .payload = {&salt, 1}};
    build_segment(built, feed, entries, count);
}

/* Two faces of slot 2, inc 1, from seq 3 on. */
static void
fork_feed(struct built_segment faces[static 2], const struct room_id *in_room)
{
    struct build_feed feed, copy;
    struct built_segment common;

    build_feed(&feed, &party, in_room, 2, 1);
    go_on(&common, &feed, 2, 0);
    built_segment_free(&common);
    copy = feed;
    go_on(&faces[0], &feed, 3, 1);
    go_on(&faces[1], &copy, 1, 2);
}

static const struct public_key *
node_key(void)
{
    return &register_incarnation(party.reg, 1)->key;
}

static enum entente_error
check(struct bytes payload)
{
    struct fault fault;
    enum entente_error error = fault_parse(payload, &fault);

    return error == ENTENTE_OK ? fault_check(&fault, &room, node_key(), scratch) : error;
}

TEST(two_faces_are_a_fault)
{
    struct built_segment faces[2];
    struct fault fault;
    size_t size;

    fork_feed(faces, &room);
    uint8_t *payload = build_fault(&faces[0], &faces[1], &size);
    REQUIRE(fault_parse((struct bytes){payload, size}, &fault) == ENTENTE_OK);
    CHECK(fault.slot == 2 && fault.inc == 1);
    CHECK(fault_check(&fault, &room, node_key(), scratch) == ENTENTE_OK);
    CHECK(memcmp(&scratch[0].ids[0], &scratch[1].ids[0], ID_BYTES) < 0); /* F1's order */
    uint8_t *again = malloc(size);
    REQUIRE(again != NULL);
    struct writer writer = writer_of(again, size);
    fault_write(&writer, &fault);
    CHECK(bytes_equal(writer_written(&writer), (struct bytes){payload, size}));
    free(again);
    free(payload);
    built_segment_free(&faces[0]);
    built_segment_free(&faces[1]);
}

TEST(every_shorter_payload_is_truncated_and_no_flipped_bit_accepted)
{
    struct built_segment faces[2];
    struct fault fault;
    size_t size;

    fork_feed(faces, &room);
    uint8_t *payload = build_fault(&faces[0], &faces[1], &size);
    for (size_t shorter = 0; shorter < size; shorter++)
        CHECK(fault_parse((struct bytes){payload, shorter}, &fault) == ENTENTE_ERR_TRUNCATED);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        payload[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CHECK(check((struct bytes){payload, size}) != ENTENTE_OK);
        payload[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    CHECK(check((struct bytes){payload, size}) == ENTENTE_OK);
    free(payload);
    built_segment_free(&faces[0]);
    built_segment_free(&faces[1]);
}

/* The outcome of two segments as they are, for the lane of slot and inc. */
static enum entente_error
outcome(struct bytes first, struct bytes second, uint8_t slot, uint16_t inc)
{
    static uint8_t payload[PROOF_BYTES_MAX + FAULT_HEAD_BYTES];
    struct writer writer = writer_of(payload, sizeof payload);
    const struct fault fault = {slot, inc, first, second};

    fault_write(&writer, &fault);
    CHECK(!writer.failed);
    return check(writer_written(&writer));
}

TEST(f1_each_clause)
{
    struct built_segment faces[2], elsewhere[2];
    const struct room_id other_room = {{0x22}};
    size_t size;

    fork_feed(faces, &room);
    fork_feed(elsewhere, &other_room);
    uint8_t *payload = build_fault(&faces[0], &faces[1], &size);
    struct fault fault;
    REQUIRE(fault_parse((struct bytes){payload, size}, &fault) == ENTENTE_OK);
    struct bytes a = fault.first, b = fault.second;
    CHECK(outcome(a, b, 2, 1) == ENTENTE_OK);
    CHECK(outcome(b, a, 2, 1) == ENTENTE_ERR_NO_PROOF); /* the order */
    CHECK(outcome(a, a, 2, 1) == ENTENTE_ERR_NO_PROOF); /* no difference */
    CHECK(outcome(a, b, 3, 1) == ENTENTE_ERR_NO_PROOF); /* another lane is accused */
    CHECK(outcome(a, b, 2, 2) == ENTENTE_ERR_NO_PROOF);
    CHECK(outcome(a, b, PARTIES_MAX, 1) == ENTENTE_ERR_MALFORMED);
    CHECK(outcome(a, b, 2, 0) == ENTENTE_ERR_MALFORMED);
    CHECK(outcome(a, b, 2, REGISTER_INC) == ENTENTE_ERR_MALFORMED);
    CHECK(outcome(a, (struct bytes){0}, 2, 1) == ENTENTE_ERR_MALFORMED);
    CHECK(outcome(elsewhere[0].segment, elsewhere[1].segment, 2, 1) == ENTENTE_ERR_WRONG_ROOM);
    CHECK(outcome(a, elsewhere[1].segment, 2, 1) == ENTENTE_ERR_WRONG_ROOM);
    CHECK(fault_check(&fault, &room, node_key(), scratch) == ENTENTE_OK);
    CHECK(fault_check(&fault, &room, register_operations_key(party.reg), scratch) ==
          ENTENTE_ERR_SIGNATURE);
    for (unsigned i = 0; i < 2; i++) { /* either signature */
        uint8_t *last = payload + (i == 0 ? FAULT_HEAD_BYTES + 4 + a.size - 1 : size - 1);
        *last ^= 1;
        CHECK(check((struct bytes){payload, size}) == ENTENTE_ERR_SIGNATURE);
        *last ^= 1;
    }
    free(payload);
    for (unsigned i = 0; i < 2; i++) {
        built_segment_free(&faces[i]);
        built_segment_free(&elsewhere[i]);
    }
}

TEST(nothing_behind_a_segment)
{
    struct built_segment faces[2];
    uint8_t longer[2048];
    struct fault fault;
    size_t size;

    fork_feed(faces, &room);
    uint8_t *payload = build_fault(&faces[0], &faces[1], &size);
    REQUIRE(fault_parse((struct bytes){payload, size}, &fault) == ENTENTE_OK);
    REQUIRE(fault.first.size < sizeof longer && fault.second.size < sizeof longer);
    memcpy(longer, fault.first.data, fault.first.size);
    CHECK(outcome((struct bytes){longer, fault.first.size + 1}, fault.second, 2, 1) ==
          ENTENTE_ERR_MALFORMED);
    memcpy(longer, fault.second.data, fault.second.size);
    CHECK(outcome(fault.first, (struct bytes){longer, fault.second.size + 1}, 2, 1) ==
          ENTENTE_ERR_MALFORMED);
    memcpy(longer, payload, size);
    CHECK(fault_parse((struct bytes){longer, size + 1}, &fault) == ENTENTE_ERR_MALFORMED);
    longer[FAULT_HEAD_BYTES] = 0x7F;
    CHECK(fault_parse((struct bytes){longer, size}, &fault) == ENTENTE_ERR_TOO_LARGE);
    free(payload);
    built_segment_free(&faces[0]);
    built_segment_free(&faces[1]);
}

static void
read_segment(const struct built_segment *built, struct segment *segment)
{
    struct reader reader = reader_of(built->segment);

    CHECK(segment_parse(&reader, segment) == ENTENTE_OK);
}

TEST(the_first_difference_is_found_however_they_overlap)
{
    struct build_feed feed, copy;
    struct built_segment parts[4]; /* seq 1-4, 5-8, then the other face: 5-6, 7-9 */
    uint32_t seq = 0;
    bool first = false;

    build_feed(&feed, &party, &room, 2, 1);
    go_on(&parts[0], &feed, 4, 1);
    copy = feed;
    go_on(&parts[1], &feed, 4, 1);
    go_on(&parts[2], &copy, 2, 2);
    go_on(&parts[3], &copy, 3, 2);
    const uint32_t wanted[4][4] = {
        {0, 0, 0, 0}, {0, 0, 5, 7}, {0, 5, 0, 0}, {0, 7, 0, 0}}; /* 0: no contradiction */
    for (unsigned i = 0; i < 4; i++)
        for (unsigned j = 0; j < 4; j++) {
            read_segment(&parts[i], &scratch[0]);
            read_segment(&parts[j], &scratch[1]);
            bool found = proof_find(&scratch[0], &scratch[1], &seq, &first);
            CHECK(found == (wanted[i][j] != 0) && (!found || seq == wanted[i][j]));
            if (found)
                CHECK(
                    first == (memcmp(&scratch[0].ids[seq - scratch[0].entries[0].seq],
                                  &scratch[1].ids[seq - scratch[1].entries[0].seq], ID_BYTES) < 0));
        }
    for (unsigned i = 0; i < 4; i++)
        built_segment_free(&parts[i]);
}

TEST(other_cuts_and_other_lanes_are_no_contradiction)
{
    struct build_feed feed, copy, other;
    struct built_segment whole, part, foreign;
    uint32_t seq;
    bool first;

    build_feed(&feed, &party, &room, 2, 1);
    copy = feed;
    build_feed(&other, &party, &room, 3, 1);
    go_on(&whole, &feed, 6, 1);
    go_on(&part, &copy, 2, 1);
    go_on(&foreign, &other, 2, 1);
    read_segment(&whole, &scratch[0]);
    read_segment(&part, &scratch[1]);
    CHECK(!proof_find(&scratch[0], &scratch[1], &seq, &first));
    read_segment(&foreign, &scratch[1]);
    CHECK(!proof_find(&scratch[0], &scratch[1], &seq, &first));
    built_segment_free(&whole);
    built_segment_free(&part);
    built_segment_free(&foreign);
}

int
main(int argc, char **argv)
{
    const struct test_case cases[] = {
        CASE(two_faces_are_a_fault),
        CASE(every_shorter_payload_is_truncated_and_no_flipped_bit_accepted),
        CASE(f1_each_clause),
        CASE(nothing_behind_a_segment),
        CASE(the_first_difference_is_found_however_they_overlap),
        CASE(other_cuts_and_other_lanes_are_no_contradiction),
    };

    if (crypto_start() != ENTENTE_OK)
        return 1;
    build_party(&party, 1);
    int status = test_run(cases, sizeof cases / sizeof cases[0], argc, argv);
    build_party_free(&party);
    return status;
}
