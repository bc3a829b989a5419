#include "format/body.h"

#include <string.h>

#define SECTION_HEAD_BYTES 6u /* type, size */

/* The index of the highest bit of `value`, which is not 0. */
static unsigned
log2_floor(size_t value)
{
    return (unsigned)(8 * sizeof(unsigned long long) - 1) - (unsigned)__builtin_clzll(value);
}

size_t
body_padded_size(size_t size)
{
    if (size <= BODY_BYTES_MIN)
        return BODY_BYTES_MIN;
    unsigned exponent = log2_floor(size);
    unsigned kept_bits = log2_floor(exponent) + 1;
    size_t mask = ((size_t)1 << (exponent - kept_bits)) - 1;
    return (size + mask) & ~mask;
}

static bool
is_zero(struct bytes bytes)
{
    return bytes.size == 0 ||
           (bytes.data[0] == 0 && memcmp(bytes.data, bytes.data + 1, bytes.size - 1) == 0);
}

static enum entente_error
read_sections(struct reader *reader, struct body *body)
{
    for (uint32_t i = 0; i < body->count; i++) {
        uint16_t type = reader_u16(reader);
        struct bytes content = reader_bytes(reader, reader_u32(reader));
        if (reader->failed)
            return ENTENTE_ERR_TRUNCATED;
        enum entente_error error = section_parse(&body->sections[i], type, content);
        if (error != ENTENTE_OK)
            return error;
    }
    return ENTENTE_OK;
}

static enum entente_error
read_body(struct bytes input, struct body *body)
{
    struct reader reader = reader_of(input);

    if (input.size > BODY_BYTES_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    reader_copy(&reader, body->secret, sizeof body->secret);
    body->count = reader_u16(&reader);
    if (reader.failed)
        return ENTENTE_ERR_TRUNCATED;
    if (body->count > BODY_SECTIONS_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    if (body->count == 0)
        return ENTENTE_ERR_MALFORMED;
    enum entente_error error = read_sections(&reader, body);
    if (error != ENTENTE_OK)
        return error;
    if (body_padded_size(input.size - reader.rest.size) != input.size || !is_zero(reader.rest))
        return ENTENTE_ERR_MALFORMED;
    return ENTENTE_OK;
}

enum entente_error
body_parse_clear(struct bytes payload, struct body *body)
{
    struct reader reader = reader_of(payload);
    enum entente_error error = ENTENTE_OK;

    *body = (struct body){.count = reader_u16(&reader)};
    if (reader.failed)
        error = ENTENTE_ERR_TRUNCATED;
    else if (body->count > BODY_SECTIONS_MAX)
        error = ENTENTE_ERR_TOO_LARGE;
    else if (body->count == 0)
        error = ENTENTE_ERR_MALFORMED;
    if (error == ENTENTE_OK)
        error = read_sections(&reader, body);
    if (error == ENTENTE_OK)
        error = reader_finish(&reader);
    if (error != ENTENTE_OK)
        *body = (struct body){0};
    return error;
}

enum entente_error
body_parse(struct bytes input, struct body *body)
{
    enum entente_error error = read_body(input, body);

    if (error != ENTENTE_OK)
        *body = (struct body){0};
    return error;
}

static size_t
sections_size(const struct body *body)
{
    size_t size = 2;

    for (uint32_t i = 0; i < body->count && i < BODY_SECTIONS_MAX; i++)
        size += SECTION_HEAD_BYTES + section_size(&body->sections[i]);
    return size;
}

size_t
body_size(const struct body *body)
{
    return body_padded_size(BODY_SECRET_BYTES + sections_size(body));
}

size_t
body_size_clear(const struct body *body)
{
    return sections_size(body);
}

static enum entente_error
check_body(const struct body *body)
{
    if (body->count == 0 || body->count > BODY_SECTIONS_MAX)
        return ENTENTE_ERR_USAGE;
    for (uint32_t i = 0; i < body->count; i++) {
        enum entente_error error = section_check(&body->sections[i]);
        if (error != ENTENTE_OK)
            return error;
        if (section_size(&body->sections[i]) > BODY_BYTES_MAX)
            return ENTENTE_ERR_USAGE; /* also keeps the sum from overflowing */
    }
    return body_size(body) > BODY_BYTES_MAX ? ENTENTE_ERR_USAGE : ENTENTE_OK;
}

static void
write_sections(struct writer *writer, struct body *body)
{
    writer_u16(writer, (uint16_t)body->count);
    for (uint32_t i = 0; i < body->count; i++) {
        struct section *section = &body->sections[i];
        size_t content_size = section_size(section);
        writer_u16(writer, section->type);
        writer_u32(writer, (uint32_t)content_size);
        section->content = (struct bytes){writer->data + writer->used, content_size};
        section_write(writer, section);
    }
}

enum entente_error
body_write_clear(struct writer *writer, struct body *body)
{
    enum entente_error error = check_body(body);

    if (error != ENTENTE_OK)
        return error;
    if (writer->failed || sections_size(body) > writer->size - writer->used)
        return ENTENTE_ERR_NO_MEMORY;
    write_sections(writer, body);
    return ENTENTE_OK;
}

enum entente_error
body_write(struct writer *writer, struct body *body)
{
    static const uint8_t zeros[256];
    size_t start = writer->used;
    enum entente_error error = check_body(body);

    if (error != ENTENTE_OK)
        return error;
    size_t size = body_size(body);
    if (writer->failed || size > writer->size - writer->used)
        return ENTENTE_ERR_NO_MEMORY;

    writer_copy(writer, body->secret, sizeof body->secret);
    write_sections(writer, body);
    while (writer->used - start < size) {
        size_t left = size - (writer->used - start);
        writer_copy(writer, zeros, left < sizeof zeros ? left : sizeof zeros);
    }
    return ENTENTE_OK;
}
