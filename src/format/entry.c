#include "format/entry.h"

#include "crypto/hash.h"

#include <assert.h>

/*
 * Where the fields are.  Only the deps vary in number, so a header is two fixed blocks around them,
 * and this file, the hottest parser of all, takes each block from the reader in one piece.
 */
enum head_offset {
    AT_VERSION = 0,
    AT_KIND = 1,
    AT_FLAGS = 2,
    AT_ROOM = 4,
    AT_SLOT = 36,
    AT_INC = 37,
    AT_SEQ = 39,
    AT_PREV = 43,
    AT_REG_NUMBER = 75,
    AT_REG_ID = 79,
    AT_T = 111,
    AT_TAG = 119,
    AT_CHAIN = 135,
    AT_INDEX = 143,
    AT_DEPS_COUNT = 147,
    HEAD_BYTES = 148
};
enum tail_offset { AT_PCOMMIT = 0, AT_CLEN = 32, AT_CHASH = 36, TAIL_BYTES = 68 };

static_assert(HEAD_BYTES + TAIL_BYTES == ENTRY_HEADER_BYTES_MIN, "as PROTOCOL.md says");

const char *
entry_kind_name(uint8_t kind)
{
    static const char *const names[] = {"unknown", "sealed", "ack", "keys", "propose", "sign",
        "withdraw", "ratify", "fault", "resume", "prekey", "key-help", "close"};

    return names[kind < sizeof names / sizeof names[0] ? kind : 0];
}

static uint16_t
load_u16(const uint8_t *from)
{
    return (uint16_t)(from[0] << 8 | from[1]);
}

