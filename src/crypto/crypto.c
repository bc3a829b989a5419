#include "crypto/crypto.h"

#include <sodium.h>

enum entente_error
crypto_start(void)
{
    return sodium_init() < 0 ? ENTENTE_ERR_RANDOM : ENTENTE_OK;
}
