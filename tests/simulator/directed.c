/*
 * The scripts.  Party 0 is the one to whom it happens.  Links and disks keep their random delays,
 * so that each seed is another run of the same story.
 */
#include "simulator/directed.h"

#include "simulator/internal.h"

static void
link_all(struct simulator *sim, uint32_t instance, bool up)
{
    for (uint32_t i = 0; i < simulator_instances(sim); i++)
        if (i != instance && sim->instances[i].party != sim->instances[instance].party)
            simulator_link(sim, instance, i, up);
}

static void
say(struct simulator *sim, uint32_t instance, uint32_t times)
{
    for (uint32_t i = 0; i < times; i++) {
        simulator_say(sim, instance, 40);
        simulator_run(sim, 300);
    }
}

static struct record *
record_at(const struct simulator *sim, uint32_t instance)
{
    return node_record(sim->instances[instance].node, &sim->room);
}

static uint32_t
entries_of(const struct simulator *sim, uint32_t instance, uint8_t slot, uint16_t inc)
{
    struct record *record = record_at(sim, instance);
    uint32_t count = 0;

    for (uint32_t b = sim->options.parties; b < record_branches(record); b++) {
        const struct branch_row *row = record_branch(record, b);
        if (row->slot == slot && row->inc == inc)
            count += record_head(record, b).seq - row->fork_seq;
    }
    return count;
}

/* How many segments of the lane (slot, 1) its store has. */
static uint32_t
segments_of(const struct simulator *sim, uint32_t instance, uint8_t slot)
{
    const struct record_source *source = store_source(sim->instances[instance].store);
    struct record *record = record_at(sim, instance);
    struct segment_row row;
    uint32_t count = 0, branch;

    if (record_lane(record, slot, 1, &branch) != ENTENTE_OK)
        return 0;
    for (uint32_t seq = 1; source->segment_at(source->state, &sim->room, branch, seq, &row) ==
                           ENTENTE_OK; seq = row.last_seq + 1)
        count++;
    return count;
}

/* Own entries of which the node of `instance` was told that they are in the feed. */
static uint32_t
acknowledged_of(const struct simulator *sim, uint32_t instance)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < sim->entries_count; i++)
        count += sim->entries[i].was_acknowledged &&
                 sim->entries[i].position.slot == sim->instances[instance].party;
    return count;
}

/* ---- sync ---- */

/* Who writes fast: the others get it in few segments (S4), and its own people see it at once. */
static const char *
play_hurry(struct simulator *sim)
{
    struct instance *writer = &sim->instances[0];

    simulator_run(sim, 3000);
    for (uint32_t i = 0; i < 300; i++) {
        simulator_say(sim, 0, 20);
        simulator_run(sim, 1 + simulator_random(sim, 2));
        struct event event = {.kind = EVENT_READ};
        if (i % 50 != 49 || writer->holder.answers_at_ms > sim->now_ms)
            continue;
        step(sim, writer, &event);
        if (entries_of(sim, 0, 0, 1) != acknowledged_of(sim, 0))
            return "a reader does not see what was acknowledged";
    }
    simulator_run(sim, 5000);
    uint32_t entries = entries_of(sim, 1, 0, 1);
    if (entries < 300 || 2 * segments_of(sim, 1, 0) > entries)
        return "what was written fast is passed on in small pieces";
    return simulator_converged(sim);
}

static const char *
play_hidden_fork(struct simulator *sim)
{
    simulator_corrupt(sim, 0, LIE_FORK);
    simulator_run(sim, 3000);
    simulator_silence(sim, 1);
    simulator_silence(sim, 2);
    uint32_t face = simulator_add_face(sim, 0, false);
    simulator_start(sim, face);
    simulator_link(sim, 1, 2, false);
    simulator_link(sim, 0, 2, false);
    simulator_link(sim, face, 1, false);
    simulator_run(sim, 3000);
    say(sim, 0, 3);
    say(sim, face, 3);
    simulator_run(sim, 3000);
    link_all(sim, 0, false);
    link_all(sim, face, false);
    simulator_link(sim, 1, 2, true);
    simulator_run(sim, 20000);
    if (!record_is_contested(record_at(sim, 1), 0, 1) ||
        !record_is_contested(record_at(sim, 2), 0, 1))
        return "two nodes that were shown two faces do not find out";
    return NULL;
}

static const char *
play_silent_relay(struct simulator *sim)
{
    simulator_run(sim, 3000);
    simulator_silence(sim, 1);
    simulator_link(sim, 0, 2, false);
    say(sim, 0, 3);
    simulator_run(sim, 20000);
    return entries_of(sim, 2, 0, 1) == entries_of(sim, 0, 0, 1)
               ? NULL
               : "what one node has does not reach another through the third";
}

