/*
 * Three parties that consult through their desks' APIs: real records, rooms and handlers; sealing,
 * keyholders, processes and sockets are left out.  What one writes is heard by the others at once,
 * unless it is cut off.
 */
#ifndef ENTENTE_TESTS_SUPPORT_CONSULTING_H
#define ENTENTE_TESTS_SUPPORT_CONSULTING_H

#include "api/api.h"
#include "support/room.h"

#include <jansson.h>

#define CONSULTING_PARTIES 3u

void consulting_start(void);
void consulting_stop(void);

/* The room as the parties founded it: for offices and keys. */
struct test_room *consulting_room(void);
struct room *consulting_room_of(uint8_t slot);
/* The clock of all desks. */
extern uint64_t consulting_now_ms;

/* Nothing is heard from this party, and it hears nothing, until it is mended. */
void consulting_cut(uint8_t slot);
void consulting_mend(uint8_t slot);
/* A register grew. */
void consulting_registers(void);

/* How many entries the party has written. */
uint32_t consulting_writes(uint8_t slot);
/* A path or body; eight of them are kept. */
const char *consulting_text(const char *format, ...) __attribute__((format(printf, 1, 2)));
#define AT consulting_text

/* An act's entry that a node writes by itself. */
void consulting_ratify(uint8_t slot, const char *act);

/* A fact as another program of the party would write it, well-formed and no more: the id of what it
 * creates. */
struct digest consulting_say(uint8_t slot, uint16_t type, const struct fact *fact);

/*
 * Ask party `slot`'s desk, as the operator at the machine unless `account` is set.  `path` is
 * behind
 * "/api/v1/rooms/only", or begins with "/public" or "/api" and is taken whole; it may have a query.
 * A NULL body: none. Each answer is checked against openapi.json.  Borrowed until
 * consulting_stop().
 */
struct answer {
    uint16_t status;
    json_t *json;
    const char *text; /* as it was sent */
};
extern const char *consulting_account;
const struct answer *consulting_ask(
    uint8_t slot, const char *method, const char *path, const char *body);
#define GET(slot, path) consulting_ask(slot, "GET", path, NULL)
#define POST(slot, path, body) consulting_ask(slot, "POST", path, body)

/* The text of a field; "" where it is not there, null or no text. */
const char *answer_says(const struct answer *answer, const char *field);
/* The id of what was made. */
#define MADE(answer) answer_made(answer)
const char *answer_made(const struct answer *answer);
/* Whether it was refused so; `rule` NULL: by none.  What it says is shown where not. */
bool answer_refuses(
    const struct answer *answer, uint16_t status, const char *field, const char *rule);
/* Whether it holds the JSON given, besides what else it holds; what differs is shown. */
bool answer_has(const struct answer *answer, const char *json);

#endif
