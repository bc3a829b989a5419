#include "cli/script.h"

#include "base/text.h"
#include "cli/words.h"

#include <string.h>

struct script
script_of(struct bytes content)
{
    return (struct script){.rest = content};
}

/* What stands before the next '|', which is taken too; false when there is none. */
static bool
take_field(struct bytes *line, struct bytes *field)
{
    size_t size = words_find_byte(*line, '|');

    if (size == line->size)
        return false;
    *field = (struct bytes){line->data, size};
    *line = words_after(*line, size + 1);
    return true;
}

static bool
is_field(struct bytes field)
{
    if (field.size == 0 || words_trim(field).size != field.size)
        return false;
    for (size_t i = 0; i < field.size; i++)
        if (field.data[i] < 0x20 || field.data[i] == 0x7F)
            return false;
    return true;
}

static enum entente_error
read_saying(struct bytes line, struct script_saying *saying)
{
    struct bytes kind;

    if (!text_is_utf8(line))
        return ENTENTE_ERR_TEXT;
    if (!take_field(&line, &kind) || !take_field(&line, &saying->language))
        return ENTENTE_ERR_MALFORMED;
    if (words_equal(kind, "heading"))
        saying->kind = SCRIPT_HEADING;
    else if (words_equal(kind, "statement") && take_field(&line, &saying->speaker))
        saying->kind = SCRIPT_STATEMENT;
    else
        return ENTENTE_ERR_MALFORMED;
    saying->text = line;

    if (!text_is_language_tag(saying->language) || !is_field(saying->text) ||
        (saying->kind == SCRIPT_STATEMENT && !is_field(saying->speaker)))
        return ENTENTE_ERR_MALFORMED;
    return saying->speaker.size > SCRIPT_SPEAKER_BYTES_MAX ? ENTENTE_ERR_TOO_LARGE : ENTENTE_OK;
}

/* The next line with something in it, without its line feed; empty at the end. */
static enum entente_error
next_line(struct script *script, struct bytes *line)
{
    *line = (struct bytes){0};
    while (script->rest.size > 0) {
        size_t size = words_find_byte(script->rest, '\n');
        script->line++;
        if (size == script->rest.size)
            return ENTENTE_ERR_TRUNCATED;
        *line = (struct bytes){script->rest.data, size};
        script->rest = words_after(script->rest, size + 1);
        if (size > SCRIPT_LINE_BYTES_MAX)
            return ENTENTE_ERR_TOO_LARGE;
        if (size > 0 && line->data[0] != '#')
            return ENTENTE_OK;
    }
    *line = (struct bytes){0};
    return ENTENTE_OK;
}

enum entente_error
script_next(struct script *script, struct script_saying *saying, bool *found)
{
    struct bytes line;

    memset(saying, 0, sizeof *saying);
    *found = false;
    enum entente_error error = next_line(script, &line);
    if (error != ENTENTE_OK || line.size == 0)
        return error;
    error = read_saying(line, saying);
    if (error != ENTENTE_OK)
        memset(saying, 0, sizeof *saying);
    *found = error == ENTENTE_OK;
    return error;
}
