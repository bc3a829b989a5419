/*
 * Goal: a register grows only by entries that its party's keys allow (R1 to R7), says at each
 * position what is in force there, and an entry has one encoding.
 * Method: the register of a built party against every shorter input and every flipped bit; for each
 * rule an entry that breaks just that one, signed as it must be, beside one that does not; a
 * keyset of two out of three with every subset of signatures.
 */
#include "crypto/crypto.h"
#include "support/build.h"
#include "support/test.h"

static uint8_t encoded[REGISTER_ENTRY_BYTES_MAX];

struct signer {
    uint8_t key_index;
    enum build_role role;
    uint32_t generation;
};
static const struct signer by_root = {0, BUILD_ROOT, 0};
static const struct signer by_operations = {REGISTER_OPERATIONS_KEY, BUILD_OPERATIONS, 0};

/* Encode with one signature by each of `signers`, all keys being those of `seed`. */
static struct bytes
encode(
    const struct register_entry *entry, uint8_t seed, const struct signer *signers, uint8_t count)
{
    struct writer writer = writer_of(encoded, sizeof encoded);
    struct register_signature signatures[KEYSET_KEYS_MAX + 1];
    struct entry_id id;

    register_content_write(&writer, entry);
    register_make_id(&id, writer_written(&writer));
    for (unsigned i = 0; i < count; i++) {
        struct signing_key key;
        struct public_key public;
        build_key(&key, &public, seed, signers[i].role, signers[i].generation);
        signatures[i].key = signers[i].key_index;
        register_sign(&signatures[i].signature, &key, &id);
    }
    register_signatures_write(&writer, signatures, count);
    CHECK(!writer.failed);
    return writer_written(&writer);
}

static enum entente_error
parse(struct bytes input, struct register_entry *entry)
{
    struct reader reader = reader_of(input);

    return register_entry_parse(&reader, entry);
}

/* The outcome of an entry whose place was filled in, with one signature.  Where OK, it was added.
 */
static enum entente_error
add_placed(struct build_party *party, const struct register_entry *entry, struct signer signer)
{
    return register_add_all(party->reg, encode(entry, party->seed, &signer, 1));
}

static enum entente_error
add(struct build_party *party, struct register_entry entry, struct signer signer)
{
    build_register_place(party, &entry);
    return add_placed(party, &entry, signer);
}

static struct register_entry
node(uint8_t seed, uint16_t inc)
{
    struct register_entry entry = {.kind = REGISTER_NODE, .inc = inc, .prekey_id = inc};
    struct signing_key key;
    struct agreement_key secret;

    build_key(&key, &entry.key, seed, BUILD_NODE, inc);
    build_prekey(&secret, &entry.prekey, seed, inc);
    return entry;
}

static struct public_key
public_of(uint8_t seed, enum build_role role, uint32_t generation)
{
    struct signing_key key;
    struct public_key public;

    build_key(&key, &public, seed, role, generation);
    return public;
}

static struct register_entry
transport(uint8_t seed, uint32_t generation)
{
    return (struct register_entry){.kind = REGISTER_TRANSPORT,
        .key = public_of(seed, BUILD_TRANSPORT, generation),
        .address = bytes_of_text("a.example:1")};
}

