/* The accounts of the party's people, and their tokens: for the operator. */
#include "api/internal.h"

#include "crypto/secret.h"

/* Cut where it does not fit; the document's bounds are those of the structs, so that it does. */
static void
text_copy(char *out, size_t size, struct bytes text)
{
    size_t fits = text.size < size ? text.size : size - 1;

    memcpy(out, text.data, fits);
    out[fits] = '\0';
}

static json_t *
json_of_token(const struct token *token)
{
    return json_pack("{s:s, s:s, s:o, s:o, s:o}", "id", token->id, "label", token->label, "created",
        json_of_time(token->created_ms), "expires", json_of_time(token->expires_ms), "last_used",
        json_of_time(token->used_ms));
}

static json_t *
json_of_account(const struct accounts *accounts, const struct account *account)
{
    json_t *tokens = json_array();
    const struct token *token;

    for (uint32_t i = 0; (token = accounts_token_at(accounts, i)) != NULL; i++)
        if (accounts_at(accounts, token->account) == account)
            json_array_append_new(tokens, json_of_token(token));
    return json_pack("{s:s, s:s, s:s, s:o, s:b, s:o}", "account", account->account, "name",
        account->name, "office", account->office, "roles", json_of_roles(account->roles),
        "is_active", account->is_active, "tokens", tokens);
}

static void
account_list(struct call *call)
{
    const struct accounts *accounts = call->api->accounts;
    const struct account *account;
    json_t *list = json_array();

    for (uint32_t i = 0; (account = accounts_at(accounts, i)) != NULL; i++)
        json_array_append_new(list, json_of_account(accounts, account));
    call_reply(call, 200, json_pack("{s:o, s:n}", "accounts", list, "next"));
}

/* The fields of the body that are there. */
static void
take_fields(const struct call *call, struct account *account)
{
    const json_t *roles = json_object_get(call->body, "roles"),
                 *is_active = json_object_get(call->body, "is_active");
    struct bytes text;

    if (call_field_text(call, "name", &text))
        text_copy(account->name, sizeof account->name, text);
    if (call_field_text(call, "office", &text))
        text_copy(account->office, sizeof account->office, text);
    if (is_active != NULL)
        account->is_active = json_is_true(is_active);
    if (roles == NULL)
        return;
    account->roles = 0;
    for (size_t i = 0; i < json_array_size(roles); i++)
        account->roles |= 1u << role_of_name(json_string_value(json_array_get(roles, i)));
}

static void
account_create(struct call *call)
{
    struct accounts *accounts = call->api->accounts;
    struct account account = {.is_active = true};
    struct bytes text;

    call_field_text(call, "account", &text);
    text_copy(account.account, sizeof account.account, text);
    take_fields(call, &account);
    enum entente_error error = strcmp(account.account, OPERATOR_ACCOUNT) == 0
                                   ? ENTENTE_ERR_EXISTS
                                   : accounts_create(accounts, &account);
    if (error == ENTENTE_ERR_EXISTS)
        call_refuse(call, 409, "/account", NULL, "there is an account of this name");
    else if (error == ENTENTE_ERR_TOO_LARGE)
        call_refuse(call, 409, "/account", NULL, "there are %u accounts, and no room for more",
            ACCOUNTS_MAX);
    else if (error != ENTENTE_OK)
        call_fail(call, error);
    else
        call_reply(call, 201, json_of_account(accounts, accounts_find(accounts, account.account)));
}

static void
account_change(struct call *call)
{
    struct accounts *accounts = call->api->accounts;
    const struct account *found = accounts_find(accounts, call_parameter(call, "account"));

    if (found == NULL) {
        call_refuse(call, 404, "account", NULL, "there is no such account");
        return;
    }
    struct account account = *found;
    take_fields(call, &account);
    enum entente_error error = accounts_change(accounts, &account);
    if (error != ENTENTE_OK)
        call_fail(call, error);
    else
        call_reply(call, 200, json_of_account(accounts, found));
}

static void
token_create(struct call *call)
{
    struct token token = {.created_ms = call_now_ms(call)};
    char text[TOKEN_TEXT_BYTES];
    struct bytes label;

    call_field_text(call, "label", &label);
    text_copy(token.label, sizeof token.label, label);
    if (call_field_time(call, "expires", &token.expires_ms) &&
        token.expires_ms <= token.created_ms) {
        call_refuse(call, 422, "/expires", NULL, "this time is past");
        return;
    }
    enum entente_error error =
        accounts_token_make(call->api->accounts, call_parameter(call, "account"), &token, text);
    if (error == ENTENTE_ERR_NOT_FOUND)
        call_refuse(call, 404, "account", NULL, "there is no such account");
    else if (error == ENTENTE_ERR_TOO_LARGE)
        call_refuse(call, 409, NULL, NULL, "there are %u tokens: revoke some", TOKENS_MAX);
    else if (error != ENTENTE_OK)
        call_fail(call, error);
    else
        call_reply(call, 201,
            json_pack("{s:s, s:s, s:s, s:o}", "id", token.id, "label", token.label, "token", text,
                "expires", json_of_time(token.expires_ms)));
    secret_wipe(text, sizeof text);
}

static void
token_revoke(struct call *call)
{
    const char *account = call_parameter(call, "account"), *id = call_parameter(call, "token");
    enum entente_error error = accounts_token_revoke(call->api->accounts, account, id);

    if (error == ENTENTE_ERR_NOT_FOUND)
        call_refuse(call, 404,
            accounts_find(call->api->accounts, account) == NULL ? "account" : "token", NULL,
            "there is no such account or token");
    else if (error != ENTENTE_OK)
        call_fail(call, error);
    else
        call_reply_bytes(call, 204, "", (struct bytes){0});
}

const struct call_entry calls_of_accounts[] = {
    {.operation = "accountList", .run = account_list},
    {.operation = "accountCreate", .run = account_create},
    {.operation = "accountChange", .run = account_change},
    {.operation = "tokenCreate", .run = token_create},
    {.operation = "tokenRevoke", .run = token_revoke},
    {0},
};
