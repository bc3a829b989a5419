/*
 * Files that travel beside the record: sealed chunks under a hash tree.  PROTOCOL.md section 19.
 *
 * A chunk is sealed with the file's own key, and the tree is over what is sealed: so anybody can
 * check a chunk, and nobody reads it who was not given the key.
 */
#ifndef ENTENTE_FORMAT_FILE_H
#define ENTENTE_FORMAT_FILE_H

#include "crypto/aead.h"
#include "format/ids.h"

#define FILE_BYTES_MAX 1073741824u
#define FILE_CHUNK_BYTES 65536u /* of plaintext; the last one may have fewer */
#define FILE_CHUNKS_MAX 16384u
#define FILE_SEALED_BYTES_MAX (FILE_CHUNK_BYTES + AEAD_TAG_BYTES)
#define FILE_LEAVES_BYTES_MAX (FILE_CHUNKS_MAX * ID_BYTES)

/* How many chunks a file of `size` bytes has: at least one.  0: it is over FILE_BYTES_MAX. */
uint32_t file_chunks(uint64_t size);

/* The size of chunk `index` of such a file, as plaintext; index < file_chunks(size). */
uint32_t file_chunk_bytes(uint64_t size, uint32_t index);

/* The hash of a sealed chunk. */
void file_make_leaf(struct digest *leaf, struct bytes sealed);

/*
 * By which a file is known: over its size and the tree of its leaves, file_chunks(size) x 32 bytes
 * one after the other.
 */
void file_make_root(struct digest *root, uint64_t size, const uint8_t *leaves);

/* Writes plaintext.size + AEAD_TAG_BYTES bytes.  A key is for one file only. */
void file_seal_chunk(uint8_t *sealed, const uint8_t key[static AEAD_KEY_BYTES],
    const struct room_id *room, uint32_t index, struct bytes plaintext);

/*
 * Writes sealed.size - AEAD_TAG_BYTES bytes.
 *   ENTENTE_ERR_UNSEALABLE   another key, room or index, or the chunk was changed
 */
MUST_USE enum entente_error file_open_chunk(uint8_t *plaintext,
    const uint8_t key[static AEAD_KEY_BYTES], const struct room_id *room, uint32_t index,
    struct bytes sealed);

#endif
