/*
 * entente-supervisor FOLDER LISTEN PROGRAMS JSON PAGE CERTIFICATE KEY: what `entente serve` becomes once it has the
 * secret, so that the process that stays for years has none of the libraries of the commands.  The
 * secret comes from the descriptor SUPERVISOR_FD_SECRET, to its end; all but FOLDER and JSON may
 * be empty; JSON is 1 when a failure is to be told as `entente --json` tells it.
 */
#include "crypto/crypto.h"
#include "crypto/secret.h"
#include "daemon/supervisor.h"
#include "keyholder/keyfile.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum entente_error
read_secret(uint8_t *secret, size_t *size)
{
    *size = 0;
    for (;;) {
        ssize_t got =
            read(SUPERVISOR_FD_SECRET, secret + *size, KEY_FILE_BYTES_MAX - *size);
        if (got < 0)
            return ENTENTE_ERR_IO;
        if (got == 0)
            return close(SUPERVISOR_FD_SECRET) == 0 ? ENTENTE_OK : ENTENTE_ERR_IO;
        *size += (size_t)got;
    }
}

static const char *
or_null(const char *string)
{
    return string[0] == '\0' ? NULL : string;
}

static enum entente_error
run(char **strings)
{
    uint8_t *secret = secret_new(KEY_FILE_BYTES_MAX);
    size_t size;

    enum entente_error error = secret == NULL ? ENTENTE_ERR_NO_MEMORY : read_secret(secret, &size);
    if (error == ENTENTE_OK) {
        struct serve_options options = {
            .folder = strings[1],
            .secret = {secret, size},
            .listen = or_null(strings[2]),
            .programs = or_null(strings[3]),
            .page = or_null(strings[5]),
            .page_certificate = or_null(strings[6]),
            .page_key = or_null(strings[7]),
        };
        error = serve_run(&options);
    }
    secret_free(secret);
    return error;
}

int
main(int count, char **strings)
{
    if (count != 8 || crypto_start() != ENTENTE_OK) {
        fprintf(stderr, "entente-supervisor: it is started by `entente serve`\n");
        return 2;
    }
    enum entente_error error = run(strings);
    if (error == ENTENTE_OK)
        return 0;
    if (error == ENTENTE_ERR_LOCKED)
        fprintf(stderr, "entente: a node runs in %s already\n", strings[1]);
    else
        fprintf(stderr, "entente: %s: %s\n", strings[1], entente_error_text(error));
    if (strcmp(strings[4], "1") == 0)
        printf("{\"error\":\"%s\",\"text\":\"%s\"}\n", entente_error_name(error),
            entente_error_text(error));
    return entente_error_exit_status(error);
}
