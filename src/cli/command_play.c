/* entente play: many sayings at one node, out of a script. */
#include "cli/desk_commands.h"
#include "cli/files.h"
#include "cli/playing.h"
#include "cli/script.h"

#include <stdlib.h>
#include <time.h>

#define SCRIPT_BYTES_MAX (16u << 20)

const struct option options_play[] = {
    OPTIONS_PLAYER,
    {"seconds", OPTION_VALUE, "N", "begin again from the top until so much time is over"},
    {NULL, OPTION_NOTHING, NULL, NULL},
};

static enum entente_error
say_saying(struct player *player, const struct script_saying *saying)
{
    struct section section = {.type = SECTION_STATEMENT};

    if (saying->kind == SCRIPT_HEADING) {
        section.type = SECTION_HEADING;
        section.heading = (struct section_heading){
            HEADING_AGENDA_ITEM, 1, saying->language, saying->text};
    } else {
        section.statement =
            (struct section_statement){saying->language, saying->speaker, saying->text};
    }
    return player_say(player, &section, 1, NULL);
}

static double
now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static enum entente_error
play_script(struct cli *cli, struct player *player, const char *path, struct bytes content,
    uint32_t seconds)
{
    double end = now_s() + seconds;

    do {
        struct script script = script_of(content);
        struct script_saying saying;
        bool found = true;
        while (found && (seconds == 0 || now_s() < end)) {
            enum entente_error error = script_next(&script, &saying, &found);
            if (error != ENTENTE_OK)
                return cli_fail(cli, error, "%s:%u", path, script.line);
            if (found)
                error = say_saying(player, &saying);
            if (error != ENTENTE_OK)
                return cli_fail(cli, error, "%s:%u was not said", path, script.line);
        }
    } while (now_s() < end);
    return ENTENTE_OK;
}

enum entente_error
command_play(struct cli *cli, const struct arguments *arguments)
{
    struct player *player = NULL;
    struct player_report report = {0};
    struct file_content script = {0};
    FILE *acknowledged;
    uint32_t seconds = 0;

    enum entente_error error = number_of_option(cli, arguments, "seconds", &seconds);
    if (error != ENTENTE_OK)
        return error;
    error = files_read(&script, arguments->words[1], SCRIPT_BYTES_MAX);
    if (error != ENTENTE_OK)
        return cli_fail(cli, error, "%s", arguments->words[1]);
    error = playing_open(cli, arguments, &player, &acknowledged);
    if (error == ENTENTE_OK)
        error = play_script(cli, player, arguments->words[1],
            (struct bytes){script.data, script.size}, seconds);
    error = playing_close(player, acknowledged, error, &report);
    free(script.data);
    if (error != ENTENTE_OK)
        return cli->failed ? error : cli_fail(cli, error, "not all of it was said");
    if (cli->json)
        return cli_print_json(cli, playing_json(&report));
    fprintf(cli->out, "%llu said and acknowledged in %.1f s\n",
        (unsigned long long)report.acknowledged, report.seconds);
    return ENTENTE_OK;
}
