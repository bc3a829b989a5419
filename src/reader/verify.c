/* A whole file: every frame, then what must hold at its end (U1, U3, S4). */
#include "reader/internal.h"

#include "reader/export.h"

#include <pthread.h>
#include <stdlib.h>

#define PROGRESS_BYTES 16777216u

/* S4: one signature on the last segment of each branch carries what is before it. */
static enum entente_error
check_heads(struct entente_record *record, struct culprit *culprit)
{
    const struct record_source *source = index_source(record->index);

    for (uint32_t i = record->genesis.parties_count; i < record_branches(record->record); i++) {
        const struct branch_row *branch = record_branch(record->record, i);
        struct segment_row row;
        struct position head = record_head(record->record, i);
        *culprit = (struct culprit){.frame_kind = FRAME_SEGMENT,
            .offset = culprit->offset,
            .rule = "S1",
            .has_place = true,
            .slot = head.slot,
            .inc = head.inc,
            .seq = head.seq,
            .last_seq = head.seq};
        enum entente_error error = source->segment_last(source->state, &record->room, i, &row);
        if (error != ENTENTE_OK)
            return error;
        struct reader reader = reader_of(row.segment);
        if (segment_parse(&reader, record->scratch) != ENTENTE_OK)
            return ENTENTE_ERR_CORRUPT;
        if (row.segment.data >= record->file.data &&
            row.segment.data < record->file.data + record->file.size)
            culprit->offset = (size_t)(row.segment.data - record->file.data) - 5;
        const struct incarnation *incarnation =
            register_incarnation(record->registers[branch->slot], branch->inc);
        if (incarnation == NULL)
            return ENTENTE_ERR_UNCERTIFIED;
        if (!segment_check_signature(record->scratch, &incarnation->key))
            return ENTENTE_ERR_SIGNATURE;
    }
    return ENTENTE_OK;
}

/* What the manifest promises is what the file has; nobody signed it, but people and tools read it. */
static enum entente_error
check_manifest(const struct entente_record *record, struct culprit *culprit)
{
    uint8_t *heads;
    uint16_t count;
    enum entente_error error = heads_encode(record->record, &heads, &count);

    if (error != ENTENTE_OK)
        return error;
    *culprit = (struct culprit){
        .frame_kind = FRAME_MANIFEST, .offset = record->manifest_offset, .rule = "U3"};
    if (!bytes_equal(record->to, (struct bytes){heads, count * (size_t)POSITION_BYTES}))
        error = ENTENTE_ERR_HASH;
    free(heads);
    return error;
}

static enum entente_error
check_end(struct entente_record *record, const struct frame *frame, struct culprit *culprit)
{
    struct digest state;
    uint8_t signed_bytes[EXPORT_SIGNED_BYTES];
    struct signature signature;
    enum entente_error error;
    size_t offset = culprit->offset;

    if (record_pending_at(record->record, 0, &record->missing)) {
        culprit->has_place = true;
        culprit->slot = record->missing.slot;
        culprit->inc = record->missing.inc;
        culprit->seq = culprit->last_seq = record->missing.seq;
        return ENTENTE_ERR_PENDING;
    }
    error = check_heads(record, culprit);
    if (error != ENTENTE_OK)
        return error;
    *culprit = (struct culprit){.frame_kind = FRAME_END,
        .offset = offset,
        .rule = "U1",
        .has_place = true,
        .slot = record->exporter_slot,
        .inc = record->exporter_inc};
    error = record_state_hash(record->record, &state);
    if (error != ENTENTE_OK)
        return error;
    if (record->exporter_slot >= record->genesis.parties_count)
        return ENTENTE_ERR_NOT_A_PARTY;
    const struct party_register *reg = record->registers[record->exporter_slot];
    const struct incarnation *exporter =
        register_incarnation_at(reg, record->exporter_inc, register_count(reg), &error);
    if (exporter == NULL)
        return error;
    end_signed_bytes(signed_bytes, &record->room, &frame->end.state, frame->end.entries);
    memcpy(signature.bytes, frame->end.signature, sizeof signature.bytes);
    if (!sign_check(&exporter->key, &signature, EXPORT_CONTEXT,
            (struct bytes){signed_bytes, sizeof signed_bytes}))
        return ENTENTE_ERR_SIGNATURE;
    culprit->is_signed = true;
    culprit->rule = "U3";
    if (frame->end.entries != record_entries(record->record) ||
        memcmp(frame->end.state.bytes, state.bytes, sizeof state.bytes) != 0)
        return ENTENTE_ERR_HASH;
    return check_manifest(record, culprit);
}

