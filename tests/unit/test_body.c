/*
 * Goal: a body has one encoding, and only that one is read; a commitment binds all of it; a
 * disclosure proves its section and nothing else.
 * Method: bodies of every section type and of every count of sections; every shorter input, every
 * changed byte of small bodies; the limits from both sides; a slow Merkle tree of our own.
 */
#include "crypto/crypto.h"
#include "crypto/hash.h"
#include "format/commitment.h"
#include "support/test.h"

static uint8_t buffer[BODY_BYTES_MAX + 1];
static uint8_t big_text[SECTION_TEXT_BYTES_MAX + 1];

static struct section
statement(const char *tag, const char *speaker, const char *text)
{
    return (struct section){.type = SECTION_STATEMENT,
        .statement = {bytes_of_text(tag), bytes_of_text(speaker), bytes_of_text(text)}};
}

static struct section
heading(uint8_t role, uint8_t level, const char *tag, const char *text)
{
    return (struct section){
        .type = SECTION_HEADING, .heading = {role, level, bytes_of_text(tag), bytes_of_text(text)}};
}

static struct section
file(const char *name, const char *media_type, struct bytes data)
{
    return (struct section){
        .type = SECTION_FILE, .file = {bytes_of_text(name), bytes_of_text(media_type), data}};
}

static struct body
three_sections(void)
{
    struct body body = {.secret = {1, 2, 3}, .count = 3};

    body.sections[0] = heading(HEADING_AGENDA_ITEM, 2, "en", "Vaccines");
    body.sections[1] = statement("ar", "المتحدث", "العمل معا");
    body.sections[2] = file("note.txt", "text/plain", (struct bytes){(const uint8_t *)"a\0b", 3});
    return body;
}

static struct bytes
write_body(struct body *body)
{
    struct writer writer = writer_of(buffer, sizeof buffer);

    CHECK(body_write(&writer, body) == ENTENTE_OK);
    CHECK(writer.used == body_size(body));
    return writer_written(&writer);
}

/* `count` statements that differ. */
static struct body
many_sections(uint32_t count)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    struct body body = {.secret = {9}, .count = count};

    for (uint32_t i = 0; i < count && i < BODY_SECTIONS_MAX; i++) {
        body.sections[i] = statement("en", "", "");
        body.sections[i].statement.text = (struct bytes){(const uint8_t *)letters + i, 1};
    }
    return body;
}

TEST(what_is_written_is_read)
{
    struct body body = three_sections(), read;
    struct bytes written = write_body(&body);

    CHECK(written.size == BODY_BYTES_MIN);
    REQUIRE(body_parse(written, &read) == ENTENTE_OK);
    CHECK(memcmp(read.secret, body.secret, sizeof read.secret) == 0 && read.count == 3);
    CHECK(read.sections[0].type == SECTION_HEADING);
    CHECK(read.sections[0].heading.role == HEADING_AGENDA_ITEM);
    CHECK(read.sections[0].heading.level == 2);
    CHECK(bytes_equal(read.sections[0].heading.text, bytes_of_text("Vaccines")));
    CHECK(bytes_equal(read.sections[1].statement.tag, bytes_of_text("ar")));
    CHECK(bytes_equal(read.sections[1].statement.speaker, bytes_of_text("المتحدث")));
    CHECK(bytes_equal(read.sections[1].statement.text, bytes_of_text("العمل معا")));
    CHECK(bytes_equal(read.sections[2].file.name, bytes_of_text("note.txt")));
    CHECK(bytes_equal(read.sections[2].file.media_type, bytes_of_text("text/plain")));
    CHECK(bytes_equal(read.sections[2].file.data, (struct bytes){(const uint8_t *)"a\0b", 3}));
    for (int i = 0; i < 3; i++)
        CHECK(bytes_equal(read.sections[i].content, body.sections[i].content));
}

