#include "api/accounts.h"

#include "api/formats.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/secret.h"

#include <stdlib.h>
#include <string.h>

#define FILE_VERSION 1
#define FILE_BYTES_MAX 16777216u
#define HOUR_MS 3600000u
#define TOKEN_START "entente-"
#define SECRET_BYTES 32u

/* What is kept, in one piece, so that a change that cannot be saved is taken back. */
struct kept {
    uint32_t accounts_count;
    uint32_t tokens_count;
    struct account accounts[ACCOUNTS_MAX];
    struct token tokens[TOKENS_MAX];
    struct logins logins;
};

struct accounts {
    const struct api_desk *desk;
    struct kept *kept;
    struct kept *before; /* the same size: where a change is taken back from */
    bool has_used;       /* used_ms of some token is newer than the file */
};

/* The index of the account, or of none. */
static uint32_t
account_index(const struct kept *kept, const char *account)
{
    uint32_t index = 0;

    while (index < kept->accounts_count && strcmp(kept->accounts[index].account, account) != 0)
        index++;
    return index;
}

/* ---- the file ---- */

json_t *
json_of_roles(uint32_t roles)
{
    json_t *list = json_array();

    for (enum role role = 0; role < ROLE_COUNT; role++)
        if (roles & 1u << role)
            json_array_append_new(list, json_string(role_name(role)));
    return list;
}

static json_t *
json_of_token(const struct token *token)
{
    char hash[HEX_TEXT_BYTES];

    hex_to_text(hash, token->hash, sizeof token->hash);
    return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I}", "id", token->id, "label", token->label,
        "hash", hash, "created_ms", (json_int_t)token->created_ms, "expires_ms",
        (json_int_t)token->expires_ms, "used_ms", (json_int_t)token->used_ms);
}

static json_t *
json_of_kept(const struct kept *kept)
{
    json_t *accounts = json_array();

    for (uint32_t i = 0; i < kept->accounts_count; i++) {
        const struct account *account = &kept->accounts[i];
        json_t *tokens = json_array();
        for (uint32_t j = 0; j < kept->tokens_count; j++)
            if (kept->tokens[j].account == i)
                json_array_append_new(tokens, json_of_token(&kept->tokens[j]));
        json_array_append_new(accounts,
            json_pack("{s:s, s:s, s:s, s:o, s:b, s:o}", "account", account->account, "name",
                account->name, "office", account->office, "roles", json_of_roles(account->roles),
                "is_active", account->is_active, "tokens", tokens));
    }
    return json_pack("{s:i, s:o, s:o}", "version", FILE_VERSION, "accounts", accounts, "logins",
        json_of_logins(&kept->logins));
}

static enum entente_error
kept_save(struct accounts *accounts)
{
    json_t *file = json_of_kept(accounts->kept);
    char *text = file != NULL ? json_dumps(file, JSON_INDENT(1)) : NULL;
    enum entente_error error = ENTENTE_ERR_NO_MEMORY;

    if (text != NULL)
        error = accounts->desk->accounts_save(accounts->desk->state, bytes_of_text(text));
    if (error == ENTENTE_OK)
        accounts->has_used = false;
    free(text);
    json_decref(file);
    return error;
}

static bool
text_read(const json_t *node, const char *key, char *out, size_t bytes_max)
{
    const json_t *value = json_object_get(node, key);

    if (!json_is_string(value) || json_string_length(value) > bytes_max)
        return false;
    memcpy(out, json_string_value(value), json_string_length(value) + 1);
    return true;
}

static bool
time_read(const json_t *node, const char *key, uint64_t *t_ms)
{
    const json_t *value = json_object_get(node, key);

    *t_ms = (uint64_t)json_integer_value(value);
    return json_is_integer(value) && json_integer_value(value) >= 0;
}

