/*
 * Goal: deps are exactly the maximal new elements (L1), the display order is the one of O1,
 * insertion-only and final where all hold an entry, and the state hash depends on the set only
 * (O2). Method: random rooms in which parties with wrong clocks write and hear of each other in any
 * order; a plain model (sets of ancestors, a quadratic Kahn) says what must come out.
 */
#include "support/room.h"
#include "support/test.h"

#define ENTRIES_MAX 48
#define ROUNDS 250

static struct test_room room;

/* One entry of the model: `past` has a bit for each ancestor, itself included. */
struct model_entry {
    struct built_segment built;
    struct position position;
    uint64_t t_ms;
    uint64_t past;
    int before; /* the entry that prev names, or -1 */
};

struct model {
    struct model_entry entries[ENTRIES_MAX];
    int count;
    struct replica party[ROOM_PARTIES_MAX];
    struct build_feed feed[ROOM_PARTIES_MAX];
    uint64_t seen[ROOM_PARTIES_MAX];
    int head[ROOM_PARTIES_MAX];
};

static bool
has(uint64_t set, int entry)
{
    return (set >> entry & 1) != 0;
}

static uint64_t
bit(int entry)
{
    return UINT64_C(1) << entry;
}

/* Party `slot` hears some of what it could: what has its causes already. */
static void
hear(struct model *model, uint8_t slot, uint64_t *state, unsigned percent)
{
    for (int e = 0; e < model->count; e++) {
        if (has(model->seen[slot], e) ||
            ((model->entries[e].past & ~bit(e)) & ~model->seen[slot]) != 0 ||
            test_random(state) % 100 >= percent)
            continue;
        CHECK(replica_receive(&model->party[slot], &model->entries[e].built) == ENTENTE_OK);
        CHECK(model->party[slot].admission.entries == 1);
        model->seen[slot] |= bit(e);
    }
}

/* The deps of the new entry against the definition: maximal in what was seen, beyond prev's past.
 */
static void
check_deps(const struct model *model, uint8_t slot, const struct model_entry *made)
{
    uint64_t known = model->head[slot] < 0 ? 0 : model->entries[model->head[slot]].past;
    uint64_t fresh = model->seen[slot] & ~known;
    uint64_t wanted = 0, found = 0;
    struct segment *segment = calloc(1, sizeof *segment);
    struct reader reader = reader_of(made->built.segment);

    for (int e = 0; e < model->count; e++) {
        bool is_maximal = has(fresh, e);
        for (int f = 0; f < model->count; f++)
            if (f != e && has(fresh, f) && has(model->entries[f].past, e))
                is_maximal = false;
        if (is_maximal)
            wanted |= bit(e);
    }
    CHECK(segment_parse(&reader, segment) == ENTENTE_OK);
    for (unsigned i = 0; i < segment->entries[0].deps_count; i++) {
        struct position dep = entry_dep(&segment->entries[0], i);
        if (dep.inc == REGISTER_INC)
            continue;
        int e = 0;
        while (e < model->count && position_compare(&model->entries[e].position, &dep) != 0)
            e++;
        CHECK(e < model->count);
        found |= bit(e);
    }
    CHECK(found == wanted);
    free(segment);
}

static void
write_entry(struct model *model, uint8_t slot, uint64_t t_ms)
{
    struct model_entry *made = &model->entries[model->count];
    struct build_feed *feed = &model->feed[slot];

    if (t_ms > feed->t_ms)
        feed->t_ms = t_ms;
    CHECK(replica_write(
        &model->party[slot], feed, ENTRY_SEALED, bytes_of_text("words"), &made->built));
    made->position = feed->head;
    made->t_ms = feed->t_ms;
    made->before = model->head[slot];
    made->past = bit(model->count) | model->seen[slot];
    check_deps(model, slot, made);
    model->head[slot] = model->count;
    model->seen[slot] |= bit(model->count);
    model->count++;
}

