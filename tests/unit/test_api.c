/*
 * Goal: a request does what openapi.json says, or is refused with a problem that says why and
 * where. Method: the API with a desk and an HTTP server that the test plays; no socket, no process.
 */
#include "support/desk_fake.h"
#include "support/test.h"

#include "api/internal.h"

static struct fake_desk desk;

#define ASK(...) fake_ask(&desk.calls, &(struct fake_request){__VA_ARGS__})
#define DONE(exchange) fake_end(&desk.calls, exchange)

/* An account with a token, of which the text is returned until the next call. */
static const char *
make_account(const char *account, const char *roles, const char *token)
{
    static char text[128];
    char body[512], path[128];

    snprintf(
        body, sizeof body, "{\"account\":\"%s\",\"name\":\"N\",\"roles\":[%s]}", account, roles);
    struct http_exchange *made = ASK(.method = "POST", .path = "/api/v1/accounts", .body = body);
    CHECK(fake_is(&desk, made, 201, ""));
    DONE(made);
    snprintf(path, sizeof path, "/api/v1/accounts/%s/tokens", account);
    made = ASK(.method = "POST", .path = path, .body = token);
    CHECK(fake_is(&desk, made, 201, ""));
    snprintf(text, sizeof text, "Bearer %s", fake_says(made, "token"));
    DONE(made);
    return text;
}

TEST(the_document_is_one_that_is_checked_and_served_as_it_is)
{
    fake_desk_start(&desk);
    struct http_exchange *answer = ASK(.path = "/api/v1/openapi.json", .origin = HTTP_TLS);
    CHECK(fake_is(&desk, answer, 200, ""));
    CHECK(answer->body_bytes == api_document_size &&
          memcmp(answer->body, api_document, api_document_size) == 0);
    DONE(answer);
    fake_desk_end(&desk);
}

TEST(each_operation_has_a_handler_and_each_handler_an_operation)
{
    const struct call_entry *entry;

    fake_desk_start(&desk);
    const struct contract *contract = desk.api->contract;
    for (uint32_t i = 0; i < contract_operations(contract); i++) {
        const char *name = contract_operation(contract, i)->name;
        if (desk.api->handlers[i] == NULL)
            printf("# %s\n", name);
        CHECK(desk.api->handlers[i] != NULL);
    }
    for (uint32_t i = 0; (entry = table_at(i)) != NULL; i++) {
        bool is_there = false;
        for (uint32_t j = 0; j < contract_operations(contract); j++)
            is_there |= strcmp(contract_operation(contract, j)->name, entry->operation) == 0;
        CHECK(is_there);
        CHECK(table_find(entry->operation) == entry); /* once */
    }
    fake_desk_end(&desk);
}

TEST(paths_and_methods_that_are_not_there)
{
    static const char *const paths[] = {"/api", "/api/v1/health/", "/api/v1//health", "//",
        "/api/v1/rooms/only/sessions/x/y/z/1/2/3/4/5/6/7/8/9", "*", "/%61pi/v1/health"};

    fake_desk_start(&desk);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct http_exchange *answer = ASK(.path = paths[i]);
        CHECK(fake_is(&desk, answer, 404, ""));
        DONE(answer);
    }
    struct http_exchange *answer = ASK(.method = "DELETE", .path = "/api/v1/accounts");
    CHECK(fake_is(&desk, answer, 405, ""));
    CHECK(strcmp(fake_field(answer, "allow"), "GET, HEAD, POST") == 0);
    DONE(answer);
    answer = ASK(.method = "HEAD", .path = "/api/v1/health", .origin = HTTP_TLS);
    CHECK(fake_is(&desk, answer, 200, ""));
    DONE(answer);
    /* A literal path stands before one with parameters. */
    answer = ASK(.path = "/api/v1/rooms/only/readouts/check");
    CHECK(fake_is(&desk, answer, 405, ""));
    DONE(answer);
    fake_desk_end(&desk);
}

