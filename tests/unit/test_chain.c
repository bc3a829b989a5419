/*
 * Goal: every message key of a chain is found from wherever the chain stands; a sealed body
 * opens only at its own place, under its own key, as the body that was committed to.
 * Method: all keys once forward, then in random order; each field of the place changed, each bit
 * of a payload flipped; bodies sealed by a writer who lies about them.
 */
#include "crypto/crypto.h"
#include "crypto/hash.h"
#include "format/commitment.h"
#include "format/payload.h"
#include "support/test.h"

static const uint8_t master[CHAIN_MASTER_BYTES] = {5};
static const uint8_t room_tag[CHAIN_TAG_BYTES];
static const struct room_id room = {{6}};

static void
step(uint8_t out[static 32], const char *personal, const uint8_t key[static 32])
{
    hash_keyed(out, personal, key, (struct bytes){0});
}

TEST(own_chains_differ_by_everything_that_names_them)
{
    const uint8_t other_master[CHAIN_MASTER_BYTES] = {4}, caucus_tag[CHAIN_TAG_BYTES] = {1};
    const struct room_id other_room = {{7}};
    struct chain chains[6];

    chain_make_own(&chains[0], master, &room, room_tag, 1);
    chain_make_own(&chains[1], other_master, &room, room_tag, 1);
    chain_make_own(&chains[2], master, &other_room, room_tag, 1);
    chain_make_own(&chains[3], master, &room, caucus_tag, 1);
    chain_make_own(&chains[4], master, &room, room_tag, 2);
    chain_make_own(&chains[5], master, &room, room_tag, UINT64_MAX);
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < i; j++)
            CHECK(memcmp(chains[i].first, chains[j].first, CHAIN_KEY_BYTES) != 0);
    CHECK(chains[4].id == 2 && chains[4].index == 0 && chains[4].first_index == 0);
}

TEST(every_key_is_found_from_everywhere)
{
    static uint8_t keys[CHAIN_STEPS_MAX][CHAIN_KEY_BYTES], messages[CHAIN_STEPS_MAX][32];
    struct chain chain;
    uint8_t key[CHAIN_KEY_BYTES];
    uint64_t random = 1;

    chain_make_own(&chain, master, &room, room_tag, 1);
    memcpy(keys[0], chain.first, CHAIN_KEY_BYTES);
    for (uint32_t i = 0; i < CHAIN_STEPS_MAX; i++) {
        step(messages[i], "entente/chainmsg", keys[i]);
        if (i + 1 < CHAIN_STEPS_MAX)
            step(keys[i + 1], "entente/chainnxt", keys[i]);
        CHECK(chain_message_key(&chain, i, key) == ENTENTE_OK);
        CHECK(memcmp(key, messages[i], sizeof key) == 0);
    }
    for (int i = 0; i < 200; i++) {
        uint32_t index = (uint32_t)(test_random(&random) % CHAIN_STEPS_MAX);
        CHECK(chain_message_key(&chain, index, key) == ENTENTE_OK);
        CHECK(memcmp(key, messages[index], sizeof key) == 0);
        CHECK(chain_key_at(&chain, index, key) == ENTENTE_OK);
        CHECK(memcmp(key, keys[index], sizeof key) == 0);
    }
}

TEST(a_chain_from_the_middle_reads_from_there_on)
{
    struct chain whole, part;
    uint8_t key[CHAIN_KEY_BYTES], wanted[CHAIN_KEY_BYTES];
    static const uint8_t zero[CHAIN_KEY_BYTES];

    chain_make_own(&whole, master, &room, room_tag, 9);
    REQUIRE(chain_key_at(&whole, 40, key) == ENTENTE_OK);
    CHECK(chain_make(&part, 9, key, 40) == ENTENTE_OK);
    for (uint32_t index = 60; index >= 40; index--) {
        CHECK(chain_message_key(&whole, index, wanted) == ENTENTE_OK);
        CHECK(chain_message_key(&part, index, key) == ENTENTE_OK);
        CHECK(memcmp(key, wanted, sizeof key) == 0);
    }
    CHECK(chain_message_key(&part, 39, key) == ENTENTE_ERR_PENDING);
    CHECK(memcmp(key, zero, sizeof key) == 0);
    CHECK(chain_key_at(&part, 39, key) == ENTENTE_ERR_PENDING);
}

TEST(steps_beyond_the_last_are_refused)
{
    static const struct chain zero;
    struct chain chain;
    uint8_t key[CHAIN_KEY_BYTES];

    chain_make_own(&chain, master, &room, room_tag, 1);
    CHECK(chain_message_key(&chain, CHAIN_STEPS_MAX - 1, key) == ENTENTE_OK);
    CHECK(chain_message_key(&chain, CHAIN_STEPS_MAX, key) == ENTENTE_ERR_TOO_LARGE);
    CHECK(chain_key_at(&chain, UINT32_MAX, key) == ENTENTE_ERR_TOO_LARGE);
    CHECK(chain_make(&chain, 1, master, CHAIN_STEPS_MAX - 1) == ENTENTE_OK);
    CHECK(chain_make(&chain, 1, master, CHAIN_STEPS_MAX) == ENTENTE_ERR_TOO_LARGE);
    CHECK(memcmp(&chain, &zero, sizeof chain) == 0);
}

