/* A call from its arrival to its answer. */
#include "api/internal.h"

#include "api/formats.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- life ---- */

struct call *
call_new(struct api *api, struct http_exchange *exchange)
{
    struct call *call = calloc(1, sizeof *call);

    if (call == NULL)
        return NULL;
    call->api = api;
    call->exchange = exchange;
    call->started_ms = api_now_ms(api);
    call->next = api->calls;
    if (api->calls != NULL)
        api->calls->previous = call;
    api->calls = call;
    api->calls_count++;
    http_set_user(exchange, call);
    return call;
}

void
call_free(struct call *call)
{
    struct api *api = call->api;

    if (call->handler != NULL && call->handler->ended != NULL)
        call->handler->ended(call);
    if (call->exchange != NULL)
        http_set_user(call->exchange, NULL);
    if (call->previous != NULL)
        call->previous->next = call->next;
    else
        api->calls = call->next;
    if (call->next != NULL)
        call->next->previous = call->previous;
    api->calls_count--;
    api->waiting_count -= call->wait == WAIT_CURRENT;
    for (uint32_t i = 0; i < call->arguments_count; i++)
        free(call->arguments[i].text);
    json_decref(call->body);
    free(call->sending);
    free(call);
}

void
call_run(struct call *call, call_handler handler)
{
    bool was_running = call->is_running;

    call->is_running = true;
    handler(call);
    call->is_running = was_running;
    if (call->is_answered && !was_running)
        call_free(call);
}

/* What is under way is done all the same, and its answer kept for a repetition; nobody hears it
 * now. */
void
call_lost(struct call *call)
{
    bool is_stream = call->operation != NULL && call->operation->body_form == BODY_STREAM;

    call->exchange = NULL;
    if (call->is_head || call->is_websocket || (is_stream && call->wait == WAIT_NOTHING))
        call_free(call);
}

uint64_t
call_wait(struct call *call, enum call_wait wait)
{
    call->wait = wait;
    call->ticket = ++call->api->ticket;
    call->wait_until_ms = api_now_ms(call->api) + API_WAIT_MS_MAX;
    return call->ticket;
}

/* ---- what a handler sees ---- */

struct api *
call_api(const struct call *call)
{
    return call->api;
}

struct room *
call_room(const struct call *call)
{
    return call->room;
}

const struct account *
call_account(const struct call *call)
{
    return &call->account;
}

uint64_t
call_now_ms(const struct call *call)
{
    return api_now_ms(call->api);
}

void
call_random(struct call *call, void *data, size_t size)
{
    call->api->desk.random(call->api->desk.state, data, size);
}

json_t *
call_body(const struct call *call)
{
    return call->body;
}

void
call_set_state(struct call *call, void *state)
{
    call->state = state;
}

void *
call_state(const struct call *call)
{
    return call->state;
}

const char *
call_parameter(const struct call *call, const char *name)
{
    for (uint32_t i = 0; i < call->arguments_count; i++)
        if (strcmp(call->arguments[i].parameter->name, name) == 0)
            return call->arguments[i].text;
    return NULL;
}

bool
call_id(const struct call *call, const char *name, struct digest *id)
{
    const char *text = call_parameter(call, name);

    return text != NULL && hex_of_text(bytes_of_text(text), id->bytes, sizeof id->bytes);
}

