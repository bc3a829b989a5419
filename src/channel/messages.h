/*
 * Every message between our own processes, in one table.
 *
 * To add one: a line in MESSAGES and a MESSAGE_FIELDS_NAME list; struct, writer and strict reader
 * follow from them, and the fuzzer takes it up.  A message that goes another way than its line says
 * is refused, so a new one is forbidden everywhere until a line allows it.
 *
 * Numbers: 1-19 with the supervisor, 20-59 node and keyholder, 60-99 desk and keyholder, 100-199 node
 * and desk, 200-299 desk and CLI.
 */
#ifndef ENTENTE_CHANNEL_MESSAGES_H
#define ENTENTE_CHANNEL_MESSAGES_H

#include "channel/channel.h"
#include "crypto/sign.h"
#include "format/ids.h"

enum message_process {
    PROCESS_SUPERVISOR,
    PROCESS_KEYHOLDER,
    PROCESS_NODE,
    PROCESS_DESK,
    PROCESS_CLI
};

/* X(NAME, name, number, from, to, what) */
#define MESSAGES(X)                                                                                \
    X(UNLOCK, unlock, 1, SUPERVISOR, KEYHOLDER, "passphrase or key file of the node keys")         \
    X(ROOM, room, 2, SUPERVISOR, KEYHOLDER, "a room to write in, and its parties' registers")      \
    X(STOP, stop, 3, SUPERVISOR, KEYHOLDER, "finish what was asked, then end")                     \
    X(READY, ready, 4, KEYHOLDER, SUPERVISOR, "unlocked, the journal is sound")                    \
    X(FAILED, failed, 5, KEYHOLDER, SUPERVISOR, "what went wrong, for the operator")               \
                                                                                                   \
    X(STATE_ASK, state_ask, 20, NODE, KEYHOLDER, "where does the own feed stand?")                 \
    X(BARRIER, barrier, 21, NODE, KEYHOLDER, "what the others have of the own feed (I4)")          \
    X(APPEND, append, 22, NODE, KEYHOLDER, "sign and journal these entries")                       \
    X(JOURNAL_ASK, journal_ask, 23, NODE, KEYHOLDER, "the journaled segments after a seq")         \
    X(STORED, stored, 24, NODE, KEYHOLDER, "what the journal may forget")                          \
    X(REGISTER, register, 25, NODE, KEYHOLDER, "a known party's register grew")                    \
    X(BUNDLE_SIGN, bundle_sign, 26, NODE, KEYHOLDER, "the closing signature of a bundle (U1)")     \
    X(STATE, state, 40, KEYHOLDER, NODE, "where the own feed stands")                              \
    X(SEALED, sealed, 41, KEYHOLDER, NODE, "a payload was made, for the node to place")            \
    X(SIGNED, signed, 42, KEYHOLDER, NODE, "a segment, as journaled and durable")                  \
    X(REFUSED, refused, 43, KEYHOLDER, NODE, "an append, and later ones of the room, refused")     \
    X(JOURNALED, journaled, 44, KEYHOLDER, NODE, "a segment out of the journal, oldest first")     \
    X(JOURNAL_END, journal_end, 45, KEYHOLDER, NODE, "all of them were sent")                      \
    X(BUNDLE_SIGNED, bundle_signed, 46, KEYHOLDER, NODE, "the signature of BUNDLE_SIGN")           \
                                                                                                   \
    X(SEAL, seal, 60, DESK, KEYHOLDER, "seal these sections and have them appended")               \
    X(OPEN, open, 61, DESK, KEYHOLDER, "open this sealed entry")                                   \
    X(CHAIN, chain, 62, DESK, KEYHOLDER, "a keys or key-help entry: chains to open with")          \
    X(KEY_HELP, key_help, 63, DESK, KEYHOLDER, "seal these chains again for a party (K5)")         \
    X(ACT, act, 64, DESK, KEYHOLDER, "have these sections appended in clear, as an act's entry")   \
    X(APPENDED, appended, 80, KEYHOLDER, DESK, "the sealed sections are durable in the feed")      \
    X(SEAL_REFUSED, seal_refused, 81, KEYHOLDER, DESK, "they are not, and never will be")          \
    X(OPENED, opened, 82, KEYHOLDER, DESK, "the body of an OPEN")                                  \
    X(OPEN_REFUSED, open_refused, 83, KEYHOLDER, DESK, "an OPEN or CHAIN cannot be done")          \
    X(CHAIN_WANTED, chain_wanted, 84, KEYHOLDER, DESK, "send this chain, then OPEN again")         \
    X(KEY_HELPED, key_helped, 85, KEYHOLDER, DESK, "how many of them are under way")               \
                                                                                                   \
    X(SETUP, setup, 6, SUPERVISOR, NODE, "who it is, where it listens and stores")                 \
    X(JOIN, join, 7, SUPERVISOR, NODE, "a room, and its parties' registers")                       \
    X(EXTEND, extend, 8, SUPERVISOR, NODE, "a register that the operator extended")                \
    X(RUNNING, running, 9, NODE, SUPERVISOR, "it listens at this port")                            \
    X(UNABLE, unable, 10, NODE, SUPERVISOR, "why it cannot run, or the desk, for the operator")    \
    X(READING, reading, 11, SUPERVISOR, DESK, "who it is, and the store, which it may read")       \
    X(DRILL, drill, 12, DESK, SUPERVISOR, "stop all of the node's processes for a while")          \
                                                                                                   \
    X(NODE_LIST, node_list, 100, DESK, NODE, "a page of entries")                                  \
    X(NODE_STATUS, node_status, 101, DESK, NODE, "how a room stands")                              \
    X(NODE_KEYS, node_keys, 102, DESK, NODE,                                                       \
        "the entry that announced a chain, or gives it again")                                     \
    X(NODE_EXPORT, node_export, 103, DESK, NODE, "the next part of an exported record")            \
    X(NODE_IMPORT, node_import, 104, DESK, NODE, "a part of a bundle's file; empty: its end")      \
    X(NODE_CONTROL, node_control, 105, DESK, NODE, "what the operator decided")                    \
    X(NODE_CHAINS, node_chains, 106, DESK, NODE, "a page of keys entries")                         \
    X(NODE_FOLLOW, node_follow, 107, DESK, NODE, "tell of the next growth of the store")           \
    X(NODE_FILE_PUT, node_file_put, 108, DESK, NODE, "a sealed chunk of an upload")                \
    X(NODE_FILE_END, node_file_end, 109, DESK, NODE, "the upload is whole")                        \
    X(NODE_FILE_GET, node_file_get, 110, DESK, NODE, "a chunk, fetched if it is not here")         \
    X(NODE_FILE_STATUS, node_file_status, 111, DESK, NODE,                                         \
        "how a file stands; whether it is wanted")                                                 \
    X(NODE_FILE_REMOVE, node_file_remove, 112, DESK, NODE, "remove what is here of a file")        \
    X(NODE_ENTRY, node_entry, 120, NODE, DESK, "one entry of a page")                              \
    X(NODE_LISTED, node_listed, 121, NODE, DESK, "the page ends")                                  \
    X(NODE_STATUS_IS, node_status_is, 122, NODE, DESK, "how the room stands")                      \
    X(NODE_KEYS_ARE, node_keys_are, 123, NODE, DESK, "the keys entry")                             \
    X(NODE_EXPORTED, node_exported, 124, NODE, DESK, "a part of the file; empty: its end")         \
    X(NODE_IMPORTED, node_imported, 125, NODE, DESK, "what the bundle brought")                    \
    X(NODE_DONE, node_done, 126, NODE, DESK, "it is done, or why not")                             \
    X(NODE_NEWS, node_news, 127, NODE, DESK, "a record changed; not again before NODE_LIST")       \
                                                                                                   \
    X(NODE_CHAINS_ARE, node_chains_are, 128, NODE, DESK, "the keys entries, and where to go on")   \
    X(NODE_STORED, node_stored, 129, NODE, DESK, "the store grew; not again before NODE_FOLLOW")   \
                                                                                                   \
    X(NODE_FILE_CHUNK, node_file_chunk, 130, NODE, DESK, "the sealed chunk")                       \
    X(NODE_FILE_STATUS_IS, node_file_status_is, 131, NODE, DESK, "how the file stands")            \
                                                                                                   \
    X(SAY, say, 200, CLI, DESK, "write these sections")                                            \
    X(LIST, list, 201, CLI, DESK, "entries, opened")                                               \
    X(STATUS, status, 202, CLI, DESK, "how a room stands")                                         \
    X(EXPORT, export, 203, CLI, DESK, "a record or a bundle, as a file")                           \
    X(IMPORT, import, 204, CLI, DESK, "a part of a bundle's file; empty: its end")                 \
    X(CONTROL, control, 205, CLI, DESK, "what the operator decided")                               \
    X(HELP, help, 206, CLI, DESK, "help this party to read again")                                 \
    X(WRITE, write, 207, CLI, DESK, "write an entry of this kind: sealed, or an act's")            \
    X(CONSULTATION, consultation, 208, CLI, DESK, "what follows from a room's entries")            \
    X(FILE_PUT, file_put, 209, CLI, DESK, "a part of a file to be given; empty: its end")          \
    X(FILE_GET, file_get, 210, CLI, DESK, "the next part of a file")                               \
    X(FILE_STATUS, file_status, 211, CLI, DESK, "how a file stands; whether it is wanted")         \
    X(FILE_REMOVE, file_remove, 212, CLI, DESK, "remove what is here of a file")                   \
    X(SAID, said, 220, DESK, CLI, "it is durable in the feed")                                     \
    X(ENTRY, entry, 221, DESK, CLI, "one entry, opened where possible")                            \
    X(LISTED, listed, 222, DESK, CLI, "no more entries now")                                       \
    X(STATUS_IS, status_is, 223, DESK, CLI, "how the room stands")                                 \
    X(EXPORTED, exported, 224, DESK, CLI, "a part of the file; empty: its end")                    \
    X(IMPORTED, imported, 225, DESK, CLI, "what the bundle brought")                               \
    X(ANSWER, answer, 226, DESK, CLI, "done, or why not")                                          \
    X(HELPED, helped, 227, DESK, CLI, "the chains that it was given")                              \
    X(VOID, void, 228, DESK, CLI, "the rule that would make it void; it was not written")          \
    X(CONSULTATION_IS, consultation_is, 229, DESK, CLI, "how far it is evaluated, and to what")      \
    X(FILE_MADE, file_made, 230, DESK, CLI, "by what the file is known, and its key")              \
    X(FILE_PART, file_part, 231, DESK, CLI, "a part of the file; empty: its end")                  \
    X(FILE_STATUS_IS, file_status_is, 232, DESK, CLI, "how the file stands")

