/* entente status: how the room stands, party by party; entente drill: cut a link to see what happens. */
#include "cli/desk_commands.h"
#include "text/show.h"

#include <string.h>
#include <time.h>

static const char *
writing_text(uint8_t writing)
{
    static const char *const texts[] = {"the keyholder has not answered yet",
        "waits until another party has been heard (entente drill ... alone lifts this)", "open",
        "this key is retired: run entente keys resume"};

    return writing < sizeof texts / sizeof texts[0] ? texts[writing] : "?";
}

static json_t *
json_of_party(const struct status_party *party, bool own)
{
    return json_pack("{s:o,s:o,s:b,s:b,s:b,s:I,s:i,s:I,s:I,s:I,s:I,s:I}", "party",
        json_of_hex(party->party.bytes, sizeof party->party.bytes), "name",
        json_of_text((struct bytes){party->name, party->name_bytes}), "own", own, "linked",
        party->is_linked, "contested", party->is_contested, "heard_at_ms",
        (json_int_t)party->heard_at_ms, "incarnation", party->inc, "number",
        (json_int_t)party->head_seq, "held_by_all_up_to", (json_int_t)party->held_seq, "holds",
        (json_int_t)party->holds, "behind_by", (json_int_t)party->behind, "we_lack",
        (json_int_t)party->missing);
}

static enum entente_error
print_json(struct cli *cli, const struct status *status)
{
    static const char *const writing[] = {"unknown", "barrier", "open", "retired"};
    json_t *parties = json_array();

    for (uint8_t i = 0; i < status->parties_count; i++)
        json_array_append_new(parties, json_of_party(&status->parties[i], i == status->slot));
    return cli_print_json(cli,
        json_pack("{s:o,s:o,s:s,s:I,s:I,s:o,s:o}", "room",
            json_of_hex(status->room.bytes, sizeof status->room.bytes), "title",
            json_of_text((struct bytes){status->title, status->title_bytes}), "writing",
            writing[status->writing & 3], "entries", (json_int_t)status->entries, "held_by_all",
            (json_int_t)status->held_by_all, "state",
            json_of_hex(status->state.bytes, sizeof status->state.bytes), "parties", parties));
}

static void
print_heard(FILE *out, const struct status_party *party)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t now_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    if (party->heard_at_ms == 0)
        fputs("not heard since the start", out);
    else if (now_ms < party->heard_at_ms + 2000)
        fputs("heard just now", out);
    else
        fprintf(out, "heard %llu s ago",
            (unsigned long long)((now_ms - party->heard_at_ms) / 1000));
}

static void
print_party(struct cli *cli, const struct status_party *party, bool own)
{
    FILE *out = cli->out;

    fputs("  ", out);
    show_name(out, (struct bytes){party->name, party->name_bytes});
    fprintf(out, "%s\n    wrote %u, held by all up to %u", own ? " (this node)" : "",
        party->head_seq, party->held_seq);
    if (party->inc > 1)
        fprintf(out, ", in incarnation %u", party->inc);
    if (party->is_contested)
        fputs("\n    CONTESTED: this party showed two faces; its operator must resume", out);
    if (!own) {
        fprintf(out, "\n    %s, ", party->is_linked ? "linked" : "NOT LINKED");
        print_heard(out, party);
    }
    if (party->behind > 0)
        fprintf(out, "\n    behind by %llu", (unsigned long long)party->behind);
    if (party->missing > 0)
        fprintf(out, "\n    has %u that are on their way here", party->missing);
    fputc('\n', out);
}

enum entente_error
command_status(struct cli *cli, const struct arguments *arguments)
{
    static struct status status;
    struct desk_client *client = NULL;
    struct room_id room;

    enum entente_error error = room_of_arguments(cli, arguments, &room);
    if (error == ENTENTE_OK)
        error = connect_of_arguments(cli, arguments, &client);
    if (error != ENTENTE_OK)
        return error;
    error = desk_status(client, &room, &status);
    desk_disconnect(client);
    if (error != ENTENTE_OK)
        return cli_fail(cli, error, "no status of this consultation");
    if (cli->json)
        return print_json(cli, &status);
    show_line(cli->out, (struct bytes){status.title, status.title_bytes});
    fprintf(cli->out, "\n  writing: %s\n  %llu entries, %llu of them held by all; state ",
        writing_text(status.writing), (unsigned long long)status.entries,
        (unsigned long long)status.held_by_all);
    for (size_t i = 0; i < 8; i++)
        fprintf(cli->out, "%02x", status.state.bytes[i]);
    fputs("...\n\n", cli->out);
    for (uint8_t i = 0; i < status.parties_count; i++)
        print_party(cli, &status.parties[i], i == status.slot);
    return ENTENTE_OK;
}

enum entente_error
command_drill(struct cli *cli, const struct arguments *arguments)
{
    static struct status status;
    static const char *const verbs[] = {[CONTROL_ALONE] = "alone", [CONTROL_BLOCK] = "block",
        [CONTROL_UNBLOCK] = "unblock"};
    struct desk_client *client = NULL;
    struct room_id room;
    uint8_t slot = 0;
    uint8_t what = CONTROL_ALONE;

    while (what <= CONTROL_UNBLOCK && strcmp(verbs[what], arguments->words[1]) != 0)
        what++;
    if (what > CONTROL_UNBLOCK || (what == CONTROL_ALONE) != (arguments->words_count == 2))
        return cli_fail_because(cli, ENTENTE_ERR_USAGE,
            "a drill is: alone, block PARTY or unblock PARTY");
    enum entente_error error = room_of_arguments(cli, arguments, &room);
    if (error == ENTENTE_OK)
        error = connect_of_arguments(cli, arguments, &client);
    if (error != ENTENTE_OK)
        return error;
    error = desk_status(client, &room, &status);
    if (error == ENTENTE_OK && what != CONTROL_ALONE && !party_of_text(&status, arguments->words[2], &slot))
        error = ENTENTE_ERR_NOT_FOUND;
    if (error == ENTENTE_OK)
        error = desk_control(client, &room, what, slot);
    desk_disconnect(client);
    if (error != ENTENTE_OK)
        return cli_fail(cli, error, "the drill");
    return cli->json ? cli_print_json(cli, json_pack("{s:s}", "done", verbs[what])) : ENTENTE_OK;
}