static bool
token_read(struct kept *kept, const json_t *node)
{
    if (kept->tokens_count == TOKENS_MAX)
        return false;
    struct token *token = &kept->tokens[kept->tokens_count++];
    const json_t *hash = json_object_get(node, "hash");
    token->account = kept->accounts_count - 1;
    return text_read(node, "id", token->id, TOKEN_ID_BYTES) &&
           strlen(token->id) == TOKEN_ID_BYTES &&
           text_read(node, "label", token->label, TOKEN_LABEL_BYTES_MAX) && json_is_string(hash) &&
           hex_of_text(bytes_of_text(json_string_value(hash)), token->hash, sizeof token->hash) &&
           time_read(node, "created_ms", &token->created_ms) &&
           time_read(node, "expires_ms", &token->expires_ms) &&
           time_read(node, "used_ms", &token->used_ms);
}

static bool
account_read(struct kept *kept, const json_t *node)
{
    const json_t *roles = json_object_get(node, "roles"), *tokens = json_object_get(node, "tokens");

    if (kept->accounts_count == ACCOUNTS_MAX)
        return false;
    struct account *account = &kept->accounts[kept->accounts_count++];
    account->is_active = json_is_true(json_object_get(node, "is_active"));
    for (size_t i = 0; i < json_array_size(roles); i++) {
        enum role role = role_of_name(json_string_value(json_array_get(roles, i)));
        if (role == ROLE_COUNT)
            return false;
        account->roles |= 1u << role;
    }
    for (size_t i = 0; i < json_array_size(tokens); i++)
        if (!token_read(kept, json_array_get(tokens, i)))
            return false;
    return text_read(node, "account", account->account, ACCOUNT_ID_BYTES_MAX) &&
           text_read(node, "name", account->name, ACCOUNT_TEXT_BYTES_MAX) &&
           text_read(node, "office", account->office, ACCOUNT_TEXT_BYTES_MAX) &&
           account_index(kept, account->account) == kept->accounts_count - 1 &&
           json_is_array(roles) && json_is_array(tokens) &&
           json_is_boolean(json_object_get(node, "is_active"));
}

static enum entente_error
kept_read(struct kept *kept, struct bytes content)
{
    json_t *file = content.size <= FILE_BYTES_MAX ? json_loadb((const char *)content.data,
                                                        content.size, JSON_REJECT_DUPLICATES, NULL)
                                                  : NULL;
    const json_t *list = json_object_get(file, "accounts");
    bool is_good =
        json_is_array(list) && json_integer_value(json_object_get(file, "version")) == FILE_VERSION;

    for (size_t i = 0; is_good && i < json_array_size(list); i++)
        is_good = account_read(kept, json_array_get(list, i));
    const json_t *logins = json_object_get(file, "logins"); /* not in the files of older desks */
    is_good = is_good && (logins == NULL || logins_read(&kept->logins, logins));
    json_decref(file);
    return is_good ? ENTENTE_OK : ENTENTE_ERR_CORRUPT;
}

enum entente_error
accounts_new(struct accounts **accounts_out, const struct api_desk *desk)
{
    struct accounts *accounts = calloc(1, sizeof *accounts);
    struct bytes content;
    enum entente_error error = ENTENTE_ERR_NO_MEMORY;

    *accounts_out = NULL;
    if (accounts == NULL)
        return error;
    accounts->desk = desk;
    accounts->kept = calloc(1, sizeof *accounts->kept);
    accounts->before = calloc(1, sizeof *accounts->before);
    if (accounts->kept == NULL || accounts->before == NULL)
        goto out;
    error = desk->accounts_load(desk->state, &content);
    if (error == ENTENTE_ERR_NOT_FOUND)
        error = ENTENTE_OK;
    else if (error == ENTENTE_OK)
        error = kept_read(accounts->kept, content);

out:
    if (error != ENTENTE_OK)
        accounts_free(accounts);
    else
        *accounts_out = accounts;
    return error;
}

void
accounts_free(struct accounts *accounts)
{
    if (accounts == NULL)
        return;
    free(accounts->kept);
    free(accounts->before);
    free(accounts);
}

/* ---- reading ---- */

