/*
 * Goal: segments and proofs stay what they are in every version and language.
 * Method: tests/vectors/segments.txt and proofs.txt are read, each field that follows from others
 * is computed from them, and the generators must still write the same files.  `--write` writes them
 * anew.
 */
#include "crypto/crypto.h"
#include "crypto/hash.h"
#include "support/build.h"
#include "support/test.h"
#include "support/vectors.h"

#define SEGMENTS "segments.txt"
#define PROOFS "proofs.txt"

static const char explanation_of_segments[] =
    "# Segments and the headers in them (PROTOCOL.md sections 5 and 6).\n"
    "#\n"
    "# From `segment` and `payloads` follow `room`, `slot`, `inc`, `count` and, for entry N from 0,\n"
    "# `header_N`, `fixed_hash_N` (the inner hash of its id), `id_N`, `kind_N`, `seq_N`, `deps_N` (as\n"
    "# in the header, without their count) and `payload_N`.  `node_seed` is the Ed25519 seed of the\n"
    "# lane's key; from it and from the last id follows `signature`.\n";

static const char explanation_of_proofs[] =
    "# Payloads of fault entries (PROTOCOL.md section 7).\n"
    "#\n"
    "# From `payload` follow `slot`, `inc`, the segments `first` and `second`, and `seq`, at which\n"
    "# their ids first differ.  Both are of `room` and signed with the key of the Ed25519 seed\n"
    "# `node_seed`.\n";

static struct segment segment, other;

static bool
read_segment(struct bytes encoded, struct segment *into)
{
    struct reader reader = reader_of(encoded);

    return segment_parse(&reader, into) == ENTENTE_OK && reader_finish(&reader) == ENTENTE_OK;
}

static const char *
numbered(const char *what, uint32_t number)
{
    static char name[40];

    snprintf(name, sizeof name, "%s_%u", what, number);
    return name;
}

static void
make_fixed_hash(uint8_t hash[static HASH_BYTES], const struct entry *entry)
{
    hash_once(
        hash, "entente/fixed/v1", (struct bytes){entry->header.data, entry->header.size - 68});
}

static void
write_node_seed(FILE *file, const struct build_feed *feed)
{
    uint8_t seed[32];

    build_seed(seed, feed->party->seed, BUILD_NODE, feed->inc);
    vector_write(file, "node_seed", seed, sizeof seed);
}

static void
write_segment(
    FILE *file, const char *name, const struct build_feed *feed, const struct built_segment *built)
{
    if (!read_segment(built->segment, &segment))
        abort();
    vector_write_name(file, name);
    write_node_seed(file, feed);
    vector_write(file, "segment", built->segment.data, built->segment.size);
    vector_write(file, "payloads", built->payloads.data, built->payloads.size);
    vector_write(file, "room", feed->room.bytes, ID_BYTES);
    vector_write_number(file, "slot", feed->slot, 1);
    vector_write_number(file, "inc", feed->inc, 2);
    vector_write_number(file, "count", built->count, 1);
    for (uint32_t i = 0; i < built->count; i++) {
        const struct entry *entry = &segment.entries[i];
        struct bytes payload = segment_payload(&segment, built->payloads, i);
        uint8_t hash[HASH_BYTES];
        make_fixed_hash(hash, entry);
        vector_write(file, numbered("header", i), entry->header.data, entry->header.size);
        vector_write(file, numbered("fixed_hash", i), hash, sizeof hash);
        vector_write(file, numbered("id", i), segment.ids[i].bytes, ID_BYTES);
        vector_write_number(file, numbered("kind", i), entry->kind, 1);
        vector_write_number(file, numbered("seq", i), entry->seq, 4);
        vector_write(file, numbered("deps", i), entry->deps.data, entry->deps.size);
        vector_write(file, numbered("payload", i), payload.data, payload.size);
    }
    vector_write(file, "signature", segment.signature.bytes, sizeof segment.signature.bytes);
}

