/* The kinds of 32 bytes, each a type of its own so that one cannot be passed for another. */
#ifndef ENTENTE_FORMAT_IDS_H
#define ENTENTE_FORMAT_IDS_H

#include "base/bytes.h"

#include <string.h>

#define ID_BYTES 32

struct room_id {
    uint8_t bytes[ID_BYTES];
};
struct party_id {
    uint8_t bytes[ID_BYTES];
};
/* The id of an entry of a feed or of a register: both are targets of causal links. */
struct entry_id {
    uint8_t bytes[ID_BYTES];
};
struct digest {
    uint8_t bytes[ID_BYTES];
};

/* A lane is one incarnation's feed; REGISTER_INC makes it the party's register (PROTOCOL.md 2). */
#define REGISTER_INC 0xFFFFu
#define INC_MAX 0xFFFEu
#define PARTIES_MAX 30u

/* A place in the record: one entry of one lane, named also by its id. */
struct position {
    uint8_t slot;
    uint16_t inc;
    uint32_t seq;
    struct entry_id id;
};
#define POSITION_BYTES 39u

static inline bool
entry_id_equal(const struct entry_id *a, const struct entry_id *b)
{
    return memcmp(a->bytes, b->bytes, ID_BYTES) == 0;
}

static inline bool
room_id_equal(const struct room_id *a, const struct room_id *b)
{
    return memcmp(a->bytes, b->bytes, ID_BYTES) == 0;
}

static inline bool
party_id_equal(const struct party_id *a, const struct party_id *b)
{
    return memcmp(a->bytes, b->bytes, ID_BYTES) == 0;
}

static inline bool
digest_equal(const struct digest *a, const struct digest *b)
{
    return memcmp(a->bytes, b->bytes, ID_BYTES) == 0;
}

static inline bool
digest_is_zero(const struct digest *digest)
{
    static const struct digest zero;

    return digest_equal(digest, &zero);
}

/* Slot u8, inc u16, seq u32, id: the encoding of a dep and of a head in HAVE. */
void position_write(struct writer *writer, const struct position *position);
struct position position_read(struct reader *reader);

/* Ascending by (slot, inc, seq, id): negative, zero or positive as for memcmp(). */
int position_compare(const struct position *a, const struct position *b);

#endif
