/*
 * Goal: a room says of its entries what the record and the consultation say, however they arrived, whatever
 * machine trouble came in between, and it never says a thing that is not so.
 * Method: histories of three parties with skewed clocks, put into stores (memory, and SQLite read by a
 * second connection) in random causal orders, taken in by slices of random size, opened at once, later and
 * in another order, or not at all; then compared with an evaluation that has none of this.  Every read of
 * the store fails once; the file of the bodies is full for a while.
 */
#include "room/room.h"
#include "consultation/consultation.h"
#include "crypto/hash.h"
#include "store/maker.h"
#include "support/facts.h"
#include "support/room.h"
#include "support/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define PARTIES 3
#define SEGMENTS_MAX 128
#define UNSEALABLE 0xEE /* first byte of the secret of a body that the keyholder cannot open */
#define UNREADABLE 0xED /* ... that is no body */

static struct test_room setting;
static struct replica party[PARTIES];
static struct build_feed feed[PARTIES];
static struct built_segment written[SEGMENTS_MAX];
static uint64_t past[SEGMENTS_MAX][2]; /* of segments, a bit for each */
static uint64_t seen[PARTIES][2];
static uint32_t count;

/* ---- histories ---- */

static void
start(void)
{
    struct replica_options options = {.heads_only = true};

    test_room_make(&setting, PARTIES, 1);
    memset(seen, 0, sizeof seen);
    count = 0;
    for (uint8_t slot = 0; slot < PARTIES; slot++) {
        replica_make(&party[slot], &setting, &options);
        test_room_feed(&feed[slot], &setting, slot, 1);
    }
}

static void
stop(void)
{
    for (uint32_t i = 0; i < count; i++)
        built_segment_free(&written[i]);
    for (uint8_t slot = 0; slot < PARTIES; slot++)
        replica_free(&party[slot]);
    test_room_free(&setting);
}

static bool
has(const uint64_t *set, uint32_t i)
{
    return (set[i / 64] >> (i % 64) & 1) != 0;
}

static bool
has_causes(const uint64_t *set, uint32_t i)
{
    uint64_t missing[2] = {past[i][0] & ~set[0], past[i][1] & ~set[1]};

    missing[i / 64] &= ~(UINT64_C(1) << (i % 64));
    return missing[0] == 0 && missing[1] == 0;
}

static void
hear(uint8_t slot, uint32_t i)
{
    CHECK(replica_receive(&party[slot], &written[i]) == ENTENTE_OK);
    seen[slot][i / 64] |= UINT64_C(1) << (i % 64);
}

static void
hear_all(uint8_t slot)
{
    for (uint32_t i = 0; i < count; i++)
        if (!has(seen[slot], i))
            hear(slot, i);
}

/* What the next segment has: filled by add(), written by write(). */
static struct {
    struct build_entry entries[SEGMENT_ENTRIES_MAX];
    uint8_t memory[SEGMENT_ENTRIES_MAX * 1200];
    size_t used;
    uint32_t count;
} draft;

static void
add(uint8_t kind, struct body *body)
{
    struct writer writer =
        writer_of(draft.memory + draft.used, sizeof draft.memory - draft.used);

    if ((kind == ENTRY_SEALED ? body_write(&writer, body) : body_write_clear(&writer, body)) !=
        ENTENTE_OK)
        abort();
    draft.used += writer.used;
    draft.entries[draft.count++] = (struct build_entry){
        .kind = kind,
        .flags = (uint16_t)((count + draft.count) % 3 == 0 ? 0 : ENTRY_FLAG_HOLDS),
        .payload = writer_written(&writer)};
}

/* As the entries of the next segment of `slot`, covering all that it has. */
static uint32_t
write_draft(uint8_t slot)
{
    struct frontier frontier;
    uint32_t vector[64] = {0}, own;
    struct replica *replica = &party[slot];

    if (record_lane(replica->record, slot, feed[slot].inc, &own) == ENTENTE_OK)
        record_past(replica->record, own, vector, record_branches(replica->record));
    arena_reset(&replica->arena);
    if (record_frontier(replica->record, slot, feed[slot].inc, vector,
            record_branches(replica->record), &replica->arena, &frontier) != ENTENTE_OK)
        abort();
    draft.entries[0].deps = frontier.deps;
    draft.entries[0].deps_count = frontier.deps_count;
    build_segment(&written[count], &feed[slot], draft.entries, draft.count);
    if (replica_receive(replica, &written[count]) != ENTENTE_OK || count + 1 == SEGMENTS_MAX)
        abort();
    seen[slot][count / 64] |= UINT64_C(1) << (count % 64);
    memcpy(past[count], seen[slot], sizeof past[count]);
    draft.count = 0;
    draft.used = 0;
    return count++;
}

static struct entry_id
last_id(void)
{
    return written[count - 1].positions[written[count - 1].count - 1].id;
}

static struct digest
last_object(void)
{
    struct entry_id id = last_id();
    struct digest object;

    fact_make_object(&object, &id, 0);
    return object;
}

static void
write_fact(uint8_t slot, uint8_t kind, uint16_t type, const struct fact *fact)
{
    static struct body body;

    body = (struct body){.count = 1};
    body.sections[0].type = type;
    body.sections[0].fact = *fact;
    add(kind, &body);
    write_draft(slot);
}

static void
add_random_fact(uint64_t *state)
{
    static const uint16_t types[] = {FACT_SESSION, FACT_CHAIR, FACT_ATTENDANCE, FACT_PLEDGE,
        FACT_DELIVERY, FACT_DIALOGUE, FACT_ROUND, FACT_UNDER, FACT_QUEUE};
    static struct body body;
    uint16_t type = types[test_random(state) % (sizeof types / sizeof types[0])];
    struct fact *fact = &body.sections[0].fact;

    body = (struct body){.count = 1};
    facts_sample(fact, type);
    body.sections[0].type = type;
    if (count > 0) {
        uint32_t i = (uint32_t)(test_random(state) % count);
        fact_make_object(&fact->object, &written[i].positions[0].id, 0);
    }
    fact->number = (uint32_t)(test_random(state) % 2);
    fact->what = (uint8_t)(1 + test_random(state) % 2);
    if (type == FACT_UNDER) {
        body.count = 2;
        body.sections[1].type = SECTION_STATEMENT;
        body.sections[1].statement = (struct section_statement){
            bytes_of_text("en"), bytes_of_text("A"), bytes_of_text("Without a gap.")};
    }
    uint64_t chance = test_random(state) % 12;
    body.secret[0] = chance == 0 ? UNSEALABLE : chance == 1 ? UNREADABLE : 0x11;
    add(ENTRY_SEALED, &body);
}

