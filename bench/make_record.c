/*
 * An exported record of any size, as verify_rate and others read it: three parties that write at
 * once.
 *
 *   make_record FILE ENTRIES [ENTRIES_PER_SEGMENT]
 *
 * Sealed entries of the size that a statement of 256 bytes has; random bytes stand for the
 * ciphertext. Each party's segment covers what the others wrote in the round before.  The same
 * arguments give the same bytes.
 */
#include "reader/export.h"
#include "support/room.h"
#include "support/test.h"

#include "crypto/hash.h"

#include <stdio.h>
#include <stdlib.h>

#define PARTIES 3u
#define PAYLOAD_BYTES 352u /* body of 321, padded to 336, and the seal's 16 */

struct output {
    FILE *file;
    uint8_t memory[EXPORT_PIECE_BYTES_MAX];
    uint64_t segments;
    uint64_t entries;
};

static void
write_frame(struct output *output, const struct frame *frame)
{
    struct writer writer = writer_of(output->memory, sizeof output->memory);

    writer_u32(&writer, 0);
    frame_write(&writer, frame);
    struct writer size = writer_of(output->memory, 4);
    writer_u32(&size, (uint32_t)writer.used - 4);
    if (writer.failed || fwrite(output->memory, 1, writer.used, output->file) != writer.used) {
        perror("make_record");
        exit(2);
    }
}

/* Of the first `writers` parties' feeds; once in the beginning for its place, again with the heads. */
static void
write_manifest(
    struct output *output, const struct test_room *room, const struct build_feed *feeds, uint8_t writers)
{
    struct frame frame = {.kind = FRAME_MANIFEST};
    uint8_t heads[2 * PARTIES * POSITION_BYTES];
    struct writer writer = writer_of(heads, sizeof heads);

    rewind(output->file);
    fwrite(BUNDLE_MAGIC, 1, 16, output->file);
    for (uint8_t slot = 0; slot < PARTIES; slot++) {
        uint32_t number = register_count(room->registers[slot]);
        struct position head = {
            slot, REGISTER_INC, number, *register_id(room->registers[slot], number)};
        if (slot < writers)
            position_write(&writer, &feeds[slot].head);
        position_write(&writer, &head);
    }
    frame.manifest.genesis_file = room->genesis_file;
    frame.manifest.inc = 1;
    frame.manifest.why = bytes_of_text("a measurement");
    frame.manifest.to = writer_written(&writer);
    frame.manifest.to_count = PARTIES + writers;
    write_frame(output, &frame);
}

static void
write_registers(struct output *output, const struct test_room *room)
{
    struct frame frame;

    for (uint8_t slot = 0; slot < PARTIES; slot++) {
        size_t size;
        uint8_t *entries = build_register_bytes(room->registers[slot], &size);
        frame = (struct frame){.kind = FRAME_REGISTER, .room = room->id};
        frame.reg.slot = slot;
        frame.reg.count = (uint8_t)register_count(room->registers[slot]);
        frame.reg.entries = (struct bytes){entries, size};
        write_frame(output, &frame);
        free(entries);
    }
}

static void
write_segment(struct output *output, struct build_feed *feed, const struct position *deps,
    uint8_t deps_count, uint32_t count, uint64_t *state)
{
    static uint64_t payloads[SEGMENT_ENTRIES_MAX][PAYLOAD_BYTES / 8];
    struct build_entry entries[SEGMENT_ENTRIES_MAX] = {0};
    struct built_segment built;
    struct frame frame = {.kind = FRAME_SEGMENT};

    for (uint32_t i = 0; i < count; i++) {
        for (size_t word = 0; word < PAYLOAD_BYTES / 8; word++)
            payloads[i][word] = test_random(state);
        entries[i] = (struct build_entry){.kind = ENTRY_SEALED,
            .flags = ENTRY_FLAG_HOLDS,
            .payload = {(const uint8_t *)payloads[i], PAYLOAD_BYTES},
            .index = i};
    }
    entries[0].deps = deps;
    entries[0].deps_count = deps_count;
    build_segment(&built, feed, entries, count);
    frame.segment.segment = built.segment;
    frame.segment.payloads = built.payloads;
    write_frame(output, &frame);
    built_segment_free(&built);
    output->segments++;
    output->entries += count;
}

