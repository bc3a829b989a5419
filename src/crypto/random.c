#include "crypto/random.h"

#include <sodium.h>

enum entente_error
random_bytes(void *out, size_t size)
{
    randombytes_buf(out, size);
    return size >= 16 && sodium_is_zero(out, size) ? ENTENTE_ERR_RANDOM : ENTENTE_OK;
}
