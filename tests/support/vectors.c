#include "support/vectors.h"

#include "support/hex.h"

#include <stdlib.h>
#include <string.h>

void
vectors_path(char path[static 4096], const char *file)
{
    snprintf(path, 4096, "%s/vectors/%s", TESTS_FOLDER, file);
}

static void
stop(const char *what, const char *where)
{
    printf("Bail out! vectors: %s: %.80s\n", what, where);
    exit(1);
}

static void *
need(void *memory)
{
    if (memory == NULL)
        stop("no memory", "");
    return memory;
}

void
vector_free(struct vector *vector)
{
    for (size_t i = 0; i < vector->count; i++) {
        free(vector->fields[i].name);
        free(vector->fields[i].data);
    }
    free(vector->name);
    *vector = (struct vector){0};
}

/* "name = hex": cut at the first " =". */
static void
add_field(struct vector *vector, char *line)
{
    char *equals = strstr(line, " =");

    if (equals == NULL || vector->count == VECTOR_FIELDS_MAX)
        stop("neither field nor name, or too many fields", line);
    *equals = '\0';
    const char *hex = equals + 2;
    struct vector_field *field = &vector->fields[vector->count++];
    size_t size_max = strlen(hex) / 2 + 1;
    field->name = need(strdup(line));
    field->data = need(malloc(size_max));
    field->size = hex_read(field->data, size_max, hex);
}

bool
vector_next(FILE *file, struct vector *vector)
{
    char *line = NULL;
    size_t room = 0;
    bool ended = false;

    vector_free(vector);
    while (!ended && getline(&line, &room, file) > 0) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '\0')
            ended = vector->name != NULL;
        else if (line[0] == '[' && vector->name == NULL)
            vector->name = need(strndup(line + 1, strcspn(line + 1, "]")));
        else if (line[0] != '#' && vector->name != NULL)
            add_field(vector, line);
        else if (line[0] != '#')
            stop("a field before its vector's name", line);
    }
    free(line);
    return vector->name != NULL;
}

const struct vector_field *
vector_find(const struct vector *vector, const char *name)
{
    for (size_t i = 0; i < vector->count; i++)
        if (strcmp(vector->fields[i].name, name) == 0)
            return &vector->fields[i];
    return NULL;
}

const struct vector_field *
vector_get(const struct vector *vector, const char *name)
{
    const struct vector_field *field = vector_find(vector, name);

    if (field == NULL)
        stop(vector->name, name);
    return field;
}

uint64_t
vector_number(const struct vector *vector, const char *name)
{
    const struct vector_field *field = vector_get(vector, name);
    uint64_t value = 0;

    if (field->size == 0 || field->size > 8)
        stop("not a number", name);
    for (size_t i = 0; i < field->size; i++)
        value = value << 8 | field->data[i];
    return value;
}

void
vector_copy(const struct vector *vector, const char *name, void *out, size_t size)
{
    const struct vector_field *field = vector_get(vector, name);

    if (field->size != size)
        stop("a field of another size", name);
    memcpy(out, field->data, size);
}

bool
vector_equal(const struct vector *vector, const char *name, const void *data, size_t size)
{
    const struct vector_field *field = vector_get(vector, name);

    return field->size == size && (size == 0 || memcmp(field->data, data, size) == 0);
}

void
vector_write_name(FILE *file, const char *name)
{
    fprintf(file, "\n[%s]\n", name);
}

void
vector_write(FILE *file, const char *name, const void *data, size_t size)
{
    const uint8_t *bytes = data;

    fprintf(file, "%s =%s", name, size > 0 ? " " : "");
    for (size_t i = 0; i < size; i++)
        fprintf(file, "%02x", bytes[i]);
    fputc('\n', file);
}

void
vector_write_number(FILE *file, const char *name, uint64_t value, size_t size)
{
    uint8_t bytes[8];

    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> 8 * (size - 1 - i));
    vector_write(file, name, bytes, size);
}

bool
vectors_written(int argc, char **argv, const char *name, void (*generate)(FILE *))
{
    char path[4096];

    if (argc != 2 || strcmp(argv[1], "--write") != 0)
        return false;
    vectors_path(path, name);
    FILE *file = need(fopen(path, "w"));
    generate(file);
    if (fclose(file) != 0)
        stop("cannot write", path);
    return true;
}

bool
vectors_are_current(const char *name, void (*generate)(FILE *))
{
    char path[4096];
    char *wanted = NULL;
    size_t wanted_size = 0;
    bool same = true;

    FILE *memory = need(open_memstream(&wanted, &wanted_size));
    generate(memory);
    if (fclose(memory) != 0)
        stop("no memory", name);
    vectors_path(path, name);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        stop("cannot read", path);
    for (size_t i = 0; same && i < wanted_size; i++)
        same = fgetc(file) == (unsigned char)wanted[i];
    same = same && fgetc(file) == EOF;
    fclose(file);
    free(wanted);
    return same;
}
