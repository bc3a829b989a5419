/*
 * Goal: who shows two faces is proven to have done so, wherever the two meet, and stops nobody but
 * himself (F1 to F3, L4); incarnations, strays and barriers (I1 to I3).
 * Method: forks are copies of a feed that go on with other words; the cases are written out.
 */
#include "format/proof.h"
#include "support/room.h"
#include "support/test.h"

static struct test_room room;

/* An entry with words of its own, so that two branches differ. */
static void
say(struct built_segment *built, struct build_feed *feed, const char *words,
    const struct position *deps, uint8_t deps_count)
{
    struct build_entry entry = {.kind = ENTRY_SEALED,
        .flags = ENTRY_FLAG_HOLDS,
        .payload = bytes_of_text(words),
        .deps = deps,
        .deps_count = deps_count};

    build_segment(built, feed, &entry, 1);
}

static uint32_t
branch_of(struct replica *replica, const struct position *position)
{
    uint32_t branch = UINT32_MAX;

    CHECK(record_find(replica->record, position, &branch) == ENTENTE_OK);
    return branch;
}

static void
check_state_equal(struct replica *one, struct replica *other)
{
    struct digest a, b;

    CHECK(record_state_hash(one->record, &a) == ENTENTE_OK);
    CHECK(record_state_hash(other->record, &b) == ENTENTE_OK);
    CHECK(memcmp(&a, &b, sizeof a) == 0);
}

/* Party 0 forks behind its second entry; [0] and [1] are the two faces, each of two segments. */
struct fork {
    struct built_segment trunk;
    struct built_segment face[2][2];
};

static void
fork_make(struct fork *fork)
{
    struct build_feed feed, other;

    test_room_feed(&feed, &room, 0, 1);
    room_say_many(&fork->trunk, &feed, 2);
    other = feed;
    say(&fork->face[0][0], &feed, "yes", NULL, 0);
    say(&fork->face[0][1], &feed, "yes indeed", NULL, 0);
    say(&fork->face[1][0], &other, "no", NULL, 0);
    say(&fork->face[1][1], &other, "no, never", NULL, 0);
}

static void
fork_free(struct fork *fork)
{
    built_segment_free(&fork->trunk);
    for (int i = 0; i < 4; i++)
        built_segment_free(&fork->face[i / 2][i % 2]);
}

TEST(proves_a_fork_whichever_face_comes_first)
{
    struct fork fork;
    uint8_t payload[2][4096];
    size_t size[2];

    fork_make(&fork);
    for (int first = 0; first < 2; first++) {
        struct replica replica;
        replica_make(&replica, &room, NULL);
        CHECK(replica_receive(&replica, &fork.trunk) == ENTENTE_OK);
        CHECK(replica_receive(&replica, &fork.face[first][0]) == ENTENTE_OK);
        CHECK(replica_receive(&replica, &fork.face[1 - first][0]) == ENTENTE_OK);
        CHECK(replica.admission.first == NULL); /* proven, but nobody refers to it */
        REQUIRE(replica.admission.faults != NULL);
        CHECK(replica.admission.faults->slot == 0 && replica.admission.faults->inc == 1);
        CHECK(record_is_contested(replica.record, 0, 1));
        size[first] = replica.admission.faults->payload.size;
        REQUIRE(size[first] <= sizeof payload[first]);
        memcpy(payload[first], replica.admission.faults->payload.data, size[first]);
        CHECK(replica_receive(&replica, &fork.face[1 - first][0]) == ENTENTE_ERR_CONTESTED);
        CHECK(replica_receive(&replica, &fork.face[first][1]) == ENTENTE_ERR_CONTESTED);
        CHECK(record_entries(replica.record) == 3);

        /* Another replica believes the proof, once. */
        struct replica other;
        replica_make(&other, &room, NULL);
        struct bytes proof = {payload[first], size[first]};
        CHECK(replica_prove(&other, proof) == ENTENTE_OK && other.admission.faults != NULL);
        CHECK(replica_prove(&other, proof) == ENTENTE_ERR_DUPLICATE);
        payload[first][size[first] - 1] ^= 1;
        replica_free(&other);
        replica_make(&other, &room, NULL);
        CHECK(replica_prove(&other, proof) == ENTENTE_ERR_SIGNATURE);
        CHECK(!record_is_contested(other.record, 0, 1));
        payload[first][size[first] - 1] ^= 1;
        replica_free(&other);
        replica_free(&replica);
    }
    CHECK(size[0] == size[1] && memcmp(payload[0], payload[1], size[0]) == 0);
    fork_free(&fork);
}

