/*
 * Facts: the sections that say what happens in a consultation (PROTOCOL.md section 11).
 *
 * All of them are made of the same few fields; a table in fact.c says which ones a type has, in
 * which order and within which bounds.  So there is one reader and one writer, and a new type is a
 * line of that table.  A type is never changed: what says something new gets a number of its own.
 */
#ifndef ENTENTE_FORMAT_FACT_H
#define ENTENTE_FORMAT_FACT_H

#include "crypto/sign.h"
#include "format/ids.h"
#include "format/marking.h"

#define FACT_NAME_BYTES_MAX 255u
#define FACT_TEXT_BYTES_MAX 1048576u
#define FACT_LANGUAGES_MAX 16u
#define FACT_BRACKETS_MAX 1024u
#define FACT_OFFICES_MAX 32u
#define FACT_SCALE_MAX 9u
#define FACT_TERM_MAX 0xFFFFu

/* X(type, NAME): the numbers of the section types that are facts. */
#define FACT_TYPES(X)                                                                              \
    X(16, PROPOSE)                                                                                 \
    X(17, SIGN)                                                                                    \
    X(18, CONSENT)                                                                                 \
    X(19, WITHDRAW)                                                                                \
    X(20, RATIFY)                                                                                  \
    X(32, TEXT)                                                                                    \
    X(33, TEXT_PART)                                                                               \
    X(34, CONCORD)                                                                                 \
    X(35, RESERVATION)                                                                             \
    X(48, SESSION)                                                                                 \
    X(49, INVITE)                                                                                  \
    X(50, CHAIR)                                                                                   \
    X(51, ITEM)                                                                                    \
    X(52, QUEUE)                                                                                   \
    X(53, ATTENDANCE)                                                                              \
    X(54, CONCLUSION)                                                                              \
    X(55, UNDER)                                                                                   \
    X(56, PAPER)                                                                                   \
    X(64, PLEDGE)                                                                                  \
    X(65, DELIVERY)                                                                                \
    X(66, RECEIPT)                                                                                 \
    X(67, PLEDGE_CHANGE)                                                                           \
    X(80, DIALOGUE)                                                                                \
    X(81, DIALOGUE_STATE)                                                                          \
    X(82, ROUND)                                                                                   \
    X(83, CHANNEL_CHECK)                                                                           \
    X(84, CONTACT)                                                                                 \
    X(85, POSITION)                                                                                \
    X(86, MANDATE)                                                                                 \
    X(96, READOUT)                                                                                 \
    X(97, PUBLICATION)                                                                             \
    X(112, ASSESSMENT)                                                                             \
    X(113, HOLDING)                                                                                \
    X(114, WITHDRAWAL)                                                                             \
    X(115, WITHDRAWAL_ANSWER)

enum fact_type {
#define X(number, name) FACT_##name = number,
    FACT_TYPES(X)
#undef X
};

/* What an act is about: `what` of a proposal.  Others are evaluated alike and shown by number. */
enum act_kind {
    ACT_JOINT_TEXT = 1,
    ACT_CHARTER = 2,
    ACT_SUCCESSOR = 3,
    ACT_READOUT = 4,
    ACT_CORRECTION = 5,
    ACT_JOINT_OFFICE = 6,
    ACT_CHAIR_ORDER = 7,
    ACT_MINUTES = 8
};
#define ACT_KIND_MAX 63u

/* What people and programs call it, such as "joint-text"; NULL: this version does not know it; and back, 0. */
const char *act_kind_name(uint8_t kind);
uint8_t act_kind_named(const char *name);

enum consent_purpose { CONSENT_SIGN = 1, CONSENT_WITHDRAW = 2 };

