/*
 * Goal: the guard signs one id for each seq, for ever, and nothing but the next entries of its
 * lane. Method: build_segment() makes valid headers; each rule has a case that breaks just it,
 * checks the error, that the state is unchanged and that the right request still passes.
 */
#include "support/build.h"
#include "support/test.h"

#include "crypto/crypto.h"
#include "keyholder/signer.h"

static const struct room_id room = {{7}};
static const struct room_id other_room = {{8}};

/* A party, its feed as the node would write it, and the guard of its key. */
struct scene {
    struct build_party party;
    struct build_feed feed;
    struct signer signer;
    struct signing_key key;
    struct public_key public;
    struct segment segment;
    uint8_t out[SEGMENT_BYTES_MAX];
    struct bytes signed_segment;
    bool is_repeat;
};

static struct scene *
scene_new(uint16_t inc)
{
    struct scene *scene = calloc(1, sizeof *scene);

    if (scene == NULL || crypto_start() != ENTENTE_OK)
        exit(1);
    build_party(&scene->party, 1);
    for (uint16_t i = 1; i < inc; i++)
        build_party_certify(&scene->party);
    build_feed(&scene->feed, &scene->party, &room, 3, inc);
    build_key(&scene->key, &scene->public, 1, BUILD_NODE, inc);
    signer_start(&scene->signer, &room, 3, register_incarnation(scene->party.reg, inc));
    scene->signer.barrier_passed = true;
    return scene;
}

static void
scene_free(struct scene *scene)
{
    build_party_free(&scene->party);
    free(scene);
}

static struct bytes
headers_of(const struct built_segment *built)
{
    return (struct bytes){built->segment.data + 5, built->segment.size - 5 - 64};
}

static enum entente_error
append_in_part(struct scene *scene, const struct built_segment *built, uint32_t count,
    struct bytes payloads, uint64_t elsewhere, struct bytes journaled)
{
    struct writer out = writer_of(scene->out, sizeof scene->out);
    struct signer_request request = {count, headers_of(built), payloads, elsewhere, journaled};
    struct signer before = scene->signer;
    enum entente_error error = signer_append(
        &scene->signer, &request, &scene->key, &out, &scene->segment, &scene->is_repeat);

    if (error != ENTENTE_OK && memcmp(&before, &scene->signer, sizeof before) != 0)
        test_failed(__FILE__, __LINE__, "a refusal changed the state");
    scene->signed_segment = writer_written(&out);
    return error;
}

static enum entente_error
append_as(struct scene *scene, const struct built_segment *built, uint32_t count,
    struct bytes payloads, struct bytes journaled)
{
    return append_in_part(scene, built, count, payloads, 0, journaled);
}

static enum entente_error
append(struct scene *scene, const struct built_segment *built)
{
    return append_as(scene, built, built->count, built->payloads, (struct bytes){0});
}

/* `count` sealed entries with payloads, as a node would ask for them. */
static struct built_segment
build(struct build_feed *feed, uint32_t count)
{
    struct build_entry entries[SEGMENT_ENTRIES_MAX] = {0};
    struct built_segment built;

    for (uint32_t i = 0; i < count; i++)
        entries[i] = (struct build_entry){
            .kind = ENTRY_SEALED, .index = i, .payload = bytes_of_text("payload")};
    build_segment(&built, feed, entries, count);
    return built;
}

static struct built_segment
build_kind(struct build_feed *feed, uint8_t kind)
{
    struct build_entry entry = {.kind = kind};
    struct built_segment built;

    build_segment(&built, feed, &entry, 1);
    return built;
}

TEST(signs_what_continues_the_feed)
{
    struct scene *scene = scene_new(1);

    for (uint32_t count = 1; count <= SEGMENT_ENTRIES_MAX; count += 21) {
        struct built_segment built = build(&scene->feed, count);
        CHECK(append(scene, &built) == ENTENTE_OK && !scene->is_repeat);
        CHECK(bytes_equal(scene->signed_segment, built.segment)); /* Ed25519: the same signature */
        CHECK(segment_check_signature(&scene->segment, &scene->public));
        CHECK(scene->signer.seq == scene->feed.head.seq);
        CHECK(entry_id_equal(&scene->signer.id, &scene->feed.head.id));
        CHECK(scene->signer.t_ms == scene->feed.t_ms);
        CHECK(scene->signer.reg_number == register_count(scene->party.reg));
        built_segment_free(&built);
    }
    scene_free(scene);
}

