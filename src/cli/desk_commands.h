/* The commands that talk to the running node through its desk; entered in the table of commands.c. */
#ifndef ENTENTE_CLI_DESK_COMMANDS_H
#define ENTENTE_CLI_DESK_COMMANDS_H

#include "cli/cli.h"
#include "desk/client.h"

extern const struct option options_say[];
extern const struct option options_log[];
extern const struct option options_room[];
extern const struct option options_bundle_export[];
extern const struct option options_play[];
extern const struct option options_import_minutes[];
extern const struct option options_serve[];

enum entente_error command_say(struct cli *cli, const struct arguments *arguments);
enum entente_error command_log(struct cli *cli, const struct arguments *arguments);
enum entente_error command_status(struct cli *cli, const struct arguments *arguments);
enum entente_error command_consultation_status(struct cli *cli, const struct arguments *arguments);
enum entente_error command_drill(struct cli *cli, const struct arguments *arguments);
enum entente_error command_record_export(struct cli *cli, const struct arguments *arguments);
enum entente_error command_bundle_import(struct cli *cli, const struct arguments *arguments);
enum entente_error command_keys_help(struct cli *cli, const struct arguments *arguments);
enum entente_error command_serve(struct cli *cli, const struct arguments *arguments);
enum entente_error command_play(struct cli *cli, const struct arguments *arguments);
enum entente_error command_import_minutes(struct cli *cli, const struct arguments *arguments);

/*
 * The room that --room names (hexadecimal), or zero for the only one.  Says itself what is wrong:
 * ENTENTE_ERR_USAGE.
 */
MUST_USE enum entente_error room_of_arguments(
    struct cli *cli, const struct arguments *arguments, struct room_id *room);

/* Connects to the desk of the party in the first word's folder; says itself why not. */
MUST_USE enum entente_error connect_of_arguments(
    struct cli *cli, const struct arguments *arguments, struct desk_client **client);

/* The slot of the party that `text` names, by its id in hexadecimal or by its name. */
bool party_of_text(const struct status *status, const char *text, uint8_t *slot);

/*
 * What --for, --from and --heads say, into `*ask`, which borrows from `*heads`: the caller frees it.
 * Says itself what is wrong.
 */
MUST_USE enum entente_error bundle_scope(struct cli *cli, const struct arguments *arguments,
    struct desk_client *client, struct message_export *ask, uint8_t **heads);

/* A whole number in `text`, or USAGE, said. */
MUST_USE enum entente_error number_of_option(
    struct cli *cli, const struct arguments *arguments, const char *name, uint32_t *number);

#endif
