/*
 * The node process: libuv around node_step().  It performs effects in order and turns what the store,
 * the links, the keyholder and the desk say into events.  It has no keys and sees no plaintext.
 */
#ifndef ENTENTE_DAEMON_SHELL_H
#define ENTENTE_DAEMON_SHELL_H

#include "channel/messages.h"
#include "daemon/pace.h"
#include "net/net.h"
#include "node/node.h"
#include "store/store.h"

#include <uv.h>

#define SHELL_FD_SUPERVISOR 3
#define SHELL_FD_KEYHOLDER 4
#define SHELL_FD_DESK 5
#define SHELL_QUEUE_BYTES_MAX 16777216u
#define SHELL_WALKS_MAX 16u

/* A link that is up, by the number under which the node knows it. */
struct shell_link {
    uint32_t id;
    struct net_link *link;
};

/* A party that may link to us. */
struct shell_peer {
    struct party_id party;
    uint32_t index; /* in the net */
    uint32_t count; /* of its register when the net was told */
    bool is_blocked;
};

/* A walk in display order that the desk has begun. */
struct shell_walk {
    uint64_t ticket; /* 0: free */
    struct room_id room;
    struct order *order;
};

struct exporting; /* query_file.c */
struct importing; /* query_import.c */
struct chunks;    /* query_chunks.c */

struct shell {
    uv_loop_t *loop;
    uv_timer_t timer;
    uv_idle_t next_turn; /* in place of `timer`, where the node is to go on at once */
    uv_timer_t retry;
    uv_check_t check;
    uv_poll_t supervisor_poll;
    uv_poll_t keyholder_poll;
    uv_poll_t desk_poll;
    int supervisor_events; /* what each waits for now */
    int keyholder_events;
    int desk_events;
    struct channel *supervisor;
    struct channel *keyholder;
    struct channel *desk;
    struct net *net;
    struct store *store;
    struct node *node;
    struct party_id self;
    struct effects effects;
    struct shell_link links[NODE_LINKS_MAX];
    uint32_t links_next;
    struct shell_peer peers[NODE_ROOMS_MAX];
    uint32_t peers_count;
    struct shell_walk walks[SHELL_WALKS_MAX];
    struct exporting *exporting;
    struct importing *importing;
    struct chunks *chunks;
    uint64_t commit_batch; /* 0: nothing of the node's to commit */
    bool has_writes;       /* of the desk's to commit */
    struct pace pace;      /* of the commits */
    bool is_read;          /* the next one has what people can read */
    uv_timer_t commit_timer;
    bool store_failed;     /* the transaction is gone; the node is told at the end of the turn */
    enum entente_error store_error;
    struct room_id news_room;
    bool has_news;
    bool news_told; /* once is enough, until the desk has asked again */
    enum { FOLLOW_NOTHING, FOLLOW_ACTS, FOLLOW_ALL } follow; /* what the desk wants to be told of */
    bool grows;      /* the store, with the next commit */
    bool grows_acts; /* by a signature under an act */
    bool grows_besides; /* by a lane, a register or a proof: by more than entries */
    bool grew;       /* since the desk was told */
    bool grew_acts;
    bool grew_besides;
    bool is_ending;
    int status;
};

/* shell.c */
/* An event with the time filled in. */
struct event shell_event(enum event_kind kind);
/* Steps the node and performs the effects. */
void shell_step(struct shell *shell, const struct event *event);
void shell_trace(enum entente_error error, struct bytes text);
/* One of our own processes is gone or broken: end, the supervisor starts all anew. */
void shell_end(struct shell *shell, const char *why);
MUST_USE enum entente_error shell_join(
    struct shell *shell, struct bytes genesis_file, struct bytes cards);

/* shell_store.c */
void shell_store_effect(struct shell *shell, const struct effect *effect);
/*
 * Around writes of the desk's own, of files: opens the transaction, which is the node's too; what
 * failed in it is the node's trouble as well.
 */
MUST_USE enum entente_error shell_store_open(struct shell *shell);
MUST_USE enum entente_error shell_store_written(struct shell *shell, enum entente_error error);
/* Commits now, or a little later when commits come thick and fast. */
void shell_commit(struct shell *shell);

/* Tells the desk that the store grew, where it waits for that. */
void shell_tell_stored(struct shell *shell);

/*
 * The error of a read from the store, as people should hear it: after a failed write the record knows
 * entries that the store lacks, which is the disk's trouble and no damage.
 */
enum entente_error shell_read_error(const struct shell *shell, enum entente_error error);

/* shell_links.c */
MUST_USE enum entente_error shell_listen(
    struct shell *shell, const uint8_t transport_seed[static 32], const char *listen);
void shell_link_effect(struct shell *shell, const struct effect *effect);
/* Tells the net of the parties' transport keys and addresses, as their registers give them now. */
void shell_peers_refresh(struct shell *shell);
MUST_USE enum entente_error shell_block(
    struct shell *shell, const struct party_id *party, bool blocked);
/* Ends all links, so that the next conversations know of a new room. */
void shell_relink(struct shell *shell);

/* shell_keyholder.c */
void shell_keyholder_effect(struct shell *shell, const struct effect *effect);
void shell_keyholder_message(struct shell *shell, uint16_t type, struct bytes body);

/* query.c */
void shell_desk_message(struct shell *shell, uint16_t type, struct bytes body);
struct record *query_room(struct shell *shell, const struct room_id *asked, struct room_id *room);
void query_done(struct shell *shell, uint64_t ticket, enum entente_error error);

/* query_chunks.c */
MUST_USE enum entente_error chunks_begin(struct shell *shell);
void chunks_end(struct shell *shell);
/* The node stores a file's leaves or a chunk: who waits for it is answered. */
void chunks_effect(struct shell *shell, const struct effect *effect);
/* A commit has ended: those who wait for it are answered. */
void chunks_committed(struct shell *shell, enum entente_error error);
MUST_USE enum entente_error query_file_put(struct shell *shell, struct bytes body);
MUST_USE enum entente_error query_file_end(struct shell *shell, struct bytes body);
MUST_USE enum entente_error query_file_get(struct shell *shell, struct bytes body);
MUST_USE enum entente_error query_file_status(struct shell *shell, struct bytes body);
MUST_USE enum entente_error query_file_remove(struct shell *shell, struct bytes body);

/* query_keys.c */
MUST_USE enum entente_error query_keys(struct shell *shell, struct bytes body);
MUST_USE enum entente_error query_chains(struct shell *shell, struct bytes body);

/* query_file.c */
void query_export(struct shell *shell, const struct message_node_export *asked);
void query_bundle_signed(struct shell *shell, const struct message_bundle_signed *message);
void query_files_end(struct shell *shell);

/* query_import.c */
void query_import(struct shell *shell, const struct message_node_import *asked);
void query_import_end(struct shell *shell);

#endif