/* Parties 1 and 2 each believed one face; everybody ends with both branches and one state. */
TEST(keeps_what_honest_parties_referred_to)
{
    struct fork fork;
    struct replica replica[2];
    struct built_segment word[2];

    fork_make(&fork);
    for (int i = 0; i < 2; i++) {
        struct build_feed feed;
        replica_make(&replica[i], &room, NULL);
        test_room_feed(&feed, &room, (uint8_t)(1 + i), 1);
        CHECK(replica_receive(&replica[i], &fork.trunk) == ENTENTE_OK);
        CHECK(replica_receive(&replica[i], &fork.face[i][0]) == ENTENTE_OK);
        CHECK(replica_receive(&replica[i], &fork.face[i][1]) == ENTENTE_OK);
        CHECK(replica_write(&replica[i], &feed, ENTRY_SEALED, bytes_of_text("heard"), &word[i]));
    }
    for (int i = 0; i < 2; i++) {
        struct replica *r = &replica[i];
        int o = 1 - i;
        CHECK(replica_receive(r, &fork.face[o][0]) == ENTENTE_OK && r->admission.faults != NULL);
        CHECK(replica_receive(r, &word[o]) == ENTENTE_OK && r->admission.is_pending);
        CHECK(r->admission.missing.seq == 4 && r->admission.missing.slot == 0);
        CHECK(replica_receive(r, &fork.face[o][1]) == ENTENTE_OK && r->admission.is_pending);
        CHECK(replica_receive(r, &fork.face[o][0]) == ENTENTE_OK);
        CHECK(r->admission.entries == 3 && !r->admission.is_pending);
        CHECK(branch_of(r, &fork.face[0][1].positions[0]) !=
              branch_of(r, &fork.face[1][1].positions[0]));
        CHECK(branch_of(r, &word[o].positions[0]) != UINT32_MAX);
        CHECK(record_entries(r->record) == 8);
    }
    check_state_equal(&replica[0], &replica[1]);

    /* In the past: the trunk of both words, each face of its own word only. */
    for (int i = 0; i < 2; i++)
        for (int face = 0; face < 2; face++)
            for (int w = 0; w < 2; w++) {
                struct replica *r = &replica[i];
                uint32_t on = branch_of(r, &fork.face[face][0].positions[0]);
                uint32_t of = branch_of(r, &word[w].positions[0]);
                bool past;
                CHECK(record_in_past(r->record, on, 3, of, 1, &past) == ENTENTE_OK);
                CHECK(past == (face == w));
                CHECK(record_in_past(r->record, on, 2, of, 1, &past) == ENTENTE_OK && past);
            }
    replica_reload(&replica[0], NULL);
    CHECK(record_is_contested(replica[0].record, 0, 1));
    check_state_equal(&replica[0], &replica[1]);
    for (int i = 0; i < 2; i++) {
        built_segment_free(&word[i]);
        replica_free(&replica[i]);
    }
    fork_free(&fork);
}

