/* The start of the crypto layer, the only folder that includes libsodium. */
#ifndef ENTENTE_CRYPTO_CRYPTO_H
#define ENTENTE_CRYPTO_CRYPTO_H

#include "base/error.h"

/*
 * Must come before anything else of this folder, in every process; may be called again.
 * Chooses the fastest implementations for this processor and opens the source of randomness.
 *   ENTENTE_ERR_RANDOM   the machine has no source of randomness
 */
MUST_USE enum entente_error crypto_start(void);

#endif
