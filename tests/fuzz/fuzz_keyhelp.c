/*
 * Goal: key_help_parse() holds against any bytes, and a payload has one encoding.
 * Method: what it accepts is written again, item by item, and must be the same bytes.
 */
#include "fuzz.h"

#include "format/keys.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes input = {data, size};
    struct key_help help;

    if (key_help_parse(input, &help) != ENTENTE_OK)
        return 0;
    uint8_t *written = fuzz_memory(size);
    struct writer writer = writer_of(written, size);
    key_help_write_head(&writer, help.slot, help.inc, help.count);
    for (uint32_t i = 0; i < help.count; i++) {
        struct key_help_item item = key_help_item(&help, i);
        fuzz_require(item.index < CHAIN_STEPS_MAX && item.owner_slot < PARTIES_MAX);
        key_help_write_item(&writer, &item);
    }
    fuzz_require(!writer.failed && bytes_equal(input, writer_written(&writer)));
    free(written);
    return 0;
}
