/*
 * Goal: a header has one encoding, entry_parse() refuses whatever breaks E1 to E4, and an id names
 * every bit of the header.
 * Method: two valid headers (sealed with deps, ack without) against every shorter input and every
 * flipped bit; for each clause of E1 to E4 a header that breaks just that clause, beside one that
 * is the same but for it and is read; the id against a hash made step by step.
 */
#include "crypto/crypto.h"
#include "crypto/hash.h"
#include "format/entry.h"
#include "support/test.h"

static uint8_t buffer[ENTRY_HEADER_BYTES_MAX + POSITION_BYTES];
static uint8_t deps_bytes[(ENTRY_DEPS_MAX + 1) * POSITION_BYTES];

static void
set_deps(struct entry *entry, const struct position *deps, uint8_t count)
{
    struct writer writer = writer_of(deps_bytes, sizeof deps_bytes);

    for (unsigned i = 0; i < count; i++)
        position_write(&writer, &deps[i]);
    entry->deps = writer_written(&writer);
    entry->deps_count = count;
}

static struct entry
ack(void)
{
    struct entry entry = {
        .kind = ENTRY_ACK, .slot = 2, .inc = 3, .seq = 4, .reg_number = 5, .t_ms = 1600000000000};

    memset(entry.room.bytes, 0xA1, ID_BYTES);
    memset(entry.prev.bytes, 0xA2, ID_BYTES);
    memset(entry.reg_id.bytes, 0xA3, ID_BYTES);
    payload_make_hash(&entry.payload_hash, (struct bytes){0});
    return entry;
}

static struct entry
sealed(void)
{
    struct entry entry = ack();
    const struct position deps[] = {
        {0, 1, 7, {{1}}}, {2, 2, 9, {{2}}}, {5, REGISTER_INC, 1, {{3}}}};

    entry.kind = ENTRY_SEALED;
    entry.flags = ENTRY_FLAG_HOLDS;
    entry.chain = 6;
    entry.index = 999;
    entry.payload_bytes = 272;
    memset(entry.tag, 0xA4, ENTRY_TAG_BYTES);
    memset(entry.pcommit.bytes, 0xA5, ID_BYTES);
    set_deps(&entry, deps, 3);
    return entry;
}

static struct bytes
write_entry(const struct entry *entry)
{
    struct writer writer = writer_of(buffer, sizeof buffer);

    entry_write(&writer, entry);
    CHECK(!writer.failed);
    return writer_written(&writer);
}

static enum entente_error
parse(struct bytes input, struct entry *entry)
{
    struct reader reader = reader_of(input);

    return entry_parse(&reader, entry);
}

/* What becomes of an entry that is written and read again. */
static enum entente_error
outcome(const struct entry *entry)
{
    struct entry read;
    enum entente_error error = parse(write_entry(entry), &read);
    const struct entry zero = {0};

    CHECK((error == ENTENTE_OK) == (memcmp(&read, &zero, sizeof read) != 0));
    return error;
}

