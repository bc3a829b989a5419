/*
 * Goal: the core answers only what is durable, signs only what it sealed or the node may write, and
 * tells everybody how what they asked for ended.
 * Method: scenes (support/scene.h): messages in, messages out, a disk in memory that loses power
 * after its n-th operation for every n.
 */
#include "support/scene.h"
#include "support/test.h"

static struct scene_room world;

static struct scene *
scene_new(uint8_t slot, struct memory_disk *disk)
{
    struct scene *scene = malloc(sizeof *scene);

    if (scene == NULL || scene_open(scene, &world, slot, disk) != ENTENTE_OK) {
        printf("Bail out! no scene\n");
        exit(1);
    }
    scene_pass(scene);
    return scene;
}

static void
scene_free(struct scene *scene)
{
    scene_close(scene);
    free(scene);
}

/* Everything that SEALED brought goes into the draft; returns how many. */
static uint32_t
place_all(struct scene *scene, struct scene_draft *draft)
{
    struct message_sealed sealed;
    uint32_t count = 0;

    while (scene_got(scene->from_node, SEALED, sealed, &sealed)) {
        scene_draft_sealed(&scene->feed, draft, &sealed);
        count++;
    }
    return count;
}

static uint32_t
count_left(struct channel *from)
{
    uint32_t count = 0;

    while (scene_next(from, &scene_type, &scene_body))
        count++;
    return count;
}

TEST(a_statement_is_sealed_signed_and_opened_by_another_party)
{
    static struct scene_draft draft;
    struct memory_disk disks[2] = {0};
    struct scene *writer = scene_new(0, &disks[0]), *reader = scene_new(1, &disks[1]);
    struct message_signed segment;
    struct message_appended appended;
    struct message_chain_wanted wanted;
    struct message_opened opened;
    static struct segment parsed;
    static struct body body;

    CHECK(scene_say(writer, 5, "good morning") == ENTENTE_OK);
    CHECK(scene_turn(writer) == ENTENTE_OK);
    scene_draft_start(&draft);
    CHECK(place_all(writer, &draft) == 2); /* the chain's keys come first */
    CHECK(scene_append(writer, &draft) == ENTENTE_OK && scene_turn(writer) == ENTENTE_OK);
    REQUIRE(scene_got(writer->from_node, SIGNED, signed, &segment));
    struct reader bytes = reader_of(segment.segment);
    REQUIRE(segment_parse(&bytes, &parsed) == ENTENTE_OK && parsed.count == 2);
    CHECK(segment_check_signature(&parsed, &writer->keyholder.node_key));
    REQUIRE(scene_got(writer->from_desk, APPENDED, appended, &appended));
    CHECK(appended.ticket == 5 && appended.slot == 0 && appended.seq == 2);
    CHECK(entry_id_equal(&appended.id, &parsed.ids[1]));
    CHECK(count_left(writer->from_desk) == 0 && count_left(writer->from_node) == 0);

    uint8_t kept[4096];
    REQUIRE(segment.payloads.size < sizeof kept);
    memcpy(kept, segment.payloads.data, segment.payloads.size);
    struct bytes payloads = {kept, segment.payloads.size};
    CHECK(segment_check_payloads(&parsed, payloads) == ENTENTE_OK);
    struct message_open open = {8, parsed.entries[1].header, segment_payload(&parsed, payloads, 1)};
    CHECK(scene_desk(reader, open, &open) == ENTENTE_OK && scene_turn(reader) == ENTENTE_OK);
    REQUIRE(scene_got(reader->from_desk, CHAIN_WANTED, chain_wanted, &wanted));
    CHECK(wanted.ticket == 8 && wanted.slot == 0 && wanted.chain == parsed.entries[1].chain);
    struct message_chain chain = {9, wanted.slot, wanted.inc, wanted.chain, {{0}},
        parsed.entries[0].header, segment_payload(&parsed, payloads, 0)};
    CHECK(scene_desk(reader, chain, &chain) == ENTENTE_OK);
    CHECK(scene_desk(reader, open, &open) == ENTENTE_OK && scene_turn(reader) == ENTENTE_OK);
    REQUIRE(scene_got(reader->from_desk, OPENED, opened, &opened));
    REQUIRE(opened.ticket == 8 && body_parse(opened.body, &body) == ENTENTE_OK);
    CHECK(bytes_equal(body.sections[0].statement.text, bytes_of_text("good morning")));
    /* the writer opens its own without asking for the chain */
    CHECK(scene_desk(writer, open, &open) == ENTENTE_OK && scene_turn(writer) == ENTENTE_OK);
    CHECK(scene_got(writer->from_desk, OPENED, opened, &opened));
    scene_free(writer);
    scene_free(reader);
    memory_disk_free(&disks[0]);
    memory_disk_free(&disks[1]);
}

