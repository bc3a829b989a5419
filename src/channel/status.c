#include "channel/status.h"

static void
party_write(struct writer *writer, const struct status_party *party)
{
    writer_copy(writer, party->party.bytes, sizeof party->party.bytes);
    writer_u8(writer, party->name_bytes);
    writer_copy(writer, party->name, party->name_bytes);
    writer_u8(writer, party->is_linked);
    writer_u8(writer, party->is_contested);
    writer_u64(writer, party->heard_at_ms);
    writer_u16(writer, party->inc);
    writer_u32(writer, party->head_seq);
    writer_u32(writer, party->held_seq);
    writer_u64(writer, party->holds);
    writer_u64(writer, party->behind);
    writer_u32(writer, party->missing);
}

static void
party_read(struct reader *reader, struct status_party *party)
{
    reader_copy(reader, party->party.bytes, sizeof party->party.bytes);
    party->name_bytes = reader_u8(reader);
    if (party->name_bytes > STATUS_NAME_BYTES_MAX)
        reader->failed = true;
    else
        reader_copy(reader, party->name, party->name_bytes);
    party->is_linked = reader_u8(reader) != 0;
    party->is_contested = reader_u8(reader) != 0;
    party->heard_at_ms = reader_u64(reader);
    party->inc = reader_u16(reader);
    party->head_seq = reader_u32(reader);
    party->held_seq = reader_u32(reader);
    party->holds = reader_u64(reader);
    party->behind = reader_u64(reader);
    party->missing = reader_u32(reader);
}

void
status_write(struct writer *writer, const struct status *status)
{
    writer_copy(writer, status->room.bytes, sizeof status->room.bytes);
    writer_u8(writer, status->slot);
    writer_u8(writer, status->writing);
    writer_u64(writer, status->entries);
    writer_u64(writer, status->held_by_all);
    writer_copy(writer, status->state.bytes, sizeof status->state.bytes);
    writer_u8(writer, status->title_bytes);
    writer_copy(writer, status->title, status->title_bytes);
    writer_u8(writer, status->parties_count);
    for (uint8_t i = 0; i < status->parties_count; i++)
        party_write(writer, &status->parties[i]);
}

enum entente_error
status_read(struct bytes encoded, struct status *status)
{
    struct reader reader = reader_of(encoded);

    *status = (struct status){0};
    reader_copy(&reader, status->room.bytes, sizeof status->room.bytes);
    status->slot = reader_u8(&reader);
    status->writing = reader_u8(&reader);
    status->entries = reader_u64(&reader);
    status->held_by_all = reader_u64(&reader);
    reader_copy(&reader, status->state.bytes, sizeof status->state.bytes);
    status->title_bytes = reader_u8(&reader);
    if (status->title_bytes > sizeof status->title)
        reader.failed = true;
    else
        reader_copy(&reader, status->title, status->title_bytes);
    status->parties_count = reader_u8(&reader);
    if (status->parties_count > PARTIES_MAX)
        reader.failed = true;
    for (uint8_t i = 0; i < status->parties_count && !reader.failed; i++)
        party_read(&reader, &status->parties[i]);
    enum entente_error error = reader_finish(&reader);
    if (error != ENTENTE_OK)
        *status = (struct status){0};
    return error;
}