uint64_t
call_number(const struct call *call, const char *name, uint64_t otherwise)
{
    const char *text = call_parameter(call, name);

    return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

/* The text of a field of the body; false: it is missing, or no text. */
bool
call_field_text(const struct call *call, const char *name, struct bytes *text)
{
    const json_t *value = json_object_get(call->body, name);

    if (!json_is_string(value))
        return false;
    *text = (struct bytes){(const uint8_t *)json_string_value(value), json_string_length(value)};
    return true;
}

bool
call_field_id(const struct call *call, const char *name, struct digest *id)
{
    struct bytes text;

    return call_field_text(call, name, &text) && hex_of_text(text, id->bytes, sizeof id->bytes);
}

bool
call_field_time(const struct call *call, const char *name, uint64_t *t_ms)
{
    struct bytes text;

    return call_field_text(call, name, &text) && time_of_text(text, t_ms);
}

bool
call_field_number(const struct call *call, const char *name, uint64_t *number)
{
    const json_t *value = json_object_get(call->body, name);

    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *number = (uint64_t)json_integer_value(value);
    return true;
}

bool
call_field_decimal(const struct call *call, const char *name, uint64_t *quantity, uint8_t *scale)
{
    struct bytes text;

    return call_field_text(call, name, &text) && decimal_of_text(text, quantity, scale);
}

bool
call_field_base64(const struct call *call, const char *name, uint8_t **data, size_t *size)
{
    struct bytes text;

    if (!call_field_text(call, name, &text))
        return false;
    *data = malloc(text.size / 4 * 3 + 1);
    if (*data != NULL && !base64_of_text(text, *data, size)) {
        free(*data);
        return false;
    }
    return true;
}

/* ---- answers ---- */

void
call_set_header(struct call *call, const char *name, const char *value)
{
    snprintf(call->header_name, sizeof call->header_name, "%s", name);
    snprintf(call->header_value, sizeof call->header_value, "%s", value);
}

#define FIELDS_MAX 6

/* Answers may hold what not everybody may read, and texts that others wrote: none is kept, none is
 * run. */
static size_t
answer_fields(const struct call *call, const char *media_type, struct http_field fields[FIELDS_MAX])
{
    size_t count = 0;

    fields[count++] = (struct http_field){"cache-control", bytes_of_text("no-store")};
    fields[count++] = (struct http_field){"x-content-type-options", bytes_of_text("nosniff")};
    fields[count++] = (struct http_field){"content-security-policy",
        bytes_of_text("default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")};
    if (media_type[0] != '\0')
        fields[count++] = (struct http_field){"content-type", bytes_of_text(media_type)};
    if (call->header_name[0] != '\0')
        fields[count++] = (struct http_field){call->header_name, bytes_of_text(call->header_value)};
    return count;
}

static void
count_answer(const struct call *call, uint16_t status)
{
    uint64_t now_ms = api_now_ms(call->api);

    metrics_count(call->api->metrics, call->operation, status,
        now_ms > call->started_ms ? now_ms - call->started_ms : 0);
}

/* Those who sent the same under the same key, and the record of it. */
static void
answer_replays(struct call *call, uint16_t status, const char *media_type, struct bytes content)
{
    struct replay *replay = call->replay;
    struct call *waiting = *replay_waiting(replay);

    call->replay = NULL;
    *replay_waiting(replay) = NULL;
    if (status < 300)
        replay_answered(call->api->replays, replay, status, media_type, content);
    else
        replay_forget(call->api->replays, replay);
    while (waiting != NULL) {
        struct call *next = waiting->replay_next;
        call_set_header(waiting, "idempotent-replayed", "true");
        call_answer(waiting, status, media_type, content);
        waiting = next;
    }
}

/* What is larger goes out as there is room: a client's queue is bounded, and so is a whole answer. */
#define WHOLE_BYTES_MAX 1048576u
#define SEND_BYTES 65536u

void
call_send_more(struct call *call)
{
    while (call->sent < call->sending_bytes && call_has_room(call)) {
        size_t left = call->sending_bytes - call->sent;
        struct bytes part = {call->sending + call->sent, left < SEND_BYTES ? left : SEND_BYTES};
        call->sent += part.size;
        call_part(call, part);
    }
    if (call->sent == call->sending_bytes)
        call_end(call);
}

/* False: memory is out, and nothing was answered. */
static bool
send_large(struct call *call, uint16_t status, const char *media_type, struct bytes content)
{
    call->sending = malloc(content.size);
    if (call->sending == NULL)
        return false;
    memcpy(call->sending, content.data, content.size);
    call->sending_bytes = content.size;
    call->wait = WAIT_NOTHING;
    call_begin(call, status, media_type, (int64_t)content.size);
    call_send_more(call);
    return true;
}

void
call_answer(struct call *call, uint16_t status, const char *media_type, struct bytes content)
{
    struct http_field fields[FIELDS_MAX];

    if (call->is_answered || call->sending != NULL)
        return;
    if (content.size > WHOLE_BYTES_MAX && call->replay == NULL && call->exchange != NULL) {
        if (!send_large(call, status, media_type, content))
            call_fail(call, ENTENTE_ERR_NO_MEMORY);
        return;
    }
    call->is_answered = true;
    count_answer(call, status);
    if (call->replay != NULL)
        answer_replays(call, status, media_type, content);
    if (call->exchange != NULL) {
        struct http_exchange *exchange = call->exchange;
        size_t count = answer_fields(call, media_type, fields);
        http_set_user(exchange, NULL);
        call->exchange = NULL;
        http_answer(exchange, status, fields, count, content);
    }
    if (!call->is_running)
        call_free(call);
}

void
call_reply_bytes(struct call *call, uint16_t status, const char *media_type, struct bytes content)
{
    call_answer(call, status, media_type, content);
}

void
call_reply(struct call *call, uint16_t status, json_t *body)
{
    char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;

    json_decref(body);
    if (text == NULL)
        call_fail(call, ENTENTE_ERR_NO_MEMORY);
    else
        call_answer(call, status, "application/json", bytes_of_text(text));
    free(text);
}

void
call_begin(struct call *call, uint16_t status, const char *media_type, int64_t size)
{
    struct http_field fields[FIELDS_MAX];

    count_answer(call, status);
    call->is_head = true;
    if (call->exchange != NULL)
        http_answer_begin(
            call->exchange, status, fields, answer_fields(call, media_type, fields), size);
}

void
call_part(struct call *call, struct bytes part)
{
    if (call->exchange != NULL)
        http_answer_part(call->exchange, part);
}

bool
call_has_room(struct call *call)
{
    return call->exchange != NULL && http_has_room(call->exchange);
}

void
call_end(struct call *call)
{
    struct http_exchange *exchange = call->exchange;

    call->is_answered = true;
    call->exchange = NULL;
    if (exchange != NULL) {
        http_set_user(exchange, NULL);
        http_answer_end(exchange);
    }
    if (!call->is_running)
        call_free(call);
}

void
call_resume(struct call *call)
{
    if (call->exchange != NULL)
        http_resume(call->exchange);
}

/* ---- problems ---- */

static const char *
status_title(uint16_t status)
{
    static const struct {
        uint16_t status;
        const char *title;
    } titles[] = {{400, "Bad Request"}, {401, "Unauthorized"}, {403, "Forbidden"},
        {404, "Not Found"}, {405, "Method Not Allowed"}, {406, "Not Acceptable"}, {409, "Conflict"},
        {413, "Content Too Large"}, {415, "Unsupported Media Type"}, {422, "Unprocessable Content"},
        {429, "Too Many Requests"}, {500, "Internal Server Error"}, {501, "Not Implemented"},
        {503, "Service Unavailable"}, {504, "Gateway Timeout"}, {507, "Insufficient Storage"}};

    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
        if (titles[i].status == status)
            return titles[i].title;
    return "Refused";
}

#define PROBLEM_TEXT_BYTES 1024

static json_t *
problem_new(uint16_t status, const char *field, const char *rule, const char *detail)
{
    json_t *problem = json_pack("{s:s, s:s, s:i, s:s}", "type", "about:blank", "title",
        status_title(status), "status", status, "detail", detail);

    if (problem != NULL && field != NULL)
        json_object_set_new(problem, "field", json_string(field));
    if (problem != NULL && rule != NULL)
        json_object_set_new(problem, "rule", json_string(rule));
    return problem;
}

void
call_refuse(struct call *call, uint16_t status, const char *field, const char *rule,
    const char *detail, ...)
{
    char text[PROBLEM_TEXT_BYTES];
    va_list values;

    va_start(values, detail);
    int size = vsnprintf(text, sizeof text, detail, values);
    va_end(values);
    for (size_t used = sizeof text - 1;
         size >= (int)sizeof text && !text_is_utf8(bytes_of_text(text));)
        text[--used] = '\0'; /* what was cut may have been within a character */
    json_t *problem = problem_new(status, field, rule, text);
    char *content = problem != NULL ? json_dumps(problem, JSON_COMPACT) : NULL;
    json_decref(problem);
    call_answer(call, status, "application/problem+json",
        bytes_of_text(
            content != NULL
                ? content
                : "{\"type\":\"about:blank\",\"title\":\"Internal Server Error\",\"status\":500}"));
    free(content);
}

/* By what its culprit can do about it. */
static uint16_t
status_of_error(enum entente_error error)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum"
    switch (error) { /* the exceptions from what the culprit says */
    case ENTENTE_ERR_NOT_FOUND:
        return 404;
    case ENTENTE_ERR_EXISTS:
    case ENTENTE_ERR_INCOMPLETE:
    case ENTENTE_ERR_PENDING:
    case ENTENTE_ERR_DUPLICATE:
        return 409;
    case ENTENTE_ERR_BARRIER:
    case ENTENTE_ERR_RETIRED:
    case ENTENTE_ERR_GONE:
    case ENTENTE_ERR_NOT_RUNNING:
    case ENTENTE_ERR_LOCKED:
    case ENTENTE_ERR_BEHIND:
        return 503;
    case ENTENTE_ERR_DISK_FULL:
    case ENTENTE_ERR_READ_ONLY:
        return 507;
    default:
        break;
    }
#pragma GCC diagnostic pop
    enum entente_whose whose = entente_error_whose(error);
    return whose == ENTENTE_USER ? 422 : whose == ENTENTE_PEER ? 409 : 500;
}

void
call_fail(struct call *call, enum entente_error error)
{
    call_refuse(call, status_of_error(error), NULL, NULL, "%s (%s)", entente_error_text(error),
        entente_error_name(error));
}
