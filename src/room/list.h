/*
 * The entries that a room has met, in some 50 bytes each: found by place, by id and by number, read from store
 * and spill when somebody asks.
 */
#ifndef ENTENTE_ROOM_LIST_H
#define ENTENTE_ROOM_LIST_H

#include "consultation/causality.h"
#include "consultation/map.h"

#define LIST_T_MAX ((UINT64_C(1) << 48) - 1)
#define LIST_NONE UINT32_MAX

struct item {
    uint64_t t_ms : 48; /* LIST_T_MAX: that or later, as the entry itself says */
    uint64_t branch : 16;
    uint64_t offset : 48; /* in the spill */
    uint64_t why : 8;     /* enum entente_error: why it has no body; of what is not sealed, OK */
    uint64_t is_sealed : 1;
    uint64_t has_body : 1; /* in the spill */
    uint64_t is_top : 1;   /* nothing in its past comes behind it by (t, slot, inc, seq, id): see order.c */
    uint32_t seq;
    uint32_t size; /* of the body in the spill */
    uint32_t change; /* 0: its body is awaited */
};

/* The items of one branch: by seq behind the fork. */
struct lane {
    uint32_t *items;
    uint32_t count;
    uint32_t room;
};

struct list {
    struct item *items;
    uint32_t count;
    uint32_t room;
    uint32_t *changes; /* item of change 1, 2, ... */
    uint32_t changes_count;
    uint32_t changes_room;
    struct lane *lanes; /* by branch */
    uint32_t lanes_count;
    uint32_t lanes_room;
    uint32_t *ids; /* pairs: some bits of the id, item + 1 (0: free); a power of two of them */
    uint32_t ids_size;
};

void list_free(struct list *list);

/*
 * Add an item at the end: the next one of its branch.
 *   ENTENTE_ERR_NO_MEMORY   nothing changed
 */
MUST_USE enum entente_error list_add(
    struct list *list, const struct item *item, const struct entry_id *id);

/* The item of the entry (seq - behind) in its branch, from 1; LIST_NONE: it was not met. */
uint32_t list_find(const struct list *list, uint32_t branch, uint32_t behind_fork);

/* Those that may have the id, one after the other: `*at` is 0 for the first; LIST_NONE at the end. */
uint32_t list_find_id(const struct list *list, const struct entry_id *id, uint32_t *at);

/*
 * Give the item the next number.
 *   ENTENTE_ERR_NO_MEMORY   nothing changed
 */
MUST_USE enum entente_error list_number(struct list *list, uint32_t item);

#endif
