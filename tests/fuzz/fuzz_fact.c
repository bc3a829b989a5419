/*
 * Goal: fact_parse() holds against any bytes, a fact has one encoding, and its lists can be walked.
 * Method: the first two bytes are the type; what is accepted is written again, from the fields, and
 * must be the same bytes.
 */
#include "fuzz.h"

#include "format/fact.h"

static void
walk(const struct fact *fact, uint16_t type)
{
    struct reader items = reader_of(fact->items), brackets = reader_of(fact->bracket_items);
    struct text_language language;
    struct text_bracket bracket;
    struct spokesperson person;
    struct bytes name;
    unsigned count = 0;

    for (; type == FACT_TEXT && text_language_next(&items, &language); count++)
        ;
    for (; type == FACT_PROPOSE && office_name_next(&items, &name); count++)
        ;
    for (; type == FACT_READOUT && spokesperson_next(&items, &person); count++)
        ;
    fuzz_require(type == FACT_SESSION || count == fact->items_count);
    for (count = 0; text_bracket_next(&brackets, &bracket); count++)
        ;
    fuzz_require(type != FACT_TEXT || count == fact->brackets);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader reader = reader_of((struct bytes){data, size});
    uint16_t type = reader_u16(&reader);
    struct bytes content = reader.rest;
    struct fact fact;

    if (reader.failed || fact_parse(&fact, type, content) != ENTENTE_OK)
        return 0;
    fuzz_require(fact_check(&fact, type) == ENTENTE_OK && fact_size(&fact, type) == content.size);
    walk(&fact, type);

    uint8_t *written = fuzz_memory(content.size);
    struct writer writer = writer_of(written, content.size);
    fact_write(&writer, &fact, type);
    fuzz_require(!writer.failed && bytes_equal(writer_written(&writer), content));
    free(written);
    return 0;
}
