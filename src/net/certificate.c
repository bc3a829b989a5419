#include "net/certificate.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool
fill_certificate(X509 *certificate, EVP_PKEY *secret)
{
    uint8_t key[CERTIFICATE_KEY_BYTES];
    char name[CERTIFICATE_KEY_BYTES + 1];
    X509_NAME *subject = X509_get_subject_name(certificate);

    if (certificate_key_of_secret(secret, key) != ENTENTE_OK)
        return false;
    for (size_t i = 0; i < sizeof key / 2; i++)
        snprintf(name + 2 * i, 3, "%02x", key[i]);

    return X509_set_version(certificate, X509_VERSION_3) == 1 &&
           ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1 &&
           ASN1_TIME_set_string(X509_getm_notBefore(certificate), "19700101000000Z") == 1 &&
           ASN1_TIME_set_string(X509_getm_notAfter(certificate), "99991231235959Z") == 1 &&
           X509_NAME_add_entry_by_txt(
               subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0) == 1 &&
           X509_set_issuer_name(certificate, subject) == 1 &&
           X509_set_pubkey(certificate, secret) == 1 && X509_sign(certificate, secret, NULL) > 0;
}

enum entente_error
certificate_make(
    const uint8_t seed[static CERTIFICATE_KEY_BYTES], X509 **certificate, EVP_PKEY **secret)
{
    *certificate = X509_new();
    *secret = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, CERTIFICATE_KEY_BYTES);
    if (*certificate != NULL && *secret != NULL && fill_certificate(*certificate, *secret))
        return ENTENTE_OK;

    X509_free(*certificate);
    EVP_PKEY_free(*secret);
    *certificate = NULL;
    *secret = NULL;
    return ENTENTE_ERR_NO_MEMORY;
}

enum entente_error
certificate_key_of_secret(const EVP_PKEY *secret, uint8_t key[static CERTIFICATE_KEY_BYTES])
{
    size_t size = CERTIFICATE_KEY_BYTES;

    /* X25519 keys have the same size, so the kind is asked first. */
    if (secret != NULL && EVP_PKEY_get_base_id(secret) == EVP_PKEY_ED25519 &&
        EVP_PKEY_get_raw_public_key(secret, key, &size) == 1 && size == CERTIFICATE_KEY_BYTES)
        return ENTENTE_OK;

    memset(key, 0, CERTIFICATE_KEY_BYTES);
    return ENTENTE_ERR_UNEXPECTED;
}

enum entente_error
certificate_key(X509 *certificate, uint8_t key[static CERTIFICATE_KEY_BYTES])
{
    return certificate_key_of_secret(X509_get0_pubkey(certificate), key);
}
