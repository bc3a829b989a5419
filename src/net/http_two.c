/* HTTP/2 (RFC 9113): nghttp2 has the frames, the windows and the headers; here is what they mean.
 */
#include "net/http_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { GATHER_BYTES = 32768, STREAMS_BEFORE_SETTINGS = 128 };

/* ---- in ---- */

static struct http_exchange *
exchange_of(nghttp2_session *session, int32_t stream)
{
    return nghttp2_session_get_stream_user_data(session, stream);
}

static bool
is_request(const nghttp2_frame *frame)
{
    return frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST;
}

static int
on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *state)
{
    struct http_client *client = state;
    uint32_t count = 0;

    if (!is_request(frame))
        return 0;
    for (struct http_exchange *other = client->exchanges; other != NULL; other = other->next)
        count++;
    struct http_exchange *exchange =
        count < STREAMS_BEFORE_SETTINGS ? http_exchange_new(client) : NULL;
    if (exchange == NULL)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    exchange->stream = frame->hd.stream_id;
    exchange->expects_body = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0;
    nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, exchange);
    return 0;
}

static bool
is_name(struct bytes name, const char *text)
{
    return bytes_equal(name, bytes_of_text(text));
}

/* The pseudo-headers come first; nghttp2 has seen to it that each is there once (8.3.1). */
static void
take_header(struct http_head *head, struct bytes name, struct bytes value)
{
    if (is_name(name, ":method")) {
        if (value.size > HTTP_METHOD_BYTES_MAX)
            head->refusal = HTTP_STATUS_NOT_IMPLEMENTED;
        else
            snprintf(head->method, sizeof head->method, "%.*s", (int)value.size,
                (const char *)value.data);
    } else if (is_name(name, ":path")) {
        http_head_target(head, value);
    } else if (is_name(name, ":authority")) {
        http_head_name(head, bytes_of_text("host"));
        http_head_value(head, value);
    } else if (name.data[0] != ':' &&
               !(is_name(name, "host") && http_head_find(head, "host").data != NULL)) {
        http_head_name(head, name);
        http_head_value(head, value);
    }
}

static int
on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
    size_t name_size, const uint8_t *value, size_t value_size, uint8_t flags, void *state)
{
    struct http_exchange *exchange = exchange_of(session, frame->hd.stream_id);

    (void)flags;
    (void)state;
    if (is_request(frame) && exchange != NULL && name_size > 0)
        take_header(
            &exchange->head, (struct bytes){name, name_size}, (struct bytes){value, value_size});
    return 0;
}

static void
meet_expectation(struct http_exchange *exchange)
{
    nghttp2_nv go_on = {(uint8_t *)":status", (uint8_t *)"100", 7, 3, NGHTTP2_NV_FLAG_NONE};
    struct bytes expected = http_header(exchange, "expect");

    if (expected.size == 0 || !exchange->expects_body || exchange->is_begun)
        return;
    if (expected.size != 12 || strncasecmp((const char *)expected.data, "100-continue", 12) != 0)
        http_exchange_refuse(exchange, HTTP_STATUS_EXPECTATION_FAILED);
    else if (nghttp2_submit_headers(exchange->client->session, NGHTTP2_FLAG_NONE, exchange->stream,
                 NULL, &go_on, 1, NULL) != 0)
        http_client_kill(exchange->client);
}

static void
take_head(struct http_exchange *exchange)
{
    http_head_end(&exchange->head, &exchange->request, true);
    if (exchange->head.refusal != 0) {
        exchange->has_head = true;
        http_exchange_refuse(exchange, exchange->head.refusal);
        return;
    }
    http_exchange_begin(exchange);
    meet_expectation(exchange);
}

static int
on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *state)
{
    struct http_exchange *exchange = exchange_of(session, frame->hd.stream_id);

    (void)state;
    if (exchange == NULL || (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA))
        return 0;
    if (is_request(frame))
        take_head(exchange);
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
        http_exchange_complete(exchange);
    return 0;
}

