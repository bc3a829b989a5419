/*
 * Goal: fault_parse() and fault_check() hold against any bytes, a payload has one encoding, and no
 * bytes prove a fault of a key that signed nothing.
 * Method: what is accepted is written again and must be the same bytes; it is checked for the room
 * that its first segment names, so that the check goes as far as it can.
 */
#include "fuzz.h"

#include "format/proof.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct segment scratch[2];
    static const struct public_key key = {{1}};
    struct room_id room = {{0}};
    struct bytes input = {data, size};
    struct fault fault;

    if (fault_parse(input, &fault) != ENTENTE_OK)
        return 0;
    uint8_t *written = fuzz_memory(size);
    struct writer writer = writer_of(written, size);
    fault_write(&writer, &fault);
    fuzz_require(!writer.failed && bytes_equal(writer_written(&writer), input));
    free(written);

    struct reader reader = reader_of(fault.first);
    if (segment_parse(&reader, &scratch[0]) == ENTENTE_OK)
        room = scratch[0].entries[0].room;
    fuzz_require(fault_check(&fault, &room, &key, scratch) != ENTENTE_OK);
    return 0;
}
