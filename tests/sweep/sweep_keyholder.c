/*
 * Goal: the real keyholder, killed with -9 between any two of its system calls, loses nothing that
 * it acknowledged and never signs two entries for one seq; and it is confined. Method: this process
 * is its supervisor, node and desk, and its tracer: it counts system calls from the first append on
 * and kills before the n-th, for every n until all appends are answered.  Then the program is
 * started again, and its journal compared with all that it had sent.
 */
#include "keyholder/journal_format.h"
#include "support/keyholder_process.h"
#include "support/test.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define SEQS_MAX 64u

static struct scene_room world;
static const char *program;

/* What left the keyholder: for each seq the segment that begins there, and what the desk was told.
 */
struct released {
    uint8_t *segments[SEQS_MAX];
    size_t sizes[SEQS_MAX];
    uint32_t greatest;
    uint32_t appended_count;
    struct message_appended appended[SEQS_MAX];
};

static void
released_free(struct released *released)
{
    for (uint32_t i = 0; i < SEQS_MAX; i++)
        free(released->segments[i]);
    *released = (struct released){0};
}

/* Two different segments for one seq are what must never be. */
static void
note_segment(struct released *released, struct bytes encoded)
{
    static struct segment segment;
    struct reader reader = reader_of(encoded);

    REQUIRE(segment_parse(&reader, &segment) == ENTENTE_OK);
    uint32_t first = segment.entries[0].seq, last = segment_last(&segment)->seq;
    REQUIRE(last < SEQS_MAX);
    if (released->segments[first] != NULL)
        CHECK(bytes_equal(
            encoded, (struct bytes){released->segments[first], released->sizes[first]}));
    free(released->segments[first]);
    released->segments[first] = malloc(encoded.size);
    REQUIRE(released->segments[first] != NULL);
    memcpy(released->segments[first], encoded.data, encoded.size);
    released->sizes[first] = encoded.size;
    released->greatest = last > released->greatest ? last : released->greatest;
}

/* The journal, all of it, must begin with what was released, byte for byte. */
static void
check_journal(struct keyholder_process *process, struct released *released)
{
    struct message_journal_ask ask = {process->feed.room, 0};
    struct message_journaled journaled;
    static struct segment segment;
    uint32_t next = 1, appended = 0;

    CHECK(process->state.seq >= released->greatest);
    REQUIRE(message_journal_ask_queue(process->node, &ask) == ENTENTE_OK);
    while (keyholder_process_got(process, process->node, JOURNALED, journaled, &journaled)) {
        struct reader reader = reader_of(journaled.segment);
        REQUIRE(segment_parse(&reader, &segment) == ENTENTE_OK);
        CHECK(segment.entries[0].seq == next);
        CHECK(segment_check_payloads(&segment, journaled.payloads) == ENTENTE_OK);
        note_segment(released, journaled.segment);
        for (uint32_t i = 0; i < segment.count; i++)
            for (uint32_t a = 0; a < released->appended_count; a++)
                appended += released->appended[a].seq == segment.entries[i].seq &&
                            entry_id_equal(&released->appended[a].id, &segment.ids[i]);
        next = segment_last(&segment)->seq + 1;
    }
    CHECK(scene_type == MESSAGE_JOURNAL_END && next == process->state.seq + 1);
    CHECK(appended == released->appended_count);
}

/* ---- the tracer ---- */

struct tracer {
    pid_t pid;
    uint32_t calls;   /* system calls that it began */
    uint32_t kill_at; /* before this one, from 1; 0: never */
    bool is_dead;
    bool is_inside; /* of a call */
};

static bool
tracer_start(struct tracer *tracer, pid_t pid, uint32_t kill_at)
{
    int status;

    *tracer = (struct tracer){.pid = pid, .kill_at = kill_at};
    return ptrace(PTRACE_SEIZE, pid, NULL, PTRACE_O_TRACESYSGOOD) == 0 &&
           ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) == 0 && waitpid(pid, &status, 0) == pid &&
           WIFSTOPPED(status);
}

