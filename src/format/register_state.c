#include "format/register_state.h"

#include <stdlib.h>

enum entente_error
register_new(struct party_register **reg)
{
    *reg = calloc(1, sizeof **reg);
    return *reg != NULL ? ENTENTE_OK : ENTENTE_ERR_NO_MEMORY;
}

void
register_free(struct party_register *reg)
{
    if (reg == NULL)
        return;
    free(reg->ids.items);
    free(reg->ends.items);
    free(reg->bytes.items);
    free(reg->keysets.items);
    free(reg->operations.items);
    free(reg->incarnations.items);
    free(reg->keys.items);
    free(reg);
}

/* Room for `more` items, so that what changes the register cannot fail halfway. */
static bool
list_reserve(struct list *list, size_t item_bytes, size_t more)
{
    size_t needed = list->count + more, room = list->room > 0 ? list->room : 4;

    if (needed <= list->room)
        return true;
    while (room < needed)
        room *= 2;
    if (room > UINT32_MAX)
        return false;
    void *items = realloc(list->items, room * item_bytes);
    if (items == NULL)
        return false;
    list->items = items;
    list->room = (uint32_t)room;
    return true;
}

static void
list_add(struct list *list, size_t item_bytes, const void *items, size_t count)
{
    memcpy((uint8_t *)list->items + list->count * item_bytes, items, count * item_bytes);
    list->count += (uint32_t)count;
}

static bool
reserve_all(struct party_register *reg, const struct register_entry *entry)
{
    return list_reserve(&reg->ids, sizeof(struct entry_id), 1) &&
           list_reserve(&reg->ends, sizeof(uint32_t), 1) &&
           list_reserve(&reg->bytes, 1, entry->encoded.size) &&
           list_reserve(&reg->keysets, sizeof(struct keyset_at), 1) &&
           list_reserve(&reg->operations, sizeof(struct operations_at), 1) &&
           list_reserve(&reg->incarnations, sizeof(struct incarnation), 1) &&
           list_reserve(&reg->keys, sizeof(struct public_key), KEYSET_KEYS_MAX);
}

/* `field` borrows from the entry that is being added: where it will be in the register's bytes. */
static uint32_t
place_of(const struct party_register *reg, const struct register_entry *entry, struct bytes field)
{
    return reg->bytes.count + (uint32_t)(field.data - entry->encoded.data);
}

/* The change of state by kind; there is room for it. */
static void
change_state(
    struct party_register *reg, const struct register_entry *entry, const struct entry_id *id)
{
    struct incarnation *incarnations = reg->incarnations.items;

    switch ((enum register_kind)entry->kind) {
    case REGISTER_INCEPTION:
        memcpy(reg->party.bytes, id->bytes, ID_BYTES);
        reg->name_at = place_of(reg, entry, entry->name);
        reg->name_size = (uint32_t)entry->name.size;
        __attribute__((fallthrough));
    case REGISTER_ROTATE:
        list_add(&reg->keysets, sizeof(struct keyset_at),
            &(struct keyset_at){entry->number, entry->keyset, entry->next}, 1);
        list_add(&reg->keys, sizeof(struct public_key), entry->keyset.keys, entry->keyset.count);
        break;
    case REGISTER_OPERATIONS:
        list_add(&reg->operations, sizeof(struct operations_at),
            &(struct operations_at){entry->number, entry->key}, 1);
        list_add(&reg->keys, sizeof(struct public_key), &entry->key, 1);
        break;
    case REGISTER_NODE:
        list_add(&reg->incarnations, sizeof(struct incarnation),
            &(struct incarnation){
                entry->inc, entry->number, 0, *id, entry->key, entry->prekey_id, entry->prekey},
            1);
        break;
    case REGISTER_REVOKE:
        incarnations[entry->inc - 1].revoked_at = entry->number;
        break;
    case REGISTER_TRANSPORT:
        reg->transport = entry->key;
        reg->has_transport = true;
        reg->address_at = place_of(reg, entry, entry->address);
        reg->address_size = (uint32_t)entry->address.size;
        list_add(&reg->keys, sizeof(struct public_key), &entry->key, 1);
        break;
    case REGISTER_OFFICE:
    case REGISTER_APPOINT:
        list_add(&reg->keys, sizeof(struct public_key), &entry->key, 1);
        break;
    case REGISTER_DEPUTISE: /* who may act for whom is evaluated above this layer */
    case REGISTER_ASSUME:
    case REGISTER_RELIEVE:
    case REGISTER_AWAY:
    case REGISTER_POLICY:
    case REGISTER_ACT_WITHDRAW:
        break;
    }
}

