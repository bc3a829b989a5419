#include "crypto/sign.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

/* context || message, as libsodium wants it: in one piece. */
struct signed_bytes {
    size_t size;
    uint8_t data[SIGN_CONTEXT_BYTES + SIGN_MESSAGE_BYTES_MAX];
};

static void
join(struct signed_bytes *joined, const char context[static SIGN_CONTEXT_BYTES],
    struct bytes message)
{
    assert(message.size <= SIGN_MESSAGE_BYTES_MAX);
    memcpy(joined->data, context, SIGN_CONTEXT_BYTES);
    if (message.size > 0)
        memcpy(joined->data + SIGN_CONTEXT_BYTES, message.data, message.size);
    joined->size = SIGN_CONTEXT_BYTES + message.size;
}

void
signing_key_of_seed(
    struct signing_key *key, struct public_key *public, const uint8_t seed[static SIGN_SEED_BYTES])
{
    crypto_sign_seed_keypair(public->bytes, key->bytes, seed);
}

void
sign_make(struct signature *signature, const struct signing_key *key,
    const char context[static SIGN_CONTEXT_BYTES], struct bytes message)
{
    struct signed_bytes joined;

    join(&joined, context, message);
    crypto_sign_detached(signature->bytes, NULL, joined.data, joined.size, key->bytes);
}

bool
sign_check(const struct public_key *public, const struct signature *signature,
    const char context[static SIGN_CONTEXT_BYTES], struct bytes message)
{
    struct signed_bytes joined;

    join(&joined, context, message);
    return crypto_sign_verify_detached(signature->bytes, joined.data, joined.size, public->bytes) ==
           0;
}
