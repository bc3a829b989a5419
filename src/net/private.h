/*
 * What the parts of a net share: net.c (beginning, end, clock), peers.c (who is expected), dial.c
 * (out), arrival.c (in), link.c (a link's life), websocket.c (libwebsockets' side of it).
 *
 * A link is one connection from its first byte to its last.  It is freed only by the clock, after
 * libwebsockets has let go of it and its owner has been told, so no pointer goes stale inside a
 * callback.
 */
#ifndef ENTENTE_NET_PRIVATE_H
#define ENTENTE_NET_PRIVATE_H

#include "net/address.h"
#include "net/backoff.h"
#include "net/net.h"
#include "net/queue.h"
#include "net/tls.h"
#include "net/wire.h"

#include <libwebsockets.h>

enum {
    /* The largest TLS record: more than one is never read at a time. */
    NET_READ_BYTES = 16384,
    /* One write: four full TLS records, of one frame's fragment or of many small frames.
       Heartbeats and farewells fit in between. */
    NET_WRITE_BYTES = 4 * NET_READ_BYTES,
    /* Read or written in one go before others get their turn. */
    NET_TURN_BYTES = 524288,
    /* A close that the other side does not answer becomes a hard one. */
    NET_FAREWELL_MS = 2000,
    /* A link this young is no sign that the peer which dials again has lost it: the two dials
       crossed. */
    NET_YOUNG_MS = 1000,
    /* A link that lasted so long was a success: the next dial is made at once. */
    NET_STABLE_MS = 2000,
    /* Until the next attempt to accept when the system has no descriptors left. */
    NET_EXHAUSTED_MS = 200,
};

#define NET_NEVER UINT64_MAX

enum link_state {
    LINK_DIALLING, /* ours, not yet a WebSocket */
    LINK_ARRIVING, /* theirs, not yet a WebSocket */
    LINK_UP,
    LINK_CLOSING, /* over for its owner */
};

struct net_link {
    struct net *net;
    struct net_link *next;
    uint64_t id;       /* what libwebsockets holds instead of a pointer */
    struct lws *wsi;   /* NULL before libwebsockets has it and after it let go */
    struct peer *peer; /* NULL when not yet known, and after it was removed */
    uint32_t peer_index;
    enum link_state state;
    bool dialled;       /* by us */
    bool authenticated; /* the peer's certificate was accepted */
    bool entering;      /* libwebsockets is creating it right now */
    bool inside;        /* one of its libwebsockets callbacks is running */
    bool hang_up;       /* to be closed when that callback returns */
    bool websocket;     /* it got as far as close frames */
    bool ready;         /* writing outside of a callback is safe */
    bool broken;        /* a write failed: to be closed by the clock */
    bool announced;     /* link_up() was called and link_down() was not */
    bool paused;
    bool owes_writable; /* writable() has to be called once there is room */
    uint64_t up_at;
    uint64_t heard_at;
    uint64_t wrote_at;
    uint64_t deadline; /* of the handshake, later of the farewell */
    struct queue queue;
    struct wire wire;
    uv_poll_t reader;
    int reader_fd;
    bool reader_open; /* libuv has the handle */
    bool reading;
    bool read_again; /* at the clock's next strike, whatever the socket says */
    bool garbled;    /* after an error in the framing nothing in it makes sense any more */
    char reason[NET_REASON_BYTES_MAX + 1];
};

struct peer {
    struct net *net;
    uint32_t index;
    uint8_t key[NET_KEY_BYTES];
    struct address address; /* empty host: cannot be dialled */
    bool blocked;
    struct net_link *link; /* LINK_UP */
    struct net_link *dial; /* LINK_DIALLING */
    struct resolution *resolution;
    uint32_t attempt; /* takes turns among the addresses of a name */
    struct backoff backoff;
    uint64_t dial_at; /* when there is neither link nor dial nor resolution */
    char trouble[NET_REASON_BYTES_MAX + 1];
};

