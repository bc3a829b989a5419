/* The three processes of a node and the sockets between them. */
#ifndef ENTENTE_DAEMON_CHILDREN_H
#define ENTENTE_DAEMON_CHILDREN_H

#include "channel/messages.h"

#include <sys/types.h>

enum child { CHILD_KEYHOLDER, CHILD_NODE, CHILD_DESK, CHILDREN };

struct children {
    pid_t pids[CHILDREN]; /* 0: not running */
    struct channel *channels[CHILDREN];
    int sockets[CHILDREN]; /* our ends */
};

/* What the desk gets besides, from 6 on and in this order; -1: not, and then nothing behind it either. */
struct children_given {
    int desk; /* listens for the command line */
    int api;  /* listens for HTTP in the party's folder */
    int page; /* listens for HTTP at the page's address */
    int certificate;
    int key;
};

/*
 * Start all three, each with its sockets at 3 (to us) and 4, 5 (to the two others in the order of
 * the enum).  `programs` is the folder of the binaries, or
 * NULL to look beside this program and in the folders of the build tree; `folder` is the party's.
 */
MUST_USE enum entente_error children_start(
    struct children *children, const char *programs, const char *folder,
    const struct children_given *given);

/* Ask them to end, wait `wait_ms` at most, then kill those that are left.  Frees the channels. */
void children_stop(struct children *children, unsigned wait_ms);

/* One line for the operator about a child whose end, by waitpid(), is worth one. */
void child_tell(enum child child, int status);

#endif
