#include "cli/command.h"
#include "cli/confirm.h"
#include "cli/key_store.h"
#include "cli/room_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Put the consent of our root key `index` among those of our slot, in the order of keys. */
static enum entente_error
add_consent(
    struct cli *cli, struct room_file *file, int slot, uint8_t index, const struct signing_key *key)
{
    struct register_signature *signatures = file->consents.signatures[slot];
    uint8_t *count = &file->consents.counts[slot];
    unsigned at = 0;

    while (at < *count && signatures[at].key < index)
        at++;
    if (at < *count && signatures[at].key == index) {
        cli_say(cli, "your root key has signed it already");
        return ENTENTE_ERR_DUPLICATE;
    }
    memmove(&signatures[at + 1], &signatures[at], (*count - at) * sizeof *signatures);
    signatures[at].key = index;
    genesis_sign(&signatures[at].signature, key, &file->room);
    *count = (uint8_t)(*count + 1);
    return ENTENTE_OK;
}

static enum entente_error
sign_with_root(struct cli *cli, const struct arguments *arguments, struct room_file *file,
    const struct party_folder *folder, int slot)
{
    struct secret_input secret;
    struct key_pair root = {0};
    uint32_t number = file->genesis.parties[slot].reg_number;

    enum entente_error error = secret_input_take(cli, arguments, &secret_of_party, false, &secret);
    if (error != ENTENTE_OK)
        return error;
    error = key_store_load(cli, folder->path, KEY_ROOT, false, &secret, &root);
    secret_input_free(&secret);
    if (error != ENTENTE_OK)
        return error;
    int index = keyset_index(register_keyset_at(folder->own, number), &root.public);
    if (index < 0)
        error = cli_fail_because(cli, ENTENTE_ERR_USAGE,
            "the draft was made before your root keys were rotated; ask for a new draft, with your "
            "newest card");
    else
        error = add_consent(cli, file, slot, (uint8_t)index, root.key);
    key_pair_free(&root);
    return error;
}

static enum entente_error
save(struct cli *cli, const struct room_file *file, const struct party_folder *folder,
    const char *path)
{
    struct file_content encoded;
    uint8_t missing;

    enum entente_error error = room_file_check(cli, file, folder, &missing);
    if (error == ENTENTE_OK)
        error = room_file_encode(&encoded, file);
    if (error != ENTENTE_OK)
        return error;
    error = files_replace(path, (struct bytes){encoded.data, encoded.size}, 0644);
    free(encoded.data);
    if (error != ENTENTE_OK)
        return cli_fail(cli, error, "%s", path);
    if (cli->json)
        return cli_print_json(cli, json_pack("{s:o, s:i}", "consultation",
                                       json_of_room(file, folder), "missing", (int)missing));
    if (missing > 0)
        cli_say(cli, "signed; %u more to sign %s", missing, path);
    else
        cli_say(cli,
            "signed, as the last one; now everybody joins: entente consultation join %s %s",
            folder->path, path);
    return ENTENTE_OK;
}

static enum entente_error
sign(struct cli *cli, const struct arguments *arguments, struct room_file *file,
    const struct party_folder *folder)
{
    uint8_t missing;
    int slot = room_file_slot(file, register_party(folder->own));

    if (slot < 0)
        return cli_fail_because(
            cli, ENTENTE_ERR_USAGE, "%s is no party of this consultation", folder->path);
    enum entente_error error = room_file_check(cli, file, folder, &missing);
    if (error == ENTENTE_OK && !cli->json)
        room_print(cli->out, file, folder, true);
    if (error == ENTENTE_OK)
        error = confirm(cli, arguments, "Sign this for your party? [y/N] ");
    if (error == ENTENTE_OK)
        error = sign_with_root(cli, arguments, file, folder, slot);
    return error == ENTENTE_OK || error == ENTENTE_ERR_DUPLICATE
               ? save(cli, file, folder, arguments->words[1])
               : error;
}

enum entente_error
command_consultation_sign(struct cli *cli, const struct arguments *arguments)
{
    struct party_folder folder = {0};
    struct room_file *file = calloc(1, sizeof *file);

    if (file == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    enum entente_error error = party_folder_open(cli, &folder, arguments->words[0]);
    if (error == ENTENTE_OK)
        error = room_file_read(cli, file, arguments->words[1]);
    if (error == ENTENTE_OK)
        error = sign(cli, arguments, file, &folder);
    room_file_free(file);
    free(file);
    party_folder_close(&folder);
    return error;
}
