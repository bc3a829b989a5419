/*
 * TLS as nodes speak it (rule J1): version 1.3 only, both sides show a certificate, and the only
 * question asked about a certificate is whether its Ed25519 key is the expected one.  No
 * authorities, no names, no dates, no resumption.
 */
#ifndef ENTENTE_NET_TLS_H
#define ENTENTE_NET_TLS_H

#include "net/certificate.h"

#include <openssl/ssl.h>

#include <stdbool.h>

enum { TLS_EXPORTER_BYTES = 32 };

/*
 * Answers whether the other side of `ssl`, which has proved or is about to prove that it holds the
 * secret of `key`, may go on.
 */
typedef bool (*tls_judge)(void *context, SSL *ssl, const uint8_t key[static CERTIFICATE_KEY_BYTES]);

/* What both directions share; `certificate` and `secret` stay the caller's, who keeps them and this
   struct until the SSL_CTX is freed. */
struct tls_identity {
    X509 *certificate;
    EVP_PKEY *secret;
    tls_judge judge;
    void *context; /* for `judge` */
};

/*
 * Sets up a fresh SSL_CTX, of a server or of a client, as said above.
 * Returns ENTENTE_OK or ENTENTE_ERR_NO_MEMORY.
 */
MUST_USE enum entente_error tls_configure(SSL_CTX *tls, struct tls_identity *identity);

/* A client's SSL_CTX, configured; NULL when there is no memory.  SSL_CTX_free() it. */
SSL_CTX *tls_client_new(struct tls_identity *identity);

/* The key of the other side once the handshake is over; ENTENTE_ERR_UNEXPECTED before. */
MUST_USE enum entente_error tls_peer_key(SSL *ssl, uint8_t key[static CERTIFICATE_KEY_BYTES]);

/*
 * 32 bytes that both ends of this connection, and nobody else, can compute (RFC 8446, 7.5; label
 * "EXPORTER-entente-v1", no context).  ENTENTE_ERR_UNEXPECTED before the handshake is over.
 */
MUST_USE enum entente_error tls_exporter(SSL *ssl, uint8_t exporter[static TLS_EXPORTER_BYTES]);

#endif
