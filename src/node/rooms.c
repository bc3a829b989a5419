/* The node's rooms and registers, and what the shell may read of them. */
#include "node/internal.h"

#include <stdlib.h>

enum entente_error
node_new(struct node **node, const struct node_options *options)
{
    *node = calloc(1, sizeof **node);
    if (*node == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    (*node)->options = *options;
    if (options->mutations != NULL) {
        (*node)->mutations = *options->mutations;
        (*node)->options.mutations = &(*node)->mutations;
    }
    struct node_options *o = &(*node)->options;
    o->ack_delay_ms = o->ack_delay_ms == 0 ? 50 : o->ack_delay_ms;
    o->ack_interval_ms = o->ack_interval_ms == 0 ? 200 : o->ack_interval_ms;
    o->announce_delay_ms = o->announce_delay_ms == 0 ? 100 : o->announce_delay_ms;
    o->request_timeout_ms = o->request_timeout_ms == 0 ? 5000 : o->request_timeout_ms;
    o->fault_bytes_max = o->fault_bytes_max == 0 ? NODE_FAULT_BYTES_MAX : o->fault_bytes_max;
    return ENTENTE_OK;
}

void
room_free(struct room *room)
{
    if (room == NULL)
        return;
    writer_reset(room);
    gather_free(&room->writer.gathered);
    free(room->writer.past);
    record_free(room->record);
    free(room->genesis_file);
    free(room);
}

void
node_free(struct node *node)
{
    if (node == NULL)
        return;
    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++) {
        for (uint32_t r = 0; node->links[i] != NULL && r < NODE_ROOMS_MAX; r++)
            feeder_free(&node->links[i]->rooms[r].feeder);
        free(node->links[i]);
    }
    for (uint32_t i = 0; i < node->rooms_count; i++)
        room_free(node->rooms[i]);
    for (uint32_t i = 0; i < node->registers_count; i++)
        register_free(node->registers[i]);
    files_free(node);
    free(node->registers);
    free(node);
}

struct party_register *
node_register(const struct node *node, const struct party_id *party)
{
    for (uint32_t i = 0; i < node->registers_count; i++)
        if (party_id_equal(register_party(node->registers[i]), party))
            return node->registers[i];
    return NULL;
}

