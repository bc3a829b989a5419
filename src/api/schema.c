#include "api/schema.h"

#include "api/formats.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REFERENCE "#/components/schemas/"
#define REFERENCES_MAX 8 /* one behind the other, before anything else */

/* Where we are: a list of steps back to the whole value, on the stack. */
struct step {
    const struct step *up;
    const char *key; /* NULL: `index` */
    size_t index;
};

struct check {
    const json_t *document;
    const struct step *where;
    struct violation *violation;
};

/* ---- what is wrong ---- */

static void
add_text(char *out, size_t size, const char *text)
{
    size_t used = strlen(out);
    size_t fits = utf8_cut(bytes_of_text(text), size - used - 1);

    memcpy(out + used, text, fits);
    out[used + fits] = '\0';
}

static void
add_key(char *out, size_t size, const char *key)
{
    for (; *key != '\0'; key++) {
        char one[2] = {*key, '\0'};
        size_t plain = strcspn(key, "~/");
        if (plain > 0) {
            char part[128];
            size_t fits = utf8_cut((struct bytes){(const uint8_t *)key, plain}, sizeof part - 1);
            memcpy(part, key, fits);
            part[fits] = '\0';
            add_text(out, size, part);
            if (fits < plain)
                return; /* a name of more than this says nothing more */
            key += plain - 1;
        } else {
            add_text(out, size, one[0] == '~' ? "~0" : "~1");
        }
    }
}

static void
add_pointer(char *out, size_t size, const struct step *step)
{
    char number[24];

    if (step == NULL)
        return;
    add_pointer(out, size, step->up);
    add_text(out, size, "/");
    snprintf(number, sizeof number, "%zu", step->index);
    add_key(out, size, step->key != NULL ? step->key : number);
}

static bool __attribute__((format(printf, 2, 3)))
wrong(const struct check *check, const char *text, ...)
{
    struct violation *violation = check->violation;
    va_list values;

    memset(violation, 0, sizeof *violation);
    add_pointer(violation->field, sizeof violation->field, check->where);
    va_start(values, text);
    vsnprintf(violation->text, sizeof violation->text, text, values);
    va_end(values);
    return false;
}

static const char *
type_name(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "object";
    case JSON_ARRAY:
        return "array";
    case JSON_STRING:
        return "string";
    case JSON_INTEGER:
        return "integer";
    case JSON_REAL:
        return "number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "boolean";
    case JSON_NULL:
        break;
    }
    return "null";
}

static struct bytes
text_of(const json_t *string)
{
    return (struct bytes){(const uint8_t *)json_string_value(string), json_string_length(string)};
}

/* ---- the keywords: each looks at the values it speaks of and lets others pass ---- */

static bool
is_of_type(const json_t *value, const char *type)
{
    return strcmp(type_name(value), type) == 0 ||
           (strcmp(type, "number") == 0 && json_is_integer(value));
}

static bool
check_type(const struct check *check, const json_t *rule, const json_t *value)
{
    char wanted[64] = "";

    if (json_is_string(rule)) {
        if (is_of_type(value, json_string_value(rule)))
            return true;
        return wrong(
            check, "it must be of type %s, not %s", json_string_value(rule), type_name(value));
    }
    for (size_t i = 0; i < json_array_size(rule); i++) {
        const char *type = json_string_value(json_array_get(rule, i));
        if (is_of_type(value, type))
            return true;
        add_text(wanted, sizeof wanted, i == 0 ? "" : " or ");
        add_text(wanted, sizeof wanted, type);
    }
    return wrong(check, "it must be of type %s, not %s", wanted, type_name(value));
}

static bool
check_enum(const struct check *check, const json_t *rule, const json_t *value)
{
    char wanted[256] = "";

    for (size_t i = 0; i < json_array_size(rule); i++) {
        const json_t *one = json_array_get(rule, i);
        if (json_equal(one, value))
            return true;
        add_text(wanted, sizeof wanted, i == 0 ? "" : ", ");
        add_text(wanted, sizeof wanted, json_is_string(one) ? json_string_value(one) : "null");
    }
    return wrong(check, "it must be one of: %s", wanted);
}

