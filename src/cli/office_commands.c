/* entente office: what changes an office of the party's own. */
#include "cli/command.h"
#include "cli/desk_commands.h"
#include "cli/holder_key.h"
#include "cli/office_change.h"

#include <stdlib.h>
#include <string.h>

static uint8_t
flags_of(const struct arguments *arguments)
{
    return arguments_have(arguments, "deputies-may-assume") ? OFFICE_DEPUTIES_MAY_ASSUME : 0;
}

/* The person of --holder, into the entry; `*content` has the name, and is the caller's to free. */
static enum entente_error
read_person(
    struct office_change *change, const struct arguments *arguments, struct file_content *content)
{
    const char *path = arguments_value(arguments, "holder");
    struct holder_card card;

    if (path == NULL)
        return cli_fail_because(change->keys.cli, ENTENTE_ERR_USAGE,
            "--holder is missing: the card of the person, as 'entente holder new --card' writes it");
    enum entente_error error = holder_card_read(change->keys.cli, path, content, &card);
    change->entry.key = card.key;
    change->entry.person = card.name;
    return error;
}

/* All but `create`: the office that the second word names. */
static enum entente_error
start(struct office_change *change, struct cli *cli, const struct arguments *arguments,
    enum register_kind kind, const struct office_state **state)
{
    enum entente_error error = office_change_start(change, cli, arguments);

    change->entry.kind = (uint8_t)kind;
    return error == ENTENTE_OK ? office_change_find(change, arguments->words[1], state) : error;
}

static enum entente_error
make(struct office_change *change, enum key_role signer)
{
    office_change_place(change);
    return office_change_make(change, signer);
}

enum entente_error
command_office_create(struct cli *cli, const struct arguments *arguments)
{
    struct office_change change;
    struct file_content content = {0};

    enum entente_error error = office_change_start(&change, cli, arguments);
    change.entry = (struct register_entry){.kind = REGISTER_OFFICE,
        .name = bytes_of_text(arguments->words[1]),
        .flags = flags_of(arguments)};
    if (error == ENTENTE_OK &&
        (change.entry.name.size == 0 || change.entry.name.size > REGISTER_NAME_BYTES_MAX))
        error = cli_fail_because(cli, ENTENTE_ERR_USAGE, "an office's name has 1 to %u bytes",
            REGISTER_NAME_BYTES_MAX);
    if (error == ENTENTE_OK)
        error = read_person(&change, arguments, &content);
    if (error == ENTENTE_OK)
        error = make(&change, KEY_ROOT);
    office_change_end(&change);
    free(content.data);
    return error;
}

enum entente_error
command_office_appoint(struct cli *cli, const struct arguments *arguments)
{
    struct office_change change;
    struct file_content content = {0};
    const struct office_state *state = NULL;
    const char *replaces = arguments_value(arguments, "replaces");
    uint32_t rank = 0;

    enum entente_error error = start(&change, cli, arguments, REGISTER_APPOINT, &state);
    if (error == ENTENTE_OK)
        error = number_of_option(cli, arguments, "rank", &rank);
    if (error == ENTENTE_OK && replaces != NULL)
        error = office_change_person(&change, state, replaces, &change.entry.replaces);
    for (unsigned i = 0; error == ENTENTE_OK && replaces != NULL && i < state->count; i++)
        if (rank == 0 && memcmp(&state->line[i].key, &change.entry.replaces, sizeof change.entry.key) == 0)
            rank = state->line[i].rank;
    if (error == ENTENTE_OK && (rank < 1 || rank > OFFICE_RANKS_MAX))
        error = cli_fail_because(cli, ENTENTE_ERR_USAGE,
            "give --rank, 1 to %u in the order of succession, or --replaces", OFFICE_RANKS_MAX);
    change.entry.rank = (uint8_t)rank;
    if (error == ENTENTE_OK)
        error = read_person(&change, arguments, &content);
    if (error == ENTENTE_OK)
        error = make(&change, KEY_ROOT);
    office_change_end(&change);
    free(content.data);
    return error;
}

