/* A party's register: its chain of keys.  PROTOCOL.md section 3. */
#ifndef ENTENTE_FORMAT_REGISTER_H
#define ENTENTE_FORMAT_REGISTER_H

#include "crypto/hpke.h"
#include "crypto/sign.h"
#include "format/ids.h"

#define REGISTER_ENTRY_BYTES_MAX 4096u
#define REGISTER_ENTRIES_MAX 65536u
#define KEYSET_KEYS_MAX 16u
#define REGISTER_OPERATIONS_KEY 0xFFu
#define REGISTER_NAME_BYTES_MAX 128u
#define REGISTER_ADDRESS_BYTES_MAX 255u

enum register_kind {
    REGISTER_INCEPTION = 1,
    REGISTER_ROTATE = 2,
    REGISTER_OPERATIONS = 3,
    REGISTER_NODE = 4,
    REGISTER_REVOKE = 5,
    REGISTER_TRANSPORT = 6,
    REGISTER_OFFICE = 7,
    REGISTER_APPOINT = 8,
    REGISTER_DEPUTISE = 9,
    REGISTER_ASSUME = 10,
    REGISTER_RELIEVE = 11,
    REGISTER_AWAY = 12,
    REGISTER_POLICY = 13,
    REGISTER_ACT_WITHDRAW = 14
};

#define OFFICE_RANKS_MAX 16u
#define OFFICE_DEPUTIES_MAY_ASSUME 0x01u /* flags of an office: P5 */

enum relieve_kind { RELIEVE_FROM_LINE = 1, RELIEVE_ASSUMPTION = 2 };

struct keyset {
    uint8_t threshold; /* k */
    uint8_t count;     /* m */
    struct public_key keys[KEYSET_KEYS_MAX];
};

struct register_signature {
    uint8_t key; /* index in the keyset, or REGISTER_OPERATIONS_KEY */
    struct signature signature;
};

/* One entry as read.  Views borrow from the input. */
struct register_entry {
    uint8_t kind;
    struct party_id party; /* zero for the inception */
    uint32_t number;
    struct entry_id prev;
    uint64_t t_ms;
    struct keyset keyset;           /* inception, rotate */
    struct digest next;             /* inception, rotate */
    struct bytes name;              /* inception, office: UTF-8 */
    struct public_key key;          /* operations, node, transport; office to away: the person's */
    uint16_t inc;                   /* node, revoke */
    uint32_t prekey_id;             /* node */
    struct agreement_public prekey; /* node */
    struct bytes address;           /* transport */
    uint32_t office;                /* appoint to policy: the number of the entry that made it */
    uint8_t rank;                   /* appoint: 1 to OFFICE_RANKS_MAX */
    uint8_t what;                   /* relieve: enum relieve_kind; away: 0 back, 1 away */
    uint8_t flags;                  /* office, policy: OFFICE_... */
    uint64_t kinds;                 /* deputise: a bit for each kind of act */
    struct public_key replaces;     /* appoint: whose place it is; zero: nobody's */
    struct bytes person;            /* office, appoint: UTF-8 */
    struct signature assumed;       /* assume: by the person's own key, see office_assume_sign() */
    struct room_id room;            /* act-withdraw */
    struct digest act;              /* act-withdraw */
    uint8_t signatures_count;
    struct register_signature signatures[KEYSET_KEYS_MAX];
    struct bytes content; /* what the id covers */
    struct bytes encoded; /* content and signatures */
};

/*
 * Read one entry from `reader`, which may hold more behind it.  Borrows from the reader's input.
 * Checks form: R1, ascending keys of keysets and signatures, UTF-8.
 *   ENTENTE_ERR_TRUNCATED   the input ends inside the entry
 *   ENTENTE_ERR_VERSION     unknown version
 *   ENTENTE_ERR_TOO_LARGE   over a limit above
 *   ENTENTE_ERR_MALFORMED   any other breach
 * On error `*entry` is zeroed.
 */
MUST_USE enum entente_error register_entry_parse(
    struct reader *reader, struct register_entry *entry);

/* Writes content only, from the fields; signatures follow with register_signatures_write(). */
void register_content_write(struct writer *writer, const struct register_entry *entry);
void register_signatures_write(
    struct writer *writer, const struct register_signature *signatures, uint8_t count);
void register_make_id(struct entry_id *id, struct bytes content);
#define REGISTER_CONTEXT "entente/regsig/1"
void register_sign(
    struct signature *signature, const struct signing_key *key, const struct entry_id *id);

