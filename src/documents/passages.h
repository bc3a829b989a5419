/*
 * Texts cut into paragraphs, sentences and words, each as a number: equal numbers are equal words.
 * What readout_check.c compares.
 */
#ifndef ENTENTE_DOCUMENTS_PASSAGES_H
#define ENTENTE_DOCUMENTS_PASSAGES_H

#include "base/bytes.h"
#include "consultation/map.h"
#include "text/words.h"

/* A word of a text. */
struct token {
    uint32_t word; /* equal for equal words */
    uint8_t mark;  /* enum word_mark */
    bool follows_space;
};

/* A run of tokens or of sentences: [from, from + count). */
struct run {
    uint32_t from;
    uint32_t count;
};

struct sentence {
    uint32_t same; /* equal for equal words; its full stop is not compared */
    struct run tokens;
    uint32_t passage;
};

struct passage {
    struct bytes text;
    uint32_t in;     /* index of the text that it is of */
    uint32_t number; /* there, from 1 */
    struct run tokens;
    struct run sentences;
};

/* Numbers for words and sentences, for all texts that are compared. */
struct names {
    struct words *words;
    struct map word_numbers;
    struct map sentence_numbers;
    uint32_t end_marks[16]; /* the words that end an agency's report */
    uint32_t end_marks_count;
};
MUST_USE enum entente_error names_start(struct names *names);
void names_free(struct names *names);

/* Some texts in pieces. */
struct passages {
    struct token *tokens;
    struct sentence *sentences;
    struct passage *items;
    uint32_t tokens_count, tokens_room;
    uint32_t sentences_count, sentences_room;
    uint32_t count, room;
};
void passages_free(struct passages *passages);

/*
 * Add a paragraph; `*is_empty` and nothing is added where no word is in it.  Bullets and end marks
 * are no part of its tokens. ENTENTE_ERR_NO_MEMORY, ENTENTE_ERR_TOO_LARGE
 */
MUST_USE enum entente_error passages_add(struct passages *passages, struct names *names,
    struct bytes text, uint32_t in, uint32_t number, bool *is_empty);

/* Forget all from that number of passages on. */
void passages_cut(struct passages *passages, uint32_t count);

/* Cut `tokens` of `passages` into sentences, which are added at the end of its sentences. */
MUST_USE enum entente_error passages_cut_sentences(struct passages *passages, struct names *names,
    struct run tokens, uint32_t passage, struct run *sentences);

#endif
