#include "pair.h"

#include "support/test.h"

#define ROUNDS_MAX 20

struct pair pair;

void
pair_begin(bool is_alone)
{
    memset(&pair.known, 0, sizeof pair.known);
    pair.is_alone = is_alone;
    party_make(&pair.ours, &pair.world, &pair.known, 0);
    if (is_alone)
        return;
    party_make(&pair.peer, &pair.world, &pair.known, 1);
    party_spawn(&pair.peer);
    PARTY_UNTIL(&pair.peer, party_is_up(&pair.peer));
    CHECK(party_is_up(&pair.peer));
}

void
pair_end(void)
{
    party_free(&pair.ours);
    if (!pair.is_alone)
        party_free(&pair.peer);
}

/* ---- work ---- */

/* Whether all that the peer was told is written arrived here; what we write then covers it. */
static bool
is_here(void)
{
    struct party *ours = &pair.ours;
    uint32_t asked = ours->statuses;

    party_ask_status(ours);
    PARTY_UNTIL(ours, ours->statuses > asked);
    return ours->status.parties[1].head_seq >= pair.known.greatest[1];
}

void
pair_write_ours(uint32_t count, size_t bytes)
{
    struct party *ours = &pair.ours;
    uint32_t before = ours->appended;

    for (uint32_t i = 0; i < count && !ours->is_gone; i++)
        party_say(ours, bytes);
    PARTY_UNTIL(ours, ours->appended == before + count);
    CHECK(ours->is_gone || ours->appended == before + count); /* it goes on writing */
}

void
pair_write_peers(uint32_t count, size_t bytes)
{
    struct party *peer = &pair.peer;
    uint32_t before = peer->appended;

    for (uint32_t i = 0; i < count; i++)
        party_say(peer, bytes);
    PARTY_UNTIL(peer, peer->appended == before + count);
    CHECK(peer->appended == before + count);
    PARTY_UNTIL(&pair.ours, is_here());
    CHECK(pair.ours.is_gone || is_here() || pair.ours.is_gone); /* asking may find it gone */
}

static bool
goes_on(const struct fault_control *faults, int round)
{
    if (pair.ours.is_gone || test_failures > 0)
        return false;
    return round == 0 || (round < ROUNDS_MAX && faults->calls < faults->at);
}

/* Appends, and intake between them, until the fault comes. */
static void
work(const struct fault_control *faults, size_t bytes)
{
    for (int round = 0; goes_on(faults, round); round++) {
        pair_write_ours(1, bytes);
        if (!pair.ours.is_gone && !pair.is_alone)
            pair_write_peers(1, bytes);
        if (!pair.ours.is_gone)
            pair_write_ours(3, bytes);
        if (!pair.ours.is_gone && !pair.is_alone)
            pair_write_peers(2, bytes);
    }
}

/* ---- checks ---- */

/* What the peer was told that we hold of its entries, is on our disk now. */
static void
check_claims(void)
{
    party_read_store(&pair.ours);
    if (pair.is_alone)
        return;
    REQUIRE(party_list(&pair.peer));
    for (uint32_t seq = 1; seq < SEQS_MAX; seq++)
        if ((pair.peer.held[1][seq] & 1u) && !(pair.ours.held[1][seq] & PARTY_LISTED)) {
            printf("# seq %u of the peer's\n", seq);
            test_failed(__FILE__, __LINE__, "an entry that it said to hold is not in its store");
            return;
        }
}

/* Both sides have it all; nothing acknowledged is missing, nothing is there twice. */
static void
check_all(void)
{
    if (party_list(&pair.ours))
        party_check(&pair.ours);
    else
        CHECK(pair.ours.is_gone);
    if (pair.is_alone)
        return;
    REQUIRE(party_list(&pair.peer));
    party_check(&pair.peer);
}

static void
prepare_faults(const struct life *life)
{
    for (int part = 0; part < (int)PARTY_PARTS; part++) {
        struct fault_control *faults = pair.ours.faults[part];
        bool meets = part == (int)life->part;
        *faults = life->faults;
        if (!meets)
            faults->at = 0;
        pair.ours.is_faulty[part] = meets || life->both;
        faults->is_armed = life->from_start && pair.ours.is_faulty[part];
    }
}

static void
arm(void)
{
    for (int part = 0; part < (int)PARTY_PARTS; part++)
        pair.ours.faults[part]->is_armed = pair.ours.is_faulty[part];
}

void
pair_live(const struct life *life)
{
    struct party *ours = &pair.ours;
    const struct fault_control *faults = ours->faults[life->part];

    prepare_faults(life);
    party_spawn(ours);
    PARTY_UNTIL(ours, party_is_up(ours));
    CHECK(ours->is_gone || party_is_up(ours));
    if (!ours->is_gone && pair.is_alone)
        party_be_alone(ours);
    if (!ours->is_gone)
        pair_write_ours(1, 300); /* then the barrier is passed, and the journal given back */
    if (!ours->is_gone)
        check_all();
    arm();
    work(faults, life->bytes);
    CHECK(faults->hits == (life->faults.at > 0)); /* nothing else ended it */
    if (test_failures > 0 && ours->trouble != 0)
        printf("# it said: %s\n", entente_error_text((enum entente_error)ours->trouble));
    party_kill(ours);
    check_claims();
}

void
pair_check(void)
{
    pair_live(&(struct life){.bytes = 300});
}