TEST(a_turn_is_one_sync_whatever_it_holds)
{
    static struct scene_draft draft;
    struct memory_disk disk = {0};
    struct scene *scene = scene_new(0, &disk);
    uint32_t before = disk.syncs;

    for (int i = 0; i < 10; i++) {
        scene_draft_start(&draft);
        scene_draft_own(&scene->feed, &draft, ENTRY_ACK, (struct bytes){0});
        CHECK(scene_append(scene, &draft) == ENTENTE_OK);
    }
    CHECK(disk.syncs == before && scene_turn(scene) == ENTENTE_OK);
    CHECK(disk.syncs == before + 1 && count_left(scene->from_node) == 10);
    scene_free(scene);
    memory_disk_free(&disk);
}

TEST(the_node_cannot_put_words_into_the_partys_mouth)
{
    static struct scene_draft draft;
    struct memory_disk disk = {0};
    struct scene *scene = scene_new(0, &disk);
    struct bytes payload = bytes_of_text("what the party never said");
    struct message_sealed made_up = {.kind = ENTRY_SEALED,
        .chain = 1,
        .pcommit = {{1}},
        .payload_bytes = (uint32_t)payload.size};
    struct message_refused refused;

    payload_make_hash(&made_up.payload_hash, payload);
    for (uint64_t ticket = 0; ticket < 2; ticket++) {
        uint32_t seq = scene->feed.seq;
        struct entry_id id = scene->feed.id;
        made_up.ticket = ticket;
        scene_draft_start(&draft);
        scene_draft_sealed(&scene->feed, &draft, &made_up);
        if (ticket == 0)
            writer_bytes(&draft.payloads_writer, payload);
        CHECK(scene_append(scene, &draft) == ENTENTE_OK && scene_turn(scene) == ENTENTE_OK);
        REQUIRE(scene_got(scene->from_node, REFUSED, refused, &refused));
        CHECK(refused.error == ENTENTE_ERR_REFUSED && refused.first_seq == 1);
        scene->feed.seq = seq;
        scene->feed.id = id;
    }
    CHECK(journal_head(scene->keyholder.journal, &world.genesis.room) == NULL);
    scene_free(scene);
    memory_disk_free(&disk);
}

/* The append cannot be journaled: both tickets end, and the chain that nobody heard of with them.
 */
TEST(a_refused_append_ends_its_tickets_and_its_chain)
{
    static struct scene_draft draft;
    struct memory_disk disk = {0};
    struct scene *scene = scene_new(0, &disk);
    struct message_seal_refused refused;
    struct message_refused answer;
    struct message_appended appended;

    CHECK(scene_say(scene, 1, "one") == ENTENTE_OK && scene_say(scene, 2, "two") == ENTENTE_OK);
    CHECK(scene_turn(scene) == ENTENTE_OK);
    scene_draft_start(&draft);
    CHECK(place_all(scene, &draft) == 3);
    draft.payloads_writer.used++; /* a payload that is nobody's */
    CHECK(scene_append(scene, &draft) == ENTENTE_OK && scene_turn(scene) == ENTENTE_OK);
    CHECK(scene_got(scene->from_node, REFUSED, refused, &answer));
    for (uint64_t ticket = 1; ticket <= 2; ticket++)
        CHECK(scene_got(scene->from_desk, SEAL_REFUSED, seal_refused, &refused) &&
              refused.ticket == ticket && refused.error == ENTENTE_ERR_REFUSED);
    CHECK(count_left(scene->from_desk) == 0);
    draft.payloads_writer.used--; /* too late: they were said to be refused */
    CHECK(scene_append(scene, &draft) == ENTENTE_OK && scene_turn(scene) == ENTENTE_OK);
    CHECK(scene_got(scene->from_node, REFUSED, refused, &answer));
    CHECK(count_left(scene->from_desk) == 0);

    scene->feed.seq = 0;
    scene->feed.id = scene->keyholder.rooms[0].signer.id;
    CHECK(scene_say(scene, 3, "three") == ENTENTE_OK && scene_turn(scene) == ENTENTE_OK);
    scene_draft_start(&draft);
    CHECK(place_all(scene, &draft) == 2); /* a chain of its own again */
    CHECK(scene_append(scene, &draft) == ENTENTE_OK && scene_turn(scene) == ENTENTE_OK);
    CHECK(scene_got(scene->from_desk, APPENDED, appended, &appended) && appended.ticket == 3);
    scene_free(scene);
    memory_disk_free(&disk);
}

