/*
 * Goal: a box opens for its recipient at its place and nowhere else; payloads of `keys`, `key-help`
 * and `prekey` have one encoding and stay within their limits.
 * Method: each field of the place and each bit of the box changed; payloads written, read, cut at
 * every byte, and pushed over each limit.
 */
#include "crypto/crypto.h"
#include "format/keys.h"
#include "support/test.h"

static const uint8_t psk[HPKE_PSK_BYTES] = {0x77};
static const struct box_secret secret = {{1, 2, 3}, {4, 5, 6}};

/* A box and all that opening it takes. */
struct sealed {
    struct box_place place;
    struct agreement_key prekey;
    const uint8_t *psk;
    struct box box;
};

static struct sealed
seal(enum box_purpose purpose, uint32_t psk_id)
{
    struct sealed sealed = {.place = {purpose, {{9}}, {8}, 2, 0x0102, 0x0304050607080901, 3},
        .psk = psk_id == 0 ? NULL : psk};
    struct agreement_public public;
    const uint8_t prekey_seed[HPKE_SEED_BYTES] = {1}, seed[HPKE_SEED_BYTES] = {2};

    agreement_key_of_seed(&sealed.prekey, &public, prekey_seed);
    CHECK(box_seal(&sealed.box, &sealed.place, &public, 0x01020304, sealed.psk, psk_id, seed,
              &secret) == ENTENTE_OK);
    CHECK(sealed.box.prekey_id == 0x01020304 && sealed.box.psk_id == psk_id);
    return sealed;
}

static enum entente_error
unseal(const struct sealed *sealed, struct box_secret *opened)
{
    memset(opened, 1, sizeof *opened);
    return box_open(opened, &sealed->place, &sealed->prekey, sealed->psk, &sealed->box);
}

TEST(a_box_opens_for_its_recipient)
{
    struct box_secret opened;

    for (uint32_t psk_id = 0; psk_id < 2; psk_id++) {
        struct sealed keys = seal(BOX_FOR_KEYS, psk_id), help = seal(BOX_FOR_KEY_HELP, psk_id);
        CHECK(unseal(&keys, &opened) == ENTENTE_OK);
        CHECK(memcmp(&opened, &secret, sizeof secret) == 0);
        CHECK(unseal(&help, &opened) == ENTENTE_OK);
        CHECK(memcmp(&opened, &secret, sizeof secret) == 0);
    }
}

static void
check_refused(const struct sealed *sealed)
{
    static const struct box_secret zero;
    struct box_secret opened;

    CHECK(unseal(sealed, &opened) == ENTENTE_ERR_UNSEALABLE);
    CHECK(memcmp(&opened, &zero, sizeof zero) == 0);
}

TEST(a_box_opens_nowhere_else_and_for_nobody_else)
{
    static const uint8_t other_psk[HPKE_PSK_BYTES] = {0x78};
    const struct sealed good = seal(BOX_FOR_KEYS, 7);
    struct sealed changed;

#define REFUSES(change)                                                                            \
    changed = good;                                                                                \
    change;                                                                                        \
    check_refused(&changed)

    REFUSES(changed.place.purpose = BOX_FOR_KEY_HELP);
    REFUSES(changed.place.room.bytes[31] ^= 1);
    REFUSES(changed.place.tag[15] ^= 1);
    REFUSES(changed.place.slot ^= 1);
    REFUSES(changed.place.inc ^= 0x100);
    REFUSES(changed.place.chain ^= 1);
    REFUSES(changed.place.recipient ^= 1);
    REFUSES(changed.prekey.bytes[8] ^= 1);
    REFUSES(changed.psk = other_psk);
    REFUSES(changed.psk = NULL);
    REFUSES(changed.box.prekey_id ^= 1);
    REFUSES(changed.box.psk_id ^= 1);
    REFUSES((changed.box.psk_id = 0, changed.psk = NULL));
    for (size_t bit = 0; bit < 8 * BOX_SEALED_BYTES; bit++) {
        REFUSES(changed.box.sealed[bit / 8] ^= (uint8_t)(1u << bit % 8));
    }
    changed = seal(BOX_FOR_KEYS, 0);
    changed.psk = psk;
    check_refused(&changed);
}

/* A sender of mode base who writes the id of a pre-shared secret all the same. */
TEST(a_box_that_lies_about_its_mode_is_refused)
{
    struct sealed sealed = seal(BOX_FOR_KEYS, 7);
    struct agreement_public public;
    const uint8_t prekey_seed[HPKE_SEED_BYTES] = {1}, seed[HPKE_SEED_BYTES] = {2};
    uint8_t info[84];
    struct writer writer = writer_of(info, sizeof info);

    writer_copy(&writer, "entente/hpke/v1\0", 16);
    writer_copy(&writer, sealed.place.room.bytes, ID_BYTES);
    writer_copy(&writer, sealed.place.tag, CHAIN_TAG_BYTES);
    writer_u8(&writer, sealed.place.slot);
    writer_u16(&writer, sealed.place.inc);
    writer_u64(&writer, sealed.place.chain);
    writer_u8(&writer, sealed.place.recipient);
    writer_u32(&writer, sealed.box.prekey_id);
    writer_u32(&writer, sealed.box.psk_id);
    REQUIRE(writer.used == sizeof info);
    agreement_key_of_seed(&sealed.prekey, &public, prekey_seed);
    REQUIRE(hpke_seal(&sealed.box.enc, sealed.box.sealed, &public, seed, NULL,
                writer_written(&writer), (struct bytes){0},
                (struct bytes){(const uint8_t *)&secret, sizeof secret}) == ENTENTE_OK);
    sealed.psk = NULL;
    check_refused(&sealed);
}

