#include "support/hex.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
digit_value(char digit)
{
    const char *digits = "0123456789abcdef";
    const char *found = digit == '\0' ? NULL : strchr(digits, tolower((unsigned char)digit));

    return found == NULL ? -1 : (int)(found - digits);
}

static void
refuse(const char *hex)
{
    printf("Bail out! not hexadecimal, or too long: %.40s\n", hex);
    exit(1);
}

size_t
hex_read(void *out, size_t size, const char *hex)
{
    uint8_t *bytes = out;
    size_t count = 0;

    for (const char *at = hex; *at != '\0';) {
        if (*at == ' ') {
            at++;
            continue;
        }
        int high = digit_value(at[0]);
        int low = high < 0 ? -1 : digit_value(at[1]);
        if (low < 0 || count == size)
            refuse(hex);
        bytes[count++] = (uint8_t)(high << 4 | low);
        at += 2;
    }
    return count;
}

bool
hex_equal(const void *data, size_t size, const char *hex)
{
    uint8_t *wanted = malloc(size + 1);
    size_t count = wanted == NULL ? 0 : hex_read(wanted, size + 1, hex);
    bool equal = wanted != NULL && count == size && memcmp(wanted, data, size) == 0;

    free(wanted);
    return equal;
}
