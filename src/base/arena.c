#include "base/arena.h"

#include <stdalign.h>
#include <string.h>

void
arena_init(struct arena *arena, void *block, size_t size)
{
    *arena = (struct arena){.block = block, .size = size};
}

void
arena_reset(struct arena *arena)
{
    arena->used = 0;
}

void *
arena_take(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;

    if (arena->block == NULL || __builtin_mul_overflow(count, size, &bytes))
        return NULL;

    size_t padding = -((uintptr_t)arena->block + arena->used) % alignof(max_align_t);
    size_t room = arena->size - arena->used;
    if (padding > room || bytes > room - padding)
        return NULL;

    void *taken = arena->block + arena->used + padding;
    arena->used += padding + bytes;
    memset(taken, 0, bytes);
    return taken;
}
