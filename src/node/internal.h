/* What the files of node/ share.  Nobody else includes this. */
#ifndef ENTENTE_NODE_INTERNAL_H
#define ENTENTE_NODE_INTERNAL_H

#include "node/node.h"
#include "sync/asker.h"
#include "sync/feeder.h"
#include "sync/fetcher.h"

#define AHEAD_MAX 128u
#define FILE_ASKS_FIRST 4u /* chunks that are asked for at one time over a new link */

/* One room over one link. */
struct shared {
    bool is_shared; /* both named it in HELLO */
    bool has_have;  /* a complete HAVE has come */
    struct feeder feeder;
    struct position ahead[AHEAD_MAX]; /* heads that the peer has and we lack */
    uint32_t ahead_count;
};

/* A chunk of a file, or its leaves: FRAME_NO_LEAVES. */
struct chunk_name {
    const struct room *room;
    struct digest root;
    uint32_t index;
};

/* It was asked for over a link. */
struct chunk_ask {
    struct chunk_name name;
    uint64_t asked_ms; /* mono */
    bool is_late;      /* it is asked for elsewhere, too; the answer may still come */
};

struct link {
    uint32_t id;
    bool is_up;
    bool has_hello;
    struct party_id party;
    uint8_t exporter[32];
    uint64_t heard_at_ms; /* Unix */
    uint32_t credit;      /* bytes that we may send */
    uint32_t taken;       /* bytes taken in since the last CREDIT */
    struct chunk_ask asks[FRAME_CHUNKS_MAX]; /* not answered yet */
    uint32_t asks_count;
    uint32_t asks_max; /* as many at one time as the link brings in well under a second */
    struct chunk_name owed[FRAME_CHUNKS_MAX]; /* what the peer waits for */
    uint32_t owed_count;
    struct shared rooms[NODE_ROOMS_MAX];
};

/* What the keyholder sealed and waits for its place, or an own entry of another kind. */
struct waiting {
    struct sealed sealed;
    uint8_t *payload; /* NULL where the keyholder has it */
    struct waiting *next;
};

/* A segment at the keyholder. */
struct append {
    uint32_t first_seq;
    uint32_t last_seq;
};

/* What was signed a moment ago and enters the record with what comes behind it: gather.c. */
struct gathered {
    uint32_t count; /* of entries */
    uint8_t *headers;
    size_t headers_size;
    size_t headers_room;
    uint8_t *payloads;
    size_t payloads_size;
    size_t payloads_room;
    struct signature signature; /* the last one: it covers them all (S4) */
    uint64_t taken_ms;          /* mono; when something was taken in last */
    uint8_t *lent[2];           /* what the effects of that step borrow */
};

struct writer_state {
    enum node_writing writing;
    bool has_state;
    bool state_asked;
    bool journal_asked;
    uint32_t journal_asked_seq;  /* what was here when the journal was asked last */
    uint64_t journal_again_ms;   /* mono; then it may be asked the same again */
    bool barrier_sent;
    uint64_t barrier_at_ms;         /* mono; when the first report came; 0: none yet */
    uint32_t judged_seq;            /* own seq that the keyholder was told of as another's work */
    uint32_t reported_seq;          /* the greatest own seq that a peer claimed; it may lie */
    struct keyholder_state keyholder; /* as of the last signed entry */
    /* Where the next own entry goes, behind all that is under way. */
    uint32_t next_seq;
    struct entry_id prev;
    uint64_t t_ms;
    uint32_t reg_number;
    bool past_known;
    uint32_t *past;
    uint32_t past_size;
    struct append appends[NODE_APPENDS_MAX];
    uint32_t appends_count;
    struct gathered gathered;
    struct waiting *first;
    struct waiting **last;
    size_t waiting_bytes; /* of the payloads that are here */
    uint64_t quiet_since_ms; /* mono; the last foreign content that is not covered came */
    uint64_t acked_at_ms;
    bool may_ack;            /* something came since the last own entry */
    bool is_alone;           /* the operator lifted the barrier */
    uint64_t faults_again_ms; /* mono; fault entries that did not enter the record are tried again */
    uint64_t faults_wait_ms;
    uint32_t faults_lanes;    /* so many were contested at the last attempt */
    uint32_t faults_next;     /* the first contested lane that this attempt has not come to */
    uint32_t released_seq;
    uint32_t released_held;
};

struct room {
    struct room_id id;
    uint8_t *genesis_file;
    size_t genesis_size;
    struct genesis genesis;
    uint8_t slot;
    const struct record_source *source;
    struct party_register *registers[PARTIES_MAX];
    struct record *record;
    bool is_broken; /* the record must be loaded again */
    bool has_more;  /* pending segments are left to try */
    struct asker asker;
    uint32_t ask_first; /* the place of the link that is asked first */
    uint64_t announce_at_ms; /* 0: nothing to announce */
    struct writer_state writer;
};

/* A file that is fetched, or was looked at. */
struct file {
    const struct room *room;
    struct fetcher fetcher;
    struct file_row row;
    bool is_loaded; /* what the store has of it is noted */
    bool is_wanted;
    uint32_t stored; /* chunks that are durable */
    uint32_t at;
    uint64_t used_ms;                          /* mono */
    uint64_t refused_until_ms[NODE_LINKS_MAX]; /* mono; the peer on that place has it not */
};

