/*
 * Goal: body_parse() holds against any bytes, and a body has one encoding.
 * Method: what it accepts is written again, from the fields, and must be the same bytes.
 */
#include "fuzz.h"

#include "format/body.h"

#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct body body;

    if (body_parse((struct bytes){data, size}, &body) != ENTENTE_OK)
        return 0;
    fuzz_require(body_size(&body) == size);

    uint8_t *written = fuzz_memory(size);
    struct writer writer = writer_of(written, size);
    fuzz_require(body_write(&writer, &body) == ENTENTE_OK);
    fuzz_require(writer.used == size && memcmp(written, data, size) == 0);
    free(written);
    return 0;
}
