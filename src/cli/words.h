/* Small questions about lines of text.  All results are views into what was passed. */
#ifndef ENTENTE_CLI_WORDS_H
#define ENTENTE_CLI_WORDS_H

#include "base/bytes.h"

/* The next line without its line feed and carriage return; false when `rest` is used up. */
bool words_line(struct bytes *rest, struct bytes *line);

/* Without spaces and tabs at the start, at the end, or at both. */
struct bytes words_trim_start(struct bytes text);
struct bytes words_trim_end(struct bytes text);
struct bytes words_trim(struct bytes text);

/* `text` without its first `size` bytes, which must exist. */
struct bytes words_after(struct bytes text, size_t size);

bool words_start_with(struct bytes text, const char *start);
bool words_equal(struct bytes text, const char *other);

/* As bytes_equal(), but an ASCII letter equals its other case. */
bool words_equal_folded(struct bytes a, struct bytes b);

/* Where `byte` or `part` is first found, or `text.size`. */
size_t words_find_byte(struct bytes text, char byte);
size_t words_find(struct bytes text, const char *part);

bool words_is_upper(uint8_t byte);
bool words_is_letter(uint8_t byte);
bool words_is_digit(uint8_t byte);
uint8_t words_lower(uint8_t byte);

#endif
