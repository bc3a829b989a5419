/*
 * Goal: each type of fact has one encoding, and only that one is read and written.
 * Method: a sample of every type, written and read back; every shorter input; every field beyond
 * its bounds, at the writer and at the reader; a section of a type that nobody knows is kept.
 */
#include "format/body.h"
#include "format/file.h"
#include "support/facts.h"
#include "support/test.h"

static uint8_t buffer[BODY_BYTES_MAX + 1];

static struct bytes
write_fact(const struct fact *fact, uint16_t type)
{
    struct writer writer = writer_of(buffer, sizeof buffer);

    fact_write(&writer, fact, type);
    CHECK(!writer.failed && writer.used == fact_size(fact, type));
    return writer_written(&writer);
}

TEST(what_is_written_is_read)
{
    static uint8_t again[4096];
    struct fact fact, read;
    unsigned count = 0;

    for (; facts_type(count) != 0; count++) {
        uint16_t type = facts_type(count);
        facts_sample(&fact, type);
        CHECK(fact_is_known(type) && fact_type_name(type) != NULL);
        CHECK(fact_check(&fact, type) == ENTENTE_OK);
        struct bytes written = write_fact(&fact, type);
        REQUIRE(fact_parse(&read, type, written) == ENTENTE_OK);
        struct writer writer = writer_of(again, sizeof again);
        fact_write(&writer, &read, type);
        CHECK(bytes_equal(writer_written(&writer), written));
    }
    CHECK(count == 35);
}

/* Fields that end up elsewhere than they were would still come back as they were. */
TEST(the_fields_are_where_the_table_says)
{
    static const uint8_t wanted[] = {2, 0, 0, 0, 7, 'k', 'k', 'k'};
    struct fact fact;

    facts_sample(&fact, FACT_CHAIR);
    fact.number = 0x01020304;
    struct bytes chair = write_fact(&fact, FACT_CHAIR);
    CHECK(chair.size == 32 + 4 + 1 + 32);
    CHECK(chair.data[0] == 0x11 && chair.data[32] == 1 && chair.data[35] == 4);
    CHECK(chair.data[36] == 1 && chair.data[37] == 0x22);

    facts_sample(&fact, FACT_CONSENT);
    fact.what = 2;
    memset(fact.key.bytes, 'k', sizeof fact.key.bytes);
    struct bytes consent = write_fact(&fact, FACT_CONSENT);
    CHECK(consent.size == 1 + 4 + 32 + 8 + 64);
    CHECK(memcmp(consent.data, wanted, sizeof wanted) == 0);

    facts_sample(&fact, FACT_TEXT_PART);
    struct bytes part = write_fact(&fact, FACT_TEXT_PART);
    CHECK(part.size == 32 + 3 + 3 && memcmp(part.data + 32, "\2ena\0b", 6) == 0);
}

/* Only a fact that ends with free text or data has shorter forms, and they say something else. */
TEST(refuses_every_shorter_input)
{
    struct fact fact, read;

    for (unsigned i = 0; facts_type(i) != 0; i++) {
        uint16_t type = facts_type(i);
        facts_sample(&fact, type);
        struct bytes written = write_fact(&fact, type);
        fact.text = fact.data = (struct bytes){0};
        size_t fixed = fact_size(&fact, type);
        for (size_t cut = 0; cut < fixed; cut++)
            CHECK(fact_parse(&read, type, (struct bytes){written.data, cut}) ==
                  ENTENTE_ERR_TRUNCATED);
        if (fixed == written.size) {
            buffer[written.size] = 0;
            CHECK(fact_parse(&read, type, (struct bytes){written.data, written.size + 1}) ==
                  ENTENTE_ERR_MALFORMED);
        }
    }
}

/* Break one field of a sample: neither the writer's check nor the reader lets it pass. */
static void
check_refused(const struct fact *fact, uint16_t type, enum entente_error error)
{
    struct fact read;
    static const struct fact zero;

    CHECK(fact_check(fact, type) == error);
    enum entente_error found = fact_parse(&read, type, write_fact(fact, type));
    CHECK(found == ENTENTE_ERR_MALFORMED || found == ENTENTE_ERR_TOO_LARGE);
    CHECK(memcmp(&read, &zero, sizeof zero) == 0);
}