TEST(covers_a_contested_lane_no_more)
{
    struct fork fork;
    struct replica replica;
    struct build_feed feed;
    struct built_segment before, fault, bad;
    uint8_t payload[4096];

    fork_make(&fork);
    replica_make(&replica, &room, NULL);
    test_room_feed(&feed, &room, 1, 1);
    CHECK(replica_receive(&replica, &fork.trunk) == ENTENTE_OK);
    CHECK(replica_write(&replica, &feed, ENTRY_SEALED, bytes_of_text("heard"), &before));
    CHECK(replica_receive(&replica, &fork.face[0][0]) == ENTENTE_OK);
    CHECK(replica_receive(&replica, &fork.face[1][0]) == ENTENTE_OK);
    REQUIRE(replica.admission.faults != NULL);
    struct bytes proof = replica.admission.faults->payload;
    memcpy(payload, proof.data, proof.size);
    proof.data = payload;

    CHECK(!record_has_fault_by(replica.record, 1, 0, 1));
    CHECK(replica_write(&replica, &feed, ENTRY_FAULT, proof, &fault));
    CHECK(record_has_fault_by(replica.record, 1, 0, 1));
    CHECK(!record_has_fault_by(replica.record, 2, 0, 1));
    struct segment *parsed = calloc(1, sizeof *parsed);
    struct reader reader = reader_of(fault.segment);
    CHECK(segment_parse(&reader, parsed) == ENTENTE_OK);
    for (unsigned i = 0; i < parsed->entries[0].deps_count; i++)
        CHECK(entry_dep(&parsed->entries[0], i).slot != 0 ||
              entry_dep(&parsed->entries[0], i).inc == REGISTER_INC);
    free(parsed);

    /* L4: with the fault in its past an entry has no dep on the lane. */
    say(&bad, &feed, "I cover it all the same", fork.face[0][0].positions, 1);
    CHECK(replica_receive(&replica, &bad) == ENTENTE_ERR_DEPS);
    built_segment_free(&bad);

    /* The same in one segment with the fault entry, and for the fault entry itself. */
    struct build_entry both[2] = {{.kind = ENTRY_FAULT, .payload = proof},
        {.kind = ENTRY_SEALED, .payload = bytes_of_text("all the same"), .deps_count = 1,
            .deps = fork.face[0][0].positions}};
    test_room_feed(&feed, &room, 2, 1);
    build_segment(&bad, &feed, both, 2);
    CHECK(replica_receive(&replica, &bad) == ENTENTE_ERR_DEPS);
    built_segment_free(&bad);
    both[0].deps = fork.face[0][0].positions;
    both[0].deps_count = 1;
    test_room_feed(&feed, &room, 2, 1);
    build_segment(&bad, &feed, both, 1);
    CHECK(replica_receive(&replica, &bad) == ENTENTE_ERR_DEPS);
    built_segment_free(&bad);

    /* F2: a fault entry whose proof proves nothing is invalid. */
    test_room_feed(&feed, &room, 2, 1);
    payload[proof.size - 1] ^= 1;
    struct build_entry entry = {.kind = ENTRY_FAULT, .payload = proof};
    build_segment(&bad, &feed, &entry, 1);
    CHECK(replica_receive(&replica, &bad) == ENTENTE_ERR_SIGNATURE);
    built_segment_free(&bad);

    built_segment_free(&before);
    built_segment_free(&fault);
    replica_free(&replica);
    fork_free(&fork);
}

