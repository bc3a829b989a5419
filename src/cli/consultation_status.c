/* entente consultation status: how far this node's desk has evaluated a consultation, and to what. */
#include "cli/desk_commands.h"

static void
print(struct cli *cli, const struct message_consultation_is *status)
{
    fprintf(cli->out, "%llu entries%s; state ", (unsigned long long)status->entries,
        status->current ? "" : " so far, more are being evaluated");
    for (size_t i = 0; i < sizeof status->state.bytes; i++)
        fprintf(cli->out, "%02x", status->state.bytes[i]);
    fputc('\n', cli->out);
    if (status->opening > 0)
        fprintf(
            cli->out, "%llu of them are being opened\n", (unsigned long long)status->opening);
    if (status->unreadable > 0)
        fprintf(cli->out, "%llu of them cannot be read here\n",
            (unsigned long long)status->unreadable);
}

enum entente_error
command_consultation_status(struct cli *cli, const struct arguments *arguments)
{
    struct desk_client *client = NULL;
    struct message_consultation_is status;
    struct room_id room;

    enum entente_error error = room_of_arguments(cli, arguments, &room);
    if (error == ENTENTE_OK)
        error = connect_of_arguments(cli, arguments, &client);
    if (error != ENTENTE_OK)
        return error;
    error = desk_consultation(client, &room, &status);
    desk_disconnect(client);
    if (error != ENTENTE_OK)
        return cli_fail(cli, error, "this consultation is not evaluated");
    if (cli->json)
        return cli_print_json(cli,
            json_pack("{s:b,s:I,s:I,s:I,s:o}", "current", status.current, "entries",
                (json_int_t)status.entries, "opening", (json_int_t)status.opening, "unreadable",
                (json_int_t)status.unreadable, "state",
                json_of_hex(status.state.bytes, sizeof status.state.bytes)));
    print(cli, &status);
    return ENTENTE_OK;
}