static const char *
play_own_feed(struct simulator *sim)
{
    simulator_run(sim, 3000);
    simulator_silence(sim, 1);
    simulator_silence(sim, 2);
    say(sim, 0, 3);
    simulator_run(sim, 3000);
    uint32_t count = entries_of(sim, 1, 0, 1);
    simulator_restore(sim, 0, false);
    simulator_run(sim, 20000);
    return count > 0 && entries_of(sim, 0, 0, 1) == count
               ? NULL
               : "a new machine does not get its party's own feed back";
}

/* One talks on: what comes while an ack is due asks for an ack like the rest (H2). */
static const char *
play_chatter(struct simulator *sim)
{
    simulator_run(sim, 3000);
    for (uint32_t round = 0; round < 150; round++) {
        simulator_say(sim, 1, 20);
        simulator_run(sim, 100 + simulator_random(sim, 150));
        simulator_say(sim, 1, 20);
        simulator_run(sim, 3000);
        simulator_check_order(sim);
        const char *what = simulator_converged(sim);
        if (what != NULL)
            return what;
    }
    return NULL;
}

static const char *
play_slow_reader(struct simulator *sim)
{
    simulator_run(sim, 3000);
    simulator_stall(sim, 1, 0, 20000);
    for (uint32_t i = 0; i < 8; i++) {
        simulator_say(sim, 0, 1000000);
        simulator_run(sim, 1000);
    }
    simulator_run(sim, 30000);
    return entries_of(sim, 1, 0, 1) == entries_of(sim, 0, 0, 1) ? NULL
                                                                : "a slow reader is left behind";
}

static const char *
play_false_credit(struct simulator *sim)
{
    uint8_t bytes[16];
    struct writer writer = writer_of(bytes, sizeof bytes);
    struct frame frame = {.kind = FRAME_CREDIT, .credit = UINT32_MAX / 2};

    simulator_corrupt(sim, 0, LIE_FORK);
    simulator_run(sim, 3000);
    frame_write(&writer, &frame);
    network_send(sim, &sim->instances[0], network_pair(sim, 0, 1)->link, writer_written(&writer));
    simulator_run(sim, 3000);
    return NULL;
}

/* Large entries that wait for what never was: they take their lane's share and no more (L2). */
static const char *
play_orphans(struct simulator *sim)
{
    struct position nowhere = {.slot = 1, .inc = 1, .seq = 999, .id = {{1}}};
    uint8_t *payload = calloc(1, 1000000);
    uint8_t *made = malloc(FRAME_BYTES_MAX);
    struct build_feed feed;

    need(payload != NULL && made != NULL, "no memory");
    simulator_corrupt(sim, 0, LIE_FORK);
    simulator_silence(sim, 0);
    simulator_run(sim, 3000);
    build_feed(&feed, &sim->parties[0], &sim->room, 0, 1);
    for (uint32_t i = 0; i < 24; i++) {
        struct build_entry entry = {.kind = ENTRY_SEALED,
            .deps = &nowhere,
            .deps_count = 1,
            .payload = {payload, 1000000}};
        struct built_segment built;
        build_segment(&built, &feed, &entry, 1);
        struct frame frame = {.kind = FRAME_SEGMENT,
            .segment = {.segment = built.segment, .payloads = built.payloads}};
        struct writer writer = writer_of(made, FRAME_BYTES_MAX);
        frame_write(&writer, &frame);
        network_send(
            sim, &sim->instances[0], network_pair(sim, 0, 1)->link, writer_written(&writer));
        built_segment_free(&built);
        simulator_run(sim, 500);
    }
    free(payload);
    free(made);
    if (record_pending_bytes(record_at(sim, 1)) == 0)
        return "nothing waits";
    return record_pending_bytes(record_at(sim, 1)) <= RECORD_PENDING_LANE_BYTES_MAX
               ? NULL : "one lane takes more than its share of what waits (L2)";
}

/* Frames beyond the credit do no harm: each is taken in before the next (Y6). */
static const char *
play_flood(struct simulator *sim)
{
    simulator_corrupt(sim, 0, LIE_FLOOD);
    simulator_run(sim, 3000);
    for (uint32_t i = 0; i < 20; i++) {
        simulator_say(sim, 0, 400000);
        simulator_run(sim, 2000);
    }
    simulator_run(sim, 10000);
    return entries_of(sim, 1, 0, 1) == entries_of(sim, 0, 0, 1)
               ? NULL
               : "a flood keeps a node from taking in what it brings";
}

