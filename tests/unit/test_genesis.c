/*
 * Goal: a genesis has one encoding and breaks none of G1; its file carries consents, and
 * genesis_check_consent() accepts just what G2 accepts.
 * Method: a genesis that uses every field against every shorter input and every flipped bit; for
 * each clause a genesis that breaks just that one; consents of a built room, changed one by one,
 * and of a party whose register has moved on.
 */
#include "crypto/crypto.h"
#include "support/build.h"
#include "support/test.h"

static uint8_t buffer[2 * GENESIS_BYTES_MAX];
static char letters[GENESIS_CHARTER_BYTES_MAX + 2];

static struct genesis
full(void)
{
    struct genesis genesis = {.t_ms = 1600000000000,
        .title = bytes_of_text("백신 협의"),
        .languages_count = 2,
        .languages = {bytes_of_text("en"), bytes_of_text("ko")},
        .charters_count = 2,
        .charters = {{bytes_of_text("en"), bytes_of_text("Art. 1")}, {bytes_of_text("ko"), {0}}},
        .offices_count = 2,
        .offices = {bytes_of_text("Chair"), bytes_of_text("Secretary")},
        .retention_days = 3650,
        .has_predecessor = true,
        .predecessor = {{7}},
        .predecessor_state = {{8}},
        .parties_count = 3,
        .parties = {{{{1}}, 4, {{11}}}, {{{2}}, 5, {{12}}}, {{{3}}, 6, {{13}}}}};

    genesis.nonce[0] = 0x4E;
    return genesis;
}

static struct bytes
write_genesis(const struct genesis *genesis)
{
    struct writer writer = writer_of(buffer, sizeof buffer);

    genesis_write(&writer, genesis);
    CHECK(!writer.failed);
    return writer_written(&writer);
}

static enum entente_error
parse(struct bytes input, struct genesis *genesis)
{
    struct reader reader = reader_of(input);

    return genesis_parse(&reader, genesis);
}

static enum entente_error
outcome(const struct genesis *genesis)
{
    struct genesis read;

    return parse(write_genesis(genesis), &read);
}

TEST(what_is_written_is_read)
{
    struct genesis genesis = full(), read;
    struct bytes written = write_genesis(&genesis);

    REQUIRE(parse(written, &read) == ENTENTE_OK);
    CHECK(bytes_equal(read.encoded, written) && read.encoded.data == buffer);
    CHECK(memcmp(read.nonce, genesis.nonce, 32) == 0 && read.t_ms == genesis.t_ms);
    CHECK(bytes_equal(read.title, genesis.title) && read.retention_days == 3650);
    CHECK(read.languages_count == 2 && bytes_equal(read.languages[1], genesis.languages[1]));
    CHECK(read.charters_count == 2 && bytes_equal(read.charters[0].text, bytes_of_text("Art. 1")));
    CHECK(bytes_equal(read.charters[1].tag, bytes_of_text("ko")));
    CHECK(read.offices_count == 2 && bytes_equal(read.offices[1], genesis.offices[1]));
    CHECK(read.has_predecessor && room_id_equal(&read.predecessor, &genesis.predecessor));
    CHECK(read.predecessor_state.bytes[0] == 8 && read.parties_count == 3);
    CHECK(memcmp(read.parties, genesis.parties, 3 * sizeof read.parties[0]) == 0);

    uint8_t again[1024];
    struct writer writer = writer_of(again, sizeof again);
    genesis_write(&writer, &read);
    CHECK(bytes_equal(writer_written(&writer), written));
}

TEST(every_shorter_input_is_truncated)
{
    static const struct genesis zero;
    struct genesis genesis = full(), read;
    struct bytes written = write_genesis(&genesis);

    for (size_t size = 0; size < written.size; size++) {
        uint8_t *exact = malloc(size + 1);
        REQUIRE(exact != NULL);
        memcpy(exact, written.data, size);
        CHECK(parse((struct bytes){exact, size}, &read) == ENTENTE_ERR_TRUNCATED);
        CHECK(memcmp(&read, &zero, sizeof zero) == 0);
        free(exact);
    }
}

