#include "format/register_state.h"

static bool
operations_may_sign(uint8_t kind)
{
    return kind == REGISTER_NODE || kind == REGISTER_REVOKE || kind == REGISTER_TRANSPORT ||
           kind == REGISTER_ASSUME || kind == REGISTER_AWAY || kind == REGISTER_ACT_WITHDRAW;
}

static bool
has_signed(const struct public_key *key, const struct register_signature *signature,
    const struct entry_id *id)
{
    return sign_check(
        key, &signature->signature, REGISTER_CONTEXT, (struct bytes){id->bytes, sizeof id->bytes});
}

/* R3: `keyset` and `operations` (NULL: none) are those that may sign this entry. */
static enum entente_error
check_signatures(const struct register_entry *entry, const struct entry_id *id,
    const struct keyset *keyset, const struct public_key *operations)
{
    const struct register_signature *signatures = entry->signatures;

    if (entry->signatures_count == 1 && signatures[0].key == REGISTER_OPERATIONS_KEY)
        return operations != NULL && operations_may_sign(entry->kind) &&
                       has_signed(operations, &signatures[0], id)
                   ? ENTENTE_OK
                   : ENTENTE_ERR_SIGNATURE;
    for (unsigned i = 0; i < entry->signatures_count; i++)
        if (signatures[i].key >= keyset->count ||
            (i > 0 && signatures[i].key <= signatures[i - 1].key) ||
            !has_signed(&keyset->keys[signatures[i].key], &signatures[i], id))
            return ENTENTE_ERR_SIGNATURE;
    return entry->signatures_count >= keyset->threshold ? ENTENTE_OK : ENTENTE_ERR_SIGNATURE;
}

/* R3 and R4, for an entry that comes after entry `number` - 1 of the register. */
static enum entente_error
check_authority(
    const struct party_register *reg, const struct register_entry *entry, const struct entry_id *id)
{
    if (entry->kind == REGISTER_INCEPTION)
        return check_signatures(entry, id, &entry->keyset, NULL);

    const struct keyset_at *in_force = register_keyset_entry(reg, entry->number - 1);
    if (entry->kind == REGISTER_ROTATE) {
        struct digest revealed;
        keyset_make_commitment(&revealed, &entry->keyset);
        if (memcmp(revealed.bytes, in_force->next.bytes, sizeof revealed.bytes) != 0)
            return ENTENTE_ERR_REGISTER_CHAIN;
        return check_signatures(entry, id, &entry->keyset, NULL);
    }
    return check_signatures(
        entry, id, &in_force->keyset, register_operations_at(reg, entry->number - 1));
}

static bool
is_exclusive_key(const struct party_register *reg, const uint8_t key[static 32])
{
    const struct incarnation *all = reg->incarnations.items;

    for (uint32_t i = 0; i < reg->incarnations.count; i++)
        if (memcmp(all[i].key.bytes, key, 32) == 0 || memcmp(all[i].prekey.bytes, key, 32) == 0)
            return true;
    return false;
}

static bool
is_used_key(const struct party_register *reg, const uint8_t key[static 32])
{
    const struct public_key *all = reg->keys.items;

    for (uint32_t i = 0; i < reg->keys.count; i++)
        if (memcmp(all[i].bytes, key, 32) == 0)
            return true;
    return is_exclusive_key(reg, key);
}

/* R5's second sentence, from both sides: what a node has is nobody else's, before or afterwards. */
static bool
keys_are_distinct(const struct party_register *reg, const struct register_entry *entry)
{
    if (entry->kind == REGISTER_NODE)
        return memcmp(entry->key.bytes, entry->prekey.bytes, 32) != 0 &&
               !is_used_key(reg, entry->key.bytes) && !is_used_key(reg, entry->prekey.bytes);
    if (entry->kind == REGISTER_OPERATIONS || entry->kind == REGISTER_TRANSPORT ||
        entry->kind == REGISTER_OFFICE || entry->kind == REGISTER_APPOINT)
        return !is_exclusive_key(reg, entry->key.bytes);
    for (unsigned i = 0; i < entry->keyset.count; i++) /* none but for inception and rotate */
        if (is_exclusive_key(reg, entry->keyset.keys[i].bytes))
            return false;
    return true;
}

