/*
 * The state of a consultation: what follows from a room's entries.  PROTOCOL.md sections 11 to 17.
 *
 * Pure and deterministic: the same entries, opened alike, give the same state and the same hash,
 * in whatever order they came.  One more entry costs what it changes: a look-up and a place in the
 * list of the object that it is about; an object's state is read from its own facts when asked for.
 */
#ifndef ENTENTE_CONSULTATION_CONSULTATION_H
#define ENTENTE_CONSULTATION_CONSULTATION_H

#include "consultation/acts.h"
#include "consultation/offices.h"
#include "format/body.h"

struct consultation;

struct consultation_options {
    const struct genesis *genesis; /* copied as far as it is needed */
    struct room_id room;
    struct party_register *const *registers; /* one for each slot, borrowed */
    const struct causality *causality;       /* copied; what it borrows is borrowed */
};

/* All views that are handed out are borrowed until the next consultation_add() or _open(). */
MUST_USE enum entente_error consultation_new(
    struct consultation **consultation, const struct consultation_options *options);
void consultation_free(struct consultation *consultation);

/*
 * Take in an entry: every entry of the record, of any kind, once, after all of its past.  `payload`
 * is looked at for the kinds of acts (A1).  What breaks a rule is void and no error.
 *   ENTENTE_ERR_NO_MEMORY, ENTENTE_ERR_IO, ENTENTE_ERR_CORRUPT   this machine; start anew
 */
MUST_USE enum entente_error consultation_add(struct consultation *consultation, uint32_t branch,
    const struct entry *entry, const struct entry_id *id, struct bytes payload);

/*
 * Take in what the registers have grown by.  consultation_add() does so as well; this is for those that grow
 * while nobody writes.  Errors as above.
 */
MUST_USE enum entente_error consultation_follow_registers(struct consultation *consultation);

/*
 * Take in the opened body of a sealed entry that was added: once, at any time, in any order.  Facts
 * of unknown types and of acts (C1) change nothing.
 *   ENTENTE_ERR_NO_MEMORY   start anew
 */
MUST_USE enum entente_error consultation_open(struct consultation *consultation, uint32_t branch,
    const struct entry *entry, const struct entry_id *id, const struct body *body);

/* A rule of PROTOCOL.md by letter and number, such as A5; letter 0: none is broken. */
struct rule {
    char letter;
    uint8_t number;
};

/*
 * What consultation_add() would make of an entry of a kind of act with this payload, written next by
 * party `slot`: the first rule that makes it void (A1, A4 to A10, P7), or that keeps a node from asking for
 * it (T2).
 *   ENTENTE_ERR_NO_MEMORY, ENTENTE_ERR_IO, ENTENTE_ERR_CORRUPT   this machine
 */
MUST_USE enum entente_error consultation_judge(struct consultation *consultation, uint8_t slot,
    uint8_t kind, struct bytes payload, struct rule *broken);

/* A hash over acts, objects and facts, and what is evaluated from them.  Linear in all of them. */
MUST_USE enum entente_error consultation_state_hash(
    struct consultation *consultation, struct digest *hash);

/* Borrowed for the consultation's life. */
const struct offices *consultation_offices(const struct consultation *consultation, uint8_t slot);
struct acts *consultation_acts(struct consultation *consultation);

/* What was proposed.  Views borrow as above. */
struct proposal {
    struct digest act;
    struct place place; /* of the entry */
    uint8_t slot;
    uint8_t kind; /* enum act_kind, or one that this version does not know */
    struct digest subject;
    struct digest root;
    uint32_t number;
    uint16_t brackets;
    uint16_t offices_count;
    struct bytes offices; /* see office_name_next() */
};
/* False: not proposed here. */
bool consultation_proposal(
    const struct consultation *consultation, const struct digest *act, struct proposal *proposal);

/*
 * The offices whose consents an act needs (A8): the proposal's, or the room's where it names none; see
 * office_name_next().  Borrowed as the proposal's views are.
 */
