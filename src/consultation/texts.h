/* Two texts side by side, paragraph by paragraph.  PROTOCOL.md T4. */
#ifndef ENTENTE_CONSULTATION_TEXTS_H
#define ENTENTE_CONSULTATION_TEXTS_H

#include "base/bytes.h"

#define TEXT_PARAGRAPHS_MAX 2048u

enum text_change { TEXT_SAME = 0, TEXT_REMOVED = 1, TEXT_ADDED = 2 };

struct text_line {
    uint8_t change; /* enum text_change */
    struct bytes paragraph;
};

/* The next paragraph of `*rest`, without the empty lines around it; false at the end. */
bool text_paragraph_next(struct bytes *rest, struct bytes *paragraph);

/*
 * A shortest list of paragraphs kept, removed and added that makes `before` into `after`: removed
 * ones first where both happen.  `lines` has room for 2 * TEXT_PARAGRAPHS_MAX; views borrow from
 * the texts.  Takes time and memory in the product of the paragraphs that differ.
 *   ENTENTE_ERR_TOO_LARGE   more than TEXT_PARAGRAPHS_MAX paragraphs in a text
 *   ENTENTE_ERR_NO_MEMORY
 */
MUST_USE enum entente_error text_compare(
    struct bytes before, struct bytes after, struct text_line *lines, uint32_t *count);

#endif
