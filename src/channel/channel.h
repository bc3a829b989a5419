/*
 * Framed messages between our own processes: `size u32 || type u16 || body`, `size` being that of
 * the body, over a stream socket that both ends inherited.
 *
 * A channel is two bounded buffers.  channel_fill() and channel_flush() move bytes between them and
 * the socket, many messages for each system call; nothing here waits, so the caller polls.
 * a socket (-1) the caller moves the bytes itself: channel_feed(), channel_queued().
 *
 * The other end is a process of this installation.  What it sends wrongly means that it is broken
 * or taken over: every breach is ENTENTE_ERR_REFUSED, and the caller stops.
 */
#ifndef ENTENTE_CHANNEL_CHANNEL_H
#define ENTENTE_CHANNEL_CHANNEL_H

#include "base/bytes.h"

#define CHANNEL_BODY_BYTES_MAX 1507328u
#define CHANNEL_HEAD_BYTES 6u

struct channel;

/*
 * `socket` is a non-blocking stream socket, borrowed for the channel's life, or -1.
 * `queued_bytes_max`, at least one whole message, bounds what waits to be sent.
 *   ENTENTE_ERR_NO_MEMORY   `*channel` is NULL
 */
MUST_USE enum entente_error channel_new(
    struct channel **channel, int socket, size_t queued_bytes_max);
void channel_free(struct channel *channel);

int channel_socket(const struct channel *channel);

/*
 * Read what has arrived, as far as the buffer has room: 128 KiB, more only while one message needs
 * it.  Views that channel_next() gave become invalid.
 *   ENTENTE_OK             also when nothing had arrived, or the buffer is full of whole messages
 *   ENTENTE_ERR_GONE       the other end is closed; messages that came before can still be taken
 *   ENTENTE_ERR_IO, ENTENTE_ERR_NO_MEMORY
 */
MUST_USE enum entente_error channel_fill(struct channel *channel);

/* As if `data` had arrived.  Invalidates as channel_fill().  NO_MEMORY changes nothing. */
MUST_USE enum entente_error channel_feed(struct channel *channel, struct bytes data);

/*
 * Take the next whole message; `*body` is borrowed until the next fill or feed.
 *   ENTENTE_ERR_PENDING   none has arrived in whole
 *   ENTENTE_ERR_REFUSED   a size over CHANNEL_BODY_BYTES_MAX; the channel is of no more use
 */
MUST_USE enum entente_error channel_next(
    struct channel *channel, uint16_t *type, struct bytes *body);

/*
 * Queue a message whose body of `body_bytes` bytes the caller then writes to `*writer`, in full and
 * before anything else is queued.  Nothing is sent before channel_flush().
 *   ENTENTE_ERR_TOO_LARGE   over CHANNEL_BODY_BYTES_MAX
 *   ENTENTE_ERR_NO_MEMORY   the queue would grow over its limit
 * On error nothing was queued.
 */
MUST_USE enum entente_error channel_begin(
    struct channel *channel, uint16_t type, size_t body_bytes, struct writer *writer);

/* The same for a body that lies ready in `count` parts. */
MUST_USE enum entente_error channel_queue(
    struct channel *channel, uint16_t type, const struct bytes *parts, size_t count);

/* Room for at least `body_bytes` more: who has none should stop taking requests, not fail them. */
bool channel_has_room(const struct channel *channel, size_t body_bytes);

/* Whether bytes wait for the socket to become writable. */
bool channel_wants_write(const struct channel *channel);

/*
 * Send as much as the socket takes, in one call when it takes all.
 *   ENTENTE_ERR_GONE, ENTENTE_ERR_IO
 */
MUST_USE enum entente_error channel_flush(struct channel *channel);

/*
 * Queue on `to` all that is queued on `from`, which is empty afterwards.
 *   ENTENTE_ERR_NO_MEMORY   the queue would grow over its limit, or there is none; nothing changed
 */
MUST_USE enum entente_error channel_move(struct channel *to, struct channel *from);

/* What is queued, borrowed until the channel is used again; and: `size` bytes of it are sent. */
struct bytes channel_queued(const struct channel *channel);
void channel_sent(struct channel *channel, size_t size);

#endif
