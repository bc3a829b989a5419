#include "cli/api/request.h"

#include "cli/api/print.h"
#include "cli/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_BYTES_MAX 1048576u

static const struct option common[] = {API_OPTIONS};

void
api_command_options(
    const struct api_command *command, struct option options[static API_OPTIONS_MAX])
{
    size_t count = 0;

    for (const struct field *field = command->fields; field != NULL && field->json != NULL; field++)
        if (field->word == 0 && field->kind != FIELD_FIXED)
            options[count++] = (struct option){field->option,
                field->kind == FIELD_FLAG ? OPTION_NOTHING
                : field->kind == FIELD_TEXTS || field->kind == FIELD_PARTIES ||
                        field->kind == FIELD_PERSONS
                    ? OPTION_VALUES
                    : OPTION_VALUE,
                field->value, field->what};
    if (command->shows != NULL && strcmp(command->shows, "file") == 0)
        options[count++] =
            (struct option){"out", OPTION_VALUE, "FILE", "write it to a new file"};
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
        options[count++] = common[i];
    options[count] = (struct option){0};
}

/* ---- words and options to fields ---- */

enum entente_error
api_text_of_file(struct cli *cli, const char *path, json_t **text)
{
    struct file_content content;

    *text = NULL;
    enum entente_error error = files_read(&content, path, TEXT_BYTES_MAX);
    if (error != ENTENTE_OK)
        return cli_fail(cli, error, "%s", path);
    *text = json_of_text((struct bytes){content.data, content.size});
    free(content.data);
    return *text != NULL ? ENTENTE_OK : cli_fail(cli, ENTENTE_ERR_TEXT, "%s", path);
}

enum entente_error
api_party(struct api_client *client, struct cli *cli, const char *named, json_int_t *slot)
{
    json_t *room, *party;
    size_t i;
    char *end;

    *slot = strtol(named, &end, 10);
    if (*named != '\0' && *end == '\0')
        return ENTENTE_OK;
    enum entente_error error = api_request(client, "GET", "/rooms/{room}", NULL, &room);
    if (error != ENTENTE_OK)
        return error;
    *slot = -1;
    json_array_foreach(json_object_get(room, "parties"), i, party)
    {
        const char *name = json_string_value(json_object_get(party, "name"));
        const char *id = json_string_value(json_object_get(party, "party"));
        if ((name != NULL && strcmp(name, named) == 0) || (id != NULL && strcmp(id, named) == 0))
            *slot = json_integer_value(json_object_get(party, "slot"));
    }
    json_decref(room);
    return *slot >= 0 ? ENTENTE_OK
                      : cli_fail_because(cli, ENTENTE_ERR_NOT_FOUND,
                            "no party of the consultation is called '%s'", named);
}

static enum entente_error
one_text(struct cli *cli, const char *given, json_t **value)
{
    if (strcmp(given, "-") == 0)
        return api_text_of_file(cli, "-", value);
    *value = json_string(given);
    return *value != NULL ? ENTENTE_OK : cli_fail(cli, ENTENTE_ERR_TEXT, "'%s'", given);
}

static enum entente_error
one_number(struct cli *cli, const struct field *field, const char *given, json_t **value)
{
    char *end;

    errno = 0;
    long long number = strtoll(given, &end, 10);
    if (*given == '\0' || *end != '\0' || errno != 0 || number < 0)
        return cli_fail_because(cli, ENTENTE_ERR_USAGE, "%s%s takes a whole number, not '%s'",
            field->word == 0 ? "--" : "", field->word == 0 ? field->option : field->json, given);
    *value = json_integer(number);
    return ENTENTE_OK;
}

static enum entente_error
one_party(struct api_client *client, struct cli *cli, const char *given, json_t **value)
{
    json_int_t slot;

    enum entente_error error = api_party(client, cli, given, &slot);
    *value = error == ENTENTE_OK ? json_integer(slot) : NULL;
    return error;
}

/* PARTY:NAME */
static enum entente_error
one_person(struct api_client *client, struct cli *cli, const char *given, json_t **value)
{
    const char *colon = strchr(given, ':');
    char party[256];
    json_int_t slot;

    if (colon == NULL || (size_t)(colon - given) >= sizeof party)
        return cli_fail_because(
            cli, ENTENTE_ERR_USAGE, "a person is given as PARTY:NAME, not '%s'", given);
    snprintf(party, sizeof party, "%.*s", (int)(colon - given), given);
    enum entente_error error = api_party(client, cli, party, &slot);
    *value = error == ENTENTE_OK
                 ? json_pack("{s:I, s:s}", "party", slot, "name", colon + 1)
                 : NULL;
    return error;
}

static enum entente_error
one(struct api_client *client, struct cli *cli, const struct field *field, const char *given,
    json_t **value)
{
    *value = NULL;
    switch (field->kind) {
    case FIELD_NUMBER:
        return one_number(cli, field, given, value);
    case FIELD_PARTY:
    case FIELD_PARTIES:
        return one_party(client, cli, given, value);
    case FIELD_PERSONS:
        return one_person(client, cli, given, value);
    case FIELD_TEXT:
    case FIELD_TEXTS:
    case FIELD_FIXED:
    case FIELD_FLAG:
        break;
    }
    return one_text(cli, given, value);
}

static enum entente_error
many(struct api_client *client, struct cli *cli, const struct field *field,
    const struct arguments *arguments, json_t **value)
{
    const char *given;
    size_t at = 0;
    json_t *item;

    *value = json_array();
    while ((given = arguments_next(arguments, field->option, &at)) != NULL) {
        enum entente_error error = one(client, cli, field, given, &item);
        if (error != ENTENTE_OK)
            return error;
        json_array_append_new(*value, item);
    }
    return ENTENTE_OK;
}

