/*
 * Goal: marking_parse() holds against any text, and what it prints reads the same again.
 * Method: what is accepted is good, printed, and read again: scheme, level and parties are the
 * same.
 */
#include "fuzz.h"

#include "format/marking.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct bytes names[] = {{(const uint8_t *)"KOR", 3}, {(const uint8_t *)"J", 1}};
    uint8_t printed[MARKING_PRINTED_BYTES_MAX];
    struct writer writer = writer_of(printed, sizeof printed);
    struct marking marking, again;

    if (marking_parse(&marking, (struct bytes){data, size}, names, 2) != ENTENTE_OK)
        return 0;
    fuzz_require(marking_is_good(&marking));
    marking_print(&writer, &marking);
    fuzz_require(!writer.failed);
    fuzz_require(marking_parse(&again, writer_written(&writer), names, 2) == ENTENTE_OK);
    fuzz_require(again.scheme == marking.scheme && again.level == marking.level);
    fuzz_require(again.parties == marking.parties);
    return 0;
}
