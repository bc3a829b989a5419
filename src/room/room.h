/*
 * A room as its party's people read it: the record out of the node's store (read only), the bodies that
 * the keyholder opened, and the consultation that follows from both.  The desk has one for each of its
 * rooms; what documents, search and the API say of a room is read through this header.
 *
 * It opens nothing itself: what is to be opened goes out through `room_options.open`, and comes back
 * by room_opened().  Opened bodies are kept in a file of its own without a name, sealed under a key
 * that lives in memory only: memory is bounded, reads need not wait, and nothing readable is at rest.
 */
#ifndef ENTENTE_ROOM_ROOM_H
#define ENTENTE_ROOM_ROOM_H

#include "consultation/consultation.h"
#include "format/entry.h"
#include "store/store.h"

struct room;

/* What the room asks its surroundings for. */
struct room_calls {
    void *state;
    /*
     * Have this sealed entry opened and answer with room_opened() under the same ticket, later or at
     * once.  The views are borrowed for the call.
     */
    void (*open)(void *state, uint64_t ticket, struct bytes header, struct bytes payload);
    /*
     * An entry was taken in (its body too, where it is a sealed one: opened, or found not to be readable):
     * the moment to index it, and to tell people.  `change` is its number: see room_change().
     */
    void (*changed)(void *state, uint64_t change);
};

struct room_options {
    struct room_id id;
    uint8_t slot;          /* of the own party */
    struct store *store;   /* borrowed for the room's life; only read */
    int spill;             /* an open file without a name, for the opened bodies; the room closes it */
    /*
     * Registers, lanes and proofs that grow without an entry that needs them are looked for only when
     * room_grew() tells of them.  False: with each room_advance().
     */
    bool is_told;
    struct room_calls calls;
};

/*
 * Reads genesis, registers and heads; no entries yet.
 *   ENTENTE_ERR_NOT_FOUND   the store does not have the room
 *   ENTENTE_ERR_CORRUPT, ENTENTE_ERR_IO, ENTENTE_ERR_NO_MEMORY
 */
MUST_USE enum entente_error room_new(struct room **room, const struct room_options *options);
void room_free(struct room *room);

/*
 * Take in at most `limit` further entries that the store has, in the order of arrival, and ask for their
 * bodies; at most ROOM_OPENING_MAX are asked for at a time, and about ROOM_OPENING_BYTES_MAX.  `*more`:
 * there is more to do at once.  Where not, the next moment is after room_opened(), as long as the room is
 * not current, or when the store has grown.
 *   errors: this machine; the room is good for reading still, and may be tried again.  What follows from
 *   the entries may then be evaluated anew from the beginning, from what is here: room_is_current() says
 *   when it is done.
 */
#define ROOM_OPENING_MAX 256u
#define ROOM_OPENING_BYTES_MAX 4194304u
MUST_USE enum entente_error room_advance(struct room *room, uint32_t limit, bool *more);

/* More than entries was stored: see `is_told`.  Said once too often, it costs a few reads. */
void room_grew(struct room *room);

/*
 * The answer to calls.open: the body as decrypted (borrowed), or why there is none.  After NO_MEMORY, IO or
 * GONE it is asked for again.
 *   ENTENTE_ERR_NOT_FOUND   nothing was asked for under the ticket, or it was answered
 *   other errors: as for room_advance(); where it could not be kept it is asked for again
 */
MUST_USE enum entente_error room_opened(
    struct room *room, uint64_t ticket, struct bytes body, enum entente_error why);

/* Whether all that the store had at the last room_advance() is taken in and opened. */
bool room_is_current(const struct room *room);

/* ---- who ---- */

const struct room_id *room_id(const struct room *room);
const struct genesis *room_genesis(const struct room *room); /* title, parties, required offices, ... */
uint8_t room_slot(const struct room *room);
uint8_t room_parties(const struct room *room);
/* The party's newest register, and its name in UTF-8; borrowed until room_advance(). */
const struct party_register *room_register(const struct room *room, uint8_t slot);
struct bytes room_party_name(const struct room *room, uint8_t slot);

/* ---- what ---- */

/* See consultation.h; what it hands out is borrowed until room_advance() or room_opened(). */
struct consultation *room_consultation(struct room *room);
struct record *room_record(struct room *room);

