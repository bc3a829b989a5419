#include "cli/command.h"
#include "cli/room_file.h"

enum entente_error
command_consultation_list(struct cli *cli, const struct arguments *arguments)
{
    char rooms[FILES_PATH_BYTES];
    struct party_folder folder = {0};
    struct files_list list = {0};
    json_t *all = json_array();

    enum entente_error error = party_folder_open(cli, &folder, arguments->words[0]);
    if (error != ENTENTE_OK)
        goto out;
    error = files_path(rooms, folder.path, "rooms") ? files_list(&list, rooms, ".genesis")
                                                    : ENTENTE_ERR_USAGE;
    for (size_t i = 0; i < list.count && error == ENTENTE_OK; i++) {
        struct room_file file;
        error = room_file_read(cli, &file, list.paths[i]);
        if (error != ENTENTE_OK)
            break;
        if (cli->json)
            json_array_append_new(all, json_of_room(&file, &folder));
        else
            room_print(cli->out, &file, &folder, false);
        room_file_free(&file);
    }
    if (error == ENTENTE_OK && cli->json)
        error = cli_print_json(cli, json_incref(all));
    else if (error == ENTENTE_OK && list.count == 0)
        cli_say(cli, "no consultation was joined here");
    else if (entente_error_exit_status(error) == 3)
        error = ENTENTE_ERR_CORRUPT; /* it was complete when it came here */

out:
    files_list_free(&list);
    party_folder_close(&folder);
    json_decref(all);
    return error;
}
