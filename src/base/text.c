#include "base/text.h"

#include <string.h>

/* The size of the well-formed sequence at the start of `rest`, or 0. */
static size_t
sequence_size(const uint8_t *rest, size_t size)
{
    uint8_t first = rest[0];
    uint8_t low = 0x80;
    uint8_t high = 0xBF;
    size_t want;

    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first <= 0xDF)
        want = 2;
    else if (first >= 0xE0 && first <= 0xEF)
        want = 3;
    else if (first >= 0xF0 && first <= 0xF4)
        want = 4;
    else
        return 0;

    if (first == 0xE0)
        low = 0xA0;
    if (first == 0xED)
        high = 0x9F;
    if (first == 0xF0)
        low = 0x90;
    if (first == 0xF4)
        high = 0x8F;
    if (size < want || rest[1] < low || rest[1] > high)
        return 0;
    for (size_t i = 2; i < want; i++)
        if (rest[i] < 0x80 || rest[i] > 0xBF)
            return 0;
    return want;
}

/* How many bytes at the start of `rest` are ASCII, in steps of eight: most text is mostly that. */
static size_t
ascii_size(const uint8_t *rest, size_t size)
{
    size_t at = 0;
    uint64_t eight;

    while (size - at >= sizeof eight) {
        memcpy(&eight, rest + at, sizeof eight);
        if ((eight & UINT64_C(0x8080808080808080)) != 0)
            break;
        at += sizeof eight;
    }
    return at;
}

bool
text_is_utf8(struct bytes text)
{
    for (size_t at = 0; at < text.size;) {
        at += ascii_size(text.data + at, text.size - at);
        if (at == text.size)
            break;
        size_t size = sequence_size(text.data + at, text.size - at);
        if (size == 0)
            return false;
        at += size;
    }
    return true;
}

static bool
is_letter(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

bool
text_is_language_tag(struct bytes tag)
{
    size_t in_subtag = 0;
    bool first = true;

    if (tag.size == 0 || tag.size > 35)
        return false;
    for (size_t at = 0; at < tag.size; at++) {
        uint8_t byte = tag.data[at];
        if (byte == '-') {
            if (in_subtag == 0)
                return false;
            in_subtag = 0;
            first = false;
        } else if (!is_letter(byte) && (first || byte < '0' || byte > '9')) {
            return false;
        } else if (++in_subtag > 8) {
            return false;
        }
    }
    return in_subtag > 0;
}

/* A "restricted-name" of RFC 6838, section 4.2: what stands on either side of the '/'. */
static bool
is_restricted_name(struct bytes name)
{
    for (size_t i = 0; i < name.size; i++) {
        uint8_t byte = name.data[i];
        bool alphanumeric = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                            (byte >= '0' && byte <= '9');
        if (!alphanumeric && (i == 0 || byte == 0 || strchr("!#$&-^_.+", byte) == NULL))
            return false;
    }
    return name.size > 0;
}

bool
text_is_media_type(struct bytes type)
{
    const uint8_t *slash = type.size == 0 ? NULL : memchr(type.data, '/', type.size);

    if (slash == NULL || type.size > MEDIA_TYPE_BYTES_MAX)
        return false;
    size_t before = (size_t)(slash - type.data);
    return is_restricted_name((struct bytes){type.data, before}) &&
           is_restricted_name((struct bytes){slash + 1, type.size - before - 1});
}
