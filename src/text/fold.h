/*
 * A text as a search compares it: letter case, width and other forms of compatibility (NFKC_Casefold,
 * Unicode 3.13), Arabic vowel marks, tatweel and the spellings of alef, yeh and teh marbuta make no
 * difference; all white space is one space.
 */
#ifndef ENTENTE_TEXT_FOLD_H
#define ENTENTE_TEXT_FOLD_H

#include "base/bytes.h"

struct folded {
    uint32_t *points; /* code points, `count` of them */
    uint32_t *at;     /* the byte of the text that each begins at, ascending */
    size_t count;
    size_t room; /* internal */
};

/*
 * Fold `text` into `*folded`, in place of what it held; zeroed before its first use, given back by
 * folded_free().  Bytes that are no UTF-8 count as U+FFFD each.  Linear in the text's size, whatever it is.
 *   ENTENTE_ERR_NO_MEMORY   also where ICU's data is missing
 */
MUST_USE enum entente_error fold_text(struct folded *folded, struct bytes text);
void folded_free(struct folded *folded);

/* Whether the writing of this letter has no spaces between words, or syllables that are letters: Han, Kana, Hangul. */
bool fold_is_dense(uint32_t point);

#endif
