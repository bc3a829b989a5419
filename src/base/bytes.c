#include "base/bytes.h"

#include <string.h>

bool
bytes_equal(struct bytes a, struct bytes b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

struct bytes
bytes_of_text(const char *text)
{
    return (struct bytes){(const uint8_t *)text, strlen(text)};
}

struct reader
reader_of(struct bytes input)
{
    return (struct reader){.rest = input};
}

struct bytes
reader_bytes(struct reader *reader, size_t size)
{
    if (reader->failed || size > reader->rest.size) {
        reader->failed = true;
        return (struct bytes){0};
    }
    struct bytes field = {reader->rest.data, size};
    if (size > 0)
        reader->rest.data += size;
    reader->rest.size -= size;
    return field;
}

static uint64_t
read_number(struct reader *reader, size_t size)
{
    struct bytes field = reader_bytes(reader, size);
    uint64_t value = 0;

    for (size_t i = 0; i < field.size; i++)
        value = value << 8 | field.data[i];
    return value;
}

uint8_t
reader_u8(struct reader *reader)
{
    return (uint8_t)read_number(reader, 1);
}

uint16_t
reader_u16(struct reader *reader)
{
    return (uint16_t)read_number(reader, 2);
}

uint32_t
reader_u32(struct reader *reader)
{
    return (uint32_t)read_number(reader, 4);
}

uint64_t
reader_u64(struct reader *reader)
{
    return read_number(reader, 8);
}

void
reader_copy(struct reader *reader, void *out, size_t size)
{
    struct bytes field = reader_bytes(reader, size);

    if (field.size == size && size > 0)
        memcpy(out, field.data, size);
    else
        memset(out, 0, size);
}

enum entente_error
reader_finish(const struct reader *reader)
{
    if (reader->failed)
        return ENTENTE_ERR_TRUNCATED;
    return reader->rest.size == 0 ? ENTENTE_OK : ENTENTE_ERR_MALFORMED;
}

struct writer
writer_of(void *data, size_t size)
{
    return (struct writer){.data = data, .size = size};
}

void
writer_copy(struct writer *writer, const void *data, size_t size)
{
    if (writer->failed || size > writer->size - writer->used) {
        writer->failed = true;
        return;
    }
    if (size > 0)
        memcpy(writer->data + writer->used, data, size);
    writer->used += size;
}

void
writer_bytes(struct writer *writer, struct bytes bytes)
{
    writer_copy(writer, bytes.data, bytes.size);
}

static void
write_number(struct writer *writer, uint64_t value, size_t size)
{
    uint8_t field[8];

    for (size_t i = 0; i < size; i++)
        field[i] = (uint8_t)(value >> 8 * (size - 1 - i));
    writer_copy(writer, field, size);
}

void
writer_u8(struct writer *writer, uint8_t value)
{
    write_number(writer, value, 1);
}

void
writer_u16(struct writer *writer, uint16_t value)
{
    write_number(writer, value, 2);
}

void
writer_u32(struct writer *writer, uint32_t value)
{
    write_number(writer, value, 4);
}

void
writer_u64(struct writer *writer, uint64_t value)
{
    write_number(writer, value, 8);
}

struct bytes
writer_written(const struct writer *writer)
{
    return (struct bytes){writer->data, writer->used};
}
