/* A socket on which others arrive. */
#ifndef ENTENTE_NET_LISTENER_H
#define ENTENTE_NET_LISTENER_H

#include "net/address.h"

/*
 * Listens on `address`, which must be numeric.  On ENTENTE_OK the caller closes `*socket`, which
 * is non-blocking, and `*port` is the real one where 0 was asked for.  Otherwise `*socket` is -1:
 *   ENTENTE_ERR_ADDRESS       not numeric, not of this machine, or the port needs more rights
 *   ENTENTE_ERR_PORT_IN_USE
 *   ENTENTE_ERR_IO            the system has no socket left
 */
MUST_USE enum entente_error listener_open(
    const struct address *address, int *listening, uint16_t *port);

/*
 * The next connection that waits, non-blocking (and without delay for small packets where listener_open() made `listening`); -1 with
 * `*exhausted` false when none waits, and true when the system is out of descriptors or memory:
 * asking again is then useless for a while.
 */
int listener_accept(int listening, bool *exhausted);

#endif
