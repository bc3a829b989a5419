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
    REGISTER_TRANSPORT = 6
};

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
    struct keyset keyset;              /* inception, rotate */
    struct digest next;                /* inception, rotate */
    struct bytes name;                 /* inception, UTF-8 */
    struct public_key key;             /* operations, node, transport */
    uint16_t inc;                      /* node, revoke */
    uint32_t prekey_id;                /* node */
    struct agreement_public prekey;    /* node */
    struct bytes address;              /* transport */
    uint8_t signatures_count;
    struct register_signature signatures[KEYSET_KEYS_MAX];
    struct bytes content; /* what the id covers */
    struct bytes encoded; /* content and signatures */
};

/* Reads one entry; checks R1 and form.  Errors as entry_parse().  On error `*entry` is zeroed. */
MUST_USE enum entente_error register_entry_parse(
    struct reader *reader, struct register_entry *entry);

/* Writes content only, from the fields; signatures follow with register_signatures_write(). */
void register_content_write(struct writer *writer, const struct register_entry *entry);
void register_signatures_write(
    struct writer *writer, const struct register_signature *signatures, uint8_t count);
void register_make_id(struct entry_id *id, struct bytes content);
void register_sign(
    struct signature *signature, const struct signing_key *key, const struct entry_id *id);
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
 * The state that a verified register gives.  Grows with the register; entries' ids are all kept
 * (32 bytes each) since they are targets of causal links.
 */
struct party_register;

MUST_USE enum entente_error register_new(struct party_register **reg);
void register_free(struct party_register *reg);

/*
 * Add the next entry, which must continue the chain (R2 to R6) with valid signatures.
 *   ENTENTE_OK                   it was added
 *   ENTENTE_ERR_DUPLICATE        the register has it already; nothing changed
 *   ENTENTE_ERR_EQUIVOCATION     the register has another entry of that number (R7); nothing changed
 *   ENTENTE_ERR_PENDING          entries before it are missing; nothing changed
 *   ENTENTE_ERR_REGISTER_CHAIN, ENTENTE_ERR_SIGNATURE, ENTENTE_ERR_NO_MEMORY ; nothing changed
 */
MUST_USE enum entente_error register_add(
    struct party_register *reg, const struct register_entry *entry);

/* Adds all entries of `entries`, concatenated.  Stops at the first error other than DUPLICATE. */
MUST_USE enum entente_error register_add_all(struct party_register *reg, struct bytes entries);

const struct party_id *register_party(const struct party_register *reg);
struct bytes register_name(const struct party_register *reg);    /* borrowed from the register */
struct bytes register_address(const struct party_register *reg); /* empty when it has none */
uint32_t register_count(const struct party_register *reg);

/* The id of entry `number`, 1 <= number <= register_count(). */
const struct entry_id *register_id(const struct party_register *reg, uint32_t number);

/* Entry `number` as it arrived, content and signatures, borrowed until the register is freed. */
struct bytes register_encoded(const struct party_register *reg, uint32_t number);

/* The transport key in force, or NULL; the operations key in force, or NULL. */
const struct public_key *register_transport_key(const struct party_register *reg);
const struct public_key *register_operations_key(const struct party_register *reg);

/* The root keyset in force at register position `number`. */
const struct keyset *register_keyset_at(const struct party_register *reg, uint32_t number);

/* The commitment to the next keyset in force now. */
const struct digest *register_next(const struct party_register *reg);

/*
 * The incarnation `inc` when it is certified and not revoked at position `number` (E7); otherwise
 * NULL and `*error` is ENTENTE_ERR_UNCERTIFIED or ENTENTE_ERR_REVOKED.
 */
const struct incarnation *register_incarnation_at(const struct party_register *reg, uint16_t inc,
    uint32_t number, enum entente_error *error);

/* The incarnation with the greatest inc, revoked or not, or NULL. */
const struct incarnation *register_incarnation_last(const struct party_register *reg);
const struct incarnation *register_incarnation(const struct party_register *reg, uint16_t inc);

/* Cards: PROTOCOL.md 3.  `CARD_MAGIC` and the entries behind it. */
#define CARD_MAGIC "entente/card/v1\n"
MUST_USE enum entente_error card_entries(struct bytes card, struct bytes *entries);

#endif
