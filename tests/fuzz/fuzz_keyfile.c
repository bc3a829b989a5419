/*
 * Goal: opening a secret file, and reading what is in one, hold against any bytes.
 * Method: the input is opened with a fixed passphrase, with the cost held down; then it is read as
 * if it were the contents, and what is accepted is written again and must be the same bytes.
 */
#include "fuzz.h"

#include "crypto/crypto.h"
#include "keyholder/keyfile.h"

#include <string.h>

#define COST_AT 17u
#define COST_BYTES 8u

static void
open_it(const uint8_t *data, size_t size)
{
    static uint8_t file[SECRET_FILE_BYTES_MAX + 64], contents[SECRET_CONTENTS_BYTES_MAX];
    size_t contents_size;

    if (size > sizeof file)
        return;
    memcpy(file, data, size);
    if (size >= COST_AT + COST_BYTES) {
        struct writer writer = writer_of(file + COST_AT, COST_BYTES);
        writer_u32(&writer, PASSPHRASE_PASSES_MIN);
        writer_u32(&writer, PASSPHRASE_MEMORY_BYTES_MIN);
    }
    if (secret_open((struct bytes){file, size}, SECRET_NODE, bytes_of_text("passphrase"), contents,
            &contents_size) != ENTENTE_OK)
        fuzz_require(contents_size == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct node_keys keys;

    fuzz_require(crypto_start() == ENTENTE_OK);
    if (size == 0)
        return 0;
    open_it(data, size);
    if (node_keys_read((struct bytes){data, size}, &keys) != ENTENTE_OK)
        return 0;
    uint8_t *written = fuzz_memory(size);
    struct writer writer = writer_of(written, size);
    node_keys_write(&writer, &keys);
    fuzz_require(!writer.failed && writer.used == size && memcmp(written, data, size) == 0);
    free(written);
    return 0;
}