/* One sealed body and all that opening it takes. */
struct sealed {
    uint8_t key[CHAIN_KEY_BYTES];
    struct payload_place place;
    struct digest commitment;
    uint8_t payload[BODY_BYTES_MIN + AEAD_TAG_BYTES];
};

static struct sealed
seal(const char *text, struct digest *lie)
{
    struct sealed sealed = {
        .key = {3}, .place = {room, 2, 0x0102, {4}, 0x0102030405060708, 0x01020304}};
    struct body body = {.secret = {8}, .count = 1};
    uint8_t plaintext[BODY_BYTES_MIN];
    struct writer writer = writer_of(plaintext, sizeof plaintext);

    body.sections[0] = (struct section){
        .type = SECTION_STATEMENT, .statement = {bytes_of_text("en"), {0}, bytes_of_text(text)}};
    CHECK(body_write(&writer, &body) == ENTENTE_OK);
    body_commit(&sealed.commitment, &body);
    if (lie != NULL)
        sealed.commitment = *lie;
    payload_seal(
        sealed.payload, sealed.key, &sealed.place, &sealed.commitment, writer_written(&writer));
    return sealed;
}

static enum entente_error
unseal(const struct sealed *sealed, struct body *body)
{
    static uint8_t plaintext[BODY_BYTES_MIN];
    static const uint8_t zero[BODY_BYTES_MIN];
    static const struct body no_body;

    memset(plaintext, 1, sizeof plaintext);
    enum entente_error error = payload_open(plaintext, body, sealed->key, &sealed->place,
        &sealed->commitment, (struct bytes){sealed->payload, sizeof sealed->payload});
    if (error != ENTENTE_OK) {
        CHECK(memcmp(plaintext, zero, sizeof zero) == 0);
        CHECK(memcmp(body, &no_body, sizeof no_body) == 0);
    }
    return error;
}

TEST(a_sealed_body_opens)
{
    struct sealed sealed = seal("Agreed.", NULL);
    struct body body;

    REQUIRE(unseal(&sealed, &body) == ENTENTE_OK);
    CHECK(bytes_equal(body.sections[0].statement.text, bytes_of_text("Agreed.")));
}

TEST(nothing_opens_at_another_place_or_changed)
{
    const struct sealed good = seal("Agreed.", NULL);
    struct sealed changed;
    struct body body;

#define REFUSES(change)                                                                            \
    changed = good;                                                                                \
    change;                                                                                        \
    CHECK(unseal(&changed, &body) == ENTENTE_ERR_UNSEALABLE)

    REFUSES(changed.key[31] ^= 1);
    REFUSES(changed.place.room.bytes[31] ^= 1);
    REFUSES(changed.place.slot ^= 1);
    REFUSES(changed.place.inc ^= 0x100);
    REFUSES(changed.place.tag[15] ^= 1);
    REFUSES(changed.place.chain ^= 1);
    REFUSES(changed.place.index ^= 1);
    REFUSES(changed.commitment.bytes[31] ^= 1);
    for (size_t bit = 0; bit < 8 * sizeof good.payload; bit++) {
        REFUSES(changed.payload[bit / 8] ^= (uint8_t)(1u << bit % 8));
    }
    for (size_t cut = 0; cut < sizeof good.payload; cut++) {
        uint8_t plaintext[BODY_BYTES_MIN];
        CHECK(payload_open(plaintext, &body, good.key, &good.place, &good.commitment,
                  (struct bytes){good.payload, cut}) == ENTENTE_ERR_UNSEALABLE);
    }
}

TEST(a_writer_who_lies_about_the_body_is_caught)
{
    struct digest other = seal("Not agreed.", NULL).commitment;
    struct sealed sealed = seal("Agreed.", &other);
    struct body body;

    CHECK(unseal(&sealed, &body) == ENTENTE_ERR_COMMITMENT);

    uint8_t garbage[BODY_BYTES_MIN] = {0};
    payload_seal(sealed.payload, sealed.key, &sealed.place, &sealed.commitment,
        (struct bytes){garbage, sizeof garbage});
    CHECK(unseal(&sealed, &body) == ENTENTE_ERR_MALFORMED);
}

/* Had the two the same nonce, their ciphertexts would differ where the bodies do and only there. */
TEST(a_step_used_twice_does_not_use_a_nonce_twice)
{
    struct sealed one = seal("Agreed.", NULL), other = seal("Agreet.", NULL);
    size_t equal = 0;

    for (size_t i = 0; i < BODY_BYTES_MIN; i++)
        equal += one.payload[i] == other.payload[i];
    CHECK(equal < 16);
}

int
main(int argc, char **argv)
{
    const struct test_case cases[] = {
        CASE(own_chains_differ_by_everything_that_names_them),
        CASE(every_key_is_found_from_everywhere),
        CASE(a_chain_from_the_middle_reads_from_there_on),
        CASE(steps_beyond_the_last_are_refused),
        CASE(a_sealed_body_opens),
        CASE(nothing_opens_at_another_place_or_changed),
        CASE(a_writer_who_lies_about_the_body_is_caught),
        CASE(a_step_used_twice_does_not_use_a_nonce_twice),
    };

    if (crypto_start() != ENTENTE_OK)
        return 1;
    return test_run(cases, sizeof cases / sizeof cases[0], argc, argv);
}
