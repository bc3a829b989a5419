#include "base/hex.h"
#include "cli/desk_commands.h"

#include <stdlib.h>
#include <string.h>

const struct option options_room[] = {
    {"room", OPTION_VALUE, "ID", "the consultation's room, where the party is in several"},
    {NULL, OPTION_NOTHING, NULL, NULL},
};

enum entente_error
room_of_arguments(struct cli *cli, const struct arguments *arguments, struct room_id *room)
{
    const char *text = arguments_value(arguments, "room");

    memset(room, 0, sizeof *room);
    if (text == NULL)
        return ENTENTE_OK;
    if (hex_of_text(bytes_of_text(text), room->bytes, sizeof room->bytes))
        return ENTENTE_OK;
    return cli_fail_because(cli, ENTENTE_ERR_USAGE,
        "--room takes the 64 hexadecimal digits that 'entente consultation list' shows");
}

enum entente_error
connect_of_arguments(
    struct cli *cli, const struct arguments *arguments, struct desk_client **client)
{
    enum entente_error error = desk_connect(client, arguments->words[0]);

    if (error == ENTENTE_ERR_NOT_RUNNING)
        return cli_fail_because(cli, error,
            "no node runs in %s: start it with 'entente serve %s'", arguments->words[0],
            arguments->words[0]);
    return error == ENTENTE_OK ? error : cli_fail(cli, error, "%s", arguments->words[0]);
}

bool
party_of_text(const struct status *status, const char *text, uint8_t *slot)
{
    for (*slot = 0; *slot < status->parties_count; ++*slot) {
        const struct status_party *party = &status->parties[*slot];
        char id[2 * sizeof party->party.bytes + 1];
        hex_to_text(id, party->party.bytes, sizeof party->party.bytes);
        if (strcmp(id, text) == 0 ||
            bytes_equal(bytes_of_text(text), (struct bytes){party->name, party->name_bytes}))
            return true;
    }
    return false;
}

enum entente_error
number_of_option(struct cli *cli, const struct arguments *arguments, const char *name,
    uint32_t *number)
{
    const char *text = arguments_value(arguments, name);
    char *end;

    if (text == NULL)
        return ENTENTE_OK;
    unsigned long value = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || value > UINT32_MAX)
        return cli_fail_because(cli, ENTENTE_ERR_USAGE, "--%s takes a whole number", name);
    *number = (uint32_t)value;
    return ENTENTE_OK;
}
