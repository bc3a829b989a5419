/*
 * Goal: a chain is read by the parties that are there and by nobody else; one party without a key
 * stops nobody; the cache of others' chains is bounded and gives no wrong key. Method: the keys
 * payload of one party, opened with the secrets of each, of a revoked one, and changed.
 */
#include "support/build.h"
#include "support/test.h"

#include "crypto/crypto.h"
#include "keyholder/chains.h"

#define PARTIES 3u
#define CHAIN 99u

static const struct room_id room = {{5}};

static struct build_party parties[PARTIES];
static struct party_register *registers[PARTIES];
static struct chains chains;

static void
start(void)
{
    if (crypto_start() != ENTENTE_OK)
        exit(1);
    for (uint32_t i = 0; i < PARTIES; i++) {
        build_party(&parties[i], (uint8_t)(i + 1));
        registers[i] = parties[i].reg;
    }
    chains = (struct chains){0};
}

static void
stop(void)
{
    for (uint32_t i = 0; i < PARTIES; i++)
        build_party_free(&parties[i]);
}

static struct node_secrets
secrets_of(uint8_t seed, uint16_t inc)
{
    struct node_secrets secrets = {.readings_count = 1};
    struct agreement_public unused;

    secrets.readings[0].inc = inc;
    secrets.readings[0].prekey_id = inc;
    build_prekey(&secrets.readings[0].prekey, &unused, seed, inc);
    return secrets;
}

static struct chain
own_chain(void)
{
    const uint8_t master[CHAIN_MASTER_BYTES] = {1}, tag[CHAIN_TAG_BYTES] = {0};
    struct chain chain;

    chain_make_own(&chain, master, &room, tag, CHAIN);
    return chain;
}

/* What the party at slot 0 announces. */
static struct bytes
announce(uint8_t out[static KEYS_BYTES_MAX], struct keys *keys)
{
    uint8_t seeds[PARTIES_MAX * HPKE_SEED_BYTES];
    struct writer writer = writer_of(out, KEYS_BYTES_MAX);
    struct chain chain = own_chain();

    memset(seeds, 3, sizeof seeds);
    chains_announce(keys, &chain, &room, 0, 1, registers, PARTIES, seeds);
    keys_write(&writer, keys);
    return writer_written(&writer);
}

TEST(every_party_opens_its_box_and_no_other)
{
    uint8_t payload_bytes[KEYS_BYTES_MAX];
    struct keys keys;
    struct chain chain = own_chain();

    start();
    struct bytes payload = announce(payload_bytes, &keys);
    for (uint8_t to = 0; to < PARTIES; to++) {
        struct node_secrets secrets = secrets_of((uint8_t)(to + 1), 1);
        for (uint8_t slot = 0; slot <= PARTIES; slot++)
            CHECK(chains_learn(&chains, &secrets, &room, 0, 1, slot, payload) ==
                  (slot == to ? ENTENTE_OK : ENTENTE_ERR_UNSEALABLE));
        const struct chain *found = chains_find(&chains, &room, 0, 1, CHAIN);
        REQUIRE(found != NULL);
        CHECK(memcmp(found->first, chain.first, sizeof chain.first) == 0);
        chains = (struct chains){0};
    }
    stop();
}

TEST(a_box_belongs_to_its_place_and_commitment)
{
    uint8_t bytes[KEYS_BYTES_MAX];
    struct keys keys;
    const struct room_id other_room = {{6}};

    start();
    struct bytes payload = announce(bytes, &keys);
    struct node_secrets secrets = secrets_of(2, 1);
    CHECK(chains_learn(&chains, &secrets, &other_room, 0, 1, 1, payload) == ENTENTE_ERR_UNSEALABLE);
    CHECK(chains_learn(&chains, &secrets, &room, 2, 1, 1, payload) == ENTENTE_ERR_UNSEALABLE);
    CHECK(chains_learn(&chains, &secrets, &room, 0, 2, 1, payload) == ENTENTE_ERR_UNSEALABLE);
    struct node_secrets lost = secrets_of(2, 2);
    CHECK(chains_learn(&chains, &lost, &room, 0, 1, 1, payload) == ENTENTE_ERR_UNSEALABLE);
    bytes[8] ^= 1; /* the commitment (K4) */
    CHECK(chains_learn(&chains, &secrets, &room, 0, 1, 1, payload) == ENTENTE_ERR_COMMITMENT);
    bytes[8] ^= 1;
    CHECK(chains_find(&chains, &room, 0, 1, CHAIN) == NULL);
    CHECK(chains_learn(&chains, &secrets, &room, 0, 1, 1, payload) == ENTENTE_OK);
    stop();
}

