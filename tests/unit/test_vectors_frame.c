/*
 * Goal: frames stay what they are in every version and language.
 * Method: tests/vectors/frames.txt is read, each frame is written again from its named fields, and
 * the generator must still write the same file.  `--write` writes it anew.
 */
#include "crypto/crypto.h"
#include "format/frame.h"
#include "support/build.h"
#include "support/test.h"
#include "support/vectors.h"

#define FRAMES "frames.txt"

static const char explanation[] =
    "# Frames (PROTOCOL.md sections 9 and 10).\n"
    "#\n"
    "# `frame` is the whole frame: its type and, one after the other, the other fields of the vector.\n"
    "# Only `exporter` and `tagged_room`, of a HELLO, are not in it: from them follow its `rooms`, one\n"
    "# tag.\n";

static uint8_t buffer[8192];

/*
 * The fields of a frame, as bytes, in their order: what makes the frame and what the test compares.
 * Nothing here calls frame_write(), which is checked against it.
 */
static void
write_fields(FILE *file, const char *name, const uint8_t *frame, size_t size,
    const char *const *names, const size_t *sizes)
{
    size_t at = 0;

    vector_write_name(file, name);
    vector_write(file, "frame", frame, size);
    for (unsigned i = 0; names[i] != NULL; i++) {
        size_t field = sizes[i] > 0 ? sizes[i] : size - at; /* 0: the rest */
        vector_write(file, names[i], frame + at, field);
        at += field;
    }
    if (at != size)
        abort();
}

#define FIELDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define SIZES(...) ((const size_t[]){__VA_ARGS__})

static size_t
encode(const struct frame *frame)
{
    struct writer writer = writer_of(buffer, sizeof buffer);

    frame_write(&writer, frame);
    if (writer.failed)
        abort();
    return writer.used;
}

static const struct room_id room = {{0x52, 0x6F, 0x6F, 0x6D}};
static const struct position lanes[2] = {{0, 1, 9, {{0xA1}}}, {1, REGISTER_INC, 4, {{0xA2}}}};

static void
write_hello(FILE *file)
{
    uint8_t exporter[32] = {0xE0}, tag[32];

    frame_room_tag(tag, exporter, &room);
    const struct frame frame = {
        .kind = FRAME_HELLO, .hello = {FRAME_VERSION, {{0x50}}, 1, {tag, sizeof tag}}};
    size_t size = encode(&frame);
    write_fields(file, "HELLO", buffer, size,
        FIELDS("type", "version", "party", "rooms_count", "rooms"), SIZES(1, 2, 32, 1, 0));
    vector_write(file, "exporter", exporter, sizeof exporter);
    vector_write(file, "tagged_room", room.bytes, sizeof room.bytes);
}

static void
write_positions(FILE *file)
{
    uint8_t encoded[2 * POSITION_BYTES];
    struct writer writer = writer_of(encoded, sizeof encoded);

    for (unsigned i = 0; i < 2; i++)
        position_write(&writer, &lanes[i]);
    struct frame frame = {
        .kind = FRAME_HAVE, .room = room, .have = {true, 2, writer_written(&writer)}};
    write_fields(file, "HAVE", buffer, encode(&frame),
        FIELDS("type", "room", "complete", "lanes_count", "lanes"), SIZES(1, 32, 1, 2, 0));

    frame = (struct frame){.kind = FRAME_WANT, .room = room, .want = {lanes[0], 12}};
    write_fields(file, "WANT", buffer, encode(&frame),
        FIELDS("type", "room", "slot", "inc", "after_seq", "after_id", "to_seq"),
        SIZES(1, 32, 1, 2, 4, 32, 0));
    for (uint8_t kind = FRAME_NEED; kind <= FRAME_NOHAVE; kind++) {
        frame = (struct frame){.kind = kind, .room = room, .need = lanes[1]};
        write_fields(file, kind == FRAME_NEED ? "NEED" : "NOHAVE", buffer, encode(&frame),
            FIELDS("type", "room", "slot", "inc", "seq", "id"), SIZES(1, 32, 1, 2, 4, 0));
    }
}

