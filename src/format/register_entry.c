#include "format/register.h"

#include "base/text.h"
#include "crypto/hash.h"

#define REGISTER_VERSION 1
#define KEYSET_BYTES_MAX (2u + KEYSET_KEYS_MAX * 32u)

static bool
is_inc(uint16_t inc)
{
    return inc >= 1 && inc <= INC_MAX;
}

static enum entente_error
read_keyset(struct reader *reader, struct keyset *keyset)
{
    keyset->threshold = reader_u8(reader);
    keyset->count = reader_u8(reader);
    if (keyset->count > KEYSET_KEYS_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    for (unsigned i = 0; i < keyset->count; i++) {
        reader_copy(reader, keyset->keys[i].bytes, sizeof keyset->keys[i].bytes);
        if (i > 0 && !reader->failed && memcmp(&keyset->keys[i - 1], &keyset->keys[i], 32) >= 0)
            return ENTENTE_ERR_MALFORMED;
    }
    if (!reader->failed && (keyset->threshold == 0 || keyset->threshold > keyset->count))
        return ENTENTE_ERR_MALFORMED;
    return ENTENTE_OK;
}

static void
write_keyset(struct writer *writer, const struct keyset *keyset)
{
    writer_u8(writer, keyset->threshold);
    writer_u8(writer, keyset->count);
    for (unsigned i = 0; i < keyset->count; i++)
        writer_copy(writer, keyset->keys[i].bytes, sizeof keyset->keys[i].bytes);
}

static enum entente_error
read_text(struct reader *reader, size_t size_max, struct bytes *text)
{
    size_t size = reader_u8(reader);

    if (size > size_max)
        return ENTENTE_ERR_TOO_LARGE;
    *text = reader_bytes(reader, size);
    if (!reader->failed && (size == 0 || !text_is_utf8(*text)))
        return ENTENTE_ERR_MALFORMED;
    return ENTENTE_OK;
}

static bool
is_zero_key(const struct public_key *key)
{
    static const struct public_key zero;

    return memcmp(key, &zero, sizeof zero) == 0;
}

/* The kinds that concern offices: an office, mostly a person's key, and what becomes of them. */
static enum entente_error
read_office_body(struct reader *body, struct register_entry *entry)
{
    enum entente_error error = ENTENTE_OK;
    bool good = true;

    if (entry->kind != REGISTER_OFFICE) {
        entry->office = reader_u32(body);
        good = entry->office > 0;
    }
    if (entry->kind == REGISTER_POLICY) {
        entry->flags = reader_u8(body);
        good = good && entry->flags <= OFFICE_DEPUTIES_MAY_ASSUME;
        return good || body->failed ? ENTENTE_OK : ENTENTE_ERR_MALFORMED;
    }
    reader_copy(body, entry->key.bytes, sizeof entry->key.bytes);
    good = good && !is_zero_key(&entry->key);
    if (entry->kind == REGISTER_OFFICE) {
        entry->flags = reader_u8(body);
        good = good && entry->flags <= OFFICE_DEPUTIES_MAY_ASSUME;
        error = read_text(body, REGISTER_NAME_BYTES_MAX, &entry->name);
    } else if (entry->kind == REGISTER_APPOINT) {
        entry->rank = reader_u8(body);
        good = good && entry->rank >= 1 && entry->rank <= OFFICE_RANKS_MAX;
        reader_copy(body, entry->replaces.bytes, sizeof entry->replaces.bytes);
    } else if (entry->kind == REGISTER_DEPUTISE) {
        entry->kinds = reader_u64(body);
    } else if (entry->kind == REGISTER_ASSUME) {
        reader_copy(body, entry->assumed.bytes, sizeof entry->assumed.bytes);
    } else if (entry->kind == REGISTER_RELIEVE) {
        entry->what = reader_u8(body);
        good = good && (entry->what == RELIEVE_FROM_LINE || entry->what == RELIEVE_ASSUMPTION);
    } else {
        entry->what = reader_u8(body);
        good = good && entry->what <= 1;
    }
    if (error == ENTENTE_OK && (entry->kind == REGISTER_OFFICE || entry->kind == REGISTER_APPOINT))
        error = read_text(body, REGISTER_NAME_BYTES_MAX, &entry->person);
    if (error == ENTENTE_OK && !good && !body->failed)
        error = ENTENTE_ERR_MALFORMED;
    return error;
}

/* The body's fields by kind; whether the body holds them all and no more is the caller's check. */
static enum entente_error
read_body(struct reader *body, struct register_entry *entry)
{
    enum entente_error error = ENTENTE_OK;

    switch ((enum register_kind)entry->kind) {
    case REGISTER_INCEPTION:
    case REGISTER_ROTATE:
        error = read_keyset(body, &entry->keyset);
        reader_copy(body, entry->next.bytes, sizeof entry->next.bytes);
        if (error == ENTENTE_OK && entry->kind == REGISTER_INCEPTION)
            error = read_text(body, REGISTER_NAME_BYTES_MAX, &entry->name);
        return error;
    case REGISTER_OPERATIONS:
        reader_copy(body, entry->key.bytes, sizeof entry->key.bytes);
        return ENTENTE_OK;
    case REGISTER_NODE:
        entry->inc = reader_u16(body);
        reader_copy(body, entry->key.bytes, sizeof entry->key.bytes);
        entry->prekey_id = reader_u32(body);
        reader_copy(body, entry->prekey.bytes, sizeof entry->prekey.bytes);
        return is_inc(entry->inc) ? ENTENTE_OK : ENTENTE_ERR_MALFORMED;
    case REGISTER_REVOKE:
        entry->inc = reader_u16(body);
        return is_inc(entry->inc) ? ENTENTE_OK : ENTENTE_ERR_MALFORMED;
    case REGISTER_TRANSPORT:
        reader_copy(body, entry->key.bytes, sizeof entry->key.bytes);
        return read_text(body, REGISTER_ADDRESS_BYTES_MAX, &entry->address);
    case REGISTER_OFFICE:
    case REGISTER_APPOINT:
    case REGISTER_DEPUTISE:
    case REGISTER_ASSUME:
    case REGISTER_RELIEVE:
    case REGISTER_AWAY:
    case REGISTER_POLICY:
        return read_office_body(body, entry);
    case REGISTER_ACT_WITHDRAW:
        reader_copy(body, entry->room.bytes, sizeof entry->room.bytes);
        reader_copy(body, entry->act.bytes, sizeof entry->act.bytes);
        return ENTENTE_OK;
    }
    return ENTENTE_ERR_MALFORMED;
}

static enum entente_error
read_content(struct reader *reader, struct register_entry *entry)
{
    if (reader_u8(reader) != REGISTER_VERSION)
        return reader->failed ? ENTENTE_ERR_TRUNCATED : ENTENTE_ERR_VERSION;
    entry->kind = reader_u8(reader);
    reader_copy(reader, entry->party.bytes, sizeof entry->party.bytes);
    entry->number = reader_u32(reader);
    reader_copy(reader, entry->prev.bytes, sizeof entry->prev.bytes);
    entry->t_ms = reader_u64(reader);
    size_t size = reader_u16(reader);
    struct bytes body = reader_bytes(reader, size);
    if (size > REGISTER_ENTRY_BYTES_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    if (reader->failed)
        return ENTENTE_ERR_TRUNCATED;

    struct reader fields = reader_of(body);
    enum entente_error error = read_body(&fields, entry);
    if (error == ENTENTE_OK && reader_finish(&fields) != ENTENTE_OK)
        error = ENTENTE_ERR_MALFORMED; /* the body is there, but has another size than its kind */
    return error;
}

static enum entente_error
read_signatures(struct reader *reader, struct register_entry *entry)
{
    entry->signatures_count = reader_u8(reader);
    if (entry->signatures_count > KEYSET_KEYS_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    for (unsigned i = 0; i < entry->signatures_count; i++) {
        struct register_signature *signature = &entry->signatures[i];
        signature->key = reader_u8(reader);
        reader_copy(reader, signature->signature.bytes, sizeof signature->signature.bytes);
        if (reader->failed)
            return ENTENTE_ERR_TRUNCATED;
        if (signature->key >= KEYSET_KEYS_MAX && signature->key != REGISTER_OPERATIONS_KEY)
            return ENTENTE_ERR_MALFORMED;
        if (i > 0 && signature->key <= entry->signatures[i - 1].key)
            return ENTENTE_ERR_MALFORMED;
    }
    if (reader->failed)
        return ENTENTE_ERR_TRUNCATED;
    return entry->signatures_count > 0 ? ENTENTE_OK : ENTENTE_ERR_MALFORMED;
}

enum entente_error
register_entry_parse(struct reader *reader, struct register_entry *entry)
{
    struct bytes start = reader->rest;

    *entry = (struct register_entry){0};
    enum entente_error error = read_content(reader, entry);
    entry->content = (struct bytes){start.data, start.size - reader->rest.size};
    if (error == ENTENTE_OK)
        error = read_signatures(reader, entry);
    entry->encoded = (struct bytes){start.data, start.size - reader->rest.size};
    if (error != ENTENTE_OK)
        *entry = (struct register_entry){0};
    return error;
}

static void
write_text(struct writer *writer, struct bytes text)
{
    writer_u8(writer, (uint8_t)text.size);
    writer_bytes(writer, text);
}

static void
write_office_body(struct writer *writer, const struct register_entry *entry)
{
    if (entry->kind != REGISTER_OFFICE)
        writer_u32(writer, entry->office);
    if (entry->kind != REGISTER_POLICY)
        writer_copy(writer, entry->key.bytes, sizeof entry->key.bytes);
    if (entry->kind == REGISTER_OFFICE || entry->kind == REGISTER_POLICY)
        writer_u8(writer, entry->flags);
    if (entry->kind == REGISTER_OFFICE)
        write_text(writer, entry->name);
    if (entry->kind == REGISTER_APPOINT) {
        writer_u8(writer, entry->rank);
        writer_copy(writer, entry->replaces.bytes, sizeof entry->replaces.bytes);
    }
    if (entry->kind == REGISTER_DEPUTISE)
        writer_u64(writer, entry->kinds);
    if (entry->kind == REGISTER_ASSUME)
        writer_copy(writer, entry->assumed.bytes, sizeof entry->assumed.bytes);
    if (entry->kind == REGISTER_RELIEVE || entry->kind == REGISTER_AWAY)
        writer_u8(writer, entry->what);
    if (entry->kind == REGISTER_OFFICE || entry->kind == REGISTER_APPOINT)
        write_text(writer, entry->person);
}

static void
write_body(struct writer *writer, const struct register_entry *entry)
{
    switch ((enum register_kind)entry->kind) {
    case REGISTER_INCEPTION:
    case REGISTER_ROTATE:
        write_keyset(writer, &entry->keyset);
        writer_copy(writer, entry->next.bytes, sizeof entry->next.bytes);
        if (entry->kind == REGISTER_INCEPTION)
            write_text(writer, entry->name);
        break;
    case REGISTER_OPERATIONS:
        writer_copy(writer, entry->key.bytes, sizeof entry->key.bytes);
        break;
    case REGISTER_NODE:
        writer_u16(writer, entry->inc);
        writer_copy(writer, entry->key.bytes, sizeof entry->key.bytes);
        writer_u32(writer, entry->prekey_id);
        writer_copy(writer, entry->prekey.bytes, sizeof entry->prekey.bytes);
        break;
    case REGISTER_REVOKE:
        writer_u16(writer, entry->inc);
        break;
    case REGISTER_TRANSPORT:
        writer_copy(writer, entry->key.bytes, sizeof entry->key.bytes);
        write_text(writer, entry->address);
        break;
    case REGISTER_OFFICE:
    case REGISTER_APPOINT:
    case REGISTER_DEPUTISE:
    case REGISTER_ASSUME:
    case REGISTER_RELIEVE:
    case REGISTER_AWAY:
    case REGISTER_POLICY:
        write_office_body(writer, entry);
        break;
    case REGISTER_ACT_WITHDRAW:
        writer_copy(writer, entry->room.bytes, sizeof entry->room.bytes);
        writer_copy(writer, entry->act.bytes, sizeof entry->act.bytes);
        break;
    }
}

void
register_content_write(struct writer *writer, const struct register_entry *entry)
{
    uint8_t room[REGISTER_ENTRY_BYTES_MAX];
    struct writer body = writer_of(room, sizeof room);

    write_body(&body, entry);
    writer_u8(writer, REGISTER_VERSION);
    writer_u8(writer, entry->kind);
    writer_copy(writer, entry->party.bytes, sizeof entry->party.bytes);
    writer_u32(writer, entry->number);
    writer_copy(writer, entry->prev.bytes, sizeof entry->prev.bytes);
    writer_u64(writer, entry->t_ms);
    writer_u16(writer, (uint16_t)body.used);
    writer_bytes(writer, writer_written(&body));
}

void
register_signatures_write(
    struct writer *writer, const struct register_signature *signatures, uint8_t count)
{
    writer_u8(writer, count);
    for (unsigned i = 0; i < count; i++) {
        writer_u8(writer, signatures[i].key);
        writer_copy(writer, signatures[i].signature.bytes, sizeof signatures[i].signature.bytes);
    }
}

void
register_make_id(struct entry_id *id, struct bytes content)
{
    hash_once(id->bytes, "entente/register", content);
}

void
register_sign(struct signature *signature, const struct signing_key *key, const struct entry_id *id)
{
    sign_make(signature, key, REGISTER_CONTEXT, (struct bytes){id->bytes, sizeof id->bytes});
}

static struct bytes
assume_message(uint8_t message[static 68], const struct party_id *party,
    const struct entry_id *prev, uint32_t office)
{
    struct writer writer = writer_of(message, 68);

    writer_copy(&writer, party->bytes, sizeof party->bytes);
    writer_copy(&writer, prev->bytes, sizeof prev->bytes);
    writer_u32(&writer, office);
    return writer_written(&writer);
}

void
office_assume_sign(struct signature *signature, const struct signing_key *key,
    const struct party_id *party, const struct entry_id *prev, uint32_t office)
{
    uint8_t message[68];

    sign_make(signature, key, ASSUME_CONTEXT, assume_message(message, party, prev, office));
}

bool
office_assume_check(const struct register_entry *assume)
{
    uint8_t message[68];

    return sign_check(&assume->key, &assume->assumed, ASSUME_CONTEXT,
        assume_message(message, &assume->party, &assume->prev, assume->office));
}

void
keyset_make_commitment(struct digest *next, const struct keyset *keyset)
{
    uint8_t encoded[KEYSET_BYTES_MAX];
    struct writer writer = writer_of(encoded, sizeof encoded);

    write_keyset(&writer, keyset);
    hash_once(next->bytes, "entente/rootset1", writer_written(&writer));
}

enum entente_error
card_entries(struct bytes card, struct bytes *entries)
{
    struct reader reader = reader_of(card);
    struct bytes magic = reader_bytes(&reader, sizeof CARD_MAGIC - 1);

    *entries = (struct bytes){0};
    if (reader.failed)
        return ENTENTE_ERR_TRUNCATED;
    if (!bytes_equal(magic, bytes_of_text(CARD_MAGIC)))
        return ENTENTE_ERR_MALFORMED;
    if (reader.rest.size == 0)
        return ENTENTE_ERR_TRUNCATED;
    *entries = reader.rest;
    return ENTENTE_OK;
}
