/*
 * What the evaluation asks of the record: which entry knew of which, and which ones count.  A table
 * of functions, so that the rules of acts can be searched exhaustively over a model of a record.
 */
#ifndef ENTENTE_CONSULTATION_CAUSALITY_H
#define ENTENTE_CONSULTATION_CAUSALITY_H

#include "record/record.h"

/* One entry: its branch in the record, and its seq (of a register entry: its number). */
struct place {
    uint32_t branch;
    uint32_t seq;
};

struct causality {
    void *state;

    /* Whether `entry` is in the past of `of`; each entry is in its own. */
    enum entente_error (*in_past)(
        void *state, const struct place *entry, const struct place *of, bool *is);

    /* Whether `entry` counts (I2): to what `before` knew before it was written, or, where that is
     * NULL, to all that is here. */
    enum entente_error (*is_admissible)(
        void *state, const struct place *entry, const struct place *before, bool *is);

    /* I3; NULL: an entry that would know all that is here. */
    enum entente_error (*is_past_barriers)(void *state, const struct place *entry, bool *is);

    /* Whether a fault of a lane of this party is proven. */
    bool (*has_equivocated)(void *state, uint8_t slot);
};

/* Over a record, borrowed for the causality's life. */
void causality_of_record(struct causality *causality, struct record *record);

#endif
