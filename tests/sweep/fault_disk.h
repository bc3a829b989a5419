/*
 * What a power cut would leave of the files that a traced program writes.  For every file that it
 * opens for writing there are shadows, in a folder beside the control page: what is durable of it.
 * A sync copies the file to its shadow; the cut copies the other way.  Names are durable once their
 * folder was synced: until then a new file may vanish, and a removed one come back.  Shadows stay
 * when the program is only killed, so that a later cut undoes also what an earlier life left
 * unsynced.  (Renames are not followed: what is traced here may not rename, by seccomp.)
 */
#ifndef ENTENTE_TESTS_SWEEP_FAULT_DISK_H
#define ENTENTE_TESTS_SWEEP_FAULT_DISK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Shadows are in `folder`, which is made. */
void fault_disk_open(const char *folder);

/* `path` was opened for writing; `is_new`: by that it came to be. */
void fault_disk_opened(const char *path, bool is_new);
/* Bytes [from, from + size) were or will be written, or anything at all where size is 0. */
void fault_disk_wrote(const char *path, uint64_t from, uint64_t size);
void fault_disk_removed(const char *path);
/* A file or a folder. */
void fault_disk_synced(const char *path);

/* The cut.  With `seed` 0 nothing unsynced stays; else each of its sectors and names may or may
 * not. Returns how many files are other than they were. */
uint32_t fault_disk_cut(uint64_t seed);

#endif
