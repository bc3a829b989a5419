/* entente serve: the node itself, until it is told to stop. */
#include "cli/desk_commands.h"
#include "cli/secret_input.h"
#include "daemon/supervisor.h"

const struct option options_serve[] = {
    OPTION_KEY_FILE,
    {"listen", OPTION_VALUE, "IP:PORT", "listen here instead of at the register's address"},
    {"programs", OPTION_VALUE, "DIR", "where entente-node and the others are"},
    {NULL, OPTION_NOTHING, NULL, NULL},
};

enum entente_error
command_serve(struct cli *cli, const struct arguments *arguments)
{
    struct secret_input secret = {0};

    enum entente_error error = secret_input_take(cli, arguments, false, &secret);
    if (error != ENTENTE_OK)
        return error;
    struct serve_options options = {
        .folder = arguments->words[0],
        .secret = secret_input_bytes(&secret),
        .listen = arguments_value(arguments, "listen"),
        .programs = arguments_value(arguments, "programs"),
    };
    error = serve_run(&options);
    secret_input_free(&secret);
    if (error == ENTENTE_ERR_LOCKED)
        return cli_fail_because(cli, error, "a node runs in %s already", arguments->words[0]);
    return error == ENTENTE_OK ? error : cli_fail(cli, error, "%s", arguments->words[0]);
}
