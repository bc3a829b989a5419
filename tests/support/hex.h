/* Bytes of tests and vectors, as hexadecimal digits. */
#ifndef ENTENTE_TESTS_SUPPORT_HEX_H
#define ENTENTE_TESTS_SUPPORT_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The bytes that `hex` names (digits in pairs; spaces between pairs are skipped), which must fit
 * in `size`.  Returns their count; ends the program where `hex` is wrong: a test's own mistake.
 */
size_t hex_read(void *out, size_t size, const char *hex);

/* Whether the `size` bytes of `data` are exactly those that `hex` names. */
bool hex_equal(const void *data, size_t size, const char *hex);

#endif
