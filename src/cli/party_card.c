#include "cli/command.h"
#include "cli/party_folder.h"

#include <stdlib.h>
#include <unistd.h>

/* The card's bytes, to a file or to whoever reads our output. */
static enum entente_error
put(struct cli *cli, const char *path, struct bytes card)
{
    if (path != NULL) {
        enum entente_error error = files_write_new(path, card, 0644);
        return error == ENTENTE_OK ? error : cli_fail(cli, error, "%s", path);
    }
    if (cli->json)
        return ENTENTE_OK;
    if (isatty(fileno(cli->out)))
        return cli_fail_because(
            cli, ENTENTE_ERR_USAGE, "a card is no text for a terminal: give --out FILE");
    return fwrite(card.data, 1, card.size, cli->out) == card.size ? ENTENTE_OK : ENTENTE_ERR_IO;
}

enum entente_error
command_party_card(struct cli *cli, const struct arguments *arguments)
{
    const char *path = arguments_value(arguments, "out");
    struct party_folder folder = {0};
    struct file_content card = {0};

    enum entente_error error = party_folder_open(cli, &folder, arguments->words[0]);
    if (error != ENTENTE_OK)
        return error;
    error = card_of_register(&card, folder.own);
    if (error == ENTENTE_OK)
        error = put(cli, path, (struct bytes){card.data, card.size});
    if (error == ENTENTE_OK && cli->json) {
        error = cli_print_json(cli,
            path != NULL ? json_pack("{s:o, s:s}", "party", json_of_party(folder.own), "file", path)
                         : json_pack("{s:o, s:o}", "party", json_of_party(folder.own), "card",
                               json_of_hex(card.data, card.size)));
    } else if (error == ENTENTE_OK && path != NULL) {
        party_print(cli->out, folder.own);
        cli_say(cli,
            "%s is the card; give it to the other parties, and compare the digits by voice", path);
    }
    free(card.data);
    party_folder_close(&folder);
    return error;
}
