/*
 * Goal: genesis_file_parse() holds against any bytes, and a genesis and its file have one encoding.
 * Method: what it accepts is written again, the genesis from its fields, and must be the same
 * bytes.
 */
#include "fuzz.h"

#include "format/genesis.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct genesis genesis;
    static struct genesis_consents consents;
    struct bytes input = {data, size};

    if (genesis_file_parse(input, &genesis, &consents) != ENTENTE_OK)
        return 0;
    uint8_t *written = fuzz_memory(size);
    struct writer writer = writer_of(written, size);
    genesis_file_write(&writer, &genesis, &consents);
    fuzz_require(!writer.failed && bytes_equal(writer_written(&writer), input));
    writer = writer_of(written, size);
    genesis_write(&writer, &genesis);
    fuzz_require(!writer.failed && bytes_equal(writer_written(&writer), genesis.encoded));
    free(written);
    return 0;
}