TEST(who_asks_without_a_token)
{
    fake_desk_start(&desk);
    struct http_exchange *answer = ASK(.path = "/api/v1/me", .origin = HTTP_LOOPBACK);
    CHECK(fake_is(&desk, answer, 401, "Authorization"));
    CHECK(strcmp(fake_field(answer, "www-authenticate"), "Bearer realm=\"entente\"") == 0);
    DONE(answer);
    answer = ASK(.path = "/api/v1/me");
    CHECK(fake_is(&desk, answer, 200, ""));
    CHECK(strcmp(fake_says(answer, "account"), "operator") == 0);
    DONE(answer);
    fake_desk_end(&desk);
}

TEST(a_token_its_roles_its_end)
{
    fake_desk_start(&desk);
    char token[128];
    strcpy(token, make_account("reader.one", "\"reader\"",
                      "{\"label\":\"l\",\"expires\":\"2023-11-14T23:13:20Z\"}")); /* in an hour */
    CHECK(desk.accounts != NULL && strstr(desk.accounts, token + 40) == NULL);    /* hashed */

    struct http_exchange *answer =
        ASK(.path = "/api/v1/me", .origin = HTTP_TLS, .headers = {{"authorization", token}});
    CHECK(fake_is(&desk, answer, 200, ""));
    CHECK(strcmp(fake_says(answer, "account"), "reader.one") == 0);
    DONE(answer);
    answer =
        ASK(.path = "/api/v1/accounts", .origin = HTTP_TLS, .headers = {{"authorization", token}});
    CHECK(fake_is(&desk, answer, 403, ""));
    CHECK(strstr(fake_says(answer, "detail"), "operator") != NULL);
    DONE(answer);

    /* Also over the local socket a token stands for its account, and nothing more. */
    answer = ASK(.path = "/api/v1/accounts", .headers = {{"authorization", token}});
    CHECK(fake_is(&desk, answer, 403, ""));
    DONE(answer);

    desk.now_ms += 3600000;
    answer = ASK(.path = "/api/v1/me", .origin = HTTP_TLS, .headers = {{"authorization", token}});
    CHECK(fake_is(&desk, answer, 401, "Authorization"));
    CHECK(strstr(fake_says(answer, "detail"), "expired") != NULL);
    DONE(answer);
    fake_desk_end(&desk);
}

/* Every byte of it counts. */
TEST(tokens_that_are_nobodys)
{
    fake_desk_start(&desk);
    char token[128], wrong[160];
    strcpy(token, make_account("a", "\"reader\"", "{\"label\":\"l\"}"));
    for (size_t i = 0; i <= strlen(token); i++) {
        strcpy(wrong, token);
        if (i < strlen(token))
            wrong[i] = wrong[i] == '0' ? '1' : '0';
        else
            strcat(wrong, "0");
        desk.now_ms += API_FAILURES_MS;
        struct http_exchange *answer =
            ASK(.path = "/api/v1/me", .origin = HTTP_TLS, .headers = {{"authorization", wrong}});
        CHECK(fake_is(&desk, answer, 401, "Authorization"));
        DONE(answer);
    }
    fake_desk_end(&desk);
}

TEST(many_wrong_tokens_are_put_off_and_a_right_one_is_not)
{
    fake_desk_start(&desk);
    char token[128];
    strcpy(token, make_account("a", "\"reader\"", "{\"label\":\"l\"}"));
    for (unsigned i = 0; i < API_FAILURES_MAX + 5; i++) {
        struct http_exchange *answer = ASK(.path = "/api/v1/me", .origin = HTTP_TLS,
            .headers = {{"authorization", "Bearer x"}});
        CHECK(fake_is(&desk, answer, i < API_FAILURES_MAX ? 401 : 429, "Authorization"));
        CHECK(i < API_FAILURES_MAX || strcmp(fake_field(answer, "retry-after"), "10") == 0);
        DONE(answer);
    }
    struct http_exchange *answer =
        ASK(.path = "/api/v1/me", .origin = HTTP_TLS, .headers = {{"authorization", token}});
    CHECK(fake_is(&desk, answer, 200, ""));
    DONE(answer);
    fake_desk_end(&desk);
}

