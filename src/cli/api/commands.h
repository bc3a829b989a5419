/* The commands that are more than one request; entered in the table of commands.c. */
#ifndef ENTENTE_CLI_API_COMMANDS_H
#define ENTENTE_CLI_API_COMMANDS_H

#include "cli/cli.h"

extern const struct option options_text_new[];
extern const struct option options_act_sign[];
extern const struct option options_act_withdraw[];
extern const struct option options_assessment_put[];
extern const struct option options_readout_check[];

enum entente_error command_text_new(struct cli *cli, const struct arguments *arguments);
enum entente_error command_act_sign(struct cli *cli, const struct arguments *arguments);
enum entente_error command_act_withdraw(struct cli *cli, const struct arguments *arguments);
enum entente_error command_assessment_put(struct cli *cli, const struct arguments *arguments);
enum entente_error command_readout_check(struct cli *cli, const struct arguments *arguments);

#endif
