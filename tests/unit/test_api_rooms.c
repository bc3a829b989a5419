/*
 * Goal: what is said in a room is written once, found by who wrote it, listed whole, and told to
 * each who follows, in order and without a gap, however slowly he reads. Method: the API with a
 * real room of three parties over a store in memory; the test plays desk, HTTP server and time.
 */
#include "support/desk_fake.h"
#include "support/test.h"

#include "api/formats.h"
#include "api/internal.h"

static struct fake_desk desk;

#define ASK(...) fake_ask(&desk.calls, &(struct fake_request){__VA_ARGS__})
#define DONE(exchange) fake_end(&desk.calls, exchange)
#define ROOM "/api/v1/rooms/only"

static void
start(unsigned entries)
{
    fake_desk_start(&desk);
    fake_desk_join(&desk, entries);
}

static json_t *
body_of(const struct http_exchange *exchange)
{
    json_t *json = json_loads((const char *)exchange->body, 0, NULL);

    if (json == NULL)
        abort();
    return json;
}

static json_int_t
number_of(const struct http_exchange *exchange, const char *field)
{
    json_t *json = body_of(exchange);
    json_int_t number = json_integer_value(json_object_get(json, field));

    json_decref(json);
    return number;
}

static const char statement[] =
    "{\"language\":\"ko\",\"speaker\":\"S\",\"text\":\"\xeb\xb9\x88\xed\x8b\x88\xec\x97\x86\xec\x9d\xb4\"}";

/* ---- writing ---- */

TEST(a_statement_is_answered_when_it_is_durable_and_can_be_read)
{
    start(0);
    struct http_exchange *answer =
        ASK(.method = "POST", .path = ROOM "/statements", .body = statement);
    CHECK(answer->answers == 0 && desk.writes_count == 1 && desk.writes[0].kind == ENTRY_SEALED);
    desk.is_behind = true;
    fake_desk_written(&desk, ENTENTE_OK);
    CHECK(answer->answers == 0); /* the room does not have it yet */
    fake_desk_advance(&desk);
    CHECK(fake_is(&desk, answer, 201, ""));
    CHECK(number_of(answer, "number") == 1);
    char object[80];
    snprintf(object, sizeof object, "%s", fake_says(answer, "object"));
    DONE(answer);

    answer = ASK(.path = ROOM "/statements");
    CHECK(fake_is(&desk, answer, 200, ""));
    json_t *list = body_of(answer), *one = json_array_get(json_object_get(list, "statements"), 0);
    CHECK(strcmp(json_string_value(json_object_get(one, "id")), object) == 0);
    CHECK(strcmp(json_string_value(json_object_get(one, "language")), "ko") == 0);
    CHECK(json_is_null(json_object_get(one, "under")));
    json_decref(list);
    DONE(answer);
    fake_desk_end(&desk);
}

/* A room that is far behind holds no answer up for long. */
TEST(a_room_that_is_behind_delays_an_answer_for_a_while_only)
{
    start(0);
    struct http_exchange *answer =
        ASK(.method = "POST", .path = ROOM "/statements", .body = statement);
    desk.is_behind = true;
    fake_desk_written(&desk, ENTENTE_OK);
    desk.now_ms += API_TAKEN_IN_MS_MAX - 1;
    api_tick(desk.api);
    CHECK(answer->answers == 0);
    desk.now_ms += 1;
    api_tick(desk.api);
    CHECK(fake_is(&desk, answer, 201, ""));
    DONE(answer);
    fake_desk_end(&desk);
}

/* The first questions about a room wait until it was read; those who look at how far it is do not.
 */
