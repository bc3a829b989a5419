/* Frames between nodes and inside bundles: PROTOCOL.md sections 9 and 10. */
#ifndef ENTENTE_FORMAT_FRAME_H
#define ENTENTE_FORMAT_FRAME_H

#include "format/ids.h"

#define FRAME_BYTES_MAX 1376256u /* every valid segment with its payloads fits */
#define FRAME_VERSION 1
#define FRAME_ROOMS_MAX 255u
#define FRAME_LANES_MAX 1024u
#define FRAME_TEXT_BYTES_MAX 200u
#define CREDIT_INITIAL 4194304u
#define FRAME_CHUNKS_MAX 16u       /* asked for and not answered, over one link */
#define FRAME_NO_LEAVES UINT32_MAX /* NOCHUNK: the leaves are not here */

enum frame_kind {
    FRAME_HELLO = 1,
    FRAME_HAVE = 2,
    FRAME_WANT = 3,
    FRAME_SEGMENT = 4,
    FRAME_REGISTER = 5,
    FRAME_NEED = 6,
    FRAME_NOHAVE = 7,
    FRAME_FAULT = 8,
    FRAME_CREDIT = 9,
    FRAME_PING = 10,
    FRAME_PONG = 11,
    FRAME_BYE = 12,
    FRAME_LEAVES_WANT = 14,
    FRAME_LEAVES = 15,
    FRAME_CHUNK_WANT = 16,
    FRAME_CHUNK = 17,
    FRAME_NOCHUNK = 18,
    FRAME_MANIFEST = 64,
    FRAME_END = 65
};

/* One frame.  Which members count depends on `kind`; views borrow from the input. */
struct frame {
    uint8_t kind;
    struct room_id room; /* HAVE, WANT, REGISTER, NEED, NOHAVE, FAULT, and those of files */
    union {
        struct {
            uint16_t version;
            struct party_id party;
            uint8_t rooms_count;
            struct bytes rooms; /* rooms_count x 32, ascending */
        } hello;
        struct {
            bool complete;
            uint16_t lanes_count;
            struct bytes lanes; /* lanes_count x POSITION_BYTES, ascending; frame_lane() */
        } have;
        struct {
            struct position after; /* seq 0 and a zero id: from the start */
            uint32_t to_seq;
        } want;
        struct {
            struct bytes segment;  /* for segment_parse(); checked only for its outer sizes */
            struct bytes payloads; /* the rest */
        } segment;
        struct {
            uint8_t slot;
            uint8_t count;
            struct bytes entries; /* for register_entry_parse() */
        } reg;
        struct position need; /* NEED, NOHAVE */
        struct {
            uint8_t slot;
            uint16_t inc;
            struct bytes payload; /* for fault_parse(): slot, inc and proof */
        } fault;
        uint32_t credit;
        uint64_t ping; /* PING, PONG */
        struct {
            uint16_t error; /* enum entente_error of the sender's version; the text explains */
            struct bytes text;
        } bye;
        struct {
            struct digest root;
            uint32_t index;    /* CHUNK, NOCHUNK; the first one of a CHUNK_WANT */
            uint16_t count;    /* CHUNK_WANT */
            uint64_t size;     /* LEAVES: of the file */
            struct bytes data; /* LEAVES, CHUNK */
        } file;
        struct {
            struct bytes genesis_file;
            uint8_t slot;
            uint16_t inc;
            struct bytes why;
            uint16_t from_count;
            struct bytes from;
            uint16_t to_count;
            struct bytes to;
        } manifest;
        struct {
            uint64_t segments;
            uint64_t entries;
            struct digest state;
            uint8_t signature[64];
        } end;
    };
};

/*
 * Read one frame, which is the whole of `input`.  Lists are checked: ascending, and positions with
 * a slot, inc and seq that can be.  Of what is inside, register entries and the fault are read too,
 * segments and genesis files are not.
 *   ENTENTE_ERR_TOO_LARGE    over FRAME_BYTES_MAX or a count or size over its limit
 *   ENTENTE_ERR_VERSION      unknown kind, or a HELLO of another version
 *   ENTENTE_ERR_TRUNCATED    `input` ends too early
 *   ENTENTE_ERR_MALFORMED    any other breach
 *   or what register_entry_parse() or fault_parse() say
 * On error `*frame` is zeroed.
 */
MUST_USE enum entente_error frame_parse(struct bytes input, struct frame *frame);

/* Writes `kind` and body.  SEGMENT is written from its two views as they are. */
void frame_write(struct writer *writer, const struct frame *frame);

/* The i-th lane of a HAVE's (or manifest's) list. */
struct position frame_lane(struct bytes lanes, unsigned i);

/* The tag under which a room is named in HELLO: nobody learns of rooms that it does not know. */
void frame_room_tag(
    uint8_t tag[static 32], const uint8_t exporter[static 32], const struct room_id *room);

#define BUNDLE_MAGIC "entente/bundle/1"

#endif
