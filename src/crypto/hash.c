#include "crypto/hash.h"

#include <assert.h>
#include <sodium.h>
#include <stdalign.h>

static_assert(sizeof(struct hasher) >= sizeof(crypto_generichash_blake2b_state) +
                                           alignof(crypto_generichash_blake2b_state) - 1,
    "libsodium's state fits at any address");
static_assert(HASH_PERSONAL_BYTES == crypto_generichash_blake2b_PERSONALBYTES, "as libsodium");

static crypto_generichash_blake2b_state *
state_of(struct hasher *hasher)
{
    const uintptr_t alignment = alignof(crypto_generichash_blake2b_state);
    uintptr_t skipped = -(uintptr_t)hasher->room % alignment;

    return (crypto_generichash_blake2b_state *)(void *)(hasher->room + skipped);
}

void
hasher_start(struct hasher *hasher, const char personal[static HASH_PERSONAL_BYTES])
{
    crypto_generichash_blake2b_init_salt_personal(
        state_of(hasher), NULL, 0, HASH_BYTES, NULL, (const uint8_t *)personal);
}

void
hasher_start_keyed(struct hasher *hasher, const char personal[static HASH_PERSONAL_BYTES],
    const uint8_t key[static HASH_KEY_BYTES])
{
    crypto_generichash_blake2b_init_salt_personal(
        state_of(hasher), key, HASH_KEY_BYTES, HASH_BYTES, NULL, (const uint8_t *)personal);
}

void
hasher_add(struct hasher *hasher, struct bytes input)
{
    crypto_generichash_blake2b_update(state_of(hasher), input.data, input.size);
}

void
hasher_finish(struct hasher *hasher, uint8_t hash[static HASH_BYTES])
{
    crypto_generichash_blake2b_final(state_of(hasher), hash, HASH_BYTES);
}

void
hash_once(uint8_t hash[static HASH_BYTES], const char personal[static HASH_PERSONAL_BYTES],
    struct bytes input)
{
    crypto_generichash_blake2b_salt_personal(
        hash, HASH_BYTES, input.data, input.size, NULL, 0, NULL, (const uint8_t *)personal);
}

void
hash_keyed(uint8_t hash[static HASH_BYTES], const char personal[static HASH_PERSONAL_BYTES],
    const uint8_t key[static HASH_KEY_BYTES], struct bytes input)
{
    crypto_generichash_blake2b_salt_personal(hash, HASH_BYTES, input.data, input.size, key,
        HASH_KEY_BYTES, NULL, (const uint8_t *)personal);
}

void
sha256_once(uint8_t hash[static HASH_BYTES], struct bytes input)
{
    crypto_hash_sha256(hash, input.data, input.size);
}

static_assert(sizeof(struct sha256) >= sizeof(crypto_hash_sha256_state) &&
                  alignof(struct sha256) >= alignof(crypto_hash_sha256_state),
    "libsodium's state fits");

void
sha256_start(struct sha256 *sha256)
{
    crypto_hash_sha256_init((crypto_hash_sha256_state *)sha256);
}

void
sha256_add(struct sha256 *sha256, struct bytes input)
{
    crypto_hash_sha256_update((crypto_hash_sha256_state *)sha256, input.data, input.size);
}

void
sha256_finish(struct sha256 *sha256, uint8_t hash[static HASH_BYTES])
{
    crypto_hash_sha256_final((crypto_hash_sha256_state *)sha256, hash);
}