/* A proof inside a segment that had to wait is checked like any other. */
TEST(admits_a_fault_entry_that_was_pending)
{
    struct fork fork;
    struct replica one, other;
    struct build_feed feed;
    struct built_segment before, fault;
    uint8_t payload[4096];

    fork_make(&fork);
    replica_make(&one, &room, NULL);
    test_room_feed(&feed, &room, 1, 1);
    CHECK(replica_write(&one, &feed, ENTRY_SEALED, bytes_of_text("first"), &before));
    CHECK(replica_receive(&one, &fork.trunk) == ENTENTE_OK);
    CHECK(replica_receive(&one, &fork.face[0][0]) == ENTENTE_OK);
    CHECK(replica_receive(&one, &fork.face[1][0]) == ENTENTE_OK);
    REQUIRE(one.admission.faults != NULL);
    struct bytes proof = one.admission.faults->payload;
    memcpy(payload, proof.data, proof.size);
    proof.data = payload;
    struct build_entry entries[3] = {{.kind = ENTRY_FAULT, .payload = proof},
        {.kind = ENTRY_SEALED, .payload = bytes_of_text("after")},
        {.kind = ENTRY_SEALED, .payload = bytes_of_text("and after")}};
    build_segment(&fault, &feed, entries, 3);

    replica_make(&other, &room, NULL);
    CHECK(replica_receive(&other, &fault) == ENTENTE_OK && other.admission.is_pending);
    CHECK(replica_receive(&other, &before) == ENTENTE_OK && other.admission.entries == 4);
    CHECK(record_is_contested(other.record, 0, 1));
    CHECK(record_has_fault_by(other.record, 1, 0, 1));
    CHECK(branch_of(&other, &fault.positions[2]) != UINT32_MAX);
    replica_reload(&other, NULL);
    CHECK(record_has_fault_by(other.record, 1, 0, 1) && record_is_contested(other.record, 0, 1));
    built_segment_free(&before);
    built_segment_free(&fault);
    replica_free(&one);
    replica_free(&other);
    fork_free(&fork);
}

/* The fork is known, and the first face goes on in `forker`. */
static void
fork_known(struct fork *fork, struct replica *replica, struct build_feed *forker)
{
    struct built_segment more;

    fork_make(fork);
    replica_make(replica, &room, NULL);
    test_room_feed(forker, &room, 0, 1);
    built_segment_free(&fork->trunk);
    room_say_many(&fork->trunk, forker, 2);
    CHECK(replica_receive(replica, &fork->trunk) == ENTENTE_OK);
    CHECK(replica_receive(replica, &fork->face[0][0]) == ENTENTE_OK);
    CHECK(replica_receive(replica, &fork->face[1][0]) == ENTENTE_OK);
    say(&more, forker, "yes", NULL, 0); /* the first face again */
    built_segment_free(&more);
}

/*
 * The party of `feed` refers to the last of `count` more entries of the contested lane, each in a
 * segment of its own, and the last comes first.  How many entries were taken in, its own included.
 */
static uint32_t
draw(struct replica *replica, struct build_feed *forker, struct build_feed *feed, uint32_t count)
{
    struct built_segment more[CONTESTED_ENTRIES_MAX + 1], word;
    uint64_t before = record_entries(replica->record);

    for (uint32_t i = 0; i < count; i++)
        say(&more[i], forker, "more", NULL, 0);
    say(&word, feed, "heard", &more[count - 1].positions[0], 1);
    CHECK(replica_receive(replica, &word) == ENTENTE_OK);
    for (uint32_t i = count; i-- > 0;) {
        enum entente_error error = replica_receive(replica, &more[i]);
        CHECK(error == ENTENTE_OK || error == ENTENTE_ERR_CONTESTED);
        built_segment_free(&more[i]);
    }
    built_segment_free(&word);
    return (uint32_t)(record_entries(replica->record) - before);
}

/* F3's budget: one party draws in 64 entries of a contested lane, then must cover the fault. */
TEST(bounds_what_a_party_draws_in)
{
    struct fork fork;
    struct replica replica;
    struct build_feed forker, feed;
    struct built_segment more = {0}, word;
    uint32_t drawn = 0;
    enum entente_error error = ENTENTE_OK;

    fork_known(&fork, &replica, &forker);
    test_room_feed(&feed, &room, 1, 1);
    while (error == ENTENTE_OK && drawn < 200) {
        built_segment_free(&more);
        room_say_many(&more, &forker, 10);
        say(&word, &feed, "heard", &more.positions[9], 1);
        CHECK(replica_receive(&replica, &word) == ENTENTE_OK && replica.admission.is_pending);
        error = replica_receive(&replica, &more);
        if (error == ENTENTE_OK) {
            CHECK(replica.admission.entries == 11);
            drawn += 10;
        }
        built_segment_free(&word);
    }
    CHECK(error == ENTENTE_ERR_CONTESTED && drawn == CONTESTED_ENTRIES_MAX / 10 * 10);
    built_segment_free(&more);
    replica_free(&replica);
    fork_free(&fork);
}

