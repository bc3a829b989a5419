#include "reader/export.h"

#include <stdlib.h>

#define REGISTER_FRAME_ENTRIES_MAX 64u

enum stage { MANIFEST, REGISTERS, SEGMENTS, FAULTS, END, DONE };

struct export
{
    struct export_options options;
    enum stage stage;
    struct position *from;
    uint8_t *to; /* the heads as of export_new(), for the manifest */
    uint16_t to_count;
    uint32_t *skip; /* for each branch, up to which seq the receiver has it */
    uint32_t branches;
    uint32_t register_counts[PARTIES_MAX];
    uint8_t slot;     /* whose register comes next */
    uint32_t number;  /* its entries so far */
    uint64_t arrival; /* of the last segment that was considered */
    uint64_t arrival_end;
    uint32_t faults_done;
    uint32_t faults_count;
    uint64_t segments;
    uint64_t entries;
    struct digest state;
    bool is_signed;
    struct signature signature;
};

void
end_signed_bytes(uint8_t signed_bytes[static EXPORT_SIGNED_BYTES], const struct room_id *room,
    const struct digest *state, uint64_t entries)
{
    struct writer writer = writer_of(signed_bytes, EXPORT_SIGNED_BYTES);

    writer_copy(&writer, room->bytes, sizeof room->bytes);
    writer_copy(&writer, state->bytes, sizeof state->bytes);
    writer_u64(&writer, entries);
}