TEST(a_prekey_of_small_order_is_refused)
{
    const struct agreement_public weak = {{1}};
    const uint8_t seed[HPKE_SEED_BYTES] = {2};
    const struct box_place place = {0};
    static const struct box zero;
    struct box box;

    memset(&box, 1, sizeof box);
    CHECK(box_seal(&box, &place, &weak, 1, NULL, 0, seed, &secret) == ENTENTE_ERR_UNSEALABLE);
    CHECK(memcmp(&box, &zero, sizeof box) == 0);
}

TEST(keys_have_one_encoding_within_limits)
{
    static uint8_t encoded[KEYS_BYTES_MAX + BOX_BYTES];
    struct sealed sealed = seal(BOX_FOR_KEYS, 0);
    struct keys keys = {.chain = 7, .commitment = {{3}}, .tag = {4}}, read;

    for (keys.count = 0; keys.count < PARTIES_MAX; keys.count++)
        keys.boxes[keys.count] = sealed.box, keys.boxes[keys.count].prekey_id = keys.count;
    struct writer writer = writer_of(encoded, KEYS_BYTES_MAX);
    keys_write(&writer, &keys);
    CHECK(!writer.failed && writer.used == KEYS_BYTES_MAX);
    CHECK(keys_parse(writer_written(&writer), &read) == ENTENTE_OK);
    CHECK(memcmp(&read, &keys, sizeof read) == 0);

    for (size_t cut = 0; cut < KEYS_BYTES_MAX; cut++)
        CHECK(keys_parse((struct bytes){encoded, cut}, &read) == ENTENTE_ERR_TRUNCATED);
    CHECK(keys_parse((struct bytes){encoded, KEYS_BYTES_MAX + 1}, &read) == ENTENTE_ERR_MALFORMED);
    encoded[56] = PARTIES_MAX + 1;
    CHECK(keys_parse((struct bytes){encoded, sizeof encoded}, &read) == ENTENTE_ERR_TOO_LARGE);
    encoded[56] = 2;
    CHECK(keys_parse((struct bytes){encoded, 57 + 2 * BOX_BYTES}, &read) == ENTENTE_OK);
    encoded[56] = 1;
    CHECK(keys_parse((struct bytes){encoded, 57 + BOX_BYTES}, &read) == ENTENTE_ERR_MALFORMED);
    encoded[56] = 2;
    encoded[7] = 0;
    CHECK(keys_parse((struct bytes){encoded, 57 + 2 * BOX_BYTES}, &read) == ENTENTE_ERR_MALFORMED);
}

TEST(a_prekey_has_one_encoding)
{
    uint8_t encoded[PREKEY_BYTES + 1] = {0};
    struct prekey prekey = {0x01020304, {{5}}}, read;
    struct writer writer = writer_of(encoded, sizeof encoded);

    prekey_write(&writer, &prekey);
    CHECK(writer.used == PREKEY_BYTES);
    CHECK(prekey_parse(writer_written(&writer), &read) == ENTENTE_OK);
    CHECK(memcmp(&read, &prekey, sizeof read) == 0);
    for (size_t cut = 0; cut < PREKEY_BYTES; cut++)
        CHECK(prekey_parse((struct bytes){encoded, cut}, &read) == ENTENTE_ERR_TRUNCATED);
    CHECK(prekey_parse((struct bytes){encoded, sizeof encoded}, &read) == ENTENTE_ERR_MALFORMED);
}

static uint8_t help_bytes[KEY_HELP_BYTES_MAX + KEY_HELP_ITEM_BYTES];

/* A payload of `count` items, the chains of which are 1, 2, ... but `item` at `at`. */
static struct bytes
write_help(uint16_t count, uint32_t at, const struct key_help_item *item)
{
    struct writer writer = writer_of(help_bytes, sizeof help_bytes);

    key_help_write_head(&writer, 1, 2, count);
    for (uint32_t i = 0; i < count; i++) {
        struct key_help_item usual = {.owner_slot = 3,
            .owner_inc = 4,
            .chain = i + 1,
            .index = CHAIN_STEPS_MAX - 1,
            .box = {.prekey_id = i}};
        key_help_write_item(&writer, i == at && item != NULL ? item : &usual);
    }
    CHECK(!writer.failed);
    return writer_written(&writer);
}

