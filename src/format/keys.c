#include "format/keys.h"

static enum entente_error
read_keys(struct reader *reader, struct keys *keys)
{
    keys->chain = reader_u64(reader);
    reader_copy(reader, keys->commitment.bytes, sizeof keys->commitment.bytes);
    reader_copy(reader, keys->tag, sizeof keys->tag);
    keys->count = reader_u8(reader);
    if (reader->failed)
        return ENTENTE_ERR_TRUNCATED;
    if (keys->count > PARTIES_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    if (keys->count < 2 || keys->chain == 0)
        return ENTENTE_ERR_MALFORMED;
    for (uint8_t i = 0; i < keys->count; i++)
        keys->boxes[i] = box_read(reader);
    return reader_finish(reader);
}

enum entente_error
keys_parse(struct bytes payload, struct keys *keys)
{
    struct reader reader = reader_of(payload);

    *keys = (struct keys){0};
    enum entente_error error = read_keys(&reader, keys);
    if (error != ENTENTE_OK)
        *keys = (struct keys){0};
    return error;
}

void
keys_write(struct writer *writer, const struct keys *keys)
{
    writer_u64(writer, keys->chain);
    writer_copy(writer, keys->commitment.bytes, sizeof keys->commitment.bytes);
    writer_copy(writer, keys->tag, sizeof keys->tag);
    writer_u8(writer, keys->count);
    for (uint8_t i = 0; i < keys->count; i++)
        box_write(writer, &keys->boxes[i]);
}

static bool
is_lane(uint8_t slot, uint16_t inc)
{
    return slot < PARTIES_MAX && inc >= 1 && inc <= INC_MAX;
}

static struct key_help_item
read_item(struct reader *reader)
{
    struct key_help_item item;

    item.owner_slot = reader_u8(reader);
    item.owner_inc = reader_u16(reader);
    item.chain = reader_u64(reader);
    item.index = reader_u32(reader);
    item.box = box_read(reader);
    return item;
}

static bool
is_before(const struct key_help_item *a, const struct key_help_item *b)
{
    if (a->owner_slot != b->owner_slot)
        return a->owner_slot < b->owner_slot;
    if (a->owner_inc != b->owner_inc)
        return a->owner_inc < b->owner_inc;
    return a->chain < b->chain;
}

static enum entente_error
check_items(const struct key_help *help)
{
    struct key_help_item before = {0}; /* an owner_inc of 0 is before every item */

    for (uint32_t i = 0; i < help->count; i++) {
        struct key_help_item item = key_help_item(help, i);
        if (!is_lane(item.owner_slot, item.owner_inc) || item.chain == 0 ||
            !is_before(&before, &item))
            return ENTENTE_ERR_MALFORMED;
        if (item.index >= CHAIN_STEPS_MAX)
            return ENTENTE_ERR_TOO_LARGE;
        before = item;
    }
    return ENTENTE_OK;
}

static enum entente_error
read_help(struct reader *reader, struct key_help *help)
{
    help->slot = reader_u8(reader);
    help->inc = reader_u16(reader);
    help->count = reader_u16(reader);
    if (reader->failed)
        return ENTENTE_ERR_TRUNCATED;
    if (help->count > KEY_HELP_ITEMS_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    if (help->count == 0 || !is_lane(help->slot, help->inc))
        return ENTENTE_ERR_MALFORMED;
    help->items = reader_bytes(reader, help->count * (size_t)KEY_HELP_ITEM_BYTES);
    enum entente_error error = reader_finish(reader);
    return error != ENTENTE_OK ? error : check_items(help);
}

enum entente_error
key_help_parse(struct bytes payload, struct key_help *help)
{
    struct reader reader = reader_of(payload);

    *help = (struct key_help){0};
    enum entente_error error = read_help(&reader, help);
    if (error != ENTENTE_OK)
        *help = (struct key_help){0};
    return error;
}

struct key_help_item
key_help_item(const struct key_help *help, uint32_t index)
{
    struct reader reader = reader_of((struct bytes){
        help->items.data + index * (size_t)KEY_HELP_ITEM_BYTES, KEY_HELP_ITEM_BYTES});

    return read_item(&reader);
}

void
key_help_write_head(struct writer *writer, uint8_t slot, uint16_t inc, uint16_t count)
{
    writer_u8(writer, slot);
    writer_u16(writer, inc);
    writer_u16(writer, count);
}

void
key_help_write_item(struct writer *writer, const struct key_help_item *item)
{
    writer_u8(writer, item->owner_slot);
    writer_u16(writer, item->owner_inc);
    writer_u64(writer, item->chain);
    writer_u32(writer, item->index);
    box_write(writer, &item->box);
}
