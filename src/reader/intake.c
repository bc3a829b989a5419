/* One frame of a file into the record: the network's path, with the file in the place of a store.
 */
#include "reader/internal.h"

#include <stdlib.h>

#define ARENA_BYTES 4194304u
#define SET_ASIDE_MAX 65536u

/* G2, before anything else of the room is looked at. */
static enum entente_error
check_consents(struct entente_record *record, struct culprit *culprit)
{
    for (uint8_t slot = 0; slot < record->genesis.parties_count; slot++) {
        enum entente_error error = genesis_check_consent(
            &record->genesis, &record->consents, slot, record->registers[slot]);
        if (error == ENTENTE_OK)
            continue;
        culprit->rule = "G2";
        culprit->has_place = true;
        culprit->slot = slot;
        culprit->inc = REGISTER_INC;
        culprit->seq = culprit->last_seq = record->genesis.parties[slot].reg_number;
        return error;
    }
    return ENTENTE_OK;
}

static enum entente_error
start_record(struct entente_record *record, struct culprit *culprit)
{
    if (record->record != NULL)
        return ENTENTE_OK;
    enum entente_error error = check_consents(record, culprit);
    if (error != ENTENTE_OK)
        return error;
    struct record_options options = {
        .genesis = &record->genesis,
        .room = record->room,
        .registers = record->registers,
        .source = index_source(record->index),
        .heads_only = true,
        .payloads_elsewhere = true,
    };
    record->arena_block = malloc(ARENA_BYTES);
    record->waiting = calloc(RECORD_PENDING_SEGMENTS_MAX, sizeof *record->waiting);
    record->set_aside = calloc(SET_ASIDE_MAX, sizeof *record->set_aside);
    if (record->arena_block == NULL || record->waiting == NULL || record->set_aside == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    arena_init(&record->arena, record->arena_block, ARENA_BYTES);
    return record_new(&record->record, &options);
}

/* Where the frame is whose segment was admitted: the one at hand, or one that waited. */
static size_t
admitted_offset(struct entente_record *record, const struct admitted *admitted, size_t offset)
{
    for (uint32_t i = 0; i < record->waiting_count; i++)
        if (entry_id_equal(&record->waiting[i].last_id, &admitted->row.last_id)) {
            size_t found = record->waiting[i].offset;
            record->waiting[i] = record->waiting[--record->waiting_count];
            return found;
        }
    return offset;
}

/* The record believed the signatures (heads_only): a proof must not. */
static enum entente_error
check_proof(struct entente_record *record, const struct proven *proven)
{
    struct fault fault;
    enum entente_error error = fault_parse(proven->payload, &fault);

    if (error != ENTENTE_OK)
        return error;
    const struct incarnation *accused =
        register_incarnation(record->registers[proven->slot], proven->inc);
    if (accused == NULL)
        return ENTENTE_ERR_UNCERTIFIED;
    return fault_check(&fault, &record->room, &accused->key, record->scratch);
}

static enum entente_error
keep_admission(struct entente_record *record, const struct admission *admission, size_t offset)
{
    enum entente_error error = ENTENTE_OK;

    for (const struct proven *p = admission->faults; p != NULL && error == ENTENTE_OK;
         p = p->next) {
        error = check_proof(record, p);
        if (error == ENTENTE_OK)
            error = index_put_proof(record->index, p->slot, p->inc, p->payload);
    }
    for (const struct admitted *a = admission->first; a != NULL && error == ENTENTE_OK; a = a->next)
        error = index_put(record->index, a, admitted_offset(record, a, offset));
    return error;
}

static void
note_place(struct entente_record *record, const struct frame *frame, struct culprit *culprit)
{
    struct reader reader = reader_of(frame->segment.segment);
    struct segment *segment = record->scratch;

    if (segment_parse(&reader, segment) != ENTENTE_OK)
        return;
    const struct entry *last = segment_last(segment);
    culprit->has_place = true;
    culprit->slot = last->slot;
    culprit->inc = last->inc;
    culprit->seq = segment->entries[0].seq;
    culprit->last_seq = last->seq;
    if (last->slot >= record->genesis.parties_count)
        return;
    const struct incarnation *incarnation =
        register_incarnation(record->registers[last->slot], last->inc);
    culprit->is_signed = incarnation != NULL && segment_check_signature(segment, &incarnation->key);
}

static enum entente_error
receive(struct entente_record *record, const struct frame *frame, size_t offset, bool *is_pending)
{
    struct admission admission;

    arena_reset(&record->arena);
    *is_pending = false;
    enum entente_error error = record_receive(record->record, frame->segment.segment,
        frame->segment.payloads, &record->arena, &admission);
    if (error != ENTENTE_OK)
        return error;
    if (admission.was_dropped)
        return ENTENTE_ERR_PENDING;
    *is_pending = admission.is_pending;
    if (admission.is_pending) {
        struct reader reader = reader_of(frame->segment.segment);
        if (segment_parse(&reader, record->scratch) != ENTENTE_OK)
            return ENTENTE_ERR_CORRUPT;
        if (record->waiting_count == RECORD_PENDING_SEGMENTS_MAX)
            return ENTENTE_ERR_PENDING;
        record->waiting[record->waiting_count++] =
            (struct waiting){segment_head(record->scratch).id, offset};
    }
    error = keep_admission(record, &admission, offset);
    /* A conflict that was only proven, not admitted: somebody may refer to it later. */
    if (error == ENTENTE_OK && admission.first == NULL && admission.faults != NULL)
        return ENTENTE_ERR_CONTESTED;
    return error;
}

/* Something waits: it may be for what was set aside. */
static enum entente_error
retry_set_aside(struct entente_record *record, struct culprit *culprit)
{
    bool again = true;

    while (again) {
        again = false;
        for (uint32_t i = record->set_aside_count; i-- > 0;) {
            struct frame frame;
            bool is_pending;
            size_t offset = record->set_aside[i];
            enum entente_error error = walk_frame_at(record->file, offset, &frame);
            if (error == ENTENTE_OK)
                error = receive(record, &frame, offset, &is_pending);
            if (error == ENTENTE_ERR_CONTESTED)
                continue;
            if (error != ENTENTE_OK && error != ENTENTE_ERR_DUPLICATE) {
                culprit->offset = offset;
                note_place(record, &frame, culprit);
                return error;
            }
            record->set_aside[i] = record->set_aside[--record->set_aside_count];
            again = true;
        }
    }
    return ENTENTE_OK;
}

static enum entente_error
intake_segment(struct entente_record *record, const struct frame *frame, struct culprit *culprit)
{
    bool is_pending;
    enum entente_error error = receive(record, frame, culprit->offset, &is_pending);

    if (error == ENTENTE_ERR_DUPLICATE)
        return ENTENTE_OK;
    if (error == ENTENTE_ERR_CONTESTED) {
        if (record->set_aside_count == SET_ASIDE_MAX)
            return ENTENTE_ERR_FLOOD;
        record->set_aside[record->set_aside_count++] = culprit->offset;
        return ENTENTE_OK;
    }
    if (error != ENTENTE_OK)
        note_place(record, frame, culprit);
    else if (is_pending && record->set_aside_count > 0)
        error = retry_set_aside(record, culprit);
    return error;
}

static enum entente_error
intake_fault(struct entente_record *record, const struct frame *frame, struct culprit *culprit)
{
    struct admission admission;

    arena_reset(&record->arena);
    culprit->has_place = true;
    culprit->slot = frame->fault.slot;
    culprit->inc = frame->fault.inc;
    if (!room_id_equal(&frame->room, &record->room))
        return ENTENTE_ERR_WRONG_ROOM;
    enum entente_error error =
        record_prove(record->record, frame->fault.payload, &record->arena, &admission);
    if (error == ENTENTE_ERR_DUPLICATE)
        return ENTENTE_OK;
    return error == ENTENTE_OK ? keep_admission(record, &admission, culprit->offset) : error;
}

static enum entente_error
intake_register(struct entente_record *record, const struct frame *frame, struct culprit *culprit)
{
    struct admission admission;
    uint8_t slot = frame->reg.slot;

    if (!room_id_equal(&frame->room, &record->room))
        return ENTENTE_ERR_WRONG_ROOM;
    if (slot >= record->genesis.parties_count)
        return ENTENTE_ERR_NOT_A_PARTY;
    struct party_register *reg = record->registers[slot];
    culprit->has_place = true;
    culprit->slot = slot;
    culprit->inc = REGISTER_INC;
    enum entente_error error = register_add_all(reg, frame->reg.entries);
    culprit->seq = culprit->last_seq = register_count(reg) + 1;
    if (error == ENTENTE_OK &&
        !party_id_equal(register_party(reg), &record->genesis.parties[slot].party))
        error = ENTENTE_ERR_NOT_A_PARTY;
    if (error != ENTENTE_OK || record->record == NULL)
        return error;
    arena_reset(&record->arena);
    error = record_registers_grew(record->record, &record->arena, &admission);
    return error == ENTENTE_OK ? keep_admission(record, &admission, culprit->offset) : error;
}

enum entente_error
intake_frame(struct entente_record *record, const struct frame *frame, struct culprit *culprit)
{
    if (frame->kind == FRAME_REGISTER)
        return intake_register(record, frame, culprit);

    enum entente_error error = start_record(record, culprit);
    if (error == ENTENTE_OK && frame->kind == FRAME_SEGMENT)
        error = intake_segment(record, frame, culprit);
    if (error == ENTENTE_OK && frame->kind == FRAME_FAULT)
        error = intake_fault(record, frame, culprit);
    return error;
}
