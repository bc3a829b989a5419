#include "cli/cli.h"

#include "base/hex.h"
#include "cli/api/request.h"

#include "text/show.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const struct option common_options[] = {
    {"json", OPTION_NOTHING, NULL, "answer with one JSON value"},
    {"help", OPTION_NOTHING, NULL, "say this"},
    {NULL, OPTION_NOTHING, NULL, NULL},
};

/* ---- what is said to people ---- */

/* "PREFIX what: why", shown as one line. */
static void
say_line(struct cli *cli, const char *prefix, const char *why, const char *what, va_list values)
{
    char *line = NULL;
    size_t size = 0;
    FILE *made = open_memstream(&line, &size);

    if (made == NULL)
        return;
    vfprintf(made, what, values);
    if (why != NULL)
        fprintf(made, "%s%s", what[0] != '\0' ? ": " : "", why);
    fclose(made);
    fputs(prefix, cli->talk);
    show_line(cli->talk, (struct bytes){(const uint8_t *)line, size});
    fputc('\n', cli->talk);
    free(line);
}

enum entente_error
cli_fail(struct cli *cli, enum entente_error error, const char *what, ...)
{
    va_list values;

    cli->failed = true;
    va_start(values, what);
    say_line(cli, "entente: ", entente_error_text(error), what, values);
    va_end(values);
    return error;
}

enum entente_error
cli_fail_because(struct cli *cli, enum entente_error error, const char *why, ...)
{
    va_list values;

    cli->failed = true;
    va_start(values, why);
    say_line(cli, "entente: ", NULL, why, values);
    va_end(values);
    return error;
}

void
cli_say(struct cli *cli, const char *text, ...)
{
    va_list values;

    if (cli->json)
        return;
    va_start(values, text);
    say_line(cli, "", NULL, text, values);
    va_end(values);
}

/* ---- JSON ---- */

