/* TLS of the HTTP server, with OpenSSL. */
#include "net/http_tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct http_tls_server {
    SSL_CTX *context;
};

struct http_tls {
    SSL *ssl;
};

/* No passphrase is asked for: there is nobody to ask. */
static int
no_passphrase(char *buffer, int size, int writing, void *state)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)state;
    return -1;
}

/* The first certificate is ours, those behind it lead to the authority. */
static bool
take_certificates(SSL_CTX *context, struct bytes pem)
{
    BIO *input = BIO_new_mem_buf(pem.data, (int)pem.size);
    X509 *certificate = input == NULL ? NULL : PEM_read_bio_X509(input, NULL, no_passphrase, NULL);
    bool good = certificate != NULL && SSL_CTX_use_certificate(context, certificate) == 1;

    X509_free(certificate);
    while (good && (certificate = PEM_read_bio_X509(input, NULL, no_passphrase, NULL)) != NULL) {
        good = SSL_CTX_add1_chain_cert(context, certificate) == 1;
        X509_free(certificate);
    }
    BIO_free(input);
    ERR_clear_error(); /* the end of the file is told as an error, too */
    return good;
}

static bool
take_key(SSL_CTX *context, struct bytes pem)
{
    BIO *input = BIO_new_mem_buf(pem.data, (int)pem.size);
    EVP_PKEY *key =
        input == NULL ? NULL : PEM_read_bio_PrivateKey(input, NULL, no_passphrase, NULL);
    bool good = key != NULL && SSL_CTX_use_PrivateKey(context, key) == 1 &&
                SSL_CTX_check_private_key(context) == 1;

    EVP_PKEY_free(key);
    BIO_free(input);
    ERR_clear_error();
    return good;
}

/* RFC 7301: ours first. */
static int
choose_protocol(SSL *ssl, const unsigned char **chosen, unsigned char *size,
    const unsigned char *offered, unsigned int offered_size, void *state)
{
    static const unsigned char ours[] = "\x02h2\x08http/1.1";
    unsigned char *found;

    (void)ssl;
    (void)state;
    if (SSL_select_next_proto(&found, size, ours, sizeof ours - 1, offered, offered_size) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

static bool
configure(SSL_CTX *context)
{
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    /* RFC 9113 9.2.2: of TLS 1.2 only what HTTP/2 allows, which is what RFC 9325 recommends. */
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 &&
           SSL_CTX_set_num_tickets(context, 0) == 1;
}

enum entente_error
http_tls_server_new(struct http_tls_server **server, const struct http_identity *identity)
{
    struct http_tls_server *made = calloc(1, sizeof *made);
    enum entente_error error = ENTENTE_ERR_NO_MEMORY;

    *server = NULL;
    /* No file is read: the process that it runs in may have none. */
    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    if (made != NULL)
        made->context = SSL_CTX_new(TLS_server_method());
    if (made == NULL || made->context == NULL || !configure(made->context))
        goto out;
    error = ENTENTE_ERR_MALFORMED;
    if (!take_certificates(made->context, identity->certificate) ||
        !take_key(made->context, identity->key))
        goto out;
    *server = made;
    return ENTENTE_OK;

out:
    http_tls_server_free(made);
    return error;
}

void
http_tls_server_free(struct http_tls_server *server)
{
    if (server == NULL)
        return;
    SSL_CTX_free(server->context);
    free(server);
}

struct http_tls *
http_tls_new(struct http_tls_server *server, int fd)
{
    struct http_tls *made = calloc(1, sizeof *made);

    if (made == NULL)
        return NULL;
    made->ssl = SSL_new(server->context);
    if (made->ssl == NULL || SSL_set_fd(made->ssl, fd) != 1) {
        ERR_clear_error();
        http_tls_free(made);
        return NULL;
    }
    SSL_set_accept_state(made->ssl);
    return made;
}

void
http_tls_free(struct http_tls *tls)
{
    if (tls == NULL)
        return;
    SSL_free(tls->ssl);
    free(tls);
}

/* What a call that did not succeed means. */
static ssize_t
outcome(struct http_tls *tls, int result, bool is_read, bool *swapped)
{
    int error = SSL_get_error(tls->ssl, result);

    ERR_clear_error();
    if (error == SSL_ERROR_ZERO_RETURN)
        return 0;
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
        errno = EPIPE;
        return -1;
    }
    *swapped |= is_read != (error == SSL_ERROR_WANT_READ);
    errno = EAGAIN;
    return -1;
}

ssize_t
http_tls_read(struct http_tls *tls, void *data, size_t room, bool *swapped)
{
    ERR_clear_error();
    int got = SSL_read(tls->ssl, data, (int)room);
    return got > 0 ? got : outcome(tls, got, true, swapped);
}

ssize_t
http_tls_write(struct http_tls *tls, const void *data, size_t size, bool *swapped)
{
    ERR_clear_error();
    int done = SSL_write(tls->ssl, data, size < INT32_MAX ? (int)size : INT32_MAX);
    return done > 0 ? done : outcome(tls, done, false, swapped);
}

bool
http_tls_is_two(const struct http_tls *tls)
{
    const unsigned char *chosen = NULL;
    unsigned int size = 0;

    SSL_get0_alpn_selected(tls->ssl, &chosen, &size);
    return size == 2 && memcmp(chosen, "h2", 2) == 0;
}

void
http_tls_end(struct http_tls *tls)
{
    if (SSL_is_init_finished(tls->ssl))
        SSL_shutdown(tls->ssl);
    ERR_clear_error();
}
