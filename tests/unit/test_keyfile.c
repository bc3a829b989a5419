/*
 * Goal: secrets come back only with the right passphrase, unchanged and for their purpose; files
 * that others may read are refused; an installation is made once. Method: real files in a new
 * folder below $TMPDIR; every byte of a secret file is changed in turn.
 */
#include "support/test.h"

#include "crypto/crypto.h"
#include "crypto/random.h"
#include "keyholder/journal.h"
#include "keyholder/keyfile.h"
#include "keyholder/real_disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static int
folder_open(char path[static 256])
{
    const char *base = getenv("TMPDIR");

    snprintf(path, 256, "%s/entente-XXXXXX", base == NULL ? "/tmp" : base);
    if (crypto_start() != ENTENTE_OK || mkdtemp(path) == NULL)
        exit(1);
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void
folder_remove(int folder, const char *path)
{
    DIR *directory = fdopendir(folder);

    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        if (entry->d_name[0] != '.')
            unlinkat(folder, entry->d_name, 0);
    closedir(directory);
    rmdir(path);
}

static struct bytes
text(const char *string)
{
    return bytes_of_text(string);
}

TEST(a_secret_opens_with_its_passphrase_only)
{
    char path[256];
    int folder = folder_open(path);
    uint8_t contents[SECRET_CONTENTS_BYTES_MAX];
    size_t size;

    CHECK(secret_file_write(folder, "root", SECRET_ROOT, text("the root key"), text("horse"),
              SECRET_COST_KEY_FILE) == ENTENTE_OK);
    CHECK(secret_file_read(folder, "root", SECRET_ROOT, text("horse"), contents, &size) ==
          ENTENTE_OK);
    CHECK(bytes_equal((struct bytes){contents, size}, text("the root key")));
    CHECK(secret_file_read(folder, "root", SECRET_ROOT, text("house"), contents, &size) ==
          ENTENTE_ERR_PASSPHRASE);
    CHECK(size == 0 && contents[0] == 0);
    CHECK(secret_file_read(folder, "root", SECRET_NODE, text("horse"), contents, &size) ==
          ENTENTE_ERR_CORRUPT);
    CHECK(secret_file_read(folder, "none", SECRET_ROOT, text("horse"), contents, &size) ==
          ENTENTE_ERR_NOT_FOUND);
    CHECK(secret_file_write(folder, "root", SECRET_ROOT, text("x"), text(""),
              SECRET_COST_KEY_FILE) == ENTENTE_ERR_USAGE);
    CHECK(secret_file_write(folder, "root", SECRET_ROOT, text("a new key"), text("horse"),
              SECRET_COST_KEY_FILE) == ENTENTE_OK);
    CHECK(secret_file_read(folder, "root", SECRET_ROOT, text("horse"), contents, &size) ==
          ENTENTE_OK);
    CHECK(bytes_equal((struct bytes){contents, size}, text("a new key")));
    CHECK(faccessat(folder, "root.new", F_OK, 0) != 0);
    folder_remove(folder, path);
}

TEST(every_change_is_noticed)
{
    uint8_t file[SECRET_FILE_BYTES_MAX], contents[SECRET_CONTENTS_BYTES_MAX];
    struct writer writer = writer_of(file, sizeof file);
    size_t size;

    CHECK(crypto_start() == ENTENTE_OK);
    REQUIRE(secret_seal(&writer, SECRET_NODE, text("key"), text("horse"), SECRET_COST_KEY_FILE) ==
            ENTENTE_OK);
    for (size_t at = 0; at < writer.used; at++) {
        if (at >= 17 && at < 21)
            continue; /* the passes: a change costs time or is out of limits, tried below */
        file[at] ^= 1;
        CHECK(secret_open((struct bytes){file, writer.used}, SECRET_NODE, text("horse"), contents,
                  &size) != ENTENTE_OK);
        CHECK(size == 0);
        file[at] ^= 1;
        CHECK(secret_open((struct bytes){file, at}, SECRET_NODE, text("horse"), contents, &size) !=
              ENTENTE_OK);
    }
    file[20]++;
    CHECK(secret_open((struct bytes){file, writer.used}, SECRET_NODE, text("horse"), contents,
              &size) == ENTENTE_ERR_PASSPHRASE);
    file[17] = 0xFF;
    CHECK(secret_open((struct bytes){file, writer.used}, SECRET_NODE, text("horse"), contents,
              &size) == ENTENTE_ERR_CORRUPT);
}

TEST(a_file_that_others_may_read_is_refused)
{
    char path[256];
    int folder = folder_open(path);
    uint8_t contents[SECRET_CONTENTS_BYTES_MAX];
    size_t size;

    REQUIRE(secret_file_write(folder, "node", SECRET_NODE, text("key"), text("horse"),
                SECRET_COST_KEY_FILE) == ENTENTE_OK);
    for (mode_t bit = 1; bit <= 040; bit <<= 1) {
        REQUIRE(fchmodat(folder, "node", 0600 | bit, 0) == 0);
        CHECK(secret_file_read(folder, "node", SECRET_NODE, text("horse"), contents, &size) ==
              ENTENTE_ERR_KEY_EXPOSED);
    }
    REQUIRE(fchmodat(folder, "node", 0600, 0) == 0);
    CHECK(private_file_read(folder, "node", contents, 10, &size) == ENTENTE_ERR_TOO_LARGE);
    CHECK(private_file_read(folder, "node", contents, sizeof contents, &size) == ENTENTE_OK);
    CHECK(size > 64);
    folder_remove(folder, path);
}

TEST(node_keys_have_one_encoding)
{
    static struct node_keys first, second, found;
    uint8_t contents[SECRET_CONTENTS_BYTES_MAX + 1];
    struct writer writer = writer_of(contents, sizeof contents);
    struct node_public public, other;

    CHECK(crypto_start() == ENTENTE_OK);
    CHECK(node_keys_make(&first, 3, NULL) == ENTENTE_OK);
    CHECK(node_keys_make(&second, 4, &first) == ENTENTE_OK);
    node_keys_write(&writer, &second);
    for (size_t size = 0; size < writer.used; size++)
        CHECK(node_keys_read((struct bytes){contents, size}, &found) == ENTENTE_ERR_CORRUPT);
    contents[writer.used] = 0;
    CHECK(node_keys_read((struct bytes){contents, writer.used + 1}, &found) == ENTENTE_ERR_CORRUPT);
    CHECK(node_keys_read((struct bytes){contents, writer.used}, &found) == ENTENTE_OK);
    CHECK(memcmp(found.seed, second.seed, sizeof found.seed) == 0 && found.reading.inc == 4);
    CHECK(found.older_count == 1 && found.older[0].inc == 3);
    CHECK(memcmp(found.older[0].chain_master, first.reading.chain_master, 32) == 0);
    node_keys_public(&first, &public);
    node_keys_public(&second, &other);
    CHECK(public.inc == 3 && other.inc == 4 && other.prekey_id != public.prekey_id);
    CHECK(memcmp(&public.key, &other.key, sizeof other.key) != 0);
    CHECK(memcmp(&public.prekey, &other.prekey, sizeof other.prekey) != 0);
    for (uint16_t inc = 5; inc < 60; inc++) { /* the list of older ones is bounded */
        first = second;
        CHECK(node_keys_make(&second, inc, &first) == ENTENTE_OK);
    }
    CHECK(second.older_count == NODE_KEYS_OLDER_MAX);
    CHECK(second.older[NODE_KEYS_OLDER_MAX - 1].inc == 58 && second.older[0].inc == 27);
}

TEST(an_installation_is_made_once)
{
    char path[256];
    int folder = folder_open(path);
    static uint8_t contents[SECRET_CONTENTS_BYTES_MAX];
    static struct node_keys keys;
    struct node_public public, again, found;
    struct real_disk disk;
    struct journal *journal;
    size_t size;

    REQUIRE(keyholder_install(folder, 1, NULL, text("horse"), SECRET_COST_KEY_FILE, &public) ==
            ENTENTE_OK);
    CHECK(keyholder_install(folder, 1, NULL, text("horse"), SECRET_COST_KEY_FILE, &again) ==
          ENTENTE_ERR_EXISTS);
    CHECK(again.inc == 0);
    REQUIRE(secret_file_read(folder, NODE_KEYS_FILE, SECRET_NODE, text("horse"), contents, &size) ==
            ENTENTE_OK);
    REQUIRE(node_keys_read((struct bytes){contents, size}, &keys) == ENTENTE_OK);
    node_keys_public(&keys, &found);
    CHECK(memcmp(&found.key, &public.key, sizeof found.key) == 0 && public.inc == 1);
    real_disk_open(&disk, folder);
    struct journal_options options = {
        .disk = real_disk_of(&disk), .node_key = public.key, .inc = 1};
    CHECK(journal_open(&journal, &options) == ENTENTE_OK);
    journal_free(journal);
    real_disk_close(&disk);
    folder_remove(folder, path);
}

TEST_MAIN(CASE(a_secret_opens_with_its_passphrase_only), CASE(every_change_is_noticed),
    CASE(a_file_that_others_may_read_is_refused), CASE(node_keys_have_one_encoding),
    CASE(an_installation_is_made_once))