TEST(the_operator_acts_as_an_account_at_his_own_socket_only)
{
    fake_desk_start(&desk);
    char token[128];
    strcpy(token, make_account("sec", "\"secretary\"", "{\"label\":\"l\"}"));
    struct http_exchange *answer =
        ASK(.path = "/api/v1/me", .headers = {{"entente-account", "sec"}});
    CHECK(fake_is(&desk, answer, 200, ""));
    CHECK(strcmp(fake_says(answer, "account"), "sec") == 0);
    DONE(answer);
    answer = ASK(.path = "/api/v1/accounts", .headers = {{"entente-account", "sec"}});
    CHECK(fake_is(&desk, answer, 403, "")); /* with its roles, and no others */
    DONE(answer);
    answer = ASK(.path = "/api/v1/me", .headers = {{"entente-account", "nobody"}});
    CHECK(fake_is(&desk, answer, 403, "Entente-Account"));
    DONE(answer);
    answer = ASK(.path = "/api/v1/me", .origin = HTTP_LOOPBACK,
        .headers = {{"entente-account", "sec"}, {"authorization", token}});
    CHECK(fake_is(&desk, answer, 403, "Entente-Account"));
    DONE(answer);
    answer =
        ASK(.path = "/api/v1/me", .origin = HTTP_LOOPBACK, .headers = {{"entente-account", "sec"}});
    CHECK(fake_is(&desk, answer, 403, "Entente-Account"));
    DONE(answer);
    fake_desk_end(&desk);
}

TEST(a_page_logs_in_and_out)
{
    fake_desk_start(&desk);
    char token[128], body[256], cookie[256];
    strcpy(token, make_account("a", "\"reader\"", "{\"label\":\"l\"}"));
    snprintf(body, sizeof body, "{\"token\":\"%s\"}", token + strlen("Bearer "));
    struct http_exchange *answer =
        ASK(.method = "POST", .path = "/api/v1/login", .body = body, .origin = HTTP_TLS,
            .headers = {{"origin", "https://evil.example"}, {"host", "desk.example"}});
    CHECK(fake_is(&desk, answer, 403, "Origin"));
    DONE(answer);
    answer = ASK(.method = "POST", .path = "/api/v1/login", .body = body, .origin = HTTP_TLS,
        .headers = {{"origin", "https://desk.example"}, {"host", "desk.example"}});
    CHECK(fake_is(&desk, answer, 200, ""));
    snprintf(cookie, sizeof cookie, "%s", fake_field(answer, "set-cookie"));
    CHECK(strstr(cookie, "; HttpOnly; SameSite=Strict") != NULL &&
          strstr(cookie, "; Secure") != NULL);
    *strchr(cookie, ';') = '\0';
    DONE(answer);

    char sent[320];
    snprintf(sent, sizeof sent, "theme=dark; %s", cookie);
    static const char *const origins[] = {"", "https://desk.example", "https://evil.example",
        "null", "https://desk.example.evil.example", "https://desk.exampl"};
    for (size_t i = 0; i < sizeof origins / sizeof origins[0]; i++) {
        answer = ASK(.path = "/api/v1/me", .origin = HTTP_TLS,
            .headers = {{"cookie", sent}, {"host", "desk.example"}, {"origin", origins[i]}});
        CHECK(fake_is(&desk, answer, i < 2 ? 200 : 403, i < 2 ? "" : "Origin"));
        DONE(answer);
    }
    answer = ASK(.method = "POST", .path = "/api/v1/logout", .origin = HTTP_TLS,
        .headers = {{"cookie", cookie}});
    CHECK(fake_is(&desk, answer, 204, ""));
    DONE(answer);
    answer = ASK(.path = "/api/v1/me", .origin = HTTP_TLS, .headers = {{"cookie", cookie}});
    CHECK(fake_is(&desk, answer, 401, "Cookie"));
    DONE(answer);
    fake_desk_end(&desk);
}