/* Let it run to its next system call's beginning or end.  Something must be on its way to it. */
static void
tracer_step(struct tracer *tracer)
{
    int status;

    if (ptrace(PTRACE_SYSCALL, tracer->pid, NULL, NULL) != 0 ||
        waitpid(tracer->pid, &status, 0) != tracer->pid || !WIFSTOPPED(status)) {
        test_failed(__FILE__, __LINE__, "the keyholder ended by itself");
        tracer->is_dead = true;
        return;
    }
    if (WSTOPSIG(status) != (SIGTRAP | 0x80))
        return;
    tracer->is_inside = !tracer->is_inside;
    tracer->calls += tracer->is_inside;
    if (!tracer->is_inside || tracer->calls != tracer->kill_at)
        return;
    kill(tracer->pid, SIGKILL);
    waitpid(tracer->pid, &status, 0);
    tracer->is_dead = true;
}

/* ---- node and desk ---- */

static void
take_appended(struct released *released, struct bytes body)
{
    REQUIRE(released->appended_count < SEQS_MAX);
    CHECK(
        message_appended_read(body, &released->appended[released->appended_count++]) == ENTENTE_OK);
}

/* All that has arrived by now: how many SEALED, SIGNED and APPENDED. */
static uint32_t
take_arrived(
    struct keyholder_process *process, struct released *released, struct scene_draft *draft)
{
    struct channel *channels[] = {process->node, process->desk};
    struct message_sealed sealed;
    struct message_signed answer;
    uint32_t count = 0;
    uint16_t type;
    struct bytes body;

    for (int i = 0; i < 2; i++) {
        enum entente_error error = ENTENTE_OK;
        for (int again = 0; again < 64 && error == ENTENTE_OK; again++) {
            error = channel_fill(channels[i]);
            while (channel_next(channels[i], &type, &body) == ENTENTE_OK) {
                count++;
                if (type == MESSAGE_SEALED && message_sealed_read(body, &sealed) == ENTENTE_OK)
                    scene_draft_sealed(&process->feed, draft, &sealed);
                else if (type == MESSAGE_SIGNED && message_signed_read(body, &answer) == ENTENTE_OK)
                    note_segment(released, answer.segment);
                else if (type == MESSAGE_APPENDED)
                    take_appended(released, body);
                else
                    test_failed(__FILE__, __LINE__, message_name(type));
            }
        }
    }
    return count;
}

/* Step until `count` more messages have come, or it is dead. */
static void
step_until(struct tracer *tracer, struct keyholder_process *process, struct released *released,
    struct scene_draft *draft, uint32_t count)
{
    uint32_t came = 0;

    for (int steps = 0; came < count && !tracer->is_dead && steps < 20000; steps++) {
        (void)!channel_flush(process->desk);
        (void)!channel_flush(process->node);
        tracer_step(tracer);
        came += take_arrived(process, released, draft);
    }
    if (tracer->is_dead)
        (void)take_arrived(process, released, draft);
    else
        CHECK(came >= count);
}

/* A statement: sealed (the first time with its chain's keys), placed, signed, acknowledged. */
static void
write_statement(struct tracer *tracer, struct keyholder_process *process, struct released *released,
    uint64_t ticket)
{
    static struct scene_draft draft;
    uint8_t sections[4096];
    struct message_seal seal = {
        ticket, process->feed.room, scene_sections(sections, "as I said before")};

    scene_draft_start(&draft);
    REQUIRE(message_seal_queue(process->desk, &seal) == ENTENTE_OK);
    step_until(tracer, process, released, &draft, ticket == 1 ? 2 : 1);
    if (tracer->is_dead)
        return;
    struct message_append append = scene_draft_message(&process->feed, &draft);
    REQUIRE(message_append_queue(process->node, &append) == ENTENTE_OK);
    step_until(tracer, process, released, &draft, 2);
}

/* An entry of a megabyte: four of them fill a file of the journal. */
static void
write_large(struct tracer *tracer, struct keyholder_process *process, struct released *released)
{
    static struct scene_draft draft;
    static const uint8_t large[1000000];

    scene_draft_start(&draft);
    scene_draft_own(
        &process->feed, &draft, ENTRY_FAULT, (struct bytes){large, sizeof large});
    struct message_append append = scene_draft_message(&process->feed, &draft);
    REQUIRE(message_append_queue(process->node, &append) == ENTENTE_OK);
    step_until(tracer, process, released, &draft, 1);
}

