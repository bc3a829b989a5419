/* `record verify FILE` and `record show FILE`: libentente's reading half on the command line. */
#include "cli/command.h"
#include "text/show.h"

#include <entente/record.h>

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* An error of the same exit status; the report has the words. */
static enum entente_error
error_of(enum entente_outcome outcome)
{
    switch (outcome) {
    case ENTENTE_GOOD:
        return ENTENTE_OK;
    case ENTENTE_ASKED_WRONGLY:
        return ENTENTE_ERR_USAGE;
    case ENTENTE_FAILED:
        return ENTENTE_ERR_IO;
    case ENTENTE_BAD:
        break;
    }
    return ENTENTE_ERR_MALFORMED;
}

static void
show_progress(void *state, uint64_t done_bytes, uint64_t all_bytes)
{
    struct cli *cli = state;

    fprintf(cli->talk, "\rverified %3" PRIu64 " %% of %" PRIu64 " MB", 100 * done_bytes / all_bytes,
        all_bytes / 1000000);
    fflush(cli->talk);
}

static enum entente_outcome
open_and_verify(struct cli *cli, const char *path, struct entente_record **record,
    struct entente_report *report)
{
    bool is_watched = !cli->json && fileno(cli->talk) >= 0 && isatty(fileno(cli->talk)) == 1;
    struct entente_options options = {
        .progress = is_watched ? show_progress : NULL, .progress_state = cli};

    enum entente_outcome outcome = entente_record_open(record, path, report);
    if (outcome == ENTENTE_GOOD)
        outcome = entente_record_verify(*record, &options, report);
    if (is_watched)
        fprintf(cli->talk, "\r%40s\r", "");
    return outcome;
}

/* The one line; with --json also the places as fields. */
static enum entente_error
tell_failure(struct cli *cli, const char *path, enum entente_outcome outcome,
    const struct entente_report *report)
{
    if (cli->json) {
        json_t *value = json_pack("{s:b, s:s, s:s, s:s, s:I}", "good", 0, "error", report->error,
            "rule", report->rule, "text", report->text, "offset", (json_int_t)report->offset);
        if (value != NULL && report->has_place) {
            json_object_set_new(value, "slot", json_integer(report->slot));
            json_object_set_new(value, "inc", json_integer(report->inc));
            json_object_set_new(value, "seq", json_integer(report->seq));
        }
        enum entente_error error = cli_print_json(cli, value);
        if (error != ENTENTE_OK)
            return error;
    }
    return cli_fail_because(cli, error_of(outcome), "%s: %s", path, report->text);
}

static struct bytes
party_name(const struct entente_record *record, uint8_t slot)
{
    size_t size;
    const char *name = entente_record_party(record, slot, &size);

    return (struct bytes){(const uint8_t *)name, size};
}

static enum entente_error
tell_good(struct cli *cli, const struct entente_record *record, const struct entente_report *report)
{
    if (cli->json)
        return cli_print_json(
            cli, json_pack("{s:b, s:o, s:o, s:I, s:I, s:I, s:I, s:i, s:o}", "good", 1, "room",
                     json_of_hex(report->room, sizeof report->room), "state",
                     json_of_hex(report->state, sizeof report->state), "entries",
                     (json_int_t)report->entries, "segments", (json_int_t)report->segments,
                     "register_entries", (json_int_t)report->register_entries, "bytes",
                     (json_int_t)report->bytes, "contested_lanes", (int)report->contested_lanes,
                     "exported_by", json_of_text(party_name(record, report->exporter_slot))));
    size_t size;
    const char *title = entente_record_title(record, &size);
    show_line(cli->out, (struct bytes){(const uint8_t *)title, size});
    fprintf(cli->out, "\nverified: %" PRIu64 " entries of %u parties, exported by ",
        report->entries, report->parties);
    show_name(cli->out, party_name(record, report->exporter_slot));
    if (report->contested_lanes > 0)
        fprintf(cli->out, "\nfeeds whose party showed two faces: %u", report->contested_lanes);
    fprintf(cli->out, "\nstate\n");
    show_fingerprint(cli->out, "    ", report->state);
    return ENTENTE_OK;
}

enum entente_error
command_record_verify(struct cli *cli, const struct arguments *arguments)
{
    struct entente_record *record;
    struct entente_report report;

    enum entente_outcome outcome = open_and_verify(cli, arguments->words[0], &record, &report);
    enum entente_error error = outcome == ENTENTE_GOOD
                                   ? tell_good(cli, record, &report)
                                   : tell_failure(cli, arguments->words[0], outcome, &report);
    entente_record_close(record);
    return error;
}

static enum entente_error
show_entry(struct cli *cli, const struct entente_record *record, const struct entente_entry *entry)
{
    if (cli->json)
        return cli_print_json(
            cli, json_pack("{s:s, s:o, s:i, s:i, s:I, s:o, s:I, s:I, s:b}", "kind",
                     entry->kind_name, "party", json_of_text(party_name(record, entry->slot)),
                     "slot", (int)entry->slot, "inc", (int)entry->inc, "seq",
                     (json_int_t)entry->seq, "id", json_of_hex(entry->id, sizeof entry->id), "t_ms",
                     (json_int_t)entry->t_ms, "payload_bytes", (json_int_t)entry->payload_bytes,
                     "held_by_all", (int)entry->is_held_by_all));
    fprintf(cli->out, "%" PRIu64 ".%03u  ", entry->t_ms / 1000, (unsigned)(entry->t_ms % 1000));
    show_name(cli->out, party_name(record, entry->slot));
    fprintf(cli->out, " %u:%" PRIu32 "  %s  %zu bytes%s\n", entry->inc, entry->seq,
        entry->kind_name, entry->payload_bytes, entry->is_held_by_all ? "  held by all" : "");
    return ferror(cli->out) ? ENTENTE_ERR_IO : ENTENTE_OK;
}

enum entente_error
command_record_show(struct cli *cli, const struct arguments *arguments)
{
    struct entente_record *record;
    struct entente_report report;
    struct entente_entry entry;
    bool found = true;

    enum entente_outcome outcome = open_and_verify(cli, arguments->words[0], &record, &report);
    enum entente_error error = ENTENTE_OK;
    if (outcome != ENTENTE_GOOD)
        error = tell_failure(cli, arguments->words[0], outcome, &report);
    while (error == ENTENTE_OK) {
        error = error_of(entente_record_next(record, &entry, &found));
        if (error != ENTENTE_OK || !found)
            break;
        error = show_entry(cli, record, &entry);
    }
    entente_record_close(record);
    return error;
}
