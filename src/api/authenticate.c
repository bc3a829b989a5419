/*
 * Who asks.  In this order: a token; the cookie of a page that logged in; over the party's own Unix
 * socket, which only who holds this machine can open, the operator, who may also act as an account.
 */
#include "api/internal.h"

#include <stdio.h>
#include <strings.h>

/* ---- tokens ---- */

/*
 * The limit does not protect the tokens, which nobody guesses: it keeps a program that went wrong
 * from taking the desk's time, and says so to it.
 */
static bool
is_over_limit(struct api *api)
{
    uint64_t now_ms = api_now_ms(api);

    if (now_ms - api->failures_since_ms >= API_FAILURES_MS) {
        api->failures_since_ms = now_ms;
        api->failures = 0;
    }
    return ++api->failures > API_FAILURES_MAX;
}

void
call_refuse_token(struct call *call, const char *field, const char *detail)
{
    if (is_over_limit(call->api)) {
        call_set_header(call, "retry-after", "10");
        call_refuse(call, 429, field, NULL,
            "%s; and there were more than %u wrong ones in %u seconds: wait", detail,
            API_FAILURES_MAX, API_FAILURES_MS / 1000);
        return;
    }
    call_set_header(call, "www-authenticate", "Bearer realm=\"entente\", error=\"invalid_token\"");
    call_refuse(call, 401, field, NULL, "%s", detail);
}

static void
call_is_of_token(struct call *call, const struct token *token)
{
    call->account = *accounts_at(call->api->accounts, token->account);
    memcpy(call->token_id, token->id, sizeof call->token_id);
}

static bool
take_token(struct call *call, struct bytes header)
{
    static const char scheme[] = "Bearer ";
    const char *why = NULL;
    const struct token *token = NULL;
    size_t start = sizeof scheme - 1;

    if (header.size > start && strncasecmp((const char *)header.data, scheme, start) == 0)
        token = accounts_token_check(call->api->accounts,
            (struct bytes){header.data + start, header.size - start}, api_now_ms(call->api), &why);
    if (token == NULL) {
        call_refuse_token(
            call, "Authorization", why != NULL ? why : "the token is wrong or was revoked");
        return false;
    }
    call_is_of_token(call, token);
    return true;
}

/* ---- pages ---- */

bool
call_is_foreign(const struct call *call)
{
    struct bytes origin = http_header(call->exchange, "origin");
    struct bytes host = http_header(call->exchange, "host");

    if (origin.size == 0)
        return false;
    const uint8_t *slashes = memmem(origin.data, origin.size, "://", 3);
    if (slashes == NULL)
        return true;
    const uint8_t *start = slashes + 3;
    size_t size = origin.size - (size_t)(start - origin.data);
    return host.size != size ||
           strncasecmp((const char *)start, (const char *)host.data, size) != 0;
}

struct bytes
call_cookie(const struct call *call)
{
    struct bytes rest = http_header(call->exchange, "cookie");
    size_t name = strlen(LOGIN_COOKIE);

    while (rest.size > 0) {
        const uint8_t *end = memchr(rest.data, ';', rest.size);
        size_t size = end != NULL ? (size_t)(end - rest.data) : rest.size;
        if (size > name && memcmp(rest.data, LOGIN_COOKIE "=", name + 1) == 0)
            return (struct bytes){rest.data + name + 1, size - name - 1};
        size += end != NULL;
        while (size < rest.size && rest.data[size] == ' ')
            size++;
        rest = (struct bytes){rest.data + size, rest.size - size};
    }
    return (struct bytes){0};
}

static bool
take_cookie(struct call *call, struct bytes cookie)
{
    struct api *api = call->api;
    const struct token *token = accounts_of_login(api->accounts, cookie, api_now_ms(api));

    if (token == NULL) {
        call_set_header(call, "www-authenticate", "Bearer realm=\"entente\"");
        call_refuse(call, 401, "Cookie", NULL, "the log-in has ended: log in again");
        return false;
    }
    if (call_is_foreign(call)) {
        call_refuse(call, 403, "Origin", NULL, "a page of another site may not ask this");
        return false;
    }
    call_is_of_token(call, token);
    return true;
}

/* ---- the operator ---- */

static bool
take_operator(struct call *call, struct bytes name)
{
    char account[ACCOUNT_ID_BYTES_MAX + 1] = "";

    if (name.size == 0) {
        call->account = (struct account){
            .account = OPERATOR_ACCOUNT, .name = "Operator", .roles = ROLES_ALL, .is_active = true};
        return true;
    }
    if (name.size < sizeof account)
        memcpy(account, name.data, name.size);
    const struct account *found = accounts_find(call->api->accounts, account);
    if (found == NULL || !found->is_active) {
        call_refuse(
            call, 403, "Entente-Account", NULL, "there is no such account, or it is not active");
        return false;
    }
    call->account = *found;
    return true;
}

static bool
take_roles(struct call *call)
{
    char names[256] = "";
    size_t used = 0;

    if (call->account.roles & call->operation->roles)
        return true;
    for (enum role role = 0; role < ROLE_COUNT; role++)
        if (call->operation->roles & 1u << role)
            used += (size_t)snprintf(
                names + used, sizeof names - used, "%s%s", used > 0 ? ", " : "", role_name(role));
    call_refuse(call, 403, NULL, NULL, "the account %s has none of the roles that may do this: %s",
        call->account.account, names);
    return false;
}

bool
call_authenticate(struct call *call, const struct http_request *request)
{
    struct bytes header = http_header(call->exchange, "authorization");
    struct bytes as = http_header(call->exchange, "entente-account");
    struct bytes cookie = call_cookie(call);

    if (call->operation->roles == 0)
        return true;
    if (as.size > 0 && (request->origin != HTTP_LOCAL_SOCKET || header.size > 0)) {
        call_refuse(call, 403, "Entente-Account", NULL,
            "only the operator, at the party's own socket and without a token, acts as an account");
        return false;
    }
    if (header.size > 0)
        return take_token(call, header) && take_roles(call);
    if (cookie.size > 0)
        return take_cookie(call, cookie) && take_roles(call);
    if (request->origin == HTTP_LOCAL_SOCKET)
        return take_operator(call, as) && take_roles(call);
    call_set_header(call, "www-authenticate", "Bearer realm=\"entente\"");
    call_refuse(call, 401, "Authorization", NULL, "say who asks: send Authorization: Bearer TOKEN");
    return false;
}