TEST(every_shorter_and_longer_input_is_refused)
{
    struct body body = three_sections(), read;
    struct bytes written = write_body(&body);
    static const struct body zero;

    buffer[written.size] = 0;
    CHECK(body_parse((struct bytes){buffer, written.size + 1}, &read) == ENTENTE_ERR_MALFORMED);
    for (size_t cut = 0; cut < written.size; cut++) {
        enum entente_error error = body_parse((struct bytes){buffer, cut}, &read);
        CHECK(error == ENTENTE_ERR_TRUNCATED || error == ENTENTE_ERR_MALFORMED);
        CHECK(memcmp(&read, &zero, sizeof read) == 0);
    }
}

/* What is read after a change is another body, never the same one: the encoding has no slack. */
TEST(every_changed_byte_changes_the_body)
{
    struct body body = three_sections(), read;
    struct bytes written = write_body(&body);
    struct digest wanted, found;

    body_commit(&wanted, &body);
    for (size_t at = 0; at < written.size; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            buffer[at] ^= (uint8_t)(1u << bit);
            if (body_parse(written, &read) == ENTENTE_OK) {
                body_commit(&found, &read);
                CHECK(memcmp(&found, &wanted, sizeof found) != 0);
            }
            buffer[at] ^= (uint8_t)(1u << bit);
        }
}

/* The definition in the paper, with the same floors. */
TEST(sizes_are_rounded_as_in_the_paper)
{
    CHECK(body_padded_size(1) == 256 && body_padded_size(256) == 256);
    CHECK(body_padded_size(257) == 272 && body_padded_size(272) == 272);
    CHECK(body_padded_size(273) == 288);
    CHECK(body_padded_size(1000) == 1024 && body_padded_size(1025) == 1088);
    CHECK(body_padded_size(65537) == 67584 && body_padded_size(1048576) == 1048576);
    CHECK(body_padded_size(1048577) == 1081344);
    for (size_t size = 257; size < 100000; size++) {
        size_t padded = body_padded_size(size);
        CHECK(padded >= size && padded - size <= size / 8);
        CHECK(body_padded_size(padded) == padded);
    }
}

TEST(padding_is_zero_and_of_one_size)
{
    struct body body = three_sections(), read;
    struct bytes written = write_body(&body);

    buffer[written.size - 1] = 1;
    CHECK(body_parse(written, &read) == ENTENTE_ERR_MALFORMED);
    buffer[written.size - 1] = 0;
    CHECK(body_parse(written, &read) == ENTENTE_OK);
    memset(buffer + written.size, 0, 16);
    CHECK(body_parse((struct bytes){buffer, 272}, &read) == ENTENTE_ERR_MALFORMED);
}

/* A file's section takes 6 bytes, 3 for sizes, and 10 of "text/plain"; r and count take 34. */
TEST(the_limits_hold_from_both_sides)
{
    struct body body = many_sections(1), read;

    memset(big_text, 'x', sizeof big_text);
    body.sections[0].statement.text = (struct bytes){big_text, SECTION_TEXT_BYTES_MAX};
    CHECK(body_parse(write_body(&body), &read) == ENTENTE_OK);
    body.sections[0].statement.text.size++;
    struct writer writer = writer_of(buffer, sizeof buffer);
    CHECK(body_write(&writer, &body) == ENTENTE_ERR_USAGE && writer.used == 0);

    body = (struct body){.count = 1};
    size_t data_max = BODY_BYTES_MAX - 34 - 6 - 3 - 10;
    body.sections[0] = file("", "text/plain", (struct bytes){0});
    static uint8_t zeros[BODY_BYTES_MAX];
    body.sections[0].file.data = (struct bytes){zeros, data_max};
    CHECK(write_body(&body).size == BODY_BYTES_MAX);
    CHECK(body_parse((struct bytes){buffer, BODY_BYTES_MAX}, &read) == ENTENTE_OK);
    CHECK(body_parse((struct bytes){buffer, BODY_BYTES_MAX + 1}, &read) == ENTENTE_ERR_TOO_LARGE);
    body.sections[0].file.data.size++;
    CHECK(body_write(&writer, &body) == ENTENTE_ERR_USAGE);

    body = many_sections(0);
    CHECK(body_write(&writer, &body) == ENTENTE_ERR_USAGE);
    body = many_sections(BODY_SECTIONS_MAX + 1);
    CHECK(body_write(&writer, &body) == ENTENTE_ERR_USAGE);
    body = many_sections(BODY_SECTIONS_MAX);
    struct bytes written = write_body(&body);
    CHECK(body_parse(written, &read) == ENTENTE_OK && read.count == BODY_SECTIONS_MAX);
    buffer[33] = BODY_SECTIONS_MAX + 1;
    CHECK(body_parse(written, &read) == ENTENTE_ERR_TOO_LARGE);
    memset(buffer, 0, BODY_BYTES_MIN);
    CHECK(body_parse((struct bytes){buffer, BODY_BYTES_MIN}, &read) == ENTENTE_ERR_MALFORMED);
}