static bool
check_min_length(const struct check *check, const json_t *rule, const json_t *value)
{
    if (!json_is_string(value) ||
        (json_int_t)utf8_length(text_of(value)) >= json_integer_value(rule))
        return true;
    return wrong(check, "it has fewer than %lld characters", (long long)json_integer_value(rule));
}

static bool
check_max_length(const struct check *check, const json_t *rule, const json_t *value)
{
    if (!json_is_string(value) ||
        (json_int_t)utf8_length(text_of(value)) <= json_integer_value(rule))
        return true;
    return wrong(check, "it has more than %lld characters", (long long)json_integer_value(rule));
}

/* What the record bounds in bytes, and not in characters. */
static bool
check_max_bytes(const struct check *check, const json_t *rule, const json_t *value)
{
    if (!json_is_string(value) || (json_int_t)json_string_length(value) <= json_integer_value(rule))
        return true;
    return wrong(
        check, "it has more than %lld bytes in UTF-8", (long long)json_integer_value(rule));
}

static bool
check_minimum(const struct check *check, const json_t *rule, const json_t *value)
{
    if (!json_is_number(value) || json_number_value(value) >= json_number_value(rule))
        return true;
    return wrong(check, "it is less than %lld", (long long)json_integer_value(rule));
}

static bool
check_maximum(const struct check *check, const json_t *rule, const json_t *value)
{
    if (!json_is_number(value) || json_number_value(value) <= json_number_value(rule))
        return true;
    return wrong(check, "it is more than %lld", (long long)json_integer_value(rule));
}

static bool
check_min_items(const struct check *check, const json_t *rule, const json_t *value)
{
    if (!json_is_array(value) || (json_int_t)json_array_size(value) >= json_integer_value(rule))
        return true;
    return wrong(check, "it has fewer than %lld items", (long long)json_integer_value(rule));
}

static bool
check_max_items(const struct check *check, const json_t *rule, const json_t *value)
{
    if (!json_is_array(value) || (json_int_t)json_array_size(value) <= json_integer_value(rule))
        return true;
    return wrong(check, "it has more than %lld items", (long long)json_integer_value(rule));
}

/* ---- patterns: classes of ASCII characters, each once, {n} times, or as the last any times ----
 */

static bool
class_has(const char *class, size_t size, uint8_t character)
{
    for (size_t i = 0; i < size; i++) {
        if (i + 2 < size && class[i + 1] == '-') {
            if (character >= (uint8_t) class[i] && character <= (uint8_t) class[i + 2])
                return true;
            i += 2;
        } else if (character == (uint8_t) class[i]) {
            return true;
        }
    }
    return false;
}

/* The next class of the pattern and how often it stands; false: the pattern has another form. */
static bool
pattern_next(
    const char **pattern, const char **class, size_t *size, unsigned long *times, bool *any)
{
    const char *end = **pattern == '[' ? strchr(*pattern, ']') : NULL;
    char *after;

    *times = 1;
    *any = false;
    if (end == NULL || end == *pattern + 1 || (*pattern)[1] == '^' ||
        memchr(*pattern, '\\', (size_t)(end - *pattern)))
        return false;
    *class = *pattern + 1;
    *size = (size_t)(end - *class);
    *pattern = end + 1;
    if (**pattern == '*') {
        *any = true;
        ++*pattern;
        return strcmp(*pattern, "$") == 0;
    }
    if (**pattern == '{') {
        *times = strtoul(*pattern + 1, &after, 10);
        if (*after != '}' || *times == 0 || *times > 4096)
            return false;
        *pattern = after + 1;
    }
    return true;
}

static bool
pattern_is_known(const char *pattern)
{
    const char *class;
    unsigned long times;
    size_t size;
    bool any;

    if (*pattern++ != '^')
        return false;
    while (strcmp(pattern, "$") != 0)
        if (!pattern_next(&pattern, &class, &size, &times, &any))
            return false;
    return true;
}

static bool
pattern_matches(const char *pattern, struct bytes text)
{
    const char *class;
    unsigned long times;
    size_t size, at = 0;
    bool any;

    pattern++;
    while (strcmp(pattern, "$") != 0 && pattern_next(&pattern, &class, &size, &times, &any))
        for (; any ? at < text.size : times > 0; at++, times--)
            if (at >= text.size || !class_has(class, size, text.data[at]))
                return false;
    return at == text.size;
}

