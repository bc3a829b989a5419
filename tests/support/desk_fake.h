/*
 * A desk for the API alone: a clock that the test moves, accounts in memory, and rooms of which only
 * what a test says is there.  It answers when the test lets it.
 */
#ifndef ENTENTE_TESTS_SUPPORT_DESK_FAKE_H
#define ENTENTE_TESTS_SUPPORT_DESK_FAKE_H

#include "api/api.h"
#include "support/http_fake.h"

struct fake_desk {
    uint64_t now_ms;
    uint64_t random; /* state of test_random() */
    uint32_t rooms;
    char *accounts; /* the file; NULL: none */
    unsigned saves;
    enum entente_error save_error;
    unsigned writes; /* asked for, and not yet answered */
    uint64_t write_ticket;
    uint8_t written[4096]; /* sections of the last write */
    size_t written_bytes;
    unsigned writes_all;
    unsigned statuses;
    uint64_t status_ticket;
    struct api *api;
    struct http_calls calls;
};

/* Ready to be asked, with the accounts that it has, where it was started before; ends the test program where it cannot be made. */
void fake_desk_start(struct fake_desk *desk);
void fake_desk_end(struct fake_desk *desk);
/* What the API is given, for who makes one himself. */
struct api_desk fake_desk_api(struct fake_desk *desk);
/* Answers the last write: entry number `number`, or the error. */
void fake_desk_written(struct fake_desk *desk, enum entente_error error, uint32_t number);

#endif
