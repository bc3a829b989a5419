/* The record's life: loading its heads, taking in what arrives, forgetting. */
#include "record/internal.h"

#include <assert.h>
#include <stdlib.h>

static enum entente_error
load_marks(struct record *record, uint8_t kind, uint32_t branch)
{
    struct special_row row;
    uint32_t seq = 0;

    for (;;) {
        enum entente_error error = record->source->special_from(
            record->source->state, &record->room, kind, branch, 0, seq, &row);
        if (error == ENTENTE_ERR_NOT_FOUND)
            return ENTENTE_OK;
        if (error != ENTENTE_OK)
            return error;
        struct mark mark = {.kind = kind, .branch = branch, .seq = row.seq};
        struct segment_row found;
        error = record->source->segment_at(
            record->source->state, &record->room, branch, row.seq, &found);
        struct segment *segment = &record->scratch[0];
        struct reader reader = reader_of(found.segment);
        if (error != ENTENTE_OK || segment_parse(&reader, segment) != ENTENTE_OK ||
            segment->entries[0].seq > row.seq ||
            row.seq - segment->entries[0].seq >= segment->count ||
            found.payloads.size != segment->payload_bytes)
            return ENTENTE_ERR_CORRUPT;
        if (kind == ENTRY_FAULT) {
            struct reader payload = reader_of(
                segment_payload(segment, found.payloads, row.seq - segment->entries[0].seq));
            mark.slot = reader_u8(&payload);
            mark.inc = reader_u16(&payload);
        }
        error = mark_add(record, &mark);
        if (error != ENTENTE_OK)
            return error;
        seq = row.seq + 1;
    }
}

static enum entente_error
load_head(struct record *record, struct branch *branch)
{
    struct segment_row row;
    struct segment *segment = &record->scratch[0];
    struct vectors vectors;

    enum entente_error error =
        record->source->segment_last(record->source->state, &record->room, branch->row.index, &row);
    if (error != ENTENTE_OK)
        return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_ERR_CORRUPT : error;
    struct reader reader = reader_of(row.segment);
    if (segment_parse(&reader, segment) != ENTENTE_OK || segment_last(segment)->seq != row.last_seq)
        return ENTENTE_ERR_CORRUPT;
    error = vector_reserve(&branch->past, &branch->past_size, record->branches_count);
    if (error == ENTENTE_OK)
        error = vectors_read(row.vectors, &vectors);
    if (error != ENTENTE_OK)
        return error;
    if (vectors.places <= record->branches_count)
        vectors_get(&vectors, segment->count - 1, branch->past);
    vectors_free(&vectors);
    branch->past[branch->row.index] = row.last_seq;
    branch->head = segment_head(segment);
    branch->head_t_ms = segment_last(segment)->t_ms;
    branch->holds = (segment_last(segment)->flags & ENTRY_FLAG_HOLDS) != 0;
    branch->content_seq = segment->entries[0].seq - 1;
    for (uint32_t i = 0; i < segment->count; i++)
        if (segment->entries[i].kind != ENTRY_ACK)
            branch->content_seq = segment->entries[i].seq;
    record->entries += row.last_seq - branch->row.fork_seq;
    if (row.arrival > record->arrival)
        record->arrival = row.arrival;
    return ENTENTE_OK;
}

/* Where the head lacks the flag *holds*: the last entry before it that has it (H1). */
static enum entente_error
load_held(struct record *record, struct branch *branch)
{
    struct segment *segment = &record->scratch[0];
    uint32_t seq = branch->head.seq;
    struct segment_row row;
    struct vectors vectors;

    while (!branch->holds && seq > branch->row.fork_seq) {
        enum entente_error error = record->source->segment_at(
            record->source->state, &record->room, branch->row.index, seq, &row);
        struct reader reader = reader_of(row.segment);
        if (error != ENTENTE_OK || segment_parse(&reader, segment) != ENTENTE_OK ||
            segment->entries[0].seq > seq)
            return error == ENTENTE_OK ? ENTENTE_ERR_CORRUPT : error;
        uint32_t at = holding_entry(segment);
        seq = segment->entries[0].seq - 1;
        if (at == segment->count)
            continue;
        error = vectors_read(row.vectors, &vectors);
        if (error == ENTENTE_OK)
            error =
                vector_reserve(&branch->held_past, &branch->held_past_size, record->branches_count);
        if (error == ENTENTE_OK && vectors.places <= record->branches_count) {
            vectors_get(&vectors, at, branch->held_past);
            branch->held_past[branch->row.index] = segment->entries[at].seq;
        }
        vectors_free(&vectors);
        return error;
    }
    return ENTENTE_OK;
}

