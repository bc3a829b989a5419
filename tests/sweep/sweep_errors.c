/*
 * Goal: a disk that is full, broken or read-only from one call to the next costs nothing that was
 * acknowledged, ends no process by a signal, is told in one line, and is over when its cause is.
 * Method: the n-th call that changes files fails, for every n, once or from then on, with ENOSPC,
 * EIO and EROFS in turns.  The node must live on and write its store again; the keyholder, which
 * then knows nothing of its journal any more, must say why, end, and start again.
 *
 * ENTENTE_SWEEP=all: every n with each error.
 */
#include "pair.h"
#include "support/test.h"

#include <errno.h>

#define ERRORS 3u
#define LARGE_BYTES 1000000u

static const struct {
    uint32_t number;
    enum entente_error error;
} errors[ERRORS] = {
    {ENOSPC, ENTENTE_ERR_DISK_FULL}, {EIO, ENTENTE_ERR_IO}, {EROFS, ENTENTE_ERR_READ_ONLY}};

static bool is_all;

static void
set_fault(enum party_part part, uint32_t n, uint32_t which, bool stays)
{
    struct fault_control *faults = pair.ours.faults[part];

    *faults = (struct fault_control){.action = FAULT_FAIL,
        .disk_only = 1,
        .at = n,
        .fails = stays ? UINT32_MAX : 1,
        .error = errors[which].number};
    pair.ours.is_faulty[part] = true;
}

static void
tell(const char *who, uint32_t n, uint32_t which, bool stays)
{
    if (test_failures > 0)
        printf("# the %s's call %u failed%s: %s\n", who, n, stays ? " as all behind it" : "",
            strerror((int)errors[which].number));
}

/* ---- the node ---- */

/* Both write; nothing but an answer to what was said is waited for. */
static void
write_both(void)
{
    uint32_t before = pair.peer.appended;

    pair_write_ours(1, 300);
    party_say(&pair.peer, 300);
    PARTY_UNTIL(&pair.peer, pair.peer.appended > before);
}

/* Whether the peer was told that we hold all that it wrote until now. */
static bool
is_claimed(uint32_t seq)
{
    return party_list(&pair.peer) && (pair.peer.held[1][seq] & 1u);
}

/* The fault comes, is told, goes, and what was not written then is written. */
static void
pass_fault(uint32_t n, uint32_t which, bool stays)
{
    struct party *ours = &pair.ours;
    struct fault_control *faults = ours->faults[PARTY_NODE];

    party_forget_trace(ours);
    set_fault(PARTY_NODE, n, which, stays);
    faults->is_armed = 1;
    /* The store is written a few times a second, however fast we write. */
    uint64_t until_ms = party_now_ms() + 20000;
    while (faults->hits == 0 && test_failures == 0 && party_now_ms() < until_ms)
        write_both();
    CHECK(faults->hits > 0);
    until_ms = party_now_ms() + 300;
    while (stays && party_now_ms() < until_ms)
        party_hear(ours, 20);
    faults->is_armed = 0;
    write_both();
    uint32_t seq = pair.known.greatest[1];
    for (int i = 0; i < 60 && test_failures == 0 && !is_claimed(seq); i++) {
        until_ms = party_now_ms() + 250;
        while (party_now_ms() < until_ms)
            party_hear(ours, 50);
        pair_write_ours(1, 300);
    }
    CHECK(is_claimed(seq) && !ours->is_gone);
    CHECK(!stays || party_traced(ours, entente_error_text(errors[which].error)));
    CHECK(!party_traced(ours, "Sanitizer") && !party_traced(ours, "runtime error"));
}

TEST(the_node_lives_through_each_error_of_its_disk)
{
    struct party *ours = &pair.ours;

    pair_begin(false);
    ours->is_faulty[PARTY_NODE] = true;
    party_spawn(ours);
    PARTY_UNTIL(ours, party_is_up(ours));
    pair_write_ours(1, 300);
    for (uint32_t n = 1; n <= 9 && test_failures == 0; n++)
        for (uint32_t which = 0; which < ERRORS && test_failures == 0; which++) {
            bool stays = (n + which) % 2 == 0;
            if (!is_all && n % ERRORS != which)
                continue;
            pass_fault(n, which, stays);
            tell("node", n, which, stays);
        }
    party_kill(ours);
    if (test_failures == 0)
        pair_check();
    pair_end();
}

/* ---- the keyholder ---- */

