#include "api/logins.h"

#include "api/formats.h"
#include "crypto/hash.h"
#include "crypto/secret.h"

#include <string.h>

static void
login_hash(uint8_t hash[static HASH_BYTES], const uint8_t secret[static LOGIN_SECRET_BYTES])
{
    hash_once(hash, "entente/login/v1", (struct bytes){secret, LOGIN_SECRET_BYTES});
}

static void
drop(struct logins *logins, uint32_t index)
{
    logins->list[index] = logins->list[--logins->count];
}

/* A free place: who has ended makes room, else who ends first. */
static struct login *
new_place(struct logins *logins, uint64_t now_ms)
{
    uint32_t first = 0;

    for (uint32_t i = logins->count; i-- > 0;)
        if (logins->list[i].until_ms <= now_ms)
            drop(logins, i);
    for (uint32_t i = 1; i < logins->count; i++)
        if (logins->list[i].until_ms < logins->list[first].until_ms)
            first = i;
    if (logins->count == LOGINS_MAX)
        drop(logins, first);
    return &logins->list[logins->count++];
}

void
logins_begin(struct logins *logins, const uint8_t secret[static LOGIN_SECRET_BYTES],
    const char *token_id, uint64_t now_ms, char text[static LOGIN_TEXT_BYTES])
{
    struct login *login = new_place(logins, now_ms);

    login_hash(login->hash, secret);
    memcpy(login->token_id, token_id, LOGIN_TOKEN_BYTES);
    login->until_ms = now_ms + LOGIN_MS_MAX;
    hex_to_text(text, secret, LOGIN_SECRET_BYTES);
}

/* The index of the login, or of none. */
static uint32_t
login_index(const struct logins *logins, struct bytes text)
{
    uint8_t secret[LOGIN_SECRET_BYTES], hash[HASH_BYTES];
    uint32_t found = logins->count;

    if (!hex_of_text(text, secret, sizeof secret))
        return found;
    login_hash(hash, secret);
    secret_wipe(secret, sizeof secret);
    for (uint32_t i = 0; i < logins->count; i++)
        if (secret_equal(logins->list[i].hash, hash, HASH_BYTES))
            found = i;
    return found;
}

const char *
logins_find(const struct logins *logins, struct bytes text, uint64_t now_ms)
{
    uint32_t index = login_index(logins, text);

    return index < logins->count && logins->list[index].until_ms > now_ms
               ? logins->list[index].token_id
               : NULL;
}

bool
logins_end(struct logins *logins, struct bytes text)
{
    uint32_t index = login_index(logins, text);

    if (index == logins->count)
        return false;
    drop(logins, index);
    return true;
}

/* ---- the file ---- */

json_t *
json_of_logins(const struct logins *logins)
{
    char hash[2 * HASH_BYTES + 1];
    json_t *list = json_array();

    for (uint32_t i = 0; i < logins->count; i++) {
        const struct login *login = &logins->list[i];
        hex_to_text(hash, login->hash, sizeof login->hash);
        json_array_append_new(list, json_pack("{s:s, s:s, s:I}", "hash", hash, "token",
                                        login->token_id, "until_ms", (json_int_t)login->until_ms));
    }
    return list;
}

static bool
login_read(struct login *login, const json_t *node)
{
    const char *hash, *token;
    json_int_t until_ms;

    if (json_unpack((json_t *)(uintptr_t)node, "{s:s, s:s, s:I}", "hash", &hash, "token", &token,
            "until_ms", &until_ms) != 0 ||
        strlen(token) != LOGIN_TOKEN_BYTES - 1 || until_ms < 0)
        return false;
    memcpy(login->token_id, token, LOGIN_TOKEN_BYTES);
    login->until_ms = (uint64_t)until_ms;
    return hex_of_text(bytes_of_text(hash), login->hash, sizeof login->hash);
}

bool
logins_read(struct logins *logins, const json_t *list)
{
    if (!json_is_array(list) || json_array_size(list) > LOGINS_MAX)
        return false;
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!login_read(&logins->list[logins->count++], json_array_get(list, i)))
            return false;
    return true;
}
