/*
 * Goal: minutes_read() finds the days in folders, archives and files, takes them in the order of
 * their dates, spreads speakers over three parties by the stated rule, and refuses damaged archives
 * before it tells anything.
 * Method: the same four files as a folder and as an archive must give the same trace; the archive
 * cut at every byte; folders with links, deep folders and foreign files; the rule's hash recomputed
 * for names written differently.
 */
#include "cli/minutes.h"
#include "cli/minutes_source.h"
#include "support/archive.h"
#include "support/minutes_trace.h"
#include "support/test.h"

#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

static const struct {
    const char *path;
    const char *content;
} files[] = {
    {"2020-03/april-1.md", "# April 01, 2020 Meeting Notes\nAL: second\n"},
    {"2020-03/march-31.md",
        "# March 31, 2020 Meeting Notes\n| Ann Lee | AL | Acme |\n\nAL: first\n"},
    {"2020-03/summary.md", "# Summary\nIt held a long meeting at Acme in Bern on some days.\n"},
    {"2019-12/a.md", "# 5 December, 2019 Meeting Notes\nAL: zeroth\n"},
};

#define FILES (sizeof files / sizeof files[0])

static const char expected[] =
    "unread 2020-03/summary.md:0 no date in its first heading: not the minutes of a day\n"
    "session 2019-12/a.md:1 2019-12-05 () 5 December, 2019 Meeting Notes\n"
    "statement 2019-12/a.md:2 AL|| zeroth\n"
    "session 2020-03/march-31.md:1 2020-03-31 (at Acme in Bern) March 31, 2020 Meeting Notes\n"
    "present Ann Lee|Acme\n"
    "statement 2020-03/march-31.md:4 AL|Ann Lee|Acme first\n"
    "session 2020-03/april-1.md:1 2020-04-01 (at Acme in Bern) April 01, 2020 Meeting Notes\n"
    "statement 2020-03/april-1.md:2 AL|Ann Lee|Acme second\n";

static char folder[] = "/tmp/entente-minutes-XXXXXX"; /* where this run keeps its files */