struct bytes consultation_required(
    const struct consultation *consultation, const struct proposal *proposal);

/* ---- objects: what facts create, and the facts about them ---- */

struct fact_note {
    struct place place;
    struct entry_id entry;
    uint8_t slot; /* who wrote it */
    uint16_t inc;
    uint32_t seq;
    uint16_t index; /* of the section */
    uint16_t type;  /* enum fact_type */
    uint64_t t_ms;
    struct digest object; /* what this fact itself creates (C2) */
    struct bytes content; /* see fact_parse() */
};

struct object;

/* The objects by index from 0, in the order of arrival; NULL beyond the last. */
const struct object *consultation_object_at(
    const struct consultation *consultation, uint32_t index);
/* NULL: nobody spoke of it. */
const struct object *consultation_object(
    const struct consultation *consultation, const struct digest *id);

const struct digest *object_id(const struct object *object);
/* The type of the fact that made it; 0: that fact is not here, or not open. */
uint16_t object_type(const struct object *object);
/* The fact that made it; NULL as above. */
const struct fact_note *object_made_by(const struct object *object);

/* The facts about it, ascending by (slot, inc, seq, entry id, index); NULL beyond the last. */
const struct fact_note *object_note(const struct object *object, uint32_t index);

/* Whether the fact's entry counts (I2). */
MUST_USE enum entente_error note_counts(
    const struct consultation *consultation, const struct fact_note *note, bool *counts);

/*
 * The next fact about the object, from `*index` on, that counts and is of `type`, or of any where
 * that is 0.  NOT_FOUND at the end; `*index` is behind it.
 */
MUST_USE enum entente_error object_next(const struct consultation *consultation,
    const struct object *object, uint16_t type, uint32_t *index, const struct fact_note **note,
    struct fact *fact);

/* The object of that id, made by a fact of `type` that counts, and that fact; NOT_FOUND otherwise.
 */
MUST_USE enum entente_error object_of_type(const struct consultation *consultation,
    const struct digest *id, uint16_t type, const struct object **object, struct fact *fact);

/* How many bodies were filed under it (fact `under`), and where they are, in order of arrival. */
uint32_t object_under_count(const struct object *object);
const struct place *object_under(const struct object *object, uint32_t index);

/* ---- texts (T1 to T4) ---- */

struct text_file {
    struct text_language language;
    bool is_here; /* some part of the text has the size and hash */
    struct bytes data;
};
struct text_state {
    uint16_t languages;
    uint16_t brackets;
    struct text_file files[FACT_LANGUAGES_MAX];
};
/* The text of a root.  ENTENTE_ERR_NOT_FOUND: it is not here, or not open. */
MUST_USE enum entente_error consultation_text(
    const struct consultation *consultation, const struct digest *root, struct text_state *text);

/*
 * Whether a holder may be asked to sign: the text is here in all of its languages, and neither it
 * nor what the proposal says of it has brackets (T2).
 */
MUST_USE enum entente_error consultation_text_is_clean(
    const struct consultation *consultation, const struct digest *act, bool *is_clean);

/* ---- sessions (M1 to M6) ---- */

enum session_status {
    SESSION_CALLED = 0,
    SESSION_IS_OPEN = 1,
    SESSION_IS_SUSPENDED = 2,
    SESSION_IS_CLOSED = 3
};
struct session_state {
    struct fact call;    /* its fields */
    uint8_t status;      /* enum session_status */
    uint16_t term;       /* of the chair */
    uint8_t chair;       /* slot */
    struct digest item;  /* that was called; zero: none */
    struct digest floor; /* the request that has the floor; zero: nobody's */
    struct place close;  /* the entry that closed it, where it is closed (M4) */
    uint32_t items, invited, attending, waiting;
};
MUST_USE enum entente_error consultation_session(const struct consultation *consultation,
    const struct digest *session, struct session_state *state);

