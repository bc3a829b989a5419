/*
 * Goal: what was acknowledged (a commit came back) is in the journal for ever, with its bytes; what
 * was not may be gone, but never in the middle; damage is reported; old heads outlive old files.
 * Method: a disk in memory that loses power after its n-th operation, for every n and some seeds;
 * after each cut the journal is opened, compared with what was acknowledged, and written on.
 */
#include "support/memory_disk.h"
#include "support/test.h"

#include "crypto/crypto.h"
#include "keyholder/journal_format.h"

#define FILE_BYTES 20480u /* a header, and room for some 12 kB of records */

static const struct room_id rooms[2] = {{{1}}, {{2}}};

static struct journal_options
options_of(struct memory_disk *disk)
{
    return (struct journal_options){
        .disk = memory_disk_of(disk), .node_key = {{42}}, .inc = 1, .file_bytes = FILE_BYTES};
}

/* The segment that ends at `seq` of a room; `life` tells apart what was written anew after a cut.
 */
static size_t
segment_bytes(uint8_t out[static 4096], uint32_t room, uint32_t seq, uint32_t life)
{
    uint64_t state = (uint64_t)room << 48 ^ (uint64_t)life << 32 ^ seq;
    size_t size = 40 + test_random(&state) % 1500;

    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)test_random(&state);
    return size;
}

static struct journal_head
head_of(uint32_t room, uint32_t seq, uint32_t life)
{
    struct journal_head head = {
        .room = rooms[room], .slot = 1, .seq = seq, .reg_number = 4, .t_ms = 1000 + seq};

    memcpy(head.id.bytes, &seq, sizeof seq);
    memcpy(head.id.bytes + 4, &life, sizeof life);
    return head;
}

static enum entente_error
add(struct journal *journal, uint32_t room, uint32_t seq, uint32_t life)
{
    uint8_t data[4096];
    size_t size = segment_bytes(data, room, seq, life);
    struct journal_head head = head_of(room, seq, life);

    return journal_append(
        journal, &head, seq, (struct bytes){data, 20}, (struct bytes){data + 20, size - 20});
}

static bool
holds(struct journal *journal, uint32_t room, uint32_t seq, uint32_t life)
{
    uint8_t data[4096];
    size_t size = segment_bytes(data, room, seq, life);
    struct bytes segment, payloads;
    uint32_t last;

    return journal_read(journal, &rooms[room], seq, &last, &segment, &payloads) == ENTENTE_OK &&
           bytes_equal(segment, (struct bytes){data, 20}) &&
           bytes_equal(payloads, (struct bytes){data + 20, size - 20});
}

static struct journal *
open_new(struct memory_disk *disk)
{
    struct journal_options options = options_of(disk);
    struct journal *journal;

    if (crypto_start() != ENTENTE_OK || journal_create(&options) != ENTENTE_OK ||
        journal_open(&journal, &options) != ENTENTE_OK) {
        printf("Bail out! no journal\n");
        exit(1);
    }
    return journal;
}

static enum entente_error
reopen(struct journal **journal, struct memory_disk *disk)
{
    struct journal_options options = options_of(disk);

    journal_free(*journal);
    return journal_open(journal, &options);
}

TEST(keeps_what_was_committed)
{
    struct memory_disk disk = {0};
    struct journal *journal = open_new(&disk);

    CHECK(journal_head(journal, &rooms[0]) == NULL && journal_first_seq(journal, &rooms[0]) == 0);
    for (uint32_t seq = 1; seq <= 3; seq++)
        CHECK(add(journal, 0, seq, 0) == ENTENTE_OK);
    CHECK(journal_is_dirty(journal) && journal_commit(journal) == ENTENTE_OK);
    CHECK(!journal_is_dirty(journal));
    REQUIRE(reopen(&journal, &disk) == ENTENTE_OK);
    REQUIRE(journal_head(journal, &rooms[0]) != NULL);
    struct journal_head head = *journal_head(journal, &rooms[0]), wanted = head_of(0, 3, 0);
    CHECK(head.seq == 3 && head.t_ms == wanted.t_ms && head.reg_number == 4 && head.slot == 1);
    CHECK(entry_id_equal(&head.id, &wanted.id) && !head.is_retired);
    CHECK(journal_first_seq(journal, &rooms[0]) == 1);
    for (uint32_t seq = 1; seq <= 3; seq++)
        CHECK(holds(journal, 0, seq, 0));
    struct bytes segment, payloads;
    uint32_t last;
    CHECK(journal_read(journal, &rooms[0], 4, &last, &segment, &payloads) == ENTENTE_ERR_NOT_FOUND);
    CHECK(journal_read(journal, &rooms[1], 1, &last, &segment, &payloads) == ENTENTE_ERR_NOT_FOUND);
    journal_free(journal);
    memory_disk_free(&disk);
}

