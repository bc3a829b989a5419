#include "cli/party_folder.h"

#include "base/hex.h"
#include "text/show.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <unistd.h>

#define CARD_BYTES_MAX 67108864u
#define ID_PREFIX_DIGITS_MIN 8u

/* ---- cards ---- */

enum entente_error
register_of_card(struct party_register **reg, struct bytes card)
{
    struct bytes entries;

    *reg = NULL;
    enum entente_error error = card_entries(card, &entries);
    if (error == ENTENTE_OK)
        error = register_new(reg);
    if (error == ENTENTE_OK)
        error = register_add_all(*reg, entries);
    if (error == ENTENTE_ERR_PENDING)
        error = ENTENTE_ERR_REGISTER_CHAIN; /* a card is whole: what is missing will not come */
    if (error != ENTENTE_OK) {
        register_free(*reg);
        *reg = NULL;
    }
    return error;
}

enum entente_error
card_of_register(struct file_content *card, const struct party_register *reg)
{
    size_t magic = sizeof CARD_MAGIC - 1, size = magic;

    for (uint32_t number = 1; number <= register_count(reg); number++)
        size += register_encoded(reg, number).size;
    *card = (struct file_content){malloc(size), 0};
    if (card->data == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    struct writer writer = writer_of(card->data, size);
    writer_copy(&writer, CARD_MAGIC, magic);
    for (uint32_t number = 1; number <= register_count(reg); number++)
        writer_bytes(&writer, register_encoded(reg, number));
    card->size = size;
    return ENTENTE_OK;
}

/* ---- opening ---- */

/* A register that was verified before it was written here. */
static enum entente_error
read_card(struct cli *cli, struct party_register **reg, const char *path)
{
    struct file_content card;
    enum entente_error error = files_read(&card, path, CARD_BYTES_MAX);

    *reg = NULL;
    if (error != ENTENTE_OK)
        return cli_fail(cli, error, "%s", path);
    error = register_of_card(reg, (struct bytes){card.data, card.size});
    free(card.data);
    if (error == ENTENTE_ERR_NO_MEMORY)
        return cli_fail(cli, error, "%s", path);
    if (error != ENTENTE_OK)
        return cli_fail_because(cli, ENTENTE_ERR_CORRUPT,
            "%s is damaged (%s); take it from a backup, or from another party", path,
            entente_error_text(error));
    return ENTENTE_OK;
}

static enum entente_error
read_trusted(struct cli *cli, struct party_folder *folder, const char *path)
{
    char trusted[FILES_PATH_BYTES];
    struct files_list list;

    if (!files_path(trusted, path, "trusted"))
        return ENTENTE_ERR_USAGE;
    enum entente_error error = files_list(&list, trusted, ".card");
    if (error == ENTENTE_OK && list.count > PARTY_TRUSTED_MAX)
        error = ENTENTE_ERR_TOO_LARGE;
    for (size_t i = 0; i < list.count && error == ENTENTE_OK; i++) {
        error = read_card(cli, &folder->trusted[i], list.paths[i]);
        folder->trusted_count += error == ENTENTE_OK;
    }
    files_list_free(&list);
    return error;
}

enum entente_error
party_folder_open(struct cli *cli, struct party_folder *folder, const char *path)
{
    char own[FILES_PATH_BYTES];
    int lock = folder->path != NULL ? folder->lock : -1;

    *folder = (struct party_folder){.path = path, .lock = lock};
    if (!files_path(own, path, "party/register"))
        return ENTENTE_ERR_USAGE;
    enum entente_error error = ENTENTE_OK;
    if (access(own, F_OK) != 0)
        error = cli_fail_because(cli, ENTENTE_ERR_NOT_FOUND,
            "%s holds no party; make one with: entente party create", path);
    if (error == ENTENTE_OK)
        error = read_card(cli, &folder->own, own);
    if (error == ENTENTE_OK)
        error = read_trusted(cli, folder, path);
    if (error != ENTENTE_OK)
        party_folder_close(folder);
    return error;
}

void
party_folder_close(struct party_folder *folder)
{
    for (size_t i = 0; i < folder->trusted_count; i++)
        register_free(folder->trusted[i]);
    register_free(folder->own);
    if (folder->path != NULL && folder->lock >= 0)
        close(folder->lock);
    *folder = (struct party_folder){.lock = -1};
}

enum entente_error
party_folder_lock(struct cli *cli, struct party_folder *folder, const char *path)
{
    char party[FILES_PATH_BYTES];

    *folder = (struct party_folder){.lock = -1};
    if (!files_path(party, path, "party"))
        return ENTENTE_ERR_USAGE;
    int lock = open(party, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock < 0)
        return cli_fail_because(cli, ENTENTE_ERR_NOT_FOUND,
            "%s holds no party; make one with: entente party create", path);
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        close(lock);
        return cli_fail_because(
            cli, ENTENTE_ERR_LOCKED, "another command is changing %s; wait for it", path);
    }
    *folder = (struct party_folder){.path = path, .lock = lock};
    return ENTENTE_OK;
}

/* ---- finding ---- */

