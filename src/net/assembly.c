#include "net/assembly.h"

#include <stdlib.h>
#include <string.h>

/* At least doubled, so that many small pieces cost no more than a few large ones. */
static bool
make_room(struct assembly *assembly, size_t wanted, size_t bytes_max)
{
    if (wanted <= assembly->room)
        return true;
    size_t room = 2 * assembly->room;
    if (room > bytes_max)
        room = bytes_max;
    if (room < wanted)
        room = wanted;

    uint8_t *data = realloc(assembly->data, room);
    if (data == NULL)
        return false;
    assembly->data = data;
    assembly->room = room;
    return true;
}

enum entente_error
assembly_take(struct assembly *assembly, struct bytes piece, uint64_t following, bool last,
    size_t bytes_max, struct bytes *whole, bool *complete)
{
    *complete = false;
    *whole = (struct bytes){0};
    if (piece.size > bytes_max - assembly->used ||
        following > bytes_max - assembly->used - piece.size)
        return ENTENTE_ERR_TOO_LARGE;

    *complete = last && following == 0;
    if (*complete && assembly->used == 0) {
        *whole = piece;
        return ENTENTE_OK;
    }
    if (!make_room(assembly, assembly->used + piece.size + (size_t)following, bytes_max)) {
        *complete = false;
        return ENTENTE_ERR_NO_MEMORY;
    }
    if (piece.size > 0)
        memcpy(assembly->data + assembly->used, piece.data, piece.size);
    assembly->used += piece.size;
    if (*complete) {
        *whole = (struct bytes){assembly->data, assembly->used};
        assembly->used = 0;
    }
    return ENTENTE_OK;
}

void
assembly_free(struct assembly *assembly)
{
    free(assembly->data);
    *assembly = (struct assembly){0};
}
