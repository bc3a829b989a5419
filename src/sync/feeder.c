#include "sync/feeder.h"

#include "format/frame.h"

#include <stdlib.h>

void
feeder_free(struct feeder *feeder)
{
    free(feeder->feeds);
    *feeder = (struct feeder){0};
}

struct feed *
feeder_feed(struct feeder *feeder, uint32_t branch)
{
    if (branch >= feeder->feeds_size) {
        uint32_t size = branch + 8;
        struct feed *grown = realloc(feeder->feeds, size * sizeof *grown);
        if (grown == NULL)
            return NULL;
        memset(grown + feeder->feeds_size, 0, (size - feeder->feeds_size) * sizeof *grown);
        feeder->feeds = grown;
        feeder->feeds_size = size;
    }
    return &feeder->feeds[branch];
}

void
feeder_know(struct feeder *feeder, uint32_t branch, uint32_t seq)
{
    struct feed *feed = feeder_feed(feeder, branch);

    if (feed != NULL && feed->known_seq < seq)
        feed->known_seq = seq;
}

void
feeder_push(struct feeder *feeder, uint32_t branch, uint32_t head_seq)
{
    struct feed *feed = feeder_feed(feeder, branch);

    if (feed != NULL && feed->known_seq + FEEDER_PUSH_MAX >= head_seq)
        feed->to_seq = UINT32_MAX;
}

void
feeder_need(struct feeder *feeder, const struct position *position)
{
    for (uint32_t i = 0; i < feeder->needs_count; i++)
        if (position_compare(&feeder->needs[i], position) == 0)
            return;
    if (feeder->needs_count < FEEDER_NEEDS_MAX)
        feeder->needs[feeder->needs_count++] = *position;
}

static void
want_branch(struct feeder *feeder, uint32_t branch, uint32_t after_seq, uint32_t to_seq)
{
    struct feed *feed = feeder_feed(feeder, branch);

    if (feed == NULL)
        return;
    feed->known_seq = after_seq; /* the peer's word, even if it is less than it had */
    if (feed->to_seq < to_seq)
        feed->to_seq = to_seq;
}

/*
 * Nothing behind `after` comes on its branch, and the lane was forked: the peer waits in vain there for
 * what lies on another one.  The entry that this has in the place of the peer's shows it the fork (Y3).
 */
static enum entente_error
show_fork(struct feeder *feeder, struct record *record, const struct position *after, uint32_t on)
{
    for (uint32_t branch = 0; branch < record_branches(record); branch++) {
        const struct branch_row *row = record_branch(record, branch);
        struct position other = *after;
        if (branch == on || row->slot != after->slot || row->inc != after->inc ||
            record_head(record, branch).seq < after->seq)
            continue;
        enum entente_error error = record_id_at(record, branch, after->seq, &other.id);
        if (error != ENTENTE_OK)
            return error;
        if (!entry_id_equal(&other.id, &after->id))
            feeder_need(feeder, &other);
    }
    return ENTENTE_OK;
}

enum entente_error
feeder_want(
    struct feeder *feeder, struct record *record, const struct position *after, uint32_t to_seq)
{
    struct position other = *after;
    uint32_t branch;

    if (record_lane(record, after->slot, after->inc, &branch) != ENTENTE_OK)
        return ENTENTE_OK;
    if (after->seq == 0) {
        want_branch(feeder, branch, 0, to_seq);
        return ENTENTE_OK;
    }
    enum entente_error error = record_find(record, after, &branch);
    if (error == ENTENTE_OK) {
        want_branch(feeder, branch, after->seq, to_seq);
        bool has_more = record_head(record, branch).seq > after->seq && to_seq > after->seq;
        return after->inc == REGISTER_INC || has_more ? ENTENTE_OK
                                                      : show_fork(feeder, record, after, branch);
    }
    if (error != ENTENTE_ERR_NOT_FOUND || after->inc == REGISTER_INC ||
        record_head(record, branch).seq < after->seq)
        return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
    error = record_id_at(record, branch, after->seq, &other.id);
    if (error == ENTENTE_OK)
        feeder_need(feeder, &other);
    return error;
}