/* What a deputy signs to assume an office behind the register entry `prev` (P5). */
#define ASSUME_CONTEXT "entente/assume/1"
void office_assume_sign(struct signature *signature, const struct signing_key *key,
    const struct party_id *party, const struct entry_id *prev, uint32_t office);
bool office_assume_check(const struct register_entry *assume);

/* What a rotation's `next` must be for `keyset` to be revealed later (R4). */
void keyset_make_commitment(struct digest *next, const struct keyset *keyset);

/* One incarnation that the register certifies. */
struct incarnation {
    uint16_t inc;
    uint32_t certified_at; /* register number */
    uint32_t revoked_at;   /* register number, 0: not revoked */
    struct entry_id certificate;
    struct public_key key;
    uint32_t prekey_id;
    struct agreement_public prekey;
};

/*
 * The state that a verified register gives.  Grows with the register: its bytes, 40 bytes for each
 * entry's id and place (ids are targets of causal links), and each keyset.
 * All that is borrowed from it is borrowed until the next register_add() or register_free().
 */
struct party_register;

MUST_USE enum entente_error register_new(struct party_register **reg);
void register_free(struct party_register *reg);

/*
 * Add the next entry, which must continue the chain (R2 to R6) with valid signatures.
 *   ENTENTE_OK                   it was added
 *   ENTENTE_ERR_DUPLICATE        the register has it already; nothing changed
 *   ENTENTE_ERR_EQUIVOCATION     the register has another entry of that number, and the keys that
 *                                were in force there signed this one as well (R7); nothing changed
 *   ENTENTE_ERR_PENDING          entries before it are missing; nothing changed
 *   ENTENTE_ERR_REGISTER_CHAIN   another party's, or a breach of R2, R4, R5 or R6; nothing changed
 *   ENTENTE_ERR_SIGNATURE        R3; nothing changed
 *   ENTENTE_ERR_TOO_LARGE        over REGISTER_ENTRIES_MAX; nothing changed
 *   ENTENTE_ERR_NO_MEMORY        nothing changed
 *
 * Checks each signature, and compares each new key with those of the register, as R5 demands:
 * linear in the register, though faster than one signature up to some ten thousand entries.
 */
MUST_USE enum entente_error register_add(
    struct party_register *reg, const struct register_entry *entry);

/*
 * Add all entries of `entries`, concatenated.  Stops at the first error other than DUPLICATE, of
 * register_entry_parse() or register_add(); what came before it stays.
 */
MUST_USE enum entente_error register_add_all(struct party_register *reg, struct bytes entries);

/* Zero, and empty, as long as there is no entry. */
const struct party_id *register_party(const struct party_register *reg);
struct bytes register_name(const struct party_register *reg);
struct bytes register_address(const struct party_register *reg); /* empty when it has none */
uint32_t register_count(const struct party_register *reg);

/* The id of entry `number`, 1 <= number <= register_count(). */
const struct entry_id *register_id(const struct party_register *reg, uint32_t number);

/* Entry `number` as it arrived, content and signatures. */
struct bytes register_encoded(const struct party_register *reg, uint32_t number);

/* The transport key in force, or NULL; the operations key in force, or NULL. */
const struct public_key *register_transport_key(const struct party_register *reg);
const struct public_key *register_operations_key(const struct party_register *reg);

/* The root keyset in force at register position `number`, 1 <= number <= register_count(). */
const struct keyset *register_keyset_at(const struct party_register *reg, uint32_t number);

/* The commitment to the next keyset that is in force now; NULL as long as there is no entry. */
const struct digest *register_next(const struct party_register *reg);

/*
 * The incarnation `inc` when it is certified and not revoked at position `number` (E7); otherwise
 * NULL and `*error` is ENTENTE_ERR_UNCERTIFIED or ENTENTE_ERR_REVOKED.
 */
const struct incarnation *register_incarnation_at(
    const struct party_register *reg, uint16_t inc, uint32_t number, enum entente_error *error);

/* The incarnation with the greatest inc, revoked or not, or NULL. */
const struct incarnation *register_incarnation_last(const struct party_register *reg);

/* The incarnation `inc`, revoked or not, or NULL. */
const struct incarnation *register_incarnation(const struct party_register *reg, uint16_t inc);

/*
 * The register entries of a card, for register_add_all(); borrowed from `card`.
 *   ENTENTE_ERR_TRUNCATED   it ends inside CARD_MAGIC or holds no entry
 *   ENTENTE_ERR_MALFORMED   it does not begin with CARD_MAGIC
 * On error `*entries` is zeroed.
 */
#define CARD_MAGIC "entente/card/v1\n"
MUST_USE enum entente_error card_entries(struct bytes card, struct bytes *entries);

#endif
