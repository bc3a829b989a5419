#include "cli/command.h"
#include "cli/keys_change.h"

#include <string.h>

/*
 * The root key's rotation reveals the key that was committed to before (R4) and commits to a new
 * one, so a thief of today's root key cannot do it.
 */
static enum entente_error
rotate_root(struct keys_change *change)
{
    struct cli *cli = change->cli;
    const char *path = change->folder.path;
    struct register_entry entry = {.kind = REGISTER_ROTATE};
    struct key_pair revealed = {0}, next = {0};

    enum entente_error error =
        key_store_load(cli, path, KEY_ROOT_NEXT, false, &change->secret, &revealed);
    if (error == ENTENTE_OK)
        error = key_store_make(cli, path, KEY_ROOT_NEXT, true, &change->secret, &next);
    if (error != ENTENTE_OK)
        goto out;
    issue_keyset(&entry.keyset, &revealed.public);
    issue_commitment(&entry.next, &next.public);
    error = issue_entry(change->folder.own, &entry, revealed.key, 0);
    if (error == ENTENTE_OK)
        error = party_folder_save_own(cli, &change->folder);
    if (error == ENTENTE_OK)
        error = key_store_advance_root(cli, path);
    if (error == ENTENTE_OK)
        error = key_store_unstage(cli, path, KEY_ROOT_NEXT);

out:
    key_pair_free(&revealed);
    key_pair_free(&next);
    return error;
}

/* A new key for `role`, named by `entry`, which the key of `signer_role` signs. */
static enum entente_error
rotate_one(struct keys_change *change, enum key_role role, struct register_entry *entry,
    enum key_role signer_role)
{
    struct key_pair signer = {0}, made = {0};
    const char *path = change->folder.path;
    int index = -1;

    enum entente_error error = keys_change_signer(change, signer_role, &signer, &index);
    if (error == ENTENTE_OK)
        error = key_store_make(change->cli, path, role, true, &change->secret, &made);
    if (error == ENTENTE_OK) {
        entry->key = made.public;
        error = issue_entry(change->folder.own, entry, signer.key, (uint8_t)index);
    }
    key_pair_free(&signer);
    key_pair_free(&made);
    if (error == ENTENTE_OK)
        error = party_folder_save_own(change->cli, &change->folder);
    return error == ENTENTE_OK ? key_store_unstage(change->cli, path, role) : error;
}

static enum entente_error
rotate_operations(struct keys_change *change)
{
    struct register_entry entry = {.kind = REGISTER_OPERATIONS};

    return rotate_one(change, KEY_OPERATIONS, &entry, KEY_ROOT);
}

/* The address is the old one unless --listen gives another. */
static enum entente_error
rotate_transport(struct keys_change *change, const char *listen)
{
    uint8_t address[REGISTER_ADDRESS_BYTES_MAX];
    struct register_entry entry = {.kind = REGISTER_TRANSPORT};
    struct bytes wanted =
        listen != NULL ? bytes_of_text(listen) : register_address(change->folder.own);

    if (!issue_address_is_good(wanted))
        return cli_fail_because(change->cli, ENTENTE_ERR_ADDRESS,
            "--listen is HOST:PORT, such as node.example.org:4433 or [2001:db8::1]:4433");
    /* The register may move what is borrowed from it. */
    memcpy(address, wanted.data, wanted.size);
    entry.address = (struct bytes){address, wanted.size};
    return rotate_one(change, KEY_TRANSPORT, &entry, KEY_OPERATIONS);
}

enum entente_error
command_keys_rotate(struct cli *cli, const struct arguments *arguments)
{
    struct keys_change change;
    bool root = arguments_have(arguments, "root"),
         transport = arguments_have(arguments, "transport"),
         operations = arguments_have(arguments, "operations");
    const char *listen = arguments_value(arguments, "listen");

    if (root + transport + operations != 1 || (listen != NULL && !transport))
        return cli_fail_because(cli, ENTENTE_ERR_USAGE,
            "give one of --root, --operations, --transport [--listen HOST:PORT]");
    enum entente_error error = keys_change_start(&change, cli, arguments, arguments->words[0]);
    if (error == ENTENTE_OK)
        error = root         ? rotate_root(&change)
                : operations ? rotate_operations(&change)
                             : rotate_transport(&change, listen);
    if (error == ENTENTE_OK) {
        party_folder_tell_node(change.folder.path);
        if (cli->json) {
            error = cli_print_json(cli, json_of_party(change.folder.own));
        } else {
            party_print(cli->out, change.folder.own);
            cli_say(cli, "rotated; the other parties learn it in the rooms, or from your new card");
        }
    }
    keys_change_end(&change);
    return error;
}
