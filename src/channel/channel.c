#include "channel/channel.h"

#include "crypto/secret.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BUFFER_BYTES 131072u /* holds some hundreds of small messages: one system call for them */

/* A queue of bytes in one block: [start, end) is what is in it. */
struct buffer {
    uint8_t *data;
    size_t size;
    size_t start;
    size_t end;
};

struct channel {
    int socket;
    size_t queued_bytes_max;
    struct buffer in;
    struct buffer out;
};

static size_t
used(const struct buffer *buffer)
{
    return buffer->end - buffer->start;
}

/* NULL plus 0 is not defined in C, so an empty buffer gives an empty view. */
static struct bytes
view(const struct buffer *buffer)
{
    if (used(buffer) == 0)
        return (struct bytes){0};
    return (struct bytes){buffer->data + buffer->start, used(buffer)};
}

/* What passes here may be plaintext or a passphrase, so a block is wiped before it is given back.
 */
static void
buffer_free(struct buffer *buffer)
{
    if (buffer->data != NULL)
        secret_wipe(buffer->data, buffer->size);
    free(buffer->data);
    *buffer = (struct buffer){0};
}

/* Give back what one large message, or one burst, needed. */
static void
buffer_shrink(struct buffer *buffer)
{
    if (used(buffer) > 0)
        return;
    buffer->start = buffer->end = 0;
    if (buffer->size > BUFFER_BYTES)
        buffer_free(buffer);
}

