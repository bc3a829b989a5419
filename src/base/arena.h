/* Memory for one step: taken piece by piece, given back all at once. */
#ifndef ENTENTE_BASE_ARENA_H
#define ENTENTE_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct arena {
    uint8_t *block; /* borrowed from whoever called arena_init() */
    size_t size;
    size_t used;
};

/* `block` is borrowed for the arena's life and may be NULL when `size` is 0. */
void arena_init(struct arena *arena, void *block, size_t size);

/* Everything that was taken becomes invalid. */
void arena_reset(struct arena *arena);

/*
 * `count` zeroed items of `size` bytes, aligned for any type, valid until the next reset; NULL
 * when the block is full or the product overflows.  A full arena bounds the work of one event.
 */
void *arena_take(struct arena *arena, size_t count, size_t size);

#endif
