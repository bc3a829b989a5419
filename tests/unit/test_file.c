/*
 * Goal: a file's chunks are checked without its key, opened only in their place, and its root names
 * its size and every chunk of it.
 * Method: the tree beside the recursive definition of RFC 9162, section 2.1.1, for many sizes; each
 * leaf, the size and the order changed; inner nodes given as leaves; chunks under another key, room
 * and index; tests/vectors/files.txt read and generated (`--write` writes it anew).
 */
#include "crypto/crypto.h"
#include "crypto/hash.h"
#include "format/file.h"
#include "support/test.h"
#include "support/vectors.h"

#define VECTORS "files.txt"

static uint8_t leaves[FILE_LEAVES_BYTES_MAX];

static void
fill_leaves(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct writer writer = writer_of(leaves + (size_t)i * ID_BYTES, ID_BYTES);
        memset(leaves + (size_t)i * ID_BYTES, 0x6C, ID_BYTES);
        writer_u32(&writer, i);
    }
}

/* MTH({d(0)}) = the leaf; MTH(D) = H(MTH(D[0:k]) || MTH(D[k:n])), k the largest power of 2 below n.
 */
static void
tree_as_defined(uint8_t hash[ID_BYTES], uint32_t first, uint32_t count)
{
    uint8_t both[2 * ID_BYTES];
    uint32_t k = 1;

    if (count == 1) {
        memcpy(hash, leaves + (size_t)first * ID_BYTES, ID_BYTES);
        return;
    }
    while (2 * k < count)
        k *= 2;
    tree_as_defined(both, first, k);
    tree_as_defined(both + ID_BYTES, first + k, count - k);
    hash_once(hash, "entente/filenode", (struct bytes){both, sizeof both});
}

static struct digest
root_as_defined(uint64_t size)
{
    uint8_t content[8 + ID_BYTES];
    struct writer writer = writer_of(content, sizeof content);
    struct digest root;

    writer_u64(&writer, size);
    tree_as_defined(content + 8, 0, file_chunks(size));
    hash_once(root.bytes, "entente/fileroot", (struct bytes){content, sizeof content});
    return root;
}

static bool
is_root(const struct digest *root, uint64_t size)
{
    struct digest made;

    file_make_root(&made, size, leaves);
    return memcmp(&made, root, sizeof made) == 0;
}

TEST(has_as_many_chunks_as_it_needs)
{
    CHECK(file_chunks(0) == 1 && file_chunk_bytes(0, 0) == 0);
    CHECK(file_chunks(1) == 1 && file_chunk_bytes(1, 0) == 1);
    CHECK(file_chunks(65536) == 1 && file_chunk_bytes(65536, 0) == 65536);
    CHECK(file_chunks(65537) == 2 && file_chunk_bytes(65537, 1) == 1);
    CHECK(file_chunks(FILE_BYTES_MAX) == FILE_CHUNKS_MAX);
    CHECK(file_chunk_bytes(FILE_BYTES_MAX, FILE_CHUNKS_MAX - 1) == 65536);
    CHECK(file_chunks(FILE_BYTES_MAX + 1) == 0 && file_chunks(UINT64_MAX) == 0);
}

TEST(the_tree_is_that_of_rfc_9162)
{
    fill_leaves(FILE_CHUNKS_MAX);
    for (uint32_t count = 1; count <= 70; count++) {
        uint64_t size = (uint64_t)count * FILE_CHUNK_BYTES - count;
        struct digest root = root_as_defined(size);
        CHECK(is_root(&root, size));
    }
    struct digest root = root_as_defined(FILE_BYTES_MAX - 5);
    CHECK(is_root(&root, FILE_BYTES_MAX - 5));
    CHECK(!is_root(&root, FILE_BYTES_MAX - 4)); /* the size counts too */
}

TEST(every_leaf_counts)
{
    const uint64_t size = 11 * FILE_CHUNK_BYTES;
    struct digest root;

    fill_leaves(11);
    file_make_root(&root, size, leaves);
    for (uint32_t i = 0; i < 11 * ID_BYTES; i += 7) {
        leaves[i] ^= 1;
        CHECK(!is_root(&root, size));
        leaves[i] ^= 1;
    }
    CHECK(is_root(&root, size));
}

/* Who gives the two inner nodes of four leaves as two leaves gets another root. */
TEST(inner_nodes_are_no_leaves)
{
    struct digest root;
    uint8_t inner[2 * ID_BYTES];

    fill_leaves(4);
    file_make_root(&root, 4 * FILE_CHUNK_BYTES, leaves);
    tree_as_defined(inner, 0, 2);
    tree_as_defined(inner + ID_BYTES, 2, 2);
    memcpy(leaves, inner, sizeof inner);
    CHECK(!is_root(&root, 2 * FILE_CHUNK_BYTES));
    CHECK(!is_root(&root, 4 * FILE_CHUNK_BYTES));
}

