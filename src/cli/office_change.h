/*
 * A change of the party's offices: an entry of its register, checked against the rules of PROTOCOL.md
 * section 13 before it is signed, written to the folder, and told to a running node.
 */
#ifndef ENTENTE_CLI_OFFICE_CHANGE_H
#define ENTENTE_CLI_OFFICE_CHANGE_H

#include "cli/keys_change.h"
#include "consultation/offices.h"

struct office_change {
    struct keys_change keys; /* the folder, locked, and its secret */
    struct offices *offices;
    struct register_entry entry; /* kind and body are the command's */
};

/*
 * Lock and read the folder, take the secret.  Says itself what is wrong.  office_change_end() gives
 * everything back, also after an error.
 */
MUST_USE enum entente_error office_change_start(
    struct office_change *change, struct cli *cli, const struct arguments *arguments);
void office_change_end(struct office_change *change);

/*
 * The office called `name`, into change->entry.office, and its present state, borrowed.  Says itself
 * what is wrong.
 *   ENTENTE_ERR_NOT_FOUND
 */
MUST_USE enum entente_error office_change_find(
    struct office_change *change, const char *name, const struct office_state **state);

/*
 * The person of the line that `named` means: the whole name, or at least eight digits of the key's
 * begin.  Says itself what is wrong.
 *   ENTENTE_ERR_NOT_FOUND, ENTENTE_ERR_USAGE
 */
MUST_USE enum entente_error office_change_person(struct office_change *change,
    const struct office_state *state, const char *named, struct public_key *key);

/* Put change->entry where it will stand in the register: what a holder signs depends on it. */
void office_change_place(struct office_change *change);

/*
 * Check the placed entry, sign it with the root key or the operations key, save it, tell the node, and
 * say how the office stands.  Says itself what is wrong.
 *   ENTENTE_ERR_USAGE   a rule P1 to P6 makes it void; nothing was signed
 */
MUST_USE enum entente_error office_change_make(struct office_change *change, enum key_role signer);

#endif
