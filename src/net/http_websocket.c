/* WebSocket (RFC 6455) of a server: text messages; wire.h has the framing. */
#include "net/http_internal.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#include <sha1.h>

enum { KEY_BYTES = 24, ACCEPT_BYTES = 28, PROTOCOL_BYTES_MAX = 64 };

enum {
    CLOSE_NORMAL = 1000,
    CLOSE_BROKEN = 1002,
    CLOSE_NOT_TEXT = 1003,
    CLOSE_NOTHING = 1005,
    CLOSE_NOT_UTF8 = 1007,
    CLOSE_TOO_LARGE = 1009,
    CLOSE_FAILED = 1011,
    CLOSE_LATER = 1013,
};

/* ---- the handshake ---- */

/* Of base64. */
static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static bool
is_word(struct bytes value, const char *word)
{
    return value.size == strlen(word) &&
           strncasecmp((const char *)value.data, word, value.size) == 0;
}

/* Base64 of 16 bytes. */
static bool
is_key(struct bytes key)
{
    if (key.size != KEY_BYTES || key.data[KEY_BYTES - 1] != '=' || key.data[KEY_BYTES - 2] != '=')
        return false;
    for (size_t i = 0; i < KEY_BYTES - 2; i++)
        if (memchr(digits, key.data[i], 64) == NULL)
            return false;
    return true;
}

bool
http_websocket_is_asked(const struct http_exchange *exchange, uint16_t *refusal)
{
    struct bytes upgrade = http_header(exchange, "upgrade");
    struct bytes connection = http_header(exchange, "connection");

    if (!http_list_has(upgrade, "websocket") || !http_list_has(connection, "upgrade") ||
        exchange->is_old)
        return false;
    if (!is_word(http_header(exchange, "sec-websocket-version"), "13"))
        *refusal = HTTP_STATUS_UPGRADE_REQUIRED;
    else if (!is_key(http_header(exchange, "sec-websocket-key")) ||
             !bytes_equal(exchange->request.method, bytes_of_text("GET")))
        *refusal = HTTP_STATUS_BAD_REQUEST;
    return *refusal == 0;
}

/* Six bits at a time. */
static void
encode(const uint8_t hash[static SHA1_DIGEST_LENGTH], char text[static ACCEPT_BYTES + 1])
{
    size_t used = 0;

    for (size_t i = 0; i < SHA1_DIGEST_LENGTH; i += 3) {
        size_t left = SHA1_DIGEST_LENGTH - i;
        uint32_t three = (uint32_t)hash[i] << 16;
        three |= left > 1 ? (uint32_t)hash[i + 1] << 8 : 0;
        three |= left > 2 ? hash[i + 2] : 0;
        for (int shift = 18; shift >= 0; shift -= 6)
            text[used++] = digits[three >> shift & 63];
    }
    text[ACCEPT_BYTES - 1] = '='; /* 20 bytes leave one digit over */
    text[ACCEPT_BYTES] = '\0';
}

