/*
 * A press report held against the texts of a readout, paragraph by paragraph: what is word for word
 * in it, what was altered, what is not in it, what the report says twice, and what it left out.
 * Pure.
 *
 * Paragraphs are what stands between empty lines (T4), or, in a text without empty lines, its
 * lines; a report's block of lines is taken as one paragraph or as one for each line, whichever is
 * nearer to the readout.  They are compared by their words (text/words.h).  Bullets at the
 * beginning, a dateline with an agency in brackets, quotation marks around the whole, a full stop
 * at the end and marks such as "(END)" are not part of what is compared; paragraphs of nothing else
 * are left out.
 */
#ifndef ENTENTE_DOCUMENTS_READOUT_CHECK_H
#define ENTENTE_DOCUMENTS_READOUT_CHECK_H

#include "base/bytes.h"

#define READOUT_CHECK_REPORT_BYTES_MAX 1048576u
#define READOUT_CHECK_TEXTS_MAX 1024u
#define READOUT_CHECK_TEXTS_BYTES_MAX 4194304u /* of all texts */
#define READOUT_CHECK_ALTERED_MIN 0.5          /* below this similarity it is not in the readout */

enum check_verdict {
    CHECKED_VERBATIM = 1, /* whole sentences of the readout, in its order, and nothing else */
    CHECKED_ALTERED = 2,
    CHECKED_MISSING = 3,  /* of the readout, and nowhere in the report */
    CHECKED_REPEATED = 4, /* word for word what the report said before */
    CHECKED_NOT_IN_READOUT = 5
};
#define CHECK_VERDICTS 6u

/* "verbatim", "altered", "missing", "repeated", "not-in-readout"; NULL for anything else. */
const char *check_verdict_name(uint8_t verdict);

struct checked_paragraph {
    uint8_t is;                /* enum check_verdict */
    struct bytes text;         /* of the report; empty: missing */
    uint32_t number;           /* of the report's paragraphs, from 1; 0: missing */
    uint32_t first;            /* repeated: where the report said it first */
    uint32_t in;               /* index of the readout's text, where `of` is not 0 */
    uint32_t of;               /* paragraph of that text, from 1; 0: none */
    uint32_t of_last;          /* verbatim over several paragraphs: the last one */
    struct bytes readout_text; /* that paragraph */
    double similarity;         /* 0 to 1: 2 x words in common, in order / words of both */
};

struct readout_check {
    uint32_t text; /* index of the one most of the report is from: its language */
    bool has_text; /* false: nothing of the report is from any of them */
    bool is_rough; /* the texts are so large and so alike that similarities were estimated */
    uint32_t count;
    struct checked_paragraph
        *paragraphs; /* of the report in its order, then what is missing of `text` */
    uint32_t counts[CHECK_VERDICTS]; /* of each verdict */
};

/*
 * Check `report` against `texts`: one or several readouts, each in one or several languages.  Views
 * in `*check` borrow from both.  Time and memory are linear in the sizes, but for sorting and for
 * at most 2^28 steps of comparison: a second or so at the limits, whatever the bytes are.
 *   ENTENTE_ERR_TOO_LARGE   over a limit above
 *   ENTENTE_ERR_NO_MEMORY
 * On error `*check` is zeroed.
 */
MUST_USE enum entente_error readout_check(struct readout_check *check, struct bytes report,
    const struct bytes *texts, uint32_t texts_count);
void readout_check_free(struct readout_check *check);

#endif
