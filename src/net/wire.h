/*
 * WebSocket framing (RFC 6455, section 5; rule J2), both ways.
 *
 * libwebsockets makes the connection, but does not get to see what comes in afterwards: release
 * 4.1.6 of Debian 12 reads a server's fragments byte by byte, and once a callback has said that
 * the connection is to be closed it goes on filling its buffer beyond the end.
 */
#ifndef ENTENTE_NET_WIRE_H
#define ENTENTE_NET_WIRE_H

#include "net/assembly.h"

enum {
    WIRE_HEADER_BYTES_MAX = 14,
    WIRE_CONTROL_BYTES_MAX = 125,
    WIRE_FRAGMENT_BYTES_MAX = 65535, /* of those that we send */
};

enum wire_opcode {
    WIRE_CONTINUATION = 0,
    WIRE_TEXT = 1,
    WIRE_BINARY = 2,
    WIRE_CLOSE = 8,
    WIRE_PING = 9,
    WIRE_PONG = 10,
};

/*
 * Writes the header of a fragment with `size` bytes, at most WIRE_FRAGMENT_BYTES_MAX, and returns
 * its own size, at most 8.  A client's mask is zero, so the payload follows as it is: masks are
 * there for intermediaries that might mistake the bytes for HTTP (10.3), and inside this TLS
 * there are none.
 */
size_t wire_header(uint8_t header[static WIRE_HEADER_BYTES_MAX], enum wire_opcode opcode,
    bool final, size_t size, bool from_client);

/* What comes in on one connection.  All zero but for the first two at its beginning. */
struct wire {
    bool from_client; /* the other side is one, and must mask what it sends; a server must not */
    bool is_text;     /* messages are text; else they are binary */
    bool in_payload;
    bool open; /* a frame has begun and not ended */
    bool final;
    enum wire_opcode opcode;
    uint8_t mask[4];
    size_t mask_at;
    uint64_t left; /* of the fragment */
    uint8_t header[WIRE_HEADER_BYTES_MAX];
    size_t header_used;
    uint8_t control[WIRE_CONTROL_BYTES_MAX];
    size_t control_used;
    struct assembly assembly;
};

/*
 * Reads on in `data`, up to the end of a whole frame or control message, or to the end of `data`;
 * `*used` says how far.  The bytes may be unmasked in place.
 *
 * `*whole` is WIRE_BINARY (WIRE_TEXT), a frame put together from its fragments; WIRE_CLOSE, WIRE_PING or
 * WIRE_PONG; or WIRE_CONTINUATION when nothing is whole yet.  `*payload` is borrowed from `data` or
 * from `wire`, until the next call.
 *
 * Returns ENTENTE_OK, or an error after which only wire_free() may follow:
 *   ENTENTE_ERR_MALFORMED    the header breaks a rule of RFC 6455
 *   ENTENTE_ERR_UNEXPECTED   a text message, or a binary one where they are text
 *   ENTENTE_ERR_TOO_LARGE    a frame has, or announces, more than `frame_bytes_max`
 *   ENTENTE_ERR_NO_MEMORY
 */
MUST_USE enum entente_error wire_take(struct wire *wire, uint8_t *data, size_t size,
    size_t frame_bytes_max, size_t *used, enum wire_opcode *whole, struct bytes *payload);

/* Gives back the memory. */
void wire_free(struct wire *wire);

#endif