/* It lost the `keys` entry and a statement: what it places of that chain is refused, then all is
 * new.
 */
TEST(a_node_that_lost_a_chain_costs_no_more_than_what_it_lost)
{
    static struct scene_draft draft;
    struct memory_disk disk = {0};
    struct scene *scene = scene_new(0, &disk);
    struct message_sealed sealed;
    struct message_refused answer;
    struct message_seal_refused refused;
    struct message_appended appended;

    CHECK(scene_say(scene, 1, "lost") == ENTENTE_OK && scene_say(scene, 2, "kept") == ENTENTE_OK);
    CHECK(scene_turn(scene) == ENTENTE_OK);
    while (scene_got(scene->from_node, SEALED, sealed, &sealed) && sealed.ticket != 2)
        continue;
    scene_draft_start(&draft);
    scene_draft_sealed(&scene->feed, &draft, &sealed);
    CHECK(scene_append(scene, &draft) == ENTENTE_OK && scene_turn(scene) == ENTENTE_OK);
    CHECK(scene_got(scene->from_node, REFUSED, refused, &answer));
    for (uint64_t ticket = 1; ticket <= 2; ticket++)
        CHECK(scene_got(scene->from_desk, SEAL_REFUSED, seal_refused, &refused) &&
              refused.ticket == ticket);

    scene->feed.seq = 0;
    scene->feed.id = scene->keyholder.rooms[0].signer.id;
    CHECK(scene_say(scene, 3, "new") == ENTENTE_OK && scene_turn(scene) == ENTENTE_OK);
    scene_draft_start(&draft);
    CHECK(place_all(scene, &draft) == 2);
    CHECK(scene_append(scene, &draft) == ENTENTE_OK && scene_turn(scene) == ENTENTE_OK);
    CHECK(scene_got(scene->from_desk, APPENDED, appended, &appended) && appended.ticket == 3);
    scene_free(scene);
    memory_disk_free(&disk);
}

TEST(what_the_node_left_out_or_took_along_is_refused)
{
    static struct scene_draft draft;
    struct memory_disk disk = {0};
    struct scene *scene = scene_new(0, &disk);
    struct message_sealed sealed;
    struct message_seal_refused refused;
    struct message_appended appended;

    for (uint64_t ticket = 1; ticket <= 4; ticket++)
        CHECK(scene_say(scene, ticket, "text") == ENTENTE_OK);
    CHECK(scene_turn(scene) == ENTENTE_OK);
    scene_draft_start(&draft);
    for (int i = 0; i < 4; i++) { /* keys, 1, (2), 3 */
        REQUIRE(scene_got(scene->from_node, SEALED, sealed, &sealed));
        if (sealed.ticket != 2)
            scene_draft_sealed(&scene->feed, &draft, &sealed);
    }
    CHECK(scene_append(scene, &draft) == ENTENTE_OK && scene_turn(scene) == ENTENTE_OK);
    CHECK(scene_got(scene->from_desk, APPENDED, appended, &appended) && appended.ticket == 1);
    CHECK(scene_got(scene->from_desk, SEAL_REFUSED, seal_refused, &refused) &&
          refused.ticket == 2 && refused.error == ENTENTE_ERR_GONE);
    CHECK(scene_got(scene->from_desk, APPENDED, appended, &appended) && appended.ticket == 3);
    keyholder_node_gone(&scene->keyholder);
    CHECK(scene_turn(scene) == ENTENTE_OK);
    CHECK(scene_got(scene->from_desk, SEAL_REFUSED, seal_refused, &refused) &&
          refused.ticket == 4 && refused.error == ENTENTE_ERR_GONE);
    CHECK(count_left(scene->from_desk) == 0);
    scene_free(scene);
    memory_disk_free(&disk);
}