TEST(a_batch_is_one_write_and_one_sync)
{
    struct memory_disk disk = {0};
    struct journal *journal = open_new(&disk);

    disk.writes = disk.syncs = 0;
    for (uint32_t seq = 1; seq <= 5; seq++)
        CHECK(add(journal, seq % 2, (seq + 1) / 2, 0) == ENTENTE_OK);
    CHECK(disk.writes == 0 && disk.syncs == 0);
    CHECK(journal_commit(journal) == ENTENTE_OK && disk.writes == 1 && disk.syncs == 1);
    CHECK(journal_commit(journal) == ENTENTE_OK && disk.writes == 1 && disk.syncs == 1);
    journal_free(journal);
    memory_disk_free(&disk);
}

/*
 * All that was appended is acknowledged; or, where the sync is left to the disk, what the commit
 * before this one had.
 */
static enum entente_error
commit(struct journal *journal, bool apart, const uint32_t next[static 2],
    uint32_t under_way[static 2], uint32_t acknowledged[static 2])
{
    enum entente_error error = apart ? journal_commit_end(journal) : journal_commit(journal);

    if (error != ENTENTE_OK)
        return error;
    memcpy(acknowledged, apart ? under_way : next, 2 * sizeof *next);
    memcpy(under_way, next, 2 * sizeof *next);
    return apart ? journal_commit_begin(journal) : ENTENTE_OK;
}

/* Write with a cut after the n-th operation; returns false when there was no cut any more. */
static bool
run_cut(uint32_t n, uint64_t seed, bool release, bool apart)
{
    struct memory_disk disk = {.seed = seed, .is_apart = apart};
    struct journal *journal = open_new(&disk);
    uint32_t acknowledged[2] = {0}, under_way[2] = {0}, next[2] = {0}, lives[2][200] = {{0}};
    bool was_cut = false;

    disk.operations = 0;
    disk.power_until = n;
    for (uint32_t round = 0, life = 0; round < 30; round++) {
        enum entente_error error = ENTENTE_OK;
        for (uint32_t i = 0; i <= round % 3 && error == ENTENTE_OK; i++) {
            uint32_t room = (round + i) % 2;
            error = add(journal, room, next[room] + 1, life);
            lives[room][++next[room]] = life;
        }
        if (error == ENTENTE_OK)
            error = commit(journal, apart, next, under_way, acknowledged);
        if (error == ENTENTE_OK) {
            for (uint32_t room = 0; release && room < 2; room++)
                journal_release(journal, &rooms[room], acknowledged[room],
                    acknowledged[room] - acknowledged[room] / 4);
            if (round % 4 == 3)
                error = journal_mark(journal);
        }
        if (error == ENTENTE_OK)
            continue;
        was_cut = true;
        memory_disk_cut(&disk);
        error = reopen(&journal, &disk);
        if (error != ENTENTE_OK) {
            printf("# n %u, seed %u: %s\n", n, (unsigned)seed, entente_error_name(error));
            test_failed(__FILE__, __LINE__, "does not open after a power cut");
            break;
        }
        for (uint32_t room = 0; room < 2; room++) {
            const struct journal_head *head = journal_head(journal, &rooms[room]);
            uint32_t seq = head == NULL ? 0 : head->seq;
            CHECK(seq >= acknowledged[room] && seq <= next[room]);
            acknowledged[room] = under_way[room] = next[room] = seq; /* what is there is acted on */
        }
        life++;
    }
    disk.power_until = 0;
    CHECK(journal_commit(journal) == ENTENTE_OK);
    memcpy(acknowledged, next, sizeof next);
    for (int again = 0; again < 2; again++) {
        for (uint32_t room = 0; room < 2; room++) {
            uint32_t first = journal_first_seq(journal, &rooms[room]);
            CHECK(journal_head(journal, &rooms[room])->seq == acknowledged[room]);
            CHECK(release || first == 1);
            for (uint32_t seq = first; seq > 0 && seq <= acknowledged[room]; seq++)
                CHECK(holds(journal, room, seq, lives[room][seq]));
        }
        CHECK(reopen(&journal, &disk) == ENTENTE_OK);
        if (journal == NULL)
            break;
    }
    journal_free(journal);
    memory_disk_free(&disk);
    return was_cut;
}

