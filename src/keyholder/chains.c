#include "keyholder/chains.h"

#include "crypto/secret.h"

const struct reading *
secrets_reading(const struct node_secrets *secrets, uint16_t inc)
{
    for (uint32_t i = 0; i < secrets->readings_count; i++)
        if (secrets->readings[i].inc == inc)
            return &secrets->readings[i];
    return NULL;
}

/* The prekey that a box is sealed to, or NULL when it is lost or never was ours. */
static const struct agreement_key *
prekey_of(const struct node_secrets *secrets, const struct box *box)
{
    for (uint32_t i = 0; i < secrets->readings_count; i++)
        if (secrets->readings[i].prekey_id == box->prekey_id)
            return &secrets->readings[i].prekey;
    return NULL;
}

uint64_t
chains_new_id(uint64_t last, uint64_t now_us, uint8_t random)
{
    uint64_t id = now_us << 8 | random;

    return id > last ? id : last + 1;
}

static bool
is_same(const struct cached_chain *cached, const struct room_id *room, uint8_t slot, uint16_t inc,
    uint64_t id)
{
    return cached->used != 0 && cached->chain.id == id && cached->slot == slot &&
           cached->inc == inc && room_id_equal(&cached->room, room);
}

struct chain *
chains_find(
    struct chains *chains, const struct room_id *room, uint8_t slot, uint16_t inc, uint64_t id)
{
    for (uint32_t i = 0; i < CHAINS_CACHED_MAX; i++) {
        struct cached_chain *cached = &chains->cached[i];
        if (is_same(cached, room, slot, inc, id)) {
            cached->used = ++chains->uses;
            return &cached->chain;
        }
    }
    return NULL;
}

void
chains_put(struct chains *chains, const struct room_id *room, uint8_t slot, uint16_t inc,
    const struct chain *chain)
{
    struct cached_chain *place = &chains->cached[0];

    for (uint32_t i = 0; i < CHAINS_CACHED_MAX; i++) {
        struct cached_chain *cached = &chains->cached[i];
        if (is_same(cached, room, slot, inc, chain->id)) {
            /* help may give less than what is known */
            if (cached->chain.first_index <= chain->first_index)
                return;
            place = cached;
            break;
        }
        if (cached->used < place->used)
            place = cached;
    }
    secret_wipe(place, sizeof *place);
    *place = (struct cached_chain){*room, slot, inc, ++chains->uses, *chain};
}

void
chains_announce(struct keys *keys, const struct chain *chain, const struct room_id *room,
    uint8_t slot, uint16_t inc, struct party_register *const *registers, uint8_t parties,
    const uint8_t seeds[static PARTIES_MAX * HPKE_SEED_BYTES])
{
    struct box_secret secret = {0};
    struct box_place place = {
        .purpose = BOX_FOR_KEYS, .room = *room, .slot = slot, .inc = inc, .chain = chain->id};

    *keys = (struct keys){.chain = chain->id, .count = parties};
    chain_make_commitment(&keys->commitment, chain->first);
    memcpy(secret.chain_key, chain->first, sizeof secret.chain_key);
    for (uint8_t to = 0; to < parties; to++) {
        const struct incarnation *newest = register_incarnation_last(registers[to]);
        place.recipient = to;
        if (newest == NULL || newest->revoked_at != 0 ||
            box_seal(&keys->boxes[to], &place, &newest->prekey, newest->prekey_id, NULL, 0,
                seeds + (size_t)to * HPKE_SEED_BYTES, &secret) != ENTENTE_OK)
            keys->boxes[to] = (struct box){0};
    }
    secret_wipe(&secret, sizeof secret);
}

