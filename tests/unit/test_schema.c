/*
 * Goal: a value passes exactly where its schema says so, the forms of text have one reading each,
 * and a schema with a keyword that nobody checks is refused. Method: tables of values; the calendar
 * against the C library for each day of 8,000 years.
 */
#include "support/test.h"

#include "api/contract.h"
#include "api/formats.h"
#include "base/date.h"

#include <time.h>

#define SCHEMAS                                                                                                                         \
    "{\"components\":{\"schemas\":{"                                                                                                    \
    "\"Hex\":{\"type\":\"string\",\"pattern\":\"^[0-9a-f]{4}$\"},"                                                                      \
    "\"Name\":{\"type\":\"string\",\"pattern\":\"^[a-z0-9][a-z0-9._-]*$\",\"maxLength\":5},"                                            \
    "\"List\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Hex\"},\"minItems\":1,\"maxItems\":2},"                    \
    "\"Tree\":{\"type\":\"object\",\"properties\":{\"left\":{\"$ref\":\"#/components/schemas/Tree\"}},\"additionalProperties\":false}," \
    "\"Loop\":{\"$ref\":\"#/components/schemas/Pool\"},\"Pool\":{\"$ref\":\"#/components/schemas/Loop\"}"                               \
    "}}}"

static json_t *
read_json(const char *text)
{
    json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);

    if (json == NULL)
        abort();
    return json;
}

TEST(a_value_passes_where_its_schema_says_so)
{
    static const struct {
        const char *schema, *value, *field; /* field NULL: it passes */
    } cases[] = {
        {"{\"type\":\"string\"}", "\"a\"", NULL},
        {"{\"type\":\"string\"}", "1", ""},
        {"{\"type\":\"integer\"}", "1", NULL},
        {"{\"type\":\"integer\"}", "1.0", ""},
        {"{\"type\":\"integer\"}", "1e2", ""},
        {"{\"type\":\"integer\"}", "true", ""},
        {"{\"type\":\"number\"}", "1", NULL},
        {"{\"type\":\"number\"}", "1.5", NULL},
        {"{\"type\":\"boolean\"}", "false", NULL},
        {"{\"type\":\"boolean\"}", "0", ""},
        {"{\"type\":[\"string\",\"null\"]}", "null", NULL},
        {"{\"type\":[\"string\",\"null\"]}", "{}", ""},
        {"{\"type\":\"string\",\"minLength\":2}", "\"a\"", ""},
        {"{\"type\":\"string\",\"minLength\":2}", "\"ab\"", NULL},
        {"{\"type\":\"string\",\"maxLength\":2}", "\"\xea\xb0\x80\xf0\x9f\x98\x80\"", NULL},
        {"{\"type\":\"string\",\"maxLength\":2}", "\"abc\"", ""},
        {"{\"type\":\"string\",\"x-max-bytes\":6}", "\"\xea\xb0\x80\xea\xb0\x80\"", NULL},
        {"{\"type\":\"string\",\"x-max-bytes\":5}", "\"\xea\xb0\x80\xea\xb0\x80\"", ""},
        {"{\"type\":\"integer\",\"minimum\":1,\"maximum\":3}", "0", ""},
        {"{\"type\":\"integer\",\"minimum\":1,\"maximum\":3}", "1", NULL},
        {"{\"type\":\"integer\",\"minimum\":1,\"maximum\":3}", "3", NULL},
        {"{\"type\":\"integer\",\"minimum\":1,\"maximum\":3}", "4", ""},
        {"{\"enum\":[\"a\",null]}", "null", NULL},
        {"{\"enum\":[\"a\",null]}", "\"b\"", ""},
        {"{\"$ref\":\"#/components/schemas/Hex\"}", "\"09af\"", NULL},
        {"{\"$ref\":\"#/components/schemas/Hex\"}", "\"09aF\"", ""},
        {"{\"$ref\":\"#/components/schemas/Hex\"}", "\"09a\"", ""},
        {"{\"$ref\":\"#/components/schemas/Hex\"}", "\"09af0\"", ""},
        {"{\"$ref\":\"#/components/schemas/Hex\"}", "\"09af\\n\"", ""},
        {"{\"$ref\":\"#/components/schemas/Name\"}", "\"a-.9_\"", NULL},
        {"{\"$ref\":\"#/components/schemas/Name\"}", "\"-a\"", ""},
        {"{\"$ref\":\"#/components/schemas/Name\"}", "\"\"", ""},
        {"{\"$ref\":\"#/components/schemas/Name\"}", "\"abcdef\"", ""},
        {"{\"$ref\":\"#/components/schemas/List\"}", "[]", ""},
        {"{\"$ref\":\"#/components/schemas/List\"}", "[\"0000\",\"000g\"]", "/1"},
        {"{\"$ref\":\"#/components/schemas/List\"}", "[\"0000\",\"0000\",\"0000\"]", ""},
        {"{\"$ref\":\"#/components/schemas/Tree\"}", "{\"left\":{\"left\":{}}}", NULL},
        {"{\"$ref\":\"#/components/schemas/Tree\"}", "{\"left\":{\"right\":1}}", "/left/right"},
        {"{\"anyOf\":[{\"$ref\":\"#/components/schemas/Hex\"},{\"type\":\"null\"}]}", "null", NULL},
        {"{\"anyOf\":[{\"$ref\":\"#/components/schemas/Hex\"},{\"type\":\"null\"}]}", "\"00ff\"",
            NULL},
        {"{\"anyOf\":[{\"$ref\":\"#/components/schemas/Hex\"},{\"type\":\"null\"}]}", "1", ""},
        {"{\"type\":\"object\",\"required\":[\"a\"]}", "{\"b\":1}", "/a"},
        {"{\"type\":\"object\",\"required\":[\"a\"]}", "{\"a\":null}", NULL},
        {"{\"type\":\"string\",\"format\":\"language\"}", "\"zh-Hant\"", NULL},
        {"{\"type\":\"string\",\"format\":\"language\"}", "\"zh_Hant\"", ""},
        {"{\"type\":\"string\",\"format\":\"byte\"}", "\"AA==\"", NULL},
        {"{\"type\":\"string\",\"format\":\"byte\"}", "\"AB==\"", ""},
    };
    json_t *document = read_json(SCHEMAS);
    struct violation violation;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *schema = read_json(cases[i].schema), *value = read_json(cases[i].value);
        CHECK(schema_is_known(document, schema, &violation));
        bool passes = schema_check(document, schema, value, &violation);
        bool is_right = passes == (cases[i].field == NULL) &&
                        (passes || strcmp(violation.field, cases[i].field) == 0);
        if (!is_right)
            printf("# %s %s: \"%s\" %s\n", cases[i].schema, cases[i].value, violation.field,
                violation.text);
        CHECK(is_right);
        json_decref(schema);
        json_decref(value);
    }
    json_decref(document);
}

