/*
 * Goal: tar_next() holds against any bytes.
 * Method: every entry has a name and lies inside the input; reading ends; an archive that is
 * accepted to its end has no byte left.
 */
#include "fuzz.h"

#include "cli/tar.h"

#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tar tar = tar_of((struct bytes){data, size});
    struct tar_entry entry;
    bool found = true;
    enum entente_error error = ENTENTE_OK;

    for (size_t entries = 0; error == ENTENTE_OK && found; entries++) {
        fuzz_require(entries <= size / TAR_BLOCK_BYTES);
        error = tar_next(&tar, &entry, &found);
        fuzz_require(!found || (error == ENTENTE_OK && entry.name[0] != '\0'));
        fuzz_require(strnlen(entry.name, sizeof entry.name) <= TAR_NAME_BYTES_MAX);
        for (size_t i = 0; i < entry.content.size; i++)
            fuzz_require(entry.content.data + i >= data && entry.content.data + i < data + size);
    }
    fuzz_require(error != ENTENTE_OK || tar.reader.rest.size == 0);
    return 0;
}