TEST(key_help_has_one_encoding)
{
    struct key_help help;
    struct bytes written = write_help(KEY_HELP_ITEMS_MAX, 0, NULL);

    CHECK(written.size == KEY_HELP_BYTES_MAX);
    REQUIRE(key_help_parse(written, &help) == ENTENTE_OK);
    CHECK(help.slot == 1 && help.inc == 2 && help.count == KEY_HELP_ITEMS_MAX);
    for (uint32_t i = 0; i < help.count; i++) {
        struct key_help_item item = key_help_item(&help, i);
        CHECK(item.owner_slot == 3 && item.owner_inc == 4 && item.chain == i + 1);
        CHECK(item.index == CHAIN_STEPS_MAX - 1 && item.box.prekey_id == i);
    }
    written = write_help(2, 0, NULL);
    for (size_t cut = 0; cut < written.size; cut++)
        CHECK(key_help_parse((struct bytes){help_bytes, cut}, &help) == ENTENTE_ERR_TRUNCATED);
    written.size++;
    CHECK(key_help_parse(written, &help) == ENTENTE_ERR_MALFORMED);
    CHECK(key_help_parse(write_help(0, 0, NULL), &help) == ENTENTE_ERR_MALFORMED);
    CHECK(key_help_parse(write_help(KEY_HELP_ITEMS_MAX + 1, 0, NULL), &help) ==
          ENTENTE_ERR_TOO_LARGE);
}

TEST(key_help_for_what_cannot_be_is_refused)
{
    static const struct {
        enum entente_error error;
        struct key_help_item second; /* between chains 1 and 3 of lane (3, 4) */
    } cases[] = {
        {ENTENTE_OK, {.owner_slot = 3, .owner_inc = 4, .chain = 2}},
        {ENTENTE_ERR_MALFORMED, {.owner_slot = 3, .owner_inc = 4, .chain = 1}},
        {ENTENTE_ERR_MALFORMED, {.owner_slot = 3, .owner_inc = 4, .chain = 3}},
        {ENTENTE_ERR_MALFORMED, {.owner_slot = 3, .owner_inc = 4, .chain = 0}},
        {ENTENTE_ERR_MALFORMED, {.owner_slot = 3, .owner_inc = 5, .chain = 2}},
        {ENTENTE_ERR_MALFORMED, {.owner_slot = 3, .owner_inc = 3, .chain = 2}},
        {ENTENTE_ERR_MALFORMED, {.owner_slot = 4, .owner_inc = 4, .chain = 2}},
        {ENTENTE_ERR_MALFORMED, {.owner_slot = 2, .owner_inc = 4, .chain = 2}},
        {ENTENTE_ERR_TOO_LARGE,
            {.owner_slot = 3, .owner_inc = 4, .chain = 2, .index = CHAIN_STEPS_MAX}},
    };
    static const struct {
        enum entente_error error;
        struct key_help_item only;
    } alone[] = {
        {ENTENTE_OK, {.owner_slot = 0, .owner_inc = 1, .chain = 1}},
        {ENTENTE_OK, {.owner_slot = PARTIES_MAX - 1, .owner_inc = INC_MAX, .chain = UINT64_MAX}},
        {ENTENTE_ERR_MALFORMED, {.owner_slot = PARTIES_MAX, .owner_inc = 1, .chain = 1}},
        {ENTENTE_ERR_MALFORMED, {.owner_slot = 1, .owner_inc = 0, .chain = 1}},
        {ENTENTE_ERR_MALFORMED, {.owner_slot = 1, .owner_inc = INC_MAX + 1, .chain = 1}},
        {ENTENTE_ERR_MALFORMED, {.owner_slot = 1, .owner_inc = 1, .chain = 0}},
    };
    struct key_help help;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK(key_help_parse(write_help(3, 1, &cases[i].second), &help) == cases[i].error);
    for (size_t i = 0; i < sizeof alone / sizeof alone[0]; i++)
        CHECK(key_help_parse(write_help(1, 0, &alone[i].only), &help) == alone[i].error);
    struct bytes written = write_help(1, 0, NULL);
    help_bytes[0] = PARTIES_MAX;
    CHECK(key_help_parse(written, &help) == ENTENTE_ERR_MALFORMED);
    help_bytes[0] = 0;
    help_bytes[1] = help_bytes[2] = 0;
    CHECK(key_help_parse(written, &help) == ENTENTE_ERR_MALFORMED);
}

int
main(int argc, char **argv)
{
    const struct test_case cases[] = {
        CASE(a_box_opens_for_its_recipient),
        CASE(a_box_opens_nowhere_else_and_for_nobody_else),
        CASE(a_box_that_lies_about_its_mode_is_refused),
        CASE(a_prekey_of_small_order_is_refused),
        CASE(keys_have_one_encoding_within_limits),
        CASE(a_prekey_has_one_encoding),
        CASE(key_help_has_one_encoding),
        CASE(key_help_for_what_cannot_be_is_refused),
    };

    if (crypto_start() != ENTENTE_OK)
        return 1;
    return test_run(cases, sizeof cases / sizeof cases[0], argc, argv);
}
