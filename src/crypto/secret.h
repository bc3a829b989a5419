/* Memory for keys: kept out of swap and core dumps, between guard pages, wiped when freed. */
#ifndef ENTENTE_CRYPTO_SECRET_H
#define ENTENTE_CRYPTO_SECRET_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * `size` zeroed bytes, or NULL when there is no memory.  Costs at least four pages and system
 * calls: one for a store of keys, not one for each.
 * Stays out of core dumps always, out of swap as far as the process's limit on locked memory
 * (RLIMIT_MEMLOCK) goes; see secret_is_locked().
 * Ends at a guard page, so `secret` is aligned for any type only where `size` is a multiple of 16.
 */
MUST_USE void *secret_new(size_t size);

/* Wipes and frees; ends the process where somebody wrote beyond the end.  NULL does nothing. */
void secret_free(void *secret);

/* Whether the `size` bytes of secret_new() are, or could now be, locked into memory. */
bool secret_is_locked(void *secret, size_t size);

/* Zeroes, and is not optimised away. */
void secret_wipe(void *memory, size_t size);

/* Takes the same time whatever the bytes are. */
bool secret_equal(const void *a, const void *b, size_t size);

#endif