/* A chain of entries, each of which waits for the one before it, is charged to who refers to its end. */
TEST(charges_a_chain_to_who_draws_it_in)
{
    struct fork fork;
    struct replica replica;
    struct build_feed forker, one, other;

    fork_known(&fork, &replica, &forker);
    test_room_feed(&one, &room, 1, 1);
    test_room_feed(&other, &room, 2, 1);
    CHECK(draw(&replica, &forker, &one, 40) == 41);
    CHECK(draw(&replica, &forker, &other, 40) == 41);
    CHECK(draw(&replica, &forker, &one, 40) == CONTESTED_ENTRIES_MAX - 40);
    replica_free(&replica);
    fork_free(&fork);
}

/* Who covers another fault, and that entry waits, has no more to draw in of this one. */
TEST(covering_one_fault_frees_no_other)
{
    struct fork fork;
    struct replica replica;
    struct build_feed forker, feed, ghost, other, copy;
    struct built_segment word, faces[2], fault;
    struct build_entry entries[2] = {{.kind = ENTRY_ACK}, {.kind = ENTRY_FAULT}};
    size_t size;

    fork_known(&fork, &replica, &forker);
    test_room_feed(&feed, &room, 1, 1);
    test_room_feed(&ghost, &room, 2, 1);
    test_room_feed(&other, &room, 2, 1);
    copy = other;
    say(&faces[0], &other, "one thing", NULL, 0);
    say(&faces[1], &copy, "and another", NULL, 0);
    uint8_t *proof = build_fault(&faces[0], &faces[1], &size);
    room_say_many(&word, &ghost, 2); /* nobody has it: what refers to it waits for ever */
    entries[0].deps = &word.positions[1];
    entries[0].deps_count = 1;
    entries[1].payload = (struct bytes){proof, size};
    struct build_feed later = feed;
    CHECK(draw(&replica, &forker, &feed, 40) == 41);
    later = feed;
    build_segment(&fault, &later, entries, 2);
    CHECK(replica_receive(&replica, &fault) == ENTENTE_OK && replica.admission.is_pending);
    CHECK(draw(&replica, &forker, &feed, 40) == CONTESTED_ENTRIES_MAX - 40);
    free(proof);
    built_segment_free(&word);
    built_segment_free(&faces[0]);
    built_segment_free(&faces[1]);
    built_segment_free(&fault);
    replica_free(&replica);
    fork_free(&fork);
}

TEST(a_new_start_gives_no_new_budget)
{
    struct fork fork;
    struct replica replica;
    struct build_feed forker, feed, other;
    struct built_segment word, fault;
    struct build_entry entry = {.kind = ENTRY_FAULT};
    struct bytes proof;

    fork_known(&fork, &replica, &forker);
    test_room_feed(&feed, &room, 1, 1);
    test_room_feed(&other, &room, 2, 1);
    CHECK(draw(&replica, &forker, &feed, 40) == 41);
    replica_reload(&replica, NULL);
    struct build_feed forker_before = forker, feed_before = feed;
    /* The trunk of 2, the first face and 40 are there. */
    CHECK(draw(&replica, &forker, &feed, 30) == CONTESTED_ENTRIES_MAX - 43);
    forker = forker_before;
    feed = feed_before;
    /* Who refers to the one that waits, and covers the fault, brings it in: it must not wait too. */
    struct built_segment more[30];
    for (int i = 0; i < 30; i++)
        say(&more[i], &forker, "more", NULL, 0);
    say(&word, &feed, "heard", more[29].positions, 1);
    const struct record_source *source = index_source(replica.index);
    REQUIRE(source->proof_of(source->state, &room.id, 0, 1, &proof) == ENTENTE_OK);
    entry.payload = proof;
    entry.deps = word.positions;
    entry.deps_count = 1;
    build_segment(&fault, &other, &entry, 1);
    CHECK(replica_receive(&replica, &word) == ENTENTE_OK && replica.admission.is_pending);
    CHECK(replica_receive(&replica, &fault) == ENTENTE_OK && replica.admission.is_pending);
    for (int i = 29; i >= 0; i--) {
        enum entente_error error = replica_receive(&replica, &more[i]);
        CHECK(error == ENTENTE_OK || error == ENTENTE_ERR_DUPLICATE);
        built_segment_free(&more[i]);
    }
    CHECK(branch_of(&replica, &fault.positions[0]) != UINT32_MAX);
    built_segment_free(&word);
    built_segment_free(&fault);
    replica_free(&replica);
    fork_free(&fork);
}

