/*
 * Goal: what rests on the disk leaves when the disk has it, and not before, while the keyholder goes
 * on; what the disk says of a sync that somebody else waited for is heard.
 * Method: the journal on a real disk with the thread that syncs, appended to while it is at work;
 * the ways out of the keyholder, with commits begun and ended by hand.
 */
#include "support/test.h"

#include "crypto/crypto.h"
#include "keyholder/outlet.h"
#include "keyholder/real_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

static bool
is_readable(int event)
{
    struct pollfd polled = {event, POLLIN, 0};

    return poll(&polled, 1, 0) == 1;
}

TEST(says_when_it_is_done_and_what_the_disk_said)
{
    struct syncer *syncer;
    int file = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    REQUIRE(file >= 0 && syncer_start(&syncer) == ENTENTE_OK);
    for (int i = 0; i < 20; i++) {
        CHECK(!is_readable(syncer_event(syncer)));
        CHECK(write(file, "x", 1) == 1);
        syncer_begin(syncer, file);
        struct pollfd polled = {syncer_event(syncer), POLLIN, 0};
        CHECK(i % 2 == 0 || poll(&polled, 1, -1) == 1); /* or it is waited for */
        CHECK(syncer_end(syncer) == 0);
    }
    close(file);
    syncer_begin(syncer, file);
    CHECK(syncer_end(syncer) == EBADF);
    syncer_begin(syncer, -1); /* under way at the end */
    syncer_stop(syncer);
    syncer_stop(NULL);
}

/* Some batches are waited for by poll(), some by the next one, some by a read. */
TEST(the_journal_goes_on_while_its_disk_syncs)
{
    char folder[] = "/tmp/entente-syncer-XXXXXX", path[64];
    struct real_disk disk;
    struct syncer *syncer;
    struct journal *journal;
    struct journal_head head = {.room = {{1}}, .slot = 1};
    struct bytes segment, payloads;
    uint32_t last, apart = 0;

    REQUIRE(crypto_start() == ENTENTE_OK && mkdtemp(folder) != NULL);
    int opened = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    REQUIRE(opened >= 0 && syncer_start(&syncer) == ENTENTE_OK);
    real_disk_open(&disk, opened);
    struct journal_options options = {
        .disk = real_disk_of(&disk), .node_key = {{42}}, .inc = 1, .file_bytes = 32768};
    REQUIRE(journal_create(&options) == ENTENTE_OK);
    REQUIRE(journal_open(&journal, &options) == ENTENTE_OK);
    disk.syncer = syncer;
    for (uint32_t i = 0; i < 300; i++) {
        head.seq++;
        CHECK(journal_append(journal, &head, head.seq, bytes_of_text("segment"),
                  bytes_of_text("payloads")) == ENTENTE_OK);
        CHECK(i % 7 != 0 || (journal_read(journal, &head.room, head.seq, &last, &segment,
                                 &payloads) == ENTENTE_OK && last == head.seq));
        CHECK(!journal_is_committing(journal) || i % 3 != 0 ||
              journal_commit_end(journal) == ENTENTE_OK);
        CHECK(journal_commit_begin(journal) == ENTENTE_OK);
        apart += journal_is_committing(journal);
    }
    CHECK(apart > 200);
    CHECK(journal_commit(journal) == ENTENTE_OK && journal_mark(journal) == ENTENTE_OK);
    journal_free(journal);
    real_disk_close(&disk);
    CHECK(journal_open(&journal, &options) == ENTENTE_OK);
    REQUIRE(journal != NULL);
    CHECK(journal_head(journal, &head.room)->seq == 300);
    journal_free(journal);
    syncer_stop(syncer);
    real_disk_close(&disk);
    for (unsigned i = 0; i < JOURNAL_FILES_MAX; i++) {
        snprintf(path, sizeof path, "journal.%02u", i);
        (void)!unlinkat(opened, path, 0);
    }
    close(opened);
    CHECK(rmdir(folder) == 0);
}

