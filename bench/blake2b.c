/*
 * How long BLAKE2b-256 over a whole file takes: the yardstick for verifying a record.
 *
 *   blake2b FILE
 *
 * Read in pieces of 1 MiB, on one thread.  Prints one line of JSON.
 */
#include <fcntl.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "clock.h"

enum {
    PIECE_BYTES = 1 << 20,
};

int
main(int count, char **words)
{
    static uint8_t piece[PIECE_BYTES];
    if (count != 2) {
        fprintf(stderr, "usage: blake2b FILE\n");
        return 1;
    }
    int file = open(words[1], O_RDONLY | O_CLOEXEC);
    if (file < 0 || sodium_init() < 0) {
        perror(words[1]);
        return 1;
    }

    crypto_generichash_state state;
    uint8_t hash[crypto_generichash_BYTES];
    char hex[2 * sizeof hash + 1];
    uint64_t bytes = 0;
    ssize_t got;
    double started = now_ms();
    crypto_generichash_init(&state, NULL, 0, sizeof hash);
    while ((got = read(file, piece, sizeof piece)) > 0) {
        crypto_generichash_update(&state, piece, (unsigned long long)got);
        bytes += (uint64_t)got;
    }
    crypto_generichash_final(&state, hash, sizeof hash);
    double seconds = (now_ms() - started) / 1000;
    if (got < 0) {
        perror(words[1]);
        return 1;
    }
    close(file);
    printf("{\"bytes\": %llu, \"seconds\": %.6f, \"hash\": \"%s\"}\n", (unsigned long long)bytes,
        seconds, sodium_bin2hex(hex, sizeof hex, hash, sizeof hash));
    return 0;
}