/*
 * Party 0 wrote 1, 2, 3; party 1 has 1 and 2 when party 0 loses its disk and resumes as incarnation
 * 2 from what party 1 gives.  Entry 3 is a stray: it counts if it is in the past of a voucher.
 */
TEST(judges_strays_by_their_vouchers)
{
    struct test_room grown;
    struct build_feed lost, resumed, one, two;
    struct built_segment first, stray, ack, resume, voucher_one, voucher_two;
    bool is;

    for (int vouched = 0; vouched < 2; vouched++) {
        struct replica r0, r1, r2;
        test_room_make(&grown, 3, 5);
        replica_make(&r1, &grown, NULL);
        replica_make(&r2, &grown, NULL);
        replica_make(&r0, &grown, NULL);
        test_room_feed(&lost, &grown, 0, 1);
        test_room_feed(&one, &grown, 1, 1);
        test_room_feed(&two, &grown, 2, 1);
        room_say_many(&first, &lost, 2);
        room_say_many(&stray, &lost, 1);
        CHECK(replica_receive(&r1, &first) == ENTENTE_OK);
        CHECK(replica_receive(&r2, &first) == ENTENTE_OK);
        CHECK(replica_receive(&r2, &stray) == ENTENTE_OK);
        CHECK(replica_write(&r1, &one, ENTRY_ACK, (struct bytes){0}, &ack));

        build_party_certify(&grown.party[0]);
        test_room_feed(&resumed, &grown, 0, 2);
        CHECK(replica_receive(&r0, &first) == ENTENTE_OK);
        CHECK(replica_receive(&r0, &ack) == ENTENTE_OK);
        CHECK(replica_write(&r0, &resumed, ENTRY_RESUME, (struct bytes){0}, &resume));

        CHECK(replica_receive(&r1, &resume) == ENTENTE_OK);
        CHECK(replica_write(&r1, &one, ENTRY_ACK, (struct bytes){0}, &voucher_one));
        /* Party 2 hears of the resume: with the stray in its past, or (it lost it too) without. */
        if (vouched == 0) {
            replica_free(&r2);
            replica_make(&r2, &grown, NULL);
            CHECK(replica_receive(&r2, &first) == ENTENTE_OK);
        }
        CHECK(replica_receive(&r2, &ack) == ENTENTE_OK);
        CHECK(replica_receive(&r2, &resume) == ENTENTE_OK);
        CHECK(replica_write(&r2, &two, ENTRY_ACK, (struct bytes){0}, &voucher_two));

        CHECK(replica_receive(&r1, &stray) == ENTENTE_OK);
        uint32_t lane = branch_of(&r1, &stray.positions[0]);
        CHECK(record_is_admissible(r1.record, lane, 2, &is) == ENTENTE_OK && is);
        CHECK(record_is_admissible(r1.record, lane, 3, &is) == ENTENTE_OK && !is);
        /* I3: without party 2's voucher nothing that covers the resume is past its barriers. */
        uint32_t own = branch_of(&r1, &voucher_one.positions[0]);
        CHECK(record_is_past_barriers(r1.record, own, 1, &is) == ENTENTE_OK && is);
        CHECK(record_is_past_barriers(r1.record, own, 2, &is) == ENTENTE_OK && !is);

        CHECK(replica_receive(&r1, &voucher_two) == ENTENTE_OK && r1.admission.entries == 1);
        CHECK(record_is_admissible(r1.record, lane, 3, &is) == ENTENTE_OK && is == (vouched == 1));
        struct built_segment later;
        CHECK(replica_write(&r1, &one, ENTRY_ACK, (struct bytes){0}, &later));
        CHECK(record_is_past_barriers(r1.record, own, 2, &is) == ENTENTE_OK && !is);
        CHECK(record_is_past_barriers(r1.record, own, 3, &is) == ENTENTE_OK && is);
        CHECK(record_incarnation(r1.record, 0) == 2);
        /* H1: of party 0 only the greatest incarnation says what it holds. */
        CHECK(record_held_by(r1.record, 0, branch_of(&r1, &ack.positions[0])) == 1);

        replica_reload(&r1, NULL);
        CHECK(record_is_admissible(r1.record, lane, 3, &is) == ENTENTE_OK && is == (vouched == 1));
        CHECK(record_is_past_barriers(r1.record, own, 2, &is) == ENTENTE_OK && !is);
        CHECK(record_is_past_barriers(r1.record, own, 3, &is) == ENTENTE_OK && is);

        built_segment_free(&first);
        built_segment_free(&stray);
        built_segment_free(&ack);
        built_segment_free(&resume);
        built_segment_free(&voucher_one);
        built_segment_free(&voucher_two);
        built_segment_free(&later);
        replica_free(&r0);
        replica_free(&r1);
        replica_free(&r2);
        test_room_free(&grown);
    }
}

