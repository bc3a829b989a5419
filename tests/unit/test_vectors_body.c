/*
 * Goal: bodies, commitments and disclosures stay what they are in every version and language.
 * Method: tests/vectors/bodies.txt is read, each field that follows from others is computed from
 * them, and the generator must still write the same file.  `--write` writes it anew.
 */
#include "crypto/crypto.h"
#include "format/commitment.h"
#include "support/test.h"
#include "support/vectors.h"

#define VECTORS "bodies.txt"

static const char explanation[] =
    "# Bodies (PROTOCOL.md B1 to B3).\n"
    "#\n"
    "# `body` is the encoded body, padding included.  From it follow `secret` (its r), `count`,\n"
    "# and for section I from 0 `section_I_type`, `section_I_content`; from all of them\n"
    "# `pcommit` and `disclosure_I`, the encoded disclosure of section I.\n";

static uint8_t buffer[BODY_BYTES_MAX];

static struct bytes
text(const char *text_given)
{
    return bytes_of_text(text_given);
}

static void
write_vector(FILE *file, const char *name, struct body *body)
{
    struct writer writer = writer_of(buffer, sizeof buffer);
    struct digest commitment;
    char field[32];

    for (unsigned i = 0; i < BODY_SECRET_BYTES; i++)
        body->secret[i] = (uint8_t)(0x40 + i);
    if (body_write(&writer, body) != ENTENTE_OK)
        abort();
    body_commit(&commitment, body);
    vector_write_name(file, name);
    vector_write(file, "body", buffer, writer.used);
    vector_write(file, "secret", body->secret, sizeof body->secret);
    vector_write_number(file, "count", body->count, 2);
    for (uint16_t i = 0; i < body->count; i++) {
        snprintf(field, sizeof field, "section_%u_type", i);
        vector_write_number(file, field, body->sections[i].type, 2);
        snprintf(field, sizeof field, "section_%u_content", i);
        vector_write(file, field, body->sections[i].content.data, body->sections[i].content.size);
    }
    vector_write(file, "pcommit", commitment.bytes, sizeof commitment.bytes);
    for (uint16_t i = 0; i < body->count; i++) {
        static uint8_t encoded[DISCLOSURE_BYTES_MAX];
        struct writer disclosed = writer_of(encoded, sizeof encoded);
        struct disclosure disclosure;
        body_disclose(&disclosure, body, i);
        disclosure_write(&disclosed, &disclosure);
        snprintf(field, sizeof field, "disclosure_%u", i);
        vector_write(file, field, encoded, disclosed.used);
    }
}

static void
generate(FILE *file)
{
    struct body body = {.count = 1};

    fputs(explanation, file);
    body.sections[0] = (struct section){.type = SECTION_STATEMENT,
        .statement = {text("en"), text("Chair"), text("Without a gap.")}};
    write_vector(file, "one statement", &body);

    body.sections[0].statement = (struct section_statement){text("ko"), {0}, {0}};
    write_vector(file, "an empty statement", &body);

    body.count = 3;
    body.sections[0] = (struct section){.type = SECTION_HEADING,
        .heading = {HEADING_AGENDA_ITEM, 1, text("ja"), text("ワクチンの開発と供給")}};
    body.sections[1] = (struct section){.type = SECTION_STATEMENT,
        .statement = {text("ar"), text("المتحدث"), text("العمل معا على تطوير اللقاحات وتوريدها")}};
    body.sections[2] = (struct section){.type = SECTION_FILE,
        .file = {text("표.csv"), text("text/csv"), text("dose,date\n1,2020-11\n")}};
    write_vector(file, "heading, statement, file", &body);

    body.count = 13;
    for (uint32_t i = 0; i < body.count; i++)
        body.sections[i] = (struct section){.type = SECTION_STATEMENT,
            .statement = {text("zh-Hant-TW"), text("A"), text(&"thirteen letters"[i])}};
    write_vector(file, "thirteen statements", &body);
}

static void
check_disclosure(const struct vector *vector, const struct body *body,
    const struct digest *commitment, uint16_t index)
{
    char field[32];
    struct disclosure disclosure;

    snprintf(field, sizeof field, "disclosure_%u", index);
    const struct vector_field *encoded = vector_get(vector, field);
    REQUIRE(
        disclosure_parse((struct bytes){encoded->data, encoded->size}, &disclosure) == ENTENTE_OK);
    CHECK(disclosure_check(&disclosure, commitment) == ENTENTE_OK);
    CHECK(disclosure.index == index && disclosure.count == body->count);
    CHECK(bytes_equal(disclosure.section.content, body->sections[index].content));
}

static void
check_vector(const struct vector *vector)
{
    const struct vector_field *encoded = vector_get(vector, "body");
    struct body body;
    struct digest commitment;
    char field[32];

    REQUIRE(body_parse((struct bytes){encoded->data, encoded->size}, &body) == ENTENTE_OK);
    CHECK(vector_equal(vector, "secret", body.secret, sizeof body.secret));
    CHECK(vector_number(vector, "count") == body.count);
    body_commit(&commitment, &body);
    CHECK(vector_equal(vector, "pcommit", commitment.bytes, sizeof commitment.bytes));
    for (uint16_t i = 0; i < body.count; i++) {
        snprintf(field, sizeof field, "section_%u_type", i);
        CHECK(vector_number(vector, field) == body.sections[i].type);
        snprintf(field, sizeof field, "section_%u_content", i);
        CHECK(vector_equal(
            vector, field, body.sections[i].content.data, body.sections[i].content.size));
        check_disclosure(vector, &body, &commitment, i);
    }
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
    CHECK(count == 4);
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
