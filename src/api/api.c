/* The API as the desk and the HTTP server see it. */
#include "api/internal.h"

#include "crypto/hash.h"
#include "documents/documents.h"

#include <stdlib.h>

/* Entries that enter the index of search in one turn: a millisecond or two. */
#define SEARCHED_IN_TURN 32u

uint64_t
api_now_ms(const struct api *api)
{
    return api->desk.now_ms(api->desk.state);
}

void
api_prepare(void)
{
    document_prepare();
}

/*
 * Clients choose the keys of objects, and none may know how they are hashed.  By itself jansson
 * would open /dev/urandom for this, which a confined process may not.
 */
static void
seed_json(const struct api_desk *desk)
{
    size_t seed;

    desk->random(desk->state, &seed, sizeof seed);
    json_object_seed(seed | 1);
}

enum entente_error
api_new(struct api **api_out, const struct api_desk *desk)
{
    struct api *api = calloc(1, sizeof *api);
    struct violation violation;
    enum entente_error error = ENTENTE_ERR_NO_MEMORY;

    *api_out = NULL;
    if (api == NULL)
        return error;
    api->desk = *desk;
    seed_json(desk);
    error =
        contract_new(&api->contract, (struct bytes){api_document, api_document_size}, &violation);
    if (error == ENTENTE_OK)
        error = accounts_new(&api->accounts, &api->desk);
    if (error != ENTENTE_OK)
        goto out;
    uint32_t count = contract_operations(api->contract);
    api->handlers = calloc(count, sizeof *api->handlers);
    api->replays = replays_new();
    api->metrics = metrics_new(api->contract);
    api->live = live_new();
    if (api->handlers == NULL || api->replays == NULL ||
        api->metrics == NULL || api->live == NULL) {
        error = ENTENTE_ERR_NO_MEMORY;
        goto out;
    }
    for (uint32_t i = 0; i < count; i++)
        api->handlers[i] = table_find(contract_operation(api->contract, i)->name);

out:
    if (error != ENTENTE_OK)
        api_free(api);
    else
        *api_out = api;
    return error;
}

void
api_free(struct api *api)
{
    if (api == NULL)
        return;
    while (api->calls != NULL)
        call_free(api->calls);
    searches_free(api);
    live_free(api->live);
    metrics_free(api->metrics);
    replays_free(api->replays);
    accounts_free(api->accounts);
    free(api->handlers);
    contract_free(api->contract);
    free(api);
}

/* ---- a request ---- */

/* Who asks, what and about which room: everything but the body. */
static bool
call_check(struct call *call, const struct http_request *request)
{
    struct api *api = call->api;
    struct found found;

    if (!contract_find(api->contract, request->method, request->path, &found)) {
        call_refuse(call, 404, NULL, NULL,
            "there is no such path: /api/v1/openapi.json says which there are");
        return false;
    }
    if (found.operation == NULL) {
        call_set_header(call, "allow", found.allow);
        call_refuse(call, 405, NULL, NULL, "this path takes %s", found.allow);
        return false;
    }
    call->operation = found.operation;
    call->is_tls = request->origin == HTTP_TLS;
    if (!call_authenticate(call, request) || !call_read_arguments(call, request, &found) ||
        !call_find_room(call) || !call_read_body(call, request))
        return false;
    call->handler = api->handlers[found.operation->index];
    if (call->handler == NULL) {
        call_refuse(call, 501, NULL, NULL, "this version of the desk cannot do this yet");
        return false;
    }
    return true;
}

/* What a repetition is recognised by.  False: the call was answered, or waits for the first's
 * answer. */
static bool
call_is_first(struct call *call, const struct http_request *request)
{
    struct api *api = call->api;
    const char *name = call_parameter(call, "Idempotency-Key");
    struct digest key, said;
    struct hasher hasher;

    if (!call->operation->is_repeatable || name == NULL)
        return true;
    hasher_start(&hasher, "entente/replay/1");
    hasher_add(&hasher, bytes_of_text(call->account.account));
    hasher_add(&hasher, (struct bytes){(const uint8_t *)"", 1});
    hasher_add(&hasher, bytes_of_text(name));
    hasher_finish(&hasher, key.bytes);
    hasher_start(&hasher, "entente/replay/2");
    hasher_add(&hasher, request->path);
    hasher_add(&hasher, (struct bytes){(const uint8_t *)"", 1});
    hasher_add(&hasher, request->query);
    hasher_add(&hasher, (struct bytes){(const uint8_t *)"", 1});
    hasher_add(&hasher, request->body);
    hasher_finish(&hasher, said.bytes);

    struct replay *replay;
    switch (replay_ask(api->replays, &key, &said, api_now_ms(api), &replay)) {
    case REPLAY_FIRST:
        call->replay = replay;
        return true;
    case REPLAY_WAIT:
        call->wait = WAIT_REPLAY;
        call->replay_next = *replay_waiting(replay);
        *replay_waiting(replay) = call;
        return false;
    case REPLAY_ANSWERED: {
        uint16_t status;
        const char *media_type;
        struct bytes content = replay_answer(replay, &status, &media_type);
        call_set_header(call, "idempotent-replayed", "true");
        call_answer(call, status, media_type, content);
        return false;
    }
    case REPLAY_OTHER:
        call_refuse(call, 422, "Idempotency-Key", NULL,
            "this key was used for another request: take a new one for each");
        return false;
    case REPLAY_FULL:
        break;
    }
    call_set_header(call, "retry-after", "1");
    call_refuse(call, 503, NULL, NULL, "too many requests are under way");
    return false;
}

