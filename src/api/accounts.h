/*
 * The accounts of a party's own people and programs, and the tokens they show: one file, through
 * api_desk.accounts_load and accounts_save.
 *
 * A token is 32 random bytes, so nobody finds it from its hash by trying: a plain BLAKE2b of it is
 * kept, and no passphrase's slow hash is needed.  Whoever reads the file can impersonate nobody.
 */
#ifndef ENTENTE_API_ACCOUNTS_H
#define ENTENTE_API_ACCOUNTS_H

#include "api/api.h"
#include "api/contract.h"
#include "api/logins.h"

#define ACCOUNTS_MAX 1024u
#define TOKENS_MAX 4096u
#define ACCOUNT_ID_BYTES_MAX 64u
#define ACCOUNT_TEXT_BYTES_MAX 255u
#define TOKEN_LABEL_BYTES_MAX 255u
#define TOKEN_ID_BYTES 16u   /* hexadecimal digits */
#define TOKEN_TEXT_BYTES 100 /* "entente-ID-SECRET" with the closing zero, and room */

struct account {
    char account[ACCOUNT_ID_BYTES_MAX + 1]; /* [a-z0-9][a-z0-9._-]* */
    char name[ACCOUNT_TEXT_BYTES_MAX + 1];
    char office[ACCOUNT_TEXT_BYTES_MAX + 1]; /* "": none */
    uint32_t roles;                          /* a bit for each enum role */
    bool is_active;
};

struct token {
    char id[TOKEN_ID_BYTES + 1];
    char label[TOKEN_LABEL_BYTES_MAX + 1];
    uint32_t account; /* index */
    uint8_t hash[32];
    uint64_t created_ms;
    uint64_t expires_ms; /* 0: never */
    uint64_t used_ms;    /* to the hour, so that it is no write for each request; 0: never */
};

struct accounts;

/*
 * Reads the file, where there is one.
 *   ENTENTE_ERR_CORRUPT     it is not what accounts_...() wrote: it is left as it is
 *   ENTENTE_ERR_NO_MEMORY, or what accounts_load() said
 */
MUST_USE enum entente_error accounts_new(struct accounts **accounts, const struct api_desk *desk);
void accounts_free(struct accounts *accounts);

/* Borrowed until the next change; NULL beyond the last, or where there is none. */
const struct account *accounts_at(const struct accounts *accounts, uint32_t index);
const struct account *accounts_find(const struct accounts *accounts, const char *account);
/* The tokens of all accounts, by index from 0; NULL beyond the last. */
const struct token *accounts_token_at(const struct accounts *accounts, uint32_t index);

/*
 * Each is on the disk when it returns ENTENTE_OK, and nothing has changed when it does not.
 *   ENTENTE_ERR_EXISTS      create: the account is there
 *   ENTENTE_ERR_NOT_FOUND   change, token_make, token_revoke: no such account or token
 *   ENTENTE_ERR_TOO_LARGE   ACCOUNTS_MAX or TOKENS_MAX are there
 *   ENTENTE_ERR_NO_MEMORY, or what accounts_save() said
 */
MUST_USE enum entente_error accounts_create(
    struct accounts *accounts, const struct account *account);
MUST_USE enum entente_error accounts_change(
    struct accounts *accounts, const struct account *account);
/* `token`: label, expires_ms and created_ms are given; the rest is filled in.  `text` is shown
 * once. */
MUST_USE enum entente_error accounts_token_make(struct accounts *accounts, const char *account,
    struct token *token, char text[static TOKEN_TEXT_BYTES]);
MUST_USE enum entente_error accounts_token_revoke(
    struct accounts *accounts, const char *account, const char *id);

/*
 * Whose token this is, in time that does not depend on its secret.  Borrowed until the next change.
 * NULL: nobody's, or `*why` says that it ran out or that its account is not active.
 */
const struct token *accounts_token_check(
    struct accounts *accounts, struct bytes text, uint64_t now_ms, const char **why);
/* A token that was checked before, by its id; NULL: it is good no more. */
const struct token *accounts_token_find(
    const struct accounts *accounts, const char *id, uint64_t now_ms);

/*
 * A page's log-in by a token that was checked; `text` is its cookie.  It is on the disk, or nobody is logged in; and
 * whoever logged out stays so.
 *   what accounts_save() said, ENTENTE_ERR_NO_MEMORY: nothing has changed
 */
MUST_USE enum entente_error accounts_login(struct accounts *accounts, const char *token_id,
    uint64_t now_ms, char text[static LOGIN_TEXT_BYTES]);
MUST_USE enum entente_error accounts_logout(struct accounts *accounts, struct bytes text);
/* The token of a page's log-in, while both are good; NULL: log in again.  Borrowed until the next change. */
const struct token *accounts_of_login(
    const struct accounts *accounts, struct bytes text, uint64_t now_ms);

/* The names of the roles, a list. */
json_t *json_of_roles(uint32_t roles);

/* Saves when tokens were used last, where that changed; trouble is kept for the next time. */
void accounts_save_used(struct accounts *accounts);

#endif
