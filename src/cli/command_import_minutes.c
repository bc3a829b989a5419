/* entente import-minutes: a committee's minutes as sessions, or spread over three parties as a load. */
#include "cli/minutes_session.h"
#include "cli/playing.h"

#include <stdlib.h>
#include <unistd.h>

#define PROGRESS_ITEMS 500u

const struct option options_import_minutes[] = {
    OPTIONS_PLAYER,
    {"party-index", OPTION_VALUE, "N",
        "only what the N-th of three parties says (0 to 2), without sessions"},
    {NULL, OPTION_NOTHING, NULL, NULL},
};

struct importing {
    struct cli *cli;
    struct player *player;
    struct minutes_sessions *sessions; /* NULL: the minutes are spread over three parties */
    struct minutes_written written;
    uint32_t party; /* the one of three that we are then */
    uint64_t read[MINUTES_KINDS];
    uint64_t taken; /* for the progress */
    uint64_t unread;
    json_t *unread_lines;
};

/* ---- what is read ---- */

static void
show_progress(struct importing *importing)
{
    if (++importing->taken % PROGRESS_ITEMS == 0 && !importing->cli->json &&
        isatty(fileno(importing->cli->talk)))
        fprintf(importing->cli->talk, "\r%llu said", (unsigned long long)importing->taken);
}

static enum entente_error
take_for_session(void *context, const struct minutes_item *item)
{
    struct importing *importing = context;
    uint32_t line;

    show_progress(importing);
    importing->read[item->kind]++;
    enum entente_error error = minutes_sessions_take(importing->sessions, item);
    if (error == ENTENTE_OK)
        return error;
    const char *file = minutes_sessions_at(importing->sessions, &line);
    return cli_fail(importing->cli, error, "%s:%u was not written", file, line);
}

static enum entente_error
take_person(void *context, const struct minutes_person *person)
{
    struct importing *importing = context;

    return minutes_sessions_person(importing->sessions, person);
}

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
say_as_party(void *context, const struct minutes_item *item)
{
    struct importing *importing = context;
    struct section section = section_of_item(item);

    if (item->party != importing->party)
        return ENTENTE_OK;
    show_progress(importing);
    enum entente_error error = player_say(importing->player, &section, 1, NULL);
    importing->read[item->kind] += error == ENTENTE_OK;
    return error == ENTENTE_OK
               ? error
               : cli_fail(importing->cli, error, "%s:%u was not said", item->file, item->line);
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

/* ---- what came of it ---- */

struct count {
    const char *name;
    uint64_t count;
};

static enum entente_error
print_counts(struct importing *importing, const struct count *counts, size_t counts_size,
    const struct player_report *report)
{
    json_t *value = playing_json(report);

    for (size_t i = 0; i < counts_size; i++) {
        json_object_set_new(value, counts[i].name, json_integer((json_int_t)counts[i].count));
        if (!importing->cli->json && counts[i].count > 0)
            fprintf(importing->cli->out, "%llu %s\n", (unsigned long long)counts[i].count,
                counts[i].name);
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

static enum entente_error
print_import(struct importing *importing, const struct player_report *report)
{
    const struct minutes_written *written = &importing->written;
    const struct count of_sessions[] = {{"sessions", written->sessions},
        {"present", written->present}, {"items", written->items},
        {"statements", written->statements}, {"conclusions", written->conclusions}};
    const struct count of_load[] = {{"sessions", importing->read[MINUTES_SESSION]},
        {"headings", importing->read[MINUTES_HEADING]},
        {"conclusions", importing->read[MINUTES_CONCLUSION]},
        {"resolutions", importing->read[MINUTES_RESOLUTION]},
        {"statements", importing->read[MINUTES_STATEMENT]},
        {"notes", importing->read[MINUTES_NOTE]}};

    return importing->sessions != NULL
               ? print_counts(importing, of_sessions, sizeof of_sessions / sizeof of_sessions[0],
                     report)
               : print_counts(importing, of_load, sizeof of_load / sizeof of_load[0], report);
}

/* ---- the command ---- */

static enum entente_error
begin_sessions(struct importing *importing, const struct arguments *arguments)
{
    struct desk_client *client = NULL;
    struct room_id room;
    struct status status;

    enum entente_error error = room_of_arguments(importing->cli, arguments, &room);
    if (error == ENTENTE_OK)
        error = connect_of_arguments(importing->cli, arguments, &client);
    if (error != ENTENTE_OK)
        return error;
    error = desk_status(client, &room, &status);
    desk_disconnect(client);
    if (error != ENTENTE_OK)
        return cli_fail(importing->cli, error, "the node does not say which party it is");
    importing->sessions = minutes_sessions_new(importing->player, status.slot);
    return importing->sessions != NULL ? ENTENTE_OK : ENTENTE_ERR_NO_MEMORY;
}

static enum entente_error
read_all(struct importing *importing, const struct arguments *arguments)
{
    bool has_sessions = importing->sessions != NULL;
    struct minutes_sink sink = {.context = importing,
        .item = has_sessions ? take_for_session : say_as_party,
        .person = has_sessions ? take_person : NULL,
        .unread = take_unread};
    enum entente_error error = ENTENTE_OK;

    for (int i = 1; i < arguments->words_count && error == ENTENTE_OK; i++) {
        error = minutes_read(arguments->words[i], &sink);
        if (error != ENTENTE_OK && !importing->cli->failed)
            error = cli_fail(importing->cli, error, "%s", arguments->words[i]);
    }
    if (error == ENTENTE_OK && has_sessions)
        error = minutes_sessions_end(importing->sessions, &importing->written);
    return error;
}

enum entente_error
command_import_minutes(struct cli *cli, const struct arguments *arguments)
{
    struct importing importing = {.cli = cli, .party = UINT32_MAX, .unread_lines = json_array()};
    struct player_report report = {0};
    FILE *acknowledged = NULL;

    enum entente_error error =
        number_of_option(cli, arguments, "party-index", &importing.party);
    if (error == ENTENTE_OK && importing.party != UINT32_MAX && importing.party >= MINUTES_PARTIES)
        error = cli_fail_because(cli, ENTENTE_ERR_USAGE, "--party-index takes 0, 1 or 2");
    if (error == ENTENTE_OK)
        error = playing_open(cli, arguments, &importing.player, &acknowledged);
    if (error == ENTENTE_OK && importing.party == UINT32_MAX)
        error = begin_sessions(&importing, arguments);
    if (error == ENTENTE_OK)
        error = read_all(&importing, arguments);
    error = playing_close(importing.player, acknowledged, error, &report);
    if (error == ENTENTE_OK)
        error = print_import(&importing, &report);
    else if (!cli->failed)
        error = cli_fail(cli, error, "the minutes were not imported whole");
    minutes_sessions_free(importing.sessions);
    json_decref(importing.unread_lines);
    return error;
}
