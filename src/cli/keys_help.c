/* entente keys help: what this party can read, sealed again to another party's newest node (K5). */
#include "cli/desk_commands.h"
#include "text/show.h"

static enum entente_error
wait_for_help(struct desk_client *client, const struct message_help *ask, uint32_t *chains)
{
    struct message_helped helped;
    struct bytes body;

    enum entente_error error = message_help_queue(desk_channel(client), ask);
    if (error == ENTENTE_OK)
        error = desk_answer(client, ask->ticket, MESSAGE_HELPED, &body);
    if (error != ENTENTE_OK)
        return error;
    error = message_helped_read(body, &helped);
    *chains = helped.chains;
    return error;
}

enum entente_error
command_keys_help(struct cli *cli, const struct arguments *arguments)
{
    static struct status status;
    struct desk_client *client = NULL;
    struct message_help ask = {0};
    uint32_t chains = 0;

    enum entente_error error = room_of_arguments(cli, arguments, &ask.room);
    if (error == ENTENTE_OK)
        error = connect_of_arguments(cli, arguments, &client);
    if (error != ENTENTE_OK)
        return error;
    error = desk_status(client, &ask.room, &status);
    if (error == ENTENTE_OK &&
        (!party_of_text(&status, arguments->words[1], &ask.slot) || ask.slot == status.slot))
        error = ENTENTE_ERR_NOT_FOUND;
    ask.room = status.room;
    ask.ticket = desk_ticket(client);
    if (error == ENTENTE_OK)
        error = wait_for_help(client, &ask, &chains);
    desk_disconnect(client);
    if (error != ENTENTE_OK)
        return cli_fail(cli, error, "no help for %s", arguments->words[1]);
    if (cli->json)
        return cli_print_json(cli, json_pack("{s:I}", "chains", (json_int_t)chains));
    const struct status_party *party = &status.parties[ask.slot];
    fprintf(cli->out, "%u chains of keys sealed again for ", chains);
    show_name(cli->out, (struct bytes){party->name, party->name_bytes});
    fputs(chains == 0 ? ": its newest node reads all that this one does\n" : "\n", cli->out);
    return ENTENTE_OK;
}
