/* How the writers of documents/ put a document together.  All of it is sticky: see struct document.
 */
#ifndef ENTENTE_DOCUMENTS_BUFFER_H
#define ENTENTE_DOCUMENTS_BUFFER_H

#include "documents/documents.h"

void document_put(struct document *document, struct bytes part);
void document_put_text(struct document *document, const char *text);
void document_printf(struct document *document, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void document_put_hex(struct document *document, const void *data, size_t size);

/* Text from outside as people may see it (text/show.h), without any markup. */
void document_put_shown(struct document *document, struct bytes text, bool is_line);
/* The same as a string of its own, which holds no zero byte; the caller frees it.  NULL: NO_MEMORY.
 */
char *shown_text(struct bytes text, bool is_line);

/* As a decimal number, exactly: quantity / 10^scale, without zeros behind. */
#define DECIMAL_BYTES_MAX 32u
void decimal_print(char out[static DECIMAL_BYTES_MAX], uint64_t quantity, uint8_t scale);

/* "2020-11-13T09:00:00Z"; milliseconds are cut off. */
#define TIME_BYTES_MAX 32u
void time_print(char out[static TIME_BYTES_MAX], uint64_t t_ms);

/* The parts of it in UTC. */
struct time_parts {
    int year, month, day, hour, minute, second; /* month and day from 1 */
};
struct time_parts time_parts_of(uint64_t t_ms);

/* Gives the rest to `flush`; what became of it all. */
MUST_USE enum entente_error document_finish(struct document *document);

#endif
