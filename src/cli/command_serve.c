/* entente serve: the node itself, until it is told to stop. */
#include "cli/desk_commands.h"
#include "cli/secret_input.h"
#include "daemon/program.h"
#include "daemon/supervisor.h"

#include <fcntl.h>
#include <unistd.h>

const struct option options_serve[] = {
    OPTION_KEY_FILE,
    {"listen", OPTION_VALUE, "IP:PORT", "listen here instead of at the register's address"},
    {"page", OPTION_VALUE, "IP:PORT", "serve the page and the API to browsers here"},
    {"page-certificate", OPTION_VALUE, "FILE", "TLS for the page: its certificates, in PEM"},
    {"page-key", OPTION_VALUE, "FILE", "TLS for the page: the certificate's key, in PEM"},
    {"programs", OPTION_VALUE, "DIR", "where entente-node and the others are"},
    {NULL, OPTION_NOTHING, NULL, NULL},
};

/* The secret waits in a pipe, which holds far more than that; its end for writing is closed. */
static enum entente_error
put_in_pipe(struct bytes secret)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return ENTENTE_ERR_IO;
    bool written = write(ends[1], secret.data, secret.size) == (ssize_t)secret.size;
    close(ends[1]);
    if (written && ends[0] == SUPERVISOR_FD_SECRET)
        written = fcntl(ends[0], F_SETFD, 0) == 0;
    else if (written)
        written = dup2(ends[0], SUPERVISOR_FD_SECRET) == SUPERVISOR_FD_SECRET;
    return written ? ENTENTE_OK : ENTENTE_ERR_IO;
}

static const char *
value_or_empty(const struct arguments *arguments, const char *name)
{
    const char *value = arguments_value(arguments, name);

    return value == NULL ? "" : value;
}

static enum entente_error
become_supervisor(struct cli *cli, const struct arguments *arguments, struct bytes secret)
{
    char path[PROGRAM_PATH_BYTES];
    const char *programs = arguments_value(arguments, "programs");

    enum entente_error error = program_find(path, "entente-supervisor", programs, "../daemon");
    if (error != ENTENTE_OK)
        return cli_fail(cli, error, "entente-supervisor");
    error = put_in_pipe(secret);
    if (error == ENTENTE_OK) {
        execl(path, "entente-supervisor", arguments->words[0], value_or_empty(arguments, "listen"),
            value_or_empty(arguments, "programs"), cli->json ? "1" : "0",
            value_or_empty(arguments, "page"), value_or_empty(arguments, "page-certificate"),
            value_or_empty(arguments, "page-key"), (char *)NULL);
        error = ENTENTE_ERR_IO;
    }
    return cli_fail(cli, error, "%s", path);
}

enum entente_error
command_serve(struct cli *cli, const struct arguments *arguments)
{
    struct secret_input secret = {0};

    enum entente_error error = secret_input_take(cli, arguments, &secret_of_party, false, &secret);
    if (error == ENTENTE_OK)
        error = become_supervisor(cli, arguments, secret_input_bytes(&secret));
    secret_input_free(&secret);
    return error;
}
