/*
 * A thread that waits for the disk, so that the keyholder need not.  It has no other task, touches
 * nothing but the file that it is given, and is confined as the rest of the process is.
 */
#ifndef ENTENTE_KEYHOLDER_SYNCER_H
#define ENTENTE_KEYHOLDER_SYNCER_H

#include "base/error.h"

struct syncer;

/* ENTENTE_ERR_NO_MEMORY, ENTENTE_ERR_IO: there is none, `*syncer` is NULL. */
MUST_USE enum entente_error syncer_start(struct syncer **syncer);
/* Waits for what is under way.  NULL is fine. */
void syncer_stop(struct syncer *syncer);

/* fdatasync() of the open `file`, which stays open until syncer_end().  One at a time. */
void syncer_begin(struct syncer *syncer, int file);

/* Wait until that is done: 0, or its errno. */
int syncer_end(struct syncer *syncer);

/* Becomes readable when one is done, until syncer_end(); for poll(). */
int syncer_event(const struct syncer *syncer);

#endif
