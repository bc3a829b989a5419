/*
 * A disk for the journal that is only memory, and that can lose power: of the sectors that were
 * written and not synced, some are there afterwards and some are not, as a seed decides.
 */
#ifndef ENTENTE_TESTS_SUPPORT_MEMORY_DISK_H
#define ENTENTE_TESTS_SUPPORT_MEMORY_DISK_H

#include "keyholder/journal.h"

#define MEMORY_DISK_SECTOR 512u

struct memory_file {
    uint8_t *now;  /* what reads see */
    uint8_t *safe; /* what a power cut leaves at least */
    uint64_t now_size;
    uint64_t safe_size;
    uint8_t *is_dirty; /* for each sector */
    uint64_t room;
};

struct memory_disk {
    struct memory_file files[JOURNAL_FILES_MAX];
    uint64_t seed;        /* of what a power cut takes */
    uint32_t operations;  /* writes and syncs so far */
    uint32_t power_until; /* so many of them are done, the next one is cut off; 0: all */
    bool is_off;          /* the power went: everything fails */
    bool no_sync;         /* it says that it synced, and did not */
    bool is_apart;        /* it can sync in two steps: the second one is the sync */
    uint32_t apart_file;  /* which one is under way */
    uint32_t writes;
    uint32_t syncs;
    uint64_t bytes_max; /* of all files; 0: no limit, else ENTENTE_ERR_DISK_FULL */
};

struct journal_disk memory_disk_of(struct memory_disk *disk);

/* Lose power now, and have it back: what was not synced is partly gone. */
void memory_disk_cut(struct memory_disk *disk);

/* It was the process that ended, not the power: all that was written is there, and it works. */
void memory_disk_revive(struct memory_disk *disk);

/* A copy of all files as they are now: what a snapshot keeps.  Free it as any other. */
void memory_disk_copy(struct memory_disk *copy, const struct memory_disk *disk);
void memory_disk_free(struct memory_disk *disk);

#endif
