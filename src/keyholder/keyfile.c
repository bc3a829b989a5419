#include "keyholder/keyfile.h"

#include "crypto/aead.h"
#include "crypto/random.h"
#include "crypto/secret.h"
#include "keyholder/real_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "entente/secret/1"

/* The clear part of a secret file. */
struct lock {
    uint8_t purpose;
    struct passphrase_cost cost;
    uint8_t salt[PASSPHRASE_SALT_BYTES];
    uint8_t nonce[AEAD_NONCE_BYTES];
};

static void
lock_write(struct writer *writer, const struct lock *lock)
{
    writer_bytes(writer, bytes_of_text(MAGIC));
    writer_u8(writer, lock->purpose);
    writer_u32(writer, lock->cost.passes);
    writer_u32(writer, lock->cost.memory_bytes);
    writer_copy(writer, lock->salt, sizeof lock->salt);
    writer_copy(writer, lock->nonce, sizeof lock->nonce);
}

static bool
lock_read(struct reader *reader, struct lock *lock)
{
    struct bytes magic = reader_bytes(reader, sizeof MAGIC - 1);

    lock->purpose = reader_u8(reader);
    lock->cost.passes = reader_u32(reader);
    lock->cost.memory_bytes = reader_u32(reader);
    reader_copy(reader, lock->salt, sizeof lock->salt);
    reader_copy(reader, lock->nonce, sizeof lock->nonce);
    return !reader->failed && bytes_equal(magic, bytes_of_text(MAGIC));
}

enum entente_error
secret_seal(struct writer *out, enum secret_purpose purpose, struct bytes contents,
    struct bytes passphrase, struct passphrase_cost cost)
{
    struct lock lock = {.purpose = (uint8_t)purpose, .cost = cost};
    uint8_t key[PASSPHRASE_KEY_BYTES];
    size_t start = out->used;

    if (passphrase.size == 0 || contents.size > SECRET_CONTENTS_BYTES_MAX)
        return ENTENTE_ERR_USAGE;
    enum entente_error error = random_bytes(lock.salt, sizeof lock.salt);
    if (error == ENTENTE_OK)
        error = random_bytes(lock.nonce, sizeof lock.nonce);
    if (error == ENTENTE_OK)
        error = passphrase_derive(key, passphrase, lock.salt, cost);
    if (error != ENTENTE_OK)
        return error;
    lock_write(out, &lock);
    if (!out->failed && out->size - out->used >= contents.size + AEAD_TAG_BYTES) {
        struct bytes clear = {out->data + start, out->used - start};
        aead_seal(out->data + out->used, key, lock.nonce, clear, contents);
        out->used += contents.size + AEAD_TAG_BYTES;
    } else
        error = ENTENTE_ERR_NO_MEMORY;
    secret_wipe(key, sizeof key);
    return error;
}

enum entente_error
secret_open(struct bytes file, enum secret_purpose purpose, struct bytes passphrase,
    uint8_t *contents, size_t *contents_size)
{
    struct reader reader = reader_of(file);
    uint8_t key[PASSPHRASE_KEY_BYTES];
    struct lock lock;

    *contents_size = 0;
    secret_wipe(contents, SECRET_CONTENTS_BYTES_MAX);
    if (!lock_read(&reader, &lock) || lock.purpose != purpose ||
        reader.rest.size < AEAD_TAG_BYTES ||
        reader.rest.size > SECRET_CONTENTS_BYTES_MAX + AEAD_TAG_BYTES)
        return ENTENTE_ERR_CORRUPT;
    enum entente_error error = passphrase_derive(key, passphrase, lock.salt, lock.cost);
    if (error != ENTENTE_OK)
        return error;
    struct bytes clear = {file.data, file.size - reader.rest.size};
    if (aead_open(contents, key, lock.nonce, clear, reader.rest) == ENTENTE_OK)
        *contents_size = reader.rest.size - AEAD_TAG_BYTES;
    else
        error = ENTENTE_ERR_PASSPHRASE;
    secret_wipe(key, sizeof key);
    return error;
}

static enum entente_error
write_whole(int file, struct bytes data)
{
    while (data.size > 0) {
        ssize_t done = write(file, data.data, data.size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return error_of_errno(errno);
        data.data += done;
        data.size -= (size_t)done;
    }
    return fsync(file) == 0 ? ENTENTE_OK : error_of_errno(errno);
}

/* Under a new name, then renamed over the old one. */
static enum entente_error
replace_file(int folder, const char *name, struct bytes data)
{
    char fresh[256];

    if (snprintf(fresh, sizeof fresh, "%s.new", name) >= (int)sizeof fresh)
        return ENTENTE_ERR_USAGE;
    int file = openat(folder, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
        return error_of_errno(errno);
    enum entente_error error =
        fchmod(file, 0600) == 0 ? write_whole(file, data) : error_of_errno(errno);
    close(file);
    if (error == ENTENTE_OK && renameat(folder, fresh, folder, name) != 0)
        error = error_of_errno(errno);
    if (error != ENTENTE_OK) {
        (void)unlinkat(folder, fresh, 0);
        return error;
    }
    return fsync(folder) == 0 ? ENTENTE_OK : error_of_errno(errno);
}

enum entente_error
secret_file_write(int folder, const char *name, enum secret_purpose purpose, struct bytes contents,
    struct bytes passphrase, struct passphrase_cost cost)
{
    uint8_t data[SECRET_FILE_BYTES_MAX];
    struct writer writer = writer_of(data, sizeof data);

    enum entente_error error = secret_seal(&writer, purpose, contents, passphrase, cost);
    return error == ENTENTE_OK ? replace_file(folder, name, writer_written(&writer)) : error;
}

static enum entente_error
read_private(int file, uint8_t *out, size_t size, size_t *read_size)
{
    struct stat status;
    uint8_t extra;

    if (fstat(file, &status) != 0)
        return error_of_errno(errno);
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return ENTENTE_ERR_KEY_EXPOSED;
    if (!S_ISREG(status.st_mode))
        return ENTENTE_ERR_IO;
    while (*read_size < size) {
        ssize_t got = read(file, out + *read_size, size - *read_size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_of_errno(errno);
        if (got == 0)
            return ENTENTE_OK;
        *read_size += (size_t)got;
    }
    return read(file, &extra, 1) == 0 ? ENTENTE_OK : ENTENTE_ERR_TOO_LARGE;
}

enum entente_error
private_file_read(int folder, const char *name, uint8_t *out, size_t size, size_t *read_size)
{
    *read_size = 0;
    int file = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0)
        return error_of_errno(errno);
    enum entente_error error = read_private(file, out, size, read_size);
    close(file);
    if (error != ENTENTE_OK) {
        secret_wipe(out, size);
        *read_size = 0;
    }
    return error;
}

enum entente_error
secret_file_read(int folder, const char *name, enum secret_purpose purpose, struct bytes passphrase,
    uint8_t *contents, size_t *contents_size)
{
    uint8_t data[SECRET_FILE_BYTES_MAX];
    size_t size;

    *contents_size = 0;
    enum entente_error error = private_file_read(folder, name, data, sizeof data, &size);
    if (error == ENTENTE_ERR_TOO_LARGE)
        return ENTENTE_ERR_CORRUPT;
    if (error != ENTENTE_OK)
        return error;
    return secret_open((struct bytes){data, size}, purpose, passphrase, contents, contents_size);
}
