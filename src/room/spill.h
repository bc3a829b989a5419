/*
 * Where opened bodies lie: a file without a name, in which each is sealed under a key that nobody has but this
 * memory.  Added only; what was added can be read for the spill's life.
 */
#ifndef ENTENTE_ROOM_SPILL_H
#define ENTENTE_ROOM_SPILL_H

#include "base/bytes.h"
#include "crypto/aead.h"

#define SPILL_BUFFER_BYTES 65536u

struct spill {
    int file;
    uint64_t begins;  /* of the buffer, in the file */
    uint8_t *buffer;  /* sealed already, not written yet */
    size_t used;
    uint8_t key[AEAD_KEY_BYTES];
};

/*
 * Takes the file over: also where it fails.
 *   ENTENTE_ERR_RANDOM, ENTENTE_ERR_NO_MEMORY
 */
MUST_USE enum entente_error spill_open(struct spill *spill, int file);
void spill_close(struct spill *spill);

/*
 * Add `body`; `*offset` says where, for spill_read().
 *   ENTENTE_ERR_DISK_FULL, ENTENTE_ERR_IO   it was not added; may be tried again
 *   ENTENTE_ERR_NO_MEMORY
 */
MUST_USE enum entente_error spill_add(struct spill *spill, struct bytes body, uint64_t *offset);

/*
 * The body of `size` bytes at `offset` into `out`, which has room for AEAD_TAG_BYTES more.
 *   ENTENTE_ERR_CORRUPT   it is not what was added
 *   ENTENTE_ERR_IO
 */
MUST_USE enum entente_error spill_read(
    struct spill *spill, uint64_t offset, size_t size, uint8_t *out);

#endif