static void
model_make(struct model *model, uint64_t *state)
{
    struct replica_options options = {.heads_only = true};
    uint64_t clock = BUILD_T_MS + 1000;
    uint8_t parties = room.parties;
    int wanted = 10 + (int)(test_random(state) % (ENTRIES_MAX - 10));

    memset(model, 0, sizeof *model);
    for (uint8_t slot = 0; slot < parties; slot++) {
        replica_make(&model->party[slot], &room, &options);
        test_room_feed(&model->feed[slot], &room, slot, 1);
        model->head[slot] = -1;
    }
    while (model->count < wanted) {
        uint8_t slot = (uint8_t)(test_random(state) % parties);
        clock += test_random(state) % 4;
        hear(model, slot, state, 50);
        /* Some clocks are honest, some stand still, one runs far ahead now and then. */
        uint64_t t = clock + test_random(state) % 3;
        if (slot == 1)
            t = 0;
        if (slot == 2 && test_random(state) % 8 == 0)
            t = clock + 1000000;
        write_entry(model, slot, t);
    }
}

static void
model_free(struct model *model)
{
    for (uint8_t slot = 0; slot < room.parties; slot++)
        replica_free(&model->party[slot]);
    for (int e = 0; e < model->count; e++)
        built_segment_free(&model->entries[e].built);
}

static bool
comes_before(const struct model_entry *a, const struct model_entry *b)
{
    if (a->t_ms != b->t_ms)
        return a->t_ms < b->t_ms;
    return position_compare(&a->position, &b->position) < 0;
}

/* O1 by its definition; returns how many there are. */
static int
model_order(const struct model *model, uint64_t set, int *order)
{
    uint64_t placed = 0;
    int count = 0;

    for (;;) {
        int best = -1;
        for (int e = 0; e < model->count; e++) {
            const struct model_entry *entry = &model->entries[e];
            if (!has(set, e) || has(placed, e) || ((entry->past & ~bit(e)) & ~placed) != 0)
                continue;
            if (best < 0 || comes_before(entry, &model->entries[best]))
                best = e;
        }
        if (best < 0)
            return count;
        placed |= bit(best);
        order[count++] = best;
    }
}

static void
check_order(const struct model *model, struct replica *replica, uint64_t set)
{
    int wanted[ENTRIES_MAX];
    int count = model_order(model, set, wanted);
    struct order *order;
    struct ordered ordered;

    REQUIRE(order_new(&order, replica->record) == ENTENTE_OK);
    for (int i = 0; i < count; i++) {
        CHECK(order_next(order, &ordered) == ENTENTE_OK);
        struct position found = entry_position(&ordered.entry, &ordered.id);
        CHECK(position_compare(&found, &model->entries[wanted[i]].position) == 0);
        CHECK(bytes_equal(ordered.payload, bytes_of_text("words")));
    }
    CHECK(order_next(order, &ordered) == ENTENTE_ERR_NOT_FOUND);
    order_free(order);
}

/* Of two sets, one within the other: nothing swaps, and nothing new comes before what all hold. */
static void
check_insertion_only(const struct model *model, uint64_t small, uint64_t large)
{
    int few[ENTRIES_MAX], many[ENTRIES_MAX];
    int few_count = model_order(model, small, few), many_count = model_order(model, large, many);
    int at = 0;

    for (int i = 0; i < many_count; i++)
        if (has(small, many[i]))
            CHECK(many[i] == few[at++]);
    CHECK(at == few_count);
    for (int e = 0; e < model->count; e++) {
        uint64_t holders = 0;
        for (int f = 0; f < model->count; f++)
            if (has(small, f) && has(model->entries[f].past, e))
                holders |= bit(model->entries[f].position.slot);
        if (holders != bit(room.parties) - 1)
            continue;
        for (int i = 0; i < many_count && many[i] != e; i++)
            CHECK(has(small, many[i]));
    }
}

