/* The payloads of `keys` and `key-help` entries: PROTOCOL.md K3 and K5. */
#ifndef ENTENTE_FORMAT_KEYS_H
#define ENTENTE_FORMAT_KEYS_H

#include "format/box.h"

#define KEYS_BYTES_MAX (57u + PARTIES_MAX * BOX_BYTES)
#define KEY_HELP_ITEMS_MAX 1024u
#define KEY_HELP_ITEM_BYTES (15u + BOX_BYTES)
#define KEY_HELP_BYTES_MAX (5u + KEY_HELP_ITEMS_MAX * KEY_HELP_ITEM_BYTES)

/* Announces a chain of the entry's writer.  Some 4 kB. */
struct keys {
    uint64_t chain;           /* not 0 */
    struct digest commitment; /* see chain_make_commitment() */
    uint8_t tag[CHAIN_TAG_BYTES];
    uint8_t count;                 /* of the room's parties: the caller compares */
    struct box boxes[PARTIES_MAX]; /* for each slot in turn, the writer's own included */
};

/*
 * Read a payload, which is used to its end.
 *   ENTENTE_ERR_TRUNCATED   `payload` ends too early
 *   ENTENTE_ERR_TOO_LARGE   more than PARTIES_MAX boxes
 *   ENTENTE_ERR_MALFORMED   chain 0, fewer than 2 boxes, or bytes left over
 * On error `*keys` is zeroed.
 */
MUST_USE enum entente_error keys_parse(struct bytes payload, struct keys *keys);
void keys_write(struct writer *writer, const struct keys *keys);

/* Gives one party chain keys that it lost.  Borrows from the payload. */
struct key_help {
    uint8_t slot; /* for whom */
    uint16_t inc;
    uint16_t count;     /* 1 to KEY_HELP_ITEMS_MAX */
    struct bytes items; /* count x KEY_HELP_ITEM_BYTES; see key_help_item() */
};

struct key_help_item {
    uint8_t owner_slot; /* whose chain it is */
    uint16_t owner_inc;
    uint64_t chain; /* not 0 */
    uint32_t index; /* of the key in the box: what comes before stays closed */
    struct box box;
};

/*
 * Read a payload, which is used to its end.  Checks every item.
 *   ENTENTE_ERR_TRUNCATED   `payload` ends too early
 *   ENTENTE_ERR_TOO_LARGE   over KEY_HELP_ITEMS_MAX items, or an index of CHAIN_STEPS_MAX and more
 *   ENTENTE_ERR_MALFORMED   no item, items not strictly ascending by (owner slot, owner inc,
 *                           chain), a slot, inc or chain that cannot be, or bytes left over
 * On error `*help` is zeroed.
 */
MUST_USE enum entente_error key_help_parse(struct bytes payload, struct key_help *help);

/* The item `index` < help->count. */
struct key_help_item key_help_item(const struct key_help *help, uint32_t index);

/* Write what comes before the items; then each of `count` items in order. */
void key_help_write_head(struct writer *writer, uint8_t slot, uint16_t inc, uint16_t count);
void key_help_write_item(struct writer *writer, const struct key_help_item *item);

#endif
