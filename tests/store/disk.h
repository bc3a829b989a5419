/*
 * A disk in memory that SQLite writes to, and its faults.  One at a time, for one thread.
 *
 * A file is what it was at its last sync, and what it is now.  When the power is cut, every call
 * fails until disk_power_on(), which leaves of each sector written since the last sync the old or
 * the new content, as chance has it: writes that were lost, reordered or torn.
 */
#ifndef ENTENTE_TESTS_STORE_DISK_H
#define ENTENTE_TESTS_STORE_DISK_H

#include "support/test.h"

/* An empty disk becomes SQLite's default file system; disk_remove() puts the real one back. */
void disk_install(void);
void disk_remove(void);

enum disk_call {
    DISK_READ,
    DISK_WRITE, /* and truncate, delete and open: whatever changes a file or a folder */
    DISK_SYNC,
    DISK_CALLS
};

/* The n-th call of that kind from now (1: the next, 0: none) fails with SQLite's `code`. */
void disk_fail(enum disk_call call, uint64_t number, int code);
/* The n-th call of that kind and everything after it: a power cut. */
void disk_cut(enum disk_call call, uint64_t number);
void disk_power_on(uint64_t seed);
/* Whether the fault came; false when the run made fewer calls. */
bool disk_has_failed(void);

void disk_set_full(bool is_full);           /* no file grows */
void disk_set_read_only(bool is_read_only); /* as another user's file in another user's folder */

/* The bytes of a file as it is now, to damage; NULL when there is none. */
uint8_t *disk_file(const char *name, size_t *size);

#endif
