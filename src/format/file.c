#include "format/file.h"

#include "crypto/hash.h"

#define TREE_LEVELS_MAX 16u /* of subtrees that wait for their right half: 2^14 leaves */

uint32_t
file_chunks(uint64_t size)
{
    if (size > FILE_BYTES_MAX)
        return 0;
    return size == 0 ? 1 : (uint32_t)((size + FILE_CHUNK_BYTES - 1) / FILE_CHUNK_BYTES);
}

uint32_t
file_chunk_bytes(uint64_t size, uint32_t index)
{
    uint64_t start = (uint64_t)index * FILE_CHUNK_BYTES;

    return size - start < FILE_CHUNK_BYTES ? (uint32_t)(size - start) : FILE_CHUNK_BYTES;
}

void
file_make_leaf(struct digest *leaf, struct bytes sealed)
{
    hash_once(leaf->bytes, "entente/fileleaf", sealed);
}

static void
join(uint8_t *left, const uint8_t *right)
{
    uint8_t both[2 * ID_BYTES];

    memcpy(both, left, ID_BYTES);
    memcpy(both + ID_BYTES, right, ID_BYTES);
    hash_once(left, "entente/filenode", (struct bytes){both, sizeof both});
}

/* The tree of RFC 9162, section 2.1.1, leaf by leaf: what is full is joined at once. */
static void
make_tree(uint8_t tree[static ID_BYTES], const uint8_t *leaves, uint32_t count)
{
    uint8_t waiting[TREE_LEVELS_MAX][ID_BYTES];
    uint32_t levels = 0;

    for (uint32_t i = 0; i < count; i++) {
        memcpy(waiting[levels++], leaves + (size_t)i * ID_BYTES, ID_BYTES);
        for (uint32_t bits = i; (bits & 1) != 0; bits >>= 1, levels--)
            join(waiting[levels - 2], waiting[levels - 1]);
    }
    for (; levels > 1; levels--)
        join(waiting[levels - 2], waiting[levels - 1]);
    memcpy(tree, waiting[0], ID_BYTES);
}

void
file_make_root(struct digest *root, uint64_t size, const uint8_t *leaves)
{
    uint8_t content[8 + ID_BYTES];
    struct writer writer = writer_of(content, sizeof content);

    writer_u64(&writer, size);
    make_tree(content + writer.used, leaves, file_chunks(size));
    hash_once(root->bytes, "entente/fileroot", (struct bytes){content, sizeof content});
}

static void
make_nonce(uint8_t nonce[static AEAD_NONCE_BYTES], uint32_t index)
{
    struct writer writer = writer_of(nonce + AEAD_NONCE_BYTES - 4, 4);

    memset(nonce, 0, AEAD_NONCE_BYTES);
    writer_u32(&writer, index);
}

void
file_seal_chunk(uint8_t *sealed, const uint8_t key[static AEAD_KEY_BYTES],
    const struct room_id *room, uint32_t index, struct bytes plaintext)
{
    uint8_t nonce[AEAD_NONCE_BYTES];

    make_nonce(nonce, index);
    aead_seal(sealed, key, nonce, (struct bytes){room->bytes, ID_BYTES}, plaintext);
}

enum entente_error
file_open_chunk(uint8_t *plaintext, const uint8_t key[static AEAD_KEY_BYTES],
    const struct room_id *room, uint32_t index, struct bytes sealed)
{
    uint8_t nonce[AEAD_NONCE_BYTES];

    make_nonce(nonce, index);
    return aead_open(plaintext, key, nonce, (struct bytes){room->bytes, ID_BYTES}, sealed);
}
