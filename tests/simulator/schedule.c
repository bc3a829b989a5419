#include "simulator/schedule.h"

#include "simulator/internal.h"

#include "crypto/hash.h"
#include "support/test.h"

#define MEETING_MS 5000u
#define SILENCE_MS 120000u /* a room that is not silent after so much time never will be */
#define CRASH_PLACES 3u    /* as in leave_journal() */
#define CUT_OUTCOMES 3u    /* all of what was not synced is there, nothing, or some */

struct schedule {
    const struct world *world;
    struct simulator *sim;
    uint8_t said[SIMULATOR_INSTANCES_MAX];
    bool fate_is_done;
    uint8_t early_ticks;
    uint64_t until_ms;
    /* All that ever happened at an instance, in its order: what it is follows from that. */
    struct digest history[SIMULATOR_INSTANCES_MAX];
};

/* ---- the beginning ---- */

struct schedule *
schedule_new(const struct world *world, const struct mutations *mutations)
{
    struct simulator_options options = {
        .seed = 1, .parties = world->parties, .mutations = mutations};
    struct schedule *schedule = calloc(1, sizeof *schedule);

    need(schedule != NULL, "no memory");
    schedule->world = world;
    schedule->sim = simulator_new(&options);
    simulator_run(schedule->sim, MEETING_MS);
    if (world->prepare != NULL)
        world->prepare(schedule->sim);
    schedule->until_ms = schedule->sim->now_ms + SILENCE_MS;
    return schedule;
}

void
schedule_free(struct schedule *schedule)
{
    simulator_free(schedule->sim);
    free(schedule);
}

struct simulator *
schedule_simulator(const struct schedule *schedule)
{
    return schedule->sim;
}

/* ---- the queues ---- */

/* What waits for the clock; all else takes the time that it takes. */
static bool
is_timed(const struct task *task)
{
    return task->kind == TASK_TIMER || task->kind == TASK_MARK || task->kind == TASK_HOLDER_BACK;
}

static bool
is_due(const struct simulator *sim, const struct task *task)
{
    return !is_timed(task) || task->at_ms <= sim->now_ms;
}

/* Work that a machine does by itself. */
static bool
is_local(const struct world *world, const struct task *task)
{
    if (task->kind == TASK_COMMIT)
        return world->prompt == PROMPT_DISK;
    return world->prompt != PROMPT_NOTHING &&
           (task->kind == TASK_TIMER || task->kind == TASK_KEYHOLDER || task->kind == TASK_ANSWER);
}

/* Whether the two wait in one queue, so that they keep their order. */
static bool
is_same_queue(const struct task *a, const struct task *b)
{
    bool a_is_net = a->kind <= TASK_FRAME, b_is_net = b->kind <= TASK_FRAME;

    if (a->kind == TASK_CONNECT || b->kind == TASK_CONNECT)
        return a->kind == b->kind && ((a->a == b->a && a->b == b->b) || (a->a == b->b && a->b == b->a));
    if (a->instance != b->instance || a_is_net != b_is_net)
        return false;
    if (a_is_net)
        return a->b == b->b;
    return a->kind == b->kind &&
           (a->kind != TASK_KEYHOLDER || (a->data_size > 0) == (b->data_size > 0));
}

static bool
is_first(const struct simulator *sim, uint32_t place)
{
    const struct task *task = &sim->tasks[place];

    for (uint32_t i = 0; i < sim->tasks_count; i++)
        if (i != place && sim->tasks[i].order < task->order && is_same_queue(&sim->tasks[i], task) &&
            is_due(sim, &sim->tasks[i]))
            return false;
    return true;
}

