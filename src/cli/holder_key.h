/* The key of a person who holds an office, in a file of the person's own. */
#ifndef ENTENTE_CLI_HOLDER_KEY_H
#define ENTENTE_CLI_HOLDER_KEY_H

#include "cli/key_store.h"
#include "format/holder.h"

struct holder_key {
    struct key_pair pair;
    struct bytes name; /* points into `memory` */
    uint8_t *memory;   /* of secret_new() */
};

/*
 * Make a key for the person `name` and write it, durably, to a new file.  Says itself what is wrong.
 *   ENTENTE_ERR_EXISTS   the file is there; it was not touched
 *   ENTENTE_ERR_RANDOM, ENTENTE_ERR_IO, ...
 */
MUST_USE enum entente_error holder_key_make(struct cli *cli, const char *path, struct bytes name,
    const struct secret_input *secret, struct holder_key *holder);

/*
 * Read it, unlocked with the secret of `arguments` (secret_of_holder).  Says itself what is wrong.
 *   ENTENTE_ERR_NOT_FOUND, ENTENTE_ERR_PASSPHRASE, ENTENTE_ERR_KEY_EXPOSED, ENTENTE_ERR_CORRUPT, ...
 */
MUST_USE enum entente_error holder_key_load(struct cli *cli, const struct arguments *arguments,
    const char *path, struct holder_key *holder);

/* Wipes and frees; a zeroed one does nothing. */
void holder_key_free(struct holder_key *holder);

/*
 * Read a card; `card->name` borrows from `*content`, which the caller frees.  Says itself what is wrong.
 */
MUST_USE enum entente_error holder_card_read(struct cli *cli, const char *path,
    struct file_content *content, struct holder_card *card);

/* Name and digits to compare, and the same as JSON. */
void holder_print(FILE *out, struct bytes name, const struct public_key *key);
json_t *json_of_holder(struct bytes name, const struct public_key *key);

#endif