static void
write_carriers(FILE *file)
{
    struct build_party party;
    struct build_feed feed, fork;
    struct built_segment faces[2];
    size_t size;

    build_party(&party, 1);
    build_feed(&feed, &party, &room, 0, 1);
    fork = feed;
    build_segment(&faces[0], &feed,
        (struct build_entry[]){{.kind = ENTRY_SEALED, .payload = bytes_of_text("ciphertext")}}, 1);
    build_segment(&faces[1], &fork, (struct build_entry[]){{.kind = ENTRY_ACK}}, 1);
    struct frame frame = {.kind = FRAME_SEGMENT, .segment = {faces[0].segment, faces[0].payloads}};
    write_fields(file, "SEGMENT", buffer, encode(&frame), FIELDS("type", "segment", "payloads"),
        SIZES(1, faces[0].segment.size, 0));

    uint8_t *entries = build_register_bytes(party.reg, &size);
    frame = (struct frame){.kind = FRAME_REGISTER, .room = room, .reg = {1, 4, {entries, size}}};
    write_fields(file, "REGISTER", buffer, encode(&frame),
        FIELDS("type", "room", "slot", "count", "entries"), SIZES(1, 32, 1, 1, 0));
    free(entries);

    uint8_t *payload = build_fault(&faces[0], &faces[1], &size);
    frame = (struct frame){.kind = FRAME_FAULT, .room = room, .fault.payload = {payload, size}};
    write_fields(file, "FAULT", buffer, encode(&frame),
        FIELDS("type", "room", "slot", "inc", "proof"), SIZES(1, 32, 1, 2, 0));
    free(payload);
    for (unsigned i = 0; i < 2; i++)
        built_segment_free(&faces[i]);
    build_party_free(&party);
}

static void
write_flow(FILE *file)
{
    struct frame frame = {.kind = FRAME_CREDIT, .credit = 65536};

    write_fields(file, "CREDIT", buffer, encode(&frame), FIELDS("type", "bytes"), SIZES(1, 4));
    frame = (struct frame){.kind = FRAME_PING, .ping = 258};
    write_fields(file, "PING", buffer, encode(&frame), FIELDS("type", "number"), SIZES(1, 8));
    frame.kind = FRAME_PONG;
    write_fields(file, "PONG", buffer, encode(&frame), FIELDS("type", "number"), SIZES(1, 8));
    frame =
        (struct frame){.kind = FRAME_BYE, .bye = {5, bytes_of_text("eine Signatur fehlt: 다시")}};
    write_fields(
        file, "BYE", buffer, encode(&frame), FIELDS("type", "error", "text"), SIZES(1, 2, 0));
}

static void
write_files(FILE *file)
{
    uint8_t data[2 * ID_BYTES] = {0x6C};
    struct frame frame = {.kind = FRAME_LEAVES_WANT, .room = room, .file.root = {{0x66}}};

    write_fields(file, "LEAVES_WANT", buffer, encode(&frame), FIELDS("type", "room", "root"),
        SIZES(1, 32, 0));
    frame.kind = FRAME_LEAVES;
    frame.file.size = 65537;
    frame.file.data = (struct bytes){data, sizeof data};
    write_fields(file, "LEAVES", buffer, encode(&frame),
        FIELDS("type", "room", "root", "size", "leaves"), SIZES(1, 32, 32, 8, 0));
    frame.kind = FRAME_CHUNK;
    frame.file.index = 1;
    frame.file.data.size = 17;
    write_fields(file, "CHUNK", buffer, encode(&frame),
        FIELDS("type", "room", "root", "index", "bytes"), SIZES(1, 32, 32, 4, 0));
    frame.kind = FRAME_CHUNK_WANT;
    frame.file.count = 3;
    frame.file.data.size = 0;
    write_fields(file, "CHUNK_WANT", buffer, encode(&frame),
        FIELDS("type", "room", "root", "first", "count"), SIZES(1, 32, 32, 4, 0));
    frame.kind = FRAME_NOCHUNK;
    write_fields(file, "NOCHUNK", buffer, encode(&frame), FIELDS("type", "room", "root", "index"),
        SIZES(1, 32, 32, 0));
}

