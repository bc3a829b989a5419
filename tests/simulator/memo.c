/*
 * Whether a signature is good is a pure function, and in a simulation every node asks it of the same
 * signatures: the answers are kept.  And what keyholders draw at random follows from the seed.
 * Linked with --wrap=sign_check and --wrap=random_bytes.
 */
#include "simulator/internal.h"

#include "crypto/hash.h"
#include "crypto/random.h"
#include "crypto/sign.h"

#include <stdlib.h>
#include <string.h>

#define ANSWERS (1u << 16)

bool __real_sign_check(const struct public_key *public, const struct signature *signature,
    const char context[static SIGN_CONTEXT_BYTES], struct bytes message);
bool __wrap_sign_check(const struct public_key *public, const struct signature *signature,
    const char context[static SIGN_CONTEXT_BYTES], struct bytes message);

struct answer {
    uint8_t question[HASH_BYTES];
    bool is_known;
    bool is_good;
};

bool
__wrap_sign_check(const struct public_key *public, const struct signature *signature,
    const char context[static SIGN_CONTEXT_BYTES], struct bytes message)
{
    static struct answer answers[ANSWERS];
    struct hasher hasher;
    uint8_t question[HASH_BYTES];

    hasher_start(&hasher, "entente/test/mem");
    hasher_add(&hasher, (struct bytes){public->bytes, sizeof public->bytes});
    hasher_add(&hasher, (struct bytes){signature->bytes, sizeof signature->bytes});
    hasher_add(&hasher, (struct bytes){(const uint8_t *)context, SIGN_CONTEXT_BYTES});
    hasher_add(&hasher, message);
    hasher_finish(&hasher, question);
    struct answer *answer = &answers[(uint32_t)(question[0] << 8 | question[1]) % ANSWERS];
    if (!answer->is_known || memcmp(answer->question, question, sizeof question) != 0) {
        memcpy(answer->question, question, sizeof question);
        answer->is_known = true;
        answer->is_good = __real_sign_check(public, signature, context, message);
    }
    return answer->is_good;
}

static struct simulator *running; /* the one whose keyholders draw */

enum entente_error __wrap_random_bytes(void *out, size_t size);

void
memo_begin(struct simulator *sim)
{
    running = sim;
}

enum entente_error
__wrap_random_bytes(void *out, size_t size)
{
    uint8_t *bytes = out;

    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)simulator_random(running, 256);
    return ENTENTE_OK;
}