static void
sweep(bool release, bool apart)
{
    uint32_t n = 1;

    for (bool was_cut = true; was_cut && n < 2000 && test_failures == 0; n++) {
        was_cut = false;
        for (uint64_t seed = 1; seed <= 4; seed++)
            was_cut |= run_cut(n, seed * 1000 + n, release, apart);
    }
    CHECK(n > 70 && n < 2000);
}

TEST(a_power_cut_after_every_operation_loses_nothing_acknowledged)
{
    sweep(false, false);
}

TEST(nor_while_files_are_given_up)
{
    sweep(true, false);
}

TEST(nor_while_the_disk_syncs_by_itself)
{
    sweep(false, true);
    sweep(true, true);
}

/*
 * Flip one byte of each acknowledged record in turn, and of each header: never a shorter feed, but
 * for the last record, and not for that one either once it is marked.  Returns how often it was.
 */
static uint32_t
damage_everywhere(struct memory_disk *disk, uint32_t last_seq)
{
    struct journal *journal = NULL;
    uint32_t refused = 0, unnoticed = 0;

    for (uint32_t file = 0; file < JOURNAL_FILES_MAX; file++) {
        for (uint64_t at = 0; at < disk->files[file].now_size; at += 37) {
            disk->files[file].now[at] ^= 0x10;
            enum entente_error error = reopen(&journal, disk);
            CHECK(error == ENTENTE_OK || error == ENTENTE_ERR_CORRUPT);
            refused += error == ENTENTE_ERR_CORRUPT;
            if (error == ENTENTE_OK) {
                CHECK(journal_head(journal, &rooms[0])->seq >= last_seq - 1);
                unnoticed += journal_head(journal, &rooms[0])->seq < last_seq;
            }
            disk->files[file].now[at] ^= 0x10;
        }
    }
    CHECK(refused > 500);
    journal_free(journal);
    return unnoticed;
}

TEST(damage_is_reported)
{
    struct memory_disk disk = {0};
    struct journal *journal = open_new(&disk);

    for (uint32_t seq = 1; seq <= 30; seq++) {
        CHECK(add(journal, 0, seq, 0) == ENTENTE_OK);
        CHECK(journal_commit(journal) == ENTENTE_OK);
    }
    uint32_t unnoticed = damage_everywhere(&disk, 30);
    CHECK(unnoticed > 0 && unnoticed < 60);
    CHECK(journal_mark(journal) == ENTENTE_OK);
    CHECK(damage_everywhere(&disk, 30) == 0);
    journal_free(journal);
    memory_disk_free(&disk);
}

