#include "desk/accounts_files.h"

#include "crypto/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAGIC "entente/accounts"
#define MAGIC_BYTES 16u
#define HEAD_BYTES (MAGIC_BYTES + 8u + 8u + HASH_BYTES)

static void
make_hash(uint8_t hash[static HASH_BYTES], uint64_t number, struct bytes content)
{
    uint8_t encoded[8];
    struct writer writer = writer_of(encoded, sizeof encoded);
    struct hasher hasher;

    writer_u64(&writer, number);
    hasher_start(&hasher, MAGIC);
    hasher_add(&hasher, writer_written(&writer));
    hasher_add(&hasher, content);
    hasher_finish(&hasher, hash);
}

static enum entente_error
read_all(int file, uint64_t at, uint8_t *data, size_t size)
{
    for (size_t used = 0; used < size;) {
        ssize_t got = pread(file, data + used, size - used, (off_t)(at + used));
        if (got <= 0)
            return got == 0 ? ENTENTE_ERR_NOT_FOUND : ENTENTE_ERR_IO;
        used += (size_t)got;
    }
    return ENTENTE_OK;
}

/* NOT_FOUND: it is empty. */
static enum entente_error
read_file(int file, uint8_t **content, size_t *size, uint64_t *number)
{
    uint8_t head[HEAD_BYTES], hash[HASH_BYTES], signed_hash[HASH_BYTES];
    struct reader reader = reader_of((struct bytes){head, sizeof head});

    *content = NULL;
    if (pread(file, head, 1, 0) == 0)
        return ENTENTE_ERR_NOT_FOUND;
    if (read_all(file, 0, head, sizeof head) != ENTENTE_OK)
        return ENTENTE_ERR_CORRUPT;
    struct bytes magic = reader_bytes(&reader, MAGIC_BYTES);
    *number = reader_u64(&reader);
    uint64_t bytes = reader_u64(&reader);
    reader_copy(&reader, signed_hash, sizeof signed_hash);
    if (memcmp(magic.data, MAGIC, MAGIC_BYTES) != 0 || bytes > ACCOUNTS_FILES_BYTES_MAX)
        return ENTENTE_ERR_CORRUPT;
    *size = (size_t)bytes;
    *content = malloc(*size + 1);
    if (*content == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    enum entente_error error = read_all(file, HEAD_BYTES, *content, *size);
    if (error == ENTENTE_OK)
        make_hash(hash, *number, (struct bytes){*content, *size});
    if (error == ENTENTE_OK && memcmp(hash, signed_hash, sizeof hash) == 0)
        return ENTENTE_OK;
    free(*content);
    *content = NULL;
    return ENTENTE_ERR_CORRUPT;
}

enum entente_error
accounts_files_load(
    const int files[static 2], uint8_t **content, size_t *size, uint64_t *number, bool *is_damaged)
{
    enum entente_error result = ENTENTE_ERR_NOT_FOUND;

    *content = NULL;
    *size = 0;
    *number = 0;
    *is_damaged = false;
    for (int i = 0; i < 2; i++) {
        uint8_t *found;
        size_t found_size;
        uint64_t found_number;
        enum entente_error error = read_file(files[i], &found, &found_size, &found_number);
        *is_damaged |= error == ENTENTE_ERR_CORRUPT;
        if (error == ENTENTE_OK && (result != ENTENTE_OK || found_number > *number)) {
            free(*content);
            *content = found;
            *size = found_size;
            *number = found_number;
            result = ENTENTE_OK;
        } else {
            free(found);
            result = result == ENTENTE_OK || error == ENTENTE_ERR_NOT_FOUND || error == ENTENTE_OK
                         ? result
                         : error;
        }
    }
    return result;
}

static enum entente_error
write_all(int file, uint64_t at, struct bytes data)
{
    for (size_t used = 0; used < data.size;) {
        ssize_t put = pwrite(file, data.data + used, data.size - used, (off_t)(at + used));
        if (put < 0)
            return errno == ENOSPC || errno == EDQUOT ? ENTENTE_ERR_DISK_FULL : ENTENTE_ERR_IO;
        used += (size_t)put;
    }
    return ENTENTE_OK;
}

enum entente_error
accounts_files_save(const int files[static 2], struct bytes content, uint64_t number)
{
    uint8_t head[HEAD_BYTES], hash[HASH_BYTES];
    struct writer writer = writer_of(head, sizeof head);
    int file = files[number % 2];

    if (content.size > ACCOUNTS_FILES_BYTES_MAX)
        return ENTENTE_ERR_DISK_FULL;
    make_hash(hash, number, content);
    writer_copy(&writer, MAGIC, MAGIC_BYTES);
    writer_u64(&writer, number);
    writer_u64(&writer, content.size);
    writer_copy(&writer, hash, sizeof hash);
    enum entente_error error = write_all(file, 0, writer_written(&writer));
    if (error == ENTENTE_OK)
        error = write_all(file, HEAD_BYTES, content);
    if (error == ENTENTE_OK && fdatasync(file) != 0)
        error = ENTENTE_ERR_IO;
    return error;
}
