/*
 * The rooms that this desk evaluates.  None is, and the store is not even opened, before somebody asks for one
 * or the node tells of a signature under an act; from then on a room follows the store, some entries each
 * turn of the loop.
 */
#ifndef ENTENTE_DESK_ROOMS_H
#define ENTENTE_DESK_ROOMS_H

#include "room/room.h"

struct desk;

#define DESK_ROOMS_MAX 64u

/*
 * The room of that index, from 0, in the order of joining, opened where it was not; or the one of that id, zero
 * for the only one.  Borrowed for the desk's life.
 *   ENTENTE_ERR_NOT_FOUND   there is none (as for an index beyond the last)
 *   ENTENTE_ERR_TOO_LARGE   more than DESK_ROOMS_MAX
 *   ENTENTE_ERR_NOT_RUNNING the store was not there when the desk started
 *   other errors: this machine; may be tried again
 */
MUST_USE enum entente_error desk_room_at(struct desk *desk, uint32_t index, struct room **room);
MUST_USE enum entente_error desk_room(
    struct desk *desk, const struct room_id *id, struct room **room);

/* Be told of each entry that any room takes in (room_calls.changed). */
void desk_listen(struct desk *desk,
    void (*changed)(void *state, struct room *room, uint64_t change), void *state);

#endif
