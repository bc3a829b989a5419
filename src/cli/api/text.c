/* entente text new: a text in its languages, out of files. */
#include "cli/api/commands.h"
#include "cli/api/print.h"
#include "cli/api/request.h"

#include <stdlib.h>
#include <string.h>

#define TAG_BYTES_MAX 36u

const struct option options_text_new[] = {
    {"translation", OPTION_VALUES, "TAG:FILE", "a language that is not authentic"},
    {"bracket", OPTION_VALUES, "TAG:PARTY:PASSAGE", "a passage that is not agreed, and who holds it"},
    {"media-type", OPTION_VALUE, "TYPE", "of the files (default: text/plain)"}, API_OPTIONS,
    {NULL, OPTION_NOTHING, NULL, NULL}};

/* "TAG:REST"; false: there is no colon, or the tag is too long. */
static bool
split(const char *given, char tag[static TAG_BYTES_MAX], const char **rest)
{
    const char *colon = strchr(given, ':');

    if (colon == NULL || (size_t)(colon - given) >= TAG_BYTES_MAX)
        return false;
    snprintf(tag, TAG_BYTES_MAX, "%.*s", (int)(colon - given), given);
    *rest = colon + 1;
    return true;
}

static enum entente_error
add_file(struct cli *cli, json_t *files, const char *given, bool is_authentic, const char *media_type)
{
    char tag[TAG_BYTES_MAX];
    const char *path;
    json_t *text;

    if (!split(given, tag, &path))
        return cli_fail_because(
            cli, ENTENTE_ERR_USAGE, "a file is given as TAG:FILE, such as ko:text.ko.txt");
    enum entente_error error = api_text_of_file(cli, path, &text);
    if (error != ENTENTE_OK)
        return error;
    json_t *file = json_pack(
        "{s:s, s:b, s:o}", "language", tag, "is_authentic", (int)is_authentic, "text", text);
    if (file != NULL && media_type != NULL)
        json_object_set_new(file, "media_type", json_string(media_type));
    return json_array_append_new(files, file) == 0 ? ENTENTE_OK : ENTENTE_ERR_NO_MEMORY;
}

/* The text of the language `tag`, or NULL. */
static const char *
text_in(const json_t *files, const char *tag)
{
    json_t *file;
    size_t i;

    json_array_foreach(files, i, file)
    {
        const char *language = json_string_value(json_object_get(file, "language"));
        if (language != NULL && strcmp(language, tag) == 0)
            return json_string_value(json_object_get(file, "text"));
    }
    return NULL;
}

/* TAG:PARTY:PASSAGE, the passage occurring once in the text. */
static enum entente_error
add_bracket(struct api_client *client, struct cli *cli, const json_t *files, json_t *brackets,
    const char *given)
{
    char tag[TAG_BYTES_MAX], party[TAG_BYTES_MAX * 4];
    const char *rest, *colon;
    json_int_t slot;

    if (!split(given, tag, &rest) || (colon = strchr(rest, ':')) == NULL || colon[1] == '\0' ||
        (size_t)(colon - rest) >= sizeof party)
        return cli_fail_because(cli, ENTENTE_ERR_USAGE, "a bracket is given as TAG:PARTY:PASSAGE");
    snprintf(party, sizeof party, "%.*s", (int)(colon - rest), rest);
    const char *text = text_in(files, tag);
    const char *found = text != NULL ? strstr(text, colon + 1) : NULL;
    if (found == NULL || strstr(found + 1, colon + 1) != NULL)
        return cli_fail_because(cli, ENTENTE_ERR_USAGE,
            "the passage must occur once in the text of '%s': %s", tag, colon + 1);
    enum entente_error error = api_party(client, cli, party, &slot);
    if (error != ENTENTE_OK)
        return error;
    json_array_append_new(brackets,
        json_pack("{s:s, s:I, s:I, s:[I]}", "language", tag, "start", (json_int_t)(found - text), "size",
            (json_int_t)strlen(colon + 1), "holders", slot));
    return ENTENTE_OK;
}

static enum entente_error
make_body(struct api_client *client, struct cli *cli, const struct arguments *arguments, json_t *body)
{
    const char *given, *media_type = arguments_value(arguments, "media-type");
    json_t *files = json_object_get(body, "files"), *brackets = json_object_get(body, "brackets");
    enum entente_error error = ENTENTE_OK;
    size_t at = 0;

    for (int i = 1; i < arguments->words_count && error == ENTENTE_OK; i++)
        error = add_file(cli, files, arguments->words[i], true, media_type);
    while (error == ENTENTE_OK && (given = arguments_next(arguments, "translation", &at)) != NULL)
        error = add_file(cli, files, given, false, media_type);
    at = 0;
    while (error == ENTENTE_OK && (given = arguments_next(arguments, "bracket", &at)) != NULL)
        error = add_bracket(client, cli, files, brackets, given);
    return error;
}

enum entente_error
command_text_new(struct cli *cli, const struct arguments *arguments)
{
    struct api_client *client;
    json_t *body = json_pack("{s:[], s:[]}", "files", "brackets"), *answer = NULL;

    enum entente_error error = api_client_new(&client, cli, arguments, arguments->words[0]);
    if (error == ENTENTE_OK)
        error = make_body(client, cli, arguments, body);
    if (error == ENTENTE_OK)
        error = api_request(client, "POST", "/rooms/{room}/texts", json_incref(body), &answer);
    if (error == ENTENTE_OK)
        error = api_print(cli, NULL, answer);
    json_decref(body);
    api_client_free(client);
    return error;
}
