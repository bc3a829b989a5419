#include "crypto/passphrase.h"

#include <assert.h>
#include <sodium.h>

static_assert(PASSPHRASE_PASSES == crypto_pwhash_argon2id_OPSLIMIT_MODERATE &&
                  PASSPHRASE_MEMORY_BYTES == crypto_pwhash_argon2id_MEMLIMIT_MODERATE &&
                  PASSPHRASE_PASSES_MIN >= crypto_pwhash_argon2id_OPSLIMIT_MIN &&
                  PASSPHRASE_MEMORY_BYTES_MIN >= crypto_pwhash_argon2id_MEMLIMIT_MIN &&
                  PASSPHRASE_SALT_BYTES == crypto_pwhash_argon2id_SALTBYTES,
    "as libsodium");

static bool
is_within_limits(struct passphrase_cost cost)
{
    return cost.passes >= PASSPHRASE_PASSES_MIN && cost.passes <= PASSPHRASE_PASSES_MAX &&
           cost.memory_bytes >= PASSPHRASE_MEMORY_BYTES_MIN &&
           cost.memory_bytes <= PASSPHRASE_MEMORY_BYTES_MAX && cost.memory_bytes % 1024 == 0;
}

enum entente_error
passphrase_derive(uint8_t key[static PASSPHRASE_KEY_BYTES], struct bytes passphrase,
    const uint8_t salt[static PASSPHRASE_SALT_BYTES], struct passphrase_cost cost)
{
    sodium_memzero(key, PASSPHRASE_KEY_BYTES);
    if (!is_within_limits(cost))
        return ENTENTE_ERR_CORRUPT;
    if (crypto_pwhash_argon2id(key, PASSPHRASE_KEY_BYTES, (const char *)passphrase.data,
            passphrase.size, salt, cost.passes, cost.memory_bytes,
            crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0) {
        sodium_memzero(key, PASSPHRASE_KEY_BYTES);
        return ENTENTE_ERR_NO_MEMORY;
    }
    return ENTENTE_OK;
}