/*
 * Nobody is answered out of half a record.  Those who follow, or ask how far the room is, need not
 * wait. False: the call goes on by api_turn().
 */
static bool
call_has_its_room(struct call *call)
{
    static const char *const at_once[] = {"roomShow", "changeList", "live"};

    if (call->room == NULL || live_was_current(call->api->live, call->room))
        return true;
    for (size_t i = 0; i < sizeof at_once / sizeof at_once[0]; i++)
        if (strcmp(call->operation->name, at_once[i]) == 0)
            return true;
    call->wait = WAIT_CURRENT;
    call->wait_until_ms = api_now_ms(call->api) + API_CURRENT_MS_MAX;
    call->api->waiting_count++;
    return false;
}

static void
call_try_again(struct call *call)
{
    bool is_there = live_was_current(call->api->live, call->room);

    if (!is_there && api_now_ms(call->api) < call->wait_until_ms)
        return;
    call->wait = WAIT_NOTHING;
    call->api->waiting_count--;
    if (is_there) {
        call_run(call, call->handler->run);
        return;
    }
    call_set_header(call, "retry-after", "10");
    call_refuse(call, 503, NULL, NULL, "the record of this room is still being read: ask again");
}

static struct call *
take_call(struct api *api, struct http_exchange *exchange)
{
    static const char text[] =
        "{\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503}";
    struct http_field fields[] = {{"content-type", bytes_of_text("application/problem+json")},
        {"retry-after", bytes_of_text("1")}};
    struct call *call = api->calls_count < API_CALLS_MAX ? call_new(api, exchange) : NULL;

    if (call == NULL)
        http_answer(exchange, 503, fields, 2, bytes_of_text(text));
    return call;
}

static void
take_request(void *state, struct http_exchange *exchange, const struct http_request *request)
{
    struct api *api = state;

    if (page_answer(exchange, request))
        return;
    struct call *call = take_call(api, exchange);
    if (call == NULL || !call_check(call, request))
        return;
    if (request->is_websocket != (call->handler->message != NULL)) {
        call_refuse(call, 400, "Upgrade", NULL,
            request->is_websocket ? "this is no WebSocket"
                                  : "this is a WebSocket: ask for an upgrade");
        return;
    }
    if (call_is_first(call, request) && call_has_its_room(call))
        call_run(call, call->handler->run);
}

/* ---- streams ---- */

/*
 * Refusals are answered before the body comes; the rest of it is then let pass.
 */
static bool
wants_stream(void *state, struct http_exchange *exchange, const struct http_request *request)
{
    struct api *api = state;
    struct found found;

    if (!contract_find(api->contract, request->method, request->path, &found) ||
        found.operation == NULL || found.operation->body_form != BODY_STREAM)
        return false;
    struct call *call = take_call(api, exchange);
    if (call != NULL && call_check(call, request))
        call_run(call, call->handler->run);
    return true;
}

static bool
take_part(void *state, struct http_exchange *exchange, struct bytes part)
{
    struct call *call = http_user(exchange);

    (void)state;
    if (call == NULL || call->handler == NULL || call->handler->part == NULL)
        return true;
    call->is_running = true;
    bool more = call->handler->part(call, part);
    call->is_running = false;
    if (call->is_answered)
        call_free(call);
    return more;
}

static void
take_message(void *state, struct http_exchange *exchange, struct bytes text)
{
    struct call *call = http_user(exchange);

    (void)state;
    if (call != NULL && call->is_websocket)
        call->handler->message(call, text);
}

static void
take_drained(void *state, struct http_exchange *exchange)
{
    struct call *call = http_user(exchange);

    (void)state;
    if (call != NULL && call->sending != NULL)
        call_send_more(call);
    else if (call != NULL && call->handler != NULL && call->handler->drained != NULL)
        call_run(call, call->handler->drained);
}

