/*
 * Memory that can be put back.  A program that links region.c has all of its dynamic memory in one
 * region at fixed addresses, the secrets of keyholders too; so a whole simulation, real nodes and
 * keyholders included, can be kept as it is and come back later, pointers and all.
 *
 * A copy holds the pages that differ from the base.  Copies are given back in the reverse of the
 * order in which they were made.  What must outlive a restore is static, or lies on the stack.
 * Link with --wrap for secret_new, secret_free and secret_wipe.  Ends the program when the region is
 * full.
 */
#ifndef ENTENTE_TESTS_SIMULATOR_REGION_H
#define ENTENTE_TESTS_SIMULATOR_REGION_H

#include <stddef.h>
#include <stdint.h>

struct region_copy {
    size_t used;
    size_t first; /* of its pages, in the stack of pages */
    size_t count;
};

/* Another simulation begins: all that was taken since the first call is free, and nothing is ignored. */
void region_begin(void);

/* What is in the block is nobody's between two steps: it is not kept. */
void region_ignore(const void *memory);

/* What is here now is the base from which copies differ. */
void region_set_base(void);
void region_copy(struct region_copy *copy);
void region_restore(const struct region_copy *copy);
/* Gives back the newest copy. */
void region_drop(const struct region_copy *copy);

/* Memory outside of the region, zeroed, for the whole life of the program. */
void *region_outside(size_t size);

#endif