/* More is said than a node keeps while it may not write: what is too much is refused (S3). */
static const char *
play_talkative(struct simulator *sim)
{
    simulator_link(sim, 0, 1, false);
    simulator_run(sim, 3000);
    for (uint32_t i = 0; i < 14; i++) {
        simulator_say(sim, 0, 1000000);
        simulator_run(sim, 300);
    }
    simulator_link(sim, 0, 1, true);
    simulator_run(sim, 30000);
    simulator_check_order(sim);
    return simulator_breach(sim) == NULL ? simulator_converged(sim) : NULL;
}

/* ---- machines that are lost, go back, are copied ---- */

static const char *
play_new_machine(struct simulator *sim)
{
    simulator_run(sim, 3000);
    say(sim, 0, 4);
    say(sim, 1, 2);
    simulator_run(sim, 10000);
    simulator_restore(sim, 0, false);
    simulator_run(sim, 20000);
    for (uint32_t i = 0; i < sim->oracle->count; i++) {
        const struct known *old = &sim->oracle->known[i];
        if (sim->oracle->resumes_count == 0)
            return "a new machine does not resume";
        if (old->position.slot == 0 && old->position.inc == 1 &&
            !oracle_is_in_past(old, &sim->oracle->known[sim->oracle->resumes[0]]))
            return "a resume leaves out what all others have";
    }
    return NULL;
}

/* The new machine of party 0 has nothing of what the old one held. */
static const char *
play_forgetful(struct simulator *sim)
{
    simulator_run(sim, 3000);
    simulator_link(sim, 1, 2, false);
    simulator_link(sim, 0, 2, false);
    say(sim, 1, 3);
    simulator_run(sim, 3000);
    link_all(sim, 0, false);
    simulator_restore(sim, 0, false);
    simulator_link(sim, 0, 2, true);
    simulator_run(sim, 10000);
    link_all(sim, 0, false);
    simulator_link(sim, 1, 2, true);
    simulator_run(sim, 10000);
    return entries_of(sim, 1, 0, 2) > 0 ? NULL : "a resume does not get about";
}

static const char *
play_snapshot_back(struct simulator *sim)
{
    simulator_run(sim, 3000);
    say(sim, 0, 2);
    simulator_run(sim, 5000);
    simulator_snapshot(sim, 0);
    say(sim, 0, 3);
    simulator_run(sim, 5000);
    simulator_roll_back(sim, 0);
    simulator_start(sim, 0);
    say(sim, 0, 2);
    simulator_run(sim, 10000);
    return simulator_is_contested(sim, 0) ? "a machine that went back forks its feed" : NULL;
}

/* What it signed last went back with the machine, and nobody ever saw it: it binds nobody. */
static const char *
play_unseen(struct simulator *sim)
{
    simulator_run(sim, 3000);
    simulator_snapshot(sim, 0);
    const struct reach *here = &sim->instances[0].watch.durable;
    const struct reach *there = &sim->instances[1].watch.durable;
    uint32_t before = here->seq[1][1];
    simulator_say(sim, 1, 40);
    for (uint32_t ms = 0; here->seq[1][1] == before && ms < 5000; ms++)
        simulator_run(sim, 1);
    link_all(sim, 0, false);
    simulator_run(sim, 5000);
    if (here->seq[1][1] == before || here->seq[0][1] == there->seq[0][1])
        return "what was to stay unseen was seen";
    simulator_roll_back(sim, 0);
    link_all(sim, 0, true);
    simulator_start(sim, 0);
    say(sim, 0, 2);
    simulator_run(sim, 10000);
    return simulator_converged(sim);
}

static const char *
play_running_copy(struct simulator *sim)
{
    simulator_run(sim, 3000);
    say(sim, 0, 2);
    simulator_run(sim, 5000);
    uint32_t copy = simulator_clone(sim, 0);
    link_all(sim, 0, false);
    simulator_start(sim, copy);
    simulator_run(sim, 5000);
    say(sim, copy, 2);
    simulator_run(sim, 5000);
    simulator_switch_off(sim, copy);
    link_all(sim, 0, true);
    simulator_run(sim, 5000);
    say(sim, 0, 2);
    simulator_run(sim, 10000);
    return simulator_is_contested(sim, 0) ? "a machine writes on behind its own copy" : NULL;
}

