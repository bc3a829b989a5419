/* Sealed bodies: PROTOCOL.md K2.  The payload of an entry of kind `sealed`. */
#ifndef ENTENTE_FORMAT_PAYLOAD_H
#define ENTENTE_FORMAT_PAYLOAD_H

#include "crypto/aead.h"
#include "format/body.h"
#include "format/chain.h"

/* What the seal binds beside the body: where in which chain, by whom, in which room. */
struct payload_place {
    struct room_id room;
    uint8_t slot;
    uint16_t inc;
    uint8_t tag[CHAIN_TAG_BYTES];
    uint64_t chain;
    uint32_t index;
};

/*
 * Seal an encoded body under the message key of its place.  Writes body.size + AEAD_TAG_BYTES bytes
 * to `payload`, which may be `body.data` itself.
 * Two bodies under one key do no harm: `commitment`, which is theirs, makes their nonces differ.
 */
void payload_seal(uint8_t *payload, const uint8_t message_key[static CHAIN_KEY_BYTES],
    const struct payload_place *place, const struct digest *commitment, struct bytes body);

/*
 * Open a payload, read the body in it, and check that it is the one that the writer committed to.
 * Writes payload.size - AEAD_TAG_BYTES bytes to `plaintext`, from which `*body` borrows.
 *   ENTENTE_ERR_UNSEALABLE   another key, place or commitment, or changed
 *   ENTENTE_ERR_COMMITMENT   sealed by who had the key, but not the body of the commitment (B2)
 *   ENTENTE_ERR_TRUNCATED, ENTENTE_ERR_TOO_LARGE, ENTENTE_ERR_MALFORMED   see body_parse()
 * On error `plaintext` and `*body` are zeroed.
 */
MUST_USE enum entente_error payload_open(uint8_t *plaintext, struct body *body,
    const uint8_t message_key[static CHAIN_KEY_BYTES], const struct payload_place *place,
    const struct digest *commitment, struct bytes payload);

#endif
