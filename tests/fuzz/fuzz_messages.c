/*
 * Goal: each message's reader holds against any bytes, and a message has one encoding.
 * Method: the first two bytes choose the message; what its reader accepts is queued again, and must
 * be the same bytes.
 */
#include "fuzz.h"

#include "channel/messages.h"

#include <string.h>

static void
try_message(uint16_t type, struct bytes body, struct channel *channel)
{
    switch (type) {
#define X(NAME, name, number, from, to, what)                                                      \
    case number: {                                                                                 \
        struct message_##name message;                                                             \
        if (message_##name##_read(body, &message) == ENTENTE_OK)                                   \
            fuzz_require(message_##name##_queue(channel, &message) == ENTENTE_OK);                 \
        break;                                                                                     \
    }
        MESSAGES(X)
#undef X
    default:
        break;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct channel *channel;
    struct reader reader = reader_of((struct bytes){data, size});
    uint16_t type = reader_u16(&reader);

    if (reader.failed || reader.rest.size > CHANNEL_BODY_BYTES_MAX)
        return 0;
    fuzz_require(channel_new(&channel, -1, 2 * CHANNEL_BODY_BYTES_MAX) == ENTENTE_OK);
    try_message(type, reader.rest, channel);
    struct bytes queued = channel_queued(channel);
    if (queued.size > 0) {
        fuzz_require(queued.size == CHANNEL_HEAD_BYTES + reader.rest.size);
        fuzz_require(reader.rest.size == 0 || memcmp(queued.data + CHANNEL_HEAD_BYTES,
                                                  reader.rest.data, reader.rest.size) == 0);
    }
    channel_free(channel);
    return 0;
}
