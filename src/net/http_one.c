/* HTTP/1.1 (RFC 9112): one request at a time, the next one waits until its answer is out. */
#include "net/http_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { HEAD_LINE_BYTES = 128, CHUNK_LINE_BYTES = 20 };

/* ---- in ---- */

static struct http_exchange *
exchange_of(http_parser *parser)
{
    return ((struct http_client *)parser->data)->exchanges;
}

static struct bytes
piece_of(const char *at, size_t size)
{
    return (struct bytes){(const uint8_t *)at, size};
}

static int
on_begin(http_parser *parser)
{
    struct http_client *client = parser->data;

    return http_exchange_new(client) == NULL ? -1 : 0;
}

static int
on_url(http_parser *parser, const char *at, size_t size)
{
    struct http_exchange *exchange = exchange_of(parser);

    http_head_target(&exchange->head, piece_of(at, size));
    return exchange->head.refusal != 0;
}

/* What comes after the headers are trailers; they are only counted. */
static int
on_field(http_parser *parser, const char *at, size_t size)
{
    struct http_exchange *exchange = exchange_of(parser);

    if (!exchange->has_head)
        http_head_name(&exchange->head, piece_of(at, size));
    else if ((exchange->head.counted += size) > 2 * HTTP_HEADERS_BYTES_MAX)
        exchange->head.refusal = HTTP_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE;
    return exchange->head.refusal != 0;
}

static int
on_value(http_parser *parser, const char *at, size_t size)
{
    struct http_exchange *exchange = exchange_of(parser);

    if (exchange->has_head)
        return on_field(parser, at, size);
    http_head_value(&exchange->head, piece_of(at, size));
    return exchange->head.refusal != 0;
}

static bool
expects_body(const http_parser *parser)
{
    return (parser->flags & F_CHUNKED) != 0 ||
           (parser->content_length > 0 && parser->content_length != UINT64_MAX);
}

static bool
is_known_large(const http_parser *parser)
{
    return (parser->flags & F_CHUNKED) == 0 && parser->content_length != UINT64_MAX &&
           parser->content_length > HTTP_BODY_BYTES_MAX;
}

/* RFC 9110 10.1.1. */
static void
meet_expectation(struct http_exchange *exchange)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct bytes expected = http_header(exchange, "expect");

    if (expected.size == 0 || exchange->is_old)
        return;
    if (expected.size != 12 || strncasecmp((const char *)expected.data, "100-continue", 12) != 0)
        exchange->head.refusal = HTTP_STATUS_EXPECTATION_FAILED;
    else if (exchange->expects_body && !exchange->is_begun)
        http_client_put(exchange->client, bytes_of_text(go_on));
}

static void
judge_head(struct http_client *client, struct http_exchange *exchange)
{
    struct http_head *head = &exchange->head;
    http_parser *parser = &client->parser;

    snprintf(
        head->method, sizeof head->method, "%s", http_method_str((enum http_method)parser->method));
    exchange->is_old = parser->http_minor == 0;
    http_head_end(head, &exchange->request, !exchange->is_old);
    if (head->refusal == 0 && (parser->http_major != 1 || parser->http_minor > 1))
        head->refusal = HTTP_STATUS_HTTP_VERSION_NOT_SUPPORTED;
    exchange->keeps = http_should_keep_alive(parser) != 0 && !client->server->is_ending;
    exchange->expects_body = expects_body(parser);
    if (head->refusal == 0)
        exchange->request.is_websocket = http_websocket_is_asked(exchange, &head->refusal);
    if (head->refusal == 0 && exchange->request.is_websocket && exchange->expects_body)
        head->refusal = HTTP_STATUS_BAD_REQUEST;
}

static int
on_head(http_parser *parser)
{
    struct http_client *client = parser->data;
    struct http_exchange *exchange = client->exchanges;

    judge_head(client, exchange);
    parser->upgrade = exchange->request.is_websocket; /* other upgrades are not offered */
    if (exchange->head.refusal != 0)
        return -1;
    http_exchange_begin(exchange);
    if (!exchange->is_streamed && is_known_large(parser) && !exchange->is_begun)
        exchange->head.refusal = HTTP_STATUS_PAYLOAD_TOO_LARGE;
    if (exchange->head.refusal == 0)
        meet_expectation(exchange);
    return exchange->head.refusal != 0 ? -1 : 0;
}

static int
on_body(http_parser *parser, const char *at, size_t size)
{
    struct http_exchange *exchange = exchange_of(parser);

    http_exchange_body(exchange, piece_of(at, size));
    if (exchange->is_paused)
        http_parser_pause(parser, 1);
    return 0;
}

static int
on_complete(http_parser *parser)
{
    struct http_client *client = parser->data;

    client->exchanges->is_complete = true;
    http_parser_pause(parser, 1);
    return 0;
}

static const http_parser_settings settings = {
    .on_message_begin = on_begin,
    .on_url = on_url,
    .on_header_field = on_field,
    .on_header_value = on_value,
    .on_headers_complete = on_head,
    .on_body = on_body,
    .on_message_complete = on_complete,
};

void
http_one_start(struct http_client *client)
{
    client->protocol = HTTP_ONE;
    http_parser_init(&client->parser, HTTP_REQUEST);
    client->parser.data = client;
}

/* Something may be read: no exchange, or one whose request is not all here and whose handler takes
 * it. */