struct net {
    uv_loop_t *loop;
    uv_timer_t clock;
    uv_poll_t arrivals;
    uv_idle_t next_turn; /* in which the clock strikes, when it is to strike now */
    uv_idle_t closing_turns;
    struct lws_context *lws;
    struct lws_vhost *vhost;
    SSL_CTX *client_tls;
    struct tls_identity identity;
    uint8_t key[NET_KEY_BYTES];
    int listening; /* -1: nobody can dial us */
    uint16_t port;
    bool accepting;
    bool closing;
    bool failed; /* net_new() did not succeed: nobody waits for closed() */
    int closing_quiet_turns;
    int handles_open; /* of libuv, ours */
    uint32_t resolutions;
    uint64_t wake_at;
    uint64_t accept_at;
    uint64_t link_ids;
    uint64_t stranger_told_at;
    struct address proxy; /* empty host: none */
    struct net_callbacks callbacks;
    void *context;
    uint64_t jitter;
    size_t queue_bytes_max;
    uint32_t heartbeat_ms;
    uint32_t silence_ms;
    uint32_t handshake_ms;
    uint32_t retry_ms_min;
    uint32_t retry_ms_max;
    struct net_link *links;
    struct peer *peers[NET_PEERS_MAX];
    uint8_t scratch[LWS_PRE + NET_WRITE_BYTES];
    uint8_t read_buffer[NET_READ_BYTES];
};

/* net.c */

uint64_t net_now(const struct net *net);

/* The clock is to strike at `when` at the latest. */
void net_wake(struct net *net, uint64_t when);

struct peer *net_find_peer(const struct net *net, const uint8_t key[static NET_KEY_BYTES]);

/* Tells trouble() unless it is the last one told. */
void peer_trouble(struct peer *peer, const char *reason);

/* Tells trouble() that somebody without a name was turned away. */
void net_stranger(struct net *net, const char *reason);

/* Copies what is printable ASCII of `text`, up to NET_REASON_BYTES_MAX bytes; "?" for the rest. */
void reason_copy(char reason[static NET_REASON_BYTES_MAX + 1], struct bytes text);

/* dial.c */

/* Dials if that is due, or says when it will be. */
void peer_tick(struct peer *peer);

/* No link, no dial: when to try next.  After a success at once, else after a growing wait. */
void peer_retry(struct peer *peer, bool success);

/* Stops a dial or a resolution under way, without a new attempt. */
void peer_stop_dialling(struct peer *peer);

/* A dial came to nothing. */
void dial_failed(struct net_link *link, const char *reason);

/* arrival.c */

void arrivals_start(struct net *net);
void arrivals_tick(struct net *net);

/* Whether the peer behind `link`, which asks to become a WebSocket, is let in. */
bool arrival_admit(struct net_link *link);

/* link.c */

struct net_link *link_new(struct net *net, enum link_state state, bool dialled);
struct net_link *link_find(const struct net *net, uint64_t id);

/* The WebSocket is there. */
void link_established(struct net_link *link);

/* Writes what is queued until the socket is full. */
void link_write(struct net_link *link);

/* Writes a control message of at most WIRE_CONTROL_BYTES_MAX bytes, before what is queued. */
void link_write_control(struct net_link *link, enum wire_opcode opcode, struct bytes payload);

/* Over for its owner, who will be told; the connection is closed, with a farewell if `code` is not
   LWS_CLOSE_STATUS_NOSTATUS. */
void link_end(struct net_link *link, enum lws_close_status code, const char *reason);

/* The connection is gone. */
void link_lost(struct net_link *link);

/* Closes the connection hard, whatever is under way on it. */
void link_kill(struct net_link *link);

/* Calls link_down() for links of `peer` (NULL: of all) that have ended and were not reported. */
void links_report(struct net *net, const struct peer *peer);

/* What is due; says when it has to be called again. */
void link_tick(struct net_link *link);

/* Frees the links that nobody knows any more. */
void links_sweep(struct net *net);

/* reader.c */

/* From now on what comes in is ours; false when there is no descriptor left. */
MUST_USE bool reader_start(struct net_link *link);

void reader_pause(struct net_link *link);
void reader_resume(struct net_link *link);

/* Nothing is read any more; `reader_open` turns false when libuv has let go. */
void reader_stop(struct net_link *link);

/* Reads and hands on what has arrived. */
void reader_read(struct net_link *link);

/* websocket.c */

/* Of both sides' certificates: a tls_judge whose context is the net. */
bool websocket_judge(void *context, SSL *ssl, const uint8_t key[static CERTIFICATE_KEY_BYTES]);

/* Creates the libwebsockets context and vhost on the net's loop. */
MUST_USE enum entente_error websocket_start(struct net *net);

/* Hands a connection that was accepted to libwebsockets, which closes it on failure. */
void websocket_adopt(struct net_link *link, int socket);

/* Dials the peer of `link`; `host` is the IP address of its node, or of the proxy if there is one.
   False if it failed at once. */
bool websocket_dial(struct net_link *link, const char *host);

#endif
