#include "net/http_handler.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct served {
    struct served *next;
    struct http_exchange *exchange;
    bool is_later;
    bool is_socket;
    bool is_slow;
    size_t counted;
    size_t parts_left; /* to be sent */
};

static bool
is_path(const struct http_request *request, const char *path)
{
    return bytes_equal(request->path, bytes_of_text(path));
}

/* The number behind `prefix`. */
static bool
has_number(const struct http_request *request, const char *prefix, size_t *number)
{
    size_t size = strlen(prefix);

    if (request->path.size <= size || memcmp(request->path.data, prefix, size) != 0)
        return false;
    *number = 0;
    for (size_t i = size; i < request->path.size; i++)
        *number = 10 * *number + (size_t)(request->path.data[i] - '0');
    return true;
}

static struct served *
know(struct http_handler *handler, struct http_exchange *exchange)
{
    struct served *served = http_user(exchange);

    if (served != NULL)
        return served;
    served =
        aligned_alloc(_Alignof(struct served), sizeof *served); /* one that never fails by design */
    if (served == NULL)
        abort();
    *served = (struct served){.exchange = exchange};
    served->next = handler->served;
    handler->served = served;
    handler->told++;
    http_set_user(exchange, served);
    return served;
}

static void
answer_text(struct http_exchange *exchange, uint16_t status, struct bytes text)
{
    const struct http_field field = {"content-type", bytes_of_text("text/plain")};

    http_answer(exchange, status, &field, 1, text);
}

static bool
wants_stream(void *state, struct http_exchange *exchange, const struct http_request *request)
{
    struct served *served = know(state, exchange);

    if (is_path(request, "/early")) {
        answer_text(exchange, 403, bytes_of_text("early"));
        return true;
    }
    served->is_slow = is_path(request, "/slow-count");
    return served->is_slow || is_path(request, "/count");
}

static void
send_parts(struct served *served)
{
    static const uint8_t part[1000];

    while (served->parts_left > 0 && http_has_room(served->exchange)) {
        http_answer_part(served->exchange, (struct bytes){part, sizeof part});
        served->parts_left--;
    }
    if (served->parts_left == 0)
        http_answer_end(served->exchange);
}

static void
answer_about(struct http_exchange *exchange, const struct http_request *request)
{
    static const char *const names[] = {"host", "cookie", "accept", "x-empty", "content-type"};
    char text[16384];
    int size = snprintf(text, sizeof text, "%.*s\n%.*s\n%.*s\n%d\n", (int)request->method.size,
        (const char *)request->method.data, (int)request->path.size,
        (const char *)request->path.data, (int)request->query.size,
        (const char *)request->query.data, (int)request->origin);

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct bytes value = http_header(exchange, names[i]);
        size += snprintf(text + size, sizeof text - (size_t)size, "%s=%.*s\n", names[i],
            (int)value.size, (const char *)value.data);
    }
    answer_text(exchange, 200, (struct bytes){(uint8_t *)text, (size_t)size});
}

static void
answer_size(struct http_exchange *exchange, size_t size)
{
    uint8_t *data = calloc(1, size + 1);

    answer_text(exchange, 200, (struct bytes){data, size});
    free(data);
}

static void
begin_parts(struct served *served, size_t number, int64_t size)
{
    http_answer_begin(served->exchange, 200, NULL, 0, size);
    served->parts_left = number;
    send_parts(served);
}

