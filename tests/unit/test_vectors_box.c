/*
 * Goal: key boxes and the payloads that carry them stay what they are in every version and
 * language. Method: tests/vectors/boxes.txt is read, each field that follows from others is
 * computed from them, and the generator must still write the same file.  `--write` writes it anew.
 */
#include "crypto/crypto.h"
#include "format/keys.h"
#include "support/test.h"
#include "support/vectors.h"

#define VECTORS "boxes.txt"

static const char explanation[] =
    "# Key boxes (PROTOCOL.md K3, K5).\n"
    "#\n"
    "# `prekey_seed` gives `prekey_key` and `prekey_public`, `seed` the ephemeral pair, both by\n"
    "# DeriveKeyPair of RFC 9180.  `purpose` is 00 for keys, 01 for key-help.  From these, the names\n"
    "# of the place (`room` to `recipient`), `psk` where `psk_id` is not 0, and `chain_key` and\n"
    "# `scope_key` follows `box`.  `payload` is a `keys` payload of `commitment` and twice this box,\n"
    "# or a `key-help` payload for (`recipient`, inc 1) that holds this box for (`owner_slot`,\n"
    "# `owner_inc`, `chain`, `index`); `prekey_payload` is that of the `prekey` entry.\n";

struct boxing {
    uint8_t prekey_seed[HPKE_SEED_BYTES];
    uint8_t seed[HPKE_SEED_BYTES];
    uint8_t psk[HPKE_PSK_BYTES];
    uint32_t prekey_id, psk_id;
    struct box_place place;
    struct box_secret secret;
    struct digest commitment;
    uint8_t owner_slot;
    uint16_t owner_inc;
    uint32_t index;

    struct agreement_key prekey_key;
    struct prekey prekey;
    struct box box;
    uint8_t payload[57 + 2 * BOX_BYTES];
    size_t payload_size;
};

static void
write_payload(struct boxing *boxing)
{
    struct writer writer = writer_of(boxing->payload, sizeof boxing->payload);

    if (boxing->place.purpose == BOX_FOR_KEYS) {
        struct keys keys = {.chain = boxing->place.chain,
            .commitment = boxing->commitment,
            .count = 2,
            .boxes = {boxing->box, boxing->box}};
        memcpy(keys.tag, boxing->place.tag, sizeof keys.tag);
        keys_write(&writer, &keys);
    } else {
        struct key_help_item item = {
            boxing->owner_slot, boxing->owner_inc, boxing->place.chain, boxing->index, boxing->box};
        key_help_write_head(&writer, boxing->place.recipient, 1, 1);
        key_help_write_item(&writer, &item);
    }
    boxing->payload_size = writer.used;
}

static void
derive(struct boxing *boxing)
{
    agreement_key_of_seed(&boxing->prekey_key, &boxing->prekey.key, boxing->prekey_seed);
    boxing->prekey.id = boxing->prekey_id;
    if (box_seal(&boxing->box, &boxing->place, &boxing->prekey.key, boxing->prekey_id,
            boxing->psk_id == 0 ? NULL : boxing->psk, boxing->psk_id, boxing->seed,
            &boxing->secret) != ENTENTE_OK)
        abort();
    chain_make_commitment(&boxing->commitment, boxing->secret.chain_key);
    write_payload(boxing);
}

static void
write_inputs(FILE *file, const struct boxing *boxing)
{
    vector_write(file, "prekey_seed", boxing->prekey_seed, HPKE_SEED_BYTES);
    vector_write(file, "seed", boxing->seed, HPKE_SEED_BYTES);
    vector_write_number(file, "prekey_id", boxing->prekey_id, 4);
    vector_write_number(file, "psk_id", boxing->psk_id, 4);
    vector_write(file, "psk", boxing->psk, HPKE_PSK_BYTES);
    vector_write_number(file, "purpose", boxing->place.purpose, 1);
    vector_write(file, "room", boxing->place.room.bytes, ID_BYTES);
    vector_write(file, "tag", boxing->place.tag, CHAIN_TAG_BYTES);
    vector_write_number(file, "slot", boxing->place.slot, 1);
    vector_write_number(file, "inc", boxing->place.inc, 2);
    vector_write_number(file, "chain", boxing->place.chain, 8);
    vector_write_number(file, "recipient", boxing->place.recipient, 1);
    vector_write(file, "chain_key", boxing->secret.chain_key, CHAIN_KEY_BYTES);
    vector_write(file, "scope_key", boxing->secret.scope_key, CHAIN_KEY_BYTES);
    vector_write_number(file, "owner_slot", boxing->owner_slot, 1);
    vector_write_number(file, "owner_inc", boxing->owner_inc, 2);
    vector_write_number(file, "index", boxing->index, 4);
}

