/*
 * What a process may still do once it has what it needs: no new privileges, its own user where the
 * supervisor is root, a list of system calls, and (where the kernel has Landlock) a list of folders.
 * A process that steps outside is killed by the kernel, and the supervisor says so.
 */
#ifndef ENTENTE_CONFINE_CONFINE_H
#define ENTENTE_CONFINE_CONFINE_H

#include "base/error.h"

/* The node: links over the network, and the folder of its store. */
MUST_USE enum entente_error confine_node(const char *store_path);

/*
 * The keyholder: its folder (an open directory), in which the journal makes files; no network at all.
 * Where it is root the folder goes to its own user first.  In two steps, in this order: what it may
 * touch, which threads that are started afterwards inherit; then what it may ask of the kernel, for
 * all its threads, after which it can start no more of them.
 */
MUST_USE enum entente_error confine_keyholder_files(int folder);
MUST_USE enum entente_error confine_keyholder_calls(void);

/* The desk: accepts on the sockets that it has, reads and writes the files that it has, opens nothing. */
MUST_USE enum entente_error confine_desk(void);

#endif
