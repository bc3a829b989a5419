/*
 * A party is made in a folder beside the one that was asked for, which gets its name when
 * everything is on the disk: a folder with this name is a whole party.
 */
#include "cli/command.h"
#include "cli/issue.h"
#include "cli/key_store.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct creation {
    struct cli *cli;
    const struct arguments *arguments;
    struct bytes name;
    struct bytes address;
    struct secret_input secret;
    struct key_pair keys[KEY_ROLES];
    struct party_folder folder;
};

static enum entente_error
check_request(struct creation *creation)
{
    struct cli *cli = creation->cli;
    const char *name = arguments_value(creation->arguments, "name");
    const char *listen = arguments_value(creation->arguments, "listen");

    if (name == NULL || listen == NULL)
        return cli_fail_because(cli, ENTENTE_ERR_USAGE, "give --name and --listen");
    creation->name = bytes_of_text(name);
    creation->address = bytes_of_text(listen);
    if (creation->name.size == 0 || creation->name.size > REGISTER_NAME_BYTES_MAX)
        return cli_fail_because(cli, ENTENTE_ERR_USAGE, "the name has 1 to %u bytes, not %zu",
            REGISTER_NAME_BYTES_MAX, creation->name.size);
    if (!text_is_utf8(creation->name))
        return cli_fail(cli, ENTENTE_ERR_TEXT, "the name");
    if (!issue_address_is_good(creation->address))
        return cli_fail_because(cli, ENTENTE_ERR_ADDRESS,
            "'%s' is not HOST:PORT, such as node.example.org:4433 or [2001:db8::1]:4433", listen);
    return ENTENTE_OK;
}

/* ---- the folder ---- */

static int
remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

/* The folders of a party in `made`, a new folder beside `path`. */
static enum entente_error
make_folders(struct cli *cli, const char *path, char made[static FILES_PATH_BYTES])
{
    static const char *const names[] = {"party", "trusted", "rooms", "node", "keyholder", "store"};
    char inner[FILES_PATH_BYTES];
    size_t size = strlen(path);

    while (size > 1 && path[size - 1] == '/')
        size--;
    int made_size =
        snprintf(made, FILES_PATH_BYTES, "%.*s.%ld.part", (int)size, path, (long)getpid());
    if (access(path, F_OK) == 0)
        return cli_fail(cli, ENTENTE_ERR_EXISTS, "%s", path);
    if (made_size < 0 || made_size >= FILES_PATH_BYTES - 64)
        return cli_fail_because(cli, ENTENTE_ERR_USAGE, "the folder's name is too long");
    enum entente_error error = files_make_folder(made);
    for (size_t i = 0; i < sizeof names / sizeof names[0] && error == ENTENTE_OK; i++)
        error = files_path(inner, made, names[i]) ? files_make_folder(inner) : ENTENTE_ERR_USAGE;
    return error == ENTENTE_OK ? error : cli_fail(cli, error, "%s", path);
}

/* Give the finished folder its name, unless somebody took it meanwhile. */
static enum entente_error
name_folder(struct cli *cli, const char *made, const char *path)
{
    if (renameat2(AT_FDCWD, made, AT_FDCWD, path, RENAME_NOREPLACE) != 0)
        return cli_fail(cli, errno == EEXIST ? ENTENTE_ERR_EXISTS : ENTENTE_ERR_IO, "%s", path);
    return ENTENTE_OK;
}

/* ---- keys and register ---- */

static enum entente_error
make_keys(struct creation *creation)
{
    enum entente_error error = ENTENTE_OK;

    for (int role = 0; role < KEY_ROLES && error == ENTENTE_OK; role++)
        error = key_store_make(creation->cli, creation->folder.path, (enum key_role)role, false,
            &creation->secret, &creation->keys[role]);
    return error;
}

static enum entente_error
write_register(struct creation *creation)
{
    struct party_register *reg = creation->folder.own;
    const struct key_pair *keys = creation->keys;
    struct register_entry inception = {.kind = REGISTER_INCEPTION, .name = creation->name};
    struct register_entry operations = {
        .kind = REGISTER_OPERATIONS, .key = keys[KEY_OPERATIONS].public};
    struct register_entry node;
    struct register_entry transport = {.kind = REGISTER_TRANSPORT,
        .key = keys[KEY_TRANSPORT].public,
        .address = creation->address};

    issue_keyset(&inception.keyset, &keys[KEY_ROOT].public);
    issue_commitment(&inception.next, &keys[KEY_ROOT_NEXT].public);
    enum entente_error error = key_store_make_node(
        creation->cli, creation->folder.path, "keyholder", NULL, 1, &creation->secret, &node);
    if (error == ENTENTE_OK)
        error = issue_entry(reg, &inception, keys[KEY_ROOT].key, 0);
    if (error == ENTENTE_OK)
        error = issue_entry(reg, &operations, keys[KEY_ROOT].key, 0);
    if (error == ENTENTE_OK)
        error = issue_entry(reg, &node, keys[KEY_OPERATIONS].key, REGISTER_OPERATIONS_KEY);
    if (error == ENTENTE_OK)
        error = issue_entry(reg, &transport, keys[KEY_OPERATIONS].key, REGISTER_OPERATIONS_KEY);
    return error == ENTENTE_OK ? party_folder_save_own(creation->cli, &creation->folder) : error;
}

static enum entente_error
report(struct creation *creation, const char *path)
{
    if (creation->cli->json)
        return cli_print_json(creation->cli,
            json_pack("{s:o, s:s}", "party", json_of_party(creation->folder.own), "folder", path));
    party_print(creation->cli->out, creation->folder.own);
    cli_say(creation->cli,
        "move %s/party/root.key and root-next.key to a medium that is kept under lock; they are "
        "needed only to sign consultations and to rotate keys",
        path);
    return ENTENTE_OK;
}

static enum entente_error
create(struct creation *creation, const char *path)
{
    char made[FILES_PATH_BYTES];
    enum entente_error error = make_folders(creation->cli, path, made);

    if (error == ENTENTE_ERR_EXISTS)
        return error;
    creation->folder = (struct party_folder){.path = made, .lock = -1};
    if (error == ENTENTE_OK)
        error = register_new(&creation->folder.own);
    if (error == ENTENTE_OK)
        error = make_keys(creation);
    if (error == ENTENTE_OK)
        error = write_register(creation);
    if (error == ENTENTE_OK)
        error = name_folder(creation->cli, made, path);
    if (error != ENTENTE_OK)
        nftw(made, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    else
        error = report(creation, path);
    for (int role = 0; role < KEY_ROLES; role++)
        key_pair_free(&creation->keys[role]);
    party_folder_close(&creation->folder);
    return error;
}

enum entente_error
command_party_create(struct cli *cli, const struct arguments *arguments)
{
    struct creation creation = {.cli = cli, .arguments = arguments};
    const char *path = arguments->words[0];

    enum entente_error error = check_request(&creation);
    if (error == ENTENTE_OK && access(path, F_OK) == 0)
        error = cli_fail(cli, ENTENTE_ERR_EXISTS, "%s", path);
    if (error == ENTENTE_OK)
        error = secret_input_take(cli, arguments, &secret_of_party, true, &creation.secret);
    if (error == ENTENTE_OK)
        error = create(&creation, path);
    secret_input_free(&creation.secret);
    return error;
}