TEST(a_login_ends_with_its_token_and_with_time)
{
    fake_desk_start(&desk);
    char token[128], body[256], cookie[2][256];
    strcpy(token, make_account("a", "\"reader\"", "{\"label\":\"l\"}"));
    snprintf(body, sizeof body, "{\"token\":\"%s\"}", token + strlen("Bearer "));
    for (int i = 0; i < 2; i++) {
        struct http_exchange *answer = ASK(.method = "POST", .path = "/api/v1/login", .body = body);
        CHECK(fake_is(&desk, answer, 200, ""));
        snprintf(cookie[i], sizeof cookie[i], "%s", fake_field(answer, "set-cookie"));
        *strchr(cookie[i], ';') = '\0';
        DONE(answer);
        desk.now_ms += LOGIN_MS_MAX - 1;
    }
    for (int i = 0; i < 2; i++) { /* the first has ended, the second not yet */
        struct http_exchange *answer =
            ASK(.path = "/api/v1/me", .origin = HTTP_TLS, .headers = {{"cookie", cookie[i]}});
        CHECK(fake_is(&desk, answer, i == 0 ? 401 : 200, i == 0 ? "Cookie" : ""));
        DONE(answer);
    }
    char path[128];
    snprintf(
        path, sizeof path, "/api/v1/accounts/a/tokens/%.16s", token + strlen("Bearer entente-"));
    struct http_exchange *answer = ASK(.method = "DELETE", .path = path);
    CHECK(fake_is(&desk, answer, 204, ""));
    DONE(answer);
    answer = ASK(.path = "/api/v1/me", .origin = HTTP_TLS, .headers = {{"cookie", cookie[1]}});
    CHECK(fake_is(&desk, answer, 401, "Cookie"));
    DONE(answer);
    answer = ASK(.path = "/api/v1/me", .origin = HTTP_TLS, .headers = {{"authorization", token}});
    CHECK(fake_is(&desk, answer, 401, "Authorization"));
    DONE(answer);
    fake_desk_end(&desk);
}

TEST(bodies_that_are_wrong)
{
    static const struct {
        const char *body;
        uint16_t status;
        const char *field;
    } wrong[] = {
        {"{", 400, ""},
        {"", 400, ""},
        {"[]", 422, ""},
        {"null", 422, ""},
        {"{}", 422, "/account"},
        {"{\"account\":1,\"name\":\"n\",\"roles\":[\"reader\"]}", 422, "/account"},
        {"{\"account\":\"A\",\"name\":\"n\",\"roles\":[\"reader\"]}", 422, "/account"},
        {"{\"account\":\"\",\"name\":\"n\",\"roles\":[\"reader\"]}", 422, "/account"},
        {"{\"account\":\"a\\n\",\"name\":\"n\",\"roles\":[\"reader\"]}", 422, "/account"},
        {"{\"account\":\"a\",\"name\":\"n\",\"roles\":[]}", 422, "/roles"},
        {"{\"account\":\"a\",\"name\":\"n\",\"roles\":[\"reader\",\"king\"]}", 422, "/roles/1"},
        {"{\"account\":\"a\",\"name\":\"n\",\"roles\":[\"reader\"],\"x/~y\":1}", 422, "/x~1~0y"},
        {"{\"account\":\"a\",\"account\":\"b\",\"name\":\"n\",\"roles\":[\"reader\"]}", 400, ""},
        {"{\"account\":\"a\",\"name\":\"\\u0000\",\"roles\":[\"reader\"]}", 400, ""},
        {"{\"account\":\"a\",\"name\":\"\xff\",\"roles\":[\"reader\"]}", 400, ""},
        {"{\"account\":\"a\",\"name\":\"\\ud800\",\"roles\":[\"reader\"]}", 400, ""},
        {"{\"account\":\"a\",\"name\":\"n\",\"roles\":[\"reader\"]} x", 400, ""},
    };

    fake_desk_start(&desk);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct http_exchange *answer =
            ASK(.method = "POST", .path = "/api/v1/accounts", .body = wrong[i].body);
        if (!fake_is(&desk, answer, wrong[i].status, wrong[i].field)) {
            printf("# %s\n", wrong[i].body);
            CHECK(false);
        }
        DONE(answer);
    }
    CHECK(desk.saves == 0);
    fake_desk_end(&desk);
}

static void
check_deep(const char *piece, size_t count)
{
    size_t size = strlen(piece);
    char *body = calloc(count, size + 1);

    for (size_t i = 0; i < count; i++)
        memcpy(body + i * size, piece, size);
    struct http_exchange *answer =
        ASK(.method = "POST", .path = "/api/v1/accounts", .body = body, .body_bytes = count * size);
    CHECK(fake_is(&desk, answer, 400, ""));
    DONE(answer);
    free(body);
}