struct node {
    struct node_options options;
    struct record_mutations mutations; /* what options.mutations points to */
    struct party_register **registers;
    uint32_t registers_count;
    struct room *rooms[NODE_ROOMS_MAX];
    uint32_t rooms_count;
    struct link *links[NODE_LINKS_MAX];
    uint64_t heard_at_ms[NODE_ROOMS_MAX][PARTIES_MAX];
    struct file *files[NODE_FILES_MAX];
    uint32_t file_first; /* the place of the file that is asked for first */
    uint64_t batch;  /* the last one asked for */
    uint64_t stored; /* the last one that is durable */
    bool commit_due;
    uint64_t registers_due_ms; /* mono; the store may have lost some: hand them over again; 0: no */
    uint64_t pump_at_ms; /* a peer has just asked: its other lanes come in the next frames */
    uint64_t timer_ms;
    /* of the running step */
    uint64_t now_ms;
    uint64_t mono_ms;
    struct effects *effects;
    enum entente_error trouble; /* the first trouble of this machine in the step */
};

/* output.c */
struct effect *effect_add(struct node *node, enum effect_kind kind);
void node_trouble(struct node *node, enum entente_error error);
/* "WHO: SENTENCE" with the error's own sentence. */
void trace(struct node *node, enum entente_error error, const char *who, const char *what);
void send_frame(struct node *node, struct link *link, const struct frame *frame, size_t size_max);
void cut(struct node *node, struct link *link, enum entente_error error);
void wake(struct node *node, uint64_t mono_ms);

/* rooms.c */
struct room *room_find(const struct node *node, const struct room_id *id);
uint32_t room_index(const struct node *node, const struct room *room);
struct link *node_link_find(const struct node *node, uint32_t id);
MUST_USE enum entente_error room_load(struct node *node, struct room *room);
void room_free(struct room *room);
bool slot_of(const struct room *room, const struct party_id *party, uint8_t *slot);

/* intake.c: what comes in, from links, bundles and the keyholder */
/* `link` is NULL for bundles and own segments.  Returns a peer's fault; own trouble is noted. */
enum entente_error intake_segment(struct node *node, struct room *room, struct link *link,
    struct bytes segment, struct bytes payloads);
/* What this party's keyholder has just signed. */
enum entente_error intake_signed(
    struct node *node, struct room *room, struct bytes segment, struct bytes payloads);
enum entente_error intake_register(
    struct node *node, const struct party_id *party, struct bytes entries);
enum entente_error intake_fault(
    struct node *node, struct room *room, struct link *link, struct bytes payload);
void intake_admission(struct node *node, struct room *room, struct link *link,
    const struct admission *admission);
void intake_go_on(struct node *node, struct room *room);
/* A keyholder that has just started knows the registers of the room's parties from cards alone. */
void intake_tell_registers(struct node *node, const struct room *room);

/* links.c: the conversations */
void links_event(struct node *node, const struct event *event);
void links_push(struct node *node, struct room *room, const struct admitted *admitted);
void links_pump(struct node *node);
void links_announce(struct node *node, struct room *room);
void links_ask_ahead(struct node *node, struct room *room);
/* The same after `silent` did not answer: the links behind it come first. */
void links_ask_elsewhere(struct node *node, struct room *room, uint32_t silent);
void links_ask(struct node *node, struct room *room, struct link *link,
    const struct position *missing);
void links_fault(struct node *node, struct room *room, struct link *from, uint8_t slot,
    uint16_t inc, struct bytes payload);
void links_cut_all(struct node *node, enum entente_error error);

/* files.c */
void files_event(struct node *node, const struct event *event);
/* A frame about a file of a room that is shared over the link.  Returns a peer's fault. */
enum entente_error files_hear(
    struct node *node, struct link *link, struct room *room, const struct frame *frame);
/* Asks for what is wanted. */
void files_go_on(struct node *node);
/* Sends what peers wait for; after links_pump(): entries go first. */
void files_pump(struct node *node);
bool files_are_owed(const struct node *node);
/* The link on `place` of node->links is new, or gone. */
void files_forget_link(struct node *node, uint32_t place);
void files_stored(struct node *node);
/* The store failed and dropped what came last; on a full disk nothing is fetched any more. */
void files_reload(struct node *node, enum entente_error error);
void files_free(struct node *node);

/* gather.c: own segments on their way from the keyholder into the record */
/* A segment that was just signed. */
void gather_signed(
    struct node *node, struct room *room, struct bytes segment, struct bytes payloads);
/* Take in what was gathered when its time has come, or at once. */
void gather_go_on(struct node *node, struct room *room, bool at_once);
/* When gather_go_on() has something to do; UINT64_MAX: nothing was gathered. */
uint64_t gather_next_ms(const struct room *room);
/* Forget it; the keyholder's journal has it.  What the last effects borrow stays until the end. */
void gather_forget(struct gathered *gathered);
void gather_free(struct gathered *gathered);

/* writer.c: own entries */
void writer_event(struct node *node, struct room *room, const struct event *event);
void writer_report(struct node *node, struct room *room, uint32_t seq, bool is_complete);
void writer_go_on(struct node *node, struct room *room);
void writer_stored(struct node *node, struct room *room);
/* All is void, what was sealed too: the keyholder is another one. */
void writer_reset(struct room *room);
/* What is known of the feed is void; what was sealed goes on waiting for its place. */
void writer_pause(struct room *room);
uint64_t writer_next_ms(const struct node *node, const struct room *room);

#endif