static int
on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data, size_t size,
    void *state)
{
    struct http_exchange *exchange = exchange_of(session, stream);

    (void)flags;
    (void)state;
    /* The window of the connection is everybody's: one stream that is paused may not shut it. */
    nghttp2_session_consume_connection(session, size);
    if (exchange != NULL)
        http_exchange_body(exchange, (struct bytes){data, size});
    else
        nghttp2_session_consume_stream(session, stream, size);
    return 0;
}

void
http_two_taken(struct http_exchange *exchange, size_t size)
{
    if (exchange->client->protocol == HTTP_TWO && size > 0)
        nghttp2_session_consume_stream(exchange->client->session, exchange->stream, size);
}

/* Streams that are begun and broken off cost us more than the client (CVE-2023-44487). */
static void
count_reset(struct http_client *client)
{
    uint64_t now = http_now(client->server);

    if (now - client->resets_since >= client->server->limits.request_ms_max) {
        client->resets_since = now;
        client->resets = 0;
    }
    if (++client->resets > HTTP_RESETS_MAX)
        http_client_kill(client);
}

static int
on_stream_close(nghttp2_session *session, int32_t stream, uint32_t error, void *state)
{
    struct http_client *client = state;
    struct http_exchange *exchange = exchange_of(session, stream);

    if (error != NGHTTP2_NO_ERROR)
        count_reset(client);
    if (exchange != NULL)
        http_exchange_end(exchange);
    client->deadline = http_now(client->server) + client->server->limits.idle_ms_max;
    http_client_due(client);
    return 0;
}

static nghttp2_session *
make_session(struct http_client *client)
{
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option *option = NULL;
    nghttp2_session *session = NULL;

    if (nghttp2_session_callbacks_new(&callbacks) != 0 || nghttp2_option_new(&option) != 0)
        goto out;
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_no_closed_streams(option, 1);
    if (nghttp2_session_server_new2(&session, callbacks, client, option) != 0)
        session = NULL;

out:
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_option_del(option);
    return session;
}

bool
http_two_start(struct http_client *client)
{
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, HTTP_STREAMS_MAX},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HTTP_HEADERS_BYTES_MAX + HTTP_PATH_BYTES_MAX},
    };

    client->session = make_session(client);
    if (client->session == NULL)
        return false;
    client->protocol = HTTP_TWO;
    client->resets_since = http_now(client->server);
    return nghttp2_submit_settings(client->session, NGHTTP2_FLAG_NONE, settings,
               sizeof settings / sizeof settings[0]) == 0;
}

void
http_two_free(struct http_client *client)
{
    nghttp2_session_del(client->session);
    client->session = NULL;
}

/* Not while what it was told before waits for the socket; the windows bound what waits behind that.
 */
bool
http_two_wants(const struct http_client *client)
{
    return client->out.bytes < 2 * HTTP_WRITE_BYTES;
}

size_t
http_two_take(struct http_client *client, struct bytes data)
{
    ssize_t used = nghttp2_session_mem_recv(client->session, data.data, data.size);

    /* nghttp2 has a GOAWAY with the reason ready. */
    if (used < 0 || nghttp2_session_want_read(client->session) == 0)
        client->ends = true;
    return data.size;
}

/* ---- out ---- */

void
http_two_pull(struct http_client *client)
{
    uint8_t gathered[GATHER_BYTES];
    size_t size = 0;

    while (client->out.bytes < HTTP_WRITE_BYTES && !client->is_dead) {
        const uint8_t *data;
        ssize_t got = nghttp2_session_mem_send(client->session, &data);
        if (got < 0)
            http_client_kill(client);
        if (got > 0 && size + (size_t)got > sizeof gathered) {
            http_client_put(client, (struct bytes){gathered, size});
            size = 0;
        }
        if (got > (ssize_t)sizeof gathered) {
            http_client_put(client, (struct bytes){data, (size_t)got});
            continue;
        }
        if (got <= 0)
            break;
        memcpy(gathered + size, data, (size_t)got);
        size += (size_t)got;
    }
    http_client_put(client, (struct bytes){gathered, size});
}

