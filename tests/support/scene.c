#include "support/scene.h"

#include "support/test.h"

#include "crypto/crypto.h"
#include "crypto/secret.h"

#define QUEUE_BYTES (4u * CHANNEL_BODY_BYTES_MAX)

uint16_t scene_type;
struct bytes scene_body;

static void
require(bool condition, const char *what)
{
    if (condition)
        return;
    printf("Bail out! scene: %s\n", what);
    exit(1);
}

void
scene_room_renew_cards(struct scene_room *room)
{
    struct bytes magic = bytes_of_text(CARD_MAGIC);
    uint8_t *entries[SCENE_PARTIES];
    size_t sizes[SCENE_PARTIES];

    free(room->cards);
    room->cards_size = 0;
    for (uint32_t i = 0; i < SCENE_PARTIES; i++) {
        entries[i] = build_register_bytes(room->parties[i].reg, &sizes[i]);
        room->cards_size += 4 + magic.size + sizes[i];
    }
    room->cards = malloc(room->cards_size);
    require(room->cards != NULL, "no memory");
    struct writer writer = writer_of(room->cards, room->cards_size);
    for (uint32_t i = 0; i < SCENE_PARTIES; i++) {
        writer_u32(&writer, (uint32_t)(magic.size + sizes[i]));
        writer_bytes(&writer, magic);
        writer_copy(&writer, entries[i], sizes[i]);
        free(entries[i]);
    }
}

void
scene_room_make(struct scene_room *room)
{
    *room = (struct scene_room){0};
    require(crypto_start() == ENTENTE_OK, "no randomness");
    for (uint32_t i = 0; i < SCENE_PARTIES; i++)
        build_party(&room->parties[i], (uint8_t)(i + 1));
    build_room(&room->genesis, room->parties, SCENE_PARTIES, "a scene");
    scene_room_renew_cards(room);
}

void
scene_room_free(struct scene_room *room)
{
    for (uint32_t i = 0; i < SCENE_PARTIES; i++)
        build_party_free(&room->parties[i]);
    built_room_free(&room->genesis);
    free(room->cards);
}

static void
make_secrets(struct keyholder *keyholder, uint8_t seed)
{
    struct agreement_public unused;
    size_t secrets_size = (sizeof *keyholder->secrets + 15) / 16 * 16;
    size_t chains_size = (sizeof *keyholder->chains + 15) / 16 * 16;

    keyholder->secrets = secret_new(secrets_size);
    keyholder->chains = secret_new(chains_size);
    require(keyholder->secrets != NULL && keyholder->chains != NULL, "no memory");
    struct reading *reading = &keyholder->secrets->readings[0];
    keyholder->secrets->readings_count = 1;
    keyholder->inc = reading->inc = 1;
    reading->prekey_id = 1;
    build_prekey(&reading->prekey, &unused, seed, 1);
    memset(reading->master, seed, sizeof reading->master);
    build_key(&keyholder->secrets->signing, &keyholder->node_key, seed, BUILD_NODE, 1);
}

static enum entente_error
open_journal(struct scene *scene)
{
    struct keyholder *keyholder = &scene->keyholder;
    struct journal_options options = {.disk = memory_disk_of(scene->disk),
        .node_key = keyholder->node_key,
        .inc = 1,
        .file_bytes = 524288};

    enum entente_error error = journal_open(&keyholder->journal, &options);
    if (error != ENTENTE_ERR_NOT_FOUND)
        return error;
    error = journal_create(&options);
    return error == ENTENTE_OK ? journal_open(&keyholder->journal, &options) : error;
}

static enum entente_error
open_channels(struct scene *scene)
{
    struct channel **channels[] = {&scene->keyholder.node, &scene->keyholder.desk, &scene->to,
        &scene->from_node, &scene->from_desk};
    enum entente_error error = ENTENTE_OK;

    for (size_t i = 0; i < sizeof channels / sizeof channels[0] && error == ENTENTE_OK; i++)
        error = channel_new(channels[i], -1, QUEUE_BYTES);
    return error;
}

enum entente_error
scene_open(
    struct scene *scene, const struct scene_room *room, uint8_t slot, struct memory_disk *disk)
{
    struct keyholder *keyholder = &scene->keyholder;

    *scene = (struct scene){.room = room, .disk = disk};
    make_secrets(keyholder, (uint8_t)(slot + 1));
    enum entente_error error = open_channels(scene);
    if (error == ENTENTE_OK)
        error = open_journal(scene);
    if (error != ENTENTE_OK)
        return error;
    struct message_room message = {room->genesis.file, {room->cards, room->cards_size}};
    error = keyholder_join(keyholder, &message);
    if (error != ENTENTE_OK)
        return error;
    const struct signer *signer = &keyholder->rooms[0].signer;
    scene->feed =
        (struct scene_feed){signer->room, signer->slot, signer->reg_number, signer->reg_id,
            signer->seq, signer->id, signer->seq == 0 ? BUILD_T_MS + 1000000 : signer->t_ms};
    return ENTENTE_OK;
}

void
scene_close(struct scene *scene)
{
    channel_free(scene->keyholder.node);
    channel_free(scene->keyholder.desk);
    channel_free(scene->to);
    channel_free(scene->from_node);
    channel_free(scene->from_desk);
    keyholder_free(&scene->keyholder);
}

