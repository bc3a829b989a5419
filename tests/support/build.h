/*
 * Valid registers, rooms and segments out of nothing but small numbers, for every test that needs a
 * room. All keys and times follow from what is passed, so the same calls give the same bytes; what
 * cannot be built ends the program: a test's own mistake.  Call crypto_start() before.
 */
#ifndef ENTENTE_TESTS_SUPPORT_BUILD_H
#define ENTENTE_TESTS_SUPPORT_BUILD_H

#include "format/genesis.h"
#include "format/proof.h"

#define BUILD_T_MS 1600000000000u /* the first time that any register has */

enum build_role {
    BUILD_ROOT = 1,
    BUILD_OPERATIONS = 2,
    BUILD_NODE = 3, /* generation: the inc */
    BUILD_TRANSPORT = 4,
    BUILD_PREKEY = 5, /* generation: the inc */
    BUILD_PERSON = 6  /* generation: any number for each person of the party */
};

/* The seed of a key: seed u8, role u8, generation u32, and 26 bytes 0xE7. */
void build_seed(uint8_t out[static 32], uint8_t seed, enum build_role role, uint32_t generation);
void build_key(struct signing_key *key, struct public_key *public, uint8_t seed,
    enum build_role role, uint32_t generation);
void build_prekey(
    struct agreement_key *key, struct agreement_public *public, uint8_t seed, uint32_t generation);

struct build_party {
    uint8_t seed;
    uint32_t rotations; /* the generation of the root key in force, alone in its keyset */
    struct party_register *reg;
};

/*
 * A party whose register has 4 entries: inception, operations, node (inc 1), transport.  Its name
 * is "Party 1" for the seed 1.
 */
void build_party(struct build_party *party, uint8_t seed);
/* The same under another name. */
void build_party_named(struct build_party *party, uint8_t seed, const char *name);
void build_party_free(struct build_party *party);

/* More entries: the next incarnation, its end, new root keys. */
void build_party_certify(struct build_party *party);
void build_party_revoke(struct build_party *party, uint16_t inc);
void build_party_rotate(struct build_party *party);

/* The same transport key at another address. */
void build_party_move(struct build_party *party, const char *address);

/*
 * Any other entry, of which the caller filled in kind and body: placed, signed by the operations
 * key where it may sign the kind and by the root otherwise, and added.  A time that it has stays.
 */
void build_party_add(struct build_party *party, struct register_entry *entry);

/* Fill in party, number, prev and time of an entry that comes next in the party's register. */
void build_register_place(const struct build_party *party, struct register_entry *entry);

/*
 * Encode `entry` with one signature, by `key` as number `key_index` of the keyset.  The encoding is
 * written to `out`; returns its size.  Checks nothing: this is how tests build what is invalid.
 */
size_t build_register_entry(uint8_t out[static REGISTER_ENTRY_BYTES_MAX],
    const struct register_entry *entry, const struct signing_key *key, uint8_t key_index);

/* All entries of a register, in memory that the caller frees. */
uint8_t *build_register_bytes(const struct party_register *reg, size_t *size);

struct built_room {
    struct room_id room;
    struct bytes file; /* the complete genesis file */
    uint8_t *memory;
};

/*
 * A room of `count` parties, each at the head of its register and all consenting; slot I is
 * parties[I].  Language en, no charter, no offices, kept for ever; `title` sets rooms apart.
 */
void build_room(
    struct built_room *built, const struct build_party *parties, uint8_t count, const char *title);
void built_room_free(struct built_room *built);

/* A lane that grows.  Plain data: a copy goes on as a fork of the same lane. */
struct build_feed {
    const struct build_party *party;
    struct room_id room;
    uint8_t slot;
    uint16_t inc;
    uint64_t t_ms;        /* of the last entry; the next one has one more */
    struct position head; /* seq 0: there is none yet, and the id is the certificate's */
};

void build_feed(struct build_feed *feed, const struct build_party *party,
    const struct room_id *room, uint8_t slot, uint16_t inc);

/* What the caller chooses of an entry; the rest follows.  Zero is fine for all but `kind`. */
struct build_entry {
    uint8_t kind;
    uint16_t flags;
    uint8_t deps_count;
    const struct position *deps; /* in the order of E4 */
    struct bytes payload;
    uint8_t tag[ENTRY_TAG_BYTES];
    uint64_t chain; /* of a sealed entry; 0: 1 */
    uint32_t index;
    struct digest pcommit; /* of a sealed entry; zero: 32 bytes 0x5C */
};

/* One segment, and what it holds; the views are of the memory of the struct. */
struct built_segment {
    struct bytes segment;
    struct bytes payloads;
    uint32_t count;
    struct position positions[SEGMENT_ENTRIES_MAX];
    uint8_t *memory;
};

/* The next `count` entries of the feed, signed with the node key of its inc; moves the feed on. */
void build_segment(struct built_segment *built, struct build_feed *feed,
    const struct build_entry *entries, uint32_t count);
void built_segment_free(struct built_segment *built);

/*
 * The payload of a fault entry from two segments that contradict each other, in the order of F1; in
 * memory that the caller frees.
 */
uint8_t *build_fault(
    const struct built_segment *one, const struct built_segment *other, size_t *size);

#endif