/* What the chair does: `what` of a chair's fact. */
enum chair_step {
    CHAIR_TAKE = 1, /* the term `number` begins */
    CHAIR_OPEN = 2,
    CHAIR_SUSPEND = 3,
    CHAIR_RESUME = 4,
    CHAIR_CLOSE = 5,
    CHAIR_ITEM = 6,  /* `subject`: the item that is called; zero: none */
    CHAIR_FLOOR = 7, /* `subject`: the request that has the floor; zero: nobody */
    CHAIR_ADMIT = 8  /* `subject`: the attendance that is admitted */
};

enum queue_step { QUEUE_ASK = 1, QUEUE_LEAVE = 2 };
enum attendance_step { ATTENDANCE_JOIN = 1, ATTENDANCE_LEAVE = 2 };
enum receipt_verdict { RECEIPT_CONFIRMED = 1, RECEIPT_DISPUTED = 2 };
enum pledge_change { PLEDGE_WITHDRAWN = 1, PLEDGE_DUE = 2, PLEDGE_QUANTITY = 3 };
enum dialogue_state {
    DIALOGUE_PROPOSED = 1,
    DIALOGUE_OPEN = 2,
    DIALOGUE_BROKEN_OFF = 3,
    DIALOGUE_RESUMED = 4,
    DIALOGUE_CLOSED = 5
};
enum round_outcome {
    ROUND_UNDER_WAY = 1,
    ROUND_AGREED = 2,
    ROUND_ADJOURNED = 3,
    ROUND_FAILED = 4,
    ROUND_COLLAPSED = 5
};
enum check_result { CHECK_ANSWERED = 1, CHECK_SILENT = 2, CHECK_REFUSED = 3 };
enum mandate_kind { MANDATE_SPEAKS = 1, MANDATE_LINE = 2 };
enum holding_kind { HOLDING_WHOLE = 1, HOLDING_PARTLY = 2, HOLDING_NONE = 3 };
enum withdrawal_answer { WITHDRAWAL_DELETED = 1, WITHDRAWAL_KEPT = 2 };
enum remark_kind { REMARK_RESERVATION = 1, REMARK_DECLARATION = 2, REMARK_REASON = 3 };

/*
 * One fact as read; what its type does not have is zero.  Views borrow from what it was read from.
 * The table of PROTOCOL.md section 11 says which fields a type has and what they mean there.
 */
struct fact {
    struct digest object;   /* what the fact is about: never zero */
    struct digest subject;  /* what else it points to; zero: nothing */
    struct digest root;     /* of a text or of a file */
    struct digest previous; /* the version before; zero: this is the first */
    struct digest sha256;   /* of a whole file, for common tools */
    struct public_key key;  /* of a person */
    struct bytes nonce;     /* 32 bytes */
    struct bytes signature; /* 64 bytes */
    struct bytes file_key;  /* 32 bytes */
    uint8_t what;           /* an enum of its type, from 1 */
    uint8_t slot;           /* a party */
    uint8_t mode;           /* how a person attends: 1 in the room, 2 by video, 3 by telephone */
    uint8_t scale;          /* the quantity is quantity / 10^scale */
    uint16_t minutes;
    uint16_t brackets; /* how many a text still has */
    uint32_t number;
    uint32_t parties; /* a bit for each slot */
    uint64_t when_ms;
    uint64_t until_ms;
    uint64_t quantity;
    uint64_t size; /* of a file, in bytes */
    struct marking marking;
    struct bytes name;   /* of a person, place or outside party; UTF-8 */
    struct bytes office; /* UTF-8 */
    struct bytes label;  /* a unit or a channel; UTF-8 */
    struct bytes tag;    /* BCP 47 */
    struct bytes other_tag;
    struct bytes media_type; /* two names of RFC 6838, section 4.2, joined by '/' */
    struct bytes text; /* UTF-8, to the end of the section */
    struct bytes data; /* to the end of the section */
    uint16_t items_count;
    struct bytes items;         /* languages, offices, chairs or spokespersons: see below */
    struct bytes bracket_items; /* `brackets` of them: see below */
};

/* Whether `type` is of the table. */
bool fact_is_known(uint16_t type);

