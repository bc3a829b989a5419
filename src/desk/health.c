#include "desk/health.h"

#define FIXED(text) ((struct bytes){(const uint8_t *)(text), sizeof(text) - 1})

static void
answer(struct http_exchange *exchange, uint16_t status, struct bytes type, struct bytes body)
{
    const struct http_field fields[] = {
        {"content-type", type},
        {"cache-control", FIXED("no-store")},
        {"x-content-type-options", FIXED("nosniff")},
        {"referrer-policy", FIXED("no-referrer")},
        {"content-security-policy", FIXED("default-src 'none'")},
        {"allow", FIXED("GET, HEAD")},
    };
    size_t count = sizeof fields / sizeof fields[0];

    http_answer(exchange, status, fields, status == 405 ? count : count - 1, body);
}

static void
take_request(void *state, struct http_exchange *exchange, const struct http_request *request)
{
    const struct bytes problem = FIXED("application/problem+json");
    bool reads =
        bytes_equal(request->method, FIXED("GET")) || bytes_equal(request->method, FIXED("HEAD"));

    (void)state;
    if (!bytes_equal(request->path, FIXED("/api/v1/health")) || request->is_websocket)
        answer(exchange, 404, problem,
            FIXED("{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404}\n"));
    else if (!reads)
        answer(exchange, 405, problem,
            FIXED("{\"type\":\"about:blank\",\"title\":\"Method Not Allowed\",\"status\":405}\n"));
    else
        answer(exchange, 200, FIXED("application/json"), FIXED("{\"status\":\"ok\"}\n"));
}

static bool
wants_stream(void *state, struct http_exchange *exchange, const struct http_request *request)
{
    (void)state;
    (void)exchange;
    (void)request;
    return false;
}

static bool
take_part(void *state, struct http_exchange *exchange, struct bytes part)
{
    (void)state;
    (void)exchange;
    (void)part;
    return true;
}

static void
take_message(void *state, struct http_exchange *exchange, struct bytes text)
{
    (void)state;
    (void)exchange;
    (void)text;
}

static void
nothing(void *state, struct http_exchange *exchange)
{
    (void)state;
    (void)exchange;
}

struct http_calls
health_calls(void)
{
    return (struct http_calls){
        .wants_stream = wants_stream,
        .request = take_request,
        .part = take_part,
        .message = take_message,
        .drained = nothing,
        .ended = nothing,
    };
}
