#include "text/fold.h"

#include "text/units.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

/* Of marks in a row only so many are folded together (UAX 15, stream-safe text), so that time stays linear. */
#define RUN_UNITS_MAX 64
#define FOLDED_UNITS_MAX (RUN_UNITS_MAX * 18) /* the greatest expansion of NFKC */

static bool
reserve(struct folded *folded, size_t more)
{
    if (folded->count + more <= folded->room)
        return true;
    size_t room = (folded->count + more) * 2;
    uint32_t *points = realloc(folded->points, room * sizeof *points);
    if (points != NULL)
        folded->points = points;
    uint32_t *at = points != NULL ? realloc(folded->at, room * sizeof *at) : NULL;
    if (at == NULL)
        return false;
    folded->at = at;
    folded->room = room;
    return true;
}

/* What is written in several ways, or may be left out. 0: it is nothing. */
static uint32_t
plain_form(uint32_t point)
{
    if (point == 0x0640 || (point >= 0x064B && point <= 0x065F) || point == 0x0670)
        return 0;
    if (point == 0x0622 || point == 0x0623 || point == 0x0625 || point == 0x0671)
        return 0x0627;
    if (point == 0x0649)
        return 0x064A;
    if (point == 0x0629)
        return 0x0647;
    return u_isUWhiteSpace((UChar32)point) ? ' ' : point;
}

static void
add(struct folded *folded, uint32_t point, size_t at)
{
    point = plain_form(point);
    if (point == 0 || (point == ' ' && folded->count > 0 && folded->points[folded->count - 1] == ' '))
        return;
    folded->points[folded->count] = point;
    folded->at[folded->count++] = (uint32_t)at;
}

/* One run: a letter and what may compose with it. */
static bool
add_run(struct folded *folded, const UNormalizer2 *form, const UChar *run, int32_t units, size_t at)
{
    UChar made[FOLDED_UNITS_MAX];
    UErrorCode status = U_ZERO_ERROR;
    int32_t size = unorm2_normalize(form, run, units, made, FOLDED_UNITS_MAX, &status);

    if (U_FAILURE(status) || !reserve(folded, (size_t)size))
        return false;
    for (int32_t i = 0; i < size;)
        add(folded, (uint32_t)next_character(made, &i, size), at);
    return true;
}

enum entente_error
fold_text(struct folded *folded, struct bytes text)
{
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2 *form = unorm2_getNFKCCasefoldInstance(&status);
    UChar run[RUN_UNITS_MAX + 2];
    int32_t units = 0, size = (int32_t)text.size;
    size_t run_at = 0;

    folded->count = 0;
    if (U_FAILURE(status) || !reserve(folded, text.size / 4 + 16))
        return ENTENTE_ERR_NO_MEMORY;
    for (int32_t i = 0; i < size;) {
        size_t at = (size_t)i;
        UChar32 point;
        U8_NEXT_OR_FFFD(text.data, i, size, point);
        if (units > 0 && (units >= RUN_UNITS_MAX || unorm2_hasBoundaryBefore(form, point))) {
            if (!add_run(folded, form, run, units, run_at))
                return ENTENTE_ERR_NO_MEMORY;
            units = 0;
        }
        if (units == 0)
            run_at = at;
        U16_APPEND_UNSAFE(run, units, point);
    }
    return units == 0 || add_run(folded, form, run, units, run_at) ? ENTENTE_OK
                                                                    : ENTENTE_ERR_NO_MEMORY;
}

void
folded_free(struct folded *folded)
{
    free(folded->points);
    free(folded->at);
    *folded = (struct folded){0};
}

bool
fold_is_dense(uint32_t point)
{
    UErrorCode status = U_ZERO_ERROR;

    if (point < 0x1100)
        return false;
    UScriptCode script = uscript_getScript((UChar32)point, &status);
    return script == USCRIPT_HAN || script == USCRIPT_HIRAGANA || script == USCRIPT_KATAKANA ||
           script == USCRIPT_HANGUL || script == USCRIPT_BOPOMOFO;
}
