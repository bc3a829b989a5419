/* Taking in a verified segment: where it attaches, what it proves, what the store must keep. */
#include "record/internal.h"

#include <stdlib.h>

/* Where a segment meets what is here. */
struct attachment {
    struct branch *branch; /* shares the most with the segment; NULL: the lane is new */
    uint32_t common;       /* so many of its entries are there already */
    bool is_conflict;      /* the branch goes on otherwise behind them */
    bool is_found;
};

/* How many entries of `segment` lie on `branch`; `*attaches` when what is before them does. */
static enum entente_error
common_entries(struct record *record, uint32_t branch, const struct segment *segment,
    uint32_t *common, bool *attaches)
{
    uint32_t first = segment->entries[0].seq;
    uint32_t head = record->branches[branch].head.seq;
    struct entry_id id;
    enum entente_error error = ENTENTE_OK;

    *common = 0;
    *attaches = first == 1;
    if (first > 1 && first - 1 <= head) {
        error = record_id_at(record, branch, first - 1, &id);
        *attaches = error == ENTENTE_OK && (record->mutations.no_prev_rule ||
                                              entry_id_equal(&id, &segment->entries[0].prev));
    }
    while (error == ENTENTE_OK && *attaches && *common < segment->count &&
           first + *common <= head) {
        error = record_id_at(record, branch, first + *common, &id);
        if (error != ENTENTE_OK || !entry_id_equal(&id, &segment->ids[*common]))
            break;
        ++*common;
    }
    return error;
}

static enum entente_error
attach(struct record *record, const struct segment *segment, struct attachment *at)
{
    const struct entry *first = &segment->entries[0];
    uint32_t common;
    bool attaches;

    *at = (struct attachment){0};
    for (struct branch *b = branch_first(record, first->slot, first->inc); b != NULL;
         b = branch_next(record, b)) {
        enum entente_error error =
            common_entries(record, b->row.index, segment, &common, &attaches);
        if (error != ENTENTE_OK)
            return error;
        uint32_t behind = first->seq + common;
        bool better = at->branch == NULL || common > at->common ||
                      (common == at->common && at->is_conflict && b->head.seq < behind);
        if (!attaches || (at->is_found && !better))
            continue;
        *at = (struct attachment){b, common, b->head.seq >= behind && common < segment->count, true};
    }
    if (!at->is_found && first->seq == 1)
        *at = (struct attachment){.is_found = true};
    return ENTENTE_OK;
}

/* A branch that has another entry where the segment begins: the party forked before it. */
static const struct branch *
contradicted(const struct record *record, const struct segment *segment)
{
    const struct entry *first = &segment->entries[0];

    for (struct branch *b = branch_first(record, first->slot, first->inc); b != NULL;
         b = branch_next(record, b))
        if (b->head.seq >= first->seq)
            return b;
    return NULL;
}

/* Forget the first `common` entries; the signature holds for the rest (S4). */
static enum entente_error
cut_front(struct segment *segment, struct bytes *payloads, uint32_t common, struct arena *arena)
{
    if (common == 0)
        return ENTENTE_OK;
    size_t headers = 0;
    for (uint32_t i = common; i < segment->count; i++)
        headers += segment->entries[i].header.size;
    for (uint32_t i = 0; i < common; i++) {
        payloads->data += segment->entries[i].payload_bytes;
        payloads->size -= segment->entries[i].payload_bytes;
        segment->payload_bytes -= segment->entries[i].payload_bytes;
    }
    uint8_t *encoded = arena_take(arena, 1, 5 + headers + sizeof segment->signature);
    if (encoded == NULL)
        return ENTENTE_ERR_NO_MEMORY;

    struct writer writer = writer_of(encoded, 5 + headers + sizeof segment->signature);
    segment->count -= common;
    segment_write(&writer, segment->count,
        (struct bytes){segment->entries[common].header.data, headers}, &segment->signature);
    segment->encoded = writer_written(&writer);
    memmove(segment->entries, segment->entries + common, segment->count * sizeof *segment->entries);
    memmove(segment->ids, segment->ids + common, segment->count * sizeof *segment->ids);
    return ENTENTE_OK;
}

/* Lanes that the segment itself accuses: the record learns of them when it is admitted. */
struct accused {
    uint32_t count;
    uint8_t slots[SEGMENT_ENTRIES_MAX];
    uint16_t incs[SEGMENT_ENTRIES_MAX];
};