static struct bytes
encode(uint8_t *out, size_t size, const struct box *box, const struct prekey *prekey)
{
    struct writer writer = writer_of(out, size);

    if (box != NULL)
        box_write(&writer, box);
    else
        prekey_write(&writer, prekey);
    return writer_written(&writer);
}

static void
write_vector(FILE *file, const char *name, struct boxing *boxing)
{
    uint8_t encoded[BOX_BYTES];

    derive(boxing);
    vector_write_name(file, name);
    write_inputs(file, boxing);
    vector_write(file, "prekey_key", boxing->prekey_key.bytes, 32);
    vector_write(file, "prekey_public", boxing->prekey.key.bytes, 32);
    vector_write(file, "commitment", boxing->commitment.bytes, ID_BYTES);
    encode(encoded, sizeof encoded, &boxing->box, NULL);
    vector_write(file, "box", encoded, BOX_BYTES);
    vector_write(file, "payload", boxing->payload, boxing->payload_size);
    encode(encoded, sizeof encoded, NULL, &boxing->prekey);
    vector_write(file, "prekey_payload", encoded, PREKEY_BYTES);
}

static void
generate(FILE *file)
{
    struct boxing boxing = {.prekey_id = 1,
        .place = {.purpose = BOX_FOR_KEYS, .slot = 0, .inc = 1, .chain = 1, .recipient = 1}};

    fputs(explanation, file);
    for (unsigned i = 0; i < 32; i++) {
        boxing.prekey_seed[i] = (uint8_t)(0x10 + i);
        boxing.seed[i] = (uint8_t)(0x30 + i);
        boxing.place.room.bytes[i] = (uint8_t)(0x80 + i);
        boxing.secret.chain_key[i] = (uint8_t)(0xA0 + i);
    }
    write_vector(file, "keys of the room, mode base", &boxing);

    for (unsigned i = 0; i < 32; i++) {
        boxing.psk[i] = (uint8_t)(0x50 + i);
        boxing.secret.scope_key[i] = (uint8_t)(0xD0 + i);
    }
    memset(boxing.place.tag, 0xC3, CHAIN_TAG_BYTES);
    boxing.prekey_id = 0xFFFFFFFF;
    boxing.psk_id = 0x01020304;
    write_vector(file, "keys of a caucus, mode psk", &boxing);

    boxing.place = (struct box_place){.purpose = BOX_FOR_KEY_HELP,
        .room = boxing.place.room,
        .slot = 29,
        .inc = 0xFFFE,
        .chain = 0x0123456789abcdef,
        .recipient = 28};
    memset(&boxing.secret.scope_key, 0, CHAIN_KEY_BYTES);
    boxing.psk_id = 0;
    boxing.owner_slot = 27;
    boxing.owner_inc = 0x0203;
    boxing.index = CHAIN_STEPS_MAX - 1;
    write_vector(file, "key-help, mode base", &boxing);
}

