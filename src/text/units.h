/* UTF-16 as ICU hands it around.  Internal to text/. */
#ifndef ENTENTE_TEXT_UNITS_H
#define ENTENTE_TEXT_UNITS_H

#include <unicode/utf16.h>

/* The character at `*at`, which moves behind it.  U16_NEXT() does not build without warnings. */
static inline UChar32
next_character(const UChar *units, int32_t *at, int32_t size)
{
    UChar32 c = units[(*at)++];

    if (U16_IS_LEAD(units[*at - 1]) && *at < size && U16_IS_TRAIL(units[*at]))
        c = 0x10000 + ((c - 0xD800) << 10) + (units[(*at)++] - 0xDC00);
    return c;
}

#endif
