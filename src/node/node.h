/*
 * The node: one party's part in the record, as a step function.  It joins the record of each room,
 * the conversations with the other parties' nodes, and the writing of own entries through the
 * keyholder.  Pure: time, links, the keyholder's answers and durability come in as events; frames,
 * rows to store and requests to the keyholder leave as effects.  The daemon, the simulator and the
 * fuzzers run this same code.
 *
 * Order of what may be lost: an own entry is journaled by the keyholder before the node hears of it
 * (EVENT_SIGNED); a foreign entry is covered only after EVENT_STORED.
 */
#ifndef ENTENTE_NODE_NODE_H
#define ENTENTE_NODE_NODE_H

#include "base/arena.h"
#include "format/frame.h"
#include "record/file_source.h"
#include "record/record.h"

#define NODE_ROOMS_MAX 64u
#define NODE_LINKS_MAX 64u
#define NODE_EFFECTS_MAX 4096u
#define NODE_ARENA_BYTES 8388608u
#define NODE_APPENDS_MAX 1u          /* segments under way to the keyholder, for each room: one, so that
                                        what comes meanwhile goes into the next, larger one */
#define NODE_FAULT_BYTES_MAX 524288u /* of fault entries that wait for their place, besides one */
#define NODE_LINK_BYTES_MAX (2u * CREDIT_INITIAL) /* queued for a link, credit and all else: whoever
                                                     is further behind is cut off */
#define NODE_FILES_MAX 16u             /* fetched at one time, of all rooms */

/* Rules that a test may switch off, as in record.h. */
struct node_mutations {
    bool no_own_lane_for_peer;   /* Y7: a peer's own feed is not offered to it */
    bool no_fork_answer;         /* Y3: a WANT behind another id is not answered */
    bool never_ask_elsewhere;    /* Y4: whoever does not answer is waited for */
    bool no_announcement;        /* Y5 */
    bool send_beyond_credit;     /* Y6 */
    bool any_credit;             /* Y6: also beyond CREDIT_INITIAL */
    bool no_cut;                 /* Y8 */
    bool no_fault_entry;         /* F2 */
    bool fault_entry_again;      /* F2: more than once for a lane */
    bool resume_at_once;         /* I1: without what the others have */
    bool no_start_barrier;       /* I4: nobody is asked */
    bool ignore_another_writer;  /* I4: what shows up later changes nothing */
    bool write_before_recovery;  /* H1: before the lost own entries are back */
    bool never_gather;           /* S4: own segments are passed on as they were signed */
    bool no_registers_told;      /* K3: a keyholder that starts has the cards alone */
    bool keep_what_store_lost;   /* S3 */
    bool release_unheld;         /* S3: the journal forgets what nobody else holds */
    bool believe_chunks;         /* W4: what comes is not checked */
    bool any_chunk;              /* W3: what was not asked for is taken, too */
    bool chunks_use_all;         /* W5: chunks leave no credit for entries */
};

struct node_options {
    struct party_id self;
    uint64_t ack_delay_ms;     /* H2: after so much quiet; 0: 50 */
    uint64_t ack_interval_ms;  /* at most one ack in this time; 0: 200 */
    uint64_t announce_delay_ms; /* Y5: a relay announces after it; 0: 100 */
    uint64_t request_timeout_ms;     /* what is not answered so long is asked elsewhere; 0: 5,000 */
    const struct file_source *files; /* borrowed for the node's life; NULL: it has none */
    size_t fault_bytes_max; /* of fault entries written at once, beyond the first; 0: NODE_FAULT_BYTES_MAX */
    const struct record_mutations *mutations; /* NULL: none; copied */
    struct node_mutations node_mutations;     /* all false in production */
};

struct node;

MUST_USE enum entente_error node_new(struct node **node, const struct node_options *options);
void node_free(struct node *node);

/*
 * Tell the node of a party's register (its own included) before the rooms that need it.  Entries that
 * are there already are skipped.  Not to be called between node_step() and its effects.
 */
MUST_USE enum entente_error node_add_register(struct node *node, struct bytes entries);

/*
 * Join a room: a complete genesis file whose parties' registers were added.  The record is loaded
 * from `source`, borrowed for the node's life.
 *   ENTENTE_ERR_NOT_A_PARTY   this node's party is not in it
 *   ENTENTE_ERR_NOT_TRUSTED   a party's register is unknown here or too short
 *   ENTENTE_ERR_EXISTS        joined already
 *   or what genesis_file_parse(), genesis_check_consent() and record_new() say
 */
