#include "api/logins.h"

#include "api/formats.h"
#include "crypto/hash.h"
#include "crypto/secret.h"

#include <stdlib.h>
#include <string.h>

struct login {
    uint8_t hash[HASH_BYTES];
    char token_id[LOGIN_TOKEN_BYTES]; /* "": free */
    uint64_t until_ms;
};

struct logins {
    struct login logins[LOGINS_MAX];
};

struct logins *
logins_new(void)
{
    return calloc(1, sizeof(struct logins));
}

void
logins_free(struct logins *logins)
{
    free(logins);
}

static void
login_hash(uint8_t hash[static HASH_BYTES], const uint8_t secret[static LOGIN_SECRET_BYTES])
{
    hash_once(hash, "entente/login/v1", (struct bytes){secret, LOGIN_SECRET_BYTES});
}

void
logins_begin(struct logins *logins, const uint8_t secret[static LOGIN_SECRET_BYTES],
    const char *token_id, uint64_t now_ms, char text[static LOGIN_TEXT_BYTES])
{
    struct login *login = &logins->logins[0];

    for (uint32_t i = 1; i < LOGINS_MAX; i++)
        if (logins->logins[i].until_ms < login->until_ms)
            login = &logins->logins[i];
    login_hash(login->hash, secret);
    memcpy(login->token_id, token_id, LOGIN_TOKEN_BYTES);
    login->until_ms = now_ms + LOGIN_MS_MAX;
    hex_to_text(text, secret, LOGIN_SECRET_BYTES);
}

static struct login *
login_find(struct logins *logins, struct bytes text)
{
    uint8_t secret[LOGIN_SECRET_BYTES], hash[HASH_BYTES];
    struct login *found = NULL;

    if (!hex_of_text(text, secret, sizeof secret))
        return NULL;
    login_hash(hash, secret);
    secret_wipe(secret, sizeof secret);
    for (uint32_t i = 0; i < LOGINS_MAX; i++)
        if (logins->logins[i].until_ms != 0 &&
            secret_equal(logins->logins[i].hash, hash, HASH_BYTES))
            found = &logins->logins[i];
    return found;
}

const char *
logins_find(const struct logins *logins, struct bytes text, uint64_t now_ms)
{
    const struct login *login = login_find((struct logins *)(uintptr_t)logins, text);

    return login != NULL && login->until_ms > now_ms ? login->token_id : NULL;
}

void
logins_end(struct logins *logins, struct bytes text)
{
    struct login *login = login_find(logins, text);

    if (login != NULL)
        memset(login, 0, sizeof *login);
}
