/*
 * Those who follow a room over a WebSocket.
 *
 * A follower has a cursor and no queue: what it lacks is read from the room when there is room to
 * send.  So a slow client loses nothing and costs nothing but its turn; one that takes nothing for
 * a minute is closed, and goes on later where its cursor was.
 */
#include "api/internal.h"

#include "api/formats.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define STALLED_MS_MAX 60000u
#define CLOSE_POLICY 1008
#define CLOSE_UNSUPPORTED 1003
#define CLOSE_TROUBLE 1011

struct follower {
    struct follower *next;
    struct call *call;
    uint64_t cursor;
    uint64_t moved_ms; /* when something could be sent, or there was nothing to send */
    bool is_closed;    /* the exchange has not ended yet */
};

/* What is known of a room between two ticks, to tell what is new. */
struct watched {
    struct watched *next;
    struct room *room;
    struct status status; /* parties_count 0: not known yet */
    uint64_t ticket;      /* of the question under way; 0: none */
    uint64_t asked_ms;
    bool was_current;
    uint32_t *held; /* by branch and slot */
    uint32_t branches;
    uint64_t change; /* the newest one written out, for all followers: most want the same */
    char *change_text;
};

struct live {
    struct follower *followers;
    struct watched *watched;
};

struct live *
live_new(void)
{
    return calloc(1, sizeof(struct live));
}

void
live_free(struct live *live)
{
    if (live == NULL)
        return;
    while (live->watched != NULL) {
        struct watched *watched = live->watched;
        live->watched = watched->next;
        free(watched->held);
        free(watched->change_text);
        free(watched);
    }
    free(live);
}

uint32_t
live_count(const struct live *live)
{
    uint32_t count = 0;

    for (const struct follower *one = live->followers; one != NULL; one = one->next)
        count++;
    return count;
}

struct room *
live_room(const struct live *live, uint32_t index)
{
    const struct watched *watched = live->watched;

    while (watched != NULL && index-- > 0)
        watched = watched->next;
    return watched != NULL ? watched->room : NULL;
}

/* NULL: memory is out. */
static struct watched *
watch(struct live *live, struct room *room)
{
    struct watched *watched = live->watched;

    while (watched != NULL && watched->room != room)
        watched = watched->next;
    if (watched == NULL && (watched = calloc(1, sizeof *watched)) != NULL) {
        watched->room = room;
        watched->next = live->watched;
        live->watched = watched;
    }
    return watched;
}

void
live_watch(struct live *live, struct room *room)
{
    (void)watch(live, room);
}

bool
live_was_current(struct live *live, struct room *room)
{
    struct watched *watched = watch(live, room);

    if (watched == NULL)
        return room_is_current(room);
    watched->was_current |= room_is_current(room);
    return watched->was_current;
}

const struct status *
live_known(const struct live *live, const struct room *room)
{
    for (const struct watched *watched = live->watched; watched != NULL; watched = watched->next)
        if (watched->room == room)
            return watched->status.parties_count > 0 ? &watched->status : NULL;
    return NULL;
}

/* ---- changes ---- */

/* Borrowed until the next change; NULL: it cannot be read, or memory is out. */
static const char *
change_text(struct watched *watched, uint64_t change)
{
    if (watched->change_text != NULL && watched->change == change)
        return watched->change_text;
    json_t *json = json_of_change(watched->room, change);
    free(watched->change_text);
    watched->change_text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
    watched->change = change;
    json_decref(json);
    return watched->change_text;
}

static void
follower_close(struct follower *follower, uint16_t code, const char *why)
{
    follower->is_closed = true;
    http_close(follower->call->exchange, code, why);
}

/* Whether it can be sent something. */
static bool
is_open(const struct follower *follower)
{
    return follower->call->exchange != NULL && !follower->is_closed;
}

static void
follower_feed(struct follower *follower)
{
    struct call *call = follower->call;
    struct watched *watched = watch(call->api->live, call->room);

    while (follower->cursor < room_changes(call->room) && call_has_room(call)) {
        const char *text = watched != NULL ? change_text(watched, follower->cursor + 1) : NULL;
        if (text == NULL) {
            follower_close(follower, CLOSE_TROUBLE, "the desk could not read this: come again");
            return;
        }
        http_send(call->exchange, bytes_of_text(text));
        follower->cursor++;
        follower->moved_ms = api_now_ms(call->api);
    }
    if (follower->cursor == room_changes(call->room))
        follower->moved_ms = api_now_ms(call->api);
}

void
live_changed(struct api *api, struct room *room)
{
    for (struct follower *one = api->live->followers; one != NULL; one = one->next)
        if (one->call->room == room && is_open(one))
            follower_feed(one);
}

/* ---- a follower's life ---- */

static void
live_begin(struct call *call)
{
    struct follower *follower = calloc(1, sizeof *follower);
    const char *life = call_parameter(call, "life");
    char own_life[LIFE_TEXT_BYTES], text[128];

    if (follower == NULL) {
        call_fail(call, ENTENTE_ERR_NO_MEMORY);
        return;
    }
    life_to_text(own_life, room_life(call->room));
    bool anew = life != NULL && strcmp(life, own_life) != 0;
    uint64_t last = room_changes(call->room), after = call_number(call, "after", last);
    follower->cursor = anew ? 0 : after < last ? after : last;
    follower->call = call;
    follower->moved_ms = api_now_ms(call->api);
    follower->next = call->api->live->followers;
    call->api->live->followers = follower;
    call_set_state(call, follower);
    call->is_websocket = true;
    http_accept(call->exchange, "");
    snprintf(text, sizeof text, "{\"life\":\"%s\",\"after\":%" PRIu64 ",\"begin-anew\":%s}",
        own_life, follower->cursor, anew ? "true" : "false");
    http_send(call->exchange, bytes_of_text(text));
    follower_feed(follower);
}

