/* A holder's card: the person's name and public key, for a party that appoints them.  PROTOCOL.md section 13. */
#ifndef ENTENTE_FORMAT_HOLDER_H
#define ENTENTE_FORMAT_HOLDER_H

#include "crypto/sign.h"

#include "base/error.h"

#define HOLDER_CARD_MAGIC "entente/holder1\n"
#define HOLDER_CONTEXT "entente/holder/1"
#define HOLDER_NAME_BYTES_MAX 128u
#define HOLDER_CARD_BYTES_MAX (16u + 32u + 64u + 1u + HOLDER_NAME_BYTES_MAX)

struct holder_card {
    struct public_key key;
    struct bytes name; /* UTF-8, not empty */
};

/*
 * Read a whole card.  Borrows from `input`.
 *   ENTENTE_ERR_TRUNCATED   it ends inside a field
 *   ENTENTE_ERR_MALFORMED   it is no holder's card, has a name of another form, or bytes are left over
 *   ENTENTE_ERR_SIGNATURE   the key did not sign the name: whoever made the card does not have it
 * On error `*card` is zeroed.
 */
MUST_USE enum entente_error holder_card_parse(struct holder_card *card, struct bytes input);

/* Writes the card of the person with this key, signed by it.  The writer fails where it does not fit. */
void holder_card_write(struct writer *writer, const struct signing_key *key,
    const struct public_key *public, struct bytes name);

#endif
