/* Keys from passphrases: Argon2id (RFC 9106), one lane. */
#ifndef ENTENTE_CRYPTO_PASSPHRASE_H
#define ENTENTE_CRYPTO_PASSPHRASE_H

#include "base/bytes.h"

#define PASSPHRASE_KEY_BYTES 32
#define PASSPHRASE_SALT_BYTES 16

/* What one guess costs.  Kept beside the salt, so that it can grow with the machines. */
struct passphrase_cost {
    uint32_t passes;       /* over the memory */
    uint32_t memory_bytes; /* a multiple of 1,024 */
};

/* For what people choose: libsodium's "moderate", some 0.7 s and 256 MiB a guess. */
#define PASSPHRASE_PASSES 3u
#define PASSPHRASE_MEMORY_BYTES 268435456u

/* Enough only for tests, and for a key file, which nobody guesses. */
#define PASSPHRASE_PASSES_MIN 1u
#define PASSPHRASE_MEMORY_BYTES_MIN 8192u

/* A damaged key file cannot ask for more. */
#define PASSPHRASE_PASSES_MAX 16u
#define PASSPHRASE_MEMORY_BYTES_MAX 1073741824u

/*
 * The key that `passphrase` gives.  Takes cost.memory_bytes for the time of the call.
 *   ENTENTE_ERR_CORRUPT     `cost` is outside of the limits above
 *   ENTENTE_ERR_NO_MEMORY   the memory is not to be had
 * On error `key` is zeroed.
 */
MUST_USE enum entente_error passphrase_derive(uint8_t key[static PASSPHRASE_KEY_BYTES],
    struct bytes passphrase, const uint8_t salt[static PASSPHRASE_SALT_BYTES],
    struct passphrase_cost cost);

#endif