TEST(a_repeat_gets_the_journaled_bytes_and_a_fork_nothing)
{
    struct scene *scene = scene_new(1);
    struct build_feed fork = scene->feed;
    struct built_segment first = build(&scene->feed, 2), longer = build(&fork, 3);

    CHECK(append(scene, &first) == ENTENTE_OK);
    CHECK(append(scene, &first) == ENTENTE_ERR_BEHIND); /* the journal does not have it any more */
    CHECK(append_as(scene, &first, 2, first.payloads, first.segment) == ENTENTE_OK);
    CHECK(scene->is_repeat && bytes_equal(scene->signed_segment, first.segment));
    CHECK(scene->signer.seq == 2);
    /* the same beginning, cut otherwise; and one changed byte of the last header */
    CHECK(append_as(scene, &longer, 3, longer.payloads, first.segment) == ENTENTE_ERR_BEHIND);
    first.memory[first.segment.size - 64 - 1] ^= 1;
    uint8_t *journaled = malloc(first.segment.size);
    REQUIRE(journaled != NULL);
    memcpy(journaled, first.memory, first.segment.size);
    journaled[first.segment.size - 64 - 1] ^= 1;
    CHECK(append_as(scene, &first, 2, first.payloads,
              (struct bytes){journaled, first.segment.size}) == ENTENTE_ERR_BEHIND);
    free(journaled);
    built_segment_free(&first);
    built_segment_free(&longer);
    scene_free(scene);
}

TEST(another_room_slot_or_incarnation_is_refused)
{
    struct scene *scene = scene_new(1);
    struct build_feed right = scene->feed;

    build_party_certify(&scene->party);
    for (int i = 0; i < 3; i++) {
        struct build_feed wrong = right;
        if (i == 0)
            wrong.room = other_room;
        if (i == 1)
            wrong.slot = wrong.head.slot = 4;
        if (i == 2)
            wrong.inc = wrong.head.inc = 2;
        struct built_segment built = i < 2 ? build(&wrong, 1) : build_kind(&wrong, ENTRY_RESUME);
        CHECK(append(scene, &built) == ENTENTE_ERR_REFUSED);
        built_segment_free(&built);
    }
    struct built_segment built = build(&right, 1);
    CHECK(append(scene, &built) == ENTENTE_OK);
    built_segment_free(&built);
    scene_free(scene);
}

TEST(a_gap_or_another_prev_is_behind)
{
    struct scene *scene = scene_new(1);
    struct build_feed ahead = scene->feed, elsewhere = scene->feed;
    struct built_segment skipped = build(&ahead, 1), gap = build(&ahead, 1);

    CHECK(append(scene, &gap) == ENTENTE_ERR_BEHIND);
    elsewhere.head.id.bytes[0] ^= 1;
    struct built_segment other_prev = build(&elsewhere, 1);
    struct build_feed later = elsewhere;
    later.head = (struct position){.slot = 3, .inc = 1, .seq = 1, .id = scene->signer.id};
    struct built_segment other_seq = build(&later, 1); /* the right prev, but 2 after 0 */
    CHECK(append(scene, &other_seq) == ENTENTE_ERR_BEHIND);
    built_segment_free(&other_seq);
    CHECK(append(scene, &other_prev) == ENTENTE_ERR_BEHIND);
    CHECK(append(scene, &skipped) == ENTENTE_OK);
    CHECK(append(scene, &gap) == ENTENTE_OK);
    built_segment_free(&skipped);
    built_segment_free(&gap);
    built_segment_free(&other_prev);
    scene_free(scene);
}

TEST(time_grows)
{
    struct scene *scene = scene_new(1);
    struct built_segment first = build(&scene->feed, 1);

    CHECK(append(scene, &first) == ENTENTE_OK);
    struct build_feed standing = scene->feed;
    standing.t_ms--; /* the next entry gets the same time again */
    struct built_segment same = build(&standing, 1);
    CHECK(append(scene, &same) == ENTENTE_ERR_REFUSED);
    struct built_segment next = build(&scene->feed, 1);
    CHECK(append(scene, &next) == ENTENTE_OK);
    built_segment_free(&first);
    built_segment_free(&same);
    built_segment_free(&next);
    scene_free(scene);
}