/*
 * F(kind, name).  Kinds: u8, u16, u32, u64; flag: u8, 0 or 1; room, party, id, digest, key: 32
 * bytes; tag: 16; signature: 64; sized: bytes after their u32 size; rest: bytes to the end, only as
 * the last; tickets: u8 count (..64), then u64 each, see message_ticket().
 */
#define MESSAGE_FIELDS_UNLOCK(F) F(rest, secret)
/* cards: each as u32 size and the card; for every party of the genesis that is not known yet. */
#define MESSAGE_FIELDS_ROOM(F) F(sized, genesis_file) F(rest, cards)
#define MESSAGE_FIELDS_STOP(F) F(u16, error) /* why; ENTENTE_OK: as the operator asked */
#define MESSAGE_FIELDS_READY(F) F(u16, inc) F(key, node_key)
#define MESSAGE_FIELDS_FAILED(F) F(u16, error) F(rest, text)

#define MESSAGE_FIELDS_STATE_ASK(F) F(room, room)
/* seq, id: the greatest own entry of this incarnation that peers reported; seq 0: none. */
#define MESSAGE_FIELDS_BARRIER(F) F(room, room) F(u32, seq) F(id, id) F(flag, overridden)
/* A ticket for each header, 0 where the node itself made the entry: the payloads are only theirs. */
#define MESSAGE_FIELDS_APPEND(F) F(room, room) F(tickets, tickets) F(sized, headers) F(rest, payloads)
#define MESSAGE_FIELDS_JOURNAL_ASK(F) F(room, room) F(u32, after_seq)
#define MESSAGE_FIELDS_STORED(F) F(room, room) F(u32, stored_seq) F(u32, held_seq)
#define MESSAGE_FIELDS_REGISTER(F) F(party, party) F(rest, entries)
#define MESSAGE_FIELDS_BUNDLE_SIGN(F) F(room, room) F(digest, state) F(u64, entries)
#define MESSAGE_FIELDS_STATE(F)                                                                    \
    F(room, room)                                                                                  \
    F(u8, slot)                                                                                    \
    F(u16, inc)                                                                                    \
    F(u32, seq)                                                                                    \
    F(id, id)                                                                                      \
    F(u32, reg_number)                                                                             \
    F(id, reg_id)                                                                                  \
    F(u64, t_ms)                                                                                   \
    F(u32, journal_first_seq) /* the first that the journal still has; 0: none */                  \
    F(flag, barrier_passed)                                                                        \
    F(flag, is_retired)