static void
write_all(
    struct tracer *tracer, struct keyholder_process *process, struct released *released, bool large)
{
    for (uint64_t i = 1; i <= (large ? 5 : 3) && !tracer->is_dead && test_failures == 0; i++) {
        if (large)
            write_large(tracer, process, released);
        else
            write_statement(tracer, process, released, i);
    }
}

/* One life with a kill before its n-th call, and one after it; false when the n-th never came. */
static bool
run_kill(uint32_t n, bool large)
{
    static struct scene_draft draft;
    struct keyholder_process process;
    struct released released = {0};
    struct tracer tracer = {0};
    struct message_signed answer;
    char folder[256];
    bool was_killed = false;

    folder_make(folder);
    if (!keyholder_process_install(folder) ||
        !keyholder_process_start(&process, program, folder, &world) ||
        !tracer_start(&tracer, process.pid, n)) {
        test_failed(__FILE__, __LINE__, "it does not start, or cannot be traced");
        goto out;
    }
    write_all(&tracer, &process, &released, large);
    was_killed = tracer.is_dead;
    if (tracer.is_dead)
        process.pid = 0;
    keyholder_process_end(&process);

    if (!keyholder_process_start(&process, program, folder, &world)) {
        printf("# killed before call %u\n", n);
        test_failed(__FILE__, __LINE__, "it does not start again");
        goto out;
    }
    check_journal(&process, &released);
    process.feed.t_ms += 1000; /* whatever is written anew differs from what was lost */
    scene_draft_start(&draft);
    scene_draft_own(&process.feed, &draft, ENTRY_ACK, (struct bytes){0});
    struct message_append append = scene_draft_message(&process.feed, &draft);
    if (message_append_queue(process.node, &append) == ENTENTE_OK &&
        keyholder_process_got(&process, process.node, SIGNED, signed, &answer))
        note_segment(&released, answer.segment);
    else
        test_failed(__FILE__, __LINE__, "it does not write on");
    if (test_failures > 0)
        printf("# killed before call %u\n", n);

out:
    keyholder_process_end(&process);
    released_free(&released);
    folder_remove_all(folder);
    return was_killed;
}

/* For every n from 1, in steps, until the program gets through. */
static void
sweep(bool large, uint32_t step, uint32_t kills_min)
{
    uint32_t kills = 0;

    for (uint32_t n = 1; test_failures == 0 && n < 2000 && run_kill(n, large); n += step)
        kills++;
    printf("# %u kills\n", kills);
    CHECK(kills >= kills_min);
}

TEST(killed_between_any_two_calls_while_it_signs)
{
    if (geteuid() != 0)
        SKIP("only the administrator may trace a process that lets nobody look into it");
    sweep(false, 1, 20);
}

TEST(killed_while_it_turns_to_another_file)
{
    if (geteuid() != 0)
        SKIP("only the administrator may trace a process that lets nobody look into it");
    sweep(true, 7, 10);
}

TEST(another_process_that_breaks_the_rules_ends_it)
{
    struct keyholder_process process;
    struct message_failed failed;
    char folder[256];

    folder_make(folder);
    REQUIRE(keyholder_process_install(folder));
    REQUIRE(keyholder_process_start(&process, program, folder, &world));
    struct message_seal seal = {1, process.feed.room, bytes_of_text("x")};
    CHECK(message_seal_queue(process.node, &seal) == ENTENTE_OK); /* the desk's, from the node */
    CHECK(keyholder_process_got(&process, process.supervisor, FAILED, failed, &failed) &&
          failed.error == ENTENTE_ERR_REFUSED);
    keyholder_process_end(&process);
    folder_remove_all(folder);
}

TEST(a_node_that_is_gone_ends_it_and_its_tickets)
{
    struct keyholder_process process;
    struct message_seal_refused refused;
    char folder[256];
    uint8_t sections[4096];

    folder_make(folder);
    REQUIRE(keyholder_process_install(folder));
    REQUIRE(keyholder_process_start(&process, program, folder, &world));
    struct message_seal seal = {7, process.feed.room, scene_sections(sections, "text")};
    struct message_sealed sealed;
    CHECK(message_seal_queue(process.desk, &seal) == ENTENTE_OK);
    CHECK(keyholder_process_got(&process, process.node, SEALED, sealed, &sealed));
    CHECK(close(process.sockets[1]) == 0);
    process.sockets[1] = -1;
    CHECK(keyholder_process_got(&process, process.desk, SEAL_REFUSED, seal_refused, &refused) &&
          refused.ticket == 7 && refused.error == ENTENTE_ERR_GONE);
    keyholder_process_end(&process);
    folder_remove_all(folder);
}