static const char *
play_alone(struct simulator *sim)
{
    simulator_run(sim, 3000);
    say(sim, 1, 1);
    simulator_run(sim, 5000);
    link_all(sim, 0, false);
    for (uint32_t i = 0; i < 60; i++) {
        simulator_say(sim, 0, 2000);
        simulator_run(sim, 100);
    }
    simulator_run(sim, 5000);
    simulator_lose_store(sim, 0, false);
    simulator_heal(sim);
    simulator_run(sim, 30000);
    simulator_check_order(sim);
    return simulator_breach(sim) == NULL ? simulator_converged(sim) : NULL;
}

/* The keyholder alone ends and comes back; links stay, and nobody says HAVE again. */
static const char *
play_keyholder_back(struct simulator *sim)
{
    simulator_run(sim, 5000);
    simulator_crash(sim, 0, CRASH_KEYHOLDER);
    simulator_run(sim, 10000);
    say(sim, 0, 1);
    simulator_run(sim, 20000);
    simulator_check_order(sim);
    return simulator_breach(sim) == NULL ? simulator_converged(sim) : NULL;
}

/* What it seals after a start, the newest incarnations of all parties must be able to open. */
static const char *
play_old_cards(struct simulator *sim)
{
    simulator_run(sim, 5000);
    simulator_restore(sim, 1, false);
    simulator_run(sim, 20000);
    simulator_crash(sim, 0, CRASH_MACHINE);
    simulator_start(sim, 0);
    simulator_run(sim, 5000);
    const struct keyholder *process = sim->instances[0].holder.process;
    for (uint8_t slot = 0; slot < sim->options.parties; slot++)
        if (register_count(process->rooms[0].registers[slot]) !=
            register_count(sim->parties[slot].reg))
            return "a keyholder does not know of the register that its node has";
    return simulator_converged(sim);
}

/* The store drops a register entry that the node has in memory already. */
static const char *
play_lost_register(struct simulator *sim)
{
    simulator_run(sim, 5000);
    simulator_fail_store(sim, 1, 1);
    simulator_restore(sim, 0, false);
    simulator_run(sim, 30000);
    simulator_check_order(sim);
    return simulator_breach(sim) == NULL ? simulator_converged(sim) : NULL;
}

/* ---- liars who never end ---- */

/* A second face writes until all have the proof. */
static uint32_t
fork_party_0(struct simulator *sim, uint32_t lies)
{
    simulator_corrupt(sim, 0, lies | LIE_FORK);
    simulator_run(sim, 3000);
    uint32_t face = simulator_add_face(sim, 0, false);
    link_all(sim, 0, false);
    link_all(sim, face, false);
    simulator_link(sim, face, 2, true);
    simulator_start(sim, face);
    simulator_run(sim, 3000);
    say(sim, 0, 2);
    say(sim, face, 2);
    simulator_run(sim, 3000);
    link_all(sim, 0, true);
    simulator_run(sim, 8000);
    return face;
}

/* Who finds a fork says so at once (F2). */
static const char *
play_prompt_fault(struct simulator *sim)
{
    simulator_corrupt(sim, 0, LIE_FORK);
    simulator_run(sim, 3000);
    uint32_t face = simulator_add_face(sim, 0, false);
    link_all(sim, 0, false);
    simulator_link(sim, face, 1, false);
    simulator_start(sim, face);
    simulator_run(sim, 3000);
    say(sim, 0, 1);
    say(sim, face, 1);
    simulator_link(sim, 0, 1, true);
    for (uint32_t i = 0; i < 200 && !record_is_contested(record_at(sim, 1), 0, 1); i++)
        simulator_run(sim, 50);
    simulator_run(sim, 500);
    return record_has_fault_by(record_at(sim, 1), 1, 0, 1)
               ? NULL
               : "who finds a fork does not say so at once (F2)";
}

static const char *
play_endless_fork(struct simulator *sim)
{
    (void)fork_party_0(sim, LIE_COLLUDE);
    uint32_t before = entries_of(sim, 2, 0, 1);
    if (!record_is_contested(record_at(sim, 2), 0, 1))
        return "a fork is not found";
    say(sim, 0, 30);
    simulator_run(sim, 5000);
    return entries_of(sim, 2, 0, 1) == before ? NULL
                                              : "a node takes in a forked lane without end (F3)";
}

static const char *
play_colluder(struct simulator *sim)
{
    simulator_corrupt(sim, 1, LIE_COLLUDE | LIE_DEAF);
    (void)fork_party_0(sim, LIE_COLLUDE | LIE_DEAF);
    uint32_t before = entries_of(sim, 2, 0, 1);
    if (!record_is_contested(record_at(sim, 2), 0, 1))
        return "a fork is not found";
    say(sim, 0, 150);
    simulator_run(sim, 10000);
    return entries_of(sim, 2, 0, 1) <= before + CONTESTED_ENTRIES_MAX
               ? NULL
               : "a node takes in a forked lane without end through a colluder (F3)";
}