#define MESSAGE_FIELDS_SEALED(F)                                                                   \
    F(u64, ticket) /* the desk's, or the keyholder's own for `keys`: its highest bit is set */     \
    F(room, room)                                                                                  \
    F(u8, kind)                                                                                    \
    F(tag, tag)                                                                                    \
    F(u64, chain)                                                                                  \
    F(u32, index)                                                                                  \
    F(digest, pcommit)                                                                             \
    F(u32, payload_bytes) /* the keyholder keeps the payload itself until it is signed */          \
    F(digest, payload_hash)
#define MESSAGE_FIELDS_SIGNED(F) F(room, room) F(sized, segment) F(rest, payloads)
#define MESSAGE_FIELDS_REFUSED(F) F(room, room) F(u32, first_seq) F(u16, error)
#define MESSAGE_FIELDS_JOURNALED(F) F(room, room) F(sized, segment) F(rest, payloads)
#define MESSAGE_FIELDS_JOURNAL_END(F) F(room, room)
#define MESSAGE_FIELDS_BUNDLE_SIGNED(F) F(room, room) F(signature, signature)

/*
 * ticket: not 0, highest bit not set, not under way already.
 * sections: count u16 (1..64) || count x (type u16 || size u32 || content), as in a body.
 */
#define MESSAGE_FIELDS_SEAL(F) F(u64, ticket) F(room, room) F(rest, sections)
/* kind: of an act (A1), which the first of the sections says as well. */
#define MESSAGE_FIELDS_ACT(F) F(u64, ticket) F(room, room) F(u8, kind) F(rest, sections)
#define MESSAGE_FIELDS_OPEN(F) F(u64, ticket) F(sized, header) F(rest, payload)
/* The wanted chain; its commitment where a `keys` entry gave it, else zero; the entry that has it. */
#define MESSAGE_FIELDS_CHAIN(F)                                                                    \
    F(u64, ticket) F(u8, slot) F(u16, inc) F(u64, chain) F(digest, commitment)                     \
    F(sized, header) F(rest, payload)
