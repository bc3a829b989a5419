/*
 * Goal: chain keys and sealed bodies stay what they are in every version and language.
 * Method: tests/vectors/chains.txt is read, each field that follows from others is computed from
 * them, and the generator must still write the same file.  `--write` writes it anew.
 */
#include "crypto/crypto.h"
#include "format/commitment.h"
#include "format/payload.h"
#include "support/test.h"
#include "support/vectors.h"

#define VECTORS "chains.txt"
#define PAYLOAD_BYTES (BODY_BYTES_MIN + AEAD_TAG_BYTES)

static const char explanation[] =
    "# Sender chains and sealed bodies (PROTOCOL.md K1, K2).\n"
    "#\n"
    "# From `master`, `room`, `tag` and `chain` follow `first` (ck_0) and `commitment`; from `first`\n"
    "# and `index` follow `chain_key` (ck_index) and `message_key`.  `body` is encoded, `pcommit` its\n"
    "# commitment; from these, `slot` and `inc` follows `payload`.\n";

/* What stands in a vector: inputs, then what follows from them. */
struct sealing {
    uint8_t master[CHAIN_MASTER_BYTES];
    struct payload_place place;
    uint8_t body[BODY_BYTES_MIN];
    struct chain chain;
    struct digest chain_commitment;
    uint8_t chain_key[CHAIN_KEY_BYTES];
    uint8_t message_key[CHAIN_KEY_BYTES];
    struct digest pcommit;
    uint8_t payload[PAYLOAD_BYTES];
};

static void
derive(struct sealing *sealing)
{
    const struct payload_place *place = &sealing->place;
    struct body body;

    chain_make_own(&sealing->chain, sealing->master, &place->room, place->tag, place->chain);
    chain_make_commitment(&sealing->chain_commitment, sealing->chain.first);
    if (chain_key_at(&sealing->chain, place->index, sealing->chain_key) != ENTENTE_OK ||
        chain_message_key(&sealing->chain, place->index, sealing->message_key) != ENTENTE_OK ||
        body_parse((struct bytes){sealing->body, sizeof sealing->body}, &body) != ENTENTE_OK)
        abort();
    body_commit(&sealing->pcommit, &body);
    payload_seal(sealing->payload, sealing->message_key, place, &sealing->pcommit,
        (struct bytes){sealing->body, sizeof sealing->body});
}

static void
write_vector(FILE *file, const char *name, struct sealing *sealing)
{
    struct body body = {.secret = {0x21, 0x22}, .count = 1};
    struct writer writer = writer_of(sealing->body, sizeof sealing->body);

    body.sections[0] = (struct section){.type = SECTION_STATEMENT,
        .statement = {bytes_of_text("en"), bytes_of_text("Chair"), bytes_of_text(name)}};
    if (body_write(&writer, &body) != ENTENTE_OK)
        abort();
    derive(sealing);
    vector_write_name(file, name);
    vector_write(file, "master", sealing->master, CHAIN_MASTER_BYTES);
    vector_write(file, "room", sealing->place.room.bytes, ID_BYTES);
    vector_write(file, "tag", sealing->place.tag, CHAIN_TAG_BYTES);
    vector_write_number(file, "chain", sealing->place.chain, 8);
    vector_write_number(file, "index", sealing->place.index, 4);
    vector_write_number(file, "slot", sealing->place.slot, 1);
    vector_write_number(file, "inc", sealing->place.inc, 2);
    vector_write(file, "body", sealing->body, sizeof sealing->body);
    vector_write(file, "first", sealing->chain.first, CHAIN_KEY_BYTES);
    vector_write(file, "commitment", sealing->chain_commitment.bytes, ID_BYTES);
    vector_write(file, "chain_key", sealing->chain_key, CHAIN_KEY_BYTES);
    vector_write(file, "message_key", sealing->message_key, CHAIN_KEY_BYTES);
    vector_write(file, "pcommit", sealing->pcommit.bytes, ID_BYTES);
    vector_write(file, "payload", sealing->payload, sizeof sealing->payload);
}

static void
generate(FILE *file)
{
    struct sealing sealing = {.place = {.slot = 1, .inc = 1, .chain = 1}};

    fputs(explanation, file);
    for (unsigned i = 0; i < CHAIN_MASTER_BYTES; i++)
        sealing.master[i] = (uint8_t)(0x60 + i);
    for (unsigned i = 0; i < ID_BYTES; i++)
        sealing.place.room.bytes[i] = (uint8_t)(0x80 + i);
    write_vector(file, "first step of the room's chain", &sealing);

    sealing.place.slot = 29;
    sealing.place.inc = 0xFFFE;
    sealing.place.chain = 0x0123456789abcdef;
    sealing.place.index = CHAIN_STEPS_MAX - 1;
    memset(sealing.place.tag, 0xC3, CHAIN_TAG_BYTES);
    write_vector(file, "last step of a caucus's chain", &sealing);
}

static void
check_vector(const struct vector *vector)
{
    struct sealing sealing = {0};
    uint8_t plaintext[BODY_BYTES_MIN], payload[PAYLOAD_BYTES];
    struct body body;

    vector_copy(vector, "master", sealing.master, CHAIN_MASTER_BYTES);
    vector_copy(vector, "room", sealing.place.room.bytes, ID_BYTES);
    vector_copy(vector, "tag", sealing.place.tag, CHAIN_TAG_BYTES);
    vector_copy(vector, "body", sealing.body, sizeof sealing.body);
    vector_copy(vector, "payload", payload, sizeof payload);
    sealing.place.chain = vector_number(vector, "chain");
    sealing.place.index = (uint32_t)vector_number(vector, "index");
    sealing.place.slot = (uint8_t)vector_number(vector, "slot");
    sealing.place.inc = (uint16_t)vector_number(vector, "inc");
    derive(&sealing);
    CHECK(vector_equal(vector, "first", sealing.chain.first, CHAIN_KEY_BYTES));
    CHECK(vector_equal(vector, "commitment", sealing.chain_commitment.bytes, ID_BYTES));
    CHECK(vector_equal(vector, "chain_key", sealing.chain_key, CHAIN_KEY_BYTES));
    CHECK(vector_equal(vector, "message_key", sealing.message_key, CHAIN_KEY_BYTES));
    CHECK(vector_equal(vector, "pcommit", sealing.pcommit.bytes, ID_BYTES));
    CHECK(vector_equal(vector, "payload", sealing.payload, PAYLOAD_BYTES));
    CHECK(payload_open(plaintext, &body, sealing.message_key, &sealing.place, &sealing.pcommit,
              (struct bytes){payload, sizeof payload}) == ENTENTE_OK);
    CHECK(vector_equal(vector, "body", plaintext, sizeof plaintext));
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
    CHECK(count == 2);
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