/* Though each was written down while the sync of the one before was under way. */
TEST(damage_is_reported_where_the_disk_syncs_by_itself)
{
    struct memory_disk disk = {.is_apart = true};
    struct journal *journal = open_new(&disk);
    uint32_t apart = 0;

    for (uint32_t seq = 1; seq <= 30; seq++) {
        CHECK(add(journal, 0, seq, 0) == ENTENTE_OK && journal_is_dirty(journal));
        apart += journal_is_committing(journal); /* unless the next file was turned to */
        CHECK(journal_commit_end(journal) == ENTENTE_OK && !journal_is_committing(journal));
        CHECK(journal_commit_begin(journal) == ENTENTE_OK);
    }
    CHECK(journal_commit_end(journal) == ENTENTE_OK && apart > 20);
    CHECK(damage_everywhere(&disk, 30) > 0);
    journal_free(journal);
    memory_disk_free(&disk);
}

/* Nor does what was not synced count, whoever waits for the sync. */
TEST(what_needs_the_disk_ends_the_commit_that_is_under_way)
{
    struct memory_disk disk = {.is_apart = true};
    struct journal *journal = open_new(&disk);

    CHECK(add(journal, 0, 1, 0) == ENTENTE_OK && journal_commit_begin(journal) == ENTENTE_OK);
    CHECK(journal_is_committing(journal) && journal_unmarked(journal) == 0);
    CHECK(holds(journal, 0, 1, 0) && !journal_is_committing(journal));
    CHECK(journal_unmarked(journal) == 1);
    CHECK(add(journal, 0, 2, 0) == ENTENTE_OK && journal_commit_begin(journal) == ENTENTE_OK);
    disk.operations = 0;
    disk.power_until = 1;
    disk.is_off = true;
    CHECK(journal_commit_end(journal) == ENTENTE_ERR_IO);
    CHECK(journal_commit(journal) == ENTENTE_ERR_IO && add(journal, 0, 3, 0) == ENTENTE_ERR_IO);
    memory_disk_cut(&disk);
    disk.power_until = 0;
    CHECK(reopen(&journal, &disk) == ENTENTE_OK && holds(journal, 0, 1, 0));
    journal_free(journal);
    memory_disk_free(&disk);
}

TEST(a_mark_is_one_write_and_one_sync_once)
{
    struct memory_disk disk = {0};
    struct journal *journal = open_new(&disk);

    CHECK(journal_unmarked(journal) == 0 && add(journal, 0, 1, 0) == ENTENTE_OK);
    CHECK(journal_unmarked(journal) == 0 && journal_commit(journal) == ENTENTE_OK);
    CHECK(journal_unmarked(journal) == 1);
    disk.writes = disk.syncs = 0;
    for (int i = 0; i < 2; i++) {
        CHECK(journal_mark(journal) == ENTENTE_OK && journal_unmarked(journal) == 0);
        CHECK(disk.writes == 1 && disk.syncs == 1);
    }
    REQUIRE(reopen(&journal, &disk) == ENTENTE_OK);
    CHECK(journal_unmarked(journal) == 0 && journal_head(journal, &rooms[0])->seq == 1);
    CHECK(add(journal, 0, 2, 0) == ENTENTE_OK && journal_commit(journal) == ENTENTE_OK);
    REQUIRE(reopen(&journal, &disk) == ENTENTE_OK);
    CHECK(journal_unmarked(journal) == 3 && holds(journal, 0, 1, 0) && holds(journal, 0, 2, 0));
    journal_free(journal);
    memory_disk_free(&disk);
}

/* Then the record that closes the file says it. */
TEST(a_full_file_is_marked_too)
{
    static uint8_t filler[FILE_BYTES];
    struct memory_disk disk = {0};
    struct journal *journal = open_new(&disk);
    struct journal_head head = head_of(0, 1, 0);
    size_t free_bytes = FILE_BYTES - JOURNAL_HEADER_BYTES - JOURNAL_RECORD_HEAD_BYTES;
    size_t most = free_bytes - journal_record_size(JOURNAL_SEGMENT, 0, 0);

    REQUIRE(journal_append(journal, &head, 1, (struct bytes){filler, 8},
                (struct bytes){filler, most / 8 * 8 - 8}) == ENTENTE_OK);
    CHECK(journal_mark(journal) == ENTENTE_OK && journal_unmarked(journal) == 0);
    CHECK(damage_everywhere(&disk, 1) == 0);
    CHECK(reopen(&journal, &disk) == ENTENTE_OK && journal_unmarked(journal) == 0);
    journal_free(journal);
    memory_disk_free(&disk);
}

