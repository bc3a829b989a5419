/* A small cache of recent segments: their ids, and the vectors of their entries. */
#include "record/internal.h"

#include <stdlib.h>

void
span_free(struct span *span)
{
    vectors_free(&span->vectors);
    free(span->ids);
    free(span->encoded);
    *span = (struct span){0};
}

static struct span *
span_oldest(struct record *record)
{
    struct span *oldest = &record->spans[0];

    for (uint32_t i = 1; i < RECORD_SPANS_MAX && oldest->count != 0; i++)
        if (record->spans[i].count == 0 || record->spans[i].used < oldest->used)
            oldest = &record->spans[i];
    return oldest;
}

enum entente_error
span_put(struct record *record, uint32_t branch, uint32_t first_seq, uint32_t count,
    const struct entry_id *ids, struct vectors *vectors, struct bytes encoded)
{
    struct span *span = span_oldest(record);

    span_free(span);
    span->ids = malloc(count * sizeof *ids);
    span->encoded = malloc(encoded.size);
    if (span->ids == NULL || span->encoded == NULL) {
        span_free(span);
        return ENTENTE_ERR_NO_MEMORY;
    }
    memcpy(span->ids, ids, count * sizeof *ids);
    memcpy(span->encoded, encoded.data, encoded.size);
    span->vectors = *vectors;
    *vectors = (struct vectors){0};
    span->branch = branch;
    span->first_seq = first_seq;
    span->count = count;
    span->encoded_size = encoded.size;
    span->used = ++record->uses;
    return ENTENTE_OK;
}

static enum entente_error
span_load(struct record *record, uint32_t branch, uint32_t seq)
{
    struct segment_row row;
    struct segment *segment = &record->scratch[3];
    struct vectors vectors;

    enum entente_error error =
        record->source->segment_at(record->source->state, &record->room, branch, seq, &row);
    if (error != ENTENTE_OK)
        return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_ERR_CORRUPT : error;

    struct reader reader = reader_of(row.segment);
    if (segment_parse(&reader, segment) != ENTENTE_OK || reader_finish(&reader) != ENTENTE_OK ||
        segment->entries[0].seq > seq || seq - segment->entries[0].seq >= segment->count)
        return ENTENTE_ERR_CORRUPT;
    error = vectors_read(row.vectors, &vectors);
    if (error == ENTENTE_OK && vectors.places > record->branches_count)
        error = ENTENTE_ERR_CORRUPT;
    if (error == ENTENTE_OK)
        error = span_put(record, branch, segment->entries[0].seq, segment->count, segment->ids,
            &vectors, row.segment);
    vectors_free(&vectors);
    return error;
}

static struct span *
span_cached(struct record *record, uint32_t branch, uint32_t seq)
{
    for (uint32_t i = 0; i < RECORD_SPANS_MAX; i++) {
        struct span *span = &record->spans[i];
        if (span->branch == branch && span->count != 0 && seq >= span->first_seq &&
            seq - span->first_seq < span->count) {
            span->used = ++record->uses;
            return span;
        }
    }
    return NULL;
}

enum entente_error
span_get(struct record *record, uint32_t branch, uint32_t seq, struct span **span)
{
    branch = branch_of_seq(record, branch, seq);
    *span = span_cached(record, branch, seq);
    if (*span != NULL)
        return ENTENTE_OK;

    enum entente_error error = span_load(record, branch, seq);
    if (error == ENTENTE_OK)
        *span = span_cached(record, branch, seq);
    return error;
}

enum entente_error
entry_at(struct record *record, uint32_t branch, uint32_t seq, struct entry *entry)
{
    struct span *span;

    enum entente_error error = span_get(record, branch, seq, &span);
    if (error != ENTENTE_OK)
        return error;
    struct reader reader = reader_of((struct bytes){span->encoded, span->encoded_size});
    (void)reader_u8(&reader);
    (void)reader_u32(&reader);
    for (uint32_t at = span->first_seq; at <= seq; at++)
        if (entry_parse(&reader, entry) != ENTENTE_OK)
            return ENTENTE_ERR_CORRUPT;
    return ENTENTE_OK;
}

enum entente_error
vector_at(struct record *record, uint32_t branch, uint32_t seq, uint32_t *vector)
{
    const struct branch *of = &record->branches[branch];
    struct span *span;

    memset(vector, 0, record->branches_count * sizeof *vector);
    if (seq == 0)
        return ENTENTE_OK;
    if (of->row.inc == REGISTER_INC) {
        vector[branch] = seq;
        return ENTENTE_OK;
    }
    if (seq == of->head.seq) {
        memcpy(vector, of->past, of->past_size * sizeof *vector);
        return ENTENTE_OK;
    }
    enum entente_error error = span_get(record, branch, seq, &span);
    if (error != ENTENTE_OK)
        return error;
    vectors_get(&span->vectors, seq - span->first_seq, vector);
    vector[span->branch] = seq;
    return ENTENTE_OK;
}

enum entente_error
record_past_of(struct record *record, uint32_t branch, uint32_t seq, uint32_t *past)
{
    return vector_at(record, branch, seq, past);
}

enum entente_error
record_id_at(struct record *record, uint32_t branch, uint32_t seq, struct entry_id *id)
{
    const struct branch *of = &record->branches[branch];
    struct span *span;

    memset(id, 0, sizeof *id);
    if (seq == 0 || seq > of->head.seq)
        return ENTENTE_ERR_NOT_FOUND;
    if (of->row.inc == REGISTER_INC) {
        *id = *register_id(record->registers[of->row.slot], seq);
        return ENTENTE_OK;
    }
    if (seq == of->head.seq) {
        *id = of->head.id;
        return ENTENTE_OK;
    }
    enum entente_error error = span_get(record, branch, seq, &span);
    if (error == ENTENTE_OK)
        *id = span->ids[seq - span->first_seq];
    return error;
}

enum entente_error
record_find(struct record *record, const struct position *position, uint32_t *branch)
{
    struct entry_id id;

    for (struct branch *b = branch_first(record, position->slot, position->inc); b != NULL;
         b = branch_next(record, b)) {
        if (position->seq == 0 || position->seq > b->head.seq ||
            (b->row.branch != 0 && position->seq <= b->row.fork_seq))
            continue;
        uint32_t index = b->row.index;
        enum entente_error error = record_id_at(record, index, position->seq, &id);
        if (error != ENTENTE_OK)
            return error;
        if (entry_id_equal(&id, &position->id)) {
            *branch = index;
            return ENTENTE_OK;
        }
    }
    return ENTENTE_ERR_NOT_FOUND;
}

enum entente_error
record_in_past(struct record *record, uint32_t branch, uint32_t seq, uint32_t of_branch,
    uint32_t of_seq, bool *in_past)
{
    *in_past = false;
    enum entente_error error =
        vector_reserve(&record->work, &record->work_size, record->branches_count);
    if (error == ENTENTE_OK)
        error = vector_at(record, of_branch, of_seq, record->work);
    if (error == ENTENTE_OK)
        *in_past = record->work[branch_of_seq(record, branch, seq)] >= seq;
    return error;
}