enum entente_error
cli_print_json(struct cli *cli, json_t *value)
{
    if (value == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    int failed = json_dumpf(value, cli->out, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY);
    json_decref(value);
    return failed == 0 && fputc('\n', cli->out) != EOF ? ENTENTE_OK : ENTENTE_ERR_IO;
}

json_t *
json_of_text(struct bytes text)
{
    return json_stringn(text.size > 0 ? (const char *)text.data : "", text.size);
}

json_t *
json_of_hex(const void *data, size_t size)
{
    char *digits = malloc(2 * size + 1);

    if (digits == NULL)
        return NULL;
    hex_to_text(digits, data, size);
    json_t *value = json_stringn(digits, 2 * size);
    free(digits);
    return value;
}

/* ---- the two tables: commands.c, and those that are one request each ---- */

static size_t
all_commands_count(void)
{
    return commands_count + api_commands_count;
}

static const struct command *
command_at(size_t index)
{
    return index < commands_count ? &commands[index] : &api_commands[index - commands_count].command;
}

/* NULL: of commands.c. */
static const struct api_command *
api_command_of(const struct command *command)
{
    for (size_t i = 0; i < api_commands_count; i++)
        if (&api_commands[i].command == command)
            return &api_commands[i];
    return NULL;
}

/* Its options; `made` is where those of a request are put together. */
static const struct option *
options_of(const struct command *command, struct option made[static API_OPTIONS_MAX])
{
    const struct api_command *request = api_command_of(command);

    if (request == NULL)
        return command->options;
    api_command_options(request, made);
    return made;
}

/* ---- help ---- */

static void
help_options(FILE *out, const struct option *options)
{
    for (; options != NULL && options->name != NULL; options++) {
        char left[40];
        snprintf(left, sizeof left, "--%s%s%s%s", options->name,
            options->takes == OPTION_NOTHING ? "" : " ",
            options->takes == OPTION_NOTHING ? "" : options->value,
            options->takes == OPTION_VALUES ? "..." : "");
        fprintf(out, "  %-24s  %s\n", left, options->what);
    }
}

static void
help_command(FILE *out, const struct command *command)
{
    struct option made[API_OPTIONS_MAX];

    fprintf(
        out, "usage: entente %s %s\n\n%s\n\n", command->name, command->arguments, command->what);
    help_options(out, options_of(command, made));
    help_options(out, common_options);
    fprintf(out, "\nexample:\n  %s\n", command->example);
}

/* All commands, or those of a group. */
static void
help_all(FILE *out, const char *group)
{
    fprintf(out, "usage: entente COMMAND ... [--json]\n\n");
    for (size_t i = 0; i < all_commands_count(); i++) {
        const struct command *command = command_at(i);
        size_t size = strlen(group);
        if (size > 0 && (strncmp(command->name, group, size) != 0 || command->name[size] != ' '))
            continue;
        fprintf(out, "  %-22s  %s\n", command->name, command->what);
    }
    fprintf(out, "\nexample:\n  entente party create --help\n");
}

/* ---- running ---- */

/* The command of the first words; `*used` of them. */
static const struct command *
find_command(int count, char **strings, int *used)
{
    for (size_t i = 0; i < all_commands_count(); i++) {
        const char *name = command_at(i)->name;
        const char *space = strchr(name, ' ');
        size_t size = space != NULL ? (size_t)(space - name) : strlen(name);
        if (count < 1 || strlen(strings[0]) != size || memcmp(strings[0], name, size) != 0)
            continue;
        *used = space != NULL ? 2 : 1;
        if (space == NULL || (count > 1 && strcmp(strings[1], space + 1) == 0))
            return command_at(i);
    }
    return NULL;
}

static bool
is_group(const char *word)
{
    size_t size = strlen(word);

    for (size_t i = 0; i < all_commands_count(); i++) {
        const char *name = command_at(i)->name;
        if (strncmp(name, word, size) == 0 && name[size] == ' ')
            return true;
    }
    return false;
}

/* No command was named: help where it was asked for, and what there is where it was not. */
static int
run_help(struct cli *cli, int count, char **strings)
{
    bool is_asked =
        count == 0 || strcmp(strings[count - 1], "--help") == 0 || strcmp(strings[0], "help") == 0;

    if (count == 1 && strcmp(strings[0], "--version") == 0) {
        fprintf(cli->out, "entente " ENTENTE_VERSION "\n");
        return 0;
    }
    if (!is_asked)
        cli_fail_because(cli, ENTENTE_ERR_USAGE, "there is no command '%s%s%s'", strings[0],
            count > 1 && is_group(strings[0]) ? " " : "",
            count > 1 && is_group(strings[0]) ? strings[1] : "");
    help_all(is_asked && count > 0 ? cli->out : cli->talk,
        count > 0 && is_group(strings[0]) ? strings[0] : "");
    return is_asked && count > 0 ? 0 : 1;
}

static enum entente_error
run_command(struct cli *cli, const struct command *command, const struct arguments *arguments)
{
    cli->json = arguments_have(arguments, "json");
    if (arguments_have(arguments, "help")) {
        help_command(cli->out, command);
        return ENTENTE_OK;
    }
    if (arguments->words_count < command->words_min ||
        (command->words_max >= 0 && arguments->words_count > command->words_max))
        return cli_fail_because(
            cli, ENTENTE_ERR_USAGE, "usage: entente %s %s", command->name, command->arguments);
    const struct api_command *request = api_command_of(command);
    return request != NULL ? api_command_run(request, cli, arguments) : command->run(cli, arguments);
}

int
cli_run(struct cli *cli, int count, char **strings)
{
    struct option made[API_OPTIONS_MAX];
    struct arguments arguments;
    const char *wrong;
    int used = 0;
    const struct command *command = find_command(count, strings, &used);

    if (command == NULL)
        return run_help(cli, count, strings);
    enum entente_error error = arguments_parse(
        &arguments, options_of(command, made), common_options, count - used, strings + used, &wrong);
    if (error == ENTENTE_ERR_USAGE)
        cli_fail_because(cli, error,
            "'%s' is no option here, or its value is missing or was given "
            "before: see entente %s --help",
            wrong, command->name);
    if (error == ENTENTE_OK) {
        error = run_command(cli, command, &arguments);
        arguments_free(&arguments);
    }
    if (entente_error_exit_status(error) != 0 && !cli->failed)
        cli_fail(cli, error, "%s", command->name);
    if (fflush(cli->out) != 0 && error == ENTENTE_OK)
        error = cli_fail(cli, ENTENTE_ERR_IO, "writing the answer");
    if (cli->json && entente_error_exit_status(error) != 0)
        fprintf(cli->out, "{\"error\":\"%s\",\"text\":\"%s\"}\n", entente_error_name(error),
            entente_error_text(error));
    return entente_error_exit_status(error);
}
