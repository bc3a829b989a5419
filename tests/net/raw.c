#include "net/raw.h"
#include "net/certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 5000 };

static struct sockaddr_in
loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

void
raw_connect(struct raw *raw, struct world *world, uint32_t to)
{
    struct sockaddr_in name = loopback(net_port(world->nodes[to].net));

    *raw = (struct raw){.world = world, .listening = -1};
    raw->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(connect(raw->fd, (struct sockaddr *)&name, sizeof name) == 0);
    CHECK(fcntl(raw->fd, F_SETFL, O_NONBLOCK) == 0);
}

void
raw_listen(struct raw *raw, struct world *world, char address[static 32])
{
    struct sockaddr_in name = loopback(0);
    socklen_t size = sizeof name;

    *raw = (struct raw){.world = world, .fd = -1};
    raw->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    CHECK(bind(raw->listening, (struct sockaddr *)&name, size) == 0);
    CHECK(listen(raw->listening, 8) == 0);
    CHECK(getsockname(raw->listening, (struct sockaddr *)&name, &size) == 0);
    snprintf(address, 32, "127.0.0.1:%u", ntohs(name.sin_port));
}

bool
raw_accept(struct raw *raw)
{
    uint64_t until = uv_now(&raw->world->loop) + PATIENCE_MS;

    do {
        raw->fd = accept4(raw->listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        world_turn(raw->world);
    } while (raw->fd < 0 && uv_now(&raw->world->loop) < until);
    return raw->fd >= 0;
}

static int
accept_any(X509_STORE_CTX *store, void *argument)
{
    (void)store;
    (void)argument;
    return 1;
}

static void
prepare(struct raw *raw, const uint8_t *seed, int version)
{
    raw->tls = SSL_CTX_new(TLS_method());
    SSL_CTX_set_max_proto_version(raw->tls, version);
    SSL_CTX_set_verify(raw->tls, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(raw->tls, accept_any, NULL);
    if (seed != NULL) {
        X509 *certificate;
        EVP_PKEY *secret;
        CHECK(certificate_make(seed, &certificate, &secret) == ENTENTE_OK);
        CHECK(SSL_CTX_use_certificate(raw->tls, certificate) == 1);
        CHECK(SSL_CTX_use_PrivateKey(raw->tls, secret) == 1);
        X509_free(certificate);
        EVP_PKEY_free(secret);
    }
    raw->ssl = SSL_new(raw->tls);
    SSL_set_fd(raw->ssl, raw->fd);
}

bool
raw_handshake(struct raw *raw, const uint8_t *seed, int version)
{
    uint64_t until = uv_now(&raw->world->loop) + PATIENCE_MS;

    prepare(raw, seed, version);
    for (;;) {
        ERR_clear_error();
        int done = raw->listening >= 0 ? SSL_accept(raw->ssl) : SSL_connect(raw->ssl);
        if (done == 1)
            return true;
        int why = SSL_get_error(raw->ssl, done);
        if ((why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) ||
            uv_now(&raw->world->loop) >= until)
            return false;
        world_turn(raw->world);
    }
}

/* One attempt: bytes, 0 when the connection is over, -1 when it has to be tried again. */
static ssize_t
move_bytes(struct raw *raw, uint8_t *data, size_t size, bool out)
{
    if (raw->ssl == NULL) {
        ssize_t moved =
            out ? send(raw->fd, data, size, MSG_NOSIGNAL) : recv(raw->fd, data, size, 0);
        return moved >= 0 ? moved : errno == EAGAIN ? -1 : 0;
    }
    ERR_clear_error();
    int moved = out ? SSL_write(raw->ssl, data, (int)size) : SSL_read(raw->ssl, data, (int)size);
    if (moved > 0)
        return moved;
    int why = SSL_get_error(raw->ssl, moved);
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? -1 : 0;
}

bool
raw_write(struct raw *raw, struct bytes data)
{
    uint64_t until = uv_now(&raw->world->loop) + PATIENCE_MS;

    while (data.size > 0 && uv_now(&raw->world->loop) < until) {
        ssize_t moved = move_bytes(raw, (uint8_t *)(uintptr_t)data.data, data.size, true);
        if (moved == 0)
            return false;
        if (moved > 0) {
            data.data += moved;
            data.size -= (size_t)moved;
        }
        world_turn(raw->world);
    }
    return data.size == 0;
}

size_t
raw_read(struct raw *raw, uint8_t *data, size_t room)
{
    uint64_t until = uv_now(&raw->world->loop) + PATIENCE_MS;

    while (uv_now(&raw->world->loop) < until) {
        ssize_t moved = move_bytes(raw, data, room, false);
        if (moved >= 0)
            return (size_t)moved;
        world_turn(raw->world);
    }
    return 0;
}

bool
raw_is_closed(struct raw *raw)
{
    uint64_t start = uv_now(&raw->world->loop);
    uint8_t data[4096];

    while (raw_read(raw, data, sizeof data) > 0)
        continue;
    return uv_now(&raw->world->loop) - start < PATIENCE_MS;
}

bool
raw_upgrade(struct raw *raw)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                                  "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                                  "Sec-WebSocket-Protocol: entente-1\r\n\r\n";
    char answer[1024] = "";

    return raw_write(raw, bytes_of_text(request)) &&
           raw_read(raw, (uint8_t *)answer, sizeof answer - 1) > 0 &&
           strncmp(answer, "HTTP/1.1 101 ", 13) == 0;
}

bool
raw_answer_upgrade(struct raw *raw, struct bytes more)
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    char request[2048], key[128], answer[512];
    uint8_t hash[SHA_DIGEST_LENGTH], encoded[64];
    size_t size = 0;

    for (;;) {
        size_t got = raw_read(raw, (uint8_t *)request + size, sizeof request - 1 - size);
        size += got;
        request[size] = '\0';
        if (got == 0)
            return false;
        if (strstr(request, "\r\n\r\n") != NULL)
            break;
    }
    const char *start = strstr(request, "Sec-WebSocket-Key: ");
    if (start == NULL || sscanf(start + 19, "%60s", key) != 1)
        return false;
    memcpy(key + strlen(key), guid, sizeof guid);
    SHA1((const uint8_t *)key, strlen(key), hash);
    EVP_EncodeBlock(encoded, hash, sizeof hash);
    snprintf(answer, sizeof answer,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: %s\r\nSec-WebSocket-Protocol: entente-1\r\n\r\n",
        (const char *)encoded);
    /* Both before the other side gets a turn, so that it finds them together. */
    size = strlen(answer);
    return SSL_write(raw->ssl, answer, (int)size) == (int)size &&
           (more.size == 0 || SSL_write(raw->ssl, more.data, (int)more.size) == (int)more.size);
}

bool
raw_fragment(struct raw *raw, uint8_t first_byte, struct bytes payload)
{
    uint8_t *data = calloc(1, payload.size + 14);
    struct writer writer = writer_of(data, payload.size + 14);
    uint8_t mask = raw->listening >= 0 ? 0 : 0x80;

    writer_u8(&writer, first_byte);
    if (payload.size < 126) {
        writer_u8(&writer, (uint8_t)(payload.size | mask));
    } else {
        writer_u8(&writer, 127 | mask);
        writer_u64(&writer, payload.size);
    }
    if (mask != 0)
        writer_u32(&writer, 0);
    writer_bytes(&writer, payload);
    bool good = raw_write(raw, writer_written(&writer));
    free(data);
    return good;
}

void
raw_end(struct raw *raw)
{
    SSL_free(raw->ssl);
    SSL_CTX_free(raw->tls);
    if (raw->fd >= 0)
        close(raw->fd);
    if (raw->listening >= 0)
        close(raw->listening);
    ERR_clear_error();
}