static enum entente_error
load_branches(struct record *record)
{
    enum entente_error error = ENTENTE_OK;
    struct branch_row row;

    for (uint32_t index = 0; error == ENTENTE_OK; index++) {
        error = record->source->branch_at(record->source->state, &record->room, index, &row);
        if (error == ENTENTE_OK)
            error = branch_add(record, &row);
    }
    if (error != ENTENTE_ERR_NOT_FOUND)
        return error;
    error = ENTENTE_OK;
    for (uint32_t slot = record->branches_count; slot < record->parties; slot++) {
        struct branch_row fresh = {.index = slot, .slot = (uint8_t)slot, .inc = REGISTER_INC};
        error = branch_add(record, &fresh);
        if (error != ENTENTE_OK)
            return error;
    }
    for (uint32_t slot = 0; slot < record->parties; slot++)
        if (record->branches[slot].row.slot != slot ||
            record->branches[slot].row.inc != REGISTER_INC)
            return ENTENTE_ERR_CORRUPT;
    return ENTENTE_OK;
}

/* A proof may be known of a lane of which no entry is here. */
static enum entente_error
load_contested(struct record *record, uint8_t slot)
{
    const struct incarnation *last = register_incarnation_last(record->registers[slot]);
    enum entente_error error = ENTENTE_OK;
    struct bytes proof;

    for (uint32_t inc = 1; last != NULL && inc <= last->inc && error == ENTENTE_OK; inc++) {
        error = record->source->proof_of(
            record->source->state, &record->room, slot, (uint16_t)inc, &proof);
        if (error == ENTENTE_OK)
            error = contested_add(record, slot, (uint16_t)inc);
        else if (error == ENTENTE_ERR_NOT_FOUND)
            error = ENTENTE_OK;
    }
    return error;
}

/* What of the lane is in the past of a fault entry against it, of each branch. */
static enum entente_error
load_covered(struct record *record, const struct contested *lane, uint32_t *covered)
{
    uint32_t *past = calloc(record->branches_count + 1, sizeof *past);
    enum entente_error error = past == NULL ? ENTENTE_ERR_NO_MEMORY : ENTENTE_OK;

    for (uint32_t m = 0; m < record->marks_count && error == ENTENTE_OK; m++) {
        const struct mark *mark = &record->marks[m];
        if (mark->kind != ENTRY_FAULT || mark->slot != lane->slot || mark->inc != lane->inc)
            continue;
        error = vector_at(record, mark->branch, mark->seq, past);
        for (uint32_t i = 0; i < record->branches_count && error == ENTENTE_OK; i++)
            if (past[i] > covered[i])
                covered[i] = past[i];
    }
    free(past);
    return error;
}

/*
 * Through whom entries of a contested lane came in (F3) is not stored: all that no fault entry against
 * it covers is charged to every party.  That may make an honest one wait until it covers the fault, and
 * lets nobody draw in more than its budget by waiting for a new start.
 */
static enum entente_error
load_budget(struct record *record, struct contested *lane)
{
    uint32_t *covered = calloc(record->branches_count + 1, sizeof *covered);
    enum entente_error error =
        covered == NULL ? ENTENTE_ERR_NO_MEMORY : load_covered(record, lane, covered);
    uint32_t used = 0;

    for (const struct branch *b = branch_first(record, lane->slot, lane->inc);
         b != NULL && error == ENTENTE_OK; b = branch_next(record, b)) {
        uint32_t from =
            covered[b->row.index] > b->row.fork_seq ? covered[b->row.index] : b->row.fork_seq;
        used += b->head.seq > from ? b->head.seq - from : 0;
    }
    used = used < CONTESTED_ENTRIES_MAX ? used : CONTESTED_ENTRIES_MAX;
    for (uint8_t by = 0; by < record->parties; by++)
        lane->budget_used[by] = used;
    free(covered);
    return error;
}

