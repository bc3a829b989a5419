/*
 * Goal: keys from passphrases are Argon2id's; secret memory is zeroed, wiped and compared whole;
 * a source of randomness that is broken is noticed.
 * Method: a value that the reference implementation gave; every limit on the cost from both sides;
 * a source of randomness of our own that gives only zeros.
 */
#include "crypto/crypto.h"
#include "crypto/passphrase.h"
#include "crypto/random.h"
#include "crypto/secret.h"
#include "support/hex.h"
#include "support/test.h"

#include <sodium.h>

static const struct passphrase_cost cheap = {.passes = 2, .memory_bytes = 65536};

static enum entente_error
derive(uint8_t key[static PASSPHRASE_KEY_BYTES], const char *passphrase, uint8_t salt_first,
    struct passphrase_cost cost)
{
    uint8_t salt[PASSPHRASE_SALT_BYTES];

    for (size_t i = 0; i < sizeof salt; i++)
        salt[i] = (uint8_t)(salt_first + i);
    return passphrase_derive(key, bytes_of_text(passphrase), salt, cost);
}

TEST(passphrases_give_the_reference_value)
{
    uint8_t key[PASSPHRASE_KEY_BYTES], other[PASSPHRASE_KEY_BYTES];

    CHECK(derive(key, "correct horse", 0, cheap) == ENTENTE_OK);
    CHECK(hex_equal(
        key, sizeof key, "9c87c06898bc18516669b54a8b95d36e622946494d7a55c26f391a0406068c19"));
    CHECK(derive(other, "correct horsf", 0, cheap) == ENTENTE_OK);
    CHECK(memcmp(key, other, sizeof key) != 0);
    CHECK(derive(other, "correct horse", 1, cheap) == ENTENTE_OK);
    CHECK(memcmp(key, other, sizeof key) != 0);
    CHECK(derive(other, "", 0, cheap) == ENTENTE_OK);
}

TEST(costs_outside_of_the_limits_are_refused)
{
    static const struct passphrase_cost wrong[] = {
        {PASSPHRASE_PASSES_MIN - 1, PASSPHRASE_MEMORY_BYTES_MIN},
        {PASSPHRASE_PASSES_MAX + 1, PASSPHRASE_MEMORY_BYTES_MIN},
        {PASSPHRASE_PASSES_MIN, PASSPHRASE_MEMORY_BYTES_MIN - 1024},
        {PASSPHRASE_PASSES_MIN, PASSPHRASE_MEMORY_BYTES_MIN + 1},
        {PASSPHRASE_PASSES_MIN, PASSPHRASE_MEMORY_BYTES_MAX + 1024},
    };
    uint8_t key[PASSPHRASE_KEY_BYTES];

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        memset(key, 1, sizeof key);
        CHECK(derive(key, "correct horse", 0, wrong[i]) == ENTENTE_ERR_CORRUPT);
        CHECK(sodium_is_zero(key, sizeof key));
    }
    CHECK(derive(key, "x", 0,
              (struct passphrase_cost){PASSPHRASE_PASSES_MIN, PASSPHRASE_MEMORY_BYTES_MIN}) ==
          ENTENTE_OK);
}

TEST(secrets_are_zeroed_wiped_and_compared_whole)
{
    uint8_t *secret = secret_new(64);
    uint8_t copy[64] = {0};

    REQUIRE(secret != NULL);
    CHECK(secret_equal(secret, copy, 64));
    for (size_t i = 0; i < 64; i++) {
        secret[i] ^= 0x80;
        CHECK(!secret_equal(secret, copy, 64));
        secret[i] ^= 0x80;
    }
    memset(secret, 7, 64);
    secret_wipe(secret, 63);
    CHECK(sodium_is_zero(secret, 63) && secret[63] == 7);
    secret_free(secret);
    secret_free(NULL);
    CHECK(secret_new(SIZE_MAX) == NULL);
}

static void
give_zeros(void *out, size_t size)
{
    memset(out, 0, size);
}

static const char *
zeros_name(void)
{
    return "zeros";
}

/* Comes last: it leaves the broken source in place. */
TEST(a_broken_source_of_randomness_is_noticed)
{
    static randombytes_implementation zeros = {
        .implementation_name = zeros_name, .buf = give_zeros};
    uint8_t one[32], other[32];

    CHECK(random_bytes(one, sizeof one) == ENTENTE_OK);
    CHECK(random_bytes(other, sizeof other) == ENTENTE_OK);
    CHECK(memcmp(one, other, sizeof one) != 0);
    randombytes_set_implementation(&zeros);
    CHECK(random_bytes(one, sizeof one) == ENTENTE_ERR_RANDOM);
    CHECK(random_bytes(one, 1) == ENTENTE_OK);
}

int
main(int argc, char **argv)
{
    const struct test_case cases[] = {
        CASE(passphrases_give_the_reference_value),
        CASE(costs_outside_of_the_limits_are_refused),
        CASE(secrets_are_zeroed_wiped_and_compared_whole),
        CASE(a_broken_source_of_randomness_is_noticed),
    };

    if (crypto_start() != ENTENTE_OK)
        return 1;
    return test_run(cases, sizeof cases / sizeof cases[0], argc, argv);
}