TEST(nobody_is_answered_out_of_half_a_record)
{
    fake_desk_start(&desk);
    desk.is_behind = true;
    fake_desk_join(&desk, 1);
    struct http_exchange *first = ASK(.path = ROOM "/statements"),
                         *second = ASK(.path = ROOM "/statements"),
                         *changes = ASK(.path = ROOM "/changes");
    CHECK(first->answers == 0 && fake_is(&desk, changes, 200, ""));
    DONE(changes);
    DONE(second); /* it goes before */
    api_turn(desk.api);
    CHECK(first->answers == 0);
    fake_desk_advance(&desk);
    api_turn(desk.api);
    CHECK(fake_is(&desk, first, 200, "") && strstr((char *)first->body, "Said before: 0.") != NULL);
    CHECK(desk.api->calls_count == 0 && desk.api->waiting_count == 0);
    DONE(first);
    fake_desk_say(&desk, 1, "Later."); /* not taken in yet: nobody waits for that */
    first = ASK(.path = ROOM "/statements");
    CHECK(fake_is(&desk, first, 200, ""));
    DONE(first);
    fake_desk_end(&desk);
}

/* The index of search is made turn by turn, as fast as there is time, and then rests. */
TEST(a_long_record_can_soon_be_searched)
{
    fake_desk_start(&desk);
    desk.is_behind = true;
    fake_desk_join(&desk, 200);
    fake_desk_advance(&desk);
    struct http_exchange *answer = ASK(.path = ROOM "/search", .query = "q=before");
    CHECK(fake_is(&desk, answer, 200, "") && strstr((char *)answer->body, "\"is_current\":false") != NULL);
    DONE(answer);
    unsigned turns = 1;
    while (api_turn(desk.api) && turns < 300)
        turns++;
    CHECK(turns > 1 && turns <= 20);
    answer = ASK(.path = ROOM "/search", .query = "q=199");
    CHECK(fake_is(&desk, answer, 200, "") && strstr((char *)answer->body, "\"is_current\":true") != NULL);
    CHECK(strstr((char *)answer->body, "Said before: 199.") != NULL);
    DONE(answer);
    CHECK(!api_turn(desk.api));
    fake_desk_end(&desk);
}

TEST(a_room_that_takes_long_to_be_read)
{
    fake_desk_start(&desk);
    desk.is_behind = true;
    fake_desk_join(&desk, 1);
    struct http_exchange *answer = ASK(.path = ROOM "/statements");
    desk.now_ms += API_CURRENT_MS_MAX;
    api_turn(desk.api);
    CHECK(fake_is(&desk, answer, 503, ""));
    CHECK(strcmp(fake_field(answer, "retry-after"), "10") == 0);
    DONE(answer);
    fake_desk_end(&desk);
}

TEST(a_node_that_does_not_answer)
{
    start(0);
    struct http_exchange *written =
        ASK(.method = "POST", .path = ROOM "/statements", .body = statement);
    struct http_exchange *shown = ASK(.path = ROOM);
    desk.now_ms += API_WAIT_MS_MAX;
    api_tick(desk.api);
    CHECK(fake_is(&desk, written, 504, ""));
    CHECK(fake_is(&desk, shown, 504, ""));
    DONE(written);
    DONE(shown);
    fake_desk_written(&desk, ENTENTE_OK); /* too late, and nobody is there */
    fake_desk_status(&desk, ENTENTE_OK, 7);
    fake_desk_end(&desk);
}

TEST(what_a_write_that_failed_is_answered_with)
{
    static const struct {
        enum entente_error error;
        uint16_t status;
    } cases[] = {{ENTENTE_ERR_BARRIER, 503}, {ENTENTE_ERR_RETIRED, 503}, {ENTENTE_ERR_GONE, 503},
        {ENTENTE_ERR_DISK_FULL, 507}, {ENTENTE_ERR_NO_MEMORY, 500}, {ENTENTE_ERR_TEXT, 422}};

    start(0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_exchange *answer =
            ASK(.method = "POST", .path = ROOM "/statements", .body = statement);
        fake_desk_written(&desk, cases[i].error);
        CHECK(fake_is(&desk, answer, cases[i].status, ""));
        DONE(answer);
    }
    fake_desk_end(&desk);
}

/* The client goes at each moment of a request: nothing is touched afterwards, and what was asked is
 * done. */
TEST(clients_that_go_before_their_answer)
{
    start(1);
    DONE(ASK(.method = "POST", .path = ROOM "/statements", .body = statement));
    DONE(ASK(.path = ROOM));
    CHECK(desk.writes_count == 1);
    fake_desk_status(&desk, ENTENTE_OK, 7);
    desk.is_behind = true;
    fake_desk_written(&desk, ENTENTE_OK);
    fake_desk_advance(&desk);
    CHECK(room_changes(desk.room) == 2);
    CHECK(desk.api->calls_count == 0);
    fake_desk_end(&desk);
}

