#include "simulator/worlds.h"

#include "simulator/internal.h"

/* Party 0 has two machines with one key: node 0 talks with node 1 only, node 3 with node 2 only. */
static void
show_two_faces(struct simulator *sim)
{
    simulator_corrupt(sim, 0, LIE_FORK);
    simulator_run(sim, 3000);
    uint32_t face = simulator_add_face(sim, 0, false);
    simulator_link(sim, 0, 2, false);
    simulator_link(sim, face, 1, false);
    simulator_start(sim, face);
    simulator_run(sim, 5000);
}

static void
show_two_faces_to_one_writer(struct simulator *sim)
{
    show_two_faces(sim);
    simulator_silence(sim, 2);
    simulator_run(sim, 5000);
}

static void
show_two_faces_to_readers(struct simulator *sim)
{
    show_two_faces(sim);
    simulator_silence(sim, 1);
    simulator_silence(sim, 2);
    simulator_run(sim, 5000);
}

/* The only way from node 0 to node 2 leads through node 1. */
static void
stand_in_line(struct simulator *sim)
{
    simulator_link(sim, 0, 2, false);
    simulator_run(sim, 5000);
}

static void
stand_behind_a_reader(struct simulator *sim)
{
    stand_in_line(sim);
    simulator_silence(sim, 1);
    simulator_run(sim, 5000);
}

/* Copies of machine 0 and of its store that lack what both said afterwards. */
static void
age_copies(struct simulator *sim)
{
    simulator_snapshot(sim, 0);
    simulator_backup(sim, 0);
    simulator_say(sim, 0, 8);
    simulator_say(sim, 1, 8);
    simulator_run(sim, 5000);
}

/* clang-format off */
const struct world worlds[] = {
    /* Two parties at work: all orders of frames and commits; then one more entry. */
    {"both_write", 2, .says = {1, 1}, .prompt = PROMPT_KEYHOLDER,
        .notices = {"cover_unstored"}},
    {"one_writes_twice", 2, .says = {2, 1}, .prompt = PROMPT_DISK, .notices = {"ack_acks"}},
    /* With the keyholder's messages and disk in any order, too. */
    {"keyholder_at_leisure", 2, .says = {1}},
    {"time_is_early", 2, .says = {1, 1}, .prompt = PROMPT_DISK, .early_ticks = 1},
    {"three_parties", 3, .says = {1}, .prompt = PROMPT_DISK},
    {"three_in_line", 3, stand_in_line, .says = {1, 0, 1}, .prompt = PROMPT_DISK},
    {"reader_in_the_middle", 3, stand_behind_a_reader, .says = {1, 0, 1}, .prompt = PROMPT_DISK,
        .notices = {"no_announcement"}},

    /* One crash at every place, and a start at every place behind it. */
    {"writer_crashes", 2, .says = {1}, .fate = FATE_CRASH_MACHINE, .prompt = PROMPT_DISK,
        .notices = {"no_journal"}},
    {"reader_crashes", 2, .says = {0, 1}, .fate = FATE_CRASH_MACHINE, .prompt = PROMPT_DISK},
    {"node_crashes", 2, .says = {1}, .fate = FATE_CRASH_NODE, .prompt = PROMPT_DISK},
    {"keyholder_crashes", 2, .says = {1, 1}, .fate = FATE_CRASH_KEYHOLDER, .prompt = PROMPT_DISK},
    {"store_of_writer_fails", 2, .says = {1}, .fate = FATE_FAIL_STORE, .prompt = PROMPT_DISK,
        .notices = {"keep_what_store_lost"}},
    {"store_of_reader_fails", 2, .says = {0, 1}, .fate = FATE_FAIL_STORE, .prompt = PROMPT_DISK},

    /* One loss at every place. */
    {"store_is_lost", 2, .says = {1}, .fate = FATE_LOSE_STORE, .prompt = PROMPT_DISK,
        .notices = {"write_before_recovery"}},
    {"backup_comes_back", 2, age_copies, .says = {1}, .fate = FATE_BACKUP_COMES_BACK,
        .prompt = PROMPT_DISK},
    {"snapshot_comes_back", 2, age_copies, .says = {1}, .fate = FATE_SNAPSHOT_COMES_BACK,
        .prompt = PROMPT_DISK, .notices = {"no_start_barrier"}},
    {"machine_is_new", 2, .says = {1}, .fate = FATE_NEW_MACHINE, .prompt = PROMPT_DISK,
        .notices = {"no_barrier_rule"}},
    {"machine_is_new_to_a_writer", 2, .says = {0, 1}, .fate = FATE_NEW_MACHINE,
        .prompt = PROMPT_DISK},
    {"machine_is_new_at_the_end", 3, stand_in_line, .says = {0, 0, 1}, .fate = FATE_NEW_MACHINE,
        .prompt = PROMPT_DISK},
    {"machine_is_new_from_backup", 2, age_copies, .says = {1}, .fate = FATE_NEW_MACHINE_FROM_BACKUP,
        .prompt = PROMPT_DISK},

    /* One party forks; both faces say something at any time. */
    {"fork", 3, show_two_faces, .says = {1, 0, 0, 1}, .prompt = PROMPT_DISK,
        .notices = {"order_by_arrival"}},
    {"fork_before_one_writer", 3, show_two_faces_to_one_writer, .says = {1, 0, 0, 1},
        .prompt = PROMPT_DISK,
        .notices = {"no_fault_entry", "fault_entry_again", "cover_contested"}},
    {"fork_before_readers", 3, show_two_faces_to_readers, .says = {1, 0, 0, 1},
        .prompt = PROMPT_DISK, .notices = {"no_fork_answer", "state_of_all_heads"}},
};
/* clang-format on */
const size_t worlds_count = sizeof worlds / sizeof worlds[0];

const struct world *
world_find(const char *name)
{
    for (size_t i = 0; i < worlds_count; i++)
        if (strcmp(worlds[i].name, name) == 0)
            return &worlds[i];
    return NULL;
}