TEST(every_flipped_bit_is_refused_or_gives_another_room)
{
    struct genesis genesis = full(), read;
    struct bytes written = write_genesis(&genesis);
    struct room_id room, other;

    genesis_make_room(&room, written);
    for (size_t bit = 0; bit < 8 * written.size; bit++) {
        buffer[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (parse(written, &read) == ENTENTE_OK) {
            uint8_t again[1024];
            struct writer writer = writer_of(again, sizeof again);
            genesis_write(&writer, &read);
            CHECK(bytes_equal(writer_written(&writer), read.encoded));
            genesis_make_room(&other, read.encoded);
            CHECK(!room_id_equal(&room, &other));
        }
        buffer[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

TEST(g1_everything_once)
{
    struct genesis genesis = full();

    CHECK(outcome(&genesis) == ENTENTE_OK);
    genesis.parties[2].party = genesis.parties[0].party;
    CHECK(outcome(&genesis) == ENTENTE_ERR_MALFORMED);
    genesis = full();
    genesis.languages[1] = genesis.languages[0];
    CHECK(outcome(&genesis) == ENTENTE_ERR_MALFORMED);
    genesis = full();
    genesis.charters[1].tag = genesis.charters[0].tag;
    CHECK(outcome(&genesis) == ENTENTE_ERR_MALFORMED);
}

TEST(form)
{
    struct genesis genesis = full(), read;

    struct bytes written = write_genesis(&genesis);
    buffer[0] = 2;
    CHECK(parse(written, &read) == ENTENTE_ERR_VERSION);
    genesis.title = (struct bytes){0};
    CHECK(outcome(&genesis) == ENTENTE_ERR_MALFORMED);
    genesis.title = bytes_of_text("\xed\xa0\x80"); /* a surrogate */
    CHECK(outcome(&genesis) == ENTENTE_ERR_MALFORMED);
    genesis = full();
    genesis.languages[1] = bytes_of_text("en_GB");
    CHECK(outcome(&genesis) == ENTENTE_ERR_MALFORMED);
    genesis = full();
    genesis.charters[1].tag = bytes_of_text("");
    CHECK(outcome(&genesis) == ENTENTE_ERR_MALFORMED);
    genesis = full();
    genesis.charters[0].text = bytes_of_text("\xff");
    CHECK(outcome(&genesis) == ENTENTE_ERR_MALFORMED);
    genesis = full();
    genesis.offices[0] = (struct bytes){0};
    CHECK(outcome(&genesis) == ENTENTE_ERR_MALFORMED);
    genesis = full();
    genesis.parties[1].reg_number = 0;
    CHECK(outcome(&genesis) == ENTENTE_ERR_MALFORMED);
    genesis = full();
    genesis.has_predecessor = false;
    written = write_genesis(&genesis);
    size_t at = written.size - 1 - 3 * 68 - 1;
    CHECK(buffer[at] == 0 && parse(written, &read) == ENTENTE_OK);
    buffer[at] = 2;
    CHECK(parse(written, &read) == ENTENTE_ERR_MALFORMED);
}

/* `count` tags that differ: a, b, ... */
static void
set_tags(struct genesis *genesis, uint8_t languages, uint8_t charters)
{
    static const char tags[] = "abcdefghijklmnopqrstuvwxyz";

    genesis->languages_count = languages;
    genesis->charters_count = charters;
    for (unsigned i = 0; i < languages && i < GENESIS_LANGUAGES_MAX; i++)
        genesis->languages[i] = (struct bytes){(const uint8_t *)tags + i, 1};
    for (unsigned i = 0; i < charters && i < GENESIS_CHARTERS_MAX; i++)
        genesis->charters[i].tag = (struct bytes){(const uint8_t *)tags + i, 1};
}

TEST(the_limits_hold)
{
    struct genesis genesis = full(), read;

    memset(letters, 'a', sizeof letters - 1);
    set_tags(&genesis, GENESIS_LANGUAGES_MAX, GENESIS_CHARTERS_MAX);
    genesis.title = (struct bytes){(const uint8_t *)letters, GENESIS_TITLE_BYTES_MAX};
    genesis.offices[0] = (struct bytes){(const uint8_t *)letters, 128};
    genesis.charters[0].text = (struct bytes){(const uint8_t *)letters, GENESIS_CHARTER_BYTES_MAX};
    CHECK(outcome(&genesis) == ENTENTE_OK);
    struct genesis right = genesis;
    genesis.title.size++;
    CHECK(outcome(&genesis) == ENTENTE_ERR_TOO_LARGE);
    genesis = right;
    genesis.offices[0].size++;
    CHECK(outcome(&genesis) == ENTENTE_ERR_TOO_LARGE);
    genesis = right;
    genesis.charters[0].text.size++;
    CHECK(outcome(&genesis) == ENTENTE_ERR_TOO_LARGE);
    genesis = full();
    set_tags(&genesis, 0, 0);
    CHECK(outcome(&genesis) == ENTENTE_ERR_MALFORMED); /* no language */
    set_tags(&genesis, 1, 0);
    genesis.offices_count = 0;
    CHECK(outcome(&genesis) == ENTENTE_OK);

    struct bytes written = write_genesis(&genesis);
    size_t at = 1 + 32 + 8 + 1 + genesis.title.size;
    CHECK(buffer[at] == 1); /* one language; behind it no charter and no office */
    buffer[at] = GENESIS_LANGUAGES_MAX + 1;
    CHECK(parse(written, &read) == ENTENTE_ERR_TOO_LARGE);
    buffer[at] = 1;
    buffer[at + 3] = GENESIS_CHARTERS_MAX + 1;
    CHECK(parse(written, &read) == ENTENTE_ERR_TOO_LARGE);
    buffer[at + 3] = 0;
    buffer[at + 4] = GENESIS_OFFICES_MAX + 1;
    CHECK(parse(written, &read) == ENTENTE_ERR_TOO_LARGE);
}

TEST(the_limit_of_the_whole_holds)
{
    struct genesis genesis = full();
    size_t all = GENESIS_BYTES_MAX;

    memset(letters, 'a', sizeof letters - 1);
    set_tags(&genesis, 1, 5);
    for (unsigned i = 0; i < 3; i++)
        genesis.charters[i].text =
            (struct bytes){(const uint8_t *)letters, GENESIS_CHARTER_BYTES_MAX};
    for (unsigned i = 3; i < 5; i++) {
        genesis.charters[i].text = (struct bytes){(const uint8_t *)letters, 0};
        size_t missing = all - write_genesis(&genesis).size;
        genesis.charters[i].text.size =
            missing < GENESIS_CHARTER_BYTES_MAX ? missing : GENESIS_CHARTER_BYTES_MAX;
    }
    CHECK(write_genesis(&genesis).size == all && outcome(&genesis) == ENTENTE_OK);
    genesis.charters[4].text.size++;
    CHECK(outcome(&genesis) == ENTENTE_ERR_TOO_LARGE);
}

TEST(two_to_thirty_parties)
{
    struct genesis genesis = full(), read;

    for (uint8_t i = 0; i < PARTIES_MAX; i++)
        genesis.parties[i] = (struct genesis_party){{{i}}, 1, {{i}}};
    for (uint8_t count = 0; count <= PARTIES_MAX; count++) {
        genesis.parties_count = count;
        CHECK(outcome(&genesis) == (count < 2 ? ENTENTE_ERR_MALFORMED : ENTENTE_OK));
    }
    struct bytes written = write_genesis(&genesis);
    buffer[written.size - 1 - PARTIES_MAX * 68] = PARTIES_MAX + 1;
    CHECK(parse(written, &read) == ENTENTE_ERR_TOO_LARGE);
}

static struct build_party parties[3];
static struct genesis_consents consents;

TEST(a_file_has_one_encoding)
{
    struct built_room built;
    struct genesis genesis;

    build_room(&built, parties, 3, "Consultation");
    REQUIRE(genesis_file_parse(built.file, &genesis, &consents) == ENTENTE_OK);
    struct writer writer = writer_of(buffer, sizeof buffer);
    genesis_file_write(&writer, &genesis, &consents);
    CHECK(bytes_equal(writer_written(&writer), built.file));
    for (size_t size = 0; size < built.file.size; size++)
        CHECK(genesis_file_parse((struct bytes){built.memory, size}, &genesis, &consents) ==
              ENTENTE_ERR_TRUNCATED);
    CHECK(consents.counts[0] == 0 && genesis.parties_count == 0);
    CHECK(genesis_file_parse((struct bytes){built.memory, built.file.size + 1}, &genesis,
              &consents) == ENTENTE_ERR_MALFORMED); /* left over */
    built.memory[0] ^= 1;
    CHECK(genesis_file_parse(built.file, &genesis, &consents) == ENTENTE_ERR_MALFORMED);
    built.memory[0] ^= 1;
    built.memory[19]++; /* the genesis is said to have a byte more: a consent is read as its part */
    CHECK(genesis_file_parse(built.file, &genesis, &consents) == ENTENTE_ERR_MALFORMED);
    built.memory[19]--;
    built.memory[17] = 4;
    CHECK(genesis_file_parse(built.file, &genesis, &consents) == ENTENTE_ERR_TOO_LARGE);
    built.memory[17] = 0;
    uint8_t *last = built.memory + built.file.size - 66; /* count of the last consent */
    last[0] = KEYSET_KEYS_MAX + 1;
    CHECK(genesis_file_parse(built.file, &genesis, &consents) == ENTENTE_ERR_TOO_LARGE);
    last[0] = 1;
    last[1] = KEYSET_KEYS_MAX; /* its key */
    CHECK(genesis_file_parse(built.file, &genesis, &consents) == ENTENTE_ERR_MALFORMED);
    built_room_free(&built);
}

TEST(consents_in_ascending_order_of_keys)
{
    struct built_room built;
    struct genesis genesis, read;

    build_room(&built, parties, 3, "Consultation");
    REQUIRE(genesis_file_parse(built.file, &genesis, &consents) == ENTENTE_OK);
    consents.counts[0] = 2;
    for (uint8_t key = 0; key < 3; key++) {
        struct writer writer = writer_of(buffer, sizeof buffer);
        struct genesis_consents other;
        consents.signatures[0][0].key = 1;
        consents.signatures[0][1] = consents.signatures[0][0];
        consents.signatures[0][1].key = key;
        genesis_file_write(&writer, &genesis, &consents);
        CHECK(genesis_file_parse(writer_written(&writer), &read, &other) ==
              (key > 1 ? ENTENTE_OK : ENTENTE_ERR_MALFORMED));
    }
    built_room_free(&built);
}

TEST(g2_consent)
{
    struct built_room built;
    struct genesis genesis;
    struct register_signature *mine = &consents.signatures[1][0];

    build_room(&built, parties, 3, "Consultation");
    REQUIRE(genesis_file_parse(built.file, &genesis, &consents) == ENTENTE_OK);
    struct room_id room;
    genesis_make_room(&room, genesis.encoded);
    CHECK(room_id_equal(&room, &built.room));
    for (uint8_t slot = 0; slot < 3; slot++) {
        CHECK(genesis_check_consent(&genesis, &consents, slot, parties[slot].reg) == ENTENTE_OK);
        CHECK(genesis_check_consent(&genesis, &consents, slot, parties[(slot + 1) % 3].reg) ==
              ENTENTE_ERR_NOT_A_PARTY);
    }
    mine->signature.bytes[5] ^= 1;
    CHECK(genesis_check_consent(&genesis, &consents, 1, parties[1].reg) == ENTENTE_ERR_SIGNATURE);
    *mine = consents.signatures[0][0]; /* another party's */
    CHECK(genesis_check_consent(&genesis, &consents, 1, parties[1].reg) == ENTENTE_ERR_SIGNATURE);
    mine->key = 1; /* beyond the keyset */
    CHECK(genesis_check_consent(&genesis, &consents, 1, parties[1].reg) == ENTENTE_ERR_SIGNATURE);
    consents.counts[1] = 0;
    CHECK(genesis_check_consent(&genesis, &consents, 1, parties[1].reg) == ENTENTE_ERR_INCOMPLETE);
    consents.counts[2] = 2; /* one key twice is not two keys */
    consents.signatures[2][1] = consents.signatures[2][0];
    CHECK(genesis_check_consent(&genesis, &consents, 2, parties[2].reg) == ENTENTE_ERR_SIGNATURE);
    built_room_free(&built);
}

TEST(g2_the_position_decides)
{
    struct build_party party[2];
    struct built_room built;
    struct genesis genesis;
    struct party_register *shorter;

    build_party(&party[0], 8);
    build_party(&party[1], 9);
    build_room(&built, party, 2, "Consultation");
    REQUIRE(genesis_file_parse(built.file, &genesis, &consents) == ENTENTE_OK);
    build_party_rotate(&party[1]); /* afterwards: the keyset that signed is still the one */
    CHECK(genesis_check_consent(&genesis, &consents, 1, party[1].reg) == ENTENTE_OK);

    REQUIRE(register_new(&shorter) == ENTENTE_OK);
    for (uint32_t number = 1; number <= 3; number++)
        CHECK(register_add_all(shorter, register_encoded(party[0].reg, number)) == ENTENTE_OK);
    CHECK(genesis_check_consent(&genesis, &consents, 0, shorter) == ENTENTE_ERR_NOT_A_PARTY);
    genesis.parties[0].reg_number = 100000; /* far beyond what the register has memory for */
    CHECK(genesis_check_consent(&genesis, &consents, 0, shorter) == ENTENTE_ERR_NOT_A_PARTY);
    register_free(shorter);

    genesis.parties[1].reg_number = 5; /* where other keys are in force */
    genesis.parties[1].reg_id = *register_id(party[1].reg, 5);
    CHECK(genesis_check_consent(&genesis, &consents, 1, party[1].reg) == ENTENTE_ERR_SIGNATURE);
    genesis.parties[1].reg_number = 4; /* another entry's id */
    CHECK(genesis_check_consent(&genesis, &consents, 1, party[1].reg) == ENTENTE_ERR_NOT_A_PARTY);
    built_room_free(&built);
    build_party_free(&party[0]);
    build_party_free(&party[1]);
}

int
main(int argc, char **argv)
{
    const struct test_case cases[] = {
        CASE(what_is_written_is_read),
        CASE(every_shorter_input_is_truncated),
        CASE(every_flipped_bit_is_refused_or_gives_another_room),
        CASE(g1_everything_once),
        CASE(form),
        CASE(the_limits_hold),
        CASE(the_limit_of_the_whole_holds),
        CASE(two_to_thirty_parties),
        CASE(a_file_has_one_encoding),
        CASE(consents_in_ascending_order_of_keys),
        CASE(g2_consent),
        CASE(g2_the_position_decides),
    };

    if (crypto_start() != ENTENTE_OK)
        return 1;
    for (uint8_t i = 0; i < 3; i++)
        build_party(&parties[i], (uint8_t)(i + 1));
    int status = test_run(cases, sizeof cases / sizeof cases[0], argc, argv);
    for (unsigned i = 0; i < 3; i++)
        build_party_free(&parties[i]);
    return status;
}