static bool
check_pattern(const struct check *check, const json_t *rule, const json_t *value)
{
    if (!json_is_string(value) || pattern_matches(json_string_value(rule), text_of(value)))
        return true;
    return wrong(check, "it does not have the form %s", json_string_value(rule));
}

/* ---- formats ---- */

static bool
is_time(struct bytes text)
{
    uint64_t t_ms;

    return time_of_text(text, &t_ms);
}

static bool
is_decimal(struct bytes text)
{
    uint64_t quantity;
    uint8_t scale;

    return decimal_of_text(text, &quantity, &scale);
}

static bool
is_base64(struct bytes text)
{
    size_t size;

    return base64_of_text(text, NULL, &size);
}

static const struct format {
    const char *name;
    bool (*holds)(struct bytes text);
    const char *form;
} formats[] = {
    {"date-time", is_time, "a time of RFC 3339 from 1970 on, such as 2020-11-19T08:30:00.000Z"},
    {"language", text_is_language_tag, "a language tag of BCP 47, such as ko or zh-Hant"},
    {"decimal", is_decimal,
        "a decimal number such as 2.5, without sign, below 1.8e19 with its digits behind the point counted in"},
    {"byte", is_base64, "base64 with padding (RFC 4648 section 4)"},
    {NULL, NULL, NULL},
};

static const struct format *
format_find(const char *name)
{
    for (const struct format *format = formats; format->name != NULL; format++)
        if (strcmp(format->name, name) == 0)
            return format;
    return NULL;
}

static bool
check_format(const struct check *check, const json_t *rule, const json_t *value)
{
    const struct format *format = format_find(json_string_value(rule));

    if (!json_is_string(value) || format->holds(text_of(value)))
        return true;
    return wrong(check, "it is not %s", format->form);
}

/* ---- keywords that look inside ---- */

static bool check_all(const struct check *check, const json_t *schema, const json_t *value);

static bool
check_inside(const struct check *check, const json_t *schema, const json_t *value, const char *key,
    size_t index)
{
    struct step step = {check->where, key, index};
    struct check inside = {check->document, &step, check->violation};

    return check_all(&inside, schema, value);
}

static bool
check_properties(const struct check *check, const json_t *rule, const json_t *value)
{
    const char *key;
    json_t *schema;

    json_object_foreach((json_t *)rule, key, schema)
    {
        const json_t *property = json_object_get(value, key);
        if (property != NULL && !check_inside(check, schema, property, key, 0))
            return false;
    }
    return true;
}

static bool
check_required(const struct check *check, const json_t *rule, const json_t *value)
{
    for (size_t i = 0; json_is_object(value) && i < json_array_size(rule); i++) {
        const char *key = json_string_value(json_array_get(rule, i));
        struct step step = {check->where, key, 0};
        struct check inside = {check->document, &step, check->violation};
        if (json_object_get(value, key) == NULL)
            return wrong(&inside, "it is missing");
    }
    return true;
}

/* Only `false` is known; what the properties are, the schema's own `properties` say. */
static bool
check_additional(const struct check *check, const json_t *schema, const json_t *value)
{
    const json_t *properties = json_object_get(schema, "properties");
    const char *key;
    json_t *property;

    json_object_foreach((json_t *)value, key, property)
    {
        struct step step = {check->where, key, 0};
        struct check inside = {check->document, &step, check->violation};
        if (json_object_get(properties, key) == NULL)
            return wrong(&inside, "there is no such field");
    }
    return true;
}

static bool
check_items(const struct check *check, const json_t *rule, const json_t *value)
{
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!check_inside(check, rule, json_array_get(value, i), NULL, i))
            return false;
    return true;
}

/* The first alternative is the one that a violation speaks of. */
static bool
check_any_of(const struct check *check, const json_t *rule, const json_t *value)
{
    struct violation other;
    struct check quiet = {check->document, check->where, &other};

    for (size_t i = 1; i < json_array_size(rule); i++)
        if (check_all(&quiet, json_array_get(rule, i), value))
            return true;
    return check_all(check, json_array_get(rule, 0), value);
}