static enum entente_error
keep_register(struct node *node, struct party_register *reg)
{
    struct party_register **grown =
        realloc(node->registers, (node->registers_count + 1) * sizeof *grown);

    if (grown == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    node->registers = grown;
    node->registers[node->registers_count++] = reg;
    return ENTENTE_OK;
}

enum entente_error
node_add_register(struct node *node, struct bytes entries)
{
    struct register_entry first;
    struct party_register *reg;
    struct party_id party;
    struct reader reader = reader_of(entries);

    enum entente_error error = register_entry_parse(&reader, &first);
    if (error != ENTENTE_OK)
        return error;
    party = first.party;
    if (first.kind == REGISTER_INCEPTION) {
        struct entry_id id;
        register_make_id(&id, first.content);
        memcpy(party.bytes, id.bytes, sizeof party.bytes);
    }
    reg = node_register(node, &party);
    if (reg != NULL)
        return register_add_all(reg, entries);
    error = register_new(&reg);
    if (error == ENTENTE_OK)
        error = register_add_all(reg, entries);
    if (error == ENTENTE_OK)
        error = keep_register(node, reg);
    if (error != ENTENTE_OK)
        register_free(reg);
    return error;
}

bool
slot_of(const struct room *room, const struct party_id *party, uint8_t *slot)
{
    for (uint8_t i = 0; i < room->genesis.parties_count; i++)
        if (party_id_equal(&room->genesis.parties[i].party, party)) {
            *slot = i;
            return true;
        }
    return false;
}

enum entente_error
room_load(struct node *node, struct room *room)
{
    struct record *record;
    struct record_options options = {
        .genesis = &room->genesis,
        .room = room->id,
        .registers = room->registers,
        .source = room->source,
        .mutations = node->options.mutations,
    };

    enum entente_error error = record_new(&record, &options);
    if (error != ENTENTE_OK)
        return error;
    record_free(room->record);
    room->record = record;
    room->is_broken = false;
    room->asker.count = 0;
    return ENTENTE_OK;
}

static enum entente_error
check_parties(
    struct node *node, struct room *room, const struct genesis_consents *consents)
{
    for (uint8_t slot = 0; slot < room->genesis.parties_count; slot++) {
        struct party_register *reg =
            node_register(node, &room->genesis.parties[slot].party);
        if (reg == NULL || register_count(reg) < room->genesis.parties[slot].reg_number)
            return ENTENTE_ERR_NOT_TRUSTED;
        enum entente_error error = genesis_check_consent(&room->genesis, consents, slot, reg);
        if (error != ENTENTE_OK)
            return error;
        room->registers[slot] = reg;
    }
    return slot_of(room, &node->options.self, &room->slot) ? ENTENTE_OK : ENTENTE_ERR_NOT_A_PARTY;
}

enum entente_error
node_add_room(struct node *node, struct bytes genesis_file, const struct record_source *source)
{
    enum entente_error error = ENTENTE_ERR_NO_MEMORY;
    struct room *room = calloc(1, sizeof *room);
    struct genesis_consents *consents = calloc(1, sizeof *consents);

    if (room == NULL || consents == NULL || node->rooms_count == NODE_ROOMS_MAX)
        goto out;
    room->genesis_file = malloc(genesis_file.size + 1);
    if (room->genesis_file == NULL)
        goto out;
    memcpy(room->genesis_file, genesis_file.data, genesis_file.size);
    room->genesis_size = genesis_file.size;
    room->source = source;
    writer_reset(room);
    error = genesis_file_parse(
        (struct bytes){room->genesis_file, room->genesis_size}, &room->genesis, consents);
    if (error != ENTENTE_OK)
        goto out;
    genesis_make_room(&room->id, room->genesis.encoded);
    error = room_find(node, &room->id) != NULL ? ENTENTE_ERR_EXISTS
                                               : check_parties(node, room, consents);
    if (error == ENTENTE_OK)
        error = room_load(node, room);
    if (error == ENTENTE_OK) {
        node->rooms[node->rooms_count++] = room;
        room = NULL;
    }

out:
    free(consents);
    room_free(room);
    return error;
}

struct room *
room_find(const struct node *node, const struct room_id *id)
{
    for (uint32_t i = 0; i < node->rooms_count; i++)
        if (room_id_equal(&node->rooms[i]->id, id))
            return node->rooms[i];
    return NULL;
}

uint32_t
room_index(const struct node *node, const struct room *room)
{
    uint32_t index = 0;

    while (node->rooms[index] != room)
        index++;
    return index;
}

struct record *
node_record(const struct node *node, const struct room_id *room)
{
    const struct room *found = room_find(node, room);

    return found == NULL ? NULL : found->record;
}

struct record *
node_record_at(const struct node *node, uint32_t index)
{
    return index < node->rooms_count ? node->rooms[index]->record : NULL;
}

struct bytes
node_genesis_file(const struct node *node, const struct room_id *room)
{
    const struct room *found = room_find(node, room);

    return found == NULL ? (struct bytes){0}
                         : (struct bytes){found->genesis_file, found->genesis_size};
}

uint8_t
node_slot(const struct node *node, const struct room_id *room)
{
    return room_find(node, room)->slot;
}

uint16_t
node_incarnation(const struct node *node, const struct room_id *room)
{
    const struct room *found = room_find(node, room);
    const struct incarnation *last = register_incarnation_last(found->registers[found->slot]);

    if (found->writer.has_state)
        return found->writer.keyholder.inc;
    return last == NULL ? 0 : last->inc;
}

enum node_writing
node_writing(const struct node *node, const struct room_id *room)
{
    return room_find(node, room)->writer.writing;
}

struct node_peer_status
node_peer_status(const struct node *node, const struct room_id *id, uint8_t slot)
{
    const struct room *room = room_find(node, id);
    uint32_t index = room_index(node, room);
    struct node_peer_status status = {.heard_at_ms = node->heard_at_ms[index][slot]};

    for (uint32_t i = 0; i < NODE_LINKS_MAX; i++) {
        const struct link *link = node->links[i];
        if (link == NULL || !link->is_up || !link->rooms[index].is_shared ||
            !party_id_equal(&link->party, &room->genesis.parties[slot].party))
            continue;
        status.is_linked = true;
        for (uint32_t a = 0; a < link->rooms[index].ahead_count; a++) {
            const struct position *ahead = &link->rooms[index].ahead[a];
            uint32_t branch;
            uint32_t have = 0;
            if (record_lane(room->record, ahead->slot, ahead->inc, &branch) == ENTENTE_OK)
                have = record_head(room->record, branch).seq;
            status.missing += ahead->seq > have ? ahead->seq - have : 0;
        }
    }
    return status;
}