enum entente_error
scene_send(struct scene *scene,
    enum entente_error (*take)(struct keyholder *keyholder, uint16_t type, struct bytes body))
{
    struct bytes queued = channel_queued(scene->to), body;
    uint16_t type;

    require(channel_feed(scene->to, queued) == ENTENTE_OK, "no memory");
    channel_sent(scene->to, queued.size);
    require(channel_next(scene->to, &type, &body) == ENTENTE_OK, "no message");
    return take(&scene->keyholder, type, body);
}

static void
deliver(struct channel *from, struct channel *to)
{
    struct bytes queued = channel_queued(from);

    if (queued.size == 0)
        return;
    require(channel_feed(to, queued) == ENTENTE_OK, "no memory");
    channel_sent(from, queued.size);
}

enum entente_error
scene_turn(struct scene *scene)
{
    enum entente_error error = keyholder_commit(&scene->keyholder);

    if (error == ENTENTE_OK)
        error = keyholder_pump(&scene->keyholder);
    if (error != ENTENTE_OK)
        return error;
    deliver(scene->keyholder.node, scene->from_node);
    deliver(scene->keyholder.desk, scene->from_desk);
    return ENTENTE_OK;
}

bool
scene_next(struct channel *from, uint16_t *type, struct bytes *body)
{
    return channel_next(from, type, body) == ENTENTE_OK;
}

void
scene_pass(struct scene *scene)
{
    struct message_barrier barrier = {
        .room = scene->room->genesis.room, .seq = scene->feed.seq, .id = scene->feed.id};
    struct message_state state;

    if (scene->feed.seq == 0)
        barrier.id = (struct entry_id){{0}};
    require(scene_node(scene, barrier, &barrier) == ENTENTE_OK, "no barrier");
    require(scene_turn(scene) == ENTENTE_OK, "no turn");
    require(scene_got(scene->from_node, STATE, state, &state) && state.barrier_passed,
        "the barrier is not passed");
}

struct bytes
scene_sections(uint8_t out[static 4096], const char *text)
{
    struct section section = {.type = SECTION_STATEMENT,
        .statement = {bytes_of_text("en"), bytes_of_text(""), bytes_of_text(text)}};
    struct writer writer = writer_of(out, 4096);

    writer_u16(&writer, 1);
    writer_u16(&writer, section.type);
    writer_u32(&writer, (uint32_t)section_size(&section));
    section_write(&writer, &section);
    return writer_written(&writer);
}

enum entente_error
scene_say(struct scene *scene, uint64_t ticket, const char *text)
{
    uint8_t sections[4096];
    struct message_seal seal = {ticket, scene->feed.room, scene_sections(sections, text)};

    return scene_desk(scene, seal, &seal);
}

void
scene_draft_start(struct scene_draft *draft)
{
    draft->headers_writer = writer_of(draft->headers, sizeof draft->headers);
    draft->payloads_writer = writer_of(draft->payloads, sizeof draft->payloads);
    draft->count = 0;
}

void
scene_draft_sealed(
    struct scene_feed *feed, struct scene_draft *draft, const struct message_sealed *sealed)
{
    struct entry entry = {.kind = sealed->kind,
        .slot = feed->slot,
        .inc = 1,
        .seq = ++feed->seq,
        .room = feed->room,
        .prev = feed->id,
        .reg_number = feed->reg_number,
        .reg_id = feed->reg_id,
        .t_ms = ++feed->t_ms,
        .chain = sealed->chain,
        .index = sealed->index,
        .pcommit = sealed->pcommit,
        .payload_bytes = sealed->payload_bytes,
        .payload_hash = sealed->payload_hash};
    size_t start = draft->headers_writer.used;

    memcpy(entry.tag, sealed->tag.bytes, sizeof entry.tag);
    entry_write(&draft->headers_writer, &entry);
    require(!draft->headers_writer.failed, "a draft is full");
    entry.header = (struct bytes){draft->headers + start, draft->headers_writer.used - start};
    entry_make_id(&feed->id, &entry);
    message_ticket_write(draft->tickets, draft->count++, sealed->ticket);
}

void
scene_draft_own(
    struct scene_feed *feed, struct scene_draft *draft, uint8_t kind, struct bytes payload)
{
    struct message_sealed own = {.kind = kind, .payload_bytes = (uint32_t)payload.size};

    payload_make_hash(&own.payload_hash, payload);
    scene_draft_sealed(feed, draft, &own);
    writer_bytes(&draft->payloads_writer, payload);
    require(!draft->payloads_writer.failed, "a draft is full");
}

struct message_append
scene_draft_message(const struct scene_feed *feed, const struct scene_draft *draft)
{
    return (struct message_append){.room = feed->room,
        .tickets = {draft->tickets, draft->count * MESSAGE_TICKET_BYTES},
        .headers = writer_written(&draft->headers_writer),
        .payloads = writer_written(&draft->payloads_writer)};
}

enum entente_error
scene_append(struct scene *scene, const struct scene_draft *draft)
{
    struct message_append append = scene_draft_message(&scene->feed, draft);

    return scene_node(scene, append, &append);
}
