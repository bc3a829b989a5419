/* Frames that wait to be written, in order, and how far the first of them is out. */
#ifndef ENTENTE_NET_QUEUE_H
#define ENTENTE_NET_QUEUE_H

#include "base/bytes.h"

/* Counted for each frame besides its bytes: without it empty frames would be free of charge. */
enum { QUEUE_FRAME_COST = 64 };

/* All zero is an empty queue. */
struct queue {
    struct queue_block *first;
    struct queue_block *last;
    size_t bytes; /* of memory: what is not yet written, and QUEUE_FRAME_COST for each frame */
};

/*
 * Copies the rest of `frame` from `written` on to the end of the queue; a frame that is partly
 * written already may only be added to an empty queue.  The bound is the caller's affair.
 * Returns ENTENTE_OK, or ENTENTE_ERR_NO_MEMORY with the queue unchanged.
 */
MUST_USE enum entente_error queue_add(struct queue *queue, struct bytes frame, size_t written);

/* Room for a frame of `size` bytes at the end of the queue, for the caller to fill before anything else
   is called; NULL: no memory. */
uint8_t *queue_new_block(struct queue *queue, size_t size);

/* Drops all frames but one that is partly written. */
void queue_cut(struct queue *queue);

bool queue_is_empty(const struct queue *queue);

/* What is still to be written of the first frame, borrowed until queue_wrote(); `*begun` says
   whether some of it is out already.  The queue must not be empty. */
struct bytes queue_front(const struct queue *queue, bool *begun);

/* `size` more bytes of the first frame are out; it leaves the queue with its last byte. */
void queue_wrote(struct queue *queue, size_t size);

void queue_free(struct queue *queue);

#endif
