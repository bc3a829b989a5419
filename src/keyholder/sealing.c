/* What the desk asks for: sealing what is written, opening what is read. */
#include "keyholder/keyholder.h"

#include "crypto/random.h"
#include "crypto/secret.h"
#include "format/commitment.h"

#include <stdlib.h>

/* ---- tickets that end without an entry ---- */

enum entente_error
keyholder_refuse_ticket(struct keyholder *keyholder, struct keyholder_room *room,
    const struct ticket *ticket, enum entente_error why)
{
    if (ticket->kind == ENTRY_KEYS && ticket->chain == room->chain_id)
        room->chain_id = 0; /* nobody will hear of it */
    if (ticket->number & TICKET_OWN)
        return ENTENTE_OK;
    return message_seal_refused_queue(
        keyholder->desk, &(struct message_seal_refused){ticket->number, (uint16_t)why});
}

enum entente_error
keyholder_refuse_all(
    struct keyholder *keyholder, struct keyholder_room *room, enum entente_error why)
{
    enum entente_error error = ENTENTE_OK;
    struct ticket ticket;

    while (error == ENTENTE_OK && tickets_take(&room->tickets, &ticket))
        error = keyholder_refuse_ticket(keyholder, room, &ticket, why);
    return error;
}

/* ---- sealing ---- */

enum entente_error
keyholder_hand_over(struct keyholder *keyholder, struct keyholder_room *room,
    struct message_sealed *sealed, uint64_t chain, struct bytes payload)
{
    struct ticket ticket = {.number = sealed->ticket,
        .kind = sealed->kind,
        .chain = chain,
        .index = sealed->index,
        .pcommit = sealed->pcommit};

    enum entente_error error = tickets_add(&room->tickets, &ticket, payload);
    if (error != ENTENTE_OK)
        return error;
    sealed->payload_bytes = ticket.payload_bytes;
    sealed->payload_hash = ticket.payload_hash;
    error = message_sealed_queue(keyholder->node, sealed);
    if (error != ENTENTE_OK)
        (void)tickets_refuse(&room->tickets, sealed->ticket, &ticket);
    return error;
}

/* A new own chain, and the `keys` entry that announces it, before anything is sealed with it. */
static enum entente_error
begin_chain(struct keyholder *keyholder, struct keyholder_room *room)
{
    static struct keys keys;
    static uint8_t payload[8192];
    uint8_t seeds[PARTIES_MAX * HPKE_SEED_BYTES];
    uint8_t random;
    struct chain chain;
    const uint8_t tag[CHAIN_TAG_BYTES] = {0};

    if (random_bytes(seeds, sizeof seeds) != ENTENTE_OK || random_bytes(&random, 1) != ENTENTE_OK)
        return ENTENTE_ERR_RANDOM;
    /* Not before the feed's last entry: ids grow also where the clock was set back. */
    uint64_t now = keyholder->now_us, t_us = room->signer.t_ms * 1000;
    uint64_t id = chains_new_id(room->chain_last_id, now > t_us ? now : t_us, random);
    chain_make_own(&chain, keyholder->secrets->readings[0].master, &room->id, tag, id);
    chains_announce(&keys, &chain, &room->id, room->signer.slot, room->signer.inc, room->registers,
        room->parties, seeds);
    secret_wipe(seeds, sizeof seeds);
    struct writer writer = writer_of(payload, sizeof payload);
    keys_write(&writer, &keys);
    struct message_sealed sealed = {.ticket = TICKET_OWN | ++keyholder->own_tickets,
        .room = room->id,
        .kind = ENTRY_KEYS};
    enum entente_error error =
        keyholder_hand_over(keyholder, room, &sealed, id, writer_written(&writer));
    if (error == ENTENTE_OK) {
        chains_put(keyholder->chains, &room->id, room->signer.slot, room->signer.inc, &chain);
        room->chain_id = room->chain_last_id = id;
        room->chain_index = 0;
    }
    secret_wipe(&chain, sizeof chain);
    return error;
}

