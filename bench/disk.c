/*
 * What the disk itself can do, which no durable append can be faster than.
 *
 *   disk append FILE COUNT BYTES   append BYTES and fdatasync, COUNT times: the time of each
 *   disk write FILE MEBIBYTES      write that much from front to back, then one fdatasync
 *
 * FILE is made anew and removed at the end.  Prints one line of JSON.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "write_all.h"

enum {
    COUNT_MAX = 10000000,
    BYTES_MAX = 1 << 20,
    MEBIBYTE = 1 << 20,
};

static bool
measure_append(int file, size_t count, size_t bytes, const char *data)
{
    double *latencies = calloc(count, sizeof *latencies);
    if (latencies == NULL)
        return false;

    bool good = true;
    double started = now_ms();
    for (size_t i = 0; good && i < count; i++) {
        double before = now_ms();
        good = write_all(file, data, bytes) && fdatasync(file) == 0;
        latencies[i] = now_ms() - before;
    }
    double seconds = (now_ms() - started) / 1000;

    if (good) {
        printf("{\"count\": %zu, \"bytes\": %zu, \"per_s\": %.1f, ", count, bytes,
            (double)count / seconds);
        print_latencies(latencies, count);
        printf("}\n");
    }
    free(latencies);
    return good;
}

static bool
measure_write(int file, size_t mebibytes, const char *data)
{
    bool good = true;
    double started = now_ms();
    for (size_t i = 0; good && i < mebibytes; i++)
        good = write_all(file, data, MEBIBYTE);
    good = good && fdatasync(file) == 0;
    double seconds = (now_ms() - started) / 1000;
    if (good)
        printf("{\"mebibytes\": %zu, \"seconds\": %.3f, \"bytes_per_s\": %.0f}\n", mebibytes,
            seconds, (double)mebibytes * MEBIBYTE / seconds);
    return good;
}

int
main(int count, char **words)
{
    static char data[BYTES_MAX];
    bool append = count == 5 && strcmp(words[1], "append") == 0;
    bool sequential = count == 4 && strcmp(words[1], "write") == 0;
    size_t times = append || sequential ? strtoul(words[3], NULL, 10) : 0;
    size_t bytes = append ? strtoul(words[4], NULL, 10) : 1;
    if (times < 1 || times > COUNT_MAX || bytes < 1 || bytes > BYTES_MAX) {
        fprintf(stderr, "usage: disk append FILE COUNT BYTES | disk write FILE MEBIBYTES\n");
        return 1;
    }

    /* A disk that compresses or drops zeroes would flatter itself. */
    uint32_t noise = 1;
    for (size_t i = 0; i < sizeof data; i++) {
        noise = noise * 1664525 + 1013904223;
        data[i] = (char)(noise >> 24);
    }

    int file = open(words[2], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0) {
        perror(words[2]);
        return 1;
    }
    bool good =
        append ? measure_append(file, times, bytes, data) : measure_write(file, times, data);
    if (!good)
        perror(words[2]);
    close(file);
    unlink(words[2]);
    return good ? 0 : 1;
}
