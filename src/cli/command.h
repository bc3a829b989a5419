/* The commands, one a file.  What each does is in its line of the table, commands.c. */
#ifndef ENTENTE_CLI_COMMAND_H
#define ENTENTE_CLI_COMMAND_H

#include "cli/cli.h"

typedef enum entente_error command_run(struct cli *cli, const struct arguments *arguments);

command_run command_party_create, command_party_card, command_party_trust, command_party_show;
command_run command_consultation_draft, command_consultation_sign, command_consultation_join,
    command_consultation_list;
command_run command_keys_rotate, command_keys_resume;
command_run command_holder_new, command_holder_card, command_holder_show;
command_run command_office_create, command_office_appoint, command_office_deputise,
    command_office_relieve, command_office_away, command_office_policy, command_office_assume;
command_run command_record_verify, command_record_show;

#endif
