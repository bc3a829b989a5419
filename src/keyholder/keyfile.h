/*
 * Secrets at rest, and the keys of one incarnation.
 *
 *     file = "entente/secret/1" || purpose u8 || passes u32 || memory bytes u32 || salt 16 || nonce
 * 24
 *         || XChaCha20-Poly1305 of the contents, its key by Argon2id of the passphrase or key file,
 *            all that is before as associated data
 *
 * The same format keeps the party's root, operations and transport keys, and those of office holders,
 * for the CLI.
 */
#ifndef ENTENTE_KEYHOLDER_KEYFILE_H
#define ENTENTE_KEYHOLDER_KEYFILE_H

#include "crypto/hpke.h"
#include "crypto/passphrase.h"
#include "crypto/sign.h"
#include "format/chain.h"

enum secret_purpose {
    SECRET_NODE = 1,
    SECRET_ROOT = 2,
    SECRET_OPERATIONS = 3,
    SECRET_TRANSPORT = 4,
    SECRET_HOLDER = 5
};

#define SECRET_CONTENTS_BYTES_MAX 8192u
#define SECRET_FILE_BYTES_MAX (SECRET_CONTENTS_BYTES_MAX + 128u)

/* A key file holds what nobody guesses; its bytes stand in the place of a passphrase. */
#define KEY_FILE_BYTES_MIN 32u
#define KEY_FILE_BYTES_MAX 4096u

/* For passphrases that people choose, and for key files. */
#define SECRET_COST_PASSPHRASE                                                                     \
    ((struct passphrase_cost){PASSPHRASE_PASSES, PASSPHRASE_MEMORY_BYTES})
#define SECRET_COST_KEY_FILE                                                                       \
    ((struct passphrase_cost){PASSPHRASE_PASSES_MIN, PASSPHRASE_MEMORY_BYTES_MIN})

/*
 * Seal `contents` into the format above; `out` needs SECRET_FILE_BYTES_MAX.
 *   ENTENTE_ERR_USAGE      an empty passphrase, or contents over SECRET_CONTENTS_BYTES_MAX
 *   ENTENTE_ERR_RANDOM, or what passphrase_derive() says
 */
MUST_USE enum entente_error secret_seal(struct writer *out, enum secret_purpose purpose,
    struct bytes contents, struct bytes passphrase, struct passphrase_cost cost);

/*
 * Open `file`.  `contents` has room for SECRET_CONTENTS_BYTES_MAX and is wiped on error.
 *   ENTENTE_ERR_CORRUPT      it is no such file, or one for another purpose
 *   ENTENTE_ERR_PASSPHRASE   the passphrase or key file is wrong, or the file was changed
 *   ENTENTE_ERR_NO_MEMORY
 */
MUST_USE enum entente_error secret_open(struct bytes file, enum secret_purpose purpose,
    struct bytes passphrase, uint8_t *contents, size_t *contents_size);

/*
 * The same with files below the open directory `folder`: written to a new file of mode 0600, synced
 * and then renamed, so that at any moment the old or the new one is whole. ENTENTE_ERR_NOT_FOUND,
 * ENTENTE_ERR_KEY_EXPOSED (reading: others may read it), ENTENTE_ERR_IO, ENTENTE_ERR_DISK_FULL,
 * ENTENTE_ERR_READ_ONLY, or as above
 */
MUST_USE enum entente_error secret_file_write(int folder, const char *name,
    enum secret_purpose purpose, struct bytes contents, struct bytes passphrase,
    struct passphrase_cost cost);
MUST_USE enum entente_error secret_file_read(int folder, const char *name,
    enum secret_purpose purpose, struct bytes passphrase, uint8_t *contents, size_t *contents_size);

/*
 * Read a file that only its owner may read, of at most `size` bytes, as it is: a key file, or a
 * secret file for somebody else to open. ENTENTE_ERR_KEY_EXPOSED   its mode lets group or others in
 *   ENTENTE_ERR_TOO_LARGE     over `size` bytes
 *   ENTENTE_ERR_NOT_FOUND, ENTENTE_ERR_IO
 * On error `out` is wiped.
 */
MUST_USE enum entente_error private_file_read(
    int folder, const char *name, uint8_t *out, size_t size, size_t *read_size);

/* ---- the node's keys ---- */

#define NODE_KEYS_OLDER_MAX 32u

/* What an incarnation needs to read what was sealed to it. */
struct reading_keys {
    uint16_t inc;
    uint32_t prekey_id;
    uint8_t prekey_seed[HPKE_SEED_BYTES];
    uint8_t chain_master[CHAIN_MASTER_BYTES];
};

/* Lives in locked memory: crypto/secret.h. */
struct node_keys {
    uint8_t seed[SIGN_SEED_BYTES];
    struct reading_keys reading;
    uint8_t
        older_count; /* earlier incarnations of this party whose keys are not lost, oldest first */
    struct reading_keys older[NODE_KEYS_OLDER_MAX];
};

/* What the register's `node` entry says of an incarnation. */
struct node_public {
    uint16_t inc;
    struct public_key key;
    uint32_t prekey_id;
    struct agreement_public prekey;
};

/*
 * New keys for incarnation `inc`.  Where the keys of the one before are still there (`before`, else
 * NULL), their reading halves are kept, so that the record stays readable without help.
 *   ENTENTE_ERR_RANDOM   `*keys` is wiped
 */
MUST_USE enum entente_error node_keys_make(
    struct node_keys *keys, uint16_t inc, const struct node_keys *before);
void node_keys_public(const struct node_keys *keys, struct node_public *public);

/* As the contents of a secret file. */
void node_keys_write(struct writer *writer, const struct node_keys *keys);

/* ENTENTE_ERR_CORRUPT   not the contents of such a file; `*keys` is wiped */
MUST_USE enum entente_error node_keys_read(struct bytes contents, struct node_keys *keys);

#define NODE_KEYS_FILE "node.secret"

/*
 * Set up the folder of a keyholder: an empty journal and the keys of incarnation `inc`, in this
 * order.  Each incarnation has a folder of its own.
 *   ENTENTE_ERR_EXISTS   the folder has a journal: keys never start again beside another's journal
 */
MUST_USE enum entente_error keyholder_install(int folder, uint16_t inc,
    const struct node_keys *before, struct bytes passphrase, struct passphrase_cost cost,
    struct node_public *public);

#endif
