/* Entries of the own party: statements and facts, sealed; acts, in clear, once they are found to count. */
#ifndef ENTENTE_DESK_WRITING_H
#define ENTENTE_DESK_WRITING_H

#include "consultation/consultation.h"

struct desk;

/* What became of it. */
struct desk_written {
    enum entente_error error; /* ENTENTE_ERR_VOID: see `rule`; nothing was written */
    struct rule rule;
    uint8_t slot; /* where it is, durable, in the own feed */
    uint16_t inc;
    uint32_t seq;
    struct entry_id id;
    uint64_t t_ms;
};

/*
 * Have an entry of `kind` written: ENTRY_SEALED, or that of an act.  `sections` are as in a body (A1): count u16
 * (1..64), and of each type u16, size u32, content; copied.  `done` is called once, later, never from inside of this
 * call: when the entry is durable in the feed, or never will be there.
 *
 * A sign entry waits until the room is evaluated, and is refused where it would not count (A4 to A8, P7) or the text
 * is not here in whole (T2).
 *   ENTENTE_ERR_NO_MEMORY   too much is under way; `done` is not called
 */
MUST_USE enum entente_error desk_write(struct desk *desk, const struct room_id *room, uint8_t kind,
    struct bytes sections, void (*done)(void *state, const struct desk_written *written),
    void *state);

#endif
