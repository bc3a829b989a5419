/*
 * Key-help (PROTOCOL.md K5): a party whose keyholder was lost gets the room's chains again, sealed
 * to the prekey of its newest incarnation.  The desk brings the `keys` entries, since an operator
 * said so: a node that was taken over cannot ask for it.
 */
#include "keyholder/keyholder.h"

#include "crypto/random.h"
#include "crypto/secret.h"

#include <stdlib.h>

#define HELPED_AT_ONCE_MAX 64u

struct help_draft {
    uint8_t recipient;
    const struct incarnation *to;
    uint32_t count;
    struct key_help_item items[HELPED_AT_ONCE_MAX];
};

static int
compare(const void *a, const void *b)
{
    const struct key_help_item *one = a, *two = b;

    if (one->owner_slot != two->owner_slot)
        return one->owner_slot < two->owner_slot ? -1 : 1;
    if (one->owner_inc != two->owner_inc)
        return one->owner_inc < two->owner_inc ? -1 : 1;
    return one->chain < two->chain ? -1 : one->chain > two->chain;
}

/* The chain of one `keys` entry, when we can open it and the recipient cannot. */
static enum entente_error
add_item(struct keyholder *keyholder, const struct keyholder_room *room, const struct entry *entry,
    struct bytes payload, struct help_draft *draft)
{
    static struct keys keys;
    static const uint8_t no_tag[CHAIN_TAG_BYTES];
    uint8_t seed[HPKE_SEED_BYTES];
    struct box_secret secret = {0};
    struct key_help_item *item = &draft->items[draft->count];

    if (keys_parse(payload, &keys) != ENTENTE_OK || draft->recipient >= keys.count ||
        memcmp(keys.tag, no_tag, sizeof no_tag) != 0 ||
        keys.boxes[draft->recipient].prekey_id == draft->to->prekey_id)
        return ENTENTE_OK;
    enum entente_error error = chains_learn(keyholder->chains, keyholder->secrets, &room->id,
        entry->slot, entry->inc, room->signer.slot, payload);
    struct chain *chain =
        chains_find(keyholder->chains, &room->id, entry->slot, entry->inc, keys.chain);
    if (error == ENTENTE_ERR_NO_MEMORY || chain == NULL)
        return error == ENTENTE_ERR_NO_MEMORY ? error : ENTENTE_OK;
    error = random_bytes(seed, sizeof seed);
    if (error == ENTENTE_OK)
        error = chain_key_at(chain, chain->first_index, secret.chain_key);
    if (error != ENTENTE_OK)
        return error;
    struct box_place place = {.purpose = BOX_FOR_KEY_HELP,
        .room = room->id,
        .slot = room->signer.slot,
        .inc = room->signer.inc,
        .chain = keys.chain,
        .recipient = draft->recipient};
    *item = (struct key_help_item){.owner_slot = entry->slot,
        .owner_inc = entry->inc,
        .chain = keys.chain,
        .index = chain->first_index};
    error = box_seal(
        &item->box, &place, &draft->to->prekey, draft->to->prekey_id, NULL, 0, seed, &secret);
    secret_wipe(&secret, sizeof secret);
    secret_wipe(seed, sizeof seed);
    draft->count += error == ENTENTE_OK;
    return error;
}

static enum entente_error
read_entries(struct keyholder *keyholder, const struct keyholder_room *room, struct bytes entries,
    struct help_draft *draft)
{
    struct reader reader = reader_of(entries);
    enum entente_error error = ENTENTE_OK;

    while (error == ENTENTE_OK && reader.rest.size > 0) {
        struct bytes header = reader_bytes(&reader, reader_u32(&reader));
        struct bytes payload = reader_bytes(&reader, reader_u32(&reader));
        struct reader of_header = reader_of(header);
        struct entry entry;
        struct digest hash;
        if (reader.failed || draft->count == HELPED_AT_ONCE_MAX ||
            entry_parse(&of_header, &entry) != ENTENTE_OK || entry.kind != ENTRY_KEYS ||
            !room_id_equal(&entry.room, &room->id))
            return ENTENTE_ERR_USAGE;
        payload_make_hash(&hash, payload);
        if (memcmp(hash.bytes, entry.payload_hash.bytes, sizeof hash.bytes) != 0)
            return ENTENTE_ERR_HASH;
        error = add_item(keyholder, room, &entry, payload, draft);
    }
    return error;
}

/* Items in their order, each chain once: a forked feed may have announced one twice. */
static uint32_t
write_items(struct writer *writer, struct help_draft *draft)
{
    uint32_t kept = 0;

    qsort(draft->items, draft->count, sizeof draft->items[0], compare);
    for (uint32_t i = 0; i < draft->count; i++)
        if (kept == 0 || compare(&draft->items[kept - 1], &draft->items[i]) != 0)
            draft->items[kept++] = draft->items[i];
    key_help_write_head(writer, draft->recipient, draft->to->inc, (uint16_t)kept);
    for (uint32_t i = 0; i < kept; i++)
        key_help_write_item(writer, &draft->items[i]);
    return kept;
}

static enum entente_error
help(struct keyholder *keyholder, const struct message_key_help *asked, uint32_t *count)
{
    static struct help_draft draft;
    static uint8_t payload[5 + HELPED_AT_ONCE_MAX * KEY_HELP_ITEM_BYTES];
    struct writer writer = writer_of(payload, sizeof payload);
    struct keyholder_room *room = keyholder_room_find(keyholder, &asked->room);

    if (room == NULL)
        return ENTENTE_ERR_NOT_FOUND;
    if (asked->ticket == 0 || (asked->ticket & TICKET_OWN) != 0 || asked->slot >= room->parties ||
        asked->slot == room->signer.slot)
        return ENTENTE_ERR_USAGE;
    if (room->signer.is_retired)
        return ENTENTE_ERR_RETIRED;
    draft = (struct help_draft){
        .recipient = asked->slot, .to = register_incarnation_last(room->registers[asked->slot])};
    if (draft.to == NULL || draft.to->revoked_at != 0)
        return ENTENTE_ERR_UNCERTIFIED;
    enum entente_error error = read_entries(keyholder, room, asked->entries, &draft);
    if (error != ENTENTE_OK || draft.count == 0)
        return error;
    *count = write_items(&writer, &draft);
    struct message_sealed sealed = {.ticket = asked->ticket,
        .room = room->id,
        .kind = ENTRY_KEY_HELP};
    return keyholder_hand_over(keyholder, room, &sealed, 0, writer_written(&writer));
}

enum entente_error
keyholder_key_help(struct keyholder *keyholder, struct bytes body)
{
    struct message_key_help asked;
    uint32_t count = 0;

    enum entente_error error = message_key_help_read(body, &asked);
    if (error != ENTENTE_OK)
        return error;
    error = help(keyholder, &asked, &count);
    return message_key_helped_queue(
        keyholder->desk, &(struct message_key_helped){asked.ticket, (uint16_t)error,
                             (uint16_t)(error == ENTENTE_OK ? count : 0)});
}
