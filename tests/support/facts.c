#include "support/facts.h"

static const uint16_t types[] = {
#define X(number, name) number,
    FACT_TYPES(X)
#undef X
};

uint16_t
facts_type(unsigned index)
{
    return index < sizeof types / sizeof types[0] ? types[index] : 0;
}

static struct bytes
languages(void)
{
    static uint8_t list[256];
    struct writer writer = writer_of(list, sizeof list);
    struct text_language language = {
        .tag = bytes_of_text("en"), .media_type = bytes_of_text("text/plain"), .size = 40};

    language.is_authentic = true;
    memset(language.sha256.bytes, 0xA1, ID_BYTES);
    text_language_write(&writer, &language);
    language.tag = bytes_of_text("ko");
    memset(language.sha256.bytes, 0xA2, ID_BYTES);
    text_language_write(&writer, &language);
    return writer_written(&writer);
}

static struct bytes
brackets(void)
{
    static uint8_t list[64];
    struct writer writer = writer_of(list, sizeof list);

    text_bracket_write(&writer, &(struct text_bracket){0, 3, 5, 2});
    text_bracket_write(&writer, &(struct text_bracket){0, 8, 32, 3});
    text_bracket_write(&writer, &(struct text_bracket){1, 0, 40, 1});
    return writer_written(&writer);
}

static struct bytes
offices(void)
{
    static uint8_t list[64];
    struct writer writer = writer_of(list, sizeof list);

    office_name_write(&writer, bytes_of_text("Foreign Minister"));
    office_name_write(&writer, bytes_of_text("National Security Adviser"));
    return writer_written(&writer);
}

static struct bytes
spokespersons(void)
{
    static uint8_t list[64];
    struct writer writer = writer_of(list, sizeof list);

    spokesperson_write(&writer, &(struct spokesperson){0, bytes_of_text("A. Speaker")});
    spokesperson_write(&writer, &(struct spokesperson){1, bytes_of_text("대변인")});
    return writer_written(&writer);
}

static void
fill_list(struct fact *fact, uint16_t type)
{
    static const uint8_t chairs[] = {2, 0, 1};

    fact->items_count = 2;
    if (type == FACT_TEXT) {
        fact->items = languages();
    } else if (type == FACT_PROPOSE) {
        fact->items = offices();
    } else if (type == FACT_READOUT) {
        fact->items = spokespersons();
    } else {
        fact->items_count = 3;
        fact->items = (struct bytes){chairs, sizeof chairs};
    }
}

void
facts_sample(struct fact *fact, uint16_t type)
{
    static uint8_t bytes[96];

    memset(bytes, 0x5A, sizeof bytes);
    *fact = (struct fact){
        .nonce = {bytes, 32},
        .signature = {bytes + 32, 64},
        .what = 1,
        .slot = 2,
        .mode = 2,
        .scale = 3,
        .minutes = 45,
        .brackets = 3,
        .number = 7,
        .parties = 5,
        .when_ms = 1605139200000,
        .until_ms = 1605142800000,
        .quantity = 1500,
        .name = bytes_of_text("ストックホルム"),
        .office = bytes_of_text("National Security Adviser"),
        .label = bytes_of_text("doses"),
        .tag = bytes_of_text("en"),
        .other_tag = bytes_of_text("ko"),
        .text = bytes_of_text("Without a gap."),
        .data = {(const uint8_t *)"a\0b", 3},
        .file_key = {bytes + 64, 32},
        .size = 200000,
        .media_type = bytes_of_text("application/pdf"),
        .marking = {MARKING_POLICY, MARKING_AMBER, 5, bytes_of_text("NATO"),
            bytes_of_text("CONFIDENTIAL"), bytes_of_text("KOR JPN")},
    };
    memset(fact->object.bytes, 0x11, ID_BYTES);
    memset(fact->subject.bytes, 0x22, ID_BYTES);
    memset(fact->root.bytes, 0x33, ID_BYTES);
    memset(fact->previous.bytes, 0x66, ID_BYTES);
    memset(fact->sha256.bytes, 0x55, ID_BYTES);
    memset(fact->key.bytes, 0x44, sizeof fact->key.bytes);
    fill_list(fact, type);
    fact->bracket_items = brackets();
}