enum entente_error
register_apply(
    struct party_register *reg, const struct register_entry *entry, const struct entry_id *id)
{
    if (!reserve_all(reg, entry))
        return ENTENTE_ERR_NO_MEMORY;
    change_state(reg, entry, id);
    list_add(&reg->ids, sizeof *id, id, 1);
    list_add(&reg->bytes, 1, entry->encoded.data, entry->encoded.size);
    list_add(&reg->ends, sizeof(uint32_t), &reg->bytes.count, 1);
    return ENTENTE_OK;
}

const struct keyset_at *
register_keyset_entry(const struct party_register *reg, uint32_t number)
{
    const struct keyset_at *all = reg->keysets.items;
    uint32_t low = 0, high = reg->keysets.count; /* the last one whose number is at most `number` */

    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (all[middle].number <= number)
            low = middle;
        else
            high = middle;
    }
    return &all[low];
}

const struct public_key *
register_operations_at(const struct party_register *reg, uint32_t number)
{
    const struct operations_at *all = reg->operations.items;

    for (uint32_t i = reg->operations.count; i > 0; i--)
        if (all[i - 1].number <= number)
            return &all[i - 1].key;
    return NULL;
}

const struct party_id *
register_party(const struct party_register *reg)
{
    return &reg->party;
}

static struct bytes
view(const struct party_register *reg, uint32_t at, uint32_t size)
{
    return size > 0 ? (struct bytes){(const uint8_t *)reg->bytes.items + at, size}
                    : (struct bytes){0};
}

struct bytes
register_name(const struct party_register *reg)
{
    return view(reg, reg->name_at, reg->name_size);
}

struct bytes
register_address(const struct party_register *reg)
{
    return view(reg, reg->address_at, reg->address_size);
}

uint32_t
register_count(const struct party_register *reg)
{
    return reg->ids.count;
}

const struct entry_id *
register_id(const struct party_register *reg, uint32_t number)
{
    return (const struct entry_id *)reg->ids.items + (number - 1);
}

struct bytes
register_encoded(const struct party_register *reg, uint32_t number)
{
    const uint32_t *ends = reg->ends.items;
    uint32_t start = number > 1 ? ends[number - 2] : 0;

    return view(reg, start, ends[number - 1] - start);
}

const struct public_key *
register_transport_key(const struct party_register *reg)
{
    return reg->has_transport ? &reg->transport : NULL;
}

const struct public_key *
register_operations_key(const struct party_register *reg)
{
    return register_operations_at(reg, reg->ids.count);
}

const struct keyset *
register_keyset_at(const struct party_register *reg, uint32_t number)
{
    return &register_keyset_entry(reg, number)->keyset;
}

const struct digest *
register_next(const struct party_register *reg)
{
    return reg->ids.count > 0 ? &register_keyset_entry(reg, reg->ids.count)->next : NULL;
}

const struct incarnation *
register_incarnation_at(
    const struct party_register *reg, uint16_t inc, uint32_t number, enum entente_error *error)
{
    const struct incarnation *incarnation = register_incarnation(reg, inc);

    if (incarnation == NULL || incarnation->certified_at > number)
        *error = ENTENTE_ERR_UNCERTIFIED;
    else if (incarnation->revoked_at != 0 && incarnation->revoked_at <= number)
        *error = ENTENTE_ERR_REVOKED;
    else
        *error = ENTENTE_OK;
    return *error == ENTENTE_OK ? incarnation : NULL;
}

const struct incarnation *
register_incarnation_last(const struct party_register *reg)
{
    return register_incarnation(reg, (uint16_t)reg->incarnations.count);
}

const struct incarnation *
register_incarnation(const struct party_register *reg, uint16_t inc)
{
    const struct incarnation *all = reg->incarnations.items;

    return inc >= 1 && inc <= reg->incarnations.count ? &all[inc - 1] : NULL;
}
