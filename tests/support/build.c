#include "support/build.h"

#include <stdio.h>
#include <stdlib.h>

#define SEED_FILLER 0xE7
#define PCOMMIT_FILLER 0x5C
#define NONCE_FILLER 0x4E

static void
require(bool built, const char *what)
{
    if (built)
        return;
    printf("Bail out! build: %s\n", what);
    exit(1);
}

void
build_seed(uint8_t out[static 32], uint8_t seed, enum build_role role, uint32_t generation)
{
    struct writer writer = writer_of(out, 32);

    memset(out, SEED_FILLER, 32);
    writer_u8(&writer, seed);
    writer_u8(&writer, (uint8_t)role);
    writer_u32(&writer, generation);
}

void
build_key(struct signing_key *key, struct public_key *public, uint8_t seed, enum build_role role,
    uint32_t generation)
{
    uint8_t bytes[32];

    build_seed(bytes, seed, role, generation);
    signing_key_of_seed(key, public, bytes);
}

void
build_prekey(
    struct agreement_key *key, struct agreement_public *public, uint8_t seed, uint32_t generation)
{
    uint8_t bytes[32];

    build_seed(bytes, seed, BUILD_PREKEY, generation);
    agreement_key_of_seed(key, public, bytes);
}

static struct keyset
root_keyset(uint8_t seed, uint32_t generation)
{
    struct keyset keyset = {.threshold = 1, .count = 1};
    struct signing_key key;

    build_key(&key, &keyset.keys[0], seed, BUILD_ROOT, generation);
    return keyset;
}

static struct digest
root_commitment(uint8_t seed, uint32_t generation)
{
    struct keyset keyset = root_keyset(seed, generation);
    struct digest next;

    keyset_make_commitment(&next, &keyset);
    return next;
}

void
build_register_place(const struct build_party *party, struct register_entry *entry)
{
    uint32_t count = register_count(party->reg);

    entry->number = count + 1;
    entry->t_ms = BUILD_T_MS + count;
    if (count > 0) {
        entry->party = *register_party(party->reg);
        entry->prev = *register_id(party->reg, count);
    }
}

size_t
build_register_entry(uint8_t out[static REGISTER_ENTRY_BYTES_MAX],
    const struct register_entry *entry, const struct signing_key *key, uint8_t key_index)
{
    struct writer writer = writer_of(out, REGISTER_ENTRY_BYTES_MAX);
    struct register_signature signature = {.key = key_index};
    struct entry_id id;

    register_content_write(&writer, entry);
    register_make_id(&id, writer_written(&writer));
    register_sign(&signature.signature, key, &id);
    register_signatures_write(&writer, &signature, 1);
    require(!writer.failed, "a register entry does not fit");
    return writer.used;
}

void
build_party_add(struct build_party *party, struct register_entry *entry)
{
    uint8_t encoded[REGISTER_ENTRY_BYTES_MAX];
    struct signing_key key;
    struct public_key public;
    bool by_operations = entry->kind == REGISTER_NODE || entry->kind == REGISTER_REVOKE ||
                         entry->kind == REGISTER_TRANSPORT || entry->kind == REGISTER_ASSUME ||
                         entry->kind == REGISTER_AWAY || entry->kind == REGISTER_ACT_WITHDRAW;

    uint64_t t_ms = entry->t_ms;
    build_register_place(party, entry);
    entry->t_ms = t_ms != 0 ? t_ms : entry->t_ms;
    if (by_operations)
        build_key(&key, &public, party->seed, BUILD_OPERATIONS, 0);
    else
        build_key(&key, &public, party->seed, BUILD_ROOT, party->rotations);
    size_t size =
        build_register_entry(encoded, entry, &key, by_operations ? REGISTER_OPERATIONS_KEY : 0);
    require(register_add_all(party->reg, (struct bytes){encoded, size}) == ENTENTE_OK,
        "a register entry is refused");
}

void
build_party(struct build_party *party, uint8_t seed)
{
    char name[16];

    snprintf(name, sizeof name, "Party %u", seed);
    build_party_named(party, seed, name);
}

void
build_party_named(struct build_party *party, uint8_t seed, const char *name)
{
    struct register_entry entry = {.kind = REGISTER_INCEPTION};
    struct signing_key key;
    char address[32];

    *party = (struct build_party){.seed = seed};
    require(register_new(&party->reg) == ENTENTE_OK, "no memory");
    entry.keyset = root_keyset(seed, 0);
    entry.next = root_commitment(seed, 1);
    entry.name = bytes_of_text(name);
    build_party_add(party, &entry);

    entry = (struct register_entry){.kind = REGISTER_OPERATIONS};
    build_key(&key, &entry.key, seed, BUILD_OPERATIONS, 0);
    build_party_add(party, &entry);
    build_party_certify(party);

    snprintf(address, sizeof address, "party%u.example:4433", seed);
    build_party_move(party, address);
}

