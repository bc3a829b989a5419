#include "support/room.h"

#include "crypto/crypto.h"

#include <stdio.h>
#include <stdlib.h>

#define ARENA_BYTES 1048576u

static void
require(bool done, const char *what)
{
    if (done)
        return;
    printf("Bail out! room: %s\n", what);
    exit(1);
}

/* The genesis, and the root key's consent of each party. */
static void
write_genesis(struct test_room *room, const struct genesis *like)
{
    struct genesis genesis = *like;
    struct genesis_consents *consents = calloc(1, sizeof *consents);
    uint8_t *memory = malloc(8192);

    require(consents != NULL && memory != NULL, "memory");
    genesis.t_ms = BUILD_T_MS;
    genesis.parties_count = room->parties;
    for (uint8_t slot = 0; slot < room->parties; slot++) {
        const struct party_register *reg = room->registers[slot];
        genesis.parties[slot] = (struct genesis_party){
            *register_party(reg), register_count(reg), *register_id(reg, register_count(reg))};
    }
    struct writer writer = writer_of(memory, 4096);
    genesis_write(&writer, &genesis);
    genesis.encoded = writer_written(&writer);
    genesis_make_room(&room->id, genesis.encoded);
    for (uint8_t slot = 0; slot < room->parties; slot++) {
        struct signing_key key;
        struct public_key public;
        build_key(&key, &public, room->party[slot].seed, BUILD_ROOT, 0);
        consents->counts[slot] = 1;
        genesis_sign(&consents->signatures[slot][0].signature, &key, &room->id);
    }
    struct writer file = writer_of(memory + 4096, 4096);
    genesis_file_write(&file, &genesis, consents);
    require(!writer.failed && !file.failed, "the genesis");
    room->genesis_memory = memory;
    room->genesis_file = writer_written(&file);
    require(genesis_file_parse(room->genesis_file, &room->genesis, consents) == ENTENTE_OK, "file");
    free(consents);
}

void
test_room_make_like(
    struct test_room *room, uint8_t parties, const char *const *names, const struct genesis *like)
{
    require(crypto_start() == ENTENTE_OK && parties <= ROOM_PARTIES_MAX, "start");
    *room = (struct test_room){.parties = parties, .genesis = {.parties_count = parties}};
    for (uint8_t slot = 0; slot < parties; slot++) {
        uint8_t seed = (uint8_t)(slot + 1);
        if (names == NULL)
            build_party(&room->party[slot], seed);
        else
            build_party_named(&room->party[slot], seed, names[slot]);
        room->registers[slot] = room->party[slot].reg;
    }
    write_genesis(room, like);
}

void
test_room_make(struct test_room *room, uint8_t parties, uint32_t number)
{
    struct genesis like = {.title = bytes_of_text("A room of a test"),
        .languages_count = 1,
        .languages = {bytes_of_text("en")}};

    memcpy(like.nonce, &number, sizeof number);
    test_room_make_like(room, parties, NULL, &like);
}

void
test_room_free(struct test_room *room)
{
    for (uint8_t slot = 0; slot < room->parties; slot++)
        build_party_free(&room->party[slot]);
    free(room->genesis_memory);
}

void
test_room_feed(struct build_feed *feed, const struct test_room *room, uint8_t slot, uint16_t inc)
{
    build_feed(feed, &room->party[slot], &room->id, slot, inc);
}

static void
record_make(struct replica *replica, const struct replica_options *options)
{
    static const struct replica_options none;
    const struct replica_options *chosen = options == NULL ? &none : options;
    struct record_options made = {.genesis = &replica->room->genesis,
        .room = replica->room->id,
        .registers = chosen->registers == NULL ? replica->room->registers : chosen->registers,
        .source = index_source(replica->index),
        .mutations = chosen->mutations,
        .heads_only = chosen->heads_only};

    require(record_new(&replica->record, &made) == ENTENTE_OK, "record_new()");
}

void
replica_make(
    struct replica *replica, const struct test_room *room, const struct replica_options *options)
{
    void *block = malloc(ARENA_BYTES);

    *replica = (struct replica){.room = room};
    /* Without a file the index keeps copies of all that it is given. */
    require(block != NULL && index_new(&replica->index, (struct bytes){0}) == ENTENTE_OK, "memory");
    arena_init(&replica->arena, block, ARENA_BYTES);
    record_make(replica, options);
}

void
replica_free(struct replica *replica)
{
    record_free(replica->record);
    index_free(replica->index);
    free(replica->arena.block);
    *replica = (struct replica){0};
}

void
replica_reload(struct replica *replica, const struct replica_options *options)
{
    record_free(replica->record);
    record_make(replica, options);
}

static void
keep(struct replica *replica)
{
    for (const struct proven *p = replica->admission.faults; p != NULL; p = p->next)
        require(
            index_put_proof(replica->index, p->slot, p->inc, p->payload) == ENTENTE_OK, "proof");
    for (const struct admitted *a = replica->admission.first; a != NULL; a = a->next)
        require(index_put(replica->index, a, 0) == ENTENTE_OK, "segment");
    record_stored(replica->record);
}

enum entente_error
replica_receive(struct replica *replica, const struct built_segment *built)
{
    arena_reset(&replica->arena);
    enum entente_error error = record_receive(
        replica->record, built->segment, built->payloads, &replica->arena, &replica->admission);
    if (error == ENTENTE_OK)
        keep(replica);
    return error;
}

enum entente_error
replica_prove(struct replica *replica, struct bytes payload)
{
    arena_reset(&replica->arena);
    enum entente_error error =
        record_prove(replica->record, payload, &replica->arena, &replica->admission);
    if (error == ENTENTE_OK)
        keep(replica);
    return error;
}

void
room_say(struct built_segment *built, struct build_feed *feed, const struct position *deps,
    uint8_t deps_count)
{
    struct build_entry entry = {.kind = ENTRY_SEALED,
        .flags = ENTRY_FLAG_HOLDS,
        .payload = bytes_of_text("the words"),
        .deps = deps,
        .deps_count = deps_count};

    build_segment(built, feed, &entry, 1);
}

void
room_say_many(struct built_segment *built, struct build_feed *feed, uint32_t count)
{
    struct build_entry entries[SEGMENT_ENTRIES_MAX] = {0};

    for (uint32_t i = 0; i < count; i++) {
        entries[i].kind = ENTRY_SEALED;
        entries[i].payload = bytes_of_text("the words");
    }
    build_segment(built, feed, entries, count);
}

bool
replica_write(struct replica *replica, struct build_feed *feed, uint8_t kind, struct bytes payload,
    struct built_segment *built)
{
    struct frontier frontier;
    uint32_t past[64] = {0};
    uint32_t places = record_branches(replica->record);
    uint32_t own;
    struct build_entry entry = {.kind = kind, .flags = ENTRY_FLAG_HOLDS, .payload = payload};

    require(places <= 64, "branches");
    if (record_lane(replica->record, feed->slot, feed->inc, &own) == ENTENTE_OK)
        record_past(replica->record, own, past, places);
    arena_reset(&replica->arena);
    require(record_frontier(replica->record, feed->slot, feed->inc, past, places, &replica->arena,
                &frontier) == ENTENTE_OK,
        "record_frontier()");
    entry.deps = frontier.deps;
    entry.deps_count = frontier.deps_count;
    build_segment(built, feed, &entry, 1);
    return replica_receive(replica, built) == ENTENTE_OK;
}
