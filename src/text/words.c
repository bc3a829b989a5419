#include "text/words.h"

#include "text/units.h"

#include <stdlib.h>
#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#define MARKS_MAX 30       /* UAX 15, D4: what orders them is quadratic in a row's length */
#define DECOMPOSED_MAX 18u /* UTF-16 units that one character becomes at most (U+FDFA) */

struct words {
    UBreakIterator *breaks;
    const UNormalizer2 *compose;
    const UNormalizer2 *decompose; /* by compatibility */
    UChar *plain;                  /* folded, not yet composed */
    UChar *units;                  /* composed: what the words' forms borrow from */
    size_t room;                   /* of each, in units */
};

enum entente_error
words_new(struct words **words)
{
    UErrorCode status = U_ZERO_ERROR;
    struct words *made = calloc(1, sizeof *made);

    *words = NULL;
    if (made == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    made->breaks = ubrk_open(UBRK_WORD, "", NULL, 0, &status);
    made->compose = unorm2_getNFCInstance(&status);
    made->decompose = unorm2_getNFKCInstance(&status);
    if (U_FAILURE(status)) {
        words_free(made);
        return ENTENTE_ERR_NO_MEMORY;
    }
    *words = made;
    return ENTENTE_OK;
}

void
words_free(struct words *words)
{
    if (words == NULL)
        return;
    if (words->breaks != NULL)
        ubrk_close(words->breaks);
    free(words->plain);
    free(words->units);
    free(words);
}

/* ---- folding: from UTF-8 to the units that are compared ---- */

struct folding {
    struct words *words;
    int32_t size;       /* of `plain`, which has room */
    UChar32 last;       /* what was put there last */
    uint32_t marks;     /* combining marks in a row */
    bool has_space;     /* white space that is not yet there */
    bool has_line_feed; /* and among it the end of a line */
};

/* Scripts that are written without spaces: a line may end anywhere. */
static bool
is_unspaced(UChar32 c)
{
    return u_hasBinaryProperty(c, UCHAR_IDEOGRAPHIC) || (c >= 0x3000 && c <= 0x30FF) ||
           (c >= 0xFF00 && c <= 0xFF65);
}

/* Vowel marks and the stretching of a line are optional in Arabic; U+0653 to U+0655 make letters.
 */
static bool
is_optional(UChar32 c)
{
    return c == 0x0640 || (c >= 0x064B && c <= 0x0652) || c == 0x0670;
}

static bool
is_without_shape(UChar32 c)
{
    return u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) ||
           u_hasBinaryProperty(c, UCHAR_BIDI_CONTROL) || u_charType(c) == U_CONTROL_CHAR;
}

static bool
is_another_form(UChar32 c)
{
    switch (u_getIntPropertyValue(c, UCHAR_DECOMPOSITION_TYPE)) {
    case U_DT_WIDE:
    case U_DT_NARROW:
    case U_DT_INITIAL:
    case U_DT_MEDIAL:
    case U_DT_FINAL:
    case U_DT_ISOLATED:
        return true;
    default:
        return false;
    }
}

static bool
is_a_quote(UChar32 c)
{
    return u_hasBinaryProperty(c, UCHAR_QUOTATION_MARK) || c == 0x2BC || c == '`' || c == 0xB4;
}

/* The one form of a character that has several, or itself. */
static UChar32
fold_character(UChar32 c)
{
    if (is_a_quote(c))
        return '"';
    if (u_hasBinaryProperty(c, UCHAR_DASH))
        return '-';
    return c;
}

static void
put(struct folding *folding, UChar32 c)
{
    UChar *plain = folding->words->plain;

    folding->marks = u_getCombiningClass(c) == 0 ? 0 : folding->marks + 1;
    if (folding->marks > MARKS_MAX || is_optional(c))
        return;
    bool is_wrap = folding->has_line_feed && is_unspaced(c) &&
                   (folding->size == 0 || is_unspaced(folding->last));
    if (folding->has_space && !is_wrap)
        plain[folding->size++] = ' ';
    folding->has_space = folding->has_line_feed = false;
    folding->last = c;
    c = fold_character(c);
    U16_APPEND_UNSAFE(plain, folding->size, c);
}