/* slot: for whom; entries: `keys` entries, each header and payload behind their u32 sizes. */
#define MESSAGE_FIELDS_KEY_HELP(F) F(u64, ticket) F(room, room) F(u8, slot) F(rest, entries)
/* count 0: there was nothing to help with; otherwise APPENDED or SEAL_REFUSED follows. */
#define MESSAGE_FIELDS_KEY_HELPED(F) F(u64, ticket) F(u16, error) F(u16, count)
#define MESSAGE_FIELDS_APPENDED(F)                                                                 \
    F(u64, ticket) F(u8, slot) F(u16, inc) F(u32, seq) F(id, id) F(u64, t_ms)
#define MESSAGE_FIELDS_SEAL_REFUSED(F) F(u64, ticket) F(u16, error)
#define MESSAGE_FIELDS_OPENED(F) F(u64, ticket) F(rest, body)
#define MESSAGE_FIELDS_OPEN_REFUSED(F) F(u64, ticket) F(u16, error)
#define MESSAGE_FIELDS_CHAIN_WANTED(F)                                                             \
    F(u64, ticket) F(room, room) F(u8, slot) F(u16, inc) F(u64, chain)

/* store: a path; self: this desk's party. */
#define MESSAGE_FIELDS_READING(F) F(party, self) F(rest, store)
/* At most DRILL_SECONDS_MAX: a desk that was taken over can do no more by it than by dying. */
#define DRILL_SECONDS_MAX 120u
#define MESSAGE_FIELDS_DRILL(F) F(u16, seconds)

