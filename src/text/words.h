/*
 * The words of a text, as two texts are compared: by what a reader reads, not by how an agency, a
 * word processor or a browser typed it.  Texts themselves are never changed.
 *
 * Alike are: composed and decomposed letters (NFC), full-width, half-width and positional forms,
 * all kinds of quotation marks, of dashes and of white space, line breaks, Arabic with and without
 * vowel marks and tatweel; nothing are characters without a shape (joiners, bidi controls,
 * variation selectors). Letter case, digits, punctuation and look-alikes of other scripts differ.
 */
#ifndef ENTENTE_TEXT_WORDS_H
#define ENTENTE_TEXT_WORDS_H

#include "base/bytes.h"

enum word_mark {
    WORD_IS_NO_MARK = 0, /* a letter or digit is in it */
    WORD_IS_QUOTE = 1,
    WORD_IS_DASH = 2,
    WORD_IS_EQUALS_SIGN = 3, /* which some agencies put behind a dateline */
    WORD_IS_BRACKET = 4,
    WORD_IS_LENTICULAR = 5, /* the brackets around the name of an agency in Japanese */
    WORD_IS_FULL_STOP = 6,  /* which people leave away where a paragraph or a title ends */
    WORD_IS_STOP = 7,       /* another end of a sentence: a question mark and its like */
    WORD_IS_OTHER_MARK = 8
};

struct word {
    struct bytes form;  /* the same bytes for the same word; not UTF-8; borrowed for the call */
    uint8_t mark;       /* enum word_mark */
    bool follows_space; /* of any kind, or nothing */
};

/* ICU's tables, opened once for many texts. */
struct words;

/*   ENTENTE_ERR_NO_MEMORY   also where ICU's data is missing */
MUST_USE enum entente_error words_new(struct words **words);
void words_free(struct words *words);

/*
 * Tell the words of `text`, by UAX 29 and dictionaries where a script has no spaces, in order.
 * Bytes that are not UTF-8 are each U+FFFD.  Linear in the text's size, whatever it holds: of
 * combining marks in a row only the first 30 are looked at (UAX 15, stream-safe text).
 *   ENTENTE_ERR_TOO_LARGE   over WORDS_BYTES_MAX
 *   ENTENTE_ERR_NO_MEMORY
 *   any other               what `take` returned
 */
#define WORDS_BYTES_MAX 4194304u
MUST_USE enum entente_error words_each(struct words *words, struct bytes text,
    enum entente_error (*take)(void *state, const struct word *word), void *state);

#endif
