/*
 * Goal: sealing is XChaCha20-Poly1305, and nothing but the exact sealed bytes opens.
 * Method: the vector of draft-irtf-cfrg-xchacha-03, A.3.1; every bit of it flipped, every shorter
 * input, another key, nonce and associated data; in place and empty.
 */
#include "crypto/aead.h"
#include "crypto/crypto.h"
#include "support/hex.h"
#include "support/test.h"

#define TEXT_BYTES 114

static const char text[] =
    "Ladies and Gentlemen of the class of '99: If I could offer you only one "
    "tip for the future, sunscreen would be it.";
static const char sealed_hex[] =
    "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e"
    "39ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3"
    "fff921f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49";

struct vector {
    uint8_t key[AEAD_KEY_BYTES];
    uint8_t nonce[AEAD_NONCE_BYTES];
    uint8_t associated[12];
    uint8_t sealed[TEXT_BYTES + AEAD_TAG_BYTES];
};

static struct vector
vector_make(void)
{
    struct vector vector;

    hex_read(vector.key, sizeof vector.key,
        "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
    hex_read(vector.nonce, sizeof vector.nonce, "404142434445464748494a4b4c4d4e4f5051525354555657");
    hex_read(vector.associated, sizeof vector.associated, "50515253c0c1c2c3c4c5c6c7");
    hex_read(vector.sealed, sizeof vector.sealed, sealed_hex);
    return vector;
}

static enum entente_error
vector_open(uint8_t *plaintext, const struct vector *vector, size_t sealed_size)
{
    return aead_open(plaintext, vector->key, vector->nonce,
        (struct bytes){vector->associated, sizeof vector->associated},
        (struct bytes){vector->sealed, sealed_size});
}

TEST(gives_the_published_values)
{
    struct vector vector = vector_make();
    uint8_t sealed[TEXT_BYTES + AEAD_TAG_BYTES], plaintext[TEXT_BYTES];

    aead_seal(sealed, vector.key, vector.nonce,
        (struct bytes){vector.associated, sizeof vector.associated}, bytes_of_text(text));
    CHECK(memcmp(sealed, vector.sealed, sizeof sealed) == 0);
    CHECK(vector_open(plaintext, &vector, sizeof vector.sealed) == ENTENTE_OK);
    CHECK(memcmp(plaintext, text, TEXT_BYTES) == 0);
}

TEST(refuses_every_changed_bit)
{
    const struct vector good = vector_make();
    uint8_t plaintext[TEXT_BYTES];

    for (size_t bit = 0; bit < 8 * sizeof good; bit++) {
        struct vector changed = good;
        ((uint8_t *)&changed)[bit / 8] ^= (uint8_t)(1u << bit % 8);
        memset(plaintext, 1, sizeof plaintext);
        CHECK(vector_open(plaintext, &changed, sizeof changed.sealed) == ENTENTE_ERR_UNSEALABLE);
        CHECK(plaintext[0] == 0 && plaintext[TEXT_BYTES - 1] == 0);
    }
}

TEST(refuses_every_shorter_input)
{
    struct vector vector = vector_make();
    uint8_t plaintext[TEXT_BYTES];

    for (size_t cut = 0; cut < sizeof vector.sealed; cut++)
        CHECK(vector_open(plaintext, &vector, cut) == ENTENTE_ERR_UNSEALABLE);
}

TEST(works_in_place_and_on_nothing)
{
    struct vector vector = vector_make();
    struct bytes associated = {vector.associated, sizeof vector.associated};
    uint8_t data[TEXT_BYTES + AEAD_TAG_BYTES], tag[AEAD_TAG_BYTES], nothing;

    memcpy(data, text, TEXT_BYTES);
    aead_seal(data, vector.key, vector.nonce, associated, (struct bytes){data, TEXT_BYTES});
    CHECK(memcmp(data, vector.sealed, sizeof data) == 0);
    CHECK(aead_open(data, vector.key, vector.nonce, associated,
              (struct bytes){data, sizeof data}) == ENTENTE_OK);
    CHECK(memcmp(data, text, TEXT_BYTES) == 0);

    aead_seal(tag, vector.key, vector.nonce, (struct bytes){0}, (struct bytes){0});
    CHECK(aead_open(&nothing, vector.key, vector.nonce, (struct bytes){0},
              (struct bytes){tag, sizeof tag}) == ENTENTE_OK);
    CHECK(aead_open(&nothing, vector.key, vector.nonce, associated,
              (struct bytes){tag, sizeof tag}) == ENTENTE_ERR_UNSEALABLE);
}

int
main(int argc, char **argv)
{
    const struct test_case cases[] = {
        CASE(gives_the_published_values),
        CASE(refuses_every_changed_bit),
        CASE(refuses_every_shorter_input),
        CASE(works_in_place_and_on_nothing),
    };

    if (crypto_start() != ENTENTE_OK)
        return 1;
    return test_run(cases, sizeof cases / sizeof cases[0], argc, argv);
}