static const json_t *
reference_find(const json_t *document, const json_t *reference)
{
    const char *text = json_string_value(reference);

    if (text == NULL || strncmp(text, REFERENCE, strlen(REFERENCE)) != 0)
        return NULL;
    return json_object_get(json_object_get(json_object_get(document, "components"), "schemas"),
        text + strlen(REFERENCE));
}

static bool
check_reference(const struct check *check, const json_t *rule, const json_t *value)
{
    return check_all(check, reference_find(check->document, rule), value);
}

/* ---- the keywords' own form, when the document is loaded ---- */

static bool known_all(const struct check *check, const json_t *schema);

static bool
known_inside(const struct check *check, const json_t *schema, const char *key, size_t index)
{
    struct step step = {check->where, key, index};
    struct check inside = {check->document, &step, check->violation};

    return known_all(&inside, schema);
}

static bool
known_type(const struct check *check, const json_t *rule)
{
    static const char *const types[] = {
        "object", "array", "string", "integer", "number", "boolean", "null"};

    for (size_t i = 0; json_is_array(rule) && i < json_array_size(rule); i++)
        if (!json_is_string(json_array_get(rule, i)) || !known_type(check, json_array_get(rule, i)))
            return false;
    for (size_t i = 0; json_is_string(rule) && i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i], json_string_value(rule)) == 0)
            return true;
    return json_array_size(rule) > 0;
}

static bool
known_enum(const struct check *check, const json_t *rule)
{
    (void)check;
    for (size_t i = 0; i < json_array_size(rule); i++)
        if (!json_is_string(json_array_get(rule, i)) && !json_is_null(json_array_get(rule, i)))
            return false;
    return json_array_size(rule) > 0;
}

static bool
known_number(const struct check *check, const json_t *rule)
{
    (void)check;
    return json_is_integer(rule) && json_integer_value(rule) >= 0;
}

static bool
known_pattern(const struct check *check, const json_t *rule)
{
    (void)check;
    return json_is_string(rule) && pattern_is_known(json_string_value(rule));
}

static bool
known_format(const struct check *check, const json_t *rule)
{
    (void)check;
    return json_is_string(rule) && format_find(json_string_value(rule)) != NULL;
}

static bool
known_properties(const struct check *check, const json_t *rule)
{
    const char *key;
    json_t *schema;

    json_object_foreach(
        (json_t *)rule, key, schema) if (!known_inside(check, schema, key, 0)) return false;
    return json_is_object(rule);
}

static bool
known_required(const struct check *check, const json_t *rule)
{
    (void)check;
    for (size_t i = 0; i < json_array_size(rule); i++)
        if (!json_is_string(json_array_get(rule, i)))
            return false;
    return json_is_array(rule);
}

static bool
known_additional(const struct check *check, const json_t *rule)
{
    (void)check;
    return json_is_false(rule);
}

static bool
known_items(const struct check *check, const json_t *rule)
{
    return known_inside(check, rule, "items", 0);
}

static bool
known_any_of(const struct check *check, const json_t *rule)
{
    for (size_t i = 0; i < json_array_size(rule); i++)
        if (!known_inside(check, json_array_get(rule, i), NULL, i))
            return false;
    return json_array_size(rule) > 0;
}

/* That the name is there, and does not lead back to itself without going inside; what it names is
 * walked on its own. */
static bool
known_reference(const struct check *check, const json_t *rule)
{
    const json_t *schema = NULL;

    for (int i = 0; rule != NULL; i++) {
        schema = reference_find(check->document, rule);
        if (i == REFERENCES_MAX || !json_is_object(schema))
            return false;
        rule = json_object_get(schema, "$ref");
    }
    return true;
}

static bool
known_text(const struct check *check, const json_t *rule)
{
    (void)check;
    return json_is_string(rule);
}