TEST(bodies_that_are_deep_or_long)
{
    fake_desk_start(&desk);
    check_deep("[", 1000000);
    check_deep("{\"a\":", 300000);
    check_deep("[],", 500000);
    check_deep("\"", 1000001);
    fake_desk_end(&desk);
}

TEST(the_media_type_of_bodies_and_answers)
{
    static const char body[] = "{\"account\":\"a\",\"name\":\"n\",\"roles\":[\"reader\"]}";

    fake_desk_start(&desk);
    struct http_exchange *answer = ASK(.method = "POST", .path = "/api/v1/accounts", .body = body,
        .headers = {{"content-type", "text/plain"}});
    CHECK(fake_is(&desk, answer, 415, "Content-Type"));
    DONE(answer);
    answer = ASK(.method = "POST", .path = "/api/v1/accounts", .body = body,
        .headers = {{"content-type", "application/JSON ; charset=utf-8"},
            {"accept", "text/html, application/*;q=0.1"}});
    CHECK(fake_is(&desk, answer, 201, ""));
    DONE(answer);
    answer = ASK(.path = "/api/v1/me", .headers = {{"accept", "text/html"}});
    CHECK(fake_is(&desk, answer, 406, "Accept"));
    DONE(answer);
    answer = ASK(.path = "/api/v1/me", .body = "{}");
    CHECK(fake_is(&desk, answer, 400, ""));
    DONE(answer);
    fake_desk_end(&desk);
}

TEST(parameters_that_are_wrong)
{
    static const struct {
        const char *path, *query;
        const char *field;
        uint16_t status;
    } wrong[] = {
        {"/api/v1/rooms/only/changes", "limit=0", "limit", 400},
        {"/api/v1/rooms/only/changes", "limit=501", "limit", 400},
        {"/api/v1/rooms/only/changes", "limit=1.0", "limit", 400},
        {"/api/v1/rooms/only/changes", "limit=%31x", "limit", 400},
        {"/api/v1/rooms/only/changes", "limit=-1", "limit", 400},
        {"/api/v1/rooms/only/changes", "limit=99999999999999999999", "limit", 400},
        {"/api/v1/rooms/only/changes", "limit=", "limit", 400},
        {"/api/v1/rooms/only/changes", "limit=1&limit=1", "limit", 400},
        {"/api/v1/rooms/only/changes", "nonsense=1", "nonsense", 400},
        {"/api/v1/rooms/only/changes", "life=%ff", "life", 400},
        {"/api/v1/rooms/only/changes", "life=%00", "life", 400},
        {"/api/v1/rooms/only/changes", "life=%4", "life", 400},
        {"/api/v1/rooms/only/changes", "life=%zz", "life", 400},
        {"/api/v1/rooms/only/changes", "life=123456789012345678901234567890123", "life", 400},
        {"/api/v1/rooms/abc/changes", NULL, "room", 400},
        {"/api/v1/rooms/abc%2/changes", NULL, "room", 400},
        {"/api/v1/rooms/only/changes", "limit=500", "room", 404},
        {"/api/v1/rooms/0123456789/changes", NULL, "room", 404},
        {"/api/v1/rooms/only/sessions/0123", NULL, "session", 400},
        {"/api/v1/rooms/only/offices/30/x/history", NULL, "slot", 400},
        {"/api/v1/rooms/only/search", NULL, "q", 400},
    };

    fake_desk_start(&desk);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct http_exchange *answer = ASK(.path = wrong[i].path, .query = wrong[i].query);
        if (!fake_is(&desk, answer, wrong[i].status, wrong[i].field)) {
            printf("# %s?%s\n", wrong[i].path, wrong[i].query);
            CHECK(false);
        }
        DONE(answer);
    }
    fake_desk_end(&desk);
}

