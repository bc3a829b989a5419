#include "desk/serving.h"

#include "crypto/random.h"
#include "desk/accounts_files.h"
#include "desk/desk.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS 1000u
#define COUNT_MS 1000u /* a new room is found by then */

static uint64_t
clock_ms(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- what the API asks for ---- */

static uint64_t
now_ms(void *state)
{
    (void)state;
    return clock_ms(CLOCK_REALTIME);
}

/* Tokens hang on it: where there is none, nothing goes on. */
static void
random_of(void *state, void *data, size_t size)
{
    (void)state;
    if (random_bytes(data, size) != ENTENTE_OK)
        abort();
}

static struct room *
room_at(void *state, uint32_t index)
{
    struct room *room;

    return desk_room_at(state, index, &room) == ENTENTE_OK ? room : NULL;
}

static uint32_t
rooms(void *state)
{
    struct desk *desk = state;
    struct serving *serving = &desk->serving;
    uint64_t steady_ms = clock_ms(CLOCK_MONOTONIC);
    struct room *room;

    if (serving->counted_ms != 0 && steady_ms - serving->counted_ms < COUNT_MS)
        return serving->rooms;
    uint32_t count = 0;
    for (;; count++) {
        enum entente_error error = desk_room_at(desk, count, &room);
        if (error == ENTENTE_ERR_NOT_FOUND || error == ENTENTE_ERR_TOO_LARGE ||
            error == ENTENTE_ERR_NOT_RUNNING)
            break;
    }
    serving->rooms = count;
    serving->counted_ms = steady_ms;
    return count;
}

/* What could not even be asked for: told later, as the API expects it. */
static void
fail_later(
    struct desk *desk, uint64_t ticket, enum serving_asked asked, enum entente_error error)
{
    struct serving_failure *failure = malloc(sizeof *failure);

    if (failure == NULL)
        return; /* the call ends by its time */
    *failure = (struct serving_failure){desk->serving.failures, ticket, asked, error};
    desk->serving.failures = failure;
}

struct asked_write {
    struct desk *desk;
    uint64_t ticket;
};

static void
take_written(void *state, const struct desk_written *written)
{
    struct asked_write asked = *(struct asked_write *)state;
    struct api_written told = {
        written->slot, written->inc, written->seq, written->id, written->t_ms, written->rule};

    free(state);
    if (asked.desk->serving.api != NULL)
        api_written(asked.desk->serving.api, asked.ticket, written->error, &told);
}

static void
write_entry(void *state, uint64_t ticket, struct room *room, uint8_t kind, struct bytes sections)
{
    struct desk *desk = state;
    struct asked_write *asked = malloc(sizeof *asked);
    enum entente_error error = ENTENTE_ERR_NO_MEMORY;

    if (asked != NULL) {
        *asked = (struct asked_write){desk, ticket};
        error = desk_write(desk, room_id(room), kind, sections, take_written, asked);
    }
    if (error == ENTENTE_OK)
        return;
    free(asked);
    fail_later(desk, ticket, ASKED_WRITE, error);
}

static void
ask_status(void *state, uint64_t ticket, struct room *room)
{
    struct desk *desk = state;
    struct message_node_status ask = {TICKET_API | ticket, *room_id(room)};

    enum entente_error error = message_node_status_queue(desk->node, &ask);
    if (error != ENTENTE_OK)
        fail_later(desk, ticket, ASKED_STATUS, error);
}

static void
ask_export(void *state, uint64_t ticket, struct room *room)
{
    struct desk *desk = state;
    struct message_node_export ask = {
        .ticket = TICKET_API | ticket, .room = *room_id(room), .scope = EXPORT_ALL};

    enum entente_error error = message_node_export_queue(desk->node, &ask);
    if (error != ENTENTE_OK)
        fail_later(desk, ticket, ASKED_PART, error);
}

static void
ask_control(void *state, uint64_t ticket, struct room *room, uint8_t what, uint8_t slot)
{
    struct desk *desk = state;
    struct message_node_control ask = {TICKET_API | ticket, *room_id(room), what, slot};

    enum entente_error error = message_node_control_queue(desk->node, &ask);
    if (error != ENTENTE_OK)
        fail_later(desk, ticket, ASKED_CONTROL, error);
}

static enum entente_error
ask_stop(void *state, uint16_t seconds)
{
    struct desk *desk = state;

    return message_drill_queue(desk->supervisor, &(struct message_drill){seconds});
}

static enum entente_error
accounts_load(void *state, struct bytes *content)
{
    struct serving *serving = &((struct desk *)state)->serving;
    bool is_damaged;

    enum entente_error error = accounts_files_load(
        serving->accounts, &serving->loaded, &content->size, &serving->saved, &is_damaged);
    if (is_damaged)
        fprintf(stderr, "desk: one of accounts.1 and accounts.2 is damaged%s\n",
            error == ENTENTE_OK ? "; the other one is used" : "");
    content->data = serving->loaded;
    return error;
}

static enum entente_error
accounts_save(void *state, struct bytes content)
{
    struct serving *serving = &((struct desk *)state)->serving;

    enum entente_error error = accounts_files_save(serving->accounts, content, serving->saved + 1);
    serving->saved += error == ENTENTE_OK;
    return error;
}

/* ---- its life ---- */

static int
open_accounts(const char *folder, int number)
{
    char path[4096];

    if (snprintf(path, sizeof path, "%s/accounts.%d", folder, number) >= (int)sizeof path)
        return -1;
    return open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

enum entente_error
serving_begin(struct desk *desk, const char *folder)
{
    api_prepare();
    for (int i = 0; i < 2; i++)
        desk->serving.accounts[i] = open_accounts(folder, i + 1);
    return desk->serving.accounts[0] >= 0 && desk->serving.accounts[1] >= 0 ? ENTENTE_OK
                                                                            : ENTENTE_ERR_IO;
}

/* Told at the next turn: a room may not be asked while it takes something in. */
static void
take_change(void *state, struct room *room, uint64_t change)
{
    struct serving *serving = state;
    uint32_t i = 0;

    while (
        i < DESK_ROOMS_MAX && serving->changes[i].room != NULL && serving->changes[i].room != room)
        i++;
    if (i < DESK_ROOMS_MAX)
        serving->changes[i] = (struct serving_change){room, change};
}

static struct api *
api_of(struct desk *desk)
{
    struct serving *serving = &desk->serving;
    const struct api_desk calls = {desk, now_ms, random_of, rooms, room_at, write_entry, ask_status,
        accounts_load, accounts_save, desk->files, ask_export, ask_control,
        ask_stop};

    if (serving->api != NULL || serving->is_broken)
        return serving->api;
    enum entente_error error = api_new(&serving->api, &calls);
    free(serving->loaded);
    serving->loaded = NULL;
    if (error == ENTENTE_OK)
        desk_listen(desk, take_change, serving);
    else
        fprintf(stderr, "desk: the API cannot be served: %s\n", entente_error_text(error));
    serving->is_broken = error != ENTENTE_OK;
    return serving->api;
}

void
serving_status(struct desk *desk, const struct message_node_status_is *message)
{
    enum entente_error error = (enum entente_error)message->error;
    struct status status;

    if (error == ENTENTE_OK)
        error = status_read(message->status, &status);
    if (desk->serving.api != NULL)
        api_status(desk->serving.api, message->ticket & ~TICKET_API, error, &status);
}

void
serving_exported(struct desk *desk, const struct message_node_exported *message)
{
    if (desk->serving.api != NULL)
        api_exported(desk->serving.api, message->ticket & ~TICKET_API,
            (enum entente_error)message->error, message->data);
}

void
serving_controlled(struct desk *desk, const struct message_node_done *message)
{
    if (desk->serving.api != NULL)
        api_controlled(desk->serving.api, message->ticket & ~TICKET_API,
            (enum entente_error)message->error);
}

static void
tell_failures(struct serving *serving)
{
    while (serving->failures != NULL) {
        struct serving_failure failure = *serving->failures;
        free(serving->failures);
        serving->failures = failure.next;
        switch (failure.asked) {
        case ASKED_WRITE:
            api_written(serving->api, failure.ticket, failure.error, NULL);
            break;
        case ASKED_STATUS:
            api_status(serving->api, failure.ticket, failure.error, NULL);
            break;
        case ASKED_PART:
            api_exported(serving->api, failure.ticket, failure.error, (struct bytes){0});
            break;
        case ASKED_CONTROL:
            api_controlled(serving->api, failure.ticket, failure.error);
            break;
        }
    }
}

void
serving_turn(struct desk *desk)
{
    struct serving *serving = &desk->serving;
    uint64_t steady_ms = clock_ms(CLOCK_MONOTONIC);

    if (serving->api == NULL)
        return;
    tell_failures(serving);
    serving->has_work = api_turn(serving->api);
    for (uint32_t i = 0; i < DESK_ROOMS_MAX && serving->changes[i].room != NULL; i++) {
        uint64_t change = serving->changes[i].change;
        serving->changes[i].change = 0;
        if (change != 0)
            api_changed(serving->api, serving->changes[i].room, change);
    }
    if (steady_ms - serving->ticked_ms >= TICK_MS) {
        serving->ticked_ms = steady_ms;
        api_tick(serving->api);
    }
}

int
serving_wait_ms(const struct desk *desk)
{
    const struct serving *serving = &desk->serving;
    uint64_t since_ms = clock_ms(CLOCK_MONOTONIC) - serving->ticked_ms;

    if (serving->api == NULL)
        return -1;
    return serving->has_work || serving->failures != NULL || since_ms >= TICK_MS ? 0 : (int)(TICK_MS - since_ms);
}

void
serving_end(struct desk *desk)
{
    struct serving *serving = &desk->serving;

    api_free(serving->api);
    serving->api = NULL;
    while (serving->failures != NULL) {
        struct serving_failure *next = serving->failures->next;
        free(serving->failures);
        serving->failures = next;
    }
}

/* ---- what the HTTP server calls: the API is made for the first request ---- */

static void
refuse(struct http_exchange *exchange)
{
    static const char text[] =
        "{\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503,"
        "\"detail\":\"The desk could not start its API; it has told the operator why.\"}";
    struct http_field field = {"content-type", bytes_of_text("application/problem+json")};

    http_answer(exchange, 503, &field, 1, bytes_of_text(text));
}

static bool
wants_stream(void *state, struct http_exchange *exchange, const struct http_request *request)
{
    struct api *api = api_of(state);

    if (api == NULL)
        return false;
    struct http_calls calls = api_calls(api);
    return calls.wants_stream(calls.state, exchange, request);
}

static void
take_request(void *state, struct http_exchange *exchange, const struct http_request *request)
{
    struct api *api = api_of(state);

    if (api == NULL) {
        refuse(exchange);
        return;
    }
    struct http_calls calls = api_calls(api);
    calls.request(calls.state, exchange, request);
}

/* The others come for exchanges that the API knows. */
static bool
take_part(void *state, struct http_exchange *exchange, struct bytes part)
{
    struct http_calls calls = api_calls(((struct desk *)state)->serving.api);

    return calls.part(calls.state, exchange, part);
}

static void
take_message(void *state, struct http_exchange *exchange, struct bytes text)
{
    struct http_calls calls = api_calls(((struct desk *)state)->serving.api);

    calls.message(calls.state, exchange, text);
}

static void
take_drained(void *state, struct http_exchange *exchange)
{
    struct http_calls calls = api_calls(((struct desk *)state)->serving.api);

    calls.drained(calls.state, exchange);
}

static void
take_end(void *state, struct http_exchange *exchange)
{
    struct http_calls calls = api_calls(((struct desk *)state)->serving.api);

    calls.ended(calls.state, exchange);
}

struct http_calls
serving_calls(struct desk *desk)
{
    return (struct http_calls){
        .state = desk,
        .wants_stream = wants_stream,
        .request = take_request,
        .part = take_part,
        .message = take_message,
        .drained = take_drained,
        .ended = take_end,
    };
}