MUST_USE enum entente_error node_add_room(
    struct node *node, struct bytes genesis_file, const struct record_source *source);

/* For the shell's reading (status, log, export); NULL when not joined.  By index from 0, too. */
struct record *node_record(const struct node *node, const struct room_id *room);
struct record *node_record_at(const struct node *node, uint32_t index);
struct bytes node_genesis_file(const struct node *node, const struct room_id *room);
struct party_register *node_register(const struct node *node, const struct party_id *party);
uint8_t node_slot(const struct node *node, const struct room_id *room); /* own slot */
/* Own incarnation: the keyholder's, which may have no entry yet. */
uint16_t node_incarnation(const struct node *node, const struct room_id *room);

/* What `status` shows of another party in a room. */
struct node_peer_status {
    bool is_linked;
    uint64_t heard_at_ms; /* Unix time of the last frame; 0: never since the start */
    uint32_t missing;     /* entries that the peer said it has and we lack */
};
struct node_peer_status node_peer_status(
    const struct node *node, const struct room_id *room, uint8_t slot);

/* How a file stands: PROTOCOL.md section 19. */
struct node_file_status {
    bool is_wanted;
    uint64_t size;
    uint32_t chunks; /* 0: neither size nor leaves are known here */
    uint32_t here;   /* of them, durable */
    uint32_t at;     /* which parties were seen to have it since the start: a bit for each slot */
};
/*
 * The first time it costs a walk over the keys of the file's chunks.  Not to be called between
 * node_step() and its effects.
 *   ENTENTE_ERR_NOT_FOUND   no such room
 *   ENTENTE_ERR_IO, ENTENTE_ERR_CORRUPT, ENTENTE_ERR_NO_MEMORY
 *   ENTENTE_ERR_LOCKED      NODE_FILES_MAX others are fetched
 */
MUST_USE enum entente_error node_file_status(struct node *node, const struct room_id *room,
    const struct digest *root, struct node_file_status *status);

/* How a room stands with the keyholder. */
enum node_writing {
    NODE_WRITING_UNKNOWN, /* the keyholder has not answered yet */
    NODE_WRITING_BARRIER, /* waits for another party (I4) */
    NODE_WRITING_OPEN,
    NODE_WRITING_RETIRED  /* `entente keys resume` is needed */
};
enum node_writing node_writing(const struct node *node, const struct room_id *room);

enum event_kind {
    EVENT_TIMER,           /* nothing but the time */
    EVENT_LINK_UP,         /* link, party, exporter */
    EVENT_LINK_DOWN,       /* link */
    EVENT_RECEIVED,        /* link, data: one frame */
    EVENT_WRITABLE,        /* link: its queue ran low */
    EVENT_STORED,          /* batch: all effects of EFFECT_COMMIT up to it are durable */
    EVENT_STORE_FAILED,    /* batch: nothing since the last EVENT_STORED was kept; error */
    EVENT_KEYHOLDER_STATE, /* room, state */
    EVENT_SEALED,          /* room, sealed */
    EVENT_SIGNED,          /* room, data: segment, payloads: as journaled */
    EVENT_REFUSED,         /* room, seq, error: a request was refused; later ones of the room too */
    EVENT_JOURNALED,       /* room, data: segment, payloads: from the journal, oldest first */
    EVENT_JOURNAL_END,     /* room */
    EVENT_KEYHOLDER_GONE,  /* all requests under way are void; EVENT_KEYHOLDER_STATE when it is back
                            */
    EVENT_REGISTER,        /* party, data: entries: this party's operator extended a register */
    EVENT_BUNDLE,          /* room, data: a SEGMENT, REGISTER or FAULT frame out of a bundle */
    EVENT_OVERRIDE,        /* room: the operator lifts the start barrier (I4) */
    EVENT_FILE_WANT,   /* room, root, seq: the chunk to begin with: its own people want the file */
    EVENT_FILE_LEAVE,  /* room, root: they do not any more; what is here stays */
    EVENT_FILE_CHANGED, /* room, root: the shell put or removed it */
    EVENT_READ             /* the records are about to be read: what was acknowledged is to be in them */
};

