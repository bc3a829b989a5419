/*
 * Golden vectors: files that say, in hexadecimal, which bytes come out of which.  Their format is
 * described in tests/vectors/README.md; C and TypeScript read the same files.
 */
#ifndef ENTENTE_TESTS_SUPPORT_VECTORS_H
#define ENTENTE_TESTS_SUPPORT_VECTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define VECTOR_FIELDS_MAX 64u

struct vector_field {
    char *name;
    uint8_t *data;
    size_t size;
};

struct vector {
    char *name;
    size_t count;
    struct vector_field fields[VECTOR_FIELDS_MAX];
};

/* Where tests/vectors/`file` is, written into `path`. */
void vectors_path(char path[static 4096], const char *file);

/*
 * Read the next vector of `file`; false at its end.  `*vector` was zeroed or read before, and is
 * reused.  Ends the program where the file has another format: a test's own mistake.
 */
bool vector_next(FILE *file, struct vector *vector);
void vector_free(struct vector *vector);

/* The field `name`, or NULL. */
const struct vector_field *vector_find(const struct vector *vector, const char *name);

/* The field `name`, which must exist; the second form: as a big-endian number. */
const struct vector_field *vector_get(const struct vector *vector, const char *name);
uint64_t vector_number(const struct vector *vector, const char *name);

/* Copy the field `name`, which must have exactly `size` bytes. */
void vector_copy(const struct vector *vector, const char *name, void *out, size_t size);

/* Whether the field `name` has exactly these bytes. */
bool vector_equal(const struct vector *vector, const char *name, const void *data, size_t size);

/* The other direction, for the generators. */
void vector_write_name(FILE *file, const char *name);
void vector_write(FILE *file, const char *name, const void *data, size_t size);
void vector_write_number(FILE *file, const char *name, uint64_t value, size_t size);

/*
 * The two ends of each test of vectors.  With `--write` among the arguments the file is written
 * by `generate` and nothing else happens: true is returned.  vectors_are_current(): whether
 * `generate` still writes exactly the file.
 */
bool vectors_written(int argc, char **argv, const char *file, void (*generate)(FILE *));
bool vectors_are_current(const char *file, void (*generate)(FILE *));

#endif
