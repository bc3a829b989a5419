/* entente play and entente import-minutes: many sayings at one node, out of a file. */
#include "cli/desk_commands.h"
#include "cli/files.h"
#include "cli/minutes.h"
#include "cli/player.h"
#include "cli/script.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 60000u
#define SCRIPT_BYTES_MAX (16u << 20)
#define PROGRESS_ITEMS 500u

#define OPTIONS_PLAYER                                                                             \
    {"room", OPTION_VALUE, "ID", "the consultation's room, where the party is in several"},        \
        {"pause-ms", OPTION_VALUE, "N", "wait so long between two of them (default: 0)"},          \
        {"in-flight", OPTION_VALUE, "N", "so many at a time (default: 1)"},                        \
    {                                                                                              \
        "acknowledged", OPTION_VALUE, "FILE", "write slot, incarnation, number and id of each"     \
    }

const struct option options_play[] = {
    OPTIONS_PLAYER,
    {"seconds", OPTION_VALUE, "N", "begin again from the top until so much time is over"},
    {NULL, OPTION_NOTHING, NULL, NULL},
};

const struct option options_import_minutes[] = {
    OPTIONS_PLAYER,
    {"party-index", OPTION_VALUE, "N", "only what the N-th of three parties says (0 to 2)"},
    {NULL, OPTION_NOTHING, NULL, NULL},
};

static enum entente_error
open_player(struct cli *cli, const struct arguments *arguments, struct player **player,
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

static json_t *
json_of_report(const struct player_report *report)
{
    return json_pack("{s:I,s:I,s:f,s:f,s:f}", "acknowledged", (json_int_t)report->acknowledged,
        "said_again", (json_int_t)report->said_again, "seconds", report->seconds, "longest_ms",
        report->longest_ms, "longest_at_s", report->longest_at_s);
}

/* ---- a script of the demo ---- */

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
    return player_say(player, &section);
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
    error = open_player(cli, arguments, &player, &acknowledged);
    if (error == ENTENTE_OK)
        error = play_script(cli, player, arguments->words[1],
            (struct bytes){script.data, script.size}, seconds);
    if (error == ENTENTE_OK)
        error = player_finish(player, &report);
    player_free(player);
    free(script.data);
    if (acknowledged != NULL && fclose(acknowledged) != 0 && error == ENTENTE_OK)
        error = ENTENTE_ERR_IO;
    if (error != ENTENTE_OK)
        return cli->failed ? error : cli_fail(cli, error, "not all of it was said");
    if (cli->json)
        return cli_print_json(cli, json_of_report(&report));
    fprintf(cli->out, "%llu said and acknowledged in %.1f s\n",
        (unsigned long long)report.acknowledged, report.seconds);
    return ENTENTE_OK;
}

/* ---- a committee's minutes ---- */

struct importing {
    struct cli *cli;
    struct player *player;
    uint32_t party; /* UINT32_MAX: all */
    uint64_t said[MINUTES_KINDS];
    uint64_t unread;
    json_t *unread_lines;
};

static struct section
section_of_item(const struct minutes_item *item)
{
    struct section section = {.type = SECTION_STATEMENT};
    struct bytes tag = bytes_of_text(item->language);

    if (item->kind == MINUTES_STATEMENT || item->kind == MINUTES_NOTE ||
        item->kind == MINUTES_RESOLUTION) {
        struct bytes speaker = item->speaker.size > 0 ? item->speaker : item->abbreviation;
        section.statement = (struct section_statement){tag, speaker, item->text};
        return section;
    }
    section.type = SECTION_HEADING;
    section.heading = (struct section_heading){
        .role = item->kind == MINUTES_SESSION      ? HEADING_PLAIN
                : item->kind == MINUTES_CONCLUSION ? HEADING_CONCLUSION
                                                   : HEADING_AGENDA_ITEM,
        .level = item->level > 0 ? item->level : 1,
        .tag = tag,
        .text = item->text,
    };
    return section;
}

