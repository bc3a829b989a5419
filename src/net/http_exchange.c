/* One request and its answer: what the handler is told, and what it calls. */
#include "net/http_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BODY_ROOM_FIRST = 4096 };

struct http_exchange *
http_exchange_new(struct http_client *client)
{
    struct http_exchange *exchange = calloc(1, sizeof *exchange);

    if (exchange == NULL)
        return NULL;
    exchange->client = client;
    exchange->next = client->exchanges;
    exchange->keeps = true;
    exchange->deadline = http_now(client->server) + client->server->limits.request_ms_max;
    client->exchanges = exchange;
    return exchange;
}

static void
set_body_room(struct http_exchange *exchange, size_t room)
{
    struct http_server *server = exchange->client->server;

    server->bodies -= exchange->body_room;
    server->bodies += room;
    exchange->body_room = room;
}

static void
drop_body(struct http_exchange *exchange)
{
    free(exchange->body);
    exchange->body = NULL;
    exchange->body_size = 0;
    set_body_room(exchange, 0);
}

void
http_exchange_end(struct http_exchange *exchange)
{
    struct http_client *client = exchange->client;
    struct http_server *server = client->server;
    struct http_exchange **place = &client->exchanges;

    while (*place != exchange)
        place = &(*place)->next;
    *place = exchange->next;
    if (exchange->is_announced)
        server->calls.ended(server->calls.state, exchange);
    client->waiting -= exchange->out.bytes;
    queue_free(&exchange->out);
    drop_body(exchange);
    free(exchange->head.data);
    free(exchange);
    http_client_count(client);
}

/* ---- what comes in ---- */

void
http_exchange_begin(struct http_exchange *exchange)
{
    struct http_server *server = exchange->client->server;
    const struct http_calls *calls = &server->calls;

    exchange->has_head = true;
    exchange->request.origin = exchange->client->origin;
    exchange->is_head = strcmp(exchange->head.method, "HEAD") == 0;
    if (exchange->request.is_websocket)
        return;
    exchange->is_announced = true;
    exchange->is_streamed = calls->wants_stream(calls->state, exchange, &exchange->request);
}

static bool
make_body_room(struct http_exchange *exchange, size_t size)
{
    struct http_server *server = exchange->client->server;
    size_t room = exchange->body_room == 0 ? BODY_ROOM_FIRST : exchange->body_room;

    while (room < size)
        room *= 2;
    if (room == exchange->body_room)
        return true;
    if (server->bodies - exchange->body_room + room > server->limits.bodies_bytes_max)
        return false;
    uint8_t *body = realloc(exchange->body, room);
    if (body == NULL)
        return false;
    exchange->body = body;
    set_body_room(exchange, room);
    return true;
}

static void
keep(struct http_exchange *exchange, struct bytes part)
{
    if (!exchange->is_streamed && part.size > HTTP_BODY_BYTES_MAX - exchange->body_size) {
        http_exchange_refuse(exchange, HTTP_STATUS_PAYLOAD_TOO_LARGE);
    } else if (!make_body_room(exchange, exchange->body_size + part.size)) {
        http_exchange_refuse(exchange, HTTP_STATUS_SERVICE_UNAVAILABLE);
    } else {
        memcpy(exchange->body + exchange->body_size, part.data, part.size);
        exchange->body_size += part.size;
    }
}

static void
hand_part(struct http_exchange *exchange, struct bytes part)
{
    struct http_server *server = exchange->client->server;

    exchange->deadline = http_now(server) + server->limits.request_ms_max;
    http_two_taken(exchange, part.size);
    if (!server->calls.part(server->calls.state, exchange, part) && part.size > 0)
        exchange->is_paused = true;
}

/* Clients that first write all and then read would otherwise not see the answer. */
static void
drop_part(struct http_exchange *exchange, size_t size)
{
    exchange->dropped += size;
    if (exchange->dropped <= HTTP_LINGER_BYTES)
        http_two_taken(exchange, size);
    else if (exchange->is_finished)
        http_two_cut(exchange);
}

void
http_exchange_body(struct http_exchange *exchange, struct bytes part)
{
    if (part.size == 0)
        return;
    if (exchange->is_finished || exchange->is_aborted ||
        (exchange->is_begun && !exchange->is_streamed)) {
        drop_part(exchange, part.size);
        return;
    }
    if (!exchange->is_streamed) {
        http_two_taken(exchange, part.size);
        keep(exchange, part);
    } else if (exchange->is_paused || exchange->body_size > 0) {
        keep(exchange, part);
    } else {
        hand_part(exchange, part);
    }
}

void
http_exchange_feed(struct http_exchange *exchange)
{
    if (!exchange->is_streamed || exchange->is_paused || exchange->is_finished)
        return;
    if (exchange->body_size > 0) {
        uint8_t *body = exchange->body;
        size_t size = exchange->body_size;
        exchange->body = NULL;
        exchange->body_size = 0;
        set_body_room(exchange, 0);
        hand_part(exchange, (struct bytes){body, size});
        free(body);
    }
    if (exchange->is_complete && !exchange->is_asked && !exchange->is_paused) {
        exchange->is_asked = true;
        hand_part(exchange, (struct bytes){0});
    }
}

void
http_exchange_complete(struct http_exchange *exchange)
{
    const struct http_calls *calls = &exchange->client->server->calls;

    exchange->is_complete = true;
    if (exchange->is_streamed) {
        http_exchange_feed(exchange);
        return;
    }
    exchange->is_asked = true;
    if (exchange->is_begun || exchange->is_aborted)
        return;
    exchange->is_announced = true;
    exchange->request.body = (struct bytes){exchange->body, exchange->body_size};
    calls->request(calls->state, exchange, &exchange->request);
}

void
http_resume(struct http_exchange *exchange)
{
    if (!exchange->is_paused)
        return;
    exchange->is_paused = false;
    exchange->deadline =
        http_now(exchange->client->server) + exchange->client->server->limits.request_ms_max;
    exchange->client->is_readable = true;
    http_client_due(exchange->client);
}

struct bytes
http_header(const struct http_exchange *exchange, const char *name)
{
    return http_head_find(&exchange->head, name);
}

void
http_set_user(struct http_exchange *exchange, void *user)
{
    exchange->user = user;
}

void *
http_user(const struct http_exchange *exchange)
{
    return exchange->user;
}

/* ---- answers ---- */

/*
 * Years begin in March, so that a leap day is the last of one; 400 of them have always the same
 * number of days. (Not gmtime_r(): that reads the file of the time zone, which a confined process
 * may not.)
 */
static void
date_of_days(uint64_t days, unsigned *year, unsigned *month, unsigned *day)
{
    uint64_t shifted = days + 719468; /* since 1 March of the year 0 */
    uint64_t of_era = shifted % 146097;
    uint64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint64_t from_march = (5 * of_year + 2) / 153;

    *day = (unsigned)(of_year - (153 * from_march + 2) / 5 + 1);
    *month = (unsigned)((from_march + 2) % 12 + 1);
    *year = (unsigned)(shifted / 146097 * 400 + year_of_era + (*month <= 2 ? 1 : 0));
}

void
http_date(uint64_t seconds, char text[static 32])
{
    static const char days[][4] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char months[][4] = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    unsigned year, month, day;

    date_of_days(seconds / 86400, &year, &month, &day);
    snprintf(text, 32, "%s, %02u %s %04u %02u:%02u:%02u GMT", days[seconds / 86400 % 7], day % 100,
        months[month - 1], year % 10000, (unsigned)(seconds / 3600 % 24),
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
