#include "keyholder/journal_format.h"

#include <assert.h>
#include <string.h>

#define MAGIC "entente/journal1"
#define HEADER_CONTEXT "entente/jheader1"
#define RECORD_CONTEXT "entente/jrecord1"
#define SEGMENT_HEAD_BYTES 8u /* first seq, segment size */

static_assert(
    JOURNAL_HEADER_BYTES >= HASH_BYTES + 16 + 24 + 32 + 4 + JOURNAL_ROOMS_MAX * JOURNAL_HEAD_BYTES,
    "every room's head fits");

static void
head_write(struct writer *writer, const struct journal_head *head)
{
    writer_copy(writer, head->room.bytes, sizeof head->room.bytes);
    writer_u8(writer, head->slot);
    writer_u8(writer, head->is_retired ? 1 : 0);
    writer_u32(writer, head->seq);
    writer_copy(writer, head->id.bytes, sizeof head->id.bytes);
    writer_u32(writer, head->reg_number);
    writer_copy(writer, head->reg_id.bytes, sizeof head->reg_id.bytes);
    writer_u64(writer, head->t_ms);
}

static void
head_read(struct reader *reader, struct journal_head *head)
{
    reader_copy(reader, head->room.bytes, sizeof head->room.bytes);
    head->slot = reader_u8(reader);
    uint8_t retired = reader_u8(reader);
    head->is_retired = retired == 1;
    head->seq = reader_u32(reader);
    reader_copy(reader, head->id.bytes, sizeof head->id.bytes);
    head->reg_number = reader_u32(reader);
    reader_copy(reader, head->reg_id.bytes, sizeof head->reg_id.bytes);
    head->t_ms = reader_u64(reader);
    if (retired > 1)
        reader->failed = true;
}

void
journal_header_write(uint8_t out[static JOURNAL_HEADER_BYTES], struct journal_header *header)
{
    struct writer writer = writer_of(out, JOURNAL_HEADER_BYTES);

    memset(out, 0, JOURNAL_HEADER_BYTES);
    writer.used = HASH_BYTES;
    writer_copy(&writer, MAGIC, sizeof MAGIC - 1);
    writer_u64(&writer, header->generation);
    writer_u64(&writer, header->oldest);
    writer_u64(&writer, header->first_number);
    writer_copy(&writer, header->node_key.bytes, sizeof header->node_key.bytes);
    writer_u16(&writer, header->inc);
    writer_u16(&writer, header->heads_count);
    for (uint16_t i = 0; i < header->heads_count; i++)
        head_write(&writer, &header->heads[i]);
    assert(!writer.failed);
    hash_once(header->checksum, HEADER_CONTEXT,
        (struct bytes){out + HASH_BYTES, JOURNAL_HEADER_BYTES - HASH_BYTES});
    memcpy(out, header->checksum, HASH_BYTES);
}

static bool
header_read(struct reader *reader, struct journal_header *header)
{
    reader_copy(reader, header->checksum, sizeof header->checksum);
    struct bytes magic = reader_bytes(reader, sizeof MAGIC - 1);
    header->generation = reader_u64(reader);
    header->oldest = reader_u64(reader);
    header->first_number = reader_u64(reader);
    reader_copy(reader, header->node_key.bytes, sizeof header->node_key.bytes);
    header->inc = reader_u16(reader);
    header->heads_count = reader_u16(reader);
    if (header->heads_count > JOURNAL_ROOMS_MAX)
        return false;
    for (uint16_t i = 0; i < header->heads_count; i++)
        head_read(reader, &header->heads[i]);
    return !reader->failed && bytes_equal(magic, bytes_of_text(MAGIC)) && header->generation > 0 &&
           header->oldest > 0 && header->oldest <= header->generation && header->first_number > 0;
}

enum entente_error
journal_header_parse(const uint8_t in[static JOURNAL_HEADER_BYTES], struct journal_header *header)
{
    struct reader reader = reader_of((struct bytes){in, JOURNAL_HEADER_BYTES});
    uint8_t checksum[HASH_BYTES];

    hash_once(checksum, HEADER_CONTEXT,
        (struct bytes){in + HASH_BYTES, JOURNAL_HEADER_BYTES - HASH_BYTES});
    if (memcmp(checksum, in, HASH_BYTES) == 0 && header_read(&reader, header))
        return ENTENTE_OK;
    *header = (struct journal_header){0};
    bool is_zero = in[0] == 0 && memcmp(in, in + 1, JOURNAL_HEADER_BYTES - 1) == 0;
    return is_zero ? ENTENTE_ERR_NOT_FOUND : ENTENTE_ERR_CORRUPT;
}

static bool
has_body(uint8_t kind)
{
    return kind == JOURNAL_SEGMENT || kind == JOURNAL_RETIRED;
}

static size_t
body_size(uint8_t kind, size_t segment_size, size_t payloads_size)
{
    if (!has_body(kind))
        return 0;
    if (kind == JOURNAL_RETIRED)
        return JOURNAL_HEAD_BYTES;
    return JOURNAL_HEAD_BYTES + SEGMENT_HEAD_BYTES + segment_size + payloads_size;
}

