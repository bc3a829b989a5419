/* A request's path, query, headers and body, as its operation has them. */
#include "api/internal.h"

#include "api/formats.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>

/* ---- path, query and headers ---- */

static int
hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Malloced; NULL: a wrong escape, a NUL, no UTF-8 (or memory is out). */
static char *
decode(struct bytes text, bool plus_is_space)
{
    char *out = malloc(text.size + 1);
    size_t used = 0;

    for (size_t i = 0; out != NULL && i < text.size; i++) {
        int c = text.data[i];
        if (c == '%') {
            int high = i + 2 < text.size ? hex_value(text.data[i + 1]) : -1;
            int low = i + 2 < text.size ? hex_value(text.data[i + 2]) : -1;
            c = high < 0 || low < 0 ? 0 : high << 4 | low;
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        if (c == 0) {
            free(out);
            return NULL;
        }
        out[used++] = (char)c;
    }
    if (out != NULL && !text_is_utf8((struct bytes){(uint8_t *)out, used})) {
        free(out);
        return NULL;
    }
    if (out != NULL)
        out[used] = '\0';
    return out;
}

/* As JSON has it: no sign but minus, no leading zeros.  NULL: it is no such number. */
static json_t *
integer_of_text(const char *text)
{
    const char *digits = text + (*text == '-');
    size_t count = strspn(digits, "0123456789");
    char *end;

    if (count == 0 || (digits[0] == '0' && count > 1))
        return NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    return *end == '\0' && errno == 0 ? json_integer(value) : NULL;
}

static bool
take_argument(struct call *call, const struct parameter *parameter, struct bytes sent)
{
    struct violation violation;
    char *text = decode(sent, parameter->place == PARAMETER_QUERY);

    if (text == NULL) {
        call_refuse(call, 400, parameter->name, NULL,
            "%s: percent-encoded UTF-8 without NUL is expected", parameter->name);
        return false;
    }
    if (call_parameter(call, parameter->name) != NULL) {
        call_refuse(call, 400, parameter->name, NULL, "%s is given twice", parameter->name);
        free(text);
        return false;
    }
    call->arguments[call->arguments_count++] = (struct argument){parameter, text};
    json_t *value = parameter->is_integer ? integer_of_text(text) : json_string(text);
    if (value == NULL) {
        call_refuse(call, 400, parameter->name, NULL, "%s must be an integer", parameter->name);
        return false;
    }
    bool holds =
        schema_check(contract_document(call->api->contract), parameter->schema, value, &violation);
    json_decref(value);
    if (!holds)
        call_refuse(call, 400, parameter->name, NULL, "%s: %s", parameter->name, violation.text);
    return holds;
}

static const struct parameter *
parameter_find(const struct operation *operation, enum parameter_place place, struct bytes name)
{
    for (uint32_t i = 0; i < operation->parameters_count; i++)
        if (operation->parameters[i].place == place &&
            bytes_equal(bytes_of_text(operation->parameters[i].name), name))
            return &operation->parameters[i];
    return NULL;
}

static struct bytes
take_until(struct bytes *rest, char end)
{
    const uint8_t *at = rest->size > 0 ? memchr(rest->data, end, rest->size) : NULL;
    size_t size = at != NULL ? (size_t)(at - rest->data) : rest->size;
    struct bytes taken = {rest->data, size};

    size += at != NULL;
    if (size > 0)
        *rest = (struct bytes){rest->data + size, rest->size - size};
    return taken;
}

static bool
take_query(struct call *call, struct bytes query)
{
    while (query.size > 0) {
        struct bytes value = take_until(&query, '&');
        struct bytes name = take_until(&value, '=');
        const struct parameter *parameter = parameter_find(call->operation, PARAMETER_QUERY, name);
        if (parameter == NULL) {
            char *shown = decode(name, true);
            bool is_short = shown != NULL && strlen(shown) <= 64;
            call_refuse(call, 400, is_short ? shown : "", NULL, "there is no such parameter: %s",
                is_short ? shown : "");
            free(shown);
            return false;
        }
        if (!take_argument(call, parameter, value))
            return false;
    }
    return true;
}

static bool
take_headers(struct call *call)
{
    for (uint32_t i = 0; i < call->operation->parameters_count; i++) {
        const struct parameter *parameter = &call->operation->parameters[i];
        if (parameter->place != PARAMETER_HEADER)
            continue;
        struct bytes value = http_header(call->exchange, "idempotency-key");
        if (value.size > 0 && !take_argument(call, parameter, value))
            return false;
    }
    return true;
}

bool
call_read_arguments(
    struct call *call, const struct http_request *request, const struct found *found)
{
    for (uint32_t i = 0; i < found->count; i++) {
        const struct parameter *parameter =
            parameter_find(call->operation, PARAMETER_PATH, bytes_of_text(found->names[i]));
        if (parameter != NULL && !take_argument(call, parameter, found->values[i]))
            return false;
    }
    if (!take_query(call, request->query) || !take_headers(call))
        return false;
    for (uint32_t i = 0; i < call->operation->parameters_count; i++) {
        const struct parameter *parameter = &call->operation->parameters[i];
        if (parameter->is_required && call_parameter(call, parameter->name) == NULL) {
            call_refuse(call, 400, parameter->name, NULL, "%s is missing", parameter->name);
            return false;
        }
    }
    return true;
}

/* ---- the room ---- */

#define ROOM_DIGITS_MIN 8u

bool
call_find_room(struct call *call)
{
    const struct api_desk *desk = &call->api->desk;
    const char *name = call_parameter(call, "room");
    uint32_t rooms = desk->rooms(desk->state), matches = 0;

    if (name == NULL)
        return true;
    for (uint32_t i = 0; i < rooms; i++) {
        struct room *room = desk->room_at(desk->state, i);
        char id[HEX_TEXT_BYTES];
        if (room == NULL)
            continue;
        hex_to_text(id, room_id(room)->bytes, ID_BYTES);
        if ((strcmp(name, "only") == 0 && rooms == 1) ||
            (strlen(name) >= ROOM_DIGITS_MIN && strncmp(id, name, strlen(name)) == 0)) {
            call->room = room;
            matches++;
        }
    }
    if (matches == 1) {
        live_watch(call->api->live, call->room);
        return true;
    }
    call_refuse(call, 404, "room", NULL,
        matches == 0
            ? "this party is in no room of that id, or it is not open yet; `only` stands for "
              "the one room of a party that is in one"
            : "more than one room's id begins like this");
    return false;
}

/* ---- media types and the body ---- */

/* The media type without its parameters and spaces around. */
static bool
media_type_is(struct bytes header, const char *type)
{
    struct bytes name = take_until(&header, ';');

    while (name.size > 0 && (name.data[0] == ' ' || name.data[0] == '\t'))
        name = (struct bytes){name.data + 1, name.size - 1};
    while (name.size > 0 && (name.data[name.size - 1] == ' ' || name.data[name.size - 1] == '\t'))
        name.size--;
    return name.size == strlen(type) && strncasecmp((const char *)name.data, type, name.size) == 0;
}

/* Weights (q=) are not looked at: there is one form of each answer, or the query says which. */
static bool
is_acceptable(const struct call *call, struct bytes accept)
{
    while (accept.size > 0) {
        struct bytes one = take_until(&accept, ',');
        if (media_type_is(one, "*/*"))
            return true;
        for (size_t i = 0; call->operation->media_types[i] != NULL; i++) {
            const char *type = call->operation->media_types[i];
            char wild[64];
            size_t family = strcspn(type, "/");
            if (family + 3 > sizeof wild)
                continue;
            memcpy(wild, type, family);
            memcpy(wild + family, "/*", 3);
            if (media_type_is(one, type) || media_type_is(one, wild))
                return true;
        }
    }
    return call->operation->media_types[0] == NULL;
}

static bool
take_json(struct call *call, struct bytes body)
{
    struct violation violation;

    call->body = schema_read(body, &violation);
    if (call->body == NULL) {
        call_refuse(call, 400, "", NULL, "%s", violation.text);
        return false;
    }
    if (schema_check(
            contract_document(call->api->contract), call->operation->body, call->body, &violation))
        return true;
    call_refuse(call, 422, violation.field, NULL, "%s: %s",
        violation.field[0] != '\0' ? violation.field : "the body", violation.text);
    return false;
}

bool
call_read_body(struct call *call, const struct http_request *request)
{
    enum body_form form = call->operation->body_form;
    struct bytes type = http_header(call->exchange, "content-type");
    struct bytes accept = http_header(call->exchange, "accept");
    const char *wanted = form == BODY_JSON ? "application/json" : "application/octet-stream";

    if (accept.size > 0 && !is_acceptable(call, accept)) {
        call_refuse(
            call, 406, "Accept", NULL, "the answer is of type %s", call->operation->media_types[0]);
        return false;
    }
    if (form == BODY_NONE && request->body.size == 0)
        return true;
    if (form == BODY_NONE) {
        call_refuse(call, 400, "", NULL, "this takes no body");
        return false;
    }
    if (form == BODY_JSON && request->body.size == 0 && type.size == 0) {
        if (!call->operation->body_is_required)
            return true;
        call_refuse(call, 400, "", NULL, "the body is missing");
        return false;
    }
    if (!media_type_is(type, wanted)) {
        call_refuse(call, 415, "Content-Type", NULL, "the body must be of type %s", wanted);
        return false;
    }
    return form == BODY_STREAM || take_json(call, request->body);
}