/* Of its 30 kB only what was filled in. */
static void
wipe_body(struct body *body)
{
    uint32_t count = body->count < BODY_SECTIONS_MAX ? body->count : BODY_SECTIONS_MAX;

    secret_wipe(body->sections, count * sizeof *body->sections);
    secret_wipe(body->secret, sizeof body->secret);
    body->count = 0;
}

static enum entente_error
read_sections(struct bytes sections, struct body *body)
{
    struct reader reader = reader_of(sections);

    body->count = reader_u16(&reader);
    if (body->count == 0 || body->count > BODY_SECTIONS_MAX)
        return ENTENTE_ERR_USAGE;
    for (uint32_t i = 0; i < body->count; i++) {
        uint16_t type = reader_u16(&reader);
        struct bytes content = reader_bytes(&reader, reader_u32(&reader));
        if (reader.failed)
            return ENTENTE_ERR_USAGE;
        if (section_parse(&body->sections[i], type, content) != ENTENTE_OK)
            return ENTENTE_ERR_TEXT;
    }
    return reader_finish(&reader) == ENTENTE_OK ? ENTENTE_OK : ENTENTE_ERR_USAGE;
}

/* A chain of this party: derived where that incarnation's master is here, else NULL unless opened.
 */
static struct chain *
own_chain(struct keyholder *keyholder, const struct keyholder_room *room, uint16_t inc, uint64_t id)
{
    const uint8_t tag[CHAIN_TAG_BYTES] = {0};
    const struct reading *reading = secrets_reading(keyholder->secrets, inc);
    uint8_t slot = room->signer.slot;
    struct chain *found = chains_find(keyholder->chains, &room->id, slot, inc, id);
    struct chain chain;

    if (found != NULL || reading == NULL)
        return found;
    chain_make_own(&chain, reading->master, &room->id, tag, id);
    chains_put(keyholder->chains, &room->id, slot, inc, &chain);
    secret_wipe(&chain, sizeof chain);
    return chains_find(keyholder->chains, &room->id, slot, inc, id);
}

/* A body's secret, from what was drawn ahead; each byte is given once, and wiped here. */
static enum entente_error
take_secret(struct node_secrets *secrets, uint8_t secret[static BODY_SECRET_BYTES])
{
    if (secrets->random_left == 0) {
        enum entente_error error = random_bytes(secrets->random, sizeof secrets->random);
        if (error != ENTENTE_OK)
            return error;
        secrets->random_left = sizeof secrets->random;
    }
    secrets->random_left -= BODY_SECRET_BYTES;
    memcpy(secret, secrets->random + secrets->random_left, BODY_SECRET_BYTES);
    secret_wipe(secrets->random + secrets->random_left, BODY_SECRET_BYTES);
    return ENTENTE_OK;
}