TEST(a_head_beyond_the_journal_retires_the_key_for_good)
{
    static struct scene_draft draft;
    struct memory_disk disk = {0};
    struct scene *scene = scene_new(0, &disk);
    struct message_barrier barrier = {.room = world.genesis.room, .seq = 9, .id = {{9}}};
    struct message_seal_refused refused;
    struct message_state state;
    struct message_refused answer;

    CHECK(scene_say(scene, 1, "text") == ENTENTE_OK);
    CHECK(scene_node(scene, barrier, &barrier) == ENTENTE_OK && scene_turn(scene) == ENTENTE_OK);
    scene_draft_start(&draft);
    struct message_sealed sealed;
    REQUIRE(scene_got(scene->from_node, SEALED, sealed, &sealed));
    REQUIRE(scene_got(scene->from_node, SEALED, sealed, &sealed));
    REQUIRE(scene_got(scene->from_node, STATE, state, &state));
    CHECK(state.is_retired);
    CHECK(scene_got(scene->from_desk, SEAL_REFUSED, seal_refused, &refused) &&
          refused.ticket == 1 && refused.error == ENTENTE_ERR_RETIRED);
    CHECK(scene_say(scene, 2, "text") == ENTENTE_OK && scene_turn(scene) == ENTENTE_OK);
    CHECK(scene_got(scene->from_desk, SEAL_REFUSED, seal_refused, &refused) &&
          refused.error == ENTENTE_ERR_RETIRED);
    scene_free(scene);

    scene = malloc(sizeof *scene); /* after a restart, too, and with no word of a peer */
    REQUIRE(scene != NULL && scene_open(scene, &world, 0, &disk) == ENTENTE_OK);
    scene_draft_start(&draft);
    scene_draft_own(&scene->feed, &draft, ENTRY_ACK, (struct bytes){0});
    CHECK(scene_append(scene, &draft) == ENTENTE_OK && scene_turn(scene) == ENTENTE_OK);
    CHECK(scene_got(scene->from_node, REFUSED, refused, &answer) &&
          answer.error == ENTENTE_ERR_RETIRED);
    scene_free(scene);
    memory_disk_free(&disk);
}

TEST(the_whole_journal_is_sent_however_small_the_queue)
{
    static struct scene_draft draft;
    struct memory_disk disk = {0};
    struct scene *scene = scene_new(0, &disk);
    struct message_journal_ask ask = {world.genesis.room, 3};
    struct message_journaled journaled;
    static struct segment parsed;
    struct message_signed answer;
    uint8_t *large = calloc(1, 200000);
    uint32_t next = 4;

    REQUIRE(large != NULL);
    for (int i = 0; i < 60; i++) { /* some 12 MB: the queue holds 6 */
        scene_draft_start(&draft);
        scene_draft_own(&scene->feed, &draft, ENTRY_FAULT, (struct bytes){large, 200000});
        CHECK(scene_append(scene, &draft) == ENTENTE_OK && scene_turn(scene) == ENTENTE_OK);
        CHECK(scene_got(scene->from_node, SIGNED, signed, &answer));
    }
    CHECK(scene_node(scene, journal_ask, &ask) == ENTENTE_OK);
    int turns = 0;
    for (bool is_over = false; !is_over && turns < 100; turns++) {
        REQUIRE(scene_turn(scene) == ENTENTE_OK);
        while (!is_over && scene_next(scene->from_node, &scene_type, &scene_body)) {
            is_over = scene_type == MESSAGE_JOURNAL_END;
            if (is_over)
                break;
            REQUIRE(message_journaled_read(scene_body, &journaled) == ENTENTE_OK);
            struct reader reader = reader_of(journaled.segment);
            REQUIRE(segment_parse(&reader, &parsed) == ENTENTE_OK);
            CHECK(parsed.entries[0].seq == next++ && journaled.payloads.size == 200000);
        }
    }
    CHECK(next == 61 && turns > 1 && turns < 100);
    CHECK(!keyholder_wants_pump(&scene->keyholder) && count_left(scene->from_node) == 0);
    free(large);
    scene_free(scene);
    memory_disk_free(&disk);
}

