/*
 * Goal: entry_parse() holds against any bytes, and a header has one encoding.
 * Method: what it accepts is written again, from the fields, and must be the bytes that it read;
 * its id and deps are taken too, for the sanitizers to see.
 */
#include "fuzz.h"

#include "format/entry.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader reader = reader_of((struct bytes){data, size});
    struct entry entry;
    struct entry_id id;

    if (entry_parse(&reader, &entry) != ENTENTE_OK)
        return 0;
    fuzz_require(entry.header.data == data && entry.header.size == size - reader.rest.size);
    entry_make_id(&id, &entry);
    for (unsigned i = 0; i < entry.deps_count; i++)
        fuzz_require(entry_dep(&entry, i).inc != 0);

    uint8_t *written = fuzz_memory(entry.header.size);
    struct writer writer = writer_of(written, entry.header.size);
    entry_write(&writer, &entry);
    fuzz_require(!writer.failed && bytes_equal(writer_written(&writer), entry.header));
    free(written);
    return 0;
}
