/*
 * How long a desk takes to evaluate a room out of the node's store, and what one more entry costs then.
 *
 *   evaluate_rate FILE ENTRIES [ENTRIES_PER_SEGMENT]
 *
 * FILE is a store, made anew and removed at the end.  What is written is what minutes are made of: sessions with
 * agenda items, attendances and the chair's steps, each with some hundreds of statements under it; beside them
 * plain statements, pledges with deliveries and receipts, dialogues with rounds.  What the keyholder would do is
 * left out: a payload is its body.  Prints one line of JSON; the times are processor times.
 */
#include "clock.h"
#include "consultation/consultation.h"
#include "room/room.h"
#include "support/room.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PARTIES = 3, COMMIT_BYTES = 4 << 20, SESSION_ENTRIES = 1000, ONE_BY_ONE = 2000 };

struct maker {
    struct test_room room;
    struct build_feed feeds[PARTIES];
    struct store *store;
    struct record *record;
    struct arena arena;
    struct digest session, item, pledge, delivery, dialogue;
    uint64_t state;
    uint64_t entries;
    size_t uncommitted;
    uint8_t memory[SEGMENT_ENTRIES_MAX * 2048];
};

static void
must(enum entente_error error, const char *what)
{
    if (error == ENTENTE_OK)
        return;
    fprintf(stderr, "evaluate_rate: %s: %s\n", what, entente_error_text(error));
    exit(2);
}

static double
processor_s(void)
{
    return clock_ms(CLOCK_PROCESS_CPUTIME_ID) / 1000;
}

/* ---- what is written ---- */

static void
add_fact(struct body *body, uint16_t type, const struct fact *fact)
{
    body->sections[body->count].type = type;
    body->sections[body->count++].fact = *fact;
}

static void
add_statement(struct body *body, uint64_t *state)
{
    static char words[512];
    size_t size = 60 + (size_t)(test_random(state) % 200);

    memset(words, 'w', sizeof words);
    body->sections[body->count].type = SECTION_STATEMENT;
    body->sections[body->count++].statement = (struct section_statement){
        bytes_of_text("en"), bytes_of_text("A. Adviser"), {(const uint8_t *)words, size}};
}

/* The facts of `number`, whose id will be the next one of the feed: sessions and such come first. */
static void
fill_body(struct maker *maker, struct body *body)
{
    uint64_t number = maker->entries % SESSION_ENTRIES, chance = test_random(&maker->state) % 100;
    static const uint8_t chairs[] = {0, 1, 2};
    struct bytes en = bytes_of_text("en");
    char name[16];

    snprintf(name, sizeof name, "Person %u", (unsigned)(test_random(&maker->state) % 40));
    body->count = 0;
    if (number == 0)
        add_fact(body, FACT_SESSION,
            &(struct fact){.items = {chairs, 3}, .items_count = 3, .name = bytes_of_text("Session"), .tag = en});
    else if (number == 1)
        add_fact(body, FACT_PLEDGE,
            &(struct fact){.parties = 6, .quantity = 1000, .label = bytes_of_text("doses"), .tag = en});
    else if (number == 2)
        add_fact(body, FACT_DIALOGUE, &(struct fact){.name = bytes_of_text("The other side"), .tag = en});
    else if (number % 100 == 3)
        add_fact(body, FACT_ITEM,
            &(struct fact){.object = maker->session, .number = (uint32_t)number, .tag = en, .text = bytes_of_text("Vaccines")});
    else if (chance < 4)
        add_fact(body, FACT_ATTENDANCE,
            &(struct fact){.object = maker->session, .what = (uint8_t)(1 + chance % 2), .mode = 2, .name = bytes_of_text(name)});
    else if (chance < 7)
        add_fact(body, FACT_QUEUE,
            &(struct fact){.object = maker->session, .what = (uint8_t)(1 + chance % 2), .name = bytes_of_text(name)});
    else if (chance < 9)
        add_fact(body, FACT_CHAIR, &(struct fact){.object = maker->session, .what = CHAIR_ITEM, .subject = maker->item});
    else if (chance < 10)
        add_fact(body, FACT_DELIVERY, &(struct fact){.object = maker->pledge, .quantity = 5});
    else if (chance < 11)
        add_fact(body, FACT_RECEIPT,
            &(struct fact){.object = maker->delivery, .what = RECEIPT_CONFIRMED, .quantity = 5});
    else if (chance < 12)
        add_fact(body, FACT_ROUND,
            &(struct fact){.object = maker->dialogue, .number = 1, .what = ROUND_UNDER_WAY, .tag = en});
    else if (chance < 90)
        add_fact(body, FACT_UNDER, &(struct fact){.object = maker->session});
    if (body->count == 0 || body->sections[0].type == FACT_UNDER)
        add_statement(body, &maker->state);
}

