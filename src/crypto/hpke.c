#include "crypto/hpke.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static_assert(HPKE_TAG_BYTES == crypto_aead_chacha20poly1305_ietf_ABYTES, "as libsodium");

#define SECRET_BYTES 32
#define CONTEXT_BYTES (1 + 2 * SECRET_BYTES) /* key_schedule_context: mode, two hashes */

enum hpke_mode { MODE_BASE = 0, MODE_PSK = 1 };

static const uint8_t kem_suite_bytes[] = {'K', 'E', 'M', 0x00, 0x20};
static const uint8_t suite_bytes[] = {'H', 'P', 'K', 'E', 0x00, 0x20, 0x00, 0x01, 0x00, 0x03};
static const struct bytes kem_suite = {kem_suite_bytes, sizeof kem_suite_bytes};
static const struct bytes suite = {suite_bytes, sizeof suite_bytes};
static const struct bytes no_salt = {suite_bytes, 0}; /* libsodium refuses NULL as a key */

/* The inputs of one use of HPKE, in the words of the RFC. */
struct schedule {
    uint8_t key[crypto_aead_chacha20poly1305_ietf_KEYBYTES];
    uint8_t base_nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];
};

static void
mac_add(crypto_auth_hmacsha256_state *mac, struct bytes input)
{
    crypto_auth_hmacsha256_update(mac, input.data, input.size);
}

/* "HPKE-v1" || suite id || label, with which every labelled input begins. */
static void
mac_add_label(crypto_auth_hmacsha256_state *mac, struct bytes suite_id, const char *label)
{
    mac_add(mac, bytes_of_text("HPKE-v1"));
    mac_add(mac, suite_id);
    mac_add(mac, bytes_of_text(label));
}

/* LabeledExtract() of section 4. */
static void
extract(uint8_t prk[static SECRET_BYTES], struct bytes suite_id, struct bytes salt,
    const char *label, struct bytes input)
{
    crypto_auth_hmacsha256_state mac;

    crypto_auth_hmacsha256_init(&mac, salt.data, salt.size);
    mac_add_label(&mac, suite_id, label);
    mac_add(&mac, input);
    crypto_auth_hmacsha256_final(&mac, prk);
    sodium_memzero(&mac, sizeof mac);
}

/* LabeledExpand() of section 4, for outputs of one HMAC, which is all that the suite asks for. */
static void
expand(void *out, size_t size, struct bytes suite_id, const uint8_t prk[static SECRET_BYTES],
    const char *label, struct bytes input)
{
    crypto_auth_hmacsha256_state mac;
    uint8_t block[crypto_auth_hmacsha256_BYTES];
    const uint8_t length[] = {0, (uint8_t)size};
    const uint8_t counter = 1;

    assert(size <= sizeof block);
    crypto_auth_hmacsha256_init(&mac, prk, SECRET_BYTES);
    mac_add(&mac, (struct bytes){length, sizeof length});
    mac_add_label(&mac, suite_id, label);
    mac_add(&mac, input);
    mac_add(&mac, (struct bytes){&counter, 1});
    crypto_auth_hmacsha256_final(&mac, block);
    memcpy(out, block, size);
    sodium_memzero(&mac, sizeof mac);
    sodium_memzero(block, sizeof block);
}

void
agreement_key_of_seed(struct agreement_key *key, struct agreement_public *public,
    const uint8_t seed[static HPKE_SEED_BYTES])
{
    uint8_t prk[SECRET_BYTES];

    extract(prk, kem_suite, no_salt, "dkp_prk", (struct bytes){seed, HPKE_SEED_BYTES});
    expand(key->bytes, sizeof key->bytes, kem_suite, prk, "sk", (struct bytes){0});
    crypto_scalarmult_base(public->bytes, key->bytes);
    sodium_memzero(prk, sizeof prk);
}