TEST(a_desk_that_ends_with_everything_under_way)
{
    start(1);
    struct http_exchange *open[] = {
        ASK(.method = "POST", .path = ROOM "/statements", .body = statement),
        ASK(.method = "POST", .path = ROOM "/statements", .body = statement,
            .headers = {{"idempotency-key", "12345678"}}),
        ASK(.method = "POST", .path = ROOM "/statements", .body = statement,
            .headers = {{"idempotency-key", "12345678"}}),
        ASK(.path = ROOM),
        ASK(.path = ROOM "/live", .is_websocket = true),
    };
    CHECK(desk.api->calls_count == 5);
    for (size_t i = 0; i < 5; i++)
        DONE(open[i]);
    fake_desk_end(&desk);
}

TEST(more_calls_than_may_be_under_way)
{
    static struct http_exchange *open[API_CALLS_MAX + 1];

    start(0);
    for (size_t i = 0; i <= API_CALLS_MAX; i++) {
        desk.statuses_count = 0; /* nobody answers */
        open[i] = ASK(.path = ROOM);
    }
    CHECK(open[API_CALLS_MAX]->answers == 1 && open[API_CALLS_MAX]->status == 503);
    CHECK(open[API_CALLS_MAX - 1]->answers == 0);
    for (size_t i = 0; i <= API_CALLS_MAX; i++)
        DONE(open[i]);
    fake_desk_end(&desk);
}

/* ---- repetitions ---- */

TEST(the_second_of_two_equal_requests_waits_for_the_first)
{
    start(0);
    struct http_exchange *answers[3];
    for (int i = 0; i < 3; i++)
        answers[i] = ASK(.method = "POST", .path = ROOM "/statements", .body = statement,
            .headers = {{"idempotency-key", "12345678"}});
    struct http_exchange *other = ASK(.method = "POST", .path = ROOM "/statements",
        .body = "{\"language\":\"ko\",\"text\":\"\"}",
        .headers = {{"idempotency-key", "12345678"}});
    CHECK(fake_is(&desk, other, 422, "Idempotency-Key"));
    DONE(other);
    CHECK(desk.writes_count == 1);
    DONE(answers[1]); /* one of them does not wait */
    fake_desk_write_all(&desk);
    CHECK(fake_is(&desk, answers[0], 201, "") && fake_is(&desk, answers[2], 201, ""));
    CHECK(strcmp((char *)answers[0]->body, (char *)answers[2]->body) == 0);
    CHECK(fake_field(answers[0], "idempotent-replayed")[0] == '\0');
    CHECK(strcmp(fake_field(answers[2], "idempotent-replayed"), "true") == 0);
    DONE(answers[0]);
    DONE(answers[2]);
    CHECK(room_changes(desk.room) == 1 && desk.api->calls_count == 0);
    fake_desk_end(&desk);
}

/* ... also where the first's client is gone, and where the first fails. */
TEST(the_first_of_two_equal_requests_goes_or_fails)
{
    start(0);
    for (int i = 0; i < 2; i++) {
        struct http_exchange *first = ASK(.method = "POST", .path = ROOM "/statements",
            .body = statement, .headers = {{"idempotency-key", "12345678"}});
        struct http_exchange *second = ASK(.method = "POST", .path = ROOM "/statements",
            .body = statement, .headers = {{"idempotency-key", "12345678"}});
        DONE(first);
        CHECK(desk.writes_count == 1);
        fake_desk_written(&desk, i == 0 ? ENTENTE_ERR_BARRIER : ENTENTE_OK);
        CHECK(fake_is(&desk, second, i == 0 ? 503 : 201, ""));
        DONE(second);
    }
    fake_desk_end(&desk);
}

