#include "api/formats.h"

#include "base/date.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- times ---- */

/* The number that `count` digits make; false where there are other characters. */
static bool
take_number(struct bytes *text, size_t count, unsigned *number)
{
    *number = 0;
    if (text->size < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (text->data[i] < '0' || text->data[i] > '9')
            return false;
        *number = *number * 10 + (unsigned)(text->data[i] - '0');
    }
    *text = (struct bytes){text->data + count, text->size - count};
    return true;
}

static bool
take_character(struct bytes *text, char wanted)
{
    if (text->size == 0 || text->data[0] != (uint8_t)wanted)
        return false;
    *text = (struct bytes){text->data + 1, text->size - 1};
    return true;
}

static bool
take_fraction(struct bytes *text, unsigned *ms)
{
    unsigned digit, weight = 100;

    *ms = 0;
    if (!take_character(text, '.'))
        return true;
    if (!take_number(text, 1, &digit))
        return false;
    do {
        *ms += digit * weight;
        weight /= 10;
    } while (take_number(text, 1, &digit));
    return true;
}

static bool
take_offset(struct bytes *text, int64_t *offset_s)
{
    unsigned hours, minutes;
    int64_t sign = 1;

    *offset_s = 0;
    if (take_character(text, 'Z'))
        return true;
    if (take_character(text, '-'))
        sign = -1;
    else if (!take_character(text, '+'))
        return false;
    if (!take_number(text, 2, &hours) || !take_character(text, ':') ||
        !take_number(text, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *offset_s = sign * ((int64_t)hours * 3600 + (int64_t)minutes * 60);
    return true;
}

bool
time_of_text(struct bytes text, uint64_t *t_ms)
{
    struct date date;
    unsigned hour, minute, second, ms;
    int64_t offset_s;
    uint64_t days;

    *t_ms = 0;
    if (!take_number(&text, 4, &date.year) || !take_character(&text, '-') ||
        !take_number(&text, 2, &date.month) || !take_character(&text, '-') ||
        !take_number(&text, 2, &date.day) || !take_character(&text, 'T') ||
        !take_number(&text, 2, &hour) || !take_character(&text, ':') ||
        !take_number(&text, 2, &minute) || !take_character(&text, ':') ||
        !take_number(&text, 2, &second) || !take_fraction(&text, &ms) ||
        !take_offset(&text, &offset_s) || text.size != 0)
        return false;
    if (!date_to_days(date, &days) || hour > 23 || minute > 59 || second > 59)
        return false;
    int64_t seconds = (int64_t)days * 86400 + hour * 3600 + minute * 60 + second - offset_s;
    if (seconds < 0)
        return false;
    *t_ms = (uint64_t)seconds * 1000 + ms;
    return true;
}

#define YEAR_10000_MS UINT64_C(253402300800000)

void
time_to_text(char text[static TIME_TEXT_BYTES], uint64_t t_ms)
{
    t_ms = t_ms < YEAR_10000_MS ? t_ms : YEAR_10000_MS - 1; /* another's clock may claim anything */
    struct date date = date_of_days(t_ms / 86400000);

    snprintf(text, TIME_TEXT_BYTES, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", date.year % 10000,
        date.month % 100, date.day % 100, (unsigned)(t_ms / 3600000 % 24),
        (unsigned)(t_ms / 60000 % 60), (unsigned)(t_ms / 1000 % 60), (unsigned)(t_ms % 1000));
}

/* ---- decimals ---- */

bool
decimal_of_text(struct bytes text, uint64_t *quantity, uint8_t *scale)
{
    bool has_point = false;
    unsigned digit;

    *quantity = 0;
    *scale = 0;
    if (text.size == 0)
        return false;
    while (text.size > 0) {
        if (!take_number(&text, 1, &digit) || __builtin_mul_overflow(*quantity, 10, quantity) ||
            __builtin_add_overflow(*quantity, digit, quantity) || (has_point && ++*scale > 9))
            return false;
        if (!has_point && take_character(&text, '.')) {
            has_point = true;
            if (text.size == 0)
                return false;
        }
    }
    return true;
}

void
decimal_to_text(char text[static DECIMAL_TEXT_BYTES], uint64_t quantity, uint8_t scale)
{
    char digits[DECIMAL_TEXT_BYTES];
    size_t used = sizeof digits;

    /* From the end: at least one digit before the point. */
    digits[--used] = '\0';
    for (uint8_t i = 0; i <= (scale < 9 ? scale : 9) || quantity > 0; i++) {
        if (i > 0 && i == scale)
            digits[--used] = '.';
        digits[--used] = (char)('0' + quantity % 10);
        quantity /= 10;
    }
    memcpy(text, digits + used, sizeof digits - used);
}

/* ---- bytes as text ---- */

static int
base64_digit(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool
base64_of_text(struct bytes text, uint8_t *data, size_t *size)
{
    size_t padding = 0, used = 0;
    uint32_t bits = 0;

    *size = 0;
    if (text.size % 4 != 0)
        return false;
    while (padding < 2 && padding < text.size && text.data[text.size - 1 - padding] == '=')
        padding++;
    for (size_t i = 0; i < text.size - padding; i++) {
        int digit = base64_digit(text.data[i]);
        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        if (i % 4 == 0)
            continue;
        unsigned left = 2 * (3 - (unsigned)(i % 4)); /* bits of the next byte */
        if (data != NULL)
            data[used] = (uint8_t)(bits >> left);
        used++;
        bits &= (1u << left) - 1;
    }
    *size = used;
    return bits == 0;
}

void
life_to_text(char text[static LIFE_TEXT_BYTES], uint64_t life)
{
    snprintf(text, LIFE_TEXT_BYTES, "%016" PRIx64, life);
}

/* ---- text ---- */

size_t
utf8_length(struct bytes text)
{
    size_t length = 0;

    for (size_t i = 0; i < text.size; i++)
        length += (text.data[i] & 0xC0) != 0x80;
    return length;
}

size_t
utf8_cut(struct bytes text, size_t size)
{
    if (text.size <= size)
        return text.size;
    while (size > 0 && (text.data[size] & 0xC0) == 0x80)
        size--;
    return size;
}
