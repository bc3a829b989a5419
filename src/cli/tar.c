#include "cli/tar.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

/* A header's fields, in their order on the tape. */
struct header {
    uint8_t name[100];
    uint8_t mode_owner_group[24];
    uint8_t size[12];
    uint8_t time[12];
    uint8_t checksum[8];
    uint8_t kind;
    uint8_t link[100];
    uint8_t magic[8];
    uint8_t owner_group_device[80];
    uint8_t prefix[155];
    uint8_t padding[12];
};

static_assert(sizeof(struct header) == TAR_BLOCK_BYTES, "a header is one block");

struct tar
tar_of(struct bytes archive)
{
    return (struct tar){reader_of(archive)};
}

static bool
is_zero(struct bytes block)
{
    for (size_t i = 0; i < block.size; i++)
        if (block.data[i] != 0)
            return false;
    return true;
}

/* Octal digits, then only spaces and zeros: the one form that tar programs agree on. */
static bool
read_octal(const uint8_t *field, size_t size, uint64_t *value)
{
    size_t at = 0;

    *value = 0;
    while (at < size && field[at] == ' ')
        at++;
    size_t first = at;
    for (; at < size && field[at] >= '0' && field[at] <= '7'; at++)
        *value = *value * 8 + (uint64_t)(field[at] - '0');
    if (at == first)
        return false;
    for (; at < size; at++)
        if (field[at] != ' ' && field[at] != 0)
            return false;
    return true;
}

/* The sum over the header, its own field counted as spaces. */
static bool
checksum_holds(const struct header *header)
{
    const uint8_t *bytes = (const uint8_t *)header;
    size_t from = offsetof(struct header, checksum);
    uint64_t sum = 0;
    uint64_t said;

    for (size_t i = 0; i < sizeof *header; i++)
        sum += i >= from && i < from + sizeof header->checksum ? ' ' : bytes[i];
    return read_octal(header->checksum, sizeof header->checksum, &said) && said == sum;
}

static size_t
copy_field(char *out, const uint8_t *field, size_t size)
{
    size_t used = strnlen((const char *)field, size);

    memcpy(out, field, used);
    out[used] = '\0';
    return used;
}

static void
read_name(const struct header *header, char name[static TAR_NAME_BYTES_MAX + 1])
{
    size_t used = 0;

    /* GNU's older form keeps times where POSIX keeps the prefix. */
    if (memcmp(header->magic, "ustar\00000", 8) == 0 && header->prefix[0] != 0) {
        used = copy_field(name, header->prefix, sizeof header->prefix);
        name[used++] = '/';
    }
    copy_field(name + used, header->name, sizeof header->name);
}

static enum tar_kind
kind_of(uint8_t kind)
{
    if (kind == '0' || kind == 0)
        return TAR_FILE;
    return kind == '5' ? TAR_FOLDER : TAR_OTHER;
}

/* The end mark's first block was read: another must follow, and then nothing but padding. */
static enum entente_error
read_end(struct reader *reader)
{
    struct bytes second = reader_bytes(reader, TAR_BLOCK_BYTES);

    if (reader->failed)
        return ENTENTE_ERR_TRUNCATED;
    if (!is_zero(second) || !is_zero(reader->rest))
        return ENTENTE_ERR_MALFORMED;
    reader_bytes(reader, reader->rest.size);
    return ENTENTE_OK;
}

static enum entente_error
read_entry(struct reader *reader, const struct header *header, struct tar_entry *entry)
{
    uint64_t size;

    if (memcmp(header->magic, "ustar\00000", 8) != 0 && memcmp(header->magic, "ustar  ", 8) != 0)
        return ENTENTE_ERR_MALFORMED;
    if (!checksum_holds(header))
        return ENTENTE_ERR_HASH;
    if (!read_octal(header->size, sizeof header->size, &size) || header->name[0] == 0)
        return ENTENTE_ERR_MALFORMED;

    size_t padding = (size_t)(-size % TAR_BLOCK_BYTES);
    entry->content = reader_bytes(reader, (size_t)size);
    reader_bytes(reader, padding);
    if (reader->failed)
        return ENTENTE_ERR_TRUNCATED;
    entry->kind = kind_of(header->kind);
    read_name(header, entry->name);
    return ENTENTE_OK;
}

enum entente_error
tar_next(struct tar *tar, struct tar_entry *entry, bool *found)
{
    struct header header;

    memset(entry, 0, sizeof *entry);
    *found = false;
    struct bytes block = reader_bytes(&tar->reader, TAR_BLOCK_BYTES);
    if (tar->reader.failed)
        return ENTENTE_ERR_TRUNCATED;
    if (is_zero(block))
        return read_end(&tar->reader);

    memcpy(&header, block.data, sizeof header);
    enum entente_error error = read_entry(&tar->reader, &header, entry);
    if (error != ENTENTE_OK)
        memset(entry, 0, sizeof *entry);
    *found = error == ENTENTE_OK;
    return error;
}
