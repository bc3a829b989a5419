/* Faults: proofs of equivocation, and lanes that became contested.  Rules F1 to F3. */
#include "record/internal.h"

#include <stdlib.h>

struct contested *
contested_find(const struct record *record, uint8_t slot, uint16_t inc)
{
    for (uint32_t i = 0; i < record->contested_count; i++)
        if (record->contested[i].slot == slot && record->contested[i].inc == inc)
            return &record->contested[i];
    return NULL;
}

enum entente_error
contested_add(struct record *record, uint8_t slot, uint16_t inc)
{
    struct contested *grown = realloc(
        record->contested, (record->contested_count + 1) * sizeof *record->contested);

    if (grown == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    record->contested = grown;
    grown[record->contested_count++] = (struct contested){.slot = slot, .inc = inc};
    return ENTENTE_OK;
}

enum entente_error
mark_add(struct record *record, const struct mark *mark)
{
    struct mark *grown = realloc(record->marks, (record->marks_count + 1) * sizeof *grown);

    if (grown == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    record->marks = grown;
    grown[record->marks_count++] = *mark;
    return ENTENTE_OK;
}

bool
record_is_contested(const struct record *record, uint8_t slot, uint16_t inc)
{
    return contested_find(record, slot, inc) != NULL;
}

bool
record_contested_at(const struct record *record, uint32_t index, uint8_t *slot, uint16_t *inc)
{
    if (index >= record->contested_count)
        return false;
    *slot = record->contested[index].slot;
    *inc = record->contested[index].inc;
    return true;
}

bool
record_has_fault_by(const struct record *record, uint8_t by, uint8_t slot, uint16_t inc)
{
    for (uint32_t i = 0; i < record->marks_count; i++) {
        const struct mark *mark = &record->marks[i];
        if (mark->kind == ENTRY_FAULT && mark->slot == slot && mark->inc == inc &&
            record->branches[mark->branch].row.slot == by)
            return true;
    }
    return false;
}

static enum entente_error
note_fault(struct record *record, uint8_t slot, uint16_t inc, struct bytes payload,
    struct arena *arena, struct admission *admission)
{
    struct proven *proven = arena_take(arena, 1, sizeof *proven);

    if (proven == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    *proven = (struct proven){slot, inc, payload, admission->faults};
    enum entente_error error = contested_add(record, slot, inc);
    if (error == ENTENTE_OK)
        admission->faults = proven;
    return error;
}

enum entente_error
fault_learn(struct record *record, struct bytes payload, struct arena *arena,
    struct admission *admission, struct position *missing)
{
    struct fault fault;
    struct segment *scratch = &record->scratch[1];

    enum entente_error error = fault_parse(payload, &fault);
    if (error == ENTENTE_OK && fault.slot >= record->parties)
        error = ENTENTE_ERR_NOT_A_PARTY;
    if (error != ENTENTE_OK)
        return error;

    const struct incarnation *accused =
        register_incarnation(record->registers[fault.slot], fault.inc);
    if (accused == NULL) {
        struct reader reader = reader_of(fault.first);
        if (segment_parse(&reader, scratch) != ENTENTE_OK)
            return ENTENTE_ERR_NO_PROOF;
        const struct entry *last = segment_last(scratch);
        if (last->reg_number <= register_count(record->registers[fault.slot]))
            return ENTENTE_ERR_NO_PROOF;
        *missing =
            (struct position){fault.slot, REGISTER_INC, last->reg_number, last->reg_id};
        return ENTENTE_ERR_PENDING;
    }
    error = fault_check(&fault, &record->room, &accused->key, scratch);
    if (record->mutations.no_proof_rule)
        error = ENTENTE_OK;
    if (error == ENTENTE_OK && contested_find(record, fault.slot, fault.inc) != NULL)
        error = ENTENTE_ERR_DUPLICATE;
    if (error == ENTENTE_OK)
        error = note_fault(record, fault.slot, fault.inc, payload, arena, admission);
    return error;
}

enum entente_error
fault_from(struct record *record, uint32_t branch, uint32_t seq, const struct segment *segment,
    struct arena *arena, struct admission *admission)
{
    const struct branch_row *row = &record->branches[branch].row;
    struct segment *stored = &record->scratch[1];
    struct span *found;
    uint32_t differing_seq;
    bool stored_is_first;

    if (contested_find(record, row->slot, row->inc) != NULL)
        return ENTENTE_OK;
    enum entente_error error = span_get(record, branch, seq, &found);
    if (error != ENTENTE_OK)
        return error;
    struct reader reader = reader_of((struct bytes){found->encoded, found->encoded_size});
    if (segment_parse(&reader, stored) != ENTENTE_OK ||
        !proof_find(stored, segment, &differing_seq, &stored_is_first))
        return ENTENTE_ERR_CORRUPT;

    struct bytes ours = stored->encoded;
    struct fault fault = {row->slot, row->inc, stored_is_first ? ours : segment->encoded,
        stored_is_first ? segment->encoded : ours};
    size_t size = 3 + 8 + ours.size + segment->encoded.size;
    uint8_t *payload = arena_take(arena, 1, size);
    if (payload == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    struct writer writer = writer_of(payload, size);
    fault_write(&writer, &fault);
    return note_fault(record, row->slot, row->inc, writer_written(&writer), arena, admission);
}
