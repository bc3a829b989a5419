/*
 * A desk for the API alone: a clock that the test moves, accounts in memory, and one room of three
 * parties in a store in memory, in which bodies lie open.  It answers when the test lets it.
 */
#ifndef ENTENTE_TESTS_SUPPORT_DESK_FAKE_H
#define ENTENTE_TESTS_SUPPORT_DESK_FAKE_H

#include "api/api.h"
#include "support/http_fake.h"
#include "support/room.h"

#define FAKE_PARTIES 3u
#define FAKE_WRITES_MAX 64u

struct fake_write {
    uint64_t ticket;
    uint8_t kind;
    uint8_t *sections;
    size_t size;
};

struct fake_desk {
    uint64_t now_ms;
    uint64_t random; /* state of test_random() */
    char *accounts;  /* the file; NULL: none */
    unsigned saves;
    enum entente_error save_error;
    struct fake_write writes[FAKE_WRITES_MAX]; /* not answered yet, in order */
    unsigned writes_count;
    uint64_t statuses[FAKE_WRITES_MAX]; /* tickets, not answered yet */
    unsigned statuses_count;
    uint64_t part_ticket; /* of the part of the record's file that was asked for last */
    unsigned parts_asked;
    uint64_t control_ticket;
    uint8_t control_what, control_slot;
    struct api *api;
    struct http_calls calls;

    bool has_room;
    bool is_forging; /* what is stored from now on has wrong signatures */
    bool is_behind; /* the test says that the room takes nothing in for now */
    struct test_room setting;
    struct replica replica;
    struct build_feed feeds[FAKE_PARTIES];
    struct store *store;
    struct room *room;
    uint64_t changed; /* the newest change that the room told of */
    uint64_t told;    /* ... and the API was told of */
};

/* Ready to be asked, with the accounts that it has, where it was started before; ends the test
 * program where it cannot be made. */
void fake_desk_start(struct fake_desk *desk);
void fake_desk_end(struct fake_desk *desk);
/* The party, slot 0, is in a room from now on, of which `entries` are written by the others in
 * turn. */
void fake_desk_join(struct fake_desk *desk, unsigned entries);
/* What the API is given, for who makes one himself. */
struct api_desk fake_desk_api(struct fake_desk *desk);

/* Answers the oldest write: it is in the room's store and taken in, or the error. */
void fake_desk_written(struct fake_desk *desk, enum entente_error error);
/* All of them. */
void fake_desk_write_all(struct fake_desk *desk);
/* Another party says something. */
void fake_desk_say(struct fake_desk *desk, uint8_t slot, const char *text);
/* Another party shows two faces: two entries of one number, and the proof is stored. */
void fake_desk_fork(struct fake_desk *desk, uint8_t slot);
/* The same as fake_desk_say(), but what is stored has another signature than the party's. */
void fake_desk_say_forged(struct fake_desk *desk, uint8_t slot, const char *text);
/* The room takes in what is there. */
void fake_desk_advance(struct fake_desk *desk);
/* Answers all questions for a status, with these parties linked. */
void fake_desk_status(struct fake_desk *desk, enum entente_error error, uint32_t linked);

/* ---- answers ---- */

/* The text of a field of the answer's object, borrowed until the next call; "": it is not there. */
const char *fake_says(const struct http_exchange *exchange, const char *field);
/*
 * That it was answered once, with this status, as openapi.json says of the operation; a problem
 * names this field ("": none, or the whole body).  Otherwise prints what was answered.
 */
bool fake_is(struct fake_desk *desk, const struct http_exchange *exchange, uint16_t status,
    const char *field);

#endif