/* transport_seed: 32 bytes; listen: "IP:port"; store: a path; self: this node's party. */
#define MESSAGE_FIELDS_SETUP(F)                                                                    \
    F(party, self) F(key, transport_seed) F(sized, listen) F(rest, store)
#define MESSAGE_FIELDS_JOIN(F) F(sized, genesis_file) F(rest, cards)
#define MESSAGE_FIELDS_EXTEND(F) F(rest, entries)
#define MESSAGE_FIELDS_RUNNING(F) F(u16, port)
#define MESSAGE_FIELDS_UNABLE(F) F(u16, error) F(rest, text)

/*
 * A zero room stands for the only one.  order: 0 display, 1 arrival.  `after`: the arrival behind
 * which to begin (order 1); in display order the node keeps the walk under the ticket until its end
 * or a page of limit 0.
 */
#define MESSAGE_FIELDS_NODE_LIST(F) F(u64, ticket) F(room, room) F(u8, order) F(u64, after) F(u32, limit)
#define MESSAGE_FIELDS_NODE_STATUS(F) F(u64, ticket) F(room, room)
/* source 0: the `keys` entry; then the `key-help` entries that have the chain for this party. */
#define MESSAGE_FIELDS_NODE_KEYS(F)                                                                \
    F(u64, ticket) F(room, room) F(u8, slot) F(u16, inc) F(u64, chain) F(u32, source)
#define MESSAGE_FIELDS_NODE_CHAINS(F) F(u64, ticket) F(room, room) F(u32, branch) F(u64, chain)
#define MESSAGE_FIELDS_NODE_CHAINS_ARE(F)                                                          \
    F(u64, ticket) F(u16, error) F(u32, branch) F(u64, chain) F(flag, more) F(rest, entries)
#define MESSAGE_FIELDS_NODE_EXPORT(F)                                                              \
    F(u64, ticket) F(room, room) F(u8, scope) F(u8, slot) F(rest, from)
#define MESSAGE_FIELDS_NODE_IMPORT(F) F(u64, ticket) F(room, room) F(rest, data)
/* what: enum message_control_what; `slot` is the party whose link it is about. */
#define MESSAGE_FIELDS_NODE_CONTROL(F) F(u64, ticket) F(room, room) F(u8, what) F(u8, slot)
/* held: bit s: held by slot s.  flags: enum message_entry_flag. */
#define MESSAGE_FIELDS_NODE_ENTRY(F)                                                               \
    F(u64, ticket) F(u64, arrival) F(u32, held) F(u16, flags) F(id, id) F(sized, header) F(rest, payload)