/* Until it is gone or, where an error stops nothing, goes on for a while. */
static void
write_on(size_t bytes, const struct fault_control *faults)
{
    struct party *ours = &pair.ours;

    for (int i = 0; i < 40 && !ours->is_gone && (faults->hits == 0 || i < 8); i++) {
        uint32_t answered = ours->appended + ours->refused;
        party_say(ours, bytes);
        PARTY_UNTIL(ours, ours->appended + ours->refused > answered);
        if (!ours->is_gone && ours->appended + ours->refused == answered) {
            test_failed(__FILE__, __LINE__, "no answer");
            return;
        }
    }
}

static void
fail_keyholder(uint32_t n, uint32_t which, bool stays, size_t bytes)
{
    struct party *ours = &pair.ours;
    struct fault_control *faults = ours->faults[PARTY_KEYHOLDER];

    set_fault(PARTY_KEYHOLDER, n, which, stays);
    party_spawn(ours);
    PARTY_UNTIL(ours, party_is_up(ours));
    party_be_alone(ours);
    pair_write_ours(1, 300);
    if (party_list(ours))
        party_check(ours);
    faults->is_armed = 1;
    write_on(bytes, faults);
    CHECK(faults->hits > 0);
    /* Only what makes room for large entries may fail without a doubt about the journal. */
    CHECK(ours->is_gone || bytes == LARGE_BYTES);
    if (ours->is_gone) {
        CHECK(ours->trouble == errors[which].error);
        CHECK(party_ended_well(ours));
    } else {
        faults->is_armed = 0; /* it refused what it had no room for */
        pair_write_ours(1, 300);
    }
    party_kill(ours);
    tell("keyholder", n, which, stays);
}

static void
sweep_keyholder(uint32_t calls, uint32_t step, size_t bytes)
{
    pair_begin(true);
    for (uint32_t n = 1; n <= calls && test_failures == 0; n += step)
        for (uint32_t which = 0; which < ERRORS && test_failures == 0; which++)
            if (is_all || n / step % ERRORS == which)
                fail_keyholder(n, which, n / 2 % 2 == 0, bytes); /* writes and syncs alternate */
    if (test_failures == 0)
        pair_check();
    pair_end();
}

TEST(the_keyholder_ends_with_each_error_of_its_disk_and_starts_again)
{
    sweep_keyholder(6, 1, 300);
}

TEST(the_keyholder_finds_no_room_for_another_file)
{
    sweep_keyholder(22, is_all ? 1 : 3, LARGE_BYTES);
}

/* ---- starting ---- */

TEST(a_start_that_fails_says_why_and_the_next_one_does_not)
{
    struct party *ours = &pair.ours;

    pair_begin(true);
    for (uint32_t n = 1; n <= (is_all ? 30 : 10) && test_failures == 0; n++) {
        enum party_part part = n % 2 == 0 ? PARTY_KEYHOLDER : PARTY_NODE;
        uint32_t which = n % ERRORS;
        ours->is_faulty[PARTY_KEYHOLDER] = ours->is_faulty[PARTY_NODE] = false;
        set_fault(part, 1 + n / 2, which, true);
        ours->faults[part]->is_armed = 1;
        party_spawn(ours);
        PARTY_UNTIL(ours, party_is_up(ours) || ours->trouble != 0);
        if (ours->trouble != 0) /* else nothing had to be written */
            CHECK(ours->trouble == errors[which].error);
        CHECK(ours->trouble != 0 || party_is_up(ours));
        party_kill(ours);
        ours->is_faulty[part] = false;
        if (test_failures == 0)
            pair_check();
        tell(part == PARTY_NODE ? "node" : "keyholder", 1 + n / 2, which, true);
    }
    pair_end();
}

int
main(int argc, char **argv)
{
    const struct test_case cases[] = {CASE(the_node_lives_through_each_error_of_its_disk),
        CASE(the_keyholder_ends_with_each_error_of_its_disk_and_starts_again),
        CASE(the_keyholder_finds_no_room_for_another_file),
        CASE(a_start_that_fails_says_why_and_the_next_one_does_not)};
    const char *asked = getenv("ENTENTE_SWEEP");

    if (argc < 4)
        return 1;
    is_all = asked != NULL && strcmp(asked, "all") == 0;
    world_make(&pair.world, argv + 1);
    int status = test_run(cases, sizeof cases / sizeof cases[0], argc - 3, argv + 3);
    world_free(&pair.world);
    return status;
}