/* Make room for `more` bytes at the end: move to the front first, grow by doubling only then. */
static enum entente_error
buffer_reserve(struct buffer *buffer, size_t more)
{
    if (more <= buffer->size - buffer->end)
        return ENTENTE_OK;
    size_t held = used(buffer);
    if (held + more <= buffer->size && held <= buffer->start) {
        memcpy(buffer->data, buffer->data + buffer->start, held);
        buffer->start = 0;
        buffer->end = held;
        return ENTENTE_OK;
    }
    size_t size = buffer->size == 0 ? BUFFER_BYTES : buffer->size;
    while (size < held + more)
        size *= 2;
    uint8_t *data = malloc(size);
    if (data == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    if (held > 0)
        memcpy(data, buffer->data + buffer->start, held);
    buffer_free(buffer);
    *buffer = (struct buffer){.data = data, .size = size, .end = held};
    return ENTENTE_OK;
}

enum entente_error
channel_new(struct channel **channel, int socket, size_t queued_bytes_max)
{
    assert(queued_bytes_max >= CHANNEL_HEAD_BYTES + CHANNEL_BODY_BYTES_MAX);
    *channel = calloc(1, sizeof **channel);
    if (*channel == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    (*channel)->socket = socket;
    (*channel)->queued_bytes_max = queued_bytes_max;
    return ENTENTE_OK;
}

void
channel_free(struct channel *channel)
{
    if (channel == NULL)
        return;
    buffer_free(&channel->in);
    buffer_free(&channel->out);
    free(channel);
}

int
channel_socket(const struct channel *channel)
{
    return channel->socket;
}

/* The body size of the message at the front, or 0 as long as that is not here. */
static size_t
front_body_bytes(const struct channel *channel)
{
    struct reader reader = reader_of(view(&channel->in));

    return reader.rest.size < CHANNEL_HEAD_BYTES ? 0 : reader_u32(&reader);
}

/*
 * Room for the rest of the front message, and for some more behind it.  Where the front message is
 * whole and the buffer is full there is none: who does not take messages gets no more bytes.
 */
static enum entente_error
reserve_in(struct channel *channel)
{
    size_t body_bytes = front_body_bytes(channel);
    size_t wanted = CHANNEL_HEAD_BYTES + body_bytes, held = used(&channel->in);

    buffer_shrink(&channel->in);
    if (body_bytes > CHANNEL_BODY_BYTES_MAX || (held > 0 && wanted <= held))
        return ENTENTE_OK;
    size_t missing = wanted - held;
    return buffer_reserve(&channel->in, missing < 4096 ? 4096 : missing);
}

enum entente_error
channel_fill(struct channel *channel)
{
    enum entente_error error = reserve_in(channel);

    if (error != ENTENTE_OK)
        return error;
    struct buffer *in = &channel->in;
    if (in->end == in->size)
        return ENTENTE_OK;
    ssize_t got = recv(channel->socket, in->data + in->end, in->size - in->end, MSG_DONTWAIT);
    if (got > 0) {
        in->end += (size_t)got;
        return ENTENTE_OK;
    }
    if (got == 0 || errno == ECONNRESET)
        return ENTENTE_ERR_GONE;
    return errno == EAGAIN || errno == EINTR ? ENTENTE_OK : ENTENTE_ERR_IO;
}

enum entente_error
channel_feed(struct channel *channel, struct bytes data)
{
    buffer_shrink(&channel->in);
    enum entente_error error = buffer_reserve(&channel->in, data.size);
    if (error != ENTENTE_OK)
        return error;
    if (data.size > 0)
        memcpy(channel->in.data + channel->in.end, data.data, data.size);
    channel->in.end += data.size;
    return ENTENTE_OK;
}

enum entente_error
channel_next(struct channel *channel, uint16_t *type, struct bytes *body)
{
    struct reader reader = reader_of(view(&channel->in));

    *type = 0;
    *body = (struct bytes){0};
    uint32_t body_bytes = reader_u32(&reader);
    uint16_t found = reader_u16(&reader);
    if (reader.failed)
        return ENTENTE_ERR_PENDING;
    if (body_bytes > CHANNEL_BODY_BYTES_MAX)
        return ENTENTE_ERR_REFUSED;
    struct bytes view = reader_bytes(&reader, body_bytes);
    if (reader.failed)
        return ENTENTE_ERR_PENDING;
    *type = found;
    *body = view;
    channel->in.start += CHANNEL_HEAD_BYTES + body_bytes;
    return ENTENTE_OK;
}

bool
channel_has_room(const struct channel *channel, size_t body_bytes)
{
    return CHANNEL_HEAD_BYTES + body_bytes <= channel->queued_bytes_max - used(&channel->out);
}

enum entente_error
channel_begin(struct channel *channel, uint16_t type, size_t body_bytes, struct writer *writer)
{
    *writer = (struct writer){.failed = true};
    if (body_bytes > CHANNEL_BODY_BYTES_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    if (!channel_has_room(channel, body_bytes))
        return ENTENTE_ERR_NO_MEMORY;
    struct buffer *out = &channel->out;
    size_t size = CHANNEL_HEAD_BYTES + body_bytes;
    enum entente_error error = buffer_reserve(out, size);
    if (error != ENTENTE_OK)
        return error;

    struct writer head = writer_of(out->data + out->end, CHANNEL_HEAD_BYTES);
    writer_u32(&head, (uint32_t)body_bytes);
    writer_u16(&head, type);
    *writer = writer_of(out->data + out->end + CHANNEL_HEAD_BYTES, body_bytes);
    out->end += size;
    return ENTENTE_OK;
}

enum entente_error
channel_queue(struct channel *channel, uint16_t type, const struct bytes *parts, size_t count)
{
    struct writer writer;
    size_t body_bytes = 0;

    for (size_t i = 0; i < count; i++) {
        if (parts[i].size > CHANNEL_BODY_BYTES_MAX) /* also keeps the sum from overflowing */
            return ENTENTE_ERR_TOO_LARGE;
        body_bytes += parts[i].size;
    }
    enum entente_error error = channel_begin(channel, type, body_bytes, &writer);
    for (size_t i = 0; error == ENTENTE_OK && i < count; i++)
        writer_bytes(&writer, parts[i]);
    return error;
}

bool
channel_wants_write(const struct channel *channel)
{
    return used(&channel->out) > 0;
}

struct bytes
channel_queued(const struct channel *channel)
{
    return view(&channel->out);
}

enum entente_error
channel_move(struct channel *to, struct channel *from)
{
    struct bytes queued = view(&from->out);

    if (queued.size == 0)
        return ENTENTE_OK;
    if (used(&to->out) == 0 && queued.size <= to->queued_bytes_max) {
        struct buffer empty = to->out;
        to->out = from->out;
        from->out = empty;
        return ENTENTE_OK;
    }
    if (queued.size > to->queued_bytes_max - used(&to->out))
        return ENTENTE_ERR_NO_MEMORY;
    enum entente_error error = buffer_reserve(&to->out, queued.size);
    if (error != ENTENTE_OK)
        return error;
    memcpy(to->out.data + to->out.end, queued.data, queued.size);
    to->out.end += queued.size;
    channel_sent(from, queued.size);
    return ENTENTE_OK;
}

void
channel_sent(struct channel *channel, size_t size)
{
    assert(size <= used(&channel->out));
    channel->out.start += size;
    buffer_shrink(&channel->out);
}

enum entente_error
channel_flush(struct channel *channel)
{
    while (channel_wants_write(channel)) {
        struct bytes queued = channel_queued(channel);
        ssize_t sent = send(channel->socket, queued.data, queued.size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno == EAGAIN)
            return ENTENTE_OK;
        if (sent < 0)
            return errno == EPIPE || errno == ECONNRESET ? ENTENTE_ERR_GONE : ENTENTE_ERR_IO;
        channel_sent(channel, (size_t)sent);
    }
    return ENTENTE_OK;
}
