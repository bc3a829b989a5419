#include "text/show.h"

#include <stdlib.h>
#include <unicode/uchar.h>
#include <unicode/uspoof.h>
#include <unicode/ustring.h>
#include <unicode/utf8.h>

#define NAME_UNITS_MAX 1024 /* of UTF-16, for the names that are compared */

/* Characters without a shape of their own that orthographies and emoji need. */
static bool
is_needed_in_text(UChar32 c)
{
    return c == '\n' || c == '\t' || c == 0x200C || c == 0x200D ||
           u_hasBinaryProperty(c, UCHAR_VARIATION_SELECTOR);
}

static bool
is_hidden(UChar32 c)
{
    uint32_t hidden = U_GC_CC_MASK | U_GC_ZL_MASK | U_GC_ZP_MASK | U_GC_CO_MASK | U_GC_CN_MASK;

    return (U_GET_GC_MASK(c) & hidden) != 0 ||
           u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) ||
           u_hasBinaryProperty(c, UCHAR_BIDI_CONTROL) ||
           (c >= 0xFFF9 && c <= 0xFFFB); /* annotations, which most programs do not show */
}

/* A backslash that would read as one of ours. */
static bool
is_our_escape(struct bytes text, size_t at)
{
    return text.data[at] == '\\' && text.size - at >= 3 &&
           (text.data[at + 1] == 'u' || text.data[at + 1] == 'x') && text.data[at + 2] == '{';
}

/* Whether the character `c` at `at` is shown as it is; below 0: no character. */
static bool
stays(struct bytes text, size_t at, UChar32 c, bool is_line)
{
    return c >= 0 && !is_our_escape(text, at) &&
           (!is_hidden(c) || (!is_line && is_needed_in_text(c)));
}

bool
show_next(struct bytes *rest, bool is_line, struct shown *piece)
{
    size_t end = 0;

    *piece = (struct shown){0};
    while (end < rest->size && piece->escape[0] == '\0') {
        size_t at = end;
        UChar32 c;
        U8_NEXT(rest->data, at, rest->size, c);
        bool is_as_is = stays(*rest, end, c, is_line);
        if (!is_as_is && end > 0)
            break;
        /* Byte by byte: how many bytes make one broken character is a matter of taste. */
        end = c < 0 ? 1 : at;
        if (!is_as_is && c < 0)
            snprintf(piece->escape, sizeof piece->escape, "\\x{%02X}", rest->data[0]);
        else if (!is_as_is)
            snprintf(piece->escape, sizeof piece->escape, "\\u{%04X}", (unsigned)c & 0x1FFFFFu);
    }
    piece->as_is = (struct bytes){rest->data, end};
    *rest = (struct bytes){end == 0 ? rest->data : rest->data + end, rest->size - end};
    return end > 0;
}

static void
show(FILE *out, struct bytes text, bool is_line)
{
    struct shown piece;

    while (show_next(&text, is_line, &piece))
        if (piece.escape[0] != '\0')
            fputs(piece.escape, out);
        else
            fwrite(piece.as_is.data, 1, piece.as_is.size, out);
}

void
show_line(FILE *out, struct bytes text)
{
    show(out, text, true);
}

void
show_text(FILE *out, struct bytes text)
{
    show(out, text, false);
}

void
show_name(FILE *out, struct bytes name)
{
    show_line(out, name);
    if (show_is_mixed(name))
        fputs(" [mixed scripts]", out);
}

/* Opened once: the tables behind it are large. */
static const USpoofChecker *
checker(void)
{
    static USpoofChecker *opened;
    UErrorCode status = U_ZERO_ERROR;

    if (opened != NULL)
        return opened;
    opened = uspoof_open(&status);
    uspoof_setChecks(opened, USPOOF_RESTRICTION_LEVEL, &status);
    uspoof_setRestrictionLevel(opened, USPOOF_MODERATELY_RESTRICTIVE);
    return U_SUCCESS(status) ? opened : NULL;
}

/* Letters, the marks on them, and digits make a word; `at` moves behind it. */
static struct bytes
next_word(struct bytes text, size_t *at)
{
    size_t start = *at, end = *at;

    while (end < text.size) {
        size_t next = end;
        UChar32 c;
        U8_NEXT(text.data, next, text.size, c);
        bool belongs = c >= 0 && (u_isalnum(c) || (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0);
        if (!belongs && end > start)
            break;
        end = next;
        if (!belongs)
            start = end;
    }
    *at = end;
    return (struct bytes){text.data + start, end - start};
}

bool
show_is_mixed(struct bytes name)
{
    for (size_t at = 0; at < name.size;) {
        UErrorCode status = U_ZERO_ERROR;
        struct bytes word = next_word(name, &at);

        if (word.size == 0 || checker() == NULL)
            continue;
        int32_t failed =
            uspoof_checkUTF8(checker(), (const char *)word.data, (int32_t)word.size, NULL, &status);
        if (U_SUCCESS(status) && (failed & USPOOF_RESTRICTION_LEVEL) != 0)
            return true;
    }
    return false;
}

/* `name` without what cannot be seen, in UTF-16; -1 where it does not fit. */
static int32_t
visible_units(struct bytes name, UChar out[static NAME_UNITS_MAX])
{
    int32_t size = 0;
    UBool is_full = false;

    for (size_t at = 0; at < name.size && !is_full;) {
        UChar32 c;
        U8_NEXT_OR_FFFD(name.data, at, name.size, c);
        if (!u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT))
            U16_APPEND(out, size, NAME_UNITS_MAX, c, is_full);
    }
    return is_full ? -1 : size;
}

/* The skeleton of `name` in small letters, since people read ROK and Rok as one name; -1: none. */
static int32_t
skeleton(struct bytes name, UChar out[static NAME_UNITS_MAX])
{
    UErrorCode status = U_ZERO_ERROR;
    UChar units[NAME_UNITS_MAX], folded[NAME_UNITS_MAX];
    int32_t size = visible_units(name, units);

    if (size < 0 || checker() == NULL)
        return -1;
    size = u_strFoldCase(folded, NAME_UNITS_MAX, units, size, U_FOLD_CASE_DEFAULT, &status);
    size = uspoof_getSkeleton(checker(), 0, folded, size, out, NAME_UNITS_MAX, &status);
    return U_SUCCESS(status) ? size : -1;
}

bool
show_are_alike(struct bytes a, struct bytes b)
{
    UChar of_a[NAME_UNITS_MAX], of_b[NAME_UNITS_MAX];
    int32_t size = skeleton(a, of_a);

    return size >= 0 && size == skeleton(b, of_b) && u_memcmp(of_a, of_b, size) == 0;
}

void
show_fingerprint(FILE *out, const char *indent, const uint8_t id[static 32])
{
    for (int i = 0; i < 32; i += 2)
        fprintf(out, "%s%02x%02x%s", i % 16 == 0 ? indent : " ", id[i], id[i + 1],
            i % 16 == 14 ? "\n" : "");
}
