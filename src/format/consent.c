/* The other half of genesis.h: the file that carries a genesis and who signed it. */
#include "format/genesis.h"

static enum entente_error
read_consent(struct reader *reader, struct genesis_consents *consents, unsigned slot)
{
    uint8_t count = reader_u8(reader);

    if (count > KEYSET_KEYS_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    consents->counts[slot] = count;
    for (unsigned i = 0; i < count; i++) {
        struct register_signature *signature = &consents->signatures[slot][i];
        signature->key = reader_u8(reader);
        reader_copy(reader, signature->signature.bytes, sizeof signature->signature.bytes);
        if (reader->failed)
            return ENTENTE_ERR_TRUNCATED;
        if (signature->key >= KEYSET_KEYS_MAX || (i > 0 && signature->key <= signature[-1].key))
            return ENTENTE_ERR_MALFORMED;
    }
    return reader->failed ? ENTENTE_ERR_TRUNCATED : ENTENTE_OK;
}

static enum entente_error
read_file(struct reader *reader, struct genesis *genesis, struct genesis_consents *consents)
{
    struct bytes magic = reader_bytes(reader, sizeof GENESIS_MAGIC - 1);
    size_t size = reader_u32(reader);

    if (reader->failed)
        return ENTENTE_ERR_TRUNCATED;
    if (!bytes_equal(magic, bytes_of_text(GENESIS_MAGIC)))
        return ENTENTE_ERR_MALFORMED;
    if (size > GENESIS_BYTES_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    struct reader inner = reader_of(reader_bytes(reader, size));
    if (reader->failed)
        return ENTENTE_ERR_TRUNCATED;
    enum entente_error error = genesis_parse(&inner, genesis);
    if (error == ENTENTE_OK)
        error = reader_finish(&inner);
    for (unsigned slot = 0; error == ENTENTE_OK && slot < genesis->parties_count; slot++)
        error = read_consent(reader, consents, slot);
    return error == ENTENTE_OK ? reader_finish(reader) : error;
}

enum entente_error
genesis_file_parse(struct bytes file, struct genesis *genesis, struct genesis_consents *consents)
{
    struct reader reader = reader_of(file);

    memset(consents, 0, sizeof *consents);
    enum entente_error error = read_file(&reader, genesis, consents);
    if (error != ENTENTE_OK) {
        memset(genesis, 0, sizeof *genesis);
        memset(consents, 0, sizeof *consents);
    }
    return error;
}

void
genesis_file_write(
    struct writer *writer, const struct genesis *genesis, const struct genesis_consents *consents)
{
    writer_bytes(writer, bytes_of_text(GENESIS_MAGIC));
    writer_u32(writer, (uint32_t)genesis->encoded.size);
    writer_bytes(writer, genesis->encoded);
    for (unsigned slot = 0; slot < genesis->parties_count; slot++)
        register_signatures_write(writer, consents->signatures[slot], consents->counts[slot]);
}

void
genesis_sign(struct signature *signature, const struct signing_key *key, const struct room_id *room)
{
    sign_make(signature, key, GENESIS_CONTEXT, (struct bytes){room->bytes, sizeof room->bytes});
}

enum entente_error
genesis_check_consent(const struct genesis *genesis, const struct genesis_consents *consents,
    uint8_t slot, const struct party_register *reg)
{
    const struct genesis_party *party = &genesis->parties[slot];
    const struct register_signature *signatures = consents->signatures[slot];
    unsigned count = consents->counts[slot];
    struct room_id room;

    if (!party_id_equal(register_party(reg), &party->party) ||
        party->reg_number > register_count(reg) ||
        !entry_id_equal(register_id(reg, party->reg_number), &party->reg_id))
        return ENTENTE_ERR_NOT_A_PARTY;
    const struct keyset *keyset = register_keyset_at(reg, party->reg_number);
    genesis_make_room(&room, genesis->encoded);
    for (unsigned i = 0; i < count; i++)
        if (signatures[i].key >= keyset->count ||
            (i > 0 && signatures[i].key <= signatures[i - 1].key) ||
            !sign_check(&keyset->keys[signatures[i].key], &signatures[i].signature, GENESIS_CONTEXT,
                (struct bytes){room.bytes, sizeof room.bytes}))
            return ENTENTE_ERR_SIGNATURE;
    return count >= keyset->threshold ? ENTENTE_OK : ENTENTE_ERR_INCOMPLETE;
}
