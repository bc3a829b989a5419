/*
 * Goal: the commits of people who talk come at once; those of a stream are as far apart as their cost says, and on
 * a slow disk farther, but never so far that those who read are kept waiting.
 * Method: a clock of the test's own; commits are asked for as soon as they may come, or as people would.
 */
#include "support/test.h"

#include "daemon/pace.h"

#define MS UINT64_C(1000000)

/* How many commits that take `took_ns` each come within `ns`, where there is always something to commit. */
static uint64_t
commits_within(struct pace *pace, uint64_t *now_ns, uint64_t ns, uint64_t took_ns, bool is_read)
{
    uint64_t count = 0, end = *now_ns + ns;

    for (;;) {
        *now_ns += pace_wait_ns(pace, *now_ns, is_read) + took_ns;
        if (*now_ns >= end)
            return count;
        pace_note(pace, *now_ns, took_ns);
        count++;
    }
}

TEST(what_people_say_is_committed_at_once)
{
    struct pace pace = {0};
    uint64_t now_ns = 5 * MS, state = 1, said_ns = 0, acked = 0;

    /* Ten statements a second on a slow disk; acks, asked for all the time, find their places between them. */
    while (now_ns < 100000 * MS) {
        bool is_said = now_ns >= said_ns;
        if (is_said) {
            CHECK(pace_wait_ns(&pace, now_ns, true) == 0);
            said_ns = now_ns + (50 + test_random(&state) % 100) * MS;
        }
        if (is_said || pace_wait_ns(&pace, now_ns, false) == 0) {
            now_ns += 2 * MS;
            pace_note(&pace, now_ns, 2 * MS);
            acked += !is_said;
        }
        now_ns += MS;
    }
    CHECK(acked > 300);
}

TEST(a_stream_is_gathered)
{
    for (int is_read = 0; is_read < 2; is_read++) {
        struct pace pace = {0};
        uint64_t now_ns = 1000 * MS;
        commits_within(&pace, &now_ns, 1000 * MS, MS / 2, is_read); /* what may come ahead is used up */
        uint64_t count = commits_within(&pace, &now_ns, 10000 * MS, MS / 2, is_read);
        CHECK(count >= 470 && count <= 500);
        count = commits_within(&pace, &now_ns, 10000 * MS, 4 * MS, is_read);
        CHECK(count >= 140 && count <= 160);
    }
}

TEST(nobody_waits_for_long)
{
    struct pace pace = {0};
    uint64_t now_ns = 1000 * MS;

    for (int i = 0; i < 100; i++) {
        now_ns += pace_wait_ns(&pace, now_ns, true);
        pace_note(&pace, now_ns, i % 2 == 0 ? UINT64_MAX : UINT64_MAX / 16);
        CHECK(pace_wait_ns(&pace, now_ns, true) <= PACE_COST_NS_MAX);
        CHECK(pace_wait_ns(&pace, now_ns, false) <= PACE_AHEAD_NS + PACE_COST_NS_MAX);
    }
}

TEST(a_quiet_time_saves_no_more_than_some_commits)
{
    struct pace pace = {0};
    uint64_t now_ns = 3600000 * MS;
    uint64_t count = commits_within(&pace, &now_ns, 100 * MS, MS / 10, true);

    CHECK(count >= 10 && count <= 16);
    pace = (struct pace){0};
    CHECK(commits_within(&pace, &now_ns, 100 * MS, MS / 10, false) <= 5);
}

TEST_MAIN(CASE(what_people_say_is_committed_at_once), CASE(a_stream_is_gathered), CASE(nobody_waits_for_long),
    CASE(a_quiet_time_saves_no_more_than_some_commits))
