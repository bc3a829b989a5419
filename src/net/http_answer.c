/* What the handler calls to answer, and the answers that are the server's own. */
#include "net/http_internal.h"

#include "base/date.h"

#include <stdio.h>
#include <string.h>

void
http_date(uint64_t seconds, char text[static 32])
{
    static const char days[][4] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char months[][4] = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct date date = date_of_days(seconds / 86400);

    snprintf(text, 32, "%s, %02u %s %04u %02u:%02u:%02u GMT", days[seconds / 86400 % 7],
        date.day % 100, months[date.month - 1], date.year % 10000, (unsigned)(seconds / 3600 % 24),
        (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60));
}

#define QUOTE(text) #text
#define NUMBER(constant) QUOTE(constant)

static const char *
detail_of(uint16_t status)
{
    switch (status) {
    case HTTP_STATUS_BAD_REQUEST:
        return "The request breaks the rules of HTTP.";
    case HTTP_STATUS_REQUEST_TIMEOUT:
        return "The request did not arrive in time: send it faster.";
    case HTTP_STATUS_PAYLOAD_TOO_LARGE:
        return "The body has more than " NUMBER(HTTP_BODY_BYTES_MAX) " bytes.";
    case HTTP_STATUS_URI_TOO_LONG:
        return "The path with its query has more than " NUMBER(HTTP_PATH_BYTES_MAX) " bytes.";
    case HTTP_STATUS_EXPECTATION_FAILED:
        return "The only expectation that can be met is 100-continue.";
    case HTTP_STATUS_UPGRADE_REQUIRED:
        return "WebSocket is spoken here in version 13 only.";
    case HTTP_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE:
        return "The headers have more than " NUMBER(
            HTTP_HEADERS_BYTES_MAX) " bytes, or are more than " NUMBER(HTTP_HEADERS_MAX) ".";
    case HTTP_STATUS_INTERNAL_SERVER_ERROR:
        return "The answer could not be written as it was meant.";
    case HTTP_STATUS_NOT_IMPLEMENTED:
        return "There is no such method here.";
    case HTTP_STATUS_SERVICE_UNAVAILABLE:
        return "There are too many clients, or too little memory: try again later.";
    default:
        return "";
    }
}

const char *
http_problem(uint16_t status, char text[static 512])
{
    snprintf(text, 512,
        "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%u,\"detail\":\"%s\"}\n",
        http_status_str((enum http_status)status), status, detail_of(status));
    return text;
}

static bool
is_good_field(const struct http_field *field)
{
    for (size_t i = 0; i < field->value.size; i++)
        if ((field->value.data[i] < ' ' && field->value.data[i] != '\t') ||
            field->value.data[i] == 0x7F)
            return false;
    return true;
}

static const struct http_field problem_fields[] = {
    {"content-type", {(const uint8_t *)"application/problem+json", 24}},
    {"cache-control", {(const uint8_t *)"no-store", 8}},
    {"x-content-type-options", {(const uint8_t *)"nosniff", 7}},
};

enum { PROBLEM_FIELDS = sizeof problem_fields / sizeof problem_fields[0] };

static void
begin(struct http_exchange *exchange, uint16_t status, const struct http_field *fields,
    size_t fields_count, int64_t size, struct bytes body)
{
    bool has_none =
        status < 200 || status == HTTP_STATUS_NO_CONTENT || status == HTTP_STATUS_NOT_MODIFIED;

    exchange->is_begun = true;
    exchange->has_size = size >= 0;
    exchange->left = size >= 0 ? (uint64_t)size : 0;
    exchange->is_head |= has_none;
    if (exchange->client->protocol == HTTP_TWO)
        http_two_head(exchange, status, fields, fields_count, has_none ? -1 : size);
    else
        http_one_head(exchange, status, fields, fields_count, has_none ? -1 : size,
            exchange->is_head ? (struct bytes){0} : body);
}

static void
finish(struct http_exchange *exchange)
{
    exchange->is_finished = true;
    if (exchange->client->protocol == HTTP_TWO)
        http_two_end(exchange);
    else
        http_one_end(exchange);
    http_client_due(exchange->client);
}

static void
put_part(struct http_exchange *exchange, struct bytes part)
{
    if (exchange->is_head || part.size == 0)
        return;
    if (exchange->client->protocol == HTTP_TWO)
        http_two_part(exchange, part);
    else
        http_one_part(exchange, part);
}

