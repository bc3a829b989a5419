#include "cli/command.h"
#include "cli/party_folder.h"

static enum entente_error
show_one(struct cli *cli, const struct party_register *reg)
{
    if (cli->json)
        return cli_print_json(cli, json_of_party(reg));
    party_print(cli->out, reg);
    return ENTENTE_OK;
}

static enum entente_error
show_all(struct cli *cli, const struct party_folder *folder)
{
    if (cli->json) {
        json_t *trusted = json_array();
        for (size_t i = 0; i < folder->trusted_count; i++)
            json_array_append_new(trusted, json_of_party(folder->trusted[i]));
        return cli_print_json(
            cli, json_pack("{s:o, s:o}", "own", json_of_party(folder->own), "trusted", trusted));
    }
    party_print(cli->out, folder->own);
    if (folder->trusted_count > 0)
        fprintf(cli->out, "\ntrusted here:\n");
    for (size_t i = 0; i < folder->trusted_count; i++)
        party_print(cli->out, folder->trusted[i]);
    return ENTENTE_OK;
}

enum entente_error
command_party_show(struct cli *cli, const struct arguments *arguments)
{
    struct party_folder folder = {0};
    const struct party_register *found = NULL;

    enum entente_error error = party_folder_open(cli, &folder, arguments->words[0]);
    if (error != ENTENTE_OK)
        return error;
    if (arguments->words_count == 2) {
        error = party_folder_find(cli, &folder, arguments->words[1], &found);
        if (error == ENTENTE_OK)
            error = show_one(cli, found);
    } else {
        error = show_all(cli, &folder);
    }
    party_folder_close(&folder);
    return error;
}
