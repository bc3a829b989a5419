/*
 * Goal: each frame has one encoding, and frame_parse() refuses lists out of order, positions that
 * cannot be, and everything over its limit.
 * Method: one valid frame of each kind, which is written, read and written again, against every
 * shorter input, every flipped bit and a byte too many; each limit from both sides.
 */
#include "crypto/crypto.h"
#include "crypto/hash.h"
#include "format/file.h"
#include "format/frame.h"
#include "support/build.h"
#include "support/test.h"

static uint8_t buffer[FRAME_BYTES_MAX + 1];
static struct build_party party;
static struct built_segment faces[2];
static uint8_t *fault_payload, *register_bytes;
static size_t fault_size, register_size;
static uint8_t lanes_bytes[(FRAME_LANES_MAX + 1) * POSITION_BYTES];
static uint8_t tags[3 * ID_BYTES];

static struct bytes
lanes(const struct position *positions, unsigned count)
{
    struct writer writer = writer_of(lanes_bytes, sizeof lanes_bytes);

    for (unsigned i = 0; i < count; i++)
        position_write(&writer, &positions[i]);
    return writer_written(&writer);
}

static struct bytes
three_lanes(void)
{
    const struct position positions[] = {
        {0, 1, 9, {{1}}}, {0, REGISTER_INC, 4, {{2}}}, {29, 1, 1, {{3}}}};

    return lanes(positions, 3);
}

static struct frame
frame_of_kind(uint8_t kind)
{
    struct frame frame = {.kind = kind};
    const struct position place = {3, 2, 7, {{0x77}}};

    memset(frame.room.bytes, 0x11, ID_BYTES);
    switch ((enum frame_kind)kind) {
    case FRAME_HELLO:
        for (unsigned i = 0; i < 3; i++)
            tags[i * ID_BYTES] = (uint8_t)(i + 1);
        frame.room = (struct room_id){{0}};
        frame.hello.version = FRAME_VERSION;
        frame.hello.party.bytes[0] = 5;
        frame.hello.rooms_count = 3;
        frame.hello.rooms = (struct bytes){tags, sizeof tags};
        break;
    case FRAME_HAVE:
        frame.have.complete = true;
        frame.have.lanes_count = 3;
        frame.have.lanes = three_lanes();
        break;
    case FRAME_WANT:
        frame.want.after = place;
        frame.want.to_seq = 100;
        break;
    case FRAME_SEGMENT:
        frame.segment.segment = faces[0].segment;
        frame.segment.payloads = faces[0].payloads;
        break;
    case FRAME_REGISTER:
        frame.reg.slot = 1;
        frame.reg.count = 4;
        frame.reg.entries = (struct bytes){register_bytes, register_size};
        break;
    case FRAME_NEED:
    case FRAME_NOHAVE:
        frame.need = place;
        break;
    case FRAME_FAULT:
        frame.fault.payload = (struct bytes){fault_payload, fault_size};
        break;
    case FRAME_CREDIT:
        frame.credit = CREDIT_INITIAL;
        break;
    case FRAME_PING:
    case FRAME_PONG:
        frame.ping = 0x0102030405060708;
        break;
    case FRAME_BYE:
        frame.bye.error = 6;
        frame.bye.text = bytes_of_text("a signature is wrong");
        break;
    case FRAME_LEAVES_WANT:
    case FRAME_LEAVES:
    case FRAME_CHUNK_WANT:
    case FRAME_CHUNK:
    case FRAME_NOCHUNK:
        memset(frame.file.root.bytes, 0x22, ID_BYTES);
        if (kind == FRAME_LEAVES)
            frame.file.size = 2 * FILE_CHUNK_BYTES;
        if (kind == FRAME_LEAVES || kind == FRAME_CHUNK)
            frame.file.data = (struct bytes){tags, 2 * ID_BYTES};
        if (kind != FRAME_LEAVES && kind != FRAME_LEAVES_WANT)
            frame.file.index = FILE_CHUNKS_MAX - 7;
        if (kind == FRAME_CHUNK_WANT)
            frame.file.count = 7;
        break;
    case FRAME_MANIFEST:
        frame.manifest.genesis_file = bytes_of_text("a file");
        frame.manifest.slot = 1;
        frame.manifest.inc = 2;
        frame.manifest.why = bytes_of_text("air gap");
        frame.manifest.to_count = 3;
        frame.manifest.to = three_lanes();
        break;
    case FRAME_END:
        frame.end.segments = 1;
        frame.end.entries = 2;
        frame.end.state.bytes[0] = 3;
        frame.end.signature[63] = 4;
        break;
    }
    return frame;
}

