/* A room's life: genesis, registers and record out of the store. */
#include "room/internal.h"

#include "crypto/random.h"
#include "crypto/secret.h"

#include <stdlib.h>

enum entente_error
memory_reserve(uint8_t **memory, size_t *room, size_t size)
{
    if (size <= *room)
        return ENTENTE_OK;
    free(*memory);
    *memory = malloc(size);
    *room = *memory == NULL ? 0 : size;
    return *memory == NULL ? ENTENTE_ERR_NO_MEMORY : ENTENTE_OK;
}

static enum entente_error
copy_genesis(struct room *room, struct bytes file)
{
    struct genesis_consents *consents = malloc(sizeof *consents);

    room->genesis_file = malloc(file.size + 1);
    enum entente_error error = ENTENTE_ERR_NO_MEMORY;
    if (consents != NULL && room->genesis_file != NULL) {
        memcpy(room->genesis_file, file.data, file.size);
        error = genesis_file_parse(
            (struct bytes){room->genesis_file, file.size}, &room->genesis, consents);
        if (error != ENTENTE_OK)
            error = ENTENTE_ERR_CORRUPT; /* the node has checked it before it was stored */
    }
    free(consents);
    return error;
}

static enum entente_error
read_genesis(struct room *room)
{
    struct room_id id;
    struct bytes file;

    for (uint32_t index = 0;; index++) {
        enum entente_error error = store_room_at(room->options.store, index, &id, &file);
        if (error != ENTENTE_OK)
            return error;
        if (room_id_equal(&id, &room->options.id))
            return copy_genesis(room, file);
    }
}

static enum entente_error
read_room(struct room *room)
{
    enum entente_error error = read_genesis(room);

    if (error == ENTENTE_OK && room->options.slot >= room->genesis.parties_count)
        error = ENTENTE_ERR_NOT_A_PARTY;
    for (uint8_t slot = 0; slot < room->genesis.parties_count && error == ENTENTE_OK; slot++)
        error = register_new(&room->registers[slot]);
    if (error == ENTENTE_OK)
        error = room_follow(room);
    if (error != ENTENTE_OK)
        return error;
    struct record_options options = {.genesis = &room->genesis,
        .room = room->options.id,
        .registers = room->registers,
        .source = store_source(room->options.store),
        .heads_only = true,
        .payloads_elsewhere = true};
    error = record_new(&room->record, &options);
    if (error != ENTENTE_OK)
        return error;
    return room_consultation_new(room);
}

enum entente_error
room_consultation_new(struct room *room)
{
    struct causality causality;
    struct consultation_options options = {.genesis = &room->genesis,
        .room = room->options.id,
        .registers = room->registers,
        .causality = &causality};
    struct consultation *made;

    causality_of_record(&causality, room->record);
    enum entente_error error = consultation_new(&made, &options);
    if (error != ENTENTE_OK)
        return error;
    consultation_free(room->consultation);
    room->consultation = made;
    return ENTENTE_OK;
}

enum entente_error
room_new(struct room **room, const struct room_options *options)
{
    struct room *made = calloc(1, sizeof *made);

    *room = NULL;
    if (made == NULL) {
        struct spill spill = {.file = options->spill};
        spill_close(&spill);
        return ENTENTE_ERR_NO_MEMORY;
    }
    made->options = *options;
    enum entente_error error = spill_open(&made->spill, options->spill);
    if (error == ENTENTE_OK)
        error = random_bytes(&made->life, sizeof made->life) == ENTENTE_OK ? ENTENTE_OK
                                                                           : ENTENTE_ERR_RANDOM;
    if (error == ENTENTE_OK)
        error = store_snapshot(options->store);
    if (error == ENTENTE_OK) {
        error = read_room(made);
        store_snapshot_end(options->store);
    }
    if (error != ENTENTE_OK)
        room_free(made);
    else
        *room = made;
    return error;
}

static void
wipe(uint8_t *memory, size_t size)
{
    if (memory != NULL)
        secret_wipe(memory, size);
    free(memory);
}

void
room_free(struct room *room)
{
    if (room == NULL)
        return;
    for (uint32_t i = 0; i < room->filed_count; i++)
        free(room->filed[i].items);
    free(room->filed);
    free(room->tops);
    list_free(&room->list);
    spill_close(&room->spill);
    wipe(room->looked.plain, room->looked.plain_size);
    free(room->looked.memory);
    free(room->arriving.memory);
    consultation_free(room->consultation);
    record_free(room->record);
    for (uint8_t slot = 0; slot < PARTIES_MAX; slot++)
        register_free(room->registers[slot]);
    free(room->genesis_file);
    secret_wipe(&room->looked.body, sizeof room->looked.body);
    free(room);
}

const struct room_id *
room_id(const struct room *room)
{
    return &room->options.id;
}

const struct genesis *
room_genesis(const struct room *room)
{
    return &room->genesis;
}

uint8_t
room_slot(const struct room *room)
{
    return room->options.slot;
}

uint8_t
room_parties(const struct room *room)
{
    return room->genesis.parties_count;
}

enum entente_error
room_proof(struct room *room, uint8_t slot, uint16_t inc, struct bytes *proof)
{
    const struct record_source *source = store_source(room->options.store);

    return source->proof_of(source->state, &room->options.id, slot, inc, proof);
}

const struct party_register *
room_register(const struct room *room, uint8_t slot)
{
    return room->registers[slot];
}

struct bytes
room_party_name(const struct room *room, uint8_t slot)
{
    return register_name(room->registers[slot]);
}

struct consultation *
room_consultation(struct room *room)
{
    return room->consultation;
}

struct record *
room_record(struct room *room)
{
    return room->record;
}

uint64_t
room_changes(const struct room *room)
{
    return room->list.changes_count;
}

uint64_t
room_life(const struct room *room)
{
    return room->life;
}

bool
room_is_current(const struct room *room)
{
    return room->is_at_end && !room->is_broken && room->taken == room->list.count &&
           room->openings_count == 0;
}

struct room_counts
room_counts(const struct room *room)
{
    return (struct room_counts){room->list.count, room->openings_count, room->unreadable};
}