TEST(a_text_that_is_too_long_is_refused_by_the_reader)
{
    static uint8_t content[5 + SECTION_TEXT_BYTES_MAX + 1];
    struct section section;

    memset(content, 'x', sizeof content);
    memcpy(content, "\2en\0\0", 5);
    struct bytes fits = {content, sizeof content - 1}, too_long = {content, sizeof content};
    CHECK(section_parse(&section, SECTION_STATEMENT, fits) == ENTENTE_OK);
    CHECK(section_parse(&section, SECTION_STATEMENT, too_long) == ENTENTE_ERR_TOO_LARGE);
    memcpy(content, "\1\1\2en", 5);
    CHECK(section_parse(&section, SECTION_HEADING, fits) == ENTENTE_OK);
    CHECK(section_parse(&section, SECTION_HEADING, too_long) == ENTENTE_ERR_TOO_LARGE);
}

#define CONTENT(text)                                                                              \
    {                                                                                              \
        (const uint8_t *)text, sizeof text - 1                                                     \
    }

TEST(the_reader_refuses_wrong_fields)
{
    static const struct {
        uint16_t type;
        struct bytes content;
    } wrong[] = {
        {0, CONTENT("")},
        {SECTION_STATEMENT, CONTENT("\0\0\0")},
        {SECTION_STATEMENT, CONTENT("\2e_\0\0")},
        {SECTION_STATEMENT, CONTENT("\2en\0\1\xff")},
        {SECTION_STATEMENT, CONTENT("\2en\0\0\xc0\x80")},
        {SECTION_HEADING, CONTENT("\3\1\2en")},
        {SECTION_HEADING, CONTENT("\0\0\2en")},
        {SECTION_HEADING, CONTENT("\0\7\2en")},
        {SECTION_HEADING, CONTENT("\0\1\0")},
        {SECTION_HEADING, CONTENT("\0\1\2en\xed\xa0\x80")},
        {SECTION_FILE, CONTENT("\0\1\xff\3a/b")},
        {SECTION_FILE, CONTENT("\0\0\0")},
        {SECTION_FILE, CONTENT("\0\0\2ab")},
        {SECTION_FILE, CONTENT("\0\0\2a/")},
        {SECTION_FILE, CONTENT("\0\0\2/a")},
        {SECTION_FILE, CONTENT("\0\0\5a/b/c")},
        {SECTION_FILE, CONTENT("\0\0\4a/b\n")},
        {SECTION_FILE, CONTENT("\0\0\4a/b\0")},
        {SECTION_FILE, CONTENT("\0\0\4a/.b")},
    };
    static const struct section zero;
    struct section section;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        memset(&section, 1, sizeof section);
        CHECK(section_parse(&section, wrong[i].type, wrong[i].content) == ENTENTE_ERR_MALFORMED);
        CHECK(memcmp(&section, &zero, sizeof section) == 0);
    }
    struct bytes right = CONTENT("\0\0\12a/b+c-d.e_f");
    CHECK(section_parse(&section, SECTION_FILE, right) == ENTENTE_OK);
}

