/* Segments that wait for something.  Bounded; what does not fit is asked for again later. */
#include "record/internal.h"

#include <stdlib.h>

void
pending_free(struct pending *pending)
{
    free(pending->segment);
    free(pending->payloads);
    *pending = (struct pending){0};
}

void
pending_forget_done(struct record *record)
{
    for (uint32_t i = 0; i < record->done_count; i++)
        pending_free(&record->done[i]);
    record->done_count = 0;
}

static bool
contains(const struct segment *segment, const struct position *position)
{
    const struct entry *first = &segment->entries[0];

    if (position->slot != first->slot || position->inc != first->inc ||
        position->seq < first->seq || position->seq - first->seq >= segment->count)
        return false;
    return entry_id_equal(&segment->ids[position->seq - first->seq], &position->id);
}

/* Ids are known of the segment at hand only; for a pending one, where its lane is and its seqs. */
static bool
waits_for(const struct pending *one, const struct pending *other)
{
    const struct position *missing = &one->missing;

    return missing->slot == other->slot && missing->inc == other->inc &&
           missing->seq >= other->first_seq && missing->seq <= other->last.seq;
}

uint32_t
pending_wanted_by(const struct record *record, const struct segment *segment)
{
    uint16_t found[RECORD_PENDING_SEGMENTS_MAX];
    bool was_found[RECORD_PENDING_SEGMENTS_MAX] = {false};
    uint32_t count = 0;
    uint32_t parties = 0;

    for (uint32_t i = 0; i < record->pending_count; i++)
        if (contains(segment, &record->pending[i].missing)) {
            was_found[i] = true;
            found[count++] = (uint16_t)i;
        }
    for (uint32_t at = 0; at < count; at++) {
        const struct pending *pending = &record->pending[found[at]];
        if (contested_find(record, pending->slot, pending->inc) == NULL)
            parties |= UINT32_C(1) << pending->slot;
        for (uint32_t i = 0; i < record->pending_count; i++)
            if (!was_found[i] && waits_for(&record->pending[i], pending)) {
                was_found[i] = true;
                found[count++] = (uint16_t)i;
            }
    }
    return parties;
}

/* What waits for its writer's register may have been signed by anybody. */
static bool
is_verified(const struct pending *pending)
{
    return pending->missing.inc != REGISTER_INC || pending->missing.slot != pending->slot;
}

static bool
is_against(struct record *record, const struct pending *pending, uint8_t slot, uint16_t inc)
{
    struct segment *segment = &record->scratch[1];
    struct reader reader = reader_of((struct bytes){pending->segment, pending->segment_size});
    struct bytes payloads = {pending->payloads, pending->payloads_size};
    struct fault fault;

    if (segment_parse(&reader, segment) != ENTENTE_OK || segment->payload_bytes != payloads.size)
        return false;
    for (uint32_t i = 0; i < segment->count; i++)
        if (segment->entries[i].kind == ENTRY_FAULT &&
            fault_parse(segment_payload(segment, payloads, i), &fault) == ENTENTE_OK &&
            fault.slot == slot && fault.inc == inc)
            return true;
    return false;
}

bool
pending_has_fault_by(struct record *record, uint8_t by, uint8_t slot, uint16_t inc)
{
    for (uint32_t i = 0; i < record->pending_count; i++) {
        const struct pending *pending = &record->pending[i];
        if (pending->slot == by && pending->has_fault && is_verified(pending) &&
            is_against(record, pending, slot, inc))
            return true;
    }
    return false;
}

static size_t
lane_bytes(const struct record *record, uint8_t slot, uint16_t inc)
{
    size_t bytes = 0;

    for (uint32_t i = 0; i < record->pending_count; i++)
        if (record->pending[i].slot == slot && record->pending[i].inc == inc)
            bytes += record->pending[i].segment_size + record->pending[i].payloads_size;
    return bytes;
}

static bool
is_kept(const struct record *record, const struct position *last)
{
    for (uint32_t i = 0; i < record->pending_count; i++)
        if (position_compare(&record->pending[i].last, last) == 0)
            return true;
    return false;
}

static uint8_t *
copy(struct bytes bytes)
{
    uint8_t *copied = malloc(bytes.size + 1);

    if (copied != NULL && bytes.size > 0)
        memcpy(copied, bytes.data, bytes.size);
    return copied;
}

static bool
has_fault_entry(const struct segment *segment)
{
    for (uint32_t i = 0; i < segment->count; i++)
        if (segment->entries[i].kind == ENTRY_FAULT)
            return true;
    return false;
}