/* The key is the account's own. */
TEST(two_accounts_may_use_one_key)
{
    start(0);
    struct http_exchange *answer = ASK(.method = "POST", .path = "/api/v1/accounts",
        .body = "{\"account\":\"sec\",\"name\":\"N\",\"roles\":[\"secretary\"]}");
    CHECK(fake_is(&desk, answer, 201, ""));
    DONE(answer);
    struct http_exchange *one = ASK(.method = "POST", .path = ROOM "/statements", .body = statement,
        .headers = {{"idempotency-key", "12345678"}});
    struct http_exchange *two = ASK(.method = "POST", .path = ROOM "/statements", .body = statement,
        .headers = {{"idempotency-key", "12345678"}, {"entente-account", "sec"}});
    CHECK(desk.writes_count == 2);
    fake_desk_write_all(&desk);
    CHECK(fake_is(&desk, one, 201, "") && fake_is(&desk, two, 201, ""));
    CHECK(number_of(one, "number") == 1 && number_of(two, "number") == 2);
    DONE(one);
    DONE(two);
    fake_desk_end(&desk);
}

/* ---- reading ---- */

TEST(pages_of_statements_hold_each_once)
{
    char after[64] = "", query[128];
    unsigned seen = 0, pages = 0;

    start(25);
    do {
        snprintf(query, sizeof query, "limit=4%s%s", after[0] != '\0' ? "&after=" : "", after);
        struct http_exchange *answer = ASK(.path = ROOM "/statements", .query = query);
        CHECK(fake_is(&desk, answer, 200, ""));
        json_t *page = body_of(answer), *list = json_object_get(page, "statements");
        for (size_t i = 0; i < json_array_size(list); i++) {
            char text[32];
            snprintf(text, sizeof text, "Said before: %u.", seen++);
            CHECK(strcmp(json_string_value(json_object_get(json_array_get(list, i), "text")),
                      text) == 0);
        }
        snprintf(after, sizeof after, "%s", fake_says(answer, "next"));
        json_decref(page);
        DONE(answer);
        pages++;
    } while (after[0] != '\0');
    CHECK(seen == 25 && pages == 7);
    fake_desk_end(&desk);
}

TEST(cursors_that_no_answer_gave)
{
    static const char *const wrong[] = {
        "x", "1", "1.", ".1", "1.x", "1.65", "1.0x", "-1.0", "99999999999999999999999.0", "1.0.0"};
    char query[64];

    start(3);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        snprintf(query, sizeof query, "after=%s", wrong[i]);
        struct http_exchange *answer = ASK(.path = ROOM "/statements", .query = query);
        CHECK(answer->answers == 1 && (answer->status == 400 || answer->status == 200));
        CHECK(answer->status == 200 || fake_is(&desk, answer, 400, "after"));
        DONE(answer);
    }
    struct http_exchange *answer =
        ASK(.path = ROOM "/statements", .query = "after=18446744073709551615.0");
    CHECK(fake_is(&desk, answer, 200, ""));
    DONE(answer);
    fake_desk_end(&desk);
}

TEST(a_statement_under_an_object_that_is_not_there)
{
    start(1);
    struct http_exchange *answer = ASK(.method = "POST", .path = ROOM "/statements",
        .body = "{\"language\":\"en\",\"text\":\"x\",\"under\":"
                "\"00000000000000000000000000000000000000000000000000000000000000aa\"}");
    CHECK(fake_is(&desk, answer, 404, "/under"));
    DONE(answer);
    CHECK(desk.writes_count == 0);
    fake_desk_end(&desk);
}