/* ---- strays ---- */

/* The old machine of party 0 comes back, asks nobody, and writes behind the resume that all know.
 */
static uint32_t
wake_the_old_machine(struct simulator *sim)
{
    simulator_run(sim, 3000);
    say(sim, 0, 2);
    simulator_run(sim, 5000);
    uint32_t old = simulator_keep_old(sim, 0);
    simulator_restore(sim, 0, false);
    simulator_run(sim, 20000);
    say(sim, 1, 1);
    simulator_run(sim, 5000);
    link_all(sim, old, false);
    simulator_start(sim, old);
    simulator_override(sim, old);
    simulator_run(sim, 2000);
    say(sim, old, 2);
    simulator_run(sim, 5000);
    link_all(sim, old, true);
    simulator_run(sim, 10000);
    simulator_check_order(sim);
    return old;
}

static const char *
play_late_stray(struct simulator *sim)
{
    uint32_t old = wake_the_old_machine(sim);

    return entries_of(sim, 1, 0, 1) == entries_of(sim, old, 0, 1) ? NULL : "a stray gets lost";
}

static const char *
play_second_voucher(struct simulator *sim)
{
    (void)wake_the_old_machine(sim);
    simulator_restore(sim, 1, false);
    simulator_run(sim, 20000);
    simulator_check_order(sim);
    return sim->oracle->resumes_count == 2 ? NULL : "a party does not resume";
}

#define SCRIPT(title, count)                                                                       \
    const struct script script_##title = {.name = #title, .parties = count, .play = play_##title}
SCRIPT(hidden_fork, 3);
SCRIPT(silent_relay, 3);
SCRIPT(chatter, 2);
SCRIPT(hurry, 3);
SCRIPT(own_feed, 3);
const struct script script_slow_reader = {.name = "slow_reader",
    .parties = 2,
    .journal_file_bytes = JOURNAL_FILE_BYTES,
    .play = play_slow_reader};
SCRIPT(false_credit, 2);
SCRIPT(orphans, 2);
const struct script script_flood = {.name = "flood",
    .parties = 2,
    .journal_file_bytes = JOURNAL_FILE_BYTES,
    .play = play_flood};
const struct script script_talkative = {.name = "talkative",
    .parties = 2,
    .journal_file_bytes = JOURNAL_FILE_BYTES,
    .play = play_talkative};
SCRIPT(new_machine, 3);
SCRIPT(forgetful, 3);
SCRIPT(snapshot_back, 3);
SCRIPT(unseen, 2);
SCRIPT(running_copy, 3);
SCRIPT(alone, 3);
SCRIPT(keyholder_back, 3);
SCRIPT(old_cards, 3);
SCRIPT(lost_register, 3);
SCRIPT(prompt_fault, 3);
SCRIPT(endless_fork, 3);
SCRIPT(colluder, 4);
SCRIPT(late_stray, 3);
SCRIPT(second_voucher, 3);

const struct script *const scripts[] = {&script_hidden_fork, &script_silent_relay, &script_own_feed,
    &script_hurry, &script_chatter, &script_slow_reader, &script_false_credit, &script_orphans, &script_flood,
    &script_talkative, &script_new_machine, &script_forgetful, &script_snapshot_back, &script_unseen,
    &script_running_copy, &script_alone, &script_keyholder_back, &script_old_cards,
    &script_lost_register, &script_prompt_fault, &script_endless_fork,
    &script_colluder, &script_late_stray, &script_second_voucher};
const size_t scripts_count = sizeof scripts / sizeof scripts[0];

void
script_run(const struct script *script, uint64_t seed, const struct mutations *mutations,
    bool trace, char breach[static 256])
{
    struct simulator_options options = {.seed = seed,
        .parties = script->parties,
        .latency_ms_min = 1,
        .latency_ms_max = 1 + (uint32_t)(seed % 5) * 30,
        .disk_ms_max = (uint32_t)(seed % 3) * 20,
        .journal_file_bytes = script->journal_file_bytes,
        .trace = trace,
        .mutations = mutations};
    struct simulator *sim = simulator_new(&options);
    const char *what = script->play(sim);

    if (simulator_breach(sim) != NULL)
        what = simulator_breach(sim);
    snprintf(breach, 256, "%s", what == NULL ? "" : what);
    simulator_free(sim);
}
