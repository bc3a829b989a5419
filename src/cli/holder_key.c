#include "cli/holder_key.h"

#include "text/show.h"
#include "crypto/random.h"
#include "crypto/secret.h"
#include "keyholder/keyfile.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* contents = seed 32 || name */
static enum entente_error
unpack(struct holder_key *holder, size_t size)
{
    if (size <= SIGN_SEED_BYTES || size > SIGN_SEED_BYTES + HOLDER_NAME_BYTES_MAX)
        return ENTENTE_ERR_CORRUPT;
    holder->name = (struct bytes){holder->memory + SIGN_SEED_BYTES, size - SIGN_SEED_BYTES};
    holder->pair.key = secret_new(sizeof *holder->pair.key);
    if (holder->pair.key == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    signing_key_of_seed(holder->pair.key, &holder->pair.public, holder->memory);
    return ENTENTE_OK;
}

static enum entente_error
fail(struct cli *cli, enum entente_error error, const char *path)
{
    if (error == ENTENTE_ERR_KEY_EXPOSED)
        return cli_fail_because(cli, error,
            "others can read %s; whoever did may have copied the key: have another one appointed",
            path);
    return cli_fail(cli, error, "%s", path);
}

/* The folder of the file at `path`, opened, and the file's name in it; -1 where it is not there. */
static int
open_folder(const char *path, const char **name)
{
    char folder[FILES_PATH_BYTES];
    const char *slash = strrchr(path, '/');
    int size = slash == NULL ? 0 : (int)(slash - path);

    *name = slash != NULL ? slash + 1 : path;
    snprintf(folder, sizeof folder, "%.*s", size, path);
    return open(slash == NULL ? "." : size == 0 ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static enum entente_error
write_file(const char *path, struct bytes contents, const struct secret_input *secret)
{
    const char *name;
    int folder = open_folder(path, &name);

    if (folder < 0)
        return ENTENTE_ERR_NOT_FOUND;
    enum entente_error error = secret_file_write(folder, name, SECRET_HOLDER, contents,
        secret_input_bytes(secret),
        secret->is_key_file ? SECRET_COST_KEY_FILE : SECRET_COST_PASSPHRASE);
    close(folder);
    return error;
}

enum entente_error
holder_key_make(struct cli *cli, const char *path, struct bytes name,
    const struct secret_input *secret, struct holder_key *holder)
{
    size_t size = SIGN_SEED_BYTES + name.size;
    enum entente_error error = ENTENTE_ERR_NO_MEMORY;

    *holder = (struct holder_key){.memory = secret_new(SECRET_CONTENTS_BYTES_MAX)};
    if (access(path, F_OK) == 0)
        error = ENTENTE_ERR_EXISTS;
    else if (holder->memory != NULL)
        error = random_bytes(holder->memory, SIGN_SEED_BYTES);
    if (error == ENTENTE_OK) {
        memcpy(holder->memory + SIGN_SEED_BYTES, name.data, name.size);
        error = unpack(holder, size);
    }
    if (error == ENTENTE_OK)
        error = write_file(path, (struct bytes){holder->memory, size}, secret);
    if (error == ENTENTE_OK)
        return error;
    holder_key_free(holder);
    return fail(cli, error, path);
}

enum entente_error
holder_key_load(struct cli *cli, const struct arguments *arguments, const char *path,
    struct holder_key *holder)
{
    struct secret_input secret;
    size_t size = 0;

    *holder = (struct holder_key){0};
    enum entente_error error =
        secret_input_take(cli, arguments, &secret_of_holder, false, &secret);
    if (error != ENTENTE_OK)
        return error;
    holder->memory = secret_new(SECRET_CONTENTS_BYTES_MAX);
    error = holder->memory == NULL ? ENTENTE_ERR_NO_MEMORY
                                   : secret_file_read(AT_FDCWD, path, SECRET_HOLDER,
                                         secret_input_bytes(&secret), holder->memory, &size);
    secret_input_free(&secret);
    if (error == ENTENTE_OK)
        error = unpack(holder, size);
    if (error == ENTENTE_OK)
        return error;
    holder_key_free(holder);
    return fail(cli, error, path);
}

void
holder_key_free(struct holder_key *holder)
{
    key_pair_free(&holder->pair);
    secret_free(holder->memory);
    *holder = (struct holder_key){0};
}

enum entente_error
holder_card_read(struct cli *cli, const char *path, struct file_content *content,
    struct holder_card *card)
{
    enum entente_error error = files_read(content, path, HOLDER_CARD_BYTES_MAX);

    if (error == ENTENTE_OK)
        error = holder_card_parse(card, (struct bytes){content->data, content->size});
    if (error == ENTENTE_ERR_SIGNATURE)
        return cli_fail_because(cli, error,
            "%s: the key in it did not sign the name; ask the person for the card again", path);
    if (error == ENTENTE_ERR_MALFORMED || error == ENTENTE_ERR_TRUNCATED ||
        error == ENTENTE_ERR_TOO_LARGE)
        return cli_fail_because(cli, error,
            "%s is no holder's card, as 'entente holder new --card' writes it", path);
    return error == ENTENTE_OK ? error : cli_fail(cli, error, "%s", path);
}

void
holder_print(FILE *out, struct bytes name, const struct public_key *key)
{
    show_name(out, name);
    fputc('\n', out);
    show_fingerprint(out, "  ", key->bytes);
}

json_t *
json_of_holder(struct bytes name, const struct public_key *key)
{
    return json_pack(
        "{s:o, s:o}", "name", json_of_text(name), "key", json_of_hex(key->bytes, sizeof key->bytes));
}
