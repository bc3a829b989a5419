/* What the files of api/ share: the API itself, a call from its arrival to its answer. */
#ifndef ENTENTE_API_INTERNAL_H
#define ENTENTE_API_INTERNAL_H

#include "api/accounts.h"
#include "api/call.h"
#include "api/contract.h"
#include "api/metrics.h"
#include "api/replays.h"
#include "search/search.h"

#define API_CALLS_MAX 4096u    /* under way; beyond: 503 */
#define API_WAIT_MS_MAX 30000u /* for the node's answer: 504 */
#define API_TAKEN_IN_MS_MAX                                                                        \
    2000u /* for the room to take in what was written; then it is answered all the same */
#define API_CURRENT_MS_MAX 20000u /* for a room to be read for the first time; then 503 */
#define API_FAILURES_MAX 30u      /* tokens and log-ins that were wrong, in API_FAILURES_MS: 429 */
#define API_FAILURES_MS 10000u

/* The operator at the machine, without an account. */
#define OPERATOR_ACCOUNT "operator"

struct argument {
    const struct parameter *parameter;
    char *text; /* decoded UTF-8 */
};

enum call_wait {
    WAIT_NOTHING,
    WAIT_WRITTEN,  /* api_written() */
    WAIT_TAKEN_IN, /* api_changed() with the entry, or a little time */
    WAIT_STATUS,   /* api_status() */
    WAIT_PART,     /* api_exported() */
    WAIT_DONE,     /* api_controlled() */
    WAIT_CURRENT,  /* the room to be read for the first time */
    WAIT_REPLAY    /* the first of equal requests */
};

struct call {
    struct call *previous, *next; /* all calls */
    struct api *api;
    struct http_exchange *exchange; /* NULL: the client is gone */
    const struct operation *operation;
    const struct call_entry *handler;
    struct room *room;
    struct account account;
    char token_id[TOKEN_ID_BYTES + 1]; /* "": the operator at the machine, or nobody */
    uint64_t started_ms;
    struct argument arguments[CONTRACT_PARAMETERS_MAX];
    uint32_t arguments_count;
    json_t *body;
    void *state; /* the handler's */

    enum call_wait wait;
    uint64_t ticket;
    uint64_t wait_until_ms;
    void (*then)(struct call *call, const struct status *status);
    int object_of; /* of the last write */
    bool has_object;
    struct digest object;
    struct api_written written;
    uint64_t writes[CALL_WRITES_MAX]; /* tickets; 0: it is back */
    uint32_t writes_count;
    uint32_t writes_back;
    enum entente_error write_error; /* the first */

    struct replay *replay;    /* NULL: it is not kept for a repetition */
    struct call *replay_next; /* others that wait for the same answer */
    bool is_running;          /* its handler is: it is freed afterwards */
    bool is_answered;
    bool is_head;      /* of a streamed answer: its head was given */
    bool is_websocket; /* accepted */
    uint8_t *sending;         /* a large answer on its way; NULL: none */
    size_t sending_bytes;
    size_t sent;
    bool is_tls;
    char header_name[32]; /* "": none */
    char header_value[256];
};

struct live;

#define API_ROOMS_MAX 64u

struct api {
    struct api_desk desk;
    struct search *searches[API_ROOMS_MAX]; /* by the rooms' index; NULL: not begun */
    struct contract *contract;
    struct accounts *accounts;
    struct replays *replays;
    struct metrics *metrics;
    struct live *live;
    const struct call_entry **handlers; /* by the operations' index; NULL: not there yet */
    struct call *calls;
    uint32_t calls_count;
    uint32_t waiting_count; /* of them, for a room to be read */
    uint64_t ticket;
    uint64_t failures_since_ms;
    uint32_t failures;
};

uint64_t api_now_ms(const struct api *api);

/* ---- calls_page.c ---- */
/* Answers a request for a file of the page; false: it is for none. */
bool page_answer(struct http_exchange *exchange, const struct http_request *request);