static const uint8_t kinds[] = {FRAME_HELLO, FRAME_HAVE, FRAME_WANT, FRAME_SEGMENT, FRAME_REGISTER,
    FRAME_NEED, FRAME_NOHAVE, FRAME_FAULT, FRAME_CREDIT, FRAME_PING, FRAME_PONG, FRAME_BYE,
    FRAME_LEAVES_WANT, FRAME_LEAVES, FRAME_CHUNK_WANT, FRAME_CHUNK, FRAME_NOCHUNK, FRAME_MANIFEST,
    FRAME_END};

static struct bytes
write_frame(const struct frame *frame)
{
    struct writer writer = writer_of(buffer, sizeof buffer);

    frame_write(&writer, frame);
    CHECK(!writer.failed);
    return writer_written(&writer);
}

static enum entente_error
outcome(const struct frame *frame)
{
    struct frame read;

    return frame_parse(write_frame(frame), &read);
}

static bool
has_one_encoding(const struct frame *read, struct bytes input)
{
    static uint8_t again[FRAME_BYTES_MAX];
    struct writer writer = writer_of(again, sizeof again);

    frame_write(&writer, read);
    return bytes_equal(writer_written(&writer), input);
}

TEST(what_is_written_is_read)
{
    for (unsigned i = 0; i < sizeof kinds; i++) {
        struct frame frame = frame_of_kind(kinds[i]), read;
        struct bytes written = write_frame(&frame);
        REQUIRE(frame_parse(written, &read) == ENTENTE_OK);
        CHECK(read.kind == kinds[i] && has_one_encoding(&read, written));
    }
}

TEST(the_fields_are_read)
{
    struct frame frame = frame_of_kind(FRAME_HAVE), read;

    REQUIRE(frame_parse(write_frame(&frame), &read) == ENTENTE_OK);
    CHECK(
        read.have.complete && read.have.lanes_count == 3 && room_id_equal(&read.room, &frame.room));
    struct position lane = frame_lane(read.have.lanes, 1);
    CHECK(lane.slot == 0 && lane.inc == REGISTER_INC && lane.seq == 4 && lane.id.bytes[0] == 2);
    frame = frame_of_kind(FRAME_WANT);
    REQUIRE(frame_parse(write_frame(&frame), &read) == ENTENTE_OK);
    CHECK(position_compare(&read.want.after, &frame.want.after) == 0 && read.want.to_seq == 100);
    frame = frame_of_kind(FRAME_FAULT);
    REQUIRE(frame_parse(write_frame(&frame), &read) == ENTENTE_OK);
    CHECK(read.fault.slot == 2 && read.fault.inc == 1 && read.fault.payload.size == fault_size);
    frame = frame_of_kind(FRAME_SEGMENT);
    REQUIRE(frame_parse(write_frame(&frame), &read) == ENTENTE_OK);
    CHECK(bytes_equal(read.segment.segment, faces[0].segment));
    CHECK(bytes_equal(read.segment.payloads, faces[0].payloads));
    frame = frame_of_kind(FRAME_END);
    REQUIRE(frame_parse(write_frame(&frame), &read) == ENTENTE_OK);
    CHECK(read.end.segments == 1 && read.end.entries == 2 && read.end.state.bytes[0] == 3);
    CHECK(read.end.signature[63] == 4);
}

