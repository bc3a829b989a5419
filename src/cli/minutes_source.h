/* The Markdown files at a path, in memory: a folder, an archive, or a single file. */
#ifndef ENTENTE_CLI_MINUTES_SOURCE_H
#define ENTENTE_CLI_MINUTES_SOURCE_H

#include "cli/minutes.h"

struct minutes_file {
    char *path; /* below what was asked for; for a single file its own name */
    struct bytes content;
};

struct minutes_source {
    struct minutes_file *files; /* sorted by path */
    size_t count;
    size_t room;
    size_t total_bytes;
    uint8_t *archive; /* the unpacked tar, in which the contents then lie; else NULL */
};

/*
 * Load what is at `path`.  Files that are not Markdown (`.md`), symbolic links and anything else
 * that is neither file nor folder are told to `sink->unread` and left out.
 *
 * Returns what minutes_read() returns, with `*source` empty on an error.  The caller frees it with
 * minutes_source_free().
 */
MUST_USE enum entente_error minutes_source_load(
    const char *path, const struct minutes_sink *sink, struct minutes_source *source);

/* The same from the bytes of an archive; `packed` is needed only during the call. */
MUST_USE enum entente_error minutes_source_unpack(
    struct bytes packed, const struct minutes_sink *sink, struct minutes_source *source);

void minutes_source_free(struct minutes_source *source);

#endif
