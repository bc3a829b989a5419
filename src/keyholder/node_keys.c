#include "crypto/random.h"
#include "crypto/secret.h"
#include "keyholder/keyfile.h"
#include "keyholder/real_disk.h"

#include <assert.h>
#include <string.h>

#define NODE_KEYS_VERSION 1

enum entente_error
node_keys_make(struct node_keys *keys, uint16_t inc, const struct node_keys *before)
{
    *keys = (struct node_keys){.reading = {.inc = inc, .prekey_id = inc}};
    if (before != NULL) {
        assert(before->reading.inc < inc);
        uint8_t skipped = before->older_count == NODE_KEYS_OLDER_MAX; /* the oldest goes */
        keys->older_count = (uint8_t)(before->older_count - skipped);
        memcpy(keys->older, before->older + skipped, keys->older_count * sizeof *keys->older);
        keys->older[keys->older_count++] = before->reading;
    }
    enum entente_error error = random_bytes(keys->seed, sizeof keys->seed);
    if (error == ENTENTE_OK)
        error = random_bytes(keys->reading.prekey_seed, sizeof keys->reading.prekey_seed);
    if (error == ENTENTE_OK)
        error = random_bytes(keys->reading.chain_master, sizeof keys->reading.chain_master);
    if (error != ENTENTE_OK)
        secret_wipe(keys, sizeof *keys);
    return error;
}

void
node_keys_public(const struct node_keys *keys, struct node_public *public)
{
    struct signing_key key;
    struct agreement_key prekey;

    public->inc = keys->reading.inc;
    public->prekey_id = keys->reading.prekey_id;
    signing_key_of_seed(&key, &public->key, keys->seed);
    agreement_key_of_seed(&prekey, &public->prekey, keys->reading.prekey_seed);
    secret_wipe(&key, sizeof key);
    secret_wipe(&prekey, sizeof prekey);
}

static void
reading_write(struct writer *writer, const struct reading_keys *reading)
{
    writer_u16(writer, reading->inc);
    writer_u32(writer, reading->prekey_id);
    writer_copy(writer, reading->prekey_seed, sizeof reading->prekey_seed);
    writer_copy(writer, reading->chain_master, sizeof reading->chain_master);
}

static void
reading_read(struct reader *reader, struct reading_keys *reading)
{
    reading->inc = reader_u16(reader);
    reading->prekey_id = reader_u32(reader);
    reader_copy(reader, reading->prekey_seed, sizeof reading->prekey_seed);
    reader_copy(reader, reading->chain_master, sizeof reading->chain_master);
    if (reading->inc < 1 || reading->inc > INC_MAX)
        reader->failed = true;
}

void
node_keys_write(struct writer *writer, const struct node_keys *keys)
{
    writer_u8(writer, NODE_KEYS_VERSION);
    writer_copy(writer, keys->seed, sizeof keys->seed);
    reading_write(writer, &keys->reading);
    writer_u8(writer, keys->older_count);
    for (uint8_t i = 0; i < keys->older_count; i++)
        reading_write(writer, &keys->older[i]);
}

enum entente_error
node_keys_read(struct bytes contents, struct node_keys *keys)
{
    struct reader reader = reader_of(contents);

    secret_wipe(keys, sizeof *keys);
    uint8_t version = reader_u8(&reader);
    reader_copy(&reader, keys->seed, sizeof keys->seed);
    reading_read(&reader, &keys->reading);
    keys->older_count = reader_u8(&reader);
    if (keys->older_count > NODE_KEYS_OLDER_MAX)
        reader.failed = true;
    for (uint8_t i = 0; !reader.failed && i < keys->older_count; i++)
        reading_read(&reader, &keys->older[i]);
    if (reader_finish(&reader) == ENTENTE_OK && version == NODE_KEYS_VERSION)
        return ENTENTE_OK;
    secret_wipe(keys, sizeof *keys);
    return ENTENTE_ERR_CORRUPT;
}

static enum entente_error
write_keys(
    int folder, const struct node_keys *keys, struct bytes passphrase, struct passphrase_cost cost)
{
    uint8_t *contents = secret_new(SECRET_CONTENTS_BYTES_MAX);

    if (contents == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    struct writer writer = writer_of(contents, SECRET_CONTENTS_BYTES_MAX);
    node_keys_write(&writer, keys);
    enum entente_error error = secret_file_write(
        folder, NODE_KEYS_FILE, SECRET_NODE, writer_written(&writer), passphrase, cost);
    secret_free(contents);
    return error;
}

static enum entente_error
create_journal(int folder, const struct node_public *public)
{
    struct real_disk disk;

    real_disk_open(&disk, folder);
    struct journal_options options = {
        .disk = real_disk_of(&disk), .node_key = public->key, .inc = public->inc};
    enum entente_error error = journal_create(&options);
    real_disk_close(&disk);
    return error;
}

enum entente_error
keyholder_install(int folder, uint16_t inc, const struct node_keys *before, struct bytes passphrase,
    struct passphrase_cost cost, struct node_public *public)
{
    struct node_keys *keys = secret_new((sizeof *keys + 15) / 16 * 16);

    *public = (struct node_public){0};
    if (keys == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    enum entente_error error = node_keys_make(keys, inc, before);
    if (error != ENTENTE_OK)
        goto out;
    node_keys_public(keys, public);
    error = create_journal(folder, public);
    if (error == ENTENTE_OK)
        error = write_keys(folder, keys, passphrase, cost);

out:
    if (error != ENTENTE_OK)
        *public = (struct node_public){0};
    secret_free(keys);
    return error;
}