/* Payloads, text and chunk fill a frame to its end: there a shorter frame may be another one. */
static size_t
open_end(const struct frame *frame)
{
    if (frame->kind == FRAME_CHUNK)
        return frame->file.data.size - AEAD_TAG_BYTES;
    return frame->kind == FRAME_SEGMENT ? frame->segment.payloads.size
                                        : (frame->kind == FRAME_BYE ? frame->bye.text.size : 0);
}

TEST(every_shorter_frame_is_truncated)
{
    static const struct frame zero;

    for (unsigned i = 0; i < sizeof kinds; i++) {
        struct frame frame = frame_of_kind(kinds[i]), read;
        struct bytes written = write_frame(&frame);
        for (size_t size = 0; size < written.size - open_end(&frame); size++) {
            uint8_t *exact = malloc(size + 1);
            REQUIRE(exact != NULL);
            memcpy(exact, written.data, size);
            CHECK(frame_parse((struct bytes){exact, size}, &read) == ENTENTE_ERR_TRUNCATED);
            CHECK(memcmp(&read, &zero, sizeof zero) == 0);
            free(exact);
        }
        buffer[written.size] = 0xFF; /* neither UTF-8 nor anything else */
        enum entente_error error = frame_parse((struct bytes){buffer, written.size + 1}, &read);
        bool is_open = kinds[i] == FRAME_SEGMENT || kinds[i] == FRAME_CHUNK;
        CHECK(error == (is_open ? ENTENTE_OK : ENTENTE_ERR_MALFORMED));
    }
}

