/* entente: what a party's people type. */
#include "cli/cli.h"

#include "crypto/crypto.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>

int
main(int count, char **strings)
{
    struct cli cli = {.out = stdout, .talk = stderr};

    setlocale(LC_CTYPE, "C.UTF-8");
    signal(SIGPIPE, SIG_IGN); /* a reader that goes away is an error of writing, not our end */
    if (crypto_start() != ENTENTE_OK)
        return entente_error_exit_status(cli_fail(&cli, ENTENTE_ERR_RANDOM, "start"));
    return cli_run(&cli, count - 1, strings + 1);
}
