/* Rows to put, each a function of a number, so that what is read back can be told from it. */
#ifndef ENTENTE_TESTS_STORE_SAMPLE_H
#define ENTENTE_TESTS_STORE_SAMPLE_H

#include "store/store.h"
#include "support/test.h"

extern const struct room_id room_one, room_two;
extern const struct party_id party_one;

/* Segment `number`, from 1, of branch 3: entries 4 * number - 3 to 4 * number, arrival `number`. */
struct segment_row row_of(uint32_t number, size_t payload_bytes);
bool row_equal(const struct segment_row *a, const struct segment_row *b);

/* The genesis, and branch 3. */
MUST_USE enum entente_error put_beginning(struct store *store);

/*
 * Transaction `number`, from 1: a register entry, the segments 2 * number - 1 and 2 * number, each
 * with a special, and a proof; and file `number` in the place of the one before.
 */
MUST_USE enum entente_error put_batch(struct store *store, uint32_t number);

/* How many of the six rows of that transaction are there; -1 when one of them is not what was put
 * or cannot be read.  `*error` is the last one other than NOT_FOUND. */
#define BATCH_ROWS 6
int count_batch(struct store *store, uint32_t number, enum entente_error *error);

/* A file of two chunks: as an upload that is ended at once. */
MUST_USE enum entente_error put_file(struct store *store, uint32_t number);

/*
 * Which of the files 1 to `last` is there, as it was put: 0: none; -1: several, or one in parts.
 * `*error` as above.
 */
int file_here(struct store *store, uint32_t last, enum entente_error *error);

#endif