void
build_party_move(struct build_party *party, const char *address)
{
    struct register_entry entry = {
        .kind = REGISTER_TRANSPORT, .address = bytes_of_text(address)};
    struct signing_key key;

    build_key(&key, &entry.key, party->seed, BUILD_TRANSPORT, 0);
    build_party_add(party, &entry);
}

void
build_party_free(struct build_party *party)
{
    register_free(party->reg);
    *party = (struct build_party){0};
}

void
build_party_certify(struct build_party *party)
{
    const struct incarnation *last = register_incarnation_last(party->reg);
    uint16_t inc = last == NULL ? 1 : (uint16_t)(last->inc + 1);
    struct register_entry entry = {.kind = REGISTER_NODE, .inc = inc, .prekey_id = inc};
    struct signing_key key;
    struct agreement_key secret;

    build_key(&key, &entry.key, party->seed, BUILD_NODE, inc);
    build_prekey(&secret, &entry.prekey, party->seed, inc);
    build_party_add(party, &entry);
}

void
build_party_revoke(struct build_party *party, uint16_t inc)
{
    struct register_entry entry = {.kind = REGISTER_REVOKE, .inc = inc};

    build_party_add(party, &entry);
}

void
build_party_rotate(struct build_party *party)
{
    struct register_entry entry = {.kind = REGISTER_ROTATE};

    party->rotations++;
    entry.keyset = root_keyset(party->seed, party->rotations);
    entry.next = root_commitment(party->seed, party->rotations + 1);
    build_party_add(party, &entry);
}

uint8_t *
build_register_bytes(const struct party_register *reg, size_t *size)
{
    uint32_t count = register_count(reg);

    *size = 0;
    for (uint32_t number = 1; number <= count; number++)
        *size += register_encoded(reg, number).size;
    uint8_t *bytes = malloc(*size);
    require(bytes != NULL, "no memory");
    struct writer writer = writer_of(bytes, *size);
    for (uint32_t number = 1; number <= count; number++)
        writer_bytes(&writer, register_encoded(reg, number));
    return bytes;
}

static void
write_genesis(
    struct writer *writer, const struct build_party *parties, uint8_t count, const char *title)
{
    struct genesis genesis = {.t_ms = BUILD_T_MS + 500000,
        .title = bytes_of_text(title),
        .languages_count = 1,
        .languages = {bytes_of_text("en")},
        .parties_count = count};

    memset(genesis.nonce, NONCE_FILLER, sizeof genesis.nonce);
    for (unsigned i = 0; i < count; i++) {
        const struct party_register *reg = parties[i].reg;
        uint32_t number = register_count(reg);
        genesis.parties[i] =
            (struct genesis_party){*register_party(reg), number, *register_id(reg, number)};
    }
    genesis_write(writer, &genesis);
}

void
build_room(
    struct built_room *built, const struct build_party *parties, uint8_t count, const char *title)
{
    uint8_t encoded[4096];
    struct writer writer = writer_of(encoded, sizeof encoded);
    struct genesis genesis;
    struct genesis_consents consents = {0};

    *built = (struct built_room){0};
    write_genesis(&writer, parties, count, title);
    struct reader reader = reader_of(writer_written(&writer));
    require(
        !writer.failed && genesis_parse(&reader, &genesis) == ENTENTE_OK, "a genesis is refused");
    genesis_make_room(&built->room, genesis.encoded);
    for (unsigned i = 0; i < count; i++) {
        struct signing_key key;
        struct public_key public;
        build_key(&key, &public, parties[i].seed, BUILD_ROOT, parties[i].rotations);
        consents.counts[i] = 1;
        genesis_sign(&consents.signatures[i][0].signature, &key, &built->room);
    }
    built->memory = malloc(2 * sizeof encoded);
    require(built->memory != NULL, "no memory");
    struct writer file = writer_of(built->memory, 2 * sizeof encoded);
    genesis_file_write(&file, &genesis, &consents);
    require(!file.failed, "a genesis file does not fit");
    built->file = writer_written(&file);
}

void
built_room_free(struct built_room *built)
{
    free(built->memory);
    *built = (struct built_room){0};
}

void
build_feed(struct build_feed *feed, const struct build_party *party, const struct room_id *room,
    uint8_t slot, uint16_t inc)
{
    const struct incarnation *incarnation = register_incarnation(party->reg, inc);

    require(incarnation != NULL, "no such incarnation");
    *feed = (struct build_feed){.party = party,
        .room = *room,
        .slot = slot,
        .inc = inc,
        .t_ms = BUILD_T_MS + 1000000,
        .head = {.slot = slot, .inc = inc, .id = incarnation->certificate}};
}