TEST(a_schema_that_is_not_wholly_checked_is_refused)
{
    static const char *const schemas[] = {
        "{\"type\":\"strin\"}",
        "{\"type\":[]}",
        "{\"type\":3}",
        "{\"multipleOf\":2}",
        "{\"minimum\":-1}",
        "{\"minLength\":\"1\"}",
        "{\"format\":\"email\"}",
        "{\"pattern\":\"a\"}",
        "{\"pattern\":\"^[a]*[b]$\"}",
        "{\"pattern\":\"^(a|b)$\"}",
        "{\"pattern\":\"^[^a]$\"}",
        "{\"pattern\":\"^[\\\\d]$\"}",
        "{\"pattern\":\"^[a]{2,3}$\"}",
        "{\"pattern\":\"^[a]\"}",
        "{\"additionalProperties\":true}",
        "{\"additionalProperties\":{}}",
        "{\"enum\":[]}",
        "{\"enum\":[1]}",
        "{\"anyOf\":[]}",
        "{\"anyOf\":[{\"oneOf\":[]}]}",
        "{\"items\":true}",
        "{\"properties\":{\"a\":{\"const\":1}}}",
        "{\"$ref\":\"#/components/schemas/Nobody\"}",
        "{\"$ref\":\"https://example.org\"}",
        "{\"$ref\":\"#/components/schemas/Loop\"}",
        "true",
    };
    json_t *document = read_json(SCHEMAS);
    struct violation violation;

    for (size_t i = 0; i < sizeof schemas / sizeof schemas[0]; i++) {
        json_t *schema = read_json(schemas[i]);
        bool is_known = schema_is_known(document, schema, &violation);
        if (is_known || violation.text[0] == '\0')
            printf("# %s\n", schemas[i]);
        CHECK(!is_known && violation.text[0] != '\0');
        json_decref(schema);
    }
    json_decref(document);
}

