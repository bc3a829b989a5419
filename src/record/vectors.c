/* The vectors of one segment's entries, in memory and in the store's row. */
#include "record/internal.h"

#include <stdlib.h>

void
vectors_free(struct vectors *vectors)
{
    free(vectors->data);
    *vectors = (struct vectors){0};
}

enum entente_error
vectors_note(struct vectors *vectors, uint32_t offset, const uint32_t *vector)
{
    size_t stride = (size_t)vectors->places + 1;
    uint32_t *grown =
        realloc(vectors->data, (vectors->count + 1) * stride * sizeof *vectors->data);

    if (grown == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    vectors->data = grown;
    grown[vectors->count * stride] = offset;
    memcpy(grown + vectors->count * stride + 1, vector, vectors->places * sizeof *vector);
    vectors->count++;
    return ENTENTE_OK;
}

void
vectors_write(struct writer *writer, const struct vectors *vectors)
{
    size_t numbers = vectors->count * ((size_t)vectors->places + 1);

    writer_u32(writer, vectors->places);
    writer_u32(writer, vectors->count);
    for (size_t i = 0; i < numbers; i++)
        writer_u32(writer, vectors->data[i]);
}

/* Our own store's bytes: a breach means that the disk changed them. */
enum entente_error
vectors_read(struct bytes encoded, struct vectors *vectors)
{
    struct reader reader = reader_of(encoded);

    *vectors = (struct vectors){0};
    uint32_t places = reader_u32(&reader);
    uint32_t count = reader_u32(&reader);
    size_t numbers = ((size_t)places + 1) * count;
    if (places > RECORD_BRANCHES_MAX || count == 0 || count > SEGMENT_ENTRIES_MAX ||
        reader.rest.size != numbers * 4)
        return ENTENTE_ERR_CORRUPT;

    uint32_t *data = malloc(numbers * sizeof *data);
    if (data == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    for (size_t i = 0; i < numbers; i++)
        data[i] = reader_u32(&reader);
    *vectors = (struct vectors){places, count, data};
    return data[0] == 0 ? ENTENTE_OK : (vectors_free(vectors), ENTENTE_ERR_CORRUPT);
}

void
vectors_get(const struct vectors *vectors, uint32_t offset, uint32_t *vector)
{
    size_t stride = (size_t)vectors->places + 1;
    size_t at = vectors->count;

    while (at > 1 && vectors->data[(at - 1) * stride] > offset)
        at--;
    memcpy(vector, vectors->data + (at - 1) * stride + 1, vectors->places * sizeof *vector);
}
