#include "format/payload.h"

#include "crypto/hash.h"
#include "crypto/secret.h"
#include "format/commitment.h"

#define ASSOCIATED_BYTES (ID_BYTES + 3 + CHAIN_TAG_BYTES + 8 + 4 + ID_BYTES)

static struct bytes
make_associated(uint8_t associated[static ASSOCIATED_BYTES], const struct payload_place *place,
    const struct digest *commitment)
{
    struct writer writer = writer_of(associated, ASSOCIATED_BYTES);

    writer_copy(&writer, place->room.bytes, sizeof place->room.bytes);
    writer_u8(&writer, place->slot);
    writer_u16(&writer, place->inc);
    writer_copy(&writer, place->tag, sizeof place->tag);
    writer_u64(&writer, place->chain);
    writer_u32(&writer, place->index);
    writer_copy(&writer, commitment->bytes, sizeof commitment->bytes);
    return writer_written(&writer);
}

/* The nonce is the hash's first AEAD_NONCE_BYTES bytes. */
static void
make_nonce(uint8_t hash[static HASH_BYTES], const uint8_t message_key[static CHAIN_KEY_BYTES],
    const struct digest *commitment)
{
    hash_keyed(hash, "entente/nonce/v1", message_key,
        (struct bytes){commitment->bytes, sizeof commitment->bytes});
}

void
payload_seal(uint8_t *payload, const uint8_t message_key[static CHAIN_KEY_BYTES],
    const struct payload_place *place, const struct digest *commitment, struct bytes body)
{
    uint8_t associated[ASSOCIATED_BYTES], nonce[HASH_BYTES];

    make_nonce(nonce, message_key, commitment);
    aead_seal(payload, message_key, nonce, make_associated(associated, place, commitment), body);
}

static enum entente_error
check_commitment(const struct body *body, const struct digest *commitment)
{
    struct digest found;

    body_commit(&found, body);
    return memcmp(found.bytes, commitment->bytes, sizeof found.bytes) == 0 ? ENTENTE_OK
                                                                           : ENTENTE_ERR_COMMITMENT;
}

enum entente_error
payload_open(uint8_t *plaintext, struct body *body,
    const uint8_t message_key[static CHAIN_KEY_BYTES], const struct payload_place *place,
    const struct digest *commitment, struct bytes payload)
{
    uint8_t associated[ASSOCIATED_BYTES], nonce[HASH_BYTES];
    size_t size = payload.size < AEAD_TAG_BYTES ? 0 : payload.size - AEAD_TAG_BYTES;

    make_nonce(nonce, message_key, commitment);
    enum entente_error error = aead_open(
        plaintext, message_key, nonce, make_associated(associated, place, commitment), payload);
    if (error == ENTENTE_OK)
        error = body_parse((struct bytes){plaintext, size}, body);
    if (error == ENTENTE_OK)
        error = check_commitment(body, commitment);
    if (error != ENTENTE_OK) {
        secret_wipe(plaintext, size);
        *body = (struct body){0};
    }
    return error;
}
