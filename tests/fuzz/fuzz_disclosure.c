/*
 * Goal: disclosure_parse() holds against any bytes, a disclosure has one encoding, and checking
 * it stays within its path whatever index and count say.
 * Method: what it accepts is written again and must be the same bytes; then it is checked.
 */
#include "fuzz.h"

#include "format/commitment.h"

#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct digest commitment;
    struct disclosure disclosure;

    if (disclosure_parse((struct bytes){data, size}, &disclosure) != ENTENTE_OK)
        return 0;
    fuzz_require(disclosure_check(&disclosure, &commitment) == ENTENTE_ERR_COMMITMENT);

    uint8_t *written = fuzz_memory(size);
    struct writer writer = writer_of(written, size);
    disclosure_write(&writer, &disclosure);
    fuzz_require(!writer.failed && writer.used == size && memcmp(written, data, size) == 0);
    free(written);
    return 0;
}