const struct account *
accounts_at(const struct accounts *accounts, uint32_t index)
{
    return index < accounts->kept->accounts_count ? &accounts->kept->accounts[index] : NULL;
}

const struct token *
accounts_token_at(const struct accounts *accounts, uint32_t index)
{
    return index < accounts->kept->tokens_count ? &accounts->kept->tokens[index] : NULL;
}

const struct account *
accounts_find(const struct accounts *accounts, const char *account)
{
    return accounts_at(accounts, account_index(accounts->kept, account));
}

/* ---- changing ---- */

/* What is used of it, and not all of its room. */
static void
kept_copy(struct kept *to, const struct kept *from)
{
    to->accounts_count = from->accounts_count;
    to->tokens_count = from->tokens_count;
    memcpy(to->accounts, from->accounts, from->accounts_count * sizeof from->accounts[0]);
    memcpy(to->tokens, from->tokens, from->tokens_count * sizeof from->tokens[0]);
    to->logins.count = from->logins.count;
    memcpy(to->logins.list, from->logins.list, from->logins.count * sizeof from->logins.list[0]);
}

static struct kept *
change_begin(struct accounts *accounts)
{
    kept_copy(accounts->before, accounts->kept);
    return accounts->kept;
}

static enum entente_error
change_end(struct accounts *accounts)
{
    enum entente_error error = kept_save(accounts);

    if (error != ENTENTE_OK)
        kept_copy(accounts->kept, accounts->before);
    return error;
}