TEST(a_room_by_its_id_its_first_digits_or_as_the_only_one)
{
    char path[160], id[HEX_TEXT_BYTES];

    start(0);
    hex_to_text(id, desk.setting.id.bytes, ID_BYTES);
    for (size_t digits = 7; digits <= 64; digits += 57) {
        snprintf(path, sizeof path, "/api/v1/rooms/%.*s/statements", (int)digits, id);
        struct http_exchange *answer = ASK(.path = path);
        CHECK(fake_is(&desk, answer, digits >= 8 ? 200 : 404, digits >= 8 ? "" : "room"));
        DONE(answer);
    }
    struct http_exchange *answer = ASK(.path = ROOM);
    fake_desk_status(&desk, ENTENTE_OK, 2);
    CHECK(fake_is(&desk, answer, 200, ""));
    CHECK(strcmp(fake_says(answer, "room"), id) == 0);
    CHECK(strcmp(fake_says(answer, "writing"), "ready") == 0);
    CHECK(fake_says(answer, "consultation_state")[0] == '\0');
    DONE(answer);
    answer = ASK(.path = ROOM, .query = "with=consultation_state");
    fake_desk_status(&desk, ENTENTE_OK, 2);
    CHECK(fake_is(&desk, answer, 200, ""));
    CHECK(strlen(fake_says(answer, "consultation_state")) == 64);
    DONE(answer);
    answer = ASK(.path = ROOM);
    fake_desk_status(&desk, ENTENTE_ERR_GONE, 0);
    CHECK(fake_is(&desk, answer, 503, ""));
    DONE(answer);
    answer = ASK(.path = "/api/v1/rooms");
    CHECK(fake_is(&desk, answer, 200, ""));
    DONE(answer);
    fake_desk_end(&desk);
}

TEST(changes_behind_a_cursor)
{
    start(5);
    struct http_exchange *answer = ASK(.path = ROOM "/changes", .query = "after=2&limit=2");
    CHECK(fake_is(&desk, answer, 200, ""));
    json_t *page = body_of(answer), *list = json_object_get(page, "changes");
    CHECK(json_array_size(list) == 2);
    CHECK(json_integer_value(json_object_get(json_array_get(list, 0), "change")) == 3);
    CHECK(json_integer_value(json_object_get(page, "last")) == 5);
    json_decref(page);
    DONE(answer);
    /* Of another life: from the beginning. */
    answer = ASK(.path = ROOM "/changes", .query = "after=4&life=0123456789abcdef");
    page = body_of(answer);
    CHECK(json_array_size(json_object_get(page, "changes")) == 5);
    json_decref(page);
    DONE(answer);
    answer = ASK(.path = ROOM "/changes", .query = "after=9007199254740992");
    CHECK(fake_is(&desk, answer, 200, ""));
    DONE(answer);
    fake_desk_end(&desk);
}

/* ---- following ---- */

/* That the messages from `at` on are the changes behind `after`, each once and in order, up to the
 * last one. */
static uint64_t
changes_told(const struct http_exchange *follower, unsigned at, uint64_t after)
{
    const json_t *document = contract_document(desk.api->contract);
    json_t *live = json_pack("{s:s}", "$ref", "#/components/schemas/Live");
    struct violation violation;

    for (; at < follower->messages; at++) {
        json_t *message = json_loads(follower->message[at], 0, NULL);
        CHECK(message != NULL && schema_check(document, live, message, &violation));
        json_t *change = json_object_get(message, "change");
        if (change != NULL)
            CHECK((uint64_t)json_integer_value(change) == ++after);
        json_decref(message);
    }
    json_decref(live);
    return after;
}

TEST(a_follower_is_told_everything_once_and_in_order)
{
    start(3);
    struct http_exchange *follower =
        ASK(.path = ROOM "/live", .query = "after=1", .is_websocket = true);
    CHECK(follower->is_accepted && strstr(follower->message[0], "\"begin-anew\":false") != NULL);
    CHECK(changes_told(follower, 1, 1) == 3);
    for (int i = 0; i < 20; i++)
        fake_desk_say(&desk, 1, "Later.");
    CHECK(changes_told(follower, 1, 1) == 23);
    DONE(follower);
    fake_desk_say(&desk, 1, "Nobody hears it.");
    CHECK(live_count(desk.api->live) == 0 && desk.api->calls_count == 0);
    fake_desk_end(&desk);
}