TEST(an_earlier_incarnations_prekey_still_opens)
{
    uint8_t bytes[KEYS_BYTES_MAX];
    struct keys keys;

    start();
    struct bytes payload = announce(bytes, &keys);
    struct node_secrets secrets = secrets_of(2, 2), before = secrets_of(2, 1);
    secrets.readings[secrets.readings_count++] = before.readings[0];
    CHECK(chains_learn(&chains, &secrets, &room, 0, 1, 1, payload) == ENTENTE_OK);
    stop();
}

/* A revoked key may be in a thief's hands: nothing is sealed to it, and nobody waits for its party.
 */
TEST(nothing_is_sealed_to_a_revoked_key_and_nobody_is_stopped)
{
    static const struct box none;
    uint8_t bytes[KEYS_BYTES_MAX];
    struct keys keys;

    start();
    build_party_revoke(&parties[1], 1);
    struct bytes payload = announce(bytes, &keys);
    CHECK(memcmp(&keys.boxes[1], &none, sizeof none) == 0);
    struct node_secrets revoked = secrets_of(2, 1), third = secrets_of(3, 1);
    CHECK(chains_learn(&chains, &revoked, &room, 0, 1, 1, payload) == ENTENTE_ERR_UNSEALABLE);
    CHECK(chains_learn(&chains, &third, &room, 0, 1, 2, payload) == ENTENTE_OK);
    build_party_certify(&parties[1]); /* a new incarnation reads what comes from now on */
    chains = (struct chains){0};
    payload = announce(bytes, &keys);
    struct node_secrets renewed = secrets_of(2, 2);
    CHECK(chains_learn(&chains, &renewed, &room, 0, 1, 1, payload) == ENTENTE_OK);
    stop();
}

TEST(the_cache_keeps_what_was_used_last)
{
    const uint8_t key[CHAIN_KEY_BYTES] = {1};
    struct chain chain;

    start();
    for (uint64_t id = 1; id <= CHAINS_CACHED_MAX; id++) {
        REQUIRE(chain_make(&chain, id, key, 0) == ENTENTE_OK);
        chains_put(&chains, &room, 1, 1, &chain);
    }
    CHECK(chains_find(&chains, &room, 1, 1, 1) != NULL); /* used: the second is the oldest now */
    REQUIRE(chain_make(&chain, 1000, key, 0) == ENTENTE_OK);
    chains_put(&chains, &room, 1, 1, &chain);
    CHECK(chains_find(&chains, &room, 1, 1, 1) != NULL);
    CHECK(chains_find(&chains, &room, 1, 1, 2) == NULL);
    CHECK(chains_find(&chains, &room, 1, 1, 1000) != NULL);
    CHECK(chains_find(&chains, &room, 1, 2, 1000) == NULL);
    CHECK(chains_find(&chains, &room, 2, 1, 1000) == NULL);
    CHECK(chains_find(&chains, &(struct room_id){{6}}, 1, 1, 1000) == NULL);
    stop();
}

/* Help may begin later than what is known, or earlier. */
/* The chain's key at `index` for the party at slot 1, whose node is the second, from that at slot 2. */
static struct bytes
help(uint8_t out[static KEY_HELP_BYTES_MAX], uint32_t index, bool is_honest)
{
    struct key_help_item item = {.owner_slot = 0, .owner_inc = 1, .chain = CHAIN, .index = index};
    struct box_place place = {
        .purpose = BOX_FOR_KEY_HELP, .room = room, .slot = 2, .inc = 1, .chain = CHAIN, .recipient = 1};
    struct writer writer = writer_of(out, KEY_HELP_BYTES_MAX);
    struct chain chain = own_chain();
    struct box_secret secret = {0};
    struct agreement_key unused;
    struct agreement_public prekey;
    uint8_t seed[HPKE_SEED_BYTES] = {7};

    build_prekey(&unused, &prekey, 2, 2);
    CHECK(chain_key_at(&chain, index, secret.chain_key) == ENTENTE_OK);
    secret.chain_key[0] ^= !is_honest;
    CHECK(box_seal(&item.box, &place, &prekey, 2, NULL, 0, seed, &secret) == ENTENTE_OK);
    key_help_write_head(&writer, 1, 2, 1);
    key_help_write_item(&writer, &item);
    return writer_written(&writer);
}