/* The fact that an entry of a kind of acts says in clear (A1); 0: the kind is none of these. */
uint16_t fact_type_of_entry(uint8_t kind);

/* The name of the table in small letters, such as "propose", or NULL. */
const char *fact_type_name(uint16_t type);

/*
 * Read the content of a section of `type`, which is of the table.  Borrows from `content`.
 *   ENTENTE_ERR_TRUNCATED   `content` ends inside a field
 *   ENTENTE_ERR_TOO_LARGE   a list or text over its bound
 *   ENTENTE_ERR_MALFORMED   any other breach of the table's bounds; bytes left over; an unknown
 * type On error `*fact` is zeroed.
 */
MUST_USE enum entente_error fact_parse(struct fact *fact, uint16_t type, struct bytes content);

/*
 * Whether fact_write() may write `fact`, of which its maker filled in the fields of the type.
 *   ENTENTE_ERR_TEXT    a name or text is not UTF-8
 *   ENTENTE_ERR_USAGE   any other breach of the table's bounds; an unknown type
 */
MUST_USE enum entente_error fact_check(const struct fact *fact, uint16_t type);

/*
 * The size of what fact_write() writes.  Both look at the fields of the type only and check
 * nothing.
 */
size_t fact_size(const struct fact *fact, uint16_t type);
void fact_write(struct writer *writer, const struct fact *fact, uint16_t type);

/* ---- the lists inside of facts; a list that fact_parse() took reads without error ---- */

/* Of a text: one file in one language.  Ascending by tag. */
struct text_language {
    struct bytes tag;
    bool is_authentic;
    struct bytes media_type;
    uint32_t size;
    struct digest sha256; /* of the whole file, for common tools */
};

/* Of a text: what is not agreed.  Ascending by (language, start), without overlap. */
struct text_bracket {
    uint8_t language; /* index in the list of languages */
    uint32_t start;   /* in bytes of the file */
    uint32_t size;
    uint32_t holders; /* a bit for each slot; not 0 */
};

/* Of a readout: who may speak for a party about it. */
struct spokesperson {
    uint8_t slot;
    struct bytes name;
};

/* The next of the list that `reader` began as reader_of(fact->items); false at the end. */
bool text_language_next(struct reader *reader, struct text_language *language);
bool text_bracket_next(struct reader *reader, struct text_bracket *bracket);
bool spokesperson_next(struct reader *reader, struct spokesperson *spokesperson);
bool office_name_next(struct reader *reader, struct bytes *name);

void text_language_write(struct writer *writer, const struct text_language *language);
void text_bracket_write(struct writer *writer, const struct text_bracket *bracket);
void spokesperson_write(struct writer *writer, const struct spokesperson *spokesperson);
void office_name_write(struct writer *writer, struct bytes name);

/* ---- what is derived from facts ---- */

/* The id of what section `index` of the entry `entry` creates (C2). */
void fact_make_object(struct digest *object, const struct entry_id *entry, uint16_t index);

/* The id of an act, by the entry that proposes it (A1). */
void fact_make_act(struct digest *act, const struct room_id *room, const struct entry_id *proposal);

/* The root of a text (T1). */
void fact_make_text_root(struct digest *root, const struct fact *text);

/* The slot key of the acts of `kind` that exclude each other over `subject`, number `number` (A2).
 */
void fact_make_slot_key(
    struct digest *key, uint8_t kind, const struct digest *subject, uint32_t number);

/* What a holder signs (P7). */
struct consent_terms {
    struct room_id room;
    struct digest act;
    struct digest root;
    struct party_id party;
    uint32_t office; /* number in the party's register */
    uint8_t purpose; /* enum consent_purpose */
};
void consent_make_challenge(uint8_t challenge[static 32], const struct consent_terms *terms);
void consent_sign(
    struct signature *signature, const struct signing_key *key, const struct consent_terms *terms);
bool consent_check(const struct public_key *key, const struct signature *signature,
    const struct consent_terms *terms);

#endif