static struct digest
act_of(const struct entry_id *id)
{
    struct digest act;

    fact_make_act(&act, &setting.id, id);
    return act;
}

static void
random_deed(uint8_t slot, uint64_t *state)
{
    static const struct {
        uint8_t kind;
        uint16_t type;
    } kinds[] = {{ENTRY_SIGN, FACT_SIGN}, {ENTRY_WITHDRAW, FACT_WITHDRAW},
        {ENTRY_RATIFY, FACT_RATIFY}, {ENTRY_PROPOSE, FACT_PROPOSE}};
    uint64_t chosen = test_random(state) % 4;
    struct fact fact = {.what = ACT_READOUT, .root = {{3}}, .object = {{5}}, .subject = {{9}}};

    fact.number = (uint32_t)(test_random(state) % 2);
    if (count > 0)
        fact.object = act_of(&written[test_random(state) % count].positions[0].id);
    write_fact(slot, kinds[chosen].kind, kinds[chosen].type, &fact);
}

/* Clocks that go ahead: not everything that comes later claims to. */
static void
random_history(uint64_t *state, uint32_t segments)
{
    while (count < segments) {
        uint8_t slot = (uint8_t)(test_random(state) % PARTIES);
        for (uint32_t i = 0; i < count; i++)
            if (!has(seen[slot], i) && has_causes(seen[slot], i) && test_random(state) % 3 == 0)
                hear(slot, i);
        if (test_random(state) % 4 == 0)
            feed[slot].t_ms += test_random(state) % 20;
        if (test_random(state) % 3 == 0) {
            random_deed(slot, state);
            continue;
        }
        for (uint64_t more = 1 + test_random(state) % 3; more > 0; more--)
            add_random_fact(state);
        write_draft(slot);
    }
}

/* ---- the observer ---- */

struct answer {
    uint64_t ticket;
    uint8_t *payload;
    size_t size;
};

static struct {
    struct replica replica;
    struct store *store;   /* that a node writes */
    struct store *reading; /* what the room reads */
    struct store_files files;
    struct room *room;
    bool answers_at_once;
    struct answer answers[ROOM_OPENING_MAX];
    uint32_t answers_count;
    uint64_t changes; /* as told */
    enum entente_error error; /* of an answer at once */
} observer;

static char path[64];
static bool is_told; /* of what grew besides entries */

static enum entente_error
answer(uint64_t ticket, struct bytes payload)
{
    if (payload.data[0] == UNSEALABLE)
        return room_opened(observer.room, ticket, (struct bytes){0}, ENTENTE_ERR_UNSEALABLE);
    if (payload.data[0] == UNREADABLE)
        payload.size--;
    return room_opened(observer.room, ticket, payload, ENTENTE_OK);
}

static void
take_open(void *state, uint64_t ticket, struct bytes header, struct bytes payload)
{
    struct reader reader = reader_of(header);
    struct entry entry;

    (void)state;
    CHECK(entry_parse(&reader, &entry) == ENTENTE_OK && entry.kind == ENTRY_SEALED);
    if (observer.answers_at_once) {
        enum entente_error error = answer(ticket, payload);
        observer.error = error != ENTENTE_OK ? error : observer.error;
        return;
    }
    REQUIRE(observer.answers_count < ROOM_OPENING_MAX);
    struct answer *kept = &observer.answers[observer.answers_count++];
    *kept = (struct answer){ticket, malloc(payload.size), payload.size};
    memcpy(kept->payload, payload.data, payload.size);
}

static void
forget_answers(void)
{
    while (observer.answers_count > 0)
        free(observer.answers[--observer.answers_count].payload);
}

/* Another one of them in the place of the answered one. */
static enum entente_error
answer_one(uint64_t *state)
{
    uint32_t i = (uint32_t)(test_random(state) % observer.answers_count);
    struct answer chosen = observer.answers[i];

    observer.answers[i] = observer.answers[--observer.answers_count];
    enum entente_error error =
        test_random(state) % 5 == 0
            ? room_opened(observer.room, chosen.ticket, (struct bytes){0}, ENTENTE_ERR_GONE)
            : answer(chosen.ticket, (struct bytes){chosen.payload, chosen.size});
    free(chosen.payload);
    return error;
}

static void
take_change(void *state, uint64_t change)
{
    (void)state;
    CHECK(change == ++observer.changes);
}

static int
open_nameless(void)
{
    char name[] = "/tmp/entente-spill-XXXXXX";
    int file = mkstemp(name);

    unlink(name);
    return file;
}

static enum entente_error
observer_open_room(int spill)
{
    struct room_options options = {.id = setting.id,
        .slot = 1,
        .store = observer.reading,
        .spill = spill,
        .is_told = is_told,
        .calls = {.open = take_open, .changed = take_change}};

    observer.changes = 0;
    return room_new(&observer.room, &options);
}

/* The registers as they are now. */
static void
store_registers(void)
{
    CHECK(store_begin(observer.store) == ENTENTE_OK);
    for (uint8_t slot = 0; slot < PARTIES; slot++) {
        const struct party_register *reg = setting.registers[slot];
        for (uint32_t n = 1; n <= register_count(reg); n++)
            CHECK(store_put_register(observer.store, register_party(reg), n,
                      register_encoded(reg, n)) == ENTENTE_OK);
    }
    CHECK(store_commit(observer.store) == ENTENTE_OK);
}