void
pending_keep(struct record *record, const struct segment *segment, struct bytes payloads,
    const struct position *missing, struct admission *admission)
{
    const struct entry *first = &segment->entries[0];
    size_t size = segment->encoded.size + payloads.size;
    struct position last = segment_head(segment);

    admission->is_pending = true;
    admission->missing = *missing;
    if (is_kept(record, &last))
        return;
    bool is_too_much =
        record->pending_bytes + size > RECORD_PENDING_BYTES_MAX ||
        lane_bytes(record, first->slot, first->inc) + size > RECORD_PENDING_LANE_BYTES_MAX;
    if (record->pending_count == RECORD_PENDING_SEGMENTS_MAX ||
        (is_too_much && !record->mutations.pending_without_end)) {
        admission->was_dropped = true;
        return;
    }
    struct pending pending = {
        .segment = copy(segment->encoded),
        .segment_size = segment->encoded.size,
        .payloads = copy(payloads),
        .payloads_size = payloads.size,
        .slot = first->slot,
        .inc = first->inc,
        .has_fault = has_fault_entry(segment),
        .first_seq = first->seq,
        .last = last,
        .missing = *missing,
    };
    if (pending.segment == NULL || pending.payloads == NULL) {
        pending_free(&pending);
        admission->was_dropped = true;
        return;
    }
    record->pending[record->pending_count++] = pending;
    record->pending_bytes += size;
}

/* Whether what the pending segment waits for is here now. */
static bool
is_ready(struct record *record, const struct pending *pending)
{
    const struct position *missing = &pending->missing;
    uint32_t branch;

    if (missing->inc == REGISTER_INC)
        return missing->seq <= register_count(record->registers[missing->slot]);
    return record_find(record, missing, &branch) == ENTENTE_OK;
}

static struct pending
take_out(struct record *record, uint32_t index)
{
    struct pending taken = record->pending[index];

    record->pending[index] = record->pending[--record->pending_count];
    record->pending_bytes -= taken.segment_size + taken.payloads_size;
    return taken;
}

/* One that was ready: admitted, waiting for something else, or found invalid and forgotten. */
static enum entente_error
retry_one(struct record *record, uint32_t index, struct arena *arena, struct admission *admission)
{
    struct segment *segment = &record->scratch[4];
    struct pending *pending = &record->pending[index];
    struct bytes payloads = {pending->payloads, pending->payloads_size};
    struct reader reader = reader_of((struct bytes){pending->segment, pending->segment_size});
    struct position missing = pending->missing;

    enum entente_error error = segment_parse(&reader, segment);
    if (error == ENTENTE_OK)
        error = verify_segment(record, segment, payloads, &missing);
    if (error == ENTENTE_OK)
        error = admit(record, segment, payloads, arena, admission, &missing);
    if (error == ENTENTE_ERR_PENDING) {
        record->pending[index].missing = missing;
        return ENTENTE_OK;
    }
    if (error == ENTENTE_ERR_NO_MEMORY || error == ENTENTE_ERR_IO || error == ENTENTE_ERR_CORRUPT)
        return error;
    record->done[record->done_count++] = take_out(record, index);
    return ENTENTE_OK;
}

enum entente_error
pending_retry(struct record *record, struct arena *arena, struct admission *admission)
{
    enum entente_error error = ENTENTE_OK;
    bool again = true;

    while (again && error == ENTENTE_OK) {
        again = false;
        for (uint32_t i = 0; i < record->pending_count && error == ENTENTE_OK; i++) {
            if (!is_ready(record, &record->pending[i]) ||
                record->done_count == RECORD_RETRIES_MAX)
                continue;
            uint32_t count = record->pending_count;
            error = retry_one(record, i, arena, admission);
            if (record->pending_count < count) {
                again = true;
                i--;
            }
        }
    }
    /* A full arena ends this step's work, not the segments': they are tried again. */
    return error == ENTENTE_ERR_NO_MEMORY ? ENTENTE_OK : error;
}

size_t
record_pending_bytes(const struct record *record)
{
    return record->pending_bytes;
}

bool
record_pending_at(const struct record *record, uint32_t index, struct position *missing)
{
    if (index >= record->pending_count)
        return false;
    *missing = record->pending[index].missing;
    return true;
}

struct position
record_pending_head(const struct record *record, uint8_t slot, uint16_t inc)
{
    struct position head = {.slot = slot, .inc = inc};

    for (uint32_t i = 0; i < record->pending_count; i++) {
        const struct pending *pending = &record->pending[i];
        if (pending->slot == slot && pending->inc == inc && is_verified(pending) &&
            pending->last.seq > head.seq)
            head = pending->last;
    }
    return head;
}