TEST(what_is_built_is_read)
{
    struct build_party party;
    struct register_entry entry;
    size_t size;

    build_party(&party, 3);
    uint8_t *bytes = build_register_bytes(party.reg, &size);
    struct reader reader = reader_of((struct bytes){bytes, size});
    for (uint32_t number = 1; number <= 4; number++) {
        struct bytes one = register_encoded(party.reg, number);
        REQUIRE(register_entry_parse(&reader, &entry) == ENTENTE_OK);
        CHECK(entry.number == number && bytes_equal(entry.encoded, one));
        struct writer writer = writer_of(encoded, sizeof encoded);
        register_content_write(&writer, &entry);
        CHECK(bytes_equal(writer_written(&writer), entry.content));
        struct entry_id id;
        register_make_id(&id, entry.content);
        CHECK(entry_id_equal(&id, register_id(party.reg, number)));
        register_signatures_write(&writer, entry.signatures, entry.signatures_count);
        CHECK(bytes_equal(writer_written(&writer), one));
    }
    CHECK(reader_finish(&reader) == ENTENTE_OK);

    struct party_register *again;
    REQUIRE(register_new(&again) == ENTENTE_OK);
    CHECK(register_count(again) == 0 && register_next(again) == NULL);
    CHECK(register_incarnation_last(again) == NULL && register_transport_key(again) == NULL);
    CHECK(register_operations_key(again) == NULL && register_name(again).size == 0);
    CHECK(register_add_all(again, (struct bytes){bytes, size}) == ENTENTE_OK);
    CHECK(register_add_all(again, (struct bytes){bytes, size}) == ENTENTE_OK); /* duplicates */
    CHECK(register_count(again) == 4);
    CHECK(memcmp(register_party(again), register_id(again, 1), ID_BYTES) == 0);
    CHECK(bytes_equal(register_name(again), bytes_of_text("Party 3")));
    CHECK(bytes_equal(register_address(again), bytes_of_text("party3.example:4433")));
    register_free(again);
    free(bytes);
    build_party_free(&party);
}

TEST(every_shorter_input_is_truncated)
{
    struct build_party party;
    struct register_entry entry;
    const struct register_entry zero = {0};

    build_party(&party, 1);
    for (uint32_t number = 1; number <= 4; number++) {
        struct bytes one = register_encoded(party.reg, number);
        for (size_t size = 0; size < one.size; size++) {
            CHECK(parse((struct bytes){one.data, size}, &entry) == ENTENTE_ERR_TRUNCATED);
            CHECK(memcmp(&entry, &zero, sizeof zero) == 0);
        }
    }
    build_party_free(&party);
}

