/*
 * Ed25519 signatures (RFC 8032) over context || message: one key never signs two kinds of thing
 * under one context.
 */
#ifndef ENTENTE_CRYPTO_SIGN_H
#define ENTENTE_CRYPTO_SIGN_H

#include "base/bytes.h"

#define SIGN_SEED_BYTES 32
#define SIGN_CONTEXT_BYTES 16
#define SIGN_MESSAGE_BYTES_MAX 512

struct public_key {
    uint8_t bytes[32];
};

/* libsodium's form: the seed, then the public key.  Lives in locked memory: crypto/secret.h. */
struct signing_key {
    uint8_t bytes[64];
};

struct signature {
    uint8_t bytes[64];
};

/* The same seed always gives the same pair. */
void signing_key_of_seed(
    struct signing_key *key, struct public_key *public, const uint8_t seed[static SIGN_SEED_BYTES]);

/* `message` is at most SIGN_MESSAGE_BYTES_MAX: hash what is larger. */
void sign_make(struct signature *signature, const struct signing_key *key,
    const char context[static SIGN_CONTEXT_BYTES], struct bytes message);

/*
 * Whether `public` signed `message`, which is at most SIGN_MESSAGE_BYTES_MAX.
 * Keys and nonce points of small order and numbers S that are not reduced are refused, so that a
 * signature has one form and a key one owner.
 */
bool sign_check(const struct public_key *public, const struct signature *signature,
    const char context[static SIGN_CONTEXT_BYTES], struct bytes message);

#endif
