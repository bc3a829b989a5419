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
 * Take in at most about `limit` further entries that the store has, in the order of arrival, and ask for their
 * bodies; at most ROOM_OPENING_MAX are asked for at a time.  `*more`: call again, now or when something
 * was opened.
 *   errors: this machine; the room is good for reading still, and may be tried again
 */
#define ROOM_OPENING_MAX 256u
MUST_USE enum entente_error room_advance(struct room *room, uint32_t limit, bool *more);

/* The answer to calls.open: the body as decrypted (borrowed), or why there is none. */
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
    struct entry entry;    /* its views are not kept but for `tag` and the like: no deps, no header */
    uint32_t held;         /* a bit for each slot that is known to hold it (H1) */
    bool is_contested;
    bool is_void;          /* I2 */
    bool is_late;          /* it was not in the past of the close of the session it belongs to (M4) */
    enum entente_error why; /* why a sealed entry has no body here; ENTENTE_OK: it has */
    const struct body *body; /* NULL: it has none, or see `why` */
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

#endif
