/*
 * libwebsockets 4.1 on a foreign libuv loop.
 *
 * It is given only what it is good at: the handshakes of TLS and WebSocket, and writing to sockets
 * that are full.  The listening socket, names, time-outs, liveness and retries are ours, since its
 * own timers are in seconds, its name look-ups block and its errors are strings; why the framing is
 * ours is said in wire.h.
 */
#include "net/private.h"

static const char protocol_name[] = "entente-1";

/* Zeros: libwebsockets neither pings nor hangs up by itself. */
static const lws_retry_bo_t no_pings;

bool
websocket_judge(void *context, SSL *ssl, const uint8_t key[static CERTIFICATE_KEY_BYTES])
{
    struct net *net = context;

    if (SSL_is_server(ssl)) {
        const struct peer *peer = net_find_peer(net, key);
        if (peer != NULL && !peer->blocked)
            return true;
        if (peer == NULL) {
            char text[NET_REASON_BYTES_MAX + 1];
            snprintf(text, sizeof text, "turned away: no peer has the key %02x%02x%02x%02x...",
                key[0], key[1], key[2], key[3]);
            net_stranger(net, text);
        }
        return false;
    }
    for (struct net_link *link = net->links; link != NULL; link = link->next) {
        if (link->wsi == NULL || link->state != LINK_DIALLING || lws_get_ssl(link->wsi) != ssl)
            continue;
        link->authenticated = memcmp(key, link->peer->key, NET_KEY_BYTES) == 0;
        if (!link->authenticated)
            reason_copy(link->reason, bytes_of_text("another node answers at its address"));
        return link->authenticated;
    }
    return false;
}

/* What happens to a link; the return value of the callback says whether it goes on. */
static void
dispatch(struct net_link *link, enum lws_callback_reasons event, struct bytes data)
{
    switch ((int)event) {
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        if (!arrival_admit(link))
            link->hang_up = true;
        break;
    case LWS_CALLBACK_ESTABLISHED:
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        link_established(link);
        break;
    case LWS_CALLBACK_SERVER_WRITEABLE:
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        link_write(link);
        break;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: {
        char text[NET_REASON_BYTES_MAX + 1];
        reason_copy(text, data);
        dial_failed(link, data.size > 0 ? text : "no answer");
        break;
    }
    case LWS_CALLBACK_CLOSED:
    case LWS_CALLBACK_CLIENT_CLOSED:
        reader_stop(link);
        link_lost(link);
        break;
    case LWS_CALLBACK_HTTP: /* a request that does not want a WebSocket */
    case LWS_CALLBACK_FILTER_HTTP_CONNECTION:
        link->hang_up = true;
        break;
    case LWS_CALLBACK_WSI_DESTROY:
        reader_stop(link);
        link_lost(link);
        link->wsi = NULL;
        net_wake(link->net, 0);
        break;
    default:
        break;
    }
}

static int
callback(struct lws *wsi, enum lws_callback_reasons event, void *user, void *in, size_t size)
{
    struct net *net = lws_context_user(lws_get_context(wsi));

    if (event == LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS)
        return tls_configure(user, &net->identity) == ENTENTE_OK ? 0 : -1;

    struct net_link *link = link_find(net, (uint64_t)(uintptr_t)lws_get_opaque_user_data(wsi));
    if (link == NULL)
        return 0;
    if (link->entering)
        link->wsi = wsi;
    if (link->wsi != wsi)
        return 0;

    bool was_inside = link->inside;
    link->inside = true;
    dispatch(link, event, (struct bytes){in, size});
    link->inside = was_inside;
    return link->hang_up ? -1 : 0;
}

static const struct lws_protocols protocols[] = {
    {
        .name = protocol_name,
        .callback = callback,
        .rx_buffer_size = 256, /* never used: nothing is read through it */
        .tx_packet_size = NET_WRITE_BYTES,
    },
    {0},
};

