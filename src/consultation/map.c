#include "consultation/map.h"

#include <stdlib.h>

/* Where `key` is, or where it would be.  There is a free slot. */
static uint32_t
place_of(const struct map *map, const struct digest *key)
{
    uint32_t at;

    memcpy(&at, key->bytes, sizeof at);
    for (at &= map->size - 1; map->slots[at].value != MAP_NONE; at = (at + 1) & (map->size - 1))
        if (memcmp(&map->slots[at].key, key, sizeof *key) == 0)
            break;
    return at;
}

uint32_t
map_get(const struct map *map, const struct digest *key)
{
    return map->size == 0 ? MAP_NONE : map->slots[place_of(map, key)].value;
}

static enum entente_error
grow(struct map *map)
{
    struct map larger = {.size = map->size > 0 ? map->size * 2 : 16, .count = map->count};

    larger.slots = malloc(larger.size * sizeof *larger.slots);
    if (larger.slots == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    for (uint32_t i = 0; i < larger.size; i++)
        larger.slots[i].value = MAP_NONE;
    for (uint32_t i = 0; i < map->size; i++)
        if (map->slots[i].value != MAP_NONE)
            larger.slots[place_of(&larger, &map->slots[i].key)] = map->slots[i];
    free(map->slots);
    *map = larger;
    return ENTENTE_OK;
}

enum entente_error
map_set(struct map *map, const struct digest *key, uint32_t value)
{
    if (map->count * 2 >= map->size) {
        enum entente_error error = grow(map);
        if (error != ENTENTE_OK)
            return error;
    }
    struct map_slot *slot = &map->slots[place_of(map, key)];
    if (slot->value == MAP_NONE)
        map->count++;
    slot->key = *key;
    slot->value = value;
    return ENTENTE_OK;
}

void
map_free(struct map *map)
{
    free(map->slots);
    *map = (struct map){0};
}

enum entente_error
list_grow(void *items, uint32_t *room, uint32_t count, size_t size)
{
    void **list = items;

    if (count < *room)
        return ENTENTE_OK;
    if (*room > UINT32_MAX / 2)
        return ENTENTE_ERR_NO_MEMORY;
    uint32_t wanted = *room > 0 ? *room * 2 : 4;
    void *grown = realloc(*list, wanted * size);
    if (grown == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    *list = grown;
    *room = wanted;
    return ENTENTE_OK;
}
