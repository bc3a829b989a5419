#include "cli/key_store.h"

#include "crypto/random.h"
#include "crypto/secret.h"
#include "keyholder/keyfile.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *folder;
    const char *name;
    const char *staged; /* a key on its way to that name */
    enum secret_purpose purpose;
} roles[KEY_ROLES] = {
    [KEY_ROOT] = {"party", "root.key", "root.key.staged", SECRET_ROOT},
    [KEY_ROOT_NEXT] = {"party", "root-next.key", "root-next.key.staged", SECRET_ROOT},
    [KEY_OPERATIONS] = {"party", "operations.key", "operations.key.staged", SECRET_OPERATIONS},
    [KEY_TRANSPORT] = {"node", "transport.key", "transport.key.staged", SECRET_TRANSPORT},
};

static const char *
file_name(enum key_role role, bool is_staged)
{
    return is_staged ? roles[role].staged : roles[role].name;
}

/* Opens `inner` of `folder`, -1 where it is not there. */
static int
open_inner(const char *folder, const char *inner)
{
    char path[FILES_PATH_BYTES];

    return files_path(path, folder, inner) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
}

static struct passphrase_cost
cost_of(const struct secret_input *secret)
{
    return secret->is_key_file ? SECRET_COST_KEY_FILE : SECRET_COST_PASSPHRASE;
}

/* What went wrong with a secret file, and what to do. */
static enum entente_error
fail(struct cli *cli, enum entente_error error, const char *folder, const char *inner,
    const char *name)
{
    if (error == ENTENTE_ERR_KEY_EXPOSED)
        return cli_fail_because(cli, error,
            "others can read %s/%s/%s; whoever did may have copied the key: chmod 600 it, and "
            "rotate it",
            folder, inner, name);
    return cli_fail(cli, error, "%s/%s/%s", folder, inner, name);
}

/* ---- root, operations, transport ---- */

static enum entente_error
pair_of_seed(struct key_pair *pair, const uint8_t *seed)
{
    pair->key = secret_new(sizeof *pair->key);
    if (pair->key != NULL)
        signing_key_of_seed(pair->key, &pair->public, seed);
    return pair->key != NULL ? ENTENTE_OK : ENTENTE_ERR_NO_MEMORY;
}

enum entente_error
key_store_make(struct cli *cli, const char *folder, enum key_role role, bool is_staged,
    const struct secret_input *secret, struct key_pair *pair)
{
    const char *name = file_name(role, is_staged);
    int inner = open_inner(folder, roles[role].folder);
    uint8_t *seed = secret_new(SIGN_SEED_BYTES);
    enum entente_error error = ENTENTE_ERR_NO_MEMORY;

    *pair = (struct key_pair){0};
    if (inner < 0)
        error = ENTENTE_ERR_NOT_FOUND;
    else if (seed != NULL)
        error = random_bytes(seed, SIGN_SEED_BYTES);
    if (error == ENTENTE_OK)
        error = pair_of_seed(pair, seed);
    if (error == ENTENTE_OK)
        error = secret_file_write(inner, name, roles[role].purpose,
            (struct bytes){seed, SIGN_SEED_BYTES}, secret_input_bytes(secret), cost_of(secret));
    secret_free(seed);
    if (inner >= 0)
        close(inner);
    if (error == ENTENTE_OK)
        return error;
    key_pair_free(pair);
    return fail(cli, error, folder, roles[role].folder, name);
}

enum entente_error
key_store_load(struct cli *cli, const char *folder, enum key_role role, bool is_staged,
    const struct secret_input *secret, struct key_pair *pair)
{
    const char *name = file_name(role, is_staged);
    int inner = open_inner(folder, roles[role].folder);
    uint8_t *contents = secret_new(SECRET_CONTENTS_BYTES_MAX);
    enum entente_error error = ENTENTE_ERR_NO_MEMORY;
    size_t size = 0;

    *pair = (struct key_pair){0};
    if (inner < 0)
        error = ENTENTE_ERR_NOT_FOUND;
    else if (contents != NULL)
        error = secret_file_read(
            inner, name, roles[role].purpose, secret_input_bytes(secret), contents, &size);
    if (error == ENTENTE_OK && size != SIGN_SEED_BYTES)
        error = ENTENTE_ERR_CORRUPT;
    if (error == ENTENTE_OK)
        error = pair_of_seed(pair, contents);
    secret_free(contents);
    if (inner >= 0)
        close(inner);
    return error == ENTENTE_OK ? error : fail(cli, error, folder, roles[role].folder, name);
}