struct party_register *
party_folder_register(const struct party_folder *folder, const struct party_id *party)
{
    if (party_id_equal(register_party(folder->own), party))
        return folder->own;
    for (size_t i = 0; i < folder->trusted_count; i++) {
        if (party_id_equal(register_party(folder->trusted[i]), party))
            return folder->trusted[i];
    }
    return NULL;
}

static bool
is_called(const struct party_register *reg, const char *named)
{
    char id[ID_TEXT_BYTES];
    size_t size = strlen(named);

    id_to_text(id, register_party(reg)->bytes);
    if (size >= ID_PREFIX_DIGITS_MIN && size < ID_TEXT_BYTES && strncasecmp(id, named, size) == 0)
        return true;
    return bytes_equal(register_name(reg), bytes_of_text(named));
}

enum entente_error
party_folder_find(struct cli *cli, const struct party_folder *folder, const char *named,
    const struct party_register **found)
{
    size_t alike = 0;

    *found = is_called(folder->own, named) ? folder->own : NULL;
    for (size_t i = 0; i < folder->trusted_count; i++) {
        const struct party_register *reg = folder->trusted[i];
        if (is_called(reg, named)) {
            if (*found != NULL)
                return cli_fail_because(cli, ENTENTE_ERR_USAGE,
                    "'%s' may be several parties; name it by the digits of its id", named);
            *found = reg;
        }
    }
    if (*found == NULL)
        return cli_fail_because(cli, ENTENTE_ERR_NOT_TRUSTED,
            "no party that is trusted here is called '%s'; see: entente party show %s", named,
            folder->path);
    /* A name is no way to tell two parties apart when people cannot. */
    if (!bytes_equal(register_name(*found), bytes_of_text(named)))
        return ENTENTE_OK;
    for (size_t i = 0; i < folder->trusted_count; i++)
        alike += show_are_alike(register_name(folder->trusted[i]), register_name(*found));
    alike += show_are_alike(register_name(folder->own), register_name(*found));
    if (alike > 1)
        return cli_fail_because(cli, ENTENTE_ERR_USAGE,
            "the name '%s' looks like another party's; name it by the digits of its id", named);
    return ENTENTE_OK;
}

/* ---- changing ---- */

enum entente_error
party_folder_save_own(struct cli *cli, const struct party_folder *folder)
{
    char path[FILES_PATH_BYTES];
    struct file_content card;

    if (!files_path(path, folder->path, "party/register"))
        return ENTENTE_ERR_USAGE;
    enum entente_error error = card_of_register(&card, folder->own);
    if (error != ENTENTE_OK)
        return error;
    error = files_replace(path, (struct bytes){card.data, card.size}, 0644);
    free(card.data);
    return error == ENTENTE_OK ? error : cli_fail(cli, error, "%s", path);
}

bool
party_folder_tell_node(const char *path)
{
    char file[FILES_PATH_BYTES];
    char text[32] = {0};
    bool told = false;

    if (!files_path(file, path, "serve.pid"))
        return false;
    int opened = open(file, O_RDONLY | O_CLOEXEC);
    if (opened < 0)
        return false;
    /* The number alone proves nothing: the process may be gone, and another have its number. */
    if (flock(opened, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK &&
        read(opened, text, sizeof text - 1) > 0) {
        long process = strtol(text, NULL, 10);
        told = process > 1 && kill((pid_t)process, SIGHUP) == 0;
    }
    close(opened);
    return told;
}

/* ---- showing ---- */

void
id_to_text(char text[static ID_TEXT_BYTES], const uint8_t id[static ID_BYTES])
{
    hex_to_text(text, id, ID_BYTES);
}

void
party_print(FILE *out, const struct party_register *reg)
{
    uint32_t number = register_count(reg);
    const struct keyset *keyset = register_keyset_at(reg, number);
    const struct incarnation *last = register_incarnation_last(reg);

    show_name(out, register_name(reg));
    fputc('\n', out);
    show_fingerprint(out, "  ", register_party(reg)->bytes);
    fprintf(out, "  register of %u entries, root keys %u of %u", number, keyset->threshold,
        keyset->count);
    if (last != NULL)
        fprintf(out, ", node incarnation %u%s", last->inc, last->revoked_at != 0 ? " revoked" : "");
    fprintf(out, "\n");
    if (register_address(reg).size > 0) {
        fprintf(out, "  at ");
        show_line(out, register_address(reg));
        fprintf(out, "\n");
    }
}

json_t *
json_of_party(const struct party_register *reg)
{
    uint32_t number = register_count(reg);
    const struct keyset *keyset = register_keyset_at(reg, number);
    const struct incarnation *last = register_incarnation_last(reg);

    return json_pack("{s:o, s:o, s:b, s:i, s:o, s:i, s:i, s:i, s:b, s:o}", "name",
        json_of_text(register_name(reg)), "party",
        json_of_hex(register_party(reg)->bytes, ID_BYTES), "mixed_scripts",
        show_is_mixed(register_name(reg)), "register_number", (int)number, "register_id",
        json_of_hex(register_id(reg, number)->bytes, ID_BYTES), "root_threshold",
        (int)keyset->threshold, "root_keys", (int)keyset->count, "incarnation",
        last != NULL ? (int)last->inc : 0, "revoked", last != NULL && last->revoked_at != 0,
        "address", json_of_text(register_address(reg)));
}