/* Change a bit of the last segment that the journal in `folder` has. */
static void
damage_last_segment(const char *folder)
{
    static uint8_t data[65536];
    struct journal_record record;
    char path[300];
    uint32_t last = 0;

    snprintf(path, sizeof path, "%s/keyholder/journal.00", folder);
    FILE *file = fopen(path, "r+");
    REQUIRE(file != NULL && fread(data, 1, sizeof data, file) == sizeof data);
    for (uint32_t at = JOURNAL_HEADER_BYTES;
         journal_record_parse((struct bytes){data + at, sizeof data - at}, &record) == ENTENTE_OK;
         at += record.size)
        last = record.kind == JOURNAL_SEGMENT ? at : last;
    REQUIRE(last > 0);
    data[last + JOURNAL_RECORD_HEAD_BYTES] ^= 1;
    CHECK(fseek(file, (long)last, SEEK_SET) == 0 &&
          fwrite(data + last, 1, JOURNAL_RECORD_HEAD_BYTES + 1, file) > 0 && fclose(file) == 0);
}

/* Whether it starts on a journal whose last acknowledged segment was damaged after so much quiet.
 */
static bool
starts_damaged(uint32_t quiet_ms)
{
    struct keyholder_process process;
    static struct scene_draft draft;
    struct message_signed answer;
    char folder[256];

    folder_make(folder);
    CHECK(keyholder_process_install(folder));
    CHECK(keyholder_process_start(&process, program, folder, &world));
    scene_draft_start(&draft);
    scene_draft_own(&process.feed, &draft, ENTRY_ACK, (struct bytes){0});
    struct message_append append = scene_draft_message(&process.feed, &draft);
    CHECK(message_append_queue(process.node, &append) == ENTENTE_OK &&
          keyholder_process_got(&process, process.node, SIGNED, signed, &answer));
    usleep(quiet_ms * 1000);
    keyholder_process_end(&process);
    damage_last_segment(folder);
    bool starts = keyholder_process_start(&process, program, folder, &world);
    keyholder_process_end(&process);
    folder_remove_all(folder);
    return starts;
}

TEST(what_was_signed_last_is_marked_when_it_is_quiet)
{
    CHECK(starts_damaged(0)); /* it looks like a torn tail */
    CHECK(!starts_damaged(1500));
}

/* The kernel's own words about the running process. */
static bool
status_says(pid_t pid, const char *line)
{
    char path[64], text[256];
    bool found = false;

    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    while (file != NULL && !found && fgets(text, sizeof text, file) != NULL)
        found = strncmp(text, line, strlen(line)) == 0;
    if (file != NULL)
        fclose(file);
    return found;
}

TEST(it_is_confined)
{
    struct keyholder_process process;
    char folder[256];

    folder_make(folder);
    REQUIRE(keyholder_process_install(folder));
    REQUIRE(keyholder_process_start(&process, program, folder, &world));
    CHECK(status_says(process.pid, "NoNewPrivs:\t1"));
    CHECK(status_says(process.pid, "Seccomp:\t2"));
    keyholder_process_end(&process);
    folder_remove_all(folder);
}

int
main(int argc, char **argv)
{
    const struct test_case cases[] = {CASE(killed_between_any_two_calls_while_it_signs),
        CASE(killed_while_it_turns_to_another_file),
        CASE(another_process_that_breaks_the_rules_ends_it),
        CASE(a_node_that_is_gone_ends_it_and_its_tickets),
        CASE(what_was_signed_last_is_marked_when_it_is_quiet), CASE(it_is_confined)};

    if (argc < 2)
        return 1;
    program = argv[1];
    scene_room_make(&world);
    int status = test_run(cases, sizeof cases / sizeof cases[0], argc - 1, argv + 1);
    scene_room_free(&world);
    return status;
}
