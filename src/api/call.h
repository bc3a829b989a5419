/* One request under way, as its handler sees it.  Internal to api/. */
#ifndef ENTENTE_API_CALL_H
#define ENTENTE_API_CALL_H

#include "api/api.h"
#include "format/body.h"

#include <jansson.h>

struct account; /* accounts.h */
struct call;

/*
 * A handler answers exactly once, now or later, by one of the functions below.  Before it is called the
 * request was checked against openapi.json: roles, parameters, and the body's form; what is left to it
 * is what the record says.  When it has answered, the call is no more as soon as the handler returns.
 */
typedef void (*call_handler)(struct call *call);

/* All handlers by operationId; each file of handlers has a table, ended by a NULL name; tables.c lists them. */
struct call_entry {
    const char *operation;
    call_handler run;
    /*
     * Of an operation whose body is application/octet-stream: `run` is called when the headers were checked, then
     * this with each part, and at the end with an empty one.  False: nothing more before call_resume().
     */
    bool (*part)(struct call *call, struct bytes part);
    /* Of an answer that call_begin() began, or of a WebSocket: there is room for more. */
    call_handler drained;
    /* Of a WebSocket: a message came.  An operation that has this is a WebSocket. */
    void (*message)(struct call *call, struct bytes text);
    /* The call is over, answered or not, and its client may be gone: free call_state(). */
    call_handler ended;
};
extern const struct call_entry calls_of_sessions[], calls_of_acts[], calls_of_texts[], calls_of_offices[],
    calls_of_commitments[], calls_of_dialogues[], calls_of_readouts[], calls_of_assessments[], calls_of_files[],
    calls_of_accounts[], calls_of_rooms[], calls_of_changes[], calls_of_live[], calls_of_statements[], calls_of_search[],
    calls_of_documents[], calls_of_desk[], calls_of_record[];

struct api *call_api(const struct call *call);
struct room *call_room(const struct call *call);          /* NULL where the path names none */
const struct account *call_account(const struct call *call);
uint64_t call_now_ms(const struct call *call);
void call_random(struct call *call, void *data, size_t size);
json_t *call_body(const struct call *call);               /* borrowed; NULL: there is none */
const char *call_parameter(const struct call *call, const char *name); /* decoded; NULL: not given */
/* A parameter that is an Id; false: it is not given. */
bool call_id(const struct call *call, const char *name, struct digest *id);
/* A parameter that is an integer, from 0; or `otherwise`. */
uint64_t call_number(const struct call *call, const char *name, uint64_t otherwise);
/* Fields of the body; what is missing or null is left as it is, and the answer is false. */
bool call_field_id(const struct call *call, const char *name, struct digest *id);
bool call_field_time(const struct call *call, const char *name, uint64_t *t_ms);
bool call_field_text(const struct call *call, const char *name, struct bytes *text);
bool call_field_number(const struct call *call, const char *name, uint64_t *number);
/* Malloced, for the caller to free; NULL with true: memory is out. */
bool call_field_base64(const struct call *call, const char *name, uint8_t **data, size_t *size);
bool call_field_decimal(const struct call *call, const char *name, uint64_t *quantity, uint8_t *scale);

/* `body` is taken over; NULL: 500, memory is out. */
void call_reply(struct call *call, uint16_t status, json_t *body);
void call_reply_bytes(struct call *call, uint16_t status, const char *media_type, struct bytes content);

/*
 * A problem document (RFC 9457).  `field`: the pointer of the body's field or the parameter's name, or
 * NULL; `rule`: of PROTOCOL.md, or NULL; the detail says what, whose fault and what to do.
 */
void call_refuse(struct call *call, uint16_t status, const char *field, const char *rule, const char *detail, ...)
    __attribute__((format(printf, 5, 6)));
/* One more header of the answer, before it is given; name and value are copied. */
void call_set_header(struct call *call, const char *name, const char *value);

/* The handler's own pointer on a call; NULL at first. */
void call_set_state(struct call *call, void *state);
void *call_state(const struct call *call);

/*
 * An answer in parts: its head (`size` < 0: not known), then parts as long as call_has_room(), then the end.
 */
void call_begin(struct call *call, uint16_t status, const char *media_type, int64_t size);
void call_part(struct call *call, struct bytes part);
bool call_has_room(struct call *call);
void call_end(struct call *call);
void call_resume(struct call *call);

/* Have the node say how the call's room stands: `then`, or a refusal; later. */
void call_ask_status(struct call *call, void (*then)(struct call *call, const struct status *status));

/* The status and detail that an error of this machine or of the record stands for. */
void call_fail(struct call *call, enum entente_error error);

/*
 * Have the sections written as one entry, and answer 201 with a Written when it is durable.
 * `object_of`: which section's object is named in the answer (C2), or one of these.
 *
 * A call may write several entries, at most CALL_WRITES_MAX (a text that is too large for one body): they are
 * written in the order of these calls, and the answer is about the last one, when all are durable; where
 * one fails, the call fails.  The sections and what they borrow are copied.
 */
#define CALL_WRITES_MAX 20u
#define CALL_OBJECT_NONE (-1)
#define CALL_OBJECT_ACT (-2) /* of a propose entry */
void call_write(struct call *call, uint8_t kind, struct section *sections, uint32_t count, int object_of);
/* The same, naming an object that the handler computed (a text's root). */
void call_write_named(struct call *call, uint8_t kind, struct section *sections, uint32_t count,
    const struct digest *object);

/* ---- JSON of what all answers have (json.c); NULL: memory is out ---- */
json_t *json_of_id(const void *id32);            /* null where it is zero: nothing is meant */
json_t *json_of_value(const void *value32);      /* any 32 bytes: a hash, a key, what another says is a root */
json_t *json_of_time(uint64_t t_ms);             /* null for 0 */
json_t *json_of_utf8(struct bytes text); /* a NUL is shown as U+FFFD: it would end many a reader's string */
json_t *json_of_decimal(uint64_t quantity, uint8_t scale);
json_t *json_of_slots(uint32_t mask);
json_t *json_of_origin(struct room *room, const struct room_entry *entry);
json_t *json_of_origin_at(struct room *room, const struct place *place); /* null where it cannot be read */

#endif
