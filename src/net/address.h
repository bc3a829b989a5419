/* Where a node can be reached: host and port, as people write them. */
#ifndef ENTENTE_NET_ADDRESS_H
#define ENTENTE_NET_ADDRESS_H

#include "base/error.h"

#include <netinet/in.h>

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
    ADDRESS_BYTES_MAX = 255, /* as in the registers */
    ADDRESS_NUMERIC_BYTES = INET6_ADDRSTRLEN
};

struct address {
    char host[ADDRESS_BYTES_MAX + 1]; /* a name or an IP address, without the brackets of IPv6 */
    uint16_t port;
};

/*
 * Reads "host:port" or "[IPv6]:port".  Host names are letters, digits, hyphens, underscores and
 * dots; port 0 is allowed, and means for a listener "whichever is free".
 *
 * Returns ENTENTE_OK, or ENTENTE_ERR_ADDRESS with `*address` zeroed.
 */
MUST_USE enum entente_error address_parse(const char *text, struct address *address);

/* True when the host is an IP address: it can then be dialled without asking a name server. */
bool address_is_numeric(const struct address *address, struct sockaddr_storage *socket_address);

/* The IP address in digits, without the port; false when the family is neither IPv4 nor IPv6. */
bool address_print(const struct sockaddr *socket_address, char text[static ADDRESS_NUMERIC_BYTES]);

#endif