static enum entente_error
note_from(struct export *export)
{
    uint16_t count = export->options.from_count;

    export->skip = calloc(export->branches + 1, sizeof *export->skip);
    export->from = calloc(count + 1u, sizeof *export->from);
    if (export->skip == NULL || export->from == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    if (count > 0)
        memcpy(export->from, export->options.from, count * sizeof *export->from);
    return since_skips(export->options.record, export->from, count, export->skip);
}

enum entente_error
export_new(struct export **made, const struct export_options *options)
{
    uint8_t slot;
    uint16_t inc;

    *made = NULL;
    if (options->why.size > EXPORT_WHY_BYTES_MAX || options->from_count > FRAME_LANES_MAX)
        return ENTENTE_ERR_USAGE;
    struct export *export = calloc(1, sizeof *export);
    if (export == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    export->options = *options;
    export->branches = record_branches(options->record);
    enum entente_error error = record_state_hash(options->record, &export->state);
    if (error == ENTENTE_OK)
        error = heads_encode(options->record, &export->to, &export->to_count);
    if (error == ENTENTE_OK)
        error = note_from(export);
    if (error != ENTENTE_OK) {
        export_free(export);
        return error;
    }
    for (uint8_t i = 0; i < record_parties(options->record); i++)
        export->register_counts[i] = register_count(record_register(options->record, i));
    export->arrival_end = record_last_arrival(options->record);
    export->entries = record_entries(options->record);
    while (record_contested_at(options->record, export->faults_count, &slot, &inc))
        export->faults_count++;
    *made = export;
    return ENTENTE_OK;
}

void
export_free(struct export *export)
{
    if (export == NULL)
        return;
    free(export->to);
    free(export->skip);
    free(export->from);
    free(export);
}

/* Size and frame; the size is known afterwards. */
static enum entente_error
write_frame(struct writer *writer, const struct frame *frame)
{
    size_t at = writer->used;

    writer_u32(writer, 0);
    frame_write(writer, frame);
    if (writer->failed || writer->used - at - 4 > FRAME_BYTES_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    struct writer size = writer_of(writer->data + at, 4);
    writer_u32(&size, (uint32_t)(writer->used - at - 4));
    return ENTENTE_OK;
}

static int
compare(const void *a, const void *b)
{
    return position_compare(a, b);
}

static enum entente_error
write_manifest(struct export *export, struct writer *writer)
{
    static const char magic[] = BUNDLE_MAGIC;
    uint8_t *from = malloc(export->options.from_count * POSITION_BYTES + 1u);
    struct frame frame = {.kind = FRAME_MANIFEST};

    frame.manifest.genesis_file = export->options.genesis_file;
    frame.manifest.slot = export->options.slot;
    frame.manifest.inc = export->options.inc;
    frame.manifest.why = export->options.why;
    frame.manifest.to = (struct bytes){export->to, export->to_count * POSITION_BYTES};
    frame.manifest.to_count = export->to_count;
    if (from == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    qsort(export->from, export->options.from_count, sizeof *export->from, compare);
    struct writer lanes = writer_of(from, export->options.from_count * POSITION_BYTES);
    for (uint16_t i = 0; i < export->options.from_count; i++)
        position_write(&lanes, &export->from[i]);
    frame.manifest.from = writer_written(&lanes);
    frame.manifest.from_count = export->options.from_count;
    writer_copy(writer, magic, sizeof magic - 1);
    enum entente_error error = write_frame(writer, &frame);
    export->stage = REGISTERS;
    export->number = export->skip[0];
    free(from);
    return error;
}

/* The next entries of a register; NOT_FOUND when all registers were written. */
static enum entente_error
write_register(struct export *export, struct writer *writer)
{
    struct record *record = export->options.record;
    static const uint32_t bytes_max = REGISTER_FRAME_ENTRIES_MAX * REGISTER_ENTRY_BYTES_MAX;

    while (export->slot < record_parties(record) &&
           export->number >= export->register_counts[export->slot]) {
        export->slot++;
        export->number = export->slot < record_parties(record) ? export->skip[export->slot] : 0;
    }
    if (export->slot == record_parties(record)) {
        export->stage = SEGMENTS;
        return ENTENTE_ERR_NOT_FOUND;
    }
    uint8_t *entries = malloc(bytes_max);
    if (entries == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    struct writer encoded = writer_of(entries, bytes_max);
    struct frame frame = {.kind = FRAME_REGISTER, .room = *record_room(record)};
    frame.reg.slot = export->slot;
    while (frame.reg.count < REGISTER_FRAME_ENTRIES_MAX &&
           export->number < export->register_counts[export->slot]) {
        writer_bytes(
            &encoded, register_encoded(record_register(record, export->slot), ++export->number));
        frame.reg.count++;
    }
    frame.reg.entries = writer_written(&encoded);
    enum entente_error error = write_frame(writer, &frame);
    free(entries);
    return error;
}

static enum entente_error
write_segment(struct export *export, struct writer *writer)
{
    const struct record_source *source = export->options.source;
    const struct room_id *room = record_room(export->options.record);
    struct frame frame = {.kind = FRAME_SEGMENT};
    struct segment_row row;

    do {
        enum entente_error error =
            export->arrival >= export->arrival_end
                ? ENTENTE_ERR_NOT_FOUND
                : source->segment_after(source->state, room, export->arrival, &row);
        if (error == ENTENTE_OK && row.arrival > export->arrival_end)
            error = ENTENTE_ERR_NOT_FOUND;
        if (error == ENTENTE_ERR_NOT_FOUND)
            export->stage = FAULTS;
        if (error != ENTENTE_OK)
            return error;
        if (row.branch >= export->branches)
            return ENTENTE_ERR_CORRUPT;
        export->arrival = row.arrival;
    } while (row.last_seq <= export->skip[row.branch]);
    frame.segment.segment = row.segment;
    frame.segment.payloads = row.payloads;
    export->segments++;
    return write_frame(writer, &frame);
}

static enum entente_error
write_fault(struct export *export, struct writer *writer)
{
    const struct record_source *source = export->options.source;
    struct record *record = export->options.record;
    struct frame frame = {.kind = FRAME_FAULT, .room = *record_room(record)};

    if (export->faults_done == export->faults_count ||
        !record_contested_at(record, export->faults_done, &frame.fault.slot, &frame.fault.inc)) {
        export->stage = END;
        return ENTENTE_ERR_NOT_FOUND;
    }
    export->faults_done++;
    enum entente_error error = source->proof_of(source->state, record_room(record),
        frame.fault.slot, frame.fault.inc, &frame.fault.payload);
    if (error != ENTENTE_OK)
        return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_ERR_CORRUPT : error;
    return write_frame(writer, &frame);
}

static enum entente_error
write_end(struct export *export, struct writer *writer)
{
    struct frame frame = {.kind = FRAME_END};

    if (!export->is_signed)
        return ENTENTE_ERR_INCOMPLETE;
    frame.end.segments = export->segments;
    frame.end.entries = export->entries;
    frame.end.state = export->state;
    memcpy(frame.end.signature, export->signature.bytes, sizeof frame.end.signature);
    export->stage = DONE;
    return write_frame(writer, &frame);
}

enum entente_error
export_next(struct export *export, struct writer *writer)
{
    enum entente_error error = ENTENTE_ERR_NOT_FOUND;

    if (export->stage == MANIFEST)
        return write_manifest(export, writer);
    if (export->stage == REGISTERS)
        error = write_register(export, writer);
    if (export->stage == SEGMENTS && error == ENTENTE_ERR_NOT_FOUND)
        error = write_segment(export, writer);
    if (export->stage == FAULTS && error == ENTENTE_ERR_NOT_FOUND)
        error = write_fault(export, writer);
    if (export->stage == END && error == ENTENTE_ERR_NOT_FOUND)
        error = write_end(export, writer);
    return error;
}

void
export_signed_bytes(const struct export *export, uint8_t signed_bytes[static EXPORT_SIGNED_BYTES])
{
    end_signed_bytes(
        signed_bytes, record_room(export->options.record), &export->state, export->entries);
}

void
export_sign(struct export *export, const struct signature *signature)
{
    export->signature = *signature;
    export->is_signed = true;
}

uint64_t
export_done_segments(const struct export *export)
{
    return export->arrival;
}

uint64_t
export_all_segments(const struct export *export)
{
    return export->arrival_end;
}
