/* From 32 bytes that are a hash already to an index: what finds acts and objects. */
#ifndef ENTENTE_CONSULTATION_MAP_H
#define ENTENTE_CONSULTATION_MAP_H

#include "format/ids.h"

#define MAP_NONE UINT32_MAX

struct map_slot {
    struct digest key;
    uint32_t value; /* MAP_NONE: free */
};

struct map {
    struct map_slot *slots; /* `size` of them, a power of two; NULL when 0 */
    uint32_t size;
    uint32_t count;
};

/* The value of `key`, or MAP_NONE. */
uint32_t map_get(const struct map *map, const struct digest *key);

/*
 * Set the value, which is not MAP_NONE, of `key`.
 *   ENTENTE_ERR_NO_MEMORY   nothing changed
 */
MUST_USE enum entente_error map_set(struct map *map, const struct digest *key, uint32_t value);
void map_free(struct map *map);

/*
 * Room for one more item of `size` bytes in `*items`, which has `*room` of them and `count` in use.
 *   ENTENTE_ERR_NO_MEMORY   nothing changed
 */
MUST_USE enum entente_error list_grow(void *items, uint32_t *room, uint32_t count, size_t size);

#endif