TEST(no_flipped_bit_is_accepted)
{
    struct build_party party;
    struct party_register *grows;

    build_party(&party, 1);
    REQUIRE(register_new(&grows) == ENTENTE_OK);
    for (uint32_t number = 1; number <= 4; number++) {
        struct bytes one = register_encoded(party.reg, number);
        memcpy(encoded, one.data, one.size);
        for (size_t bit = 0; bit < 8 * one.size; bit++) {
            encoded[bit / 8] ^= (uint8_t)(1u << bit % 8);
            CHECK(register_add_all(grows, (struct bytes){encoded, one.size}) != ENTENTE_OK);
            encoded[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        CHECK(register_count(grows) == number - 1);
        CHECK(register_add_all(grows, (struct bytes){encoded, one.size}) == ENTENTE_OK);
    }
    register_free(grows);
    build_party_free(&party);
}

static enum entente_error
outcome(const struct register_entry *entry)
{
    struct register_entry read;

    return parse(encode(entry, 1, &by_root, 1), &read);
}

static struct register_entry
inception(void)
{
    struct register_entry entry = {.kind = REGISTER_INCEPTION,
        .number = 1,
        .keyset = {2, 3, {{{1}}, {{2}}, {{3}}}},
        .name = bytes_of_text("Ministère")};

    return entry;
}

TEST(r1_keysets)
{
    struct register_entry entry = inception();

    CHECK(outcome(&entry) == ENTENTE_OK);
    entry.keyset.threshold = 3;
    CHECK(outcome(&entry) == ENTENTE_OK);
    entry.keyset.threshold = 4;
    CHECK(outcome(&entry) == ENTENTE_ERR_MALFORMED);
    entry.keyset.threshold = 0;
    CHECK(outcome(&entry) == ENTENTE_ERR_MALFORMED);
    entry.keyset = (struct keyset){0};
    CHECK(outcome(&entry) == ENTENTE_ERR_MALFORMED);
    entry = inception();
    entry.keyset.keys[1] = entry.keyset.keys[0]; /* twice */
    CHECK(outcome(&entry) == ENTENTE_ERR_MALFORMED);
    entry.keyset.keys[1] = (struct public_key){{0}}; /* descending */
    CHECK(outcome(&entry) == ENTENTE_ERR_MALFORMED);
    for (uint8_t i = 0; i < KEYSET_KEYS_MAX; i++)
        entry.keyset.keys[i].bytes[0] = i;
    entry.keyset.count = KEYSET_KEYS_MAX;
    CHECK(outcome(&entry) == ENTENTE_OK);

    struct bytes written = encode(&entry, 1, &by_root, 1);
    struct register_entry read;
    encoded[81] = KEYSET_KEYS_MAX + 1;
    CHECK(parse(written, &read) == ENTENTE_ERR_TOO_LARGE);
}

TEST(r1_texts_and_incs)
{
    static char letters[256];
    struct register_entry entry = inception();

    memset(letters, 'a', 255);
    entry.name = bytes_of_text(letters + 255 - REGISTER_NAME_BYTES_MAX);
    CHECK(outcome(&entry) == ENTENTE_OK);
    entry.name = bytes_of_text(letters + 254 - REGISTER_NAME_BYTES_MAX);
    CHECK(outcome(&entry) == ENTENTE_ERR_TOO_LARGE);
    entry.name = bytes_of_text("");
    CHECK(outcome(&entry) == ENTENTE_ERR_MALFORMED);
    entry.name = bytes_of_text("\xff");
    CHECK(outcome(&entry) == ENTENTE_ERR_MALFORMED);

    entry = transport(1, 0);
    entry.address = bytes_of_text(letters);
    CHECK(outcome(&entry) == ENTENTE_OK);
    entry.address = bytes_of_text("");
    CHECK(outcome(&entry) == ENTENTE_ERR_MALFORMED);
    entry.address = bytes_of_text("\xc0\x80");
    CHECK(outcome(&entry) == ENTENTE_ERR_MALFORMED);

    for (uint8_t kind = REGISTER_NODE; kind <= REGISTER_REVOKE; kind++) {
        entry = (struct register_entry){.kind = kind, .inc = INC_MAX};
        CHECK(outcome(&entry) == ENTENTE_OK);
        entry.inc = REGISTER_INC;
        CHECK(outcome(&entry) == ENTENTE_ERR_MALFORMED);
        entry.inc = 0;
        CHECK(outcome(&entry) == ENTENTE_ERR_MALFORMED);
    }
}

TEST(r1_version_kind_size)
{
    struct register_entry entry = {.kind = REGISTER_REVOKE, .inc = 1}, read;
    struct bytes written = encode(&entry, 1, &by_root, 1);

    CHECK(written.size == 80 + 2 + 1 + 65);
    encoded[0] = 2;
    CHECK(parse(written, &read) == ENTENTE_ERR_VERSION);
    encoded[0] = 1;
    for (unsigned kind = 0; kind <= 255; kind++) {
        encoded[1] = (uint8_t)kind;
        CHECK((parse(written, &read) == ENTENTE_OK) == (kind == REGISTER_REVOKE));
    }
    encoded[1] = REGISTER_REVOKE;
    encoded[79] = 1; /* the body's size: too short for its kind, then too long */
    CHECK(parse(written, &read) == ENTENTE_ERR_MALFORMED);
    encoded[79] = 3;
    CHECK(parse(written, &read) == ENTENTE_ERR_MALFORMED);
    encoded[78] = 0x10;
    encoded[79] = 1;
    CHECK(parse(written, &read) == ENTENTE_ERR_TOO_LARGE);
}

TEST(r2_number_party_prev)
{
    struct build_party party, other;
    struct party_register *empty;
    struct register_entry entry;

    build_party(&party, 1);
    build_party(&other, 2);
    entry = transport(1, 1);
    build_register_place(&party, &entry);
    struct register_entry right = entry;
    entry.number = 6;
    CHECK(add_placed(&party, &entry, by_operations) == ENTENTE_ERR_PENDING);
    entry.number = 0;
    CHECK(add_placed(&party, &entry, by_operations) == ENTENTE_ERR_REGISTER_CHAIN);
    entry.number = 1;
    CHECK(add_placed(&party, &entry, by_operations) == ENTENTE_ERR_REGISTER_CHAIN);
    entry = right;
    entry.party = *register_party(other.reg);
    CHECK(add_placed(&party, &entry, by_operations) == ENTENTE_ERR_REGISTER_CHAIN);
    entry = right;
    entry.prev = *register_id(party.reg, 3);
    CHECK(add_placed(&party, &entry, by_operations) == ENTENTE_ERR_REGISTER_CHAIN);
    CHECK(register_count(party.reg) == 4);
    CHECK(add_placed(&party, &right, by_operations) == ENTENTE_OK);

    /* Another inception is another party; without one, everything waits. */
    CHECK(
        register_add_all(party.reg, register_encoded(other.reg, 1)) == ENTENTE_ERR_REGISTER_CHAIN);
    REQUIRE(register_new(&empty) == ENTENTE_OK);
    CHECK(register_add_all(empty, register_encoded(party.reg, 2)) == ENTENTE_ERR_PENDING);
    for (unsigned broken = 0; broken < 4; broken++) {
        entry = (struct register_entry){.kind = REGISTER_INCEPTION,
            .number = broken == 1 ? 2 : 1,
            .keyset = {1, 1, {public_of(1, BUILD_ROOT, 0)}},
            .name = bytes_of_text("N")};
        entry.party.bytes[9] = broken == 2;
        entry.prev.bytes[9] = broken == 3;
        CHECK(register_add_all(empty, encode(&entry, 1, &by_root, 1)) ==
              (broken == 0 ? ENTENTE_OK : ENTENTE_ERR_REGISTER_CHAIN));
        if (broken == 0) {
            register_free(empty);
            REQUIRE(register_new(&empty) == ENTENTE_OK);
        }
    }
    register_free(empty);
    build_party_free(&party);
    build_party_free(&other);
}

/* The public key's order decides its index, so the generations are sorted by it. */
static struct keyset
three_roots(uint8_t seed, struct signer signers[static 3])
{
    struct keyset keyset = {.threshold = 2, .count = 3};

    for (uint32_t i = 0; i < 3; i++) {
        struct public_key public = public_of(seed, BUILD_ROOT, 100 + i);
        unsigned at = i;
        for (; at > 0 && memcmp(&keyset.keys[at - 1], &public, 32) > 0; at--) {
            keyset.keys[at] = keyset.keys[at - 1];
            signers[at] = signers[at - 1];
        }
        keyset.keys[at] = public;
        signers[at] = (struct signer){0, BUILD_ROOT, 100 + i};
    }
    for (uint8_t i = 0; i < 3; i++)
        signers[i].key_index = i;
    return keyset;
}

TEST(r3_enough_signatures)
{
    struct signer all[3];
    struct register_entry entry = {.kind = REGISTER_INCEPTION,
        .number = 1,
        .keyset = three_roots(1, all),
        .name = bytes_of_text("Three")};

    for (unsigned subset = 1; subset < 8; subset++) {
        struct party_register *reg;
        struct signer chosen[3];
        uint8_t count = 0;
        for (unsigned i = 0; i < 3; i++)
            if ((subset >> i & 1) != 0)
                chosen[count++] = all[i];
        REQUIRE(register_new(&reg) == ENTENTE_OK);
        CHECK(register_add_all(reg, encode(&entry, 1, chosen, count)) ==
              (count >= 2 ? ENTENTE_OK : ENTENTE_ERR_SIGNATURE));
        register_free(reg);
    }
    struct register_entry read;
    struct signer wrong[3] = {all[1], all[0], all[2]};
    CHECK(parse(encode(&entry, 1, wrong, 2), &read) == ENTENTE_ERR_MALFORMED); /* descending */
    wrong[1] = all[1];
    CHECK(parse(encode(&entry, 1, wrong, 2), &read) == ENTENTE_ERR_MALFORMED); /* one twice */
    wrong[1].key_index = KEYSET_KEYS_MAX;
    CHECK(parse(encode(&entry, 1, wrong, 2), &read) == ENTENTE_ERR_MALFORMED); /* no such index */
    CHECK(parse(encode(&entry, 1, wrong, 0), &read) == ENTENTE_ERR_MALFORMED); /* none */
}

TEST(r3_every_signature_is_valid)
{
    struct signer all[3];
    struct register_entry entry = {.kind = REGISTER_INCEPTION,
        .number = 1,
        .keyset = three_roots(1, all),
        .name = bytes_of_text("Three")};
    struct party_register *reg;

    REQUIRE(register_new(&reg) == ENTENTE_OK);
    struct signer wrong[3] = {all[0], all[1], all[0]};
    wrong[2].key_index = 2; /* two are valid and enough, the third is another key's */
    CHECK(register_add_all(reg, encode(&entry, 1, wrong, 3)) == ENTENTE_ERR_SIGNATURE);
    wrong[2].key_index = 3; /* beyond the keyset */
    CHECK(register_add_all(reg, encode(&entry, 1, wrong, 3)) == ENTENTE_ERR_SIGNATURE);
    wrong[2] = by_operations;
    CHECK(register_add_all(reg, encode(&entry, 1, wrong, 3)) == ENTENTE_ERR_SIGNATURE);
    CHECK(register_add_all(reg, encode(&entry, 1, all, 3)) == ENTENTE_OK);
    register_free(reg);
}

TEST(r3_what_operations_may_sign)
{
    struct build_party party;
    struct register_entry entry;
    const struct signer both[2] = {by_root, by_operations};

    build_party(&party, 1);
    entry = (struct register_entry){
        .kind = REGISTER_OPERATIONS, .key = public_of(1, BUILD_OPERATIONS, 0)};
    CHECK(add(&party, entry, by_operations) == ENTENTE_ERR_SIGNATURE);
    CHECK(add(&party, entry, by_root) == ENTENTE_OK);
    entry = (struct register_entry){
        .kind = REGISTER_ROTATE, .keyset = {1, 1, {public_of(1, BUILD_ROOT, 1)}}};
    CHECK(add(&party, entry, by_operations) == ENTENTE_ERR_SIGNATURE);
    entry = transport(1, 1);
    build_register_place(&party, &entry);
    CHECK(register_add_all(party.reg, encode(&entry, 1, both, 2)) == ENTENTE_ERR_SIGNATURE);
    CHECK(add(&party, node(1, 2), by_operations) == ENTENTE_OK);
    CHECK(add(&party, node(1, 3), by_root) == ENTENTE_OK);
    entry = (struct register_entry){.kind = REGISTER_REVOKE, .inc = 1};
    CHECK(add(&party, entry, by_operations) == ENTENTE_OK);
    entry.inc = 2;
    CHECK(add(&party, entry, by_root) == ENTENTE_OK);
    CHECK(add(&party, transport(1, 1), by_operations) == ENTENTE_OK);
    CHECK(add(&party, transport(1, 2), by_root) == ENTENTE_OK);

    /* A new operations key takes over at once. */
    entry = (struct register_entry){
        .kind = REGISTER_OPERATIONS, .key = public_of(1, BUILD_OPERATIONS, 1)};
    CHECK(add(&party, entry, by_root) == ENTENTE_OK);
    const struct signer by_new = {REGISTER_OPERATIONS_KEY, BUILD_OPERATIONS, 1};
    CHECK(add(&party, transport(1, 3), by_operations) == ENTENTE_ERR_SIGNATURE);
    CHECK(add(&party, transport(1, 3), by_new) == ENTENTE_OK);
    build_party_free(&party);
}

TEST(r4_rotation)
{
    struct build_party party;
    const struct signer by_first = {0, BUILD_ROOT, 1}, by_second = {0, BUILD_ROOT, 2};

    build_party(&party, 1);
    struct register_entry entry = {
        .kind = REGISTER_ROTATE, .keyset = {1, 1, {public_of(1, BUILD_ROOT, 1)}}};
    CHECK(add(&party, entry, by_root) == ENTENTE_ERR_SIGNATURE); /* a thief has today's keys */
    entry.keyset.keys[0] = public_of(1, BUILD_ROOT, 2);
    CHECK(add(&party, entry, by_second) == ENTENTE_ERR_REGISTER_CHAIN); /* not committed to */
    build_party_rotate(&party);
    CHECK(register_count(party.reg) == 5);
    CHECK(add(&party, transport(1, 1), by_root) == ENTENTE_ERR_SIGNATURE);
    CHECK(add(&party, transport(1, 1), by_first) == ENTENTE_OK);
    build_party_rotate(&party);
    CHECK(add(&party, transport(1, 2), by_first) == ENTENTE_ERR_SIGNATURE);
    for (uint32_t number = 1; number <= 7; number++) {
        struct public_key wanted = public_of(1, BUILD_ROOT, number < 5 ? 0 : (number < 7 ? 1 : 2));
        const struct keyset *keyset = register_keyset_at(party.reg, number);
        CHECK(keyset->count == 1 && memcmp(&keyset->keys[0], &wanted, 32) == 0);
    }
    struct keyset third = {1, 1, {public_of(1, BUILD_ROOT, 3)}};
    struct digest next;
    keyset_make_commitment(&next, &third);
    CHECK(memcmp(register_next(party.reg), &next, sizeof next) == 0);
    build_party_free(&party);
}

TEST(r5_incarnations_in_turn)
{
    struct build_party party;

    build_party(&party, 1);
    CHECK(add(&party, node(1, 1), by_operations) == ENTENTE_ERR_REGISTER_CHAIN);
    CHECK(add(&party, node(1, 3), by_operations) == ENTENTE_ERR_REGISTER_CHAIN);
    CHECK(add(&party, node(1, 2), by_operations) == ENTENTE_OK);
    CHECK(add(&party, node(1, 3), by_operations) == ENTENTE_OK);
    const struct incarnation *last = register_incarnation_last(party.reg);
    CHECK(last->inc == 3 && last->certified_at == 6 && last->revoked_at == 0);
    CHECK(last->prekey_id == 3 && entry_id_equal(&last->certificate, register_id(party.reg, 6)));
    struct public_key key = public_of(1, BUILD_NODE, 3);
    CHECK(memcmp(&last->key, &key, sizeof key) == 0);
    CHECK(register_incarnation(party.reg, 0) == NULL && register_incarnation(party.reg, 4) == NULL);
    build_party_free(&party);
}

TEST(r5_keys_of_nodes_are_used_nowhere_else)
{
    struct build_party party;
    const struct public_key used[] = {public_of(1, BUILD_ROOT, 0),
        public_of(1, BUILD_OPERATIONS, 0), public_of(1, BUILD_TRANSPORT, 0),
        public_of(1, BUILD_NODE, 1)};
    const struct register_entry first = node(1, 1), second = node(1, 2);
    struct register_entry entry;

    build_party(&party, 1);
    for (unsigned i = 0; i < 4; i++) {
        entry = second;
        entry.key = used[i];
        CHECK(add(&party, entry, by_operations) == ENTENTE_ERR_REGISTER_CHAIN);
        entry = second;
        memcpy(&entry.prekey, &used[i], sizeof entry.prekey);
        CHECK(add(&party, entry, by_operations) == ENTENTE_ERR_REGISTER_CHAIN);
    }
    entry = second;
    entry.prekey = first.prekey;
    CHECK(add(&party, entry, by_operations) == ENTENTE_ERR_REGISTER_CHAIN);
    memcpy(&entry.prekey, &entry.key, sizeof entry.prekey);
    CHECK(add(&party, entry, by_operations) == ENTENTE_ERR_REGISTER_CHAIN);

    /* The other way round: a node's key for something else afterwards. */
    entry = transport(1, 1);
    entry.key = first.key;
    CHECK(add(&party, entry, by_operations) == ENTENTE_ERR_REGISTER_CHAIN);
    memcpy(&entry.key, &first.prekey, sizeof entry.key);
    CHECK(add(&party, entry, by_operations) == ENTENTE_ERR_REGISTER_CHAIN);
    entry = (struct register_entry){.kind = REGISTER_OPERATIONS, .key = first.key};
    CHECK(add(&party, entry, by_root) == ENTENTE_ERR_REGISTER_CHAIN);
    CHECK(add(&party, transport(1, 0), by_operations) == ENTENTE_OK); /* others may stay */
    CHECK(register_count(party.reg) == 5);
    build_party_free(&party);
}

TEST(r5_roots_are_not_keys_of_nodes)
{
    struct build_party party;
    struct register_entry entry = {.kind = REGISTER_INCEPTION,
        .number = 1,
        .keyset = {1, 1, {public_of(1, BUILD_ROOT, 0)}},
        .name = bytes_of_text("N")};
    struct keyset next = {1, 1, {public_of(1, BUILD_NODE, 1)}};
    const struct signer by_node = {0, BUILD_NODE, 1};

    party = (struct build_party){.seed = 1};
    REQUIRE(register_new(&party.reg) == ENTENTE_OK);
    keyset_make_commitment(&entry.next, &next);
    CHECK(add(&party, entry, by_root) == ENTENTE_OK);
    CHECK(add(&party, node(1, 1), by_root) == ENTENTE_OK);
    entry = (struct register_entry){.kind = REGISTER_ROTATE, .keyset = next};
    CHECK(add(&party, entry, by_node) == ENTENTE_ERR_REGISTER_CHAIN);
    build_party_free(&party);
}

TEST(r6_revocation_and_transport)
{
    struct build_party party;
    struct register_entry entry = {.kind = REGISTER_REVOKE, .inc = 2};
    enum entente_error error;

    build_party(&party, 1);
    CHECK(add(&party, entry, by_operations) == ENTENTE_ERR_REGISTER_CHAIN); /* not certified */
    entry.inc = 1;
    CHECK(add(&party, entry, by_operations) == ENTENTE_OK);
    CHECK(add(&party, entry, by_operations) == ENTENTE_ERR_REGISTER_CHAIN); /* revoked already */
    for (uint32_t number = 1; number <= 6; number++) {
        const struct incarnation *found = register_incarnation_at(party.reg, 1, number, &error);
        CHECK((found != NULL) == (number >= 3 && number < 5));
        CHECK(error == (number < 3 ? ENTENTE_ERR_UNCERTIFIED
                                   : (number < 5 ? ENTENTE_OK : ENTENTE_ERR_REVOKED)));
    }
    CHECK(register_incarnation_at(party.reg, 2, 6, &error) == NULL);
    CHECK(error == ENTENTE_ERR_UNCERTIFIED);
    CHECK(register_incarnation(party.reg, 1)->revoked_at == 5);
    CHECK(add(&party, transport(1, 7), by_operations) == ENTENTE_OK);
    struct public_key key = public_of(1, BUILD_TRANSPORT, 7);
    CHECK(memcmp(register_transport_key(party.reg), &key, sizeof key) == 0);
    CHECK(bytes_equal(register_address(party.reg), bytes_of_text("a.example:1")));
    build_party_free(&party);
}

TEST(r7_two_entries_of_one_number)
{
    struct build_party party;
    struct register_entry entry;
    const struct signer by_stranger = {REGISTER_OPERATIONS_KEY, BUILD_OPERATIONS, 9};

    build_party(&party, 1);
    build_party_rotate(&party);
    struct bytes before = register_encoded(party.reg, 4);
    CHECK(register_add_all(party.reg, before) == ENTENTE_OK);
    entry = transport(1, 5);
    build_register_place(&party, &entry);
    entry.number = 4;
    entry.prev = *register_id(party.reg, 3);
    CHECK(add_placed(&party, &entry, by_operations) == ENTENTE_ERR_EQUIVOCATION);
    CHECK(add_placed(&party, &entry, by_root) == ENTENTE_ERR_EQUIVOCATION);  /* in force there */
    CHECK(add_placed(&party, &entry, by_stranger) == ENTENTE_ERR_SIGNATURE); /* nobody's fault */
    entry.number = 3;
    CHECK(add_placed(&party, &entry, by_operations) == ENTENTE_ERR_EQUIVOCATION);
    entry.number = 2; /* before there was an operations key */
    CHECK(add_placed(&party, &entry, by_operations) == ENTENTE_ERR_SIGNATURE);
    CHECK(register_count(party.reg) == 5);
    build_party_free(&party);
}

TEST(cards)
{
    struct build_party party;
    struct bytes entries;
    char card[256];

    build_party(&party, 1);
    struct bytes first = register_encoded(party.reg, 1);
    struct writer writer = writer_of(card, sizeof card);
    writer_bytes(&writer, bytes_of_text(CARD_MAGIC));
    for (size_t size = 0; size <= 16; size++)
        CHECK(card_entries((struct bytes){writer.data, size}, &entries) == ENTENTE_ERR_TRUNCATED);
    writer_bytes(&writer, first);
    REQUIRE(card_entries(writer_written(&writer), &entries) == ENTENTE_OK);
    CHECK(bytes_equal(entries, first));
    card[14]++;
    CHECK(card_entries(writer_written(&writer), &entries) == ENTENTE_ERR_MALFORMED);
    CHECK(entries.size == 0);
    build_party_free(&party);
}

TEST(a_long_register_keeps_every_entry)
{
    struct build_party party;

    build_party(&party, 1);
    for (uint16_t i = 0; i < 300; i++) {
        build_party_certify(&party);
        build_party_revoke(&party, (uint16_t)(i + 1));
        build_party_rotate(&party);
    }
    CHECK(register_count(party.reg) == 904);
    for (uint32_t number = 1; number <= 904; number++) {
        struct register_entry entry;
        struct entry_id id;
        REQUIRE(parse(register_encoded(party.reg, number), &entry) == ENTENTE_OK);
        register_make_id(&id, entry.content);
        CHECK(entry.number == number && entry_id_equal(&id, register_id(party.reg, number)));
    }
    for (uint32_t i = 0; i <= 300; i++) {
        struct public_key wanted = public_of(1, BUILD_ROOT, i);
        uint32_t number = i == 0 ? 1 : 4 + 3 * i;
        CHECK(memcmp(&register_keyset_at(party.reg, number)->keys[0], &wanted, 32) == 0);
    }
    build_party_free(&party);
}

int
main(int argc, char **argv)
{
    const struct test_case cases[] = {
        CASE(what_is_built_is_read),
        CASE(every_shorter_input_is_truncated),
        CASE(no_flipped_bit_is_accepted),
        CASE(r1_keysets),
        CASE(r1_texts_and_incs),
        CASE(r1_version_kind_size),
        CASE(r2_number_party_prev),
        CASE(r3_enough_signatures),
        CASE(r3_every_signature_is_valid),
        CASE(r3_what_operations_may_sign),
        CASE(r4_rotation),
        CASE(r5_incarnations_in_turn),
        CASE(r5_keys_of_nodes_are_used_nowhere_else),
        CASE(r5_roots_are_not_keys_of_nodes),
        CASE(r6_revocation_and_transport),
        CASE(r7_two_entries_of_one_number),
        CASE(cards),
        CASE(a_long_register_keeps_every_entry),
    };

    if (crypto_start() != ENTENTE_OK)
        return 1;
    return test_run(cases, sizeof cases / sizeof cases[0], argc, argv);
}
