/* Links: the net's peers are the parties of the joined rooms. */
#include "daemon/shell.h"

#include <stdio.h>

static struct shell_link *
find_link(struct shell *shell, uint32_t id)
{
    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++)
        if (shell->links[i].link != NULL && shell->links[i].id == id)
            return &shell->links[i];
    return NULL;
}

static struct shell_link *
find_net_link(struct shell *shell, const struct net_link *link)
{
    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++)
        if (shell->links[i].link == link)
            return &shell->links[i];
    return NULL;
}

static const struct shell_peer *
find_peer(const struct shell *shell, uint32_t index)
{
    for (uint32_t i = 0; i < shell->peers_count; i++)
        if (shell->peers[i].index == index)
            return &shell->peers[i];
    return NULL;
}

static void
on_link_up(void *context, struct net_link *link, uint32_t index,
    const uint8_t exporter[static NET_EXPORTER_BYTES])
{
    struct shell *shell = context;
    const struct shell_peer *peer = find_peer(shell, index);
    struct shell_link *place = find_net_link(shell, NULL);
    struct event event = shell_event(EVENT_LINK_UP);

    if (peer == NULL || place == NULL) {
        net_cut(link, "this node has no place for another link");
        return;
    }
    *place = (struct shell_link){++shell->links_next, link};
    event.link = place->id;
    event.party = peer->party;
    memcpy(event.exporter, exporter, sizeof event.exporter);
    shell_step(shell, &event);
}

static void
on_link_down(void *context, struct net_link *link, const char *reason)
{
    struct shell *shell = context;
    struct shell_link *place = find_net_link(shell, link);
    struct event event = shell_event(EVENT_LINK_DOWN);

    (void)reason;
    if (place == NULL)
        return;
    event.link = place->id;
    *place = (struct shell_link){0};
    shell_step(shell, &event);
}

static void
on_received(void *context, struct net_link *link, struct bytes frame)
{
    struct shell *shell = context;
    const struct shell_link *place = find_net_link(shell, link);
    struct event event = shell_event(EVENT_RECEIVED);

    if (place == NULL)
        return;
    event.link = place->id;
    event.data = frame;
    shell_step(shell, &event);
}

static void
on_writable(void *context, struct net_link *link)
{
    struct shell *shell = context;
    const struct shell_link *place = find_net_link(shell, link);
    struct event event = shell_event(EVENT_WRITABLE);

    if (place == NULL)
        return;
    event.link = place->id;
    shell_step(shell, &event);
}

static void
on_trouble(void *context, uint32_t index, const char *reason)
{
    struct shell *shell = context;
    const struct shell_peer *peer = find_peer(shell, index);
    struct bytes name = bytes_of_text("a stranger");

    if (peer != NULL)
        name = register_name(node_register(shell->node, &peer->party));
    fprintf(stderr, "node: no link to %.*s: %s\n", (int)name.size, (const char *)name.data, reason);
}

enum entente_error
shell_listen(
    struct shell *shell, const uint8_t transport_seed[static 32], const char *listen)
{
    struct net_options options = {
        .transport_seed = transport_seed,
        .listen = listen,
        .callbacks = {on_link_up, on_link_down, on_received, on_writable, on_trouble, NULL},
        .context = shell,
        .jitter_seed = uv_hrtime(),
        .queue_bytes_max = NODE_LINK_BYTES_MAX,
    };

    return net_new(&shell->net, shell->loop, &options);
}

void
shell_link_effect(struct shell *shell, const struct effect *effect)
{
    struct shell_link *place = find_link(shell, effect->link);

    if (place == NULL)
        return;
    if (effect->kind == EFFECT_CUT) {
        net_cut(place->link, entente_error_text(effect->error));
        return;
    }
    enum entente_error error = net_send(place->link, effect->data);
    if (error != ENTENTE_OK && error != ENTENTE_ERR_GONE)
        net_cut(place->link, entente_error_text(error));
}

static void
refresh_peer(struct shell *shell, const struct party_id *party)
{
    const struct party_register *reg = node_register(shell->node, party);
    const struct public_key *key = register_transport_key(reg);
    struct bytes address = register_address(reg);
    char text[REGISTER_ADDRESS_BYTES_MAX + 1];
    struct net_peer peer = {.address = text};
    struct shell_peer *known = NULL;

    if (key == NULL || party_id_equal(party, &shell->self))
        return;
    snprintf(text, sizeof text, "%.*s", (int)address.size, (const char *)address.data);
    memcpy(peer.transport_key, key->bytes, sizeof peer.transport_key);
    for (uint32_t i = 0; i < shell->peers_count; i++)
        if (party_id_equal(&shell->peers[i].party, party))
            known = &shell->peers[i];
    if (known != NULL && known->count == register_count(reg))
        return;
    enum entente_error error = ENTENTE_OK;
    if (known != NULL) {
        error = net_peer_update(shell->net, known->index, &peer);
    } else if (shell->peers_count < NODE_ROOMS_MAX) {
        known = &shell->peers[shell->peers_count];
        error = net_peer_add(shell->net, &peer, &known->index);
        shell->peers_count += error == ENTENTE_OK;
    }
    if (error != ENTENTE_OK || known == NULL) {
        shell_trace(error, bytes_of_text("a party's register gives no usable address"));
        return;
    }
    known->party = *party;
    known->count = register_count(reg);
}

void
shell_peers_refresh(struct shell *shell)
{
    struct record *record;

    for (uint32_t i = 0; (record = node_record_at(shell->node, i)) != NULL; i++)
        for (uint8_t slot = 0; slot < record_parties(record); slot++)
            refresh_peer(shell, register_party(record_register(record, slot)));
}

enum entente_error
shell_block(struct shell *shell, const struct party_id *party, bool blocked)
{
    for (uint32_t i = 0; i < shell->peers_count; i++)
        if (party_id_equal(&shell->peers[i].party, party)) {
            net_peer_block(shell->net, shell->peers[i].index, blocked);
            shell->peers[i].is_blocked = blocked;
            return ENTENTE_OK;
        }
    return ENTENTE_ERR_NOT_FOUND;
}

void
shell_relink(struct shell *shell)
{
    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++)
        if (shell->links[i].link != NULL)
            net_cut(shell->links[i].link, "a consultation was joined: greet again");
}