static void
read_inputs(const struct vector *vector, struct boxing *boxing)
{
    vector_copy(vector, "prekey_seed", boxing->prekey_seed, HPKE_SEED_BYTES);
    vector_copy(vector, "seed", boxing->seed, HPKE_SEED_BYTES);
    vector_copy(vector, "psk", boxing->psk, HPKE_PSK_BYTES);
    vector_copy(vector, "room", boxing->place.room.bytes, ID_BYTES);
    vector_copy(vector, "tag", boxing->place.tag, CHAIN_TAG_BYTES);
    vector_copy(vector, "chain_key", boxing->secret.chain_key, CHAIN_KEY_BYTES);
    vector_copy(vector, "scope_key", boxing->secret.scope_key, CHAIN_KEY_BYTES);
    boxing->prekey_id = (uint32_t)vector_number(vector, "prekey_id");
    boxing->psk_id = (uint32_t)vector_number(vector, "psk_id");
    boxing->place.purpose = (enum box_purpose)vector_number(vector, "purpose");
    boxing->place.slot = (uint8_t)vector_number(vector, "slot");
    boxing->place.inc = (uint16_t)vector_number(vector, "inc");
    boxing->place.chain = vector_number(vector, "chain");
    boxing->place.recipient = (uint8_t)vector_number(vector, "recipient");
    boxing->owner_slot = (uint8_t)vector_number(vector, "owner_slot");
    boxing->owner_inc = (uint16_t)vector_number(vector, "owner_inc");
    boxing->index = (uint32_t)vector_number(vector, "index");
}

/* The box as it stands in the payload. */
static struct box
box_of_payload(const struct vector *vector, enum box_purpose purpose)
{
    const struct vector_field *field = vector_get(vector, "payload");
    struct bytes payload = {field->data, field->size};
    struct keys keys;
    struct key_help help;

    if (purpose == BOX_FOR_KEYS) {
        CHECK(keys_parse(payload, &keys) == ENTENTE_OK);
        CHECK(vector_equal(vector, "commitment", keys.commitment.bytes, ID_BYTES));
        return keys.boxes[1];
    }
    CHECK(key_help_parse(payload, &help) == ENTENTE_OK);
    return key_help_item(&help, 0).box;
}

static void
check_vector(const struct vector *vector)
{
    struct boxing boxing = {0};
    struct box_secret opened;
    uint8_t encoded[BOX_BYTES];

    read_inputs(vector, &boxing);
    derive(&boxing);
    CHECK(vector_equal(vector, "prekey_key", boxing.prekey_key.bytes, 32));
    CHECK(vector_equal(vector, "prekey_public", boxing.prekey.key.bytes, 32));
    CHECK(vector_equal(vector, "commitment", boxing.commitment.bytes, ID_BYTES));
    encode(encoded, sizeof encoded, &boxing.box, NULL);
    CHECK(vector_equal(vector, "box", encoded, BOX_BYTES));
    CHECK(vector_equal(vector, "payload", boxing.payload, boxing.payload_size));
    encode(encoded, sizeof encoded, NULL, &boxing.prekey);
    CHECK(vector_equal(vector, "prekey_payload", encoded, PREKEY_BYTES));

    struct box box = box_of_payload(vector, boxing.place.purpose);
    CHECK(box_open(&opened, &boxing.place, &boxing.prekey_key,
              boxing.psk_id == 0 ? NULL : boxing.psk, &box) == ENTENTE_OK);
    CHECK(memcmp(&opened, &boxing.secret, sizeof opened) == 0);
}

TEST(the_vectors_hold)
{
    char path[4096];
    struct vector vector = {0};
    unsigned count = 0;

    vectors_path(path, VECTORS);
    FILE *file = fopen(path, "r");
    REQUIRE(file != NULL);
    for (; vector_next(file, &vector); count++)
        check_vector(&vector);
    CHECK(count == 3);
    fclose(file);
}

TEST(the_generator_writes_the_same_file)
{
    CHECK(vectors_are_current(VECTORS, generate));
}

int
main(int argc, char **argv)
{
    const struct test_case cases[] = {
        CASE(the_vectors_hold),
        CASE(the_generator_writes_the_same_file),
    };

    if (crypto_start() != ENTENTE_OK)
        return 1;
    if (vectors_written(argc, argv, VECTORS, generate))
        return 0;
    return test_run(cases, sizeof cases / sizeof cases[0], argc, argv);
}