static ssize_t
take_from_queue(struct http_exchange *exchange, uint8_t *data, size_t room)
{
    size_t used = 0;
    size_t before = exchange->out.bytes;

    while (used < room && !queue_is_empty(&exchange->out)) {
        bool begun;
        struct bytes front = queue_front(&exchange->out, &begun);
        size_t size = front.size < room - used ? front.size : room - used;
        memcpy(data + used, front.data, size);
        queue_wrote(&exchange->out, size);
        used += size;
    }
    exchange->client->waiting -= before - exchange->out.bytes;
    http_client_count(exchange->client);
    return (ssize_t)used;
}

static ssize_t
read_answer(nghttp2_session *session, int32_t stream, uint8_t *data, size_t room, uint32_t *flags,
    nghttp2_data_source *source, void *state)
{
    struct http_exchange *exchange = exchange_of(session, stream);

    (void)source;
    (void)state;
    if (exchange == NULL || exchange->is_aborted)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    ssize_t used = take_from_queue(exchange, data, room);
    if (queue_is_empty(&exchange->out) && exchange->is_finished) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        return used;
    }
    if (used > 0)
        return used;
    exchange->is_deferred = true;
    return NGHTTP2_ERR_DEFERRED;
}

static nghttp2_nv
header(const char *name, struct bytes value)
{
    return (nghttp2_nv){
        (uint8_t *)name, (uint8_t *)value.data, strlen(name), value.size, NGHTTP2_NV_FLAG_NONE};
}

void
http_two_head(struct http_exchange *exchange, uint16_t status, const struct http_field *fields,
    size_t fields_count, int64_t size)
{
    struct http_client *client = exchange->client;
    nghttp2_data_provider provider = {.read_callback = read_answer};
    char code[8], date[32], length[24];
    size_t count = 0;

    nghttp2_nv *headers = calloc(fields_count + 3, sizeof *headers);
    if (headers == NULL) {
        http_client_kill(client);
        return;
    }
    snprintf(code, sizeof code, "%u", status);
    http_date((uint64_t)time(NULL), date);
    headers[count++] = header(":status", bytes_of_text(code));
    headers[count++] = header("date", bytes_of_text(date));
    for (size_t i = 0; i < fields_count; i++)
        headers[count++] = header(fields[i].name, fields[i].value);
    snprintf(length, sizeof length, "%lld", (long long)size);
    if (size >= 0)
        headers[count++] = header("content-length", bytes_of_text(length));
    bool has_body = !exchange->is_head && !(exchange->has_size && exchange->left == 0);
    int result = nghttp2_submit_response(
        client->session, exchange->stream, headers, count, has_body ? &provider : NULL);
    free(headers);
    if (result != 0)
        http_client_kill(client);
}

void
http_two_part(struct http_exchange *exchange, struct bytes part)
{
    struct http_client *client = exchange->client;

    uint8_t *room = http_client_put_room(client, &exchange->out, part.size);
    if (room == NULL)
        return;
    memcpy(room, part.data, part.size);
    if (exchange->is_deferred) {
        exchange->is_deferred = false;
        nghttp2_session_resume_data(client->session, exchange->stream);
    }
}

void
http_two_end(struct http_exchange *exchange)
{
    nghttp2_session *session = exchange->client->session;

    if (exchange->is_aborted)
        nghttp2_submit_rst_stream(
            session, NGHTTP2_FLAG_NONE, exchange->stream, NGHTTP2_INTERNAL_ERROR);
    else if (exchange->is_deferred)
        nghttp2_session_resume_data(session, exchange->stream);
    exchange->is_deferred = false;
}

void
http_two_cut(struct http_exchange *exchange)
{
    /* RFC 9113 8.1. */
    if (exchange->client->protocol == HTTP_TWO && queue_is_empty(&exchange->out))
        nghttp2_submit_rst_stream(
            exchange->client->session, NGHTTP2_FLAG_NONE, exchange->stream, NGHTTP2_NO_ERROR);
}

void
http_two_goodbye(struct http_client *client)
{
    nghttp2_session *session = client->session;

    if (client->exchanges == NULL) {
        nghttp2_session_terminate_session(session, NGHTTP2_NO_ERROR);
        client->ends = true;
    } else {
        nghttp2_submit_goaway(session, NGHTTP2_FLAG_NONE,
            nghttp2_session_get_last_proc_stream_id(session), NGHTTP2_NO_ERROR, NULL, 0);
    }
}
