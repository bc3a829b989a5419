/*
 * Goal: a peer gets every branch of what it follows, causes first, forked ones too.
 * Method: a record with a fork, and a peer that has nothing; what the feeder gives is received by
 * another record until nothing more comes.
 */
#include "format/frame.h"
#include "support/room.h"
#include "support/test.h"
#include "sync/feeder.h"

static struct test_room room;

/* Party 0 forks behind its second entry; party 1 has read the second face. */
struct story {
    struct built_segment trunk, one, other, reader;
};

static void
tell(struct story *story)
{
    struct build_feed feed, fork, reader;

    test_room_feed(&feed, &room, 0, 1);
    room_say_many(&story->trunk, &feed, 2);
    fork = feed;
    fork.t_ms += 1000; /* so that the words differ */
    room_say_many(&story->one, &feed, 1);
    room_say_many(&story->other, &fork, 1);
    test_room_feed(&reader, &room, 1, 1);
    room_say(&story->reader, &reader, story->other.positions, 1);
}

static void
forget(struct story *story)
{
    built_segment_free(&story->trunk);
    built_segment_free(&story->one);
    built_segment_free(&story->other);
    built_segment_free(&story->reader);
}

static void
receive_frame(struct replica *replica, struct bytes data)
{
    struct frame frame;

    REQUIRE(frame_parse(data, &frame) == ENTENTE_OK);
    if (frame.kind == FRAME_REGISTER)
        return;
    REQUIRE(frame.kind == FRAME_SEGMENT);
    struct built_segment built = {
        .segment = frame.segment.segment, .payloads = frame.segment.payloads};
    enum entente_error error = replica_receive(replica, &built);
    CHECK(error == ENTENTE_OK || error == ENTENTE_ERR_CONTESTED);
}

TEST(feeds_a_forked_branch_beside_others)
{
    struct story story;
    struct replica from, to;
    struct feeder feeder = {0};
    struct bytes frame = {0};
    uint32_t frames = 0;
    enum entente_error error;
    uint8_t *memory = malloc(1u << 20);
    struct arena arena;

    REQUIRE(memory != NULL);
    arena_init(&arena, memory, 1u << 20);
    tell(&story);
    replica_make(&from, &room, NULL);
    replica_make(&to, &room, NULL);
    CHECK(replica_receive(&from, &story.trunk) == ENTENTE_OK);
    CHECK(replica_receive(&from, &story.one) == ENTENTE_OK);
    CHECK(replica_receive(&from, &story.reader) == ENTENTE_OK && from.admission.is_pending);
    CHECK(replica_receive(&from, &story.other) == ENTENTE_OK && from.admission.entries == 2);

    for (uint32_t branch = 0; branch < record_branches(from.record); branch++)
        feeder_push(&feeder, branch, record_head(from.record, branch).seq);
    do {
        error =
            feeder_next(&feeder, from.record, index_source(from.index), 1u << 20, &arena, &frame);
        CHECK(error == ENTENTE_OK);
        if (error == ENTENTE_OK && frame.size > 0)
            receive_frame(&to, frame);
    } while (error == ENTENTE_OK && frame.size > 0 && ++frames < 100);
    CHECK(record_entries(to.record) >= 3);
    CHECK(record_is_contested(to.record, 0, 1));
    CHECK(frames == room.parties + 4u);

    feeder_free(&feeder);
    replica_free(&from);
    replica_free(&to);
    forget(&story);
    free(memory);
}

/* The peer has `own` entries of one branch, and asks for the `other`-th of the other one (Y3). */
static void
show_other_branch(uint32_t own, uint32_t other)
{
    uint32_t asked = own < other ? own : other; /* behind the trunk, as say_want() asks */
    struct build_feed feed, fork, reader;
    struct built_segment trunk, stands_on, asks_for, read;
    struct replica from, to;
    struct feeder feeder = {0};
    struct bytes frame = {0};
    uint8_t *memory = malloc(1u << 20);
    struct arena arena;

    REQUIRE(memory != NULL);
    arena_init(&arena, memory, 1u << 20);
    test_room_feed(&feed, &room, 0, 1);
    room_say_many(&trunk, &feed, 2);
    fork = feed;
    fork.t_ms += 1000;
    room_say_many(&stands_on, &feed, own);
    room_say_many(&asks_for, &fork, other);
    replica_make(&from, &room, NULL);
    replica_make(&to, &room, NULL);
    CHECK(replica_receive(&from, &trunk) == ENTENTE_OK);
    CHECK(replica_receive(&from, &stands_on) == ENTENTE_OK);
    test_room_feed(&reader, &room, 1, 1);
    room_say(&read, &reader, &asks_for.positions[other - 1], 1);
    CHECK(replica_receive(&from, &read) == ENTENTE_OK && from.admission.is_pending);
    CHECK(replica_receive(&from, &asks_for) == ENTENTE_OK && from.admission.entries == other + 1);
    CHECK(replica_receive(&to, &trunk) == ENTENTE_OK);
    CHECK(replica_receive(&to, &stands_on) == ENTENTE_OK);

    CHECK(feeder_want(&feeder, from.record, &stands_on.positions[asked - 1], 2 + other) ==
          ENTENTE_OK);
    CHECK(feeder_next(&feeder, from.record, index_source(from.index), 1u << 20, &arena, &frame) ==
          ENTENTE_OK);
    REQUIRE(frame.size > 0);
    receive_frame(&to, frame);
    CHECK(record_is_contested(to.record, 0, 1));

    feeder_free(&feeder);
    replica_free(&from);
    replica_free(&to);
    built_segment_free(&trunk);
    built_segment_free(&stands_on);
    built_segment_free(&asks_for);
    built_segment_free(&read);
    free(memory);
}

TEST(shows_the_other_branch_to_who_stands_on_one)
{
    for (uint32_t own = 1; own <= 3; own++)
        for (uint32_t other = 1; other <= 3; other++)
            show_other_branch(own, other);
}

int
main(int argc, char **argv)
{
    static const struct test_case cases[] = {CASE(feeds_a_forked_branch_beside_others),
        CASE(shows_the_other_branch_to_who_stands_on_one)};

    test_room_make(&room, 3, 4);
    int status = test_run(cases, sizeof cases / sizeof cases[0], argc, argv);
    test_room_free(&room);
    return status;
}
