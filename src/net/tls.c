#include "net/tls.h"

#include <openssl/err.h>

#include <string.h>

/* A certificate of ours has under 400 bytes; nobody is let in for a larger one. */
enum { CERTIFICATE_BYTES_MAX = 4096 };

static const char exporter_label[] = "EXPORTER-entente-v1";

/* Replaces the whole verification of OpenSSL.  1 means good. */
static int
verify(X509_STORE_CTX *store, void *argument)
{
    struct tls_identity *identity = argument;
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    X509 *certificate = X509_STORE_CTX_get0_cert(store);
    uint8_t key[CERTIFICATE_KEY_BYTES];

    bool good = ssl != NULL && certificate != NULL &&
                certificate_key(certificate, key) == ENTENTE_OK &&
                identity->judge(identity->context, ssl, key);
    X509_STORE_CTX_set_error(store, good ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
    return good ? 1 : 0;
}

enum entente_error
tls_configure(SSL_CTX *tls, struct tls_identity *identity)
{
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_cert_verify_callback(tls, verify, identity);
    SSL_CTX_set_max_cert_list(tls, CERTIFICATE_BYTES_MAX);

    /* A resumed session would skip verify(), and tickets would cost each link memory. */
    SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(tls, SSL_OP_NO_TICKET);

    /* Partial writes keep the copies small that libwebsockets makes when the socket is full. */
    SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);

    if (SSL_CTX_set_num_tickets(tls, 0) == 1 &&
        SSL_CTX_set_min_proto_version(tls, TLS1_3_VERSION) == 1 &&
        SSL_CTX_set_max_proto_version(tls, TLS1_3_VERSION) == 1 &&
        SSL_CTX_set1_groups_list(tls, "X25519") == 1 &&
        SSL_CTX_set1_sigalgs_list(tls, "ed25519") == 1 &&
        SSL_CTX_set1_client_sigalgs_list(tls, "ed25519") == 1 &&
        SSL_CTX_use_certificate(tls, identity->certificate) == 1 &&
        SSL_CTX_use_PrivateKey(tls, identity->secret) == 1)
        return ENTENTE_OK;
    ERR_clear_error();
    return ENTENTE_ERR_NO_MEMORY;
}

SSL_CTX *
tls_client_new(struct tls_identity *identity)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());

    if (tls == NULL || tls_configure(tls, identity) == ENTENTE_OK)
        return tls;
    SSL_CTX_free(tls);
    return NULL;
}

enum entente_error
tls_peer_key(SSL *ssl, uint8_t key[static CERTIFICATE_KEY_BYTES])
{
    X509 *certificate = ssl != NULL ? SSL_get0_peer_certificate(ssl) : NULL;

    memset(key, 0, CERTIFICATE_KEY_BYTES);
    return certificate != NULL ? certificate_key(certificate, key) : ENTENTE_ERR_UNEXPECTED;
}

enum entente_error
tls_exporter(SSL *ssl, uint8_t exporter[static TLS_EXPORTER_BYTES])
{
    if (ssl != NULL && SSL_is_init_finished(ssl) &&
        SSL_export_keying_material(ssl, exporter, TLS_EXPORTER_BYTES, exporter_label,
            sizeof exporter_label - 1, NULL, 0, 0) == 1)
        return ENTENTE_OK;
    memset(exporter, 0, TLS_EXPORTER_BYTES);
    return ENTENTE_ERR_UNEXPECTED;
}