TEST(a_state_asked_for_before_the_room_is_named_is_answered_then)
{
    struct memory_disk disk = {0};
    struct scene *scene = scene_new(0, &disk);
    struct keyholder *keyholder = &scene->keyholder;
    struct message_state_ask ask = {world.genesis.room};
    struct message_room room = {world.genesis.file, {world.cards, world.cards_size}};
    struct message_state state;

    keyholder->rooms_count = 0;
    CHECK(scene_node(scene, state_ask, &ask) == ENTENTE_OK && scene_turn(scene) == ENTENTE_OK);
    CHECK(count_left(scene->from_node) == 0);
    CHECK(keyholder_join(keyholder, &room) == ENTENTE_OK && scene_turn(scene) == ENTENTE_OK);
    CHECK(scene_got(scene->from_node, STATE, state, &state) && state.slot == 0 && state.seq == 0);
    CHECK(keyholder_join(keyholder, &room) == ENTENTE_OK && keyholder->rooms_count == 1);
    scene_free(scene);
    memory_disk_free(&disk);
}

TEST(a_party_that_changes_its_node_gets_a_chain_that_it_can_open)
{
    struct memory_disk disk = {0};
    struct scene_room before;
    struct scene *scene = malloc(sizeof *scene);
    struct message_sealed sealed;
    size_t size;

    scene_room_make(&before);
    REQUIRE(scene != NULL && scene_open(scene, &before, 0, &disk) == ENTENTE_OK);
    for (uint64_t ticket = 1; ticket <= 2; ticket++)
        CHECK(scene_say(scene, ticket, "text") == ENTENTE_OK);
    build_party_certify(&before.parties[1]);
    uint8_t *entries = build_register_bytes(before.parties[1].reg, &size);
    struct message_register grown = {*register_party(before.parties[1].reg), {entries, size}};
    CHECK(scene_node(scene, register, &grown) == ENTENTE_OK);
    CHECK(scene_say(scene, 3, "text") == ENTENTE_OK);
    CHECK(scene_node(scene, register, &grown) == ENTENTE_OK); /* nothing new: no new chain */
    CHECK(scene_say(scene, 4, "text") == ENTENTE_OK);
    CHECK(scene_turn(scene) == ENTENTE_OK);
    const uint8_t kinds[] = {
        ENTRY_KEYS, ENTRY_SEALED, ENTRY_SEALED, ENTRY_KEYS, ENTRY_SEALED, ENTRY_SEALED};
    for (size_t i = 0; i < sizeof kinds; i++)
        CHECK(scene_got(scene->from_node, SEALED, sealed, &sealed) && sealed.kind == kinds[i]);
    free(entries);
    scene_free(scene);
    scene_room_free(&before);
    memory_disk_free(&disk);
}

/* A1's payload with a sign fact, as ACT wants it, in `out`. */
static struct bytes
sign_sections(uint8_t out[static 64])
{
    static struct body body;
    struct writer writer = writer_of(out, 64);

    body = (struct body){.count = 1};
    body.sections[0].type = FACT_SIGN;
    body.sections[0].fact.object.bytes[0] = 9;
    CHECK(body_write_clear(&writer, &body) == ENTENTE_OK);
    return writer_written(&writer);
}

