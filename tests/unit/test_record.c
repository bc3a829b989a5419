/*
 * Goal: record_receive() admits what the rules of PROTOCOL.md sections 5 and 6 allow, in any order
 * of arrival, and names the rule that the rest breaks. Method: segments with one thing wrong each,
 * built by the same writer as good ones.
 */
#include "support/room.h"
#include "support/test.h"

static struct test_room room;

static struct position
at(const struct built_segment *built)
{
    return built->positions[built->count - 1];
}

TEST(admits_in_order)
{
    struct replica replica;
    struct build_feed feed;
    struct built_segment first, second;
    uint32_t branch;
    struct entry_id id;

    replica_make(&replica, &room, NULL);
    test_room_feed(&feed, &room, 1, 1);
    room_say_many(&first, &feed, 3);
    room_say_many(&second, &feed, 2);
    CHECK(record_lane(replica.record, 1, 1, &branch) == ENTENTE_ERR_NOT_FOUND);
    CHECK(replica_receive(&replica, &first) == ENTENTE_OK);
    CHECK(replica.admission.entries == 3 && replica.admission.first->new_branch);
    CHECK(replica_receive(&replica, &second) == ENTENTE_OK);
    CHECK(replica.admission.entries == 2 && !replica.admission.first->new_branch);
    CHECK(
        replica.admission.first->row.first_seq == 4 && replica.admission.first->row.last_seq == 5);
    CHECK(replica.admission.first->row.arrival == 2);

    REQUIRE(record_lane(replica.record, 1, 1, &branch) == ENTENTE_OK);
    struct position head = record_head(replica.record, branch), wanted = at(&second);
    CHECK(position_compare(&head, &wanted) == 0);
    CHECK(record_entries(replica.record) == 5);
    for (uint32_t seq = 1; seq <= 5; seq++) {
        const struct position *p =
            seq <= 3 ? &first.positions[seq - 1] : &second.positions[seq - 4];
        CHECK(record_id_at(replica.record, branch, seq, &id) == ENTENTE_OK);
        CHECK(entry_id_equal(&id, &p->id));
    }
    CHECK(record_id_at(replica.record, branch, 6, &id) == ENTENTE_ERR_NOT_FOUND);
    CHECK(record_find(replica.record, &first.positions[1], &branch) == ENTENTE_OK);
    wanted.id.bytes[0] ^= 1;
    CHECK(record_find(replica.record, &wanted, &branch) == ENTENTE_ERR_NOT_FOUND);
    built_segment_free(&first);
    built_segment_free(&second);
    replica_free(&replica);
}

TEST(waits_for_the_entries_before)
{
    struct replica replica;
    struct build_feed feed;
    struct built_segment built[4];
    struct position missing, wanted;

    replica_make(&replica, &room, NULL);
    test_room_feed(&feed, &room, 0, 1);
    for (int i = 0; i < 4; i++)
        room_say_many(&built[i], &feed, 2);
    for (int i = 3; i >= 1; i--) {
        CHECK(replica_receive(&replica, &built[i]) == ENTENTE_OK);
        CHECK(replica.admission.is_pending && replica.admission.first == NULL);
        wanted = at(&built[i - 1]);
        CHECK(position_compare(&replica.admission.missing, &wanted) == 0);
    }
    CHECK(replica_receive(&replica, &built[2]) == ENTENTE_OK && replica.admission.is_pending);
    CHECK(record_pending_at(replica.record, 2, &missing));
    CHECK(!record_pending_at(replica.record, 3, &missing));
    CHECK(replica_receive(&replica, &built[0]) == ENTENTE_OK);
    CHECK(!replica.admission.is_pending && replica.admission.entries == 8);
    CHECK(!record_pending_at(replica.record, 0, &missing));
    CHECK(record_entries(replica.record) == 8);
    for (int i = 0; i < 4; i++) {
        CHECK(replica_receive(&replica, &built[i]) == ENTENTE_ERR_DUPLICATE);
        built_segment_free(&built[i]);
    }
    replica_free(&replica);
}

