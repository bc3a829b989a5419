/*
 * A node whose journal is lost, or whose key is retired, never signs under its old key again (I4).
 * It goes on as the next incarnation: a new node key and an empty journal, certified by the
 * operations key (R5).
 */
#include "cli/command.h"
#include "cli/keys_change.h"

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

static int
remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

/* An empty folder for the new keyholder; one that never came into force is given up. */
static enum entente_error
make_staged(struct keys_change *change)
{
    char path[FILES_PATH_BYTES];

    if (!files_path(path, change->folder.path, KEYHOLDER_STAGED))
        return ENTENTE_ERR_USAGE;
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    enum entente_error error = files_make_folder(path);
    return error == ENTENTE_OK ? error : cli_fail(change->cli, error, "%s", path);
}

/* The old keyholder's folder, where its keys still are: what they read, the new ones shall read. */
static const char *
old_keyholder(const struct keys_change *change)
{
    char path[FILES_PATH_BYTES];

    return files_path(path, change->folder.path, "keyholder/node.secret") && access(path, F_OK) == 0
               ? "keyholder"
               : NULL;
}

/* The new node key in the register, and the end of incarnation `revoked` unless that is 0. */
static enum entente_error
certify(struct keys_change *change, const struct register_entry *node, uint16_t revoked,
    const struct key_pair *operations)
{
    struct register_entry revoke = {.kind = REGISTER_REVOKE, .inc = revoked};
    enum entente_error error =
        issue_entry(change->folder.own, node, operations->key, REGISTER_OPERATIONS_KEY);

    if (error == ENTENTE_OK && revoked != 0)
        error = issue_entry(change->folder.own, &revoke, operations->key, REGISTER_OPERATIONS_KEY);
    return error == ENTENTE_OK ? party_folder_save_own(change->cli, &change->folder) : error;
}

static enum entente_error
resume(struct keys_change *change, bool revokes)
{
    const struct incarnation *last = register_incarnation_last(change->folder.own);
    uint16_t old_inc = last != NULL ? last->inc : 0;
    uint16_t revoked = revokes && last != NULL && last->revoked_at == 0 ? old_inc : 0;
    const char *before = old_keyholder(change);
    struct key_pair operations = {0};
    struct register_entry node;

    if (old_inc == INC_MAX)
        return cli_fail_because(
            change->cli, ENTENTE_ERR_USAGE, "the register has had all incarnations that it can");
    enum entente_error error = keys_change_stop_node(change);
    if (error == ENTENTE_OK)
        error = key_store_load(
            change->cli, change->folder.path, KEY_OPERATIONS, false, &change->secret, &operations);
    if (error == ENTENTE_OK)
        error = make_staged(change);
    if (error == ENTENTE_OK)
        error = key_store_make_node(change->cli, change->folder.path, KEYHOLDER_STAGED, before,
            (uint16_t)(old_inc + 1), &change->secret, &node);
    if (error == ENTENTE_OK)
        error = certify(change, &node, revoked, &operations);
    if (error == ENTENTE_OK)
        error = keys_change_advance_node(change, old_inc);
    if (error == ENTENTE_OK && before == NULL)
        cli_say(change->cli,
            "the old node keys are not in %s: what was sealed to them opens once another party has "
            "helped (entente keys help)",
            change->folder.path);
    key_pair_free(&operations);
    return error;
}

enum entente_error
command_keys_resume(struct cli *cli, const struct arguments *arguments)
{
    struct keys_change change;

    enum entente_error error = keys_change_start(&change, cli, arguments, arguments->words[0]);
    if (error == ENTENTE_OK)
        error = resume(&change, arguments_have(arguments, "revoke"));
    if (error == ENTENTE_OK && cli->json) {
        error = cli_print_json(cli, json_of_party(change.folder.own));
    } else if (error == ENTENTE_OK) {
        party_print(cli->out, change.folder.own);
        cli_say(cli, "the node goes on as this incarnation when it is started again");
    }
    keys_change_end(&change);
    return error;
}