TEST(refuses_what_is_out_of_bounds)
{
    static const struct digest zero;
    struct fact fact;

#define REFUSED(type, field, value, error)                                                         \
    do {                                                                                           \
        facts_sample(&fact, type);                                                                 \
        fact.field = value;                                                                        \
        check_refused(&fact, type, ENTENTE_ERR_##error);                                           \
    } while (0)
    REFUSED(FACT_SIGN, object, zero, USAGE);
    REFUSED(FACT_PROPOSE, what, 0, USAGE);
    REFUSED(FACT_PROPOSE, what, ACT_KIND_MAX + 1, USAGE);
    REFUSED(FACT_PROPOSE, brackets, FACT_BRACKETS_MAX + 1, USAGE);
    REFUSED(FACT_CONSENT, what, 3, USAGE);
    REFUSED(FACT_CONSENT, number, 0, USAGE);
    REFUSED(FACT_CHAIR, what, CHAIR_ADMIT + 1, USAGE);
    REFUSED(FACT_CHAIR, number, FACT_TERM_MAX + 1, USAGE);
    REFUSED(FACT_INVITE, slot, PARTIES_MAX, USAGE);
    REFUSED(FACT_ATTENDANCE, mode, 0, USAGE);
    REFUSED(FACT_ATTENDANCE, mode, 4, USAGE);
    REFUSED(FACT_ATTENDANCE, name, bytes_of_text(""), USAGE);
    REFUSED(FACT_ATTENDANCE, name, bytes_of_text("\xff"), TEXT);
    REFUSED(FACT_PLEDGE, scale, FACT_SCALE_MAX + 1, USAGE);
    REFUSED(FACT_PLEDGE, parties, UINT32_C(1) << PARTIES_MAX, USAGE);
    REFUSED(FACT_ASSESSMENT, size, FILE_BYTES_MAX + 1, USAGE);
    REFUSED(FACT_ASSESSMENT, name, bytes_of_text(""), USAGE);
    REFUSED(FACT_ASSESSMENT, media_type, bytes_of_text("pdf"), USAGE);
    REFUSED(FACT_ASSESSMENT, marking.level, 0, USAGE);
    REFUSED(FACT_ASSESSMENT, marking.scheme, MARKING_TLP, USAGE); /* it has no classification */
    REFUSED(FACT_HOLDING, what, HOLDING_NONE + 1, USAGE);
    REFUSED(FACT_WITHDRAWAL, object, zero, USAGE);
    REFUSED(FACT_WITHDRAWAL_ANSWER, what, WITHDRAWAL_KEPT + 1, USAGE);
    REFUSED(FACT_CONCORD, tag, bytes_of_text("e_"), USAGE);
    REFUSED(FACT_CONCORD, other_tag, bytes_of_text(""), USAGE);
    REFUSED(FACT_CONCORD, text, bytes_of_text("\xff"), TEXT);
}

TEST(refuses_lists_that_are_not_in_order)
{
    static const uint8_t same[] = {1, 1, 0}, beyond[] = {0, 1, PARTIES_MAX};
    static uint8_t list[256];
    struct writer writer = writer_of(list, sizeof list);
    struct text_language language = {bytes_of_text("ko"), true, bytes_of_text("a/b"), 40, {{1}}};
    struct fact fact;

    facts_sample(&fact, FACT_SESSION);
    fact.items = (struct bytes){same, sizeof same};
    check_refused(&fact, FACT_SESSION, ENTENTE_ERR_USAGE);
    fact.items = (struct bytes){beyond, sizeof beyond};
    check_refused(&fact, FACT_SESSION, ENTENTE_ERR_USAGE);
    fact.items_count = 0;
    fact.items.size = 0;
    check_refused(&fact, FACT_SESSION, ENTENTE_ERR_USAGE);

    facts_sample(&fact, FACT_TEXT);
    text_language_write(&writer, &language);
    text_language_write(&writer, &language);
    fact.items = writer_written(&writer);
    check_refused(&fact, FACT_TEXT, ENTENTE_ERR_USAGE);

    writer = writer_of(list, sizeof list);
    office_name_write(&writer, bytes_of_text("b"));
    office_name_write(&writer, bytes_of_text("a"));
    facts_sample(&fact, FACT_PROPOSE);
    fact.items = writer_written(&writer);
    check_refused(&fact, FACT_PROPOSE, ENTENTE_ERR_USAGE);
}

TEST(refuses_brackets_that_do_not_fit)
{
    static const struct text_bracket wrong[][2] = {
        {{0, 3, 5, 2}, {0, 7, 1, 2}},  /* overlap */
        {{0, 3, 5, 2}, {0, 3, 0, 2}},  /* same start */
        {{1, 3, 5, 2}, {0, 9, 1, 2}},  /* not ascending */
        {{0, 3, 5, 2}, {2, 9, 1, 2}},  /* no such language */
        {{0, 3, 5, 2}, {1, 40, 1, 2}}, /* beyond the end */
        {{0, 3, 5, 2}, {1, 41, 0, 2}},
        {{0, 3, 5, 2}, {1, 4, 1, 0}}, /* held by nobody */
        {{0, 3, 5, 2}, {1, 4, 1, UINT32_C(1) << PARTIES_MAX}},
    };
    static uint8_t list[64];
    struct fact fact;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct writer writer = writer_of(list, sizeof list);
        text_bracket_write(&writer, &wrong[i][0]);
        text_bracket_write(&writer, &wrong[i][1]);
        facts_sample(&fact, FACT_TEXT);
        fact.brackets = 2;
        fact.bracket_items = writer_written(&writer);
        check_refused(&fact, FACT_TEXT, ENTENTE_ERR_USAGE);
    }
}