/* The shared secret of Encap() and Decap(); false when the X25519 result is zero. */
static bool
agree(uint8_t shared[static SECRET_BYTES], const struct agreement_key *own,
    const struct agreement_public *theirs, const struct agreement_public *enc,
    const struct agreement_public *recipient)
{
    uint8_t dh[SECRET_BYTES];
    uint8_t prk[SECRET_BYTES];
    uint8_t kem_context[sizeof enc->bytes + sizeof recipient->bytes];

    if (crypto_scalarmult(dh, own->bytes, theirs->bytes) != 0)
        return false;
    memcpy(kem_context, enc->bytes, sizeof enc->bytes);
    memcpy(kem_context + sizeof enc->bytes, recipient->bytes, sizeof recipient->bytes);
    extract(prk, kem_suite, no_salt, "eae_prk", (struct bytes){dh, sizeof dh});
    expand(shared, SECRET_BYTES, kem_suite, prk, "shared_secret",
        (struct bytes){kem_context, sizeof kem_context});
    sodium_memzero(dh, sizeof dh);
    sodium_memzero(prk, sizeof prk);
    return true;
}

/* KeySchedule() of section 5.1; wipes `shared`. */
static void
schedule_make(struct schedule *schedule, uint8_t shared[static SECRET_BYTES],
    const struct hpke_psk *psk, struct bytes info)
{
    struct bytes psk_key =
        psk == NULL ? (struct bytes){0} : (struct bytes){psk->key, HPKE_PSK_BYTES};
    struct bytes psk_id = psk == NULL ? (struct bytes){0} : psk->id;
    uint8_t context_bytes[CONTEXT_BYTES];
    struct bytes context = {context_bytes, sizeof context_bytes};
    uint8_t secret[SECRET_BYTES];

    assert(psk == NULL || psk->id.size > 0);
    context_bytes[0] = psk == NULL ? MODE_BASE : MODE_PSK;
    extract(context_bytes + 1, suite, no_salt, "psk_id_hash", psk_id);
    extract(context_bytes + 1 + SECRET_BYTES, suite, no_salt, "info_hash", info);

    extract(secret, suite, (struct bytes){shared, SECRET_BYTES}, "secret", psk_key);
    expand(schedule->key, sizeof schedule->key, suite, secret, "key", context);
    expand(schedule->base_nonce, sizeof schedule->base_nonce, suite, secret, "base_nonce", context);
    sodium_memzero(secret, sizeof secret);
    sodium_memzero(shared, SECRET_BYTES);
}

enum entente_error
hpke_seal(struct agreement_public *enc, uint8_t *sealed, const struct agreement_public *recipient,
    const uint8_t seed[static HPKE_SEED_BYTES], const struct hpke_psk *psk, struct bytes info,
    struct bytes associated, struct bytes plaintext)
{
    struct agreement_key ephemeral;
    struct schedule schedule;
    uint8_t shared[SECRET_BYTES];
    enum entente_error error = ENTENTE_ERR_UNSEALABLE;

    agreement_key_of_seed(&ephemeral, enc, seed);
    if (!agree(shared, &ephemeral, recipient, enc, recipient))
        goto out;
    schedule_make(&schedule, shared, psk, info);
    crypto_aead_chacha20poly1305_ietf_encrypt(sealed, NULL, plaintext.data, plaintext.size,
        associated.data, associated.size, NULL, schedule.base_nonce, schedule.key);
    sodium_memzero(&schedule, sizeof schedule);
    error = ENTENTE_OK;

out:
    sodium_memzero(&ephemeral, sizeof ephemeral);
    if (error != ENTENTE_OK)
        *enc = (struct agreement_public){0};
    return error;
}

enum entente_error
hpke_open(uint8_t *plaintext, const struct agreement_key *recipient,
    const struct agreement_public *enc, const struct hpke_psk *psk, struct bytes info,
    struct bytes associated, struct bytes sealed)
{
    struct agreement_public own;
    struct schedule schedule;
    uint8_t shared[SECRET_BYTES];

    crypto_scalarmult_base(own.bytes, recipient->bytes);
    if (!agree(shared, recipient, enc, enc, &own))
        return ENTENTE_ERR_UNSEALABLE;
    schedule_make(&schedule, shared, psk, info);
    int result = crypto_aead_chacha20poly1305_ietf_decrypt(plaintext, NULL, NULL, sealed.data,
        sealed.size, associated.data, associated.size, schedule.base_nonce, schedule.key);
    sodium_memzero(&schedule, sizeof schedule);
    return result == 0 ? ENTENTE_OK : ENTENTE_ERR_UNSEALABLE;
}
