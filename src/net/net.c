/* The owner's calls, and the clock that everything with a time is hung on. */
#include "net/listener.h"
#include "net/private.h"

#include <stdlib.h>
#include <unistd.h>

/* After the last link is gone libwebsockets still closes its timer and its idle handle. */
enum { CLOSING_QUIET_TURNS = 4 };

uint64_t
net_now(const struct net *net)
{
    return uv_now(net->loop);
}

static void
strike(struct net *net)
{
    net->wake_at = NET_NEVER;
    for (struct net_link *link = net->links; link != NULL; link = link->next)
        link_tick(link);
    links_report(net, NULL);
    links_sweep(net);
    arrivals_tick(net);
    for (uint32_t i = 0; i < NET_PEERS_MAX; i++)
        if (net->peers[i] != NULL)
            peer_tick(net->peers[i]);
}

static void
on_clock(uv_timer_t *clock)
{
    strike(clock->data);
}

static void
on_next_turn(uv_idle_t *idle)
{
    uv_idle_stop(idle);
    strike(idle->data);
}

void
net_wake(struct net *net, uint64_t when)
{
    uint64_t now = net_now(net);

    if (net->closing || when >= net->wake_at)
        return;
    net->wake_at = when;
    /* Until 1.45 libuv calls a timer of no time that its own callback started again and again in the
       same turn: nobody else would have one while a peer sends. */
    if (when > now)
        uv_timer_start(&net->clock, on_clock, when - now, 0);
    else
        uv_idle_start(&net->next_turn, on_next_turn);
}

void
reason_copy(char reason[static NET_REASON_BYTES_MAX + 1], struct bytes text)
{
    size_t size = 0;

    for (; size < text.size && size < NET_REASON_BYTES_MAX && text.data[size] != '\0'; size++) {
        uint8_t c = text.data[size];
        reason[size] = c >= ' ' && c <= '~' ? (char)c : '?';
    }
    reason[size] = '\0';
}

void
peer_trouble(struct peer *peer, const char *reason)
{
    struct net *net = peer->net;

    if (strcmp(peer->trouble, reason) == 0)
        return;
    reason_copy(peer->trouble, bytes_of_text(reason));
    if (net->callbacks.trouble != NULL && !net->closing)
        net->callbacks.trouble(net->context, peer->index, peer->trouble);
}

void
net_stranger(struct net *net, const char *reason)
{
    uint64_t now = net_now(net);

    if (net->callbacks.trouble == NULL || net->closing || now < net->stranger_told_at + 1000)
        return;
    net->stranger_told_at = now;
    net->callbacks.trouble(net->context, NET_NO_PEER, reason);
}

struct peer *
net_find_peer(const struct net *net, const uint8_t key[static NET_KEY_BYTES])
{
    for (uint32_t i = 0; i < NET_PEERS_MAX; i++)
        if (net->peers[i] != NULL && memcmp(net->peers[i]->key, key, NET_KEY_BYTES) == 0)
            return net->peers[i];
    return NULL;
}

static uint32_t
or_default(uint32_t value, uint32_t standard)
{
    return value != 0 ? value : standard;
}

static enum entente_error
take_options(struct net *net, const struct net_options *options)
{
    net->callbacks = options->callbacks;
    net->context = options->context;
    net->jitter = options->jitter_seed;
    net->queue_bytes_max =
        options->queue_bytes_max != 0 ? options->queue_bytes_max : NET_QUEUE_BYTES_MAX;
    net->heartbeat_ms = or_default(options->heartbeat_ms, NET_HEARTBEAT_MS);
    net->silence_ms = or_default(options->silence_ms, NET_SILENCE_MS);
    net->handshake_ms = or_default(options->handshake_ms, NET_HANDSHAKE_MS);
    net->retry_ms_min = or_default(options->retry_ms_min, NET_RETRY_MS_MIN);
    net->retry_ms_max = or_default(options->retry_ms_max, NET_RETRY_MS_MAX);
    if (net->queue_bytes_max < NET_FRAME_BYTES_MAX + QUEUE_FRAME_COST ||
        net->silence_ms <= net->heartbeat_ms || net->retry_ms_max < net->retry_ms_min)
        return ENTENTE_ERR_USAGE;
    return options->proxy != NULL ? address_parse(options->proxy, &net->proxy) : ENTENTE_OK;
}

static enum entente_error
open_listener(struct net *net, const char *listen)
{
    struct address address;

    if (listen == NULL)
        return ENTENTE_OK;
    enum entente_error error = address_parse(listen, &address);
    if (error == ENTENTE_OK)
        error = listener_open(&address, &net->listening, &net->port);
    return error;
}