static void
store_beginning(void)
{
    CHECK(store_begin(observer.store) == ENTENTE_OK);
    CHECK(store_put_room(observer.store, &setting.id, setting.genesis_file) == ENTENTE_OK);
    for (uint8_t slot = 0; slot < PARTIES; slot++) {
        struct branch_row row = {.index = slot, .slot = slot, .inc = REGISTER_INC};
        CHECK(store_put_branch(observer.store, &setting.id, &row) == ENTENTE_OK);
    }
    store_registers();
}

static void
observer_start(bool is_sqlite)
{
    struct replica_options options = {.heads_only = true};

    memset(&observer, 0, sizeof observer);
    replica_make(&observer.replica, &setting, &options);
    if (is_sqlite) {
        snprintf(path, sizeof path, "/tmp/entente-room-%d.sqlite", (int)getpid());
        unlink(path);
        REQUIRE(store_open_sqlite(&observer.store, path) == ENTENTE_OK);
    } else
        REQUIRE(store_open_memory(&observer.store) == ENTENTE_OK);
    store_beginning();
    observer.reading = observer.store;
    observer.files = (struct store_files){-1, -1, -1};
    if (is_sqlite) {
        REQUIRE(store_files_open(&observer.files, path) == ENTENTE_OK);
        REQUIRE(store_open_sqlite_reading(&observer.reading, &observer.files) == ENTENTE_OK);
    }
    REQUIRE(observer_open_room(open_nameless()) == ENTENTE_OK);
}

