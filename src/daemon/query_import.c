/*
 * Bundles as files, part by part, as the desk brings them.  Their bytes are parsed here, in the
 * confined process, and go the way of a peer's (U2).
 */
#include "daemon/shell.h"

#include "reader/bundle.h"

#include <stdlib.h>

#define PART_BYTES_MAX 262144u

/* Segments of contested feeds to which nobody referred when they came (F3). */
#define SET_ASIDE_MAX 4096u
#define SET_ASIDE_BYTES_MAX 16777216u

struct set_aside {
    uint8_t *frame;
    size_t size;
    struct position last;
    uint32_t first_seq;
    bool was_tried; /* in vain: once more at the end of the file, not after each frame */
};

struct importing {
    uint64_t ticket;
    struct room_id room;
    enum bundle_stage stage;
    bool has_magic;
    enum entente_error refused; /* why the node did not take a frame: the first such */
    uint64_t entries; /* that came with it; what was written meanwhile is not among them */
    struct set_aside *set_aside;
    uint32_t set_aside_count;
    size_t set_aside_bytes;
    size_t used;
    uint8_t held[4 + FRAME_BYTES_MAX + PART_BYTES_MAX];
};

void
query_import_end(struct shell *shell)
{
    for (uint32_t i = 0; shell->importing != NULL && i < shell->importing->set_aside_count; i++)
        free(shell->importing->set_aside[i].frame);
    if (shell->importing != NULL)
        free(shell->importing->set_aside);
    free(shell->importing);
    shell->importing = NULL;
}

/* The node refuses a frame in a trace and reads on; whoever brought the file is told at its end. */
static void
import_notice(struct shell *shell)
{
    for (uint32_t i = 0; i < shell->effects.count; i++) {
        const struct effect *effect = &shell->effects.list[i];
        /* A proof of two faces is news, and no fault of the file's. */
        if (effect->kind == EFFECT_TRACE && entente_error_whose(effect->error) == ENTENTE_PEER &&
            effect->error != ENTENTE_ERR_EQUIVOCATION && shell->importing->refused == ENTENTE_OK)
            shell->importing->refused = effect->error;
    }
}

static void
import_step(struct shell *shell, struct bytes frame)
{
    struct event event = shell_event(EVENT_BUNDLE);

    event.room = shell->importing->room;
    event.data = frame;
    shell_step(shell, &event);
    import_notice(shell);
}

/* ---- what nobody referred to, so far ---- */

/* Whether the segment was not taken because its feed is contested; `*last` is its last entry. */
static bool
was_set_aside(struct shell *shell, const struct frame *frame, struct set_aside *aside)
{
    static struct segment segment;
    struct record *record = node_record(shell->node, &shell->importing->room);
    struct reader reader = reader_of(frame->segment.segment);
    uint32_t branch;

    if (segment_parse(&reader, &segment) != ENTENTE_OK)
        return false;
    aside->last = segment_head(&segment);
    aside->first_seq = segment.entries[0].seq;
    return record_is_contested(record, aside->last.slot, aside->last.inc) &&
           record_find(record, &aside->last, &branch) == ENTENTE_ERR_NOT_FOUND;
}

static void
set_aside(struct importing *importing, struct set_aside aside, struct bytes frame)
{
    if (importing->set_aside == NULL)
        importing->set_aside = calloc(SET_ASIDE_MAX, sizeof *importing->set_aside);
    if (importing->set_aside == NULL || importing->set_aside_count == SET_ASIDE_MAX ||
        importing->set_aside_bytes + frame.size > SET_ASIDE_BYTES_MAX)
        return; /* should anybody refer to it, it is named as missing */
    aside.frame = malloc(frame.size);
    if (aside.frame == NULL)
        return;
    memcpy(aside.frame, frame.data, frame.size);
    aside.size = frame.size;
    importing->set_aside[importing->set_aside_count++] = aside;
    importing->set_aside_bytes += aside.size;
}

static bool
is_missed(const struct record *record, const struct set_aside *aside)
{
    struct position missing;

    for (uint32_t i = 0; record_pending_at(record, i, &missing); i++)
        if (missing.slot == aside->last.slot && missing.inc == aside->last.inc &&
            missing.seq >= aside->first_seq && missing.seq <= aside->last.seq)
            return true;
    return false;
}

/* Somebody refers to them now: the last ones first, since each one wants the one before it. */
static void
retry_set_aside(struct shell *shell, bool is_end)
{
    struct importing *importing = shell->importing;
    const struct record *record = node_record(shell->node, &importing->room);

    for (uint32_t i = importing->set_aside_count; i-- > 0;) {
        struct set_aside *aside = &importing->set_aside[i];
        struct frame frame;
        if ((aside->was_tried && !is_end) || !is_missed(record, aside))
            continue;
        import_step(shell, (struct bytes){aside->frame, aside->size});
        if (frame_parse((struct bytes){aside->frame, aside->size}, &frame) == ENTENTE_OK &&
            was_set_aside(shell, &frame, aside)) {
            aside->was_tried = true;
            continue;
        }
        importing->set_aside_bytes -= aside->size;
        free(aside->frame);
        importing->set_aside_count--;
        memmove(aside, aside + 1, (importing->set_aside_count - i) * sizeof *aside);
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
    struct set_aside aside = {0};
    import_step(shell, data);
    if (frame.kind == FRAME_SEGMENT && was_set_aside(shell, &frame, &aside))
        set_aside(importing, aside, data);
    if (importing->set_aside_count > 0)
        retry_set_aside(shell, false);
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

/* One step admits only so many of those that waited: the others are not missing. */
static void
import_settle(struct shell *shell)
{
    const struct record *record = node_record(shell->node, &shell->importing->room);
    uint64_t before;

    do {
        struct event event = shell_event(EVENT_TIMER);
        before = record_entries(record);
        shell_step(shell, &event);
        retry_set_aside(shell, true);
    } while (record_entries(record) > before && !shell->is_ending);
}

/* The end of the file, or what made it unreadable: what came before is kept all the same. */
static void
imported(struct shell *shell, uint64_t ticket, enum entente_error error)
{
    uint8_t missing[FRAME_LANES_MAX * POSITION_BYTES];
    struct writer writer = writer_of(missing, sizeof missing);
    struct record *record = node_record(shell->node, &shell->importing->room);
    struct position position;

    uint64_t before = record_entries(record);
    import_settle(shell);
    shell->importing->entries += record_entries(record) - before;
    for (uint32_t i = 0; i < FRAME_LANES_MAX && record_pending_at(record, i, &position); i++)
        position_write(&writer, &position);
    struct message_node_imported message = {
        ticket, (uint16_t)error, shell->importing->entries, writer_written(&writer)};
    if (message_node_imported_queue(shell->desk, &message) != ENTENTE_OK)
        shell_end(shell, "the desk does not take its answers");
    query_import_end(shell);
}

void
query_import(struct shell *shell, const struct message_node_import *asked)
{
    enum entente_error error = ENTENTE_OK;

    if (shell->importing != NULL && shell->importing->ticket != asked->ticket)
        query_import_end(shell);
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
        shell->importing = made;
    }
    if (asked->data.size > 0) {
        const struct record *record = node_record(shell->node, &shell->importing->room);
        uint64_t before = record_entries(record);
        error = import_part(shell, asked->data);
        shell->importing->entries += record_entries(record) - before;
    } else if (shell->importing->stage != BUNDLE_ENDED || shell->importing->used > 0)
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
