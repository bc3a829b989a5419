/*
 * Goal: `record verify` and `record show` say what is true of a file, with the right exit status,
 * and on one line what is wrong with it. Method: the commands run in this process over the inputs
 * of the fuzzer, and over one of them with one byte changed.
 */
#include "cli/cli.h"
#include "support/test.h"
#include "support/vectors.h"

#include <unistd.h>

static struct {
    char *out;
    char *talk;
} ran;

static int
run(const char *verb, const char *path, const char *option)
{
    const char *words[] = {"record", verb, path, option};
    size_t size;

    free(ran.out);
    free(ran.talk);
    struct cli cli = {
        .out = open_memstream(&ran.out, &size), .talk = open_memstream(&ran.talk, &size)};
    int status = cli_run(&cli, option == NULL ? 3 : 4, (char **)words);
    fclose(cli.out);
    fclose(cli.talk);
    return status;
}

static unsigned
lines(const char *text)
{
    unsigned count = 0;

    for (; *text != '\0'; text++)
        count += *text == '\n';
    return count;
}

TEST(verifies_and_shows)
{
    char path[4096];

    vectors_path(path, "../fuzz/corpus/bundle/ten");
    CHECK(run("verify", path, NULL) == 0 && ran.talk[0] == '\0');
    CHECK(strstr(ran.out, "verified: 10 entries of 3 parties, exported by Party 1") != NULL);
    CHECK(run("verify", path, "--json") == 0 && lines(ran.out) == 1);
    CHECK(strstr(ran.out, "\"good\":true") != NULL && strstr(ran.out, "\"entries\":10") != NULL);
    CHECK(run("show", path, NULL) == 0 && lines(ran.out) == 10);
    CHECK(run("show", path, "--json") == 0 && lines(ran.out) == 10);
    CHECK(strstr(ran.out, "\"kind\":\"sealed\"") != NULL);
    vectors_path(path, "../fuzz/corpus/bundle/fork");
    CHECK(run("verify", path, NULL) == 0);
    CHECK(strstr(ran.out, "showed two faces: 1") != NULL);
}

TEST(names_what_is_wrong_on_one_line)
{
    static char data[16384];
    char path[4096];

    CHECK(run("verify", "there-is-none", NULL) == 1 && lines(ran.talk) == 1);
    vectors_path(path, "../fuzz/corpus/bundle/cut");
    CHECK(run("verify", path, NULL) == 3 && lines(ran.talk) == 1 && ran.out[0] == '\0');
    CHECK(run("show", path, NULL) == 3 && ran.out[0] == '\0');

    vectors_path(path, "../fuzz/corpus/bundle/ten");
    FILE *in = fopen(path, "r");
    REQUIRE(in != NULL);
    size_t size = fread(data, 1, sizeof data, in);
    fclose(in);
    data[size - 130] ^= 1; /* the last payload: END is 117 bytes */
    snprintf(path, sizeof path, "test_cli_record.%d", (int)getpid());
    FILE *out = fopen(path, "w");
    REQUIRE(out != NULL);
    CHECK(fwrite(data, 1, size, out) == size && fclose(out) == 0);
    CHECK(run("verify", path, NULL) == 3 && lines(ran.talk) == 1);
    CHECK(strstr(ran.talk, "at byte ") != NULL && strstr(ran.talk, "(rule S2)") != NULL);
    CHECK(strstr(ran.talk, "whoever made or changed the file is at fault") != NULL);
    CHECK(run("verify", path, "--json") == 3);
    CHECK(strstr(ran.out, "\"good\":false") != NULL && strstr(ran.out, "\"rule\":\"S2\"") != NULL);
    unlink(path);
    free(ran.out);
    free(ran.talk);
    ran.out = ran.talk = NULL;
}

TEST_MAIN(CASE(verifies_and_shows), CASE(names_what_is_wrong_on_one_line))