static void
fold(struct folding *folding, UChar32 c)
{
    UChar parts[DECOMPOSED_MAX];
    UErrorCode status = U_ZERO_ERROR;
    int32_t count = -1;

    if (u_isUWhiteSpace(c)) {
        folding->has_space = true;
        folding->has_line_feed = folding->has_line_feed || c == '\n';
        return;
    }
    if (is_without_shape(c))
        return;
    if (c == 0x2026) /* an ellipsis in one piece */
        for (count = 0; count < 3; count++)
            parts[count] = '.';
    else if (is_another_form(c))
        count = unorm2_getDecomposition(
            folding->words->decompose, c, parts, (int32_t)DECOMPOSED_MAX, &status);
    if (count < 0 || U_FAILURE(status)) {
        put(folding, c);
        return;
    }
    for (int32_t at = 0; at < count;) {
        c = next_character(parts, &at, count);
        if (c == ' ')
            folding->has_space = true;
        else
            put(folding, c);
    }
}

/* Room for `size` units in both buffers. */
static enum entente_error
make_room(struct words *words, size_t size)
{
    if (size <= words->room)
        return ENTENTE_OK;
    UChar *plain = realloc(words->plain, size * sizeof *plain);
    if (plain != NULL)
        words->plain = plain;
    UChar *units = realloc(words->units, size * sizeof *units);
    if (units != NULL)
        words->units = units;
    if (plain == NULL || units == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    words->room = size;
    return ENTENTE_OK;
}

/* The units that `text` can become at most: see fold(), and a space before each. */
static size_t
units_max(struct bytes text)
{
    size_t forms = 0;

    for (size_t i = 0; i < text.size; i++)
        forms += text.data[i] == 0xEF; /* all that has another form begins with it in UTF-8 */
    return text.size * 2 + forms * (DECOMPOSED_MAX * 2) + 16;
}

/* The units of `text`, folded and composed; their count in `*size`. */
static enum entente_error
fold_text(struct words *words, struct bytes text, int32_t *size)
{
    struct folding folding = {.words = words, .has_space = false};
    UErrorCode status = U_ZERO_ERROR;
    enum entente_error error = make_room(words, units_max(text));

    if (error != ENTENTE_OK)
        return error;
    for (size_t at = 0; at < text.size;) {
        UChar32 c;
        U8_NEXT_OR_FFFD(text.data, at, text.size, c);
        fold(&folding, c);
    }
    *size = unorm2_normalize(
        words->compose, words->plain, folding.size, words->units, (int32_t)words->room, &status);
    return U_SUCCESS(status) ? ENTENTE_OK : ENTENTE_ERR_NO_MEMORY;
}

/* ---- words ---- */

static bool
has_letter(const UChar *units, int32_t size)
{
    for (int32_t at = 0; at < size;) {
        UChar32 c = next_character(units, &at, size);
        if (u_isalnum(c) || (U_GET_GC_MASK(c) & (U_GC_N_MASK | U_GC_M_MASK)) != 0)
            return true;
    }
    return false;
}

static uint8_t
mark_of(UChar32 c)
{
    if (c == '"')
        return WORD_IS_QUOTE;
    if (c == '-')
        return WORD_IS_DASH;
    if (c == '=')
        return WORD_IS_EQUALS_SIGN;
    if (c == 0x3010 || c == 0x3011)
        return WORD_IS_LENTICULAR;
    if ((U_GET_GC_MASK(c) & (U_GC_PS_MASK | U_GC_PE_MASK)) != 0)
        return WORD_IS_BRACKET;
    if (c == '.' || c == 0x3002 || c == 0x06D4 || c == 0x0964)
        return WORD_IS_FULL_STOP;
    return u_hasBinaryProperty(c, UCHAR_S_TERM) ? WORD_IS_STOP : WORD_IS_OTHER_MARK;
}

static struct word
word_at(const UChar *units, int32_t start, int32_t end)
{
    int32_t at = start;
    UChar32 c = next_character(units, &at, end);

    return (struct word){.form = {(const uint8_t *)(units + start), (size_t)(end - start) * 2},
        .mark = has_letter(units + start, end - start) ? WORD_IS_NO_MARK : mark_of(c),
        .follows_space = start == 0 || units[start - 1] == ' '};
}

enum entente_error
words_each(struct words *words, struct bytes text,
    enum entente_error (*take)(void *state, const struct word *word), void *state)
{
    UErrorCode status = U_ZERO_ERROR;
    int32_t size = 0;

    if (text.size > WORDS_BYTES_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    enum entente_error error = fold_text(words, text, &size);
    if (error != ENTENTE_OK)
        return error;
    ubrk_setText(words->breaks, words->units, size, &status);
    if (U_FAILURE(status))
        return ENTENTE_ERR_NO_MEMORY;
    int32_t start = ubrk_first(words->breaks), end;
    for (; error == ENTENTE_OK && (end = ubrk_next(words->breaks)) != UBRK_DONE; start = end) {
        if (words->units[start] == ' ')
            continue;
        struct word word = word_at(words->units, start, end);
        error = take(state, &word);
    }
    return error;
}
