#include "format/frame.h"

static void
write_lanes(struct writer *writer, uint16_t count, struct bytes lanes)
{
    writer_u16(writer, count);
    writer_bytes(writer, lanes);
}

static void
write_manifest(struct writer *writer, const struct frame *frame)
{
    writer_u32(writer, (uint32_t)frame->manifest.genesis_file.size);
    writer_bytes(writer, frame->manifest.genesis_file);
    writer_u8(writer, frame->manifest.slot);
    writer_u16(writer, frame->manifest.inc);
    writer_u8(writer, (uint8_t)frame->manifest.why.size);
    writer_bytes(writer, frame->manifest.why);
    write_lanes(writer, frame->manifest.from_count, frame->manifest.from);
    write_lanes(writer, frame->manifest.to_count, frame->manifest.to);
}

static void
write_end(struct writer *writer, const struct frame *frame)
{
    writer_u64(writer, frame->end.segments);
    writer_u64(writer, frame->end.entries);
    writer_copy(writer, frame->end.state.bytes, sizeof frame->end.state.bytes);
    writer_copy(writer, frame->end.signature, sizeof frame->end.signature);
}

static void
write_file(struct writer *writer, const struct frame *frame)
{
    writer_copy(writer, frame->file.root.bytes, sizeof frame->file.root.bytes);
    if (frame->kind == FRAME_LEAVES)
        writer_u64(writer, frame->file.size);
    else if (frame->kind != FRAME_LEAVES_WANT)
        writer_u32(writer, frame->file.index);
    if (frame->kind == FRAME_CHUNK_WANT)
        writer_u16(writer, frame->file.count);
    writer_bytes(writer, frame->file.data);
}

static bool
is_of_file(uint8_t kind)
{
    return kind >= FRAME_LEAVES_WANT && kind <= FRAME_NOCHUNK;
}

static bool
names_room(uint8_t kind)
{
    return kind == FRAME_HAVE || kind == FRAME_WANT || kind == FRAME_REGISTER ||
           kind == FRAME_NEED || kind == FRAME_NOHAVE || kind == FRAME_FAULT || is_of_file(kind);
}

static void
write_body(struct writer *writer, const struct frame *frame)
{
    switch ((enum frame_kind)frame->kind) {
    case FRAME_HELLO:
        writer_u16(writer, frame->hello.version);
        writer_copy(writer, frame->hello.party.bytes, sizeof frame->hello.party.bytes);
        writer_u8(writer, frame->hello.rooms_count);
        writer_bytes(writer, frame->hello.rooms);
        break;
    case FRAME_HAVE:
        writer_u8(writer, frame->have.complete);
        write_lanes(writer, frame->have.lanes_count, frame->have.lanes);
        break;
    case FRAME_WANT:
        position_write(writer, &frame->want.after);
        writer_u32(writer, frame->want.to_seq);
        break;
    case FRAME_SEGMENT:
        writer_bytes(writer, frame->segment.segment);
        writer_bytes(writer, frame->segment.payloads);
        break;
    case FRAME_REGISTER:
        writer_u8(writer, frame->reg.slot);
        writer_u8(writer, frame->reg.count);
        writer_bytes(writer, frame->reg.entries);
        break;
    case FRAME_NEED:
    case FRAME_NOHAVE:
        position_write(writer, &frame->need);
        break;
    case FRAME_FAULT:
        writer_bytes(writer, frame->fault.payload);
        break;
    case FRAME_CREDIT:
        writer_u32(writer, frame->credit);
        break;
    case FRAME_PING:
    case FRAME_PONG:
        writer_u64(writer, frame->ping);
        break;
    case FRAME_BYE:
        writer_u16(writer, frame->bye.error);
        writer_bytes(writer, frame->bye.text);
        break;
    case FRAME_LEAVES_WANT:
    case FRAME_LEAVES:
    case FRAME_CHUNK_WANT:
    case FRAME_CHUNK:
    case FRAME_NOCHUNK:
        write_file(writer, frame);
        break;
    case FRAME_MANIFEST:
        write_manifest(writer, frame);
        break;
    case FRAME_END:
        write_end(writer, frame);
        break;
    }
}

void
frame_write(struct writer *writer, const struct frame *frame)
{
    writer_u8(writer, frame->kind);
    if (names_room(frame->kind))
        writer_copy(writer, frame->room.bytes, sizeof frame->room.bytes);
    write_body(writer, frame);
}
