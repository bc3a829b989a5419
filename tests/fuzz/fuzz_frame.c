/*
 * Goal: frame_parse() holds against any bytes, and a frame has one encoding.
 * Method: what it accepts is written again, from the fields, and must be the same bytes; the lanes
 * are read too, for the sanitizers to see.
 */
#include "fuzz.h"

#include "format/frame.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct frame frame;
    struct bytes input = {data, size};

    if (frame_parse(input, &frame) != ENTENTE_OK)
        return 0;
    if (frame.kind == FRAME_HAVE)
        for (unsigned i = 0; i < frame.have.lanes_count; i++)
            fuzz_require(frame_lane(frame.have.lanes, i).seq != 0);

    uint8_t *written = fuzz_memory(size);
    struct writer writer = writer_of(written, size);
    frame_write(&writer, &frame);
    fuzz_require(!writer.failed && bytes_equal(writer_written(&writer), input));
    free(written);
    return 0;
}