bool
http_one_wants(const struct http_client *client)
{
    const struct http_exchange *exchange = client->exchanges;

    return exchange == NULL ||
           (!exchange->is_complete && !exchange->is_paused && !exchange->is_finished);
}

static void
fail(struct http_client *client)
{
    struct http_exchange *exchange = client->exchanges;
    uint16_t status = HTTP_STATUS_BAD_REQUEST;

    if (exchange == NULL && HTTP_PARSER_ERRNO(&client->parser) == HPE_CB_message_begin) {
        http_client_kill(client);
        return;
    }
    if (exchange != NULL && exchange->head.refusal != 0)
        status = exchange->head.refusal;
    http_one_refuse(client, status);
}

size_t
http_one_take(struct http_client *client, struct bytes data)
{
    http_parser *parser = &client->parser;

    size_t used = http_parser_execute(parser, &settings, (const char *)data.data, data.size);
    enum http_errno error = HTTP_PARSER_ERRNO(parser);
    struct http_exchange *exchange = client->exchanges;
    if (client->is_dead || client->ends)
        return data.size;
    if (error == HPE_PAUSED) {
        http_parser_pause(parser, 0);
        error = HPE_OK;
    }
    if (error != HPE_OK) {
        fail(client);
        return data.size;
    }
    if (exchange != NULL && exchange->is_complete && !exchange->is_asked) {
        http_one_start(client);
        http_exchange_complete(exchange);
    }
    return used;
}

void
http_one_refuse(struct http_client *client, uint16_t status)
{
    struct http_exchange *exchange = client->exchanges;

    if (exchange == NULL)
        exchange = http_exchange_new(client);
    if (exchange == NULL)
        http_client_kill(client);
    else
        http_exchange_refuse(exchange, status);
}

/* ---- out ---- */

static size_t
head_size(const struct http_field *fields, size_t count)
{
    size_t size = 3 * HEAD_LINE_BYTES;

    for (size_t i = 0; i < count; i++)
        size += strlen(fields[i].name) + fields[i].value.size + 4;
    return size;
}

static void
put_text(struct writer *writer, const char *text)
{
    writer_bytes(writer, bytes_of_text(text));
}

static void
put_head(struct writer *writer, const struct http_exchange *exchange, uint16_t status,
    const struct http_field *fields, size_t count, int64_t size)
{
    char line[HEAD_LINE_BYTES];
    char date[32];

    http_date((uint64_t)time(NULL), date);
    snprintf(line, sizeof line, "HTTP/1.1 %u %s\r\ndate: %s\r\n", status,
        http_status_str((enum http_status)status), date);
    put_text(writer, line);
    for (size_t i = 0; i < count; i++) {
        put_text(writer, fields[i].name);
        put_text(writer, ": ");
        writer_bytes(writer, fields[i].value);
        put_text(writer, "\r\n");
    }
    snprintf(line, sizeof line, "content-length: %lld\r\n", (long long)size);
    if (size >= 0)
        put_text(writer, line);
    if (exchange->is_chunked)
        put_text(writer, "transfer-encoding: chunked\r\n");
    if (!exchange->keeps)
        put_text(writer, "connection: close\r\n");
    else if (exchange->is_old)
        put_text(writer, "connection: keep-alive\r\n");
    put_text(writer, "\r\n");
}

void
http_one_head(struct http_exchange *exchange, uint16_t status, const struct http_field *fields,
    size_t fields_count, int64_t size, struct bytes body)
{
    struct http_client *client = exchange->client;
    bool is_open = size < 0 && status >= 200 && status != HTTP_STATUS_NO_CONTENT &&
                   status != HTTP_STATUS_NOT_MODIFIED;

    if (client->server->is_ending || (exchange->expects_body && !exchange->is_complete))
        exchange->keeps = false;
    exchange->is_chunked = is_open && !exchange->is_old;
    if (is_open && !exchange->is_chunked)
        exchange->keeps = false; /* HTTP/1.0: the end of the connection is the end of the answer */

    size_t room = head_size(fields, fields_count) + body.size;
    uint8_t *data = malloc(room);
    if (data == NULL) {
        http_client_kill(client);
        return;
    }
    struct writer writer = writer_of(data, room);
    put_head(&writer, exchange, status, fields, fields_count, size);
    writer_bytes(&writer, body);
    assert(!writer.failed);
    http_client_put(client, writer_written(&writer));
    free(data);
}

void
http_one_part(struct http_exchange *exchange, struct bytes part)
{
    struct http_client *client = exchange->client;
    char line[CHUNK_LINE_BYTES];

    if (exchange->is_chunked) {
        snprintf(line, sizeof line, "%zx\r\n", part.size);
        http_client_put(client, bytes_of_text(line));
    }
    http_client_put(client, part);
    if (exchange->is_chunked)
        http_client_put(client, bytes_of_text("\r\n"));
}

void
http_one_end(struct http_exchange *exchange)
{
    if (exchange->is_chunked && !exchange->is_head)
        http_client_put(exchange->client, bytes_of_text("0\r\n\r\n"));
}

bool
http_one_go_on(struct http_client *client)
{
    struct http_exchange *exchange = client->exchanges;

    if (exchange == NULL || !exchange->is_finished || !queue_is_empty(&client->out))
        return false;
    /* The rest of a request that was answered early is read first, where it has none announced. */
    if (exchange->keeps && !exchange->is_complete)
        return false;
    client->ends |= !exchange->keeps;
    http_exchange_end(exchange);
    client->deadline = http_now(client->server) + client->server->limits.idle_ms_max;
    return true;
}
