/*
 * The feed's guard: what the node key may sign in one room.  Pure: no I/O, no clock, no memory.
 *
 * The node is not believed.  It hands over whole headers, never a hash, and the signer follows the
 * feed itself: one id for each seq, for ever.  A step works on a copy that takes the place of the
 * old state once the segment is in the journal:
 *
 *     struct signer next = *signer;
 *     error = signer_append(&next, &request, ...);
 *     if (error == ENTENTE_OK && (error = journal_append(...)) == ENTENTE_OK)
 *         *signer = next;
 */
#ifndef ENTENTE_KEYHOLDER_SIGNER_H
#define ENTENTE_KEYHOLDER_SIGNER_H

#include "format/register.h"
#include "format/segment.h"

/* Plain data, copied freely. */
struct signer {
    struct room_id room;
    uint8_t slot;
    uint16_t inc;
    uint32_t seq; /* of the last signed entry, 0: none */
    struct entry_id
        id; /* of that entry; of the certifying register entry where there is none (E5) */
    uint32_t reg_number;
    struct entry_id reg_id;
    uint64_t t_ms;
    bool barrier_passed; /* since this start (I4) */
    bool is_retired;     /* for good */
};

/* An incarnation that has signed nothing in this room yet. */
void signer_start(
    struct signer *signer, const struct room_id *room, uint8_t slot, const struct incarnation *own);

struct signer_request {
    uint32_t count; /* of headers */
    struct bytes headers;
    struct bytes payloads;  /* of the entries whose bit in `elsewhere` is 0 */
    uint64_t elsewhere;     /* bit i: who asks compares the payload of entry i with its header */
    struct bytes journaled; /* the journaled segment that holds signer_first_seq(), or empty */
};

/* The seq of the first header; 0 where there is none. */
uint32_t signer_first_seq(struct bytes headers);

/*
 * Check the request against the feed and sign it.  The segment is written to `out`, which has room
 * for SEGMENT_BYTES_MAX; `*segment` is its reading and borrows from it.
 *
 * A repeat of what was signed before gives the journaled bytes again when the headers are the same,
 * to the byte; `*is_repeat` says so, and the state does not change.
 *
 *   ENTENTE_ERR_RETIRED   the key signs nothing any more
 *   ENTENTE_ERR_BARRIER   no start barrier yet (I4)
 *   ENTENTE_ERR_BEHIND    seq or prev do not continue what was signed last, or other headers are
 *                         asked for at a seq that has its entry
 *   ENTENTE_ERR_REFUSED   another room, slot or incarnation; no or over 64 headers; headers that
 * are not well formed or not consecutive (E1 to E6, E8, S1); a missing or misplaced `resume` (E9);
 * payloads of other lengths or hashes (S2) On error the state is unchanged and nothing was signed.
 */
MUST_USE enum entente_error signer_append(struct signer *signer,
    const struct signer_request *request, const struct signing_key *key, struct writer *out,
    struct segment *segment, bool *is_repeat);

/*
 * What the other parties have of this lane: their greatest (seq, id), seq 0 for nothing (I4).
 * `journaled` is the own id at that seq, NULL where the journal does not know it any more.
 * A head beyond the own one, or another id at its seq, retires the key; everything else passes the
 * barrier.  Comes after a start, and again whenever a peer reports more than was signed here.
 */
void signer_barrier(struct signer *signer, uint32_t seq, const struct entry_id *id,
    const struct entry_id *journaled);

#endif
