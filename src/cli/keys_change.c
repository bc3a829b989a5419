#include "cli/keys_change.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
is_key(const struct public_key *a, const struct public_key *b)
{
    return b != NULL && memcmp(a, b, sizeof *a) == 0;
}

/* The public half of a key; says itself what is wrong. */
static enum entente_error
public_of(
    const struct keys_change *change, enum key_role role, bool is_staged, struct public_key *public)
{
    struct key_pair pair;
    enum entente_error error =
        key_store_load(change->cli, change->folder.path, role, is_staged, &change->secret, &pair);

    *public = pair.public;
    key_pair_free(&pair);
    return error;
}

/* Where the current key is in force, a staged one is of a change that never came to pass. */
static enum entente_error
is_in_force(const struct keys_change *change, enum key_role role, const struct public_key *in_force,
    bool *is)
{
    struct public_key current;
    enum entente_error error = public_of(change, role, false, &current);

    *is = error == ENTENTE_OK && is_key(&current, in_force);
    return error;
}

/* An operations or transport key. */
static enum entente_error
settle_one(struct keys_change *change, enum key_role role, const struct public_key *in_force)
{
    struct public_key staged;
    bool is_settled;

    if (!key_store_has_staged(change->folder.path, role))
        return ENTENTE_OK;
    enum entente_error error = is_in_force(change, role, in_force, &is_settled);
    if (error != ENTENTE_OK || is_settled)
        return error;
    error = public_of(change, role, true, &staged);
    return error == ENTENTE_OK && is_key(&staged, in_force)
               ? key_store_unstage(change->cli, change->folder.path, role)
               : error;
}

/*
 * A root rotation was cut short where the root key is not in force, or the next one, which is then
 * missing, was moved to its place already.
 */
static enum entente_error
settle_root(struct keys_change *change)
{
    const struct party_register *reg = change->folder.own;
    const struct keyset *keyset = register_keyset_at(reg, register_count(reg));
    const char *path = change->folder.path;
    struct public_key root, staged;
    struct digest next;

    if (!key_store_has_staged(path, KEY_ROOT_NEXT))
        return ENTENTE_OK;
    enum entente_error error = public_of(change, KEY_ROOT, false, &root);
    if (error != ENTENTE_OK)
        return error;
    bool is_root = keyset_index(keyset, &root) >= 0;
    if (is_root && key_store_has(path, KEY_ROOT_NEXT))
        return ENTENTE_OK;
    error = public_of(change, KEY_ROOT_NEXT, true, &staged);
    if (error != ENTENTE_OK)
        return error;
    issue_commitment(&next, &staged);
    if (memcmp(&next, register_next(reg), sizeof next) != 0)
        return ENTENTE_OK;
    if (!is_root)
        error = key_store_advance_root(change->cli, path);
    return error == ENTENTE_OK ? key_store_unstage(change->cli, path, KEY_ROOT_NEXT) : error;
}

static bool
has_inner(const struct keys_change *change, const char *name)
{
    char path[FILES_PATH_BYTES];

    return files_path(path, change->folder.path, name) && access(path, F_OK) == 0;
}

/* A staged keyholder is in force where the register's last incarnation is its own. */
static enum entente_error
settle_node(struct keys_change *change)
{
    const struct incarnation *last = register_incarnation_last(change->folder.own);
    struct public_key staged, current;
    enum entente_error error = ENTENTE_OK;

    if (!has_inner(change, KEYHOLDER_STAGED "/node.secret") || last == NULL)
        return ENTENTE_OK;
    if (has_inner(change, "keyholder/node.secret")) {
        error = key_store_node_key(
            change->cli, change->folder.path, "keyholder", &change->secret, &current);
        if (error != ENTENTE_OK || is_key(&current, &last->key))
            return error;
    }
    error = key_store_node_key(
        change->cli, change->folder.path, KEYHOLDER_STAGED, &change->secret, &staged);
    if (error != ENTENTE_OK || !is_key(&staged, &last->key))
        return error;
    error = keys_change_stop_node(change);
    return error == ENTENTE_OK ? keys_change_advance_node(change, (uint16_t)(last->inc - 1))
                               : error;
}

enum entente_error
keys_change_start(struct keys_change *change, struct cli *cli, const struct arguments *arguments,
    const char *path)
{
    *change = (struct keys_change){.cli = cli, .serve_lock = -1};
    enum entente_error error = party_folder_lock(cli, &change->folder, path);
    if (error == ENTENTE_OK)
        error = party_folder_open(cli, &change->folder, path);
    if (error == ENTENTE_OK)
        error = secret_input_take(cli, arguments, &secret_of_party, false, &change->secret);
    if (error == ENTENTE_OK)
        error = settle_root(change);
    if (error == ENTENTE_OK)
        error = settle_one(change, KEY_OPERATIONS, register_operations_key(change->folder.own));
    if (error == ENTENTE_OK)
        error = settle_one(change, KEY_TRANSPORT, register_transport_key(change->folder.own));
    return error == ENTENTE_OK ? settle_node(change) : error;
}

void
keys_change_end(struct keys_change *change)
{
    if (change->serve_lock >= 0)
        close(change->serve_lock);
    secret_input_free(&change->secret);
    party_folder_close(&change->folder);
    change->serve_lock = -1;
}

enum entente_error
keys_change_signer(
    struct keys_change *change, enum key_role role, struct key_pair *signer, int *index)
{
    const struct party_register *reg = change->folder.own;
    enum entente_error error =
        key_store_load(change->cli, change->folder.path, role, false, &change->secret, signer);

    if (error != ENTENTE_OK)
        return error;
    *index = role == KEY_OPERATIONS
                 ? (int)REGISTER_OPERATIONS_KEY
                 : keyset_index(register_keyset_at(reg, register_count(reg)), &signer->public);
    return *index >= 0
               ? ENTENTE_OK
               : cli_fail_because(change->cli, ENTENTE_ERR_USAGE,
                     "party/root.key is not the root key that is in force; take the newest");
}

enum entente_error
keys_change_stop_node(struct keys_change *change)
{
    char path[FILES_PATH_BYTES];

    if (change->serve_lock >= 0)
        return ENTENTE_OK;
    if (!files_path(path, change->folder.path, "serve.pid"))
        return ENTENTE_ERR_USAGE;
    change->serve_lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (change->serve_lock < 0)
        return cli_fail(change->cli, ENTENTE_ERR_READ_ONLY, "%s", path);
    if (flock(change->serve_lock, LOCK_EX | LOCK_NB) == 0)
        return ENTENTE_OK;
    close(change->serve_lock);
    change->serve_lock = -1;
    return cli_fail_because(change->cli, ENTENTE_ERR_LOCKED,
        "the node of %s is running, with the key that is to be replaced; stop it first",
        change->folder.path);
}

enum entente_error
keys_change_advance_node(struct keys_change *change, uint16_t old_inc)
{
    char current[FILES_PATH_BYTES], old[FILES_PATH_BYTES], staged[FILES_PATH_BYTES], name[32];
    enum entente_error error = ENTENTE_OK;

    snprintf(name, sizeof name, "keyholder.%u", old_inc);
    if (!files_path(current, change->folder.path, "keyholder") ||
        !files_path(old, change->folder.path, name) ||
        !files_path(staged, change->folder.path, KEYHOLDER_STAGED))
        return ENTENTE_ERR_USAGE;
    if (access(current, F_OK) == 0)
        error = files_rename(current, old);
    if (error == ENTENTE_OK)
        error = files_rename(staged, current);
    return error == ENTENTE_OK ? error : cli_fail(change->cli, error, "%s", current);
}