TEST(help_gives_a_lost_chain_and_no_other)
{
    static uint8_t bytes[KEYS_BYTES_MAX], help_bytes[KEY_HELP_BYTES_MAX];
    struct wanted_chain wanted = {0, 1, CHAIN, {{0}}}, other = {0, 1, CHAIN + 1, {{0}}};
    struct keys keys;

    start();
    struct bytes payload = announce(bytes, &keys);
    struct node_secrets secrets = secrets_of(2, 2);
    wanted.commitment = keys.commitment;
    CHECK(chains_learn(&chains, &secrets, &room, 0, 1, 1, payload) == ENTENTE_ERR_UNSEALABLE);
    struct bytes given = help(help_bytes, 0, false);
    CHECK(chains_learn_help(&chains, &secrets, &room, 2, 1, 1, &wanted, given) ==
          ENTENTE_ERR_COMMITMENT);
    given = help(help_bytes, 0, true);
    CHECK(chains_learn_help(&chains, &secrets, &room, 2, 1, 1, &other, given) ==
          ENTENTE_ERR_NOT_FOUND);
    CHECK(chains_learn_help(&chains, &secrets, &room, 0, 1, 1, &wanted, given) ==
          ENTENTE_ERR_UNSEALABLE); /* another helper's */
    CHECK(chains_learn_help(&chains, &secrets, &room, 2, 1, 2, &wanted, given) ==
          ENTENTE_ERR_UNSEALABLE); /* for another party */
    CHECK(chains_find(&chains, &room, 0, 1, CHAIN) == NULL);
    CHECK(chains_learn_help(&chains, &secrets, &room, 2, 1, 1, &wanted, given) == ENTENTE_OK);
    struct chain *found = chains_find(&chains, &room, 0, 1, CHAIN);
    CHECK(found != NULL && memcmp(found->first, own_chain().first, CHAIN_KEY_BYTES) == 0);
    chains = (struct chains){0};
    given = help(help_bytes, 5, true); /* a later part: nothing commits to it */
    CHECK(chains_learn_help(&chains, &secrets, &room, 2, 1, 1, &wanted, given) == ENTENTE_OK);
    found = chains_find(&chains, &room, 0, 1, CHAIN);
    CHECK(found != NULL && found->first_index == 5);
    stop();
}

TEST(help_never_takes_keys_away)
{
    const uint8_t key[CHAIN_KEY_BYTES] = {1};
    struct chain late, early;

    start();
    REQUIRE(chain_make(&late, 7, key, 10) == ENTENTE_OK);
    REQUIRE(chain_make(&early, 7, key, 3) == ENTENTE_OK);
    chains_put(&chains, &room, 1, 1, &late);
    chains_put(&chains, &room, 1, 1, &early);
    CHECK(chains_find(&chains, &room, 1, 1, 7)->first_index == 3);
    chains_put(&chains, &room, 1, 1, &late);
    CHECK(chains_find(&chains, &room, 1, 1, 7)->first_index == 3);
    stop();
}

TEST(ids_grow)
{
    CHECK(chains_new_id(0, 1000, 7) == (1000 << 8 | 7));
    CHECK(chains_new_id(1000 << 8 | 7, 1000, 3) == (1000 << 8 | 8));
    CHECK(chains_new_id(UINT64_C(1) << 60, 1000, 3) == (UINT64_C(1) << 60) + 1);
}

TEST_MAIN(CASE(every_party_opens_its_box_and_no_other),
    CASE(a_box_belongs_to_its_place_and_commitment),
    CASE(an_earlier_incarnations_prekey_still_opens),
    CASE(nothing_is_sealed_to_a_revoked_key_and_nobody_is_stopped),
    CASE(the_cache_keeps_what_was_used_last), CASE(help_gives_a_lost_chain_and_no_other),
    CASE(help_never_takes_keys_away), CASE(ids_grow))
