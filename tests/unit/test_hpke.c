/*
 * Goal: boxes are RFC 9180's, in both modes, and open only for whom they were made.
 * Method: RFC 9180, A.2.1 (base) and A.2.2 (psk), first encryption, from the seeds; then each input
 * changed in turn, every bit of enc and ciphertext flipped, recipients of small order refused.
 */
#include "crypto/crypto.h"
#include "crypto/hpke.h"
#include "support/hex.h"
#include "support/test.h"

#define TEXT_BYTES 29
#define SEALED_BYTES (TEXT_BYTES + HPKE_TAG_BYTES)

static const char text[] = "Beauty is truth, truth beauty";
static const char info[] = "Ode on a Grecian Urn";
static const char psk_hex[] = "0247fd33b913760fa1fa51e1892d9f307fbe65eb171e8132c2af18555a738b82";

struct vector {
    bool with_psk;
    const char *ephemeral_seed;
    const char *recipient_seed;
    const char *recipient_key;
    const char *recipient_public;
    const char *enc;
    const char *sealed;
};

static const struct vector base = {
    .ephemeral_seed = "909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b",
    .recipient_seed = "1ac01f181fdf9f352797655161c58b75c656a6cc2716dcb66372da835542e1df",
    .recipient_key = "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb",
    .recipient_public = "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a",
    .enc = "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a",
    .sealed =
        "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b5"
        "1a28",
};

static const struct vector psk = {
    .with_psk = true,
    .ephemeral_seed = "35706a0b09fb26fb45c39c2f5079c709c7cf98e43afa973f14d88ece7e29c2e3",
    .recipient_seed = "26b923eade72941c8a85b09986cdfa3f1296852261adedc52d58d2930269812b",
    .recipient_key = "77d114e0212be51cb1d76fa99dd41cfd4d0166b08caa09074430a6c59ef17879",
    .recipient_public = "13640af826b722fc04feaa4de2f28fbd5ecc03623b317834e7ff4120dbe73062",
    .enc = "2261299c3f40a9afc133b969a97f05e95be2c514e54f3de26cbe5644ac735b04",
    .sealed =
        "4a177f9c0d6f15cfdf533fb65bf84aecdc6ab16b8b85b4cf65a370e07fc1d78d28fb073214525276f4a896"
        "08ff",
};

/* One box and all that opening it takes. */
struct box {
    struct agreement_key recipient;
    struct agreement_public enc;
    struct hpke_psk psk;
    bool with_psk;
    struct bytes info;
    struct bytes associated;
    uint8_t sealed[SEALED_BYTES];
};

static struct box
box_make(const struct vector *vector)
{
    struct box box = {.with_psk = vector->with_psk};
    struct agreement_public recipient;
    uint8_t seed[HPKE_SEED_BYTES];

    hex_read(seed, sizeof seed, vector->recipient_seed);
    agreement_key_of_seed(&box.recipient, &recipient, seed);
    CHECK(hex_equal(box.recipient.bytes, 32, vector->recipient_key));
    CHECK(hex_equal(recipient.bytes, 32, vector->recipient_public));

    hex_read(seed, sizeof seed, vector->ephemeral_seed);
    hex_read(box.psk.key, sizeof box.psk.key, psk_hex);
    box.psk.id = bytes_of_text("Ennyn Durin aran Moria");
    box.info = bytes_of_text(info);
    box.associated = bytes_of_text("Count-0");
    CHECK(hpke_seal(&box.enc, box.sealed, &recipient, seed, box.with_psk ? &box.psk : NULL,
              box.info, box.associated, bytes_of_text(text)) == ENTENTE_OK);
    return box;
}

static enum entente_error
box_open(uint8_t plaintext[static TEXT_BYTES], const struct box *box)
{
    return hpke_open(plaintext, &box->recipient, &box->enc, box->with_psk ? &box->psk : NULL,
        box->info, box->associated, (struct bytes){box->sealed, sizeof box->sealed});
}

static void
check_vector(const struct vector *vector)
{
    struct box box = box_make(vector);
    uint8_t plaintext[TEXT_BYTES];

    CHECK(hex_equal(box.enc.bytes, 32, vector->enc));
    CHECK(hex_equal(box.sealed, sizeof box.sealed, vector->sealed));
    CHECK(box_open(plaintext, &box) == ENTENTE_OK);
    CHECK(memcmp(plaintext, text, TEXT_BYTES) == 0);
}

TEST(gives_the_published_values_in_mode_base)
{
    check_vector(&base);
}

TEST(gives_the_published_values_in_mode_psk)
{
    check_vector(&psk);
}

static void
check_refused(const struct box *box)
{
    uint8_t plaintext[TEXT_BYTES];

    CHECK(box_open(plaintext, box) == ENTENTE_ERR_UNSEALABLE);
}

TEST(refuses_every_changed_input)
{
    const struct box good = box_make(&psk);
    struct box changed;

    changed = good, changed.with_psk = false, check_refused(&changed);
    changed = good, changed.psk.id.size--, check_refused(&changed);
    changed = good, changed.psk.key[31] ^= 1, check_refused(&changed);
    changed = good, changed.info.size--, check_refused(&changed);
    changed = good, changed.associated.size--, check_refused(&changed);
    changed = good, changed.recipient.bytes[8] ^= 1, check_refused(&changed);
    for (size_t bit = 0; bit < 8 * SEALED_BYTES; bit++) {
        changed = good;
        changed.sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        check_refused(&changed);
    }
    for (size_t bit = 0; bit < 256; bit++) {
        changed = good;
        changed.enc.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        check_refused(&changed);
    }
}

TEST(refuses_every_shorter_box)
{
    const struct box good = box_make(&base);
    uint8_t plaintext[TEXT_BYTES];

    for (size_t cut = 0; cut < SEALED_BYTES; cut++)
        CHECK(hpke_open(plaintext, &good.recipient, &good.enc, NULL, good.info, good.associated,
                  (struct bytes){good.sealed, cut}) == ENTENTE_ERR_UNSEALABLE);
}

/* Every key agrees with these on a secret of zeros. */
TEST(refuses_points_of_small_order)
{
    static const char *const points[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    struct box box = box_make(&base);
    struct agreement_public point, enc;
    uint8_t seed[HPKE_SEED_BYTES] = {1}, sealed[SEALED_BYTES];

    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        hex_read(point.bytes, sizeof point.bytes, points[i]);
        CHECK(hpke_seal(&enc, sealed, &point, seed, NULL, box.info, box.associated,
                  bytes_of_text(text)) == ENTENTE_ERR_UNSEALABLE);
        box.enc = point;
        check_refused(&box);
    }
}

int
main(int argc, char **argv)
{
    const struct test_case cases[] = {
        CASE(gives_the_published_values_in_mode_base),
        CASE(gives_the_published_values_in_mode_psk),
        CASE(refuses_every_changed_input),
        CASE(refuses_every_shorter_box),
        CASE(refuses_points_of_small_order),
    };

    if (crypto_start() != ENTENTE_OK)
        return 1;
    return test_run(cases, sizeof cases / sizeof cases[0], argc, argv);
}