/* What a program may say wrongly about itself. */
TEST(a_document_that_promises_too_much_is_refused)
{
    static const struct {
        const char *old, *new;
    } changes[] = {
        {"\"x-roles\": [", "\"x-rolls\": ["},
        {"\"operator\"", "\"emperor\""},
        {"\"operationId\": \"health\"", "\"operationId\": \"metrics\""},
        {"\"in\": \"query\"", "\"in\": \"cookie\""},
        {"\"name\": \"Idempotency-Key\"", "\"name\": \"If-Match\""},
        {"\"maxItems\": 8", "\"uniqueItems\": 8"},
        {"\"application/octet-stream\"", "\"multipart/form-data\""},
        {"\"/api/v1/health\"", "\"/api/{v1/health\""},
        {"{", ""},
    };
    struct violation violation;
    struct contract *contract;

    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        const char *at =
            memmem(api_document, api_document_size, changes[i].old, strlen(changes[i].old));
        REQUIRE(at != NULL);
        size_t before = (size_t)(at - (const char *)api_document), old = strlen(changes[i].old),
               new = strlen(changes[i].new), size = api_document_size - old + new;
        char *text = malloc(size);
        memcpy(text, api_document, before);
        memcpy(text + before, changes[i].new, new);
        memcpy(text + before + new, at + old, size - before - new);
        bool is_refused = contract_new(&contract, (struct bytes){(uint8_t *)text, size},
                              &violation) == ENTENTE_ERR_MALFORMED &&
                          violation.text[0] != '\0';
        if (!is_refused)
            printf("# %s\n", changes[i].new);
        CHECK(is_refused);
        free(text);
    }
}

TEST(times_have_one_reading)
{
    static const struct {
        const char *text;
        uint64_t t_ms; /* 1: it is refused */
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2020-11-19T08:30:00.000Z", 1605774600000},
        {"2020-11-19T17:30:00+09:00", 1605774600000},
        {"2020-11-19T03:30:00.1239-05:00", 1605774600123},
        {"2024-02-29T00:00:00Z", 1709164800000},
        {"9999-12-31T23:59:59.999Z", 253402300799999},
        {"2023-02-29T00:00:00Z", 1},
        {"2100-02-29T00:00:00Z", 1},
        {"2020-04-31T00:00:00Z", 1},
        {"2020-00-01T00:00:00Z", 1},
        {"2020-13-01T00:00:00Z", 1},
        {"2020-01-00T00:00:00Z", 1},
        {"2020-01-01T24:00:00Z", 1},
        {"2020-01-01T00:60:00Z", 1},
        {"2020-01-01T00:00:60Z", 1},
        {"2020-01-01T00:00:00", 1},
        {"2020-01-01t00:00:00z", 1},
        {"2020-01-01 00:00:00Z", 1},
        {"2020-01-01T00:00:00.Z", 1},
        {"2020-01-01T00:00:00+24:00", 1},
        {"2020-01-01T00:00:00+0900", 1},
        {"2020-01-01T00:00:00Z ", 1},
        {"+020-01-01T00:00:00Z", 1},
        {"1969-12-31T23:59:59Z", 1},
        {"1970-01-01T00:00:00+00:01", 1},
        {"", 1},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t t_ms;
        bool good = time_of_text(bytes_of_text(cases[i].text), &t_ms);
        if (good != (cases[i].t_ms != 1) || (good && t_ms != cases[i].t_ms))
            printf("# %s\n", cases[i].text);
        CHECK(good == (cases[i].t_ms != 1) && (!good || t_ms == cases[i].t_ms));
    }
}