enum entente_error
websocket_start(struct net *net)
{
    void *loops[] = {net->loop};
    struct lws_context_creation_info info = {
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_LIBUV |
                   LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_CREATE_VHOST_SSL_CTX |
                   LWS_SERVER_OPTION_UV_NO_SIGSEGV_SIGFPE_SPIN,
        .foreign_loops = loops,
        .user = net,
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .protocols = protocols,
        .vhost_name = protocol_name,
        .alpn = "http/1.1",
        .provided_client_ssl_ctx = net->client_tls,
        .retry_and_idle_policy = &no_pings,
        /* None so far; NULL would take one from the environment. */
        .http_proxy_address = "",
        /* Links, dials and arrivals; without it the tables have the size of the process's limit. */
        .fd_limit_per_thread = 2 * NET_PEERS_MAX + NET_STRANGERS_MAX + 8,
        .timeout_secs = 1 + net->handshake_ms / 1000,
    };

    lws_set_log_level(0, NULL);
    net->lws = lws_create_context(&info);
    if (net->lws == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    net->vhost = lws_create_vhost(net->lws, &info);
    return net->vhost != NULL ? ENTENTE_OK : ENTENTE_ERR_NO_MEMORY;
}

void
websocket_adopt(struct net_link *link, int socket)
{
    const lws_adopt_desc_t description = {
        .vh = link->net->vhost,
        .type = LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP | LWS_ADOPT_ALLOW_SSL,
        .fd.sockfd = socket,
        .opaque = (void *)(uintptr_t)link->id,
    };

    link->entering = true;
    struct lws *wsi = lws_adopt_descriptor_vhost_via_info(&description);
    link->entering = false;
    link->wsi = wsi;
    if (wsi == NULL)
        link_lost(link);
    else if (link->hang_up)
        link_kill(link);
}

/* "host:port", or "[host]:port" for IPv6. */
static void
print_authority(char *text, size_t room, const char *host, uint16_t port)
{
    snprintf(text, room, strchr(host, ':') != NULL ? "[%s]:%u" : "%s:%u", host, port);
}

/* All dials go by the vhost's proxy, whose address may have changed. */
static bool
set_proxy(struct net *net, const char *host)
{
    char text[ADDRESS_BYTES_MAX + 16];

    print_authority(text, sizeof text, host, net->proxy.port);
    return lws_set_proxy(net->vhost, text) == 0;
}

bool
websocket_dial(struct net_link *link, const char *host)
{
    const struct address *address = &link->peer->address;
    char authority[ADDRESS_BYTES_MAX + 16];
    char target[ADDRESS_BYTES_MAX + 3];

    print_authority(authority, sizeof authority, address->host, address->port);
    snprintf(target, sizeof target, "%s", host);
    if (link->net->proxy.host[0] != '\0') {
        if (!set_proxy(link->net, host))
            return false;
        /* What CONNECT names: all of the authority but the port. */
        snprintf(
            target, sizeof target, "%.*s", (int)(strrchr(authority, ':') - authority), authority);
    }
    const struct lws_client_connect_info info = {
        .context = link->net->lws,
        .vhost = link->net->vhost,
        .address = target,
        .port = address->port,
        .host = authority,
        .path = "/",
        .protocol = protocol_name,
        .alpn = "http/1.1",
        .ssl_connection = LCCSCF_USE_SSL | LCCSCF_ALLOW_SELFSIGNED |
                          LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK | LCCSCF_HTTP_NO_FOLLOW_REDIRECT,
        .retry_and_idle_policy = &no_pings,
        .opaque_user_data = (void *)(uintptr_t)link->id,
    };

    link->entering = true;
    struct lws *wsi = lws_client_connect_via_info(&info);
    link->entering = false;
    link->wsi = wsi;
    if (wsi != NULL && link->hang_up)
        link_kill(link);
    return wsi != NULL;
}
