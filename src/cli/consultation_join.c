/*
 * Joining: every party's consent is there and true (G2), so the room exists.  Parties may sign one
 * file in turn, or each a copy of its own: the consents of all files of one room are brought
 * together.
 */
#include "cli/command.h"
#include "cli/room_file.h"

#include <stdlib.h>
#include <string.h>

/* Put `signature` among those of its slot, which ascend by key; the first one of a key stays. */
static void
merge_signature(struct register_signature *signatures, uint8_t *count,
    const struct register_signature *signature)
{
    unsigned at = 0;

    while (at < *count && signatures[at].key < signature->key)
        at++;
    if ((at < *count && signatures[at].key == signature->key) || *count == KEYSET_KEYS_MAX)
        return;
    memmove(&signatures[at + 1], &signatures[at], (*count - at) * sizeof *signatures);
    signatures[at] = *signature;
    *count = (uint8_t)(*count + 1);
}

static enum entente_error
merge(struct cli *cli, struct room_file *file, const struct party_folder *folder, const char *path)
{
    struct room_file *other = malloc(sizeof *other);
    uint8_t missing;

    if (other == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    enum entente_error error = room_file_read(cli, other, path);
    if (error == ENTENTE_OK && !room_id_equal(&other->room, &file->room))
        error = cli_fail(cli, ENTENTE_ERR_WRONG_ROOM, "%s", path);
    if (error == ENTENTE_OK)
        error = room_file_check(cli, other, folder, &missing);
    for (uint8_t slot = 0; slot < file->genesis.parties_count && error == ENTENTE_OK; slot++)
        for (uint8_t i = 0; i < other->consents.counts[slot]; i++)
            merge_signature(file->consents.signatures[slot], &file->consents.counts[slot],
                &other->consents.signatures[slot][i]);
    room_file_free(other);
    free(other);
    return error;
}

/* Names the first party whose consent is missing. */
static enum entente_error
fail_incomplete(struct cli *cli, const struct room_file *file, const struct party_folder *folder,
    unsigned missing)
{
    for (uint8_t slot = 0; slot < file->genesis.parties_count; slot++) {
        const struct party_register *reg =
            party_folder_register(folder, &file->genesis.parties[slot].party);
        if (genesis_check_consent(&file->genesis, &file->consents, slot, reg) == ENTENTE_OK)
            continue;
        return cli_fail_because(cli, ENTENTE_ERR_INCOMPLETE,
            "the consultation is not signed by all: %.*s%s is missing",
            (int)register_name(reg).size, (const char *)register_name(reg).data,
            missing > 1 ? " (and not it alone)" : "");
    }
    return ENTENTE_ERR_INCOMPLETE;
}

static enum entente_error
save(struct cli *cli, const struct room_file *file, const struct party_folder *folder)
{
    char rooms[FILES_PATH_BYTES], path[FILES_PATH_BYTES], room[ID_TEXT_BYTES];
    char name[ID_TEXT_BYTES + 16];
    struct file_content encoded;

    id_to_text(room, file->room.bytes);
    snprintf(name, sizeof name, "rooms/%s.genesis", room);
    if (!files_path(rooms, folder->path, "rooms") || !files_path(path, folder->path, name))
        return ENTENTE_ERR_USAGE;
    enum entente_error error = files_make_folder(rooms);
    if (error != ENTENTE_OK && error != ENTENTE_ERR_EXISTS)
        return cli_fail(cli, error, "%s", rooms);
    error = room_file_encode(&encoded, file);
    if (error != ENTENTE_OK)
        return error;
    error = files_write_new(path, (struct bytes){encoded.data, encoded.size}, 0644);
    free(encoded.data);
    return error == ENTENTE_OK || error == ENTENTE_ERR_EXISTS ? error
                                                              : cli_fail(cli, error, "%s", path);
}

static enum entente_error
join(struct cli *cli, const struct room_file *file, const struct party_folder *folder)
{
    enum entente_error error = save(cli, file, folder);
    bool was_joined = error == ENTENTE_ERR_EXISTS;

    if (error != ENTENTE_OK && !was_joined)
        return error;
    bool told = !was_joined && party_folder_tell_node(folder->path);
    if (cli->json)
        return cli_print_json(
            cli, json_pack("{s:o, s:b, s:b}", "consultation", json_of_room(file, folder), "new",
                     (int)!was_joined, "node_told", (int)told));
    room_print(cli->out, file, folder, false);
    cli_say(cli, "%s%s", was_joined ? "joined already" : "joined",
        told ? "; the running node was told" : "");
    return ENTENTE_OK;
}

enum entente_error
command_consultation_join(struct cli *cli, const struct arguments *arguments)
{
    struct party_folder folder = {0};
    struct room_file *file = calloc(1, sizeof *file);
    uint8_t missing = 0;

    if (file == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    enum entente_error error = party_folder_lock(cli, &folder, arguments->words[0]);
    if (error == ENTENTE_OK)
        error = party_folder_open(cli, &folder, arguments->words[0]);
    if (error != ENTENTE_OK)
        goto out;
    error = room_file_read(cli, file, arguments->words[1]);
    for (int i = 2; i < arguments->words_count && error == ENTENTE_OK; i++)
        error = merge(cli, file, &folder, arguments->words[i]);
    if (error == ENTENTE_OK && room_file_slot(file, register_party(folder.own)) < 0)
        error = cli_fail_because(
            cli, ENTENTE_ERR_USAGE, "%s is no party of this consultation", folder.path);
    if (error == ENTENTE_OK)
        error = room_file_check(cli, file, &folder, &missing);
    if (error == ENTENTE_OK && missing > 0)
        error = fail_incomplete(cli, file, &folder, missing);
    if (error == ENTENTE_OK)
        error = join(cli, file, &folder);

out:
    room_file_free(file);
    free(file);
    party_folder_close(&folder);
    return error;
}
