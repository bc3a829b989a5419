#include "cli/playing.h"

#define PATIENCE_MS 60000u /* for a node that is gone */

enum entente_error
playing_open(struct cli *cli, const struct arguments *arguments, struct player **player,
    FILE **acknowledged)
{
    const char *path = arguments_value(arguments, "acknowledged");
    struct player_options options = {
        .folder = arguments->words[0], .in_flight = 1, .patience_ms = PATIENCE_MS};

    *acknowledged = NULL;
    enum entente_error error = room_of_arguments(cli, arguments, &options.room);
    if (error == ENTENTE_OK)
        error = number_of_option(cli, arguments, "pause-ms", &options.pause_ms);
    if (error == ENTENTE_OK)
        error = number_of_option(cli, arguments, "in-flight", &options.in_flight);
    if (error == ENTENTE_OK && (options.in_flight == 0 || options.in_flight > 1024))
        error = cli_fail_because(cli, ENTENTE_ERR_USAGE, "--in-flight takes 1 to 1024");
    if (error == ENTENTE_OK && path != NULL && (*acknowledged = fopen(path, "w")) == NULL)
        error = cli_fail(cli, ENTENTE_ERR_READ_ONLY, "%s", path);
    options.acknowledged = *acknowledged;
    return error == ENTENTE_OK ? player_new(player, &options) : error;
}

enum entente_error
playing_close(struct player *player, FILE *acknowledged, enum entente_error error,
    struct player_report *report)
{
    if (error == ENTENTE_OK)
        error = player_finish(player, report);
    player_free(player);
    if (acknowledged != NULL && fclose(acknowledged) != 0 && error == ENTENTE_OK)
        error = ENTENTE_ERR_IO;
    return error;
}

json_t *
playing_json(const struct player_report *report)
{
    return json_pack("{s:I,s:I,s:f,s:f,s:f}", "acknowledged", (json_int_t)report->acknowledged,
        "said_again", (json_int_t)report->said_again, "seconds", report->seconds, "longest_ms",
        report->longest_ms, "longest_at_s", report->longest_at_s);
}
