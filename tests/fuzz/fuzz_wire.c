/*
 * Goal: wire_take() holds against any bytes, and what it makes of them does not depend on how they
 * were cut into reads.
 * Method: the first byte chooses the side and the size of the reads; the rest is read once whole
 * and once in such reads, each from memory of its own size; messages and outcome must be the same.
 */
#include "fuzz.h"

#include "net/wire.h"

#include <string.h>

enum { FRAME_MAX = 300 };

/* The messages' kinds, sizes and bytes, folded (FNV-1a), and how it ended. */
struct outcome {
    uint64_t digest;
    enum entente_error error;
};

static uint64_t
fold(uint64_t digest, enum wire_opcode kind, struct bytes payload)
{
    digest = (digest ^ kind) * 0x100000001B3u;
    digest = (digest ^ payload.size) * 0x100000001B3u;
    for (size_t i = 0; i < payload.size; i++)
        digest = (digest ^ payload.data[i]) * 0x100000001B3u;
    return digest;
}

static void
take_one_read(struct wire *wire, struct bytes input, struct outcome *outcome)
{
    uint8_t *data = fuzz_memory(input.size);
    size_t at = 0;

    memcpy(data, input.data, input.size);
    while (at < input.size && outcome->error == ENTENTE_OK) {
        size_t used;
        enum wire_opcode whole;
        struct bytes payload;
        outcome->error =
            wire_take(wire, data + at, input.size - at, FRAME_MAX, &used, &whole, &payload);
        fuzz_require(used <= input.size - at);
        at += used;
        if (outcome->error != ENTENTE_OK)
            break;
        fuzz_require(used > 0);
        fuzz_require(payload.size <= (whole == WIRE_BINARY ? FRAME_MAX : WIRE_CONTROL_BYTES_MAX));
        if (whole != WIRE_CONTINUATION)
            outcome->digest = fold(outcome->digest, whole, payload);
    }
    free(data);
}

static struct outcome
take(struct bytes input, bool from_client, size_t read_size)
{
    struct wire wire = {.from_client = from_client};
    struct outcome outcome = {.digest = 0xCBF29CE484222325u, .error = ENTENTE_OK};

    for (size_t at = 0; at < input.size && outcome.error == ENTENTE_OK; at += read_size) {
        size_t size = input.size - at < read_size ? input.size - at : read_size;
        take_one_read(&wire, (struct bytes){input.data + at, size}, &outcome);
    }
    wire_free(&wire);
    return outcome;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct bytes input = {data + 1, size - 1};
    bool from_client = (data[0] & 0x80) != 0;
    struct outcome whole = take(input, from_client, input.size);
    struct outcome cut = take(input, from_client, 1 + (data[0] & 0x7F));

    fuzz_require(whole.digest == cut.digest && whole.error == cut.error);
    return 0;
}