/* Where the file has its record of a kind, numbered from 0; 0: nowhere. */
static uint32_t
find_record(const struct memory_file *file, uint8_t kind, uint32_t index)
{
    struct journal_record record;

    for (uint32_t at = JOURNAL_HEADER_BYTES; at < FILE_BYTES; at += JOURNAL_ALIGNMENT)
        if (journal_record_parse((struct bytes){file->now + at, FILE_BYTES - at}, &record) ==
                ENTENTE_OK &&
            record.kind == kind && index-- == 0)
            return at;
    return 0;
}

static enum entente_error
add_small(struct journal *journal, uint32_t seq, uint32_t life)
{
    struct journal_head head = head_of(0, seq, life);

    return journal_append(journal, &head, seq, bytes_of_text("segment"), bytes_of_text("payload"));
}

/* A power cut took the first record of a batch and left the second, which fits behind a new first.
 */
TEST(what_a_torn_batch_left_is_never_taken_up)
{
    struct memory_disk disk = {0};
    struct journal *journal = open_new(&disk);

    CHECK(add_small(journal, 1, 0) == ENTENTE_OK && add_small(journal, 2, 0) == ENTENTE_OK);
    CHECK(journal_commit(journal) == ENTENTE_OK);
    disk.files[0].now[find_record(&disk.files[0], JOURNAL_SEGMENT, 0)] ^= 1;
    REQUIRE(reopen(&journal, &disk) == ENTENTE_OK);
    CHECK(journal_head(journal, &rooms[0]) == NULL);
    CHECK(add_small(journal, 1, 1) == ENTENTE_OK && journal_commit(journal) == ENTENTE_OK);
    CHECK(find_record(&disk.files[0], JOURNAL_SEGMENT, 1) > 0); /* it is still there */
    REQUIRE(reopen(&journal, &disk) == ENTENTE_OK);
    CHECK(journal_head(journal, &rooms[0])->seq == 1);
    journal_free(journal);
    memory_disk_free(&disk);
}

/* The cut came after the new file's header and before the old file's last record. */
TEST(an_old_file_is_closed_at_the_latest_when_the_journal_is_opened)
{
    struct memory_disk disk = {0};
    struct journal *journal = open_new(&disk);
    uint32_t seq = 0, at = 0;

    while (at == 0) {
        CHECK(add(journal, 0, ++seq, 0) == ENTENTE_OK);
        at = find_record(&disk.files[0], JOURNAL_CLOSED, 0);
    }
    CHECK(journal_commit(journal) == ENTENTE_OK);
    memset(disk.files[0].now + at, 0, JOURNAL_RECORD_HEAD_BYTES);
    REQUIRE(reopen(&journal, &disk) == ENTENTE_OK);
    CHECK(journal_head(journal, &rooms[0])->seq == seq);
    CHECK(find_record(&disk.files[0], JOURNAL_CLOSED, 0) == at);
    disk.files[1].now[0] ^= 1; /* without its header the second file would be forgotten */
    CHECK(reopen(&journal, &disk) == ENTENTE_ERR_CORRUPT);
    memory_disk_free(&disk);
}

TEST(a_file_that_is_gone_is_reported)
{
    struct memory_disk disk = {0};
    struct journal *journal = open_new(&disk);

    for (uint32_t seq = 1; seq <= 40; seq++)
        CHECK(add(journal, 0, seq, 0) == ENTENTE_OK);
    CHECK(journal_commit(journal) == ENTENTE_OK);
    struct journal *untouched = journal;
    journal = NULL;
    uint32_t needed = 0;
    for (uint32_t file = 0; file < JOURNAL_FILES_MAX; file++) {
        uint64_t size = disk.files[file].now_size;
        if (size == 0)
            continue;
        disk.files[file].now_size = 0;
        needed += reopen(&journal, &disk) == ENTENTE_ERR_CORRUPT;
        disk.files[file].now_size = size;
    }
    CHECK(needed >= 3);
    CHECK(reopen(&journal, &disk) == ENTENTE_OK);
    journal_free(journal);
    journal_free(untouched);
    memory_disk_free(&disk);
}