TEST(waits_for_causes_of_others_and_of_registers)
{
    struct replica replica;
    struct build_feed one, other;
    struct built_segment cause, effect;
    struct position deps[2];

    replica_make(&replica, &room, NULL);
    test_room_feed(&one, &room, 0, 1);
    test_room_feed(&other, &room, 1, 1);
    room_say_many(&cause, &one, 2);
    deps[0] = at(&cause);
    deps[1] = (struct position){2, REGISTER_INC, 4, *register_id(room.registers[2], 4)};
    room_say(&effect, &other, deps, 2);
    CHECK(replica_receive(&replica, &effect) == ENTENTE_OK);
    CHECK(replica.admission.is_pending);
    CHECK(position_compare(&replica.admission.missing, &deps[0]) == 0);
    CHECK(replica_receive(&replica, &cause) == ENTENTE_OK);
    CHECK(replica.admission.entries == 3);
    bool in_past;
    uint32_t on, of;
    CHECK(record_find(replica.record, &cause.positions[0], &on) == ENTENTE_OK);
    CHECK(record_lane(replica.record, 1, 1, &of) == ENTENTE_OK);
    CHECK(record_in_past(replica.record, on, 2, of, 1, &in_past) == ENTENTE_OK && in_past);
    CHECK(record_in_past(replica.record, of, 1, on, 2, &in_past) == ENTENTE_OK && !in_past);
    CHECK(record_in_past(replica.record, 2, 4, of, 1, &in_past) == ENTENTE_OK && in_past);
    CHECK(record_in_past(replica.record, 2, 4, on, 2, &in_past) == ENTENTE_OK && !in_past);
    built_segment_free(&cause);
    built_segment_free(&effect);
    replica_free(&replica);
}

TEST(waits_for_a_register_that_grows)
{
    struct replica replica;
    struct build_feed feed;
    struct built_segment built;
    struct party_register *registers[PARTIES_MAX] = {0};
    size_t size;

    for (uint8_t slot = 0; slot < room.parties; slot++)
        CHECK(register_new(&registers[slot]) == ENTENTE_OK);
    replica_make(&replica, &room, &(struct replica_options){.registers = registers});
    test_room_feed(&feed, &room, 1, 1);
    room_say_many(&built, &feed, 2);
    CHECK(replica_receive(&replica, &built) == ENTENTE_OK && replica.admission.is_pending);
    CHECK(replica.admission.missing.inc == REGISTER_INC && replica.admission.missing.seq == 4);

    uint8_t *entries = build_register_bytes(room.registers[1], &size);
    CHECK(register_add_all(registers[1], (struct bytes){entries, size}) == ENTENTE_OK);
    arena_reset(&replica.arena);
    CHECK(record_registers_grew(replica.record, &replica.arena, &replica.admission) == ENTENTE_OK);
    CHECK(replica.admission.entries == 2);
    free(entries);
    built_segment_free(&built);
    replica_free(&replica);
    for (uint8_t slot = 0; slot < room.parties; slot++)
        register_free(registers[slot]);
}

TEST(takes_another_cut_of_the_same_entries)
{
    struct replica replica;
    struct build_feed feed, same;
    struct built_segment two, four, six;
    struct segment *parsed = calloc(1, sizeof *parsed);
    struct signing_key secret;
    struct public_key key;

    replica_make(&replica, &room, NULL);
    test_room_feed(&feed, &room, 0, 1);
    same = feed;
    room_say_many(&two, &feed, 2);
    feed = same;
    room_say_many(&four, &feed, 4);
    room_say_many(&six, &feed, 2);
    CHECK(replica_receive(&replica, &two) == ENTENTE_OK);
    CHECK(replica_receive(&replica, &four) == ENTENTE_OK);
    CHECK(replica.admission.entries == 2 && replica.admission.faults == NULL);
    const struct segment_row *row = &replica.admission.first->row;
    CHECK(row->first_seq == 3 && row->last_seq == 4);
    /* What is kept of it is a segment in its own right. */
    struct reader reader = reader_of(row->segment);
    REQUIRE(segment_parse(&reader, parsed) == ENTENTE_OK);
    build_key(&secret, &key, 1, BUILD_NODE, 1);
    CHECK(segment_check_signature(parsed, &key));
    CHECK(segment_check_payloads(parsed, row->payloads) == ENTENTE_OK);
    CHECK(replica_receive(&replica, &two) == ENTENTE_ERR_DUPLICATE);
    CHECK(replica_receive(&replica, &six) == ENTENTE_OK);
    CHECK(record_entries(replica.record) == 6);
    free(parsed);
    built_segment_free(&two);
    built_segment_free(&four);
    built_segment_free(&six);
    replica_free(&replica);
}