static void
live_drained(struct call *call)
{
    struct follower *follower = call_state(call);

    if (follower != NULL && is_open(follower))
        follower_feed(follower);
}

static void
live_message(struct call *call, struct bytes text)
{
    struct follower *follower = call_state(call);

    (void)text;
    if (follower != NULL && is_open(follower))
        follower_close(
            follower, CLOSE_UNSUPPORTED, "nothing is asked here: use the other requests");
}

static void
live_ended(struct call *call)
{
    struct follower *follower = call_state(call);
    struct follower **place = &call->api->live->followers;

    if (follower == NULL)
        return;
    while (*place != follower)
        place = &(*place)->next;
    *place = follower->next;
    free(follower);
}

const struct call_entry calls_of_live[] = {
    {
        .operation = "live",
        .run = live_begin,
        .drained = live_drained,
        .message = live_message,
        .ended = live_ended,
    },
    {0},
};

/* ---- news between changes ---- */

static void
tell(struct live *live, const struct room *room, json_t *news)
{
    char *text = news != NULL ? json_dumps(news, JSON_COMPACT) : NULL;

    json_decref(news);
    for (struct follower *one = live->followers; text != NULL && one != NULL; one = one->next)
        if (one->call->room == room && is_open(one))
            http_send(one->call->exchange, bytes_of_text(text));
    free(text);
}

/* Up to which number of each lane each party holds it, where that grew. */
static void
tell_held(struct live *live, struct watched *watched)
{
    struct record *record = room_record(watched->room);
    uint32_t branches = record_branches(record), parties = room_parties(watched->room);
    json_t *news = json_array();

    if (branches > watched->branches) {
        uint32_t *held = calloc((size_t)branches * PARTIES_MAX, sizeof *held);
        if (held == NULL) {
            json_decref(news);
            return;
        }
        if (watched->held != NULL)
            memcpy(held, watched->held, (size_t)watched->branches * PARTIES_MAX * sizeof *held);
        free(watched->held);
        watched->held = held;
        watched->branches = branches;
    }
    for (uint32_t branch = 0; branch < branches; branch++) {
        const struct branch_row *row = record_branch(record, branch);
        for (uint32_t slot = 0; row->inc != REGISTER_INC && slot < parties; slot++) {
            uint32_t *known = &watched->held[branch * PARTIES_MAX + slot];
            uint32_t number = record_held_by(record, (uint8_t)slot, branch);
            if (number != *known)
                json_array_append_new(
                    news, json_pack("{s:i, s:i, s:I, s:i}", "slot", row->slot, "incarnation",
                              row->inc, "number", (json_int_t)number, "holder", (int)slot));
            *known = number;
        }
    }
    if (json_array_size(news) > 0)
        tell(live, watched->room, json_pack("{s:O}", "held", news));
    json_decref(news);
}

static void
tell_links(struct live *live, struct watched *watched, const struct status *status)
{
    for (uint8_t slot = 0; slot < status->parties_count; slot++)
        if (slot != status->slot && watched->status.parties_count > 0 &&
            status->parties[slot].is_linked != watched->status.parties[slot].is_linked)
            tell(live, watched->room,
                json_pack("{s:{s:i, s:b}}", "link", "slot", slot, "is_linked",
                    status->parties[slot].is_linked));
    watched->status = *status;
}

void
live_status(struct api *api, uint64_t ticket, enum entente_error error, const struct status *status)
{
    for (struct watched *watched = api->live->watched; watched != NULL; watched = watched->next)
        if (watched->ticket == ticket) {
            watched->ticket = 0;
            if (error == ENTENTE_OK)
                tell_links(api->live, watched, status);
            return;
        }
}

static void
ask(struct api *api, struct watched *watched)
{
    uint64_t now_ms = api_now_ms(api);

    if (watched->ticket != 0 && now_ms - watched->asked_ms < API_WAIT_MS_MAX)
        return;
    watched->ticket = ++api->ticket;
    watched->asked_ms = now_ms;
    api->desk.status(api->desk.state, watched->ticket, watched->room);
}

/* Whether this follower may go on following. */
static void
follower_check(struct follower *follower)
{
    struct call *call = follower->call;
    struct api *api = call->api;
    uint64_t now_ms = api_now_ms(api);
    const struct account *account = accounts_find(api->accounts, call->account.account);
    bool is_local = call->token_id[0] == '\0';

    if (!is_open(follower))
        return;
    if (!is_local && (accounts_token_find(api->accounts, call->token_id, now_ms) == NULL ||
                         account == NULL || (account->roles & call->operation->roles) == 0))
        follower_close(follower, CLOSE_POLICY, "the token is good no more");
    else if (now_ms - follower->moved_ms > STALLED_MS_MAX && now_ms > follower->moved_ms)
        follower_close(follower, CLOSE_POLICY, "too slow: come again with your cursor");
    else
        follower_feed(follower);
}

void
live_tick(struct api *api)
{
    for (struct watched *watched = api->live->watched; watched != NULL; watched = watched->next) {
        tell_held(api->live, watched);
        ask(api, watched);
    }
    for (struct follower *one = api->live->followers; one != NULL; one = one->next)
        follower_check(one);
}
