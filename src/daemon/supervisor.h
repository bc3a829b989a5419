/* `entente serve`: starts a node's processes, gives them what they need, starts them anew when one dies. */
#ifndef ENTENTE_DAEMON_SUPERVISOR_H
#define ENTENTE_DAEMON_SUPERVISOR_H

#include "base/bytes.h"

/* Where the program entente-supervisor reads the secret. */
#define SUPERVISOR_FD_SECRET 3

struct serve_options {
    const char *folder;   /* the party's */
    struct bytes secret;  /* passphrase or key file of the node's keys */
    const char *listen;   /* "IP:port", or NULL: as the register says */
    const char *programs; /* folder of the binaries, or NULL */
    const char *page;     /* "ADDRESS:port" where HTTP is served, or NULL: nowhere */
    const char *page_certificate; /* file in PEM, or NULL: no TLS, which only a loopback address may have */
    const char *page_key;
};

/*
 * Runs until SIGTERM or SIGINT; SIGHUP reads the folder again (new consultations, cards, keys).  Prints one
 * line when the node runs, and one for each trouble, on standard error.
 *   ENTENTE_ERR_LOCKED       another one runs in this folder
 *   ENTENTE_ERR_PASSPHRASE   the secret does not open the keys
 *   ENTENTE_ERR_NOT_FOUND    no party in the folder, or no programs
 *   ENTENTE_ERR_PORT_IN_USE, ENTENTE_ERR_ADDRESS, ENTENTE_ERR_IO, ENTENTE_ERR_CORRUPT, ...
 */
MUST_USE enum entente_error serve_run(const struct serve_options *options);

#endif
