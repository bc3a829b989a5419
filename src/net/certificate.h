/*
 * The certificates that nodes show to each other.  They carry a key and nothing else that anybody
 * relies on: whose key it is, and whether it counts, is said by the registers.
 */
#ifndef ENTENTE_NET_CERTIFICATE_H
#define ENTENTE_NET_CERTIFICATE_H

#include "base/error.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <stdint.h>

enum { CERTIFICATE_KEY_BYTES = 32 };

/*
 * Makes the Ed25519 key of `seed` and a self-signed certificate for it, valid from 1970 to 9999 so
 * that no clock, however wrong, cuts a party off.  Its subject is the first half of the public key
 * in hexadecimal digits.  The caller frees both with X509_free() and EVP_PKEY_free().
 *
 * Returns ENTENTE_OK, or ENTENTE_ERR_NO_MEMORY with both NULL.
 */
MUST_USE enum entente_error certificate_make(
    const uint8_t seed[static CERTIFICATE_KEY_BYTES], X509 **certificate, EVP_PKEY **secret);

/* The public key of `secret`, which must be an Ed25519 key.  ENTENTE_ERR_UNEXPECTED otherwise. */
MUST_USE enum entente_error certificate_key_of_secret(
    const EVP_PKEY *secret, uint8_t key[static CERTIFICATE_KEY_BYTES]);

/*
 * The raw public key in `certificate`.  Dates, names and signature are not looked at.
 * Returns ENTENTE_OK, or ENTENTE_ERR_UNEXPECTED with `key` zeroed when it is not an Ed25519 key.
 */
MUST_USE enum entente_error certificate_key(
    X509 *certificate, uint8_t key[static CERTIFICATE_KEY_BYTES]);

#endif
