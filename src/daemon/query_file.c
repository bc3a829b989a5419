/*
 * Records and bundles as files, part by part: the desk asks for the next part of an export, or
 * brings the next part of a bundle.  A bundle's bytes are parsed here, in the confined process, and
 * go the way of a peer's (U2).
 */
#include "daemon/shell.h"

#include "reader/bundle.h"
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

struct importing {
    uint64_t ticket;
    struct room_id room;
    enum bundle_stage stage;
    bool has_magic;
    enum entente_error refused; /* why the node did not take a frame: the first such */
    uint64_t entries_before;
    size_t used;
    uint8_t held[4 + FRAME_BYTES_MAX + PART_BYTES_MAX];
};

/* ---- export ---- */

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

static enum entente_error
export_begin(struct shell *shell, const struct message_node_export *asked)
{
    struct exporting *made = calloc(1, sizeof *made);

    if (made == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    struct record *record = query_room(shell, &asked->room, &made->room);
    if (record == NULL) {
        free(made);
        return ENTENTE_ERR_NOT_FOUND;
    }
    uint8_t slot = node_slot(shell->node, &made->room);
    struct export_options options = {
        .genesis_file = node_genesis_file(shell->node, &made->room),
        .record = record,
        .source = store_source(shell->store),
        .slot = slot,
        .inc = record_incarnation(record, slot),
        .why = bytes_of_text("record export"),
    };
    enum entente_error error = export_new(&made->export, &options);
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

/* ---- import ---- */

static void
import_end(struct shell *shell)
{
    free(shell->importing);
    shell->importing = NULL;
}

/* The node refuses a frame in a trace and reads on; whoever brought the file is told at its end. */
static void
import_notice(struct shell *shell)
{
    for (uint32_t i = 0; i < shell->effects.count; i++) {
        const struct effect *effect = &shell->effects.list[i];
        if (effect->kind == EFFECT_TRACE && entente_error_whose(effect->error) == ENTENTE_PEER &&
            shell->importing->refused == ENTENTE_OK)
            shell->importing->refused = effect->error;
    }
}

static enum entente_error
import_frame(struct shell *shell, struct bytes data)
{
    static struct genesis genesis;
    static struct genesis_consents consents;
    struct importing *importing = shell->importing;
    struct frame frame;

    enum entente_error error = frame_parse(data, &frame);
    if (error == ENTENTE_OK)
        error = bundle_step(&importing->stage, frame.kind);
    if (error != ENTENTE_OK || frame.kind == FRAME_END)
        return error;
    if (frame.kind == FRAME_MANIFEST) {
        struct room_id room;
        error = genesis_file_parse(frame.manifest.genesis_file, &genesis, &consents);
        if (error == ENTENTE_OK)
            genesis_make_room(&room, genesis.encoded);
        if (error == ENTENTE_OK && !room_id_equal(&room, &importing->room))
            error = ENTENTE_ERR_WRONG_ROOM;
        return error;
    }
    struct event event = shell_event(EVENT_BUNDLE);
    event.room = importing->room;
    event.data = data;
    shell_step(shell, &event);
    import_notice(shell);
    return ENTENTE_OK;
}

static enum entente_error
import_part(struct shell *shell, struct bytes data)
{
    struct importing *importing = shell->importing;
    size_t taken = 0;
    enum entente_error error = ENTENTE_OK;

    if (data.size > sizeof importing->held - importing->used)
        return ENTENTE_ERR_TOO_LARGE;
    memcpy(importing->held + importing->used, data.data, data.size);
    importing->used += data.size;
    if (!importing->has_magic && importing->used >= BUNDLE_MAGIC_BYTES) {
        if (memcmp(importing->held, BUNDLE_MAGIC, BUNDLE_MAGIC_BYTES) != 0)
            return ENTENTE_ERR_MALFORMED;
        importing->has_magic = true;
        taken = BUNDLE_MAGIC_BYTES;
    }
    while (importing->has_magic && error == ENTENTE_OK && importing->used - taken >= 4) {
        struct reader reader =
            reader_of((struct bytes){importing->held + taken, importing->used - taken});
        uint32_t size = reader_u32(&reader);
        if (size > FRAME_BYTES_MAX)
            return ENTENTE_ERR_TOO_LARGE;
        struct bytes frame = reader_bytes(&reader, size);
        if (reader.failed)
            break;
        error = import_frame(shell, frame);
        taken += 4 + size;
    }
    importing->used -= taken;
    memmove(importing->held, importing->held + taken, importing->used);
    return error;
}

/* The end of the file, or what made it unreadable: what came before is kept all the same. */
static void
imported(struct shell *shell, uint64_t ticket, enum entente_error error)
{
    uint8_t missing[FRAME_LANES_MAX * POSITION_BYTES];
    struct writer writer = writer_of(missing, sizeof missing);
    struct record *record = node_record(shell->node, &shell->importing->room);
    struct position position;

    for (uint32_t i = 0; i < FRAME_LANES_MAX && record_pending_at(record, i, &position); i++)
        position_write(&writer, &position);
    struct message_node_imported message = {ticket, (uint16_t)error,
        record_entries(record) - shell->importing->entries_before, writer_written(&writer)};
    if (message_node_imported_queue(shell->desk, &message) != ENTENTE_OK)
        shell_end(shell, "the desk does not take its answers");
    import_end(shell);
}

void
query_import(struct shell *shell, const struct message_node_import *asked)
{
    enum entente_error error = ENTENTE_OK;

    if (shell->importing != NULL && shell->importing->ticket != asked->ticket)
        import_end(shell);
    if (shell->importing == NULL) {
        struct importing *made = calloc(1, sizeof *made);
        struct record *record = made == NULL ? NULL : query_room(shell, &asked->room, &made->room);
        if (record == NULL) {
            struct message_node_imported message = {asked->ticket, ENTENTE_ERR_NOT_FOUND, 0, {0}};
            free(made);
            if (message_node_imported_queue(shell->desk, &message) != ENTENTE_OK)
                shell_end(shell, "the desk does not take its answers");
            return;
        }
        made->ticket = asked->ticket;
        made->entries_before = record_entries(record);
        shell->importing = made;
    }
    if (asked->data.size > 0)
        error = import_part(shell, asked->data);
    else if (shell->importing->stage != BUNDLE_ENDED || shell->importing->used > 0)
        error = ENTENTE_ERR_TRUNCATED;
    else
        error = shell->importing->refused;
    if (asked->data.size == 0 || error != ENTENTE_OK) {
        imported(shell, asked->ticket, error);
        return;
    }
    struct message_node_done message = {asked->ticket, ENTENTE_OK};
    if (message_node_done_queue(shell->desk, &message) != ENTENTE_OK)
        shell_end(shell, "the desk does not take its answers");
}

void
query_files_end(struct shell *shell)
{
    export_end(shell);
    import_end(shell);
}