static size_t
aligned(size_t size)
{
    return (size + JOURNAL_ALIGNMENT - 1) & ~(size_t)(JOURNAL_ALIGNMENT - 1);
}

size_t
journal_record_size(uint8_t kind, size_t segment_size, size_t payloads_size)
{
    return JOURNAL_RECORD_HEAD_BYTES + aligned(body_size(kind, segment_size, payloads_size));
}

void
journal_record_write(uint8_t *out, struct journal_record *record)
{
    size_t size = journal_record_size(record->kind, record->segment.size, record->payloads.size);
    size_t body = body_size(record->kind, record->segment.size, record->payloads.size);
    struct writer writer = writer_of(out, size);

    writer.used = 2 * HASH_BYTES;
    writer_u64(&writer, record->number);
    writer_u64(&writer, 0);
    writer_u32(&writer, (uint32_t)body);
    writer_u32(&writer, (uint32_t)record->kind << 24);
    if (has_body(record->kind))
        head_write(&writer, &record->head);
    if (record->kind == JOURNAL_SEGMENT) {
        writer_u32(&writer, record->first_seq);
        writer_u32(&writer, (uint32_t)record->segment.size);
        writer_bytes(&writer, record->segment);
        writer_bytes(&writer, record->payloads);
    }
    assert(!writer.failed && writer.used == JOURNAL_RECORD_HEAD_BYTES + body);
    memset(out + writer.used, 0, size - writer.used);
    record->size = (uint32_t)size;
}

uint32_t
journal_record_finish(uint8_t *out, uint8_t previous[static HASH_BYTES], uint64_t durable)
{
    struct reader reader = reader_of((struct bytes){out, JOURNAL_RECORD_HEAD_BYTES});
    struct writer writer = writer_of(out, JOURNAL_RECORD_HEAD_BYTES);

    writer.used = HASH_BYTES;
    writer_copy(&writer, previous, HASH_BYTES);
    writer.used += 8;
    writer_u64(&writer, durable);
    (void)reader_bytes(&reader, writer.used);
    size_t size = JOURNAL_RECORD_HEAD_BYTES + aligned(reader_u32(&reader));
    hash_once(previous, RECORD_CONTEXT, (struct bytes){out + HASH_BYTES, size - HASH_BYTES});
    memcpy(out, previous, HASH_BYTES);
    return (uint32_t)size;
}

uint64_t
journal_record_claims(struct bytes in)
{
    struct reader reader = reader_of(in);

    (void)reader_bytes(&reader, 2 * HASH_BYTES + 8);
    return reader_u64(&reader);
}

static bool
read_frame(struct reader *reader, struct journal_record *record, struct bytes *body)
{
    size_t whole = reader->rest.size;

    reader_copy(reader, record->checksum, sizeof record->checksum);
    reader_copy(reader, record->previous, sizeof record->previous);
    record->number = reader_u64(reader);
    record->durable = reader_u64(reader);
    uint32_t body_bytes = reader_u32(reader);
    uint32_t kind = reader_u32(reader);
    if (reader->failed || record->number == 0 || record->durable >= record->number ||
        (kind & 0xFFFFFFu) != 0 || kind >> 24 < JOURNAL_SEGMENT || kind >> 24 > JOURNAL_MARK)
        return false;
    record->kind = (uint8_t)(kind >> 24);
    if (body_bytes > whole - JOURNAL_RECORD_HEAD_BYTES ||
        aligned(body_bytes) > whole - JOURNAL_RECORD_HEAD_BYTES)
        return false;
    record->size = (uint32_t)(JOURNAL_RECORD_HEAD_BYTES + aligned(body_bytes));
    *body = reader_bytes(reader, body_bytes);
    return true;
}

static bool
read_body(struct bytes body, struct journal_record *record)
{
    struct reader reader = reader_of(body);

    if (has_body(record->kind))
        head_read(&reader, &record->head);
    if (record->kind == JOURNAL_SEGMENT) {
        record->first_seq = reader_u32(&reader);
        record->segment = reader_bytes(&reader, reader_u32(&reader));
        record->payloads = reader_bytes(&reader, reader.rest.size);
        if (record->first_seq == 0 || record->first_seq > record->head.seq)
            return false;
    }
    return reader_finish(&reader) == ENTENTE_OK;
}

enum entente_error
journal_record_parse(struct bytes in, struct journal_record *record)
{
    struct reader reader = reader_of(in);
    uint8_t checksum[HASH_BYTES];
    struct bytes body;

    *record = (struct journal_record){0};
    if (!read_frame(&reader, record, &body))
        goto none;
    hash_once(
        checksum, RECORD_CONTEXT, (struct bytes){in.data + HASH_BYTES, record->size - HASH_BYTES});
    if (memcmp(checksum, record->checksum, sizeof checksum) == 0 && read_body(body, record))
        return ENTENTE_OK;

none:
    *record = (struct journal_record){0};
    return ENTENTE_ERR_CORRUPT;
}
