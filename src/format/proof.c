#include "format/proof.h"

static enum entente_error
read_segment(struct reader *reader, struct bytes *segment)
{
    size_t size = reader_u32(reader);

    *segment = reader_bytes(reader, size);
    if (size > SEGMENT_BYTES_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    if (reader->failed)
        return ENTENTE_ERR_TRUNCATED;
    return size > 0 ? ENTENTE_OK : ENTENTE_ERR_MALFORMED;
}

static enum entente_error
read_fault(struct reader *reader, struct fault *fault)
{
    fault->slot = reader_u8(reader);
    fault->inc = reader_u16(reader);
    if (reader->failed)
        return ENTENTE_ERR_TRUNCATED;
    if (fault->slot >= PARTIES_MAX || fault->inc == 0 || fault->inc > INC_MAX)
        return ENTENTE_ERR_MALFORMED;
    enum entente_error error = read_segment(reader, &fault->first);
    if (error == ENTENTE_OK)
        error = read_segment(reader, &fault->second);
    return error == ENTENTE_OK ? reader_finish(reader) : error;
}

enum entente_error
fault_parse(struct bytes payload, struct fault *fault)
{
    struct reader reader = reader_of(payload);

    *fault = (struct fault){0};
    enum entente_error error = read_fault(&reader, fault);
    if (error != ENTENTE_OK)
        *fault = (struct fault){0};
    return error;
}

void
fault_write(struct writer *writer, const struct fault *fault)
{
    writer_u8(writer, fault->slot);
    writer_u16(writer, fault->inc);
    writer_u32(writer, (uint32_t)fault->first.size);
    writer_bytes(writer, fault->first);
    writer_u32(writer, (uint32_t)fault->second.size);
    writer_bytes(writer, fault->second);
}

static uint32_t
first_seq(const struct segment *segment)
{
    return segment->entries[0].seq;
}

bool
proof_find(const struct segment *one, const struct segment *other, uint32_t *differing_seq,
    bool *one_is_first)
{
    const struct entry *a = segment_last(one), *b = segment_last(other);

    if (a->slot != b->slot || a->inc != b->inc || !room_id_equal(&a->room, &b->room))
        return false;
    uint32_t from = first_seq(one) > first_seq(other) ? first_seq(one) : first_seq(other);
    uint32_t to = a->seq < b->seq ? a->seq : b->seq;
    for (uint64_t seq = from; seq <= to; seq++) { /* wide: `to` may be UINT32_MAX */
        int order = memcmp(one->ids[seq - first_seq(one)].bytes,
            other->ids[seq - first_seq(other)].bytes, ID_BYTES);
        if (order != 0) {
            *differing_seq = (uint32_t)seq;
            *one_is_first = order < 0;
            return true;
        }
    }
    return false;
}

static enum entente_error
parse_whole(struct bytes encoded, struct segment *segment)
{
    struct reader reader = reader_of(encoded);
    enum entente_error error = segment_parse(&reader, segment);

    return error == ENTENTE_OK ? reader_finish(&reader) : error;
}

enum entente_error
fault_check(const struct fault *fault, const struct room_id *room, const struct public_key *key,
    struct segment scratch[static 2])
{
    enum entente_error error = parse_whole(fault->first, &scratch[0]);
    uint32_t seq;
    bool in_order;

    if (error == ENTENTE_OK)
        error = parse_whole(fault->second, &scratch[1]);
    if (error != ENTENTE_OK)
        return error;
    for (unsigned i = 0; i < 2; i++) {
        const struct entry *last = segment_last(&scratch[i]);
        if (!room_id_equal(&last->room, room))
            return ENTENTE_ERR_WRONG_ROOM;
        if (last->slot != fault->slot || last->inc != fault->inc)
            return ENTENTE_ERR_NO_PROOF;
    }
    if (!proof_find(&scratch[0], &scratch[1], &seq, &in_order) || !in_order)
        return ENTENTE_ERR_NO_PROOF;
    for (unsigned i = 0; i < 2; i++)
        if (!segment_check_signature(&scratch[i], key))
            return ENTENTE_ERR_SIGNATURE;
    return ENTENTE_OK;
}
