/*
 * HPKE (RFC 9180), single-shot, of one suite: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
 * ChaCha20-Poly1305, in the modes base and psk.
 *
 * Randomness comes in as a seed: the ephemeral key pair is DeriveKeyPair(seed), so that the same
 * inputs give the same bytes.  A seed is used once.
 */
#ifndef ENTENTE_CRYPTO_HPKE_H
#define ENTENTE_CRYPTO_HPKE_H

#include "base/bytes.h"

#define HPKE_SEED_BYTES 32
#define HPKE_TAG_BYTES 16
#define HPKE_PSK_BYTES 32

/* A private X25519 key.  Lives in locked memory: crypto/secret.h. */
struct agreement_key {
    uint8_t bytes[32];
};

struct agreement_public {
    uint8_t bytes[32];
};

/* A secret that both sides had before, and the name that they call it by; the id is not empty. */
struct hpke_psk {
    uint8_t key[HPKE_PSK_BYTES];
    struct bytes id;
};

/* DeriveKeyPair() of RFC 9180, section 7.1.3. */
void agreement_key_of_seed(struct agreement_key *key, struct agreement_public *public,
    const uint8_t seed[static HPKE_SEED_BYTES]);

/*
 * Seal `plaintext` to `recipient`; mode base where `psk` is NULL, else psk.  Writes
 * plaintext.size + HPKE_TAG_BYTES bytes to `sealed`.
 *   ENTENTE_ERR_UNSEALABLE   `recipient` is a point of small order: the secret would be known to
 *                            everybody (RFC 7748, section 6.1); `sealed` is untouched
 */
MUST_USE enum entente_error hpke_seal(struct agreement_public *enc, uint8_t *sealed,
    const struct agreement_public *recipient, const uint8_t seed[static HPKE_SEED_BYTES],
    const struct hpke_psk *psk, struct bytes info, struct bytes associated, struct bytes plaintext);

/*
 * Open what was sealed to `recipient`; writes sealed.size - HPKE_TAG_BYTES bytes to `plaintext`.
 *   ENTENTE_ERR_UNSEALABLE   it was sealed to another key, with other inputs, or was changed
 */
MUST_USE enum entente_error hpke_open(uint8_t *plaintext, const struct agreement_key *recipient,
    const struct agreement_public *enc, const struct hpke_psk *psk, struct bytes info,
    struct bytes associated, struct bytes sealed);

#endif
