#include "format/frame.h"

#include "base/text.h"
#include "crypto/hash.h"
#include "format/file.h"
#include "format/genesis.h"
#include "format/proof.h"
#include "format/segment.h"

#include <assert.h>

static_assert(1 + SEGMENT_BYTES_MAX + SEGMENT_PAYLOAD_BYTES_MAX <= FRAME_BYTES_MAX,
    "what may be stored can be sent");
static_assert(1 + 2 * ID_BYTES + 8 + FILE_LEAVES_BYTES_MAX <= FRAME_BYTES_MAX, "leaves too");

#define SEGMENT_OUTER_BYTES 5u /* count, size of the headers */
#define REGISTER_ENTRIES_IN_FRAME_MAX 64u

static void
read_room(struct reader *reader, struct frame *frame)
{
    reader_copy(reader, frame->room.bytes, sizeof frame->room.bytes);
}

/* Of an entry, of a feed or of a register. */
static bool
is_place(const struct position *position)
{
    return position->slot < PARTIES_MAX && position->inc != 0 && position->seq != 0;
}

static enum entente_error
read_hello(struct reader *reader, struct frame *frame)
{
    frame->hello.version = reader_u16(reader);
    reader_copy(reader, frame->hello.party.bytes, sizeof frame->hello.party.bytes);
    frame->hello.rooms_count = reader_u8(reader);
    if (!reader->failed && frame->hello.version != FRAME_VERSION)
        return ENTENTE_ERR_VERSION;
    frame->hello.rooms = reader_bytes(reader, frame->hello.rooms_count * (size_t)ID_BYTES);
    for (size_t at = ID_BYTES; at < frame->hello.rooms.size; at += ID_BYTES) {
        const uint8_t *tag = frame->hello.rooms.data + at;
        if (memcmp(tag - ID_BYTES, tag, ID_BYTES) >= 0)
            return ENTENTE_ERR_MALFORMED;
    }
    return ENTENTE_OK;
}