TEST(orders_as_the_model)
{
    uint64_t state = 7;
    struct model *model = calloc(1, sizeof *model);

    for (int round = 0; round < ROUNDS && test_failures == 0; round++) {
        model_make(model, &state);
        uint64_t small[ROOM_PARTIES_MAX];
        for (uint8_t slot = 0; slot < room.parties; slot++) {
            check_order(model, &model->party[slot], model->seen[slot]);
            small[slot] = model->seen[slot];
            hear(model, slot, &state, 70);
            check_order(model, &model->party[slot], model->seen[slot]);
            check_insertion_only(model, small[slot], model->seen[slot]);
        }
        model_free(model);
    }
    free(model);
}

/* Every entry to a fresh replica in a random order. */
static void
shuffle_into(struct replica *replica, const struct model *model, uint64_t *state)
{
    int order[ENTRIES_MAX];

    for (int i = 0; i < model->count; i++)
        order[i] = i;
    for (int i = model->count - 1; i > 0; i--) {
        int j = (int)(test_random(state) % (uint64_t)(i + 1));
        int kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
    for (int i = 0; i < model->count; i++)
        CHECK(replica_receive(replica, &model->entries[order[i]].built) == ENTENTE_OK);
}

TEST(gives_one_state_for_any_order_of_arrival)
{
    uint64_t state = 11;
    struct replica_options options = {.heads_only = true};
    struct model *model = calloc(1, sizeof *model);
    struct digest wanted, found;

    for (int round = 0; round < 60 && test_failures == 0; round++) {
        model_make(model, &state);
        for (int times = 0; times < 4; times++) {
            struct replica replica;
            replica_make(&replica, &room, &options);
            shuffle_into(&replica, model, &state);
            CHECK(record_entries(replica.record) == (uint64_t)model->count);
            CHECK(!record_pending_at(replica.record, 0, &(struct position){0}));
            CHECK(record_state_hash(replica.record, &found) == ENTENTE_OK);
            if (times == 0)
                wanted = found;
            CHECK(memcmp(&wanted, &found, sizeof wanted) == 0);
            check_order(model, &replica, bit(model->count) - 1);

            /* What was stored gives the same record again. */
            replica_reload(&replica, &options);
            CHECK(record_state_hash(replica.record, &found) == ENTENTE_OK);
            CHECK(memcmp(&wanted, &found, sizeof wanted) == 0);
            CHECK(record_entries(replica.record) == (uint64_t)model->count);
            check_order(model, &replica, bit(model->count) - 1);
            replica_free(&replica);
        }
        model_free(model);
    }
    free(model);
}

/* Any two entries, by the vectors of a record that was made again, against the model's sets. */
TEST(knows_the_past_of_each_entry)
{
    uint64_t state = 13;
    struct replica_options options = {.heads_only = true};
    struct model *model = calloc(1, sizeof *model);

    for (int round = 0; round < 20 && test_failures == 0; round++) {
        struct replica replica;
        model_make(model, &state);
        replica_make(&replica, &room, &options);
        shuffle_into(&replica, model, &state);
        if (round % 2 == 1)
            replica_reload(&replica, &options);
        for (int e = 0; e < model->count; e++)
            for (int f = 0; f < model->count; f++) {
                const struct position *one = &model->entries[e].position;
                const struct position *other = &model->entries[f].position;
                uint32_t on, of;
                bool in_past = false;
                CHECK(record_find(replica.record, one, &on) == ENTENTE_OK);
                CHECK(record_find(replica.record, other, &of) == ENTENTE_OK);
                CHECK(record_in_past(replica.record, on, one->seq, of, other->seq, &in_past) ==
                      ENTENTE_OK);
                CHECK(in_past == has(model->entries[f].past, e));
            }
        replica_free(&replica);
        model_free(model);
    }
    free(model);
}

TEST(knows_who_holds_what)
{
    uint64_t state = 17;
    struct replica_options options = {.heads_only = true};
    struct model *model = calloc(1, sizeof *model);

    for (int round = 0; round < 40 && test_failures == 0; round++) {
        struct replica replica;
        model_make(model, &state);
        replica_make(&replica, &room, &options);
        shuffle_into(&replica, model, &state);
        for (uint8_t writer = 0; writer < room.parties; writer++) {
            uint32_t branch, lowest = UINT32_MAX, highest = 0;
            if (record_lane(replica.record, writer, 1, &branch) != ENTENTE_OK)
                continue;
            for (uint8_t by = 0; by < room.parties; by++) {
                uint32_t wanted = 0;
                for (int e = 0; e < model->count; e++) {
                    const struct position *p = &model->entries[e].position;
                    bool covered = by == writer;
                    for (int f = 0; f < model->count; f++)
                        if (model->entries[f].position.slot == by && has(model->entries[f].past, e))
                            covered = true;
                    if (p->slot == writer && covered && p->seq > wanted)
                        wanted = p->seq;
                }
                CHECK(record_held_by(replica.record, by, branch) == wanted);
                lowest = wanted < lowest ? wanted : lowest;
                if (by != writer && wanted > highest)
                    highest = wanted;
            }
            CHECK(record_held_by_all(replica.record, branch) == lowest);
            CHECK(record_held_by_another(replica.record, branch) == highest);
        }
        replica_free(&replica);
        model_free(model);
    }
    free(model);
}

/* The next `count` acks of the feed in one segment, each with one dep (or none) and flags. */
static void
acknowledge(struct replica *replica, struct build_feed *feed, uint32_t count,
    const struct position *const *deps, const uint16_t *flags)
{
    struct build_entry entries[2] = {0};
    struct built_segment built;

    for (uint32_t i = 0; i < count; i++)
        entries[i] = (struct build_entry){
            .kind = ENTRY_ACK, .flags = flags[i], .deps = deps[i], .deps_count = deps[i] != NULL};
    build_segment(&built, feed, entries, count);
    CHECK(replica_receive(replica, &built) == ENTENTE_OK && replica->admission.entries == count);
    built_segment_free(&built);
}

/* H1: any entry with the flag counts, not only the last one; also after a new start. */
TEST(what_was_held_stays_held)
{
    static const uint16_t holds = ENTRY_FLAG_HOLDS, nothing = 0;
    struct replica replica;
    struct build_feed writer, reader;
    struct built_segment said;
    uint32_t branch;

    replica_make(&replica, &room, NULL);
    test_room_feed(&writer, &room, 0, 1);
    test_room_feed(&reader, &room, 1, 1);
    room_say_many(&said, &writer, 3);
    const struct position *one = &said.positions[0], *two = &said.positions[1],
                          *three = &said.positions[2], *none = NULL;
    CHECK(replica_receive(&replica, &said) == ENTENTE_OK);
    CHECK(record_find(replica.record, one, &branch) == ENTENTE_OK);
    acknowledge(&replica, &reader, 2, (const struct position *[]){one, two},
        (uint16_t[]){ENTRY_FLAG_HOLDS, 0});
    CHECK(record_held_by(replica.record, 1, branch) == 1);
    acknowledge(&replica, &reader, 1, &three, &nothing);
    CHECK(record_held_by(replica.record, 1, branch) == 1);
    replica_reload(&replica, NULL);
    CHECK(record_held_by(replica.record, 1, branch) == 1);
    acknowledge(&replica, &reader, 1, &none, &holds);
    CHECK(record_held_by(replica.record, 1, branch) == 3);
    acknowledge(&replica, &reader, 1, &none, &nothing);
    CHECK(record_held_by(replica.record, 1, branch) == 3);
    replica_reload(&replica, NULL);
    CHECK(record_held_by(replica.record, 1, branch) == 3);
    built_segment_free(&said);
    replica_free(&replica);
}

int
main(int argc, char **argv)
{
    static const struct test_case cases[] = {CASE(orders_as_the_model),
        CASE(gives_one_state_for_any_order_of_arrival), CASE(knows_the_past_of_each_entry),
        CASE(knows_who_holds_what), CASE(what_was_held_stays_held)};

    test_room_make(&room, 4, 2);
    int status = test_run(cases, sizeof cases / sizeof cases[0], argc, argv);
    test_room_free(&room);
    return status;
}
