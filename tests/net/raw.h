/*
 * The other side as an attacker has it: a bare TCP connection, OpenSSL on it with any settings,
 * and bytes of choice inside.  All calls let the world turn while they wait.
 */
#ifndef ENTENTE_TESTS_NET_RAW_H
#define ENTENTE_TESTS_NET_RAW_H

#include "net/world.h"

#include <openssl/ssl.h>

struct raw {
    struct world *world;
    int listening; /* -1 unless it is a server */
    int fd;
    SSL_CTX *tls;
    SSL *ssl;
};

/* Connects to node `to`, without a word. */
void raw_connect(struct raw *raw, struct world *world, uint32_t to);

/* Listens; the address is for world_peer_at(). */
void raw_listen(struct raw *raw, struct world *world, char address[static 32]);

/* Waits until somebody connects. */
bool raw_accept(struct raw *raw);

/* A TLS handshake with the key of node `identity` (NULL seed: no certificate), up to `version`. */
bool raw_handshake(struct raw *raw, const uint8_t *seed, int version);

/* Over TLS if there was a handshake, else plain.  False when the other side has closed. */
bool raw_write(struct raw *raw, struct bytes data);

/* Reads once; 0 when closed by the other side, or nothing came within 5 s. */
size_t raw_read(struct raw *raw, uint8_t *data, size_t room);

/* True when the other side closes within 5 s, whatever it sends before. */
bool raw_is_closed(struct raw *raw);

/* Asks for a WebSocket as node `identity` would, and reads the answer: true for 101. */
bool raw_upgrade(struct raw *raw);

/* As a server: reads the request and answers it with 101 and the hash that it asks for, and `more`
   right behind it, in a TLS record of its own. */
bool raw_answer_upgrade(struct raw *raw, struct bytes more);

/* Writes one WebSocket fragment: `first_byte` is FIN and opcode, masked with zeros as a client. */
bool raw_fragment(struct raw *raw, uint8_t first_byte, struct bytes payload);

void raw_end(struct raw *raw);

#endif
