/*
 * Goal: holder_card_parse() holds against any bytes, and takes nothing that the key did not sign.
 * Method: what it accepts is within its bounds, and any other last byte of it is refused.
 */
#include "fuzz.h"

#include "format/holder.h"

#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes input = {data, size};
    struct holder_card card;

    if (holder_card_parse(&card, input) != ENTENTE_OK) {
        fuzz_require(card.name.size == 0);
        return 0;
    }
    fuzz_require(size <= HOLDER_CARD_BYTES_MAX && card.name.size > 0);
    uint8_t *changed = fuzz_memory(size);
    memcpy(changed, data, size);
    changed[size - 1] ^= 1;
    fuzz_require(holder_card_parse(&card, (struct bytes){changed, size}) != ENTENTE_OK);
    free(changed);
    return 0;
}
