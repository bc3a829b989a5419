/* The secret that unlocks keys, a party's or a holder's: a key file's bytes, or a passphrase from the terminal. */
#ifndef ENTENTE_CLI_SECRET_INPUT_H
#define ENTENTE_CLI_SECRET_INPUT_H

#include "cli/cli.h"

#define SECRET_PASSPHRASE_BYTES_MIN 12u /* for a new one */

struct secret_input {
    uint8_t *memory; /* of secret_new() */
    size_t size;
    bool is_key_file; /* nobody guesses it, so opening it need not cost much */
};

/* Where a secret comes from. */
struct secret_source {
    const char *option;      /* names a file, without its hyphens */
    const char *environment; /* a variable that names a file */
    const char *prompt;      /* on the terminal */
};
extern const struct secret_source secret_of_party;  /* --key-file, ENTENTE_KEY_FILE */
extern const struct secret_source secret_of_holder; /* --holder-key-file, ENTENTE_HOLDER_KEY_FILE */

/*
 * Take the secret from the file that the option names, or from the one that the variable names, or ask
 * for it on the terminal, twice where it `is_new`.  Says itself what is wrong. ENTENTE_ERR_KEY_EXPOSED others
 * than its owner may read the file ENTENTE_ERR_PASSPHRASE    the file has under 32 bytes; a new
 * passphrase is too short or was typed in two ways ENTENTE_ERR_NOT_FOUND     no such file, or
 * neither file nor terminal ENTENTE_ERR_IO, ENTENTE_ERR_NO_MEMORY
 */
MUST_USE enum entente_error secret_input_take(struct cli *cli, const struct arguments *arguments,
    const struct secret_source *source, bool is_new, struct secret_input *secret);
void secret_input_free(struct secret_input *secret);

struct bytes secret_input_bytes(const struct secret_input *secret);

#endif
