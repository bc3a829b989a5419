/*
 * Links to the nodes of other parties: frames (byte strings) between pinned peers.
 *
 * Mutual TLS 1.3 with self-signed Ed25519 certificates, inside it a WebSocket whose binary messages
 * are the frames, so that a node can be reached on port 443 and through a proxy that allows
 * nothing else.  Nothing here knows rooms or entries.
 *
 * A net runs on one libuv loop and must be used from that loop's thread.  Each pair of nodes has
 * at most one link.  Every node dials every peer whose address it knows, until there is a link;
 * when both dial at once the dial of the smaller key wins and the other one is given up before it
 * is announced, so that no link flaps.
 *
 * libwebsockets ignores SIGPIPE for the whole process; its own messages are switched off.
 */
#ifndef ENTENTE_NET_NET_H
#define ENTENTE_NET_NET_H

#include "base/bytes.h"
#include "format/frame.h"

#include <uv.h>

enum {
    NET_KEY_BYTES = 32,
    NET_EXPORTER_BYTES = 32,
    NET_FRAME_BYTES_MAX = FRAME_BYTES_MAX,
    NET_QUEUE_BYTES_MAX = 4194304, /* of a link's frames that wait to be written */
    NET_PEERS_MAX = 64,
    NET_STRANGERS_MAX = 64,     /* connections that have not said yet who they are */
    NET_REASON_BYTES_MAX = 120, /* what fits into a close frame */
    NET_HEARTBEAT_MS = 5000,    /* after so long without writing a link shows that it lives */
    NET_SILENCE_MS = 15000,     /* after so long without reading a link is given up */
    NET_HANDSHAKE_MS = 5000,    /* a dial or an arrival takes no longer */
    NET_RETRY_MS_MIN = 50,      /* between two dials of one peer, doubled each time up to */
    NET_RETRY_MS_MAX = 5000,    /* this, less a random half */
};

/* Stands for "nobody we know" where a peer's index is expected. */
#define NET_NO_PEER UINT32_MAX

struct net;
struct net_link;

struct net_peer {
    uint8_t transport_key[NET_KEY_BYTES]; /* raw Ed25519 public key */
    const char *address; /* "host:port" or "[IPv6]:port"; NULL when it can only dial us */
};

/*
 * What a net tells its owner, always from the loop and never from inside a call to the net, except
 * as said.  They may call the net, but not net_close().  Those marked so may be NULL.
 */
struct net_callbacks {
    /* A link to `peer` exists.  `exporter` is the same at both ends of it and known to nobody else.
       The link stays valid until its link_down() returns. */
    void (*link_up)(void *context, struct net_link *link, uint32_t peer,
        const uint8_t exporter[static NET_EXPORTER_BYTES]);

    /* Called once for each link_up(), unless the net is closed before.  `reason` is a sentence
       without a full stop, printable ASCII; part of it may be the peer's. */
    void (*link_down)(void *context, struct net_link *link, const char *reason);

    /* One whole frame, borrowed until the call returns. */
    void (*received)(void *context, struct net_link *link, struct bytes frame);

    /* After net_send() refused a frame for lack of room, or the queue was more than half full: at
       most half of it is in use again. */
    void (*writable)(void *context, struct net_link *link);

    /* Optional.  Why there is no link to `peer`, when the reason differs from the last one told;
       with NET_NO_PEER, why somebody was turned away, at most once a second. */
    void (*trouble)(void *context, uint32_t peer, const char *reason);

    /* Optional.  After net_close(): the net is freed, and nothing of it is left on the loop. */
    void (*closed)(void *context);
};

struct net_options {
    const uint8_t *transport_seed; /* 32 bytes, read by net_new() only */
    const char *listen;            /* "IP:port"; port 0: any; NULL: nobody can dial us */
    const char *proxy;             /* "host:port" of an HTTP proxy to dial through, or NULL */
    struct net_callbacks callbacks;
    void *context;        /* given to each callback */
    uint64_t jitter_seed; /* of the waits between dials */

