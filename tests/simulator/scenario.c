/*
 * A seed chooses the number of parties, the speed of links and disks, the kind of trouble and its
 * order.  Safety: no invariant breaks while faults come from everywhere.  Liveness: faults end,
 * everything is healed, and within QUIET_MS all honest nodes agree, hold everything and fall
 * silent.
 */
#include "simulator/scenario.h"

#include <stdio.h>
#include <string.h>

#define QUIET_MS 90000u
#define SILENCE_MS 20000u /* of them, at the end, nothing may be signed */

const char *
scenario_mode_name(enum scenario_mode mode)
{
    static const char *const names[] = {
        "calm", "honest", "restores", "snapshots", "liars", "as the seed says"};

    return names[mode];
}

static uint32_t
any(struct simulator *sim)
{
    return (uint32_t)simulator_random(sim, simulator_instances(sim));
}

static void
talk(struct simulator *sim)
{
    uint32_t times = (uint32_t)simulator_random(sim, 4) + 1;
    uint32_t who = any(sim);

    for (uint32_t i = 0; i < times; i++)
        simulator_say(sim, who, (uint32_t)simulator_random(sim, 200));
}

static void
part(struct simulator *sim)
{
    uint32_t side = (uint32_t)simulator_random(sim, 1u << simulator_instances(sim));
    bool up = simulator_chance(sim, 40);

    for (uint32_t a = 0; a < simulator_instances(sim); a++)
        for (uint32_t b = 0; b < a; b++)
            if (up || ((side >> a) & 1u) != ((side >> b) & 1u))
                simulator_link(sim, a, b, up);
}

static void
honest_trouble(struct simulator *sim)
{
    uint32_t who = any(sim);

    switch (simulator_random(sim, 10)) {
    case 0:
        simulator_crash(sim, who, CRASH_NODE);
        break;
    case 1:
        if (simulator_chance(sim, 50))
            simulator_cut_power(sim, who, 1 + (uint32_t)simulator_random(sim, 8));
        else
            simulator_crash(sim, who, CRASH_MACHINE);
        break;
    case 2:
        simulator_crash(sim, who, CRASH_KEYHOLDER);
        break;
    case 3:
        part(sim);
        break;
    case 4:
        simulator_flap(sim, who, any(sim));
        break;
    case 5:
        simulator_stall(sim, who, any(sim), simulator_random(sim, 8000));
        break;
    case 6:
        simulator_fail_store(sim, who, 1 + simulator_random(sim, 6));
        break;
    case 7:
        simulator_jump_clock(sim, who, (int64_t)simulator_random(sim, 7200000) - 3600000);
        break;
    case 8:
        simulator_backup(sim, who);
        break;
    default:
        if (simulator_may_lose_store(sim, who))
            simulator_lose_store(sim, who, simulator_chance(sim, 50));
        break;
    }
}

static void
start_some(struct simulator *sim)
{
    for (uint32_t i = 0; i < simulator_instances(sim); i++)
        if (!simulator_is_up(sim, i) && simulator_chance(sim, 50))
            simulator_start(sim, i);
}

static void
restore(struct simulator *sim)
{
    uint32_t who = any(sim);

    if (simulator_may_lose_machine(sim, who))
        simulator_restore(sim, who, simulator_chance(sim, 50));
}

/* A whole machine goes back or is doubled: with all others in reach, the barrier must help (I4). */
static void
snapshot(struct simulator *sim)
{
    uint32_t who = any(sim);

    if (!simulator_is_honest(sim, who))
        return;
    if (simulator_chance(sim, 50))
        simulator_snapshot(sim, who);
    else if (simulator_chance(sim, 20))
        simulator_damage_journal(sim, who);
    else if (simulator_may_lose_machine(sim, who) && simulator_chance(sim, 70))
        simulator_roll_back(sim, who);
    else if (simulator_has_room_for_another(sim) && simulator_chance(sim, 30))
        simulator_start(sim, simulator_clone(sim, who));
}

static void
lie(struct simulator *sim, uint32_t liars)
{
    uint32_t who = (uint32_t)simulator_random(sim, liars);

    switch (simulator_random(sim, 5)) {
    case 0:
        if (simulator_has_room_for_another(sim))
            simulator_start(sim, simulator_add_face(sim, who, simulator_chance(sim, 30)));
        break;
    case 1: /* the year 2099 or 1970, as it claims */
        simulator_jump_clock(sim, who, simulator_chance(sim, 50) ? 2400000000000 : -1600000000000);
        break;
    case 3:
        if (simulator_chance(sim, 20))
            simulator_revoke(sim, who);
        break;
    case 2: /* each face has its own friends */
        part(sim);
        break;
    default:
        for (uint32_t i = 0; i < 20; i++)
            simulator_say(sim, who, (uint32_t)simulator_random(sim, 200));
        break;
    }
}