enum entente_error
chains_learn(struct chains *chains, const struct node_secrets *secrets, const struct room_id *room,
    uint8_t slot, uint16_t inc, uint8_t recipient, struct bytes payload)
{
    struct keys keys;
    struct box_secret secret = {0};
    struct chain chain = {0};
    struct digest commitment;

    enum entente_error error = keys_parse(payload, &keys);
    if (error != ENTENTE_OK)
        return error;
    struct box_place place = {.purpose = BOX_FOR_KEYS,
        .room = *room,
        .slot = slot,
        .inc = inc,
        .chain = keys.chain,
        .recipient = recipient};
    memcpy(place.tag, keys.tag, sizeof place.tag);
    const struct agreement_key *prekey =
        recipient < keys.count ? prekey_of(secrets, &keys.boxes[recipient]) : NULL;
    if (prekey == NULL)
        return ENTENTE_ERR_UNSEALABLE;
    error = box_open(&secret, &place, prekey, NULL, &keys.boxes[recipient]);
    if (error == ENTENTE_OK) {
        chain_make_commitment(&commitment, secret.chain_key);
        if (!secret_equal(&commitment, &keys.commitment, sizeof commitment))
            error = ENTENTE_ERR_COMMITMENT;
    }
    if (error == ENTENTE_OK)
        error = chain_make(&chain, keys.chain, secret.chain_key, 0);
    if (error == ENTENTE_OK)
        chains_put(chains, room, slot, inc, &chain);
    secret_wipe(&secret, sizeof secret);
    secret_wipe(&chain, sizeof chain);
    return error;
}

/* The commitment is to the chain's beginning only. */
static bool
is_honest(const struct wanted_chain *wanted, const struct box_secret *secret, uint32_t index)
{
    static const struct digest unknown;
    struct digest commitment;

    if (index > 0 || memcmp(&wanted->commitment, &unknown, sizeof unknown) == 0)
        return true;
    chain_make_commitment(&commitment, secret->chain_key);
    return secret_equal(&commitment, &wanted->commitment, sizeof commitment);
}

static enum entente_error
learn_item(struct chains *chains, const struct node_secrets *secrets, const struct box_place *place,
    const struct wanted_chain *wanted, const struct key_help_item *item)
{
    struct box_secret secret = {0};
    struct chain chain = {0};
    const struct agreement_key *prekey = prekey_of(secrets, &item->box);

    if (prekey == NULL)
        return ENTENTE_ERR_UNSEALABLE;
    enum entente_error error = box_open(&secret, place, prekey, NULL, &item->box);
    if (error == ENTENTE_OK && !is_honest(wanted, &secret, item->index))
        error = ENTENTE_ERR_COMMITMENT;
    if (error == ENTENTE_OK)
        error = chain_make(&chain, item->chain, secret.chain_key, item->index);
    if (error == ENTENTE_OK)
        chains_put(chains, &place->room, item->owner_slot, item->owner_inc, &chain);
    secret_wipe(&secret, sizeof secret);
    secret_wipe(&chain, sizeof chain);
    return error;
}

enum entente_error
chains_learn_help(struct chains *chains, const struct node_secrets *secrets,
    const struct room_id *room, uint8_t helper, uint16_t helper_inc, uint8_t recipient,
    const struct wanted_chain *wanted, struct bytes payload)
{
    struct key_help help;

    enum entente_error error = key_help_parse(payload, &help);
    if (error != ENTENTE_OK)
        return error;
    if (help.slot != recipient)
        return ENTENTE_ERR_UNSEALABLE;
    for (uint32_t i = 0; i < help.count; i++) {
        struct key_help_item item = key_help_item(&help, i);
        if (item.owner_slot != wanted->slot || item.owner_inc != wanted->inc ||
            item.chain != wanted->chain)
            continue;
        struct box_place place = {.purpose = BOX_FOR_KEY_HELP,
            .room = *room,
            .slot = helper,
            .inc = helper_inc,
            .chain = item.chain,
            .recipient = recipient};
        return learn_item(chains, secrets, &place, wanted, &item);
    }
    return ENTENTE_ERR_NOT_FOUND;
}