static void
generate_segments(FILE *file)
{
    const struct room_id room = {{0x52, 0x6F, 0x6F, 0x6D}};
    const struct position deps[] = {{1, 1, 4, {{0xD1}}}, {2, REGISTER_INC, 5, {{0xD2}}}};
    struct build_party party;
    struct build_feed feed;
    struct built_segment built;

    fputs(explanation_of_segments, file);
    build_party(&party, 1);
    build_feed(&feed, &party, &room, 0, 1);
    build_segment(&built, &feed, (struct build_entry[]){{.kind = ENTRY_ACK}}, 1);
    write_segment(file, "an ack", &feed, &built);
    built_segment_free(&built);
    const struct build_entry three[] = {
        {.kind = ENTRY_KEYS, .payload = bytes_of_text("not boxes, but bytes")},
        {.kind = ENTRY_SEALED,
            .flags = ENTRY_FLAG_HOLDS,
            .deps = deps,
            .deps_count = 2,
            .tag = {0x7A},
            .chain = 3,
            .index = 4,
            .payload = bytes_of_text("ciphertext")},
        {.kind = ENTRY_ACK, .deps = deps, .deps_count = 1},
    };
    build_segment(&built, &feed, three, 3);
    write_segment(file, "what follows it: keys, sealed, ack", &feed, &built);
    built_segment_free(&built);

    build_party_certify(&party);
    build_feed(&feed, &party, &room, 0, 2);
    build_segment(&built, &feed, (struct build_entry[]){{.kind = ENTRY_RESUME}}, 1);
    write_segment(file, "a resume of the second incarnation", &feed, &built);
    built_segment_free(&built);
    build_party_free(&party);
}

static void
write_proof(FILE *file, const char *name, const struct build_feed *feed,
    const struct built_segment *one, const struct built_segment *two)
{
    size_t size;
    uint8_t *payload = build_fault(one, two, &size);
    struct fault fault;
    uint32_t seq;
    bool in_order;

    if (fault_parse((struct bytes){payload, size}, &fault) != ENTENTE_OK ||
        !read_segment(fault.first, &segment) || !read_segment(fault.second, &other) ||
        !proof_find(&segment, &other, &seq, &in_order))
        abort();
    vector_write_name(file, name);
    write_node_seed(file, feed);
    vector_write(file, "room", feed->room.bytes, ID_BYTES);
    vector_write(file, "payload", payload, size);
    vector_write_number(file, "slot", fault.slot, 1);
    vector_write_number(file, "inc", fault.inc, 2);
    vector_write(file, "first", fault.first.data, fault.first.size);
    vector_write(file, "second", fault.second.data, fault.second.size);
    vector_write_number(file, "seq", seq, 4);
    free(payload);
}

static void
generate_proofs(FILE *file)
{
    const struct room_id room = {{0x52, 0x6F, 0x6F, 0x6D}};
    const struct build_entry acks[3] = {
        {.kind = ENTRY_ACK}, {.kind = ENTRY_ACK}, {.kind = ENTRY_ACK}};
    const struct build_entry statement = {.kind = ENTRY_SEALED, .payload = bytes_of_text("other")};
    struct build_party party;
    struct build_feed feed, fork;
    struct built_segment faces[3];

    fputs(explanation_of_proofs, file);
    build_party(&party, 1);
    build_feed(&feed, &party, &room, 0, 1);
    fork = feed;
    build_segment(&faces[0], &feed, acks, 3);
    build_segment(&faces[1], &fork, &statement, 1);
    build_segment(&faces[2], &fork, acks, 2);
    write_proof(file, "two firsts", &feed, &faces[0], &faces[1]);
    write_proof(file, "the second and third of the forks", &feed, &faces[0], &faces[2]);
    for (unsigned i = 0; i < 3; i++)
        built_segment_free(&faces[i]);
    build_party_free(&party);
}

static struct bytes
field_bytes(const struct vector *vector, const char *name)
{
    const struct vector_field *field = vector_get(vector, name);

    return (struct bytes){field->data, field->size};
}

static struct public_key
check_signature(const struct vector *vector)
{
    uint8_t signed_bytes[SEGMENT_SIGNED_BYTES];
    struct position head = segment_head(&segment);
    struct signing_key key;
    struct public_key public;
    struct signature signature;

    signing_key_of_seed(&key, &public, vector_get(vector, "node_seed")->data);
    segment_signed_bytes(signed_bytes, &segment.entries[0].room, &head);
    sign_make(&signature, &key, SEGMENT_CONTEXT, (struct bytes){signed_bytes, sizeof signed_bytes});
    CHECK(memcmp(&signature, &segment.signature, sizeof signature) == 0);
    return public;
}

