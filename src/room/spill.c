#include "room/spill.h"

#include "crypto/random.h"
#include "crypto/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum entente_error
spill_open(struct spill *spill, int file)
{
    *spill = (struct spill){.file = file};
    spill->buffer = malloc(SPILL_BUFFER_BYTES);
    enum entente_error error = spill->buffer == NULL ? ENTENTE_ERR_NO_MEMORY
                                                     : random_bytes(spill->key, sizeof spill->key);
    if (error != ENTENTE_OK)
        spill_close(spill);
    return error;
}

void
spill_close(struct spill *spill)
{
    if (spill->file >= 0)
        close(spill->file);
    free(spill->buffer);
    secret_wipe(spill->key, sizeof spill->key);
    *spill = (struct spill){.file = -1};
}

static enum entente_error
write_all(int file, uint64_t offset, struct bytes data)
{
    while (data.size > 0) {
        ssize_t done = pwrite(file, data.data, data.size, (off_t)offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return done == 0 || errno == ENOSPC || errno == EDQUOT || errno == EFBIG
                       ? ENTENTE_ERR_DISK_FULL
                       : ENTENTE_ERR_IO;
        offset += (uint64_t)done;
        data.data += done;
        data.size -= (size_t)done;
    }
    return ENTENTE_OK;
}

/* The buffer stays as it is until all of it is written: no place is ever used for two things. */
static enum entente_error
flush(struct spill *spill)
{
    enum entente_error error =
        write_all(spill->file, spill->begins, (struct bytes){spill->buffer, spill->used});

    if (error == ENTENTE_OK) {
        spill->begins += spill->used;
        spill->used = 0;
    }
    return error;
}

static void
make_nonce(uint8_t nonce[static AEAD_NONCE_BYTES], uint64_t offset)
{
    struct writer writer = writer_of(nonce, AEAD_NONCE_BYTES);

    memset(nonce, 0, AEAD_NONCE_BYTES);
    writer_u64(&writer, offset);
}

/* A body that is larger than the buffer.  Its place is used up also where it cannot be written. */
static enum entente_error
add_large(struct spill *spill, struct bytes body, const uint8_t nonce[static AEAD_NONCE_BYTES])
{
    size_t size = body.size + AEAD_TAG_BYTES;
    uint8_t *sealed = malloc(size);

    if (sealed == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    aead_seal(sealed, spill->key, nonce, (struct bytes){0}, body);
    enum entente_error error =
        write_all(spill->file, spill->begins, (struct bytes){sealed, size});
    spill->begins += size;
    free(sealed);
    return error;
}

enum entente_error
spill_add(struct spill *spill, struct bytes body, uint64_t *offset)
{
    uint8_t nonce[AEAD_NONCE_BYTES];
    size_t size = body.size + AEAD_TAG_BYTES;

    if (spill->used + size > SPILL_BUFFER_BYTES) {
        enum entente_error error = flush(spill);
        if (error != ENTENTE_OK)
            return error;
    }
    *offset = spill->begins + spill->used;
    make_nonce(nonce, *offset);
    if (size > SPILL_BUFFER_BYTES)
        return add_large(spill, body, nonce);
    aead_seal(spill->buffer + spill->used, spill->key, nonce, (struct bytes){0}, body);
    spill->used += size;
    return ENTENTE_OK;
}

static enum entente_error
read_all(int file, uint64_t offset, uint8_t *out, size_t size)
{
    while (size > 0) {
        ssize_t done = pread(file, out, size, (off_t)offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return done == 0 ? ENTENTE_ERR_CORRUPT : ENTENTE_ERR_IO;
        offset += (uint64_t)done;
        out += done;
        size -= (size_t)done;
    }
    return ENTENTE_OK;
}

enum entente_error
spill_read(struct spill *spill, uint64_t offset, size_t size, uint8_t *out)
{
    uint8_t nonce[AEAD_NONCE_BYTES];
    size_t sealed = size + AEAD_TAG_BYTES;
    enum entente_error error = ENTENTE_OK;

    if (offset >= spill->begins)
        memcpy(out, spill->buffer + (offset - spill->begins), sealed);
    else
        error = read_all(spill->file, offset, out, sealed);
    make_nonce(nonce, offset);
    if (error == ENTENTE_OK &&
        aead_open(out, spill->key, nonce, (struct bytes){0}, (struct bytes){out, sealed}) !=
            ENTENTE_OK)
        error = ENTENTE_ERR_CORRUPT;
    return error;
}
