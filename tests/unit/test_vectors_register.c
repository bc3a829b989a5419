/*
 * Goal: registers and genesis files stay what they are in every version and language.
 * Method: tests/vectors/registers.txt and genesis.txt are read, each field that follows from others
 * is computed from them, and the generators must still write the same files.  `--write` writes them
 * anew.
 */
#include "crypto/crypto.h"
#include "support/build.h"
#include "support/test.h"
#include "support/vectors.h"

#define REGISTERS "registers.txt"
#define GENESIS "genesis.txt"

static const char explanation_of_registers[] =
    "# Registers (PROTOCOL.md section 3).\n"
    "#\n"
    "# From each `KEY_seed` follows `KEY_public`: for root_N (the N-th that comes into force),\n"
    "# operations, node_N (of inc N) and transport an Ed25519 seed (RFC 8032), for prekey_N the\n"
    "# input of DeriveKeyPair (RFC 9180, 7.1.3).  `entry_N` is the N-th entry with its signatures,\n"
    "# signed with these keys; `id_N` follows from it, `party` is id_1.  `next` is the commitment\n"
    "# that is in force after the last entry, `next_seed` that of the one key that it is made of.\n";

static const char explanation_of_genesis[] =
    "# Genesis files (PROTOCOL.md section 4).\n"
    "#\n"
    "# `file` is complete.  From it follow `genesis`, `room` (its id) and `party_N`, `number_N` and\n"
    "# `register_id_N` of slot N.  `root_seed_N` is the Ed25519 seed of the only root key of slot N,\n"
    "# from which and from `room` follows `consent_N`.\n";

static void
write_field(FILE *file, const char *what, uint32_t number, const void *data, size_t size)
{
    char name[40];

    snprintf(name, sizeof name, "%s_%u", what, number);
    vector_write(file, name, data, size);
}

static const char *
field_name(const char *key, const char *what)
{
    static char name[40];

    snprintf(name, sizeof name, "%s_%s", key, what);
    return name;
}

static void
write_key(FILE *file, const char *key, uint8_t seed, enum build_role role, uint32_t generation)
{
    uint8_t seed_bytes[32];
    struct signing_key secret;
    struct public_key public;
    struct agreement_key agreement;
    struct agreement_public prekey;

    build_seed(seed_bytes, seed, role, generation);
    vector_write(file, field_name(key, "seed"), seed_bytes, sizeof seed_bytes);
    if (role == BUILD_PREKEY)
        build_prekey(&agreement, &prekey, seed, generation);
    else
        build_key(&secret, &public, seed, role, generation);
    vector_write(file, field_name(key, "public"),
        role == BUILD_PREKEY ? prekey.bytes : public.bytes, sizeof public.bytes);
}

static void
write_register(FILE *file, const char *name, const struct build_party *party)
{
    const struct incarnation *last = register_incarnation_last(party->reg);
    char key[16];
    uint8_t next_seed[32];

    vector_write_name(file, name);
    for (uint32_t i = 0; i <= party->rotations; i++) {
        snprintf(key, sizeof key, "root_%u", i);
        write_key(file, key, party->seed, BUILD_ROOT, i);
    }
    write_key(file, "operations", party->seed, BUILD_OPERATIONS, 0);
    for (uint32_t inc = 1; inc <= last->inc; inc++) {
        snprintf(key, sizeof key, "node_%u", inc);
        write_key(file, key, party->seed, BUILD_NODE, inc);
        snprintf(key, sizeof key, "prekey_%u", inc);
        write_key(file, key, party->seed, BUILD_PREKEY, inc);
    }
    write_key(file, "transport", party->seed, BUILD_TRANSPORT, 0);
    build_seed(next_seed, party->seed, BUILD_ROOT, party->rotations + 1);
    vector_write(file, "next_seed", next_seed, sizeof next_seed);
    vector_write(file, "next", register_next(party->reg)->bytes, ID_BYTES);
    vector_write(file, "party", register_party(party->reg)->bytes, ID_BYTES);
    vector_write_number(file, "count", register_count(party->reg), 4);
    for (uint32_t number = 1; number <= register_count(party->reg); number++) {
        struct bytes entry = register_encoded(party->reg, number);
        write_field(file, "entry", number, entry.data, entry.size);
        write_field(file, "id", number, register_id(party->reg, number)->bytes, ID_BYTES);
    }
}