TEST(the_writer_refuses_wrong_fields)
{
    const struct {
        enum entente_error error;
        struct section section;
    } wrong[] = {
        {ENTENTE_ERR_USAGE, {.type = 0}},
        {ENTENTE_ERR_USAGE, statement("", "", "")},
        {ENTENTE_ERR_USAGE, statement("en_GB", "", "")},
        {ENTENTE_ERR_TEXT, statement("en", "\xff", "")},
        {ENTENTE_ERR_TEXT, statement("en", "", "\xe2\x82")},
        {ENTENTE_ERR_USAGE, heading(3, 1, "en", "")},
        {ENTENTE_ERR_USAGE, heading(0, 0, "en", "")},
        {ENTENTE_ERR_USAGE, heading(0, 7, "en", "")},
        {ENTENTE_ERR_USAGE, heading(0, 1, "", "")},
        {ENTENTE_ERR_TEXT, heading(0, 1, "en", "\xff")},
        {ENTENTE_ERR_USAGE, file("a", "text", (struct bytes){0})},
        {ENTENTE_ERR_TEXT, file("\xff", "text/plain", (struct bytes){0})},
    };
    struct writer writer = writer_of(buffer, sizeof buffer);

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct body body = {.count = 2, .sections = {statement("en", "", ""), wrong[i].section}};
        CHECK(body_write(&writer, &body) == wrong[i].error && writer.used == 0);
    }
    struct body body = many_sections(1);
    memset(big_text, 'x', sizeof big_text);
    body.sections[0].statement.speaker = (struct bytes){big_text, SECTION_SPEAKER_BYTES_MAX};
    CHECK(body_write(&writer, &body) == ENTENTE_OK);
    body.sections[0].statement.speaker.size++;
    CHECK(body_write(&writer, &body) == ENTENTE_ERR_USAGE);
}

TEST(a_writer_without_room_is_left_as_it_was)
{
    struct body body = three_sections();

    for (size_t size = 0; size < BODY_BYTES_MIN; size++) {
        struct writer writer = writer_of(buffer, size);
        CHECK(body_write(&writer, &body) == ENTENTE_ERR_NO_MEMORY);
        CHECK(writer.used == 0 && !writer.failed);
    }
}

static void
make_pair(uint8_t *out, const uint8_t *left, const uint8_t *right)
{
    uint8_t both[64];

    memcpy(both, left, 32);
    memcpy(both + 32, right, 32);
    hash_once(out, "entente/bodynode", (struct bytes){both, 64});
}

/* The root over leaves first..first+count, by recursion: the left half is a power of two. */
static void
slow_root(uint8_t root[static 32], const struct body *body, uint32_t first, uint32_t count)
{
    uint8_t left[32], right[32], secret[32], index[2] = {0, (uint8_t)first};

    if (count == 1) {
        const struct section *section = &body->sections[first];
        uint8_t *input = malloc(2 + section->content.size);
        REQUIRE(input != NULL);
        input[0] = (uint8_t)(section->type >> 8);
        input[1] = (uint8_t)section->type;
        memcpy(input + 2, section->content.data, section->content.size);
        hash_keyed(secret, "entente/secret/1", body->secret, (struct bytes){index, 2});
        hash_keyed(
            root, "entente/bodyleaf", secret, (struct bytes){input, 2 + section->content.size});
        free(input);
        return;
    }
    uint32_t half = 1;
    while (half * 2 < count)
        half *= 2;
    slow_root(left, body, first, half);
    slow_root(right, body, first + half, count - half);
    make_pair(root, left, right);
}