/* `feed` gives the next segment, which must be refused with `wanted` and change nothing. */
static void
check_refused(struct replica *replica, struct build_feed feed, enum entente_error wanted)
{
    struct built_segment built;
    uint64_t entries = record_entries(replica->record);

    room_say_many(&built, &feed, 2);
    CHECK(replica_receive(replica, &built) == wanted);
    CHECK(record_entries(replica->record) == entries);
    CHECK(!record_pending_at(replica->record, 0, &(struct position){0}));
    built_segment_free(&built);
}

TEST(refuses_what_is_not_of_the_room)
{
    struct replica replica;
    struct build_feed feed;

    replica_make(&replica, &room, NULL);
    test_room_feed(&feed, &room, 0, 1);
    feed.room.bytes[31] ^= 1;
    check_refused(&replica, feed, ENTENTE_ERR_WRONG_ROOM);
    test_room_feed(&feed, &room, 0, 1);
    feed.slot = room.parties;
    check_refused(&replica, feed, ENTENTE_ERR_NOT_A_PARTY);
    test_room_feed(&feed, &room, 0, 1);
    feed.head.id.bytes[0] ^= 1; /* prev of seq 1 is not the certificate */
    check_refused(&replica, feed, ENTENTE_ERR_CHAIN);
    test_room_feed(&feed, &room, 0, 1);
    feed.inc = 7;
    check_refused(&replica, feed, ENTENTE_ERR_UNCERTIFIED);
    test_room_feed(&feed, &room, 0, 1);
    feed.slot = 1; /* signed by party 0 */
    feed.party = &room.party[0];
    struct built_segment built;
    room_say_many(&built, &feed, 1);
    CHECK(replica_receive(&replica, &built) != ENTENTE_OK || replica.admission.is_pending);
    CHECK(record_entries(replica.record) == 0);
    built_segment_free(&built);
    replica_free(&replica);
}

TEST(refuses_changed_bytes)
{
    struct replica replica;
    struct build_feed feed;
    struct built_segment built;

    replica_make(&replica, &room, NULL);
    test_room_feed(&feed, &room, 0, 1);
    room_say_many(&built, &feed, 3);
    uint8_t *segment = built.memory;
    for (size_t i = 0; i < built.segment.size + built.payloads.size; i += 7) {
        segment[i] ^= 0x10;
        enum entente_error error = replica_receive(&replica, &built);
        CHECK(error != ENTENTE_OK || replica.admission.is_pending);
        if (i >= built.segment.size)
            CHECK(error == ENTENTE_ERR_HASH);
        else if (i >= built.segment.size - 64)
            CHECK(error == ENTENTE_ERR_SIGNATURE);
        segment[i] ^= 0x10;
    }
    CHECK(record_entries(replica.record) == 0);
    built.payloads.size--;
    CHECK(replica_receive(&replica, &built) == ENTENTE_ERR_TRUNCATED);
    built.payloads.size++;
    CHECK(replica_receive(&replica, &built) == ENTENTE_OK);
    built_segment_free(&built);
    replica_free(&replica);
}