/* more: another page can be asked for. */
#define MESSAGE_FIELDS_NODE_LISTED(F) F(u64, ticket) F(u64, arrival) F(flag, more) F(u16, error)
/* parties: see channel/status.h. */
#define MESSAGE_FIELDS_NODE_STATUS_IS(F) F(u64, ticket) F(u16, error) F(rest, status)
#define MESSAGE_FIELDS_NODE_KEYS_ARE(F) F(u64, ticket) F(u16, error) F(sized, header) F(rest, payload)
#define MESSAGE_FIELDS_NODE_EXPORTED(F) F(u64, ticket) F(u16, error) F(rest, data)
/* missing: positions of PROTOCOL.md that pending entries wait for. */
#define MESSAGE_FIELDS_NODE_IMPORTED(F) F(u64, ticket) F(u16, error) F(u64, entries) F(rest, missing)
#define MESSAGE_FIELDS_NODE_DONE(F) F(u64, ticket) F(u16, error)
/* all: of any growth; otherwise where there is a signature under an act, in any room. */
#define MESSAGE_FIELDS_NODE_FOLLOW(F) F(flag, all)
/* acts: there is a signature under an act, in any room. */
#define MESSAGE_FIELDS_NODE_STORED(F) F(flag, acts) F(flag, besides)
/* room: the one that changed last; others may have changed before it. */
#define MESSAGE_FIELDS_NODE_NEWS(F) F(room, room)

/*
 * place: a number by chance, for one upload; its chunk 0 begins it.  size, leaves: as in LEAVES of
 * PROTOCOL.md.  Answered by NODE_DONE: of a chunk when it was taken, of the end when all is
 * durable.
 */
#define MESSAGE_FIELDS_NODE_FILE_PUT(F)                                                            \
    F(u64, ticket) F(room, room) F(digest, place) F(u32, index) F(rest, sealed)
#define MESSAGE_FIELDS_NODE_FILE_END(F)                                                            \
    F(u64, ticket) F(room, room) F(digest, place) F(u64, size) F(rest, leaves)
/* Answered when the chunk is here; NODE_FILE_STATUS with `leave` ends the waiting: NOT_FOUND. */
#define MESSAGE_FIELDS_NODE_FILE_GET(F) F(u64, ticket) F(room, room) F(digest, root) F(u32, index)
/* want: enum message_file_want. */
#define MESSAGE_FIELDS_NODE_FILE_STATUS(F) F(u64, ticket) F(room, room) F(digest, root) F(u8, want)
/* upload: `root` is the place of an upload that is given up. */
#define MESSAGE_FIELDS_NODE_FILE_REMOVE(F)                                                         \
    F(u64, ticket) F(room, room) F(digest, root) F(flag, upload)
#define MESSAGE_FIELDS_NODE_FILE_CHUNK(F) F(u64, ticket) F(u16, error) F(rest, sealed)
/* at: a bit for each slot that was seen to have it.  chunks 0: nothing is known of it here. */
#define MESSAGE_FIELDS_NODE_FILE_STATUS_IS(F)                                                      \
    F(u64, ticket)                                                                                 \
    F(u16, error) F(flag, is_wanted) F(u64, size) F(u32, chunks) F(u32, here) F(u32, at)

#define MESSAGE_FIELDS_SAY(F) F(u64, ticket) F(room, room) F(rest, sections)
/* SAID, VOID or ANSWER follows.  kind: ENTRY_SEALED or that of an act. */
#define MESSAGE_FIELDS_WRITE(F) F(u64, ticket) F(room, room) F(u8, kind) F(rest, sections)
/* A rule of PROTOCOL.md: letter and number. */
#define MESSAGE_FIELDS_VOID(F) F(u64, ticket) F(u8, letter) F(u8, number)
#define MESSAGE_FIELDS_CONSULTATION(F) F(u64, ticket) F(room, room)
/* state: X1, over what was taken in; current: that is all that the store has. */
#define MESSAGE_FIELDS_CONSULTATION_IS(F)                                                          \
    F(u64, ticket) F(u16, error) F(flag, current) F(u64, entries) F(u64, opening)                  \
    F(u64, unreadable) F(digest, state)
