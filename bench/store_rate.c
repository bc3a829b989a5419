/*
 * What the store takes and gives: segments of 64 entries, as an empty node catches up.
 *
 *   store_rate FILE bulk SEGMENTS BYTES    commits of 4 MiB, then read back in order
 *   store_rate FILE single SEGMENTS BYTES  one segment a commit
 *
 * FILE is made anew and removed at the end.  Prints one line of JSON.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "clock.h"
#include "store/store.h"

enum {
    COMMIT_BYTES = 4 << 20,
    VECTORS_BYTES = 8 + 64 * 4 * 5, /* each of 64 entries covers something, among 4 branches */
    SEGMENT_BYTES = 8 << 10,
    BYTES_MIN = 256,
    BYTES_MAX = 1 << 20,
    ENTRIES = 64
};

static const struct room_id room = {{1}};
static uint8_t noise[BYTES_MAX + 65536];

static struct segment_row
make_row(uint32_t number, size_t bytes)
{
    const uint8_t *data = noise + number % 65536;
    bool small = bytes < 2 * (VECTORS_BYTES + SEGMENT_BYTES);
    size_t vectors = small ? 28 : VECTORS_BYTES;
    size_t segment = small ? bytes / 2 : SEGMENT_BYTES;
    struct segment_row row = {
        .arrival = number + 1,
        .branch = number % 4,
        .first_seq = number / 4 * ENTRIES + 1,
        .last_seq = number / 4 * ENTRIES + ENTRIES,
        .last_t_ms = number,
        .vectors = {data, vectors},
        .segment = {data + vectors, segment},
        .payloads = {data + vectors + segment, bytes - vectors - segment},
    };
    return row;
}

static enum entente_error
write_all(struct store *store, uint32_t segments, size_t bytes, size_t commit_bytes, double *times)
{
    enum entente_error error = ENTENTE_OK;
    size_t waiting = 0;

    for (uint32_t i = 0; i < segments && error == ENTENTE_OK; i++) {
        double before = now_ms();
        struct segment_row row = make_row(i, bytes);
        error = store_begin(store);
        if (error == ENTENTE_OK)
            error = store_put_segment(store, &room, &row, NULL, 0);
        waiting += bytes;
        if (error == ENTENTE_OK && (waiting >= commit_bytes || i + 1 == segments)) {
            error = store_commit(store);
            waiting = 0;
        }
        times[i] = now_ms() - before;
    }
    return error;
}

static enum entente_error
read_all(struct store *store, uint32_t segments, size_t bytes)
{
    const struct record_source *source = store_source(store);
    struct segment_row row = {0};
    uint32_t count = 0;
    enum entente_error error;

    while ((error = source->segment_after(source->state, &room, row.arrival, &row)) == ENTENTE_OK)
        count += row.vectors.size + row.segment.size + row.payloads.size == bytes;
    if (error != ENTENTE_ERR_NOT_FOUND)
        return error;
    return count == segments ? ENTENTE_OK : ENTENTE_ERR_CORRUPT;
}

static void
remove_files(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-journal"};
    char name[4096];

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

static enum entente_error
measure(const char *path, uint32_t segments, size_t bytes, size_t commit_bytes, double *times)
{
    struct store *store;
    struct rusage usage;
    double megabytes = (double)segments * (double)bytes / 1e6;

    enum entente_error error = store_open_sqlite(&store, path);
    if (error != ENTENTE_OK)
        return error;
    double started = now_ms();
    double cpu_started = clock_ms(CLOCK_PROCESS_CPUTIME_ID);
    error = store_begin(store);
    if (error == ENTENTE_OK)
        error = store_put_room(store, &room, bytes_of_text("genesis"));
    if (error == ENTENTE_OK)
        error = write_all(store, segments, bytes, commit_bytes, times);
    double written_s = (now_ms() - started) / 1e3;
    double cpu_s = (clock_ms(CLOCK_PROCESS_CPUTIME_ID) - cpu_started) / 1e3;
    started = now_ms();
    if (error == ENTENTE_OK)
        error = read_all(store, segments, bytes);
    double read_s = (now_ms() - started) / 1e3;
    store_close(store);
    if (error != ENTENTE_OK)
        return error;
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"segments\": %u, \"bytes\": %zu, \"write_s\": %.3f, \"write_cpu_s\": %.3f, "
           "\"write_per_s\": %.0f, \"write_mb_s\": %.1f, \"read_s\": %.3f, \"read_mb_s\": %.1f, "
           "\"rss_mb_max\": %.1f, ",
        segments, bytes, written_s, cpu_s, segments / written_s, megabytes / written_s, read_s,
        megabytes / read_s, (double)usage.ru_maxrss / 1e3);
    print_latencies(times, segments);
    printf("}\n");
    return ENTENTE_OK;
}

int
main(int count, char **words)
{
    bool is_bulk = count == 5 && strcmp(words[2], "bulk") == 0;
    bool is_single = count == 5 && strcmp(words[2], "single") == 0;
    unsigned long segments = is_bulk || is_single ? strtoul(words[3], NULL, 10) : 0;
    unsigned long bytes = segments > 0 ? strtoul(words[4], NULL, 10) : 0;
    uint32_t state = 1;

    if (segments < 1 || segments > 10000000 || bytes < BYTES_MIN || bytes > BYTES_MAX) {
        fprintf(stderr, "usage: store_rate FILE bulk|single SEGMENTS BYTES\n");
        return 1;
    }
    for (size_t i = 0; i < sizeof noise; i++) {
        state = state * 1664525 + 1013904223;
        noise[i] = (uint8_t)(state >> 24);
    }
    double *times = calloc(segments, sizeof *times);
    if (times == NULL)
        return 1;
    remove_files(words[1]);
    enum entente_error error =
        measure(words[1], (uint32_t)segments, bytes, is_bulk ? COMMIT_BYTES : 1, times);
    remove_files(words[1]);
    free(times);
    if (error != ENTENTE_OK)
        fprintf(stderr, "store_rate: %s: %s\n", words[1], entente_error_text(error));
    return error == ENTENTE_OK ? 0 : 1;
}
