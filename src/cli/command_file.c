/* entente record export, bundle export, bundle import: the record as a file, through the running node. */
#include "cli/desk_commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PART_BYTES 131072u
#define PROGRESS_BYTES (8u << 20)

static void
progress(struct cli *cli, uint64_t bytes, uint64_t *shown)
{
    if (cli->json || !isatty(fileno(cli->talk)) || bytes < *shown + PROGRESS_BYTES)
        return;
    fprintf(cli->talk, "\r%llu MB", (unsigned long long)(bytes >> 20));
    fflush(cli->talk);
    *shown = bytes;
}

static void
progress_end(struct cli *cli, uint64_t shown)
{
    if (shown > 0)
        fputc('\n', cli->talk);
}

/* ---- export ---- */

static enum entente_error
next_part(struct desk_client *client, const struct message_export *ask, struct bytes *data)
{
    struct message_exported part;
    struct bytes body;

    enum entente_error error = message_export_queue(desk_channel(client), ask);
    if (error == ENTENTE_OK)
        error = desk_answer(client, ask->ticket, MESSAGE_EXPORTED, &body);
    if (error != ENTENTE_OK)
        return error;
    error = message_exported_read(body, &part);
    *data = part.data;
    return error == ENTENTE_OK ? (enum entente_error)part.error : error;
}

static enum entente_error
write_parts(struct cli *cli, struct desk_client *client, struct message_export *ask, FILE *file,
    uint64_t *bytes)
{
    uint64_t shown = 0;
    enum entente_error error = ENTENTE_OK;
    struct bytes data = {.size = 1};

    while (error == ENTENTE_OK && data.size > 0) {
        error = next_part(client, ask, &data);
        if (error == ENTENTE_OK && data.size > 0 &&
            fwrite(data.data, 1, data.size, file) != data.size)
            error = errno == ENOSPC ? ENTENTE_ERR_DISK_FULL : ENTENTE_ERR_IO;
        *bytes += data.size;
        progress(cli, *bytes, &shown);
    }
    progress_end(cli, shown);
    return error;
}

enum entente_error
command_record_export(struct cli *cli, const struct arguments *arguments)
{
    const char *path = arguments->words[1];
    struct message_export ask = {0};
    struct desk_client *client = NULL;
    uint8_t *heads = NULL;
    char partial[4096];
    uint64_t bytes = 0;

    enum entente_error error = room_of_arguments(cli, arguments, &ask.room);
    if (error == ENTENTE_OK)
        error = connect_of_arguments(cli, arguments, &client);
    if (error == ENTENTE_OK)
        error = bundle_scope(cli, arguments, client, &ask, &heads);
    if (error != ENTENTE_OK) {
        desk_disconnect(client);
        free(heads);
        return error;
    }
    /* A file of that name is whole or it is not there. */
    snprintf(partial, sizeof partial, "%s.partial", path);
    FILE *file = fopen(partial, "wb");
    if (file == NULL) {
        desk_disconnect(client);
        free(heads);
        return cli_fail(cli, ENTENTE_ERR_READ_ONLY, "%s", partial);
    }
    ask.ticket = desk_ticket(client);
    error = write_parts(cli, client, &ask, file, &bytes);
    if ((fflush(file) != 0 || fsync(fileno(file)) != 0) && error == ENTENTE_OK)
        error = ENTENTE_ERR_IO;
    fclose(file);
    desk_disconnect(client);
    free(heads);
    if (error == ENTENTE_OK && rename(partial, path) != 0)
        error = ENTENTE_ERR_IO;
    if (error != ENTENTE_OK) {
        unlink(partial);
        return cli_fail(cli, error, "%s was not written", path);
    }
    if (cli->json)
        return cli_print_json(cli, json_pack("{s:s,s:I}", "file", path, "bytes", (json_int_t)bytes));
    if (ask.scope != EXPORT_ALL)
        cli_say(cli, "%s: %llu bytes", path, (unsigned long long)bytes);
    else
        cli_say(cli, "%s: %llu bytes; check it with 'entente record verify %s'", path,
        (unsigned long long)bytes, path);
    return ENTENTE_OK;
}

/* ---- import ---- */

static enum entente_error
say_part(struct desk_client *client, struct message_import *part, struct message_imported *imported,
    bool *is_done)
{
    struct message_answer answer;
    struct bytes body;
    uint16_t type;

    enum entente_error error = message_import_queue(desk_channel(client), part);
    if (error == ENTENTE_OK)
        error = desk_wait(client, -1, &type, &body);
    if (error != ENTENTE_OK)
        return error;
    if (type == MESSAGE_IMPORTED) {
        *is_done = true;
        return message_imported_read(body, imported);
    }
    if (type != MESSAGE_ANSWER || message_answer_read(body, &answer) != ENTENTE_OK)
        return ENTENTE_ERR_REFUSED;
    return (enum entente_error)answer.error;
}

static enum entente_error
print_imported(struct cli *cli, const char *path, const struct message_imported *imported)
{
    struct reader reader = reader_of(imported->missing);
    enum entente_error error = (enum entente_error)imported->error;
    json_t *missing = json_array();

    while (reader.rest.size > 0 && !reader.failed) {
        struct position position = position_read(&reader);
        if (cli->json)
            json_array_append_new(missing,
                json_pack("{s:i,s:i,s:I}", "slot", position.slot, "incarnation", position.inc,
                    "number", (json_int_t)position.seq));
        else
            fprintf(cli->talk,
                "  still missing: entries up to %u of party %u's incarnation %u: ask for a bundle that "
                "has them\n",
                position.seq, position.slot, position.inc);
    }
    if (cli->json) {
        enum entente_error printed = cli_print_json(cli,
            json_pack("{s:I,s:o}", "entries", (json_int_t)imported->entries, "missing", missing));
        error = error == ENTENTE_OK ? printed : error;
    } else {
        json_decref(missing);
        fprintf(cli->out, "%llu new entries\n", (unsigned long long)imported->entries);
    }
    return error == ENTENTE_OK ? error : cli_fail(cli, error, "%s", path);
}

enum entente_error
command_bundle_import(struct cli *cli, const struct arguments *arguments)
{
    static uint8_t data[PART_BYTES];
    const char *path = arguments->words[1];
    struct message_import part = {0};
    struct message_imported imported = {0};
    struct desk_client *client = NULL;
    uint64_t bytes = 0;
    uint64_t shown = 0;
    bool is_done = false;

    enum entente_error error = room_of_arguments(cli, arguments, &part.room);
    if (error == ENTENTE_OK)
        error = connect_of_arguments(cli, arguments, &client);
    if (error != ENTENTE_OK)
        return error;
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    if (file == NULL) {
        desk_disconnect(client);
        return cli_fail(cli, ENTENTE_ERR_NOT_FOUND, "%s", path);
    }
    part.ticket = desk_ticket(client);
    while (error == ENTENTE_OK && !is_done) {
        part.data = (struct bytes){data, fread(data, 1, sizeof data, file)};
        if (ferror(file))
            error = ENTENTE_ERR_IO;
        if (error == ENTENTE_OK)
            error = say_part(client, &part, &imported, &is_done);
        bytes += part.data.size;
        progress(cli, bytes, &shown);
    }
    progress_end(cli, shown);
    if (file != stdin)
        fclose(file);
    error = error == ENTENTE_OK ? print_imported(cli, path, &imported) : cli_fail(cli, error, "%s", path);
    desk_disconnect(client);
    return error;
}
