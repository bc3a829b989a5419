/*
 * Goal: register_entry_parse() holds against any bytes, an entry has one encoding, and no input
 * brings a register into a state that its own bytes do not give again.
 * Method: every entry that is read is written again and must be the same bytes; what a register
 * took of the input goes into a second one, which must end at the same id.
 */
#include "fuzz.h"

#include "format/register.h"

static void
write_again(const struct register_entry *entry)
{
    uint8_t *written = fuzz_memory(entry->encoded.size);
    struct writer writer = writer_of(written, entry->encoded.size);

    register_content_write(&writer, entry);
    register_signatures_write(&writer, entry->signatures, entry->signatures_count);
    fuzz_require(!writer.failed && bytes_equal(writer_written(&writer), entry->encoded));
    free(written);
}

static void
add_again(const struct party_register *reg)
{
    struct party_register *other;
    uint32_t count = register_count(reg);

    fuzz_require(register_new(&other) == ENTENTE_OK);
    for (uint32_t number = 1; number <= count; number++)
        fuzz_require(register_add_all(other, register_encoded(reg, number)) == ENTENTE_OK);
    fuzz_require(register_count(other) == count);
    for (uint32_t number = 1; number <= count; number++)
        fuzz_require(entry_id_equal(register_id(reg, number), register_id(other, number)));
    register_free(other);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader reader = reader_of((struct bytes){data, size});
    struct register_entry entry;
    struct party_register *reg;

    fuzz_require(register_new(&reg) == ENTENTE_OK);
    while (register_entry_parse(&reader, &entry) == ENTENTE_OK) {
        write_again(&entry);
        if (register_add(reg, &entry) == ENTENTE_OK)
            fuzz_require(bytes_equal(register_encoded(reg, register_count(reg)), entry.encoded));
    }
    add_again(reg);
    register_free(reg);
    return 0;
}