/* follow: stay, and send what arrives (order 1). */
#define MESSAGE_FIELDS_LIST(F) F(u64, ticket) F(room, room) F(u8, order) F(u64, after) F(flag, follow)
#define MESSAGE_FIELDS_STATUS(F) F(u64, ticket) F(room, room)
/* scope: enum message_export_scope; slot, from: with the scopes that say so. */
#define MESSAGE_FIELDS_EXPORT(F)                                                                   \
    F(u64, ticket) F(room, room) F(u8, scope) F(u8, slot) F(rest, from)
#define MESSAGE_FIELDS_IMPORT(F) F(u64, ticket) F(room, room) F(rest, data)
#define MESSAGE_FIELDS_CONTROL(F) F(u64, ticket) F(room, room) F(u8, what) F(u8, slot)
#define MESSAGE_FIELDS_HELP(F) F(u64, ticket) F(room, room) F(u8, slot)
#define MESSAGE_FIELDS_HELPED(F) F(u64, ticket) F(u32, chains)
#define MESSAGE_FIELDS_SAID(F) F(u64, ticket) F(u8, slot) F(u16, inc) F(u32, seq) F(id, id) F(u64, t_ms)
/* error: why `body` is not the opened body; the entry itself is valid all the same (B4). */
#define MESSAGE_FIELDS_ENTRY(F)                                                                    \
    F(u64, ticket) F(u64, arrival) F(u32, held) F(u16, flags) F(id, id) F(u16, error)              \
    F(sized, header) F(rest, body)
#define MESSAGE_FIELDS_LISTED(F) F(u64, ticket) F(u64, arrival) F(u16, error)
#define MESSAGE_FIELDS_STATUS_IS(F) F(u64, ticket) F(u16, error) F(rest, status)
#define MESSAGE_FIELDS_EXPORTED(F) F(u64, ticket) F(u16, error) F(rest, data)
#define MESSAGE_FIELDS_IMPORTED(F) F(u64, ticket) F(u16, error) F(u64, entries) F(rest, missing)
/* Each part is answered by ANSWER, the end by FILE_MADE. */
#define MESSAGE_FIELDS_FILE_PUT(F) F(u64, ticket) F(room, room) F(rest, data)
/* The first one of a ticket says which file; those after it are not looked at. */
#define MESSAGE_FIELDS_FILE_GET(F)                                                                 \
    F(u64, ticket) F(room, room) F(digest, root) F(key, key) F(u64, size)
#define MESSAGE_FIELDS_FILE_STATUS(F) F(u64, ticket) F(room, room) F(digest, root) F(u8, want)
#define MESSAGE_FIELDS_FILE_REMOVE(F) F(u64, ticket) F(room, room) F(digest, root)
#define MESSAGE_FIELDS_FILE_MADE(F)                                                                \
    F(u64, ticket) F(digest, root) F(digest, sha256) F(key, key) F(u64, size)
#define MESSAGE_FIELDS_FILE_PART(F) F(u64, ticket) F(u16, error) F(rest, data)
#define MESSAGE_FIELDS_FILE_STATUS_IS(F)                                                           \
    F(u64, ticket)                                                                                 \
    F(u16, error) F(flag, is_wanted) F(u64, size) F(u32, chunks) F(u32, here) F(u32, at)
#define MESSAGE_FIELDS_ANSWER(F) F(u64, ticket) F(u16, error)

/* What the operator decides: CONTROL, NODE_CONTROL. */
enum message_control_what {
    CONTROL_ALONE = 1, /* lift the start barrier (I4) */
    CONTROL_BLOCK = 2, /* for drills */
    CONTROL_UNBLOCK = 3
};

