/* The heads of a record as a MANIFEST lists them. */
#include "reader/export.h"

#include <stdlib.h>

static int
compare(const void *a, const void *b)
{
    return position_compare(a, b);
}

enum entente_error
heads_encode(const struct record *record, uint8_t **encoded, uint16_t *count)
{
    uint32_t branches = record_branches(record);
    struct position *all = calloc(branches + 1, sizeof *all);
    uint8_t *data = malloc(FRAME_LANES_MAX * POSITION_BYTES);
    struct writer writer = writer_of(data, FRAME_LANES_MAX * POSITION_BYTES);
    uint32_t used = 0;

    *encoded = NULL;
    *count = 0;
    if (all == NULL || data == NULL) {
        free(data);
        free(all);
        return ENTENTE_ERR_NO_MEMORY;
    }
    for (uint32_t i = 0; i < branches; i++)
        if (record_head(record, i).seq > 0)
            all[used++] = record_head(record, i);
    qsort(all, used, sizeof *all, compare);
    while (*count < used && *count < FRAME_LANES_MAX)
        position_write(&writer, &all[(*count)++]);
    free(all);
    *encoded = data;
    return ENTENTE_OK;
}
