/*
 * Puts one frame together from the pieces in which it arrives.  At most one frame is under way,
 * and a frame that comes in one piece is not copied at all.
 */
#ifndef ENTENTE_NET_ASSEMBLY_H
#define ENTENTE_NET_ASSEMBLY_H

#include "base/bytes.h"

/* All zero is an assembly with nothing in it. */
struct assembly {
    uint8_t *data;
    size_t used;
    size_t room;
};

/*
 * Takes the next piece; `following` bytes are announced to come after it, and `last` says that the
 * frame ends with those.  When it is complete, `*whole` is the frame, borrowed from `piece` or from
 * the assembly until the next call, and true is in `*complete`.
 *
 * Returns ENTENTE_OK, or an error after which only assembly_free() may follow:
 *   ENTENTE_ERR_TOO_LARGE   the frame has, or announces, more than `bytes_max`
 *   ENTENTE_ERR_NO_MEMORY
 */
MUST_USE enum entente_error assembly_take(struct assembly *assembly, struct bytes piece,
    uint64_t following, bool last, size_t bytes_max, struct bytes *whole, bool *complete);

/* Gives back the memory; the assembly is then empty and can be used again. */
void assembly_free(struct assembly *assembly);

#endif