/* What it was for is gone: it does nothing. */
static bool
is_stale(struct simulator *sim, const struct task *task)
{
    const struct instance *instance = &sim->instances[task->instance];

    switch (task->kind) {
    case TASK_CONNECT: {
        const struct pair *pair = network_pair(sim, task->a, task->b);
        return !pair->may_talk || pair->is_connected || !sim->instances[task->a].is_up ||
               !sim->instances[task->b].is_up;
    }
    case TASK_LINK_UP:
    case TASK_FRAME:
        return task->life != instance->life ||
               task->link <= network_pair(sim, task->a, task->b)->lost_link;
    case TASK_LINK_DOWN:
        return task->life != instance->life;
    case TASK_TIMER:
        return task->life != instance->life || task->number != instance->timer_ms;
    case TASK_COMMIT:
        return task->life != instance->life || task->a != instance->store_life;
    case TASK_KEYHOLDER:
    case TASK_MARK:
        return task->life != instance->holder.life || instance->holder.process == NULL;
    case TASK_ANSWER:
        return task->life != instance->life || task->a != instance->holder.life;
    case TASK_HOLDER_BACK:
        return instance->holder.process != NULL || !instance->is_up;
    }
    return false;
}

static void
sweep(struct simulator *sim)
{
    for (uint32_t i = 0; i < sim->tasks_count;)
        if (is_stale(sim, &sim->tasks[i])) {
            task_run(sim, i);
            i = 0;
        } else {
            i++;
        }
}

/* ---- what may happen ---- */

static void
add(struct choices *choices, struct choice choice)
{
    need(choices->count < CHOICES_MAX, "too many choices");
    choices->list[choices->count++] = choice;
}

/* Of a prompt world the first thing that a machine does by itself; false: there is none. */
static bool
add_prompt(const struct schedule *schedule, struct choices *choices)
{
    const struct simulator *sim = schedule->sim;
    uint32_t found = UINT32_MAX;

    for (uint32_t i = 0; i < sim->tasks_count && schedule->world->prompt != PROMPT_NOTHING; i++) {
        const struct task *task = &sim->tasks[i];
        if (!is_local(schedule->world, task) || !is_due(sim, task) || !is_first(sim, i))
            continue;
        const struct task *other = found == UINT32_MAX ? NULL : &sim->tasks[found];
        if (other == NULL || task->instance < other->instance ||
            (task->instance == other->instance && task->kind > other->kind))
            found = i;
    }
    if (found == UINT32_MAX)
        return false;
    add(choices, (struct choice){CHOICE_TASK, sim->tasks[found].instance, found, 0});
    return true;
}

static bool
has_unsynced(const struct memory_disk *disk)
{
    for (uint32_t i = 0; i < JOURNAL_FILES_MAX; i++)
        for (uint64_t s = 0; s * MEMORY_DISK_SECTOR < disk->files[i].now_size; s++)
            if (disk->files[i].is_dirty[s] != 0)
                return true;
    return false;
}

/* In how many ways the fate may strike now. */
static uint32_t
variants_of(enum fate fate, const struct holder *holder)
{
    bool is_dirty = holder->process != NULL && journal_is_dirty(holder->process->journal);

    if (fate == FATE_CRASH_KEYHOLDER)
        return is_dirty ? CRASH_PLACES : 1;
    if (fate != FATE_CRASH_MACHINE || (!is_dirty && !has_unsynced(&holder->disk)))
        return 1;
    return CRASH_PLACES * CUT_OUTCOMES;
}

static void
add_fates(const struct schedule *schedule, struct choices *choices)
{
    const struct world *world = schedule->world;
    struct simulator *sim = schedule->sim;
    const struct instance *of = &sim->instances[0];
    struct choice choice = {CHOICE_FATE, 0, 0, 0};

    if (world->fate == FATE_NONE || schedule->fate_is_done || !of->is_up)
        return;
    if (world->fate == FATE_CRASH_KEYHOLDER && of->holder.process == NULL)
        return;
    if ((world->fate == FATE_LOSE_STORE || world->fate == FATE_BACKUP_COMES_BACK) &&
        !simulator_may_lose_store(sim, 0))
        return;
    if ((world->fate == FATE_NEW_MACHINE || world->fate == FATE_NEW_MACHINE_FROM_BACKUP ||
            world->fate == FATE_SNAPSHOT_COMES_BACK) &&
        !simulator_may_lose_machine(sim, 0))
        return;
    uint32_t variants = variants_of(world->fate, &of->holder);
    for (choice.variant = 0; choice.variant < variants; choice.variant++)
        add(choices, choice);
}

