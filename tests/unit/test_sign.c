/*
 * Goal: signatures are RFC 8032's, bind key, context and message, and have one form only.
 * Method: the RFC's vector SHA(abc), whose message we cut into context and message; every bit of
 * a signature flipped; the forgeries that implementations are known to disagree about: points of
 * small order as key or nonce, S that is not reduced, keys not in their shortest form.
 */
#include "crypto/crypto.h"
#include "crypto/sign.h"
#include "support/hex.h"
#include "support/test.h"

static const char context[] = "entente/head/v1 ";

static void
make_pair(struct signing_key *key, struct public_key *public)
{
    uint8_t seed[SIGN_SEED_BYTES] = {7};

    signing_key_of_seed(key, public, seed);
}

TEST(gives_the_published_values)
{
    uint8_t seed[SIGN_SEED_BYTES], text[64];
    struct signing_key key;
    struct public_key public;
    struct signature signature;

    hex_read(seed, sizeof seed, "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42");
    hex_read(text, sizeof text,
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
    signing_key_of_seed(&key, &public, seed);
    CHECK(hex_equal(public.bytes, sizeof public.bytes,
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf"));

    struct bytes message = {text + SIGN_CONTEXT_BYTES, sizeof text - SIGN_CONTEXT_BYTES};
    sign_make(&signature, &key, (const char *)text, message);
    CHECK(hex_equal(signature.bytes, sizeof signature.bytes,
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
        "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"));
    CHECK(sign_check(&public, &signature, (const char *)text, message));
}

TEST(binds_context_message_key_and_every_bit)
{
    struct signing_key key;
    struct public_key public;
    struct signature signature, changed;
    struct bytes message = bytes_of_text("held by all");

    make_pair(&key, &public);
    sign_make(&signature, &key, context, message);
    CHECK(sign_check(&public, &signature, context, message));
    CHECK(!sign_check(&public, &signature, "entente/gensign1", message));
    CHECK(!sign_check(&public, &signature, context, bytes_of_text("held by al")));

    struct public_key other = public;
    other.bytes[0] ^= 1;
    CHECK(!sign_check(&other, &signature, context, message));
    for (size_t bit = 0; bit < 8 * sizeof signature.bytes; bit++) {
        changed = signature;
        changed.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CHECK(!sign_check(&public, &changed, context, message));
    }
}

TEST(signs_every_size_up_to_the_greatest)
{
    uint8_t data[SIGN_MESSAGE_BYTES_MAX] = {0};
    struct signing_key key;
    struct public_key public;
    struct signature signature;

    make_pair(&key, &public);
    for (size_t size = 0; size <= sizeof data; size += 64) {
        sign_make(&signature, &key, context, (struct bytes){data, size});
        CHECK(sign_check(&public, &signature, context, (struct bytes){data, size}));
        if (size > 0)
            CHECK(!sign_check(&public, &signature, context, (struct bytes){data, size - 1}));
    }
}

/* S = 0 and R = A: 0 x B = R + h x A holds for every message when 8 divides h, or A is zero. */
TEST(refuses_keys_of_small_order)
{
    static const char *const points[] = {
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    };
    struct public_key public;
    struct signature signature = {{0}};

    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        hex_read(public.bytes, sizeof public.bytes, points[i]);
        for (size_t j = 0; j < sizeof points / sizeof points[0]; j++) {
            hex_read(signature.bytes, 32, points[j]);
            for (uint8_t text = 0; text < 16; text++)
                CHECK(!sign_check(&public, &signature, context, (struct bytes){&text, 1}));
        }
    }
}

/* y = 2^255 - 18 is the point y = 1 in a second form. */
TEST(refuses_a_key_in_a_second_form)
{
    struct public_key public;
    struct signature signature = {{1}};

    hex_read(public.bytes, sizeof public.bytes,
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
    CHECK(!sign_check(&public, &signature, context, bytes_of_text("hello")));
}

/* S + L satisfies the same equation as S: accepting it gives a signature a second form. */
TEST(refuses_s_that_is_not_reduced)
{
    struct signing_key key;
    struct public_key public;
    struct signature signature;
    uint8_t order[32];
    unsigned carry = 0;

    make_pair(&key, &public);
    sign_make(&signature, &key, context, bytes_of_text("hello"));
    CHECK(sign_check(&public, &signature, context, bytes_of_text("hello")));
    hex_read(
        order, sizeof order, "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    for (size_t i = 0; i < sizeof order; i++) {
        carry += (unsigned)signature.bytes[32 + i] + order[i];
        signature.bytes[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    CHECK(!sign_check(&public, &signature, context, bytes_of_text("hello")));
}

int
main(int argc, char **argv)
{
    const struct test_case cases[] = {
        CASE(gives_the_published_values),
        CASE(binds_context_message_key_and_every_bit),
        CASE(signs_every_size_up_to_the_greatest),
        CASE(refuses_keys_of_small_order),
        CASE(refuses_a_key_in_a_second_form),
        CASE(refuses_s_that_is_not_reduced),
    };

    if (crypto_start() != ENTENTE_OK)
        return 1;
    return test_run(cases, sizeof cases / sizeof cases[0], argc, argv);
}