/* RFC 6455 4.2.2: proves that it was understood, and no more. */
static void
answer_key(struct bytes key, char text[static ACCEPT_BYTES + 1])
{
    static const char fixed[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    uint8_t hash[SHA1_DIGEST_LENGTH];
    SHA1_CTX context;

    SHA1Init(&context);
    SHA1Update(&context, key.data, key.size);
    SHA1Update(&context, (const uint8_t *)fixed, sizeof fixed - 1);
    SHA1Final(hash, &context);
    encode(hash, text);
}

void
http_accept(struct http_exchange *exchange, const char *subprotocol)
{
    struct http_client *client = exchange->client;
    char hash[ACCEPT_BYTES + 1];
    char answer[512];

    if (!exchange->request.is_websocket || exchange->is_begun || client->is_dead)
        return;
    answer_key(http_header(exchange, "sec-websocket-key"), hash);
    bool has_one = subprotocol[0] != '\0' && strlen(subprotocol) <= PROTOCOL_BYTES_MAX;
    snprintf(answer, sizeof answer,
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
        "sec-websocket-accept: %s\r\n%s%s%s\r\n",
        hash, has_one ? "sec-websocket-protocol: " : "", has_one ? subprotocol : "",
        has_one ? "\r\n" : "");
    http_client_put(client, bytes_of_text(answer));
    exchange->is_begun = true;
    client->protocol = HTTP_WEBSOCKET;
    client->wire = (struct wire){.from_client = true, .is_text = true};
    client->heard_at = http_now(client->server);
    http_client_due(client);
}

/* ---- out ---- */

static void
put_control(struct http_client *client, enum wire_opcode opcode, struct bytes payload)
{
    uint8_t frame[WIRE_HEADER_BYTES_MAX + WIRE_CONTROL_BYTES_MAX];
    size_t header = wire_header(frame, opcode, true, payload.size, false);

    if (payload.size > 0)
        memcpy(frame + header, payload.data, payload.size);
    http_client_put(client, (struct bytes){frame, header + payload.size});
}

void
http_websocket_close(struct http_client *client, uint16_t code, struct bytes why)
{
    uint8_t payload[WIRE_CONTROL_BYTES_MAX];
    struct writer writer = writer_of(payload, sizeof payload);

    if (client->close_sent)
        return;
    if (why.size > sizeof payload - 2)
        why.size = 0; /* cut anywhere it might not be UTF-8 any more */
    if (code != CLOSE_NOTHING) {
        writer_u16(&writer, code);
        writer_bytes(&writer, why);
    }
    client->close_sent = true;
    client->deadline = http_now(client->server) + HTTP_LINGER_MS;
    put_control(client, WIRE_CLOSE, writer_written(&writer));
    http_client_due(client);
}

void
http_close(struct http_exchange *exchange, uint16_t code, const char *why)
{
    if (exchange->client->protocol == HTTP_WEBSOCKET)
        http_websocket_close(exchange->client, code, bytes_of_text(why));
}

/* The message in frames of a size that wire_header() writes. */
static size_t
put_frames(uint8_t *place, struct bytes text)
{
    size_t used = 0;
    size_t at = 0;

    do {
        size_t size =
            text.size - at < WIRE_FRAGMENT_BYTES_MAX ? text.size - at : WIRE_FRAGMENT_BYTES_MAX;
        uint8_t header[WIRE_HEADER_BYTES_MAX];
        size_t header_size = wire_header(
            header, at == 0 ? WIRE_TEXT : WIRE_CONTINUATION, at + size == text.size, size, false);
        if (place != NULL) {
            memcpy(place + used, header, header_size);
            if (size > 0)
                memcpy(place + used + header_size, text.data + at, size);
        }
        used += header_size + size;
        at += size;
    } while (at < text.size);
    return used;
}

void
http_send(struct http_exchange *exchange, struct bytes text)
{
    struct http_client *client = exchange->client;

    if (client->protocol != HTTP_WEBSOCKET || client->close_sent)
        return;
    uint8_t *room = http_client_put_room(client, &client->out, put_frames(NULL, text));
    if (room != NULL)
        put_frames(room, text);
    http_client_due(client);
}

/* ---- in ---- */

/* Nothing more is read but the end. */
static void
fail(struct http_client *client, uint16_t code, const char *why)
{
    http_websocket_close(client, code, bytes_of_text(why));
    client->ends = true;
}

/* RFC 6455 7.4: what may stand in a close frame. */
static bool
is_good_code(uint16_t code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

static void
take_close(struct http_client *client, struct bytes payload)
{
    struct reader reader = reader_of(payload);
    uint16_t code = payload.size >= 2 ? reader_u16(&reader) : CLOSE_NOTHING;

    client->close_heard = true;
    if (payload.size == 1 || (payload.size >= 2 && !is_good_code(code)))
        code = CLOSE_BROKEN;
    else if (payload.size > 2 && !text_is_utf8(reader.rest))
        code = CLOSE_NOT_UTF8;
    http_websocket_close(client, code, (struct bytes){0});
    client->ends = true;
}

static void
take_message(struct http_client *client, struct bytes text)
{
    const struct http_calls *calls = &client->server->calls;

    if (client->close_sent)
        return;
    if (text_is_utf8(text))
        calls->message(calls->state, client->exchanges, text);
    else
        fail(client, CLOSE_NOT_UTF8, "the text is not UTF-8");
}

static void
handle(struct http_client *client, enum wire_opcode whole, struct bytes payload)
{
    switch (whole) {
    case WIRE_TEXT:
        take_message(client, payload);
        break;
    case WIRE_PING:
        if (!client->close_sent)
            put_control(client, WIRE_PONG, payload);
        break;
    case WIRE_CLOSE:
        take_close(client, payload);
        break;
    case WIRE_PONG: /* that it was heard is all */
    case WIRE_CONTINUATION:
    case WIRE_BINARY:
        break;
    }
}

static void
complain(struct http_client *client, enum entente_error error)
{
    if (error == ENTENTE_ERR_TOO_LARGE)
        fail(client, CLOSE_TOO_LARGE, "the message is too large");
    else if (error == ENTENTE_ERR_UNEXPECTED)
        fail(client, CLOSE_NOT_TEXT, "messages are text");
    else if (error == ENTENTE_ERR_NO_MEMORY)
        fail(client, CLOSE_FAILED, "out of memory");
    else
        fail(client, CLOSE_BROKEN, "the rules of WebSocket were broken");
}

/* What is being put together counts among the bodies of requests; false where that is too much. */
static bool
count_assembly(struct http_client *client)
{
    struct http_server *server = client->server;

    server->bodies += client->wire.assembly.room - client->assembled;
    client->assembled = client->wire.assembly.room;
    return server->bodies <= server->limits.bodies_bytes_max || client->assembled == 0;
}

/* Between messages it keeps no memory. */
void
http_websocket_free(struct http_client *client)
{
    wire_free(&client->wire);
    count_assembly(client);
}

size_t
http_websocket_take(struct http_client *client, struct bytes data)
{
    size_t used = 0;
    enum wire_opcode whole;
    struct bytes payload;

    client->is_pinged = false;
    enum entente_error error = wire_take(&client->wire, (uint8_t *)data.data, data.size,
        HTTP_BODY_BYTES_MAX, &used, &whole, &payload);
    bool has_room = count_assembly(client);
    if (error == ENTENTE_OK && has_room)
        handle(client, whole, payload);
    else if (error != ENTENTE_OK)
        complain(client, error);
    else
        fail(client, CLOSE_LATER, "too much is on its way here");
    if (whole == WIRE_TEXT || client->ends)
        http_websocket_free(client);
    return client->ends ? data.size : used;
}

void
http_websocket_tick(struct http_client *client)
{
    struct http_server *server = client->server;
    uint64_t now = http_now(server);
    uint64_t silent = now - client->heard_at;

    if (client->close_sent) {
        client->ends |= now >= client->deadline;
    } else if (silent >= 2 * (uint64_t)server->limits.ping_ms) {
        http_client_kill(client);
    } else if (silent >= server->limits.ping_ms && !client->is_pinged) {
        client->is_pinged = true;
        put_control(client, WIRE_PING, bytes_of_text("alive?"));
    }
}