TEST(the_calendar_is_that_of_the_c_library)
{
    char ours[TIME_TEXT_BYTES], theirs[TIME_TEXT_BYTES];

    for (uint64_t day = 0; day < 2932897; day += day < 100000 ? 1 : 37) {
        time_t seconds = (time_t)(day * 86400 + 3661);
        struct tm tm;
        uint64_t t_ms;
        REQUIRE(gmtime_r(&seconds, &tm) != NULL);
        strftime(theirs, sizeof theirs, "%Y-%m-%dT%H:%M:%S.007Z", &tm);
        time_to_text(ours, (uint64_t)seconds * 1000 + 7);
        REQUIRE(strcmp(ours, theirs) == 0);
        REQUIRE(time_of_text(bytes_of_text(ours), &t_ms) && t_ms == (uint64_t)seconds * 1000 + 7);
    }
    time_to_text(ours, UINT64_MAX); /* somebody's clock: no crash, and a text of the form */
    CHECK(strlen(ours) == TIME_TEXT_BYTES - 1);
}

TEST(decimals_have_one_reading)
{
    static const struct {
        const char *text, *again; /* NULL: it is refused */
    } cases[] = {
        {"0", "0"},
        {"2.5", "2.5"},
        {"2.50", "2.50"},
        {"0.000000001", "0.000000001"},
        {"18446744073709551615", "18446744073709551615"},
        {"1844674407.3709551615", NULL},
        {"18446744073709551616", NULL},
        {"1.0000000000", NULL},
        {"007", "7"},
        {"", NULL},
        {".5", NULL},
        {"5.", NULL},
        {"-1", NULL},
        {"1e3", NULL},
        {"1,5", NULL},
        {"1.2.3", NULL},
        {" 1", NULL},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[DECIMAL_TEXT_BYTES];
        uint64_t quantity;
        uint8_t scale;
        bool good = decimal_of_text(bytes_of_text(cases[i].text), &quantity, &scale);
        decimal_to_text(text, quantity, scale);
        if (good != (cases[i].again != NULL) || (good && strcmp(text, cases[i].again) != 0))
            printf("# %s: %s\n", cases[i].text, text);
        CHECK(good == (cases[i].again != NULL) && (!good || strcmp(text, cases[i].again) == 0));
    }
}

/* Against a slow encoder: each content has one text, and no other text is taken for it. */
TEST(base64_has_one_text_for_each_content)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint64_t seed = 5;
    uint8_t data[48], read[48];
    char text[65];
    size_t size;

    for (size_t count = 0; count <= sizeof data; count++) {
        memset(text, 0, sizeof text);
        for (size_t i = 0; i < count; i++)
            data[i] = (uint8_t)test_random(&seed);
        for (size_t i = 0; i < (count + 2) / 3 * 4; i++) {
            unsigned value = 0;
            for (size_t bit = i * 6; bit < i * 6 + 6; bit++)
                value = value << 1 |
                        (bit / 8 < count ? (unsigned)data[bit / 8] >> (7 - bit % 8) & 1u : 0u);
            text[i] = i * 6 >= count * 8 ? '=' : digits[value];
        }
        CHECK(base64_of_text(bytes_of_text(text), read, &size));
        CHECK(size == count && memcmp(read, data, count) == 0);
        for (size_t i = 0; text[i] != '\0'; i++) {
            char kept = text[i];
            text[i] = '-';
            CHECK(!base64_of_text(bytes_of_text(text), NULL, &size));
            text[i] = kept;
        }
    }
    CHECK(!base64_of_text(bytes_of_text("A==="), NULL, &size));
    CHECK(!base64_of_text(bytes_of_text("AA=A"), NULL, &size));
    CHECK(!base64_of_text(bytes_of_text("AAA=\n"), NULL, &size));
    CHECK(!base64_of_text(bytes_of_text("===="), NULL, &size));
}

TEST_MAIN(CASE(a_value_passes_where_its_schema_says_so),
    CASE(a_schema_that_is_not_wholly_checked_is_refused),
    CASE(a_document_that_promises_too_much_is_refused), CASE(times_have_one_reading),
    CASE(the_calendar_is_that_of_the_c_library), CASE(decimals_have_one_reading),
    CASE(base64_has_one_text_for_each_content))