/* An entry and its opened body.  Views are borrowed until the next call of this room. */
struct room_entry {
    struct place place;
    struct entry_id id;
    uint64_t arrival;
    uint64_t change;       /* see room_change() */
    struct entry entry;    /* with its header */
    uint32_t held;         /* a bit for each slot that is known to hold it (H1) */
    bool is_contested;
    bool is_void;          /* I2 */
    bool is_late;          /* it was not in the past of the close of the session it belongs to (M4) */
    enum entente_error why; /* why a sealed entry or an act has no body here; ENTENTE_OK: it has */
    const struct body *body; /* NULL: it has none, or see `why`; of an act, what stands there in clear */
};

/*
 *   ENTENTE_ERR_NOT_FOUND   no such entry was taken in
 *   ENTENTE_ERR_IO, ENTENTE_ERR_CORRUPT, ENTENTE_ERR_NO_MEMORY   this machine
 */
MUST_USE enum entente_error room_entry(
    struct room *room, const struct place *place, struct room_entry *entry);
MUST_USE enum entente_error room_entry_of_id(
    struct room *room, const struct entry_id *id, struct room_entry *entry);

/*
 * Everything that was taken in has a number, from 1, ascending: the cursor of those who follow.  It holds for this
 * life of the desk only (another one may take entries in in another order): a follower keeps
 * room_life() beside its cursor and begins anew where that is another.
 */
uint64_t room_changes(const struct room *room); /* the last; 0: none */
MUST_USE enum entente_error room_change(
    struct room *room, uint64_t change, struct room_entry *entry);
uint64_t room_life(const struct room *room);

/*
 * The place of an entry in display order (O1) among the bodies filed under `object` (M6), from 0; the bodies
 * of an object in that order.  NOT_FOUND beyond the last.
 */
MUST_USE enum entente_error room_under(
    struct room *room, const struct digest *object, uint32_t index, struct room_entry *entry);
/* How many they are; none where nobody spoke of the object.  Errors as above, but not NOT_FOUND. */
MUST_USE enum entente_error room_under_count(
    struct room *room, const struct digest *object, uint32_t *count);

/*
 * The proof that the party showed two faces in this lane (section 7): the payload of a fault entry, for
 * fault_parse().  Borrowed until the next call of this room.  NOT_FOUND: there is none.
 */
MUST_USE enum entente_error room_proof(
    struct room *room, uint8_t slot, uint16_t inc, struct bytes *proof);

/* What a slice of the record says when it is checked anew. */
struct room_verified {
    uint64_t last; /* arrival of the last segment that was looked at: where the next slice goes on */
    uint32_t segments;
    uint64_t entries;
    bool is_end;              /* nothing that was taken in lies behind it */
    enum entente_error wrong; /* the first thing that is not right, with which the slice ends; ENTENTE_OK: nothing */
    struct position at;       /* of the segment that it is about; zero where its form is broken */
};
/*
 * Checks at most `limit` segments that were taken in behind the arrival `after` (0: from the beginning): form and
 * chain, the signature by the key that the register certifies, each payload's hash, and that what each entry
 * follows and had seen is in the record.  Costs about a signature's check for each.
 *   errors: this machine
 */
MUST_USE enum entente_error room_verify(
    struct room *room, uint64_t after, uint32_t limit, struct room_verified *verified);

/* ---- what is to be written ---- */

/*
 * What an entry of a kind of act with this payload would be worth, were it written next: the rule that
 * makes it void or keeps a node from writing it, or letter 0.  See consultation_judge().
 *   ENTENTE_ERR_PENDING   the room is not current: nobody can say yet
 *   ENTENTE_ERR_NO_MEMORY, ENTENTE_ERR_IO, ENTENTE_ERR_CORRUPT   this machine
 */
MUST_USE enum entente_error room_judge(
    struct room *room, uint8_t kind, struct bytes payload, struct rule *broken);

/*
 * The next act, by index from `*index` on, that the own party is to ratify now (A10); `*index` is then behind
 * it.  ENTENTE_ERR_NOT_FOUND   there is none; otherwise as room_judge()
 */
MUST_USE enum entente_error room_to_ratify(
    struct room *room, uint32_t *index, struct digest *act);

struct room_counts {
    uint64_t entries;    /* that were met; numbered are those that are not `opening` */
    uint64_t opening;    /* asked for and not answered yet */
    uint64_t unreadable; /* sealed, without a body that can be read */
};
struct room_counts room_counts(const struct room *room);

#endif
