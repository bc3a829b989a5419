/* Inside of a party_register, for the files that make it up: register.c and register_state.c. */
#ifndef ENTENTE_FORMAT_REGISTER_STATE_H
#define ENTENTE_FORMAT_REGISTER_STATE_H

#include "format/register.h"

/* Items of `item_bytes` bytes each, in memory that doubles. */
struct list {
    void *items;
    uint32_t count;
    uint32_t room;
};

/* What was in force from entry `number` on. */
struct keyset_at {
    uint32_t number;
    struct keyset keyset;
    struct digest next;
};
struct operations_at {
    uint32_t number;
    struct public_key key;
};

struct party_register {
    struct party_id party;
    struct list ids;          /* struct entry_id, for each entry */
    struct list ends;         /* uint32_t, for each entry: where it ends in `bytes` */
    struct list bytes;        /* uint8_t: the entries as they arrived */
    struct list keysets;      /* struct keyset_at, ascending */
    struct list operations;   /* struct operations_at, ascending */
    struct list incarnations; /* struct incarnation; inc 1 is item 0 */
    struct list keys;         /* struct public_key: all that are not a node key or prekey */
    struct public_key transport;
    bool has_transport;
    uint32_t name_at, name_size; /* in `bytes` */
    uint32_t address_at, address_size;
};

/* What is in force at position `number`, 1 <= number; NULL: no operations key. */
const struct keyset_at *register_keyset_entry(const struct party_register *reg, uint32_t number);
const struct public_key *register_operations_at(const struct party_register *reg, uint32_t number);

/*
 * Add `entry`, which was checked and has the id `id`.
 *   ENTENTE_ERR_NO_MEMORY   nothing changed
 */
MUST_USE enum entente_error register_apply(
    struct party_register *reg, const struct register_entry *entry, const struct entry_id *id);

#endif