static uint32_t
load_u32(const uint8_t *from)
{
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

static uint64_t
load_u64(const uint8_t *from)
{
    return (uint64_t)load_u32(from) << 32 | load_u32(from + 4);
}

static bool
is_zero(const void *data, size_t size)
{
    static const uint8_t zeros[ID_BYTES];

    return memcmp(data, zeros, size) == 0;
}

static bool
dep_precedes(const struct position *a, const struct position *b)
{
    return a->slot != b->slot ? a->slot < b->slot : a->inc < b->inc;
}

/* E4. */
static bool
deps_are_valid(const struct entry *entry)
{
    struct position before = {0}; /* an inc of 0 is before every dep */

    for (unsigned i = 0; i < entry->deps_count; i++) {
        const uint8_t *at = entry->deps.data + i * POSITION_BYTES;
        struct position dep = {.slot = at[0], .inc = load_u16(at + 1)};
        if (dep.slot >= PARTIES_MAX || dep.inc == 0 || load_u32(at + 3) == 0 ||
            !dep_precedes(&before, &dep))
            return false;
        if (dep.slot == entry->slot && (dep.inc == entry->inc || dep.inc == REGISTER_INC))
            return false;
        before = dep;
    }
    return true;
}

/* E3. */
static bool
fields_suit_kind(const struct entry *entry)
{
    if (entry->kind == ENTRY_SEALED)
        return entry->chain != 0 && !is_zero(entry->pcommit.bytes, ID_BYTES);
    if (entry->chain != 0 || entry->index != 0 || !is_zero(entry->tag, ENTRY_TAG_BYTES) ||
        !is_zero(entry->pcommit.bytes, ID_BYTES))
        return false;
    return (entry->kind != ENTRY_ACK && entry->kind != ENTRY_RESUME) || entry->payload_bytes == 0;
}

/* E1 to E4, but for the version. */
static enum entente_error
check_form(const struct entry *entry)
{
    if (entry->payload_bytes > ENTRY_PAYLOAD_BYTES_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    if (entry->kind < ENTRY_SEALED || entry->kind > ENTRY_CLOSE ||
        (entry->flags & ~ENTRY_FLAG_HOLDS) != 0)
        return ENTENTE_ERR_MALFORMED;
    if (entry->slot >= PARTIES_MAX || entry->inc == 0 || entry->inc > INC_MAX || entry->seq == 0 ||
        entry->reg_number == 0)
        return ENTENTE_ERR_MALFORMED;
    return fields_suit_kind(entry) && deps_are_valid(entry) ? ENTENTE_OK : ENTENTE_ERR_MALFORMED;
}

static void
load_head(struct entry *entry, const uint8_t *head)
{
    entry->kind = head[AT_KIND];
    entry->slot = head[AT_SLOT];
    entry->flags = load_u16(head + AT_FLAGS);
    entry->inc = load_u16(head + AT_INC);
    entry->seq = load_u32(head + AT_SEQ);
    memcpy(entry->room.bytes, head + AT_ROOM, ID_BYTES);
    memcpy(entry->prev.bytes, head + AT_PREV, ID_BYTES);
    entry->reg_number = load_u32(head + AT_REG_NUMBER);
    memcpy(entry->reg_id.bytes, head + AT_REG_ID, ID_BYTES);
    entry->t_ms = load_u64(head + AT_T);
    memcpy(entry->tag, head + AT_TAG, ENTRY_TAG_BYTES);
    entry->chain = load_u64(head + AT_CHAIN);
    entry->index = load_u32(head + AT_INDEX);
    entry->deps_count = head[AT_DEPS_COUNT];
}

static void
load_tail(struct entry *entry, const uint8_t *tail)
{
    memcpy(entry->pcommit.bytes, tail + AT_PCOMMIT, ID_BYTES);
    entry->payload_bytes = load_u32(tail + AT_CLEN);
    memcpy(entry->payload_hash.bytes, tail + AT_CHASH, ID_BYTES);
}

static enum entente_error
parse(struct reader *reader, struct entry *entry)
{
    const uint8_t *head = reader_bytes(reader, HEAD_BYTES).data;

    if (head == NULL)
        return ENTENTE_ERR_TRUNCATED;
    if (head[AT_VERSION] != ENTRY_VERSION)
        return ENTENTE_ERR_VERSION;
    load_head(entry, head);
    if (entry->deps_count > ENTRY_DEPS_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    entry->deps = reader_bytes(reader, entry->deps_count * (size_t)POSITION_BYTES);
    const uint8_t *tail = reader_bytes(reader, TAIL_BYTES).data;
    if (tail == NULL)
        return ENTENTE_ERR_TRUNCATED;
    load_tail(entry, tail);
    entry->header = (struct bytes){head, HEAD_BYTES + entry->deps.size + TAIL_BYTES};
    return check_form(entry);
}

enum entente_error
entry_parse(struct reader *reader, struct entry *entry)
{
    enum entente_error error = parse(reader, entry);

    if (error != ENTENTE_OK)
        *entry = (struct entry){0};
    return error;
}

struct position
entry_dep(const struct entry *entry, unsigned i)
{
    const uint8_t *at = entry->deps.data + i * POSITION_BYTES;
    struct position dep = {.slot = at[0], .inc = load_u16(at + 1), .seq = load_u32(at + 3)};

    memcpy(dep.id.bytes, at + 7, ID_BYTES);
    return dep;
}

void
entry_write(struct writer *writer, const struct entry *entry)
{
    writer_u8(writer, ENTRY_VERSION);
    writer_u8(writer, entry->kind);
    writer_u16(writer, entry->flags);
    writer_copy(writer, entry->room.bytes, ID_BYTES);
    writer_u8(writer, entry->slot);
    writer_u16(writer, entry->inc);
    writer_u32(writer, entry->seq);
    writer_copy(writer, entry->prev.bytes, ID_BYTES);
    writer_u32(writer, entry->reg_number);
    writer_copy(writer, entry->reg_id.bytes, ID_BYTES);
    writer_u64(writer, entry->t_ms);
    writer_copy(writer, entry->tag, ENTRY_TAG_BYTES);
    writer_u64(writer, entry->chain);
    writer_u32(writer, entry->index);
    writer_u8(writer, entry->deps_count);
    writer_bytes(writer, entry->deps);
    writer_copy(writer, entry->pcommit.bytes, ID_BYTES);
    writer_u32(writer, entry->payload_bytes);
    writer_copy(writer, entry->payload_hash.bytes, ID_BYTES);
}

void
entry_make_id(struct entry_id *id, const struct entry *entry)
{
    uint8_t joined[HASH_BYTES + TAIL_BYTES];
    struct bytes fixed = {entry->header.data, entry->header.size - TAIL_BYTES};

    hash_once(joined, "entente/fixed/v1", fixed);
    memcpy(joined + HASH_BYTES, fixed.data + fixed.size, TAIL_BYTES);
    hash_once(id->bytes, "entente/entry/v1", (struct bytes){joined, sizeof joined});
}

void
payload_make_hash(struct digest *hash, struct bytes payload)
{
    hash_once(hash->bytes, "entente/payload1", payload);
}
