#include "format/chain.h"

#include "crypto/hash.h"
#include "crypto/secret.h"

void
chain_make_own(struct chain *chain, const uint8_t master[static CHAIN_MASTER_BYTES],
    const struct room_id *room, const uint8_t tag[static CHAIN_TAG_BYTES], uint64_t id)
{
    uint8_t name[ID_BYTES + CHAIN_TAG_BYTES + 8];
    struct writer writer = writer_of(name, sizeof name);

    writer_copy(&writer, room->bytes, sizeof room->bytes);
    writer_copy(&writer, tag, CHAIN_TAG_BYTES);
    writer_u64(&writer, id);
    *chain = (struct chain){.id = id};
    hash_keyed(chain->first, "entente/ownchain", master, writer_written(&writer));
    memcpy(chain->current, chain->first, sizeof chain->current);
}

enum entente_error
chain_make(struct chain *chain, uint64_t id, const uint8_t first[static CHAIN_KEY_BYTES],
    uint32_t first_index)
{
    *chain = (struct chain){0};
    if (first_index >= CHAIN_STEPS_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    *chain = (struct chain){.id = id, .first_index = first_index, .index = first_index};
    memcpy(chain->first, first, sizeof chain->first);
    memcpy(chain->current, first, sizeof chain->current);
    return ENTENTE_OK;
}

void
chain_make_commitment(struct digest *commitment, const uint8_t first[static CHAIN_KEY_BYTES])
{
    hash_once(commitment->bytes, "entente/chaincom", (struct bytes){first, CHAIN_KEY_BYTES});
}

static enum entente_error
move_to(struct chain *chain, uint32_t index)
{
    if (index >= CHAIN_STEPS_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    if (index < chain->first_index)
        return ENTENTE_ERR_PENDING;
    if (index < chain->index) {
        memcpy(chain->current, chain->first, sizeof chain->current);
        chain->index = chain->first_index;
    }
    for (; chain->index < index; chain->index++)
        hash_keyed(chain->current, "entente/chainnxt", chain->current, (struct bytes){0});
    return ENTENTE_OK;
}

enum entente_error
chain_message_key(struct chain *chain, uint32_t index, uint8_t key[static CHAIN_KEY_BYTES])
{
    enum entente_error error = move_to(chain, index);

    if (error == ENTENTE_OK)
        hash_keyed(key, "entente/chainmsg", chain->current, (struct bytes){0});
    else
        secret_wipe(key, CHAIN_KEY_BYTES);
    return error;
}

enum entente_error
chain_key_at(struct chain *chain, uint32_t index, uint8_t key[static CHAIN_KEY_BYTES])
{
    enum entente_error error = move_to(chain, index);

    if (error == ENTENTE_OK)
        memcpy(key, chain->current, CHAIN_KEY_BYTES);
    else
        secret_wipe(key, CHAIN_KEY_BYTES);
    return error;
}
