/* What fact.c and fact_lists.c share.  Nobody else includes this. */
#ifndef ENTENTE_FORMAT_FACT_INTERNAL_H
#define ENTENTE_FORMAT_FACT_INTERNAL_H

#include "format/fact.h"

/* A size u8 and the text. */
void fact_text_write(struct writer *writer, struct bytes text);

/*
 * Read `count` items; false where one breaks its bounds or the order of its list, or where the
 * reader failed.
 */
bool fact_check_languages(struct reader *reader, uint32_t count);
bool fact_check_offices(struct reader *reader, uint32_t count);
bool fact_check_chairs(struct reader *reader, uint32_t count);
bool fact_check_spokespersons(struct reader *reader, uint32_t count);

/* Whether the brackets fit the languages, which were read before. */
bool fact_check_brackets(const struct fact *fact);

#endif
