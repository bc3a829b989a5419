/* Asking a person before something is signed. */
#ifndef ENTENTE_CLI_CONFIRM_H
#define ENTENTE_CLI_CONFIRM_H

#include "cli/cli.h"

/*
 * "y" on the terminal to `question`, or --yes.  Says itself what is wrong.
 *   ENTENTE_ERR_USAGE   anything else was answered, or there is no terminal
 */
MUST_USE enum entente_error confirm(
    struct cli *cli, const struct arguments *arguments, const char *question);

#endif