/* One entry of each kind that concerns offices; void ones among them are entries all the same. */
static void
add_offices(struct build_party *party)
{
    struct register_entry entry = {.kind = REGISTER_OFFICE, .flags = OFFICE_DEPUTIES_MAY_ASSUME,
        .name = bytes_of_text("National Security Adviser"), .person = bytes_of_text("First Holder")};
    struct public_key first, second;
    struct signing_key key;
    uint32_t office = register_count(party->reg) + 1;

    build_key(&key, &first, party->seed, BUILD_PERSON, 1);
    build_key(&key, &second, party->seed, BUILD_PERSON, 2);
    entry.key = first;
    build_party_add(party, &entry);
    entry = (struct register_entry){.kind = REGISTER_APPOINT, .office = office, .key = second,
        .rank = 2, .person = bytes_of_text("후임자")};
    build_party_add(party, &entry);
    entry = (struct register_entry){
        .kind = REGISTER_DEPUTISE, .office = office, .key = second, .kinds = 0x12};
    build_party_add(party, &entry);
    entry = (struct register_entry){.kind = REGISTER_ASSUME, .office = office, .key = second};
    build_register_place(party, &entry);
    office_assume_sign(&entry.assumed, &key, &entry.party, &entry.prev, office);
    build_party_add(party, &entry);
    entry = (struct register_entry){
        .kind = REGISTER_RELIEVE, .office = office, .key = second, .what = RELIEVE_ASSUMPTION};
    build_party_add(party, &entry);
    entry = (struct register_entry){
        .kind = REGISTER_AWAY, .office = office, .key = first, .what = 1};
    build_party_add(party, &entry);
    entry = (struct register_entry){.kind = REGISTER_POLICY, .office = office};
    build_party_add(party, &entry);
    entry = (struct register_entry){.kind = REGISTER_ACT_WITHDRAW};
    memset(entry.room.bytes, 0x61, sizeof entry.room.bytes);
    memset(entry.act.bytes, 0x62, sizeof entry.act.bytes);
    build_party_add(party, &entry);
}

static void
generate_registers(FILE *file)
{
    struct build_party party;

    fputs(explanation_of_registers, file);
    build_party(&party, 1);
    write_register(file, "inception, operations, node, transport", &party);
    build_party_certify(&party);
    build_party_revoke(&party, 1);
    build_party_rotate(&party);
    build_party_rotate(&party);
    build_party_certify(&party);
    write_register(file, "and a second node, a revocation, two rotations, a third node", &party);
    build_party_free(&party);
    build_party(&party, 3);
    add_offices(&party);
    write_register(file, "and an office, from its making to its act-withdraw", &party);
    build_party_free(&party);
}

static void
write_genesis_file(FILE *file, const char *name, const struct build_party *parties, uint8_t count)
{
    static struct genesis_consents consents;
    struct built_room built;
    struct genesis genesis;

    build_room(&built, parties, count, name);
    if (genesis_file_parse(built.file, &genesis, &consents) != ENTENTE_OK)
        abort();
    vector_write_name(file, name);
    vector_write(file, "file", built.file.data, built.file.size);
    vector_write(file, "genesis", genesis.encoded.data, genesis.encoded.size);
    vector_write(file, "room", built.room.bytes, ID_BYTES);
    vector_write_number(file, "count", count, 1);
    for (unsigned slot = 0; slot < count; slot++) {
        const struct genesis_party *party = &genesis.parties[slot];
        uint8_t seed[32];
        uint8_t number[4] = {0, 0, 0, (uint8_t)party->reg_number};
        write_field(file, "party", slot, party->party.bytes, ID_BYTES);
        write_field(file, "number", slot, number, sizeof number);
        write_field(file, "register_id", slot, party->reg_id.bytes, ID_BYTES);
        build_seed(seed, parties[slot].seed, BUILD_ROOT, parties[slot].rotations);
        write_field(file, "root_seed", slot, seed, sizeof seed);
        write_field(file, "consent", slot, &consents.signatures[slot][0].signature, 64);
    }
    built_room_free(&built);
}

static void
generate_genesis(FILE *file)
{
    struct build_party parties[3];

    fputs(explanation_of_genesis, file);
    for (uint8_t i = 0; i < 3; i++)
        build_party(&parties[i], (uint8_t)(i + 1));
    build_party_rotate(&parties[2]);
    write_genesis_file(file, "two parties", parties, 2);
    write_genesis_file(file, "세 당사자", parties, 3);
    for (unsigned i = 0; i < 3; i++)
        build_party_free(&parties[i]);
}

static struct bytes
field_bytes(const struct vector *vector, const char *what, uint32_t number)
{
    char name[40];

    snprintf(name, sizeof name, "%s_%u", what, number);
    const struct vector_field *field = vector_get(vector, name);
    return (struct bytes){field->data, field->size};
}

/* Every public key from its seed. */
static void
check_keys(const struct vector *vector)
{
    for (size_t i = 0; i + 1 < vector->count; i++) {
        const char *name = vector->fields[i].name, *end = strstr(name, "_seed");
        struct public_key public;
        struct signing_key key;
        struct agreement_key agreement;
        struct agreement_public prekey;
        bool is_prekey = strncmp(name, "prekey", 6) == 0;
        if (end == NULL || strcmp(name, "next_seed") == 0)
            continue;
        if (is_prekey)
            agreement_key_of_seed(&agreement, &prekey, vector->fields[i].data);
        else
            signing_key_of_seed(&key, &public, vector->fields[i].data);
        CHECK(strstr(vector->fields[i + 1].name, "_public") != NULL);
        CHECK(memcmp(vector->fields[i + 1].data, is_prekey ? prekey.bytes : public.bytes, 32) == 0);
    }
}