/* `holds` NULL: says something to people only. */
static const struct keyword {
    const char *name;
    bool (*is_known)(const struct check *check, const json_t *rule);
    bool (*holds)(const struct check *check, const json_t *rule, const json_t *value);
} keywords[] = {
    {"type", known_type, check_type},
    {"$ref", known_reference, check_reference},
    {"properties", known_properties, check_properties},
    {"required", known_required, check_required},
    {"additionalProperties", known_additional, NULL}, /* see check_all() */
    {"items", known_items, check_items},
    {"minLength", known_number, check_min_length},
    {"maxLength", known_number, check_max_length},
    {"x-max-bytes", known_number, check_max_bytes},
    {"pattern", known_pattern, check_pattern},
    {"format", known_format, check_format},
    {"minimum", known_number, check_minimum},
    {"maximum", known_number, check_maximum},
    {"minItems", known_number, check_min_items},
    {"maxItems", known_number, check_max_items},
    {"enum", known_enum, check_enum},
    {"anyOf", known_any_of, check_any_of},
    {"description", known_text, NULL},
    {NULL, NULL, NULL},
};

static const struct keyword *
keyword_find(const char *name)
{
    const struct keyword *keyword = keywords;

    while (keyword->name != NULL && strcmp(keyword->name, name) != 0)
        keyword++;
    return keyword->name != NULL ? keyword : NULL;
}

static bool
known_all(const struct check *check, const json_t *schema)
{
    const char *key;
    json_t *rule;

    if (!json_is_object(schema))
        return wrong(check, "a schema is missing");
    json_object_foreach((json_t *)schema, key, rule)
    {
        const struct keyword *keyword = keyword_find(key);
        struct step step = {check->where, key, 0};
        struct check inside = {check->document, &step, check->violation};
        if (keyword == NULL)
            return wrong(&inside, "this program does not check such a keyword");
        check->violation->text[0] = '\0';
        if (!keyword->is_known(&inside, rule))
            return check->violation->text[0] != '\0'
                       ? false
                       : wrong(&inside, "the keyword has a wrong form");
    }
    return true;
}

static bool
check_all(const struct check *check, const json_t *schema, const json_t *value)
{
    const char *key;
    json_t *rule;

    json_object_foreach((json_t *)schema, key, rule)
    {
        const struct keyword *keyword = keyword_find(key);
        if (keyword->holds != NULL && !keyword->holds(check, rule, value))
            return false;
    }
    return json_object_get(schema, "additionalProperties") == NULL ||
           check_additional(check, schema, value);
}

bool
schema_is_known(const json_t *document, const json_t *schema, struct violation *violation)
{
    struct check check = {document, NULL, violation};

    memset(violation, 0, sizeof *violation);
    return known_all(&check, schema);
}

bool
schema_check(
    const json_t *document, const json_t *schema, const json_t *value, struct violation *violation)
{
    struct check check = {document, NULL, violation};

    memset(violation, 0, sizeof *violation);
    return check_all(&check, schema, value);
}

const char *
schema_type(const json_t *document, const json_t *schema)
{
    const json_t *reference;

    while ((reference = json_object_get(schema, "$ref")) != NULL)
        schema = reference_find(document, reference);
    return json_string_value(json_object_get(schema, "type"));
}

/* ---- reading ---- */

/* Levels and values of a JSON text, well formed or not: what its reading may cost. */
static bool
is_within_bounds(struct bytes text)
{
    size_t depth = 0, values = 1;
    bool in_string = false;

    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (in_string) {
            in_string = c != '"';
            i += c == '\\';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            values++;
            if (++depth > SCHEMA_DEPTH_MAX)
                return false;
        } else if (c == ']' || c == '}') {
            depth -= depth > 0;
        } else if (c == ',') {
            values++;
        }
        if (values > SCHEMA_VALUES_MAX)
            return false;
    }
    return true;
}

json_t *
schema_read(struct bytes text, struct violation *violation)
{
    json_error_t error;

    memset(violation, 0, sizeof *violation);
    if (!is_within_bounds(text)) {
        snprintf(violation->text, sizeof violation->text,
            "the body has more than %u levels or %u values", SCHEMA_DEPTH_MAX, SCHEMA_VALUES_MAX);
        return NULL;
    }
    json_t *value = json_loadb(
        (const char *)text.data, text.size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (value == NULL)
        snprintf(violation->text, sizeof violation->text,
            "the body is not JSON as it should be, at line %d, column %d: %s", error.line,
            error.column, text_is_utf8(bytes_of_text(error.text)) ? error.text : "invalid text");
    return value;
}