enum entente_error
accounts_create(struct accounts *accounts, const struct account *account)
{
    if (accounts_find(accounts, account->account) != NULL)
        return ENTENTE_ERR_EXISTS;
    if (accounts->kept->accounts_count == ACCOUNTS_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    struct kept *kept = change_begin(accounts);
    kept->accounts[kept->accounts_count++] = *account;
    return change_end(accounts);
}

enum entente_error
accounts_change(struct accounts *accounts, const struct account *account)
{
    uint32_t index = account_index(accounts->kept, account->account);

    if (accounts_at(accounts, index) == NULL)
        return ENTENTE_ERR_NOT_FOUND;
    change_begin(accounts)->accounts[index] = *account;
    return change_end(accounts);
}

/* ---- tokens ---- */

static void
token_hash(uint8_t hash[static HASH_BYTES], const uint8_t secret[static SECRET_BYTES])
{
    hash_once(hash, "entente/token/v1", (struct bytes){secret, SECRET_BYTES});
}

enum entente_error
accounts_token_make(struct accounts *accounts, const char *account, struct token *token,
    char text[static TOKEN_TEXT_BYTES])
{
    uint8_t random[TOKEN_ID_BYTES / 2 + SECRET_BYTES];

    memset(text, 0, TOKEN_TEXT_BYTES);
    token->account = account_index(accounts->kept, account);
    if (accounts_at(accounts, token->account) == NULL)
        return ENTENTE_ERR_NOT_FOUND;
    if (accounts->kept->tokens_count == TOKENS_MAX)
        return ENTENTE_ERR_TOO_LARGE;
    accounts->desk->random(accounts->desk->state, random, sizeof random);
    hex_to_text(token->id, random, TOKEN_ID_BYTES / 2);
    token_hash(token->hash, random + TOKEN_ID_BYTES / 2);
    token->used_ms = 0;

    struct kept *kept = change_begin(accounts);
    kept->tokens[kept->tokens_count++] = *token;
    enum entente_error error = change_end(accounts);
    if (error == ENTENTE_OK) {
        strcpy(text, TOKEN_START);
        strcat(text, token->id);
        strcat(text, "-");
        hex_to_text(text + strlen(text), random + TOKEN_ID_BYTES / 2, SECRET_BYTES);
    }
    secret_wipe(random, sizeof random);
    return error;
}

/* The index of the token, or of none. */
static uint32_t
token_index(const struct kept *kept, const char *id)
{
    uint32_t index = 0;

    while (index < kept->tokens_count && memcmp(kept->tokens[index].id, id, TOKEN_ID_BYTES) != 0)
        index++;
    return index;
}

enum entente_error
accounts_token_revoke(struct accounts *accounts, const char *account, const char *id)
{
    uint32_t index = strlen(id) == TOKEN_ID_BYTES ? token_index(accounts->kept, id) : TOKENS_MAX;
    const struct token *token = accounts_token_at(accounts, index);

    if (token == NULL || token->account != account_index(accounts->kept, account))
        return ENTENTE_ERR_NOT_FOUND;
    struct kept *kept = change_begin(accounts);
    kept->tokens[index] = kept->tokens[--kept->tokens_count];
    return change_end(accounts);
}

static bool
token_is_good(const struct kept *kept, const struct token *token, uint64_t now_ms, const char **why)
{
    *why = NULL;
    if (token->expires_ms != 0 && token->expires_ms <= now_ms)
        *why = "the token has expired: have another one made";
    else if (!kept->accounts[token->account].is_active)
        *why = "the account is not active";
    return *why == NULL;
}

const struct token *
accounts_token_check(
    struct accounts *accounts, struct bytes text, uint64_t now_ms, const char **why)
{
    size_t start = strlen(TOKEN_START), secret_at = start + TOKEN_ID_BYTES + 1;
    uint8_t secret[SECRET_BYTES], hash[HASH_BYTES];
    struct kept *kept = accounts->kept;

    *why = NULL;
    if (text.size != secret_at + (size_t)2 * SECRET_BYTES ||
        memcmp(text.data, TOKEN_START, start) != 0 || text.data[secret_at - 1] != '-' ||
        !hex_of_text(
            (struct bytes){text.data + secret_at, (size_t)2 * SECRET_BYTES}, secret, SECRET_BYTES))
        return NULL;
    /* The id is no secret; the secret's hash is compared in constant time. */
    uint32_t index = token_index(kept, (const char *)text.data + start);
    token_hash(hash, secret);
    secret_wipe(secret, sizeof secret);
    if (index == kept->tokens_count || !secret_equal(hash, kept->tokens[index].hash, HASH_BYTES))
        return NULL;

    struct token *token = &kept->tokens[index];
    if (!token_is_good(kept, token, now_ms, why))
        return NULL;
    if (now_ms - now_ms % HOUR_MS > token->used_ms) {
        token->used_ms = now_ms - now_ms % HOUR_MS;
        accounts->has_used = true;
    }
    return token;
}

const struct token *
accounts_token_find(const struct accounts *accounts, const char *id, uint64_t now_ms)
{
    const struct token *token = accounts_token_at(accounts, token_index(accounts->kept, id));
    const char *why;

    return token != NULL && token_is_good(accounts->kept, token, now_ms, &why) ? token : NULL;
}

/* ---- who is logged in ---- */

enum entente_error
accounts_login(struct accounts *accounts, const char *token_id, uint64_t now_ms,
    char text[static LOGIN_TEXT_BYTES])
{
    uint8_t secret[LOGIN_SECRET_BYTES];

    accounts->desk->random(accounts->desk->state, secret, sizeof secret);
    logins_begin(&change_begin(accounts)->logins, secret, token_id, now_ms, text);
    secret_wipe(secret, sizeof secret);
    enum entente_error error = change_end(accounts);
    if (error != ENTENTE_OK)
        memset(text, 0, LOGIN_TEXT_BYTES);
    return error;
}

const struct token *
accounts_of_login(const struct accounts *accounts, struct bytes text, uint64_t now_ms)
{
    const char *id = logins_find(&accounts->kept->logins, text, now_ms);

    return id != NULL ? accounts_token_find(accounts, id, now_ms) : NULL;
}

enum entente_error
accounts_logout(struct accounts *accounts, struct bytes text)
{
    return logins_end(&change_begin(accounts)->logins, text) ? change_end(accounts) : ENTENTE_OK;
}

void
accounts_save_used(struct accounts *accounts)
{
    if (accounts->has_used && kept_save(accounts) != ENTENTE_OK)
        accounts->has_used = true;
}
