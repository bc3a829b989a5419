/* What the files of consultation/ share.  Nobody else includes this. */
#ifndef ENTENTE_CONSULTATION_INTERNAL_H
#define ENTENTE_CONSULTATION_INTERNAL_H

#include "consultation/consultation.h"
#include "consultation/map.h"
#include "crypto/hash.h"

/* Of a session: a person's word, and what it says. */
struct person {
    const struct fact_note *note; /* of the object, until it gets another one */
    struct bytes name;
    uint8_t what;
};

/* Who attends, or who waits for the floor, as of the consultation's changes. */
struct persons {
    uint64_t changes; /* 0: never read */
    struct person *list;
    uint32_t count;
    uint32_t room;
};

struct object {
    struct digest id;
    bool is_made;
    struct fact_note made;
    struct fact_note *notes; /* about it, ascending */
    uint32_t count;
    uint32_t room;
    struct place *under;
    uint32_t under_count;
    uint32_t under_room;
    struct persons persons[2]; /* attendance, queue */
};

struct proposed {
    struct proposal proposal;
    uint8_t *memory; /* of the names of its offices */
};

struct consultation {
    struct room_id room;
    uint8_t parties;
    uint8_t *required; /* offices of the genesis, encoded as in a proposal */
    size_t required_size;
    struct party_register *const *registers;
    uint32_t taken[PARTIES_MAX]; /* register entries */
    struct offices *offices[PARTIES_MAX];
    struct causality causality;
    struct acts *acts;
    struct map proposals;
    struct proposed *proposed;
    uint32_t proposed_count;
    uint32_t proposed_room;
    struct map ids;
    struct object **objects;
    uint32_t objects_count;
    uint32_t objects_room;
    uint64_t changes;  /* from 1: entries added, bodies opened */
    struct body clear; /* of the entry under way */
};

/* Negative, zero or positive: the one order of the facts about an object. */
int note_compare(const struct fact_note *a, const struct fact_note *b);

/* What the evaluated state of an object adds to the state hash; nothing where it has none. */
MUST_USE enum entente_error session_hash(
    const struct consultation *consultation, const struct object *object, struct hasher *hasher);
MUST_USE enum entente_error pledge_hash(
    const struct consultation *consultation, const struct object *object, struct hasher *hasher);
MUST_USE enum entente_error assessment_hash(
    const struct consultation *consultation, const struct object *object, struct hasher *hasher);
MUST_USE enum entente_error dialogue_hash(
    const struct consultation *consultation, const struct object *object, struct hasher *hasher);

/* Big-endian, `size` bytes. */
void hash_number(struct hasher *hasher, uint64_t value, size_t size);

#endif
