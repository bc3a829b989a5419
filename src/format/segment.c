#include "format/segment.h"

#include <assert.h>

static_assert(SEGMENT_SIGNED_BYTES == ID_BYTES + POSITION_BYTES, "room, and the head's position");

/* Whether entry `i` follows the one before it (S1, E5, E6, E8). */
static enum entente_error
check_link(const struct segment *segment, uint32_t i)
{
    const struct entry *before = &segment->entries[i - 1], *entry = &segment->entries[i];

    if (entry->slot != before->slot || entry->inc != before->inc || entry->seq != before->seq + 1 ||
        !room_id_equal(&entry->room, &before->room) ||
        !entry_id_equal(&entry->prev, &segment->ids[i - 1]))
        return ENTENTE_ERR_CHAIN;
    if (entry->reg_number < before->reg_number ||
        (entry->reg_number == before->reg_number &&
            !entry_id_equal(&entry->reg_id, &before->reg_id)))
        return ENTENTE_ERR_CHAIN;
    return entry->t_ms > before->t_ms ? ENTENTE_OK : ENTENTE_ERR_TIME;
}

static enum entente_error
parse_headers(struct bytes headers, struct segment *segment)
{
    struct reader reader = reader_of(headers);

    segment->payload_bytes = 0;
    for (uint32_t i = 0; i < segment->count; i++) {
        struct entry *entry = &segment->entries[i];
        enum entente_error error = entry_parse(&reader, entry);
        if (error != ENTENTE_OK)
            return error;
        entry_make_id(&segment->ids[i], entry);
        segment->payload_bytes += entry->payload_bytes; /* at most 64 x 1,179,648: no overflow */
        error = i > 0 ? check_link(segment, i) : ENTENTE_OK;
        if (error != ENTENTE_OK)
            return error;
    }
    if (segment->payload_bytes > SEGMENT_PAYLOAD_BYTES_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    return reader_finish(&reader);
}

static enum entente_error
parse(struct reader *reader, struct segment *segment)
{
    const uint8_t *start = reader->rest.data;
    size_t size_before = reader->rest.size;

    segment->count = reader_u8(reader);
    size_t headers_size = reader_u32(reader);
    if (reader->failed)
        return ENTENTE_ERR_TRUNCATED;
    if (segment->count > SEGMENT_ENTRIES_MAX ||
        headers_size > segment->count * (size_t)ENTRY_HEADER_BYTES_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    if (segment->count == 0)
        return ENTENTE_ERR_MALFORMED;
    struct bytes headers = reader_bytes(reader, headers_size);
    reader_copy(reader, segment->signature.bytes, sizeof segment->signature.bytes);
    if (reader->failed)
        return ENTENTE_ERR_TRUNCATED;
    segment->encoded = (struct bytes){start, size_before - reader->rest.size};
    return parse_headers(headers, segment);
}

enum entente_error
segment_parse(struct reader *reader, struct segment *segment)
{
    enum entente_error error = parse(reader, segment);

    if (error != ENTENTE_OK)
        memset(segment, 0, sizeof *segment);
    return error;
}

const struct entry *
segment_last(const struct segment *segment)
{
    return &segment->entries[segment->count - 1];
}

struct position
segment_head(const struct segment *segment)
{
    return entry_position(segment_last(segment), &segment->ids[segment->count - 1]);
}

void
segment_signed_bytes(uint8_t signed_bytes[static SEGMENT_SIGNED_BYTES], const struct room_id *room,
    const struct position *head)
{
    struct writer writer = writer_of(signed_bytes, SEGMENT_SIGNED_BYTES);

    writer_copy(&writer, room->bytes, ID_BYTES);
    position_write(&writer, head);
}

bool
segment_check_signature(const struct segment *segment, const struct public_key *key)
{
    uint8_t signed_bytes[SEGMENT_SIGNED_BYTES];
    struct position head = segment_head(segment);

    segment_signed_bytes(signed_bytes, &segment_last(segment)->room, &head);
    return sign_check(key, &segment->signature, SEGMENT_CONTEXT,
        (struct bytes){signed_bytes, sizeof signed_bytes});
}

enum entente_error
segment_check_payloads(const struct segment *segment, struct bytes payloads)
{
    struct reader reader = reader_of(payloads);

    for (uint32_t i = 0; i < segment->count; i++) {
        const struct entry *entry = &segment->entries[i];
        struct bytes payload = reader_bytes(&reader, entry->payload_bytes);
        struct digest hash;
        if (reader.failed)
            return ENTENTE_ERR_TRUNCATED;
        payload_make_hash(&hash, payload);
        if (memcmp(hash.bytes, entry->payload_hash.bytes, ID_BYTES) != 0)
            return ENTENTE_ERR_HASH;
    }
    return reader_finish(&reader);
}

struct bytes
segment_payload(const struct segment *segment, struct bytes payloads, uint32_t index)
{
    size_t offset = 0;

    for (uint32_t i = 0; i < index; i++)
        offset += segment->entries[i].payload_bytes;
    return (struct bytes){
        offset > 0 ? payloads.data + offset : payloads.data, segment->entries[index].payload_bytes};
}

enum entente_error
segment_take_apart(
    struct bytes encoded, uint32_t *count, struct bytes *headers, struct signature *signature)
{
    struct reader reader = reader_of(encoded);

    *count = reader_u8(&reader);
    *headers = reader_bytes(&reader, reader_u32(&reader));
    reader_copy(&reader, signature->bytes, sizeof signature->bytes);
    return reader_finish(&reader);
}

void
segment_write(
    struct writer *writer, uint32_t count, struct bytes headers, const struct signature *signature)
{
    writer_u8(writer, (uint8_t)count);
    writer_u32(writer, (uint32_t)headers.size);
    writer_bytes(writer, headers);
    writer_copy(writer, signature->bytes, sizeof signature->bytes);
}
