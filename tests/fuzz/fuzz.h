/*
 * What every fuzz target shares.
 *
 * A target is one file, fuzz_NAME.c, that defines LLVMFuzzerTestOneInput() and is named in
 * tests/fuzz/meson.build; its inputs live in corpus/NAME/.  `./check` replays them, `./check
 * --fuzz` looks for more.  A target returns 0 and stops the program where a promise is broken, most
 * often this one: what the parser accepts, the writer gives back byte for byte.
 */
#ifndef ENTENTE_TESTS_FUZZ_FUZZ_H
#define ENTENTE_TESTS_FUZZ_FUZZ_H

#include "base/bytes.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void
fuzz_require(bool promise)
{
    if (!promise)
        abort();
}

/* Room for `size` bytes and not one more, so that the sanitizer sees the first byte beyond. */
static inline void *
fuzz_memory(size_t size)
{
    void *memory = malloc(size);

    fuzz_require(memory != NULL || size == 0);
    return memory;
}

#endif