static void
act(struct simulator *sim, enum scenario_mode mode, uint32_t liars)
{
    if (mode == SCENARIO_CALM || simulator_chance(sim, 55))
        talk(sim);
    else if (simulator_chance(sim, 30))
        start_some(sim);
    else if (mode == SCENARIO_RESTORES && simulator_chance(sim, 15))
        restore(sim);
    else if (mode == SCENARIO_SNAPSHOTS && simulator_chance(sim, 25))
        snapshot(sim);
    else if (liars > 0 && simulator_chance(sim, 40))
        lie(sim, liars);
    else
        honest_trouble(sim);
    simulator_run(sim, simulator_random(sim, simulator_chance(sim, 20) ? 6000 : 600));
}

/* What the operators do when a node tells them that its key is burnt: the clone goes, and the party
 * begins another incarnation. */
static void
repair(struct simulator *sim, uint32_t parties)
{
    simulator_run(sim, 15000);
    for (uint32_t i = parties; i < simulator_instances(sim); i++)
        if (simulator_is_honest(sim, i))
            simulator_switch_off(sim, i);
    for (uint32_t i = 0; i < parties; i++)
        if (simulator_is_honest(sim, i) && !simulator_is_up(sim, i))
            simulator_resume(sim, i); /* its journal is damaged */
        else if (simulator_is_honest(sim, i) && (simulator_is_contested(sim, i) ||
            simulator_writing(sim, i) == NODE_WRITING_RETIRED))
            simulator_restore(sim, i, false);
}

/* Of a fork that a liar hid people may learn late, and then they speak of it once more. */
static void
await_silence(struct simulator *sim, enum scenario_mode mode)
{
    for (uint32_t i = 0; i < 4 && mode == SCENARIO_LIARS && simulator_breach(sim) == NULL &&
                         simulator_last_learnt_ms(sim) + SILENCE_MS > simulator_now(sim);
         i++)
        simulator_run(sim, SILENCE_MS);
}

static void
judge(struct simulator *sim, enum scenario_mode mode, struct scenario_result *result)
{
    const char *what = NULL;

    if (simulator_breach(sim) == NULL) {
        simulator_run(sim, QUIET_MS);
        await_silence(sim, mode);
        simulator_check_order(sim);
    }
    if (simulator_breach(sim) == NULL)
        what = simulator_converged(sim);
    if (simulator_breach(sim) == NULL && what == NULL &&
        simulator_last_signed_ms(sim) + SILENCE_MS > simulator_now(sim))
        what = "the room does not fall silent";
    if (simulator_breach(sim) != NULL)
        what = simulator_breach(sim);
    snprintf(result->breach, sizeof result->breach, "%s", what == NULL ? "" : what);
    if (what != NULL)
        simulator_trace(sim, "BREACH: %s", what);
}

void
scenario_run(const struct scenario_options *options, struct scenario_result *result)
{
    struct simulator_options o = {
        .seed = options->seed, .trace = options->trace, .mutations = options->mutations};
    /* The seed's shape comes from its own digits, so that the story may use the generator. */
    uint64_t shape = options->seed * 0xD1B54A32D192ED03u;

    o.parties = 2 + (uint32_t)((shape >> 60) % 4);
    o.latency_ms_min = (uint32_t)((shape >> 50) % 20);
    o.latency_ms_max = o.latency_ms_min + (uint32_t)((shape >> 40) % 150);
    o.disk_ms_max = (uint32_t)((shape >> 30) % 60);
    enum scenario_mode mode = options->mode;
    if (mode == SCENARIO_MODES)
        mode = (enum scenario_mode)((shape >> 20) % SCENARIO_MODES);

    /* Liars are fewer than the others, and have the first slots. */
    uint32_t liars = 0;
    if (mode == SCENARIO_LIARS) {
        o.parties = 3 + (uint32_t)((shape >> 60) % 3);
        liars = 1 + (uint32_t)((shape >> 10) % (o.parties / 2));
    }

    struct simulator *sim = simulator_new(&o);
    for (uint32_t i = 0; i < liars; i++)
        simulator_corrupt(sim, i,
            options->lies != 0 ? options->lies
                               : (uint32_t)simulator_random(sim, LIES_ALL + 1) &
                                     (uint32_t)simulator_random(sim, LIES_ALL + 1));
    uint32_t actions = 10 + (uint32_t)simulator_random(sim, 40);
    simulator_run(sim, simulator_random(sim, 3000));
    for (uint32_t i = 0; i < actions && simulator_breach(sim) == NULL; i++) {
        act(sim, mode, liars);
        if (simulator_chance(sim, 20))
            simulator_check_order(sim);
    }
    simulator_heal(sim);
    if (mode == SCENARIO_SNAPSHOTS)
        repair(sim, o.parties);
    judge(sim, mode, result);
    result->digest = simulator_digest(sim);
    result->signed_entries = simulator_signed(sim);
    result->acknowledged = simulator_acknowledged(sim);
    result->virtual_ms = simulator_now(sim);
    simulator_free(sim);
}
