/*
 * Goal: what was saved is loaded, or what was saved before it; never anything else.
 * Method: a save is cut off after each of its bytes, each byte of a file is changed, and the disk
 * fills.
 */
#include "desk/accounts_files.h"

#include "crypto/crypto.h"
#include "support/test.h"

#include <fcntl.h>
#include <unistd.h>

static int files[2];

static int
open_nameless(void)
{
    char name[] = "/tmp/entente-accounts-XXXXXX";
    int file = mkstemp(name);

    unlink(name);
    return file;
}

static void
start(void)
{
    CHECK(crypto_start() == ENTENTE_OK);
    files[0] = open_nameless();
    files[1] = open_nameless();
}

static void
stop(void)
{
    close(files[0]);
    close(files[1]);
}

static void
save(uint64_t number, const char *text)
{
    CHECK(accounts_files_save(files, bytes_of_text(text), number) == ENTENTE_OK);
}

/* What is loaded: "" where nothing is, "!" where it is corrupt. */
static const char *
load(uint64_t *number, bool *is_damaged)
{
    static char text[256];
    uint8_t *content;
    size_t size;
    enum entente_error error = accounts_files_load(files, &content, &size, number, is_damaged);

    snprintf(text, sizeof text, "%.*s", (int)size, content != NULL ? (char *)content : "");
    free(content);
    return error == ENTENTE_ERR_CORRUPT ? "!" : text;
}

TEST(the_newest_save_is_loaded)
{
    uint64_t number;
    bool is_damaged;

    start();
    CHECK(strcmp(load(&number, &is_damaged), "") == 0 && number == 0 && !is_damaged);
    save(1, "one");
    CHECK(strcmp(load(&number, &is_damaged), "one") == 0 && number == 1 && !is_damaged);
    save(2, "two, which is longer");
    CHECK(strcmp(load(&number, &is_damaged), "two, which is longer") == 0 && number == 2);
    save(3, "3");
    CHECK(strcmp(load(&number, &is_damaged), "3") == 0 && number == 3 && !is_damaged);
    save(4, "");
    CHECK(strcmp(load(&number, &is_damaged), "") == 0 && number == 4 && !is_damaged);
    stop();
}

/* The bytes of save 3 replace those of save 1 one by one. */
TEST(a_save_that_was_cut_off_leaves_the_one_before)
{
    uint8_t old[256], new[256];
    uint64_t number;
    bool is_damaged;

    start();
    save(1, "the first of all, and long");
    save(2, "the second");
    ssize_t old_size = pread(files[1], old, sizeof old, 0);
    save(3, "the third, a bit longer than the first was");
    ssize_t new_size = pread(files[1], new, sizeof new, 0);
    for (ssize_t cut = 0; cut <= new_size; cut++) {
        CHECK(ftruncate(files[1], 0) == 0);
        CHECK(pwrite(files[1], old, (size_t)old_size, 0) == old_size);
        CHECK(pwrite(files[1], new, (size_t)cut, 0) == cut);
        const char *text = load(&number, &is_damaged);
        if (cut == new_size)
            CHECK(strcmp(text, "the third, a bit longer than the first was") == 0 && number == 3);
        else
            CHECK(strcmp(text, "the second") == 0 && number == 2);
    }
    stop();
}

TEST(no_damage_is_taken_for_accounts)
{
    uint8_t good[256];
    uint64_t number;
    bool is_damaged;

    start();
    save(1, "the only one");
    ssize_t size = pread(files[1], good, sizeof good, 0);
    for (ssize_t at = 0; at < size; at++)
        for (int bit = 0; bit < 8; bit++) {
            uint8_t wrong = good[at] ^ (uint8_t)(1 << bit);
            CHECK(pwrite(files[1], &wrong, 1, at) == 1);
            CHECK(strcmp(load(&number, &is_damaged), "!") == 0 && is_damaged);
            CHECK(pwrite(files[1], &good[at], 1, at) == 1);
        }
    stop();
}

TEST(a_full_disk_leaves_the_last_save)
{
    uint64_t number;
    bool is_damaged;

    start();
    save(1, "kept");
    close(files[0]);
    files[0] = open("/dev/full", O_RDWR);
    CHECK(accounts_files_save(files, bytes_of_text("lost"), 2) == ENTENTE_ERR_DISK_FULL);
    close(files[0]);
    files[0] = open_nameless();
    CHECK(strcmp(load(&number, &is_damaged), "kept") == 0 && number == 1);
    stop();
}

TEST_MAIN(CASE(the_newest_save_is_loaded), CASE(a_save_that_was_cut_off_leaves_the_one_before),
    CASE(no_damage_is_taken_for_accounts), CASE(a_full_disk_leaves_the_last_save))