/* L4 holds within a segment too, however it is cut, and for the fault entry itself. */
static enum entente_error
check_accused(const struct record *record, const struct entry *entry, struct bytes payload,
    struct accused *accused)
{
    if (entry->kind == ENTRY_FAULT) {
        struct reader reader = reader_of(payload);
        accused->slots[accused->count] = reader_u8(&reader);
        accused->incs[accused->count++] = reader_u16(&reader);
    }
    for (uint32_t a = 0; a < accused->count && !record->mutations.no_fault_link_rule; a++)
        for (unsigned i = 0; i < entry->deps_count; i++) {
            struct position dep = entry_dep(entry, i);
            if (dep.slot == accused->slots[a] && dep.inc == accused->incs[a])
                return ENTENTE_ERR_DEPS;
        }
    return ENTENTE_OK;
}

/* All rules that need the past; fills `vectors` and leaves the last entry's vector in `past`. */
static enum entente_error
check_entries(struct record *record, const struct segment *segment, struct bytes payloads,
    uint32_t own_branch, uint32_t *past, struct vectors *vectors, struct arena *arena,
    struct admission *admission, struct position *missing)
{
    struct accused accused = {.count = 0};

    for (uint32_t i = 0; i < segment->count; i++) {
        const struct entry *entry = &segment->entries[i];
        bool moved = false;
        enum entente_error error = link_apply(record, entry, past, &moved, missing);

        if (error == ENTENTE_OK && entry->kind == ENTRY_FAULT) {
            error = fault_learn(record, segment_payload(segment, payloads, i), arena, admission,
                missing);
            if (error == ENTENTE_ERR_DUPLICATE)
                error = ENTENTE_OK;
        }
        if (error == ENTENTE_OK)
            error = check_accused(record, entry, segment_payload(segment, payloads, i), &accused);
        past[own_branch] = entry->seq;
        if (error == ENTENTE_OK && (i == 0 || moved))
            error = vectors_note(vectors, i, past);
        if (error != ENTENTE_OK)
            return error;
    }
    return ENTENTE_OK;
}

static enum entente_error
note_specials(struct record *record, const struct segment *segment, struct bytes payloads,
    uint32_t branch, struct arena *arena, struct admitted *admitted)
{
    for (uint32_t i = 0; i < segment->count; i++) {
        const struct entry *entry = &segment->entries[i];
        struct mark mark = {.kind = entry->kind, .branch = branch, .seq = entry->seq};
        uint64_t detail = 0;

        if (entry->kind == ENTRY_SEALED || entry->kind == ENTRY_ACK)
            continue;
        if (admitted->specials == NULL)
            admitted->specials = arena_take(arena, segment->count, sizeof *admitted->specials);
        if (admitted->specials == NULL)
            return ENTENTE_ERR_NO_MEMORY;
        struct bytes payload = segment_payload(segment, payloads, i);
        struct reader reader = reader_of(payload);
        if (entry->kind == ENTRY_KEYS)
            detail = reader_u64(&reader);
        if (entry->kind == ENTRY_FAULT) {
            mark.slot = reader_u8(&reader);
            mark.inc = reader_u16(&reader);
        }
        if (entry->kind == ENTRY_FAULT || entry->kind == ENTRY_RESUME) {
            enum entente_error error = mark_add(record, &mark);
            if (error != ENTENTE_OK)
                return error;
        }
        admitted->specials[admitted->specials_count++] =
            (struct special_row){entry->kind, branch, entry->seq, detail};
    }
    return ENTENTE_OK;
}

