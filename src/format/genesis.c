#include "format/genesis.h"

#include "base/text.h"
#include "crypto/hash.h"

#include <assert.h>

#define GENESIS_VERSION 1
#define OFFICE_BYTES_MAX 128u

/* Reads a count of `min` to `max` things. */
static enum entente_error
read_count(struct reader *reader, uint8_t min, uint8_t max, uint8_t *count)
{
    *count = reader_u8(reader);
    if (reader->failed)
        return ENTENTE_ERR_TRUNCATED;
    if (*count > max)
        return ENTENTE_ERR_TOO_LARGE;
    return *count >= min ? ENTENTE_OK : ENTENTE_ERR_MALFORMED;
}

/* Reads text of `min` to `max` bytes, behind its size, which was read. */
static enum entente_error
read_text(struct reader *reader, size_t size, size_t min, size_t max, struct bytes *text)
{
    *text = reader_bytes(reader, size);
    if (size > max)
        return ENTENTE_ERR_TOO_LARGE;
    if (reader->failed)
        return ENTENTE_ERR_TRUNCATED;
    return size >= min && text_is_utf8(*text) ? ENTENTE_OK : ENTENTE_ERR_MALFORMED;
}

static enum entente_error
read_short_text(struct reader *reader, size_t max, struct bytes *text)
{
    return read_text(reader, reader_u8(reader), 1, max, text);
}

static enum entente_error
read_tag(struct reader *reader, struct bytes *tag)
{
    *tag = reader_bytes(reader, reader_u8(reader));
    if (reader->failed)
        return ENTENTE_ERR_TRUNCATED;
    return text_is_language_tag(*tag) ? ENTENTE_OK : ENTENTE_ERR_MALFORMED;
}

static enum entente_error
read_languages(struct reader *reader, struct genesis *genesis)
{
    enum entente_error error =
        read_count(reader, 1, GENESIS_LANGUAGES_MAX, &genesis->languages_count);

    for (unsigned i = 0; error == ENTENTE_OK && i < genesis->languages_count; i++) {
        error = read_tag(reader, &genesis->languages[i]);
        for (unsigned j = 0; error == ENTENTE_OK && j < i; j++)
            if (bytes_equal(genesis->languages[i], genesis->languages[j]))
                error = ENTENTE_ERR_MALFORMED;
    }
    return error;
}

static enum entente_error
read_charters(struct reader *reader, struct genesis *genesis)
{
    struct genesis_charter *charters = genesis->charters;
    enum entente_error error =
        read_count(reader, 0, GENESIS_CHARTERS_MAX, &genesis->charters_count);

    for (unsigned i = 0; error == ENTENTE_OK && i < genesis->charters_count; i++) {
        error = read_tag(reader, &charters[i].tag);
        for (unsigned j = 0; error == ENTENTE_OK && j < i; j++)
            if (bytes_equal(charters[i].tag, charters[j].tag))
                error = ENTENTE_ERR_MALFORMED;
        if (error == ENTENTE_OK)
            error = read_text(
                reader, reader_u32(reader), 0, GENESIS_CHARTER_BYTES_MAX, &charters[i].text);
    }
    return error;
}

static enum entente_error
read_offices(struct reader *reader, struct genesis *genesis)
{
    enum entente_error error = read_count(reader, 0, GENESIS_OFFICES_MAX, &genesis->offices_count);

    for (unsigned i = 0; error == ENTENTE_OK && i < genesis->offices_count; i++)
        error = read_short_text(reader, OFFICE_BYTES_MAX, &genesis->offices[i]);
    return error;
}

static enum entente_error
read_retention(struct reader *reader, struct genesis *genesis)
{
    genesis->retention_days = reader_u32(reader);
    return reader->failed ? ENTENTE_ERR_TRUNCATED : ENTENTE_OK;
}

static enum entente_error
read_predecessor(struct reader *reader, struct genesis *genesis)
{
    uint8_t has = reader_u8(reader);

    if (has > 1)
        return ENTENTE_ERR_MALFORMED;
    genesis->has_predecessor = has == 1;
    if (genesis->has_predecessor) {
        reader_copy(reader, genesis->predecessor.bytes, ID_BYTES);
        reader_copy(reader, genesis->predecessor_state.bytes, ID_BYTES);
    }
    return reader->failed ? ENTENTE_ERR_TRUNCATED : ENTENTE_OK;
}

