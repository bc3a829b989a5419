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

/*
 * Start all three, each with its sockets at 3 (to us) and 4, 5 (to the two others in the order of
 * the enum); the desk also gets `listening` at 6.  `programs` is the folder of the binaries, or
 * NULL to look beside this program and in the folders of the build tree; `folder` is the party's.
 */
MUST_USE enum entente_error children_start(
    struct children *children, const char *programs, const char *folder, int listening);

/* Ask them to end, wait `wait_ms` at most, then kill those that are left.  Frees the channels. */
void children_stop(struct children *children, unsigned wait_ms);

/* One line for the operator about a child whose end, by waitpid(), is worth one. */
void child_tell(enum child child, int status);

#endif