static enum entente_error
encode_vectors(const struct vectors *vectors, struct arena *arena, struct bytes *encoded)
{
    size_t size = 8 + 4 * vectors->count * ((size_t)vectors->places + 1);
    uint8_t *data = arena_take(arena, 1, size);

    if (data == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    struct writer writer = writer_of(data, size);
    vectors_write(&writer, vectors);
    *encoded = writer_written(&writer);
    return ENTENTE_OK;
}

/* The vector of the last entry with the flag, where the new head has it not: what was held stays held. */
static enum entente_error
keep_held(struct record *record, struct branch *branch, const struct segment *segment,
    const struct vectors *vectors, struct arena *arena, uint32_t **held)
{
    uint32_t at = holding_entry(segment);

    *held = NULL;
    if (at + 1 == segment->count || (at == segment->count && !branch->holds))
        return ENTENTE_OK;
    enum entente_error error =
        vector_reserve(&branch->held_past, &branch->held_past_size, record->branches_count);
    if (error != ENTENTE_OK)
        return error;
    *held = arena_take(arena, branch->held_past_size, sizeof **held);
    if (*held == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    memset(*held, 0, branch->held_past_size * sizeof **held);
    if (at < segment->count) {
        vectors_get(vectors, at, *held);
        (*held)[branch->row.index] = segment->entries[at].seq;
    } else
        memcpy(*held, branch->past, record->branches_count * sizeof **held);
    return ENTENTE_OK;
}

static void
move_head(struct record *record, struct branch *branch, const struct segment *segment,
    const uint32_t *past, const uint32_t *held)
{
    const struct entry *last = segment_last(segment);

    if (held != NULL)
        memcpy(branch->held_past, held, branch->held_past_size * sizeof *held);
    memcpy(branch->past, past, record->branches_count * sizeof *past);
    branch->head = segment_head(segment);
    branch->head_t_ms = last->t_ms;
    branch->holds = (last->flags & ENTRY_FLAG_HOLDS) != 0;
    for (uint32_t i = 0; i < segment->count; i++)
        if (segment->entries[i].kind != ENTRY_ACK)
            branch->content_seq = segment->entries[i].seq;
    record->entries += segment->count;
}

/* The branch that the segment goes to: the one that it continues, or a new one. */
static struct branch_row
choose_branch(const struct record *record, const struct segment *segment,
    const struct attachment *at)
{
    const struct entry *first = &segment->entries[0];
    struct branch_row row = {
        .index = record->branches_count, .slot = first->slot, .inc = first->inc};

    if (at->branch == NULL)
        return row;
    if (!at->is_conflict)
        return at->branch->row;
    for (struct branch *b = branch_first(record, first->slot, first->inc); b != NULL;
         b = branch_next(record, b))
        row.branch++;
    row.parent = record->branches[branch_of_seq(record, at->branch->row.index,
                                      first->seq > 1 ? first->seq - 1 : 1)].row.branch;
    row.fork_seq = first->seq - 1;
    return row;
}

/* The segment is valid: change the record, and tell the store.  Memory was reserved before. */
static enum entente_error
commit(struct record *record, const struct segment *segment, struct bytes payloads,
    const struct branch_row *row, const uint32_t *past, struct vectors *vectors,
    struct arena *arena, struct admission *admission)
{
    const struct entry *last = segment_last(segment);
    struct admitted *admitted = arena_take(arena, 1, sizeof *admitted);
    bool is_new = row->index == record->branches_count;
    uint32_t *held;
    enum entente_error error = admitted == NULL ? ENTENTE_ERR_NO_MEMORY : ENTENTE_OK;

    if (error == ENTENTE_OK)
        error = encode_vectors(vectors, arena, &admitted->row.vectors);
    if (error == ENTENTE_OK && is_new)
        error = branch_add(record, row);
    if (error != ENTENTE_OK)
        return error;

    struct branch *branch = &record->branches[row->index];
    error = vector_reserve(&branch->past, &branch->past_size, record->branches_count);
    if (error == ENTENTE_OK)
        error = keep_held(record, branch, segment, vectors, arena, &held);
    if (error == ENTENTE_OK)
        error = span_put(record, row->index, segment->entries[0].seq, segment->count, segment->ids,
            vectors, segment->encoded);
    if (error == ENTENTE_OK)
        error = note_specials(record, segment, payloads, row->index, arena, admitted);
    if (error != ENTENTE_OK) {
        if (is_new) {
            free(branch->past);
            free(branch->held_past);
            record->branches_count--;
        }
        return error;
    }
    move_head(record, branch, segment, past, held);
    admitted->new_branch = is_new;
    admitted->branch = *row;
    admitted->row.arrival = ++record->arrival;
    admitted->row.branch = row->index;
    admitted->row.first_seq = segment->entries[0].seq;
    admitted->row.last_seq = last->seq;
    admitted->row.last_t_ms = last->t_ms;
    admitted->row.last_id = branch->head.id;
    admitted->row.segment = segment->encoded;
    admitted->row.payloads = payloads;
    *admission->last = admitted;
    admission->last = &admitted->next;
    admission->entries += segment->count;
    return ENTENTE_OK;
}

/* E6 and E8 across the border between what is here and the segment. */
static enum entente_error
check_border(struct record *record, const struct segment *segment, uint32_t branch)
{
    const struct entry *first = &segment->entries[0];
    struct entry before;

    if (first->seq == 1 || record->mutations.no_time_rule)
        return ENTENTE_OK;
    if (first->seq - 1 == record->branches[branch].head.seq)
        return first->t_ms > record->branches[branch].head_t_ms ? ENTENTE_OK : ENTENTE_ERR_TIME;
    enum entente_error error = entry_at(record, branch, first->seq - 1, &before);
    if (error == ENTENTE_OK && first->t_ms <= before.t_ms)
        error = ENTENTE_ERR_TIME;
    return error;
}

static enum entente_error
extend(struct record *record, const struct segment *segment, struct bytes payloads,
    const struct attachment *at, struct arena *arena, struct admission *admission,
    struct position *missing)
{
    struct branch_row row = choose_branch(record, segment, at);
    uint32_t places = record->branches_count + (row.index == record->branches_count);
    struct vectors vectors = {.places = places};
    enum entente_error error = ENTENTE_OK;

    if (places > RECORD_BRANCHES_MAX)
        return ENTENTE_ERR_FLOOD;
    uint32_t *past = arena_take(arena, places, sizeof *past);
    if (past == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    if (at->branch != NULL) {
        uint32_t on = at->branch->row.index;
        error = check_border(record, segment, on);
        if (error == ENTENTE_OK)
            error = vector_at(record, on, segment->entries[0].seq - 1, past);
    }
    if (error == ENTENTE_OK)
        error = check_entries(
            record, segment, payloads, row.index, past, &vectors, arena, admission, missing);
    if (error == ENTENTE_OK)
        error = commit(record, segment, payloads, &row, past, &vectors, arena, admission);
    vectors_free(&vectors);
    return error;
}

/* Nothing is charged to who covers the fault, and so draws in no more, nor to the lane's own party. */
static bool
is_free(struct record *record, const struct contested *lane, uint8_t by)
{
    return by == lane->slot || record->mutations.no_contested_budget ||
           record_has_fault_by(record, by, lane->slot, lane->inc) ||
           pending_has_fault_by(record, by, lane->slot, lane->inc);
}

/*
 * F3: an entry of a contested lane comes in only through somebody who is not contested.  `*charged`
 * is the party in whose budget it is counted, or PARTIES_MAX.
 */
static enum entente_error
check_wanted(struct record *record, const struct segment *segment, uint8_t *charged)
{
    struct contested *lane =
        contested_find(record, segment->entries[0].slot, segment->entries[0].inc);

    *charged = PARTIES_MAX;
    if (lane == NULL || record->mutations.no_contested_hold)
        return ENTENTE_OK;
    uint32_t parties = pending_wanted_by(record, segment);
    for (uint8_t by = 0; by < record->parties; by++)
        if ((parties >> by & 1) != 0 && is_free(record, lane, by))
            return ENTENTE_OK;
    for (uint8_t by = 0; by < record->parties; by++)
        if ((parties >> by & 1) != 0 &&
            lane->budget_used[by] + segment->count <= CONTESTED_ENTRIES_MAX) {
            *charged = by;
            return ENTENTE_OK;
        }
    return ENTENTE_ERR_CONTESTED;
}

enum entente_error
admit(struct record *record, struct segment *segment, struct bytes payloads, struct arena *arena,
    struct admission *admission, struct position *missing)
{
    struct attachment at;
    const struct entry *first = &segment->entries[0];
    uint8_t charged;

    branch_refresh_registers(record);
    enum entente_error error = attach(record, segment, &at);
    if (error != ENTENTE_OK)
        return error;
    if (at.is_found && at.common == segment->count)
        return ENTENTE_ERR_DUPLICATE;

    const struct branch *other = at.is_found ? NULL : contradicted(record, segment);
    if (at.is_conflict)
        error = fault_from(
            record, at.branch->row.index, first->seq + at.common, segment, arena, admission);
    else if (other != NULL)
        error = fault_from(record, other->row.index, first->seq, segment, arena, admission);
    if (error == ENTENTE_OK)
        error = check_wanted(record, segment, &charged);
    if (error != ENTENTE_OK)
        return error;
    if (!at.is_found) {
        *missing = (struct position){first->slot, first->inc, first->seq - 1, first->prev};
        return ENTENTE_ERR_PENDING;
    }
    error = cut_front(segment, &payloads, at.common, arena);
    if (error == ENTENTE_OK)
        error = extend(record, segment, payloads, &at, arena, admission, missing);
    if (error == ENTENTE_OK && charged < PARTIES_MAX)
        contested_find(record, first->slot, first->inc)->budget_used[charged] += segment->count;
    return error;
}
