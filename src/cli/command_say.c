/* entente say: one entry of statement, heading or file. */
#include "cli/desk_commands.h"
#include "format/section.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct option options_say[] = {
    {"room", OPTION_VALUE, "ID", "the consultation's room, where the party is in several"},
    {"language", OPTION_VALUE, "TAG", "language of the text, BCP 47 (default: en)"},
    {"speaker", OPTION_VALUE, "NAME", "who speaks: an office or a name"},
    {"heading", OPTION_VALUE, "KIND", "a heading instead: plain, agenda or conclusion"},
    {"file", OPTION_VALUE, "FILE", "put this file there instead of a text"},
    {"media-type", OPTION_VALUE, "TYPE", "of the file (default: application/octet-stream)"},
    {NULL, OPTION_NOTHING, NULL, NULL},
};

/* All of a file, or of standard input for "-"; at most what a body can hold. */
static enum entente_error
read_all(struct cli *cli, const char *path, struct bytes *bytes)
{
    size_t size = SECTION_TEXT_BYTES_MAX + 1;
    uint8_t *data = malloc(size);
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");

    if (data == NULL || file == NULL) {
        free(data);
        return cli_fail(cli, data == NULL ? ENTENTE_ERR_NO_MEMORY : ENTENTE_ERR_NOT_FOUND, "%s", path);
    }
    size_t used = fread(data, 1, size, file);
    bool failed = ferror(file) != 0;
    if (file != stdin)
        fclose(file);
    if (failed || used == size) {
        free(data);
        if (failed)
            return cli_fail(cli, ENTENTE_ERR_IO, "%s", path);
        return cli_fail_because(
            cli, ENTENTE_ERR_USAGE, "%s: an entry holds at most 1,048,576 bytes", path);
    }
    *bytes = (struct bytes){data, used};
    return ENTENTE_OK;
}

static enum entente_error
role_of(struct cli *cli, const char *kind, uint8_t *role)
{
    static const char *const kinds[] = {
        [HEADING_PLAIN] = "plain", [HEADING_AGENDA_ITEM] = "agenda", [HEADING_CONCLUSION] = "conclusion"};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i], kind) == 0) {
            *role = (uint8_t)i;
            return ENTENTE_OK;
        }
    return cli_fail_because(
        cli, ENTENTE_ERR_USAGE, "--heading takes plain, agenda or conclusion, not '%s'", kind);
}

static const char *
or_default(const char *value, const char *otherwise)
{
    return value != NULL ? value : otherwise;
}

static enum entente_error
make_section(
    struct cli *cli, const struct arguments *arguments, struct bytes data, struct section *section)
{
    const char *heading = arguments_value(arguments, "heading");
    const char *file = arguments_value(arguments, "file");
    struct bytes tag = bytes_of_text(or_default(arguments_value(arguments, "language"), "en"));

    if (file != NULL) {
        const char *slash = strrchr(file, '/');
        section->type = SECTION_FILE;
        section->file = (struct section_file){
            .name = bytes_of_text(slash != NULL ? slash + 1 : file),
            .media_type = bytes_of_text(
                or_default(arguments_value(arguments, "media-type"), "application/octet-stream")),
            .data = data,
        };
        return ENTENTE_OK;
    }
    if (heading != NULL) {
        section->type = SECTION_HEADING;
        section->heading = (struct section_heading){.level = 1, .tag = tag, .text = data};
        return role_of(cli, heading, &section->heading.role);
    }
    section->type = SECTION_STATEMENT;
    section->statement = (struct section_statement){
        .tag = tag,
        .speaker = bytes_of_text(or_default(arguments_value(arguments, "speaker"), "")),
        .text = data,
    };
    return ENTENTE_OK;
}

static enum entente_error
say_section(struct cli *cli, struct desk_client *client, const struct room_id *room,
    const struct section *section, struct message_said *said)
{
    uint8_t *list;
    size_t bytes;

    enum entente_error error = desk_list_sections(section, 1, &list, &bytes);
    if (error != ENTENTE_OK)
        return cli_fail(cli, error, "this cannot be said");
    error = desk_say(client, room, (struct bytes){list, bytes}, said);
    free(list);
    return error == ENTENTE_OK ? error : cli_fail(cli, error, "it was not written");
}

static enum entente_error
print_said(struct cli *cli, const struct message_said *said)
{
    if (cli->json)
        return cli_print_json(cli,
            json_pack("{s:i,s:i,s:I,s:o,s:I}", "slot", said->slot, "incarnation", said->inc, "number",
                (json_int_t)said->seq, "id", json_of_hex(said->id.bytes, sizeof said->id.bytes),
                "time_ms", (json_int_t)said->t_ms));
    fprintf(cli->out, "%u.%u.%u ", said->slot, said->inc, said->seq);
    for (size_t i = 0; i < sizeof said->id.bytes; i++)
        fprintf(cli->out, "%02x", said->id.bytes[i]);
    fputc('\n', cli->out);
    return ENTENTE_OK;
}

enum entente_error
command_say(struct cli *cli, const struct arguments *arguments)
{
    const char *file = arguments_value(arguments, "file");
    struct desk_client *client = NULL;
    struct section section = {0};
    struct message_said said;
    struct room_id room;
    struct bytes data = {0};
    uint8_t *read = NULL;

    enum entente_error error = room_of_arguments(cli, arguments, &room);
    if (error != ENTENTE_OK)
        return error;
    if (file == NULL && arguments->words_count != 2)
        return cli_fail_because(cli, ENTENTE_ERR_USAGE, "say what? (a text, or - to read it)");
    if (file != NULL || strcmp(arguments->words[1], "-") == 0) {
        error = read_all(cli, file != NULL ? file : "-", &data);
        read = (uint8_t *)(uintptr_t)data.data;
    } else {
        data = bytes_of_text(arguments->words[1]);
    }
    if (error == ENTENTE_OK)
        error = make_section(cli, arguments, data, &section);
    if (error == ENTENTE_OK)
        error = connect_of_arguments(cli, arguments, &client);
    if (error == ENTENTE_OK)
        error = say_section(cli, client, &room, &section, &said);
    if (error == ENTENTE_OK)
        error = print_said(cli, &said);
    desk_disconnect(client);
    free(read);
    return error;
}