static enum entente_error
rename_key(struct cli *cli, const char *folder, const char *inner, const char *from, const char *to)
{
    char old[FILES_PATH_BYTES], new[FILES_PATH_BYTES], names[2][64];

    snprintf(names[0], sizeof names[0], "%s/%s", inner, from);
    snprintf(names[1], sizeof names[1], "%s/%s", inner, to);
    if (!files_path(old, folder, names[0]) || !files_path(new, folder, names[1]))
        return ENTENTE_ERR_USAGE;
    enum entente_error error = files_rename(old, new);
    return error == ENTENTE_OK ? error : cli_fail(cli, error, "%s", new);
}

static bool
has(const char *folder, enum key_role role, bool is_staged)
{
    int inner = open_inner(folder, roles[role].folder);
    bool found = inner >= 0 && faccessat(inner, file_name(role, is_staged), F_OK, 0) == 0;

    if (inner >= 0)
        close(inner);
    return found;
}

bool
key_store_has(const char *folder, enum key_role role)
{
    return has(folder, role, false);
}

bool
key_store_has_staged(const char *folder, enum key_role role)
{
    return has(folder, role, true);
}

enum entente_error
key_store_unstage(struct cli *cli, const char *folder, enum key_role role)
{
    return rename_key(cli, folder, roles[role].folder, roles[role].staged, roles[role].name);
}

enum entente_error
key_store_advance_root(struct cli *cli, const char *folder)
{
    return rename_key(
        cli, folder, roles[KEY_ROOT].folder, roles[KEY_ROOT_NEXT].name, roles[KEY_ROOT].name);
}

void
key_pair_free(struct key_pair *pair)
{
    secret_free(pair->key);
    *pair = (struct key_pair){0};
}

int
keyset_index(const struct keyset *keyset, const struct public_key *public)
{
    for (int i = 0; i < keyset->count; i++) {
        if (memcmp(&keyset->keys[i], public, sizeof *public) == 0)
            return i;
    }
    return -1;
}

/* ---- the node's ---- */

/* Room for node keys: secret_new() aligns for any type where the size is a multiple of 16. */
static struct node_keys *
new_node_keys(void)
{
    return secret_new((sizeof(struct node_keys) + 15) / 16 * 16);
}

static enum entente_error
load_node_keys(struct cli *cli, const char *folder, const char *inner_name,
    const struct secret_input *secret, struct node_keys *keys)
{
    int inner = open_inner(folder, inner_name);
    uint8_t *contents = secret_new(SECRET_CONTENTS_BYTES_MAX);
    enum entente_error error = ENTENTE_ERR_NO_MEMORY;
    size_t size = 0;

    if (inner < 0)
        error = ENTENTE_ERR_NOT_FOUND;
    else if (contents != NULL && keys != NULL)
        error = secret_file_read(
            inner, NODE_KEYS_FILE, SECRET_NODE, secret_input_bytes(secret), contents, &size);
    if (error == ENTENTE_OK)
        error = node_keys_read((struct bytes){contents, size}, keys);
    secret_free(contents);
    if (inner >= 0)
        close(inner);
    return error == ENTENTE_OK ? error : fail(cli, error, folder, inner_name, NODE_KEYS_FILE);
}

enum entente_error
key_store_node_key(struct cli *cli, const char *folder, const char *inner,
    const struct secret_input *secret, struct public_key *public)
{
    struct node_keys *keys = new_node_keys();
    struct node_public found = {0};
    enum entente_error error = load_node_keys(cli, folder, inner, secret, keys);

    if (error == ENTENTE_OK)
        node_keys_public(keys, &found);
    *public = found.key;
    secret_free(keys);
    return error;
}

enum entente_error
key_store_make_node(struct cli *cli, const char *folder, const char *inner_name, const char *before,
    uint16_t inc, const struct secret_input *secret, struct register_entry *entry)
{
    struct node_keys *older = NULL;
    struct node_public public;
    enum entente_error error = ENTENTE_OK;

    if (before != NULL) {
        older = new_node_keys();
        error = load_node_keys(cli, folder, before, secret, older);
        if (error != ENTENTE_OK) {
            secret_free(older);
            return error;
        }
    }
    int inner = open_inner(folder, inner_name);
    error = inner < 0 ? ENTENTE_ERR_NOT_FOUND
                      : keyholder_install(inner, inc, older, secret_input_bytes(secret),
                            cost_of(secret), &public);
    secret_free(older);
    if (inner >= 0)
        close(inner);
    if (error != ENTENTE_OK)
        return cli_fail(cli, error, "%s/%s", folder, inner_name);
    *entry = (struct register_entry){.kind = REGISTER_NODE,
        .inc = public.inc,
        .key = public.key,
        .prekey_id = public.prekey_id,
        .prekey = public.prekey};
    return ENTENTE_OK;
}