static void
check_next(const struct vector *vector, const struct party_register *reg)
{
    struct keyset keyset = {.threshold = 1, .count = 1};
    struct signing_key key;
    struct digest next;

    signing_key_of_seed(&key, &keyset.keys[0], vector_get(vector, "next_seed")->data);
    keyset_make_commitment(&next, &keyset);
    CHECK(vector_equal(vector, "next", next.bytes, ID_BYTES));
    CHECK(memcmp(register_next(reg), &next, sizeof next) == 0);
}

static void
check_register(const struct vector *vector)
{
    struct party_register *reg;
    uint32_t count = (uint32_t)vector_number(vector, "count");

    check_keys(vector);
    REQUIRE(register_new(&reg) == ENTENTE_OK);
    for (uint32_t number = 1; number <= count; number++) {
        struct bytes encoded = field_bytes(vector, "entry", number);
        struct reader reader = reader_of(encoded);
        struct register_entry entry;
        struct entry_id id;
        uint8_t again[REGISTER_ENTRY_BYTES_MAX];
        struct writer writer = writer_of(again, sizeof again);
        CHECK(register_entry_parse(&reader, &entry) == ENTENTE_OK);
        CHECK(register_add(reg, &entry) == ENTENTE_OK);
        register_make_id(&id, entry.content);
        CHECK(bytes_equal(
            field_bytes(vector, "id", number), (struct bytes){id.bytes, sizeof id.bytes}));
        register_content_write(&writer, &entry);
        register_signatures_write(&writer, entry.signatures, entry.signatures_count);
        CHECK(bytes_equal(writer_written(&writer), encoded));
    }
    CHECK(vector_equal(vector, "party", register_party(reg)->bytes, ID_BYTES));
    check_next(vector, reg);
    register_free(reg);
}

static void
check_genesis(const struct vector *vector)
{
    static struct genesis_consents consents;
    const struct vector_field *file = vector_get(vector, "file");
    struct genesis genesis;
    struct room_id room;

    REQUIRE(genesis_file_parse((struct bytes){file->data, file->size}, &genesis, &consents) ==
            ENTENTE_OK);
    CHECK(vector_equal(vector, "genesis", genesis.encoded.data, genesis.encoded.size));
    genesis_make_room(&room, genesis.encoded);
    CHECK(vector_equal(vector, "room", room.bytes, ID_BYTES));
    REQUIRE(vector_number(vector, "count") == genesis.parties_count);
    for (uint8_t slot = 0; slot < genesis.parties_count; slot++) {
        const struct genesis_party *party = &genesis.parties[slot];
        struct signing_key key;
        struct public_key public;
        struct signature signature;
        CHECK(memcmp(field_bytes(vector, "party", slot).data, &party->party, ID_BYTES) == 0);
        CHECK(memcmp(field_bytes(vector, "register_id", slot).data, &party->reg_id, ID_BYTES) == 0);
        CHECK(field_bytes(vector, "number", slot).data[3] == party->reg_number);
        signing_key_of_seed(&key, &public, field_bytes(vector, "root_seed", slot).data);
        genesis_sign(&signature, &key, &room);
        CHECK(memcmp(field_bytes(vector, "consent", slot).data, &signature, 64) == 0);
        CHECK(consents.counts[slot] == 1 && consents.signatures[slot][0].key == 0);
        CHECK(memcmp(&consents.signatures[slot][0].signature, &signature, 64) == 0);
    }
}

static unsigned
check_all(const char *name, void (*check)(const struct vector *))
{
    char path[4096];
    struct vector vector = {0};
    unsigned count = 0;

    vectors_path(path, name);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 0;
    for (; vector_next(file, &vector); count++)
        check(&vector);
    fclose(file);
    return count;
}

TEST(the_registers_hold)
{
    CHECK(check_all(REGISTERS, check_register) == 3);
    CHECK(vectors_are_current(REGISTERS, generate_registers));
}

TEST(the_genesis_files_hold)
{
    CHECK(check_all(GENESIS, check_genesis) == 2);
    CHECK(vectors_are_current(GENESIS, generate_genesis));
}

int
main(int argc, char **argv)
{
    const struct test_case cases[] = {CASE(the_registers_hold), CASE(the_genesis_files_hold)};

    if (crypto_start() != ENTENTE_OK)
        return 1;
    if (vectors_written(argc, argv, REGISTERS, generate_registers))
        return vectors_written(argc, argv, GENESIS, generate_genesis) ? 0 : 1;
    return test_run(cases, sizeof cases / sizeof cases[0], argc, argv);
}