static enum entente_error
read_lanes(struct reader *reader, uint16_t *count, struct bytes *lanes)
{
    struct position before = {0}; /* an inc of 0 is before every lane */

    *count = reader_u16(reader);
    if (*count > FRAME_LANES_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    *lanes = reader_bytes(reader, *count * (size_t)POSITION_BYTES);
    if (reader->failed)
        return ENTENTE_ERR_TRUNCATED;
    for (unsigned i = 0; i < *count; i++) {
        struct position lane = frame_lane(*lanes, i);
        if (!is_place(&lane) || position_compare(&before, &lane) >= 0)
            return ENTENTE_ERR_MALFORMED;
        before = lane;
    }
    return ENTENTE_OK;
}

static enum entente_error
read_have(struct reader *reader, struct frame *frame)
{
    read_room(reader, frame);
    uint8_t complete = reader_u8(reader);
    if (complete > 1)
        return ENTENTE_ERR_MALFORMED;
    frame->have.complete = complete == 1;
    return read_lanes(reader, &frame->have.lanes_count, &frame->have.lanes);
}

static enum entente_error
read_want(struct reader *reader, struct frame *frame)
{
    static const struct entry_id none;

    read_room(reader, frame);
    struct position after = position_read(reader);
    frame->want.to_seq = reader_u32(reader);
    frame->want.after = after;
    if (reader->failed)
        return ENTENTE_ERR_TRUNCATED;
    if (after.slot >= PARTIES_MAX || after.inc == 0 ||
        (after.seq == 0 && !entry_id_equal(&after.id, &none)))
        return ENTENTE_ERR_MALFORMED;
    return ENTENTE_OK;
}

static enum entente_error
read_segment(struct reader *reader, struct frame *frame)
{
    const uint8_t *start = reader->rest.data;
    uint8_t count = reader_u8(reader);
    size_t headers_size = reader_u32(reader);

    (void)reader_bytes(reader, headers_size);
    (void)reader_bytes(reader, sizeof(struct signature));
    if (reader->failed)
        return ENTENTE_ERR_TRUNCATED;
    if (count > SEGMENT_ENTRIES_MAX || headers_size > count * (size_t)ENTRY_HEADER_BYTES_MAX ||
        reader->rest.size > SEGMENT_PAYLOAD_BYTES_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    if (count == 0)
        return ENTENTE_ERR_MALFORMED;
    frame->segment.segment =
        (struct bytes){start, SEGMENT_OUTER_BYTES + headers_size + sizeof(struct signature)};
    frame->segment.payloads = reader_bytes(reader, reader->rest.size);
    return ENTENTE_OK;
}

static enum entente_error
read_register(struct reader *reader, struct frame *frame)
{
    struct register_entry entry;

    read_room(reader, frame);
    frame->reg.slot = reader_u8(reader);
    frame->reg.count = reader_u8(reader);
    if (reader->failed)
        return ENTENTE_ERR_TRUNCATED;
    if (frame->reg.count > REGISTER_ENTRIES_IN_FRAME_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    if (frame->reg.count == 0 || frame->reg.slot >= PARTIES_MAX)
        return ENTENTE_ERR_MALFORMED;
    struct bytes entries = reader->rest;
    for (unsigned i = 0; i < frame->reg.count; i++) {
        enum entente_error error = register_entry_parse(reader, &entry);
        if (error != ENTENTE_OK)
            return error;
    }
    frame->reg.entries = (struct bytes){entries.data, entries.size - reader->rest.size};
    return ENTENTE_OK;
}

static enum entente_error
read_need(struct reader *reader, struct frame *frame)
{
    read_room(reader, frame);
    frame->need = position_read(reader);
    return reader->failed || is_place(&frame->need) ? ENTENTE_OK : ENTENTE_ERR_MALFORMED;
}

static enum entente_error
read_fault(struct reader *reader, struct frame *frame)
{
    struct fault fault;

    read_room(reader, frame);
    if (reader->failed)
        return ENTENTE_ERR_TRUNCATED;
    frame->fault.payload = reader_bytes(reader, reader->rest.size);
    enum entente_error error = fault_parse(frame->fault.payload, &fault);
    frame->fault.slot = fault.slot;
    frame->fault.inc = fault.inc;
    return error;
}

static enum entente_error
read_bye(struct reader *reader, struct frame *frame)
{
    frame->bye.error = reader_u16(reader);
    if (reader->failed)
        return ENTENTE_ERR_TRUNCATED;
    frame->bye.text = reader_bytes(reader, reader->rest.size);
    if (frame->bye.text.size > FRAME_TEXT_BYTES_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    return text_is_utf8(frame->bye.text) ? ENTENTE_OK : ENTENTE_ERR_MALFORMED;
}

static enum entente_error
read_manifest(struct reader *reader, struct frame *frame)
{
    size_t size = reader_u32(reader);

    frame->manifest.genesis_file = reader_bytes(reader, size);
    frame->manifest.slot = reader_u8(reader);
    frame->manifest.inc = reader_u16(reader);
    frame->manifest.why = reader_bytes(reader, reader_u8(reader));
    if (size > GENESIS_FILE_BYTES_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    if (reader->failed)
        return ENTENTE_ERR_TRUNCATED;
    if (frame->manifest.slot >= PARTIES_MAX || frame->manifest.inc == 0 ||
        frame->manifest.inc > INC_MAX || !text_is_utf8(frame->manifest.why))
        return ENTENTE_ERR_MALFORMED;
    enum entente_error error =
        read_lanes(reader, &frame->manifest.from_count, &frame->manifest.from);
    return error == ENTENTE_OK ? read_lanes(reader, &frame->manifest.to_count, &frame->manifest.to)
                               : error;
}

static enum entente_error
read_leaves(struct reader *reader, struct frame *frame)
{
    frame->file.size = reader_u64(reader);
    uint32_t chunks = file_chunks(frame->file.size);
    if (!reader->failed && chunks == 0)
        return ENTENTE_ERR_TOO_LARGE;
    frame->file.data = reader_bytes(reader, chunks * (size_t)ID_BYTES);
    return ENTENTE_OK;
}

static enum entente_error
read_chunk_want(struct reader *reader, struct frame *frame)
{
    frame->file.index = reader_u32(reader);
    frame->file.count = reader_u16(reader);
    if (reader->failed)
        return ENTENTE_ERR_TRUNCATED;
    if (frame->file.count > FRAME_CHUNKS_MAX || frame->file.index >= FILE_CHUNKS_MAX ||
        frame->file.count > FILE_CHUNKS_MAX - frame->file.index)
        return ENTENTE_ERR_TOO_LARGE;
    return frame->file.count > 0 ? ENTENTE_OK : ENTENTE_ERR_MALFORMED;
}

static enum entente_error
read_chunk(struct reader *reader, struct frame *frame)
{
    frame->file.index = reader_u32(reader);
    if (reader->failed || reader->rest.size < AEAD_TAG_BYTES)
        return ENTENTE_ERR_TRUNCATED;
    if (frame->file.index >= FILE_CHUNKS_MAX || reader->rest.size > FILE_SEALED_BYTES_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    frame->file.data = reader_bytes(reader, reader->rest.size);
    return ENTENTE_OK;
}

static enum entente_error
read_file(struct reader *reader, struct frame *frame)
{
    read_room(reader, frame);
    reader_copy(reader, frame->file.root.bytes, sizeof frame->file.root.bytes);
    if (frame->kind == FRAME_LEAVES)
        return read_leaves(reader, frame);
    if (frame->kind == FRAME_CHUNK_WANT)
        return read_chunk_want(reader, frame);
    if (frame->kind == FRAME_CHUNK)
        return read_chunk(reader, frame);
    if (frame->kind == FRAME_NOCHUNK) {
        frame->file.index = reader_u32(reader);
        if (frame->file.index >= FILE_CHUNKS_MAX && frame->file.index != FRAME_NO_LEAVES)
            return ENTENTE_ERR_TOO_LARGE;
    }
    return ENTENTE_OK;
}

static void
read_end(struct reader *reader, struct frame *frame)
{
    frame->end.segments = reader_u64(reader);
    frame->end.entries = reader_u64(reader);
    reader_copy(reader, frame->end.state.bytes, sizeof frame->end.state.bytes);
    reader_copy(reader, frame->end.signature, sizeof frame->end.signature);
}

static enum entente_error
read_body(struct reader *reader, struct frame *frame)
{
    switch ((enum frame_kind)frame->kind) {
    case FRAME_HELLO:
        return read_hello(reader, frame);
    case FRAME_HAVE:
        return read_have(reader, frame);
    case FRAME_WANT:
        return read_want(reader, frame);
    case FRAME_SEGMENT:
        return read_segment(reader, frame);
    case FRAME_REGISTER:
        return read_register(reader, frame);
    case FRAME_NEED:
    case FRAME_NOHAVE:
        return read_need(reader, frame);
    case FRAME_FAULT:
        return read_fault(reader, frame);
    case FRAME_CREDIT:
        frame->credit = reader_u32(reader);
        return ENTENTE_OK;
    case FRAME_PING:
    case FRAME_PONG:
        frame->ping = reader_u64(reader);
        return ENTENTE_OK;
    case FRAME_BYE:
        return read_bye(reader, frame);
    case FRAME_LEAVES_WANT:
    case FRAME_LEAVES:
    case FRAME_CHUNK_WANT:
    case FRAME_CHUNK:
    case FRAME_NOCHUNK:
        return read_file(reader, frame);
    case FRAME_MANIFEST:
        return read_manifest(reader, frame);
    case FRAME_END:
        read_end(reader, frame);
        return ENTENTE_OK;
    }
    return ENTENTE_ERR_VERSION;
}

enum entente_error
frame_parse(struct bytes input, struct frame *frame)
{
    struct reader reader = reader_of(input);
    enum entente_error error = ENTENTE_ERR_TOO_LARGE;

    *frame = (struct frame){0};
    if (input.size > FRAME_BYTES_MAX)
        return error;
    frame->kind = reader_u8(&reader);
    error = reader.failed ? ENTENTE_ERR_TRUNCATED : read_body(&reader, frame);
    if (error == ENTENTE_OK)
        error = reader_finish(&reader);
    if (error != ENTENTE_OK)
        *frame = (struct frame){0};
    return error;
}

struct position
frame_lane(struct bytes lanes, unsigned i)
{
    struct reader reader =
        reader_of((struct bytes){lanes.data + i * (size_t)POSITION_BYTES, POSITION_BYTES});

    return position_read(&reader);
}

void
frame_room_tag(
    uint8_t tag[static 32], const uint8_t exporter[static 32], const struct room_id *room)
{
    uint8_t joined[2 * ID_BYTES];

    memcpy(joined, exporter, ID_BYTES);
    memcpy(joined + ID_BYTES, room->bytes, ID_BYTES);
    hash_once(tag, "entente/roomtag1", (struct bytes){joined, sizeof joined});
}
