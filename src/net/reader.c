/*
 * Reading from a link's TLS, past libwebsockets (see wire.h), whose flow control is shut for good.
 * The descriptor is watched through a duplicate, since libuv watches each one only once.
 */
#include "net/private.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <unistd.h>

/* The other side is gone, or as good as. */
static void
give_up(struct net_link *link, const char *reason)
{
    link_end(link, LWS_CLOSE_STATUS_NOSTATUS, reason);
    link_kill(link);
}

/* One bad fragment ends it; the peer is told which rule it broke. */
static void
complain(struct net_link *link, enum entente_error error)
{
    if (error == ENTENTE_ERR_TOO_LARGE)
        link_end(link, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE,
            "the frame is larger than the protocol allows");
    else if (error == ENTENTE_ERR_UNEXPECTED)
        link_end(link, LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE, "frames are binary, not text");
    else if (error == ENTENTE_ERR_NO_MEMORY)
        link_end(link, LWS_CLOSE_STATUS_UNEXPECTED_CONDITION, "out of memory");
    else
        link_end(link, LWS_CLOSE_STATUS_PROTOCOL_ERR, "the peer broke the rules of WebSocket");
}

/* `payload` is a status of two bytes and a text, or empty. */
static void
take_farewell(struct net_link *link, struct bytes payload)
{
    char text[sizeof "the peer closed the link: " + WIRE_CONTROL_BYTES_MAX];
    char reason[NET_REASON_BYTES_MAX + 1] = "";

    if (payload.size > 2)
        reason_copy(reason, (struct bytes){payload.data + 2, payload.size - 2});
    snprintf(text, sizeof text,
        reason[0] != '\0' ? "the peer closed the link: %s" : "the peer closed the link", reason);
    link_end(link, LWS_CLOSE_STATUS_NORMAL, text);
    link_kill(link);
}

static void
handle(struct net_link *link, enum wire_opcode whole, struct bytes payload)
{
    struct net *net = link->net;

    switch (whole) {
    case WIRE_BINARY:
        if (link->state == LINK_UP)
            net->callbacks.received(net->context, link, payload);
        break;
    case WIRE_CLOSE:
        take_farewell(link, payload);
        break;
    case WIRE_PING:
        if (link->state == LINK_UP)
            link_write_control(link, WIRE_PONG, payload);
        break;
    case WIRE_PONG: /* a heartbeat: that it was heard is all */
    case WIRE_CONTINUATION:
    case WIRE_TEXT:
        break;
    }
}

/* What was read; after an error or a cut the rest is only searched for the peer's farewell. */
static void
feed(struct net_link *link, uint8_t *data, size_t size)
{
    while (size > 0 && link->reading) {
        size_t used;
        enum wire_opcode whole;
        struct bytes payload;
        enum entente_error error =
            wire_take(&link->wire, data, size, NET_FRAME_BYTES_MAX, &used, &whole, &payload);
        if (error != ENTENTE_OK) {
            complain(link, error);
            link->garbled = true;
            return;
        }
        handle(link, whole, payload);
        data += used;
        size -= used;
    }
}

void
reader_read(struct net_link *link)
{
    struct net *net = link->net;
    size_t turn = 0;

    link->read_again = false;
    while (link->reading && !link->paused && turn < NET_TURN_BYTES) {
        SSL *ssl = lws_get_ssl(link->wsi);
        ERR_clear_error();
        int got = SSL_read(ssl, net->read_buffer, sizeof net->read_buffer);
        if (got <= 0) {
            int why = SSL_get_error(ssl, got);
            if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
                give_up(link, "the connection broke off");
            ERR_clear_error();
            return;
        }
        link->heard_at = net_now(net);
        turn += (size_t)got;
        if (!link->garbled)
            feed(link, net->read_buffer, (size_t)got);
    }
    if (link->reading && !link->paused) {
        /* OpenSSL may hold more, of which the socket knows nothing. */
        link->read_again = true;
        net_wake(net, 0);
    }
}

static void
on_readable(uv_poll_t *poll, int status, int events)
{
    struct net_link *link = poll->data;

    (void)events;
    if (status < 0)
        give_up(link, "the connection broke off");
    else
        reader_read(link);
}

bool
reader_start(struct net_link *link)
{
    SSL *ssl = lws_get_ssl(link->wsi);

    lws_rx_flow_control(link->wsi, 0);
    link->wire.from_client = !link->dialled;
    link->reader_fd = fcntl(lws_get_socket_fd(link->wsi), F_DUPFD_CLOEXEC, 0);
    if (link->reader_fd < 0)
        return false;
    if (uv_poll_init(link->net->loop, &link->reader, link->reader_fd) != 0) {
        close(link->reader_fd);
        return false;
    }
    link->reader.data = link;
    link->reader_open = link->reading = true;
    /* Four records in one system call instead of eight calls; only from here on, since
       libwebsockets would not notice what is read ahead. */
    SSL_set_read_ahead(ssl, 1);
    SSL_set_default_read_buffer_len(ssl, NET_WRITE_BYTES);
    uv_poll_start(&link->reader, UV_READABLE, on_readable);
    return true;
}

void
reader_pause(struct net_link *link)
{
    if (link->reading)
        uv_poll_stop(&link->reader);
}

void
reader_resume(struct net_link *link)
{
    if (!link->reading)
        return;
    uv_poll_start(&link->reader, UV_READABLE, on_readable);
    link->read_again = true;
    net_wake(link->net, 0);
}

static void
on_closed(uv_handle_t *handle)
{
    struct net_link *link = handle->data;

    close(link->reader_fd);
    link->reader_open = false;
    net_wake(link->net, 0);
}

void
reader_stop(struct net_link *link)
{
    if (!link->reading)
        return;
    link->reading = false;
    uv_close((uv_handle_t *)&link->reader, on_closed);
}
