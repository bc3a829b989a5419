/*
 * Who is logged in by a page: a random cookie that stands for a token, in memory only.  A restart
 * of the desk ends them all; the page then logs in again.
 */
#ifndef ENTENTE_API_LOGINS_H
#define ENTENTE_API_LOGINS_H

#include "base/bytes.h"

#define LOGINS_MAX 1024u /* beyond: the one that ends first ends now */
#define LOGIN_MS_MAX 43200000u
#define LOGIN_SECRET_BYTES 32u
#define LOGIN_TEXT_BYTES (2 * LOGIN_SECRET_BYTES + 1)
#define LOGIN_TOKEN_BYTES 17u

struct logins;

struct logins *logins_new(void);
void logins_free(struct logins *logins);

/* `secret` is random; `text` is what the cookie holds. */
void logins_begin(struct logins *logins, const uint8_t secret[static LOGIN_SECRET_BYTES],
    const char *token_id, uint64_t now_ms, char text[static LOGIN_TEXT_BYTES]);
/* The id of the token that it stands for, or NULL. */
const char *logins_find(const struct logins *logins, struct bytes text, uint64_t now_ms);
void logins_end(struct logins *logins, struct bytes text);

#endif
