#include "format/commitment.h"

#include "crypto/hash.h"

#include <assert.h>
#include <string.h>

static_assert(1u << DISCLOSURE_PATH_MAX == BODY_SECTIONS_MAX, "a path reaches the root");

static struct bytes
u16_bytes(uint8_t bytes[static 2], uint16_t value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
    return (struct bytes){bytes, 2};
}

static void
make_section_secret(uint8_t secret[static BODY_SECRET_BYTES],
    const uint8_t body_secret[static BODY_SECRET_BYTES], uint16_t index)
{
    uint8_t encoded[2];

    hash_keyed(secret, "entente/secret/1", body_secret, u16_bytes(encoded, index));
}

static void
make_leaf(struct digest *leaf, const uint8_t section_secret[static BODY_SECRET_BYTES],
    const struct section *section)
{
    struct hasher hasher;
    uint8_t encoded[2];

    hasher_start_keyed(&hasher, "entente/bodyleaf", section_secret);
    hasher_add(&hasher, u16_bytes(encoded, section->type));
    hasher_add(&hasher, section->content);
    hasher_finish(&hasher, leaf->bytes);
}

/* `node` may be one of the two, which lie side by side. */
static void
make_node(struct digest *node, const struct digest pair[static 2])
{
    hash_once(node->bytes, "entente/bodynode", (struct bytes){pair[0].bytes, 2 * ID_BYTES});
}

static void
make_commitment(struct digest *commitment, uint16_t count, const struct digest *root)
{
    uint8_t input[2 + ID_BYTES];

    u16_bytes(input, count);
    memcpy(input + 2, root->bytes, ID_BYTES);
    hash_once(commitment->bytes, "entente/commit/1", (struct bytes){input, sizeof input});
}

/* The level above `count` nodes, in place; an odd node goes up unchanged.  Returns its size. */
static uint32_t
climb(struct digest *nodes, uint32_t count)
{
    for (uint32_t i = 0; i < count / 2; i++)
        make_node(&nodes[i], &nodes[2 * i]);
    if (count % 2 == 1)
        nodes[count / 2] = nodes[count - 1];
    return (count + 1) / 2;
}

static void
make_leaves(struct digest leaves[static BODY_SECTIONS_MAX], const struct body *body)
{
    uint8_t secret[BODY_SECRET_BYTES];

    for (uint32_t i = 0; i < body->count; i++) {
        make_section_secret(secret, body->secret, (uint16_t)i);
        make_leaf(&leaves[i], secret, &body->sections[i]);
    }
}

void
body_commit(struct digest *commitment, const struct body *body)
{
    struct digest nodes[BODY_SECTIONS_MAX];

    assert(body->count >= 1 && body->count <= BODY_SECTIONS_MAX);
    make_leaves(nodes, body);
    for (uint32_t count = body->count; count > 1;)
        count = climb(nodes, count);
    make_commitment(commitment, (uint16_t)body->count, &nodes[0]);
}

void
body_disclose(struct disclosure *disclosure, const struct body *body, uint16_t index)
{
    struct digest nodes[BODY_SECTIONS_MAX];

    assert(body->count <= BODY_SECTIONS_MAX && index < body->count);
    *disclosure = (struct disclosure){
        .index = index, .count = (uint16_t)body->count, .section = body->sections[index]};
    make_section_secret(disclosure->section_secret, body->secret, index);
    make_leaves(nodes, body);
    uint32_t at = index;
    for (uint32_t count = body->count; count > 1; at /= 2) {
        uint32_t sibling = at ^ 1;
        if (sibling < count)
            disclosure->path[disclosure->path_count++] = nodes[sibling];
        count = climb(nodes, count);
    }
}

static uint8_t
path_count(uint32_t index, uint32_t count)
{
    uint8_t siblings = 0;

    for (; count > 1; index /= 2, count = (count + 1) / 2)
        if ((index ^ 1) < count)
            siblings++;
    return siblings;
}

static enum entente_error
read_disclosure(struct reader *reader, struct disclosure *disclosure)
{
    if (reader->rest.size > DISCLOSURE_BYTES_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    disclosure->index = reader_u16(reader);
    disclosure->count = reader_u16(reader);
    reader_copy(reader, disclosure->section_secret, sizeof disclosure->section_secret);
    uint16_t type = reader_u16(reader);
    struct bytes content = reader_bytes(reader, reader_u32(reader));
    if (reader->failed)
        return ENTENTE_ERR_TRUNCATED;
    if (disclosure->count > BODY_SECTIONS_MAX || content.size > BODY_BYTES_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    if (disclosure->index >= disclosure->count)
        return ENTENTE_ERR_MALFORMED;

    disclosure->path_count = path_count(disclosure->index, disclosure->count);
    for (uint8_t i = 0; i < disclosure->path_count; i++)
        reader_copy(reader, disclosure->path[i].bytes, ID_BYTES);
    enum entente_error error = reader_finish(reader);
    return error != ENTENTE_OK ? error : section_parse(&disclosure->section, type, content);
}

enum entente_error
disclosure_parse(struct bytes input, struct disclosure *disclosure)
{
    struct reader reader = reader_of(input);

    *disclosure = (struct disclosure){0};
    enum entente_error error = read_disclosure(&reader, disclosure);
    if (error != ENTENTE_OK)
        *disclosure = (struct disclosure){0};
    return error;
}

void
disclosure_write(struct writer *writer, const struct disclosure *disclosure)
{
    writer_u16(writer, disclosure->index);
    writer_u16(writer, disclosure->count);
    writer_copy(writer, disclosure->section_secret, sizeof disclosure->section_secret);
    writer_u16(writer, disclosure->section.type);
    writer_u32(writer, (uint32_t)section_size(&disclosure->section));
    section_write(writer, &disclosure->section);
    for (uint8_t i = 0; i < disclosure->path_count; i++)
        writer_copy(writer, disclosure->path[i].bytes, ID_BYTES);
}

enum entente_error
disclosure_check(const struct disclosure *disclosure, const struct digest *commitment)
{
    struct digest pair[2], found;
    struct digest node;
    uint8_t used = 0;
    uint32_t at = disclosure->index;

    make_leaf(&node, disclosure->section_secret, &disclosure->section);
    for (uint32_t count = disclosure->count; count > 1; at /= 2, count = (count + 1) / 2) {
        if ((at ^ 1) >= count)
            continue;
        pair[at % 2] = node;
        pair[1 - at % 2] = disclosure->path[used++];
        make_node(&node, pair);
    }
    make_commitment(&found, disclosure->count, &node);
    return memcmp(found.bytes, commitment->bytes, ID_BYTES) == 0 ? ENTENTE_OK
                                                                 : ENTENTE_ERR_COMMITMENT;
}
