/* A libuv loop for a process that waits by itself: poll its descriptor, then give it a turn. */
#ifndef ENTENTE_NET_LOOP_H
#define ENTENTE_NET_LOOP_H

#include "base/error.h"

struct uv_loop_s;
struct net_loop;

/* ENTENTE_ERR_NO_MEMORY, ENTENTE_ERR_IO: then `*loop` is NULL. */
MUST_USE enum entente_error net_loop_new(struct net_loop **loop);

/* Nothing may be left on it.  Does nothing with NULL. */
void net_loop_free(struct net_loop *loop);

struct uv_loop_s *net_loop_uv(struct net_loop *loop);

/* Readable when a turn is due. */
int net_loop_fd(const struct net_loop *loop);

/* A turn is due after so many milliseconds in any case; -1: only when the descriptor is readable.
 */
int net_loop_wait_ms(struct net_loop *loop);

/* Does what is due, and waits for nothing. */
void net_loop_turn(struct net_loop *loop);

#endif