TEST(another_keys_journal_is_refused)
{
    struct memory_disk disk = {0};
    struct journal *journal = open_new(&disk), *other;
    struct journal_options options = options_of(&disk);

    options.node_key.bytes[31] ^= 1;
    CHECK(journal_open(&other, &options) == ENTENTE_ERR_OTHER_KEY && other == NULL);
    options = options_of(&disk);
    options.inc = 2;
    CHECK(journal_open(&other, &options) == ENTENTE_ERR_OTHER_KEY && other == NULL);
    CHECK(journal_create(&options) == ENTENTE_ERR_EXISTS);
    journal_free(journal);
    memory_disk_free(&disk);
    CHECK(journal_open(&other, &options) == ENTENTE_ERR_NOT_FOUND && other == NULL);
}

/* Room 1 is written once, room 0 for hundreds of files: its head must come along. */
TEST(heads_outlive_their_files_and_the_disk_stays_bounded)
{
    struct memory_disk disk = {0};
    struct journal *journal = open_new(&disk);

    CHECK(add(journal, 1, 1, 0) == ENTENTE_OK);
    struct journal_head retired = head_of(1, 1, 0);
    retired.is_retired = true;
    CHECK(journal_retire(journal, &retired) == ENTENTE_OK);
    journal_release(journal, &rooms[1], 1, 1);
    for (uint32_t seq = 1; seq <= 2000; seq++) {
        CHECK(add(journal, 0, seq, 0) == ENTENTE_OK);
        if (seq % 4 == 0)
            CHECK(journal_commit(journal) == ENTENTE_OK);
        journal_release(journal, &rooms[0], seq, seq > 5 ? seq - 5 : 0);
    }
    CHECK(journal_commit(journal) == ENTENTE_OK);
    uint32_t files = 0;
    for (uint32_t i = 0; i < JOURNAL_FILES_MAX; i++)
        files += disk.files[i].now_size > 0;
    CHECK(files <= 5);
    CHECK(journal_first_seq(journal, &rooms[0]) == 1996 && holds(journal, 0, 1996, 0));
    CHECK(reopen(&journal, &disk) == ENTENTE_OK);
    REQUIRE(journal != NULL && journal_head(journal, &rooms[1]) != NULL);
    CHECK(journal_head(journal, &rooms[1])->seq == 1);
    CHECK(journal_head(journal, &rooms[1])->is_retired);
    CHECK(journal_head(journal, &rooms[0])->seq == 2000);
    CHECK(journal_first_seq(journal, &rooms[1]) == 0);
    journal_free(journal);
    memory_disk_free(&disk);
}

/* Nobody has it stored: the journal fills up, says so, and goes on when the node has caught up. */
TEST(a_full_journal_refuses_and_recovers)
{
    struct memory_disk disk = {0};
    struct journal *journal = open_new(&disk);
    uint32_t seq = 0;

    while (seq < 5000 && add(journal, 0, seq + 1, 0) == ENTENTE_OK)
        seq++;
    CHECK(seq > 500 && seq < 5000);
    CHECK(add(journal, 0, seq + 1, 0) == ENTENTE_ERR_DISK_FULL);
    CHECK(holds(journal, 0, 1, 0) && holds(journal, 0, seq, 0));
    CHECK(reopen(&journal, &disk) == ENTENTE_OK);
    REQUIRE(journal != NULL);
    CHECK(journal_head(journal, &rooms[0])->seq == seq && holds(journal, 0, 1, 0));
    journal_release(journal, &rooms[0], seq, 3); /* stored, but held by nobody else */
    for (uint32_t i = 0; i < 3000; i++, seq++) {
        REQUIRE(add(journal, 0, seq + 1, 0) == ENTENTE_OK);
        journal_release(journal, &rooms[0], seq + 1, 3);
    }
    CHECK(holds(journal, 0, seq, 0) && holds(journal, 0, seq - 300, 0));
    CHECK(reopen(&journal, &disk) == ENTENTE_OK);
    REQUIRE(journal != NULL);
    CHECK(journal_head(journal, &rooms[0])->seq == seq);
    journal_free(journal);
    memory_disk_free(&disk);
}