TEST(what_is_written_is_read)
{
    struct entry entry = sealed(), read;
    struct bytes written = write_entry(&entry);
    struct reader reader = reader_of((struct bytes){buffer, sizeof buffer});

    CHECK(written.size == ENTRY_HEADER_BYTES_MIN + 3 * POSITION_BYTES);
    REQUIRE(entry_parse(&reader, &read) == ENTENTE_OK);
    CHECK(reader.rest.data == buffer + written.size); /* what follows is left alone */
    CHECK(read.header.data == buffer && read.header.size == written.size);
    CHECK(read.kind == ENTRY_SEALED && read.flags == ENTRY_FLAG_HOLDS);
    CHECK(read.slot == 2 && read.inc == 3 && read.seq == 4 && read.reg_number == 5);
    CHECK(read.t_ms == 1600000000000 && read.chain == 6 && read.index == 999);
    CHECK(read.payload_bytes == 272 && read.deps_count == 3);
    CHECK(room_id_equal(&read.room, &entry.room) && entry_id_equal(&read.prev, &entry.prev));
    CHECK(entry_id_equal(&read.reg_id, &entry.reg_id));
    CHECK(memcmp(read.tag, entry.tag, ENTRY_TAG_BYTES) == 0);
    CHECK(memcmp(&read.pcommit, &entry.pcommit, ID_BYTES) == 0);
    CHECK(memcmp(&read.payload_hash, &entry.payload_hash, ID_BYTES) == 0);
    struct position dep = entry_dep(&read, 2);
    CHECK(dep.slot == 5 && dep.inc == REGISTER_INC && dep.seq == 1 && dep.id.bytes[0] == 3);
    struct position own = entry_position(&read, &entry.prev);
    CHECK(own.slot == 2 && own.inc == 3 && own.seq == 4);

    uint8_t again[ENTRY_HEADER_BYTES_MAX];
    struct writer writer = writer_of(again, sizeof again);
    entry_write(&writer, &read);
    CHECK(bytes_equal(writer_written(&writer), read.header));
}

TEST(every_shorter_input_is_truncated)
{
    struct entry entries[] = {sealed(), ack()}, read;

    for (unsigned i = 0; i < 2; i++) {
        struct bytes written = write_entry(&entries[i]);
        for (size_t size = 0; size < written.size; size++) {
            uint8_t *exact = malloc(size + 1);
            REQUIRE(exact != NULL);
            memcpy(exact, written.data, size);
            CHECK(parse((struct bytes){exact, size}, &read) == ENTENTE_ERR_TRUNCATED);
            free(exact);
        }
    }
}

