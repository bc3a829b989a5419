/*
 * Goal: facts, and what is derived from them, stay what they are in every version and language.
 * Method: tests/vectors/facts.txt is read, each fact written again from its fields, each derived
 * value computed, and the generator must still write the same file.  `--write` writes it anew.
 */
#include "crypto/crypto.h"
#include "support/facts.h"
#include "support/test.h"
#include "support/vectors.h"

#define VECTORS "facts.txt"

static const char explanation[] =
    "# Facts (PROTOCOL.md section 11).\n"
    "#\n"
    "# One vector a type: `content` is the section.  Then what is derived: `root` from the fact\n"
    "# `text` (T1); `object` from `entry` and `index` (C2); `act` from `room` and `entry` (A1);\n"
    "# `slot_key` from `kind`, `subject` and `number` (A2); and a consent: `challenge` from\n"
    "# `room`, `act`, `text_root`, `party`, `office` and `purpose`, `signature` by the key whose\n"
    "# seed is `seed` (P7).\n";

static uint8_t buffer[4096];

static struct bytes
sample(uint16_t type)
{
    struct writer writer = writer_of(buffer, sizeof buffer);
    struct fact fact;

    facts_sample(&fact, type);
    fact_write(&writer, &fact, type);
    return writer_written(&writer);
}

static struct consent_terms
terms(void)
{
    struct consent_terms made = {.office = 5, .purpose = CONSENT_SIGN};

    memset(made.room.bytes, 0x51, ID_BYTES);
    memset(made.act.bytes, 0x52, ID_BYTES);
    memset(made.root.bytes, 0x53, ID_BYTES);
    memset(made.party.bytes, 0x54, ID_BYTES);
    return made;
}

static void
write_derived(FILE *file)
{
    uint8_t challenge[32], seed[SIGN_SEED_BYTES] = {0x77};
    struct consent_terms given = terms();
    struct entry_id entry = {{0x55}};
    struct digest derived;
    struct signing_key key;
    struct public_key public;
    struct signature signature;
    struct fact text;

    vector_write_name(file, "derived");
    struct bytes content = sample(FACT_TEXT);
    vector_write(file, "text", content.data, content.size);
    facts_sample(&text, FACT_TEXT);
    fact_make_text_root(&derived, &text);
    vector_write(file, "root", derived.bytes, ID_BYTES);
    vector_write(file, "entry", entry.bytes, ID_BYTES);
    vector_write_number(file, "index", 3, 2);
    fact_make_object(&derived, &entry, 3);
    vector_write(file, "object", derived.bytes, ID_BYTES);
    vector_write(file, "room", given.room.bytes, ID_BYTES);
    fact_make_act(&derived, &given.room, &entry);
    vector_write(file, "act_of_entry", derived.bytes, ID_BYTES);
    vector_write_number(file, "kind", ACT_READOUT, 1);
    vector_write(file, "subject", given.party.bytes, ID_BYTES);
    vector_write_number(file, "number", 9, 4);
    fact_make_slot_key(&derived, ACT_READOUT, (struct digest *)&given.party, 9);
    vector_write(file, "slot_key", derived.bytes, ID_BYTES);
    vector_write(file, "act", given.act.bytes, ID_BYTES);
    vector_write(file, "text_root", given.root.bytes, ID_BYTES);
    vector_write(file, "party", given.party.bytes, ID_BYTES);
    vector_write_number(file, "office", given.office, 4);
    vector_write_number(file, "purpose", given.purpose, 1);
    consent_make_challenge(challenge, &given);
    vector_write(file, "challenge", challenge, sizeof challenge);
    vector_write(file, "seed", seed, sizeof seed);
    signing_key_of_seed(&key, &public, seed);
    vector_write(file, "key", public.bytes, sizeof public.bytes);
    consent_sign(&signature, &key, &given);
    vector_write(file, "signature", signature.bytes, sizeof signature.bytes);
}

static void
generate(FILE *file)
{
    fputs(explanation, file);
    for (unsigned i = 0; facts_type(i) != 0; i++) {
        struct bytes content = sample(facts_type(i));
        vector_write_name(file, fact_type_name(facts_type(i)));
        vector_write_number(file, "type", facts_type(i), 2);
        vector_write(file, "content", content.data, content.size);
    }
    write_derived(file);
}

static void
check_fact(const struct vector *vector)
{
    uint16_t type = (uint16_t)vector_number(vector, "type");
    const struct vector_field *content = vector_get(vector, "content");
    struct writer writer = writer_of(buffer, sizeof buffer);
    struct fact fact;

    REQUIRE(fact_parse(&fact, type, (struct bytes){content->data, content->size}) == ENTENTE_OK);
    fact_write(&writer, &fact, type);
    CHECK(vector_equal(vector, "content", buffer, writer.used));
}

static void
check_derived(const struct vector *vector)
{
    const struct vector_field *content = vector_get(vector, "text");
    struct consent_terms given = {.office = (uint32_t)vector_number(vector, "office"),
        .purpose = (uint8_t)vector_number(vector, "purpose")};
    struct signature signature;
    struct public_key key;
    struct entry_id entry;
    struct digest derived, subject;
    struct fact text;

    REQUIRE(
        fact_parse(&text, FACT_TEXT, (struct bytes){content->data, content->size}) == ENTENTE_OK);
    fact_make_text_root(&derived, &text);
    CHECK(vector_equal(vector, "root", derived.bytes, ID_BYTES));
    vector_copy(vector, "entry", entry.bytes, ID_BYTES);
    fact_make_object(&derived, &entry, (uint16_t)vector_number(vector, "index"));
    CHECK(vector_equal(vector, "object", derived.bytes, ID_BYTES));
    vector_copy(vector, "room", given.room.bytes, ID_BYTES);
    fact_make_act(&derived, &given.room, &entry);
    CHECK(vector_equal(vector, "act_of_entry", derived.bytes, ID_BYTES));
    vector_copy(vector, "subject", subject.bytes, ID_BYTES);
    fact_make_slot_key(&derived, (uint8_t)vector_number(vector, "kind"), &subject,
        (uint32_t)vector_number(vector, "number"));
    CHECK(vector_equal(vector, "slot_key", derived.bytes, ID_BYTES));
    vector_copy(vector, "act", given.act.bytes, ID_BYTES);
    vector_copy(vector, "text_root", given.root.bytes, ID_BYTES);
    vector_copy(vector, "party", given.party.bytes, ID_BYTES);
    vector_copy(vector, "key", key.bytes, sizeof key.bytes);
    vector_copy(vector, "signature", signature.bytes, sizeof signature.bytes);
    CHECK(consent_check(&key, &signature, &given));
    given.office++;
    CHECK(!consent_check(&key, &signature, &given));
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
        if (vector_find(&vector, "type") != NULL)
            check_fact(&vector);
        else
            check_derived(&vector);
    CHECK(count == 36);
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