/* Behind which seq the branch goes on for the peer: what lies before a fork is the parent's. */
static uint32_t
known_of(const struct feed *feed, const struct record *record, uint32_t branch)
{
    uint32_t fork_seq = record_branch(record, branch)->fork_seq;

    return feed->known_seq > fork_seq ? feed->known_seq : fork_seq;
}

static bool
is_due(const struct feeder *feeder, const struct record *record, uint32_t branch)
{
    const struct feed *feed = &feeder->feeds[branch];
    uint32_t known = known_of(feed, record, branch);

    return known < record_head(record, branch).seq && known < feed->to_seq;
}

bool
feeder_is_hungry(const struct feeder *feeder, const struct record *record)
{
    if (feeder->needs_count > 0)
        return true;
    for (uint32_t i = 0; i < feeder->feeds_size && i < record_branches(record); i++)
        if (is_due(feeder, record, i))
            return true;
    return false;
}

static enum entente_error
make_frame(const struct frame *frame, size_t size, size_t credit, struct arena *arena,
    struct bytes *made)
{
    if (size > credit)
        return ENTENTE_ERR_FLOOD;
    uint8_t *data = arena_take(arena, 1, size);
    if (data == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    struct writer writer = writer_of(data, size);
    frame_write(&writer, frame);
    *made = writer_written(&writer);
    return writer.failed ? ENTENTE_ERR_CORRUPT : ENTENTE_OK;
}

/* The segment that contains `seq`, and what the peer knows then. */
static enum entente_error
segment_frame(struct record *record, const struct record_source *source, uint32_t branch,
    uint32_t seq, size_t credit, struct arena *arena, struct bytes *made, uint32_t *last_seq)
{
    struct segment_row row;
    struct frame frame = {.kind = FRAME_SEGMENT};

    enum entente_error error =
        source->segment_at(source->state, record_room(record), branch, seq, &row);
    if (error != ENTENTE_OK)
        return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_ERR_CORRUPT : error;
    frame.segment.segment = row.segment;
    frame.segment.payloads = row.payloads;
    *last_seq = row.last_seq;
    return make_frame(
        &frame, 1 + row.segment.size + row.payloads.size, credit, arena, made);
}

static enum entente_error
register_frame(struct record *record, uint8_t slot, uint32_t first, uint32_t last, size_t credit,
    struct arena *arena, struct bytes *made)
{
    const struct party_register *reg = record_register(record, slot);
    struct frame frame = {.kind = FRAME_REGISTER, .room = *record_room(record)};
    size_t size = 0;

