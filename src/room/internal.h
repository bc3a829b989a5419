/* What the files of room/ share.  Nobody else includes this. */
#ifndef ENTENTE_ROOM_INTERNAL_H
#define ENTENTE_ROOM_INTERNAL_H

#include "format/segment.h"
#include "room/list.h"
#include "room/room.h"
#include "room/spill.h"

/* What decides where an entry stands in display order; among equal ones (a fork) the id does. */
struct order_key {
    uint64_t t_ms;
    struct place place;
    uint8_t slot;
    uint16_t inc;
};

/* What was asked to be opened. */
struct opening {
    uint64_t ticket; /* 0: free */
    uint32_t item;
    uint32_t bytes;
    bool must_ask; /* again */
    uint64_t t_ms;
    struct entry_id id;
};

/* A stored segment on its way in, copied out of the store's memory. */
struct arriving {
    struct segment segment;
    struct bytes payloads;
    uint8_t *memory;
    size_t size;
    uint64_t arrival; /* 0: none was looked at */
    uint32_t branch;
    uint32_t next; /* entry of it; segment.count: all are taken */
};

/* An entry that is looked at, and its neighbours. */
struct looked {
    struct segment segment; /* count 0: none is */
    uint32_t branch;
    uint64_t arrival;
    struct bytes payloads;
    uint8_t *memory; /* the segment and its payloads */
    size_t memory_size;
    uint8_t *plain;
    size_t plain_size;
    struct body body;
};

/* The bodies filed under an object, in display order. */
struct filed {
    struct digest object;
    uint32_t seen; /* of those that the consultation has, in order of arrival */
    uint32_t *items;
    uint32_t count;
    uint32_t room;
};

struct room {
    struct room_options options;
    uint64_t life;
    uint8_t *genesis_file;
    struct genesis genesis; /* its views are of genesis_file */
    struct party_register *registers[PARTIES_MAX];
    struct record *record;
    struct consultation *consultation;
    bool is_broken;   /* the consultation must begin anew */
    uint32_t taken;   /* items that the consultation has */
    bool is_at_end;   /* of the store, as of the last look */
    bool is_followed; /* besides entries nothing has grown, as far as we were told */
    struct list list;
    struct order_key *tops; /* by branch: the greatest key in the past of its last item */
    uint32_t tops_count;
    uint32_t tops_room;
    struct spill spill;
    struct opening openings[ROOM_OPENING_MAX];
    uint32_t openings_count;
    uint32_t openings_bytes;
    uint32_t must_ask;
    uint64_t unreadable;
    struct arriving arriving;
    struct looked looked;
    struct filed *filed;
    uint32_t filed_count;
    uint32_t filed_room;
    /* The session that an entry was last asked about, and where it was closed. */
    struct digest session;
    uint64_t session_changes;
    struct place session_close; /* seq 0: it is not */
};

/* room.c */
/* A consultation over what the record has, without entries. */
MUST_USE enum entente_error room_consultation_new(struct room *room);
/* `*memory` has room for `size` bytes; what was there is lost. */
MUST_USE enum entente_error memory_reserve(uint8_t **memory, size_t *room, size_t size);

/* taking.c */
/* What has grown besides segments: branches, registers, proofs. */
MUST_USE enum entente_error room_follow(struct room *room);

/* entries.c */
/* The item of (branch, seq), which may lie before the branch's fork; LIST_NONE: it was not met. */
uint32_t item_of(const struct room *room, uint32_t branch, uint32_t seq);
/* Entry (branch, seq) out of the store, into `room->looked`. */
MUST_USE enum entente_error look_at(struct room *room, uint32_t branch, uint32_t seq,
    const struct entry **entry, const struct entry_id **id, struct bytes *payload,
    uint64_t *arrival);
/* The opened body of an item, into `room->looked.body`. */
MUST_USE enum entente_error look_at_body(struct room *room, const struct item *item);

/* order.c */
/*
 * Whether `entry`, which comes next in `branch`, has the greatest key in its own past; notes what the greatest one
 * is.  Before list_add(), and again for the same entry where that failed.
 */
MUST_USE enum entente_error order_note(
    struct room *room, uint32_t branch, const struct entry *entry, bool *is_top);

#endif