TEST(bounds_texts_and_data)
{
    static uint8_t big[FACT_TEXT_BYTES_MAX + 1];
    struct fact fact, read;

    memset(big, 'x', sizeof big);
    facts_sample(&fact, FACT_POSITION);
    fact.text = (struct bytes){big, FACT_TEXT_BYTES_MAX};
    CHECK(fact_check(&fact, FACT_POSITION) == ENTENTE_OK);
    CHECK(fact_parse(&read, FACT_POSITION, write_fact(&fact, FACT_POSITION)) == ENTENTE_OK);
    fact.text.size++;
    check_refused(&fact, FACT_POSITION, ENTENTE_ERR_USAGE);
    facts_sample(&fact, FACT_TEXT_PART);
    fact.data = (struct bytes){big, sizeof big};
    check_refused(&fact, FACT_TEXT_PART, ENTENTE_ERR_USAGE);
}

TEST(keeps_sections_of_unknown_types)
{
    struct body body = {.secret = {7}, .count = 2}, read;
    struct writer writer = writer_of(buffer, sizeof buffer);

    body.sections[0] = (struct section){.type = 999, .unknown = bytes_of_text("from tomorrow")};
    body.sections[1].type = FACT_UNDER;
    facts_sample(&body.sections[1].fact, FACT_UNDER);
    REQUIRE(body_write(&writer, &body) == ENTENTE_OK);
    REQUIRE(body_parse(writer_written(&writer), &read) == ENTENTE_OK);
    CHECK(read.sections[0].type == 999);
    CHECK(bytes_equal(read.sections[0].unknown, bytes_of_text("from tomorrow")));
    CHECK(read.sections[1].fact.object.bytes[0] == 0x11);
    CHECK(!fact_is_known(999) && fact_type_name(999) == NULL);
}

TEST(an_act_travels_without_secret_and_padding)
{
    struct body body = {.secret = {7}, .count = 1}, read;
    struct writer writer = writer_of(buffer, sizeof buffer);

    body.sections[0].type = FACT_SIGN;
    facts_sample(&body.sections[0].fact, FACT_SIGN);
    REQUIRE(body_write_clear(&writer, &body) == ENTENTE_OK);
    CHECK(writer.used == 2 + 6 + 32 && writer.used == body_size_clear(&body));
    REQUIRE(body_parse_clear(writer_written(&writer), &read) == ENTENTE_OK);
    CHECK(read.count == 1 && read.sections[0].type == FACT_SIGN);
    for (size_t cut = 0; cut < writer.used; cut++)
        CHECK(body_parse_clear((struct bytes){buffer, cut}, &read) == ENTENTE_ERR_TRUNCATED);
    CHECK(
        body_parse_clear((struct bytes){buffer, writer.used + 1}, &read) == ENTENTE_ERR_MALFORMED);
    memset(buffer, 0, 2);
    CHECK(body_parse_clear((struct bytes){buffer, 2}, &read) == ENTENTE_ERR_MALFORMED);
    buffer[1] = BODY_SECTIONS_MAX + 1;
    CHECK(body_parse_clear(writer_written(&writer), &read) == ENTENTE_ERR_TOO_LARGE);
}

TEST_MAIN(CASE(what_is_written_is_read), CASE(the_fields_are_where_the_table_says),
    CASE(refuses_every_shorter_input), CASE(refuses_what_is_out_of_bounds),
    CASE(refuses_lists_that_are_not_in_order), CASE(refuses_brackets_that_do_not_fit),
    CASE(bounds_texts_and_data), CASE(keeps_sections_of_unknown_types),
    CASE(an_act_travels_without_secret_and_padding))