static void
check_segment(const struct vector *vector)
{
    struct bytes payloads = field_bytes(vector, "payloads");

    REQUIRE(read_segment(field_bytes(vector, "segment"), &segment));
    CHECK(segment_check_payloads(&segment, payloads) == ENTENTE_OK);
    CHECK(vector_equal(vector, "room", segment.entries[0].room.bytes, ID_BYTES));
    CHECK(vector_number(vector, "slot") == segment.entries[0].slot);
    CHECK(vector_number(vector, "inc") == segment.entries[0].inc);
    REQUIRE(vector_number(vector, "count") == segment.count);
    for (uint32_t i = 0; i < segment.count; i++) {
        const struct entry *entry = &segment.entries[i];
        uint8_t hash[HASH_BYTES], again[ENTRY_HEADER_BYTES_MAX];
        struct writer writer = writer_of(again, sizeof again);
        entry_write(&writer, entry);
        CHECK(bytes_equal(field_bytes(vector, numbered("header", i)), writer_written(&writer)));
        make_fixed_hash(hash, entry);
        CHECK(vector_equal(vector, numbered("fixed_hash", i), hash, sizeof hash));
        CHECK(vector_equal(vector, numbered("id", i), segment.ids[i].bytes, ID_BYTES));
        CHECK(vector_number(vector, numbered("kind", i)) == entry->kind);
        CHECK(vector_number(vector, numbered("seq", i)) == entry->seq);
        CHECK(bytes_equal(field_bytes(vector, numbered("deps", i)), entry->deps));
        CHECK(bytes_equal(
            field_bytes(vector, numbered("payload", i)), segment_payload(&segment, payloads, i)));
    }
    (void)check_signature(vector);
    CHECK(vector_equal(vector, "signature", segment.signature.bytes, 64));
}

static void
check_proof(const struct vector *vector)
{
    static struct segment scratch[2];
    struct room_id room;
    struct fault fault;
    uint32_t seq = 0;
    bool in_order = false;

    vector_copy(vector, "room", room.bytes, ID_BYTES);
    REQUIRE(fault_parse(field_bytes(vector, "payload"), &fault) == ENTENTE_OK);
    CHECK(vector_number(vector, "slot") == fault.slot && vector_number(vector, "inc") == fault.inc);
    CHECK(bytes_equal(field_bytes(vector, "first"), fault.first));
    CHECK(bytes_equal(field_bytes(vector, "second"), fault.second));
    REQUIRE(read_segment(fault.first, &segment) && read_segment(fault.second, &other));
    CHECK(proof_find(&segment, &other, &seq, &in_order) && in_order);
    CHECK(vector_number(vector, "seq") == seq);
    struct public_key key = check_signature(vector);
    CHECK(fault_check(&fault, &room, &key, scratch) == ENTENTE_OK);
}

static unsigned
check_all(const char *name, void (*check)(const struct vector *))
{
    char path[4096];
    struct vector vector = {0};
    unsigned count = 0;

    vectors_path(path, name);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 0;
    for (; vector_next(file, &vector); count++)
        check(&vector);
    fclose(file);
    return count;
}

TEST(the_segments_hold)
{
    CHECK(check_all(SEGMENTS, check_segment) == 3);
    CHECK(vectors_are_current(SEGMENTS, generate_segments));
}

TEST(the_proofs_hold)
{
    CHECK(check_all(PROOFS, check_proof) == 2);
    CHECK(vectors_are_current(PROOFS, generate_proofs));
}

int
main(int argc, char **argv)
{
    const struct test_case cases[] = {CASE(the_segments_hold), CASE(the_proofs_hold)};

    if (crypto_start() != ENTENTE_OK)
        return 1;
    if (vectors_written(argc, argv, SEGMENTS, generate_segments))
        return vectors_written(argc, argv, PROOFS, generate_proofs) ? 0 : 1;
    return test_run(cases, sizeof cases / sizeof cases[0], argc, argv);
}
