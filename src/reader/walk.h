/* The frames of a bundle that lies in memory. */
#ifndef ENTENTE_READER_WALK_H
#define ENTENTE_READER_WALK_H

#include "reader/bundle.h"

struct walk {
    struct bytes file; /* borrowed */
    size_t next;       /* where the next frame begins */
    size_t offset;     /* where the last one did */
    size_t dropped;    /* pages before it were given back: walk_drop() */
    bool is_mapped;    /* `file` is a mapping of a file: set it after walk_start() */
    enum bundle_stage stage;
};

/* ENTENTE_ERR_MALFORMED without the magic. */
MUST_USE enum entente_error walk_start(struct walk *walk, struct bytes file);

/* As bundle_next(). */
MUST_USE enum entente_error walk_next(struct walk *walk, struct frame *frame);

/* The frame that begins at `offset`, which was walked over before. */
MUST_USE enum entente_error walk_frame_at(struct bytes file, size_t offset, struct frame *frame);

/*
 * Tell the system that what lies behind is not needed in memory for now, so that a walk over a
 * large file does not fill this process.  Only for a mapping, whose content is read again from the
 * file.
 */
void walk_drop(struct walk *walk);

#endif