TEST(every_flipped_bit_is_refused_or_another_frame)
{
    for (unsigned i = 0; i < sizeof kinds; i++) {
        struct frame frame = frame_of_kind(kinds[i]), read;
        struct bytes written = write_frame(&frame);
        for (size_t bit = 0; bit < 8 * written.size; bit++) {
            buffer[bit / 8] ^= (uint8_t)(1u << bit % 8);
            CHECK(frame_parse(written, &read) != ENTENTE_OK || has_one_encoding(&read, written));
            buffer[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
}

TEST(unknown_kinds_and_versions)
{
    struct frame frame = frame_of_kind(FRAME_HELLO), read;

    frame.hello.version = 2;
    CHECK(outcome(&frame) == ENTENTE_ERR_VERSION);
    for (unsigned kind = 0; kind <= 255; kind++) {
        bool known = memchr(kinds, (int)kind, sizeof kinds) != NULL;
        uint8_t byte = (uint8_t)kind;
        CHECK(frame_parse((struct bytes){&byte, 1}, &read) ==
              (known ? ENTENTE_ERR_TRUNCATED : ENTENTE_ERR_VERSION));
    }
}

TEST(files_have_their_limits)
{
    static uint8_t sealed[FILE_SEALED_BYTES_MAX + 1];
    struct frame frame = frame_of_kind(FRAME_CHUNK_WANT);

    frame.file.count = 8; /* one beyond the last chunk that can be */
    CHECK(outcome(&frame) == ENTENTE_ERR_TOO_LARGE);
    frame.file.count = 0;
    CHECK(outcome(&frame) == ENTENTE_ERR_MALFORMED);
    frame.file.index = 0;
    frame.file.count = FRAME_CHUNKS_MAX;
    CHECK(outcome(&frame) == ENTENTE_OK);
    frame.file.count++;
    CHECK(outcome(&frame) == ENTENTE_ERR_TOO_LARGE);
    frame = frame_of_kind(FRAME_LEAVES);
    frame.file.size++; /* that would be three */
    CHECK(outcome(&frame) == ENTENTE_ERR_TRUNCATED);
    frame.file.size = FILE_CHUNK_BYTES;
    CHECK(outcome(&frame) == ENTENTE_ERR_MALFORMED);
    frame.file.size = (uint64_t)FILE_BYTES_MAX + 1;
    CHECK(outcome(&frame) == ENTENTE_ERR_TOO_LARGE);
    frame = frame_of_kind(FRAME_CHUNK);
    frame.file.data = (struct bytes){sealed, FILE_SEALED_BYTES_MAX};
    CHECK(outcome(&frame) == ENTENTE_OK);
    frame.file.data.size++;
    CHECK(outcome(&frame) == ENTENTE_ERR_TOO_LARGE);
    frame = frame_of_kind(FRAME_CHUNK);
    frame.file.index = FILE_CHUNKS_MAX;
    CHECK(outcome(&frame) == ENTENTE_ERR_TOO_LARGE);
    frame = frame_of_kind(FRAME_NOCHUNK);
    frame.file.index = FILE_CHUNKS_MAX;
    CHECK(outcome(&frame) == ENTENTE_ERR_TOO_LARGE);
    frame.file.index = FRAME_NO_LEAVES;
    CHECK(outcome(&frame) == ENTENTE_OK);
}

TEST(lists_ascend)
{
    const struct position right[2] = {{1, 1, 5, {{1}}}, {1, 1, 5, {{2}}}}; /* two branches */
    struct frame frame = frame_of_kind(FRAME_HAVE), manifest = frame_of_kind(FRAME_MANIFEST);
    struct position wrong[2];

    frame.have.lanes_count = manifest.manifest.to_count = 2;
    frame.have.lanes = manifest.manifest.to = lanes(right, 2);
    CHECK(outcome(&frame) == ENTENTE_OK && outcome(&manifest) == ENTENTE_OK);
    for (unsigned broken = 0; broken < 6; broken++) {
        memcpy(wrong, right, sizeof wrong);
        if (broken == 0)
            wrong[1] = wrong[0];
        else if (broken == 1)
            wrong[1].id.bytes[0] = 0;
        else if (broken == 2)
            wrong[1].slot = 0;
        else if (broken == 3)
            wrong[1].slot = PARTIES_MAX;
        else if (broken == 4)
            wrong[0].inc = 0;
        else
            wrong[0].seq = 0;
        frame.have.lanes = manifest.manifest.to = lanes(wrong, 2);
        CHECK(outcome(&frame) == ENTENTE_ERR_MALFORMED);
        CHECK(outcome(&manifest) == ENTENTE_ERR_MALFORMED);
    }
    frame = frame_of_kind(FRAME_HELLO);
    tags[ID_BYTES] = 1; /* the second as the first */
    CHECK(outcome(&frame) == ENTENTE_ERR_MALFORMED);
    tags[ID_BYTES] = 4; /* the third before the second */
    CHECK(outcome(&frame) == ENTENTE_ERR_MALFORMED);
}

TEST(positions_and_flags_can_be)
{
    struct frame frame = frame_of_kind(FRAME_HAVE), read;
    struct bytes written = write_frame(&frame);

    buffer[1 + ID_BYTES] = 2; /* complete */
    CHECK(frame_parse(written, &read) == ENTENTE_ERR_MALFORMED);
    frame = frame_of_kind(FRAME_WANT);
    frame.want.after.seq = 0;
    CHECK(outcome(&frame) == ENTENTE_ERR_MALFORMED); /* from the start, and yet an id */
    frame.want.after.id = (struct entry_id){{0}};
    CHECK(outcome(&frame) == ENTENTE_OK);
    frame.want.after.inc = 0;
    CHECK(outcome(&frame) == ENTENTE_ERR_MALFORMED);
    frame.want.after.inc = REGISTER_INC;
    frame.want.after.slot = PARTIES_MAX;
    CHECK(outcome(&frame) == ENTENTE_ERR_MALFORMED);
    frame = frame_of_kind(FRAME_NEED);
    frame.need.seq = 0;
    CHECK(outcome(&frame) == ENTENTE_ERR_MALFORMED);
    frame = frame_of_kind(FRAME_REGISTER);
    frame.reg.slot = PARTIES_MAX;
    CHECK(outcome(&frame) == ENTENTE_ERR_MALFORMED);
    frame = frame_of_kind(FRAME_MANIFEST);
    frame.manifest.slot = PARTIES_MAX;
    CHECK(outcome(&frame) == ENTENTE_ERR_MALFORMED);
    frame = frame_of_kind(FRAME_MANIFEST);
    frame.manifest.inc = 0;
    CHECK(outcome(&frame) == ENTENTE_ERR_MALFORMED);
    frame.manifest.inc = REGISTER_INC;
    CHECK(outcome(&frame) == ENTENTE_ERR_MALFORMED);
    frame = frame_of_kind(FRAME_MANIFEST);
    frame.manifest.why = bytes_of_text("\xff");
    CHECK(outcome(&frame) == ENTENTE_ERR_MALFORMED);
}

TEST(a_register_frame_holds_its_count)
{
    struct frame frame = frame_of_kind(FRAME_REGISTER);

    frame.reg.count = 3;
    CHECK(outcome(&frame) == ENTENTE_ERR_MALFORMED); /* an entry is left over */
    frame.reg.count = 5;
    CHECK(outcome(&frame) == ENTENTE_ERR_TRUNCATED);
    frame.reg.count = 65;
    CHECK(outcome(&frame) == ENTENTE_ERR_TOO_LARGE);
    frame.reg.count = 0;
    frame.reg.entries = (struct bytes){0};
    CHECK(outcome(&frame) == ENTENTE_ERR_MALFORMED);
}

TEST(the_limits_hold)
{
    static struct position many[FRAME_LANES_MAX + 1];
    static char text[FRAME_TEXT_BYTES_MAX + 2];
    struct frame frame = frame_of_kind(FRAME_HAVE), read;

    for (uint32_t i = 0; i <= FRAME_LANES_MAX; i++)
        many[i] = (struct position){1, 1, i + 1, {{0}}};
    frame.have.lanes_count = FRAME_LANES_MAX;
    frame.have.lanes = lanes(many, FRAME_LANES_MAX);
    CHECK(outcome(&frame) == ENTENTE_OK);
    frame.have.lanes_count = FRAME_LANES_MAX + 1;
    frame.have.lanes = lanes(many, FRAME_LANES_MAX + 1);
    CHECK(outcome(&frame) == ENTENTE_ERR_TOO_LARGE);

    memset(text, 'a', sizeof text - 1);
    frame = frame_of_kind(FRAME_BYE);
    frame.bye.text = (struct bytes){(const uint8_t *)text, FRAME_TEXT_BYTES_MAX};
    CHECK(outcome(&frame) == ENTENTE_OK);
    frame.bye.text.size++;
    CHECK(outcome(&frame) == ENTENTE_ERR_TOO_LARGE);

    static uint8_t big[SEGMENT_PAYLOAD_BYTES_MAX + 1];
    frame = frame_of_kind(FRAME_SEGMENT);
    frame.segment.payloads = (struct bytes){big, SEGMENT_PAYLOAD_BYTES_MAX};
    CHECK(outcome(&frame) == ENTENTE_OK);
    frame.segment.payloads.size++;
    CHECK(outcome(&frame) == ENTENTE_ERR_TOO_LARGE);
    memset(buffer, 0, sizeof buffer);
    CHECK(frame_parse((struct bytes){buffer, sizeof buffer}, &read) == ENTENTE_ERR_TOO_LARGE);
    CHECK(frame_parse((struct bytes){buffer, FRAME_BYTES_MAX}, &read) == ENTENTE_ERR_VERSION);
}

TEST(the_outer_sizes_of_a_segment)
{
    struct frame frame = frame_of_kind(FRAME_SEGMENT), read;
    struct bytes written = write_frame(&frame);

    buffer[1] = SEGMENT_ENTRIES_MAX + 1;
    CHECK(frame_parse(written, &read) == ENTENTE_ERR_TOO_LARGE);
    buffer[1] = 0;
    CHECK(frame_parse(written, &read) == ENTENTE_ERR_TOO_LARGE); /* headers of no entry */
    memset(buffer + 2, 0, 4);
    CHECK(frame_parse(written, &read) == ENTENTE_ERR_MALFORMED);
}

TEST(rooms_are_named_by_tags)
{
    const struct room_id room = {{1}};
    uint8_t exporter[32] = {2}, joined[64] = {2}, tag[32], wanted[32];

    joined[32] = 1;
    frame_room_tag(tag, exporter, &room);
    hash_once(wanted, "entente/roomtag1", (struct bytes){joined, sizeof joined});
    CHECK(memcmp(tag, wanted, sizeof tag) == 0);
}

/* What the frames of segments, registers and faults carry. */
static void
set_up(void)
{
    const struct room_id room = {{0x11}};
    struct build_feed feed, copy;

    build_party(&party, 1);
    register_bytes = build_register_bytes(party.reg, &register_size);
    build_feed(&feed, &party, &room, 2, 1);
    copy = feed;
    build_segment(&faces[0], &feed,
        (struct build_entry[]){{.kind = ENTRY_SEALED, .payload = bytes_of_text("one")}}, 1);
    build_segment(&faces[1], &copy, (struct build_entry[]){{.kind = ENTRY_ACK}}, 1);
    fault_payload = build_fault(&faces[0], &faces[1], &fault_size);
}

/* 64 entries, each with 64 deps, and all the payload that a segment may have. */
TEST(the_greatest_segment_fits)
{
    static struct position deps[ENTRY_DEPS_MAX];
    static struct segment segment;
    static uint8_t payload[SEGMENT_PAYLOAD_BYTES_MAX];
    struct build_entry entries[SEGMENT_ENTRIES_MAX] = {0};
    const struct room_id room = {{1}};
    struct build_feed feed;
    struct built_segment built;
    struct frame read;

    for (unsigned i = 0; i < ENTRY_DEPS_MAX; i++)
        deps[i] = (struct position){(uint8_t)(1 + i / 4), (uint16_t)(1 + i % 4), 1, {{(uint8_t)i}}};
    for (unsigned i = 0; i < SEGMENT_ENTRIES_MAX; i++)
        entries[i] = (struct build_entry){.kind = ENTRY_SEALED,
            .deps = deps,
            .deps_count = ENTRY_DEPS_MAX,
            .index = i,
            .payload = {payload, sizeof payload / SEGMENT_ENTRIES_MAX}};
    build_feed(&feed, &party, &room, 0, 1);
    build_segment(&built, &feed, entries, SEGMENT_ENTRIES_MAX);
    CHECK(built.segment.size == SEGMENT_BYTES_MAX);
    CHECK(built.payloads.size == SEGMENT_PAYLOAD_BYTES_MAX);
    struct frame frame = {.kind = FRAME_SEGMENT};
    frame.segment.segment = built.segment;
    frame.segment.payloads = built.payloads;
    struct writer writer = writer_of(buffer, FRAME_BYTES_MAX);
    frame_write(&writer, &frame);
    CHECK(!writer.failed && writer.used == 1353286);
    REQUIRE(frame_parse(writer_written(&writer), &read) == ENTENTE_OK);
    struct reader reader = reader_of(read.segment.segment);
    CHECK(segment_parse(&reader, &segment) == ENTENTE_OK);
    CHECK(segment.count == SEGMENT_ENTRIES_MAX);
    CHECK(segment.payload_bytes == read.segment.payloads.size);
    built_segment_free(&built);
}

static void
tear_down(void)
{
    free(fault_payload);
    free(register_bytes);
    built_segment_free(&faces[0]);
    built_segment_free(&faces[1]);
    build_party_free(&party);
}

int
main(int argc, char **argv)
{
    const struct test_case cases[] = {
        CASE(what_is_written_is_read),
        CASE(the_fields_are_read),
        CASE(every_shorter_frame_is_truncated),
        CASE(every_flipped_bit_is_refused_or_another_frame),
        CASE(unknown_kinds_and_versions),
        CASE(files_have_their_limits),
        CASE(lists_ascend),
        CASE(positions_and_flags_can_be),
        CASE(a_register_frame_holds_its_count),
        CASE(the_limits_hold),
        CASE(the_outer_sizes_of_a_segment),
        CASE(the_greatest_segment_fits),
        CASE(rooms_are_named_by_tags),
    };

    if (crypto_start() != ENTENTE_OK)
        return 1;
    set_up();
    int status = test_run(cases, sizeof cases / sizeof cases[0], argc, argv);
    tear_down();
    return status;
}
