/*
 * Goal: script_next() holds against any bytes, and a saying has one way to be written.
 * Method: what it accepts is written again and must be the line that was read.
 */
#include "fuzz.h"

#include "base/text.h"
#include "cli/script.h"

static void
write_again(struct writer *writer, const struct script_saying *saying)
{
    bool heading = saying->kind == SCRIPT_HEADING;

    writer_bytes(writer, bytes_of_text(heading ? "heading|" : "statement|"));
    writer_bytes(writer, saying->language);
    writer_u8(writer, '|');
    if (!heading) {
        writer_bytes(writer, saying->speaker);
        writer_u8(writer, '|');
    }
    writer_bytes(writer, saying->text);
    writer_u8(writer, '\n');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct script script = script_of((struct bytes){data, size});
    struct script_saying saying;
    uint8_t *written = fuzz_memory(size);
    bool found;

    while (script_next(&script, &saying, &found) == ENTENTE_OK && found) {
        struct writer writer = writer_of(written, size);
        write_again(&writer, &saying);
        struct bytes again = writer_written(&writer);
        struct bytes line = {script.rest.data - again.size, again.size};
        fuzz_require(!writer.failed && bytes_equal(line, again));
        fuzz_require(text_is_utf8(saying.text) && text_is_utf8(saying.speaker));
    }
    free(written);
    return 0;
}