/* ---- calls_search.c ---- */
/* Goes on with the room's index, by at most about `limit` entries. */
/* The room's index is made, where it is not there yet. */
void search_begin(struct api *api, struct room *room);
/* Takes in at most `limit` entries of the room with that index, whose search was begun; true: there are more. */
bool search_go_on(struct api *api, uint32_t index, uint32_t limit);
void searches_free(struct api *api);

/* ---- tables.c ---- */
const struct call_entry *table_find(const char *operation);
/* All entries of all tables, by index from 0; NULL beyond the last. */
const struct call_entry *table_at(uint32_t index);

/* ---- authenticate.c ---- */
/* Who asks: fills in the account.  False: the call was refused, and is no more. */
bool call_authenticate(struct call *call, const struct http_request *request);
/* A wrong token or log-in; 401, or 429 where there were many. */
void call_refuse_token(struct call *call, const char *field, const char *detail);
/* Whether a page of another site sends this. */
bool call_is_foreign(const struct call *call);
/* What the cookie of a log-in holds; empty: there is none. */
#define LOGIN_COOKIE "entente-login"
struct bytes call_cookie(const struct call *call);

/* ---- arguments.c ---- */
/* Path, query and headers, as the operation has them.  False as above. */
bool call_read_arguments(
    struct call *call, const struct http_request *request, const struct found *found);
/* The room of the path. */
bool call_find_room(struct call *call);
/* The body and its media type; the answer's too. */
bool call_read_body(struct call *call, const struct http_request *request);

/* ---- call.c ---- */
struct call *call_new(struct api *api, struct http_exchange *exchange);
/* The exchange is over: the client is gone. */
void call_lost(struct call *call);
void call_free(struct call *call);
/* Has a handler do something with the call; where it answered, the call is no more. */
void call_run(struct call *call, call_handler handler);
/* Answers; the call is no more, when its handler has returned, and a large answer has gone out. */
void call_answer(struct call *call, uint16_t status, const char *media_type, struct bytes content);
/* There is room for more of a large answer. */
void call_send_more(struct call *call);
/* The next ticket, under which the call waits. */
uint64_t call_wait(struct call *call, enum call_wait wait);

/* ---- write.c ---- */
/* The call that waits for it, or NULL. */
struct call *call_of_write(struct api *api, uint64_t ticket);
void call_written(struct call *call, uint64_t ticket, enum entente_error error,
    const struct api_written *written);
/* Its room took something in, or some time is gone. */
void call_taken_in(struct call *call);

/* ---- live.c ---- */
struct live *live_new(void);
void live_free(struct live *live);
void live_changed(struct api *api, struct room *room);
void live_tick(struct api *api);
/* An answer to live_tick()'s own question. */
void live_status(
    struct api *api, uint64_t ticket, enum entente_error error, const struct status *status);
uint32_t live_count(const struct live *live);
/* A room that somebody asked about is looked after from then on; others are not opened for that. */
void live_watch(struct live *live, struct room *room);
/* Those rooms, by index from 0; NULL beyond the last. */
struct room *live_room(const struct live *live, uint32_t index);
/* Whether the room was read to its end, once since the desk's start. */
bool live_was_current(struct live *live, struct room *room);
/* How the room stood when last asked; NULL: not known yet. */
const struct status *live_known(const struct live *live, const struct room *room);

/* ---- calls_changes.c ---- */
/* One Change; NULL: it cannot be read, or memory is out. */
json_t *json_of_change(struct room *room, uint64_t change);

/* ---- calls_record.c ---- */
/* What the call waited for: a part of the record as a file, empty at its end; that the node did it. */
void record_exported(struct call *call, enum entente_error error, struct bytes part);
void record_controlled(struct call *call, enum entente_error error);

/* ---- calls_statements.c ---- */
/* The statement, heading or file that a section is; NULL: it is none of them, or memory is out. */
json_t *json_of_statement(struct room *room, const struct room_entry *entry, uint32_t index);

#endif
