/*
 * Where others come in: the sockets at which the desk is reached.  The supervisor makes them and
 * keeps them, so that nobody is turned away while the desk starts again, and the desk need not make
 * sockets.
 */
#ifndef ENTENTE_DAEMON_DOORS_H
#define ENTENTE_DAEMON_DOORS_H

#include "daemon/children.h"
#include "daemon/supervisor.h"

/*
 * Listens at DIR/desk.sock and DIR/api.sock (for the owner only) and, where the options ask for it,
 * at the page's address; opens its certificate and key.  Says on standard error what is wrong with
 * the page. On an error nothing is open: ENTENTE_ERR_ADDRESS       not "IP:port" (or
 * "localhost:port") of this machine ENTENTE_ERR_PORT_IN_USE ENTENTE_ERR_USAGE         certificate
 * without key, or without both an address that others reach ENTENTE_ERR_NOT_FOUND     certificate
 * or key is not there ENTENTE_ERR_KEY_EXPOSED   others can read the key ENTENTE_ERR_IO
 */
MUST_USE enum entente_error doors_open(
    struct children_given *doors, const struct serve_options *options);

/* Certificate and key as they are now, where they can be opened; else those opened before. */
void doors_renew(struct children_given *doors, const struct serve_options *options);

void doors_close(struct children_given *doors);

#endif