static const struct task *
next_timed(const struct simulator *sim)
{
    const struct task *next = NULL;

    for (uint32_t i = 0; i < sim->tasks_count; i++)
        if (is_timed(&sim->tasks[i]) && (next == NULL || sim->tasks[i].at_ms < next->at_ms))
            next = &sim->tasks[i];
    return next;
}

static bool
add_tasks(const struct schedule *schedule, struct choices *choices)
{
    const struct simulator *sim = schedule->sim;
    uint32_t before = choices->count;

    for (uint32_t i = 0; i < sim->tasks_count; i++)
        if (is_due(sim, &sim->tasks[i]) && is_first(sim, i))
            add(choices, (struct choice){CHOICE_TASK, sim->tasks[i].instance, i, 0});
    return choices->count > before;
}

/* Whoever is down may start; whoever has something to say may say it. */
static bool
add_people(const struct schedule *schedule, struct choices *choices)
{
    const struct simulator *sim = schedule->sim;
    bool all_is_said = true;

    for (uint32_t i = 0; i < sim->instances_count; i++) {
        const struct instance *instance = &sim->instances[i];
        if (!instance->is_up && !instance->is_gone)
            add(choices, (struct choice){CHOICE_START, i, 0, 0});
        all_is_said = all_is_said && (instance->is_up || instance->is_gone);
        if (schedule->said[i] == schedule->world->says[i] || !instance->is_up ||
            instance->holder.process == NULL || instance->holder.is_retired)
            continue;
        add(choices, (struct choice){CHOICE_SAY, i, 0, 0});
        all_is_said = false;
    }
    return all_is_said;
}

void
schedule_choices(struct schedule *schedule, struct choices *choices)
{
    choices->count = 0;
    choices->is_end = false;
    if (!add_prompt(schedule, choices)) {
        bool is_busy = add_tasks(schedule, choices);
        bool is_done = add_people(schedule, choices) && !is_busy;
        bool is_timed_now = next_timed(schedule->sim) != NULL;
        if (is_timed_now && (!is_busy || schedule->early_ticks < schedule->world->early_ticks))
            add(choices, (struct choice){CHOICE_TICK, 0, 0, is_busy});
        choices->is_end = is_done && !is_timed_now;
    }
    add_fates(schedule, choices);
}

/* ---- making it happen ---- */

static void
note(struct schedule *schedule, uint32_t instance, const struct choice *choice, struct bytes data)
{
    const struct simulator *sim = schedule->sim;
    const struct task *task = &sim->tasks[choice->place];
    uint64_t what[] = {choice->kind, choice->variant, sim->now_ms, 0, 0, 0, 0};
    struct hasher hasher;

    if (choice->kind == CHOICE_TASK) {
        what[3] = task->kind;
        what[4] = (uint64_t)task->a << 32 | task->b;
        what[5] = task->link;
        what[6] = task->number;
    }
    hasher_start(&hasher, "entente/test/his");
    hasher_add(&hasher, (struct bytes){schedule->history[instance].bytes, HASH_BYTES});
    hasher_add(&hasher, (struct bytes){(const uint8_t *)what, sizeof what});
    hasher_add(&hasher, data);
    hasher_finish(&hasher, schedule->history[instance].bytes);
}

/* What chance decides from now on follows from what happened at the instance. */
static void
draw_from(struct schedule *schedule, uint32_t instance)
{
    memcpy(&schedule->sim->random, schedule->history[instance].bytes, sizeof(uint64_t));
    schedule->sim->random |= 1;
}

/* The seed with which memory_disk_cut() keeps all, nothing or some of what was not synced. */
static uint64_t
seed_of_outcome(uint32_t outcome)
{
    for (uint64_t seed = 1;; seed++) {
        uint64_t state = seed;
        bool keeps_all = test_random(&state) % 4 == 0, keeps_none = test_random(&state) % 4 == 0;
        if (outcome == (keeps_all ? 0u : keeps_none ? 1u : 2u))
            return seed;
    }
}

