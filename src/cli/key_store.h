/*
 * A party's own keys: root, the root keys that come next (pre-rotation), operations, transport,
 * each a seed in a secret file of its own (keyholder/keyfile.h), and the node's, which the
 * keyholder makes.  All open with one secret.
 */
#ifndef ENTENTE_CLI_KEY_STORE_H
#define ENTENTE_CLI_KEY_STORE_H

#include "cli/party_folder.h"
#include "cli/secret_input.h"
#include "crypto/sign.h"

enum key_role { KEY_ROOT, KEY_ROOT_NEXT, KEY_OPERATIONS, KEY_TRANSPORT, KEY_ROLES };

/* Keys in use, in locked memory. */
struct key_pair {
    struct signing_key *key; /* of secret_new() */
    struct public_key public;
};

/*
 * Make a new key and write its seed, durably, as `role`'s file, or beside it where it `is_staged`.
 * Says itself what is wrong.
 *   ENTENTE_ERR_RANDOM, ENTENTE_ERR_NO_MEMORY, ENTENTE_ERR_IO, ...
 */
MUST_USE enum entente_error key_store_make(struct cli *cli, const char *folder, enum key_role role,
    bool is_staged, const struct secret_input *secret, struct key_pair *pair);

/*
 * Read a key.  Says itself what is wrong.
 *   ENTENTE_ERR_NOT_FOUND, ENTENTE_ERR_PASSPHRASE, ENTENTE_ERR_KEY_EXPOSED, ENTENTE_ERR_CORRUPT,
 * ...
 */
MUST_USE enum entente_error key_store_load(struct cli *cli, const char *folder, enum key_role role,
    bool is_staged, const struct secret_input *secret, struct key_pair *pair);

/* Whether there is a key, a staged one; and give the staged one the role's name, over the old one,
 * durably. */
bool key_store_has(const char *folder, enum key_role role);
bool key_store_has_staged(const char *folder, enum key_role role);
MUST_USE enum entente_error key_store_unstage(
    struct cli *cli, const char *folder, enum key_role role);

/* The next root key becomes the root key; durable.  (The staged next one follows it.) */
MUST_USE enum entente_error key_store_advance_root(struct cli *cli, const char *folder);

/* Wipes and frees; a zeroed pair does nothing. */
void key_pair_free(struct key_pair *pair);

/* The index of `public` in `keyset`, or -1. */
int keyset_index(const struct keyset *keyset, const struct public_key *public);

/*
 * Set up `inner`, an empty folder of `folder`, for a keyholder of incarnation `inc`, and fill in
 * `entry` as the register's `node` entry.  Where `before` is not NULL, it is the folder of the
 * incarnation before: what it can read, the new one can.  Says itself what is wrong.
 */
MUST_USE enum entente_error key_store_make_node(struct cli *cli, const char *folder,
    const char *inner, const char *before, uint16_t inc, const struct secret_input *secret,
    struct register_entry *entry);

/* The public key of the node keys in `inner`.  Says itself what is wrong; errors of
 * key_store_load(). */
MUST_USE enum entente_error key_store_node_key(struct cli *cli, const char *folder,
    const char *inner, const struct secret_input *secret, struct public_key *public);

#endif
