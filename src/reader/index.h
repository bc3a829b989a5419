/*
 * Where in a file the segments of a record are: a record_source without a store.  It holds 28 bytes
 * and the vectors for each segment; segments and payloads stay in the file.
 */
#ifndef ENTENTE_READER_INDEX_H
#define ENTENTE_READER_INDEX_H

#include "record/record.h"

/* Segments that are not in the file as they are needed (cut, S4) are copied, up to this. */
#define INDEX_COPIES_BYTES_MAX 33554432u

struct index;

/* `file` is borrowed for the index's life. */
MUST_USE enum entente_error index_new(struct index **index, struct bytes file);
void index_free(struct index *index);

/* The record's view of the index, which lives as long. */
const struct record_source *index_source(struct index *index);

/*
 * Keep what was admitted; `offset` is the frame's whose segment it is, if it is the very one.
 *   ENTENTE_ERR_FLOOD      too many segments that must be copied
 *   ENTENTE_ERR_NO_MEMORY
 */
MUST_USE enum entente_error index_put(
    struct index *index, const struct admitted *admitted, size_t offset);
MUST_USE enum entente_error index_put_proof(
    struct index *index, uint8_t slot, uint16_t inc, struct bytes payload);

uint64_t index_segments(const struct index *index);

#endif