/* All of it at once: head and body in one piece where the protocol has that. */
static void
answer_whole(struct http_exchange *exchange, uint16_t status, const struct http_field *fields,
    size_t fields_count, struct bytes body)
{
    begin(exchange, status, fields, fields_count, (int64_t)body.size, body);
    if (exchange->client->protocol == HTTP_TWO)
        put_part(exchange, body);
    exchange->left = 0;
    finish(exchange);
}

static void
answer_problem(struct http_exchange *exchange, uint16_t status)
{
    char text[512];
    bool retries = status == HTTP_STATUS_SERVICE_UNAVAILABLE;
    struct http_field fields[PROBLEM_FIELDS + 1];

    memcpy(fields, problem_fields, sizeof problem_fields);
    fields[PROBLEM_FIELDS] = status == HTTP_STATUS_UPGRADE_REQUIRED
                                 ? (struct http_field){"sec-websocket-version", bytes_of_text("13")}
                                 : (struct http_field){"retry-after", bytes_of_text("2")};
    retries |= status == HTTP_STATUS_UPGRADE_REQUIRED;
    answer_whole(exchange, status, fields, PROBLEM_FIELDS + (retries ? 1 : 0),
        bytes_of_text(http_problem(status, text)));
}

void
http_exchange_refuse(struct http_exchange *exchange, uint16_t status)
{
    exchange->keeps = false;
    if (exchange->is_begun) {
        http_abort(exchange);
        return;
    }
    answer_problem(exchange, status);
}

/* False where an answer is not possible any more. */
static bool
may_answer(struct http_exchange *exchange)
{
    return !exchange->is_begun && !exchange->is_aborted && !exchange->client->is_dead;
}

static bool
are_good_fields(const struct http_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!is_good_field(&fields[i]))
            return false;
    return true;
}

void
http_answer(struct http_exchange *exchange, uint16_t status, const struct http_field *fields,
    size_t fields_count, struct bytes body)
{
    if (!may_answer(exchange))
        return;
    if (!are_good_fields(fields, fields_count) || body.size > HTTP_CLIENT_QUEUE_BYTES_MAX)
        answer_problem(exchange, HTTP_STATUS_INTERNAL_SERVER_ERROR);
    else
        answer_whole(exchange, status, fields, fields_count, body);
}

void
http_answer_begin(struct http_exchange *exchange, uint16_t status, const struct http_field *fields,
    size_t fields_count, int64_t size)
{
    if (!may_answer(exchange))
        return;
    if (!are_good_fields(fields, fields_count)) {
        answer_problem(exchange, HTTP_STATUS_INTERNAL_SERVER_ERROR);
        return;
    }
    begin(exchange, status, fields, fields_count, size, (struct bytes){0});
    http_client_due(exchange->client);
}

void
http_answer_part(struct http_exchange *exchange, struct bytes part)
{
    if (!exchange->is_begun || exchange->is_finished || exchange->is_aborted ||
        exchange->client->is_dead)
        return;
    if (exchange->has_size && part.size > exchange->left)
        part.size = (size_t)exchange->left;
    exchange->left -= exchange->has_size ? part.size : 0;
    put_part(exchange, part);
    http_client_due(exchange->client);
}

void
http_answer_end(struct http_exchange *exchange)
{
    if (!exchange->is_begun || exchange->is_finished || exchange->is_aborted)
        return;
    if (exchange->has_size && exchange->left > 0 && !exchange->is_head)
        http_abort(exchange);
    else
        finish(exchange);
}

bool
http_has_room(struct http_exchange *exchange)
{
    bool has = http_client_unsent(exchange->client) < HTTP_ROOM_BYTES;

    exchange->owes_drained |= !has;
    return has;
}

void
http_exchange_offer_room(struct http_exchange *exchange)
{
    const struct http_calls *calls = &exchange->client->server->calls;
    bool is_open = exchange->client->protocol == HTTP_WEBSOCKET ||
                   (exchange->is_begun && !exchange->is_finished && !exchange->is_aborted);

    if (!exchange->owes_drained || !is_open || !http_has_room(exchange))
        return;
    exchange->owes_drained = false;
    calls->drained(calls->state, exchange);
}

void
http_abort(struct http_exchange *exchange)
{
    if (exchange->is_aborted)
        return;
    exchange->is_aborted = true;
    if (exchange->client->protocol == HTTP_TWO)
        http_two_end(exchange);
    else
        http_client_kill(exchange->client);
    http_client_due(exchange->client);
}
