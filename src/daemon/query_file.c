/* Records and bundles as files, part by part: the desk asks for the next part of an export. */
#include "daemon/shell.h"

#include "reader/export.h"

#include <stdlib.h>

#define PART_BYTES_MAX 262144u

struct exporting {
    uint64_t ticket;
    struct room_id room;
    struct export *export;
    uint8_t piece[EXPORT_PIECE_BYTES_MAX];
    bool is_signing;
};

static void
exported(struct shell *shell, uint64_t ticket, struct bytes data, enum entente_error error)
{
    struct message_node_exported message = {ticket, (uint16_t)shell_read_error(shell, error), data};

    if (message_node_exported_queue(shell->desk, &message) != ENTENTE_OK)
        shell_end(shell, "the desk does not take its answers");
}

static void
export_end(struct shell *shell)
{
    if (shell->exporting != NULL)
        export_free(shell->exporting->export);
    free(shell->exporting);
    shell->exporting = NULL;
}

/* The heads that the desk named, as in a MANIFEST: distinct, ascending. */
static enum entente_error
read_from(struct bytes encoded, struct position *from, uint16_t *count)
{
    struct reader reader = reader_of(encoded);

    *count = 0;
    if (encoded.size > FRAME_LANES_MAX * POSITION_BYTES)
        return ENTENTE_ERR_TOO_LARGE;
    while (reader.rest.size > 0 && !reader.failed) {
        from[*count] = position_read(&reader);
        if (*count > 0 && position_compare(&from[*count - 1], &from[*count]) >= 0)
            return ENTENTE_ERR_MALFORMED;
        ++*count;
    }
    return reader.failed ? ENTENTE_ERR_TRUNCATED : ENTENTE_OK;
}

/* Where the file begins. */
static enum entente_error
find_from(struct record *record, const struct message_node_export *asked, struct position *from,
    uint16_t *count)
{
    uint8_t *heads;

    *count = 0;
    switch (asked->scope) {
    case EXPORT_ALL:
        return ENTENTE_OK;
    case EXPORT_FROM:
        return read_from(asked->from, from, count);
    case EXPORT_FOR:
        if (asked->slot >= record_parties(record))
            return ENTENTE_ERR_NOT_A_PARTY;
        return since_held_by(record, asked->slot, from, count);
    case EXPORT_HEADS: {
        enum entente_error error = heads_encode(record, &heads, count);
        if (error == ENTENTE_OK)
            error = read_from((struct bytes){heads, *count * (size_t)POSITION_BYTES}, from, count);
        free(heads);
        return error;
    }
    default:
        return ENTENTE_ERR_USAGE;
    }
}

static enum entente_error
export_begin(struct shell *shell, const struct message_node_export *asked)
{
    static struct position from[FRAME_LANES_MAX];
    uint16_t from_count;
    struct exporting *made = calloc(1, sizeof *made);

    if (made == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    struct record *record = query_room(shell, &asked->room, &made->room);
    if (record == NULL) {
        free(made);
        return ENTENTE_ERR_NOT_FOUND;
    }
    uint8_t slot = node_slot(shell->node, &made->room);
    enum entente_error error = find_from(record, asked, from, &from_count);
    if (error != ENTENTE_OK) {
        free(made);
        return error;
    }
    struct export_options options = {
        .genesis_file = node_genesis_file(shell->node, &made->room),
        .record = record,
        .source = store_source(shell->store),
        .slot = slot,
        .inc = node_incarnation(shell->node, &made->room),
        .why = bytes_of_text(asked->scope == EXPORT_ALL ? "record export" : "bundle export"),
        .from = from,
        .from_count = from_count,
    };
    error = export_new(&made->export, &options);
    if (error != ENTENTE_OK) {
        free(made);
        return error;
    }
    made->ticket = asked->ticket;
    shell->exporting = made;
    return ENTENTE_OK;
}

static enum entente_error
ask_signature(struct shell *shell)
{
    struct exporting *exporting = shell->exporting;
    uint8_t bytes[EXPORT_SIGNED_BYTES];
    struct message_bundle_sign message = {.room = exporting->room};

    export_signed_bytes(exporting->export, bytes);
    struct reader reader = reader_of((struct bytes){bytes, sizeof bytes});
    (void)reader_bytes(&reader, sizeof message.room.bytes);
    reader_copy(&reader, message.state.bytes, sizeof message.state.bytes);
    message.entries = reader_u64(&reader);
    exporting->is_signing = true;
    return message_bundle_sign_queue(shell->keyholder, &message);
}

static void
export_go_on(struct shell *shell)
{
    struct exporting *exporting = shell->exporting;
    struct writer writer = writer_of(exporting->piece, sizeof exporting->piece);
    enum entente_error error = ENTENTE_OK;

    while (error == ENTENTE_OK && writer.used < PART_BYTES_MAX) {
        size_t before = writer.used;
        error = export_next(exporting->export, &writer);
        if (error == ENTENTE_ERR_TOO_LARGE && before > 0) {
            /* It goes into the next part: one piece always fits an empty writer. */
            writer.used = before;
            break;
        }
    }
    if (error == ENTENTE_ERR_INCOMPLETE && writer.used == 0) {
        error = ask_signature(shell);
        if (error == ENTENTE_OK)
            return;
    }
    uint64_t ticket = exporting->ticket;
    bool is_end = error == ENTENTE_ERR_NOT_FOUND;
    if (error == ENTENTE_ERR_INCOMPLETE || error == ENTENTE_ERR_NOT_FOUND ||
        error == ENTENTE_ERR_TOO_LARGE)
        error = ENTENTE_OK;
    exported(shell, ticket, writer_written(&writer), error);
    if (error != ENTENTE_OK || (is_end && writer.used == 0))
        export_end(shell);
}

void
query_export(struct shell *shell, const struct message_node_export *asked)
{
    enum entente_error error = ENTENTE_OK;

    if (shell->exporting != NULL && shell->exporting->ticket != asked->ticket)
        export_end(shell); /* whoever began it went away or gave up: the newest goes on */
    if (shell->exporting == NULL)
        error = export_begin(shell, asked);
    if (error != ENTENTE_OK)
        exported(shell, asked->ticket, (struct bytes){0}, error);
    else if (!shell->exporting->is_signing)
        export_go_on(shell);
}

void
query_bundle_signed(struct shell *shell, const struct message_bundle_signed *message)
{
    struct exporting *exporting = shell->exporting;

    if (exporting == NULL || !exporting->is_signing ||
        !room_id_equal(&message->room, &exporting->room))
        return;
    exporting->is_signing = false;
    export_sign(exporting->export, &message->signature);
    export_go_on(shell);
}

void
query_files_end(struct shell *shell)
{
    export_end(shell);
    query_import_end(shell);
}
