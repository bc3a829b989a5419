/* entente log: the record's entries, opened, in display order or as they arrive. */
#include "cli/desk_commands.h"
#include "text/show.h"
#include "format/body.h"
#include "format/entry.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

const struct option options_log[] = {
    {"room", OPTION_VALUE, "ID", "the consultation's room, where the party is in several"},
    {"follow", OPTION_NOTHING, NULL, "stay, and show what comes"},
    {"order", OPTION_VALUE, "ORDER", "display (default) or arrival"},
    {"all", OPTION_NOTHING, NULL, "also the entries that nodes write: acks, keys and so on"},
    {NULL, OPTION_NOTHING, NULL, NULL},
};

struct logging {
    struct cli *cli;
    struct status status;
    struct body *body;
    bool all;
};

/* What this program does not show in full. */
static const char *
section_name(uint16_t type)
{
    const char *name = fact_type_name(type);

    return name != NULL ? name : "unknown";
}

static json_t *
json_of_section(const struct section *section)
{
    if (section->type == SECTION_STATEMENT)
        return json_pack("{s:s,s:o,s:o,s:o}", "type", "statement", "language",
            json_of_text(section->statement.tag), "speaker",
            json_of_text(section->statement.speaker), "text", json_of_text(section->statement.text));
    if (section->type == SECTION_HEADING)
        return json_pack("{s:s,s:i,s:i,s:o,s:o}", "type", "heading", "role", section->heading.role,
            "level", section->heading.level, "language", json_of_text(section->heading.tag), "text",
            json_of_text(section->heading.text));
    if (section->type != SECTION_FILE)
        return json_pack("{s:s,s:i,s:I}", "type", section_name(section->type), "number",
            section->type, "bytes", (json_int_t)section->content.size);
    return json_pack("{s:s,s:o,s:o,s:I}", "type", "file", "name", json_of_text(section->file.name),
        "media_type", json_of_text(section->file.media_type), "bytes",
        (json_int_t)section->file.data.size);
}

static json_t *
json_of_held(const struct logging *logging, uint32_t held)
{
    json_t *list = json_array();

    for (uint8_t slot = 0; slot < logging->status.parties_count; slot++)
        if (held >> slot & 1)
            json_array_append_new(list, json_integer(slot));
    return list;
}

static enum entente_error
print_json(struct logging *logging, const struct message_entry *message, const struct entry *entry,
    bool is_open)
{
    json_t *sections = json_array();

    for (uint32_t i = 0; is_open && i < logging->body->count; i++)
        json_array_append_new(sections, json_of_section(&logging->body->sections[i]));
    json_t *value = json_pack("{s:i,s:i,s:I,s:o,s:s,s:I,s:o,s:b,s:b,s:o}", "slot", entry->slot,
        "incarnation", entry->inc, "number", (json_int_t)entry->seq, "id",
        json_of_hex(message->id.bytes, sizeof message->id.bytes), "kind", entry_kind_name(entry->kind),
        "time_ms", (json_int_t)entry->t_ms, "held_by", json_of_held(logging, message->held),
        "contested",
        (message->flags & MESSAGE_ENTRY_CONTESTED) != 0, "void",
        (message->flags & MESSAGE_ENTRY_VOID) != 0, "sections", sections);
    if (value != NULL && message->error != ENTENTE_OK)
        json_object_set_new(value, "unreadable",
            json_string(entente_error_text((enum entente_error)message->error)));
    return cli_print_json(logging->cli, value);
}

static void
print_section(struct logging *logging, const struct section *section)
{
    FILE *out = logging->cli->out;

    if (section->type == SECTION_STATEMENT) {
        if (section->statement.speaker.size > 0) {
            show_name(out, section->statement.speaker);
            fputs(": ", out);
        }
        show_text(out, section->statement.text);
    } else if (section->type == SECTION_HEADING) {
        fputs(section->heading.role == HEADING_CONCLUSION ? "== conclusion: " : "== ", out);
        show_line(out, section->heading.text);
    } else if (section->type != SECTION_FILE) {
        fprintf(out, "[%s, section type %u, %zu bytes]", section_name(section->type),
            section->type, section->content.size);
    } else {
        fputs("[file ", out);
        show_name(out, section->file.name);
        fprintf(out, ", %zu bytes]", section->file.data.size);
    }
    fputc('\n', out);
}

