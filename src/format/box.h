/* Key boxes: a chain's key, sealed to one party's prekey.  PROTOCOL.md K3 and K5. */
#ifndef ENTENTE_FORMAT_BOX_H
#define ENTENTE_FORMAT_BOX_H

#include "crypto/hpke.h"
#include "format/chain.h"

#define BOX_BYTES 120u
#define BOX_SECRET_BYTES (2 * CHAIN_KEY_BYTES)
#define BOX_SEALED_BYTES (BOX_SECRET_BYTES + HPKE_TAG_BYTES)

struct box {
    uint32_t prekey_id; /* which of the recipient's prekeys it is sealed to */
    uint32_t psk_id;    /* which pre-shared secret it needs too, 0: none */
    struct agreement_public enc;
    uint8_t sealed[BOX_SEALED_BYTES];
};

/* What is in a box.  Lives in locked memory; copies are wiped. */
struct box_secret {
    uint8_t chain_key[CHAIN_KEY_BYTES];
    uint8_t scope_key[CHAIN_KEY_BYTES]; /* of a caucus; zero for the room */
};

enum box_purpose {
    BOX_FOR_KEYS,    /* the writer's own chain */
    BOX_FOR_KEY_HELP /* somebody's chain, given again by a helper */
};

/* Which box of which entry: a box copied to anywhere else does not open. */
struct box_place {
    enum box_purpose purpose;
    struct room_id room;
    uint8_t tag[CHAIN_TAG_BYTES]; /* the scope of the chain */
    uint8_t slot;                 /* who writes the entry: the sender, or the helper */
    uint16_t inc;
    uint64_t chain;
    uint8_t recipient; /* slot */
};

/*
 * Seal `secret` to the prekey `prekey_id` of the recipient.  `psk` is NULL exactly where `psk_id`
 * is 0.  `seed` is fresh randomness and used for this box alone.
 *   ENTENTE_ERR_UNSEALABLE   the prekey is a point of small order: its owner is at fault
 * On error `*box` is zeroed.
 */
MUST_USE enum entente_error box_seal(struct box *box, const struct box_place *place,
    const struct agreement_public *prekey, uint32_t prekey_id, const uint8_t *psk, uint32_t psk_id,
    const uint8_t seed[static HPKE_SEED_BYTES], const struct box_secret *secret);

/*
 * Open a box with the key that its prekey_id names, and the pre-shared secret that its psk_id
 * names: NULL where it is 0, or names none that we have. ENTENTE_ERR_UNSEALABLE   made for another
 * key, secret or place, or changed On error `*secret` is zeroed.  For keys the caller still
 * compares the commitment (K4).
 */
MUST_USE enum entente_error box_open(struct box_secret *secret, const struct box_place *place,
    const struct agreement_key *prekey, const uint8_t *psk, const struct box *box);

struct box box_read(struct reader *reader);
void box_write(struct writer *writer, const struct box *box);

/* The payload of an entry of kind `prekey`: the public key to seal to from then on. */
struct prekey {
    uint32_t id;
    struct agreement_public key;
};
#define PREKEY_BYTES 36u

/*
 * Read one that fills `payload` to its end.
 *   ENTENTE_ERR_TRUNCATED, ENTENTE_ERR_MALFORMED   too short, too long
 * On error `*prekey` is zeroed.
 */
MUST_USE enum entente_error prekey_parse(struct bytes payload, struct prekey *prekey);
void prekey_write(struct writer *writer, const struct prekey *prekey);

#endif
