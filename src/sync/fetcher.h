/*
 * One file that is fetched: which chunks are here, which are asked for, and which to ask for next.
 * PROTOCOL.md W2 to W4.
 */
#ifndef ENTENTE_SYNC_FETCHER_H
#define ENTENTE_SYNC_FETCHER_H

#include "format/file.h"

struct fetcher {
    struct digest root;
    uint64_t size;
    uint32_t chunks; /* 0: the leaves are not known yet */
    uint32_t here_count;
    uint32_t first;  /* where the last reader is: what lies behind it is asked for next */
    uint8_t *leaves; /* NULL where they were not needed yet */
    uint8_t here[FILE_CHUNKS_MAX / 8];
    uint8_t asked[FILE_CHUNKS_MAX / 8];
    uint8_t awaited[FILE_CHUNKS_MAX / 8]; /* somebody reads there: asked for before all others */
};

void fetcher_start(struct fetcher *fetcher, const struct digest *root);
void fetcher_free(struct fetcher *fetcher);

/*
 * Take the leaves that somebody sent for this root.  Copies them.
 *   ENTENTE_ERR_HASH        they are of another file
 *   ENTENTE_ERR_NO_MEMORY
 */
MUST_USE enum entente_error fetcher_set_leaves(
    struct fetcher *fetcher, uint64_t size, struct bytes leaves);

/* ENTENTE_ERR_HASH: it is not the chunk `index` of this file.  Needs the leaves. */
MUST_USE enum entente_error fetcher_check(
    const struct fetcher *fetcher, uint32_t index, struct bytes sealed);

/* Somebody reads at this chunk, which the file need not have; nobody reads any more. */
void fetcher_await(struct fetcher *fetcher, uint32_t index);
void fetcher_await_none(struct fetcher *fetcher);

void fetcher_note_here(struct fetcher *fetcher, uint32_t index);
bool fetcher_is_here(const struct fetcher *fetcher, uint32_t index);
bool fetcher_is_whole(const struct fetcher *fetcher);

/*
 * The next chunks to ask for, first those that somebody reads, one behind the other, at most `count_max` of them: marks them as
 * asked for and returns how many it is; 0: there is none now.
 */
uint32_t fetcher_ask(struct fetcher *fetcher, uint32_t count_max, uint32_t *index);

/* It may be asked for again. */
void fetcher_forget(struct fetcher *fetcher, uint32_t index);

#endif
