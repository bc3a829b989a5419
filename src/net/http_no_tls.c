/* For programs that speak no TLS. */
#include "net/http_tls.h"

#include <stdlib.h>

enum entente_error
http_tls_server_new(struct http_tls_server **server, const struct http_identity *identity)
{
    (void)identity;
    *server = NULL;
    return ENTENTE_ERR_USAGE;
}

void
http_tls_server_free(struct http_tls_server *server)
{
    (void)server;
}

struct http_tls *
http_tls_new(struct http_tls_server *server, int fd)
{
    (void)server;
    (void)fd;
    return NULL;
}

void
http_tls_free(struct http_tls *tls)
{
    (void)tls;
}

ssize_t
http_tls_read(struct http_tls *tls, void *data, size_t room, bool *swapped)
{
    (void)tls;
    (void)data;
    (void)room;
    (void)swapped;
    abort();
}

ssize_t
http_tls_write(struct http_tls *tls, const void *data, size_t size, bool *swapped)
{
    (void)tls;
    (void)data;
    (void)size;
    (void)swapped;
    abort();
}

bool
http_tls_is_two(const struct http_tls *tls)
{
    (void)tls;
    return false;
}

void
http_tls_end(struct http_tls *tls)
{
    (void)tls;
}