static void
let_fate(struct schedule *schedule, uint32_t of, uint32_t variant)
{
    struct simulator *sim = schedule->sim;

    sim->crash_place = 1 + variant % CRASH_PLACES;
    if (schedule->world->fate == FATE_CRASH_MACHINE)
        sim->instances[of].holder.disk.seed = seed_of_outcome(variant / CRASH_PLACES);

    switch (schedule->world->fate) {
    case FATE_NONE:
        break;
    case FATE_CRASH_NODE:
        simulator_crash(sim, of, CRASH_NODE);
        break;
    case FATE_CRASH_MACHINE:
        simulator_crash(sim, of, CRASH_MACHINE);
        break;
    case FATE_CRASH_KEYHOLDER:
        simulator_crash(sim, of, CRASH_KEYHOLDER);
        break;
    case FATE_FAIL_STORE:
        simulator_fail_store(sim, of, 1);
        break;
    case FATE_LOSE_STORE:
        simulator_lose_store(sim, of, false);
        break;
    case FATE_BACKUP_COMES_BACK:
        simulator_lose_store(sim, of, true);
        break;
    case FATE_SNAPSHOT_COMES_BACK:
        simulator_roll_back(sim, of);
        break;
    case FATE_NEW_MACHINE:
    case FATE_NEW_MACHINE_FROM_BACKUP:
        simulator_restore(sim, of, false);
        break;
    }
}

static void
tick(struct schedule *schedule)
{
    struct simulator *sim = schedule->sim;

    sim->now_ms = next_timed(sim)->at_ms;
    if (sim->now_ms > schedule->until_ms)
        breach(sim, "the room does not fall silent");
}

void
schedule_take(struct schedule *schedule, const struct choice *choice)
{
    struct simulator *sim = schedule->sim;
    uint32_t of = choice->instance;

    sim->tasks_done_now = 0;
    if (choice->kind == CHOICE_TICK) {
        if (choice->variant != 0)
            schedule->early_ticks++;
        tick(schedule);
        return;
    }
    const struct task *task = &sim->tasks[choice->place];
    note(schedule, of, choice,
        choice->kind == CHOICE_TASK && task->data_size > 0
            ? (struct bytes){task->memory, task->data_size}
            : (struct bytes){0});
    draw_from(schedule, of);
    switch (choice->kind) {
    case CHOICE_TASK:
        task_run(sim, choice->place);
        break;
    case CHOICE_SAY:
        schedule->said[of]++;
        simulator_say(sim, of, 8);
        break;
    case CHOICE_START:
        simulator_start(sim, of);
        break;
    case CHOICE_FATE:
        schedule->fate_is_done = true;
        let_fate(schedule, of, choice->variant);
        break;
    case CHOICE_TICK:
        break;
    }
    sweep(sim);
}

/* ---- what a state is ---- */

static void
add_task_hash(uint64_t sum[2], const struct task *task)
{
    uint64_t what[] = {(uint64_t)task->kind << 32 | task->instance, (uint64_t)task->a << 32 | task->b,
        task->link, task->number, is_timed(task) ? task->at_ms : 0};
    struct hasher hasher;
    uint64_t hash[HASH_BYTES / 8];

    hasher_start(&hasher, "entente/test/tsk");
    hasher_add(&hasher, (struct bytes){(const uint8_t *)what, sizeof what});
    if (task->data_size > 0)
        hasher_add(&hasher, (struct bytes){task->memory, task->data_size});
    hasher_finish(&hasher, (uint8_t *)hash);
    sum[0] += hash[0];
    sum[1] += hash[1];
}