    /* 0 stands for the constant above. */
    size_t queue_bytes_max; /* at least NET_FRAME_BYTES_MAX */
    uint32_t heartbeat_ms;
    uint32_t silence_ms;
    uint32_t handshake_ms;
    uint32_t retry_ms_min;
    uint32_t retry_ms_max;
};

/*
 * Listens, and is ready for peers.  Strings in `options` are copied.
 *
 * Returns ENTENTE_OK, or an error with `*net` NULL and nothing left on the loop (one turn of
 * which may be needed to clear up):
 *   ENTENTE_ERR_ADDRESS       `listen` or `proxy` has a wrong form, `listen` is not of this machine
 *   ENTENTE_ERR_PORT_IN_USE
 *   ENTENTE_ERR_USAGE         a limit in `options` makes no sense
 *   ENTENTE_ERR_IO            no sockets left
 *   ENTENTE_ERR_NO_MEMORY
 */
MUST_USE enum entente_error net_new(
    struct net **net, uv_loop_t *loop, const struct net_options *options);

/*
 * Gives everything up without farewell.  No callback but closed() comes any more; the loop has to
 * run until then.  Does nothing with NULL.
 */
void net_close(struct net *net);

/* The port it listens at; 0 when it does not. */
uint16_t net_port(const struct net *net);

/* Its own public key. */
const uint8_t *net_key(const struct net *net);

/*
 * From now on `peer` may connect, and is dialled.  `*index`, the smallest free one, stands for it
 * until net_peer_remove().
 *
 * Returns ENTENTE_OK, or an error with nothing changed:
 *   ENTENTE_ERR_ADDRESS     the address has a wrong form
 *   ENTENTE_ERR_EXISTS      the key is that of another peer, or our own
 *   ENTENTE_ERR_TOO_LARGE   there are NET_PEERS_MAX already
 *   ENTENTE_ERR_NO_MEMORY
 */
MUST_USE enum entente_error net_peer_add(
    struct net *net, const struct net_peer *peer, uint32_t *index);

/*
 * A peer's key or address has changed.  A link made with another key is cut; without a link the
 * peer is dialled at once.  Errors as of net_peer_add(), or ENTENTE_ERR_NOT_FOUND.
 */
MUST_USE enum entente_error net_peer_update(
    struct net *net, uint32_t index, const struct net_peer *peer);

/* Cuts the link to it, if any (its link_down() still comes), and forgets it. */
void net_peer_remove(struct net *net, uint32_t index);

/* For drills: while blocked, a peer is neither dialled nor let in, and its link is cut. */
void net_peer_block(struct net *net, uint32_t index, bool blocked);

/* The link to a peer; NULL when there is none. */
struct net_link *net_peer_link(const struct net *net, uint32_t index);

/* Why there is no link to a peer, as last told to trouble() or link_down(); "" while there is. */
const char *net_peer_trouble(const struct net *net, uint32_t index);

/*
 * Sends `frame` after all earlier ones.  It is written at once if the socket takes it, else copied
 * into the link's queue.
 *
 * Returns ENTENTE_OK, or an error with nothing sent:
 *   ENTENTE_ERR_TOO_LARGE    over NET_FRAME_BYTES_MAX
 *   ENTENTE_ERR_FLOOD        the queue has no room for it; writable() will say when it has
 *   ENTENTE_ERR_GONE         the link is down or about to be
 *   ENTENTE_ERR_NO_MEMORY
 */
MUST_USE enum entente_error net_send(struct net_link *link, struct bytes frame);

/* Bytes of memory in the link's queue. */
size_t net_queued(const struct net_link *link);

/*
 * Ends a link; `reason` is told to the peer (its first NET_REASON_BYTES_MAX bytes, non-ASCII
 * replaced).  What is queued is dropped.  Nothing is received any more, and link_down() follows
 * soon.  The peer is dialled again after a while.
 */
void net_cut(struct net_link *link, const char *reason);

/*
 * While paused nothing is read, so that the peer's sending stalls; the link is not given up for
 * silence.  Frames may still arrive right after net_pause() that were already read: 16 KiB at most.
 */
void net_pause(struct net_link *link);
void net_resume(struct net_link *link);

uint32_t net_link_peer(const struct net_link *link);

#endif
