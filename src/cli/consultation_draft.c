#include "cli/command.h"
#include "cli/issue.h"
#include "cli/room_file.h"

#include "crypto/random.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What the draft is made of; the genesis borrows from the texts. */
struct draft {
    struct genesis genesis;
    struct file_content charters[GENESIS_CHARTERS_MAX];
};

static enum entente_error
add_party(struct cli *cli, struct genesis *genesis, const struct party_register *reg)
{
    uint32_t number = register_count(reg);

    if (genesis->parties_count == PARTIES_MAX)
        return cli_fail_because(
            cli, ENTENTE_ERR_USAGE, "a consultation has at most %u parties", PARTIES_MAX);
    for (unsigned i = 0; i < genesis->parties_count; i++) {
        if (party_id_equal(&genesis->parties[i].party, register_party(reg)))
            return cli_fail_because(cli, ENTENTE_ERR_USAGE, "%.*s is named twice",
                (int)register_name(reg).size, (const char *)register_name(reg).data);
    }
    genesis->parties[genesis->parties_count++] = (struct genesis_party){
        .party = *register_party(reg), .reg_number = number, .reg_id = *register_id(reg, number)};
    return ENTENTE_OK;
}

static enum entente_error
take_parties(struct cli *cli, struct genesis *genesis, const struct party_folder *folder,
    const struct arguments *arguments)
{
    const char *named;
    size_t at = 0;
    enum entente_error error = add_party(cli, genesis, folder->own);

    while (error == ENTENTE_OK && (named = arguments_next(arguments, "with", &at)) != NULL) {
        const struct party_register *reg;
        error = party_folder_find(cli, folder, named, &reg);
        if (error == ENTENTE_OK)
            error = add_party(cli, genesis, reg);
    }
    if (error == ENTENTE_OK && genesis->parties_count < 2)
        error = cli_fail_because(cli, ENTENTE_ERR_USAGE, "with whom?  --with PARTY...");
    return error;
}

/* Each TAG:FILE; the tag has no colon, the file may. */
static enum entente_error
take_charters(struct cli *cli, struct draft *draft, const struct arguments *arguments)
{
    struct genesis *genesis = &draft->genesis;
    const char *given;
    size_t at = 0;

    while ((given = arguments_next(arguments, "charter", &at)) != NULL) {
        const char *colon = strchr(given, ':');
        unsigned index = genesis->charters_count;
        if (colon == NULL || index == GENESIS_CHARTERS_MAX)
            return cli_fail_because(cli, ENTENTE_ERR_USAGE,
                "a charter is given as TAG:FILE, such as en:charter.txt, at most %u of them",
                GENESIS_CHARTERS_MAX);
        enum entente_error error =
            files_read(&draft->charters[index], colon + 1, GENESIS_CHARTER_BYTES_MAX);
        if (error != ENTENTE_OK)
            return cli_fail(cli, error, "charter %s", colon + 1);
        genesis->charters[index].tag =
            (struct bytes){(const uint8_t *)given, (size_t)(colon - given)};
        genesis->charters[index].text =
            (struct bytes){draft->charters[index].data, draft->charters[index].size};
        genesis->charters_count++;
    }
    return ENTENTE_OK;
}

static enum entente_error
take_texts(struct cli *cli, struct genesis *genesis, const struct arguments *arguments)
{
    const char *days = arguments_value(arguments, "retention-days");
    const char *given;
    size_t at = 0;

    genesis->title = bytes_of_text(arguments_value(arguments, "title"));
    while ((given = arguments_next(arguments, "language", &at)) != NULL &&
           genesis->languages_count < GENESIS_LANGUAGES_MAX)
        genesis->languages[genesis->languages_count++] = bytes_of_text(given);
    bool too_many = given != NULL;
    if (genesis->languages_count == 0)
        genesis->languages[genesis->languages_count++] = bytes_of_text("en");
    at = 0;
    while ((given = arguments_next(arguments, "office", &at)) != NULL &&
           genesis->offices_count < GENESIS_OFFICES_MAX)
        genesis->offices[genesis->offices_count++] = bytes_of_text(given);
    if (too_many || given != NULL)
        return cli_fail_because(cli, ENTENTE_ERR_USAGE, "at most %u languages and %u offices",
            GENESIS_LANGUAGES_MAX, GENESIS_OFFICES_MAX);
    if (days != NULL) {
        char *end;
        errno = 0;
        unsigned long value = strtoul(days, &end, 10);
        if (days[0] < '0' || days[0] > '9' || *end != '\0' || errno != 0 || value > UINT32_MAX)
            return cli_fail_because(cli, ENTENTE_ERR_USAGE, "'%s' is no number of days", days);
        genesis->retention_days = (uint32_t)value;
    }
    return ENTENTE_OK;
}

