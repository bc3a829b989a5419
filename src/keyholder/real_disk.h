/* The journal on a real disk: its files in one folder, opened when they are first needed. */
#ifndef ENTENTE_KEYHOLDER_REAL_DISK_H
#define ENTENTE_KEYHOLDER_REAL_DISK_H

#include "keyholder/journal.h"
#include "keyholder/syncer.h"

struct real_disk {
    int folder; /* borrowed */
    int files[JOURNAL_FILES_MAX];
    bool is_new[JOURNAL_FILES_MAX]; /* made here, so the folder too must be synced */
    struct syncer *syncer;          /* borrowed; NULL: every sync is waited for */
    enum entente_error synced;      /* what sync_begin() did by itself, without the syncer */
    bool is_apart;                  /* the syncer is at work */
};

/*
 * `folder` is an open directory, borrowed for the disk's life.  Where `syncer` is set afterwards,
 * sync_begin() leaves the waiting to it.
 */
void real_disk_open(struct real_disk *disk, int folder);
void real_disk_close(struct real_disk *disk);
struct journal_disk real_disk_of(struct real_disk *disk);

/* What the operating system's error number means for the operator. */
enum entente_error error_of_errno(int number);

#endif
