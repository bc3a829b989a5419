/* What the files of record/ share.  Nobody else includes this. */
#ifndef ENTENTE_RECORD_INTERNAL_H
#define ENTENTE_RECORD_INTERNAL_H

#include "format/proof.h"
#include "record/record.h"

/*
 * The vectors of a segment's entries.  One is kept where deps or the register position moved it,
 * the first entry's always; in between only the entry's own lane grows.  So no vector is ever
 * computed from other old entries: a chain of deps cannot make a deep recursion.
 */
struct vectors {
    uint32_t places; /* of each vector */
    uint32_t count;
    uint32_t *data; /* count x (offset of the entry in the segment, places x seq) */
};

/* A recent segment, with what is needed to know ids and vectors of its entries. */
struct span {
    uint32_t branch;
    uint32_t first_seq;
    uint32_t count;
    uint64_t used; /* for choosing the one to forget */
    struct vectors vectors;
    struct entry_id *ids;
    uint8_t *encoded; /* the segment; `headers` point into it */
    size_t encoded_size;
};

struct branch {
    struct branch_row row;
    struct position head; /* seq 0: nothing */
    uint64_t head_t_ms;
    uint32_t reg_number; /* of the head */
    uint32_t *past;      /* vector of the head, itself included; past_count() places */
    uint32_t past_size;
    struct position durable; /* the head as of the last record_stored() */
    uint32_t *durable_past;
    uint32_t durable_past_size;
    uint32_t content_seq; /* the last entry that is not an ack */
    bool holds; /* the head carries the flag: what is in `past` is held (H1) */
    uint32_t *held_past; /* else the vector of the last entry that does; NULL: none does */
    uint32_t held_past_size;
};

/* A lane against which a proof is known. */
struct contested {
    uint8_t slot;
    uint16_t inc;
    uint32_t budget_used[PARTIES_MAX]; /* entries accepted through each party (F3), or more: see load */
};

/* An entry of kind fault or resume that was admitted. */
struct mark {
    uint8_t kind;
    uint32_t branch;
    uint32_t seq;
    uint8_t slot;  /* fault: against whom */
    uint16_t inc;
};

struct pending {
    uint8_t *segment;
    size_t segment_size;
    uint8_t *payloads;
    size_t payloads_size;
    uint8_t slot;
    uint16_t inc;
    bool has_fault; /* one of its entries is a fault entry */
    uint32_t first_seq;
    struct position last;
    struct position missing;
};

struct record {
    struct room_id room;
    uint8_t parties;
    struct party_register *registers[PARTIES_MAX];
    const struct record_source *source;
    struct record_mutations mutations;
    bool heads_only;
    bool payloads_elsewhere;

    struct branch *branches;
    uint32_t branches_count;
    uint32_t branches_size;

    struct span spans[RECORD_SPANS_MAX];
    uint64_t uses;

    struct contested *contested;
    uint32_t contested_count;
    struct mark *marks;
    uint32_t marks_count;

    struct pending *pending;
    uint32_t pending_count;
    size_t pending_bytes;
    struct pending *done; /* admitted ones; freed at the next call */
    uint32_t done_count;

    uint64_t arrival;
    uint64_t entries;
    uint32_t *work;     /* a vector being computed */
    uint32_t work_size;
    uint32_t *dep_work; /* one vector for each dep of an entry */
    uint32_t dep_work_size;
    struct segment scratch[5]; /* 0 received, 1 and 2 a proof, 3 a span, 4 one that was pending */
};

/* branch.c */
MUST_USE enum entente_error branch_add(struct record *record, const struct branch_row *row);
/* The first branch of the lane, or NULL; then the next one. */
struct branch *branch_first(const struct record *record, uint8_t slot, uint16_t inc);
struct branch *branch_next(const struct record *record, const struct branch *after);
MUST_USE enum entente_error vector_reserve(uint32_t **vector, uint32_t *size, uint32_t wanted);
/* The branch on which entry `seq` of `branch` really lies: a fork shares what is before it. */
uint32_t branch_of_seq(const struct record *record, uint32_t branch, uint32_t seq);
void branch_refresh_registers(struct record *record);

