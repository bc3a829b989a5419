#include "cli/words.h"

#include <string.h>

struct bytes
words_after(struct bytes text, size_t size)
{
    return size == 0 ? text : (struct bytes){text.data + size, text.size - size};
}

bool
words_line(struct bytes *rest, struct bytes *line)
{
    if (rest->size == 0)
        return false;

    size_t size = words_find_byte(*rest, '\n');
    *line = (struct bytes){rest->data, size};
    *rest = words_after(*rest, size < rest->size ? size + 1 : size);
    while (line->size > 0 && line->data[line->size - 1] == '\r')
        line->size--;
    return true;
}

static bool
is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t';
}

struct bytes
words_trim_start(struct bytes text)
{
    while (text.size > 0 && is_space(text.data[0]))
        text = words_after(text, 1);
    return text;
}

struct bytes
words_trim_end(struct bytes text)
{
    while (text.size > 0 && is_space(text.data[text.size - 1]))
        text.size--;
    return text;
}

struct bytes
words_trim(struct bytes text)
{
    return words_trim_end(words_trim_start(text));
}

bool
words_start_with(struct bytes text, const char *start)
{
    size_t size = strlen(start);

    return text.size >= size && memcmp(text.data, start, size) == 0;
}

bool
words_equal(struct bytes text, const char *other)
{
    return bytes_equal(text, bytes_of_text(other));
}

uint8_t
words_lower(uint8_t byte)
{
    return words_is_upper(byte) ? (uint8_t)(byte - 'A' + 'a') : byte;
}

bool
words_equal_folded(struct bytes a, struct bytes b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if (words_lower(a.data[i]) != words_lower(b.data[i]))
            return false;
    return true;
}

size_t
words_find_byte(struct bytes text, char byte)
{
    const uint8_t *found = text.size == 0 ? NULL : memchr(text.data, byte, text.size);

    return found == NULL ? text.size : (size_t)(found - text.data);
}

size_t
words_find(struct bytes text, const char *part)
{
    const uint8_t *found = text.size == 0 ? NULL : memmem(text.data, text.size, part, strlen(part));

    return found == NULL ? text.size : (size_t)(found - text.data);
}

bool
words_is_upper(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z';
}

bool
words_is_letter(uint8_t byte)
{
    return words_is_upper(byte) || (byte >= 'a' && byte <= 'z');
}

bool
words_is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}
