/* XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03): sealing with a key that both sides have. */
#ifndef ENTENTE_CRYPTO_AEAD_H
#define ENTENTE_CRYPTO_AEAD_H

#include "base/bytes.h"

#define AEAD_KEY_BYTES 32
#define AEAD_NONCE_BYTES 24
#define AEAD_TAG_BYTES 16

/*
 * Writes plaintext.size + AEAD_TAG_BYTES bytes to `sealed`, which may be `plaintext.data` itself.
 * A key never seals two different things under one nonce.
 */
void aead_seal(uint8_t *sealed, const uint8_t key[static AEAD_KEY_BYTES],
    const uint8_t nonce[static AEAD_NONCE_BYTES], struct bytes associated, struct bytes plaintext);

/*
 * Writes sealed.size - AEAD_TAG_BYTES bytes to `plaintext`, which may be `sealed.data` itself.
 *   ENTENTE_ERR_UNSEALABLE   another key, nonce or associated data, or changed or too few bytes;
 *                            `plaintext` is zeroed, unless it is `sealed.data`: then what it
 *                            holds is useless
 */
MUST_USE enum entente_error aead_open(uint8_t *plaintext, const uint8_t key[static AEAD_KEY_BYTES],
    const uint8_t nonce[static AEAD_NONCE_BYTES], struct bytes associated, struct bytes sealed);

#endif