TEST(where_a_follower_begins)
{
    char query[96], life[17];

    start(4);
    snprintf(life, sizeof life, "%016llx", (unsigned long long)room_life(desk.room));
    struct http_exchange *follower = ASK(.path = ROOM "/live", .is_websocket = true);
    CHECK(follower->messages == 1); /* only what comes */
    DONE(follower);
    snprintf(query, sizeof query, "after=3&life=%s", life);
    follower = ASK(.path = ROOM "/live", .query = query, .is_websocket = true);
    CHECK(follower->messages == 2 && changes_told(follower, 1, 3) == 4);
    DONE(follower);
    follower =
        ASK(.path = ROOM "/live", .query = "after=3&life=0123456789abcdef", .is_websocket = true);
    CHECK(strstr(follower->message[0], "\"begin-anew\":true") != NULL);
    CHECK(changes_told(follower, 1, 0) == 4);
    DONE(follower);
    follower = ASK(.path = ROOM "/live", .query = "after=9999", .is_websocket = true);
    fake_desk_say(&desk, 1, "Later.");
    CHECK(changes_told(follower, 1, 4) == 5);
    DONE(follower);
    follower = ASK(.path = ROOM "/live");
    CHECK(fake_is(&desk, follower, 400, "Upgrade"));
    DONE(follower);
    follower = ASK(.path = ROOM "/statements", .is_websocket = true);
    CHECK(fake_is(&desk, follower, 400, "Upgrade"));
    DONE(follower);
    follower = ASK(.path = ROOM "/live", .is_websocket = true, .origin = HTTP_TLS);
    CHECK(fake_is(&desk, follower, 401, "Authorization"));
    DONE(follower);
    fake_desk_end(&desk);
}

/* 200 followers, each with room now and then by chance: all of them get everything. */
TEST(slow_followers_lose_nothing)
{
    static struct http_exchange *followers[200];
    uint64_t seed = 3;

    start(0);
    for (int i = 0; i < 200; i++)
        followers[i] = ASK(.path = ROOM "/live", .query = "after=0", .is_websocket = true);
    CHECK(live_count(desk.api->live) == 200);
    for (int turn = 0; turn < 60; turn++) {
        for (int i = 0; i < 200; i++) {
            bool was_full = followers[i]->is_full;
            followers[i]->is_full = test_random(&seed) % 3 != 0;
            if (was_full && !followers[i]->is_full)
                desk.calls.drained(desk.calls.state, followers[i]);
        }
        fake_desk_say(&desk, (uint8_t)(1 + turn % 2), "Without a gap.");
    }
    for (int i = 0; i < 200; i++) {
        followers[i]->is_full = false;
        desk.calls.drained(desk.calls.state, followers[i]);
        CHECK(changes_told(followers[i], 1, 0) == 60);
        DONE(followers[i]);
    }
    fake_desk_end(&desk);
}

TEST(a_follower_who_takes_nothing_is_closed_and_resumes)
{
    start(1);
    struct http_exchange *slow =
                             ASK(.path = ROOM "/live", .query = "after=1", .is_websocket = true),
                         *idle =
                             ASK(.path = ROOM "/live", .query = "after=1", .is_websocket = true);
    slow->is_full = true;
    for (int i = 0; i < 100 && slow->closed == 0; i++) {
        if (i == 5)
            fake_desk_say(&desk, 1, "Later.");
        desk.now_ms += 1000;
        api_tick(desk.api);
    }
    CHECK(slow->closed == 1008 && idle->closed == 0);
    unsigned told = slow->messages;
    fake_desk_say(&desk, 1, "Later.");
    CHECK(slow->messages == told); /* nothing after the close */
    DONE(slow);
    slow = ASK(.path = ROOM "/live", .query = "after=1", .is_websocket = true);
    CHECK(changes_told(slow, 1, 1) == 3);
    DONE(slow);
    DONE(idle);
    fake_desk_end(&desk);
}

TEST(a_follower_whose_token_ends_is_closed)
{
    char token[128];

    start(1);
    struct http_exchange *answer = ASK(.method = "POST", .path = "/api/v1/accounts",
        .body = "{\"account\":\"a\",\"name\":\"N\",\"roles\":[\"reader\"]}");
    DONE(answer);
    answer =
        ASK(.method = "POST", .path = "/api/v1/accounts/a/tokens", .body = "{\"label\":\"l\"}");
    snprintf(token, sizeof token, "Bearer %s", fake_says(answer, "token"));
    DONE(answer);
    struct http_exchange *follower = ASK(.path = ROOM "/live", .is_websocket = true,
        .origin = HTTP_TLS, .headers = {{"authorization", token}});
    api_tick(desk.api);
    CHECK(follower->is_accepted && follower->closed == 0);
    answer = ASK(.method = "PATCH", .path = "/api/v1/accounts/a", .body = "{\"is_active\":false}");
    CHECK(fake_is(&desk, answer, 200, ""));
    DONE(answer);
    api_tick(desk.api);
    CHECK(follower->closed == 1008);
    DONE(follower);
    fake_desk_end(&desk);
}