/* What the keyholder says of a room. */
struct keyholder_state {
    uint8_t slot;
    uint16_t inc;
    uint32_t seq; /* the last signed; 0: none */
    struct entry_id id;
    uint32_t reg_number;
    struct entry_id reg_id;
    uint64_t t_ms;
    uint32_t journal_first_seq; /* the first that the journal still has; 0: none */
    bool barrier_passed;
    bool is_retired;
};

/* What the keyholder sealed and keeps, for the node to place. */
struct sealed {
    uint64_t ticket; /* not 0 */
    uint8_t kind;    /* enum entry_kind */
    uint8_t tag[ENTRY_TAG_BYTES];
    uint64_t chain;
    uint32_t index;
    struct digest pcommit;
    uint32_t payload_bytes;
    struct digest payload_hash;
};

struct event {
    enum event_kind kind;
    uint64_t now_ms;  /* Unix time, may jump */
    uint64_t mono_ms; /* grows steadily; timers go by it */
    uint32_t link;
    struct party_id party;
    uint8_t exporter[32];
    struct room_id room;
    struct keyholder_state state;
    struct sealed sealed;
    struct digest root;
    uint32_t seq;
    uint64_t batch;
    enum entente_error error;
    struct bytes data; /* borrowed for the step */
    struct bytes payloads;
};

enum effect_kind {
    EFFECT_SEND,           /* link, data: one frame */
    EFFECT_CUT,            /* link, error, data: a sentence; the BYE was sent before */
    EFFECT_STORE_BRANCH,   /* room, admitted->branch */
    EFFECT_STORE_SEGMENT,  /* room, admitted */
    EFFECT_STORE_REGISTER, /* party, seq: number, data: one entry */
    EFFECT_STORE_PROOF,    /* room, slot, inc, data */
    EFFECT_STORE_FILE,     /* room, root, file, data: its leaves */
    EFFECT_STORE_CHUNK,    /* room, root, file, seq: the chunk's index, data: the sealed chunk */
    EFFECT_COMMIT,         /* batch: make durable what was stored so far, then EVENT_STORED */
    EFFECT_STATE_ASK,      /* room */
    EFFECT_BARRIER, /* room, seq, id: own head, as proven by its signature (0: none), overridden */
    EFFECT_APPEND,  /* room, tickets, count, data: headers, payloads: of those with ticket 0 */
    EFFECT_JOURNAL_ASK, /* room, seq: segments after it */
    EFFECT_RELEASE,     /* room, seq: stored, seq_held: held by another; the journal may forget */
    EFFECT_KEYHOLDER_REGISTER, /* party, data: entries, for the keyholder to verify too */
    EFFECT_NEWS,               /* room: entries came or were held; tell who follows */
    EFFECT_TRACE,              /* error, data: one line for the operator */
    EFFECT_TIMER /* at_ms: wake up at this mono_ms at the latest; the last one counts */
};

struct effect {
    enum effect_kind kind;
    uint32_t link;
    struct room_id room;
    struct party_id party;
    const struct admitted *admitted;
    struct digest root;
    struct file_row file;
    uint8_t slot;
    uint16_t inc;
    uint32_t seq;
    uint32_t seq_held;
    struct entry_id id;
    bool overridden;
    uint64_t batch;
    uint64_t at_ms;
    enum entente_error error;
    struct bytes data;
    struct bytes payloads;
    const uint64_t *tickets;
    uint32_t count;
};

struct effects {
    struct effect *list; /* NODE_EFFECTS_MAX places, given by the caller */
    uint32_t count;
    struct arena arena; /* NODE_ARENA_BYTES, given by the caller */
};

/*
 * Tell the node that `event` happened and learn what to do about it.
 *
 * Perform `effects->list` in order, all of it before the next step; views in it stay valid until
 * then.  Reads of the record's source must see the effects performed so far.  The same events in
 * the same order give the same effects.
 *
 * A peer's fault never comes back as an error here: it becomes EFFECT_CUT and EFFECT_TRACE.
 * Returns ENTENTE_OK, or this machine's trouble (ENTENTE_ERR_NO_MEMORY, ENTENTE_ERR_IO, ENTENTE_ERR_CORRUPT):
 * the event had no effect beyond those listed, which must still be performed.
 */
MUST_USE enum entente_error node_step(
    struct node *node, const struct event *event, struct effects *effects);

#endif
