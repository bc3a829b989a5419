/*
 * What the node asks of its store about files (PROTOCOL.md section 19): reads of rows, under the
 * same terms as those of record/source.h.
 */
#ifndef ENTENTE_RECORD_FILE_SOURCE_H
#define ENTENTE_RECORD_FILE_SOURCE_H

#include "format/ids.h"

/* A file whose leaves are here; chunks may be missing. */
struct file_row {
    struct digest place; /* under which its chunks are kept */
    uint64_t size;
};

/*
 * Every function returns ENTENTE_OK, ENTENTE_ERR_NOT_FOUND, ENTENTE_ERR_IO, ENTENTE_ERR_CORRUPT
 * or ENTENTE_ERR_NO_MEMORY.  Views are borrowed from the source until its next call, and empty on
 * error.
 */
struct file_source {
    void *state;

    /* The file of this root, and its leaves: file_chunks(size) x 32 bytes. */
    enum entente_error (*file)(
        void *state, const struct room_id *room, const struct digest *root, struct file_row *row);
    enum entente_error (*leaves)(
        void *state, const struct room_id *room, const struct digest *root, struct bytes *leaves);

    enum entente_error (*chunk)(void *state, const struct room_id *room, const struct digest *place,
        uint32_t index, struct bytes *sealed);

    /* The first chunk that is here, from `*index` on; its bytes are not read. */
    enum entente_error (*next_chunk)(
        void *state, const struct room_id *room, const struct digest *place, uint32_t *index);
};

#endif
