/*
 * append_keyholder PROGRAM [ENTRIES]: what an acknowledged statement costs at the keyholder's own
 * process on this disk: sealed, placed, signed, journaled, acknowledged, with 1 and with 64 in
 * flight; beside it, turn about, the disk's own fdatasync of a file that 256 bytes were appended
 * to.
 */
#include "clock.h"
#include "support/keyholder_process.h"

#include <fcntl.h>
#include <unistd.h>

#define ROUNDS 5
#define ENTRIES 300u
#define ENTRIES_MAX 100000u
#define BODY_BYTES 200 /* a body of 256 bytes with its head */

static double
median(double *list, size_t count)
{
    qsort(list, count, sizeof *list, compare_doubles);
    return percentile(list, count, 50);
}

static void
stop(const char *what)
{
    fprintf(stderr, "append_keyholder: %s\n", what);
    exit(2);
}

/* `count` statements at once: from the first SEAL to the last APPENDED, in microseconds. */
static double
append(struct keyholder_process *process, uint64_t *ticket, uint32_t count)
{
    static struct scene_draft draft;
    uint8_t sections[4096];
    char text[BODY_BYTES + 1];
    struct message_sealed sealed;
    struct message_signed answer;
    struct message_appended appended;
    uint32_t sent = 0;

    memset(text, 'x', BODY_BYTES);
    text[BODY_BYTES] = '\0';
    struct bytes said = scene_sections(sections, text);
    double start = now_ms() * 1e3;
    for (uint32_t i = 0; i < count; i++) {
        struct message_seal seal = {++*ticket, process->feed.room, said};
        if (message_seal_queue(process->desk, &seal) != ENTENTE_OK)
            stop("the queue is full");
    }
    for (uint32_t left = count; left > 0; sent++) {
        scene_draft_start(&draft);
        while (left > 0 && draft.count < SEGMENT_ENTRIES_MAX) {
            if (!keyholder_process_got(process, process->node, SEALED, sealed, &sealed))
                stop("nothing was sealed");
            scene_draft_sealed(&process->feed, &draft, &sealed);
            left -= sealed.kind == ENTRY_SEALED; /* a chain's keys may come before it */
        }
        struct message_append message = scene_draft_message(&process->feed, &draft);
        if (message_append_queue(process->node, &message) != ENTENTE_OK)
            stop("the queue is full");
    }
    for (; sent > 0; sent--)
        if (!keyholder_process_got(process, process->node, SIGNED, signed, &answer))
            stop("nothing was signed");
    struct message_stored stored = {process->feed.room, process->feed.seq, process->feed.seq};
    if (message_stored_queue(process->node, &stored) != ENTENTE_OK)
        stop("the queue is full");
    for (uint32_t i = 0; i < count; i++)
        if (!keyholder_process_got(process, process->desk, APPENDED, appended, &appended))
            stop("nothing was acknowledged");
    return now_ms() * 1e3 - start;
}

static double
sync_plain(int file)
{
    static const uint8_t data[256] = {1};
    double start = now_ms() * 1e3;

    if (write(file, data, sizeof data) != (ssize_t)sizeof data || fdatasync(file) != 0)
        stop("the disk fails");
    return now_ms() * 1e3 - start;
}

/* One round: both measured turn about, so that what else the machine does meets both alike. */
static void
run(struct keyholder_process *process, int plain, uint32_t entries, uint32_t in_flight,
    double *append_p50, double *plain_p50, double *rate)
{
    static double appends[ENTRIES_MAX], plains[ENTRIES_MAX];
    static uint64_t ticket;
    uint32_t turns = entries / in_flight;
    double sum = 0;

    for (uint32_t i = 0; i < turns; i++) {
        appends[i] = append(process, &ticket, in_flight);
        plains[i] = sync_plain(plain);
        sum += appends[i];
    }
    *rate = turns * in_flight / sum * 1e6;
    *append_p50 = median(appends, turns);
    *plain_p50 = median(plains, turns);
}

int
main(int count, char **strings)
{
    struct keyholder_process process;
    struct scene_room world;
    char folder[256], path[300];
    uint32_t entries = count > 2 ? (uint32_t)atoi(strings[2]) : ENTRIES;

    if (count < 2 || entries < 64 || entries > ENTRIES_MAX)
        stop("usage: append_keyholder PROGRAM [ENTRIES, 64 to 100000]");
    scene_room_make(&world);
    folder_make(folder);
    snprintf(path, sizeof path, "%s/plain", folder);
    int plain = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (plain < 0 || !keyholder_process_install(folder) ||
        !keyholder_process_start(&process, strings[1], folder, &world))
        stop("the keyholder does not start");
    const uint32_t flights[] = {1, 64};
    for (int f = 0; f < 2; f++) {
        double appends[ROUNDS], plains[ROUNDS], rates[ROUNDS], ratios[ROUNDS];
        for (int r = 0; r < ROUNDS; r++) {
            run(&process, plain, entries * (f == 0 ? 1 : 16), flights[f], &appends[r], &plains[r],
                &rates[r]);
            ratios[r] = appends[r] / plains[r];
        }
        printf("{\"in_flight\": %u, \"append_p50_us\": %.0f, \"fdatasync_p50_us\": %.0f, "
               "\"ratio\": %.2f, \"appends_per_s\": %.0f}\n",
            flights[f], median(appends, ROUNDS), median(plains, ROUNDS), median(ratios, ROUNDS),
            median(rates, ROUNDS));
    }
    keyholder_process_end(&process);
    close(plain);
    folder_remove_all(folder);
    scene_room_free(&world);
    return 0;
}
