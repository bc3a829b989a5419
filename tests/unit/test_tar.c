/*
 * Goal: tar_next() gives exactly what a tar holds, and never reads beyond it.
 * Method: an archive made field by field; every shorter one; every byte of a header changed; the
 * fields of a header set to what they must not be.
 */
#include "cli/tar.h"
#include "support/archive.h"
#include "support/test.h"

/* A folder, a file of 5 bytes, an empty file with a prefix, a link; 3584 bytes with the end. */
static size_t
make_archive(uint8_t data[static 8192])
{
    struct writer writer = writer_of(data, 8192);

    archive_add(&writer, '5', "", "notes/", (struct bytes){0});
    archive_add(&writer, '0', "", "notes/one.md", bytes_of_text("first"));
    archive_add(&writer, '0', "far/away", "two.md", (struct bytes){0});
    archive_add(&writer, '2', "", "link", (struct bytes){0});
    archive_end(&writer);
    return writer.failed ? 0 : writer.used;
}

/* Reads to the end or the first error, from memory of exactly `size` bytes. */
static enum entente_error
read_all(const uint8_t *data, size_t size, size_t *entries)
{
    uint8_t *exact = malloc(size);
    struct tar tar = tar_of((struct bytes){exact, size});
    struct tar_entry entry;
    bool found = true;
    enum entente_error error = ENTENTE_OK;

    if (size > 0)
        memcpy(exact, data, size);
    *entries = 0;
    while (error == ENTENTE_OK && found) {
        error = tar_next(&tar, &entry, &found);
        *entries += found;
    }
    if (error != ENTENTE_OK) {
        CHECK(!found && entry.name[0] == '\0' && entry.content.data == NULL);
    }
    free(exact);
    return error;
}

TEST(reads_files_folders_and_others)
{
    uint8_t data[8192];
    struct tar tar = tar_of((struct bytes){data, make_archive(data)});
    struct tar_entry entry;
    bool found;

    REQUIRE(tar_next(&tar, &entry, &found) == ENTENTE_OK && found);
    CHECK(entry.kind == TAR_FOLDER && strcmp(entry.name, "notes/") == 0);
    REQUIRE(tar_next(&tar, &entry, &found) == ENTENTE_OK && found);
    CHECK(entry.kind == TAR_FILE && strcmp(entry.name, "notes/one.md") == 0);
    CHECK(bytes_equal(entry.content, bytes_of_text("first")));
    REQUIRE(tar_next(&tar, &entry, &found) == ENTENTE_OK && found);
    CHECK(entry.kind == TAR_FILE && strcmp(entry.name, "far/away/two.md") == 0);
    CHECK(entry.content.size == 0);
    REQUIRE(tar_next(&tar, &entry, &found) == ENTENTE_OK && found);
    CHECK(entry.kind == TAR_OTHER);
    CHECK(tar_next(&tar, &entry, &found) == ENTENTE_OK && !found);
}

TEST(reads_the_longest_name)
{
    uint8_t data[2048];
    char name[101];
    char prefix[156];
    struct writer writer = writer_of(data, sizeof data);
    struct tar_entry entry;
    bool found;

    memset(name, 'n', 100);
    memset(prefix, 'p', 155);
    name[100] = prefix[155] = '\0';
    archive_add(&writer, '0', prefix, name, (struct bytes){0});
    struct tar tar = tar_of(writer_written(&writer));
    REQUIRE(tar_next(&tar, &entry, &found) == ENTENTE_OK && found);
    CHECK(strlen(entry.name) == TAR_NAME_BYTES_MAX);
    CHECK(entry.name[155] == '/' && entry.name[255] == 'n');
}

/* GNU tar's older form keeps times where POSIX keeps the prefix. */
TEST(takes_no_prefix_from_the_older_form)
{
    uint8_t data[2048];
    struct writer writer = writer_of(data, sizeof data);
    struct tar_entry entry;
    bool found;

    archive_add(&writer, '0', "15125334400", "a.md", (struct bytes){0});
    memcpy(data + ARCHIVE_MAGIC, "ustar  ", 8);
    archive_sign(data);
    struct tar tar = tar_of(writer_written(&writer));
    REQUIRE(tar_next(&tar, &entry, &found) == ENTENTE_OK && found);
    CHECK(strcmp(entry.name, "a.md") == 0);
}

TEST(refuses_every_shorter_archive)
{
    uint8_t data[8192];
    size_t size = make_archive(data);
    size_t entries;

    REQUIRE(size == 3584);
    CHECK(read_all(data, size, &entries) == ENTENTE_OK && entries == 4);
    for (size_t cut = 0; cut < size; cut++)
        CHECK(read_all(data, cut, &entries) == ENTENTE_ERR_TRUNCATED);
}

TEST(refuses_every_changed_byte_of_a_header)
{
    uint8_t data[8192];
    size_t size = make_archive(data);
    size_t entries;

    for (size_t at = 512; at < 1024; at++) {
        uint8_t kept = data[at];
        data[at] ^= 0x01;
        enum entente_error error = read_all(data, size, &entries);
        CHECK(error != ENTENTE_OK && entries == 1);
        data[at] = kept;
    }
}

TEST(refuses_bad_numbers_and_names_even_when_signed)
{
    static const char *const sizes[] = {"0000000000x", "           ", "0000000008", "-0000000001"};
    uint8_t data[8192];
    size_t size = make_archive(data);
    size_t entries;

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        memset(data + 512 + ARCHIVE_SIZE, 0, 12);
        memcpy(data + 512 + ARCHIVE_SIZE, sizes[i], strlen(sizes[i]));
        archive_sign(data + 512);
        CHECK(read_all(data, size, &entries) == ENTENTE_ERR_MALFORMED && entries == 1);
    }
    memcpy(data + 512 + ARCHIVE_SIZE, "777777777777", 12);
    archive_sign(data + 512);
    CHECK(read_all(data, size, &entries) == ENTENTE_ERR_TRUNCATED && entries == 1);

    make_archive(data);
    data[512] = 0;
    archive_sign(data + 512);
    CHECK(read_all(data, size, &entries) == ENTENTE_ERR_MALFORMED && entries == 1);
}

TEST(refuses_bytes_after_the_end)
{
    uint8_t data[8192];
    size_t size = make_archive(data);
    size_t entries;

    memset(data + size, 0, 512);
    CHECK(read_all(data, size + 512, &entries) == ENTENTE_OK);
    data[size + 100] = 1;
    CHECK(read_all(data, size + 512, &entries) == ENTENTE_ERR_MALFORMED);
    data[size - 1] = 1; /* in the second block of the end mark */
    CHECK(read_all(data, size, &entries) == ENTENTE_ERR_MALFORMED);
}

TEST_MAIN(CASE(reads_files_folders_and_others), CASE(reads_the_longest_name),
    CASE(takes_no_prefix_from_the_older_form), CASE(refuses_every_shorter_archive),
    CASE(refuses_every_changed_byte_of_a_header),
    CASE(refuses_bad_numbers_and_names_even_when_signed), CASE(refuses_bytes_after_the_end))
