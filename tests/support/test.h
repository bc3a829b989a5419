/*
 * A small test harness that speaks TAP, so that Meson reads each test by its name.
 *
 *     TEST(refuses_an_empty_input) { CHECK(...); }
 *     TEST_MAIN(refuses_an_empty_input, ...)
 *
 * CHECK goes on after a failure; REQUIRE leaves the test.  SKIP says why and leaves the test.
 */
#ifndef ENTENTE_TESTS_SUPPORT_TEST_H
#define ENTENTE_TESTS_SUPPORT_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct test_case {
    const char *name;
    void (*run)(void);
};

extern int test_failures; /* checks that failed in the running test */

void test_failed(const char *file, int line, const char *what);
void test_skip(const char *why);

/* Runs `cases` (those whose names contain argv[1], if given) and returns main()'s exit status. */
int test_run(const struct test_case *cases, size_t count, int argc, char **argv);

/* A deterministic stream of numbers: the same seed gives the same stream on every machine. */
uint64_t test_random(uint64_t *state);

#define TEST(name) static void name(void)
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            test_failed(__FILE__, __LINE__, #condition);                                           \
    } while (0)
#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            test_failed(__FILE__, __LINE__, #condition);                                           \
            return;                                                                                \
        }                                                                                          \
    } while (0)
#define SKIP(why)                                                                                  \
    do {                                                                                           \
        test_skip(why);                                                                            \
        return;                                                                                    \
    } while (0)
#define TEST_MAIN(...)                                                                             \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        const struct test_case cases[] = {__VA_ARGS__};                                            \
        return test_run(cases, sizeof cases / sizeof cases[0], argc, argv);                        \
    }
#define CASE(name) {#name, name}

#endif