/* The kinds of acts that --kinds names, a bit for each. */
static enum entente_error
read_kinds(struct cli *cli, const struct arguments *arguments, uint64_t *kinds)
{
    const char *given;
    size_t at = 0;

    *kinds = 0;
    while ((given = arguments_next(arguments, "kinds", &at)) != NULL) {
        uint8_t kind = act_kind_named(given);
        if (kind == 0)
            return cli_fail_because(cli, ENTENTE_ERR_USAGE,
                "'%s' is no kind of act: joint-text, charter, successor, readout, correction, "
                "joint-office, chair-order, minutes",
                given);
        *kinds |= UINT64_C(1) << kind;
    }
    return ENTENTE_OK;
}

/* A change that is about a person of the line: the third word. */
static enum entente_error
start_with_person(struct office_change *change, struct cli *cli, const struct arguments *arguments,
    enum register_kind kind)
{
    const struct office_state *state = NULL;

    enum entente_error error = start(change, cli, arguments, kind, &state);
    return error == ENTENTE_OK
               ? office_change_person(change, state, arguments->words[2], &change->entry.key)
               : error;
}

enum entente_error
command_office_deputise(struct cli *cli, const struct arguments *arguments)
{
    struct office_change change;

    enum entente_error error = start_with_person(&change, cli, arguments, REGISTER_DEPUTISE);
    if (error == ENTENTE_OK)
        error = read_kinds(cli, arguments, &change.entry.kinds);
    if (error == ENTENTE_OK)
        error = make(&change, KEY_ROOT);
    office_change_end(&change);
    return error;
}

/* Relieve and away, which say `what` of the person. */
static enum entente_error
change_person(struct cli *cli, const struct arguments *arguments, enum register_kind kind,
    uint8_t what, enum key_role signer)
{
    struct office_change change;

    enum entente_error error = start_with_person(&change, cli, arguments, kind);
    change.entry.what = what;
    if (error == ENTENTE_OK)
        error = make(&change, signer);
    office_change_end(&change);
    return error;
}

enum entente_error
command_office_relieve(struct cli *cli, const struct arguments *arguments)
{
    return change_person(cli, arguments, REGISTER_RELIEVE,
        arguments_have(arguments, "assumption") ? RELIEVE_ASSUMPTION : RELIEVE_FROM_LINE, KEY_ROOT);
}

enum entente_error
command_office_away(struct cli *cli, const struct arguments *arguments)
{
    return change_person(
        cli, arguments, REGISTER_AWAY, !arguments_have(arguments, "back"), KEY_OPERATIONS);
}

enum entente_error
command_office_policy(struct cli *cli, const struct arguments *arguments)
{
    struct office_change change;
    const struct office_state *state = NULL;

    enum entente_error error = start(&change, cli, arguments, REGISTER_POLICY, &state);
    change.entry.flags = flags_of(arguments);
    if (error == ENTENTE_OK)
        error = make(&change, KEY_ROOT);
    office_change_end(&change);
    return error;
}

/* The deputy's own key signs for this place of the register (P5). */
static enum entente_error
assume(struct office_change *change, const struct arguments *arguments)
{
    struct register_entry *entry = &change->entry;
    struct holder_key holder;

    enum entente_error error =
        holder_key_load(change->keys.cli, arguments, arguments->words[2], &holder);
    if (error != ENTENTE_OK)
        return error;
    entry->key = holder.pair.public;
    office_change_place(change);
    office_assume_sign(
        &entry->assumed, holder.pair.key, &entry->party, &entry->prev, entry->office);
    holder_key_free(&holder);
    return office_change_make(change, KEY_OPERATIONS);
}

enum entente_error
command_office_assume(struct cli *cli, const struct arguments *arguments)
{
    struct office_change change;
    const struct office_state *state = NULL;

    enum entente_error error = start(&change, cli, arguments, REGISTER_ASSUME, &state);
    if (error == ENTENTE_OK)
        error = assume(&change, arguments);
    office_change_end(&change);
    return error;
}