TEST(an_act_goes_into_the_feed_as_the_desk_said_it)
{
    static struct scene_draft draft;
    static struct segment parsed;
    struct memory_disk disk = {0};
    struct scene *scene = scene_new(0, &disk);
    struct message_sealed placed;
    struct message_signed segment;
    struct message_appended appended;
    uint8_t memory[64];
    struct message_act act = {7, world.genesis.room, ENTRY_SIGN, sign_sections(memory)};

    CHECK(scene_desk(scene, act, &act) == ENTENTE_OK && scene_turn(scene) == ENTENTE_OK);
    REQUIRE(scene_got(scene->from_node, SEALED, sealed, &placed));
    CHECK(placed.ticket == 7 && placed.kind == ENTRY_SIGN && placed.chain == 0);
    scene_draft_start(&draft);
    scene_draft_sealed(&scene->feed, &draft, &placed);
    CHECK(scene_append(scene, &draft) == ENTENTE_OK && scene_turn(scene) == ENTENTE_OK);
    REQUIRE(scene_got(scene->from_node, SIGNED, signed, &segment));
    struct reader bytes = reader_of(segment.segment);
    REQUIRE(segment_parse(&bytes, &parsed) == ENTENTE_OK && parsed.count == 1);
    CHECK(parsed.entries[0].kind == ENTRY_SIGN);
    CHECK(bytes_equal(segment.payloads, act.sections));
    CHECK(segment_check_payloads(&parsed, segment.payloads) == ENTENTE_OK);
    REQUIRE(scene_got(scene->from_desk, APPENDED, appended, &appended));
    CHECK(appended.ticket == 7 && entry_id_equal(&appended.id, &parsed.ids[0]));
    scene_free(scene);
    memory_disk_free(&disk);
}

TEST(what_is_no_act_is_not_handed_over)
{
    struct memory_disk disk = {0};
    struct scene *scene = scene_new(0, &disk);
    struct message_seal_refused refused;
    uint8_t memory[64];
    struct bytes sections = sign_sections(memory);
    struct bytes longer = {memory, sections.size + 1};
    const struct message_act acts[] = {
        {1, world.genesis.room, ENTRY_RATIFY, sections}, /* says that it signs */
        {2, world.genesis.room, ENTRY_SEALED, sections},
        {3, world.genesis.room, ENTRY_FAULT, sections},
        {4, world.genesis.room, ENTRY_CLOSE, sections},
        {5, world.genesis.room, ENTRY_SIGN, longer},
        {6, world.genesis.room, ENTRY_SIGN, (struct bytes){memory, 1}},
        {7, {{1}}, ENTRY_SIGN, sections},
        {0, world.genesis.room, ENTRY_SIGN, sections},
        {TICKET_OWN | 1, world.genesis.room, ENTRY_SIGN, sections},
    };

    memory[sections.size] = 0;
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        CHECK(scene_desk(scene, act, &acts[i]) == ENTENTE_OK && scene_turn(scene) == ENTENTE_OK);
        REQUIRE(scene_got(scene->from_desk, SEAL_REFUSED, seal_refused, &refused));
        CHECK(refused.ticket == acts[i].ticket);
    }
    CHECK(count_left(scene->from_node) == 0);
    CHECK(keyholder_node_message(&scene->keyholder, MESSAGE_ACT, (struct bytes){0}) ==
          ENTENTE_ERR_REFUSED);
    scene_free(scene);
    memory_disk_free(&disk);
}

TEST(what_the_desk_asks_wrongly_is_answered)
{
    struct memory_disk disk = {0};
    struct scene *scene = scene_new(0, &disk);
    struct message_seal_refused refused;
    struct message_open_refused open_refused;
    struct message_seal other = {4, {{1}}, bytes_of_text("sections")};
    struct message_seal malformed = {5, world.genesis.room, bytes_of_text("sections")};
    struct message_open open = {6, bytes_of_text("header"), bytes_of_text("payload")};

    CHECK(scene_desk(scene, seal, &other) == ENTENTE_OK);
    CHECK(scene_desk(scene, seal, &malformed) == ENTENTE_OK);
    CHECK(scene_say(scene, 0, "text") == ENTENTE_OK);
    CHECK(scene_say(scene, TICKET_OWN | 1, "text") == ENTENTE_OK);
    CHECK(scene_desk(scene, open, &open) == ENTENTE_OK);
    CHECK(scene_turn(scene) == ENTENTE_OK);
    for (int i = 0; i < 4; i++)
        CHECK(scene_got(scene->from_desk, SEAL_REFUSED, seal_refused, &refused));
    CHECK(scene_got(scene->from_desk, OPEN_REFUSED, open_refused, &open_refused) &&
          open_refused.ticket == 6);
    CHECK(count_left(scene->from_node) == 0);
    /* a message of the node's is not one of the desk's */
    CHECK(keyholder_desk_message(&scene->keyholder, MESSAGE_APPEND, (struct bytes){0}) ==
          ENTENTE_ERR_REFUSED);
    CHECK(keyholder_node_message(&scene->keyholder, MESSAGE_SEAL, (struct bytes){0}) ==
          ENTENTE_ERR_REFUSED);
    CHECK(keyholder_node_message(&scene->keyholder, MESSAGE_APPEND, (struct bytes){0}) ==
          ENTENTE_ERR_REFUSED);
    scene_free(scene);
    memory_disk_free(&disk);
}

