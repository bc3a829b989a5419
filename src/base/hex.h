/* Bytes as hexadecimal digits, in small letters, and back. */
#ifndef ENTENTE_BASE_HEX_H
#define ENTENTE_BASE_HEX_H

#include "base/bytes.h"

/* `text` is exactly 2 * size digits; false otherwise, and `data` may be changed in part. */
bool hex_of_text(struct bytes text, void *data, size_t size);

/* 2 * size digits and a zero. */
void hex_to_text(char *text, const void *data, size_t size);

#endif
