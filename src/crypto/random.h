/* Randomness, for the shells only: in the pure folders it comes in as an event. */
#ifndef ENTENTE_CRYPTO_RANDOM_H
#define ENTENTE_CRYPTO_RANDOM_H

#include "base/error.h"

#include <stddef.h>

/*
 * Fill `out` from the kernel's source.  Where the kernel refuses, libsodium ends the process.
 *   ENTENTE_ERR_RANDOM   a source that gives only zeros (of 16 bytes and more) is broken
 */
MUST_USE enum entente_error random_bytes(void *out, size_t size);

#endif