static void
say(struct outlet *outlet, const char *text)
{
    struct bytes part = bytes_of_text(text);

    CHECK(channel_queue(outlet->said, 1, &part, 1) == ENTENTE_OK);
}

/* What left since it was asked last: the messages, one after the other. */
static bool
left(struct outlet *outlet, const char *wanted)
{
    struct bytes queued = channel_queued(outlet->out);
    struct reader reader = reader_of(queued);
    char found[64] = "";

    while (reader.rest.size > 0 && !reader.failed) {
        uint32_t size = reader_u32(&reader);
        (void)reader_u16(&reader);
        struct bytes text = reader_bytes(&reader, size);
        snprintf(found + strlen(found), sizeof found - strlen(found), "%.*s", (int)text.size,
            (const char *)text.data);
    }
    channel_sent(outlet->out, queued.size);
    return strcmp(found, wanted) == 0;
}

TEST(an_answer_leaves_with_the_commit_that_it_rests_on)
{
    struct outlet outlet;

    REQUIRE(outlet_new(&outlet, -1) == ENTENTE_OK);
    say(&outlet, "a");
    CHECK(outlet_let_go(&outlet) == ENTENTE_OK && left(&outlet, "a"));
    say(&outlet, "b");
    CHECK(outlet_hold(&outlet) == ENTENTE_OK && left(&outlet, ""));
    CHECK(outlet_commit_began(&outlet) == ENTENTE_OK && left(&outlet, ""));
    say(&outlet, "c");
    CHECK(outlet_hold(&outlet) == ENTENTE_OK && left(&outlet, ""));
    say(&outlet, "d"); /* rests on nothing */
    CHECK(outlet_let_go(&outlet) == ENTENTE_OK && left(&outlet, "d"));
    CHECK(outlet_committed(&outlet) == ENTENTE_OK && left(&outlet, "b"));
    CHECK(outlet_committed(&outlet) == ENTENTE_OK && left(&outlet, ""));
    say(&outlet, "e");
    CHECK(outlet_hold(&outlet) == ENTENTE_OK && outlet_commit_began(&outlet) == ENTENTE_OK);
    CHECK(left(&outlet, "") && outlet_committed(&outlet) == ENTENTE_OK && left(&outlet, "ce"));
    outlet_free(&outlet);
}

/* What has no room for the answers of one round is not asked for more; nothing is dropped. */
TEST(what_waits_is_bounded)
{
    static uint8_t large[CHANNEL_BODY_BYTES_MAX];
    struct bytes part = {large, sizeof large};
    struct outlet outlet;
    uint32_t rounds = 0;

    REQUIRE(outlet_new(&outlet, -1) == ENTENTE_OK);
    for (; outlet_has_room(&outlet) && rounds < 100; rounds++) {
        for (int i = 0; i < 3; i++)
            REQUIRE(channel_queue(outlet.said, 1, &part, 1) == ENTENTE_OK);
        CHECK((rounds % 3 == 0 ? outlet_let_go(&outlet) : outlet_hold(&outlet)) == ENTENTE_OK);
        CHECK(rounds % 3 != 1 || outlet_commit_began(&outlet) == ENTENTE_OK);
    }
    CHECK(rounds > 3 && rounds < 10);
    CHECK(outlet_committed(&outlet) == ENTENTE_OK && outlet_commit_began(&outlet) == ENTENTE_OK);
    CHECK(outlet_committed(&outlet) == ENTENTE_OK);
    CHECK(channel_queued(outlet.out).size == rounds * 3 * (sizeof large + CHANNEL_HEAD_BYTES));
    outlet_free(&outlet);
}

TEST_MAIN(CASE(says_when_it_is_done_and_what_the_disk_said),
    CASE(the_journal_goes_on_while_its_disk_syncs),
    CASE(an_answer_leaves_with_the_commit_that_it_rests_on), CASE(what_waits_is_bounded))
