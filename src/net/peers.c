/* Who is expected. */
#include "net/private.h"

#include <stdlib.h>

static struct peer *
peer_at(const struct net *net, uint32_t index)
{
    return index < NET_PEERS_MAX ? net->peers[index] : NULL;
}

/* Parses `wanted`; `self` is the peer that may have the key already, or NULL. */
static enum entente_error
check_peer(const struct net *net, const struct net_peer *wanted, const struct peer *self,
    struct address *address)
{
    const struct peer *other = net_find_peer(net, wanted->transport_key);

    *address = (struct address){0};
    if ((other != NULL && other != self) ||
        memcmp(wanted->transport_key, net->key, NET_KEY_BYTES) == 0)
        return ENTENTE_ERR_EXISTS;
    if (wanted->address == NULL)
        return ENTENTE_OK;
    enum entente_error error = address_parse(wanted->address, address);
    if (error == ENTENTE_OK && address->port == 0)
        error = ENTENTE_ERR_ADDRESS;
    return error;
}

/* Dials at the clock's next strike. */
static void
dial_now(struct peer *peer)
{
    peer_stop_dialling(peer);
    backoff_reset(&peer->backoff);
    peer->dial_at = 0;
    net_wake(peer->net, 0);
}

enum entente_error
net_peer_add(struct net *net, const struct net_peer *wanted, uint32_t *index)
{
    struct address address;
    uint32_t free_index = 0;

    *index = NET_NO_PEER;
    enum entente_error error = check_peer(net, wanted, NULL, &address);
    if (error != ENTENTE_OK)
        return error;
    while (free_index < NET_PEERS_MAX && net->peers[free_index] != NULL)
        free_index++;
    if (free_index == NET_PEERS_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    struct peer *peer = calloc(1, sizeof *peer);
    if (peer == NULL)
        return ENTENTE_ERR_NO_MEMORY;

    peer->net = net;
    peer->index = free_index;
    memcpy(peer->key, wanted->transport_key, NET_KEY_BYTES);
    peer->address = address;
    peer->backoff = (struct backoff){
        .min_ms = net->retry_ms_min,
        .max_ms = net->retry_ms_max,
        .random = net->jitter + free_index,
    };
    net->peers[free_index] = peer;
    *index = free_index;
    dial_now(peer);
    return ENTENTE_OK;
}

enum entente_error
net_peer_update(struct net *net, uint32_t index, const struct net_peer *wanted)
{
    struct peer *peer = peer_at(net, index);
    struct address address;

    if (peer == NULL)
        return ENTENTE_ERR_NOT_FOUND;
    enum entente_error error = check_peer(net, wanted, peer, &address);
    if (error != ENTENTE_OK)
        return error;

    bool same_key = memcmp(peer->key, wanted->transport_key, NET_KEY_BYTES) == 0;
    bool same_address = memcmp(&peer->address, &address, sizeof address) == 0;
    memcpy(peer->key, wanted->transport_key, NET_KEY_BYTES);
    peer->address = address;
    if (!same_key && peer->link != NULL)
        link_end(peer->link, LWS_CLOSE_STATUS_POLICY_VIOLATION, "the peer's key has changed");
    if (!same_key || !same_address)
        dial_now(peer);
    return ENTENTE_OK;
}

void
net_peer_remove(struct net *net, uint32_t index)
{
    struct peer *peer = peer_at(net, index);

    if (peer == NULL)
        return;
    peer_stop_dialling(peer);
    for (struct net_link *link = net->links; link != NULL; link = link->next)
        if (link->peer == peer) {
            link_end(link, LWS_CLOSE_STATUS_POLICY_VIOLATION, "it is no peer any more");
            link->peer = NULL;
        }
    net->peers[index] = NULL;
    free(peer);
}

void
net_peer_block(struct net *net, uint32_t index, bool blocked)
{
    struct peer *peer = peer_at(net, index);

    if (peer == NULL || peer->blocked == blocked)
        return;
    peer->blocked = blocked;
    if (!blocked) {
        dial_now(peer);
        return;
    }
    peer_stop_dialling(peer);
    if (peer->link != NULL)
        link_end(peer->link, LWS_CLOSE_STATUS_POLICY_VIOLATION, "the link is blocked for a drill");
}

struct net_link *
net_peer_link(const struct net *net, uint32_t index)
{
    const struct peer *peer = peer_at(net, index);

    return peer != NULL ? peer->link : NULL;
}

const char *
net_peer_trouble(const struct net *net, uint32_t index)
{
    const struct peer *peer = peer_at(net, index);

    return peer != NULL ? peer->trouble : "";
}
