/* What is derived from facts: ids, roots, slot keys, and what a holder signs. */
#include "format/fact.h"

#include "crypto/hash.h"

void
fact_make_object(struct digest *object, const struct entry_id *entry, uint16_t index)
{
    uint8_t input[ID_BYTES + 2];
    struct writer writer = writer_of(input, sizeof input);

    writer_copy(&writer, entry->bytes, ID_BYTES);
    writer_u16(&writer, index);
    hash_once(object->bytes, "entente/objectid", writer_written(&writer));
}

void
fact_make_act(struct digest *act, const struct room_id *room, const struct entry_id *proposal)
{
    uint8_t input[2 * ID_BYTES];
    struct writer writer = writer_of(input, sizeof input);

    writer_copy(&writer, room->bytes, ID_BYTES);
    writer_copy(&writer, proposal->bytes, ID_BYTES);
    hash_once(act->bytes, "entente/actid/v1", writer_written(&writer));
}

void
fact_make_text_root(struct digest *root, const struct fact *text)
{
    uint8_t counts[3];
    struct writer writer = writer_of(counts, sizeof counts);
    struct hasher hasher;

    writer_u16(&writer, text->brackets);
    writer_u8(&writer, (uint8_t)text->items_count);
    hasher_start(&hasher, "entente/textroot");
    hasher_add(&hasher, text->nonce);
    hasher_add(&hasher, writer_written(&writer));
    hasher_add(&hasher, text->items);
    hasher_finish(&hasher, root->bytes);
}

void
fact_make_slot_key(struct digest *key, uint8_t kind, const struct digest *subject, uint32_t number)
{
    uint8_t input[1 + ID_BYTES + 4];
    struct writer writer = writer_of(input, sizeof input);

    writer_u8(&writer, kind);
    writer_copy(&writer, subject->bytes, ID_BYTES);
    writer_u32(&writer, number);
    hash_once(key->bytes, "entente/slotkey1", writer_written(&writer));
}

void
consent_make_challenge(uint8_t challenge[static 32], const struct consent_terms *terms)
{
    uint8_t input[16 + 4 * ID_BYTES + 5];
    struct writer writer = writer_of(input, sizeof input);

    writer_copy(&writer, "entente/consent1", 16);
    writer_copy(&writer, terms->room.bytes, ID_BYTES);
    writer_copy(&writer, terms->act.bytes, ID_BYTES);
    writer_copy(&writer, terms->root.bytes, ID_BYTES);
    writer_copy(&writer, terms->party.bytes, ID_BYTES);
    writer_u32(&writer, terms->office);
    writer_u8(&writer, terms->purpose);
    sha256_once(challenge, writer_written(&writer));
}

void
consent_sign(
    struct signature *signature, const struct signing_key *key, const struct consent_terms *terms)
{
    uint8_t challenge[32];

    consent_make_challenge(challenge, terms);
    sign_make(signature, key, "entente/consent1", (struct bytes){challenge, sizeof challenge});
}

bool
consent_check(const struct public_key *key, const struct signature *signature,
    const struct consent_terms *terms)
{
    uint8_t challenge[32];

    consent_make_challenge(challenge, terms);
    return sign_check(
        key, signature, "entente/consent1", (struct bytes){challenge, sizeof challenge});
}
