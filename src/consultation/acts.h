/*
 * Acts: agreements without a leader.  PROTOCOL.md section 12.
 *
 * The verdicts are functions of a causally closed set of entries.  They are kept entry by entry:
 * whether a signature or a ratification counts follows from its past and never changes; whether an
 * act is dead is known by witnesses, the first entry of each branch that proves it.  So one more
 * entry costs what it changes: the acts with a withdrawal on which its branch has not spoken yet.
 */
#ifndef ENTENTE_CONSULTATION_ACTS_H
#define ENTENTE_CONSULTATION_ACTS_H

#include "consultation/causality.h"
#include "format/entry.h"

/* Rules that a test may switch off to show that the searches notice; all false in production. */
struct acts_mutations {
    bool no_mailbox;  /* A5 */
    bool no_lock;     /* A6 */
    bool no_ratify;   /* A10, A11: complete is effective */
    bool ratify_dead; /* A10: what is dead may be ratified */
};

/* One entry as the acts see it.  Of other kinds than 4 to 7 only `kind`, `slot` and `place`. */
struct act_entry {
    uint8_t kind; /* enum entry_kind */
    uint8_t slot;
    struct place place;
    struct digest act;      /* its id; of a proposal as well */
    struct digest slot_key; /* propose; zero: none (A2) */
    bool has_brackets;      /* propose: it cannot be signed (A4) */
    bool is_authorised;     /* sign: it carries the consents that it needs (A8) */
};

/* Sets of parties have a bit for each slot. */
struct act_verdict {
    bool is_proposed;     /* the proposal is here */
    uint32_t signed_by;   /* by signatures that count */
    uint32_t ratified_by; /* by ratifications that count */
    uint32_t withdrawn_by;
    bool is_complete;  /* signed by all */
    bool is_dead;      /* and can never be signed by all, unless a party showed two faces */
    bool is_effective; /* confirmed by all */
};

struct acts;

/* `causality` and what it borrows are borrowed for the acts' life; `mutations` may be NULL. */
MUST_USE enum entente_error acts_new(struct acts **acts, uint8_t parties,
    const struct causality *causality, const struct acts_mutations *mutations);
void acts_free(struct acts *acts);

/*
 * Take in an entry: every entry of the record, of any kind, once, after all of its past.  Which of
 * several possible orders that is does not matter.
 *   ENTENTE_ERR_NO_MEMORY, ENTENTE_ERR_IO, ENTENTE_ERR_CORRUPT   this machine; start anew
 */
MUST_USE enum entente_error acts_add(struct acts *acts, const struct act_entry *entry);

/* Take in a register entry act-withdraw (P8): before every entry that has it in its past. */
MUST_USE enum entente_error acts_add_register(
    struct acts *acts, uint8_t slot, const struct place *place, const struct digest *act);

/*
 * What acts_add() would make of a sign or ratify entry: `*rule` is 0 where it counts, else the
 * number of the rule A4 to A10 that makes it void.  The causality knows the entry's place.
 */
MUST_USE enum entente_error acts_judge(
    struct acts *acts, const struct act_entry *entry, unsigned *rule);

/*
 * The same of one that is still to be written, and would know all that is here; its place is not
 * looked at.
 */
MUST_USE enum entente_error acts_judge_next(
    struct acts *acts, const struct act_entry *entry, unsigned *rule);

/* The verdict over all that is here.  Linear in the act's signatures and ratifications. */
MUST_USE enum entente_error acts_verdict(
    struct acts *acts, const struct digest *act, struct act_verdict *verdict);

/* The acts by index from 0, in the order of arrival; false beyond the last. */
bool acts_at(const struct acts *acts, uint32_t index, struct digest *act);

/* A sign, withdraw or ratify entry, or a register entry act-withdraw. */
struct act_deed {
    uint8_t slot;
    uint8_t rule;       /* the number of the rule A5 to A10 that makes it void; 0: it counts */
    struct place place; /* whether it is admissible (I2) is another question */
};

/*
 * The act's entries of `kind` by index from 0, in the order of arrival, of sign entries those that
 * count first; false beyond the last.  Those whose writer did not know the proposal are none.
 */
bool acts_deed_at(const struct acts *acts, const struct digest *act, uint8_t kind, uint32_t index,
    struct act_deed *deed);

#endif
