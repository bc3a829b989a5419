/*
 * BLAKE2b-256, personalised with 16 bytes that say what is hashed ("entente/entry/v1"), so that
 * the hash of one kind of thing is never the hash of another.  Pass a literal of 16 characters.
 *
 * These calls are the hottest of the program: they allocate nothing and cannot fail.
 */
#ifndef ENTENTE_CRYPTO_HASH_H
#define ENTENTE_CRYPTO_HASH_H

#include "base/bytes.h"

#define HASH_BYTES 32
#define HASH_PERSONAL_BYTES 16
#define HASH_KEY_BYTES 32

/*
 * A hash under way: libsodium's state, in room enough to align it to 64 bytes ourselves, since
 * gcc 12 misaligns locals under AddressSanitizer (GCC bug 110027).  So it is never copied.
 */
struct hasher {
    uint8_t room[384 + 63];
};

void hasher_start(struct hasher *hasher, const char personal[static HASH_PERSONAL_BYTES]);
void hasher_start_keyed(struct hasher *hasher, const char personal[static HASH_PERSONAL_BYTES],
    const uint8_t key[static HASH_KEY_BYTES]);
void hasher_add(struct hasher *hasher, struct bytes input);

/* Wipes what the hasher knew of its input; start it again before another use. */
void hasher_finish(struct hasher *hasher, uint8_t hash[static HASH_BYTES]);

/* `hash` may lie inside `input` or be the key. */
void hash_once(uint8_t hash[static HASH_BYTES], const char personal[static HASH_PERSONAL_BYTES],
    struct bytes input);
void hash_keyed(uint8_t hash[static HASH_BYTES], const char personal[static HASH_PERSONAL_BYTES],
    const uint8_t key[static HASH_KEY_BYTES], struct bytes input);

/* SHA-256, for the formats of others that ask for it. */
void sha256_once(uint8_t hash[static HASH_BYTES], struct bytes input);

/* The same for what comes in pieces: libsodium's state.  Plain data. */
struct sha256 {
    uint64_t state[13];
};
void sha256_start(struct sha256 *sha256);
void sha256_add(struct sha256 *sha256, struct bytes input);
void sha256_finish(struct sha256 *sha256, uint8_t hash[static HASH_BYTES]);

#endif
