/*
 * The payloads' hashes.  They are half of the hashing and depend on nothing else, so a second
 * thread can do them while the first one follows the chain of ids; the two share only `limit`.
 */
#include "reader/internal.h"

static enum entente_error
check_segment(struct bytes segment, struct bytes payloads, uint32_t *seq)
{
    struct reader headers = reader_of(segment);
    struct reader rest = reader_of(payloads);
    unsigned count = reader_u8(&headers);

    (void)reader_u32(&headers);
    for (unsigned i = 0; i < count; i++) {
        struct entry entry;
        struct digest hash;
        if (entry_parse(&headers, &entry) != ENTENTE_OK)
            return ENTENTE_ERR_MALFORMED;
        struct bytes payload = reader_bytes(&rest, entry.payload_bytes);
        if (rest.failed)
            return ENTENTE_ERR_MALFORMED;
        payload_make_hash(&hash, payload);
        *seq = entry.seq;
        if (memcmp(hash.bytes, entry.payload_hash.bytes, sizeof hash.bytes) != 0)
            return ENTENTE_ERR_HASH;
    }
    return ENTENTE_OK;
}

void
payload_check_run(struct payload_check *check)
{
    struct walk walk;
    struct frame frame;
    enum entente_error error = walk_start(&walk, check->file);

    walk.is_mapped = check->is_mapped;
    while (error == ENTENTE_OK && walk.next < check->limit) {
        error = walk_next(&walk, &frame);
        if (error != ENTENTE_OK || frame.kind != FRAME_SEGMENT)
            continue;
        error = check_segment(frame.segment.segment, frame.segment.payloads, &check->seq);
        check->offset = walk.offset;
        walk_drop(&walk);
    }
    check->error = error == ENTENTE_ERR_HASH ? ENTENTE_ERR_HASH : ENTENTE_OK;
}