/* What others will point to, once its entry has an id. */
static void
note_object(struct maker *maker, uint16_t type, const struct entry_id *id)
{
    struct digest *const objects[] = {&maker->session, &maker->item, &maker->pledge, &maker->delivery,
        &maker->dialogue};
    static const uint16_t types[] = {FACT_SESSION, FACT_ITEM, FACT_PLEDGE, FACT_DELIVERY, FACT_DIALOGUE};

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i] == type)
            fact_make_object(objects[i], id, 0);
}

static void
commit(struct maker *maker, size_t above)
{
    if (maker->uncommitted <= above)
        return;
    must(store_commit(maker->store), "commit");
    record_stored(maker->record);
    maker->uncommitted = 0;
}

static void
keep(struct maker *maker, const struct built_segment *built)
{
    struct admission admission;

    arena_reset(&maker->arena);
    must(record_receive(maker->record, built->segment, built->payloads, &maker->arena, &admission), "receive");
    must(store_begin(maker->store), "begin");
    for (const struct admitted *a = admission.first; a != NULL; a = a->next) {
        if (a->new_branch)
            must(store_put_branch(maker->store, &maker->room.id, &a->branch), "branch");
        must(store_put_segment(maker->store, &maker->room.id, &a->row, a->specials, a->specials_count), "segment");
    }
    maker->uncommitted += built->segment.size + built->payloads.size;
    record_stored(maker->record); /* so that the next one covers it; the commit comes later here */
}

static void
write_segment(struct maker *maker, uint8_t slot, uint32_t count)
{
    static struct body body;
    struct build_entry entries[SEGMENT_ENTRIES_MAX] = {0};
    uint16_t types[SEGMENT_ENTRIES_MAX];
    uint32_t past[16] = {0}, own, branches = record_branches(maker->record);
    struct built_segment built;
    struct frontier frontier;
    size_t used = 0;

    if (record_lane(maker->record, slot, 1, &own) == ENTENTE_OK)
        record_past(maker->record, own, past, branches);
    arena_reset(&maker->arena);
    must(record_frontier(maker->record, slot, 1, past, branches, &maker->arena, &frontier), "frontier");
    for (uint32_t i = 0; i < count; i++) {
        struct writer writer = writer_of(maker->memory + used, sizeof maker->memory - used);
        fill_body(maker, &body);
        types[i] = body.sections[0].type;
        must(body_write(&writer, &body), "body");
        used += writer.used;
        entries[i] = (struct build_entry){
            .kind = ENTRY_SEALED, .flags = ENTRY_FLAG_HOLDS, .payload = writer_written(&writer), .index = i};
        maker->entries++;
    }
    entries[0].deps = frontier.deps;
    entries[0].deps_count = frontier.deps_count;
    build_segment(&built, &maker->feeds[slot], entries, count);
    for (uint32_t i = 0; i < count; i++)
        note_object(maker, types[i], &built.positions[i].id);
    keep(maker, &built);
    built_segment_free(&built);
}