TEST(every_flipped_bit_is_refused_or_gives_another_id)
{
    struct entry entries[] = {sealed(), ack()}, read;

    for (unsigned i = 0; i < 2; i++) {
        struct bytes written = write_entry(&entries[i]);
        struct entry_id id, other;
        unsigned refused = 0;
        REQUIRE(parse(written, &read) == ENTENTE_OK);
        entry_make_id(&id, &read);
        for (size_t bit = 0; bit < 8 * written.size; bit++) {
            buffer[bit / 8] ^= (uint8_t)(1u << bit % 8);
            if (parse(written, &read) == ENTENTE_OK) {
                entry_make_id(&other, &read);
                CHECK(!entry_id_equal(&id, &other));
            } else {
                refused++;
            }
            buffer[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        CHECK(refused >= 8 + 15); /* the version and the unknown flags at least */
    }
}

TEST(the_id_is_that_of_the_protocol)
{
    struct entry entry = sealed(), read;
    struct bytes written = write_entry(&entry);
    size_t fixed = written.size - 68;
    struct hasher hasher;
    struct entry_id id;
    uint8_t hash[HASH_BYTES];

    REQUIRE(parse(written, &read) == ENTENTE_OK);
    entry_make_id(&id, &read);
    hash_once(hash, "entente/fixed/v1", (struct bytes){written.data, fixed});
    hasher_start(&hasher, "entente/entry/v1");
    hasher_add(&hasher, (struct bytes){hash, sizeof hash});
    hasher_add(&hasher, (struct bytes){entry.pcommit.bytes, ID_BYTES});
    hasher_add(&hasher, (struct bytes){(const uint8_t[]){0, 0, 1, 16}, 4});
    hasher_add(&hasher, (struct bytes){entry.payload_hash.bytes, ID_BYTES});
    hasher_finish(&hasher, hash);
    CHECK(memcmp(id.bytes, hash, sizeof hash) == 0);
}

TEST(e1_version_kind_flags)
{
    struct entry entry = ack();

    for (unsigned kind = 0; kind <= 255; kind++) {
        entry.kind = (uint8_t)kind;
        bool known = kind >= ENTRY_ACK && kind <= ENTRY_CLOSE;
        CHECK(outcome(&entry) == (known ? ENTENTE_OK : ENTENTE_ERR_MALFORMED)); /* sealed: E3 */
    }
    entry = ack();
    for (unsigned bit = 0; bit < 16; bit++) {
        entry.flags = (uint16_t)(1u << bit);
        CHECK(outcome(&entry) == (bit == 0 ? ENTENTE_OK : ENTENTE_ERR_MALFORMED));
    }
    entry = ack();
    struct bytes written = write_entry(&entry);
    struct entry read;
    buffer[0] = 2;
    CHECK(parse(written, &read) == ENTENTE_ERR_VERSION);
}

TEST(e2_slot_inc_seq_reg)
{
    struct entry entry = ack();

    entry.slot = PARTIES_MAX - 1;
    entry.inc = INC_MAX;
    entry.seq = UINT32_MAX;
    CHECK(outcome(&entry) == ENTENTE_OK);
    entry.slot = PARTIES_MAX;
    CHECK(outcome(&entry) == ENTENTE_ERR_MALFORMED);
    entry = ack();
    entry.inc = 0;
    CHECK(outcome(&entry) == ENTENTE_ERR_MALFORMED);
    entry.inc = REGISTER_INC;
    CHECK(outcome(&entry) == ENTENTE_ERR_MALFORMED);
    entry = ack();
    entry.seq = 0;
    CHECK(outcome(&entry) == ENTENTE_ERR_MALFORMED);
    entry = ack();
    entry.reg_number = 0;
    CHECK(outcome(&entry) == ENTENTE_ERR_MALFORMED);
}

TEST(e3_what_a_kind_carries)
{
    for (uint8_t kind = ENTRY_SEALED; kind <= ENTRY_CLOSE; kind++) {
        bool is_sealed = kind == ENTRY_SEALED;
        enum entente_error only_sealed = is_sealed ? ENTENTE_OK : ENTENTE_ERR_MALFORMED;
        struct entry plain = is_sealed ? sealed() : ack(), entry = plain;
        plain.kind = kind;
        entry = plain;
        entry.payload_bytes = 1;
        bool empty = kind == ENTRY_ACK || kind == ENTRY_RESUME;
        CHECK(outcome(&entry) == (empty ? ENTENTE_ERR_MALFORMED : ENTENTE_OK));
        entry = plain;
        entry.pcommit.bytes[31] = 1;
        CHECK(outcome(&entry) == only_sealed);
        entry = plain;
        entry.tag[15] = 1;
        CHECK(outcome(&entry) == only_sealed);
        entry = plain;
        entry.chain = 1;
        CHECK(outcome(&entry) == only_sealed);
        entry = plain;
        entry.index = 1;
        CHECK(outcome(&entry) == only_sealed);
    }
    struct entry entry = sealed();
    memset(entry.tag, 0, ENTRY_TAG_BYTES);
    entry.index = 0;
    CHECK(outcome(&entry) == ENTENTE_OK); /* the room's scope, the chain's first step */
    entry.chain = 0;
    CHECK(outcome(&entry) == ENTENTE_ERR_MALFORMED);
    entry = sealed();
    memset(entry.pcommit.bytes, 0, ID_BYTES);
    CHECK(outcome(&entry) == ENTENTE_ERR_MALFORMED);
}

static enum entente_error
outcome_of_deps(const struct position *deps, uint8_t count)
{
    struct entry entry = ack(); /* slot 2, inc 3 */

    set_deps(&entry, deps, count);
    return outcome(&entry);
}

TEST(e4_deps)
{
    const struct {
        struct position deps[2];
        enum entente_error wanted;
    } cases[] = {
        {{{0, 1, 1, {{0}}}, {0, 2, 1, {{0}}}}, ENTENTE_OK},
        {{{0, 9, 1, {{0}}}, {1, 1, 1, {{0}}}}, ENTENTE_OK},
        {{{0, 1, 9, {{0}}}, {0, REGISTER_INC, 1, {{0}}}}, ENTENTE_OK},
        {{{2, 2, 1, {{0}}}, {2, 4, 1, {{0}}}}, ENTENTE_OK},            /* own other incarnations */
        {{{0, 1, 1, {{0}}}, {0, 1, 2, {{0}}}}, ENTENTE_ERR_MALFORMED}, /* one lane twice */
        {{{0, 2, 1, {{0}}}, {0, 1, 1, {{0}}}}, ENTENTE_ERR_MALFORMED}, /* inc goes back */
        {{{1, 1, 1, {{0}}}, {0, 2, 1, {{0}}}}, ENTENTE_ERR_MALFORMED}, /* slot goes back */
        {{{1, 1, 1, {{0}}}, {2, 3, 1, {{0}}}}, ENTENTE_ERR_MALFORMED}, /* own lane */
        {{{1, 1, 1, {{0}}}, {2, REGISTER_INC, 1, {{0}}}}, ENTENTE_ERR_MALFORMED}, /* own register */
        {{{0, 1, 0, {{0}}}, {0, 2, 1, {{0}}}}, ENTENTE_ERR_MALFORMED},            /* seq 0 */
        {{{0, 0, 1, {{0}}}, {0, 2, 1, {{0}}}}, ENTENTE_ERR_MALFORMED},            /* inc 0 */
        {{{0, 1, 1, {{0}}}, {PARTIES_MAX, 1, 1, {{0}}}}, ENTENTE_ERR_MALFORMED},
    };

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK(outcome_of_deps(cases[i].deps, 2) == cases[i].wanted);
}

TEST(the_limits_hold)
{
    static struct position deps[ENTRY_DEPS_MAX + 1];
    struct entry entry = ack();

    for (uint16_t i = 0; i <= ENTRY_DEPS_MAX; i++)
        deps[i] = (struct position){1, (uint16_t)(i + 1), 1, {{0}}};
    CHECK(outcome_of_deps(deps, ENTRY_DEPS_MAX) == ENTENTE_OK);
    CHECK(outcome_of_deps(deps, ENTRY_DEPS_MAX + 1) == ENTENTE_ERR_TOO_LARGE);
    entry.kind = ENTRY_KEYS;
    entry.payload_bytes = ENTRY_PAYLOAD_BYTES_MAX;
    CHECK(outcome(&entry) == ENTENTE_OK);
    entry.payload_bytes++;
    CHECK(outcome(&entry) == ENTENTE_ERR_TOO_LARGE);
}

TEST(positions_are_ordered_by_all_their_parts)
{
    const struct position ascending[] = {{0, 2, 2, {{2}}}, {1, 1, 1, {{1}}}, {1, 2, 0, {{0}}},
        {1, 2, 1, {{0}}}, {1, 2, 1, {{0, 1}}}, {1, 2, 1, {{1}}}};

    for (int i = 0; i < 6; i++)
        for (int j = 0; j < 6; j++) {
            int compared = position_compare(&ascending[i], &ascending[j]);
            CHECK((compared < 0) == (i < j) && (compared == 0) == (i == j));
        }
}

int
main(int argc, char **argv)
{
    const struct test_case cases[] = {
        CASE(what_is_written_is_read),
        CASE(every_shorter_input_is_truncated),
        CASE(every_flipped_bit_is_refused_or_gives_another_id),
        CASE(the_id_is_that_of_the_protocol),
        CASE(e1_version_kind_flags),
        CASE(e2_slot_inc_seq_reg),
        CASE(e3_what_a_kind_carries),
        CASE(e4_deps),
        CASE(the_limits_hold),
        CASE(positions_are_ordered_by_all_their_parts),
    };

    if (crypto_start() != ENTENTE_OK)
        return 1;
    return test_run(cases, sizeof cases / sizeof cases[0], argc, argv);
}
