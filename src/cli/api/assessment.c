/* entente assessment put: a file, and what it is. */
#include "cli/api/commands.h"
#include "cli/api/print.h"
#include "cli/api/request.h"

#include <string.h>

const struct option options_assessment_put[] = {
    {"name", OPTION_VALUE, "NAME", "what it is called; else the file's name"},
    {"media-type", OPTION_VALUE, "TYPE", "of the file (default: application/octet-stream)"},
    {"language", OPTION_VALUE, "TAG", "language of the text about it, BCP 47"},
    {"text", OPTION_VALUE, "TEXT", "what it is about"},
    {"marking", OPTION_VALUE, "MARKING", "such as TLP:AMBER; the most restricted where not given"},
    {"releasable-to", OPTION_VALUES, "PARTY", "who may have it"},
    {"previous", OPTION_VALUE, "ASSESSMENT", "the version before"}, API_OPTIONS,
    {NULL, OPTION_NOTHING, NULL, NULL}};

static const struct field fields[] = {
    {"name", FIELD_TEXT, 0, false, "name", NULL, NULL},
    {"media_type", FIELD_TEXT, 0, false, "media-type", NULL, NULL},
    {"language", FIELD_TEXT, 0, true, "language", NULL, "language of the text about it, BCP 47"},
    {"text", FIELD_TEXT, 0, false, "text", NULL, NULL},
    {"marking", FIELD_TEXT, 0, false, "marking", NULL, NULL},
    {"releasable_to", FIELD_PARTIES, 0, false, "releasable-to", NULL, NULL},
    {"previous", FIELD_TEXT, 0, false, "previous", NULL, NULL},
    {.json = NULL}};

static void
set_default(json_t *body, const char *name, const char *value)
{
    if (json_object_get(body, name) == NULL)
        json_object_set_new(body, name, json_string(value));
}

enum entente_error
command_assessment_put(struct cli *cli, const struct arguments *arguments)
{
    const char *path = arguments->words[1], *slash = strrchr(path, '/');
    struct api_client *client;
    json_t *body = NULL, *file = NULL, *answer = NULL;

    enum entente_error error = api_client_new(&client, cli, arguments, arguments->words[0]);
    if (error == ENTENTE_OK)
        error = api_body(client, cli, fields, arguments, &body);
    if (error == ENTENTE_OK)
        error = api_upload(client, "/rooms/{room}/files", path, &file);
    if (error == ENTENTE_OK) {
        set_default(body, "name", slash != NULL ? slash + 1 : path);
        set_default(body, "media_type", "application/octet-stream");
        json_object_set(body, "file", json_object_get(file, "file"));
        error = api_request(
            client, "POST", "/rooms/{room}/assessments", json_incref(body), &answer);
    }
    if (error == ENTENTE_OK)
        error = api_print(cli, NULL, answer);
    json_decref(file);
    json_decref(body);
    api_client_free(client);
    return error;
}
