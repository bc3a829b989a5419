/*
 * Who is logged in by a page: a random cookie that stands for a token.  They are kept with the accounts
 * (accounts_login()), so that nobody has to log in again because a node was started anew.  Of a cookie only
 * its hash is kept: see accounts.h.
 */
#ifndef ENTENTE_API_LOGINS_H
#define ENTENTE_API_LOGINS_H

#include "base/bytes.h"

#include <jansson.h>

#define LOGINS_MAX 1024u /* beyond: the one that ends first ends now */
#define LOGIN_MS_MAX 43200000u
#define LOGIN_SECRET_BYTES 32u
#define LOGIN_TEXT_BYTES (2 * LOGIN_SECRET_BYTES + 1)
#define LOGIN_TOKEN_BYTES 17u

struct login {
    uint8_t hash[32];
    char token_id[LOGIN_TOKEN_BYTES];
    uint64_t until_ms;
};

/* Zeroed: nobody is logged in. */
struct logins {
    uint32_t count;
    struct login list[LOGINS_MAX];
};

/* `secret` is random; `text` is what the cookie holds.  Those that have ended are dropped. */
void logins_begin(struct logins *logins, const uint8_t secret[static LOGIN_SECRET_BYTES],
    const char *token_id, uint64_t now_ms, char text[static LOGIN_TEXT_BYTES]);
/* The id of the token that it stands for, or NULL.  Takes time that does not depend on its secret. */
const char *logins_find(const struct logins *logins, struct bytes text, uint64_t now_ms);
/* False: there was none. */
bool logins_end(struct logins *logins, struct bytes text);

/* For the file: a new list, and from one; false: it is not such a list. */
json_t *json_of_logins(const struct logins *logins);
bool logins_read(struct logins *logins, const json_t *list);

#endif