static void
take_end(void *state, struct http_exchange *exchange)
{
    struct call *call = http_user(exchange);

    (void)state;
    if (call != NULL)
        call_lost(call);
}

struct http_calls
api_calls(struct api *api)
{
    return (struct http_calls){
        .state = api,
        .wants_stream = wants_stream,
        .request = take_request,
        .part = take_part,
        .message = take_message,
        .drained = take_drained,
        .ended = take_end,
    };
}

/* ---- what the desk tells ---- */

static struct call *
call_that_waits(struct api *api, enum call_wait wait, uint64_t ticket)
{
    struct call *call = api->calls;

    while (call != NULL && (call->ticket != ticket || call->wait != wait))
        call = call->next;
    return call;
}

/* From `call` on, but those who wait for another's answer: they end with that one. */
static struct call *
call_skip_replays(struct call *call)
{
    while (call != NULL && call->wait == WAIT_REPLAY)
        call = call->next;
    return call;
}

void
call_ask_status(struct call *call, void (*then)(struct call *call, const struct status *status))
{
    struct api *api = call->api;

    call->then = then;
    api->desk.status(api->desk.state, call_wait(call, WAIT_STATUS), call->room);
}

void
api_written(
    struct api *api, uint64_t ticket, enum entente_error error, const struct api_written *written)
{
    struct call *call = call_of_write(api, ticket);

    if (call != NULL)
        call_written(call, ticket, error, written);
}

static void
call_then(struct call *call, const struct status *status)
{
    call->is_running = true;
    call->then(call, status);
    call->is_running = false;
    if (call->is_answered)
        call_free(call);
}

void
api_status(struct api *api, uint64_t ticket, enum entente_error error, const struct status *status)
{
    struct call *call = call_that_waits(api, WAIT_STATUS, ticket);

    if (call == NULL) {
        live_status(api, ticket, error, status);
        return;
    }
    call->wait = WAIT_NOTHING;
    if (error != ENTENTE_OK)
        call_fail(call, error);
    else
        call_then(call, status);
}

void
api_exported(struct api *api, uint64_t ticket, enum entente_error error, struct bytes part)
{
    struct call *call = call_that_waits(api, WAIT_PART, ticket);

    if (call != NULL)
        record_exported(call, error, part);
}

void
api_controlled(struct api *api, uint64_t ticket, enum entente_error error)
{
    struct call *call = call_that_waits(api, WAIT_DONE, ticket);

    if (call != NULL)
        record_controlled(call, error);
}

/* True: there is more for the index at once. */
static bool
searches_go_on(struct api *api)
{
    bool more = false;

    for (uint32_t i = 0; i < API_ROOMS_MAX; i++)
        if (api->searches[i] != NULL)
            more |= search_go_on(api, i, SEARCHED_IN_TURN);
    return more;
}

bool
api_turn(struct api *api)
{
    struct call *next;

    for (struct call *call = call_skip_replays(api->calls); call != NULL && api->waiting_count > 0;
         call = next) {
        next = call_skip_replays(call->next);
        if (call->wait == WAIT_CURRENT)
            call_try_again(call);
    }
    return searches_go_on(api);
}

void
api_changed(struct api *api, struct room *room, uint64_t change)
{
    struct call *next;

    (void)change; /* each follower reads on from its own cursor */
    for (struct call *call = call_skip_replays(api->calls); call != NULL; call = next) {
        next = call_skip_replays(call->next);
        if (call->wait == WAIT_TAKEN_IN && call->room == room)
            call_taken_in(call);
    }
    live_changed(api, room);
    search_begin(api, room);
}

void
api_tick(struct api *api)
{
    uint64_t now_ms = api_now_ms(api);
    struct call *next;

    for (struct call *call = call_skip_replays(api->calls); call != NULL; call = next) {
        next = call_skip_replays(call->next);
        if (call->wait == WAIT_TAKEN_IN)
            call_taken_in(call);
        else if (call->wait == WAIT_PART && now_ms >= call->wait_until_ms)
            record_exported(call, ENTENTE_ERR_NOT_RUNNING, (struct bytes){0});
        else if ((call->wait == WAIT_WRITTEN || call->wait == WAIT_STATUS ||
                     call->wait == WAIT_DONE) &&
                 now_ms >= call->wait_until_ms)
            call_refuse(call, 504, NULL, NULL,
                call->wait == WAIT_WRITTEN
                    ? "the node has not answered: it may have been written all the same, so look before "
                      "you ask again"
                    : "the node has not answered");
    }
    accounts_save_used(api->accounts);
    live_tick(api);
}
