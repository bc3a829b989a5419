#include "cli/confirm.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum entente_error
confirm(struct cli *cli, const struct arguments *arguments, const char *question)
{
    char answer[8] = {0};

    if (arguments_have(arguments, "yes"))
        return ENTENTE_OK;
    int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (terminal < 0)
        return cli_fail_because(
            cli, ENTENTE_ERR_USAGE, "there is no terminal to ask whether to sign: give --yes");
    fflush(cli->out);
    fflush(cli->talk);
    (void)!write(terminal, question, strlen(question));
    ssize_t got = read(terminal, answer, sizeof answer - 1);
    close(terminal);
    return got > 0 && (answer[0] == 'y' || answer[0] == 'Y')
               ? ENTENTE_OK
               : cli_fail_because(cli, ENTENTE_ERR_USAGE, "not signed");
}
