#include "format/ids.h"

void
position_write(struct writer *writer, const struct position *position)
{
    writer_u8(writer, position->slot);
    writer_u16(writer, position->inc);
    writer_u32(writer, position->seq);
    writer_copy(writer, position->id.bytes, sizeof position->id.bytes);
}

struct position
position_read(struct reader *reader)
{
    struct position position;

    position.slot = reader_u8(reader);
    position.inc = reader_u16(reader);
    position.seq = reader_u32(reader);
    reader_copy(reader, position.id.bytes, sizeof position.id.bytes);
    return position;
}

int
position_compare(const struct position *a, const struct position *b)
{
    if (a->slot != b->slot)
        return a->slot < b->slot ? -1 : 1;
    if (a->inc != b->inc)
        return a->inc < b->inc ? -1 : 1;
    if (a->seq != b->seq)
        return a->seq < b->seq ? -1 : 1;
    return memcmp(a->id.bytes, b->id.bytes, ID_BYTES);
}
