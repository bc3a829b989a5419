/*
 * Views of memory, and the one door through which bytes from outside come in.
 *
 * All numbers are big-endian.  The reader and the writer are sticky: after the first failure every
 * call fails, reads give zero, and one check at the end guards the whole parser.
 */
#ifndef ENTENTE_BASE_BYTES_H
#define ENTENTE_BASE_BYTES_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A view of somebody else's memory.  Never freed through this struct. */
struct bytes {
    const uint8_t *data;
    size_t size;
};

bool bytes_equal(struct bytes a, struct bytes b);

/* Borrows `text` up to its terminating zero. */
struct bytes bytes_of_text(const char *text);

struct reader {
    struct bytes rest; /* what is still unread */
    bool failed;       /* something was read beyond the end */
};

struct reader reader_of(struct bytes input);
uint8_t reader_u8(struct reader *reader);
uint16_t reader_u16(struct reader *reader);
uint32_t reader_u32(struct reader *reader);
uint64_t reader_u64(struct reader *reader);

/* A view of the next `size` bytes, borrowed from the input; empty after a failure. */
struct bytes reader_bytes(struct reader *reader, size_t size);

/* Copies the next `size` bytes; zeroes `out` after a failure. */
void reader_copy(struct reader *reader, void *out, size_t size);

/*
 * Must close each parser.  Returns ENTENTE_OK when everything was read and nothing is left, or
 *   ENTENTE_ERR_TRUNCATED   something was read beyond the end
 *   ENTENTE_ERR_MALFORMED   bytes are left over
 */
MUST_USE enum entente_error reader_finish(const struct reader *reader);

struct writer {
    uint8_t *data; /* borrowed from whoever called writer_of() */
    size_t size;   /* room in `data` */
    size_t used;
    bool failed; /* something did not fit; `used` bytes before it are good */
};

struct writer writer_of(void *data, size_t size);
void writer_u8(struct writer *writer, uint8_t value);
void writer_u16(struct writer *writer, uint16_t value);
void writer_u32(struct writer *writer, uint32_t value);
void writer_u64(struct writer *writer, uint64_t value);
void writer_bytes(struct writer *writer, struct bytes bytes);
void writer_copy(struct writer *writer, const void *data, size_t size);

/* What was written so far, borrowed from the writer's memory. */
struct bytes writer_written(const struct writer *writer);

#endif