/* Whether a chair's fact about the session counts (M3). */
MUST_USE enum entente_error consultation_step_counts(const struct consultation *consultation,
    const struct digest *session, const struct fact_note *note, bool *counts);

/*
 * The attendance or the queue of a session: the fact that counts for each person, by index from 0,
 * ascending by (slot, name); NOT_FOUND beyond the last.  A person who left is among them.
 */
MUST_USE enum entente_error consultation_person(const struct consultation *consultation,
    const struct digest *session, uint16_t type, uint32_t index, struct fact_note *note);

/* ---- commitments (D1 to D4) ---- */

struct pledge_state {
    struct fact pledge;
    uint8_t giver;
    bool is_withdrawn;
    uint64_t due_ms;  /* after changes; 0: none */
    uint64_t pledged; /* after changes; all / 10^pledge.scale */
    uint64_t delivered, confirmed, disputed;
    uint32_t deliveries;
};
MUST_USE enum entente_error consultation_pledge(const struct consultation *consultation,
    const struct digest *pledge, struct pledge_state *state);

/* ---- assessments (V1 to V6) ---- */

#define ASSESSMENT_VERSIONS_MAX 1024u /* that are counted */

/* What a party said of its copy. */
struct assessment_holder {
    uint8_t holding;  /* enum holding_kind; 0: it has not said anything */
    uint32_t chunks;  /* that it holds, as it says */
    uint64_t when_ms; /* of its last word on that */
    uint8_t answer;   /* enum withdrawal_answer; 0: none */
    uint64_t answered_ms;
    struct bytes reason; /* why it keeps it, in its words */
};
struct assessment_state {
    struct fact assessment;
    uint8_t giver;
    uint32_t version;    /* from 1 */
    struct digest newer; /* the version that replaces it; zero: it is the newest */
    bool is_withdrawn;
    struct digest withdrawal; /* what the answers are about */
    uint64_t withdrawn_ms;
    struct bytes reason;
    uint8_t parties;
    struct assessment_holder holders[PARTIES_MAX]; /* the ledger: by slot, `parties` of them */
};
MUST_USE enum entente_error consultation_assessment(const struct consultation *consultation,
    const struct digest *assessment, struct assessment_state *state);

/* Whether the marking lets the party see it at all. */
bool assessment_is_released(const struct assessment_state *state, uint8_t slot);

/* Whether it was withdrawn, and a holder has not answered. */
bool assessment_owes_answer(const struct assessment_state *state, uint8_t slot);

/* ---- dialogues (Q1 to Q4) ---- */

struct dialogue_view {
    struct fact dialogue;
    uint8_t owner;
    uint8_t state; /* enum dialogue_state; of the owner's last word */
    uint64_t since_ms;
    uint8_t last_check; /* enum check_result; 0: never */
    uint64_t checked_ms;
    uint32_t rounds, contacts, positions, mandates;
};
MUST_USE enum entente_error consultation_dialogue(const struct consultation *consultation,
    const struct digest *dialogue, struct dialogue_view *view);

/* The position of a party's office on it: its last word.  NOT_FOUND: it has none. */
MUST_USE enum entente_error consultation_position(const struct consultation *consultation,
    const struct digest *dialogue, uint8_t slot, struct bytes office, struct fact *position);

/* ---- readouts (N1 to N3) ---- */

struct readout_state {
    struct proposal proposal;
    uint32_t number;     /* as its proposer says; else that of the proposal */
    uint64_t embargo_ms; /* 0: none */
    uint32_t publications;
};
/* NOT_FOUND: no proposal of kind readout or correction is here. */
MUST_USE enum entente_error consultation_readout(
    const struct consultation *consultation, const struct digest *act, struct readout_state *state);

/*
 * Those who may speak for their party about the readout, by index from 0, ascending by slot and as
 * their party lists them; NOT_FOUND beyond the last.
 */
MUST_USE enum entente_error consultation_spokesperson(const struct consultation *consultation,
    const struct digest *act, uint32_t index, struct spokesperson *person);

#endif