TEST(a_chunk_opens_in_its_place_only)
{
    static uint8_t plain[FILE_CHUNK_BYTES], sealed[FILE_SEALED_BYTES_MAX], opened[FILE_CHUNK_BYTES];
    uint8_t key[AEAD_KEY_BYTES] = {1}, other_key[AEAD_KEY_BYTES] = {2};
    struct room_id room = {{3}}, other_room = {{4}};
    struct bytes all = {sealed, sizeof sealed};

    memset(plain, 'p', sizeof plain);
    file_seal_chunk(sealed, key, &room, 7, (struct bytes){plain, sizeof plain});
    CHECK(file_open_chunk(opened, key, &room, 7, all) == ENTENTE_OK);
    CHECK(memcmp(opened, plain, sizeof plain) == 0);
    CHECK(file_open_chunk(opened, key, &room, 8, all) == ENTENTE_ERR_UNSEALABLE);
    CHECK(file_open_chunk(opened, key, &other_room, 7, all) == ENTENTE_ERR_UNSEALABLE);
    CHECK(file_open_chunk(opened, other_key, &room, 7, all) == ENTENTE_ERR_UNSEALABLE);
    sealed[100] ^= 1;
    CHECK(file_open_chunk(opened, key, &room, 7, all) == ENTENTE_ERR_UNSEALABLE);

    file_seal_chunk(sealed, key, &room, 0, (struct bytes){0});
    CHECK(file_open_chunk(opened, key, &room, 0, (struct bytes){sealed, AEAD_TAG_BYTES}) ==
          ENTENTE_OK);
}

/* ---- vectors ---- */

static const char explanation[] =
    "# Files (PROTOCOL.md section 19).\n"
    "#\n"
    "# A file of `size` bytes, byte i being (i * 7 + i / 256) mod 256, sealed with `key` for `room`:\n"
    "# `leaves` are the hashes of its sealed chunks, `root` is that of the file, `last` is the end of\n"
    "# the last sealed chunk.\n";

static void
make_file(uint64_t size, const struct room_id *room, const uint8_t *key, struct digest *root,
    uint8_t last[static AEAD_TAG_BYTES])
{
    static uint8_t plain[FILE_CHUNK_BYTES], sealed[FILE_SEALED_BYTES_MAX];

    for (uint32_t index = 0; index < file_chunks(size); index++) {
        uint32_t bytes = file_chunk_bytes(size, index);
        struct digest leaf;
        for (uint32_t i = 0; i < bytes; i++) {
            uint64_t at = (uint64_t)index * FILE_CHUNK_BYTES + i;
            plain[i] = (uint8_t)(at * 7 + at / 256);
        }
        file_seal_chunk(sealed, key, room, index, (struct bytes){plain, bytes});
        file_make_leaf(&leaf, (struct bytes){sealed, bytes + AEAD_TAG_BYTES});
        memcpy(leaves + (size_t)index * ID_BYTES, leaf.bytes, ID_BYTES);
        memcpy(last, sealed + bytes, AEAD_TAG_BYTES);
    }
    file_make_root(root, size, leaves);
}

static void
generate(FILE *file)
{
    static const uint64_t sizes[] = {0, 1, 65536, 65537, 200000, 458752};
    struct room_id room = {{0x51}};
    uint8_t key[AEAD_KEY_BYTES] = {0x61}, last[AEAD_TAG_BYTES];
    struct digest root;

    fputs(explanation, file);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char name[32];
        snprintf(name, sizeof name, "file-%u", (unsigned)sizes[i]);
        make_file(sizes[i], &room, key, &root, last);
        vector_write_name(file, name);
        vector_write_number(file, "size", sizes[i], 8);
        vector_write(file, "room", room.bytes, ID_BYTES);
        vector_write(file, "key", key, sizeof key);
        vector_write(file, "leaves", leaves, (size_t)file_chunks(sizes[i]) * ID_BYTES);
        vector_write(file, "last", last, sizeof last);
        vector_write(file, "root", root.bytes, ID_BYTES);
    }
}

TEST(the_vectors_hold)
{
    char path[4096];
    struct vector vector = {0};
    unsigned count = 0;

    vectors_path(path, VECTORS);
    FILE *file = fopen(path, "r");
    REQUIRE(file != NULL);
    for (; vector_next(file, &vector); count++) {
        uint8_t key[AEAD_KEY_BYTES], last[AEAD_TAG_BYTES];
        struct room_id room;
        struct digest root;
        uint64_t size = vector_number(&vector, "size");
        vector_copy(&vector, "room", room.bytes, ID_BYTES);
        vector_copy(&vector, "key", key, sizeof key);
        make_file(size, &room, key, &root, last);
        CHECK(vector_equal(&vector, "leaves", leaves, (size_t)file_chunks(size) * ID_BYTES));
        CHECK(vector_equal(&vector, "last", last, sizeof last));
        CHECK(vector_equal(&vector, "root", root.bytes, ID_BYTES));
    }
    CHECK(count == 6);
    fclose(file);
}

TEST(the_generator_writes_the_same_file)
{
    CHECK(vectors_are_current(VECTORS, generate));
}

int
main(int argc, char **argv)
{
    const struct test_case cases[] = {
        CASE(has_as_many_chunks_as_it_needs),
        CASE(the_tree_is_that_of_rfc_9162),
        CASE(every_leaf_counts),
        CASE(inner_nodes_are_no_leaves),
        CASE(a_chunk_opens_in_its_place_only),
        CASE(the_vectors_hold),
        CASE(the_generator_writes_the_same_file),
    };

    if (crypto_start() != ENTENTE_OK)
        return 1;
    if (vectors_written(argc, argv, VECTORS, generate))
        return 0;
    return test_run(cases, sizeof cases / sizeof cases[0], argc, argv);
}
