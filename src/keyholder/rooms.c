/* The rooms in which this installation writes, and the registers of their parties. */
#include "keyholder/keyholder.h"

#include <stdlib.h>

struct keyholder_room *
keyholder_room_find(const struct keyholder *keyholder, const struct room_id *id)
{
    const struct room_id none = {{0}};

    if (room_id_equal(id, &none))
        return keyholder->rooms_count == 1 ? &keyholder->rooms[0] : NULL;
    for (uint32_t i = 0; i < keyholder->rooms_count; i++)
        if (room_id_equal(&keyholder->rooms[i].id, id))
            return &keyholder->rooms[i];
    return NULL;
}

static struct party_register *
find_register(const struct keyholder *keyholder, const struct party_id *party)
{
    for (uint32_t i = 0; i < keyholder->registers_count; i++)
        if (party_id_equal(register_party(keyholder->registers[i]), party))
            return keyholder->registers[i];
    return NULL;
}

/* A card: a register that is new here, or more of one that is known. */
static enum entente_error
take_card(struct keyholder *keyholder, struct bytes card)
{
    struct bytes entries;
    struct register_entry first;
    struct entry_id id;
    struct party_id party;
    struct party_register *reg;

    enum entente_error error = card_entries(card, &entries);
    struct reader reader = reader_of(entries);
    if (error == ENTENTE_OK)
        error = register_entry_parse(&reader, &first);
    if (error != ENTENTE_OK)
        return error;
    register_make_id(&id, first.content);
    memcpy(party.bytes, id.bytes, sizeof party.bytes);
    reg = find_register(keyholder, &party);
    if (reg != NULL) {
        error = register_add_all(reg, entries);
        return error == ENTENTE_ERR_DUPLICATE ? ENTENTE_OK : error;
    }
    if (keyholder->registers_count == KEYHOLDER_REGISTERS_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    error = register_new(&reg);
    if (error == ENTENTE_OK)
        error = register_add_all(reg, entries);
    if (error != ENTENTE_OK) {
        register_free(reg);
        return error;
    }
    keyholder->registers[keyholder->registers_count++] = reg;
    return ENTENTE_OK;
}

static enum entente_error
take_cards(struct keyholder *keyholder, struct bytes cards)
{
    struct reader reader = reader_of(cards);
    enum entente_error error = ENTENTE_OK;

    while (error == ENTENTE_OK && reader.rest.size > 0 && !reader.failed)
        error = take_card(keyholder, reader_bytes(&reader, reader_u32(&reader)));
    return reader.failed ? ENTENTE_ERR_TRUNCATED : error;
}

/* The slot whose register certifies our node key. */
static enum entente_error
find_own_slot(const struct keyholder *keyholder, const struct keyholder_room *room, uint8_t *slot)
{
    for (*slot = 0; *slot < room->parties; ++*slot) {
        const struct incarnation *own =
            register_incarnation(room->registers[*slot], keyholder->inc);
        if (own != NULL &&
            memcmp(own->key.bytes, keyholder->node_key.bytes, sizeof own->key.bytes) == 0)
            return ENTENTE_OK;
    }
    return ENTENTE_ERR_NOT_A_PARTY;
}

static enum entente_error
open_room(struct keyholder *keyholder, struct keyholder_room *room, const struct genesis *genesis,
    const struct genesis_consents *consents)
{
    uint8_t slot;

    genesis_make_room(&room->id, genesis->encoded);
    room->parties = genesis->parties_count;
    for (uint8_t i = 0; i < room->parties; i++) {
        room->registers[i] = find_register(keyholder, &genesis->parties[i].party);
        if (room->registers[i] == NULL)
            return ENTENTE_ERR_NOT_TRUSTED;
        enum entente_error error = genesis_check_consent(genesis, consents, i, room->registers[i]);
        if (error != ENTENTE_OK)
            return error;
    }
    enum entente_error error = find_own_slot(keyholder, room, &slot);
    if (error != ENTENTE_OK)
        return error;
    signer_start(&room->signer, &room->id, slot,
        register_incarnation(room->registers[slot], keyholder->inc));
    const struct journal_head *head = journal_head(keyholder->journal, &room->id);
    if (head == NULL)
        return ENTENTE_OK;
    room->signer.is_retired = head->is_retired;
    if (head->seq == 0)
        return ENTENTE_OK;
    room->signer.seq = head->seq;
    room->signer.id = head->id;
    room->signer.reg_number = head->reg_number;
    room->signer.reg_id = head->reg_id;
    room->signer.t_ms = head->t_ms;
    return ENTENTE_OK;
}

/* The node asked for the room's state before the supervisor had named it. */
static enum entente_error
answer_asked(struct keyholder *keyholder, const struct keyholder_room *room)
{
    for (uint32_t i = 0; i < keyholder->asked_count; i++) {
        if (!room_id_equal(&keyholder->asked[i], &room->id))
            continue;
        keyholder->asked[i] = keyholder->asked[--keyholder->asked_count];
        return keyholder_say_state(keyholder, room);
    }
    return ENTENTE_OK;
}

enum entente_error
keyholder_join(struct keyholder *keyholder, const struct message_room *message)
{
    struct genesis *genesis = calloc(1, sizeof *genesis);
    struct genesis_consents *consents = calloc(1, sizeof *consents);
    struct room_id id;
    enum entente_error error = ENTENTE_ERR_NO_MEMORY;

    if (genesis == NULL || consents == NULL)
        goto out;
    error = genesis_file_parse(message->genesis_file, genesis, consents);
    if (error == ENTENTE_OK)
        error = take_cards(keyholder, message->cards);
    if (error != ENTENTE_OK)
        goto out;
    genesis_make_room(&id, genesis->encoded);
    if (keyholder->rooms_count > 0 && keyholder_room_find(keyholder, &id) != NULL)
        goto out; /* named again: nothing is new but, perhaps, the cards */
    if (keyholder->rooms_count == KEYHOLDER_ROOMS_MAX) {
        error = ENTENTE_ERR_TOO_LARGE;
        goto out;
    }
    struct keyholder_room *grown =
        realloc(keyholder->rooms, (keyholder->rooms_count + 1) * sizeof *keyholder->rooms);
    if (grown == NULL) {
        error = ENTENTE_ERR_NO_MEMORY;
        goto out;
    }
    keyholder->rooms = grown;
    grown[keyholder->rooms_count] = (struct keyholder_room){0};
    error = open_room(keyholder, &grown[keyholder->rooms_count], genesis, consents);
    if (error == ENTENTE_OK) {
        keyholder->rooms_count++;
        error = answer_asked(keyholder, &grown[keyholder->rooms_count - 1]);
    }

out:
    free(genesis);
    free(consents);
    return error;
}