static void
fill_counts(const struct entente_record *record, uint64_t frames, struct entente_report *report)
{
    uint8_t slot;
    uint16_t inc;

    report->register_entries = record->register_entries;
    report->segments = frames;
    if (record->record == NULL)
        return;
    report->entries = record_entries(record->record);
    report->refused_segments = record->set_aside_count;
    while (record_contested_at(record->record, report->contested_lanes, &slot, &inc))
        report->contested_lanes++;
}

/* The walk over the frames: everything but the payloads' hashes. */
static enum entente_error
walk_all(struct entente_record *record, const struct entente_options *options,
    struct entente_report *report, struct culprit *culprit)
{
    struct frame frame;
    struct digest state;
    size_t shown = 0;
    uint64_t segments = 0;
    enum entente_error error = ENTENTE_OK;

    for (;;) {
        error = walk_next(&record->walk, &frame);
        *culprit = (struct culprit){.offset = record->walk.offset};
        if (error != ENTENTE_OK)
            break;
        culprit->frame_kind = frame.kind;
        error = intake_frame(record, &frame, culprit);
        if (error == ENTENTE_OK && frame.kind == FRAME_END) {
            culprit->has_place = false;
            if (frame.end.segments != segments)
                error = ENTENTE_ERR_MALFORMED;
            else
                error = check_end(record, &frame, culprit);
        }
        if (error != ENTENTE_OK)
            break;
        segments += frame.kind == FRAME_SEGMENT;
        walk_drop(&record->walk);
        if (options->progress != NULL && record->walk.next - shown >= PROGRESS_BYTES) {
            shown = record->walk.next;
            options->progress(options->progress_state, shown, record->file.size);
        }
    }
    for (uint8_t i = 0; i < record->genesis.parties_count; i++)
        record->register_entries += register_count(record->registers[i]);
    fill_counts(record, segments, report);
    if (error != ENTENTE_ERR_NOT_FOUND)
        return error;
    record_stored(record->record);
    error = record_state_hash(record->record, &state);
    memcpy(report->state, state.bytes, sizeof report->state);
    return error;
}

static void *
run_check(void *check)
{
    payload_check_run(check);
    return NULL;
}

enum entente_error
verify_run(struct entente_record *record, const struct entente_options *options,
    struct entente_report *report, struct culprit *culprit)
{
    struct payload_check check = {
        .file = record->file, .is_mapped = record->is_mapped, .limit = record->file.size};
    pthread_t thread;
    bool is_threaded =
        options->threads != 1 && pthread_create(&thread, NULL, run_check, &check) == 0;
    enum entente_error error = walk_all(record, options, report, culprit);

    if (error != ENTENTE_OK)
        check.limit = culprit->offset;
    if (is_threaded)
        pthread_join(thread, NULL);
    else
        payload_check_run(&check);
    /* The first one in the file counts, whichever thread was faster. */
    if (check.error == ENTENTE_OK || (error != ENTENTE_OK && culprit->offset <= check.offset))
        return error;
    struct frame frame;
    *culprit = (struct culprit){.frame_kind = FRAME_SEGMENT, .offset = check.offset};
    if (walk_frame_at(record->file, check.offset, &frame) == ENTENTE_OK) {
        struct reader reader = reader_of(frame.segment.segment);
        if (segment_parse(&reader, record->scratch) == ENTENTE_OK) {
            culprit->has_place = true;
            culprit->slot = segment_last(record->scratch)->slot;
            culprit->inc = segment_last(record->scratch)->inc;
            culprit->seq = culprit->last_seq = check.seq;
        }
    }
    return check.error;
}