static enum entente_error
make_identity(struct net *net, const uint8_t seed[static CERTIFICATE_KEY_BYTES])
{
    enum entente_error error =
        certificate_make(seed, &net->identity.certificate, &net->identity.secret);
    if (error == ENTENTE_OK)
        error = certificate_key(net->identity.certificate, net->key);
    if (error != ENTENTE_OK)
        return error;
    net->client_tls = tls_client_new(&net->identity);
    return net->client_tls != NULL ? ENTENTE_OK : ENTENTE_ERR_NO_MEMORY;
}

static void
start_handles(struct net *net)
{
    uv_timer_init(net->loop, &net->clock);
    uv_idle_init(net->loop, &net->next_turn);
    uv_idle_init(net->loop, &net->closing_turns);
    net->clock.data = net->next_turn.data = net->closing_turns.data = net;
    net->handles_open = 3;
    net->accept_at = NET_NEVER;
    if (net->listening < 0)
        return;
    if (uv_poll_init(net->loop, &net->arrivals, net->listening) != 0)
        return;
    net->arrivals.data = net;
    net->handles_open++;
    net->accepting = true;
}

/* Everything that is not on the loop. */
static void
release(struct net *net)
{
    for (uint32_t i = 0; i < NET_PEERS_MAX; i++)
        free(net->peers[i]);
    if (net->listening >= 0)
        close(net->listening);
    SSL_CTX_free(net->client_tls);
    X509_free(net->identity.certificate);
    EVP_PKEY_free(net->identity.secret);
    free(net);
}

enum entente_error
net_new(struct net **net, uv_loop_t *loop, const struct net_options *options)
{
    *net = NULL;
    struct net *made = calloc(1, sizeof *made);
    if (made == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    made->loop = loop;
    made->listening = -1;
    made->wake_at = NET_NEVER;

    enum entente_error error = take_options(made, options);
    if (error == ENTENTE_OK)
        error = open_listener(made, options->listen);
    if (error == ENTENTE_OK)
        error = make_identity(made, options->transport_seed);
    if (error != ENTENTE_OK) {
        release(made);
        return error;
    }

    made->identity.judge = websocket_judge;
    made->identity.context = made;
    start_handles(made);
    error = websocket_start(made);
    if (error == ENTENTE_OK && made->listening >= 0 && !made->accepting)
        error = ENTENTE_ERR_IO;
    if (error != ENTENTE_OK) {
        made->failed = true;
        net_close(made);
        return error;
    }
    if (made->accepting)
        arrivals_start(made);
    *net = made;
    return ENTENTE_OK;
}

static void
on_handle_closed(uv_handle_t *handle)
{
    struct net *net = handle->data;

    if (--net->handles_open > 0)
        return;
    void (*closed)(void *) = net->failed ? NULL : net->callbacks.closed;
    void *context = net->context;
    release(net);
    if (closed != NULL)
        closed(context);
}

/*
 * libwebsockets closes its handles on the loop turn by turn and does not say when it is through
 * with a foreign one; only then may its context, in which they lie, be freed.
 */
static void
on_closing_turn(uv_idle_t *idle)
{
    struct net *net = idle->data;

    links_sweep(net);
    if (net->links != NULL || net->resolutions > 0 ||
        ++net->closing_quiet_turns < CLOSING_QUIET_TURNS)
        return;
    lws_context_destroy(net->lws);
    uv_close((uv_handle_t *)&net->clock, on_handle_closed);
    uv_close((uv_handle_t *)&net->next_turn, on_handle_closed);
    uv_close((uv_handle_t *)&net->closing_turns, on_handle_closed);
    if (net->accepting)
        uv_close((uv_handle_t *)&net->arrivals, on_handle_closed);
}

void
net_close(struct net *net)
{
    if (net == NULL || net->closing)
        return;
    net->closing = true;
    uv_timer_stop(&net->clock);
    uv_idle_stop(&net->next_turn);
    if (net->accepting)
        uv_poll_stop(&net->arrivals);
    for (uint32_t i = 0; i < NET_PEERS_MAX; i++)
        if (net->peers[i] != NULL)
            peer_stop_dialling(net->peers[i]);
    for (struct net_link *link = net->links; link != NULL; link = link->next) {
        link->announced = false;
        link->state = LINK_CLOSING;
    }
    lws_context_destroy(net->lws);
    uv_idle_start(&net->closing_turns, on_closing_turn);
}

uint16_t
net_port(const struct net *net)
{
    return net->port;
}

const uint8_t *
net_key(const struct net *net)
{
    return net->key;
}