TEST(a_full_disk_refuses_and_recovers)
{
    struct memory_disk disk = {.bytes_max = 3 * FILE_BYTES - 1};
    struct journal *journal = open_new(&disk);
    uint32_t seq = 0;

    while (add(journal, 0, seq + 1, 0) == ENTENTE_OK)
        seq++;
    CHECK(add(journal, 0, seq + 1, 0) == ENTENTE_ERR_DISK_FULL);
    CHECK(journal_commit(journal) == ENTENTE_OK);
    disk.bytes_max = 0;
    CHECK(add(journal, 0, seq + 1, 0) == ENTENTE_OK);
    CHECK(journal_commit(journal) == ENTENTE_OK);
    CHECK(holds(journal, 0, 1, 0) && holds(journal, 0, seq + 1, 0));
    journal_free(journal);
    memory_disk_free(&disk);
}

TEST(after_a_failed_sync_nothing_is_promised)
{
    struct memory_disk disk = {0};
    struct journal *journal = open_new(&disk);

    CHECK(add(journal, 0, 1, 0) == ENTENTE_OK);
    disk.operations = 0;
    disk.power_until = 1; /* the write is done, the sync is not */
    CHECK(journal_commit(journal) == ENTENTE_ERR_IO);
    disk.is_off = false;
    disk.power_until = 0;
    CHECK(journal_commit(journal) == ENTENTE_ERR_IO);
    CHECK(add(journal, 0, 2, 0) == ENTENTE_ERR_IO);
    CHECK(reopen(&journal, &disk) == ENTENTE_OK);
    REQUIRE(journal != NULL);
    CHECK(journal_head(journal, &rooms[0])->seq == 1);
    journal_free(journal);
    memory_disk_free(&disk);
}

TEST(what_does_not_fit_into_a_file_is_too_large)
{
    struct memory_disk disk = {0};
    struct journal *journal = open_new(&disk);
    static uint8_t large[FILE_BYTES];
    struct journal_head head = head_of(0, 1, 0);

    CHECK(journal_append(journal, &head, 1, (struct bytes){large, 64},
              (struct bytes){large, sizeof large}) == ENTENTE_ERR_TOO_LARGE);
    CHECK(journal_head(journal, &rooms[0]) == NULL && !journal_is_dirty(journal));
    journal_free(journal);
    memory_disk_free(&disk);
}

TEST_MAIN(CASE(keeps_what_was_committed), CASE(a_batch_is_one_write_and_one_sync),
    CASE(a_power_cut_after_every_operation_loses_nothing_acknowledged),
    CASE(nor_while_files_are_given_up), CASE(nor_while_the_disk_syncs_by_itself),
    CASE(damage_is_reported), CASE(damage_is_reported_where_the_disk_syncs_by_itself),
    CASE(what_needs_the_disk_ends_the_commit_that_is_under_way),
    CASE(a_mark_is_one_write_and_one_sync_once), CASE(a_full_file_is_marked_too),
    CASE(what_a_torn_batch_left_is_never_taken_up),
    CASE(an_old_file_is_closed_at_the_latest_when_the_journal_is_opened),
    CASE(a_file_that_is_gone_is_reported), CASE(another_keys_journal_is_refused),
    CASE(heads_outlive_their_files_and_the_disk_stays_bounded),
    CASE(a_full_journal_refuses_and_recovers), CASE(a_full_disk_refuses_and_recovers),
    CASE(after_a_failed_sync_nothing_is_promised), CASE(what_does_not_fit_into_a_file_is_too_large))