void
schedule_key(const struct schedule *schedule, struct state_key *key)
{
    const struct simulator *sim = schedule->sim;
    uint64_t sum[2] = {0};
    struct hasher hasher;
    uint8_t hash[HASH_BYTES];

    for (uint32_t i = 0; i < sim->tasks_count; i++)
        add_task_hash(sum, &sim->tasks[i]);
    hasher_start(&hasher, "entente/test/sta");
    hasher_add(&hasher, (struct bytes){(const uint8_t *)sum, sizeof sum});
    hasher_add(&hasher, (struct bytes){(const uint8_t *)&sim->now_ms, sizeof sim->now_ms});
    hasher_add(&hasher, (struct bytes){schedule->said, sizeof schedule->said});
    uint8_t spent[] = {schedule->fate_is_done, schedule->early_ticks};
    hasher_add(&hasher, (struct bytes){spent, sizeof spent});
    hasher_add(&hasher, (struct bytes){(const uint8_t *)schedule->history,
                            sim->instances_count * sizeof schedule->history[0]});
    for (uint32_t b = 0; b < sim->instances_count; b++)
        for (uint32_t a = 0; a < b; a++) {
            const struct pair *pair = &sim->pairs[a][b];
            uint32_t state[] = {pair->is_connected, pair->link, pair->lost_link, pair->connect_due};
            hasher_add(&hasher, (struct bytes){(const uint8_t *)state, sizeof state});
        }
    hasher_finish(&hasher, hash);
    memcpy(key->words, hash, sizeof key->words);
}

/* ---- for people, and the end ---- */

static void
describe_frame(const struct task *task, char text[static 160])
{
    static const char *const kinds[] = {"?", "HELLO", "HAVE", "WANT", "SEGMENT", "REGISTER", "NEED",
        "NOHAVE", "FAULT", "CREDIT", "PING", "PONG", "BYE"};
    struct frame frame;
    struct position about = {0};

    if (frame_parse((struct bytes){task->memory, task->data_size}, &frame) != ENTENTE_OK ||
        frame.kind >= sizeof kinds / sizeof kinds[0]) {
        snprintf(text, 160, "node %u: gets garbage from node %u", task->instance, task->b);
        return;
    }
    if (frame.kind == FRAME_WANT)
        about = frame.want.after;
    if (frame.kind == FRAME_NEED || frame.kind == FRAME_NOHAVE)
        about = frame.need;
    if (frame.kind == FRAME_HAVE && frame.have.lanes_count > 0)
        about = frame_lane(frame.have.lanes, frame.have.lanes_count - 1u);
    snprintf(text, 160, "node %u: gets %s from node %u (lane %u.%u, %u)", task->instance,
        kinds[frame.kind], task->b, about.slot + 1u, about.inc, about.seq);
}

void
schedule_describe(
    const struct schedule *schedule, const struct choice *choice, char text[static 160])
{
    static const char *const kinds[] = {"connects", "learns that a link is up",
        "learns that a link is down", "", "wakes", "commits", "its keyholder works",
        "its keyholder marks its journal", "gets an answer of its keyholder", "its keyholder is back"};
    static const char *const fates[] = {"", "crashes", "its machine crashes",
        "its keyholder crashes", "its store will fail", "loses its store", "a backup comes back",
        "a snapshot comes back", "begins anew from nothing", "begins anew from a backup"};
    const struct task *task = &schedule->sim->tasks[choice->place];

    if (choice->kind == CHOICE_TASK && task->kind == TASK_FRAME)
        describe_frame(task, text);
    else if (choice->kind == CHOICE_TICK)
        snprintf(text, 160, "time passes%s", choice->variant != 0 ? ", early" : "");
    else
        snprintf(text, 160, "node %u: %s", choice->instance,
            choice->kind == CHOICE_TASK    ? kinds[task->kind]
            : choice->kind == CHOICE_SAY   ? "somebody says something"
            : choice->kind == CHOICE_START ? "starts"
                                           : fates[schedule->world->fate]);
}

const char *
schedule_judge_end(struct schedule *schedule)
{
    simulator_check_order(schedule->sim);
    if (simulator_breach(schedule->sim) != NULL)
        return simulator_breach(schedule->sim);
    return simulator_converged(schedule->sim);
}