static void
observer_stop(void)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char name[96];

    forget_answers();
    room_free(observer.room);
    if (observer.reading != observer.store)
        store_close(observer.reading);
    store_close(observer.store);
    store_files_close(&observer.files);
    replica_free(&observer.replica);
    for (size_t i = 0; i < 3 && path[0] != '\0'; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

/* As the node does: into its record, then what that admitted into the store. */
static void
observe(const struct built_segment *segment)
{
    struct store *store = observer.store;

    CHECK(replica_receive(&observer.replica, segment) == ENTENTE_OK);
    CHECK(store_begin(store) == ENTENTE_OK);
    for (const struct proven *p = observer.replica.admission.faults; p != NULL; p = p->next)
        CHECK(store_put_proof(store, &setting.id, p->slot, p->inc, p->payload) == ENTENTE_OK);
    for (const struct admitted *a = observer.replica.admission.first; a != NULL; a = a->next) {
        if (a->new_branch)
            CHECK(store_put_branch(store, &setting.id, &a->branch) == ENTENTE_OK);
        CHECK(store_put_segment(store, &setting.id, &a->row, a->specials, a->specials_count) ==
              ENTENTE_OK);
    }
    CHECK(store_commit(store) == ENTENTE_OK);
}

static void
observe_all(void)
{
    for (uint32_t i = 0; i < count; i++)
        observe(&written[i]);
}

/* Until all is taken in and opened. */
static void
drain(uint64_t *state)
{
    bool more;
    int turns = 0;

    do {
        CHECK(room_advance(observer.room, (uint32_t)(1 + test_random(state) % 20), &more) ==
              ENTENTE_OK);
        while (observer.answers_count > 0)
            CHECK(answer_one(state) == ENTENTE_OK);
    } while (!room_is_current(observer.room) && ++turns < 10000);
    CHECK(room_is_current(observer.room) && !more);
}

static struct digest
hash_of_room(void)
{
    struct digest hash;

    CHECK(consultation_state_hash(room_consultation(observer.room), &hash) == ENTENTE_OK);
    return hash;
}

/* ---- what it must come to ---- */

static void
evaluate(struct consultation *consultation, const struct built_segment *built)
{
    static struct segment segment;
    static struct body body;
    struct reader reader = reader_of(built->segment);
    uint32_t branch;

    CHECK(segment_parse(&reader, &segment) == ENTENTE_OK);
    for (uint32_t i = 0; i < segment.count; i++) {
        const struct entry *entry = &segment.entries[i];
        struct bytes payload = segment_payload(&segment, built->payloads, i);
        CHECK(record_lane(party[0].record, entry->slot, entry->inc, &branch) == ENTENTE_OK);
        CHECK(consultation_add(consultation, branch, entry, &segment.ids[i], payload) ==
              ENTENTE_OK);
        if (entry->kind != ENTRY_SEALED || payload.data[0] == UNSEALABLE ||
            payload.data[0] == UNREADABLE)
            continue;
        CHECK(body_parse(payload, &body) == ENTENTE_OK);
        CHECK(consultation_open(consultation, branch, entry, &segment.ids[i], &body) == ENTENTE_OK);
    }
}

/* The state, as party 0 evaluates it that has heard all. */
static struct digest
wanted_hash(void)
{
    struct causality causality;
    struct consultation *consultation;
    struct digest hash;

    hear_all(0);
    causality_of_record(&causality, party[0].record);
    struct consultation_options options = {.genesis = &setting.genesis,
        .room = setting.id,
        .registers = setting.registers,
        .causality = &causality};
    if (consultation_new(&consultation, &options) != ENTENTE_OK)
        abort();
    for (uint32_t i = 0; i < count; i++)
        evaluate(consultation, &written[i]);
    CHECK(consultation_state_hash(consultation, &hash) == ENTENTE_OK);
    consultation_free(consultation);
    return hash;
}

static void
check_hash(const struct digest *wanted)
{
    struct digest hash = hash_of_room(), of_record, of_replica;

    CHECK(memcmp(&hash, wanted, sizeof hash) == 0);
    CHECK(record_state_hash(room_record(observer.room), &of_record) == ENTENTE_OK);
    CHECK(record_state_hash(observer.replica.record, &of_replica) == ENTENTE_OK);
    CHECK(memcmp(&of_record, &of_replica, sizeof of_record) == 0);
    CHECK(record_entries(room_record(observer.room)) == record_entries(observer.replica.record));
}

static void
check_entry(const struct entry *entry, const struct entry_id *id, struct bytes payload)
{
    struct room_entry found, again;
    uint32_t branch;

    REQUIRE(room_entry_of_id(observer.room, id, &found) == ENTENTE_OK);
    CHECK(entry_id_equal(&found.id, id) && found.entry.seq == entry->seq);
    CHECK(found.entry.t_ms == entry->t_ms && bytes_equal(found.entry.header, entry->header));
    REQUIRE(record_lane(observer.replica.record, entry->slot, entry->inc, &branch) == ENTENTE_OK);
    for (uint8_t slot = 0; slot < PARTIES; slot++)
        CHECK((found.held >> slot & 1) ==
              (record_held_by(observer.replica.record, slot, branch) >= entry->seq));
    if (entry->kind == ENTRY_SEALED && payload.data[0] == UNSEALABLE)
        CHECK(found.body == NULL && found.why == ENTENTE_ERR_UNSEALABLE);
    else if (entry->kind == ENTRY_SEALED && payload.data[0] == UNREADABLE)
        CHECK(found.body == NULL && found.why == ENTENTE_ERR_MALFORMED);
    else {
        REQUIRE(found.body != NULL && found.why == ENTENTE_OK);
        struct bytes content = found.body->sections[0].content;
        size_t ahead = entry->kind == ENTRY_SEALED ? BODY_SECRET_BYTES + 8u : 8u;
        CHECK(bytes_equal(content, (struct bytes){payload.data + ahead, content.size}));
    }
    CHECK(room_change(observer.room, found.change, &again) == ENTENTE_OK);
    CHECK(entry_id_equal(&again.id, id) && again.arrival == found.arrival);
    CHECK(room_entry(observer.room, &found.place, &again) == ENTENTE_OK);
    CHECK(entry_id_equal(&again.id, id));
}

static void
check_entries(void)
{
    static struct segment segment;
    uint64_t entries = 0;
    struct room_entry found;
    struct entry_id none = {{1}};

    for (uint32_t i = 0; i < count; i++) {
        struct reader reader = reader_of(written[i].segment);
        CHECK(segment_parse(&reader, &segment) == ENTENTE_OK);
        for (uint32_t j = 0; j < segment.count; j++)
            check_entry(&segment.entries[j], &segment.ids[j],
                segment_payload(&segment, written[i].payloads, j));
        entries += segment.count;
    }
    CHECK(room_changes(observer.room) == entries && observer.changes == entries);
    CHECK(room_counts(observer.room).entries == entries);
    CHECK(room_change(observer.room, 0, &found) == ENTENTE_ERR_NOT_FOUND);
    CHECK(room_change(observer.room, entries + 1, &found) == ENTENTE_ERR_NOT_FOUND);
    CHECK(room_entry_of_id(observer.room, &none, &found) == ENTENTE_ERR_NOT_FOUND);
    CHECK(room_entry(observer.room, &(struct place){0, 1}, &found) == ENTENTE_ERR_NOT_FOUND);
    CHECK(room_entry(observer.room, &(struct place){99, 1}, &found) == ENTENTE_ERR_NOT_FOUND);
}

/* ---- orders of arrival ---- */

/* Arrivals, slices and answers as chance has it; sometimes the desk starts anew in between. */
static void
observe_by_chance(uint64_t *state)
{
    uint64_t added[2] = {0};
    bool more;

    observer.answers_at_once = test_random(state) % 2 == 0;
    for (uint32_t left = count; left > 0;) {
        uint32_t i = (uint32_t)(test_random(state) % count);
        uint64_t chance = test_random(state) % 16;
        if (!has(added, i) && has_causes(added, i)) {
            observe(&written[i]);
            added[i / 64] |= UINT64_C(1) << (i % 64);
            left--;
        } else if (chance < 4)
            CHECK(room_advance(observer.room, (uint32_t)chance + 1, &more) == ENTENTE_OK);
        else if (chance < 8 && observer.answers_count > 0)
            CHECK(answer_one(state) == ENTENTE_OK);
        else if (chance == 15 && left == count / 2) {
            forget_answers();
            room_free(observer.room);
            REQUIRE(observer_open_room(open_nameless()) == ENTENTE_OK);
        }
    }
    drain(state);
}

static void
any_order(bool is_sqlite)
{
    for (uint64_t seed = 1; seed <= 8; seed++) {
        uint64_t state = seed;
        start();
        random_history(&state, 60);
        struct digest wanted = wanted_hash();
        for (int round = 0; round < 3; round++) {
            observer_start(is_sqlite);
            observe_by_chance(&state);
            check_hash(&wanted);
            check_entries();
            CHECK(observer.error == ENTENTE_OK);
            observer_stop();
        }
        stop();
    }
}

TEST(any_order_over_memory)
{
    any_order(false);
}

TEST(any_order_over_sqlite)
{
    any_order(true);
}

/* ---- display order ---- */

static void
check_order_under(const struct digest *object)
{
    const struct object *found = consultation_object(room_consultation(observer.room), object);
    struct order *order;
    struct ordered ordered;
    uint32_t index = 0;
    struct room_entry entry;

    CHECK(order_new(&order, observer.replica.record) == ENTENTE_OK);
    while (found != NULL && order_next(order, &ordered) == ENTENTE_OK) {
        bool is_filed = false;
        for (uint32_t i = 0; i < object_under_count(found); i++)
            is_filed |= object_under(found, i)->branch == ordered.branch &&
                        object_under(found, i)->seq == ordered.entry.seq;
        if (!is_filed)
            continue;
        CHECK(room_under(observer.room, object, index++, &entry) == ENTENTE_OK);
        CHECK(entry_id_equal(&entry.id, &ordered.id));
    }
    CHECK(room_under(observer.room, object, index, &entry) == ENTENTE_ERR_NOT_FOUND);
    order_free(order);
}

/* All bodies under one object, and clocks that are wrong by more than a round of answers takes. */
TEST(bodies_under_an_object_come_in_display_order)
{
    struct fact fact = {.object = {{7}}};
    uint32_t out_of_order = 0;

    for (uint64_t seed = 1; seed <= 12; seed++) {
        uint64_t state = seed, added[2] = {0}, last = 0;
        bool more;
        start();
        while (count < 50) {
            uint8_t slot = (uint8_t)(test_random(&state) % PARTIES);
            for (uint32_t i = 0; i < count; i++)
                if (!has(seen[slot], i) && has_causes(seen[slot], i) &&
                    test_random(&state) % 2 == 0)
                    hear(slot, i);
            feed[slot].t_ms += test_random(&state) % 6 == 0 ? test_random(&state) % 60 : 0;
            write_fact(slot, ENTRY_SEALED, FACT_UNDER, &fact);
        }
        observer_start(false);
        observer.answers_at_once = true;
        for (uint32_t left = count; left > 0;) {
            uint32_t i = (uint32_t)(test_random(&state) % count);
            if (has(added, i) || !has_causes(added, i))
                continue;
            observe(&written[i]);
            added[i / 64] |= UINT64_C(1) << (i % 64);
            if (--left % 8 == 0) {
                CHECK(room_advance(observer.room, 100, &more) == ENTENTE_OK);
                check_order_under(&fact.object);
            }
        }
        struct room_entry entry;
        for (uint32_t i = 0; room_under(observer.room, &fact.object, i, &entry) == ENTENTE_OK; i++) {
            out_of_order += entry.entry.t_ms < last;
            last = entry.entry.t_ms;
        }
        observer_stop();
        stop();
    }
    CHECK(out_of_order > 50); /* else the order of time would have done */
}

/* ---- trouble of the machine ---- */

static const struct store_maker *failing_of;
static uint64_t reads_left; /* until one fails; 0: none */

static bool
fails(void)
{
    return reads_left > 0 && --reads_left == 0;
}

static enum entente_error
failing_first_from(struct store *store, struct bytes key, size_t prefix_size, struct row *row)
{
    return fails() ? ENTENTE_ERR_IO : failing_of->first_from(store, key, prefix_size, row);
}

static enum entente_error
failing_last_up_to(struct store *store, struct bytes key, size_t prefix_size, struct row *row)
{
    return fails() ? ENTENTE_ERR_IO : failing_of->last_up_to(store, key, prefix_size, row);
}

/* Takes everything in while the n-th read fails; false where there are fewer reads. */
static bool
survives_read(uint64_t n, const struct digest *wanted)
{
    static struct store_maker failing;
    uint64_t state = n;
    bool more, has_failed;

    observer_start(false);
    observe_all();
    room_free(observer.room);
    observer.room = NULL;
    observer.answers_at_once = n % 2 == 0;
    failing_of = observer.store->maker;
    failing = *failing_of;
    failing.first_from = failing_first_from;
    failing.last_up_to = failing_last_up_to;
    observer.store->maker = &failing;
    reads_left = n;
    enum entente_error error = observer_open_room(open_nameless());
    if (error != ENTENTE_OK) {
        CHECK(error == ENTENTE_ERR_IO || error == ENTENTE_ERR_CORRUPT);
        CHECK(observer.room == NULL && observer_open_room(open_nameless()) == ENTENTE_OK);
    }
    for (int turns = 0; !room_is_current(observer.room) && turns < 1000; turns++) {
        error = room_advance(observer.room, 16, &more);
        CHECK(error == ENTENTE_OK || error == ENTENTE_ERR_IO || error == ENTENTE_ERR_CORRUPT);
        while (observer.answers_count > 0)
            CHECK(answer_one(&state) == ENTENTE_OK);
    }
    has_failed = reads_left == 0;
    reads_left = 0;
    check_hash(wanted);
    check_entries();
    observer.store->maker = failing_of;
    observer_stop();
    return has_failed;
}

TEST(every_read_of_the_store_fails_once)
{
    uint32_t failed = 0;

    for (uint64_t seed = 5; seed < 9; seed++) {
        uint64_t state = seed, n = 1;
        start();
        random_history(&state, 60);
        struct digest wanted = wanted_hash();
        while (survives_read(n, &wanted))
            n++;
        failed += (uint32_t)n - 1;
        stop();
    }
    printf("# %u reads failed\n", (unsigned)failed);
    CHECK(failed > 400);
}

/* What a page of statements costs: two rows for a segment, whichever of its entries are asked for. */
TEST(neighbours_are_read_together)
{
    static struct store_maker counting;
    static const uint64_t many = UINT64_C(1) << 40;
    struct fact fact = {.object = {{1}}};
    static struct body body;
    uint64_t state = 1;
    struct room_entry entry;

    start();
    facts_sample(&fact, FACT_UNDER);
    for (uint32_t i = 0; i < 2 * 40; i++) {
        body = (struct body){.count = 1};
        body.sections[0].type = FACT_UNDER;
        body.sections[0].fact = fact;
        add(ENTRY_SEALED, &body);
        if (i % 40 == 39)
            write_draft((uint8_t)(i / 40));
    }
    observer_start(false);
    observer.answers_at_once = true;
    observe_all();
    drain(&state);
    failing_of = observer.store->maker;
    counting = *failing_of;
    counting.first_from = failing_first_from;
    counting.last_up_to = failing_last_up_to;
    observer.store->maker = &counting;
    reads_left = many;
    for (uint64_t change = room_changes(observer.room); change > 0; change--)
        CHECK(room_change(observer.room, change, &entry) == ENTENTE_OK && entry.body != NULL);
    CHECK(room_changes(observer.room) == 80 && many - reads_left <= 2 * 3);
    check_entries();
    reads_left = 0;
    observer.store->maker = failing_of;
    observer_stop();
    stop();
}

/* A disk that takes nothing, until it is another one. */
TEST(a_full_disk_only_delays)
{
    uint64_t state = 9;
    bool more;
    uint32_t refused = 0;

    start();
    random_history(&state, 100);
    while (count < 120) { /* more than the spill's buffer takes */
        static char text[30000];
        static struct body body;
        memset(text, 'x', sizeof text - 1);
        body = (struct body){.count = 1};
        body.sections[0].type = SECTION_STATEMENT;
        body.sections[0].statement.tag = bytes_of_text("en");
        body.sections[0].statement.text = bytes_of_text(text);
        add(ENTRY_SEALED, &body);
        write_draft(0);
    }
    struct digest wanted = wanted_hash();
    observer_start(false);
    observe_all();
    room_free(observer.room);
    int spill = open("/dev/full", O_RDWR | O_CLOEXEC);
    REQUIRE(observer_open_room(spill) == ENTENTE_OK);
    for (int turns = 0; turns < 200; turns++) {
        CHECK(room_advance(observer.room, 16, &more) == ENTENTE_OK);
        while (observer.answers_count > 0) {
            enum entente_error error = answer_one(&state);
            CHECK(error == ENTENTE_OK || error == ENTENTE_ERR_DISK_FULL);
            refused += error == ENTENTE_ERR_DISK_FULL;
        }
    }
    CHECK(refused > 0 && !room_is_current(observer.room));
    int good = open_nameless();
    CHECK(dup2(good, spill) == spill);
    close(good);
    drain(&state);
    check_hash(&wanted);
    check_entries();
    observer_stop();
    stop();
}

TEST(what_is_not_there_is_not_opened)
{
    static const uint8_t nobody[32] = {9};
    struct room_options options = {.slot = 0, .spill = open_nameless()};

    start();
    observer_start(false);
    memcpy(options.id.bytes, nobody, sizeof nobody);
    options.store = observer.store;
    struct room *room;
    CHECK(room_new(&room, &options) == ENTENTE_ERR_NOT_FOUND && room == NULL);
    options = (struct room_options){
        .id = setting.id, .slot = PARTIES, .store = observer.store, .spill = open_nameless()};
    CHECK(room_new(&room, &options) == ENTENTE_ERR_NOT_A_PARTY && room == NULL);
    CHECK(room_opened(observer.room, 0, (struct bytes){0}, ENTENTE_OK) == ENTENTE_ERR_NOT_FOUND);
    CHECK(room_opened(observer.room, 256, (struct bytes){0}, ENTENTE_OK) ==
          ENTENTE_ERR_NOT_FOUND);
    CHECK(room_parties(observer.room) == PARTIES && room_slot(observer.room) == 1);
    CHECK(bytes_equal(room_party_name(observer.room, 2), bytes_of_text("Party 3")));
    observer_stop();
    stop();
}

/* ---- judging ---- */

static struct digest
last_act(void)
{
    struct entry_id id = last_id();

    return act_of(&id);
}

/* What is stored of the written segments from `*from` on. */
static void
observe_new(uint32_t *from)
{
    uint64_t state = 1;

    store_registers();
    for (; *from < count; ++*from)
        observe(&written[*from]);
    drain(&state);
}

static const char *
judged(uint8_t kind, struct body *body)
{
    static char text[8];
    static uint8_t memory[2048];
    struct writer writer = writer_of(memory, sizeof memory);
    struct rule broken = {'?', 0};

    CHECK(body_write_clear(&writer, body) == ENTENTE_OK);
    CHECK(room_judge(observer.room, kind, writer_written(&writer), &broken) == ENTENTE_OK);
    if (broken.letter == 0)
        return "";
    snprintf(text, sizeof text, "%c%u", broken.letter, broken.number);
    return text;
}

static const char *
judged_fact(uint8_t kind, uint16_t type, const struct digest *act)
{
    static struct body body;

    body = (struct body){.count = 1};
    body.sections[0].type = type;
    body.sections[0].fact.object = *act;
    return judged(kind, &body);
}

static const char *
judged_sign(const struct digest *act)
{
    return judged_fact(ENTRY_SIGN, FACT_SIGN, act);
}

static struct digest
propose(struct digest root, uint32_t number, struct bytes offices)
{
    struct fact fact = {.what = ACT_READOUT,
        .root = root,
        .subject = {{9}},
        .number = number,
        .items = offices,
        .items_count = offices.size > 0};

    write_fact(0, ENTRY_PROPOSE, FACT_PROPOSE, &fact);
    return last_act();
}

/* Slot 0 writes the text of one language. */
static struct digest
write_text(void)
{
    static uint8_t nonce[32], list[128];
    struct writer writer = writer_of(list, sizeof list);
    struct text_language language = {.tag = bytes_of_text("en"),
        .is_authentic = true,
        .media_type = bytes_of_text("text/plain"),
        .size = 5};
    struct fact part = {.tag = bytes_of_text("en"), .data = bytes_of_text("words")};

    sha256_once(language.sha256.bytes, part.data);
    text_language_write(&writer, &language);
    struct fact text = {.nonce = {nonce, 32}, .items = writer_written(&writer), .items_count = 1};
    fact_make_text_root(&part.root, &text);
    write_fact(0, ENTRY_SEALED, FACT_TEXT, &text);
    write_fact(0, ENTRY_SEALED, FACT_TEXT_PART, &part);
    return part.root;
}

static void
sign_by(uint8_t slot, const struct digest *act)
{
    hear_all(slot);
    write_fact(slot, ENTRY_SIGN, FACT_SIGN, &(struct fact){.object = *act});
}

TEST(each_rule_is_named_before_it_is_broken)
{
    static uint8_t list[32];
    struct writer offices = writer_of(list, sizeof list);
    static struct body body;
    uint32_t from = 0;
    struct digest unknown = {{1}}, missing = {{2}};

    start();
    observer_start(false);
    struct digest root = write_text();
    struct digest one = propose(root, 1, (struct bytes){0});
    struct digest two = propose(root, 1, (struct bytes){0});
    struct digest without_text = propose(missing, 2, (struct bytes){0});
    office_name_write(&offices, bytes_of_text("Adviser"));
    struct digest by_office = propose(root, 3, writer_written(&offices));
    observe_new(&from);
    CHECK(strcmp(judged_sign(&unknown), "A4") == 0);
    CHECK(strcmp(judged_fact(ENTRY_SIGN, FACT_RATIFY, &one), "A1") == 0);
    CHECK(strcmp(judged_fact(ENTRY_ACK, FACT_RATIFY, &one), "A1") == 0);
    CHECK(strcmp(judged_fact(ENTRY_RATIFY, FACT_RATIFY, &one), "A9") == 0);
    CHECK(strcmp(judged_sign(&without_text), "T2") == 0);
    CHECK(strcmp(judged_sign(&by_office), "A8") == 0);
    static uint8_t signature[64];
    body = (struct body){.count = 2};
    body.sections[0].type = FACT_SIGN;
    body.sections[0].fact.object = by_office;
    body.sections[1].type = FACT_CONSENT;
    body.sections[1].fact = (struct fact){
        .what = CONSENT_SIGN, .number = 1, .key = {{3}}, .signature = {signature, 64}};
    CHECK(strcmp(judged(ENTRY_SIGN, &body), "P7") == 0);
    CHECK(strcmp(judged_sign(&one), "") == 0 && strcmp(judged_sign(&two), "") == 0);
    sign_by(1, &one); /* the observer's party */
    observe_new(&from);
    CHECK(strcmp(judged_sign(&two), "A6") == 0 && strcmp(judged_sign(&one), "") == 0);
    hear_all(2);
    write_fact(2, ENTRY_WITHDRAW, FACT_WITHDRAW, &(struct fact){.object = two});
    observe_new(&from);
    CHECK(strcmp(judged_sign(&two), "A5") == 0);
    observer_stop();
    stop();
}

TEST(nobody_signs_before_a_party_that_came_back_is_known_to_all)
{
    uint32_t from = 0;

    start();
    observer_start(true);
    struct digest root = write_text();
    struct digest act = propose(root, 1, (struct bytes){0});
    hear_all(2);
    write_fact(2, ENTRY_SEALED, FACT_PLEDGE,
        &(struct fact){.parties = 1, .quantity = 1, .label = bytes_of_text("x"), .tag = bytes_of_text("en")});
    observe_new(&from);
    CHECK(strcmp(judged_sign(&act), "") == 0);
    build_party_certify(&setting.party[2]);
    test_room_feed(&feed[2], &setting, 2, 2);
    draft.entries[draft.count++] = (struct build_entry){.kind = ENTRY_RESUME};
    write_draft(2);
    observe_new(&from);
    CHECK(strcmp(judged_sign(&act), "A7") == 0);
    for (uint8_t slot = 0; slot < 2; slot++) {
        hear_all(slot);
        write_fact(slot, ENTRY_SEALED, FACT_UNDER, &(struct fact){.object = {{1}}});
    }
    observe_new(&from);
    CHECK(strcmp(judged_sign(&act), "") == 0);
    struct digest wanted = wanted_hash();
    check_hash(&wanted);
    observer_stop();
    stop();
}

TEST(what_is_signed_by_all_is_to_be_ratified_once)
{
    uint32_t from = 0, index = 0;
    struct digest found;
    bool more;

    start();
    observer_start(false);
    struct digest act = propose(write_text(), 1, (struct bytes){0});
    for (uint8_t slot = 0; slot < 2; slot++)
        sign_by(slot, &act);
    observe_new(&from);
    CHECK(room_to_ratify(observer.room, &index, &found) == ENTENTE_ERR_NOT_FOUND);
    sign_by(2, &act);
    observe_new(&from);
    index = 0;
    CHECK(room_to_ratify(observer.room, &index, &found) == ENTENTE_OK);
    CHECK(memcmp(&found, &act, sizeof act) == 0);
    CHECK(room_to_ratify(observer.room, &index, &found) == ENTENTE_ERR_NOT_FOUND);
    hear_all(1);
    write_fact(1, ENTRY_RATIFY, FACT_RATIFY, &(struct fact){.object = act});
    observe_new(&from);
    index = 0;
    CHECK(room_to_ratify(observer.room, &index, &found) == ENTENTE_ERR_NOT_FOUND);
    /* While something is being opened nobody can say. */
    write_fact(0, ENTRY_SEALED, FACT_UNDER, &(struct fact){.object = {{1}}});
    observe(&written[from]);
    CHECK(room_advance(observer.room, 10, &more) == ENTENTE_OK && !room_is_current(observer.room));
    CHECK(room_to_ratify(observer.room, &index, &found) == ENTENTE_ERR_PENDING);
    struct rule broken;
    CHECK(room_judge(observer.room, ENTRY_SIGN, (struct bytes){0}, &broken) == ENTENTE_ERR_PENDING);
    observer_stop();
    stop();
}

/* ---- what else is said of an entry ---- */

static bool
is_late(const struct entry_id *id)
{
    struct room_entry entry;

    CHECK(room_entry_of_id(observer.room, id, &entry) == ENTENTE_OK);
    return entry.is_late;
}

/* What is said under the session itself, or under an item of its agenda. */
static void
say_around_the_close(bool has_item)
{
    static const uint8_t chairs[] = {0, 1, 2};
    struct entry_id ids[4];
    uint32_t from = 0;

    start();
    observer_start(false);
    struct fact call = {.items = {chairs, 3}, .items_count = 3, .name = bytes_of_text("A session"),
        .tag = bytes_of_text("en")};
    write_fact(0, ENTRY_SEALED, FACT_SESSION, &call);
    struct fact item = {.object = last_object(), .number = 1, .tag = bytes_of_text("en")};
    if (has_item)
        write_fact(0, ENTRY_SEALED, FACT_ITEM, &item);
    struct fact under = {.object = last_object()};
    for (uint8_t slot = 1; slot < 3; slot++) {
        hear_all(slot);
        write_fact(slot, ENTRY_SEALED, FACT_UNDER, &under);
        ids[slot] = last_id();
    }
    observe_new(&from);
    CHECK(!is_late(&ids[1]) && !is_late(&ids[2]));
    hear(0, has_item ? 2 : 1); /* what slot 1 said, not what slot 2 did */
    struct fact chair = {.object = item.object, .what = CHAIR_CLOSE};
    write_fact(0, ENTRY_SEALED, FACT_CHAIR, &chair);
    ids[0] = last_id();
    write_fact(0, ENTRY_SEALED, FACT_UNDER, &under);
    ids[3] = last_id();
    observe_new(&from);
    CHECK(!is_late(&ids[0]) && !is_late(&ids[1]) && is_late(&ids[2]) && is_late(&ids[3]));
    observer_stop();
    stop();
}

TEST(what_the_close_did_not_know_came_late)
{
    say_around_the_close(false);
    say_around_the_close(true);
}

/* Two faces: the proof alone, then the other face as well, since somebody refers to it. */
TEST(a_forked_lane_is_followed)
{
    struct fact under = {.object = {{7}}};
    struct built_segment other;
    struct room_entry entry;
    uint64_t state = 1;

    for (int is_sqlite = 0; is_sqlite < 2; is_sqlite++) {
        start();
        observer_start(is_sqlite != 0);
        struct build_feed fork = feed[2];
        write_fact(2, ENTRY_SEALED, FACT_UNDER, &under);
        struct entry_id face = last_id();
        hear_all(0);
        observe_all();
        drain(&state);
        room_say(&other, &fork, NULL, 0);
        CHECK(replica_receive(&party[1], &other) == ENTENTE_OK);
        write_fact(1, ENTRY_SEALED, FACT_UNDER, &under); /* refers to the other face */
        CHECK(replica_receive(&observer.replica, &other) == ENTENTE_OK);
        CHECK(store_begin(observer.store) == ENTENTE_OK);
        const struct proven *proof = observer.replica.admission.faults;
        REQUIRE(proof != NULL);
        CHECK(store_put_proof(observer.store, &setting.id, 2, 1, proof->payload) == ENTENTE_OK);
        CHECK(store_commit(observer.store) == ENTENTE_OK);
        drain(&state);
        CHECK(room_entry_of_id(observer.room, &face, &entry) == ENTENTE_OK && entry.is_contested);
        observe(&written[1]);
        observe(&other);
        observer.answers_at_once = true;
        drain(&state);
        struct digest of_room, of_replica;
        CHECK(record_state_hash(room_record(observer.room), &of_room) == ENTENTE_OK);
        CHECK(record_state_hash(observer.replica.record, &of_replica) == ENTENTE_OK);
        CHECK(memcmp(&of_room, &of_replica, sizeof of_room) == 0);
        CHECK(record_entries(room_record(observer.room)) == 3);
        CHECK(room_entry_of_id(observer.room, &other.positions[0].id, &entry) == ENTENTE_OK);
        CHECK(entry.place.branch != 0 && entry.why != ENTENTE_OK);
        CHECK(room_under(observer.room, &under.object, 1, &entry) == ENTENTE_OK);
        built_segment_free(&other);
        observer_stop();
        stop();
    }
}

/* A register that grew is seen where an entry came with it, which does not refer to what is new of it. */
TEST(a_register_grows_beside_an_entry)
{
    struct fact under = {.object = {{7}}};
    bool more;

    for (int is_sqlite = 0; is_sqlite < 2; is_sqlite++) {
        uint32_t from = 0;
        start();
        observer_start(is_sqlite != 0);
        observer.answers_at_once = true;
        write_fact(1, ENTRY_SEALED, FACT_UNDER, &under);
        observe_new(&from);
        uint32_t before = register_count(room_register(observer.room, 0));
        struct register_entry office = {.kind = REGISTER_OFFICE,
            .name = bytes_of_text("Office"),
            .person = bytes_of_text("Holder"),
            .key = *register_transport_key(setting.registers[0])};
        write_fact(1, ENTRY_SEALED, FACT_UNDER, &under);
        build_party_add(&setting.party[0], &office);
        store_registers();
        observe(&written[from]);
        do
            CHECK(room_advance(observer.room, 100, &more) == ENTENTE_OK);
        while (more);
        CHECK(room_is_current(observer.room));
        CHECK(register_count(room_register(observer.room, 0)) == before + 1);
        observer_stop();
        stop();
    }
}

/* Who is told what grows looks for it then, and only then. */
TEST(what_grows_besides_entries_is_told)
{
    struct fact under = {.object = {{7}}};
    struct register_entry office = {.kind = REGISTER_OFFICE,
        .name = bytes_of_text("Office"),
        .person = bytes_of_text("Holder")};
    uint32_t from = 0;
    bool more;

    is_told = true;
    start();
    observer_start(false);
    observer.answers_at_once = true;
    write_fact(1, ENTRY_SEALED, FACT_UNDER, &under);
    observe_new(&from);
    uint32_t before = register_count(room_register(observer.room, 0));
    office.key = *register_transport_key(setting.registers[0]);
    write_fact(1, ENTRY_SEALED, FACT_UNDER, &under);
    build_party_add(&setting.party[0], &office);
    store_registers();
    observe_new(&from);
    CHECK(room_is_current(observer.room));
    CHECK(register_count(room_register(observer.room, 0)) == before);
    failing_of = observer.store->maker;
    static struct store_maker failing;
    failing = *failing_of;
    failing.first_from = failing_first_from;
    observer.store->maker = &failing;
    room_grew(observer.room);
    reads_left = 2; /* the end of the entries, and then a register: what failed is not forgotten */
    CHECK(room_advance(observer.room, 100, &more) == ENTENTE_ERR_IO);
    CHECK(room_advance(observer.room, 100, &more) == ENTENTE_OK && !more);
    CHECK(register_count(room_register(observer.room, 0)) == before + 1);
    observer.store->maker = failing_of;
    observer_stop();
    stop();
    is_told = false;
}

TEST_MAIN(CASE(any_order_over_memory), CASE(any_order_over_sqlite),
    CASE(bodies_under_an_object_come_in_display_order), CASE(every_read_of_the_store_fails_once),
    CASE(neighbours_are_read_together),
    CASE(a_full_disk_only_delays), CASE(what_is_not_there_is_not_opened),
    CASE(each_rule_is_named_before_it_is_broken),
    CASE(nobody_signs_before_a_party_that_came_back_is_known_to_all),
    CASE(what_is_signed_by_all_is_to_be_ratified_once),
    CASE(what_the_close_did_not_know_came_late), CASE(a_forked_lane_is_followed),
    CASE(a_register_grows_beside_an_entry), CASE(what_grows_besides_entries_is_told))
