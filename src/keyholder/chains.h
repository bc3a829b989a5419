/*
 * Sender chains as the keyholder has them: the own one of each room, derived and renewed, and a
 * bounded cache of the others', which are opened from their boxes again when they fell out of it:
 * nothing here grows with the record.  PROTOCOL.md K1 to K5.
 */
#ifndef ENTENTE_KEYHOLDER_CHAINS_H
#define ENTENTE_KEYHOLDER_CHAINS_H

#include "crypto/sign.h"
#include "format/keys.h"
#include "format/payload.h"
#include "format/register.h"

#define CHAINS_CACHED_MAX 128u

#define READINGS_MAX 33u

/* With what one incarnation of this party reads: its prekey, and the master of its own chains. */
struct reading {
    uint16_t inc;
    uint32_t prekey_id;
    struct agreement_key prekey;
    uint8_t master[CHAIN_MASTER_BYTES];
};

/* What an installation keeps secret; lives in locked memory. */
struct node_secrets {
    struct signing_key signing;
    uint32_t readings_count;
    struct reading
        readings[READINGS_MAX]; /* the first is that of the node key; older ones follow */
    uint8_t random[BODY_SECRET_BYTES * 32]; /* drawn ahead for bodies: one system call for many */
    size_t random_left;
};

/* The reading half of incarnation `inc`, or NULL. */
const struct reading *secrets_reading(const struct node_secrets *secrets, uint16_t inc);

struct cached_chain {
    struct room_id room;
    uint8_t slot;
    uint16_t inc;
    uint64_t used; /* 0: free */
    struct chain chain;
};

/* In locked memory, all of it. */
struct chains {
    uint64_t uses;
    struct cached_chain cached[CHAINS_CACHED_MAX];
};

/*
 * The id of a new own chain: microseconds since 1970 and eight random bits, and always more than
 * `last`. It never repeats while the clock is right; where it was set back far, the same chain may
 * come again, and does no harm: the nonce depends on each body's own secret (K2).
 */
uint64_t chains_new_id(uint64_t last, uint64_t now_us, uint8_t random);

/* The chain, or NULL when it must be opened first. */
struct chain *chains_find(
    struct chains *chains, const struct room_id *room, uint8_t slot, uint16_t inc, uint64_t id);

/* Takes the place of the one that was used longest ago. */
void chains_put(struct chains *chains, const struct room_id *room, uint8_t slot, uint16_t inc,
    const struct chain *chain);

/*
 * The payload of the `keys` entry that announces `chain`: a box for every party's newest prekey.
 * `seeds` is fresh randomness.  A party without one in force (no node yet, revoked, a prekey that
 * is no key) gets a box of zeros, which nobody opens: it stops nobody, and can ask for key-help
 * later.
 */
void chains_announce(struct keys *keys, const struct chain *chain, const struct room_id *room,
    uint8_t slot, uint16_t inc, struct party_register *const *registers, uint8_t parties,
    const uint8_t seeds[static PARTIES_MAX * HPKE_SEED_BYTES]);

/*
 * Open what a `keys` entry of (slot, inc) has for `recipient`, check the commitment (K4), and keep
 * it. ENTENTE_ERR_UNSEALABLE, ENTENTE_ERR_COMMITMENT, or what keys_parse() says
 */
MUST_USE enum entente_error chains_learn(struct chains *chains, const struct node_secrets *secrets,
    const struct room_id *room, uint8_t slot, uint16_t inc, uint8_t recipient,
    struct bytes payload);

struct wanted_chain {
    uint8_t slot; /* whose it is */
    uint16_t inc;
    uint64_t chain;
    struct digest commitment; /* of its `keys` entry; zero: not known */
};

/*
 * The same for the wanted chain in a `key-help` entry of (helper, helper_inc).  Where the entry has
 * the whole chain, the commitment shows whether the help is honest; a later part shows it when an
 * entry opens (pcommit). ENTENTE_ERR_NOT_FOUND    the entry does not have it
 */
MUST_USE enum entente_error chains_learn_help(struct chains *chains,
    const struct node_secrets *secrets, const struct room_id *room, uint8_t helper,
    uint16_t helper_inc, uint8_t recipient, const struct wanted_chain *wanted,
    struct bytes payload);

#endif