static const char *
path_of(const char *name)
{
    static char path[512];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void
write_file(const char *name, struct bytes content)
{
    FILE *file = fopen(path_of(name), "wb");

    CHECK(file != NULL && fwrite(content.data, 1, content.size, file) == content.size);
    CHECK(file != NULL && fclose(file) == 0);
}

static void
make_folder(const char *name)
{
    CHECK(mkdir(path_of(name), 0700) == 0);
}

/* The four files as a tar packed with zstd, with a checksum at its end.  The caller frees it. */
static struct bytes
make_packed(void)
{
    static uint8_t data[32768];
    struct writer writer = writer_of(data, sizeof data);

    archive_add(&writer, '5', "", "2020-03/", (struct bytes){0});
    for (size_t i = 0; i < FILES; i++)
        archive_add(&writer, '0', "", files[i].path, bytes_of_text(files[i].content));
    archive_end(&writer);

    size_t room = ZSTD_compressBound(writer.used);
    uint8_t *packed = malloc(room);
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    size_t size = ZSTD_compress2(context, packed, room, data, writer.used);
    ZSTD_freeCCtx(context);
    CHECK(!writer.failed && !ZSTD_isError(size));
    return (struct bytes){packed, size};
}

static bool
is_read_as(const char *path, enum entente_error error, const char *text)
{
    static struct minutes_trace trace;
    struct minutes_sink sink = trace_sink(&trace);

    memset(&trace, 0, sizeof trace);
    enum entente_error got = minutes_read(path, &sink);
    if (got == error && strcmp(trace.text, text) == 0)
        return true;
    printf("# got %s: %s\n", entente_error_name(got), trace.text);
    return false;
}

TEST(reads_a_folder)
{
    make_folder("tree");
    make_folder("tree/2020-03");
    make_folder("tree/2019-12");
    for (size_t i = 0; i < FILES; i++) {
        char name[64];
        snprintf(name, sizeof name, "tree/%s", files[i].path);
        write_file(name, bytes_of_text(files[i].content));
    }
    CHECK(is_read_as(path_of("tree"), ENTENTE_OK, expected));
}

TEST(reads_an_archive_alike)
{
    struct bytes packed = make_packed();

    write_file("minutes.tar.zst", packed);
    CHECK(is_read_as(path_of("minutes.tar.zst"), ENTENTE_OK, expected));
    free((void *)(uintptr_t)packed.data);
}

TEST(reads_a_single_file)
{
    write_file("one.md", bytes_of_text("# 5 December, 2019 Meeting Notes\nAL: a\n"));
    CHECK(is_read_as(path_of("one.md"), ENTENTE_OK,
        "session one.md:1 2019-12-05 () 5 December, 2019 Meeting Notes\n"
        "statement one.md:2 AL|| a\n"));
}

TEST(refuses_what_is_not_minutes)
{
    write_file("other.txt", bytes_of_text("# 5 December, 2019 Meeting Notes\n"));
    CHECK(is_read_as(path_of("other.txt"), ENTENTE_ERR_MALFORMED, ""));
    write_file("empty.md", (struct bytes){(const uint8_t *)"", 0});
    CHECK(is_read_as(path_of("empty.md"), ENTENTE_ERR_NOT_FOUND,
        "unread empty.md:0 no date in its first heading: not the minutes of a day\n"));
    make_folder("nothing");
    CHECK(is_read_as(path_of("nothing"), ENTENTE_ERR_NOT_FOUND, ""));
    CHECK(is_read_as(path_of("missing"), ENTENTE_ERR_NOT_FOUND, ""));
    CHECK(is_read_as(path_of("one.md/x"), ENTENTE_ERR_NOT_FOUND, ""));
    CHECK(is_read_as("/dev/null", ENTENTE_ERR_IO, ""));
}

TEST(follows_no_links_and_reports_foreign_files)
{
    make_folder("mixed");
    write_file("mixed/a.md", bytes_of_text("# 5 December, 2019\nAL: a\n"));
    CHECK(symlink("a.md", path_of("mixed/b.md")) == 0);
    CHECK(is_read_as(path_of("mixed"), ENTENTE_OK,
        "unread b.md:0 neither a file nor a folder: left out\n"
        "session a.md:1 2019-12-05 () 5 December, 2019\n"
        "statement a.md:2 AL|| a\n"));
    CHECK(unlink(path_of("mixed/b.md")) == 0);
    write_file("mixed/c.pdf", bytes_of_text("%PDF"));
    CHECK(is_read_as(path_of("mixed"), ENTENTE_OK,
        "unread c.pdf:0 not a Markdown file: left out\n"
        "session a.md:1 2019-12-05 () 5 December, 2019\n"
        "statement a.md:2 AL|| a\n"));
}

TEST(refuses_folders_that_are_too_deep)
{
    char name[128] = "deep";

    make_folder(name);
    for (unsigned depth = 0; depth < MINUTES_DEPTH_MAX; depth++) {
        strcat(name, "/d");
        make_folder(name);
    }
    CHECK(is_read_as(path_of("deep"), ENTENTE_ERR_NOT_FOUND, ""));
    strcat(name, "/d");
    make_folder(name);
    CHECK(is_read_as(path_of("deep"), ENTENTE_ERR_TOO_LARGE, ""));
}

TEST(refuses_every_shorter_archive_and_tells_nothing)
{
    struct bytes packed = make_packed();
    struct minutes_trace trace = {0};
    struct minutes_sink sink = trace_sink(&trace);
    struct minutes_source source;

    for (size_t cut = 0; cut < packed.size; cut++) {
        enum entente_error error =
            minutes_source_unpack((struct bytes){packed.data, cut}, &sink, &source);
        CHECK(error == ENTENTE_ERR_TRUNCATED);
        CHECK(source.files == NULL && source.count == 0 && source.archive == NULL);
    }
    CHECK(trace.used == 0);
    CHECK(minutes_source_unpack(packed, &sink, &source) == ENTENTE_OK && source.count == FILES);
    minutes_source_free(&source);
    minutes_source_free(&source); /* nothing is left to free */
    free((void *)(uintptr_t)packed.data);
}

TEST(refuses_an_archive_that_unpacks_to_too_much)
{
    size_t size = (size_t)MINUTES_TOTAL_BYTES_MAX + 1;
    ZSTD_CCtx *stream = ZSTD_createCCtx();
    static uint8_t zeros[1 << 20];
    static uint8_t packed[1 << 20];
    ZSTD_outBuffer out = {packed, sizeof packed, 0};
    struct minutes_trace trace = {0};
    struct minutes_sink sink = trace_sink(&trace);
    struct minutes_source source;

    for (size_t done = 0; done < size;) {
        size_t part = size - done < sizeof zeros ? size - done : sizeof zeros;
        ZSTD_inBuffer in = {zeros, part, 0};
        done += part;
        ZSTD_EndDirective mode = done < size ? ZSTD_e_continue : ZSTD_e_end;
        REQUIRE(!ZSTD_isError(ZSTD_compressStream2(stream, &out, &in, mode)));
        REQUIRE(in.pos == in.size);
    }
    ZSTD_freeCCtx(stream);
    CHECK(minutes_source_unpack((struct bytes){packed, out.pos}, &sink, &source) ==
          ENTENTE_ERR_TOO_LARGE);
}

TEST(maps_an_organisation_to_one_party_however_it_is_written)
{
    struct bytes none = {0};
    struct bytes speaker = bytes_of_text("AL");
    uint8_t party = minutes_party(bytes_of_text("Acme Inc."), none);

    CHECK(minutes_party(bytes_of_text(" ACME, inc"), speaker) == party);
    CHECK(minutes_party(bytes_of_text("acmeinc"), bytes_of_text("BO")) == party);
    CHECK(minutes_party(none, speaker) == minutes_party(bytes_of_text("a.l."), none));
    CHECK(minutes_party(bytes_of_text(" - "), speaker) == minutes_party(none, speaker));

    /* FNV-1a of "a" is 0xAF63DC4C8601EC8C, of nothing 0xCBF29CE484222325. */
    CHECK(minutes_party(bytes_of_text("A"), none) == 0xAF63DC4C8601EC8Cu % MINUTES_PARTIES);
    CHECK(minutes_party(none, none) == 0xCBF29CE484222325u % MINUTES_PARTIES);
}

static enum entente_error
note_party(void *context, const struct minutes_item *item)
{
    uint8_t **next = context;

    *(*next)++ = item->party;
    return ENTENTE_OK;
}

TEST(gives_the_chair_in_turn)
{
    uint8_t parties[16];
    uint8_t *next = parties;
    struct minutes_sink sink = {&next, note_party, trace_unread, NULL};

    make_folder("turns");
    for (char day = '1'; day <= '4'; day++) {
        char name[32];
        char content[64];
        snprintf(name, sizeof name, "turns/%c.md", day);
        snprintf(content, sizeof content, "# %c May, 2019\n## One\nnote\n", day);
        write_file(name, bytes_of_text(content));
    }
    REQUIRE(minutes_read(path_of("turns"), &sink) == ENTENTE_OK);
    REQUIRE(next - parties == 12);
    for (size_t i = 0; i < 12; i++)
        CHECK(parties[i] == i / 3 % MINUTES_PARTIES);
}

TEST(removes_its_files)
{
    char command[128];

    REQUIRE(strncmp(folder, "/tmp/entente-minutes-", 21) == 0);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    CHECK(system(command) == 0);
}

int
main(int argc, char **argv)
{
    const struct test_case cases[] = {CASE(reads_a_folder), CASE(reads_an_archive_alike),
        CASE(reads_a_single_file), CASE(refuses_what_is_not_minutes),
        CASE(follows_no_links_and_reports_foreign_files), CASE(refuses_folders_that_are_too_deep),
        CASE(refuses_every_shorter_archive_and_tells_nothing),
        CASE(refuses_an_archive_that_unpacks_to_too_much),
        CASE(maps_an_organisation_to_one_party_however_it_is_written),
        CASE(gives_the_chair_in_turn), CASE(removes_its_files)};

    if (mkdtemp(folder) == NULL)
        return 1;
    return test_run(cases, sizeof cases / sizeof cases[0], argc, argv);
}