static void
write_entry(struct writer *headers, struct build_feed *feed, const struct build_entry *given)
{
    uint8_t deps[ENTRY_DEPS_MAX * POSITION_BYTES];
    struct writer deps_writer = writer_of(deps, sizeof deps);
    uint32_t reg_number = register_count(feed->party->reg);
    struct entry entry = {.kind = given->kind,
        .slot = feed->slot,
        .flags = given->flags,
        .inc = feed->inc,
        .seq = feed->head.seq + 1,
        .room = feed->room,
        .prev = feed->head.id,
        .reg_number = reg_number,
        .reg_id = *register_id(feed->party->reg, reg_number),
        .t_ms = feed->t_ms + 1,
        .index = given->index,
        .chain = given->chain,
        .pcommit = given->pcommit,
        .deps_count = given->deps_count,
        .payload_bytes = (uint32_t)given->payload.size};
    static const struct digest zero;

    memcpy(entry.tag, given->tag, sizeof entry.tag);
    if (given->kind == ENTRY_SEALED && given->chain == 0)
        entry.chain = 1;
    if (given->kind == ENTRY_SEALED && memcmp(&given->pcommit, &zero, sizeof zero) == 0)
        memset(entry.pcommit.bytes, PCOMMIT_FILLER, sizeof entry.pcommit.bytes);
    for (unsigned i = 0; i < given->deps_count; i++)
        position_write(&deps_writer, &given->deps[i]);
    entry.deps = writer_written(&deps_writer);
    payload_make_hash(&entry.payload_hash, given->payload);

    size_t start = headers->used;
    entry_write(headers, &entry);
    require(!headers->failed && !deps_writer.failed, "an entry does not fit");
    entry.header = (struct bytes){headers->data + start, headers->used - start};
    feed->head.seq = entry.seq;
    feed->t_ms = entry.t_ms;
    entry_make_id(&feed->head.id, &entry);
}

static void
sign_head(struct signature *signature, const struct build_feed *feed)
{
    uint8_t signed_bytes[SEGMENT_SIGNED_BYTES];
    struct signing_key key;
    struct public_key public;

    build_key(&key, &public, feed->party->seed, BUILD_NODE, feed->inc);
    segment_signed_bytes(signed_bytes, &feed->room, &feed->head);
    sign_make(signature, &key, SEGMENT_CONTEXT, (struct bytes){signed_bytes, sizeof signed_bytes});
}

void
build_segment(struct built_segment *built, struct build_feed *feed,
    const struct build_entry *entries, uint32_t count)
{
    static uint8_t headers_room[SEGMENT_BYTES_MAX];
    struct writer headers = writer_of(headers_room, sizeof headers_room);
    struct signature signature;
    size_t payloads_size = 0;

    require(count >= 1 && count <= SEGMENT_ENTRIES_MAX, "a segment has 1 to 64 entries");
    *built = (struct built_segment){.count = count};
    for (uint32_t i = 0; i < count; i++) {
        write_entry(&headers, feed, &entries[i]);
        built->positions[i] = feed->head;
        payloads_size += entries[i].payload.size;
    }
    sign_head(&signature, feed);

    size_t size = 5 + headers.used + sizeof signature + payloads_size;
    built->memory = malloc(size);
    require(built->memory != NULL, "no memory");
    struct writer writer = writer_of(built->memory, size);
    segment_write(&writer, count, writer_written(&headers), &signature);
    built->segment = writer_written(&writer);
    for (uint32_t i = 0; i < count; i++)
        writer_bytes(&writer, entries[i].payload);
    require(!writer.failed, "a segment does not fit");
    built->payloads = (struct bytes){built->memory + built->segment.size, payloads_size};
}

void
built_segment_free(struct built_segment *built)
{
    free(built->memory);
    *built = (struct built_segment){0};
}

static void
parse_segment(struct bytes encoded, struct segment *segment)
{
    struct reader reader = reader_of(encoded);

    require(segment_parse(&reader, segment) == ENTENTE_OK, "a segment is refused");
}

uint8_t *
build_fault(const struct built_segment *one, const struct built_segment *other, size_t *size)
{
    static struct segment segments[2];
    uint32_t seq;
    bool one_is_first;

    parse_segment(one->segment, &segments[0]);
    parse_segment(other->segment, &segments[1]);
    require(proof_find(&segments[0], &segments[1], &seq, &one_is_first),
        "the segments do not contradict each other");
    struct fault fault = {.slot = one->positions[0].slot,
        .inc = one->positions[0].inc,
        .first = one_is_first ? one->segment : other->segment,
        .second = one_is_first ? other->segment : one->segment};
    *size = FAULT_HEAD_BYTES + 8 + fault.first.size + fault.second.size;
    uint8_t *payload = malloc(*size);
    require(payload != NULL, "no memory");
    struct writer writer = writer_of(payload, *size);
    fault_write(&writer, &fault);
    return payload;
}