/* What cannot be saved has not happened. */
TEST(a_disk_that_fails_changes_no_account)
{
    fake_desk_start(&desk);
    char token[128];
    strcpy(token, make_account("a", "\"reader\"", "{\"label\":\"l\"}"));
    desk.save_error = ENTENTE_ERR_DISK_FULL;
    struct http_exchange *answer = ASK(.method = "POST", .path = "/api/v1/accounts",
        .body = "{\"account\":\"b\",\"name\":\"n\",\"roles\":[\"reader\"]}");
    CHECK(fake_is(&desk, answer, 507, ""));
    DONE(answer);
    answer = ASK(.method = "PATCH", .path = "/api/v1/accounts/a", .body = "{\"is_active\":false}");
    CHECK(fake_is(&desk, answer, 507, ""));
    DONE(answer);
    answer = ASK(.path = "/api/v1/me", .origin = HTTP_TLS, .headers = {{"authorization", token}});
    CHECK(fake_is(&desk, answer, 200, ""));
    DONE(answer);
    desk.save_error = ENTENTE_OK;
    answer = ASK(.method = "POST", .path = "/api/v1/accounts",
        .body = "{\"account\":\"b\",\"name\":\"n\",\"roles\":[\"reader\"]}");
    CHECK(fake_is(&desk, answer, 201, ""));
    DONE(answer);
    fake_desk_end(&desk);
}

TEST(accounts_outlive_the_desk)
{
    fake_desk_start(&desk);
    char token[128];
    strcpy(token, make_account("a", "\"reader\", \"linguist\"", "{\"label\":\"l\"}"));
    api_free(desk.api);
    fake_desk_start(&desk);
    struct http_exchange *answer =
        ASK(.path = "/api/v1/me", .origin = HTTP_TLS, .headers = {{"authorization", token}});
    CHECK(fake_is(&desk, answer, 200, ""));
    DONE(answer);
    answer = ASK(.method = "PATCH", .path = "/api/v1/accounts/a", .body = "{\"is_active\":false}");
    CHECK(fake_is(&desk, answer, 200, ""));
    DONE(answer);
    answer = ASK(.path = "/api/v1/me", .origin = HTTP_TLS, .headers = {{"authorization", token}});
    CHECK(fake_is(&desk, answer, 401, "Authorization"));
    DONE(answer);
    fake_desk_end(&desk);
}

/* Whatever the file holds, it is read or refused: each truncation, each byte changed. */
TEST(a_damaged_file_of_accounts_is_refused)
{
    fake_desk_start(&desk);
    make_account("a", "\"reader\"", "{\"label\":\"l\"}");
    char *good = strdup(desk.accounts);
    struct fake_desk other = {.now_ms = 1};
    struct api_desk calls = fake_desk_api(&other);
    struct accounts *accounts;

    for (size_t cut = 0; cut < strlen(good) - 1; cut++) {
        other.accounts = strndup(good, cut);
        CHECK(accounts_new(&accounts, &calls) == ENTENTE_ERR_CORRUPT && accounts == NULL);
        free(other.accounts);
    }
    for (size_t at = 0; at < strlen(good); at++) {
        other.accounts = strdup(good);
        other.accounts[at] ^= 0x20;
        if (accounts_new(&accounts, &calls) == ENTENTE_OK)
            accounts_free(accounts);
        free(other.accounts);
    }
    free(good);
    fake_desk_end(&desk);
}

TEST(how_often_used_is_no_write_for_each_request)
{
    fake_desk_start(&desk);
    char token[128];
    strcpy(token, make_account("a", "\"reader\"", "{\"label\":\"l\"}"));
    unsigned before = desk.saves;
    for (int i = 0; i < 1000; i++) {
        DONE(ASK(.path = "/api/v1/me", .origin = HTTP_TLS, .headers = {{"authorization", token}}));
        api_tick(desk.api);
    }
    CHECK(desk.saves == before + 1);
    desk.now_ms += 3600000;
    DONE(ASK(.path = "/api/v1/me", .origin = HTTP_TLS, .headers = {{"authorization", token}}));
    api_tick(desk.api);
    CHECK(desk.saves == before + 2);
    fake_desk_end(&desk);
}