TEST(a_follower_who_speaks_is_closed)
{
    start(1);
    struct http_exchange *follower = ASK(.path = ROOM "/live", .is_websocket = true);
    desk.calls.message(desk.calls.state, follower, bytes_of_text("hello"));
    CHECK(follower->closed == 1003);
    DONE(follower);
    fake_desk_end(&desk);
}

static unsigned
told_of(const struct http_exchange *follower, const char *what)
{
    unsigned count = 0;

    for (unsigned i = 0; i < follower->messages; i++)
        count += strstr(follower->message[i], what) != NULL;
    return count;
}

TEST(followers_hear_of_links_and_of_who_holds_what)
{
    start(1);
    struct http_exchange *follower = ASK(.path = ROOM "/live", .is_websocket = true);
    api_tick(desk.api);
    fake_desk_status(&desk, ENTENTE_OK, 6);
    CHECK(told_of(follower, "\"link\"") == 0); /* the first is no news */
    api_tick(desk.api);
    fake_desk_status(&desk, ENTENTE_OK, 2);
    CHECK(told_of(follower, "{\"link\":{\"slot\":2,\"is_linked\":false}}") == 1);
    unsigned held = told_of(follower, "\"held\":[{");
    api_tick(desk.api);
    CHECK(told_of(follower, "\"held\":[{") == held); /* nothing new */
    fake_desk_say(&desk, 2, "It covers what was before it.");
    api_tick(desk.api);
    CHECK(told_of(follower, "\"held\":[{") == held + 1);
    CHECK(changes_told(follower, 1, 1) == 2);
    DONE(follower);
    fake_desk_end(&desk);
}

TEST(rooms_are_counted)
{
    start(2);
    DONE(ASK(.path = ROOM "/statements"));
    api_tick(desk.api);
    fake_desk_status(&desk, ENTENTE_OK, 6);
    struct http_exchange *answer = ASK(.path = "/metrics");
    CHECK(fake_is(&desk, answer, 200, ""));
    CHECK(strstr((char *)answer->body, "\nentente_room_entries{room=\"") != NULL);
    CHECK(strstr((char *)answer->body, "\nentente_room_linked_parties{room=\"") != NULL);
    DONE(answer);
    fake_desk_end(&desk);
}

TEST_MAIN(CASE(a_statement_is_answered_when_it_is_durable_and_can_be_read),
    CASE(a_room_that_is_behind_delays_an_answer_for_a_while_only),
    CASE(nobody_is_answered_out_of_half_a_record), CASE(a_long_record_can_soon_be_searched),
    CASE(a_room_that_takes_long_to_be_read),
    CASE(a_node_that_does_not_answer), CASE(what_a_write_that_failed_is_answered_with),
    CASE(clients_that_go_before_their_answer), CASE(a_desk_that_ends_with_everything_under_way),
    CASE(more_calls_than_may_be_under_way),
    CASE(the_second_of_two_equal_requests_waits_for_the_first),
    CASE(the_first_of_two_equal_requests_goes_or_fails), CASE(two_accounts_may_use_one_key),
    CASE(pages_of_statements_hold_each_once), CASE(cursors_that_no_answer_gave),
    CASE(a_statement_under_an_object_that_is_not_there),
    CASE(a_room_by_its_id_its_first_digits_or_as_the_only_one), CASE(changes_behind_a_cursor),
    CASE(a_follower_is_told_everything_once_and_in_order), CASE(where_a_follower_begins),
    CASE(slow_followers_lose_nothing), CASE(a_follower_who_takes_nothing_is_closed_and_resumes),
    CASE(a_follower_whose_token_ends_is_closed), CASE(a_follower_who_speaks_is_closed),
    CASE(followers_hear_of_links_and_of_who_holds_what), CASE(rooms_are_counted))
