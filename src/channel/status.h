/* How a room stands, as the node tells it to the desk and the desk to the party's people. */
#ifndef ENTENTE_CHANNEL_STATUS_H
#define ENTENTE_CHANNEL_STATUS_H

#include "format/ids.h"

#define STATUS_NAME_BYTES_MAX 128u
#define STATUS_BYTES_MAX (16384u)

struct status_party {
    struct party_id party;
    uint8_t name_bytes;
    uint8_t name[STATUS_NAME_BYTES_MAX];
    bool is_linked;
    bool is_contested;
    uint64_t heard_at_ms; /* Unix time; 0: never since the start */
    uint16_t inc;
    uint32_t head_seq;    /* of its newest lane, here */
    uint32_t held_seq;    /* of that lane, by all; acks at its end ask for none and count as held */
    uint64_t holds;       /* entries of the whole record that this party holds */
    uint64_t behind;      /* entries here that it does not hold, but for acks at a lane's end */
    uint32_t missing;     /* entries that it has and we lack, as far as it said */
};

#define STATUS_WRITING_OPEN 2u /* the party may write */

struct status {
    struct room_id room;
    uint8_t slot;    /* our own */
    uint8_t writing; /* enum node_writing */
    uint64_t entries;
    uint64_t held_by_all; /* how many of them, acks at a lane's end counted with what they follow */
    struct digest state;
    uint8_t title_bytes;
    uint8_t title[200];
    uint8_t parties_count;
    struct status_party parties[PARTIES_MAX];
};

void status_write(struct writer *writer, const struct status *status);

/* ENTENTE_ERR_MALFORMED, ENTENTE_ERR_TRUNCATED: `*status` is zeroed. */
MUST_USE enum entente_error status_read(struct bytes encoded, struct status *status);

#endif
