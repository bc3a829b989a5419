/*
 * Offices: who may act for a party, at each position of its register.  PROTOCOL.md section 13.
 * A register has one writer and a total order, so nothing here is concurrent.
 */
#ifndef ENTENTE_CONSULTATION_OFFICES_H
#define ENTENTE_CONSULTATION_OFFICES_H

#include "format/register.h"

/* One person in the line of an office. */
struct office_holder {
    struct public_key key;
    uint8_t rank; /* 1 to OFFICE_RANKS_MAX; the line is ascending */
    bool is_away;
    uint64_t kinds;        /* of acts for which the person is a deputy; a bit for each kind */
    uint32_t appointed_at; /* number of the register entry, which has the name */
};

/* An office from one register entry to the next one that changes it. */
struct office_state {
    uint32_t number; /* of that register entry */
    uint8_t kind;    /* of that register entry */
    uint64_t t_ms;   /* its claimed time */
    uint8_t flags;
    uint8_t count;   /* at least 1, of whom one is not away: an office is never vacant (P6) */
    uint8_t acting;  /* index of the acting holder */
    bool is_assumed; /* by a deputy (P5) */
    struct office_holder line[OFFICE_RANKS_MAX];
};

/* All offices of one party.  Grows with the register's office entries, one state for each. */
struct offices;

/* `reg` is borrowed for the offices' life. */
MUST_USE enum entente_error offices_new(struct offices **offices, const struct party_register *reg);
void offices_free(struct offices *offices);

/*
 * Take in what the register has grown by.  Linear in that; an entry that breaks a rule is void: it
 * stays in the register and changes nothing.
 *   ENTENTE_ERR_NO_MEMORY   some entries were not taken in: call again
 */
MUST_USE enum entente_error offices_update(struct offices *offices);

/*
 * Whether `entry`, placed behind the register's end and with its kind and body filled in, would
 * count: 0, or the number of the rule P1 to P6 that makes it void.
 */
unsigned offices_check(const struct offices *offices, const struct register_entry *entry);

/* The rule that made register entry `number` void; 0 where it counts or is not about offices. */
unsigned offices_void(const struct offices *offices, uint32_t number);

/* The offices by index from 0, in the order in which they were made; 0 beyond the last. */
uint32_t offices_at(const struct offices *offices, uint32_t index);

/* The office of that name at the position `number`, or 0. */
uint32_t offices_named(const struct offices *offices, struct bytes name, uint32_t number);

/* Borrowed from the register. */
struct bytes office_name(const struct offices *offices, uint32_t office);
struct bytes office_person(const struct offices *offices, const struct office_holder *holder);

/* The register position at a date: the last entry that claims to be no later.  0: before it all. */
uint32_t offices_position(const struct offices *offices, uint64_t t_ms);

/* The state at a position, or NULL: there was no such office.  Borrowed until offices_update(). */
const struct office_state *office_at(
    const struct offices *offices, uint32_t office, uint32_t number);

/* The history: the states by index from 0; NULL beyond the last. */
const struct office_state *office_history(
    const struct offices *offices, uint32_t office, uint32_t index);

/* Whether the person with `key` may act for the office, at a position, in acts of `act_kind` (P7).
 */
bool office_may_act(const struct offices *offices, uint32_t office, uint32_t number,
    const struct public_key *key, uint8_t act_kind);

#endif
