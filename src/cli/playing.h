/* What the commands that play a file at a node have in common: their options, the player, its report. */
#ifndef ENTENTE_CLI_PLAYING_H
#define ENTENTE_CLI_PLAYING_H

#include "cli/desk_commands.h"
#include "cli/player.h"

#include <jansson.h>

#define OPTIONS_PLAYER                                                                             \
    {"room", OPTION_VALUE, "ID", "the consultation's room, where the party is in several"},        \
        {"pause-ms", OPTION_VALUE, "N", "wait so long between two of them (default: 0)"},          \
        {"in-flight", OPTION_VALUE, "N", "so many at a time (default: 1)"},                        \
    {                                                                                              \
        "acknowledged", OPTION_VALUE, "FILE", "write slot, incarnation, number and id of each"     \
    }

/*
 * The player of the options above, at the party in the first word's folder; `*acknowledged` is the file of
 * --acknowledged, or NULL; both are for playing_close(), also after an error.  Says itself what is wrong.
 */
MUST_USE enum entente_error playing_open(struct cli *cli, const struct arguments *arguments,
    struct player **player, FILE **acknowledged);

/*
 * Waits for the rest where `error`, of what was said, is ENTENTE_OK, and reports; ends player and file, either of
 * which may be NULL.  Returns `error`, or what went wrong here.
 */
MUST_USE enum entente_error playing_close(struct player *player, FILE *acknowledged,
    enum entente_error error, struct player_report *report);

/* A new object, which the caller releases. */
json_t *playing_json(const struct player_report *report);

#endif
