#include "reader/walk.h"

#include <sys/mman.h>

#define DROP_BYTES 8388608u

enum entente_error
walk_start(struct walk *walk, struct bytes file)
{
    *walk = (struct walk){.file = file, .next = BUNDLE_MAGIC_BYTES};
    if (file.size < BUNDLE_MAGIC_BYTES || memcmp(file.data, BUNDLE_MAGIC, BUNDLE_MAGIC_BYTES) != 0)
        return ENTENTE_ERR_MALFORMED;
    return ENTENTE_OK;
}

static enum entente_error
frame_bytes(struct bytes file, size_t offset, struct bytes *frame)
{
    struct bytes rest = file;

    if (offset > 0) /* an empty file has no data to point into */
        rest = (struct bytes){file.data + offset, file.size - offset};
    struct reader reader = reader_of(rest);
    uint32_t size = reader_u32(&reader);

    if (!reader.failed && size > FRAME_BYTES_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    *frame = reader_bytes(&reader, size);
    return reader.failed ? ENTENTE_ERR_TRUNCATED : ENTENTE_OK;
}

enum entente_error
walk_next(struct walk *walk, struct frame *frame)
{
    struct bytes bytes;

    walk->offset = walk->next;
    if (walk->stage == BUNDLE_ENDED)
        return walk->next == walk->file.size ? ENTENTE_ERR_NOT_FOUND : ENTENTE_ERR_MALFORMED;
    enum entente_error error = frame_bytes(walk->file, walk->offset, &bytes);
    if (error == ENTENTE_OK)
        error = frame_parse(bytes, frame);
    if (error == ENTENTE_OK)
        error = bundle_step(&walk->stage, frame->kind);
    if (error == ENTENTE_OK)
        walk->next = walk->offset + 4 + bytes.size;
    return error;
}

enum entente_error
walk_frame_at(struct bytes file, size_t offset, struct frame *frame)
{
    struct bytes bytes;

    enum entente_error error = frame_bytes(file, offset, &bytes);
    return error == ENTENTE_OK ? frame_parse(bytes, frame) : error;
}

void
walk_drop(struct walk *walk)
{
    uintptr_t start = (uintptr_t)walk->file.data;

    if (!walk->is_mapped || walk->offset - walk->dropped < 2 * (size_t)DROP_BYTES)
        return;
    /* Advice only: without it the walk goes on, in more memory. */
    (void)madvise((void *)(start + walk->dropped), DROP_BYTES, MADV_DONTNEED);
    walk->dropped += DROP_BYTES;
}