/* The register position of the feed's next entry is the register's head: so the state is set ahead.
 */
TEST(the_register_position_never_decreases_and_never_splits)
{
    struct scene *scene = scene_new(1);
    struct built_segment built = build(&scene->feed, 1);
    struct signer before = scene->signer;

    scene->signer.reg_number = register_count(scene->party.reg) + 1;
    CHECK(append(scene, &built) == ENTENTE_ERR_REFUSED);
    scene->signer.reg_number = register_count(scene->party.reg);
    scene->signer.reg_id.bytes[0] ^= 1;
    CHECK(append(scene, &built) == ENTENTE_ERR_REFUSED);
    scene->signer = before;
    CHECK(append(scene, &built) == ENTENTE_OK);
    built_segment_free(&built);
    scene_free(scene);
}

TEST(payloads_that_are_elsewhere_are_not_asked_for)
{
    struct scene *scene = scene_new(1);
    struct built_segment built = build(&scene->feed, 2);
    size_t first = built.payloads.size / 2; /* both are alike */
    struct bytes second = {built.payloads.data + first, built.payloads.size - first};

    CHECK(append_in_part(scene, &built, 2, built.payloads, 1, (struct bytes){0}) ==
          ENTENTE_ERR_REFUSED);
    CHECK(append_in_part(scene, &built, 2, second, 0, (struct bytes){0}) == ENTENTE_ERR_REFUSED);
    CHECK(append_in_part(scene, &built, 2, second, 3, (struct bytes){0}) == ENTENTE_ERR_REFUSED);
    CHECK(append_in_part(scene, &built, 2, second, 1, (struct bytes){0}) == ENTENTE_OK);
    built_segment_free(&built);
    scene_free(scene);
}

TEST(payloads_have_the_lengths_and_hashes_of_the_headers)
{
    struct scene *scene = scene_new(1);
    struct built_segment built = build(&scene->feed, 2);
    uint8_t *payloads = malloc(built.payloads.size + 1);

    REQUIRE(payloads != NULL);
    for (size_t i = 0; i < built.payloads.size; i++) {
        memcpy(payloads, built.payloads.data, built.payloads.size);
        payloads[i] ^= 1;
        CHECK(append_as(scene, &built, 2, (struct bytes){payloads, built.payloads.size},
                  (struct bytes){0}) == ENTENTE_ERR_REFUSED);
        CHECK(append_as(scene, &built, 2, (struct bytes){payloads, i}, (struct bytes){0}) ==
              ENTENTE_ERR_REFUSED);
    }
    memcpy(payloads, built.payloads.data, built.payloads.size);
    CHECK(append_as(scene, &built, 2, (struct bytes){payloads, built.payloads.size + 1},
              (struct bytes){0}) == ENTENTE_ERR_REFUSED);
    CHECK(append(scene, &built) == ENTENTE_OK);
    free(payloads);
    built_segment_free(&built);
    scene_free(scene);
}

TEST(the_count_is_that_of_the_headers)
{
    struct scene *scene = scene_new(1);
    struct built_segment built = build(&scene->feed, 3);

    for (uint32_t count = 0; count <= 300; count++)
        if (count != 3)
            CHECK(append_as(scene, &built, count, built.payloads, (struct bytes){0}) ==
                  ENTENTE_ERR_REFUSED);
    CHECK(append(scene, &built) == ENTENTE_OK);
    built_segment_free(&built);
    scene_free(scene);
}

/* A cut header is refused wherever the cut is. */
TEST(headers_are_whole)
{
    struct scene *scene = scene_new(1);
    struct built_segment built = build(&scene->feed, 1);
    struct bytes headers = headers_of(&built);

    for (size_t size = 0; size < headers.size; size++) {
        struct writer out = writer_of(scene->out, sizeof scene->out);
        struct signer_request request = {1, {headers.data, size}, built.payloads, 0, {0}};
        CHECK(signer_append(&scene->signer, &request, &scene->key, &out, &scene->segment,
                  &scene->is_repeat) == ENTENTE_ERR_REFUSED);
    }
    CHECK(signer_first_seq(headers) == 1);
    CHECK(signer_first_seq((struct bytes){headers.data, headers.size - 1}) == 0);
    built_segment_free(&built);
    scene_free(scene);
}