/* Encode the draft, and read it as every other party will. */
static enum entente_error
encode(struct cli *cli, struct genesis *genesis, struct room_file *file)
{
    uint8_t *content = malloc(GENESIS_BYTES_MAX);
    struct writer writer = writer_of(content, content != NULL ? GENESIS_BYTES_MAX : 0);

    *file = (struct room_file){0};
    genesis_write(&writer, genesis);
    enum entente_error error = content == NULL ? ENTENTE_ERR_NO_MEMORY
                               : writer.failed ? ENTENTE_ERR_TOO_LARGE
                                               : ENTENTE_OK;
    struct reader reader = reader_of(writer_written(&writer));
    if (error == ENTENTE_OK)
        error = genesis_parse(&reader, &file->genesis);
    file->content = (struct file_content){content, writer.used};
    if (error == ENTENTE_ERR_NO_MEMORY)
        return error;
    if (error != ENTENTE_OK)
        return cli_fail_because(cli, ENTENTE_ERR_USAGE,
            "title (1 to %u bytes), languages (such as ko, ja, en; each once), charters (each "
            "language once, UTF-8, at most %u bytes, not empty) or offices are not as they must be",
            GENESIS_TITLE_BYTES_MAX, GENESIS_CHARTER_BYTES_MAX);
    genesis_make_room(&file->room, file->genesis.encoded);
    return ENTENTE_OK;
}

static enum entente_error
save(struct cli *cli, const struct room_file *file, const struct party_folder *folder,
    const char *path)
{
    struct file_content encoded;
    enum entente_error error = room_file_encode(&encoded, file);

    if (error != ENTENTE_OK)
        return error;
    error = files_write_new(path, (struct bytes){encoded.data, encoded.size}, 0644);
    free(encoded.data);
    if (error != ENTENTE_OK)
        return cli_fail(cli, error, "%s", path);
    if (cli->json)
        return cli_print_json(cli, json_of_room(file, folder));
    room_print(cli->out, file, folder, false);
    cli_say(cli, "%s is the draft; every party signs it, you too: entente consultation sign %s %s",
        path, folder->path, path);
    return ENTENTE_OK;
}

enum entente_error
command_consultation_draft(struct cli *cli, const struct arguments *arguments)
{
    const char *path = arguments_value(arguments, "out");
    struct party_folder folder = {0};
    struct draft draft = {0};
    struct room_file file = {0};

    if (path == NULL || arguments_value(arguments, "title") == NULL)
        return cli_fail_because(cli, ENTENTE_ERR_USAGE, "give --title, --with and --out");
    enum entente_error error = party_folder_open(cli, &folder, arguments->words[0]);
    if (error != ENTENTE_OK)
        return error;
    draft.genesis.t_ms = issue_now_ms();
    error = random_bytes(draft.genesis.nonce, sizeof draft.genesis.nonce);
    if (error == ENTENTE_OK)
        error = take_texts(cli, &draft.genesis, arguments);
    if (error == ENTENTE_OK)
        error = take_parties(cli, &draft.genesis, &folder, arguments);
    if (error == ENTENTE_OK)
        error = take_charters(cli, &draft, arguments);
    if (error == ENTENTE_OK)
        error = encode(cli, &draft.genesis, &file);
    if (error == ENTENTE_OK)
        error = save(cli, &file, &folder, path);
    room_file_free(&file);
    for (unsigned i = 0; i < GENESIS_CHARTERS_MAX; i++)
        free(draft.charters[i].data);
    party_folder_close(&folder);
    return error;
}