/* R5 and R6. */
static enum entente_error
check_state(const struct party_register *reg, const struct register_entry *entry)
{
    if (!keys_are_distinct(reg, entry))
        return ENTENTE_ERR_REGISTER_CHAIN;
    if (entry->kind == REGISTER_NODE && entry->inc != reg->incarnations.count + 1)
        return ENTENTE_ERR_REGISTER_CHAIN;
    if (entry->kind == REGISTER_REVOKE) {
        const struct incarnation *incarnation = register_incarnation(reg, entry->inc);
        if (incarnation == NULL || incarnation->revoked_at != 0)
            return ENTENTE_ERR_REGISTER_CHAIN;
    }
    return ENTENTE_OK;
}

static bool
is_zero_id(const uint8_t id[static ID_BYTES])
{
    static const uint8_t zeros[ID_BYTES];

    return memcmp(id, zeros, ID_BYTES) == 0;
}

/* R2, but for prev. */
static enum entente_error
check_place(
    const struct party_register *reg, const struct register_entry *entry, const struct entry_id *id)
{
    uint32_t count = reg->ids.count;

    if ((entry->kind == REGISTER_INCEPTION) != (entry->number == 1) || entry->number == 0)
        return ENTENTE_ERR_REGISTER_CHAIN;
    if (entry->number == 1) {
        if (!is_zero_id(entry->party.bytes) || !is_zero_id(entry->prev.bytes))
            return ENTENTE_ERR_REGISTER_CHAIN;
        /* another inception is another party's, not a second face of this one */
        return count == 0 || entry_id_equal(id, register_id(reg, 1)) ? ENTENTE_OK
                                                                     : ENTENTE_ERR_REGISTER_CHAIN;
    }
    if (count > 0 && !party_id_equal(&entry->party, &reg->party))
        return ENTENTE_ERR_REGISTER_CHAIN;
    return entry->number <= count + 1 ? ENTENTE_OK : ENTENTE_ERR_PENDING;
}

static enum entente_error
check_entry(
    const struct party_register *reg, const struct register_entry *entry, const struct entry_id *id)
{
    uint32_t count = reg->ids.count;
    enum entente_error error = check_place(reg, entry, id);

    if (error != ENTENTE_OK)
        return error;
    if (entry->number <= count && entry_id_equal(id, register_id(reg, entry->number)))
        return ENTENTE_ERR_DUPLICATE;
    error = check_authority(reg, entry, id);
    if (error != ENTENTE_OK)
        return error;
    if (entry->number <= count)
        return ENTENTE_ERR_EQUIVOCATION;
    if (count > 0 && !entry_id_equal(&entry->prev, register_id(reg, count)))
        return ENTENTE_ERR_REGISTER_CHAIN;
    if (count == REGISTER_ENTRIES_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    return check_state(reg, entry);
}

enum entente_error
register_add(struct party_register *reg, const struct register_entry *entry)
{
    struct entry_id id;

    register_make_id(&id, entry->content);
    enum entente_error error = check_entry(reg, entry, &id);
    return error != ENTENTE_OK ? error : register_apply(reg, entry, &id);
}

enum entente_error
register_add_all(struct party_register *reg, struct bytes entries)
{
    struct reader reader = reader_of(entries);
    struct register_entry entry;

    while (reader.rest.size > 0) {
        enum entente_error error = register_entry_parse(&reader, &entry);
        if (error == ENTENTE_OK)
            error = register_add(reg, &entry);
        if (error != ENTENTE_OK && error != ENTENTE_ERR_DUPLICATE)
            return error;
    }
    return ENTENTE_OK;
}
