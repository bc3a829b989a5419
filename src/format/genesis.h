/* A room's genesis: PROTOCOL.md section 4. */
#ifndef ENTENTE_FORMAT_GENESIS_H
#define ENTENTE_FORMAT_GENESIS_H

#include "format/register.h"

#define GENESIS_BYTES_MAX 262144u
#define GENESIS_TITLE_BYTES_MAX 200u
#define GENESIS_LANGUAGES_MAX 16u
#define GENESIS_CHARTERS_MAX 16u
#define GENESIS_CHARTER_BYTES_MAX 65536u
#define GENESIS_OFFICES_MAX 32u
#define GENESIS_MAGIC "entente/genesis\n"

struct genesis_charter {
    struct bytes tag;
    struct bytes text;
};

struct genesis_party {
    struct party_id party;
    uint32_t reg_number;
    struct entry_id reg_id;
};

/* Views borrow from the input. */
struct genesis {
    uint8_t nonce[32];
    uint64_t t_ms;
    struct bytes title;
    uint8_t languages_count;
    struct bytes languages[GENESIS_LANGUAGES_MAX];
    uint8_t charters_count;
    struct genesis_charter charters[GENESIS_CHARTERS_MAX];
    uint8_t offices_count;
    struct bytes offices[GENESIS_OFFICES_MAX];
    uint32_t retention_days; /* 0: for ever */
    bool has_predecessor;
    struct room_id predecessor;
    struct digest predecessor_state;
    uint8_t parties_count;
    struct genesis_party parties[PARTIES_MAX];
    struct bytes encoded; /* what the room id covers; set by genesis_parse() */
};

/*
 * Read one genesis from `reader`, which may hold more behind it.
 *   ENTENTE_ERR_TRUNCATED   the input ends inside it
 *   ENTENTE_ERR_VERSION     unknown version
 *   ENTENTE_ERR_TOO_LARGE   over a limit above or GENESIS_BYTES_MAX
 *   ENTENTE_ERR_MALFORMED   a breach of G1, a tag that is not of BCP 47, text that is not UTF-8, a
 *                           count or size below its minimum
 * On error `*genesis` is zeroed.
 */
MUST_USE enum entente_error genesis_parse(struct reader *reader, struct genesis *genesis);

/* Writes from the fields, so `encoded` need not be set.  Checks nothing: parse what was written. */
void genesis_write(struct writer *writer, const struct genesis *genesis);
void genesis_make_room(struct room_id *room, struct bytes encoded);

/* The file that people pass around: genesis and the consents so far.  Some 31 kB. */
#define GENESIS_FILE_BYTES_MAX                                                                     \
    (20u + GENESIS_BYTES_MAX + PARTIES_MAX * (1u + KEYSET_KEYS_MAX * 65u))
struct genesis_consents {
    uint8_t counts[PARTIES_MAX];
    struct register_signature signatures[PARTIES_MAX][KEYSET_KEYS_MAX];
};

/*
 * Read a file, which fills `file` to its end.  Checks the form of the consents, ascending keys
 * included, not the signatures: see genesis_check_consent().  Errors as genesis_parse(), and
 *   ENTENTE_ERR_MALFORMED   not GENESIS_MAGIC, or bytes left over
 * On error `*genesis` and `*consents` are zeroed.
 */
MUST_USE enum entente_error genesis_file_parse(
    struct bytes file, struct genesis *genesis, struct genesis_consents *consents);

/* Writes `genesis->encoded` as it is, and the consents. */
void genesis_file_write(
    struct writer *writer, const struct genesis *genesis, const struct genesis_consents *consents);

#define GENESIS_CONTEXT "entente/gensign1"
void genesis_sign(
    struct signature *signature, const struct signing_key *key, const struct room_id *room);

/*
 * Check the consent of `slot`, below parties_count, against its register (G2).  `genesis->encoded`
 * is set.
 *   ENTENTE_OK               enough valid signatures of the keyset in force at the cited position
 *   ENTENTE_ERR_INCOMPLETE   fewer than k signatures
 *   ENTENTE_ERR_NOT_A_PARTY  `reg` is another party's, or lacks the cited entry
 *   ENTENTE_ERR_SIGNATURE    a signature is wrong, or keys do not ascend
 */
MUST_USE enum entente_error genesis_check_consent(const struct genesis *genesis,
    const struct genesis_consents *consents, uint8_t slot, const struct party_register *reg);

#endif
