#include "support/http_fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *
must(void *memory)
{
    if (memory == NULL)
        abort();
    return memory;
}

struct bytes
http_header(const struct http_exchange *exchange, const char *name)
{
    const struct fake_request *request = &exchange->request;

    for (unsigned i = 0; i < FAKE_HEADERS_MAX && request->headers[i][0] != NULL; i++)
        if (strcmp(request->headers[i][0], name) == 0)
            return bytes_of_text(request->headers[i][1]);
    if (strcmp(name, "content-type") == 0 && request->body != NULL)
        return bytes_of_text("application/json");
    return (struct bytes){0};
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

static void
keep(struct http_exchange *exchange, struct bytes body)
{
    exchange->body = must(realloc(exchange->body, exchange->body_bytes + body.size + 1));
    if (body.size > 0)
        memcpy(exchange->body + exchange->body_bytes, body.data, body.size);
    exchange->body_bytes += body.size;
    exchange->body[exchange->body_bytes] = '\0';
}

void
http_answer_begin(struct http_exchange *exchange, uint16_t status, const struct http_field *fields,
    size_t fields_count, int64_t size)
{
    size_t used = 0;

    (void)size;
    exchange->answers++;
    exchange->status = status;
    for (size_t i = 0; i < fields_count; i++)
        used +=
            (size_t)snprintf(exchange->fields + used, sizeof exchange->fields - used, "%s: %.*s\n",
                fields[i].name, (int)fields[i].value.size, (const char *)fields[i].value.data);
    keep(exchange, (struct bytes){0});
}

void
http_answer_part(struct http_exchange *exchange, struct bytes part)
{
    keep(exchange, part);
    exchange->parts++;
}

void
fake_drain(const struct http_calls *calls, struct http_exchange *exchange)
{
    exchange->parts = 0;
    calls->drained(calls->state, exchange);
}

void
http_answer_end(struct http_exchange *exchange)
{
    (void)exchange;
}

void
http_answer(struct http_exchange *exchange, uint16_t status, const struct http_field *fields,
    size_t fields_count, struct bytes body)
{
    http_answer_begin(exchange, status, fields, fields_count, (int64_t)body.size);
    keep(exchange, body);
}

void
http_abort(struct http_exchange *exchange)
{
    exchange->is_aborted = true;
}

bool
http_has_room(struct http_exchange *exchange)
{
    return !exchange->is_full && (!exchange->request.is_slow || exchange->parts == 0);
}

void
http_resume(struct http_exchange *exchange)
{
    (void)exchange;
}

void
http_accept(struct http_exchange *exchange, const char *subprotocol)
{
    (void)subprotocol;
    exchange->is_accepted = true;
}

void
http_send(struct http_exchange *exchange, struct bytes text)
{
    if (exchange->messages == FAKE_MESSAGES_MAX)
        abort();
    char *message = must(calloc(1, text.size + 1));
    memcpy(message, text.data, text.size);
    exchange->message[exchange->messages++] = message;
}

void
http_close(struct http_exchange *exchange, uint16_t code, const char *why)
{
    (void)why;
    exchange->closed = code;
}

struct http_exchange *
fake_ask(const struct http_calls *calls, const struct fake_request *wanted)
{
    struct http_exchange *exchange = must(calloc(1, sizeof *exchange));
    const struct fake_request *request = &exchange->request;

    exchange->request = *wanted;
    struct bytes body = {0};
    if (request->body != NULL)
        body = (struct bytes){(const uint8_t *)request->body,
            request->body_bytes > 0 ? request->body_bytes : strlen(request->body)};
    struct http_request sent = {
        .method = bytes_of_text(request->method != NULL ? request->method : "GET"),
        .path = bytes_of_text(request->path),
        .query = bytes_of_text(request->query != NULL ? request->query : ""),
        .origin = request->origin,
        .is_websocket = request->is_websocket,
    };
    exchange->is_streamed =
        !sent.is_websocket && calls->wants_stream(calls->state, exchange, &sent);
    if (!exchange->is_streamed) {
        sent.body = body;
        calls->request(calls->state, exchange, &sent);
    } else if (exchange->answers == 0) {
        calls->part(calls->state, exchange, body);
        calls->part(calls->state, exchange, (struct bytes){0});
    }
    return exchange;
}

void
fake_end(const struct http_calls *calls, struct http_exchange *exchange)
{
    if (exchange == NULL)
        return;
    calls->ended(calls->state, exchange);
    for (unsigned i = 0; i < exchange->messages; i++)
        free(exchange->message[i]);
    free(exchange->body);
    free(exchange);
}

const char *
fake_field(const struct http_exchange *exchange, const char *name)
{
    static char value[512];
    size_t size = strlen(name);

    for (const char *line = exchange->fields; *line != '\0'; line = strchr(line, '\n') + 1)
        if (strncmp(line, name, size) == 0 && line[size] == ':') {
            snprintf(value, sizeof value, "%.*s", (int)(strchr(line, '\n') - line - (long)size - 2),
                line + size + 2);
            return value;
        }
    return "";
}