static enum entente_error
read_parties(struct reader *reader, struct genesis *genesis)
{
    enum entente_error error = read_count(reader, 2, PARTIES_MAX, &genesis->parties_count);

    for (unsigned i = 0; error == ENTENTE_OK && i < genesis->parties_count; i++) {
        struct genesis_party *party = &genesis->parties[i];
        reader_copy(reader, party->party.bytes, ID_BYTES);
        party->reg_number = reader_u32(reader);
        reader_copy(reader, party->reg_id.bytes, ID_BYTES);
        if (reader->failed)
            error = ENTENTE_ERR_TRUNCATED;
        else if (party->reg_number == 0)
            error = ENTENTE_ERR_MALFORMED;
        for (unsigned j = 0; error == ENTENTE_OK && j < i; j++)
            if (party_id_equal(&party->party, &genesis->parties[j].party))
                error = ENTENTE_ERR_MALFORMED;
    }
    return error;
}

static enum entente_error
read_genesis(struct reader *reader, struct genesis *genesis)
{
    static enum entente_error (*const parts[])(struct reader *, struct genesis *) = {read_languages,
        read_charters, read_offices, read_retention, read_predecessor, read_parties};
    uint8_t version = reader_u8(reader);

    if (reader->failed)
        return ENTENTE_ERR_TRUNCATED;
    if (version != GENESIS_VERSION)
        return ENTENTE_ERR_VERSION;
    reader_copy(reader, genesis->nonce, sizeof genesis->nonce);
    genesis->t_ms = reader_u64(reader);
    enum entente_error error = read_short_text(reader, GENESIS_TITLE_BYTES_MAX, &genesis->title);
    for (unsigned i = 0; error == ENTENTE_OK && i < sizeof parts / sizeof parts[0]; i++)
        error = parts[i](reader, genesis);
    return error;
}

enum entente_error
genesis_parse(struct reader *reader, struct genesis *genesis)
{
    struct bytes start = reader->rest;

    *genesis = (struct genesis){0};
    enum entente_error error = read_genesis(reader, genesis);
    genesis->encoded = (struct bytes){start.data, start.size - reader->rest.size};
    if (error == ENTENTE_OK && genesis->encoded.size > GENESIS_BYTES_MAX)
        error = ENTENTE_ERR_TOO_LARGE;
    if (error != ENTENTE_OK)
        *genesis = (struct genesis){0};
    return error;
}

static void
write_short(struct writer *writer, struct bytes bytes)
{
    writer_u8(writer, (uint8_t)bytes.size);
    writer_bytes(writer, bytes);
}

static void
write_lists(struct writer *writer, const struct genesis *genesis)
{
    writer_u8(writer, genesis->languages_count);
    for (unsigned i = 0; i < genesis->languages_count; i++)
        write_short(writer, genesis->languages[i]);
    writer_u8(writer, genesis->charters_count);
    for (unsigned i = 0; i < genesis->charters_count; i++) {
        write_short(writer, genesis->charters[i].tag);
        writer_u32(writer, (uint32_t)genesis->charters[i].text.size);
        writer_bytes(writer, genesis->charters[i].text);
    }
    writer_u8(writer, genesis->offices_count);
    for (unsigned i = 0; i < genesis->offices_count; i++)
        write_short(writer, genesis->offices[i]);
}

void
genesis_write(struct writer *writer, const struct genesis *genesis)
{
    writer_u8(writer, GENESIS_VERSION);
    writer_copy(writer, genesis->nonce, sizeof genesis->nonce);
    writer_u64(writer, genesis->t_ms);
    write_short(writer, genesis->title);
    write_lists(writer, genesis);
    writer_u32(writer, genesis->retention_days);
    writer_u8(writer, genesis->has_predecessor);
    if (genesis->has_predecessor) {
        writer_copy(writer, genesis->predecessor.bytes, ID_BYTES);
        writer_copy(writer, genesis->predecessor_state.bytes, ID_BYTES);
    }
    writer_u8(writer, genesis->parties_count);
    for (unsigned i = 0; i < genesis->parties_count; i++) {
        writer_copy(writer, genesis->parties[i].party.bytes, ID_BYTES);
        writer_u32(writer, genesis->parties[i].reg_number);
        writer_copy(writer, genesis->parties[i].reg_id.bytes, ID_BYTES);
    }
}

void
genesis_make_room(struct room_id *room, struct bytes encoded)
{
    hash_once(room->bytes, "entente/genesis1", encoded);
}
