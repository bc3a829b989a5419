/* Where in a readout a paragraph is from.  For readout_check.c only. */
#ifndef ENTENTE_DOCUMENTS_CHECK_MATCH_H
#define ENTENTE_DOCUMENTS_CHECK_MATCH_H

#include "documents/passages.h"

#define MATCH_STEPS_MAX (UINT64_C(1) << 28)      /* of comparing words, for a whole report */
#define MATCH_PAIR_STEPS_MAX (UINT64_C(1) << 22) /* for two paragraphs */
#define MATCH_PLACES_MAX 64u /* of one sentence or pair of words, that are looked at */
#define MATCH_CANDIDATES 4u

/* Where in the readout to look: one text, or all. */
struct scope {
    struct run tokens;
    struct run sentences;
};

/* Two words in a row, and where they are in the readout. */
struct word_pair {
    uint32_t words[2];
    uint32_t passage;
    uint32_t token;
};

struct sentence_place {
    uint32_t same;
    uint32_t sentence;
};

/* What a paragraph of the report has in common with one of the readout. */
struct common {
    uint32_t pairs;
    uint32_t first, last; /* tokens of the readout */
};

struct matcher {
    struct names names;
    struct passages readout; /* all texts, one behind the other */
    struct passages report;
    struct sentence_place *places; /* of the readout, ascending */
    struct word_pair *pairs;       /* of the readout, ascending */
    uint32_t pairs_count;
    struct common *common; /* for each passage of the readout; all zero between two calls */
    uint32_t *touched;     /* those that are not */
    uint32_t touched_count;
    uint32_t *row; /* of the table that finds the longest common list */
    uint32_t row_room;
    uint64_t steps; /* made so far */
    bool is_rough;  /* some were too many */
};

struct match {
    bool is_verbatim;
    bool is_found;     /* verbatim, or near enough to be an altered one; else the rest is zero */
    uint32_t passage;  /* of the readout */
    uint32_t last;     /* verbatim: the passage of its last sentence */
    struct run tokens; /* of the readout: what it is from */
    double similarity;
};

/*
 * Make the index.  The readout's passages are there, and come no more.
 *   ENTENTE_ERR_NO_MEMORY
 */
MUST_USE enum entente_error matcher_start(struct matcher *matcher);
void matcher_free(struct matcher *matcher);

/*
 * Where in `scope` passage `index` of the report is from.
 *   ENTENTE_ERR_NO_MEMORY
 */
MUST_USE enum entente_error matcher_find(
    struct matcher *matcher, uint32_t index, const struct scope *scope, struct match *match);

#endif
