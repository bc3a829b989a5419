#include "crypto/secret.h"

#include <sodium.h>

void *
secret_new(size_t size)
{
    void *secret = sodium_malloc(size);

    if (secret != NULL)
        sodium_memzero(secret, size); /* libsodium fills it with 0xDB */
    return secret;
}

void
secret_free(void *secret)
{
    sodium_free(secret);
}

bool
secret_is_locked(void *secret, size_t size)
{
    return sodium_mlock(secret, size) == 0; /* locking what is locked changes nothing */
}

void
secret_wipe(void *memory, size_t size)
{
    sodium_memzero(memory, size);
}

bool
secret_equal(const void *a, const void *b, size_t size)
{
    return sodium_memcmp(a, b, size) == 0;
}