/* What was given for the field, in `*value`; NULL: nothing. */
static enum entente_error
value_of(struct api_client *client, struct cli *cli, const struct field *field,
    const struct arguments *arguments, json_t **value)
{
    const char *given = NULL;

    *value = NULL;
    if (field->kind == FIELD_FIXED)
        given = field->value;
    else if (field->word > 0 && field->word < arguments->words_count)
        given = arguments->words[field->word];
    else if (field->word == 0 && field->kind == FIELD_FLAG)
        *value = arguments_have(arguments, field->option) ? json_true() : NULL;
    else if (field->word == 0)
        given = arguments_value(arguments, field->option);
    if (given == NULL)
        return ENTENTE_OK;
    if (field->kind == FIELD_TEXTS || field->kind == FIELD_PARTIES || field->kind == FIELD_PERSONS)
        return many(client, cli, field, arguments, value);
    return one(client, cli, field, given, value);
}

static enum entente_error
missing(struct cli *cli, const struct field *field)
{
    if (field->word > 0)
        return cli_fail_because(cli, ENTENTE_ERR_USAGE, "%s is missing", field->json);
    return cli_fail_because(
        cli, ENTENTE_ERR_USAGE, "--%s is missing: %s", field->option, field->what);
}

enum entente_error
api_body(struct api_client *client, struct cli *cli, const struct field *fields,
    const struct arguments *arguments, json_t **body)
{
    json_t *value;
    enum entente_error error = ENTENTE_OK;

    *body = json_object();
    for (const struct field *field = fields;
         field != NULL && field->json != NULL && error == ENTENTE_OK; field++) {
        error = value_of(client, cli, field, arguments, &value);
        if (error == ENTENTE_OK && value == NULL && field->is_required)
            error = missing(cli, field);
        if (error != ENTENTE_OK)
            json_decref(value);
        else if (value != NULL)
            json_object_set_new(*body, field->json, value);
    }
    if (error == ENTENTE_OK)
        return error;
    json_decref(*body);
    *body = NULL;
    return error;
}

/* ---- the request ---- */

/* The path with its words. */
static bool
fill_path(char path[static API_PATH_BYTES], const char *how, const struct arguments *arguments)
{
    bool fits = true;
    char part[2] = {0};

    path[0] = '\0';
    for (const char *c = how; *c != '\0' && fits; c++) {
        int word = c[0] == '{' && c[1] >= '1' && c[1] <= '9' && c[2] == '}' ? c[1] - '0' : 0;
        part[0] = *c;
        if (word == 0) {
            fits = api_path_add(path, part, true);
            continue;
        }
        fits = word < arguments->words_count && api_path_add(path, arguments->words[word], false);
        c += 2;
    }
    return fits;
}

/* The fields of a GET, as a query. */
static bool
add_query(char path[static API_PATH_BYTES], const json_t *fields)
{
    const char *name, *separator = "?";
    json_t *value;
    char number[32];

    json_object_foreach((json_t *)(uintptr_t)fields, name, value)
    {
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
        if (!api_path_add(path, separator, true) || !api_path_add(path, name, false) ||
            !api_path_add(path, "=", true) ||
            !api_path_add(path, json_is_string(value) ? json_string_value(value) : number, false))
            return false;
        separator = "&";
    }
    return true;
}

static enum entente_error
download(struct api_client *client, struct cli *cli, const struct arguments *arguments,
    const char *path)
{
    const char *file = arguments_value(arguments, "out");
    FILE *out = file != NULL ? fopen(file, "wxb") : cli->out;

    if (out == NULL)
        return cli_fail(cli, errno == EEXIST ? ENTENTE_ERR_EXISTS : ENTENTE_ERR_IO, "%s", file);
    enum entente_error error = api_download(client, path, out);
    if (file != NULL && fclose(out) != 0 && error == ENTENTE_OK)
        error = cli_fail(cli, errno == ENOSPC ? ENTENTE_ERR_DISK_FULL : ENTENTE_ERR_IO, "%s", file);
    if (file != NULL && error != ENTENTE_OK)
        remove(file);
    return error;
}

static enum entente_error
get(struct api_client *client, const struct api_command *command, struct cli *cli,
    const struct arguments *arguments, char path[static API_PATH_BYTES], json_t *query)
{
    json_t *answer;
    bool fits = add_query(path, query);

    json_decref(query);
    if (!fits)
        return cli_fail_because(cli, ENTENTE_ERR_USAGE, "what is asked for is too long");
    if (strcmp(command->shows, "file") == 0)
        return download(client, cli, arguments, path);
    enum entente_error error = api_request(client, "GET", path, NULL, &answer);
    if (error == ENTENTE_OK)
        error = api_print(cli, command->shows, answer);
    return error;
}

enum entente_error
api_command_run(
    const struct api_command *command, struct cli *cli, const struct arguments *arguments)
{
    struct api_client *client;
    char path[API_PATH_BYTES];
    json_t *body = NULL, *answer = NULL;

    enum entente_error error = api_client_new(&client, cli, arguments, arguments->words[0]);
    if (error != ENTENTE_OK)
        return error;
    if (!fill_path(path, command->path, arguments))
        error = cli_fail_because(cli, ENTENTE_ERR_USAGE, "what is asked for is too long");
    if (error == ENTENTE_OK)
        error = api_body(client, cli, command->fields, arguments, &body);
    if (error == ENTENTE_OK && strcmp(command->method, "GET") == 0) {
        error = get(client, command, cli, arguments, path, body);
    } else if (error == ENTENTE_OK) {
        error = api_request(client, command->method, path, body, &answer);
        if (error == ENTENTE_OK)
            error = api_print(cli, command->shows, answer);
    }
    api_client_free(client);
    return error;
}
