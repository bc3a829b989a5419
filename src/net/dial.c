/* Dialling: names, attempts, and how long to wait between them. */
#include "net/private.h"

#include <netdb.h>
#include <stdlib.h>

struct resolution {
    uv_getaddrinfo_t request;
    struct net *net;
    struct peer *peer; /* NULL when nobody wants the answer any more */
};

void
peer_retry(struct peer *peer, bool success)
{
    if (success)
        backoff_reset(&peer->backoff);
    peer->dial_at = net_now(peer->net) + (success ? 0 : backoff_next_ms(&peer->backoff));
    net_wake(peer->net, peer->dial_at);
}

void
peer_stop_dialling(struct peer *peer)
{
    if (peer->resolution != NULL) {
        uv_cancel((uv_req_t *)&peer->resolution->request);
        peer->resolution->peer = NULL;
        peer->resolution = NULL;
    }
    if (peer->dial != NULL) {
        struct net_link *dial = peer->dial;
        peer->dial = NULL;
        link_end(dial, LWS_CLOSE_STATUS_NOSTATUS, "the dial was given up");
    }
}

/* The peer's owner may remove it when it hears of the trouble: nothing is touched after that. */
static void
attempt_failed(struct peer *peer, const char *reason)
{
    peer->attempt++;
    peer_retry(peer, false);
    peer_trouble(peer, reason);
}

void
dial_failed(struct net_link *link, const char *reason)
{
    struct peer *peer = link->peer;
    char text[NET_REASON_BYTES_MAX + 1];

    if (link->state != LINK_DIALLING)
        return;
    reason_copy(text, bytes_of_text(link->reason[0] != '\0' ? link->reason : reason));
    peer->dial = NULL;
    link_end(link, LWS_CLOSE_STATUS_NOSTATUS, text);
    attempt_failed(peer, text);
}

static void
dial_host(struct peer *peer, const char *host)
{
    struct net_link *link = link_new(peer->net, LINK_DIALLING, true);

    if (link == NULL) {
        attempt_failed(peer, "out of memory");
        return;
    }
    link->peer = peer;
    link->peer_index = peer->index;
    peer->dial = link;
    if (!websocket_dial(link, host))
        dial_failed(link, "its address cannot be reached");
}

/* Whose IP address is needed: the proxy finds the peer by itself. */
static const struct address *
first_stop(const struct peer *peer)
{
    const struct address *proxy = &peer->net->proxy;

    return proxy->host[0] != '\0' ? proxy : &peer->address;
}

/* The addresses of a name take turns: one attempt, one address. */
static void
on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *list)
{
    struct resolution *resolution = request->data;
    struct peer *peer = resolution->peer;
    char host[ADDRESS_NUMERIC_BYTES];
    uint32_t count = 0;

    resolution->net->resolutions--;
    free(resolution);
    if (peer == NULL) {
        uv_freeaddrinfo(list);
        return;
    }
    peer->resolution = NULL;
    for (const struct addrinfo *item = list; item != NULL; item = item->ai_next)
        count++;
    const struct addrinfo *chosen = list;
    for (uint32_t i = 0; count > 0 && i < peer->attempt % count; i++)
        chosen = chosen->ai_next;
    bool good = status == 0 && chosen != NULL && address_print(chosen->ai_addr, host);
    uv_freeaddrinfo(list);
    if (good)
        dial_host(peer, host);
    else
        attempt_failed(peer, "the name of its host is not known");
}

static void
resolve(struct peer *peer)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct resolution *resolution = calloc(1, sizeof *resolution);

    if (resolution == NULL) {
        attempt_failed(peer, "out of memory");
        return;
    }
    resolution->net = peer->net;
    resolution->peer = peer;
    resolution->request.data = resolution;
    if (uv_getaddrinfo(peer->net->loop, &resolution->request, on_resolved, first_stop(peer)->host,
            NULL, &hints) != 0) {
        free(resolution);
        attempt_failed(peer, "the name of its host cannot be looked up");
        return;
    }
    peer->resolution = resolution;
    peer->net->resolutions++;
}

void
peer_tick(struct peer *peer)
{
    struct sockaddr_storage ignored;

    if (peer->link != NULL || peer->dial != NULL || peer->resolution != NULL || peer->blocked ||
        peer->address.host[0] == '\0')
        return;
    if (net_now(peer->net) < peer->dial_at) {
        net_wake(peer->net, peer->dial_at);
        return;
    }
    if (address_is_numeric(first_stop(peer), &ignored))
        dial_host(peer, first_stop(peer)->host);
    else
        resolve(peer);
}
