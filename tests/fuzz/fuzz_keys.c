/*
 * Goal: keys_parse() and prekey_parse() hold against any bytes, and each payload has one encoding.
 * Method: what they accept is written again and must be the same bytes.
 */
#include "fuzz.h"

#include "format/keys.h"

#include <string.h>

static void
require_same(struct bytes input, const struct writer *writer)
{
    fuzz_require(!writer->failed && bytes_equal(input, writer_written(writer)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes input = {data, size};
    uint8_t *written = fuzz_memory(size);
    struct writer writer = writer_of(written, size);
    struct keys keys;
    struct prekey prekey;

    if (keys_parse(input, &keys) == ENTENTE_OK) {
        keys_write(&writer, &keys);
        require_same(input, &writer);
    } else if (prekey_parse(input, &prekey) == ENTENTE_OK) {
        prekey_write(&writer, &prekey);
        require_same(input, &writer);
    }
    free(written);
    return 0;
}