static void
answer_request(struct served *served, const struct http_request *request)
{
    struct http_exchange *exchange = served->exchange;
    const struct http_field bad = {"x-bad", bytes_of_text("a\r\nx-worse: b")};
    size_t number;

    if (is_path(request, "/plain"))
        answer_text(exchange, 200, bytes_of_text("plain"));
    else if (is_path(request, "/echo"))
        answer_text(exchange, 200, request->body);
    else if (is_path(request, "/about"))
        answer_about(exchange, request);
    else if (has_number(request, "/size/", &number))
        answer_size(exchange, number);
    else if (has_number(request, "/parts/", &number))
        begin_parts(served, number, -1);
    else if (has_number(request, "/sized/", &number))
        begin_parts(served, number, (int64_t)number * 1000);
    else if (is_path(request, "/later"))
        served->is_later = true;
    else if (is_path(request, "/abort"))
        http_abort(exchange);
    else if (is_path(request, "/bad-field"))
        http_answer(exchange, 200, &bad, 1, bytes_of_text("never"));
    else if (is_path(request, "/none"))
        http_answer(exchange, 204, NULL, 0, (struct bytes){0});
    else if (is_path(request, "/short")) {
        http_answer_begin(exchange, 200, NULL, 0, 10);
        http_answer_part(exchange, bytes_of_text("short"));
        http_answer_end(exchange);
    } else if (!is_path(request, "/never"))
        answer_text(exchange, 404, bytes_of_text("no such path"));
}

static void
take_request(void *state, struct http_exchange *exchange, const struct http_request *request)
{
    struct http_handler *handler = state;
    struct served *served = know(handler, exchange);

    handler->requests++;
    if (request->is_websocket && is_path(request, "/ws")) {
        http_accept(
            exchange, http_header(exchange, "sec-websocket-protocol").size > 0 ? "entente" : "");
        served->is_socket = true;
        handler->sockets++;
    } else if (request->is_websocket) {
        answer_text(exchange, 403, bytes_of_text("no"));
    } else {
        answer_request(served, request);
    }
}

static bool
take_part(void *state, struct http_exchange *exchange, struct bytes part)
{
    struct http_handler *handler = state;
    struct served *served = http_user(exchange);
    char text[32];

    handler->parts++;
    served->counted += part.size;
    if (part.size == 0) {
        snprintf(text, sizeof text, "%zu", served->counted);
        answer_text(exchange, 200, bytes_of_text(text));
    }
    return !served->is_slow;
}

static void
take_message(void *state, struct http_exchange *exchange, struct bytes text)
{
    struct http_handler *handler = state;

    handler->messages++;
    if (text.size > 6 && memcmp(text.data, "close ", 6) == 0) {
        char why[128];
        snprintf(why, sizeof why, "%.*s", (int)text.size - 6, (const char *)text.data + 6);
        char *rest;
        unsigned long code = strtoul(why, &rest, 10);
        http_close(exchange, (uint16_t)code, *rest == ' ' ? rest + 1 : rest);
    } else if (text.size > 4 && memcmp(text.data, "all ", 4) == 0) {
        http_handler_broadcast(handler, (struct bytes){text.data + 4, text.size - 4});
    } else {
        http_send(exchange, text);
    }
}

static void
take_drained(void *state, struct http_exchange *exchange)
{
    struct served *served = http_user(exchange);

    (void)state;
    if (!served->is_socket)
        send_parts(served);
}

static void
take_ended(void *state, struct http_exchange *exchange)
{
    struct http_handler *handler = state;
    struct served *served = http_user(exchange);
    struct served **place = &handler->served;

    while (*place != served)
        place = &(*place)->next;
    *place = served->next;
    handler->ended++;
    if (served->is_socket)
        handler->sockets--;
    free(served);
}

struct http_calls
http_handler_calls(struct http_handler *handler)
{
    return (struct http_calls){
        handler, wants_stream, take_request, take_part, take_message, take_drained, take_ended};
}

void
http_handler_release(struct http_handler *handler)
{
    for (struct served *served = handler->served; served != NULL; served = served->next) {
        if (served->is_later)
            answer_text(served->exchange, 200, bytes_of_text("later"));
        if (served->is_slow)
            http_resume(served->exchange);
        served->is_later = false;
    }
}

void
http_handler_broadcast(struct http_handler *handler, struct bytes text)
{
    for (struct served *served = handler->served; served != NULL; served = served->next)
        if (served->is_socket)
            http_send(served->exchange, text);
}
