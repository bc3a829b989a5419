/*
 * HTTP of the desk: for the command line and scripts at DIR/api.sock, for browsers at the page's
 * address.
 *
 * The supervisor made the sockets and keeps them, so that clients wait while the desk starts again.
 * Until the first client comes there is no server, and no memory of one; but with TLS, where a
 * certificate that cannot be used has to be told at the start.
 */
#ifndef ENTENTE_DESK_WEB_H
#define ENTENTE_DESK_WEB_H

#include "net/http.h"

#include <poll.h>

#define WEB_POLLS_MAX 2u
#define WEB_PEM_BYTES_MAX 65536u /* of the certificates, and of the key */

struct web {
    struct http_calls calls;
    struct net_loop *loop; /* NULL: nobody came yet */
    struct http_server *server;
    bool has_api;  /* at DESK_FD_API */
    bool has_page; /* at DESK_FD_PAGE */
    bool has_tls;  /* certificate and key at DESK_FD_CERTIFICATE and DESK_FD_KEY */
};

/*
 * Before the process is confined.  `given` says which sockets there are: NULL or "", "api", "api
 * http", "api https".  All is answered by `calls`. ENTENTE_ERR_MALFORMED   certificate or key
 * cannot be used ENTENTE_ERR_USAGE       `given` is none of these ENTENTE_ERR_NO_MEMORY,
 * ENTENTE_ERR_IO
 */
MUST_USE enum entente_error web_begin(
    struct web *web, const char *given, const struct http_calls *calls);

/* What to wait for, and for how long at most (-1: for ever). */
uint32_t web_polls(const struct web *web, struct pollfd polls[static WEB_POLLS_MAX]);
int web_wait_ms(struct web *web);

/* After it: does what is due.  An error means that there is no memory for a server. */
MUST_USE enum entente_error web_turn(struct web *web, const struct pollfd *polls, uint32_t count);

/* Says goodbye to all, which takes WEB_END_MS at most. */
#define WEB_END_MS 100u
void web_end(struct web *web);

#endif
