#include "cli/office_change.h"

#include "base/hex.h"
#include "cli/holder_key.h"
#include "text/show.h"

#include <stdlib.h>
#include <string.h>

enum entente_error
office_change_start(
    struct office_change *change, struct cli *cli, const struct arguments *arguments)
{
    *change = (struct office_change){0};
    enum entente_error error =
        keys_change_start(&change->keys, cli, arguments, arguments->words[0]);
    if (error == ENTENTE_OK)
        error = offices_new(&change->offices, change->keys.folder.own);
    return error == ENTENTE_OK ? offices_update(change->offices) : error;
}

void
office_change_end(struct office_change *change)
{
    offices_free(change->offices);
    keys_change_end(&change->keys);
}

enum entente_error
office_change_find(
    struct office_change *change, const char *name, const struct office_state **state)
{
    uint32_t end = register_count(change->keys.folder.own);
    uint32_t office = offices_named(change->offices, bytes_of_text(name), end);

    if (office == 0)
        return cli_fail_because(change->keys.cli, ENTENTE_ERR_NOT_FOUND,
            "the party has no office '%s': make it with 'entente office create'", name);
    change->entry.office = office;
    *state = office_at(change->offices, office, end);
    return ENTENTE_OK;
}

static bool
is_meant(const struct offices *offices, const struct office_holder *holder, const char *named)
{
    char digits[2 * sizeof holder->key.bytes + 1];
    size_t size = strlen(named);

    hex_to_text(digits, holder->key.bytes, sizeof holder->key.bytes);
    return bytes_equal(office_person(offices, holder), bytes_of_text(named)) ||
           (size >= 8 && size <= sizeof digits && strncmp(digits, named, size) == 0);
}

enum entente_error
office_change_person(struct office_change *change, const struct office_state *state,
    const char *named, struct public_key *key)
{
    unsigned found = 0;

    for (unsigned i = 0; i < state->count; i++)
        if (is_meant(change->offices, &state->line[i], named)) {
            *key = state->line[i].key;
            found++;
        }
    if (found == 1)
        return ENTENTE_OK;
    return cli_fail_because(change->keys.cli, found == 0 ? ENTENTE_ERR_NOT_FOUND : ENTENTE_ERR_USAGE,
        found == 0 ? "nobody in the office's line is called '%s'"
                   : "several in the office's line are called '%s': give digits of the key",
        named);
}

void
office_change_place(struct office_change *change)
{
    issue_place(&change->entry, change->keys.folder.own);
}

/* ---- how the office stands now ---- */

static json_t *
json_of_line(const struct offices *offices, const struct office_state *state)
{
    json_t *line = json_array();

    for (unsigned i = 0; i < state->count; i++) {
        json_t *one = json_of_holder(office_person(offices, &state->line[i]), &state->line[i].key);
        json_object_set_new(one, "rank", json_integer(state->line[i].rank));
        json_object_set_new(one, "is_away", json_boolean(state->line[i].is_away));
        json_object_set_new(one, "is_acting", json_boolean(i == state->acting));
        json_array_append_new(line, one);
    }
    return line;
}

static enum entente_error
report(const struct office_change *change, uint32_t office)
{
    struct cli *cli = change->keys.cli;
    const struct offices *offices = change->offices;
    const struct office_state *state =
        office_at(offices, office, register_count(change->keys.folder.own));

    if (cli->json)
        return cli_print_json(cli,
            json_pack("{s:o, s:i, s:b, s:o}", "office", json_of_text(office_name(offices, office)),
                "number", (int)office, "is_assumed", state->is_assumed, "line",
                json_of_line(offices, state)));
    show_name(cli->out, office_name(offices, office));
    fputc('\n', cli->out);
    for (unsigned i = 0; i < state->count; i++) {
        const struct office_holder *holder = &state->line[i];
        fprintf(cli->out, "%3u  ", holder->rank);
        show_name(cli->out, office_person(offices, holder));
        fprintf(cli->out, "%s%s\n", holder->is_away ? ", away" : "",
            i != state->acting ? "" : state->is_assumed ? ", acts (assumed)" : ", acts");
    }
    return ENTENTE_OK;
}

/* ---- signing ---- */

static enum entente_error
check(const struct office_change *change)
{
    unsigned rule = offices_check(change->offices, &change->entry);
    static const char *const why[] = {
        [1] = "the party has an office of that name",
        [2] = "that rank is taken, or the person is in the line already, or does not have this rank",
        [3] = "the person is not in the line",
        [4] = "the person is not in the line, or is so already",
        [5] = "who assumes must be in the line, not away, not acting, and deputies of this office must "
              "be allowed to (entente office policy)",
        [6] = "nobody of the line would be left to act: an office is never vacant",
    };

    if (rule == 0)
        return ENTENTE_OK;
    return cli_fail_because(change->keys.cli, ENTENTE_ERR_USAGE, "%s (P%u)",
        rule < sizeof why / sizeof why[0] ? why[rule] : "the rules of offices forbid it", rule);
}

static enum entente_error
sign(struct office_change *change, enum key_role role)
{
    struct key_pair signer;
    int index;

    enum entente_error error = keys_change_signer(&change->keys, role, &signer, &index);
    if (error == ENTENTE_OK)
        error = issue_entry(
            change->keys.folder.own, &change->entry, signer.key, (uint8_t)index);
    key_pair_free(&signer);
    return error;
}

enum entente_error
office_change_make(struct office_change *change, enum key_role signer)
{
    struct keys_change *keys = &change->keys;
    uint32_t office =
        change->entry.kind == REGISTER_OFFICE ? change->entry.number : change->entry.office;

    enum entente_error error = check(change);
    if (error == ENTENTE_OK)
        error = sign(change, signer);
    if (error == ENTENTE_OK)
        error = party_folder_save_own(keys->cli, &keys->folder);
    if (error == ENTENTE_OK)
        error = offices_update(change->offices);
    if (error != ENTENTE_OK)
        return error;
    party_folder_tell_node(keys->folder.path);
    return report(change, office);
}