/* Whether a file shall be fetched: FILE_STATUS, NODE_FILE_STATUS. */
enum message_file_want {
    FILE_WANT_ASK = 0, /* as it is */
    FILE_WANT_FETCH = 1,
    FILE_WANT_LEAVE = 2
};

/* What goes into the file: EXPORT, NODE_EXPORT; those after the first of a file are not looked at. */
enum message_export_scope {
    EXPORT_ALL = 0,
    EXPORT_FROM = 1, /* what lies beyond the heads in `from`, as in a MANIFEST */
    EXPORT_FOR = 2,  /* what the party `slot` is not known to hold (H1) */
    EXPORT_HEADS = 3 /* nothing but where the record stands */
};

/* What is to be known of an entry beside its header: ENTRY, NODE_ENTRY. */
enum message_entry_flag {
    MESSAGE_ENTRY_CONTESTED = 1, /* its party showed two faces in this lane */
    MESSAGE_ENTRY_VOID = 2       /* a stray that nobody vouches for (I2) */
};

#define MESSAGE_TICKETS_MAX 64u
#define MESSAGE_TICKET_BYTES 8u

struct message_tag {
    uint8_t bytes[16];
};

/* What a field is in C. */
#define MESSAGE_C_u8 uint8_t
#define MESSAGE_C_u16 uint16_t
#define MESSAGE_C_u32 uint32_t
#define MESSAGE_C_u64 uint64_t
#define MESSAGE_C_flag bool
#define MESSAGE_C_room struct room_id
#define MESSAGE_C_party struct party_id
#define MESSAGE_C_id struct entry_id
#define MESSAGE_C_digest struct digest
#define MESSAGE_C_key struct public_key
#define MESSAGE_C_tag struct message_tag
#define MESSAGE_C_signature struct signature
#define MESSAGE_C_sized struct bytes
#define MESSAGE_C_rest struct bytes
#define MESSAGE_C_tickets struct bytes

enum message_type {
#define X(NAME, name, number, from, to, what) MESSAGE_##NAME = number,
    MESSAGES(X)
#undef X
};

/* struct message_append and so on.  Views borrow: in a read message from its body. */
#define MESSAGE_FIELD(kind, name) MESSAGE_C_##kind name;
#define X(NAME, name, number, from, to, what)                                                      \
    struct message_##name {                                                                        \
        MESSAGE_FIELDS_##NAME(MESSAGE_FIELD)                                                       \
    };
MESSAGES(X)
#undef X
#undef MESSAGE_FIELD

/*
 * For each message two functions:
 *
 * message_append_read(): read a body, which must hold exactly one message.
 *   ENTENTE_ERR_REFUSED   it does not; `*message` is zeroed
 *
 * message_append_queue(): queue it on a channel.
 *   ENTENTE_ERR_TOO_LARGE, ENTENTE_ERR_NO_MEMORY   see channel_begin(); nothing was queued
 */
#define X(NAME, name, number, from, to, what)                                                      \
    MUST_USE enum entente_error message_##name##_read(                                             \
        struct bytes body, struct message_##name *message);                                        \
    MUST_USE enum entente_error message_##name##_queue(                                            \
        struct channel *channel, const struct message_##name *message);
MESSAGES(X)
#undef X

/* Whether the table lets `type` go from `from` to `to`. */
bool message_is_allowed(uint16_t type, enum message_process from, enum message_process to);

/* Its name in the table, such as "APPEND"; never NULL. */
const char *message_name(uint16_t type);

/* The `index`-th of a message's tickets, index < message_tickets_count(). */
uint64_t message_ticket(struct bytes tickets, size_t index);
size_t message_tickets_count(struct bytes tickets);

/* Writes one ticket at `index` of room for MESSAGE_TICKETS_MAX x MESSAGE_TICKET_BYTES. */
void message_ticket_write(uint8_t *tickets, size_t index, uint64_t ticket);

#endif
