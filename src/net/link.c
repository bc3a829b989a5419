/* The life of a link from the WebSocket handshake on. */
#include "net/private.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/socket.h>

struct net_link *
link_new(struct net *net, enum link_state state, bool dialled)
{
    struct net_link *link = calloc(1, sizeof *link);

    if (link == NULL)
        return NULL;
    link->net = net;
    link->id = ++net->link_ids;
    link->state = state;
    link->dialled = dialled;
    link->deadline = net_now(net) + net->handshake_ms;
    link->next = net->links;
    net->links = link;
    net_wake(net, link->deadline);
    return link;
}

struct net_link *
link_find(const struct net *net, uint64_t id)
{
    for (struct net_link *link = net->links; link != NULL; link = link->next)
        if (link->id == id)
            return link;
    return NULL;
}

void
link_kill(struct net_link *link)
{
    struct net *net = link->net;

    reader_stop(link);
    if (link->wsi == NULL)
        return;
    link->deadline = net_now(net) + NET_FAREWELL_MS;
    net_wake(net, link->deadline);
    /* What libwebsockets still wants to write then fails, so that it cannot wait for it. */
    shutdown(lws_get_socket_fd(link->wsi), SHUT_RDWR);
    if (link->inside || link->entering)
        link->hang_up = true;
    else
        lws_set_timeout(link->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
}

/* J5: tells the peer, and waits a while for it to close. */
static void
say_farewell(struct net_link *link, enum lws_close_status code)
{
    uint8_t payload[2 + NET_REASON_BYTES_MAX];
    struct writer writer = writer_of(payload, sizeof payload);

    writer_u16(&writer, (uint16_t)code);
    writer_bytes(&writer, bytes_of_text(link->reason));
    link_write_control(link, WIRE_CLOSE, writer_written(&writer));
    link->deadline = net_now(link->net) + NET_FAREWELL_MS;
    net_wake(link->net, link->deadline);
    if (link->paused) {
        link->paused = false; /* its answer has to be seen */
        reader_resume(link);
    }
}

void
link_end(struct net_link *link, enum lws_close_status code, const char *reason)
{
    enum link_state was = link->state;
    struct peer *peer = link->peer;

    if (was == LINK_CLOSING)
        return;
    link->state = LINK_CLOSING;
    reason_copy(link->reason, bytes_of_text(reason));
    queue_free(&link->queue);
    net_wake(link->net, 0);
    if (was == LINK_UP && peer != NULL && peer->link == link) {
        peer->link = NULL;
        reason_copy(peer->trouble, bytes_of_text(reason));
        peer_retry(peer, net_now(link->net) - link->up_at >= NET_STABLE_MS);
    }
    if (code != LWS_CLOSE_STATUS_NOSTATUS && link->ready && !link->broken)
        say_farewell(link, code);
    else
        link_kill(link);
}

void
link_lost(struct net_link *link)
{
    if (link->state == LINK_DIALLING)
        dial_failed(link, "the connection broke off");
    else if (link->state != LINK_CLOSING)
        link_end(link, LWS_CLOSE_STATUS_NOSTATUS,
            link->reason[0] != '\0' ? link->reason : "the connection broke off");
}

static void
report(struct net_link *link)
{
    struct net *net = link->net;

    link->announced = false;
    if (!net->closing)
        net->callbacks.link_down(net->context, link, link->reason);
}

void
links_report(struct net *net, const struct peer *peer)
{
    for (struct net_link *link = net->links; link != NULL; link = link->next)
        if (link->state == LINK_CLOSING && link->announced && !link->inside &&
            (peer == NULL || link->peer == peer))
            report(link);
}

void
link_established(struct net_link *link)
{
    struct net *net = link->net;
    struct peer *peer = link->peer;
    uint8_t exporter[NET_EXPORTER_BYTES];

    link->websocket = true;
    if (link->state == LINK_CLOSING || peer == NULL ||
        tls_exporter(lws_get_ssl(link->wsi), exporter) != ENTENTE_OK || !reader_start(link)) {
        link_end(link, LWS_CLOSE_STATUS_NOSTATUS, "the handshake is incomplete");
        link->hang_up = true;
        return;
    }
    if (peer->link != NULL)
        link_end(peer->link, LWS_CLOSE_STATUS_GOINGAWAY, "a newer connection replaces it");
    links_report(net, peer);
    if (link->dialled)
        peer->dial = NULL;
    else
        peer_stop_dialling(peer);

    link->state = LINK_UP;
    link->up_at = link->heard_at = link->wrote_at = net_now(net);
    peer->link = link;
    peer->trouble[0] = '\0';
    if (!link->dialled)
        backoff_reset(&peer->backoff);
    link->announced = true;
    net_wake(net, link->up_at + net->heartbeat_ms);
    lws_callback_on_writable(link->wsi);
    net->callbacks.link_up(net->context, link, peer->index, exporter);
    link->ready = true;
}

/*
 * Appends a fragment with as much of `rest`, a frame's end, as has room behind the `used` bytes in
 * the scratch; `*taken` says how much that is.  Returns how many bytes are in the scratch then.
 */
static size_t
put_fragment(struct net_link *link, size_t used, struct bytes rest, bool begun, size_t *taken)
{
    size_t room = NET_WRITE_BYTES - used - WIRE_HEADER_BYTES_MAX;
    size_t size = rest.size < room ? rest.size : room;
    uint8_t *place = link->net->scratch + LWS_PRE + used;
    size_t header = wire_header(
        place, begun ? WIRE_CONTINUATION : WIRE_BINARY, size == rest.size, size, link->dialled);

    if (size > 0)
        memcpy(place + header, rest.data, size);
    *taken = size;
    return used + header + size;
}

/* Writes the scratch, of which libwebsockets keeps what the socket does not take.  False when the
   link is broken. */
static bool
write_scratch(struct net_link *link, size_t used)
{
    struct net *net = link->net;

    if (lws_write(link->wsi, net->scratch + LWS_PRE, used, LWS_WRITE_RAW) < (int)used) {
        link->broken = true;
        net_wake(net, 0);
        return false;
    }
    link->wrote_at = net_now(net);
    return true;
}

void
link_write_control(struct net_link *link, enum wire_opcode opcode, struct bytes payload)
{
    uint8_t *place = link->net->scratch + LWS_PRE;

    if (!link->ready || link->broken)
        return;
    size_t header = wire_header(place, opcode, true, payload.size, link->dialled);
    memcpy(place + header, payload.data, payload.size);
    write_scratch(link, header + payload.size);
}

static bool
can_write(const struct net_link *link)
{
    return link->ready && !link->broken && lws_partial_buffered(link->wsi) == 0;
}

static void
offer_room(struct net_link *link)
{
    struct net *net = link->net;

    if (!link->owes_writable || link->queue.bytes > net->queue_bytes_max / 2)
        return;
    link->owes_writable = false;
    net->callbacks.writable(net->context, link);
}

/* One write with as many queued frames as fit; how many bytes, 0 when the link is broken. */
static size_t
write_queued(struct net_link *link)
{
    size_t used = 0;

    while (!queue_is_empty(&link->queue) && used + WIRE_HEADER_BYTES_MAX < NET_WRITE_BYTES) {
        bool begun;
        size_t taken;
        struct bytes rest = queue_front(&link->queue, &begun);
        used = put_fragment(link, used, rest, begun, &taken);
        queue_wrote(&link->queue, taken);
    }
    return write_scratch(link, used) ? used : 0;
}

void
link_write(struct net_link *link)
{
    size_t turn = 0;

    if (link->state != LINK_UP)
        return;
    while (!queue_is_empty(&link->queue) && can_write(link) && turn < NET_TURN_BYTES) {
        size_t written = write_queued(link);
        if (written == 0)
            return;
        turn += written;
    }
    if (!queue_is_empty(&link->queue))
        lws_callback_on_writable(link->wsi);
    offer_room(link);
}

/* Writes what the socket takes of a frame that nothing waits before; false when the link broke. */
static bool
write_directly(struct net_link *link, struct bytes frame, size_t *done)
{
    do {
        size_t taken;
        size_t used = put_fragment(
            link, 0, (struct bytes){frame.data + *done, frame.size - *done}, *done > 0, &taken);
        if (!write_scratch(link, used))
            return false;
        *done += taken;
    } while (*done < frame.size && can_write(link));
    return true;
}

enum entente_error
net_send(struct net_link *link, struct bytes frame)
{
    struct net *net = link->net;
    size_t done = 0;

    if (frame.size > NET_FRAME_BYTES_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    if (link->state != LINK_UP || link->broken)
        return ENTENTE_ERR_GONE;
    if (frame.size + QUEUE_FRAME_COST > net->queue_bytes_max - link->queue.bytes) {
        link->owes_writable = true;
        return ENTENTE_ERR_FLOOD;
    }
    if (queue_is_empty(&link->queue) && can_write(link)) {
        if (!write_directly(link, frame, &done))
            return ENTENTE_ERR_GONE;
        if (done == frame.size)
            return ENTENTE_OK;
    }
    if (queue_add(&link->queue, frame, done) != ENTENTE_OK) {
        if (done > 0) /* half a frame is out, so nothing can follow it */
            link_end(link, LWS_CLOSE_STATUS_UNEXPECTED_CONDITION, "out of memory");
        return done > 0 ? ENTENTE_ERR_GONE : ENTENTE_ERR_NO_MEMORY;
    }
    if (link->queue.bytes > net->queue_bytes_max / 2)
        link->owes_writable = true;
    lws_callback_on_writable(link->wsi);
    return ENTENTE_OK;
}

size_t
net_queued(const struct net_link *link)
{
    return link->queue.bytes;
}

void
net_cut(struct net_link *link, const char *reason)
{
    link_end(link, LWS_CLOSE_STATUS_POLICY_VIOLATION, reason);
}

void
net_pause(struct net_link *link)
{
    if (link->state != LINK_UP || link->paused)
        return;
    link->paused = true;
    reader_pause(link);
}

void
net_resume(struct net_link *link)
{
    if (link->state != LINK_UP || !link->paused)
        return;
    link->paused = false;
    link->heard_at = net_now(link->net);
    reader_resume(link);
    net_wake(link->net, link->heard_at + link->net->silence_ms);
}

uint32_t
net_link_peer(const struct net_link *link)
{
    return link->peer_index;
}

static void
tick_up(struct net_link *link)
{
    struct net *net = link->net;
    uint64_t now = net_now(net);

    if (link->broken) {
        link_end(link, LWS_CLOSE_STATUS_NOSTATUS, "writing failed");
        return;
    }
    if (!link->paused && now - link->heard_at >= net->silence_ms) {
        link_end(link, LWS_CLOSE_STATUS_NOSTATUS, "nothing was heard from the peer");
        return;
    }
    /* J4: an unasked pong rather than a ping: each side shows by itself that it lives, also while
       the other one does not read (RFC 6455, 5.5.3). */
    if (now - link->wrote_at >= net->heartbeat_ms) {
        link->wrote_at = now;
        if (can_write(link))
            link_write_control(link, WIRE_PONG, bytes_of_text("alive"));
        if (!link->wire.open) /* a quiet link keeps no memory */
            wire_free(&link->wire);
    }
    net_wake(net, link->broken ? now : link->wrote_at + net->heartbeat_ms);
    if (!link->paused)
        net_wake(net, link->heard_at + net->silence_ms);
}

void
link_tick(struct net_link *link)
{
    uint64_t now = net_now(link->net);

    if (link->read_again)
        reader_read(link);
    if (link->state == LINK_UP) {
        tick_up(link);
        return;
    }
    if (now < link->deadline) {
        net_wake(link->net, link->deadline);
        return;
    }
    if (link->state == LINK_DIALLING)
        dial_failed(link, "no answer in time");
    else if (link->state == LINK_ARRIVING)
        link_end(link, LWS_CLOSE_STATUS_NOSTATUS, "it did not say in time who it is");
    else
        link_kill(link);
}

void
links_sweep(struct net *net)
{
    for (struct net_link **place = &net->links; *place != NULL;) {
        struct net_link *link = *place;
        if (link->wsi != NULL || link->entering || link->announced || link->reader_open ||
            link->state != LINK_CLOSING) {
            place = &link->next;
            continue;
        }
        *place = link->next;
        queue_free(&link->queue);
        wire_free(&link->wire);
        free(link);
    }
}