/* held.c */
/* The place in the segment of its last entry with the flag *holds*; its count where none has it. */
uint32_t holding_entry(const struct segment *segment);

/* vectors.c */
MUST_USE enum entente_error vectors_note(
    struct vectors *vectors, uint32_t offset, const uint32_t *vector);
void vectors_write(struct writer *writer, const struct vectors *vectors);
MUST_USE enum entente_error vectors_read(struct bytes encoded, struct vectors *vectors);
void vectors_get(const struct vectors *vectors, uint32_t offset, uint32_t *vector);
void vectors_free(struct vectors *vectors);

/* span.c */
MUST_USE enum entente_error span_get(
    struct record *record, uint32_t branch, uint32_t seq, struct span **span);
/* Takes over `vectors`, which becomes empty. */
MUST_USE enum entente_error span_put(struct record *record, uint32_t branch, uint32_t first_seq,
    uint32_t count, const struct entry_id *ids, struct vectors *vectors, struct bytes encoded);
void span_free(struct span *span);
/* The vector of entry `seq`, itself included, into `vector` (branches_count places). */
MUST_USE enum entente_error vector_at(
    struct record *record, uint32_t branch, uint32_t seq, uint32_t *vector);
/* The header of entry `seq`; views borrow from the span cache until the next call of the record. */
MUST_USE enum entente_error entry_at(
    struct record *record, uint32_t branch, uint32_t seq, struct entry *entry);

/* link.c */
/*
 * `past` is the vector before `entry` and becomes the one with all its causes (the entry itself is
 * the caller's); `*moved` says whether it changed.  Rules E6, E7, E9, L1, L4 decide.
 * ENTENTE_ERR_PENDING: `*missing` is not here.
 */
MUST_USE enum entente_error link_apply(struct record *record, const struct entry *entry,
    uint32_t *past, bool *moved, struct position *missing);

/* pending.c */
void pending_free(struct pending *pending);
void pending_forget_done(struct record *record);
/*
 * Who waits for one of the segment's ids, directly or through others that wait: a bit for the slot of
 * each uncontested feed (F3).
 */
uint32_t pending_wanted_by(const struct record *record, const struct segment *segment);
/* Whether `by` signed a fault entry against the lane that is pending.  Uses scratch[1]. */
bool pending_has_fault_by(struct record *record, uint8_t by, uint8_t slot, uint16_t inc);
void pending_keep(struct record *record, const struct segment *segment, struct bytes payloads,
    const struct position *missing, struct admission *admission);
/* Tries again what may have become possible, until nothing more does. */
MUST_USE enum entente_error pending_retry(
    struct record *record, struct arena *arena, struct admission *admission);

/* record.c */
/* S1's signature, S2; ENTENTE_ERR_PENDING when the register is not here up to `reg`. */
MUST_USE enum entente_error verify_segment(struct record *record, const struct segment *segment,
    struct bytes payloads, struct position *missing);

/* admit.c */
/* A verified segment with verified payloads: attach it, or say why not. */
MUST_USE enum entente_error admit(struct record *record, struct segment *segment,
    struct bytes payloads, struct arena *arena, struct admission *admission,
    struct position *missing);

/* fault.c */
MUST_USE enum entente_error fault_learn(struct record *record, struct bytes payload,
    struct arena *arena, struct admission *admission, struct position *missing);
/* `segment` contradicts entry `seq` of `branch`. */
MUST_USE enum entente_error fault_from(struct record *record, uint32_t branch, uint32_t seq,
    const struct segment *segment, struct arena *arena, struct admission *admission);
struct contested *contested_find(const struct record *record, uint8_t slot, uint16_t inc);
MUST_USE enum entente_error contested_add(struct record *record, uint8_t slot, uint16_t inc);
MUST_USE enum entente_error mark_add(struct record *record, const struct mark *mark);

#endif
