/*
 * Goal: segment_parse() holds against any bytes, a segment has one encoding, and payloads of any
 * bytes are read only within them.
 * Method: what it accepts is written again and must be the same bytes; what follows in the input is
 * taken for the payloads.
 */
#include "fuzz.h"

#include "format/segment.h"

static void
write_again(const struct segment *segment)
{
    uint8_t *written = fuzz_memory(segment->encoded.size);
    uint8_t *headers = fuzz_memory(segment->encoded.size);
    struct writer headers_writer = writer_of(headers, segment->encoded.size);
    struct writer writer = writer_of(written, segment->encoded.size);

    for (uint32_t i = 0; i < segment->count; i++)
        entry_write(&headers_writer, &segment->entries[i]);
    segment_write(&writer, segment->count, writer_written(&headers_writer), &segment->signature);
    fuzz_require(!writer.failed && bytes_equal(writer_written(&writer), segment->encoded));
    free(headers);
    free(written);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct segment segment;
    static const struct public_key key = {{1}};
    struct reader reader = reader_of((struct bytes){data, size});

    if (segment_parse(&reader, &segment) != ENTENTE_OK)
        return 0;
    write_again(&segment);
    fuzz_require(!segment_check_signature(&segment, &key));
    if (segment_check_payloads(&segment, reader.rest) == ENTENTE_OK)
        fuzz_require(segment.payload_bytes == reader.rest.size);
    return 0;
}