    for (uint32_t number = first; number <= last; number++)
        size += register_encoded(reg, number).size;
    uint8_t *entries = arena_take(arena, 1, size);
    if (entries == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    struct writer writer = writer_of(entries, size);
    for (uint32_t number = first; number <= last; number++)
        writer_bytes(&writer, register_encoded(reg, number));
    frame.reg.slot = slot;
    frame.reg.count = (uint8_t)(last - first + 1);
    frame.reg.entries = writer_written(&writer);
    return make_frame(&frame, 1 + 32 + 2 + size, credit, arena, made);
}

static enum entente_error
answer_need(struct feeder *feeder, struct record *record, const struct record_source *source,
    size_t credit, struct arena *arena, struct bytes *made)
{
    struct position need = feeder->needs[0];
    enum entente_error error;
    uint32_t branch;
    uint32_t last_seq;

    if (need.inc == REGISTER_INC && need.slot < record_parties(record) && need.seq > 0 &&
        need.seq <= register_count(record_register(record, need.slot))) {
        uint32_t first = need.seq > FEEDER_REGISTER_ENTRIES_MAX
                             ? need.seq - FEEDER_REGISTER_ENTRIES_MAX + 1 : 1;
        error = register_frame(record, need.slot, first, need.seq, credit, arena, made);
    } else if (record_find(record, &need, &branch) == ENTENTE_OK) {
        error = segment_frame(record, source, branch, need.seq, credit, arena, made, &last_seq);
    } else {
        struct frame frame = {
            .kind = FRAME_NOHAVE, .room = *record_room(record), .need = need};
        error = make_frame(&frame, 1 + 32 + POSITION_BYTES, credit, arena, made);
    }
    if (error == ENTENTE_OK) {
        feeder->needs_count--;
        memmove(feeder->needs, feeder->needs + 1, feeder->needs_count * sizeof *feeder->needs);
    }
    return error;
}

static enum entente_error
feed_branch(struct feeder *feeder, struct record *record, const struct record_source *source,
    uint32_t branch, size_t credit, struct arena *arena, struct bytes *made)
{
    struct feed *feed = &feeder->feeds[branch];
    uint32_t last_seq = record_head(record, branch).seq;
    enum entente_error error;

    if (record_branch(record, branch)->inc == REGISTER_INC) {
        if (last_seq - feed->known_seq > FEEDER_REGISTER_ENTRIES_MAX)
            last_seq = feed->known_seq + FEEDER_REGISTER_ENTRIES_MAX;
        error = register_frame(
            record, (uint8_t)branch, feed->known_seq + 1, last_seq, credit, arena, made);
    } else {
        error = segment_frame(
            record, source, branch, known_of(feed, record, branch) + 1, credit, arena, made, &last_seq);
    }
    if (error == ENTENTE_OK)
        feed->known_seq = last_seq;
    return error;
}

/* When the segment that comes next in `branch` arrived here; registers come before all. */
static enum entente_error
look_up_arrival(struct feeder *feeder, struct record *record, const struct record_source *source,
    uint32_t branch, uint64_t *arrival)
{
    struct feed *feed = &feeder->feeds[branch];
    uint32_t next_seq = known_of(feed, record, branch) + 1;
    struct segment_row row;

    if (record_branch(record, branch)->inc == REGISTER_INC) {
        *arrival = 0;
        return ENTENTE_OK;
    }
    if (feed->next_seq != next_seq) {
        enum entente_error error = source->segment_at(
            source->state, record_room(record), branch, next_seq, &row);
        if (error != ENTENTE_OK)
            return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_ERR_CORRUPT : error;
        feed->next_seq = next_seq;
        feed->next_arrival = row.arrival;
    }
    *arrival = feed->next_arrival;
    return ENTENTE_OK;
}

enum entente_error
feeder_next(struct feeder *feeder, struct record *record, const struct record_source *source,
    size_t credit, struct arena *arena, struct bytes *frame)
{
    uint32_t count = record_branches(record);
    uint32_t due = 0;
    uint32_t chosen = 0;
    uint64_t earliest = UINT64_MAX;

    *frame = (struct bytes){0};
    if (feeder->needs_count > 0)
        return answer_need(feeder, record, source, credit, arena, frame);
    if (count > feeder->feeds_size)
        count = feeder->feeds_size;
    for (uint32_t branch = 0; branch < count; branch++)
        if (is_due(feeder, record, branch)) {
            chosen = branch;
            due++;
        }
    for (uint32_t branch = 0; branch < count && due > 1; branch++) {
        uint64_t arrival;
        if (!is_due(feeder, record, branch))
            continue;
        enum entente_error error = look_up_arrival(feeder, record, source, branch, &arrival);
        if (error != ENTENTE_OK)
            return error;
        if (arrival < earliest) {
            earliest = arrival;
            chosen = branch;
        }
    }
    if (due == 0)
        return ENTENTE_OK;
    return feed_branch(feeder, record, source, chosen, credit, arena, frame);
}