static enum entente_error
load(struct record *record)
{
    enum entente_error error = load_branches(record);

    for (uint32_t i = record->parties; i < record->branches_count && error == ENTENTE_OK; i++) {
        error = load_head(record, &record->branches[i]);
        if (error == ENTENTE_OK)
            error = load_held(record, &record->branches[i]);
        if (error == ENTENTE_OK)
            error = load_marks(record, ENTRY_RESUME, i);
        if (error == ENTENTE_OK)
            error = load_marks(record, ENTRY_FAULT, i);
    }
    for (uint8_t slot = 0; slot < record->parties && error == ENTENTE_OK; slot++)
        error = load_contested(record, slot);
    for (uint32_t i = 0; i < record->contested_count && error == ENTENTE_OK; i++)
        error = load_budget(record, &record->contested[i]);
    if (error == ENTENTE_OK)
        record_stored(record);
    return error;
}

enum entente_error
record_new(struct record **record, const struct record_options *options)
{
    assert(options->genesis->parties_count <= PARTIES_MAX);
    *record = NULL;
    struct record *made = calloc(1, sizeof *made);
    if (made == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    made->room = options->room;
    made->parties = options->genesis->parties_count;
    made->source = options->source;
    made->heads_only = options->heads_only;
    made->payloads_elsewhere = options->payloads_elsewhere;
    if (options->mutations != NULL)
        made->mutations = *options->mutations;
    for (uint8_t slot = 0; slot < made->parties; slot++)
        made->registers[slot] = options->registers[slot];
    made->pending = calloc(RECORD_PENDING_SEGMENTS_MAX, sizeof *made->pending);
    made->done = calloc(RECORD_RETRIES_MAX, sizeof *made->done);

    enum entente_error error =
        made->pending == NULL || made->done == NULL ? ENTENTE_ERR_NO_MEMORY : load(made);
    if (error != ENTENTE_OK) {
        record_free(made);
        return error;
    }
    branch_refresh_registers(made);
    *record = made;
    return ENTENTE_OK;
}

void
record_free(struct record *record)
{
    if (record == NULL)
        return;
    for (uint32_t i = 0; i < record->branches_count; i++) {
        free(record->branches[i].past);
        free(record->branches[i].durable_past);
        free(record->branches[i].held_past);
    }
    for (uint32_t i = 0; i < RECORD_SPANS_MAX; i++)
        span_free(&record->spans[i]);
    for (uint32_t i = 0; record->pending != NULL && i < record->pending_count; i++)
        pending_free(&record->pending[i]);
    if (record->done != NULL)
        pending_forget_done(record);
    free(record->pending);
    free(record->done);
    free(record->branches);
    free(record->contested);
    free(record->marks);
    free(record->work);
    free(record->dep_work);
    free(record);
}

/* Whose key signed it: the room, the party and the incarnation fit (S2). */
static enum entente_error
find_signer(struct record *record, const struct segment *segment, struct position *missing,
    const struct incarnation **incarnation)
{
    const struct entry *last = segment_last(segment);
    enum entente_error error = ENTENTE_OK;

    if (!room_id_equal(&last->room, &record->room))
        return ENTENTE_ERR_WRONG_ROOM;
    if (last->slot >= record->parties)
        return ENTENTE_ERR_NOT_A_PARTY;
    if (last->reg_number > register_count(record->registers[last->slot])) {
        *missing = (struct position){last->slot, REGISTER_INC, last->reg_number, last->reg_id};
        return ENTENTE_ERR_PENDING;
    }
    *incarnation =
        register_incarnation_at(record->registers[last->slot], last->inc, last->reg_number, &error);
    if (*incarnation == NULL && error == ENTENTE_ERR_REVOKED && record->mutations.no_revocation)
        *incarnation = register_incarnation(record->registers[last->slot], last->inc);
    return *incarnation == NULL ? error : ENTENTE_OK;
}

enum entente_error
verify_segment(struct record *record, const struct segment *segment, struct bytes payloads,
    struct position *missing)
{
    const struct incarnation *incarnation;

    enum entente_error error = find_signer(record, segment, missing, &incarnation);
    if (error != ENTENTE_OK)
        return error;
    if (!record->mutations.no_signature_rule && !record->heads_only &&
        !segment_check_signature(segment, &incarnation->key))
        return ENTENTE_ERR_SIGNATURE;
    if (!record->payloads_elsewhere && !record->mutations.no_payload_rule)
        return segment_check_payloads(segment, payloads);
    return payloads.size == segment->payload_bytes ? ENTENTE_OK : ENTENTE_ERR_MALFORMED;
}

static enum entente_error
verify_own(struct record *record, const struct segment *segment, struct bytes payloads,
    struct position *missing)
{
    const struct incarnation *incarnation;

    enum entente_error error = find_signer(record, segment, missing, &incarnation);
    if (error == ENTENTE_OK && payloads.size != segment->payload_bytes)
        error = ENTENTE_ERR_MALFORMED;
    return error;
}

static enum entente_error
receive(struct record *record, struct bytes encoded, struct bytes payloads, bool is_own,
    struct arena *arena, struct admission *admission)
{
    struct segment *segment = &record->scratch[0];
    struct position missing = {0};

    pending_forget_done(record);
    *admission = (struct admission){0};
    admission->last = &admission->first;
    struct reader reader = reader_of(encoded);
    enum entente_error error = segment_parse(&reader, segment);
    if (error == ENTENTE_OK)
        error = reader_finish(&reader);
    if (error == ENTENTE_OK)
        error = is_own ? verify_own(record, segment, payloads, &missing)
                       : verify_segment(record, segment, payloads, &missing);
    if (error == ENTENTE_OK)
        error = admit(record, segment, payloads, arena, admission, &missing);
    if (error == ENTENTE_ERR_PENDING) {
        pending_keep(record, segment, payloads, &missing, admission);
        return ENTENTE_OK;
    }
    if (error == ENTENTE_ERR_CONTESTED && admission->faults != NULL)
        return ENTENTE_OK; /* the news is the proof */
    if (error != ENTENTE_OK)
        return error;
    return pending_retry(record, arena, admission);
}

enum entente_error
record_receive(struct record *record, struct bytes encoded, struct bytes payloads,
    struct arena *arena, struct admission *admission)
{
    return receive(record, encoded, payloads, false, arena, admission);
}

enum entente_error
record_receive_own(struct record *record, struct bytes encoded, struct bytes payloads,
    struct arena *arena, struct admission *admission)
{
    return receive(record, encoded, payloads, true, arena, admission);
}

enum entente_error
record_prove(struct record *record, struct bytes fault_payload, struct arena *arena,
    struct admission *admission)
{
    struct position missing;

    pending_forget_done(record);
    *admission = (struct admission){0};
    admission->last = &admission->first;
    return fault_learn(record, fault_payload, arena, admission, &missing);
}

enum entente_error
record_registers_grew(struct record *record, struct arena *arena, struct admission *admission)
{
    pending_forget_done(record);
    *admission = (struct admission){0};
    admission->last = &admission->first;
    branch_refresh_registers(record);
    return pending_retry(record, arena, admission);
}

const struct room_id *
record_room(const struct record *record)
{
    return &record->room;
}

uint8_t
record_parties(const struct record *record)
{
    return record->parties;
}

struct party_register *
record_register(const struct record *record, uint8_t slot)
{
    return record->registers[slot];
}

uint64_t
record_entries(const struct record *record)
{
    return record->entries;
}

uint64_t
record_last_arrival(const struct record *record)
{
    return record->arrival;
}
