/*
 * TLS of the HTTP server.  Two programs in one: http_tls.c with OpenSSL, and http_no_tls.c that has
 * none, so that a desk without a page on the network does not have its two megabytes either.
 */
#ifndef ENTENTE_NET_HTTP_TLS_H
#define ENTENTE_NET_HTTP_TLS_H

#include "net/http.h"

#include <sys/types.h>

struct http_tls_server;
struct http_tls;

/* As http_server_listen_fd() says. */
MUST_USE enum entente_error http_tls_server_new(
    struct http_tls_server **server, const struct http_identity *identity);
void http_tls_server_free(struct http_tls_server *server);

/* NULL: no memory. */
struct http_tls *http_tls_new(struct http_tls_server *server, int fd);
void http_tls_free(struct http_tls *tls);

/* As read() and write(), with the handshake inside: -1 with errno EAGAIN where it has to wait, and
   `*swapped` when reading has to wait for room or writing for something to read; else 0 for its
   end, -1 for a broken connection. */
ssize_t http_tls_read(struct http_tls *tls, void *data, size_t room, bool *swapped);
ssize_t http_tls_write(struct http_tls *tls, const void *data, size_t size, bool *swapped);

/* Whether the handshake ended in HTTP/2. */
bool http_tls_is_two(const struct http_tls *tls);

/* Tells the other side that nothing more comes. */
void http_tls_end(struct http_tls *tls);

#endif