static void
make_store(struct maker *maker, const char *path)
{
    void *block = malloc(1 << 20);

    must(store_open_sqlite(&maker->store, path), path);
    test_room_make(&maker->room, PARTIES, 1);
    arena_init(&maker->arena, block, 1 << 20);
    must(store_begin(maker->store), "begin");
    must(store_put_room(maker->store, &maker->room.id, maker->room.genesis_file), "room");
    for (uint8_t slot = 0; slot < PARTIES; slot++) {
        const struct party_register *reg = maker->room.registers[slot];
        struct branch_row row = {.index = slot, .slot = slot, .inc = REGISTER_INC};
        for (uint32_t n = 1; n <= register_count(reg); n++)
            must(store_put_register(maker->store, register_party(reg), n, register_encoded(reg, n)), "register");
        must(store_put_branch(maker->store, &maker->room.id, &row), "branch");
        test_room_feed(&maker->feeds[slot], &maker->room, slot, 1);
    }
    must(store_commit(maker->store), "commit");
    struct record_options options = {.genesis = &maker->room.genesis,
        .room = maker->room.id,
        .registers = maker->room.registers,
        .source = store_source(maker->store),
        .heads_only = true,
        .payloads_elsewhere = true};
    must(record_new(&maker->record, &options), "record");
}

/* ---- what is measured ---- */

static struct room *room;

static void
open_body(void *state, uint64_t ticket, struct bytes header, struct bytes payload)
{
    (void)state;
    (void)header;
    must(room_opened(room, ticket, payload, ENTENTE_OK), "opened");
}

static void
evaluate(void)
{
    bool more = true;

    while (more || !room_is_current(room))
        must(room_advance(room, 256, &more), "advance");
}

/* What one more entry costs, each in a segment of its own, looked for as soon as it is stored. */
static double
one_by_one(struct maker *maker)
{
    double taken = 0;

    for (uint32_t i = 0; i < ONE_BY_ONE; i++) {
        write_segment(maker, (uint8_t)(i % PARTIES), 1);
        commit(maker, 0);
        double started = processor_s();
        evaluate();
        taken += processor_s() - started;
    }
    return taken / ONE_BY_ONE;
}

static void
remove_files(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char name[4096];

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

static int
open_spill(const char *path)
{
    char name[4096];

    snprintf(name, sizeof name, "%s.XXXXXX", path);
    int file = mkstemp(name);
    unlink(name);
    return file;
}

int
main(int count, char **words)
{
    static struct maker maker = {.state = 1,
        .session = {{1}}, .item = {{1}}, .pledge = {{1}}, .delivery = {{1}}, .dialogue = {{1}}};
    struct store_files files;
    struct store *reading;
    struct rusage usage;
    struct digest hash;

    if (count < 3) {
        fprintf(stderr, "usage: evaluate_rate FILE ENTRIES [ENTRIES_PER_SEGMENT]\n");
        return 1;
    }
    uint64_t wanted = strtoull(words[2], NULL, 10);
    uint32_t each = count > 3 ? (uint32_t)strtoul(words[3], NULL, 10) : SEGMENT_ENTRIES_MAX;
    if (wanted == 0 || each == 0 || each > SEGMENT_ENTRIES_MAX)
        return 1;
    remove_files(words[1]);
    make_store(&maker, words[1]);
    for (uint8_t slot = 0; maker.entries < wanted; slot = (uint8_t)((slot + 1) % PARTIES)) {
        write_segment(&maker, slot, each);
        commit(&maker, COMMIT_BYTES);
    }
    commit(&maker, 0);
    must(store_files_open(&files, words[1]), "files");
    must(store_open_sqlite_reading(&reading, &files), "reading");

    double started = processor_s();
    struct room_options options = {.id = maker.room.id,
        .slot = 0,
        .store = reading,
        .spill = open_spill(words[1]),
        .is_told = true,
        .calls = {.open = open_body}};
    must(room_new(&room, &options), "room");
    evaluate();
    double all_s = processor_s() - started;
    getrusage(RUSAGE_SELF, &usage);
    started = processor_s();
    must(consultation_state_hash(room_consultation(room), &hash), "hash");
    double hash_s = processor_s() - started;
    double one_s = one_by_one(&maker);
    printf("{\"entries\": %llu, \"seconds\": %.3f, \"us_per_entry\": %.2f, \"one_more_us\": %.1f, "
           "\"state_hash_s\": %.3f, \"peak_mib\": %.1f}\n",
        (unsigned long long)room_counts(room).entries - ONE_BY_ONE, all_s, all_s / (double)wanted * 1e6,
        one_s * 1e6, hash_s, (double)usage.ru_maxrss / 1024);
    room_free(room);
    store_close(reading);
    store_files_close(&files);
    record_free(maker.record);
    store_close(maker.store);
    remove_files(words[1]);
    return 0;
}
