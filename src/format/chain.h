/*
 * Sender chains: PROTOCOL.md K1.  One key for each message, each derived from the one before, so
 * that whoever gets the chain's key at some step reads from there on and not what was before.
 */
#ifndef ENTENTE_FORMAT_CHAIN_H
#define ENTENTE_FORMAT_CHAIN_H

#include "format/ids.h"

#define CHAIN_KEY_BYTES 32
#define CHAIN_MASTER_BYTES 32
#define CHAIN_STEPS_MAX 1000u
#define CHAIN_TAG_BYTES 16 /* the scope's tag: an entry's, zero for the room */

/* Secret: lives in locked memory (crypto/secret.h), and copies are wiped. */
struct chain {
    uint64_t id;
    uint32_t first_index; /* of `first`: 0, or what a key-help entry gave */
    uint32_t index;       /* of `current`; only ever a shortcut */
    uint8_t first[CHAIN_KEY_BYTES];
    uint8_t current[CHAIN_KEY_BYTES];
};

/*
 * The writer's own chain: derived, so that nothing has to be kept but `master`, and a chain can be
 * made again from its id.
 */
void chain_make_own(struct chain *chain, const uint8_t master[static CHAIN_MASTER_BYTES],
    const struct room_id *room, const uint8_t tag[static CHAIN_TAG_BYTES], uint64_t id);

/*
 * Another writer's chain, whose key at `first_index` came in a box; from a `keys` entry the index
 * is 0.
 *   ENTENTE_ERR_TOO_LARGE   `first_index` is not below CHAIN_STEPS_MAX; `*chain` is zeroed
 */
MUST_USE enum entente_error chain_make(struct chain *chain, uint64_t id,
    const uint8_t first[static CHAIN_KEY_BYTES], uint32_t first_index);

/* What a `keys` entry carries for the chain whose key at index 0 is `first` (K3, K4). */
void chain_make_commitment(struct digest *commitment, const uint8_t first[static CHAIN_KEY_BYTES]);

/*
 * The key that seals the message at `index`, or the chain's own key there, for a key-help box.
 * Costs one hash for each step from the last index that was asked for, or from the first where
 * the chain must go back: never more than CHAIN_STEPS_MAX.
 *   ENTENTE_ERR_TOO_LARGE   `index` is not below CHAIN_STEPS_MAX
 *   ENTENTE_ERR_PENDING     `index` is before first_index: a key that we were not given
 * On error `key` is zeroed and the chain unchanged.
 */
MUST_USE enum entente_error chain_message_key(
    struct chain *chain, uint32_t index, uint8_t key[static CHAIN_KEY_BYTES]);
MUST_USE enum entente_error chain_key_at(
    struct chain *chain, uint32_t index, uint8_t key[static CHAIN_KEY_BYTES]);

#endif
