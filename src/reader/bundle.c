#include "reader/bundle.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum entente_error
bundle_step(enum bundle_stage *stage, uint8_t kind)
{
    switch (*stage) {
    case BUNDLE_STARTS:
        if (kind != FRAME_MANIFEST)
            return ENTENTE_ERR_UNEXPECTED;
        *stage = BUNDLE_GOES_ON;
        return ENTENTE_OK;
    case BUNDLE_GOES_ON:
        if (kind == FRAME_END)
            *stage = BUNDLE_ENDED;
        else if (kind != FRAME_REGISTER && kind != FRAME_SEGMENT && kind != FRAME_FAULT)
            return ENTENTE_ERR_UNEXPECTED;
        return ENTENTE_OK;
    case BUNDLE_ENDED:
        break;
    }
    return ENTENTE_ERR_UNEXPECTED;
}

struct bundle {
    int file;
    enum bundle_stage stage;
    enum entente_error error; /* the one that ended it */
    uint64_t offset;          /* of the last frame */
    uint64_t next_offset;     /* of what follows it */
    size_t used;              /* bytes of the last frame in `data`, to be forgotten */
    size_t size;              /* bytes in `data` */
    bool is_at_end;           /* of the file */
    uint8_t data[4 + FRAME_BYTES_MAX + BUNDLE_READ_BYTES];
};

enum entente_error
bundle_new(struct bundle **bundle, int file)
{
    *bundle = calloc(1, sizeof **bundle);
    if (*bundle == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    (*bundle)->file = file;
    return ENTENTE_OK;
}

void
bundle_free(struct bundle *bundle)
{
    free(bundle);
}

/* Reads until `wanted` bytes are there, or the file ends. */
static enum entente_error
fill(struct bundle *bundle, size_t wanted)
{
    while (bundle->size < wanted && !bundle->is_at_end) {
        ssize_t got = read(bundle->file, bundle->data + bundle->size, BUNDLE_READ_BYTES);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ENTENTE_ERR_IO;
        bundle->is_at_end = got == 0;
        bundle->size += (size_t)got;
    }
    return bundle->size >= wanted ? ENTENTE_OK : ENTENTE_ERR_TRUNCATED;
}

static void
forget_used(struct bundle *bundle)
{
    memmove(bundle->data, bundle->data + bundle->used, bundle->size - bundle->used);
    bundle->size -= bundle->used;
    bundle->used = 0;
}

static enum entente_error
skip_magic(struct bundle *bundle)
{
    enum entente_error error = fill(bundle, BUNDLE_MAGIC_BYTES);

    if (error == ENTENTE_ERR_IO)
        return error;
    if (error != ENTENTE_OK || memcmp(bundle->data, BUNDLE_MAGIC, BUNDLE_MAGIC_BYTES) != 0)
        return ENTENTE_ERR_MALFORMED;
    bundle->used = BUNDLE_MAGIC_BYTES;
    bundle->next_offset = BUNDLE_MAGIC_BYTES;
    return ENTENTE_OK;
}

/* Behind END nothing may come. */
static enum entente_error
end(struct bundle *bundle)
{
    enum entente_error error = fill(bundle, 1);

    if (error == ENTENTE_ERR_TRUNCATED)
        return ENTENTE_ERR_NOT_FOUND;
    return error == ENTENTE_OK ? ENTENTE_ERR_MALFORMED : error;
}

static enum entente_error
next(struct bundle *bundle, struct frame *frame)
{
    enum entente_error error = ENTENTE_OK;

    if (bundle->next_offset == 0)
        error = skip_magic(bundle);
    if (error != ENTENTE_OK)
        return error;
    forget_used(bundle);
    bundle->offset = bundle->next_offset;
    if (bundle->stage == BUNDLE_ENDED)
        return end(bundle);
    error = fill(bundle, 4);
    if (error != ENTENTE_OK)
        return error;
    struct reader reader = reader_of((struct bytes){bundle->data, 4});
    uint32_t size = reader_u32(&reader);
    if (size > FRAME_BYTES_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    error = fill(bundle, 4 + (size_t)size);
    if (error == ENTENTE_OK)
        error = frame_parse((struct bytes){bundle->data + 4, size}, frame);
    if (error == ENTENTE_OK)
        error = bundle_step(&bundle->stage, frame->kind);
    bundle->used = 4 + (size_t)size;
    bundle->next_offset += bundle->used;
    return error;
}

enum entente_error
bundle_next(struct bundle *bundle, struct frame *frame)
{
    if (bundle->error == ENTENTE_OK)
        bundle->error = next(bundle, frame);
    if (bundle->error != ENTENTE_OK)
        *frame = (struct frame){0};
    return bundle->error;
}

uint64_t
bundle_offset(const struct bundle *bundle)
{
    return bundle->offset;
}

struct bytes
bundle_frame_bytes(const struct bundle *bundle)
{
    return bundle->used > 4 ? (struct bytes){bundle->data + 4, bundle->used - 4}
                            : (struct bytes){0};
}

static int
compare_gaps(const void *a, const void *b)
{
    const struct bundle_gap *one = a;
    const struct bundle_gap *other = b;

    if (one->slot != other->slot)
        return one->slot < other->slot ? -1 : 1;
    return one->inc == other->inc ? 0 : one->inc < other->inc ? -1 : 1;
}

/* The last entry of the lane that is here. */
static uint32_t
lane_end(const struct record *record, uint8_t slot, uint16_t inc)
{
    uint32_t branch;

    if (record_lane(record, slot, inc, &branch) != ENTENTE_OK)
        return 0;
    return record_head(record, branch).seq;
}

uint32_t
bundle_gaps(const struct record *record, struct bundle_gap *gaps, uint32_t max)
{
    struct position missing;
    uint32_t count = 0;

    for (uint32_t i = 0; record_pending_at(record, i, &missing); i++) {
        uint32_t at = 0;
        while (at < count && (gaps[at].slot != missing.slot || gaps[at].inc != missing.inc))
            at++;
        if (at == count && count == max)
            continue;
        if (at == count)
            gaps[count++] = (struct bundle_gap){missing.slot, missing.inc,
                lane_end(record, missing.slot, missing.inc), missing.seq};
        if (missing.seq > gaps[at].to_seq)
            gaps[at].to_seq = missing.seq;
        /* Another branch than ours: what differs may begin anywhere. */
        if (gaps[at].after_seq >= missing.seq)
            gaps[at].after_seq = 0;
    }
    if (count > 0)
        qsort(gaps, count, sizeof *gaps, compare_gaps);
    return count;
}

void
bundle_gap_text(char *text, size_t size, const struct bundle_gap *gap)
{
    unsigned first = gap->after_seq + 1;

    if (gap->inc == REGISTER_INC)
        snprintf(text, size, "party %u: register entries %u to %u", gap->slot, first, gap->to_seq);
    else
        snprintf(text, size, "party %u, incarnation %u: entries %u to %u", gap->slot, gap->inc,
            first, gap->to_seq);
}