static enum entente_error
seal(struct keyholder *keyholder, struct keyholder_room *room, const struct message_seal *asked)
{
    static struct body body;
    uint8_t key[CHAIN_KEY_BYTES];
    uint8_t *plain = NULL;
    struct message_sealed sealed = {
        .ticket = asked->ticket, .room = room->id, .kind = ENTRY_SEALED};

    enum entente_error error = read_sections(asked->sections, &body);
    if (error == ENTENTE_OK)
        error = take_secret(keyholder->secrets, body.secret);
    if (error != ENTENTE_OK)
        return error;
    size_t size = body_size(&body);
    plain = malloc(size + AEAD_TAG_BYTES);
    if (plain == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    struct writer writer = writer_of(plain, size);
    error = body_write(&writer, &body);
    if (error == ENTENTE_OK && (room->chain_id == 0 || room->chain_index >= CHAIN_STEPS_MAX))
        error = begin_chain(keyholder, room);
    if (error == ENTENTE_OK)
        error = chain_message_key(
            own_chain(keyholder, room, room->signer.inc, room->chain_id), room->chain_index, key);
    if (error == ENTENTE_OK) {
        struct payload_place place = {.room = room->id,
            .slot = room->signer.slot,
            .inc = room->signer.inc,
            .chain = room->chain_id,
            .index = room->chain_index};
        body_commit(&sealed.pcommit, &body);
        payload_seal(plain, key, &place, &sealed.pcommit, writer_written(&writer));
        sealed.chain = room->chain_id;
        sealed.index = room->chain_index;
        error = keyholder_hand_over(keyholder, room, &sealed, room->chain_id,
            (struct bytes){plain, size + AEAD_TAG_BYTES});
        room->chain_index++;
    }
    secret_wipe(key, sizeof key);
    wipe_body(&body);
    free(plain); /* ciphertext by now, or never filled */
    return error;
}

/* The room in which the desk may have something appended under the ticket, or why not. */
static enum entente_error
find_writable(struct keyholder *keyholder, const struct room_id *id, uint64_t ticket,
    struct keyholder_room **room)
{
    *room = keyholder_room_find(keyholder, id);
    if (*room == NULL)
        return ENTENTE_ERR_NOT_FOUND;
    if (ticket == 0 || (ticket & TICKET_OWN) != 0)
        return ENTENTE_ERR_USAGE;
    return (*room)->signer.is_retired ? ENTENTE_ERR_RETIRED : ENTENTE_OK;
}

static enum entente_error
refuse_seal(struct keyholder *keyholder, uint64_t ticket, enum entente_error error)
{
    if (error == ENTENTE_OK)
        return ENTENTE_OK;
    return message_seal_refused_queue(
        keyholder->desk, &(struct message_seal_refused){ticket, (uint16_t)error});
}

enum entente_error
keyholder_seal(struct keyholder *keyholder, struct bytes body)
{
    struct message_seal asked;
    struct keyholder_room *room;

    enum entente_error error = message_seal_read(body, &asked);
    if (error != ENTENTE_OK)
        return error;
    error = find_writable(keyholder, &asked.room, asked.ticket, &room);
    if (error == ENTENTE_OK)
        error = seal(keyholder, room, &asked);
    return refuse_seal(keyholder, asked.ticket, error);
}

/* ---- acts ---- */

/* A1: the sections are the payload as they stand. */
static enum entente_error
hand_over_act(
    struct keyholder *keyholder, struct keyholder_room *room, const struct message_act *asked)
{
    static struct body body;

    if (fact_type_of_entry(asked->kind) == 0 || asked->sections.size > ENTRY_PAYLOAD_BYTES_MAX)
        return ENTENTE_ERR_USAGE;
    if (body_parse_clear(asked->sections, &body) != ENTENTE_OK)
        return ENTENTE_ERR_TEXT;
    if (body.sections[0].type != fact_type_of_entry(asked->kind))
        return ENTENTE_ERR_USAGE;
    struct message_sealed act = {.ticket = asked->ticket,
        .room = room->id,
        .kind = asked->kind};
    return keyholder_hand_over(keyholder, room, &act, 0, asked->sections);
}

enum entente_error
keyholder_act(struct keyholder *keyholder, struct bytes body)
{
    struct message_act asked;
    struct keyholder_room *room;

    enum entente_error error = message_act_read(body, &asked);
    if (error != ENTENTE_OK)
        return error;
    error = find_writable(keyholder, &asked.room, asked.ticket, &room);
    if (error == ENTENTE_OK)
        error = hand_over_act(keyholder, room, &asked);
    return refuse_seal(keyholder, asked.ticket, error);
}

/* ---- opening ---- */

static enum entente_error
open_entry(struct keyholder *keyholder, const struct keyholder_room *room,
    const struct message_open *asked, const struct entry *entry)
{
    static struct body body;
    uint8_t key[CHAIN_KEY_BYTES];
    struct chain *chain;

    if (asked->payload.size < AEAD_TAG_BYTES)
        return ENTENTE_ERR_UNSEALABLE;
    if (entry->slot == room->signer.slot)
        chain = own_chain(keyholder, room, entry->inc, entry->chain);
    else
        chain = chains_find(keyholder->chains, &room->id, entry->slot, entry->inc, entry->chain);
    if (chain == NULL) {
        struct message_chain_wanted wanted = {
            asked->ticket, room->id, entry->slot, entry->inc, entry->chain};
        return message_chain_wanted_queue(keyholder->desk, &wanted);
    }
    enum entente_error error = chain_message_key(chain, entry->index, key);
    if (error != ENTENTE_OK)
        return ENTENTE_ERR_UNSEALABLE;
    size_t size = asked->payload.size - AEAD_TAG_BYTES;
    uint8_t *plain = malloc(size + 1);
    if (plain == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    struct payload_place place = {.room = room->id,
        .slot = entry->slot,
        .inc = entry->inc,
        .chain = entry->chain,
        .index = entry->index};
    memcpy(place.tag, entry->tag, sizeof place.tag);
    error = payload_open(plain, &body, key, &place, &entry->pcommit, asked->payload);
    if (error == ENTENTE_OK)
        error = message_opened_queue(
            keyholder->desk, &(struct message_opened){asked->ticket, {plain, size}});
    secret_wipe(key, sizeof key);
    wipe_body(&body);
    secret_wipe(plain, size);
    free(plain);
    return error;
}

static enum entente_error
refuse_open(struct keyholder *keyholder, uint64_t ticket, enum entente_error error)
{
    if (error == ENTENTE_OK)
        return ENTENTE_OK;
    return message_open_refused_queue(
        keyholder->desk, &(struct message_open_refused){ticket, (uint16_t)error});
}

/* The header of an entry of a known room. */
static enum entente_error
read_header(struct keyholder *keyholder, struct bytes header, struct entry *entry,
    struct keyholder_room **room)
{
    struct reader reader = reader_of(header);

    enum entente_error error = entry_parse(&reader, entry);
    if (error == ENTENTE_OK)
        error = reader_finish(&reader);
    if (error != ENTENTE_OK)
        return error;
    *room = keyholder_room_find(keyholder, &entry->room);
    return *room == NULL ? ENTENTE_ERR_WRONG_ROOM : ENTENTE_OK;
}

enum entente_error
keyholder_open(struct keyholder *keyholder, struct bytes body)
{
    struct message_open asked;
    struct entry entry;
    struct keyholder_room *room;

    enum entente_error error = message_open_read(body, &asked);
    if (error != ENTENTE_OK)
        return error;
    error = read_header(keyholder, asked.header, &entry, &room);
    if (error == ENTENTE_OK && entry.kind != ENTRY_SEALED)
        error = ENTENTE_ERR_UNEXPECTED;
    if (error == ENTENTE_OK)
        error = open_entry(keyholder, room, &asked, &entry);
    return refuse_open(keyholder, asked.ticket, error);
}

enum entente_error
keyholder_chain(struct keyholder *keyholder, struct bytes body)
{
    struct message_chain asked;
    struct wanted_chain wanted;
    struct entry entry;
    struct keyholder_room *room;
    struct digest hash;

    enum entente_error error = message_chain_read(body, &asked);
    if (error != ENTENTE_OK)
        return error;
    wanted = (struct wanted_chain){asked.slot, asked.inc, asked.chain, asked.commitment};
    error = read_header(keyholder, asked.header, &entry, &room);
    if (error == ENTENTE_OK) {
        payload_make_hash(&hash, asked.payload);
        if (memcmp(hash.bytes, entry.payload_hash.bytes, sizeof hash.bytes) != 0)
            error = ENTENTE_ERR_HASH;
    }
    if (error == ENTENTE_OK && entry.kind == ENTRY_KEYS)
        error = chains_learn(keyholder->chains, keyholder->secrets, &room->id, entry.slot,
            entry.inc, room->signer.slot, asked.payload);
    else if (error == ENTENTE_OK && entry.kind == ENTRY_KEY_HELP)
        error = chains_learn_help(keyholder->chains, keyholder->secrets, &room->id, entry.slot,
            entry.inc, room->signer.slot, &wanted, asked.payload);
    else if (error == ENTENTE_OK)
        error = ENTENTE_ERR_UNEXPECTED;
    return refuse_open(keyholder, asked.ticket, error);
}
