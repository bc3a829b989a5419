/* Those who dial us. */
#include "net/listener.h"
#include "net/private.h"

#include <unistd.h>

enum { ARRIVALS_A_TURN = 16 };

/* Counts those who have not said who they are; the oldest of them, which has had the most time to
   say so, makes room for a new one. */
static void
limit_strangers(struct net *net)
{
    struct net_link *oldest = NULL;
    uint32_t count = 0;

    for (struct net_link *link = net->links; link != NULL; link = link->next)
        if (link->state == LINK_ARRIVING) {
            oldest = link;
            count++;
        }
    if (count >= NET_STRANGERS_MAX)
        link_end(oldest, LWS_CLOSE_STATUS_NOSTATUS, "too many have not said who they are");
}

static void
on_arrival(uv_poll_t *poll, int status, int events)
{
    struct net *net = poll->data;

    (void)status;
    (void)events;
    for (int i = 0; i < ARRIVALS_A_TURN; i++) {
        bool exhausted;
        int socket = listener_accept(net->listening, &exhausted);
        if (socket < 0 && exhausted) {
            /* It would be readable again at once, for ever. */
            uv_poll_stop(&net->arrivals);
            net->accept_at = net_now(net) + NET_EXHAUSTED_MS;
            net_wake(net, net->accept_at);
        }
        if (socket < 0)
            return;
        limit_strangers(net);
        struct net_link *link = link_new(net, LINK_ARRIVING, false);
        if (link != NULL)
            websocket_adopt(link, socket);
        else
            close(socket);
    }
}

void
arrivals_start(struct net *net)
{
    net->accept_at = NET_NEVER;
    uv_poll_start(&net->arrivals, UV_READABLE, on_arrival);
}

void
arrivals_tick(struct net *net)
{
    if (net->accept_at == NET_NEVER)
        return;
    if (net_now(net) >= net->accept_at)
        arrivals_start(net);
    else
        net_wake(net, net->accept_at);
}

bool
arrival_admit(struct net_link *link)
{
    struct net *net = link->net;
    uint8_t key[NET_KEY_BYTES];

    if (link->state != LINK_ARRIVING || tls_peer_key(lws_get_ssl(link->wsi), key) != ENTENTE_OK)
        return false;
    struct peer *peer = net_find_peer(net, key);
    if (peer == NULL || peer->blocked)
        return false;

    /* J3: both dialled.  The smaller key decides, and decides here, before the other side knows of
       a link: if its own dial has come so far that it will succeed, or has just succeeded, this one
       is turned away.  A peer that dials later than that has lost the link which we still have. */
    if (memcmp(net->key, peer->key, NET_KEY_BYTES) < 0) {
        if (peer->dial != NULL && peer->dial->authenticated)
            return false;
        if (peer->link != NULL && peer->link->dialled &&
            net_now(net) - peer->link->up_at < NET_YOUNG_MS)
            return false;
    }
    link->peer = peer;
    link->peer_index = peer->index;
    link->authenticated = true;
    return true;
}
