#include "room/list.h"

#include <stdlib.h>

void
list_free(struct list *list)
{
    for (uint32_t i = 0; i < list->lanes_count; i++)
        free(list->lanes[i].items);
    free(list->lanes);
    free(list->items);
    free(list->changes);
    free(list->ids);
    *list = (struct list){0};
}

/* ---- by id ---- */

static uint32_t
bits_of(const struct entry_id *id)
{
    uint32_t bits;

    memcpy(&bits, id->bytes, sizeof bits);
    return bits;
}

static void
put_id(uint32_t *ids, uint32_t size, uint32_t bits, uint32_t value)
{
    uint32_t at = bits & (size - 1);

    while (ids[2 * at + 1] != 0)
        at = (at + 1) & (size - 1);
    ids[2 * at] = bits;
    ids[2 * at + 1] = value;
}

static enum entente_error
reserve_id(struct list *list)
{
    if (list->count + list->count / 3 < list->ids_size)
        return ENTENTE_OK;
    uint32_t size = list->ids_size == 0 ? 64 : 2 * list->ids_size;
    uint32_t *ids = size == 0 ? NULL : calloc(size, 2 * sizeof *ids);
    if (ids == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    for (uint32_t i = 0; i < list->ids_size; i++)
        if (list->ids[2 * i + 1] != 0)
            put_id(ids, size, list->ids[2 * i], list->ids[2 * i + 1]);
    free(list->ids);
    list->ids = ids;
    list->ids_size = size;
    return ENTENTE_OK;
}

uint32_t
list_find_id(const struct list *list, const struct entry_id *id, uint32_t *at)
{
    uint32_t bits = bits_of(id);

    while (list->ids_size > 0) {
        uint32_t place = (bits + (*at)++) & (list->ids_size - 1);
        uint32_t value = list->ids[2 * place + 1];
        if (value == 0)
            break;
        if (list->ids[2 * place] == bits)
            return value - 1;
    }
    return LIST_NONE;
}

/* ---- by place ---- */

static enum entente_error
reserve_lane(struct list *list, uint32_t branch)
{
    while (list->lanes_count <= branch) {
        enum entente_error error = list_grow(
            &list->lanes, &list->lanes_room, list->lanes_count, sizeof *list->lanes);
        if (error != ENTENTE_OK)
            return error;
        list->lanes[list->lanes_count++] = (struct lane){0};
    }
    struct lane *lane = &list->lanes[branch];
    return list_grow(&lane->items, &lane->room, lane->count, sizeof *lane->items);
}

uint32_t
list_find(const struct list *list, uint32_t branch, uint32_t behind_fork)
{
    if (branch >= list->lanes_count || behind_fork == 0 ||
        behind_fork > list->lanes[branch].count)
        return LIST_NONE;
    return list->lanes[branch].items[behind_fork - 1];
}

enum entente_error
list_add(struct list *list, const struct item *item, const struct entry_id *id)
{
    enum entente_error error =
        list_grow(&list->items, &list->room, list->count, sizeof *list->items);

    if (error == ENTENTE_OK)
        error = reserve_lane(list, item->branch);
    if (error == ENTENTE_OK)
        error = reserve_id(list);
    if (error != ENTENTE_OK)
        return error;
    struct lane *lane = &list->lanes[item->branch];
    lane->items[lane->count++] = list->count;
    list->items[list->count++] = *item;
    put_id(list->ids, list->ids_size, bits_of(id), list->count);
    return ENTENTE_OK;
}

enum entente_error
list_number(struct list *list, uint32_t item)
{
    enum entente_error error = list_grow(
        &list->changes, &list->changes_room, list->changes_count, sizeof *list->changes);

    if (error != ENTENTE_OK)
        return error;
    list->changes[list->changes_count++] = item;
    list->items[item].change = list->changes_count;
    return ENTENTE_OK;
}