TEST(asks_for_a_resume_first)
{
    struct test_room grown;
    struct replica replica;
    struct build_feed feed;
    struct built_segment bad;
    struct build_entry resume = {.kind = ENTRY_RESUME};

    test_room_make(&grown, 2, 6);
    build_party_certify(&grown.party[0]);
    replica_make(&replica, &grown, NULL);
    test_room_feed(&feed, &grown, 0, 1);
    build_segment(&bad, &feed, &resume, 1); /* incarnation 1 has nothing to resume */
    CHECK(replica_receive(&replica, &bad) == ENTENTE_ERR_RESUME);
    built_segment_free(&bad);
    test_room_feed(&feed, &grown, 0, 2);
    room_say_many(&bad, &feed, 1);
    CHECK(replica_receive(&replica, &bad) == ENTENTE_ERR_RESUME);
    built_segment_free(&bad);
    test_room_feed(&feed, &grown, 0, 2);
    build_segment(&bad, &feed, &resume, 1);
    CHECK(replica_receive(&replica, &bad) == ENTENTE_OK);
    built_segment_free(&bad);
    build_segment(&bad, &feed, &resume, 1); /* a second time */
    CHECK(replica_receive(&replica, &bad) == ENTENTE_ERR_RESUME);
    built_segment_free(&bad);
    replica_free(&replica);
    test_room_free(&grown);
}

int
main(int argc, char **argv)
{
    static const struct test_case cases[] = {CASE(proves_a_fork_whichever_face_comes_first),
        CASE(keeps_what_honest_parties_referred_to), CASE(covers_a_contested_lane_no_more),
        CASE(admits_a_fault_entry_that_was_pending), CASE(bounds_what_a_party_draws_in),
    CASE(charges_a_chain_to_who_draws_it_in),
    CASE(covering_one_fault_frees_no_other), CASE(a_new_start_gives_no_new_budget),
        CASE(judges_strays_by_their_vouchers), CASE(asks_for_a_resume_first)};

    test_room_make(&room, 3, 3);
    int status = test_run(cases, sizeof cases / sizeof cases[0], argc, argv);
    test_room_free(&room);
    return status;
}