/* O2, of lanes of which none is contested. */
static void
make_state(struct digest *state, const struct test_room *room, const struct build_feed *feeds)
{
    uint8_t bytes[32 + PARTIES * (36 + 5 + 36)];
    struct writer writer = writer_of(bytes, sizeof bytes);

    writer_copy(&writer, room->id.bytes, ID_BYTES);
    for (uint8_t slot = 0; slot < PARTIES; slot++) {
        uint32_t number = register_count(room->registers[slot]);
        writer_u32(&writer, number);
        writer_copy(&writer, register_id(room->registers[slot], number)->bytes, ID_BYTES);
        if (feeds[slot].head.seq == 0)
            continue;
        writer_u8(&writer, slot);
        writer_u16(&writer, 1);
        writer_u8(&writer, 0);
        writer_u8(&writer, 1);
        writer_u32(&writer, feeds[slot].head.seq);
        writer_copy(&writer, feeds[slot].head.id.bytes, ID_BYTES);
    }
    hash_once(state->bytes, "entente/state/v1", writer_written(&writer));
}

static void
write_end(struct output *output, const struct test_room *room, const struct build_feed *feeds)
{
    uint8_t signed_bytes[EXPORT_SIGNED_BYTES];
    struct frame frame = {.kind = FRAME_END};
    struct signing_key key;
    struct public_key public;
    struct signature signature;

    frame.end.segments = output->segments;
    frame.end.entries = output->entries;
    make_state(&frame.end.state, room, feeds);
    build_key(&key, &public, room->party[0].seed, BUILD_NODE, 1);
    end_signed_bytes(signed_bytes, &room->id, &frame.end.state, frame.end.entries);
    sign_make(&signature, &key, EXPORT_CONTEXT, (struct bytes){signed_bytes, sizeof signed_bytes});
    memcpy(frame.end.signature, signature.bytes, sizeof frame.end.signature);
    write_frame(output, &frame);
}

int
main(int count, char **words)
{
    static struct output output;
    struct test_room room;
    struct build_feed feeds[PARTIES];
    uint64_t state = 1;

    if (count < 3) {
        fprintf(stderr, "usage: make_record FILE ENTRIES [ENTRIES_PER_SEGMENT]\n");
        return 1;
    }
    uint64_t wanted = strtoull(words[2], NULL, 10);
    uint32_t each = count > 3 ? (uint32_t)strtoul(words[3], NULL, 10) : SEGMENT_ENTRIES_MAX;
    output.file = fopen(words[1], "w");
    if (output.file == NULL || each == 0 || each > SEGMENT_ENTRIES_MAX) {
        perror(words[1]);
        return 1;
    }
    test_room_make(&room, PARTIES, 1);
    for (uint8_t slot = 0; slot < PARTIES; slot++)
        test_room_feed(&feeds[slot], &room, slot, 1);
    uint64_t segments = (wanted + each - 1) / each;
    uint8_t writers = (uint8_t)(segments < PARTIES ? segments : PARTIES);
    write_manifest(&output, &room, feeds, writers);
    write_registers(&output, &room);
    while (output.entries < wanted) {
        struct position heads[PARTIES];
        for (uint8_t slot = 0; slot < PARTIES; slot++)
            heads[slot] = feeds[slot].head;
        for (uint8_t slot = 0; slot < PARTIES && output.entries < wanted; slot++) {
            struct position deps[PARTIES];
            uint8_t deps_count = 0;
            uint64_t left = wanted - output.entries;
            for (uint8_t other = 0; other < PARTIES; other++)
                if (other != slot && heads[other].seq > 0)
                    deps[deps_count++] = heads[other];
            write_segment(&output, &feeds[slot], deps, deps_count,
                left < each ? (uint32_t)left : each, &state);
        }
    }
    write_end(&output, &room, feeds);
    write_manifest(&output, &room, feeds, writers);
    test_room_free(&room);
    if (fclose(output.file) != 0) {
        perror(words[1]);
        return 2;
    }
    return 0;
}
