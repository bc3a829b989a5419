#include "net/wire.h"

#include <string.h>

enum {
    FINAL = 0x80,
    RESERVED = 0x70,
    OPCODE = 0x0F,
    MASKED = 0x80,
    LENGTH = 0x7F,
    TWO_BYTES = 126,
    EIGHT_BYTES = 127,
    MASK_BYTES = 4,
};

size_t
wire_header(uint8_t header[static WIRE_HEADER_BYTES_MAX], enum wire_opcode opcode, bool final,
    size_t size, bool from_client)
{
    struct writer writer = writer_of(header, WIRE_HEADER_BYTES_MAX);
    uint8_t masked = from_client ? MASKED : 0;

    writer_u8(&writer, (uint8_t)(opcode | (final ? FINAL : 0)));
    if (size < TWO_BYTES) {
        writer_u8(&writer, (uint8_t)(masked | size));
    } else {
        writer_u8(&writer, masked | TWO_BYTES);
        writer_u16(&writer, (uint16_t)size);
    }
    if (from_client)
        writer_u32(&writer, 0);
    return writer.used;
}

/* How long the header is, as far as its first two bytes say. */
static size_t
header_size(const struct wire *wire)
{
    if (wire->header_used < 2)
        return 2;
    size_t size = wire->header[1] & MASKED ? 2 + MASK_BYTES : 2;
    switch (wire->header[1] & LENGTH) {
    case TWO_BYTES:
        return size + 2;
    case EIGHT_BYTES:
        return size + 8;
    default:
        return size;
    }
}

/* Moves bytes into the header until it is complete; false when it is not yet. */
static bool
collect_header(struct wire *wire, const uint8_t *data, size_t size, size_t *used)
{
    while (wire->header_used < header_size(wire)) {
        if (*used == size)
            return false;
        wire->header[wire->header_used++] = data[(*used)++];
    }
    return true;
}

/* The length, which must be in the shortest of its three forms. */
static bool
read_length(struct wire *wire, struct reader *reader)
{
    uint8_t first = reader_u8(reader) & LENGTH;

    if (first < TWO_BYTES) {
        wire->left = first;
        return true;
    }
    if (first == TWO_BYTES) {
        wire->left = reader_u16(reader);
        return wire->left >= TWO_BYTES;
    }
    wire->left = reader_u64(reader);
    return wire->left > UINT16_MAX && wire->left <= INT64_MAX;
}

/* Whether a fragment of this kind may come now. */
static bool
is_allowed(const struct wire *wire)
{
    switch (wire->opcode) {
    case WIRE_CONTINUATION:
        return wire->open;
    case WIRE_TEXT:
    case WIRE_BINARY:
        return !wire->open;
    case WIRE_CLOSE:
    case WIRE_PING:
    case WIRE_PONG:
        return wire->final && wire->left <= WIRE_CONTROL_BYTES_MAX;
    }
    return false;
}

static enum entente_error
begin_fragment(struct wire *wire)
{
    struct reader reader = reader_of((struct bytes){wire->header, wire->header_used});
    uint8_t first = reader_u8(&reader);
    bool masked = (wire->header[1] & MASKED) != 0;

    wire->final = (first & FINAL) != 0;
    wire->opcode = (enum wire_opcode)(first & OPCODE);
    if ((first & RESERVED) != 0 || masked != wire->from_client || !read_length(wire, &reader) ||
        !is_allowed(wire))
        return ENTENTE_ERR_MALFORMED;
    memset(wire->mask, 0, sizeof wire->mask);
    if (masked)
        reader_copy(&reader, wire->mask, MASK_BYTES);
    wire->mask_at = 0;
    wire->control_used = 0;
    wire->in_payload = true;
    if (wire->opcode == (wire->is_text ? WIRE_BINARY : WIRE_TEXT))
        return ENTENTE_ERR_UNEXPECTED;
    return reader_finish(&reader);
}

static void
unmask(struct wire *wire, uint8_t *data, size_t size)
{
    static const uint8_t zero[MASK_BYTES];

    if (memcmp(wire->mask, zero, MASK_BYTES) == 0)
        return;
    for (size_t i = 0; i < size; i++)
        data[i] ^= wire->mask[(wire->mask_at + i) % MASK_BYTES];
    wire->mask_at = (wire->mask_at + size) % MASK_BYTES;
}

static void
take_control(struct wire *wire, struct bytes piece, enum wire_opcode *whole, struct bytes *payload)
{
    if (piece.size > 0)
        memcpy(wire->control + wire->control_used, piece.data, piece.size);
    wire->control_used += piece.size;
    if (wire->left > 0)
        return;
    *whole = wire->opcode;
    *payload = (struct bytes){wire->control, wire->control_used};
}

static enum entente_error
take_payload(struct wire *wire, struct bytes piece, size_t frame_bytes_max, enum wire_opcode *whole,
    struct bytes *payload)
{
    bool complete;

    if (wire->opcode >= WIRE_CLOSE) {
        take_control(wire, piece, whole, payload);
        return ENTENTE_OK;
    }
    enum entente_error error = assembly_take(
        &wire->assembly, piece, wire->left, wire->final, frame_bytes_max, payload, &complete);
    wire->open = !complete;
    if (complete)
        *whole = wire->is_text ? WIRE_TEXT : WIRE_BINARY;
    return error;
}

enum entente_error
wire_take(struct wire *wire, uint8_t *data, size_t size, size_t frame_bytes_max, size_t *used,
    enum wire_opcode *whole, struct bytes *payload)
{
    enum entente_error error = ENTENTE_OK;

    *used = 0;
    *whole = WIRE_CONTINUATION;
    *payload = (struct bytes){0};
    do {
        if (!wire->in_payload) {
            if (!collect_header(wire, data, size, used))
                return ENTENTE_OK;
            error = begin_fragment(wire);
            if (error != ENTENTE_OK)
                return error;
        }
        /* Also with an empty piece: an announced size is judged before anything of it comes. */
        size_t piece = size - *used < wire->left ? size - *used : (size_t)wire->left;
        unmask(wire, data + *used, piece);
        wire->left -= piece;
        error = take_payload(
            wire, (struct bytes){data + *used, piece}, frame_bytes_max, whole, payload);
        if (error != ENTENTE_OK)
            return error;
        *used += piece;
        if (wire->left == 0) {
            wire->in_payload = false;
            wire->header_used = 0;
        }
    } while (*whole == WIRE_CONTINUATION && *used < size);
    return ENTENTE_OK;
}

void
wire_free(struct wire *wire)
{
    assembly_free(&wire->assembly);
}