TEST(refuses_time_and_register_that_go_back)
{
    struct replica replica;
    struct build_feed feed, late;
    struct built_segment built;
    struct test_room grown;

    test_room_make(&grown, 2, 99);
    struct build_party old = {.seed = 1};
    build_party(&old, 1);
    build_party_certify(&grown.party[0]); /* its register now has 5 entries */
    replica_make(&replica, &grown, NULL);
    test_room_feed(&feed, &grown, 0, 1);
    room_say_many(&built, &feed, 2);
    CHECK(replica_receive(&replica, &built) == ENTENTE_OK);
    late = feed;
    late.t_ms = feed.t_ms - 1;
    check_refused(&replica, late, ENTENTE_ERR_TIME);
    late = feed;
    late.party = &old; /* cites entry 4 where its feed has cited 5 */
    check_refused(&replica, late, ENTENTE_ERR_REGISTER_CHAIN);
    build_party_revoke(&grown.party[0], 1);
    check_refused(&replica, feed, ENTENTE_ERR_REVOKED);
    test_room_feed(&late, &grown, 0, 2); /* not a resume */
    check_refused(&replica, late, ENTENTE_ERR_RESUME);
    built_segment_free(&built);
    replica_free(&replica);
    build_party_free(&old);
    test_room_free(&grown);
}

TEST(refuses_redundant_links)
{
    struct replica replica;
    struct build_feed a, b, c;
    struct built_segment first, second, third, bad;
    struct position deps[2];

    replica_make(&replica, &room, NULL);
    test_room_feed(&a, &room, 0, 1);
    test_room_feed(&b, &room, 1, 1);
    test_room_feed(&c, &room, 2, 1);
    room_say_many(&first, &a, 2);
    CHECK(replica_receive(&replica, &first) == ENTENTE_OK);
    deps[0] = at(&first);
    room_say(&second, &b, deps, 1);
    CHECK(replica_receive(&replica, &second) == ENTENTE_OK);

    struct build_feed again = b;
    room_say(&bad, &again, deps, 1); /* in past(prev) */
    CHECK(replica_receive(&replica, &bad) == ENTENTE_ERR_DEPS);
    built_segment_free(&bad);
    again = b;
    deps[0] = first.positions[0]; /* so is what is before it */
    room_say(&bad, &again, deps, 1);
    CHECK(replica_receive(&replica, &bad) == ENTENTE_ERR_DEPS);
    built_segment_free(&bad);

    deps[0] = at(&first);
    deps[1] = at(&second);
    again = c;
    room_say(&bad, &again, deps, 2); /* the first is in the past of the second */
    CHECK(replica_receive(&replica, &bad) == ENTENTE_ERR_DEPS);
    built_segment_free(&bad);
    room_say(&third, &c, deps + 1, 1);
    CHECK(replica_receive(&replica, &third) == ENTENTE_OK);
    built_segment_free(&first);
    built_segment_free(&second);
    built_segment_free(&third);
    replica_free(&replica);
}

TEST(bounds_what_waits)
{
    struct replica replica;
    struct build_feed feed;
    struct built_segment built;
    static uint8_t large[SEGMENT_PAYLOAD_BYTES_MAX];
    struct build_entry entry = {.kind = ENTRY_SEALED, .payload = {large, sizeof large}};
    unsigned kept = 0;

    replica_make(&replica, &room, &(struct replica_options){.heads_only = true});
    test_room_feed(&feed, &room, 0, 1);
    room_say_many(&built, &feed, 1);
    built_segment_free(&built);
    for (int i = 0; i < 6; i++) {
        build_segment(&built, &feed, &entry, 1);
        CHECK(replica_receive(&replica, &built) == ENTENTE_OK && replica.admission.is_pending);
        kept += !replica.admission.was_dropped;
        built_segment_free(&built);
    }
    CHECK(kept == RECORD_PENDING_LANE_BYTES_MAX / sizeof large);
    replica_free(&replica);
}

int
main(int argc, char **argv)
{
    static const struct test_case cases[] = {CASE(admits_in_order),
        CASE(waits_for_the_entries_before), CASE(waits_for_causes_of_others_and_of_registers),
        CASE(waits_for_a_register_that_grows), CASE(takes_another_cut_of_the_same_entries),
        CASE(refuses_what_is_not_of_the_room), CASE(refuses_changed_bytes),
        CASE(refuses_time_and_register_that_go_back), CASE(refuses_redundant_links),
        CASE(bounds_what_waits)};

    test_room_make(&room, 3, 1);
    int status = test_run(cases, sizeof cases / sizeof cases[0], argc, argv);
    test_room_free(&room);
    return status;
}