/* What left the keyholder: for each seq the segment that others may have. */
struct released {
    uint8_t bytes[64][512];
    size_t sizes[64];
    uint32_t greatest;
};

static void
release(struct scene *scene, struct released *released)
{
    struct message_signed answer;
    static struct segment parsed;

    while (scene_got(scene->from_node, SIGNED, signed, &answer)) {
        struct reader reader = reader_of(answer.segment);
        REQUIRE(segment_parse(&reader, &parsed) == ENTENTE_OK);
        uint32_t seq = parsed.entries[0].seq;
        REQUIRE(seq < 64 && answer.segment.size <= 512);
        if (released->sizes[seq] != 0)
            CHECK(bytes_equal(
                answer.segment, (struct bytes){released->bytes[seq], released->sizes[seq]}));
        memcpy(released->bytes[seq], answer.segment.data, answer.segment.size);
        released->sizes[seq] = answer.segment.size;
        released->greatest = seq > released->greatest ? seq : released->greatest;
    }
}

/* Write 20 entries with a power cut after the n-th operation of the disk; false when none came. */
static bool
run_cut(uint32_t n, uint64_t seed)
{
    static struct scene_draft draft;
    static struct released released;
    struct memory_disk disk = {.seed = seed};
    struct scene *scene = scene_new(0, &disk);
    bool was_cut = false;

    released = (struct released){0};
    disk.operations = 0;
    disk.power_until = n;
    for (int i = 0; i < 20 && test_failures == 0; i++) {
        scene_draft_start(&draft);
        scene_draft_own(&scene->feed, &draft, ENTRY_ACK, (struct bytes){0});
        if (scene_append(scene, &draft) == ENTENTE_OK &&
            (i % 3 != 0 || scene_turn(scene) == ENTENTE_OK)) {
            release(scene, &released);
            continue;
        }
        was_cut = true;
        scene_free(scene);
        memory_disk_cut(&disk);
        scene = scene_new(0, &disk);
        CHECK(scene->feed.seq >= released.greatest);
        scene->feed.t_ms += 1000; /* what is written anew differs from what was lost */
    }
    scene_free(scene);
    memory_disk_free(&disk);
    return was_cut;
}

TEST(a_power_cut_loses_nothing_released_and_signs_nothing_twice)
{
    uint32_t cuts = 0;

    for (uint32_t n = 1; n < 40 && test_failures == 0; n++)
        for (uint64_t seed = 1; seed <= 2; seed++)
            cuts += run_cut(n, seed * 77 + n);
    CHECK(cuts > 20);
}

int
main(int argc, char **argv)
{
    const struct test_case cases[] = {
        CASE(a_statement_is_sealed_signed_and_opened_by_another_party),
        CASE(a_turn_is_one_sync_whatever_it_holds),
        CASE(the_node_cannot_put_words_into_the_partys_mouth),
        CASE(a_refused_append_ends_its_tickets_and_its_chain),
        CASE(a_node_that_lost_a_chain_costs_no_more_than_what_it_lost),
        CASE(what_the_node_left_out_or_took_along_is_refused),
        CASE(a_head_beyond_the_journal_retires_the_key_for_good),
        CASE(the_whole_journal_is_sent_however_small_the_queue),
        CASE(a_state_asked_for_before_the_room_is_named_is_answered_then),
        CASE(a_party_that_changes_its_node_gets_a_chain_that_it_can_open),
        CASE(an_act_goes_into_the_feed_as_the_desk_said_it),
        CASE(what_is_no_act_is_not_handed_over), CASE(what_the_desk_asks_wrongly_is_answered),
        CASE(a_power_cut_loses_nothing_released_and_signs_nothing_twice),
    };
    scene_room_make(&world);
    int status = test_run(cases, sizeof cases / sizeof cases[0], argc, argv);
    scene_room_free(&world);
    return status;
}
