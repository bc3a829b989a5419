/*
 * Trusting a card pins the party's id.  A later card must extend the register that is pinned; one
 * that says something else under the same number is the proof that the party has shown two faces
 * (R7).
 */
#include "cli/command.h"
#include "cli/party_folder.h"
#include "text/show.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CARD_BYTES_MAX 67108864u

/* Whether the person has compared the digits already: --fingerprint, blanks and case do not count.
 */
static enum entente_error
check_fingerprint(
    struct cli *cli, const struct arguments *arguments, const struct party_register *card)
{
    const char *given = arguments_value(arguments, "fingerprint");
    char id[ID_TEXT_BYTES], digits[ID_TEXT_BYTES] = {0};
    size_t count = 0;

    if (given == NULL)
        return ENTENTE_OK;
    for (; *given != '\0'; given++) {
        if (*given != ' ' && count < sizeof digits)
            digits[count++] = *given;
    }
    bool is_whole = count == sizeof digits - 1;
    digits[sizeof digits - 1] = '\0';
    id_to_text(id, register_party(card)->bytes);
    if (is_whole && strcasecmp(id, digits) == 0)
        return ENTENTE_OK;
    return cli_fail_because(cli, ENTENTE_ERR_NOT_TRUSTED,
        "the card is not of the party with that fingerprint; it is of %s", id);
}

/* Bring what the card has beyond the pinned register into it; `*more` entries were new. */
static enum entente_error
extend(struct cli *cli, struct party_register *pinned, const struct party_register *card,
    struct bytes card_bytes, uint32_t *more)
{
    struct bytes entries;
    uint32_t before = register_count(pinned);
    enum entente_error error = card_entries(card_bytes, &entries);

    if (error == ENTENTE_OK)
        error = register_add_all(pinned, entries);
    *more = register_count(pinned) - before;
    if (error == ENTENTE_ERR_EQUIVOCATION) {
        uint32_t number = 1;
        while (number < before && number < register_count(card) &&
               entry_id_equal(register_id(pinned, number), register_id(card, number)))
            number++;
        return cli_fail_because(cli, error,
            "the party has two registers (R7): entry %u of the card and of the one trusted here "
            "differ, and its keys signed both; the one trusted here stays: ask the party, "
            "by voice, which of its keys are stolen",
            number);
    }
    return error == ENTENTE_OK || error == ENTENTE_ERR_DUPLICATE
               ? ENTENTE_OK
               : cli_fail(cli, error, "the card does not extend the register trusted here");
}

/* A warning where people could take the new party for another one. */
static void
warn_of_alike(struct cli *cli, const struct party_folder *folder, const struct party_register *reg)
{
    for (size_t i = 0; i <= folder->trusted_count; i++) {
        const struct party_register *other =
            i < folder->trusted_count ? folder->trusted[i] : folder->own;
        if (party_id_equal(register_party(other), register_party(reg)) ||
            !show_are_alike(register_name(other), register_name(reg)))
            continue;
        cli_say(cli,
            "warning: the name looks like that of another party here, %.*s; tell them apart by "
            "their digits",
            (int)register_name(other).size, (const char *)register_name(other).data);
    }
}

static enum entente_error
pin(struct cli *cli, const struct party_folder *folder, const struct party_register *reg)
{
    char path[FILES_PATH_BYTES], name[ID_TEXT_BYTES + 16], id[ID_TEXT_BYTES];
    struct file_content card;

    id_to_text(id, register_party(reg)->bytes);
    snprintf(name, sizeof name, "trusted/%s.card", id);
    if (!files_path(path, folder->path, "trusted"))
        return ENTENTE_ERR_USAGE;
    enum entente_error error = files_make_folder(path);
    if ((error != ENTENTE_OK && error != ENTENTE_ERR_EXISTS) ||
        !files_path(path, folder->path, name))
        return cli_fail(cli, error, "%s", path);
    error = card_of_register(&card, reg);
    if (error != ENTENTE_OK)
        return error;
    error = files_replace(path, (struct bytes){card.data, card.size}, 0644);
    free(card.data);
    return error == ENTENTE_OK ? error : cli_fail(cli, error, "%s", path);
}

static enum entente_error
report(struct cli *cli, const struct party_folder *folder, const struct party_register *reg,
    uint32_t more, bool is_new)
{
    if (more > 0)
        party_folder_tell_node(folder->path);
    if (cli->json)
        return cli_print_json(cli, json_pack("{s:o, s:b, s:i}", "party", json_of_party(reg), "new",
                                       (int)is_new, "entries_added", (int)more));
    party_print(cli->out, reg);
    warn_of_alike(cli, folder, reg);
    if (is_new)
        cli_say(cli, "trusted from now on; read the digits to each other by voice before you sign "
                     "anything with them");
    else
        cli_say(cli, more > 0 ? "trusted already; %u new register entries" : "nothing new", more);
    return ENTENTE_OK;
}

static enum entente_error
trust(struct cli *cli, const struct party_folder *folder, const struct party_register *card,
    struct bytes card_bytes)
{
    struct party_register *pinned = party_folder_register(folder, register_party(card));
    uint32_t more = register_count(card);

    if (pinned == folder->own)
        return cli_fail_because(
            cli, ENTENTE_ERR_USAGE, "this is the card of %s itself", folder->path);
    if (pinned == NULL && folder->trusted_count == PARTY_TRUSTED_MAX)
        return cli_fail_because(
            cli, ENTENTE_ERR_USAGE, "at most %u parties are trusted here", PARTY_TRUSTED_MAX);
    enum entente_error error = ENTENTE_OK;
    if (pinned != NULL)
        error = extend(cli, pinned, card, card_bytes, &more);
    if (error == ENTENTE_OK && more > 0)
        error = pin(cli, folder, pinned != NULL ? pinned : card);
    return error == ENTENTE_OK
               ? report(cli, folder, pinned != NULL ? pinned : card, more, pinned == NULL)
               : error;
}

enum entente_error
command_party_trust(struct cli *cli, const struct arguments *arguments)
{
    const char *path = arguments->words[1];
    struct party_folder folder;
    struct file_content file = {0};
    struct party_register *card = NULL;

    enum entente_error error = party_folder_lock(cli, &folder, arguments->words[0]);
    if (error != ENTENTE_OK)
        return error;
    error = party_folder_open(cli, &folder, arguments->words[0]);
    if (error != ENTENTE_OK)
        return error;
    error = files_read(&file, path, CARD_BYTES_MAX);
    struct bytes bytes = {file.data, file.size};
    if (error == ENTENTE_OK)
        error = register_of_card(&card, bytes);
    if (error != ENTENTE_OK)
        cli_fail(cli, error, "%s is no card to trust", path);
    if (error == ENTENTE_OK)
        error = check_fingerprint(cli, arguments, card);
    if (error == ENTENTE_OK)
        error = trust(cli, &folder, card, bytes);
    register_free(card);
    free(file.data);
    party_folder_close(&folder);
    return error;
}