static enum entente_error
take_item(void *context, const struct minutes_item *item)
{
    struct importing *importing = context;
    struct section section = section_of_item(item);
    uint64_t said = 0;

    if (importing->party != UINT32_MAX && item->party != importing->party)
        return ENTENTE_OK;
    enum entente_error error = player_say(importing->player, &section);
    importing->said[item->kind] += error == ENTENTE_OK;
    for (int kind = 0; kind < MINUTES_KINDS; kind++)
        said += importing->said[kind];
    if (said % PROGRESS_ITEMS == 0 && !importing->cli->json &&
        isatty(fileno(importing->cli->talk)))
        fprintf(importing->cli->talk, "\r%llu said", (unsigned long long)said);
    if (error != ENTENTE_OK)
        return cli_fail(importing->cli, error, "%s:%u was not said", item->file, item->line);
    return ENTENTE_OK;
}

static void
take_unread(void *context, const char *file, uint32_t line, const char *reason)
{
    struct importing *importing = context;

    importing->unread++;
    if (importing->cli->json)
        json_array_append_new(importing->unread_lines,
            json_pack("{s:s,s:i,s:s}", "file", file, "line", (int)line, "reason", reason));
    else
        fprintf(importing->cli->talk, "%s:%u: %s\n", file, line, reason);
}

static enum entente_error
print_import(struct importing *importing, const struct player_report *report)
{
    static const char *const names[] = {"sessions", "headings", "conclusions", "resolutions",
        "statements", "notes"};
    json_t *value = json_of_report(report);

    for (int kind = 0; kind < MINUTES_KINDS; kind++) {
        json_object_set_new(value, names[kind], json_integer((json_int_t)importing->said[kind]));
        if (!importing->cli->json && importing->said[kind] > 0)
            fprintf(importing->cli->out, "%llu %s\n", (unsigned long long)importing->said[kind],
                names[kind]);
    }
    json_object_set(value, "unread", importing->unread_lines);
    if (importing->cli->json)
        return cli_print_json(importing->cli, value);
    json_decref(value);
    fprintf(importing->cli->out, "%llu acknowledged in %.1f s, %llu lines not read\n",
        (unsigned long long)report->acknowledged, report->seconds,
        (unsigned long long)importing->unread);
    return ENTENTE_OK;
}

enum entente_error
command_import_minutes(struct cli *cli, const struct arguments *arguments)
{
    struct importing importing = {.cli = cli, .party = UINT32_MAX, .unread_lines = json_array()};
    struct minutes_sink sink = {&importing, take_item, take_unread};
    struct player_report report = {0};
    FILE *acknowledged = NULL;

    enum entente_error error =
        number_of_option(cli, arguments, "party-index", &importing.party);
    if (error == ENTENTE_OK && importing.party != UINT32_MAX && importing.party >= MINUTES_PARTIES)
        error = cli_fail_because(cli, ENTENTE_ERR_USAGE, "--party-index takes 0, 1 or 2");
    if (error == ENTENTE_OK)
        error = open_player(cli, arguments, &importing.player, &acknowledged);
    for (int i = 1; i < arguments->words_count && error == ENTENTE_OK; i++) {
        error = minutes_read(arguments->words[i], &sink);
        if (error != ENTENTE_OK && !cli->failed)
            error = cli_fail(cli, error, "%s", arguments->words[i]);
    }
    if (error == ENTENTE_OK)
        error = player_finish(importing.player, &report);
    player_free(importing.player);
    if (acknowledged != NULL && fclose(acknowledged) != 0 && error == ENTENTE_OK)
        error = ENTENTE_ERR_IO;
    if (error == ENTENTE_OK)
        error = print_import(&importing, &report);
    else if (!cli->failed)
        error = cli_fail(cli, error, "the minutes were not imported whole");
    json_decref(importing.unread_lines);
    return error;
}
