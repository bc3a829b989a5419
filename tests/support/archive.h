/* Makes small tar archives for tests, field by field as POSIX describes ustar. */
#ifndef ENTENTE_TESTS_SUPPORT_ARCHIVE_H
#define ENTENTE_TESTS_SUPPORT_ARCHIVE_H

#include "base/bytes.h"

#include <stdio.h>
#include <string.h>

/* Where a header's fields stand. */
#define ARCHIVE_SIZE 124
#define ARCHIVE_CHECKSUM 148
#define ARCHIVE_KIND 156
#define ARCHIVE_MAGIC 257
#define ARCHIVE_PREFIX 345

/* Writes the checksum that the 512 bytes of `header` ought to have. */
static inline void
archive_sign(uint8_t *header)
{
    unsigned sum = 0;

    memset(header + ARCHIVE_CHECKSUM, ' ', 8);
    for (size_t i = 0; i < 512; i++)
        sum += header[i];
    snprintf((char *)header + ARCHIVE_CHECKSUM, 8, "%06o", sum & 0777777u);
}

/* Adds an entry of `kind` ('0' a file, '5' a folder) at the writer's end. */
static inline void
archive_add(
    struct writer *writer, char kind, const char *prefix, const char *name, struct bytes content)
{
    static const uint8_t zeros[512];
    uint8_t header[512] = {0};

    memcpy(header, name, strlen(name));
    memcpy(header + ARCHIVE_PREFIX, prefix, strlen(prefix));
    snprintf((char *)header + 100, 8, "%07o", 0644u);
    snprintf((char *)header + ARCHIVE_SIZE, 12, "%011zo", content.size);
    header[ARCHIVE_KIND] = (uint8_t)kind;
    memcpy(header + ARCHIVE_MAGIC, "ustar\00000", 8);
    archive_sign(header);
    writer_copy(writer, header, sizeof header);
    writer_bytes(writer, content);
    writer_copy(writer, zeros, (size_t)(-content.size % 512));
}

/* The two blocks of zeros that end an archive. */
static inline void
archive_end(struct writer *writer)
{
    static const uint8_t zeros[1024];

    writer_copy(writer, zeros, sizeof zeros);
}

#endif