TEST(the_commitment_is_the_tree_of_the_protocol)
{
    for (uint32_t count = 1; count <= BODY_SECTIONS_MAX; count++) {
        struct body body = many_sections(count);
        struct digest commitment, found;
        uint8_t input[34] = {0, (uint8_t)count};
        write_body(&body);
        slow_root(input + 2, &body, 0, count);
        hash_once(found.bytes, "entente/commit/1", (struct bytes){input, sizeof input});
        body_commit(&commitment, &body);
        CHECK(memcmp(&commitment, &found, sizeof found) == 0);
    }
}

TEST(every_section_of_every_body_can_be_disclosed)
{
    for (uint32_t count = 1; count <= BODY_SECTIONS_MAX; count++) {
        struct body body = many_sections(count);
        struct digest commitment;
        write_body(&body);
        body_commit(&commitment, &body);
        for (uint16_t index = 0; index < count; index++) {
            uint8_t encoded[512];
            struct writer writer = writer_of(encoded, sizeof encoded);
            struct disclosure disclosure, read;
            body_disclose(&disclosure, &body, index);
            disclosure_write(&writer, &disclosure);
            REQUIRE(disclosure_parse(writer_written(&writer), &read) == ENTENTE_OK);
            CHECK(read.index == index && read.count == count);
            CHECK(bytes_equal(read.section.statement.text, body.sections[index].statement.text));
            CHECK(disclosure_check(&read, &commitment) == ENTENTE_OK);
        }
    }
}

TEST(a_changed_disclosure_proves_nothing)
{
    struct body body = many_sections(7);
    struct digest commitment;
    struct disclosure disclosure, read;
    uint8_t encoded[512];
    struct writer writer = writer_of(encoded, sizeof encoded);

    write_body(&body);
    body_commit(&commitment, &body);
    body_disclose(&disclosure, &body, 4);
    disclosure_write(&writer, &disclosure);
    struct bytes written = writer_written(&writer);
    for (size_t bit = 0; bit < 8 * written.size; bit++) {
        encoded[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (disclosure_parse(written, &read) == ENTENTE_OK)
            CHECK(disclosure_check(&read, &commitment) == ENTENTE_ERR_COMMITMENT);
        encoded[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t cut = 0; cut < written.size; cut++)
        CHECK(disclosure_parse((struct bytes){encoded, cut}, &read) == ENTENTE_ERR_TRUNCATED);
    encoded[written.size] = 0;
    CHECK(disclosure_parse((struct bytes){encoded, written.size + 1}, &read) ==
          ENTENTE_ERR_MALFORMED);
    encoded[1] = 7;
    CHECK(disclosure_parse(written, &read) == ENTENTE_ERR_MALFORMED);
    encoded[3] = 65;
    CHECK(disclosure_parse(written, &read) == ENTENTE_ERR_TOO_LARGE);
    commitment.bytes[0] ^= 1;
    CHECK(disclosure_check(&disclosure, &commitment) == ENTENTE_ERR_COMMITMENT);
}

int
main(int argc, char **argv)
{
    const struct test_case cases[] = {
        CASE(what_is_written_is_read),
        CASE(every_shorter_and_longer_input_is_refused),
        CASE(every_changed_byte_changes_the_body),
        CASE(sizes_are_rounded_as_in_the_paper),
        CASE(padding_is_zero_and_of_one_size),
        CASE(the_limits_hold_from_both_sides),
        CASE(a_text_that_is_too_long_is_refused_by_the_reader),
        CASE(the_reader_refuses_wrong_fields),
        CASE(the_writer_refuses_wrong_fields),
        CASE(a_writer_without_room_is_left_as_it_was),
        CASE(the_commitment_is_the_tree_of_the_protocol),
        CASE(every_section_of_every_body_can_be_disclosed),
        CASE(a_changed_disclosure_proves_nothing),
    };

    if (crypto_start() != ENTENTE_OK)
        return 1;
    return test_run(cases, sizeof cases / sizeof cases[0], argc, argv);
}
