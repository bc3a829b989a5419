/*
 * Changing a party's keys so that a power cut at any moment leaves keys and register that fit: the
 * new key is written beside the old one (staged), then the register says so, then the key takes its
 * place.  A change that was cut short is finished, or forgotten, by the next command that settles
 * the folder.
 */
#ifndef ENTENTE_CLI_KEYS_CHANGE_H
#define ENTENTE_CLI_KEYS_CHANGE_H

#include "cli/issue.h"
#include "cli/key_store.h"

/* The folder, locked, and its secret. */
struct keys_change {
    struct cli *cli;
    struct party_folder folder;
    struct secret_input secret;
    int serve_lock; /* see keys_change_stop_node(); -1: not taken */
};

/*
 * Lock and read the folder at `path`, take the secret, and settle what was cut short.  Says itself
 * what is wrong.  keys_change_end() gives everything back, also after an error.
 */
MUST_USE enum entente_error keys_change_start(struct keys_change *change, struct cli *cli,
    const struct arguments *arguments, const char *path);
void keys_change_end(struct keys_change *change);

/*
 * The root or operations key that signs a register entry, and its number there; what it is asked for comes first, so
 * that a wrong secret ends the command before anything is made.  Says itself what is wrong.
 *   ENTENTE_ERR_USAGE   the root key in the folder is not the one in force
 *   or as key_store_load()
 */
MUST_USE enum entente_error keys_change_signer(
    struct keys_change *change, enum key_role role, struct key_pair *signer, int *index);

/*
 * See that no node runs in the folder, or starts before keys_change_end().  Says itself what is
 * wrong. ENTENTE_ERR_LOCKED   one runs
 */
MUST_USE enum entente_error keys_change_stop_node(struct keys_change *change);

/* The folder of a keyholder on its way to be the party's "keyholder". */
#define KEYHOLDER_STAGED "keyholder.staged"

/* The staged keyholder takes the place of the old one, which is kept as "keyholder.INC". */
MUST_USE enum entente_error keys_change_advance_node(struct keys_change *change, uint16_t old_inc);

#endif
