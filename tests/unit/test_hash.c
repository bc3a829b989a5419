/*
 * Goal: the hashes are the published ones, and how the input is cut makes no difference.
 * Method: BLAKE2b-256 of RFC 7693's "abc" and of nothing under no personalisation; personalised and
 * keyed values that Python's hashlib gave; SHA-256 of FIPS 180-2; every way to cut 300 bytes in
 * two.
 */
#include "crypto/crypto.h"
#include "crypto/hash.h"
#include "support/hex.h"
#include "support/test.h"

static const char none[HASH_PERSONAL_BYTES];
static const char entry[] = "entente/entry/v1";

static struct bytes
three_hundred(uint8_t data[static 300])
{
    for (size_t i = 0; i < 300; i++)
        data[i] = (uint8_t)(i % 251);
    return (struct bytes){data, 300};
}

static void
fill_key(uint8_t key[static HASH_KEY_BYTES])
{
    for (size_t i = 0; i < HASH_KEY_BYTES; i++)
        key[i] = (uint8_t)i;
}

TEST(gives_the_published_values)
{
    uint8_t hash[HASH_BYTES];

    hash_once(hash, none, bytes_of_text("abc"));
    CHECK(hex_equal(
        hash, sizeof hash, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"));
    hash_once(hash, none, (struct bytes){0});
    CHECK(hex_equal(
        hash, sizeof hash, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"));
    sha256_once(hash, bytes_of_text("abc"));
    CHECK(hex_equal(
        hash, sizeof hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
}

TEST(personal_bytes_and_key_count)
{
    uint8_t data[300], key[HASH_KEY_BYTES], hash[HASH_BYTES];
    struct bytes input = three_hundred(data);

    fill_key(key);
    hash_once(hash, entry, (struct bytes){0});
    CHECK(hex_equal(
        hash, sizeof hash, "883e27d6c751e0617f49b32cf60e761284b7413de3aa90fe5111e6c2a7b41358"));
    hash_once(hash, entry, input);
    CHECK(hex_equal(
        hash, sizeof hash, "5cc7ac6cf3c25870a8c3c9489019cdc584e98505396f58642c7b89f9fee946ec"));
    hash_keyed(hash, entry, key, (struct bytes){0});
    CHECK(hex_equal(
        hash, sizeof hash, "1d416b657dd9b0c64b315203ac70a11cf3c313182e22f1a78c43ac238b03e5c4"));
    hash_keyed(hash, entry, key, input);
    CHECK(hex_equal(
        hash, sizeof hash, "9a2d863f5ceb147e2cf9d450272aeb96f588bbd2993b0ce1f069782f81abfabb"));
}

TEST(cuts_of_the_input_make_no_difference)
{
    uint8_t other[HASH_BYTES], data[300], key[HASH_KEY_BYTES], whole[HASH_BYTES], keyed[HASH_BYTES],
        hash[HASH_BYTES];
    struct bytes input = three_hundred(data);
    struct hasher hasher;

    fill_key(key);
    hash_once(whole, entry, input);
    hash_keyed(keyed, entry, key, input);
    for (size_t cut = 0; cut <= input.size; cut++) {
        hasher_start(&hasher, entry);
        hasher_add(&hasher, (struct bytes){data, cut});
        hasher_add(&hasher, (struct bytes){data + cut, input.size - cut});
        hasher_finish(&hasher, hash);
        CHECK(memcmp(hash, whole, sizeof hash) == 0);

        struct sha256 sha256;
        sha256_start(&sha256);
        sha256_add(&sha256, (struct bytes){data, cut});
        sha256_add(&sha256, (struct bytes){data + cut, input.size - cut});
        sha256_finish(&sha256, hash);
        sha256_once(other, input);
        CHECK(memcmp(hash, other, sizeof hash) == 0);

        hasher_start_keyed(&hasher, entry, key);
        hasher_add(&hasher, (struct bytes){data, cut});
        hasher_add(&hasher, (struct bytes){data + cut, input.size - cut});
        hasher_finish(&hasher, hash);
        CHECK(memcmp(hash, keyed, sizeof hash) == 0);
    }
}

TEST(the_hash_may_overwrite_key_or_input)
{
    uint8_t data[300], key[HASH_KEY_BYTES], wanted[HASH_BYTES];
    struct bytes input = three_hundred(data);

    fill_key(key);
    hash_keyed(wanted, entry, key, input);
    hash_keyed(key, entry, key, input);
    CHECK(memcmp(key, wanted, sizeof wanted) == 0);
    hash_once(wanted, entry, input);
    hash_once(data, entry, input);
    CHECK(memcmp(data, wanted, sizeof wanted) == 0);
}

int
main(int argc, char **argv)
{
    const struct test_case cases[] = {
        CASE(gives_the_published_values),
        CASE(personal_bytes_and_key_count),
        CASE(cuts_of_the_input_make_no_difference),
        CASE(the_hash_may_overwrite_key_or_input),
    };

    if (crypto_start() != ENTENTE_OK)
        return 1;
    return test_run(cases, sizeof cases / sizeof cases[0], argc, argv);
}