static void
write_bundle(FILE *file)
{
    struct build_party parties[2];
    struct built_room built;
    uint8_t encoded[POSITION_BYTES];
    struct writer writer = writer_of(encoded, sizeof encoded);

    for (uint8_t i = 0; i < 2; i++)
        build_party(&parties[i], (uint8_t)(i + 1));
    build_room(&built, parties, 2, "two parties");
    position_write(&writer, &lanes[0]);
    struct frame frame = {.kind = FRAME_MANIFEST,
        .manifest = {.genesis_file = built.file,
            .slot = 1,
            .inc = 1,
            .why = bytes_of_text("export"),
            .to_count = 1,
            .to = writer_written(&writer)}};
    write_fields(file, "MANIFEST", buffer, encode(&frame),
        FIELDS("type", "file_size", "genesis_file", "slot", "inc", "why_size", "why", "from_count",
            "to_count", "to"),
        SIZES(1, 4, built.file.size, 1, 2, 1, 6, 2, 2, 0));
    built_room_free(&built);
    for (unsigned i = 0; i < 2; i++)
        build_party_free(&parties[i]);

    frame = (struct frame){.kind = FRAME_END,
        .end = {.segments = 3, .entries = 7, .state = {{0x57}}, .signature = {1}}};
    write_fields(file, "END", buffer, encode(&frame),
        FIELDS("type", "segments", "entries", "state", "signature"), SIZES(1, 8, 8, 32, 0));
}

static void
generate(FILE *file)
{
    fputs(explanation, file);
    write_hello(file);
    write_positions(file);
    write_carriers(file);
    write_flow(file);
    write_files(file);
    write_bundle(file);
}

/* The fields follow one another in the frame: their concatenation is the frame. */
static void
check_vector(const struct vector *vector)
{
    const struct vector_field *encoded = vector_get(vector, "frame");
    struct frame frame;
    size_t at = 0;

    REQUIRE(frame_parse((struct bytes){encoded->data, encoded->size}, &frame) == ENTENTE_OK);
    CHECK(encode(&frame) == encoded->size && memcmp(buffer, encoded->data, encoded->size) == 0);
    CHECK(vector_number(vector, "type") == frame.kind);
    for (size_t i = 0; i < vector->count; i++) {
        const struct vector_field *field = &vector->fields[i];
        if (field == encoded || strcmp(field->name, "exporter") == 0 ||
            strcmp(field->name, "tagged_room") == 0)
            continue;
        REQUIRE(field->size <= encoded->size - at);
        CHECK(memcmp(encoded->data + at, field->data, field->size) == 0);
        at += field->size;
    }
    CHECK(at == encoded->size);
    if (frame.kind == FRAME_HELLO) {
        struct room_id tagged;
        uint8_t tag[32];
        vector_copy(vector, "tagged_room", tagged.bytes, ID_BYTES);
        frame_room_tag(tag, vector_get(vector, "exporter")->data, &tagged);
        CHECK(vector_equal(vector, "rooms", tag, sizeof tag));
    }
}

TEST(the_vectors_hold)
{
    char path[4096];
    struct vector vector = {0};
    unsigned count = 0;

    vectors_path(path, FRAMES);
    FILE *file = fopen(path, "r");
    REQUIRE(file != NULL);
    for (; vector_next(file, &vector); count++)
        check_vector(&vector);
    CHECK(count == 19);
    fclose(file);
}

TEST(the_generator_writes_the_same_file)
{
    CHECK(vectors_are_current(FRAMES, generate));
}

int
main(int argc, char **argv)
{
    const struct test_case cases[] = {
        CASE(the_vectors_hold),
        CASE(the_generator_writes_the_same_file),
    };

    if (crypto_start() != ENTENTE_OK)
        return 1;
    if (vectors_written(argc, argv, FRAMES, generate))
        return 0;
    return test_run(cases, sizeof cases / sizeof cases[0], argc, argv);
}
