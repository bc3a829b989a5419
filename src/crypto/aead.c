#include "crypto/aead.h"

#include <assert.h>
#include <sodium.h>

static_assert(AEAD_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES &&
                  AEAD_NONCE_BYTES == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES &&
                  AEAD_TAG_BYTES == crypto_aead_xchacha20poly1305_ietf_ABYTES,
    "as libsodium");

void
aead_seal(uint8_t *sealed, const uint8_t key[static AEAD_KEY_BYTES],
    const uint8_t nonce[static AEAD_NONCE_BYTES], struct bytes associated, struct bytes plaintext)
{
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, NULL, plaintext.data, plaintext.size,
        associated.data, associated.size, NULL, nonce, key);
}

enum entente_error
aead_open(uint8_t *plaintext, const uint8_t key[static AEAD_KEY_BYTES],
    const uint8_t nonce[static AEAD_NONCE_BYTES], struct bytes associated, struct bytes sealed)
{
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(plaintext, NULL, NULL, sealed.data, sealed.size,
            associated.data, associated.size, nonce, key) != 0)
        return ENTENTE_ERR_UNSEALABLE;
    return ENTENTE_OK;
}