TEST(a_repeated_request_is_done_once)
{
    static const char body[] = "{\"account\":\"a\",\"name\":\"n\",\"roles\":[\"reader\"]}";
    static const char other[] = "{\"account\":\"b\",\"name\":\"n\",\"roles\":[\"reader\"]}";

    fake_desk_start(&desk);
    struct http_exchange *first = ASK(.method = "POST", .path = "/api/v1/accounts", .body = body,
        .headers = {{"idempotency-key", "12345678"}});
    CHECK(fake_is(&desk, first, 201, ""));
    struct http_exchange *second = ASK(.method = "POST", .path = "/api/v1/accounts", .body = body,
        .headers = {{"idempotency-key", "12345678"}});
    CHECK(fake_is(&desk, second, 201, ""));
    CHECK(first->body_bytes == second->body_bytes &&
          memcmp(first->body, second->body, first->body_bytes) == 0);
    CHECK(strcmp(fake_field(second, "idempotent-replayed"), "true") == 0);
    DONE(first);
    DONE(second);
    first = ASK(.method = "POST", .path = "/api/v1/accounts", .body = other,
        .headers = {{"idempotency-key", "12345678"}});
    CHECK(fake_is(&desk, first, 422, "Idempotency-Key"));
    DONE(first);
    first = ASK(.method = "POST", .path = "/api/v1/accounts", .body = other,
        .headers = {{"idempotency-key", "1234567"}});
    CHECK(fake_is(&desk, first, 400, "Idempotency-Key"));
    DONE(first);
    CHECK(desk.saves == 1);
    /* After a day it is another request, and the account is there. */
    desk.now_ms += REPLAY_MS_MAX + 1;
    first = ASK(.method = "POST", .path = "/api/v1/accounts", .body = body,
        .headers = {{"idempotency-key", "12345678"}});
    CHECK(fake_is(&desk, first, 409, "/account"));
    DONE(first);
    fake_desk_end(&desk);
}

TEST(what_was_not_done_may_be_asked_again)
{
    static const char body[] = "{\"account\":\"a\",\"name\":\"n\",\"roles\":[\"reader\"]}";

    fake_desk_start(&desk);
    desk.save_error = ENTENTE_ERR_IO;
    for (int i = 0; i < 2; i++) {
        struct http_exchange *answer = ASK(.method = "POST", .path = "/api/v1/accounts",
            .body = body, .headers = {{"idempotency-key", "12345678"}});
        CHECK(fake_is(&desk, answer, i == 0 ? 500 : 201, ""));
        DONE(answer);
        desk.save_error = ENTENTE_OK;
    }
    fake_desk_end(&desk);
}

TEST(everything_that_was_asked_is_counted)
{
    fake_desk_start(&desk);
    for (int i = 0; i < 3; i++)
        DONE(ASK(.path = "/api/v1/me"));
    DONE(ASK(.path = "/api/v1/me", .origin = HTTP_TLS));
    DONE(ASK(.path = "/nowhere"));
    struct http_exchange *answer = ASK(.path = "/metrics");
    CHECK(fake_is(&desk, answer, 200, ""));
    const char *text = (const char *)answer->body;
    CHECK(strstr(text, "entente_requests_total{operation=\"me\",status=\"200\"} 3\n") != NULL);
    CHECK(strstr(text, "entente_requests_total{operation=\"me\",status=\"401\"} 1\n") != NULL);
    CHECK(strstr(text, "entente_requests_total{operation=\"\",status=\"404\"} 1\n") != NULL);
    CHECK(strcmp(text + answer->body_bytes - 6, "# EOF\n") == 0);
    DONE(answer);
    fake_desk_end(&desk);
}

TEST_MAIN(CASE(the_document_is_one_that_is_checked_and_served_as_it_is),
    CASE(each_operation_has_a_handler_and_each_handler_an_operation),
    CASE(paths_and_methods_that_are_not_there), CASE(who_asks_without_a_token),
    CASE(a_token_its_roles_its_end), CASE(tokens_that_are_nobodys),
    CASE(many_wrong_tokens_are_put_off_and_a_right_one_is_not),
    CASE(the_operator_acts_as_an_account_at_his_own_socket_only), CASE(a_page_logs_in_and_out),
    CASE(a_login_ends_with_its_token_and_with_time), CASE(bodies_that_are_wrong),
    CASE(bodies_that_are_deep_or_long), CASE(the_media_type_of_bodies_and_answers),
    CASE(parameters_that_are_wrong), CASE(a_disk_that_fails_changes_no_account),
    CASE(accounts_outlive_the_desk), CASE(a_damaged_file_of_accounts_is_refused),
    CASE(how_often_used_is_no_write_for_each_request), CASE(a_repeated_request_is_done_once),
    CASE(what_was_not_done_may_be_asked_again), CASE(everything_that_was_asked_is_counted))