/* One entry for people: when, who, by whom it is held, and what it says. */
static void
print_text(struct logging *logging, const struct message_entry *message, const struct entry *entry,
    bool is_open)
{
    FILE *out = logging->cli->out;
    const struct status *status = &logging->status;
    time_t seconds = (time_t)(entry->t_ms / 1000);
    struct tm utc;
    char when[32] = "?";
    uint32_t all = (1u << status->parties_count) - 1;

    if (gmtime_r(&seconds, &utc) != NULL)
        strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &utc);
    fprintf(out, "%s  ", when);
    if (entry->slot < status->parties_count)
        show_name(out, (struct bytes){status->parties[entry->slot].name,
                           status->parties[entry->slot].name_bytes});
    fprintf(out, " %u.%u  %s", entry->inc, entry->seq,
        (message->held & all) == all ? "held by all" : "not held by all yet");
    if (entry->kind != ENTRY_SEALED)
        fprintf(out, "  (%s)", entry_kind_name(entry->kind));
    if (message->flags & MESSAGE_ENTRY_CONTESTED)
        fputs("  CONTESTED: this party showed two faces", out);
    if (message->flags & MESSAGE_ENTRY_VOID)
        fputs("  VOID: written in a life of the node that was lost", out);
    fputc('\n', out);
    if (message->error != ENTENTE_OK)
        fprintf(out, "    cannot be read here: %s\n",
            entente_error_text((enum entente_error)message->error));
    for (uint32_t i = 0; is_open && i < logging->body->count; i++) {
        fputs("    ", out);
        print_section(logging, &logging->body->sections[i]);
    }
}

static enum entente_error
print_entry(struct logging *logging, const struct message_entry *message)
{
    struct entry entry;
    struct reader reader = reader_of(message->header);
    enum entente_error error = entry_parse(&reader, &entry);
    bool is_open = false;

    if (error != ENTENTE_OK)
        return error;
    if (entry.kind != ENTRY_SEALED && !logging->all)
        return ENTENTE_OK;
    if (message->body.size > 0)
        is_open = body_parse(message->body, logging->body) == ENTENTE_OK;
    if (logging->cli->json)
        return print_json(logging, message, &entry, is_open);
    print_text(logging, message, &entry, is_open);
    return ENTENTE_OK;
}

static enum entente_error
print_all(struct logging *logging, struct desk_client *client)
{
    for (;;) {
        struct message_entry entry;
        struct message_listed listed;
        struct message_answer answer;
        struct bytes body;
        uint16_t type;

        enum entente_error error = desk_wait(client, -1, &type, &body);
        if (error == ENTENTE_OK && type == MESSAGE_ENTRY) {
            error = message_entry_read(body, &entry);
            if (error == ENTENTE_OK)
                error = print_entry(logging, &entry);
            fflush(logging->cli->out);
        } else if (error == ENTENTE_OK && type == MESSAGE_LISTED) {
            error = message_listed_read(body, &listed);
            return error == ENTENTE_OK ? (enum entente_error)listed.error : error;
        } else if (error == ENTENTE_OK && type == MESSAGE_ANSWER &&
                   message_answer_read(body, &answer) == ENTENTE_OK) {
            error = (enum entente_error)answer.error;
        }
        if (error != ENTENTE_OK)
            return error;
        if (ferror(logging->cli->out))
            return ENTENTE_ERR_IO;
    }
}

enum entente_error
command_log(struct cli *cli, const struct arguments *arguments)
{
    const char *order = arguments_value(arguments, "order");
    struct logging *logging = calloc(1, sizeof *logging);
    struct desk_client *client = NULL;
    struct message_list ask = {0};

    if (logging == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    logging->cli = cli;
    logging->all = arguments_have(arguments, "all");
    logging->body = calloc(1, sizeof *logging->body);
    enum entente_error error = room_of_arguments(cli, arguments, &ask.room);
    if (error == ENTENTE_OK && order != NULL && strcmp(order, "display") != 0 &&
        strcmp(order, "arrival") != 0)
        error = cli_fail_because(cli, ENTENTE_ERR_USAGE, "--order takes display or arrival");
    if (error == ENTENTE_OK)
        error = connect_of_arguments(cli, arguments, &client);
    if (error == ENTENTE_OK) {
        error = desk_status(client, &ask.room, &logging->status);
        ask.ticket = desk_ticket(client);
        ask.order = order != NULL && strcmp(order, "arrival") == 0;
        ask.follow = arguments_have(arguments, "follow");
        if (error == ENTENTE_OK)
            error = message_list_queue(desk_channel(client), &ask);
        if (error == ENTENTE_OK)
            error = print_all(logging, client);
        if (error != ENTENTE_OK)
            error = cli_fail(cli, error, "the record cannot be shown");
    }
    desk_disconnect(client);
    free(logging->body);
    free(logging);
    return error;
}
