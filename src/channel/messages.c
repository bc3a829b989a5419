#include "channel/messages.h"

#include <assert.h>

/* Each kind of field: how many bytes, how it is written, how it is read. */
#define NUMBER(kind, type, bytes)                                                                  \
    static size_t size_##kind(type value)                                                          \
    {                                                                                              \
        (void)value;                                                                               \
        return bytes;                                                                              \
    }                                                                                              \
    static void write_##kind(struct writer *writer, type value)                                    \
    {                                                                                              \
        writer_##kind(writer, value);                                                              \
    }                                                                                              \
    static type read_##kind(struct reader *reader)                                                 \
    {                                                                                              \
        return reader_##kind(reader);                                                              \
    }
NUMBER(u8, uint8_t, 1)
NUMBER(u16, uint16_t, 2)
NUMBER(u32, uint32_t, 4)
NUMBER(u64, uint64_t, 8)

#define FIXED(kind, type)                                                                          \
    static size_t size_##kind(type value)                                                          \
    {                                                                                              \
        return sizeof value.bytes;                                                                 \
    }                                                                                              \
    static void write_##kind(struct writer *writer, type value)                                    \
    {                                                                                              \
        writer_copy(writer, value.bytes, sizeof value.bytes);                                      \
    }                                                                                              \
    static type read_##kind(struct reader *reader)                                                 \
    {                                                                                              \
        type value;                                                                                \
        reader_copy(reader, value.bytes, sizeof value.bytes);                                      \
        return value;                                                                              \
    }
FIXED(room, struct room_id)
FIXED(party, struct party_id)
FIXED(id, struct entry_id)
FIXED(digest, struct digest)
FIXED(key, struct public_key)
FIXED(tag, struct message_tag)
FIXED(signature, struct signature)

static size_t
size_flag(bool value)
{
    (void)value;
    return 1;
}

static void
write_flag(struct writer *writer, bool value)
{
    writer_u8(writer, value ? 1 : 0);
}

static bool
read_flag(struct reader *reader)
{
    uint8_t value = reader_u8(reader);

    if (value > 1)
        reader->failed = true;
    return value == 1;
}

static size_t
size_sized(struct bytes value)
{
    return 4 + value.size;
}

static void
write_sized(struct writer *writer, struct bytes value)
{
    writer_u32(writer, (uint32_t)value.size);
    writer_bytes(writer, value);
}

static struct bytes
read_sized(struct reader *reader)
{
    return reader_bytes(reader, reader_u32(reader));
}

static size_t
size_rest(struct bytes value)
{
    return value.size;
}

static void
write_rest(struct writer *writer, struct bytes value)
{
    writer_bytes(writer, value);
}

static struct bytes
read_rest(struct reader *reader)
{
    return reader_bytes(reader, reader->rest.size);
}

static size_t
size_tickets(struct bytes value)
{
    return 1 + value.size;
}

static void
write_tickets(struct writer *writer, struct bytes value)
{
    assert(value.size <= MESSAGE_TICKETS_MAX * MESSAGE_TICKET_BYTES);
    writer_u8(writer, (uint8_t)message_tickets_count(value));
    writer_bytes(writer, value);
}

static struct bytes
read_tickets(struct reader *reader)
{
    uint8_t count = reader_u8(reader);

    if (count > MESSAGE_TICKETS_MAX)
        reader->failed = true;
    return reader_bytes(reader, count * MESSAGE_TICKET_BYTES);
}

#define SIZE(kind, name) +size_##kind(message->name)
#define WRITE(kind, name) write_##kind(&writer, message->name);
#define READ(kind, name) message->name = read_##kind(&reader);

#define X(NAME, name, number, from, to, what)                                                      \
    enum entente_error message_##name##_read(struct bytes body, struct message_##name *message)    \
    {                                                                                              \
        struct reader reader = reader_of(body);                                                    \
        MESSAGE_FIELDS_##NAME(READ) if (reader_finish(&reader) == ENTENTE_OK) return ENTENTE_OK;   \
        *message = (struct message_##name){0};                                                     \
        return ENTENTE_ERR_REFUSED;                                                                \
    }                                                                                              \
    enum entente_error message_##name##_queue(                                                     \
        struct channel *channel, const struct message_##name *message)                             \
    {                                                                                              \
        size_t body_bytes = 0 MESSAGE_FIELDS_##NAME(SIZE);                                         \
        struct writer writer;                                                                      \
        enum entente_error error = channel_begin(channel, MESSAGE_##NAME, body_bytes, &writer);    \
        if (error != ENTENTE_OK)                                                                   \
            return error;                                                                          \
        MESSAGE_FIELDS_##NAME(WRITE) assert(!writer.failed && writer.used == body_bytes);          \
        return ENTENTE_OK;                                                                         \
    }
MESSAGES(X)
#undef X

bool
message_is_allowed(uint16_t type, enum message_process from, enum message_process to)
{
    switch (type) {
#define X(NAME, name, number, sender, receiver, what)                                              \
    case number:                                                                                   \
        return from == PROCESS_##sender && to == PROCESS_##receiver;
        MESSAGES(X)
#undef X
    }
    return false;
}

const char *
message_name(uint16_t type)
{
    switch (type) {
#define X(NAME, name, number, from, to, what)                                                      \
    case number:                                                                                   \
        return #NAME;
        MESSAGES(X)
#undef X
    }
    return "unknown";
}

size_t
message_tickets_count(struct bytes tickets)
{
    return tickets.size / MESSAGE_TICKET_BYTES;
}

uint64_t
message_ticket(struct bytes tickets, size_t index)
{
    struct reader reader = reader_of(
        (struct bytes){tickets.data + index * MESSAGE_TICKET_BYTES, MESSAGE_TICKET_BYTES});

    return reader_u64(&reader);
}

void
message_ticket_write(uint8_t *tickets, size_t index, uint64_t ticket)
{
    struct writer writer = writer_of(tickets + index * MESSAGE_TICKET_BYTES, MESSAGE_TICKET_BYTES);

    writer_u64(&writer, ticket);
}