TEST(a_resume_comes_first_of_a_later_incarnation_and_nowhere_else)
{
    struct scene *one = scene_new(1), *two = scene_new(2);
    struct build_feed feed_one = one->feed, feed_two = two->feed;

    struct built_segment resume = build_kind(&feed_one, ENTRY_RESUME);
    CHECK(append(one, &resume) == ENTENTE_ERR_REFUSED);
    struct built_segment plain = build(&feed_two, 1);
    CHECK(append(two, &plain) == ENTENTE_ERR_REFUSED);
    struct built_segment right = build_kind(&two->feed, ENTRY_RESUME);
    CHECK(append(two, &right) == ENTENTE_OK);
    struct built_segment again = build_kind(&two->feed, ENTRY_RESUME);
    CHECK(append(two, &again) == ENTENTE_ERR_REFUSED);
    built_segment_free(&resume);
    built_segment_free(&plain);
    built_segment_free(&right);
    built_segment_free(&again);
    scene_free(one);
    scene_free(two);
}

TEST(signs_nothing_before_the_start_barrier)
{
    struct scene *scene = scene_new(1);
    struct built_segment first = build(&scene->feed, 1), second = build(&scene->feed, 1);

    scene->signer.barrier_passed = false;
    CHECK(append(scene, &first) == ENTENTE_ERR_BARRIER);
    signer_barrier(&scene->signer, 0, &(struct entry_id){{0}}, NULL);
    CHECK(scene->signer.barrier_passed && append(scene, &first) == ENTENTE_OK);
    /* after a restart the others have what we have: go on */
    scene->signer.barrier_passed = false;
    signer_barrier(&scene->signer, 1, &first.positions[0].id, NULL);
    CHECK(scene->signer.barrier_passed && append(scene, &second) == ENTENTE_OK);
    /* they are behind, with the id that the journal has, or that it does not know any more */
    signer_barrier(&scene->signer, 1, &first.positions[0].id, &first.positions[0].id);
    signer_barrier(&scene->signer, 1, &first.positions[0].id, NULL);
    CHECK(!scene->signer.is_retired);
    built_segment_free(&first);
    built_segment_free(&second);
    scene_free(scene);
}

TEST(a_feed_that_went_on_elsewhere_retires_the_key)
{
    struct scene *scene = scene_new(1);
    struct built_segment first = build(&scene->feed, 2), second = build(&scene->feed, 1);
    struct entry_id other = first.positions[1].id;

    CHECK(append(scene, &first) == ENTENTE_OK);
    other.bytes[31] ^= 1;
    struct signer kept = scene->signer;
    signer_barrier(&scene->signer, 3, &second.positions[0].id, NULL); /* beyond the journal */
    CHECK(scene->signer.is_retired && append(scene, &second) == ENTENTE_ERR_RETIRED);
    scene->signer = kept;
    signer_barrier(&scene->signer, 2, &other, NULL); /* another head */
    CHECK(scene->signer.is_retired);
    scene->signer = kept;
    signer_barrier(&scene->signer, 1, &other, &first.positions[0].id); /* another one before it */
    CHECK(scene->signer.is_retired);
    scene->signer = kept;
    CHECK(append(scene, &second) == ENTENTE_OK);
    built_segment_free(&first);
    built_segment_free(&second);
    scene_free(scene);
}

TEST_MAIN(CASE(signs_what_continues_the_feed),
    CASE(a_repeat_gets_the_journaled_bytes_and_a_fork_nothing),
    CASE(another_room_slot_or_incarnation_is_refused), CASE(a_gap_or_another_prev_is_behind),
    CASE(time_grows), CASE(the_register_position_never_decreases_and_never_splits),
    CASE(payloads_have_the_lengths_and_hashes_of_the_headers),
    CASE(payloads_that_are_elsewhere_are_not_asked_for),
    CASE(the_count_is_that_of_the_headers), CASE(headers_are_whole),
    CASE(a_resume_comes_first_of_a_later_incarnation_and_nowhere_else),
    CASE(signs_nothing_before_the_start_barrier),
    CASE(a_feed_that_went_on_elsewhere_retires_the_key))
