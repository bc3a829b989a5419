/* The desk itself: whether it serves, what it counts, what it takes, and who asks. */
#include "api/internal.h"

#include "api/formats.h"

#include <stdlib.h>

/* ---- for everybody ---- */

/* Of the rooms that somebody asked about: nothing is opened for this. */
static void
health(struct call *call)
{
    const struct live *live = call->api->live;
    struct room *room;
    bool is_current = true;

    for (uint32_t i = 0; (room = live_room(live, i)) != NULL; i++)
        is_current &= room_is_current(room);
    if (is_current)
        call_reply(call, 200, json_pack("{s:s}", "status", "ok"));
    else
        call_reply(call, 200,
            json_pack("{s:s, s:s}", "status", "starting", "detail",
                "the record of a room is still being read"));
}

static void
openapi(struct call *call)
{
    call_reply_bytes(
        call, 200, "application/json", (struct bytes){api_document, api_document_size});
}

/* ---- OpenMetrics 1.0 ---- */

static uint64_t
entries_of(struct room *room, const struct status *status)
{
    (void)room;
    return status->entries;
}

static uint64_t
lag_of(struct room *room, const struct status *status)
{
    (void)room;
    return status->entries - status->held_by_all;
}

static uint64_t
linked_of(struct room *room, const struct status *status)
{
    uint64_t linked = 0;

    (void)room;
    for (uint8_t slot = 0; slot < status->parties_count; slot++)
        linked += slot != status->slot && status->parties[slot].is_linked;
    return linked;
}

static uint64_t
changes_of(struct room *room, const struct status *status)
{
    (void)status;
    return room_changes(room);
}

static uint64_t
is_current_of(struct room *room, const struct status *status)
{
    (void)status;
    return room_is_current(room);
}

static const struct gauge {
    const char *name, *help;
    uint64_t (*value)(struct room *room, const struct status *status);
} gauges[] = {
    {"entente_room_entries", "Entries of the room's record.", entries_of},
    {"entente_room_not_held_by_all", "Entries that not all parties are known to hold.", lag_of},
    {"entente_room_linked_parties", "Other parties whose nodes are linked now.", linked_of},
    {"entente_room_taken_in", "Entries that the desk took in since its start.", changes_of},
    {"entente_room_current", "1: the desk has taken in all that the node has.", is_current_of},
};

static void
gauges_write(const struct api *api, FILE *out)
{
    for (size_t i = 0; i < sizeof gauges / sizeof gauges[0]; i++) {
        fprintf(
            out, "# TYPE %s gauge\n# HELP %s %s\n", gauges[i].name, gauges[i].name, gauges[i].help);
        struct room *room;
        for (uint32_t j = 0; (room = live_room(api->live, j)) != NULL; j++) {
            const struct status *status = live_known(api->live, room);
            char id[HEX_TEXT_BYTES];
            if (status == NULL)
                continue;
            hex_to_text(id, room_id(room)->bytes, ID_BYTES);
            fprintf(out, "%s{room=\"%s\"} %llu\n", gauges[i].name, id,
                (unsigned long long)gauges[i].value(room, status));
        }
    }
}

static uint64_t
index_bytes(const struct api *api)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < API_ROOMS_MAX; i++)
        bytes += api->searches[i] != NULL ? search_bytes(api->searches[i]) : 0;
    return bytes;
}

static void
metrics(struct call *call)
{
    const struct api *api = call->api;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL) {
        call_fail(call, ENTENTE_ERR_NO_MEMORY);
        return;
    }
    metrics_write(api->metrics, out);
    gauges_write(api, out);
    fprintf(out,
        "# TYPE entente_websocket_clients gauge\n"
        "# HELP entente_websocket_clients Clients that follow a room.\n"
        "entente_websocket_clients %u\n"
        "# TYPE entente_requests_under_way gauge\n"
        "# HELP entente_requests_under_way Requests without an answer so far, and followers.\n"
        "entente_requests_under_way %u\n"
        "# TYPE entente_search_index_bytes gauge\n"
        "# UNIT entente_search_index_bytes bytes\n"
        "# HELP entente_search_index_bytes What the index of search takes in memory, about.\n"
        "entente_search_index_bytes %llu\n"
        "# EOF\n",
        live_count(api->live), api->calls_count, (unsigned long long)index_bytes(api));
    if (fclose(out) != 0)
        call_fail(call, ENTENTE_ERR_NO_MEMORY);
    else
        call_reply_bytes(call, 200, "application/openmetrics-text; version=1.0.0; charset=utf-8",
            (struct bytes){(const uint8_t *)text, size});
    free(text);
}

/* ---- who asks ---- */

static json_t *
json_of_me(const struct account *account)
{
    return json_pack("{s:s, s:s, s:s, s:o}", "account", account->account, "name", account->name,
        "office", account->office, "roles", json_of_roles(account->roles));
}

static void
me(struct call *call)
{
    call_reply(call, 200, json_of_me(call_account(call)));
}

/* ---- pages ---- */

static void
set_cookie(struct call *call, const char *text, uint64_t seconds)
{
    char cookie[256];

    snprintf(cookie, sizeof cookie,
        LOGIN_COOKIE "=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%llu%s", text,
        (unsigned long long)seconds, call->is_tls ? "; Secure" : "");
    call_set_header(call, "set-cookie", cookie);
}

static void
login(struct call *call)
{
    struct api *api = call->api;
    char text[LOGIN_TEXT_BYTES];
    const char *why;
    struct bytes shown;

    if (call_is_foreign(call)) {
        call_refuse(call, 403, "Origin", NULL, "a page of another site may not ask this");
        return;
    }
    call_field_text(call, "token", &shown);
    const struct token *token = accounts_token_check(api->accounts, shown, call_now_ms(call), &why);
    if (token == NULL) {
        call_refuse_token(call, "/token", why != NULL ? why : "the token is wrong or was revoked");
        return;
    }
    uint32_t account = token->account;
    enum entente_error error = accounts_login(api->accounts, token->id, call_now_ms(call), text);
    if (error != ENTENTE_OK) {
        call_fail(call, error);
        return;
    }
    set_cookie(call, text, LOGIN_MS_MAX / 1000);
    call_reply(call, 200, json_of_me(accounts_at(api->accounts, account)));
}

static void
logout(struct call *call)
{
    enum entente_error error = accounts_logout(call->api->accounts, call_cookie(call));

    if (error != ENTENTE_OK) {
        call_fail(call, error);
        return;
    }
    set_cookie(call, "", 0);
    call_reply_bytes(call, 204, "", (struct bytes){0});
}

const struct call_entry calls_of_desk[] = {
    {.operation = "health", .run = health},
    {.operation = "metrics", .run = metrics},
    {.operation = "openapi", .run = openapi},
    {.operation = "me", .run = me},
    {.operation = "login", .run = login},
    {.operation = "logout", .run = logout},
    {0},
};
